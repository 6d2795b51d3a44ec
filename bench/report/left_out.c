/* left_out.c: see left_out.h. */
#include "left_out.h"

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

unsigned left_out_print(const struct bundle *bundle, const char *prefix, FILE *out)
{
	size_t planned, unplayed = bundle_unplayed(bundle, &planned);
	unsigned lines = 0;

	if (unplayed > 0) {
		fprintf(out, "%s%zu of %zu invocations are missing: the run was stopped or still goes on.\n", prefix,
			unplayed, planned);
		lines++;
	}
	if (bundle->malformed > 0) {
		fprintf(out, "%s%zu line%s of records.jsonl could not be read, the first being line %llu.\n", prefix,
			bundle->malformed, plural(bundle->malformed), (unsigned long long)bundle->first_malformed);
		lines++;
	}
	if (bundle->unknown_cells > 0) {
		fprintf(out, "%s%zu record%s of cells that the plan does not have.\n", prefix, bundle->unknown_cells,
			plural(bundle->unknown_cells));
		lines++;
	}
	return lines;
}

void over_quota_text(const struct bundle *bundle, char text[CELLS_MARKED_MAX])
{
	const json_t *machine = bundle_object(bundle, "machine");
	unsigned least = 0;

	for (size_t i = 0; i < bundle->cell_count; i++) {
		const struct cell *cell = &bundle->cells[i];

		if (cell->over_quota && (least == 0 || cell->cores < least))
			least = cell->cores;
	}
	*text = '\0';
	if (least > 0)
		snprintf(text, CELLS_MARKED_MAX,
			 "Over the CPU quota of %.4g cores (--allow-quota): all cells on %u or more cores.",
			 json_measure(machine, "quota_cores"), least);
}

void load_on_siblings_text(const struct bundle *bundle, char text[CELLS_MARKED_MAX])
{
	size_t marked = 0, loaded = 0;

	for (size_t i = 0; i < bundle->cell_count; i++) {
		marked += bundle->cells[i].load_on_siblings;
		loaded += bundle->cells[i].load_cores > 0;
	}
	*text = '\0';
	if (marked > 0)
		snprintf(text, CELLS_MARKED_MAX,
			 "In %zu of %zu cells with a load it had only SMT siblings of the player's cores.", marked,
			 loaded);
}
