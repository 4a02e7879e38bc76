/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ids that clients see: made of where an object was first seen, or those that
   clients gave. And the replicas these are of. */

#include "lib.h"
#include "array.h"
#include "sha2.h"
#include "mailbox-list-private.h"
#include "mail-storage-private.h"
#include "compat.h"
#include "store-objects.h"

/* Folders whose given ids are kept in memory */
#define STORE_GIVEN_SETS 16
/* At once, and how often a race is run again */
#define STORE_GID_RANGE_MAX 0x100000U
#define STORE_VIEW_TRIES 5
/* Items of a database that is not the view's first: its slot comes before their
   number. */
#define STORE_SLOT_SHIFT 32
#define STORE_SLOT_MAX 0x1fffU
/* In the table of replicas, beside a view's */
#define STORE_SLOT_SCOPE 0x80000000U
/* What became of databases of a view: see store_view_generation() */
#define STORE_VIEW_KIND "view"

struct store_given_set {
	uint32_t fid;
	bool read;
	uint64_t stamp;
	ARRAY_TYPE(meta_given) givens;
};

struct store_slot {
	const char *prefix;
	uint32_t slot;
};

struct store_gids {
	pool_t pool;
	struct store_given_set sets[STORE_GIVEN_SETS];
	unsigned int next;
	ARRAY(struct store_slot) slots;
};

static struct store_gids *store_gids_get(struct store *store)
{
	pool_t pool;

	if (store->gids == NULL) {
		pool = pool_alloconly_create("store ids", 1024);
		store->gids = p_new(pool, struct store_gids, 1);
		store->gids->pool = pool;
		p_array_init(&store->gids->slots, pool, 4);
	}
	return store->gids;
}

void store_gids_free(struct store *store)
{
	struct store_gids *gids = store->gids;

	if (gids == NULL)
		return;
	for (unsigned int i = 0; i < STORE_GIVEN_SETS; i++) {
		if (array_is_created(&gids->sets[i].givens))
			array_free(&gids->sets[i].givens);
	}
	pool_unref(&gids->pool);
	store->gids = NULL;
}

/* --- keys ------------------------------------------------------------------------- */

uint64_t store_mail_key(struct store_folder *folder, uint32_t uid)
{
	struct store_oid oid;

	store_oid_of(folder, uid, &oid);
	return META_OID_MAIL(oid.idspace, oid.uid);
}

static int store_key_of_mail(struct store *store,
			     const struct store_object *object, uint64_t *key_r)
{
	struct store_folder *folder;

	if (store_open(store, object->place.fid, &folder) < 0)
		return -1;
	*key_r = store_mail_key(folder, object->num);
	store_close(&folder);
	return 0;
}

static int store_key_of_folder(struct store *store,
			       const struct store_place *place,
			       uint64_t *key_r, uint32_t *fid_r)
{
	uint32_t scope;

	*fid_r = place->fid;
	if (place->fid != 0) {
		*key_r = META_OID_FOLDER(place->fid);
		return 0;
	}
	if (store_view_scope(store, place->view, &scope) < 0)
		return -1;
	*key_r = META_CHANGE_SPECIAL(scope, place->special);
	return 0;
}

/* Where there is no mailbox, the folder is that whose attributes hold it. */
static int store_key_of_number(struct store *store,
			       const struct store_object *object,
			       uint64_t *key_r, uint32_t *fid_r)
{
	struct store_spot spot;
	int ret = store_spot_open(store, &object->place, &spot);

	if (ret > 0) {
		*fid_r = spot.node->info.fid;
		*key_r = META_CHANGE_NUM(*fid_r, object->num);
	}
	store_spot_close(&spot);
	return ret > 0 ? 0 : -1;
}

int store_object_key(struct store *store, const struct store_object *object,
		     uint64_t *key_r, uint32_t *fid_r)
{
	switch (object->kind) {
	case STORE_OBJECT_FOLDER:
		return store_key_of_folder(store, &object->place, key_r, fid_r);
	case STORE_OBJECT_MAIL:
		*fid_r = object->place.fid;
		return store_key_of_mail(store, object, key_r);
	case STORE_OBJECT_ITEM:
	case STORE_OBJECT_OPAQUE:
		return store_key_of_number(store, object, key_r, fid_r);
	}
	return store_fail(store, STORE_ERROR_INVALID, "No such kind of object");
}

