/* async.c: the chat server in the async dialect, two tasks a member. The exchange and its order in time are those of
 * direct.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "../echo/server.h"
#include "room.h"

struct member;

/* The frame of the task that tells a member what was said. */
struct teller {
	struct async async;
	struct member *member;
	uint64_t heard;     /* messages; UINT64_MAX once it has ended: nobody waits for it any more */
	uint64_t count;     /* of the messages in hand, which lie together */
	size_t sent, bytes; /* of these */
	struct chat_account account;
};

/* A member, and the frame of the task that listens to it. */
struct member {
	struct async async;
	struct server *server;
	struct room *room; /* NULL before it has joined */
	int fd;
	int got;   /* what the last read brought */
	bool gone; /* it has left */
	struct chat_inbox inbox;
	struct chat_account account;
	struct teller teller;
};

struct room {
	struct chat_ring ring;
	struct member **members;
	uint64_t members_count, said;
	uint64_t least_heard;     /* of all members, as it was last looked for */
	struct async_event news;  /* tellers wait for it */
	struct async_event space; /* listeners do, where a member is far behind */
};

/* What the tasks share, and the frame of the first one. */
struct server {
	struct async async;
	struct play *play;
	struct async_gate gate;
	int listener;
	uint64_t members_count, rooms_count, size, total;
	size_t inbox_room;
	uint64_t accepted, joined; /* members, in their order */
	struct member *members;
	struct room *rooms;
	struct member **lists; /* of all rooms' members */
	char *bytes;           /* of the rings, and then of the inboxes */
};

/* Speaking. */

static uint64_t least_heard(const struct room *room)
{
	uint64_t least = UINT64_MAX;

	for (uint64_t i = 0; i < room->members_count; i++) {
		uint64_t heard = room->members[i] ? room->members[i]->teller.heard : UINT64_MAX;

		least = heard < least ? heard : least;
	}
	return least;
}

static bool is_taken(const struct room *room)
{
	return room->said > room->least_heard && room->said - room->least_heard >= room->ring.capacity;
}

static bool is_full(struct room *room)
{
	if (!is_taken(room))
		return false;
	room->least_heard = least_heard(room);
	return is_taken(room);
}

/* The message at the beginning of the member's inbox; there is space for it. */
static void speak(struct member *member)
{
	struct room *room = member->room;

	memcpy(chat_place(&room->ring, room->said), member->inbox.buffer, room->ring.size);
	room->said++;
	member->account.checksum += chat_inbox_word(&member->inbox);
	chat_inbox_consume(&member->inbox, room->ring.size);
	async_wake(&room->news, UINT32_MAX);
}

static void close_account(struct chat_account *account, int error)
{
	account->tasks = error == 0;
	account->error = -error;
	account->ended_ns = clock_now();
}

/* Telling. */

static void set_heard(struct teller *teller, uint64_t heard)
{
	teller->heard = heard;
	async_wake(&teller->member->room->space, UINT32_MAX);
}

/* What there is, as far as it lies together; there is something. */
static void take_in_hand(struct teller *teller)
{
	const struct room *room = teller->member->room;

	teller->count = chat_together(&room->ring, teller->heard, room->said);
	teller->bytes = teller->count * room->ring.size;
}

static enum async_state tell(struct async *self)
{
	struct teller *teller = (struct teller *)self;
	struct member *member = teller->member;
	struct room *room = member->room;

	ASYNC_BEGIN;
	while (teller->heard < member->server->total) {
		if (teller->heard == room->said && member->gone)
			break;
		if (teller->heard == room->said) {
			AWAIT(async_wait(self, &room->news));
			continue;
		}
		take_in_hand(teller);
		for (teller->sent = 0; teller->sent < teller->bytes; teller->sent += (size_t)async_result(self)) {
			AWAIT(async_write(self, member->fd, chat_place(&room->ring, teller->heard) + teller->sent,
					  teller->bytes - teller->sent));
			if (async_result(self) < 0) {
				close_account(&teller->account, async_result(self));
				set_heard(teller, UINT64_MAX);
				return ASYNC_DONE;
			}
		}
		teller->account.delivered += teller->count;
		set_heard(teller, teller->heard + teller->count);
	}
	close_account(&teller->account, teller->heard == member->server->total ? 0 : -EPIPE);
	set_heard(teller, UINT64_MAX);
	ASYNC_END;
}

/* Listening. */

static bool has_message(const struct member *member)
{
	return member->inbox.have >= member->server->size;
}

static void take_bytes(struct member *member, int got)
{
	member->got = got;
	if (got > 0)
		member->inbox.have += (size_t)got;
	else if (got == 0 && member->inbox.have > 0)
		member->got = -EBADMSG;
}

