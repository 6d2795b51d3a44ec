/* direct.c: the chat server in the direct dialect, two tasks a member: a listener that reads what the member says and
 * puts it into the room's ring, and a teller that sends the member what has come there. The reference for the others.
 *
 * A listener reads its member's join before the gate: it then knows the room, and starts its teller. Joins are put into
 * the rooms after the gate is open, so that nothing is delivered before play_begin(). */
#include <errno.h>
#include <string.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "../echo/server.h"
#include "room.h"

/* A member's tasks; `heard` and `gone` are what others look at. */
struct member {
	struct server *server;
	struct room *room; /* NULL before it has joined */
	struct task listener, teller;
	int fd;
	bool telling; /* there is a teller */
	struct chat_inbox inbox;
	struct chat_account heard_from; /* the listener's */
	struct chat_account told;       /* the teller's */
	_Atomic uint32_t gone; /* the listener's word that the member has left; release, after which comes news */
	_Atomic uint64_t heard
		__attribute__((aligned(ECHO_LINE))); /* how far the ring was told to it: see await_space() */
} __attribute__((aligned(ECHO_LINE)));

/* `said` is stored by who has the floor, with release, after the bytes; tellers load it with acquire before they send
 * them. `news` changes after each of that, and is what tellers wait with. */
struct room {
	struct chat_ring ring;
	struct semaphore floor; /* one permit: to speak */
	struct member **members;
	uint64_t members_count;
	uint64_t least_heard; /* of all members, as it was last looked for; who has the floor */
	_Atomic uint64_t said __attribute__((aligned(ECHO_LINE)));
	_Atomic uint32_t news;
	_Atomic uint32_t crowded; /* who has the floor waits for space */
	_Atomic uint32_t space;   /* changes when somebody has heard more, and it is crowded */
} __attribute__((aligned(ECHO_LINE)));

/* Everything that the tasks share. The parts behind it lie in the same mapping. */
struct server {
	struct gate gate;
	uint64_t members_count, rooms_count;
	uint64_t size, total; /* bytes a message; messages a room until the end */
	size_t inbox_room;
	uint32_t arrivals;
	_Atomic int shortage; /* why a teller could not be started; relaxed: the gate orders it */
	struct member *members;
	struct room *rooms;
};

/* Speaking. */

static uint64_t least_heard(const struct room *room)
{
	uint64_t least = UINT64_MAX;

	for (uint64_t i = 0; i < room->members_count; i++) {
		const struct member *member = room->members[i]; /* NULL: its join went wrong */
		uint64_t heard = member ? atomic_load(&member->heard) : UINT64_MAX;

		least = heard < least ? heard : least;
	}
	return least;
}

static bool is_taken(const struct room *room, uint64_t said)
{
	return said > room->least_heard && said - room->least_heard >= room->ring.capacity;
}

static bool is_full(struct room *room, uint64_t said)
{
	if (!is_taken(room, said))
		return false;
	room->least_heard = least_heard(room);
	return is_taken(room, said);
}

/* Until the place of message `said` was told to everybody. It says that it waits and then looks again, and a teller
 * writes how far it is and then looks whether somebody waits; all of it is sequentially consistent, so one sees the
 * other. */
static void await_space(struct room *room, uint64_t said)
{
	if (!is_full(room, said))
		return;
	atomic_store(&room->crowded, 1);
	for (;;) {
		uint32_t space = atomic_load(&room->space);

		if (!is_full(room, said))
			break;
		task_wait(&room->space, space);
	}
	atomic_store(&room->crowded, 0);
}

static void spread_news(struct room *room)
{
	atomic_fetch_add(&room->news, 1);
	task_wake(&room->news, UINT32_MAX);
}

/* The message at the beginning of the member's inbox. */
static void speak(struct member *member)
{
	struct room *room = member->room;
	uint64_t said;

	semaphore_acquire(&room->floor);
	said = atomic_load_explicit(&room->said, memory_order_relaxed); /* the floor orders it */
	await_space(room, said);
	memcpy(chat_place(&room->ring, said), member->inbox.buffer, room->ring.size);
	atomic_store_explicit(&room->said, said + 1, memory_order_release);
	semaphore_release(&room->floor);
	spread_news(room);
}

/* Listening. */

