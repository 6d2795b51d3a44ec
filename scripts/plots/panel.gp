# panel.gp: sets up panel p between `left`, `right`, `upper` and `lower` of the page.
set lmargin at screen px(left)
set rmargin at screen px(right)
set tmargin at screen py(upper)
set bmargin at screen py(lower)
unset logscale
set xrange [x_low[p]:x_high[p]]
set yrange [y_low[p]:y_high[p]]
if (x_log[p]) { set logscale x }
if (y_log[p]) { set logscale y }
set xlabel x_label[p] offset 0,(DUMB ? 0 : 0.4)
set ylabel y_label[p]
set title panel_title[p] offset 0,(DUMB ? 0 : -0.4)
eval 'set xtics nomirror ('.x_tics[p].')'
eval 'set ytics nomirror ('.y_tics[p].')'
# A panel that only says what is missing has no axes.
set border 3 lc rgb '#444444'
if (!strlen(x_tics[p])) { unset border; unset xtics; unset ytics; unset xlabel; unset ylabel }
