/* report_test.c: the table and the figures of synthetic bundles: complete, 80 columns, the same twice, no word from
 * gnuplot.
 *
 * What needs gnuplot is skipped where there is none. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "report.h"
#include "tests/synthetic.h"
#include "text.h"

static const char *const four[] = {"coroutine", "process", "sequential", "thread", "x-stranger", NULL};
static const char *const thirteen[] = {"async",           "callback", "callback-libuv", "coroutine",
				       "coroutine-uring", "process",  "process-pool",   "process-coroutine",
				       "sequential",      "thread",   "thread-gil",     "thread-pool",
				       "work-stealing",   NULL};
static const char *const one[] = {"thread", NULL};
/* What a stranger may call himself. */
static const char *const hostile[] = {"'; system('touch owned'); '",
				      "<script>alert(1)</script>",
				      "{/=99 big}_x^2@%s %d",
				      "`touch owned`",
				      "\xf0\x9f\x90\xa2-turtle",
				      "$(touch owned)",
				      "# comment",
				      "NaN",
				      NULL};
static const char *const with_peers[] = {"coroutine",  "peer-fast", "peer-slow", "process",
					 "sequential", "thread",    NULL};
static const char *const with_floors[] = {"bare-epoll", "bare-uring", "coroutine", "thread", NULL};
static const char *const figures[] = {"scoreboard", "chess",  "counting", "echo",
				      "tail",       "memory", "spread",   "sequence"};

/* The last ones are of single invocations, and need a few of a cell. */
enum { FIGURES = sizeof(figures) / sizeof(*figures), OF_INVOCATIONS = 2 };

static char *path_of(const char *name, const char *ending)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s%s", synthetic_folder, name, ending);
	return path;
}

static bool has_gnuplot(void)
{
	return system("command -v gnuplot >/dev/null") == 0;
}

static char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 22);

	assert_non_null(file);
	assert_non_null(text);
	*size = fread(text, 1, (1 << 22) - 1, file);
	fclose(file);
	return text;
}

static void make(const char *const *runtimes, unsigned repetitions, bool troubles, bool empty)
{
	struct synthetic options = {
		.runtimes = runtimes, .repetitions = repetitions, .troubles = troubles, .empty = empty};

	assert_int_equal(synthetic_bundle(synthetic_folder, &options), 0);
}

static char *summary(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(report_summary(synthetic_folder, out), 0);
	fclose(out);
	return text;
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name, ""), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Cells that had something against them, and were asked for nevertheless. */
static void test_marked_cells(void **state)
{
#define MARKED_CELL(name, cores)                                                                                       \
	"{\"name\": \"" name "\", \"group\": \"g\", \"workload\": \"w\", \"runtime\": \"r\", " cores "}"
	static const char *const cells = "\"cells\": [" MARKED_CELL("a", "\"cores\": [0]") ", " MARKED_CELL(
		"b", "\"cores\": [0, 1], \"over_quota\": true") ", " MARKED_CELL("c",
										 "\"cores\": [0], \"load_cores\": [1], "
										 "\"load_on_siblings\": true") "]}";
	char manifest[1000], *text;

	(void)state;
	snprintf(manifest, sizeof(manifest),
		 "{\"format\": 1, \"repetitions\": 1, \"machine\": {\"quota_cores\": 1.5}, %s", cells);
	write_text("manifest.json", manifest);
	write_text("records.jsonl", "");
	text = summary();
	assert_non_null(strstr(text, "Over the CPU quota of 1.5 cores (--allow-quota): all cells on 2 or more cores."));
	assert_non_null(strstr(text, "In 1 of 1 cells with a load it had only SMT siblings of the player's cores."));
	free(text);
	make(with_peers, 2, false, false);
	text = summary();
	assert_null(strstr(text, "--allow-quota"));
	assert_null(strstr(text, "SMT siblings"));
	free(text);
}

