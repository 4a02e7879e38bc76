/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPOSE_H
#define DOVETAIL_COMPOSE_H

/* src/convert, writing side: what a client wants sent or saved becomes an
   internet message (MS-ASCMD SendMail, SmartReply, SmartForward; MS-ASEMAIL
   drafts of 16.x).

   All results are istreams in constant memory over the streams given, which
   therefore must be seekable and blocking (a client's upload: a temporary file
   or memory) and stay unchanged until the result is freed.  Line ends come out
   as CRLF, never bare CR or LF.  Results are seekable; of several results over
   one input read one at a time.  Errors are -1 with *error_r (data stack). */

#include "dovetail-mime.h"

#define MIME_MAX_HEADER_SIZE (64 * 1024)
#define MIME_MAX_RECIPIENTS 10000

/* ---- Sending: validate and normalise (RFC 5321, 5322, 6409) ---- */

enum mime_compose_error {
	MIME_COMPOSE_ERROR_NONE = 0,
	/* Not a message: no header, NUL or forbidden bytes in it, header over
	   MIME_MAX_HEADER_SIZE.  MS-ASCMD status 107 InvalidMIME. */
	MIME_COMPOSE_ERROR_INVALID,
	/* Recipients that cannot be parsed, or too many. Status 118/120. */
	MIME_COMPOSE_ERROR_RECIPIENTS,
	/* Reading a source failed. Try later. */
	MIME_COMPOSE_ERROR_IO
};

struct mime_outgoing_settings {
	/* From header when the client gave none: address and optional name */
	const char *default_from;       /* "name" <addr>, already encoded */
	/* For Message-ID and when Date is missing */
	const char *hostname;
	time_t now;
	/* Message-ID when missing: NULL makes one of hostname and random. */
	const char *message_id;
};

struct mime_recipient {
	const char *address;            /* local@domain, as for RCPT TO */
	const char *name;               /* decoded, may be NULL */
	enum { MIME_RECIPIENT_TO, MIME_RECIPIENT_CC, MIME_RECIPIENT_BCC } kind;
};

struct mime_outgoing {
	/* Addresses of From and Sender for the identity check: every one of
	   them, NULL-terminated; From is never empty. */
	const char *const *from;
	const char *const *sender;
	/* To, Cc and Bcc, groups opened, without doubles. May be empty: the
	   caller decides. Resent-* recipients are not taken. */
	const struct mime_recipient *recipients;
	unsigned int recipients_count;
	const char *message_id;         /* with <> */
	const char *subject;            /* decoded */
	/* The same message without and with Bcc. The caller unrefs both. */
	struct istream *transmit;
	struct istream *sent_copy;
	/* Internal */
	struct mime_outgoing_private *priv;
};

/* Input: the client's MIME or what mime_smart_compose() gave. */
int mime_outgoing_init(pool_t pool, struct istream *input,
		       const struct mime_outgoing_settings *set,
		       struct mime_outgoing *out_r,
		       enum mime_compose_error *code_r, const char **error_r);

/* Sets or replaces Sender (MS-ASCMD; RFC 5322 3.6.2), an encoded address, when
   the check of From says "on behalf of". Makes both streams anew. */
void mime_outgoing_set_sender(struct mime_outgoing *out, const char *sender);

/* ---- SmartReply and SmartForward (MS-ASCMD 2.2.1.19, 2.2.1.18) ---- */

enum mime_smart_mode {
	MIME_SMART_REPLY,
	MIME_SMART_FORWARD
};

struct mime_smart_settings {
	enum mime_smart_mode mode;
	/* ReplaceMime: the client's text is complete; only threading headers
	   (and for forwards nothing else) are added. */
	bool replace_mime;
	time_t now;
};

/* Client's MIME + the original message -> the whole message.  Reply: the
   original's text below the client's, in the client's body type, with its
   pictures.  Forward: likewise, and the original's attachments with their raw
   bytes; a signed or encrypted original goes whole as message/rfc822.  A
   client's message that is itself signed or encrypted is left as it is.  In-Reply-To,
   References, Thread-Topic and Thread-Index are added where missing.
   original must stay open while the result is read. */
int mime_smart_compose(pool_t pool, struct istream *client,
		       struct mime_message *original,
		       const struct mime_smart_settings *set,
		       struct istream **output_r,
		       enum mime_compose_error *code_r, const char **error_r);

