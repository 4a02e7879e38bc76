#ifndef DOVETAIL_ITIP_H
#define DOVETAIL_ITIP_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Meetings by mail (iTIP, RFC 5546): what a message does to the receiver's
   calendar, and what an answer looks like. Pure: text in, text out. */

#include "dovetail-calendar.h"

/* Whose calendar it is. */
struct itip_self {
	/* All addresses, the first is the one that answers; NULL-terminated */
	const char *const *addresses;
	const char *name;	/* "" */
	/* Minutes, for invitations that bring no reminder; -1: none */
	int default_reminder;
	time_t now;
};
/* aliases: NULL-terminated, or NULL; name NULL: "". Now is the ioloop's. */
void itip_self_init(pool_t pool, const char *address,
		    const char *const *aliases, const char *name,
		    struct itip_self *self_r);

enum itip_action {
	/* Nothing to do: reason says why (for the log) */
	ITIP_NOTHING = 0,
	/* Save text under uid */
	ITIP_PUT,
};

/* Extra of an item that an invitation made: which one that was (itip_identify()) */
#define ITIP_EXTRA_FIRST "itip.first"
/* and which one the calendar last took in; "1" if the user, who had answered, has
   nothing to answer anew */
#define ITIP_EXTRA_LAST "itip.last"
#define ITIP_EXTRA_INFO "itip.info"

struct itip_result {
	enum itip_action action;
	const char *uid;
	const char *text;
	/* The item is new: value of ITIP_EXTRA_FIRST; else NULL */
	const char *first;
	/* A REQUEST about the whole meeting: value of ITIP_EXTRA_LAST; else NULL */
	const char *last;
	bool info;
	const char *reason;
};
/* All extras (names and values, NULL-terminated) of the item after it; old: those it
   has, or NULL. NULL: they stay. */
const char *const *itip_extras(pool_t pool, const char *const *old,
			       const struct itip_result *result);
/* Tells one invitation to a meeting from another: time of writing and times of the
   meeting. Data stack */
const char *itip_identify(const struct cal_object *obj,
			  const struct cal_entry *entry);

/* The message's calendar part, applied to the item of that UID (old NULL: there
   is none). The rules:
   - who is not the item's organiser changes and cancels nothing;
   - an older SEQUENCE, or the same with an older or equal DTSTAMP, is late or a
     copy: nothing (but another time with an equal one is a change, unless it is
     the first or the last one that was taken in: then the guest moved it);
   - REQUEST of an unknown meeting: in the calendar, tentatively. A change of
     time asks again, others leave the answer; reminder, categories and privacy
     are the receiver's own and stay;
   - CANCEL leaves the meeting there, marked, and its time free;
   - REPLY and COUNTER change only what is told of the one who answers.
   0, -1: no calendar data, *error_r. */
int itip_apply(pool_t pool, const struct itip_self *self,
	       const char *text, size_t size,
	       const char *old, size_t old_size, const char *const *old_extras,
	       struct itip_result *result_r, const char **error_r);

/* A guest has given the invitation to others (MS-OXOCAL Meeting Forward
   Notification): they are in the organiser's item, as optional guests who did not
   answer. from, to: bare addresses, to NULL-terminated; original: of the one
   occurrence, 0: all. Nothing if the user is not the organiser, or who says so is
   no guest. 0, -1 */
int itip_forwarded(pool_t pool, const struct itip_self *self, const char *from,
		   const char *const *to, time_t original, const char *old,
		   size_t old_size, struct itip_result *result_r,
		   const char **error_r);
/* How a message of that says it to programs: names of header fields. The first is
   the UID in base64 and the occurrence's original start, seconds since 1970, 0: all;
   the second the addresses, by commas. */
#define ITIP_FORWARD_HEADER "Dovetail-Meeting-Forward"
#define ITIP_FORWARD_TO_HEADER "Dovetail-Meeting-Forward-To"
#define ITIP_FORWARD_MAX 500

enum itip_response {	/* MS-ASCMD 2.2.3.188 UserResponse */
	ITIP_ACCEPT = 1,
	ITIP_TENTATIVE = 2,
	ITIP_DECLINE = 3,
};

struct itip_answer {
	/* The item with the answer in it */
	const char *text;
	/* The REPLY (or COUNTER) for the organiser; NULL: none is to be sent (the
	   user is the organiser, or not invited) */
	const char *reply;
	const char *method;
	/* Bare address and name of the organiser */
	struct cal_person organizer;
	const char *summary;
	/* Of the meeting or occurrence */
	time_t start, end;
};

/* The user answers. original: the one occurrence meant, 0: all. proposed_start,
   proposed_end: another time is proposed (0: none). 1; 0: there is no such
   occurrence, or nothing to answer; -1: not readable, *error_r. */
int itip_respond(pool_t pool, const struct itip_self *self,
		 const char *text, size_t size, const struct zone *local,
		 enum itip_response response, time_t original,
		 time_t proposed_start, time_t proposed_end,
		 struct itip_answer *answer_r, const char **error_r);

/* What the organiser has to tell whom, after an own change. */
struct itip_notice {
	/* REQUEST or CANCEL */
	const char *method;
	const char *text;
	/* Bare addresses, NULL-terminated */
	const char *const *recipients;
	const char *summary;
	time_t start, end;
};
ARRAY_DEFINE_TYPE(itip_notice, struct itip_notice);
/* From the item as it was (NULL: it is new) to what it is (NULL: it is gone).
   Guests that were taken away get a CANCEL, and so do those of an occurrence that
   was taken away (of that one); all get a REQUEST if anything else that they see
   changed. Nothing if the user is not the organiser, or nobody is
   invited. 0, -1 */
int itip_notices(pool_t pool, const struct itip_self *self,
		 const char *old, const char *new_text,
		 const struct zone *local,
		 ARRAY_TYPE(itip_notice) *notices_r, const char **error_r);

bool itip_is_self(const struct itip_self *self, const char *email);

#endif
