/* record.c: parses strangers' JSON within bounds and holds what it claims against what is possible.
 *
 * Every value is looked up with its type before it is used; what is absent where it must not be is said to be absent.
 * Strings that are quoted in a reason are cleaned first: nothing that a player prints reaches a terminal as it is. */
#include "record.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../../runtimes/runtime.h"
#include "clean.h"

enum { PROTOCOL = 1, RUNTIME_NAME_MAX = 39, CHECKSUM_DIGITS_MAX = 16 };

/* The accuracy that the gates allow the clocks of the cores (some per cent faster in one second than in the next, above
 * all in a virtual machine) and the kernel's CPU accounting. */
static const double bound_tolerance = 0.05, cpu_tolerance = 0.02;
static const double cpu_tolerance_ns = 1e6;
static const double little_tolerance = 0.05;

__attribute__((format(printf, 3, 4))) static int complain(char reason[REASON_MAX], int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, REASON_MAX, format, arguments);
	va_end(arguments);
	text_clean(reason, strlen(reason), true);
	return error;
}

/* Before the parser, which recurses: how deep objects and arrays nest, strings skipped. */
static bool too_deep(const char *text)
{
	bool in_string = false;
	int depth = 0;

	for (; *text; text++) {
		if (in_string) {
			if (*text == '\\' && text[1])
				text++;
			else if (*text == '"')
				in_string = false;
		} else if (*text == '"') {
			in_string = true;
		} else if (*text == '{' || *text == '[') {
			if (++depth > RECORD_DEPTH_MAX)
				return true;
		} else if (*text == '}' || *text == ']') {
			depth--;
		}
	}
	return false;
}

static int check_protocol(const json_t *json, char reason[REASON_MAX])
{
	const json_t *protocol = json_object_get(json, "protocol");

	if (!json_is_object(json))
		return complain(reason, -EINVAL, "not a JSON object");
	if (!json_is_integer(protocol))
		return complain(reason, -EINVAL, "\"protocol\" is missing or no whole number");
	if (json_integer_value(protocol) != PROTOCOL)
		return complain(reason, -EINVAL,
				"speaks protocol %" JSON_INTEGER_FORMAT ", and only %d is understood here",
				json_integer_value(protocol), PROTOCOL);
	return 0;
}

int record_parse(const char *line, json_t **json, char reason[REASON_MAX])
{
	json_error_t error;
	json_t *parsed;

	*json = NULL;
	if (strnlen(line, RECORD_BYTES_MAX + 1) > RECORD_BYTES_MAX)
		return complain(reason, -EINVAL, "longer than %d KiB", RECORD_BYTES_MAX >> 10);
	if (too_deep(line))
		return complain(reason, -EINVAL, "nested deeper than %d levels", RECORD_DEPTH_MAX);
	parsed = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (!parsed)
		return complain(reason, -EINVAL, "not JSON: %s at byte %d", error.text, error.position);
	if (check_protocol(parsed, reason)) {
		json_decref(parsed);
		return -EINVAL;
	}
	*json = parsed;
	return 0;
}

static unsigned capability(const char *name)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {
		{"interleaves", RUNTIME_INTERLEAVES},
		{"parallel", RUNTIME_PARALLEL},
		{"shares-memory", RUNTIME_SHARES_MEMORY},
		{"preempts", RUNTIME_PREEMPTS},
		{"switches-stacks", RUNTIME_SWITCHES_STACKS},
		{"pooled", RUNTIME_POOLED},
		{"workers", RUNTIME_WORKERS},
		{"requeues", RUNTIME_REQUEUES},
		{"no-sockets", RUNTIME_NO_SOCKETS},
		{"files", RUNTIME_FILES},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i].name))
			return known[i].bit;
	return 0;
}

/* A list of strings under that key; else a sentence. */
static const json_t *name_list(const json_t *json, const char *key, char reason[REASON_MAX])
{
	const json_t *list = json_object_get(json, key), *item;
	size_t i;

	if (!json_is_array(list)) {
		complain(reason, -EINVAL, "\"%s\" is missing or no list", key);
		return NULL;
	}
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item)) {
			complain(reason, -EINVAL, "\"%s\" holds something that is no name", key);
			return NULL;
		}
	}
	return list;
}

/* As in simul-NAME: it becomes part of cells' and files' names. */
static bool is_runtime_name(const char *name)
{
	size_t length = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;

	return length > 0 && length <= RUNTIME_NAME_MAX && name[0] != '-' && !name[length];
}

