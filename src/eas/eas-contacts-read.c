/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a client says of a contact, put into the vCard that is there (MS-ASCNTC
   2.2.2, 3.1.5.3; ghosting: MS-ASCMD 2.2.3.179). */

#include "eas-contacts.h"
#include "eas-quirk.h"
#include "base64.h"
#include "compat.h"
#include "ioloop.h"

#include <time.h>

#define INVALID_ITEM 6
/* 2.2.2.21, 2.2.2.23 */
#define LIST_MAX 300
#define DAY 86400
#define NOON (DAY / 2)
#define DATE_NO_YEAR 1604

struct contact_reader {
	const struct eas_item_context *ctx;
	const struct wbxml_node *data;
	/* Of a change: what is missing may have to go. */
	bool change;
	struct contact *contact;
};

/* --- one element -------------------------------------------------------------------- */

static void read_email(struct contact_reader *cr, enum contact_field field,
		       const char *text)
{
	enum contact_field name_field =
		field - CONTACT_EMAIL1 + CONTACT_EMAIL1_NAME;
	const char *email, *name;

	contact_address_parse(pool_datastack_create(), text, &email, &name);
	contact_set(cr->contact, field, email);
	contact_set(cr->contact, name_field, name);
}

static int read_text(struct contact_reader *cr, enum contact_field field,
		     const char *text)
{
	if (field >= CONTACT_EMAIL1 && field <= CONTACT_EMAIL3)
		read_email(cr, field, text);
	else
		contact_set_shown(cr->contact, field, text);
	return 0;
}

static int read_list(struct contact_reader *cr, enum contact_field field,
		     const struct wbxml_node *node)
{
	wbxml_tag_t tag = field == CONTACT_CHILDREN ?
		CONTACTS_Child : CONTACTS_Category;
	ARRAY_TYPE(const_string) values;

	t_array_init(&values, 8);
	for (node = node->children; node != NULL; node = node->next) {
		if (node->tag != tag || array_count(&values) == LIST_MAX)
			return -1;
		if (*node->text != '\0')
			array_push_back(&values, &node->text);
	}
	array_append_zero(&values);
	contact_set_list(cr->contact, field, array_front(&values));
	return 0;
}

/* Clients write a day as an instant: midnight UTC, another hour of that day, or
   midnight where they are. The nearest midnight UTC is the day that all of them
   mean. */
static int read_date(struct contact_reader *cr, enum contact_field field,
		     const char *text)
{
	struct contact_date date;
	struct tm *tm;
	time_t when, day;
	int secs;

	if (*text == '\0') {
		contact_set_date(cr->contact, field, NULL);
		return 0;
	}
	if (!eas_datetime_parse(text, &when))
		return -1;
	secs = ((when % DAY) + DAY) % DAY;
	day = when - secs + (secs >= NOON ? DAY : 0);
	if ((tm = gmtime(&day)) == NULL)
		return -1;
	date.year = tm->tm_year + 1900 == DATE_NO_YEAR ? 0 : tm->tm_year + 1900;
	date.month = tm->tm_mon + 1;
	date.day = tm->tm_mday;
	/* What this client means by a day is known, or nothing special. */
	date.secs = eas_quirks(cr->ctx->req)->date_hour >= 0 || secs == 0 ?
		-1 : secs;
	contact_set_date(cr->contact, field, &date);
	return 0;
}

/* An empty Picture takes the picture away; not one that the client was never
   given, because it is too large. */
static int read_no_picture(struct contact_reader *cr)
{
	buffer_t *data = t_buffer_create(32 * 1024);

	if (eas_quirks(cr->ctx->req)->empty_picture_stays ||
	    (contact_get_picture(cr->contact, data) &&
	     MAX_BASE64_ENCODED_SIZE(data->used) > EAS_CONTACT_PICTURE_MAX))
		return 0;
	contact_set_picture(cr->contact, NULL, 0);
	return 0;
}

static int read_picture(struct contact_reader *cr,
			const struct wbxml_node *node)
{
	buffer_t *data;

	if (node->size == 0)
		return read_no_picture(cr);
	if (node->size > EAS_CONTACT_PICTURE_MAX || node->in_file)
		return -1;
	data = t_buffer_create(MAX_BASE64_DECODED_SIZE(node->size));
	/* 2.2.2.58: base64, though some send the bytes as they are */
	if (compat_base64_decode(node->text, node->size, data) < 0 ||
	    data->used == 0)
		return -1;
	contact_set_picture(cr->contact, data->data, data->used);
	return 0;
}

static int read_element(struct contact_reader *cr,
			const struct eas_contact_tag *row,
			const struct wbxml_node *node)
{
	switch (contact_field_kind(row->field)) {
	case CONTACT_KIND_TEXT:
		if (node->children != NULL || node->in_file)
			return -1;
		return read_text(cr, row->field, node->text);
	case CONTACT_KIND_LIST:
		return read_list(cr, row->field, node);
	case CONTACT_KIND_DATE:
		return read_date(cr, row->field, node->text);
	case CONTACT_KIND_PICTURE:
		return read_picture(cr, node);
	}
	i_unreached();
}

