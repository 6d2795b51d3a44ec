/* list.h: all workloads, in the order of listings, one line each: EACH(name) for the folder name/.
 *
 * A workload has a spec, name_spec, and a body for each dialect it is played in: name_direct, name_async,
 * name_callback. */
#ifndef SIMUL_WORKLOAD_LIST_H
#define SIMUL_WORKLOAD_LIST_H

#define WORKLOADS_IN_EVERY_DIALECT(EACH)                                                                               \
	EACH(chess)                                                                                                    \
	EACH(counting)                                                                                                 \
	EACH(echo)                                                                                                     \
	EACH(spawn)                                                                                                    \
	EACH(switch)                                                                                                   \
	EACH(idle)                                                                                                     \
	EACH(skynet)                                                                                                   \
	EACH(starvation)                                                                                               \
	EACH(contention)                                                                                               \
	EACH(order)                                                                                                    \
	EACH(range)                                                                                                    \
	EACH(chat)                                                                                                     \
	EACH(fetch)                                                                                                    \
	EACH(files)

#define WORKLOADS_DIRECT_ONLY(EACH) EACH(syscall)

#endif
