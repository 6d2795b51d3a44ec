/* callback.c: the exhibition in the callback dialect. A board is a request that goes from move to reply and back; the
 * work and its order in time are those of direct.c.
 *
 * One thread calls all functions, so there is one master, and never a board that has to wait for a permit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "chess.h"
#include "move.h"

struct board {
	struct callback_request request;
	struct hall *hall;
	uint64_t position;
	uint64_t pairs_played;
	uint64_t ended_ns;
};

struct hall {
	struct play *play;
	uint64_t boards, pairs, steps, reply_ns;
	uint64_t arrived, ended; /* boards */
	struct board board[];
};

static void adjudicate(struct hall *hall)
{
	uint64_t pairs = 0, checksum = 0;

	for (uint64_t i = 0; i < hall->boards; i++) {
		pairs += hall->board[i].pairs_played;
		checksum += hall->board[i].position;
	}
	play_end_all(hall->play, &hall->board[0].ended_ns, sizeof hall->board[0], hall->boards);
	play_audit(hall->play, hall->ended, pairs, 0, checksum);
}

static void replied(struct callback_request *request);

static void make_move(struct callback_request *request)
{
	struct board *board = callback_owner(request, struct board, request);
	struct hall *hall = board->hall;

	board->position = chess_move(board->position, hall->steps);
	callback_at(request, clock_now() + hall->reply_ns, replied);
}

static void replied(struct callback_request *request)
{
	struct board *board = callback_owner(request, struct board, request);
	struct hall *hall = board->hall;

	CHECK(request->result == 0, "chess: a reply cannot be waited for: %s", strerror((int)-request->result));
	if (++board->pairs_played < hall->pairs) {
		make_move(request);
		return;
	}
	board->ended_ns = clock_now();
	if (++hall->ended == hall->boards)
		adjudicate(hall);
}

/* A board is set up. The last of them begins the play for all. */
static void arrive(struct callback_request *request)
{
	struct hall *hall = callback_owner(request, struct board, request)->hall;

	if (++hall->arrived < hall->boards)
		return;
	play_begin(hall->play);
	for (uint64_t i = 0; i < hall->boards; i++)
		callback_soon(&hall->board[i].request, make_move);
}

static struct hall *set_up(struct play *play)
{
	uint64_t boards = play_value(play, CHESS_BOARDS);
	struct hall *hall = calloc(1, sizeof *hall + boards * sizeof hall->board[0]);

	if (!hall)
		play_refuse(play, "memory", ENOMEM);
	hall->play = play;
	hall->boards = boards;
	hall->pairs = play_value(play, CHESS_PAIRS);
	hall->steps = chess_steps(play_value(play, CHESS_MOVE), play_value(play, CHESS_STEP));
	hall->reply_ns = play_value(play, CHESS_REPLY);
	for (uint64_t i = 0; i < boards; i++) {
		hall->board[i].hall = hall;
		hall->board[i].position = chess_opening(i);
	}
	return hall;
}

static void seat_opponents(void *argument)
{
	struct hall *hall = argument;

	for (uint64_t i = 0; i < hall->boards; i++)
		callback_soon(&hall->board[i].request, arrive);
}

static int run(struct play *play)
{
	struct hall *hall = set_up(play);
	int error = callback_run(seat_opponents, hall);

	free(hall);
	return error;
}

const struct callback_body chess_callback = {.spec = &chess_spec, .run = run};
