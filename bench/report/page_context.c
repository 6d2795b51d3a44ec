/* page_context.c: what stands behind the numbers: the models in their own words, the machine, the method. */
#include <string.h>

#include "html.h"
#include "page.h"
#include "text.h"

/* --- the models ----------------------------------------------------------------------------------------------- */

static const struct {
	const char *key, *title;
} facts[] = {
	{"library", "made of"},    {"dialect", "style of code"}, {"suspends", "waits by"},
	{"shares", "tasks share"}, {"breaks", "breaks at"},      {"sources", "sources"},
};

static void write_fact(FILE *out, const char *title, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(out, "<div><dt>%s</dt><dd>", title);
	html_text(out, text);
	fputs("</dd></div>\n", out);
}

static void write_model(struct page *page, unsigned slot)
{
	FILE *out = page->out;
	const char *name = page->bundle->runtimes[slot];
	const json_t *info = bundle_info(page->bundle, name);
	char colour[8];

	page_colour(page, slot, colour);
	fprintf(out, "<details class=\"model\"><summary><span class=\"swatch %s\" aria-hidden=\"true\"></span><b>",
		colour);
	html_text(out, name);
	fputs("</b> ", out);
	html_text(out, json_string_value(json_object_get(info, "model")));
	fputs("</summary>\n<dl>\n", out);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		write_fact(out, facts[i].title, json_string_value(json_object_get(info, facts[i].key)));
	fputs("</dl></details>\n", out);
}

/* A run without peers knows them nevertheless: they have no cell there. */
static bool took_part(const struct bundle *bundle, unsigned slot)
{
	for (size_t i = 0; i < bundle->cell_count; i++)
		if (bundle->cells[i].slot == slot)
			return true;
	return false;
}

void page_runtimes(struct page *page)
{
	fputs("<p>What each says of itself: what a task is, how it waits, what its tasks share, and where it "
	      "breaks.</p>\n",
	      page->out);
	for (int family = 0; family < FAMILIES; family++) {
		bool headed = false;

		for (unsigned slot = 0; slot < page->bundle->runtime_count; slot++) {
			if ((int)page->marks[slot].family != family || !took_part(page->bundle, slot))
				continue;
			if (!headed)
				fprintf(page->out, "<h3>%s</h3>\n", model_family_heading((enum model_family)family));
			headed = true;
			write_model(page, slot);
		}
	}
}

/* --- the machine ---------------------------------------------------------------------------------------------- */

static void write_scalar(FILE *out, const json_t *value)
{
	if (json_is_string(value))
		html_text(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.6g", json_real_value(value));
	else
		fputs(json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "…", out);
}

static void write_list(FILE *out, const json_t *list)
{
	enum { ITEMS_MAX = 256 };
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (i == ITEMS_MAX) {
			fprintf(out, " … (%zu in all)", json_array_size(list));
			return;
		}
		fputs(i ? ", " : "", out);
		write_scalar(out, item);
	}
}

