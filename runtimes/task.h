/* task.h: the direct dialect, blocking-looking code.
 *
 * The same source, unchanged, runs on every runtime that implements these verbs: as calls one after another, as
 * processes, as threads and as coroutines. A runtime knows no workload; a workload names no runtime.
 *
 * Errors: every int or ssize_t result is >= 0 on success and a negative errno value on failure. No verb touches errno
 * on the caller's behalf, since a task may resume on another thread than the one it was suspended on.
 * Where they may be called: only inside task_run(), from a task; task_run() itself from the program's main thread.
 * Verbs are ordinary functions in a translation unit of their own in every runtime: inlining one model and not
 * another would measure the compiler. */
#ifndef SIMUL_TASK_H
#define SIMUL_TASK_H

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* A task that was spawned and not joined yet. Plain data, owned by whoever holds it; valid until task_join(). */
struct task {
	uintptr_t id;
};

typedef void task_function(void *argument);

/* Starts the runtime, runs main as the first task and returns when it has returned. All tasks must have been joined by
 * then. May be called again once it has returned. -EDEADLK: every task left is waiting and nothing can wake one (where
 * the runtime can tell; a sentence says so). Other errors: what starting the runtime met (-ENOMEM, -EMFILE ...). */
int task_run(task_function *main, void *argument);

/* Zeroed memory, page-aligned, that every task sees and that lives until task_run() returns; NULL if there is none.
 * Call it from the first task before spawning. It is the only memory that all runtimes share between tasks:
 * anything else that a child writes may be gone with it (a forked child). Owned by the runtime. */
void *task_shared(size_t bytes);

/* Creates a task that calls function(argument), and fills *task. It may start at once, later, or not before it is
 * joined; a barrier (sync.h) says when all have started. Argument must stay valid until the task has ended. On runtimes
 * without RUNTIME_SHARES_MEMORY it points into task_shared() memory, or to what has not changed since before the first
 * task_spawn(), or is no pointer at all: workers that are forked once see nothing else.
 * -EAGAIN, -ENOMEM: the machine or a limit allows no further task; nothing was created. */
int task_spawn(struct task *task, task_function *function, void *argument);

/* Waits until the task has ended and frees it. Each task is joined exactly once, by the task that spawned it.
 * -ECHILD: it did not end by returning (a forked child that crashed; a sentence says how). */
int task_join(struct task task);

/* Lets another task run, if one is ready. Never fails. */
void task_yield(void);

/* Sleeps until clock_now() (clock.h) is at least deadline_ns; returns at once if it already is. */
void task_sleep_until(uint64_t deadline_ns);

/* Futex semantics (futex(2)): sleeps while *word == expected until a task_wake(), or returns at once if it differs.
 * May return for no reason: call it in a loop around the condition. The word lies in task_shared() memory or, on
 * runtimes with RUNTIME_SHARES_MEMORY, anywhere.
 * -EDEADLK: this runtime cannot run anything that could change the word (sequential). */
int task_wait(_Atomic uint32_t *word, uint32_t expected);

/* Wakes up to count tasks that wait on word, longest waiting first where the runtime can; returns how many. */
int task_wake(_Atomic uint32_t *word, unsigned count);

/* Sockets. A file descriptor used with the verbs below is first made the runtime's own by task_adopt() and is ended by
 * task_close(). task_accept() returns a descriptor that is already adopted.
 * task_adopt: 0; -EMFILE, -ENOMEM, -EPERM as epoll_ctl(2). Sets or clears O_NONBLOCK as the runtime needs. */
int task_adopt(int fd);

/* Call it after spawning a task that took fd along, if the spawning task has no more use of it: a runtime whose tasks
 * have descriptors of their own closes the spawner's copy, the others do nothing. */
void task_hand_over(int fd);

int task_close(int fd);

/* As recv(2) and send(2) with MSG_NOSIGNAL on a stream socket, waiting as the model waits; one task at a time for each
 * direction. May transfer less than asked; 0 from task_read() is the end of the stream. */
ssize_t task_read(int fd, void *buffer, size_t bytes);
ssize_t task_write(int fd, const void *buffer, size_t bytes);

/* As task_write(), but it never waits: -EAGAIN where nothing can be sent now. */
static inline ssize_t task_write_now(int fd, const void *buffer, size_t bytes)
{
	ssize_t sent;

	do
		sent = send(fd, buffer, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/* Only with RUNTIME_REQUEUES, and only in a task that was spawned: when its function has returned, the task has not
 * ended. It gives its worker back, and its function is called once more, with the same argument, on any worker, when fd
 * can be read or written (events: POLLIN or POLLOUT, as poll(2) has them, hang-ups and errors included). So a pool
 * serves more descriptors than it has workers. The last call before the return counts. */
void task_requeue(int fd, short events);

/* As accept4(2) and connect(2). */
int task_accept(int listener);
int task_connect(int fd, const struct sockaddr *address, socklen_t length);

/* Files, which are not adopted: as open(2), close(2), pread(2), pwrite(2) and fsync(2). With RUNTIME_FILES the other
 * tasks go on meanwhile; without it the call blocks whatever the task runs on. */
int task_open_file(const char *path, int flags, mode_t mode);
int task_close_file(int fd);
ssize_t task_pread(int fd, void *buffer, size_t bytes, uint64_t at);
ssize_t task_pwrite(int fd, const void *buffer, size_t bytes, uint64_t at);
int task_fsync(int fd);

#endif
