/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Notifications (MS-OXCNOTIF): nothing is pushed to a session. Each Execute, and each
   NotificationWait, compares what the subscribed folders were at the last look with
   what they are: the store answers that from its journal, at the cost of what changed
   (D6). So a session that waits holds numbers only, and survives its process. */

#include "mapi.h"
#include "mapi-msg.h"
#include "mapi-notify.h"
#include "mapi-table.h"

#define ROP_NOTIFY 0x2a
#define ROP_PENDING 0x6e
/* Rows of one table that are told one by one; more: the table has changed */
#define MAX_ROW_EVENTS 6
/* Of one folder in one look */
#define MAX_EVENTS 256

/* What is known of a folder */
struct watched {
	uint64_t folder;
	struct mapi_logon *logon;
	bool have_mail, have_items, have_opaque;
	struct store_point mail, items;
	uint64_t opaque;
	/* UIDs and item numbers that exist */
	ARRAY_TYPE(seq_range) mail_nums, item_nums;
	/* counts as they were told */
	uint32_t count, unread;
};

struct mapi_notifier {
	struct emsmdb *session;
	ARRAY(struct watched *) watched;
	/* events that did not fit */
	buffer_t *waiting;
	/* the folders as they were; 0: not looked at */
	unsigned int tree_hash;
};

struct mapi_event {
	uint16_t type;
	uint64_t folder;
	/* of messages; source 0 with num 0: of the folder itself */
	struct mapi_msg_ref message;
	bool is_message;
};
ARRAY_DEFINE_TYPE(mapi_event, struct mapi_event);

void mapi_notifier_init(struct emsmdb *session)
{
	struct mapi_notifier *notifier = i_new(struct mapi_notifier, 1);

	notifier->session = session;
	i_array_init(&notifier->watched, 4);
	notifier->waiting = buffer_create_dynamic(default_pool, 64);
	session->notifier = notifier;
}

static void watched_free(struct watched *watched)
{
	array_free(&watched->mail_nums);
	array_free(&watched->item_nums);
	i_free(watched);
}

void mapi_notifier_deinit(struct emsmdb *session)
{
	struct mapi_notifier *notifier = session->notifier;
	struct watched *const *watchedp;

	array_foreach(&notifier->watched, watchedp)
		watched_free(*watchedp);
	array_free(&notifier->watched);
	buffer_free(&notifier->waiting);
	i_free(session->notifier);
}

/* --- who wants to hear ------------------------------------------------------------------ */

/* A table tells of its folder unless it was opened without notifications */
static bool table_wants(const struct mapi_table *table)
{
	return table->notifies &&
		(table->flags & MAPI_TABLE_NO_NOTIFICATIONS) == 0 &&
		!array_is_empty(&table->columns);
}

static bool object_folder(struct mapi_object *obj, uint64_t *folder_r)
{
	const struct mapi_table *table;
	const struct mapi_subscription *sub;

	if (obj->kind == MAPI_TABLE) {
		table = (const struct mapi_table *)obj;
		*folder_r = table->folder;
		return table_wants(table);
	}
	if (obj->kind != MAPI_NOTIFY)
		return FALSE;
	sub = (const struct mapi_subscription *)obj;
	*folder_r = sub->whole_store ? 0 : sub->folder;
	return TRUE;
}

static struct watched *
watched_find(struct mapi_notifier *notifier, const struct mapi_logon *logon,
	     uint64_t folder)
{
	struct watched *const *watchedp;

	array_foreach(&notifier->watched, watchedp) {
		if ((*watchedp)->folder == folder &&
		    (*watchedp)->logon == logon)
			return *watchedp;
	}
	return NULL;
}

/* --- what is there now ---------------------------------------------------------------------- */

static void watched_mail_start(struct mapi_rop *rop, struct watched *watched,
			       store_fid_t fid)
{
	struct store_folder *folder;

	if (store_open(rop->store, fid, &folder) < 0)
		return;
	if (store_uids_since(folder, 0, &watched->mail_nums) == 0) {
		store_point_get(folder, &watched->mail);
		watched->have_mail = TRUE;
	}
	store_close(&folder);
}

static void watched_items_start(struct mapi_rop *rop, struct watched *watched,
				store_fid_t fid)
{
	if (store_item_point(rop->store, fid, &watched->items) == 0 &&
	    store_item_nums(rop->store, fid, &watched->item_nums) == 0)
		watched->have_items = TRUE;
}

