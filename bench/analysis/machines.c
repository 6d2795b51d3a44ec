/* machines.c: see machines.h. */
#include "machines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- the machines --------------------------------------------------------------------------------------------- */

static unsigned count_of(const json_t *machine, const char *key)
{
	const json_t *value = json_object_get(machine, key);
	double number = json_is_array(value) ? (double)json_array_size(value) : json_measure(machine, key);

	return number <= 1e6 ? (unsigned)number : 0;
}

static int side_fill(struct machine_side *side, const struct samples *samples)
{
	if (!samples->is_bundle) {
		fprintf(stderr, "simul: %s is no bundle: it does not say which machine it is of\n", samples->path);
		return -EINVAL;
	}
	const json_t *machine = bundle_object(&samples->bundle, "machine");
	const char *identity = bundle_text(&samples->bundle, "machine", "identity");

	*side = (struct machine_side){
		.samples = samples,
		.identity = identity ? identity : "",
		.allowed = count_of(machine, "cores_allowed"),
		.present = count_of(machine, "cores_present"),
		.physical = count_of(machine, "cores_physical"),
	};
	return 0;
}

/* A part of itself, or of another of these. */
static void sides_tag(struct machines *machines)
{
	for (unsigned i = 0; i < machines->side_count; i++) {
		struct machine_side *side = &machines->sides[i];

		side->emulated = side->allowed > 0 && side->allowed < side->present;
		for (unsigned k = 0; k < machines->side_count; k++) {
			const struct machine_side *other = &machines->sides[k];

			side->emulated |= *side->identity && strcmp(side->identity, other->identity) == 0 &&
					  side->allowed > 0 && side->allowed < other->allowed;
		}
	}
}

/* --- rows ----------------------------------------------------------------------------------------------------- */

/* Bytes of the name without its last segment, where that is the number of cores. */
static size_t row_length(const char *name)
{
	const char *cores = strstr(name, "/cores="), *later;

	while (cores && (later = strstr(cores + 1, "/cores=")))
		cores = later;
	return cores && cores[7 + strspn(cores + 7, "0123456789")] == '\0' ? (size_t)(cores - name) : strlen(name);
}

