/* transfer_aarch64.S: see transfer.h. x19 to x30, the lower halves of v8 to v15 and the stack pointer; x0 to x5 are the
 * arguments in their order. The frame is described for debuggers and profilers; it has the same shape on both sides of
 * a change of sp, except on an empty stack, where a backtrace ends. A resumption is a `br` unless it
 * leads to where the latest call came from, as `ret` is predicted. */
#if defined(__aarch64__)
	.text

	.macro function name
	.globl	\name
	.hidden	\name
	.type	\name, %function
	.p2align 5
\name:
	.cfi_startproc
	.endm

	.macro end_function name
	.cfi_endproc
	.size	\name, .-\name
	.endm

	.macro save first, second, offset
	stp	\first, \second, [sp, #\offset]
	.cfi_rel_offset \first, \offset
	.cfi_rel_offset \second, \offset + 8
	.endm

	.macro restore first, second, offset
	ldp	\first, \second, [sp, #\offset]
	.cfi_restore \first
	.cfi_restore \second
	.endm

	.macro save_frame
	sub	sp, sp, #160
	.cfi_adjust_cfa_offset 160
	save	x19, x20, 0
	save	x21, x22, 16
	save	x23, x24, 32
	save	x25, x26, 48
	save	x27, x28, 64
	save	x29, x30, 80
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x9, sp
	stlr	x9, [x0]
	.endm

	/* Where the one that is left came from is in x10: see switch.h. */
	.macro resume
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	restore	x19, x20, 0
	restore	x21, x22, 16
	restore	x23, x24, 32
	restore	x25, x26, 48
	restore	x27, x28, 64
	restore	x29, x30, 80
	add	sp, sp, #160
	.cfi_def_cfa_offset 0
	mov	w0, #0
	cmp	x10, x30
	b.ne	1f
	ret
1:	br	x30
	.endm

	function transfer_start
	save_frame
	mov	sp, x1
	.cfi_remember_state
	.cfi_def_cfa sp, 0
	.cfi_undefined x30
	mov	x19, x1
	mov	x0, x3
	blr	x2
	mov	x0, x19
	bl	unit_end
	mov	sp, x0
	.cfi_restore_state
	ldr	x19, [sp]
	ldr	x30, [sp, #88]
	add	sp, sp, #160
	.cfi_def_cfa_offset 0
	mov	w0, #0
	ret
	end_function transfer_start

	function transfer_switch
	mov	x10, x30
	save_frame
	mov	sp, x1
	resume
	end_function transfer_switch

	function transfer_after
	save_frame
	mov	x19, x30
	mov	sp, x1
	mov	x9, x2
	mov	x0, x3
	mov	x1, x4
	blr	x9
	mov	x10, x19
	resume
	end_function transfer_after
#endif

	.section .note.GNU-stack, "", %progbits
