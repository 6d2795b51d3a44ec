/* record.h: reads what players and loads print, and holds it against the workload's expectation.
 *
 * The text comes from programs that nobody here may have written: it is data, bounded in size and depth, and never
 * trusted. */
#ifndef SIMUL_RECORD_H
#define SIMUL_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "../workloads/workload.h"

enum { RECORD_BYTES_MAX = 1 << 20, RECORD_DEPTH_MAX = 32 };

/* What info answered. Owned by the caller; json is released by player_info_clear(). */
struct player_info {
	json_t *json;
	const char *runtime; /* borrowed from json */
	unsigned capabilities;
	struct runtime_costs costs;
	bool peer;  /* others' work, shown for comparison */
	bool floor; /* no runtime: the line beneath them, in the workloads that it plays */
};

/* 0, or -EINVAL and a sentence. Unknown capabilities are ignored. */
int player_info_parse(const char *line, struct player_info *info, char reason[REASON_MAX]);
void player_info_clear(struct player_info *info);
int player_info_plays(const struct player_info *info, const char *workload);

/* One JSON object from one line: 0 and a new reference in *json, or -EINVAL and a sentence (not JSON, too large, too
 * deep, NaN or infinity, not an object, another protocol). */
int record_parse(const char *line, json_t **json, char reason[REASON_MAX]);

/* Physical gates on a record (and its load, or NULL): the right runtime and workload, wall >= bound, CPU <= cores x
 * time, audit and checksum as expected, every message of the load answered. 0, or a sentence naming both numbers and
 * -EBADMSG, or -ERANGE where nothing is wrong but that the wall time is below the bound by more than the tolerance:
 * 5 %, since the clock of a core may be that much faster in one second than in the next. */
int record_verify(json_t *record, json_t *load, const char *runtime, const struct workload_spec *spec,
		  const struct values *values, struct stage stage, char reason[REASON_MAX]);

/* The invocation's wall time in ns: the load's where there is one; 0 if absent or not a positive number. */
uint64_t record_wall_ns(const json_t *record, const json_t *load);

/* Text of a refusal line, borrowed from json; NULL if this is not one. */
const char *record_refusal(const json_t *json);

#endif
