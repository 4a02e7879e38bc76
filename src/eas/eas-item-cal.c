/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas-item-cal.h"
#include "ioloop.h"

#define INVALID_ITEM 6

struct cal_object *
eas_item_cal_parse(const struct eas_item_context *ctx, pool_t pool,
		   const struct store_item *item)
{
	struct cal_object *obj;
	const char *warnings, *error;

	if (cal_parse(pool, item->text, item->text_size, &obj, &warnings,
		      &error) < 0) {
		e_warning(ctx->req->event, "Item %u of %s: %s", item->num,
			  ctx->folder->vname, error);
		return NULL;
	}
	if (warnings != NULL) {
		e_info(ctx->req->event, "Item %u of %s: %s", item->num,
		       ctx->folder->vname, warnings);
	}
	return obj;
}

/* --- editing --------------------------------------------------------------------- */

unsigned int eas_item_cal_edit_begin(struct eas_item_cal_edit *ed,
				     const struct eas_item_context *ctx,
				     struct eas_item_edit *edit,
				     enum cal_kind kind)
{
	const char *const *p;

	i_zero(ed);
	ed->ctx = ctx;
	ed->edit = edit;
	ed->pool = ctx->req->pool;
	p_array_init(&ed->extras, ed->pool, 8);
	if (edit->old == NULL) {
		ed->obj = cal_object_new(ed->pool, kind,
			eas_item_uid(ed->pool, edit->repeat_key));
		return 0;
	}
	for (p = edit->old->extras; *p != NULL; p++)
		array_push_back(&ed->extras, p);
	ed->old = eas_item_cal_parse(ctx, ed->pool, edit->old);
	ed->obj = eas_item_cal_parse(ctx, ed->pool, edit->old);
	/* What cannot be read cannot be changed; nor can what is no such item. */
	return ed->old == NULL || ed->obj == NULL || ed->obj->kind != kind ?
		INVALID_ITEM : 0;
}

void eas_item_cal_edit_finish(struct eas_item_cal_edit *ed)
{
	struct eas_item_edit *edit = ed->edit;
	const char *before = edit->old == NULL ? NULL : edit->old->text;
	struct cal_entry *entry = &ed->obj->master;

	edit->write.uid = ed->obj->uid;
	/* Apart from the time of change, which is ours */
	if (ed->old != NULL && !ed->extras_changed &&
	    strcmp(cal_write(ed->pool, ed->old, before),
		   cal_write(ed->pool, ed->obj, before)) == 0)
		edit->unchanged = TRUE;
	entry->stamp = entry->modified = ioloop_time;
	if (ed->old == NULL)
		entry->created = ioloop_time;
	edit->write.text = cal_write(ed->pool, ed->obj, before);
	if (ed->extras_changed) {
		array_append_zero(&ed->extras);
		edit->write.extras = array_front(&ed->extras);
	}
}

void eas_item_cal_extra_set(struct eas_item_cal_edit *ed, const char *key,
			    const char *value)
{
	const char *const *list;
	unsigned int i, count;

	list = array_get(&ed->extras, &count);
	for (i = 0; i < count; i += 2) {
		if (strcmp(list[i], key) == 0)
			break;
	}
	if (i < count && value != NULL && strcmp(list[i + 1], value) == 0)
		return;
	if (i < count)
		array_delete(&ed->extras, i, 2);
	else if (value == NULL)
		return;
	ed->extras_changed = TRUE;
	if (value == NULL)
		return;
	value = p_strdup(ed->pool, value);
	array_push_back(&ed->extras, &key);
	array_push_back(&ed->extras, &value);
}

/* --- categories, body -------------------------------------------------------------- */

bool eas_item_cal_categories_read(struct eas_item_cal_edit *ed,
				  const struct wbxml_node *list,
				  wbxml_tag_t category)
{
	struct cal_entry *entry = &ed->obj->master;
	const struct wbxml_node *node;

	p_array_init(&entry->categories, ed->pool, 4);
	for (node = wbxml_child(list, category); node != NULL;
	     node = wbxml_next_sibling(node)) {
		const char *text = p_strdup(ed->pool, node->text);

		if (array_count(&entry->categories) == EAS_ITEM_CATEGORIES_MAX)
			return FALSE;
		if (*text != '\0')
			array_push_back(&entry->categories, &text);
	}
	return TRUE;
}

void eas_item_cal_categories_write(const struct eas_item_context *ctx,
				   const struct cal_entry *entry,
				   wbxml_tag_t list, wbxml_tag_t category,
				   struct wbxml_writer *w)
{
	const char *text;
	unsigned int n = 0;

	if (!eas_item_wants(ctx->body, list))
		return;
	wbxml_start_lazy(w, list);
	array_foreach_elem(&entry->categories, text) {
		if (n++ < EAS_ITEM_CATEGORIES_MAX)
			wbxml_text_tag(w, category, text);
	}
	wbxml_end(w, list);
}

bool eas_item_cal_body_read(struct eas_item_cal_edit *ed, wbxml_tag_t old_body)
{
	struct cal_entry *entry = &ed->obj->master;
	struct eas_item_body body;
	int ret;

	ret = eas_item_body_read(ed->ctx->req, ed->edit->data, old_body, &body);
	if (ret <= 0)
		return ret == 0;
	entry->description = body.text;
	entry->html = body.html;
	return TRUE;
}

void eas_item_cal_body_write(const struct eas_item_context *ctx,
			     const struct cal_entry *entry,
			     wbxml_tag_t old_body, wbxml_tag_t old_truncated,
			     struct wbxml_writer *w)
{
	struct eas_item_body body = {
		.text = entry->description,
		.html = entry->html,
	};

	if (ctx->body->no_body || !eas_item_wants(ctx->body, ASB_Body))
		return;
	eas_item_body_write(ctx->req, &body, ctx->body, old_body,
			    old_truncated, w);
}
