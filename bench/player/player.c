/* player.c: see player.h and play.h.
 *
 * The clock is read last before the steady work and everything else before it; nothing is printed between play_begin()
 * and play_end(). A forked child of the runtime never comes back to this file. */
#include "player.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../runtimes/check.h"
#include "../../runtimes/clock.h"
#include "../../runtimes/settings.h"
#include "../workloads/echo/service.h"
#include "measure.h"

enum { EXIT_OK = 0, EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3 };
enum { FIGURES_MAX = 16, SETTINGS_MAX = 16, PROTOCOL = 1 };

/* Which of the times when tasks ended the record holds. */
static const struct {
	const char *name;
	unsigned percent;
} finishes[] = {{"min", 0}, {"p10", 10}, {"p50", 50}, {"p90", 90}, {"max", 100}};

enum { FINISHES = sizeof finishes / sizeof *finishes };

struct figure {
	const char *name;
	double value;
};

struct setting {
	const char *name;
	uint64_t value;
};

struct play {
	const struct workload_spec *spec;
	struct values values;
	struct stage stage;
	struct expectation expected, done;
	uint64_t created_ns, begun_ns, last_ns, ended_ns;
	uint64_t cpu_begun_ns, cpu_ended_ns;
	uint64_t cpu_since_ns, cpu_until_ns; /* the clock before the one and after the other was read */
	struct usage usage_created, usage_ended;
	uint64_t finish_ns[FINISHES]; /* since begun_ns */
	bool finishes_known;
	uint64_t pss_baseline, pss_peak, kernel_baseline, kernel_peak, slab_baseline, slab_peak;
	struct figure figures[FIGURES_MAX];
	size_t figure_count;
	struct setting settings[SETTINGS_MAX];
	size_t setting_count;
	struct sockaddr_storage address; /* of a service */
};

static const struct {
	unsigned bit;
	const char *name;
} capability_names[] = {
	{RUNTIME_INTERLEAVES, "interleaves"},
	{RUNTIME_PARALLEL, "parallel"},
	{RUNTIME_SHARES_MEMORY, "shares-memory"},
	{RUNTIME_PREEMPTS, "preempts"},
	{RUNTIME_SWITCHES_STACKS, "switches-stacks"},
	{RUNTIME_POOLED, "pooled"},
	{RUNTIME_WORKERS, "workers"},
	{RUNTIME_REQUEUES, "requeues"},
	{RUNTIME_NO_SOCKETS, "no-sockets"},
	{RUNTIME_FILES, "files"},
};

static bool has_our_stacks(const struct runtime *runtime)
{
	return runtime->capabilities & RUNTIME_SWITCHES_STACKS && !runtime->peer;
}

/* What the bodies call. */

uint64_t play_value(const struct play *play, int index)
{
	return play->values.value[index];
}

const struct values *play_values(const struct play *play)
{
	return &play->values;
}

struct stage play_stage(const struct play *play)
{
	return play->stage;
}

