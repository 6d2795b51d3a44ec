/* groups.c: sorts a bundle's cells by workload, family, axis and runtime; families and groups are then runs of that
 * order. */
#include "groups.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct axis axes[] = {
	{.workload = "chess", .parameter = "boards", .task = "board", .tasks = "boards", .reference = 24},
	{.workload = "counting", .parameter = "slices", .task = "slice", .tasks = "slices"},
	{.workload = "echo",
	 .parameter = "connections",
	 .task = "connection",
	 .tasks = "connections",
	 .reference = 1000},
	{.workload = "switch", .parameter = "tasks", .task = "task", .tasks = "tasks", .reference = 2},
	{.workload = "idle", .parameter = "tasks", .task = "task", .tasks = "tasks"},
	{.workload = NULL, .task = "task", .tasks = "tasks"},
};

/* A cell with what it is sorted by. */
struct placed {
	struct cell *cell;
	size_t rank; /* of its workload in axes[] */
	char *rest;
	double at;
	size_t members; /* groups in its family */
};

static size_t axis_rank(const char *workload)
{
	size_t rank = 0;

	while (axes[rank].workload && strcmp(axes[rank].workload, workload) != 0)
		rank++;
	return rank;
}

static int compare_numbers(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return (a > b) - (a < b);
}

static bool is_segment_of(const char *segment, size_t length, const char *name)
{
	size_t name_length = strlen(name);

	return length > name_length && strncmp(segment, name, name_length) == 0 && segment[name_length] == '=';
}

/* "chess/boards=24/cores=1" without its workload and "boards=24": "cores=1". Owned by the caller; NULL: no memory. */
static char *name_rest(const struct cell *cell, const char *parameter)
{
	char *rest = malloc(strlen(cell->group) + 2), *end = rest;
	const char *segment = cell->group;

	if (!rest)
		return NULL;
	while (segment) {
		const char *slash = strchr(segment, '/');
		size_t length = slash ? (size_t)(slash - segment) : strlen(segment);
		bool leading = segment == cell->group && strlen(cell->workload) == length &&
			       strncmp(segment, cell->workload, length) == 0;

		if (!leading && !(parameter && is_segment_of(segment, length, parameter))) {
			if (end > rest)
				*end++ = '/';
			end = (char *)memcpy(end, segment, length) + length;
		}
		segment = slash ? slash + 1 : NULL;
	}
	*end = '\0';
	return rest;
}

static int compare_families(const struct placed *a, const struct placed *b)
{
	int order = (a->rank > b->rank) - (a->rank < b->rank);

	order = order ? order : strcmp(a->cell->workload, b->cell->workload);
	order = order ? order : (a->members < b->members) - (a->members > b->members);
	return order ? order : strcmp(a->rest, b->rest);
}

static int compare_groups(const struct placed *a, const struct placed *b)
{
	int order = compare_families(a, b);

	order = order ? order : compare_numbers(a->at, b->at);
	return order ? order : strcmp(a->cell->group, b->cell->group);
}

static int compare_placed(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	int order = compare_groups(a, b);

	order = order ? order : (a->cell->slot > b->cell->slot) - (a->cell->slot < b->cell->slot);
	return order ? order : strcmp(a->cell->name, b->cell->name);
}

static int placed_fill(const struct bundle *bundle, struct placed *placed)
{
	for (size_t i = 0; i < bundle->cell_count; i++) {
		struct cell *cell = bundle->by_name[i];
		size_t rank = axis_rank(cell->workload);
		const char *parameter = axes[rank].parameter;

		placed[i] = (struct placed){
			.cell = cell,
			.rank = rank,
			.rest = name_rest(cell, parameter),
			.at = parameter ? cell_parameter(cell, parameter) : NAN,
		};
		if (!placed[i].rest)
			return -ENOMEM;
	}
	return 0;
}

/* Once sorted: tells every cell how many groups its family has. */
static void members_count(struct placed *placed, size_t count)
{
	for (size_t first = 0, end; first < count; first = end) {
		size_t members = 1;

		for (end = first + 1; end < count && compare_families(&placed[first], &placed[end]) == 0; end++)
			members += compare_groups(&placed[end - 1], &placed[end]) != 0;
		for (size_t i = first; i < end; i++)
			placed[i].members = SIZE_MAX - members;
	}
	for (size_t i = 0; i < count; i++)
		placed[i].members = SIZE_MAX - placed[i].members;
}