/* --- slots of databases --------------------------------------------------------------- */

static int store_slot_issue(struct store *store, const char *view,
			    const char *prefix, uint32_t *slot_r)
{
	unsigned char digest[SHA256_RESULTLEN];
	guid_128_t guid;
	uint32_t scope;
	uint16_t slot;

	if (store_view_scope(store, view, &scope) < 0)
		return -1;
	sha256_get_digest(prefix, strlen(prefix), digest);
	memcpy(guid, digest, sizeof(guid));
	if (meta_replica_issue(store->db, STORE_SLOT_SCOPE | scope, guid, 1,
			       &slot) < 0)
		return store_fail_meta(store, store->db, "numbering databases");
	if (slot > STORE_SLOT_MAX) {
		return store_fail(store, STORE_ERROR_QUOTA,
				  "Too many namespaces");
	}
	*slot_r = slot;
	return 0;
}

static int store_slot_get(struct store *store, const char *view,
			  struct mail_namespace *ns, uint32_t *slot_r)
{
	struct store_gids *gids = store_gids_get(store);
	const struct store_slot *known;
	struct store_slot *slot;

	*slot_r = 0;
	if (store_view_is_own(view) &&
	    ns->list == mail_namespace_find_inbox(
					store->user->namespaces)->list)
		return 0;
	array_foreach(&gids->slots, known) {
		if (strcmp(known->prefix, ns->prefix) == 0) {
			*slot_r = known->slot;
			return 0;
		}
	}
	if (store_slot_issue(store, view, ns->prefix, slot_r) < 0)
		return -1;
	slot = array_append_space(&gids->slots);
	slot->prefix = p_strdup(gids->pool, ns->prefix);
	slot->slot = *slot_r;
	return 0;
}

/* --- object to id ---------------------------------------------------------------------- */

static int store_given_cmp(const uint64_t *key, const struct meta_given *given)
{
	return *key < given->key ? -1 : *key > given->key ? 1 : 0;
}

static int store_given_set_get(struct store *store, uint32_t fid,
			       struct store_given_set **set_r)
{
	struct store_gids *gids = store_gids_get(store);
	struct store_given_set *set = NULL;
	uint64_t stamp;

	if (meta_given_stamp(store->db, &stamp) < 0)
		return store_fail_meta(store, store->db, "given ids");
	for (unsigned int i = 0; i < STORE_GIVEN_SETS && set == NULL; i++) {
		if (gids->sets[i].read && gids->sets[i].fid == fid)
			set = &gids->sets[i];
	}
	if (set != NULL && set->stamp == stamp) {
		*set_r = set;
		return 0;
	}
	if (set == NULL)
		set = &gids->sets[gids->next++ % STORE_GIVEN_SETS];
	set->read = FALSE;
	if (!array_is_created(&set->givens))
		i_array_init(&set->givens, 8);
	array_clear(&set->givens);
	if (meta_given_list(store->db, fid, &set->givens) < 0)
		return store_fail_meta(store, store->db, "given ids");
	set->read = TRUE;
	set->fid = fid;
	set->stamp = stamp;
	*set_r = set;
	return 0;
}

/* 1 it was given one, 0 not, -1 */
static int store_given_of(struct store *store, uint64_t key, uint32_t fid,
			  struct store_gid *gid_r)
{
	struct store_given_set *set;
	const struct meta_given *given;

	if (store_given_set_get(store, fid, &set) < 0)
		return -1;
	given = array_bsearch(&set->givens, &key, store_given_cmp);
	if (given == NULL)
		return 0;
	gid_r->replid = given->replid;
	gid_r->counter = given->counter;
	return 1;
}

static int store_gid_own_number(struct store *store,
				const struct store_object *object,
				struct store_gid *gid_r)
{
	struct mail_namespace *ns = NULL;
	struct store_spot spot;
	uint32_t slot;
	int ret = store_spot_open(store, &object->place, &spot);

	if (ret > 0)
		ns = store_node_ns(store, spot.node);
	if (ret <= 0 || ns == NULL ||
	    store_slot_get(store, store_node_view(spot.node), ns, &slot) < 0)
		ret = -1;
	store_spot_close(&spot);
	if (ret < 0)
		return -1;
	gid_r->counter = META_OID_ITEM_FIRST +
		((uint64_t)slot << STORE_SLOT_SHIFT) + object->num;
	return 0;
}

