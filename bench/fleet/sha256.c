/* sha256.c: see sha256.h. The constants are the standard's. */
#include "sha256.h"

#include <stdio.h>
#include <string.h>

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t word, unsigned bits)
{
	return word >> bits | word << (32 - bits);
}

static uint32_t word_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void expand(const unsigned char *block, uint32_t schedule[64])
{
	for (int t = 0; t < 16; t++)
		schedule[t] = word_at(block + 4 * t);
	for (int t = 16; t < 64; t++) {
		uint32_t early = schedule[t - 15], late = schedule[t - 2];

		schedule[t] = schedule[t - 16] + (turn(early, 7) ^ turn(early, 18) ^ early >> 3) + schedule[t - 7] +
			      (turn(late, 17) ^ turn(late, 19) ^ late >> 10);
	}
}

/* v holds the standard's a to h. */
static void compress(uint32_t state[8], const unsigned char *block)
{
	uint32_t schedule[64], v[8];

	expand(block, schedule);
	memcpy(v, state, sizeof v);
	for (int t = 0; t < 64; t++) {
		uint32_t first = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) +
				 ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[t] + schedule[t];
		uint32_t second = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
				  ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += first;
		v[0] = first + second;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

void sha256_begin(struct sha256 *sha)
{
	*sha = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
					 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *sha, const void *data, size_t bytes)
{
	const unsigned char *next = data;

	while (bytes > 0) {
		size_t filled = sha->bytes % SHA256_BLOCK, part = SHA256_BLOCK - filled;

		if (part > bytes)
			part = bytes;
		memcpy(sha->block + filled, next, part);
		sha->bytes += part;
		next += part;
		bytes -= part;
		if (filled + part == SHA256_BLOCK)
			compress(sha->state, sha->block);
	}
}

void sha256_end(struct sha256 *sha, char text[SHA256_TEXT])
{
	static const unsigned char padding[SHA256_BLOCK] = {0x80};
	uint64_t bits = sha->bytes * 8;
	size_t filled = sha->bytes % SHA256_BLOCK;
	unsigned char length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_add(sha, padding, (filled < 56 ? 56 : 56 + SHA256_BLOCK) - filled);
	sha256_add(sha, length, sizeof length);
	for (int i = 0; i < 8; i++)
		snprintf(text + 8 * i, SHA256_TEXT - 8 * (size_t)i, "%08x", sha->state[i]);
}
