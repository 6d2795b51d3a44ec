/* bundle.c: reads manifest.json at once and records.jsonl line by line, keeping a few numbers of each invocation.
 *
 * What is seldom needed (histograms, the words of a failure) is read again from its line when asked for, so that memory
 * grows by about a hundred bytes an invocation whatever a record holds. */
#include "bundle.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

__attribute__((format(printf, 2, 3))) static int complain(int error, const char *format, ...)
{
	va_list arguments;

	fputs("simul: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return error;
}

/* --- text that is safe to print ------------------------------------------------------------------------------- */

/* Length of the UTF-8 sequence at text (valid, since jansson let it pass) and its code point. */
static size_t utf8_decode(const unsigned char *text, uint32_t *point)
{
	size_t length = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

	*point = length == 1 ? *text : *text & (0x7fu >> length);
	for (size_t i = 1; i < length; i++)
		*point = *point << 6 | (text[i] & 0x3f);
	return length;
}

/* Also what few fonts have, and pictures: gnuplot's PNG shows those in any size. */
static bool is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == '\\' || point == '`' ||
	       (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2060 && point <= 0x206f) || (point >= 0xe000 && point <= 0xf8ff) || point >= 0xfe00;
}

/* In place; the result is never longer. */
static void clean(char *text)
{
	unsigned char *in = (unsigned char *)text;
	char *out = text;
	uint32_t point;

	for (size_t points = 0; *in; points++) {
		size_t length = utf8_decode(in, &point);

		if (points == BUNDLE_TEXT_MAX) {
			out += sprintf(out, "%.*s", (int)strnlen((char *)in, 3), "...");
			break;
		}

		if (is_unsafe(point))
			*out++ = point == '\n' || point == '\t' ? ' ' : '?';
		else if (point == '"')
			*out++ = '\'';
		else
			out = (char *)memmove(out, in, length) + length;
		in += length;
	}
	*out = '\0';
}

static int clean_string(json_t *string)
{
	char *text = strdup(json_string_value(string));

	if (!text)
		return -ENOMEM;
	clean(text);
	int failed = json_string_set(string, text);

	free(text);
	return failed ? -ENOMEM : 0;
}

/* jansson limits the depth. */
int json_clean(json_t *json)
{
	const char *key;
	json_t *value;
	size_t index;
	int error = 0;

	if (json_is_string(json))
		return clean_string(json);
	if (json_is_array(json)) {
		json_array_foreach(json, index, value)
		{
			if ((error = json_clean(value)))
				return error;
		}
	}
	json_object_foreach(json, key, value)
	{
		if ((error = json_clean(value)))
			return error;
	}
	return 0;
}

/* --- numbers and text in JSON --------------------------------------------------------------------------------- */

double json_measure(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	double number = json_is_number(value) ? json_number_value(value) : NAN;

	return number >= 0 && number <= 1e18 ? number : NAN;
}

const json_t *bundle_object(const struct bundle *bundle, const char *key)
{
	return json_object_get(bundle->manifest, key);
}

const json_t *bundle_info(const struct bundle *bundle, const char *runtime)
{
	const json_t *players = bundle_object(bundle, "players"), *player;
	size_t i;

	json_array_foreach(players, i, player)
	{
		const json_t *info = json_object_get(player, "info");
		const char *name = json_string_value(json_object_get(info, "runtime"));

		if (name && strcmp(name, runtime) == 0)
			return info;
	}
	return NULL;
}

bool bundle_is_peer(const struct bundle *bundle, const char *runtime)
{
	return json_is_true(json_object_get(bundle_info(bundle, runtime), "peer"));
}

bool bundle_is_compared(const struct bundle *bundle, const char *runtime)
{
	return bundle_is_peer(bundle, runtime) ||
	       json_is_true(json_object_get(bundle_info(bundle, runtime), "reference"));
}

bool bundle_is_floor(const struct bundle *bundle, const char *runtime)
{
	return json_is_true(json_object_get(bundle_info(bundle, runtime), "floor"));
}

bool bundle_can(const struct bundle *bundle, const char *runtime, const char *capability)
{
	const json_t *names = json_object_get(bundle_info(bundle, runtime), "capabilities"), *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (json_is_string(name) && strcmp(json_string_value(name), capability) == 0)
			return true;
	}
	return false;
}

