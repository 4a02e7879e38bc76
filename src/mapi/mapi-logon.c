/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties of the store itself (MS-OXCSTOR 2.2.2). What is not here is NotFound:
   clients cope with that, not with invented values. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-logon.h"
#include "mapi-names.h"

#define OBJECT_TYPE_STORE 1
/* PidTagStoreSupportMask (MS-OXCSTOR; the bits a mailbox of a server has) */
#define STORE_SUPPORT_MASK 0x0004fffd
#define STORE_BLOB_OID MAPI_FID_ROOT
#define STORE_BLOB "store"
/* PidTagExtendedRuleSizeLimit: bytes of one rule */
#define EXTENDED_RULE_MAX (96 * 1024)
/* what a test of the line gets */
static const unsigned char speed_test[256];

/* What many of the properties are made of; read once a ROP */
struct logon_reader {
	struct mapi_rop *rop;
	const struct mapi_logon *logon;
	bool have_bag, have_size;
	struct mapi_bag bag;
	uint64_t size, associated_size, count;
};

typedef bool logon_prop_t(struct logon_reader *reader, union mapi_value *v_r);

static bool value_blob(const buffer_t *buf, union mapi_value *v_r)
{
	v_r->bin.data = buf->data;
	v_r->bin.size = buf->used;
	return TRUE;
}

static bool lp_owner_name(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->s = reader->logon->display_name;
	return reader->logon->kind != MAPI_STORE_PUBLIC;
}

static bool lp_owner_entry_id(struct logon_reader *reader,
			      union mapi_value *v_r)
{
	buffer_t *buf = buffer_create_dynamic(reader->rop->pool, 128);

	if (reader->logon->kind == MAPI_STORE_PUBLIC)
		return FALSE;
	mapi_address_entry_id(reader->logon->address, buf);
	return value_blob(buf, v_r);
}

static bool lp_user_entry_id(struct logon_reader *reader,
			     union mapi_value *v_r)
{
	buffer_t *buf = buffer_create_dynamic(reader->rop->pool, 128);

	mapi_address_entry_id(reader->rop->session->address, buf);
	return value_blob(buf, v_r);
}

static bool lp_user_name(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->s = reader->rop->session->display_name;
	return TRUE;
}

static bool lp_email(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->s = p_strdup(reader->rop->pool,
			  mapi_dn_of_address(reader->logon->address));
	return reader->logon->kind != MAPI_STORE_PUBLIC;
}

static bool lp_display_name(struct logon_reader *reader,
			    union mapi_value *v_r)
{
	v_r->s = reader->logon->kind == MAPI_STORE_PUBLIC ? "Public Folders" :
		t_strdup_printf("Mailbox - %s", reader->logon->display_name);
	return TRUE;
}

