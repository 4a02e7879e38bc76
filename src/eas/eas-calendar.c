/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Calendar class (MS-ASCAL): who is who, attachments, filter. */

#include "eas-calendar.h"
#include "eas-invite.h"
#include "base64.h"
#include "compat.h"
#include "istream.h"

#define INVALID_ITEM 6
#define NO_SPACE 9
/* Attachments of one appointment, decoded */
#define ATTACHMENTS_SIZE_MAX (25 * 1024 * 1024)

/* --- people ---------------------------------------------------------------------- */

bool eas_calendar_is_self(const struct eas_item_context *ctx, const char *email)
{
	const struct store_settings *set = store_get_settings(ctx->req->store);

	if (*email == '\0')
		return FALSE;
	if (ctx->folder->foreign)
		return strcasecmp(email, ctx->folder->owner) == 0;
	return strcasecmp(email, set->address) == 0 ||
		(set->aliases != NULL &&
		 str_array_icase_find(set->aliases, email));
}

bool eas_calendar_is_organizer(const struct eas_item_context *ctx,
			       const struct cal_entry *entry)
{
	return *entry->organizer.email == '\0' ||
		eas_calendar_is_self(ctx, entry->organizer.email);
}

struct cal_attendee *
eas_calendar_own_attendee(const struct eas_item_context *ctx,
			  const struct cal_entry *entry)
{
	struct cal_attendee *att;

	/* const of the array's holder says nothing about its elements */
	array_foreach_modifiable(&((struct cal_entry *)entry)->attendees, att) {
		if (eas_calendar_is_self(ctx, att->person.email))
			return att;
	}
	return NULL;
}

bool eas_calendar_is_meeting(const struct eas_item_context *ctx,
			     const struct cal_entry *entry)
{
	const struct cal_attendee *att;

	if (!eas_calendar_is_organizer(ctx, entry))
		return TRUE;
	array_foreach(&entry->attendees, att) {
		if (strcasecmp(att->person.email,
			       entry->organizer.email) != 0)
			return TRUE;
	}
	return FALSE;
}

/* Dates have no zone: that of the client who made them */
static const struct zone *zone_of_extra(const struct eas_item_context *ctx,
					const struct store_item *item,
					const struct cal_time *start)
{
	const char *text = item == NULL ? NULL :
		store_item_extra(item, EAS_EXTRA_ZONE);
	const struct zone *user = eas_zone(ctx->req), *zone;
	buffer_t *blob;

	if (text == NULL || start->form != CAL_TIME_DATE)
		return user;
	blob = t_buffer_create(ZONE_BLOB_SIZE);
	if (compat_base64_decode(text, strlen(text), blob) < 0)
		return user;
	zone = zone_from_blob(ctx->req->pool, blob->data, blob->used, user,
			      cal_time_utc(start, user));
	return zone == NULL ? user : zone;
}

const struct zone *eas_calendar_zone(const struct eas_item_context *ctx,
				     const struct cal_object *obj,
				     const struct store_item *item)
{
	const struct cal_time *start = &obj->master.start;

	if (start->form == CAL_TIME_ZONE && start->zone != NULL)
		return start->zone;
	/* A series in UTC keeps its hour in UTC; single times are anybody's. */
	if (start->form == CAL_TIME_UTC && obj->rule.freq != CAL_FREQ_NONE)
		return zone_utc();
	return obj->zone != NULL ? obj->zone : zone_of_extra(ctx, item, start);
}

bool eas_calendar_occurrence(const struct cal_object *obj,
			     const struct zone *zone, time_t *original)
{
	const struct cal_time *start = &obj->master.start;
	const struct cal_entry *entry;
	struct zone_wall wall;
	time_t day;

	if (cal_occurrence(obj, zone, *original) != NULL)
		return TRUE;
	array_foreach(&obj->exceptions, entry) {
		if (cal_time_utc(&entry->start, zone) == *original) {
			*original = cal_time_utc(&entry->recurrence_id, zone);
			return TRUE;
		}
	}
	if (start->form == CAL_TIME_ZONE && start->zone != NULL)
		zone = start->zone;
	else if (start->form == CAL_TIME_UTC)
		zone = zone_utc();
	zone_wall(zone, *original, &wall);
	wall.hour = start->wall.hour;
	wall.minute = start->wall.minute;
	wall.second = start->wall.second;
	day = zone_utc_of(zone, &wall);
	if (cal_occurrence(obj, zone, day) == NULL)
		return FALSE;
	*original = day;
	return TRUE;
}