/* "cores_allowed" as "cores allowed". */
static void write_key(FILE *out, const char *key)
{
	char words[80];

	snprintf(words, sizeof(words), "%s", key);
	for (char *at = words; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	html_text(out, words);
}

static void write_object(FILE *out, json_t *object, int depth)
{
	const char *key;
	json_t *value;

	fputs("<dl>\n", out);
	json_object_foreach(object, key, value)
	{
		fputs("<div><dt>", out);
		write_key(out, key);
		fputs("</dt><dd>", out);
		if (json_is_object(value) && depth > 0)
			write_object(out, value, depth - 1);
		else if (json_is_array(value))
			write_list(out, value);
		else
			write_scalar(out, value);
		fputs("</dd></div>\n", out);
	}
	fputs("</dl>\n", out);
}

void page_machine(struct page *page)
{
	json_t *machine = json_object_get(page->bundle->manifest, "machine");
	json_t *build = json_object_get(page->bundle->manifest, "build");

	if (!json_is_object(machine))
		fputs("<p>The run does not say on which machine it was made.</p>\n", page->out);
	else
		write_object(page->out, machine, 1);
	if (json_is_object(build)) {
		fputs("<h3>How the programs were built</h3>\n", page->out);
		write_object(page->out, build, 0);
	}
}

/* --- the method ----------------------------------------------------------------------------------------------- */

static void write_left_out(struct page *page)
{
	const struct bundle *bundle = page->bundle;
	size_t failed = 0, good = 0, disturbed = 0;

	for (size_t i = 0; i < bundle->cell_count; i++) {
		const struct cell *cell = &bundle->cells[i];

		failed += cell->count[STATUS_FAILED];
		for (size_t j = 0; j < cell->invocation_count; j++) {
			good += cell->invocations[j].status == STATUS_OK;
			disturbed += invocation_disturbed(&cell->invocations[j]);
		}
	}
	fprintf(page->out,
		"<li>%zu good result%s, of which %zu %s disturbed by other load, kept and counted; %zu failed.", good,
		good == 1 ? "" : "s", disturbed, disturbed == 1 ? "was" : "were", failed);
	if (bundle->replayed > 0)
		fprintf(page->out,
			" %zu more %s disturbed and played again: the records have them, and they do not count.",
			bundle->replayed, bundle->replayed == 1 ? "was" : "were");
	fputs("</li>\n", page->out);
	if (bundle->malformed > 0)
		fprintf(page->out,
			"<li>%zu line%s of the records could not be read, the first being line %llu; %s left "
			"out.</li>\n",
			bundle->malformed, bundle->malformed == 1 ? "" : "s",
			(unsigned long long)bundle->first_malformed, bundle->malformed == 1 ? "it is" : "they are");
	if (bundle->truncated)
		fputs("<li>The last line of the records has no end: the run was cut off, or the file was.</li>\n",
		      page->out);
	if (bundle->unknown_cells > 0)
		fprintf(page->out, "<li>%zu record%s of cells that the plan does not have, left out.</li>\n",
			bundle->unknown_cells, bundle->unknown_cells == 1 ? "" : "s");
}

static void write_call(struct page *page)
{
	const json_t *arguments = bundle_object(page->bundle, "arguments"), *argument;
	size_t i;

	fputs("<p>The call: <code>simul", page->out);
	json_array_foreach(arguments, i, argument)
	{
		const char *text = json_string_value(argument);

		/* Where it was put has no bearing on what was measured. */
		if (!text || strncmp(text, "--out=", 6) == 0)
			continue;
		fputc(' ', page->out);
		html_text(page->out, text);
	}
	fputs("</code></p>\n", page->out);
}

static void write_origin(struct page *page)
{
	const char *version = bundle_text(page->bundle, NULL, "version"),
		   *commit = bundle_text(page->bundle, NULL, "commit");
	const char *profile = bundle_text(page->bundle, NULL, "profile"),
		   *created = bundle_text(page->bundle, NULL, "created");
	double seed = json_measure(page->bundle->manifest, "seed");

	fputs("<p>", page->out);
	html_print(page->out, "simul %s, commit %s, profile %s, begun %s, order by seed %.0f.", version ? version : "?",
		   commit ? commit : "?", profile ? profile : "?", created ? created : "?", isnan(seed) ? 0 : seed);
	fputs("</p>\n", page->out);
}

void page_method(struct page *page)
{
	fputs("<ul>\n"
	      "<li><b>An invocation</b> is a fresh process that does the work once, pinned to its cores; it is the "
	      "unit of all "
	      "statistics. Setup and teardown are timed apart. What crashes or hangs costs its own row only.</li>\n"
	      "<li><b>The same work, proven.</b> Every invocation hands back an audit (tasks, operations, bytes, "
	      "checksum) that "
	      "is held against an answer found another way.</li>\n"
	      "<li><b>The bound</b> is a time that no program beats on these cores, from what a step of the work "
	      "costs there directly before and after each invocation: all moves and waits of chess, nine tenths of "
	      "the divisions of counting, half of a bare send and receive for a message of echo. That is itself a "
	      "measurement: a game of chess that wastes nothing comes out at 1 time its bound give or take some per "
	      "cent. A result more than 5 % below what the cores could do at the fastest clock seen is an "
	      "error.</li>\n"
	      "<li><b>The median</b> of the invocations stands for them, with a rank-based interval that needs no "
	      "assumption "
	      "about the noise. Outliers are kept. An invocation that other load disturbed is played again, and the "
	      "last one counts.</li>\n"
	      "<li><b>Four verdicts</b>, here, in the tables and in simul compare. <i>Slower</i> and <i>faster</i> are "
	      "said where the medians are 2 % or more apart, the interval of their ratio (a bootstrap’s, 95 %) leaves "
	      "out 1, and Mann and Whitney’s rank test agrees at 2 %; <i>no difference shown</i>, where that interval "
	      "lies within 2 % either way; else there is <i>not enough data</i>, as always with fewer than five "
	      "invocations. <i>Level</i> with the fastest is what is not shown to be slower and whose interval ends "
	      "at 1.15 times or below.</li>\n"
	      "<li><b>Order.</b> All invocations are played in a random order, round after round, so that a machine "
	      "that slows "
	      "down slows down everybody.</li>\n",
	      page->out);
	write_left_out(page);
	fputs("</ul>\n", page->out);
	write_origin(page);
	write_call(page);
	page_noise(page);
}
