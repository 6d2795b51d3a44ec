/* trial.h: one repetition of a cell: played, judged, kept, and played again where the machine was disturbed. */
#ifndef SIMUL_TRIAL_H
#define SIMUL_TRIAL_H

#include <jansson.h>

#include "../machine/machine.h"
#include "figures.h"
#include "ledger.h"
#include "plan.h"

enum trial_status {
	TRIAL_NONE, /* not played yet */
	TRIAL_OK,
	TRIAL_FAILED,
	TRIAL_REFUSED, /* the player said that the machine cannot do this */
	TRIAL_STOPPED, /* interrupted, or the record could not be kept: the run ends */
};

/* What the rest of the run wants to know of a trial. */
struct trial {
	enum trial_status status;
	uint64_t wall_ns;
	uint64_t bound_ns; /* of any model on the cell's cores, as fast as they were then; 0: none is known */
	struct figures figures;
	unsigned plays;          /* in this run: more than one where the machine was disturbed */
	char reason[REASON_MAX]; /* a sentence, unless it is ok */
};

/* Lowers the bounds of the plan by what was measured beside an invocation of the cell (calibration.h). */
typedef void trial_lower(void *context, const struct cell *cell, const json_t *moments);

/* What all trials of a run share. */
struct trial_table {
	const struct machine *machine;
	struct ledger *ledger;
	uint64_t timeout_ns;
	trial_lower *lower;
	void *context;   /* of lower */
	size_t sequence; /* of the next invocation */
	/* What has been spent on first plays, and on playing disturbed ones again: at most about half as much. On a
	 * machine that is never quiet no number of repeats would help. */
	uint64_t first_ns, again_ns;
	int error; /* -errno of a record that could not be kept; 0 */
};

/* Plays it, up to three times as long as it is disturbed and time is left for that, and appends every record. The last
 * good one counts. A play below its bound is held against a fresh measurement: if the core is faster now, or was by no
 * more than the tolerance, the play is a disturbed one, else it has failed. */
void trial_play(struct trial_table *table, const struct cell *cell, unsigned repetition, struct trial *trial);

/* Appends a record that refuses it for that reason, without a play. */
void trial_refuse(struct trial_table *table, const struct cell *cell, unsigned repetition, const char *reason,
		  struct trial *trial);

/* The same from a line of records.jsonl. TRIAL_NONE for what is to be played again. */
void trial_recall(const json_t *line, struct trial *trial);

#endif
