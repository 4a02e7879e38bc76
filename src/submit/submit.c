/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Entry of src/submit: addresses are checked here, then the message goes to
   the SMTP server or to the sendmail program. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "submit-private.h"

struct submit *submit_init_settings(const struct submit_settings *set)
{
	pool_t pool = pool_alloconly_create("submit", 1024);
	struct submit *submit = p_new(pool, struct submit, 1);

	submit->pool = pool;
	submit->set.submission_host = p_strdup(pool, set->submission_host);
	submit->set.submission_ssl = p_strdup(pool, set->submission_ssl);
	submit->set.sendmail_path = p_strdup(pool, set->sendmail_path);
	submit->set.hostname = p_strdup(pool, set->hostname);
	submit->set.user = p_strdup_empty(pool, set->user);
	submit->set.password = p_strdup_empty(pool, set->password);
	submit->set.timeout_secs = set->timeout_secs == 0 ?
		30 : set->timeout_secs;
	return submit;
}

void submit_deinit(struct submit **_submit)
{
	struct submit *submit = *_submit;

	*_submit = NULL;
	pool_unref(&submit->pool);
}

static int submit_address(const char *text, struct smtp_address **address_r)
{
	const char *error;

	return smtp_address_parse_mailbox(pool_datastack_create(), text, 0,
					  address_r, &error);
}

/* Addresses that SMTP cannot carry are refused here, as the server would. */
static bool
submit_addresses(const struct submit_mail *mail, struct smtp_address **from_r,
		 ARRAY_TYPE(submit_address) *rcpts, struct submit_reply *reply)
{
	ARRAY_TYPE(const_string) refused;
	struct smtp_address *address;

	*from_r = NULL;
	if (mail->from != NULL && submit_address(mail->from, from_r) < 0) {
		reply->result = SUBMIT_REFUSED;
		reply->text = t_strdup_printf("Invalid sender address <%s>",
					      mail->from);
		return FALSE;
	}
	t_array_init(&refused, 4);
	for (const char *const *p = mail->recipients; *p != NULL; p++) {
		if (submit_address(*p, &address) == 0)
			array_push_back(rcpts, &address);
		else
			array_push_back(&refused, p);
	}
	if (array_count(&refused) == 0)
		return TRUE;
	array_append_zero(&refused);
	reply->result = SUBMIT_RECIPIENTS;
	reply->refused = array_front(&refused);
	reply->text = t_strdup_printf("Invalid recipient address <%s>",
				      reply->refused[0]);
	return FALSE;
}

enum submit_result submit_mail(struct submit *submit,
			       const struct submit_mail *mail,
			       struct submit_reply *reply_r)
{
	ARRAY_TYPE(submit_address) rcpts;
	struct smtp_address *from;

	i_assert(mail->recipients[0] != NULL);

	i_zero(reply_r);
	reply_r->result = SUBMIT_TEMPFAIL;
	reply_r->text = "";
	t_array_init(&rcpts, 16);
	if (!submit_addresses(mail, &from, &rcpts, reply_r))
		return reply_r->result;

	i_stream_seek(mail->input, 0);
	if (submit->set.submission_host[0] != '\0')
		submit_smtp(submit, mail, from, &rcpts, reply_r);
	else
		submit_sendmail(submit, mail, from, &rcpts, reply_r);
	if (reply_r->result == SUBMIT_OK) {
		e_debug(mail->event, "Submitted to %u recipients",
			array_count(&rcpts));
	} else {
		e_info(mail->event, "Submission failed (%s): %s",
		       reply_r->result == SUBMIT_TEMPFAIL ? "temporarily" :
		       "for good", reply_r->text);
	}
	return reply_r->result;
}