/* With many connections a single place tells what one takes, idle ones included; with few it does not. */
static void test_memory_a_connection(void **state)
{
#define ECHO_CELL(idle)                                                                                                \
	"{\"name\": \"echo/t/idle=" idle "\", \"group\": \"echo/idle=" idle                                            \
	"\", \"workload\": \"echo\", \"runtime\": \"t\", \"parameters\": {\"connections\": 1, \"idle\": " idle         \
	"}, \"cores\": [0]}"
#define ECHO_RECORD(idle, peak)                                                                                        \
	"{\"cell\": \"echo/t/idle=" idle "\", \"repetition\": 0, \"status\": \"ok\", \"record\": {\"time_ns\": "       \
	"{\"wall\": 1000}, \"memory\": {\"pss_peak\": " peak ", \"pss_baseline\": 400000, \"kernel\": 0}}, \"load\": " \
	"{\"time_ns\": {\"wall\": 1000}, \"messages\": 10}}\n"
	(void)state;
	write_text("manifest.json", "{\"format\": 1, \"repetitions\": 1, \"cells\": [" ECHO_CELL("999") "]}");
	write_text("records.jsonl", ECHO_RECORD("999", "900000"));
	char *text = summary();

	assert_non_null(strstr(text, " 500 B         -\n"));
	free(text);
	write_text("manifest.json", "{\"format\": 1, \"repetitions\": 1, \"cells\": [" ECHO_CELL("99") "]}");
	write_text("records.jsonl", ECHO_RECORD("99", "900000"));
	text = summary();
	assert_non_null(strstr(text, "    -         -\n"));
	free(text);
	write_text("manifest.json", "{\"format\": 1, \"repetitions\": 1, \"cells\": [" ECHO_CELL("9") ", " ECHO_CELL(
					    "99") ", " ECHO_CELL("199") "]}");
	write_text("records.jsonl",
		   ECHO_RECORD("9", "500000") ECHO_RECORD("99", "590000") ECHO_RECORD("199", "690000"));
	text = summary();
	assert_non_null(strstr(text, "1000 B         -\n")); /* a further idle one */
	free(text);
}

static void assert_fits(const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (text_width(line) > 80)
			fail_msg("longer than 80: %s", line);
	free(copy);
}

/* The bare calls are the fastest here, take no rank for it, and are what CPU time is held against. */
static void test_floors(void **state)
{
	(void)state;
	make(with_floors, 5, false, false);
	char *text = summary();

	assert_fits(text);
	assert_non_null(strstr(text, " CPU/msg x bare- x bare-\n"));
	assert_non_null(strstr(text, "  epoll   uring\n  coroutine "));
	assert_non_null(strstr(text, " 7.00 µs    1.17    1.08\n  thread "));
	assert_non_null(strstr(text, " 7.50 µs    1.25    1.15\n  bare-epoll "));
	assert_non_null(strstr(text, "echo, 50 connections on 1 core: coroutine "));
	assert_non_null(strstr(text, "without a runtime: bare-epoll 0."));
	assert_null(strstr(text, "slower: bare"));
	free(text);
}

static void test_summary(void **state)
{
	(void)state;
	make(four, 5, true, false);
	char *text = summary();

	assert_fits(text);
	assert_non_null(strstr(text, "chess, 24 boards on 1 core\nbound 36.5 ms; n = 4 to 5"));
	assert_non_null(strstr(text, "refused: this runtime finishes one connection"));
	assert_non_null(strstr(text, "chess at all its points: wall time, median (- no result)\n"
				     "  boards                  1       4      24     100     300    1000      24\n"
				     "  cores                   1       1       1       1       1       1       2\n"));
	assert_non_null(strstr(text, "echo at all its points: k msg/s, median"));
	assert_non_null(strstr(text, "p50, p99: since sent, closed loop."));
	/* Of process one of five invocations crashed: four decide nothing. */
	assert_non_null(strstr(text,
			       "chess, 24 boards on 1 core: coroutine 37.1 ms, 1.02 x bound; not enough data:\n"
			       "  process 1.02 x best; slower: thread 1.04 x best, x-stranger 1.06 x, sequential\n"
			       "  11.77 x"));
	assert_null(strstr(text, "rely"));
	assert_non_null(strstr(text, "without a result:\n  sequential"));
	assert_non_null(strstr(text, "\n  steps_us\n"));
	assert_non_null(strstr(text, "\n  coroutine               10.0        10.0..10.0    1.00\n"));
	assert_non_null(strstr(text, "\n  process                 20.0        20.0..20.0    2.00\n"));
	assert_null(strstr(text, "same"));
	assert_null(strchr(text, '\033'));
	assert_non_null(
		strstr(text, " results were disturbed by other load, and count nevertheless.\n22 invocations failed"));
	assert_non_null(strstr(text, "1 record of cells that the plan does not have"));
	free(text);
}

