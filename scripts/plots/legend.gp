# legend.gp: the runtimes' marks and names, in the strip on the right of the page.
legend_line = DUMB ? 1 : 22
set lmargin at screen px(width - legend_width)
set rmargin at screen px(width)
set tmargin at screen py(top + (DUMB ? 2 : 22))
set bmargin at screen py(top + (DUMB ? 2 : 22) + legend_line * (legends + 1))
unset logscale
unset border
unset tics
unset xlabel
unset ylabel
unset title
set xrange [0:1]
set yrange [legends + 0.5:-0.5]
plot DATA index series + 1 using (0.12):6:12:11 with points pt variable ps 1.1 lc rgb variable, \
	DATA index series + 1 using (0.12):6:(short(strcol(4))) with labels left offset (DUMB ? 2 : 1.5),0
set border 3 lc rgb '#444444'
set tics nomirror out scale 0.6