/* 0 where it is absent, or longer than a second, or no number. */
static uint64_t cost_ns(const struct player_info *info, const char *key)
{
	json_int_t ns = json_integer_value(json_object_get(json_object_get(info->json, "costs_ns"), key));

	return ns > 0 && ns <= (json_int_t)NS_PER_S ? (uint64_t)ns : 0;
}

int player_info_parse(const char *line, struct player_info *info, char reason[REASON_MAX])
{
	const json_t *capabilities, *item;
	size_t i;

	*info = (struct player_info){0};
	if (record_parse(line, &info->json, reason))
		return -EINVAL;
	info->runtime = json_string_value(json_object_get(info->json, "runtime"));
	if (!is_runtime_name(info->runtime)) {
		complain(reason, -EINVAL,
			 "\"runtime\" is missing or no name of at most %d lower case letters, digits and '-'",
			 RUNTIME_NAME_MAX);
		goto out;
	}
	capabilities = name_list(info->json, "capabilities", reason);
	if (!capabilities || !name_list(info->json, "workloads", reason))
		goto out;
	json_array_foreach(capabilities, i, item) info->capabilities |= capability(json_string_value(item));
	info->costs = (struct runtime_costs){.task_ns = cost_ns(info, "task"),
					     .switch_ns = cost_ns(info, "switch"),
					     .wake_ns = cost_ns(info, "wake")};
	info->peer = json_is_true(json_object_get(info->json, "peer"));
	info->floor = json_is_true(json_object_get(info->json, "floor"));
	return 0;
out:
	player_info_clear(info);
	return -EINVAL;
}

void player_info_clear(struct player_info *info)
{
	json_decref(info->json);
	*info = (struct player_info){0};
}

int player_info_plays(const struct player_info *info, const char *workload)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(info->json, "workloads"), i,
			   item) if (!strcmp(json_string_value(item), workload)) return 1;
	return 0;
}

/* A whole number that is not negative, under a dotted pair of keys. false if it is absent or anything else. */
static bool number_at(const json_t *json, const char *group, const char *key, uint64_t *number)
{
	const json_t *value = json_object_get(json, key);

	if (group)
		value = json_object_get(json_object_get(json, group), key);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*number = (uint64_t)json_integer_value(value);
	return true;
}

uint64_t record_wall_ns(const json_t *record, const json_t *load)
{
	bool of_load = json_object_get(load, "time_ns") != NULL; /* one that measures no time leaves it to the player */
	uint64_t wall = 0;

	return number_at(of_load ? load : record, "time_ns", "wall", &wall) ? wall : 0;
}

const char *record_refusal(const json_t *json)
{
	return json_string_value(json_object_get(json_object_get(json, "refused"), "text"));
}

static int check_name(const json_t *record, const char *key, const char *expected, char reason[REASON_MAX])
{
	const char *name = json_string_value(json_object_get(record, key));

	if (!name)
		return complain(reason, -EBADMSG, "\"%s\" is missing in the record", key);
	if (strcmp(name, expected))
		return complain(reason, -EBADMSG, "the record is of %s %.60s, but %s was asked for", key, name,
				expected);
	return 0;
}

static bool parameter_equals(const struct parameter *parameter, uint64_t expected, const json_t *said)
{
	const char *name = json_string_value(said);

	if (parameter->type == PARAMETER_CHOICE)
		return name && !strcmp(name, parameter->choices[expected]);
	if (json_is_real(said))
		return json_real_value(said) == (double)expected;
	return json_is_integer(said) && json_integer_value(said) >= 0 && (uint64_t)json_integer_value(said) == expected;
}

/* What was asked for must be there; what was filled in must not contradict, unless the player may measure it itself. */
static int check_parameter(const json_t *parameters, const struct parameter *parameter, uint64_t expected, bool given,
			   char reason[REASON_MAX])
{
	const json_t *said = json_object_get(parameters, parameter->name);
	char text[PARAMETER_TEXT_MAX];
	char *said_text;

	if (!said && given)
		return complain(reason, -EBADMSG, "parameter %s is missing in the record", parameter->name);
	if (!said || (parameter->calibrate && !given) || parameter_equals(parameter, expected, said))
		return 0;
	parameter_format(parameter, expected, text);
	said_text = json_dumps(said, JSON_ENCODE_ANY | JSON_COMPACT);
	complain(reason, -EBADMSG, "played %s=%.60s, but %s=%s was asked for", parameter->name,
		 said_text ? said_text : "?", parameter->name, text);
	free(said_text);
	return -EBADMSG;
}

