/* direct.c: files in the direct dialect, a task a writer and the heart. The reference for the other dialects. */
#include <errno.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/offload.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "files.h"

struct writer {
	struct study *study;
	struct task task;
	struct offload_channel channel;
	struct files_file file;
};

/* task_shared(). */
struct study {
	struct gate gate;
	uint32_t arrivals;
	bool offloads, awaits;
	struct task heart_task;
	struct files_heart heart;
	struct writer writers[];
};

/* Elsewhere, and waits for it as for any socket. 0 or -errno. */
static int step_elsewhere(struct writer *writer)
{
	int error = offload_submit(&writer->channel, files_step, &writer->file);
	ssize_t got;
	char byte;

	if (error < 0)
		return error;
	do
		got = task_read(writer->channel.end, &byte, 1);
	while (got > 0 && !offload_done(&writer->channel));
	return got > 0 ? 0 : -EPIPE;
}

static void write_elsewhere(struct writer *writer)
{
	int error = offload_open(&writer->channel);

	if (error == 0)
		error = task_adopt(writer->channel.end);
	while (error == 0 && !files_done(&writer->file))
		error = step_elsewhere(writer);
	if (error < 0) {
		files_fail(&writer->file, error);
		return;
	}
	task_close(writer->channel.end);
	offload_close(&writer->channel);
}

static void pause_task(uint64_t ns)
{
	task_sleep_until(clock_now() + ns);
}

static const struct files_calls awaiting = {
	.open = task_open_file,
	.close = task_close_file,
	.pread = task_pread,
	.pwrite = task_pwrite,
	.fsync = task_fsync,
	.pause = pause_task,
};

/* Where the task runs; others have a turn between the steps. */
static void write_here(struct writer *writer)
{
	while (!files_done(&writer->file)) {
		files_step(&writer->file);
		task_yield();
	}
}

static void write_file(void *argument)
{
	struct writer *writer = argument;
	struct study *study = writer->study;

	gate_pass(&study->gate, study->arrivals);
	if (study->awaits)
		writer->file.calls = &awaiting;
	if (study->offloads)
		write_elsewhere(writer);
	else
		write_here(writer);
	atomic_fetch_sub_explicit(&study->heart.writing, 1, memory_order_relaxed);
}

static void beat(void *argument)
{
	struct study *study = argument;

	gate_pass(&study->gate, study->arrivals);
	do
		task_sleep_until(files_due_ns(&study->heart));
	while (files_beat(&study->heart));
}

static struct study *set_up(struct play *play)
{
	const struct values *values = play_values(play);
	uint64_t files = values->value[FILES_FILES];
	struct study *study = task_shared(sizeof *study + files * sizeof study->writers[0]);

	if (!study)
		play_refuse(play, "memory", ENOMEM);
	study->arrivals = (uint32_t)stage_arrivals(play_stage(play), files + 1);
	study->offloads = files_offloads(values, play_stage(play));
	study->awaits = files_awaits(values, play_stage(play));
	study->heart.beat_ns = values->value[FILES_BEAT];
	study->heart.writing = (uint32_t)files;
	for (uint64_t i = 0; i < files; i++) {
		study->writers[i].study = study;
		files_open(&study->writers[i].file, values, i);
	}
	return study;
}

/* The heart first, so that it has a worker of a pool. */
static void spawn_all(struct play *play, struct study *study, uint64_t files)
{
	int error = task_spawn(&study->heart_task, beat, study);

	for (uint64_t i = 0; i < files && error >= 0; i++)
		error = task_spawn(&study->writers[i].task, write_file, &study->writers[i]);
	if (error < 0)
		play_refuse(play, "tasks", -error);
}

static void files_main(void *argument)
{
	struct play *play = argument;
	struct study *study = set_up(play);
	uint64_t files = play_value(play, FILES_FILES), joined = 0;

	spawn_all(play, study, files);
	gate_await(&study->gate, study->arrivals);
	study->heart.begun_ns = play_begin(play);
	gate_open(&study->gate);
	for (uint64_t i = 0; i < files; i++)
		joined += task_join(study->writers[i].task) >= 0;
	joined += task_join(study->heart_task) >= 0;
	files_conclude(play, &study->heart, &study->writers[0].file, sizeof study->writers[0], joined);
}

const struct direct_body files_direct = {.spec = &files_spec, .main = files_main};
