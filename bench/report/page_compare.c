/* page_compare.c: of several bundles on a page, each of the later ones against the first, by the rule of simul compare.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "comparison.h"
#include "html.h"
#include "page.h"
#include "text.h"

enum { ROWS_MAX = 40 };

static void warning(void *context, const char *text)
{
	fputs("<li>", context);
	html_text(context, text);
	fputs("</li>\n", context);
}

static bool is_difference(const struct comparison *comparison)
{
	return comparison->verdict == VERDICT_SLOWER || comparison->verdict == VERDICT_FASTER;
}

static void write_row(FILE *out, const struct comparison *comparison)
{
	char text[NUMBER_TEXT_MAX];

	fputs("<tr><th scope=\"row\">", out);
	html_text(out, comparison->base->name);
	fputs("</th><td class=\"number\">", out);
	html_text(out, format_time(text, comparison->base->summary.median));
	fputs("</td><td class=\"number\">", out);
	html_text(out, format_time(text, comparison->other->summary.median));
	fprintf(out, "</td><td class=\"number\">%.3f <small>%.3f..%.3f</small></td><td>%s%s</td></tr>\n",
		comparison->ratio, comparison->interval.low, comparison->interval.high,
		verdict_text(comparison->verdict, comparison->base->kind), comparison->stands ? "" : " ?");
}

static void write_rows(FILE *out, const struct comparisons *comparisons)
{
	size_t written = 0, all = comparisons->of[VERDICT_SLOWER] + comparisons->of[VERDICT_FASTER];

	if (all == 0)
		return;
	fputs("<div class=\"scroll\" role=\"region\" aria-label=\"Cells that differ\" tabindex=\"0\">\n"
	      "<table class=\"small\"><caption>Wall time of the cells that differ",
	      out);
	if (all > ROWS_MAX)
		fprintf(out, "; the first %d of %zu", ROWS_MAX, all);
	fputs("</caption>\n<thead><tr><th scope=\"col\">cell</th><th scope=\"col\">run 1</th><th scope=\"col\">this "
	      "run</th>"
	      "<th scope=\"col\">ratio</th><th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < comparisons->count && written < ROWS_MAX; i++)
		if (is_difference(&comparisons->items[i])) {
			write_row(out, &comparisons->items[i]);
			written++;
		}
	fputs("</tbody></table></div>\n", out);
}

static void write_one(FILE *out, const struct comparisons *comparisons, size_t number)
{
	char counts[200], trust[COMPARISON_LINE_MAX];

	fprintf(out, "<h3>Run %zu against run 1</h3>\n<p>", number);
	if (comparisons->compared == 0)
		fputs("They have no cell of the same work: nothing can be compared. simul compare says why.", out);
	else
		html_print(out, "Of the cells of the same work: %s.",
			   comparison_counts(comparisons, counts, sizeof(counts)));
	fputs("</p>\n<ul class=\"note\">\n", out);
	if (comparisons->compared > 0)
		warning(out, comparison_trust(comparisons, trust));
	comparison_warnings(comparisons, warning, out);
	fputs("<li>Two runs at different times differ by what the machine did then, too.</li>\n</ul>\n", out);
	write_rows(out, comparisons);
}

int page_compare(FILE *out, const char *const *paths, size_t count)
{
	const struct compare_options options = {.min_effect = COMPARE_LEAST_EFFECT, .seed = 1};
	struct samples base, other;
	struct comparisons comparisons;
	int error = samples_open(paths[0], &base);

	if (error)
		return error;
	fputs("<section id=\"compared\" aria-labelledby=\"h-compared\">\n<h2 id=\"h-compared\">The runs "
	      "compared</h2>\n",
	      out);
	for (size_t i = 1; i < count && !error; i++) {
		error = samples_open(paths[i], &other);
		if (error)
			break;
		error = compare_samples(&base, &other, &options, &comparisons);
		if (!error) {
			write_one(out, &comparisons, i + 1);
			comparisons_clear(&comparisons);
		}
		samples_close(&other);
	}
	fputs("</section>\n", out);
	samples_close(&base);
	return error;
}