uint64_t play_begin(struct play *play)
{
	play->pss_peak = tree_pss_bytes();
	play->kernel_peak = kernel_memory_bytes();
	play->slab_peak = slab_bytes();
	play->cpu_since_ns = clock_now();
	play->cpu_begun_ns = tree_cpu_ns();
	play->begun_ns = clock_now();
	return play->begun_ns;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t play_peak(struct play *play)
{
	uint64_t start_ns = clock_now();

	play->pss_peak = larger(play->pss_peak, tree_pss_bytes());
	play->kernel_peak = larger(play->kernel_peak, kernel_memory_bytes());
	return clock_now() - start_ns;
}

uint64_t play_memory_growth(const struct play *play)
{
	return play->pss_baseline > 0 && play->pss_peak > play->pss_baseline ? play->pss_peak - play->pss_baseline : 0;
}

void play_end(struct play *play, uint64_t last_ns)
{
	play->ended_ns = clock_now();
	play->last_ns = last_ns;
	play->cpu_ended_ns = tree_cpu_ns();
	play->cpu_until_ns = clock_now();
	usage_read(&play->usage_ended);
}

static int compare_times(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Of tasks in the order of their ends the first, those after a tenth, a half and nine tenths of them, and the last.
 * What this takes is counted nowhere: all clocks have been read. */
void play_end_all(struct play *play, const uint64_t *ended_ns, size_t stride, uint64_t count)
{
	uint64_t *sorted = malloc(count * sizeof *sorted), last_ns = 0, end_ns;

	for (uint64_t i = 0; i < count; i++) {
		end_ns = *(const uint64_t *)((const char *)ended_ns + i * stride);
		last_ns = end_ns > last_ns ? end_ns : last_ns;
	}
	play_end(play, last_ns);
	if (!sorted)
		return;
	for (uint64_t i = 0; i < count; i++)
		sorted[i] = *(const uint64_t *)((const char *)ended_ns + i * stride);
	qsort(sorted, count, sizeof *sorted, compare_times);
	for (int i = 0; i < FINISHES; i++)
		play->finish_ns[i] = sorted[(count - 1) * finishes[i].percent / 100] - play->begun_ns;
	play->finishes_known = sorted[0] >= play->begun_ns;
	free(sorted);
}

void play_audit(struct play *play, uint64_t tasks, uint64_t operations, uint64_t bytes, uint64_t checksum)
{
	play->done =
		(struct expectation){.tasks = tasks, .operations = operations, .bytes = bytes, .checksum = checksum};
}

void play_figure(struct play *play, const char *name, double value)
{
	CHECK(play->figure_count < FIGURES_MAX, "more than %d figures in one play", FIGURES_MAX);
	play->figures[play->figure_count++] = (struct figure){.name = name, .value = value};
}

void play_setting(struct play *play, const char *name, uint64_t value)
{
	CHECK(play->setting_count < SETTINGS_MAX, "more than %d settings in one play", SETTINGS_MAX);
	play->settings[play->setting_count++] = (struct setting){.name = name, .value = value};
}

/* Prints one line of JSON and gives up json. A line that cannot be written must not look like success. */
static void print_line(json_t *json)
{
	CHECK(json, "no memory for a line of output");
	if (json_dumpf(json, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF || fflush(stdout) == EOF) {
		fprintf(stderr, "cannot write to standard output: %s\n", strerror(errno));
		_exit(EXIT_WRONG);
	}
	json_decref(json);
}

void play_listening(struct play *play, uint16_t port)
{
	(void)play;
	print_line(json_pack("{s:i, s:i}", "protocol", PROTOCOL, "listening", (int)port));
}

static _Noreturn void refuse(const char *what, int error, const char *text, json_t *refusal)
{
	json_object_update_new(
		refusal, json_pack("{s:s, s:s, s:s}", "what", what, "error", strerrorname_np(error), "text", text));
	print_line(json_pack("{s:i, s:o}", "protocol", PROTOCOL, "refused", refusal));
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
	_exit(EXIT_REFUSED); /* the other tasks go with the process */
}

_Noreturn void play_refuse(struct play *play, const char *what, int error)
{
	char text[REASON_MAX];

	snprintf(text, sizeof text, "%s: no more %s can be had here: %s", play->spec->name, what, strerror(error));
	refuse(what, error, text, json_object());
}

_Noreturn void play_refuse_at(struct play *play, const char *what, int error, uint64_t reached)
{
	char text[REASON_MAX];

	snprintf(text, sizeof text, "%s: no more %s can be had here after %" PRIu64 " of them: %s", play->spec->name,
		 what, reached, runtime_obstacle[0] ? runtime_obstacle : strerror(error));
	refuse(what, error, text, json_pack("{s:I}", "reached", (json_int_t)reached));
}

/* The record. */

static json_t *json_from_u64(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *capabilities_json(unsigned capabilities)
{
	json_t *names = json_array();

	for (size_t i = 0; i < sizeof capability_names / sizeof capability_names[0]; i++)
		if (capabilities & capability_names[i].bit)
			json_array_append_new(names, json_string(capability_names[i].name));
	return names;
}

static json_t *parameters_json(const struct play *play)
{
	const struct parameter *table = play->spec->parameters;
	json_t *parameters = json_object();

	for (int i = 0; table[i].name; i++) {
		uint64_t value = play->values.value[i];

		json_object_set_new(parameters, table[i].name,
				    table[i].type == PARAMETER_CHOICE ? json_string(table[i].choices[value])
								      : json_from_u64(value));
	}
	if (play->stage.capabilities & RUNTIME_WORKERS)
		json_object_set_new(parameters, worker_parameters[0].name, json_from_u64(runtime_worker_count()));
	return parameters;
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

static json_t *times_json(const struct play *play)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "setup", (json_int_t)(play->begun_ns - play->created_ns), "wall",
			 (json_int_t)(play->last_ns - play->begun_ns), "teardown",
			 (json_int_t)(play->ended_ns - play->last_ns), "bound", (json_int_t)play->expected.bound_ns);
}

static json_t *cpu_json(const struct play *play)
{
	const struct usage *before = &play->usage_created, *after = &play->usage_ended;

	return json_pack("{s:I, s:I, s:I, s:I}", "user", (json_int_t)(after->user_ns - before->user_ns), "system",
			 (json_int_t)(after->system_ns - before->system_ns), "steady",
			 (json_int_t)(play->cpu_ended_ns - play->cpu_begun_ns), "span",
			 (json_int_t)(play->cpu_until_ns - play->cpu_since_ns));
}

static json_t *switches_json(const struct play *play)
{
	const struct usage *before = &play->usage_created, *after = &play->usage_ended;

	return json_pack("{s:I, s:I}", "voluntary", (json_int_t)(after->voluntary - before->voluntary), "involuntary",
			 (json_int_t)(after->involuntary - before->involuntary));
}

static json_t *memory_json(const struct play *play)
{
	json_t *memory = json_object();

	if (play->pss_peak > 0 && play->pss_baseline > 0) {
		json_object_set_new(memory, "pss_peak", json_from_u64(play->pss_peak));
		json_object_set_new(memory, "pss_baseline", json_from_u64(play->pss_baseline));
	}
	/* Of the whole machine: what others freed meanwhile can outweigh what we took; then it says nothing. */
	if (play->kernel_peak >= play->kernel_baseline && play->kernel_baseline > 0)
		json_object_set_new(memory, "kernel", json_from_u64(play->kernel_peak - play->kernel_baseline));
	if (play->slab_peak >= play->slab_baseline && play->slab_baseline > 0)
		json_object_set_new(memory, "slab", json_from_u64(play->slab_peak - play->slab_baseline));
	return memory;
}

static json_t *audit_json(const struct expectation *done)
{
	char checksum[17];

	snprintf(checksum, sizeof checksum, "%016" PRIx64, done->checksum);
	return json_pack("{s:I, s:I, s:I, s:s}", "tasks", (json_int_t)done->tasks, "operations",
			 (json_int_t)done->operations, "bytes", (json_int_t)done->bytes, "checksum", checksum);
}

static json_t *figures_json(const struct play *play)
{
	json_t *figures = json_object();

	for (size_t i = 0; i < play->figure_count; i++)
		json_object_set_new(figures, play->figures[i].name, json_real(play->figures[i].value));
	return figures;
}

static json_t *settings_json(const struct play *play)
{
	json_t *settings = json_pack("{s:i}", "timer_slack_ns", prctl(PR_GET_TIMERSLACK));

	if (runtime_stack_bytes > 0)
		json_object_set_new(settings, stack_parameters[0].name, json_from_u64(runtime_stack_bytes));
	if (runtime_stack_unguarded)
		json_object_set_new(settings, stack_parameters[1].name, json_string("none"));
	for (const struct runtime_setting *one = runtime_settings; one->name; one++)
		json_object_set_new(settings, one->name, json_from_u64(one->value));
	for (size_t i = 0; i < play->setting_count; i++)
		json_object_set_new(settings, play->settings[i].name, json_from_u64(play->settings[i].value));
	return settings;
}

static json_t *finishes_json(const struct play *play)
{
	json_t *object = play->finishes_known ? json_object() : NULL;

	for (int i = 0; object && i < FINISHES; i++)
		json_object_set_new(object, finishes[i].name, json_from_u64(play->finish_ns[i]));
	return object;
}

static json_t *record_json(const struct runtime *runtime, const struct play *play)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o*}", "protocol",
			 PROTOCOL, "runtime", runtime->name, "version", SIMUL_VERSION, "workload", play->spec->name,
			 "parameters", parameters_json(play), "cores", cores_json(), "capabilities",
			 capabilities_json(runtime->capabilities), "time_ns", times_json(play), "cpu_ns",
			 cpu_json(play), "switches", switches_json(play), "memory", memory_json(play), "audit",
			 audit_json(&play->done), "figures", figures_json(play), "settings", settings_json(play),
			 "finish_ns", finishes_json(play));
}

