/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Items: which text is read and written by whom. */

#include "lib.h"
#include "guid.h"
#include "hex-binary.h"
#include "cal-private.h"
#include "contact-private.h"

static enum cal_kind cal_kind(enum mapiconv_kind kind)
{
	return kind == MAPICONV_TASK ? CAL_TASK :
		kind == MAPICONV_NOTE ? CAL_NOTE : CAL_EVENT;
}

static int read_object(const struct mapiconv *conv, const struct cal_object *obj,
		       struct mapi_message *msg, const char **error_r)
{
	switch (obj->kind) {
	case CAL_TASK:
		cal_task_read(conv, obj, msg);
		return 0;
	case CAL_NOTE:
		cal_note_read(conv, obj, msg);
		return 0;
	case CAL_EVENT:
		break;
	}
	if (cal_event_read(conv, obj, msg) < 0) {
		*error_r = "An event without start";
		return -1;
	}
	return 0;
}

int mapiconv_item_read(const struct mapiconv *conv, enum mapiconv_kind kind,
		       const char *text, size_t size, pool_t pool,
		       struct mapi_message **msg_r, const char **error_r)
{
	struct mapi_message *msg = mapi_message_new(pool);
	struct cal_object *obj;

	if (kind == MAPICONV_CONTACT) {
		if (contact_read(conv, text, size, msg, error_r) < 0)
			return -1;
	} else if (cal_parse(pool, text, size, &obj, NULL, error_r) < 0 ||
		   read_object(conv, obj, msg, error_r) < 0) {
		return -1;
	}
	*msg_r = msg;
	return 0;
}

/* The UID that the client gave, or a new one that is a GlobalObjectId as well */
static const char *new_uid(const struct mapi_message *msg)
{
	static const unsigned char goid[16] = {
		0x04, 0, 0, 0, 0x82, 0, 0xe0, 0, 0x74, 0xc5, 0xb7, 0x10, 0x1a,
		0x82, 0xe0, 0x08
	};
	const struct mapi_blob *blob;
	unsigned char bytes[56];
	guid_128_t guid;

	blob = mapi_bag_get_bin(&msg->props, PidLidCleanGlobalObjectId);
	if (blob == NULL)
		blob = mapi_bag_get_bin(&msg->props, PidLidGlobalObjectId);
	if (blob != NULL && blob->size > 20)
		return cal_goid_to_uid(blob->data, blob->size);
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, goid, sizeof(goid));
	bytes[36] = GUID_128_SIZE;
	guid_128_generate(guid);
	memcpy(bytes + 40, guid, sizeof(guid));
	return t_str_ucase(binary_to_hex(bytes, sizeof(bytes)));
}

static int writer_init(struct cal_writer *w, enum mapiconv_kind kind,
		       const char *previous)
{
	w->before = mapi_message_new(w->pool);
	if (previous == NULL) {
		w->obj = cal_object_new(w->pool, cal_kind(kind),
					new_uid(w->now));
		return 0;
	}
	if (cal_parse(w->pool, previous, strlen(previous), &w->obj, NULL,
		      w->error_r) < 0)
		return -1;
	return read_object(w->conv, w->obj, w->before, w->error_r);
}

static int write_object(struct cal_writer *w)
{
	switch (w->obj->kind) {
	case CAL_TASK:
		return cal_task_write(w);
	case CAL_NOTE:
		return cal_note_write(w);
	case CAL_EVENT:
		break;
	}
	return cal_event_write(w);
}

static int cal_item_write(const struct mapiconv *conv, enum mapiconv_kind kind,
			  struct mapi_message *msg, const char *previous,
			  pool_t pool, const char **text_r, const char **uid_r,
			  const char **error_r)
{
	struct cal_writer w = {
		.conv = conv, .pool = pool, .now = msg, .error_r = error_r,
	};
	const char *same;

	if (writer_init(&w, kind, previous) < 0)
		return -1;
	same = previous == NULL ? NULL : cal_write(pool, w.obj, previous);
	if (write_object(&w) < 0)
		return -1;
	if (uid_r != NULL)
		*uid_r = w.obj->uid;
	/* Times of writing are no change of their own */
	*text_r = cal_write(pool, w.obj, previous);
	if (same != NULL && strcmp(same, *text_r) == 0) {
		*text_r = previous;
		return 0;
	}
	if (conv->now != 0) {
		w.obj->master.modified = conv->now;
		if (w.obj->master.created == 0 && previous == NULL)
			w.obj->master.created = conv->now;
		if (w.obj->master.stamp == 0)
			w.obj->master.stamp = conv->now;
		*text_r = cal_write(pool, w.obj, previous);
	}
	return 1;
}

int mapiconv_item_write(const struct mapiconv *conv, enum mapiconv_kind kind,
			const struct mapi_message *msg, const char *previous,
			pool_t pool, const char **text_r, const char **uid_r,
			const char **error_r)
{
	/* contents are opened, properties stay as they are */
	struct mapi_message *now = mapi_message_dup(pool, msg);

	if (kind == MAPICONV_CONTACT)
		return contact_item_write(conv, now, previous, pool, text_r,
					  uid_r, error_r);
	return cal_item_write(conv, kind, now, previous, pool, text_r, uid_r,
			      error_r);
}
