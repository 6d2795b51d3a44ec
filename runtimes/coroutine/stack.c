/* stack.c: see stack.h. A slab is carved from its lower end upwards; the colour of a slot follows from its number. */
#include "stack.h"

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
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* linux/mman.h since 6.13 */
#endif

enum { LINE = 64, COLOURS = 32, SLAB_SLOTS = 512, FIRST_GUARDS = 16, MOST_GUARDS = 128 };

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

void stack_pool_open(struct stack_pool *pool, size_t header_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*pool = (struct stack_pool){
		.page_bytes = page,
		.slot_bytes = STACK_BYTES < 4 * page ? 4 * page : STACK_BYTES,
		.header_bytes = (header_bytes + LINE - 1) / LINE * LINE,
		.guards_advise = kernel_makes_guards(page),
	};
}

static size_t slab_bytes(const struct stack_pool *pool)
{
	return SLAB_SLOTS * pool->slot_bytes;
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

static bool add_slab(struct stack_pool *pool)
{
	struct stack_slab *slab = add_room(pool) ? calloc(1, sizeof(*slab)) : NULL;

	if (!slab) {
		explain(pool, "malloc", "add memory or run fewer tasks");
		return false;
	}
	slab->base = mmap(NULL, slab_bytes(pool), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (slab->base == MAP_FAILED) {
		explain(pool, "mmap", "raise the limit of address space (ulimit -v) or run fewer tasks");
		free(slab);
		return false;
	}
	/* A huge page under 64 stacks would cost all of them at the first touch of one. */
	madvise(slab->base, slab_bytes(pool), MADV_NOHUGEPAGE);
	if (RUNNING_ON_VALGRIND)
		slab->valgrind_ids = calloc(SLAB_SLOTS, sizeof(*slab->valgrind_ids));
	slab->next = pool->slabs;
	pool->slabs = slab;
	pool->fresh = pool->guarded = slab->base;
	pool->end = slab->base + slab_bytes(pool);
	return true;
}

/* All guards in one call where the kernel allows it; returns how many slots have theirs. */
static size_t advise_together(const struct stack_pool *pool, size_t count)
{
	struct iovec guards[MOST_GUARDS]; /* 2 KiB of the spawning task's stack */
	int self = RUNNING_ON_VALGRIND ? -1 : (int)syscall(SYS_pidfd_open, getpid(), 0); /* it knows no such call */

	if (self < 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		guards[i] = (struct iovec){pool->guarded + i * pool->slot_bytes, pool->page_bytes};
	long bytes = syscall(SYS_process_madvise, self, guards, count, MADV_GUARD_INSTALL, 0);

	close(self);
	return bytes < 0 ? 0 : (size_t)bytes / pool->page_bytes;
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

/* Puts guards under the next slots: few at first, since most plays have few tasks, and then as many as there are. */
static bool add_guards(struct stack_pool *pool)
{
	size_t left = (size_t)(pool->end - pool->guarded) / pool->slot_bytes;
	size_t count = pool->carved < FIRST_GUARDS ? FIRST_GUARDS : pool->carved;

	if (count > MOST_GUARDS)
		count = MOST_GUARDS;
	if (count > left)
		count = left;
	if (pool->guards_advise)
		pool->guarded += advise_together(pool, count) * pool->slot_bytes;
	while (pool->guarded < pool->fresh + count * pool->slot_bytes && guard_one(pool))
		pool->guarded += pool->slot_bytes;
	return pool->guarded > pool->fresh;
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
	size_t index = (size_t)(slot - pool->slabs->base) / pool->slot_bytes;
	char *header = header_of_slot(pool, slot, index % COLOURS);

	if (pool->slabs->valgrind_ids)
		pool->slabs->valgrind_ids[index] = VALGRIND_STACK_REGISTER(slot + pool->page_bytes, header);
	pool->fresh += pool->slot_bytes;
	pool->carved++;
	return header;
}

static struct stack_slab *slab_of(const struct stack_pool *pool, const char *address)
{
	struct stack_slab *slab = pool->slabs;

	while (slab && (address < slab->base || address >= slab->base + slab_bytes(pool)))
		slab = slab->next;
	return slab;
}

static char *slot_of(const struct stack_pool *pool, const struct stack_slab *slab, const char *address)
{
	return slab->base + (size_t)(address - slab->base) / pool->slot_bytes * pool->slot_bytes;
}

char *stack_bottom(const struct stack_pool *pool, const void *header)
{
	const char *below = (const char *)header - 1; /* the first byte of the frames: the header may be empty */

	return slot_of(pool, slab_of(pool, below), below) + pool->page_bytes;
}

void *stack_guarded_by(const struct stack_pool *pool, const void *address)
{
	const struct stack_slab *slab = slab_of(pool, address);

	if (!slab)
		return NULL;
	char *slot = slot_of(pool, slab, address);

	if ((const char *)address >= slot + pool->page_bytes)
		return NULL;
	return header_of_slot(pool, slot, (size_t)(slot - slab->base) / pool->slot_bytes % COLOURS);
}