int store_gid_of(struct store *store, const struct store_object *object,
		 struct store_gid *gid_r)
{
	uint64_t key;
	uint32_t fid;
	int ret;

	gid_r->replid = STORE_REPLID_OWN;
	if (store_object_key(store, object, &key, &fid) < 0)
		return -1;
	if ((ret = store_given_of(store, key, fid, gid_r)) != 0)
		return ret < 0 ? -1 : 0;
	switch (object->kind) {
	case STORE_OBJECT_ITEM:
	case STORE_OBJECT_OPAQUE:
		return store_gid_own_number(store, object, gid_r);
	case STORE_OBJECT_MAIL:
		gid_r->counter = key;
		return 0;
	case STORE_OBJECT_FOLDER:
		break;
	}
	gid_r->counter = object->place.fid != 0 ? key : object->place.special;
	return gid_r->counter != 0 ? 0 :
		store_fail(store, STORE_ERROR_INVALID, "The root has no id");
}

int store_gid_of_mail(struct store_folder *folder, uint32_t uid,
		      struct store_gid *gid_r)
{
	int ret;

	gid_r->replid = STORE_REPLID_OWN;
	gid_r->counter = store_mail_key(folder, uid);
	ret = store_given_of(folder->store, gid_r->counter, folder->fid, gid_r);
	return ret < 0 ? -1 : 0;
}

/* The UID of a message's own key; 0: it is not of this folder */
static uint32_t store_uid_of_key(struct store_folder *folder, uint64_t key)
{
	uint32_t idspace, blocks = folder->status.uidnext >> 24;

	for (uint32_t block = 0; block <= blocks; block++) {
		if (store_idspace_get(folder->store, folder->fid,
				      folder->status.uidvalidity, block << 24,
				      &idspace) == 0 &&
		    idspace == META_OID_PAGE(key))
			return block << 24 | META_OID_INDEX(key);
	}
	return 0;
}

/* Messages whose ids do not follow from their UIDs: each stands by itself */
static int store_mail_odd_uids(struct store_folder *folder,
			       const ARRAY_TYPE(meta_given) *givens,
			       ARRAY_TYPE(seq_range) *uids_r)
{
	const ARRAY_TYPE(meta_alias) *aliases;
	const struct meta_alias *alias;
	const struct meta_given *given;
	uint32_t uid;

	array_foreach(givens, given) {
		uid = store_uid_of_key(folder, given->key);
		if (uid != 0)
			seq_range_array_add(uids_r, uid);
	}
	if (store_folder_aliases(folder, &aliases) < 0)
		return -1;
	array_foreach(aliases, alias)
		seq_range_array_add(uids_r, alias->current.uid);
	return 0;
}

struct store_mail_runs {
	struct store_folder *folder;
	ARRAY_TYPE(meta_given) *givens;
	ARRAY_TYPE(seq_range) odd;
	ARRAY_TYPE(store_mail_run) *runs;
};

static void store_mail_run_add(struct store_mail_runs *runs, uint32_t uid,
			       uint32_t count)
{
	struct store_mail_run *run = array_append_space(runs->runs);
	const struct meta_given *given;

	run->uid = uid;
	run->count = count;
	run->key = store_mail_key(runs->folder, uid);
	given = array_bsearch(runs->givens, &run->key, store_given_cmp);
	run->gid.replid = given == NULL ? STORE_REPLID_OWN : given->replid;
	run->gid.counter = given == NULL ? run->key : given->counter;
}

/* Consecutive UIDs, cut where the numbers of their ids are not */
static void store_mail_run_split(struct store_mail_runs *runs, uint32_t first,
				 uint32_t last)
{
	const struct seq_range *range;
	uint32_t uid;

	array_foreach(&runs->odd, range) {
		if (range->seq2 < first || range->seq1 > last)
			continue;
		if (range->seq1 > first)
			store_mail_run_add(runs, first, range->seq1 - first);
		for (uid = I_MAX(first, range->seq1);
		     uid <= I_MIN(last, range->seq2); uid++)
			store_mail_run_add(runs, uid, 1);
		first = uid;
	}
	if (first <= last)
		store_mail_run_add(runs, first, last - first + 1);
}

