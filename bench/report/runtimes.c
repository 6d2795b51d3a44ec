/* runtimes.c: report_runtimes(): the models, in the words of their players. */
#include <errno.h>
#include <stdlib.h>

#include "../analysis/bundle.h"
#include "report.h"
#include "text.h"

static const struct {
	const char *key, *title;
} facts[] = {
	{"library", "made of"}, {"dialect", "dialect"}, {"suspends", "suspends"},
	{"shares", "shares"},   {"breaks", "breaks"},   {"sources", "sources"},
};

enum { TITLE_WIDTH = 10, LINE_WIDTH = 66 };

static void print_line(void *context, const char *text)
{
	fprintf(context, "%s\n  %*s", text, TITLE_WIDTH, "");
}

static void print_fact(const char *title, const char *text, FILE *out)
{
	char *lines = NULL;
	size_t size, indent = TITLE_WIDTH + 2;
	FILE *wrapped = open_memstream(&lines, &size);

	if (!wrapped)
		return;
	text_wrap(text, LINE_WIDTH, print_line, wrapped);
	fclose(wrapped);
	if (lines && size >= indent)
		fprintf(out, "  %-*s%.*s", TITLE_WIDTH, title, (int)(size - indent), lines);
	free(lines);
}

static void print_capabilities(const json_t *info, FILE *out)
{
	const json_t *names = json_object_get(info, "capabilities"), *name;
	size_t i;

	fprintf(out, "  %-*s", TITLE_WIDTH, "can");
	json_array_foreach(names, i, name)
		fprintf(out, "%s%s", i ? ", " : "", json_is_string(name) ? json_string_value(name) : "?");
	fputs(json_array_size(names) ? "\n" : "run one task after another\n", out);
}

void report_runtime(const json_t *info, FILE *out)
{
	const char *name = json_string_value(json_object_get(info, "runtime"));
	const char *model = json_string_value(json_object_get(info, "model"));

	fprintf(out, "%s%s\n", name ? name : "?",
		json_is_true(json_object_get(info, "peer"))    ? " (a peer)"
		: json_is_true(json_object_get(info, "floor")) ? " (a floor)"
							       : "");
	print_fact("is", model ? model : "not said", out);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		const char *text = json_string_value(json_object_get(info, facts[i].key));

		if (text && *text)
			print_fact(facts[i].title, text, out);
	}
	print_capabilities(info, out);
}

int report_runtimes(const char *path, FILE *out)
{
	struct bundle bundle;
	int error = bundle_open(path, &bundle);

	if (error)
		return error;
	for (unsigned i = 0; i < bundle.runtime_count; i++) {
		const json_t *info = bundle_info(&bundle, bundle.runtimes[i]);

		if (info)
			report_runtime(info, out);
		if (info)
			fputc('\n', out);
	}
	bundle_close(&bundle);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
