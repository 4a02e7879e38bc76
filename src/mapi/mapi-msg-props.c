/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties of a message that come from where it is and not from what it says
   (MS-OXCMSG 2.2.1, MS-OXCPRPT 2.2.1, MS-OXCTABL 2.2.1, MS-OXCFXICS 2.2.1.2). */

#include "mapi.h"
#include "sha1.h"
#include "mapi-folder.h"
#include "mapi-msg.h"

#define OBJECT_TYPE_MESSAGE 5
#define ROW_TYPE_LEAF 1
/* PidTagMessageFlags (MS-OXCMSG 2.2.1.6) */
#define MSGFLAG_READ 0x0001
#define MSGFLAG_UNMODIFIED 0x0002
#define MSGFLAG_UNSENT 0x0008
#define MSGFLAG_HASATTACH 0x0010
#define MSGFLAG_FAI 0x0040
#define MSGFLAG_EVERREAD 0x0400
/* of PidTagRecipientType: what kind, beside flags */
#define RECIPIENT_TYPE_MASK 0x0f
/* PidTagAccess */
#define ACCESS_MODIFY 0x01
#define ACCESS_READ 0x02
#define ACCESS_DELETE 0x04

/* Sets the value. FALSE: not of this message; the content may have it. */
typedef bool place_prop_t(struct mapi_rop *rop, struct mapi_msg_place *place,
			  union mapi_value *v_r);

static bool value_blob(const buffer_t *buf, union mapi_value *v_r)
{
	v_r->bin.data = buf->data;
	v_r->bin.size = buf->used;
	return TRUE;
}

static mapi_id_t place_id(struct mapi_rop *rop,
			  const struct mapi_msg_place *place)
{
	return place->id != 0 ? place->id :
		mapi_msg_wire(rop, place->logon, &place->ref);
}

static mapi_id_t place_folder(struct mapi_rop *rop,
			      const struct mapi_msg_place *place)
{
	return mapi_folder_wire(rop, place->logon, place->ref.folder);
}

static bool mp_id(struct mapi_rop *rop, struct mapi_msg_place *place,
		  union mapi_value *v_r)
{
	v_r->i = place_id(rop, place);
	return !place->is_new;
}

static bool mp_folder(struct mapi_rop *rop, struct mapi_msg_place *place,
		      union mapi_value *v_r)
{
	v_r->i = place_folder(rop, place);
	return TRUE;
}

static bool mp_zero(struct mapi_rop *rop ATTR_UNUSED,
		    struct mapi_msg_place *place ATTR_UNUSED,
		    union mapi_value *v_r)
{
	v_r->i = 0;
	return TRUE;
}

static bool mp_row_type(struct mapi_rop *rop ATTR_UNUSED,
			struct mapi_msg_place *place ATTR_UNUSED,
			union mapi_value *v_r)
{
	v_r->i = ROW_TYPE_LEAF;
	return TRUE;
}

static bool mp_entry_id(struct mapi_rop *rop, struct mapi_msg_place *place,
			union mapi_value *v_r)
{
	buffer_t *buf;

	if (place->is_new)
		return FALSE;
	buf = buffer_create_dynamic(rop->pool, 70);
	mapi_message_entry_id(rop, place->logon, place_folder(rop, place),
			      place_id(rop, place), buf);
	return value_blob(buf, v_r);
}

static bool mp_parent_entry_id(struct mapi_rop *rop,
			       struct mapi_msg_place *place,
			       union mapi_value *v_r)
{
	buffer_t *buf = buffer_create_dynamic(rop->pool, 46);

	mapi_folder_entry_id(rop, place->logon, place->ref.folder, buf);
	return value_blob(buf, v_r);
}

static bool mp_source_key(struct mapi_rop *rop, struct mapi_msg_place *place,
			  union mapi_value *v_r)
{
	buffer_t *buf;

	if (place->is_new)
		return FALSE;
	buf = buffer_create_dynamic(rop->pool, 22);
	mapi_source_key(rop, place->logon, place_id(rop, place), buf);
	return value_blob(buf, v_r);
}

static bool mp_parent_source_key(struct mapi_rop *rop,
				 struct mapi_msg_place *place,
				 union mapi_value *v_r)
{
	buffer_t *buf = buffer_create_dynamic(rop->pool, 22);

