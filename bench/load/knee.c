/* knee.c: see knee.h. */
#include "knee.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../../runtimes/clock.h"

enum { STEPS_MAX = 6 };
#define CLOSE_ENOUGH 1.04

/* Of what the closed loop did. */
static const double shares[] = {1 / 16.0, 1 / 8.0, 1 / 4.0, 1 / 2.0, 3 / 4.0, 1, 5 / 4.0};

struct search {
	struct knee *knee;
	struct load_options options;
	knee_run *run;
	void *context;
};

static double achieved(const struct load_result *result)
{
	return result->wall_ns > 0 ? (double)result->messages * (double)NS_PER_S / (double)result->wall_ns : 0;
}

static int play(struct search *search, uint64_t rate, struct load_result *result)
{
	struct knee *knee = search->knee;
	int error;

	search->options.rate = rate;
	error = search->run(search->context, &search->options, result);
	if (error < 0 || result->errors > 0 || result->messages == 0)
		snprintf(knee->reason, sizeof knee->reason, "%s",
			 result->reason[0] ? result->reason : "nothing came back");
	if (error < 0)
		return error;
	if (search->options.stop && *search->options.stop)
		return -EINTR;
	return result->errors > 0 || result->messages == 0 ? -EIO : 0;
}

static struct knee_point point_of(const struct search *search, uint64_t rate, const struct load_result *result)
{
	const struct histogram *latency = &result->latency;
	double due = (double)(result->messages + result->unsent);

	return (struct knee_point){
		.rate = rate,
		.achieved = achieved(result),
		.busy = load_busy(&search->options, result),
		.p50 = histogram_percentile(latency, 50),
		.p90 = histogram_percentile(latency, 90),
		.p99 = histogram_percentile(latency, 99),
		.p999 = histogram_percentile(latency, 99.9),
		.raw_p99 = histogram_percentile(&result->raw, 99),
		.pacing_p99 = histogram_percentile(&result->pacing, 99),
		.unsent = result->unsent,
		.late = load_was_late(&search->options, result),
		.kept = achieved(result) >= KNEE_KEPT * (double)rate && (double)result->unsent <= (1 - KNEE_KEPT) * due,
	};
}

/* Points stay in the order of their rates. */
static void insert(struct knee *knee, const struct knee_point *point)
{
	unsigned place = knee->count++;

	for (; place > 0 && knee->points[place - 1].rate > point->rate; place--)
		knee->points[place] = knee->points[place - 1];
	knee->points[place] = *point;
}

/* The median at the lowest rate at which it is the server's. */
static uint64_t least_p50(const struct knee *knee, const struct knee_point *point)
{
	for (unsigned i = 0; i < knee->count && knee->points[i].rate < point->rate; i++)
		if (knee->points[i].good || !knee->points[i].late)
			return knee->points[i].p50;
	return point->p50;
}

static bool is_good(const struct knee *knee, const struct knee_point *point)
{
	return point->kept && point->p50 <= KNEE_FACTOR * least_p50(knee, point);
}

/* The good ones end before the first that is not: what is good above it was luck. */
static void judge(struct knee *knee)
{
	knee->last_good = knee->first_bad = NULL;
	for (unsigned i = 0; i < knee->count; i++) {
		struct knee_point *point = &knee->points[i];

		point->good = is_good(knee, point);
		if (!point->good && point->late)
			continue;
		if (!point->good && !knee->first_bad)
			knee->first_bad = point;
		if (!knee->first_bad)
			knee->last_good = point;
	}
}

static int measure(struct search *search, uint64_t rate)
{
	static struct load_result result; /* large: it holds histograms */
	struct knee_point point = {.late = true};
	int error;

	for (int again = 0; again <= KNEE_AGAIN && point.late && !point.good; again++) {
		error = play(search, rate > 0 ? rate : 1, &result);
		if (error < 0)
			return error;
		point = point_of(search, rate > 0 ? rate : 1, &result);
		point.good = is_good(search->knee, &point);
	}
	insert(search->knee, &point);
	judge(search->knee);
	return 0;
}

static int measure_closed(struct search *search)
{
	static struct load_result result;
	int error = play(search, 0, &result);

	search->knee->closed = achieved(&result);
	return error;
}

/* The middle could not be judged: it would be the same one again. */
static bool unjudged_between(const struct knee *knee)
{
	for (const struct knee_point *point = knee->last_good + 1; point < knee->first_bad; point++)
		if (point->late && !point->good && point->rate == (knee->last_good->rate + knee->first_bad->rate) / 2)
			return true;
	return false;
}

static int narrow(struct search *search)
{
	const struct knee *knee = search->knee;
	int error = 0;

	for (int step = 0; step < STEPS_MAX && error == 0 && knee->last_good && knee->first_bad; step++) {
		double low = (double)knee->last_good->rate, high = (double)knee->first_bad->rate;

		if (high < low * CLOSE_ENOUGH || knee->count == KNEE_POINTS_MAX || unjudged_between(knee))
			break;
		error = measure(search, (uint64_t)((low + high) / 2));
	}
	return error;
}

int knee_find(struct knee *knee, const struct load_options *options, knee_run *run, void *context)
{
	struct search search = {.knee = knee, .options = *options, .run = run, .context = context};
	int error;

	memset(knee, 0, sizeof *knee);
	error = measure_closed(&search);
	for (size_t i = 0; i < sizeof shares / sizeof shares[0] && error == 0; i++)
		error = measure(&search, (uint64_t)llround(knee->closed * shares[i]));
	return error < 0 ? error : narrow(&search);
}

void knee_write(const struct knee *knee, FILE *out)
{
	fputs("rate\tachieved\tp50_ns\tp90_ns\tp99_ns\tp999_ns\traw_p99_ns\tpacing_p99_ns\tunsent\tclient_"
	      "busy\tgood\tclient_late\n",
	      out);
	for (unsigned i = 0; i < knee->count; i++) {
		const struct knee_point *point = &knee->points[i];

		fprintf(out,
			"%" PRIu64 "\t%.0f\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			"\t%" PRIu64 "\t%.2f\t%d\t%d\n",
			point->rate, point->achieved, point->p50, point->p90, point->p99, point->p999, point->raw_p99,
			point->pacing_p99, point->unsent, point->busy, point->good, point->late);
	}
}
