/* compare.c: see compare.h. */
#include "compare.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ranktest.h"

/* Of the interval, and of the findings that stand among all cells. */
#define ALPHA 0.05
/* Mann-Whitney's p is below it where things are called different: a bound on how often that is wrong where nothing
 * differs, for each comparison. So low that of 100 comparisons more than 5 are wrong in at most 2 of 100 tests. */
#define P_MOST 0.02

const char *verdict_text(enum verdict verdict, const struct sample_kind *kind)
{
	const char *const texts[VERDICTS] = {
		[VERDICT_SLOWER] = kind->more,          [VERDICT_FASTER] = kind->less,
		[VERDICT_SAME] = "no difference shown", [VERDICT_UNDECIDED] = "not enough data",
		[VERDICT_REFUSED] = "refused",
	};

	return texts[verdict];
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICTS] = {
		[VERDICT_SLOWER] = "slower",      [VERDICT_FASTER] = "faster",
		[VERDICT_SAME] = "no-difference", [VERDICT_UNDECIDED] = "not-enough-data",
		[VERDICT_REFUSED] = "refused",
	};

	return names[verdict];
}

/* --- two sets of values --------------------------------------------------------------------------------------- */

static enum verdict judge(const struct comparison *comparison, double effect)
{
	const struct interval *interval = &comparison->interval;
	bool sure = interval->method == INTERVAL_BOOTSTRAP && comparison->p < P_MOST;

	if (sure && interval->low > 1 && comparison->ratio >= 1 + effect)
		return VERDICT_SLOWER;
	if (sure && interval->high < 1 && comparison->ratio <= 1 / (1 + effect))
		return VERDICT_FASTER;
	if (interval->low >= 1 / (1 + effect) && interval->high <= 1 + effect)
		return VERDICT_SAME;
	return VERDICT_UNDECIDED;
}

/* Of sorted sets: whether they lie apart, so that every resample's ratio is on one side of 1 and p the least there is.
 */
static bool is_apart(const double *base, size_t base_n, const double *other, size_t other_n)
{
	return other[0] > base[base_n - 1] || other[other_n - 1] < base[0];
}

/* Of sorted sets. */
static int compare_sorted(const double *base, size_t base_n, const double *other, size_t other_n,
			  const struct compare_options *options, struct comparison *comparison)
{
	double ratio = quantile(other, other_n, 0.5) / quantile(base, base_n, 0.5), effect = 1 + options->min_effect;
	int error = 0;

	comparison->ratio = ratio;
	comparison->interval = (struct interval){.low = NAN, .high = NAN};
	comparison->p = mann_whitney(base, base_n, other, other_n);
	if (isnan(comparison->p))
		return -ENOMEM;
	if (options->verdict_only && comparison->p < P_MOST && is_apart(base, base_n, other, other_n) &&
	    (ratio >= effect || ratio <= 1 / effect)) {
		comparison->verdict = ratio > 1 ? VERDICT_SLOWER : VERDICT_FASTER;
		return 0;
	}
	error = ratio_interval(other, other_n, base, base_n, 1 - ALPHA, options->seed, &comparison->interval);
	comparison->verdict = error ? VERDICT_UNDECIDED : judge(comparison, options->min_effect);
	return error;
}

int compare_values(const double *base, size_t base_n, const double *other, size_t other_n,
		   const struct compare_options *options, struct comparison *comparison)
{
	double *sorted = malloc(sizeof(*sorted) * (base_n + other_n + 1)), *others = sorted + base_n;
	int error;

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, base, sizeof(*sorted) * base_n);
	memcpy(others, other, sizeof(*sorted) * other_n);
	sort_values(sorted, base_n);
	sort_values(others, other_n);
	error = compare_sorted(sorted, base_n, others, other_n, options, comparison);
	free(sorted);
	if (base_n < COMPARE_LEAST || other_n < COMPARE_LEAST)
		comparison->verdict = VERDICT_UNDECIDED;
	return error;
}

