# knee.gp: latency over the offered rate, from what `simul load --find-knee` prints.
#
# gnuplot -c knee.gp FILE.tsv draws FILE.svg and FILE.png beside it.
set encoding utf8
set datafile separator tab
DATA = ARG1
NAME = DATA[1:strlen(DATA)-4]
stats DATA every ::1 using 1 nooutput
highest = STATS_max
do for [format in 'svg png'] {
	if (format eq 'svg') { set terminal svg size 860,560 enhanced font 'Helvetica,13' background rgb 'white' }
	if (format eq 'png') { set terminal pngcairo size 860,560 enhanced font 'Helvetica,11' background rgb 'white' }
	set output NAME.'.'.format
	set title "How much can this server be asked before waiting explodes?" font ',16'
	set xlabel "messages a second that are due (open loop)"
	set ylabel "latency since due, µs, logarithmic"
	set logscale y
	set xrange [0:highest * 1.05]
	set format xy '%.0f'
	set border 3 lc rgb '#444444'
	set tics nomirror out scale 0.6
	set grid lt 1 lc rgb '#dddddd' lw 1
	set key below left reverse Left maxcols 2
	plot DATA every ::1 using 1:($6 / 1000) with linespoints lw 1.5 pt 7 ps 0.6 lc rgb '#d55e00' title 'p99.9', \
		'' every ::1 using 1:($5 / 1000) with linespoints lw 2 pt 7 ps 0.8 lc rgb '#e69f00' title 'p99', \
		'' every ::1 using 1:($3 / 1000) with linespoints lw 2 pt 7 ps 0.8 lc rgb '#0072b2' title 'p50', \
		'' every ::1 using 1:($7 / 1000) with lines lw 1.5 dt 2 lc rgb '#888888' title 'p99 since sent, which hides the queue', \
		'' every ::1 using ($11 == 0 && $12 == 0 ? $1 : NaN):($3 / 1000) with points pt 2 ps 1.6 lw 2 lc rgb '#444444' title 'beyond the knee: the rate is not kept, or p50 is over 10 times the first', \
		'' every ::1 using ($11 == 0 && $12 == 1 ? $1 : NaN):($3 / 1000) with points pt 1 ps 1.6 lw 2 lc rgb '#888888' title 'not judged: the client itself was late'
	unset output
}
