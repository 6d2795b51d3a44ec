#!/bin/sh
# check.sh MODEL FOLDER [OPTION]: checks MODEL exhaustively with spin, working in FOLDER, which is made; OPTION is handed
# to the preprocessor. Ends with 0 if no error was found in the whole state space.
set -eu

model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
cd "$2"
spin -a ${3:-} "$model"
gcc -O1 -w -DSAFETY -DMEMLIM=1024 -o pan pan.c
./pan -m1000000 >pan.out
cat pan.out
grep -q 'errors: 0' pan.out
! grep -q 'max search depth too small\|out of memory' pan.out
