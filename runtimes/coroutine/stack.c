/* stack.c: see stack.h. A slab is carved from its lower end upwards; the colour of a slot follows from its number. */
#include "stack.h"

#include "../runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef ASAN_UNPOISON_MEMORY_REGION
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* linux/mman.h since 5.14 */
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* linux/mman.h since 6.13 */
#endif

enum { LINE = 64, MOST_COLOURS = 32, SLAB_SLOTS = 512, FIRST_GUARDS = 16, LEAST_PAGES = 4 };

/* Where there are so many stacks, STACKS_TOGETHER more that are not used yet are 1.6 % of them. */
enum { POPULATE_FROM = 64 * STACKS_TOGETHER };

#define MARK UINT64_C(0x5a17c0de0ff5ac1d)

struct stack_slab {
	struct stack_slab *next;
	char *base;
	unsigned *valgrind_ids; /* by slot; NULL outside of valgrind */
};

/* Whether the kernel makes guard pages: asked by letting it write to one. The answer of madvise() alone does not do:
 * an emulator may take the advice for a hint and ignore it. */
static bool kernel_makes_guards(size_t page_bytes)
{
	bool works = false;
	char *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return false;
	if (madvise(page, page_bytes, MADV_GUARD_INSTALL) == 0)
		works = syscall(SYS_getrandom, page, 1, 0) < 0 && errno == EFAULT;
	munmap(page, page_bytes);
	return works;
}

/* A power of two where slots share pages, whole pages elsewhere. */
static size_t slot_bytes(size_t page)
{
	size_t asked = runtime_stack_bytes, bytes = RUNTIME_STACK_LEAST;

	if (asked == 0)
		asked = STACK_BYTES < LEAST_PAGES * page ? LEAST_PAGES * page : STACK_BYTES;
	if (asked >= LEAST_PAGES * page)
		return (asked + page - 1) / page * page;
	while (bytes < asked)
		bytes *= 2;
	return bytes;
}

/* All where stacks share pages, which cannot be given back one by one. */
static size_t stacks_kept(bool share_pages)
{
	long pages = sysconf(_SC_PHYS_PAGES) / 8;

	if (share_pages)
		return SIZE_MAX / 2;
	return pages > 0 && pages < STACKS_KEPT ? (size_t)pages : STACKS_KEPT;
}

void stack_pool_keep(struct stack_pool *pool, size_t count)
{
	pool->kept = count;
}

void stack_pool_open(struct stack_pool *pool, size_t header_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), slot = slot_bytes(page);
	bool guarded = slot >= LEAST_PAGES * page && !runtime_stack_unguarded, lowered = !guarded && slot > page;

	if (runtime_stack_bytes > 0)
		runtime_stack_bytes = slot;
	*pool = (struct stack_pool){
		.page_bytes = page,
		.slot_bytes = slot,
		.guard_bytes = guarded ? page : 0,
		.header_bytes = (header_bytes + LINE - 1) / LINE * LINE,
		.colours = slot / 8 / LINE < MOST_COLOURS ? slot / 8 / LINE : MOST_COLOURS,
		.guards_advise = guarded && kernel_makes_guards(page),
		.foot_bytes = guarded   ? 0
			      : lowered ? 2 * page
					: page,
		.lowered = lowered ? LINE : 0,
		.marked = !guarded,
	};
	stack_pool_keep(pool, stacks_kept(slot <= page));
}

static size_t slab_bytes(const struct stack_pool *pool)
{
	return pool->foot_bytes + SLAB_SLOTS * pool->slot_bytes;
}

static char *first_slot(const struct stack_pool *pool, const struct stack_slab *slab)
{
	return slab->base + pool->foot_bytes - pool->lowered;
}

static char *behind_slots(const struct stack_pool *pool, const struct stack_slab *slab)
{
	return first_slot(pool, slab) + SLAB_SLOTS * pool->slot_bytes;
}

void stack_pool_close(struct stack_pool *pool)
{
	for (struct stack_slab *slab = pool->slabs, *next; slab; slab = next) {
		next = slab->next;
		for (size_t i = 0; slab->valgrind_ids && i < SLAB_SLOTS; i++)
			VALGRIND_STACK_DEREGISTER(slab->valgrind_ids[i]);
		ASAN_UNPOISON_MEMORY_REGION(slab->base, slab_bytes(pool));
		munmap(slab->base, slab_bytes(pool));
		free(slab->valgrind_ids);
		free(slab);
	}
	free(pool->free);
	*pool = (struct stack_pool){0};
}

static void explain(struct stack_pool *pool, const char *call, const char *advice)
{
	int error = errno;

	if (!pool->explained)
		fprintf(stderr, "no further stack after %zu: %s: %s; %s\n", pool->carved, call, strerror(error),
			advice);
	pool->explained = true;
}

