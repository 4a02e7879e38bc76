/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies in forms that a message does not have (MS-OXBBODY 2.1.3.1, MS-OXRTFEX): the
   best of what there is, converted. */

#include "mapi.h"
#include "mapi-msg.h"
#include "dovetail-rtf.h"

#define CPID_UTF8 65001

/* What a conversion yields at most */
#define BODY_MAX (64 * 1024 * 1024)

static bool body_utf8_html(struct mapi_rop *rop, const struct mapi_bag *bag,
			   string_t *html)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, PidTagHtml);
	int64_t cpid;

	if (prop == NULL)
		return FALSE;
	if (MAPI_TAG_TYPE(prop->tag) != PTYP_BINARY) {
		/* PidTagBodyHtml: text */
		str_append(html, prop->v.s);
		return TRUE;
	}
	cpid = mapi_bag_get_int(bag, PidTagInternetCodepage, CPID_UTF8);
	if (cpid == CPID_UTF8)
		buffer_append(html, prop->v.bin.data, prop->v.bin.size);
	else
		str_append(html, mapi_bytes_of_cpid(rop, prop->v.bin.data,
						    prop->v.bin.size, cpid));
	return TRUE;
}

/* The uncompressed RTF; NULL: none, or damaged. The caller frees. */
static buffer_t *body_rtf(const struct mapi_bag *bag)
{
	const struct mapi_blob *packed = mapi_bag_get_bin(bag,
							PidTagRtfCompressed);
	buffer_t *rtf;

	if (packed == NULL)
		return NULL;
	rtf = buffer_create_dynamic(default_pool, 4096);
	if (rtf_decompress(packed->data, packed->size, BODY_MAX, rtf) < 0)
		buffer_free(&rtf);
	return rtf;
}

static bool make_html(struct mapi_rop *rop, const struct mapi_bag *bag,
		      string_t *html)
{
	const char *plain;
	buffer_t *rtf;
	int ret;

	if (body_utf8_html(rop, bag, html))
		return TRUE;
	rtf = body_rtf(bag);
	if (rtf != NULL) {
		ret = rtf_to_html(rtf->data, rtf->used, BODY_MAX, html);
		buffer_free(&rtf);
		if (ret >= 0)
			return TRUE;
	}
	plain = mapi_bag_get_str(bag, PidTagBody);
	if (plain == NULL)
		return FALSE;
	mime_text_to_html(html, (const unsigned char *)plain, strlen(plain));
	return TRUE;
}

static bool make_text(struct mapi_rop *rop, const struct mapi_bag *bag,
		      string_t *text)
{
	const char *plain = mapi_bag_get_str(bag, PidTagBody);
	string_t *html;
	buffer_t *rtf;
	int ret;

	if (plain != NULL) {
		str_append(text, plain);
		return TRUE;
	}
	html = str_new(rop->pool, 1024);
	if (body_utf8_html(rop, bag, html)) {
		mime_html_to_text(text, html->data, html->used, BODY_MAX);
		return TRUE;
	}
	rtf = body_rtf(bag);
	if (rtf == NULL)
		return FALSE;
	ret = rtf_to_text(rtf->data, rtf->used, BODY_MAX, text);
	buffer_free(&rtf);
	return ret >= 0;
}

static bool make_rtf(struct mapi_rop *rop, const struct mapi_bag *bag,
		     buffer_t *out)
{
	const struct mapi_blob *have = mapi_bag_get_bin(bag,
							PidTagRtfCompressed);
	string_t *html = str_new(rop->pool, 1024);
	buffer_t *rtf = buffer_create_dynamic(rop->pool, 1024);
	const char *plain;

	if (have != NULL) {
		buffer_append(out, have->data, have->size);
		return TRUE;
	}
	if (body_utf8_html(rop, bag, html))
		rtf_from_html(html->data, html->used, rtf);
	else {
		plain = mapi_bag_get_str(bag, PidTagBody);
		if (plain == NULL)
			return FALSE;
		rtf_from_text((const unsigned char *)plain, strlen(plain),
			      rtf);
	}
	rtf_compress(rtf->data, rtf->used, out);
	return TRUE;
}

int mapi_body_of_bag(struct mapi_rop *rop, const struct mapi_bag *bag,
		     mapi_tag_t tag, struct mapi_prop *prop_r)
{
	string_t *out = str_new(rop->pool, 1024);
	bool have;

	i_zero(prop_r);
	prop_r->tag = tag;
	switch (tag) {
	case PidTagBody:
		have = make_text(rop, bag, out);
		prop_r->v.s = str_c(out);
		return have ? 1 : 0;
	case PidTagHtml:
		have = make_html(rop, bag, out);
		break;
	default:
		have = make_rtf(rop, bag, out);
		break;
	}
	prop_r->v.bin.data = out->data;
	prop_r->v.bin.size = out->used;
	return have ? 1 : 0;
}
