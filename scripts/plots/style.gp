# style.gp: what all figures share: reads a figure's TSV (bench/report/figure.h describes it) and draws pages, panels and legends.
#
# Loaded by each figure's script, which is called as: gnuplot -c NAME.gp NAME.tsv [dumb COLUMNS ROWS]. Since `load` hides a
# script's arguments from what it loads, the script keeps them in variables first.
# Text comes from programs that nobody here may have written: it is only ever data, with enhanced text off.
set encoding utf8
set datafile separator tab
set datafile commentschars ''
NAME = DATA[1:strlen(DATA)-4]
formats = DUMB ? 'dumb' : 'svg png'

# --- the data: block 0 fills these variables; series k is block k; the legend is the last block
# column(N), not $N: a row in which any column named by $N is empty would be left out altogether.
panels = 0; series = 0; columns = 1; rows = 1; headline = ''; notes = ''; lines = 0; legends = 0
stats DATA using ( \
	strcol(1) eq 'panel' ? (panels = panels + 1) : \
	strcol(1) eq 'series' ? (series = series + 1) : \
	strcol(1) eq 'legend' ? (legends = legends + 1) : \
	strcol(1) eq 'layout' ? (columns = int(column(5)), rows = int(column(6))) : \
	strcol(1) eq 'title' ? (headline = strcol(13), 1) : \
	strcol(1) eq 'note' || strcol(1) eq 'caption' ? (notes = notes.strcol(13)."\n", lines = lines + 1) : 1, 1) nooutput
array panel_title[panels + 1]
array x_label[panels + 1]
array x_low[panels + 1]
array x_high[panels + 1]
array x_log[panels + 1]
array x_tics[panels + 1]
array y_label[panels + 1]
array y_low[panels + 1]
array y_high[panels + 1]
array y_log[panels + 1]
array y_tics[panels + 1]
array dashes[series + 1]
do for [i=1:series + 1] { dashes[i] = 1 }
do for [p=1:panels] { x_tics[p] = ''; y_tics[p] = '' }
# The series of a panel by style, as "3 4 5": series_of[10 * panel + style].
styles = 'runtime samples bound other failed note forecast law'
array series_of[10 * (panels + 1)]
do for [i=1:10 * (panels + 1)] { series_of[i] = '' }
style_index(name) = sum [i=1:words(styles)] (word(styles, i) eq name ? i : 0)
list_of(panel, name) = series_of[10 * panel + style_index(name)]
remember(panel, name, k) = (series_of[10 * panel + style_index(name)] = series_of[10 * panel + style_index(name)].sprintf('%d ', k), 1)
stats DATA using ( \
	strcol(1) eq 'panel' ? (panel_title[int(column(2))] = strcol(13), 1) : \
	strcol(1) eq 'x-axis' ? (x_label[int(column(2))] = strcol(13), x_low[int(column(2))] = column(7), x_high[int(column(2))] = column(8), x_log[int(column(2))] = int(column(12)), 1) : \
	strcol(1) eq 'y-axis' ? (y_label[int(column(2))] = strcol(13), y_low[int(column(2))] = column(7), y_high[int(column(2))] = column(8), y_log[int(column(2))] = int(column(12)), 1) : \
	strcol(1) eq 'x-tic' ? (x_tics[int(column(2))] = x_tics[int(column(2))].sprintf('%s"%g" %.10g', strlen(x_tics[int(column(2))]) ? ', ' : '', column(5), column(5)), 1) : \
	strcol(1) eq 'y-tic' ? (y_tics[int(column(2))] = y_tics[int(column(2))].sprintf('%s"%g" %.10g', strlen(y_tics[int(column(2))]) ? ', ' : '', column(6), column(6)), 1) : \
	strcol(1) eq 'series' ? (dashes[int(column(3)) + 1] = int(column(12)), column(10) > 0 ? remember(int(column(2)), strcol(13), int(column(3))) : 1) : 1, 1) nooutput

# --- the page, in pixels (SVG and PNG) or characters (dumb)
LINE = 16
top = DUMB ? 0 : 52
bottom = DUMB ? 0 : LINE * lines + 18
px(x) = x / real(width)
py(y) = 1 - y / real(height)

set border 3 lc rgb '#444444'
set errorbars 0
set tics nomirror out scale 0.6
set grid lt 1 lc rgb '#dddddd' lw 1
if (DUMB) { unset grid }
unset key
# The end of a bar, or the point itself where it has none.
bars(column_low, column_y) = valid(column_low) ? column(column_low) : column(column_y)
# gnuplot reads the body of `for [k in '']` once, with an empty k, although it draws nothing.
block(k) = strlen(k) ? k + 0 : 0
# Names as long as there is room for.
short(name) = strlen(name) > 19 ? name[1:18].'…' : name
