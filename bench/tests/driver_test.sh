#!/bin/sh
# driver_test.sh CASE: the program simul from end to end, one case a call, in a folder of its own that is removed.
# From the environment: SIMUL (the program), JSON_VALUES (json_values.c), EXAMPLE (folder with simul-x); for `forbidden`
# FORBID (forbid.c) and PLAYER (simul-coroutine-uring).
# Exit status: 0 good, 1 not, 77 this machine cannot show it.

scratch=$(mktemp -d) || exit 1
trap 'cleanup' EXIT
trap 'exit 1' HUP INT TERM
cleanup() {
	[ -n "$mounted" ] && umount "$mounted"
	rm -rf "$scratch"
}
cd "$scratch" || exit 1
exec=

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

skip() {
	echo "skipped: $1"
	exit 77
}

has() { grep -q -e "$2" "$1" || fail "there is no '$2' in $1"; }
has_not() { ! grep -q -e "$2" "$1" || fail "there is '$2' in $1"; }

# chess RUNTIMES REST...: a run of a millisecond an invocation, of 2 boards unless $boards says otherwise. In the
# background with exec=exec, so that $! is simul.
boards=2
chess() {
	runtimes=$1
	shift
	$exec "$SIMUL" run --no-plots --workload=chess --set boards=$boards --set pairs=1 --cores=1 --runtime="$runtimes" "$@"
}
four=coroutine,process,sequential,thread
count() { "$JSON_VALUES" "$1" status | grep -c "^$2\$"; }
order() { "$JSON_VALUES" "$1/records.jsonl" cell; }
# Each (cell, repetition) that is good, once for each time that it is there.
good() { grep '"status":"ok"' "$1/records.jsonl" | sed 's/,"sequence".*//'; }

# player NAME: a program simul-NAME in ./players that begins as a player of counting; its play is standard input.
player() {
	mkdir -p players
	{
		cat <<-END
			#!/bin/sh
			if [ "\$1" = info ]; then
				echo '{"protocol": 1, "runtime": "$1", "capabilities": [], "workloads": ["counting"]}'
				exit 0
			fi
		END
		cat
	} >"players/simul-$1"
	chmod +x "players/simul-$1"
	PATH=$scratch/players:$PATH
}
# A player that sleeps, and notes which process it is; hangs: one of those is still there. Looking them up by name would
# find those of another suite, too.
hanging_player() {
	player hang <<-'END'
		echo $$ >>"${0%/*}/hanging"
		exec sleep 61
	END
}
hangs() {
	[ -f players/hanging ] || return 1
	while read -r process; do
		grep -q sleep "/proc/$process/cmdline" 2>/dev/null && return 0
	done <players/hanging
	return 1
}
counting() { $exec "$SIMUL" run --no-plots --workload=counting --set limit=1000 --set slices=2 --cores=1 "$@"; }

case_verbs() {
	expect 0 "$SIMUL" --version
	has out '^simul [0-9]'
	expect 0 "$SIMUL" --help
	! grep -q '.\{81\}' out || fail 'the help is wider than 80 columns'
	for verb in run list topology plot; do
		has out "^  $verb "
		expect 0 "$SIMUL" $verb --help
		has out 'Examples:'
		expect 0 "$SIMUL" help $verb
		expect 0 "$SIMUL" --help
	done
	expect 2 "$SIMUL"
	expect 2 "$SIMUL" dance
	has err 'the verbs are run, '
	expect 2 "$SIMUL" run --no-such-option
	has err '--profile'
	expect 2 "$SIMUL" run --profile=slow
	has err 'quick, standard, costs, full'
	expect 2 "$SIMUL" run --workload=chest
	has err 'chess, counting, echo'
	expect 2 "$SIMUL" run --runtime=fibre
	has err 'simul list'
	expect 0 "$SIMUL" list --runtime=thread
	has out 'suspends  '
	expect 2 "$SIMUL" list --runtime=fibre
	has err 'the runtimes are'
	expect 2 "$SIMUL" run --set nothing=1
	expect 2 "$SIMUL" run --workload=chess --set nothing=1
	has err 'boards'
	expect 2 "$SIMUL" run --set boards=0
	expect 2 "$SIMUL" run --benchmark_no_such_flag
	expect 2 "$SIMUL" run --out
	expect 2 "$SIMUL" list word
	expect 3 "$SIMUL" plot no-such-bundle
	expect 3 "$SIMUL" plot
	expect 2 "$SIMUL" plot --figure=nope
	has err 'scoreboard'
	expect 2 "$SIMUL" run --workload=chess --set move=50
	has err 'has no unit'
	expect 2 chess sequential --set boards=1
	has err 'set already'
	boards=1000000
	expect 3 chess sequential
	has err 'would take about.*--timeout=.*s allows it'
	# Where nothing can be played there is nothing to list, and the reason is the same.
	expect 3 chess sequential --benchmark_list_tests
	has err 'would take about'
	boards=2
	BENCHMARK_FILTER=zz expect 3 chess sequential
	has err 'BENCHMARK_FILTER=zz'
	[ -z "$(find . -name 'simul-*')" ] || fail 'a refused call leaves a folder'
}