/* A winner among disturbed invocations is named with a warning. */
static void test_summary_of_noise(void **state)
{
	size_t size;

	(void)state;
	make(four, 5, false, false);
	char *records = read_whole(path_of("records.jsonl", ""), &size);
	FILE *file = fopen(path_of("records.jsonl", ""), "w");

	for (char *at = records; (at = strstr(at, "\"disturbed\":false")); at++)
		memcpy(at, "\"disturbed\":true ", strlen("\"disturbed\":true "));
	assert_non_null(file);
	assert_int_equal(fwrite(records, 1, size, file), size);
	fclose(file);
	free(records);
	char *text = summary();

	assert_fits(text);
	assert_non_null(strstr(text, "; do not rely on it:"));
	free(text);
}

/* Plays the bundle round after round, each of them slower than the one before by that share. */
static void slow_down(double share)
{
	size_t size;
	char *records = read_whole(path_of("records.jsonl", ""), &size), *rest = records, *line;
	FILE *file = fopen(path_of("records.jsonl", ""), "w");

	assert_non_null(file);
	for (int i = 0; (line = strsep(&rest, "\n")); i++) {
		json_t *json = json_loads(line, 0, NULL), *times;
		json_int_t round = json_integer_value(json_object_get(json, "repetition"));

		times = json_object_get(json_object_get(json, "record"), "time_ns");
		if (times) {
			json_t *wall = json_object_get(times, "wall");

			json_object_set_new(json, "sequence", json_integer(1000 * round + i));
			json_object_set_new(times, "wall",
					    json_real(json_number_value(wall) * (1 + share * (double)round)));
			json_dumpf(json, file, JSON_COMPACT);
			fputc('\n', file);
		}
		json_decref(json);
	}
	fclose(file);
	free(records);
}

static void test_summary_of_little(void **state)
{
	(void)state;
	make(four, 1, false, false);
	char *text = summary();

	assert_fits(text);
	assert_non_null(strstr(text, "n = 1, no interval"));
	assert_non_null(strstr(text, "not enough data:\n  process 1.0"));
	assert_null(strstr(text, "slower"));
	free(text);
	make(four, 5, false, true);
	text = summary();
	assert_non_null(strstr(text, " invocations are missing: the run was stopped or still goes on.\n\n"
				     "chess: no invocation has a good result\n"
				     "counting: no invocation has a good result\n"
				     "echo: no invocation has a good result\n"));
	free(text);
}

static void test_summary_of_strangers(void **state)
{
	(void)state;
	make(hostile, 5, false, false);
	char *text = summary();

	assert_fits(text);
	free(text);
	make(thirteen, 12, true, false);
	text = summary();
	assert_fits(text);
	free(text);
}

static void make_primitives(const char *const *runtimes)
{
	struct synthetic options = {.runtimes = runtimes, .repetitions = 5, .primitives = true};

	assert_int_equal(synthetic_bundle(synthetic_folder, &options), 0);
}

static void test_primitives(void **state)
{
	(void)state;
	make_primitives(with_peers);
	char *text = summary();

	assert_fits(text);
	assert_non_null(strstr(text, "switch: 2 tasks yielding in turn, on 1 core\n"
				     "  n = 5, interval: least to greatest, 93.8 %\n"
				     "  a switch, ns                                     peer-   peer-\n"
				     "                        median          interval    fast    slow\n"
				     "  coroutine               4.08        4.00..4.16    0.50    0.33\n"
				     "* peer-fast               8.16        8.00..8.32    1.00    0.67\n"));
	assert_non_null(strstr(text, "switch: 10,000 tasks in a ring, passing a token, on 1 core\n"));
	assert_non_null(strstr(text, "  sequential: it is played where tasks take turns, or not at all\n"));
	assert_non_null(strstr(text, "idle: 1,000,000 tasks asleep, memory cold (first touch), on 1 core\n"));
	assert_non_null(strstr(text, "\n  coroutine           one one one two two two\n"));
	assert_non_null(strstr(text, "syscall: the bare calls, without any model\n"));
	/* spawn's 25,000 times slot and one, over the calls', which sequential made: its slot is 4. */
	assert_non_null(strstr(text, "  process: 0.20 x the bare fork and wait (102,000 to 510,000 ns)\n"
				     "  thread: 1.50 x the bare create and join (153,000 to 102,000 ns)\n"));
	assert_non_null(strstr(text, "coroutine 12.2 ns, 0.50 x peer-fast\n"));
	free(text);
}

