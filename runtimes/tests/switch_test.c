/* switch_test.c: the stack switch keeps what the calling convention promises, on both sides. */
#include "../coroutine/switch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STACK = 128 * 1024 };

static void *here, *there;
static char *stack;
static uint64_t seen[4];

static int open_stack(void **state)
{
	(void)state;
	stack = aligned_alloc(64, STACK);
	return stack ? 0 : -1;
}

static int close_stack(void **state)
{
	(void)state;
	free(stack);
	return 0;
}

/* More values than there are callee-saved registers, alive across each switch. */
static uint64_t mix(uint64_t seed, void **from, void **to)
{
	uint64_t a = seed, b = seed * 3, c = seed * 5, d = seed * 7, e = seed * 11, f = seed * 13, g = seed * 17;
	double x = (double)seed, y = x / 3;

	for (int i = 0; i < 1000; i++) {
		stack_switch(from, *to);
		a += b, b ^= c, c += d, d ^= e, e += f, f ^= g, g += a;
		x = x * 0.5 + y, y = y * 0.25 + 1;
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ (uint64_t)(x * 1000) ^ (uint64_t)(y * 1000);
}

/* The same without a switch. */
static uint64_t mix_alone(uint64_t seed)
{
	uint64_t a = seed, b = seed * 3, c = seed * 5, d = seed * 7, e = seed * 11, f = seed * 13, g = seed * 17;
	double x = (double)seed, y = x / 3;

	for (int i = 0; i < 1000; i++) {
		a += b, b ^= c, c += d, d ^= e, e += f, f ^= g, g += a;
		x = x * 0.5 + y, y = y * 0.25 + 1;
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ (uint64_t)(x * 1000) ^ (uint64_t)(y * 1000);
}

static void mix_there(void *argument)
{
	seen[0] = mix(*(uint64_t *)argument, &there, &here);
	for (;;)
		stack_switch(&there, here);
}

static void keeps_registers(void **state)
{
	uint64_t seed = 12345;

	(void)state;
	seen[0] = 0;
	assert_int_equal(stack_start(&here, stack + STACK, mix_there, &seed), 0);
	assert_true(mix(999, &here, &there) == mix_alone(999));
	stack_switch(&here, there);
	assert_true(seen[0] == mix_alone(seed));
}

static void look_around(void *argument)
{
	char local[64] __attribute__((aligned(16)));
	char text[64];

	seen[0] = (uint64_t)(uintptr_t)argument;
	seen[1] = (uint64_t)(uintptr_t)local;
	/* Variadic floating point needs the stack as the convention aligns it. */
	snprintf(text, sizeof(text), "%.3f", 1.5);
	seen[2] = strcmp(text, "1.500") == 0;
	for (;;)
		stack_switch(&there, here);
}

static void starts_on_the_new_stack(void **state)
{
	(void)state;
	assert_int_equal(stack_start(&here, stack + STACK, look_around, seen), 0);
	assert_true(seen[0] == (uint64_t)(uintptr_t)seen);
	assert_true(seen[1] >= (uint64_t)(uintptr_t)stack && seen[1] < (uint64_t)(uintptr_t)(stack + STACK));
	assert_int_equal(seen[1] % 16, 0);
	assert_int_equal(seen[2], 1);
	assert_int_equal(stack_switch(&here, there), 0);
}

static void leave_at_once(void *argument)
{
	seen[0] = mix_alone(*(uint64_t *)argument);
	stack_resume(here);
}

static void leaves_for_ever(void **state)
{
	volatile uint64_t seed = 7;
	uint64_t a = seed, b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13;

	(void)state;
	assert_int_equal(stack_start(&here, stack + STACK, leave_at_once, &a), 0);
	assert_true(seen[0] == mix_alone(seed));
	assert_true(b == 21 && c == 35 && d == 49 && e == 77 && f == 91);
}

static void *look_and_return(void **to, void *a, void *b, void *c)
{
	seen[0] = (uint64_t)(uintptr_t)a;
	seen[1] = (uint64_t)(uintptr_t)b;
	seen[2] = (uint64_t)(uintptr_t)c;
	seen[3] = *to == stack + STACK;
	return here;
}

/* A value in each callee-saved register comes back. */
static void calls_on_the_new_stack(void **state)
{
	volatile uint64_t seed = 7;
	void *top = stack + STACK;
	uint64_t a = seed, b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13, g = a * 17;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(stack_call(&here, &top, look_and_return, &here, &there, stack), 0);
		assert_true(seen[0] == (uint64_t)(uintptr_t)&here && seen[1] == (uint64_t)(uintptr_t)&there &&
			    seen[2] == (uint64_t)(uintptr_t)stack && seen[3] == 1);
		a += b, b ^= c, c += d, d ^= e, e += f, f ^= g, g += a;
	}
	uint64_t sum = a ^ b ^ c ^ d ^ e ^ f ^ g;

	a = seed, b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13, g = a * 17;
	for (int i = 0; i < 3; i++)
		a += b, b ^= c, c += d, d ^= e, e += f, f ^= g, g += a;
	assert_true(sum == (a ^ b ^ c ^ d ^ e ^ f ^ g));
}

static __attribute__((noreturn)) void *switch_for_ever(void **to, void *first, void *second, void *unused)
{
	(void)to, (void)unused;
	for (;;)
		stack_switch(second, *(void **)first);
}

/* The caller may be resumed by a switch as well; from the place of the other one's switch, and from another one. */
static void call_ends_with_a_switch(void **state)
{
	void *top = stack + STACK;

	(void)state;
	assert_int_equal(stack_call(&here, &top, switch_for_ever, &here, &there, NULL), 0);
	assert_int_equal(stack_switch(&here, there), 0);
	assert_int_equal(stack_switch(&here, there), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_registers),        cmocka_unit_test(starts_on_the_new_stack),
		cmocka_unit_test(calls_on_the_new_stack), cmocka_unit_test(call_ends_with_a_switch),
		cmocka_unit_test(leaves_for_ever),
	};

	return cmocka_run_group_tests(tests, open_stack, close_stack);
}