	mapi_source_key(rop, place->logon, place_folder(rop, place), buf);
	return value_blob(buf, v_r);
}

/* Rows of contents tables: FID, MID, instance, as clients compare them */
static bool mp_instance_key(struct mapi_rop *rop, struct mapi_msg_place *place,
			    union mapi_value *v_r)
{
	buffer_t *buf;

	if (place->is_new)
		return FALSE;
	buf = buffer_create_dynamic(rop->pool, 20);
	mapi_out_u64(buf, place_folder(rop, place));
	mapi_out_u64(buf, place_id(rop, place));
	mapi_out_u32(buf, 0);
	return value_blob(buf, v_r);
}

static const struct store_version *
place_version(struct mapi_rop *rop, struct mapi_msg_place *place)
{
	struct store_object object;

	if (!place->have_version) {
		mapi_msg_object_of(place->logon, &place->ref, &object);
		/* a soft-deleted one has none but its id */
		if (place->ref.source == MAPI_MSG_DELETED ||
		    store_version_get(rop->store, &object, rop->pool,
				      &place->version) < 0) {
			i_zero(&place->version);
			place->version.cn =
				mapi_id_globcnt(place_id(rop, place));
		}
		place->have_version = TRUE;
	}
	return &place->version;
}

static bool mp_change_key(struct mapi_rop *rop, struct mapi_msg_place *place,
			  union mapi_value *v_r)
{
	buffer_t *key, *pcl;

	if (place->is_new)
		return FALSE;
	key = buffer_create_dynamic(rop->pool, 22);
	pcl = buffer_create_dynamic(rop->pool, 64);
	mapi_version_keys(place->logon, place_version(rop, place), key, pcl);
	return value_blob(key, v_r);
}

static bool mp_pcl(struct mapi_rop *rop, struct mapi_msg_place *place,
		   union mapi_value *v_r)
{
	buffer_t *key, *pcl;

	if (place->is_new)
		return FALSE;
	key = buffer_create_dynamic(rop->pool, 22);
	pcl = buffer_create_dynamic(rop->pool, 64);
	mapi_version_keys(place->logon, place_version(rop, place), key, pcl);
	return value_blob(pcl, v_r);
}

static bool mp_change_number(struct mapi_rop *rop,
			     struct mapi_msg_place *place,
			     union mapi_value *v_r)
{
	if (place->is_new)
		return FALSE;
	v_r->i = mapi_id(MAPI_REPLID_OWN, place_version(rop, place)->cn);
	return TRUE;
}

static bool mp_flags(struct mapi_rop *rop ATTR_UNUSED,
		     struct mapi_msg_place *place, union mapi_value *v_r)
{
	int64_t dflt = MSGFLAG_READ | MSGFLAG_EVERREAD;

	/* MS-OXCMSG 3.2.5.2 */
	dflt |= place->is_new ? MSGFLAG_UNSENT : MSGFLAG_UNMODIFIED;
	v_r->i = mapi_bag_get_int(place->bag, PidTagMessageFlags, dflt);
	v_r->i &= ~(MSGFLAG_HASATTACH | MSGFLAG_FAI);
	if (place->associated)
		v_r->i |= MSGFLAG_FAI;
	if (place->attachments > 0 ||
	    (place->attachments < 0 &&
	     mapi_bag_get_bool(place->bag, PidTagHasAttachments, FALSE)))
		v_r->i |= MSGFLAG_HASATTACH;
	if ((v_r->i & MSGFLAG_READ) != 0)
		v_r->i |= MSGFLAG_EVERREAD;
	return TRUE;
}

static bool mp_read(struct mapi_rop *rop, struct mapi_msg_place *place,
		    union mapi_value *v_r)
{
	union mapi_value flags;

	(void)mp_flags(rop, place, &flags);
	v_r->b = (flags.i & MSGFLAG_READ) != 0;
	return TRUE;
}

static bool mp_has_attachments(struct mapi_rop *rop ATTR_UNUSED,
			       struct mapi_msg_place *place,
			       union mapi_value *v_r)
{
	v_r->b = place->attachments > 0;
	return place->attachments >= 0;
}

