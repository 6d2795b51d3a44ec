# missing.gp: a figure whose data the bundle lacks: what is missing, and below it how to measure it.
slash = 0
do for [i=1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
directory = ARG0[1:slash]; DATA = ARG1; DUMB = 0
load directory.'style.gp'
p = 1
width = 1000
height = top + 120 + bottom
do for [f=1:words(formats)] {
	format = word(formats, f)
	load directory.'page.gp'
	left = 16
	right = width - 16
	upper = top
	lower = top + 120
	load directory.'panel.gp'
	plot NaN notitle, \
		for [k in list_of(p, 'note')] DATA index block(k) using 5:6:(strcol(13)) with labels center font ',14'
	unset multiplot
	unset output
}
