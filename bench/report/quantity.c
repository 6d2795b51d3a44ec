/* quantity.c: see quantity.h. Two tables: the figures, and the words for parameters. */
#include "quantity.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* order's digits, from bench/workloads/order. */
static const char *const order_words[10] = {[1] = "one", [2] = "two", [3] = "hello", [4] = "goodbye"};

#define MS(ns) ((ns)*1e-6)
#define MIB(bytes) ((bytes) / 1048576.0)

static const struct quantity quantities[] = {
	{.workload = "switch", .figure = "ns_per_switch", .drawn = true, .what = "a switch", .unit = "ns", .scale = 1},
	{.workload = "spawn",
	 .figure = "ns_per_task",
	 .drawn = true,
	 .what = "create, run and join a task",
	 .unit = "ns",
	 .scale = 1},
	{.workload = "idle",
	 .figure = "beyond_ms",
	 .drawn = true,
	 .what = "wall time beyond the sleep",
	 .unit = "ms",
	 .scale = 1},
	{.workload = "idle", .measure = MEASURE_STEADY_NS, .what = "CPU time", .unit = "ms", .scale = MS(1)},
	{.workload = "idle",
	 .figure = "bytes_per_task",
	 .drawn = true,
	 .what = "memory a task",
	 .unit = "B",
	 .scale = 1},
	{.workload = "idle",
	 .figure = "late_p50_us",
	 .what = "wakes up late: half of the tasks by",
	 .unit = "µs",
	 .scale = 1,
	 .detail = true},
	{.workload = "idle", .figure = "late_p99_us", .what = "wakes up late: 99 of 100 by", .unit = "µs", .scale = 1},
	{.workload = "idle",
	 .figure = "late_max_us",
	 .what = "wakes up late: the latest by",
	 .unit = "µs",
	 .scale = 1,
	 .detail = true},
	{.workload = "idle",
	 .figure = "create_ns_per_task",
	 .what = "create a task",
	 .unit = "ns",
	 .scale = 1,
	 .detail = true},
	{.workload = "skynet",
	 .measure = MEASURE_WALL_NS,
	 .drawn = true,
	 .what = "the whole tree",
	 .unit = "ms",
	 .scale = MS(1)},
	{.workload = "skynet",
	 .figure = "ns_per_task",
	 .what = "a task of the tree",
	 .unit = "ns",
	 .scale = 1,
	 .detail = true},
	{.workload = "syscall", .figure = "ns_per_call", .what = "a call", .unit = "ns", .scale = 1},
	{.workload = "starvation",
	 .figure = "gap_max_ms",
	 .drawn = true,
	 .what = "longest time without a heartbeat",
	 .unit = "ms",
	 .scale = 1},
	{.workload = "starvation",
	 .figure = "late_max_us",
	 .what = "latest heartbeat, after it was due",
	 .unit = "ms",
	 .scale = 1e-3,
	 .detail = true},
	{.workload = "starvation",
	 .figure = "late_p50_us",
	 .what = "half of the heartbeats late by",
	 .unit = "ms",
	 .scale = 1e-3,
	 .detail = true},
	{.workload = "starvation",
	 .figure = "hog_ms",
	 .what = "the hog is done after",
	 .unit = "ms",
	 .scale = 1,
	 .detail = true},
	{.workload = "contention", .figure = "lost", .what = "updates lost", .unit = "", .scale = 1, .level = true},
	{.workload = "contention",
	 .figure = "lost_percent",
	 .what = "updates lost",
	 .unit = "%",
	 .scale = 1,
	 .level = true},
	{.workload = "contention",
	 .figure = "ns_per_increment",
	 .drawn = true,
	 .what = "an increment",
	 .unit = "ns",
	 .scale = 1},
	{.workload = "order",
	 .figure = "order",
	 .what = "the words in their order",
	 .unit = "",
	 .scale = 1,
	 .level = true,
	 .words = order_words},
	{.workload = "order",
	 .figure = "late_max_us",
	 .what = "latest word, after it was due",
	 .unit = "ms",
	 .scale = 1e-3,
	 .detail = true},
	{.workload = "range", .figure = "ns_per_number", .drawn = true, .what = "a number", .unit = "ns", .scale = 1},
	{.workload = "range", .measure = MEASURE_WALL_NS, .what = "all numbers", .unit = "ms", .scale = MS(1)},
	{.workload = "range",
	 .figure = "memory_bytes",
	 .drawn = true,
	 .what = "memory for all numbers",
	 .unit = "MiB",
	 .scale = MIB(1)},
	{.workload = "chat",
	 .measure = MEASURE_CPU_NS_PER_MESSAGE,
	 .drawn = true,
	 .what = "the server's CPU time for a delivery",
	 .unit = "µs",
	 .scale = 1e-3},
	{.workload = "chat",
	 .measure = MEASURE_WALL_NS,
	 .what = "until everybody has heard everything",
	 .unit = "ms",
	 .scale = MS(1)},
	{.workload = "fetch",
	 .measure = MEASURE_WALL_NS,
	 .drawn = true,
	 .what = "until all responses are there",
	 .unit = "ms",
	 .scale = MS(1)},
	{.workload = "fetch",
	 .measure = MEASURE_CPU_NS_PER_MESSAGE,
	 .drawn = true,
	 .what = "the client's CPU time for a fetch",
	 .unit = "µs",
	 .scale = 1e-3},
	{.workload = "fetch", .figure = "bytes_per_task", .what = "memory a fetch", .unit = "B", .scale = 1},
	{.workload = "fetch",
	 .figure = "latency_p50_us",
	 .what = "half of the responses are there after",
	 .unit = "ms",
	 .scale = 1e-3,
	 .detail = true},
	{.workload = "fetch",
	 .figure = "latency_p99_us",
	 .what = "99 of 100 responses are there after",
	 .unit = "ms",
	 .scale = 1e-3},
	{.workload = "fetch",
	 .figure = "latency_max_us",
	 .what = "the last response is there after",
	 .unit = "ms",
	 .scale = 1e-3,
	 .detail = true},
	{.workload = "files",
	 .figure = "late_max_us",
	 .drawn = true,
	 .what = "latest heartbeat, after it was due",
	 .unit = "ms",
	 .scale = 1e-3},
	{.workload = "files",
	 .measure = MEASURE_WALL_NS,
	 .drawn = true,
	 .what = "until all files are written and read back",
	 .unit = "ms",
	 .scale = MS(1)},
	{.workload = "files", .measure = MEASURE_STEADY_NS, .what = "CPU time", .unit = "ms", .scale = MS(1)},
	{.workload = "files",
	 .figure = "late_p50_us",
	 .what = "half of the heartbeats late by",
	 .unit = "ms",
	 .scale = 1e-3,
	 .detail = true},
	{.workload = "files",
	 .figure = "sync_us",
	 .what = "an append with its fsync",
	 .unit = "ms",
	 .scale = 1e-3,
	 .detail = true},
};

