/* bundle.h: a run's folder, read back (results/SCHEMA.md).
 *
 * What stands there came from programs that nobody here may have written: all of it is data, bounded in size, and no
 * number is used before it is known to be finite and not negative. Text is made safe to print: control characters,
 * quotes, backslashes, invisible direction marks and pictures are replaced and long text is cut.
 * A last line without its newline is what an interrupted run leaves; it is left out without complaint.
 * Read-only and not thread-safe. Errors: -errno and one sentence on standard error. */
#ifndef SIMUL_BUNDLE_H
#define SIMUL_BUNDLE_H

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "histogram.h"
#include "statistics.h"
#include "variance.h"

enum {
	BUNDLE_FORMAT = 1,
	BUNDLE_CELLS_MAX = 100000,
	BUNDLE_RUNTIMES_MAX = 256,
	BUNDLE_INVOCATIONS_MAX = 4000000,
	BUNDLE_LINE_MAX = 4 << 20,      /* bytes of one record's line */
	BUNDLE_MANIFEST_MAX = 64 << 20, /* bytes */
	BUNDLE_TEXT_MAX = 1000,         /* characters of any text; a longer one ends with "..." */
};

/* What is known of one invocation; NAN where it was not measured. */
enum measure {
	MEASURE_WALL_NS,
	MEASURE_CPU_NS,       /* user and system, of the whole play */
	MEASURE_STEADY_NS,    /* the same from the start of the timed work to the end of the teardown */
	MEASURE_MEMORY_BYTES, /* PSS of all tasks alive, less the baseline, plus the kernel's part where measured */
	MEASURE_RATE,         /* messages of the load a second of wall time */
	MEASURE_LOAD_SHARE,   /* CPU time of the load over its wall time: cores' worth */
	/* Server's CPU time in the load's timed part over its messages. In records without it steady CPU over all
	 * operations, warm-ups included: that holds the closing of connections too (cpu_of_whole). */
	MEASURE_CPU_NS_PER_MESSAGE,
	MEASURE_BOUND_NS,              /* its own, at the costs that were measured beside it */
	MEASURE_TIMES_BOUND,           /* wall time over that, or over the cell's where it has none of its own */
	MEASURE_CLIENT_NS_PER_MESSAGE, /* the load's CPU time over messages, what it only waited for the clock left out
					*/
	MEASURE_SERVER_BUSY, /* server's CPU time over its cores' time: of the timed part, or else of the steady work */
	MEASURE_CLIENT_BUSY, /* share of its threads' time that the load worked, as it says */
	MEASURE_SOFTIRQ,     /* share of all allowed cores' time while the invocation ran */
	MEASURE_STEAL,       /* the same, given to others by the hypervisor */
	MEASURE_FAIR,        /* least over most messages of a connection */
	MEASURE_P50_NS,      /* percentiles of the latencies of the invocation's own messages */
	MEASURE_P99_NS,
	MEASURE_P999_NS,
	MEASURE_FIRST_END,  /* when the first task ended, as a share of when the last did */
	MEASURE_MIDDLE_END, /* the middle one */
	MEASURE_SLAB_BYTES, /* the kernel's slabs, the machine's, when all tasks were alive, less the baseline */
	/* Of the time of the whole play, setup and teardown included, on all of its cores, in percent: */
	MEASURE_USER_PERCENT,
	MEASURE_SYSTEM_PERCENT,
	MEASURE_IDLE_PERCENT,      /* what is left, at least 0 */
	MEASURE_SWITCHES_PER_TASK, /* between threads or processes, voluntary or not */
	MEASURES
};

enum status { STATUS_INTERRUPTED, STATUS_REFUSED, STATUS_FAILED, STATUS_OK };

struct invocation {
	uint64_t repetition;
	uint64_t sequence; /* its place in the run */
	uint64_t line;     /* in records.jsonl, from 1 */
	off_t offset;      /* of that line, in bytes */
	enum status status;
	bool disturbed;
	bool cpu_of_whole; /* of a server: its CPU time a message holds the closing of connections */
	bool faster;       /* disturbed, since the clock was faster than the run had seen it to be */
	double value[MEASURES];
};

/* Whether it is good, but other load disturbed it: what the clock alone made faster is not counted. */
bool invocation_disturbed(const struct invocation *invocation);

/* A cell of the plan. All text is borrowed from the manifest. */
struct cell {
	const char *name, *group, *workload, *runtime;
	const char *refused;      /* why it is not played; NULL if it is */
	const json_t *parameters; /* an object; NULL if the manifest has none */
	const json_t *sweep;      /* its place in a sweep over cores; NULL: it has none */
	unsigned slot;            /* of its runtime, in bundle.runtimes */
	unsigned cores, load_cores;
	bool over_quota;       /* the CPU quota pays for fewer cores */
	bool load_on_siblings; /* the load had only SMT siblings of its cores */
	double bound_ns;       /* NAN if not known */
	double model_bound_ns; /* NAN unless it is higher for this model */
	struct invocation
		*invocations; /* one a repetition, in their order: the last `ok`, else the last of any status */
	size_t invocation_count, invocation_capacity;
	size_t count[STATUS_OK + 1]; /* of each status */
};

