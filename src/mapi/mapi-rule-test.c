/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Conditions of rules (restrictions, MS-OXCDATA 2.12) as Sieve tests. */

#include "mapi.h"
#include "mapi-rule-sieve.h"

/* PidTagMessageFlags */
#define MSGFLAG_HASATTACH 0x10
#define SENDER_HEADERS "[\"from\", \"sender\"]"
#define RECIPIENT_HEADERS "[\"to\", \"cc\", \"bcc\"]"

/* Deeper conditions are left to the client: Pigeonhole takes 32 levels of tests */
#define MAX_DEPTH 16

/* Where a test stands */
struct place {
	struct mapi_sieve *sieve;
	unsigned int depth;
	/* inside of a test of recipients: its properties are theirs */
	bool recipients;
};

static bool say(struct place *place, const struct mapi_restriction *res);

void mapi_sieve_string(string_t *dest, const char *text)
{
	str_append_c(dest, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			str_append_c(dest, '\\');
		if (text[0] == '$' && text[1] == '{')
			str_append(dest, "${" MAPI_SIEVE_DOLLAR "}");
		else
			str_append_c(dest, *text);
	}
	str_append_c(dest, '"');
}

void mapi_sieve_strings(string_t *dest, const char *const *texts)
{
	str_append_c(dest, '[');
	for (unsigned int i = 0; texts[i] != NULL; i++) {
		if (i > 0)
			str_append(dest, ", ");
		mapi_sieve_string(dest, texts[i]);
	}
	str_append_c(dest, ']');
}

/* --- values ------------------------------------------------------------------------- */

/* Text, or the bytes of a search key. NULL: neither */
static const char *value_text(struct mapi_rop *rop, const struct mapi_prop *prop)
{
	struct mapi_prop text;

	if (MAPI_TAG_TYPE(prop->tag) == PTYP_BINARY)
		return p_strndup(rop->pool, prop->v.bin.data,
				 prop->v.bin.size);
	mapi_prop_as(rop, prop, MAPI_TAG_RETYPE(prop->tag, PTYP_STRING), &text);
	return MAPI_TAG_TYPE(text.tag) == PTYP_STRING ? text.v.s : NULL;
}

/* An address that is meant whole: "SMTP:A@B", "EX:/o=...", a DN, or itself.
   NULL: of a kind that mail does not know */
static const char *whole_address(const char *value)
{
	if (strncasecmp(value, "SMTP:", 5) == 0)
		value += 5;
	else if (strncasecmp(value, "EX:", 3) == 0)
		value += 3;
	if (*value == '/')
		return mapi_address_of_dn(value);
	return strchr(value, '@') != NULL && strchr(value, ':') == NULL ?
		value : NULL;
}

/* Whose addresses a property is of; NULL: of nobody's */
static const char *address_headers(const struct place *place, mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagSenderSearchKey):
	case MAPI_TAG_ID(PidTagSenderEmailAddress):
	case MAPI_TAG_ID(PidTagSenderSmtpAddress):
	case MAPI_TAG_ID(PidTagSentRepresentingSearchKey):
	case MAPI_TAG_ID(PidTagSentRepresentingEmailAddress):
	case MAPI_TAG_ID(PidTagSentRepresentingSmtpAddress):
		return place->recipients ? NULL : SENDER_HEADERS;
	case MAPI_TAG_ID(PidTagSearchKey):
	case MAPI_TAG_ID(PidTagEmailAddress):
	case MAPI_TAG_ID(PidTagSmtpAddress):
		return place->recipients ? RECIPIENT_HEADERS : NULL;
	}
	return NULL;
}

