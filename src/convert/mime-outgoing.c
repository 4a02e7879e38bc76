/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A client's message made fit for SMTP (RFC 5321, 5322, 6409): checked header,
   recipients, CRLF everywhere, Bcc only in the sender's own copy. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "istream.h"
#include "message-address.h"
#include "message-date.h"
#include "smtp-address.h"
#include "str.h"
#include "mime-private.h"
#include "mime-compose.h"

struct mime_outgoing_private {
	pool_t pool;
	struct istream *input;
	uoff_t body_offset;
	ARRAY_TYPE(mime_field) fields;
	const char *sender;
};

/* Never transmitted; Return-Path and Delivered-To are the receiver's to set */
static const char *const dropped_fields[] = {
	"Bcc", "Resent-Bcc", "Return-Path", NULL
};

/* RFC 5322, 3.6: at most one. A second one is seen by some and not by others */
static const char *const single_fields[] = {
	"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date",
	"Message-ID", "In-Reply-To", "References", "MIME-Version",
	"Content-Type", "Content-Transfer-Encoding", NULL
};

static int outgoing_error(enum mime_compose_error code, const char *error,
			  enum mime_compose_error *code_r,
			  const char **error_r)
{
	*code_r = code;
	*error_r = error;
	return -1;
}

/* --- addresses --- */

/* NULL if it cannot be an SMTP address */
static const char *
address_string(pool_t pool, const struct message_address *addr)
{
	struct smtp_address *smtp;
	const char *str, *p;

	if (*addr->domain == '\0' || addr->invalid_syntax ||
	    smtp_address_create_from_msg(pool_datastack_create(), addr,
					 &smtp) < 0)
		return NULL;
	str = smtp_address_encode(smtp);
	for (p = str; *p != '\0'; p++) {
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			return NULL;
	}
	return p_strdup(pool, str);
}

static struct message_address *
addresses_parse(const char *value)
{
	return message_address_parse(pool_datastack_create(),
				     (const unsigned char *)value,
				     strlen(value), MIME_MAX_RECIPIENTS + 1, 0);
}

static int
outgoing_identity(struct mime_outgoing_private *priv, const char *name,
		  const char *const **list_r)
{
	const char *value = mime_fields_find(&priv->fields, name), *str;
	struct message_address *addr;
	ARRAY_TYPE(const_string) list;

	p_array_init(&list, priv->pool, 2);
	addr = value == NULL ? NULL : addresses_parse(value);
	for (; addr != NULL; addr = addr->next) {
		if (addr->domain == NULL)
			continue;
		str = address_string(priv->pool, addr);
		if (str == NULL)
			return -1;
		array_push_back(&list, &str);
	}
	array_append_zero(&list);
	*list_r = array_front(&list);
	return 0;
}

HASH_TABLE_DEFINE_TYPE(known, const char *, const char *);

static int
outgoing_recipients(struct mime_outgoing_private *priv, const char *name,
		    unsigned int kind, HASH_TABLE_TYPE(known) known,
		    ARRAY_TYPE(mime_recipient) *list, const char **error_r)
{
	const char *value = mime_fields_find(&priv->fields, name), *str;
	struct message_address *addr;
	struct mime_recipient *rcpt;

	addr = value == NULL ? NULL : addresses_parse(value);
	for (; addr != NULL; addr = addr->next) {
		if (addr->domain == NULL)
			continue; /* a group's begin or end */
		str = address_string(priv->pool, addr);
		if (str == NULL) {
			*error_r = t_strdup_printf("bad address in %s", name);
			return -1;
		}
		if (hash_table_lookup(known, str) != NULL)
			continue;
		if (array_count(list) >= MIME_MAX_RECIPIENTS) {
			*error_r = "too many recipients";
			return -1;
		}
		hash_table_insert(known, str, str);
		rcpt = array_append_space(list);
		rcpt->address = str;
		rcpt->kind = kind;
		if (addr->name != NULL)
			rcpt->name = p_strdup(priv->pool,
					      mime_header_decode(addr->name));
	}
	return 0;
}

static int
outgoing_all_recipients(struct mime_outgoing_private *priv,
			struct mime_outgoing *out, const char **error_r)
{
	static const char *const names[] = { "To", "Cc", "Bcc" };
	ARRAY_TYPE(mime_recipient) list;
	HASH_TABLE_TYPE(known) known;
	unsigned int i;
	int ret = 0;

	p_array_init(&list, priv->pool, 16);
	hash_table_create(&known, default_pool, 0, strcase_hash, strcasecmp);
	for (i = 0; i < N_ELEMENTS(names) && ret == 0; i++) {
		ret = outgoing_recipients(priv, names[i], i, known, &list,
					  error_r);
	}
	hash_table_destroy(&known);
	out->recipients_count = array_count(&list);
	out->recipients = out->recipients_count == 0 ? NULL :
		array_front(&list);
	return ret;
}