static void test_runtimes(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	make_primitives(with_peers);
	assert_int_equal(report_runtimes(synthetic_folder, out), 0);
	fclose(out);
	assert_fits(text);
	assert_non_null(strstr(text, "peer-fast (a peer)\n  is        a task of the test's own\n"
				     "  suspends  when asked to\n"));
	assert_non_null(
		strstr(text, "  breaks    never\n  sources   none\n  can       interleaves, switches-stacks\n\n"));
	free(text);
}

/* A runtime of ours over somebody else's loop has a column as peers have, beside them and alone, but no mark. */
static void test_a_reference_has_a_column(void **state)
{
	static const char *const beside[] = {"coroutine", "over-others", "peer-a", "peer-b", "peer-c", "peer-d", NULL};
	static const char *const alone[] = {"coroutine", "over-others", "thread", NULL};

	(void)state;
	make_primitives(beside);
	char *text = summary();

	assert_fits(text);
	assert_non_null(strstr(text, "peer-  peer-  peer-  peer-"));
	assert_non_null(strstr(text, "others"));
	assert_non_null(strstr(text, "\n  over-others"));
	free(text);
	make_primitives(alone);
	text = summary();
	assert_fits(text);
	assert_non_null(strstr(text, "  x best  others\n"));
	free(text);
}

static void test_primitives_without_peers(void **state)
{
	(void)state;
	make_primitives(four);
	char *text = summary();

	assert_fits(text);
	assert_non_null(strstr(text, "interval  x best\n"));
	assert_null(strstr(text, "peer"));
	free(text);
}

/* Plots with standard error in a file, and returns what was said there. */
static char *plot(const struct report_options *options)
{
	int saved = dup(STDERR_FILENO),
	    file = open(path_of("errors", ""), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	size_t size;

	assert_true(saved >= 0 && file >= 0);
	dup2(file, STDERR_FILENO);
	int result = report_plot(synthetic_folder, SIMUL_PLOT_SCRIPTS, options);

	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(file);
	char *said = read_whole(path_of("errors", ""), &size);

	unlink(path_of("errors", ""));
	if (result)
		print_message("%s\n", said);
	assert_int_equal(result, 0);
	return said;
}

/* Nothing is said but of what records are missing or left out. */
static void plot_quietly(const struct report_options *options)
{
	char *said = plot(options), *rest = said, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line && !strstr(line, " could not be read,") && !strstr(line, " that the plan does not have.") &&
		    !strstr(line, " invocations are missing: "))
			fail_msg("%s", line);
	free(said);
}

static void test_figures(void **state)
{
	static const struct {
		const char *const *runtimes;
		unsigned repetitions;
		bool troubles, empty;
	} bundles[] = {
		{four, 5, true, false}, {thirteen, 7, true, false}, {one, 1, false, false}, {four, 5, false, true}};

	(void)state;
	if (!has_gnuplot())
		skip();
	for (size_t i = 0; i < sizeof(bundles) / sizeof(*bundles); i++) {
		make(bundles[i].runtimes, bundles[i].repetitions, bundles[i].troubles, bundles[i].empty);
		plot_quietly(NULL);
		bool few = bundles[i].repetitions < 3 || bundles[i].empty;

		for (int j = 0; j < (few ? FIGURES - OF_INVOCATIONS : FIGURES); j++) {
			char name[32];
			struct stat status;

			snprintf(name, sizeof(name), "plots/%s", figures[j]);
			assert_int_equal(stat(path_of(name, ".png"), &status), 0);
			assert_true(status.st_size > 1000);
			assert_int_equal(stat(path_of(name, ".svg"), &status), 0);
			assert_true(status.st_size > 1000);
		}
	}
}

