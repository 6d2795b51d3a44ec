/* samples.c: see samples.h. */
#include "samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ranktest.h"

enum { DRIFT_MAX = 5000 };

const struct sample_kind sample_kinds[] = {
	{"wall", "wall time", MEASURE_WALL_NS, false, "slower", "faster"},
	{"cpu", "CPU time", MEASURE_CPU_NS, false, "more", "less"},
	{"memory", "memory", MEASURE_MEMORY_BYTES, true, "more", "less"},
	{"p50", "median latency of an invocation", MEASURE_P50_NS, false, "slower", "faster"},
	{"p99", "99th percentile of an invocation's latencies", MEASURE_P99_NS, false, "slower", "faster"},
	{"p999", "99.9th percentile of an invocation's latencies", MEASURE_P999_NS, false, "slower", "faster"},
	{.name = NULL},
};

static int complain(int error, const char *path, const char *what)
{
	fprintf(stderr, "simul: %s: %s\n", path, what);
	return error;
}

/* The values that there are, summarized. */
static int sample_settle(struct sample *sample)
{
	double *sorted = malloc(sizeof(*sorted) * 2 * (sample->count + 1)), *place = sorted + sample->count;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < sample->count; i++)
		sorted[i] = sample->values[i], place[i] = (double)i;
	sample->summary = summarize(sorted, sample->count, 0.95);
	/* All pairs of some thousand values at most. */
	sample->drift = sample->count <= DRIFT_MAX ? mann_kendall(sample->values, sample->count, NULL) : NAN;
	sample->drift_share = median_slope(place, sample->values, sample->count) * (double)(sample->count - 1) /
			      sample->summary.median;
	free(sorted);
	return 0;
}

static int samples_index(struct samples *samples)
{
	int error = 0;

	samples->index = json_object();
	for (size_t i = 0; i < samples->count && !error; i++) {
		error = json_object_set_new(samples->index, samples->items[i].name, json_integer((json_int_t)i));
		error = error ? -ENOMEM : sample_settle(&samples->items[i]);
	}
	return samples->index ? error : -ENOMEM;
}

/* --- of a bundle ---------------------------------------------------------------------------------------------- */

static int compare_sequence(const void *left, const void *right)
{
	const struct invocation *a = *(const struct invocation *const *)left,
				*b = *(const struct invocation *const *)right;

	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int sample_fill(struct sample *sample, const struct cell *cell)
{
	const struct invocation **order = calloc(cell->invocation_count + 1, sizeof(*order));

	sample->values = calloc(cell->invocation_count + 1, sizeof(*sample->values));
	for (size_t i = 0; order && sample->values && i < cell->invocation_count; i++) {
		double value = cell->invocations[i].value[sample->kind->measure];

		/* No ratio can be made of nothing. */
		if (cell->invocations[i].status == STATUS_OK && value > 0)
			order[sample->count++] = &cell->invocations[i];
	}
	if (sample->count > 1)
		qsort(order, sample->count, sizeof(*order), compare_sequence);
	for (size_t i = 0; i < sample->count; i++)
		sample->values[i] = order[i]->value[sample->kind->measure];
	free(order);
	return order && sample->values ? 0 : -ENOMEM;
}

static int sample_from_cell(struct sample *sample, const struct sample_kind *kind, const struct bundle *bundle,
			    const struct cell *cell)
{
	char reason[BUNDLE_TEXT_MAX * 4];

	*sample = (struct sample){
		.kind = kind,
		.name = cell->name,
		.group = cell->group,
		.workload = cell->workload,
		.runtime = cell->runtime,
		.cell = cell,
	};
	int error = sample_fill(sample, cell);

	if (error || sample->count > 0)
		return error;
	cell_reason(bundle, cell, reason, sizeof(reason));
	if (cell->count[STATUS_OK] > 0)
		snprintf(reason, sizeof(reason), "its records have no %s", kind->what);
	sample->missing = strdup(reason);
	return sample->missing ? 0 : -ENOMEM;
}

static bool is_first_of_its_name(const struct bundle *bundle, const struct cell *cell)
{
	size_t low = 0, high = bundle->cell_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(bundle->by_name[middle]->name, cell->name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < bundle->cell_count && bundle->by_name[low] == cell;
}

static int bundle_take(struct samples *samples)
{
	const struct bundle *bundle = &samples->bundle;
	size_t listed = bundle->cell_count + bundle->duplicate_cells;
	int error = 0;

	samples->items = calloc(listed + 1, sizeof(*samples->items));
	if (!samples->items)
		return -ENOMEM;
	for (size_t i = 0; i < listed && !error; i++) {
		if (is_first_of_its_name(bundle, &bundle->cells[i]))
			error = sample_from_cell(&samples->items[samples->count++], samples->kind, bundle,
						 &bundle->cells[i]);
	}
	return error;
}

/* --- of Google Benchmark -------------------------------------------------------------------------------------- */

static double unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

	for (size_t i = 0; unit && i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(unit, units[i].name) == 0)
			return units[i].ns;
	}
	return NAN;
}

/* The sample of that name, a new one if there is none yet. Items have room for one an entry. */
static struct sample *sample_named(struct samples *samples, json_t *places, const char *name)
{
	const json_t *place = json_object_get(places, name);

