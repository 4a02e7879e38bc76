/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the root headers say about a message (MS-ASEMAIL, MS-OXCMAIL 2.2.3.1). */

#include "lib.h"
#include "str.h"
#include "message-address.h"
#include "message-date.h"
#include "mime-private.h"

/* Only so many addresses are named: DisplayTo is for a list's line */
#define DISPLAY_TO_MAX 20

struct facts_builder {
	struct mime_message *msg;
	struct mime_facts *facts;
	const char **error_r;
	bool failed;
};

/* All values of a header joined: an attacker's second From is seen too */
static const char *facts_joined(struct facts_builder *b, const char *name)
{
	const char *const *values;

	if (b->failed || mime_message_headers(b->msg, name, &values,
					      b->error_r) < 0) {
		b->failed = TRUE;
		return NULL;
	}
	if (values[0] == NULL)
		return NULL;
	return values[1] == NULL ? values[0] :
		t_strarray_join(values, ", ");
}

static const char *facts_first(struct facts_builder *b, const char *name)
{
	const char *const *values;

	if (b->failed || mime_message_headers(b->msg, name, &values,
					      b->error_r) < 0) {
		b->failed = TRUE;
		return NULL;
	}
	return values[0];
}

static const char *facts_addresses(struct facts_builder *b, const char *name)
{
	return p_strdup(b->msg->pool,
			mime_addresses_decode_with(facts_joined(b, name),
						   b->msg->source.conv));
}

/* A header of ids: one line, no encoded words */
static const char *facts_ids(struct facts_builder *b, const char *name)
{
	const char *value = facts_first(b, name);

	if (value == NULL)
		return NULL;
	value = mime_header_decode(value);
	return *value == '\0' ? NULL : p_strdup(b->msg->pool, value);
}

static const char *facts_display_to(struct facts_builder *b)
{
	const char *value = facts_joined(b, "To");
	struct message_address *addr;
	string_t *dest = t_str_new(128);
	unsigned int count = 0;

	if (value == NULL)
		return NULL;
	addr = message_address_parse(pool_datastack_create(),
				     (const unsigned char *)value,
				     strlen(value), DISPLAY_TO_MAX, 0);
	for (; addr != NULL && count < DISPLAY_TO_MAX; addr = addr->next) {
		if (addr->mailbox == NULL || addr->domain == NULL)
			continue;
		if (count++ > 0)
			str_append_c(dest, ';');
		if (addr->name != NULL && *addr->name != '\0')
			mime_header_decode_to(dest, addr->name,
					      b->msg->source.conv);
		else
			mime_address_append(dest, NULL, addr->mailbox,
					    addr->domain);
	}
	return p_strdup(b->msg->pool, str_c(dest));
}

static bool importance_is(const char *value, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strncasecmp(value, *words, strlen(*words)) == 0)
			return TRUE;
	}
	return FALSE;
}

/* MS-OXCMAIL 2.2.3.1.2.11: Importance, else X-Priority, else Priority */
static enum mime_importance facts_importance(struct facts_builder *b)
{
	static const char *const names[] = {
		"Importance", "X-Priority", "Priority"
	};
	static const char *const high[] = { "high", "1", "2", "urgent", NULL };
	static const char *const low[] = { "low", "4", "5", "non-urgent", NULL };
	const char *value;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		value = facts_first(b, names[i]);
		if (value == NULL)
			continue;
		value += strspn(value, " \t");
		if (importance_is(value, high))
			return MIME_IMPORTANCE_HIGH;
		return importance_is(value, low) ? MIME_IMPORTANCE_LOW :
			MIME_IMPORTANCE_NORMAL;
	}
	return MIME_IMPORTANCE_NORMAL;
}

static void facts_date(struct facts_builder *b)
{
	struct mime_facts *facts = b->facts;
	const char *value = facts_first(b, "Date");

	/* years before mail are broken clocks */
	if (value != NULL &&
	    message_date_parse((const unsigned char *)value, strlen(value),
			       &facts->date, &facts->timezone_offset) &&
	    facts->date > 0)
		return;
	facts->date = b->msg->source.received_date;
	facts->timezone_offset = 0;
}

static void facts_subject(struct facts_builder *b)
{
	struct mime_facts *facts = b->facts;
	const char *value = facts_first(b, "Subject");

	facts->subject = value == NULL ? "" :
		p_strdup(b->msg->pool, mime_header_decode_with(value,
						b->msg->source.conv));
	value = facts_first(b, "Thread-Topic");
	if (value != NULL)
		value = mime_header_decode_with(value, b->msg->source.conv);
	facts->thread_topic = value != NULL && *value != '\0' ?
		p_strdup(b->msg->pool, value) :
		mime_subject_normalize(facts->subject);
}

static void facts_build(struct facts_builder *b)
{
	struct mime_facts *facts = b->facts;

	facts_subject(b);
	facts->from = facts_addresses(b, "From");
	facts->sender = facts_addresses(b, "Sender");
	facts->reply_to = facts_addresses(b, "Reply-To");
	facts->to = facts_addresses(b, "To");
	facts->cc = facts_addresses(b, "Cc");
	facts->bcc = facts_addresses(b, "Bcc");
	facts->display_to = facts_display_to(b);
	facts_date(b);
	facts->importance = facts_importance(b);
	facts->message_id = facts_ids(b, "Message-ID");
	facts->in_reply_to = facts_ids(b, "In-Reply-To");
	facts->references = facts_ids(b, "References");
	facts->disposition_notification_to =
		facts_addresses(b, "Disposition-Notification-To");
}

int mime_message_get_facts(struct mime_message *msg,
			   const struct mime_facts **facts_r,
			   const char **error_r)
{
	const char *error = NULL;
	struct facts_builder b = { .msg = msg, .error_r = &error };

	if (msg->facts == NULL) {
		b.facts = p_new(msg->pool, struct mime_facts, 1);
		T_BEGIN {
			facts_build(&b);
			error = p_strdup(msg->pool, error);
		} T_END;
		if (b.failed) {
			*error_r = error;
			return -1;
		}
		msg->facts = b.facts;
	}
	*facts_r = msg->facts;
	return 0;
}
