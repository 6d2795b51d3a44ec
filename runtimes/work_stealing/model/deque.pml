/* deque.pml: the deque of ../deque.h: one owner that pushes and pops, two thieves.
 *
 * Checked: every item that was pushed is taken once at most, and is still there otherwise. The owner's stores to bottom
 * go through a store buffer that is emptied at any time, as on x86-64; what waits for it is the sequentially consistent
 * store in deque_race(). Built with -DNO_FENCE that waiting is left out, and the check must find an item taken twice. */
#define ITEMS 3
#define POPS 3
#define TRIES 2
#define SLOTS 4

short top = 1, bottom = 1;
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
		:: top > b -> b++
		:: else ->
			item = slots[b % SLOTS];
			store_bottom(b);
#ifndef NO_FENCE
			!buffered;
#endif
			t = top;
			if
			:: t < b -> d_step { take(item) }
			:: t == b ->
				atomic {
					if
					:: top == t -> top++; take(item)
					:: else
					fi
				}
				b++;
				store_bottom(b)
			:: t > b ->
				b++;
				store_bottom(b)
			fi
		fi
	:: break
	od;
	!buffered;
	done++
}

active [2] proctype thief()
{
	short t, b;
	byte item, tries = 0;

	do
	:: tries < TRIES ->
		tries++;
		t = top;
		b = bottom;
		if
		:: t < b ->
			item = slots[t % SLOTS];
			atomic {
				if
				:: top == t -> top++; take(item)
				:: else
				fi
			}
		:: else
		fi
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
	assert(sum + (bottom - top) == pushed)
}
