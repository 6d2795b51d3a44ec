/* boost_context.cc: a peer: tasks as boost::context::fiber, on one thread.
 *
 * Boost.Context is a switch and a choice of stacks, and leaves all else to its user. It is driven as its documentation
 * shows: a task resumes the next one itself, with no hub between them, and the fiber that resume() returns is the one
 * that was left; stacks come from a pooled_fixedsize_stack. Who is next is told by the event loop of runtimes/, in the
 * order of the runtime `coroutine` (a child first, then its parent), so that the two differ in stack and switch alone.
 *
 * What always holds: `scheduler.current` runs, and `scheduler.left` is who ran before it, until arrive() has kept the
 * fiber that it left behind. Every other task that has not ended has its fiber in `suspended` and its entry in the loop
 * or in the `joiner` of another task. */
#include <setjmp.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>

#include "../verbs.hh"

using boost::context::fiber;
using boost::context::pooled_fixedsize_stack;

extern "C" const struct runtime runtime = {
	.name = "boost-context",
	.model = "a peer: a boost::context::fiber a task, on one thread",
	.dialect = "direct",
	.suspends = "switching stacks: boost::context::fiber::resume() from task to task",
	.shares = "all memory",
	.breaks =
		"one core; a task that never suspends stops all others; stacks without guard pages; no sockets, which "
		"are none of the library's business",
	.sources = "boost.org/libs/context: class fiber, stack allocators",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS | RUNTIME_NO_SOCKETS,
	.library = "Boost.Context " BOOST_CONTEXT_VERSION,
	.costs = {.task_ns = 150, .switch_ns = 50, .wake_ns = 500},
	.peer = true,
	.reference = false,
	.floor = false,
};

namespace
{

/* No power of two: the tops of stacks, which are all that a switch touches, then lie in different sets of the cache. */
constexpr size_t stack_bytes = 16 * 1024 + 256;

struct coroutine {
	struct loop_entry entry; /* the first member */
	fiber suspended;
	struct loop_entry *joiner;
	bool ended;
	task_function *function;
	void *argument;
};

struct {
	coroutine *current, *left;
	struct loop loop;
	std::unique_ptr<pooled_fixedsize_stack> stacks;
	std::vector<coroutine *> spare; /* has room for all there are */
	size_t blocks;
	unsigned long spawned, joined;
	bool running, deadlocked;
	coroutine first;
	jmp_buf abandon;
} scheduler;

coroutine *coroutine_of(struct loop_entry *entry)
{
	return reinterpret_cast<coroutine *>(entry);
}

/* Empty: whoever ran before has ended. */
void arrive(fiber &&left)
{
	if (left)
		scheduler.left->suspended = std::move(left);
}

__attribute__((always_inline)) inline void transfer(coroutine *to)
{
	scheduler.left = scheduler.current;
	scheduler.current = to;
	arrive(std::move(to->suspended).resume());
}

coroutine *next_task()
{
	struct loop_entry *entry = loop_next(&scheduler.loop);

	if (__builtin_expect(entry != nullptr, 1))
		return coroutine_of(entry);
	fputs("deadlock: every task that is left waits, and neither another task nor a timer can wake one; the run "
	      "ends "
	      "here\n",
	      stderr);
	scheduler.deadlocked = true;
	return &scheduler.first;
}

__attribute__((always_inline)) inline void suspend()
{
	coroutine *self = scheduler.current, *next = next_task();

	if (next != self)
		transfer(next);
	if (__builtin_expect(scheduler.deadlocked, 0))
		longjmp(scheduler.abandon, 1);
}

/* What a fiber runs; the one that it returns goes on. */
fiber run_body(coroutine *self, fiber &&spawner)
{
	arrive(std::move(spawner));
	self->function(self->argument);
	self->ended = true;
	if (self->joiner)
		loop_ready_first(&scheduler.loop, self->joiner);
	scheduler.current = next_task();
	return std::move(scheduler.current->suspended);
}

coroutine *block_take()
{
	coroutine *block;

	if (!scheduler.spare.empty()) {
		block = scheduler.spare.back();
		scheduler.spare.pop_back();
		return block;
	}
	if (scheduler.spare.capacity() == scheduler.blocks)
		scheduler.spare.reserve(2 * scheduler.blocks + 64);
	block = new coroutine{};
	scheduler.blocks++;
	return block;
}

void open_scheduler()
{
	scheduler.stacks = std::make_unique<pooled_fixedsize_stack>(stack_bytes);
	scheduler.current = &scheduler.first;
	scheduler.spawned = scheduler.joined = 0;
	scheduler.running = true;
	scheduler.deadlocked = false;
}

/* Tasks that a deadlock has left behind stay where they are: to destroy a fiber is to unwind its stack by an
 * exception, which code in C cannot bear. */
void close_scheduler()
{
	for (coroutine *block : scheduler.spare)
		delete block;
	scheduler.spare.clear();
	scheduler.spare.shrink_to_fit();
	scheduler.blocks = 0;
	scheduler.stacks.reset();
	loop_close(&scheduler.loop);
	shared_memory_unmap();
	scheduler.running = false;
}

} // namespace

