#ifndef DOVETAIL_CALENDAR_H
#define DOVETAIL_CALENDAR_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Appointments, tasks and notes: one model between iCalendar (RFC 5545, through
   libical) and the protocols (MS-ASCAL, MS-ASTASK, MS-ASNOTE; MS-OXOCAL and others
   later). No I/O, no storage.

   The text is the truth. cal_write() puts the model back into the text it came
   from: properties, parameters and components that the model does not hold stay
   as they were.

   Memory: everything of a cal_object is in the pool given at parsing; strings
   are UTF-8, never NULL where "" is said. */

#include "array.h"
#include "dovetail-zone.h"

enum cal_kind {
	CAL_EVENT,	/* VEVENT */
	CAL_TASK,	/* VTODO */
	CAL_NOTE,	/* VJOURNAL */
};

enum cal_time_form {
	CAL_TIME_NONE = 0,	/* there is none */
	CAL_TIME_DATE,		/* VALUE=DATE */
	CAL_TIME_UTC,
	CAL_TIME_ZONE,		/* with TZID */
	CAL_TIME_FLOATING,	/* wall clock of whoever looks */
};

struct cal_time {
	enum cal_time_form form;
	struct zone_wall wall;
	/* of CAL_TIME_ZONE; else NULL */
	const struct zone *zone;
};
ARRAY_DEFINE_TYPE(cal_time, struct cal_time);

/* Instant; dates and floating times are taken in `local` (NULL: UTC). NONE: 0. */
time_t cal_time_utc(const struct cal_time *time, const struct zone *local);
void cal_time_set_utc(struct cal_time *time_r, time_t utc);
/* The instant as wall clock of a zone (NULL or UTC: CAL_TIME_UTC). */
void cal_time_set_zone(struct cal_time *time_r, time_t utc,
		       const struct zone *zone);
void cal_time_set_date(struct cal_time *time_r, int year,
		       unsigned int month, unsigned int day);

enum cal_busy {	/* MS-ASCAL 2.2.2.10 BusyStatus; order of MS-OXOCAL */
	CAL_BUSY_FREE = 0,
	CAL_BUSY_TENTATIVE = 1,
	CAL_BUSY_BUSY = 2,
	CAL_BUSY_OOF = 3,
	CAL_BUSY_ELSEWHERE = 4,
};

enum cal_sensitivity {	/* CLASS */
	CAL_NORMAL = 0,
	CAL_PERSONAL = 1,
	CAL_PRIVATE = 2,
	CAL_CONFIDENTIAL = 3,
};

enum cal_partstat {
	CAL_PARTSTAT_NEEDS_ACTION = 0,
	CAL_PARTSTAT_ACCEPTED,
	CAL_PARTSTAT_DECLINED,
	CAL_PARTSTAT_TENTATIVE,
	CAL_PARTSTAT_DELEGATED,
};

enum cal_role {
	CAL_ROLE_REQUIRED = 0,
	CAL_ROLE_OPTIONAL,
	CAL_ROLE_RESOURCE,	/* CUTYPE=RESOURCE, ROOM; ROLE=NON-PARTICIPANT */
	CAL_ROLE_CHAIR,
};

struct cal_person {
	/* bare address, "" if the URI is no mailto: */
	const char *email;
	/* CN, "" */
	const char *name;
};

struct cal_attendee {
	struct cal_person person;
	enum cal_partstat partstat;
	enum cal_role role;
	bool rsvp;
	/* When the answer was given; 0: not known */
	time_t replied;
	/* A counter-proposal that came with the answer; NONE */
	struct cal_time proposed_start, proposed_end;
};

enum cal_freq {
	CAL_FREQ_NONE = 0,
	CAL_FREQ_DAILY,
	CAL_FREQ_WEEKLY,
	CAL_FREQ_MONTHLY,
	CAL_FREQ_YEARLY,
	/* a rule that the fields below cannot say (BYSETPOS with several,
	   SECONDLY, ...): shown as single occurrences or not at all; kept */
	CAL_FREQ_OTHER,
};

