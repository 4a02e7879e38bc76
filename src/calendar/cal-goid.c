/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* UID and PidLidGlobalObjectId (MS-OXOCAL 2.2.1.27): Outlook writes the one as the
   other in hex; foreign UIDs it puts into one (MS-OXCICAL 2.1.3.1.1.20.26). */

#include "lib.h"
#include "buffer.h"
#include "hex-binary.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-calendar.h"

/* id, date of the occurrence, time of creation, nothing, size of the data */
#define GOID_DATE 16
#define GOID_SIZE 36
#define GOID_HEADER 40
#define GOID_MAX 65536

static const unsigned char goid_id[16] = {
	0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xe0, 0x00,
	0x74, 0xc5, 0xb7, 0x10, 0x1a, 0x82, 0xe0, 0x08,
};
static const unsigned char vcal_uid[12] = {
	'v', 'C', 'a', 'l', '-', 'U', 'i', 'd', 0x01, 0x00, 0x00, 0x00,
};

static bool goid_valid(const unsigned char *goid, size_t size)
{
	size_t data;

	if (size < GOID_HEADER || memcmp(goid, goid_id, sizeof(goid_id)) != 0)
		return FALSE;
	data = goid[GOID_SIZE] | goid[GOID_SIZE + 1] << 8 |
		goid[GOID_SIZE + 2] << 16 | (size_t)goid[GOID_SIZE + 3] << 24;
	return data == size - GOID_HEADER;
}

void cal_uid_to_goid(const char *uid, buffer_t *goid_r)
{
	size_t len = strlen(uid), size;
	unsigned char *header;

	buffer_set_used_size(goid_r, 0);
	if (len >= GOID_HEADER * 2 && len <= GOID_MAX && len % 2 == 0 &&
	    hex_to_binary(uid, goid_r) == 0 &&
	    goid_valid(goid_r->data, goid_r->used)) {
		buffer_write_zero(goid_r, GOID_DATE, 4);
		return;
	}
	buffer_set_used_size(goid_r, 0);
	size = sizeof(vcal_uid) + len + 1;
	header = buffer_append_space_unsafe(goid_r, GOID_HEADER);
	memset(header, 0, GOID_HEADER);
	memcpy(header, goid_id, sizeof(goid_id));
	header[GOID_SIZE] = size & 0xff;
	header[GOID_SIZE + 1] = size >> 8 & 0xff;
	header[GOID_SIZE + 2] = size >> 16 & 0xff;
	header[GOID_SIZE + 3] = size >> 24 & 0xff;
	buffer_append(goid_r, vcal_uid, sizeof(vcal_uid));
	buffer_append(goid_r, uid, len + 1);
}

const char *cal_goid_to_uid(const unsigned char *goid, size_t size)
{
	const unsigned char *data = goid + GOID_HEADER;
	size_t data_size = size - GOID_HEADER;
	buffer_t *clean;
	const char *uid;

	if (goid_valid(goid, size) && data_size > sizeof(vcal_uid) &&
	    memcmp(data, vcal_uid, sizeof(vcal_uid)) == 0) {
		/* with or without NUL at its end */
		uid = t_strndup(data + sizeof(vcal_uid),
				data_size - sizeof(vcal_uid));
		if (*uid != '\0' && uni_utf8_str_is_valid(uid))
			return uid;
	}
	clean = t_buffer_create(size + 4);
	buffer_append(clean, goid, size);
	/* the date says which occurrence, not which series */
	if (goid_valid(goid, size))
		buffer_write_zero(clean, GOID_DATE, 4);
	return t_str_ucase(binary_to_hex(clean->data, clean->used));
}
