/* quiet.c: see quiet.h. */
#include "quiet.h"

#include <errno.h>
#include <stdlib.h>

static bool is_quiet(const struct invocation *invocation)
{
	return invocation->status == STATUS_OK && !invocation->disturbed;
}

bool quiet_has(const struct cell *cell)
{
	for (size_t i = 0; i < cell->invocation_count; i++)
		if (is_quiet(&cell->invocations[i]))
			return true;
	return false;
}

/* The cell with those invocations alone, its invocations to be freed; false without memory. */
static bool take(const struct cell *cell, struct cell *quiet)
{
	bool any = quiet_has(cell);

	*quiet = *cell;
	quiet->invocation_count = 0;
	quiet->invocations = malloc((cell->invocation_count + 1) * sizeof(*quiet->invocations));
	for (size_t i = 0; quiet->invocations && i < cell->invocation_count; i++)
		if (!any || is_quiet(&cell->invocations[i]))
			quiet->invocations[quiet->invocation_count++] = cell->invocations[i];
	return quiet->invocations != NULL;
}

struct summary quiet_summary(const struct cell *cell, enum measure measure)
{
	struct summary summary;
	struct cell quiet;

	if (!take(cell, &quiet))
		return summarize(NULL, 0, 0.95);
	summary = cell_summary(&quiet, measure);
	free(quiet.invocations);
	return summary;
}

int quiet_figures(const struct bundle *bundle, const struct cell *cell, json_t **figures)
{
	struct cell quiet;
	int error;

	if (!take(cell, &quiet))
		return -ENOMEM;
	error = cell_figures(bundle, &quiet, figures);
	free(quiet.invocations);
	return error;
}
