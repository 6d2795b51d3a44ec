/* synthetic.c: see synthetic.h. Seeded, so that the same options give the same bundle. */
#include "synthetic.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plan {
	const char *workload, *axis;
	double places[12];
	unsigned cores;
};

static const struct plan plans[] = {
	{"chess", "boards", {1, 4, 24, 100, 300, 1000}, 1}, {"chess", "boards", {24}, 2},
	{"counting", "slices", {1, 2, 3, 4, 8, 16, 64}, 2}, {"counting", "slices", {8}, 1},
	{"echo", "connections", {1, 10, 50, 500, 5000}, 1},
};

struct writer {
	const struct synthetic *options;
	json_t *cells; /* owned by the manifest */
	FILE *records;
	uint64_t random;
	unsigned sequence;
};

/* 0 to 1, skewed to the left as disturbances are. */
static double noise(struct writer *writer)
{
	writer->random = writer->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	double even = (double)(writer->random >> 11) / 9007199254740992.0;

	return even * even;
}

static bool is_sequential(const char *runtime)
{
	return strcmp(runtime, "sequential") == 0;
}

static bool is_parallel(unsigned slot, const char *runtime)
{
	return !is_sequential(runtime) && slot % 2 == 1;
}

static double bound_of(const struct plan *plan, double at)
{
	if (strcmp(plan->workload, "chess") == 0)
		return fmax(30 * 600e3, at * 30 * 50e3 / plan->cores + 550e3);
	if (strcmp(plan->workload, "counting") == 0)
		return 480e6 / fmin(at, plan->cores);
	return at * 400 * 2400;
}

static double wall_of(const struct plan *plan, double at, unsigned slot, const char *runtime)
{
	double overhead = 1.01 + 0.013 * slot + 0.00003 * at * slot;
	double cores = is_parallel(slot, runtime) ? plan->cores : 1;

	if (strcmp(plan->workload, "chess") == 0)
		return is_sequential(runtime) ? at * 30 * 600e3 : bound_of(plan, at) * overhead;
	if (strcmp(plan->workload, "counting") == 0)
		return 500e6 / fmin(at, cores) * (1 + 0.002 * slot);
	return at * 400 * (6500 + 600 * slot) * (1 + log10(at) / 6 + 20 / (at * at + 1));
}

static const char *refusal(const struct synthetic *options, const struct plan *plan, double at, const char *runtime)
{
	if (is_sequential(runtime) && strcmp(plan->workload, "echo") == 0 && at > 1)
		return "this runtime finishes one connection before it looks at the next, and all are open at once: it "
		       "can only take connections=1";
	if (options->troubles && is_sequential(runtime) && strcmp(plan->workload, "chess") == 0 && at > 24)
		return "would take 18 s, more than the profile's limit of 2 s";
	return NULL;
}

static json_t *info_of(unsigned slot, const char *runtime)
{
	json_t *info =
		json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[s, s, s]}", "protocol", 1, "runtime",
			  runtime, "version", "0.1.0", "model", "a task of the test's own", "suspends", "when asked to",
			  "shares", "nothing that matters", "breaks", "never", "sources", "none", "capabilities",
			  "interleaves", "workloads", "chess", "counting", "echo");
	json_t *capabilities = json_object_get(info, "capabilities");

	if (strncmp(runtime, "coroutine", 9) == 0 || strncmp(runtime, "peer-", strlen("peer-")) == 0)
		json_array_append_new(capabilities, json_string("switches-stacks"));
	else if (is_parallel(slot, runtime))
		json_array_append_new(capabilities, json_string("parallel"));
	if (strncmp(runtime, "peer-", strlen("peer-")) == 0)
		json_object_set_new(info, "peer", json_true());
	if (strcmp(runtime, "over-others") == 0)
		json_object_set_new(info, "reference", json_true());
	if (strncmp(runtime, "bare-", strlen("bare-")) == 0)
		json_object_set_new(info, "floor", json_true());
	if (strcmp(runtime, "thread") == 0 || strcmp(runtime, "process") == 0)
		json_array_append_new(capabilities, json_string("preempts"));
	if (strcmp(runtime, "thread") == 0)
		json_array_append_new(capabilities, json_string("shares-memory"));
	return info;
}

