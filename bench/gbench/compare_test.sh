#!/bin/sh
# compare_test.sh EXAMPLE: compare.py of Debian's libbenchmark-tools reads what the shim writes.
#
# Two runs of nine repetitions, the fewest for which compare.py gives a p-value without a warning. Exits 77 (skipped)
# with the reason where compare.py, or the Python modules that it imports, are not installed.
set -eu

example=$1
compare=${COMPARE_PY:-/usr/share/benchmark/compare.py}
if [ ! -f "$compare" ]; then
	echo "skipped: $compare is not installed (Debian's libbenchmark-tools)"
	exit 77
fi
python=
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import numpy, scipy.stats' 2>/dev/null; then
		python=$candidate
		break
	fi
done
if [ -z "$python" ]; then
	echo "skipped: compare.py needs numpy and scipy (Debian's python3-scipy)"
	exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for run in before after; do
	"$example" --benchmark_repetitions=9 --benchmark_min_time=0.001 --benchmark_out="$folder/$run.json" \
		>"$folder/console" 2>&1
done
"$python" "$compare" --no-color benchmarks "$folder/before.json" "$folder/after.json" >"$folder/comparison"
cat "$folder/comparison"
for expected in 'copying/page_pvalue' 'sleeping/1ms_pvalue' 'sleeping/1ms_median' 'U Test, Repetitions: 9 vs 9'; do
	if ! grep -q "$expected" "$folder/comparison"; then
		echo "compare.py printed no line with \"$expected\""
		exit 1
	fi
done