/* Which UIDs there are, by halves: where as many messages as UIDs are, none is
   looked at. Blocks of 2^24 UIDs have id spaces of their own. */
static void store_uid_spans(struct store_folder *folder, uint32_t seq1,
			    uint32_t seq2, ARRAY_TYPE(seq_range) *uids_r)
{
	uint32_t uid1, uid2, middle = seq1 + (seq2 - seq1) / 2;

	mail_index_lookup_uid(folder->box->view, seq1, &uid1);
	mail_index_lookup_uid(folder->box->view, seq2, &uid2);
	if (uid2 - uid1 == seq2 - seq1) {
		seq_range_array_add_range(uids_r, uid1, uid2);
		return;
	}
	store_uid_spans(folder, seq1, middle, uids_r);
	store_uid_spans(folder, middle + 1, seq2, uids_r);
}

int store_mail_runs(struct store_folder *folder,
		    ARRAY_TYPE(store_mail_run) *runs_r)
{
	struct store_mail_runs runs = { .folder = folder, .runs = runs_r };
	struct store_given_set *set;
	ARRAY_TYPE(seq_range) uids;
	const struct seq_range *range;
	uint32_t first, last;

	t_array_init(&runs.odd, 8);
	t_array_init(&uids, 8);
	if (store_given_set_get(folder->store, folder->fid, &set) < 0 ||
	    store_mail_odd_uids(folder, &set->givens, &runs.odd) < 0)
		return -1;
	runs.givens = &set->givens;
	if (folder->status.messages > 0)
		store_uid_spans(folder, 1, folder->status.messages, &uids);
	array_foreach(&uids, range) {
		for (first = range->seq1; first <= range->seq2;
		     first = last + 1) {
			last = I_MIN(range->seq2, first | 0xffffff);
			store_mail_run_split(&runs, first, last);
			if (last == (uint32_t)-1)
				break;
		}
	}
	return 0;
}

/* Ids of items or opaque objects: those that were given one stand by themselves */
static void store_number_runs_of(ARRAY_TYPE(meta_given) *givens, uint32_t fid,
				 uint64_t base,
				 const ARRAY_TYPE(seq_range) *nums,
				 ARRAY_TYPE(store_mail_run) *runs_r)
{
	const struct seq_range *range;
	const struct meta_given *given;
	struct store_mail_run *run;
	uint64_t key;
	uint32_t num, next;

	array_foreach(nums, range) {
		num = range->seq1;
		while (num <= range->seq2) {
			next = range->seq2 + 1;
			run = array_append_space(runs_r);
			run->uid = num;
			run->gid.replid = STORE_REPLID_OWN;
			run->gid.counter = base + num;
			array_foreach(givens, given) {
				key = META_CHANGE_NUM(fid, num);
				if (given->key == key) {
					run->gid.replid = given->replid;
					run->gid.counter = given->counter;
					next = num + 1;
				} else if (given->key > key && given->key <
					   META_CHANGE_NUM(fid, next))
					next = (uint32_t)given->key;
			}
			run->count = next - num;
			num = next;
		}
	}
}

int store_number_runs(struct store *store, const struct store_place *place,
		      enum store_object_kind kind,
		      const ARRAY_TYPE(seq_range) *nums,
		      ARRAY_TYPE(store_mail_run) *runs_r)
{
	struct store_object object = { .kind = kind, .place = *place };
	struct store_given_set *set;
	struct store_gid base;
	uint64_t key;
	uint32_t fid;

	if (array_is_empty(nums))
		return 0;
	if (store_object_key(store, &object, &key, &fid) < 0 ||
	    store_gid_own_number(store, &object, &base) < 0 ||
	    store_given_set_get(store, fid, &set) < 0)
		return -1;
	store_number_runs_of(&set->givens, fid, base.counter, nums, runs_r);
	return 0;
}

/* --- id to object ---------------------------------------------------------------------- */

static bool store_fid_is_of(struct store *store, store_fid_t fid,
			    const char *view, struct store_node **node_r)
{
	return store_node_get(store, fid, node_r) > 0 &&
		store_views_equal(store_node_view(*node_r), view);
}

