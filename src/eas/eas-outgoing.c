/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A finished message on its way out: may this user send it so, to whom, the
   hand-over to the site's mail system, and the copy in Sent. */

#include "eas.h"
#include "eas-outgoing.h"
#include "dovetail-collect.h"
#include "dovetail-compose.h"
#include "dovetail-submit.h"
#include "hostpid.h"
#include "ioloop.h"
#include "iostream-temp.h"
#include "istream.h"
#include "istream-concat.h"
#include "istream-header-filter.h"
#include "message-header-encode.h"
#include "ostream.h"
#include "strescape.h"

#define EAS_SPOOL_PREFIX "/tmp/dovetail.send."
/* Bodies up to this size stay in memory. */
#define EAS_SPOOL_MEMORY (128 * 1024)

struct eas_letter {
	struct eas_request *req;
	struct mime_outgoing mime;
	/* Sender header to be set, NULL: as it is */
	const char *sender;
};

struct istream *eas_spool(struct eas_request *req, struct istream *input,
			  unsigned int *status_r)
{
	uoff_t max = (uoff_t)eas_setting_uint(req, "send_max_mb", 200) * 1024 *
		1024;
	struct istream *limited = i_stream_create_limit(input, max + 1);
	struct ostream *output;

	output = iostream_temp_create_sized(EAS_SPOOL_PREFIX, 0, "spool",
					    EAS_SPOOL_MEMORY);
	o_stream_set_no_error_handling(output, TRUE);
	o_stream_nsend_istream(output, limited);
	i_stream_unref(&limited);
	*status_r = EAS_STATUS_OK;
	if (input->stream_errno != 0) {
		/* The client went away, or the front cut it off. */
		*status_r = EAS_STATUS_INVALID_CONTENT;
	} else if (output->stream_errno != 0) {
		e_error(req->event, "Writing a temporary file failed: %s",
			o_stream_get_error(output));
		*status_r = EAS_STATUS_RETRY_LATER;
	} else if (output->offset > max)
		*status_r = EAS_STATUS_ATTACHMENT_TOO_LARGE;
	if (*status_r != EAS_STATUS_OK) {
		o_stream_destroy(&output);
		return NULL;
	}
	return iostream_temp_finish(&output, IO_BLOCK_SIZE);
}

/* The user's name and address as a From header has it. */
static const char *outgoing_default_from(struct eas_request *req)
{
	const struct store_settings *set = store_get_settings(req->store);
	string_t *str = t_str_new(128);

	if (set->display_name != NULL && *set->display_name != '\0') {
		const unsigned char *p =
			(const unsigned char *)set->display_name;

		while (*p >= 0x20 && *p < 0x7f)
			p++;
		if (*p == '\0') {
			str_printfa(str, "\"%s\" ",
				    str_escape(set->display_name));
		} else {
			message_header_encode(set->display_name, str);
			str_append_c(str, ' ');
		}
	}
	str_printfa(str, "<%s>", set->address);
	return str_c(str);
}

/* --- identity ---------------------------------------------------------------- */

/* 1 allowed, 0 refused, -1 store error */
static int
letter_check_address(struct eas_letter *letter, const char *address,
		     bool *behalf)
{
	enum store_send_right right;

	if (store_send_right(letter->req->store, address, &right) < 0)
		return -1;
	switch (right) {
	case STORE_SEND_NONE:
		e_info(letter->req->event,
		       "Refused to send as <%s>: no right to this address",
		       address);
		return 0;
	case STORE_SEND_ON_BEHALF:
		*behalf = TRUE;
		return 1;
	case STORE_SEND_SELF:
	case STORE_SEND_AS:
		return 1;
	}
	i_unreached();
}

/* From: own, alias, send-as, or on behalf; then Sender names the user (R21).
   Several addresses in From need a Sender too (RFC 5322 3.6.2). */
static int letter_check_identity(struct eas_letter *letter)
{
	const char *const *from = letter->mime.from;
	const char *const *sender = letter->mime.sender;
	bool behalf = FALSE, dummy = FALSE;
	int ret;

	for (; *from != NULL; from++) {
		if ((ret = letter_check_address(letter, *from, &behalf)) <= 0)
			return ret;
	}
	if (from - letter->mime.from > 1)
		behalf = TRUE;
	for (; sender != NULL && *sender != NULL; sender++) {
		ret = letter_check_address(letter, *sender, &dummy);
		if (ret <= 0)
			return ret;
	}
	/* A Sender the client gave passed the check, but only the user's own
	   will do for a message on behalf of another. */
	if (dummy || (behalf && (sender == NULL ||
				 sender == letter->mime.sender))) {
		letter->sender = p_strdup(letter->req->pool,
			store_get_settings(letter->req->store)->address);
	}
	return 1;
}

static void
letter_no_header_change(struct header_filter_istream *input ATTR_UNUSED,
			struct message_header_line *hdr ATTR_UNUSED,
			bool *matched ATTR_UNUSED, void *context ATTR_UNUSED)
{
}

