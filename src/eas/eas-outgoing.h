/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_OUTGOING_H
#define EAS_OUTGOING_H

/* Sending a finished message: SendMail, SmartReply, SmartForward, and drafts
   that are sent (16.x). Internal to src/eas. */

struct eas_request;
struct istream;

/* What was sent under which ClientId (eas-sendlog.c). */
enum eas_sendlog_result {
	/* Ours to send now. */
	EAS_SENDLOG_CLAIMED,
	/* Was sent, and its Sent copy was made (or not asked for). */
	EAS_SENDLOG_DONE,
	/* Was sent; whether there is a Sent copy is not known. */
	EAS_SENDLOG_SENT,
	/* Another request is sending it right now. */
	EAS_SENDLOG_BUSY,
	/* store_last_error() */
	EAS_SENDLOG_ERROR,
};

struct eas_sendlog;

enum eas_sendlog_result
eas_sendlog_claim(struct eas_request *req, const char *client_id,
		  struct eas_sendlog **log_r);
/* Sent; then: all that belongs to it is done. */
int eas_sendlog_sent(struct eas_sendlog *log);
int eas_sendlog_done(struct eas_sendlog *log);
/* Not sent: may be tried again. */
void eas_sendlog_release(struct eas_sendlog *log);
/* The same for each attempt, so that a message that went out twice after a
   crash can be told as one. Data stack, with <>. */
const char *eas_sendlog_message_id(struct eas_request *req,
				   const char *client_id);

struct eas_outgoing {
	/* The client's message, or the composed one. Seekable. */
	struct istream *mime;
	/* For a message without Message-ID; NULL: random */
	const char *message_id;
	bool save_in_sent;
	/* NULL: no ClientId */
	struct eas_sendlog *log;
};

/* To whom it went, Bcc too */
struct eas_sent {
	unsigned int count;
	/* Bare addresses, NULL-terminated, in the request's pool */
	const char *const *addresses;
};
/* Identity, recipients, submission, Sent copy. Returns EAS_STATUS_OK or the
   common status. sent_r may be NULL. */
unsigned int eas_outgoing_send(struct eas_request *req,
			       const struct eas_outgoing *out,
			       struct eas_sent *sent_r);
/* The Sent copy alone, unless the Sent folder has this message already. */
void eas_outgoing_recover_copy(struct eas_request *req,
			       const struct eas_outgoing *out);

/* Gathers a body that is not seekable into memory or a temporary file. NULL:
   *status_r is what to answer. The caller unrefs. */
struct istream *eas_spool(struct eas_request *req, struct istream *input,
			  unsigned int *status_r);

#endif