/* --- the header --- */

static void
outgoing_add_field(struct mime_outgoing_private *priv, const char *name,
		   const char *value)
{
	struct mime_field *field;

	if (mime_fields_find(&priv->fields, name) != NULL)
		return;
	field = array_append_space(&priv->fields);
	field->name = name;
	field->value = p_strdup(priv->pool, value);
}

static void
outgoing_complete(struct mime_outgoing_private *priv,
		  const struct mime_outgoing_settings *set)
{
	if (set->default_from != NULL)
		outgoing_add_field(priv, "From", set->default_from);
	outgoing_add_field(priv, "Date", message_date_create(set->now));
	outgoing_add_field(priv, "Message-ID", set->message_id != NULL ?
			   set->message_id :
			   mime_message_id_create(set->hostname));
	outgoing_add_field(priv, "MIME-Version", "1.0");
}

static struct istream *
outgoing_stream(struct mime_outgoing_private *priv, bool with_bcc)
{
	const struct mime_field *field;
	struct mime_builder b;
	bool sender_done = priv->sender == NULL;

	mime_builder_init(&b, priv->pool);
	array_foreach(&priv->fields, field) {
		if (str_array_icase_find(dropped_fields, field->name) &&
		    !(with_bcc && strcasecmp(field->name, "Bcc") == 0))
			continue;
		if (priv->sender != NULL &&
		    strcasecmp(field->name, "Sender") == 0)
			continue;
		mime_field_append(b.text, field->name, field->value);
		if (!sender_done && strcasecmp(field->name, "From") == 0) {
			mime_field_append(b.text, "Sender", priv->sender);
			sender_done = TRUE;
		}
	}
	str_append(b.text, "\r\n");
	mime_builder_add_raw(&b, priv->input, priv->body_offset, UOFF_T_MAX);
	return mime_builder_finish(&b);
}

static void outgoing_streams(struct mime_outgoing *out)
{
	out->transmit = outgoing_stream(out->priv, FALSE);
	out->sent_copy = outgoing_stream(out->priv, TRUE);
}

void mime_outgoing_set_sender(struct mime_outgoing *out, const char *sender)
{
	struct istream *transmit = out->transmit, *sent_copy = out->sent_copy;

	out->priv->sender = p_strdup(out->priv->pool,
		t_str_replace(t_str_replace(sender, '\r', ' '), '\n', ' '));
	outgoing_streams(out);
	/* only now: they may hold the last reference of the input */
	i_stream_unref(&transmit);
	i_stream_unref(&sent_copy);
}

static int
outgoing_check(struct mime_outgoing_private *priv, struct mime_outgoing *out,
	       enum mime_compose_error *code_r, const char **error_r)
{
	unsigned int i;

	for (i = 0; single_fields[i] != NULL; i++) {
		if (mime_fields_count(&priv->fields, single_fields[i]) > 1) {
			return outgoing_error(MIME_COMPOSE_ERROR_INVALID,
				t_strdup_printf("%s more than once",
						single_fields[i]),
				code_r, error_r);
		}
	}
	if (outgoing_identity(priv, "From", &out->from) < 0 ||
	    out->from[0] == NULL ||
	    outgoing_identity(priv, "Sender", &out->sender) < 0) {
		return outgoing_error(MIME_COMPOSE_ERROR_INVALID,
				      "bad From or Sender", code_r, error_r);
	}
	if (outgoing_all_recipients(priv, out, error_r) < 0) {
		return outgoing_error(MIME_COMPOSE_ERROR_RECIPIENTS, *error_r,
				      code_r, error_r);
	}
	return 0;
}

int mime_outgoing_init(pool_t pool, struct istream *input,
		       const struct mime_outgoing_settings *set,
		       struct mime_outgoing *out_r,
		       enum mime_compose_error *code_r, const char **error_r)
{
	struct mime_outgoing_private *priv;
	const char *value;

	i_zero(out_r);
	priv = p_new(pool, struct mime_outgoing_private, 1);
	priv->pool = pool;
	priv->input = input;
	if (mime_fields_read(pool, input, &priv->fields, &priv->body_offset,
			     code_r, error_r) < 0)
		return -1;
	outgoing_complete(priv, set);
	if (outgoing_check(priv, out_r, code_r, error_r) < 0)
		return -1;
	out_r->priv = priv;
	out_r->message_id = mime_fields_find(&priv->fields, "Message-ID");
	value = mime_fields_find(&priv->fields, "Subject");
	out_r->subject = value == NULL ? "" :
		p_strdup(pool, mime_header_decode(value));
	outgoing_streams(out_r);
	return 0;
}
