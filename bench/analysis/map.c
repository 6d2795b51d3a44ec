/* map.c: see map.h. */
#include "map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096 };

/* --- which groups --------------------------------------------------------------------------------------------- */

/* What a group's chess was; tasks is NAN where it was no such work. */
struct work {
	double tasks, move, reply;
	unsigned cores;
};

static struct work work_of(const struct group *group)
{
	const struct cell *cell = group->cells[0];
	struct work work = {
		.tasks = cell_parameter(cell, "boards"),
		.move = cell_parameter(cell, "move"),
		.reply = cell_parameter(cell, "reply"),
		.cores = group_cores(group),
	};

	if (!(work.tasks >= 1) || !(work.move > 0) || !(work.reply >= 0) || isinf(work.move + work.reply))
		work.tasks = NAN;
	return work;
}

static bool is_of(const struct map *map, const struct work *work)
{
	return !isnan(work->tasks) && work->cores == map->cores && work->move == map->compute_ns;
}

static double share_of(const struct work *work)
{
	return work->reply / (work->move + work->reply);
}

static bool add_once(double *numbers, size_t *count, double number)
{
	for (size_t i = 0; i < *count; i++)
		if (numbers[i] == number)
			return false;
	numbers[(*count)++] = number;
	return true;
}

/* Fills places, tasks and shares, which have room, with the map's kind of work; the first of equal places counts. */
static void collect(const struct family *chess, size_t families, struct map *map)
{
	map->count = map->columns = map->rows = 0;
	for (size_t f = 0; f < families; f++)
		for (size_t g = 0; g < chess[f].group_count; g++) {
			const struct group *group = &chess[f].groups[g];
			struct work work = work_of(group);
			bool known = false;

			if (!is_of(map, &work))
				continue;
			for (size_t i = 0; i < map->count; i++)
				known |= map->places[i].tasks == work.tasks && map->places[i].share == share_of(&work);
			if (known)
				continue;
			map->places[map->count++] =
				(struct map_place){.group = group, .tasks = work.tasks, .share = share_of(&work)};
			add_once(map->tasks, &map->columns, work.tasks);
			add_once(map->shares, &map->rows, share_of(&work));
		}
}

static bool is_map(const struct map *map)
{
	return map->columns > 1 && map->rows > 1;
}

/* The kind of work with the most places, tried once each. */
static void choose(const struct family *chess, size_t families, unsigned cores, double compute_ns, struct map *map)
{
	struct map best = *map;

	best.count = 0;
	for (size_t f = 0; f < families; f++)
		for (size_t g = 0; g < chess[f].group_count; g++) {
			struct work work = work_of(&chess[f].groups[g]);

			if (isnan(work.tasks) || (cores && work.cores != cores) ||
			    (compute_ns > 0 && work.move != compute_ns) ||
			    (work.cores == map->cores && work.move == map->compute_ns))
				continue;
			map->cores = work.cores;
			map->compute_ns = work.move;
			collect(chess, families, map);
			if (is_map(map) && map->count > best.count)
				best = *map;
		}
	map->cores = best.cores;
	map->compute_ns = best.compute_ns;
	if (best.count > 0)
		collect(chess, families, map);
	else
		map->count = 0;
}

/* --- an answer ------------------------------------------------------------------------------------------------ */

static int by_median(const void *left, const void *right)
{
	const struct map_entry *a = left, *b = right;

	if (a->median != b->median)
		return a->median < b->median ? -1 : 1;
	return (a->cell->slot > b->cell->slot) - (a->cell->slot < b->cell->slot);
}

static int entry_fill(const struct cell *cell, enum map_aspect aspect, struct map_entry *entry)
{
	*entry = (struct map_entry){.cell = cell,
				    .values = malloc(sizeof(*entry->values) * (cell->invocation_count + 1))};
	if (!entry->values)
		return -ENOMEM;
	entry->n = cell_values(cell, aspect == MAP_TIME ? MEASURE_WALL_NS : MEASURE_MEMORY_BYTES, entry->values);
	for (size_t i = 0; aspect == MAP_MEMORY && i < entry->n; i++)
		entry->values[i] = fmax(entry->values[i], PAGE_BYTES);
	sort_values(entry->values, entry->n);
	entry->median = quantile(entry->values, entry->n, 0.5);
	return 0;
}

