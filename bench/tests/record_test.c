/* record_test.c: what is taken for a record, and every gate that a wrong one must stop at. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../runtimes/clock.h"
#include "../../runtimes/runtime.h"
#include "../driver/clean.h"
#include "../driver/record.h"

/* A workload that nobody plays, with one parameter of each kind. */
static const char *const colours[] = {"white", "black", NULL};
static uint64_t some_cost(void)
{
	return 1;
}

static const struct parameter parameters[] = {
	{.name = "connections", .type = PARAMETER_COUNT, .fallback = "5", .least = 1, .most = 100},
	{.name = "messages", .type = PARAMETER_COUNT, .fallback = "20", .least = 1, .most = 1000},
	{.name = "move", .type = PARAMETER_DURATION, .fallback = "50us", .least = 0, .most = NS_PER_S},
	{.name = "size", .type = PARAMETER_SIZE, .fallback = "64B", .least = 1, .most = 1 << 20},
	{.name = "colour", .type = PARAMETER_CHOICE, .fallback = "white", .choices = colours},
	{.name = "step", .type = PARAMETER_COUNT, .fallback = "0", .most = 1000, .calibrate = some_cost},
	{.name = "depth", .type = PARAMETER_COUNT, .fallback = "2", .least = 1, .most = 64, .help = "in flight"},
	{.name = NULL},
};

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	(void)values;
	(void)stage;
	*expectation = (struct expectation){
		.tasks = 5, .operations = 105, .bytes = 6720, .checksum = 0xfeed, .bound_ns = 36500000};
}

static const struct workload_spec spec = {.name = "test", .parameters = parameters, .expect = expect};

#define PLAYED "\"connections\":5,\"messages\":20,\"move\":50000,\"size\":64,\"colour\":\"white\""
#define AUDIT "\"tasks\":5,\"operations\":105,\"bytes\":6720,\"checksum\":\"000000000000feed\""
#define RECORD(runtime, played, times, cpu, audit)                                                                     \
	"{\"protocol\":1,\"runtime\":\"" runtime "\",\"workload\":\"test\",\"parameters\":{" played                    \
	"},\"time_ns\":{" times "},\"cpu_ns\":{" cpu "},\"audit\":{" audit "}}"
#define LOAD(wall, rest) "{\"protocol\":1,\"load\":\"test\",\"time_ns\":{\"wall\":" wall "}," rest "}"

static const char good_record[] =
	RECORD("x", PLAYED, "\"wall\":40000000,\"teardown\":1000000", "\"steady\":39000000", AUDIT);
static const char good_load[] = LOAD("39000000", "\"messages\":100,\"bytes\":6400,\"errors\":0");

static json_t *parse(const char *line)
{
	char reason[REASON_MAX];
	json_t *json = NULL;

	if (line && record_parse(line, &json, reason))
		fail_msg("%s: %s", reason, line);
	return json;
}

/* Verifies against what was asked: "move=50us" given, the rest filled in. */
static int verify(const char *record_line, const char *load_line, unsigned cores, char reason[REASON_MAX])
{
	json_t *record = parse(record_line), *load = parse(load_line);
	struct stage stage = {.cores = cores};
	struct values values;
	int error;

	values_init(&values, parameters);
	assert_int_equal(values_take(&values, parameters, "move=50us", reason), 0);
	reason[0] = '\0';
	error = record_verify(record, load, "x", &spec, &values, stage, reason);
	json_decref(record);
	json_decref(load);
	return error;
}

static void check_reason(const char *record, const char *load, const char *expected)
{
	char reason[REASON_MAX];
	int error = verify(record, load, 1, reason);

	assert_string_equal(reason, expected);
	assert_int_equal(error, strstr(expected, "below the bound") ? -ERANGE : *expected ? -EBADMSG : 0);
}

static void good_records_pass(void **state)
{
	(void)state;
	check_reason(good_record, NULL, "");
	check_reason(good_record, good_load, "");
	/* Within the tolerances: 5 % under the bound, 2 % and 1 ms over the CPU that there is. */
	check_reason(RECORD("x", PLAYED, "\"wall\":34730000", "", AUDIT), NULL, "");
	check_reason(RECORD("x", PLAYED, "\"wall\":40000000", "\"steady\":41700000", AUDIT), NULL, "");
	/* What was not given may be left out, and what it measures itself may be anything. */
	check_reason(RECORD("x", "\"move\":50000,\"step\":77", "\"wall\":40000000", "", AUDIT), NULL, "");
	check_reason(RECORD("x", "\"move\":5e4", "\"wall\":40000000", "", AUDIT), NULL, "");
}

