/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Contacts class (MS-ASCNTC): a vCard as the client's elements. */

#include "eas-contacts.h"
#include "eas-quirk.h"
#include "base64.h"
#include "strescape.h"
#include "utc-mktime.h"

#include <time.h>

#define DAY 86400
#define NOON (DAY / 2)
/* Apple's year of a date without one, which other phones show */
#define DATE_NO_YEAR 1604

/* --- the table ---------------------------------------------------------------------- */

#define CONTACT_TAG(ident, name, kind, tag) { CONTACT_##ident, tag },
const struct eas_contact_tag eas_contact_tags[] = {
	CONTACT_FIELD_LIST(CONTACT_TAG)
	{ CONTACT_NONE, WBXML_TAG_NONE }
};
#undef CONTACT_TAG

/* --- writing ------------------------------------------------------------------------ */

const char *eas_contact_email(const struct contact *contact,
			      enum contact_field field)
{
	const char *email = contact_get(contact, field);
	const char *name = contact_get(contact, field - CONTACT_EMAIL1 +
				       CONTACT_EMAIL1_NAME);

	if (email == NULL || name == NULL)
		return email;
	return t_strdup_printf("\"%s\" <%s>", str_escape(name), email);
}

static void write_text(const struct contact *contact,
		       const struct eas_contact_tag *row, struct wbxml_writer *w)
{
	const char *text;

	/* only in the recipient information cache (2.2.2.2, 2.2.2.64) */
	if (row->field == CONTACT_ALIAS || row->field == CONTACT_WEIGHTED_RANK)
		return;
	text = row->field >= CONTACT_EMAIL1 && row->field <= CONTACT_EMAIL3 ?
		eas_contact_email(contact, row->field) :
		contact_shown(contact, row->field);
	wbxml_text_tag_opt(w, row->tag, text);
}

static void write_list(const struct contact *contact,
		       const struct eas_contact_tag *row, struct wbxml_writer *w)
{
	const char *const *value = contact_get_list(contact, row->field);
	wbxml_tag_t item = row->field == CONTACT_CHILDREN ?
		CONTACTS_Child : CONTACTS_Category;

	if (*value == NULL)
		return;
	wbxml_start(w, row->tag);
	for (; *value != NULL; value++)
		wbxml_text_tag(w, item, *value);
	wbxml_end(w, row->tag);
}

/* A day, at the time of the day that this client means by it */
static time_t date_time(const struct contact_date *date, int hour)
{
	struct tm tm = {
		.tm_year = (date->year == 0 ? DATE_NO_YEAR : date->year) - 1900,
		.tm_mon = date->month - 1, .tm_mday = date->day,
	};
	time_t day = timegm(&tm);

	if (hour >= 0)
		return day + hour * 3600;
	if (date->secs < 0)
		return day;
	/* The afternoon before, seen from east of Greenwich */
	return day + date->secs - (date->secs >= NOON ? DAY : 0);
}

static void write_date(const struct eas_item_context *ctx,
		       const struct contact *contact,
		       const struct eas_contact_tag *row, struct wbxml_writer *w)
{
	int hour = eas_quirks(ctx->req)->date_hour;
	struct contact_date date;

	if (contact_get_date(contact, row->field, &date)) {
		wbxml_text_tag(w, row->tag,
			       eas_datetime(date_time(&date, hour)));
	}
}

/* One that is too large for the protocol stays on the server. */
static void write_picture(const struct contact *contact,
			  const struct eas_contact_tag *row,
			  struct wbxml_writer *w)
{
	buffer_t *data;
	string_t *base64;

	if (!contact_has_picture(contact))
		return;
	data = t_buffer_create(32 * 1024);
	if (contact_get_picture(contact, data) &&
	    MAX_BASE64_ENCODED_SIZE(data->used) <= EAS_CONTACT_PICTURE_MAX) {
		base64 = t_str_new(MAX_BASE64_ENCODED_SIZE(data->used));
		base64_encode(data->data, data->used, base64);
		wbxml_text_tag(w, row->tag, str_c(base64));
	}
}

