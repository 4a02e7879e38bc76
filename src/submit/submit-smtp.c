/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* One SMTP transaction with lib-smtp's client.

   lib-smtp's own smtp_submit_*() goes on to DATA when only some recipients were
   refused, and reports that as a failure: a client that tries again then sends
   the message twice to the others.  Here DATA is only sent when every recipient
   was taken, so a failure means that nobody got the message.  It is also read
   straight from the caller's stream, without a second temporary file. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "smtp-client.h"
#include "smtp-client-connection.h"
#include "smtp-client-transaction.h"
#include "smtp-params.h"
#include "submit-private.h"

#define SUBMIT_DEFAULT_PORT 25
/* lib-smtp's dot filter takes data stack for each block and frees it only when
   the socket blocks: a small kernel buffer bounds that. */
#define SUBMIT_SEND_BUFFER (64 * 1024)

struct submit_smtp {
	const struct submit_mail *mail;
	const struct smtp_address *from;
	const ARRAY_TYPE(submit_address) *recipients;
	struct submit_reply *reply;

	struct ioloop *ioloop;
	pool_t pool;
	struct smtp_client_connection *conn;
	struct smtp_client_transaction *trans;
	unsigned int rcpts_waiting;
	ARRAY_TYPE(const_string) refused;
	/* Texts and results outlive the loop's data stack frames */
	const char *text;
	enum submit_result result;
	bool have_result;
};

struct submit_smtp_rcpt {
	struct submit_smtp *ctx;
	const char *address;
};

static void
submit_smtp_done(struct submit_smtp *ctx, enum submit_result result,
		 const char *text)
{
	if (!ctx->have_result) {
		ctx->have_result = TRUE;
		ctx->result = result;
		ctx->text = p_strdup(ctx->pool, text);
	}
	io_loop_stop(ctx->ioloop);
}

static bool submit_reply_is_permanent(const struct smtp_reply *reply)
{
	return smtp_reply_is_remote(reply) && !smtp_reply_is_temp_fail(reply);
}

static void
submit_smtp_failed(struct submit_smtp *ctx, const char *what,
		   const struct smtp_reply *reply)
{
	enum submit_result result = SUBMIT_TEMPFAIL;

	if (reply->status == SMTP_CLIENT_COMMAND_ERROR_BROKEN_PAYLOAD)
		result = SUBMIT_INPUT;
	else if (submit_reply_is_permanent(reply)) {
		/* 552 5.3.4, or 554 with that code: RFC 1870, 3463 */
		result = reply->enhanced_code.x == 5 &&
			reply->enhanced_code.y == 3 &&
			reply->enhanced_code.z == 4 ?
			SUBMIT_TOO_LARGE : SUBMIT_REFUSED;
	}
	submit_smtp_done(ctx, result, t_strdup_printf("%s: %s", what,
						      smtp_reply_log(reply)));
}

static void
submit_smtp_data_callback(const struct smtp_reply *reply,
			  struct submit_smtp *ctx)
{
	if (smtp_reply_is_success(reply))
		submit_smtp_done(ctx, SUBMIT_OK, smtp_reply_log(reply));
	else
		submit_smtp_failed(ctx, "DATA", reply);
}

static void
submit_smtp_rcpt_data_callback(const struct smtp_reply *reply ATTR_UNUSED,
			       struct submit_smtp_rcpt *rcpt ATTR_UNUSED)
{
}

static void
submit_smtp_rcpt_callback(const struct smtp_reply *reply,
			  struct submit_smtp_rcpt *rcpt)
{
	struct submit_smtp *ctx = rcpt->ctx;

	if (ctx->have_result)
		return;
	if (submit_reply_is_permanent(reply) && !smtp_reply_is_success(reply)) {
		array_push_back(&ctx->refused, &rcpt->address);
		if (ctx->text == NULL) {
			ctx->text = p_strdup_printf(ctx->pool, "RCPT TO <%s>: %s",
				rcpt->address, smtp_reply_log(reply));
		}
	} else if (!smtp_reply_is_success(reply)) {
		submit_smtp_failed(ctx, "RCPT TO", reply);
		return;
	}
	i_assert(ctx->rcpts_waiting > 0);
	if (--ctx->rcpts_waiting > 0)
		return;
	if (array_count(&ctx->refused) > 0)
		submit_smtp_done(ctx, SUBMIT_RECIPIENTS, ctx->text);
	else {
		smtp_client_transaction_send(ctx->trans, ctx->mail->input,
					     submit_smtp_data_callback, ctx);
	}
}

