/* check.c: see check.h. */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "echo.h"
#include "quiet.h"

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

static void add(struct checks *checks, const struct cell *cell, double measured, double forecast, bool beyond)
{
	if (measured > 0 && forecast > 0)
		checks->check[checks->count++] = (struct check){.cell = cell,
								.measured = measured,
								.forecast = forecast,
								.error = forecast / measured - 1,
								.beyond = beyond,
								.alone = quiet_has(cell)};
}

static int check_chess(const struct bundle *bundle, const struct cell *cell, struct checks *checks)
{
	struct exhibition exhibition = exhibition_of(cell);
	struct forecast forecast;
	struct costs costs;
	int error = costs_read(bundle, cell->slot, cell->cores, &costs);

	if (!error)
		error = forecast_chess(&costs, &exhibition, &forecast);
	if (!error)
		add(checks, cell, quiet_summary(cell, MEASURE_TIMES_BOUND).median, forecast.wall_ns / forecast.bound_ns,
		    forecast.beyond);
	return error;
}

static int check_echo(const struct bundle *bundle, const struct cell *cell, struct checks *checks)
{
	struct exchange exchange = {
		.connections = cell_parameter(cell, "connections"),
		.messages = cell_parameter(cell, "messages"),
		.size = cell_parameter(cell, "size"),
		.cores = cell->cores,
		.load_cores = cell->load_cores > 0 ? cell->load_cores : 1,
	};
	struct echo_forecast forecast;
	struct echo_costs costs;
	int error;

	if (!echo_is_plain(cell))
		return 0;
	error = echo_costs_read(bundle, cell->slot, cell->cores, cell, &costs);
	if (!error)
		error = echo_forecast_make(&costs, &exchange, &forecast);
	if (!error)
		add(checks, cell, quiet_summary(cell, MEASURE_RATE).median, forecast.rate, forecast.beyond);
	return error;
}

static int check_all(const struct bundle *bundle, const char *workload,
		     int (*check)(const struct bundle *, const struct cell *, struct checks *), struct checks *checks)
{
	int error = 0;

	*checks = (struct checks){.check = calloc(bundle->cell_count + 1, sizeof *checks->check)};
	if (!checks->check)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->cell_count && !error; i++) {
		const struct cell *cell = &bundle->cells[i];

		if (strcmp(cell->workload, workload) != 0 || cell->count[STATUS_OK] == 0 ||
		    bundle_is_floor(bundle, cell->runtime))
			continue;
		error = check(bundle, cell, checks);
		if (error == -ENODATA) {
			checks->uncosted++;
			error = 0;
		}
	}
	if (error)
		checks_clear(checks);
	return error;
}

int checks_make(const struct bundle *bundle, struct checks *checks)
{
	return check_all(bundle, "chess", check_chess, checks);
}

int echo_checks_make(const struct bundle *bundle, struct checks *checks)
{
	return check_all(bundle, "echo", check_echo, checks);
}

size_t checks_within(const struct checks *checks, double error)
{
	size_t within = 0;

	for (size_t i = 0; i < checks->count; i++)
		within += fabs(checks->check[i].error) <= error;
	return within;
}

double checks_error(const struct checks *checks, double q)
{
	double *errors = malloc((checks->count + 1) * sizeof *errors), error = NAN;

	for (size_t i = 0; errors && i < checks->count; i++)
		errors[i] = fabs(checks->check[i].error);
	if (errors && checks->count > 0) {
		sort_values(errors, checks->count);
		error = quantile(errors, checks->count, q);
	}
	free(errors);
	return error;
}

void checks_clear(struct checks *checks)
{
	free(checks->check);
	*checks = (struct checks){.check = NULL};
}
