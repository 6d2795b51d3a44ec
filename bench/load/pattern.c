/* pattern.c: see pattern.h. Byte k of a word is bits 8k to 8k+7 of it, as these machines store it. */
#include "pattern.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lanes of a word are those of a little-endian machine");

static const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t pattern_seed(uint64_t connection, uint64_t message)
{
	return mix(connection << 40 | message); /* mix() is a bijection */
}

void pattern_fill(uint64_t seed, size_t offset, size_t bytes, uint64_t *words)
{
	size_t first = offset / 8, count = (offset % 8 + bytes + 7) / 8;

	for (size_t i = 0; i < count; i++)
		words[i] = seed + (first + i) * step;
}

/* What a run of words adds up to. */
struct tally {
	uint64_t wrong; /* bits that are not the pattern's */
	uint64_t sum;
};

/* Whole words, the first of them the message's word `first`. Hot: two additions and a multiplication a word. */
static struct tally tally_run(uint64_t seed, size_t first, const uint64_t *words, size_t count)
{
	uint64_t expected = seed + first * step, weight = 2 * first + 1;
	struct tally tally = {0, 0};

	for (size_t i = 0; i < count; i++) {
		tally.wrong |= words[i] ^ expected;
		tally.sum += words[i] * weight;
		expected += step;
		weight += 2;
	}
	return tally;
}

/* A word of which only some lanes count. The others count as 0: the parts of a word add up to the word. */
static struct tally tally_part(uint64_t seed, size_t index, uint64_t word, uint64_t mask)
{
	return (struct tally){.wrong = (word ^ (seed + index * step)) & mask, .sum = (word & mask) * (2 * index + 1)};
}

bool pattern_check(uint64_t seed, size_t offset, size_t bytes, const uint64_t *words, uint64_t *digest)
{
	size_t first = offset / 8, end = offset % 8 + bytes, last = (end - 1) / 8;
	uint64_t from = ~UINT64_C(0) << (8 * (offset % 8));           /* lanes of the first word that count */
	uint64_t upto = ~UINT64_C(0) >> (8 * (8 * (last + 1) - end)); /* and of the last one */
	struct tally head = tally_part(seed, first, words[0], last == 0 ? from & upto : from);
	struct tally body = {0, 0}, tail = {0, 0};

	if (last > 0) {
		body = tally_run(seed, first + 1, words + 1, last - 1);
		tail = tally_part(seed, first + last, words[last], upto);
	}
	*digest += (head.sum + body.sum + tail.sum) * (seed | 1);
	return (head.wrong | body.wrong | tail.wrong) == 0;
}

size_t pattern_first_wrong(uint64_t seed, size_t offset, size_t bytes, const uint64_t *words)
{
	const unsigned char *buffer = (const unsigned char *)words;
	size_t at = offset;

	for (; at < offset + bytes; at++)
		if (buffer[at - offset + offset % 8] != (unsigned char)((seed + at / 8 * step) >> (8 * (at % 8))))
			break;
	return at;
}
