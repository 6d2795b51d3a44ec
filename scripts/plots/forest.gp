# forest.gp: a row a comparison: its ratio and interval, beside the line of equality and the least effect that matters.
slash = 0
do for [i=1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
directory = ARG0[1:slash]; DATA = ARG1; DUMB = ARG2 eq 'dumb'; WIDE = int(ARG3 eq '' ? 80 : ARG3); HIGH = int(ARG4 eq '' ? 24 : ARG4)
load directory.'style.gp'
p = 1
names_width = DUMB ? 30 : 340
values_width = DUMB ? 4 : 300
below = DUMB ? 4 : 58
width = DUMB ? WIDE : 1100
rows_height = (DUMB ? 1.25 : 20) * (y_high[p] - y_low[p])
height = DUMB ? HIGH : int(top + rows_height + below + bottom)
do for [f=1:words(formats)] {
	format = word(formats, f)
	load directory.'page.gp'
	left = names_width
	right = width - values_width
	upper = top
	lower = top + rows_height
	load directory.'panel.gp'
	unset ytics
	unset ylabel
	ratios = list_of(p, 'runtime')
	lettered = DUMB ? ratios : ''
	values = DUMB ? '' : ratios
	plot NaN notitle, \
		for [k in list_of(p, 'bound')] DATA index block(k) using 5:6 with lines lw 1.5 dt 2 lc rgb '#222222', \
		for [k in list_of(p, 'other')] DATA index block(k) using 5:6 with lines lw 1 dt 3 lc rgb '#555555', \
		for [k in ratios] DATA index block(k) using 5:6:(bars(7, 5)):(bars(8, 5)):11 with xerrorbars pt 0 ps 0 lw 2 lc rgb variable, \
		for [k in values] DATA index block(k) using 5:6:12:11 with points pt variable ps 1.2 lc rgb variable, \
		for [k in lettered] DATA index block(k) using 5:6:('o') with labels, \
		for [k in list_of(p, 'note')] DATA index block(k) using (x_low[p]):6:(strcol(13)[1:DUMB ? 28 : 60]) with labels right offset -1,0, \
		for [k in values] DATA index block(k) using (x_high[p]):6:(strcol(13)) with labels left offset 1,0
	unset multiplot
	unset output
}