static int check_parameters(const json_t *record, const struct parameter *table, const struct values *values,
			    char reason[REASON_MAX])
{
	const json_t *parameters = json_object_get(record, "parameters");
	int error = 0;

	if (!json_is_object(parameters))
		return complain(reason, -EBADMSG, "\"parameters\" is missing in the record");
	for (int i = 0; table[i].name && !error; i++)
		error = check_parameter(parameters, &table[i], values->value[i], values->given[i], reason);
	return error;
}

static int check_bound(uint64_t wall_ns, uint64_t bound_ns, char reason[REASON_MAX])
{
	char wall[TEXT_DURATION_MAX], bound[TEXT_DURATION_MAX];

	if (!wall_ns)
		return complain(reason, -EBADMSG, "the wall time is missing or not a positive whole number of ns");
	if ((double)wall_ns >= (double)bound_ns * (1 - bound_tolerance))
		return 0;
	text_duration((double)wall_ns, wall);
	text_duration((double)bound_ns, bound);
	return complain(reason, -ERANGE, "wall %s is below the bound of %s: no correct play can be that fast", wall,
			bound);
}

/* Held against the span between the clocks around its two readings: other processes of the play may run while they are
 * read. A record without it (an earlier player's) is held against wall and teardown. Skipped where CPU was not
 * measured. */
static int check_cpu(const json_t *record, unsigned cores, char reason[REASON_MAX])
{
	char cpu_text[TEXT_DURATION_MAX], span_text[TEXT_DURATION_MAX];
	uint64_t cpu, span = record_wall_ns(record, NULL), teardown = 0;
	double most;

	if (!number_at(record, "cpu_ns", "steady", &cpu))
		return 0;
	if (number_at(record, "time_ns", "teardown", &teardown))
		span += teardown;
	number_at(record, "cpu_ns", "span", &span);
	most = (double)span * cores;
	if ((double)cpu <= most * (1 + cpu_tolerance) + cpu_tolerance_ns)
		return 0;
	text_duration((double)cpu, cpu_text);
	text_duration((double)span, span_text);
	return complain(reason, -EBADMSG, "%s of CPU time in %s on %u core%s: more than there is", cpu_text, span_text,
			cores, cores == 1 ? "" : "s");
}

static int check_count(const json_t *json, const char *group, const char *key, uint64_t expected, const char *whose,
		       char reason[REASON_MAX])
{
	uint64_t number;

	if (!number_at(json, group, key, &number))
		return complain(reason, -EBADMSG, "the %s's %s are missing or no whole number", whose, key);
	if (number != expected)
		return complain(reason, -EBADMSG, "the %s says %" PRIu64 " %s, but the work has %" PRIu64, whose,
				number, key, expected);
	return 0;
}