/* Verbs of the program. */

static void print_info(const struct runtime *runtime, const struct player_body *bodies)
{
	json_t *names = json_array(), *info;

	for (; bodies->spec; bodies++)
		json_array_append_new(names, json_string(bodies->spec->name));
	info = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "protocol", PROTOCOL, "runtime",
			 runtime->name, "version", SIMUL_VERSION, "model", runtime->model, "dialect", runtime->dialect,
			 "suspends", runtime->suspends, "shares", runtime->shares, "breaks", runtime->breaks, "sources",
			 runtime->sources, "capabilities", capabilities_json(runtime->capabilities), "workloads",
			 names);
	if (runtime->library)
		json_object_set_new(info, "library", json_string(runtime->library));
	if (runtime->costs.task_ns > 0)
		json_object_set_new(info, "costs_ns",
				    json_pack("{s:I, s:I, s:I}", "task", (json_int_t)runtime->costs.task_ns, "switch",
					      (json_int_t)runtime->costs.switch_ns, "wake",
					      (json_int_t)runtime->costs.wake_ns));
	if (runtime->peer)
		json_object_set_new(info, "peer", json_true());
	if (runtime->reference)
		json_object_set_new(info, "reference", json_true());
	if (runtime->floor)
		json_object_set_new(info, "floor", json_true());
	print_line(info);
}

