# map.gp: draws the decision map: places in rows and columns, a stripe for each family of models that leads there, and the margin.
slash = 0
do for [i=1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
directory = ARG0[1:slash]; DATA = ARG1; DUMB = ARG2 eq 'dumb'; WIDE = int(ARG3 eq '' ? 80 : ARG3); HIGH = int(ARG4 eq '' ? 24 : ARG4)
load directory.'style.gp'
# Tics have names here.
do for [p=1:panels] { x_tics[p] = ''; y_tics[p] = '' }
stats DATA using ( \
	strcol(1) eq 'x-tic' ? (x_tics[int(column(2))] = x_tics[int(column(2))].sprintf('%s"%s" %.10g', strlen(x_tics[int(column(2))]) ? ', ' : '', strcol(13), column(5)), 1) : \
	strcol(1) eq 'y-tic' ? (y_tics[int(column(2))] = y_tics[int(column(2))].sprintf('%s"%s" %.10g', strlen(y_tics[int(column(2))]) ? ', ' : '', strcol(13), column(6)), 1) : 1, 1) nooutput
if (DUMB) { columns = 1; rows = panels }
place_width = 62; place_height = 54; above = 40; below = 64; names_width = 86; legend_width = DUMB ? 0 : 206
# The places share the width that the notes take anyway.
places = columns * (x_high[1] - x_low[1]); spare = (1320 - legend_width - columns * (names_width + 24)) / places
if (spare > place_width) { place_width = spare < 100 ? spare : 100 }
panel_width = DUMB ? WIDE - 16 : place_width * (x_high[1] - x_low[1])
panel_height = DUMB ? 2 * (y_high[1] - y_low[1]) : place_height * (y_high[1] - y_low[1])
if (DUMB) { above = 2; below = 4; names_width = 12 }
cell_width = names_width + panel_width + (DUMB ? 0 : 24)
# As wide as the notes are long.
width = DUMB ? WIDE : columns * cell_width + legend_width < 1320 ? 1320 : columns * cell_width + legend_width
height = DUMB ? HIGH : int(top + rows * (above + panel_height + below) + bottom)
do for [f=1:words(formats)] {
	format = word(formats, f)
	load directory.'page.gp'
	do for [p=1:panels] {
		left = ((p - 1) % columns) * cell_width + names_width
		right = left + panel_width
		upper = top + int((p - 1) / columns) * (above + panel_height + below) + above
		lower = upper + panel_height
		load directory.'panel.gp'
		unset grid
		set style fill solid 1 noborder
		set style textbox opaque noborder fillcolor rgb '#ffffff' margins 0.6, 0.3
		stripes = list_of(p, 'runtime')
		margins = list_of(p, 'note')
		coloured = DUMB ? '' : stripes
		plot NaN notitle, \
			for [k in coloured] DATA index block(k) using 5:6:($5 - 0.47):($5 + 0.47):7:8:11 with boxxyerror lc rgb variable, \
			for [k in stripes] DATA index block(k) using (column(5) - (DUMB ? 0 : 0.3)):6:(strcol(13)) with labels tc rgb (DUMB ? '#000000' : '#ffffff') font ',13', \
			for [k in margins] DATA index block(k) using (column(5) + (DUMB ? 0.3 : 0.42)):6:(strcol(13)) with labels boxed right tc rgb '#000000' font ',9'
		unset label
	}
	if (!DUMB) { load directory.'legend.gp' }
	unset multiplot
	unset output
}