static bool mp_access(struct mapi_rop *rop ATTR_UNUSED,
		      struct mapi_msg_place *place, union mapi_value *v_r)
{
	v_r->i = 0;
	if ((place->rights & MAPI_RIGHT_READ_ANY) != 0)
		v_r->i |= ACCESS_READ;
	if ((place->rights & MAPI_RIGHT_EDIT_ANY) != 0 || place->is_new)
		v_r->i |= ACCESS_MODIFY;
	if ((place->rights & MAPI_RIGHT_DELETE_ANY) != 0)
		v_r->i |= ACCESS_DELETE;
	return TRUE;
}

static bool mp_access_level(struct mapi_rop *rop ATTR_UNUSED,
			    struct mapi_msg_place *place,
			    union mapi_value *v_r)
{
	v_r->i = (place->rights & MAPI_RIGHT_EDIT_ANY) != 0 || place->is_new;
	return TRUE;
}

static bool mp_object_type(struct mapi_rop *rop ATTR_UNUSED,
			   struct mapi_msg_place *place ATTR_UNUSED,
			   union mapi_value *v_r)
{
	v_r->i = OBJECT_TYPE_MESSAGE;
	return TRUE;
}

static bool mp_store_entry_id(struct mapi_rop *rop,
			      struct mapi_msg_place *place,
			      union mapi_value *v_r)
{
	buffer_t *buf = buffer_create_dynamic(rop->pool, 128);

	mapi_store_entry_id(rop, place->logon, buf);
	return value_blob(buf, v_r);
}

static bool mp_store_record_key(struct mapi_rop *rop ATTR_UNUSED,
				struct mapi_msg_place *place,
				union mapi_value *v_r)
{
	v_r->bin.data = place->logon->mailbox_guid;
	v_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static bool mp_mapping_signature(struct mapi_rop *rop ATTR_UNUSED,
				 struct mapi_msg_place *place,
				 union mapi_value *v_r)
{
	v_r->bin.data = place->logon->replica_guid;
	v_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static bool mp_named(struct mapi_rop *rop ATTR_UNUSED,
		     struct mapi_msg_place *place, union mapi_value *v_r)
{
	const struct mapi_prop *prop;

	v_r->b = FALSE;
	array_foreach(&place->bag->props, prop) {
		if (MAPI_TAG_ID(prop->tag) >= MAPI_NAMED_FIRST)
			v_r->b = TRUE;
	}
	return TRUE;
}

/* One that was not given by a client: made of the source key, so that it stays */
static bool mp_search_key(struct mapi_rop *rop, struct mapi_msg_place *place,
			  union mapi_value *v_r)
{
	unsigned char digest[SHA1_RESULTLEN];
	union mapi_value key;

