/* compare.c: the verb `simul compare`. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/comparison.h"
#include "../report/machines.h"
#include "command.h"
#include "driver.h"
#include "verbs.h"

/* How each kind of comparison is printed; NULL where it is not. */
struct format {
	const char *name;
	int (*comparison)(const struct comparisons *comparisons, FILE *out);
	int (*machines)(const struct machines *machines, FILE *out);
};

struct compare_call {
	struct texts sources;
	const char *runtime, *against, *plot;
	const struct format *format;
	const struct sample_kind *kind;
	bool machines, fail_on[VERDICTS];
	struct compare_options options;
};

#define FIELD(name) offsetof(struct compare_call, name)

static const struct format formats[] = {
	{"text", comparison_text, machines_text},
	{"markdown", comparison_markdown, NULL},
	{"json", comparison_json, machines_json},
};

static int take_format(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "the formats are text, markdown and json");
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (strcmp(text, formats[i].name) == 0) {
			*(const struct format **)field = &formats[i];
			return 0;
		}
	}
	return -EINVAL;
}

static int take_kind(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes wall, cpu, memory, p50, p99 or p999");
	for (const struct sample_kind *kind = sample_kinds; kind->name; kind++) {
		if (strcmp(text, kind->name) == 0) {
			*(const struct sample_kind **)field = kind;
			return 0;
		}
	}
	return -EINVAL;
}

static int verdict_find(const char *text, size_t length)
{
	for (int i = 0; i < VERDICTS; i++)
		if (strlen(verdict_name((enum verdict)i)) == length &&
		    strncmp(verdict_name((enum verdict)i), text, length) == 0)
			return i;
	return -EINVAL;
}

static int take_verdicts(const char *text, void *field, char reason[REASON_MAX])
{
	bool *wanted = field;

	snprintf(reason, REASON_MAX, "it takes a list of slower, faster, no-difference, not-enough-data and refused");
	for (const char *word = text;; word++) {
		const char *end = strchrnul(word, ',');
		int verdict = verdict_find(word, (size_t)(end - word));

		if (verdict < 0)
			return verdict;
		wanted[verdict] = true;
		if (!*end)
			return 0;
		word = end;
	}
}

/* "2%" or "0.02". */
static int take_effect(const char *text, void *field, char reason[REASON_MAX])
{
	char *end;
	double effect = strtod(text, &end);

	snprintf(reason, REASON_MAX, "it takes a share such as 2%% or 0.02, from 0 to 100%%");
	if (*end == '%')
		effect /= 100, end++;
	if (end == text || *end || !(effect >= 0 && effect <= 1))
		return -EINVAL;
	*(double *)field = effect;
	return 0;
}

static const struct command_option compare_table[] = {
	{.name = "runtime",
	 .argument = "NAME",
	 .take = take_text,
	 .field = FIELD(runtime),
	 .help = "Within one bundle: this runtime, in every cell that both have"},
	{.name = "against",
	 .argument = "NAME",
	 .take = take_text,
	 .field = FIELD(against),
	 .help = "... against that one"},
	{.name = "machines",
	 .take = take_flag,
	 .field = FIELD(machines),
	 .help = "Bundles of several machines side by side: speed, speed per core and against each machine's own core"},
	{.name = "of",
	 .argument = "NAME",
	 .take = take_kind,
	 .field = FIELD(kind),
	 .help = "What is compared: wall time (wall, the default), CPU time (cpu), memory, or of servers a percentile "
		 "of each "
		 "invocation's latencies (p50, p99, p999)"},
	{.name = "min-effect",
	 .argument = "SHARE",
	 .take = take_effect,
	 .field = FIELD(options.min_effect),
	 .help = "The least difference that matters (default: 2%)"},
	{.name = "format",
	 .argument = "NAME",
	 .take = take_format,
	 .field = FIELD(format),
	 .help = "text (the default), markdown or json"},
	{.name = "fail-on",
	 .argument = "LIST",
	 .take = take_verdicts,
	 .field = FIELD(fail_on),
	 .help = "Exit with 1 if any cell is one of slower, faster, no-difference, not-enough-data, refused; with "
		 "--machines any row "
		 "of another machine than the first, each on the most cores it has"},
	{.name = "seed",
	 .argument = "N",
	 .take = take_count,
	 .field = FIELD(options.seed),
	 .help = "Seed of the bootstrap (default: 1): the same seed gives the same intervals"},
	{.name = "plot",
	 .argument = "DIR",
	 .take = take_text,
	 .field = FIELD(plot),
	 .help = "Draw the ratios with their intervals too: forest.svg, forest.png and their data in that folder"},
	{.name = NULL},
};

