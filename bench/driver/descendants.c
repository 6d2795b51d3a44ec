/* descendants.c: walks /proc/PID/task/TID/children. Such a list may miss a child while the tree changes (proc(5)):
 * everything here is a loop that ends when nothing is found any more, never one pass. */
#include "descendants.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtimes/clock.h"

enum { PROC_PATH_MAX = 96, LIST_STEP = 64 };

void process_list_clear(struct process_list *list)
{
	free(list->pids);
	*list = (struct process_list){0};
}

static int list_append(struct process_list *list, pid_t pid)
{
	if (list->count % LIST_STEP == 0) {
		pid_t *grown = realloc(list->pids, (list->count + LIST_STEP) * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->pids = grown;
	}
	list->pids[list->count++] = pid;
	return 0;
}

static bool list_has(const struct process_list *list, pid_t pid)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

static int append_of_thread(struct process_list *list, pid_t parent, const char *thread)
{
	char path[PROC_PATH_MAX];
	FILE *file;
	int pid, error = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/children", (int)parent, thread);
	file = fopen(path, "re");
	/* Others may have gone meanwhile; our own first thread has not: then the kernel keeps no such list. */
	if (!file)
		return atoi(thread) == getpid() ? -errno : 0;
	while (!error && fscanf(file, "%d", &pid) == 1)
		error = list_append(list, pid);
	fclose(file);
	return error;
}

int children_append(struct process_list *list, pid_t parent)
{
	char path[PROC_PATH_MAX];
	struct dirent *entry;
	DIR *threads;
	int error = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)parent);
	threads = opendir(path);
	if (!threads)
		return 0;
	while (!error && (entry = readdir(threads)))
		if (entry->d_name[0] != '.')
			error = append_of_thread(list, parent, entry->d_name);
	closedir(threads);
	return error;
}

/* The state follows the name, which may hold anything, even parentheses (proc(5), /proc/PID/stat). */
static bool lives(pid_t pid)
{
	char path[PROC_PATH_MAX], text[256];
	const char *end;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	end = strrchr(text, ')');
	return end && strlen(end) > 2 && end[2] != 'Z' && end[2] != 'X';
}

unsigned descendants_count(pid_t excepted)
{
	struct process_list list = {0};
	unsigned count = 0;
	int error = children_append(&list, getpid());

	for (size_t i = 0; i < list.count; i++) {
		count += list.pids[i] != excepted && lives(list.pids[i]);
		if (!error)
			error = children_append(&list, list.pids[i]);
	}
	process_list_clear(&list);
	return count;
}

/* One pass over the children that are not spared: sends the signal (0: none) and reaps who has ended. */
static struct pass {
	unsigned left, reaped;
} pass_over(const struct process_list *spared, int signal)
{
	struct process_list list = {0};
	struct pass pass = {0};

	if (children_append(&list, getpid()))
		pass.left++;
	for (size_t i = 0; i < list.count; i++) {
		if (list_has(spared, list.pids[i]))
			continue;
		kill(list.pids[i], signal);
		if (waitpid(list.pids[i], NULL, WNOHANG) == 0)
			pass.left++;
		else
			pass.reaped++;
	}
	process_list_clear(&list);
	return pass;
}

bool descendants_remain(const struct process_list *spared)
{
	struct pass pass = pass_over(spared, 0);

	return pass.left || pass.reaped;
}

unsigned descendants_kill(const struct process_list *spared, uint64_t deadline_ns)
{
	static const struct timespec pause = {.tv_nsec = 200000};

	for (;;) {
		struct pass pass = pass_over(spared, SIGKILL);

		if (!pass.left && !pass.reaped)
			return 0;
		if (clock_now() >= deadline_ns)
			return pass.left + pass.reaped;
		if (!pass.reaped)
			nanosleep(&pause, NULL);
	}
}
