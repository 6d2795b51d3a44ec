/* fuzz_record.c: whatever bytes a program prints, reading them ends, stays within bounds and says something clean.
 *
 * LLVMFuzzerTestOneInput is libFuzzer's entry (https://llvm.org/docs/LibFuzzer.html). Without libFuzzer, main() feeds
 * it every truncation of valid lines and a fixed number of seeded mutations of them, the same ones in every run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/check.h"
#include "../driver/clean.h"
#include "../driver/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const colours[] = {"white", "black", NULL};
static const struct parameter parameters[] = {
	{.name = "boards", .type = PARAMETER_COUNT, .fallback = "24", .least = 1, .most = 100},
	{.name = "colour", .type = PARAMETER_CHOICE, .fallback = "white", .choices = colours},
	{.name = NULL},
};

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	(void)values;
	(void)stage;
	*expectation = (struct expectation){.tasks = 24, .operations = 720, .checksum = 0xfeed, .bound_ns = 1000000};
}

static const struct workload_spec spec = {.name = "chess", .parameters = parameters, .expect = expect};

/* A reason is one line of text that is already clean. */
static void check_reason(int error, const char *reason)
{
	char copy[REASON_MAX];
	size_t length;

	if (!error)
		return;
	length = strnlen(reason, REASON_MAX);
	CHECK(length > 0 && length < REASON_MAX, "an error without a sentence");
	memcpy(copy, reason, length + 1);
	CHECK(text_clean(copy, length, true) == length && !strcmp(copy, reason), "an unclean sentence");
}

/* What passed must have the right answer, whatever else was mutated. */
static void check_passed(const json_t *record)
{
	const json_t *audit = json_object_get(record, "audit");

	CHECK(json_integer_value(json_object_get(audit, "tasks")) == 24 && record_wall_ns(record, NULL) >= 990000,
	      "a wrong record passed");
}

static void read_record(const char *line)
{
	struct values values;
	struct stage stage = {.cores = 1};
	char reason[REASON_MAX] = "";
	json_t *json;
	int error = record_parse(line, &json, reason);

	check_reason(error, reason);
	CHECK(!error == (json != NULL), "a result that is neither");
	if (error)
		return;
	values_init(&values, parameters);
	values.given[0] = true;
	error = record_verify(json, NULL, "thread", &spec, &values, stage, reason);
	check_reason(error, reason);
	if (!error)
		check_passed(json);
	check_reason(record_verify(json, json, "thread", &spec, &values, stage, reason), reason);
	CHECK(!record_refusal(json) || strlen(record_refusal(json)) < RECORD_BYTES_MAX, "a refusal without an end");
	json_decref(json);
}