static void group_append(struct groups *groups, size_t *group_count, const struct placed *placed, size_t index)
{
	struct family *family = &groups->families[groups->family_count - 1];

	if (family->group_count == 0)
		family->groups = &groups->groups[*group_count];
	family->group_count++;
	groups->groups[(*group_count)++] = (struct group){
		.name = placed[index].cell->group,
		.at = placed[index].at,
		.cells = &groups->cells[index],
	};
}

static int family_append(struct groups *groups, const struct placed *placed)
{
	char *rest = strdup(placed->rest);

	if (!rest)
		return -ENOMEM;
	groups->families[groups->family_count++] = (struct family){
		.workload = placed->cell->workload,
		.axis = &axes[placed->rank],
		.rest = rest,
	};
	return 0;
}

static int groups_fill(struct groups *groups, const struct placed *placed, size_t count)
{
	size_t group_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || compare_families(&placed[i - 1], &placed[i]) != 0) {
			if (family_append(groups, &placed[i]))
				return -ENOMEM;
		}
		if (i == 0 || compare_groups(&placed[i - 1], &placed[i]) != 0)
			group_append(groups, &group_count, placed, i);
		groups->groups[group_count - 1].cell_count++;
		groups->cells[i] = placed[i].cell;
	}
	return 0;
}

static int groups_sorted(const struct bundle *bundle, struct groups *groups, struct placed *placed)
{
	size_t count = bundle->cell_count;
	int error = placed_fill(bundle, placed);

	if (error)
		return error;
	qsort(placed, count, sizeof(*placed), compare_placed);
	members_count(placed, count);
	qsort(placed, count, sizeof(*placed), compare_placed);
	return groups_fill(groups, placed, count);
}

int groups_make(const struct bundle *bundle, struct groups *groups)
{
	size_t count = bundle->cell_count;
	struct placed *placed = calloc(count + 1, sizeof(*placed));
	int error = -ENOMEM;

	*groups = (struct groups){
		.cells = calloc(count + 1, sizeof(*groups->cells)),
		.groups = calloc(count + 1, sizeof(*groups->groups)),
		.families = calloc(count + 1, sizeof(*groups->families)),
	};
	if (placed && groups->cells && groups->groups && groups->families)
		error = groups_sorted(bundle, groups, placed);
	for (size_t i = 0; placed && i < count; i++)
		free(placed[i].rest);
	free(placed);
	if (error)
		groups_clear(groups);
	return error;
}

void groups_clear(struct groups *groups)
{
	for (size_t i = 0; i < groups->family_count; i++)
		free(groups->families[i].rest);
	free(groups->families);
	free(groups->groups);
	free(groups->cells);
	*groups = (struct groups){0};
}

const struct family *groups_of(const struct groups *groups, const char *workload, size_t *count)
{
	const struct family *first = NULL;

	*count = 0;
	for (size_t i = 0; i < groups->family_count; i++) {
		if (strcmp(groups->families[i].workload, workload) != 0)
			continue;
		if ((*count)++ == 0)
			first = &groups->families[i];
	}
	return first;
}

const struct family *family_next_workload(const struct groups *groups, const struct family *family)
{
	const struct family *end = groups->families + groups->family_count;
	const char *workload = family ? family->workload : "";

	family = family ? family : groups->families;
	while (family < end && strcmp(family->workload, workload) == 0)
		family++;
	return family < end ? family : NULL;
}

static void group_weigh(const struct group *group, size_t *settled, size_t *good)
{
	*settled = *good = 0;
	for (size_t i = 0; i < group->cell_count; i++) {
		const struct cell *cell = group->cells[i];

		*good += cell->count[STATUS_OK] > 0;
		*settled += cell->refused || cell->invocation_count > cell->count[STATUS_INTERRUPTED];
	}
}

static size_t most_settled(const struct family *family)
{
	size_t most = 0, settled, good;

	for (size_t i = 0; i < family->group_count; i++) {
		group_weigh(&family->groups[i], &settled, &good);
		most = good > 0 && settled > most ? settled : most;
	}
	return most;
}