static const struct command compare_command = {
	.name = "simul compare",
	.arguments = "BASE [OTHER...]",
	.help = "Says of every cell whether OTHER is slower or faster than BASE, and how sure that is: the ratio of "
		"the "
		"medians with its 95% interval. Each is a bundle, or JSON of Google Benchmark (--benchmark_out) with "
		"repetitions, from any program. Or, within one bundle, --runtime against another."
		"\v"
		"Examples:\n"
		"  simul compare monday tuesday\n"
		"  simul compare monday --runtime=thread --against=coroutine\n"
		"  simul compare before.json after.json --fail-on=slower\n"
		"  simul compare monday tuesday --of=memory\n"
		"  simul compare monday tuesday --format=markdown --min-effect=5%\n"
		"  simul compare --machines laptop server board --plot=figures\n"
		"\n"
		"A cell is slower if the interval lies above 1, the ratio is at least the least effect, and a rank "
		"test "
		"agrees; no difference is shown if the interval lies within the least effect; else there is not enough "
		"data: play more repetitions. Cells that differ in parameters, profile or version are not compared, "
		"and the "
		"reason "
		"is told. Chess is made from a calibration that each run takes of its machine: to play the very same "
		"work twice, give both runs --set step=N. With --machines such work is compared too, and marked: it "
		"lasts as long on each.\n"
		"\n"
		"Exit status: 0 compared; 1 a cell is what --fail-on says; 2 the call was wrong; 3 a source cannot be "
		"read, or no cell could be compared.",
	.options = compare_table,
	.field = FIELD(sources),
};

static int check_machines(const struct compare_call *call)
{
	if (call->runtime || call->against || call->sources.count < 2 || call->sources.count > MACHINES_MAX)
		say("--machines takes from 2 to %d bundles, and no runtimes", MACHINES_MAX);
	else if (!call->format->machines)
		say("--machines is printed as text or json");
	else
		return 0;
	return -EINVAL;
}

static int check(const struct compare_call *call)
{
	size_t wanted = call->runtime ? 1 : 2;

	if (call->machines && call->kind != &sample_kinds[0]) {
		say("--machines compares speed: it takes no --of");
		return -EINVAL;
	}
	if (call->machines)
		return check_machines(call);
	if (!call->runtime != !call->against) {
		say("--runtime and --against stand together: which runtime against which other one?");
		return -EINVAL;
	}
	if (call->sources.count == wanted)
		return 0;
	if (call->runtime)
		say("--runtime compares within one bundle: name one, not %zu", call->sources.count);
	else
		say("name two bundles or two files of Google Benchmark, or one bundle with --runtime and --against");
	return -EINVAL;
}

static int plot(const struct compare_call *call, const struct comparisons *comparisons)
{
	char *scripts = home_path("share/simul/plots");
	int error = scripts ? comparison_plot(comparisons, call->plot, scripts) : -ENOMEM;

	free(scripts);
	return error;
}

