/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Header values: encoded words, raw 8-bit, addresses, subjects. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "message-address.h"
#include "message-header-decode.h"
#include "mime-private.h"

#include <ctype.h>

/* MS-ASEMAIL 2.2.2.17, 2.2.2.36, 2.2.2.75: at most 32,768 characters */
#define ADDRESSES_MAX 32767

/* --- RFC 2047 --- */

/* Words of one charset are converted together: some senders cut characters
   between words (forbidden by RFC 2047, section 5, and common). */
struct decode_context {
	struct mime_converter *conv;
	string_t *dest;
	char *charset;
	buffer_t *pending;
};

static void decode_flush(struct decode_context *ctx)
{
	if (ctx->pending->used > 0) {
		mime_charset_convert(ctx->conv, ctx->charset,
				     ctx->pending->data,
				     ctx->pending->used, ctx->dest);
	}
	buffer_set_used_size(ctx->pending, 0);
}

static bool
decode_word(const unsigned char *data, size_t size, const char *charset,
	    void *context)
{
	struct decode_context *ctx = context;
	const char *lang = charset == NULL ? NULL : strchr(charset, '*');

	/* RFC 2231, section 5: charset*language */
	if (lang != NULL)
		charset = t_strdup_until(charset, lang);
	if (null_strcasecmp(charset, ctx->charset) != 0) {
		decode_flush(ctx);
		ctx->charset = (char *)t_strdup(charset);
	}
	buffer_append(ctx->pending, data, size);
	return TRUE;
}

/* To one line: a fold with its white space is one space */
static void append_one_line(string_t *dest, const char *data, size_t size)
{
	size_t i, start = str_len(dest);
	bool folded = FALSE;

	for (i = 0; i < size; i++) {
		char c = data[i] == '\t' ? ' ' : data[i];

		if (c == '\r' || c == '\n') {
			folded = TRUE;
			continue;
		}
		if (folded && c == ' ')
			continue;
		if (folded && str_len(dest) > start)
			str_append_c(dest, ' ');
		folded = FALSE;
		str_append_c(dest, c);
	}
	while (str_len(dest) > start && str_c(dest)[str_len(dest) - 1] == ' ')
		str_truncate(dest, str_len(dest) - 1);
}

static bool header_is_plain(const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = *value;

		if (c < 0x20 || c >= 0x7f || (c == '=' && value[1] == '?'))
			return FALSE;
	}
	return TRUE;
}

void mime_header_decode_to(string_t *dest, const char *value,
			   struct mime_converter *conv)
{
	struct decode_context ctx;

	while (*value == ' ' || *value == '\t')
		value++;
	if (header_is_plain(value)) {
		append_one_line(dest, value, strlen(value));
		return;
	}
	/* no T_BEGIN: dest may be on the data stack */
	i_zero(&ctx);
	ctx.conv = conv;
	ctx.dest = t_str_new(strlen(value) + 32);
	ctx.pending = t_buffer_create(strlen(value) + 1);
	message_header_decode((const unsigned char *)value, strlen(value),
			      decode_word, &ctx);
	decode_flush(&ctx);
	append_one_line(dest, str_c(ctx.dest), str_len(ctx.dest));
}

const char *
mime_header_decode_with(const char *value, struct mime_converter *conv)
{
	string_t *dest = t_str_new(128);

	mime_header_decode_to(dest, value, conv);
	return str_c(dest);
}

const char *mime_header_decode(const char *value)
{
	return mime_header_decode_with(value, NULL);
}

/* --- addresses --- */

static void append_quoted(string_t *dest, const char *text)
{
	str_append_c(dest, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			str_append_c(dest, '\\');
		str_append_c(dest, *text);
	}
	str_append_c(dest, '"');
}

void mime_address_append(string_t *dest, const char *name, const char *mailbox,
			 const char *domain)
{
	const char *addr = *domain == '\0' ? mailbox :
		t_strconcat(mailbox, "@", domain, NULL);

	addr = mime_header_decode(addr);
	if (name == NULL || *name == '\0') {
		str_append(dest, addr);
		return;
	}
	append_quoted(dest, name);
	if (*addr != '\0')
		str_printfa(dest, " <%s>", addr);
}

