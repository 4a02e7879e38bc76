/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas-invite.h"
#include "eas-calendar.h"
#include "eas-outgoing.h"
#include "dovetail-compose.h"
#include "hex-binary.h"
#include "ioloop.h"
#include "istream.h"
#include "sha2.h"

void eas_invite_self(struct eas_request *req, struct itip_self *self_r)
{
	const struct store_settings *set = store_get_settings(req->store);

	itip_self_init(req->pool, set->address, set->aliases, set->display_name,
		       self_r);
}

/* --- one message -------------------------------------------------------------------- */

/* Names the message by what it says to whom. */
static const char *invite_token(const struct eas_invite *invite)
{
	const char *to = t_strarray_join(invite->to, ",");
	unsigned char digest[SHA256_RESULTLEN];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_loop(&ctx, invite->method, strlen(invite->method) + 1);
	sha256_loop(&ctx, to, strlen(to) + 1);
	sha256_loop(&ctx, invite->calendar, strlen(invite->calendar));
	sha256_result(&ctx, digest);
	return t_strconcat("invite/", binary_to_hex(digest, 16), NULL);
}

static const string_t *invite_build(struct eas_request *req,
				    const struct eas_invite *invite)
{
	struct mime_meeting meeting = {
		.from = invite->from, .from_name = invite->from_name,
		.to = invite->to, .method = invite->method,
		.calendar = invite->calendar,
		.subject = t_strconcat(invite->prefix, invite->summary, NULL),
		.text = invite->text == NULL ? "" : invite->text,
		.html = invite->html,
	};

	return mime_meeting_build(req->pool, &meeting);
}

static unsigned int invite_transmit(struct eas_request *req,
				    const struct eas_invite *invite,
				    struct eas_outgoing *out)
{
	const string_t *message = invite_build(req, invite);
	unsigned int status;

	if (message == NULL)
		return EAS_STATUS_NO_RECIPIENT;
	out->mime = i_stream_create_from_data(str_data(message),
					      str_len(message));
	status = eas_outgoing_send(req, out, NULL);
	i_stream_unref(&out->mime);
	return status;
}

unsigned int eas_invite_send(struct eas_request *req,
			     const struct eas_invite *invite)
{
	const char *token = p_strdup(req->pool, invite_token(invite));
	struct eas_outgoing out = {
		.save_in_sent = TRUE,
		.message_id = eas_sendlog_message_id(req, token),
	};
	unsigned int status;

	switch (eas_sendlog_claim(req, token, &out.log)) {
	case EAS_SENDLOG_CLAIMED:
		break;
	case EAS_SENDLOG_DONE:
	case EAS_SENDLOG_SENT:
		return EAS_STATUS_OK;
	case EAS_SENDLOG_BUSY:
		return EAS_STATUS_RETRY_LATER;
	case EAS_SENDLOG_ERROR:
		return eas_store_status(req, eas_error_map_common);
	}
	status = invite_transmit(req, invite, &out);
	if (status != EAS_STATUS_OK) {
		eas_sendlog_release(out.log);
		e_warning(req->event, "Device %s: %s about \"%s\" was not "
			  "sent: status %u", req->device_id, invite->method,
			  invite->summary, status);
	}
	return status;
}

/* --- the organiser's changes (16.x) ---------------------------------------------------- */

static const char *notice_prefix(const struct itip_notice *notice)
{
	return strcmp(notice->method, "CANCEL") == 0 ? "Canceled: " : "";
}

/* The words that go with it: those of the appointment */
static void notice_words(struct eas_request *req, const char *text,
			 struct eas_invite *invite)
{
	const struct cal_entry *entry;
	struct cal_object *obj;
	const char *error;

	if (cal_parse(req->pool, text, strlen(text), &obj, NULL, &error) < 0)
		return;
	/* of one occurrence: there is no series in it */
	entry = obj->have_master || array_count(&obj->exceptions) == 0 ?
		&obj->master : array_front(&obj->exceptions);
	invite->text = entry->description;
	invite->html = entry->html;
	invite->from = entry->organizer.email;
	invite->from_name = entry->organizer.name;
}

static unsigned int notice_send(struct eas_request *req,
				const struct itip_notice *notice)
{
	struct eas_invite invite = {
		.to = notice->recipients, .method = notice->method,
		.calendar = notice->text, .summary = notice->summary,
		.prefix = notice_prefix(notice),
	};

	notice_words(req, notice->text, &invite);
	return invite.from == NULL || *invite.from == '\0' ? EAS_STATUS_OK :
		eas_invite_send(req, &invite);
}

