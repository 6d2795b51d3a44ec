/* map.c: the decision map (analysis/map.h) for the terminal, and as a figure: rows of the share of waiting, columns of
 * the number of tasks, in each place the families of models that lead and the margin to what comes behind.
 *
 * A place's colours are those of the families; their letters stand for them where colours are not seen. */
#include "map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "report.h"
#include "text.h"

const char *const map_questions[MAP_ASPECTS] = {
	[MAP_TIME] = "Which model is fastest?",
	[MAP_MEMORY] = "Which model takes the least memory?",
};

int report_map_refine(const char *path, struct map_point *points, size_t most)
{
	struct bundle bundle;
	struct groups groups;
	struct map map;
	int error = bundle_open(path, &bundle), count = 0;

	if (error)
		return error;
	error = groups_make(&bundle, &groups);
	if (!error) {
		error = map_make(&groups, &bundle, 0, 0, &map);
		if (!error) {
			count = (int)map_refine(&map, points, most);
			map_clear(&map);
		}
		groups_clear(&groups);
	}
	bundle_close(&bundle);
	return error && error != -ENODATA ? error : count;
}

/* --- words ---------------------------------------------------------------------------------------------------- */

size_t map_families(const struct mark *marks, const struct map_answer *answer, const struct map_entry *first[FAMILIES])
{
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		const struct map_entry *entry = &answer->entries[i];
		bool known = false;

		for (size_t k = 0; k < count; k++)
			known |= marks[first[k]->cell->slot].family == marks[entry->cell->slot].family;
		if (entry->leads && !known)
			first[count++] = entry;
	}
	return count;
}

char *map_share(char text[MAP_TEXT_MAX], double share)
{
	snprintf(text, MAP_TEXT_MAX, "%.4g %%", 100 * share);
	return text;
}

char *map_tasks(char text[MAP_TEXT_MAX], double tasks)
{
	if (tasks >= 1e6)
		snprintf(text, MAP_TEXT_MAX, "%gM", tasks / 1e6);
	else if (tasks >= 1e4)
		snprintf(text, MAP_TEXT_MAX, "%gk", tasks / 1e3);
	else
		snprintf(text, MAP_TEXT_MAX, "%g", tasks);
	return text;
}

char *map_margin(char text[MAP_TEXT_MAX], const struct map_place *place, enum map_aspect aspect)
{
	const struct map_answer *answer = &place->answer[aspect];

	if (answer->count == 0)
		snprintf(text, MAP_TEXT_MAX, "-");
	else if (*place->unreliable)
		snprintf(text, MAP_TEXT_MAX, "!");
	else if (!answer->second)
		snprintf(text, MAP_TEXT_MAX, answer->unsure ? "?" : "=");
	else if (answer->second->ratio >= 9999.5)
		snprintf(text, MAP_TEXT_MAX, ">10^4x");
	else
		snprintf(text, MAP_TEXT_MAX, "%.*fx",
			 answer->second->ratio < 9.995   ? 2
			 : answer->second->ratio < 99.95 ? 1
							 : 0,
			 answer->second->ratio);
	return text;
}

/* "CBA", at most five; then +. */
static char *letters(char text[MAP_TEXT_MAX], const struct mark *marks, const struct map_answer *answer)
{
	enum { MOST = 5 };
	const struct map_entry *first[FAMILIES];
	size_t count = map_families(marks, answer, first), used = 0;

	for (size_t i = 0; i < count && i < MOST; i++)
		text[used++] = model_family_letter(marks[first[i]->cell->slot].family);
	if (count > MOST)
		text[used++] = '+';
	text[used] = '\0';
	return text;
}

/* --- the table ------------------------------------------------------------------------------------------------ */

enum { LABEL_WIDTH = 9, COLUMN_WIDTH = 7, COLUMNS_MAX = 10, TABLE_WIDTH = 80 };