/* The last one, without a spec, if there is none of that name. */
static const struct player_body *find_body(const struct player_body *bodies, const char *name)
{
	while (bodies->spec && strcmp(bodies->spec->name, name) != 0)
		bodies++;
	return bodies;
}

static const struct workload_spec *find_spec(const struct player_body *bodies, const char *name)
{
	const struct workload_spec *spec = workload_find(name);

	if (spec)
		return spec;
	fprintf(stderr, "unknown workload '%s'; known workloads:", name);
	for (; bodies->spec; bodies++)
		fprintf(stderr, " %s", bodies->spec->name);
	fputc('\n', stderr);
	return NULL;
}

static unsigned cores_here(void)
{
	cpu_set_t set;

	/* More cores than cpu_set_t holds: as many as are online. */
	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	return (unsigned)CPU_COUNT(&set);
}

/* Everything that is read before the first task exists. */
static void take_baseline(struct play *play)
{
	/* The default of 50 us would decide the comparison. Inherited by threads and forked children; prctl(2). */
	prctl(PR_SET_TIMERSLACK, 1);
	play->pss_baseline = tree_pss_bytes();
	play->kernel_baseline = kernel_memory_bytes();
	play->slab_baseline = slab_bytes();
	usage_read(&play->usage_created);
	play->created_ns = clock_now();
}