case_list() {
	expect 0 "$SIMUL" list
	for word in coroutine process sequential thread chess counting echo; do
		has out "^  $word "
	done
	has out '^  sequential: not echo'
	[ "$(wc -l <out)" -le 60 ] || fail 'the list is longer than a screen'
	has_not out '…' # it is no terminal: nothing is cut
	expect 0 "$SIMUL" list --workload=echo
	has out '^  connections '
	has out '^  sequential .* no: '
	expect 2 "$SIMUL" list --workload=ecko
	player wreck </dev/null
	printf '#!/bin/sh\necho rubbish\n' >players/simul-rubbish
	printf '#!/bin/sh\nexec sleep 60\n' >players/simul-sleepy
	: >players/simul-notes
	chmod +x players/simul-rubbish players/simul-sleepy
	cp "$EXAMPLE/simul-x" players/simul-alias
	expect 0 "$SIMUL" list --json
	"$JSON_VALUES" out runtimes >runtimes || fail 'the list is not JSON'
	for name in coroutine rubbish sleepy wreck; do
		has runtimes "\"runtime\":\"$name\""
	done
	has_not runtimes notes
	expect 0 "$SIMUL" list
	has out 'rubbish: cannot be used'
	has out 'sleepy: cannot be used'
	has out 'it calls itself so; the program is .*players/simul-alias$'
}

case_topology() {
	expect 0 "$SIMUL" topology
	expect 0 "$SIMUL" topology --json
	"$JSON_VALUES" out identity | grep -q . || fail 'there is no identity'
	expect 0 "$SIMUL" topology --synthetic 'pack:2 core:8 pu:2'
	expect 2 "$SIMUL" topology --synthetic 'nonsense'
	expect 2 "$SIMUL" topology --topology-xml no-such-file
	expect 0 "$SIMUL" topology --synthetic 'pack:2 core:8 pu:2'
	has out '^  Counts  *1, 2, 4, 8, 16, 32, 64 workers on 32$'
	has out '^  scatter  *0 16 2 18 4 20 '
	expect 0 "$SIMUL" topology --synthetic 'pack:2 core:2 pu:2' --json
	[ "$("$JSON_VALUES" out sweep placements compact order | tr -d '\n ')" = '[0,2,1,3,4,6,5,7]' ] ||
		fail 'the order of compact is wrong'
	expect 2 "$SIMUL" topology --cores=2
	expect 2 "$SIMUL" topology --synthetic 'core:2 pu:1' --draw=two.svg --cores=3
	command -v lstopo-no-graphics >lstopo || skip 'hwloc-nox is not installed: nothing is drawn'
	expect 0 "$SIMUL" topology --synthetic 'pack:2 core:2 pu:2' --draw=two.svg --cores=3 --placement=scatter
	[ "$(grep -c 'rgb(230,159,0)' two.svg)" -eq 3 ] || fail 'three cores are not marked'
}

# The last core that this process may use.
last_core() { taskset -cp $$ | sed 's/.*[:, -]//'; }

case_cores() {
	cores="cores --workload=counting --set limit=100000 --repetitions=1"
	command -v taskset >taskset || skip 'there is no taskset'
	last=$(last_core)
	expect 0 taskset -c "$last" "$SIMUL" cores --benchmark_list_tests
	has out '^counting/thread/slices=16/cores=1$'
	has_not out 'cores=2$'
	has err 'strong scaling over cores 1, 2 workers on 1$'
	has err 'there is one core'
	[ "$(nproc --all)" -eq 1 ] || has err "^simul: 1 of .* cores may be used ($last): .* taskset"
	expect 0 taskset -c "$last" "$SIMUL" $cores --runtime=thread,work-stealing --no-plots --out=one
	[ "$(count one/records.jsonl ok)" -ge 3 ] || fail 'records are missing'
	has one/manifest.json '"sweep"'
	expect 0 taskset -c "$last" "$SIMUL" run --resume one --no-plots
	tr -d ' \n' <one/manifest.json | grep -q '"arguments":\["cores",' || fail 'the manifest has another verb'
	expect 3 taskset -c "$last" "$SIMUL" cores --workload=echo --runtime=thread
	has err 'the load would have no core of its own beside the 1 of the player'
	expect 0 "$SIMUL" cores --scaling=weak --per-core=1000 --workload=chess --runtime=sequential,coroutine --counts=1 --benchmark_list_tests
	has err '^simul: from chess/sequential/boards=1000/cores=1 on: would take about 18 s '
	[ "$(grep -c 'would take' err)" -eq 1 ] || fail 'another runtime is said to take too long'
	expect 2 "$SIMUL" cores --synthetic 'pack:2 core:8 pu:2'
	has err 'nothing can be measured on a described machine'
	expect 2 "$SIMUL" cores --scaling=weak --concurrency
	expect 2 "$SIMUL" cores --scaling=sideways
	expect 2 "$SIMUL" cores --cores=1
}