/* --- attachments -------------------------------------------------------------------- */

/* ASB Content: base64, or bytes as opaque data. NULL: neither */
static buffer_t *attachment_content(pool_t pool, const struct wbxml_node *node)
{
	struct istream *input;
	const unsigned char *data;
	string_t *text;
	buffer_t *buf;
	size_t size;
	bool ok;

	if (node == NULL || node->size > ATTACHMENTS_SIZE_MAX / 3 * 4)
		return NULL;
	text = str_new(default_pool, node->size + 1);
	input = wbxml_node_stream(node);
	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(text, data, size);
		i_stream_skip(input, size);
	}
	ok = input->stream_errno == 0;
	i_stream_unref(&input);
	buf = buffer_create_dynamic(pool, I_MAX(str_len(text) / 4 * 3, 16));
	if (ok && node->opaque)
		buffer_append_buf(buf, text, 0, SIZE_MAX);
	else if (ok && compat_base64_decode(str_data(text), str_len(text),
					    buf) < 0)
		ok = FALSE;
	str_free(&text);
	return ok ? buf : NULL;
}

static const char *attachment_text(pool_t pool, const struct wbxml_node *node,
				   wbxml_tag_t tag)
{
	const char *text = wbxml_child_text(node, tag);

	return text == NULL ? "" : p_strdup(pool, text);
}

/* What was added, in the order of edit->attachments */
ARRAY_DEFINE_TYPE(cal_added, struct cal_attachment);

static void added_note(struct eas_item_edit *edit, pool_t pool,
		       const struct cal_attachment *att)
{
	ARRAY_TYPE(cal_added) *added = edit->context;

	if (added == NULL) {
		added = p_new(pool, ARRAY_TYPE(cal_added), 1);
		p_array_init(added, pool, 2);
		edit->context = added;
	}
	array_push_back(added, att);
}

static unsigned int attachment_add(pool_t pool, const struct wbxml_node *node,
				   struct cal_entry *entry,
				   struct eas_item_edit *edit)
{
	const char *client_id = wbxml_child_text(node, ASB_ClientId);
	const char *content_id = wbxml_child_text(node, ASB_ContentId);
	struct eas_edit_attachment *answer;
	struct cal_attachment att;
	buffer_t *content;

	content = attachment_content(pool, wbxml_child(node, ASB_Content));
	if (client_id == NULL || content == NULL)
		return INVALID_ITEM;
	/* its id is known once it is written */
	i_zero(&att);
	att.name = attachment_text(pool, node, ASB_DisplayName);
	att.type = attachment_text(pool, node, ASB_ContentType);
	att.content_id = p_strdup_empty(pool, content_id);
	att.data = content->data;
	att.size = content->used;
	array_push_back(&entry->attachments, &att);
	if (!array_is_created(&edit->attachments))
		p_array_init(&edit->attachments, pool, 2);
	answer = array_append_space(&edit->attachments);
	answer->client_id = p_strdup(pool, client_id);
	answer->part_id = "";
	added_note(edit, pool, &att);
	return 0;
}

static void attachment_delete(const struct wbxml_node *node,
			      struct cal_entry *entry)
{
	const char *ref = wbxml_child_text(node, ASB_FileReference);
	const struct cal_attachment *atts;
	unsigned int i, count, id;

	if (ref == NULL || (ref = strrchr(ref, ':')) == NULL ||
	    str_to_uint(ref + 1, &id) < 0)
		return;
	atts = array_get(&entry->attachments, &count);
	for (i = 0; i < count; i++) {
		if (atts[i].id == id) {
			array_delete(&entry->attachments, i, 1);
			return;
		}
	}
}

static bool attachments_fit(const struct cal_entry *entry)
{
	const struct cal_attachment *att;
	uoff_t sum = 0;

	array_foreach(&entry->attachments, att)
		sum += att->size;
	return sum <= ATTACHMENTS_SIZE_MAX;
}

unsigned int eas_calendar_attachments(const struct eas_item_context *ctx,
				      const struct wbxml_node *data,
				      struct cal_entry *entry,
				      struct eas_item_edit *edit)
{
	const struct wbxml_node *node = wbxml_child(data, ASB_Attachments);
	unsigned int status;

