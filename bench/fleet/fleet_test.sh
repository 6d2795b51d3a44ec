#!/bin/bash
# fleet_test.sh CASE: bundles as archives, merged, and from several hosts, one case a call, in a folder of its own that is
# removed. From the environment: SIMUL (the program), SCRIPTS (the folder of fleet-parallel),
# REFERENCE (a bundle).
# Exit status: 0 good, 1 not, 77 this machine cannot show it.

# sshd as root wants a folder in /run: ours, which nobody else sees.
if [ "$1" = parallel ] && [ "$(id -u)" -eq 0 ] && [ ! -d /run/sshd ] && [ -z "$FLEET_INSIDE" ]; then
	unshare --mount true 2>/dev/null || { echo "skipped: there is no /run/sshd, nor a namespace to make it in"; exit 77; }
	FLEET_INSIDE=1 exec unshare --mount sh -c \
		'mount -t tmpfs fleet-test /run && mkdir /run/sshd || { echo "skipped: there is no /run/sshd"; exit 77; }
		exec "$0" "$@"' "$0" "$@"
fi

scratch=$(mktemp -d) || exit 1
started=
unset SLURM_CONF
trap 'cleanup' EXIT
trap 'exit 1' HUP INT TERM
cleanup() {
	[ -z "$SLURM_CONF" ] || timeout 5 scancel --full --user="$(id -un)" 2>/dev/null
	for process in $started; do kill_tree "$process"; done
	rm -rf "$scratch"
}
cd "$scratch" || exit 1
mkdir temporary
export TMPDIR=$scratch/temporary

# A process that we have started, and all below it.
kill_tree() {
	local child
	for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do kill_tree "$child"; done
	kill -KILL "$1" 2>/dev/null
}

fail() {
	echo "FAILED: $1" >&2
	for file in out err; do
		[ -f $file ] && echo "--- $file" >&2 && tail -n 40 $file | cat -v >&2
	done
	exit 1
}
skip() {
	echo "skipped: $1"
	exit 77
}
expect() {
	wanted=$1
	shift
	"$@" >out 2>err </dev/null
	status=$?
	[ $status -eq "$wanted" ] || fail "'$*' exits $status, not $wanted"
}
has() { grep -q -e "$2" "$1" || fail "there is no '$2' in $1"; }
no_leftovers() { [ -z "$(ls -A temporary)" ] || fail "left behind: $(ls -A temporary)"; }

play=(run --no-plots --workload=chess --set boards=2 --set pairs=1 --cores=1 --runtime=thread)

case_archive() {
	expect 2 "$SIMUL" run --out=
	"$SIMUL" "${play[@]}" --no-host-name --seed=5 --out=- >bundle.tar 2>err || fail 'the run exits non-zero'
	has err 'thread'
	has err '^Bundle: [0-9a-f]*-[0-9TZ]*-5, on standard output'
	no_leftovers
	tar tf bundle.tar >out || fail 'tar cannot read it'
	[ "$(cut -d/ -f1 out | sort -u | wc -l)" -eq 1 ] || fail 'there is not one folder in it'
	name=$(head -n 1 out | cut -d/ -f1)
	tar xf bundle.tar && (cd "$name" && sha256sum --quiet --check SHA256SUMS) || fail 'the checksums are not right'
	[ "$(wc -l <"$name/SHA256SUMS")" -eq "$(($(find "$name" -type f | wc -l) - 1))" ] || fail 'not all is summed up'
	! grep -rq "$TMPDIR" "$name" || fail 'the temporary folder is in the bundle'
	! grep -rq -e '"host":' -e "\"host_name\": \"$(hostname)" "$name" || fail 'the name of the host is in the bundle'
	# Standard output is the archive's alone, whatever else is asked for.
	"$SIMUL" "${play[@]}" --repetitions=1 --benchmark_format=json --out=- 2>err | tar t >out || fail 'more is in it'
	has err '"benchmarks"'
}

wait_for_records() { # FOLDER PATTERN
	for _ in $(seq 300); do
		cat "$1"/simul-*/records.jsonl 2>/dev/null | grep -q '"ok"' && return
		sleep 0.1
	done
	fail 'nothing is played'
}

