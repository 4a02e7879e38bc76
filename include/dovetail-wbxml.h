/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* WBXML as ActiveSync uses it ([MS-ASWBXML]; WBXML 1.1 - 1.3): tag constants, a
   push reader, a tree above it for command bodies, a writer, and a tracer.
   The codec does no I/O beyond the streams it is given. */
#ifndef DOVETAIL_WBXML_H
#define DOVETAIL_WBXML_H

#include "dovetail-wbxml-tags.h"

/*
 * Tags
 *
 * A tag is (code page << 8 | token), whether or not the table knows it.
 * Constants are PREFIX_Name, for example AS_SyncKey, EMAIL_Subject,
 * ASB_BodyPreference, PING_HeartbeatInterval, CM_ClientId.  The prefixes:
 *
 *  0 AS        5 MOVE  10 RR         15 SEARCH  20 IO
 *  1 CONTACTS  6 GIE   11 VC         16 GAL     21 CM
 *  2 EMAIL     7 FH    12 CONTACTS2  17 ASB     22 EMAIL2
 *  3 NOTIFY    8 MR    13 PING       18 SET     23 NOTES
 *  4 CAL       9 TASKS 14 PROV       19 DL      24 RM      25 FIND
 */
typedef uint16_t wbxml_tag_t;

#define WBXML_TAG(page, token) ((wbxml_tag_t)((page) << 8 | (token)))
#define WBXML_TAG_PAGE(tag) ((unsigned int)(tag) >> 8)
#define WBXML_TAG_TOKEN(tag) ((unsigned int)(tag) & 0x3f)

/* No tag: token 0 is SWITCH_PAGE and never a tag. */
#define WBXML_TAG_NONE 0

enum wbxml_tag_constants {
#define WBXML_TAG_ENUM(ident, page, token, name, since, until) \
	ident = (page) << 8 | (token),
	WBXML_TAG_LIST(WBXML_TAG_ENUM)
#undef WBXML_TAG_ENUM
};

struct wbxml_tag_info {
	wbxml_tag_t tag;
	/* Protocol versions * 10, see dovetail-wbxml-tags.h */
	uint8_t since, until;
	const char *name;
};

/* The table's row, NULL for a tag it does not know. */
const struct wbxml_tag_info *wbxml_tag_info(wbxml_tag_t tag);
/* XML name without namespace; an unknown tag gives "tag-PP-TT" (hex) from the
   data stack. */
const char *wbxml_tag_name(wbxml_tag_t tag);
/* "AirSync", "Email", ...; NULL for an unknown page. */
const char *wbxml_page_name(unsigned int page);
/* By namespace and XML name, case-sensitively; WBXML_TAG_NONE if unknown. */
wbxml_tag_t wbxml_tag_find(const char *page_name, const char *name);
/* All rows, ordered by tag. */
const struct wbxml_tag_info *wbxml_tag_table(unsigned int *count_r);

/*
 * Errors
 */
enum wbxml_error {
	WBXML_ERROR_NONE = 0,
	/* Header: not WBXML 1.1 - 1.3; not UTF-8 (MIBenum 106); bad public id
	   or string table */
	WBXML_ERROR_VERSION,
	WBXML_ERROR_CHARSET,
	WBXML_ERROR_HEADER,
	/* A token that ActiveSync never uses: attributes, literals, processing
	   instructions, extensions */
	WBXML_ERROR_TOKEN,
	/* mb_u_int32 longer than 5 bytes or above 32 bits */
	WBXML_ERROR_INTEGER,
	/* STR_T outside the string table, or one not ended in it */
	WBXML_ERROR_STRING_TABLE,
	/* ENTITY that is no Unicode character */
	WBXML_ERROR_ENTITY,
	/* END without an open element, content or a second element outside
	   the root */
	WBXML_ERROR_STRUCTURE,
	/* The document ended inside an element or token */
	WBXML_ERROR_TRUNCATED,
	/* Text and elements mixed in one element (tree only) */
	WBXML_ERROR_MIXED,
	/* Limits: depth, bytes, string table, nodes */
	WBXML_ERROR_LIMIT_DEPTH,
	WBXML_ERROR_LIMIT_SIZE,
	WBXML_ERROR_LIMIT_STRING_TABLE,
	WBXML_ERROR_LIMIT_NODES,
	/* Not the sender's fault: reading the input or writing the temporary
	   file failed.  Answer "server error, retry", not "invalid WBXML". */
	WBXML_ERROR_IO,
};

