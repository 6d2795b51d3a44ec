/* trial.c: see trial.h. */
#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calibration.h"
#include "driver.h"
#include "invocation.h"
#include "record.h"

enum { PLAYS_MAX = 3, MEASUREMENTS_MAX = 3 };

/* One invocation on its way from the warden to the bundle. Owns its JSON. */
struct outcome {
	enum trial_status status;
	char reason[REASON_MAX];
	json_t *record, *load, *disturbance;
	char *messages;
	uint64_t elapsed_ns, bound_ns;
	json_t *costs; /* an array of what was measured beside it (calibration.h) */
	char started[40];
	bool faster; /* than the bound as it was */
};

static const char *const status_names[] = {
	[TRIAL_OK] = "ok",
	[TRIAL_FAILED] = "failed",
	[TRIAL_REFUSED] = "refused",
	[TRIAL_STOPPED] = "interrupted",
};

static void outcome_clear(struct outcome *outcome)
{
	json_decref(outcome->record);
	json_decref(outcome->load);
	json_decref(outcome->disturbance);
	json_decref(outcome->costs);
	free(outcome->messages);
}

static void set(struct outcome *outcome, enum trial_status status, const char *reason)
{
	outcome->status = status;
	snprintf(outcome->reason, sizeof outcome->reason, "%s", reason);
}

