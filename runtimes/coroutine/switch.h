/* switch.h: from one stack to another, in assembly (switch_x86_64.S, switch_aarch64.S).
 *
 * What is kept is what the calling convention makes the callee keep: to the compiler both functions are ordinary calls,
 * and everything else is saved by it where it matters. Not kept, for 3.5 ns a switch: the floating-point control words
 * (MXCSR and the x87 control word, FPCR). They belong to the thread: a task that changes its rounding mode changes it
 * for all, and restores it before it suspends. Nor are the signal mask and errno.
 *
 * The way back is a jump and not a return: the processor predicts a return to go back to the latest call, which is
 * another task's; it predicts the target of a jump from where it went before. Callers make the switch their last call,
 * so that a jump leads straight into the code that called the verb.
 *
 * Shadow stacks (CET, GCS) and branch landing pads (IBT, BTI) are neither used nor declared; the linker then leaves
 * them off for the whole program.
 *
 *	stack while suspended		x86-64			aarch64
 *	higher addresses		return address		d8 to d15
 *					rbp			x29, x30 (the return address)
 *					rbx			x27, x28
 *					r12 to r15		x19 to x26
 *	saved stack pointer ->		(r15)			(x19)
 *
 * Sources: System V ABI, AMD64 supplement, 3.2; Procedure Call Standard for the Arm 64-bit Architecture, 6. */
#ifndef SIMUL_COROUTINE_SWITCH_H
#define SIMUL_COROUTINE_SWITCH_H

/* Suspends the caller: its stack pointer goes to *from. Resumes what was suspended with `to`. Returns 0 when another
 * switch resumes the caller; *from has been used up then. */
int stack_switch(void **from, void *to);

/* Suspends the caller likewise and calls function(argument) on the empty stack that ends below top (aligned to 16).
 * Function must not return. */
int stack_start(void **from, void *top, void (*function)(void *), void *argument);

/* The same for a function(a, b, c) that may return: the stack pointer of whom to resume. Where that is the caller, the
 * processor foresees the way back, as that of any call; elsewhere stack_switch() is faster. Returns 0. */
int stack_call(void **from, void *top, void *(*function)(void *, void *, void *), void *a, void *b, void *c);

#endif
