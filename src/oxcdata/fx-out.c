/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "dovetail-fx.h"
#include "oxcdata-private.h"

#define CPID_UTF16 1200
#define FX_CODE_PAGE 0x8000
/* (%x00 dispid) / (%x01 name) */
enum { KIND_LID = 0, KIND_NAME = 1 };
/* Bytes read of a lazy value at a time */
#define GAP_CHUNK 8192

void fx_out_init(struct fx_out *out)
{
	i_zero(out);
	out->buf = buffer_create_dynamic(default_pool, 8192);
	i_array_init(&out->pieces, 256);
	i_array_init(&out->gaps, 4);
}

static void gaps_free(struct fx_out *out, unsigned int from)
{
	struct fx_gap *gap;

	for (unsigned int i = from; i < array_count(&out->gaps); i++) {
		gap = array_idx_modifiable(&out->gaps, i);
		if (gap->free != NULL)
			gap->free(gap->value);
	}
}

void fx_out_deinit(struct fx_out *out)
{
	if (out->buf == NULL)
		return;
	gaps_free(out, out->gap);
	buffer_free(&out->buf);
	array_free(&out->pieces);
	array_free(&out->gaps);
}

/* --- atoms --------------------------------------------------------------------------- */

static void piece_end(struct fx_out *out, size_t at)
{
	struct fx_piece *piece;

	if (out->buf->used == at)
		return;
	piece = array_append_space(&out->pieces);
	piece->at = at;
	piece->size = out->buf->used - at;
}

static void put_u32(struct fx_out *out, uint32_t v)
{
	size_t at = out->buf->used;

	mapi_out_u32(out->buf, v);
	piece_end(out, at);
}

void fx_out_marker(struct fx_out *out, mapi_tag_t marker)
{
	put_u32(out, marker);
}

static const struct mapi_name *
name_of(const struct fx_out *out, mapi_tag_t tag)
{
	return out->names == NULL ? NULL :
		out->names(out->names_context, MAPI_TAG_ID(tag));
}

/* Type and id, with the name of a named one */
static bool put_def(struct fx_out *out, mapi_tag_t tag)
{
	const struct mapi_name *name;
	size_t at = out->buf->used;

	if (MAPI_TAG_ID(tag) < MAPI_NAMED_FIRST) {
		put_u32(out, tag);
		return TRUE;
	}
	name = name_of(out, tag);
	if (name == NULL)
		return FALSE;
	mapi_out_u32(out->buf, tag);
	buffer_append(out->buf, name->guid, GUID_128_SIZE);
	if (name->name == NULL) {
		mapi_out_u8(out->buf, KIND_LID);
		mapi_out_u32(out->buf, name->lid);
	} else {
		mapi_out_u8(out->buf, KIND_NAME);
		mapi_out_utf16(out->buf, name->name);
	}
	piece_end(out, at);
	return TRUE;
}

/* length varSizeValue */
static void put_var(struct fx_out *out, const void *data, size_t size)
{
	put_u32(out, size);
	buffer_append(out->buf, data, size);
}

/* --- values -------------------------------------------------------------------------- */

/* The type strings of this one have in the stream */
static uint16_t string_type(const struct fx_out *out, uint16_t type)
{
	switch (out->strings) {
	case FX_STRINGS_CPID:
		return PTYP_STRING8;
	case FX_STRINGS_CODE_PAGE:
		return FX_CODE_PAGE | CPID_UTF16;
	case FX_STRINGS_UNICODE:
		break;
	}
	return type;
}

static void put_string8(struct fx_out *out, const char *s)
{
	put_var(out, s, strlen(s) + 1);
}

static void put_string(struct fx_out *out, uint16_t type, const char *s)
{
	size_t at = out->buf->used;

	if (type == PTYP_STRING8) {
		/* ours are UTF-8: in the client's code page */
		T_BEGIN {
			put_string8(out, mapi_text_to_cpid(
				pool_datastack_create(), out->cpid, s));
		} T_END;
		return;
	}
	mapi_out_u32(out->buf, mapi_utf16_size(s) + 2);
	piece_end(out, at);
	mapi_out_utf16(out->buf, s);
}