static int conclude(const struct compare_call *call, const struct comparisons *comparisons)
{
	int error = call->format->comparison(comparisons, stdout);

	if (error == 0 && call->plot)
		error = plot(call, comparisons);
	if (error < 0)
		return DRIVER_NOTHING_DONE;
	for (int i = 0; i < VERDICTS; i++)
		if (call->fail_on[i] && comparisons->of[i] > 0)
			return DRIVER_CELL_FAILED;
	return comparisons->compared > 0 ? DRIVER_OK : DRIVER_NOTHING_DONE;
}

static int finish(const struct compare_call *call, int error, struct comparisons *comparisons)
{
	int status = error == -ENOENT ? DRIVER_USAGE : DRIVER_NOTHING_DONE;

	if (error == 0)
		status = conclude(call, comparisons);
	comparisons_clear(comparisons);
	return status;
}

static int compare_within(const struct compare_call *call)
{
	struct comparisons comparisons = {.items = NULL};
	struct samples samples;
	int error = samples_open_of(call->sources.items[0], call->kind, &samples), status;

	if (error < 0)
		return DRIVER_NOTHING_DONE;
	error = compare_runtimes(&samples, call->runtime, call->against, &call->options, &comparisons);
	status = finish(call, error, &comparisons);
	samples_close(&samples);
	return status;
}

static int compare_two(const struct compare_call *call)
{
	struct comparisons comparisons = {.items = NULL};
	struct samples base, other;
	int status = DRIVER_NOTHING_DONE;

	if (samples_open_of(call->sources.items[0], call->kind, &base) < 0)
		return status;
	if (samples_open_of(call->sources.items[1], call->kind, &other) == 0) {
		status = finish(call, compare_samples(&base, &other, &call->options, &comparisons), &comparisons);
		samples_close(&other);
	}
	samples_close(&base);
	return status;
}

static bool machines_fail(const struct compare_call *call, const struct machines *machines)
{
	bool fail = false;

	for (unsigned machine = 1; machine < machines->side_count; machine++) {
		size_t of[VERDICTS];

		machines_count(machines, machine, of);
		for (int i = 0; i < VERDICTS; i++)
			fail |= call->fail_on[i] && of[i] > 0;
	}
	return fail;
}

static int conclude_machines(const struct compare_call *call, const struct machines *machines)
{
	char *scripts = home_path("share/simul/plots");
	int error = scripts ? call->format->machines(machines, stdout) : -ENOMEM;

	if (error == 0 && call->plot)
		error = machines_plot(machines, call->plot, scripts);
	free(scripts);
	if (error < 0)
		return DRIVER_NOTHING_DONE;
	if (machines_fail(call, machines))
		return DRIVER_CELL_FAILED;
	return machines->compared > 0 ? DRIVER_OK : DRIVER_NOTHING_DONE;
}

static int compare_machines(const struct compare_call *call)
{
	struct samples *samples = calloc(call->sources.count, sizeof *samples);
	struct machines *machines = calloc(1, sizeof *machines);
	int error = samples && machines ? 0 : -ENOMEM, status = DRIVER_NOTHING_DONE;
	size_t opened = 0;

	for (; error == 0 && opened < call->sources.count; opened += error == 0)
		error = samples_open(call->sources.items[opened], &samples[opened]);
	if (error == 0)
		error = machines_compare(samples, (unsigned)opened, &call->options, machines);
	if (error == 0) {
		status = conclude_machines(call, machines);
		machines_clear(machines);
	}
	while (opened-- > 0)
		samples_close(&samples[opened]);
	free(samples);
	free(machines);
	return status;
}

int compare_main(int argc, char **argv)
{
	struct compare_call call = {
		.format = &formats[0], .kind = &sample_kinds[0], .options = {.min_effect = 0.02, .seed = 1}};
	int status = DRIVER_USAGE;

	if (command_parse(&compare_command, argc, argv, &call, NULL) == 0 && check(&call) == 0)
		status = call.machines  ? compare_machines(&call)
			 : call.runtime ? compare_within(&call)
					: compare_two(&call);
	texts_clear(&call.sources);
	return status;
}
