/* report.c: what a run of the load says: as a line of JSON, and for people. */
#include <inttypes.h>
#include <math.h>
#include <sched.h>

#include "../../runtimes/clock.h"
#include "load.h"

enum { PROTOCOL = 1 };

static const struct {
	const char *name, *words;
} faults[LOAD_FAULTS] = {
	[LOAD_REFUSED] = {"refused", "refused: nobody listened"},
	[LOAD_RESET] = {"reset", "reset by the server"},
	[LOAD_CLOSED] = {"closed", "closed by the server before all was answered"},
	[LOAD_WRONG] = {"wrong", "with wrong bytes"},
	[LOAD_EXCESS] = {"excess", "with more bytes than were sent"},
	[LOAD_STALLED] = {"stalled", "with no answer in time"},
	[LOAD_UNFINISHED] = {"unfinished", "not finished at the time limit"},
	[LOAD_UNCLOSED] = {"unclosed", "not closed by the server after we had closed our side"},
	[LOAD_PORTS] = {"ports", "without a free port on this side"},
	[LOAD_DESCRIPTORS] = {"descriptors", "without a free descriptor on this side"},
	[LOAD_MEMORY] = {"memory", "without memory in the kernel"},
	[LOAD_OTHER] = {"other", "with another error"},
};

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

/* CPU time of the work: waiting for the clock is none. */
static double work_ns(const struct load_result *result)
{
	return fmax((double)(result->user_ns + result->system_ns) - (double)result->spun_ns, 0);
}

double load_busy(const struct load_options *options, const struct load_result *result)
{
	return fmin(ratio(work_ns(result), (double)result->wall_ns * options->threads), 1);
}

bool load_was_late(const struct load_options *options, const struct load_result *result)
{
	return load_busy(options, result) > LOAD_BOUND ||
	       2 * histogram_mean(&result->pacing) > histogram_mean(&result->latency);
}

static const struct histogram *sent_to_answer(const struct load_options *options, const struct load_result *result)
{
	return options->rate > 0 ? &result->raw : &result->latency;
}

static double throughput(const struct load_result *result)
{
	return ratio((double)result->messages * (double)NS_PER_S, (double)result->wall_ns);
}

double load_little_expected(const struct load_options *options, const struct load_result *result)
{
	return ratio((double)result->messages * histogram_mean(sent_to_answer(options, result)),
		     (double)result->wall_ns);
}

/* The law is exact for a time in which all that begins ends. A message that is cut by an edge is under way for less
 * than its latency there, and it may be in one of the two counts of messages alone. */
bool load_little_holds(const struct load_options *options, const struct load_result *result)
{
	const struct histogram *latency = sent_to_answer(options, result);
	double longest_ns = fmax(latency->count > 0 ? (double)latency->max : 0, (double)result->longest_ns),
	       weight = longest_ns + histogram_mean(latency),
	       edges = ratio((double)result->cut * weight, (double)result->wall_ns);

	return fabs(load_little_expected(options, result) - result->in_flight) <=
	       LOAD_LITTLE_TOLERANCE * result->in_flight + edges;
}

/* For programs. */

static json_t *allowed_cores(void)
{
	json_t *cores = json_array();
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		for (int core = 0; core < CPU_SETSIZE; core++)
			if (CPU_ISSET(core, &set))
				json_array_append_new(cores, json_integer(core));
	return cores;
}

static json_t *cpu_json(const struct load_result *result)
{
	json_t *json =
		json_pack("{s:I, s:I}", "user", (json_int_t)result->user_ns, "system", (json_int_t)result->system_ns);

	if (result->spun_ns > 0)
		json_object_set_new(json, "spun", json_integer((json_int_t)result->spun_ns));
	return json;
}