/* The calendar's owner invites, whoever edits. */
static void invite_owner(const struct eas_item_context *ctx,
			 struct itip_self *self)
{
	const char **addresses;

	eas_invite_self(ctx->req, self);
	if (!ctx->folder->foreign)
		return;
	addresses = p_new(ctx->req->pool, const char *, 2);
	addresses[0] = ctx->folder->owner;
	self->addresses = addresses;
	self->name = "";
}

/* 0 / -1: unreadable (logged) */
static int notices_get(const struct eas_item_context *ctx, const char *old,
		       const char *text, ARRAY_TYPE(itip_notice) *notices_r)
{
	struct itip_self self;
	const char *error;

	invite_owner(ctx, &self);
	if (itip_notices(ctx->req->pool, &self, old, text,
			 eas_zone(ctx->req), notices_r, &error) == 0)
		return 0;
	e_warning(ctx->req->event, "Guests of an appointment in %s cannot be "
		  "told: %s", ctx->folder->vname, error);
	return -1;
}

bool eas_invite_is_due(const struct eas_item_context *ctx,
		       const struct store_item *old, const char *text)
{
	ARRAY_TYPE(itip_notice) notices;

	return ctx->req->version >= EAS_VERSION_160 &&
		notices_get(ctx, old == NULL ? NULL : old->text, text,
			    &notices) == 0 && array_count(&notices) > 0;
}

static unsigned int notices_send(struct eas_request *req,
				 const ARRAY_TYPE(itip_notice) *notices)
{
	const struct itip_notice *notice;
	unsigned int status, worst = EAS_STATUS_OK;

	array_foreach(notices, notice) {
		if ((status = notice_send(req, notice)) != EAS_STATUS_OK)
			worst = status;
	}
	return worst;
}

/* Told: the mark goes. Failing is harmless: the next edit tells again, and what
   was sent is not sent twice. */
static void pending_clear(const struct eas_item_context *ctx,
			  struct eas_item_edit *edit)
{
	struct store_item_write write = edit->write;
	ARRAY_TYPE(const_string) rest;
	const char *const *p;

	p_array_init(&rest, ctx->req->pool, 8);
	for (p = write.extras; p != NULL && *p != NULL; p += 2) {
		if (strcmp(p[0], EAS_EXTRA_PENDING) != 0)
			array_append(&rest, p, 2);
	}
	array_append_zero(&rest);
	write.extras = array_front(&rest);
	write.expected_seq = edit->seq;
	write.only_new = FALSE;
	if (store_item_put(ctx->req->store, ctx->folder->fid, &write, NULL,
			   &edit->seq) < 0) {
		e_debug(ctx->req->event, "Item %u stays marked as not told",
			edit->num);
	}
}

static bool extras_have(const char *const *extras, const char *key)
{
	for (; extras != NULL && *extras != NULL; extras += 2) {
		if (strcmp(extras[0], key) == 0)
			return TRUE;
	}
	return FALSE;
}

void eas_invite_after_write(const struct eas_item_context *ctx,
			    struct eas_item_edit *edit)
{
	const struct store_item *old = edit->old;
	ARRAY_TYPE(itip_notice) notices;
	bool left = old != NULL &&
		store_item_extra(old, EAS_EXTRA_PENDING) != NULL;

	if (ctx->req->version < EAS_VERSION_160 ||
	    !extras_have(edit->write.extras, EAS_EXTRA_PENDING))
		return;
	/* What was left untold by a crash or a failing mail system: whom it was
	   told already is known by what was sent. */
	if (notices_get(ctx, old == NULL || left ? NULL : old->text,
			edit->write.text, &notices) < 0)
		return;
	if (notices_send(ctx->req, &notices) == EAS_STATUS_OK)
		pending_clear(ctx, edit);
}

static bool may_delete(const struct eas_item_context *ctx)
{
	enum store_rights rights;

	return store_folder_rights(ctx->req->store, ctx->folder->fid,
				   &rights) == 0 &&
		(rights & STORE_RIGHT_EXPUNGE) != 0;
}

unsigned int eas_invite_before_delete(const struct eas_item_context *ctx,
				      const struct store_item *item)
{
	ARRAY_TYPE(itip_notice) notices;

	/* An unreadable one can be thrown away all the same. What may not be
	   deleted is not called off. */
	if (ctx->req->version >= EAS_VERSION_160 && may_delete(ctx) &&
	    notices_get(ctx, item->text, NULL, &notices) == 0)
		(void)notices_send(ctx->req, &notices);
	return 0;
}
