/* page.c: report_page(): one HTML file that needs nothing else, from one bundle or more.
 *
 * The page allows itself nothing: its policy forbids every request, every script but the one that is built in and every
 * style but the one that is built in, each by its hash. It is written beside its place and renamed into it, so that a
 * reader never sees half a page. */
#include "page.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "html.h"
#include "report.h"

const struct page_asset *page_asset(const char *name)
{
	for (const struct page_asset *asset = page_assets; asset->name; asset++)
		if (strcmp(asset->name, name) == 0)
			return asset;
	return NULL;
}

void page_section(struct page *page, int level, const char *id, const char *heading)
{
	fprintf(page->out, "<section id=\"%s", page->prefix);
	html_word(page->out, id);
	fprintf(page->out, "\" aria-labelledby=\"%sh-", page->prefix);
	html_word(page->out, id);
	fprintf(page->out, "\">\n<h%d id=\"%sh-", level, page->prefix);
	html_word(page->out, id);
	fputs("\">", page->out);
	html_text(page->out, heading);
	fprintf(page->out, "</h%d>\n", level);
}

void page_colour(const struct page *page, unsigned slot, char text[8])
{
	snprintf(text, 8, "m%d", (int)page->marks[slot].family);
}

/* --- the frame ------------------------------------------------------------------------------------------------ */

/* What stands on the page for each bundle, in this order. */
static const struct {
	const char *id, *name;
	void (*write)(struct page *page);
} parts[] = {
	{"answer", "The answer", page_answer},
	{"figures", "The figures", page_figures},
	{"sources", "What it costs to write", page_sources},
	{"models", "The models", page_runtimes},
	{"machine", "The machine", page_machine},
	{"method", "How it was measured", page_method},
	{"numbers", "Every number", page_numbers},
};

enum { PARTS = sizeof(parts) / sizeof(*parts) };

static void write_hash(FILE *out, const char *name)
{
	fputs("'sha256-", out);
	html_base64(out, page_asset(name)->sha256, 32);
	fputc('\'', out);
}

/* A board of four squares. */
static const char icon[] =
	"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 2'%3E%3Cpath fill='%23fff' "
	"d='M0 0h2v2H0z'/%3E%3Cpath fill='%23456' d='M0 0h1v2h1V1H0z'/%3E%3C/svg%3E";

static void write_head(FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
	      "form-action 'none'; img-src data:; style-src ",
	      out);
	write_hash(out, "page.css");
	fputs("; script-src ", out);
	write_hash(out, "page.js");
	fprintf(out,
		"\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"generator\" content=\"simul %s\">\n<link rel=\"icon\" href=\"%s\">\n"
		"<title>simul: which model of concurrency, for which work</title>\n<style>%s</style>\n</head>\n",
		SIMUL_VERSION, icon, page_asset("page.css")->text);
}

static void write_contents(FILE *out, const struct page *pages, size_t count)
{
	fputs("<nav class=\"contents\" aria-label=\"Contents\">\n<p class=\"brand\" aria-hidden=\"true\">simul</p>\n",
	      out);
	if (count > 1)
		fputs("<ul><li><a href=\"#compared\">The runs compared</a></li></ul>\n", out);
	for (size_t i = 0; i < count; i++) {
		if (count > 1)
			fprintf(out, "<p>Run %zu</p>\n", i + 1);
		fputs("<ul>\n", out);
		for (size_t part = 0; part < PARTS; part++)
			fprintf(out, "<li><a href=\"#%s%s\">%s</a></li>\n", pages[i].prefix, parts[part].id,
				parts[part].name);
		fputs("</ul>\n", out);
	}
	fputs("</nav>\n", out);
}

static void write_origin(const struct page *page)
{
	const struct bundle *bundle = page->bundle;
	const char *created = bundle_text(bundle, NULL, "created"), *cpu = bundle_text(bundle, "machine", "cpu");
	const json_t *cores = json_object_get(bundle_object(bundle, "machine"), "cores_allowed");
	size_t count = json_array_size(cores);

	fputs("<p class=\"origin\">", page->out);
	html_print(page->out, "%s, %zu core%s, %.10s", cpu ? cpu : "a machine that is not named", count,
		   count == 1 ? "" : "s", created ? created : "date not known");
	fputs("</p>\n", page->out);
}

