/* advice.c: see advice.h. */
#include "advice.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static double or_nothing(double value)
{
	return isnan(value) ? 0 : value;
}

static int judge(struct candidate *candidate, const struct exhibition *work, double memory)
{
	int error = forecast_chess(&candidate->costs, work, &candidate->forecast);

	candidate->total_ns = candidate->forecast.wall_ns + or_nothing(candidate->forecast.create_ns);
	if (candidate->forecast.breaks)
		candidate->verdict = VERDICT_REFUSED;
	else if (candidate->forecast.bytes > memory)
		candidate->verdict = VERDICT_MEMORY;
	return error;
}

static int by_worth(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if ((a->verdict == VERDICT_FITS) != (b->verdict == VERDICT_FITS))
		return a->verdict == VERDICT_FITS ? -1 : 1;
	if (a->total_ns != b->total_ns)
		return a->total_ns < b->total_ns ? -1 : 1;
	return (a->costs.slot > b->costs.slot) - (a->costs.slot < b->costs.slot);
}

/* Who is within the margin of the first of a rank shares it. */
static void rank_all(struct advice *advice)
{
	const struct candidate *first = advice->candidate;

	for (size_t i = 0; i < advice->fitting; i++) {
		struct candidate *candidate = &advice->candidate[i];

		candidate->tied = i > 0 && candidate->total_ns <= first->total_ns * (1 + advice->margin);
		if (!candidate->tied)
			first = candidate;
		candidate->rank = (unsigned)(first - advice->candidate) + 1;
	}
}

int advice_make(const struct bundle *bundle, const struct exhibition *work, double memory, double margin,
		struct advice *advice)
{
	int error = 0;

	*advice = (struct advice){.candidate = calloc(bundle->runtime_count + 1, sizeof *advice->candidate),
				  .margin = margin};
	if (!advice->candidate)
		return -ENOMEM;
	for (unsigned slot = 0; slot < bundle->runtime_count && !error; slot++) {
		struct candidate *candidate = &advice->candidate[advice->count];

		if (bundle_is_peer(bundle, bundle->runtimes[slot]))
			continue;
		error = costs_read(bundle, slot, work->cores, &candidate->costs);
		if (!error) {
			error = judge(candidate, work, memory);
			advice->fitting += candidate->verdict == VERDICT_FITS;
			advice->count++;
		} else if (error == -ENODATA) {
			error = 0;
		}
	}
	if (!error && advice->count == 0)
		error = -ENODATA;
	if (error) {
		advice_clear(advice);
		return error;
	}
	qsort(advice->candidate, advice->count, sizeof *advice->candidate, by_worth);
	rank_all(advice);
	return 0;
}

void advice_clear(struct advice *advice)
{
	free(advice->candidate);
	*advice = (struct advice){.candidate = NULL};
}