static void
submit_smtp_mail_callback(const struct smtp_reply *reply,
			  struct submit_smtp *ctx)
{
	if (!smtp_reply_is_success(reply))
		submit_smtp_failed(ctx, "MAIL FROM", reply);
}

static void submit_smtp_trans_callback(struct submit_smtp *ctx)
{
	/* The transaction frees itself after this. */
	ctx->trans = NULL;
	submit_smtp_done(ctx, SUBMIT_TEMPFAIL, "Transaction ended early");
}

static void submit_smtp_rcpt_params(const struct submit_smtp *ctx,
				    const struct smtp_address *address,
				    struct smtp_params_rcpt *params_r)
{
	i_zero(params_r);
	switch (ctx->mail->notify) {
	case SUBMIT_NOTIFY_DEFAULT:
		return;
	case SUBMIT_NOTIFY_SUCCESS:
		params_r->notify = SMTP_PARAM_RCPT_NOTIFY_SUCCESS |
			SMTP_PARAM_RCPT_NOTIFY_FAILURE |
			SMTP_PARAM_RCPT_NOTIFY_DELAY;
		break;
	case SUBMIT_NOTIFY_NEVER:
		params_r->notify = SMTP_PARAM_RCPT_NOTIFY_NEVER;
		break;
	}
	params_r->orcpt.addr_type = "rfc822";
	params_r->orcpt.addr = address;
}

static void submit_smtp_transaction(struct submit_smtp *ctx)
{
	enum smtp_capability caps =
		smtp_client_connection_get_capabilities(ctx->conn);
	struct smtp_params_mail params;
	struct smtp_params_rcpt rcpt_params;
	struct smtp_address *address;
	uoff_t size;

	i_zero(&params);
	if ((caps & SMTP_CAPABILITY_8BITMIME) != 0)
		params.body.type = SMTP_PARAM_MAIL_BODY_TYPE_8BITMIME;
	if (i_stream_get_size(ctx->mail->input, TRUE, &size) > 0)
		params.size = size;
	ctx->trans = smtp_client_transaction_create(ctx->conn, ctx->from,
		&params, 0, submit_smtp_trans_callback, ctx);
	ctx->rcpts_waiting = array_count(ctx->recipients);
	array_foreach_elem(ctx->recipients, address) {
		struct submit_smtp_rcpt *rcpt =
			p_new(ctx->pool, struct submit_smtp_rcpt, 1);

		rcpt->ctx = ctx;
		rcpt->address = p_strdup(ctx->pool,
					 smtp_address_encode(address));
		submit_smtp_rcpt_params(ctx, address, &rcpt_params);
		smtp_client_transaction_add_rcpt(ctx->trans, address,
			&rcpt_params, submit_smtp_rcpt_callback,
			submit_smtp_rcpt_data_callback, rcpt);
	}
	smtp_client_transaction_start(ctx->trans, submit_smtp_mail_callback,
				      ctx);
}

/* SIZE of the server (RFC 1870) is checked before anything is sent. */
static void
submit_smtp_login_callback(const struct smtp_reply *reply, void *context)
{
	struct submit_smtp *ctx = context;
	uoff_t max, size;

	if (!smtp_reply_is_success(reply)) {
		/* Wrong credentials or host are the site's fault, not the
		   message's: always temporary. */
		submit_smtp_done(ctx, SUBMIT_TEMPFAIL, t_strdup_printf(
			"connect: %s", smtp_reply_log(reply)));
		return;
	}
	max = smtp_client_connection_get_size_capability(ctx->conn);
	if (max > 0 && i_stream_get_size(ctx->mail->input, TRUE, &size) > 0 &&
	    size > max) {
		submit_smtp_done(ctx, SUBMIT_TOO_LARGE, t_strdup_printf(
			"Message of %"PRIuUOFF_T" bytes, server takes %"
			PRIuUOFF_T, size, max));
		return;
	}
	submit_smtp_transaction(ctx);
}

