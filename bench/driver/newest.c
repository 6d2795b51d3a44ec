/* newest.c: see newest.h. */
#include "newest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "driver.h"

struct newest {
	char *path;
	struct timespec made;
};

static bool is_later(struct timespec left, struct timespec right)
{
	return left.tv_sec != right.tv_sec ? left.tv_sec > right.tv_sec : left.tv_nsec > right.tv_nsec;
}

/* Takes path over. */
static void consider(struct newest *newest, char *path)
{
	char *manifest;
	struct stat status;

	if (!path || asprintf(&manifest, "%s/manifest.json", path) < 0) {
		free(path);
		return;
	}
	if (stat(manifest, &status) == 0 && (!newest->path || is_later(status.st_mtim, newest->made))) {
		char *older = newest->path;

		*newest = (struct newest){.path = path, .made = status.st_mtim};
		path = older;
	}
	free(manifest);
	free(path);
}

static void search(struct newest *newest, const char *folder, const char *prefix)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	char *path;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			consider(newest, asprintf(&path, "%s/%s", folder, entry->d_name) < 0 ? NULL : path);
	if (directory)
		closedir(directory);
}

/* The newest bundle of this folder: its path, owned by the caller; NULL if there is none. */
static char *newest_bundle(void)
{
	struct newest newest = {.path = NULL};

	search(&newest, "results/local", "");
	search(&newest, ".", "simul-");
	return newest.path;
}

int newest_bundle_add(struct texts *bundles)
{
	char *newest = newest_bundle();
	int error = newest ? texts_add(bundles, newest) : -ENOENT;

	if (!newest)
		say("there is no bundle in results/local, and no simul-TIME here: name one, or make one by simul run");
	free(newest);
	return error;
}
