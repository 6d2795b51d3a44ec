#!/bin/sh
# clean_players_test.sh CMAKE SCRIPT: what is left of a folder of players once a runtime is gone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
touch "$folder/load" "$folder/simul-here" "$folder/simul-gone" "$folder/simul-here-too"
"$1" "-DFOLDER=$folder" "-DPLAYERS=simul-here;simul-here-too" -P "$2"
left=$(ls "$folder" | tr '\n' ' ')
[ "$left" = "load simul-here simul-here-too " ] || { echo "left: $left"; exit 1; }
