/* move.h: the master's move, a fixed amount of dependent arithmetic.
 *
 * A step is x := a x + c modulo 2^64, the linear congruential generator of D. Knuth's MMIX (The Art of Computer
 * Programming 2, 3.3.4): each step needs the one before, so that a core can neither overlap nor skip them, yet n steps
 * can be foretold in O(log n) (F. Brown, "Random number generation with arbitrary strides", 1994): the right answer
 * costs no second play. */
#ifndef SIMUL_MOVE_H
#define SIMUL_MOVE_H

#include <stdint.h>

/* The position after that many steps, one by one. */
uint64_t chess_move(uint64_t position, uint64_t steps);

/* The map of that many steps: position * factor + summand. */
struct chess_jump {
	uint64_t factor, summand;
};

struct chess_jump chess_jump(uint64_t steps);

/* The position after a jump. */
uint64_t chess_move_foretold(uint64_t position, struct chess_jump jump);

/* A starting position for a board, different for each. */
uint64_t chess_opening(uint64_t board);

/* Duration of one step here and now in picoseconds, the mean of a million, on the calling thread's core. */
uint64_t chess_step_ps(void);

#endif