/* Short English name for logs, for example "truncated document". */
const char *wbxml_error_str(enum wbxml_error error);

/*
 * Reader: bytes in, events out, nothing gathered.
 *
 *	while ((ret = wbxml_reader_next(reader, &data, &size, &event)) > 0)
 *		...
 *
 * Strings and opaque data come as one or more pieces that point into the
 * caller's buffer (or, for entities and table strings, into the reader) and
 * are valid until the next call.  Bytes of text are as sent: not checked to be
 * UTF-8.
 */
enum wbxml_event_type {
	/* tag, has_content; with has_content an END follows */
	WBXML_EVENT_START,
	/* data, size; last is set in the last piece of one string, which may
	   be empty */
	WBXML_EVENT_TEXT,
	/* data, size, total (length of the whole opaque), offset of this
	   piece in it, last.  An empty opaque gives one empty piece. */
	WBXML_EVENT_OPAQUE,
	/* tag of the element that ends */
	WBXML_EVENT_END,
	/* The root element has ended; bytes behind it are left unread. */
	WBXML_EVENT_DOC_END,
};

struct wbxml_event {
	enum wbxml_event_type type;
	wbxml_tag_t tag;
	bool has_content:1;
	bool last:1;
	const unsigned char *data;
	size_t size;
	uint32_t total, offset;
};

struct wbxml_limits {
	/* Open elements; 0 = WBXML_DEFAULT_DEPTH (also the maximum: 255) */
	unsigned int max_depth;
	/* Bytes of the whole document; 0 = unlimited */
	uoff_t max_size;
	/* Bytes of the string table; 0 = WBXML_DEFAULT_STRING_TABLE */
	size_t max_string_table;
};
#define WBXML_DEFAULT_DEPTH 64
#define WBXML_DEFAULT_STRING_TABLE 4096

struct wbxml_reader;

/* limits may be NULL. */
struct wbxml_reader *wbxml_reader_init(const struct wbxml_limits *limits);
void wbxml_reader_deinit(struct wbxml_reader **reader);

/* Takes bytes from *data (both are advanced).  Returns 1 with an event, 0 when
   all bytes are taken and more are needed, -1 on error (and again at each
   further call).  After DOC_END it returns 0 and takes nothing. */
int wbxml_reader_next(struct wbxml_reader *reader, const unsigned char **data,
		      size_t *size, struct wbxml_event *event_r);
/* The input has ended: -1 and WBXML_ERROR_TRUNCATED unless DOC_END was given. */
int wbxml_reader_finish(struct wbxml_reader *reader);
/* The error and the offset of the byte it was found at. */
enum wbxml_error
wbxml_reader_get_error(const struct wbxml_reader *reader, uoff_t *offset_r);
/* Bytes taken so far */
uoff_t wbxml_reader_offset(const struct wbxml_reader *reader);

/*
 * Tree: a whole command body.
 *
 * Content up to inline_max is in memory; what is larger, or no longer fits in
 * max_memory, goes to one temporary file for the tree, so a mail of 100 MB in
 * SendMail costs no memory.  The nodes live until wbxml_tree_deinit().
 */
struct wbxml_node {
	wbxml_tag_t tag;
	/* Content was (at least partly) opaque data: bytes, not text. */
	bool opaque:1;
	/* The element had no content bit: <Tag/> */
	bool empty_tag:1;
	/* The content is in the temporary file: read it with
	   wbxml_node_stream(). */
	bool in_file:1;

	/* The content, never NULL, NUL-terminated.  Text is valid UTF-8
	   (invalid bytes became U+FFFD); opaque is as sent and may have NULs.
	   With in_file only the first WBXML_TEXT_HEAD bytes are here. */
	const char *text;
	/* Bytes of the whole content (without in_file: of text) */
	uoff_t size;

	const struct wbxml_node *parent, *children, *next;
	/* Owner; offset in the temporary file */
	struct wbxml_tree *tree;
	uoff_t file_offset;
};
#define WBXML_TEXT_HEAD 1024

struct wbxml_tree_settings {
	struct wbxml_limits limits;
	/* 0 = defaults: 20,000 nodes, 64 KB, 4 MB */
	unsigned int max_nodes;
	size_t inline_max;
	size_t max_memory;
	/* Path prefix of the temporary file, as mail_user_set_get_temp_prefix()
	   gives it; NULL = "/tmp/dovetail." */
	const char *temp_prefix;
};

