/* run_options.c: see run_options.h. */
#include "run_options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "cores.h"
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
	{.name = "profile",
	 .argument = "NAME",
	 .take = take_profile,
	 .field = FIELD(profile),
	 .help = "What to play: quick (the default: about 80 s on 2 quiet cores, up to half as long again on busy "
		 "ones), standard, costs (what simul predict needs) or full"},
	{.name = "workload",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(workloads),
	 .help = "Only these workloads (see simul list); quick and standard play chess,counting,echo unless told"},
	{.name = "runtime",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(runtimes),
	 .help = "Only these runtimes: thread,coroutine,... (see simul list)"},
	{.name = "peers",
	 .take = take_flag,
	 .field = FIELD(peers),
	 .help = "The peers too, libraries and languages to compare with, which no profile plays unless told so or "
		 "by name: with them quick takes longer"},
	{.name = "set",
	 .argument = "[WORKLOAD.]KEY=VALUE,...",
	 .take = take_item,
	 .field = FIELD(settings),
	 .help = "Set a parameter, of every workload that has it or of one; several values make an axis. May be "
		 "repeated, for another key each time"},
	{.name = "cores",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(cores),
	 .help = "Cores that a player may use: numbers, or all (default: as the profile says)"},
	{.name = "allow-quota",
	 .take = take_flag,
	 .field = FIELD(allow_quota),
	 .help = "Measure on more cores than the cgroup's CPU quota pays for; such cells are marked"},
	{.name = "repetitions",
	 .argument = "N",
	 .take = take_positive,
	 .field = FIELD(repetitions),
	 .help = "Invocations a cell (default: as the profile says)"},
	{.name = "seed",
	 .argument = "N",
	 .take = take_seed,
	 .field = 0,
	 .help = "Seed of the order of playing (default: random; printed and kept)"},
	{.name = "timeout",
	 .argument = "DURATION",
	 .take = take_duration,
	 .field = FIELD(timeout_ns),
	 .help = "End an invocation that takes longer; cells estimated to take more than half of it are refused "
		 "(default: as the profile says, which plays its own points, those that no --set changes, only where "
		 "they are short)"},
	{.name = "out",
	 .argument = "DIR",
	 .take = take_text,
	 .field = FIELD(out),
	 .help = "The bundle's folder, new or empty; folders above it are made too (default: results/local/TIME where "
		 "there is a folder results, else simul-TIME). `-`: a tar archive on standard output, for simul merge; "
		 "all else is then printed on standard error"},
	{.name = "resume",
	 .argument = "DIR",
	 .take = take_text,
	 .field = FIELD(resume),
	 .help = "Continue the run in that bundle: play what is missing or has failed"},
	{.name = "no-host-name",
	 .take = take_flag,
	 .field = FIELD(no_host_name),
	 .help = "Leave the host's name out of the bundle"},
	{.name = "no-plots",
	 .take = take_flag,
	 .field = FIELD(no_plots),
	 .help = "Draw no plots at the end; simul plot does it later"},
	{.name = "terminal",
	 .take = take_flag,
	 .field = FIELD(terminal),
	 .help = "After the answer draw the figures with characters too, as simul plot --terminal does"},
	{.name = NULL},
};

static const struct command run_command = {
	.name = "simul run",
	.help = "Plays every cell of a profile (a workload, a runtime, parameters and cores), each repetition in "
		"a fresh process, verifies it, and writes a bundle of records, a table and plots."
		"\v"
		"Examples:\n"
		"  simul run                          the quick profile\n"
		"  simul run --workload=chess --set boards=24 --cores=1\n"
		"                                     one point, all runtimes\n"
		"  simul run --workload=chess --set move=50us --set reply=550us\n"
		"                                     the profile's boards, other times\n"
		"  simul run --workload=echo --set connections=10,100,1000\n"
		"                                     an axis of three points\n"
		"  simul run --workload=switch,spawn,idle,skynet --runtime=coroutine --peers\n"
		"                                     one runtime beside the libraries that people use\n"
		"  simul run --profile=standard --out=monday\n"
		"                                     then: simul plot monday\n"
		"  simul run --resume monday          after Ctrl-C, or for failed cells\n"
		"\n"
		"Durations take ns, us, ms, s; sizes take B, KiB, MiB, GiB. Google Benchmark's own flags work too: "
		"--benchmark_filter=REGEX, --benchmark_list_tests, --benchmark_format=console|json|csv, "
		"--benchmark_out=FILE; --benchmark_repetitions is --repetitions.\n"
		"\n"
		"The table and the bundle's folder are printed at the end, on standard output; what goes on meanwhile "
		"is "
		"told on standard error.\n"
		"\n"
		"Exit status: 0 every cell was played or refused for a reason that is told; 1 a cell failed; 2 the "
		"call was "
		"wrong; 3 there was nothing to do, or the bundle could not be written; 130 interrupted.",
	.options = run_table,
};

static const char benchmark_prefix[] = "--benchmark_", repetitions_flag[] = "--benchmark_repetitions=";

/* Google Benchmark's flags go to it, except the one that is ours; what else there is stays in rest. 0 or -ENOMEM. */
static int split(struct run_options *options, int argc, char **argv, char **rest, int *rest_count)
{
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], repetitions_flag, strlen(repetitions_flag)) == 0) {
			/* "--benchmark_repetitions=5" ends in what is wanted: "--repetitions=5", after its own dashes.
			 */
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
	const struct command *command = &run_command;

	if (argc > 0 && strcmp(argv[0], "cores") == 0) {
		command = cores_command(&run_command);
		options->scaling.wanted = true;
		options->profile = &cores_profile;
	} else if (argc > 0 && strcmp(argv[0], "map") == 0) {
		command = map_command(&run_command);
		options->map.wanted = true;
		options->profile = &map_profile;
	}
	if (error == 0)
		error = command_parse(command, count, rest, options, &options->given);
	free(rest);
	return error;
}

/* A bundle is continued as it was begun. */
static int check_resume(const struct run_options *options)
{
	for (size_t i = 0; options->resume && i < options->given.count; i++) {
		const char *option = options->given.items[i];

		if (strncmp(option, "--resume=", 9) == 0 || strcmp(option, "--no-plots") == 0 ||
		    strcmp(option, "--terminal") == 0)
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
	texts_clear(&options->scaling.counts);
	texts_clear(&options->scaling.placements);
	texts_clear(&options->scaling.per_core);
	texts_clear(&options->map.tasks);
	texts_clear(&options->map.waiting);
	texts_clear(&options->map.points);
	texts_clear(&options->given);
	texts_clear(&options->benchmark);
}
