/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values in memory: copy, order, size (MS-OXCDATA 2.11). */

#include "lib.h"
#include "buffer.h"
#include "byteorder.h"
#include "oxcdata-private.h"

#include <ctype.h>
#include <math.h>

/* 100 ns between 1601 and 1970 */
#define EPOCH_DIFF 116444736000000000LL
#define TICKS_PER_SEC 10000000LL

static const struct mapi_type_info types[] = {
	{ PTYP_NULL, MAPI_KIND_NONE, 0, FALSE },
	{ PTYP_INTEGER16, MAPI_KIND_INT, 2, TRUE },
	{ PTYP_INTEGER32, MAPI_KIND_INT, 4, TRUE },
	{ PTYP_FLOATING32, MAPI_KIND_DOUBLE, 4, TRUE },
	{ PTYP_FLOATING64, MAPI_KIND_DOUBLE, 8, TRUE },
	{ PTYP_CURRENCY, MAPI_KIND_INT, 8, TRUE },
	{ PTYP_FLOATING_TIME, MAPI_KIND_DOUBLE, 8, TRUE },
	{ PTYP_ERROR_CODE, MAPI_KIND_ERROR, 4, FALSE },
	{ PTYP_BOOLEAN, MAPI_KIND_BOOL, 1, FALSE },
	{ PTYP_OBJECT, MAPI_KIND_BLOB, 0, FALSE },
	{ PTYP_INTEGER64, MAPI_KIND_INT, 8, TRUE },
	{ PTYP_STRING8, MAPI_KIND_STRING, 1, TRUE },
	{ PTYP_STRING, MAPI_KIND_STRING, 1, TRUE },
	{ PTYP_TIME, MAPI_KIND_INT, 8, TRUE },
	{ PTYP_GUID, MAPI_KIND_GUID, 16, TRUE },
	{ PTYP_SERVER_ID, MAPI_KIND_BLOB, 1, FALSE },
	{ PTYP_RESTRICTION, MAPI_KIND_RESTRICTION, 1, FALSE },
	{ PTYP_RULE_ACTION, MAPI_KIND_BLOB, 1, FALSE },
	{ PTYP_BINARY, MAPI_KIND_BLOB, 1, TRUE },
};

const struct mapi_type_info *mapi_type_info(uint16_t type)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(types); i++) {
		if (types[i].type == type)
			return &types[i];
	}
	return NULL;
}

static enum mapi_kind type_kind(uint16_t type)
{
	const struct mapi_type_info *info = mapi_type_info(MAPI_BASE_TYPE(type));

	if (info == NULL || (MAPI_IS_MULTIPLE(type) && !info->multiple))
		return MAPI_KIND_NONE;
	return info->kind;
}

int64_t mapi_int_narrow(uint16_t type, uint64_t v)
{
	switch (MAPI_BASE_TYPE(type)) {
	case PTYP_INTEGER16:
		return (int16_t)v;
	case PTYP_INTEGER32:
		return (int32_t)v;
	default:
		return (int64_t)v;
	}
}

/* --- copies ----------------------------------------------------------------------- */

static void blob_dup(pool_t pool, const struct mapi_blob *src,
		     struct mapi_blob *dest_r)
{
	dest_r->size = src->size;
	dest_r->data = src->size == 0 ? &uchar_nul :
		p_memdup(pool, src->data, src->size);
}

static void
values_dup(pool_t pool, enum mapi_kind kind, const union mapi_value *src,
	  union mapi_value *dest_r)
{
	unsigned int i, count = src->mv.count;
	const char **s;
	struct mapi_blob *bin;

	dest_r->mv.count = count;
	switch (kind) {
	case MAPI_KIND_STRING:
		s = p_new(pool, const char *, count);
		for (i = 0; i < count; i++)
			s[i] = p_strdup(pool, src->mv.v.s[i]);
		dest_r->mv.v.s = s;
		break;
	case MAPI_KIND_BLOB:
		bin = p_new(pool, struct mapi_blob, count);
		for (i = 0; i < count; i++)
			blob_dup(pool, &src->mv.v.bin[i], &bin[i]);
		dest_r->mv.v.bin = bin;
		break;
	case MAPI_KIND_DOUBLE:
		dest_r->mv.v.d = p_memdup(pool, src->mv.v.d,
					  count * sizeof(double));
		break;
	case MAPI_KIND_GUID:
		dest_r->mv.v.guid = p_memdup(pool, src->mv.v.guid,
					     count * sizeof(guid_128_t));
		break;
	default:
		dest_r->mv.v.i = p_memdup(pool, src->mv.v.i,
					  count * sizeof(int64_t));
		break;
	}
}

