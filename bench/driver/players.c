/* players.c: see players.h. */
#include "players.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "driver.h"
#include "invocation.h"
#include "text.h"

static const char prefix[] = "simul-";
static const uint64_t info_limit_ns = 5 * NS_PER_S;

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool player_is_renamed(const struct player *player)
{
	return strcmp(file_name(player->path) + strlen(prefix), player->name) != 0;
}

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static bool has_file(const struct players *players, const char *name)
{
	for (size_t i = 0; i < players->count; i++)
		if (strcmp(file_name(players->items[i].path), name) == 0)
			return true;
	return false;
}

/* Takes path over. */
static int players_add(struct players *players, char *path)
{
	struct player *items = realloc(players->items, (players->count + 1) * sizeof *items);

	if (!items) {
		free(path);
		return -ENOMEM;
	}
	players->items = items;
	items[players->count++] = (struct player){.path = path, .name = file_name(path) + strlen(prefix)};
	return 0;
}

static int consider(struct players *players, const char *folder, const char *name)
{
	char *path;

	if (strncmp(name, prefix, strlen(prefix)) != 0 || name[strlen(prefix)] == '\0' || has_file(players, name))
		return 0;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	if (is_program(path))
		return players_add(players, path);
	free(path);
	return 0;
}

/* A folder that cannot be read has no players: PATH often names some that do not exist. */
static int search_folder(struct players *players, const char *folder)
{
	DIR *directory = folder[0] == '/' ? opendir(folder) : NULL;
	struct dirent *entry;
	int error = 0;

	while (directory && error == 0 && (entry = readdir(directory)))
		error = consider(players, folder, entry->d_name);
	if (directory)
		closedir(directory);
	return error;
}

static int search(struct players *players, const char *libexec, const char *path)
{
	struct texts folders = {.items = NULL};
	int error = libexec ? search_folder(players, libexec) : 0;

	if (error == 0 && path)
		error = texts_split(&folders, path, ':');
	for (size_t i = 0; error == 0 && i < folders.count; i++)
		error = search_folder(players, folders.items[i]);
	texts_clear(&folders);
	return error;
}

static void hear_info(struct player *player, const struct invocation_result *result)
{
	if (result->status == INVOCATION_REFUSED)
		snprintf(player->broken, sizeof player->broken, "refuses to answer info");
	else if (result->status != INVOCATION_OK || !result->output)
		snprintf(player->broken, sizeof player->broken, "%s", result->reason);
	else if (player_info_parse(result->output, &player->info, player->broken) == 0)
		player->name = player->info.runtime;
}

static int ask_info(struct player *player)
{
	const char *const argv[] = {player->path, "info", NULL};
	struct invocation_plan plan = {.argv = argv, .timeout_ns = info_limit_ns, .stop = &stop_requested};
	struct invocation_result result = {.status = INVOCATION_FAILED};
	int error = invocation_play(&plan, &result);

	if (error < 0) {
		snprintf(player->broken, sizeof player->broken, "cannot be started: %s", strerror(-error));
		return 0;
	}
	if (result.status == INVOCATION_INTERRUPTED)
		error = -EINTR;
	else
		hear_info(player, &result);
	invocation_clear(&result);
	return error;
}

static void refuse_duplicate(struct players *players, size_t index)
{
	struct player *player = &players->items[index];

	for (size_t i = 0; i < index && !player->broken[0]; i++)
		if (!players->items[i].broken[0] && strcmp(players->items[i].name, player->name) == 0)
			snprintf(player->broken, sizeof player->broken, "%.100s has the same name and is found first",
				 players->items[i].path);
}

static int by_name(const void *left, const void *right)
{
	const struct player *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : strcmp(a->path, b->path);
}

int players_discover(struct players *players, const char *libexec, const char *path)
{
	int error;

	*players = (struct players){.items = NULL};
	error = search(players, libexec, path);
	for (size_t i = 0; error == 0 && i < players->count; i++)
		error = ask_info(&players->items[i]);
	for (size_t i = 0; error == 0 && i < players->count; i++)
		refuse_duplicate(players, i);
	if (error == 0 && players->count > 0)
		qsort(players->items, players->count, sizeof *players->items, by_name);
	else if (error < 0)
		players_clear(players);
	return error;
}

void players_clear(struct players *players)
{
	for (size_t i = 0; i < players->count; i++) {
		player_info_clear(&players->items[i].info);
		free(players->items[i].path);
	}
	free(players->items);
	*players = (struct players){.items = NULL};
}

const struct player *players_find(const struct players *players, const char *runtime)
{
	for (size_t i = 0; i < players->count; i++)
		if (!players->items[i].broken[0] && strcmp(players->items[i].name, runtime) == 0)
			return &players->items[i];
	return NULL;
}

char *players_names(const struct players *players)
{
	char *names = NULL;
	size_t bytes;
	FILE *stream = open_memstream(&names, &bytes);
	const char *comma = "";

	if (!stream)
		return NULL;
	for (size_t i = 0; i < players->count; i++)
		if (!players->items[i].broken[0]) {
			fprintf(stream, "%s%s", comma, players->items[i].name);
			comma = ", ";
		}
	fclose(stream);
	return names;
}
