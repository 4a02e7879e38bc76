#ifndef OXCDATA_PRIVATE_H
#define OXCDATA_PRIVATE_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dovetail-mapi-data.h"

/* What a value's type is made of. One with PTYP_INSTANCE is one of the values of a
   property that has many: it is single. */
#define MAPI_BASE_TYPE(type) ((type) & ~(PTYP_MULTIPLE | PTYP_INSTANCE))
#define MAPI_IS_MULTIPLE(type) \
	(((type) & (PTYP_MULTIPLE | PTYP_INSTANCE)) == PTYP_MULTIPLE)

/* Kinds of values: which member of union mapi_value holds one */
enum mapi_kind {
	MAPI_KIND_NONE,		/* unknown, or no value: NULL */
	MAPI_KIND_INT,
	MAPI_KIND_DOUBLE,
	MAPI_KIND_BOOL,
	MAPI_KIND_ERROR,
	MAPI_KIND_STRING,
	MAPI_KIND_BLOB,
	MAPI_KIND_GUID,
	MAPI_KIND_RESTRICTION,
};

struct mapi_type_info {
	uint16_t type;
	enum mapi_kind kind;
	/* bytes of a value on the wire; of those of variable length the least
	   that one has in any form */
	uint8_t size;
	/* may be an array */
	bool multiple;
};
/* Of a base type; NULL: not known */
const struct mapi_type_info *mapi_type_info(uint16_t type);

/* Sign-extended as the type is wide */
int64_t mapi_int_narrow(uint16_t type, uint64_t v);

/* UTF-16LE without a terminator to UTF-8 and back */
const char *mapi_utf16_to_utf8(pool_t pool, const unsigned char *data,
			       size_t size);
void mapi_utf8_to_utf16(buffer_t *out, const char *s);
/* Bytes of UTF-16 that the text takes, without terminator */
size_t mapi_utf16_size(const char *s);

/* Restrictions inside values */
void mapi_restriction_dup(pool_t pool, const struct mapi_restriction *src,
			  const struct mapi_restriction **dest_r);
bool mapi_restriction_equals(const struct mapi_restriction *a,
			     const struct mapi_restriction *b);

#endif