static void watched_opaque_start(struct mapi_rop *rop, struct watched *watched)
{
	ARRAY_TYPE(store_opaque_change) changes;
	struct store_place place;

	mapi_place(watched->logon, watched->folder, &place);
	p_array_init(&changes, rop->pool, 1);
	if (store_opaque_changes(rop->store, &place, UINT64_MAX >> 2, &changes,
				 &watched->opaque) >= 0)
		watched->have_opaque = TRUE;
}

static void watched_start(struct mapi_rop *rop, struct mapi_notifier *notifier,
			  struct mapi_logon *logon, uint64_t folder)
{
	const struct mapi_folder_info *info;
	struct watched *watched;

	if (watched_find(notifier, logon, folder) != NULL)
		return;
	info = mapi_tree_find(rop, logon, folder);
	if (info == NULL || info->search)
		return;
	watched = i_new(struct watched, 1);
	watched->folder = folder;
	watched->logon = logon;
	i_array_init(&watched->mail_nums, 8);
	i_array_init(&watched->item_nums, 8);
	array_push_back(&notifier->watched, &watched);
	if (info->fid != 0 && info->class == STORE_CLASS_MAIL)
		watched_mail_start(rop, watched, info->fid);
	else if (info->fid != 0)
		watched_items_start(rop, watched, info->fid);
	watched_opaque_start(rop, watched);
}

/* --- what happened ----------------------------------------------------------------------------- */

static void event_add(ARRAY_TYPE(mapi_event) *events, struct watched *watched,
		      uint16_t type, enum mapi_msg_source source, uint32_t num)
{
	struct mapi_event *event;

	if (array_count(events) >= MAX_EVENTS)
		return;
	event = array_append_space(events);
	event->type = type;
	event->folder = watched->folder;
	event->message.folder = watched->folder;
	event->message.source = source;
	event->message.num = num;
	event->is_message = TRUE;
}

static void events_of_ranges(ARRAY_TYPE(mapi_event) *events,
			     struct watched *watched, uint16_t type,
			     enum mapi_msg_source source,
			     const ARRAY_TYPE(seq_range) *nums)
{
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t num;

	seq_range_array_iter_init(&iter, nums);
	while (seq_range_array_iter_nth(&iter, n++, &num))
		event_add(events, watched, type, source, num);
}

static void events_of_changes(ARRAY_TYPE(mapi_event) *events,
			      struct watched *watched,
			      enum mapi_msg_source source, bool inbox,
			      const struct store_changes *changes,
			      ARRAY_TYPE(seq_range) *nums)
{
	const struct store_changed *changed;
	const struct store_rewritten *rewritten;

	if (inbox)
		events_of_ranges(events, watched, MAPI_EVENT_NEW_MAIL, source,
				 &changes->added);
	events_of_ranges(events, watched, MAPI_EVENT_CREATED, source,
			 &changes->added);
	events_of_ranges(events, watched, MAPI_EVENT_DELETED, source,
			 &changes->expunged);
	array_foreach(&changes->changed, changed)
		event_add(events, watched, MAPI_EVENT_MODIFIED, source,
			  changed->uid);
	seq_range_array_merge(nums, &changes->added);
	seq_range_array_remove_seq_range(nums, &changes->expunged);
	array_foreach(&changes->rewritten, rewritten) {
		event_add(events, watched, MAPI_EVENT_MODIFIED, source,
			  rewritten->new_uid);
		seq_range_array_remove(nums, rewritten->old_uid);
		seq_range_array_add(nums, rewritten->new_uid);
	}
}

static void look_mail(struct mapi_rop *rop, struct watched *watched,
		      const struct mapi_folder_info *info,
		      ARRAY_TYPE(mapi_event) *events)
{
	struct store_changes changes;
	struct store_folder *folder;
	int ret;

	if (store_unchanged(rop->store, info->fid, &watched->mail))
		return;
	if (store_open(rop->store, info->fid, &folder) < 0)
		return;
	ret = store_changes(folder, &watched->mail, &watched->mail_nums, 0,
			    rop->pool, &changes);
	if (ret > 0) {
		events_of_changes(events, watched, MAPI_MSG_MAIL,
				  info->special == MAPI_FID_INBOX, &changes,
				  &watched->mail_nums);
		watched->mail = changes.now;
	} else if (ret == 0) {
		/* another id space: everything is new */
		array_clear(&watched->mail_nums);
		(void)store_uids_since(folder, 0, &watched->mail_nums);
		store_point_get(folder, &watched->mail);
		events_of_ranges(events, watched, MAPI_EVENT_CREATED,
				 MAPI_MSG_MAIL, &watched->mail_nums);
	}
	store_close(&folder);
}

