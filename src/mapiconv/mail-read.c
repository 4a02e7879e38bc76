/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A mail as a message: recipients, attachments, headers (MS-OXCMAIL 2.2.3). */

#include "lib.h"
#include "istream.h"
#include "istream-concat.h"
#include "mail-private.h"

#define TRANSPORT_HEADERS_MAX (256 * 1024)

/* PidTagAttachFlags: the body refers to it (MS-OXCMSG 2.2.2.18) */
#define ATT_MHTML_REF 4

/* What attachments need when they are opened. */
struct mail_context {
	struct mapiconv conv;
	struct mime_message *mime;
	/* opened here: closed with the message */
	bool own;
};

/* --- recipients --- */

static int read_recipients_of(struct mail_reader *r, struct mapi_message *msg,
			      const char *header, int type)
{
	ARRAY_TYPE(conv_address) list;
	const struct conv_address *address;
	const char *const *values;

	t_array_init(&list, 16);
	if (mime_message_headers(r->mime, header, &values, r->error_r) < 0)
		return -1;
	conv_addresses_parse(pool_datastack_create(), values, &list);
	array_foreach(&list, address)
		(void)conv_recipient_add(r->conv, msg, address, type);
	return 0;
}

static int read_recipients(struct mail_reader *r, struct mapi_message *msg)
{
	int ret;

	T_BEGIN {
		ret = read_recipients_of(r, msg, "To", RECIP_TO) < 0 ||
			read_recipients_of(r, msg, "Cc", RECIP_CC) < 0 ||
			read_recipients_of(r, msg, "Bcc", RECIP_BCC) < 0 ?
			-1 : 0;
	} T_END_PASS_STR_IF(ret < 0, r->error_r);
	return ret;
}

/* --- attachments --- */

static int open_part(struct mapi_attachment *attach, struct istream **input_r,
		     const char **error_r)
{
	struct mail_context *ctx = attach->context;
	struct mime_part_stream stream;
	int ret;

	ret = mime_message_open_part(ctx->mime, attach->part_id, &stream,
				     error_r);
	if (ret == 0)
		*error_r = "There is no such part";
	if (ret <= 0)
		return -1;
	*input_r = stream.input;
	return 0;
}

static void close_own(struct mapi_message *msg)
{
	struct mail_context *ctx = msg->close_context;

	mime_message_close(&ctx->mime);
}

/* Nobody asks for it later: it is part of the message. In its own form; others are made
   of that. */
static int add_body(const struct mapiconv *conv,
		    const struct mapiconv_mail *mail, struct mapi_message *msg,
		    const char **error_r)
{
	bool html = mapi_bag_get_int(&msg->props, PidTagNativeBody, 0) ==
		CONV_NATIVE_HTML;
	struct mapi_prop body;
	int ret = mapiconv_mail_body(conv, mail, html ? PidTagHtml : PidTagBody,
				     msg->pool, &body, error_r);

	if (ret > 0)
		mapi_bag_set(&msg->props, body.tag, &body.v);
	return ret;
}

static int read_embedded(struct mail_context *ctx, struct istream *input,
			 pool_t pool, struct mapi_message **msg_r,
			 const char **error_r)
{
	struct mapiconv_mail mail;
	struct mail_context *own;

	i_zero(&mail);
	mail.mime = mime_message_open_stream(pool, input, ctx->conv.mime);
	mail.seen = TRUE;
	if (i_stream_get_size(input, TRUE, &mail.size) <= 0)
		mail.size = 0;
	if (mapiconv_mail_read(&ctx->conv, &mail, pool, msg_r, error_r) < 0 ||
	    add_body(&ctx->conv, &mail, *msg_r, error_r) < 0) {
		mime_message_close(&mail.mime);
		return -1;
	}
	own = p_new(pool, struct mail_context, 1);
	own->mime = mail.mime;
	(*msg_r)->close = close_own;
	(*msg_r)->close_context = own;
	return 0;
}

static int open_embedded(struct mapi_attachment *attach,
			 struct mapi_message **msg_r, const char **error_r)
{
	struct istream *input;
	int ret;

