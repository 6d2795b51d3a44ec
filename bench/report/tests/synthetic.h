/* synthetic.h: makes bundles of any size for tests, with numbers that look like measurements and are none. */
#ifndef SIMUL_SYNTHETIC_H
#define SIMUL_SYNTHETIC_H

#include <stdbool.h>

struct synthetic {
	const char *const *runtimes; /* NULL-terminated; "sequential" refuses and serves alone as it does in truth */
	unsigned repetitions;
	bool troubles;    /* failed, refused and missing cells, a broken and a truncated line */
	bool empty;       /* a plan, and not a single record */
	unsigned cores;   /* a sweep over 1 to so many cores, SMT siblings being in the upper half, instead; 0: none */
	bool concurrency; /* a sweep over tasks a core instead, in which every third runtime breaks */
	bool primitives; /* switch, spawn, idle, order and the bare calls instead; runtimes called "peer-..." are peers,
			    and those called "bare-..." floors, in either case */
};

/* Writes manifest.json and records.jsonl into directory, which must exist. 0 or -errno. */
int synthetic_bundle(const char *directory, const struct synthetic *options);

/* A temporary folder for a bundle, as set-up and teardown of cmocka's tests: made, and removed with all in it. */
extern char synthetic_folder[64];
int synthetic_folder_make(void **state);
int synthetic_folder_remove(void **state);

#endif
