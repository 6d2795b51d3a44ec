/* page_test.c: the page of synthetic bundles: text stays text, the same bundle gives the same bytes, every number comes
 * from a record, and no bundle, however hostile, gets more than a sentence out of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "html.h"
#include "page_contest.h"
#include "report.h"
#include "tests/synthetic.h"
#include "text.h"

static const char *const four[] = {"coroutine", "process", "sequential", "thread", "x-stranger", NULL};
static const char *const hostile[] = {"<script>window.owned=1</script>",
				      "\"><img src=x onerror=alert(1)>",
				      "'; alert(1)//",
				      "</style><script>alert(1)</script>",
				      "]]><!--",
				      "&lt;b&gt;",
				      "javascript:alert(1)",
				      NULL};

static char folder[64];

static int folder_make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/simul-page-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int folder_remove(void **state)
{
	static const char *const names[] = {"manifest.json", "records.jsonl", "page.html"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

static char *read_whole(const char *name, size_t *size)
{
	FILE *file = fopen(path_of(name), "r");
	char *text = calloc(1, 16 << 20);

	assert_non_null(file);
	assert_non_null(text);
	*size = fread(text, 1, (16 << 20) - 1, file);
	fclose(file);
	return text;
}

static void write_whole(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_with(const char *const *runtimes, bool troubles)
{
	struct synthetic options = {.runtimes = runtimes, .repetitions = 6, .troubles = troubles};

	assert_int_equal(synthetic_bundle(folder, &options), 0);
}

static void make(const char *const *runtimes)
{
	make_with(runtimes, true);
}

static int write_page(void)
{
	const char *bundles[] = {folder};
	char out[128];

	snprintf(out, sizeof(out), "%s/page.html", folder);
	return report_page(bundles, 1, out);
}

static char *page(void)
{
	size_t size;

	assert_int_equal(write_page(), 0);
	return read_whole("page.html", &size);
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

/* --- text ----------------------------------------------------------------------------------------------------- */

static void assert_escaped(const char *text, size_t length, const char *expected)
{
	char *made = NULL;
	size_t size;
	FILE *out = open_memstream(&made, &size);

	html_bytes(out, text, length);
	fclose(out);
	assert_string_equal(made, expected);
	free(made);
}

