#ifndef DOVETAIL_FX_H
#define DOVETAIL_FX_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* FastTransfer streams as bytes (MS-OXCFXICS 2.2.4.1): markers and property values,
   which a stream is a sequence of, written and read. What they mean is the caller's.
   Pure: no I/O but the callbacks given.

   A stream goes over the wire in buffers, which may end only between two atoms
   (marker; type and id with name; value of a fixed size; length) or inside a value of
   variable size. */

#include "dovetail-mapi-props.h"

/* --- writing -------------------------------------------------------------------------- */

enum fx_strings {
	/* PtypString; PtypString8 stays what it is */
	FX_STRINGS_UNICODE = 0,
	/* PtypString8 in a code page, for clients without Unicode */
	FX_STRINGS_CPID,
	/* types 0x8000 | code page (2.2.4.1.1.1): for another server */
	FX_STRINGS_CODE_PAGE,
};

/* Bytes of a value that is not in memory: up to size of them from `at` on. -1: cannot
   be read */
typedef ssize_t fx_read_t(void *value, uint64_t at, void *data, size_t size);
typedef void fx_free_t(void *value);

struct fx_gap {
	/* where in buf the bytes belong */
	size_t at;
	uint64_t size;
	void *value;
	fx_free_t *free;
};

struct fx_piece {
	size_t at;
	uint32_t size;
};

/* What was written and not taken yet. */
struct fx_out {
	enum fx_strings strings;
	unsigned int cpid;
	mapi_name_of_id_t *names;
	void *names_context;
	fx_read_t *read;

	buffer_t *buf;
	/* What may not be split, in order; zero-sized ones are left out */
	ARRAY(struct fx_piece) pieces;
	ARRAY(struct fx_gap) gaps;
	/* taken so far */
	size_t pos;
	unsigned int piece, gap;
	uint64_t gap_pos;
};

void fx_out_init(struct fx_out *out);
void fx_out_deinit(struct fx_out *out);
void fx_out_marker(struct fx_out *out, mapi_tag_t marker);
/* FALSE: not written, as it has no place in a stream: errors, restrictions, rule
   actions, server ids, empty multi-values, named properties without a name. Strings
   are written as out->strings says. */
bool fx_out_prop(struct fx_out *out, const struct mapi_prop *prop);
/* Meta-properties, whose tags may lie about the type */
void fx_out_u32(struct fx_out *out, mapi_tag_t tag, uint32_t value);
void fx_out_binary(struct fx_out *out, mapi_tag_t tag, const void *data,
		   size_t size);
/* A binary (object) whose bytes are read when they are taken; free (may be NULL) is
   called when they are, or at deinit. */
void fx_out_lazy(struct fx_out *out, mapi_tag_t tag, uint64_t size, void *value,
		 fx_free_t *free);
/* Bytes that are not taken yet */
uint64_t fx_out_left(const struct fx_out *out);
/* Where we are; what was written since can be taken back (but not once taken). */
struct fx_mark {
	size_t used;
	unsigned int pieces, gaps;
};
void fx_out_mark(const struct fx_out *out, struct fx_mark *mark_r);
void fx_out_unwind(struct fx_out *out, const struct fx_mark *mark);
/* Appends at most room bytes to dest; a piece that does not fit stays. 0 ok (nothing
   at all may have fit), -1 a lazy value cannot be read. */
int fx_out_take(struct fx_out *out, buffer_t *dest, size_t room);

/* --- reading ---------------------------------------------------------------------------- */

bool fx_is_marker(mapi_tag_t tag);

struct fx_in_vfuncs {
	/* Each returns 0, or a mapi_error that ends reading. */
	uint32_t (*marker)(void *context, mapi_tag_t marker);
	/* prop is valid during the call. name: of a named property, whose id in the
	   tag is the sender's; else NULL. Code-page strings arrive as STRING. */
	uint32_t (*prop)(void *context, const struct mapi_prop *prop,
			 const struct mapi_name *name);
	/* A value of many bytes: does the caller want it in parts? Then parts come
	   (more than none), and an end. May be NULL: never */
	bool (*wants_parts)(void *context, mapi_tag_t tag, uint32_t size);
	uint32_t (*part)(void *context, const void *data, size_t size,
			 bool end);
};

/* Larger values come in parts, or not at all */
#define FX_IN_PARTS_MIN (64 * 1024)
/* Of a value that is gathered in memory, of all elements of an array together */
#define FX_IN_VALUE_MAX (64 * 1024 * 1024)

struct fx_in {
	const struct fx_in_vfuncs *v;
	void *context;
	/* what is not complete yet */
	buffer_t *hold;
	/* so many bytes of a value that goes out in parts are to come */
	uint32_t parts_left;
	bool in_parts;
	uint32_t error;
};

void fx_in_init(struct fx_in *in, const struct fx_in_vfuncs *v, void *context);
void fx_in_deinit(struct fx_in *in);
/* ecNone, or what ended reading (ecRpcFormat: no stream), again at each further call */
uint32_t fx_in_feed(struct fx_in *in, const void *data, size_t size);
/* Is the stream at the end of an element? */
bool fx_in_is_complete(const struct fx_in *in);

#endif
