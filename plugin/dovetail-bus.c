/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The writing side of the change bus. What a process changes is seen where it
   is committed, at the index transaction: appends, flags and attributes of
   clients as well as what a sync finds or expunges. It is told when the
   mailbox function that caused it has returned. */

#include "lib.h"
#include "str.h"
#include "mail-index-transaction-private.h"
#include "dovetail-plugin.h"

#include <fcntl.h>
#include <unistd.h>

#define DOVETAIL_INDEX_CONTEXT(obj) \
	MODULE_CONTEXT(obj, dovetail_index_module)

#define ATTRIBUTE_ACL_PREFIX \
	MAILBOX_ATTRIBUTE_PREFIX_DOVECOT_PVT "acl/"

struct dovetail_index_transaction {
	union mail_index_transaction_module_context module_ctx;
};

static MODULE_CONTEXT_DEFINE_INIT(dovetail_index_module,
				  &mail_index_module_register);

/* a record was lost because the front does not keep up */
static bool dovetail_bus_overflow;
static bool dovetail_bus_noted;

/*
 * Writing
 */

static void dovetail_bus_unavailable(struct dovetail_user *duser)
{
	/* The front is not running, or this process may not write: its slow
	   poll covers that. Once is enough. */
	if (!dovetail_bus_noted)
		e_debug(duser->event, "open(%s) failed: %m", duser->bus_path);
	dovetail_bus_noted = TRUE;
}

/* Opened each time: after a reload there is another FIFO under this name. */
static void dovetail_bus_write(struct dovetail_user *duser, string_t *lines)
{
	int fd;

	if (dovetail_bus_overflow)
		bus_overflow_append(lines);
	fd = open(duser->bus_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		dovetail_bus_unavailable(duser);
		return;
	}
	if (write(fd, str_data(lines), str_len(lines)) >= 0)
		dovetail_bus_overflow = FALSE;
	else if (errno == EAGAIN)
		dovetail_bus_overflow = TRUE;
	else if (errno != EPIPE)
		e_error(duser->event, "write(%s) failed: %m", duser->bus_path);
	i_close_fd(&fd);
}

int dovetail_bus_control(const char *path, const char *const *words,
			 const char **error_r)
{
	string_t *line = t_str_new(128);
	int fd, ret = 0;

	if (!bus_control_append(line, words)) {
		*error_r = "command is too long";
		return -1;
	}
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		*error_r = t_strdup_printf("open(%s) failed: %m", path);
		return -1;
	}
	if (write(fd, str_data(line), str_len(line)) < 0) {
		*error_r = t_strdup_printf("write(%s) failed: %m", path);
		ret = -1;
	}
	i_close_fd(&fd);
	return ret;
}

/* "" for public mailboxes: they have no owner */
static const char *dovetail_bus_owner(struct mailbox *box)
{
	struct mail_user *owner = mailbox_list_get_namespace(box->list)->owner;

	return owner == NULL ? "" : owner->username;
}

static void dovetail_bus_add(struct dovetail_user *duser, string_t *lines,
			     const char *owner, const guid_128_t guid,
			     enum bus_event events, const char *pvt_user)
{
	struct bus_event_record record = {
		.owner = owner,
		.events = events,
		.origin = duser->origin,
		.pvt_user = pvt_user,
	};

	if (guid != NULL)
		guid_128_copy(record.guid, guid);
	/* one write() of several lines must stay below PIPE_BUF */
	if (str_len(lines) > PIPE_BUF - 2 * DT_BUS_MAX_LINE) {
		dovetail_bus_write(duser, lines);
		str_truncate(lines, 0);
	}
	if (!bus_event_append(lines, &record)) {
		e_debug(duser->event, "Name of owner is too long for the bus");
		dovetail_bus_overflow = TRUE;
	}
}

static struct dovetail_user *dovetail_bus_user(struct mailbox *box)
{
	return DOVETAIL_USER_CONTEXT(box->storage->user);
}

/* Those whose rights changed look at their folders again. Members of a group
   and "anyone" are not known by name here: their poll finds out. */
static void dovetail_bus_add_acl(struct dovetail_user *duser, string_t *lines,
				 struct dovetail_index *index)
{
	const char *id;

	array_foreach_elem(&index->acl_ids, id) {
		if (*id == '-')
			id++;
		if (!compat_str_begins(id, "user="))
			continue;
		dovetail_bus_add(duser, lines, id + 5, NULL, BUS_EVENT_ACL,
				 NULL);
	}
	array_free(&index->acl_ids);
	pool_unref(&index->acl_pool);
}

