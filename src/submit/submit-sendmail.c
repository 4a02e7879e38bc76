/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sending with the program of sendmail_path, by lib-smtp as LDA does it. The
   program's exit code cannot tell a permanent failure: all are temporary. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "ostream.h"
#include "smtp-submit.h"
#include "submit-private.h"

void submit_sendmail(struct submit *submit, const struct submit_mail *mail,
		     const struct smtp_address *from,
		     const ARRAY_TYPE(submit_address) *recipients,
		     struct submit_reply *reply_r)
{
	struct smtp_submit_settings set = {
		.hostname = submit->set.hostname,
		.submission_host = "",
		.sendmail_path = submit->set.sendmail_path,
		.submission_timeout = submit->set.timeout_secs,
		.submission_ssl = "no",
	};
	struct smtp_submit_input input = { .event_parent = mail->event };
	struct smtp_submit *subm;
	struct smtp_address *address;
	struct ostream *output;
	const char *error;

	subm = smtp_submit_init_simple(&input, &set, from);
	array_foreach_elem(recipients, address)
		smtp_submit_add_rcpt(subm, address);
	output = smtp_submit_send(subm);
	o_stream_nsend_istream(output, mail->input);
	if (mail->input->stream_errno != 0) {
		reply_r->result = SUBMIT_INPUT;
		reply_r->text = t_strdup(i_stream_get_error(mail->input));
	} else if (o_stream_finish(output) < 0) {
		reply_r->text = t_strdup(o_stream_get_error(output));
	} else if (smtp_submit_run(subm, &error) > 0) {
		reply_r->result = SUBMIT_OK;
	} else {
		reply_r->text = error;
	}
	smtp_submit_deinit(&subm);
}