static int store_find_mail(struct store *store, const char *view, uint64_t key,
			   struct store_object *object_r)
{
	struct store_oid oid = { key >> 24, key & 0xffffff };
	struct store_node *node;
	uint32_t uidvalidity, fid;
	uint8_t block;
	int ret;

	ret = meta_idspace_get(store->db, oid.idspace, &fid, &uidvalidity,
			       &block);
	if (ret < 0)
		return store_fail_meta(store, store->db, "finding an object");
	if (ret == 0)
		return 0;
	oid.uid |= (uint32_t)block << 24;
	ret = store_oid_find(store, &oid, &object_r->place.fid, &object_r->num);
	object_r->kind = STORE_OBJECT_MAIL;
	if (ret <= 0)
		return ret;
	return store_fid_is_of(store, object_r->place.fid, view, &node) ? 1 : 0;
}

static int store_find_folder(struct store *store, const char *view,
			     store_fid_t fid, struct store_object *object_r)
{
	struct store_node *node;

	object_r->kind = STORE_OBJECT_FOLDER;
	object_r->place.fid = fid;
	return store_fid_is_of(store, fid, view, &node) ? 1 : 0;
}

/* The folder with this mailbox */
static struct store_node *
store_find_guid(struct store *store, const char *view, const guid_128_t guid)
{
	struct store_node *node;

	array_foreach_elem(&store->tree->nodes, node) {
		if (node->info.selectable &&
		    guid_128_equals(node->info.guid, guid) &&
		    store_views_equal(store_node_view(node), view))
			return node;
	}
	return NULL;
}

/* Names that hold no messages, by their prefix */
static int store_find_nameless(struct store *store, const char *view,
			       const char *prefix,
			       struct store_object *object_r)
{
	struct store_node *node;
	struct store_place place = { .fid = 0 };
	struct store_spot spot;
	int ret = 0;

	array_foreach_elem(&store->tree->nodes, node) {
		if (ret > 0 || node->info.selectable)
			continue;
		place.fid = node->info.fid;
		if (store_spot_open(store, &place, &spot) > 0 &&
		    store_views_equal(store_node_view(spot.node), view) &&
		    compat_str_begins(prefix, spot.prefix)) {
			object_r->place.fid = node->info.fid;
			ret = 1;
		}
		store_spot_close(&spot);
	}
	return ret;
}

/* What kind of object has this attribute? */
static int store_find_by_attribute(struct store *store, const char *view,
				   const struct store_node *node,
				   const char *key,
				   struct store_object *object_r)
{
	uint32_t special;

	key += strlen(META_KEY_PREFIX);
	object_r->kind = STORE_OBJECT_OPAQUE;
	if (strstr(key, META_ITEM_EXTRA) != NULL)
		return 0;
	if (compat_str_begins(key, "item/")) {
		object_r->kind = STORE_OBJECT_ITEM;
		object_r->place.fid = node->info.fid;
		return strlen(key) == 5 + META_ITEM_NAME_SIZE ? 1 : 0;
	}
	if (compat_str_begins(key, "object/")) {
		object_r->place.fid = node->info.fid;
		return 1;
	}
	if (!compat_str_begins(key, "special/"))
		return 0;
	if (key[8] == 'p')
		return store_find_nameless(store, view, key, object_r);
	if (str_to_uint32_hex(t_strcut(key + 8, '/'), &special) < 0)
		return 0;
	object_r->place.special = special;
	return 1;
}

static int store_find_number_in(struct store *store, const char *view,
				struct mailbox_list *list, uint32_t num,
				struct store_object *object_r)
{
	struct store_node *node;
	struct meta_db *db;
	const char *key;
	guid_128_t guid;
	int ret = store_list_db(store, list, FALSE, &db);

	if (ret <= 0)
		return ret;
	ret = meta_number_find(db, num, pool_datastack_create(), guid, &key);
	if (ret < 0)
		(void)store_fail_meta(store, db, "finding an object");
	store_list_db_close(store, &db);
	if (ret <= 0)
		return ret;
	object_r->num = num;
	node = store_find_guid(store, view, guid);
	return node == NULL ? 0 :
		store_find_by_attribute(store, view, node, key, object_r);
}

