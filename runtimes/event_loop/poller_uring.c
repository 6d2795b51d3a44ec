/* poller_uring.c: poller.h by io_uring. The kernel does the operations: those of a turn are submitted by one system
 * call, the one by which the loop looks for what has ended, or waits for it.
 *
 * What always holds: a slot, which is a direction of a descriptor, is free, or its operation is the kernel's, or that
 * has ended and its entry is on the way to fetch the result. The kernel knows a slot by its number, so the table may
 * move. poller_forget() waits until the kernel has let go of what is under way on the descriptor: no completion
 * outlives it, and who is told so may use its buffer. An operation on a file has no slot: it is known by its address.
 *
 * Sources: io_uring_setup(2), io_uring_enter(2); J. Axboe, "Efficient IO with io_uring", 2019. */
#include "poller_uring.h"

#include "descriptors.h"

#include "../check.h"
#include "../clock.h"
#include "../runtime.h"
#include "../settings.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	SUBMISSIONS = 256,  /* that one system call takes over */
	COMPLETIONS = 4096, /* that lie ready; the kernel keeps what exceeds them (IORING_FEAT_NODROP) */
	NOBODY = 0          /* the tag of an operation whose end nobody waits for */
};

/* In the tag of an operation on a file, beside its address. */
#define FILE_TAG (UINT64_C(1) << 63)

enum state { FREE, SUBMITTED, ENDED };

struct slot {
	struct loop_entry *entry; /* who waits, or is on its way to fetch the result */
	int result;
	enum state state;
	bool accepts; /* a result >= 0 is a descriptor */
};

struct descriptor {
	struct slot slot[2]; /* by direction */
	bool adopted;
};

struct poller_kernel {
	struct io_uring ring;
	struct descriptor *descriptors; /* by number */
	int capacity;
	bool files;              /* there were operations on some: the kernel's threads keep to our cores */
	struct loop_queue early; /* entries whose operations ended between two polls */
};

/* The ways to set a ring up, the best first: completions are dealt with only when this thread asks for them
 * (Linux 6.1), or whenever it enters the kernel anyway (5.19), or as the kernel likes. */
static const unsigned setups[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
	IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
	0,
};

/* All in Linux 5.11: waiting with a timeout in ns, sockets that wait without a thread, nothing lost. */
#define NEEDED (IORING_FEAT_EXT_ARG | IORING_FEAT_FAST_POLL | IORING_FEAT_NODROP)

/* Opening and closing. */

static int set_up(struct io_uring *ring)
{
	int error = -EINVAL;

	for (size_t i = 0; i < sizeof(setups) / sizeof(setups[0]) && error == -EINVAL; i++) {
		struct io_uring_params parameters = {.flags = setups[i] | IORING_SETUP_CQSIZE,
						     .cq_entries = COMPLETIONS};

		error = io_uring_queue_init_params(SUBMISSIONS, ring, &parameters);
	}
	if (error < 0)
		return error;
	if ((ring->features & NEEDED) != NEEDED) {
		io_uring_queue_exit(ring);
		return -ENOSYS;
	}
	runtime_note("io_uring_defer_taskrun", (ring->flags & IORING_SETUP_DEFER_TASKRUN) != 0);
	runtime_note("io_uring_coop_taskrun", (ring->flags & IORING_SETUP_COOP_TASKRUN) != 0);
	io_uring_register_ring_fd(ring); /* saves a look-up a call; not before Linux 5.18, and not needed */
	return 0;
}

static void explain(int error)
{
	struct rlimit limit = {0};

	switch (error) {
	case -ENOSYS:
		runtime_cannot_run(
			"this kernel has no io_uring, or an old one: Linux 5.11 or later has what is needed");
		break;
	case -EPERM:
	case -EACCES:
		runtime_cannot_run("io_uring is forbidden here, by the sysctl kernel.io_uring_disabled or by a seccomp "
				   "filter (containers have one)");
		break;
	case -ENOMEM:
		getrlimit(RLIMIT_MEMLOCK, &limit);
		runtime_cannot_run("io_uring may not lock the memory that it needs: ulimit -l is %llu KiB",
				   (unsigned long long)limit.rlim_cur >> 10);
		break;
	}
}

