/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_MIME_H
#define DOVETAIL_MIME_H

/* src/convert, reading side: what ActiveSync and MAPI need of an internet
   message (MS-ASAIRS, MS-ASEMAIL, MS-OXCMAIL; RFC 2045-2049, 2231, 3676).

   No I/O of its own: a message is described by a struct mime_source whose
   callbacks give header values and, only when bytes are needed, a seekable
   blocking istream of the raw message.  With a cached part tree whose data is
   filled (mime.parts + imap.bodystructure) and cached headers, everything but
   the body itself comes without opening the message, and a body cut at N bytes
   reads about N bytes of the chosen part.

   Ownership: everything returned lives in the pool given to
   mime_message_open() (never the data stack) unless said otherwise; istreams are the caller's to
   unref, and only one of them is to be read at a time (they share the raw
   message).  All text is valid UTF-8 without characters illegal in XML 1.0.
   Functions return -1 with *error_r (data stack) when the raw message cannot
   be read; bad MIME is never an error, the best is made of it. */

#include "lib.h"
#include "str.h"

struct istream;
struct mime_message;
struct message_part;
struct message_address;

#define MIME_MAX_DEPTH 100
#define MIME_MAX_PARTS 1000
#define MIME_SIZE_UNLIMITED UOFF_T_MAX

/* ---- Converter: per-process scratch and opened charset translations ---- */

/* One per worker, shared by any number of messages, not by threads.  Optional
   (NULL in mime_source works), but opening an iconv for each message is slow. */
struct mime_converter;
struct mime_converter *mime_converter_init(void);
void mime_converter_deinit(struct mime_converter **conv);

/* How winmail.dat (application/ms-tnef, MS-OXCMAIL 2.1.3.6) is opened: the message
   with what is in that part instead of it, as a seekable stream over msg and memory
   of the pool.  1; 0: it cannot be, and stays a file; -1 unreadable.  From then on
   structure, parts, bodies and the calendar are those of that stream; headers and
   the raw message stay the original's.  msg is a copy that lives as long as the pool. */
typedef int mime_tnef_t(void *context, pool_t pool, struct mime_message *msg,
			const char *part_id, struct istream **output_r,
			const char **error_r);
void mime_converter_set_tnef(struct mime_converter *conv, mime_tnef_t *tnef,
			     void *context);

/* ---- Source ---- */

struct mime_source {
	/* Opens the raw message: seekable, blocking, any line ends.  *input_r
	   is a new reference that mime_message_close() drops.  Called at most
	   once.  Returns 0, or -1 with *error_r. */
	int (*open)(void *context, struct istream **input_r,
		    const char **error_r);
	/* Gives all values of a root header: raw (RFC 2047 not decoded),
	   folded or unfolded, NULL-terminated, in order.  Returns 1 if there is
	   at least one, 0 if none, -1 with *error_r.  The values need to live
	   until the next call.  As mail_get_headers().  NULL: the header is
	   read from the stream. */
	int (*get_headers)(void *context, const char *name,
			   const char *const **values_r, const char **error_r);
	void *context;

	/* Part tree of the whole message, e.g. from mail_get_parts(), living
	   as long as the message.  NULL: parsed from the stream at first need
	   (reads all of it).  part->data, e.g. by
	   imap_bodystructure_parse_full() of the cached BODYSTRUCTURE, may be
	   absent for some or all parts: their MIME headers are then read from
	   the stream, and put into the tree from the message's pool. */
	struct message_part *parts;

	struct mime_converter *conv;
	/* Used when there is no usable Date header; 0: none. */
	time_t received_date;
};

/* Root headers that the functions below ask for, NULL-terminated, sorted: for
   mailbox_header_lookup_init(). */
extern const char *const mime_wanted_headers[];

struct mime_message;

struct mime_message *
mime_message_open(pool_t pool, const struct mime_source *source);
void mime_message_close(struct mime_message **msg);
/* Convenience: a message whose stream is at hand. Takes its own reference. */
struct mime_message *
mime_message_open_stream(pool_t pool, struct istream *input,
			 struct mime_converter *conv);

