/* move.c: see move.h. */
#include "move.h"

#include "../../../runtimes/clock.h"

static const uint64_t multiplier = UINT64_C(6364136223846793005), increment = UINT64_C(1442695040888963407);

uint64_t chess_move(uint64_t position, uint64_t steps)
{
	while (steps-- > 0) {
		position = position * multiplier + increment;
		/* Keeps every compiler from unrolling or transforming the chain: all do the same work. */
		__asm__ volatile("" : "+r"(position));
	}
	return position;
}

struct chess_jump chess_jump(uint64_t steps)
{
	struct chess_jump jump = {.factor = 1, .summand = 0};
	/* The map of 2^k steps; composing it with itself doubles the steps. */
	uint64_t factor = multiplier, summand = increment;

	for (; steps > 0; steps >>= 1) {
		if (steps & 1) {
			jump.factor *= factor;
			jump.summand = jump.summand * factor + summand;
		}
		summand *= factor + 1;
		factor *= factor;
	}
	return jump;
}

uint64_t chess_move_foretold(uint64_t position, struct chess_jump jump)
{
	return position * jump.factor + jump.summand;
}

uint64_t chess_opening(uint64_t board)
{
	/* splitmix64's finaliser (G. Steele, D. Lea, C. Flood 2014). */
	uint64_t x = board + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t chess_step_ps(void)
{
	enum { STEPS = 1 << 20 };
	uint64_t start = clock_thread_cpu(); /* what others take of the core meanwhile is no cost of a step */

	chess_move(chess_opening(0), STEPS);
	return (clock_thread_cpu() - start) * 1000 / STEPS;
}
