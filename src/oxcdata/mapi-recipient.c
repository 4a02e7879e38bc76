/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Recipients in ROPs (MS-OXCDATA 2.8.3). */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "dovetail-mapi-props.h"
#include "oxcdata-private.h"

/* RecipientFlags, as the 16-bit number of the wire */
enum {
	RCPT_TYPE_MASK		= 0x0007,
	RCPT_EMAIL		= 0x0008,	/* E */
	RCPT_NAME		= 0x0010,	/* D */
	RCPT_TRANSMITTABLE	= 0x0020,	/* T */
	RCPT_SAME		= 0x0040,	/* S: as the display name */
	RCPT_RESPONSIBLE	= 0x0080,	/* R */
	RCPT_NO_RICH_INFO	= 0x0100,	/* N */
	RCPT_UNICODE		= 0x0200,	/* U */
	RCPT_SIMPLE_NAME	= 0x0400,	/* I */
	RCPT_OTHER_TYPE		= 0x8000,	/* O */
};

enum {
	ADDRESS_NONE	= 0,
	ADDRESS_X500	= 1,
	ADDRESS_LIST1	= 6,
	ADDRESS_LIST2	= 7,
};

/* By number; NULL: says its type itself */
static const char *const address_types[] = {
	NULL, "EX", "MS", "SMTP", "FAX", "PROFS", "MAPIPDL", "MAPIPDL",
};

/* --- reading ------------------------------------------------------------------------ */

struct rcpt_in {
	struct mapi_in *in;
	struct mapi_bag *bag;
	unsigned int flags, cpid;
};

static void in_text(struct rcpt_in *r, mapi_tag_t tag)
{
	const char *s;

	if ((r->flags & RCPT_UNICODE) != 0) {
		s = mapi_in_utf16(r->in);
	} else {
		s = mapi_in_str8(r->in);
		s = mapi_text_from_cpid(r->in->pool, r->cpid, s, strlen(s));
	}
	if (!r->in->broken)
		mapi_bag_set_str(r->bag, tag, s);
}

static void in_sized(struct rcpt_in *r, mapi_tag_t tag)
{
	size_t size = mapi_in_u16(r->in);
	const unsigned char *data = mapi_in_bytes(r->in, size);

	if (data != NULL)
		mapi_bag_set_bin(r->bag, tag, data, size);
}

static void in_address(struct rcpt_in *r)
{
	unsigned int type = r->flags & RCPT_TYPE_MASK;

	if (address_types[type] != NULL)
		mapi_bag_set_str(r->bag, PidTagAddressType, address_types[type]);
	switch (type) {
	case ADDRESS_NONE:
		if ((r->flags & RCPT_OTHER_TYPE) != 0) {
			mapi_bag_set_str(r->bag, PidTagAddressType,
					 mapi_in_str8(r->in));
		}
		break;
	case ADDRESS_X500:
		(void)mapi_in_u8(r->in);	/* of the empty prefix */
		mapi_bag_set_int(r->bag, PidTagDisplayType, mapi_in_u8(r->in));
		mapi_bag_set_str(r->bag, PidTagEmailAddress,
				 mapi_in_str8(r->in));
		break;
	case ADDRESS_LIST1:
	case ADDRESS_LIST2:
		in_sized(r, PidTagEntryId);
		in_sized(r, PidTagSearchKey);
		break;
	}
}

static void in_texts(struct rcpt_in *r)
{
	const char *name;

	if ((r->flags & RCPT_EMAIL) != 0)
		in_text(r, PidTagEmailAddress);
	if ((r->flags & RCPT_NAME) != 0)
		in_text(r, PidTagDisplayName);
	if ((r->flags & RCPT_SIMPLE_NAME) != 0)
		in_text(r, PidTagAddressBookDisplayNamePrintable);
	if ((r->flags & RCPT_TRANSMITTABLE) != 0)
		in_text(r, PidTagTransmittableDisplayName);
	name = mapi_bag_get_str(r->bag, PidTagDisplayName);
	if ((r->flags & RCPT_SAME) != 0 && name != NULL)
		mapi_bag_set_str(r->bag, PidTagTransmittableDisplayName, name);
}

