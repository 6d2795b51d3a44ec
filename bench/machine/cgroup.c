/* cgroup.c: what the cgroup grants this process: CPUs (cpuset) and CPU time (quota), version 1 and 2.
 *
 * /proc/self/cgroup names the group within each hierarchy, /proc/self/mountinfo says where the hierarchy is mounted and
 * which part of it. Both hierarchies may be there at once: every limit that is found counts. A group's limit bounds all
 * below it, so each is read from the group up to the mount point (cgroups(7), proc(5)). */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A hierarchy: version 2, or the version 1 one of a controller. */
struct hierarchy {
	const char *controller; /* NULL: version 2 */
};

/* A group's folder, and the mount point at which going up ends. */
struct group {
	char path[PATH_MAX];
	size_t mount_length;
};

/* Whether a list such as "cpu,cpuacct" has the word. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}

/* A whole file in memory, to be freed by the caller; NULL if there is none. mountinfo has no bound worth trusting. */
static char *read_long(const char *root, const char *path)
{
	for (size_t size = SMALL_FILE_MAX;; size *= 2) {
		char *text = malloc(size);
		int length = text ? read_text(root, path, text, size) : -ENOMEM;

		if (length >= 0 && (size_t)length < size - 2)
			return text;
		free(text);
		if (length < 0)
			return NULL;
	}
}

/* The group's path within a hierarchy, from lines of "number:controllers:path". */
static bool find_group_path(const char *root, struct hierarchy hierarchy, char path[PATH_MAX])
{
	char *text = read_long(root, "/proc/self/cgroup"), *rest = text, *line;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n"))) {
		const char *number = strsep(&line, ":"), *controllers = strsep(&line, ":");

		if (!line)
			continue;
		found = hierarchy.controller ? has_word(controllers, hierarchy.controller)
					     : strcmp(number, "0") == 0 && !*controllers;
		if (found)
			snprintf(path, PATH_MAX, "%s", line);
	}
	free(text);
	return found;
}

/* Undoes mountinfo's "\040" for a space and its like, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1 && strlen(from) >= 4) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The parts of a line of mountinfo: "id parent device ROOT MOUNT options... - TYPE source SUPER_OPTIONS". */
struct mount {
	char *root, *point, *type, *options;
};

static bool parse_mount(char *line, struct mount *mount)
{
	char *tail = strstr(line, " - ");

	if (!tail)
		return false;
	*tail = '\0';
	tail += strlen(" - ");
	for (int i = 0; i < 3; i++)
		strsep(&line, " ");
	mount->root = strsep(&line, " ");
	mount->point = strsep(&line, " ");
	mount->type = strsep(&tail, " ");
	strsep(&tail, " ");
	mount->options = tail;
	if (!mount->point || !mount->options)
		return false;
	unescape(mount->root);
	unescape(mount->point);
	return true;
}

static bool is_mount_of(const struct mount *mount, struct hierarchy hierarchy)
{
	if (!hierarchy.controller)
		return strcmp(mount->type, "cgroup2") == 0;
	return strcmp(mount->type, "cgroup") == 0 && has_word(mount->options, hierarchy.controller);
}

/* Joins mount point and group. In a container the mount shows only the part below mount->root, and a path that is not
 * in that part ("/../.." from another namespace) leaves the mount point as the nearest thing. */
static void join_group(const struct mount *mount, const char *path, struct group *group)
{
	size_t shown = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
	bool inside =
		strncmp(path, mount->root, shown) == 0 && (path[shown] == '/' || !path[shown]) && !strstr(path, "/..");

	group->mount_length = strlen(mount->point);
	if (snprintf(group->path, PATH_MAX, "%s%s", mount->point, inside ? path + shown : "") >= PATH_MAX)
		group->path[group->mount_length] = '\0';
	for (size_t end = strlen(group->path); end > group->mount_length && group->path[end - 1] == '/'; end--)
		group->path[end - 1] = '\0';
}

/* The process's group in a hierarchy; false if there is none. */
static bool find_group(const char *root, struct hierarchy hierarchy, struct group *group)
{
	char path[PATH_MAX], *text, *rest, *line;
	struct mount mount;
	bool found = false;

	if (!find_group_path(root, hierarchy, path))
		return false;
	text = rest = read_long(root, "/proc/self/mountinfo");
	while (!found && (line = strsep(&rest, "\n"))) {
		found = parse_mount(line, &mount) && is_mount_of(&mount, hierarchy);
		if (found)
			join_group(&mount, path, group);
	}
	free(text);
	return found;
}

/* One level up; false at the mount point. */
static bool go_up(struct group *group)
{
	char *slash = strrchr(group->path, '/');

	if (!slash || (size_t)(slash - group->path) < group->mount_length)
		return false;
	*slash = '\0';
	return true;
}

static int read_in_group(const char *root, const struct group *group, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", group->path, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return read_text(root, path, text, size);
}

