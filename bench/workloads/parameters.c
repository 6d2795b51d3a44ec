/* parameters.c: see parameters.h. Numbers are exact: a text that would need rounding is refused. */
#include "parameters.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first, as parameter_format() tries them. */
static const struct unit duration_units[] = {
	{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}, {NULL, 0},
};
static const struct unit size_units[] = {
	{"GiB", UINT64_C(1) << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {NULL, 0},
};
static const struct unit no_units[] = {{NULL, 0}};

static const struct unit *units_of(enum parameter_type type)
{
	switch (type) {
	case PARAMETER_DURATION:
		return duration_units;
	case PARAMETER_SIZE:
		return size_units;
	default:
		return no_units;
	}
}

/* "M" is MiB, as other programs take it: there is no other million of bytes here. */
static bool is_short_for(const char *name, const char *unit)
{
	return name[0] == unit[0] && name[1] == '\0' && unit[1] == 'i';
}

static int unit_factor(const struct unit *units, const char *name, uint64_t *factor)
{
	*factor = 1;
	if (*name == '\0')
		return 0;
	for (; units->name; units++)
		if (strcmp(units->name, name) == 0 || is_short_for(name, units->name)) {
			*factor = units->factor;
			return 0;
		}
	return -EINVAL;
}

/* Digits at *text to a number; *text is moved behind them. */
static int take_digits(const char **text, uint64_t *number)
{
	*number = 0;
	for (; **text >= '0' && **text <= '9'; (*text)++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(**text - '0'), number))
			return -EINVAL;
	return 0;
}

/* The fraction ".5" of a unit of `factor`, if it is a whole number of the smallest unit. */
static int take_fraction(const char *digits, size_t length, uint64_t factor, uint64_t *part)
{
	*part = 0;
	for (size_t i = 0; i < length; i++) {
		uint64_t digit = (uint64_t)(digits[i] - '0');

		/* digit * factor / 10^(i+1), exactly or not at all; factor shrinks by ten each time while it can. */
		if (factor % 10 != 0 && digit * factor % 10 != 0)
			return -EINVAL;
		if (factor % 10 != 0 && i + 1 < length)
			return -EINVAL;
		*part += digit * factor / 10;
		factor /= 10;
	}
	return 0;
}

static int number_parse(const char *text, const struct unit *units, uint64_t *number)
{
	const char *cursor = text, *fraction = NULL;
	size_t fraction_length = 0;
	uint64_t whole, part, factor;

	if (*text < '0' || *text > '9' || take_digits(&cursor, &whole) < 0)
		return -EINVAL;
	if (*cursor == '.') {
		fraction = ++cursor;
		fraction_length = strspn(fraction, "0123456789");
		cursor += fraction_length;
		if (fraction_length == 0)
			return -EINVAL;
	}
	if (unit_factor(units, cursor, &factor) < 0 || take_fraction(fraction, fraction_length, factor, &part) < 0)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, factor, number) || __builtin_add_overflow(*number, part, number))
		return -EINVAL;
	return 0;
}

int duration_parse(const char *text, uint64_t *ns)
{
	return number_parse(text, duration_units, ns);
}

int size_parse(const char *text, uint64_t *bytes)
{
	return number_parse(text, size_units, bytes);
}

int count_parse(const char *text, uint64_t *count)
{
	return number_parse(text, no_units, count);
}

static int choice_parse(const struct parameter *parameter, const char *text, uint64_t *index)
{
	for (uint64_t i = 0; parameter->choices[i]; i++)
		if (strcmp(parameter->choices[i], text) == 0) {
			*index = i;
			return 0;
		}
	return -EINVAL;
}

static int value_parse(const struct parameter *parameter, const char *text, uint64_t *value)
{
	if (parameter->type == PARAMETER_CHOICE)
		return choice_parse(parameter, text, value);
	return number_parse(text, units_of(parameter->type), value);
}

