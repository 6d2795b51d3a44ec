/* plan_request.h: what a plan is made from, and whether the names, keys and values in it are known. */
#ifndef SIMUL_PLAN_REQUEST_H
#define SIMUL_PLAN_REQUEST_H

#include <jansson.h>

#include "../machine/machine.h"
#include "../workloads/workload.h"
#include "axes.h"
#include "players.h"
#include "profiles.h"
#include "text.h"

struct plan_request {
	const struct profile *profile;
	struct texts workloads; /* names; empty: all */
	struct texts runtimes;  /* names; empty: all usable players that are no peers, floors where they play */
	bool peers;             /* the peers besides, in all workloads */
	struct texts settings;  /* "key=value,..." or "workload.key=value,..." */
	struct texts cores;     /* counts; empty: the profile's */
	uint64_t limit_ns;      /* a cell that is estimated to take longer is refused */
	uint64_t timeout_ns;    /* of an invocation: the load is told, so that it can say what it waits for */
	const struct machine *machine;
	const struct players *players;
	const json_t *calibration;
	const char *load;                 /* program that loads servers; NULL: there is none */
	int (*matches)(const char *name); /* cells that it denies are left out; NULL: none is */
};

/* 0; -EINVAL and a sentence for a workload, a runtime or a setting that is unknown, with the known ones; -ENOMEM. */
int plan_request_check(const struct plan_request *request, char reason[REASON_MAX]);

/* Whether the name is among those that were asked for; of none all are. */
bool plan_request_chose(const struct texts *names, const char *name);

/* Whether the player takes part in the workload: named, or one of those that are meant where none is. Peers are meant
 * in workloads that the profile leaves to those who ask for them: what is asked there is how a model compares. */
bool plan_request_has_player(const struct plan_request *request, const struct workload_spec *spec,
			     const struct player *player);

/* Whether a setting is for this workload. */
bool plan_request_sets(const struct plan_request *request, const struct workload_spec *spec);

/* Adds the axes of a sweep, with the settings that are for this workload in the place of what they replace.
 * 0, -EINVAL and a sentence, or -ENOMEM. */
int plan_request_axes(const struct plan_request *request, const struct workload_spec *spec, const struct sweep *sweep,
		      struct axes *axes, char reason[REASON_MAX]);

/* Adds the numbers of workers that are set for this workload to *workers: none where nothing is said of them.
 * 0, -EINVAL and a sentence, or -ENOMEM. */
int plan_request_workers(const struct plan_request *request, const struct workload_spec *spec, struct texts *workers,
			 char reason[REASON_MAX]);

/* Adds the sizes of stacks that are set for this workload, in bytes as texts. The same errors. */
int plan_request_stacks(const struct plan_request *request, const struct workload_spec *spec, struct texts *stacks,
			char reason[REASON_MAX]);

/* Whether the player takes the size of its tasks' stacks. */
bool plan_takes_stack(const struct player *player);

#endif
