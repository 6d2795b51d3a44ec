/* callback.c: the chat server in the callback dialect. A member is two chains of functions: one reads what it says and
 * puts it into the room's ring, the other writes to it what has come there. The exchange and its order in time are
 * those of direct.c: who was idle is told later, together with all that has come until then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "../echo/server.h"
#include "room.h"

struct member {
	struct callback_request listening, telling;
	struct server *server;
	struct room *room;   /* NULL before it has joined */
	struct member *next; /* behind this one, of those who wait to speak */
	int fd;
	bool gone;      /* it has left: nothing is read any more */
	bool told;      /* nothing is written any more */
	bool idle;      /* nothing is being written, and nobody has asked for it */
	uint64_t heard; /* messages; UINT64_MAX once it is told no more */
	uint64_t count; /* of the messages that are being written */
	size_t left;    /* of their bytes */
	struct chat_inbox inbox;
	struct chat_account listened, telling_account;
};

struct room {
	struct chat_ring ring;
	struct member **members;
	uint64_t members_count, said;
	uint64_t least_heard;         /* of all members, as it was last looked for */
	struct member *first, **last; /* who wait to speak until there is space in the ring */
};

struct server {
	struct callback_request request; /* the listener's */
	struct play *play;
	int listener;
	uint64_t members_count, rooms_count, size, total;
	size_t inbox_room;
	uint64_t accepted, arrived, ended; /* members */
	struct member *members;
	struct room *rooms;
	struct member **lists; /* of all rooms' members */
	char *bytes;           /* of the rings, and then of the inboxes */
};

static void close_account(struct chat_account *account, int error)
{
	account->tasks = error == 0;
	account->error = -error;
	account->ended_ns = clock_now();
}

static void add_up(const struct server *server)
{
	struct chat_sum sum = {0};

	for (uint64_t i = 0; i < server->members_count; i++) {
		chat_add(&sum, &server->members[i].telling_account);
		chat_add(&sum, &server->members[i].listened);
	}
	chat_conclude(server->play, &sum);
}

static void end_if_done(struct member *member)
{
	if (!member->gone || !member->told)
		return;
	callback_close(member->fd);
	if (++member->server->ended == member->server->members_count)
		add_up(member->server);
}

/* Telling. */

static void take_what_was_said(struct callback_request *request);

static void end_telling(struct member *member, int error)
{
	close_account(&member->telling_account, error);
	member->told = true;
	member->heard = UINT64_MAX;
	end_if_done(member);
}

/* Those who wait to speak try again. */
static void announce_space(struct room *room)
{
	struct member *member = room->first;

	room->first = NULL;
	room->last = &room->first;
	while (member) {
		struct member *next = member->next;

		callback_soon(&member->listening, take_what_was_said);
		member = next;
	}
}

static void written(struct callback_request *request);

static void write_some(struct member *member)
{
	const struct chat_ring *ring = &member->room->ring;
	const char *end = chat_place(ring, member->heard) + member->count * ring->size;

	callback_write(&member->telling, member->fd, end - member->left, member->left, written);
}

/* What has come since it was last told something. */
static void tell(struct callback_request *request)
{
	struct member *member = callback_owner(request, struct member, telling);
	struct room *room = member->room;

	if (member->heard < room->said) {
		member->count = chat_together(&room->ring, member->heard, room->said);
		member->left = member->count * room->ring.size;
		write_some(member);
	} else if (member->heard == member->server->total || member->gone) {
		end_telling(member, member->heard == member->server->total ? 0 : -EPIPE);
	} else {
		member->idle = true;
	}
}

static void written(struct callback_request *request)
{
	struct member *member = callback_owner(request, struct member, telling);

	if (request->result < 0) {
		end_telling(member, (int)request->result);
		announce_space(member->room);
		return;
	}
	member->left -= (size_t)request->result;
	if (member->left > 0) {
		write_some(member);
		return;
	}
	member->heard += member->count;
	member->telling_account.delivered += member->count;
	announce_space(member->room);
	tell(request);
}

static void tell_soon(struct member *member)
{
	if (!member->idle)
		return;
	member->idle = false;
	callback_soon(&member->telling, tell);
}

/* Speaking. */