static void names_must_match(void **state)
{
	(void)state;
	check_reason(RECORD("y", PLAYED, "\"wall\":40000000", "", AUDIT), NULL,
		     "the record is of runtime y, but x was asked for");
	check_reason(RECORD("\\u001b[2Jy", PLAYED, "\"wall\":40000000", "", AUDIT), NULL,
		     "the record is of runtime ?[2Jy, but x was asked for");
	check_reason("{\"protocol\":1}", NULL, "\"runtime\" is missing in the record");
	check_reason("{\"protocol\":1,\"runtime\":\"x\",\"workload\":\"chess\"}", NULL,
		     "the record is of workload chess, but test was asked for");
}

static void parameters_must_match(void **state)
{
	(void)state;
	check_reason(RECORD("x", "", "\"wall\":40000000", "", AUDIT), NULL, "parameter move is missing in the record");
	check_reason(RECORD("x", "\"move\":50001", "\"wall\":40000000", "", AUDIT), NULL,
		     "played move=50001, but move=50us was asked for");
	check_reason(RECORD("x", "\"move\":\"50us\"", "\"wall\":40000000", "", AUDIT), NULL,
		     "played move=\"50us\", but move=50us was asked for");
	check_reason(RECORD("x", "\"move\":-1", "\"wall\":40000000", "", AUDIT), NULL,
		     "played move=-1, but move=50us was asked for");
	check_reason(RECORD("x", "\"move\":50000,\"size\":65", "\"wall\":40000000", "", AUDIT), NULL,
		     "played size=65, but size=64B was asked for");
	check_reason(RECORD("x", "\"move\":50000,\"colour\":\"black\"", "\"wall\":40000000", "", AUDIT), NULL,
		     "played colour=\"black\", but colour=white was asked for");
	check_reason(RECORD("x", "\"move\":50000,\"colour\":0", "\"wall\":40000000", "", AUDIT), NULL,
		     "played colour=0, but colour=white was asked for");
}

static void physics_holds(void **state)
{
	(void)state;
	check_reason(RECORD("x", PLAYED, "\"wall\":30100000", "", AUDIT), NULL,
		     "wall 30.1 ms is below the bound of 36.5 ms: no correct play can be that fast");
	check_reason(good_record, LOAD("1000000", "\"messages\":100,\"errors\":0"),
		     "wall 1 ms is below the bound of 36.5 ms: no correct play can be that fast");
	check_reason(RECORD("x", PLAYED, "", "", AUDIT), NULL,
		     "the wall time is missing or not a positive whole number of ns");
	check_reason(RECORD("x", PLAYED, "\"wall\":4e7", "", AUDIT), NULL,
		     "the wall time is missing or not a positive whole number of ns");
	check_reason(RECORD("x", PLAYED, "\"wall\":0", "", AUDIT), good_load,
		     "the wall time is missing or not a positive whole number of ns");
	check_reason(RECORD("x", PLAYED, "\"wall\":40000000,\"teardown\":2000000", "\"steady\":80000000", AUDIT), NULL,
		     "80 ms of CPU time in 42 ms on 1 core: more than there is");
	/* Below the bound, which a faster core may explain, is only said of what is right otherwise. */
	check_reason(RECORD("x", PLAYED, "\"wall\":30100000", "\"steady\":80000000", AUDIT), NULL,
		     "80 ms of CPU time in 30.1 ms on 1 core: more than there is");
}

/* What other processes of the play did while the CPU times were read fits into the span of the readings. */
static void cpu_is_held_against_its_own_span(void **state)
{
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(
		verify(RECORD("x", PLAYED, "\"wall\":40000000", "\"steady\":80000000,\"span\":79500000", AUDIT), NULL,
		       1, reason),
		0);
	check_reason(RECORD("x", PLAYED, "\"wall\":40000000", "\"steady\":80000000,\"span\":42000000", AUDIT), NULL,
		     "80 ms of CPU time in 42 ms on 1 core: more than there is");
}