struct cal_rule {
	enum cal_freq freq;
	unsigned int interval;		/* 1.. */
	unsigned int count;		/* 0: not by count */
	/* Last possible start, NONE: for ever (or by count) */
	struct cal_time until;
	/* bit 0 Sunday .. bit 6 Saturday; 0: day of start */
	unsigned int days;
	/* 1..4, 5 = last: nth of `days` in the month (monthly, yearly); 0: none.
	   With several days set: nth such day (BYSETPOS). */
	unsigned int week;
	/* 1..31, 0: none; -1: last day of the month */
	int month_day;
	/* Months that are too short have it on their last day, as Outlook means it;
	   FALSE: they have none, as RFC 5545 means it */
	bool clamp;
	unsigned int month;		/* yearly: 1..12 (13 in a leap year of some) */
	unsigned int week_start;	/* 0 Sunday .. 6 */
	/* Non-Gregorian calendar of MS-ASCAL CalendarType, IsLeapMonth; 0: default */
	unsigned int calendar_type;
	bool leap_month;
	/* Tasks (MS-ASTASK Regenerate, DeadOccur) */
	bool regenerate, dead_occur;
	/* CAL_FREQ_OTHER: the RRULE's text; else NULL */
	const char *other;
};

struct cal_attachment {
	/* File name, "" */
	const char *name;
	/* MIME type, "" */
	const char *type;
	/* Inline: decoded bytes. NULL: it is a link (uri) */
	const unsigned char *data;
	size_t size;
	/* Link, or NULL. Never fetched (D10). */
	const char *uri;
	/* Content-ID of inline ones, or NULL */
	const char *content_id;
	/* Small number, stays while the item lives: part of FileReference */
	unsigned int id;
};

/* MS-ASAIRS 2.2.2.28 Location; all "" or NAN when not given */
struct cal_place {
	const char *annotation, *street, *city, *state, *country, *postal_code;
	const char *uri;
	double latitude, longitude, accuracy, altitude, altitude_accuracy;
	bool set;
};

/* A VEVENT, VTODO or VJOURNAL: the series itself, or one occurrence of it. */
struct cal_entry {
	/* Of an exception: original start of the occurrence, in the form that
	   the series' start has; else NONE */
	struct cal_time recurrence_id;
	/* RANGE=THISANDFUTURE: kept, expanded */
	bool this_and_future;

	const char *summary, *location, *description;
	/* HTML body (X-ALT-DESC;FMTTYPE=text/html), NULL: none */
	const char *html;
	struct cal_place place;
	/* Events: end is exclusive and always set after parsing (DTEND, DURATION,
	   or what RFC 5545 3.6.1 says). Tasks: start, due. */
	struct cal_time start, end;
	bool all_day;
	time_t stamp, created, modified;
	unsigned int sequence;
	enum cal_busy busy;
	/* What the organiser means it to be (X-MICROSOFT-CDO-INTENDEDSTATUS, of
	   invitations): an enum cal_busy; -1: not said */
	int intended;
	enum cal_sensitivity sensitivity;
	bool cancelled;		/* STATUS:CANCELLED */
	bool tentative;		/* STATUS:TENTATIVE */
	ARRAY_TYPE(const_string) categories;
	/* Display alarm: minutes before start; -1: none. Other alarms are kept. */
	int reminder;
	/* Tasks: absolute time of the alarm; 0: none */
	time_t reminder_time;

	struct cal_person organizer;	/* email "": none */
	ARRAY(struct cal_attendee) attendees;
	/* The organiser wants answers (RSVP of any; X-MICROSOFT-RSVP) */
	bool response_requested;
	/* X-MICROSOFT-DISALLOW-COUNTER */
	bool no_proposals;
	const char *online_link, *online_external_link;	/* NULL: none */
	ARRAY(struct cal_attachment) attachments;
	const char *url;	/* NULL */

	/* tasks */
	time_t completed;	/* 0: not */
	bool done;		/* STATUS:COMPLETED */
	unsigned int percent;
	unsigned int priority;	/* 0 none, 1 high .. 9 low */
};
ARRAY_DEFINE_TYPE(cal_entry, struct cal_entry);

