/* caption.c: the words under a figure: what has no result and why, how many invocations stand behind a point, what a
 * bar covers, and on which machine all this was measured. */
#include <string.h>

#include "curves.h"
#include "left_out.h"

static const char *text_or(const char *text, const char *otherwise)
{
	return text && *text ? text : otherwise;
}

static void describe_machine(struct figure *figure)
{
	const struct bundle *bundle = figure->bundle;
	const char *kernel = text_or(bundle_text(bundle, "machine", "kernel"), "not known");
	const char *host = bundle_text(bundle, "machine", "host");
	const json_t *machine = bundle_object(bundle, "machine");
	size_t allowed = json_array_size(json_object_get(machine, "cores_allowed"));

	figure_caption(figure, "Machine: %s, %zu core%s allowed, %s%s, identity %s%s%s.",
		       text_or(bundle_text(bundle, "machine", "cpu"), "CPU not known"), allowed,
		       allowed == 1 ? "" : "s", strncmp(kernel, "Linux", 5) == 0 ? "" : "Linux ", kernel,
		       text_or(bundle_text(bundle, "machine", "identity"), "not known"), host ? ", host " : "",
		       text_or(host, ""));
}

/* "n = 5", or "n = 3 to 5". */
static void format_n(const struct figure *figure, char *text, size_t size)
{
	if (figure->n_least == figure->n_most)
		snprintf(text, size, "n = %zu", figure->n_most);
	else
		snprintf(text, size, "n = %zu to %zu", figure->n_least, figure->n_most);
}

static void format_level(const struct figure *figure, char *text, size_t size)
{
	double least = 100 * figure->level_least, most = 100 * figure->level_most;

	if (most - least < 0.05)
		snprintf(text, size, "%.1f\u00a0%%", least);
	else
		snprintf(text, size, "%.1f to %.1f\u00a0%%", least, most);
}

static void format_method(const struct figure *figure, char *text, size_t size)
{
	char level[40];
	size_t used;

	format_level(figure, level, sizeof(level));
	if (figure->by_bootstrap)
		snprintf(text, size, "bars are percentile bootstrap intervals of the ratio of medians, %s", level);
	else if (figure->by_range && figure->by_rank)
		snprintf(text, size, "bars run between order statistics and cover the median with %s", level);
	else if (figure->by_range)
		snprintf(text, size, "bars run from the least to the greatest and cover the median with %s", level);
	else if (figure->by_rank)
		snprintf(text, size, "bars are rank-based intervals that cover the median with %s", level);
	else
		snprintf(text, size, "a single invocation has no interval");
	used = strlen(text);
	if (figure->level_most > 0 && figure->n_least == 1)
		snprintf(text + used, size - used, " (a single one has none)");
}

static void describe_numbers(struct figure *figure)
{
	char n[48], method[160];
	size_t good = 0, disturbed = 0;

	if (figure->n_most == 0)
		return;
	for (size_t i = 0; figure->counted && i < figure->bundle->cell_count; i++) {
		const struct cell *cell = &figure->bundle->cells[i];

		if (!figure->counted[i])
			continue;
		good += cell->count[STATUS_OK];
		for (size_t j = 0; j < cell->invocation_count; j++)
			disturbed += invocation_disturbed(&cell->invocations[j]);
	}
	format_n(figure, n, sizeof(n));
	format_method(figure, method, sizeof(method));
	figure_caption(
		figure,
		"%s invocation%s a point, each a fresh process; marks are medians, %s. "
		"Outliers (Tukey), kept: %zu mild, %zu severe of %zu values. Of these cells' %zu invocations %zu "
		"%s disturbed by other load.",
		n, figure->n_most == 1 ? "" : "s", method, figure->mild, figure->severe, figure->values, good,
		disturbed, disturbed == 1 ? "was" : "were");
}

