/* descriptors.c: see descriptors.h. Parcels of one channel arrive in the order of sending. */
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "../coroutine/scheduler.h"
#include "place.h"
#include "words.h"

/* Numbers from here on are not registered. Where the limit is lower, accepted descriptors get the upper half of it. */
enum { NUMBERS = 1 << 20, BASE_MOST = 1024 };

enum parcel_kind { PARCEL_GIVEN, PARCEL_LENT, PARCEL_WITHDRAWN };

struct parcel {
	enum parcel_kind kind;
	int number;
	uint32_t job; /* GIVEN: for whom */
};

/* In `holder`: the place + 1 that a descriptor belongs to; besides, it is on its way there. */
#define IN_FLIGHT UINT32_C(0x80000000)

struct registry {
	_Atomic uint32_t holder[NUMBERS]; /* 0: the number is free for an accepted descriptor */
	_Atomic int most;                 /* the highest number ever registered */
};

struct channel {
	int first, worker; /* the two ends */
};

/* What the number is in this process. */
enum here { NOT_HERE, PLACEHOLDER, RECEIVED, LENT };

static struct {
	struct registry *registry;
	struct channel *channels; /* by place; [0] is not used */
	unsigned char *here;      /* enum here by number */
	struct task *clerks;      /* of the first process, one a worker */
	int next;                 /* where to look for a free number */
} descriptors;

/* The registry. */

static _Atomic uint32_t *holder_of(int fd)
{
	return fd >= 0 && fd < NUMBERS ? &descriptors.registry->holder[fd] : NULL;
}

void descriptors_register(int fd)
{
	_Atomic uint32_t *holder = holder_of(fd);
	int most = atomic_load(&descriptors.registry->most);

	if (!holder)
		return;
	atomic_store(holder, PLACE_FIRST + 1);
	if (most < fd)
		atomic_store(&descriptors.registry->most, fd); /* the first process's to change */
}

static int base(void)
{
	struct rlimit limit = {.rlim_cur = 2 * BASE_MOST};

	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur / 2 < BASE_MOST ? (int)(limit.rlim_cur / 2) : BASE_MOST;
}

/* A duplicate of fd whose number is free in all processes, at `from` or above; or -errno. */
static int duplicate_from(int fd, int from)
{
	int number;

	while ((number = fcntl(fd, F_DUPFD_CLOEXEC, from)) >= 0 && number < NUMBERS) {
		if (atomic_load(holder_of(number)) == 0)
			return number;
		close(number);
		from = number + 1;
	}
	if (number >= 0)
		close(number);
	return -EMFILE; /* or -EINVAL from the limit on: the same */
}

int descriptors_move(int fd)
{
	int number, error;

	if (descriptors.next < base())
		descriptors.next = base();
	number = duplicate_from(fd, descriptors.next);
	if (number < 0)
		number = duplicate_from(fd, base());
	coroutine_close(fd);
	if (number < 0)
		return number;
	error = coroutine_adopt(number);
	if (error < 0) {
		close(number);
		return error;
	}
	descriptors.next = number + 1;
	descriptors_register(number);
	return number;
}

/* Opening. */

int descriptors_open(void)
{
	memset(&descriptors, 0, sizeof(descriptors));
	descriptors.registry = ground_take(sizeof(*descriptors.registry), 64);
	descriptors.here = calloc(NUMBERS, 1);
	descriptors.channels = calloc(ground->workers + 1, sizeof(*descriptors.channels));
	descriptors.clerks = calloc(ground->workers + 1, sizeof(*descriptors.clerks));
	if (descriptors.registry && descriptors.here && descriptors.channels && descriptors.clerks)
		return 0;
	descriptors_close();
	return -ENOMEM;
}

void descriptors_close(void)
{
	free(descriptors.here);
	free(descriptors.channels);
	free(descriptors.clerks);
}

int descriptors_open_channels(void)
{
	for (uint32_t place = 1; place <= ground->workers; place++)
		descriptors.channels[place] = (struct channel){-1, -1};
	for (uint32_t place = 1; place <= ground->workers; place++) {
		struct channel *channel = &descriptors.channels[place];
		int ends[2], error;

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) {
			error = -errno;
			descriptors_close_channels();
			return error;
		}
		*channel = (struct channel){.first = ends[0], .worker = ends[1]};
	}
	return 0;
}

void descriptors_close_channels(void)
{
	for (uint32_t place = 1; place <= ground->workers; place++)
		if (descriptors.channels[place].first >= 0) {
			close(descriptors.channels[place].first);
			close(descriptors.channels[place].worker);
		}
}

