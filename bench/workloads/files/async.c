/* async.c: files in the async dialect, a task a writer and the heart. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/offload.h"
#include "../../player/play.h"
#include "files.h"

/* The frame of a writer. */
struct writer {
	struct async async;
	struct study *study;
	struct offload_channel channel;
	int error; /* -errno */
	char byte;
	struct files_file file;
};

/* What the tasks share, and the frames of the first one and of the heart. */
struct study {
	struct async async, beating;
	struct play *play;
	struct async_gate gate;
	bool offloads;
	uint64_t files, joined;
	struct files_heart heart;
	struct writer writers[];
};

static void open_channel(struct writer *writer)
{
	writer->error = offload_open(&writer->channel);
	if (writer->error == 0)
		writer->error = async_adopt(writer->channel.end);
}

static void close_channel(struct writer *writer)
{
	if (writer->error < 0) {
		files_fail(&writer->file, writer->error);
		return;
	}
	async_close(writer->channel.end);
	offload_close(&writer->channel);
}

/* Each step elsewhere, and waits for it as for any socket. */
static enum async_state write_elsewhere(struct async *self)
{
	struct writer *writer = (struct writer *)self;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &writer->study->gate, (uint32_t)writer->study->files + 1));
	open_channel(writer);
	while (writer->error == 0 && !files_done(&writer->file)) {
		writer->error = offload_submit(&writer->channel, files_step, &writer->file);
		if (writer->error < 0)
			break;
		do
			AWAIT(async_read(self, writer->channel.end, &writer->byte, 1));
		while (async_result(self) > 0 && !offload_done(&writer->channel));
	}
	close_channel(writer);
	atomic_fetch_sub_explicit(&writer->study->heart.writing, 1, memory_order_relaxed);
	ASYNC_END;
}

/* Where the task runs; others have a turn between the steps. */
static enum async_state write_here(struct async *self)
{
	struct writer *writer = (struct writer *)self;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &writer->study->gate, (uint32_t)writer->study->files + 1));
	while (!files_done(&writer->file)) {
		files_step(&writer->file);
		AWAIT(async_yield(self));
	}
	atomic_fetch_sub_explicit(&writer->study->heart.writing, 1, memory_order_relaxed);
	ASYNC_END;
}

static struct study *study_of_heart(struct async *self)
{
	return (struct study *)((char *)self - offsetof(struct study, beating));
}

static enum async_state beat(struct async *self)
{
	struct study *study = study_of_heart(self);

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &study->gate, (uint32_t)study->files + 1));
	do
		AWAIT(async_sleep_until(self, files_due_ns(&study->heart)));
	while (files_beat(&study->heart));
	ASYNC_END;
}

static void spawn_all(struct study *study)
{
	async_spawn(&study->beating, beat);
	for (uint64_t i = 0; i < study->files; i++) {
		struct writer *writer = &study->writers[i];

		writer->study = study;
		files_open(&writer->file, play_values(study->play), i);
		async_spawn(&writer->async, study->offloads ? write_elsewhere : write_here);
	}
}

static enum async_state write_all(struct async *self)
{
	struct study *study = (struct study *)self;

	ASYNC_BEGIN;
	spawn_all(study);
	AWAIT(async_gate_await(self, &study->gate, (uint32_t)study->files + 1));
	study->heart.begun_ns = play_begin(study->play);
	async_gate_open(&study->gate);
	for (; study->joined < study->files; study->joined++)
		AWAIT(async_join(self, &study->writers[study->joined].async));
	AWAIT(async_join(self, &study->beating));
	files_conclude(study->play, &study->heart, &study->writers[0].file, sizeof study->writers[0],
		       study->joined + 1);
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t files = play_value(play, FILES_FILES);
	size_t bytes = sizeof(struct study) + files * sizeof(struct writer);
	struct study *study = aligned_alloc(_Alignof(struct study), bytes);
	int error;

	if (!study)
		play_refuse(play, "memory", ENOMEM);
	*study = (struct study){.play = play,
				.files = files,
				.offloads = files_offloads(play_values(play), play_stage(play)),
				.heart = {.beat_ns = play_value(play, FILES_BEAT), .writing = (uint32_t)files}};
	error = async_run(&study->async, write_all);
	free(study);
	return error;
}

const struct async_body files_async = {.spec = &files_spec, .run = run};
