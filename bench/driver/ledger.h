/* ledger.h: the bundle of one run as it is written: its folder, as results/SCHEMA.md describes it.
 *
 * A record is on the disk before the next invocation starts, and is never rewritten. Every function prints one sentence
 * on standard error when it fails. */
#ifndef SIMUL_LEDGER_H
#define SIMUL_LEDGER_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

/* Owned by the caller until ledger_close(). */
struct ledger {
	char *path;
	int folder;   /* O_DIRECTORY */
	int records;  /* O_APPEND; also the lock that keeps a second run out */
	off_t length; /* of the records that are whole */
};

/* Makes the folder, and those above it, and its records.jsonl. The folder may exist if it is empty.
 * path NULL: results/local/<time> where there is a folder results, else simul-<time>.
 * 0, -EEXIST for a folder that is not empty, or what making it met. */
int ledger_create(struct ledger *ledger, const char *path);

/* An existing bundle, to be continued. A last line that is not whole, as a crash leaves it, is cut off.
 * 0, -ENOENT, -EBUSY if another run holds it, or what opening it met. */
int ledger_open(struct ledger *ledger, const char *path);
void ledger_close(struct ledger *ledger);

/* Replaces a file of the bundle as a whole: the old one or the new one is there, whatever happens. 0 or -errno. */
int ledger_write(const struct ledger *ledger, const char *name, const char *text, size_t bytes);
int ledger_write_json(const struct ledger *ledger, const char *name, const json_t *json);

/* Appends one line and syncs it. 0, or -errno: then nothing of it is left in the file (-ENOSPC, -EFBIG, -EIO ...). */
int ledger_append(struct ledger *ledger, const json_t *line);

/* A file of the bundle: its path, owned by the caller; NULL without memory. */
char *ledger_file(const struct ledger *ledger, const char *name);

/* A new reference, or NULL. */
json_t *ledger_read_json(const struct ledger *ledger, const char *name);

/* Calls visit for each line that is a JSON object, in order. Stops at the first result that is not 0 and returns it. */
int ledger_each(const struct ledger *ledger, int (*visit)(void *context, const json_t *line), void *context);

#endif
