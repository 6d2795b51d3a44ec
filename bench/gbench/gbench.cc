// gbench.cc: the C shim over Google Benchmark; gbench.h is its contract, README.md says what the library does without.
//
// The shim holds what was registered, checks every flag before the library sees it, and hands the library only the
// benchmarks that pass the filter, once. Every entry point catches all exceptions; what the library would exit or abort
// on is refused before it gets there.

#include "gbench.h"

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes libstdc++'s <regex> for uninitialised under -fsanitize=address (its bug 105616).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <regex>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

namespace
{

// A good repetition that the library may not know to be one: see withhold().
struct withheld_run {
	double seconds, cpu_seconds;
	benchmark::UserCounters counters;
};

struct entry {
	std::string name;
	gbench_function *function;
	void *argument;
	gbench_options options;
	int64_t last_iterations; // of the call before, 0 at first: tells the first repetition from later ones
	int64_t repetition;      // index of the current one
	bool first_failed;
	std::map<int64_t, withheld_run> withheld; // by repetition
};

// All that lives from the first call to the run. Entries keep their addresses: the library's benchmarks point at them.
struct registry {
	std::deque<entry> entries;
	std::map<std::string, std::string> context; // from gbench_context() and --benchmark_context
	std::set<std::string> environment_keys;     // from BENCHMARK_CONTEXT; the library adds those itself
	std::map<std::string, std::string> flags;   // given flags by name, the command line over the environment
	std::vector<std::string> arguments;         // what the library is initialized with
	bool environment_taken;
	bool ran;
	pid_t owner; // the process of the run
	size_t failed;
	bool display_failed, file_failed; // could not be written in full
};

registry &shim()
{
	static registry *instance = new registry(); // never freed: the library's statics may outlive any destructor
	return *instance;
}

// Calls body; an exception becomes -ENOMEM or -EIO.
template <typename Body> int guarded(Body body) noexcept
{
	try {
		return body();
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (const std::exception &error) {
		fprintf(stderr, "Google Benchmark threw an exception: %s.\n", error.what());
	} catch (...) {
		fprintf(stderr, "Google Benchmark threw an exception that says nothing.\n");
	}
	return -EIO;
}

int refuse(const std::string &sentence)
{
	fprintf(stderr, "%s\n", sentence.c_str());
	return -EINVAL;
}

// ---- text ---------------------------------------------------------------------------------------------------------

// Length of the printable UTF-8 character at text, 0 if there is none (a control character, a broken sequence).
size_t printable_length(const unsigned char *text)
{
	if (text[0] < 0x80)
		return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
	size_t length = text[0] >= 0xc2 && text[0] < 0xe0 ? 2
			: (text[0] & 0xf0) == 0xe0        ? 3
			: (text[0] & 0xf8) == 0xf0        ? 4
							  : 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
	bool surrogate = text[0] == 0xed && text[1] >= 0xa0;
	bool beyond = text[0] > 0xf4 || (text[0] == 0xf4 && text[1] >= 0x90);
	return overlong || surrogate || beyond ? 0 : length;
}

// The text with a '?' for each byte that JSON could not carry: the library escapes quotes, but not control characters.
std::string printable(const char *text)
{
	std::string result;

	for (const char *at = text ? text : ""; *at;) {
		size_t length = printable_length(reinterpret_cast<const unsigned char *>(at));
		if (length)
			result.append(at, length);
		else
			result += '?';
		at += length ? length : 1;
	}
	return result;
}

bool is_name(const char *text)
{
	return text && *text && printable(text) == text;
}

// ---- flags --------------------------------------------------------------------------------------------------------

bool is_one_of(const std::string &value, const std::set<std::string> &words)
{
	return words.count(value) != 0;
}

bool is_boolean(const std::string &value)
{
	return is_one_of(value, {"true", "false", "yes", "no", "on", "off", "1", "0"});
}

bool is_truth(const std::string &value)
{
	return is_one_of(value, {"true", "yes", "on", "1"});
}

bool is_color(const std::string &value)
{
	return value == "auto" || is_boolean(value);
}

bool is_format(const std::string &value)
{
	return is_one_of(value, {"console", "json", "csv"});
}

bool is_time_unit(const std::string &value)
{
	return is_one_of(value, {"ns", "us", "ms", "s"});
}

bool is_text(const std::string &value)
{
	return !value.empty();
}

bool is_seconds(const std::string &value)
{
	char *end;
	double seconds = strtod(value.c_str(), &end);
	return !value.empty() && !*end && std::isfinite(seconds) && seconds >= 0;
}

bool is_count(const std::string &value)
{
	char *end;
	errno = 0;
	long count = strtol(value.c_str(), &end, 10);
	return !value.empty() && !*end && !errno && count >= 1 && count <= INT32_MAX;
}

bool is_filter(const std::string &value)
{
	try {
		std::regex(value.substr(value[0] == '-'), std::regex_constants::extended);
		return true;
	} catch (const std::regex_error &) {
		return false;
	}
}

bool split_context(const std::string &value, std::vector<std::pair<std::string, std::string>> &pairs);

bool is_context(const std::string &value)
{
	std::vector<std::pair<std::string, std::string>> pairs;
	return split_context(value, pairs);
}

struct flag {
	const char *name;
	bool (*valid)(const std::string &value);
	const char *takes;
};

// Every flag of 1.7.1 whose name begins with benchmark_.
const flag flag_table[] = {
	{"benchmark_list_tests", is_boolean, "true or false"},
	{"benchmark_filter", is_filter, "an extended regular expression"},
	{"benchmark_min_time", is_seconds, "a number of seconds"},
	{"benchmark_min_warmup_time", is_seconds, "a number of seconds"},
	{"benchmark_repetitions", is_count, "a whole number from 1 on"},
	{"benchmark_enable_random_interleaving", is_boolean, "true or false"},
	{"benchmark_report_aggregates_only", is_boolean, "true or false"},
	{"benchmark_display_aggregates_only", is_boolean, "true or false"},
	{"benchmark_format", is_format, "console, json or csv"},
	{"benchmark_out", is_text, "a file name"},
	{"benchmark_out_format", is_format, "console, json or csv"},
	{"benchmark_color", is_color, "auto, true or false"},
	{"benchmark_counters_tabular", is_boolean, "true or false"},
	{"benchmark_perf_counters", is_text, "names of counters, separated by commas"},
	{"benchmark_context", is_context, "key=value pairs, separated by commas"},
	{"benchmark_time_unit", is_time_unit, "ns, us, ms or s"},
};

const flag *find_flag(const std::string &name)
{
	for (const flag &candidate : flag_table)
		if (name == candidate.name)
			return &candidate;
	return nullptr;
}

std::string flag_value(const char *name, const char *fallback)
{
	auto found = shim().flags.find(name);
	return found == shim().flags.end() ? fallback : found->second;
}

bool flag_is_given(const char *name)
{
	return shim().flags.count(name) != 0;
}

// ---- context ------------------------------------------------------------------------------------------------------

// The keys that the library's JSON reporter writes into "context" itself.
bool is_taken_key(const std::string &key)
{
	static const std::set<std::string> reserved = {"date",     "host_name",   "executable",
						       "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled",
						       "caches",   "load_avg",    "library_build_type"};

	return reserved.count(key) || shim().context.count(key) || shim().environment_keys.count(key);
}

bool split_context(const std::string &value, std::vector<std::pair<std::string, std::string>> &pairs)
{
	for (size_t start = 0, end; start <= value.size(); start = end + 1) {
		end = std::min(value.find(',', start), value.size());
		std::string pair = value.substr(start, end - start);
		size_t equals = pair.find('=');
		if (equals == 0 || equals == std::string::npos || equals + 1 == pair.size() ||
		    pair.find('=', equals + 1) != std::string::npos)
			return false;
		pairs.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
	}
	return true;
}

int check_context_key(const std::string &key)
{
	if (!is_name(key.c_str()))
		return refuse("A context key has to be printable text.");
	if (is_taken_key(key))
		return refuse("The context key \"" + key + "\" is taken: give it a prefix of your own.");
	return 0;
}

// ---- command line and environment ---------------------------------------------------------------------------------

int check_flag(const flag &which, const std::string &source, const std::string &value)
{
	if (which.valid(value))
		return 0;
	return refuse(source + " is given \"" + printable(value.c_str()) + "\", but takes " + which.takes + ".");
}

std::string environment_name(const std::string &flag_name)
{
	std::string result;

	for (char letter : flag_name)
		result += static_cast<char>(toupper(letter));
	return result;
}

// The library has read BENCHMARK_* before main() and ignored or kept what is malformed; refuse it here.
int take_environment()
{
	for (const flag &which : flag_table) {
		std::string variable = environment_name(which.name);
		const char *value = getenv(variable.c_str());
		if (!value)
			continue;
		if (int error = check_flag(which, "The environment variable " + variable, value))
			return error;
		shim().flags.emplace(which.name, value);
	}
	std::vector<std::pair<std::string, std::string>> pairs;
	if (const char *value = getenv("BENCHMARK_CONTEXT"))
		split_context(value, pairs);
	for (const auto &pair : pairs) {
		if (int error = check_context_key(pair.first))
			return error;
		shim().environment_keys.insert(pair.first);
	}
	shim().environment_taken = true;
	return 0;
}

int take_environment_once()
{
	return shim().environment_taken ? 0 : take_environment();
}

struct argument {
	const flag *which;
	std::string value;
};

bool is_ours(const char *text)
{
	return strncmp(text, "--benchmark_", strlen("--benchmark_")) == 0;
}

// One --benchmark_NAME[=VALUE]; only a boolean may go without a value.
int parse_argument(const std::string &text, argument &parsed)
{
	size_t equals = text.find('=');
	std::string name = text.substr(2, equals == std::string::npos ? equals : equals - 2);

	parsed.which = find_flag(name);
	if (!parsed.which)
		return refuse("Google Benchmark knows no flag --" + printable(name.c_str()) + ".");
	if (equals != std::string::npos)
		parsed.value = text.substr(equals + 1);
	else if (parsed.which->valid == is_boolean)
		parsed.value = "true";
	else
		return refuse("--" + name + " needs a value: --" + name + "=VALUE takes " + parsed.which->takes + ".");
	return check_flag(*parsed.which, "--" + name, parsed.value);
}

// Context is kept here, everything else is passed on to the library by gbench_run().
int accept_arguments(const std::vector<argument> &arguments)
{
	std::map<std::string, std::string> added;

	for (const argument &given : arguments) {
		std::vector<std::pair<std::string, std::string>> pairs;
		if (given.which->valid == is_context)
			split_context(given.value, pairs);
		for (const auto &pair : pairs) {
			if (int error = check_context_key(pair.first))
				return error;
			if (!added.emplace(pair.first, printable(pair.second.c_str())).second)
				return refuse("The context key \"" + pair.first + "\" is given twice.");
		}
	}
	shim().context.insert(added.begin(), added.end());
	for (const argument &given : arguments) {
		shim().flags[given.which->name] = given.value;
		if (given.which->valid != is_context)
			shim().arguments.push_back("--" + std::string(given.which->name) + "=" + given.value);
	}
	return 0;
}

int initialize(int *argc, char **argv)
{
	std::vector<argument> arguments;

	if (int error = take_environment_once())
		return error;
	for (int i = 1; i < *argc; i++) {
		argument parsed;
		if (!is_ours(argv[i]))
			continue;
		if (int error = parse_argument(argv[i], parsed))
			return error;
		arguments.push_back(parsed);
	}
	if (shim().arguments.empty())
		shim().arguments.push_back(*argc > 0 ? argv[0] : "benchmark");
	if (int error = accept_arguments(arguments))
		return error;
	int kept = std::min(*argc, 1);
	for (int i = 1; i < *argc; i++)
		if (!is_ours(argv[i]))
			argv[kept++] = argv[i];
	if (kept < *argc)
		argv[kept] = nullptr;
	*argc = kept;
	return 0;
}

// ---- reports ------------------------------------------------------------------------------------------------------

using benchmark::BenchmarkReporter;

// Prints nothing.
class silent_reporter : public BenchmarkReporter
{
      public:
	bool ReportContext(const Context &) override
	{
		return true;
	}
	void ReportRuns(const std::vector<Run> &) override
	{
	}
};

entry *find_entry(const std::string &name)
{
	for (entry &each : shim().entries)
		if (each.name == name)
			return &each;
	return nullptr;
}

// Makes a withheld run the good one that it was.
void restore(BenchmarkReporter::Run &run)
{
	const entry *owner = run.error_occurred ? find_entry(run.run_name.function_name) : nullptr;

	if (!owner || !owner->withheld.count(run.repetition_index))
		return;
	const withheld_run &good = owner->withheld.at(run.repetition_index);
	run.error_occurred = false;
	run.error_message.clear();
	run.real_accumulated_time = good.seconds;
	run.cpu_accumulated_time = good.cpu_seconds;
	run.counters = good.counters;
}

double finite_or_zero(double value)
{
	return std::isfinite(value) ? value : 0;
}

// The name as it was registered, without the library's "/iterations:1/manual_time"; no number that JSON cannot hold: a
// coefficient of variation over a mean of zero is none, so the counter is left out and the time is 0.
void tidy_run(BenchmarkReporter::Run &run)
{
	std::string name = run.run_name.function_name;

	restore(run);
	run.run_name = benchmark::BenchmarkName();
	run.run_name.function_name = name;
	run.real_accumulated_time = finite_or_zero(run.real_accumulated_time);
	run.cpu_accumulated_time = finite_or_zero(run.cpu_accumulated_time);
	for (auto counter = run.counters.begin(); counter != run.counters.end();)
		counter = std::isfinite(counter->second.value) ? std::next(counter) : run.counters.erase(counter);
}

// Hands tidied runs to a reporter of the library. `whole` keeps them all until the end: the CSV reporter aborts at a
// counter that its first rows did not have.
class tidy_reporter : public BenchmarkReporter
{
      public:
	tidy_reporter(BenchmarkReporter *inner, size_t name_width, bool whole)
	    : inner_(inner), name_width_(name_width), whole_(whole)
	{
	}

	bool ReportContext(const Context &context) override
	{
		Context own = context;
		own.name_field_width = name_width_;
		inner_->SetOutputStream(&GetOutputStream());
		inner_->SetErrorStream(&GetErrorStream());
		return inner_->ReportContext(own);
	}

	void ReportRuns(const std::vector<Run> &runs) override
	{
		std::vector<Run> tidied = runs;
		for (Run &run : tidied)
			tidy_run(run);
		if (whole_)
			kept_.insert(kept_.end(), tidied.begin(), tidied.end());
		else
			inner_->ReportRuns(tidied);
	}

	void Finalize() override
	{
		if (whole_ && !kept_.empty())
			inner_->ReportRuns(kept_);
		inner_->Finalize();
		GetOutputStream().flush();
		if (!GetOutputStream())
			(&GetOutputStream() == &std::cout ? shim().display_failed : shim().file_failed) = true;
	}

      private:
	std::unique_ptr<BenchmarkReporter> inner_;
	size_t name_width_;
	bool whole_;
	std::vector<Run> kept_;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" // CSVReporter: deprecated, and still a format of the library
BenchmarkReporter *new_reporter(const std::string &format)
{
	if (format == "json")
		return new benchmark::JSONReporter();
	if (format == "csv")
		return new benchmark::CSVReporter();
	return new benchmark::ConsoleReporter(benchmark::ConsoleReporter::OO_None);
}
#pragma GCC diagnostic pop

// Room for the longest name and, where there are repetitions, "_median" or "_stddev".
size_t name_width(const std::vector<entry *> &selected)
{
	size_t width = strlen("Benchmark");

	for (const entry *each : selected)
		width = std::max(width, each->name.size());
	return width + strlen("_stddev");
}

std::unique_ptr<BenchmarkReporter> display_reporter(bool quiet, size_t width)
{
	std::string format = flag_value("benchmark_format", "console");

	if (quiet && !flag_is_given("benchmark_format"))
		return std::make_unique<silent_reporter>();
	return std::make_unique<tidy_reporter>(benchmark::CreateDefaultDisplayReporter(), width, format == "csv");
}

// ---- running ------------------------------------------------------------------------------------------------------

} // namespace

struct gbench_state {
	benchmark::State *state;
	entry *owner;
	bool started, finished, failed;
	int64_t begun, timed; // iterations begun, and those of them with a time
	bool timed_this;
	double seconds; // the sum of the times given
};

namespace
{

// The iteration that ends here must have been timed if its time is manual.
bool lacks_time(const gbench_state *run)
{
	return run->owner->options.manual_time && run->timed < run->begun;
}

void fail(gbench_state *run, const std::string &reason)
{
	if (run->failed)
		return;
	// Every repetition must report the same number of iterations (the library aborts in ComputeStats otherwise),
	// and one that has not been started would report none.
	if (!run->started)
		run->state->KeepRunning();
	run->started = true;
	run->finished = true;
	run->failed = true;
	run->state->SkipWithError(printable(reason.c_str()).c_str());
}

void call_function(gbench_state *run)
{
	try {
		run->owner->function(run, run->owner->argument);
	} catch (const std::exception &error) {
		fail(run, std::string("The function threw an exception: ") + error.what());
	} catch (...) {
		fail(run, "The function threw an exception that says nothing.");
	}
	if (getpid() != shim().owner) {
		dprintf(STDERR_FILENO, "A child that \"%s\" forked returned from it: ended here.\n",
			run->owner->name.c_str());
		_exit(EXIT_FAILURE);
	}
	if (!run->finished)
		fail(run, "The function returned before gbench_next() gave 0.");
}

double thread_cpu_seconds()
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// After a failed first repetition, two good later ones make 1.7.1 read an uninitialised pointer (ComputeStats takes
// the statistics from the first run). So the library is told that they failed too, and restore() puts right
// what is reported where the times are ours; there are no aggregates then.
void withhold(gbench_state *run, double cpu_seconds)
{
	entry *owner = run->owner;

	if (owner->options.manual_time)
		owner->withheld[owner->repetition] = {run->seconds, cpu_seconds, run->state->counters};
	run->state->SkipWithError("Not reported, because the first repetition failed.");
}

void run_entry(entry *owner, benchmark::State &state)
{
	gbench_state run = {};
	bool warms_up = flag_is_given("benchmark_min_warmup_time");
	bool first = warms_up || state.max_iterations != owner->last_iterations;
	double cpu_before = thread_cpu_seconds();

	owner->last_iterations = state.max_iterations;
	owner->repetition = first ? 0 : owner->repetition + 1;
	run.state = &state;
	run.owner = owner;
	call_function(&run);
	if (run.failed) {
		shim().failed++;
		owner->first_failed = owner->first_failed || first;
	} else if (owner->first_failed) {
		withhold(&run, thread_cpu_seconds() - cpu_before);
	}
}

void hand_over(entry *each)
{
	static const benchmark::TimeUnit units[] = {benchmark::kNanosecond, benchmark::kNanosecond,
						    benchmark::kMicrosecond, benchmark::kMillisecond,
						    benchmark::kSecond};
	auto *added = benchmark::RegisterBenchmark(each->name.c_str(),
						   [each](benchmark::State &state) { run_entry(each, state); });

	if (each->options.iterations)
		added->Iterations(each->options.iterations);
	if (each->options.repetitions)
		added->Repetitions(each->options.repetitions);
	if (each->options.manual_time)
		added->UseManualTime();
	if (each->options.unit != GBENCH_UNIT_DEFAULT)
		added->Unit(units[each->options.unit]);
}

std::vector<entry *> select_entries()
{
	std::vector<entry *> selected;

	for (entry &each : shim().entries)
		if (gbench_matches(each.name.c_str()))
			selected.push_back(&each);
	return selected;
}

// What the library would run for ever: a warm-up that waits for manual times to add up.
int check_warm_up(const std::vector<entry *> &selected)
{
	if (strtod(flag_value("benchmark_min_warmup_time", "0").c_str(), nullptr) <= 0)
		return 0;
	for (const entry *each : selected)
		if (each->options.manual_time)
			return refuse("--benchmark_min_warmup_time cannot be honoured: the times of \"" + each->name +
				      "\" are measured elsewhere.");
	return 0;
}

// The library exits where its output file cannot be opened: try beforehand.
int check_output(const std::string &path)
{
	if (path.empty())
		return 0;
	bool is_new = access(path.c_str(), F_OK) != 0;
	int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (file < 0) {
		int error = errno;
		fprintf(stderr, "The benchmark output %s cannot be written: %s.\n", path.c_str(), strerror(error));
		return -error;
	}
	close(file);
	if (is_new)
		unlink(path.c_str());
	return 0;
}

int print_names(const std::vector<entry *> &selected)
{
	for (const entry *each : selected)
		std::cout << each->name << '\n';
	std::cout.flush();
	return std::cout ? 0 : -EIO;
}

// The library keeps a pointer to the program's name: argv is never freed.
void initialize_library(const std::string &output)
{
	std::vector<std::string> &arguments = shim().arguments;

	if (arguments.empty())
		arguments.push_back("benchmark");
	if (!output.empty())
		arguments.push_back("--benchmark_out=" + output);
	std::vector<char *> pointers;
	for (std::string &text : arguments)
		pointers.push_back(&text[0]);
	int count = static_cast<int>(pointers.size());
	benchmark::Initialize(&count, pointers.data());
	for (const auto &pair : shim().context)
		benchmark::AddCustomContext(pair.first, pair.second);
}

// SystemInfo is made by the library as an object that is not const and lent as const: emptying its name is defined.
void hide_host_name()
{
	const_cast<benchmark::SystemInfo &>(benchmark::SystemInfo::Get()).name.clear();
}

int run_selected(const std::vector<entry *> &selected, const gbench_run_options &options, const std::string &output)
{
	std::string format = flag_is_given("benchmark_out") ? flag_value("benchmark_out_format", "json") : "json";
	size_t width = name_width(selected);
	std::unique_ptr<BenchmarkReporter> file;

	for (entry *each : selected)
		hand_over(each);
	initialize_library(output);
	if (options.hide_host)
		hide_host_name();
	std::unique_ptr<BenchmarkReporter> display = display_reporter(options.quiet, width);
	if (!output.empty())
		file = std::make_unique<tidy_reporter>(new_reporter(format), width, format == "csv");
	benchmark::RunSpecifiedBenchmarks(display.get(), file.get(), ".");
	if (shim().file_failed)
		fprintf(stderr, "The benchmark output %s could not be written in full.\n", output.c_str());
	if (shim().display_failed)
		fprintf(stderr, "What Google Benchmark prints on standard output could not be written in full.\n");
	return shim().file_failed || shim().display_failed ? -EIO : 0;
}

int refuse_empty()
{
	if (shim().entries.empty())
		return refuse("No benchmark is registered.");
	return refuse("No benchmark matches --benchmark_filter=" +
		      printable(flag_value("benchmark_filter", "").c_str()) + ".");
}

int run_once(const gbench_run_options &options, gbench_summary &summary)
{
	if (shim().ran)
		return -EALREADY;
	if (int error = take_environment_once())
		return error;
	std::vector<entry *> selected = select_entries();
	summary.matched = selected.size();
	if (selected.empty())
		return refuse_empty();
	if (gbench_lists_only())
		return print_names(selected);
	std::string output = flag_value("benchmark_out", options.json_path ? options.json_path : "");
	int error = check_warm_up(selected);
	if (!error)
		error = check_output(output);
	if (error)
		return error;
	shim().ran = true;
	shim().owner = getpid();
	error = run_selected(selected, options, output);
	summary.failed = shim().failed;
	return error;
}

const char *bad_options(const gbench_options &options)
{
	if (options.iterations < 0 || options.repetitions < 0)
		return "iterations and repetitions cannot be negative";
	if (options.manual_time && !options.iterations)
		return "manual time needs a fixed number of iterations, or the library might run for ever";
	if (options.unit < GBENCH_UNIT_DEFAULT || options.unit > GBENCH_S)
		return "the time unit is none of enum gbench_unit";
	return nullptr;
}

int register_entry(const char *name, gbench_function *function, void *argument, const gbench_options &options)
{
	if (shim().ran)
		return -EALREADY;
	if (!is_name(name) || !function)
		return refuse("A benchmark needs a function and a name of printable text.");
	if (const char *reason = bad_options(options))
		return refuse("The benchmark \"" + std::string(name) + "\" is refused: " + reason + ".");
	if (find_entry(name))
		return -EEXIST;
	shim().entries.push_back({name, function, argument, options, 0, 0, false, {}});
	return 0;
}

// The keys that the library's JSON reporter writes for a run itself.
bool is_taken_counter(const std::string &name)
{
	static const std::set<std::string> reserved = {"name",
						       "family_index",
						       "per_family_instance_index",
						       "run_name",
						       "run_type",
						       "repetitions",
						       "repetition_index",
						       "threads",
						       "aggregate_name",
						       "aggregate_unit",
						       "error_occurred",
						       "error_message",
						       "iterations",
						       "real_time",
						       "cpu_time",
						       "time_unit",
						       "cpu_coefficient",
						       "real_coefficient",
						       "big_o",
						       "rms",
						       "allocs_per_iter",
						       "max_bytes_used",
						       "total_allocated_bytes",
						       "net_heap_growth",
						       "label"};

	return reserved.count(name) != 0;
}

bool passes_filter(const std::string &name)
{
	std::string filter = flag_value("benchmark_filter", "");

	if (name.rfind("DISABLED_", 0) == 0)
		return false;
	if (filter.empty() || filter == "all")
		return true;
	bool negated = filter[0] == '-';
	std::regex pattern(filter.substr(negated), std::regex_constants::extended);
	return std::regex_search(name, pattern) != negated;
}

} // namespace

// ---- the C interface ----------------------------------------------------------------------------------------------

int gbench_register(const char *name, gbench_function *function, void *argument, const struct gbench_options *options)
{
	return guarded([&] { return register_entry(name, function, argument, options ? *options : gbench_options{}); });
}

int gbench_next(struct gbench_state *run)
{
	if (run->finished)
		return 0;
	run->started = true;
	if (lacks_time(run)) {
		guarded([&] { return fail(run, "An iteration ended without gbench_set_time()."), 0; });
		return 0;
	}
	run->timed_this = false;
	run->finished = !run->state->KeepRunning();
	run->begun += !run->finished;
	return !run->finished;
}

void gbench_set_time(struct gbench_state *run, double seconds)
{
	if (run->finished)
		return;
	guarded([&] {
		if (!run->owner->options.manual_time)
			fail(run, "gbench_set_time() was called, but manual_time is not set.");
		else if (!std::isfinite(seconds) || seconds < 0)
			fail(run, "gbench_set_time() was given a time that is negative or not finite.");
		else if (!run->begun)
			fail(run, "gbench_set_time() was called before gbench_next().");
		else
			run->state->SetIterationTime(seconds);
		run->seconds += seconds;
		return 0;
	});
	run->timed += !run->timed_this;
	run->timed_this = true;
}

int gbench_counter(struct gbench_state *run, const char *name, double value)
{
	return guarded([&] {
		if (!is_name(name) || is_taken_counter(name) || !std::isfinite(value))
			return -EINVAL;
		run->state->counters[name] = value;
		return 0;
	});
}

void gbench_skip(struct gbench_state *run, const char *reason)
{
	guarded([&] { return fail(run, reason ? reason : "no reason was given"), 0; });
}

void gbench_label(struct gbench_state *run, const char *text)
{
	guarded([&] { return run->state->SetLabel(printable(text)), 0; });
}

int gbench_context(const char *key, const char *value)
{
	return guarded([&] {
		if (shim().ran)
			return -EALREADY;
		if (!key || !value)
			return -EINVAL;
		if (int error = check_context_key(key))
			return error;
		shim().context[key] = printable(value);
		return 0;
	});
}

int gbench_initialize(int *argc, char **argv)
{
	return guarded([&] { return initialize(argc, argv); });
}

int gbench_run(const struct gbench_run_options *options, struct gbench_summary *summary)
{
	gbench_summary own = {};
	int error = guarded([&] { return run_once(options ? *options : gbench_run_options{}, own); });

	if (summary)
		*summary = own;
	return error;
}

int gbench_check_output(const char *later)
{
	return guarded([&] {
		std::string path = flag_value("benchmark_out", ""), folder = later ? later : "";

		while (!folder.empty() && folder.back() == '/')
			folder.pop_back();
		if (!folder.empty() && path.rfind(folder + "/", 0) == 0)
			return 0;
		return check_output(path);
	});
}

int gbench_lists_only(void)
{
	return guarded([] { return is_truth(flag_value("benchmark_list_tests", "false")) ? 1 : 0; }) == 1;
}

int gbench_matches(const char *name)
{
	return guarded([&] { return name && passes_filter(name) ? 1 : 0; }) == 1;
}
