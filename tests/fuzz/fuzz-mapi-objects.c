/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hash.h"
#include "str.h"
#include "dovetail-directory.h"
#include "dovetail-mapi.h"
#include "dovetail-meta.h"
#include "dovetail-sieve.h"
#include "dovetail-submit.h"
#include "fuzz-mapi-store.h"

/* --- items -------------------------------------------------------------------------------------------- */

static void item_fill(const struct fake_object *object, pool_t pool,
		      struct store_item *item_r)
{
	static const char *const none[] = { NULL };

	i_zero(item_r);
	item_r->num = object->num;
	item_r->name = object->key;
	item_r->text = p_strndup(pool, object->data, object->size);
	item_r->text_size = object->size;
	item_r->extras = none;
	item_r->seq = object->seq;
}

int store_item_get(struct store *store ATTR_UNUSED, store_fid_t fid,
		   uint32_t num, pool_t pool, struct store_item *item_r)
{
	const struct fake_object *object =
		fake_object_find_fid(STORE_OBJECT_ITEM, fid, num);

	if (object == NULL)
		return 0;
	item_fill(object, pool, item_r);
	return 1;
}

int store_item_put(struct store *store ATTR_UNUSED, store_fid_t fid,
		   const struct store_item_write *write, uint32_t *num_r,
		   uint64_t *seq_r)
{
	const char *key = t_strdup_printf("%032x",
					  (unsigned int)str_hash(write->uid));
	struct fake_object *object;
	struct store_place place;

	fake_place_of_fid(&place, fid);
	array_foreach_modifiable(&fake_store.objects, object) {
		if (object->kind == STORE_OBJECT_ITEM &&
		    object->place.fid == fid &&
		    strcmp(object->key, key) == 0)
			break;
	}
	if (object == array_front(&fake_store.objects) +
	    array_count(&fake_store.objects)) {
		object = fake_object_new(STORE_OBJECT_ITEM, &place, write->text,
				    strlen(write->text));
		if (object == NULL)
			return -1;
		object->key = p_strdup(fake_store.pool, key);
	} else {
		if (write->only_new)
			return fake_fails(STORE_ERROR_EXISTS);
		object->data = p_memdup(fake_store.pool, write->text,
					strlen(write->text) + 1);
		object->size = strlen(write->text);
		object->seq = ++fake_store.seq;
	}
	if (num_r != NULL)
		*num_r = object->num;
	if (seq_r != NULL)
		*seq_r = object->seq;
	return 0;
}

int store_item_delete(struct store *store ATTR_UNUSED, store_fid_t fid,
		      const ARRAY_TYPE(seq_range) *nums)
{
	struct store_place place;

	fake_place_of_fid(&place, fid);
	fake_objects_delete(STORE_OBJECT_ITEM, &place, nums);
	return 0;
}

int store_item_move(struct store *store ATTR_UNUSED, store_fid_t src,
		    uint32_t num, store_fid_t dest, uint32_t *num_r)
{
	struct fake_object *object =
		fake_object_find_fid(STORE_OBJECT_ITEM, src, num);

	if (object == NULL)
		return fake_fails(STORE_ERROR_NOTFOUND);
	object->place.fid = dest;
	*num_r = num;
	return 0;
}

int store_item_copy(struct store *store ATTR_UNUSED, store_fid_t src,
		    uint32_t num, store_fid_t dest, uint32_t *num_r)
{
	struct fake_object *object =
		fake_object_find_fid(STORE_OBJECT_ITEM, src, num);
	struct store_place place;
	const char *key;

	if (object == NULL)
		return fake_fails(STORE_ERROR_NOTFOUND);
	key = object->key;
	fake_place_of_fid(&place, dest);
	object = fake_object_new(STORE_OBJECT_ITEM, &place, object->data,
			    object->size);
	if (object == NULL)
		return -1;
	object->key = key;
	*num_r = object->num;
	return 0;
}

int store_item_point(struct store *store ATTR_UNUSED,
		     store_fid_t fid ATTR_UNUSED, struct store_point *point_r)
{
	store_point_get(NULL, point_r);
	return 0;
}

int store_item_changes(struct store *store ATTR_UNUSED, store_fid_t fid,
		       const struct store_point *since ATTR_UNUSED,
		       const ARRAY_TYPE(seq_range) *known, pool_t pool,
		       struct store_changes *changes_r)
{
	return fake_changes_make(STORE_OBJECT_ITEM, fid, known, pool, changes_r);
}