/* The headers that a property's text stands in; NULL: none */
static const char *text_headers(const struct place *place, mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagSubject):
	case MAPI_TAG_ID(PidTagNormalizedSubject):
	case MAPI_TAG_ID(PidTagConversationTopic):
		return place->recipients ? NULL : "\"subject\"";
	case MAPI_TAG_ID(PidTagSenderName):
	case MAPI_TAG_ID(PidTagSentRepresentingName):
		return place->recipients ? NULL : SENDER_HEADERS;
	case MAPI_TAG_ID(PidTagDisplayName):
		return place->recipients ? RECIPIENT_HEADERS : NULL;
	case MAPI_TAG_ID(PidTagDisplayTo):
		return place->recipients ? NULL : "\"to\"";
	case MAPI_TAG_ID(PidTagDisplayCc):
		return place->recipients ? NULL : "\"cc\"";
	}
	return NULL;
}

/* --- texts -------------------------------------------------------------------------------- */

static void say_prefix(string_t *out, const char *text)
{
	string_t *pattern = t_str_new(strlen(text) + 2);

	for (; *text != '\0'; text++) {
		if (strchr("*?\\", *text) != NULL)
			str_append_c(pattern, '\\');
		str_append_c(pattern, *text);
	}
	str_append_c(pattern, '*');
	mapi_sieve_string(out, str_c(pattern));
}

/* Match type, comparator, what follows them, the text */
static bool say_match(struct place *place, const char *test, const char *where,
		      const struct mapi_restriction *res, const char *text)
{
	static const char *const types[] = { "is", "contains", "matches" };
	string_t *out = place->sieve->out;

	if (res->fuzzy_low > MAPI_FL_PREFIX)
		return FALSE;
	str_printfa(out, "%s :%s ", test, types[res->fuzzy_low]);
	if ((res->fuzzy_high & (MAPI_FL_IGNORECASE | MAPI_FL_LOOSE)) == 0)
		str_append(out, ":comparator \"i;octet\" ");
	str_printfa(out, "%s%s", where, *where == '\0' ? "" : " ");
	if (res->fuzzy_low == MAPI_FL_PREFIX)
		say_prefix(out, text);
	else
		mapi_sieve_string(out, text);
	return TRUE;
}

static bool say_content(struct place *place, const struct mapi_restriction *res)
{
	const char *text = value_text(place->sieve->rop, &res->prop);
	struct mapi_restriction any_case = *res;
	const char *headers;

	if (text == NULL)
		return FALSE;
	if (MAPI_TAG_ID(res->tag) == MAPI_TAG_ID(PidTagBody) &&
	    !place->recipients) {
		place->sieve->needs |= MAPI_SIEVE_BODY;
		return say_match(place, "body :text", "", res, text);
	}
	headers = address_headers(place, res->tag);
	/* parts of search keys, which are in upper case, are parts of addresses */
	any_case.fuzzy_high |= MAPI_FL_IGNORECASE;
	if (headers != NULL)
		return say_match(place, "address", headers, &any_case, text);
	headers = text_headers(place, res->tag);
	/* a subject without its prefix is another text as a whole */
	if (headers == NULL ||
	    (MAPI_TAG_ID(res->tag) != MAPI_TAG_ID(PidTagSubject) &&
	     strcmp(headers, "\"subject\"") == 0 &&
	     res->fuzzy_low != MAPI_FL_SUBSTRING))
		return FALSE;
	return say_match(place, "header", headers, res, text);
}

/* --- numbers and other values ------------------------------------------------------------------ */

static bool say_size(string_t *out, unsigned int relop, int64_t size)
{
	if (size < 0)
		return FALSE;
	switch (relop) {
	case MAPI_REL_LT:
		str_printfa(out, "size :under %"PRId64, size);
		return TRUE;
	case MAPI_REL_LE:
		str_printfa(out, "not size :over %"PRId64, size);
		return TRUE;
	case MAPI_REL_GT:
		str_printfa(out, "size :over %"PRId64, size);
		return TRUE;
	case MAPI_REL_GE:
		str_printfa(out, "not size :under %"PRId64, size);
		return TRUE;
	}
	return FALSE;
}

