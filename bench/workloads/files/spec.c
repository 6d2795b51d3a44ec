/* spec.c: the files workload: what happens to others while many files are written; see files.h.
 *
 * No interface to readiness knows files: a descriptor of a file is always ready, and the call blocks (epoll_ctl(2):
 * EPERM). With offload=no every model makes the call where the task runs, and one that has all tasks on a thread stops
 * all of them; with offload=yes such a model has it made on one of four threads beside (runtimes/offload.h), or, where
 * it waits by io_uring, by that. The heart shows the difference.
 *
 * A task a writer and one that beats; operations are the appends and the reading back; bytes are read back. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/offload.h"
#include "../../../runtimes/runtime.h"
#include "../../load/pattern.h"
#include "files.h"

static const char *const offload[] = {[FILES_INLINE] = "no", [FILES_OFFLOADED] = "yes", NULL};

static const struct parameter parameters[] = {
	[FILES_FILES] = {.name = "files",
			 .type = PARAMETER_COUNT,
			 .fallback = "16",
			 .least = 1,
			 .most = 256,
			 .help = "files, a task each"},
	[FILES_APPENDS] = {.name = "appends",
			   .type = PARAMETER_COUNT,
			   .fallback = "8",
			   .least = 1,
			   .most = 10000,
			   .help = "appends to each, with an fsync after each"},
	[FILES_SIZE] = {.name = "size",
			.type = PARAMETER_SIZE,
			.fallback = "4KiB",
			.least = 1,
			.most = 1 << 20,
			.help = "bytes an append; 256 MiB in all at most"},
	[FILES_OFFLOAD] =
		{.name = "offload",
		 .type = PARAMETER_CHOICE,
		 .fallback = "yes",
		 .choices = offload,
		 .help = "whether a model with many tasks on a thread has what blocks called on other threads, or by "
			 "io_uring where it waits by that"},
	[FILES_SLOW] = {.name = "slow",
			.type = PARAMETER_DURATION,
			.fallback = "0",
			.least = 0,
			.most = NS_PER_S,
			.help = "how much longer than the disk takes an fsync blocks, as a slower disk would"},
	[FILES_BEAT] = {.name = "beat",
			.type = PARAMETER_DURATION,
			.fallback = "5ms",
			.least = NS_PER_MS / 10,
			.most = NS_PER_S,
			.help = "the time from one beat of the heart beside to the next"},
	{.name = NULL},
};

uint64_t files_token(uint64_t number)
{
	return pattern_seed(number, 1);
}

static int resolve(struct values *values, char reason[REASON_MAX])
{
	uint64_t bytes = values->value[FILES_FILES] * values->value[FILES_APPENDS] * values->value[FILES_SIZE];

	if (bytes <= FILES_BYTES_MAX)
		return 0;
	snprintf(reason, REASON_MAX, "files x appends x size is %llu bytes: %llu (256 MiB) are written at most",
		 (unsigned long long)bytes, (unsigned long long)FILES_BYTES_MAX);
	return -EINVAL;
}

static bool kernel_schedules(struct stage stage)
{
	return stage.capabilities & RUNTIME_PARALLEL && stage.capabilities & RUNTIME_PREEMPTS;
}

bool files_awaits(const struct values *values, struct stage stage)
{
	return values->value[FILES_OFFLOAD] == FILES_OFFLOADED && stage.capabilities & RUNTIME_FILES;
}

bool files_offloads(const struct values *values, struct stage stage)
{
	return values->value[FILES_OFFLOAD] == FILES_OFFLOADED && !kernel_schedules(stage) &&
	       !files_awaits(values, stage);
}

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	if (!(stage.capabilities & RUNTIME_INTERLEAVES))
		snprintf(reason, REASON_MAX,
			 "a task here runs to its end before another one begins: nothing beats beside the writers");
	else if (stage_concurrency(stage) < 2)
		snprintf(reason, REASON_MAX,
			 "only one task is under way at a time here: the heart would beat before or after the writers");
	else if (files_offloads(values, stage) && stage.capabilities & RUNTIME_NO_SOCKETS)
		snprintf(reason, REASON_MAX,
			 "this runtime has no sockets, by which it could wait for a call on another thread");
	else
		return 0;
	return -ENOTSUP;
}

/* Threads that tasks run on, where tasks are none themselves; more of them than cores can block at once. */
static uint64_t carriers(struct stage stage)
{
	return stage.capabilities & RUNTIME_WORKERS && stage.workers > 0 ? stage.workers : stage_parallelism(stage);
}

/* Calls that can block at the same time. */
static uint64_t at_once(const struct values *values, struct stage stage)
{
	uint64_t calls = kernel_schedules(stage) ? stage_concurrency(stage) : carriers(stage);

	if (files_offloads(values, stage))
		calls *= OFFLOAD_THREADS; /* in each process at most */
	if (files_awaits(values, stage))
		calls = UINT64_MAX;
	return calls < values->value[FILES_FILES] ? calls : values->value[FILES_FILES];
}

/* A file's appends come one after another, and no more block at a time than can. How long a disk takes is not known
 * beforehand: only what `slow` adds to it. */
static uint64_t bound_ns(const struct values *values, struct stage stage)
{
	uint64_t file = values->value[FILES_APPENDS] * values->value[FILES_SLOW];
	uint64_t shared = values->value[FILES_FILES] * file / at_once(values, stage);

	return shared > file ? shared : file;
}

/* 2 ms an append, of all of which a journal makes a few at a time. */
static uint64_t estimate_ns(const struct values *values, struct stage stage)
{
	uint64_t appends = values->value[FILES_FILES] * values->value[FILES_APPENDS];

	return bound_ns(values, stage) + appends * (2 * NS_PER_MS + values->value[FILES_SIZE]) +
	       values->value[FILES_FILES] * stage_task_ns(stage);
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t files = values->value[FILES_FILES], appends = values->value[FILES_APPENDS], checksum = 0;

	for (uint64_t i = 0; i < files; i++)
		checksum += files_token(i);
	*expectation = (struct expectation){
		.tasks = files + 1,
		.operations = files * (appends + 1),
		.bytes = files * appends * values->value[FILES_SIZE],
		.checksum = checksum,
		.bound_ns = bound_ns(values, stage),
		.estimate_ns = estimate_ns(values, stage),
	};
}

const struct workload_spec files_spec = {
	.name = "files",
	.question = "Who stops while files are written to the disk, and what does it cost that nobody does?",
	.operation = "append or reading back",
	.bound_text =
		"with slow=T, T for each append, as many at a time as can block; what the disk takes is not known",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit,
	.expect = expect,
};