static void two_cores_have_twice_the_cpu(void **state)
{
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(
		verify(RECORD("x", PLAYED, "\"wall\":40000000", "\"steady\":80000000", AUDIT), NULL, 2, reason), 0);
	assert_int_equal(
		verify(RECORD("x", PLAYED, "\"wall\":40000000", "\"steady\":83000000", AUDIT), NULL, 2, reason),
		-EBADMSG);
	assert_string_equal(reason, "83 ms of CPU time in 40 ms on 2 cores: more than there is");
}

#define AUDITED(audit) RECORD("x", PLAYED, "\"wall\":40000000", "", audit)

static void audit_must_match(void **state)
{
	(void)state;
	check_reason(AUDITED(""), NULL, "the audit's tasks are missing or no whole number");
	check_reason(AUDITED("\"tasks\":4"), NULL, "the audit says 4 tasks, but the work has 5");
	check_reason(AUDITED("\"tasks\":5,\"operations\":-105"), NULL,
		     "the audit's operations are missing or no whole number");
	check_reason(AUDITED("\"tasks\":5,\"operations\":104"), NULL,
		     "the audit says 104 operations, but the work has 105");
	check_reason(AUDITED("\"tasks\":5,\"operations\":105"), NULL,
		     "the audit's bytes are missing or no whole number");
	check_reason(AUDITED("\"tasks\":5,\"operations\":105,\"bytes\":6720"), NULL,
		     "the audit's checksum is missing in the record");
	check_reason(AUDITED("\"tasks\":5,\"operations\":105,\"bytes\":6720,\"checksum\":\"beef\""), NULL,
		     "the checksum is 000000000000beef, but the right answer's is 000000000000feed");
	check_reason(AUDITED("\"tasks\":5,\"operations\":105,\"bytes\":6720,\"checksum\":\"0xfeed\""), NULL,
		     "the checksum 0xfeed is not a hex number of 64 bits");
	check_reason(AUDITED("\"tasks\":5,\"operations\":105,\"bytes\":6720,\"checksum\":\"100000000000feed\""), NULL,
		     "the checksum is 100000000000feed, but the right answer's is 000000000000feed");
	check_reason(AUDITED("\"tasks\":5,\"operations\":105,\"bytes\":6720,\"checksum\":\"0000000000000feed0\""), NULL,
		     "the checksum 0000000000000feed0 is not a hex number of 64 bits");
}

static void load_must_match(void **state)
{
	(void)state;
	check_reason(good_record, LOAD("40000000", "\"messages\":100"),
		     "the load's errors are missing or no whole number");
	check_reason(good_record, LOAD("40000000", "\"messages\":100,\"errors\":2"),
		     "the load says 2 errors, but the work has 0");
	check_reason(good_record, LOAD("40000000", "\"messages\":99,\"errors\":0"),
		     "the load says 99 messages, but the work has 100");
	check_reason(good_record, LOAD("40000000", "\"messages\":100,\"errors\":0,\"bytes\":6721"),
		     "the load got 6721 bytes back, but the work has 6720");
}

#define COUNTED(messages, mean, in_flight)                                                                             \
	LOAD("40000000", "\"messages\":" messages ",\"errors\":0,\"latency_ns\":{\"mean\":" mean                       \
			 "},\"little\":{\"in_flight\":" in_flight "}")

/* Five connections with two messages each: ten can be under way. */
static void littles_law_must_hold(void **state)
{
	(void)state;
	check_reason(good_record, COUNTED("100", "3200000.5", "8.2"), "");
	check_reason(
		good_record, COUNTED("100", "4240000", "10"),
		"the load's rate x mean latency is 10.6 messages under way, but 10 is the most there can be (Little's "
		"law)");
	check_reason(good_record, COUNTED("100", "1600000", "8"),
		     "the load counted 8.00 messages under way, but its rate x mean latency is 4.00 (Little's law)");
	check_reason(good_record,
		     LOAD("40000000", "\"messages\":100,\"errors\":0,\"latency_ns\":{\"mean\":9e6},"
				      "\"raw_latency_ns\":{\"mean\":1.6e6},\"little\":{\"in_flight\":4}"),
		     "");
}

