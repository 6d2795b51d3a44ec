/* async.h: the async dialect, functions that return when they wait and are called again to go on.
 *
 * An async function is an ordinary C function that is called again and again, each time from where it stopped. What it
 * remembers lies in its frame: a struct of its own whose first member is a struct async, and which belongs to whoever
 * starts it. There is no stack to keep, so a task that waits costs its frame and nothing else.
 *
 *	struct pause {
 *		struct async async;
 *		int left;
 *	};
 *
 *	static enum async_state count_down(struct async *self)
 *	{
 *		struct pause *pause = (struct pause *)self;
 *
 *		ASYNC_BEGIN;
 *		for (; pause->left > 0; pause->left--)
 *			AWAIT(async_sleep_until(self, clock_now() + NS_PER_MS));
 *		ASYNC_END;
 *	}
 *
 * The rules:
 * - The parameter is called self. ASYNC_BEGIN comes after the declarations, ASYNC_END is the last statement.
 * - A local variable has no value after AWAIT or ASYNC_YIELD, unless it is set before ASYNC_BEGIN (as pause is here):
 *   what must be remembered lies in the frame.
 * - AWAIT and ASYNC_YIELD are statements, and do not stand inside a switch of the function's own, since their resume
 *   points are cases of the one that ASYNC_BEGIN opens.
 * - `return ASYNC_DONE;` ends the function early. Nothing else is returned by hand.
 * - A verb that returns enum async_state is called inside AWAIT only, or returned by a function that is itself called
 *   inside AWAIT. What it brought is async_result(self), until the next AWAIT.
 * - The socket verbs are called again with the same arguments when the socket is ready: arguments without side effects.
 *
 * Errors: every int result and every async_result() is >= 0 on success and a negative errno value on failure.
 * Where they may be called: only inside async_run(), from an async function; async_run() itself, and generators, from
 * anywhere on one thread. Verbs are ordinary functions in a translation unit of their own, as in every dialect.
 *
 * Sources: S. Tatham, "Coroutines in C" (2000), for the switch; A. Dunkels et al., "Protothreads: Simplifying
 * Event-Driven Programming of Memory-Constrained Embedded Systems" (2006), for the rules; PEP 255 and PEP 492 for the
 * words; what is awaited resumes its awaiter directly, as in C++20's symmetric transfer (P0913). */
#ifndef SIMUL_ASYNC_H
#define SIMUL_ASYNC_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "event_loop/queue.h"

enum async_state {
	ASYNC_DONE,      /* of a function: it has ended; of a verb: go on */
	ASYNC_SUSPENDED, /* something will call the function again */
	ASYNC_YIELDED    /* of a generator: there is a value in its frame; of a task: the others come first */
};

struct async;

typedef enum async_state async_function(struct async *self);

/* The head of a frame. Filled in by what starts the function; only the macros and the runtime touch it then. */
struct async {
	struct loop_entry entry; /* its result is async_result() */
	unsigned resume;         /* 0: the beginning; ASYNC_ENDED; else a resume point of AWAIT or ASYNC_YIELD */
	async_function *function;
	struct async *awaiter; /* resumed when this one ends; NULL while nobody awaits it */
	struct async *next;    /* behind this one in the queue of an event */
};

/* No resume point. */
#define ASYNC_ENDED UINT_MAX
/* Set in resume by a verb that must be called again: the point before the verb and not the one behind it. */
#define ASYNC_AGAIN 1u

#define ASYNC_BEGIN                                                                                                    \
	switch (self->resume) {                                                                                        \
	case 0:

#define ASYNC_END                                                                                                      \
	}                                                                                                              \
	return ASYNC_DONE

/* Calls the verb and goes on when it is done; until then the function has returned. */
#define AWAIT(verb) ASYNC_AWAIT_AT(2 * __COUNTER__ + 2, verb)

/* Of a generator: what next() asked for lies in the frame. Goes on at the next async_next(). */
#define ASYNC_YIELD ASYNC_YIELD_AT(2 * __COUNTER__ + 2)

#define ASYNC_AWAIT_AT(point, verb)                                                                                    \
	do {                                                                                                           \
		enum async_state async_state_of_verb;                                                                  \
                                                                                                                       \
		self->resume = (point);                                                                                \
		__attribute__((fallthrough));                                                                          \
	case (point) | ASYNC_AGAIN:                                                                                    \
		if ((async_state_of_verb = (verb)) != ASYNC_DONE)                                                      \
			return async_state_of_verb;                                                                    \
		__attribute__((fallthrough));                                                                          \
	case (point):;                                                                                                 \
	} while (0)