void descriptors_put_placeholders(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), most = atomic_load(&descriptors.registry->most);

	CHECK(null >= 0, "process-coroutine: cannot open /dev/null: %s", strerror(errno));
	for (int number = 0; number <= most; number++)
		if (atomic_load(holder_of(number)) == PLACE_FIRST + 1) {
			CHECK(dup3(null, number, O_CLOEXEC) >= 0, "process-coroutine: cannot replace descriptor %d: %s",
			      number, strerror(errno));
			descriptors.here[number] = PLACEHOLDER;
		}
	close(null);
}

/* What the dead one held is gone with it; what is in flight goes to its successor. */
void descriptors_bury(uint32_t place)
{
	int most = atomic_load(&descriptors.registry->most);

	for (int number = 0; number <= most; number++) {
		uint32_t holder = place + 1;

		if (atomic_compare_exchange_strong(holder_of(number), &holder, 0))
			words_wake(holder_of(number), UINT32_MAX);
	}
}

/* Sending. */

union rights {
	char buffer[CMSG_SPACE(sizeof(int))];
	struct cmsghdr header;
};

static void send_parcel(uint32_t place, struct parcel parcel, int fd)
{
	struct iovec content = {.iov_base = &parcel, .iov_len = sizeof(parcel)};
	struct msghdr message = {.msg_iov = &content, .msg_iovlen = 1};
	int channel = descriptors.channels[place].first;
	union rights rights = {0};

	if (fd >= 0) {
		message.msg_control = rights.buffer;
		message.msg_controllen = sizeof(rights.buffer);
		rights.header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(fd))};
		memcpy(CMSG_DATA(&rights.header), &fd, sizeof(fd));
	}
	while (sendmsg(channel, &message, MSG_NOSIGNAL) < 0) {
		/* The worker is busy, and the channel full; or too many descriptors are in flight (unix(7)). */
		CHECK(errno == EAGAIN || errno == EINTR || errno == ETOOMANYREFS,
		      "process-coroutine: descriptor %d cannot be sent: %s", parcel.number, strerror(errno));
		if (errno == EAGAIN) {
			coroutine_drained(channel, POLLER_WRITE);
			if (coroutine_await(channel, POLLER_WRITE) < 0)
				coroutine_yield(); /* another task waits for the same */
		} else if (errno == ETOOMANYREFS) {
			coroutine_yield();
		}
	}
}

void descriptors_hand_over(int fd, uint32_t place, uint32_t job)
{
	_Atomic uint32_t *holder = holder_of(fd);

	CHECK(holder && atomic_load(holder) == PLACE_FIRST + 1,
	      "process-coroutine: descriptor %d cannot be handed over: it is not adopted", fd);
	coroutine_disown(fd);
	descriptors.here[fd] = NOT_HERE;
	atomic_store(holder, IN_FLIGHT | (place + 1));
	send_parcel(place, (struct parcel){.kind = PARCEL_GIVEN, .number = fd, .job = job}, fd);
	close(fd);
	words_wake(holder, UINT32_MAX); /* who asked another worker's now waits for one that never comes */
}

void descriptors_forget(int fd)
{
	_Atomic uint32_t *holder = holder_of(fd);
	uint32_t mine = place_here + 1;
	bool lent;

	if (!holder)
		return;
	lent = place_here == PLACE_FIRST && descriptors.here[fd] == LENT;
	descriptors.here[fd] = NOT_HERE;
	if (lent)
		for (uint32_t place = 1; place <= ground->workers; place++)
			send_parcel(place, (struct parcel){.kind = PARCEL_WITHDRAWN, .number = fd}, -1);
	if (atomic_compare_exchange_strong(holder, &mine, 0))
		words_wake(holder, UINT32_MAX);
}

/* The first process's clerks answer requests: a number each. */

static void lend(uint32_t place, int number)
{
	_Atomic uint32_t *holder = holder_of(number);

	if (atomic_load(holder) == PLACE_FIRST + 1) {
		descriptors.here[number] = LENT;
		send_parcel(place, (struct parcel){.kind = PARCEL_LENT, .number = number}, number);
	} else {
		words_wake(holder, UINT32_MAX); /* it has been closed or handed over meanwhile: look again */
	}
}

static void serve_requests(void *argument)
{
	uint32_t place = (uint32_t)(uintptr_t)argument;
	int number;

	while (coroutine_read(descriptors.channels[place].first, &number, sizeof(number)) == sizeof(number))
		lend(place, number);
}

int descriptors_serve(void)
{
	int error = 0;

	for (uint32_t place = 1; place <= ground->workers && error == 0; place++) {
		error = coroutine_adopt(descriptors.channels[place].first);
		if (error == 0)
			error = coroutine_spawn(&descriptors.clerks[place], serve_requests, (void *)(uintptr_t)place);
	}
	return error;
}