int poller_open(struct poller *poller)
{
	struct poller_kernel *kernel = calloc(1, sizeof(*kernel));

	*poller = (struct poller){.kernel = kernel};
	if (!kernel)
		return -ENOMEM;
	int error = loop_queue_open(&kernel->early);

	if (error < 0)
		goto free_kernel;
	if ((error = set_up(&kernel->ring)) == 0)
		return 0;
	explain(error);
	loop_queue_close(&kernel->early);
free_kernel:
	free(kernel);
	return error;
}

void poller_close(struct poller *poller)
{
	io_uring_queue_exit(&poller->kernel->ring);
	loop_queue_close(&poller->kernel->early);
	free(poller->kernel->descriptors);
	free(poller->kernel);
}

/* Descriptors. */

static int reserve(struct poller_kernel *kernel, int fd)
{
	struct descriptor *table = descriptors_reserve(kernel->descriptors, &kernel->capacity, sizeof(*table), fd);

	if (!table)
		return -ENOMEM;
	kernel->descriptors = table;
	return 0;
}

static struct descriptor *find(const struct poller *poller, int fd)
{
	const struct poller_kernel *kernel = poller->kernel;

	if (fd < 0 || fd >= kernel->capacity || !kernel->descriptors[fd].adopted)
		return NULL;
	return &kernel->descriptors[fd];
}

bool poller_adopted(const struct poller *poller, int fd)
{
	return find(poller, fd);
}

static int enter(struct poller_kernel *kernel, int fd)
{
	int error = reserve(kernel, fd);

	if (error == 0)
		kernel->descriptors[fd] = (struct descriptor){.adopted = true};
	return error;
}

int poller_adopt(struct poller *poller, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if (find(poller, fd))
		return -EEXIST;
	/* On a non-blocking descriptor the kernel would not wait but answer EAGAIN. */
	if ((flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return -errno;
	return enter(poller->kernel, fd);
}

/* Completions. */

static struct loop_entry *end_in_slot(struct slot *slot, int result)
{
	slot->result = result;
	slot->state = ENDED;
	return slot->entry;
}

static struct loop_entry *end_on_file(struct poller_file *file, int result)
{
	file->result = result;
	return file->entry;
}

static void take_completion(struct poller *poller, const struct io_uring_cqe *cqe, struct loop_queue *ready)
{
	struct loop_entry *entry;

	if (cqe->user_data == NOBODY)
		return;
	if (cqe->user_data & FILE_TAG) {
		entry = end_on_file((struct poller_file *)(uintptr_t)(cqe->user_data & ~FILE_TAG), cqe->res);
	} else {
		uint64_t number = cqe->user_data - 1;

		entry = end_in_slot(&poller->kernel->descriptors[number / 2].slot[number % 2], cqe->res);
	}
	poller->waiting--;
	loop_queue_push(ready, entry);
}

static int take_completions(struct poller *poller, struct loop_queue *ready)
{
	struct io_uring *ring = &poller->kernel->ring;
	struct io_uring_cqe *cqe;
	unsigned head, count = 0;

	io_uring_for_each_cqe(ring, head, cqe)
	{
		take_completion(poller, cqe, ready);
		count++;
	}
	io_uring_cq_advance(ring, count);
	return (int)count;
}

/* Between two polls. The loop learns of them at the next one, and until then they count among those who wait. */
static void take_completions_early(struct poller *poller)
{
	unsigned waiting = poller->waiting;

	take_completions(poller, &poller->kernel->early);
	poller->waiting = waiting;
}

static int hand_over_early(struct poller *poller, struct loop_queue *ready)
{
	struct loop_queue *early = &poller->kernel->early;
	int count = 0;

	for (; !loop_queue_empty(early); count++) {
		poller->waiting--;
		loop_queue_push(ready, loop_queue_pop(early));
	}
	return count;
}

/* Submitting. */

static uint64_t tag_of(int fd, enum poller_direction direction)
{
	return 2 * (uint64_t)fd + direction + 1;
}

/* The kernel takes over nothing now, but will when completions have been collected: it lacks memory, or until about
 * Linux 5.18 keeps more of them than lie ready. */
static bool is_congested(int error)
{
	return error == -EAGAIN || error == -EBUSY;
}

/* A place for an operation; where there is none, those that are there go to the kernel first. */
static struct io_uring_sqe *place(struct poller *poller)
{
	struct io_uring *ring = &poller->kernel->ring;
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(ring))) {
		int error = io_uring_submit(ring);

		CHECK(error >= 0 || error == -EINTR || is_congested(error), "io_uring takes no operation: %s",
		      strerror(-error));
		if (is_congested(error))
			take_completions_early(poller);
	}
	return sqe;
}