static int verify(const struct play *play)
{
	const struct expectation *want = &play->expected, *got = &play->done;
	const struct {
		const char *what;
		uint64_t want, got;
	} pairs[] = {
		{"tasks", want->tasks, got->tasks},
		{"operations", want->operations, got->operations},
		{"bytes", want->bytes, got->bytes},
		{"checksum", want->checksum, got->checksum},
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (pairs[i].want != pairs[i].got) {
			fprintf(stderr, "%s: wrong result: %" PRIu64 " %s where %" PRIu64 " were expected\n",
				play->spec->name, pairs[i].got, pairs[i].what, pairs[i].want);
			return -EBADMSG;
		}
	return 0;
}

static int play_through(const struct runtime *runtime, const struct player_body *body, struct play *play)
{
	int error;

	take_baseline(play);
	error = body->perform(body, play);
	if (error < 0 && runtime_obstacle[0])
		refuse("runtime", -error, runtime_obstacle, json_object());
	if (error < 0) {
		fprintf(stderr, "%s: the runtime stopped: %s\n", play->spec->name, strerror(-error));
		return EXIT_WRONG;
	}
	if (verify(play) < 0)
		return EXIT_WRONG;
	print_line(record_json(runtime, play));
	return EXIT_OK;
}

static bool is_key_of(const struct parameter *table, const char *pair)
{
	size_t length = strcspn(pair, "=");

	while (table->name && (strlen(table->name) != length || strncmp(pair, table->name, length) != 0))
		table++;
	return table->name != NULL;
}

/* Takes what belongs to the table out of the pairs, of which *count are left. 0 or -EINVAL. */
static int take_pairs(const struct parameter *table, struct values *values, int *count, char **pairs,
		      char reason[REASON_MAX])
{
	int kept = 0, error = 0;

	values_init(values, table);
	for (int i = 0; i < *count; i++)
		if (!is_key_of(table, pairs[i]))
			pairs[kept++] = pairs[i];
		else if (error == 0)
			error = values_take(values, table, pairs[i], reason);
	*count = kept;
	return error;
}

/* What belongs to the runtime goes to all places that know it. 0 or -EINVAL. */
static int take_runtime_pairs(const struct runtime *runtime, struct stage *stage, int *count, char **pairs,
			      char reason[REASON_MAX])
{
	struct values values;
	int error = 0;

	if (stage->capabilities & RUNTIME_WORKERS) {
		error = take_pairs(worker_parameters, &values, count, pairs, reason);
		runtime_workers = stage->workers = (unsigned)values.value[0];
	}
	if (error == 0 && has_our_stacks(runtime)) {
		error = take_pairs(stack_parameters, &values, count, pairs, reason);
		runtime_stack_bytes = values.value[0];
		runtime_stack_unguarded = values.value[1] != 0;
	}
	if (error == 0 && runtime_stack_bytes > 0 && runtime_stack_bytes < RUNTIME_STACK_LEAST) {
		snprintf(reason, REASON_MAX, "stack=%zu is too small: %d bytes at least, or 0 for the usual",
			 runtime_stack_bytes, RUNTIME_STACK_LEAST);
		error = -EINVAL;
	}
	return error;
}

/* Why this runtime cannot play: 0, or -ENOTSUP and a sentence. */
static int admit(const struct runtime *runtime, const struct player_body *body, const struct play *play,
		 char reason[REASON_MAX])
{
	const struct workload_spec *spec = body->spec ? body->spec : play->spec; /* a body may admit less */
	int error = spec->admit(&play->values, play->stage, reason);

	if (error < 0 || body->spec)
		return error;
	if (runtime->floor)
		snprintf(reason, REASON_MAX, "this player does not play %s", play->spec->name);
	else
		snprintf(reason, REASON_MAX, "nobody has written %s in the %s dialect", play->spec->name,
			 runtime->dialect);
	return -ENOTSUP;
}

static int play_verb(int count, char **arguments, const struct runtime *runtime, const struct player_body *bodies)
{
	struct play play = {.stage = {.cores = cores_here(), .capabilities = runtime->capabilities}};
	const struct player_body *body;
	char reason[REASON_MAX];

	if (count < 1)
		fprintf(stderr, "play which workload? See --help.\n");
	play.spec = count < 1 ? NULL : find_spec(bodies, arguments[0]);
	if (!play.spec)
		return EXIT_USAGE;
	body = find_body(bodies, arguments[0]);
	count--;
	if (take_runtime_pairs(runtime, &play.stage, &count, ++arguments, reason) < 0 ||
	    workload_values(play.spec, count, arguments, &play.values, reason) < 0) {
		fprintf(stderr, "%s: %s\n", play.spec->name, reason);
		return EXIT_USAGE;
	}
	if (admit(runtime, body, &play, reason) < 0) {
		fprintf(stderr, "%s: %s\n", play.spec->name, reason);
		print_line(json_pack("{s:i, s:{s:s, s:s, s:s}}", "protocol", PROTOCOL, "refused", "what", "verb",
				     "error", "ENOTSUP", "text", reason));
		return EXIT_REFUSED;
	}
	play.spec->expect(&play.values, play.stage, &play.expected);
	return play_through(runtime, body, &play);
}

/* A service. */

const struct sockaddr_storage *play_service_address(const struct play *play)
{
	return &play->address;
}

void play_refuse_address(struct play *play, int error)
{
	char host[INET6_ADDRSTRLEN] = "", text[REASON_MAX];
	const struct sockaddr_in *four = (const struct sockaddr_in *)&play->address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&play->address;

	inet_ntop(four->sin_family, four->sin_family == AF_INET6 ? (const void *)&six->sin6_addr : &four->sin_addr,
		  host, sizeof host);
	snprintf(text, sizeof text, "cannot listen at %s port %u: %s", host, ntohs(four->sin_port), strerror(error));
	refuse("address", error, text, json_object());
}

void play_served(struct play *play, const struct echo_served *served)
{
	(void)play;
	print_line(json_pack("{s:i, s:{s:I, s:I, s:I, s:I, s:I}}", "protocol", PROTOCOL, "served", "connections",
			     (json_int_t)served->connections, "received", (json_int_t)served->received, "echoed",
			     (json_int_t)served->echoed, "broken", (json_int_t)served->broken, "turned_away",
			     (json_int_t)served->turned_away));
}

/* Why this runtime cannot serve: 0, or -ENOTSUP and a sentence. */
static int admit_service(const struct runtime *runtime, const struct workload_spec *spec, struct stage stage,
			 char reason[REASON_MAX])
{
	struct values values;
	int error;

	values_init(&values, spec->parameters);
	values.value[0] = 1;
	error = spec->admit(&values, stage, reason);
	if (error < 0 || stage_concurrency(stage) == UINT64_MAX || stage.capabilities & RUNTIME_REQUEUES)
		return error;
	snprintf(reason, REASON_MAX,
		 "%s keeps a worker for each connection until that ends: it would serve %" PRIu64 " and nobody else",
		 runtime->name, stage_concurrency(stage));
	return -ENOTSUP;
}

/* "address=A" or "port=P" into the address. 0 or -EINVAL and a sentence. */
static int take_service_pair(struct sockaddr_storage *storage, const char *pair, char reason[REASON_MAX])
{
	struct sockaddr_in *four = (struct sockaddr_in *)storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;
	in_port_t port = four->sin_port; /* at the same place in both */
	uint64_t number;

	if (strncmp(pair, "port=", 5) == 0 && count_parse(pair + 5, &number) == 0 && number <= 65535) {
		four->sin_port = htons((uint16_t)number);
		return 0;
	}
	if (strncmp(pair, "address=", 8) == 0) {
		*storage = (struct sockaddr_storage){.ss_family = AF_INET};
		four->sin_port = port;
		if (inet_pton(AF_INET, pair + 8, &four->sin_addr) == 1)
			return 0;
		storage->ss_family = AF_INET6;
		if (inet_pton(AF_INET6, pair + 8, &six->sin6_addr) == 1)
			return 0;
	}
	snprintf(reason, REASON_MAX, "'%s' is neither port=0 to 65535 nor address=, an IPv4 or IPv6 address in numbers",
		 pair);
	return -EINVAL;
}

static int take_service(const struct runtime *runtime, struct play *play, int count, char **pairs,
			char reason[REASON_MAX])
{
	struct sockaddr_in *local = (struct sockaddr_in *)&play->address;
	int error = take_runtime_pairs(runtime, &play->stage, &count, pairs, reason);

	local->sin_family = AF_INET;
	local->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < count && error == 0; i++)
		error = take_service_pair(&play->address, pairs[i], reason);
	return error;
}

