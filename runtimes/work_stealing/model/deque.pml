/* deque.pml: the deque of ../deque.h: one owner that pushes and pops, two thieves.
 *
 * Checked: every item that was pushed is taken once at most, and is still there otherwise. The owner's stores to bottom
 * go through a store buffer that is emptied at any time, as on x86-64, by its own compare-and-exchange, and by a thief's
 * membarrier(2). The light barrier emits no instruction, and is nothing here. Built with -DNO_FENCE a thief omits its
 * barrier, and the check must find an item that is taken twice. */
#define ITEMS 3
#define POPS 3
#define TRIES 2
#define SLOTS 4

short top = 2, bottom = 1; /* top is the oldest number, twice, and one more while it is claimed */
bool buffered = false;
short buffer;
byte slots[SLOTS];
byte taken[ITEMS];
byte pushed = 0;
byte done = 0;

inline store_bottom(value)
{
	atomic {
		if
		:: buffered -> bottom = buffer
		:: else
		fi;
		buffer = value;
		buffered = true
	}
}

inline membarrier()
{
#ifdef NO_FENCE
	skip
#else
	atomic {
		if
		:: buffered -> bottom = buffer; buffered = false
		:: else
		fi
	}
#endif
}

inline take(item)
{
	assert(taken[item] == 0);
	taken[item]++
}

active proctype store_buffer()
{
end:	do
	:: atomic { buffered -> bottom = buffer; buffered = false }
	od
}

active proctype owner()
{
	short b = 1, t;
	byte item, pops = 0;

	do
	:: pushed < ITEMS ->
		slots[b % SLOTS] = pushed;
		b++;
		pushed++;
		store_bottom(b)
	:: pops < POPS ->
		pops++;
		b--;
		if
		:: top / 2 > b -> b++ /* deque_pop() looks first */
		:: true ->
			item = slots[b % SLOTS];
			store_bottom(b);
			t = top;
			if
			:: t <= 2 * b -> d_step { take(item) }
			:: else -> /* deque_dispute() */
				!buffered;
				atomic {
					t = top;
					if
					:: t == 2 * b + 1 -> top = 2 * b + 2; take(item)
					:: t == 2 * b -> take(item)
					:: else
					fi
				}
				if
				:: t == 2 * b
				:: else -> b++; store_bottom(b)
				fi
			fi
		fi
	:: break
	od;
	!buffered;
	done++
}

active [2] proctype thief()
{
	short t;
	byte item, tries = 0;

	do
	:: tries < TRIES ->
		tries++;
		t = top;
		if
		:: t % 2 == 0 && t / 2 < bottom ->
			atomic {
				if
				:: top == t -> top = t + 1
				:: else -> goto next
				fi
			}
			membarrier();
			if
			:: bottom <= t / 2 ->
				atomic {
					if
					:: top == t + 1 -> top = t
					:: else
					fi
				}
			:: else ->
				item = slots[(t / 2) % SLOTS];
				atomic {
					if
					:: top == t + 1 -> top = t + 2; take(item)
					:: else
					fi
				}
			fi
		:: else
		fi;
next:		skip
	:: else -> break
	od;
	done++
}

/* When all have ended, what was not taken lies between top and bottom. */
active proctype audit()
{
	byte sum = 0, i = 0;

	done == 3;
	do
	:: i < ITEMS -> sum = sum + taken[i]; i++
	:: else -> break
	od;
	assert(sum + (bottom - top / 2) == pushed)
}
