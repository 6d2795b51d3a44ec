/* drawn.c: see drawn.h. */
#include "drawn.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int failed(int error, const char *what)
{
	fprintf(stderr, "simul: %s: %s\n", what, strerror(-error));
	return error;
}

static int data_write(struct figure *figure, const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (mkdir(directory, 0777) < 0 && errno != EEXIST)
		return failed(-errno, directory);
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return failed(-ENAMETOOLONG, directory);
	FILE *out = fopen(path, "we");

	if (!out)
		return failed(-errno, path);
	int error = figure_write(figure, out);

	if (fclose(out) && !error)
		error = -errno;
	return error ? failed(error, path) : 0;
}

int drawn_figure(struct figure *figure, const char *directory, const char *scripts_directory)
{
	char scripts[PATH_MAX], script[PATH_MAX + 80], name[80];

	snprintf(name, sizeof(name), "%s.tsv", figure->name);
	int error = data_write(figure, directory, name);

	if (error)
		return error;
	if (!realpath(scripts_directory, scripts))
		return failed(-errno, scripts_directory);
	snprintf(script, sizeof(script), "%s/%s.gp", scripts, figure->name);
	return gnuplot_run(
		&(struct gnuplot_job){.directory = directory, .script = script, .data = name, .out = stdout});
}
