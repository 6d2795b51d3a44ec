/* callback.c: files in the callback dialect: a writer is a chain of steps, each made here or elsewhere. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/offload.h"
#include "../../player/play.h"
#include "files.h"

struct writer {
	struct callback_request request;
	struct study *study;
	struct offload_channel channel;
	char byte;
	struct files_file file;
};

struct study {
	struct callback_request beating;
	struct play *play;
	uint64_t files, ended; /* ended: writers, and the heart */
	struct files_heart heart;
	struct writer writers[];
};

static struct writer *writer_of(struct callback_request *request)
{
	return callback_owner(request, struct writer, request);
}

static void end(struct study *study)
{
	if (++study->ended == study->files + 1)
		files_conclude(study->play, &study->heart, &study->writers[0].file, sizeof study->writers[0],
			       study->ended);
}

static void end_writing(struct writer *writer)
{
	atomic_fetch_sub_explicit(&writer->study->heart.writing, 1, memory_order_relaxed);
	end(writer->study);
}

static void fail(struct writer *writer, int error)
{
	files_fail(&writer->file, error);
	end_writing(writer);
}

/* Elsewhere. */

static void submit(struct writer *writer);

static void stepped(struct callback_request *request)
{
	struct writer *writer = writer_of(request);

	if (request->result <= 0) {
		fail(writer, request->result < 0 ? (int)request->result : -EPIPE);
	} else if (!offload_done(&writer->channel)) {
		callback_read(request, writer->channel.end, &writer->byte, 1, stepped);
	} else if (!files_done(&writer->file)) {
		submit(writer);
	} else {
		callback_close(writer->channel.end);
		offload_close(&writer->channel);
		end_writing(writer);
	}
}

static void submit(struct writer *writer)
{
	int error = offload_submit(&writer->channel, files_step, &writer->file);

	if (error < 0)
		fail(writer, error);
	else
		callback_read(&writer->request, writer->channel.end, &writer->byte, 1, stepped);
}

static void write_elsewhere(struct callback_request *request)
{
	struct writer *writer = writer_of(request);
	int error = offload_open(&writer->channel);

	if (error == 0)
		error = callback_adopt(writer->channel.end);
	if (error < 0)
		fail(writer, error);
	else
		submit(writer);
}

/* Here; others have a turn between the steps. */
static void write_here(struct callback_request *request)
{
	struct writer *writer = writer_of(request);

	files_step(&writer->file);
	if (files_done(&writer->file))
		end_writing(writer);
	else
		callback_soon(request, write_here);
}

/* The heart. */

static void beat(struct callback_request *request)
{
	struct study *study = callback_owner(request, struct study, beating);

	if (request->result < 0)
		play_refuse(study->play, "memory", (int)-request->result);
	if (files_beat(&study->heart))
		callback_at(request, files_due_ns(&study->heart), beat);
	else
		end(study);
}

static void write_all(void *argument)
{
	struct study *study = argument;
	bool offloads = files_offloads(play_values(study->play), play_stage(study->play));

	study->heart.begun_ns = play_begin(study->play);
	callback_at(&study->beating, files_due_ns(&study->heart), beat);
	for (uint64_t i = 0; i < study->files; i++) {
		struct writer *writer = &study->writers[i];

		writer->study = study;
		files_open(&writer->file, play_values(study->play), i);
		callback_soon(&writer->request, offloads ? write_elsewhere : write_here);
	}
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
				.heart = {.beat_ns = play_value(play, FILES_BEAT), .writing = (uint32_t)files}};
	error = callback_run(write_all, study);
	free(study);
	return error;
}

const struct callback_body files_callback = {.spec = &files_spec, .run = run};
