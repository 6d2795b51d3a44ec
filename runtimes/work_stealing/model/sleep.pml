/* sleep.pml: going to sleep and waking of ../idle.h: three workers, and a producer that computes on after each task.
 *
 * Checked: when nothing moves any more, no task is left while a worker sleeps. A task may keep its worker for ever, so
 * each task must have called its own worker, or a nap must end after it. A task that calls listeners only may be passed
 * over by a search, which makes the worker deaf; a nap ends by itself at any time. What the producer publishes goes
 * through a store buffer that is emptied at any time, and by the sleeper's membarrier(2). The light barrier of barrier.h
 * emits no instruction, and is nothing here. Timers of tasks and descriptors, which also wake, are left out: the
 * protocol must hold without them. Built with -DNO_FENCE the sleeper omits its barrier, and the check must find a task
 * that nobody comes for. */
#define WORKERS 3
#define TASKS 2

/* Tasks that call anybody, and those that call listeners only: seen by others, or in the producer's store buffer. */
byte urgent = 0, unseen_urgent = 0;
byte modest = 0, unseen_modest = 0;
byte sleepers = 0, deaf = 0; /* one word */
byte searching = 0;
bool ringing = false;
bool bell = false; /* an edge that nobody has taken */

inline ring()
{
	atomic {
		if
		:: !ringing -> ringing = true; bell = true
		:: else
		fi
	}
}

inline empty_store_buffer()
{
	urgent = urgent + unseen_urgent;
	modest = modest + unseen_modest;
	unseen_urgent = 0;
	unseen_modest = 0
}

active proctype store_buffer()
{
end:	do
	:: atomic { unseen_urgent + unseen_modest > 0 -> empty_store_buffer() }
	od
}

active proctype producer()
{
	byte made = 0;
	bool call;

	do
	:: made < TASKS ->
		made++;
		if
		:: unseen_urgent++; call = (sleepers > 0)
		:: unseen_modest++; call = (sleepers > deaf)
		fi;
		if
		:: call ->
			if
			:: searching == 0 -> ring()
			:: else
			fi
		:: else
		fi
	:: else -> break
	od
}

/* Variables that no longer matter are false, which keeps the states few. */
active [WORKERS] proctype worker()
{
	bool found = false, nap = false, called = false;

find:	/* at most half of the workers search */
	atomic {
		if
		:: 2 * searching >= WORKERS -> nap = true; goto doze
		:: else
		fi
	}
	searching++;
search:	atomic {
		if
		:: urgent > 0 -> urgent--; found = true
		:: modest > 0 -> modest--; found = true
		:: urgent == 0 -> nap = (called || modest > 0)
		fi;
		called = false
	}
	atomic {
		searching--;
		if
		:: !found -> goto doze
		:: found && searching > 0 -> found = false; goto next
		:: else -> found = false
		fi
	}
	if
	:: sleepers > deaf -> ring()
	:: else
	fi;
next:	if
	:: goto find
	:: goto busy
	fi;
doze:	atomic { sleepers++; deaf = deaf + nap }
#ifndef NO_FENCE
	atomic { empty_store_buffer() }
#endif
	atomic {
		if
		:: urgent > 0 || (!nap && modest > 0) -> goto leave
		:: else -> if :: nap -> goto deaf_door :: else fi
		fi
	}
end_door:
	atomic { bell -> bell = false; goto rung }
deaf_door:
	atomic {
		if
		:: bell -> bell = false
		:: goto leave /* the nap is over */
		fi
	}
rung:	atomic { sleepers--; deaf = deaf - nap; nap = false; called = true }
	searching++;
	ringing = false;
	goto search;
leave:	atomic { sleepers--; deaf = deaf - nap; nap = false; goto find }
end_busy:
busy:	false
}

active proctype audit()
{
end:	timeout;
	assert(urgent + modest == 0 || sleepers == 0)
}
