/* direct.c: the exhibition in the direct dialect, one task a board. The reference for the other dialects. */
#include <errno.h>

#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "chess.h"
#include "move.h"

struct board {
	struct hall *hall;
	struct task task;
	uint64_t position;
	uint64_t pairs_played;
	uint64_t ended_ns;
} __attribute__((aligned(64))); /* boards on different cores share no cache line */

/* Everything that the tasks share; one page and more of task_shared() memory. */
struct hall {
	struct gate gate;
	struct semaphore masters;
	bool few_masters; /* fewer masters than could compute at once: a move needs a permit */
	uint64_t boards, pairs, steps, reply_ns;
	uint32_t arrivals; /* at the gate before it opens */
	struct board board[];
};

static void make_move(struct hall *hall, struct board *board)
{
	if (hall->few_masters)
		semaphore_acquire(&hall->masters);
	board->position = chess_move(board->position, hall->steps);
	if (hall->few_masters)
		semaphore_release(&hall->masters);
}

static void play_board(void *argument)
{
	struct board *board = argument;
	struct hall *hall = board->hall;

	gate_pass(&hall->gate, hall->arrivals);
	for (uint64_t pair = 0; pair < hall->pairs; pair++) {
		make_move(hall, board);
		task_sleep_until(clock_now() + hall->reply_ns);
		board->pairs_played++;
	}
	board->ended_ns = clock_now();
}

static struct hall *set_up(struct play *play)
{
	uint64_t boards = play_value(play, CHESS_BOARDS), masters = play_value(play, CHESS_MASTERS);
	struct stage stage = play_stage(play);
	struct hall *hall = task_shared(sizeof *hall + boards * sizeof hall->board[0]);

	if (!hall)
		play_refuse(play, "memory", ENOMEM);
	hall->boards = boards;
	hall->pairs = play_value(play, CHESS_PAIRS);
	hall->steps = chess_steps(play_value(play, CHESS_MOVE), play_value(play, CHESS_STEP));
	hall->reply_ns = play_value(play, CHESS_REPLY);
	hall->few_masters = masters > 0 && masters < stage_parallelism(stage);
	hall->arrivals = (uint32_t)stage_arrivals(stage, boards);
	semaphore_init(&hall->masters, (uint32_t)masters);
	for (uint64_t i = 0; i < boards; i++) {
		hall->board[i].hall = hall;
		hall->board[i].position = chess_opening(i);
	}
	return hall;
}

static void seat_opponents(struct play *play, struct hall *hall)
{
	for (uint64_t i = 0; i < hall->boards; i++) {
		int error = task_spawn(&hall->board[i].task, play_board, &hall->board[i]);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&hall->gate, hall->arrivals);
}

static void adjudicate(struct play *play, struct hall *hall)
{
	uint64_t tasks = 0, pairs = 0, checksum = 0;

	for (uint64_t i = 0; i < hall->boards; i++) {
		tasks += task_join(hall->board[i].task) >= 0;
		pairs += hall->board[i].pairs_played;
		checksum += hall->board[i].position;
	}
	play_end_all(play, &hall->board[0].ended_ns, sizeof hall->board[0], hall->boards);
	play_audit(play, tasks, pairs, 0, checksum);
}

static void chess_main(void *argument)
{
	struct play *play = argument;
	struct hall *hall = set_up(play);

	seat_opponents(play, hall);
	play_begin(play);
	gate_open(&hall->gate);
	adjudicate(play, hall);
}

const struct direct_body chess_direct = {.spec = &chess_spec, .main = chess_main};