/* Two lines: who leads, and by how much. */
static void print_row(const struct map *map, const struct mark *marks, enum map_aspect aspect, size_t row, size_t from,
		      size_t end, FILE *out)
{
	char text[MAP_TEXT_MAX];

	for (int line = 0; line < 2; line++) {
		text_pad(out, line == 0 ? map_share(text, map->shares[row]) : "", -LABEL_WIDTH);
		for (size_t column = from; column < end; column++) {
			const struct map_place *place = map_at(map, column, row);

			text_pad(out,
				 !place      ? ""
				 : line == 0 ? letters(text, marks, &place->answer[aspect])
					     : map_margin(text, place, aspect),
				 -COLUMN_WIDTH);
		}
		fputc('\n', out);
	}
}

static void print_aspect(const struct map *map, const struct mark *marks, enum map_aspect aspect, FILE *out)
{
	char text[MAP_TEXT_MAX];

	for (size_t from = 0; from < map->columns; from += COLUMNS_MAX) {
		size_t end = from + COLUMNS_MAX < map->columns ? from + COLUMNS_MAX : map->columns;

		fprintf(out, "%s\n", map_questions[aspect]);
		text_pad(out, "waiting", -LABEL_WIDTH);
		for (size_t column = from; column < end; column++)
			text_pad(out, map_tasks(text, map->tasks[column]), -COLUMN_WIDTH);
		fputs(" tasks\n", out);
		for (size_t row = map->rows; row-- > 0;)
			print_row(map, marks, aspect, row, from, end, out);
		fputc('\n', out);
	}
}

static void print_line(void *context, const char *text)
{
	fprintf(context, "%s\n", text);
}

/* Which families there are, and their letters. */
static char *key(const struct bundle *bundle, const struct mark *marks, const struct map *map)
{
	bool used[FAMILIES] = {false}, played[BUNDLE_RUNTIMES_MAX] = {false};
	char *text = NULL;
	size_t size, count = 0;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		for (size_t k = 0; k < map->places[i].group->cell_count; k++) {
			played[map->places[i].group->cells[k]->slot] = true;
			used[marks[map->places[i].group->cells[k]->slot].family] = true;
		}
	for (int family = 0; family < FAMILIES; family++) {
		size_t members = 0;

		if (!used[family] || family == FAMILY_FLOOR)
			continue;
		fprintf(memory, "%s%c %s (", count++ ? ", " : "", model_family_letter((enum model_family)family),
			model_family_heading((enum model_family)family));
		for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
			if (marks[slot].family == (enum model_family)family && played[slot] &&
			    !bundle_is_peer(bundle, bundle->runtimes[slot]))
				fprintf(memory, "%s%s", members++ ? ", " : "", bundle->runtimes[slot]);
		fputc(')', memory);
	}
	fclose(memory);
	return text;
}

static void describe(const struct map *map, char *text, size_t size)
{
	char compute[NUMBER_TEXT_MAX];

	snprintf(text, size, "%zu places measured on %u core%s; a task computes for %s at a time, then waits.",
		 map->count, map->cores, map->cores == 1 ? "" : "s", format_time(compute, map->compute_ns));
}

static const char legend[] =
	"Letters: the families of models that lead, the best first, and those level with it. The number: how many "
	"times as much the next takes that is shown to be behind; = none is; ? not enough data to say; ! most "
	"invocations were disturbed by other load: do not rely on it. Empty: not measured. Times are of the work, "
	"without creating the tasks; memory under 4 KiB counts as 4 KiB.";

int map_table(const struct bundle *bundle, const struct groups *groups, bool *shown, FILE *out)
{
	struct mark marks[BUNDLE_RUNTIMES_MAX];
	struct map map;
	char text[200], *families;
	int error = map_make(groups, bundle, 0, 0, &map);

	*shown = !error;
	if (error)
		return error == -ENODATA ? 0 : error;
	marks_make(bundle, marks);
	describe(&map, text, sizeof(text));
	text_wrap(text, TABLE_WIDTH, print_line, out);
	fputc('\n', out);
	for (int aspect = 0; aspect < MAP_ASPECTS; aspect++)
		print_aspect(&map, marks, (enum map_aspect)aspect, out);
	families = key(bundle, marks, &map);
	if (families)
		text_wrap(families, TABLE_WIDTH, print_line, out);
	free(families);
	text_wrap(legend, TABLE_WIDTH, print_line, out);
	fputc('\n', out);
	map_clear(&map);
	return 0;
}

