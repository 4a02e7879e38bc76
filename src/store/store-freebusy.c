/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* When is a user busy? Read from all calendars of that user by us, whatever the
   asking user may read; only times leave this file.

   Another user's database is found through the shared namespace. It can be
   opened where all users have one uid, where file permissions let this user
   in, and in PostgreSQL; else dovetail-freebusy is asked. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "compat-store.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "dovetail-calendar.h"
#include "store-objects.h"

#include <fcntl.h>
#include <unistd.h>

/* Occurrences of one item in a range */
#define STORE_FREEBUSY_MAX 2000

struct store_freebusy {
	struct store *store;
	struct mail_namespace *ns;
	struct meta_db *db;
	struct store_propset *props;
	const struct zone *zone;
	time_t start, end;
	pool_t pool;
	ARRAY_TYPE(store_busy_time) *times;
	/* Who asks; NULL: nobody knows, so only what all may see */
	const char *asker;
};

/* --- who may ------------------------------------------------------------------- */

static bool store_freebusy_is_self(struct store *store, const char *user)
{
	return strcasecmp(user, store->user->username) == 0 ||
		strcasecmp(user, store->set.address) == 0 ||
		str_array_icase_find(store->set.aliases, user);
}

/* The right to look up the default calendar. */
static int store_freebusy_lookup_right(struct store_freebusy *fb,
				       const struct store_prop *calendar)
{
	struct mailbox *box;
	int ret;

	if (calendar == NULL || calendar->path == NULL)
		return 0;
	/* the path is the owner's storage name */
	box = mailbox_alloc(fb->ns->list,
			    mailbox_list_get_vname(fb->ns->list,
						   calendar->path),
			    MAILBOX_FLAG_READONLY);
	ret = compat_acl_right(box, COMPAT_ACL_LOOKUP);
	mailbox_free(&box);
	/* one that is not there shows nothing */
	return ret < 0 ? 0 : ret;
}

static int store_freebusy_may(struct store_freebusy *fb)
{
	const struct store_prop *calendar =
		store_prop_find_role(fb->props, STORE_ROLE_CALENDAR);
	const char *who = calendar == NULL ? NULL : calendar->freebusy;
	enum store_busy_right right;

	if (fb->asker == NULL && calendar != NULL &&
	    calendar->busy_rights != NULL && *calendar->busy_rights != '\0')
		return 0;
	if (fb->asker != NULL && calendar != NULL &&
	    store_busy_right_of(calendar->busy_rights, fb->asker, &right) > 0 &&
	    (right != STORE_BUSY_RIGHT_NONE ||
	     store_freebusy_lookup_right(fb, calendar) <= 0))
		return right != STORE_BUSY_RIGHT_NONE ? 1 : 0;

	if (who == NULL || *who == '\0')
		who = store_setting(fb->store, "dovetail_freebusy");
	if (who == NULL || *who == '\0' || strcmp(who, "all") == 0)
		return 1;
	if (strcmp(who, "acl") == 0 && fb->asker != NULL)
		return store_freebusy_lookup_right(fb, calendar);
	return 0;
}

/* --- times --------------------------------------------------------------------- */

static enum store_busy store_busy_of(const struct cal_entry *entry)
{
	if (entry->cancelled || entry->busy == CAL_BUSY_FREE)
		return STORE_BUSY_FREE;
	return entry->busy == CAL_BUSY_BUSY && entry->tentative ?
		STORE_BUSY_TENTATIVE : (enum store_busy)entry->busy;
}

static void store_freebusy_add(struct store_freebusy *fb,
			       const struct cal_instance *instance)
{
	struct store_busy_time *time;
	enum store_busy busy = store_busy_of(instance->entry);

	if (busy == STORE_BUSY_FREE || instance->end <= fb->start ||
	    instance->start >= fb->end || instance->end <= instance->start)
		return;
	time = array_append_space(fb->times);
	time->start = I_MAX(instance->start, fb->start);
	time->end = I_MIN(instance->end, fb->end);
	time->busy = busy;
}