static int store_find_slot(struct store *store, const char *view,
			   uint64_t number, struct store_object *object_r)
{
	ARRAY_TYPE(mailbox_list) lists;
	struct mailbox_list *list;
	uint32_t slot;

	if (store_view_lists(store, view, &lists) < 0)
		return -1;
	array_foreach_elem(&lists, list) {
		if (store_slot_get(store, view, list->ns, &slot) < 0)
			return -1;
		if (slot == number >> STORE_SLOT_SHIFT) {
			return store_find_number_in(store, view, list,
						    (uint32_t)number, object_r);
		}
	}
	return 0;
}

static int store_find_own(struct store *store, const char *view,
			  uint64_t counter, struct store_object *object_r)
{
	if (counter >= META_OID_CLIENT_FIRST)
		return 0;
	if (counter >= META_OID_ITEM_FIRST) {
		return store_find_slot(store, view,
				       counter - META_OID_ITEM_FIRST, object_r);
	}
	if (META_OID_PAGE(counter) != 0)
		return store_find_mail(store, view, counter, object_r);
	if (counter >= META_OID_FOLDER_FIRST) {
		return store_find_folder(store, view,
					 counter - META_OID_FOLDER_FIRST,
					 object_r);
	}
	object_r->kind = STORE_OBJECT_FOLDER;
	object_r->place.special = counter;
	return counter != 0 ? 1 : 0;
}

static int store_find_key(struct store *store, const char *view, uint64_t key,
			  struct store_object *object_r)
{
	struct mail_namespace *ns;
	struct store_node *node;

	if ((key & META_CHANGE_NUM(0, 0)) != 0) {
		if (!store_fid_is_of(store, (key >> 32) & 0xffffff, view,
				     &node) ||
		    (ns = store_node_ns(store, node)) == NULL)
			return 0;
		return store_find_number_in(store, view, ns->list,
					    (uint32_t)key, object_r);
	}
	if ((key & META_CHANGE_SPECIAL(0, 0)) != 0) {
		object_r->kind = STORE_OBJECT_FOLDER;
		object_r->place.special = key & STORE_SPECIAL_MAX;
		return 1;
	}
	return store_find_own(store, view, key, object_r);
}

/* Ids tell where to look: the hint is not needed as yet. */
int store_gid_find(struct store *store, const char *view,
		   const struct store_gid *gid,
		   const struct store_place *near ATTR_UNUSED,
		   struct store_object *object_r)
{
	struct meta_given given = {
		.replid = gid->replid, .counter = gid->counter,
	};
	int ret;

	i_zero(object_r);
	object_r->place.view = view;
	if (store_view_scope(store, view, &given.scope) < 0 ||
	    store_view_load(store, view) < 0)
		return -1;
	ret = meta_given_find(store->db, &given);
	if (ret < 0)
		return store_fail_meta(store, store->db, "given ids");
	if (ret > 0)
		return store_find_key(store, view, given.key, object_r);
	return gid->replid != STORE_REPLID_OWN ? 0 :
		store_find_own(store, view, gid->counter, object_r);
}

/* --- giving ----------------------------------------------------------------------------- */

static int store_give_check(struct store *store, const char *view,
			    const struct store_gid *gid, uint64_t key)
{
	struct store_object other;
	guid_128_t guid;
	uint64_t other_key;
	uint32_t fid;
	int ret;

	if (gid->counter == 0 || gid->counter > STORE_COUNTER_MAX ||
	    (gid->replid == STORE_REPLID_OWN &&
	     (gid->counter < META_OID_CLIENT_FIRST ||
	      gid->counter > META_OID_CLIENT_LAST)))
		return store_fail(store, STORE_ERROR_INVALID,
				  "Not a client's id");
	ret = store_replica_guid(store, view, gid->replid, guid);
	if (ret == 0) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "No such replica");
	}
	if (ret > 0)
		ret = store_gid_find(store, view, gid, NULL, &other);
	if (ret <= 0)
		return ret;
	if (store_object_key(store, &other, &other_key, &fid) == 0 &&
	    other_key != key) {
		return store_fail(store, STORE_ERROR_EXISTS,
				  "Another object has this id");
	}
	return 0;
}