	if (open_part(attach, &input, error_r) < 0)
		return -1;
	ret = read_embedded(attach->context, input, attach->props.pool, msg_r,
			    error_r);
	i_stream_unref(&input);
	return ret;
}

/* The name in DOS' form (MS-OXCMAIL 2.2.3.4.1.1), and its extension */
static void set_names(struct mapi_bag *bag, const char *name)
{
	const char *dot = strrchr(name, '.');
	string_t *shorter = t_str_new(16);
	const char *p;

	mapi_bag_set_str(bag, PidTagAttachLongFilename, name);
	mapi_bag_set_str(bag, PidTagDisplayName, name);
	if (dot != NULL && dot != name)
		mapi_bag_set_str(bag, PidTagAttachExtension, dot);
	else
		dot = NULL;
	for (p = name; *p != '\0' && p != dot && str_len(shorter) < 8; p++) {
		if ((unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f &&
		    strchr(".\"/\\[]:;=,+<>|*?", *p) == NULL)
			str_append_c(shorter, *p);
	}
	if (str_len(shorter) == 0)
		str_append(shorter, "ATT");
	if (dot != NULL)
		str_append(shorter, t_strndup(dot, 4));
	mapi_bag_set_str(bag, PidTagAttachFilename, str_c(shorter));
}

static void set_attachment(struct mapi_attachment *attach,
			   const struct mime_attachment *att,
			   const struct mapiconv_mail *mail)
{
	struct mapi_bag *bag = &attach->props;
	bool embedded = att->method == MIME_ATTACH_EMBEDDED;
	const char *name = att->display_name;

	/* of embedded messages the subject is shown */
	if (embedded && strlen(name) > 4 &&
	    strcmp(name + strlen(name) - 4, ".eml") == 0)
		name = t_strndup(name, strlen(name) - 4);
	set_names(bag, name);
	mapi_bag_set_int(bag, PidTagAttachNumber, attach->num);
	mapi_bag_set_int(bag, PidTagAttachMethod, embedded ?
			 MAPI_ATTACH_EMBEDDED : MAPI_ATTACH_BY_VALUE);
	if (!embedded)
		mapi_bag_set_str(bag, PidTagAttachMimeTag, att->content_type);
	conv_set_text(bag, PidTagAttachContentId, att->content_id);
	conv_set_text(bag, PidTagAttachContentLocation, att->content_location);
	mapi_bag_set_int(bag, PidTagRenderingPosition, -1);
	mapi_bag_set_int(bag, PidTagAttachFlags,
			 att->is_inline ? ATT_MHTML_REF : 0);
	mapi_bag_set_bool(bag, PidTagAttachmentHidden, att->is_inline);
	mapi_bag_set_int(bag, PidTagAttachmentLinkId, 0);
	mapi_bag_set_int(bag, PidTagAttachmentFlags, 0);
	mapi_bag_set_bin(bag, PidTagAttachEncoding, "", 0);
	mapi_bag_set_int(bag, PidTagAttachSize,
			 I_MIN(att->estimated_size, INT32_MAX));
	if (mail->received != 0) {
		mapi_bag_set_time(bag, PidTagCreationTime, mail->received);
		mapi_bag_set_time(bag, PidTagLastModificationTime,
				  mail->received);
	}
}

static struct mapi_attachment *
add_attachment(struct mail_context *ctx, struct mapi_message *msg)
{
	struct mapi_attachment *attach = mapi_message_add_attachment(msg);

	attach->context = ctx;
	return attach;
}

/* --- clear-signed (MS-OXOSMIME 2.1.1): the whole entity is the attachment --- */

static size_t header_end(const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size; i++) {
		if (data[i] == '\n' &&
		    (data[i + 1] == '\n' ||
		     (data[i + 1] == '\r' && i + 2 < size &&
		      data[i + 2] == '\n')))
			return i + 1;
	}
	return size;
}