static const char *
address_name(const struct message_address *addr, struct mime_converter *conv)
{
	return addr->name == NULL ? NULL :
		mime_header_decode_with(addr->name, conv);
}

/* Neither an address nor a group mark */
static bool address_is_usable(const struct message_address *addr)
{
	return addr->mailbox != NULL && addr->domain != NULL &&
		(*addr->mailbox != '\0' || *addr->domain != '\0' ||
		 (addr->name != NULL && *addr->name != '\0'));
}

static bool addresses_are_broken(const struct message_address *addr)
{
	bool any = FALSE;

	for (; addr != NULL; addr = addr->next) {
		if (address_is_usable(addr))
			any = TRUE;
		else if (addr->invalid_syntax)
			return TRUE;
	}
	return !any;
}

/* Cuts text to ADDRESSES_MAX without ending in a character */
static const char *addresses_limit(const char *text)
{
	size_t len = strlen(text);

	if (len <= ADDRESSES_MAX)
		return text;
	return t_strndup(text, mime_utf8_cut((const unsigned char *)text,
					     ADDRESSES_MAX));
}

const char *
mime_addresses_decode_with(const char *value, struct mime_converter *conv)
{
	struct message_address *addr;
	string_t *dest;
	size_t len;

	if (value == NULL)
		return NULL;
	addr = message_address_parse(pool_datastack_create(),
				     (const unsigned char *)value,
				     strlen(value), MIME_MAX_PARTS * 10, 0);
	if (addresses_are_broken(addr)) {
		/* "undisclosed-recipients:;" too: shown as it is */
		return addresses_limit(mime_header_decode_with(value, conv));
	}
	dest = t_str_new(256);
	for (; addr != NULL; addr = addr->next) {
		if (!address_is_usable(addr))
			continue;
		len = str_len(dest);
		if (len > 0)
			str_append(dest, ", ");
		mime_address_append(dest, address_name(addr, conv),
				    addr->mailbox, addr->domain);
		if (str_len(dest) > ADDRESSES_MAX) {
			str_truncate(dest, len);
			break;
		}
	}
	return str_c(dest);
}

const char *mime_addresses_decode(const char *value)
{
	return mime_addresses_decode_with(value, NULL);
}

/* --- subjects --- */

/* Marks of replies and forwards, as clients of many languages write them;
   MS-OXCMSG 3.2.4.1 takes any 1 to 3 letters and a colon, and so does this for
   letters only: "Re", "Fw", "AW", "WG", "Sv", "Vs"..  These are longer. */
static const char *const subject_marks[] = {
	"fwd", "antw", "doorst", "odp", "ynt", "ilt", "rif", "enc", "res",
	"回复", "回覆", "转发", "轉寄", "答复", "返信", "転送",
	"отв", "пересл", "ответ", "απ", "πρθ", NULL
};

static size_t subject_mark_len(const char *subject)
{
	const char *p = subject;
	unsigned int i;
	size_t len = 0;

	for (i = 0; subject_marks[i] != NULL; i++) {
		len = strlen(subject_marks[i]);
		if (strncasecmp(subject, subject_marks[i], len) == 0)
			break;
	}
	if (subject_marks[i] != NULL) {
		p += len;
	} else {
		while (i_isalpha(*p) && p - subject < 4)
			p++;
		if (p == subject || p - subject > 3)
			return 0;
	}
	/* "Re[2]:", "Re(3):", "Re^2:" */
	if (*p == '[' || *p == '(' || *p == '^') {
		p++;
		while (*p >= '0' && *p <= '9')
			p++;
		if (*p == ']' || *p == ')')
			p++;
	}
	while (*p == ' ')
		p++;
	if (*p == ':')
		p++;
	else if (strncmp(p, "：", 3) == 0)
		p += 3;
	else
		return 0;
	return p - subject;
}

const char *mime_subject_normalize(const char *subject)
{
	size_t len;

	for (;;) {
		while (*subject == ' ' || *subject == '\t')
			subject++;
		len = subject_mark_len(subject);
		if (len == 0)
			return subject;
		subject += len;
	}
}