static void read_info(const char *line)
{
	char reason[REASON_MAX] = "";
	struct player_info info;
	int error = player_info_parse(line, &info, reason);

	check_reason(error, reason);
	CHECK(error || !strchr(info.runtime, '/'), "a name that is a path");
	if (!error)
		player_info_plays(&info, "chess");
	player_info_clear(&info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of exactly that size, so that a sanitizer sees a read past the end. */
	char *line = malloc(size + 1);

	CHECK(line, "no memory for %zu bytes", size);
	memcpy(line, data, size);
	line[size] = '\0';
	read_record(line);
	read_info(line);
	text_clean(line, size, size & 1);
	free(line);
	return 0;
}

#ifndef SIMUL_LIBFUZZER

enum { MUTATIONS = 200000, LINE_MAX_BYTES = 1024, EDITS_MAX = 6 };

static const char *const seeds[] = {
	"{\"protocol\":1,\"runtime\":\"thread\",\"workload\":\"chess\",\"parameters\":{\"boards\":24,\"colour\":"
	"\"white\"},"
	"\"cores\":[0],\"time_ns\":{\"setup\":1,\"wall\":2000000,\"teardown\":3},\"cpu_ns\":{\"steady\":1000000},"
	"\"audit\":{\"tasks\":24,\"operations\":720,\"bytes\":0,\"checksum\":\"000000000000feed\"},\"figures\":{\"x\":"
	"2.5e3}}",
	"{\"protocol\":1,\"load\":\"echo\",\"time_ns\":{\"wall\":2000000},\"messages\":100,\"bytes\":6400,\"errors\":"
	"0}",
	"{\"protocol\":1,\"runtime\":\"thread\",\"capabilities\":[\"interleaves\",\"parallel\"],\"workloads\":["
	"\"chess\"]}",
	"{\"protocol\":1,\"refused\":{\"what\":\"threads\",\"error\":\"EAGAIN\",\"text\":\"a \\u00e9 sentence\"}}",
	"{\"protocol\":1,\"listening\":40123}",
};

/* What parsers stumble over. */
static const char *const pieces[] = {
	"\"",
	"\\",
	"{",
	"}",
	"[",
	"]",
	":",
	",",
	"null",
	"-",
	"1e999",
	"-0",
	"0.1",
	"1E-400",
	"9223372036854775807",
	"9223372036854775808",
	"\\u0000",
	"\\ud800",
	"\\u001b[2J",
	"\xc3\xa9",
	"\xff",
	"\xc2\x85",
	"\xed\xa0\x80",
	"\x01",
	"[[[[[[[[[[[[[[[[",
	"{\"a\":{\"a\":",
	"\"protocol\":1,",
	"\"runtime\":\"x\",",
	"\"parameters\":[],",
	"\"audit\":null,",
	"true",
};

/* SplitMix64 (Steele, Lea and Flood 2014): the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t below(uint64_t *random, size_t limit)
{
	return (size_t)(next_random(random) % limit);
}

/* Replaces `out` bytes at `at` with the piece, where there is room. */
static size_t splice(char *line, size_t length, size_t at, size_t out, const char *piece, size_t piece_length)
{
	out = out < length - at ? out : length - at;
	if (length - out + piece_length > LINE_MAX_BYTES)
		return length;
	memmove(line + at + piece_length, line + at + out, length - at - out);
	memcpy(line + at, piece, piece_length);
	return length - out + piece_length;
}

static size_t edit(char *line, size_t length, uint64_t *random)
{
	size_t at = below(random, length + 1);
	const char *piece;
	char byte;

	switch (below(random, 4)) {
	case 0:
		byte = (char)next_random(random);
		return splice(line, length, at, 1, &byte, 1);
	case 1:
		return splice(line, length, at, below(random, 20), "", 0);
	case 2:
		piece = seeds[below(random, sizeof(seeds) / sizeof(seeds[0]))];
		piece += below(random, strlen(piece));
		return splice(line, length, at, below(random, 20), piece, strnlen(piece, 1 + below(random, 40)));
	default:
		piece = pieces[below(random, sizeof(pieces) / sizeof(pieces[0]))];
		return splice(line, length, at, below(random, 3), piece, strlen(piece));
	}
}

static void mutate(uint64_t number)
{
	uint64_t random = number;
	char line[LINE_MAX_BYTES];
	const char *seed = seeds[below(&random, sizeof(seeds) / sizeof(seeds[0]))];
	size_t length = strlen(seed);

	memcpy(line, seed, length);
	for (size_t edits = 1 + below(&random, EDITS_MAX); edits; edits--)
		length = edit(line, length, &random);
	LLVMFuzzerTestOneInput((const uint8_t *)line, length);
}

int main(void)
{
	json_object_seed(1);
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		for (size_t length = 0; length <= strlen(seeds[i]); length++)
			LLVMFuzzerTestOneInput((const uint8_t *)seeds[i], length);
	for (uint64_t number = 0; number < MUTATIONS; number++)
		mutate(number);
	printf("%d mutations read\n", MUTATIONS);
	return EXIT_SUCCESS;
}

#endif
