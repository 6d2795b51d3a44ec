/* sha256.h: SHA-256, as FIPS 180-4 has it (sections 5.1.1, 5.3.3 and 6.2.2).
 *
 * For checksums that tell damage, of any number of bytes below 2^61. Thread-safe: all state is the caller's. */
#ifndef SIMUL_SHA256_H
#define SIMUL_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_TEXT = 65 }; /* bytes of a block; of a digest as text, with its zero */

struct sha256 {
	uint32_t state[8];
	uint64_t bytes; /* so far; those past the last whole block are in block */
	unsigned char block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t bytes);
/* The digest in lower-case hexadecimal. sha256_begin() makes it usable again. */
void sha256_end(struct sha256 *sha, char text[SHA256_TEXT]);

#endif
