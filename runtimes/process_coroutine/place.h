/* place.h: the processes of a play and the memory that all of them share.
 *
 *	place 0		the first task's process
 *	place 1 .. n	a worker each; the place lives on when a worker that crashed is replaced
 *
 * Everything shared lies in one mapping that was made before anybody was forked, so an address in it holds everywhere.
 * Each process looks after its own place whenever it has been notified: a process that leaves something at a place
 * (a job in its ring, an entry in its mail) makes that visible first, and then notifies.
 *
 * Why no notification is lost: both `notified` and the word that publishes the thing left are atomic, and each is only
 * exchanged. Who notifies exchanges 1 in after publishing, and writes to the descriptor if 0 came out. The owner
 * exchanges 0 in before it collects. If 1 came out for the notifier, the owner's next exchange of 0 comes after it in
 * the one order of that word, synchronizes with it, and the owner collects what was published. If 0 came out, the
 * descriptor tells the owner, which then collects. The descriptor is an eventfd in an edge-triggered epoll set: each
 * write is an edge (epoll(7)), and the owner forgets earlier edges before it exchanges. A process that dies between
 * exchanging and writing leaves 1 behind; place_notify_all(), which comes after every death, writes regardless. */
#ifndef SIMUL_PROCESS_COROUTINE_PLACE_H
#define SIMUL_PROCESS_COROUTINE_PLACE_H

#include "../task.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLACE_FIRST = 0, JOBS = 1 << 20 };

/* A task of the first task's, from its spawn to its join. `state` says whose it is too, in one word, so that nobody
 * takes a new job's state for an old one's place. */
struct job {
	_Atomic uint32_t state; /* JOB_...; waited for by words.h */
	task_function *function;
	void *argument;
};

enum {
	JOB_BEGUN = 1,
	JOB_ENDED = 2,
	JOB_CRASHED = 4,
	JOB_OVER = JOB_ENDED | JOB_CRASHED,
	JOB_AWAITED = 8,
	JOB_PLACE = 16 /* times the place */
};

struct wait;
struct wait_page;

struct place {
	_Atomic uint32_t notified;
	int event;                       /* an eventfd that every process has inherited */
	_Atomic(struct wait *) mail;     /* waits that have been woken, the last one first: words.c */
	struct wait_page *_Atomic pages; /* of all waits that this place ever took: words.c */
	_Atomic uint32_t deaths;         /* as many as this place has heard of: words_pardon() */
	_Atomic uint32_t is_short;       /* a job could not be begun for lack of memory: census.c */
	_Atomic uint32_t quiet_since;    /* the round of the census; 0: it is not quiet */
	_Atomic uint32_t counted;        /* the last round that it has answered */
	/* Jobs that nobody has begun are ring[first .. behind), modulo its size. The first process moves behind, the
	 * worker first, and the supervisor while there is no worker. */
	_Atomic uint32_t behind __attribute__((aligned(64)));
	_Atomic uint32_t first __attribute__((aligned(64)));
	uint32_t *ring;
} __attribute__((aligned(64)));

/* Beginning of the mapping. */
struct ground {
	size_t bytes;
	_Atomic size_t taken;
	uint32_t workers;
	_Atomic uint32_t jobs_used; /* those from here on were never used */
	_Atomic uint32_t ending;
	_Atomic uint32_t started; /* by the supervisor: 1 once it has tried to start all workers; a futex */
	int error;                /* why it could not; 0 or -errno */
	_Atomic uint32_t deaths;
	_Atomic uint32_t round;  /* of the census, from 1 on */
	_Atomic uint32_t buried; /* the round in which the supervisor last did so; 0: it is about it */
	struct place *places;    /* workers + 1 */
	struct job *jobs;
};

extern struct ground *ground; /* NULL outside of task_run() */
extern uint32_t place_here;   /* this process's */

/* Maps the ground for so many workers. -ENOMEM. */
int ground_open(uint32_t workers);
void ground_close(void);

/* Zeroed memory of the ground, aligned to `alignment`, a power of two; NULL if there is no more. Any process. */
void *ground_take(size_t bytes, size_t alignment);

/* Whether the word lies in memory that other processes see. */
bool ground_holds(const void *word);

/* Opens the places' descriptors, for this process and all that will be forked. -EMFILE, -ENFILE, -ENOMEM. */
int places_open(void);
void places_close(void);

/* Has the process at that place look after it. */
void place_notify(uint32_t place);
void place_notify_all(void);

/* The owner, before it collects: what is published from now on is notified again. */
void place_collecting(void);

/* The supervisor, for a place whose worker is dead. */
bool place_is_busy(uint32_t place);
uint32_t place_crash_jobs(uint32_t place);

#endif
