/* page_noise.c: where the noise comes from, and how it is best averaged away: more invocations or more messages in
 * each (analysis/variance.h). */
#include "html.h"
#include "page.h"
#include "scoreboard.h"

static void write_head(struct page *page, const struct family *family, const struct group *group, double played)
{
	char title[200];

	group_title(family, group, title, sizeof(title));
	fputs("<h3>Noise within and between invocations</h3>\n<p>Of the variance of a message’s latency, the share "
	      "that "
	      "lies between invocations: only more repetitions average that away. The last column is the number of "
	      "messages an invocation that makes the mean sure soonest (Kalibera &amp; Jones, 2013).</p>\n"
	      "<table class=\"small\"><caption>",
	      page->out);
	html_text(page->out, title);
	fprintf(page->out,
		"; %.0f messages an invocation were played</caption>\n<thead><tr><th scope=\"col\">runtime</th>"
		"<th scope=\"col\">between</th><th scope=\"col\">messages</th></tr></thead>\n<tbody>\n",
		played);
}

static void write_row(FILE *out, const struct cell *cell, const struct variance_split *split)
{
	double between = fmax(split->between, 0);

	fputs("<tr><th scope=\"row\">", out);
	html_text(out, cell->runtime);
	fprintf(out, "</th><td class=\"number\">%.1f %%</td><td class=\"number\">",
		100 * between / (between + split->within));
	if (isfinite(split->samples))
		fprintf(out, "%.0f", split->samples);
	else
		fputs("the more", out);
	fputs("</td></tr>\n", out);
}

static void write_group(struct page *page, const struct family *family, const struct group *group)
{
	bool headed = false;

	for (size_t i = 0; i < group->cell_count && !page->error; i++) {
		struct variance_split split;
		double played;

		page->error = cell_latency_split(page->bundle, group->cells[i], &split, &played);
		if (page->error || !(split.within > 0))
			continue;
		if (!headed)
			write_head(page, family, group, played);
		headed = true;
		write_row(page->out, group->cells[i], &split);
	}
	fputs(headed ? "</tbody></table>\n" : "", page->out);
}

void page_noise(struct page *page)
{
	const struct family *family = NULL;

	while (!page->error && (family = family_next_workload(page->groups, family))) {
		const struct group *group = headline_group(family);

		if (group)
			write_group(page, family, group);
	}
}