case_map() {
	map='map --no-plots --cores=1 --runtime=coroutine,sequential --repetitions=1'
	expect 2 "$SIMUL" $map --tasks=0
	has err 'from 1 to 1000000'
	expect 2 "$SIMUL" $map --waiting=100
	has err '0 to 99.99'
	expect 2 "$SIMUL" $map --points=3
	has err 'TASKS:PERCENT'
	expect 2 "$SIMUL" $map --cores=1,2
	expect 2 "$SIMUL" $map --set boards=2
	# Coroutines lead where there is waiting to overlap, nobody where there is none: where time is left, places in between
	# are added.
	expect 0 "$SIMUL" map --no-plots --cores=1 --runtime=coroutine,sequential --repetitions=4 --tasks=1,10 --waiting=0,90 \
		--time-limit=4s --out=m
	has err 'map: 4 places, 32 invocations, about'
	has out 'Which model is fastest?'
	has out '^ *90 % .*C'
	[ "$(good m | sort -u | wc -l)" -ge 32 ] || fail 'the grid is not whole'
	# Whoever continues it has the same plan.
	head -n 28 m/records.jsonl >kept && cp kept m/records.jsonl
	expect 0 "$SIMUL" run --resume m --no-plots
	[ "$(good m | sort -u | wc -l)" -ge 32 ] || fail 'the continued map is not whole'
	# Whoever asks near a place is told of it, people and programs alike.
	expect 0 "$SIMUL" advise m --tasks=10 --compute=50us --wait=450us
	has out 'Measured nearest to it, in the map: 10 tasks'
	expect 0 "$SIMUL" advise m --tasks=10 --compute=50us --wait=450us --json
	has out '"cell": "chess/coroutine/'
}

case_doctor() {
	expect 0 "$SIMUL" doctor
	has out '^[a-z]*  *io_uring '
	has out '^[a-z]*  *guard pages '
	has out 'want care'
	expect 0 "$SIMUL" doctor --json
	"$JSON_VALUES" out findings | grep -q topic || fail 'there are no findings'
	expect 2 "$SIMUL" doctor --runtime=thread
	expect 2 "$SIMUL" doctor --stability --invocations=9
	expect 0 "$SIMUL" doctor --stability --set pairs=1 --set boards=2 --invocations=10 --out=same --json
	"$JSON_VALUES" out stability comparisons | grep -q '^100$' || fail 'there is no A/A test'
	[ "$(count same/records.jsonl ok)" -ge 10 ] || fail 'the A/A test keeps no records'
}

# A runtime that can no longer start tasks: where it broke is told, and what lies beyond it is not tried.
case_breaking() {
	player frail <<-'END'
		for pair; do
			case $pair in slices=*) slices=${pair#*=} ;; esac
		done
		text="no more tasks can be had here after 9 of them"
		[ "$slices" -gt 9 ] && echo "{\"protocol\": 1, \"refused\": {\"what\": \"tasks\", \"text\": \"$text\"}}" && exit 3
		PATH=$EXAMPLE:$PATH
		shift 2
		exec simul-x play counting "$@" | sed 's/"runtime": "x"/"runtime": "frail"/'
	END
	expect 0 "$SIMUL" cores --concurrency --workload=counting --set limit=1000 --per-core=1,16,64,256 --counts=1 \
		--runtime=frail --repetitions=2 --no-plots --out=broken
	has broken/records.jsonl 'after 9 of them'
	[ "$(grep -c 'not tried: it broke at 16 a core' broken/records.jsonl)" -eq 2 ] || fail 'what lies beyond was tried'
}