static void set_column(struct rcpt_in *r, const struct mapi_prop *prop)
{
	uint16_t type = MAPI_TAG_TYPE(prop->tag);
	union mapi_value v;

	if (type == PTYP_ERROR_CODE)
		return;
	if (MAPI_BASE_TYPE(type) != PTYP_STRING8) {
		mapi_bag_set(r->bag, prop->tag, &prop->v);
	} else {
		type ^= PTYP_STRING ^ PTYP_STRING8;
		if (mapi_value_convert(r->in->pool, prop->tag, &prop->v, type,
				       r->cpid, &v))
			mapi_bag_set(r->bag, MAPI_TAG_RETYPE(prop->tag, type),
				     &v);
	}
}

static int in_columns(struct rcpt_in *r, const mapi_tag_t *columns,
		      unsigned int columns_count)
{
	unsigned int i, count = mapi_in_u16(r->in);
	struct mapi_prop *props;

	if (r->in->broken || count > columns_count) {
		r->in->broken = TRUE;
		return -1;
	}
	props = p_new(r->in->pool, struct mapi_prop, I_MAX(count, 1));
	if (mapi_in_row(r->in, columns, count, props) < 0)
		return -1;
	for (i = 0; i < count; i++)
		set_column(r, &props[i]);
	return 0;
}

int mapi_in_recipient(struct mapi_in *in, const mapi_tag_t *columns,
		      unsigned int columns_count, unsigned int cpid,
		      struct mapi_bag *rcpt_r)
{
	struct rcpt_in r = { .in = in, .bag = rcpt_r, .cpid = cpid };

	mapi_bag_init(rcpt_r, in->pool);
	r.flags = mapi_in_u16(in);
	mapi_bag_set_bool(rcpt_r, PidTagResponsibility,
			  (r.flags & RCPT_RESPONSIBLE) != 0);
	mapi_bag_set_bool(rcpt_r, PidTagSendRichInfo,
			  (r.flags & RCPT_NO_RICH_INFO) == 0);
	in_address(&r);
	in_texts(&r);
	return in->broken ? -1 : in_columns(&r, columns, columns_count);
}

/* --- writing -------------------------------------------------------------------------- */

static unsigned int address_type(const char *addrtype)
{
	unsigned int i;

	if (addrtype == NULL)
		return ADDRESS_NONE;
	for (i = 0; i < N_ELEMENTS(address_types); i++) {
		if (address_types[i] != NULL &&
		    strcasecmp(address_types[i], addrtype) == 0)
			return i;
	}
	return ADDRESS_NONE;
}

/* Which members there are */
static unsigned int recipient_flags(const struct mapi_bag *rcpt, bool unicode)
{
	const char *addrtype = mapi_bag_get_str(rcpt, PidTagAddressType);
	const char *name = mapi_bag_get_str(rcpt, PidTagDisplayName);
	const char *email = mapi_bag_get_str(rcpt, PidTagEmailAddress);
	const char *trans =
		mapi_bag_get_str(rcpt, PidTagTransmittableDisplayName);
	unsigned int flags = address_type(addrtype);

	if (flags == ADDRESS_X500 && email == NULL)
		flags = ADDRESS_NONE;
	if (flags == ADDRESS_NONE && addrtype != NULL && *addrtype != '\0')
		flags |= RCPT_OTHER_TYPE;
	if (email != NULL && flags != ADDRESS_X500)
		flags |= RCPT_EMAIL;
	if (name != NULL)
		flags |= RCPT_NAME;
	if (trans != NULL) {
		flags |= name != NULL && strcmp(trans, name) == 0 ?
			RCPT_SAME : RCPT_TRANSMITTABLE;
	}
	if (mapi_bag_get_str(rcpt, PidTagAddressBookDisplayNamePrintable) != NULL)
		flags |= RCPT_SIMPLE_NAME;
	if (mapi_bag_get_bool(rcpt, PidTagResponsibility, FALSE))
		flags |= RCPT_RESPONSIBLE;
	if (!mapi_bag_get_bool(rcpt, PidTagSendRichInfo, TRUE))
		flags |= RCPT_NO_RICH_INFO;
	return unicode ? flags | RCPT_UNICODE : flags;
}