static void write_body(const struct eas_item_context *ctx,
		       const struct contact *contact, struct wbxml_writer *w)
{
	const char *note = contact_get(contact, CONTACT_NOTE);
	struct eas_item_body body = {
		.text = note == NULL ? "" : note,
		.html = contact_get(contact, CONTACT_NOTE_HTML),
	};
	wbxml_tag_t tag = ctx->req->version < EAS_VERSION_120 ?
		CONTACTS_Body : ASB_Body;

	if (!ctx->body->no_body && eas_item_wants(ctx->body, tag)) {
		eas_item_body_write(ctx->req, &body, ctx->body, CONTACTS_Body,
				    CONTACTS_BodyTruncated, w);
	}
	if (eas_item_wants(ctx->body, ASB_NativeBodyType))
		eas_item_native_write(ctx->req, &body, w);
}

static void write_field(const struct eas_item_context *ctx,
			const struct contact *contact,
			const struct eas_contact_tag *row,
			struct wbxml_writer *w)
{
	switch (contact_field_kind(row->field)) {
	case CONTACT_KIND_TEXT:
		write_text(contact, row, w);
		break;
	case CONTACT_KIND_LIST:
		write_list(contact, row, w);
		break;
	case CONTACT_KIND_DATE:
		write_date(ctx, contact, row, w);
		break;
	case CONTACT_KIND_PICTURE:
		write_picture(contact, row, w);
		break;
	}
}

/* A code page at a time: each change of page costs bytes. */
static void contact_write_page(const struct eas_item_context *ctx,
			       const struct contact *contact, unsigned int page,
			       struct wbxml_writer *w)
{
	const struct eas_contact_tag *row;

	for (row = eas_contact_tags; row->field != CONTACT_NONE; row++) {
		if (row->tag == WBXML_TAG_NONE ||
		    WBXML_TAG_PAGE(row->tag) != page ||
		    !eas_item_wants(ctx->body, row->tag))
			continue;
		T_BEGIN {
			write_field(ctx, contact, row, w);
		} T_END;
	}
}

static int contacts_write(const struct eas_item_context *ctx,
			  const struct store_item *item, struct wbxml_writer *w)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"contact", 8192);
	struct contact *contact;
	const char *error;
	int ret = 0;

	if (contact_parse(pool, item->text, item->text_size, &contact, NULL,
			  &error) < 0) {
		e_warning(ctx->req->event, "Contact %u of %s cannot be shown: "
			  "%s", item->num, ctx->folder->vname, error);
	} else {
		contact_write_page(ctx, contact,
				   WBXML_TAG_PAGE(CONTACTS_FileAs), w);
		contact_write_page(ctx, contact,
				   WBXML_TAG_PAGE(CONTACTS2_MMS), w);
		T_BEGIN {
			write_body(ctx, contact, w);
		} T_END;
		ret = wbxml_writer_failed(w) ? -1 : 1;
	}
	pool_unref(&pool);
	return ret;
}

/* Without groups: a phone has no such thing, and would show a nameless contact.
   (Their range of time is one that nobody asks for.) */
static int contacts_visible(struct eas_request *req, store_fid_t fid,
			    unsigned int filter_type ATTR_UNUSED,
			    time_t since ATTR_UNUSED,
			    const ARRAY_TYPE(seq_range) *among,
			    ARRAY_TYPE(seq_range) *nums_r)
{
	if (store_item_range(req->store, fid, 0, 1, nums_r) < 0)
		return -1;
	if (among != NULL)
		(void)seq_range_array_intersect(nums_r, among);
	return 0;
}

const struct eas_class eas_class_contacts = {
	.name = "Contacts",
	.class = STORE_CLASS_CONTACTS,
	.since = EAS_VERSION_25,
	/* FilterType is ignored. */
	.filter_types = 0x1ff,
	.hides = TRUE,
	.write = contacts_write,
	.read = eas_contacts_read,
	.visible = contacts_visible,
};