static void look_items(struct mapi_rop *rop, struct watched *watched,
		       const struct mapi_folder_info *info,
		       ARRAY_TYPE(mapi_event) *events)
{
	struct store_changes changes;

	if (store_item_unchanged(rop->store, info->fid, &watched->items))
		return;
	if (store_item_changes(rop->store, info->fid, &watched->items,
			       &watched->item_nums, rop->pool,
			       &changes) <= 0) {
		array_clear(&watched->item_nums);
		watched_items_start(rop, watched, info->fid);
		return;
	}
	events_of_changes(events, watched, MAPI_MSG_ITEM, FALSE, &changes,
			  &watched->item_nums);
	watched->items = changes.now;
}

static void look_opaque(struct mapi_rop *rop, struct watched *watched,
			ARRAY_TYPE(mapi_event) *events)
{
	ARRAY_TYPE(store_opaque_change) changes;
	const struct store_opaque_change *change;
	struct store_place place;
	uint64_t now;

	p_array_init(&changes, rop->pool, 8);
	mapi_place(watched->logon, watched->folder, &place);
	if (store_opaque_changes(rop->store, &place, watched->opaque,
				 &changes, &now) < 0)
		return;
	array_foreach(&changes, change) {
		event_add(events, watched, change->deleted ?
			  MAPI_EVENT_DELETED : MAPI_EVENT_MODIFIED,
			  MAPI_MSG_OPAQUE, change->num);
	}
	watched->opaque = now;
}

/* The folder's own numbers changed with what is in it */
static void look_counts(struct mapi_rop *rop, struct watched *watched,
			ARRAY_TYPE(mapi_event) *events)
{
	struct store_folder_stat stat;
	struct store_place place;
	struct mapi_event *event;

	mapi_place(watched->logon, watched->folder, &place);
	if (store_folder_stat(rop->store, &place, &stat) < 0)
		return;
	event = array_append_space(events);
	event->type = MAPI_EVENT_MODIFIED | MAPI_EVENT_TOTAL |
		MAPI_EVENT_UNREAD;
	event->folder = watched->folder;
	watched->count = stat.count;
	watched->unread = stat.unread;
}

static void look_at(struct mapi_rop *rop, struct watched *watched,
		    ARRAY_TYPE(mapi_event) *events)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, watched->logon, watched->folder);
	unsigned int before = array_count(events);

	if (info == NULL)
		return;
	if (watched->have_mail)
		look_mail(rop, watched, info, events);
	if (watched->have_items)
		look_items(rop, watched, info, events);
	if (watched->have_opaque)
		look_opaque(rop, watched, events);
	if (array_count(events) > before)
		look_counts(rop, watched, events);
}

/* --- what is told ---------------------------------------------------------------------------------- */

static void out_event_ids(struct mapi_rop *rop, const struct watched *watched,
			  const struct mapi_event *event, buffer_t *out)
{
	mapi_out_u64(out, mapi_folder_wire(rop, watched->logon,
					   event->folder));
	if (event->is_message)
		mapi_out_u64(out, mapi_msg_wire(rop, watched->logon,
						&event->message));
}

static const char *event_class(struct mapi_rop *rop,
			       const struct watched *watched,
			       const struct mapi_event *event)
{
	struct mapi_message *base;
	struct mapi_object *obj;
	struct mapi_msg *msg;
	const char *class = NULL;

	rop->logon = watched->logon;
	msg = mapi_msg_new(rop, &event->message, FALSE, NULL);
	obj = &msg->obj;
	if (mapi_msg_base(rop, msg, &base) == ecNone)
		class = mapi_bag_get_str(&base->props, PidTagMessageClass);
	mapi_object_unref(&obj);
	return class == NULL ? "IPM.Note" : class;
}