/* Crosses of a figure: no mark of a runtime has this shape, gnuplot's second. */
static size_t count_crosses(const char *figure)
{
	char name[32];
	size_t size, count = 0;

	snprintf(name, sizeof(name), "plots/%s", figure);
	char *image = read_whole(path_of(name, ".svg"), &size);

	for (const char *at = image; (at = strstr(at, "xlink:href='#gpPt1'")); at++)
		count++;
	free(image);
	return count;
}

/* How many crosses that figure of the bundle has. */
static size_t crosses_in(const char *figure)
{
	plot_quietly(&(struct report_options){.figure = figure});
	return count_crosses(figure);
}

/* Gives all records of a cell a status that is none, which is a failure. */
static void fail_cell(const char *cell)
{
	size_t size;
	char *records = read_whole(path_of("records.jsonl", ""), &size);
	FILE *file = fopen(path_of("records.jsonl", ""), "w");

	for (char *at = records; (at = strstr(at, cell)); at++)
		memcpy(strstr(at, "\"status\":\"ok\""), "\"status\":\"no\"", strlen("\"status\":\"no\""));
	assert_non_null(file);
	assert_int_equal(fwrite(records, 1, size, file), size);
	fclose(file);
	free(records);
}

/* In the curves' two panels of chess on one core, and in the row of the scoreboard. With troubles, in counting where
 * the fourth model crashes over 8, 16 and 64 slices. */
static void test_failed_cells_are_marked(void **state)
{
	(void)state;
	if (!has_gnuplot())
		skip();
	make(four, 5, false, false);
	assert_int_equal(crosses_in("chess") + crosses_in("counting") + crosses_in("scoreboard"), 0);
	fail_cell("\"chess/thread/boards=24/cores=1\"");
	assert_int_equal(crosses_in("scoreboard"), 1);
	assert_int_equal(crosses_in("chess"), 2);
	make(four, 5, true, false);
	assert_int_equal(crosses_in("counting"), 3);
}

/* A peer is hollow, ours are full, and all that switch stacks are green. Without primitives there is no such figure.
 */
static void test_figure_of_primitives(void **state)
{
	size_t size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make_primitives(with_peers);
	plot_quietly(NULL);
	char *data = read_whole(path_of("plots/primitives", ".tsv"), &size);

	assert_non_null(strstr(data, "\tpeer-fast\t8.16\t-3\t8\t8.32\t8.16\t5\t40563\t8\t8.16\td\n"));
	assert_non_null(strstr(data, "\tcoroutine\t4.08\t0\t4\t4.16\t4.08\t5\t40563\t13\t4.08\tc\n"));
	free(data);
	for (int i = 0; i < 3; i++)
		assert_int_equal(unlink(path_of("plots/primitives", (const char *const[]){".tsv", ".svg", ".png"}[i])),
				 0);
	make(four, 5, false, false);
	plot_quietly(NULL);
	assert_int_equal(access(path_of("plots/primitives", ".tsv"), F_OK), -1);
	make_primitives(four);
	plot_quietly(NULL);
	assert_int_equal(access(path_of("plots/chess", ".svg"), F_OK), -1);
}

/* A machine that slows down is told under the table, and in the figure; one that does not, only there. */
static void test_drift(void **state)
{
	size_t size;

	(void)state;
	make(four, 12, false, false);
	slow_down(0);
	char *text = summary();

	assert_null(strstr(text, "drift: "));
	free(text);
	slow_down(0.01);
	text = summary();
	assert_fits(text);
	assert_non_null(strstr(text, "chess: drift: +"));
	assert_non_null(strstr(text, "\n ~coroutine "));
	assert_non_null(strstr(text, " cells, marked ~ where a table has them, times rise or fall"));
	free(text);
	if (!has_gnuplot())
		skip();
	plot_quietly(&(struct report_options){.figure = "sequence"});
	char *data = read_whole(path_of("plots/sequence", ".tsv"), &size);

	assert_non_null(strstr(data, "chess: drift: +"));
	free(data);
}

