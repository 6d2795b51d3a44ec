#!/bin/sh
# files_test.sh FOLDER: files leaves nothing on the disk, whatever happens to it, and says what the disk would not do.
#
# The full disk is a small one of our own, where the machine lets us have one (user_namespaces(7)).

folder=$1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

fail() {
	echo "FAILED: $1" >&2
	failed=1
}

# nothing_left case: the folder for files is empty
nothing_left() {
	[ -z "$(ls -A "$scratch/disk")" ] || fail "$1 leaves: $(ls -A "$scratch/disk")"
}

# refuses status words output
refuses() {
	case $1:$3 in
	3:*'"refused":'*"$2"*) ;;
	*) fail "exits with $1 and does not say '$2': $3" ;;
	esac
}

mkdir "$scratch/disk"
ring= # where io_uring is there and allowed
"$folder/simul-coroutine-uring" play files files=1 appends=1 >/dev/null 2>&1 && ring=coroutine-uring

for player in thread coroutine $ring async callback process; do
	TMPDIR=$scratch/disk "$folder/simul-$player" play files files=2 appends=2 >"$scratch/out" 2>&1 ||
		fail "simul-$player: $(cat "$scratch/out")"
	nothing_left "simul-$player"

	TMPDIR=$scratch/disk "$folder/simul-$player" play files files=2 appends=100 slow=100ms >"$scratch/out" 2>&1 &
	sleep 0.3
	kill -KILL $!
	wait $! 2>/dev/null
	nothing_left "simul-$player, killed,"

	output=$(TMPDIR=$scratch/none "$folder/simul-$player" play files 2>&1)
	refuses $? "where TMPDIR says" "$output"
done

full() {
	TMPDIR=$scratch/disk unshare -rm sh -c 'mount -t tmpfs -o size=64k none "$TMPDIR" && exec "$@"' sh "$@" 2>&1
}

if full true >/dev/null; then
	for player in thread coroutine $ring callback; do
		output=$(full "$folder/simul-$player" play files files=4 appends=100)
		refuses $? "No space left on device" "$output"
		nothing_left "simul-$player on a full disk"
	done
else
	echo "no disk of our own can be mounted here: the full one is left out"
fi
exit $failed