static uint64_t least_heard(const struct room *room)
{
	uint64_t least = UINT64_MAX;

	for (uint64_t i = 0; i < room->members_count; i++) {
		uint64_t heard = room->members[i] ? room->members[i]->heard : UINT64_MAX;

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
	member->listened.checksum += chat_inbox_word(&member->inbox);
	chat_inbox_consume(&member->inbox, room->ring.size);
	for (uint64_t i = 0; i < room->members_count; i++)
		if (room->members[i])
			tell_soon(room->members[i]);
}

/* Listening. */

static bool has_message(const struct member *member)
{
	return member->inbox.have >= member->server->size;
}

static void end_listening(struct member *member, int error)
{
	close_account(&member->listened, error);
	member->gone = true;
	if (!member->room)
		member->told = true; /* it was never told anything */
	tell_soon(member);
	end_if_done(member);
}

static void await_space(struct member *member)
{
	struct room *room = member->room;

	member->next = NULL;
	*room->last = member;
	room->last = &member->next;
}

static void listen_on(struct member *member, callback_function *next)
{
	callback_read(&member->listening, member->fd, member->inbox.buffer + member->inbox.have,
		      member->server->inbox_room - member->inbox.have, next);
}

/* 0, or why nothing more comes: 1 the end, or -errno. */
static int take_bytes(struct member *member, ssize_t got)
{
	if (got > 0)
		member->inbox.have += (size_t)got;
	if (got == 0)
		return member->inbox.have > 0 ? -EBADMSG : 1;
	return got < 0 ? (int)got : 0;
}

static void heard_something(struct callback_request *request)
{
	struct member *member = callback_owner(request, struct member, listening);
	int end = take_bytes(member, request->result);

	if (end)
		end_listening(member, end < 0 ? end : 0);
	else
		take_what_was_said(request);
}

static void take_what_was_said(struct callback_request *request)
{
	struct member *member = callback_owner(request, struct member, listening);

	while (has_message(member)) {
		if (is_full(member->room)) {
			await_space(member);
			return;
		}
		speak(member);
	}
	listen_on(member, heard_something);
}

/* Members come. */

/* The last of all members begins the play for all; joins are said after that. */
static void arrive(struct server *server)
{
	if (++server->arrived < server->members_count)
		return;
	play_begin(server->play);
	for (uint64_t i = 0; i < server->members_count; i++)
		if (server->members[i].room)
			callback_soon(&server->members[i].listening, take_what_was_said);
}

/* By its first message, which is there. 0 or -errno. */
static int join(struct member *member)
{
	struct server *server = member->server;
	uint64_t number = chat_inbox_word(&member->inbox) >> CHAT_MEMBER_SHIFT;

	if (number >= server->members_count)
		return -EBADMSG;
	member->room = &server->rooms[number % server->rooms_count];
	member->room->members[number / server->rooms_count] = member;
	member->idle = true;
	return 0;
}

static void heard_join(struct callback_request *request)
{
	struct member *member = callback_owner(request, struct member, listening);
	int end = take_bytes(member, request->result);

	if (!end && !has_message(member)) {
		listen_on(member, heard_join);
		return;
	}
	if (!end)
		end = join(member);
	if (end)
		end_listening(member, end < 0 ? end : -EPIPE);
	arrive(member->server);
}

static void accepted(struct callback_request *request)
{
	struct server *server = callback_owner(request, struct server, request);
	struct member *member = &server->members[server->accepted];

	if (request->result != -ECONNABORTED) { /* given up before it was accepted (accept(2)) */
		echo_accepted(server->play, (int)request->result);
		member->fd = (int)request->result;
		server->accepted++;
		listen_on(member, heard_join);
	}
	if (server->accepted < server->members_count)
		callback_accept(request, server->listener, accepted);
	else
		callback_close(server->listener);
}

static void open_server(void *argument)
{
	struct server *server = argument;

	server->listener = echo_listen_for(server->play, server->members_count, callback_adopt);
	callback_accept(&server->request, server->listener, accepted);
}

static void set_up(struct server *server, const struct values *values)
{
	uint64_t count = chat_room_members(values), capacity = chat_capacity(values);
	char *bytes = server->bytes;

	for (uint64_t i = 0; i < server->rooms_count; i++, bytes += capacity * server->size) {
		server->rooms[i] = (struct room){
			.ring = {.size = server->size, .capacity = capacity, .bytes = bytes},
			.members = server->lists + i * count,
			.members_count = count,
		};
		server->rooms[i].last = &server->rooms[i].first;
	}
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
	error = callback_run(open_server, &server);
	free(server.members);
	free(server.rooms);
	free(server.lists);
	free(server.bytes);
	return error;
}

const struct callback_body chat_callback = {.spec = &chat_spec, .run = run};
