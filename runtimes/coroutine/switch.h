/* switch.h: from one stack to another, in assembly (switch_x86_64.S, switch_aarch64.S).
 *
 * What is kept is what the calling convention makes the callee keep: to the compiler both functions are ordinary calls,
 * and everything else is saved by it where it matters. Not kept, for 3.5 ns a switch: the floating-point control words
 * (MXCSR and the x87 control word, FPCR). They belong to the thread: a task that changes its rounding mode changes it
 * for all, and restores it before it suspends. Nor are the signal mask and errno.
 *
 * The processor predicts a return to go back to the latest call, which is another task's, and the target of a jump from
 * where it went before. So the way back is a jump, unless both tasks have called from the same place: then the
 *prediction is right, and the returns behind it, which it takes from the same list of calls, are right as well where
 *both tasks do the same. (A ring of tasks that wake each other took 39 ns a step with jumps alone, of them about 10 for
 *a return.) Callers make the switch their last call, so that the way leads straight into the code that called the verb.
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

/* Resumes likewise, and leaves the caller's stack for ever: nothing of it is stored. It does not return, and is not
 * declared so: before such a call AddressSanitizer cleans the stack of the thread, which is another one. */
void stack_resume(void *to);

/* Suspends the caller likewise and calls function(argument) on the empty stack that ends below top (aligned to 16).
 * Function must not return. */
int stack_start(void **from, void *top, void (*function)(void *), void *argument);

/* The same for a function(to, a, b, c) that may return, as long as nobody has resumed the caller: it returns *from
 * then, and the processor foresees the way back, as that of any call. *to is the top of its stack. Returns 0. */
int stack_call(void **from, void **to, void *(*function)(void **to, void *a, void *b, void *c), void *a, void *b,
	       void *c);

#endif
