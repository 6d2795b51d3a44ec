/* samples.h: measured times, cell by cell, as they are compared: from a bundle, or from the JSON that any program made
 * with Google Benchmark writes (--benchmark_out=FILE --benchmark_out_format=json).
 *
 * A sample is one cell's wall time, or what else is compared, in each good invocation that has it; of a Google
 * Benchmark it is the real time of each repetition. Text is safe to print. Read-only once opened and not thread-safe.
 * Errors: -errno and one sentence on standard error. */
#ifndef SIMUL_SAMPLES_H
#define SIMUL_SAMPLES_H

#include "bundle.h"

/* What is compared. */
struct sample_kind {
	const char *name; /* "wall", as a person asks for it */
	const char *what; /* "wall time" */
	enum measure measure;
	bool bytes;              /* else ns */
	const char *more, *less; /* what the verdicts slower and faster are called */
};
extern const struct sample_kind sample_kinds[]; /* wall time first; ends with a NULL name */

struct sample {
	const struct sample_kind *kind;
	const char *name;               /* "chess/thread/boards=24/cores=1": samples of two sources meet by it */
	const char *group;              /* the same without its runtime; NULL outside bundles */
	const char *workload, *runtime; /* NULL outside bundles */
	const struct cell *cell;        /* NULL outside bundles */
	double *values;                 /* ns or bytes, in the order of the run; owned */
	size_t count;
	struct summary summary; /* of the values; 95 % */
	double drift;           /* p that the run's order has no say in them (ranktest.h); NAN: not known */
	double drift_share;     /* what they grew by from first to last, of their median (Theil-Sen); NAN: unknown */
	char *missing;          /* why there is no value; owned, NULL if there is one */
};

struct samples {
	const struct sample_kind *kind;
	const char *path; /* borrowed */
	bool is_bundle;
	struct bundle bundle; /* if it is one */
	json_t *json;         /* Google Benchmark's, if not */
	struct sample *items; /* in the source's order */
	size_t count;
	json_t *index; /* from names to places in items */
};

/* Below this p a sequence is said to drift: of a hundred that do not, one is called so. */
#define DRIFT_P 0.01

/* path: a bundle's folder, or a file. -ENOENT, -EINVAL, -E2BIG, -ENOMEM, -EIO; nothing is left to close then. */
int samples_open(const char *path, struct samples *samples);
/* The same of another kind than wall time, which only bundles have. */
int samples_open_of(const char *path, const struct sample_kind *kind, struct samples *samples);
void samples_close(struct samples *samples);

/* The sample of that name, or NULL. */
const struct sample *samples_find(const struct samples *samples, const char *name);

/* What is known of a bundle's run: "version", "profile", "commit", "created". NULL: not known. */
const char *samples_text(const struct samples *samples, const char *key);

#endif