const char *bundle_text(const struct bundle *bundle, const char *object, const char *key)
{
	const json_t *from = object ? bundle_object(bundle, object) : bundle->manifest;

	return json_string_value(json_object_get(from, key));
}

double cell_parameter(const struct cell *cell, const char *name)
{
	return json_measure(cell->parameters, name);
}

static unsigned array_count(const json_t *json)
{
	size_t count = json_array_size(json);

	return count > 65536 ? 65536 : (unsigned)count;
}

/* --- the manifest --------------------------------------------------------------------------------------------- */

static const char *object_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int cell_read(const json_t *json, struct cell *cell)
{
	const json_t *parameters = json_object_get(json, "parameters");

	*cell = (struct cell){
		.name = object_text(json, "name"),
		.group = object_text(json, "group"),
		.workload = object_text(json, "workload"),
		.runtime = object_text(json, "runtime"),
		.refused = object_text(json, "refused"),
		.parameters = json_is_object(parameters) ? parameters : NULL,
		.sweep = json_is_object(json_object_get(json, "sweep")) ? json_object_get(json, "sweep") : NULL,
		.cores = array_count(json_object_get(json, "cores")),
		.load_cores = array_count(json_object_get(json, "load_cores")),
		.over_quota = json_is_true(json_object_get(json, "over_quota")),
		.load_on_siblings = json_is_true(json_object_get(json, "load_on_siblings")),
		.bound_ns = json_measure(json, "bound_ns"),
		.model_bound_ns = json_measure(json, "model_bound_ns"),
	};
	bool complete = cell->name && cell->group && cell->workload && cell->runtime;

	return complete && *cell->name && *cell->group && *cell->workload && *cell->runtime ? 0 : -EINVAL;
}

static int compare_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Adds a name to the set of runtimes unless it is there. */
static int runtime_add(struct bundle *bundle, const char *name)
{
	for (unsigned i = 0; i < bundle->runtime_count; i++) {
		if (strcmp(bundle->runtimes[i], name) == 0)
			return 0;
	}
	if (bundle->runtime_count == BUNDLE_RUNTIMES_MAX)
		return complain(-E2BIG, "the manifest names more than %d runtimes", BUNDLE_RUNTIMES_MAX);
	bundle->runtimes[bundle->runtime_count++] = name;
	return 0;
}

static int runtimes_collect(struct bundle *bundle)
{
	const json_t *player;
	size_t index;
	int error = 0;

	json_array_foreach(bundle_object(bundle, "players"), index, player)
	{
		const char *name = object_text(json_object_get(player, "info"), "runtime");

		if (name && (error = runtime_add(bundle, name)))
			return error;
	}
	for (size_t i = 0; i < bundle->cell_count && !error; i++)
		error = runtime_add(bundle, bundle->cells[i].runtime);
	qsort(bundle->runtimes, bundle->runtime_count, sizeof(*bundle->runtimes), compare_text);
	return error;
}

static void slots_assign(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->cell_count; i++) {
		struct cell *cell = &bundle->cells[i];
		const char **found = bsearch(&cell->runtime, bundle->runtimes, bundle->runtime_count,
					     sizeof(*bundle->runtimes), compare_text);

		cell->slot = (unsigned)(found - bundle->runtimes);
	}
}

static int compare_cells(const void *left, const void *right)
{
	const struct cell *a = *(struct cell *const *)left, *b = *(struct cell *const *)right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a > b) - (a < b);
}

/* Sorts cells by name for look-ups; the first of two of one name counts. */
static int cells_index(struct bundle *bundle)
{
	size_t kept = 0;

	bundle->by_name = calloc(bundle->cell_count + 1, sizeof(*bundle->by_name));
	if (!bundle->by_name)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->cell_count; i++)
		bundle->by_name[i] = &bundle->cells[i];
	qsort(bundle->by_name, bundle->cell_count, sizeof(*bundle->by_name), compare_cells);
	for (size_t i = 0; i < bundle->cell_count; i++) {
		if (kept > 0 && strcmp(bundle->by_name[kept - 1]->name, bundle->by_name[i]->name) == 0)
			bundle->duplicate_cells++;
		else
			bundle->by_name[kept++] = bundle->by_name[i];
	}
	bundle->cell_count = kept;
	return 0;
}

