/* check.h: invariants that stay on in every build.
 *
 * CHECK(condition, format, ...) ends the process with one sentence on standard error when the condition is
 * false. It is for what can only be a defect or an exhausted machine in the middle of a play, never for bad input. */
#ifndef SIMUL_CHECK_H
#define SIMUL_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition, ...)                                                                                          \
	do {                                                                                                           \
		if (__builtin_expect(!(condition), 0)) {                                                               \
			fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                \
			fprintf(stderr, __VA_ARGS__);                                                                  \
			fputc('\n', stderr);                                                                           \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

#endif
