/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SUBMIT_PRIVATE_H
#define SUBMIT_PRIVATE_H

#include "dovetail-submit.h"
#include "iostream-ssl.h"
#include "smtp-address.h"

struct submit {
	pool_t pool;
	struct submit_settings set;
	/* Certificates and CAs of the user's configuration; NULL: the client
	   finds its own */
	const struct ssl_iostream_settings *ssl;
};

ARRAY_DEFINE_TYPE(submit_address, struct smtp_address *);

/* submit-smtp.c: one SMTP transaction with submission_host. */
void submit_smtp(struct submit *submit, const struct submit_mail *mail,
		 const struct smtp_address *from,
		 const ARRAY_TYPE(submit_address) *recipients,
		 struct submit_reply *reply_r);
/* submit-sendmail.c: the sendmail_path program. */
void submit_sendmail(struct submit *submit, const struct submit_mail *mail,
		     const struct smtp_address *from,
		     const ARRAY_TYPE(submit_address) *recipients,
		     struct submit_reply *reply_r);

#endif
