/* readiness.c: see readiness.h. Descriptors lie in chunks that never move, since other workers may be looking at them.
 *
 * An event carries the descriptor and the generation of its registration: one that was taken by a worker before another
 * worker closed the descriptor is dropped. Where it slips through between the comparison and the exchange, it is an
 * edge for nothing, which everybody must bear anyway. */
#include "readiness.h"

#include "../check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { CHUNK = 256, CHUNKS = 8192, BATCH = 128 };

struct descriptor {
	_Atomic(void *) state[2]; /* release for who waits; acquire by who wakes */
	_Atomic uint32_t generation;
	_Atomic bool adopted;
	_Atomic bool ended; /* the peer has closed or failed: reading stays ready, since no further edge may come */
};

static char ready_mark, closed_mark;
#define IDLE NULL
#define READY ((void *)&ready_mark)
#define CLOSED ((void *)&closed_mark)

static int set;
static _Atomic(struct descriptor *) chunks[CHUNKS];

int readiness_open(void)
{
	set = epoll_create1(EPOLL_CLOEXEC);
	return set < 0 ? -errno : 0;
}

void readiness_close(void)
{
	close(set);
	for (int i = 0; i < CHUNKS; i++)
		free(atomic_exchange_explicit(&chunks[i], NULL, memory_order_relaxed));
}

int readiness_set(void)
{
	return set;
}

/* NULL: never adopted. */
static struct descriptor *find(int fd)
{
	if (fd < 0 || fd >= CHUNKS * CHUNK)
		return NULL;
	struct descriptor *chunk = atomic_load_explicit(&chunks[fd / CHUNK], memory_order_acquire);

	return chunk ? &chunk[fd % CHUNK] : NULL;
}

static struct descriptor *find_or_make(int fd)
{
	struct descriptor *there = find(fd), *none = NULL, *chunk;

	if (there || fd < 0 || fd >= CHUNKS * CHUNK)
		return there;
	chunk = calloc(CHUNK, sizeof(*chunk));
	if (!chunk)
		return NULL;
	/* Release: partner of the acquire in find(). Two workers may make the same chunk; one is thrown away. */
	if (!atomic_compare_exchange_strong_explicit(&chunks[fd / CHUNK], &none, chunk, memory_order_acq_rel,
						     memory_order_acquire))
		free(chunk);
	return find(fd);
}

static struct descriptor *adopted(int fd)
{
	struct descriptor *descriptor = find(fd);

	return descriptor && atomic_load_explicit(&descriptor->adopted, memory_order_acquire) ? descriptor : NULL;
}

int readiness_adopt(int fd)
{
	struct descriptor *descriptor = find_or_make(fd);
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};

	if (!descriptor)
		return fd < 0 ? -EBADF : -ENOMEM;
	if (adopted(fd))
		return -EEXIST;
	/* All before the registration, whose first edge may come at once: it reports what is readable already.
	 * Writing mostly succeeds: it is tried without waiting for an edge. */
	event.data.u64 = (uint64_t)(atomic_fetch_add(&descriptor->generation, 1) + 1) << 32 | (uint32_t)fd;
	atomic_store(&descriptor->state[READING], IDLE);
	atomic_store(&descriptor->state[WRITING], READY);
	atomic_store(&descriptor->ended, false);
	atomic_store(&descriptor->adopted, true);
	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	int error = errno;

	atomic_store(&descriptor->adopted, false);
	return -error;
}

/* Exchanges the state; whoever waited becomes ready. */
static void tell(struct worker *worker, struct descriptor *descriptor, enum direction direction, void *state)
{
	/* Acquire: partner of the release in readiness_wait(), for the task that is resumed. */
	void *former = atomic_exchange_explicit(&descriptor->state[direction], state, memory_order_acq_rel);

	if (former == IDLE || former == READY || former == CLOSED)
		return;
	((struct unit *)former)->entry.result = state == CLOSED ? -EBADF : 0;
	count_up(&worker->unblocked);
	worker_ready(worker, former);
}

int readiness_forget(struct worker *worker, int fd)
{
	struct descriptor *descriptor = adopted(fd);

	if (!descriptor)
		return -EBADF;
	/* Closing alone would leave the registration alive while a duplicate of the descriptor is open anywhere. */
	epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
	atomic_fetch_add(&descriptor->generation, 1);
	atomic_store(&descriptor->adopted, false);
	tell(worker, descriptor, READING, CLOSED);
	tell(worker, descriptor, WRITING, CLOSED);
	return 0;
}

_Atomic(void *) *readiness_of(int fd, enum direction direction)
{
	struct descriptor *descriptor = adopted(fd);

	return descriptor ? &descriptor->state[direction] : NULL;
}

int readiness_take(_Atomic(void *) *word)
{
	void *state = READY;

	/* Acquire: what the edge told of is seen by the operation that follows. */
	if (atomic_compare_exchange_strong_explicit(word, &state, IDLE, memory_order_acquire, memory_order_acquire))
		return 1;
	return state == CLOSED ? -EBADF : 0;
}

void readiness_put(_Atomic(void *) *word)
{
	void *state = IDLE;

	atomic_compare_exchange_strong_explicit(word, &state, READY, memory_order_release, memory_order_relaxed);
}

void readiness_short_read(int fd)
{
	struct descriptor *descriptor = adopted(fd);

	/* Sequentially consistent, with handle(): it sets `ended` before READY, and READY was taken away before. */
	if (descriptor && atomic_load(&descriptor->ended))
		readiness_put(&descriptor->state[READING]);
}

void readiness_connecting(int fd)
{
	struct descriptor *descriptor = adopted(fd);

	if (!descriptor)
		return;
	atomic_store(&descriptor->ended, false);
	readiness_take(&descriptor->state[READING]);
	readiness_take(&descriptor->state[WRITING]);
}

bool readiness_wait(struct unit *unit)
{
	void *state = IDLE;

	/* Release: whoever wakes the unit sees all that it has done. */
	return atomic_compare_exchange_strong_explicit(unit->direction, &state, unit, memory_order_acq_rel,
						       memory_order_acquire);
}

static void handle(struct worker *worker, const struct epoll_event *event)
{
	struct descriptor *descriptor = adopted((int)(uint32_t)event->data.u64);

	if (!descriptor || atomic_load(&descriptor->generation) != event->data.u64 >> 32)
		return;
	if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		atomic_store(&descriptor->ended, true);
	if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		tell(worker, descriptor, READING, READY);
	if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		tell(worker, descriptor, WRITING, READY);
}

void readiness_look(struct worker *worker)
{
	struct epoll_event events[BATCH]; /* on the thread's own stack: only hubs look */
	int count = epoll_wait(set, events, BATCH, 0);

	CHECK(count >= 0 || errno == EINTR, "looking for ready descriptors failed: %s", strerror(errno));
	for (int i = 0; i < count; i++)
		handle(worker, &events[i]);
}