/* MS-OXCMAIL 2.2.3.2.5 */
static bool say_importance(string_t *out, int64_t value)
{
	static const struct {
		const char *no, *words, *numbers;
	} tests[] = {
		{ "", "\"low\"", "\"4*\", \"5*\"" },
		{ "not ", "\"low\", \"high\"",
		  "\"1*\", \"2*\", \"4*\", \"5*\"" },
		{ "", "\"high\"", "\"1*\", \"2*\"" },
	};

	if (value < 0 || value >= (int)N_ELEMENTS(tests))
		return FALSE;
	str_printfa(out, "%sanyof (header :is \"importance\" [%s], "
		    "header :matches \"x-priority\" [%s])", tests[value].no,
		    tests[value].words, tests[value].numbers);
	return TRUE;
}

static bool say_sensitivity(string_t *out, int64_t value)
{
	static const char *const words[] = {
		"personal", "private", "company-confidential",
	};
	const char *between = "not header :is \"sensitivity\" [";

	if (value < 0 || value > (int)N_ELEMENTS(words))
		return FALSE;
	if (value > 0) {
		str_printfa(out, "header :is \"sensitivity\" \"%s\"",
			    words[value - 1]);
		return TRUE;
	}
	for (unsigned int i = 0; i < N_ELEMENTS(words); i++) {
		str_printfa(out, "%s\"%s\"", between, words[i]);
		between = ", ";
	}
	str_append_c(out, ']');
	return TRUE;
}

/* Is the user among these? */
static bool say_me(struct mapi_sieve *sieve, const char *headers, bool me)
{
	const struct store_settings *set = store_get_settings(sieve->rop->store);

	str_printfa(sieve->out, "%saddress :is %s [", me ? "" : "not ",
		    headers);
	mapi_sieve_string(sieve->out, set->address);
	for (const char *const *p = set->aliases; p != NULL && *p != NULL; p++) {
		str_append(sieve->out, ", ");
		mapi_sieve_string(sieve->out, *p);
	}
	str_append_c(sieve->out, ']');
	return TRUE;
}

static void say_attachments(struct mapi_sieve *sieve)
{
	sieve->needs |= MAPI_SIEVE_MIME | MAPI_SIEVE_PARTS |
		MAPI_SIEVE_VARIABLES;
	str_append(sieve->out, "string :is \"${" MAPI_SIEVE_FILES "}\" \"1\"");
}

/* A whole text: as content does */
static bool say_equal_text(struct place *place,
			   const struct mapi_restriction *res)
{
	struct mapi_restriction whole = *res;
	const char *headers = address_headers(place, res->tag);
	const char *text = value_text(place->sieve->rop, &res->prop);

	whole.fuzzy_low = MAPI_FL_FULLSTRING;
	whole.fuzzy_high = MAPI_FL_IGNORECASE;
	if (headers == NULL)
		return say_content(place, &whole);
	text = text == NULL ? NULL : whole_address(text);
	return text != NULL &&
		say_match(place, "address", headers, &whole, text);
}

static bool say_equal(struct place *place, const struct mapi_restriction *res)
{
	struct mapi_sieve *sieve = place->sieve;

	if (!place->recipients) switch (MAPI_TAG_ID(res->tag)) {
	case MAPI_TAG_ID(PidTagImportance):
		return say_importance(sieve->out, res->prop.v.i);
	case MAPI_TAG_ID(PidTagSensitivity):
		return say_sensitivity(sieve->out, res->prop.v.i);
	case MAPI_TAG_ID(PidTagMessageToMe):
		return say_me(sieve, "\"to\"", res->prop.v.b);
	case MAPI_TAG_ID(PidTagMessageCcMe):
		return say_me(sieve, "\"cc\"", res->prop.v.b);
	case MAPI_TAG_ID(PidTagMessageRecipientMe):
		return say_me(sieve, RECIPIENT_HEADERS, res->prop.v.b);
	case MAPI_TAG_ID(PidTagHasAttachments):
		if (!res->prop.v.b)
			str_append(sieve->out, "not ");
		say_attachments(sieve);
		return TRUE;
	}
	return say_equal_text(place, res);
}