/* NotificationData (MS-OXCNOTIF 2.2.1.4.1.2) of an explicit subscription */
static void out_event(struct mapi_rop *rop, const struct watched *watched,
		      const struct mapi_event *event, buffer_t *out)
{
	uint16_t flags = event->type | (event->is_message ?
					MAPI_EVENT_IS_MESSAGE : 0);

	mapi_out_u16(out, flags);
	out_event_ids(rop, watched, event, out);
	switch (event->type & 0x0fff) {
	case MAPI_EVENT_NEW_MAIL:
		mapi_out_u32(out, 0);	/* MessageFlags: unread */
		mapi_out_u8(out, 0);	/* the class as String8 */
		mapi_out_str8(out, event_class(rop, watched, event));
		return;
	case MAPI_EVENT_CREATED:
		/* tags: not known which: none */
		if (!event->is_message)
			mapi_out_u64(out, 0);
		mapi_out_u16(out, 0);
		return;
	case MAPI_EVENT_MODIFIED:
		mapi_out_u16(out, 0);
		if ((event->type & MAPI_EVENT_TOTAL) != 0)
			mapi_out_u32(out, watched->count);
		if ((event->type & MAPI_EVENT_UNREAD) != 0)
			mapi_out_u32(out, watched->unread);
		return;
	}
}

static void notify_head(struct mapi_object *obj, uint32_t handle, buffer_t *out)
{
	mapi_out_u8(out, ROP_NOTIFY);
	mapi_out_u32(out, handle);
	mapi_out_u8(out, obj->logon->id);
}

static bool sub_wants(const struct mapi_subscription *sub,
		      const struct watched *watched,
		      const struct mapi_event *event)
{
	if (sub->obj.logon != watched->logon ||
	    (sub->types & event->type & 0x0fff) == 0)
		return FALSE;
	if (sub->whole_store)
		return TRUE;
	return sub->folder == event->folder &&
		(sub->message == 0 || event->is_message);
}

/* TableEventType (MS-OXCNOTIF 2.2.1.4.1.2) */
enum { TABLE_CHANGED = 1, TABLE_ROW_ADDED = 3, TABLE_ROW_DELETED = 4,
       TABLE_ROW_MODIFIED = 5 };

static void out_table_changed(struct mapi_table *table, uint32_t handle,
			      buffer_t *out)
{
	notify_head(&table->obj, handle, out);
	mapi_out_u16(out, MAPI_EVENT_TABLE);
	mapi_out_u16(out, TABLE_CHANGED);
}

/* One row: its ids, the row before it, its columns */
static void out_table_row(struct mapi_rop *rop, struct mapi_table *table,
			  uint32_t handle, uint16_t what, unsigned int place,
			  const struct mapi_msg_ref *ref, buffer_t *out)
{
	const struct mapi_row_id *above;
	struct mapi_msg_ref before;
	const mapi_tag_t *columns;
	struct mapi_prop *props;
	unsigned int width;
	buffer_t *row;
	mapi_id_t folder = mapi_folder_wire(rop, table->obj.logon,
					    table->folder);

	notify_head(&table->obj, handle, out);
	mapi_out_u16(out, MAPI_EVENT_TABLE | MAPI_EVENT_IS_MESSAGE);
	mapi_out_u16(out, what);
	mapi_out_u64(out, folder);
	mapi_out_u64(out, mapi_msg_wire(rop, table->obj.logon, ref));
	mapi_out_u32(out, 0);
	if (what == TABLE_ROW_DELETED)
		return;
	if (place == 0) {
		mapi_out_u64(out, 0);
		mapi_out_u64(out, 0);
	} else {
		above = array_idx(&table->leaves, place - 1);
		mapi_contents_ref(table, above->id, &before);
		mapi_out_u64(out, folder);
		mapi_out_u64(out, mapi_msg_wire(rop, table->obj.logon,
						&before));
	}
	mapi_out_u32(out, 0);
	columns = array_get(&table->columns, &width);
	props = p_new(rop->pool, struct mapi_prop, I_MAX(width, 1));
	mapi_table_rows(rop, table, place, 1, columns, width, props);
	row = buffer_create_dynamic(rop->pool, 256);
	mapi_table_row_out(rop, table, props, row);
	mapi_out_u16(out, row->used);
	buffer_append_buf(out, row, 0, SIZE_MAX);
}

