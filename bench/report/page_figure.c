/* page_figure.c: every figure of the bundle, with its notes. The first, which says how it is read, and how
 * many invocations a mark stands for are not folded away. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "html.h"
#include "page.h"

static void write_note(struct page *page, const char *text)
{
	fputs("<p class=\"note\">", page->out);
	html_text(page->out, text);
	fputs("</p>\n", page->out);
}

static void write_notes(struct page *page, const struct figure *figure)
{
	if (figure->note_count > 0)
		write_note(page, figure->notes[0]);
	if (figure->caption_count > 0 && figure->n_most > 0)
		write_note(page, figure->captions[0]);
	if (figure->note_count < 2)
		return;
	fprintf(page->out, "<details><summary>More notes (%zu)</summary><ul class=\"note\">\n",
		figure->note_count - 1);
	for (size_t i = 1; i < figure->note_count; i++) {
		fputs("<li>", page->out);
		html_text(page->out, figure->notes[i]);
		fputs("</li>\n", page->out);
	}
	fputs("</ul></details>\n", page->out);
}

static void write_figure(struct page *page, struct figure *figure)
{
	char *tsv = NULL, id[80];
	size_t size = 0;
	FILE *memory = open_memstream(&tsv, &size);
	int error = memory ? figure_write(figure, memory) : -ENOMEM;

	if (memory)
		fclose(memory);
	if (!error) {
		snprintf(id, sizeof(id), "figure-%s", figure->name);
		page_section(page, 3, id, figure->title);
		error = page_draw(page, figure->name, tsv, size);
		write_notes(page, figure);
		fputs("</section>\n", page->out);
	}
	free(tsv);
	page->error = error;
}

void page_figures(struct page *page)
{
	const char *name;
	figure_maker *make;

	for (size_t i = 0; (make = figure_at(i, &name)) && !page->error; i++) {
		struct figure figure;

		/* The answer shows what these do. */
		if (strcmp(name, "scoreboard") == 0 || strcmp(name, "map") == 0)
			continue;
		figure_init(&figure, page->bundle, name);
		make(&figure, page->groups);
		figure_describe(&figure);
		if (figure.error)
			page->error = figure.error;
		else if (figure.panel_count > 0)
			write_figure(page, &figure);
		figure_clear(&figure);
	}
}