struct bundle {
	json_t *manifest;
	FILE *records;      /* NULL if there are none */
	char *line;         /* room for one line */
	struct cell *cells; /* in the manifest's order */
	struct cell **by_name;
	size_t cell_count, invocation_count;
	const char *runtimes[BUNDLE_RUNTIMES_MAX]; /* sorted; players and cells together */
	unsigned runtime_count;
	size_t replayed; /* good invocations that do not count, since they were disturbed and played again */
	/* What was left out, for the notes. */
	size_t malformed, unknown_cells, duplicate_cells;
	uint64_t first_malformed; /* its line */
	bool truncated;           /* the last line had no end */
};

/* 0; -ENOENT no manifest there, -EINVAL not a bundle of a known format, -E2BIG over a limit above, -ENOMEM, -EIO. On
 * error nothing is left to close. */
int bundle_open(const char *path, struct bundle *bundle);
void bundle_close(struct bundle *bundle);

/* Text in the manifest: bundle_text(b, NULL, "version"), bundle_text(b, "machine", "cpu"). NULL if absent. */
const char *bundle_text(const struct bundle *bundle, const char *object, const char *key);
/* Finite and not negative, or NAN. Booleans are no numbers. object may be NULL. */
double json_measure(const json_t *object, const char *key);
const json_t *bundle_object(const struct bundle *bundle, const char *key);

/* Makes every text value below json safe to print, as all text of a bundle is. 0 or -ENOMEM. */
int json_clean(json_t *json);

/* How many invocations of the plan have no record, and in *planned how many it has: a run that was stopped, or that is
 * still under way. Cells that are not played, that the machine refused or that were given up after two failures are
 * complete as they are. */
size_t bundle_unplayed(const struct bundle *bundle, size_t *planned);

/* What the runtime's player said of itself in this run; NULL if the manifest does not say. */
const json_t *bundle_info(const struct bundle *bundle, const char *runtime);
/* Others' work, there to be compared with. */
bool bundle_is_peer(const struct bundle *bundle, const char *runtime);
/* A peer, or a runtime of ours over somebody else's loop: the others are held against it in tables. */
bool bundle_is_compared(const struct bundle *bundle, const char *runtime);
/* No runtime but the bare calls of the kernel: the line beneath the models, which takes no rank among them. */
bool bundle_is_floor(const struct bundle *bundle, const char *runtime);
/* Whether it claims that capability ("preempts", "pooled" ...). */
bool bundle_can(const struct bundle *bundle, const char *runtime, const char *capability);

/* A parameter of the cell as a number, or NAN. */
double cell_parameter(const struct cell *cell, const char *name);

/* The measure of every good invocation that has it, in order of repetition, into values (room for
 * cell->invocation_count); returns how many. */
size_t cell_values(const struct cell *cell, enum measure measure, double *values);
/* The same, summarized. n is 0 where nothing was measured (or memory ran out). A rate is the inverse of the summary of
 * the times a message, so that rates and times never rank two runtimes differently; its mean is harmonic. */
struct summary cell_summary(const struct cell *cell, enum measure measure);

/* Latencies of all good invocations, merged into *histogram, emptied first. A percentile of the whole is never made
 * from percentiles of the parts. A record whose histogram is missing or broken is left out. 0, -ENOMEM or -EIO. */
int cell_latency(const struct bundle *bundle, const struct cell *cell, struct histogram *histogram);
/* The same of another histogram of the load: "raw_latency_ns", "pacing_ns". */
int cell_histogram(const struct bundle *bundle, const struct cell *cell, const char *key, struct histogram *histogram);

/* How the variance of a message's latency lies within and between the cell's good invocations (variance.h), and the
 * mean number of messages that one played in *played. What a message costs is the wall time for each; an invocation,
 * its elapsed time without that. All NAN where there are no latencies of two invocations. 0, -ENOMEM or -EIO. */
int cell_latency_split(const struct bundle *bundle, const struct cell *cell, struct variance_split *split,
		       double *played);

/* The figures of the workload's own that its records hold, as an object of lists, one number an invocation that has it,
 * in order of repetition; owned by the caller, json_decref() it. 0, -ENOMEM or -EIO. */
int cell_figures(const struct bundle *bundle, const struct cell *cell, json_t **figures);

/* What the cell's last good invocation says that it did: its record's `audit`, and its load's bytes and checksum where
 * there was one. Cells with equal audits did the same work. A new reference; NULL if there is none. */
json_t *cell_audit(const struct bundle *bundle, const struct cell *cell);

/* Why the cell has no result, or why some of its invocations failed, in reason. Empty if all is well. */
void cell_reason(const struct bundle *bundle, const struct cell *cell, char *reason, size_t size);

#endif