static int compare_rows(const char *a, const char *b)
{
	size_t a_length = row_length(a), b_length = row_length(b);
	int order = strncmp(a, b, a_length < b_length ? a_length : b_length);

	return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_points(const void *left, const void *right)
{
	const struct machine_point *a = left, *b = right;
	int order = compare_rows(a->sample->name, b->sample->name);

	order = order ? order : (a->machine > b->machine) - (a->machine < b->machine);
	order = order ? order : (a->cores > b->cores) - (a->cores < b->cores);
	return order ? order : strcmp(a->sample->name, b->sample->name);
}

static void points_gather(struct machines *machines)
{
	for (unsigned i = 0; i < machines->side_count; i++) {
		const struct machine_side *side = &machines->sides[i];

		for (size_t k = 0; k < side->samples->count; k++) {
			const struct sample *sample = &side->samples->items[k];

			machines->points[machines->point_count++] = (struct machine_point){
				.machine = i,
				.sample = sample,
				.cores = sample->cell->cores,
				.share = side->allowed > 0 ? sample->cell->cores / (double)side->allowed : NAN,
				.verdict = VERDICT_REFUSED,
				.speed = NAN,
				.interval = {.low = NAN, .high = NAN},
				.per_core = NAN,
				.calibrated = NAN,
				.efficiency = NAN,
			};
		}
	}
	qsort(machines->points, machines->point_count, sizeof(*machines->points), compare_points);
}

static int rows_cut(struct machines *machines)
{
	for (size_t i = 0; i < machines->point_count; i++) {
		struct machine_point *point = &machines->points[i];
		const struct sample *sample = point->sample;
		struct machine_row *row;

		if (i == 0 || compare_rows(point[-1].sample->name, sample->name) != 0) {
			row = &machines->rows[machines->row_count++];
			*row = (struct machine_row){
				.name = strndup(sample->name, row_length(sample->name)),
				.workload = sample->workload,
				.runtime = sample->runtime,
				.points = point,
			};
			if (!row->name)
				return -ENOMEM;
		}
		row = &machines->rows[machines->row_count - 1];
		row->count++;
		if (point->machine == 0 && !sample->missing)
			row->base = point;
	}
	return 0;
}

/* --- one point against the base --------------------------------------------------------------------------------- */

/* The cost that its work is made of, by its own machine's calibration; NAN if there is none. */
static double own_cost(const struct sample *sample, const struct samples *samples)
{
	const json_t *least = bundle_object(&samples->bundle, "calibration_least"),
		     *first = bundle_object(&samples->bundle, "calibration");
	json_t *parameters = (json_t *)sample->cell->parameters, *value;
	const char *name;
	char key[96];

	json_object_foreach(parameters, name, value)
	{
		for (int unit = 0; unit < 2; unit++) {
			snprintf(key, sizeof(key), "%s_%s", name, unit == 0 ? "ps" : "ns");
			double cost = json_measure(least, key);

			cost = cost > 0 ? cost : json_measure(first, key);
			if (cost > 0)
				return cost;
		}
	}
	return NAN;
}

static int point_compare(const struct machines *machines, const struct machine_row *row, struct machine_point *point,
			 struct compare_options options)
{
	const struct machine_point *base = row->base;
	const struct machine_side *side = &machines->sides[point->machine];
	struct comparison comparison;

	options.seed = compare_seed(point->sample->name, options.seed);
	int error = compare_values(base->sample->values, base->sample->count, point->sample->values,
				   point->sample->count, &options, &comparison);

	if (error)
		return error;
	point->verdict = comparison.verdict;
	point->interval = comparison.interval;
	point->interval.low = 1 / comparison.interval.high;
	point->interval.high = 1 / comparison.interval.low;
	point->speed = 1 / comparison.ratio;
	point->per_core = point->speed / point->cores * base->cores;
	point->calibrated = point->paced ? point->speed
					 : point->speed * own_cost(point->sample, side->samples) /
						   own_cost(base->sample, machines->sides[0].samples);
	return 0;
}

/* Against the same machine's one core. */
static void row_efficiencies(const struct machines *machines, struct machine_row *row)
{
	const struct machine_point *one = NULL;

	for (size_t i = 0; i < row->count; i++) {
		struct machine_point *point = &row->points[i];
		double physical = machines->sides[point->machine].physical;

		if (one && one->machine != point->machine)
			one = NULL;
		if (point->cores == 1 && !isnan(point->speed))
			one = point;
		if (one && physical > 0)
			point->efficiency = point->speed / one->speed / fmin(point->cores, physical);
	}
}

static int row_compare(struct machines *machines, struct machine_row *row, const struct compare_options *options)
{
	int error = 0;

	for (size_t i = 0; i < row->count && row->base && !error; i++) {
		struct machine_point *point = &row->points[i];
		const struct samples *samples = machines->sides[point->machine].samples;

		if (compare_refuses(machines->sides[0].samples, row->base->sample, samples, point->sample,
				    &point->paced, point->refused))
			machines->refused++;
		else
			error = point_compare(machines, row, point, *options);
		machines->compared += point->machine > 0 && !*point->refused;
		machines->paced += !*point->refused && point->paced;
		row->paced |= !*point->refused && point->paced;
	}
	row_efficiencies(machines, row);
	return error;
}

/* --- rows that nothing is compared in ----------------------------------------------------------------------------- */

static bool has_machine(const struct machine_row *row, unsigned machine)
{
	for (size_t i = 0; i < row->count; i++) {
		if (row->points[i].machine == machine)
			return true;
	}
	return false;
}

/* A row that only one machine has compares nothing, nor does one that the first machine has no result of. */
static bool is_shared(const struct machine_row *row)
{
	return row->base && row->points[0].machine != row->points[row->count - 1].machine;
}

/* The next segment of the path that the other one has not, as "boards=100"; *path goes behind it. False: none. */
static bool next_difference(const char **path, const char *other, char segment[64])
{
	while (**path) {
		size_t length = strcspn(*path, "/");
		const char *found = other;

		snprintf(segment, 64, "%.*s", (int)length, *path);
		*path += length + ((*path)[length] == '/');
		while (found && (strncmp(found, segment, length) != 0 || (found[length] && found[length] != '/')))
			found = strchr(found, '/') ? strchr(found, '/') + 1 : NULL;
		if (!found)
			return true;
	}
	return false;
}

static size_t differences(const char *path, const char *other, char *text, size_t size)
{
	char segment[64];
	size_t count = 0, used = 0;

	*text = '\0';
	while (next_difference(&path, other, segment)) {
		used += (size_t)snprintf(text + used, size - used, "%s%s", count ? " " : "", segment);
		used = used < size ? used : size - 1;
		count++;
	}
	return count;
}

/* Of the same workload and runtime, the row of a machine that differs least; of those, one that its machine is alone
 * with too. NULL: it has none. */
static const struct machine_row *nearest(const struct machines *machines, const struct machine_row *row,
					 unsigned machine)
{
	const struct machine_row *found = NULL;
	size_t least = SIZE_MAX;
	char text[2];

	for (size_t i = 0; i < machines->row_count; i++) {
		const struct machine_row *other = &machines->rows[i];

		if (other == row || strcmp(other->workload, row->workload) != 0 ||
		    strcmp(other->runtime, row->runtime) != 0 || !has_machine(other, machine))
			continue;
		size_t count = 2 * differences(row->name, other->name, text, sizeof(text)) + is_shared(other);

		if (count < least)
			found = other, least = count;
	}
	return found;
}

/* Whom a row is missed of: the first machine, or where it is the first's, any other one. */
static unsigned other_machine(const struct machines *machines, const struct machine_row *row)
{
	unsigned machine = 0;

	while (machine + 1 < machines->side_count && has_machine(row, machine))
		machine++;
	return machine;
}

static bool has_workload(const struct machines *machines, const char *workload, unsigned machine)
{
	for (size_t i = 0; i < machines->row_count; i++) {
		if (strcmp(machines->rows[i].workload, workload) == 0 && has_machine(&machines->rows[i], machine))
			return true;
	}
	return false;
}

/* The machines in their order, so that the two sides of a difference say the same. */
static void explain_difference(struct machine_row *row, const struct machine_row *near, unsigned own, unsigned other)
{
	const struct machine_row *first = own < other ? row : near, *second = own < other ? near : row;
	unsigned low = own < other ? own : other, high = own < other ? other : own;
	char left[150], right[150];

	differences(first->name, second->name, left, sizeof(left));
	differences(second->name, first->name, right, sizeof(right));
	snprintf(row->alone, sizeof(row->alone), "different parameters: %u has %s, %u has %s", low + 1,
		 *left ? left : "not", high + 1, *right ? right : "not");
}

static void row_explain(const struct machines *machines, struct machine_row *row)
{
	unsigned own = row->points[0].machine, other = other_machine(machines, row);
	const struct machine_row *near = nearest(machines, row, other);
	char here[150];

	if (has_machine(row, 0) && !row->base)
		snprintf(row->alone, sizeof(row->alone), "1 has no result of it: %s", row->points[0].sample->missing);
	else if (!has_workload(machines, row->workload, other))
		snprintf(row->alone, sizeof(row->alone), "%u has not played it", other + 1);
	else if (!near)
		snprintf(row->alone, sizeof(row->alone), "%u has not played it by that runtime", other + 1);
	else if (!is_shared(near))
		explain_difference(row, near, own, other);
	else {
		differences(row->name, near->name, here, sizeof(here));
		snprintf(row->alone, sizeof(row->alone), "only %u has %s", own + 1, *here ? here : "it");
	}
}

static int machines_fill(struct machines *machines, const struct compare_options *options)
{
	size_t count = 0;
	int error = 0;

	for (unsigned i = 0; i < machines->side_count; i++)
		count += machines->sides[i].samples->count;
	machines->points = calloc(count + 1, sizeof(*machines->points));
	machines->rows = calloc(count + 1, sizeof(*machines->rows));
	if (!machines->points || !machines->rows)
		return -ENOMEM;
	points_gather(machines);
	error = rows_cut(machines);
	for (size_t i = 0; i < machines->row_count && !error; i++) {
		struct machine_row *row = &machines->rows[i];

		machines->alone += !is_shared(row);
		error = row_compare(machines, row, options);
		if (!is_shared(row))
			row_explain(machines, row);
	}
	return error;
}

int machines_compare(const struct samples *bundles, unsigned count, const struct compare_options *options,
		     struct machines *machines)
{
	int error = 0;

	*machines = (struct machines){.side_count = count};
	if (count < 2 || count > MACHINES_MAX) {
		fprintf(stderr, "simul: machines are compared from 2 to %d bundles\n", MACHINES_MAX);
		return -EINVAL;
	}
	for (unsigned i = 0; i < count && !error; i++)
		error = side_fill(&machines->sides[i], &bundles[i]);
	if (!error) {
		sides_tag(machines);
		error = machines_fill(machines, options);
	}
	if (error == -ENOMEM)
		fputs("simul: there is not enough memory to compare\n", stderr);
	if (error)
		machines_clear(machines);
	return error;
}

/* The point with the most cores of that machine that was compared; NULL if there is none. */
static const struct machine_point *greatest(const struct machine_row *row, unsigned machine)
{
	const struct machine_point *found = NULL;

	for (size_t i = 0; i < row->count; i++) {
		if (row->points[i].machine == machine && !isnan(row->points[i].speed))
			found = &row->points[i];
	}
	return found;
}

void machines_count(const struct machines *machines, unsigned machine, size_t of[VERDICTS])
{
	for (int i = 0; i < VERDICTS; i++)
		of[i] = 0;
	for (size_t i = 0; i < machines->row_count; i++) {
		const struct machine_row *row = &machines->rows[i];
		const struct machine_point *point = greatest(row, machine);

		if (point)
			of[point->verdict]++;
		else
			of[VERDICT_REFUSED] += has_machine(row, machine) || has_machine(row, 0);
	}
}

void machines_clear(struct machines *machines)
{
	for (size_t i = 0; i < machines->row_count; i++)
		free(machines->rows[i].name);
	free(machines->rows);
	free(machines->points);
	*machines = (struct machines){.side_count = 0};
}