static int cells_read(struct bundle *bundle, const char *path)
{
	const json_t *cells = bundle_object(bundle, "cells"), *json;
	size_t index, count = json_array_size(cells);

	if (!json_is_array(cells))
		return complain(-EINVAL, "%s/manifest.json has no list of cells", path);
	if (count > BUNDLE_CELLS_MAX)
		return complain(-E2BIG, "%s/manifest.json has %zu cells; at most %d are read", path, count,
				BUNDLE_CELLS_MAX);
	bundle->cells = calloc(count + 1, sizeof(*bundle->cells));
	if (!bundle->cells)
		return -ENOMEM;
	json_array_foreach(cells, index, json)
	{
		if (cell_read(json, &bundle->cells[bundle->cell_count]))
			return complain(-EINVAL, "%s/manifest.json: cell %zu lacks a name, group, workload or runtime",
					path, index);
		bundle->cell_count++;
	}
	int error = runtimes_collect(bundle);

	if (error)
		return error;
	slots_assign(bundle);
	return cells_index(bundle);
}

static int manifest_open(struct bundle *bundle, const char *path)
{
	char name[PATH_MAX];
	struct stat status;
	json_error_t error;

	if (snprintf(name, sizeof(name), "%s/manifest.json", path) >= (int)sizeof(name))
		return complain(-ENAMETOOLONG, "the bundle's path is too long");
	if (stat(name, &status) < 0)
		return complain(-errno, "%s: %s; is it a bundle?", name, strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_size > BUNDLE_MANIFEST_MAX)
		return complain(-E2BIG, "%s is no file of at most %d MiB", name, BUNDLE_MANIFEST_MAX >> 20);
	bundle->manifest = json_load_file(name, JSON_REJECT_DUPLICATES, &error);
	if (!bundle->manifest)
		return complain(-EINVAL, "%s, line %d: %s", name, error.line, error.text);
	if (!json_is_object(bundle->manifest) || json_measure(bundle->manifest, "format") != BUNDLE_FORMAT)
		return complain(-EINVAL, "%s is not a bundle of format %d, the one that this program reads", name,
				BUNDLE_FORMAT);
	return json_clean(bundle->manifest);
}

/* See driver/schedule.c. */
enum { FAILURES_MAX = 2 };

size_t bundle_unplayed(const struct bundle *bundle, size_t *planned)
{
	double repetitions = json_measure(bundle->manifest, "repetitions");
	size_t unplayed = 0, due = repetitions < BUNDLE_INVOCATIONS_MAX ? (size_t)repetitions : 0;

	*planned = 0;
	for (size_t i = 0; i < bundle->cell_count; i++) {
		const struct cell *cell = &bundle->cells[i];
		size_t played = cell->count[STATUS_OK] + cell->count[STATUS_FAILED];

		if (cell->refused)
			continue;
		*planned += due;
		if (cell->count[STATUS_REFUSED] == 0 && cell->count[STATUS_FAILED] < FAILURES_MAX && played < due)
			unplayed += due - played;
	}
	return unplayed;
}

/* --- the records ---------------------------------------------------------------------------------------------- */

enum line { LINE_END, LINE_WHOLE, LINE_TRUNCATED, LINE_TOO_LONG };

/* Reads a line into room of BUNDLE_LINE_MAX bytes, without its newline. A longer one is skipped to its end. */
static enum line line_read(FILE *file, char *room, size_t *length)
{
	bool too_long = false;
	int byte;

	*length = 0;
	while ((byte = getc_unlocked(file)) != EOF && byte != '\n') {
		if (*length < BUNDLE_LINE_MAX)
			room[(*length)++] = (char)byte;
		else
			too_long = true;
	}
	if (byte == EOF)
		return *length > 0 ? LINE_TRUNCATED : LINE_END;
	return too_long ? LINE_TOO_LONG : LINE_WHOLE;
}

static enum status status_from(const char *text)
{
	static const char *const names[] = {
		[STATUS_INTERRUPTED] = "interrupted",
		[STATUS_REFUSED] = "refused",
		[STATUS_FAILED] = "failed",
		[STATUS_OK] = "ok",
	};

	for (int i = STATUS_INTERRUPTED; i <= STATUS_OK; i++) {
		if (text && strcmp(text, names[i]) == 0)
			return (enum status)i;
	}
	return STATUS_FAILED;
}

