/* page_map.c: the decision map on the page: a table that is its own figure, each place in the colours and letters of
 * the families of models that lead there; and one with the programs and their numbers. */
#include "map.h"

#include <errno.h>
#include <math.h>

#include "html.h"
#include "page.h"
#include "text.h"

static void head(FILE *out, const struct map *map)
{
	char text[MAP_TEXT_MAX];

	fputs("<thead><tr><th scope=\"col\">waiting</th>", out);
	for (size_t i = 0; i < map->columns; i++)
		fprintf(out, "<th scope=\"col\">%s</th>", map_tasks(text, map->tasks[i]));
	fputs("</tr></thead>\n<tbody>\n", out);
}

static void place_cell(struct page *page, const struct map_place *place, enum map_aspect aspect)
{
	const struct map_entry *first[FAMILIES];
	FILE *out = page->out;
	char text[MAP_TEXT_MAX];

	if (!place) {
		fputs("<td><span class=\"unseen\">not measured</span></td>", out);
		return;
	}
	const struct map_answer *answer = &place->answer[aspect];
	size_t count = map_families(page->marks, answer, first);

	fputs("<td>", out);
	for (size_t i = 0; i < count; i++) {
		enum model_family family = page->marks[first[i]->cell->slot].family;

		fprintf(out, "<span class=\"lead-family m%d\" title=\"%s\"><b>%c</b></span>", (int)family,
			model_family_heading(family), model_family_letter(family));
	}
	fprintf(out, "<br><small>%s</small></td>", map_margin(text, place, aspect));
}

static void draw(struct page *page, const struct map *map, enum map_aspect aspect)
{
	FILE *out = page->out;
	char text[MAP_TEXT_MAX];

	fprintf(out,
		"<div class=\"scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">\n<table class=\"map\">\n"
		"<caption>%s Tasks to the right, share of their time that they wait upwards.</caption>\n",
		map_questions[aspect], map_questions[aspect]);
	head(out, map);
	for (size_t row = map->rows; row-- > 0;) {
		fprintf(out, "<tr><th scope=\"row\">%s</th>", map_share(text, map->shares[row]));
		for (size_t column = 0; column < map->columns; column++)
			place_cell(page, map_at(map, column, row), aspect);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n</div>\n", out);
}

static void legend(struct page *page, const struct map *map)
{
	bool used[FAMILIES] = {false};
	const struct map_entry *first[FAMILIES];

	for (size_t i = 0; i < map->count; i++)
		for (int aspect = 0; aspect < MAP_ASPECTS; aspect++)
			for (size_t k = map_families(page->marks, &map->places[i].answer[aspect], first); k-- > 0;)
				used[page->marks[first[k]->cell->slot].family] = true;
	fputs("<p class=\"note\">", page->out);
	for (int family = 0; family < FAMILIES; family++)
		if (used[family])
			fprintf(page->out,
				"<span class=\"pair\"><span class=\"lead-family m%d\" "
				"aria-hidden=\"true\"><b>%c</b></span> %s</span> ",
				family, model_family_letter((enum model_family)family),
				model_family_heading((enum model_family)family));
	fputs("</p>\n", page->out);
}

static void value(FILE *out, enum map_aspect aspect, double number)
{
	char text[NUMBER_TEXT_MAX];

	html_text(out, aspect == MAP_TIME ? format_time(text, number) : format_bytes(text, number));
}

static void number_cell(FILE *out, const struct map_answer *answer, enum map_aspect aspect)
{
	fputs("<td>", out);
	for (size_t i = 0, written = 0; i < answer->count; i++)
		if (answer->entries[i].leads)
			html_print(out, "%s%s", written++ ? ", " : "", answer->entries[i].cell->runtime);
	fputs("</td><td class=\"number\">", out);
	if (answer->count > 0)
		value(out, aspect, answer->entries[0].median);
	fputs("</td><td>", out);
	if (answer->second) {
		html_print(out, "%s, ", answer->second->cell->runtime);
		fprintf(out, "%.2f×", answer->second->ratio);
	}
	fputs("</td>", out);
}

static void numbers(struct page *page, const struct map *map)
{
	FILE *out = page->out;
	char text[MAP_TEXT_MAX];

	fputs("<details><summary>Numbers</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	      "aria-label=\"Numbers of the map\">\n<table class=\"small\"><caption>Programs that lead, the least "
	      "median, and "
	      "the next that is shown to be behind</caption>\n<thead><tr><th scope=\"col\">tasks</th><th "
	      "scope=\"col\">waiting</th>"
	      "<th scope=\"col\">fastest</th><th scope=\"col\">time</th><th scope=\"col\">next</th>"
	      "<th scope=\"col\">least memory</th><th scope=\"col\">bytes</th><th "
	      "scope=\"col\">next</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < map->count; i++) {
		const struct map_place *place = &map->places[i];

		fprintf(out, "<tr><th scope=\"row\">%.0f</th><td>%s</td>", place->tasks, map_share(text, place->share));
		for (int aspect = 0; aspect < MAP_ASPECTS; aspect++)
			number_cell(out, &place->answer[aspect], (enum map_aspect)aspect);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div></details>\n", out);
}

void page_map(struct page *page)
{
	struct map map;
	char compute[NUMBER_TEXT_MAX];
	int error = map_make(page->groups, page->bundle, 0, 0, &map);

	if (error == -ENOMEM)
		page->error = error;
	if (error)
		return;
	page_section(page, 3, "map", "Which model, for how many tasks that wait how much?");
	fprintf(page->out, "<p>The map of this run, on %u core%s: in each place tasks compute for ", map.cores,
		map.cores == 1 ? "" : "s");
	html_text(page->out, format_time(compute, map.compute_ns));
	fputs(" at a time and wait in between. The colours and letters are the kinds of models that lead, the best "
	      "first, and those level with it. Below them: how many times as much the next takes that is shown to be "
	      "behind (= none is, ? not enough data to say, ! most invocations were disturbed by other load: do not "
	      "rely on it). Times are of the work, without creating the tasks; memory under 4 KiB counts as 4 "
	      "KiB.</p>\n",
	      page->out);
	legend(page, &map);
	for (int aspect = 0; aspect < MAP_ASPECTS; aspect++)
		draw(page, &map, (enum map_aspect)aspect);
	numbers(page, &map);
	fputs("</section>\n", page->out);
	map_clear(&map);
}
