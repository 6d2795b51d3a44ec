#!/bin/sh
# network_test.sh CASE: see network_test.py, in the same folder. SIMUL is the program.
command -v python3 >/dev/null || {
	echo "skipped: there is no python3, which plays the other side"
	exit 77
}
exec python3 "$(dirname "$0")/network_test.py" "$SIMUL" "$@"