static double sum_known(double first, double second)
{
	return isnan(first) ? second : isnan(second) ? first : first + second;
}

static double positive(double number)
{
	return number > 0 ? number : NAN;
}

static double memory_of(const json_t *memory)
{
	double grown = json_measure(memory, "pss_peak") - json_measure(memory, "pss_baseline");
	double all = isnan(grown) ? NAN : sum_known(grown, json_measure(memory, "kernel"));

	return all >= 0 ? all : NAN;
}

static double load_share(const json_t *load)
{
	const json_t *cpu = json_object_get(load, "cpu_ns");
	double used = json_measure(cpu, "user") + json_measure(cpu, "system");

	return used / positive(json_measure(json_object_get(load, "time_ns"), "wall"));
}

/* Whether the load has read the server's CPU time where the timed part began and ended. */
static bool has_timed_cpu(const json_t *load)
{
	return !isnan(json_measure(load, "server_cpu_ns"));
}

/* Numerator and denominator are of the same span. */
static double server_cpu_a_message(const json_t *record, const json_t *load, double messages)
{
	double operations = positive(json_measure(json_object_get(record, "audit"), "operations"));

	if (has_timed_cpu(load))
		return json_measure(load, "server_cpu_ns") / messages;
	return json_measure(json_object_get(record, "cpu_ns"), "steady") /
	       (isnan(messages) || isnan(operations) ? messages : operations);
}

/* Whose time it was. */
static void load_measures_read(const json_t *json, double cores, double messages, double value[MEASURES])
{
	const json_t *load = json_object_get(json, "load"), *cpu = json_object_get(load, "cpu_ns");
	const json_t *times = json_object_get(json_object_get(json, "record"), "time_ns");
	const json_t *disturbance = json_object_get(json, "disturbance"),
		     *each = json_object_get(load, "per_connection"),
		     *ends = json_object_get(json_object_get(json, "record"), "finish_ns");
	double elapsed = positive(json_measure(json, "elapsed_ns")), spun = json_measure(cpu, "spun");

	value[MEASURE_CLIENT_NS_PER_MESSAGE] =
		(sum_known(json_measure(cpu, "user"), json_measure(cpu, "system")) - (isnan(spun) ? 0 : spun)) /
		messages;
	value[MEASURE_SERVER_BUSY] =
		load ? value[MEASURE_STEADY_NS] / cores /
				positive(sum_known(json_measure(times, "wall"), json_measure(times, "teardown")))
		     : NAN;
	if (has_timed_cpu(load))
		value[MEASURE_SERVER_BUSY] = json_measure(load, "server_cpu_ns") / cores / value[MEASURE_WALL_NS];
	value[MEASURE_CLIENT_BUSY] = json_measure(json_object_get(load, "client"), "busy");
	value[MEASURE_SOFTIRQ] = json_measure(disturbance, "softirq_ns") / elapsed / json_measure(disturbance, "cores");
	value[MEASURE_STEAL] = json_measure(disturbance, "steal_ns") / elapsed / json_measure(disturbance, "cores");
	value[MEASURE_FAIR] = json_measure(each, "least") / positive(json_measure(each, "most"));
	value[MEASURE_P50_NS] = json_measure(json_object_get(load, "latency_ns"), "p50");
	value[MEASURE_P99_NS] = json_measure(json_object_get(load, "latency_ns"), "p99");
	value[MEASURE_P999_NS] = json_measure(json_object_get(load, "latency_ns"), "p999");
	value[MEASURE_FIRST_END] = json_measure(ends, "min") / positive(json_measure(ends, "max"));
	value[MEASURE_MIDDLE_END] = json_measure(ends, "p50") / positive(json_measure(ends, "max"));
}

/* What the play did with its cores. */
static void resources_read(const json_t *record, double cores, double value[MEASURES])
{
	const json_t *times = json_object_get(record, "time_ns"), *cpu = json_object_get(record, "cpu_ns");
	const json_t *switches = json_object_get(record, "switches");
	double all = positive(
		cores * (json_measure(times, "setup") + json_measure(times, "wall") + json_measure(times, "teardown")));

	value[MEASURE_USER_PERCENT] = 100 * json_measure(cpu, "user") / all;
	value[MEASURE_SYSTEM_PERCENT] = 100 * json_measure(cpu, "system") / all;
	double busy = value[MEASURE_USER_PERCENT] + value[MEASURE_SYSTEM_PERCENT];

	value[MEASURE_IDLE_PERCENT] = busy > 100 ? 0 : 100 - busy;
	value[MEASURE_SWITCHES_PER_TASK] =
		(json_measure(switches, "voluntary") + json_measure(switches, "involuntary")) /
		positive(json_measure(json_object_get(record, "audit"), "tasks"));
}

