/* page.h: the parts of the page that report_page() puts together; each writes one section of HTML.
 *
 * All of them read the bundle and nothing else, so that the same bundle gives the same page, byte for byte. Text of the
 * bundle goes through html.h. A part that runs out of memory sets page->error and stops. */
#ifndef SIMUL_REPORT_PAGE_H
#define SIMUL_REPORT_PAGE_H

#include "../analysis/groups.h"
#include "mark.h"

/* One bundle on the page. */
struct page {
	FILE *out;
	const struct bundle *bundle;
	const struct groups *groups;
	struct mark marks[BUNDLE_RUNTIMES_MAX];
	const char *prefix; /* of all its ids: "" for the first bundle, "b2-" for the second ... */
	int error;          /* the first -errno */
};

/* Opens a <section> with a heading of that level (2 to 4) and an id that the table of contents can name; `id` without
 * the prefix. Close it with "</section>". */
void page_section(struct page *page, int level, const char *id, const char *heading);

/* What a reader came for: which model for which work, by how much, how sure. (page_answer.c) */
void page_answer(struct page *page);
/* Each of the bundles after the first against it. (page_compare.c) 0 or -errno. */
int page_compare(FILE *out, const char *const *paths, size_t count);
/* Its decision map, if the bundle has one. (page_map.c) */
void page_map(struct page *page);
/* Every figure that the bundle has data for, each with its numbers as a table. (page_figure.c) */
void page_figures(struct page *page);
/* Each workload's bodies, a dialect beside the other, with the lines of code that they take. (page_source.c) */
void page_sources(struct page *page);
/* The models in the words of their players. (page_context.c) */
void page_runtimes(struct page *page);
void page_machine(struct page *page);
void page_method(struct page *page);
/* How much of the noise lies between invocations, and the repetitions that follow. (page_noise.c) */
void page_noise(struct page *page);
/* Every cell and every invocation, to save as TSV or JSON. (page_numbers.c) */
void page_numbers(struct page *page);

/* The class that gives an element the colour of the runtime's family: "m0" to "m7". */
void page_colour(const struct page *page, unsigned slot, char text[8]);

/* Draws one figure's TSV (figure.h) as panels of inline SVG with a table each. (page_draw.c) 0 or -ENOMEM. */
int page_draw(struct page *page, const char *name, const char *tsv, size_t size);

/* What is built into the program: the page's own style and script, and the bodies of the workloads. */
struct page_asset {
	const char *name; /* "page.css", "chess/direct.c" */
	const char *text; /* with a zero at its end */
	size_t size;
	const unsigned char sha256[32];
};
extern const struct page_asset page_assets[]; /* ends with a NULL name */
const struct page_asset *page_asset(const char *name);

#endif
