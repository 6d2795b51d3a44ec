/* conclude.c: see programs.h. */
#include <inttypes.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "../../runtimes/check.h"
#include "programs.h"

enum { PROTOCOL = 1 };

unsigned load_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) < 0) /* more cores than cpu_set_t holds */
		return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	return (unsigned)CPU_COUNT(&set);
}

static json_t *cores_json(void)
{
	json_t *cores = json_array();
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		for (int core = 0; core < CPU_SETSIZE; core++)
			if (CPU_ISSET(core, &set))
				json_array_append_new(cores, json_integer(core));
	return cores;
}

/* Times and latency are absent where the load is not who measures them. */
static json_t *line_json(const char *name, const struct load_result *result)
{
	char checksum[17];
	json_t *json;

	snprintf(checksum, sizeof checksum, "%016" PRIx64, result->checksum);
	json = json_pack("{s:i, s:s, s:o, s:{s:I, s:I}, s:I, s:I, s:I, s:s, s:{s:I, s:I}}", "protocol", PROTOCOL,
			 "load", name, "cores", cores_json(), "cpu_ns", "user", (json_int_t)result->user_ns, "system",
			 (json_int_t)result->system_ns, "messages", (json_int_t)result->messages, "bytes",
			 (json_int_t)result->bytes, "errors", (json_int_t)result->errors, "checksum", checksum,
			 "per_connection", "least", (json_int_t)result->least, "most", (json_int_t)result->most);
	if (result->setup_ns > 0) {
		json_object_set_new(json, "time_ns",
				    json_pack("{s:I, s:I}", "setup", (json_int_t)result->setup_ns, "wall",
					      (json_int_t)result->wall_ns));
		json_object_set_new(json, "loop", json_string("closed"));
		json_object_set_new(json, "latency_ns", histogram_json(&result->latency));
	}
	if (result->pacing.count > 0)
		json_object_set_new(json, "pacing_ns", histogram_json(&result->pacing));
	return json;
}

int load_conclude(const char *name, const struct load_result *result)
{
	json_t *json = line_json(name, result);
	int written;

	CHECK(json, "load: no memory for the line of output");
	written = json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
	json_decref(json);
	if (!written)
		fprintf(stderr, "load: cannot write to standard output\n");
	if (result->errors > 0)
		fprintf(stderr, "load: %s; %" PRIu64 " messages were right, %" PRIu64 " connections failed\n",
			result->reason, result->messages, result->errors);
	return written && result->errors == 0 ? LOAD_EXIT_OK : LOAD_EXIT_WRONG;
}