/* Parses a whole message once: the part tree with part->data filled, bounded
   by MIME_MAX_DEPTH and MIME_MAX_PARTS. */
int mime_parse_parts(pool_t pool, struct istream *input,
		     struct message_part **parts_r, const char **error_r);

/* The first value of a root header, decoded (RFC 2047, raw 8 bit) to one line
   of UTF-8; NULL if absent. */
int mime_message_get_header(struct mime_message *msg, const char *name,
			    const char **value_r, const char **error_r);

/* All raw values of a root header (encoded words not decoded); empty array if
   none. Valid until the next call. */
int mime_message_headers(struct mime_message *msg, const char *name,
			 const char *const **values_r, const char **error_r);

/* ---- Facts from headers ---- */

enum mime_importance {                  /* MS-ASEMAIL 2.2.2.38 */
	MIME_IMPORTANCE_LOW = 0,
	MIME_IMPORTANCE_NORMAL = 1,
	MIME_IMPORTANCE_HIGH = 2
};

struct mime_facts {
	/* Decoded, one line; "" when there is none. */
	const char *subject;
	/* Thread-Topic, else the subject without Re:, Fwd: and their kin. */
	const char *thread_topic;
	/* "Name" <addr>, comma-separated; NULL when the header is absent.
	   What cannot be parsed is kept as its decoded text.  At most 32,767
	   bytes, cut between addresses (MS-ASEMAIL To). */
	const char *from, *sender, *reply_to, *to, *cc, *bcc;
	/* Names (or addresses) of To, separated by ';' (DisplayTo). */
	const char *display_to;
	/* Parsed Date, else source.received_date; 0: unknown. */
	time_t date;
	int timezone_offset;            /* minutes east of UTC */
	enum mime_importance importance;
	/* Without folding; NULL when absent. */
	const char *message_id, *in_reply_to, *references;
	/* Disposition-Notification-To in EAS form; NULL: no receipt asked. */
	const char *disposition_notification_to;
};

int mime_message_get_facts(struct mime_message *msg,
			   const struct mime_facts **facts_r,
			   const char **error_r);

/* ---- Structure ---- */

enum mime_body_type {                   /* MS-ASAIRS 2.2.2.41 Type */
	MIME_BODY_NONE = 0,
	MIME_BODY_PLAIN = 1,
	MIME_BODY_HTML = 2,
	MIME_BODY_RTF = 3,
	MIME_BODY_MIME = 4
};

enum mime_secure {
	MIME_SECURE_NONE = 0,
	MIME_SECURE_SIGNED,             /* multipart/signed, S/MIME */
	MIME_SECURE_OPAQUE,             /* application/pkcs7-mime */
	MIME_SECURE_PGP                 /* multipart/signed or encrypted, PGP */
};

enum mime_attach_method {               /* MS-ASAIRS 2.2.2.25 Method */
	MIME_ATTACH_NORMAL = 1,
	MIME_ATTACH_EMBEDDED = 5,       /* message/rfc822 */
	MIME_ATTACH_OLE = 6
};

struct mime_attachment {
	/* IMAP section number ("2.1.3"): stable for an unchanged message;
	   checked again when used. */
	const char *part_id;
	const char *display_name;       /* never empty, no path */
	const char *content_type;       /* lower case type/subtype */
	/* Decoded bytes, estimated from the encoded size without reading. */
	uoff_t estimated_size;
	const char *content_id;         /* without <>; NULL if none */
	const char *content_location;   /* NULL if none */
	enum mime_attach_method method;
	/* Shown inside the HTML body (MS-ASAIRS IsInline). */
	bool is_inline;
	const struct message_part *part;
};

struct mime_structure {
	/* Chosen body parts, NULL if there is none. */
	const struct message_part *plain, *html;
	enum mime_body_type native_type;   /* PLAIN or HTML */
	/* First text/calendar part and its method parameter, upper case. */
	const struct message_part *calendar;
	const char *calendar_part_id, *calendar_method;
	enum mime_secure secure;
	/* MS-ASEMAIL 2.2.2.49 MessageClass, e.g. "IPM.Note.SMIME". */
	const char *message_class;
	/* "urn:content-classes:message" or ...:calendarmessage */
	const char *content_class;
	/* Windows code page of the native body (MS-ASEMAIL InternetCPID). */
	unsigned int internet_cpid;
	const struct mime_attachment *attachments;
	unsigned int attachments_count;
	/* More than MIME_MAX_PARTS or MIME_MAX_DEPTH: the rest is opaque. */
	bool overflow;
};