static void check_parse(const char *line, const char *expected)
{
	char reason[REASON_MAX];
	json_t *json = (json_t *)&spec;

	assert_int_equal(record_parse(line, &json, reason), -EINVAL);
	assert_null(json);
	if (strncmp(reason, expected, strlen(expected)))
		fail_msg("\"%s\" is not \"%s\"", reason, expected);
}

static void rubbish_is_refused(void **state)
{
	static const char *const not_json[] = {
		"",
		" ",
		"{",
		"{}}",
		"good",
		"{\"protocol\":1} {\"protocol\":1}",
		"{\"protocol\":1,\"protocol\":1}",
		"{\"protocol\":1,\"x\":NaN}",
		"{\"protocol\":1,\"x\":Infinity}",
		"{\"protocol\":1,\"x\":1e999}",
		"{\"protocol\":1,\"x\":-1e999}",
		"{\"protocol\":1,\"x\":99999999999999999999}",
		"{\"protocol\":1,\"x\":\"\\u0000\"}",
		"{\"protocol\":1,\"x\":\"\xff\"}",
		"{\"protocol\":1,\"x\":01}",
		"{'protocol':1}",
		"null",
		"1",
		"\"x\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(not_json) / sizeof(not_json[0]); i++)
		check_parse(not_json[i], "not JSON");
	check_parse("[]", "not a JSON object");
	check_parse("{}", "\"protocol\" is missing or no whole number");
	check_parse("{\"protocol\":\"1\"}", "\"protocol\" is missing or no whole number");
	check_parse("{\"protocol\":1.0}", "\"protocol\" is missing or no whole number");
	check_parse("{\"protocol\":2}", "speaks protocol 2, and only 1 is understood here");
}

/* "[[[...]]]" of that depth inside the object. */
static char *nested(size_t depth)
{
	static const char head[] = "{\"protocol\":1,\"text\":\"[[[[{{{{\\\"[[[[\",\"x\":";
	char *text = malloc(sizeof(head) + 2 * depth + 2);
	size_t length = sizeof(head) - 1;

	memcpy(text, head, length);
	memset(text + length, '[', depth);
	memset(text + length + depth, ']', depth);
	memcpy(text + length + 2 * depth, "}", 2);
	return text;
}

static void depth_is_bounded(void **state)
{
	char *allowed = nested(RECORD_DEPTH_MAX - 1), *over = nested(RECORD_DEPTH_MAX), *abyss = nested(400000);

	(void)state;
	json_decref(parse(allowed));
	check_parse(over, "nested deeper than 32 levels");
	check_parse(abyss, "nested deeper than 32 levels");
	free(allowed);
	free(over);
	free(abyss);
}

static void size_is_bounded(void **state)
{
	static const char head[] = "{\"protocol\":1,\"x\":\"";
	char *text = calloc(1, RECORD_BYTES_MAX + 2);

	(void)state;
	memset(text, 'x', RECORD_BYTES_MAX);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + RECORD_BYTES_MAX - 2, "\"}", 2);
	json_decref(parse(text));
	memcpy(text + RECORD_BYTES_MAX - 2, "x\"}", 3);
	check_parse(text, "longer than 1024 KiB");
	free(text);
}

#define INFO(rest) "{\"protocol\":1,\"runtime\":\"thread\"," rest "}"

static void info_is_read(void **state)
{
	char reason[REASON_MAX];
	struct player_info info;

	(void)state;
	assert_int_equal(
		player_info_parse(
			INFO("\"capabilities\":[\"parallel\",\"flies\",\"preempts\"],\"workloads\":[\"chess\"]"), &info,
			reason),
		0);
	assert_string_equal(info.runtime, "thread");
	assert_int_equal(info.capabilities, RUNTIME_PARALLEL | RUNTIME_PREEMPTS);
	assert_true(player_info_plays(&info, "chess"));
	assert_false(player_info_plays(&info, "ches"));
	player_info_clear(&info);
	assert_null(info.json);
}

static void check_info(const char *line, const char *expected)
{
	char reason[REASON_MAX];
	struct player_info info;

	assert_int_equal(player_info_parse(line, &info, reason), -EINVAL);
	assert_string_equal(reason, expected);
	assert_null(info.json);
}