/* Strict hex, or 0 digits. */
static bool checksum_parse(const char *text, uint64_t *checksum)
{
	size_t length = text ? strlen(text) : 0;

	*checksum = 0;
	for (size_t i = 0; i < length && i < CHECKSUM_DIGITS_MAX; i++) {
		int digit = tolower((unsigned char)text[i]);

		if (!isxdigit(digit))
			return false;
		*checksum = *checksum << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	return length > 0 && length <= CHECKSUM_DIGITS_MAX;
}

static int check_checksum(const json_t *record, uint64_t expected, char reason[REASON_MAX])
{
	const char *text = json_string_value(json_object_get(json_object_get(record, "audit"), "checksum"));
	uint64_t checksum;

	if (!text)
		return complain(reason, -EBADMSG, "the audit's checksum is missing in the record");
	if (!checksum_parse(text, &checksum))
		return complain(reason, -EBADMSG, "the checksum %.60s is not a hex number of 64 bits", text);
	if (checksum != expected)
		return complain(reason, -EBADMSG,
				"the checksum is %016" PRIx64 ", but the right answer's is %016" PRIx64, checksum,
				expected);
	return 0;
}

static int check_audit(const json_t *record, const struct expectation *expected, char reason[REASON_MAX])
{
	static const char whose[] = "audit";
	int error = check_count(record, "audit", "tasks", expected->tasks, whose, reason);

	if (!error)
		error = check_count(record, "audit", "operations", expected->operations, whose, reason);
	if (!error && (expected->bytes || json_object_get(json_object_get(record, "audit"), "bytes")))
		error = check_count(record, "audit", "bytes", expected->bytes, whose, reason);
	return error ? error : check_checksum(record, expected->checksum, reason);
}

/* What the load was asked to count: what the spec says, or what the parameters say that it is called with
 * (results/SCHEMA.md); 0 where neither does. */
static uint64_t load_messages(const struct workload_spec *spec, const struct values *values,
			      const struct expectation *expected)
{
	int connections = parameter_find(spec->parameters, "connections");
	int messages = parameter_find(spec->parameters, "messages");

	if (expected->exchanged)
		return expected->exchanged;
	return connections < 0 || messages < 0 ? 0 : values->value[connections] * values->value[messages];
}

/* Messages that can be under way at once: one for each place on each connection. 0 where that is not limited so. */
static uint64_t places(const struct workload_spec *spec, const struct values *values)
{
	int connections = parameter_find(spec->parameters, "connections"),
	    depth = parameter_find(spec->parameters, "depth"), rate = parameter_find(spec->parameters, "rate");

	return connections < 0 || depth < 0 || (rate >= 0 && values->value[rate] > 0)
		       ? 0
		       : values->value[connections] * values->value[depth];
}

/* Throughput x mean latency since the messages were sent, of what the load reports; negative where it does not. */
static double throughput_x_latency(const json_t *load)
{
	const json_t *raw = json_object_get(load, "raw_latency_ns");
	const json_t *mean = json_object_get(raw ? raw : json_object_get(load, "latency_ns"), "mean");
	uint64_t messages = 0, wall = 0;

	if (!number_at(load, NULL, "messages", &messages) || !number_at(load, "time_ns", "wall", &wall) || wall == 0 ||
	    !json_is_number(mean))
		return -1;
	return (double)messages * json_number_value(mean) / (double)wall;
}

/* J. Little's law (1961): throughput x mean latency is how many messages were under way. In a closed loop it cannot be
 * more than there were places for. The load counted them apart from its messages, wall time and latencies
 * (bench/load/load.h); here all that begins ends, and the law is exact, whatever disturbs the play. */
static int check_little(const json_t *load, uint64_t most, char reason[REASON_MAX])
{
	const json_t *in_flight = json_object_get(json_object_get(load, "little"), "in_flight");
	double counted = json_number_value(in_flight), expected = throughput_x_latency(load);

	if (most > 0 && expected > (1 + little_tolerance) * (double)most)
		return complain(reason, -EBADMSG,
				"the load's rate x mean latency is %.1f messages under way, but %" PRIu64
				" is the most there can be (Little's law)",
				expected, most);
	if (!in_flight || expected < 0 || fabs(counted - expected) <= little_tolerance * counted)
		return 0;
	return complain(reason, -EBADMSG,
			"the load counted %.2f messages under way, but its rate x mean latency is %.2f (Little's law)",
			counted, expected);
}

/* The server's operations and bytes may be more than the load's, which leaves its warm-up out. */
static int check_load(const json_t *load, uint64_t asked, uint64_t most, const struct expectation *expected,
		      char reason[REASON_MAX])
{
	static const char whose[] = "load";
	uint64_t bytes = 0, messages;
	int error = check_count(load, NULL, "errors", 0, whose, reason);

	if (!error && asked)
		error = check_count(load, NULL, "messages", asked, whose, reason);
	if (error)
		return error;
	if (!number_at(load, NULL, "messages", &messages) || !messages || messages > expected->operations)
		return complain(reason, -EBADMSG,
				"the load's messages are missing, 0, or more than the %" PRIu64 " of the work",
				expected->operations);
	if (number_at(load, NULL, "bytes", &bytes) && bytes > expected->bytes)
		return complain(reason, -EBADMSG, "the load got %" PRIu64 " bytes back, but the work has %" PRIu64,
				bytes, expected->bytes);
	return check_little(load, most, reason);
}

int record_verify(json_t *record, json_t *load, const char *runtime, const struct workload_spec *spec,
		  const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	struct expectation expected = {0};
	int error = check_name(record, "runtime", runtime, reason);

	if (!error)
		error = check_name(record, "workload", spec->name, reason);
	if (!error)
		error = check_parameters(record, spec->parameters, values, reason);
	if (error)
		return error;
	spec->expect(values, stage, &expected);
	error = check_audit(record, &expected, reason);
	if (!error && load)
		error = check_load(load, load_messages(spec, values, &expected), places(spec, values), &expected,
				   reason);
	if (!error)
		error = check_bound(record_wall_ns(record, NULL), 0, reason);
	if (!error)
		error = check_cpu(record, stage.cores, reason);
	return error ? error : check_bound(record_wall_ns(record, load), expected.bound_ns, reason);
}
