/* transfer.h: from one task's stack to another, in assembly (transfer_x86_64.S, transfer_aarch64.S).
 *
 * What is kept, how the way back is predicted and what is not declared: as in ../coroutine/switch.h. A child whose
 * parent nobody has taken meanwhile ends by an ordinary return, which the processor predicts, and takes nothing back
 * from memory but the stack pointer and one register, since its body has kept the others as any function does. Two
 * things are different here. What makes the task that was left known to others is called between the two stacks, when
 * its registers are saved and before the other one goes on. And a stack is never resumed after its task has ended.
 *
 *	parent's stack			child's stack
 *	|  caller of transfer_start |	|  control block (top)	     |
 *	|  saved registers	    |	|  return into transfer_start |  not used again once the parent was resumed
 *	|___________________________|	|  frames of function	     | */
#ifndef SIMUL_WORK_STEALING_TRANSFER_H
#define SIMUL_WORK_STEALING_TRANSFER_H

struct unit;
struct worker;

/* Makes the unit that was left known to others; its stack is no longer in use. */
typedef void after_switch(struct worker *worker, struct unit *left);

/* Suspends the caller: its stack pointer goes to *from, a release. Calls function(argument) on the empty stack below
 * child (aligned to 16), and then unit_end(child). Returns 0 when that returns, or a switch resumes the caller. */
int transfer_start(_Atomic(void *) *from, struct unit *child, void (*function)(void *), void *argument);

/* Written by the caller: what is done when the function of a task has returned. Returns what is in *from, if nobody has
 * resumed the caller of transfer_start(). Or it does not return. */
void *unit_end(struct unit *ended) __attribute__((visibility("hidden")));

/* Suspends the caller likewise and resumes what was suspended with `to`. Returns 0. */
int transfer_switch(_Atomic(void *) *from, void *to);

/* The same; after(worker, left) is called below the frames of the stack that is resumed, before that goes on. */
int transfer_after(_Atomic(void *) *from, void *to, after_switch *after, struct worker *worker, struct unit *left);

#endif