struct cal_object {
	enum cal_kind kind;
	const char *uid;
	/* METHOD of an iTIP message, upper case; NULL: none */
	const char *method;
	struct cal_entry master;
	/* FALSE: only exceptions are there (an invitation to one occurrence) */
	bool have_master;
	struct cal_rule rule;
	/* Deleted occurrences: their original starts, form as master.start */
	ARRAY_TYPE(cal_time) deleted;
	/* Added ones (RDATE) */
	ARRAY_TYPE(cal_time) added;
	/* after parsing: in order of recurrence_id */
	ARRAY_TYPE(cal_entry) exceptions;
	/* Zone of the series: that of master.start, or of the calendar; NULL: none */
	const struct zone *zone;
};

/* One calendar object (all components of one UID; the first UID counts).
   0, -1: no calendar data that could be shown: *error_r. Broken parts are left
   out, and named in warnings_r (may be NULL; NULL: none). */
int cal_parse(pool_t pool, const char *text, size_t size,
	      struct cal_object **obj_r, const char **warnings_r,
	      const char **error_r);
/* An empty one, to be filled. */
struct cal_object *cal_object_new(pool_t pool, enum cal_kind kind,
				  const char *uid);
/* VCALENDAR text with CRLF. previous: the text the object was parsed from, NULL
   for a new one; what the model does not hold is taken over from it. Zones used
   are written as VTIMEZONE. */
const char *cal_write(pool_t pool, const struct cal_object *obj,
		      const char *previous);
/* As an iTIP message (RFC 5546): METHOD set, only what that method sends.
   attendee: of REPLY and COUNTER, who answers; only: NULL, or the one occurrence
   that is told. */
const char *cal_write_itip(pool_t pool, const struct cal_object *obj,
			   const char *previous, const char *method,
			   const char *attendee, const struct cal_time *only);

/* Many objects in one stream (import): calls back for each UID with its own
   VCALENDAR text (zones included); items without UID get one made of a hash of
   their text. Returns 0, -1: no calendar; callback: -1 stops. */
typedef int cal_split_t(void *context, const char *uid, const char *text,
			const char *error);
int cal_split(const char *text, size_t size, cal_split_t *callback,
	      void *context, const char **error_r);

/* --- occurrences ---------------------------------------------------------------- */

struct cal_instance {
	time_t start, end;
	/* Original start of the occurrence (equal to start if it was not moved) */
	time_t original;
	/* The series or the exception */
	const struct cal_entry *entry;
};
ARRAY_DEFINE_TYPE(cal_instance, struct cal_instance);
/* Occurrences that touch [from, to), in order of start, at most max. Bounded work
   whatever the rule is (at most some 10,000 steps; absurd rules end there).
   local: zone of dates and floating times. Returns 0; 1: there were more. */
int cal_expand(const struct cal_object *obj, const struct zone *local,
	       time_t from, time_t to, unsigned int max, pool_t pool,
	       ARRAY_TYPE(cal_instance) *instances_r);
/* Whole range: first start, last end (INT64_MAX when it never ends). */
void cal_bounds(const struct cal_object *obj, const struct zone *local,
		int64_t *first_r, int64_t *last_r);
/* Is this original start an occurrence of the series (deleted or not)? */
bool cal_is_occurrence(const struct cal_object *obj, const struct zone *local,
		       time_t original);
/* The entry of an occurrence: its exception, or the series'. NULL: no such
   occurrence, or deleted. */
const struct cal_entry *
cal_occurrence(const struct cal_object *obj, const struct zone *local,
	       time_t original);
/* The exception of this occurrence, made as a copy of the series if missing. */
struct cal_entry *cal_exception_need(pool_t pool, struct cal_object *obj,
				     const struct zone *local, time_t original);

/* --- identity (MS-OXCICAL 2.1.3.1.1.20.26, MS-OXOCAL 2.2.1.27) -------------------- */

/* GlobalObjectId of a UID and back: UIDs that are hex of one are that one, others
   are wrapped ("vCal-Uid"). cal_goid_to_uid: data stack. */
void cal_uid_to_goid(const char *uid, buffer_t *goid_r);
const char *cal_goid_to_uid(const unsigned char *goid, size_t size);

/* Words for search, "summary" for sorting: see store_item_search() */
void cal_index_text(const struct cal_object *obj, string_t *words_r,
		    const char **sort_r);

#endif