int mime_message_get_structure(struct mime_message *msg,
			       const struct mime_structure **structure_r,
			       const char **error_r);

/* The text of the first text/calendar part (UTF-8). 1; 0 there is none, or it is
   larger than max; -1 unreadable. */
int mime_message_get_calendar(struct mime_message *msg, pool_t pool, size_t max,
			      const char **text_r, const char **error_r);

/* ---- Body ---- */

struct mime_body_request {
	enum mime_body_type type;
	/* Bytes of UTF-8 (of raw message for MIME); 0: size only;
	   MIME_SIZE_UNLIMITED: all. */
	uoff_t truncation_size;
	/* Characters of preview wanted (MS-ASAIRS Preview, at most 255). */
	unsigned int preview;
};

struct mime_body {
	/* What data holds.  RTF is answered as HTML or PLAIN, HTML as PLAIN
	   for nothing: any message has both. */
	enum mime_body_type type;
	enum mime_body_type native_type;
	/* Exact when !truncated and data is given, else an estimate (MS-ASAIRS
	   2.2.2.23.2 EstimatedDataSize). */
	uoff_t estimated_size;
	bool truncated;
	/* Exactly one is given: small bodies and cut ones as a string, others
	   as a stream the caller unrefs, of unknown size, in constant memory.
	   MIME is always a stream: CRLF, cut at truncation_size. */
	const string_t *data;
	struct istream *input;
	/* Plain text, white space collapsed; NULL unless asked for. */
	const char *preview;
};

/* Bodies up to this size are given as data instead of input. */
#define MIME_BODY_DATA_MAX (128 * 1024)

/* Gives the body in request->type. */
int mime_message_get_body(struct mime_message *msg,
			  const struct mime_body_request *request,
			  struct mime_body *body_r, const char **error_r);

/* BodyPreference (MS-ASAIRS 2.2.2.12) and MIMESupport (MS-ASCMD 2.2.3.100.4) */
enum mime_support {
	MIME_SUPPORT_NEVER = 0,
	MIME_SUPPORT_SMIME_ONLY = 1,
	MIME_SUPPORT_ALWAYS = 2
};

struct mime_body_preference {
	enum mime_body_type type;
	uoff_t truncation_size;         /* MIME_SIZE_UNLIMITED when absent */
	bool all_or_none;
	unsigned int preview;
};

/* Picks the preference as MS-ASAIRS demands and gives that body: MIME when
   asked for and MIMESupport allows (or asks: S/MIME always goes as MIME if
   supported), else the native type if wanted, else in order; a preference with
   all_or_none whose size does not fit is passed over, and the last one then
   gives body_r->type with truncated and empty data.  No preferences: plain
   text, uncut. */
int mime_message_get_preferred_body(struct mime_message *msg,
				    const struct mime_body_preference *prefs,
				    unsigned int count,
				    enum mime_support support,
				    struct mime_body *body_r,
				    const char **error_r);

/* ActiveSync 2.5 and MIMETruncation bands -> bytes; unknown values -> as 0. */
uoff_t mime_truncation_2_5(unsigned int band);    /* Truncation 0..9 */
uoff_t mime_mimetruncation(unsigned int band);    /* MIMETruncation 0..8 */

/* ---- Parts ---- */

struct mime_part_stream {
	/* Decoded content; the caller unrefs. Seekable. */
	struct istream *input;
	const char *content_type;
	const char *display_name;
	/* Decoded size: exact if size_exact, else an estimate. */
	uoff_t size;
	bool size_exact;
};

/* Opens the decoded content of a part (an attachment's part_id; message/rfc822
   gives the inner message).  Returns 1, 0 if there is no such part, -1. */