void mapi_value_dup(pool_t pool, mapi_tag_t tag, const union mapi_value *src,
		    union mapi_value *dest_r)
{
	uint16_t type = MAPI_TAG_TYPE(tag);
	enum mapi_kind kind = type_kind(type);

	i_zero(dest_r);
	if (MAPI_IS_MULTIPLE(type)) {
		if (kind != MAPI_KIND_NONE && src->mv.count > 0)
			values_dup(pool, kind, src, dest_r);
		return;
	}
	switch (kind) {
	case MAPI_KIND_STRING:
		dest_r->s = p_strdup(pool, src->s);
		break;
	case MAPI_KIND_BLOB:
		blob_dup(pool, &src->bin, &dest_r->bin);
		break;
	case MAPI_KIND_RESTRICTION:
		mapi_restriction_dup(pool, src->res, &dest_r->res);
		break;
	default:
		*dest_r = *src;
		break;
	}
}

void mapi_prop_dup(pool_t pool, const struct mapi_prop *src,
		   struct mapi_prop *dest_r)
{
	dest_r->tag = src->tag;
	mapi_value_dup(pool, src->tag, &src->v, &dest_r->v);
}

/* --- order --------------------------------------------------------------------------- */

#define CMP(a, b) ((a) < (b) ? -1 : (a) > (b) ? 1 : 0)

/* A NaN comes before all numbers. */
static int double_cmp(double a, double b)
{
	if (isnan(a) || isnan(b))
		return (isnan(a) ? 0 : 1) - (isnan(b) ? 0 : 1);
	return CMP(a, b);
}

static int blob_cmp(const struct mapi_blob *a, const struct mapi_blob *b)
{
	size_t min = I_MIN(a->size, b->size);
	int ret = min == 0 ? 0 : memcmp(a->data, b->data, min);

	return ret != 0 ? ret : CMP(a->size, b->size);
}

/* Letters first, marks on them only where all letters are the same: umlauts sort
   beside their letters. */
static int text_cmp(const char *a, const char *b)
{
	int ret;

	T_BEGIN {
		ret = strcmp(mapi_fold(a, MAPI_FL_LOOSE),
			     mapi_fold(b, MAPI_FL_LOOSE));
		if (ret == 0)
			ret = strcmp(mapi_fold(a, MAPI_FL_IGNORECASE),
				     mapi_fold(b, MAPI_FL_IGNORECASE));
	} T_END;
	return ret;
}

/* ASCII letters as one case, other bytes as they are */
static int ascii_cmp(const char *a, const char *b)
{
	unsigned char x, y;

	for (;; a++, b++) {
		x = i_toupper(*a);
		y = i_toupper(*b);
		if (x != y)
			return x < y ? -1 : 1;
		if (x == '\0')
			return 0;
	}
}

static bool is_ascii(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s >= 0x80)
			return FALSE;
	}
	return TRUE;
}

static int string_cmp(uint16_t type, const char *a, const char *b)
{
	/* bytes of a code page that is not known here */
	if (MAPI_BASE_TYPE(type) == PTYP_STRING8)
		return ascii_cmp(a, b);
	/* what is the same cannot change what follows */
	while (*a == *b && *a != '\0' && (unsigned char)*a < 0x80)
		a++, b++;
	if (is_ascii(a) && is_ascii(b))
		return ascii_cmp(a, b);
	return text_cmp(a, b);
}