/* The header block as it is, at most max bytes; data stack */
static int raw_header(struct mime_message *mime, size_t max,
		      const char **text_r, const char **error_r)
{
	struct istream *input;
	const unsigned char *data;
	buffer_t *all = t_buffer_create(4096);
	size_t size;

	if (mime_message_open_raw(mime, &input, error_r) < 0)
		return -1;
	while (all->used < max && i_stream_read_more(input, &data, &size) > 0) {
		buffer_append(all, data, size);
		i_stream_skip(input, size);
		if (header_end(all->data, all->used) < all->used)
			break;
	}
	i_stream_unref(&input);
	buffer_set_used_size(all, I_MIN(header_end(all->data, all->used), max));
	*text_r = str_c(all);
	return 0;
}

/* Content fields of a header block, as an own one */
static const char *content_fields(const char *header)
{
	string_t *out = t_str_new(512);
	const char *end;
	bool keep = FALSE;

	while (*header != '\0') {
		end = strchr(header, '\n');
		end = end == NULL ? header + strlen(header) : end + 1;
		if (*header != ' ' && *header != '\t')
			keep = strncasecmp(header, "Content-", 8) == 0;
		if (keep)
			str_append_data(out, header, end - header);
		header = end;
	}
	str_append(out, "\r\n");
	return str_c(out);
}

static int open_signed(struct mapi_attachment *attach,
		       struct istream **input_r, const char **error_r)
{
	struct mail_context *ctx = attach->context;
	struct istream *inputs[3] = { NULL, NULL, NULL };
	struct istream *raw;
	const char *header, *fields;
	int ret;

	T_BEGIN {
		ret = raw_header(ctx->mime, TRANSPORT_HEADERS_MAX, &header,
				 error_r);
		if (ret == 0) {
			fields = content_fields(header);
			inputs[0] = i_stream_create_copy_from_data(
				fields, strlen(fields));
			ret = mime_message_open_raw(ctx->mime, &raw, error_r);
		}
		if (ret == 0) {
			/* behind the empty line */
			inputs[1] = i_stream_create_range(raw,
				strlen(header) + 2, UOFF_T_MAX);
			i_stream_unref(&raw);
			*input_r = i_stream_create_concat(inputs);
		}
	} T_END_PASS_STR_IF(ret < 0, error_r);
	i_stream_unref(&inputs[0]);
	i_stream_unref(&inputs[1]);
	return ret;
}

static void add_signed(struct mail_context *ctx, struct mapi_message *msg,
		       const struct mapiconv_mail *mail)
{
	struct mapi_attachment *attach = add_attachment(ctx, msg);
	struct mime_attachment att = {
		.display_name = "SMIME.p7m", .content_type = "multipart/signed",
		.method = MIME_ATTACH_NORMAL, .estimated_size = mail->size,
	};

	set_attachment(attach, &att, mail);
	attach->open = open_signed;
}

static int read_attachments(struct mail_reader *r, struct mail_context *ctx,
			    struct mapi_message *msg)
{
	const struct mime_attachment *att;
	struct mapi_attachment *attach;
	unsigned int i;

	if (mail_need_structure(r) < 0)
		return -1;
	if (r->structure->secure == MIME_SECURE_SIGNED) {
		add_signed(ctx, msg, r->mail);
		return 0;
	}
	for (i = 0; i < r->structure->attachments_count; i++) T_BEGIN {
		att = &r->structure->attachments[i];
		attach = add_attachment(ctx, msg);
		attach->part_id = p_strdup(msg->pool, att->part_id);
		if (att->method == MIME_ATTACH_EMBEDDED)
			attach->open_message = open_embedded;
		else
			attach->open = open_part;
		set_attachment(attach, att, r->mail);
	} T_END;
	return 0;
}

/* --- all of it --- */