enum { QUANTITIES = sizeof(quantities) / sizeof(*quantities) };

/* What a parameter of a group means in its title. A value of the table has words of its own; any other one is shown
 * between `before` and `after`, unless both are empty. */
static const struct phrase {
	const char *workload, *key, *value, *before, *after;
	bool duration;
} phrases[] = {
	{.workload = "switch", .key = "tasks", .before = "", .after = " tasks"},
	{.workload = "switch", .key = "yields"},
	{.workload = "switch", .key = "mode", .value = "yield", .before = " yielding in turn"},
	{.workload = "switch", .key = "mode", .value = "ring", .before = " in a ring, passing a token"},
	{.workload = "spawn", .key = "tasks", .before = "", .after = " tasks"},
	{.workload = "spawn", .key = "batch", .value = "1", .before = ", one at a time"},
	{.workload = "spawn", .key = "batch", .before = ", ", .after = " before the first is joined"},
	{.workload = "spawn", .key = "body", .value = "empty"},
	{.workload = "spawn", .key = "body", .value = "yield", .before = ", all alive at once"},
	{.workload = "spawn", .key = "memory", .value = "warm", .before = ", memory warm"},
	{.workload = "spawn", .key = "memory", .value = "cold", .before = ", memory cold (first touch)"},
	{.workload = "idle", .key = "tasks", .before = "", .after = " tasks asleep"},
	{.workload = "idle", .key = "sleep", .before = " for ", .after = "", .duration = true},
	{.workload = "idle", .key = "sleeps", .before = ", each ", .after = " times"},
	{.workload = "idle", .key = "start", .value = "gate", .before = ", created before"},
	{.workload = "idle", .key = "start", .value = "spawn", .before = ", creation timed"},
	{.workload = "idle", .key = "memory", .value = "warm", .before = ", memory warm"},
	{.workload = "idle", .key = "memory", .value = "cold", .before = ", memory cold (first touch)"},
	{.workload = "skynet", .key = "leaves", .before = "", .after = " leaves"},
	{.workload = "skynet", .key = "fanout"},
	{.workload = "skynet", .key = "memory", .value = "warm", .before = ", memory warm"},
	{.workload = "skynet", .key = "memory", .value = "cold", .before = ", memory cold (first touch)"},
	{.workload = "syscall", .key = "mode", .before = "", .after = ""},
	{.workload = "syscall", .key = "calls"},
	{.workload = "starvation", .key = "beat", .before = "a heartbeat every ", .after = "", .duration = true},
	{.workload = "starvation", .key = "hog", .before = " beside a hog of ", .after = "", .duration = true},
	{.workload = "starvation", .key = "slice"},
	{.workload = "starvation", .key = "yields", .value = "no", .before = " that never yields"},
	{.workload = "starvation", .key = "yields", .value = "yes", .before = " that yields often"},
	{.workload = "contention", .key = "tasks", .before = "", .after = " tasks"},
	{.workload = "contention", .key = "increments", .before = ", ", .after = " increments each"},
	{.workload = "contention", .key = "mode", .value = "none", .before = ", unsynchronised"},
	{.workload = "contention", .key = "mode", .value = "atomic", .before = ", atomic"},
	{.workload = "contention", .key = "mode", .value = "mutex", .before = ", under a mutex"},
	{.workload = "contention", .key = "suspend", .value = "no"},
	{.workload = "contention",
	 .key = "suspend",
	 .value = "yes",
	 .before = ", yielding between reading and writing"},
	{.workload = "order", .key = "example", .value = "count", .before = "three tasks say one, sleep, say two"},
	{.workload = "order", .key = "example", .value = "say", .before = "hello after two units, goodbye after one"},
	{.workload = "order", .key = "unit", .before = ", a unit is ", .after = "", .duration = true},
	{.workload = "range", .key = "numbers", .before = "", .after = " numbers"},
	{.workload = "range", .key = "mode", .value = "eager", .before = ", all in memory before they are used"},
	{.workload = "range", .key = "mode", .value = "lazy", .before = ", each when it is asked for"},
	{.workload = "chat", .key = "members", .before = "", .after = " members"},
	{.workload = "chat", .key = "rooms", .value = "1", .before = " in a room"},
	{.workload = "chat", .key = "rooms", .before = " in ", .after = " rooms"},
	{.workload = "chat", .key = "messages", .before = ", ", .after = " messages each"},
	{.workload = "chat", .key = "size", .value = "64"},
	{.workload = "fetch", .key = "fetches", .before = "", .after = " at once"},
	{.workload = "fetch", .key = "wait", .before = ", the server waits for ", .after = "", .duration = true},
	{.workload = "fetch", .key = "size", .value = "1,024"},
	{.workload = "fetch", .key = "size", .value = "65,536", .before = ", 64 KiB each"},
	{.workload = "files", .key = "files", .before = "", .after = " files"},
	{.workload = "files", .key = "appends", .before = ", ", .after = " appends each"},
	{.workload = "files", .key = "size", .value = "4,096"},
	{.workload = "files", .key = "size", .value = "65,536", .before = " of 64 KiB"},
	{.workload = "files", .key = "offload", .value = "no", .before = ", synced in the task"},
	{.workload = "files", .key = "offload", .value = "yes", .before = ", synced on other threads"},
	{.workload = "files", .key = "slow", .value = "0"},
	{.workload = "files", .key = "slow", .before = ", each slower by ", .after = "", .duration = true},
	{.workload = "files", .key = "beat", .value = "5 ms", .duration = true},
	{.workload = "files", .key = "beat", .before = ", a heartbeat every ", .after = "", .duration = true},
};