int store_gid_give(struct store *store, const struct store_object *object,
		   const struct store_gid *gid)
{
	struct meta_given given = {
		.replid = gid->replid, .counter = gid->counter,
	};
	const char *view = object->place.view;
	struct store_node *node;
	struct meta_txn *txn;

	if (object->place.fid != 0) {
		if (store_node_get(store, object->place.fid, &node) <= 0)
			return -1;
		view = store_node_view(node);
	}
	if (store_view_scope(store, view, &given.scope) < 0 ||
	    store_object_key(store, object, &given.key, &given.fid) < 0 ||
	    store_give_check(store, view, gid, given.key) < 0)
		return -1;
	txn = meta_txn_begin(store->db);
	meta_given_set(txn, &given);
	if (meta_txn_commit(&txn) < 0)
		return store_fail_meta(store, store->db, "given ids");
	return 0;
}

int store_gid_is_past(struct store *store, const char *view,
		      const struct store_gid *gid)
{
	struct meta_given given = {
		.replid = gid->replid, .counter = gid->counter,
	};
	struct store_object object;
	int ret;

	if (store_view_scope(store, view, &given.scope) < 0)
		return -1;
	ret = meta_given_find(store->db, &given);
	if (ret < 0)
		return store_fail_meta(store, store->db, "given ids");
	if (ret == 0)
		return 0;
	ret = store_gid_find(store, view, gid, NULL, &object);
	return ret < 0 ? -1 : ret == 0 ? 1 : 0;
}

int store_gid_range(struct store *store, const char *view ATTR_UNUSED,
		    uint32_t count, uint64_t *first_r)
{
	if (count == 0 || count > STORE_GID_RANGE_MAX) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "Too many ids at once");
	}
	if (meta_counter_take(store->db, META_COUNTER_CLIENT, count,
			      first_r) < 0)
		return store_fail_meta(store, store->db, "ids for a client");
	return 0;
}

/* --- replicas ----------------------------------------------------------------------------- */

/* Others' databases are restored, too, and count anew then: ids and change numbers
   that were told mean nothing any more. A database that was not there before
   changes nothing. */
struct store_view_db {
	uint64_t place;
	guid_128_t epoch;
};

struct store_view_state {
	uint64_t generation;
	ARRAY(struct store_view_db) dbs;
};

static void store_view_state_read(const struct meta_state *row,
				  struct store_view_state *state_r)
{
	const unsigned char *data = row->data;
	size_t size = row->size;

	state_r->generation = 0;
	t_array_init(&state_r->dbs, 4);
	if (size < sizeof(state_r->generation))
		return;
	memcpy(&state_r->generation, data, sizeof(state_r->generation));
	data += sizeof(state_r->generation);
	size -= sizeof(state_r->generation);
	array_append(&state_r->dbs, (const struct store_view_db *)data,
		     size / sizeof(struct store_view_db));
}

static void store_view_db_note(struct store_view_state *state,
			       const struct store_view_db *now)
{
	struct store_view_db *known;

	array_foreach_modifiable(&state->dbs, known) {
		if (known->place != now->place)
			continue;
		if (!guid_128_equals(known->epoch, now->epoch)) {
			guid_128_copy(known->epoch, now->epoch);
			state->generation++;
		}
		return;
	}
	array_push_back(&state->dbs, now);
}

static int store_view_state_now(struct store *store, const char *view,
				struct store_view_state *state)
{
	unsigned char digest[SHA256_RESULTLEN];
	ARRAY_TYPE(mailbox_list) lists;
	struct mailbox_list *list;
	struct store_view_db now;
	struct meta_db *db;
	int ret;

	if (store_view_lists(store, view, &lists) < 0)
		return -1;
	array_foreach_elem(&lists, list) {
		if ((ret = store_list_db(store, list, FALSE, &db)) < 0)
			return -1;
		if (ret == 0)
			continue;
		i_zero(&now);
		sha256_get_digest(list->ns->prefix, list->ns->prefix_len,
				  digest);
		memcpy(&now.place, digest, sizeof(now.place));
		ret = meta_db_epoch(db, now.epoch);
		store_list_db_close(store, &db);
		if (ret == 0)
			store_view_db_note(state, &now);
	}
	return 0;
}