/* Room for the address of every stack, so that giving one back cannot fail. */
static bool add_room(struct stack_pool *pool)
{
	size_t room = pool->room ? pool->room : SLAB_SLOTS;

	while (room < pool->carved + SLAB_SLOTS)
		room *= 2;
	void **grown = room > pool->room ? realloc(pool->free, room * sizeof(*grown)) : pool->free;

	if (!grown)
		return false;
	pool->free = grown;
	pool->room = room;
	return true;
}

/* Its memory, with a guard below where the slots have none. */
static bool map_slab(struct stack_pool *pool, struct stack_slab *slab)
{
	slab->base = mmap(NULL, slab_bytes(pool), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (slab->base == MAP_FAILED) {
		explain(pool, "mmap", "raise the limit of address space (ulimit -v) or run fewer tasks");
		return false;
	}
	if (pool->foot_bytes > 0 && mprotect(slab->base, pool->page_bytes, PROT_NONE) < 0) {
		explain(pool, "mprotect", "raise vm.max_map_count (sysctl) or run fewer tasks");
		munmap(slab->base, slab_bytes(pool));
		return false;
	}
	/* A huge page under 64 stacks would cost all of them at the first touch of one. */
	madvise(slab->base, slab_bytes(pool), MADV_NOHUGEPAGE);
	return true;
}

static bool add_slab(struct stack_pool *pool)
{
	struct stack_slab *slab = add_room(pool) ? calloc(1, sizeof(*slab)) : NULL;

	if (!slab) {
		explain(pool, "malloc", "add memory or run fewer tasks");
		return false;
	}
	if (!map_slab(pool, slab)) {
		free(slab);
		return false;
	}
	if (RUNNING_ON_VALGRIND)
		slab->valgrind_ids = calloc(SLAB_SLOTS, sizeof(*slab->valgrind_ids));
	slab->next = pool->slabs;
	pool->slabs = slab;
	pool->fresh = pool->guarded = first_slot(pool, slab);
	pool->end = behind_slots(pool, slab);
	return true;
}

/* One advice for all ranges in one call, where the kernel allows that; returns the bytes that took it. */
static size_t advise_together(const struct iovec *ranges, size_t count, int advice)
{
	int self = RUNNING_ON_VALGRIND ? -1 : (int)syscall(SYS_pidfd_open, getpid(), 0); /* it knows no such call */

	if (self < 0)
		return 0;
	long bytes = syscall(SYS_process_madvise, self, ranges, count, advice, 0);

	close(self);
	return bytes < 0 ? 0 : (size_t)bytes;
}

/* Returns how many slots have their guards. */
static size_t guard_together(const struct stack_pool *pool, size_t count)
{
	struct iovec guards[STACKS_TOGETHER]; /* 2 KiB of the spawning task's stack */

	for (size_t i = 0; i < count; i++)
		guards[i] = (struct iovec){pool->guarded + i * pool->slot_bytes, pool->page_bytes};
	return advise_together(guards, count, MADV_GUARD_INSTALL) / pool->page_bytes;
}

static bool guard_one(struct stack_pool *pool)
{
	if (pool->guards_advise) {
		if (madvise(pool->guarded, pool->page_bytes, MADV_GUARD_INSTALL) == 0)
			return true;
		explain(pool, "madvise", "add memory or run fewer tasks");
		return false;
	}
	if (mprotect(pool->guarded, pool->page_bytes, PROT_NONE) == 0)
		return true;
	explain(pool, "mprotect",
		"before Linux 6.13 a guarded stack takes two mappings: raise vm.max_map_count (sysctl) or run fewer "
		"tasks");
	return false;
}

/* Memory for the tops of the next slots, in one call instead of a page fault each. Where the kernel does not do that
 * for one's own process (before Linux 6.13) they come with the faults. */
static void populate_together(const struct stack_pool *pool, size_t count)
{
	struct iovec tops[STACKS_TOGETHER]; /* 2 KiB of the spawning task's stack */
	size_t pages = 0;

	for (size_t i = 1; i <= count; i++) {
		uintptr_t last = (uintptr_t)pool->fresh + i * pool->slot_bytes - 1;
		void *page = (void *)(last & ~(uintptr_t)(pool->page_bytes - 1));

		if (pages == 0 || tops[pages - 1].iov_base != page)
			tops[pages++] = (struct iovec){page, pool->page_bytes};
	}
	advise_together(tops, pages, MADV_POPULATE_WRITE);
}

/* Puts guards under the next slots: few at first, since most plays have few tasks, and then as many as there are. */
static bool add_guards(struct stack_pool *pool)
{
	size_t left = (size_t)(pool->end - pool->guarded) / pool->slot_bytes;
	size_t count = pool->carved < FIRST_GUARDS ? FIRST_GUARDS : pool->carved;

	if (count > STACKS_TOGETHER)
		count = STACKS_TOGETHER;
	if (count > left)
		count = left;
	if (pool->guard_bytes == 0)
		pool->guarded += count * pool->slot_bytes;
	else if (pool->guards_advise)
		pool->guarded += guard_together(pool, count) * pool->slot_bytes;
	while (pool->guarded < pool->fresh + count * pool->slot_bytes && guard_one(pool))
		pool->guarded += pool->slot_bytes;
	if (pool->carved >= POPULATE_FROM)
		populate_together(pool, (size_t)(pool->guarded - pool->fresh) / pool->slot_bytes);
	return pool->guarded > pool->fresh;
}

/* A header lies in the last page of its slot, or the last bytes of a slot that is part of a page. */
char *stack_bottom(const struct stack_pool *pool, const void *header)
{
	uintptr_t unit = pool->slot_bytes < pool->page_bytes ? pool->slot_bytes : pool->page_bytes;
	uintptr_t end = ((uintptr_t)header + pool->lowered + unit - 1) & ~(unit - 1);

	return (char *)(end - pool->lowered - pool->slot_bytes + pool->guard_bytes);
}

/* Not instrumented: a frame that lies there may have left its traces. */
static __attribute__((noinline, no_sanitize_address)) bool gone(const struct stack_pool *pool, const char *bottom)
{
	uint64_t mark = *(const uint64_t *)bottom;

	return mark != MARK && (mark != 0 || !pool->dispersed);
}

bool stack_mark_gone(const struct stack_pool *pool, const void *header)
{
	return gone(pool, stack_bottom(pool, header));
}

bool stack_any_mark_gone(const struct stack_pool *pool)
{
	for (const struct stack_slab *slab = pool->slabs; slab && pool->marked; slab = slab->next) {
		const char *end = slab == pool->slabs ? pool->fresh : behind_slots(pool, slab);

		for (const char *slot = first_slot(pool, slab); slot < end; slot += pool->slot_bytes)
			if (gone(pool, slot))
				return true;
	}
	return false;
}

static char *header_of_slot(const struct stack_pool *pool, char *slot, size_t colour)
{
	return slot + pool->slot_bytes - colour * LINE - pool->header_bytes;
}

void *stack_carve(struct stack_pool *pool)
{
	if (pool->fresh == pool->end && !add_slab(pool))
		return NULL;
	if (pool->fresh == pool->guarded && !add_guards(pool))
		return NULL;
	char *slot = pool->fresh;
	size_t index = (size_t)(slot - first_slot(pool, pool->slabs)) / pool->slot_bytes;
	char *header = header_of_slot(pool, slot, index % pool->colours);

	if (pool->slabs->valgrind_ids)
		pool->slabs->valgrind_ids[index] = VALGRIND_STACK_REGISTER(slot + pool->guard_bytes, header);
	if (pool->marked)
		*(uint64_t *)slot = MARK;
	pool->fresh += pool->slot_bytes;
	pool->carved++;
	return header;
}

void *stack_take_bare(struct stack_pool *pool)
{
	if (pool->frees == 0)
		return stack_carve(pool);
	pool->bare -= pool->bare < STACKS_TOGETHER ? pool->bare : STACKS_TOGETHER;
	return pool->free[--pool->frees];
}

bool stack_tidy(struct stack_pool *pool)
{
	struct iovec frames[STACKS_TOGETHER]; /* 2 KiB of the stack of the task that suspends */

	if (pool->frees < pool->bare + pool->kept + STACKS_TOGETHER)
		return false;
	for (size_t i = 0; i < STACKS_TOGETHER; i++) {
		char *bottom = stack_bottom(pool, pool->free[pool->bare + i]);

		/* The last page holds the mark of the stack above, if there are marks. */
		frames[i] = (struct iovec){bottom + pool->lowered, pool->slot_bytes - pool->guard_bytes};
	}
	if (advise_together(frames, STACKS_TOGETHER, MADV_DONTNEED) == 0)
		for (size_t i = 0; i < STACKS_TOGETHER; i++)
			madvise(frames[i].iov_base, frames[i].iov_len, MADV_DONTNEED);
	pool->bare += STACKS_TOGETHER;
	pool->dispersed = true;
	return true;
}

static struct stack_slab *slab_of(const struct stack_pool *pool, const char *address)
{
	struct stack_slab *slab = pool->slabs;

	while (slab && (address < slab->base || address >= slab->base + slab_bytes(pool)))
		slab = slab->next;
	return slab;
}

bool stack_guards(const struct stack_pool *pool, const void *address, const void **header)
{
	const struct stack_slab *slab = slab_of(pool, address);

	*header = NULL;
	if (!slab)
		return false;
	size_t offset = (size_t)((const char *)address - slab->base), index = offset / pool->slot_bytes;

	if (pool->guard_bytes == 0)
		return offset < pool->page_bytes;
	if (offset % pool->slot_bytes >= pool->guard_bytes)
		return false;
	*header = header_of_slot(pool, slab->base + index * pool->slot_bytes, index % pool->colours);
	return true;
}
