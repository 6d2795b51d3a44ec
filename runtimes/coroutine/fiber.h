/* fiber.h: tells the sanitizers about stacks of our own; empty in an ordinary build.
 *
 * AddressSanitizer must know which stack is in use, ThreadSanitizer which of its histories to write. Both are told by
 * fiber_leave() as the last thing before a switch, and AddressSanitizer again by fiber_arrive() as the first thing
 * after it. The functions that do so are marked FIBER_SWITCHES: they are not instrumented, since an access recorded
 * between the telling and the switch would be written to another task's history. Nor are they inlined then.
 *
 * Sources: sanitizer/common_interface_defs.h ("Fiber annotation interface"), sanitizer/tsan_interface.h. */
#ifndef SIMUL_COROUTINE_FIBER_H
#define SIMUL_COROUTINE_FIBER_H

#include "stack.h"

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ADDRESS 1
#elif defined(__SANITIZE_THREAD__)
#define FIBER_THREAD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ADDRESS 1
#elif __has_feature(thread_sanitizer)
#define FIBER_THREAD 1
#endif
#endif

#if defined(FIBER_ADDRESS)

#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

#define FIBER_SWITCHES __attribute__((noinline, no_sanitize_address))

struct fiber {
	void *fake_stack; /* AddressSanitizer's own, while suspended */
	const void *bottom;
	size_t bytes;
};

static inline void fiber_open(struct fiber *fiber, const struct stack_pool *pool, void *header)
{
	const char *bottom = stack_bottom(pool, header);

	*fiber = (struct fiber){.bottom = bottom, .bytes = (size_t)((const char *)header - bottom)};
}

/* The fiber of the stack that the thread came with. */
static inline void fiber_open_first(struct fiber *fiber)
{
	pthread_attr_t attributes;
	void *bottom = NULL;

	*fiber = (struct fiber){0};
	if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
		pthread_attr_getstack(&attributes, &bottom, &fiber->bytes);
		fiber->bottom = bottom;
		pthread_attr_destroy(&attributes);
	}
}

static inline void fiber_close(struct fiber *fiber)
{
	(void)fiber;
}

/* From is NULL when its task has ended. */
static inline __attribute__((always_inline)) void fiber_leave(struct fiber *from, const struct fiber *to)
{
	__sanitizer_start_switch_fiber(from ? &from->fake_stack : NULL, to->bottom, to->bytes);
}

static inline __attribute__((always_inline)) void fiber_arrive(const struct fiber *self)
{
	__sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
}

#elif defined(FIBER_THREAD)

#include <sanitizer/tsan_interface.h>

#define FIBER_SWITCHES __attribute__((noinline, no_sanitize_thread))

struct fiber {
	void *history;
};

static inline void fiber_open(struct fiber *fiber, const struct stack_pool *pool, void *header)
{
	(void)pool, (void)header;
	fiber->history = __tsan_create_fiber(0);
}

static inline void fiber_open_first(struct fiber *fiber)
{
	fiber->history = __tsan_get_current_fiber();
}

static inline void fiber_close(struct fiber *fiber)
{
	__tsan_destroy_fiber(fiber->history);
}

static inline __attribute__((always_inline)) void fiber_leave(struct fiber *from, const struct fiber *to)
{
	(void)from;
	__tsan_switch_to_fiber(to->history, 0);
}

static inline __attribute__((always_inline)) void fiber_arrive(const struct fiber *self)
{
	(void)self;
}

#else

#define FIBER_SWITCHES

struct fiber {
};

#define fiber_open(fiber, pool, header) ((void)0)
#define fiber_open_first(fiber) ((void)0)
#define fiber_close(fiber) ((void)0)
#define fiber_leave(from, to) ((void)0)
#define fiber_arrive(self) ((void)0)

#endif

#endif