static int entry_judge(const struct map_entry *best, struct map_entry *entry)
{
	const struct compare_options options = {
		.min_effect = COMPARE_LEAST_EFFECT, .seed = compare_seed(best->cell->name, 1), .verdict_only = true};
	struct comparison comparison;
	int error = compare_values(best->values, best->n, entry->values, entry->n, &options, &comparison);

	if (error)
		return error;
	entry->ratio = entry->median / best->median;
	entry->verdict = entry == best ? VERDICT_SAME : comparison.verdict;
	entry->leads = entry == best ||
		       (best->n >= COMPARE_LEAST && entry->n >= COMPARE_LEAST && comparison_is_level(&comparison));
	return 0;
}

static int answer_judge(struct map_answer *answer)
{
	int error = 0;

	qsort(answer->entries, answer->count, sizeof(*answer->entries), by_median);
	for (size_t i = 0; i < answer->count && !error; i++) {
		struct map_entry *entry = &answer->entries[i];

		error = entry_judge(answer->entries, entry);
		answer->leaders += !error && entry->leads;
		answer->unsure |= !entry->leads && entry->verdict != VERDICT_SLOWER;
		if (!answer->second && entry->verdict == VERDICT_SLOWER)
			answer->second = entry;
	}
	return error;
}

static int answer_make(const struct bundle *bundle, const struct group *group, enum map_aspect aspect,
		       struct map_answer *answer)
{
	int error = 0;

	*answer = (struct map_answer){.entries = calloc(group->cell_count + 1, sizeof(*answer->entries))};
	if (!answer->entries)
		return -ENOMEM;
	for (size_t i = 0; i < group->cell_count && !error; i++) {
		const struct cell *cell = group->cells[i];
		struct map_entry *entry = &answer->entries[answer->count];

		if (bundle_is_peer(bundle, cell->runtime) || bundle_is_floor(bundle, cell->runtime))
			continue;
		error = entry_fill(cell, aspect, entry);
		if (!error && entry->n > 0 && entry->median > 0)
			answer->count++;
		else
			free(entry->values);
	}
	return error ? error : answer_judge(answer);
}

static void answer_clear(struct map_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		free(answer->entries[i].values);
	free(answer->entries);
}

/* --- the map -------------------------------------------------------------------------------------------------- */

static int by_place(const void *left, const void *right)
{
	const struct map_place *a = left, *b = right;

	if (a->share != b->share)
		return a->share < b->share ? -1 : 1;
	return (a->tasks > b->tasks) - (a->tasks < b->tasks);
}

static size_t index_of(const double *numbers, size_t count, double number)
{
	size_t i = 0;

	while (i < count && numbers[i] != number)
		i++;
	return i;
}

static int fill(const struct bundle *bundle, struct map *map)
{
	int error = 0;

	sort_values(map->tasks, map->columns);
	sort_values(map->shares, map->rows);
	qsort(map->places, map->count, sizeof(*map->places), by_place);
	for (size_t i = 0; i < map->count && !error; i++) {
		struct map_place *place = &map->places[i];

		place->column = index_of(map->tasks, map->columns, place->tasks);
		place->row = index_of(map->shares, map->rows, place->share);
		group_is_unreliable(place->group, place->unreliable, sizeof(place->unreliable));
		for (int aspect = 0; aspect < MAP_ASPECTS && !error; aspect++)
			error = answer_make(bundle, place->group, (enum map_aspect)aspect, &place->answer[aspect]);
	}
	return error;
}

int map_make(const struct groups *groups, const struct bundle *bundle, unsigned cores, double compute_ns,
	     struct map *map)
{
	size_t families, room = 1;
	const struct family *chess = groups_of(groups, "chess", &families);
	int error;

	for (size_t f = 0; f < families; f++)
		room += chess[f].group_count;
	*map = (struct map){
		.places = calloc(room, sizeof(*map->places)),
		.tasks = calloc(room, sizeof(*map->tasks)),
		.shares = calloc(room, sizeof(*map->shares)),
	};
	error = map->places && map->tasks && map->shares ? 0 : -ENOMEM;
	if (!error) {
		choose(chess, families, cores, compute_ns, map);
		error = map->count > 0 ? fill(bundle, map) : -ENODATA;
	}
	if (error)
		map_clear(map);
	return error;
}