/* What an operation's call comes to: the result of one that has ended; POLLER_WAITS and *sqe to be prepared for one
 * that begins; or why there can be none. */
static int begin_or_end(struct poller *poller, int fd, enum poller_direction direction, struct loop_entry *entry,
			struct io_uring_sqe **sqe)
{
	struct descriptor *descriptor = find(poller, fd);

	*sqe = NULL;
	if (!descriptor)
		return -EBADF;
	struct slot *slot = &descriptor->slot[direction];

	if (slot->state == SUBMITTED || (slot->state == ENDED && slot->entry != entry))
		return -EBUSY;
	if (slot->state == ENDED && slot->result != -EINTR && slot->result != -ECONNABORTED) {
		slot->state = FREE;
		return slot->result;
	}
	*slot = (struct slot){.entry = entry, .state = SUBMITTED};
	poller->waiting++;
	*sqe = place(poller);
	(*sqe)->user_data = tag_of(fd, direction);
	return POLLER_WAITS;
}

/* What one operation transfers at most; a read or a write may always be short. */
static unsigned length_of(size_t bytes)
{
	return bytes < INT_MAX ? (unsigned)bytes : INT_MAX;
}

ssize_t poller_read(struct poller *poller, int fd, void *buffer, size_t bytes, struct loop_entry *entry)
{
	struct io_uring_sqe *sqe;
	int result = begin_or_end(poller, fd, POLLER_READ, entry, &sqe);

	if (sqe)
		io_uring_prep_recv(sqe, fd, buffer, length_of(bytes), 0);
	return result;
}

ssize_t poller_write(struct poller *poller, int fd, const void *buffer, size_t bytes, struct loop_entry *entry)
{
	struct io_uring_sqe *sqe;
	int result = begin_or_end(poller, fd, POLLER_WRITE, entry, &sqe);

	if (sqe)
		io_uring_prep_send(sqe, fd, buffer, length_of(bytes), MSG_NOSIGNAL);
	return result;
}

int poller_accept(struct poller *poller, int listener, struct loop_entry *entry)
{
	struct io_uring_sqe *sqe;
	int result = begin_or_end(poller, listener, POLLER_READ, entry, &sqe);

	if (sqe) {
		io_uring_prep_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
		find(poller, listener)->slot[POLLER_READ].accepts = true;
	} else if (result >= 0 && enter(poller->kernel, result) < 0) {
		close(result);
		return -ENOMEM;
	}
	return result;
}

int poller_connect(struct poller *poller, int fd, const struct sockaddr *address, socklen_t length,
		   struct loop_entry *entry)
{
	struct io_uring_sqe *sqe;
	int result = begin_or_end(poller, fd, POLLER_WRITE, entry, &sqe);

	if (sqe)
		io_uring_prep_connect(sqe, fd, address, length);
	return result;
}

int poller_await(struct poller *poller, int fd, enum poller_direction direction, struct loop_entry *entry)
{
	struct io_uring_sqe *sqe;
	int result = begin_or_end(poller, fd, direction, entry, &sqe);

	if (sqe)
		io_uring_prep_poll_add(sqe, fd, direction == POLLER_READ ? POLLIN : POLLOUT);
	return result > 0 ? 0 : result;
}

void poller_drained(struct poller *poller, int fd, enum poller_direction direction)
{
	(void)poller, (void)fd, (void)direction; /* the kernel looks by itself */
}

/* Files. */

/* What may block is done by threads of the kernel's, which would run on any core. Where it knows no such bounds, before
 * Linux 5.14, they do. */
static void keep_to_our_cores(struct poller_kernel *kernel)
{
	cpu_set_t cores;

	if (!kernel->files && sched_getaffinity(0, sizeof(cores), &cores) == 0)
		io_uring_register_iowq_aff(&kernel->ring, sizeof(cores), &cores);
	kernel->files = true;
}