/* --- one place ------------------------------------------------------------------------------------------------ */

static void print_entry(const char *what, const struct map_entry *entry, enum map_aspect aspect, FILE *out)
{
	char text[NUMBER_TEXT_MAX];

	fprintf(out, "  %-13s %-8s %6.2fx  %s\n", what,
		aspect == MAP_TIME ? format_time(text, entry->median) : format_bytes(text, entry->median), entry->ratio,
		entry->cell->name);
}

static void print_place(const struct map_place *place, FILE *out)
{
	static const char *const words[] = {[MAP_TIME] = "fastest", [MAP_MEMORY] = "least memory"};

	for (int aspect = 0; aspect < MAP_ASPECTS; aspect++) {
		const struct map_answer *answer = &place->answer[aspect];
		const char *what = words[aspect];

		for (size_t i = 0; i < answer->count; i++)
			if (answer->entries[i].leads) {
				print_entry(what, &answer->entries[i], (enum map_aspect)aspect, out);
				what = "  or";
			}
		if (answer->second)
			print_entry("  then", answer->second, (enum map_aspect)aspect, out);
	}
}

static json_t *entry_json(const struct map_entry *entry, enum map_aspect aspect)
{
	return json_pack("{s:s, s:s, s:f, s:f, s:s, s:b}", "cell", entry->cell->name, "runtime", entry->cell->runtime,
			 aspect == MAP_TIME ? "wall_ns" : "bytes", entry->median, "ratio", entry->ratio, "verdict",
			 verdict_name(entry->verdict), "leads", entry->leads);
}

static json_t *place_json(const struct map *map, const struct map_place *place)
{
	static const char *const names[] = {[MAP_TIME] = "time", [MAP_MEMORY] = "memory"};
	json_t *json = json_pack("{s:f, s:f, s:f, s:i}", "tasks", place->tasks, "waiting", place->share, "compute_ns",
				 map->compute_ns, "cores", (int)map->cores);

	if (*place->unreliable)
		json_object_set_new(json, "unreliable", json_string(place->unreliable));
	for (int aspect = 0; aspect < MAP_ASPECTS; aspect++) {
		json_t *list = json_array();

		for (size_t i = 0; i < place->answer[aspect].count; i++)
			json_array_append_new(list,
					      entry_json(&place->answer[aspect].entries[i], (enum map_aspect)aspect));
		json_object_set_new(json, names[aspect], list);
	}
	return json;
}

static void print_near(const struct map *map, const struct map_place *place, FILE *out)
{
	char compute[NUMBER_TEXT_MAX], text[MAP_TEXT_MAX];

	fprintf(out,
		"Measured nearest to it, in the map: %.0f tasks that compute for %s at a time and wait for %s\nof "
		"their "
		"time, on %u core%s. From these cells:\n",
		place->tasks, format_time(compute, map->compute_ns), map_share(text, place->share), map->cores,
		map->cores == 1 ? "" : "s");
	if (*place->unreliable)
		fprintf(out, "(%s)\n", place->unreliable);
	print_place(place, out);
}

int report_map_near(const char *path, double tasks, double share, unsigned cores, FILE *out, json_t **json)
{
	struct bundle bundle;
	struct groups groups;
	struct map map;
	const struct map_place *place = NULL;
	int error = bundle_open(path, &bundle);

	if (error)
		return error;
	error = groups_make(&bundle, &groups);
	if (!error) {
		error = map_make(&groups, &bundle, cores, 0, &map);
		place = error ? NULL : map_near(&map, tasks, share);
		if (place && json)
			*json = place_json(&map, place);
		else if (place)
			print_near(&map, place, out);
		if (!error)
			map_clear(&map);
		groups_clear(&groups);
	}
	bundle_close(&bundle);
	return error && error != -ENODATA ? error : place != NULL;
}

/* --- the figure ----------------------------------------------------------------------------------------------- */

/* A place's stripes, one a leading family, from top to bottom; more than LETTERS_MOST are too low for letters. */
enum { LETTERS_MOST = 3 };

