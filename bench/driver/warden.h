/* warden.h: the process between the driver and one invocation's player, and what it hands back.
 *
 * Shared by invocation.c, which forks it and reads the frame, and warden.c, which is it. */
#ifndef SIMUL_WARDEN_H
#define SIMUL_WARDEN_H

#include <stdint.h>

#include "invocation.h"

enum { WARDEN_MAGIC = 0x7761726e, WARDEN_MESSAGES_MAX = 4096 };

/* How long a tree is killed before it is given up: only a process that the kernel cannot end takes longer. */
#define WARDEN_KILL_NS UINT64_C(5000000000)

enum warden_text { WARDEN_OUTPUT, WARDEN_LOAD_OUTPUT, WARDEN_MESSAGES, WARDEN_TEXTS };
#define WARDEN_ABSENT UINT32_MAX

/* Comes once, followed by the texts that are present, in the order of enum warden_text. Both ends are one program's. */
struct warden_frame {
	uint32_t magic;
	int32_t status; /* enum invocation_status */
	int32_t exit_status;
	uint32_t leftover;
	uint64_t elapsed_ns;
	uint32_t lengths[WARDEN_TEXTS]; /* bytes, or WARDEN_ABSENT */
	char reason[256];
};

/* Called in the forked child with all signals blocked. socket: its end of a stream socket pair whose other end only the
 * driver holds; when that end stops writing, or the driver dies, the invocation is interrupted. Never returns. */
_Noreturn void warden_main(const struct invocation_plan *plan, int socket, pid_t driver);

#endif
