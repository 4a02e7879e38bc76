/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas-item-rtf.h"
#include "base64.h"
#include "compat.h"
#include "dovetail-rtf.h"

#define RTF_BEGIN "{\\rtf"

/* Some clients do not compress what they call compressed. */
static bool rtf_unpack(const buffer_t *data, size_t max, buffer_t *rtf)
{
	if (data->used >= strlen(RTF_BEGIN) &&
	    memcmp(data->data, RTF_BEGIN, strlen(RTF_BEGIN)) == 0) {
		buffer_append_buf(rtf, data, 0, SIZE_MAX);
		return data->used <= max;
	}
	return rtf_decompress(data->data, data->used, max, rtf) == 0;
}

bool eas_item_rtf_read(pool_t pool, const char *text, size_t max,
		       struct eas_item_body *body_r)
{
	buffer_t *data = t_buffer_create(strlen(text));
	buffer_t *rtf = t_buffer_create(strlen(text) * 2);
	enum rtf_kind kind;
	string_t *plain, *html;

	if (compat_base64_decode(text, strlen(text), data) < 0 ||
	    !rtf_unpack(data, max, rtf))
		return FALSE;
	kind = rtf_kind(rtf->data, rtf->used);
	plain = str_new(pool, 256);
	if (kind == RTF_KIND_NONE ||
	    rtf_to_text(rtf->data, rtf->used, max, plain) != 0)
		return FALSE;
	body_r->text = str_c(plain);
	body_r->html = NULL;
	if (kind == RTF_KIND_TEXT)
		return TRUE;
	html = str_new(pool, 1024);
	if (rtf_to_html(rtf->data, rtf->used, max, html) != 0)
		return FALSE;
	body_r->html = str_c(html);
	return TRUE;
}

string_t *eas_item_rtf_write(const struct eas_item_body *body)
{
	buffer_t *rtf = t_buffer_create(1024);
	buffer_t *packed = t_buffer_create(1024);
	string_t *str;

	if (body->html != NULL)
		rtf_from_html(body->html, strlen(body->html), rtf);
	else
		rtf_from_text(body->text, strlen(body->text), rtf);
	rtf_compress(rtf->data, rtf->used, packed);
	str = t_str_new(MAX_BASE64_ENCODED_SIZE(packed->used) + 1);
	base64_encode(packed->data, packed->used, str);
	return str;
}
