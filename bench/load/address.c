/* address.c: where to, and whether that is this machine. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	if (address->sa_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static void take(struct load_address *address, const struct sockaddr *found, socklen_t length)
{
	char host[LOAD_ADDRESS_MAX / 2] = "?", port[8] = "?";

	memset(address, 0, sizeof *address);
	memcpy(&address->storage, found, length);
	address->length = length;
	address->loopback = is_loopback(found);
	getnameinfo(found, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(address->text, sizeof address->text, found->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

void load_address_local(struct load_address *address, uint16_t port)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	take(address, (struct sockaddr *)&local, sizeof local);
}

/* Cuts "HOST:PORT" in two, in place. The host is "" where there is none. */
static bool split(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':'), *bracket = strchr(text, ']');

	*host = text;
	*port = colon ? colon + 1 : text;
	if (!colon) {
		*host = text + strlen(text);
		return true;
	}
	*colon = '\0';
	if (text[0] != '[')
		return strchr(text, ':') == NULL; /* an IPv6 address stands in brackets */
	if (bracket != colon - 1)
		return false;
	*bracket = '\0';
	(*host)++;
	return true;
}

static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits <= 5 && text[digits] == '\0' && strtoul(text, NULL, 10) >= 1 &&
	       strtoul(text, NULL, 10) <= 65535;
}

int load_address_parse(struct load_address *address, const char *text, char reason[LOAD_REASON_MAX])
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	char copy[LOAD_ADDRESS_MAX], *host, *port;
	int error;

	snprintf(reason, LOAD_REASON_MAX, "it takes HOST:PORT, such as 127.0.0.1:7000, [::1]:7000 or localhost:7000");
	if (strlen(text) >= sizeof copy)
		return -EINVAL;
	strcpy(copy, text);
	if (!split(copy, &host, &port) || !is_port(port))
		return -EINVAL;
	error = getaddrinfo(*host ? host : "127.0.0.1", port, &hints, &found);
	if (error != 0) {
		snprintf(reason, LOAD_REASON_MAX, "nothing is known of that host: %s", gai_strerror(error));
		return -EINVAL;
	}
	take(address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}
