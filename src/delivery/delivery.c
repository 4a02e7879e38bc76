/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "array.h"
#include "base64.h"
#include "compat.h"
#include "ioloop.h"
#include "istream.h"
#include "mail-storage.h"
#include "mail-user.h"
#include "message-address.h"
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
	/* The iCalendar in it; NULL: it tells of a forward */
	const char *text;
	const char *uid;
	/* Of a forward: by whom, to whom, which occurrence */
	const char *from, *const *to;
	time_t original;
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

/* What the message makes of the item; item->text NULL: there is none */
static int delivery_change(struct delivery *del, const struct itip_self *self,
			   const struct store_item *item,
			   struct itip_result *result, const char **error_r)
{
	if (del->text != NULL)
		return itip_apply(del->pool, self, del->text, strlen(del->text),
				  item->text, item->text_size, item->extras,
				  result, error_r);
	return itip_forwarded(del->pool, self, del->from, del->to,
			      del->original, item->text, item->text_size,
			      result, error_r);
}

/* 1 done, 0 somebody else changed the item meanwhile, -1 (logged) */
static int delivery_apply(struct delivery *del)
{
	struct store_item item;
	struct store_item_write write;
	struct itip_result result;
	struct itip_self self;
	const char *error, *uid = del->uid;
	store_fid_t fid;
	int found;

	i_zero(&item);
	found = store_item_find_uid(del->store, STORE_CLASS_CALENDAR, uid,
				    del->pool, &fid, &item);
	if (found == 0 && del->text == NULL)
		return 1;
	if (found < 0 || (found == 0 && delivery_calendar(del, &fid) < 0))
		return delivery_failed(del, "Looking up");
	if (found == 0)
		i_zero(&item);
	delivery_self(del, &self);
	self.default_reminder = delivery_default_reminder(del, fid);
	if (delivery_change(del, &self, &item, &result, &error) < 0) {
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
	const char *error;

	if (store_init(del->user, del->event, &del->store, &error) < 0) {
		e_warning(del->event, "A delivered meeting is in the message "
			  "only: %s", error);
		return;
	}
	if (delivery_wanted(del, vname)) {
		for (unsigned int i = 0; i < RACE_RETRIES; i++) {
			if (delivery_apply(del) != 0)
				break;
		}
	}
	store_deinit(&del->store);
}

static bool delivery_is_request(struct delivery *del)
{
	struct cal_object *obj;
	const char *error;

	if (cal_parse(del->pool, del->text, strlen(del->text), &obj, NULL,
		      &error) < 0) {
		e_info(del->event, "A delivered meeting is unreadable: %s",
		       error);
		return FALSE;
	}
	/* Only what asks for something: a published calendar is a message. */
	del->uid = obj->uid;
	return obj->kind == CAL_EVENT && obj->method != NULL &&
		strcmp(obj->method, "PUBLISH") != 0;
}

/* --- a guest's forward ------------------------------------------------------------------ */

/* The address of a From field; NULL: there is none */
static const char *delivery_from(struct delivery *del, const char *value)
{
	const struct message_address *addr =
		message_address_parse(pool_datastack_create(),
				      (const unsigned char *)value,
				      strlen(value), 1, 0);

	if (addr == NULL || addr->mailbox == NULL || addr->domain == NULL ||
	    *addr->domain == '\0')
		return NULL;
	return p_strdup_printf(del->pool, "%s@%s", addr->mailbox, addr->domain);
}

/* "UID-in-base64 time" */
static bool delivery_forward_what(struct delivery *del, const char *value)
{
	const char *const *words = t_strsplit_spaces(value, " \t\r\n");
	buffer_t *uid = t_buffer_create(128);
	int64_t original;

	if (str_array_length(words) != 2 ||
	    compat_base64_decode(words[0], strlen(words[0]), uid) < 0 ||
	    uid->used == 0 || str_to_int64(words[1], &original) < 0)
		return FALSE;
	del->uid = p_strndup(del->pool, uid->data, uid->used);
	del->original = original;
	return TRUE;
}

static bool delivery_is_forward(struct delivery *del, struct mail *mail)
{
	const char *what, *to, *from;

	if (mail_get_first_header(mail, ITIP_FORWARD_HEADER, &what) <= 0 ||
	    mail_get_first_header(mail, ITIP_FORWARD_TO_HEADER, &to) <= 0 ||
	    mail_get_first_header(mail, "From", &from) <= 0 ||
	    !delivery_forward_what(del, what))
		return FALSE;
	del->from = delivery_from(del, from);
	del->to = (const char *const *)p_strsplit_spaces(del->pool, to,
							 ", \t\r\n");
	return del->from != NULL;
}

void dovetail_delivery(struct mail_user *user, struct mail *mail,
		       const char *vname, struct event *event)
{
	struct delivery del = { .user = user, .event = event };

	del.pool = pool_alloconly_create(MEMPOOL_GROWING"delivery", 16384);
	if (delivery_is_forward(&del, mail) ||
	    (delivery_read(&del, mail) > 0 && delivery_is_request(&del)))
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