static json_t *manifest_make(const struct synthetic *options, json_t *cells)
{
	json_t *players = json_array();

	for (unsigned i = 0; options->runtimes[i]; i++)
		json_array_append_new(players, json_pack("{s:s, s:o}", "path", "libexec/player", "info",
							 info_of(i, options->runtimes[i])));
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:i, s:{s:s, s:s, s:s, s:[i, i]}, s:o, s:o}", "format", 1,
			 "version", "0.1.0", "commit", "0123456789abcdef0123-dirty", "created", "2026-01-31T12:00:00Z",
			 "profile", "quick", "seed", 1, "repetitions", options->repetitions, "machine", "identity",
			 "00112233aabbccdd", "cpu", "Example CPU 2-Core Processor", "kernel", "6.1.0", "cores_allowed",
			 0, 1, "players", players, "cells", cells);
}

static json_t *histogram_make(double median)
{
	json_t *buckets = json_array();
	uint64_t total = 0;
	double sum = 0, first = 0, last = 0;

	/* Whole powers of two less one are the last values of their buckets at any resolution of up to 1/128. */
	for (int i = -2; i <= 6; i++) {
		double upper = exp2(ceil(log2(median)) + i) - 1;
		uint64_t count = i <= 0 ? 400 : 400u >> (2 * i);

		if (count == 0 || upper < 256)
			continue;
		json_array_append_new(buckets, json_pack("[I, I]", (json_int_t)upper, (json_int_t)count));
		first = first > 0 ? first : upper;
		last = upper;
		total += count;
		sum += upper * (double)count;
	}
	return json_pack("{s:I, s:I, s:f, s:I, s:{s:f, s:o}}", "count", (json_int_t)total, "min", (json_int_t)first,
			 "mean", sum / (double)total, "max", (json_int_t)last, "histogram", "relative_error", 1.0 / 128,
			 "buckets", buckets);
}

static json_t *load_make(const struct plan *plan, double at, double wall)
{
	if (strcmp(plan->workload, "echo") != 0)
		return NULL;
	return json_pack("{s:{s:I}, s:I, s:s, s:o}", "time_ns", "wall", (json_int_t)wall, "messages",
			 (json_int_t)(at * 400), "loop", "closed", "latency_ns", histogram_make(wall / 400));
}

static json_t *record_make(const struct plan *plan, double at, unsigned slot, double wall)
{
	double cpu = strcmp(plan->workload, "echo") == 0 ? at * 400 * (6000 + 500 * slot) : wall * 0.9;

	/* Figures of its own: one that tells the runtimes apart, one that never changes, and one with a wild name. */
	return json_pack("{s:{s:i, s:i, s:i}, s:i, s:{s:I, s:i, s:i}, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I}}", "figures",
			 "steps_us", 10 * (int)(slot + 1), "same", 7, "\033[2J", (int)slot, "protocol", 1, "time_ns",
			 "wall", (json_int_t)wall, "setup", 0, "teardown", 0, "cpu_ns", "user", (json_int_t)(cpu / 2),
			 "system", (json_int_t)(cpu / 2), "steady", (json_int_t)cpu, "memory", "pss_peak",
			 (json_int_t)(1000000 + at * 8192 * (slot + 1)), "pss_baseline", (json_int_t)1000000, "kernel",
			 (json_int_t)(at * 4096 * slot));
}

static void line_write(struct writer *writer, const char *cell, unsigned repetition, const char *status,
		       const char *reason, json_t *record, json_t *load)
{
	unsigned sequence = writer->sequence++;
	json_t *line = json_pack("{s:s, s:i, s:i, s:s, s:s*, s:{s:b}, s:o*, s:o*}", "cell", cell, "repetition",
				 repetition, "sequence", sequence, "status", status, "reason", reason, "disturbance",
				 "disturbed", sequence % 37 == 0, "record", record, "load", load);

	json_dumpf(line, writer->records, JSON_COMPACT);
	fputc('\n', writer->records);
	json_decref(line);
}