static void measures_read(const struct cell *cell, const json_t *json, double value[MEASURES])
{
	const json_t *record = json_object_get(json, "record"), *load = json_object_get(json, "load");
	const json_t *cpu = json_object_get(record, "cpu_ns");
	double messages = positive(json_measure(load, "messages"));
	const json_t *times =
		json_object_get(load, "time_ns"); /* a load that measures no time leaves it to the player */
	double wall = positive(json_measure(times ? times : json_object_get(record, "time_ns"), "wall"));
	value[MEASURE_WALL_NS] = wall;
	value[MEASURE_CPU_NS] = sum_known(json_measure(cpu, "user"), json_measure(cpu, "system"));
	value[MEASURE_STEADY_NS] = json_measure(cpu, "steady");
	value[MEASURE_MEMORY_BYTES] = memory_of(json_object_get(record, "memory"));
	value[MEASURE_LOAD_SHARE] = load_share(load);
	value[MEASURE_RATE] = messages * 1e9 / wall;
	value[MEASURE_CPU_NS_PER_MESSAGE] = server_cpu_a_message(record, load, messages);
	value[MEASURE_BOUND_NS] = positive(json_measure(json, "bound_ns"));
	value[MEASURE_TIMES_BOUND] =
		wall / positive(isnan(value[MEASURE_BOUND_NS]) ? cell->bound_ns : value[MEASURE_BOUND_NS]);
	value[MEASURE_SLAB_BYTES] = json_measure(json_object_get(record, "memory"), "slab");
	load_measures_read(json, cell->cores, messages, value);
	resources_read(record, cell->cores, value);
}

static struct cell *cell_find(const struct bundle *bundle, const char *name)
{
	struct cell wanted = {.name = name};
	size_t low = 0, high = bundle->cell_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(wanted.name, bundle->by_name[middle]->name);