bool store_item_unchanged(struct store *store, store_fid_t fid,
			  const struct store_point *since)
{
	return store_unchanged(store, fid, since);
}

int store_item_nums(struct store *store ATTR_UNUSED, store_fid_t fid,
		    ARRAY_TYPE(seq_range) *nums_r)
{
	fake_objects_nums(STORE_OBJECT_ITEM, fid, nums_r);
	return 0;
}

int store_item_blob_get(struct store *store ATTR_UNUSED, store_fid_t fid,
			uint32_t num, const char *name, pool_t pool ATTR_UNUSED,
			const unsigned char **data_r, size_t *size_r)
{
	struct store_place place;

	fake_place_of_fid(&place, fid);
	return fake_blob_get(&place, num, name, data_r, size_r);
}

int store_item_blob_set(struct store *store ATTR_UNUSED, store_fid_t fid,
			uint32_t num, const char *name, const void *data,
			size_t size, uint64_t *seq_r)
{
	struct store_place place;

	fake_place_of_fid(&place, fid);
	if (seq_r != NULL)
		*seq_r = fake_store.seq + 1;
	return fake_blob_set(&place, num, name, data, size);
}

/* --- opaque objects, blobs ------------------------------------------------------------------------------- */

static void opaque_fill(const struct fake_object *object,
			struct store_opaque *opaque_r)
{
	i_zero(opaque_r);
	opaque_r->num = object->num;
	opaque_r->name = "0123456789abcdef0123456789abcdef";
	opaque_r->key = object->key;
	opaque_r->associated = object->associated;
	opaque_r->data = object->data;
	opaque_r->size = object->size;
	opaque_r->seq = object->seq;
}

int store_opaque_get(struct store *store ATTR_UNUSED,
		     const struct store_place *place, uint32_t num,
		     pool_t pool ATTR_UNUSED, struct store_opaque *opaque_r)
{
	const struct fake_object *object =
		fake_object_find(STORE_OBJECT_OPAQUE, place, num);

	if (object == NULL)
		return 0;
	opaque_fill(object, opaque_r);
	return 1;
}

int store_opaque_list(struct store *store ATTR_UNUSED,
		      const struct store_place *place,
		      enum store_opaque_which which, const char *key_prefix,
		      pool_t pool ATTR_UNUSED,
		      ARRAY_TYPE(store_opaque) *opaques_r)
{
	const struct fake_object *object;
	size_t len = key_prefix == NULL ? 0 : strlen(key_prefix);

	array_foreach(&fake_store.objects, object) {
		if (object->kind == STORE_OBJECT_OPAQUE &&
		    fake_place_is(&object->place, place) &&
		    (which & (object->associated ? STORE_OPAQUE_ASSOCIATED :
			      STORE_OPAQUE_NORMAL)) != 0 &&
		    (len == 0 || strncmp(object->key, key_prefix, len) == 0))
			opaque_fill(object, array_append_space(opaques_r));
	}
	return 0;
}

int store_opaque_put(struct store *store ATTR_UNUSED,
		     const struct store_place *place,
		     const struct store_opaque_write *write, uint32_t *num_r,
		     uint64_t *seq_r)
{
	struct fake_object *object;

	if (strlen(write->key) > STORE_OPAQUE_KEY_MAX)
		return fake_fails(STORE_ERROR_INVALID);
	if (write->num != 0) {
		object = fake_object_find(STORE_OBJECT_OPAQUE, place, write->num);
		if (object == NULL)
			return fake_fails(STORE_ERROR_NOTFOUND);
		if (write->expected_seq != 0 &&
		    write->expected_seq != object->seq)
			return fake_fails(STORE_ERROR_EXISTS);
		object->data = p_memdup(fake_store.pool, write->data,
					I_MAX(write->size, 1));
		object->size = write->size;
		object->seq = ++fake_store.seq;
	} else {
		object = fake_object_new(STORE_OBJECT_OPAQUE, place, write->data,
				    write->size);
		if (object == NULL)
			return -1;
	}
	object->key = p_strdup(fake_store.pool, write->key);
	object->associated = write->associated;
	if (num_r != NULL)
		*num_r = object->num;
	if (seq_r != NULL)
		*seq_r = object->seq;
	return 0;
}