	if (mapi_bag_get(place->bag, PidTagSearchKey) != NULL ||
	    !mp_source_key(rop, place, &key))
		return FALSE;
	sha1_get_digest(key.bin.data, key.bin.size, digest);
	v_r->bin.data = p_memdup(rop->pool, digest, GUID_128_SIZE);
	v_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static const struct place_prop {
	mapi_tag_t tag;
	place_prop_t *get;
	/* told in lists: 1 always, 2 of saved ones */
	unsigned int listed;
} place_props[] = {
	{ PidTagMid, mp_id, 2 },
	{ PidTagInstID, mp_id, 0 },
	{ PidTagFolderId, mp_folder, 1 },
	{ PidTagParentFolderId, mp_folder, 0 },
	{ PidTagInstanceNum, mp_zero, 0 },
	{ PidTagDepth, mp_zero, 0 },
	{ PidTagRowType, mp_row_type, 0 },
	{ PidTagEntryId, mp_entry_id, 2 },
	{ PidTagRecordKey, mp_source_key, 2 },
	{ PidTagParentEntryId, mp_parent_entry_id, 1 },
	{ PidTagSourceKey, mp_source_key, 2 },
	{ PidTagParentSourceKey, mp_parent_source_key, 2 },
	{ PidTagInstanceKey, mp_instance_key, 0 },
	{ PidTagChangeKey, mp_change_key, 2 },
	{ PidTagPredecessorChangeList, mp_pcl, 2 },
	{ PidTagChangeNumber, mp_change_number, 2 },
	{ PidTagMessageFlags, mp_flags, 1 },
	{ PidTagRead, mp_read, 1 },
	{ PidTagHasAttachments, mp_has_attachments, 1 },
	{ PidTagAccess, mp_access, 1 },
	{ PidTagAccessLevel, mp_access_level, 1 },
	{ PidTagObjectType, mp_object_type, 1 },
	{ PidTagStoreEntryId, mp_store_entry_id, 1 },
	{ PidTagStoreRecordKey, mp_store_record_key, 1 },
	{ PidTagMappingSignature, mp_mapping_signature, 1 },
	{ PidTagHasNamedProperties, mp_named, 1 },
	{ PidTagSearchKey, mp_search_key, 2 },
};

static const struct place_prop *place_find(mapi_tag_t tag)
{
	for (unsigned int i = 0; i < N_ELEMENTS(place_props); i++) {
		if (MAPI_TAG_ID(place_props[i].tag) == MAPI_TAG_ID(tag))
			return &place_props[i];
	}
	return NULL;
}

bool mapi_msg_place_get(struct mapi_rop *rop, struct mapi_msg_place *place,
			mapi_tag_t tag, struct mapi_prop *prop_r)
{
	const struct place_prop *def = place_find(tag);

	if (def == NULL)
		return FALSE;
	i_zero(prop_r);
	prop_r->tag = def->tag;
	return def->get(rop, place, &prop_r->v);
}

void mapi_msg_place_tags(ARRAY_TYPE(mapi_tag) *tags, bool is_new)
{
	for (unsigned int i = 0; i < N_ELEMENTS(place_props); i++) {
		if (place_props[i].listed == 1 ||
		    (place_props[i].listed == 2 && !is_new))
			array_push_back(tags, &place_props[i].tag);
	}
}

static void set_display(struct mapi_bag *bag, mapi_tag_t tag, int64_t type,
			const struct mapi_bag *rcpts, unsigned int count)
{
	string_t *names = t_str_new(128);
	const char *name;

	for (unsigned int i = 0; i < count; i++) {
		if ((mapi_bag_get_int(&rcpts[i], PidTagRecipientType, 1) &
		     RECIPIENT_TYPE_MASK) != type)
			continue;
		name = mapi_bag_get_str(&rcpts[i], PidTagDisplayName);
		if (name == NULL)
			name = mapi_bag_get_str(&rcpts[i], PidTagEmailAddress);
		if (name == NULL)
			continue;
		if (str_len(names) > 0)
			str_append(names, "; ");
		str_append(names, name);
	}
	mapi_bag_set_str(bag, tag, str_c(names));
}

void mapi_msg_set_displays(struct mapi_bag *bag, const struct mapi_bag *rcpts,
			   unsigned int count)
{
	T_BEGIN {
		set_display(bag, PidTagDisplayTo, 1, rcpts, count);
		set_display(bag, PidTagDisplayCc, 2, rcpts, count);
		set_display(bag, PidTagDisplayBcc, 3, rcpts, count);
	} T_END;
}

uint32_t mapi_msg_may_set(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagMid):
	case MAPI_TAG_ID(PidTagFolderId):
	case MAPI_TAG_ID(PidTagParentFolderId):
	case MAPI_TAG_ID(PidTagInstID):
	case MAPI_TAG_ID(PidTagInstanceNum):
	case MAPI_TAG_ID(PidTagRowType):
	case MAPI_TAG_ID(PidTagEntryId):
	case MAPI_TAG_ID(PidTagRecordKey):
	case MAPI_TAG_ID(PidTagParentEntryId):
	case MAPI_TAG_ID(PidTagParentSourceKey):
	case MAPI_TAG_ID(PidTagInstanceKey):
	case MAPI_TAG_ID(PidTagChangeNumber):
	case MAPI_TAG_ID(PidTagHasAttachments):
	case MAPI_TAG_ID(PidTagAccess):
	case MAPI_TAG_ID(PidTagAccessLevel):
	case MAPI_TAG_ID(PidTagObjectType):
	case MAPI_TAG_ID(PidTagStoreEntryId):
	case MAPI_TAG_ID(PidTagStoreRecordKey):
	case MAPI_TAG_ID(PidTagMappingSignature):
	case MAPI_TAG_ID(PidTagHasNamedProperties):
	case MAPI_TAG_ID(PidTagMessageSize):
	case MAPI_TAG_ID(PidTagDisplayTo):
	case MAPI_TAG_ID(PidTagDisplayCc):
	case MAPI_TAG_ID(PidTagDisplayBcc):
	case MAPI_TAG_ID(PidTagTransportMessageHeaders):
		return ecComputed;
	}
	return ecNone;
}
