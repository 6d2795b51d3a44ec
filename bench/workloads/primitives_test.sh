#!/bin/sh
# primitives_test.sh FOLDER: plays spawn, switch, idle, skynet and syscall, small, on every player in FOLDER.
#
# A player verifies its own work and exits with 0; whoever cannot play says so in a refusal and exits with 3. Each
# workload must have been played by somebody, with its figure.

folder=$1
played=
failed=0

fail() {
	echo "FAILED: $1" >&2
	failed=1
}

# figure workload key=value ...
check() {
	figure=$1 name=$2
	shift
	case $workloads in
	*"\"$name\""*) ;;
	*) return ;;
	esac
	output=$("$player" play "$@" 2>&1)
	case $? in
	0) case $output in
		*"\"$figure\":"*) played="$played $name" ;;
		*) fail "$player play $*: no $figure in $output" ;;
	   esac ;;
	3) case $output in
		*'"refused":'*'"text":'*) ;;
		*) fail "$player play $*: refused without a reason: $output" ;;
	   esac ;;
	*) fail "$player play $*: $output" ;;
	esac
}

for player in "$folder"/simul-*; do
	workloads=$("$player" info) || fail "$player does not answer info"
	case $workloads in
	*'"spawn"'*) ;;
	*) continue ;;
	esac
	check ns_per_task spawn tasks=100
	check ns_per_task spawn tasks=50 batch=20 body=yield
	check ns_per_task spawn tasks=20 batch=20 memory=cold
	check ns_per_switch switch tasks=2 yields=1001
	check ns_per_switch switch tasks=7 yields=100
	check ns_per_switch switch tasks=2 yields=2 mode=ring
	check ns_per_switch switch tasks=7 yields=100 mode=ring
	check late_p99_us idle tasks=20 sleep=2ms sleeps=2
	check late_p99_us idle tasks=20 sleep=2ms start=spawn memory=cold
	check ns_per_task skynet leaves=1
	check ns_per_task skynet leaves=100
	check ns_per_task skynet leaves=81 fanout=3
	check ns_per_task skynet leaves=1000
	check ns_per_task skynet leaves=100 memory=warm
	for mode in atomic mutex clock_gettime getppid sched_yield futex epoll_wait eventfd pipe page thread vfork fork; do
		check ns_per_call syscall mode=$mode calls=10
	done
done

for workload in spawn switch idle skynet syscall; do
	case " $played " in
	*" $workload "*) ;;
	*) fail "nobody has played $workload" ;;
	esac
done
exit $failed