static bool out_string(struct fx_out *out, const struct mapi_prop *prop)
{
	uint16_t type = string_type(out, PTYP_STRING);

	if (!put_def(out, MAPI_TAG_RETYPE(prop->tag, type)))
		return FALSE;
	put_string(out, type, prop->v.s);
	return TRUE;
}

/* Bytes of a code page that is not known: as they are */
static bool out_string8(struct fx_out *out, const struct mapi_prop *prop)
{
	if (!put_def(out, prop->tag))
		return FALSE;
	put_string8(out, prop->v.s);
	return TRUE;
}

static bool out_blob(struct fx_out *out, const struct mapi_prop *prop)
{
	if (!put_def(out, prop->tag))
		return FALSE;
	put_var(out, prop->v.bin.data, prop->v.bin.size);
	return TRUE;
}

static bool out_fixed(struct fx_out *out, const struct mapi_prop *prop)
{
	size_t at;

	if (!put_def(out, prop->tag))
		return FALSE;
	at = out->buf->used;
	mapi_out_value(out->buf, MAPI_FORM_FX, prop->tag, &prop->v);
	piece_end(out, at);
	return TRUE;
}

/* Element by element, as each is an atom or has a length of its own */
static void put_element(struct fx_out *out, uint16_t type,
			const union mapi_value *list, unsigned int i)
{
	const struct mapi_type_info *info = mapi_type_info(type);
	union mapi_value v;
	size_t at = out->buf->used;

	i_zero(&v);
	switch (info->kind) {
	case MAPI_KIND_STRING:
		put_string(out, type, list->mv.v.s[i]);
		return;
	case MAPI_KIND_BLOB:
		put_var(out, list->mv.v.bin[i].data, list->mv.v.bin[i].size);
		return;
	case MAPI_KIND_GUID:
		memcpy(v.guid, list->mv.v.guid[i], sizeof(v.guid));
		break;
	case MAPI_KIND_DOUBLE:
		v.d = list->mv.v.d[i];
		break;
	default:
		v.i = list->mv.v.i[i];
		break;
	}
	mapi_out_value(out->buf, MAPI_FORM_FX, type, &v);
	piece_end(out, at);
}

static bool out_array(struct fx_out *out, const struct mapi_prop *prop)
{
	uint16_t type = MAPI_TAG_TYPE(prop->tag) & ~PTYP_MULTIPLE;
	mapi_tag_t tag = prop->tag;

	if (prop->v.mv.count == 0)
		return FALSE;
	/* code pages have no arrays */
	if (type == PTYP_STRING && out->strings == FX_STRINGS_CPID) {
		type = PTYP_STRING8;
		tag = MAPI_TAG_RETYPE(tag, PTYP_MULTIPLE_STRING8);
	}
	if (!put_def(out, tag))
		return FALSE;
	put_u32(out, prop->v.mv.count);
	for (unsigned int i = 0; i < prop->v.mv.count; i++)
		put_element(out, type, &prop->v, i);
	return TRUE;
}

bool fx_out_prop(struct fx_out *out, const struct mapi_prop *prop)
{
	uint16_t type = MAPI_TAG_TYPE(prop->tag);
	const struct mapi_type_info *info = mapi_type_info(MAPI_BASE_TYPE(type));

	if (info == NULL || (MAPI_IS_MULTIPLE(type) && !info->multiple))
		return FALSE;
	if (MAPI_IS_MULTIPLE(type))
		return out_array(out, prop);
	switch (info->kind) {
	case MAPI_KIND_STRING:
		return type == PTYP_STRING8 ? out_string8(out, prop) :
			out_string(out, prop);
	case MAPI_KIND_BLOB:
		return type != PTYP_BINARY && type != PTYP_OBJECT ? FALSE :
			out_blob(out, prop);
	case MAPI_KIND_NONE:
	case MAPI_KIND_ERROR:
	case MAPI_KIND_RESTRICTION:
		return FALSE;
	default:
		return out_fixed(out, prop);
	}
}

void fx_out_u32(struct fx_out *out, mapi_tag_t tag, uint32_t value)
{
	put_u32(out, tag);
	put_u32(out, value);
}