static void dovetail_bus_flush_index(struct mailbox *box, enum bus_event events)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	struct dovetail_user *duser = dovetail_bus_user(box);
	const guid_128_t *guid;
	string_t *lines = t_str_new(256);

	if (dovetail_mailbox_guid(box, &guid) == 0) {
		dovetail_bus_add(duser, lines, dovetail_bus_owner(box), *guid,
				 events, NULL);
	} else {
		/* gone meanwhile: whoever watches looks at the folders */
		dovetail_bus_add(duser, lines, dovetail_bus_owner(box), NULL,
				 BUS_EVENT_HIERARCHY, NULL);
	}
	if (dbox->index != NULL && array_is_created(&dbox->index->acl_ids))
		dovetail_bus_add_acl(duser, lines, dbox->index);
	if (str_len(lines) > 0)
		dovetail_bus_write(duser, lines);
}

void dovetail_bus_flush(struct mailbox *box, enum bus_event more)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	enum bus_event events = more;

	if (dbox->index != NULL) {
		events |= dbox->index->pending;
		dbox->index->pending = 0;
	}
	if (events == 0 || dovetail_bus_user(box) == NULL)
		return;
	T_BEGIN {
		dovetail_bus_flush_index(box, events);
	} T_END;
}

void dovetail_bus_private(struct mailbox *box)
{
	struct dovetail_user *duser = dovetail_bus_user(box);
	const guid_128_t *guid;

	if (duser == NULL || dovetail_mailbox_guid(box, &guid) < 0)
		return;
	T_BEGIN {
		string_t *lines = t_str_new(256);

		dovetail_bus_add(duser, lines, dovetail_bus_owner(box), *guid,
				 BUS_EVENT_FLAGS, box->storage->user->username);
		dovetail_bus_write(duser, lines);
	} T_END;
}

void dovetail_bus_hierarchy(struct mailbox *box, enum bus_event events,
			    const guid_128_t guid)
{
	struct dovetail_user *duser = dovetail_bus_user(box);

	if (duser == NULL)
		return;
	T_BEGIN {
		string_t *lines = t_str_new(256);

		dovetail_bus_add(duser, lines, dovetail_bus_owner(box), guid,
				 events, NULL);
		dovetail_bus_write(duser, lines);
	} T_END;
}

void dovetail_bus_subscribed(struct mailbox *box)
{
	struct dovetail_user *duser = dovetail_bus_user(box);

	if (duser == NULL)
		return;
	/* subscriptions are the reader's, also those to shared folders */
	T_BEGIN {
		string_t *lines = t_str_new(256);

		dovetail_bus_add(duser, lines, box->storage->user->username,
				 NULL, BUS_EVENT_SUBSCRIBE, NULL);
		dovetail_bus_write(duser, lines);
	} T_END;
}

/*
 * Watching index transactions
 */

/* Internal flags (dirty, recent) are nobody's business. */
static bool
dovetail_bus_visible_flags(const struct mail_index_transaction *t)
{
	const struct mail_index_flag_update *update;

	if (!array_is_created(&t->updates))
		return FALSE;
	array_foreach(&t->updates, update) {
		if (((update->add_flags | update->remove_flags) &
		     MAIL_FLAGS_NONRECENT) != 0)
			return TRUE;
	}
	return FALSE;
}

static void dovetail_bus_note_acl(struct dovetail_index *index, const char *id)
{
	const char *copy;

	if (!array_is_created(&index->acl_ids)) {
		index->acl_pool = pool_alloconly_create("dovetail acl", 256);
		i_array_init(&index->acl_ids, 4);
	}
	copy = p_strdup(index->acl_pool, id);
	array_push_back(&index->acl_ids, &copy);
}

/* Keys that changed are in the buffer as [+-][ps]key NUL. Device records are
   ours alone: nobody waits for them. */
static enum bus_event
dovetail_bus_attributes(struct dovetail_index *index,
			const struct mail_index_transaction *t)
{
	enum bus_event events = 0;
	const char *key, *p, *end;

	if (t->attribute_updates == NULL)
		return 0;
	p = t->attribute_updates->data;
	end = p + t->attribute_updates->used;
	while (p < end) {
		key = t_strdup_until(p, memchr(p, '\0', end - p) == NULL ? end :
				     (const char *)memchr(p, '\0', end - p));
		p += strlen(key) + 1;
		if (strlen(key) < 2)
			continue;
		key += 2;
		if (compat_str_begins(key, ATTRIBUTE_ACL_PREFIX)) {
			dovetail_bus_note_acl(index, key +
					      strlen(ATTRIBUTE_ACL_PREFIX));
			events |= BUS_EVENT_ACL;
		} else if (compat_str_begins(key, META_KEY_PREFIX) &&
			   !compat_str_begins(key, META_KEY_DEVICE)) {
			events |= BUS_EVENT_ATTRIBUTE;
		}
	}
	return events;
}

