/* echo.c: see echo.h. */
#include "echo.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "network.h"
#include "quiet.h"

/* Fewer messages would, in records without the server's time in the timed part, charge them with the connections' end;
 * fewer connections with their core's going idle. */
static const double messages_least = 10, company_least = 8;

/* ---- What a cell says ---- */

static double cost_of(const struct cell *cell, bool server)
{
	return quiet_summary(cell, server ? MEASURE_CPU_NS_PER_MESSAGE : MEASURE_CLIENT_NS_PER_MESSAGE).median;
}

static bool is_set_to(const struct cell *cell, const char *name, const char *choice)
{
	const char *text = json_string_value(json_object_get(cell->parameters, name));

	return text && strcmp(text, choice) == 0;
}

bool echo_is_plain(const struct cell *cell)
{
	return cell_parameter(cell, "depth") == 1 && !(cell_parameter(cell, "idle") > 0) &&
	       !(cell_parameter(cell, "rate") > 0) && !is_set_to(cell, "churn", "yes") &&
	       !is_set_to(cell, "client", "same");
}

static bool tells_cost(const struct cell *cell, const struct echo_costs *costs)
{
	return cell->slot == costs->slot && strcmp(cell->workload, "echo") == 0 && cell->count[STATUS_OK] > 0 &&
	       cell_parameter(cell, "messages") >= messages_least && echo_is_plain(cell);
}

/* ---- The costs ---- */

typedef void reader(const struct cell *cell, struct echo_costs *costs);

static void read_cells(struct echo_costs *costs, const struct cell *without, reader *read)
{
	for (size_t i = 0; i < costs->bundle->cell_count; i++) {
		const struct cell *cell = &costs->bundle->cells[i];

		if (cell != without && (costs->cores == 0 || cell->cores == costs->cores) && tells_cost(cell, costs))
			read(cell, costs);
	}
}

static void read_size(const struct cell *cell, struct echo_costs *costs)
{
	costs->size = fmin(costs->size, cell_parameter(cell, "size"));
}

static void read_company(const struct cell *cell, struct echo_costs *costs)
{
	double connections = cell_parameter(cell, "connections");

	if (connections < company_least || cell_parameter(cell, "size") != costs->size)
		return;
	cost_add(&costs->server.company_ns, cell, connections, cost_of(cell, true));
	cost_add(&costs->load.company_ns, cell, connections, cost_of(cell, false));
	cost_add(&costs->bytes, cell, connections, quiet_summary(cell, MEASURE_MEMORY_BYTES).median / connections);
}

static double further_bytes(const struct cell *cell, const struct echo_costs *costs)
{
	return cell_parameter(cell, "size") - costs->size;
}

static void read_alone(const struct cell *cell, struct echo_costs *costs)
{
	if (cell_parameter(cell, "connections") != 1 || further_bytes(cell, costs) > 0)
		return;
	costs->server.alone_ns = cost_of(cell, true);
	costs->load.alone_ns = cost_of(cell, false);
}

static double byte_of(const struct side *side, const struct cell *cell, const struct echo_costs *costs, bool server)
{
	double connections = cell_parameter(cell, "connections"),
	       shorter = connections == 1 ? side->alone_ns : cost_at(&side->company_ns, connections, NULL);

	return fmax(0, (cost_of(cell, server) - shorter) / further_bytes(cell, costs));
}

static void read_byte(const struct cell *cell, struct echo_costs *costs)
{
	bool alone = cell_parameter(cell, "connections") == 1, known = !isnan(costs->server.byte_ns);

	if (!(further_bytes(cell, costs) > 0) || (alone && (known || isnan(costs->server.alone_ns))) ||
	    (!alone && costs->server.company_ns.count == 0))
		return;
	costs->server.byte_ns = byte_of(&costs->server, cell, costs, true);
	costs->load.byte_ns = byte_of(&costs->load, cell, costs, false);
}

/* Where only longer messages were sent alone. */
static void read_alone_longer(const struct cell *cell, struct echo_costs *costs)
{
	double further = further_bytes(cell, costs);

	if (cell_parameter(cell, "connections") != 1 || !isnan(costs->server.alone_ns))
		return;
	costs->server.alone_ns = cost_of(cell, true) - further * costs->server.byte_ns;
	costs->load.alone_ns = cost_of(cell, false) - further * costs->load.byte_ns;
}

static void read_limits(struct echo_costs *costs)
{
	for (size_t i = 0; i < costs->bundle->cell_count; i++) {
		const struct cell *cell = &costs->bundle->cells[i];
		double connections = cell_parameter(cell, "connections");

		if (cell->slot != costs->slot || strcmp(cell->workload, "echo") != 0 || cell->count[STATUS_OK] > 0 ||
		    cell->count[STATUS_REFUSED] == 0 || connections >= costs->limit)
			continue;
		costs->limit = connections;
		cell_reason(costs->bundle, cell, costs->limit_reason, sizeof costs->limit_reason);
	}
}

static unsigned nearest_cores(const struct echo_costs *costs, unsigned asked)
{
	unsigned nearest = 0;

	for (size_t i = 0; i < costs->bundle->cell_count; i++) {
		const struct cell *cell = &costs->bundle->cells[i];

		if (tells_cost(cell, costs) && cores_nearer(cell->cores, nearest, asked))
			nearest = cell->cores;
	}
	return nearest;
}