json_t *load_line(const char *name, const struct load_result *result)
{
	char checksum[17];
	json_t *json;

	snprintf(checksum, sizeof checksum, "%016" PRIx64, result->checksum);
	json = json_pack("{s:i, s:s, s:o, s:o, s:I, s:I, s:I, s:s, s:{s:I, s:I}}", "protocol", PROTOCOL, "load", name,
			 "cores", allowed_cores(), "cpu_ns", cpu_json(result), "messages", (json_int_t)result->messages,
			 "bytes", (json_int_t)result->bytes, "errors", (json_int_t)result->errors, "checksum", checksum,
			 "per_connection", "least", (json_int_t)result->least, "most", (json_int_t)result->most);
	if (json && result->setup_ns > 0) {
		json_object_set_new(json, "time_ns",
				    json_pack("{s:I, s:I}", "setup", (json_int_t)result->setup_ns, "wall",
					      (json_int_t)result->wall_ns));
		json_object_set_new(json, "loop", json_string("closed"));
		json_object_set_new(json, "latency_ns", histogram_json(&result->latency));
	}
	if (json && result->pacing.count > 0)
		json_object_set_new(json, "pacing_ns", histogram_json(&result->pacing));
	return json;
}

static json_t *bound_cores(const struct load_options *options)
{
	json_t *cores = json_array();

	for (unsigned i = 0; i < options->threads; i++)
		json_array_append_new(cores, json_integer(options->cores[i]));
	return cores;
}

static json_t *faults_json(const struct load_result *result)
{
	json_t *json = json_object();

	for (int fault = 0; fault < LOAD_FAULTS; fault++)
		if (result->faults[fault] > 0)
			json_object_set_new(json, faults[fault].name, json_integer((json_int_t)result->faults[fault]));
	return json;
}

static void add_open_loop(json_t *json, const struct load_options *options, const struct load_result *result)
{
	if (options->rate == 0)
		return;
	json_object_set_new(json, "loop", json_string("open"));
	json_object_set_new(json, "rate", json_integer((json_int_t)options->rate));
	json_object_set_new(json, "unsent", json_integer((json_int_t)result->unsent));
	json_object_set_new(json, "raw_latency_ns", histogram_json(&result->raw));
	json_object_set_new(json, "pacing_ns", histogram_json(&result->pacing));
}

json_t *load_json(const struct load_options *options, const struct load_result *result)
{
	double busy = load_busy(options, result);
	json_t *json = load_line("echo", result);

	if (!json)
		return NULL;
	if (options->cores)
		json_object_set_new(json, "cores", bound_cores(options));
	json_object_set_new(json, "faults", faults_json(result));
	json_object_set_new(json, "opened", json_integer((json_int_t)result->opened));
	add_open_loop(json, options, result);
	if (result->server_ns > 0)
		json_object_set_new(json, "server_cpu_ns", json_integer((json_int_t)result->server_ns));
	json_object_set_new(json, "client",
			    json_pack("{s:i, s:f, s:b}", "threads", (int)options->threads, "busy", busy, "bound",
				      busy > LOAD_BOUND));
	json_object_set_new(json, "little",
			    json_pack("{s:f, s:f, s:b}", "in_flight", result->in_flight, "expected",
				      load_little_expected(options, result), "holds",
				      load_little_holds(options, result)));
	return json;
}

/* For people. */

static void print_heading(const struct load_options *options, FILE *out)
{
	fprintf(out, "%s: ", options->to.text);
	if (options->rate > 0)
		fprintf(out, "open loop, %" PRIu64 " messages/s", options->rate);
	else
		fputs("closed loop", out);
	fprintf(out, ", %" PRIu32 " connection%s", options->connections, options->connections == 1 ? "" : "s");
	if (options->churn)
		fputs(" at a time, a new one for each message", out);
	if (options->idle > 0)
		fprintf(out, " beside %" PRIu32 " idle ones", options->idle);
	if (options->depth > 1)
		fprintf(out, ", depth %" PRIu32, options->depth);
	fprintf(out, ", %" PRIu32 " B, %u client thread%s\n", options->size, options->threads,
		options->threads == 1 ? "" : "s");
}