static void
dovetail_bus_transaction_free(struct mail_index_transaction *t,
			      struct mail_index_transaction_vfuncs *super_r)
{
	struct dovetail_index_transaction *dt =
		MODULE_CONTEXT_REQUIRE(t, dovetail_index_module);

	*super_r = dt->module_ctx.super;
	i_free(dt);
}

static int
dovetail_bus_transaction_commit(struct mail_index_transaction *t,
	struct mail_index_transaction_commit_result *result_r)
{
	struct dovetail_index *index =
		DOVETAIL_INDEX_CONTEXT(t->view->index);
	struct mail_index_transaction_vfuncs super;
	enum bus_event events = 0;
	bool flags = dovetail_bus_visible_flags(t);

	if (index != NULL) T_BEGIN {
		events = dovetail_bus_attributes(index, t);
	} T_END;
	dovetail_bus_transaction_free(t, &super);
	if (super.commit(t, result_r) < 0)
		return -1;
	if (index == NULL)
		return 0;
	if ((result_r->changes_mask & MAIL_INDEX_TRANSACTION_CHANGE_APPEND) != 0)
		events |= BUS_EVENT_APPEND;
	/* the commit has dropped updates that change nothing */
	if ((result_r->changes_mask & MAIL_INDEX_TRANSACTION_CHANGE_KEYWORDS) != 0 ||
	    (flags && (result_r->changes_mask &
		       MAIL_INDEX_TRANSACTION_CHANGE_FLAGS) != 0))
		events |= BUS_EVENT_FLAGS;
	/* only real ones: requests of clients are not in the mask */
	if ((result_r->changes_mask & MAIL_INDEX_TRANSACTION_CHANGE_EXPUNGE) != 0)
		events |= BUS_EVENT_EXPUNGE;
	index->pending |= events;
	return 0;
}

static void
dovetail_bus_transaction_rollback(struct mail_index_transaction *t)
{
	struct mail_index_transaction_vfuncs super;

	dovetail_bus_transaction_free(t, &super);
	super.rollback(t);
}

static void dovetail_bus_transaction_created(struct mail_index_transaction *t)
{
	struct dovetail_index_transaction *dt;

	/* Dovecot leaves vlast unset although it reads it after this call;
	   pointing at v says "nothing stacked": the hook goes into v itself */
	if (t->vlast == NULL)
		t->vlast = &t->v;
	/* indexes that are no mailbox's (the list index, private flags) */
	if (DOVETAIL_INDEX_CONTEXT(t->view->index) == NULL)
		return;
	dt = i_new(struct dovetail_index_transaction, 1);
	dt->module_ctx.super = t->v;
	t->v.commit = dovetail_bus_transaction_commit;
	t->v.rollback = dovetail_bus_transaction_rollback;
	MODULE_CONTEXT_SET(t, dovetail_index_module, dt);
}

void dovetail_bus_attach(struct mailbox *box)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	struct dovetail_index *index;

	if (dbox->index != NULL || box->index == NULL)
		return;
	index = DOVETAIL_INDEX_CONTEXT(box->index);
	if (index == NULL) {
		index = i_new(struct dovetail_index, 1);
		MODULE_CONTEXT_SET(box->index, dovetail_index_module, index);
	}
	index->refcount++;
	dbox->index = index;
}

void dovetail_bus_detach(struct mailbox *box)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	struct dovetail_index *index = dbox->index;

	if (index == NULL)
		return;
	dbox->index = NULL;
	if (--index->refcount > 0)
		return;
	MODULE_CONTEXT_UNSET(box->index, dovetail_index_module);
	if (array_is_created(&index->acl_ids)) {
		array_free(&index->acl_ids);
		pool_unref(&index->acl_pool);
	}
	i_free(index);
}

void dovetail_bus_init(void)
{
	mail_index_transaction_hook_register(dovetail_bus_transaction_created);
}

void dovetail_bus_deinit(void)
{
	mail_index_transaction_hook_unregister(dovetail_bus_transaction_created);
}