/* The quota of one group in cores, 0 for none. cpu.max is "quota period" or "max period", in microseconds. */
static double quota_v2(const char *root, const struct group *group)
{
	char text[64];
	double quota, period;

	if (read_in_group(root, group, "cpu.max", text, sizeof(text)) < 0)
		return 0;
	return sscanf(text, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0 ? quota / period : 0;
}

/* The same in version 1: two files, -1 for no quota. */
static double quota_v1(const char *root, const struct group *group)
{
	char quota[32], period[32];
	double period_us;

	if (read_in_group(root, group, "cpu.cfs_quota_us", quota, sizeof(quota)) < 0 ||
	    read_in_group(root, group, "cpu.cfs_period_us", period, sizeof(period)) < 0)
		return 0;
	period_us = strtod(period, NULL);
	return strtod(quota, NULL) > 0 && period_us > 0 ? strtod(quota, NULL) / period_us : 0;
}

static double least_quota(const char *root, struct hierarchy hierarchy, double least)
{
	struct group group;

	if (!find_group(root, hierarchy, &group))
		return least;
	do {
		double quota = hierarchy.controller ? quota_v1(root, &group) : quota_v2(root, &group);

		if (quota > 0 && (least == 0 || quota < least))
			least = quota;
	} while (go_up(&group));
	return least;
}

double cgroup_quota_cores(const char *root)
{
	double least = least_quota(root, (struct hierarchy){.controller = NULL}, 0);

	return least_quota(root, (struct hierarchy){.controller = "cpu"}, least);
}

static int64_t least_limit(const char *root, struct hierarchy hierarchy, const char *file, int64_t least)
{
	struct group group;
	char text[64], *end;

	if (!find_group(root, hierarchy, &group))
		return least;
	do {
		int64_t limit;

		if (read_in_group(root, &group, file, text, sizeof(text)) <= 0)
			continue;
		limit = strtoll(text, &end, 10);
		if (end > text && limit >= 0 && (least < 0 || limit < least))
			least = limit;
	} while (go_up(&group));
	return least;
}

/* The least limit of the group and all above it, both versions; -1 where there is none. */
static int64_t limit_of(const char *root, const char *file_v2, const char *controller, const char *file_v1)
{
	int64_t least = least_limit(root, (struct hierarchy){.controller = NULL}, file_v2, -1);

	return least_limit(root, (struct hierarchy){.controller = controller}, file_v1, least);
}

int64_t cgroup_tasks(const char *root)
{
	return limit_of(root, "pids.max", "pids", "pids.max");
}

/* Version 1 has no word for no limit, only a number beyond all memory. */
int64_t cgroup_memory_bytes(const char *root)
{
	int64_t limit = limit_of(root, "memory.max", "memory", "memory.limit_in_bytes");

	return limit > INT64_MAX / 4 ? -1 : limit;
}

/* The value of a line "key value" of cpu.stat; -1 if there is none. */
static int64_t stat_value(const char *root, struct hierarchy hierarchy, const char *key)
{
	char text[SMALL_FILE_MAX], *rest = text, *line;
	size_t length = strlen(key);
	struct group group;

	if (!find_group(root, hierarchy, &group) || read_in_group(root, &group, "cpu.stat", text, sizeof(text)) < 0)
		return -1;
	while ((line = strsep(&rest, "\n")))
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return strtoll(line + length, NULL, 10);
	return -1;
}

int64_t cgroup_throttled_ns(const char *root)
{
	int64_t us = stat_value(root, (struct hierarchy){.controller = NULL}, "throttled_usec");

	return us >= 0 ? us * 1000 : stat_value(root, (struct hierarchy){.controller = "cpu"}, "throttled_time");
}

/* The first of the two files that a group or one above it has: the effective set, or the configured one (v1). */
static int read_cpuset(const char *root, struct hierarchy hierarchy, char *text, size_t size)
{
	const char *effective = hierarchy.controller ? "cpuset.effective_cpus" : "cpuset.cpus.effective";
	struct group group;

	if (!find_group(root, hierarchy, &group))
		return -ENOENT;
	do {
		if (read_in_group(root, &group, effective, text, size) > 0 ||
		    read_in_group(root, &group, "cpuset.cpus", text, size) > 0)
			return 0;
	} while (go_up(&group));
	return -ENOENT;
}

static void restrict_by(const char *root, struct hierarchy hierarchy, hwloc_bitmap_t cpus)
{
	char text[SMALL_FILE_MAX];
	hwloc_bitmap_t set;

	if (read_cpuset(root, hierarchy, text, sizeof(text)) < 0)
		return;
	set = hwloc_bitmap_alloc();
	if (set && hwloc_bitmap_list_sscanf(set, text) == 0)
		hwloc_bitmap_and(cpus, cpus, set);
	hwloc_bitmap_free(set);
}

void cgroup_restrict(const char *root, hwloc_bitmap_t cpus)
{
	restrict_by(root, (struct hierarchy){.controller = NULL}, cpus);
	restrict_by(root, (struct hierarchy){.controller = "cpuset"}, cpus);
}
