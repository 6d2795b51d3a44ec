/* contract.h: what the parts of the contract test share.
 *
 * The contract test is linked with one runtime at a time and holds it against every sentence of task.h and sync.h.
 * It asks for capabilities, never for a name. A test case calls play() with a first task; whatever runs as a task
 * reports by EXPECT(), which works in every task of every model (cmocka's own assertions jump, and a task must not
 * jump out of its runtime). */
#ifndef SIMUL_CONTRACT_H
#define SIMUL_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "../clock.h"
#include "../runtime.h"
#include "../sync.h"
#include "../task.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZED 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZED 1
#endif
#ifndef THREAD_SANITIZED
#define THREAD_SANITIZED 0
#endif

/* Workers of a pooled runtime, in all tests but those about having fewer: as many as any test has waiting tasks. */
enum { CONTRACT_WORKERS = 210 };

/* Notes the first condition that was false for play() to fail by; goes on either way. Returns the condition. */
#define EXPECT(condition) expect((condition), #condition, __FILE__, __LINE__)
bool expect(bool condition, const char *text, const char *file, int line);

/* Waits, as a task, until other tasks have made the condition true; a condition that never comes hangs the test. */
#define AWAIT(condition)                                                                                               \
	while (!(condition))                                                                                           \
	task_sleep_until(clock_now() + NS_PER_MS)

/* Runs the first task; fails the test case unless task_run() returns 0 and every EXPECT() held. */
void play(task_function *main, void *argument);

/* The same for a task_run() whose result is of interest. */
int play_for_result(task_function *main, void *argument);

/* Skips the test case, with the reason, unless the runtime has all of these capabilities; or unless it lacks them. */
void needs(unsigned capabilities, const char *reason);
void needs_lack_of(unsigned capability, const char *reason);

static inline bool capable(unsigned capabilities)
{
	return (runtime.capabilities & capabilities) == capabilities;
}

/* In a task: spawns and joins, and EXPECTs both to succeed. */
struct task spawn(task_function *function, void *argument);
void join(struct task task);

/* task_shared(), EXPECTed to succeed; ends the test if it does not. */
void *shared(size_t bytes);

/* Forks body(argument) as a plain process that dies with this one and ends with status 0. Returns its id. */
pid_t helper_start(void (*body)(void *), void *argument);

/* Waits for it; its wait status. */
int helper_end(pid_t helper);

/* Everything that was written to descriptor fd while body(argument) ran in a helper, as a string owned by the caller;
 * fails the test case if the helper does not end with status 0. */
char *output_of(int fd, void (*body)(void *), void *argument);

/* A group of test cases each; the number of failures. */
int run_task_tests(void);
int run_time_tests(void);
int run_wait_tests(void);
int run_socket_tests(void);
int run_limit_tests(void);
int run_pool_tests(void);
int run_file_tests(void);

#endif