void fx_out_binary(struct fx_out *out, mapi_tag_t tag, const void *data,
		   size_t size)
{
	put_u32(out, tag);
	put_var(out, data, size);
}

void fx_out_lazy(struct fx_out *out, mapi_tag_t tag, uint64_t size, void *value,
		 fx_free_t *free)
{
	struct fx_gap *gap;

	put_u32(out, tag);
	put_u32(out, size);
	gap = array_append_space(&out->gaps);
	gap->at = out->buf->used;
	gap->size = size;
	gap->value = value;
	gap->free = free;
}

/* --- taking ---------------------------------------------------------------------------- */

uint64_t fx_out_left(const struct fx_out *out)
{
	const struct fx_gap *gap;
	uint64_t left = out->buf->used - out->pos;

	for (unsigned int i = out->gap; i < array_count(&out->gaps); i++) {
		gap = array_idx(&out->gaps, i);
		left += gap->size;
	}
	return left - out->gap_pos;
}

void fx_out_mark(const struct fx_out *out, struct fx_mark *mark_r)
{
	mark_r->used = out->buf->used;
	mark_r->pieces = array_count(&out->pieces);
	mark_r->gaps = array_count(&out->gaps);
}

void fx_out_unwind(struct fx_out *out, const struct fx_mark *mark)
{
	i_assert(out->pos <= mark->used && out->gap <= mark->gaps);
	gaps_free(out, mark->gaps);
	buffer_set_used_size(out->buf, mark->used);
	array_delete(&out->pieces, mark->pieces,
		     array_count(&out->pieces) - mark->pieces);
	array_delete(&out->gaps, mark->gaps,
		     array_count(&out->gaps) - mark->gaps);
}

/* All of it was taken: from the beginning again */
static void out_rewind(struct fx_out *out)
{
	buffer_set_used_size(out->buf, 0);
	array_clear(&out->pieces);
	array_clear(&out->gaps);
	out->pos = 0;
	out->piece = out->gap = 0;
	out->gap_pos = 0;
}

/* Where a buffer that reaches to `end` may end: not inside of a piece */
static size_t split_at(struct fx_out *out, size_t end)
{
	const struct fx_piece *piece;

	while (out->piece < array_count(&out->pieces)) {
		piece = array_idx(&out->pieces, out->piece);
		if (piece->at + piece->size <= end)
			out->piece++;
		else
			return I_MIN(end, piece->at);
	}
	return end;
}

static int take_gap(struct fx_out *out, struct fx_gap *gap, buffer_t *dest,
		    size_t *room)
{
	unsigned char chunk[GAP_CHUNK];
	size_t want;
	ssize_t ret;

	while (*room > 0 && out->gap_pos < gap->size) {
		want = I_MIN(I_MIN(sizeof(chunk), *room),
			     gap->size - out->gap_pos);
		ret = out->read(gap->value, out->gap_pos, chunk, want);
		if (ret <= 0)
			return -1;
		buffer_append(dest, chunk, ret);
		out->gap_pos += ret;
		*room -= ret;
	}
	if (out->gap_pos < gap->size)
		return 0;
	if (gap->free != NULL)
		gap->free(gap->value);
	out->gap++;
	out->gap_pos = 0;
	return 1;
}

int fx_out_take(struct fx_out *out, buffer_t *dest, size_t room)
{
	struct fx_gap *gap;
	size_t end, stop;
	int ret;

	while (out->pos < out->buf->used ||
	       out->gap < array_count(&out->gaps)) {
		gap = out->gap < array_count(&out->gaps) ?
			array_idx_modifiable(&out->gaps, out->gap) : NULL;
		stop = gap == NULL ? out->buf->used : gap->at;
		end = split_at(out, out->pos + I_MIN(room, stop - out->pos));
		buffer_append(dest, CONST_PTR_OFFSET(out->buf->data, out->pos),
			      end - out->pos);
		room -= end - out->pos;
		out->pos = end;
		if (end < stop)
			return 0;
		if (gap != NULL &&
		    (ret = take_gap(out, gap, dest, &room)) <= 0)
			return ret;
	}
	out_rewind(out);
	return 0;
}
