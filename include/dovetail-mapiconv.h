#ifndef DOVETAIL_MAPICONV_H
#define DOVETAIL_MAPICONV_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* src/mapiconv: what standards hold (MIME, iCalendar, vCard) as MAPI properties,
   recipients and attachments, and back (MS-OXCMAIL, MS-OXCICAL, MS-OXVCARD; MS-OXOCAL,
   MS-OXOCNTC, MS-OXOTASK, MS-OXONOTE, MS-OXOJRNL, MS-OXOMSG, MS-OXBBODY).  Pure: no
   I/O but the streams given, no storage.

   Readers are deterministic: the same text gives the same properties (times of
   reading are in struct mapiconv).

   Writers are given the whole message as it is to be, and the text it was before.
   They read that text themselves, and change only what differs: all else stays byte
   for byte.

   What no standard says is the caller's to keep (D7 of the design):
     extras = what of the message is not in what is read from the new text
   with mapiconv_extras(), and to put back on what is read with mapiconv_overlay().

   Identity and storage are the caller's as well: no reader gives PidTagMid, EntryId,
   SourceKey, ChangeKey, InstanceKey, ParentEntryId, Access, ObjectType and their kin.
   Bodies are not in the bag of a mail that was read, but asked for one by one; of
   items they are.

   Pools and bags given are none of the data stack.  What mapiconv_mail_read() gave is
   closed with mapi_message_close(). */

#include "dovetail-mapi-message.h"
#include "dovetail-mapi-props.h"
#include "dovetail-mime.h"
#include "dovetail-zone.h"

/* Somebody of the Directory. */
struct mapiconv_person {
	const char *name;	/* display name */
	const char *smtp;
	const char *dn;		/* X500 DN, PidTagEmailAddress of type EX */
	unsigned int display_type;
};

/* Surroundings; zero is valid: nobody is known, UTC. */
struct mapiconv {
	/* Names that are not static (headers as named properties). NULL: such
	   properties are left out. Context of both. */
	mapi_id_of_name_t *id_of_name;
	mapi_name_of_id_t *name_of_id;
	void *names_context;
	/* By bare address, or by DN (which begins with a slash). FALSE: a
	   stranger, who gets a one-off entry id. May be NULL. */
	bool (*person)(void *context, const char *address,
		       struct mapiconv_person *person_r);
	void *person_context;
	/* Whose mailbox it is; NULL: not known */
	const char *owner_smtp, *owner_name;
	/* Of floating times and all-day events; NULL: UTC */
	const struct zone *zone;
	time_t now;
	/* For Message-IDs; NULL: localhost */
	const char *hostname;
	struct mime_converter *mime;
};

/* --- mail ------------------------------------------------------------------------- */

struct mapiconv_mail {
	struct mime_message *mime;
	time_t received;
	uoff_t size;
	/* \Seen, \Answered, $Forwarded, \Flagged, \Draft, $MDNSent */
	bool seen, answered, forwarded, flagged, draft, mdn_sent;
	/* store_conversation_id(); NULL: what the headers say */
	const unsigned char *conversation_id;
};

/* What tables show: from headers and structure alone.  tags: what is wanted (ids
   matter, not types); NULL: all there is of this kind.  Sets into the bag what the
   mail has of it.  0, -1 unreadable. */
int mapiconv_mail_list(const struct mapiconv *conv,
		       const struct mapiconv_mail *mail,
		       const mapi_tag_t *tags, unsigned int tags_count,
		       struct mapi_bag *bag, const char **error_r);
/* Whether mapiconv_mail_list() knows it. */
bool mapiconv_mail_lists(mapi_tag_t tag);
/* All but bodies and contents; reports and meetings too.  mail->mime has to live as
   long as the message's attachments are opened. */
int mapiconv_mail_read(const struct mapiconv *conv,
		       const struct mapiconv_mail *mail, pool_t pool,
		       struct mapi_message **msg_r, const char **error_r);
/* PidTagBody (UTF-8), PidTagHtml (bytes in UTF-8, PidTagInternetCodepage 65001),
   PidTagRtfCompressed.  1; 0: it has none; -1 */
int mapiconv_mail_body(const struct mapiconv *conv,
		       const struct mapiconv_mail *mail, mapi_tag_t tag,
		       pool_t pool, struct mapi_prop *prop_r,
		       const char **error_r);

struct mapiconv_mail_write {
	/* As it is to be. Bodies: only those that were set; none: the previous. */
	const struct mapi_message *msg;
	/* What it was: the stored mail; NULL: a new one */
	const struct mapiconv_mail *previous;
	/* For a copy that goes out: what is only for the sender's own eyes stays
	   out (X-Unsent, deferred sending); Bcc is in both */
	bool submit;
};
/* The message as CRLF text, seekable, in constant memory over the attachments'
   streams; the caller unrefs.  1; 0: nothing that MIME can say has changed, there is
   no output; -1 */
