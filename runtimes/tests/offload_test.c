/* offload_test.c: a call that blocks does not stop who asked for it, comes back with a byte, and can be made again, by
 * many, and in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../offload.h"

/* Blocks until it is told to go on. */
struct errand {
	struct offload_channel channel;
	int way[2];
	pid_t thread;
	unsigned calls;
};

static void run_errand(void *argument)
{
	struct errand *errand = argument;
	char byte;

	if (read(errand->way[0], &byte, 1) == 1) {
		errand->thread = gettid();
		errand->calls++;
	}
}

static void open_errand(struct errand *errand)
{
	*errand = (struct errand){.calls = 0};
	assert_int_equal(pipe(errand->way), 0);
	assert_int_equal(offload_open(&errand->channel), 0);
}

static void let_go(struct errand *errand)
{
	assert_int_equal(write(errand->way[1], "", 1), 1);
}

static void await(struct errand *errand)
{
	char byte;

	assert_int_equal(read(errand->channel.end, &byte, 1), 1);
	assert_true(offload_done(&errand->channel));
}

static void close_errand(struct errand *errand)
{
	close(errand->channel.end);
	offload_close(&errand->channel);
	close(errand->way[0]);
	close(errand->way[1]);
}

/* If the caller were stopped, nobody would ever let the errand go. */
static void a_caller_goes_on(void **state)
{
	struct errand errand;

	(void)state;
	open_errand(&errand);
	for (unsigned calls = 1; calls <= 3; calls++) {
		assert_int_equal(offload_submit(&errand.channel, run_errand, &errand), 0);
		assert_false(offload_done(&errand.channel));
		let_go(&errand);
		await(&errand);
		assert_int_equal(errand.calls, calls);
		assert_int_not_equal(errand.thread, gettid());
	}
	close_errand(&errand);
}

/* As many block at once as there are threads; one more waits for a thread, and is not lost. */
static void more_calls_than_threads(void **state)
{
	enum { ERRANDS = OFFLOAD_THREADS + 1 };
	struct errand errands[ERRANDS];

	(void)state;
	for (int i = 0; i < ERRANDS; i++) {
		open_errand(&errands[i]);
		assert_int_equal(offload_submit(&errands[i].channel, run_errand, &errands[i]), 0);
	}
	for (int i = OFFLOAD_THREADS - 1; i >= 0; i--) {
		let_go(&errands[i]);
		await(&errands[i]);
	}
	let_go(&errands[ERRANDS - 1]);
	await(&errands[ERRANDS - 1]);
	for (int i = 0; i < ERRANDS; i++)
		close_errand(&errands[i]);
}

/* It has none of the parent's threads. */
static void a_child_has_threads_of_its_own(void **state)
{
	struct errand errand;
	int status;
	pid_t child;

	(void)state;
#if defined(__SANITIZE_THREAD__)
	skip(); /* it allows no threads after a fork of several */
#endif
	open_errand(&errand);
	child = fork();
	if (child == 0) {
		char byte;

		alarm(10);
		if (offload_submit(&errand.channel, run_errand, &errand) < 0 || write(errand.way[1], "", 1) != 1 ||
		    read(errand.channel.end, &byte, 1) != 1)
			_exit(1);
		_exit(errand.calls == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close_errand(&errand);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_caller_goes_on),
		cmocka_unit_test(more_calls_than_threads),
		cmocka_unit_test(a_child_has_threads_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
