/* main.c: the program that writes the documents while simul is built:
 *
 *   documents simul.1 | simul-player.7 SCHEMA.md README.md | completion */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manual.h"

static int write_document(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "simul.1") == 0)
		return manual_simul(stdout);
	if (argc == 4 && strcmp(argv[1], "simul-player.7") == 0)
		return manual_player(stdout, argv[2], argv[3]);
	if (argc == 2 && strcmp(argv[1], "completion") == 0)
		return completion_bash(stdout);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	int error = write_document(argc, argv);

	if (!error && fflush(stdout))
		error = -errno;
	if (error)
		fprintf(stderr, "documents: %s: %s\n", argc > 1 ? argv[1] : "", strerror(-error));
	return error ? 1 : 0;
}
