/* doctor.h: what of this machine limits or disturbs measuring, what that means for which cells, and what mends it.
 *
 * Every check reads one setting, or tries one system call that changes nothing. Sources: proc(5), prctl(2),
 * getrlimit(2), io_uring_setup(2), madvise(2);
 * Documentation/admin-guide/{pm,sysctl,cgroup-v2.rst,kernel-parameters.rst} of Linux. */
#ifndef SIMUL_MACHINE_DOCTOR_H
#define SIMUL_MACHINE_DOCTOR_H

#include "machine.h"

enum finding_state {
	FINDING_GOOD,
	FINDING_CARE,   /* measuring works; some cells end earlier, or figures mean less */
	FINDING_UNKNOWN /* it cannot be read here */
};
const char *finding_state_name(enum finding_state state); /* "ok", "care", "unknown" */

struct finding {
	const char *topic; /* "governor"; a literal, as the two below */
	enum finding_state state;
	char found[120];
	const char *means; /* for which cells; "" where nothing needs to be said */
	const char *mend;  /* a command, run as root; NULL: there is none, or no need */
};

enum { FINDINGS_MAX = 32 };

/* Looks; returns how many findings there are. The machine must be this one, or a root for tests. */
size_t doctor_examine(const struct machine *machine, struct finding findings[FINDINGS_MAX]);

/* "findings", as an array; a new reference. */
json_t *findings_json(const struct finding *findings, size_t count);

#endif