struct wbxml_tree;

/* set may be NULL for the defaults. */
struct wbxml_tree *wbxml_tree_init(const struct wbxml_tree_settings *set);
void wbxml_tree_deinit(struct wbxml_tree **tree);

/* Returns 1 when the document is complete (bytes behind it are ignored), 0 if
   it needs more, -1 on error. */
int wbxml_tree_feed(struct wbxml_tree *tree, const unsigned char *data,
		    size_t size);
/* Reads input until the document is complete: 1, 0 (input has no more now,
   call again), -1.  A document cut short is WBXML_ERROR_TRUNCATED; a stream
   error is WBXML_ERROR_IO. */
int wbxml_tree_read(struct wbxml_tree *tree, struct istream *input);
/* Why it failed, for the log: "invalid token 0x84 at byte 17". */
const char *wbxml_tree_get_error(const struct wbxml_tree *tree,
				 enum wbxml_error *error_r);
/* The root, NULL unless the document is complete. */
const struct wbxml_node *wbxml_tree_root(const struct wbxml_tree *tree);

/* All of these take node == NULL and then find nothing. */

/* First child with the tag */
const struct wbxml_node *
wbxml_child(const struct wbxml_node *node, wbxml_tag_t tag);
/* Next sibling with the same tag as node: the loop over repeated elements */
const struct wbxml_node *wbxml_next_sibling(const struct wbxml_node *node);
/* The child's text: NULL if there is no such child, "" if it is empty. */
const char *wbxml_child_text(const struct wbxml_node *node, wbxml_tag_t tag);
/* Decimal number: 1, 0 if there is no such child (*value_r untouched), -1 if it
   is no number or does not fit. */
int wbxml_child_uint(const struct wbxml_node *node, wbxml_tag_t tag,
		     unsigned int *value_r);
/* "0" / "1"; an empty element is TRUE, as [MS-ASCMD] has it for GetChanges,
   DeletesAsMoves and the like.  Returns as wbxml_child_uint(). */
int wbxml_child_bool(const struct wbxml_node *node, wbxml_tag_t tag,
		     bool *value_r);
/* A stream of the content wherever it is.  Text that is in the file is as it was
   sent: not checked to be UTF-8.  The caller unreferences it before
   wbxml_tree_deinit(); streams of one tree share a file and may be open at the
   same time. */
struct istream *wbxml_node_stream(const struct wbxml_node *node);

/*
 * Writer
 *
 * Elements are written when it is known what is in them: an element without
 * content becomes an empty tag, a lazy one without content is not written at
 * all.  Code pages are switched as needed.  Text has characters that XML 1.0
 * forbids (and NUL) removed and invalid UTF-8 replaced by U+FFFD.  Output
 * errors are kept until wbxml_writer_finish().
 *
 *	struct wbxml_writer *w = wbxml_writer_init(output);
 *	wbxml_start(w, AS_Sync);
 *	wbxml_start_lazy(w, AS_Collections);
 *	...
 *	wbxml_end(w, AS_Collections);
 *	wbxml_end(w, AS_Sync);
 *	ret = wbxml_writer_finish(&w, &error);
 */
struct wbxml_writer;

/* References output.  The header (03 01 6A 00) precedes the first element: a
   writer that wrote no element leaves an empty body. */
struct wbxml_writer *wbxml_writer_init(struct ostream *output);
/* Flushes to output (without finishing it) and frees the writer.  All elements
   must be ended (asserted).  -1 if something could not be written or a source
   stream failed: the document is then not complete. */
int wbxml_writer_finish(struct wbxml_writer **writer, const char **error_r);
/* Frees the writer whatever its state. */
void wbxml_writer_abort(struct wbxml_writer **writer);
/* TRUE as soon as something could not be written (client gone): stop working. */
bool wbxml_writer_failed(const struct wbxml_writer *writer);
/* Bytes written so far, those in the buffer included: for size limits. */
uoff_t wbxml_writer_size(const struct wbxml_writer *writer);

void wbxml_start(struct wbxml_writer *writer, wbxml_tag_t tag);
/* Written only if something is written inside it. */
void wbxml_start_lazy(struct wbxml_writer *writer, wbxml_tag_t tag);
/* tag must be the innermost open element (asserted). */
void wbxml_end(struct wbxml_writer *writer, wbxml_tag_t tag);

