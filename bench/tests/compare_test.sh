#!/bin/sh
# compare_test.sh: `simul compare` from the command line: what it prints, what it refuses, and what it exits with.
# From the environment: SIMUL (the program) and REFERENCE (a bundle).

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

fail() {
	echo "FAILED: $1" >&2
	for file in out err; do
		[ -f $file ] && echo "--- $file" >&2 && tail -n 40 $file >&2
	done
	exit 1
}

# expect STATUS COMMAND...: standard output and standard error are in ./out and ./err.
expect() {
	wanted=$1
	shift
	"$@" >out 2>err </dev/null
	status=$?
	[ $status -eq "$wanted" ] || fail "'$*' exits $status, not $wanted"
}

has() { grep -q -e "$2" "$1" || fail "there is no '$2' in $1"; }

# google FACTOR: Google Benchmark's JSON of two benchmarks; the second is FACTOR times 20 us.
google() {
	awk -v factor="$1" 'BEGIN {
		print "{\"context\": {}, \"benchmarks\": ["
		for (i = 0; i < 10; i++) {
			noise = 1 + (i * 7 % 10) / 1000
			printf "{\"name\": \"a|b\", \"run_name\": \"a|b\", \"run_type\": \"iteration\", \"real_time\": %f, \"time_unit\": \"ns\"},\n", 500 * noise
			printf "{\"name\": \"c/8\", \"run_name\": \"c/8\", \"run_type\": \"iteration\", \"real_time\": %f, \"time_unit\": \"us\"},\n", 20 * noise * factor
		}
		print "{\"name\": \"c/8_mean\", \"run_name\": \"c/8\", \"run_type\": \"aggregate\", \"real_time\": 1, \"time_unit\": \"us\"}]}"
	}'
}
google 1 >before.json
google 1.05 >after.json

# Google Benchmark's files, and what --fail-on does with each verdict.
expect 0 "$SIMUL" compare before.json after.json
has out '1 slower, 0 faster, 1 no difference shown'
has out 'slower: c/8 1.050 x'
has out 'Found here: 1 slower or'
has out '1 of them can be relied on, all 2'
expect 1 "$SIMUL" compare before.json after.json --fail-on=slower
expect 0 "$SIMUL" compare after.json before.json --fail-on=slower
expect 1 "$SIMUL" compare after.json before.json --fail-on=not-enough-data,faster
expect 0 "$SIMUL" compare before.json after.json --fail-on=slower --min-effect=10%
expect 1 "$SIMUL" compare before.json after.json --fail-on=slower --min-effect=0.04
awk 'length($0) > 80 { exit 1 }' out || fail "a line is wider than 80 columns"

# The same twice; Markdown that a name cannot break; JSON that is JSON.
expect 0 "$SIMUL" compare before.json after.json
mv out first
expect 0 "$SIMUL" compare before.json after.json
cmp -s out first || fail "the same comparison prints something else"
expect 0 "$SIMUL" compare before.json after.json --format=markdown
has out '^| a&#124;b | 5'
has out '\*\*slower\*\*'
expect 0 "$SIMUL" compare before.json after.json --format=json
has out '"slower": 1'

# A bundle: two of its runtimes, and with itself.
expect 0 "$SIMUL" compare "$REFERENCE" --runtime=thread --against=coroutine
has out '^thread against coroutine: [0-9]* slower'
awk 'length($0) > 82 { exit 1 }' out || fail "a line is wider than 80 columns" # bytes: the micro sign has two
expect 0 "$SIMUL" compare "$REFERENCE" "$REFERENCE" --fail-on=slower,faster
has out 'Not compared:'
expect 0 "$SIMUL" compare "$REFERENCE" --runtime=thread --against=coroutine --of=memory
has out '^thread against coroutine: [0-9]* more, [0-9]* less'
has out ' KiB '
expect 0 "$SIMUL" compare "$REFERENCE" --runtime=thread --against=coroutine --of=p99 --format=json
has out '"of": "p99"'
has out "its records have no 99th percentile"
expect 3 "$SIMUL" compare before.json after.json --of=memory
has err 'wall times only'
expect 2 "$SIMUL" compare before.json after.json --of=beauty