/* 1, 0: another process was faster, -1 */
static int store_view_generation_try(struct store *store, const char *view,
				     const char *name, uint64_t *generation_r)
{
	struct store_view_state state;
	struct meta_state row;
	struct meta_txn *txn;
	const char *text;
	buffer_t *buf;
	int ret;

	i_zero(&row);
	ret = meta_state_get(store->db, "", STORE_VIEW_KIND, name,
			     pool_datastack_create(), &row);
	if (ret < 0)
		return store_fail_meta(store, store->db, "replicas");
	if (ret == 0)
		row.data = NULL;
	store_view_state_read(&row, &state);
	if (store_view_state_now(store, view, &state) < 0)
		return -1;
	*generation_r = state.generation;
	buf = t_buffer_create(256);
	buffer_append(buf, &state.generation, sizeof(state.generation));
	buffer_append_buf(buf, state.dbs.arr.buffer, 0, SIZE_MAX);
	if (ret > 0 && row.size == buf->used &&
	    memcmp(row.data, buf->data, buf->used) == 0)
		return 1;
	txn = meta_txn_begin(store->db);
	meta_state_expect(txn, "", STORE_VIEW_KIND, name, row.data, row.size);
	meta_state_put(txn, "", STORE_VIEW_KIND, name, buf->data, buf->used, 0);
	if (meta_txn_commit(&txn) == 0)
		return 1;
	return meta_db_error(store->db, &text) == META_ERROR_CONFLICT ? 0 :
		store_fail_meta(store, store->db, "replicas");
}

static int store_view_generation(struct store *store, const char *view,
				 uint32_t scope, uint64_t *generation_r)
{
	const char *name = t_strdup_printf("%x", scope);
	unsigned int tries = 0;
	int ret;

	*generation_r = 0;
	if (store_view_is_own(view))
		return 0;
	do {
		ret = store_view_generation_try(store, view, name,
						generation_r);
	} while (ret == 0 && ++tries < STORE_VIEW_TRIES);
	if (ret == 0)
		return store_fail(store, STORE_ERROR_BUSY, "Try again");
	return ret < 0 ? -1 : 0;
}

static int store_replica_own(struct store *store, const char *view,
			     uint32_t scope, guid_128_t guid_r)
{
	unsigned char digest[SHA256_RESULTLEN];
	struct sha256_ctx ctx;
	guid_128_t epoch;
	uint64_t generation;

	if (meta_db_epoch(store->db, epoch) < 0)
		return store_fail_meta(store, store->db, "epoch");
	if (store_view_generation(store, view, scope, &generation) < 0)
		return -1;
	sha256_init(&ctx);
	sha256_loop(&ctx, "dovetail replica", 16);
	sha256_loop(&ctx, epoch, sizeof(epoch));
	sha256_loop(&ctx, &scope, sizeof(scope));
	sha256_loop(&ctx, &generation, sizeof(generation));
	sha256_result(&ctx, digest);
	memcpy(guid_r, digest, GUID_128_SIZE);
	return 0;
}

int store_replica_guid(struct store *store, const char *view, uint16_t replid,
		       guid_128_t guid_r)
{
	uint32_t scope;
	int ret;

	if (store_view_scope(store, view, &scope) < 0)
		return -1;
	if (replid == STORE_REPLID_OWN) {
		return store_replica_own(store, view, scope, guid_r) < 0 ?
			-1 : 1;
	}
	ret = meta_replica_get(store->db, scope, replid, guid_r);
	return ret < 0 ? store_fail_meta(store, store->db, "replicas") : ret;
}

int store_replica_id(struct store *store, const char *view,
		     const guid_128_t guid, bool create, uint16_t *replid_r)
{
	guid_128_t own;
	uint32_t scope;
	const char *text;
	int ret;

	*replid_r = 0;
	if (guid_128_is_empty(guid)) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "A replica has a GUID");
	}
	if (store_view_scope(store, view, &scope) < 0 ||
	    store_replica_own(store, view, scope, own) < 0)
		return -1;
	if (guid_128_equals(own, guid)) {
		*replid_r = STORE_REPLID_OWN;
		return 1;
	}
	ret = create ?
		meta_replica_issue(store->db, scope, guid,
				   STORE_REPLID_OWN + 1, replid_r) :
		meta_replica_find(store->db, scope, guid, replid_r);
	if (ret >= 0)
		return ret;
	if (meta_db_error(store->db, &text) == META_ERROR_NOSPACE)
		return store_fail(store, STORE_ERROR_INVALID, text);
	return store_fail_meta(store, store->db, "replicas");
}