		if (order == 0)
			return bundle->by_name[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int invocation_add(struct cell *cell, const struct invocation *invocation)
{
	if (cell->invocation_count == cell->invocation_capacity) {
		size_t capacity = cell->invocation_capacity ? cell->invocation_capacity * 2 : 8;
		struct invocation *grown = realloc(cell->invocations, sizeof(*grown) * capacity);

		if (!grown)
			return -ENOMEM;
		cell->invocations = grown;
		cell->invocation_capacity = capacity;
	}
	cell->invocations[cell->invocation_count++] = *invocation;
	return 0;
}

/* Takes one line's object. A line that cannot be used is counted and left out. */
static int record_take(struct bundle *bundle, json_t *json, struct invocation *invocation)
{
	json_t *name = json_object_get(json, "cell");
	double repetition = json_measure(json, "repetition");

	if (!json_is_string(name) || isnan(repetition) || clean_string(name))
		return -EINVAL;
	struct cell *cell = cell_find(bundle, json_string_value(name));

	if (!cell) {
		bundle->unknown_cells++;
		return 0;
	}
	if (++bundle->invocation_count > BUNDLE_INVOCATIONS_MAX)
		return -E2BIG;
	double sequence = json_measure(json, "sequence");

	invocation->repetition = (uint64_t)repetition;
	invocation->sequence = isnan(sequence) ? invocation->line : (uint64_t)sequence;
	invocation->status = status_from(object_text(json, "status"));
	invocation->disturbed = json_is_true(json_object_get(json_object_get(json, "disturbance"), "disturbed"));
	invocation->faster =
		invocation->disturbed && json_object_get(json_object_get(json, "disturbance"), "reason") != NULL;
	measures_read(cell, json, invocation->value);
	invocation->cpu_of_whole = !has_timed_cpu(json_object_get(json, "load"));
	if (invocation->status == STATUS_OK && isnan(invocation->value[MEASURE_WALL_NS]))
		invocation->status = STATUS_FAILED;
	return invocation_add(cell, invocation);
}

static void count_malformed(struct bundle *bundle, uint64_t line)
{
	if (bundle->malformed++ == 0)
		bundle->first_malformed = line;
}

static int line_take(struct bundle *bundle, size_t length, struct invocation *invocation)
{
	json_t *json = json_loadb(bundle->line, length, JSON_REJECT_DUPLICATES, NULL);
	int error = json_is_object(json) ? record_take(bundle, json, invocation) : -EINVAL;

	json_decref(json);
	if (error == -EINVAL) {
		count_malformed(bundle, invocation->line);
		return 0;
	}
	return error;
}

static int records_read(struct bundle *bundle)
{
	struct invocation invocation = {0};
	enum line line;
	size_t length;
	int error = 0;

	while (!error) {
		invocation.line++;
		invocation.offset = ftello(bundle->records);
		line = line_read(bundle->records, bundle->line, &length);
		if (line == LINE_END || line == LINE_TRUNCATED)
			break;
		if (line == LINE_TOO_LONG)
			count_malformed(bundle, invocation.line);
		else
			error = line_take(bundle, length, &invocation);
	}
	if (error == -E2BIG)
		return complain(error, "records.jsonl has more than %d records", BUNDLE_INVOCATIONS_MAX);
	bundle->truncated = !error && line == LINE_TRUNCATED;
	return error ? error : ferror(bundle->records) ? -EIO : 0;
}

static int records_open(struct bundle *bundle, const char *path)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s/records.jsonl", path) >= (int)sizeof(name))
		return complain(-ENAMETOOLONG, "the bundle's path is too long");
	bundle->line = malloc(BUNDLE_LINE_MAX);
	if (!bundle->line)
		return -ENOMEM;
	bundle->records = fopen(name, "re");
	if (!bundle->records)
		return errno == ENOENT ? 0 : complain(-errno, "%s: %s", name, strerror(errno));
	int error = records_read(bundle);

	return error == -EIO ? complain(error, "%s cannot be read", name) : error;
}

/* By repetition; of one repetition good ones last, and then in the order in which they came. */
static int compare_invocations(const void *left, const void *right)
{
	const struct invocation *a = left, *b = right;

	if (a->repetition != b->repetition)
		return a->repetition < b->repetition ? -1 : 1;
	if ((a->status == STATUS_OK) != (b->status == STATUS_OK))
		return a->status == STATUS_OK ? 1 : -1;
	return (a->line > b->line) - (a->line < b->line);
}

/* Keeps the last of each repetition and counts them by status. Returns how many good ones are not kept. */
static size_t cell_settle(struct cell *cell)
{
	struct invocation *all = cell->invocations;
	size_t kept = 0, replayed = 0;

	if (cell->invocation_count > 1)
		qsort(all, cell->invocation_count, sizeof(*all), compare_invocations);
	for (size_t i = 0; i < cell->invocation_count; i++) {
		if (i + 1 < cell->invocation_count && all[i].repetition == all[i + 1].repetition) {
			replayed += all[i].status == STATUS_OK;
			continue;
		}
		all[kept++] = all[i];
		cell->count[all[i].status]++;
	}
	cell->invocation_count = kept;
	return replayed;
}

int bundle_open(const char *path, struct bundle *bundle)
{
	*bundle = (struct bundle){0};
	int error = manifest_open(bundle, path);

	if (!error)
		error = cells_read(bundle, path);
	if (!error)
		error = records_open(bundle, path);
	for (size_t i = 0; !error && i < bundle->cell_count; i++)
		bundle->replayed += cell_settle(bundle->by_name[i]);
	if (error == -ENOMEM)
		complain(error, "no memory left to read %s", path);
	if (error)
		bundle_close(bundle);
	return error;
}

bool invocation_disturbed(const struct invocation *invocation)
{
	return invocation->status == STATUS_OK && invocation->disturbed && !invocation->faster;
}

void bundle_close(struct bundle *bundle)
{
	for (size_t i = 0; bundle->by_name && i < bundle->cell_count; i++)
		free(bundle->by_name[i]->invocations);
	free(bundle->by_name);
	free(bundle->cells);
	free(bundle->line);
	if (bundle->records)
		fclose(bundle->records);
	json_decref(bundle->manifest);
	*bundle = (struct bundle){0};
}

/* --- a cell --------------------------------------------------------------------------------------------------- */

size_t cell_values(const struct cell *cell, enum measure measure, double *values)
{
	size_t count = 0;

	for (size_t i = 0; i < cell->invocation_count; i++) {
		const struct invocation *invocation = &cell->invocations[i];

		if (invocation->status == STATUS_OK && !isnan(invocation->value[measure]))
			values[count++] = invocation->value[measure];
	}
	return count;
}

static struct summary inverse(const struct summary *times)
{
	struct summary rates = *times;

