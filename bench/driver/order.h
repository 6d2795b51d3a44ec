/* order.h: the random order of a run, the same for the same seed on every machine.
 *
 * Pairs of (cell, repetition) are played in rounds: each round is a freshly shuffled pass over all cells, so that a
 * drift of the machine falls on all of them alike (T. Kalibera, R. Jones, "Rigorous benchmarking in reasonable time",
 * 2013). */
#ifndef SIMUL_ORDER_H
#define SIMUL_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "../analysis/prng.h"

struct turn {
	size_t cell;
	unsigned repetition;
};

/* A uniformly random permutation in place (R. Fisher, F. Yates; D. Knuth, TAOCP 2, algorithm 3.4.2P). */
void order_shuffle(struct prng *prng, struct turn *turns, size_t count);

/* Fills turns[cells * repetitions] round by round. */
void order_make(uint64_t seed, size_t cells, unsigned repetitions, struct turn *turns);

#endif