#define ASYNC_YIELD_AT(point)                                                                                          \
	do {                                                                                                           \
		self->resume = (point);                                                                                \
		return ASYNC_YIELDED;                                                                                  \
	case (point):;                                                                                                 \
	} while (0)

/* What the last verb brought: a count, a descriptor, 0, or a negative errno value. */
static inline int async_result(const struct async *self)
{
	return self->entry.result;
}

/* Its function has returned; the frame is its owner's again. */
static inline bool async_ended(const struct async *task)
{
	return task->resume == ASYNC_ENDED;
}

/* Starts the runtime, runs function with the frame as the first task and returns when it has ended. All other tasks
 * must have ended by then. May be called again once it has returned.
 * -EDEADLK: every task left is waiting and nothing can wake one (a sentence says so); the frames are their owner's.
 * Other errors: what starting the runtime met (-ENOMEM, -EMFILE ...). */
int async_run(struct async *frame, async_function *function);

/* Starts function as a task on its own, in the frame that task begins and that stays valid until it has ended. Cannot
 * fail and allocates nothing. The task may start at once or later. */
void async_spawn(struct async *task, async_function *function);

/* AWAIT: until the task has ended; at most one function awaits a task. */
enum async_state async_join(struct async *self, struct async *task);

/* AWAIT: another async function: starts it in the frame that callee begins, and waits until it has ended. Results lie
 * in the callee's frame. There may be any number of calls inside each other. */
enum async_state async_call(struct async *self, struct async *callee, async_function *function);

/* AWAIT: lets the others that are ready run first. */
enum async_state async_yield(struct async *self);

/* AWAIT: until clock_now() (clock.h) is at least deadline_ns; does not wait if it already is. */
enum async_state async_sleep_until(struct async *self, uint64_t deadline_ns);

/* Generators. A generator is an async function that yields and never awaits. It is no task: async_next() runs it on the
 * caller's stack up to its next value, with or without a runtime. */
static inline void async_generator(struct async *generator, async_function *function)
{
	*generator = (struct async){.function = function};
}

/* True: the next value lies in the generator's frame. False: there is none, now and later. */
bool async_next(struct async *generator);

/* An event: those who wait for it, in the order of their coming. Ready when zeroed; owned by the caller and valid while
 * somebody waits. What has happened is the caller's to remember: wait in a loop around the condition. */
struct async_event {
	struct async *first, *last;
};

/* AWAIT: until an async_wake() reaches this one. */
enum async_state async_wait(struct async *self, struct async_event *event);

/* Wakes up to count that wait, longest waiting first; returns how many. They run later, not inside. */
unsigned async_wake(struct async_event *event, unsigned count);

/* A start barrier, as in sync.h: tasks arrive and wait; the first task opens it once all have arrived. */
struct async_gate {
	uint32_t arrived;
	bool complete; /* `expected` tasks have arrived */
	bool open;
	struct async_event completion, opening;
};

/* AWAIT, a task: arrive, as one of at least `expected`, and wait until the gate is open. */
enum async_state async_gate_pass(struct async *self, struct async_gate *gate, uint32_t expected);

/* AWAIT, the spawner: until `expected` tasks have arrived; does not wait for 0. One at a time. */
enum async_state async_gate_await(struct async *self, struct async_gate *gate, uint32_t expected);

/* The spawner: let everybody through, now and later. */
void async_gate_open(struct async_gate *gate);

/* A counting semaphore, first come, first served; zeroed it has no permits. */
struct async_semaphore {
	uint32_t permits;
	struct async_event released;
};

/* AWAIT: takes a permit. */
enum async_state async_semaphore_acquire(struct async *self, struct async_semaphore *semaphore);
void async_semaphore_release(struct async_semaphore *semaphore);

/* Sockets, as in task.h. A descriptor is first made the runtime's own by async_adopt() and is ended by async_close();
 * async_accept() brings one that is already adopted. One function at a time for each direction; whoever waits when
 * it is closed gets -EBADF. async_adopt: 0; -EMFILE, -ENOMEM, -EPERM as epoll_ctl(2). Sets O_NONBLOCK. */
int async_adopt(int fd);
int async_close(int fd);

/* AWAIT: as recv(2) and send(2) with MSG_NOSIGNAL on a stream socket; async_result() is the count. May transfer less
 * than asked; 0 from async_read() is the end of the stream. The buffer stays valid while it waits. */
enum async_state async_read(struct async *self, int fd, void *buffer, size_t bytes);
enum async_state async_write(struct async *self, int fd, const void *buffer, size_t bytes);

/* AWAIT: as accept4(2) and connect(2); async_result() is the descriptor, or 0. */
enum async_state async_accept(struct async *self, int listener);
enum async_state async_connect(struct async *self, int fd, const struct sockaddr *address, socklen_t length);

#endif
