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

static uint64_t divisions_of(uint32_t prime)
{
	uint32_t root = (uint32_t)sqrt((double)prime);

	return root < 5 ? 0 : ((root - 5) / 6 + 1) * 2;
}

static void add_prime(struct primes *found, uint32_t prime)
{
	found->count++;
	found->sum += prime;
	found->divisions += divisions_of(prime);
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
		uint64_t prime = 2 * i + 1;

		if (composite[i])
			continue;
		add_prime(found, (uint32_t)prime);
		for (uint64_t j = prime * prime / 2; j < half; j += prime)
			composite[j] = 1;
	}
	free(composite);
}

uint64_t primes_division_ps(void)
{
	/* A prime's test is nothing but divisions; this one, near two million, takes 470. */
	enum { RUNS = 400 };
	static const uint32_t prime = 1999993;
	uint64_t least = UINT64_MAX, index = (prime - 5) / 3 + ((prime - 5) % 3 != 0);

	for (int run = 0; run < RUNS; run++) {
		struct primes found = {0};
		uint64_t start = clock_now(), elapsed;

		for (int repeat = 0; repeat < 100; repeat++)
			primes_by_division(index, index + 1, &found);
		elapsed = clock_now() - start;
		if (found.count == 100 && elapsed < least)
			least = elapsed;
	}
	return least * 10 / divisions_of(prime);
}
