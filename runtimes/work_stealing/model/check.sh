#!/bin/sh
# check.sh MODEL FOLDER [OPTION]: checks MODEL exhaustively with spin, working in FOLDER, which is made. Ends with 0 if no
# error was found in the whole state space. With OPTION, which breaks the model and is handed to the preprocessor, ends
# with 0 if an assertion was violated.
set -eu

model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
cd "$2"
rm -f pan.out
spin -a ${3:-} "$model"
gcc -O1 -w -DSAFETY -DMEMLIM=1024 -o pan pan.c
./pan -m1000000 >pan.out 2>&1
cat pan.out
if [ $# -gt 2 ]; then
	grep -q 'assertion violated' pan.out
else
	grep -q 'errors: 0' pan.out
	! grep -q 'max search depth too small\|out of memory\|MEMLIM' pan.out
fi