/* UTC, with milliseconds, as RFC 3339. */
static void timestamp(char text[40])
{
	struct timespec now;
	struct tm utc;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	length = strftime(text, 40, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
	snprintf(text + length, 40 - length, ".%03ldZ", now.tv_nsec / 1000000);
}

/* ---- Judging ---- */

static int verify(const struct cell *cell, const struct outcome *outcome, char reason[REASON_MAX])
{
	return record_verify(outcome->record, outcome->load, cell->player->name, cell->spec, &cell->values, cell->stage,
			     reason);
}

/* Whether the machine explains a play below its bound. The core's clock may have changed back meanwhile, and again. */
static int verify_again(const struct trial_table *table, const struct cell *cell, struct outcome *outcome,
			char reason[REASON_MAX])
{
	uint64_t wall_ns = record_wall_ns(outcome->record, outcome->load);
	json_t *costs = json_object(), *moments = json_pack("[O]", costs);

	outcome->faster = true;
	for (int i = 0; i < MEASUREMENTS_MAX && wall_ns < cell->expectation.bound_ns; i++)
		if (calibration_lower(table->machine, cell->placement->cores, cell->spec, costs) > 0)
			table->lower(table->context, cell, moments);
	json_decref(moments);
	json_decref(costs);
	return verify(cell, outcome, reason);
}

static void judge_record(const struct trial_table *table, const struct cell *cell,
			 const struct invocation_result *result, struct outcome *outcome)
{
	char reason[REASON_MAX] = "there is no record";
	int error = -EBADMSG;

	if (result->output && record_parse(result->output, &outcome->record, reason) == 0 &&
	    (!result->load_output || record_parse(result->load_output, &outcome->load, reason) == 0))
		error = verify(cell, outcome, reason);
	if (error == -ERANGE ||
	    (error == 0 && record_wall_ns(outcome->record, outcome->load) < cell->expectation.bound_ns))
		error = verify_again(table, cell, outcome, reason);
	set(outcome, error < 0 ? TRIAL_FAILED : TRIAL_OK, error < 0 ? reason : "");
}

static void judge_refusal(const struct invocation_result *result, struct outcome *outcome)
{
	char reason[REASON_MAX];
	const char *text;

	if (!result->output || record_parse(result->output, &outcome->record, reason) < 0) {
		set(outcome, TRIAL_FAILED, "refused without a reason");
		return;
	}
	text = record_refusal(outcome->record);
	set(outcome, text ? TRIAL_REFUSED : TRIAL_FAILED, text ? text : "refused without a reason");
}

static void judge(const struct trial_table *table, const struct cell *cell, const struct invocation_result *result,
		  struct outcome *outcome)
{
	switch (result->status) {
	case INVOCATION_OK:
		judge_record(table, cell, result, outcome);
		return;
	case INVOCATION_REFUSED:
		judge_refusal(result, outcome);
		return;
	case INVOCATION_INTERRUPTED:
		set(outcome, TRIAL_STOPPED, "interrupted");
		return;
	case INVOCATION_FAILED:
		break;
	}
	set(outcome, TRIAL_FAILED, result->reason);
}

/* ---- Playing ---- */

static struct invocation_plan plan_of(const struct trial_table *table, const struct cell *cell)
{
	return (struct invocation_plan){
		.argv = (const char *const *)cell->argv.items,
		.load_argv = cell->load_argv.count ? (const char *const *)cell->load_argv.items : NULL,
		.load_reads_cpu = cell->spec->load_reads_cpu,
		.topology = table->machine->topology,
		.cores = cell->placement->cores,
		.load_cores = cell->load_argv.count ? cell->load_cores : NULL,
		.timeout_ns = table->timeout_ns,
		.stop = &stop_requested,
	};
}

static void mark_faster(json_t *disturbance)
{
	json_object_set_new(disturbance, "disturbed", json_true());
	json_object_set_new(disturbance, "reason", json_string("the core ran faster than when it was calibrated"));
}

/* Without memory or with a core that cannot be bound to, the invocation goes without. */
static void measure_beside(const struct trial_table *table, const struct cell *cell, struct outcome *outcome)
{
	if (!outcome->costs)
		outcome->costs = json_array();
	calibration_beside(table->machine, cell->placement->cores, cell->spec, outcome->costs);
}

static void take_costs(const struct trial_table *table, const struct cell *cell, struct outcome *outcome)
{
	if (json_array_size(outcome->costs) == 0)
		return;
	outcome->bound_ns = cell_bound_at(cell, outcome->costs);
	table->lower(table->context, cell, outcome->costs);
}

static void play_once(struct trial_table *table, const struct cell *cell, struct outcome *outcome)
{
	struct invocation_plan plan = plan_of(table, cell);
	struct invocation_result result = {.status = INVOCATION_FAILED};
	struct disturbance before, after;
	char reason[REASON_MAX];
	int error;

	timestamp(outcome->started);
	measure_beside(table, cell, outcome);
	disturbance_read(&before);
	error = invocation_play(&plan, &result);
	disturbance_read(&after);
	if (error < 0) {
		snprintf(reason, sizeof reason, "could not be started: %s", strerror(-error));
		set(outcome, TRIAL_FAILED, reason);
		return;
	}
	if (result.status == INVOCATION_OK) {
		measure_beside(table, cell, outcome);
		take_costs(table, cell, outcome);
	}
	outcome->elapsed_ns = result.elapsed_ns;
	outcome->disturbance = disturbance_json(table->machine, &before, &after, result.elapsed_ns);
	judge(table, cell, &result, outcome);
	if (outcome->status == TRIAL_OK && outcome->faster)
		mark_faster(outcome->disturbance);
	outcome->messages = result.messages && *result.messages ? strdup(result.messages) : NULL;
	invocation_clear(&result);
}

/* ---- Keeping ---- */

static json_t *line_of(size_t sequence, const struct cell *cell, unsigned repetition, const struct outcome *outcome)
{
	json_t *line =
		json_pack("{s:s, s:i, s:I, s:s, s:s}", "cell", cell->name, "repetition", (int)repetition, "sequence",
			  (json_int_t)sequence, "started", outcome->started, "status", status_names[outcome->status]);

	if (outcome->status != TRIAL_OK)
		json_object_set_new(line, "reason", json_string(outcome->reason));
	if (outcome->elapsed_ns > 0)
		json_object_set_new(line, "elapsed_ns", json_integer((json_int_t)outcome->elapsed_ns));
	if (outcome->messages && outcome->status != TRIAL_OK)
		json_object_set_new(line, "messages", json_string(outcome->messages));
	if (outcome->disturbance)
		json_object_set(line, "disturbance", outcome->disturbance);
	if (outcome->bound_ns > 0) {
		json_object_set_new(line, "bound_ns", json_integer((json_int_t)outcome->bound_ns));
		json_object_set(line, "costs", outcome->costs);
	}
	if (outcome->record)
		json_object_set(line, "record", outcome->record);
	if (outcome->load)
		json_object_set(line, "load", outcome->load);
	return line;
}

static void keep(struct trial_table *table, const struct cell *cell, unsigned repetition, struct outcome *outcome)
{
	json_t *line = line_of(table->sequence++, cell, repetition, outcome);

	table->error = ledger_append(table->ledger, line);
	if (table->error < 0)
		set(outcome, TRIAL_STOPPED, "its record could not be kept");
	json_decref(line);
}

static void sum_up(const struct outcome *outcome, struct trial *trial)
{
	trial->status = outcome->status;
	snprintf(trial->reason, sizeof trial->reason, "%s", outcome->reason);
	if (outcome->status != TRIAL_OK)
		return;
	trial->wall_ns = record_wall_ns(outcome->record, outcome->load);
	trial->bound_ns = outcome->bound_ns;
	figures_read(&trial->figures, outcome->record, outcome->load);
}

void trial_play(struct trial_table *table, const struct cell *cell, unsigned repetition, struct trial *trial)
{
	bool again = true;
	unsigned plays = 0;

	for (; again && plays < PLAYS_MAX; plays++) {
		struct outcome outcome = {.status = TRIAL_NONE};

		play_once(table, cell, &outcome);
		keep(table, cell, repetition, &outcome);
		sum_up(&outcome, trial);
		*(plays == 0 ? &table->first_ns : &table->again_ns) += outcome.elapsed_ns;
		again = outcome.status == TRIAL_OK && table->again_ns <= table->first_ns / 2 &&
			json_is_true(json_object_get(outcome.disturbance, "disturbed"));
		outcome_clear(&outcome);
	}
	trial->plays = plays;
}

void trial_refuse(struct trial_table *table, const struct cell *cell, unsigned repetition, const char *reason,
		  struct trial *trial)
{
	struct outcome outcome = {.status = TRIAL_NONE};

	timestamp(outcome.started);
	set(&outcome, TRIAL_REFUSED, reason);
	keep(table, cell, repetition, &outcome);
	sum_up(&outcome, trial);
	outcome_clear(&outcome);
}

void trial_recall(const json_t *line, struct trial *trial)
{
	const char *status = json_string_value(json_object_get(line, "status"));
	const char *reason = json_string_value(json_object_get(line, "reason"));
	struct outcome outcome = {
		.status = TRIAL_NONE,
		.record = json_object_get(line, "record"),
		.load = json_object_get(line, "load"),
		.bound_ns = (uint64_t)json_integer_value(json_object_get(line, "bound_ns")),
	};

	if (!status || (strcmp(status, "ok") != 0 && strcmp(status, "refused") != 0))
		return;
	set(&outcome, strcmp(status, "ok") == 0 ? TRIAL_OK : TRIAL_REFUSED, reason ? reason : "");
	sum_up(&outcome, trial);
}
