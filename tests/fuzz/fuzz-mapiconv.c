/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A mail, iCalendar or vCard as a message and back: saved without a change nothing
   changes, and what is written anew can be read. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "dovetail-mapiconv.h"
#include "fuzz.h"

#define NOW 1780000000

static struct mime_converter *mime;
static struct mapiconv conv;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	mime = mime_converter_init();
	conv.owner_smtp = "alice@example.org";
	conv.now = NOW;
	conv.mime = mime;
	mime_converter_set_tnef(mime, mapiconv_tnef, &conv);
	return 0;
}

static void item(pool_t pool, enum mapiconv_kind kind, const char *text)
{
	struct mapi_message *msg, *again;
	const char *out, *error;

	if (mapiconv_item_read(&conv, kind, text, strlen(text), pool, &msg,
			       &error) < 0)
		return;
	(void)mapiconv_item_write(&conv, kind, msg, text, pool, &out, NULL,
				  &error);
	/* of a kind that the text only seems to be it cannot be */
	if (mapiconv_kind_of_class(mapi_bag_get_str(&msg->props,
			PidTagMessageClass)) == kind &&
	    mapiconv_item_write(&conv, kind, msg, NULL, pool, &out, NULL,
				&error) == 1)
		i_assert(mapiconv_item_read(&conv, kind, out, strlen(out), pool,
					    &again, &error) == 0);
}

static void drain(struct istream *input)
{
	const unsigned char *data;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0)
		i_stream_skip(input, size);
	i_stream_unref(&input);
}

static void look(struct mapi_message *msg, unsigned int depth)
{
	struct mapi_attachment *attach;
	struct mapi_message *inner;
	struct istream *input;
	const char *error;

	array_foreach_elem(&msg->attachments, attach) {
		if (mapi_attachment_open(attach, &input, &error) > 0)
			drain(input);
		if (depth < 4 && mapi_attachment_open_message(attach, &inner,
							      &error) > 0)
			look(inner, depth + 1);
	}
}

static void mail(pool_t pool, const unsigned char *data, size_t size)
{
	struct istream *input = i_stream_create_from_data(data, size), *output;
	struct mapiconv_mail_write set;
	struct mapiconv_mail in;
	struct mapi_message *msg;
	struct mapi_prop prop;
	const char *error;

	i_zero(&in);
	in.mime = mime_message_open_stream(pool, input, mime);
	in.received = NOW;
	in.size = size;
	if (mapiconv_mail_read(&conv, &in, pool, &msg, &error) == 0) {
		look(msg, 0);
		(void)mapiconv_mail_body(&conv, &in, PidTagBody, pool, &prop,
					 &error);
		i_zero(&set);
		set.msg = msg;
		set.previous = &in;
		if (mapiconv_mail_write(&conv, &set, pool, &output,
					&error) > 0)
			drain(output);
		set.previous = NULL;
		if (mapiconv_mail_write(&conv, &set, pool, &output,
					&error) > 0)
			drain(output);
		mapi_message_close(msg);
	}
	mime_message_close(&in.mime);
	i_stream_unref(&input);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	pool_t pool = pool_alloconly_create("fuzz", 65536);

	T_BEGIN {
		const char *text = p_strndup(pool, data, size);

		if (strncasecmp(text, "BEGIN:VCARD", 11) == 0) {
			item(pool, MAPICONV_CONTACT, text);
		} else if (strncasecmp(text, "BEGIN:VCALENDAR", 15) == 0) {
			item(pool, strstr(text, "BEGIN:VTODO") != NULL ?
			     MAPICONV_TASK :
			     strstr(text, "BEGIN:VJOURNAL") != NULL ?
			     MAPICONV_NOTE : MAPICONV_EVENT, text);
		} else {
			mail(pool, data, size);
		}
	} T_END;
	pool_unref(&pool);
	return 0;
}
