#!/bin/sh
# preempted_test.sh FOLDER [SEEDS]: plays skynet, switch, the ring and echo on simul-work-stealing in FOLDER, on one core
# and on two, while a program that computes for ever sits on each of the cores and takes it away at any moment.
#
# Each seed makes the workers meet otherwise (SIMUL_WORK_STEALING_SEED, runtimes/work_stealing/idle.c), and decides how
# many there are. A wake-up that is lost shows as a play that does not end. SIMUL_SEEDS in the environment, or else SEEDS,
# says how many seeds are played; two otherwise. One seed again: SIMUL_FIRST_SEED=N SIMUL_SEEDS=1.
set -u

folder=$1
seeds=${SIMUL_SEEDS:-${2:-2}}
seed=${SIMUL_FIRST_SEED:-1}
last=$((seed + seeds - 1))
player=$folder/simul-work-stealing
scratch=$(mktemp -d)
hogs=
plays=0
trap 'stop_hogs; rm -r "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

stop_hogs() {
	for hog in $hogs; do
		kill "$hog" 2>/dev/null
		wait "$hog" 2>/dev/null
	done
	hogs=
}

start_hogs() {
	for core in $(echo "$1" | tr , ' '); do
		taskset -c "$core" sh -c 'while :; do :; done' &
		hogs="$hogs $!"
	done
}

fail() {
	echo "FAILED with SIMUL_WORK_STEALING_SEED=$seed on cores $cores: $1" >&2
	exit 1
}

# play WORKLOAD key=value ...
play() {
	plays=$((plays + 1))
	SIMUL_WORK_STEALING_SEED=$seed taskset -c "$cores" timeout -s KILL 30 \
		"$player" play "$@" workers=$((1 + seed % 4)) >"$scratch/out" 2>"$scratch/errors"
	status=$?
	[ $status -eq 0 ] || fail "$* exits with $status: $(cat "$scratch/out" "$scratch/errors")"
}

# The client of an echo server, as soon as that says where it listens.
drive() {
	for attempt in 1 2 3 4 5 6 7 8 9 10 10 10; do
		port=$(sed -n 's/.*"listening": *\([0-9]*\).*/\1/p' "$scratch/out")
		[ -z "$port" ] || break
		sleep 0.0$attempt
	done
	[ -n "$port" ] && taskset -c "$cores" timeout -s KILL 30 "$folder/load" echo port="$port" "$@" >"$scratch/load"
}

echo_play() {
	: >"$scratch/out"
	play echo "$@" floor=1 &
	player_shell=$!
	drive "$@" || fail "the client of echo $* exits with $?"
	wait $player_shell || exit 1
	plays=$((plays + 1))
}

cores_allowed() {
	taskset -cp $$ | sed 's/.*: //' | tr , '\n' | while IFS=- read -r first end; do seq "$first" "${end:-$first}"; done
}

one=$(cores_allowed | head -n 1)
two=$(cores_allowed | head -n 2 | paste -sd, -)
while [ "$seed" -le "$last" ]; do
	for cores in $(printf '%s\n' "$one" "$two" | uniq); do
		start_hogs "$cores"
		play skynet leaves=10000
		play switch tasks=500 yields=20000
		play switch mode=ring tasks=500 yields=5000
		echo_play connections=20 size=64 messages=30
		stop_hogs
	done
	seed=$((seed + 1))
done
echo "$seeds seed(s), $plays plays: all ended"