void parameter_format(const struct parameter *parameter, uint64_t value, char text[PARAMETER_TEXT_MAX])
{
	const struct unit *unit = units_of(parameter->type);

	if (parameter->type == PARAMETER_CHOICE) {
		snprintf(text, PARAMETER_TEXT_MAX, "%s", parameter->choices[value]);
		return;
	}
	while (unit->name && (value == 0 ? unit->factor != 1 : value % unit->factor != 0))
		unit++;
	snprintf(text, PARAMETER_TEXT_MAX, "%" PRIu64 "%s", unit->name ? value / unit->factor : value,
		 unit->name ? unit->name : "");
}

uint64_t values_cost(const struct values *values, int index)
{
	return values->cost[index] > 0 ? values->cost[index] : values->value[index];
}

uint64_t calibration_least(calibration_run *calibrate)
{
	enum { RUNS = 50 };
	uint64_t least = UINT64_MAX;

	for (int run = 0; run < RUNS && least > 0; run++) {
		uint64_t cost = calibrate();

		least = cost < least ? cost : least;
	}
	return least;
}

void values_init(struct values *values, const struct parameter *table)
{
	memset(values, 0, sizeof *values);
	for (int i = 0; table[i].name; i++)
		if (table[i].fallback)
			value_parse(&table[i], table[i].fallback, &values->value[i]);
}

int parameter_find(const struct parameter *table, const char *name)
{
	for (int i = 0; table[i].name; i++)
		if (strcmp(table[i].name, name) == 0)
			return i;
	return -1;
}

/* Appends to a sentence; what does not fit is cut. */
static void append(char reason[REASON_MAX], const char *text)
{
	size_t length = strlen(reason);

	snprintf(reason + length, REASON_MAX - length, "%s", text);
}

static void append_names(char reason[REASON_MAX], const struct parameter *table)
{
	for (int i = 0; table[i].name; i++) {
		append(reason, i ? ", " : "");
		append(reason, table[i].name);
	}
}

static int refuse_value(const struct parameter *parameter, const char *text, char reason[REASON_MAX])
{
	static const char *const wanted[] = {
		[PARAMETER_COUNT] = "a whole number",
		[PARAMETER_DURATION] = "a duration such as 50us, 5.5ms or 2s",
		[PARAMETER_SIZE] = "a size such as 64, 64B or 16KiB",
		[PARAMETER_CHOICE] = "one of",
	};

	snprintf(reason, REASON_MAX, "%s=%.40s is not understood: it takes %s", parameter->name, text,
		 wanted[parameter->type]);
	for (int i = 0; parameter->type == PARAMETER_CHOICE && parameter->choices[i]; i++) {
		append(reason, i ? ", " : " ");
		append(reason, parameter->choices[i]);
	}
	return -EINVAL;
}

static int refuse_range(const struct parameter *parameter, const char *text, char reason[REASON_MAX])
{
	char least[PARAMETER_TEXT_MAX], most[PARAMETER_TEXT_MAX];

	parameter_format(parameter, parameter->least, least);
	parameter_format(parameter, parameter->most, most);
	snprintf(reason, REASON_MAX, "%s=%.40s is out of range: it takes %s to %s", parameter->name, text, least, most);
	return -EINVAL;
}

int values_take(struct values *values, const struct parameter *table, const char *pair, char reason[REASON_MAX])
{
	const char *equals = strchr(pair, '=');
	char name[PARAMETER_TEXT_MAX];
	uint64_t value;
	int i;

	if (!equals || equals == pair) {
		snprintf(reason, REASON_MAX, "'%.40s' is not key=value; known keys: ", pair);
		append_names(reason, table);
		return -EINVAL;
	}
	snprintf(name, sizeof name, "%.*s", (int)(equals - pair > INT_MAX ? INT_MAX : equals - pair), pair);
	i = parameter_find(table, name);
	if (i < 0) {
		snprintf(reason, REASON_MAX, "unknown key '%s'; known keys: ", name);
		append_names(reason, table);
		return -EINVAL;
	}
	if (value_parse(&table[i], equals + 1, &value) < 0)
		return refuse_value(&table[i], equals + 1, reason);
	if (table[i].type != PARAMETER_CHOICE && (value < table[i].least || value > table[i].most))
		return refuse_range(&table[i], equals + 1, reason);
	values->value[i] = value;
	values->given[i] = true;
	return 0;
}
