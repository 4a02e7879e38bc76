/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of item classes, and what all of them need. */

#include "eas-class.h"
#include "sha2.h"
#include "hex-binary.h"

static const struct eas_class *const eas_classes[] = {
	&eas_class_calendar, &eas_class_contacts, &eas_class_tasks,
	&eas_class_notes, NULL
};

unsigned int eas_classes_of(enum eas_version version)
{
	unsigned int bits = 0;

	for (const struct eas_class *const *p = eas_classes; *p != NULL; p++) {
		if (version >= (*p)->since)
			bits |= 1U << (*p)->class;
	}
	return bits;
}

const struct eas_class *eas_class_by_store(enum store_class class)
{
	for (const struct eas_class *const *p = eas_classes; *p != NULL; p++) {
		if ((*p)->class == class)
			return *p;
	}
	return NULL;
}

const struct eas_class *eas_class_by_name(const char *name)
{
	for (const struct eas_class *const *p = eas_classes; *p != NULL; p++) {
		if (strcmp((*p)->name, name) == 0)
			return *p;
	}
	return NULL;
}

static int tag_cmp(const void *a, const void *b)
{
	return (int)*(const wbxml_tag_t *)a - (int)*(const wbxml_tag_t *)b;
}

bool eas_item_keeps(const struct eas_item_context *ctx, wbxml_tag_t tag)
{
	const struct eas_supported *supported = ctx->supported;
	const wbxml_tag_t *tags;
	unsigned int count;

	if (ctx->class->ghosted_since != 0 &&
	    ctx->req->version >= ctx->class->ghosted_since)
		return TRUE;
	if (supported == NULL || !supported->given)
		return FALSE;
	tags = array_get(&supported->tags, &count);
	return bsearch(&tag, tags, count, sizeof(tag), tag_cmp) == NULL;
}

const char *eas_item_uid(pool_t pool, const char *repeat_key)
{
	unsigned char digest[SHA256_RESULTLEN];

	sha256_get_digest(repeat_key, strlen(repeat_key), digest);
	return p_strdup(pool, binary_to_hex(digest, 16));
}

int eas_item_by_id(struct eas_request *req, const char *id,
		   const struct eas_body_options *body,
		   struct eas_item_context *ctx_r, struct store_item *item_r)
{
	store_fid_t fid;
	uint32_t num;
	int ret;

	i_zero(ctx_r);
	if (!eas_item_id_parse(id, &fid, &num))
		return 0;
	ctx_r->req = req;
	ctx_r->body = body;
	ctx_r->folder = store_folder_find(req->store, fid);
	ctx_r->class = ctx_r->folder == NULL ? NULL :
		eas_class_by_store(ctx_r->folder->class);
	if (ctx_r->class == NULL || req->version < ctx_r->class->since)
		return 0;
	ret = store_item_get(req->store, fid, num, req->pool, item_r);
	return ret < 0 && store_last_error(req->store, NULL) ==
		STORE_ERROR_NOTFOUND ? 0 : ret;
}
