/* programs.h: what `load` drives beside echo servers, a main() each. Arguments are those behind the name; exit status
 * as main.c says. */
#ifndef SIMUL_LOAD_PROGRAMS_H
#define SIMUL_LOAD_PROGRAMS_H

#include "load.h"

enum load_exit { LOAD_EXIT_OK = 0, LOAD_EXIT_WRONG = 1, LOAD_EXIT_USAGE = 2 };

int chat_main(int count, char **pairs);
int fetch_main(int count, char **pairs);

/* Prints the line of a load of that name (results/SCHEMA.md), and a sentence where the result has an error or cannot be
 * written. The exit status. */
int load_conclude(const char *name, const struct load_result *result);

/* Cores that this process may run on. */
unsigned load_cores(void);

#endif