int mapiconv_mail_write(const struct mapiconv *conv,
			const struct mapiconv_mail_write *write, pool_t pool,
			struct istream **output_r, const char **error_r);

/* mime_tnef_t: for mime_converter_set_tnef(). context: a struct mapiconv that lives as
   long as the converter, or NULL. */
int mapiconv_tnef(void *context, pool_t pool, struct mime_message *outer,
		  const char *part_id, struct istream **output_r,
		  const char **error_r);

/* --- items ------------------------------------------------------------------------ */

enum mapiconv_kind {
	MAPICONV_MAIL = 0,	/* everything else */
	MAPICONV_EVENT,		/* IPM.Appointment */
	MAPICONV_TASK,		/* IPM.Task */
	MAPICONV_NOTE,		/* IPM.StickyNote, IPM.Activity */
	MAPICONV_CONTACT,	/* IPM.Contact, IPM.DistList */
};
enum mapiconv_kind mapiconv_kind_of_class(const char *message_class);

/* iCalendar or vCard text into a message.  0, -1: it is none. */
int mapiconv_item_read(const struct mapiconv *conv, enum mapiconv_kind kind,
		       const char *text, size_t size, pool_t pool,
		       struct mapi_message **msg_r, const char **error_r);
/* The text of the message; previous: what the message was read from, NULL: a new
   one.  uid_r (may be NULL): its UID.  1; 0: nothing that the text can say has
   changed; -1: it cannot be said (an appointment without start). */
int mapiconv_item_write(const struct mapiconv *conv, enum mapiconv_kind kind,
			const struct mapi_message *msg, const char *previous,
			pool_t pool, const char **text_r, const char **uid_r,
			const char **error_r);

/* --- extras ----------------------------------------------------------------------- */

/* Properties of `want` that `have` (read from the new text) has not, or otherwise, into
   extras.  gone (may be NULL): tags that `have` has and `want` has not.  Not all of
   these were taken away: what the client never saw (a new message's Message-ID,
   conversation, display strings) is only not set.  mapiconv_extras_seen() gives those
   alone that `seen` has: what the client was shown before; NULL: a new message, where
   nothing can be gone. */
void mapiconv_extras(const struct mapi_bag *want, const struct mapi_bag *have,
		     struct mapi_bag *extras, ARRAY_TYPE(mapi_tag) *gone);
void mapiconv_extras_seen(const struct mapi_bag *want,
			  const struct mapi_bag *seen,
			  const struct mapi_bag *have,
			  struct mapi_bag *extras, ARRAY_TYPE(mapi_tag) *gone);
void mapiconv_overlay(struct mapi_bag *bag, const struct mapi_bag *extras,
		      const ARRAY_TYPE(mapi_tag) *gone);

/* --- parts of these that others need --------------------------------------------- */

/* Entry id of the Directory, or a one-off one (MS-OXCDATA 2.2.5.1, 2.2.5.2). */
void mapiconv_entry_id(const struct mapiconv *conv, const char *smtp,
		       const char *name, buffer_t *dest);
/* Bare address of what an entry id or an address names; NULL: not known.  Data
   stack. */
const char *mapiconv_smtp_of(const struct mapiconv *conv, const char *addrtype,
			     const char *address,
			     const struct mapi_blob *entry_id);
/* Bare address of a recipient row, as it is written; NULL: not known.  Data stack. */
const char *mapiconv_recipient_smtp(const struct mapiconv *conv,
				    const struct mapi_bag *rcpt);

/* AppointmentRecurrencePattern (MS-OXOCAL 2.2.1.44.5) and RecurrencePattern alone
   (tasks: 2.2.1.44.1). */
struct cal_object;
/* FALSE: a rule that MAPI cannot say */
bool mapiconv_recurrence_write(const struct mapiconv *conv,
			       const struct cal_object *obj, buffer_t *dest);
/* Sets rule, deleted and exceptions of obj, whose master.start, end and zone are
   set.  -1: malformed (obj is without rule then) */
int mapiconv_recurrence_read(const struct mapiconv *conv,
			     const void *data, size_t size, pool_t pool,
			     struct cal_object *obj);
/* PidLidTimeZoneStruct (2.2.1.39) and PidLidAppointmentTimeZoneDefinition*
   (2.2.1.41 ...).  year: whose rule is in force. */
void mapiconv_zone_struct(const struct zone *zone, time_t when, buffer_t *dest);
void mapiconv_zone_definition(const struct zone *zone, time_t when,
			      bool recurring, buffer_t *dest);
/* NULL: malformed.  preferred: see zone_from_blob() */
const struct zone *
mapiconv_zone_of_struct(pool_t pool, const void *data, size_t size,
			const struct zone *preferred, time_t when);
const struct zone *
mapiconv_zone_of_definition(pool_t pool, const void *data, size_t size,
			    const struct zone *preferred, time_t when);

#endif
