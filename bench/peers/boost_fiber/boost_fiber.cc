/* boost_fiber.cc: a peer: tasks as boost::fibers::fiber, on one thread.
 *
 * Driven as its documentation shows: the default scheduler, launch::dispatch (a child starts at once, as in the
 * library's own skynet), stacks from a pooled_fixedsize_stack, and a condition variable for whoever waits. All fibers
 * stay on one thread: the scheduler that shares them among threads is another choice of its user's, and slower. */
#include <string.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <new>

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>

#include "../verbs.hh"

using boost::fibers::fiber;
using boost::fibers::pooled_fixedsize_stack;

extern "C" const struct runtime runtime = {
	.name = "boost-fiber",
	.model = "a peer: a boost::fibers::fiber a task, on one thread",
	.dialect = "direct",
	.suspends = "switching stacks by Boost.Context, under a scheduler with a queue",
	.shares = "all memory",
	.breaks = "one core; a task that never suspends stops all others; stacks without guard pages; no sockets: the "
		  "library has none",
	.sources = "boost.org/libs/fiber: fiber, launch, stack allocation, performance/fiber/skynet_join.cpp",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS | RUNTIME_NO_SOCKETS,
	.library = "Boost.Fiber " BOOST_FIBER_VERSION,
	.costs = {.task_ns = 1000, .switch_ns = 150, .wake_ns = 1200},
	.peer = true,
	.reference = false,
	.floor = false,
};

namespace
{

/* No power of two: the tops of stacks, which are all that a switch touches, then lie in different sets of the cache. */
constexpr size_t stack_bytes = 16 * 1024 + 256;

/* On the stack of the task that waits; the entry stands for it in the wait table, whose queue of those that are woken
 * is emptied by whoever has woken them. */
struct waiter {
	struct loop_entry entry; /* the first member */
	bool woken;
	boost::fibers::condition_variable condition;
};

struct {
	std::unique_ptr<pooled_fixedsize_stack> stacks;
	struct wait_table words;
	struct loop_queue woken;
	boost::fibers::mutex mutex;
	unsigned long spawned, joined;
} scheduler;

/* A fiber is one pointer, and a struct task holds it itself. */
static_assert(sizeof(fiber) == sizeof(uintptr_t), "a fiber is one pointer");

void put_into_task(struct task *task, fiber &&spawned)
{
	alignas(fiber) unsigned char room[sizeof(fiber)];

	new (room) fiber(std::move(spawned));
	memcpy(&task->id, room, sizeof room);
}

fiber take_out_of_task(struct task task)
{
	alignas(fiber) unsigned char room[sizeof(fiber)];

	memcpy(room, &task.id, sizeof room);
	return std::move(*std::launder(reinterpret_cast<fiber *>(room)));
}

} // namespace

extern "C" {

int task_run(task_function *main, void *argument)
{
	if (wait_table_open(&scheduler.words) < 0)
		return -ENOMEM;
	if (loop_queue_open(&scheduler.woken) < 0) {
		wait_table_close(&scheduler.words);
		return -ENOMEM;
	}
	scheduler.stacks = std::make_unique<pooled_fixedsize_stack>(stack_bytes);
	scheduler.spawned = scheduler.joined = 0;
	main(argument);
	CHECK(scheduler.spawned == scheduler.joined, "the first task returned before it joined %lu of its tasks",
	      scheduler.spawned - scheduler.joined);
	scheduler.stacks.reset();
	loop_queue_close(&scheduler.woken);
	wait_table_close(&scheduler.words);
	shared_memory_unmap();
	return 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}

INLINED_VERB int task_spawn(struct task *task, task_function *function, void *argument)
{
	try {
		put_into_task(task, fiber(boost::fibers::launch::dispatch, std::allocator_arg, *scheduler.stacks,
					  function, argument));
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
	scheduler.spawned++;
	return 0;
}

INLINED_VERB int task_join(struct task task)
{
	take_out_of_task(task).join();
	scheduler.joined++;
	return 0;
}

INLINED_VERB void task_yield(void)
{
	boost::this_fiber::yield();
}

INLINED_VERB void task_sleep_until(uint64_t deadline_ns)
{
	using std::chrono::steady_clock; /* CLOCK_MONOTONIC */

	if (clock_now() < deadline_ns)
		boost::this_fiber::sleep_until(steady_clock::time_point(std::chrono::nanoseconds(deadline_ns)));
}

INLINED_VERB int task_wait(word *address, uint32_t expected)
{
	waiter self{};

	if (word_load(address) != expected)
		return 0;
	wait_table_add(&scheduler.words, address, &self.entry);
	std::unique_lock<boost::fibers::mutex> lock(scheduler.mutex);
	self.condition.wait(lock, [&self] { return self.woken; });
	return 0;
}

int task_wake(word *address, unsigned count)
{
	unsigned woken = wait_table_wake(&scheduler.words, address, count, &scheduler.woken);

	while (!loop_queue_empty(&scheduler.woken)) {
		waiter *next = reinterpret_cast<waiter *>(loop_queue_pop(&scheduler.woken));

		next->woken = true;
		next->condition.notify_one();
	}
	return static_cast<int>(woken);
}

} // extern "C"