bool comparison_is_level(const struct comparison *comparison)
{
	return comparison->verdict != VERDICT_SLOWER && !(comparison->interval.high > 1.15);
}

/* --- is it the same work? ------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool refuse(struct comparison *comparison, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(comparison->reason, sizeof(comparison->reason), format, arguments);
	va_end(arguments);
	comparison->verdict = VERDICT_REFUSED;
	return true;
}

static bool refuse_text(const struct comparisons *comparisons, struct comparison *comparison, const char *key)
{
	const char *base = samples_text(comparisons->base, key), *other = samples_text(comparisons->other, key);

	base = base ? base : "unknown";
	other = other ? other : "unknown";
	return strcmp(base, other) != 0 && refuse(comparison, "different %ss: %s and %s", key, base, other);
}

static char *value_text(const json_t *value, char text[64])
{
	if (json_is_string(value))
		snprintf(text, 64, "%s", json_string_value(value));
	else if (json_is_number(value))
		snprintf(text, 64, "%.12g", json_number_value(value));
	else
		snprintf(text, 64, "none");
	return text;
}

/* What the run measured of its machine and gave to players as that parameter: of "step" the manifest's calibration of
 * "step_ps". NULL if it is no such one. */
static const json_t *calibrated(const struct samples *samples, const char *parameter)
{
	const json_t *costs = bundle_object(&samples->bundle, "calibration"), *cost = NULL;
	char key[96];

	for (int unit = 0; unit < 2 && !cost; unit++) {
		snprintf(key, sizeof(key), "%s_%s", parameter, unit == 0 ? "ps" : "ns");
		cost = json_object_get(costs, key);
	}
	return cost;
}

static bool is_own(const struct samples *samples, const char *parameter, const json_t *value)
{
	return json_equal((json_t *)calibrated(samples, parameter), (json_t *)value);
}

static bool same_work(const struct comparisons *comparisons, const struct comparison *comparison)
{
	json_t *base = cell_audit(&comparisons->base->bundle, comparison->base->cell);
	json_t *other = cell_audit(&comparisons->other->bundle, comparison->other->cell);
	bool same = base && other && json_object_size(base) > 0 && json_equal(base, other);

	json_decref(base);
	json_decref(other);
	return same;
}

static bool refuse_parameter(const struct comparisons *comparisons, struct comparison *comparison, const char *name,
			     const json_t *base, const json_t *other)
{
	char left[64], right[64];

	if (base && other && json_equal(base, other))
		return false;
	value_text(base, left);
	value_text(other, right);
	if (!calibrated(comparisons->base, name) || !calibrated(comparisons->other, name))
		return refuse(comparison, "different parameters: %s=%s and %s=%s", name, left, name, right);
	if (same_work(comparisons, comparison))
		return false;
	comparison->paced = comparisons->machines && is_own(comparisons->base, name, base) &&
			    is_own(comparisons->other, name, other);
	return !comparison->paced &&
	       refuse(comparison,
		      "different work: it was made from %s=%s and %s=%s, as each run measured its machine; "
		      "simul run --set %s=%s plays the work of the first again",
		      name, left, name, right, name, left);
}

static bool refuse_parameters(const struct comparisons *comparisons, struct comparison *comparison)
{
	json_t *base = (json_t *)comparison->base->cell->parameters,
	       *other = (json_t *)comparison->other->cell->parameters, *value;
	const char *name;

	json_object_foreach(base, name, value)
	{
		if (refuse_parameter(comparisons, comparison, name, value, json_object_get(other, name)))
			return true;
	}
	json_object_foreach(other, name, value)
	{
		if (!json_object_get(base, name) && refuse_parameter(comparisons, comparison, name, NULL, value))
			return true;
	}
	return false;
}

static bool refuse_cells(const struct comparisons *comparisons, struct comparison *comparison)
{
	const struct cell *base = comparison->base->cell, *other = comparison->other->cell;

	if (comparisons->base == comparisons->other || !base || !other)
		return false;
	if (refuse_text(comparisons, comparison, "version") || refuse_text(comparisons, comparison, "profile"))
		return true;
	if (base->cores != other->cores && !comparisons->machines)
		return refuse(comparison, "different numbers of cores: %u and %u", base->cores, other->cores);
	return refuse_parameters(comparisons, comparison);
}