/* 1: there is a whole message in the inbox; 0: the member has left; or -errno. */
static ssize_t await_message(struct member *member)
{
	struct chat_inbox *inbox = &member->inbox;

	while (inbox->have < member->server->size) {
		ssize_t got =
			task_read(member->fd, inbox->buffer + inbox->have, member->server->inbox_room - inbox->have);

		if (got < 0)
			return got;
		if (got == 0)
			return inbox->have > 0 ? -EBADMSG : 0;
		inbox->have += (size_t)got;
	}
	return 1;
}

/* All that the member says, the join being in the inbox already. 0 or -errno. */
static int listen_to(struct member *member)
{
	ssize_t next = 1;

	for (; next > 0; next = await_message(member)) {
		member->heard_from.checksum += chat_inbox_word(&member->inbox);
		speak(member);
		chat_inbox_consume(&member->inbox, member->server->size);
	}
	return (int)next;
}

/* Telling. */

static void set_heard(struct member *member, uint64_t heard)
{
	struct room *room = member->room;

	atomic_store(&member->heard, heard);
	if (!atomic_load(&room->crowded))
		return;
	atomic_fetch_add(&room->space, 1);
	task_wake(&room->space, 1);
}

/* Messages [heard, said) as far as they lie together. How many, or -errno. */
static ssize_t tell_some(struct member *member, uint64_t heard, uint64_t said)
{
	const struct chat_ring *ring = &member->room->ring;
	uint64_t count = chat_together(ring, heard, said);
	const char *bytes = chat_place(ring, heard);
	size_t left = count * ring->size;

	while (left > 0) {
		ssize_t sent = task_write(member->fd, bytes, left);

		if (sent < 0)
			return sent;
		bytes += sent;
		left -= (size_t)sent;
	}
	return (ssize_t)count;
}

/* Until everything has been told, or the member has left. 0 or -errno. */
static int tell_all(struct member *member)
{
	struct room *room = member->room;
	uint64_t heard = 0;

	while (heard < member->server->total) {
		uint32_t news = atomic_load(&room->news); /* before `said` and `gone`, which change before it */
		uint64_t said = atomic_load_explicit(&room->said, memory_order_acquire);
		ssize_t told;

		if (heard == said) {
			if (atomic_load(&member->gone))
				return -EPIPE;
			task_wait(&room->news, news);
			continue;
		}
		told = tell_some(member, heard, said);
		if (told < 0)
			return (int)told;
		heard += (uint64_t)told;
		member->told.delivered = heard;
		set_heard(member, heard);
	}
	return 0;
}

static void close_account(struct chat_account *account, int error)
{
	account->tasks = error == 0;
	account->error = -error;
	account->ended_ns = clock_now();
}

static void tell(void *argument)
{
	struct member *member = argument;

	close_account(&member->told, tell_all(member));
	set_heard(member, UINT64_MAX); /* nobody waits for it any more */
}

/* Members come and go. */

/* Reads the join and finds the member's room. 0 or -errno. */
static int join(struct member *member)
{
	struct server *server = member->server;
	ssize_t next = await_message(member);
	uint64_t number = next > 0 ? chat_inbox_word(&member->inbox) >> CHAT_MEMBER_SHIFT : 0;

	if (next <= 0)
		return next < 0 ? (int)next : -EPIPE;
	if (number >= server->members_count)
		return -EBADMSG;
	member->room = &server->rooms[number % server->rooms_count];
	member->room->members[number / server->rooms_count] = member;
	return 0;
}

static int start_teller(struct member *member)
{
	int error = task_spawn(&member->teller, tell, member);

	member->telling = error >= 0;
	if (error < 0)
		atomic_store_explicit(&member->server->shortage, -error, memory_order_relaxed);
	return error;
}

static void leave(struct member *member)
{
	int error = 0;

	if (member->telling && atomic_load(&member->heard) < member->server->total) {
		atomic_store(&member->gone, 1);
		spread_news(member->room);
	}
	if (member->telling)
		error = task_join(member->teller);
	if (error < 0)
		member->told.error = -error;
	task_close(member->fd);
}

static void attend(void *argument)
{
	struct member *member = argument;
	int error = join(member);

	if (error == 0)
		error = start_teller(member);
	gate_pass(&member->server->gate, member->server->arrivals);
	if (error == 0)
		error = listen_to(member);
	close_account(&member->heard_from, error);
	leave(member);
}

/* The server. */

static uint64_t lines(uint64_t bytes)
{
	return (bytes + ECHO_LINE - 1) / ECHO_LINE * ECHO_LINE;
}