/* The candidate of that index (from 0), or at the reference; counts candidates in *count. */
static const struct group *candidate(const struct family *family, size_t wanted, size_t *count)
{
	size_t most = most_settled(family), settled, good;
	const struct group *found = NULL;

	*count = 0;
	for (size_t i = 0; i < family->group_count; i++) {
		const struct group *group = &family->groups[i];

		group_weigh(group, &settled, &good);
		if (good == 0 || settled < most)
			continue;
		if (family->axis->reference > 0 && group->at == family->axis->reference)
			return group;
		if ((*count)++ == wanted)
			found = group;
	}
	return found;
}

const struct group *headline_group(const struct family *family)
{
	size_t count;
	const struct group *first = candidate(family, 0, &count);

	if (count == 0)
		return first;
	return candidate(family, count / 2, &count);
}

static double usual_bound(const struct group *group)
{
	size_t room = 1, count = 0;
	double *values, median;

	for (size_t i = 0; i < group->cell_count; i++)
		room += group->cells[i]->invocation_count;
	values = malloc(sizeof(*values) * room);
	for (size_t i = 0; values && i < group->cell_count; i++)
		count += cell_values(group->cells[i], MEASURE_BOUND_NS, values + count);
	median = summarize(values, count, 0.95).median;
	free(values);
	return median;
}

double group_bound(const struct group *group)
{
	double bound = usual_bound(group);

	return isnan(bound) ? group_least_bound(group) : bound;
}

bool group_has_bounds(const struct group *group)
{
	return !isnan(usual_bound(group));
}

double group_least_bound(const struct group *group)
{
	double bound = NAN;

	for (size_t i = 0; i < group->cell_count; i++)
		bound = fmin(bound, group->cells[i]->bound_ns);
	return bound > 0 ? bound : NAN;
}

bool group_has_result(const struct group *group)
{
	for (size_t i = 0; i < group->cell_count; i++) {
		if (group->cells[i]->count[STATUS_OK] > 0)
			return true;
	}
	return false;
}

bool group_is_unreliable(const struct group *group, char *text, size_t size)
{
	size_t good = 0, disturbed = 0;

	for (size_t i = 0; i < group->cell_count; i++)
		for (size_t j = 0; j < group->cells[i]->invocation_count; j++) {
			good += group->cells[i]->invocations[j].status == STATUS_OK;
			disturbed += invocation_disturbed(&group->cells[i]->invocations[j]);
		}
	*text = '\0';
	if (2 * disturbed > good)
		snprintf(text, size, "do not rely on it: %zu of %zu invocations were disturbed by other load",
			 disturbed, good);
	return *text != '\0';
}

unsigned group_cores(const struct group *group)
{
	unsigned cores = 0;

	for (size_t i = 0; i < group->cell_count; i++)
		cores = group->cells[i]->cores > cores ? group->cells[i]->cores : cores;
	/* Cells that are not played have been given none; how many were asked for, the name says. */
	if (cores == 0 && group->cell_count > 0) {
		const char *asked = strstr(group->cells[0]->group, "/cores=");

		cores = asked ? (unsigned)strtoul(asked + strlen("/cores="), NULL, 10) : 0;
	}
	return cores;
}

bool family_is_open_loop(const struct family *family)
{
	return family->group_count > 0 && family->groups[0].cell_count > 0 &&
	       cell_parameter(family->groups[0].cells[0], "rate") > 0;
}

void family_label(const struct family *family, char *text, size_t size)
{
	unsigned cores = group_cores(&family->groups[0]);
	int used = snprintf(text, size, "on %u core%s", cores, cores == 1 ? "" : "s");

	for (const char *segment = family->rest; *segment;) {
		size_t length = strcspn(segment, "/");

		if (!is_segment_of(segment, length, "cores") && used >= 0 && (size_t)used < size)
			used += snprintf(text + used, size - (size_t)used, ", %.*s", (int)length, segment);
		segment += length + (segment[length] == '/');
	}
}

const struct cell *group_cell(const struct group *group, unsigned slot)
{
	for (size_t i = 0; i < group->cell_count; i++) {
		if (group->cells[i]->slot == slot)
			return group->cells[i];
	}
	return NULL;
}

enum fate cell_fate(const struct cell *cell)
{
	if (cell->count[STATUS_OK] > 0)
		return cell->count[STATUS_FAILED] > 0 ? FATE_PARTLY : FATE_GOOD;
	if (cell->count[STATUS_FAILED] > 0)
		return FATE_FAILED;
	return cell->refused || cell->count[STATUS_REFUSED] > 0 ? FATE_REFUSED : FATE_UNPLAYED;
}
