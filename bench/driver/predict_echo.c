/* predict_echo.c: the forecasts of echo; see predict.h. */
#include <math.h>
#include <stdio.h>

#include "../predict/echo.h"
#include "../report/text.h"
#include "predict.h"

/* From this share of its cores' time on the load is what decides. */
static const double load_busy_least = 0.95;

static struct exchange exchange_asked(const struct predict_request *request, unsigned cores, double connections)
{
	const struct predict_options *options = request->options;

	return (struct exchange){
		.connections = connections,
		.messages = (double)options->messages,
		.size = (double)options->size,
		.cores = cores,
		.load_cores = options->load_cores > 0 ? (unsigned)options->load_cores : cores,
	};
}

static const char *note_of(const struct echo_costs *costs, const struct echo_forecast *forecast, char text[80])
{
	bool load = forecast->load_busy >= load_busy_least && forecast->load_busy > forecast->server_busy;
	char connections[NUMBER_TEXT_MAX];

	if (forecast->breaks && !isnan(costs->limit))
		snprintf(text, 80, "refused %s connections", format_number(connections, costs->limit));
	else if (forecast->breaks)
		snprintf(text, 80, "no places for so many");
	else
		snprintf(text, 80, "%s%s%s", forecast->beyond ? "beyond measured" : "",
			 forecast->beyond && load ? "; " : "", load ? "the load decides" : "");
	return text;
}

static void print_forecast(const struct predict_request *request, const struct echo_costs *costs,
			   const struct echo_forecast *forecast)
{
	const char *runtime = request->bundle.runtimes[costs->slot];
	char rate[NUMBER_TEXT_MAX], latency[NUMBER_TEXT_MAX], cpu[NUMBER_TEXT_MAX], bytes[NUMBER_TEXT_MAX], note[80];

	if (forecast->breaks) {
		printf("  %-18s%10s%10s%10s%8s%8s%10s  %s\n", runtime, "-", "-", "-", "-", "-", "-",
		       note_of(costs, forecast, note));
		return;
	}
	printf("  %-18s%10s%10s%10s%6.0f %%%6.0f %%%10s  %s\n", runtime, format_number(rate, round(forecast->rate)),
	       format_time(latency, forecast->latency_ns), format_time(cpu, forecast->server_ns),
	       100 * forecast->server_busy, 100 * forecast->load_busy,
	       isnan(forecast->bytes) ? "-" : format_bytes(bytes, forecast->bytes), note_of(costs, forecast, note));
}

static json_t *forecast_json(const struct predict_request *request, const struct echo_costs *costs,
			     const struct exchange *exchange, const struct echo_forecast *forecast)
{
	json_t *json =
		json_pack("{s:s, s:s, s:i, s:i, s:f, s:f, s:b}", "runtime", request->bundle.runtimes[costs->slot],
			  "model", model_text(model_of(&request->bundle, costs->slot)), "cores", (int)exchange->cores,
			  "load_cores", (int)exchange->load_cores, "connections", exchange->connections, "size",
			  exchange->size, "beyond_measured", forecast->beyond);

	if (forecast->breaks) {
		json_object_set_new(json, "ended",
				    json_pack("{s:b, s:s}", "measured", !isnan(costs->limit), "reason",
					      isnan(costs->limit) ? "no places for so many" : costs->limit_reason));
		return json;
	}
	json_object_update_new(json, json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "wall_ns", forecast->wall_ns,
					       "messages_per_s", forecast->rate, "latency_mean_ns",
					       forecast->latency_ns, "server_ns_per_message", forecast->server_ns,
					       "server_busy", forecast->server_busy, "load_busy", forecast->load_busy));
	if (!isnan(forecast->bytes))
		json_object_set_new(json, "bytes", json_real(forecast->bytes));
	return json;
}

static void head(const struct predict_request *request, unsigned cores, double connections)
{
	struct exchange asked = exchange_asked(request, cores, connections);
	char size[NUMBER_TEXT_MAX];

	printf("%u core%s, the load on %u of its own, %.0f connection%s, messages of %s, a closed loop\n\n"
	       "  %-18s%10s%10s%10s%8s%8s%10s\n",
	       cores, cores == 1 ? "" : "s", asked.load_cores, connections, connections == 1 ? "" : "s",
	       format_bytes(size, asked.size), "", "messages/s", "latency", "CPU each", "server", "load", "memory");
}

static int forecast(const struct predict_request *request, unsigned slot, unsigned cores, double connections,
		    json_t *list)
{
	struct exchange exchange = exchange_asked(request, cores, connections);
	struct echo_forecast forecast;
	struct echo_costs costs;
	int error = echo_costs_read(&request->bundle, slot, cores, NULL, &costs);

	if (!error)
		error = echo_forecast_make(&costs, &exchange, &forecast);
	if (!error && list)
		json_array_append_new(list, forecast_json(request, &costs, &exchange, &forecast));
	else if (!error)
		print_forecast(request, &costs, &forecast);
	return error;
}

static void show(const struct predict_request *request, struct forecast_view *view)
{
	view->echo = true;
	view->exchange = exchange_asked(request, 0, 0);
}

/* Of messages of the size that is asked for. */
static bool has_costs(const struct predict_request *request, unsigned slot)
{
	struct echo_costs costs;

	return echo_costs_read(&request->bundle, slot, 1, NULL, &costs) == 0 &&
	       ((double)request->options->size <= costs.size || !isnan(costs.server.byte_ns));
}

const struct subject predict_echo = {
	.workload = "echo",
	.tasks = "connections",
	.unit = "each from the costs of all others, in messages\na second",
	.needs = "echo in a closed loop with 10 messages a connection or more, and two sizes for others than its own",
	.decimals = 0,
	.has_costs = has_costs,
	.check = echo_checks_make,
	.head = head,
	.forecast = forecast,
	.show = show,
};
