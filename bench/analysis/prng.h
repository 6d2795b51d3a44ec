/* prng.h: random numbers that are the same for the same seed on every machine: splitmix64 (G. Steele, D. Lea, C. Flood,
 * "Fast splittable pseudorandom number generators", 2014). One word of state, and any seed will do. */
#ifndef SIMUL_PRNG_H
#define SIMUL_PRNG_H

#include <stddef.h>
#include <stdint.h>

struct prng {
	uint64_t state; /* the seed, at first */
};

static inline uint64_t prng_next(struct prng *prng)
{
	uint64_t x = prng->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Uniform in [0, bound), without bias: what falls into the incomplete last interval is drawn again. bound > 0. */
static inline uint64_t prng_below(struct prng *prng, uint64_t bound)
{
	/* 2^64 mod bound: below it lies what one interval has more than the others. */
	uint64_t surplus = -bound % bound, drawn;

	do
		drawn = prng_next(prng);
	while (drawn < surplus);
	return drawn % bound;
}

/* Below n < 2^32, without a division: for resampling, whose error is far above the bias of at most n / 2^32. */
static inline size_t prng_pick(struct prng *prng, size_t n)
{
	return (size_t)((prng_next(prng) >> 32) * n >> 32);
}

#endif