static int serve(const struct player_body *body, struct play *play)
{
	int error;

	prctl(PR_SET_TIMERSLACK, 1); /* as in a play */
	error = body->serve(body, play);
	if (error < 0 && runtime_obstacle[0])
		refuse("runtime", -error, runtime_obstacle, json_object());
	if (error < 0)
		fprintf(stderr, "%s: the runtime stopped: %s\n", play->spec->name, strerror(-error));
	return error < 0 ? EXIT_WRONG : EXIT_OK;
}

static int serve_verb(int count, char **arguments, const struct runtime *runtime, const struct player_body *bodies)
{
	struct play play = {.stage = {.cores = cores_here(), .capabilities = runtime->capabilities}};
	const struct player_body *body = count > 0 ? find_body(bodies, "echo") : NULL;
	char reason[REASON_MAX];

	if (!body || !body->spec || strcmp(arguments[0], "echo") != 0) {
		fprintf(stderr, "what is served is echo: serve echo [port=P] [address=A]\n");
		return EXIT_USAGE;
	}
	play.spec = body->spec;
	if (take_service(runtime, &play, count - 1, arguments + 1, reason) < 0) {
		fprintf(stderr, "%s: serve: %s\n", program_invocation_short_name, reason);
		return EXIT_USAGE;
	}
	if (!body->serve)
		refuse("verb", ENOTSUP, "it serves the load of a play and nobody else", json_object());
	if (admit_service(runtime, play.spec, play.stage, reason) < 0)
		refuse("verb", ENOTSUP, reason, json_object());
	return serve(body, &play);
}