	rates.median = 1 / times->median;
	rates.mean = 1 / times->mean;
	rates.interval.low = 1 / times->interval.high;
	rates.interval.high = 1 / times->interval.low;
	return rates;
}

struct summary cell_summary(const struct cell *cell, enum measure measure)
{
	double *values = malloc(sizeof(*values) * (cell->invocation_count + 1));
	size_t count = values ? cell_values(cell, measure, values) : 0;
	struct summary summary;

	for (size_t i = 0; measure == MEASURE_RATE && i < count; i++)
		values[i] = 1 / values[i];
	summary = summarize(values, count, 0.95);
	free(values);
	return measure == MEASURE_RATE ? inverse(&summary) : summary;
}

/* The line of an invocation, parsed again; NULL if it cannot be. */
static json_t *invocation_read(const struct bundle *bundle, const struct invocation *invocation)
{
	size_t length;

	if (!bundle->records || fseeko(bundle->records, invocation->offset, SEEK_SET) < 0)
		return NULL;
	if (line_read(bundle->records, bundle->line, &length) != LINE_WHOLE)
		return NULL;
	return json_loadb(bundle->line, length, 0, NULL);
}

int cell_latency(const struct bundle *bundle, const struct cell *cell, struct histogram *histogram)
{
	return cell_histogram(bundle, cell, "latency_ns", histogram);
}

int cell_histogram(const struct bundle *bundle, const struct cell *cell, const char *key, struct histogram *histogram)
{
	struct histogram *one = malloc(sizeof(*one));
	int error = one ? 0 : -ENOMEM;

	memset(histogram, 0, sizeof(*histogram));
	for (size_t i = 0; !error && i < cell->invocation_count; i++) {
		if (cell->invocations[i].status != STATUS_OK)
			continue;
		json_t *json = invocation_read(bundle, &cell->invocations[i]);
		const json_t *part = json_object_get(json_object_get(json, "load"), key);

		if (!json)
			error = -EIO;
		else if (part && histogram_read(one, part) == 0)
			histogram_merge(histogram, one);
		json_decref(json);
	}
	free(one);
	return error;
}

/* What the split needs of one invocation. */
struct latency_part {
	struct invocation_samples samples;
	double wall, elapsed;
};

/* 1 if the invocation has latencies, 0 if it has none, or -EIO. */
static int latency_part_read(const struct bundle *bundle, const struct invocation *invocation, struct histogram *room,
			     struct latency_part *part)
{
	json_t *json = invocation_read(bundle, invocation);
	const json_t *latency = json_object_get(json_object_get(json, "load"), "latency_ns");
	int found = json ? latency && histogram_read(room, latency) == 0 && room->count > 1 : -EIO;

	if (found > 0)
		*part = (struct latency_part){
			.samples = {(double)room->count, histogram_mean(room), histogram_variance(room)},
			.wall = invocation->value[MEASURE_WALL_NS],
			.elapsed = json_measure(json, "elapsed_ns"),
		};
	json_decref(json);
	return found;
}

static void latency_parts_split(struct invocation_samples *samples, const struct latency_part *parts, size_t count,
				struct variance_split *split, double *played)
{
	double message = 0, rest = 0;

