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
