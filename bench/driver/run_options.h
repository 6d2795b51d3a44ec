/* run_options.h: what `simul run` was asked for. */
#ifndef SIMUL_RUN_OPTIONS_H
#define SIMUL_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "plan.h"
#include "scaling.h"
#include "text.h"

struct run_options {
	const struct profile *profile;
	struct texts workloads, runtimes, settings, cores;
	uint64_t repetitions; /* 0: the profile's */
	uint64_t seed;
	bool seeded;
	uint64_t timeout_ns; /* 0: the profile's */
	const char *out, *resume;
	bool peers, no_host_name, no_plots, terminal, allow_quota;
	struct scaling_request scaling;
	struct map_request map;
	struct texts given;          /* what was given, as "--name=text", for the manifest */
	struct texts benchmark;      /* --benchmark_* flags, for Google Benchmark */
	bool wants_benchmark_output; /* --benchmark_format is among them: standard output is Google Benchmark's */
};

/* Reads argv (argv[0] is the verb: "run", or "cores" or "map", which have options of their own beside most of run's).
 * It must outlive the options. 0, or -EINVAL when a sentence has been printed. */
int run_options_parse(struct run_options *options, int argc, char **argv);

/* The same from a manifest's "arguments", for the run that options->resume names: keeps --no-plots, --terminal and the flags for
 * Google Benchmark that options have already. */
int run_options_recall(struct run_options *options, const struct texts *arguments);

void run_options_clear(struct run_options *options);

#endif