extern "C" {

int task_run(task_function *main, void *argument)
{
	int error;

	CHECK(!scheduler.running, "task_run() was called from inside a task");
	error = loop_open(&scheduler.loop);
	if (error < 0)
		return error;
	open_scheduler();
	if (setjmp(scheduler.abandon) == 0) {
		main(argument);
		CHECK(scheduler.spawned == scheduler.joined,
		      "the first task returned before it joined %lu of its tasks",
		      scheduler.spawned - scheduler.joined);
	}
	close_scheduler();
	return scheduler.deadlocked ? -EDEADLK : 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}

INLINED_VERB int task_spawn(struct task *task, task_function *function, void *argument)
{
	coroutine *self = scheduler.current, *child = nullptr;

	try {
		child = block_take();
		child->suspended = fiber(std::allocator_arg, *scheduler.stacks,
					 [child](fiber &&spawner) { return run_body(child, std::move(spawner)); });
	} catch (const std::bad_alloc &) {
		if (child)
			scheduler.spare.push_back(child);
		return -ENOMEM;
	}
	child->joiner = nullptr;
	child->ended = false;
	child->function = function;
	child->argument = argument;
	task->id = reinterpret_cast<uintptr_t>(child);
	scheduler.spawned++;
	loop_ready_first(&scheduler.loop, &self->entry);
	transfer(child);
	return 0;
}

INLINED_VERB int task_join(struct task task)
{
	coroutine *child = reinterpret_cast<coroutine *>(task.id);

	if (!child->ended) {
		child->joiner = &scheduler.current->entry;
		suspend();
	}
	scheduler.spare.push_back(child);
	scheduler.joined++;
	return 0;
}

INLINED_VERB void task_yield(void)
{
	coroutine *next = coroutine_of(loop_rotate(&scheduler.loop, &scheduler.current->entry));

	if (next != scheduler.current)
		transfer(next);
}

INLINED_VERB void task_sleep_until(uint64_t deadline_ns)
{
	if (clock_now() >= deadline_ns)
		return;
	CHECK(timers_add(&scheduler.loop.timers, deadline_ns, &scheduler.current->entry) == 0, "no memory for a timer");
	suspend();
}

INLINED_VERB int task_wait(word *address, uint32_t expected)
{
	if (word_load(address) != expected)
		return 0;
	wait_table_add(&scheduler.loop.words, address, &scheduler.current->entry);
	suspend();
	return 0;
}

int task_wake(word *address, unsigned count)
{
	return static_cast<int>(wait_table_wake(&scheduler.loop.words, address, count, &scheduler.loop.ready));
}

} // extern "C"