/* Finds the member's room by its first message. False: it has none, and got says why. */
static bool join(struct member *member)
{
	struct server *server = member->server;
	uint64_t number = has_message(member) ? chat_inbox_word(&member->inbox) >> CHAT_MEMBER_SHIFT : UINT64_MAX;

	if (number >= server->members_count) {
		member->got = member->got < 0 ? member->got : -EBADMSG;
		return false;
	}
	member->room = &server->rooms[number % server->rooms_count];
	member->room->members[number / server->rooms_count] = member;
	member->teller.member = member;
	async_spawn(&member->teller.async, tell);
	return true;
}

static enum async_state attend(struct async *self)
{
	struct member *member = (struct member *)self;
	struct server *server = member->server;

	ASYNC_BEGIN;
	do {
		AWAIT(async_read(self, member->fd, member->inbox.buffer + member->inbox.have,
				 server->inbox_room - member->inbox.have));
		take_bytes(member, async_result(self));
	} while (member->got > 0 && !has_message(member));
	join(member);
	AWAIT(async_gate_pass(self, &server->gate, (uint32_t)server->members_count));
	while (member->got > 0) {
		while (has_message(member)) {
			while (is_full(member->room))
				AWAIT(async_wait(self, &member->room->space));
			speak(member);
		}
		AWAIT(async_read(self, member->fd, member->inbox.buffer + member->inbox.have,
				 server->inbox_room - member->inbox.have));
		take_bytes(member, async_result(self));
	}
	close_account(&member->account, member->got);
	member->gone = true;
	if (member->room) {
		async_wake(&member->room->news, UINT32_MAX);
		AWAIT(async_join(self, &member->teller.async));
	}
	async_close(member->fd);
	ASYNC_END;
}

/* The server. */

/* Takes what async_accept() brought; a connection that its client gave up before it was accepted is not one. */
static void take_member(struct server *server, int fd)
{
	struct member *member = &server->members[server->accepted];

	if (fd == -ECONNABORTED)
		return;
	echo_accepted(server->play, fd);
	member->fd = fd;
	async_spawn(&member->async, attend);
	server->accepted++;
}

static void add_up(const struct server *server)
{
	struct chat_sum sum = {0};

	for (uint64_t i = 0; i < server->members_count; i++) {
		chat_add(&sum, &server->members[i].teller.account);
		chat_add(&sum, &server->members[i].account);
	}
	chat_conclude(server->play, &sum);
}

static enum async_state serve_all(struct async *self)
{
	struct server *server = (struct server *)self;

	ASYNC_BEGIN;
	server->listener = echo_listen_for(server->play, server->members_count, async_adopt);
	while (server->accepted < server->members_count) {
		AWAIT(async_accept(self, server->listener));
		take_member(server, async_result(self));
	}
	AWAIT(async_gate_await(self, &server->gate, (uint32_t)server->members_count));
	async_close(server->listener);
	play_begin(server->play);
	async_gate_open(&server->gate);
	for (; server->joined < server->members_count; server->joined++)
		AWAIT(async_join(self, &server->members[server->joined].async));
	add_up(server);
	ASYNC_END;
}

static void set_up(struct server *server, const struct values *values)
{
	uint64_t count = chat_room_members(values), capacity = chat_capacity(values);
	char *bytes = server->bytes;

	for (uint64_t i = 0; i < server->rooms_count; i++, bytes += capacity * server->size)
		server->rooms[i] = (struct room){
			.ring = {.size = server->size, .capacity = capacity, .bytes = bytes},
			.members = server->lists + i * count,
			.members_count = count,
		};
	for (uint64_t i = 0; i < server->members_count; i++, bytes += server->inbox_room) {
		server->members[i].server = server;
		server->members[i].inbox.buffer = bytes;
	}
}

static int run(struct play *play)
{
	const struct values *values = play_values(play);
	struct server server = {
		.play = play,
		.members_count = values->value[CHAT_MEMBERS],
		.rooms_count = values->value[CHAT_ROOMS],
		.size = values->value[CHAT_SIZE],
		.total = chat_room_total(values),
		.inbox_room = chat_inbox_room(values),
		.members = calloc(values->value[CHAT_MEMBERS], sizeof(struct member)),
		.rooms = calloc(values->value[CHAT_ROOMS], sizeof(struct room)),
		.lists = calloc(values->value[CHAT_MEMBERS], sizeof(struct member *)),
		.bytes = calloc(1, values->value[CHAT_ROOMS] * chat_capacity(values) * values->value[CHAT_SIZE] +
					   values->value[CHAT_MEMBERS] * chat_inbox_room(values)),
	};
	int error;

	if (!server.members || !server.rooms || !server.lists || !server.bytes)
		play_refuse(play, "memory", ENOMEM);
	set_up(&server, values);
	error = async_run(&server.async, serve_all);
	free(server.members);
	free(server.rooms);
	free(server.lists);
	free(server.bytes);
	return error;
}

const struct async_body chat_async = {.spec = &chat_spec, .run = run};