static bool fails(const struct writer *writer, const struct plan *plan, double at, unsigned slot, unsigned repetition)
{
	if (!writer->options->troubles)
		return false;
	if (slot == 2 && strcmp(plan->workload, "echo") == 0 && at >= 500)
		return true;
	if (slot == 3 && strcmp(plan->workload, "counting") == 0 && at >= 8)
		return true;
	return slot == 1 && strcmp(plan->workload, "chess") == 0 && at == 24 && repetition == 2;
}

static void invocation_write(struct writer *writer, const struct plan *plan, double at, unsigned slot, const char *cell,
			     unsigned repetition)
{
	const char *runtime = writer->options->runtimes[slot];
	double wall = wall_of(plan, at, slot, runtime) * (1 + 0.03 * noise(writer));

	if (fails(writer, plan, at, slot, repetition))
		line_write(writer, cell, repetition, "failed", "the player was ended by signal 11 (Segmentation fault)",
			   NULL, NULL);
	else
		line_write(writer, cell, repetition, "ok", NULL, record_make(plan, at, slot, wall),
			   load_make(plan, at, wall));
}

static void cell_write(struct writer *writer, const struct plan *plan, double at, unsigned slot)
{
	const char *runtime = writer->options->runtimes[slot];
	const char *refused = refusal(writer->options, plan, at, runtime);
	char name[512], group[128];

	snprintf(group, sizeof(group), "%s/%s=%.0f/cores=%u", plan->workload, plan->axis, at, plan->cores);
	snprintf(name, sizeof(name), "%s/%.300s/%s=%.0f/cores=%u", plan->workload, runtime, plan->axis, at,
		 plan->cores);
	json_array_append_new(writer->cells,
			      json_pack("{s:s, s:s, s:s, s:s, s:{s:f, s:i, s:i, s:i}, s:[i], s:f, s:s*}", "name", name,
					"group", group, "workload", plan->workload, "runtime", runtime, "parameters",
					plan->axis, at, "pairs", 30, "move", 50000, "reply", 550000, "cores", 0,
					"bound_ns", bound_of(plan, at), "refused", refused));
	json_t *cores = json_object_get(json_array_get(writer->cells, json_array_size(writer->cells) - 1), "cores");

	if (plan->cores > 1)
		json_array_append_new(cores, json_integer(1));
	for (unsigned i = 0; !refused && !writer->options->empty && i < writer->options->repetitions; i++)
		invocation_write(writer, plan, at, slot, name, i);
}

/* --- primitives ----------------------------------------------------------------------------------------------- */

/* A group of a primitive: its parameters, and what the first runtime's figure is; the others' are multiples of it. */
static const struct primitive {
	const char *workload, *keys; /* of the name */
	const char *key, *choice, *value;
	double number;
	const char *figure;
	double least;
} primitives[] = {
	{"switch", "tasks=2", "tasks", "mode", "yield", 2, "ns_per_switch", 4},
	{"switch", "tasks=10000/mode=ring", "tasks", "mode", "ring", 10000, "ns_per_switch", 12},
	{"spawn", "tasks=1000/batch=1", "batch", "memory", "warm", 1, "ns_per_task", 25000},
	{"idle", "tasks=100/memory=cold", "tasks", "memory", "cold", 100, "bytes_per_task", 8192},
	{"idle", "tasks=1000000/memory=cold", "tasks", "memory", "cold", 1000000, "bytes_per_task", 4096},
	{"order", "example=count", "unit", "example", "count", 20000000, "order", 111222},
	{"syscall", "mode=thread", "calls", "mode", "thread", 1000, "ns_per_call", 20000},
	{"starvation", "yields=no", "slice", "yields", "no", 100000, "late_max_us", 500000},
	{"starvation", "yields=yes", "slice", "yields", "yes", 100000, "late_max_us", 100},
	{"syscall", "mode=fork", "calls", "mode", "fork", 1000, "ns_per_call", 100000},
};

