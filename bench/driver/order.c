/* order.c: see order.h. */
#include "order.h"

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
