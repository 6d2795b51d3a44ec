/* pattern.h: the bytes of every message, a function of (connection, message, offset) alone.
 *
 * Neither side keeps a message: what must come back is worked out again, from any offset. Messages are sequences of
 * 64-bit words, seed + index x step, the seed being mixed from connection and message (G. Steele et al., "Fast
 * Splittable Pseudorandom Number Generators", OOPSLA 2014: SplitMix64, its step and its mixing). Seeds are all
 * different, so that bytes that are lost, repeated, moved or another message's do not match; a message under 8 bytes
 * carries only the low end of its seed, so that one in 256^size wrong ones passes. Thread-safe: no state.
 *
 * Layout: bytes [offset, offset + bytes) of a message stand in a buffer of words from byte offset % 8 on. */
#ifndef SIMUL_PATTERN_H
#define SIMUL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Different for all connections below 2^24 and messages below 2^40. */
uint64_t pattern_seed(uint64_t connection, uint64_t message);

/* Words that a buffer needs for `bytes` bytes at any offset. */
static inline size_t pattern_words(size_t bytes)
{
	return (bytes + 7) / 8 + 1;
}

/* Writes bytes [offset, offset + bytes) of the message, and maybe neighbours in the same words. */
void pattern_fill(uint64_t seed, size_t offset, size_t bytes, uint64_t *words);

/* True if those bytes, at least one, are the message's. Adds them to *digest, a sum that depends on the connection, the
 * message and the offset of every byte but not on order or on how the message was cut. */
bool pattern_check(uint64_t seed, size_t offset, size_t bytes, const uint64_t *words, uint64_t *digest);

/* Offset in the message of the first byte that is not the message's; after a failed pattern_check() of the same. */
size_t pattern_first_wrong(uint64_t seed, size_t offset, size_t bytes, const uint64_t *words);

#endif