/* Asked for by name, a figure without data says what is missing, and how to measure it. */
static void test_figures_without_data(void **state)
{
	static const char *const lacking[] = {"map",      "primitives", "cores",      "efficiency", "concurrency",
					      "forecast", "rate",       "starvation", "cost"};
	size_t size;

	(void)state;
	make(one, 1, false, false);
	for (size_t i = 0; i < sizeof(lacking) / sizeof(*lacking); i++) {
		struct report_options options = {.terminal = true, .figure = lacking[i]};

		assert_int_equal(report_plot(synthetic_folder, SIMUL_PLOT_SCRIPTS, &options), -ENODATA);
		assert_int_equal(access(path_of("plots", ""), F_OK), -1);
	}
	if (!has_gnuplot())
		skip();
	plot_quietly(&(struct report_options){.figure = "rate"});
	char *data = read_whole(path_of("plots/rate", ".tsv"), &size);

	assert_non_null(strstr(data, "This run has nothing for it: it needs echo at an offered rate."));
	assert_non_null(strstr(data, "To measure it: simul run --workload=echo --set rate="));
	free(data);
	assert_int_equal(access(path_of("plots/rate", ".png"), F_OK), 0);
	plot_quietly(NULL);
	assert_int_equal(access(path_of("plots/rate", ".png"), F_OK), -1);
}

/* A panel with yields and one without, in ms; who did not play has a dash. */
static void test_starvation(void **state)
{
	size_t size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make_primitives(with_peers);
	plot_quietly(NULL);
	char *data = read_whole(path_of("plots/starvation", ".tsv"), &size);

	assert_non_null(strstr(data, "starvation:  that never yields, on 1 core"));
	assert_non_null(strstr(data, "starvation:  that yields often, on 1 core"));
	assert_non_null(strstr(data, "latest heartbeat, after it was due, ms (log scale)"));
	assert_non_null(strstr(data, "\tcoroutine\t510\t0\t500\t520\t510\t5\t"));
	assert_non_null(strstr(data, "\tcoroutine\t0.102\t0\t0.1\t0.104\t0.102\t5\t"));
	free(data);
	make(four, 2, false, false);
	plot_quietly(NULL);
	assert_int_equal(access(path_of("plots/starvation", ".svg"), F_OK), -1);
}

/* 0.9 of a core in equal parts, of two cores half of that; nobody told of switches. */
static void test_resources(void **state)
{
	size_t size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(four, 5, false, false);
	plot_quietly(NULL);
	char *data = read_whole(path_of("plots/resources", ".tsv"), &size);

	assert_non_null(strstr(data, "\t45.0 %\t"));
	assert_non_null(strstr(data, "\t10.0 %\t"));
	assert_non_null(strstr(data, "\t22.5 %\t"));
	assert_non_null(strstr(data, "\t55.0 %\t"));
	assert_non_null(strstr(data, "\tnot measured\t"));
	free(data);
}

/* Over the number of tasks; a single number of them, as spawn's here, has no panel. */
static void test_cost(void **state)
{
	size_t size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make_primitives(with_peers);
	plot_quietly(NULL);
	char *data = read_whole(path_of("plots/cost", ".tsv"), &size);

	assert_non_null(strstr(data, "idle: memory a task on 1 core, memory=cold"));
	assert_non_null(strstr(data, "\tcoroutine\t100\t8355.84\t"));
	assert_non_null(strstr(data, "\tcoroutine\t1000000\t4177.92\t"));
	assert_null(strstr(data, "spawn"));
	free(data);
}

/* The shape that a runtime has in the chess figure, and its colour in *colour. */
static unsigned shape_of(const char *runtime, unsigned *colour)
{
	size_t size;
	unsigned shape = 0;
	char *data = read_whole(path_of("plots/chess", ".tsv"), &size), key[64];

	snprintf(key, sizeof(key), "legend\t\t\t%s\t", runtime);
	const char *row = strstr(data, key);

	assert_non_null(row);
	assert_int_equal(sscanf(row + strlen(key), "%*s %*s %*s %*s %*s %*s %u %u", colour, &shape), 2);
	free(data);
	return shape;
}

