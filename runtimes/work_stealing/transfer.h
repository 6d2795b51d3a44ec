/* transfer.h: from one task's stack to another, in assembly (transfer_x86_64.S, transfer_aarch64.S).
 *
 * What is kept, how the way back is predicted and what is not declared: as in ../coroutine/switch.h. A child
 * whose parent nobody has taken meanwhile ends by an ordinary return, which the processor predicts, and takes nothing back
 * from memory but the stack pointer, since its body has kept all registers as any function does. Two things are different
 * here. What makes the task that was left known to others is called between the two stacks, when its registers
 * are saved and before the other one goes on. And a stack is never resumed after its task has ended.
 *
 *	parent's stack			child's stack
 *	|  caller of transfer_call  |	|  control block (top)	    |
 *	|  saved registers	    |	|  return into transfer_call |  not used again once the parent was resumed
 *	|___________________________|	|  frames of body	    | */
#ifndef SIMUL_WORK_STEALING_TRANSFER_H
#define SIMUL_WORK_STEALING_TRANSFER_H

struct unit;
struct worker;

/* Makes the unit that was left known to others; its stack is no longer in use. */
typedef void after_switch(struct worker *worker, struct unit *left);

/* Suspends the caller: its stack pointer goes to *from. Calls body(a, b, c) on the empty stack that ends below top
 * (aligned to 16). Body returns *from, if nobody has resumed the caller: then the call returns 1. Or it never returns;
 * then the call returns 0 when a switch resumes the caller. */
int transfer_call(void **from, void *top, void *(*body)(void *, void *, void *), void *a, void *b, void *c);

/* Suspends the caller likewise and resumes what was suspended with `to`. Returns 0. */
int transfer_switch(void **from, void *to);

/* The same; after(worker, left) is called below the frames of the stack that is resumed, before that goes on. */
int transfer_after(void **from, void *to, after_switch *after, struct worker *worker, struct unit *left);

#endif
