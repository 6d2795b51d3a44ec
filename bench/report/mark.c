/* mark.c: see mark.h. */
#include "mark.h"

#include <string.h>

/* Okabe & Ito, "Color Universal Design" (2008), without its yellow, which is lost on white. */
static const struct {
	const char *heading;
	unsigned colour;
	char letter;
} families[FAMILIES] = {
	[FAMILY_SEQUENTIAL] = {"one task after another", 0x000000, 'S'},
	[FAMILY_PROCESS] = {"processes", 0x0072b2, 'P'},
	[FAMILY_THREAD] = {"threads", 0xd55e00, 'T'},
	[FAMILY_CALLBACK] = {"callbacks", 0xe69f00, 'B'},
	[FAMILY_ASYNC] = {"async functions", 0xcc79a7, 'A'},
	[FAMILY_COROUTINE] = {"coroutines", 0x009e73, 'C'},
	[FAMILY_PARALLEL_COROUTINE] = {"coroutines over all cores", 0x56b4e9, 'M'},
	[FAMILY_UNKNOWN] = {"others", 0x555555, '?'},
	[FAMILY_FLOOR] = {"no runtime at all", 0x222222, '-'},
};

/* gnuplot's point types: circle, square, triangle up, triangle down, diamond; its pentagon looks like a circle. */
static const unsigned full[] = {7, 5, 9, 11, 13}, hollow[] = {6, 4, 8, 10, 12};
static const unsigned dashes[] = {4, 2, 1, 3, 5};

enum { SHAPES = sizeof(full) / sizeof(*full) };

enum model_family model_family_of(const struct bundle *bundle, const char *runtime)
{
	const json_t *info = bundle_info(bundle, runtime);
	const char *dialect = json_string_value(json_object_get(info, "dialect"));

	if (bundle_is_floor(bundle, runtime))
		return FAMILY_FLOOR;
	if (!json_is_array(json_object_get(info, "capabilities")))
		return FAMILY_UNKNOWN;
	if (!bundle_can(bundle, runtime, "interleaves"))
		return FAMILY_SEQUENTIAL;
	if (bundle_can(bundle, runtime, "switches-stacks"))
		return bundle_can(bundle, runtime, "parallel") ? FAMILY_PARALLEL_COROUTINE : FAMILY_COROUTINE;
	if (dialect && strcmp(dialect, "callback") == 0)
		return FAMILY_CALLBACK;
	if (dialect && strcmp(dialect, "async") == 0)
		return FAMILY_ASYNC;
	if (bundle_can(bundle, runtime, "preempts"))
		return bundle_can(bundle, runtime, "shares-memory") ? FAMILY_THREAD : FAMILY_PROCESS;
	return FAMILY_UNKNOWN;
}

const char *model_family_heading(enum model_family family)
{
	return families[family].heading;
}

char model_family_letter(enum model_family family)
{
	return families[family].letter;
}

/* The sdbm hash (Ozan Yigit, 1990). Of its bits these keep apart the names of one family that there are today. */
static unsigned home_of(const char *name)
{
	uint32_t hash = 0;

	for (; *name; name++)
		hash = hash * 65599 + (unsigned char)*name;
	return (hash >> 17) % SHAPES;
}

static bool is_hollow(const struct bundle *bundle, const char *runtime)
{
	return bundle_is_peer(bundle, runtime) || bundle_is_floor(bundle, runtime);
}

/* Each takes the first free shape from its home on, in the order of names; peers among themselves, as theirs are
 * hollow. Of more than SHAPES one is free again. */
static void marks_of_kind(const struct bundle *bundle, const enum model_family *family, bool hollows,
			  struct mark marks[BUNDLE_RUNTIMES_MAX])
{
	unsigned taken[FAMILIES][SHAPES] = {{0}}, count[FAMILIES] = {0};

	for (unsigned slot = 0; slot < bundle->runtime_count; slot++) {
		unsigned *of = taken[family[slot]], shape = home_of(bundle->runtimes[slot]);

		if (is_hollow(bundle, bundle->runtimes[slot]) != hollows)
			continue;
		while (of[shape] > count[family[slot]] / SHAPES)
			shape = (shape + 1) % SHAPES;
		of[shape]++;
		count[family[slot]]++;
		marks[slot] = (struct mark){
			.family = family[slot],
			.colour = families[family[slot]].colour,
			.shape = (hollows ? hollow : full)[shape],
			.dash = dashes[shape],
		};
	}
}

void marks_make(const struct bundle *bundle, struct mark marks[BUNDLE_RUNTIMES_MAX])
{
	enum model_family family[BUNDLE_RUNTIMES_MAX];

	for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
		family[slot] = model_family_of(bundle, bundle->runtimes[slot]);
	marks_of_kind(bundle, family, false, marks);
	marks_of_kind(bundle, family, true, marks);
}
