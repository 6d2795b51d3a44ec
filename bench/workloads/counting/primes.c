/* primes.c: see primes.h. */
#include "primes.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../../../runtimes/clock.h"

uint64_t candidates_below(uint64_t limit)
{
	/* In each six from 5 on there are two: 6k + 5 and 6k + 7. */
	uint64_t above = limit > 5 ? limit - 5 : 0;

	return above / 6 * 2 + (above % 6 > 0) + (above % 6 > 2);
}

/* 32-bit division is the work; a number prime to 6 is only divided by numbers prime to 6. */
static bool is_prime(uint32_t number)
{
	for (uint32_t divisor = 5; (uint64_t)divisor * divisor <= number; divisor += 6)
		if (number % divisor == 0 || number % (divisor + 2) == 0)
			return false;
	return true;
}

void primes_by_division(uint64_t first, uint64_t end, struct primes *found)
{
	for (uint64_t i = first; i < end; i++) {
		uint32_t number = candidate_number(i);

		if (is_prime(number)) {
			found->count++;
			found->sum += number;
		}
	}
}

/* Divisions up to and with the divisor at or below `last`: two in each six from 5 on. */
static uint64_t divisions_up_to(uint32_t last)
{
	return candidates_below((uint64_t)last + 1);
}

/* A prime is divided by whole pairs of divisors, as long as the first of the pair is at most its root. */
static uint64_t divisions_of_prime(uint32_t prime)
{
	uint32_t root = (uint32_t)sqrt((double)prime);

	return root < 5 ? 0 : ((root - 5) / 6 + 1) * 2;
}

static void add_prime(struct primes *found, uint32_t prime)
{
	found->count++;
	found->sum += prime;
	found->divisions += divisions_of_prime(prime);
}

/* Marks the odd multiples of prime from its square on. What nobody has marked before has it as its least factor. */
static void mark_multiples(unsigned char *composite, uint64_t half, uint64_t prime, struct primes *found)
{
	uint64_t divisions = prime > 3 ? divisions_up_to((uint32_t)prime) : 0;

	for (uint64_t j = prime * prime / 2; j < half; j += prime) {
		found->divisions += composite[j] ? 0 : divisions;
		composite[j] = 1;
	}
}

void primes_by_sieve(uint64_t limit, struct primes *found)
{
	uint64_t half = limit / 2; /* composite[i] stands for 2i + 1 */
	unsigned char *composite = calloc(half + 1, 1);

	*found = (struct primes){0};
	if (!composite)
		return;
	if (limit > 2)
		add_prime(found, 2);
	for (uint64_t i = 1; 2 * i + 1 < limit; i++) {
		if (composite[i])
			continue;
		add_prime(found, (uint32_t)(2 * i + 1));
		mark_multiples(composite, half, 2 * i + 1, found);
	}
	free(composite);
}

/* The least duration in ns of 100 tests of a prime, which are nothing but divisions. */
static uint64_t least_ns_of_100(uint32_t prime)
{
	enum { RUNS = 8 };
	uint64_t least = UINT64_MAX, index = candidates_below(prime);

	for (int run = 0; run < RUNS; run++) {
		struct primes found = {0};
		uint64_t start = clock_now(), elapsed;

		for (int repeat = 0; repeat < 100; repeat++)
			primes_by_division(index, index + 1, &found);
		elapsed = clock_now() - start;
		if (found.count == 100 && elapsed < least)
			least = elapsed;
	}
	return least;
}

uint64_t primes_division_ps(void)
{
	static const uint32_t primes[] = {99991, 1999993};
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < sizeof primes / sizeof primes[0]; i++) {
		uint64_t ps = least_ns_of_100(primes[i]) * 10 / divisions_of_prime(primes[i]);

		least = ps < least ? ps : least;
	}
	return least;
}