/* Broken ones take no time. */
static int store_freebusy_item(struct store_freebusy *fb,
			       const guid_128_t guid, uint32_t num, pool_t work)
{
	ARRAY_TYPE(cal_instance) instances;
	const struct cal_instance *instance;
	struct cal_object *obj;
	struct meta_entry entry;
	const char *error;
	int ret;

	ret = meta_entry_get(fb->db, guid, num, work, &entry);
	if (ret < 0)
		return store_fail_meta(fb->store, fb->db, "free/busy");
	if (ret == 0 || cal_parse(work, entry.text, entry.text_size, &obj,
				  NULL, &error) < 0 || obj->kind != CAL_EVENT)
		return 0;
	p_array_init(&instances, work, 16);
	(void)cal_expand(obj, fb->zone, fb->start, fb->end, STORE_FREEBUSY_MAX,
			 work, &instances);
	array_foreach(&instances, instance)
		store_freebusy_add(fb, instance);
	return 0;
}

static int store_freebusy_items(struct store_freebusy *fb,
				struct meta_index *index,
				const guid_128_t guid)
{
	const unsigned int no_time = STORE_ITEM_FREE | STORE_ITEM_CANCELLED |
		STORE_ITEM_BROKEN;
	pool_t work = pool_alloconly_create(MEMPOOL_GROWING"free/busy", 16384);
	ARRAY_TYPE(seq_range) nums;
	struct meta_index_row row;
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t num;
	int ret;

	i_array_init(&nums, 64);
	ret = meta_index_range(index, fb->start, fb->end, &nums);
	seq_range_array_iter_init(&iter, &nums);
	while (ret >= 0 && seq_range_array_iter_nth(&iter, n++, &num)) {
		p_clear(work);
		ret = meta_index_get(index, num, work, &row);
		if (ret > 0 && (row.marks & no_time) == 0)
			ret = store_freebusy_item(fb, guid, num, work);
	}
	array_free(&nums);
	pool_unref(&work);
	return ret < 0 ? -1 : 0;
}

static int store_freebusy_calendar(struct store_freebusy *fb,
				   const struct store_prop *calendar)
{
	struct meta_index *index;
	int ret;

	if (meta_index_open(fb->db, calendar->guid, STORE_INDEX_VERSION,
			    store_item_extract,
			    POINTER_CAST(STORE_CLASS_CALENDAR), &index) < 0)
		return store_fail_meta(fb->store, fb->db, "free/busy");
	ret = store_freebusy_items(fb, index, calendar->guid);
	if (ret < 0)
		(void)store_fail_meta(fb->store, fb->db, "free/busy");
	meta_index_close(&index);
	return ret;
}

static int store_busy_time_cmp(const struct store_busy_time *a,
			       const struct store_busy_time *b)
{
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end ? 1 : 0;
}

/* In order; what overlaps or touches with the same state becomes one. */
static void store_freebusy_merge(ARRAY_TYPE(store_busy_time) *times)
{
	struct store_busy_time *list;
	unsigned int i, j, count, kept = 0;

	array_sort(times, store_busy_time_cmp);
	list = array_get_modifiable(times, &count);
	for (i = 0; i < count; i++) {
		for (j = kept; j > 0; j--) {
			if (list[j - 1].busy == list[i].busy)
				break;
		}
		if (j > 0 && list[j - 1].end >= list[i].start)
			list[j - 1].end = I_MAX(list[j - 1].end, list[i].end);
		else
			list[kept++] = list[i];
	}
	array_delete(times, kept, count - kept);
}

/* --- asking --------------------------------------------------------------------- */