/* Whoever else is there, a runtime looks the same, and those of one family have one colour and several shapes. */
static void test_marks(void **state)
{
	static const char *const few[] = {"coroutine", "thread", NULL};
	unsigned coroutine, thread, other, again;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(thirteen, 2, false, false);
	plot_quietly(NULL);
	unsigned shape = shape_of("coroutine", &coroutine), of_thread = shape_of("thread", &thread);

	assert_int_equal(coroutine, 0x009e73);
	assert_int_equal(thread, 0xd55e00);
	assert_int_not_equal(shape_of("coroutine-uring", &other), shape);
	assert_int_equal(other, coroutine);
	make(few, 2, false, false);
	plot_quietly(NULL);
	assert_int_equal(shape_of("coroutine", &again), shape);
	assert_int_equal(again, coroutine);
	assert_int_equal(shape_of("thread", &again), of_thread);
	assert_int_equal(again, thread);
}

/* Speed-up is held against one core's time: one core's models stand at 1, and nobody above the cores there are. The
 * figure says of which state of the source it is, and what it leaves out. */
static void test_counting(void **state)
{
	size_t size;
	double slices, speed_up;
	unsigned panel, points = 0;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(four, 5, false, false);
	plot_quietly(NULL);
	char *data = read_whole(path_of("plots/counting", ".tsv"), &size), *rest = data, *line;

	assert_non_null(strstr(data, "marks are medians"));
	assert_non_null(strstr(data, "commit 0123456789ab-dirty, "));
	assert_non_null(strstr(data, "1 more set of cells of counting, as counting/slices=8/cores=1."));
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "point\t%u\t%*u\tsequential\t%lf\t%lf", &panel, &slices, &speed_up) == 3)
			assert_true(speed_up > 0.9 && speed_up < 1.05 && ++points);
		if (sscanf(line, "point\t%u\t%*u\tthread\t%lf\t%lf", &panel, &slices, &speed_up) == 3)
			assert_true(speed_up < 2.1 && (slices < 2 || speed_up > 1.8) && ++points);
	}
	assert_true(points >= 10);
	free(data);
}

/* Above the scale of the lower panel a runtime is named. What chess is stands first. */
static void test_chess(void **state)
{
	size_t size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(four, 5, true, false);
	plot_quietly(NULL);
	char *data = read_whole(path_of("plots/chess", ".tsv"), &size);

	assert_non_null(strstr(data, "sequential at 4, 24 boards (up to "));
	assert_true(strstr(data, "A board is a game of 30 pairs") < strstr(data, "sequential: refused at"));
	free(data);
}

/* The share of an invocation is the middle of its step, its place along the run is what the record says, and the one
 * that was disturbed is a cross. Two invocations of a cell say nothing, and leave no figure of before. */
static void test_invocations(void **state)
{
	size_t size;
	double percent, share, before = -1;
	unsigned panel, points = 0, disturbed = 0;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(four, 5, false, false);
	plot_quietly(NULL);
	char *data = read_whole(path_of("plots/spread", ".tsv"), &size), *rest = data, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "point\t%u\t%*u\tthread\t%lf\t%lf", &panel, &percent, &share) != 3 || panel != 1)
			continue;
		assert_float_equal(share, 0.1 + 0.2 * points, 1e-6);
		assert_true(percent >= before && (points != 2 || percent == 0));
		before = percent;
		points++;
	}
	assert_int_equal(points, 5);
	free(data);
	data = rest = read_whole(path_of("plots/sequence", ".tsv"), &size);
	while ((line = strsep(&rest, "\n"))) {
		double sequence;
		unsigned shape;

		if (sscanf(line, "point\t%*u\t%*u\tcoroutine\t%lf\t%*s %*s %*s %*s %*s %*s %u", &sequence, &shape) != 2)
			continue;
		assert_int_equal(shape == 2, (unsigned)sequence % 37 == 0);
		disturbed += shape == 2;
	}
	assert_true(disturbed > 0);
	free(data);
	make(four, 2, false, false);
	plot_quietly(NULL);
	assert_int_equal(access(path_of("plots/spread", ".tsv"), F_OK), -1);
	assert_int_equal(access(path_of("plots/sequence", ".png"), F_OK), -1);
}