static double us(uint64_t ns)
{
	return (double)ns / (double)NS_PER_US;
}

static void print_percentiles(const char *label, const struct histogram *histogram, FILE *out)
{
	fprintf(out, "  %-17s%9.1f %9.1f %9.1f %9.1f %11.1f\n", label, us(histogram_percentile(histogram, 50)),
		us(histogram_percentile(histogram, 90)), us(histogram_percentile(histogram, 99)),
		us(histogram_percentile(histogram, 99.9)), us(histogram->max));
}

static void print_latency(const struct load_options *options, const struct load_result *result, FILE *out)
{
	bool open = options->rate > 0;

	fprintf(out, "  %-17s%9s %9s %9s %9s %11s\n", "latency in us", "p50", "p90", "p99", "p99.9", "max");
	if (open)
		print_percentiles("  since due", &result->latency, out);
	print_percentiles("  since sent", sent_to_answer(options, result), out);
	if (open)
		print_percentiles("pacing error", &result->pacing, out);
	else
		fputs("  (closed loop: while the server pauses it is asked nothing, so that pauses hardly show; --rate "
		      "shows them)\n",
		      out);
	if (result->unsent > 0)
		fprintf(out, "  %" PRIu64 " messages were due and not sent when time was up: %s\n", result->unsent,
			load_was_late(options, result)
				? "the client itself was late, which says nothing of\n  the server: give it more "
				  "--cores, or ask for less"
				: "for want of answers; the\n  server did not keep this rate");
}

static void print_client(const struct load_options *options, const struct load_result *result, FILE *out)
{
	double busy = load_busy(options, result);

	fprintf(out, "  %-17s%.2f us of CPU a message, busy for %.0f %% of its time%s\n", "client",
		ratio(work_ns(result) / (double)NS_PER_US, (double)result->messages), 100 * busy,
		options->rate > 0 ? " (waiting for the clock, which it does spinning, left out)" : "");
	if (busy > LOAD_BOUND)
		fputs("  client-bound: the client had no time left; the server may be faster than this: give it more "
		      "--cores\n",
		      out);
}

static void print_little(const struct load_options *options, const struct load_result *result, FILE *out)
{
	fprintf(out, "  %-17s%.2f under way, throughput x latency = %.2f%s\n", "Little's law", result->in_flight,
		load_little_expected(options, result),
		load_little_holds(options, result) ? "" : ": they differ by more than 5 %, do not trust this run");
}

static void print_faults(const struct load_options *options, const struct load_result *result, FILE *out)
{
	if (result->errors == 0) {
		fprintf(out, "  %-17snone; every byte was right\n", "faults");
		return;
	}
	fprintf(out, "  %-17s%" PRIu64 " of %" PRIu32 " connections\n", "faults", result->errors,
		options->connections + options->idle);
	for (int fault = 0; fault < LOAD_FAULTS; fault++)
		if (result->faults[fault] > 0)
			fprintf(out, "    %8" PRIu64 " %s\n", result->faults[fault], faults[fault].words);
	fprintf(out, "    the first: %s\n", result->reason);
}

void load_print(const struct load_options *options, const struct load_result *result, FILE *out)
{
	print_heading(options, out);
	fprintf(out, "  %-17s%.0f messages/s, %.2f MB/s each way; %" PRIu64 " messages in %.2f s\n", "throughput",
		throughput(result), throughput(result) * options->size / 1e6, result->messages,
		(double)result->wall_ns / (double)NS_PER_S);
	if (result->messages > 0) {
		print_latency(options, result, out);
		fprintf(out, "  %-17s%" PRIu64 " to %" PRIu64 " messages\n", "a connection", result->least,
			result->most);
		print_client(options, result, out);
		print_little(options, result, out);
	}
	print_faults(options, result, out);
}