	if (place)
		return &samples->items[json_integer_value(place)];
	if (json_object_set_new(places, name, json_integer((json_int_t)samples->count)) < 0)
		return NULL;
	samples->items[samples->count].name = name;
	samples->items[samples->count].kind = samples->kind;
	return &samples->items[samples->count++];
}

static int value_append(struct sample *sample, double value)
{
	bool full = (sample->count & (sample->count - 1)) == 0; /* room doubles at each power of two */
	double *grown = full ? realloc(sample->values, sizeof(*grown) * (sample->count * 2 + 1)) : sample->values;

	if (!grown)
		return -ENOMEM;
	sample->values = grown;
	grown[sample->count++] = value;
	return 0;
}

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text ? text : "";
}

static int entry_take(struct samples *samples, json_t *places, const json_t *entry)
{
	const char *name = text_of(entry, "run_name");
	double time = json_measure(entry, "real_time") * unit_ns(text_of(entry, "time_unit"));

	name = *name ? name : text_of(entry, "name");
	if (!*name)
		return -EINVAL;
	struct sample *sample = sample_named(samples, places, name);

	if (!sample)
		return -ENOMEM;
	bool failed = json_is_true(json_object_get(entry, "error_occurred"));

	if (!failed && strcmp(text_of(entry, "run_type"), "aggregate") != 0 && time > 0)
		return value_append(sample, time);
	if (failed && !sample->missing)
		sample->missing = strdup(*text_of(entry, "error_message") ? text_of(entry, "error_message") : "failed");
	return 0;
}

static int missing_explain(struct sample *sample)
{
	if (sample->count > 0) {
		free(sample->missing);
		sample->missing = NULL;
	} else if (!sample->missing) {
		sample->missing = strdup("the file holds no single repetition with a real time, "
					 "only what was made of them");
		return sample->missing ? 0 : -ENOMEM;
	}
	return 0;
}

static int benchmark_take(struct samples *samples)
{
	const json_t *list = json_object_get(samples->json, "benchmarks"), *entry;
	json_t *places = json_object();
	size_t i;
	int error = places ? 0 : -ENOMEM;

	if (!json_is_array(list) || json_array_size(list) > BUNDLE_INVOCATIONS_MAX) {
		json_decref(places);
		return -EINVAL;
	}
	samples->items = calloc(json_array_size(list) + 1, sizeof(*samples->items));
	error = samples->items ? error : -ENOMEM;
	json_array_foreach(list, i, entry)
	{
		if (!error)
			error = entry_take(samples, places, entry);
	}
	for (i = 0; i < samples->count && !error; i++)
		error = missing_explain(&samples->items[i]);
	json_decref(places);
	return error;
}

static int benchmark_open(const char *path, struct samples *samples, off_t size)
{
	json_error_t error;
	int result;

	if (size > BUNDLE_MANIFEST_MAX)
		return complain(-E2BIG, path, "the file has more than 64 MiB");
	samples->json = json_load_file(path, 0, &error);
	if (!samples->json) {
		fprintf(stderr, "simul: %s, line %d: %s\n", path, error.line, error.text);
		return -EINVAL;
	}
	result = json_clean(samples->json);
	result = result ? result : benchmark_take(samples);
	if (result == -EINVAL)
		complain(result, path,
			 "this is neither a bundle nor Google Benchmark's JSON (a list \"benchmarks\" of "
			 "objects with a name)");
	return result;
}

/* --- both ----------------------------------------------------------------------------------------------------- */

static int source_open(const char *path, struct samples *samples)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return complain(-errno, path, strerror(errno));
	samples->is_bundle = S_ISDIR(status.st_mode);
	if (!samples->is_bundle && samples->kind != &sample_kinds[0])
		return complain(-EINVAL, path, "a file of Google Benchmark has wall times only");
	if (!samples->is_bundle)
		return benchmark_open(path, samples, status.st_size);
	int error = bundle_open(path, &samples->bundle);

	return error ? error : bundle_take(samples);
}

int samples_open(const char *path, struct samples *samples)
{
	return samples_open_of(path, &sample_kinds[0], samples);
}

int samples_open_of(const char *path, const struct sample_kind *kind, struct samples *samples)
{
	*samples = (struct samples){.kind = kind, .path = path};
	int error = source_open(path, samples);

	if (!error)
		error = samples_index(samples);
	if (error == -ENOMEM)
		complain(error, path, "there is not enough memory to read it");
	if (error)
		samples_close(samples);
	return error;
}

void samples_close(struct samples *samples)
{
	for (size_t i = 0; i < samples->count; i++) {
		free(samples->items[i].values);
		free(samples->items[i].missing);
	}
	free(samples->items);
	json_decref(samples->index);
	json_decref(samples->json);
	if (samples->is_bundle)
		bundle_close(&samples->bundle);
	*samples = (struct samples){.path = NULL};
}

const struct sample *samples_find(const struct samples *samples, const char *name)
{
	const json_t *place = json_object_get(samples->index, name);

	return place ? &samples->items[json_integer_value(place)] : NULL;
}

const char *samples_text(const struct samples *samples, const char *key)
{
	return samples->is_bundle ? bundle_text(&samples->bundle, NULL, key) : NULL;
}
