/* stability_play.c: the plays of an A/A test; see stability.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "run.h"
#include "stability.h"

/* The good plays of the only cell, in the order in which they were played. */
static int collect(const struct run *run, double **values, size_t *count)
{
	const struct schedule *schedule = &run->schedule;

	*count = 0;
	*values = calloc(schedule->repetitions + 1, sizeof **values);
	if (!*values)
		return -ENOMEM;
	for (unsigned repetition = 0; repetition < schedule->repetitions; repetition++) {
		const struct trial *trial = schedule_trial(schedule, 0, repetition);

		if (trial->status == TRIAL_OK)
			(*values)[(*count)++] = (double)trial->wall_ns;
	}
	return 0;
}

static int check_one_cell(const struct run *run)
{
	if (run->plan.playable == 1)
		return 0;
	if (run->plan.playable == 0)
		return run_explain_nothing(run);
	say("an A/A test is of one cell, and these options ask for %zu: name one --runtime, and one value of each "
	    "parameter",
	    run->plan.playable);
	return DRIVER_USAGE;
}

int stability_play(int argc, char **argv, double **values, size_t *count, char **cell, char **bundle)
{
	struct run run = {.machine_open = false};
	int status;

	*values = NULL;
	*cell = *bundle = NULL;
	stop_watch();
	status = run_prepare(&run, argc, argv);
	if (!status)
		status = check_one_cell(&run);
	if (!status)
		status = run_open(&run);
	if (!status)
		status = run_perform(&run);
	if (!status && run.schedule.stopped)
		status = DRIVER_INTERRUPTED;
	if (!status && collect(&run, values, count) < 0)
		status = DRIVER_NOTHING_DONE;
	if (!status) {
		*cell = strdup(run.plan.cells[run.playable[0]].name);
		*bundle = strdup(run.ledger.path);
	}
	run_clear(&run);
	return status;
}