/* The stream with our Sender instead of the client's. Takes over input. */
static struct istream *
letter_set_sender(struct eas_letter *letter, struct istream *input)
{
	static const char *const exclude[] = { "Sender" };
	struct istream *parts[3], *result;
	const char *hdr;

	if (letter->sender == NULL)
		return input;
	hdr = p_strdup_printf(letter->req->pool, "Sender: <%s>\r\n",
			      letter->sender);
	parts[0] = i_stream_create_from_data(hdr, strlen(hdr));
	parts[1] = i_stream_create_header_filter(input,
		HEADER_FILTER_EXCLUDE | HEADER_FILTER_CRLF_PRESERVE,
		exclude, N_ELEMENTS(exclude), letter_no_header_change,
		(void *)NULL);
	parts[2] = NULL;
	result = i_stream_create_concat(parts);
	i_stream_unref(&parts[0]);
	i_stream_unref(&parts[1]);
	i_stream_unref(&input);
	return result;
}

/* --- parsing ----------------------------------------------------------------- */

static unsigned int outgoing_mime_status(enum mime_compose_error code)
{
	switch (code) {
	case MIME_COMPOSE_ERROR_RECIPIENTS:
		return EAS_STATUS_RECIPIENT_UNRESOLVED;
	case MIME_COMPOSE_ERROR_IO:
		return EAS_STATUS_RETRY_LATER;
	case MIME_COMPOSE_ERROR_NONE:
	case MIME_COMPOSE_ERROR_INVALID:
		break;
	}
	return EAS_STATUS_INVALID_MIME;
}

static unsigned int
letter_init(struct eas_letter *letter, struct eas_request *req,
	    const struct eas_outgoing *out)
{
	struct mime_outgoing_settings set = {
		.default_from = outgoing_default_from(req),
		.hostname = my_hostdomain(),
		.now = ioloop_time,
		.message_id = out->message_id,
	};
	enum mime_compose_error code;
	const char *error;
	int ret;

	i_zero(letter);
	letter->req = req;
	if (store_get_settings(req->store)->address == NULL) {
		e_error(req->event, "The user has no address to send from");
		return EAS_STATUS_SEND_DISABLED;
	}
	if (mime_outgoing_init(req->pool, out->mime, &set, &letter->mime,
			       &code, &error) < 0) {
		e_info(req->event, "Message to be sent is refused: %s", error);
		return outgoing_mime_status(code);
	}
	if ((ret = letter_check_identity(letter)) < 0)
		return eas_store_status(req, eas_error_map_common);
	if (ret == 0)
		return EAS_STATUS_ACCESS_DENIED;
	letter->mime.transmit =
		letter_set_sender(letter, letter->mime.transmit);
	letter->mime.sent_copy =
		letter_set_sender(letter, letter->mime.sent_copy);
	return EAS_STATUS_OK;
}

static void letter_deinit(struct eas_letter *letter)
{
	i_stream_unref(&letter->mime.transmit);
	i_stream_unref(&letter->mime.sent_copy);
}

/* --- submission ---------------------------------------------------------------- */

static unsigned int outgoing_submit_status(enum submit_result result)
{
	switch (result) {
	case SUBMIT_OK:
		return EAS_STATUS_OK;
	case SUBMIT_RECIPIENTS:
		return EAS_STATUS_RECIPIENT_UNRESOLVED;
	case SUBMIT_TOO_LARGE:
		return EAS_STATUS_ATTACHMENT_TOO_LARGE;
	case SUBMIT_REFUSED:
	case SUBMIT_TEMPFAIL:
		return EAS_STATUS_SUBMISSION_FAILED;
	case SUBMIT_INPUT:
		return EAS_STATUS_RETRY_LATER;
	}
	i_unreached();
}

static unsigned int letter_submit(struct eas_letter *letter)
{
	struct eas_request *req = letter->req;
	ARRAY_TYPE(const_string) rcpts;
	struct submit_reply reply;
	struct submit_mail mail = {
		.from = store_get_settings(req->store)->address,
		.input = letter->mime.transmit,
		.event = req->event,
	};

	p_array_init(&rcpts, req->pool, letter->mime.recipients_count + 1);
	for (unsigned int i = 0; i < letter->mime.recipients_count; i++)
		array_push_back(&rcpts, &letter->mime.recipients[i].address);
	array_append_zero(&rcpts);
	mail.recipients = array_front(&rcpts);
	if (submit_mail(req->service->submit, &mail, &reply) == SUBMIT_OK) {
		e_info(req->event, "Sent message %s to %u recipients",
		       letter->mime.message_id, letter->mime.recipients_count);
	} else {
		e_info(req->event, "Sending message %s failed: %s",
		       letter->mime.message_id, reply.text);
		if (reply.result == SUBMIT_TEMPFAIL &&
		    req->version < EAS_VERSION_140) {
			/* HTTP 503 makes old clients try again. */
			return EAS_STATUS_RETRY_LATER;
		}
	}
	return outgoing_submit_status(reply.result);
}

