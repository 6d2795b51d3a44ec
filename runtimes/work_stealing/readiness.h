/* readiness.h: descriptors for many workers, by one epoll set that every worker looks into.
 *
 * One set and not one a worker: a worker that computes for long keeps nobody from seeing the events of "its"
 * descriptors, since there are none. Registered once, edge-triggered, each event reaches one worker.
 *
 * Each direction of a descriptor is one atomic word: IDLE (the next edge will tell), READY (an operation may succeed),
 * CLOSED, or the task that waits. Whoever tries an operation takes READY away first; an edge that comes meanwhile puts
 * it back, so none is lost, and a try for nothing is the worst that happens. Waiting is IDLE -> task by
 * compare-and-exchange, after the switch; an edge exchanges the task for READY and makes it run. */
#ifndef SIMUL_WORK_STEALING_READINESS_H
#define SIMUL_WORK_STEALING_READINESS_H

#include "worker.h"

enum direction { READING, WRITING };

/* -EMFILE, -ENFILE, -ENOMEM. */
int readiness_open(void);
void readiness_close(void);

/* The epoll set, which is readable when there are events. */
int readiness_set(void);

/* Registers fd, which must be non-blocking: as epoll_ctl(2). */
int readiness_adopt(int fd);

/* Ends the registration, before close(2): whoever waits goes on with -EBADF. -EBADF: it was not adopted. */
int readiness_forget(struct worker *worker, int fd);

/* The word of the direction, or NULL if fd is not adopted. */
_Atomic(void *) *readiness_of(int fd, enum direction direction);

/* 1: it was READY and is IDLE now: try. 0: wait. -EBADF: it has been closed. */
int readiness_take(_Atomic(void *) *word);

/* Try again next time without waiting. */
void readiness_put(_Atomic(void *) *word);

/* A read took less than it asked for: only an end of the stream that was seen already is no edge's matter. */
void readiness_short_read(int fd);

/* Before connect(2): what an unconnected socket said of itself is forgotten. */
void readiness_connecting(int fd);

/* After the switch: unit waits at its direction (true), or need not (false). */
bool readiness_wait(struct unit *unit);

/* Takes the events that are there, without waiting, and makes their tasks ready in worker. */
void readiness_look(struct worker *worker);

#endif
