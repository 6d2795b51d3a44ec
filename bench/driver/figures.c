/* figures.c: see figures.h. */
#include "figures.h"

#include "record.h"

/* A number in the record or in the load, and the factor to the unit in its name. */
static const struct {
	const char *name;
	const char *object, *key;
	int of_load;
	double factor;
} sources[] = {
	{.name = "sim_cpu_ms", .object = "cpu_ns", .key = "steady", .factor = 1e-6},
	{.name = "sim_switches_voluntary", .object = "switches", .key = "voluntary", .factor = 1},
	{.name = "sim_switches_involuntary", .object = "switches", .key = "involuntary", .factor = 1},
	{.name = "sim_memory_kib", .object = "memory", .key = "pss_peak", .factor = 1.0 / 1024},
	{.name = "sim_latency_p50_us", .object = "latency_ns", .key = "p50", .of_load = 1, .factor = 1e-3},
	{.name = "sim_latency_p99_us", .object = "latency_ns", .key = "p99", .of_load = 1, .factor = 1e-3},
	{.name = "sim_latency_p999_us", .object = "latency_ns", .key = "p999", .of_load = 1, .factor = 1e-3},
};

static void add(struct figures *figures, const char *name, double value)
{
	if (figures->count == FIGURES_MAX)
		return;
	figures->items[figures->count].name = name;
	figures->items[figures->count++].value = value;
}

void figures_read(struct figures *figures, const json_t *record, const json_t *load)
{
	double wall_ns = (double)record_wall_ns(record, load);
	double messages = json_number_value(json_object_get(load, "messages"));
	double operations = json_number_value(json_object_get(json_object_get(record, "audit"), "operations"));

	figures->count = 0;
	if (messages > 0 && wall_ns > 0)
		add(figures, "sim_messages_per_s", messages / wall_ns * 1e9);
	else if (operations > 0 && wall_ns > 0)
		add(figures, "sim_operations_per_s", operations / wall_ns * 1e9);
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		const json_t *object = json_object_get(sources[i].of_load ? load : record, sources[i].object);
		const json_t *value = json_object_get(object, sources[i].key);

		if (json_is_number(value))
			add(figures, sources[i].name, json_number_value(value) * sources[i].factor);
	}
}
