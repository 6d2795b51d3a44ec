/* program.h: a program that a warden has started: its start, its two streams, how it ended.
 *
 * What it writes is read without waiting and kept within bounds: standard output up to RECORD_BYTES_MAX, of standard
 * error the tail. The process stays a zombie until the warden's last sweep reaps it, so that its number, which is its
 * process group's too, cannot be another's when the group is killed. */
#ifndef SIMUL_PROGRAM_H
#define SIMUL_PROGRAM_H

#include <hwloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROGRAM_TAIL_MAX = 2048, PROGRAM_ERRORS_MAX = 64 << 20, PROGRAM_REASON_MAX = 256 };

struct program {
	const char *name;   /* how a sentence about it begins: "", or "the load " */
	pid_t pid;          /* 0 until it is started */
	bool ended;         /* noted by program_note_end() */
	int status;         /* as waitpid(2), once it has ended */
	int output, errors; /* our ends of its standard output and error; -1 where closed */
	char *text;         /* what it printed; room for RECORD_BYTES_MAX and one more */
	size_t length, taken;
	const char *line; /* the first line that is no notice, in text; NULL if there is none yet */
	size_t line_length;
	unsigned lines, notices;
	char tail[PROGRAM_TAIL_MAX]; /* the end of what it wrote to standard error */
	size_t tail_length;
	uint64_t errors_total;
};

/* Where it may run: bound to cores if topology is this system's; either may be NULL. */
struct program_place {
	hwloc_topology_t topology;
	hwloc_const_cpuset_t cores;
};

/* Starts argv[0] with an empty signal mask. 0, or -errno and a sentence; nothing runs then. */
int program_start(struct program *program, const char *const *argv, const struct program_place *place,
		  char reason[PROGRAM_REASON_MAX]);

/* Takes a piece of what each stream holds, without waiting; never more, so that a busy writer keeps nobody from the
 * clock. 1 if there was any, 0 if not, or -EFBIG and a sentence where it has written more than a player may. */
int program_read(struct program *program, char reason[PROGRAM_REASON_MAX]);

/* The next line from text that has not been taken yet, without its line feed; blank ones are skipped. With `all`, an
 * unfinished last line too. false if there is none. */
bool program_next_line(struct program *program, bool all, const char **line, size_t *length);

/* Notes whether it has ended, without reaping it. */
void program_note_end(struct program *program);

/* Ended by itself with that exit status. */
bool program_exited(const struct program *program, int status);

/* "was killed by SIGSEGV", "exited with status 1 ...", with the last line that it wrote to standard error. */
void program_describe_end(const struct program *program, char reason[PROGRAM_REASON_MAX]);

#endif