/* Where each part lies in the shared mapping, whose pages cost nothing until they are touched. */
struct plan {
	uint64_t members, rooms, rings, lists, inboxes, bytes;
	uint64_t ring_bytes, inbox_bytes;
};

static struct plan plan_of(const struct values *values, uint64_t capacity)
{
	struct plan plan = {.members = lines(sizeof(struct server)),
			    .ring_bytes = lines(capacity * values->value[CHAT_SIZE]),
			    .inbox_bytes = lines(chat_inbox_room(values))};

	plan.rooms = plan.members + values->value[CHAT_MEMBERS] * sizeof(struct member);
	plan.rings = plan.rooms + values->value[CHAT_ROOMS] * sizeof(struct room);
	plan.lists = plan.rings + values->value[CHAT_ROOMS] * plan.ring_bytes;
	plan.inboxes = plan.lists + lines(values->value[CHAT_MEMBERS] * sizeof(struct member *));
	plan.bytes = plan.inboxes + values->value[CHAT_MEMBERS] * plan.inbox_bytes;
	return plan;
}

static void open_room(struct room *room, struct chat_ring ring, struct member **members, uint64_t count)
{
	room->ring = ring;
	room->members = members;
	room->members_count = count;
	semaphore_init(&room->floor, 1);
}

static void open_rooms(struct server *server, const struct values *values, const struct plan *plan, uint64_t capacity)
{
	struct member **lists = (struct member **)((char *)server + plan->lists);
	uint64_t count = chat_room_members(values);

	for (uint64_t i = 0; i < server->rooms_count; i++)
		open_room(&server->rooms[i],
			  (struct chat_ring){.size = server->size,
					     .capacity = capacity,
					     .bytes = (char *)server + plan->rings + i * plan->ring_bytes},
			  lists + i * count, count);
}

static struct server *set_up(struct play *play)
{
	const struct values *values = play_values(play);
	uint64_t capacity = chat_capacity(values);
	struct plan plan = plan_of(values, capacity);
	struct server *server = task_shared(plan.bytes);

	if (!server)
		play_refuse(play, "memory", ENOMEM);
	server->members_count = values->value[CHAT_MEMBERS];
	server->rooms_count = values->value[CHAT_ROOMS];
	server->size = values->value[CHAT_SIZE];
	server->total = chat_room_total(values);
	server->inbox_room = chat_inbox_room(values);
	server->arrivals = (uint32_t)stage_arrivals(play_stage(play), server->members_count);
	server->members = (struct member *)((char *)server + plan.members);
	server->rooms = (struct room *)((char *)server + plan.rooms);
	open_rooms(server, values, &plan, capacity);
	for (uint64_t i = 0; i < server->members_count; i++) {
		server->members[i].server = server;
		server->members[i].inbox.buffer = (char *)server + plan.inboxes + i * plan.inbox_bytes;
	}
	return server;
}

static void accept_all(struct play *play, struct server *server, int listener)
{
	for (uint64_t i = 0; i < server->members_count; i++) {
		struct member *member = &server->members[i];
		int error;

		do
			member->fd = task_accept(listener);
		while (member->fd == -ECONNABORTED); /* given up before it was accepted (accept(2)) */
		echo_accepted(play, member->fd);
		error = task_spawn(&member->listener, attend, member);
		if (error < 0)
			play_refuse_at(play, "tasks", -error, 2 * i);
		task_hand_over(member->fd);
	}
	gate_await(&server->gate, server->arrivals);
	if (atomic_load_explicit(&server->shortage, memory_order_relaxed))
		play_refuse(play, "tasks", server->shortage);
	task_close(listener);
}

static void add_up(struct play *play, struct server *server)
{
	struct chat_sum sum = {0};

	for (uint64_t i = 0; i < server->members_count; i++) {
		struct member *member = &server->members[i];
		int error = task_join(member->listener);

		if (error < 0)
			member->heard_from.error = -error;
		chat_add(&sum, &member->told);
		chat_add(&sum, &member->heard_from);
	}
	chat_conclude(play, &sum);
}

static void chat_main(void *argument)
{
	struct play *play = argument;
	struct server *server = set_up(play);

	accept_all(play, server, echo_listen_for(play, server->members_count, task_adopt));
	play_begin(play);
	gate_open(&server->gate);
	add_up(play, server);
}

const struct direct_body chat_direct = {.spec = &chat_spec, .main = chat_main};