static void print_parameters(const struct parameter *parameter, FILE *file)
{
	for (; parameter->name; parameter++)
		fprintf(file, "  %-12s %s (default %s)\n", parameter->name, parameter->help,
			parameter->fallback ? parameter->fallback : "derived");
}

static void print_help(const struct runtime *runtime, const struct player_body *bodies, FILE *file)
{
	fprintf(file,
		"simul-%s: %s\n\n"
		"usage: simul-%s info\n"
		"       simul-%s play WORKLOAD [key=value ...]\n"
		"       simul-%s serve echo [port=P] [address=A]   until SIGTERM\n\n"
		"Prints one line of JSON on standard output. Exit status: 0 verified, 1 failed or wrong,\n"
		"2 wrong call, 3 the machine cannot do it.\n",
		runtime->name, runtime->model, runtime->name, runtime->name, runtime->name);
	if (runtime->capabilities & RUNTIME_WORKERS || has_our_stacks(runtime))
		fputs("\nevery workload:\n", file);
	if (runtime->capabilities & RUNTIME_WORKERS)
		print_parameters(worker_parameters, file);
	if (has_our_stacks(runtime))
		print_parameters(stack_parameters, file);
	for (; bodies->spec; bodies++) {
		fprintf(file, "\n%s: %s\n", bodies->spec->name, bodies->spec->question);
		print_parameters(bodies->spec->parameters, file);
	}
}

int player_main(int argc, char **argv, const struct runtime *runtime, const struct player_body *bodies)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "info") == 0 && argc == 2) {
		print_info(runtime, bodies);
		return EXIT_OK;
	}
	if (strcmp(verb, "play") == 0)
		return play_verb(argc - 2, argv + 2, runtime, bodies);
	if (strcmp(verb, "serve") == 0)
		return serve_verb(argc - 2, argv + 2, runtime, bodies);
	if (strcmp(verb, "--help") == 0) {
		print_help(runtime, bodies, stdout);
		return EXIT_OK;
	}
	print_help(runtime, bodies, stderr);
	return EXIT_USAGE;
}
