/* manual.h: the documents that are made from the program's own tables. Each writes one file's text; 0 or -errno. */
#ifndef SIMUL_DOCUMENTS_MANUAL_H
#define SIMUL_DOCUMENTS_MANUAL_H

#include <stdio.h>

/* simul.1: every verb with its options, from their tables. */
int manual_simul(FILE *out);

/* simul-player.7: the protocol between simul and a player. schema: results/SCHEMA.md; readme: bench/README.md. */
int manual_player(FILE *out, const char *schema, const char *readme);

/* A bash completion: verbs, options, and the values that the program knows. */
int completion_bash(FILE *out);

#endif
