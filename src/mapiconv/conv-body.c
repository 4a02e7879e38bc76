/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies (MS-OXBBODY 2.1.3; MS-OXCMSG 2.2.1.58): which of the three a message means,
   and the others made of it. */

#include "lib.h"
#include "unichar.h"
#include "dovetail-rtf.h"
#include "conv-private.h"

#define CPID_UTF8 65001

static const char *to_utf8(pool_t pool, const struct mapi_blob *blob,
			   unsigned int cpid)
{
	union mapi_value src, dest;
	string_t *clean;
	const char *text = p_strndup(pool, blob->data, blob->size);

	if (uni_utf8_str_is_valid(text) && (cpid == 0 || cpid == CPID_UTF8 ||
					    cpid == 20127))
		return text;
	src.s = text;
	if (cpid != CPID_UTF8 &&
	    mapi_value_convert(pool, MAPI_TAG(1, PTYP_STRING8), &src,
			       MAPI_TAG(1, PTYP_STRING),
			       cpid == 0 ? 1252 : cpid, &dest))
		return dest.s;
	clean = str_new(pool, blob->size);
	mime_xml_clean(clean, blob->data, strlen(text));
	return str_c(clean);
}

static const char *get_html(const struct mapi_bag *bag, pool_t pool)
{
	const struct mapi_blob *html = mapi_bag_get_bin(bag, PidTagHtml);
	unsigned int cpid = mapi_bag_get_int(bag, PidTagInternetCodepage, 0);
	const char *text;

	if (html != NULL)
		return html->size == 0 ? NULL : to_utf8(pool, html, cpid);
	/* PidTagBodyHtml: the same id as text */
	text = mapi_bag_get_str(bag, MAPI_TAG_RETYPE(PidTagHtml, PTYP_STRING));
	return text == NULL || *text == '\0' ? NULL : p_strdup(pool, text);
}

static bool get_rtf(const struct mapi_bag *bag, buffer_t *rtf)
{
	const struct mapi_blob *blob = mapi_bag_get_bin(bag, PidTagRtfCompressed);

	return blob != NULL && blob->size > 0 &&
		rtf_decompress(blob->data, blob->size, CONV_BODY_MAX, rtf) == 0;
}

static void body_of_rtf(const buffer_t *rtf, pool_t pool,
			struct conv_body *body)
{
	enum rtf_kind kind = rtf_kind(rtf->data, rtf->used);
	string_t *out = str_new(pool, rtf->used);

	if (kind != RTF_KIND_TEXT) {
		if (rtf_to_html(rtf->data, rtf->used, CONV_BODY_MAX, out) < 0)
			return;
		body->html = str_c(out);
		body->native = kind == RTF_KIND_HTML ? CONV_NATIVE_HTML :
			CONV_NATIVE_RTF;
		return;
	}
	(void)rtf_to_text(rtf->data, rtf->used, CONV_BODY_MAX, out);
	body->plain = str_c(out);
	body->native = CONV_NATIVE_PLAIN;
}

static const char *html_to_plain(pool_t pool, const char *html)
{
	string_t *out = str_new(pool, 1024);

	mime_html_to_text(out, (const unsigned char *)html, strlen(html),
			  CONV_BODY_MAX);
	return str_c(out);
}

bool conv_body_get(const struct mapi_bag *bag, pool_t pool,
		   struct conv_body *body_r)
{
	buffer_t *rtf = buffer_create_dynamic(default_pool, 1024);
	const char *plain = mapi_bag_get_str(bag, PidTagBody);

	i_zero(body_r);
	body_r->html = get_html(bag, pool);
	if (body_r->html != NULL)
		body_r->native = CONV_NATIVE_HTML;
	else if (get_rtf(bag, rtf))
		body_of_rtf(rtf, pool, body_r);
	buffer_free(&rtf);
	/* What the client says is the text is better than ours */
	if (plain != NULL && (*plain != '\0' || body_r->html == NULL)) {
		body_r->plain = p_strdup(pool, plain);
		if (body_r->native == CONV_NATIVE_NONE)
			body_r->native = CONV_NATIVE_PLAIN;
	} else if (body_r->plain == NULL && body_r->html != NULL) {
		body_r->plain = html_to_plain(pool, body_r->html);
	}
	if (body_r->html != NULL)
		body_r->html_size = strlen(body_r->html);
	if (body_r->plain != NULL)
		body_r->plain_size = strlen(body_r->plain);
	return body_r->native != CONV_NATIVE_NONE;
}

void conv_body_rtf(const char *plain, const char *html, buffer_t *dest)
{
	buffer_t *rtf = buffer_create_dynamic(default_pool, 1024);

	if (html != NULL)
		rtf_from_html(html, strlen(html), rtf);
	else
		rtf_from_text(plain, strlen(plain), rtf);
	rtf_compress(rtf->data, rtf->used, dest);
	buffer_free(&rtf);
}

static const char *crlf(const char *text)
{
	string_t *out = t_str_new(strlen(text) + 32);

	for (; *text != '\0'; text++) {
		if (*text == '\r' && text[1] == '\n')
			continue;
		if (*text == '\n' || *text == '\r')
			str_append(out, "\r\n");
		else
			str_append_c(out, *text);
	}
	return str_c(out);
}

void conv_body_set(struct mapi_bag *bag, const char *plain, const char *html)
{
	buffer_t *rtf;

	if ((plain == NULL || *plain == '\0') && html == NULL)
		return;
	T_BEGIN {
		rtf = t_buffer_create(1024);
		if (plain == NULL)
			plain = html_to_plain(pool_datastack_create(), html);
		plain = crlf(plain);
		mapi_bag_set_str(bag, PidTagBody, plain);
		conv_body_rtf(plain, html, rtf);
		conv_set_buffer(bag, PidTagRtfCompressed, rtf);
		mapi_bag_set_bool(bag, PidTagRtfInSync, TRUE);
		mapi_bag_set_int(bag, PidTagNativeBody,
				 html == NULL ? CONV_NATIVE_PLAIN :
				 CONV_NATIVE_HTML);
		mapi_bag_set_int(bag, PidTagInternetCodepage, CPID_UTF8);
		if (html != NULL)
			mapi_bag_set_bin(bag, PidTagHtml, html, strlen(html));
	} T_END;
}