static void
out_text(buffer_t *out, const struct mapi_bag *rcpt, mapi_tag_t tag,
	 bool unicode, unsigned int cpid)
{
	const char *s = mapi_bag_get_str(rcpt, tag);

	if (unicode)
		mapi_out_utf16(out, s);
	else
		mapi_out_str8(out, mapi_text_to_cpid(pool_datastack_create(),
						     cpid, s));
}

static void
out_sized(buffer_t *out, const struct mapi_bag *rcpt, mapi_tag_t tag)
{
	const struct mapi_blob *bin = mapi_bag_get_bin(rcpt, tag);
	size_t size = bin == NULL ? 0 : I_MIN(bin->size, UINT16_MAX);

	mapi_out_u16(out, size);
	if (size > 0)
		buffer_append(out, bin->data, size);
}

static void
out_address(buffer_t *out, const struct mapi_bag *rcpt, unsigned int flags)
{
	switch (flags & RCPT_TYPE_MASK) {
	case ADDRESS_NONE:
		if ((flags & RCPT_OTHER_TYPE) != 0)
			mapi_out_str8(out, mapi_bag_get_str(rcpt,
							    PidTagAddressType));
		break;
	case ADDRESS_X500:
		mapi_out_u8(out, 0);
		mapi_out_u8(out, mapi_bag_get_int(rcpt, PidTagDisplayType, 0));
		mapi_out_str8(out, mapi_bag_get_str(rcpt, PidTagEmailAddress));
		break;
	case ADDRESS_LIST1:
	case ADDRESS_LIST2:
		out_sized(out, rcpt, PidTagEntryId);
		out_sized(out, rcpt, PidTagSearchKey);
		break;
	}
}

/* A column's value, in the column's string type */
static void
column_value(const struct mapi_bag *rcpt, mapi_tag_t column, unsigned int cpid,
	     struct mapi_prop *prop_r)
{
	const struct mapi_prop *prop = mapi_bag_get(rcpt, column);

	prop_r->tag = column;
	if (prop == NULL) {
		prop_r->tag = MAPI_TAG_RETYPE(column, PTYP_ERROR_CODE);
		prop_r->v.error = ecNotFound;
	} else if (MAPI_TAG_TYPE(column) == PTYP_UNSPECIFIED) {
		*prop_r = *prop;
	} else if (!mapi_value_convert(pool_datastack_create(), prop->tag,
				       &prop->v, column, cpid, &prop_r->v)) {
		/* the bag finds no other types than the two of strings */
		i_unreached();
	}
}

void mapi_out_recipient(buffer_t *out, const mapi_tag_t *columns,
			unsigned int columns_count, const struct mapi_bag *rcpt,
			bool unicode, unsigned int cpid)
{
	unsigned int i, flags = recipient_flags(rcpt, unicode);
	struct mapi_prop *props;

	mapi_out_u16(out, flags);
	out_address(out, rcpt, flags);
	if ((flags & RCPT_EMAIL) != 0)
		out_text(out, rcpt, PidTagEmailAddress, unicode, cpid);
	if ((flags & RCPT_NAME) != 0)
		out_text(out, rcpt, PidTagDisplayName, unicode, cpid);
	if ((flags & RCPT_SIMPLE_NAME) != 0)
		out_text(out, rcpt, PidTagAddressBookDisplayNamePrintable,
			 unicode, cpid);
	if ((flags & RCPT_TRANSMITTABLE) != 0)
		out_text(out, rcpt, PidTagTransmittableDisplayName,
			 unicode, cpid);
	mapi_out_u16(out, columns_count);
	props = t_new(struct mapi_prop, I_MAX(columns_count, 1));
	for (i = 0; i < columns_count; i++)
		column_value(rcpt, columns[i], cpid, &props[i]);
	mapi_out_row(out, MAPI_FORM_ROP, columns, props, columns_count);
}