static int store_freebusy_run(struct store_freebusy *fb, bool self)
{
	ARRAY_TYPE(store_prop) calendars;
	const struct store_prop *calendar;
	int ret;

	if (store_props_get(fb->store, fb->ns->list, &fb->props) < 0)
		return -1;
	if (!self && (ret = store_freebusy_may(fb)) <= 0)
		return ret;
	t_array_init(&calendars, 8);
	store_props_of_class(fb->props, STORE_CLASS_CALENDAR, &calendars);
	ret = 0;
	array_foreach_elem(&calendars, calendar) {
		if (ret == 0)
			ret = store_freebusy_calendar(fb, calendar);
	}
	return ret < 0 ? -1 : 1;
}

/* Of dates and times without a zone: that of the asking user, whose site it is;
   NULL: UTC. */
static const struct zone *store_freebusy_zone(struct store *store)
{
	const char *name = store_setting(store, "dovetail_timezone");

	return name == NULL || *name == '\0' ? NULL : zone_by_name(name);
}

int store_freebusy_for(struct store *store, const char *asker,
		       time_t start, time_t end, pool_t pool,
		       ARRAY_TYPE(store_busy_time) *times_r)
{
	struct store_freebusy fb = {
		.store = store, .start = start, .end = end, .pool = pool,
		.times = times_r, .zone = store_freebusy_zone(store),
		.ns = mail_namespace_find_inbox(store->user->namespaces),
		.asker = asker, .db = store->db,
	};
	int ret;

	p_array_init(times_r, pool, 16);
	ret = store_freebusy_run(&fb, FALSE);
	if (ret > 0)
		store_freebusy_merge(times_r);
	else
		array_clear(times_r);
	return ret;
}

/* What lies below a home that is closed to this process: Dovecot would log each
   look at it. */
static bool store_freebusy_is_closed(struct mailbox_list *list)
{
	const char *root;

	return mailbox_list_get_root_path(list, MAILBOX_LIST_PATH_TYPE_CONTROL,
					  &root) &&
		faccessat(AT_FDCWD, root, X_OK, AT_EACCESS) < 0 &&
		errno == EACCES;
}

void store_freebusy_expect(struct store *store, const char *const *users,
			   time_t start, time_t end)
{
	struct mail_namespace *ns;

	store_asks_deinit(store);
	for (; *users != NULL && end > start; users++) {
		if (store_freebusy_is_self(store, *users))
			continue;
		ns = compat_shared_namespace(store->user, *users);
		if (ns == NULL || store_freebusy_is_closed(ns->list))
			store_asks_add(store, *users, start, end);
	}
}

static int store_freebusy_here(struct store_freebusy *fb, bool self)
{
	int ret;

	if (!self && store_freebusy_is_closed(fb->ns->list))
		return store_fail(fb->store, STORE_ERROR_PERM, "closed");
	ret = store_list_db_if_open(fb->store, fb->ns->list, &fb->db);
	if (ret <= 0)
		return ret;
	ret = store_freebusy_run(fb, self);
	store_list_db_close(fb->store, &fb->db);
	return ret;
}

int store_freebusy(struct store *store, const char *user,
		   time_t start, time_t end, pool_t pool,
		   ARRAY_TYPE(store_busy_time) *times_r)
{
	struct store_freebusy fb = {
		.store = store, .start = start, .end = end, .pool = pool,
		.times = times_r, .zone = store_freebusy_zone(store),
		.asker = store->user->username,
	};
	bool self = store_freebusy_is_self(store, user);
	int ret;

	p_array_init(times_r, pool, 16);
	if (end <= start)
		return 0;
	fb.ns = self ? mail_namespace_find_inbox(store->user->namespaces) :
		compat_shared_namespace(store->user, user);
	ret = fb.ns == NULL ? store_fail(store, STORE_ERROR_PERM, "no way") :
		store_freebusy_here(&fb, self);
	if (ret < 0 && store->error == STORE_ERROR_PERM && !self) {
		array_clear(times_r);
		ret = store_freebusy_ask(store, user, start, end, times_r);
	}
	if (ret > 0)
		store_freebusy_merge(times_r);
	else
		array_clear(times_r);
	return ret;
}
