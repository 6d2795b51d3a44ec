#!/bin/sh
# lessons_test.sh FOLDER: plays starvation, contention, order, range and files, small, on every player in FOLDER.
#
# A player verifies its own work and exits with 0; whoever cannot play says so in a refusal and exits with 3. What a
# model promises by its capabilities is held against the figures where no speed of the machine can change it.

folder=$1
played=
failed=0

fail() {
	echo "FAILED: $1" >&2
	failed=1
}

# play workload key=value ...: sets output and status
play() {
	output=$("$player" play "$@" 2>&1)
	status=$?
	case $status in
	0) played="$played $1" ;;
	3) case $output in
		*'"refused":'*'"text":'*) ;;
		*) fail "$player play $*: refused without a reason: $output" ;;
	   esac ;;
	*) fail "$player play $*: $output" ;;
	esac
}

can() {
	case $capabilities in
	*"\"$1\""*) return 0 ;;
	*) return 1 ;;
	esac
}

# A figure of the last play, as a whole number; nothing where there is none.
figure() {
	echo "$output" | sed -n "s/.*\"figures\":.*\"$1\":\([0-9]*\).*/\1/p"
}

# expect name value: the figure of the last play, unless that was refused
expect() {
	[ "$status" -ne 0 ] || [ "$(figure "$1")" = "$2" ] || fail "$player: $1 is not $2 in $output"
}

starvation() {
	play starvation hog=20ms beat=5ms yields=yes
	play starvation hog=20ms beat=5ms yields=no
	[ "$status" -eq 0 ] || return
	# Nothing beats before the hog has ended: the first beat, or at least the second, is as late as what is left.
	if ! can preempts && ! can parallel && [ "$(figure late_max_us)" -lt $((($(figure hog_ms) - 10) * 1000)) ]; then
		fail "$player: a hog that never yields has not kept the heart from beating: $output"
	fi
}

contention() {
	for mode in none atomic mutex; do
		play contention increments=1000 "mode=$mode"
		{ [ "$mode" = none ] && { can preempts || can parallel; }; } || expect lost 0
	done
	play contention increments=1000 mode=mutex suspend=yes
	expect lost 0
	play contention increments=1000 suspend=yes
	can interleaves || expect lost 0
	[ "$status" -eq 0 ] || return
	# Where tasks give way of their own accord and only then, all of them read before the first one writes.
	if can interleaves && ! can parallel && ! can preempts && [ "$(figure lost)" -eq 0 ]; then
		fail "$player: no update is lost although each task suspends within: $output"
	fi
}

order() {
	if can interleaves; then count=111222 say=43; else count=121212 say=34; fi
	play order example=count
	expect order "$count"
	play order example=say
	expect order "$say"
}

range() {
	play range mode=eager numbers=1000
	play range mode=lazy numbers=1000
	play range mode=lazy numbers=1
}

# An event loop waits for nothing while a task of it blocks in the kernel: the beat that is due at its start comes after it.
files() {
	play files files=2 appends=1 slow=20ms beat=1ms offload=yes
	play files files=2 appends=1 slow=20ms beat=1ms offload=no
	[ "$status" -eq 0 ] || return
	if ! can preempts && ! can parallel && [ "$(figure late_max_us)" -lt 18000 ]; then
		fail "$player: the heart has beaten while 20 ms were spent in a call: $output"
	fi
}

for player in "$folder"/simul-*; do
	capabilities=$("$player" info) || fail "$player does not answer info"
	for workload in starvation contention order range files; do
		case $capabilities in
		*"\"$workload\""*) $workload ;;
		esac
	done
done

for workload in starvation contention order range files; do
	case " $played " in
	*" $workload "*) ;;
	*) fail "nobody has played $workload" ;;
	esac
done
exit $failed