int echo_costs_read(const struct bundle *bundle, unsigned slot, unsigned cores, const struct cell *without,
		    struct echo_costs *costs)
{
	struct side unknown = {.alone_ns = NAN, .byte_ns = NAN};

	*costs = (struct echo_costs){.bundle = bundle,
				     .slot = slot,
				     .size = INFINITY,
				     .server = unknown,
				     .load = unknown,
				     .limit = INFINITY};
	costs->cores = nearest_cores(costs, cores);
	read_cells(costs, without, read_size);
	read_cells(costs, without, read_company);
	read_cells(costs, without, read_alone);
	read_cells(costs, without, read_byte);
	read_cells(costs, without, read_alone_longer);
	read_limits(costs);
	if (isinf(costs->limit))
		costs->limit = NAN;
	return costs->server.company_ns.count > 0 || !isnan(costs->server.alone_ns) ? 0 : -ENODATA;
}

/* ---- The forecast ---- */

static uint64_t whole(double ns)
{
	return ns > 0 ? (uint64_t)(ns + 0.5) : 0; /* NAN: 0 */
}

/* Who never has company takes what one message alone does. */
static struct station station_of(const struct side *side, const struct echo_costs *costs,
				 const struct exchange *exchange, uint64_t servers)
{
	double further = exchange->size > costs->size ? (exchange->size - costs->size) * side->byte_ns : 0;
	double company = cost_at(&side->company_ns, exchange->connections, NULL);
	double least = side->company_ns.count > 0 ? side->company_ns.point[0].value : side->alone_ns;

	if (isnan(company))
		company = side->alone_ns;
	return (struct station){.servers = servers,
				.service_ns = whole(company + further),
				.latency_ns = whole(side->alone_ns - least)};
}

/* Dealt out once: the fullest share of the connections is one loop's, and it has that share of the load's cores. */
static struct network forked_network(const struct exchange *exchange, struct network network)
{
	double share = (double)exchange->load_cores / exchange->cores;
	struct station *load = &network.station[1];

	network.tasks = (uint64_t)ceil(exchange->connections / exchange->cores);
	network.station[0].servers = 1;
	load->servers = share > 1 ? (uint64_t)share : 1;
	if (share < 1)
		load->service_ns = whole((double)load->service_ns / share);
	return network;
}

static struct network network_of(const struct echo_costs *costs, const struct exchange *exchange)
{
	enum model model = model_of(costs->bundle, costs->slot);
	bool everywhere = model == MODEL_KERNEL || model == MODEL_STEALING || model == MODEL_POOL;
	struct network network = {
		.tasks = (uint64_t)exchange->connections,
		.rounds = (uint64_t)exchange->messages,
		.station = {station_of(&costs->server, costs, exchange, everywhere ? exchange->cores : 1),
			    station_of(&costs->load, costs, exchange, exchange->load_cores)},
	};

	return model == MODEL_FORKED ? forked_network(exchange, network) : network;
}

/* Connections that the model can have at once. */
static double places_of(const struct echo_costs *costs, const struct exchange *exchange)
{
	switch (model_of(costs->bundle, costs->slot)) {
	case MODEL_SEQUENTIAL:
		return 1;
	case MODEL_POOL:
		return bundle_can(costs->bundle, costs->bundle->runtimes[costs->slot], "requeues") ? INFINITY
												   : exchange->cores;
	default:
		return INFINITY;
	}
}

static bool is_known(const struct echo_costs *costs, const struct exchange *exchange)
{
	if (exchange->size > costs->size && isnan(costs->server.byte_ns))
		return false;
	return exchange->connections < company_least ? !isnan(costs->server.alone_ns)
						     : costs->server.company_ns.count > 0;
}

/* CPU time of a station's servers, waking up included. */
static double worked_ns(const struct network *network, const struct network_result *result, int station)
{
	return (double)result->busy_ns[station] +
	       (double)result->idle_starts[station] * (double)network->station[station].latency_ns;
}

static double busy(const struct network *network, const struct network_result *result, int station)
{
	return worked_ns(network, result, station) / (double)network->station[station].servers /
	       (double)result->wall_ns;
}

static int play(const struct echo_costs *costs, const struct exchange *exchange, struct echo_forecast *forecast)
{
	struct network network = network_of(costs, exchange);
	struct network_result result;
	int error = network_play(&network, &result);

	if (error)
		return error;
	forecast->wall_ns = (double)result.wall_ns;
	forecast->rate = exchange->connections * exchange->messages * 1e9 / forecast->wall_ns;
	forecast->latency_ns = forecast->wall_ns / exchange->messages;
	forecast->server_ns = worked_ns(&network, &result, 0) / ((double)network.tasks * exchange->messages);
	forecast->server_busy = busy(&network, &result, 0);
	forecast->load_busy = busy(&network, &result, 1);
	return 0;
}

int echo_forecast_make(const struct echo_costs *costs, const struct exchange *exchange, struct echo_forecast *forecast)
{
	double connections = exchange->connections;

	*forecast = (struct echo_forecast){
		.breaks = connections >= costs->limit || connections > places_of(costs, exchange),
		.bytes = connections * cost_at(&costs->bytes, connections, NULL),
	};
	if (forecast->breaks)
		return 0;
	if (!is_known(costs, exchange))
		return -ENODATA;
	if (connections >= company_least)
		cost_at(&costs->server.company_ns, connections, &forecast->beyond);
	return play(costs, exchange, forecast);
}
