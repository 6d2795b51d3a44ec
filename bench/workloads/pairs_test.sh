#!/bin/sh
# pairs_test.sh SIMUL FOLDER: every runtime with every workload, as `simul list` has them for one core.
#
# Who plays is made to play, small, and must verify its work, or say which limit of the machine it has met. Who does not
# has a reason in the list, and gives the same one when it is asked to. There is no third outcome.

simul=$1
folder=$2
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0
pairs=0

fail() {
	echo "FAILED: $1" >&2
	failed=1
}

# Some work for each workload; nothing for one that is not known here.
small() {
	case $1 in
	chess) echo boards=1 pairs=2 move=20us reply=1ms step=1000 ;;
	counting) echo limit=1000 slices=2 division=2000 ;;
	echo) echo connections=1 messages=10 size=64 floor=1 ;;
	spawn) echo tasks=20 ;;
	switch) echo tasks=2 yields=20 ;;
	idle) echo tasks=10 sleep=1ms ;;
	skynet) echo leaves=10 ;;
	syscall) echo calls=10 ;;
	starvation) echo hog=10ms beat=2ms step=1000 ;;
	contention) echo increments=10 ;;
	order) echo unit=10ms ;;
	range) echo numbers=10 ;;
	chat) echo members=2 rooms=1 messages=10 size=64 floor=1 ;;
	files) echo files=2 appends=2 size=100 beat=1ms ;;
	fetch) echo fetches=3 wait=1ms size=5000 floor=1 ;;
	esac
}

# What the driver starts beside the players of some workloads, as soon as they say where they listen: workload key=value ...
drive() {
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		port=$(sed -n 's/.*"listening": *\([0-9]*\).*/\1/p' "$scratch/out")
		[ -z "$port" ] || break
		sleep 0.$attempt
	done
	set -- $(echo "$@" | sed 's/ floor=1//')
	[ -z "$port" ] || timeout 20 "$folder/load" "$@" port="$port" >/dev/null
}

# play runtime workload key=value ...: on one core; sets output and status
play() {
	player=$folder/simul-$1
	shift
	: >"$scratch/out"
	taskset -c "$core" timeout 30 "$player" play "$@" >"$scratch/out" 2>&1 &
	case $* in
	*connections=* | *members=* | *fetches=*) drive "$@" ;;
	esac
	wait $!
	status=$?
	output=$(cat "$scratch/out")
}

plays() {
	parameters=$(small "$2")
	[ -n "$parameters" ] || fail "$2 has no small parameters in this test"
	play "$1" "$2" $parameters
	case $status:$output in
	0:*'"audit":'*) ;;
	3:*'"what":"verb"'*) fail "$1 is listed as playing $2, and does not: $output" ;;
	3:*'"refused":'*'"text":"'*) echo "$1 $2: $output" ;;
	*) fail "$1 $2 exits with $status: $output" ;;
	esac
}

# A player that is not linked with our list of workloads may know fewer of them.
knows() {
	case $("$folder/simul-$1" info) in
	*"\"$2\""*) return 0 ;;
	*) return 1 ;;
	esac
}

refuses() {
	[ ${#3} -gt 20 ] || fail "$1 gives no reason not to play $2: '$3'"
	play "$1" "$2"
	case $status:$output in
	3:*'"text":"'"$3"'"'*) ;;
	2:*) ! knows "$1" "$2" || fail "$1 says that it knows $2, and does not: $output" ;;
	*) fail "$1 shall not play $2 ($3) and exits with $status: $output" ;;
	esac
}

core=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
PATH=/usr/bin:/bin "$simul" list --json >"$scratch/list" || fail "simul list exits with $?"
# The last key of a pair is "plays", or "refused" after it.
sed -n '/^ "plays": \[/,$p' "$scratch/list" | awk -F'"' '
	$2 == "runtime" { runtime = $4 }
	$2 == "workload" { workload = $4 }
	$2 == "plays" && /true/ { print runtime, workload, "yes" }
	$2 == "refused" { print runtime, workload, "no:", $4 }' >"$scratch/pairs"
while read -r runtime workload answer reason <&3; do
	pairs=$((pairs + 1))
	case $answer in
	yes) plays "$runtime" "$workload" ;;
	no:) refuses "$runtime" "$workload" "$reason" ;;
	*) fail "$runtime $workload: neither yes nor no: $answer" ;;
	esac
done 3<"$scratch/pairs"

known=$(ls "$folder"/simul-* | wc -l)
[ $pairs -ge $((15 * known)) ] || fail "$pairs pairs for $known runtimes and 15 workloads"
exit $failed