static json_t *primitive_record(const struct primitive *primitive, unsigned slot, unsigned repetition)
{
	bool words = strcmp(primitive->figure, "order") == 0;
	double value = words ? primitive->least : primitive->least * (1 + slot) * (1 + 0.01 * repetition);

	return json_pack("{s:i, s:{s:I}, s:{s:f}, s:{s:I}}", "protocol", 1, "time_ns", "wall", (json_int_t)1000000,
			 "figures", primitive->figure, value, "cpu_ns", "steady", (json_int_t)(500000 + slot));
}

static void primitive_cell(struct writer *writer, const struct primitive *primitive, unsigned slot)
{
	const char *runtime = writer->options->runtimes[slot];
	bool bare = strcmp(primitive->workload, "syscall") == 0, alone = is_sequential(runtime);
	const char *refused = alone != bare ? "it is played where tasks take turns, or not at all" : NULL;
	char name[512], group[128];

	snprintf(group, sizeof(group), "%s/%s/cores=1", primitive->workload, primitive->keys);
	snprintf(name, sizeof(name), "%s/%.300s/%s/cores=1", primitive->workload, runtime, primitive->keys);
	json_array_append_new(writer->cells,
			      json_pack("{s:s, s:s, s:s, s:s, s:{s:f, s:s}, s:[i], s:s*}", "name", name, "group", group,
					"workload", primitive->workload, "runtime", runtime, "parameters",
					primitive->key, primitive->number, primitive->choice, primitive->value, "cores",
					0, "refused", refused));
	for (unsigned i = 0; !refused && i < writer->options->repetitions; i++)
		line_write(writer, name, i, "ok", NULL, primitive_record(primitive, slot, i), NULL);
}

static void primitives_write(struct writer *writer)
{
	for (size_t i = 0; i < sizeof(primitives) / sizeof(*primitives); i++)
		for (unsigned slot = 0; writer->options->runtimes[slot]; slot++)
			primitive_cell(writer, &primitives[i], slot);
}

/* --- sweeps --------------------------------------------------------------------------------------------------- */

static json_t *sweep_cell(struct writer *writer, const char *workload, const char *runtime, const char *key, double at,
			  unsigned cores, json_t *sweep, char name[512])
{
	json_t *allowed = json_array(), *cell;
	char group[128];

	snprintf(group, sizeof(group), "%s/%s=%.0f/cores=%u", workload, key, at, cores);
	snprintf(name, 512, "%s/%.300s/%s=%.0f/cores=%u", workload, runtime, key, at, cores);
	for (unsigned i = 0; i < cores; i++)
		json_array_append_new(allowed, json_integer(i));
	cell = json_pack("{s:s, s:s, s:s, s:s, s:{s:f}, s:o, s:f, s:o}", "name", name, "group", group, "workload",
			 workload, "runtime", runtime, "parameters", key, at, "cores", allowed, "bound_ns",
			 480e6 / cores, "sweep", sweep);
	json_array_append_new(writer->cells, cell);
	return cell;
}

static json_t *span_of(unsigned cores, unsigned most)
{
	unsigned physical = most > 2 && cores > most / 2 ? most / 2 : cores;

	return json_pack("{s:i, s:i, s:i, s:i}", "cores", physical, "packages", 1, "nodes", 1, "kinds", 1);
}

