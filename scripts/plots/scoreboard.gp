# scoreboard.gp: a panel a workload, a row a runtime: median and interval along a logarithmic axis,
# and a little below them the single invocations.
slash = 0
do for [i=1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
directory = ARG0[1:slash]; DATA = ARG1; DUMB = ARG2 eq 'dumb'; WIDE = int(ARG3 eq '' ? 80 : ARG3); HIGH = int(ARG4 eq '' ? 24 : ARG4)
load directory.'style.gp'
# On a terminal a little more than a line: rounding then never lets two rows fall on one.
row_height = DUMB ? 1.25 : 24
panel_height(p) = row_height * (y_high[p] - y_low[p]) + (DUMB ? 1 : 0)
above = DUMB ? 2 : 30
below = DUMB ? 4 : 58
names_width = DUMB ? 20 : 165
values_width = DUMB ? 12 : 270
width = DUMB ? WIDE : 1055
heights = top
do for [p=1:panels] { heights = heights + above + panel_height(p) + below }
height = DUMB ? HIGH : int(heights + bottom)
clipped(t) = strlen(t) > fitting ? t[1:fitting - 1].'…' : t
do for [f=1:words(formats)] {
	format = word(formats, f)
	load directory.'page.gp'
	lower = top - below
	do for [p=1:panels] {
		left = names_width
		right = width - values_width
		upper = lower + below + above
		lower = upper + panel_height(p)
		load directory.'panel.gp'
		unset ytics
		unset ylabel
		scores = list_of(p, 'runtime')
		reasons = list_of(p, 'failed').list_of(p, 'note')
		named = scores.reasons
		haloed = DUMB ? '' : scores
		lettered = DUMB ? scores : ''
		samples = DUMB ? '' : list_of(p, 'samples')
		crossed = DUMB ? '' : list_of(p, 'failed')
		exed = DUMB ? list_of(p, 'failed') : ''
		fitting = DUMB ? WIDE - names_width - 6 : 200
		plot NaN notitle, \
			for [k in list_of(p, 'bound')] DATA index block(k) using 5:6 with lines lt 2 lw 1.5 dt 2 lc rgb '#555555', \
			for [k in samples] DATA index block(k) using 5:($6 - 0.34):11 with points pt 7 ps 0.3 lc rgb variable, \
			for [k in list_of(p, 'runtime')] DATA index block(k) using 5:6:(bars(7, 5)):(bars(8, 5)):11 with xerrorbars pt 0 ps 0 lw 2 lc rgb variable, \
			for [k in haloed] DATA index block(k) using 5:6 with points pt 7 ps 1.5 lc rgb '#ffffff', \
			for [k in haloed] DATA index block(k) using 5:6:12:11 with points pt variable ps 1.3 lc rgb variable, \
			for [k in lettered] DATA index block(k) using 5:6:('o') with labels, \
			for [k in crossed] DATA index block(k) using (x_low[p]):6:12:11 with points pt variable ps 1.6 lw 2.5 lc rgb variable, \
			for [k in exed] DATA index block(k) using (x_low[p]):6:('×') with labels offset 1,0, \
			for [k in reasons] DATA index block(k) using (x_low[p]):6:(clipped(strcol(13))) with labels left offset 2,0, \
			for [k in named] DATA index block(k) using (x_low[p]):6:(short(strcol(4))) with labels right offset -1,0, \
			for [k in scores] DATA index block(k) using (x_high[p]):6:(strcol(13)[1:DUMB ? 8 : 200]) with labels left offset 1,0
		unset label
	}
	unset multiplot
	unset output
}
