/* order.h: the indices of the order parameters, what the tasks of each example do, and in which order that must show.
 */
#ifndef SIMUL_ORDER_H
#define SIMUL_ORDER_H

#include "../workload.h"

enum order_parameter { ORDER_EXAMPLE, ORDER_UNIT };

enum order_example { ORDER_COUNT, ORDER_SAY };

/* What a task can say. The figure "order" is made of these digits. */
enum order_word { ORDER_ONE = 1, ORDER_TWO, ORDER_HELLO, ORDER_GOODBYE };

enum { ORDER_LINES_MAX = 2, ORDER_TASKS_MAX = 3, ORDER_EVENTS_MAX = 6 };

/* What one task does: sleeps so many units, says the word, and goes on to its next line. */
struct order_line {
	enum order_word word;
	uint64_t units;
};

struct order_script {
	uint32_t tasks, lines; /* lines of each task */
	struct order_line line[ORDER_TASKS_MAX][ORDER_LINES_MAX];
	/* The words in the order of an interleaving model, and of one that runs a task to its end before the next. */
	enum order_word interleaved[ORDER_EVENTS_MAX], in_turn[ORDER_EVENTS_MAX];
};

struct order_event {
	uint32_t task;
	enum order_word word;
};

extern const struct order_script order_scripts[];
extern const struct workload_spec order_spec;

/* How many of the events stand where a model of these capabilities must have them: the word is the promised one, and
 * comes from a task that had to say it (in turn: from the task whose turn it is). */
uint64_t order_kept(const struct order_script *script, unsigned capabilities,
		    const struct order_event events[ORDER_EVENTS_MAX]);

/* A sum over who said what; the same in any order. */
uint64_t order_checksum(uint32_t task, enum order_word word);

#endif