case_interrupt() {
	"$SIMUL" "${play[@]}" --repetitions=2000 --out=- >bundle.tar 2>err </dev/null &
	started=$!
	wait_for_records temporary
	kill -INT $started
	wait $started
	[ $? -eq 130 ] || fail 'an interrupted run does not exit with 130'
	started=
	no_leftovers
	expect 0 "$SIMUL" merge all bundle.tar
	grep -q '"ok"' all/*/records.jsonl || fail 'what was finished is not there'
	sed -i 's/"--repetitions=2000"/"--repetitions=5"/' all/*/manifest.json
	expect 0 "$SIMUL" run --resume all/* --no-plots
}

case_unwritable() {
	expect 3 sh -c 'exec "$0" "$@" >/dev/full' "$SIMUL" "${play[@]}" --repetitions=1 --out=-
	has err 'the archive cannot be written in full: No space left on device; the bundle is kept in '
	expect 0 "$SIMUL" merge all temporary/simul-*
	rm -rf temporary/simul-*
	"$SIMUL" "${play[@]}" --repetitions=1 --out=- 2>err | :
	[ "${PIPESTATUS[0]}" -eq 3 ] || fail 'a broken pipe is no error'
	has err 'cannot be written in full: Broken pipe'
	TMPDIR=$scratch/nowhere expect 3 "$SIMUL" "${play[@]}" --out=-
	has err 'TMPDIR names another place'
	if command -v script >/dev/null; then
		script -qec "'$SIMUL' run --out=-" /dev/null </dev/null >out
		has out 'redirect it'
	fi
	: >file
	expect 3 "$SIMUL" merge file "$scratch"
	expect 3 "$SIMUL" merge nowhere/all "$scratch"
}

case_merge() {
	"$SIMUL" "${play[@]}" --repetitions=1 --out=- >one.tar 2>err || fail 'the run fails'
	cp -r "$REFERENCE" two
	expect 2 "$SIMUL" merge
	expect 2 "$SIMUL" merge all
	has err 'simul merge DIR BUNDLE'
	"$SIMUL" merge all - two <one.tar >out 2>err || fail 'they are not merged'
	[ "$(grep -c ': merged (' out)" -eq 2 ] && [ "$(ls all | wc -l)" -eq 2 ] || fail 'not both are there'
	find all -type f -exec sha256sum {} + | sort >before
	expect 0 "$SIMUL" merge all two one.tar all/*
	[ "$(grep -c 'there already, nothing changed' out)" -eq 4 ] || fail 'it does not say so'
	find all -type f -exec sha256sum {} + | sort | cmp -s - before || fail 'something has changed'
	# Several at once: each bundle is there once.
	for _ in 1 2 3; do "$SIMUL" merge crowd one.tar two >/dev/null 2>&1 & started="$started $!"; done
	for process in $started; do wait "$process" || fail 'one of several fails'; done
	started=
	[ "$(ls -A crowd | wc -l)" -eq 2 ] || fail "in the crowd are: $(ls -A crowd)"
}

case_damaged() {
	expect 0 "$SIMUL" merge given "$REFERENCE"
	tar cf good.tar -C given "$(ls given)" # by another program than ours
	size=$(stat -c %s good.tar)
	cp good.tar flipped.tar
	printf '\377' | dd of=flipped.tar bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
	head -c $((size / 3)) good.tar >short.tar
	gzip <good.tar >zipped.tar
	: >empty.tar
	mkdir folder
	expect 1 "$SIMUL" merge all flipped.tar short.tar zipped.tar empty.tar folder nothing good.tar
	has err '^simul: flipped.tar is refused: it is damaged: '
	for source in flipped short zipped empty folder nothing; do has err "^simul: $source.* is refused: "; done
	[ "$(ls -A all | wc -l)" -eq 1 ] || fail 'not only the good one is there'
	cp -r all/* changed
	echo >>changed/records.jsonl
	expect 1 "$SIMUL" merge other changed
	has err 'it is damaged: records.jsonl'
	rm changed/records.jsonl
	expect 1 "$SIMUL" merge other changed
	has err 'it is damaged: records.jsonl is missing'
	[ -z "$(ls -A other)" ] || fail 'something damaged is there'
}

# A server of our own on a port of its own: host NAME, whose temporary folder is NAME/.
start_host() {
	mkdir "$1"
	cat >"$1.config" <<-END
		ListenAddress 127.0.0.1
		Port $2
		HostKey $scratch/host_key
		AuthorizedKeysFile $scratch/key.pub
		PidFile none
		UsePAM no
		StrictModes no
		PermitRootLogin yes
		PasswordAuthentication no
		SetEnv TMPDIR=$scratch/$1
	END
	printf 'Host %s\n\tPort %s\n' "$1" "$2" >>client
	"$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f "$1.config" 2>"$1.log" &
	started="$started $!"
	disown
	for _ in $(seq 50); do
		grep -qs 'Server listening' "$1.log" && return 0
		kill -0 $! 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

start_hosts() {
	PATH=$PATH:/usr/sbin
	for program in sshd ssh ssh-keygen parallel; do
		command -v $program >/dev/null || skip "$program is not installed (openssh-server, parallel)"
	done
	ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f host_key || fail 'no keys'
	echo "* $(cat host_key.pub)" >known
	port=$((20000 + $$ % 10000))
	for host in one two three; do
		for attempt in 1 2 3 4 5; do
			port=$((port + 1))
			start_host $host $port && continue 2
			rm -r "$host" && sed -i "/Host $host/,+1d" client
		done
		skip "sshd does not start: $(tail -n 1 "$host.log")"
	done
	cat >>client <<-END
		Host *
			HostName 127.0.0.1
			IdentityFile $scratch/key
			IdentitiesOnly yes
			UserKnownHostsFile $scratch/known
			HostKeyAlias any
	END
	printf '%s\n' one two three >hosts
	export FLEET_SSH="ssh -F $scratch/client" FLEET_SIMUL=$SIMUL
}

# Three hosts, one of which dies in the middle: the others' bundles arrive whole, and it is named.
case_parallel() {
	start_hosts
	"$SCRIPTS/fleet-parallel" hosts all "${play[@]:1}" --repetitions=10 >out 2>err </dev/null &
	fleet=$!
	wait_for_records two
	# shellcheck disable=SC2086 # a list
	set -- $started
	kill_tree "$2"
	wait $fleet && fail 'a host has died and all is well'
	[ "$(ls all | wc -l)" -eq 2 ] || fail 'the bundles of the others are not there'
	has err '1 of 3 hosts failed: two'
	[ -z "$(ls -A one)$(ls -A three)" ] || fail "left on a host: $(ls -A one three)"
	for bundle in all/*; do
		[ "$(grep -c '"ok"' "$bundle/records.jsonl")" -ge 10 ] || fail 'a bundle is not whole'
	done
	echo one >hosts
	expect 1 "$SCRIPTS/fleet-parallel" hosts all --no-such-option
	has err '1 of 1 hosts failed: one'
}

# A cluster of one node, all of it in this folder and on loopback.
start_slurm() {
	local port=$((30000 + $$ % 2000 * 2)) user
	user=$(id -un)
	PATH=$PATH:/usr/sbin
	for program in sbatch sinfo slurmctld slurmd munged; do
		command -v $program >/dev/null ||
			skip "$program is not installed (slurm-client, slurmctld, slurmd, munge): only the syntax is checked"
	done
	mkdir state spool
	(umask 077 && head -c 128 /dev/urandom >munge.key)
	munged --foreground --force --key-file="$scratch/munge.key" --socket="$scratch/munge.socket" \
		--pid-file="$scratch/munge.pid" --log-file="$scratch/munge.log" --seed-file="$scratch/munge.seed" 2>munge.out &
	started="$started $!"
	cat >slurm.conf <<-END
		ClusterName=fleet
		SlurmctldHost=$(hostname -s)(127.0.0.1)
		SlurmctldPort=$port
		SlurmdPort=$((port + 1))
		SlurmUser=$user
		SlurmdUser=$user
		AuthType=auth/munge
		AuthInfo=socket=$scratch/munge.socket
		StateSaveLocation=$scratch/state
		SlurmdSpoolDir=$scratch/spool
		SlurmctldPidFile=$scratch/slurmctld.pid
		SlurmdPidFile=$scratch/slurmd.pid
		SlurmctldLogFile=$scratch/slurmctld.log
		SlurmdLogFile=$scratch/slurmd.log
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/linear
		SchedulerType=sched/builtin
		SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
		KillWait=1
		NodeName=one NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 CPUs=1
		PartitionName=all Nodes=ALL Default=YES MaxTime=1
	END
	export SLURM_CONF=$scratch/slurm.conf
	for _ in $(seq 30); do [ -S munge.socket ] && break; sleep 0.1; done
	slurmctld -D -c >/dev/null 2>slurmctld.out &
	started="$started $!"
	slurmd -D -N one >/dev/null 2>slurmd.out &
	started="$started $!"
	disown -a
	for _ in $(seq 40); do
		timeout 2 sinfo -h -o %T 2>/dev/null | grep -q idle && return
		sleep 0.1
	done
	skip "no Slurm starts here: $(cat munge.out slurmctld.out slurmd.out | grep -i -e error -e fatal | tail -n 1)"
}

# A job array of two tasks, each with a bundle of its own in one folder.
case_slurm() {
	bash -n "$SCRIPTS/fleet.sbatch" || fail 'the script is no script'
	start_slurm
	expect 0 env FLEET_SIMUL="$SIMUL" sbatch --array=0-1 "$SCRIPTS/fleet.sbatch" "$scratch/all" "${play[@]:1}" --repetitions=1
	for _ in $(seq 300); do
		[ -n "$(timeout 2 squeue -h 2>&1)" ] || break
		sleep 0.1
	done
	cat simul-*.log >out
	[ "$(ls all | wc -l)" -eq 2 ] || fail 'not both bundles are there'
	for bundle in all/*; do
		(cd "$bundle" && sha256sum --quiet --check SHA256SUMS) || fail 'a bundle is damaged'
		grep -q '"ok"' "$bundle/records.jsonl" || fail 'a bundle is empty'
	done
}

"case_$1"