	*played = count > 0 ? 0 : NAN;
	for (size_t i = 0; i < count; i++) {
		samples[i] = parts[i].samples;
		message += parts[i].wall / parts[i].samples.count / (double)count;
		rest += fmax(parts[i].elapsed - parts[i].wall, 0) / (double)count;
		*played += parts[i].samples.count / (double)count;
	}
	*split = variance_split(samples, count, message, rest);
}

int cell_latency_split(const struct bundle *bundle, const struct cell *cell, struct variance_split *split,
		       double *played)
{
	struct latency_part *parts = calloc(cell->invocation_count + 1, sizeof(*parts));
	struct invocation_samples *samples = calloc(cell->invocation_count + 1, sizeof(*samples));
	struct histogram *room = malloc(sizeof(*room));
	int error = parts && samples && room ? 0 : -ENOMEM;
	size_t count = 0;

	for (size_t i = 0; error >= 0 && i < cell->invocation_count; i++) {
		error = cell->invocations[i].status == STATUS_OK
				? latency_part_read(bundle, &cell->invocations[i], room, &parts[count])
				: 0;
		count += error > 0;
	}
	if (error >= 0)
		latency_parts_split(samples, parts, count, split, played);
	free(parts);
	free(samples);
	free(room);
	return error < 0 ? error : 0;
}

json_t *cell_audit(const struct bundle *bundle, const struct cell *cell)
{
	static const char *const keys[] = {"messages", "bytes", "checksum"};
	json_t *audit = NULL;

	for (size_t i = cell->invocation_count; i-- > 0 && !audit;) {
		if (cell->invocations[i].status != STATUS_OK)
			continue;
		json_t *json = invocation_read(bundle, &cell->invocations[i]);
		json_t *load = json_object_get(json, "load"),
		       *said = json_object_get(json_object_get(json, "record"), "audit");

		audit = json_object();
		if (said)
			json_object_set(audit, "record", said);
		for (size_t key = 0; key < sizeof(keys) / sizeof(*keys); key++) {
			if (json_object_get(load, keys[key]))
				json_object_set(audit, keys[key], json_object_get(load, keys[key]));
		}
		json_decref(json);
	}
	return audit;
}

enum { FIGURES_MAX = 64, FIGURE_NAME_MAX = 40 };

/* Adds each number of `record`'s figures to the list of its name. Names become text of the report: strange ones are
 * left out. */
static int figures_add(json_t *figures, const json_t *record)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	json_t *own = json_object_get(record, "figures"), *value;
	const char *name;

	json_object_foreach(own, name, value)
	{
		size_t length = strspn(name, letters);
		json_t *list = json_object_get(figures, name);

		if (!json_is_number(value) || length == 0 || length > FIGURE_NAME_MAX || name[length])
			continue;
		if (!list && json_object_size(figures) < FIGURES_MAX) {
			list = json_array();
			if (json_object_set_new(figures, name, list) < 0)
				return -ENOMEM;
		}
		if (list && json_array_append_new(list, json_real(json_number_value(value))) < 0)
			return -ENOMEM;
	}
	return 0;
}

int cell_figures(const struct bundle *bundle, const struct cell *cell, json_t **figures)
{
	int error = 0;

	*figures = json_object();
	if (!*figures)
		return -ENOMEM;
	for (size_t i = 0; !error && i < cell->invocation_count; i++) {
		if (cell->invocations[i].status != STATUS_OK)
			continue;
		json_t *json = invocation_read(bundle, &cell->invocations[i]);

		error = json ? figures_add(*figures, json_object_get(json, "record")) : -EIO;
		json_decref(json);
	}
	if (error)
		json_decref(*figures);
	return error;
}

static void invocation_reason(const struct bundle *bundle, const struct invocation *invocation, char *reason,
			      size_t size)
{
	json_t *json = invocation_read(bundle, invocation);
	json_t *text = json_object_get(json, "reason");

	if (json_is_string(text) && *json_string_value(text) && !clean_string(text))
		snprintf(reason, size, "%s", json_string_value(text));
	else
		snprintf(reason, size, "no usable wall time in its record");
	json_decref(json);
}

void cell_reason(const struct bundle *bundle, const struct cell *cell, char *reason, size_t size)
{
	enum status worst = STATUS_FAILED;

	*reason = '\0';
	if (cell->refused) {
		snprintf(reason, size, "%s", cell->refused);
		return;
	}
	if (cell->invocation_count == 0) {
		snprintf(reason, size, "not played: the run ended before it");
		return;
	}
	while (worst > STATUS_INTERRUPTED && cell->count[worst] == 0)
		worst--;
	if (worst == STATUS_INTERRUPTED && cell->count[STATUS_OK] > 0)
		return;
	for (size_t i = cell->invocation_count; i-- > 0;) {
		if (cell->invocations[i].status == worst) {
			invocation_reason(bundle, &cell->invocations[i], reason, size);
			return;
		}
	}
}
