/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_SUBMIT_H
#define DOVETAIL_SUBMIT_H

/* src/submit: hands a finished message to the site's mail system, with the
   settings that Dovecot's own LDA uses: submission_host (with submission_ssl,
   submission_timeout), else sendmail_path.  In addition plugin settings
   dovetail_submission_user and dovetail_submission_password: SMTP AUTH. */

struct event;
struct istream;
struct mail_user;
struct submit;

enum submit_result {
	/* The mail system took the message for all recipients. */
	SUBMIT_OK = 0,
	/* It will never take it: nothing was sent to anybody. */
	SUBMIT_REFUSED,
	/* At least one recipient is refused for good; nothing was sent to
	   anybody. refused_r names them. */
	SUBMIT_RECIPIENTS,
	/* Larger than the mail system takes; nothing was sent. */
	SUBMIT_TOO_LARGE,
	/* Try later (also: the server hung, or broke off; then it is unknown
	   whether the message was sent). */
	SUBMIT_TEMPFAIL,
	/* The message's stream failed; nothing was sent. */
	SUBMIT_INPUT,
};

/* How much time a message may take beyond the time-out of single commands:
   slow servers are given size / SUBMIT_MIN_RATE seconds more. */
#define SUBMIT_MIN_RATE (64 * 1024)

/* What the mail system is asked to report of (RFC 3461 4.1), where it can; with
   sendmail it is as that program does by itself. */
enum submit_notify {
	/* as the mail system does: of failures and delays */
	SUBMIT_NOTIFY_DEFAULT = 0,
	/* of success, too */
	SUBMIT_NOTIFY_SUCCESS,
	/* of nothing */
	SUBMIT_NOTIFY_NEVER,
};

struct submit_mail {
	/* Envelope sender, local@domain; NULL: <> */
	const char *from;
	/* local@domain, NULL-terminated, at least one */
	const char *const *recipients;
	/* Whole message; seekable, blocking; CRLF or LF. Read from its start.
	   Never gathered in memory. */
	struct istream *input;
	enum submit_notify notify;
	/* Parent of log lines */
	struct event *event;
};

struct submit_reply {
	enum submit_result result;
	/* What the server said, or our reason: for logs and answers; never
	   NULL. Data stack. */
	const char *text;
	/* SUBMIT_RECIPIENTS: the refused ones, NULL-terminated. */
	const char *const *refused;
};

/* Blocks until the result is known. Runs an I/O loop of its own. */
enum submit_result submit_mail(struct submit *submit,
			       const struct submit_mail *mail,
			       struct submit_reply *reply_r);

/* ---- For the worker ---- */

/* The user's way to send. Lives as long as the user. Returns -1 with *error_r
   (data stack) when the settings are not usable. */
int submit_init(struct mail_user *user, struct submit **submit_r,
		const char **error_r);
void submit_deinit(struct submit **submit);

/* ---- For tests: without a mail user ---- */

struct submit_settings {
	const char *submission_host;	/* "" : sendmail_path */
	const char *submission_ssl;
	const char *sendmail_path;
	const char *hostname;
	unsigned int timeout_secs;
	const char *user, *password;	/* NULL: no AUTH */
};
struct submit *submit_init_settings(const struct submit_settings *set);

#endif