static void wrong_info_is_refused(void **state)
{
	static const char *const no_name[] = {"", "../x", "A", "a b", "-x"};
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(no_name) / sizeof(no_name[0]); i++) {
		snprintf(line, sizeof(line), "{\"protocol\":1,\"runtime\":\"%s\"}", no_name[i]);
		check_info(line, "\"runtime\" is missing or no name of at most 39 lower case letters, digits and '-'");
	}
	check_info(INFO("\"workloads\":[]"), "\"capabilities\" is missing or no list");
	check_info(INFO("\"capabilities\":[]"), "\"workloads\" is missing or no list");
	check_info(INFO("\"capabilities\":[],\"workloads\":[1]"), "\"workloads\" holds something that is no name");
	check_info("x", "not JSON: '[' or '{' expected near 'x' at byte 1");
}

static void refusals_are_found(void **state)
{
	json_t *refusal = parse("{\"protocol\":1,\"refused\":{\"text\":\"no threads\"}}");
	json_t *other = parse("{\"protocol\":1,\"refused\":\"no threads\"}");

	(void)state;
	assert_string_equal(record_refusal(refusal), "no threads");
	assert_null(record_refusal(other));
	assert_null(record_refusal(NULL));
	json_decref(refusal);
	json_decref(other);
}

static void wall_is_the_loads_where_there_is_one(void **state)
{
	json_t *record = parse(good_record), *load = parse(good_load),
	       *none = parse("{\"protocol\":1,\"time_ns\":{\"wall\":-4}}");

	(void)state;
	assert_int_equal(record_wall_ns(record, NULL), 40000000);
	assert_int_equal(record_wall_ns(record, load), 39000000);
	assert_int_equal(record_wall_ns(none, NULL), 0);
	assert_int_equal(record_wall_ns(record, none), 0);
	json_decref(record);
	json_decref(load);
	json_decref(none);
}

static void text_becomes_clean(void **state)
{
	static const struct {
		const char *from, *to, *line;
	} cases[] = {
		{"plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82", "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82",
		 "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82"},
		{"a\nb\tc\x7f", "a\nb\tc?", "a b c?"},
		{"\xc0\xaf\xe0\x80\x80\xf4\x90\x80\x80", "?????????", "?????????"},
		{"\xed\xa0\x80 \xc2\x85 \xc2\xa0", "??? ?? \xc2\xa0", "??? ?? \xc2\xa0"},
		{"cut \xe2\x82", "cut ??", "cut ??"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].from);
		assert_int_equal(text_clean(text, strlen(text), false), strlen(cases[i].to));
		assert_string_equal(text, cases[i].to);
		snprintf(text, sizeof(text), "%s", cases[i].from);
		text_clean(text, strlen(text), true);
		assert_string_equal(text, cases[i].line);
	}
}

static void durations_read_well(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{0, "0 ns"},
		{999, "999 ns"},
		{1000, "1 µs"},
		{999499, "999 µs"},
		{999600, "1 ms"},
		{36550000, "36.5 ms"},
		{9996000000, "10 s"},
		{60 * NS_PER_S, "60 s"},
		{250 * NS_PER_S, "4 min 10 s"},
		{86400 * NS_PER_S, "24 h 0 min"},
	};
	char text[TEXT_DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_duration((double)cases[i].ns, text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_records_pass),
		cmocka_unit_test(names_must_match),
		cmocka_unit_test(parameters_must_match),
		cmocka_unit_test(physics_holds),
		cmocka_unit_test(cpu_is_held_against_its_own_span),
		cmocka_unit_test(two_cores_have_twice_the_cpu),
		cmocka_unit_test(audit_must_match),
		cmocka_unit_test(load_must_match),
		cmocka_unit_test(littles_law_must_hold),
		cmocka_unit_test(rubbish_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(size_is_bounded),
		cmocka_unit_test(info_is_read),
		cmocka_unit_test(wrong_info_is_refused),
		cmocka_unit_test(refusals_are_found),
		cmocka_unit_test(wall_is_the_loads_where_there_is_one),
		cmocka_unit_test(text_becomes_clean),
		cmocka_unit_test(durations_read_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