static struct io_uring_sqe *place_for(struct poller *poller, struct poller_file *file)
{
	struct io_uring_sqe *sqe;

	keep_to_our_cores(poller->kernel);
	poller->waiting++;
	sqe = place(poller);
	sqe->user_data = (uint64_t)(uintptr_t)file | FILE_TAG;
	return sqe;
}

void poller_file_begin(struct poller *poller, struct poller_file *file, enum poller_file_call call, int fd,
		       const void *buffer, size_t bytes, uint64_t at)
{
	static const int operations[] = {
		[POLLER_PREAD] = IORING_OP_READ,
		[POLLER_PWRITE] = IORING_OP_WRITE,
		[POLLER_FSYNC] = IORING_OP_FSYNC,
		[POLLER_CLOSE] = IORING_OP_CLOSE,
	};
	struct io_uring_sqe *sqe = place_for(poller, file);

	io_uring_prep_rw(operations[call], sqe, fd, buffer, length_of(bytes), at);
	/* The kernel would close at once, and free a file without a name on the way back to this thread: that waits for
	 * the disk. */
	if (call == POLLER_CLOSE)
		sqe->flags |= IOSQE_ASYNC;
}

void poller_file_open(struct poller *poller, struct poller_file *file, const char *path, int flags, mode_t mode)
{
	struct io_uring_sqe *sqe = place_for(poller, file);

	io_uring_prep_openat(sqe, AT_FDCWD, path, flags, mode);
}

/* Waiting. */

/* Whether the kernel has something to do: operations to take over, or ends of some that it has put off. */
static bool due(const struct io_uring *ring)
{
	return io_uring_sq_ready(ring) > 0 ||
	       (IO_URING_READ_ONCE(*ring->sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW));
}

static int wait_for_completions(struct io_uring *ring, uint64_t timeout)
{
	struct __kernel_timespec time = {.tv_sec = (int64_t)(timeout / NS_PER_S),
					 .tv_nsec = (long long)(timeout % NS_PER_S)};
	struct io_uring_cqe *first;

	if (timeout == 0)
		return due(ring) ? io_uring_submit_and_get_events(ring) : 0;
	return io_uring_submit_and_wait_timeout(ring, &first, 1, timeout == POLLER_FOREVER ? NULL : &time, NULL);
}

int poller_poll(struct poller *poller, uint64_t timeout, struct loop_queue *ready)
{
	int early = hand_over_early(poller, ready);
	int error = wait_for_completions(&poller->kernel->ring, early > 0 ? 0 : timeout);

	if (error < 0 && error != -ETIME && error != -EINTR && !is_congested(error))
		return error;
	return early + take_completions(poller, ready);
}

/* Forgetting. */

/* Makes the kernel let go of the slot's operation: it ends now, in whatever way. */
static void cancel(struct poller *poller, int fd, enum poller_direction direction, struct loop_queue *ready)
{
	struct io_uring_sqe *sqe = place(poller);

	io_uring_prep_cancel64(sqe, tag_of(fd, direction), 0);
	sqe->user_data = NOBODY;
	while (poller->kernel->descriptors[fd].slot[direction].state == SUBMITTED) {
		int count = poller_poll(poller, POLLER_FOREVER, ready);

		CHECK(count >= 0, "io_uring does not end an operation: %s", strerror(-count));
	}
}

int poller_forget(struct poller *poller, int fd, struct loop_queue *ready)
{
	struct descriptor *descriptor = find(poller, fd);

	if (!descriptor)
		return -EBADF;
	for (enum poller_direction direction = POLLER_READ; direction <= POLLER_WRITE; direction++) {
		struct slot *slot = &descriptor->slot[direction];

		if (slot->state == SUBMITTED)
			cancel(poller, fd, direction, ready);
		if (slot->state == FREE)
			continue;
		if (slot->accepts && slot->result >= 0)
			close(slot->result);
		slot->entry->result = -EBADF;
	}
	hand_over_early(poller, ready); /* those who were told are ready */
	*descriptor = (struct descriptor){.adopted = false};
	return 0;
}
