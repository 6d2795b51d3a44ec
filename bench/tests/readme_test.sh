#!/bin/sh
# readme_test.sh README EXAMPLE: the block ```sh that begins with #! in README is EXAMPLE, letter for letter.
awk '/^```sh$/ { getline; inside = /^#!/ } /^```$/ { inside = 0 } inside' "$1" | cmp - "$2" || {
	echo "the example in $1 and $2 differ" >&2
	exit 1
}
