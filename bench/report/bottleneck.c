/* bottleneck.c: see bottleneck.h. */
#include "bottleneck.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* What all connections share weighs little on each of CONNECTIONS_MANY. */
enum { PLACES_MAX = 64, LINE_MAX_WIDTH = 78, CONNECTIONS_MANY = 1000 };

bool client_bound(const struct cell *cell)
{
	return cell_summary(cell, MEASURE_CLIENT_BUSY).median > CLIENT_BOUND;
}

static void count_whole(const struct cell *cell, size_t *all, size_t *whole)
{
	for (size_t i = 0; i < cell->invocation_count; i++) {
		bool good = cell->invocations[i].status == STATUS_OK;

		*all += good;
		*whole += good && cell->invocations[i].cpu_of_whole;
	}
}

const char *server_cpu_note(const struct group *groups, size_t count)
{
	size_t all = 0, whole = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < groups[i].cell_count; j++)
			count_whole(groups[i].cells[j], &all, &whole);
	if (whole == 0)
		return NULL;
	return whole == all ? "CPU/msg: over all messages, warm-ups included; the closing of connections is in it."
			    : "CPU/msg: some records have it of the timed part, others with warm-up messages and the "
			      "closing of connections: do not compare these.";
}

double cell_connections(const struct cell *cell)
{
	double idle = cell_parameter(cell, "idle");

	return cell_parameter(cell, "connections") + (isnan(idle) ? 0 : idle);
}

/* The same but for the number of connections, idle or not, and of messages, of which memory is measured before. */
static bool is_alike(const struct cell *one, const struct cell *other)
{
	const char *name;
	json_t *value;

	if (one->slot != other->slot || one->cores != other->cores || strcmp(one->workload, other->workload) != 0 ||
	    json_object_size(one->parameters) != json_object_size(other->parameters))
		return false;
	json_object_foreach((json_t *)one->parameters, name, value)
	{
		if (strcmp(name, "connections") != 0 && strcmp(name, "idle") != 0 && strcmp(name, "messages") != 0 &&
		    !json_equal(value, json_object_get(other->parameters, name)))
			return false;
	}
	return true;
}

/* Bytes of that kind that a further connection takes: the median slope, from at least three places; else NAN. */
static double memory_slope(const struct bundle *bundle, const struct cell *like, enum measure measure)
{
	double x[PLACES_MAX], y[PLACES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < bundle->cell_count && count < PLACES_MAX; i++) {
		const struct cell *cell = &bundle->cells[i];
		double memory = is_alike(like, cell) ? cell_summary(cell, measure).median : NAN;

		if (isnan(memory) || isnan(cell_connections(cell)))
			continue;
		x[count] = cell_connections(cell);
		y[count++] = memory;
	}
	double slope = count >= 3 ? median_slope(x, y, count) : NAN;

	return slope >= 0 ? slope : NAN;
}

static double memory_a_connection(const struct bundle *bundle, const struct cell *cell, enum measure measure)
{
	double slope = memory_slope(bundle, cell, measure), connections = cell_connections(cell);

	if (isnan(slope) && connections >= CONNECTIONS_MANY)
		return cell_summary(cell, measure).median / connections;
	return slope;
}

static const char *percent(char text[NUMBER_TEXT_MAX], double share)
{
	if (isnan(share))
		return "-";
	snprintf(text, NUMBER_TEXT_MAX, "%.0f %%", 100 * share);
	return text;
}

static void print_share(const struct cell *cell, enum measure measure, int width, FILE *out)
{
	char text[NUMBER_TEXT_MAX];

	text_pad(out, percent(text, cell_summary(cell, measure).median), -width);
}

static void print_row(const struct bundle *bundle, const struct cell *cell, FILE *out)
{
	double fair = cell_summary(cell, MEASURE_FAIR).median;
	char name[96], text[NUMBER_TEXT_MAX];

	fputs("  ", out);
	text_pad(out, text_cut(name, sizeof(name), cell->runtime, 17), 17);
	text_pad(out, format_time(text, cell_summary(cell, MEASURE_CLIENT_NS_PER_MESSAGE).median), -8);
	print_share(cell, MEASURE_SERVER_BUSY, 7, out);
	print_share(cell, MEASURE_CLIENT_BUSY, 7, out);
	print_share(cell, MEASURE_SOFTIRQ, 6, out);
	print_share(cell, MEASURE_STEAL, 6, out);
	snprintf(text, sizeof(text), "%.2f", fair);
	text_pad(out, isnan(fair) ? "-" : text, -7);
	text_pad(out, format_bytes(text, memory_a_connection(bundle, cell, MEASURE_MEMORY_BYTES)), -10);
	text_pad(out, format_bytes(text, memory_a_connection(bundle, cell, MEASURE_SLAB_BYTES)), -10);
	fputc('\n', out);
}

static void print_line(void *context, const char *text)
{
	fprintf(context, "  %s\n", text);
}

static void print_bound(const struct group *group, const struct score *scores, FILE *out)
{
	char *names = NULL;
	size_t size, count = 0;
	FILE *text = open_memstream(&names, &size);

	if (!text)
		return;
	for (size_t i = 0; i < group->cell_count && scores[i].wall.n > 0; i++)
		if (client_bound(scores[i].cell))
			fprintf(text, "%s%s",
				count++ > 0 ? ", "
					    : "client-bound (the client was busy for over 95 % of its time, so that "
					      "the server may be faster than this): ",
				scores[i].cell->runtime);
	fclose(text);
	if (names && count > 0)
		text_wrap(names, LINE_MAX_WIDTH, print_line, out);
	free(names);
}

void bottleneck_table(const struct bundle *bundle, const struct group *group, const struct score *scores, FILE *out)
{
	if (group->cell_count == 0 || scores[0].wall.n == 0)
		return;
	fprintf(out, "  %-17s%8s%7s%7s%6s%6s%7s%10s%10s\n", "whose time it was", "client", "server", "client", "soft-",
		"", "least/", "memory", "kernel");
	fprintf(out, "  %-17s%8s%7s%7s%6s%6s%7s%10s%10s\n", "", "CPU/msg", "busy", "busy", "irq", "steal", "most",
		"/conn", "/conn");
	for (size_t i = 0; i < group->cell_count && scores[i].wall.n > 0; i++)
		print_row(bundle, scores[i].cell, out);
	print_bound(group, scores, out);
	fputc('\n', out);
}