static bool table_place_of(struct mapi_table *table,
			   const struct mapi_msg_ref *ref,
			   unsigned int *place_r)
{
	const struct mapi_row_id *id;
	struct mapi_msg_ref at;

	array_foreach(&table->leaves, id) {
		mapi_contents_ref(table, id->id, &at);
		if (at.source == ref->source && at.num == ref->num) {
			*place_r = array_foreach_idx(&table->leaves, id);
			return TRUE;
		}
	}
	return FALSE;
}

static bool had_row(const ARRAY_TYPE(mapi_row_id) *before,
		    struct mapi_table *table, const struct mapi_msg_ref *ref)
{
	const struct mapi_row_id *id;
	struct mapi_msg_ref at;

	array_foreach(before, id) {
		mapi_contents_ref(table, id->id, &at);
		if (at.source == ref->source && at.num == ref->num)
			return TRUE;
	}
	return FALSE;
}

static void table_event(struct mapi_rop *rop, struct mapi_table *table,
			uint32_t handle,
			const ARRAY_TYPE(mapi_row_id) *before,
			const struct mapi_event *event, buffer_t *out)
{
	unsigned int place;
	bool had = had_row(before, table, &event->message);
	bool has = table_place_of(table, &event->message, &place);

	if (!had && !has)
		return;
	out_table_row(rop, table, handle, !has ? TABLE_ROW_DELETED :
		      had ? TABLE_ROW_MODIFIED : TABLE_ROW_ADDED,
		      has ? place : 0, &event->message, out);
}

static unsigned int table_events_count(const ARRAY_TYPE(mapi_event) *events)
{
	const struct mapi_event *event;
	unsigned int count = 0;

	array_foreach(events, event) {
		if (event->is_message &&
		    (event->type & 0x0fff) != MAPI_EVENT_NEW_MAIL)
			count++;
	}
	return count;
}

static void tell_table(struct mapi_rop *rop, struct mapi_table *table,
		       uint32_t handle, const struct watched *watched,
		       const ARRAY_TYPE(mapi_event) *events, buffer_t *out)
{
	ARRAY_TYPE(mapi_row_id) before;
	const struct mapi_event *event;
	unsigned int count = table_events_count(events);

	if (table->obj.logon != watched->logon ||
	    table->folder != watched->folder || count == 0)
		return;
	/* it came from another process: its rows are not known */
	if (!table->loaded) {
		out_table_changed(table, handle, out);
		return;
	}
	rop->logon = watched->logon;
	p_array_init(&before, rop->pool, array_count(&table->leaves) + 1);
	array_append_array(&before, &table->leaves);
	if (mapi_table_refresh(rop, table) != ecNone)
		return;
	if (count > MAX_ROW_EVENTS || table->sort.categories > 0 ||
	    !table->of_messages) {
		out_table_changed(table, handle, out);
		return;
	}
	array_foreach(events, event) {
		if (event->is_message &&
		    (event->type & 0x0fff) != MAPI_EVENT_NEW_MAIL)
			table_event(rop, table, handle, &before, event, out);
	}
}

static void tell_subscription(struct mapi_rop *rop,
			      struct mapi_subscription *sub, uint32_t handle,
			      const struct watched *watched,
			      const ARRAY_TYPE(mapi_event) *events,
			      buffer_t *out)
{
	const struct mapi_event *event;

	array_foreach(events, event) {
		if (!sub_wants(sub, watched, event))
			continue;
		notify_head(&sub->obj, handle, out);
		out_event(rop, watched, event, out);
	}
}

static void tell(struct mapi_rop *rop, const struct watched *watched,
		 const ARRAY_TYPE(mapi_event) *events, buffer_t *out)
{
	struct emsmdb *session = rop->session;
	struct mapi_object *obj;

	for (uint32_t i = 1; i <= array_count(&session->objects); i++) {
		obj = mapi_session_get(session, i);
		if (obj == NULL)
			continue;
		if (obj->kind == MAPI_TABLE && table_wants(
					(const struct mapi_table *)obj))
			tell_table(rop, (struct mapi_table *)obj, i, watched,
				   events, out);
		else if (obj->kind == MAPI_NOTIFY)
			tell_subscription(rop,
					  (struct mapi_subscription *)obj, i,
					  watched, events, out);
	}
}

/* --- looking ------------------------------------------------------------------------------------------ */

