/* transfer_x86_64.S: see transfer.h. Integer callee-saved registers and the stack pointer; rdi, rsi, rdx, rcx, r8,
 * r9 are the arguments in their order. The frame is described for debuggers and profilers; it has the same shape on both sides
 * of a change of rsp, except on an empty stack, where a backtrace ends. */
#if defined(__x86_64__)
	.text

	.macro function name
	.globl	\name
	.hidden	\name
	.type	\name, @function
	.p2align 5
\name:
	.cfi_startproc
	.endm

	.macro end_function name
	.cfi_endproc
	.size	\name, .-\name
	.endm

	.macro save register
	pushq	%\register
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \register, 0
	.endm

	.macro restore register
	popq	%\register
	.cfi_adjust_cfa_offset -8
	.cfi_restore \register
	.endm

	.macro save_frame
	save	rbp
	save	rbx
	save	r12
	save	r13
	save	r14
	save	r15
	movq	%rsp, (%rdi)
	.endm

	/* Where the one that is left came from is in rdx: see switch.h. */
	.macro resume
	restore	r15
	restore	r14
	restore	r13
	restore	r12
	restore	rbx
	restore	rbp
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
	.endm

	function transfer_start
	save_frame
	movq	%rsi, %rsp
	.cfi_remember_state
	.cfi_def_cfa rsp, 0
	.cfi_undefined rip
	movq	%rsi, %rbx
	movq	%rcx, %rdi
	call	*%rdx
	movq	%rbx, %rdi
	call	unit_end
	movq	32(%rax), %rbx
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
	end_function transfer_start

	function transfer_switch
	save_frame
	movq	48(%rsp), %rdx
	movq	%rsi, %rsp
	resume
	end_function transfer_switch

	function transfer_after
	save_frame
	movq	48(%rsp), %rbx
	movq	%rsi, %rsp
	movq	%rdx, %rax
	movq	%rcx, %rdi
	movq	%r8, %rsi
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	*%rax
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	movq	%rbx, %rdx
	resume
	end_function transfer_after
#endif

	.section .note.GNU-stack, "", @progbits