/* ---- Drafts (16.x) ---- */

struct mime_draft_attachment {
	const char *display_name;
	const char *content_type;       /* NULL: from the name, else octet-stream */
	const char *content_id;         /* without <>; NULL: none */
	bool is_inline;
	/* Content, decoded; or an embedded message (Method 5) */
	struct istream *content;
	bool is_message;
};

/* Properties as the client sent them (UTF-8).  NULL: unchanged (or absent in a
   new draft); "": removed. */
struct mime_draft {
	const char *from;               /* needed for a new draft */
	const char *reply_to, *to, *cc, *bcc;
	const char *subject;
	const enum mime_importance *importance;
	enum mime_body_type body_type;  /* NONE: unchanged; PLAIN, HTML or MIME */
	/* Body text in UTF-8; MIME: the whole body with its Content headers */
	struct istream *body;
	const struct mime_draft_attachment *add;
	unsigned int add_count;
	/* part_ids of the existing draft's attachments to leave out */
	const char *const *delete_part_ids;
	time_t now;
	const char *hostname;
	/* NULL: new thread or unchanged; else for a reply or forward draft */
	struct mime_message *original;
};

struct mime_draft_result {
	/* The message. The caller unrefs. */
	struct istream *output;
	/* part_ids that draft.add[i] have in it */
	const char *const *added_part_ids;
};

/* Builds a draft; existing (may be NULL) gives headers, body and attachments
   that are not changed, the attachments with their raw bytes. */
int mime_draft_build(pool_t pool, struct mime_message *existing,
		     const struct mime_draft *draft,
		     struct mime_draft_result *result_r,
		     enum mime_compose_error *code_r, const char **error_r);

/* ---- Messages of any shape (MAPI) ---- */

struct mime_build_header {
	const char *name;
	/* NULL: such fields are removed. Otherwise this one replaces them. */
	const char *value;
	enum {
		MIME_BUILD_TEXT,        /* UTF-8 text */
		MIME_BUILD_ADDRESSES,   /* UTF-8: "Name" <addr>, ... */
		MIME_BUILD_RAW          /* ASCII, as it is to stand there */
	} kind;
};

struct mime_build_item {
	/* A part of the existing message with its raw bytes; NULL: add */
	const char *part_id;
	struct mime_draft_attachment add;
};

struct mime_build {
	/* Gives what is not set here; NULL: a new message */
	struct mime_message *existing;
	const struct mime_build_header *headers;
	unsigned int headers_count;
	/* UTF-8; FALSE: the existing body */
	bool set_body;
	struct istream *plain, *html;
	/* VCALENDAR text as one more alternative; NULL: that of the existing one
	   if the body is built anew */
	const char *calendar, *method;
	/* Instead of body and items: a whole MIME entity with its Content fields, */
	struct istream *entity;
	/* or one file as the body (S/MIME), with its Content-Type field's value */
	struct istream *opaque;
	const char *opaque_type;
	/* FALSE: the existing attachments */
	bool set_items;
	const struct mime_build_item *items;
	unsigned int items_count;
	/* For Date and Message-ID where they are missing */
	time_t now;
	const char *hostname;
	/* It is a part of another one: those that are missing stay missing */
	bool embedded;
};

/* With neither body nor items set, the existing body stays byte for byte.  The
   streams given stay the caller's, and have to live as long as the result. */
int mime_build(pool_t pool, const struct mime_build *build,
	       struct istream **output_r, enum mime_compose_error *code_r,
	       const char **error_r);

/* ---- Meetings (iMIP, RFC 6047) ---- */

struct mime_meeting {
	/* Bare address; name in UTF-8, may be NULL */
	const char *from, *from_name;
	/* Bare addresses, NULL-terminated */
	const char *const *to;
	/* UTF-8; text for people, html may be NULL */
	const char *subject, *text, *html;
	/* METHOD and the VCALENDAR text with it */
	const char *method, *calendar;
	/* The calendar is a file of this name beside the text; NULL: it is what the
	   text says, to programs */
	const char *file_name;
	/* 0: no Date */
	time_t date;
};
/* The whole message, CRLF; without Date and Message-ID (mime_outgoing_init() adds
   them). The same meeting gives the same bytes. NULL: an address is none. */
const string_t *mime_meeting_build(pool_t pool,
				   const struct mime_meeting *meeting);

#endif