/* <Tag/> */
void wbxml_empty(struct wbxml_writer *writer, wbxml_tag_t tag);
/* <Tag>text</Tag>; text "" gives <Tag/>. */
void wbxml_text_tag(struct wbxml_writer *writer, wbxml_tag_t tag,
		    const char *text);
/* The same, but nothing at all for NULL or "". */
void wbxml_text_tag_opt(struct wbxml_writer *writer, wbxml_tag_t tag,
			const char *text);
void wbxml_uint_tag(struct wbxml_writer *writer, wbxml_tag_t tag,
		    uint64_t value);
/* "1" or "0" */
void wbxml_bool_tag(struct wbxml_writer *writer, wbxml_tag_t tag, bool value);
/* <Tag>opaque</Tag> */
void wbxml_opaque_tag(struct wbxml_writer *writer, wbxml_tag_t tag,
		      const void *data, size_t size);

/* Content of the innermost open element */
void wbxml_text(struct wbxml_writer *writer, const char *text);
void wbxml_text_data(struct wbxml_writer *writer, const void *data,
		     size_t size);
/* The stream (blocking) as one string, never gathered.  A UTF-8 sequence cut at
   the end is dropped.  -1 if reading failed: the string is closed as it is and
   the document stays well-formed, so the caller may go on, unwind or stop. */
int wbxml_text_stream(struct wbxml_writer *writer, struct istream *input);
/* Bytes that must arrive as they are (a MIME message): as a string where that is
   the same bytes, else as opaque data.  The stream must be seekable; what it has
   in its first 512 KB decides. Returns as wbxml_text_stream(). */
void wbxml_octets(struct wbxml_writer *writer, const void *data, size_t size);
int wbxml_octets_stream(struct wbxml_writer *writer, struct istream *input);
void wbxml_opaque(struct wbxml_writer *writer, const void *data, size_t size);
/* size bytes of the stream (blocking); size below 4 GB.  -1 if it had fewer or
   failed: the rest is filled with spaces, so the document stays well-formed. */
int wbxml_opaque_stream(struct wbxml_writer *writer, struct istream *input,
			uoff_t size);

/* Taking back: for an item whose conversion fails midway.  While a mark is set
   the writer holds back up to WBXML_MARK_MAX bytes. */
#define WBXML_MARK_MAX (256 * 1024)

/* Marks cannot be nested. */
void wbxml_mark(struct wbxml_writer *writer);
/* Keeps what was written since. */
void wbxml_mark_commit(struct wbxml_writer *writer);
/* The mark is nearly sure not to be needed: nothing is held back any more, and a
   rollback may find it too late. */
void wbxml_mark_settle(struct wbxml_writer *writer);
/* Removes all that was written since the mark and returns TRUE; or, if more
   than WBXML_MARK_MAX was written, ends the elements opened since and returns
   FALSE (the document stays well-formed).  Elements that were open at the mark
   must still be open. */
bool wbxml_mark_rollback(struct wbxml_writer *writer);

/*
 * Tracer: WBXML as XML for people.
 */
enum wbxml_trace_flags {
	/* Texts and opaque data are replaced by their length ... */
	WBXML_TRACE_REDACT		= 0x01,
	/* ... except in protocol elements that carry no personal data
	   (Status, SyncKey, ServerId, Class, WindowSize, ...). */
	WBXML_TRACE_KEEP_PROTOCOL	= 0x02,
	/* No line breaks or indentation */
	WBXML_TRACE_COMPACT		= 0x04,
};

struct wbxml_trace_settings {
	enum wbxml_trace_flags flags;
	/* Longer texts are cut, with their length beside; 0 = whole */
	size_t max_text;
};

struct wbxml_tracer;

/* Fed in pieces, appends to dest; set may be NULL.  A fault in the document
   becomes an XML comment and ends the trace. */
struct wbxml_tracer *
wbxml_tracer_init(string_t *dest, const struct wbxml_trace_settings *set);
void wbxml_tracer_feed(struct wbxml_tracer *tracer, const unsigned char *data,
		       size_t size);
/* Says so in the trace if the document is not complete. */
void wbxml_tracer_deinit(struct wbxml_tracer **tracer);

/* A whole document at once */
void wbxml_trace_data(string_t *dest, const unsigned char *data, size_t size,
		      const struct wbxml_trace_settings *set);
/* A part of a tree */
void wbxml_trace_node(string_t *dest, const struct wbxml_node *node,
		      const struct wbxml_trace_settings *set);

#endif