static void describe_run(struct figure *figure)
{
	const struct bundle *bundle = figure->bundle;
	double seed = json_measure(bundle->manifest, "seed");
	const char *commit = text_or(bundle_text(bundle, NULL, "commit"), "not known"),
		   *dirty = strstr(commit, "-dirty");
	char order[48] = "";

	if (!isnan(seed))
		snprintf(order, sizeof(order), ", order by seed %.0f", seed);
	figure_caption(figure, "simul %s, commit %.12s%s, profile %s%s, %.10s.",
		       text_or(bundle_text(bundle, NULL, "version"), "of unknown version"), commit,
		       dirty && dirty - commit >= 12 ? dirty : "",
		       text_or(bundle_text(bundle, NULL, "profile"), "not known"), order,
		       text_or(bundle_text(bundle, NULL, "created"), "date not known"));
}

static void note_left_out(struct figure *figure)
{
	const struct bundle *bundle = figure->bundle;

	if (bundle->malformed > 0)
		figure_note(figure, "Left out: %zu unreadable line%s of records.jsonl, the first being line %llu.",
			    bundle->malformed, bundle->malformed == 1 ? "" : "s",
			    (unsigned long long)bundle->first_malformed);
	if (bundle->unknown_cells > 0)
		figure_note(figure, "Left out: %zu record%s of cells that the plan does not have.",
			    bundle->unknown_cells, bundle->unknown_cells == 1 ? "" : "s");
}

static void note_marked(struct figure *figure)
{
	char text[CELLS_MARKED_MAX];

	over_quota_text(figure->bundle, text);
	if (*text)
		figure_note(figure, "%s", text);
	load_on_siblings_text(figure->bundle, text);
	if (*text)
		figure_note(figure, "%s", text);
}

void figure_describe(struct figure *figure)
{
	if (figure->legend && figure->n_most > 0)
		figure_note(figure, "Marks at one place on the axis are set a little beside each other.");
	note_left_out(figure);
	note_marked(figure);
	describe_numbers(figure);
	describe_machine(figure);
	describe_run(figure);
}

/* "10, 50 and 500": the places of a family at which a runtime met that fate, and the reason at the first of them. */
struct fates {
	char places[120], reason[400];
	size_t count;
};

static void place_append(struct fates *fates, double at)
{
	size_t used = strlen(fates->places);

	if (fates->count < 8)
		snprintf(fates->places + used, sizeof(fates->places) - used, "%s%.0f", fates->count ? ", " : "", at);
	else if (fates->count == 8)
		snprintf(fates->places + used, sizeof(fates->places) - used, " ...");
	fates->count++;
}

static struct fates fates_find(const struct figure *figure, const struct family *family, unsigned slot, enum fate fate)
{
	struct fates fates = {.count = 0};

	for (size_t i = 0; i < family->group_count; i++) {
		const struct cell *cell = group_cell(&family->groups[i], slot);

		if (!cell || cell_fate(cell) != fate)
			continue;
		if (fates.count == 0)
			cell_reason(figure->bundle, cell, fates.reason, sizeof(fates.reason));
		place_append(&fates, family->groups[i].at);
	}
	return fates;
}

void figure_explain(struct figure *figure, const struct family *family)
{
	static const char *const words[] = {
		[FATE_PARTLY] = "failed in part",
		[FATE_FAILED] = "failed (×)",
		[FATE_REFUSED] = "refused",
		[FATE_UNPLAYED] = "not measured",
	};
	char label[200];

	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		for (enum fate fate = FATE_PARTLY; fate <= FATE_UNPLAYED; fate++) {
			struct fates fates = fates_find(figure, family, slot, fate);

			if (fates.count == 0)
				continue;
			bool single = strcmp(fates.places, "1") == 0;

			family_label(family, label, sizeof(label));
			figure_note(figure, "%s: %s at %s %s (%s): %s", figure->bundle->runtimes[slot], words[fate],
				    fates.places, single ? family->axis->task : family->axis->tasks, label,
				    fates.reason);
		}
	}
}
