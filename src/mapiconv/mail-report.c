/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Delivery reports (RFC 3464) and read receipts (RFC 8098) as report messages
   (MS-OXCMAIL 2.1.3.4, 2.1.3.5; MS-OXOMSG 2.2.2). */

#include "lib.h"
#include "istream.h"
#include "mail-private.h"

#include <stdio.h>

#define REPORT_MAX (256 * 1024)
#define REPORT_RECIPIENTS_MAX 1000

static int read_part(struct mail_reader *r, const char *part_id,
		     const char **text_r)
{
	struct mime_part_stream stream;
	const unsigned char *data;
	buffer_t *all = t_buffer_create(4096);
	string_t *clean;
	size_t size;
	int ret;

	ret = mime_message_open_part(r->mime, part_id, &stream, r->error_r);
	if (ret < 0)
		return -1;
	if (ret > 0) {
		while (all->used < REPORT_MAX &&
		       i_stream_read_more(stream.input, &data, &size) > 0) {
			buffer_append(all, data, size);
			i_stream_skip(stream.input, size);
		}
		i_stream_unref(&stream.input);
	}
	clean = t_str_new(all->used + 1);
	mime_xml_clean(clean, all->data, all->used);
	*text_r = str_c(clean);
	return 0;
}

static const struct mime_attachment *
find_part(const struct mime_structure *s, const char *type)
{
	unsigned int i;

	for (i = 0; i < s->attachments_count; i++) {
		if (strcmp(s->attachments[i].content_type, type) == 0)
			return &s->attachments[i];
	}
	return NULL;
}

static void append_line(string_t *dest, const char *from, const char *to)
{
	if (to > from && to[-1] == '\r')
		to--;
	str_append_data(dest, from, to - from);
}

/* Value of a field in a block that ends at an empty line; data stack, NULL: none */
static const char *field(const char *block, const char *name)
{
	size_t len = strlen(name);
	const char *p = block, *end;
	string_t *value;

	while (*p != '\0' && *p != '\n' && *p != '\r') {
		end = p + strcspn(p, "\n");
		if (strncasecmp(p, name, len) == 0 && p[len] == ':') {
			value = t_str_new(64);
			append_line(value, p + len + 1, end);
			while (end[0] == '\n' &&
			       (end[1] == ' ' || end[1] == '\t')) {
				p = end + 1;
				end = p + strcspn(p, "\n");
				append_line(value, p, end);
			}
			return t_str_trim(str_c(value), " \t\r");
		}
		p = *end == '\0' ? end : end + 1;
	}
	return NULL;
}

static const char *next_block(const char *p)
{
	for (; *p != '\0'; p++) {
		if (p[0] == '\n' && (p[1] == '\n' ||
				     (p[1] == '\r' && p[2] == '\n')))
			break;
	}
	return p + strspn(p, "\r\n");
}

/* "rfc822; bob@example.org" */
static const char *typed_value(const char *value)
{
	const char *p = value == NULL ? NULL : strchr(value, ';');

	return p == NULL ? value : t_str_trim(p + 1, " \t<>");
}

/* 5.1.1 as 0x00050101 is not asked for: the number 511 (PidTagNonDeliveryReport
   StatusCode, MS-OXOMSG 2.2.2.34) */
static int status_number(const char *status)
{
	unsigned int a, b, c;

	if (status == NULL || sscanf(status, "%u.%u.%u", &a, &b, &c) != 3 ||
	    a > 9 || b > 99 || c > 99)
		return -1;
	return a * 100 + b * 10 + c;
}

/* MS-OXCMAIL 2.1.3.4.4: reason and diagnostic for the common ones */
static void set_reason(struct mapi_bag *bag, const char *status)
{
	int number = status_number(status), diagnostic = -1;

	if (number == 511 || number == 510 || number == 513)
		diagnostic = 0;		/* unknown recipient */
	else if (number == 522)
		diagnostic = 38;	/* mailbox full */
	else if (number == 534 || number == 523)
		diagnostic = 13;	/* too long */
	mapi_bag_set_int(bag, PidTagNonDeliveryReportReasonCode, 0);
	mapi_bag_set_int(bag, PidTagNonDeliveryReportDiagCode, diagnostic);
	if (number >= 0)
		mapi_bag_set_int(bag, PidTagNonDeliveryReportStatusCode,
				 number);
}

