/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What attributes say of folders: class, role, colour and others. Read for all
   folders of a database at once, and again when one of them changed. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "compat.h"
#include "mail-storage-private.h"
#include "mailbox-attribute.h"
#include "dovetail-plugin.h"
#include "store-items.h"

#include <fcntl.h>
#include <unistd.h>

struct store_propset {
	struct store_propset *next;
	char *path;
	pool_t pool;
	guid_128_t epoch;
	uint64_t stamp;
	HASH_TABLE(uint8_t *, struct store_prop *) by_guid;
};

static const char *const store_class_names[] = {
	[STORE_CLASS_MAIL] = "mail",
	[STORE_CLASS_CALENDAR] = "calendar",
	[STORE_CLASS_CONTACTS] = "contacts",
	[STORE_CLASS_TASKS] = "tasks",
	[STORE_CLASS_NOTES] = "notes",
	[STORE_CLASS_JOURNAL] = "journal",
};

static const struct {
	enum store_role role;
	enum store_class class;
	const char *name;
} store_item_roles[] = {
	{ STORE_ROLE_CALENDAR, STORE_CLASS_CALENDAR, "calendar" },
	{ STORE_ROLE_CONTACTS, STORE_CLASS_CONTACTS, "contacts" },
	{ STORE_ROLE_COLLECTED, STORE_CLASS_CONTACTS, "collected" },
	{ STORE_ROLE_TASKS, STORE_CLASS_TASKS, "tasks" },
	{ STORE_ROLE_NOTES, STORE_CLASS_NOTES, "notes" },
	{ STORE_ROLE_JOURNAL, STORE_CLASS_JOURNAL, "journal" },
};

/* --- names -------------------------------------------------------------------- */

const char *store_class_name(enum store_class class)
{
	return store_class_names[class];
}

bool store_class_of_name(const char *name, enum store_class *class_r)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_class_names); i++) {
		if (strcmp(store_class_names[i], name) == 0) {
			*class_r = i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *store_item_role_name(enum store_role role)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_item_roles); i++) {
		if (store_item_roles[i].role == role)
			return store_item_roles[i].name;
	}
	return NULL;
}

enum store_class store_role_class(enum store_role role)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_item_roles); i++) {
		if (store_item_roles[i].role == role)
			return store_item_roles[i].class;
	}
	return STORE_CLASS_MAIL;
}

static enum store_role store_item_role_of(const char *name)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_item_roles); i++) {
		if (strcmp(store_item_roles[i].name, name) == 0)
			return store_item_roles[i].role;
	}
	return STORE_ROLE_NONE;
}

/* --- reading ------------------------------------------------------------------ */

static int store_prop_int(const char *value, int none)
{
	int n;

	return str_to_int(value, &n) < 0 ? none : n;
}

/* A value that cannot be read is as none. */
static void store_prop_set(struct store_prop *prop, const char *name,
			   const char *value)
{
	if (strcmp(name, "class") == 0)
		(void)store_class_of_name(value, &prop->class);
	else if (strcmp(name, "role") == 0)
		prop->role = store_item_role_of(value);
	else if (strcmp(name, "color") == 0)
		prop->color = value;
	else if (strcmp(name, "display") == 0)
		prop->display = value;
	else if (strcmp(name, "freebusy") == 0)
		prop->freebusy = value;
	else if (strcmp(name, "busy-rights") == 0)
		prop->busy_rights = value;
	else if (strcmp(name, "order") == 0)
		prop->order = store_prop_int(value, 0);
	else if (strcmp(name, "reminder") == 0)
		prop->reminder = store_prop_int(value, -1);
	else if (strcmp(name, "hidden") == 0)
		prop->hidden = strcmp(value, "yes") == 0;
}

static void store_propset_fill(struct store_propset *set,
			       const ARRAY_TYPE(meta_prop) *props)
{
	const struct meta_prop *mprop;
	struct store_prop *prop;
	uint8_t *key;

	array_foreach(props, mprop) {
		/* the hash type wants its keys not const */
		key = (uint8_t *)mprop->guid;
		prop = hash_table_lookup(set->by_guid, key);
		if (prop == NULL) {
			prop = p_new(set->pool, struct store_prop, 1);
			guid_128_copy(prop->guid, mprop->guid);
			prop->path = mprop->path;
			prop->reminder = -1;
			key = prop->guid;
			hash_table_insert(set->by_guid, key, prop);
		}
		store_prop_set(prop, mprop->name, mprop->value);
	}
}