static void submit_smtp_timeout(struct submit_smtp *ctx)
{
	submit_smtp_done(ctx, SUBMIT_TEMPFAIL, "Timed out");
}

static void
submit_smtp_deadline(struct submit *submit, const struct submit_mail *mail,
		     struct timeval *deadline_r)
{
	uoff_t size, secs = submit->set.timeout_secs * 2;

	if (i_stream_get_size(mail->input, TRUE, &size) > 0)
		secs += size / SUBMIT_MIN_RATE;
	*deadline_r = ioloop_timeval;
	deadline_r->tv_sec += I_MIN(secs, 3600);
}

static enum smtp_client_connection_ssl_mode
submit_smtp_ssl_mode(const struct submit *submit)
{
	const char *ssl = submit->set.submission_ssl;

	if (ssl == NULL)
		return SMTP_CLIENT_SSL_MODE_NONE;
	if (strcmp(ssl, "smtps") == 0 || strcmp(ssl, "submissions") == 0)
		return SMTP_CLIENT_SSL_MODE_IMMEDIATE;
	return strcmp(ssl, "starttls") == 0 ?
		SMTP_CLIENT_SSL_MODE_STARTTLS : SMTP_CLIENT_SSL_MODE_NONE;
}

static void
submit_smtp_run(struct submit *submit, struct submit_smtp *ctx,
		const char *host, in_port_t port)
{
	const struct submit_settings *set = &submit->set;
	struct smtp_client_settings smtp_set = {
		.my_hostname = set->hostname,
		.connect_timeout_msecs = set->timeout_secs * 1000,
		.command_timeout_msecs = set->timeout_secs * 1000,
		.username = set->user,
		.password = set->password,
		.ssl = submit->ssl,
		.event_parent = ctx->mail->event,
		.socket_send_buffer_size = SUBMIT_SEND_BUFFER,
	};
	struct timeval deadline;
	struct smtp_client *client;
	struct timeout *to;

	client = smtp_client_init(&smtp_set);
	ctx->conn = smtp_client_connection_create(client, SMTP_PROTOCOL_SMTP,
		host, port, submit_smtp_ssl_mode(submit), NULL);
	io_loop_time_refresh();
	submit_smtp_deadline(submit, ctx->mail, &deadline);
	to = timeout_add_absolute(&deadline, submit_smtp_timeout, ctx);
	smtp_client_connection_connect(ctx->conn, submit_smtp_login_callback,
				       ctx);
	if (!ctx->have_result)
		io_loop_run(ctx->ioloop);
	timeout_remove(&to);
	if (ctx->trans != NULL)
		smtp_client_transaction_destroy(&ctx->trans);
	smtp_client_connection_close(&ctx->conn);
	smtp_client_deinit(&client);
}

void submit_smtp(struct submit *submit, const struct submit_mail *mail,
		 const struct smtp_address *from,
		 const ARRAY_TYPE(submit_address) *recipients,
		 struct submit_reply *reply_r)
{
	struct submit_smtp ctx;
	const char *host;
	in_port_t port;

	if (net_str2hostport(submit->set.submission_host, SUBMIT_DEFAULT_PORT,
			     &host, &port) < 0) {
		reply_r->text = t_strdup_printf("Invalid submission_host: %s",
						submit->set.submission_host);
		return;
	}
	i_zero(&ctx);
	ctx.mail = mail;
	ctx.from = from;
	ctx.recipients = recipients;
	ctx.pool = pool_alloconly_create("submit smtp", 1024);
	p_array_init(&ctx.refused, ctx.pool, 4);
	ctx.ioloop = io_loop_create();
	submit_smtp_run(submit, &ctx, host, port);
	io_loop_destroy(&ctx.ioloop);

	reply_r->result = ctx.result;
	reply_r->text = t_strdup_printf("smtp(%s): %s",
		submit->set.submission_host, ctx.text);
	if (ctx.result == SUBMIT_RECIPIENTS) {
		array_append_zero(&ctx.refused);
		reply_r->refused = (const char *const *)
			p_strarray_dup(pool_datastack_create(),
				       array_front(&ctx.refused));
	}
	pool_unref(&ctx.pool);
}