static void test_text(void **state)
{
	(void)state;
	assert_escaped("<a href=\"x\">&'</a>", 18, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
	assert_escaped("µs ♞ 𝄞", strlen("µs ♞ 𝄞"), "µs ♞ 𝄞");
	assert_escaped("\0\x1b\x7f\xff\xc0\xaf\xed\xa0\x80", 9, "?????????");
	assert_escaped("\xe2\x99", 2, "??"); /* cut off in a character */
}

static void test_base64(void **state)
{
	static const char *const vectors[][2] = {/* RFC 4648, section 10 */
						 {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
						 {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		char *made = NULL;
		size_t size;
		FILE *out = open_memstream(&made, &size);

		html_base64(out, vectors[i][0], strlen(vectors[i][0]));
		fclose(out);
		assert_string_equal(made, vectors[i][1]);
		free(made);
	}
}

/* --- numbers -------------------------------------------------------------------------------------------------- */

static int digit_of(char character)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = strchr(digits, character);

	return found && *found ? (int)(found - digits) : -1;
}

/* What the link named `name` holds. */
static char *download(const char *text, const char *name)
{
	char mark[80], *bytes, *to;
	unsigned bits = 0, count = 0;

	snprintf(mark, sizeof(mark), "download=\"%s\"", name);
	const char *from = strstr(text, mark);

	assert_non_null(from);
	from = strstr(from, "base64,");
	assert_non_null(from);
	bytes = to = calloc(1, strlen(from) + 1);
	assert_non_null(bytes);
	for (from += strlen("base64,"); digit_of(*from) >= 0; from++) {
		bits = bits << 6 | (unsigned)digit_of(*from);
		count += 6;
		if (count >= 8)
			*to++ = (char)(bits >> (count -= 8));
	}
	return bytes;
}

/* Every good record of the file is a row, with its own wall time, and there is no other row that is good. */
static size_t assert_rows_are_records(const char *tsv)
{
	FILE *file = fopen(path_of("records.jsonl"), "r");
	char *line = NULL, row[400];
	size_t size = 0, good = 0;

	while (getline(&line, &size, file) >= 0) {
		json_t *json = json_loads(line, 0, NULL), *wall;
		const char *cell = json_string_value(json_object_get(json, "cell"));
		const char *status = json_string_value(json_object_get(json, "status"));

		wall = json_object_get(json_object_get(json_object_get(json, "load"), "time_ns"), "wall");
		if (!wall)
			wall = json_object_get(json_object_get(json_object_get(json, "record"), "time_ns"), "wall");
		if (cell && status && strcmp(status, "ok") == 0) {
			good++;
			snprintf(row, sizeof(row), "\n%s\t%lld\t", cell,
				 (long long)json_integer_value(json_object_get(json, "repetition")));
			const char *at = strstr(tsv, row);

			assert_non_null(at);
			snprintf(row, sizeof(row), "\tok\t%d\t%lld\t",
				 json_is_true(json_object_get(json_object_get(json, "disturbance"), "disturbed")),
				 (long long)json_integer_value(wall));
			at = strchr(at + 1, '\t');
			at = strstr(at, "\tok\t");
			assert_non_null(at);
			assert_int_equal(strncmp(at, row, strlen(row)), 0);
		}
		json_decref(json);
	}
	free(line);
	fclose(file);
	return good;
}

static void test_numbers(void **state)
{
	(void)state;
	make_with(four, false);
	char *text = page(), *tsv = download(text, "invocations.tsv"), *cells = download(text, "cells.tsv");
	size_t good = assert_rows_are_records(tsv);

	assert_true(good > 100);
	assert_int_equal(count_of(tsv, "\tok\t"), good);
	assert_non_null(strstr(cells, "\nchess/thread/boards=24/cores=1\t"));
	free(tsv);
	free(cells);
	free(text);
}

/* The field of the first row of a TSV that begins with `row`, in the column of that name; cut out of a copy. */
static double field_of(const char *tsv, const char *row, const char *column)
{
	const char *name = strstr(tsv, column), *at = strstr(tsv, row);

	assert_non_null(name);
	assert_non_null(at);
	assert_true(name < strchr(tsv, '\n'));
	assert_true(name[strlen(column)] == '\t' || name[strlen(column)] == '\n');
	for (const char *before = tsv; before < name; before++)
		if (*before == '\t')
			at = strchr(at, '\t') + 1;
	return *at == '\t' || *at == '\n' ? NAN : strtod(at, NULL);
}

/* Latencies, ends of tasks, whose time it was, and the invocation's own bound are to be saved, not only to be drawn. */
static void test_every_measure(void **state)
{
	static const char manifest[] =
		"{\"format\": 1, \"players\": [], \"cells\": [{\"name\": \"echo/t/connections=2/cores=1\", \"group\": "
		"\"echo/connections=2/cores=1\", \"workload\": \"echo\", \"runtime\": \"t\", \"parameters\": "
		"{\"connections\": 2}, \"cores\": [0], \"bound_ns\": 900}]}";
	static const char record[] =
		"{\"cell\": \"echo/t/connections=2/cores=1\", \"repetition\": 0, \"status\": \"ok\", \"bound_ns\": "
		"800, "
		"\"record\": {\"time_ns\": {\"setup\": 0, \"wall\": 1000, \"teardown\": 0}, \"audit\": {\"tasks\": 2}, "
		"\"cpu_ns\": "
		"{\"user\": 250, \"system\": 125}, \"switches\": {\"voluntary\": 6, \"involuntary\": 2}, "
		"\"finish_ns\": {\"min\": 500, \"p50\": 750, \"max\": 1000}}, \"load\": {\"time_ns\": {\"wall\": "
		"1000}, \"messages\": 10, \"latency_ns\": {\"p50\": 11, \"p99\": 22, \"p999\": 33}}}\n";
	static const struct {
		const char *column;
		double value;
	} expected[] = {
		{"invocation_bound_ns", 800}, {"times_bound", 1.25},    {"latency_p50_ns", 11},
		{"latency_p99_ns", 22},       {"latency_p999_ns", 33},  {"first_end_share", 0.5},
		{"middle_end_share", 0.75},   {"user_percent", 25},     {"system_percent", 12.5},
		{"idle_percent", 62.5},       {"switches_per_task", 4},
	};
	const size_t count = sizeof(expected) / sizeof(*expected);
	char column[64];

	(void)state;
	write_whole("manifest.json", manifest);
	write_whole("records.jsonl", record);
	char *text = page(), *tsv = download(text, "invocations.tsv"), *cells = download(text, "cells.tsv"),
	     *json = download(text, "cells.json");

	for (size_t i = 0; i < count; i++) {
		snprintf(column, sizeof(column), "%s_median", expected[i].column);
		assert_true(field_of(tsv, "\necho/t/", expected[i].column) == expected[i].value);
		assert_true(field_of(cells, "\necho/t/", column) == expected[i].value);
		assert_non_null(strstr(json, expected[i].column));
	}
	free(json);
	free(cells);
	free(tsv);
	free(text);
}

/* A slower runtime of the family, of a lesser median but known better, hides none that leads. */
static void test_family(void **state)
{
	struct entry entries[] = {
		{.family = FAMILY_COROUTINE, .ratio = 1, .leads = true},
		{.family = FAMILY_THREAD, .guest = "peer", .ratio = 1.01, .leads = true},
		{.family = FAMILY_PROCESS, .ratio = 1.05, .verdict = VERDICT_SLOWER},
		{.family = FAMILY_THREAD, .ratio = 1.06, .verdict = VERDICT_SLOWER},
		{.family = FAMILY_THREAD, .ratio = 1.07, .leads = true},
		{.family = FAMILY_PROCESS, .ratio = 1.08, .verdict = VERDICT_UNDECIDED},
		{.family = FAMILY_ASYNC, .verdict = VERDICT_REFUSED},
	};
	const struct contest contest = {.entries = entries, .count = 7, .results = 6, .best = entries};

	(void)state;
	assert_ptr_equal(contest_of_family(&contest, FAMILY_COROUTINE), &entries[0]);
	assert_ptr_equal(contest_of_family(&contest, FAMILY_THREAD), &entries[4]);
	assert_ptr_equal(contest_of_family(&contest, FAMILY_PROCESS), &entries[2]);
	assert_null(contest_of_family(&contest, FAMILY_ASYNC));
}

/* What the table says not to rely on the page does not advise. */
static void test_disturbed(void **state)
{
	size_t size;

	(void)state;
	make_with(four, false);
	char *text = page();

	assert_non_null(strstr(text, "Take <strong>"));
	assert_null(strstr(text, "do not rely on it:"));
	free(text);
	char *records = read_whole("records.jsonl", &size);

	for (char *at = records; (at = strstr(at, "\"disturbed\":false")); at++)
		memcpy(at, "\"disturbed\":true ", strlen("\"disturbed\":true "));
	write_whole("records.jsonl", records);
	free(records);
	text = page();
	assert_null(strstr(text, "Take "));
	assert_non_null(strstr(text, " was the fastest, but do not rely on it: "));
	free(text);
}

/* Two servers that are equally fast, their client always busy, and a peer that the run knows but did not play. */
static void make_level(void)
{
	static const char *const names[] = {"t", "u"};

	write_whole(
		"manifest.json",
		"{\"format\": 1, \"players\": ["
		"{\"info\": {\"runtime\": \"t\", \"capabilities\": [\"interleaves\", \"preempts\"]}}, "
		"{\"info\": {\"runtime\": \"u\", \"capabilities\": [\"interleaves\", \"switches-stacks\", "
		"\"parallel\"]}}, "
		"{\"info\": {\"runtime\": \"absent\", \"peer\": true, \"capabilities\": []}}], \"cells\": ["
		"{\"name\": \"echo/t/connections=2/cores=1\", \"group\": \"echo/connections=2/cores=1\", "
		"\"workload\": \"echo\", \"runtime\": \"t\", \"parameters\": {\"connections\": 2}, \"cores\": [0]}, "
		"{\"name\": \"echo/u/connections=2/cores=1\", \"group\": \"echo/connections=2/cores=1\", "
		"\"workload\": \"echo\", \"runtime\": \"u\", \"parameters\": {\"connections\": 2}, \"cores\": [0]}]}");
	FILE *out = fopen(path_of("records.jsonl"), "w");

	assert_non_null(out);
	for (int i = 0; i < 12; i++)
		fprintf(out,
			"{\"cell\": \"echo/%s/connections=2/cores=1\", \"repetition\": %d, \"status\": \"ok\", "
			"\"disturbance\": {\"disturbed\": %s}, \"record\": {\"time_ns\": {\"wall\": 1000}}, \"load\": "
			"{\"time_ns\": {\"wall\": 1000}, \"messages\": 10, \"client\": {\"busy\": 0.99}}}\n",
			names[i % 2], i / 2, i < 3 ? "true" : "false");
	fclose(out);
}

/* Nobody is called slower where nobody is, and who was not played is not spoken of. */
static void test_level(void **state)
{
	(void)state;
	make_level();
	char *text = page();

	assert_non_null(strstr(text, "Take whichever you like: "));
	assert_null(strstr(text, "The other kinds are slower"));
	assert_null(strstr(text, "as good as sure"));
	assert_non_null(strstr(text, "95 % of its time with t and u; these servers may be faster than shown"));
	assert_null(strstr(text, "absent"));
	/* Drawn in several panels, each invocation is counted once. */
	assert_non_null(strstr(text, "cells&#39; 12 invocations 3 were disturbed"));
	free(text);
}

/* The wall time of one record of the cell, another number of as many digits in its place. */
static void change_record(const char *cell)
{
	size_t size;
	char *records = read_whole("records.jsonl", &size), *at = strstr(records, cell);

	assert_non_null(at);
	at = strstr(at, "\"wall\":");
	assert_non_null(at);
	at += strcspn(at, "0123456789");
	*at = *at == '9' ? '8' : '9';
	write_whole("records.jsonl", records);
	free(records);
}

static void test_changed_record(void **state)
{
	(void)state;
	make(four);
	char *before = page();

	change_record("chess/thread/boards=24/cores=1");
	char *after = page(), *old = download(before, "invocations.tsv"), *new = download(after, "invocations.tsv");

	assert_string_not_equal(old, new);
	/* Not only in the file to save: the answer's drawing has it too. */
	size_t answer = (size_t)(strstr(before, "id=\"figures\"") - before);

	assert_int_not_equal(strncmp(before, after, answer), 0);
	free(old);
	free(new);
	free(before);
	free(after);
}

static void test_same_twice(void **state)
{
	(void)state;
	make(four);
	char *first = page(), *second = page();

	assert_string_equal(first, second);
	assert_null(strstr(first, folder));
	assert_non_null(strstr(first, "default-src 'none'"));
	assert_null(strstr(first, "=\"http"));
	free(first);
	free(second);
}

static void test_answer(void **state)
{
	(void)state;
	make(four);
	char *text = page();

	assert_non_null(strstr(text, "Waiting: the Polgar simul"));
	assert_non_null(strstr(text, "Take <strong>"));
	assert_non_null(strstr(text, "One master plays 24 boards at once."));
	assert_non_null(strstr(text, "Cannot play this: "));
	assert_non_null(strstr(text, "The source of chess in each style"));
	free(text);
}

/* --- hostile bundles ------------------------------------------------------------------------------------------ */

static void assert_tame(const char *text)
{
	assert_int_equal(count_of(text, "<script"), 1);
	assert_int_equal(count_of(text, "</script"), 1);
	assert_int_equal(count_of(text, "<style"), 1);
	assert_int_equal(count_of(text, "<img"), 0);
	assert_int_equal(count_of(text, "<!--"), 0);
	assert_null(strstr(text, "href=\"javascript"));
}

static void test_names(void **state)
{
	(void)state;
	make(hostile);
	char *text = page();

	assert_tame(text);
	assert_non_null(strstr(text, "&lt;script&gt;window.owned=1&lt;/script&gt;"));
	if (getenv("SIMUL_KEEP_PAGE")) /* for a look at it through a browser */
		assert_int_equal(rename(path_of("page.html"), getenv("SIMUL_KEEP_PAGE")), 0);
	free(text);
}

/* A hostile bundle beside itself: nothing differs, and its names do no harm there either. */
static void test_two_runs(void **state)
{
	const char *bundles[] = {folder, folder};
	char out[128];
	size_t size;

	(void)state;
	make(hostile);
	snprintf(out, sizeof(out), "%s/page.html", folder);
	assert_int_equal(report_page(bundles, 2, out), 0);
	char *text = read_whole("page.html", &size);

	assert_tame(text);
	assert_non_null(strstr(text, "Run 2 against run 1"));
	assert_non_null(strstr(text, "0 slower, 0 faster"));
	assert_non_null(strstr(text, "False positives: were all "));
	free(text);
}

static const char strange[] =
	"{\"format\": 1, \"version\": \"<b>\", \"created\": \"<i>\", \"profile\": \"</section>\", \"seed\": -3, "
	"\"arguments\": [\"<script>\", 7, null, [[]]], \"machine\": {\"<script>x</script>\": \"\\u0001\\u202e\", "
	"\"a\": "
	"{\"b\": {\"c\": {\"d\": 1}}}, \"cores_allowed\": \"none\", \"cpu\": \"<svg onload=alert(1)>\"}, \"build\": "
	"[], "
	"\"players\": [{\"info\": {\"runtime\": \"t\", \"model\": \"<script>\", \"capabilities\": [1, {}]}}], "
	"\"cells\": [{\"name\": \"chess/t/boards=24/cores=1\", \"group\": \"chess/boards=24/cores=1\", \"workload\": "
	"\"chess\", \"runtime\": \"t\", \"parameters\": {\"boards\": 24, \"move\": \"<u>\"}, \"cores\": [0], "
	"\"bound_ns\": -5}, {\"name\": \"<script>/t\", \"group\": \"<script>\", \"workload\": \"../../<script>\", "
	"\"runtime\": \"t\", \"cores\": [0]}]}";

static void strange_record(FILE *out, const char *cell, const char *wall, int repetition)
{
	fprintf(out,
		"{\"cell\": \"%s\", \"repetition\": %d, \"status\": \"ok\", \"record\": {\"time_ns\": {\"wall\": %s}, "
		"\"figures\": {\"<script>\": 1}}}\n",
		cell, repetition, wall);
}

static void test_strange(void **state)
{
	static const char *const walls[] = {"-5", "0", "1e308", "1e-300", "NaN", "\"<script>\"", "null", "[]", "7e17"};

	(void)state;
	write_whole("manifest.json", strange);
	FILE *out = fopen(path_of("records.jsonl"), "w");

	for (int i = 0; i < 9; i++) {
		strange_record(out, "chess/t/boards=24/cores=1", walls[i], i);
		strange_record(out, "<script>/t", walls[i], i);
	}
	fputs("{\"cell\": \"chess/t/boards=24/co", out); /* cut off */
	fclose(out);
	char *text = page();

	assert_tame(text);
	assert_non_null(strstr(text, "could not be read"));
	assert_null(strstr(text, ">nan"));
	assert_null(strstr(text, "\"nan"));
	assert_null(strstr(text, "inf%"));
	free(text);
}

static void test_many_records(void **state)
{
	(void)state;
	write_whole("manifest.json", strange);
	FILE *out = fopen(path_of("records.jsonl"), "w");

	for (int i = 0; i < 120000; i++)
		strange_record(out, "chess/t/boards=24/cores=1", "1000", i);
	fclose(out);
	char *text = page();

	assert_tame(text);
	assert_non_null(strstr(text, "120000 invocations: the files hold the first"));
	free(text);
}

static void test_no_bundle(void **state)
{
	char *deep = malloc(2000002);

	(void)state;
	write_whole("page.html", "the page of yesterday");
	unlink(path_of("manifest.json"));
	assert_int_equal(write_page(), -ENOENT);
	write_whole("manifest.json", "{\"format\": 1, \"cells\": [{\"name\": \"che");
	assert_int_equal(write_page(), -EINVAL);
	assert_non_null(deep);
	memset(deep, '[', 1000000);
	memset(deep + 1000000, ']', 1000000);
	deep[2000000] = '\0';
	write_whole("manifest.json", deep);
	assert_int_equal(write_page(), -EINVAL);
	free(deep);
	size_t size;
	char *text = read_whole("page.html", &size);

	assert_string_equal(text, "the page of yesterday");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),       cmocka_unit_test(test_base64),
		cmocka_unit_test(test_numbers),    cmocka_unit_test(test_changed_record),
		cmocka_unit_test(test_same_twice), cmocka_unit_test(test_answer),
		cmocka_unit_test(test_names),      cmocka_unit_test(test_strange),
		cmocka_unit_test(test_two_runs),   cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_no_bundle),  cmocka_unit_test(test_every_measure),
		cmocka_unit_test(test_family),     cmocka_unit_test(test_disturbed),
		cmocka_unit_test(test_level),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
