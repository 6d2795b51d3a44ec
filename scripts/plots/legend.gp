# legend.gp: the runtimes' marks and names, in the strip on the right of the page. On a terminal it is text (plot.c).
# A heading has the shape 0.
legend_line = 17
set lmargin at screen px(width - legend_width)
set rmargin at screen px(width)
set tmargin at screen py(top + 22)
set bmargin at screen py(top + 22 + legend_line * (legends + 1))
unset logscale
unset border
unset tics
unset xlabel
unset ylabel
unset title
set xrange [0:1]
set yrange [legends + 0.5:-0.5]
plot DATA index series + 1 using (column(12) > 0 ? 0.12 : NaN):6:12:11 with points pt variable ps 1.1 lc rgb variable, \
	DATA index series + 1 using (column(12) > 0 ? 0.12 : NaN):6:(strcol(4)[1:19]) with labels left offset 1.5,0, \
	DATA index series + 1 using (column(12) > 0 ? NaN : 0.04):6:(strcol(4)[1:26]):11 with labels left tc rgb variable
set border 3 lc rgb '#444444'
set tics nomirror out scale 0.6
