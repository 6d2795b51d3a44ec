# curves.gp: draws a figure of curves: a grid of panels, `panel_height` each, and the legend on the right.
# Marks of different runtimes at one place are set a little beside each other, by `beside`, since models often coincide.
panel_width = columns == 1 ? 720 : columns == 2 ? 560 : 440
# On a terminal a panel takes some 60 characters, and the legend is text below (plot.c has the same rule). In one column
# the panels stand column by column: what is below another one belongs to it.
full = DUMB && WIDE < 120 && panels == columns * rows
place(p) = full ? ((p - 1) % wide) * deep + (p - 1) / wide : p - 1
wide = columns; deep = rows
if (DUMB) { columns = WIDE / 60 < columns ? WIDE / 60 : columns; rows = (panels + columns - 1) / columns }
legend_width = DUMB ? 0 : 206
width = DUMB ? WIDE : 80 + columns * (panel_width + 70) - 50 + legend_width
beneath = rows * (panel_height + 80)
height = DUMB ? HIGH : top + (beneath < 17 * legends + 80 ? 17 * legends + 80 : beneath) + bottom
cell_width = (width - legend_width) / real(columns)
cell_height = (height - top - bottom) / real(rows)
step(p) = 0.025 / (words(list_of(p, 'runtime')) > 4 ? words(list_of(p, 'runtime')) : 4)
rank(list, k) = (sum [i=1:words(list)] (word(list, i) eq k ? i : 0)) - (words(list) + 1) / 2.0
beside(p, list, k) = x_log[p] ? column(5) * (x_high[p] / x_low[p]) ** (step(p) * rank(list, k)) : column(5) + 2.4 * step(p) * rank(list, k) * (x_high[p] - x_low[p])
if (!exists("other_width")) { other_width = 1.5; other_dash = 3 }
do for [f=1:words(formats)] {
	format = word(formats, f)
	load directory.'page.gp'
	do for [p=1:panels] {
		left = (place(p) % columns) * cell_width + (DUMB ? 9 : 80)
		right = (place(p) % columns + 1) * cell_width - (DUMB ? 2 : 10)
		upper = top + (place(p) / columns) * cell_height + (DUMB ? 3 : 22)
		lower = top + (place(p) / columns + 1) * cell_height - (DUMB ? 4 : 58)
		load directory.'panel.gp'
		# No terminal turns text: the label of the axis stands above it, below the title.
		if (DUMB) {
			unset title
			unset ylabel
			set label panel_title[p] at screen px(left - 8),py(upper - 2) left
			set label y_label[p] at screen px(left - 8),py(upper - 1) left
		}
		drawn = DUMB ? '' : list_of(p, 'runtime')
		lettered = DUMB ? list_of(p, 'samples').list_of(p, 'runtime') : ''
		dotted = DUMB ? '' : list_of(p, 'samples')
		crossed = DUMB ? '' : list_of(p, 'failed')
		exed = DUMB ? list_of(p, 'failed') : ''
		plot NaN notitle, \
			for [k in dotted] DATA index block(k) using 5:6:12:11 with points pt variable ps 0.7 lc rgb variable, \
			for [k in list_of(p, 'other')] DATA index block(k) using 5:6 with lines lt 4 lw other_width dt other_dash lc rgb '#555555', \
			for [k in list_of(p, 'bound')] DATA index block(k) using 5:6 with lines lt 2 lw 1.5 dt 2 lc rgb '#555555', \
			for [k in list_of(p, 'forecast')] DATA index block(k) using 5:6:11 with lines lt 3 lw 1 lc rgb variable, \
			for [end=7:8] for [k in list_of(p, 'forecast')] DATA index block(k) using 5:end:11 with lines lt 3 lw 1 dt 3 lc rgb variable, \
			for [k in DUMB ? '' : list_of(p, 'law')] DATA index block(k) using 5:6:11 with lines lw 1 dt 4 lc rgb variable, \
			for [k in strlen(list_of(p, 'forecast')) ? '' : drawn] DATA index block(k) using (beside(p, list_of(p, 'runtime'), k)):6:11 with lines lw 1.5 dt dashes[block(k) + 1] lc rgb variable, \
			for [k in drawn] DATA index block(k) using (beside(p, list_of(p, 'runtime'), k)):6:(bars(7, 6)):(bars(8, 6)):11 with yerrorbars pt 0 ps 0 lw 1.5 lc rgb variable, \
			for [k in drawn] DATA index block(k) using (beside(p, list_of(p, 'runtime'), k)):6 with points pt 7 ps 1.3 lc rgb '#ffffff', \
			for [k in drawn] DATA index block(k) using (beside(p, list_of(p, 'runtime'), k)):6:12:11 with points pt variable ps 1.1 lc rgb variable, \
			for [k in lettered] DATA index block(k) using 5:6:(strcol(14)) with labels, \
			for [k in crossed] DATA index block(k) using 5:6:12:11 with points pt variable ps 1.6 lw 2.5 lc rgb variable, \
			for [k in exed] DATA index block(k) using 5:6:('×') with labels, \
			for [k in list_of(p, 'note')] DATA index block(k) using 5:6:(strcol(13)) with labels center
		unset label
	}
	if (legends && !DUMB) { load directory.'legend.gp' }
	unset multiplot
	unset output
}
