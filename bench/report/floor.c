/* floor.c: see floor.h. A runtime's tasks are the kernel's own where it says that they are preempted, neither pooled
 * nor on stacks that it switches itself; they are threads where they share memory, and else processes. */
#include "floor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "quantity.h"
#include "text.h"

static const char floor_workload[] = "syscall";

static const struct quantity *first_quantity(const char *workload)
{
	size_t index = 0;

	return quantity_next(workload, &index);
}

bool floor_is(const char *workload)
{
	return strcmp(workload, floor_workload) == 0;
}

/* The first of the group that has a result; n is 0 where none has. */
static struct summary group_summary(const struct bundle *bundle, const struct group *group)
{
	struct summary summary = {.n = 0, .median = NAN};

	for (size_t i = 0; summary.n == 0 && i < group->cell_count; i++)
		summary = quantity_summary(bundle, group->cells[i], first_quantity(floor_workload));
	return summary;
}

static void print_call(const struct bundle *bundle, const struct group *group, FILE *out)
{
	const struct quantity *quantity = first_quantity(floor_workload);
	struct summary summary = group_summary(bundle, group);
	char label[200], median[QUANTITY_TEXT_MAX], low[QUANTITY_TEXT_MAX], high[QUANTITY_TEXT_MAX];

	quantity_label(group, label, sizeof(label));
	fputs("  ", out);
	text_pad(out, label, 28);
	if (summary.n == 0) {
		fputs("no result\n", out);
		return;
	}
	text_pad(out, quantity_format(median, quantity, summary.median), -10);
	if (summary.interval.level > 0)
		fprintf(out, "    %s..%s", quantity_format(low, quantity, summary.interval.low),
			quantity_format(high, quantity, summary.interval.high));
	fputc('\n', out);
}

int floor_table(const struct bundle *bundle, const struct groups *groups, const struct family *family, FILE *out)
{
	size_t count;
	const struct family *families = groups_of(groups, family->workload, &count);

	fprintf(out, "%s: the bare calls, without any model\n  ", family->workload);
	text_pad(out, "a call, ns", 28);
	fprintf(out, "%10s    interval\n", "median");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < families[i].group_count; j++)
			print_call(bundle, &families[i].groups[j], out);
	fputc('\n', out);
	return 0;
}

/* --- how far above it ----------------------------------------------------------------------------------------- */

/* The call that creates what the runtime's tasks are; NULL where they are not the kernel's. */
static const char *call_beneath(const struct bundle *bundle, const char *runtime)
{
	if (bundle_is_peer(bundle, runtime) || !bundle_can(bundle, runtime, "preempts") ||
	    bundle_can(bundle, runtime, "pooled") || bundle_can(bundle, runtime, "switches-stacks"))
		return NULL;
	return bundle_can(bundle, runtime, "shares-memory") ? "thread" : "fork";
}

/* The floor's group of that call on as many cores, or NULL. */
static const struct group *group_of_call(const struct groups *groups, const char *call, unsigned cores)
{
	size_t count;
	const struct family *families = groups_of(groups, floor_workload, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < families[i].group_count; j++) {
			const struct group *group = &families[i].groups[j];
			const json_t *mode = json_object_get(group->cells[0]->parameters, "mode");

			if (json_is_string(mode) && strcmp(json_string_value(mode), call) == 0 &&
			    group_cores(group) == cores)
				return group;
		}
	return NULL;
}

static void print_ratio(const struct bundle *bundle, const struct groups *groups, const struct cell *cell, FILE *out)
{
	const struct quantity *quantity = first_quantity(cell->workload);
	const char *call = call_beneath(bundle, cell->runtime);
	const struct group *beneath = call ? group_of_call(groups, call, cell->cores) : NULL;
	struct summary of = quantity_summary(bundle, cell, quantity), to = {.n = 0};
	char one[QUANTITY_TEXT_MAX], other[QUANTITY_TEXT_MAX];

	if (beneath)
		to = group_summary(bundle, beneath);
	if (of.n == 0 || to.n == 0)
		return;
	fprintf(out, "  %s: %.2f x the bare %s (%s to %s ns)\n", cell->runtime, of.median / to.median,
		strcmp(call, "fork") == 0 ? "fork and wait" : "create and join",
		quantity_format(one, quantity, of.median), quantity_format(other, quantity, to.median));
}

void floor_ratios(const struct bundle *bundle, const struct groups *groups, const struct group *group, FILE *out)
{
	char *lines = NULL;
	size_t size;
	FILE *text;

	if (cell_parameter(group->cells[0], "batch") != 1 || !(text = open_memstream(&lines, &size)))
		return;
	for (size_t i = 0; i < group->cell_count; i++)
		print_ratio(bundle, groups, group->cells[i], text);
	fclose(text);
	if (lines && size > 0)
		fprintf(out, "%s\n", lines);
	free(lines);
}