static void write_bundle(struct page *page, size_t number, size_t count)
{
	if (count > 1)
		fprintf(page->out,
			"<div class=\"run\" role=\"group\" aria-label=\"Run %zu\">\n<p class=\"which\">Run %zu of "
			"%zu</p>\n",
			number, number, count);
	write_origin(page);
	for (size_t part = 0; part < PARTS && !page->error; part++) {
		page_section(page, 2, parts[part].id, parts[part].name);
		parts[part].write(page);
		fputs("</section>\n", page->out);
	}
	if (count > 1)
		fputs("</div>\n", page->out);
}

static int write_page(FILE *out, struct page *pages, const char *const *paths, size_t count)
{
	write_head(out);
	fputs("<body>\n<a class=\"skip\" href=\"#answer\">To the answer</a>\n"
	      "<header>\n<h1>Which model of concurrency, for which work?</h1>\n"
	      "<button type=\"button\" id=\"theme\" aria-pressed=\"false\" hidden>Dark</button>\n</header>\n",
	      out);
	write_contents(out, pages, count);
	fputs("<main>\n", out);
	if (count > 1) {
		int error = page_compare(out, paths, count);

		if (error)
			return error;
	}
	for (size_t i = 0; i < count; i++) {
		pages[i].out = out;
		write_bundle(&pages[i], i + 1, count);
		if (pages[i].error)
			return pages[i].error;
	}
	fprintf(out,
		"</main>\n<footer><p>Made by simul %s from the records of the run alone: the same records give the "
		"same "
		"page, byte for byte. It asks nothing of the network.</p></footer>\n<script>%s</script>\n</body>\n"
		"</html>\n",
		SIMUL_VERSION, page_asset("page.js")->text);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

/* --- where ---------------------------------------------------------------------------------------------------- */

static int failed(int error, const char *path)
{
	fprintf(stderr, "simul: the page %s could not be written: %s\n", path, strerror(-error));
	return error;
}

/* A file that is whole or not there: written under another name in the same folder. */
static int write_file(const char *path, struct page *pages, const char *const *paths, size_t count)
{
	char draft[PATH_MAX];
	struct stat status;
	int error;

	if (snprintf(draft, sizeof(draft), "%s.part", path) >= (int)sizeof(draft))
		return failed(-ENAMETOOLONG, path);
	/* A device or a pipe is written as it is. */
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		snprintf(draft, sizeof(draft), "%s", path);
	FILE *out = fopen(draft, "we");

	if (!out)
		return failed(-errno, path);
	error = write_page(out, pages, paths, count);
	if (fclose(out) && !error)
		error = -errno;
	if (!error && strcmp(draft, path) != 0 && rename(draft, path) < 0)
		error = -errno;
	if (error && strcmp(draft, path) != 0)
		unlink(draft);
	return error ? failed(error, path) : 0;
}

enum { BUNDLES_MAX = 16 };

struct opened {
	struct bundle bundles[BUNDLES_MAX];
	struct groups groups[BUNDLES_MAX];
	struct page pages[BUNDLES_MAX];
	char prefixes[BUNDLES_MAX][8];
	size_t count;
};

static int open_one(struct opened *opened, const char *path)
{
	size_t i = opened->count;
	int error = bundle_open(path, &opened->bundles[i]);

	if (error)
		return error;
	error = groups_make(&opened->bundles[i], &opened->groups[i]);
	if (error) {
		bundle_close(&opened->bundles[i]);
		return failed(error, path);
	}
	if (i > 0)
		snprintf(opened->prefixes[i], sizeof(opened->prefixes[i]), "r%zu-", i + 1);
	opened->pages[i] = (struct page){
		.bundle = &opened->bundles[i], .groups = &opened->groups[i], .prefix = opened->prefixes[i]};
	marks_make(&opened->bundles[i], opened->pages[i].marks);
	opened->count++;
	return 0;
}

static void close_all(struct opened *opened)
{
	for (size_t i = 0; i < opened->count; i++) {
		groups_clear(&opened->groups[i]);
		bundle_close(&opened->bundles[i]);
	}
	free(opened);
}

int report_page(const char *const *bundles, size_t count, const char *out)
{
	struct opened *opened = count <= BUNDLES_MAX ? calloc(1, sizeof(*opened)) : NULL;
	int error = 0;

	if (count > BUNDLES_MAX) {
		fprintf(stderr, "simul: a page has room for %d bundles, and %zu are named\n", BUNDLES_MAX, count);
		return -E2BIG;
	}
	if (!opened)
		return failed(-ENOMEM, out);
	for (size_t i = 0; i < count && !error; i++)
		error = open_one(opened, bundles[i]);
	if (!error)
		error = write_file(out, opened->pages, bundles, opened->count);
	close_all(opened);
	return error;
}
