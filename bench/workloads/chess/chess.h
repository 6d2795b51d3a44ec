/* chess.h: the indices of the chess parameters, shared by the spec and the bodies. */
#ifndef SIMUL_CHESS_H
#define SIMUL_CHESS_H

#include <stdint.h>

#include "../workload.h"

enum chess_parameter {
	CHESS_BOARDS,
	CHESS_PAIRS,
	CHESS_MOVE,
	CHESS_REPLY,
	CHESS_MASTERS,
	CHESS_PRESET,
	CHESS_SCALE,
	CHESS_STEP
};

extern const struct workload_spec chess_spec;

/* Steps of arithmetic in one move of the master. */
uint64_t chess_steps(uint64_t move_ns, uint64_t step_ps);

#endif
