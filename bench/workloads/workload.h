/* workload.h: the spec of a workload, shared by every dialect's body, every player and the driver.
 *
 * A spec says which parameters there are, which work they ask for, what the right answer is and how fast it could
 * possibly be done. It never runs anything and never names a runtime. */
#ifndef SIMUL_WORKLOAD_H
#define SIMUL_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "../../runtimes/runtime.h"
#include "parameters.h"

/* What a play stands on: the machine's share and the runtime's capabilities (runtimes/runtime.h). */
struct stage {
	unsigned cores;        /* logical cores that the player may run on */
	unsigned capabilities; /* enum runtime_capability */
	unsigned workers;      /* of a runtime that has workers; 0: as many as cores */
	struct runtime_costs costs;
};

/* How many tasks can be under way at the same time: have begun and not ended. */
uint64_t stage_concurrency(struct stage stage);

/* How many of so many tasks reach a gate before it opens; 0 where tasks run only when they are joined. */
uint64_t stage_arrivals(struct stage stage, uint64_t tasks);

/* How many tasks can compute at the same time. */
uint64_t stage_parallelism(struct stage stage);

/* Whether each task is a thread or a process of the kernel's own: the kernel then limits how many there can be. */
bool stage_of_kernel(struct stage stage);

/* For estimates: about what it takes, in ns, to create, run and join an empty task, its memory being there; and to go
 * from one task to another, by yielding or (wakes) by waking it and waiting. Generous, after figures of a virtual
 * machine. */
uint64_t stage_task_ns(struct stage stage);
uint64_t stage_switch_ns(struct stage stage, bool wakes);

/* The work that the parameters ask for. Equal for every runtime of one cell; a record is held against it. */
struct expectation {
	uint64_t tasks;      /* tasks started and ended, the first one not counted */
	uint64_t operations; /* in the workload's own unit, named in the spec */
	uint64_t bytes;      /* bytes received by the tasks; 0 where the work has none */
	uint64_t checksum;
	uint64_t bound_ns;  /* no correct play can take less wall time; 0: no such time is known */
	uint64_t alive;     /* tasks that are there at the same time, about; 0: few */
	uint64_t exchanged; /* messages that the load beside it counts, warm-ups not included; 0: the spec does not say
			     */
	uint64_t estimate_ns; /* about what this stage will take, for time limits and the time left */
};

struct workload_spec {
	const char *name;
	const char *question;               /* what the workload asks, one line */
	const char *operation;              /* unit of `operations`, singular: "move pair", "candidate", "message" */
	const char *bound_text;             /* what the lower bound is made of, one line */
	const struct parameter *parameters; /* ends with a NULL name */
	bool load_reads_cpu; /* the load takes server=PID, and reads that process' CPU time in the timed part */

	/* Fills in what depends on other parameters or on the stage; checks them together.
	 * 0, or -EINVAL with a sentence in reason. */
	int (*resolve)(struct values *values, char reason[REASON_MAX]);

	/* 0, or -ENOTSUP with the reason in a sentence: why this stage cannot play these values. */
	int (*admit)(const struct values *values, struct stage stage, char reason[REASON_MAX]);

	/* Deterministic; at most tens of milliseconds. */
	void (*expect)(const struct values *values, struct stage stage, struct expectation *expectation);
};

/* For a spec none of whose parameters depends on another one, and for one that every stage can play. Both return 0. */
int resolve_nothing(struct values *values, char reason[REASON_MAX]);
int admit_everyone(const struct values *values, struct stage stage, char reason[REASON_MAX]);

/* What every workload takes besides its own parameters where the runtime has workers; ends with a NULL name. */
extern const struct parameter worker_parameters[];

/* The same where it switches stacks of ours: their size first. */
extern const struct parameter stack_parameters[];

/* What no correct play on so many cores can be faster than, whatever its model; 0: no such time is known. */
uint64_t workload_bound(const struct workload_spec *spec, const struct values *values, unsigned cores);

/* All workloads, in the order of listings; ends with NULL. */
extern const struct workload_spec *const workloads[];

/* The spec of that name, or NULL. */
const struct workload_spec *workload_find(const char *name);

/* Values for a play from its "key=value" pairs: fallbacks, then pairs, then resolve(). 0, or -EINVAL and a sentence. */
int workload_values(const struct workload_spec *spec, int count, char *const pairs[], struct values *values,
		    char reason[REASON_MAX]);

#endif
