/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mails about a device in quarantine: one to its user, one to the administrator. */

#include "eas.h"
#include "eas-access.h"
#include "eas-outgoing.h"
#include "dovetail-compose.h"
#include "dovetail-submit.h"
#include "hostpid.h"
#include "ioloop.h"
#include "istream.h"
#include "str-sanitize.h"

/* Fields of the device's record: when it was told, when that failed last */
#define DEVICE_TOLD_USER "told_user"
#define DEVICE_TOLD_ADMIN "told_admin"
#define DEVICE_TELL_FAILED "tell_failed"
#define QUARANTINE_RETRY_SECS (15 * 60)

typedef int quarantine_deliver_t(struct eas_request *req, const char *to,
				 struct istream *message);

static void quarantine_facts(struct eas_request *req, string_t *text)
{
	static const struct {
		const char *title, *field;
	} rows[] = {
		{ "Type", "type" }, { "Model", "model" }, { "Name", "name" },
		{ "System", "os" }, { "Program", "agent" },
	};

	str_printfa(text, "  Account: %s\r\n  Device: %s\r\n",
		    store_username(req->store),
		    str_sanitize(req->device_id, 64));
	for (unsigned int i = 0; i < N_ELEMENTS(rows); i++) {
		const char *value = eas_device_field(req, rows[i].field);

		if (value != NULL && *value != '\0') {
			str_printfa(text, "  %s: %s\r\n", rows[i].title,
				    str_sanitize(value, 200));
		}
	}
}

static const char *quarantine_user_text(struct eas_request *req)
{
	const char *more = store_setting(req->store,
					 "dovetail_device_quarantine_text");
	string_t *text = t_str_new(512);

	str_append(text, "A device has asked for access to your mailbox. It "
		   "has to wait until an\r\nadministrator allows it; until "
		   "then it gets nothing.\r\n\r\n");
	quarantine_facts(req, text);
	str_append(text, "\r\nIf this device is not yours, change your "
		   "password: it was given with it.\r\n");
	if (more != NULL && *more != '\0')
		str_printfa(text, "\r\n%s\r\n", more);
	return str_c(text);
}

static const char *quarantine_admin_text(struct eas_request *req)
{
	const char *user = store_username(req->store);
	string_t *text = t_str_new(512);

	str_append(text, "A device is in quarantine.\r\n\r\n");
	quarantine_facts(req, text);
	str_printfa(text, "\r\nTo let it in, or to keep it out:\r\n\r\n"
		    "  doveadm dovetail device allow -u %s %s\r\n"
		    "  doveadm dovetail device block -u %s %s\r\n",
		    user, req->device_id, user, req->device_id);
	return str_c(text);
}

/* NULL: logged */
static struct istream *
quarantine_message(struct eas_request *req, const char *from, const char *to,
		   const char *text, const char *message_id)
{
	const char *subject = t_strconcat("Device waits for permission: ",
		str_sanitize(req->device_type, 64), NULL);
	struct mime_build_header headers[] = {
		{ "From", t_strdup_printf("\"Dovetail\" <%s>", from),
		  MIME_BUILD_ADDRESSES },
		{ "To", t_strdup_printf("<%s>", to), MIME_BUILD_ADDRESSES },
		{ "Subject", subject, MIME_BUILD_TEXT },
		{ "Message-ID", message_id, MIME_BUILD_RAW },
		{ "Auto-Submitted", "auto-generated", MIME_BUILD_RAW },
	};
	struct mime_build build = {
		.headers = headers, .headers_count = N_ELEMENTS(headers),
		.set_body = TRUE, .set_items = TRUE,
		.now = ioloop_time, .hostname = my_hostdomain(),
	};
	enum mime_compose_error code;
	struct istream *output;
	const char *error;

	build.plain = i_stream_create_from_data(p_strdup(req->pool, text),
						strlen(text));
	if (mime_build(req->pool, &build, &output, &code, &error) < 0) {
		e_error(req->event, "Message about device %s not made: %s",
			req->device_id, error);
		output = NULL;
	}
	i_stream_unref(&build.plain);
	return output;
}

