/* async.c: the exhibition in the async dialect, one task a board. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../player/play.h"
#include "chess.h"
#include "move.h"

/* The frame of a task; a line of cache. */
struct board {
	struct async async;
	struct hall *hall;
	uint64_t position;
	uint64_t pairs_played;
	uint64_t ended_ns;
};

/* What the tasks share, and the frame of the first one. */
struct hall {
	struct async async;
	struct play *play;
	struct async_gate gate;
	struct async_semaphore masters;
	bool few_masters; /* fewer masters than could compute at once: a move needs a permit */
	uint64_t boards, pairs, steps, reply_ns;
	uint64_t adjudicated; /* boards that have ended, in their order */
	struct board *board;
};

static enum async_state play_board(struct async *self)
{
	struct board *board = (struct board *)self;
	struct hall *hall = board->hall;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &hall->gate, (uint32_t)hall->boards));
	while (board->pairs_played < hall->pairs) {
		if (hall->few_masters)
			AWAIT(async_semaphore_acquire(self, &hall->masters));
		board->position = chess_move(board->position, hall->steps);
		if (hall->few_masters)
			async_semaphore_release(&hall->masters);
		AWAIT(async_sleep_until(self, clock_now() + hall->reply_ns));
		board->pairs_played++;
	}
	board->ended_ns = clock_now();
	ASYNC_END;
}

static void seat_opponents(struct hall *hall)
{
	for (uint64_t i = 0; i < hall->boards; i++) {
		struct board *board = &hall->board[i];

		board->hall = hall;
		board->position = chess_opening(i);
		async_spawn(&board->async, play_board);
	}
}

static void adjudicate(const struct hall *hall)
{
	uint64_t tasks = 0, pairs = 0, checksum = 0;

	for (uint64_t i = 0; i < hall->boards; i++) {
		tasks += async_ended(&hall->board[i].async);
		pairs += hall->board[i].pairs_played;
		checksum += hall->board[i].position;
	}
	play_end_all(hall->play, &hall->board[0].ended_ns, sizeof hall->board[0], hall->boards);
	play_audit(hall->play, tasks, pairs, 0, checksum);
}

static enum async_state exhibition(struct async *self)
{
	struct hall *hall = (struct hall *)self;

	ASYNC_BEGIN;
	seat_opponents(hall);
	AWAIT(async_gate_await(self, &hall->gate, (uint32_t)hall->boards));
	play_begin(hall->play);
	async_gate_open(&hall->gate);
	for (; hall->adjudicated < hall->boards; hall->adjudicated++)
		AWAIT(async_join(self, &hall->board[hall->adjudicated].async));
	adjudicate(hall);
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t masters = play_value(play, CHESS_MASTERS);
	struct hall hall = {
		.play = play,
		.masters.permits = (uint32_t)masters,
		.few_masters = masters > 0 && masters < stage_parallelism(play_stage(play)),
		.boards = play_value(play, CHESS_BOARDS),
		.pairs = play_value(play, CHESS_PAIRS),
		.steps = chess_steps(play_value(play, CHESS_MOVE), play_value(play, CHESS_STEP)),
		.reply_ns = play_value(play, CHESS_REPLY),
		.board = calloc(play_value(play, CHESS_BOARDS), sizeof(struct board)),
	};
	int error;

	if (!hall.board)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&hall.async, exhibition);
	free(hall.board);
	return error;
}

const struct async_body chess_async = {.spec = &chess_spec, .run = run};