/* A whole store: the folders in which something can happen */
static void watch_store(struct mapi_rop *rop, struct mapi_notifier *notifier,
			struct mapi_logon *logon)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *folder;

	if (mapi_tree(rop, logon, &folders) < 0)
		return;
	array_foreach(folders, folder) {
		if (folder->fid != 0)
			watched_start(rop, notifier, logon, folder->oid);
	}
}

static void watch_objects(struct mapi_rop *rop, struct mapi_notifier *notifier)
{
	struct emsmdb *session = rop->session;
	struct mapi_object *obj;
	uint64_t folder;

	for (uint32_t i = 1; i <= array_count(&session->objects); i++) {
		obj = mapi_session_get(session, i);
		if (obj == NULL || !object_folder(obj, &folder))
			continue;
		rop->logon = obj->logon;
		if (folder == 0)
			watch_store(rop, notifier, obj->logon);
		else
			watched_start(rop, notifier, obj->logon, folder);
	}
}

/* Folders nobody asks for any more, and those of logons that are gone */
static bool watched_used(struct emsmdb *session, const struct watched *watched)
{
	struct mapi_object *obj;
	uint64_t folder;

	for (uint32_t i = 1; i <= array_count(&session->objects); i++) {
		obj = mapi_session_get(session, i);
		if (obj != NULL && obj->logon == watched->logon &&
		    object_folder(obj, &folder) &&
		    (folder == 0 || folder == watched->folder))
			return TRUE;
	}
	return FALSE;
}

void mapi_notifier_drop_logon(struct emsmdb *session,
			      const struct mapi_logon *logon)
{
	struct mapi_notifier *notifier = session->notifier;
	struct watched *watched;

	for (unsigned int i = array_count(&notifier->watched); i-- > 0; ) {
		watched = *array_idx(&notifier->watched, i);
		if (watched->logon == logon) {
			watched_free(watched);
			array_delete(&notifier->watched, i, 1);
		}
	}
}

static void drop_unused(struct mapi_notifier *notifier)
{
	struct watched *watched;
	unsigned int i = 0;

	while (i < array_count(&notifier->watched)) {
		watched = *array_idx(&notifier->watched, i);
		if (watched_used(notifier->session, watched)) {
			i++;
			continue;
		}
		watched_free(watched);
		array_delete(&notifier->watched, i, 1);
	}
}

static void rop_of_session(struct mapi_rop *rop_r, struct emsmdb *session,
			   const struct mapi_env *env)
{
	i_zero(rop_r);
	rop_r->session = session;
	rop_r->env = env;
	rop_r->pool = env->pool;
	rop_r->store = env->store;
}

static void look(struct mapi_rop *rop, struct mapi_notifier *notifier)
{
	struct watched *const *watchedp;
	ARRAY_TYPE(mapi_event) events;

	drop_unused(notifier);
	array_foreach(&notifier->watched, watchedp) {
		rop->logon = (*watchedp)->logon;
		p_array_init(&events, rop->pool, 8);
		look_at(rop, *watchedp, &events);
		if (!array_is_empty(&events))
			tell(rop, *watchedp, &events, notifier->waiting);
	}
	watch_objects(rop, notifier);
}

void mapi_notify_append(struct emsmdb *session, const struct mapi_env *env,
			buffer_t *out, size_t max_used)
{
	struct mapi_notifier *notifier = session->notifier;
	struct mapi_rop rop;

	rop_of_session(&rop, session, env);
	look(&rop, notifier);
	if (notifier->waiting->used == 0)
		return;
	if (out->used + notifier->waiting->used > max_used) {
		/* RopPending: session index 0 */
		mapi_out_u8(out, ROP_PENDING);
		mapi_out_u16(out, 0);
		return;
	}
	buffer_append_buf(out, notifier->waiting, 0, SIZE_MAX);
	buffer_set_used_size(notifier->waiting, 0);
}