static int
element_cmp(uint16_t type, enum mapi_kind kind, const union mapi_value *a,
	    const union mapi_value *b, unsigned int i)
{
	switch (kind) {
	case MAPI_KIND_STRING:
		return string_cmp(type, a->mv.v.s[i], b->mv.v.s[i]);
	case MAPI_KIND_BLOB:
		return blob_cmp(&a->mv.v.bin[i], &b->mv.v.bin[i]);
	case MAPI_KIND_DOUBLE:
		return double_cmp(a->mv.v.d[i], b->mv.v.d[i]);
	case MAPI_KIND_GUID:
		return memcmp(a->mv.v.guid[i], b->mv.v.guid[i],
			      GUID_128_SIZE);
	default:
		return CMP(a->mv.v.i[i], b->mv.v.i[i]);
	}
}

static int
values_cmp(uint16_t type, enum mapi_kind kind, const union mapi_value *a,
	  const union mapi_value *b)
{
	unsigned int i;
	int ret;

	for (i = 0; i < a->mv.count && i < b->mv.count; i++) {
		ret = element_cmp(type, kind, a, b, i);
		if (ret != 0)
			return ret;
	}
	return CMP(a->mv.count, b->mv.count);
}

int mapi_value_cmp(uint16_t type, const union mapi_value *a,
		   const union mapi_value *b)
{
	enum mapi_kind kind = type_kind(type);

	if (kind == MAPI_KIND_NONE)
		return 0;
	if (MAPI_IS_MULTIPLE(type))
		return values_cmp(type, kind, a, b);
	switch (kind) {
	case MAPI_KIND_BOOL:
		return (a->b ? 1 : 0) - (b->b ? 1 : 0);
	case MAPI_KIND_DOUBLE:
		return double_cmp(a->d, b->d);
	case MAPI_KIND_ERROR:
		return CMP(a->error, b->error);
	case MAPI_KIND_STRING:
		return string_cmp(type, a->s, b->s);
	case MAPI_KIND_BLOB:
		return blob_cmp(&a->bin, &b->bin);
	case MAPI_KIND_GUID:
		return memcmp(a->guid, b->guid, GUID_128_SIZE);
	case MAPI_KIND_RESTRICTION:
		return mapi_restriction_equals(a->res, b->res) ? 0 :
			CMP((uintptr_t)a->res, (uintptr_t)b->res);
	default:
		return CMP(a->i, b->i);
	}
}

/* --- the same --------------------------------------------------------------------------- */