static void store_propset_clear(struct store_propset *set)
{
	if (set->pool == NULL)
		return;
	hash_table_destroy(&set->by_guid);
	pool_unref(&set->pool);
}

static int store_propset_read(struct store *store, struct store_propset *set,
			      struct meta_db *db, const guid_128_t epoch,
			      uint64_t stamp)
{
	ARRAY_TYPE(meta_prop) props;
	pool_t pool;

	pool = pool_alloconly_create(MEMPOOL_GROWING"folder properties", 1024);
	p_array_init(&props, pool, 32);
	if (meta_props_list(db, pool, &props) < 0) {
		pool_unref(&pool);
		return store_fail_meta(store, db, "properties of folders");
	}
	store_propset_clear(set);
	set->pool = pool;
	guid_128_copy(set->epoch, epoch);
	set->stamp = stamp;
	hash_table_create(&set->by_guid, default_pool, 0, guid_128_hash,
			  guid_128_cmp);
	store_propset_fill(set, &props);
	return 0;
}

static struct store_propset *
store_propset_find(struct store *store, const char *path)
{
	struct store_propset *set;

	for (set = store->propsets; set != NULL; set = set->next) {
		if (strcmp(set->path, path) == 0)
			return set;
	}
	set = i_new(struct store_propset, 1);
	set->path = i_strdup(path);
	set->next = store->propsets;
	store->propsets = set;
	return set;
}

static int store_props_refresh(struct store *store, struct meta_db *db,
			       struct store_propset **set_r)
{
	struct store_propset *set = store_propset_find(store, meta_db_path(db));
	guid_128_t epoch;
	uint64_t stamp;

	/* before the properties: what changes now is seen the next time */
	if (meta_db_epoch(db, epoch) < 0 || meta_props_stamp(db, &stamp) < 0)
		return store_fail_meta(store, db, "properties of folders");
	*set_r = set;
	if (set->pool != NULL && set->stamp == stamp &&
	    guid_128_equals(set->epoch, epoch))
		return 0;
	return store_propset_read(store, set, db, epoch, stamp);
}

int store_props_get(struct store *store, struct mailbox_list *list,
		    struct store_propset **set_r)
{
	struct meta_db *db;
	int ret = store_list_db(store, list, FALSE, &db);

	*set_r = NULL;
	if (ret <= 0)
		return ret;
	ret = store_props_refresh(store, db, set_r);
	store_list_db_close(store, &db);
	return ret;
}

const struct store_prop *
store_prop_find(struct store_propset *set, const guid_128_t guid)
{
	uint8_t *key = (uint8_t *)guid;

	return set == NULL ? NULL : hash_table_lookup(set->by_guid, key);
}

const struct store_prop *
store_prop_find_role(struct store_propset *set, enum store_role role)
{
	ARRAY_TYPE(store_prop) props;
	const struct store_prop *prop;

	t_array_init(&props, 8);
	store_props_of_class(set, store_role_class(role), &props);
	array_foreach_elem(&props, prop) {
		if (prop->role == role)
			return prop;
	}
	return NULL;
}

void store_props_of_class(struct store_propset *set, enum store_class class,
			  ARRAY_TYPE(store_prop) *props_r)
{
	struct hash_iterate_context *iter;
	struct store_prop *prop;
	const struct store_prop *found;
	uint8_t *key;

	if (set == NULL)
		return;
	iter = hash_table_iterate_init(set->by_guid);
	while (hash_table_iterate(iter, set->by_guid, &key, &prop)) {
		found = prop;
		if (prop->class == class)
			array_push_back(props_r, &found);
	}
	hash_table_iterate_deinit(&iter);
}

int store_props_stamp(struct store *store, struct mailbox_list *list,
		      uint64_t *stamp_r)
{
	struct meta_db *db;
	int ret = store_list_db(store, list, FALSE, &db);

	*stamp_r = 0;
	if (ret <= 0)
		return ret;
	ret = meta_props_stamp(db, stamp_r);
	if (ret < 0)
		(void)store_fail_meta(store, db, "properties of folders");
	store_list_db_close(store, &db);
	return ret;
}

void store_props_free(struct store *store)
{
	struct store_propset *set, *next;

	for (set = store->propsets; set != NULL; set = next) {
		next = set->next;
		store_propset_clear(set);
		i_free(set->path);
		i_free(set);
	}
	store->propsets = NULL;
}