enum { PHRASES = sizeof(phrases) / sizeof(*phrases) };

const struct quantity *quantity_next(const char *workload, size_t *index)
{
	while (*index < QUANTITIES) {
		const struct quantity *quantity = &quantities[(*index)++];

		if (strcmp(quantity->workload, workload) == 0)
			return quantity;
	}
	return NULL;
}

bool quantity_known(const char *workload)
{
	size_t index = 0;

	return quantity_next(workload, &index) != NULL;
}

size_t quantity_values(const struct quantity *quantity, const struct cell *cell, const json_t *figures, double *values)
{
	const json_t *list = quantity->figure ? json_object_get(figures, quantity->figure) : NULL;
	size_t count = 0;

	if (!quantity->figure)
		count = cell_values(cell, quantity->measure, values);
	while (quantity->figure && count < json_array_size(list) && count < cell->invocation_count) {
		values[count] = json_number_value(json_array_get(list, count));
		count++;
	}
	for (size_t i = 0; i < count; i++)
		values[i] *= quantity->scale;
	return count;
}

struct summary quantity_summary(const struct bundle *bundle, const struct cell *cell, const struct quantity *quantity)
{
	struct summary summary = {.n = 0, .median = NAN, .mean = NAN};
	double *values = malloc(sizeof(*values) * (cell->invocation_count + 1));
	json_t *figures = NULL;

	if (values && cell_figures(bundle, cell, &figures) == 0) {
		summary = summarize(values, quantity_values(quantity, cell, figures, values), 0.95);
		json_decref(figures);
	}
	free(values);
	return summary;
}