case_run() {
	boards=1,2
	expect 0 chess $four --out=bundle --repetitions=3
	boards=2
	[ "$(count bundle/records.jsonl ok)" -ge 24 ] || fail 'records are missing'
	[ "$(good bundle | sort -u | wc -l)" -eq 24 ] || fail 'not every cell has its repetitions'
	has out 'Bundle: bundle'
	has err '^\[24/24\] chess/.* (bound'
	[ -s bundle/topology.xml ] && [ -s bundle/summary.txt ] && [ -s bundle/runtimes.txt ] || fail 'the bundle is not whole'
	[ "$("$JSON_VALUES" bundle/manifest.json format)" = 1 ] || fail 'the manifest is not'
	[ "$("$JSON_VALUES" bundle/manifest.json repetitions)" = 3 ] || fail 'the manifest is wrong'
	"$JSON_VALUES" bundle/benchmark.json benchmarks | grep -q sim_ratio_to_bound || fail 'there is no sim_ratio_to_bound'
	"$JSON_VALUES" bundle/benchmark.json context sim_seed | grep -q . || fail 'there is no seed in the context'
	cp bundle/records.jsonl before
	expect 3 chess $four --out=bundle
	has err 'is not empty'
	cmp -s before bundle/records.jsonl || fail 'an existing bundle was changed'
	expect 0 chess thread --out=bundle-2 --no-host-name --repetitions=1
	[ -z "$("$JSON_VALUES" bundle-2/manifest.json machine host)" ] || fail 'the host name is in the manifest'
	mkdir results
	expect 0 chess thread --repetitions=1
	[ -s results/local/*/manifest.json ] || fail 'there is no bundle in results/local'
}

case_echo() {
	expect 0 "$SIMUL" run --no-plots --workload=echo --set connections=3 --set messages=20 --out=bundle --repetitions=1
	[ "$("$JSON_VALUES" bundle/records.jsonl load messages | sort -u)" = 60 ] || fail 'the load is missing in the records'
	has out 'echo/sequential/connections=3'

	expect 0 "$SIMUL" run --no-plots --workload=echo --set connections=5 --set messages=20 --set idle=2 --set churn=yes \
		--out=churn --repetitions=1
	[ "$("$JSON_VALUES" churn/records.jsonl load opened | sort -u)" = 102 ] || fail 'a message had no connection of its own'
	has out 'runs a task only when it is joined'
	expect 3 "$SIMUL" run --no-plots --workload=echo --set churn=yes --set depth=2 --out=deep
	has err 'depth=1'
}

case_benchmark() {
	expect 0 chess $four --benchmark_list_tests
	[ "$(wc -l <out)" -eq 4 ] || fail 'there are not four cells'
	has_not out sequence
	[ -z "$(find . -name 'simul-*')" ] || fail 'listing leaves a folder'
	expect 0 chess $four --benchmark_filter=thread --benchmark_format=json --benchmark_repetitions=2 --out=bundle
	"$JSON_VALUES" out benchmarks | grep -q chess/thread || fail 'standard output is not the JSON of Google Benchmark'
	has_not out chess/process
	[ "$(order bundle | sort -u)" = chess/thread/boards=2/pairs=1/cores=1 ] || fail 'the filter is not heeded'
	expect 0 chess thread --benchmark_out=mine.json --repetitions=1 --out=bundle-2
	"$JSON_VALUES" mine.json benchmarks | grep -q chess/thread || fail '--benchmark_out is not heeded'
	expect 3 chess $four --benchmark_filter=nothing-is-called-so
	echo precious >kept
	expect 3 chess thread --benchmark_out=no-such-folder/file --repetitions=1 --out=bundle-3
	has err 'no-such-folder/file cannot be written'
	[ ! -e bundle-3 ] || fail 'a run without a place for its output leaves a bundle'
	expect 3 chess thread --benchmark_out=kept --repetitions=1 --out=kept/bundle
	has kept precious
	expect 0 chess thread --benchmark_out=bundle-4/mine.json --repetitions=1 --out=bundle-4
	"$JSON_VALUES" bundle-4/mine.json benchmarks | grep -q chess/thread || fail 'the bundle does not hold its output'
}

case_compare() {
	compare=${COMPARE_PY:-/usr/share/benchmark/compare.py}
	[ -f "$compare" ] || skip "$compare is not installed (Debian's libbenchmark-tools)"
	for python in python3 /usr/bin/python3 ''; do
		[ -n "$python" ] || skip "compare.py needs numpy and scipy (Debian's python3-scipy)"
		"$python" -c 'import numpy, scipy.stats' 2>/dev/null && break
	done
	# Nine repetitions: the fewest for which compare.py gives a p-value without a warning.
	expect 0 chess thread,coroutine --repetitions=9 --out=before
	expect 0 chess thread,coroutine --repetitions=9 --out=after
	expect 0 "$python" "$compare" --no-color benchmarks before/benchmark.json after/benchmark.json
	for name in thread coroutine; do
		has out "chess/$name/boards=2/pairs=1/cores=1.*_pvalue"
		has out "chess/$name/boards=2/pairs=1/cores=1.*_median"
	done
	has out 'U Test, Repetitions: 9 vs 9'
}

case_seed() {
	expect 0 chess $four --seed=11 --repetitions=3 --out=one
	expect 0 chess $four --seed=11 --repetitions=3 --out=two
	expect 0 chess $four --seed=12 --repetitions=3 --out=three
	[ "$("$JSON_VALUES" one/manifest.json seed)" = 11 ] || fail 'the seed is not kept'
	# A disturbed invocation is played again at once: only the order of the cells counts.
	for bundle in one two three; do
		good $bundle | uniq >$bundle.order
	done
	cmp -s one.order two.order || fail 'the same seed gives another order'
	! cmp -s one.order three.order || fail 'another seed gives the same order'
}

audit() { "$JSON_VALUES" bundle/records.jsonl record audit "$1" | head -n 1; }

# Every peer that is built, in everything that it plays, held against the specs as all players are.
case_peers() {
	expect 0 "$SIMUL" list
	names=$(sed -n '/none$/d; s/,//g; s/^Peers.*: //p' out)
	[ -n "$names" ] || skip 'no peer is built'
	expect 0 "$SIMUL" run --no-plots --out=none --runtime=sequential --workload=counting --set limit=1000 --repetitions=1
	expect 0 "$SIMUL" run --no-plots --out=all --runtime=sequential --peers --repetitions=1 --cores=1,all \
		--workload=chess,counting,echo,spawn,switch,idle,skynet,starvation,contention,order,range \
		--set boards=5 --set pairs=3 --set limit=10000 --set slices=1,3 --set connections=1,5 --set messages=10 \
		--set spawn.tasks=50 --set batch=1,20 --set body=empty,yield --set memory=warm \
		--set switch.tasks=2,7 --set switch.yields=1001 --set switch.mode=yield,ring --set idle.tasks=20 --set sleep=5ms \
		--set start=gate,spawn --set leaves=100 --set hog=20ms --set increments=1000 --set numbers=1000
	for name in $names; do
		! grep -q "/$name/" none/records.jsonl || fail "$name plays unasked"
		for workload in chess counting spawn switch idle skynet; do
			grep '"status":"ok"' all/records.jsonl | grep -q "\"cell\":\"$workload/$name/" ||
				fail "$name has not played $workload"
		done
	done
	! grep '"status":"ok"' all/records.jsonl | grep '"cell":"echo/' | grep -qv '"tcp_nodelay":1' ||
		fail 'an echo is without the options of its sockets'
}

case_stranger() {
	PATH=$EXAMPLE:$PATH
	expect 0 "$SIMUL" list
	has out '^  x  *one awk'
	expect 0 counting --runtime=x,thread --out=bundle --repetitions=2
	[ "$(good bundle | sort -u | grep -c counting/x/)" -eq 2 ] || fail 'the stranger was not played'
	if command -v gnuplot >gnuplot; then
		expect 0 "$SIMUL" plot bundle
		cut -f1-9 bundle/plots/counting.tsv | grep -qw x || fail 'the stranger is not plotted'
	fi
	# Whoever is played first, another way to write the same audit makes nobody fail.
	player loud <<-END
		echo '{"protocol": 1, "runtime": "loud", "workload": "counting", "parameters": {"limit": 1000, "slices": 2,' \\
		     '"split": "interleaved", "division": '\${6#division=}'}, "time_ns": {"wall": 1000000000},' \\
		     '"audit": {"tasks": 2, "operations": $(audit operations),' \\
		     '"checksum": "$(audit checksum | tr a-f A-F)"}}'
	END
	expect 0 counting --runtime=loud,thread --out=written --repetitions=2
	expect 0 "$SIMUL" run --no-plots --runtime=x --set limit=1000 --cores=1 --repetitions=1 --out=all
	has out 'does not play chess'
}

case_misbehaving() {
	player liar <<-'END'
		echo '{"protocol": 1, "runtime": "liar", "workload": "counting", "parameters": {"limit": 1000, "slices": 2,' \
		     '"split": "interleaved", "division": '${6#division=}'}, "time_ns": {"wall": 1000000000},' \
		     '"audit": {"tasks": 2, "operations": 332, "bytes": 0, "checksum": "0000000000000001"}}'
	END
	# The right answer in no time.
	player cheat <<-'END'
		echo '{"protocol": 1, "runtime": "cheat", "workload": "counting", "parameters": {"limit": 1000, "slices": 2,' \
		     '"split": "interleaved", "division": '${6#division=}'}, "time_ns": {"wall": 1},' \
		     '"audit": {"tasks": 2, "operations": 332, "bytes": 0, "checksum": "CHEATED"}}'
	END
	expect 0 counting --runtime=thread --repetitions=1 --out=honest
	sed -i "s/CHEATED/$("$JSON_VALUES" honest/records.jsonl record audit checksum | head -n 1)/" players/simul-cheat
	player crash <<-'END'
		kill -SEGV $$
	END
	hanging_player
	player mute <<-'END'
		exit 0
	END
	player refuser <<-'END'
		echo '{"protocol": 1, "refused": {"what": "cores", "error": "EAGAIN", "text": "not on this machine"}}'
		exit 3
	END
	# The short limit is for none but the one that is to meet it: a good player may take long on a busy machine.
	expect 1 counting --runtime=hang --timeout=1s --repetitions=3 --out=hung
	[ -s players/hanging ] || fail 'nothing hung'
	! hangs || fail 'a process is left behind'
	has out '  counting/hang/.*(given up after two failures)'
	[ "$(grep -c '"status":"failed"' hung/records.jsonl)" -eq 2 ] || fail 'hang was not played twice'
	expect 1 counting --runtime=thread,liar,cheat,crash,mute,refuser --repetitions=3 --out=bundle
	has out 'Failed:'
	has out 'counting/cheat/.*: wall 1 ns is below the bound of .*(given up after two failures)'
	for name in liar cheat crash mute; do
		has out "  counting/$name/.*(given up after two failures)"
		[ "$(grep "counting/$name/" bundle/records.jsonl | grep -c '"status":"failed"')" -eq 2 ] ||
			fail "$name was not played twice"
	done
	has out 'refuser.*not on this machine'
	has out 'checksum'
	[ "$(good bundle | sort -u | grep -c counting/thread/)" -eq 3 ] || fail 'the good player suffers'
	expect 0 counting --runtime=thread,refuser --repetitions=1 --out=refused
	good bundle >before
	expect 1 "$SIMUL" run --resume bundle --no-plots
	good bundle | cmp -s before - || fail 'good records were played again'
}

case_unwritable() {
	for verb in run list topology; do
		# shellcheck disable=SC2016 # $0 and $@ are the inner shell's
		expect 3 sh -c 'exec "$0" "$@" >/dev/full' "$SIMUL" $verb $(
			[ $verb != run ] || echo --no-plots --workload=chess --set boards=2 --set pairs=1 --cores=1 \
				--runtime=thread --repetitions=1 --out=printed)
		has err 'standard output cannot be written in full'
	done
	[ "$(count printed/records.jsonl ok)" -ge 1 ] || fail 'what cannot be printed is not kept'
	: >file
	expect 3 chess $four --out=file/bundle
	has err 'cannot be made'
	expect 3 chess $four --out=file
	expect 3 chess $four --out=/proc/bundle
	expect 3 "$SIMUL" run --resume file
	has err 'is no bundle'
	expect 3 "$SIMUL" run --resume nowhere
	mkdir empty
	expect 3 "$SIMUL" run --resume empty
}

# The run stops when nothing more can be written; what was written is whole, and the run can be continued.
check_full() {
	has err 'cannot be written'
	has err '--resume'
	"$JSON_VALUES" "$1/records.jsonl" cell >cells || fail 'a record is not whole'
	kept=$(good "$1" | wc -l)
	[ "$kept" -ge 1 ] && [ "$kept" -lt 60 ] || fail "$kept records are kept"
}

case_limit() {
	expect 3 sh -c 'ulimit -f 60; exec "$0" "$@"' "$SIMUL" run --no-plots --workload=chess --set boards=2 \
		--set pairs=1 --cores=1 --runtime=thread --repetitions=60 --out=bundle
	check_full bundle
	expect 0 "$SIMUL" run --resume bundle --no-plots
	[ "$(good bundle | sort -u | wc -l)" -eq 60 ] || fail 'the continued run is not whole'
}

# What the kernel lacks or forbids is a refusal with a sentence: of the player, and of the cell in a run.
case_forbidden() {
	"$FORBID" io_uring_setup EPERM true || skip 'there are no seccomp filters'
	expect 0 "$FORBID" io_uring_setup EPERM "$PLAYER" info
	while read -r error sentence; do
		expect 3 "$FORBID" io_uring_setup "$error" "$PLAYER" play counting limit=1000
		has out "\"error\":\"$error\""
		has err "$sentence"
	done <<-END
		EPERM io_uring is forbidden here
		ENOSYS this kernel has no io_uring
		ENOMEM ulimit -l is
	END
	expect 0 "$FORBID" io_uring_setup EPERM "$SIMUL" run --no-plots --workload=chess --set boards=2 --set pairs=1 --cores=1 \
		--runtime=coroutine,coroutine-uring --out=forbidden
	has out 'chess/coroutine-uring.*refused by its player: io_uring is forbidden here'
	[ "$(count forbidden/records.jsonl ok)" -ge 1 ] || fail 'the other runtime was not played'
}

case_full() {
	mkdir disk
	mount -t tmpfs -o size=64k simul-test disk 2>/dev/null || { echo "skipped: no right to mount a small disk"; exit 77; }
	mounted=$scratch/disk
	expect 3 chess thread --repetitions=60 --out=disk/bundle
	check_full disk/bundle
	mount -o remount,size=8m disk || { echo "skipped: a small disk cannot be made larger"; exit 77; }
	expect 0 "$SIMUL" run --resume disk/bundle --no-plots
	[ "$(good disk/bundle | sort -u | wc -l)" -eq 60 ] || fail 'the continued run is not whole'
	mount -o remount,size=8m disk
	: >disk/fill
	expect 3 sh -c 'head -c 8m /dev/zero >>disk/fill; exec "$0" run --no-plots --out=disk/second' "$SIMUL"
	has err 'No space left'
}

case_interrupt() {
	exec=exec chess $four --repetitions=40 --seed=1 --out=bundle >out 2>err &
	pid=$!
	for i in $(seq 300); do
		[ -f bundle/records.jsonl ] && [ "$(wc -l <bundle/records.jsonl)" -ge 5 ] && break
		sleep 0.1
	done
	kill -INT $pid
	wait $pid
	[ $? -eq 130 ] || fail 'an interrupted run does not exit with 130'
	has err 'simul run --resume bundle'
	kept=$(good bundle | wc -l)
	[ "$kept" -ge 4 ] && [ "$kept" -lt 160 ] || fail "$kept records are kept"
	good bundle >before
	printf '{"cell":"torn' >>bundle/records.jsonl
	expect 2 "$SIMUL" run --resume bundle --seed=2
	has err 'takes everything from the bundle'
	expect 0 "$SIMUL" run --resume bundle --no-plots
	good bundle | head -n "$(wc -l <before)" | cmp -s before - || fail 'kept records have changed'
	[ "$(good bundle | sort -u | wc -l)" -eq 160 ] || fail 'the continued run is not whole'
	# Disturbed invocations are repeated and kept; on a quiet machine there is no second one of a pair.
	[ "$(good bundle | sort | uniq -d | wc -l)" -le "$(grep -c '"disturbed":true' bundle/records.jsonl)" ] ||
		fail 'finished records were played again'
	[ "$("$JSON_VALUES" bundle/records.jsonl sequence | sort -n | uniq -d | wc -l)" -eq 0 ] || fail 'a sequence is there twice'
	wc -l <bundle/records.jsonl >before
	expect 0 "$SIMUL" run --resume bundle --no-plots
	wc -l <bundle/records.jsonl | cmp -s before - || fail 'a complete run was played again'
	sed -i 's/"identity": "[0-9a-f]*"/"identity": "0123456789abcdef"/' bundle/manifest.json
	expect 3 "$SIMUL" run --resume bundle
	has err 'another machine'
}

case_terminate() {
	hanging_player
	exec=exec counting --runtime=hang --out=bundle >out 2>err &
	pid=$!
	for i in $(seq 300); do
		hangs && break
		sleep 0.1
	done
	hangs || fail 'the player was not started'
	kill -TERM $pid
	wait $pid
	[ $? -eq 130 ] || fail 'a terminated run does not exit with 130'
	! hangs || fail 'a process is left behind'
	has bundle/records.jsonl '"status":"interrupted"'
}

case_plot() {
	command -v gnuplot >gnuplot || { echo "skipped: gnuplot is not there"; exit 77; }
	expect 0 "$SIMUL" run --workload=chess,counting,echo --set boards=1,2 --set pairs=1 --set limit=1000 \
		--set slices=1,2 --set connections=1,2 --set messages=10 --cores=1 --repetitions=2
	has out 'Plots:'
	expect 0 "$SIMUL" plot
	has out 'simul-20'
	expect 0 "$SIMUL" plot --terminal --figure=scoreboard
	expect 2 "$SIMUL" plot --figure=nothing
	has err "there is no figure 'nothing'; the figures are scoreboard, "
	bundle=$(echo simul-20*)
	expect 0 "$SIMUL" plot --figure=rate
	[ -s "$bundle/plots/rate.png" ] || fail 'what a figure lacks is not drawn'
	expect 3 "$SIMUL" plot --terminal --figure=rate
	has out 'This run has nothing for it'
	expect 0 "$SIMUL" run --resume "$bundle" --terminal --no-plots
	has out '^Which model is fastest here'
	[ -s "$bundle/plots/scoreboard.svg" ] && [ -s "$bundle/plots/scoreboard.tsv" ] || fail 'there is no scoreboard'
	mkdir bin
	for program in awk sh; do ln -s "$(command -v $program)" bin/; done
	PATH=$scratch/bin expect 0 "$SIMUL" run --workload=chess --set boards=1 --set pairs=1 --cores=1 --repetitions=1 \
		--out=unplotted
	has err 'the plots are not drawn'
}

# On a terminal there is one line, written over and over; a run of four invocations counts up to 4.
case_progress() {
	command -v script >/dev/null || skip 'script(1) is not there: no terminal'
	TERM=xterm expect 0 script -qec "'$SIMUL' run --no-plots --workload=chess --set boards=2 --set pairs=1 --cores=1 \
		--runtime=coroutine,thread --repetitions=2 --out=seen" /dev/null
	carriage=$(printf '\r')
	for done in 0 1 2 3 4; do has out "$carriage.*\[$done/4\] about [0-9]* s left: chess/"; done
	[ "$(grep -c '/4\]' out)" -eq 1 ] || fail 'the live line is more than one'
	chess coroutine,thread --repetitions=2 --out=plain 2>err >out || fail 'the run fails without a terminal'
	[ "$(grep -c '^\[[1-4]/4\] chess/' err)" -eq 4 ] || fail 'there is no plain line a cell'
	has_not err "$carriage"
}

case_predict() {
	expect 0 "$SIMUL" run --no-plots --workload=chess,idle,echo --set boards=1,8 --set pairs=2 --set tasks=1,8 \
		--set connections=10,20 --set messages=10 \
		--set sleeps=10 --set sleep=1ms --set start=gate --set memory=warm --cores=1 --repetitions=1 \
		--runtime=coroutine,sequential --out=costs
	expect 0 "$SIMUL" predict costs --cores=1,1024 --tasks=8,1000000 --pairs=3
	has out 'Held against 4 cells of chess in the same bundle'
	has out '1024 cores, 1000000 boards, 3 pairs'
	has out '  sequential .*beyond measured'
	expect 0 "$SIMUL" predict costs --json --runtime=coroutine --cores=2 --tasks=10
	has out '"wall_ns"'
	has_not out '"sequential", "model"'
	expect 2 "$SIMUL" predict costs --cores=1,2,3,4,5,6,7 --plot=figures
	has err '6 at most'
	if command -v gnuplot >/dev/null; then
		expect 0 "$SIMUL" predict costs --cores=1,128 --tasks=300 --pairs=2 --plot=figures
		has figures/forecast.tsv '1 core: measured (marks) and forecast (lines)'
		has figures/forecast.tsv '128 cores: forecast, nothing measured'
		grep -q '^point.*	coroutine	300	' figures/forecast.tsv || fail 'the forecast does not go to what was asked'
		expect 0 "$SIMUL" predict costs --workload=echo --runtime=coroutine --cores=1,8 --tasks=100 --plot=figures
		has figures/forecast-echo.tsv '8 cores: forecast, nothing measured'
		grep -q '^point.*	coroutine	20	' figures/forecast-echo.tsv || fail 'what was measured is not drawn'
		[ -s figures/forecast.png ] && [ -s figures/forecast-echo.svg ] || fail 'nothing is drawn'
	fi
	# The bundle of another machine is measured on here no further, and predicted from.
	cp -r costs other
	sed -i 's/"identity": *"[^"]*"/"identity": "0123456789abcdef"/; s/"cpu": *"[^"]*"/"cpu": "another"/' other/manifest.json
	expect 3 "$SIMUL" run --resume other --no-plots
	has err 'begun on another machine (another, identity 0123456789abcdef; this one is'
	cmp -s costs/records.jsonl other/records.jsonl || fail 'records of two machines are mixed'
	expect 0 "$SIMUL" predict other --cores=64 --tasks=100
	has out '64 cores, 100 boards'
	chess thread --repetitions=1 --out=poor >/dev/null 2>&1
	expect 3 "$SIMUL" predict poor
	has err 'idle with several sleeps'
	expect 3 "$SIMUL" predict poor --workload=echo
	has err 'needs echo in a closed loop'
	expect 2 "$SIMUL" predict poor --workload=chat
	has err 'chess or echo'
	expect 3 "$SIMUL" predict
	has err 'no bundle'
	expect 2 "$SIMUL" predict costs --cores=0
	has err 'from 1 to 1024'
	expect 2 "$SIMUL" predict costs --runtime=nobody
	has err "no runtime 'nobody'"
	expect 3 "$SIMUL" predict nowhere
	expect 0 "$SIMUL" advise costs --tasks=8 --compute=200us --wait=5ms --cores=1
	has out '^ *1\.  coroutine '
	has out '^ *2\.  sequential '
	has out '  idle/coroutine/tasks=8/'
	has out 'Held against 4 cells'
	has_not err 'missing'
	# As after an interruption, and with a line that nobody can read. A disturbed invocation has several records.
	invocation=$(tail -n 1 costs/records.jsonl | cut -d, -f1,2),
	grep -vF "$invocation" costs/records.jsonl >kept
	echo rubbish >>kept
	mv kept costs/records.jsonl
	expect 0 "$SIMUL" predict costs
	has err ' 1 of [0-9]* invocations are missing'
	has err '1 line of records.jsonl could not be read'
	expect 0 "$SIMUL" advise costs --tasks=1000 --memory=1KiB --json
	has err 'invocations are missing'
	has out '"verdict": "memory"'
	has out '"forecast": \['
	expect 3 "$SIMUL" advise poor
	expect 2 "$SIMUL" advise costs --compute=0us --wait=0us
	has err 'cannot both be 0'
	expect 2 "$SIMUL" advise costs --memory=much
}

"case_$1"
