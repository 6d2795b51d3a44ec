# forecast.gp: wall time over boards as a multiple of the bound, measured and forecast.
slash = 0
do for [i=1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
directory = ARG0[1:slash]; DATA = ARG1; DUMB = ARG2 eq 'dumb'; WIDE = int(ARG3 eq '' ? 80 : ARG3); HIGH = int(ARG4 eq '' ? 24 : ARG4)
load directory.'style.gp'
panel_height = 420
other_width = 2; other_dash = 3
load directory.'curves.gp'
