// page.js: the two toggles: light and dark, and which runtimes the curves show. The page is complete without it.
(function () {
	'use strict';
	var root = document.documentElement, theme = document.getElementById('theme');
	function isDark() {
		var chosen = root.getAttribute('data-theme');
		return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
	}
	function show() { theme.setAttribute('aria-pressed', String(isDark())); }
	theme.hidden = false;
	theme.addEventListener('click', function () {
		root.setAttribute('data-theme', isDark() ? 'light' : 'dark');
		show();
	});
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
	show();

	document.querySelectorAll('.figure').forEach(function (figure) {
		figure.querySelectorAll('.legend button').forEach(function (button) {
			button.addEventListener('click', function () {
				var shown = button.getAttribute('aria-pressed') !== 'true';
				button.setAttribute('aria-pressed', String(shown));
				figure.querySelectorAll('.series').forEach(function (series) {
					if (series.getAttribute('data-name') === button.getAttribute('data-name'))
						series.toggleAttribute('hidden', !shown);
				});
			});
		});
	});
})();