/* --- the copy in Sent ------------------------------------------------------------ */

/* A full mailbox is told before anything is sent: afterwards there would be no
   place for the copy, and no way to tell. */
static bool letter_fits_quota(struct eas_letter *letter)
{
	uint64_t used;
	int64_t limit;
	uoff_t size;

	if (store_quota(letter->req->store, &used, &limit) <= 0 || limit < 0)
		return TRUE;
	if (i_stream_get_size(letter->mime.sent_copy, TRUE, &size) <= 0)
		size = 0;
	i_stream_seek(letter->mime.sent_copy, 0);
	return used + size <= (uint64_t)limit;
}

static int letter_save_copy(struct eas_letter *letter)
{
	struct eas_request *req = letter->req;
	struct store_folder *folder;
	struct store_save save = { .flags = STORE_FLAG_SEEN };
	store_fid_t fid;
	uint32_t uid;
	int ret;

	if (store_folder_need_role(req->store, STORE_ROLE_SENT, &fid) < 0 ||
	    store_open(req->store, fid, &folder) < 0)
		return -1;
	i_stream_seek(letter->mime.sent_copy, 0);
	save.input = letter->mime.sent_copy;
	ret = store_save(folder, &save, &uid);
	store_close(&folder);
	return ret;
}

static void letter_collect(struct eas_letter *letter)
{
	struct eas_request *req = letter->req;
	const struct mime_outgoing *mime = &letter->mime;
	struct collect_person *people;

	if (!collect_wanted(store_setting(req->store, "dovetail_collect"),
			    COLLECT_SENT))
		return;
	people = t_new(struct collect_person, mime->recipients_count + 1);
	for (unsigned int i = 0; i < mime->recipients_count; i++) {
		people[i].address = mime->recipients[i].address;
		people[i].name = mime->recipients[i].name;
	}
	collect_people(req->store, people, mime->recipients_count, req->event);
}

/* The message went out: whatever happens here, the client must not send it
   again. */
static void
letter_after_sent(struct eas_letter *letter, const struct eas_outgoing *out)
{
	struct eas_request *req = letter->req;
	const char *text;

	if (out->log != NULL && eas_sendlog_sent(out->log) < 0) {
		(void)store_last_error(req->store, &text);
		e_error(req->event, "Message %s was sent, but this could not "
			"be recorded: a repetition will be sent again: %s",
			letter->mime.message_id, text);
	}
	if (out->save_in_sent && letter_save_copy(letter) < 0) {
		(void)store_last_error(req->store, &text);
		e_error(req->event, "Message %s was sent, but its copy could "
			"not be saved in the Sent folder: %s",
			letter->mime.message_id, text);
		return;
	}
	if (out->log != NULL)
		(void)eas_sendlog_done(out->log);
}

static void letter_recipients(const struct eas_letter *letter,
			      struct eas_sent *sent_r)
{
	pool_t pool = letter->req->pool;
	unsigned int i, count = letter->mime.recipients_count;
	const char **list = p_new(pool, const char *, count + 1);

	for (i = 0; i < count; i++)
		list[i] = p_strdup(pool, letter->mime.recipients[i].address);
	sent_r->count = count;
	sent_r->addresses = list;
}

unsigned int eas_outgoing_send(struct eas_request *req,
			       const struct eas_outgoing *out,
			       struct eas_sent *sent_r)
{
	struct eas_letter letter;
	unsigned int status;

	if ((status = letter_init(&letter, req, out)) == EAS_STATUS_OK) {
		if (letter.mime.recipients_count == 0)
			status = EAS_STATUS_NO_RECIPIENT;
		else if (out->save_in_sent && !letter_fits_quota(&letter))
			status = EAS_STATUS_QUOTA;
		else
			status = letter_submit(&letter);
	}
	if (status == EAS_STATUS_OK) {
		letter_after_sent(&letter, out);
		T_BEGIN {
			letter_collect(&letter);
		} T_END;
	}
	if (sent_r != NULL)
		letter_recipients(&letter, sent_r);
	letter_deinit(&letter);
	return status;
}

void eas_outgoing_recover_copy(struct eas_request *req,
			       const struct eas_outgoing *out)
{
	struct store_query query = { .header_name = "Message-ID" };
	ARRAY_TYPE(store_hit) hits;
	struct eas_letter letter;
	store_fid_t fid;
	unsigned int total;

	if (letter_init(&letter, req, out) == EAS_STATUS_OK &&
	    store_folder_need_role(req->store, STORE_ROLE_SENT, &fid) == 0) {
		query.header_value = letter.mime.message_id;
		p_array_init(&hits, req->pool, 1);
		if (store_search(req->store, fid, FALSE, &query, 1, &hits,
				 &total) >= 0 &&
		    (total > 0 || letter_save_copy(&letter) == 0))
			(void)eas_sendlog_done(out->log);
	}
	letter_deinit(&letter);
}