	if (node == NULL || ctx->req->version < EAS_VERSION_160)
		return 0;
	for (node = node->children; node != NULL; node = node->next) {
		if (node->tag == ASB_Delete) {
			attachment_delete(node, entry);
		} else if (node->tag == ASB_Add &&
			   (status = attachment_add(ctx->req->pool, node,
						    entry, edit)) != 0) {
			return status;
		}
	}
	return attachments_fit(entry) ? 0 : NO_SPACE;
}

static const struct cal_attachment *
attachment_in(const struct cal_entry *entry, unsigned int id)
{
	const struct cal_attachment *att;

	array_foreach(&entry->attachments, att) {
		if (att->id == id && att->data != NULL)
			return att;
	}
	return NULL;
}

static const struct cal_attachment *
attachment_find(const struct cal_object *obj, unsigned int id)
{
	const struct cal_attachment *att = attachment_in(&obj->master, id);
	const struct cal_entry *entry;

	if (att != NULL)
		return att;
	array_foreach(&obj->exceptions, entry) {
		if ((att = attachment_in(entry, id)) != NULL)
			return att;
	}
	return NULL;
}

static const struct cal_attachment *
attachment_same(const struct cal_entry *entry, const struct cal_attachment *want)
{
	const struct cal_attachment *att;

	array_foreach(&entry->attachments, att) {
		if (att->data != NULL && att->size == want->size &&
		    strcmp(att->name, want->name) == 0 &&
		    memcmp(att->data, want->data, att->size) == 0)
			return att;
	}
	return NULL;
}

void eas_calendar_attachment_ids(const struct eas_item_context *ctx,
				 struct eas_item_edit *edit)
{
	const ARRAY_TYPE(cal_added) *added = edit->context;
	const struct cal_attachment *want, *att;
	struct eas_edit_attachment *answer;
	const struct cal_entry *entry;
	struct cal_object *obj;
	const char *error, *text = edit->write.text;

	if (added == NULL || cal_parse(ctx->req->pool, text, strlen(text),
				       &obj, NULL, &error) < 0)
		return;
	array_foreach(added, want) {
		answer = array_idx_modifiable(&edit->attachments,
			array_foreach_idx(added, want));
		att = attachment_same(&obj->master, want);
		array_foreach(&obj->exceptions, entry) {
			if (att == NULL)
				att = attachment_same(entry, want);
		}
		if (att != NULL)
			answer->part_id = p_strdup_printf(ctx->req->pool, "%u",
							  att->id);
	}
}

static int calendar_attachment(const struct eas_item_context *ctx,
			       const struct store_item *item,
			       const char *part_id,
			       struct eas_item_attachment *att_r)
{
	const struct cal_attachment *att;
	struct cal_object *obj;
	const char *error;
	unsigned int id;

	if (str_to_uint(part_id, &id) < 0 ||
	    cal_parse(ctx->req->pool, item->text, item->text_size, &obj, NULL,
		      &error) < 0 ||
	    (att = attachment_find(obj, id)) == NULL)
		return 0;
	i_zero(att_r);
	/* the data lives as long as the request */
	att_r->input = i_stream_create_from_data(att->data, att->size);
	att_r->content_type = *att->type == '\0' ?
		"application/octet-stream" : att->type;
	att_r->display_name = att->name;
	return 1;
}

/* --- filter -------------------------------------------------------------------------- */

/* What ends in the window or later, and all that repeats beyond its beginning
   (MS-ASCMD 2.2.3.68.2) */
static int calendar_visible(struct eas_request *req, store_fid_t fid,
			    unsigned int filter_type ATTR_UNUSED, time_t since,
			    const ARRAY_TYPE(seq_range) *among,
			    ARRAY_TYPE(seq_range) *nums_r)
{
	struct store_item_filter filter = { .start = since };

	return store_item_filter(req->store, fid, &filter, among, nums_r);
}

const struct eas_class eas_class_calendar = {
	.name = "Calendar",
	.class = STORE_CLASS_CALENDAR,
	.since = EAS_VERSION_25,
	.ghosted_since = EAS_VERSION_160,
	/* 0 all, 4 two weeks, 5 one month, 6 three months, 7 six months */
	.filter_types = 1 << 0 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7,
	.write = eas_calendar_write,
	.read = eas_calendar_read,
	.visible = calendar_visible,
	.after_write = eas_invite_after_write,
	.before_delete = eas_invite_before_delete,
	.attachment = calendar_attachment,
};