void map_clear(struct map *map)
{
	for (size_t i = 0; map->places && i < map->count; i++)
		for (int aspect = 0; aspect < MAP_ASPECTS; aspect++)
			answer_clear(&map->places[i].answer[aspect]);
	free(map->places);
	free(map->tasks);
	free(map->shares);
	*map = (struct map){.places = NULL};
}

const struct map_place *map_at(const struct map *map, size_t column, size_t row)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->places[i].column == column && map->places[i].row == row)
			return &map->places[i];
	return NULL;
}

/* A round's time over its computing: 1 where nothing is waited for, 1,000 at 99.9 %. */
static double stretch(double share)
{
	return 1 / fmax(1 - share, 1e-9);
}

const struct map_place *map_near(const struct map *map, double tasks, double share)
{
	const struct map_place *near = NULL;
	double least = INFINITY;

	for (size_t i = 0; i < map->count; i++) {
		const struct map_place *place = &map->places[i];
		double off = hypot(log(place->tasks / tasks), log(stretch(place->share) / stretch(share)));

		if (place->answer[MAP_TIME].count > 0 && off < least)
			near = place, least = off;
	}
	return near;
}

/* --- where to look next --------------------------------------------------------------------------------------- */

static bool share_a_leader(const struct map_answer *a, const struct map_answer *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; a->entries[i].leads && k < b->count; k++)
			if (b->entries[k].leads && a->entries[i].cell->slot == b->entries[k].cell->slot)
				return true;
	return a->count == 0 || b->count == 0;
}

/* The round number between two that is nearest to their middle, by ratios; NAN: there is none. */
static double tasks_between(double low, double high)
{
	static const double digits[] = {1, 2, 3, 5};
	double found = NAN, middle = sqrt(low * high);

	for (double power = 1; power < high; power *= 10)
		for (size_t i = 0; i < sizeof(digits) / sizeof(*digits); i++) {
			double tasks = digits[i] * power;

			if (tasks > low && tasks < high && !(fabs(log(tasks / middle)) >= fabs(log(found / middle))))
				found = tasks;
		}
	return found;
}

static double share_between(double low, double high)
{
	static const double round[] = {0.25, 0.5, 0.75, 0.9, 0.95, 0.97, 0.99, 0.995, 0.997, 0.999, 0.9995, 0.9999};
	double found = NAN, middle = sqrt(stretch(low) * stretch(high));

	/* Shares as measured come from whole nanoseconds. */
	for (size_t i = 0; i < sizeof(round) / sizeof(*round); i++)
		if (stretch(round[i]) > stretch(low) * 1.05 && stretch(round[i]) * 1.05 < stretch(high) &&
		    !(fabs(log(stretch(round[i]) / middle)) >= fabs(log(stretch(found) / middle))))
			found = round[i];
	return found;
}

struct refinement {
	struct map_point *points;
	size_t count, most;
};

static void propose(struct refinement *refinement, double tasks, double share)
{
	for (size_t i = 0; i < refinement->count; i++)
		if (refinement->points[i].tasks == tasks && fabs(refinement->points[i].share - share) < 1e-6)
			return;
	if (!isnan(tasks) && !isnan(share) && refinement->count < refinement->most)
		refinement->points[refinement->count++] = (struct map_point){tasks, share};
}

/* The next measured place after this one in its row (along) or column, or NULL. */
static const struct map_place *neighbour(const struct map *map, const struct map_place *place, bool along)
{
	const struct map_place *next = NULL;

	for (size_t i = along ? place->column + 1 : place->row + 1; i < (along ? map->columns : map->rows) && !next;
	     i++)
		next = along ? map_at(map, i, place->row) : map_at(map, place->column, i);
	return next;
}

size_t map_refine(const struct map *map, struct map_point *points, size_t most)
{
	struct refinement refinement = {.points = points, .most = most};

	for (int aspect = 0; aspect < MAP_ASPECTS; aspect++)
		for (size_t i = 0; i < map->count; i++) {
			const struct map_place *place = &map->places[i];

			for (int along = 1; along >= 0; along--) {
				const struct map_place *next = neighbour(map, place, along);

				if (!next || share_a_leader(&place->answer[aspect], &next->answer[aspect]))
					continue;
				if (along)
					propose(&refinement, tasks_between(place->tasks, next->tasks), place->share);
				else
					propose(&refinement, place->tasks, share_between(place->share, next->share));
			}
		}
	return refinement.count;
}