int store_opaque_delete(struct store *store ATTR_UNUSED,
			const struct store_place *place,
			const ARRAY_TYPE(seq_range) *nums)
{
	fake_objects_delete(STORE_OBJECT_OPAQUE, place, nums);
	return 0;
}

int store_opaque_copy(struct store *store ATTR_UNUSED,
		      const struct store_place *src, uint32_t num,
		      const struct store_place *dest, bool move,
		      uint32_t *num_r)
{
	struct fake_object *object, from;

	object = fake_object_find(STORE_OBJECT_OPAQUE, src, num);
	if (object == NULL)
		return fake_fails(STORE_ERROR_NOTFOUND);
	if (move)
		fake_place_copy(&object->place, dest);
	else {
		from = *object;
		object = fake_object_new(STORE_OBJECT_OPAQUE, dest, from.data,
				    from.size);
		if (object == NULL)
			return -1;
		object->key = from.key;
		object->associated = from.associated;
	}
	*num_r = object->num;
	return 0;
}

int store_opaque_changes(struct store *store,
			 const struct store_place *place, uint64_t since,
			 ARRAY_TYPE(store_opaque_change) *changes_r,
			 uint64_t *now_r)
{
	const struct fake_object *object;
	struct store_opaque_change *change;

	array_foreach(&fake_store.objects, object) {
		if (object->kind != STORE_OBJECT_OPAQUE ||
		    !fake_place_is(&object->place, place) || object->seq <= since)
			continue;
		change = array_append_space(changes_r);
		change->num = object->num;
		change->seq = object->seq;
	}
	*now_r = store->seq;
	return 1;
}

int store_blob_get(struct store *store ATTR_UNUSED,
		   const struct store_place *place, const char *name,
		   pool_t pool ATTR_UNUSED, const unsigned char **data_r,
		   size_t *size_r)
{
	return fake_blob_get(place, 0, name, data_r, size_r);
}

int store_blob_set(struct store *store ATTR_UNUSED,
		   const struct store_place *place, const char *name,
		   const void *data, size_t size)
{
	return fake_blob_set(place, 0, name, data, size);
}

int store_blob_stamp(struct store *store, const char *view ATTR_UNUSED,
		     uint64_t *stamp_r)
{
	*stamp_r = store->seq;
	return 0;
}

/* --- ids, versions, names ------------------------------------------------------------------------------------- */

int store_gid_of(struct store *store ATTR_UNUSED,
		 const struct store_object *object, struct store_gid *gid_r)
{
	gid_r->replid = STORE_REPLID_OWN;
	switch (object->kind) {
	case STORE_OBJECT_FOLDER:
		gid_r->counter = object->place.fid == 0 ?
			object->place.special :
			META_OID_FOLDER(object->place.fid);
		break;
	case STORE_OBJECT_MAIL:
		gid_r->counter = META_OID_MAIL(IDSPACE, object->num);
		break;
	default:
		gid_r->counter = META_OID_ITEM_FIRST + object->num;
		break;
	}
	return gid_r->counter == 0 ? fake_fails(STORE_ERROR_INVALID) : 0;
}

int store_gid_of_mail(struct store_folder *folder ATTR_UNUSED, uint32_t uid,
		      struct store_gid *gid_r)
{
	gid_r->replid = STORE_REPLID_OWN;
	gid_r->counter = META_OID_MAIL(IDSPACE, uid);
	return 0;
}

int store_gid_find(struct store *store, const char *view ATTR_UNUSED,
		   const struct store_gid *gid,
		   const struct store_place *near ATTR_UNUSED,
		   struct store_object *object_r)
{
	const struct fake_object *object;

	i_zero(object_r);
	if (gid->replid != STORE_REPLID_OWN)
		return 0;
	if (gid->counter < META_OID_FOLDER_FIRST ||
	    (gid->counter <= META_OID_FOLDER_LAST &&
	     store_folder_find(store, gid->counter - META_OID_FOLDER_FIRST) !=
	     NULL)) {
		object_r->kind = STORE_OBJECT_FOLDER;
		if (gid->counter < META_OID_FOLDER_FIRST)
			object_r->place.special = gid->counter;
		else
			object_r->place.fid =
				gid->counter - META_OID_FOLDER_FIRST;
		return 1;
	}
	array_foreach(&store->objects, object) {
		if (gid->counter != (object->kind == STORE_OBJECT_MAIL ?
				     META_OID_MAIL(IDSPACE, object->num) :
				     META_OID_ITEM_FIRST + object->num))
			continue;
		object_r->kind = object->kind;
		object_r->place = object->place;
		object_r->num = object->num;
		return 1;
	}
	return 0;
}

