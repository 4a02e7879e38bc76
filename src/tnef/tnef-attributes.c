/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Legacy attributes (MS-OXTNEF 2.1.3.3, 2.3.3) and the properties they map to. */

#include "lib.h"
#include "array.h"
#include "utc-mktime.h"
#include "tnef-private.h"

#include <time.h>

enum tnef_form {
	FORM_TEXT,	/* string of the code page */
	FORM_DATE,
	FORM_NUMBER,	/* 16 or 32 bits */
	FORM_BINARY,
	FORM_CLASS,
	FORM_PRIORITY,
	FORM_TRIPLE,	/* attFrom */
	FORM_OWNER,
	FORM_FLAG,	/* 16 bits, boolean */
	FORM_STATUS,
	FORM_HEX,	/* hex digits of a binary */
};

/* Ids as on the wire: type in the upper, name in the lower half */
static const struct tnef_mapping {
	uint32_t id;
	enum tnef_form form;
	mapi_tag_t tag;
} mappings[] = {
	{ 0x00008000, FORM_TRIPLE, PidTagSenderName },
	{ 0x00018004, FORM_TEXT, PidTagSubject },
	{ 0x00038005, FORM_DATE, PidTagClientSubmitTime },
	{ 0x00038006, FORM_DATE, PidTagMessageDeliveryTime },
	{ 0x00068007, FORM_STATUS, PidTagMessageFlags },
	{ 0x00078008, FORM_CLASS, PidTagMessageClass },
	{ 0x00018009, FORM_HEX, PidTagSearchKey },
	{ 0x0001800a, FORM_HEX, PidTagParentKey },
	{ 0x0001800b, FORM_HEX, PidTagConversationKey },
	{ 0x0002800c, FORM_TEXT, PidTagBody },
	{ 0x0004800d, FORM_PRIORITY, PidTagImportance },
	{ 0x00038020, FORM_DATE, PidTagLastModificationTime },
	{ 0x00070600, FORM_CLASS, PidTagOriginalMessageClass },
	{ 0x00060000, FORM_OWNER, PidTagSentRepresentingName },
	{ 0x00060001, FORM_OWNER, PidTagSentRepresentingName },
	{ 0x00060002, FORM_BINARY, PidTagReceivedRepresentingEntryId },
	{ 0x00030006, FORM_DATE, PidTagStartDate },
	{ 0x00030007, FORM_DATE, PidTagEndDate },
	{ 0x00040008, FORM_NUMBER, PidTagOwnerAppointmentId },
	{ 0x00040009, FORM_FLAG, PidTagResponseRequested },
	/* of attachments */
	{ 0x00018010, FORM_TEXT, PidTagAttachLongFilename },
	{ 0x00068011, FORM_BINARY, PidTagAttachRendering },
	{ 0x00038012, FORM_DATE, PidTagCreationTime },
	{ 0x00038013, FORM_DATE, PidTagLastModificationTime },
	{ 0x00069001, FORM_TEXT, PidTagAttachTransportName },
};

/* 2.1.3.3.2 */
static const struct {
	const char *legacy, *name;
} classes[] = {
	{ "IPM.Microsoft Mail.Note", "IPM.Note" },
	{ "IPM.Microsoft Mail.Read Receipt", "REPORT.IPM.Note.IPNRN" },
	{ "IPM.Microsoft Mail.Non-Delivery", "REPORT.IPM.Note.NDR" },
	{ "IPM.Microsoft Schedule.MtgRespP", "IPM.Schedule.Meeting.Resp.Pos" },
	{ "IPM.Microsoft Schedule.MtgRespN", "IPM.Schedule.Meeting.Resp.Neg" },
	{ "IPM.Microsoft Schedule.MtgRespA", "IPM.Schedule.Meeting.Resp.Tent" },
	{ "IPM.Microsoft Schedule.MtgReq", "IPM.Schedule.Meeting.Request" },
	{ "IPM.Microsoft Schedule.MtgCncl", "IPM.Schedule.Meeting.Canceled" },
};

static const char *legacy_text(struct tnef_stream *stream,
			       const unsigned char *data, size_t size)
{
	pool_t pool = stream->reader->pool;
	union mapi_value src, dest;

	src.s = p_strndup(pool, data, size);
	if (!mapi_value_convert(pool, MAPI_TAG(1, PTYP_STRING8), &src,
				MAPI_TAG(1, PTYP_STRING), stream->cpid, &dest))
		return "";
	return dest.s;
}

static const char *legacy_class(const char *legacy)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(classes); i++) {
		if (strcasecmp(classes[i].legacy, legacy) == 0)
			return classes[i].name;
	}
	return legacy;
}

/* Year, month, day, hour, minute, second, day of week; taken as UTC */
static void legacy_date(struct mapi_bag *bag, mapi_tag_t tag,
			struct mapi_in *in)
{
	struct tm tm;
	time_t t;

	i_zero(&tm);
	tm.tm_year = mapi_in_u16(in) - 1900;
	tm.tm_mon = mapi_in_u16(in) - 1;
	tm.tm_mday = mapi_in_u16(in);
	tm.tm_hour = mapi_in_u16(in);
	tm.tm_min = mapi_in_u16(in);
	tm.tm_sec = mapi_in_u16(in);
	if (in->broken || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60 || tm.tm_year < 0 || tm.tm_year > 2000)
		return;
	t = utc_mktime(&tm);
	if (t != (time_t)-1)
		mapi_bag_set_time(bag, tag, t);
}

