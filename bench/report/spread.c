/* spread.c: see spread.h. */
#include "spread.h"

#include "text.h"

static void print_split(const struct cell *cell, const struct variance_split *split, FILE *out)
{
	double between = fmax(split->between, 0);
	char name[96];

	fputs("  ", out);
	text_pad(out, text_cut(name, sizeof(name), cell->runtime, 18), 18);
	fprintf(out, "%9.1f %%", 100 * between / (between + split->within));
	if (isfinite(split->samples))
		fprintf(out, "%14.0f\n", split->samples);
	else
		fprintf(out, "%14s\n", "the more");
}

static void print_line(void *context, const char *text)
{
	fprintf(context, "%s\n", text);
}

static void print_heading(const struct group *group, double played, FILE *out)
{
	char text[BUNDLE_TEXT_MAX * 4 + 240];

	snprintf(text, sizeof(text),
		 "%s: of the variance of a latency, the share that lies between invocations, and how many messages an "
		 "invocation average it away soonest (Kalibera & Jones). %.0f were played.",
		 group->name, played);
	text_wrap(text, 80, print_line, out);
	fprintf(out, "  %-18s%11s%14s\n", "", "between", "messages");
}

static int print_group(const struct bundle *bundle, const struct group *group, FILE *out)
{
	bool headed = false;

	for (size_t i = 0; i < group->cell_count; i++) {
		struct variance_split split;
		double played;
		int error = cell_latency_split(bundle, group->cells[i], &split, &played);

		if (error)
			return error;
		if (isnan(split.within) || !(split.within > 0))
			continue;
		if (!headed)
			print_heading(group, played, out);
		headed = true;
		print_split(group->cells[i], &split, out);
	}
	if (headed)
		fputc('\n', out);
	return 0;
}

int spread_print(const struct bundle *bundle, const struct groups *groups, FILE *out)
{
	int error = 0;

	for (const struct family *family = groups->family_count ? groups->families : NULL; family && !error;
	     family = family_next_workload(groups, family)) {
		const struct group *group = headline_group(family);

		error = group ? print_group(bundle, group, out) : 0;
	}
	return error;
}
