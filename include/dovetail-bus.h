/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_BUS_H
#define DOVETAIL_BUS_H

/* The change bus: one FIFO from every mail process to the front.

   A record says that something changed in a mailbox of an owner.  Records are
   hints, never truth: a lost one costs a late wake (the slow poll finds it), a
   false one costs one look.  Records are lines of text, each written by one
   write() below PIPE_BUF, so lines of several writers never mix.  The reader
   resynchronises at the newline.

   Line: fields separated by TAB, each escaped with Dovecot's str_tabescape().
     event:    E1 TAB owner TAB guid TAB events TAB origin TAB pvt_user LF
     control:  C1 TAB command [TAB argument]... LF
     overflow: O1 LF            everybody is woken
   guid: 32 lower-case hex digits; events: hex number; origin: 16 hex digits;
   pvt_user: may be empty.  The digit is the version: a reader skips what it
   does not know.  Fields may be added at the end.

   Writer's duty (see src/ipc/README.md): open the FIFO
   (<base_dir>/DT_BUS_FIFO_NAME) with O_WRONLY | O_NONBLOCK, write, close, once
   for each transaction and after the parent's function returned.  EAGAIN: the
   front does not keep up: forget the record, remember that one was lost, and
   write bus_overflow_append() before the next record.  ENXIO, EPIPE, ENOENT:
   no front: nothing to do.  EACCES: this process may not write: nothing to do,
   the slow poll covers it. */

#include "lib.h"
#include "guid.h"
#include "sha2.h"
#include "str.h"

#define DT_BUS_FIFO_NAME "dovetail-bus"
/* A line with its LF is never longer; longer ones are not written and not
   accepted (owner names longer than this allows cannot be watched). */
#define DT_BUS_MAX_LINE 1024

enum bus_event {
	BUS_EVENT_APPEND	= 0x01, /* a message was saved, copied or moved in */
	BUS_EVENT_FLAGS		= 0x02, /* flags or keywords */
	BUS_EVENT_EXPUNGE	= 0x04,
	BUS_EVENT_ATTRIBUTE	= 0x08, /* an item (calendar, contact, ...) changed */
	BUS_EVENT_HIERARCHY	= 0x10, /* folder created, renamed, deleted */
	BUS_EVENT_ACL		= 0x20, /* rights changed: the owner is the grantee */
	BUS_EVENT_SUBSCRIBE	= 0x40, /* folder subscribed or unsubscribed */
	/* the mailbox changed in a way the writer does not know */
	BUS_EVENT_UNKNOWN	= 0x80,
};
#define BUS_EVENTS_MESSAGES \
	(BUS_EVENT_APPEND | BUS_EVENT_FLAGS | BUS_EVENT_EXPUNGE)
#define BUS_EVENTS_FOLDERS \
	(BUS_EVENT_HIERARCHY | BUS_EVENT_ACL | BUS_EVENT_SUBSCRIBE)
#define BUS_EVENTS_ALL 0xff

struct bus_event_record {
	/* Owner of the mailbox, as its mail_user's username; "" for public
	   namespaces.  For a shared mailbox the owner, not the sharee. */
	const char *owner;
	/* The mailbox's GUID; all zero: the owner's folder hierarchy. */
	guid_128_t guid;
	enum bus_event events;
	/* Who did it: bus_origin(), 0 when no device of ours did. */
	uint64_t origin;
	/* Only this user sees the change (private \Seen of INDEXPVT);
	   NULL or "": everybody. */
	const char *pvt_user;
};

/* Control commands and their arguments. */
#define BUS_CONTROL_FLUSH "flush"	/* [user]: forget cached logins and tokens
					   of the user, or of all */
#define BUS_CONTROL_BLOCK "block"	/* user [device]: as flush, and end held
					   requests of the user (of the device) */
#define BUS_CONTROL_STATUS "status"	/* the front logs its counters */
#define BUS_CONTROL_MAX_ARGS 4

enum bus_record_type {
	BUS_RECORD_EVENT,
	BUS_RECORD_CONTROL,
	BUS_RECORD_OVERFLOW,
	/* a version or type this reader does not know: skip it */
	BUS_RECORD_OTHER,
};

struct bus_record {
	enum bus_record_type type;
	struct bus_event_record event;
	/* control: command and arguments, NULL-terminated */
	const char *control[BUS_CONTROL_MAX_ARGS + 2];
};

/* Name of a device on the bus: 64 bits of SHA-256 over the user as logged in,
   NUL, and the device id in the bytes the client sent.  Never 0. */
static inline uint64_t bus_origin(const char *user, const char *device)
{
	struct sha256_ctx ctx;
	unsigned char digest[SHA256_RESULTLEN];
	uint64_t origin = 0;

	sha256_init(&ctx);
	sha256_loop(&ctx, user, strlen(user) + 1);
	sha256_loop(&ctx, device, strlen(device));
	sha256_result(&ctx, digest);
	for (unsigned int i = 0; i < sizeof(origin); i++)
		origin = (origin << 8) | digest[i];
	return origin == 0 ? 1 : origin;
}

/* Append a line, ready for one write().  FALSE and nothing appended if it
   would be longer than DT_BUS_MAX_LINE. */
bool bus_event_append(string_t *dest, const struct bus_event_record *event);
/* command_args: NULL-terminated, the command first. */
bool bus_control_append(string_t *dest, const char *const *command_args);
void bus_overflow_append(string_t *dest);

/* Parse one line without its LF.  The strings are on the data stack.
   Returns 0, or -1 with a reason (garbage, a torn line). */
int bus_record_parse(const unsigned char *line, size_t size,
		     struct bus_record *record_r, const char **error_r);

#endif