static bool refuse_missing(const struct comparisons *comparisons, struct comparison *comparison)
{
	const struct sample *sides[] = {comparison->base, comparison->other};
	const char *runtimes[] = {comparisons->base_runtime, comparisons->other_runtime};
	const char *paths[] = {comparisons->base->path, comparisons->other->path};

	for (int i = 0; i < 2; i++) {
		const char *name = runtimes[i] ? runtimes[i] : paths[i];

		if (!sides[i])
			return refuse(comparison, "%s has no such cell", name);
		if (sides[i]->missing)
			return refuse(comparison, "%s has no result: %s", name, sides[i]->missing);
	}
	return false;
}

bool compare_refuses(const struct samples *base_of, const struct sample *base, const struct samples *other_of,
		     const struct sample *other, bool *paced, char reason[COMPARE_REASON_MAX])
{
	const struct comparisons comparisons = {.base = base_of, .other = other_of, .machines = true};
	struct comparison comparison = {.base = base, .other = other};
	bool refused = refuse_missing(&comparisons, &comparison) || refuse_cells(&comparisons, &comparison);

	*paced = comparison.paced;
	memcpy(reason, comparison.reason, COMPARE_REASON_MAX);
	return refused;
}

/* --- all cells ------------------------------------------------------------------------------------------------ */

/* FNV-1a, so that a cell's resamples depend on the seed and on its name alone. */
uint64_t compare_seed(const char *name, uint64_t seed)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ seed;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
	return hash;
}

static int compare_one(struct comparisons *comparisons, const struct sample *base, const struct sample *other)
{
	struct comparison *comparison = &comparisons->items[comparisons->count++];
	struct compare_options options = comparisons->options;
	int error = 0;

	*comparison = (struct comparison){.base = base, .other = other, .ratio = NAN, .p = NAN};
	comparison->interval = (struct interval){.low = NAN, .high = NAN};
	if (!refuse_missing(comparisons, comparison) && !refuse_cells(comparisons, comparison)) {
		options.seed = compare_seed(base->name, options.seed);
		error = compare_values(base->values, base->count, other->values, other->count, &options, comparison);
	}
	comparisons->of[comparison->verdict]++;
	return error;
}

static int compare_p(const void *left, const void *right)
{
	double a = (*(struct comparison *const *)left)->p, b = (*(struct comparison *const *)right)->p;

	return (a > b) - (a < b);
}

static bool is_difference(const struct comparison *comparison)
{
	return comparison->verdict == VERDICT_SLOWER || comparison->verdict == VERDICT_FASTER;
}

static int comparisons_correct(struct comparisons *comparisons)
{
	struct comparison **order = calloc(comparisons->count + 1, sizeof(*order));
	double *p = calloc(comparisons->count + 1, sizeof(*p));
	size_t n = 0;

	for (size_t i = 0; order && p && i < comparisons->count; i++) {
		if (comparisons->items[i].verdict != VERDICT_REFUSED)
			order[n++] = &comparisons->items[i];
	}
	if (n > 1)
		qsort(order, n, sizeof(*order), compare_p);
	for (size_t i = 0; i < n; i++)
		p[i] = order[i]->p;
	size_t standing = p ? false_discovery(p, n, ALPHA) : 0;

	for (size_t i = 0; i < standing; i++) {
		order[i]->stands = is_difference(order[i]);
		comparisons->standing += order[i]->stands;
	}
	int error = order && p ? 0 : -ENOMEM;

	free(order);
	free(p);
	return error;
}

static int comparisons_conclude(struct comparisons *comparisons)
{
	comparisons->compared = comparisons->count - comparisons->of[VERDICT_REFUSED];
	comparisons->false_expected = P_MOST * (double)comparisons->compared;
	comparisons->false_any = 1 - pow(1 - P_MOST, (double)comparisons->compared);
	return comparisons_correct(comparisons);
}

