/* switch_x86_64.S: see switch.h. Integer callee-saved registers and the stack pointer; rdi, rsi, rdx, rcx are the
 * arguments in their order. The frame is described for debuggers and profilers at every instruction: it has the same
 * shape on both sides of the change of rsp. */
	.text

	.macro save_frame
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	movq	%rsp, (%rdi)
	.endm

	.macro restore_frame
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	.endm

	.globl	stack_switch
	.hidden	stack_switch
	.type	stack_switch, @function
	.p2align 5
stack_switch:
	.cfi_startproc
	save_frame
	movq	48(%rsp), %rdx
	movq	%rsi, %rsp
	restore_frame
	xorl	%eax, %eax
	cmpq	(%rsp), %rdx
	jne	1f
	.cfi_remember_state
	ret
1:	.cfi_restore_state
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, rcx
	jmp	*%rcx
	.cfi_endproc
	.size	stack_switch, .-stack_switch

/* From the first instruction on the frame is the resumed one's. */
	.globl	stack_resume
	.hidden	stack_resume
	.type	stack_resume, @function
	.p2align 5
stack_resume:
	.cfi_startproc
	movq	%rdi, %rsp
	.cfi_def_cfa_offset 56
	.cfi_offset rbp, -16
	.cfi_offset rbx, -24
	.cfi_offset r12, -32
	.cfi_offset r13, -40
	.cfi_offset r14, -48
	.cfi_offset r15, -56
	restore_frame
	xorl	%eax, %eax
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, rcx
	jmp	*%rcx
	.cfi_endproc
	.size	stack_resume, .-stack_resume

/* The new stack is empty: a backtrace ends here. The call leaves rsp as a function expects it: 8 below a multiple of 16. */
	.globl	stack_start
	.hidden	stack_start
	.type	stack_start, @function
	.p2align 5
stack_start:
	.cfi_startproc
	save_frame
	movq	%rsi, %rsp
	.cfi_def_cfa rsp, 0
	.cfi_undefined rip
	xorl	%ebp, %ebp
	movq	%rcx, %rdi
	call	*%rdx
	ud2
	.cfi_endproc
	.size	stack_start, .-stack_start

/* What the function returns is where the caller's frame was saved. Its registers are as they were, since the function has
 * kept them as any function does: nothing is taken back from memory but the return address. */
	.globl	stack_call
	.hidden	stack_call
	.type	stack_call, @function
	.p2align 5
stack_call:
	.cfi_startproc
	save_frame
	movq	(%rsi), %rsp
	.cfi_remember_state
	.cfi_def_cfa rsp, 0
	.cfi_undefined rip
	movq	%rdx, %rax
	movq	%rsi, %rdi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	movq	%r9, %rcx
	call	*%rax
	leaq	48(%rax), %rsp
	.cfi_restore_state
	.cfi_def_cfa_offset 8
	.cfi_restore rbp
	.cfi_restore rbx
	.cfi_restore r12
	.cfi_restore r13
	.cfi_restore r14
	.cfi_restore r15
	xorl	%eax, %eax
	ret
	.cfi_endproc
	.size	stack_call, .-stack_call

	.section .note.GNU-stack, "", @progbits
