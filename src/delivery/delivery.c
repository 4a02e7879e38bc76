/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "mail-storage.h"
#include "mail-user.h"
#include "dovetail-calendar.h"
#include "dovetail-delivery.h"
#include "dovetail-items.h"
#include "dovetail-itip.h"
#include "dovetail-mime.h"

/* An invitation with attachments inside; larger ones are not looked at. */
#define CALENDAR_MAX (4 * 1024 * 1024)
/* The item changed while we looked at it (two messages at once). */
#define RACE_RETRIES 5

struct delivery {
	struct mail_user *user;
	struct event *event;
	struct store *store;
	pool_t pool;
	const char *text;
	const char *message_id;
};

/* --- the message -------------------------------------------------------------------- */

static int delivery_open(void *context, struct istream **input_r,
			 const char **error_r)
{
	struct mail *mail = context;

	if (mail_get_stream(mail, NULL, NULL, input_r) < 0) {
		*error_r = mailbox_get_last_internal_error(mail->box, NULL);
		return -1;
	}
	i_stream_ref(*input_r);
	return 0;
}

/* 1, 0 no calendar in it, -1 (logged) */
static int delivery_read(struct delivery *del, struct mail *mail)
{
	struct mime_source source = {
		.open = delivery_open, .context = mail,
	};
	struct mime_message *mime;
	const char *error;
	int ret;

	mime = mime_message_open(del->pool, &source);
	ret = mime_message_get_calendar(mime, del->pool, CALENDAR_MAX,
					&del->text, &error);
	if (ret < 0)
		e_warning(del->event, "A delivered message cannot be read for "
			  "its meeting: %s", error);
	mime_message_close(&mime);
	return ret;
}

/* --- the calendar --------------------------------------------------------------------- */

static void delivery_self(struct delivery *del, struct itip_self *self_r)
{
	const struct store_settings *set = store_get_settings(del->store);

	itip_self_init(del->pool, set->address, set->aliases, set->display_name,
		       self_r);
}

/* Unwanted messages put nothing into calendars. */
static bool delivery_wanted(struct delivery *del, const char *vname)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;

	if (store_folders(del->store, &folders) < 0)
		return TRUE;
	array_foreach(folders, info) {
		if (strcmp(info->vname, vname) == 0)
			return info->role != STORE_ROLE_JUNK &&
				info->role != STORE_ROLE_TRASH;
	}
	return TRUE;
}

static int delivery_failed(struct delivery *del, const char *doing)
{
	const char *text;

	(void)store_last_error(del->store, &text);
	e_warning(del->event, "%s a meeting failed (%s): it is in the message "
		  "only", doing, text);
	return -1;
}

/* The user's default calendar, made if it is not there. 0 / -1 */
static int delivery_calendar(struct delivery *del, store_fid_t *fid_r)
{
	const struct store_folder_info *info;

	info = store_folder_find_role(del->store, STORE_ROLE_CALENDAR);
	if (info == NULL) {
		if (store_default_folders(del->store) < 0)
			return -1;
		info = store_folder_find_role(del->store, STORE_ROLE_CALENDAR);
	}
	if (info == NULL)
		return -1;
	*fid_r = info->fid;
	return 0;
}

static int delivery_default_reminder(struct delivery *del, store_fid_t fid)
{
	struct store_folder_props props;

	return store_folder_props(del->store, fid, del->pool, &props) < 0 ?
		-1 : props.reminder;
}

/* 1 done, 0 somebody else changed the item meanwhile, -1 (logged) */
static int delivery_apply(struct delivery *del, const char *uid)
{
	struct store_item item;
	struct store_item_write write;
	struct itip_result result;
	struct itip_self self;
	const char *error;
	store_fid_t fid;
	int found;

	i_zero(&item);
	found = store_item_find_uid(del->store, STORE_CLASS_CALENDAR, uid,
				    del->pool, &fid, &item);
	if (found < 0 || (found == 0 && delivery_calendar(del, &fid) < 0))
		return delivery_failed(del, "Looking up");
	delivery_self(del, &self);
	self.default_reminder = delivery_default_reminder(del, fid);
	if (itip_apply(del->pool, &self, del->text, strlen(del->text),
		       found > 0 ? item.text : NULL, item.text_size,
		       found > 0 ? item.extras : NULL, &result, &error) < 0) {
		e_warning(del->event, "The item of a delivered meeting is "
			  "unreadable: %s", error);
		return -1;
	}
	if (result.action == ITIP_NOTHING) {
		e_debug(del->event, "Meeting %s: %s", uid, result.reason);
		return 1;
	}
	i_zero(&write);
	write.uid = result.uid;
	write.text = result.text;
	write.expected_seq = item.seq;
	write.only_new = found == 0;
	write.extras = itip_extras(del->pool, item.extras, &result);
	if (store_item_put(del->store, fid, &write, NULL, NULL) == 0) {
		e_debug(del->event, "Meeting %s is in the calendar", uid);
		return 1;
	}
	return store_last_error(del->store, NULL) == STORE_ERROR_EXISTS ?
		0 : delivery_failed(del, "Writing");
}

static void delivery_run(struct delivery *del, const char *vname)
{
	struct cal_object *obj;
	const char *error;

	if (cal_parse(del->pool, del->text, strlen(del->text), &obj, NULL,
		      &error) < 0) {
		e_info(del->event, "A delivered meeting is unreadable: %s",
		       error);
		return;
	}
	/* Only what asks for something: a published calendar is a message. */
	if (obj->kind != CAL_EVENT || obj->method == NULL ||
	    strcmp(obj->method, "PUBLISH") == 0)
		return;
	if (store_init(del->user, del->event, &del->store, &error) < 0) {
		e_warning(del->event, "A delivered meeting is in the message "
			  "only: %s", error);
		return;
	}
	if (delivery_wanted(del, vname)) {
		for (unsigned int i = 0; i < RACE_RETRIES; i++) {
			if (delivery_apply(del, obj->uid) != 0)
				break;
		}
	}
	store_deinit(&del->store);
}

void dovetail_delivery(struct mail_user *user, struct mail *mail,
		       const char *vname, struct event *event)
{
	struct delivery del = { .user = user, .event = event };

	del.pool = pool_alloconly_create(MEMPOOL_GROWING"delivery", 16384);
	if (delivery_read(&del, mail) > 0)
		delivery_run(&del, vname);
	pool_unref(&del.pool);
}

void dovetail_collect(struct mail_user *user,
		      const struct collect_person *people, unsigned int count,
		      struct event *event)
{
	struct store *store;
	const char *error;

	if (store_init(user, event, &store, &error) < 0) {
		e_warning(event, "Collected contacts: %s", error);
		return;
	}
	collect_people(store, people, count, event);
	store_deinit(&store);
}
