/* stack.h: guarded stacks from slabs, the last one given back taken first.
 *
 *	one slot of a slab, higher addresses first
 *
 *	+--------------------------+ <- slot + bytes, a multiple of the page size
 *	| colour: (i mod 32) * 64  |    unused, so that the busy lines of many stacks spread over the sets of the cache
 *	+--------------------------+
 *	| header, if asked for     |    the user's; never touched by the pool
 *	+--------------------------+ <- stack_take() returns this address: the stack pointer starts here, aligned to 64
 *	| frames                   |
 *	|    |                     |    only pages that were touched exist: a suspended task of few frames has one
 *	|    v                     |
 *	|                          |
 *	+--------------------------+ <- slot + guard
 *	| guard page               |    any access is a SIGSEGV, see overflow.h
 *	+--------------------------+ <- slot
 *
 * Slots follow each other, so that a guard page lies on both sides of every stack. Guards are made with
 * MADV_GUARD_INSTALL (Linux 6.13, madvise(2)), which takes no mapping of its own; where the kernel lacks it, with
 * mprotect(2), which takes two for each stack, so that vm.max_map_count ends it at about 32,000 stacks.
 *
 * Slots of less than four pages are a power of two, have no guard, and lie as many in a page as fit. What lies below is
 * then overwritten in silence at first; but the lowest word of each slot without a guard holds a mark, and
 * overflow_check() ends the program if it is gone. So that the mark takes no page of its own, slots larger than a page
 * begin a line below a page, in the one that the stack below touches first. Under the lowest slot of a slab there is a
 * guard page all the same.
 *
 * A page fault costs more than the memory that it brings: where there are thousands of stacks, the tops of the next
 * STACKS_TOGETHER get theirs in one call (MADV_POPULATE_WRITE). Memory once touched stays with the pool while it is
 * likely to be used again. Free stacks beyond STACKS_KEPT (or an eighth of the machine's memory) give their pages back
 * to the kernel when nobody is ready to run (stack_tidy()), those free for longest first and STACKS_TOGETHER at a time;
 * their guards stay. Stacks that share pages keep them. One thread. */
#ifndef SIMUL_COROUTINE_STACK_H
#define SIMUL_COROUTINE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of address space for each slot: the guard page, the colour, the header and the frames. The instrumentation of a
 * sanitizer makes frames several times as large. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_BYTES (256 * 1024)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_BYTES (256 * 1024)
#endif
#endif
#ifndef STACK_BYTES
#define STACK_BYTES (32 * 1024)
#endif

#define STACKS_KEPT (128 * 1024)
#define STACKS_TOGETHER 128

/* How many turns before its own a free stack is fetched. */
#define STACK_FETCH_AHEAD 6

struct stack_slab;

struct stack_pool {
	void **free; /* headers of free stacks, the one given last at the end; room for every stack there is */
	size_t frees;
	size_t bare;   /* so many at the beginning have given their pages back */
	size_t kept;   /* free ones that keep their pages, about */
	char *fresh;   /* slots never taken: their guards stand, if they have some, in [fresh, guarded) ... */
	char *guarded; /* ... and not yet in [guarded, end) */
	char *end;
	struct stack_slab *slabs;
	size_t slot_bytes, page_bytes, guard_bytes, header_bytes;
	size_t foot_bytes; /* of a slab, in whole pages, the lowest one a guard; none where each slot has one */
	size_t lowered;    /* bytes that slots begin below a page */
	size_t colours;
	size_t room;        /* of free */
	size_t carved;      /* slots taken at least once */
	bool guards_advise; /* by madvise, not by mprotect */
	bool marked;        /* a word at the bottom tells of an overflow: slots without guards */
	bool dispersed;     /* pages were given back, and marks with them: they read as 0 */
	bool explained;     /* why there are no more stacks: said once */
};

/* Header_bytes are kept for the user at the top of each stack, with the alignment of a cache line; at most 1 KiB. Size
 * and guards are as runtime.h has them. Cannot fail. */
void stack_pool_open(struct stack_pool *pool, size_t header_bytes);

/* From now on about so many free stacks, at least 1, keep their pages, instead of STACKS_KEPT. */
void stack_pool_keep(struct stack_pool *pool, size_t count);

/* Unmaps all stacks, taken or not. */
void stack_pool_close(struct stack_pool *pool);

/* The slow half of stack_take(): a stack without pages, or NULL. */
void *stack_take_bare(struct stack_pool *pool);

/* To be called when nobody is ready to run, since it takes about half a microsecond a stack: if there are many free
 * ones, STACKS_TOGETHER of them give their pages back. False: there are not. */
bool stack_tidy(struct stack_pool *pool);

/* A stack that was never taken, or NULL. */
void *stack_carve(struct stack_pool *pool);

/* No stack has pages: taking one takes longer. */
static inline bool stack_none_laden(const struct stack_pool *pool)
{
	return pool->frees == pool->bare;
}

/* A stack: the address of its header, which is as its last user left it, or zero. The frames go below.
 * NULL: no memory, or no mapping, is left; a sentence on standard error says which, once.
 * Addresses of free stacks are kept apart from the stacks, so that those taken soon can be fetched into the cache. */
static inline void *stack_take(struct stack_pool *pool)
{
	if (__builtin_expect(stack_none_laden(pool), 0))
		return stack_take_bare(pool);
	void *header = pool->free[--pool->frees];

	if (pool->frees >= STACK_FETCH_AHEAD) {
		const char *coming = pool->free[pool->frees - STACK_FETCH_AHEAD];

		__builtin_prefetch(coming - 64, 1);
		__builtin_prefetch(coming - 128, 1);
		__builtin_prefetch(coming - 192, 1);
	}
	return header;
}

static inline void stack_give(struct stack_pool *pool, void *header)
{
	pool->free[pool->frees++] = header;
}

/* Whether the mark at the bottom is gone. Of marked stacks only. */
bool stack_mark_gone(const struct stack_pool *pool, const void *header);

/* Whether that of any stack is gone. Async-signal-safe. */
bool stack_any_mark_gone(const struct stack_pool *pool);

/* The lowest usable byte of the stack under header. */
char *stack_bottom(const struct stack_pool *pool, const void *header);

/* Whether address lies in a guard page. Then *header is that of the stack above it, or NULL if the page guards a whole
 * slab, through which any of its stacks may have come. Async-signal-safe. */
bool stack_guards(const struct stack_pool *pool, const void *address, const void **header);

#endif