int mime_message_open_part(struct mime_message *msg, const char *part_id,
			   struct mime_part_stream *stream_r,
			   const char **error_r);
/* The raw message with CRLF line ends. */
int mime_message_open_raw(struct mime_message *msg, struct istream **input_r,
			  const char **error_r);

/* ---- Conversations (MS-ASEMAIL 2.2.2.21/22, MS-OXOMSG 2.2.1.3) ---- */

#define MIME_CONVERSATION_ID_LEN 16
#define MIME_CONVERSATION_INDEX_HEADER_LEN 22
#define MIME_CONVERSATION_INDEX_MAX_LEN (22 + 5 * 100)

/* How sure a conversation id is that was made of one message's headers. */
enum mime_conversation_source {
	/* The thread's root is known: the first of References, or the message
	   itself, which answers none */
	MIME_CONVERSATION_ROOT,
	/* Only the message before is known (In-Reply-To), which may be an answer
	   itself */
	MIME_CONVERSATION_PARENT,
	/* Only Outlook's Thread-Index tells that it is an answer */
	MIME_CONVERSATION_INDEX,
};

/* The id that a message's own headers give: a hash of the thread's root, so that
   all answers have it whatever program wrote them; of In-Reply-To; the GUID of
   Thread-Index; a hash of the normalised subject where there is nothing else.
   Protocols ask the store instead (store_conversation_id()), which keeps ids.
   parent_r (may be NULL): for PARENT, the Message-ID (data stack). */
int mime_conversation_natural(struct mime_message *msg,
			      unsigned char id_r[MIME_CONVERSATION_ID_LEN],
			      enum mime_conversation_source *source_r,
			      const char **parent_r, const char **error_r);
/* As above, the id alone */
int mime_conversation_id(struct mime_message *msg,
			 unsigned char id_r[MIME_CONVERSATION_ID_LEN],
			 const char **error_r);
/* The GUID of Thread-Index. 1, 0 there is none, -1 */
int mime_thread_index_guid(struct mime_message *msg,
			   unsigned char guid_r[MIME_CONVERSATION_ID_LEN],
			   const char **error_r);
/* 22 bytes and 5 for each reply: Thread-Index when there is one, else made of id
   and the date. */
int mime_conversation_index(struct mime_message *msg,
			    const unsigned char id[MIME_CONVERSATION_ID_LEN],
			    buffer_t *index_r, const char **error_r);
/* Thread-Index value (base64) for a reply to / forward of a message with this
   index; NULL for a new thread with the given id. */
const char *
mime_conversation_index_child(const buffer_t *parent,
			      const unsigned char id[MIME_CONVERSATION_ID_LEN],
			      time_t now);

/* The form ActiveSync wants: 5 bytes of time, 5 for each reply, no GUID
   (MS-ASCON 2.2.2.4). */
void mime_conversation_index_eas(buffer_t *dest, const buffer_t *index);

/* ---- Small conversions others need too ---- */

/* Categories <-> IMAP keywords, one to one (data stack). NULL: this keyword is
   not a category. */
const char *mime_category_to_keyword(const char *category);
const char *mime_keyword_to_category(const char *keyword);

/* RFC 2047 and raw 8-bit header value -> one line of clean UTF-8, data stack */
const char *mime_header_decode(const char *value);
/* Address list header -> EAS form, data stack; NULL for NULL */
const char *mime_addresses_decode(const char *value);
/* Subject without reply and forward marks; data stack */
const char *mime_subject_normalize(const char *subject);
/* Windows code page of a charset name; 0: unknown */
unsigned int mime_charset_to_cpid(const char *charset);
/* UTF-8 text without what XML 1.0 forbids; invalid bytes become U+FFFD. */
void mime_xml_clean(string_t *dest, const unsigned char *data, size_t size);
/* HTML (UTF-8) to plain text, at most max_bytes; block elements as lines. */
void mime_html_to_text(string_t *dest, const unsigned char *html, size_t size,
		       size_t max_bytes);
/* Plain text (UTF-8) to an HTML fragment, <br> for line ends. */
void mime_text_to_html(string_t *dest, const unsigned char *text, size_t size);

#endif