static bool say_property(struct place *place,
			 const struct mapi_restriction *res)
{
	/* whatever is asked, it is the property's own type that counts */
	if (MAPI_TAG_ID(res->tag) == MAPI_TAG_ID(PidTagMessageSize) &&
	    !place->recipients)
		return say_size(place->sieve->out, res->relop, res->prop.v.i);
	if (res->relop == MAPI_REL_NE)
		str_append(place->sieve->out, "not ");
	else if (res->relop != MAPI_REL_EQ)
		return FALSE;
	return say_equal(place, res);
}

static bool say_bits(struct place *place, const struct mapi_restriction *res)
{
	if (place->recipients || res->mask != MSGFLAG_HASATTACH ||
	    MAPI_TAG_ID(res->tag) != MAPI_TAG_ID(PidTagMessageFlags))
		return FALSE;
	if (res->relop == 0)
		str_append(place->sieve->out, "not ");
	say_attachments(place->sieve);
	return TRUE;
}

/* --- structure -------------------------------------------------------------------------------- */

static bool say_list(struct place *place, const struct mapi_restriction *res,
		     const char *name, const char *none)
{
	string_t *out = place->sieve->out;

	if (res->subs_count == 0) {
		str_append(out, none);
		return TRUE;
	}
	str_printfa(out, "%s (", name);
	for (unsigned int i = 0; i < res->subs_count; i++) {
		if (i > 0)
			str_append(out, ", ");
		if (!say(place, res->subs[i]))
			return FALSE;
	}
	str_append_c(out, ')');
	return TRUE;
}

static bool say_sub(struct place *place, const struct mapi_restriction *res)
{
	bool ret;

	if (place->recipients || MAPI_TAG_ID(res->tag) !=
	    MAPI_TAG_ID(PidTagMessageRecipients))
		return FALSE;
	place->recipients = TRUE;
	ret = say(place, res->subs[0]);
	place->recipients = FALSE;
	return ret;
}

static bool say_this(struct place *place, const struct mapi_restriction *res)
{
	switch (res->type) {
	case MAPI_RES_AND:
		/* of recipients: one of them is all of it, which headers do not
		   say */
		return (!place->recipients || res->subs_count == 1) &&
			say_list(place, res, "allof", "true");
	case MAPI_RES_OR:
		return say_list(place, res, "anyof", "false");
	case MAPI_RES_NOT:
		if (place->recipients)
			return FALSE;
		str_append(place->sieve->out, "not ");
		return say(place, res->subs[0]);
	case MAPI_RES_CONTENT:
		return say_content(place, res);
	case MAPI_RES_PROPERTY:
		return (!place->recipients || res->relop == MAPI_REL_EQ) &&
			say_property(place, res);
	case MAPI_RES_BITMASK:
		return say_bits(place, res);
	case MAPI_RES_SUBOBJECT:
		return say_sub(place, res);
	case MAPI_RES_COMMENT:
		if (res->subs_count == 0) {
			str_append(place->sieve->out, "true");
			return TRUE;
		}
		return say(place, res->subs[0]);
	case MAPI_RES_SIZE:
	case MAPI_RES_COMPARE:
	case MAPI_RES_EXIST:
	case MAPI_RES_COUNT:
		break;
	}
	return FALSE;
}

static bool say(struct place *place, const struct mapi_restriction *res)
{
	bool ret;

	if (place->depth >= MAX_DEPTH)
		return FALSE;
	place->depth++;
	ret = say_this(place, res);
	place->depth--;
	return ret;
}

bool mapi_sieve_test(struct mapi_sieve *sieve,
		     const struct mapi_restriction *res)
{
	struct place place = { .sieve = sieve };

	return say(&place, res);
}
