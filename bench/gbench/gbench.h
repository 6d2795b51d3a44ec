/* gbench.h: Google Benchmark for C programs.
 *
 * A thin shim over libbenchmark's C++ interface (Debian's 1.7.1): register functions, run them, report times that were
 * measured elsewhere. Its flags, console, JSON and tools work as its users expect. No C++ exception crosses it.
 * Not thread-safe: call it from one thread. Source of the behaviour: Google Benchmark's user guide. */
#ifndef SIMUL_GBENCH_H
#define SIMUL_GBENCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Inside a benchmark: the state of its current run. Valid during the call only. */
struct gbench_state;

/* Called once for each repetition. Must loop `while (gbench_next(state))`, or call gbench_skip() and return. */
typedef void gbench_function(struct gbench_state *state, void *argument);

enum gbench_unit { GBENCH_NS, GBENCH_US, GBENCH_MS, GBENCH_S };

struct gbench_options {
	int64_t iterations;  /* fixed number of iterations; 0: let the library choose (never with manual_time: see README) */
	int repetitions;     /* 0: the --benchmark_repetitions flag decides */
	int manual_time;     /* non-zero: times come from gbench_set_time() */
	enum gbench_unit unit;
};

/* 0, or -EINVAL (a bad combination), -ENOMEM. The name is copied; argument must live until gbench_run() has returned. */
int gbench_register(const char *name, gbench_function *function, void *argument, const struct gbench_options *options);

/* Non-zero while another iteration is to be made. */
int gbench_next(struct gbench_state *state);
/* Seconds that this iteration took (manual_time). */
void gbench_set_time(struct gbench_state *state, double seconds);
/* A user counter. A name that the library uses itself ("iterations", "threads", ...) gives -EINVAL. */
int gbench_counter(struct gbench_state *state, const char *name, double value);
/* Marks the run as failed with a sentence; no more iterations. */
void gbench_skip(struct gbench_state *state, const char *reason);
void gbench_label(struct gbench_state *state, const char *text);

/* Key and value in the JSON's "context". -EINVAL for a key that the library writes itself. */
int gbench_context(const char *key, const char *value);

/* Takes the library's own --benchmark_* flags out of argv (argc is updated), leaving the rest. 0, or -EINVAL for a flag that begins with
 * --benchmark_ but is unknown or whose value is malformed (the library itself would exit or ignore it); a sentence is printed. */
int gbench_initialize(int *argc, char **argv);

/* Quiet: no console output unless the user asked for a format. json_path: where the JSON goes unless --benchmark_out was given; may be NULL. */
struct gbench_run_options {
	int quiet;
	const char *json_path;
};

/* What came of a run: benchmarks that matched the filter, and runs that called gbench_skip(). */
struct gbench_summary {
	size_t matched;
	size_t failed;
};

/* Runs everything registered, once in a process. 0, -EINVAL if nothing matched the filter, -EALREADY, -EIO. */
int gbench_run(const struct gbench_run_options *options, struct gbench_summary *summary);

/* Non-zero if --benchmark_list_tests was given; then gbench_run() only prints the names. Valid after gbench_initialize(). */
int gbench_lists_only(void);

/* Non-zero if name passes --benchmark_filter. Valid after gbench_initialize(). */
int gbench_matches(const char *name);

#ifdef __cplusplus
}
#endif

#endif