int emsmdb_wait(struct emsmdb *session, const struct mapi_env *env,
		ARRAY_TYPE(emsmdb_watch) *watches_r)
{
	struct mapi_notifier *notifier = session->notifier;
	const struct store_folder_info *info;
	struct watched *const *watchedp;
	struct emsmdb_watch *watch;
	struct mapi_rop rop;

	rop_of_session(&rop, session, env);
	look(&rop, notifier);
	if (notifier->waiting->used > 0)
		return 1;
	array_foreach(&notifier->watched, watchedp) {
		if ((*watchedp)->folder < META_OID_FOLDER_FIRST)
			continue;
		info = store_folder_find(env->store, (*watchedp)->folder -
					 META_OID_FOLDER_FIRST);
		if (info == NULL)
			continue;
		watch = array_append_space(watches_r);
		watch->owner = info->owner;
		memcpy(watch->guid, info->guid, sizeof(watch->guid));
	}
	return 0;
}

/* --- as data ------------------------------------------------------------------------------------------ */

static void out_point(buffer_t *out, const struct store_point *point)
{
	mapi_out_u32(out, point->idspace);
	mapi_out_u32(out, point->uidnext);
	mapi_out_u64(out, point->modseq);
	mapi_out_u64(out, point->pvt_modseq);
}

static void in_point(struct mapi_in *in, struct store_point *point_r)
{
	point_r->idspace = mapi_in_u32(in);
	point_r->uidnext = mapi_in_u32(in);
	point_r->modseq = mapi_in_u64(in);
	point_r->pvt_modseq = mapi_in_u64(in);
}

static void out_nums(buffer_t *out, const ARRAY_TYPE(seq_range) *nums)
{
	const struct seq_range *range;

	mapi_out_u32(out, array_count(nums));
	array_foreach(nums, range) {
		mapi_out_u32(out, range->seq1);
		mapi_out_u32(out, range->seq2);
	}
}

static void in_nums(struct mapi_in *in, ARRAY_TYPE(seq_range) *nums)
{
	uint32_t count = mapi_in_u32(in), seq1, seq2;

	for (; count > 0 && !in->broken; count--) {
		seq1 = mapi_in_u32(in);
		seq2 = mapi_in_u32(in);
		if (seq1 <= seq2)
			seq_range_array_add_range(nums, seq1, seq2);
	}
}

void mapi_notifier_park(const struct emsmdb *session, buffer_t *out)
{
	const struct mapi_notifier *notifier = session->notifier;
	struct watched *const *watchedp;

	mapi_out_u32(out, notifier->waiting->used);
	buffer_append_buf(out, notifier->waiting, 0, SIZE_MAX);
	mapi_out_u32(out, array_count(&notifier->watched));
	array_foreach(&notifier->watched, watchedp) {
		mapi_out_u64(out, (*watchedp)->folder);
		mapi_out_u8(out, (*watchedp)->logon->id);
		mapi_out_u8(out, (*watchedp)->have_mail |
			    (*watchedp)->have_items << 1 |
			    (*watchedp)->have_opaque << 2);
		out_point(out, &(*watchedp)->mail);
		out_point(out, &(*watchedp)->items);
		mapi_out_u64(out, (*watchedp)->opaque);
		out_nums(out, &(*watchedp)->mail_nums);
		out_nums(out, &(*watchedp)->item_nums);
	}
}

static void watched_restore(struct emsmdb *session, struct mapi_in *in)
{
	struct watched *watched = i_new(struct watched, 1);
	uint8_t have;

	i_array_init(&watched->mail_nums, 8);
	i_array_init(&watched->item_nums, 8);
	watched->folder = mapi_in_u64(in);
	watched->logon = session->logons[mapi_in_u8(in)];
	have = mapi_in_u8(in);
	watched->have_mail = (have & 1) != 0;
	watched->have_items = (have & 2) != 0;
	watched->have_opaque = (have & 4) != 0;
	in_point(in, &watched->mail);
	in_point(in, &watched->items);
	watched->opaque = mapi_in_u64(in);
	in_nums(in, &watched->mail_nums);
	in_nums(in, &watched->item_nums);
	if (in->broken || watched->logon == NULL)
		watched_free(watched);
	else
		array_push_back(&session->notifier->watched, &watched);
}

int mapi_notifier_restore(struct emsmdb *session, struct mapi_in *in)
{
	uint32_t size = mapi_in_u32(in), count;
	const unsigned char *waiting = mapi_in_bytes(in, size);

	if (waiting != NULL)
		buffer_append(session->notifier->waiting, waiting, size);
	for (count = mapi_in_u32(in); count > 0 && !in->broken; count--)
		watched_restore(session, in);
	return in->broken ? -1 : 0;
}