static void read_recipient(struct mail_reader *r, struct mapi_message *msg,
			   const char *block)
{
	const char *final = typed_value(field(block, "Final-Recipient"));
	const char *original = typed_value(field(block, "Original-Recipient"));
	const char *diagnostic = field(block, "Diagnostic-Code");
	struct conv_address address = { .name = "" };
	struct mapi_bag *bag;

	address.smtp = original != NULL && strchr(original, '@') != NULL ?
		original : final;
	if (address.smtp == NULL || strchr(address.smtp, '@') == NULL)
		return;
	bag = conv_recipient_add(r->conv, msg, &address, RECIP_TO);
	set_reason(bag, field(block, "Status"));
	if (diagnostic != NULL) {
		mapi_bag_set_str(bag, PidTagSupplementaryInfo,
			t_strdup_printf("<%s>", typed_value(diagnostic)));
	}
	conv_set_text(bag, PidTagRemoteMessageTransferAgent,
		      typed_value(field(block, "Remote-MTA")));
	if (r->mail->received != 0)
		mapi_bag_set_time(bag, PidTagReportTime, r->mail->received);
}

static int read_dsn(struct mail_reader *r, struct mapi_message *msg,
		    const struct mime_attachment *part)
{
	const char *text, *p;
	unsigned int count = 0;

	if (read_part(r, part->part_id, &text) < 0)
		return -1;
	/* the report is about whom it names, not whom it was sent to */
	array_clear(&msg->recipients);
	conv_set_text(&msg->props, PidTagReportingMessageTransferAgent,
		      typed_value(field(text, "Reporting-MTA")));
	for (p = next_block(text); *p != '\0' &&
	     count++ < REPORT_RECIPIENTS_MAX; p = next_block(p)) T_BEGIN {
		read_recipient(r, msg, p);
	} T_END;
	conv_display_set(msg);
	return 0;
}

static int read_mdn(struct mail_reader *r, struct mapi_message *msg,
		    const struct mime_attachment *part)
{
	struct mapi_bag *bag = &msg->props;
	const char *text, *value, *p;

	if (read_part(r, part->part_id, &text) < 0)
		return -1;
	value = field(text, "Disposition");
	if (value != NULL && (p = strchr(value, ';')) != NULL) {
		mapi_bag_set_str(bag, PidTagReportDispositionMode,
				 t_strdup_until(value, p));
		mapi_bag_set_str(bag, PidTagReportDisposition,
				 t_str_trim(p + 1, " \t"));
	}
	conv_set_text(bag, PidTagOriginalMessageId,
		      field(text, "Original-Message-ID"));
	conv_set_text(bag, PidTagReportOriginalSender,
		      typed_value(field(text, "Final-Recipient")));
	if (r->facts->date != 0)
		mapi_bag_set_time(bag, PidTagReceiptTime, r->facts->date);
	return 0;
}

/* Header of the mail that the report is about */
static int read_original(struct mail_reader *r, struct mapi_bag *bag)
{
	const struct mime_attachment *part;
	struct mime_message *inner;
	struct mime_part_stream stream;
	const struct mime_facts *facts;
	pool_t pool;
	int ret;

	part = find_part(r->structure, "message/rfc822");
	if (part == NULL)
		part = find_part(r->structure, "text/rfc822-headers");
	if (part == NULL)
		return 0;
	ret = mime_message_open_part(r->mime, part->part_id, &stream,
				     r->error_r);
	if (ret <= 0)
		return ret;
	pool = pool_alloconly_create("report original", 4096);
	inner = mime_message_open_stream(pool, stream.input, r->conv->mime);
	ret = mime_message_get_facts(inner, &facts, r->error_r);
	if (ret == 0) {
		mapi_bag_set_str(bag, PidTagOriginalSubject, facts->subject);
		conv_set_text(bag, PidTagOriginalMessageId, facts->message_id);
		if (facts->date != 0)
			mapi_bag_set_time(bag, PidTagOriginalSubmitTime,
					  facts->date);
		conv_set_text(bag, PidTagOriginalDisplayTo, facts->display_to);
	}
	mime_message_close(&inner);
	i_stream_unref(&stream.input);
	pool_unref(&pool);
	return ret;
}

static int report_read(struct mail_reader *r, struct mapi_message *msg)
{
	const struct mime_attachment *part;

	if (mail_need_structure(r) < 0 || mail_need_facts(r) < 0)
		return -1;
	if (r->mail->received != 0)
		mapi_bag_set_time(&msg->props, PidTagReportTime,
				  r->mail->received);
	part = find_part(r->structure, "message/delivery-status");
	if (part != NULL && read_dsn(r, msg, part) < 0)
		return -1;
	part = find_part(r->structure, "message/disposition-notification");
	if (part != NULL && read_mdn(r, msg, part) < 0)
		return -1;
	return read_original(r, &msg->props);
}

int mail_report_read(struct mail_reader *r, struct mapi_message *msg)
{
	int ret;

	T_BEGIN {
		ret = report_read(r, msg);
	} T_END_PASS_STR_IF(ret < 0, r->error_r);
	return ret;
}