/* --- when the database is out of reach ----------------------------------------- */

enum store_class store_marker_class(struct mailbox *box)
{
	enum store_class class = STORE_CLASS_MAIL;
	const char *path;
	char buf[32];
	ssize_t ret;
	int fd;

	if (mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_CONTROL,
				&path) <= 0)
		return STORE_CLASS_MAIL;
	fd = open(t_strconcat(path, "/" DOVETAIL_MARKER_NAME, NULL),
		  O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return STORE_CLASS_MAIL;
	ret = read(fd, buf, sizeof(buf) - 1);
	i_close_fd(&fd);
	if (ret > 0) {
		buf[ret] = '\0';
		(void)store_class_of_name(t_strcut(buf, '\n'), &class);
	}
	return class;
}

/* --- writing ------------------------------------------------------------------ */

static int store_props_set(struct mailbox_transaction_context *t,
			   const char *const *props)
{
	for (; *props != NULL; props += 2) {
		struct mail_attribute_value value = { .value = props[1] };

		if (mailbox_attribute_set(t, MAIL_ATTRIBUTE_TYPE_SHARED,
				t_strconcat(META_KEY_FOLDER, props[0], NULL),
				&value) < 0)
			return -1;
	}
	return 0;
}

int store_props_write(struct store *store, struct mailbox *box,
		      const char *const *props)
{
	struct mailbox_transaction_context *t;
	int ret;

	if (mailbox_open(box) < 0)
		return store_fail_box(store, box, "opening");
	t = mailbox_transaction_begin(box, MAILBOX_TRANSACTION_FLAG_EXTERNAL,
				      "Dovetail folder");
	ret = store_props_set(t, props);
	if (ret < 0) {
		(void)store_fail_box(store, box, "writing its properties");
		mailbox_transaction_rollback(&t);
	} else if (mailbox_transaction_commit(&t) < 0) {
		ret = store_fail_box(store, box, "writing its properties");
	}
	return ret;
}

int store_folder_props(struct store *store, store_fid_t fid, pool_t pool,
		       struct store_folder_props *props_r)
{
	struct mail_namespace *ns;
	struct store_propset *set;
	const struct store_prop *prop;
	struct store_node *node;

	i_zero(props_r);
	props_r->reminder = -1;
	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	ns = store_node_ns(store, node);
	if (ns == NULL || !node->info.selectable)
		return 0;
	if (store_props_get(store, ns->list, &set) < 0)
		return -1;
	prop = store_prop_find(set, node->info.guid);
	props_r->display = strcmp(node->info.display, node->info.name) == 0 ?
		NULL : p_strdup(pool, node->info.display);
	if (prop == NULL)
		return 0;
	props_r->color = p_strdup(pool, prop->color);
	props_r->order = prop->order;
	props_r->reminder = prop->reminder;
	return 0;
}

static bool store_color_is_valid(const char *color)
{
	return *color == '#' && strlen(color) == 7 &&
		strspn(color + 1, "0123456789abcdefABCDEF") == 6;
}

static int store_folder_props_check(struct store *store,
				    const struct store_folder_props *props)
{
	if (props->color != NULL && !store_color_is_valid(props->color)) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "A colour is #rrggbb");
	}
	return 0;
}

int store_folder_props_set(struct store *store, store_fid_t fid,
			   const struct store_folder_props *props)
{
	const char *list[9], **p = list;
	struct store_node *node;
	struct mailbox *box;
	int ret;

	if (store_node_get(store, fid, &node) <= 0 ||
	    store_folder_props_check(store, props) < 0)
		return -1;
	*p++ = "color";
	*p++ = props->color;
	/* one that is shown already may be the computed one: it stays so */
	if (props->display == NULL ||
	    strcmp(props->display, node->info.display) != 0) {
		*p++ = "display";
		*p++ = props->display;
	}
	*p++ = "order";
	*p++ = props->order == 0 ? NULL : t_strdup_printf("%d", props->order);
	*p++ = "reminder";
	*p++ = props->reminder < 0 ? NULL :
		t_strdup_printf("%d", props->reminder);
	*p = NULL;
	box = store_node_box(store, node, 0);
	if (box == NULL)
		return -1;
	ret = store_props_write(store, box, list);
	mailbox_free(&box);
	return ret;
}
