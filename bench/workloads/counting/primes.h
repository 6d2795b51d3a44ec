/* primes.h: the primes below a limit, counted by trial division (the work) and by a sieve (the answer). */
#ifndef SIMUL_PRIMES_H
#define SIMUL_PRIMES_H

#include <stdint.h>

struct primes {
	uint64_t count;
	uint64_t sum;       /* of the primes, modulo 2^64 */
	uint64_t divisions; /* trial divisions that it takes to tell the primes from the other candidates */
};

/* Candidates for primes above 3: 5, 7, 11, 13, 17 ..., the numbers prime to 6, numbered from 0. */
static inline uint32_t candidate_number(uint64_t index)
{
	return (uint32_t)(3 * index + 5 - (index & 1));
}

/* How many of them lie below limit. */
uint64_t candidates_below(uint64_t limit);

/* Adds the primes among the candidates [first, end) to *found, each tested by division up to its square root.
 * Leaves found->divisions alone. */
void primes_by_division(uint64_t first, uint64_t end, struct primes *found);

/* All primes below limit, and the divisions, by the sieve of Eratosthenes; count 0 where memory is short. */
void primes_by_sieve(uint64_t limit, struct primes *found);

/* Duration of one trial division here and now in picoseconds, the least of some runs, on the calling thread's core.
 * A small and a large prime are tried, since on some processors smaller numbers divide faster. */
uint64_t primes_division_ps(void);

#endif
