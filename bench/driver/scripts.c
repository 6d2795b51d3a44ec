/* scripts.c: see scripts.h. */
#include "scripts.h"

#include <errno.h>
#include <stdlib.h>

#include "driver.h"

int scripts_plot(const char *bundle, const struct report_options *options)
{
	char *directory = home_path("share/simul/plots");
	int error = directory ? report_plot(bundle, directory, options) : -ENOMEM;

	free(directory);
	return error;
}