int store_gid_give(struct store *store ATTR_UNUSED,
		   const struct store_object *object ATTR_UNUSED,
		   const struct store_gid *gid ATTR_UNUSED)
{
	return 0;
}

int store_gid_range(struct store *store ATTR_UNUSED,
		    const char *view ATTR_UNUSED, uint32_t count,
		    uint64_t *first_r)
{
	*first_r = META_OID_CLIENT_FIRST;
	return count == 0 || count > 0x100000 ? fake_fails(STORE_ERROR_INVALID) : 0;
}

int store_replica_guid(struct store *store ATTR_UNUSED,
		       const char *view ATTR_UNUSED, uint16_t replid,
		       guid_128_t guid_r)
{
	memset(guid_r, 0x11, GUID_128_SIZE);
	return replid == STORE_REPLID_OWN ? 1 : 0;
}

int store_replica_id(struct store *store ATTR_UNUSED,
		     const char *view ATTR_UNUSED, const guid_128_t guid,
		     bool create, uint16_t *replid_r)
{
	*replid_r = guid[0] == 0x11 ? STORE_REPLID_OWN : 2;
	return guid[0] == 0x11 || create ? 1 : 0;
}

int store_version_get(struct store *store,
		      const struct store_object *object ATTR_UNUSED,
		      pool_t pool ATTR_UNUSED,
		      struct store_version *version_r)
{
	i_zero(version_r);
	version_r->cn = STORE_CN_CHANGED + store->seq;
	return 0;
}

int store_version_of_mail(struct store_folder *folder ATTR_UNUSED,
			  uint32_t uid ATTR_UNUSED, pool_t pool ATTR_UNUSED,
			  struct store_version *version_r)
{
	i_zero(version_r);
	version_r->cn = STORE_CN_CHANGED + fake_store.seq;
	return 0;
}

int store_version_set(struct store *store,
		      const struct store_object *object ATTR_UNUSED,
		      const void *change_key ATTR_UNUSED,
		      size_t change_key_size ATTR_UNUSED,
		      const void *pcl ATTR_UNUSED, size_t pcl_size ATTR_UNUSED,
		      uint64_t *cn_r)
{
	if (cn_r != NULL)
		*cn_r = STORE_CN_CHANGED + store->seq;
	return 0;
}

int store_version_bump(struct store *store,
		       const struct store_object *object ATTR_UNUSED)
{
	store->seq++;
	return 0;
}

int store_versions(struct store *store ATTR_UNUSED,
		   const struct store_place *place ATTR_UNUSED,
		   enum store_object_kind kind ATTR_UNUSED,
		   uint64_t since ATTR_UNUSED, pool_t pool ATTR_UNUSED,
		   ARRAY_TYPE(store_version_row) *rows_r ATTR_UNUSED)
{
	return 0;
}

int store_view_versions(struct store *store ATTR_UNUSED,
			const char *view ATTR_UNUSED, pool_t pool ATTR_UNUSED,
			ARRAY_TYPE(store_version_row) *rows_r ATTR_UNUSED)
{
	return 0;
}

int store_version_max(struct store *store,
		      const struct store_place *place ATTR_UNUSED,
		      uint64_t *changed_r, uint64_t *seq_r)
{
	*changed_r = STORE_CN_CHANGED + store->seq;
	*seq_r = STORE_CN_SEQ + store->seq;
	return 0;
}

int store_name_ids(struct store *store, const char *const *names,
		   unsigned int count, bool create, uint16_t *ids_r)
{
	const char *const *namep, *name;

	for (unsigned int i = 0; i < count; i++) {
		ids_r[i] = 0;
		array_foreach(&store->names, namep) {
			if (strcmp(*namep, names[i]) == 0)
				ids_r[i] = STORE_NAME_FIRST +
					array_foreach_idx(&store->names,
							  namep);
		}
		if (ids_r[i] != 0 || !create)
			continue;
		ids_r[i] = STORE_NAME_FIRST + array_count(&store->names);
		name = p_strdup(store->pool, names[i]);
		array_push_back(&store->names, &name);
	}
	return 0;
}

