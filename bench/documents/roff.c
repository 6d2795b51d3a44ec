/* roff.c: see roff.h. */
#include "roff.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void roff_text(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '-')
			fputs("\\-", out);
		else
			fputc(text[i], out);
	}
}

static void begin_line(FILE *out, char first)
{
	if (first == '.' || first == '\'')
		fputs("\\&", out);
}

void roff_line(FILE *out, const char *text)
{
	begin_line(out, *text);
	roff_text(out, text, strlen(text));
	fputc('\n', out);
}

void roff_macro(FILE *out, const char *macro, const char *text)
{
	fprintf(out, ".%s \"", macro);
	for (; *text; text++) {
		if (*text == '"')
			fputs("\\(dq", out);
		else
			roff_text(out, text, 1);
	}
	fputs("\"\n", out);
}

/* --- help ----------------------------------------------------------------------------------------------------- */

void roff_help(FILE *out, const char *text)
{
	bool example = false;

	while (text && *text) {
		size_t length = strcspn(text, "\n");
		bool indented = *text == ' ';

		if (indented != example && length > 0) {
			fputs(indented ? ".RS 2\n.nf\n" : ".fi\n.RE\n.PP\n", out);
			example = indented;
		}
		if (length == 0) {
			fputs(example ? "" : ".PP\n", out);
		} else {
			text += indented ? 2 : 0;
			length -= indented ? 2 : 0;
			begin_line(out, *text);
			roff_text(out, text, length);
			fputc('\n', out);
		}
		text += length + (text[length] == '\n');
	}
	if (example)
		fputs(".fi\n.RE\n", out);
}

/* --- Markdown ------------------------------------------------------------------------------------------------- */

/* What the lines so far have opened. */
struct markdown {
	FILE *out;
	bool code, fence, list, blank;
	bool fresh; /* nothing yet since the heading */
};

/* A paragraph's line: `code` and **bold** as bold. */
static void write_inline(FILE *out, const char *text)
{
	bool code = false, bold = false;

	begin_line(out, *text);
	for (; *text; text++) {
		if (*text == '`') {
			code = !code;
			fputs(code ? "\\fB" : "\\fR", out);
		} else if (!code && strncmp(text, "**", 2) == 0) {
			bold = !bold;
			fputs(bold ? "\\fB" : "\\fR", out);
			text++;
		} else {
			roff_text(out, text, 1);
		}
	}
	fputc('\n', out);
}

static void new_paragraph(struct markdown *state)
{
	fputs(state->fresh ? "" : ".PP\n", state->out);
	state->fresh = false;
}

static void set_code(struct markdown *state, bool code)
{
	if (code && !state->code)
		new_paragraph(state);
	if (code != state->code)
		fputs(code ? ".RS 2\n.nf\n" : ".fi\n.RE\n", state->out);
	state->code = code;
}

static void end_list(struct markdown *state)
{
	state->list = false;
}

/* "- text" and "1. text": the length of what stands before the text, or 0. */
static size_t bullet_length(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	if (digits > 0 && strncmp(line + digits, ". ", 2) == 0)
		return digits + 2;
	return strncmp(line, "- ", 2) == 0 ? 2 : 0;
}

static void write_item(struct markdown *state, const char *line, size_t bullet)
{
	fprintf(state->out, ".IP %.*s 4\n", (*line == '-' ? 4 : (int)bullet - 1), *line == '-' ? "\\(bu " : line);
	write_inline(state->out, line + bullet);
	state->list = true;
	state->fresh = false;
}

/* "| `file` | what |": the first cell as a tag. The head and the rule below it have no place in a page. */
static void write_table_row(struct markdown *state, char *line)
{
	char *cell = strtok(line + 1, "|"), *rest = strtok(NULL, "");

	if (!rest || strspn(line + 1, "-| ") == strlen(line + 1) || strcmp(cell, " file ") == 0)
		return;
	char *bar = strrchr(rest, '|');

	if (bar)
		*bar = '\0';
	fputs(".TP\n", state->out);
	write_inline(state->out, cell + strspn(cell, " "));
	write_inline(state->out, rest + strspn(rest, " "));
	state->list = true;
}

static void write_text(struct markdown *state, const char *line)
{
	if (state->blank && !(state->list && *line == ' ')) {
		new_paragraph(state);
		end_list(state);
	} else if (state->blank) {
		fputs(".IP\n", state->out);
	}
	write_inline(state->out, line + strspn(line, " "));
}

static void write_subsection(struct markdown *state, const char *heading)
{
	roff_macro(state->out, "SS", heading);
	state->fresh = true;
}

static void markdown_line(struct markdown *state, char *line)
{
	bool indented = strncmp(line, "    ", 4) == 0;

	if (strncmp(line, "```", 3) == 0) {
		state->fence = !state->fence;
		set_code(state, state->fence);
	} else if (state->fence || (indented && (state->code || state->blank))) {
		set_code(state, true);
		begin_line(state->out, state->fence ? *line : line[4]);
		roff_text(state->out, line + (state->fence ? 0 : 4), strlen(line) - (state->fence ? 0 : 4));
		fputc('\n', state->out);
	} else if (*line) {
		size_t bullet = bullet_length(line);

		set_code(state, false);
		if (bullet > 0)
			write_item(state, line, bullet);
		else if (strncmp(line, "### ", 4) == 0)
			write_subsection(state, line + 4);
		else if (*line == '|')
			write_table_row(state, line);
		else
			write_text(state, line);
	}
	if (!*line && state->fence)
		fputs("\n", state->out);
	state->blank = !*line;
}

static bool is_heading(const char *line, const char *heading)
{
	return strncmp(line, "## ", 3) == 0 && strcmp(line + 3, heading) == 0;
}

int roff_markdown(FILE *out, const char *path, const char *heading)
{
	FILE *file = fopen(path, "re");
	struct markdown state = {.out = out, .blank = true, .fresh = true};
	bool inside = false, found = false;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return -errno;
	while (getline(&line, &size, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!state.fence && strncmp(line, "## ", 3) == 0) {
			inside = is_heading(line, heading);
			found |= inside;
		} else if (inside) {
			markdown_line(&state, line);
		}
	}
	set_code(&state, false);
	free(line);
	fclose(file);
	return found ? 0 : -ENOENT;
}
