/* scheduler.h: the verbs of task.h on one thread, for the runtime `coroutine` and for those that are made of it.
 *
 * coroutine_VERB() is task_VERB() as task.h has it. The linker knows each of them as task_VERB() too, weakly: a runtime
 * that links the scheduler takes those verbs as they are that it does not define itself, and calls a function of its
 * own by no detour. State is the process's: one scheduler at a time. */
#ifndef SIMUL_COROUTINE_SCHEDULER_H
#define SIMUL_COROUTINE_SCHEDULER_H

#include "../event_loop/poller.h"
#include "../event_loop/queue.h"
#include "../task.h"

#include <stdbool.h>
#include <stddef.h>

int coroutine_run(task_function *main, void *argument);
void *coroutine_shared(size_t bytes);
int coroutine_spawn(struct task *task, task_function *function, void *argument);
int coroutine_join(struct task task);
void coroutine_yield(void);
void coroutine_sleep_until(uint64_t deadline_ns);
int coroutine_wait(_Atomic uint32_t *word, uint32_t expected);
int coroutine_wake(_Atomic uint32_t *word, unsigned count);
int coroutine_adopt(int fd);
void coroutine_hand_over(int fd);
int coroutine_close(int fd);
ssize_t coroutine_read(int fd, void *buffer, size_t bytes);
ssize_t coroutine_write(int fd, const void *buffer, size_t bytes);
int coroutine_accept(int listener);
int coroutine_connect(int fd, const struct sockaddr *address, socklen_t length);

/* For waits of another kind. The running task hands its entry to whoever will call coroutine_ready() with it, once,
 * and suspends until then. */
struct loop_entry *coroutine_entry(void);
void coroutine_suspend(void);
void coroutine_ready(struct loop_entry *entry);

/* For operations that only a poller of one kind has. */
struct poller *coroutine_poller(void);

/* For operations of another kind on an adopted descriptor: suspends while the operation would block. 0, -EBADF: it is
 * not adopted, or was closed meanwhile; -EBUSY: another task waits for the direction already. */
int coroutine_await(int fd, enum poller_direction direction);

/* The operation would block now, or will when what is seen so far has been dealt with: the next coroutine_await() waits
 * for an edge that comes after this call. */
void coroutine_drained(int fd, enum poller_direction direction);

/* Ends being adopted without closing it. -EBADF: it was not adopted. */
int coroutine_disown(int fd);

/* Whether a task waits for its turn, besides those in line behind the caller. */
bool coroutine_others_ready(void);

/* Whether no other task can go on until somebody outside does something: none is ready, none sleeps until a time, and
 * not more than so many wait for descriptors. *turns: how often any task has become ready, one that was spawned or is
 * joined left out. */
bool coroutine_quiet(unsigned descriptors, size_t *turns);

/* Says that no task can ever go on, and makes coroutine_run() return -EDEADLK. */
_Noreturn void coroutine_deadlock(void);

/* Where a sentence names a task, those that are spawned from now on are counted from 1, as begun by this worker. */
void coroutine_count_as(unsigned worker);

/* In a child that the first task has forked, on the first task's stack: forgets the tasks and gives back what the child
 * has inherited. coroutine_run() may be called again; coroutine_run() of the parent must not be returned to. */
void coroutine_forked(void);

#endif
