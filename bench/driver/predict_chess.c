/* predict_chess.c: the forecasts of chess; see predict.h. */
#include <math.h>
#include <stdio.h>

#include "../report/text.h"
#include "predict.h"

static const char *note_of(const struct costs *costs, const struct forecast *forecast, char text[80])
{
	char tasks[NUMBER_TEXT_MAX];

	if (forecast->breaks)
		snprintf(text, 80, "refused %s tasks", format_number(tasks, costs->limit));
	else
		snprintf(text, 80, "%s", forecast->beyond ? "beyond measured" : "");
	return text;
}

static void print_forecast(const struct predict_request *request, const struct costs *costs,
			   const struct forecast *forecast)
{
	char wall[NUMBER_TEXT_MAX], cpu[NUMBER_TEXT_MAX], bytes[NUMBER_TEXT_MAX], create[NUMBER_TEXT_MAX], note[80];

	if (forecast->breaks) {
		printf("  %-18s%10s%9s%10s%10s%10s  %s\n", request->bundle.runtimes[costs->slot], "-", "-", "-", "-",
		       "-", note_of(costs, forecast, note));
		return;
	}
	printf("  %-18s%10s%9.2f%10s%10s%10s  %s\n", request->bundle.runtimes[costs->slot],
	       format_time(wall, forecast->wall_ns), forecast->wall_ns / forecast->bound_ns,
	       format_time(cpu, forecast->cpu_ns),
	       isnan(forecast->create_ns) ? "-" : format_time(create, forecast->create_ns),
	       isnan(forecast->bytes) ? "-" : format_bytes(bytes, forecast->bytes), note_of(costs, forecast, note));
}

static json_t *forecast_json(const struct predict_request *request, const struct costs *costs,
			     const struct exhibition *exhibition, const struct forecast *forecast)
{
	json_t *json =
		json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:b}", "runtime", request->bundle.runtimes[costs->slot],
			  "model", model_text(model_of(&request->bundle, costs->slot)), "cores", (int)exhibition->cores,
			  "boards", exhibition->boards, "wall_ns", forecast->wall_ns, "bound_ns", forecast->bound_ns,
			  "cpu_ns", forecast->cpu_ns, "beyond_measured", forecast->beyond);

	if (!isnan(forecast->create_ns))
		json_object_set_new(json, "create_ns", json_real(forecast->create_ns));
	if (!isnan(forecast->bytes))
		json_object_set_new(json, "bytes", json_real(forecast->bytes));
	if (forecast->breaks)
		json_object_set_new(json, "ended",
				    json_pack("{s:f, s:s}", "tasks", costs->limit, "reason", costs->limit_reason));
	return json;
}

static struct exhibition exhibition_asked(const struct predict_request *request, unsigned cores, double boards)
{
	const struct predict_options *options = request->options;

	return (struct exhibition){.boards = boards,
				   .pairs = (double)options->pairs,
				   .move_ns = (double)options->move_ns,
				   .reply_ns = (double)options->reply_ns,
				   .cores = cores};
}

static void head(const struct predict_request *request, unsigned cores, double boards)
{
	struct exhibition asked = exhibition_asked(request, cores, boards);
	char move[NUMBER_TEXT_MAX], reply[NUMBER_TEXT_MAX];

	printf("%u core%s, %.0f boards, %.0f pairs, a move %s, a reply %s\n\n  %-18s%10s%9s%10s%10s%10s\n", cores,
	       cores == 1 ? "" : "s", boards, asked.pairs, format_time(move, asked.move_ns),
	       format_time(reply, asked.reply_ns), "", "wall", "x bound", "CPU", "creation", "memory");
}

static int forecast(const struct predict_request *request, unsigned slot, unsigned cores, double boards, json_t *list)
{
	struct exhibition exhibition = exhibition_asked(request, cores, boards);
	struct forecast forecast;
	struct costs costs;
	int error = costs_read(&request->bundle, slot, cores, &costs);

	if (!error)
		error = forecast_chess(&costs, &exhibition, &forecast);
	if (!error && list)
		json_array_append_new(list, forecast_json(request, &costs, &exhibition, &forecast));
	else if (!error)
		print_forecast(request, &costs, &forecast);
	return error;
}

static void show(const struct predict_request *request, struct forecast_view *view)
{
	view->exhibition = exhibition_asked(request, 0, 0);
}

static bool has_costs(const struct predict_request *request, unsigned slot)
{
	struct costs costs;

	return costs_read(&request->bundle, slot, 1, &costs) == 0;
}

const struct subject predict_chess = {
	.workload = "chess",
	.tasks = "boards",
	.unit = "as multiples of the bound",
	.needs = "idle with several sleeps a task",
	.decimals = 2,
	.has_costs = has_costs,
	.check = checks_make,
	.head = head,
	.forecast = forecast,
	.show = show,
};
