/* order.c: see order.h. */
#include "order.h"

uint64_t prng_next(struct prng *prng)
{
	uint64_t x = prng->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t prng_below(struct prng *prng, uint64_t bound)
{
	/* 2^64 mod bound: below it lies what one interval has more than the others. */
	uint64_t surplus = -bound % bound, drawn;

	do
		drawn = prng_next(prng);
	while (drawn < surplus);
	return drawn % bound;
}

void order_shuffle(struct prng *prng, struct turn *turns, size_t count)
{
	for (size_t left = count; left > 1; left--) {
		size_t chosen = prng_below(prng, left);
		struct turn turn = turns[chosen];

		turns[chosen] = turns[left - 1];
		turns[left - 1] = turn;
	}
}

void order_make(uint64_t seed, size_t cells, unsigned repetitions, struct turn *turns)
{
	struct prng prng = {.state = seed};

	for (unsigned repetition = 0; repetition < repetitions; repetition++) {
		struct turn *round = turns + repetition * cells;

		for (size_t cell = 0; cell < cells; cell++)
			round[cell] = (struct turn){.cell = cell, .repetition = repetition};
		order_shuffle(&prng, round, cells);
	}
}
