/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mapi.h"
#include "mapi-flags.h"
#include "dovetail-mime.h"

#define MSGFLAG_READ 0x01
/* PidTagFlagStatus: 1 complete, 2 flagged (MS-OXOFLAG 2.2.1.1) */
#define FLAG_STATUS_FLAGGED 2
/* PidTagLastVerbExecuted (MS-OXOMSG 2.2.1.40) */
#define VERB_REPLY_SENDER 102
#define VERB_REPLY_ALL 103
#define VERB_FORWARD 104

/* --- categories ------------------------------------------------------------------------ */

/* The texts in the bag */
static void categories_of_bag(const struct mapi_bag *bag,
			      ARRAY_TYPE(const_string) *categories)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, PidNameKeywords);

	if (prop == NULL ||
	    MAPI_TAG_TYPE(prop->tag) != (PTYP_STRING | PTYP_MULTIPLE))
		return;
	for (unsigned int i = 0; i < prop->v.mv.count; i++) {
		if (*prop->v.mv.v.s[i] != '\0')
			array_push_back(categories, &prop->v.mv.v.s[i]);
	}
}

const char *const *mapi_categories_keywords(struct mapi_rop *rop,
					    const struct mapi_bag *bag)
{
	ARRAY_TYPE(const_string) categories, keywords;
	const char *const *category, *keyword;

	p_array_init(&categories, rop->pool, 4);
	p_array_init(&keywords, rop->pool, 4);
	categories_of_bag(bag, &categories);
	array_foreach(&categories, category) {
		keyword = p_strdup(rop->pool,
				   mime_category_to_keyword(*category));
		array_push_back(&keywords, &keyword);
	}
	array_append_zero(&keywords);
	return array_front(&keywords);
}

const void *mapi_categories_mark(const struct mapi_bag *bag)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, PidNameKeywords);

	return prop == NULL ? NULL : prop->v.mv.v.s;
}

void mapi_categories_show(struct mapi_rop *rop, const char *const *keywords,
			  const void *mark, struct mapi_bag *bag)
{
	ARRAY_TYPE(const_string) have, shown, covered;
	const char *const *category, *keyword, *text;
	bool written = mapi_categories_mark(bag) != mark;
	union mapi_value v;

	p_array_init(&have, rop->pool, 4);
	p_array_init(&shown, rop->pool, 4);
	p_array_init(&covered, rop->pool, 4);
	categories_of_bag(bag, &have);
	array_foreach(&have, category) {
		keyword = p_strdup(rop->pool,
				   mime_category_to_keyword(*category));
		if (written && !str_array_icase_find(keywords, keyword))
			continue;
		array_push_back(&shown, category);
		array_push_back(&covered, &keyword);
	}
	array_append_zero(&covered);
	for (; *keywords != NULL; keywords++) {
		text = mime_keyword_to_category(*keywords);
		if (text == NULL ||
		    str_array_icase_find(array_front(&covered), *keywords))
			continue;
		text = p_strdup(rop->pool, text);
		array_push_back(&shown, &text);
	}
	if (array_is_empty(&shown)) {
		(void)mapi_bag_unset(bag, PidNameKeywords);
		return;
	}
	i_zero(&v);
	v.mv.count = array_count(&shown);
	v.mv.v.s = array_front_modifiable(&shown);
	mapi_bag_set(bag, PidNameKeywords, &v);
}

/* --- all flags ---------------------------------------------------------------------------- */

static bool touched(const struct mapi_msg_changes *changes, mapi_tag_t tag)
{
	return mapi_bag_get(&changes->set, tag) != NULL ||
		mapi_tags_have(&changes->gone, tag);
}

static void change_bit(struct store_flag_change *change, enum store_flags flag,
		       bool on)
{
	if (on)
		change->add |= flag;
	else
		change->remove |= flag;
}

static void change_verb(struct mapi_rop *rop, const struct mapi_bag *bag,
			struct store_flag_change *change)
{
	int64_t verb = mapi_bag_get_int(bag, PidTagLastVerbExecuted, 0);
	const char **forwarded;

	if (verb == VERB_REPLY_SENDER || verb == VERB_REPLY_ALL)
		change->add |= STORE_FLAG_ANSWERED;
	if (verb == VERB_FORWARD) {
		forwarded = p_new(rop->pool, const char *, 2);
		forwarded[0] = "$Forwarded";
		change->keywords_add = forwarded;
	}
}