void descriptors_stop_serving(void)
{
	for (uint32_t place = 1; place <= ground->workers; place++) {
		shutdown(descriptors.channels[place].first, SHUT_RDWR);
		coroutine_join(descriptors.clerks[place]);
		coroutine_disown(descriptors.channels[place].first);
	}
}

/* A worker receives. */

static void install(const struct parcel *parcel, int fd)
{
	unsigned char *here = &descriptors.here[parcel->number];

	CHECK(*here == PLACEHOLDER || (fcntl(parcel->number, F_GETFD) < 0 && errno == EBADF),
	      "process-coroutine: descriptor %d cannot be received: its worker has opened another one under this "
	      "number; hand over accepted connections only, or adopt it before the first spawn",
	      parcel->number);
	CHECK(dup3(fd, parcel->number, O_CLOEXEC) >= 0 && coroutine_adopt(parcel->number) == 0,
	      "process-coroutine: descriptor %d cannot be received: raise its limit (ulimit -n)", parcel->number);
	*here = parcel->kind == PARCEL_LENT ? LENT : RECEIVED;
}

/* For a task that crashed before it could take it. */
static bool too_late(const struct parcel *parcel)
{
	return parcel->kind == PARCEL_GIVEN && (atomic_load(&ground->jobs[parcel->job].state) & JOB_CRASHED);
}

static void take_in(const struct parcel *parcel, int fd)
{
	_Atomic uint32_t *holder = holder_of(parcel->number);
	unsigned char *here = &descriptors.here[parcel->number];
	bool late = too_late(parcel);

	if (!late && *here != LENT)
		install(parcel, fd);
	close(fd);
	if (parcel->kind == PARCEL_GIVEN) {
		*here = late ? NOT_HERE : RECEIVED;
		atomic_store(holder, late ? 0 : place_here + 1);
	}
	words_wake(holder, UINT32_MAX);
}

static void withdraw(int number)
{
	if (descriptors.here[number] != LENT)
		return;
	descriptors.here[number] = NOT_HERE;
	coroutine_close(number);
}

/* 0: there is none. */
static bool receive_parcel(int channel)
{
	struct parcel parcel;
	struct iovec content = {.iov_base = &parcel, .iov_len = sizeof(parcel)};
	union rights rights;
	struct msghdr message = {.msg_iov = &content,
				 .msg_iovlen = 1,
				 .msg_control = rights.buffer,
				 .msg_controllen = sizeof(rights.buffer)};
	int fd;

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != sizeof(parcel))
		return false;
	if (parcel.kind == PARCEL_WITHDRAWN) {
		withdraw(parcel.number);
		return true;
	}
	CHECK(CMSG_FIRSTHDR(&message) && !(message.msg_flags & MSG_CTRUNC),
	      "process-coroutine: descriptor %d is lost: a process may not have more (ulimit -n)", parcel.number);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	take_in(&parcel, fd);
	return true;
}

static void receive(void *argument)
{
	int channel = descriptors.channels[place_here].worker;

	(void)argument;
	for (;;) {
		coroutine_drained(channel, POLLER_READ); /* before looking: a later parcel is a later edge */
		while (receive_parcel(channel))
			;
		coroutine_await(channel, POLLER_READ);
	}
}

int descriptors_receive(void)
{
	struct task porter; /* ends with the process */
	int error = coroutine_adopt(descriptors.channels[place_here].worker);

	return error < 0 ? error : coroutine_spawn(&porter, receive, NULL);
}

static void request(int number)
{
	int channel = descriptors.channels[place_here].worker;

	ssize_t sent;

	while ((sent = coroutine_write(channel, &number, sizeof(number))) == -EBUSY)
		coroutine_yield(); /* another task waits for room in the channel */
	CHECK(sent == sizeof(number), "process-coroutine: descriptor %d cannot be asked for", number);
}

int descriptors_await(int fd)
{
	_Atomic uint32_t *holder = holder_of(fd);
	bool asked = false;

	if (!holder || place_here == PLACE_FIRST)
		return -EBADF;
	for (uint32_t now; descriptors.here[fd] != RECEIVED && descriptors.here[fd] != LENT;) {
		now = atomic_load(holder);
		if (now == PLACE_FIRST + 1 && !asked) {
			asked = true;
			request(fd);
			continue;
		}
		if (now != PLACE_FIRST + 1 && now != (IN_FLIGHT | (place_here + 1)))
			return -EBADF;
		words_wait(holder, now);
	}
	return 0;
}
