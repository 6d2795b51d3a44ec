/* bare.c: see bare.h. */
#include "bare.h"

#include <errno.h>
#include <sys/socket.h>

int bare_adopt(int fd)
{
	(void)fd;
	return 0;
}

int bare_accept(struct play *play, int listener, int flags)
{
	int fd;

	do
		fd = accept4(listener, NULL, NULL, flags | SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	fd = fd < 0 ? -errno : fd;
	echo_accepted(play, fd);
	return fd;
}

int bare_main(int argc, char **argv, int (*perform)(const struct player_body *body, struct play *play))
{
	const struct player_body bodies[] = {{.spec = &echo_spec, .perform = perform}, {.spec = NULL}};

	return player_main(argc, argv, &runtime, bodies);
}