static int read_transport(struct mail_reader *r)
{
	const char *text;
	string_t *clean;
	int ret;

	T_BEGIN {
		ret = raw_header(r->mime, TRANSPORT_HEADERS_MAX, &text,
				 r->error_r);
		if (ret == 0) {
			clean = t_str_new(strlen(text) + 16);
			mime_xml_clean(clean, (const unsigned char *)text,
				       strlen(text));
			str_append(clean, "\r\n");
			mapi_bag_set_str(r->bag, PidTagTransportMessageHeaders,
					 str_c(clean));
		}
	} T_END_PASS_STR_IF(ret < 0, r->error_r);
	return ret;
}

static int read_all(struct mail_reader *r, struct mapi_message *msg)
{
	struct mail_context *ctx;

	ctx = p_new(msg->pool, struct mail_context, 1);
	ctx->conv = *r->conv;
	ctx->mime = r->mime;
	if (mail_list(r, NULL, 0) < 0 || read_recipients(r, msg) < 0 ||
	    read_attachments(r, ctx, msg) < 0 || read_transport(r) < 0 ||
	    mail_headers_read(r, &msg->props) < 0)
		return -1;
	if (conv_class_is(r->structure->message_class, "REPORT"))
		return mail_report_read(r, msg);
	if (r->structure->calendar != NULL)
		return mail_meeting_read(r, msg);
	return 0;
}

int mapiconv_mail_read(const struct mapiconv *conv,
		       const struct mapiconv_mail *mail, pool_t pool,
		       struct mapi_message **msg_r, const char **error_r)
{
	struct mapi_message *msg = mapi_message_new(pool);
	struct mail_reader r = {
		.conv = conv, .mail = mail, .mime = mail->mime,
		.bag = &msg->props, .error_r = error_r,
	};

	if (read_all(&r, msg) < 0)
		return -1;
	*msg_r = msg;
	return 0;
}

/* --- bodies --- */

/* Data stack; NULL: there is none */
static int get_body(struct mime_message *mime, enum mime_body_type type,
		    buffer_t *dest, const char **error_r)
{
	struct mime_body_request request = {
		.type = type, .truncation_size = CONV_BODY_MAX,
	};
	struct mime_body body;
	const unsigned char *data;
	size_t size;
	int ret = 0;

	if (mime_message_get_body(mime, &request, &body, error_r) < 0)
		return -1;
	if (body.data != NULL) {
		buffer_append(dest, str_data(body.data), str_len(body.data));
		return 0;
	}
	while (i_stream_read_more(body.input, &data, &size) > 0) {
		buffer_append(dest, data, size);
		i_stream_skip(body.input, size);
	}
	if (body.input->stream_errno != 0) {
		*error_r = t_strdup(i_stream_get_error(body.input));
		ret = -1;
	}
	i_stream_unref(&body.input);
	return ret;
}

int mapiconv_mail_body(const struct mapiconv *conv ATTR_UNUSED,
		       const struct mapiconv_mail *mail, mapi_tag_t tag,
		       pool_t pool, struct mapi_prop *prop_r,
		       const char **error_r)
{
	const struct mime_structure *s;
	buffer_t *text = buffer_create_dynamic(pool, 8192), *rtf;
	bool html;

	if (mime_message_get_structure(mail->mime, &s, error_r) < 0)
		return -1;
	html = MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagHtml) ||
		(MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagRtfCompressed) &&
		 s->native_type == MIME_BODY_HTML);
	if (get_body(mail->mime, html ? MIME_BODY_HTML : MIME_BODY_PLAIN,
		     text, error_r) < 0)
		return -1;
	i_zero(prop_r);
	prop_r->v.bin.data = text->data;
	prop_r->v.bin.size = text->used;
	if (MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagBody)) {
		prop_r->tag = PidTagBody;
		prop_r->v.s = str_c(text);
	} else if (MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagHtml)) {
		prop_r->tag = PidTagHtml;
	} else if (MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagRtfCompressed)) {
		rtf = buffer_create_dynamic(pool, 8192);
		conv_body_rtf(str_c(text), html ? str_c(text) : NULL, rtf);
		prop_r->tag = PidTagRtfCompressed;
		prop_r->v.bin.data = rtf->data;
		prop_r->v.bin.size = rtf->used;
	} else {
		return 0;
	}
	return 1;
}
