/* echo.c: the figure of the echo server: throughput, latency and the server's CPU time a message, over connections. */
#include <stdlib.h>
#include <string.h>

#include "bottleneck.h"
#include "curves.h"
#include "text.h"

struct latency_request {
	const struct bundle *bundle;
	double percent;
};

/* The mean of rates is harmonic: messages over total time. */
static struct summary rate_of(const struct cell *cell, const struct group *group, void *context)
{
	struct summary summary = cell_summary(cell, MEASURE_RATE);
	double *values = malloc(sizeof(*values) * (cell->invocation_count + 1));

	(void)group;
	(void)context;
	summary.mean = values ? harmonic_mean(values, cell_values(cell, MEASURE_RATE, values)) : NAN;
	free(values);
	return summary;
}

static struct summary cpu_of(const struct cell *cell, const struct group *group, void *context)
{
	(void)group;
	(void)context;
	return cell_summary(cell, MEASURE_CPU_NS_PER_MESSAGE);
}

/* One number of all invocations' merged histogram: it has no interval. */
static struct summary latency_of(const struct cell *cell, const struct group *group, void *context)
{
	const struct latency_request *request = context;
	struct histogram *histogram = malloc(sizeof(*histogram));
	struct summary summary = {.interval = {.low = NAN, .high = NAN}, .mean = NAN};

	(void)group;
	if (histogram && cell_latency(request->bundle, cell, histogram) == 0 && histogram->count > 0) {
		summary.n = cell->count[STATUS_OK];
		summary.median = (double)histogram_percentile(histogram, request->percent);
	}
	free(histogram);
	return summary;
}

/* The bound of the group's wall time, a message, where one core serves: it is computing time then. */
static double cpu_bound_of(const struct group *group, void *context)
{
	(void)context;
	for (size_t i = 0; i < group->cell_count && group_cores(group) == 1; i++) {
		double wall = cell_summary(group->cells[i], MEASURE_WALL_NS).median;
		double messages = cell_summary(group->cells[i], MEASURE_RATE).median * wall / 1e9;

		if (messages > 0)
			return group_bound(group) / messages;
	}
	return NAN;
}

static struct panel *panel_over_connections(struct figure *figure)
{
	struct panel *panel = figure_panel(figure);

	snprintf(panel->x.label, sizeof(panel->x.label), "connections (log)");
	panel->x.log = panel->x.tics_at_points = true;
	return panel;
}

static void panel_rate(struct figure *figure, const struct family *family)
{
	struct panel *panel = panel_over_connections(figure);
	char label[200];

	family_label(family, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "echo, server %s: throughput", label);
	snprintf(panel->y.label, sizeof(panel->y.label), "thousand messages/s");
	panel->y.low = 0;
	curves_draw(figure, family, SERIES_RUNTIME, 1e3, rate_of, NULL);
}

static void panel_latency(struct figure *figure, const struct family *family, double percent, const char *name)
{
	struct panel *panel = panel_over_connections(figure);
	struct latency_request request = {.bundle = figure->bundle, .percent = percent};

	snprintf(panel->title, sizeof(panel->title), "%s: %s",
		 family_is_open_loop(family) ? "a message since it was due, open loop"
					     : "round trip of a message, closed loop",
		 name);
	snprintf(panel->y.label, sizeof(panel->y.label), "latency, ms (log)");
	panel->y.log = true;
	curves_draw(figure, family, SERIES_RUNTIME, 1e6, latency_of, &request);
}

static void panel_median(struct figure *figure, const struct family *family)
{
	panel_latency(figure, family, 50, "median");
}

static void panel_p99(struct figure *figure, const struct family *family)
{
	panel_latency(figure, family, 99, "p99, which one in a hundred exceeds");
}

static void panel_cpu(struct figure *figure, const struct family *family)
{
	struct panel *panel = panel_over_connections(figure);

	snprintf(panel->title, sizeof(panel->title), "CPU time of the server for a message");
	snprintf(panel->y.label, sizeof(panel->y.label), "CPU, µs/message (log)");
	panel->y.log = true;
	curves_reference(figure, family, SERIES_BOUND, "bound", 1e3, cpu_bound_of, NULL);
	curves_draw(figure, family, SERIES_RUNTIME, 1e3, cpu_of, NULL);
}

