/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* winmail.dat opened for every client (MS-OXCMAIL 2.1.3.6, MS-OXTNEF): the mail with the
   body, files, messages and the meeting that are in it. */

#include "lib.h"
#include "istream.h"
#include "dovetail-tnef.h"
#include "mail-write.h"

#define TNEF_MAX_SIZE ((size_t)64 * 1024 * 1024)

struct tnef_context {
	struct mapiconv conv;
	struct mime_message *outer;
	const char *part_id;
};

/* 1; 0: too large; -1 */
static int read_part(struct mime_message *outer, const char *part_id,
		     pool_t pool, buffer_t **data_r, const char **error_r)
{
	struct mime_part_stream stream;
	const unsigned char *data;
	size_t size;
	int ret;

	ret = mime_message_open_part(outer, part_id, &stream, error_r);
	if (ret <= 0)
		return ret;
	*data_r = buffer_create_dynamic(pool, 65536);
	while (i_stream_read_more(stream.input, &data, &size) > 0) {
		if ((*data_r)->used + size > TNEF_MAX_SIZE) {
			ret = 0;
			break;
		}
		buffer_append(*data_r, data, size);
		i_stream_skip(stream.input, size);
	}
	if (stream.input->stream_errno != 0) {
		*error_r = t_strdup(i_stream_get_error(stream.input));
		ret = -1;
	}
	i_stream_unref(&stream.input);
	return ret;
}

/* People that the stream leaves to the headers */
static int need_people(const struct mapiconv *conv, struct mime_message *outer,
		       struct mapi_message *msg, const char **error_r)
{
	static const struct {
		const char *name;
		int type;
	} headers[] = { { "To", RECIP_TO }, { "Cc", RECIP_CC } };
	ARRAY_TYPE(conv_address) list;
	const struct conv_address *address;
	struct conv_address sender;
	const char *const *values;
	unsigned int i;

	t_array_init(&list, 8);
	if (!conv_role_get(conv, &msg->props, &conv_representing, &sender) &&
	    !conv_role_get(conv, &msg->props, &conv_sender, &sender)) {
		if (mime_message_headers(outer, "From", &values, error_r) < 0)
			return -1;
		conv_addresses_parse(pool_datastack_create(), values, &list);
		if (array_count(&list) > 0)
			conv_role_set(conv, &msg->props, &conv_representing,
				      array_front(&list));
	}
	if (array_count(&msg->recipients) > 0)
		return 0;
	for (i = 0; i < N_ELEMENTS(headers); i++) {
		array_clear(&list);
		if (mime_message_headers(outer, headers[i].name, &values,
					 error_r) < 0)
			return -1;
		conv_addresses_parse(pool_datastack_create(), values, &list);
		array_foreach(&list, address)
			(void)conv_recipient_add(conv, msg, address,
						 headers[i].type);
	}
	return 0;
}

/* The mail's own files but this one, then those that were in it */
static void join_items(struct mail_writer *w, const struct mime_structure *s,
		       const char *part_id)
{
	struct mime_build_item *items;
	unsigned int i, count = 0;

	items = p_new(w->pool, struct mime_build_item,
		      s->attachments_count + w->build.items_count + 1);
	for (i = 0; i < s->attachments_count; i++) {
		if (strcmp(s->attachments[i].part_id, part_id) != 0)
			items[count++].part_id = s->attachments[i].part_id;
	}
	for (i = 0; i < w->build.items_count; i++)
		items[count++] = w->build.items[i];
	w->build.set_items = TRUE;
	w->build.items = items;
	w->build.items_count = count;
}

/* Something that the file itself does not show */
static bool has_content(const struct mime_build *build)
{
	return build->set_body || build->items_count > 0 ||
		build->calendar != NULL || build->entity != NULL ||
		build->opaque != NULL;
}

/* 1; 0: there is nothing in it; -1 */
static int open_message(struct tnef_context *ctx, pool_t pool,
			struct mapi_message *msg, struct istream **output_r,
			const char **error_r)
{
	struct mapiconv_mail_write set = { .msg = msg };
	struct mail_writer w = {
		.conv = &ctx->conv, .set = &set, .pool = pool,
		.error_r = error_r, .now = &msg->props,
	};
	const struct mime_structure *s;
	enum mime_compose_error code;
	struct istream *input;
	int ret;

	if (mime_message_get_structure(ctx->outer, &s, error_r) < 0)
		return -1;
	T_BEGIN {
		ret = need_people(&ctx->conv, ctx->outer, msg, error_r);
	} T_END_PASS_STR_IF(ret < 0, error_r);
	if (ret < 0)
		return -1;
	p_array_init(&w.headers, pool, 4);
	p_array_init(&w.streams, pool, 8);
	ret = mail_write_content(&w);
	if (ret == 0 && has_content(&w.build)) {
		w.build.existing = ctx->outer;
		w.build.embedded = TRUE;
		/* a text that the sender's program made for others is as good
		   as ours, and HTML of the mail's own better */
		if (s->html != NULL)
			w.build.set_body = FALSE;
		if (w.build.entity == NULL && w.build.opaque == NULL)
			join_items(&w, s, ctx->part_id);
		ret = mime_build(pool, &w.build, output_r, &code,
				 error_r) < 0 ? -1 : 1;
	}
	array_foreach_elem(&w.streams, input)
		i_stream_unref(&input);
	return ret;
}

int mapiconv_tnef(void *context, pool_t pool, struct mime_message *outer,
		  const char *part_id, struct istream **output_r,
		  const char **error_r)
{
	struct tnef_context ctx = { .outer = outer, .part_id = part_id };
	struct mapi_message *msg;
	const char *error;
	buffer_t *data;
	int ret;

	if (context != NULL)
		ctx.conv = *(const struct mapiconv *)context;
	ret = read_part(outer, part_id, pool, &data, error_r);
	if (ret <= 0)
		return ret;
	if (tnef_parse(pool, data->data, data->used, ctx.conv.id_of_name,
		       ctx.conv.names_context, &msg, &error) < 0)
		return 0;
	return open_message(&ctx, pool, msg, output_r, &error) > 0 ? 1 : 0;
}
