/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deliveries (lmtp, dovecot-lda): a message with a calendar part is shown to
   libdovetail-delivery once it is saved. The deliver hook exists in those
   programs only. Ours is set when the first user comes, so that it goes around
   Sieve's. */

#include "lib.h"
#include "istream.h"
#include "mail-deliver.h"
#include "dovetail-plugin.h"
#include "dovetail-delivery.h"

#include <dlfcn.h>

/* In lmtp and dovecot-lda only; elsewhere NULL */
#pragma weak mail_deliver_hook_set
#pragma weak mail_deliver_save

static const char delivery_mark[] = "text/calendar";

static deliver_mail_func_t *delivery_next;
static dovetail_delivery_t *delivery_func;
static void *delivery_handle;
static bool delivery_hooked, delivery_failed;

/* --- is there a calendar part? ------------------------------------------------------ */

static bool delivery_scan_block(const unsigned char *data, size_t size,
				size_t *keep_r)
{
	size_t len = sizeof(delivery_mark) - 1, i;

	*keep_r = I_MIN(size, len - 1);
	for (i = 0; i + len <= size; i++) {
		if ((data[i] == 't' || data[i] == 'T') &&
		    strncasecmp((const char *)data + i, delivery_mark,
				len) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The words stand in the MIME header of such a part as they are. Or the message
   tells that a guest forwarded a meeting. */
static bool delivery_has_calendar(struct mail *mail)
{
	struct istream *input;
	const unsigned char *data;
	bool found = FALSE;
	size_t size, keep = 0;
	const char *value;

	if (mail_get_first_header(mail, DELIVERY_FORWARD_HEADER, &value) > 0)
		return TRUE;
	if (mail_get_stream(mail, NULL, NULL, &input) < 0)
		return FALSE;
	i_stream_seek(input, 0);
	while (!found && i_stream_read_bytes(input, &data, &size,
					     keep + 1) > 0) {
		found = delivery_scan_block(data, size, &keep);
		i_stream_skip(input, size - keep);
	}
	return found;
}

/* --- the library ---------------------------------------------------------------------- */

void *dovetail_delivery_symbol(const char *name)
{
	static const char *const path = DOVETAIL_LIBDIR "/" DELIVERY_LIBRARY;
	void *symbol = NULL;

	if (delivery_failed)
		return NULL;
	/* stays open: it has caches, and the process delivers again */
	if (delivery_handle == NULL)
		delivery_handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (delivery_handle != NULL)
		symbol = dlsym(delivery_handle, name);
	if (symbol == NULL) {
		i_error("dovetail: Cannot load %s: %s", path, dlerror());
		delivery_failed = TRUE;
	}
	return symbol;
}

static dovetail_delivery_t *delivery_library(void)
{
	if (delivery_func == NULL) {
		delivery_func = __extension__ (dovetail_delivery_t *)
			dovetail_delivery_symbol(DELIVERY_SYMBOL);
	}
	return delivery_func;
}

static void delivery_done(struct mail_deliver_context *ctx)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(ctx->rcpt_user);
	dovetail_delivery_t *func;

	if (duser == NULL || duser->saved_to == NULL ||
	    null_strcmp(compat_user_setting(ctx->rcpt_user,
					    "dovetail_delivery"), "no") == 0 ||
	    !delivery_has_calendar(ctx->src_mail) ||
	    (func = delivery_library()) == NULL)
		return;
	T_BEGIN {
		func(ctx->rcpt_user, ctx->src_mail, duser->saved_to,
		     duser->event);
	} T_END;
}

/* Nobody took it: mail_deliver() would save it after us, so we do as it does. */
static bool delivery_is_left(const struct mail_deliver_context *ctx,
			     const struct mail_storage *storage)
{
	return !ctx->saved_mail && !ctx->tried_default_save &&
		ctx->tempfail_error == NULL && storage == NULL;
}

static int delivery_deliver(struct mail_deliver_context *ctx,
			    struct mail_storage **storage_r)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(ctx->rcpt_user);
	int ret = -1;

	if (duser != NULL)
		i_free(duser->saved_to);
	if (delivery_next != NULL)
		ret = delivery_next(ctx, storage_r);
	if (ret <= 0 && delivery_is_left(ctx, *storage_r)) {
		ret = mail_deliver_save(ctx, ctx->rcpt_default_mailbox, 0,
					NULL, storage_r) < 0 ? -1 : 1;
	}
	/* Delivered, or saved though something failed later */
	delivery_done(ctx);
	return ret;
}

void dovetail_delivery_init(void)
{
	if (delivery_hooked)
		return;
	delivery_hooked = TRUE;
	if (mail_deliver_hook_set != NULL)
		delivery_next = mail_deliver_hook_set(delivery_deliver);
}

void dovetail_delivery_saved(struct mailbox *box)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(box->storage->user);

	if (mail_deliver_hook_set != NULL && duser != NULL) {
		i_free(duser->saved_to);
		duser->saved_to = i_strdup(box->vname);
	}
}

void dovetail_delivery_deinit(void)
{
	if (delivery_hooked && mail_deliver_hook_set != NULL)
		(void)mail_deliver_hook_set(delivery_next);
	delivery_next = NULL;
	delivery_hooked = FALSE;
}