static uint32_t flags_apply(struct mapi_rop *rop, store_fid_t fid, uint32_t uid,
			    const struct store_flag_change *change)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) uids;
	uint32_t error = ecNone;

	if (store_open(rop->store, fid, &folder) < 0)
		return mapi_store_error(rop);
	p_array_init(&uids, rop->pool, 1);
	seq_range_array_add(&uids, uid);
	if (store_flags_change(folder, &uids, change, NULL) < 0)
		error = mapi_store_error(rop);
	store_close(&folder);
	return error;
}

/* The category keywords of the message that are not among these */
static int keywords_gone(struct mapi_rop *rop, store_fid_t fid, uint32_t uid,
			 const char *const *stay,
			 ARRAY_TYPE(const_string) *gone_r)
{
	const char *const *keywords, *keyword;
	ARRAY_TYPE(seq_range) uids;
	struct store_folder *folder;
	struct store_fetch *fetch;
	struct store_msg *msg;

	if (store_open(rop->store, fid, &folder) < 0)
		return -1;
	p_array_init(&uids, rop->pool, 1);
	seq_range_array_add(&uids, uid);
	fetch = store_fetch_init(folder, &uids, STORE_WANT_FLAGS, FALSE);
	if (store_fetch_next(fetch, &msg)) {
		keywords = store_msg_keywords(msg);
		for (; *keywords != NULL; keywords++) {
			if (mime_keyword_to_category(*keywords) == NULL ||
			    str_array_icase_find(stay, *keywords))
				continue;
			keyword = p_strdup(rop->pool, *keywords);
			array_push_back(gone_r, &keyword);
		}
	}
	(void)store_fetch_deinit(&fetch);
	store_close(&folder);
	return 0;
}

static uint32_t categories_apply(struct mapi_rop *rop, store_fid_t fid,
				 uint32_t uid, const struct mapi_bag *bag)
{
	ARRAY_TYPE(const_string) gone;
	struct store_flag_change change;

	i_zero(&change);
	change.keywords_add = mapi_categories_keywords(rop, bag);
	p_array_init(&gone, rop->pool, 4);
	if (keywords_gone(rop, fid, uid, change.keywords_add, &gone) < 0)
		return mapi_store_error(rop);
	array_append_zero(&gone);
	change.keywords_remove = array_front(&gone);
	return flags_apply(rop, fid, uid, &change);
}

uint32_t mapi_flags_of_bag(struct mapi_rop *rop, store_fid_t fid, uint32_t uid,
			   const struct mapi_bag *bag,
			   const struct mapi_msg_changes *changes)
{
	struct store_flag_change change;
	uint32_t ret;

	i_zero(&change);
	if (touched(changes, PidTagMessageFlags))
		change_bit(&change, STORE_FLAG_SEEN,
			   (mapi_bag_get_int(bag, PidTagMessageFlags, 0) &
			    MSGFLAG_READ) != 0);
	if (touched(changes, PidTagFlagStatus))
		change_bit(&change, STORE_FLAG_FLAGGED,
			   mapi_bag_get_int(bag, PidTagFlagStatus, 0) ==
			   FLAG_STATUS_FLAGGED);
	if (touched(changes, PidTagLastVerbExecuted))
		change_verb(rop, bag, &change);
	ret = flags_apply(rop, fid, uid, &change);
	if (ret != ecNone || !touched(changes, PidNameKeywords))
		return ret;
	return categories_apply(rop, fid, uid, bag);
}

uint32_t mapi_flags_set_read(struct mapi_rop *rop, store_fid_t fid,
			     const ARRAY_TYPE(seq_range) *uids, bool read,
			     bool *changed_r)
{
	ARRAY_TYPE(store_changed) changed;
	struct store_flag_change change;
	struct store_folder *folder;
	uint32_t error = ecNone;

	i_zero(&change);
	change_bit(&change, STORE_FLAG_SEEN, read);
	p_array_init(&changed, rop->pool, 8);
	if (store_open(rop->store, fid, &folder) < 0)
		return mapi_store_error(rop);
	if (store_flags_change(folder, uids, &change, &changed) < 0)
		error = mapi_store_error(rop);
	store_close(&folder);
	if (changed_r != NULL)
		*changed_r = !array_is_empty(&changed);
	return error;
}

void mapi_bodies_drop(struct mapi_bag *bag)
{
	(void)mapi_bag_unset(bag, PidTagBody);
	(void)mapi_bag_unset(bag, PidTagHtml);
	(void)mapi_bag_unset(bag, PidTagRtfCompressed);
	(void)mapi_bag_unset(bag, PidTagRtfInSync);
}
