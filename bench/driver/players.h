/* players.h: the players that there are: every executable simul-NAME in this program's libexec folder and on PATH.
 *
 * The driver knows the protocol, never a runtime by name. What a broken player does is told beside its name and costs
 * nobody else anything. */
#ifndef SIMUL_PLAYERS_H
#define SIMUL_PLAYERS_H

#include <stdbool.h>

#include "record.h"

struct player {
	char *path;
	const char *name;        /* the runtime's, as info says; of the file where it is broken. Borrowed */
	struct player_info info; /* empty where it is broken */
	char broken[REASON_MAX]; /* why it cannot be used; "" if it can */
};

/* Sorted by name. Owned by the caller until players_clear(). */
struct players {
	struct player *items;
	size_t count;
};

/* Whether its program has another name than simul-NAME. */
bool player_is_renamed(const struct player *player);

/* Looks into libexec first (may be NULL), then into each absolute folder of path (a PATH; may be NULL). Of two
 * files, and of two runtimes, of one name the first wins. Each one is asked for its info, for 5 s at most.
 * 0, or -ENOMEM, or -EINTR once stop_requested is set. */
int players_discover(struct players *players, const char *libexec, const char *path);
void players_clear(struct players *players);

/* The usable player of that runtime, or NULL. */
const struct player *players_find(const struct players *players, const char *runtime);

/* Usable players' names, or all of them, as "a, b and c" would be without the "and". Owned by the caller; NULL without
 * memory. */
char *players_names(const struct players *players);

#endif
