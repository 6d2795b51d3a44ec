/* parameters.h: key=value parameters of a workload, parsed and printed by one table.
 *
 * A value is a uint64_t: a count, a duration in ns, a size in bytes, or the index of a choice. */
#ifndef SIMUL_PARAMETERS_H
#define SIMUL_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARAMETERS_MAX = 16, PARAMETER_TEXT_MAX = 32, REASON_MAX = 256 };

enum parameter_type { PARAMETER_COUNT, PARAMETER_DURATION, PARAMETER_SIZE, PARAMETER_CHOICE };

typedef uint64_t calibration_run(void);

struct parameter {
	const char *name;
	enum parameter_type type;
	const char *fallback;       /* the value where none is given, as text; NULL: the spec's resolve() fills it in */
	uint64_t least, most;       /* accepted range, inclusive; unused for a choice */
	const char *const *choices; /* NULL-terminated; only for PARAMETER_CHOICE */
	/* Of a cost of this machine, which nobody chooses and no cell is named by: measures it once on the calling
	 * thread's core, in about 2 ms; 0: it cannot. NULL: an ordinary parameter. */
	calibration_run *calibrate;
	/* Of a choice that says where the load runs: its first one is apart from the player, the other on its cores.
	 * The load is not told. */
	bool places_load;
	const char *help; /* one line */
};

/* Values in the order of the table. `given` tells what the user said from what was filled in. */
struct values {
	uint64_t value[PARAMETERS_MAX];
	bool given[PARAMETERS_MAX];
	uint64_t cost[PARAMETERS_MAX]; /* of a calibration: what the machine was seen to take; 0: the value */
};

/* What a bound is made from: the value says how much work there is, the cost how fast the machine can do it. */
uint64_t values_cost(const struct values *values, int index);

/* The least of 50 runs, about 100 ms in all: a disturbance, or a core that is still speeding up, leaves no trace. 0 if
 * one could not be had. */
uint64_t calibration_least(calibration_run *calibrate);

/* Sets every value to its fallback (0 where that is NULL), the rest to nothing. `table` ends with a NULL name. */
void values_init(struct values *values, const struct parameter *table);

/* Takes one "key=value". Returns 0, or -EINVAL with a sentence in reason: the unknown key with the list of the known
 * ones, the malformed value, or the range. */
int values_take(struct values *values, const struct parameter *table, const char *pair, char reason[REASON_MAX]);

/* Index of the parameter of that name, or -1. */
int parameter_find(const struct parameter *table, const char *name);

/* The value as a person would write it ("50us", "64KiB", "24", "polgar"): exact, and read back by values_take(). */
void parameter_format(const struct parameter *parameter, uint64_t value, char text[PARAMETER_TEXT_MAX]);

/* Durations take ns, us, ms, s (no unit: ns); sizes take B, KiB or K, MiB or M, GiB or G (no unit: bytes);
 * counts take none.
 * A decimal fraction is taken where the result is a whole number of ns or bytes ("5.5ms"). 0 or -EINVAL. */
int duration_parse(const char *text, uint64_t *ns);
int size_parse(const char *text, uint64_t *bytes);
int count_parse(const char *text, uint64_t *count);

#endif