/* Where the client had no time left: the server may do more there than the figure shows. */
static void note_client_bound(struct figure *figure, const struct family *family)
{
	for (size_t i = 0; i < family->group_count; i++) {
		char names[400] = "";
		size_t used = 0;

		for (size_t j = 0; j < family->groups[i].cell_count; j++) {
			const struct cell *cell = family->groups[i].cells[j];

			if (client_bound(cell) && used < sizeof(names))
				used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%.60s",
							 used ? ", " : "", cell->runtime);
		}
		if (used > 0)
			figure_note(
				figure,
				"Client-bound at %.0f connections (the client was busy for over 95 %% of its time, and "
				"the server may be faster): %s.",
				family->groups[i].at, names);
	}
}

/* How late the client itself was at worst, which is in the latencies: the p99 of a cell. */
static double worst_pacing(const struct bundle *bundle, const struct family *family, double *at)
{
	struct histogram *histogram = malloc(sizeof(*histogram));
	double worst = 0;

	for (size_t i = 0; histogram && i < family->group_count; i++)
		for (size_t j = 0; j < family->groups[i].cell_count; j++) {
			if (cell_histogram(bundle, family->groups[i].cells[j], "pacing_ns", histogram) != 0 ||
			    (double)histogram_percentile(histogram, 99) <= worst)
				continue;
			worst = (double)histogram_percentile(histogram, 99);
			*at = family->groups[i].at;
		}
	free(histogram);
	return worst;
}

static void note_open_loop(struct figure *figure, const struct family *family)
{
	char label[200], text[NUMBER_TEXT_MAX];
	double at = 0, worst = worst_pacing(figure->bundle, family, &at);

	family_label(family, label, sizeof(label));
	figure_note(
		figure,
		"Server %.150s: an open loop. Messages are due at fixed times, whatever the server does, and latencies "
		"count from these. How late the client itself was is in them: up to %s in 99 of 100 messages, with "
		"%.0f connection%s (pacing; the table has it beside the p99 since sending).",
		label, format_time(text, worst), at, at == 1 ? "" : "s");
}

static bool churns(const struct family *family)
{
	const char *churn = json_string_value(json_object_get(family->groups[0].cells[0]->parameters, "churn"));

	return churn && strcmp(churn, "yes") == 0;
}

static void note_loops(struct figure *figure, const struct family *const *families, size_t count)
{
	bool closed = false, deep = false, churn = false;

	for (size_t i = 0; i < count; i++) {
		if (family_is_open_loop(families[i])) {
			note_open_loop(figure, families[i]);
			continue;
		}
		closed = true;
		deep |= cell_parameter(families[i]->groups[0].cells[0], "depth") > 1;
		churn |= churns(families[i]);
	}
	if (closed)
		figure_note(
			figure,
			"Closed loop: a connection is a client that sends a message, waits for its echo, and sends the "
			"next%s%s. While a server pauses it is asked nothing, so that pauses hardly show.",
			deep ? "; with a depth, so many are under way at once" : "",
			churn ? "; in churn, on a new connection" : "");
}

void echo_figure(struct figure *figure, const struct groups *groups)
{
	static void (*const panels[])(struct figure *, const struct family *) = {panel_rate, panel_median, panel_p99,
										 panel_cpu};
	const struct family *families[CURVE_FAMILIES_MAX];
	size_t count = curves_choose(figure, groups, "echo", families);

	figure_title(figure, "How many messages does the server echo, how fast, and at what cost?");
	if (count == 0)
		return;
	figure->rows = sizeof(panels) / sizeof(*panels);
	for (size_t row = 0; row < figure->rows; row++) {
		for (size_t i = 0; i < count; i++)
			panels[row](figure, families[i]);
	}
	note_loops(figure, families, count);
	figure_note(figure,
		    "Latencies are percentiles of all invocations' merged histograms, and have no interval. "
		    "%soops over the kernel's bare calls have no runtime. %s, in the last panel: the bound, half "
		    "of a bare send and receive.",
		    figure->terminal ? "L" : "Black: l", figure_line(figure, SERIES_BOUND));
	for (size_t i = 0; i < count; i++) {
		const char *cpu = server_cpu_note(families[i]->groups, families[i]->group_count);

		if (cpu)
			figure_note(figure, "%s", cpu);
		note_client_bound(figure, families[i]);
	}
	curves_explain(figure, families, count);
}