static bool lp_record_key(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->bin.data = reader->logon->mailbox_guid;
	v_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static bool lp_mapping_signature(struct logon_reader *reader,
				 union mapi_value *v_r)
{
	v_r->bin.data = reader->logon->replica_guid;
	v_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static bool lp_entry_id(struct logon_reader *reader, union mapi_value *v_r)
{
	buffer_t *buf = buffer_create_dynamic(reader->rop->pool, 128);

	mapi_store_entry_id(reader->rop, reader->logon, buf);
	return value_blob(buf, v_r);
}

static bool folder_entry_id(struct logon_reader *reader,
			    enum mapi_special special, union mapi_value *v_r)
{
	buffer_t *buf = buffer_create_dynamic(reader->rop->pool, 64);
	uint64_t oid = mapi_special_oid(reader->rop, reader->logon, special);

	if (oid == 0)
		return FALSE;
	mapi_folder_entry_id(reader->rop, reader->logon, oid, buf);
	return value_blob(buf, v_r);
}

static bool lp_root(struct logon_reader *reader, union mapi_value *v_r)
{
	return folder_entry_id(reader, MAPI_FID_ROOT, v_r);
}

static bool lp_inbox(struct logon_reader *reader, union mapi_value *v_r)
{
	return folder_entry_id(reader, MAPI_FID_INBOX, v_r);
}

static bool lp_spooler(struct logon_reader *reader, union mapi_value *v_r)
{
	return folder_entry_id(reader, MAPI_FID_SPOOLER_QUEUE, v_r);
}

static bool lp_public_ipm(struct logon_reader *reader, union mapi_value *v_r)
{
	return folder_entry_id(reader, MAPI_FID_PUBLIC_IPM, v_r);
}

static bool lp_public_non_ipm(struct logon_reader *reader,
			      union mapi_value *v_r)
{
	return folder_entry_id(reader, MAPI_FID_PUBLIC_NON_IPM, v_r);
}

static const struct mapi_bag *reader_bag(struct logon_reader *reader)
{
	const unsigned char *data;
	struct store_place place;
	size_t size;

	if (reader->have_bag)
		return &reader->bag;
	reader->have_bag = TRUE;
	mapi_bag_init(&reader->bag, reader->rop->pool);
	mapi_place(reader->logon, STORE_BLOB_OID, &place);
	if (store_blob_get(reader->rop->store, &place, STORE_BLOB,
			   reader->rop->pool, &data, &size) > 0)
		(void)mapi_bag_unpack(&reader->bag, data, size, mapi_names_id,
				      reader->rop);
	return &reader->bag;
}

static uint64_t reader_size(struct logon_reader *reader, bool associated)
{
	ARRAY_TYPE(store_folder_stat) stats;
	const struct store_folder_stat *stat;

	if (!reader->have_size) {
		reader->have_size = TRUE;
		p_array_init(&stats, reader->rop->pool, 64);
		(void)store_view_stats(reader->rop->store, reader->logon->view,
				       STORE_STAT_SIZE, reader->rop->pool,
				       &stats);
		array_foreach(&stats, stat) {
			reader->size += stat->size;
			reader->count += stat->count;
			reader->associated_size += stat->associated_size;
		}
	}
	return associated ? reader->associated_size : reader->size;
}

static bool lp_size(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->i = I_MIN(reader_size(reader, FALSE) +
		       reader_size(reader, TRUE), INT32_MAX);
	return TRUE;
}

static bool lp_size_long(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->i = reader_size(reader, FALSE) + reader_size(reader, TRUE);
	return TRUE;
}

static bool lp_size_normal(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->i = reader_size(reader, FALSE);
	return TRUE;
}

static bool lp_size_associated(struct logon_reader *reader,
			       union mapi_value *v_r)
{
	v_r->i = reader_size(reader, TRUE);
	return TRUE;
}

/* Messages of all folders (MS-OXCSTOR 2.2.2.1.1.6) */
static bool lp_count(struct logon_reader *reader, union mapi_value *v_r)
{
	(void)reader_size(reader, FALSE);
	v_r->i = I_MIN(reader->count, INT32_MAX);
	return TRUE;
}

/* What the client says it is: false until then */
static bool lp_out_of_office(struct logon_reader *reader,
			     union mapi_value *v_r)
{
	v_r->b = mapi_bag_get_bool(reader_bag(reader), PidTagOutOfOfficeState,
				   FALSE);
	return reader->logon->kind != MAPI_STORE_PUBLIC;
}

static bool lp_rule_size(struct logon_reader *reader ATTR_UNUSED,
			 union mapi_value *v_r)
{
	v_r->i = EXTENDED_RULE_MAX;
	return TRUE;
}

/* Quotas are in KiB (MS-OXPROPS) */
static bool lp_quota(struct logon_reader *reader, union mapi_value *v_r)
{
	uint64_t used;
	int64_t limit;

	if (reader->logon->kind != MAPI_STORE_OWN ||
	    store_quota(reader->rop->store, &used, &limit) <= 0 || limit < 0)
		return FALSE;
	v_r->i = I_MIN(limit / 1024, INT32_MAX);
	return TRUE;
}

static bool lp_code_page(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->i = reader->rop->session->cpid;
	return TRUE;
}

static bool lp_locale(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->i = reader->rop->session->lcid_string;
	return TRUE;
}

static bool lp_sort_locale(struct logon_reader *reader, union mapi_value *v_r)
{
	v_r->i = reader->rop->session->lcid_sort;
	return TRUE;
}

static bool lp_line_speed(struct logon_reader *reader ATTR_UNUSED,
			  union mapi_value *v_r)
{
	v_r->bin.data = speed_test;
	v_r->bin.size = sizeof(speed_test);
	return TRUE;
}

static bool lp_object_type(struct logon_reader *reader ATTR_UNUSED,
			   union mapi_value *v_r)
{
	v_r->i = OBJECT_TYPE_STORE;
	return TRUE;
}

static bool lp_support_mask(struct logon_reader *reader ATTR_UNUSED,
			    union mapi_value *v_r)
{
	v_r->i = STORE_SUPPORT_MASK;
	return TRUE;
}

static const struct logon_prop {
	mapi_tag_t tag;
	logon_prop_t *get;
} logon_props[] = {
	{ PidTagMailboxOwnerName, lp_owner_name },
	{ PidTagMailboxOwnerEntryId, lp_owner_entry_id },
	{ PidTagUserEntryId, lp_user_entry_id },
	{ PrUserName, lp_user_name },
	{ PidTagEmailAddress, lp_email },
	{ PidTagDisplayName, lp_display_name },
	{ PidTagStoreRecordKey, lp_record_key },
	{ PidTagRecordKey, lp_record_key },
	{ PidTagMappingSignature, lp_mapping_signature },
	{ PidTagStoreEntryId, lp_entry_id },
	{ PidTagEntryId, lp_entry_id },
	{ PrRootEntryId, lp_root },
	{ PrIpmInboxEntryId, lp_inbox },
	{ PrSpoolerQueueEntryId, lp_spooler },
	{ PrIpmPublicFoldersEntryId, lp_public_ipm },
	{ PrNonIpmSubtreeEntryId, lp_public_non_ipm },
	{ PidTagMessageSize, lp_size },
	{ PidTagMessageSizeExtended, lp_size_long },
	{ PrNormalMessageSizeExtended, lp_size_normal },
	{ PrAssocMessageSizeExtended, lp_size_associated },
	{ PidTagContentCount, lp_count },
	{ PidTagExtendedRuleSizeLimit, lp_rule_size },
	{ PidTagOutOfOfficeState, lp_out_of_office },
	{ PidTagProhibitReceiveQuota, lp_quota },
	{ PidTagProhibitSendQuota, lp_quota },
	{ PidTagCodePageId, lp_code_page },
	{ PidTagLocaleId, lp_locale },
	{ PidTagSortLocaleId, lp_sort_locale },
	{ PrTestLineSpeed, lp_line_speed },
	{ PidTagObjectType, lp_object_type },
	{ PidTagStoreSupportMask, lp_support_mask },
};

static const struct logon_prop *prop_find(mapi_tag_t tag)
{
	for (unsigned int i = 0; i < N_ELEMENTS(logon_props); i++) {
		if (logon_props[i].tag == tag)
			return &logon_props[i];
	}
	for (unsigned int i = 0; i < N_ELEMENTS(logon_props); i++) {
		if (MAPI_TAG_ID(logon_props[i].tag) == MAPI_TAG_ID(tag))
			return &logon_props[i];
	}
	return NULL;
}

static void reader_init(struct logon_reader *reader_r, struct mapi_rop *rop,
			struct mapi_object *obj)
{
	i_zero(reader_r);
	reader_r->rop = rop;
	reader_r->logon = obj->logon;
}

static void logon_get(struct mapi_rop *rop, struct mapi_object *obj,
		      const mapi_tag_t *tags, unsigned int count,
		      struct mapi_prop *props_r)
{
	struct logon_reader reader;
	const struct logon_prop *def;
	struct mapi_prop have;

	reader_init(&reader, rop, obj);
	for (unsigned int i = 0; i < count; i++) {
		def = prop_find(tags[i]);
		if (def == NULL) {
			mapi_bag_answer(rop, reader_bag(&reader), &tags[i], 1,
					&props_r[i]);
			continue;
		}
		i_zero(&have);
		have.tag = def->tag;
		if (def->get(&reader, &have.v))
			mapi_prop_as(rop, &have, tags[i], &props_r[i]);
		else
			mapi_prop_error(&props_r[i], tags[i], ecNotFound);
	}
}

static void logon_list(struct mapi_rop *rop, struct mapi_object *obj,
		       ARRAY_TYPE(mapi_tag) *tags_r)
{
	struct logon_reader reader;
	const struct mapi_prop *prop;
	union mapi_value v;

	reader_init(&reader, rop, obj);
	for (unsigned int i = 0; i < N_ELEMENTS(logon_props); i++) {
		if (logon_props[i].get(&reader, &v))
			array_push_back(tags_r, &logon_props[i].tag);
	}
	array_foreach(&reader_bag(&reader)->props, prop) {
		if (!mapi_tags_have(tags_r, prop->tag))
			array_push_back(tags_r, &prop->tag);
	}
}

static uint32_t logon_change(struct mapi_rop *rop, struct mapi_object *obj,
			     const struct mapi_prop *set, mapi_tag_t unset)
{
	mapi_tag_t tag = set != NULL ? set->tag : unset;
	buffer_t *data = buffer_create_dynamic(rop->pool, 256);
	struct logon_reader reader;
	struct store_place place;

	/* MS-OXCSTOR 2.2.2.1.1, 2.2.2.1.2 */
	if (prop_find(tag) != NULL &&
	    MAPI_TAG_ID(tag) != MAPI_TAG_ID(PidTagOutOfOfficeState))
		return ecComputed;
	if (obj->logon->kind != MAPI_STORE_OWN)
		return ecNoAccess;
	reader_init(&reader, rop, obj);
	(void)reader_bag(&reader);
	if (set != NULL)
		mapi_bag_set(&reader.bag, tag, &set->v);
	else
		(void)mapi_bag_unset(&reader.bag, tag);
	mapi_bag_pack(data, &reader.bag, mapi_names_name, rop);
	mapi_place(obj->logon, STORE_BLOB_OID, &place);
	if (store_blob_set(rop->store, &place, STORE_BLOB, data->data,
			   data->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t logon_set(struct mapi_rop *rop, struct mapi_object *obj,
			  const struct mapi_prop *prop)
{
	return logon_change(rop, obj, prop, 0);
}

static uint32_t logon_unset(struct mapi_rop *rop, struct mapi_object *obj,
			    mapi_tag_t tag)
{
	return logon_change(rop, obj, NULL, tag);
}

static bool logon_park(struct mapi_object *obj ATTR_UNUSED,
		       buffer_t *out ATTR_UNUSED)
{
	return TRUE;
}

static const struct mapi_object_vfuncs logon_vfuncs = {
	.get = logon_get,
	.list = logon_list,
	.set = logon_set,
	.unset = logon_unset,
	.park = logon_park,
};

struct mapi_object *
mapi_logon_object_new(struct mapi_rop *rop, struct mapi_logon *logon)
{
	struct mapi_object *obj;

	obj = mapi_object_alloc(rop, sizeof(struct mapi_object), MAPI_LOGON,
				&logon_vfuncs, NULL);
	obj->logon = logon;
	return obj;
}