/* An element that a change does not have: a ghosted one stays, others go. A
   picture that is not said stays (2.2.2.58), and what this version or class of
   answers does not have was never on the phone. */
static void read_missing(struct contact_reader *cr,
			 const struct eas_contact_tag *row)
{
	const struct wbxml_tag_info *info = wbxml_tag_info(row->tag);

	if (!cr->change || row->field == CONTACT_PICTURE ||
	    row->field == CONTACT_ALIAS ||
	    row->field == CONTACT_WEIGHTED_RANK ||
	    info->since > cr->ctx->req->version ||
	    eas_item_keeps(cr->ctx, row->tag))
		return;
	switch (contact_field_kind(row->field)) {
	case CONTACT_KIND_TEXT:
		(void)read_text(cr, row->field, "");
		break;
	case CONTACT_KIND_LIST:
		contact_set_list(cr->contact, row->field, NULL);
		break;
	default:
		contact_set_date(cr->contact, row->field, NULL);
		break;
	}
}

static int read_row(struct contact_reader *cr,
		    const struct eas_contact_tag *row)
{
	const struct wbxml_node *node = wbxml_child(cr->data, row->tag);

	if (node == NULL) {
		read_missing(cr, row);
		return 0;
	}
	if (read_element(cr, row, node) == 0)
		return 0;
	e_info(cr->ctx->req->event, "Device %s: %s of a contact is wrong",
	       cr->ctx->req->device_id, wbxml_tag_name(row->tag));
	return -1;
}

static int read_body(struct contact_reader *cr)
{
	struct eas_item_body body;
	int ret;

	ret = eas_item_body_read(cr->ctx->req, cr->data, CONTACTS_Body, &body);
	if (ret <= 0)
		return ret;
	contact_set(cr->contact, CONTACT_NOTE, body.text);
	contact_set(cr->contact, CONTACT_NOTE_HTML, body.html);
	return 0;
}

unsigned int eas_contact_apply(const struct eas_item_context *ctx,
			       const struct wbxml_node *data, bool change,
			       struct contact *contact)
{
	struct contact_reader cr = {
		.ctx = ctx, .data = data, .change = change, .contact = contact,
	};
	const struct eas_contact_tag *row;
	int ret = 0;

	for (row = eas_contact_tags; row->field != CONTACT_NONE && ret == 0;
	     row++) {
		if (row->tag == WBXML_TAG_NONE)
			continue;
		T_BEGIN {
			ret = read_row(&cr, row);
		} T_END;
	}
	if (ret == 0)
		ret = read_body(&cr);
	return ret < 0 ? INVALID_ITEM : 0;
}

/* --- the item ----------------------------------------------------------------------- */

/* What a phone sees of it */
static const char *contact_view(const struct contact *contact)
{
	const struct eas_contact_tag *row;
	string_t *str = t_str_new(512);
	const char *text;

	for (row = eas_contact_tags; row->field != CONTACT_NONE; row++) {
		if (row->tag == WBXML_TAG_NONE ||
		    contact_field_kind(row->field) != CONTACT_KIND_TEXT)
			continue;
		text = contact_shown(contact, row->field);
		str_append(str, text == NULL ? "" : text);
		str_append_c(str, '\001');
	}
	return str_c(str);
}

static unsigned int edit_open(const struct eas_item_context *ctx,
			      struct eas_item_edit *edit,
			      struct contact **contact_r)
{
	pool_t pool = ctx->req->pool;
	const char *error = "There is no UID";

	if (edit->old == NULL) {
		*contact_r = contact_new(pool, eas_item_uid(pool,
							    edit->repeat_key));
		return 0;
	}
	if (contact_parse(pool, edit->old->text, edit->old->text_size,
			  contact_r, NULL, &error) == 0 &&
	    *contact_uid(*contact_r) != '\0')
		return 0;
	e_warning(ctx->req->event, "Contact %u of %s cannot be changed: %s",
		  edit->old->num, ctx->folder->vname, error);
	return INVALID_ITEM;
}

unsigned int eas_contacts_read(const struct eas_item_context *ctx,
			       struct eas_item_edit *edit)
{
	pool_t pool = ctx->req->pool;
	struct contact *contact;
	unsigned int status;

	if (edit->instance_id != NULL || edit->data == NULL)
		return INVALID_ITEM;
	if ((status = edit_open(ctx, edit, &contact)) != 0 ||
	    (status = eas_contact_apply(ctx, edit->data,
					edit->op == EAS_EDIT_CHANGE,
					contact)) != 0)
		return status;
	edit->unchanged = edit->old != NULL && !contact_is_changed(contact);
	edit->write.uid = p_strdup(pool, contact_uid(contact));
	T_BEGIN {
		const char *meant = contact_view(contact);

		edit->write.text = contact_write(pool, contact, ioloop_time);
		/* Something that had no room before may show now. */
		edit->tell_back = strcmp(meant, contact_view(contact)) != 0;
	} T_END;
	return 0;
}