static int comparisons_start(struct comparisons *comparisons, size_t most)
{
	comparisons->items = calloc(most + 1, sizeof(*comparisons->items));
	return comparisons->items ? 0 : -ENOMEM;
}

static int comparisons_end(struct comparisons *comparisons, int error)
{
	error = error ? error : comparisons_conclude(comparisons);
	if (error == -ENOMEM)
		fputs("simul: there is not enough memory to compare\n", stderr);
	if (error)
		comparisons_clear(comparisons);
	return error;
}

int compare_samples(const struct samples *base, const struct samples *other, const struct compare_options *options,
		    struct comparisons *comparisons)
{
	*comparisons = (struct comparisons){.base = base, .other = other, .options = *options};
	int error = comparisons_start(comparisons, base->count + other->count);

	for (size_t i = 0; i < base->count && !error; i++)
		error = compare_one(comparisons, &base->items[i], samples_find(other, base->items[i].name));
	for (size_t i = 0; i < other->count && !error; i++) {
		if (!samples_find(base, other->items[i].name))
			error = compare_one(comparisons, NULL, &other->items[i]);
	}
	return comparisons_end(comparisons, error);
}

static int refuse_runtime(const struct samples *samples, const char *name)
{
	if (!samples->is_bundle) {
		fprintf(stderr, "simul: %s is no bundle: it has no runtimes\n", samples->path);
		return -ENOENT;
	}
	for (unsigned i = 0; i < samples->bundle.runtime_count; i++) {
		if (strcmp(samples->bundle.runtimes[i], name) == 0)
			return 0;
	}
	fprintf(stderr, "simul: %s has no runtime '%s'; it has", samples->path, name);
	for (unsigned i = 0; i < samples->bundle.runtime_count; i++)
		fprintf(stderr, "%s %s", i ? "," : "", samples->bundle.runtimes[i]);
	fputc('\n', stderr);
	return -ENOENT;
}

/* The sample of that group and runtime, looked for by the names of groups. */
static const struct sample *sample_of(const struct samples *samples, const json_t *groups, const char *group)
{
	const json_t *place = json_object_get(groups, group);

	return place ? &samples->items[json_integer_value(place)] : NULL;
}

/* From the groups' names to the places of that runtime's samples. */
static json_t *groups_of_runtime(const struct samples *samples, const char *runtime)
{
	json_t *groups = json_object();

	for (size_t i = 0; i < samples->count; i++) {
		if (strcmp(samples->items[i].runtime, runtime) == 0 &&
		    json_object_set_new(groups, samples->items[i].group, json_integer((json_int_t)i)) < 0) {
			json_decref(groups);
			return NULL;
		}
	}
	return groups;
}

int compare_runtimes(const struct samples *samples, const char *runtime, const char *against,
		     const struct compare_options *options, struct comparisons *comparisons)
{
	*comparisons = (struct comparisons){
		.base = samples,
		.other = samples,
		.base_runtime = against,
		.other_runtime = runtime,
		.options = *options,
	};
	if (refuse_runtime(samples, runtime) || refuse_runtime(samples, against))
		return -ENOENT;
	json_t *bases = groups_of_runtime(samples, against), *others = groups_of_runtime(samples, runtime);
	int error = bases && others ? comparisons_start(comparisons, samples->count) : -ENOMEM;

	for (size_t i = 0; i < samples->count && !error; i++) {
		const struct sample *sample = &samples->items[i];
		bool is_base = sample == sample_of(samples, bases, sample->group);

		if (is_base)
			error = compare_one(comparisons, sample, sample_of(samples, others, sample->group));
		else if (sample == sample_of(samples, others, sample->group) &&
			 !sample_of(samples, bases, sample->group))
			error = compare_one(comparisons, NULL, sample);
	}
	json_decref(bases);
	json_decref(others);
	return comparisons_end(comparisons, error);
}

void comparisons_clear(struct comparisons *comparisons)
{
	free(comparisons->items);
	*comparisons = (struct comparisons){.items = NULL};
}
