/* check.c: see check.h. */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct exhibition exhibition_of(const struct cell *cell)
{
	double masters = cell_parameter(cell, "masters");

	return (struct exhibition){
		.boards = cell_parameter(cell, "boards"),
		.pairs = cell_parameter(cell, "pairs"),
		.move_ns = cell_parameter(cell, "move"),
		.reply_ns = cell_parameter(cell, "reply"),
		.cores = masters > 0 && masters < cell->cores ? (unsigned)masters : cell->cores,
	};
}

static int check_cell(const struct bundle *bundle, const struct group *group, const struct cell *cell,
		      struct checks *checks)
{
	struct exhibition exhibition = exhibition_of(cell);
	struct forecast forecast;
	struct costs costs;
	double measured = cell_summary(cell, MEASURE_WALL_NS).median / group_bound(group);
	int error = costs_read(bundle, cell->slot, cell->cores, &costs);

	if (error == -ENODATA) {
		checks->uncosted++;
		return 0;
	}
	if (!error && measured > 0)
		error = forecast_chess(&costs, &exhibition, &forecast);
	if (error || !(measured > 0))
		return error;

	double multiple = forecast.wall_ns / forecast.bound_ns;

	checks->check[checks->count++] = (struct check){
		.cell = cell, .measured = measured, .forecast = multiple, .error = multiple / measured - 1};
	return 0;
}

static int check_family(const struct bundle *bundle, const struct family *family, struct checks *checks)
{
	int error = 0;

	for (size_t i = 0; i < family->group_count && !error; i++) {
		const struct group *group = &family->groups[i];

		for (size_t j = 0; j < group->cell_count && !error; j++)
			if (group->cells[j]->count[STATUS_OK] > 0)
				error = check_cell(bundle, group, group->cells[j], checks);
	}
	return error;
}

int checks_make(const struct bundle *bundle, const struct groups *groups, struct checks *checks)
{
	size_t count;
	const struct family *family = groups_of(groups, "chess", &count);
	int error = 0;

	*checks = (struct checks){.check = calloc(bundle->cell_count + 1, sizeof *checks->check)};
	if (!checks->check)
		return -ENOMEM;
	for (size_t i = 0; i < count && !error; i++)
		error = check_family(bundle, &family[i], checks);
	if (error)
		checks_clear(checks);
	return error;
}

void checks_clear(struct checks *checks)
{
	free(checks->check);
	*checks = (struct checks){.check = NULL};
}
