# page.gp: starts a page of `width` x `height` in `format`, with the title above and notes and captions below the panels.
if (format eq 'svg') {
	set terminal svg size width,height font 'sans-serif,13' noenhanced dynamic background '#ffffff'
}
if (format eq 'png') {
	set terminal pngcairo size width,height font 'sans-serif,10' noenhanced background '#ffffff'
}
if (format eq 'dumb') {
	set terminal dumb noenhanced size width,height mono
} else {
	set output NAME.'.'.format
	set label 1 headline at screen px(16),py(26) left front font 'sans-serif,'.(format eq 'svg' ? '18' : '14')
	set label 2 notes at screen px(16),screen py(height - bottom + 14) left front font 'sans-serif,'.(format eq 'svg' ? '11.5' : '9') tc rgb '#444444'
}
set multiplot
