/* page_source.c: what a style of code costs to write: each workload's bodies beside each other, as they are built into
 * this program, with their lines of code. */
#include <errno.h>
#include <string.h>

#include "html.h"
#include "page.h"

static const struct {
	const char *name, *heading, *what;
} dialects[] = {
	{"direct", "direct", "blocking calls, as with threads: also processes, pools and stackful coroutines"},
	{"async", "async", "stackless coroutines: functions that can be left and resumed"},
	{"callback", "callback", "a function for each step, called by an event loop"},
};

enum { DIALECTS = sizeof(dialects) / sizeof(*dialects) };

static const struct page_asset *body_of(const char *workload, size_t dialect)
{
	char name[128];

	snprintf(name, sizeof(name), "%.60s/%s.c", workload, dialects[dialect].name);
	return page_asset(name);
}

/* Where a text of C stands. */
enum lexical { CODE, STRING, CHARACTER, BLOCK, LINE };

static enum lexical lexical_next(enum lexical state, const char *at, size_t *taken)
{
	*taken = 1;
	switch (state) {
	case CODE:
		if (at[0] == '/' && (at[1] == '*' || at[1] == '/')) {
			*taken = 2;
			return at[1] == '*' ? BLOCK : LINE;
		}
		return at[0] == '"' ? STRING : at[0] == '\'' ? CHARACTER : CODE;
	case STRING:
	case CHARACTER:
		*taken = at[0] == '\\' && at[1] ? 2 : 1;
		return at[0] == (state == STRING ? '"' : '\'') ? CODE : state;
	case BLOCK:
		if (at[0] != '*' || at[1] != '/')
			return BLOCK;
		*taken = 2;
		return CODE;
	default:
		return at[0] == '\n' ? CODE : LINE;
	}
}

/* Lines that hold more than comments and blanks. */
static size_t count_lines(const char *text)
{
	enum lexical state = CODE;
	size_t lines = 0, taken;
	bool code = false;

	for (; *text; text += taken) {
		enum lexical before = state;

		state = lexical_next(state, text, &taken);
		code |= before != BLOCK && before != LINE && state != BLOCK && state != LINE && !strchr(" \t\n", *text);
		lines += *text == '\n' && code;
		code = *text == '\n' ? false : code;
	}
	return lines;
}

/* With its comments set apart. */
static void write_code(FILE *out, const char *text)
{
	enum lexical state = CODE;
	size_t taken;

	for (; *text; text += taken) {
		bool before = state == BLOCK || state == LINE, after;

		state = lexical_next(state, text, &taken);
		after = state == BLOCK || state == LINE;
		if (after && !before)
			fputs("<i>", out);
		html_bytes(out, text, taken);
		if (before && !after)
			fputs("</i>", out);
	}
}

static void write_count(FILE *out, const char *workload)
{
	size_t direct = 0;

	fputs("<tr><th scope=\"row\">", out);
	html_text(out, workload);
	fputs("</th>", out);
	for (size_t i = 0; i < DIALECTS; i++) {
		const struct page_asset *body = body_of(workload, i);
		size_t lines = body ? count_lines(body->text) : 0;

		direct = i == 0 ? lines : direct;
		if (lines == 0)
			fputs("<td class=\"number mild\">–</td>", out);
		else if (i == 0 || direct == 0)
			fprintf(out, "<td class=\"number\">%zu</td>", lines);
		else
			fprintf(out, "<td class=\"number\">%zu <span class=\"mild\">(%.2f×)</span></td>", lines,
				(double)lines / (double)direct);
	}
	fputs("</tr>\n", out);
}

static bool has_body(const char *workload)
{
	for (size_t i = 0; i < DIALECTS; i++)
		if (body_of(workload, i))
			return true;
	return false;
}

static void write_bodies(FILE *out, const char *workload)
{
	fputs("<details class=\"bodies\"><summary>The source of ", out);
	html_text(out, workload);
	fputs(" in each style</summary>\n<div class=\"sources\">\n", out);
	for (size_t i = 0; i < DIALECTS; i++) {
		const struct page_asset *body = body_of(workload, i);

		if (!body)
			continue;
		fprintf(out,
			"<figure><figcaption>%s <span class=\"mild\">%zu lines of code</span></figcaption>\n"
			"<pre tabindex=\"0\" role=\"region\" aria-label=\"",
			dialects[i].heading, count_lines(body->text));
		html_text(out, body->name);
		fputs("\"><code>", out);
		write_code(out, body->text);
		fputs("</code></pre></figure>\n", out);
	}
	fputs("</div></details>\n", out);
}

void page_sources(struct page *page)
{
	FILE *out = page->out;
	const struct family *family = NULL;
	bool any = false;

	while ((family = family_next_workload(page->groups, family)))
		any |= has_body(family->workload);
	if (!any) {
		fputs("<p>None of this run’s workloads is one that this program knows, so their source is not "
		      "here.</p>\n",
		      out);
		return;
	}
	fputs("<p>A model is also a style of code. Each workload is written once in each style, and the same source "
	      "runs under "
	      "every runtime of that style. The lines hold neither comments nor blank lines, nor what all styles "
	      "share.</p>\n"
	      "<dl class=\"dialects\">\n",
	      out);
	for (size_t i = 0; i < DIALECTS; i++)
		fprintf(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", dialects[i].heading, dialects[i].what);
	fputs("</dl>\n<table class=\"small\"><caption>Lines of code, and how many times those of the direct "
	      "style</caption>\n"
	      "<thead><tr><th scope=\"col\">workload</th>",
	      out);
	for (size_t i = 0; i < DIALECTS; i++)
		fprintf(out, "<th scope=\"col\">%s</th>", dialects[i].heading);
	fputs("</tr></thead>\n<tbody>\n", out);
	while ((family = family_next_workload(page->groups, family)))
		if (has_body(family->workload))
			write_count(out, family->workload);
	fputs("</tbody></table>\n", out);
	while ((family = family_next_workload(page->groups, family)))
		if (has_body(family->workload))
			write_bodies(out, family->workload);
}