static bool blob_equals(const struct mapi_blob *a, const struct mapi_blob *b)
{
	return a->size == b->size &&
		(a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool
values_equal(enum mapi_kind kind, const union mapi_value *a,
	     const union mapi_value *b)
{
	unsigned int i, count = a->mv.count;

	if (count != b->mv.count)
		return FALSE;
	for (i = 0; i < count; i++) {
		if (kind == MAPI_KIND_STRING) {
			if (strcmp(a->mv.v.s[i], b->mv.v.s[i]) != 0)
				return FALSE;
		} else if (kind == MAPI_KIND_BLOB) {
			if (!blob_equals(&a->mv.v.bin[i], &b->mv.v.bin[i]))
				return FALSE;
		}
	}
	if (count == 0 || kind == MAPI_KIND_STRING || kind == MAPI_KIND_BLOB)
		return TRUE;
	/* the others are of fixed size */
	return memcmp(a->mv.v.i, b->mv.v.i, count *
		      (kind == MAPI_KIND_GUID ? sizeof(guid_128_t) :
		       sizeof(int64_t))) == 0;
}

bool mapi_value_equals(uint16_t type, const union mapi_value *a,
		       const union mapi_value *b)
{
	enum mapi_kind kind = type_kind(type);

	if (MAPI_IS_MULTIPLE(type))
		return kind == MAPI_KIND_NONE || values_equal(kind, a, b);
	switch (kind) {
	case MAPI_KIND_NONE:
		return TRUE;
	case MAPI_KIND_BOOL:
		return a->b == b->b;
	case MAPI_KIND_DOUBLE:
		return memcmp(&a->d, &b->d, sizeof(a->d)) == 0;
	case MAPI_KIND_ERROR:
		return a->error == b->error;
	case MAPI_KIND_STRING:
		return strcmp(a->s, b->s) == 0;
	case MAPI_KIND_BLOB:
		return blob_equals(&a->bin, &b->bin);
	case MAPI_KIND_GUID:
		return memcmp(a->guid, b->guid, GUID_128_SIZE) == 0;
	case MAPI_KIND_RESTRICTION:
		return mapi_restriction_equals(a->res, b->res);
	case MAPI_KIND_INT:
		break;
	}
	return a->i == b->i;
}

/* --- keys -------------------------------------------------------------------------------- */

static void key_u64(buffer_t *out, uint64_t v)
{
	unsigned char bytes[8];

	cpu64_to_be_unaligned(v, bytes);
	buffer_append(out, bytes, sizeof(bytes));
}

/* The order of the numbers is that of their bits once negative ones are turned
   round. */
static void key_double(buffer_t *out, double d)
{
	uint64_t bits;

	if (isnan(d)) {
		key_u64(out, 0);
		return;
	}
	if (d == 0)
		d = 0;		/* no negative zero */
	memcpy(&bits, &d, sizeof(bits));
	if ((bits >> 63) != 0)
		bits = ~bits;
	else
		bits |= 1ULL << 63;
	key_u64(out, bits);
}

static void key_string(buffer_t *out, uint16_t type, const char *s)
{
	const char *letters, *folded;

	if (MAPI_BASE_TYPE(type) == PTYP_STRING8 || is_ascii(s)) {
		for (; *s != '\0'; s++)
			buffer_append_c(out, i_toupper(*s));
		return;
	}
	/* no frame of the data stack: out may be in the caller's */
	letters = mapi_fold(s, MAPI_FL_LOOSE);
	folded = mapi_fold(s, MAPI_FL_IGNORECASE);
	buffer_append(out, letters, strlen(letters));
	if (strcmp(letters, folded) != 0) {
		buffer_append_c(out, '\0');
		buffer_append(out, folded, strlen(folded));
	}
}

static void
key_element(buffer_t *out, uint16_t type, enum mapi_kind kind,
	    const union mapi_value *v, unsigned int i)
{
	switch (kind) {
	case MAPI_KIND_STRING:
		key_string(out, type, v->mv.v.s[i]);
		break;
	case MAPI_KIND_BLOB:
		buffer_append(out, v->mv.v.bin[i].data, v->mv.v.bin[i].size);
		break;
	case MAPI_KIND_DOUBLE:
		key_double(out, v->mv.v.d[i]);
		break;
	case MAPI_KIND_GUID:
		buffer_append(out, v->mv.v.guid[i], GUID_128_SIZE);
		break;
	default:
		key_u64(out, (uint64_t)v->mv.v.i[i] ^ (1ULL << 63));
		break;
	}
}

/* An element's bytes, 0x00 as 0x00 0xff, then 0x00 0x01: shorter ones come first,
   and an array that ends before the next element. */
static void
key_array(buffer_t *out, uint16_t type, enum mapi_kind kind,
	  const union mapi_value *v)
{
	const unsigned char *data;
	unsigned int i, j;
	buffer_t *one = t_buffer_create(64);

	for (i = 0; i < v->mv.count; i++) {
		buffer_set_used_size(one, 0);
		key_element(one, type, kind, v, i);
		data = one->data;
		for (j = 0; j < one->used; j++) {
			buffer_append_c(out, data[j]);
			if (data[j] == 0)
				buffer_append_c(out, 0xff);
		}
		buffer_append(out, "\0\001", 2);
	}
}

void mapi_value_key(buffer_t *out, uint16_t type, const union mapi_value *v)
{
	enum mapi_kind kind = type_kind(type);

	if (MAPI_IS_MULTIPLE(type)) {
		if (kind != MAPI_KIND_NONE)
			key_array(out, type, kind, v);
		return;
	}
	switch (kind) {
	case MAPI_KIND_NONE:
	case MAPI_KIND_RESTRICTION:
		break;
	case MAPI_KIND_BOOL:
		buffer_append_c(out, v->b ? 1 : 0);
		break;
	case MAPI_KIND_DOUBLE:
		key_double(out, v->d);
		break;
	case MAPI_KIND_ERROR:
		key_u64(out, v->error);
		break;
	case MAPI_KIND_STRING:
		key_string(out, type, v->s);
		break;
	case MAPI_KIND_BLOB:
		buffer_append(out, v->bin.data, v->bin.size);
		break;
	case MAPI_KIND_GUID:
		buffer_append(out, v->guid, GUID_128_SIZE);
		break;
	case MAPI_KIND_INT:
		key_u64(out, (uint64_t)v->i ^ (1ULL << 63));
		break;
	}
}

/* --- size --------------------------------------------------------------------------------- */

static size_t string_size(uint16_t type, const char *s)
{
	return MAPI_BASE_TYPE(type) == PTYP_STRING8 ? strlen(s) + 1 :
		mapi_utf16_size(s) + 2;
}

static size_t
values_size(const struct mapi_type_info *info, const union mapi_value *v)
{
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < v->mv.count; i++) {
		if (info->kind == MAPI_KIND_STRING)
			size += string_size(info->type, v->mv.v.s[i]);
		else if (info->kind == MAPI_KIND_BLOB)
			size += v->mv.v.bin[i].size;
		else
			size += info->size;
	}
	return size;
}

static size_t restriction_size(const struct mapi_restriction *res)
{
	size_t size;

	T_BEGIN {
		buffer_t *buf = t_buffer_create(256);

		mapi_out_restriction(buf, MAPI_FORM_ROP, res);
		size = buf->used;
	} T_END;
	return size;
}

size_t mapi_value_size(uint16_t type, const union mapi_value *v)
{
	const struct mapi_type_info *info = mapi_type_info(MAPI_BASE_TYPE(type));

	if (type_kind(type) == MAPI_KIND_NONE)
		return 0;
	if (MAPI_IS_MULTIPLE(type))
		return values_size(info, v);
	switch (info->kind) {
	case MAPI_KIND_STRING:
		return string_size(type, v->s);
	case MAPI_KIND_BLOB:
		return v->bin.size;
	case MAPI_KIND_RESTRICTION:
		return restriction_size(v->res);
	default:
		return info->size;
	}
}

/* --- between string types ------------------------------------------------------------------- */

static const char *
text_convert(pool_t pool, uint16_t from, const char *s, unsigned int cpid)
{
	return MAPI_BASE_TYPE(from) == PTYP_STRING8 ?
		mapi_text_from_cpid(pool, cpid, s, strlen(s)) :
		mapi_text_to_cpid(pool, cpid, s);
}

static bool is_other_string(uint16_t from, uint16_t to)
{
	return (from ^ to) == (PTYP_STRING ^ PTYP_STRING8) &&
		(MAPI_BASE_TYPE(from) == PTYP_STRING ||
		 MAPI_BASE_TYPE(from) == PTYP_STRING8);
}

bool mapi_value_convert(pool_t pool, mapi_tag_t from,
			const union mapi_value *src, mapi_tag_t to,
			unsigned int cpid, union mapi_value *dest_r)
{
	uint16_t type = MAPI_TAG_TYPE(from);
	const char **list;
	unsigned int i;

	if (type == MAPI_TAG_TYPE(to)) {
		mapi_value_dup(pool, from, src, dest_r);
		return TRUE;
	}
	if (!is_other_string(type, MAPI_TAG_TYPE(to)))
		return FALSE;
	i_zero(dest_r);
	if (!MAPI_IS_MULTIPLE(type)) {
		dest_r->s = text_convert(pool, type, src->s, cpid);
		return TRUE;
	}
	list = p_new(pool, const char *, I_MAX(src->mv.count, 1));
	for (i = 0; i < src->mv.count; i++)
		list[i] = text_convert(pool, type, src->mv.v.s[i], cpid);
	dest_r->mv.count = src->mv.count;
	dest_r->mv.v.s = list;
	return TRUE;
}

/* --- time -------------------------------------------------------------------------------------- */

int64_t mapi_time(time_t t)
{
	const time_t max = (INT64_MAX - EPOCH_DIFF) / TICKS_PER_SEC;

	/* the years -27627 to 30828: beyond them all times are one */
	t = I_MAX(I_MIN(t, max), -max);
	return (int64_t)t * TICKS_PER_SEC + EPOCH_DIFF;
}

/* Rounded down, also before 1970 */
time_t mapi_time_unix(int64_t t)
{
	int64_t diff = t < INT64_MIN + EPOCH_DIFF ? INT64_MIN : t - EPOCH_DIFF;
	int64_t secs = diff / TICKS_PER_SEC;

	return diff % TICKS_PER_SEC < 0 ? secs - 1 : secs;
}