/* --- text ----------------------------------------------------------------------------------------------------- */

/* Sets the thousands before the point apart, where there are more than four digits. */
static void group_digits(char *text, size_t size)
{
	size_t digits = strspn(text, "0123456789"), length = strlen(text);

	if (digits < 5 || length + (digits - 1) / 3 >= size)
		return;
	for (size_t at = digits; at > 3; at -= 3) {
		memmove(text + at - 3 + 1, text + at - 3, length - (at - 3) + 1);
		text[at - 3] = ',';
		length++;
	}
}

static void spell(char *text, size_t size, const char *const words[10], double value)
{
	char digits[32];
	size_t used = 0;

	snprintf(digits, sizeof(digits), "%.0f", value);
	*text = '\0';
	for (const char *digit = digits; *digit && used < size; digit++) {
		const char *word = *digit >= '0' && *digit <= '9' ? words[*digit - '0'] : NULL;

		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", word ? word : "?");
	}
}

char *quantity_format(char text[QUANTITY_TEXT_MAX], const struct quantity *quantity, double value)
{
	char number[NUMBER_TEXT_MAX];

	if (quantity->words && !isnan(value)) {
		spell(text, QUANTITY_TEXT_MAX, quantity->words, value);
		return text;
	}
	snprintf(text, QUANTITY_TEXT_MAX, "%s", value == 0 ? "0" : format_number(number, value));
	group_digits(text, QUANTITY_TEXT_MAX);
	return text;
}

/* The value of a parameter of the cell as text; false where it has not that one. */
static bool parameter_text(const struct cell *cell, const struct phrase *phrase, char *text, size_t size)
{
	const json_t *value = json_object_get(cell->parameters, phrase->key);
	double number = json_number_value(value);

	if (json_is_string(value)) {
		snprintf(text, size, "%s", json_string_value(value));
	} else if (json_is_number(value) && phrase->duration) {
		struct time_unit unit = time_unit_for(number);

		snprintf(text, size, "%g %s", number / unit.ns, unit.name);
	} else if (json_is_number(value)) {
		snprintf(text, size, "%.0f", number);
		group_digits(text, size);
	}
	return json_is_string(value) || json_is_number(value);
}

static void append(char *text, size_t size, const char *before, const char *word, const char *after)
{
	size_t used = strlen(text);

	if (used < size)
		snprintf(text + used, size - used, "%s%s%s", before, word, after);
}

/* Says the parameter if the phrase is for its value; false if it is not. */
static bool phrase_append(const struct cell *cell, const struct phrase *phrase, char *text, size_t size)
{
	char value[64];

	if (!parameter_text(cell, phrase, value, sizeof(value)) || (phrase->value && strcmp(phrase->value, value) != 0))
		return false;
	const char *before = phrase->before;

	/* What it would follow is not there in a bundle of another version. */
	if (before && !*text && strncmp(before, ", ", 2) == 0)
		before += 2;
	if (phrase->value && before)
		append(text, size, before, "", "");
	else if (!phrase->value && before)
		append(text, size, before, value, phrase->after);
	return true;
}

static bool is_worded(const char *workload, const char *key, size_t length)
{
	for (size_t i = 0; i < PHRASES; i++)
		if (strcmp(phrases[i].workload, workload) == 0 && strncmp(phrases[i].key, key, length) == 0 &&
		    phrases[i].key[length] == '\0')
			return true;
	return false;
}

/* The parts of the group's name that no phrase is for: ", workers=2". */
static void append_rest(const struct cell *cell, char *text, size_t size)
{
	for (const char *segment = strchr(cell->group, '/'); segment; segment = strchr(segment, '/')) {
		size_t length = strcspn(++segment, "/"), key = strcspn(segment, "=/");
		char piece[96];

		if (strncmp(segment, "cores=", strlen("cores=")) == 0 || is_worded(cell->workload, segment, key))
			continue;
		snprintf(piece, sizeof(piece), "%.*s", (int)length, segment);
		append(text, size, *text ? ", " : "", piece, "");
	}
}

void quantity_label(const struct group *group, char *text, size_t size)
{
	const struct cell *cell = group->cells[0];
	unsigned cores = group_cores(group);
	const char *said = "";
	char where[32];

	*text = '\0';
	for (size_t i = 0; i < PHRASES; i++)
		if (strcmp(phrases[i].workload, cell->workload) == 0 && strcmp(phrases[i].key, said) != 0 &&
		    phrase_append(cell, &phrases[i], text, size))
			said = phrases[i].key;
	append_rest(cell, text, size);
	snprintf(where, sizeof(where), "on %u core%s", cores, cores == 1 ? "" : "s");
	append(text, size, *text ? ", " : "", where, "");
}