# Calls that are wrong (2), and nothing to compare (3).
expect 2 "$SIMUL" compare
expect 2 "$SIMUL" compare before.json
expect 2 "$SIMUL" compare "$REFERENCE" --runtime=thread
expect 2 "$SIMUL" compare "$REFERENCE" --runtime=thread --against=goroutine
has err 'it has async, '
expect 2 "$SIMUL" compare before.json --runtime=thread --against=coroutine
expect 2 "$SIMUL" compare before.json after.json --fail-on=worse
expect 2 "$SIMUL" compare before.json after.json --min-effect=lots
expect 2 "$SIMUL" compare before.json after.json --format=xml
expect 3 "$SIMUL" compare before.json nothing.json
expect 3 "$SIMUL" compare before.json "$REFERENCE"
has out 'has no such cell'
echo '{"benchmarks": [' >broken.json
expect 3 "$SIMUL" compare before.json broken.json
has err 'broken.json, line'
[ -e /dev/full ] && { "$SIMUL" compare before.json after.json >/dev/full 2>err && fail "a full disk is no error"; }

# This machine, the same held to one core, and another one that is made up: the part is told, another version is refused.
counting() {
	"$@" "$SIMUL" run --no-plots --workload=counting --set limit=20000 --set slices=2 --runtime=thread,sequential \
		--repetitions=4 --cores="$cores" --out="$out" >out 2>err </dev/null || fail "no run for $out"
}
cores=all out=whole counting env
if command -v taskset >/dev/null; then
	core=$(taskset -cp $$ | sed 's/.*[^0-9]\([0-9]*\)$/\1/')
	cores=1 out=part counting taskset -c "$core"
	cp -r part elsewhere
	sed -i 's/"identity": "[^"]*"/"identity": "0123456789abcdef"/; s/"version": "0[^"]*"/"version": "9"/' elsewhere/manifest.json
	expect 0 "$SIMUL" compare --machines whole part
	has out '^2 against 1'
	has out ' 1\.00  *base '
	[ "$(nproc)" -eq 1 ] || has out 'emulated'
	# A part is slower on its most cores than the whole on its, if that has more than one; the exit status says what is seen.
	for verdict in slower faster no-difference not-enough-data; do
		word=$(echo $verdict | sed 's/no-difference/no difference shown/; s/-/ /g')
		wanted=0
		expect 0 "$SIMUL" compare --machines whole part
		tr '\n' ' ' <out | grep -q "$word in 0" || wanted=1
		expect $wanted "$SIMUL" compare --machines whole part --fail-on=$verdict
	done
	expect 1 "$SIMUL" compare --machines whole elsewhere --fail-on=refused
	expect 3 "$SIMUL" compare --machines whole elsewhere --fail-on=slower
	expect 3 "$SIMUL" compare --machines whole elsewhere
	has out 'refused: different versions'
	expect 0 "$SIMUL" compare --machines whole part elsewhere --format=json
	[ "$(nproc)" -eq 1 ] || has out '"emulated": true'
	# Sweeps by default: the cores in common are compared, and why others are not is told.
	sweep() { "$@" "$SIMUL" cores --no-plots --workload=counting --set limit=1000 --runtime=thread,work-stealing --repetitions=1 --out="$out" >out 2>err </dev/null || fail "no sweep for $out"; }
	out=sweep sweep env
	out=sweep-part sweep taskset -c "$core"
	expect 0 "$SIMUL" compare --machines sweep sweep-part
	if [ "$(nproc)" -eq 2 ]; then
		has out "^counting/thread/limit=1000/slices=16$"
		has out 'different parameters: 1 has workers=4, 2 has workers=2'
	fi
	"$SIMUL" cores --no-plots --workload=counting --set limit=1000 --set slices=24,25 --counts=1 --runtime=thread --repetitions=1 --out=other >out 2>err || fail 'no other sweep'
	expect 3 "$SIMUL" compare --machines sweep other
	has out 'different parameters: 1 has slices=[0-9]*, 2 has slices=24'
	awk 'length($0) > 80 { exit 1 }' out || fail "a line is wider than 80 columns"
	expect 3 "$SIMUL" compare --machines sweep other --format=json
	has out '"not_compared": "different parameters: 1 has slices='
fi
expect 2 "$SIMUL" compare --machines whole
expect 2 "$SIMUL" compare --machines whole whole --format=markdown
expect 3 "$SIMUL" compare --machines before.json whole
has err 'no bundle'

# The forest plot, where there is gnuplot.
if command -v gnuplot >/dev/null; then
	expect 0 "$SIMUL" compare before.json after.json --plot=plots
	[ -s plots/forest.svg ] && [ -s plots/forest.png ] || fail "no plot"
	[ ! -s err ] || fail "gnuplot complains"
	has plots/forest.svg 'slower than'
	if [ -d part ]; then
		expect 0 "$SIMUL" compare --machines whole part --plot=plots
		[ -s plots/machines.svg ] && [ -s plots/machines.png ] || fail "no plot of the machines"
		[ ! -s err ] || fail "gnuplot complains"
	fi
fi
exit 0
