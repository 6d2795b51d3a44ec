#!/bin/bash
# documents_test.sh CASE SHARE SIMUL: the man pages are complete and well-formed; completion knows what simul knows.
set -u
case=$1 share=$2 simul=$3

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# Warnings of whoever is there to warn; mandoc's are the strictest.
check_page() {
	checked=
	if command -v mandoc >/dev/null; then
		warnings=$(mandoc -T lint -W warning "$1" | grep -v 'missing date') # a page without a date is the same tomorrow
		[ -z "$warnings" ] || fail "mandoc: $warnings"
		checked=mandoc
	fi
	if command -v man >/dev/null && command -v groff >/dev/null; then
		warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null)
		[ -z "$warnings" ] || fail "man --warnings: $warnings"
		checked=man
	fi
	[ "$checked" ] || { echo "neither mandoc nor man with groff is there"; exit 77; }
}

# Every verb and every option of the help stands in the page.
check_options() {
	page=$(sed 's/\\-/-/g; s/\\f[BIR]//g' "$share/man/man1/simul.1")
	verbs=$("$simul" help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | grep -vx help)
	for verb in $verbs; do
		grep -qx ".SS \"simul $verb\"" <<<"$page" || fail "simul.1 has no $verb"
		options=$("$simul" "$verb" --help | sed -n 's/^      --\([a-z-]*\).*/\1/p' | grep -vx -e help -e usage -e version)
		for option in $options; do
			grep -q -- "^--$option\\b" <<<"$page" || fail "simul.1 has no --$option of $verb"
		done
	done
	[ "$(wc -w <<<"$verbs")" -ge 5 ] || fail "the help names too few verbs: $verbs"
}

# What bash would offer for the words; the last one is being typed.
complete_words() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	compopt() { :; }
	_simul
	printf '%s\n' "${COMPREPLY[@]}"
}

offers() {
	expected=$1
	shift
	complete_words "$@" | grep -qx -- "$expected" || fail "no $expected is offered for: $*; but $(complete_words "$@" | tr '\n' ' ')"
}

withholds() {
	unwanted=$1
	shift
	! complete_words "$@" | grep -qx -- "$unwanted" || fail "$unwanted is offered for: $*"
}

check_completion() {
	. "$share/bash-completion/completions/simul" || fail "the completion cannot be read"
	complete -p simul | grep -q _simul || fail "nothing is registered for simul"
	PATH=$(dirname "$simul"):$PATH
	offers run simul r
	offers report simul ''
	withholds run simul p
	offers run simul help r
	offers --repetitions= simul run --rep
	offers --peers simul run --
	withholds --figure= simul run --
	offers --figure= simul plot --
	offers chess simul run --workload = ''
	offers chess,counting simul run --workload = chess,cou
	offers standard simul run --profile = s
	offers thread simul run --runtime = thr
	offers thread,coroutine simul run --runtime = thread,corou
	offers thread simul list --runtime = t
	offers boards= simul run --set b
	offers scoreboard simul plot --figure = s
	cd "$(dirname "$share")" || exit 1
	offers share simul report sh
}

case $case in
manual)
	check_options
	check_page "$share/man/man1/simul.1"
	check_page "$share/man/man7/simul-player.7"
	grep -q 'listening' "$share/man/man7/simul-player.7" || fail "simul-player.7 lacks the notice"
	;;
completion) check_completion ;;
esac