static void test_same_twice(void **state)
{
	static const char *const endings[] = {".tsv", ".svg"};
	char *before[FIGURES][2], name[32];
	size_t sizes[FIGURES][2], size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(four, 6, true, false);
	for (int round = 0; round < 2; round++) {
		plot_quietly(NULL);
		for (int i = 0; i < 2 * FIGURES; i++) {
			char **kept = &before[i / 2][i % 2];

			snprintf(name, sizeof(name), "plots/%s", figures[i / 2]);
			char *text = read_whole(path_of(name, endings[i % 2]), &size);

			if (round == 0) {
				*kept = text;
				sizes[i / 2][i % 2] = size;
				continue;
			}
			assert_int_equal(size, sizes[i / 2][i % 2]);
			assert_memory_equal(text, *kept, size);
			free(text);
			free(*kept);
		}
	}
}

/* Names stay names: nothing runs, nothing is markup, and each stands in the figure as it is. */
static void test_hostile_names(void **state)
{
	size_t size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(hostile, 5, false, false);
	plot_quietly(NULL);
	char *svg = read_whole(path_of("plots/chess", ".svg"), &size);

	assert_null(strstr(svg, "<script>"));
	assert_non_null(strstr(svg, "&lt;script>alert(1"));
	assert_non_null(strstr(svg, "{/=99 big}_x^2@%s"));
	assert_non_null(strstr(svg, "$(touch owned)"));
	assert_non_null(strstr(svg, "# comment"));
	assert_non_null(strstr(svg, "?-turtle"));
	free(svg);
	assert_int_equal(access(path_of("plots/owned", ""), F_OK), -1);
}

static void test_terminal(void **state)
{
	struct report_options options = {.terminal = true, .figure = "chess"};
	size_t size;

	(void)state;
	if (!has_gnuplot())
		skip();
	make(four, 5, true, false);
	setenv("COLUMNS", "80", 1);
	fflush(stdout);
	int saved = dup(STDOUT_FILENO), file = open(path_of("shown", ""), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

	dup2(file, STDOUT_FILENO);
	plot_quietly(&options);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(file);
	char *text = read_whole(path_of("shown", ""), &size);

	unlink(path_of("shown", ""));
	assert_fits(text);
	assert_non_null(strstr(text, "How long does the exhibition take"));
	assert_non_null(strstr(text, "x-stranger"));
	assert_non_null(strstr(text, "Letters are the runtimes' medians"));
	assert_int_equal(access(path_of("plots", ""), F_OK), -1);
	free(text);
}

static void test_what_is_missing(void **state)
{
	char *path = strdup(getenv("PATH")), names[256];

	(void)state;
	assert_int_equal(report_check_figure("cost", names, sizeof(names)), 0);
	assert_int_equal(report_check_figure("nothing", names, sizeof(names)), -EINVAL);
	assert_non_null(strstr(names, "there is no figure 'nothing'; the figures are scoreboard, map, chess, "));
	assert_int_equal(report_summary(synthetic_folder, stdout), -ENOENT);
	assert_int_equal(report_plot(synthetic_folder, SIMUL_PLOT_SCRIPTS, NULL), -ENOENT);
	make(one, 1, false, false);
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(report_plot(synthetic_folder, SIMUL_PLOT_SCRIPTS, NULL), -ENOENT);
	setenv("PATH", path, 1);
	free(path);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, synthetic_folder_make, synthetic_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_floors),
		TEST(test_summary),
		TEST(test_summary_of_noise),
		TEST(test_summary_of_little),
		TEST(test_drift),
		TEST(test_summary_of_strangers),
		TEST(test_primitives),
		TEST(test_a_reference_has_a_column),
		TEST(test_primitives_without_peers),
		TEST(test_runtimes),
		TEST(test_figure_of_primitives),
		TEST(test_figures_without_data),
		TEST(test_starvation),
		TEST(test_resources),
		TEST(test_cost),
		TEST(test_figures),
		TEST(test_failed_cells_are_marked),
		TEST(test_marks),
		TEST(test_counting),
		TEST(test_chess),
		TEST(test_invocations),
		TEST(test_same_twice),
		TEST(test_hostile_names),
		TEST(test_terminal),
		TEST(test_what_is_missing),
		TEST(test_marked_cells),
		TEST(test_memory_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