/* By the Universal Scalability Law, a little different for each runtime. */
static void sweep_play(struct writer *writer, unsigned cores, unsigned slot)
{
	const char *runtime = writer->options->runtimes[slot];
	double slowdown = 1 + (0.002 + 0.004 * slot) * (cores - 1) + 1e-5 * slot * cores * (cores - 1);
	json_t *sweep = json_pack("{s:s, s:f, s:s, s:f, s:s, s:o}", "law", "strong", "work", 1.0, "operation",
				  "move pair", "operations", 6000.0, "placement", "core-first", "span",
				  span_of(cores, writer->options->cores));
	char name[512];

	sweep_cell(writer, "chess", runtime, "boards", 200, cores, sweep, name);
	for (unsigned i = 0; i < writer->options->repetitions; i++)
		line_write(writer, name, i, "ok", NULL,
			   json_pack("{s:i, s:{s:I}}", "protocol", 1, "time_ns", "wall",
				     (json_int_t)(500e6 / cores * slowdown * (1 + 0.03 * noise(writer)))),
			   NULL);
}

static void climb_play(struct writer *writer, double tasks, unsigned slot)
{
	const char *runtime = writer->options->runtimes[slot], *reason = NULL;
	double operations = 4 * tasks, wall = fmax(operations * (6000 + 400 * slot), 2.1e6);
	json_t *sweep =
		json_pack("{s:s, s:f, s:s, s:f, s:s, s:f}", "law", "concurrency", "work", 1.0, "operation", "move pair",
			  "operations", operations, "placement", "core-first", "tasks_per_core", tasks);
	char name[512];

	if (slot % 3 == 2 && tasks >= 10000)
		reason = tasks > 10000
				 ? "not tried: it broke at 10000 a core"
				 : "chess: no more tasks can be had here after 9321 of them: Resource temporarily "
				   "unavailable";
	sweep_cell(writer, "chess", runtime, "boards", 2 * tasks, 2, sweep, name);
	for (unsigned i = 0; i < (reason ? 1 : writer->options->repetitions); i++)
		line_write(writer, name, i, reason ? "refused" : "ok", reason,
			   reason ? NULL
				  : json_pack("{s:i, s:{s:I}}", "protocol", 1, "time_ns", "wall",
					      (json_int_t)(wall * (1 + 0.03 * noise(writer)))),
			   NULL);
}

static void sweeps_write(struct writer *writer)
{
	for (unsigned slot = 0; writer->options->runtimes[slot]; slot++) {
		for (unsigned cores = 1; cores <= writer->options->cores; cores++)
			sweep_play(writer, cores, slot);
		for (double tasks = 1; writer->options->concurrency && tasks <= 100000; tasks *= 10)
			climb_play(writer, tasks, slot);
	}
}

static void plan_write(struct writer *writer, const struct plan *plan)
{
	for (unsigned i = 0; i < 12 && plan->places[i] > 0; i++) {
		for (unsigned slot = 0; writer->options->runtimes[slot]; slot++)
			cell_write(writer, plan, plan->places[i], slot);
	}
}

int synthetic_bundle(const char *directory, const struct synthetic *options)
{
	struct writer writer = {.options = options, .cells = json_array(), .random = 1};
	char path[4096];

	snprintf(path, sizeof(path), "%s/records.jsonl", directory);
	writer.records = fopen(path, "we");
	if (!writer.records)
		return -errno;
	bool swept = options->cores > 0 || options->concurrency;

	sweeps_write(&writer);
	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans) && !options->primitives && !swept; i++)
		plan_write(&writer, &plans[i]);
	if (options->primitives)
		primitives_write(&writer);
	if (options->troubles)
		fputs("this is not JSON\n{\"cell\": \"gone\", \"repetition\": 0, \"status\": \"ok\"}\n{\"cell\": \"che",
		      writer.records);
	fclose(writer.records);
	json_t *manifest = manifest_make(options, writer.cells);

	snprintf(path, sizeof(path), "%s/manifest.json", directory);
	int failed = json_dump_file(manifest, path, JSON_INDENT(1));

	json_decref(manifest);
	return failed ? -EIO : 0;
}

char synthetic_folder[64];

int synthetic_folder_make(void **state)
{
	(void)state;
	strcpy(synthetic_folder, P_tmpdir "/simul-report-XXXXXX");
	return mkdtemp(synthetic_folder) ? 0 : -1;
}

int synthetic_folder_remove(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", synthetic_folder);
	return system(command);
}
