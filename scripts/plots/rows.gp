# rows.gp: draws a figure of rows: a grid of panels with the same rows, a runtime each: median and interval.
# A terminal has room for one column.
if (DUMB) { columns = 1; rows = panels }
row_height = DUMB ? 1.25 : 19
panel_height = row_height * (y_high[1] - y_low[1]) + (DUMB ? 1 : 0)
above = DUMB ? 2 : 46
below = DUMB ? 4 : 58
names_width = DUMB ? 20 : 150
values_width = DUMB ? 10 : 62
panel_width = DUMB ? WIDE - names_width - values_width : 250
cell_width = names_width + panel_width + values_width
width = DUMB ? WIDE : columns * cell_width + 20
height = DUMB ? HIGH : int(top + rows * (above + panel_height + below) + bottom)
# The title over two lines, broken at the last comma before its middle or a little behind, or else at a blank.
comma(t, i) = i < 2 ? 0 : t[i:i + 1] eq ', ' ? i : comma(t, i - 1)
half(t) = strlen(t) < 42 ? 0 : comma(t, int(strlen(t) * 0.62))
blank(t, i) = i < 2 ? 0 : t[i:i] eq ' ' ? i : blank(t, i - 1)
space(t) = strlen(t) < 50 ? 0 : blank(t, int(strlen(t) * 0.55))
broken(t) = half(t) ? t[1:half(t)]."\n".t[half(t) + 2:strlen(t)] : space(t) ? t[1:space(t) - 1]."\n".t[space(t) + 1:strlen(t)] : t
do for [f=1:words(formats)] {
	format = word(formats, f)
	load directory.'page.gp'
	do for [p=1:panels] {
		left = ((p - 1) % columns) * cell_width + names_width
		right = left + panel_width
		upper = top + int((p - 1) / columns) * (above + panel_height + below) + above
		lower = upper + panel_height
		load directory.'panel.gp'
		set title (DUMB ? panel_title[p] : broken(panel_title[p])) offset 0,(DUMB ? 0 : -0.5)
		unset ytics
		unset ylabel
		dots = list_of(p, 'runtime')
		empty = list_of(p, 'note')
		named = dots.empty
		haloed = DUMB ? '' : dots
		lettered = DUMB ? dots : ''
		plot NaN notitle, \
			for [k in dots] DATA index block(k) using 5:6:(bars(7, 5)):(bars(8, 5)):11 with xerrorbars pt 0 ps 0 lw 2 lc rgb variable, \
			for [k in haloed] DATA index block(k) using 5:6 with points pt 7 ps 1.3 lc rgb '#ffffff', \
			for [k in haloed] DATA index block(k) using 5:6:12:11 with points pt variable ps 1.1 lw 1.5 lc rgb variable, \
			for [k in lettered] DATA index block(k) using 5:6:('o') with labels, \
			for [k in empty] DATA index block(k) using (x_low[p]):6:(strcol(13)) with labels left offset 1,0, \
			for [k in named] DATA index block(k) using (x_low[p]):6:(short(strcol(4))) with labels right offset -1,0, \
			for [k in dots] DATA index block(k) using (x_high[p]):6:(strcol(13)) with labels left offset 0.5,0
		unset label
	}
	unset multiplot
	unset output
}