static int quarantine_save(struct eas_request *req, const char *to ATTR_UNUSED,
			   struct istream *message)
{
	const struct store_folder_info *info =
		store_folder_find_role(req->store, STORE_ROLE_INBOX);
	struct store_save save = { .input = message };
	struct store_folder *folder;
	uint32_t uid;
	int ret;

	if (info == NULL || store_open(req->store, info->fid, &folder) < 0)
		return -1;
	ret = store_save(folder, &save, &uid);
	store_close(&folder);
	return ret;
}

static int quarantine_submit(struct eas_request *req, const char *to,
			     struct istream *message)
{
	const char *recipients[] = { to, NULL };
	struct submit_reply reply;
	/* the administrator's, too: bounces are no user's */
	struct submit_mail mail = {
		.from = to, .recipients = recipients, .input = message,
		.event = req->event,
	};

	if (submit_mail(req->service->submit, &mail, &reply) == SUBMIT_OK)
		return 0;
	e_warning(req->event, "<%s> was not told of device %s: %s", to,
		  req->device_id, reply.text);
	return -1;
}

/* One of several requests at once tells it. 0 told, 1 another is at it, -1 */
static int quarantine_once(struct eas_request *req, const char *field,
			   const char *from, const char *to, const char *text,
			   quarantine_deliver_t *deliver)
{
	const char *token = p_strconcat(req->pool, "quarantine/", field, NULL);
	const char *id = eas_sendlog_message_id(req, token);
	struct eas_sendlog *log;
	struct istream *message;
	int ret = -1;

	switch (eas_sendlog_claim(req, token, &log)) {
	case EAS_SENDLOG_CLAIMED:
		break;
	case EAS_SENDLOG_DONE:
	case EAS_SENDLOG_SENT:
		return 0;
	case EAS_SENDLOG_BUSY:
		return 1;
	case EAS_SENDLOG_ERROR:
		return -1;
	}
	message = quarantine_message(req, from, to, text, id);
	if (message != NULL) {
		ret = deliver(req, to, message);
		i_stream_unref(&message);
	}
	if (ret < 0)
		eas_sendlog_release(log);
	else
		(void)eas_sendlog_done(log);
	return ret;
}

static bool quarantine_has_failed(struct eas_request *req)
{
	const char *value = eas_device_field(req, DEVICE_TELL_FAILED);
	time_t when;

	return value != NULL && str_to_time(value, &when) == 0 &&
		when + QUARANTINE_RETRY_SECS > ioloop_time;
}

static void quarantine_note(struct eas_request *req, const char *field, int ret)
{
	if (ret <= 0) {
		eas_device_set(req, ret < 0 ? DEVICE_TELL_FAILED : field,
			       dec2str(ioloop_time));
	}
}

void eas_quarantine_tell(struct eas_request *req)
{
	const char *user = store_get_settings(req->store)->address;
	const char *admin = store_setting(req->store, "dovetail_device_admin");
	bool have_admin = admin != NULL && *admin != '\0';

	if (req->device->state != EAS_DEVICE_QUARANTINE ||
	    quarantine_has_failed(req))
		return;
	if (user != NULL && eas_device_field(req, DEVICE_TOLD_USER) == NULL) {
		quarantine_note(req, DEVICE_TOLD_USER,
			quarantine_once(req, DEVICE_TOLD_USER,
					have_admin ? admin : user, user,
					quarantine_user_text(req),
					quarantine_save));
	}
	if (have_admin && eas_device_field(req, DEVICE_TOLD_ADMIN) == NULL) {
		quarantine_note(req, DEVICE_TOLD_ADMIN,
			quarantine_once(req, DEVICE_TOLD_ADMIN, admin, admin,
					quarantine_admin_text(req),
					quarantine_submit));
	}
	if (eas_device_save(req) < 0) {
		e_error(req->event, "Device %s: record not written",
			req->device_id);
	}
}
