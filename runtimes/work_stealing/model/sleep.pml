/* sleep.pml: going to sleep and waking of ../idle.h: three workers, and a producer that computes on after each task.
 *
 * Checked: when nothing moves any more, no task is left while a worker sleeps. A task may keep its worker for ever, so
 * each task must have called its own worker. What the producer publishes goes through a store buffer that is emptied at
 * any time, and by the sleeper's membarrier(2). The light barrier of idle.h emits no instruction, and is nothing here.
 * Timers and descriptors, which also wake, are left out: the protocol must hold without them. Built with -DNO_FENCE
 * the sleeper omits its barrier, and the check must find a task that nobody comes for. */
#define WORKERS 3
#define TASKS 3

byte ready = 0;     /* tasks that others can see */
byte unseen = 0;    /* tasks in the producer's store buffer */
byte sleepers = 0;
byte searching = 0;
bool ringing = false;
bool bell = false;  /* an edge that nobody has taken */

inline ring()
{
	atomic {
		if
		:: !ringing -> ringing = true; bell = true
		:: else
		fi
	}
}

active proctype store_buffer()
{
end:	do
	:: atomic { unseen > 0 -> ready = ready + unseen; unseen = 0 }
	od
}

active proctype producer()
{
	byte made = 0;

	do
	:: made < TASKS ->
		made++;
		unseen++;
		if
		:: sleepers > 0 ->
			if
			:: searching == 0 -> ring()
			:: else
			fi
		:: else
		fi
	:: else -> break
	od
}

active [WORKERS] proctype worker()
{
	bool last, found;

find:	/* at most half of the workers search */
	atomic {
		if
		:: 2 * searching >= WORKERS -> goto doze
		:: else -> skip
		fi
	}
	searching++;
search:	atomic {
		found = ready > 0;
		if
		:: found -> ready--
		:: else
		fi
	}
	atomic { searching--; last = (searching == 0) }
	if
	:: !found -> goto doze
	:: found && last ->
		if
		:: sleepers > 0 -> ring()
		:: else
		fi
	:: else
	fi;
	if
	:: goto find
	:: goto busy
	fi;
doze:	sleepers++;
#ifndef NO_FENCE
	atomic { ready = ready + unseen; unseen = 0 }
#endif
	if
	:: ready > 0 -> sleepers--; goto find
	:: else
	fi;
end_door:
	atomic { bell -> bell = false }
	sleepers--;
	searching++;
	ringing = false;
	goto search;
end_busy:
busy:	false
}

active proctype audit()
{
end:	timeout;
	assert(ready == 0 || sleepers == 0)
}
