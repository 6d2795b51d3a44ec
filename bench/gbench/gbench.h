/* gbench.h: Google Benchmark for C programs.
 *
 * A thin shim over libbenchmark's C++ interface (Debian's 1.7.1): register functions, run them, report times that the
 * library takes or that were measured elsewhere. The library's flags, console, JSON and tools work as its users expect;
 * what it ignores, exits on or crashes on is refused here with one sentence on standard error (README.md has the list).
 * No C++ exception crosses it.
 *
 * Not thread-safe: call it from one thread; a registered function may start threads but only its own thread may use
 * its state. Source of the behaviour: Google Benchmark's user guide and the source of its version 1.7.1. */
#ifndef SIMUL_GBENCH_H
#define SIMUL_GBENCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Inside a benchmark: the state of its current run. Owned by the shim, valid during the call only. */
struct gbench_state;

/* Called once for each repetition (more often where the library chooses the iterations). Must loop
 * `while (gbench_next(state))` to the end, or call gbench_skip() and return: anything else marks the run as failed. A
 * child that it forks must end by _exit(2) or exec(3); one that returns from here is ended by the shim. */
typedef void gbench_function(struct gbench_state *state, void *argument);

enum gbench_unit {
	GBENCH_UNIT_DEFAULT, /* --benchmark_time_unit decides, else ns */
	GBENCH_NS,
	GBENCH_US,
	GBENCH_MS,
	GBENCH_S,
};

struct gbench_options {
	int64_t iterations; /* a fixed number; 0: the library chooses (refused with manual_time: it might run for ever)
			     */
	int repetitions;    /* 0: the --benchmark_repetitions flag decides */
	int manual_time;    /* non-zero: times come from gbench_set_time(), one in each iteration */
	int unit;              /* an enum gbench_unit: of the times in every report */
};

/* Adds a benchmark; options may be NULL for all zero. The name is copied and is what listings, filters and reports
 * show, unchanged; argument is borrowed until gbench_run() has returned. 0; -EINVAL: an empty name or one that is not
 * printable UTF-8, no function, a bad combination of options; -EEXIST: the name is taken; -EALREADY: after the run;
 * -ENOMEM. */
int gbench_register(const char *name, gbench_function *function, void *argument, const struct gbench_options *options);

/* Non-zero while another iteration is to be made. */
int gbench_next(struct gbench_state *state);

/* Seconds that this iteration took (manual_time). A negative time, one that is not finite, or an iteration without any
 * marks the run as failed. */
void gbench_set_time(struct gbench_state *state, double seconds);

/* A number beside the times; the last value of a name stands. 0; -EINVAL: a name that the library writes itself
 * ("iterations", "threads", ...) or that is not printable, or a value that is not finite; -ENOMEM. */
int gbench_counter(struct gbench_state *state, const char *name, double value);

/* Marks the run as failed with a sentence (copied); gbench_next() gives 0 from here on. The first sentence stands. */
void gbench_skip(struct gbench_state *state, const char *reason);

/* A text beside the times (copied; what is not printable becomes '?'). */
void gbench_label(struct gbench_state *state, const char *text);

/* Key and value in the JSON's "context", both copied. 0; -EINVAL: a key that the library writes itself, that is already
 * there or is not printable; -EALREADY: after the run; -ENOMEM. */
int gbench_context(const char *key, const char *value);

/* Takes the library's own --benchmark_* flags out of argv (argc is updated) and leaves the rest, --help included. 0, or
 * -EINVAL with a sentence for a flag that begins with --benchmark_ but is unknown or whose value is malformed; argv is
 * untouched then. The BENCHMARK_* environment variables are held to the same rules. */
int gbench_initialize(int *argc, char **argv);

struct gbench_run_options {
	int quiet;             /* no console output unless --benchmark_format or --benchmark_list_tests was given */
	const char *json_path; /* where the JSON goes unless --benchmark_out was given; NULL: nowhere */
	int hide_host;         /* leaves "host_name" in the JSON empty */
};

/* What came of a run: benchmarks that matched the filter, and runs (repetitions) that failed. */
struct gbench_summary {
	size_t matched;
	size_t failed;
};

/* Runs everything registered that passes the filter, once in a process; options and summary may be NULL. 0 even if runs
 * failed: see the summary. -EINVAL: nothing matched, or a flag that cannot be honoured; -EALREADY: a second run; -EIO:
 * the output could not be written; another -errno where the output file could not be opened; -ENOMEM. Each with a
 * sentence on standard error. */
int gbench_run(const struct gbench_run_options *options, struct gbench_summary *summary);

/* Tries whether the file of --benchmark_out can be written, and changes nothing: what is in it stays, and a file that was
 * not there is not left. A path below the folder `later`, which is still to be made, passes; NULL: there is none. 0, or
 * -errno with a sentence on standard error. After gbench_initialize(). */
int gbench_check_output(const char *later);

/* Non-zero if --benchmark_list_tests was given; then gbench_run() only prints the names. After gbench_initialize(). */
int gbench_lists_only(void);

/* Non-zero if a benchmark of that name passes --benchmark_filter: an extended regular expression that is searched for
 * in the name, turned round by a leading '-'; empty or "all" passes everything; a name that begins with DISABLED_ never
 * passes. After gbench_initialize(). */
int gbench_matches(const char *name);

#ifdef __cplusplus
}
#endif

#endif