static void draw_stripes(struct figure *figure, struct series *series, const struct map_place *place,
			 enum map_aspect aspect)
{
	const struct map_entry *first[FAMILIES];
	size_t count = map_families(figure->marks, &place->answer[aspect], first);

	for (size_t i = 0; i < count; i++) {
		const struct map_entry *entry = first[i];
		double height = 0.94 / (double)count, high = (double)place->row + 0.47 - height * (double)i;
		char family = model_family_letter(figure->marks[entry->cell->slot].family);
		char letter[] = {count > LETTERS_MOST ? ' ' : family, '\0'};

		figure_point(figure, series,
			     &(struct point){.x = (double)place->column,
					     .y = high - height / 2,
					     .low = high - height,
					     .high = high,
					     .mean = entry->median,
					     .n = entry->n,
					     .slot = entry->cell->slot,
					     .text = letter});
	}
}

static void draw_margin(struct figure *figure, struct series *series, const struct map_place *place,
			enum map_aspect aspect)
{
	const struct map_answer *answer = &place->answer[aspect];
	const struct map_entry *first[FAMILIES];
	size_t count = map_families(figure->marks, answer, first);
	char margin[MAP_TEXT_MAX], text[2 * MAP_TEXT_MAX];

	map_margin(margin, place, aspect);
	if (count > LETTERS_MOST)
		snprintf(text, sizeof(text), "%zu kinds %s", count, margin);
	else
		snprintf(text, sizeof(text), "%s", margin);
	figure_point(figure, series,
		     &(struct point){.x = (double)place->column,
				     .y = (double)place->row,
				     .low = NAN,
				     .high = NAN,
				     .mean = answer->second ? answer->second->ratio : NAN,
				     .slot = BUNDLE_RUNTIMES_MAX,
				     .text = text});
}

static void name_axes(struct panel *panel, const struct map *map)
{
	char text[MAP_TEXT_MAX];

	snprintf(panel->x.label, sizeof(panel->x.label), "tasks");
	snprintf(panel->y.label, sizeof(panel->y.label), "waiting, %% of a task's time");
	panel->x.low = panel->y.low = -0.5;
	panel->x.high = (double)map->columns - 0.5;
	panel->y.high = (double)map->rows - 0.5;
	panel->x.names = calloc(map->columns + 1, sizeof(*panel->x.names));
	panel->y.names = calloc(map->rows + 1, sizeof(*panel->y.names));
	for (size_t i = 0; panel->x.names && i < map->columns; i++)
		panel->x.names[i] = strdup(map_tasks(text, map->tasks[i]));
	for (size_t i = 0; panel->y.names && i < map->rows; i++) {
		snprintf(text, sizeof(text), "%.4g", 100 * map->shares[i]);
		panel->y.names[i] = strdup(text);
	}
}

void map_figure(struct figure *figure, const struct groups *groups)
{
	char text[200];
	struct map map;
	int error = map_make(groups, figure->bundle, 0, 0, &map);

	figure_title(figure, "Which model for how many tasks that wait how much?");
	if (error) {
		figure->error = error == -ENOMEM ? error : figure->error;
		return;
	}
	for (int aspect = 0; aspect < MAP_ASPECTS; aspect++) {
		struct panel *panel = figure_panel(figure);

		snprintf(panel->title, sizeof(panel->title), "%s", map_questions[aspect]);
		name_axes(panel, &map);
		struct series *series = figure_series(figure, SERIES_RUNTIME, "leaders");

		for (size_t i = 0; i < map.count; i++)
			draw_stripes(figure, series, &map.places[i], (enum map_aspect)aspect);
		series = figure_series(figure, SERIES_NOTE, "margin");
		for (size_t i = 0; i < map.count; i++)
			draw_margin(figure, series, &map.places[i], (enum map_aspect)aspect);
	}
	describe(&map, text, sizeof(text));
	figure_note(figure, "%s %s Where more than %d kinds lead, their number stands for the letters.", text, legend,
		    LETTERS_MOST);
	figure->columns = MAP_ASPECTS;
	figure->rows = 1;
	map_clear(&map);
}