int store_names(struct store *store, const uint16_t *ids, unsigned int count,
		pool_t pool ATTR_UNUSED, const char **names_r)
{
	for (unsigned int i = 0; i < count; i++) {
		names_r[i] = ids[i] < STORE_NAME_FIRST ||
			ids[i] - STORE_NAME_FIRST >=
			array_count(&store->names) ? NULL :
			*array_idx(&store->names, ids[i] - STORE_NAME_FIRST);
	}
	return 0;
}

int store_names_all(struct store *store, pool_t pool ATTR_UNUSED,
		    ARRAY_TYPE(store_name) *names_r)
{
	const char *const *namep;
	struct store_name *name;

	array_foreach(&store->names, namep) {
		name = array_append_space(names_r);
		name->id = STORE_NAME_FIRST +
			array_foreach_idx(&store->names, namep);
		name->name = *namep;
	}
	return 0;
}

/* --- beside the store ------------------------------------------------------------------------------------------- */

int directory_lookup(struct directory *dir ATTR_UNUSED, pool_t pool ATTR_UNUSED,
		     const char *address ATTR_UNUSED,
		     const struct directory_entry **entry_r ATTR_UNUSED)
{
	return 0;
}

int nspi_addresses_of_dn(const struct mapi_env *env ATTR_UNUSED,
			 const char *dn ATTR_UNUSED,
			 ARRAY_TYPE(const_string) *addresses ATTR_UNUSED)
{
	return 0;
}

enum submit_result submit_mail(struct submit *submit ATTR_UNUSED,
			       const struct submit_mail *mail ATTR_UNUSED,
			       struct submit_reply *reply_r)
{
	i_zero(reply_r);
	return SUBMIT_OK;
}

bool sieve_box_usable(struct sieve_box *box ATTR_UNUSED)
{
	return TRUE;
}

bool sieve_box_capable(struct sieve_box *box ATTR_UNUSED,
		       const char *extension ATTR_UNUSED)
{
	return TRUE;
}

int sieve_box_read(struct sieve_box *box ATTR_UNUSED,
		   const char *name ATTR_UNUSED, pool_t pool ATTR_UNUSED,
		   const char **script_r ATTR_UNUSED)
{
	return 0;
}

int sieve_box_write(struct sieve_box *box ATTR_UNUSED,
		    const char *name ATTR_UNUSED,
		    const char *script ATTR_UNUSED)
{
	return 0;
}

int sieve_box_active(struct sieve_box *box ATTR_UNUSED,
		     pool_t pool ATTR_UNUSED, const char **name_r)
{
	*name_r = NULL;
	return 0;
}

int sieve_box_activate(struct sieve_box *box ATTR_UNUSED,
		       const char *name ATTR_UNUSED)
{
	return 1;
}

/* --- ids in runs: one object each ---------------------------------------------------------- */

int store_mail_runs(struct store_folder *folder,
		    ARRAY_TYPE(store_mail_run) *runs_r)
{
	const struct fake_object *object;
	struct store_mail_run *run;

	array_foreach(&fake_store.objects, object) {
		if (object->kind != STORE_OBJECT_MAIL ||
		    object->place.fid != store_fid(folder))
			continue;
		run = array_append_space(runs_r);
		run->uid = object->num;
		run->count = 1;
		run->key = META_OID_MAIL(IDSPACE, object->num);
		(void)store_gid_of_mail(folder, object->num, &run->gid);
	}
	return 0;
}

int store_number_runs(struct store *store ATTR_UNUSED,
		      const struct store_place *place ATTR_UNUSED,
		      enum store_object_kind kind ATTR_UNUSED,
		      const ARRAY_TYPE(seq_range) *nums,
		      ARRAY_TYPE(store_mail_run) *runs_r)
{
	struct seq_range_iter iter;
	struct store_mail_run *run;
	unsigned int n = 0;
	uint32_t num;

	seq_range_array_iter_init(&iter, nums);
	while (seq_range_array_iter_nth(&iter, n++, &num)) {
		run = array_append_space(runs_r);
		run->uid = num;
		run->count = 1;
		run->gid.replid = STORE_REPLID_OWN;
		run->gid.counter = META_OID_ITEM_FIRST + num;
	}
	return 0;
}

int store_gid_is_past(struct store *store ATTR_UNUSED,
		      const char *view ATTR_UNUSED,
		      const struct store_gid *gid ATTR_UNUSED)
{
	return 0;
}