/* "SMTP:bob@example.org" into the two properties behind the name's */
static void set_address(struct mapi_bag *bag, mapi_tag_t name_tag,
			const char *name, const char *address)
{
	bool sender = name_tag == PidTagSenderName;
	const char *colon = strchr(address, ':');

	mapi_bag_set_str(bag, name_tag, name);
	if (colon == NULL)
		return;
	mapi_bag_set_str(bag, sender ? PidTagSenderAddressType :
			 PidTagSentRepresentingAddressType,
			 t_strdup_until(address, colon));
	mapi_bag_set_str(bag, sender ? PidTagSenderEmailAddress :
			 PidTagSentRepresentingEmailAddress, colon + 1);
}

/* 2.1.3.3.12: id, sizes, then two strings */
static void legacy_from(struct tnef_stream *stream, struct mapi_bag *bag,
			struct mapi_in *in)
{
	unsigned int name_size, address_size;
	const unsigned char *name, *address;

	(void)mapi_in_u32(in);
	name_size = mapi_in_u16(in);
	address_size = mapi_in_u16(in);
	name = mapi_in_bytes(in, name_size);
	address = mapi_in_bytes(in, address_size);
	if (name == NULL || address == NULL)
		return;
	set_address(bag, PidTagSenderName,
		    legacy_text(stream, name, name_size),
		    legacy_text(stream, address, address_size));
}

static void legacy_owner(struct tnef_stream *stream, struct mapi_bag *bag,
			 struct mapi_in *in)
{
	unsigned int size;
	const unsigned char *name, *address;
	const char *display;

	size = mapi_in_u16(in);
	name = mapi_in_bytes(in, size);
	if (name == NULL)
		return;
	display = legacy_text(stream, name, size);
	size = mapi_in_u16(in);
	address = mapi_in_bytes(in, size);
	if (address != NULL)
		set_address(bag, PidTagSentRepresentingName, display,
			    legacy_text(stream, address, size));
}

static void legacy_hex(struct mapi_bag *bag, mapi_tag_t tag,
		       const unsigned char *data, size_t size)
{
	unsigned char bytes[128];
	size_t i, n = 0;
	int v;

	for (i = 0; i < size && n / 2 < sizeof(bytes); i++) {
		if (data[i] >= '0' && data[i] <= '9')
			v = data[i] - '0';
		else if ((data[i] | 0x20) >= 'a' && (data[i] | 0x20) <= 'f')
			v = (data[i] | 0x20) - 'a' + 10;
		else
			break;
		bytes[n / 2] = n % 2 == 0 ? v << 4 : bytes[n / 2] | v;
		n++;
	}
	if (n >= 2)
		mapi_bag_set_bin(bag, tag, bytes, n / 2);
}

static int64_t legacy_number(struct mapi_in *in)
{
	return mapi_in_left(in) >= 4 ? (int32_t)mapi_in_u32(in) :
		(int16_t)mapi_in_u16(in);
}

static void legacy_set(struct tnef_stream *stream, struct mapi_bag *bag,
		       const struct tnef_mapping *map,
		       const unsigned char *data, size_t size)
{
	struct mapi_in in;
	unsigned int n;

	mapi_in_init(&in, MAPI_FORM_ROP, stream->reader->pool, data, size);
	switch (map->form) {
	case FORM_TEXT:
		mapi_bag_set_str(bag, map->tag, legacy_text(stream, data, size));
		break;
	case FORM_DATE:
		legacy_date(bag, map->tag, &in);
		break;
	case FORM_NUMBER:
		mapi_bag_set_int(bag, map->tag, legacy_number(&in));
		break;
	case FORM_BINARY:
		mapi_bag_set_bin(bag, map->tag, data, size);
		break;
	case FORM_CLASS:
		mapi_bag_set_str(bag, map->tag, legacy_class(
			legacy_text(stream, data, size)));
		break;
	case FORM_PRIORITY:
		/* 1 high, 2 normal, 3 low */
		n = mapi_in_u16(&in);
		mapi_bag_set_int(bag, map->tag, n == 1 ? 2 : n == 3 ? 0 : 1);
		break;
	case FORM_TRIPLE:
		legacy_from(stream, bag, &in);
		break;
	case FORM_OWNER:
		legacy_owner(stream, bag, &in);
		break;
	case FORM_FLAG:
		mapi_bag_set_bool(bag, map->tag, mapi_in_u16(&in) != 0);
		break;
	case FORM_STATUS:
		/* 2.1.3.3.9: 0x02 modified, 0x04 local, 0x20 read; as flags:
		   read, unmodified, unsent */
		n = size > 0 ? data[0] : 0;
		mapi_bag_set_int(bag, map->tag, ((n & 0x20) != 0 ? 1 : 0) |
				 ((n & 0x02) != 0 ? 0 : 2) |
				 ((n & 0x04) != 0 ? 8 : 0));
		break;
	case FORM_HEX:
		legacy_hex(bag, map->tag, data, size);
		break;
	}
}

void tnef_attribute(struct tnef_stream *stream, uint32_t id,
		    const unsigned char *data, size_t size)
{
	struct mapi_bag *bag = &stream->legacy;
	unsigned int i;

	if (stream->attach != NULL)
		bag = &stream->attach_legacy;
	for (i = 0; i < N_ELEMENTS(mappings); i++) {
		if (mappings[i].id == id) T_BEGIN {
			legacy_set(stream, bag, &mappings[i], data, size);
		} T_END;
	}
}

void tnef_merge(struct mapi_bag *bag, const struct mapi_bag *legacy)
{
	const struct mapi_prop *prop;

	array_foreach(&legacy->props, prop) {
		if (mapi_bag_get(bag, prop->tag) == NULL)
			mapi_bag_set(bag, prop->tag, &prop->v);
	}
}
