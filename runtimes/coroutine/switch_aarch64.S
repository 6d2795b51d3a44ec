/* switch_aarch64.S: see switch.h. x19 to x30, the lower halves of v8 to v15 and the stack pointer; x0 to x3 are the
 * arguments in their order. The frame is described for debuggers and profilers: it has the same shape on both sides of
 * the change of sp. The way back is `br` unless it leads to where the latest call came from, as `ret` is predicted. */
	.text

	.macro save_frame
	sub	sp, sp, #160
	.cfi_adjust_cfa_offset 160
	stp	x19, x20, [sp, #0]
	.cfi_rel_offset x19, 0
	.cfi_rel_offset x20, 8
	stp	x21, x22, [sp, #16]
	.cfi_rel_offset x21, 16
	.cfi_rel_offset x22, 24
	stp	x23, x24, [sp, #32]
	.cfi_rel_offset x23, 32
	.cfi_rel_offset x24, 40
	stp	x25, x26, [sp, #48]
	.cfi_rel_offset x25, 48
	.cfi_rel_offset x26, 56
	stp	x27, x28, [sp, #64]
	.cfi_rel_offset x27, 64
	.cfi_rel_offset x28, 72
	stp	x29, x30, [sp, #80]
	.cfi_rel_offset x29, 80
	.cfi_rel_offset x30, 88
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x9, sp
	str	x9, [x0]
	.endm

	.macro restore_frame
	ldp	x19, x20, [sp, #0]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	add	sp, sp, #160
	.cfi_def_cfa_offset 0
	.cfi_restore x19
	.cfi_restore x20
	.cfi_restore x21
	.cfi_restore x22
	.cfi_restore x23
	.cfi_restore x24
	.cfi_restore x25
	.cfi_restore x26
	.cfi_restore x27
	.cfi_restore x28
	.cfi_restore x29
	.cfi_restore x30
	.endm

	.globl	stack_switch
	.hidden	stack_switch
	.type	stack_switch, %function
	.p2align 5
stack_switch:
	.cfi_startproc
	mov	x10, x30
	save_frame
	mov	sp, x1
	restore_frame
	mov	w0, #0
	cmp	x10, x30
	b.ne	1f
	ret
1:	br	x30
	.cfi_endproc
	.size	stack_switch, .-stack_switch

/* From the first instruction on the frame is the resumed one's. */
	.globl	stack_resume
	.hidden	stack_resume
	.type	stack_resume, %function
	.p2align 5
stack_resume:
	.cfi_startproc
	mov	sp, x0
	.cfi_def_cfa_offset 160
	.cfi_rel_offset x19, 0
	.cfi_rel_offset x20, 8
	.cfi_rel_offset x21, 16
	.cfi_rel_offset x22, 24
	.cfi_rel_offset x23, 32
	.cfi_rel_offset x24, 40
	.cfi_rel_offset x25, 48
	.cfi_rel_offset x26, 56
	.cfi_rel_offset x27, 64
	.cfi_rel_offset x28, 72
	.cfi_rel_offset x29, 80
	.cfi_rel_offset x30, 88
	restore_frame
	mov	w0, #0
	br	x30
	.cfi_endproc
	.size	stack_resume, .-stack_resume

/* The new stack is empty: a backtrace ends here. */
	.globl	stack_start
	.hidden	stack_start
	.type	stack_start, %function
	.p2align 5
stack_start:
	.cfi_startproc
	save_frame
	mov	sp, x1
	.cfi_def_cfa sp, 0
	.cfi_undefined x30
	mov	x29, #0
	mov	x30, #0
	mov	x0, x3
	blr	x2
	brk	#1
	.cfi_endproc
	.size	stack_start, .-stack_start

/* What the function returns is where the caller's frame was saved. Its registers are as they were, since the function has
 * kept them as any function does: nothing is taken back from memory but the return address. */
	.globl	stack_call
	.hidden	stack_call
	.type	stack_call, %function
	.p2align 5
stack_call:
	.cfi_startproc
	save_frame
	ldr	x6, [x1]
	mov	sp, x6
	.cfi_remember_state
	.cfi_def_cfa sp, 0
	.cfi_undefined x30
	mov	x6, x2
	mov	x0, x1
	mov	x1, x3
	mov	x2, x4
	mov	x3, x5
	blr	x6
	mov	sp, x0
	.cfi_restore_state
	ldr	x30, [sp, #88]
	add	sp, sp, #160
	.cfi_def_cfa_offset 0
	mov	w0, #0
	ret
	.cfi_endproc
	.size	stack_call, .-stack_call

	.section .note.GNU-stack, "", %progbits
