/* draw.c: the machine as a picture, by hwloc's own lstopo, with the cores of a placement marked.
 *
 * lstopo reads the topology as XML, in which the marked PUs carry the info "lstopoStyle" that it colours by (lstopo(1),
 * "custom colors"). */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

static const char player_style[] = "Background=#e69f00", load_style[] = "Background=#56b4e9";

static void mark(hwloc_topology_t topology, hwloc_const_bitmap_t pus, const char *style)
{
	hwloc_obj_t pu = NULL;

	while ((pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu)))
		if (hwloc_bitmap_isset(pus, pu->os_index))
			hwloc_obj_add_info(pu, "lstopoStyle", style);
}

static int export_marked(const struct machine *machine, const struct placement *placement, const char *path)
{
	hwloc_topology_t copy;
	int error = 0;

	errno = 0;
	if (hwloc_topology_dup(&copy, machine->topology) != 0)
		return errno ? -errno : -ENOMEM;
	topology_forget_host_name(copy);
	if (!placement->shared)
		mark(copy, placement->load_cores, load_style);
	mark(copy, placement->cores, player_style);
	if (hwloc_topology_export_xml(copy, path, 0) != 0)
		error = errno ? -errno : -EIO;
	hwloc_topology_destroy(copy);
	return error;
}

/* 0; -ENOENT: neither of the programs is there; -EIO: it failed. */
static int run_lstopo(const char *xml, const char *svg)
{
	static const char *const programs[] = {"lstopo-no-graphics", "lstopo"};
	const char *arguments[] = {NULL,  "--if",    "xml",         "-i",      xml, "--of",
				   "svg", "--no-io", "--no-legend", "--force", svg, NULL};
	int status, error = ENOENT;
	pid_t child;

	for (size_t i = 0; error == ENOENT && i < sizeof(programs) / sizeof(programs[0]); i++) {
		arguments[0] = programs[i];
		error = posix_spawnp(&child, programs[i], NULL, NULL, (char *const *)arguments, environ);
	}
	if (error)
		return -error;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int machine_draw(const struct machine *machine, const struct placement *placement, const char *path)
{
	const char *folder = getenv("TMPDIR");
	char xml[256];
	int error, file;

	if (snprintf(xml, sizeof(xml), "%s/simul-topology-XXXXXX", folder ? folder : P_tmpdir) >= (int)sizeof(xml))
		return -ENAMETOOLONG;
	file = mkstemp(xml);
	if (file < 0)
		return -errno;
	close(file);
	error = export_marked(machine, placement, xml);
	if (!error)
		error = run_lstopo(xml, path);
	unlink(xml);
	return error;
}
