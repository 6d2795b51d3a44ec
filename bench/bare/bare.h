/* bare.h: what the echo servers without a runtime share: the sum of the connections, and main().
 *
 * A floor is a player that shows what a loop over the kernel's own calls takes, with nothing between the loop and the
 * work: the line beneath the models. It speaks the protocol, sets the sockets as every other server (server.h of the
 * echo workload) and hands back the same audit, and plays nothing else. One thread, one core. */
#ifndef SIMUL_BARE_H
#define SIMUL_BARE_H

#include "../player/player.h"
#include "../workloads/echo/echo.h"
#include "../workloads/echo/server.h"

/* Adopts a listener that blocks, which is all that accepting one connection after another needs. */
int bare_adopt(int fd);

/* The next connection, ready to serve; flags: SOCK_NONBLOCK or 0. Ends the play where there is none. */
int bare_accept(struct play *play, int listener, int flags);

/* main() of a floor, whose echo server is perform(); 0 or -errno. */
int bare_main(int argc, char **argv, int (*perform)(const struct player_body *body, struct play *play));

#endif
