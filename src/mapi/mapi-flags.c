/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mapi.h"
#include "mapi-flags.h"

#define MSGFLAG_READ 0x01
/* PidTagFlagStatus: 1 complete, 2 flagged (MS-OXOFLAG 2.2.1.1) */
#define FLAG_STATUS_FLAGGED 2
/* PidTagLastVerbExecuted (MS-OXOMSG 2.2.1.40) */
#define VERB_REPLY_SENDER 102
#define VERB_REPLY_ALL 103
#define VERB_FORWARD 104

/* A category as an IMAP keyword: an atom, or nothing if it cannot be one. The
   property beside the message has it as it is. */
static const char *category_keyword(pool_t pool, const char *category)
{
	for (const char *p = category; *p != '\0'; p++) {
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f ||
		    strchr("(){%*\"\\]", *p) != NULL)
			return NULL;
	}
	return *category == '\0' ? NULL : p_strdup(pool, category);
}

const char *const *mapi_categories_keywords(struct mapi_rop *rop,
					    const struct mapi_bag *bag)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, PidNameKeywords);
	ARRAY_TYPE(const_string) keywords;
	const char *keyword;

	p_array_init(&keywords, rop->pool, 4);
	if (prop != NULL &&
	    MAPI_TAG_TYPE(prop->tag) == (PTYP_STRING | PTYP_MULTIPLE)) {
		for (unsigned int i = 0; i < prop->v.mv.count; i++) {
			keyword = category_keyword(rop->pool,
						   prop->v.mv.v.s[i]);
			if (keyword != NULL)
				array_push_back(&keywords, &keyword);
		}
	}
	array_append_zero(&keywords);
	return array_front(&keywords);
}

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

static void change_keywords(struct mapi_rop *rop, const struct mapi_bag *bag,
			    const struct mapi_bag *before,
			    struct store_flag_change *change)
{
	change->keywords_remove = mapi_categories_keywords(rop, before);
	change->keywords_add = mapi_categories_keywords(rop, bag);
}

uint32_t mapi_flags_of_bag(struct mapi_rop *rop, store_fid_t fid, uint32_t uid,
			   const struct mapiconv_mail *mail,
			   const struct mapi_bag *bag,
			   const struct mapi_msg_changes *changes)
{
	struct store_flag_change change;
	struct mapiconv conv;
	struct mapi_bag before;
	const mapi_tag_t keywords = PidNameKeywords;
	const char *error;
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
	mapi_conv_init(rop, &conv);
	mapi_bag_init(&before, rop->pool);
	(void)mapiconv_mail_list(&conv, mail, &keywords, 1, &before, &error);
	i_zero(&change);
	change_keywords(rop, bag, &before, &change);
	return flags_apply(rop, fid, uid, &change);
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
