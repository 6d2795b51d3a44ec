/* run_options.c: see run_options.h. */
#include "run_options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "driver.h"

#define FIELD(name) offsetof(struct run_options, name)

static int take_profile(const char *text, void *field, char reason[REASON_MAX])
{
	const struct profile **profile = field;

	*profile = profile_find(text);
	if (*profile)
		return 0;
	snprintf(reason, REASON_MAX, "the profiles are ");
	for (const struct profile *known = profiles; known->name; known++)
		snprintf(reason + strlen(reason), REASON_MAX - strlen(reason), "%s%s", known == profiles ? "" : ", ",
			 known->name);
	return -EINVAL;
}

static int take_seed(const char *text, void *field, char reason[REASON_MAX])
{
	struct run_options *options = field;

	options->seeded = true;
	return take_count(text, &options->seed, reason);
}

static const struct command_option run_table[] = {
	{"profile", "NAME", take_profile, FIELD(profile),
	 "What to play: quick (the default: at most 90 s of measuring on 2 cores), standard or full"},
	{"workload", "LIST", take_list, FIELD(workloads), "Only these workloads: chess,counting,echo (see simul list)"},
	{"runtime", "LIST", take_list, FIELD(runtimes), "Only these runtimes: thread,coroutine,... (see simul list)"},
	{"set", "[WORKLOAD.]KEY=VALUE,...", take_item, FIELD(settings),
	 "Set a parameter, of every workload that has it or of one; several values make an axis. May be repeated"},
	{"cores", "LIST", take_list, FIELD(cores),
	 "Cores that a player may use: numbers, or all (default: as the profile says)"},
	{"repetitions", "N", take_positive, FIELD(repetitions), "Invocations a cell (default: as the profile says)"},
	{"seed", "N", take_seed, 0, "Seed of the order of playing (default: random; printed and kept)"},
	{"timeout", "DURATION", take_duration, FIELD(timeout_ns),
	 "End an invocation that takes longer; cells estimated to take more than half of it are refused (default: as "
	 "the profile says)"},
	{"out", "DIR", take_text, FIELD(out),
	 "The bundle's folder, new or empty (default: results/local/TIME where there is a folder results, else "
	 "simul-TIME)"},
	{"resume", "DIR", take_text, FIELD(resume),
	 "Continue the run in that bundle: play what is missing or has failed"},
	{"no-host-name", NULL, take_flag, FIELD(no_host_name), "Leave the host's name out of the bundle"},
	{"no-plots", NULL, take_flag, FIELD(no_plots), "Draw no plots at the end; simul plot does it later"},
	{.name = NULL},
};

static const struct command run_command = {
	.name = "simul run",
	.help = "Plays every cell of a profile (a workload, a runtime, parameters and cores), each repetition in a fresh "
		"process, verifies it, and writes a bundle of records, a table and plots."
		"\v"
		"Examples:\n"
		"  simul run                                    the quick profile\n"
		"  simul run --workload=chess --set boards=24   one point, all runtimes\n"
		"  simul run --workload=chess --set boards=1,24,100 --set move=50us --set reply=550us --cores=1\n"
		"  simul run --runtime=thread,coroutine --workload=echo --set connections=10,100,1000\n"
		"  simul run --profile=standard --out=monday    then: simul plot monday\n"
		"  simul run --resume monday                    after Ctrl-C, or to play failed cells again\n"
		"\n"
		"Durations take ns, us, ms, s; sizes take B, KiB, MiB, GiB. Google Benchmark's own flags work too: "
		"--benchmark_filter=REGEX, --benchmark_list_tests, --benchmark_format=console|json|csv, "
		"--benchmark_out=FILE; --benchmark_repetitions is --repetitions.\n"
		"\n"
		"The table and the bundle's folder are printed at the end, on standard output; what goes on meanwhile is "
		"told on standard error.\n"
		"\n"
		"Exit status: 0 every cell was played or refused for a reason that is told; 1 a cell failed; 2 the call was "
		"wrong; 3 there was nothing to do, or the bundle could not be written; 130 interrupted.",
	.options = run_table,
};

static const char benchmark_prefix[] = "--benchmark_", repetitions_flag[] = "--benchmark_repetitions=";

/* Google Benchmark's flags go to it, except the one that is ours; what else there is stays in rest. 0 or -ENOMEM. */
static int split(struct run_options *options, int argc, char **argv, char **rest, int *rest_count)
{
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], repetitions_flag, strlen(repetitions_flag)) == 0) {
			/* "--benchmark_repetitions=5" ends in what is wanted: "--repetitions=5", after its own dashes. */
			char *ours = argv[i] + strlen("--benchmark_") - strlen("--");

			memcpy(ours, "--", strlen("--"));
			rest[(*rest_count)++] = ours;
		} else if (strncmp(argv[i], benchmark_prefix, strlen(benchmark_prefix)) == 0) {
			options->wants_benchmark_output |= strncmp(argv[i], "--benchmark_format", 18) == 0;
			if (texts_add(&options->benchmark, argv[i]) < 0)
				return -ENOMEM;
		} else {
			rest[(*rest_count)++] = argv[i];
		}
	}
	return 0;
}

static int parse(struct run_options *options, int argc, char **argv)
{
	char **rest = calloc((size_t)argc + 1, sizeof *rest);
	int count = 0, error = rest ? split(options, argc, argv, rest, &count) : -ENOMEM;

	if (error == 0)
		error = command_parse(&run_command, count, rest, options, &options->given);
	free(rest);
	return error;
}

/* A bundle is continued as it was begun. */
static int check_resume(const struct run_options *options)
{
	for (size_t i = 0; options->resume && i < options->given.count; i++) {
		const char *option = options->given.items[i];

		if (strncmp(option, "--resume=", 9) == 0 || strcmp(option, "--no-plots") == 0)
			continue;
		say("%s cannot stand beside --resume, which takes everything from the bundle", option);
		return -EINVAL;
	}
	return 0;
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
	int error;

	*options = (struct run_options){.profile = &profiles[0]};
	error = parse(options, argc, argv);
	return error < 0 ? error : check_resume(options);
}

/* Of Google Benchmark's flags only the filter says what is played. */
static bool shapes_the_run(const char *argument)
{
	return strncmp(argument, benchmark_prefix, strlen(benchmark_prefix)) != 0 ||
	       strncmp(argument, "--benchmark_filter", 18) == 0;
}

int run_options_recall(struct run_options *options, const struct texts *arguments)
{
	int argc = 0, error;
	char **argv = calloc(arguments->count + 1, sizeof *argv);

	if (!argv)
		return -ENOMEM;
	for (size_t i = 0; i < arguments->count; i++)
		if (shapes_the_run(arguments->items[i]))
			argv[argc++] = arguments->items[i];
	error = parse(options, argc, argv);
	free(argv);
	return error;
}

void run_options_clear(struct run_options *options)
{
	texts_clear(&options->workloads);
	texts_clear(&options->runtimes);
	texts_clear(&options->settings);
	texts_clear(&options->cores);
	texts_clear(&options->given);
	texts_clear(&options->benchmark);
}
