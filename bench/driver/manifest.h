/* manifest.h: what a bundle says of its run: asked for, on which machine, with which players, and the plan. */
#ifndef SIMUL_MANIFEST_H
#define SIMUL_MANIFEST_H

#include <jansson.h>

#include "plan.h"
#include "run_options.h"

struct manifest_source {
	const struct run_options *options;
	const struct machine *machine;
	const struct players *players;
	const struct plan *plan;
	json_t *calibration, *costs; /* borrowed */
	uint64_t repetitions, timeout_ns;
};

/* As results/SCHEMA.md describes it; a new reference, NULL without memory. */
json_t *manifest_make(const struct manifest_source *source);

/* Puts costs that have become less, and the cells with the bounds made from them, in the place of the old. 0 or
 * -ENOMEM. */
int manifest_take_costs(json_t *manifest, json_t *costs, const struct plan *plan);

/* A plan that has grown, and the arguments that give it. 0 or -ENOMEM. */
int manifest_take_plan(json_t *manifest, const struct run_options *options, const struct plan *plan);

/* "arguments", copied. 0, or -EINVAL for a manifest that has none, -ENOMEM. */
int manifest_arguments(const json_t *manifest, struct texts *arguments);

/* Whether a run may be continued here: the machine, the version, the players and the plan are those of the manifest.
 * 0, or -EINVAL when a sentence has been printed. */
int manifest_check_machine(const json_t *manifest, const struct machine *machine);
int manifest_check_plan(const json_t *manifest, const struct plan *plan);

/* Leaves only the manifest's players in *players. 0, or -EINVAL when a sentence has been printed: one is missing or
 * answers info differently. */
int manifest_check_players(const json_t *manifest, struct players *players);

#endif
