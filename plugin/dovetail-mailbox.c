/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mailbox functions that the plugin hooks, and their order of events. */

#include "lib.h"
#include "mail-index-modseq.h"
#include "mail-index-transaction-private.h"
#include "randgen.h"
#include "dovetail-plugin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* dsync's default mode skips a mailbox when both sides have the same modseq,
   which one change on each side brings about: each write of ours raises it by
   a random step up to this. */
#define DOVETAIL_MODSEQ_STEP (1U << 20)
#define DOVETAIL_MAILDIR_UIDLIST "dovecot-uidlist"
#define DOVETAIL_UIDLIST_HEAD 200

int dovetail_mailbox_guid(struct mailbox *box, const guid_128_t **guid_r)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	struct mailbox_metadata metadata;

	if (!dbox->guid_known) {
		/* unopened, the list index may answer with an old one */
		if (!box->opened && mailbox_open(box) < 0)
			return -1;
		if (mailbox_get_metadata(box, MAILBOX_METADATA_GUID,
					 &metadata) < 0)
			return -1;
		guid_128_copy(dbox->guid, metadata.guid);
		dbox->guid_known = TRUE;
	}
	*guid_r = &dbox->guid;
	return 0;
}

/* As another process would see it now: our handle may have the old one. */
static bool dovetail_mailbox_fresh_guid(struct mailbox *box, guid_128_t guid_r)
{
	struct mailbox *fresh;
	const guid_128_t *guid;
	bool ret;

	fresh = mailbox_alloc(box->list, box->vname,
			      MAILBOX_FLAG_READONLY | MAILBOX_FLAG_IGNORE_ACLS);
	ret = dovetail_mailbox_guid(fresh, &guid) == 0;
	if (ret)
		guid_128_copy(guid_r, *guid);
	mailbox_free(&fresh);
	return ret;
}

/*
 * Transactions
 */

struct dovetail_transaction *
dovetail_transaction_get(struct mailbox_transaction_context *t)
{
	struct dovetail_transaction *dt =
		(void *)DOVETAIL_TRANSACTION_CONTEXT(t);
	pool_t pool;

	if (dt != NULL)
		return dt;
	pool = pool_alloconly_create("dovetail transaction", 1024);
	dt = p_new(pool, struct dovetail_transaction, 1);
	dt->pool = pool;
	p_array_init(&dt->ops, pool, 8);
	p_array_init(&dt->watches, pool, 8);
	p_array_init(&dt->saves, pool, 8);
	MODULE_CONTEXT_SET(t, dovetail_storage_module, dt);
	return dt;
}

static bool
dovetail_private_changes(const struct mailbox_transaction_context *t)
{
	const struct mail_index_transaction *pvt = t->itrans_pvt;

	return pvt != NULL && array_is_created(&pvt->updates) &&
		array_count(&pvt->updates) > 0;
}

static int
dovetail_attributes_pre(struct mailbox_transaction_context *t,
			struct dovetail_transaction *dt)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(t->box);

	if (dovetail_attribute_commit(t, dt) < 0) {
		pool_unref(&dt->pool);
		dbox->module_ctx.super.transaction_rollback(t);
		return -1;
	}
	if ((t->flags & MAILBOX_TRANSACTION_FLAG_SYNC) == 0) {
		mail_index_update_highest_modseq(t->itrans,
			mail_index_modseq_get_highest(t->view) + 1 +
			i_rand_limit(DOVETAIL_MODSEQ_STEP));
	}
	return 0;
}

static int
dovetail_transaction_commit(struct mailbox_transaction_context *t,
			    struct mail_transaction_commit_changes *changes_r)
{
	struct mailbox *box = t->box;
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	struct dovetail_transaction *dt =
		(void *)DOVETAIL_TRANSACTION_CONTEXT(t);
	bool syncing = (t->flags & MAILBOX_TRANSACTION_FLAG_SYNC) != 0;
	bool pvt = dovetail_private_changes(t);
	/* Maildir may save without touching the index */
	enum bus_event events = t->save_count > 0 ? BUS_EVENT_APPEND : 0;
	bool ops = dt != NULL && array_count(&dt->ops) > 0;
	int ret;

	if (ops && dovetail_attributes_pre(t, dt) < 0)
		return -1;
	ret = dbox->module_ctx.super.transaction_commit(t, changes_r);
	/* t is freed */
	if (ops && syncing)
		dovetail_attribute_relog(box, dt);
	if (dt != NULL) {
		if (ret >= 0 && array_count(&dt->saves) > 0) T_BEGIN {
			dovetail_extra_commit(box, dt, changes_r);
		} T_END;
		if (ret >= 0 && dt->people != NULL)
			dovetail_collect_committed(box, dt->people);
		pool_unref(&dt->pool);
	}
	if (ret >= 0 && events != 0)
		dovetail_delivery_saved(box);
	dovetail_bus_flush(box, ret < 0 ? 0 : events);
	if (pvt && ret >= 0)
		dovetail_bus_private(box);
	return ret;
}

static void
dovetail_transaction_rollback(struct mailbox_transaction_context *t)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(t->box);
	struct dovetail_transaction *dt =
		(void *)DOVETAIL_TRANSACTION_CONTEXT(t);

	dbox->module_ctx.super.transaction_rollback(t);
	if (dt != NULL)
		pool_unref(&dt->pool);
}

static int dovetail_save_finish(struct mail_save_context *ctx)
{
	struct dovetail_mailbox *dbox =
		DOVETAIL_BOX_CONTEXT(ctx->transaction->box);

	if (dbox->module_ctx.super.save_finish(ctx) < 0)
		return -1;
	T_BEGIN {
		dovetail_collect_saved(ctx);
	} T_END;
	return 0;
}

static int dovetail_copy(struct mail_save_context *ctx, struct mail *mail)
{
	struct mailbox_transaction_context *t = ctx->transaction;
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(t->box);
	unsigned int idx = t->save_count;

	if (dbox->module_ctx.super.copy(ctx, mail) < 0)
		return -1;
	T_BEGIN {
		dovetail_extra_note_copy(t, idx, mail);
	} T_END;
	return 0;
}

/*
 * Sync
 */

static void dovetail_sync_notify(struct mailbox *box, uint32_t uid,
				 enum mailbox_sync_type type)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);

	if (dbox->module_ctx.super.sync_notify != NULL)
		dbox->module_ctx.super.sync_notify(box, uid, type);
	if (type == MAILBOX_SYNC_TYPE_EXPUNGE && uid != 0)
		dovetail_extra_note_expunge(box, uid);
}

static int dovetail_sync_deinit(struct mailbox_sync_context *ctx,
				struct mailbox_sync_status *status_r)
{
	struct mailbox *box = ctx->box;
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	int ret = dbox->module_ctx.super.sync_deinit(ctx, status_r);

	if (array_is_created(&dbox->expunged)) T_BEGIN {
		dovetail_extra_expunged(box);
	} T_END;
	dovetail_bus_flush(box, 0);
	return ret;
}

static void dovetail_close(struct mailbox *box)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);

	/* committed outside a transaction or sync of the mailbox's own */
	if (box->opened)
		dovetail_bus_flush(box, 0);
	dovetail_bus_detach(box);
	if (array_is_created(&dbox->expunged))
		array_free(&dbox->expunged);
	dbox->guid_known = FALSE;
	dbox->module_ctx.super.close(box);
}

/*
 * Folders
 */

static bool dovetail_is_since(const struct timespec *time,
			      const struct timespec *since)
{
	return time->tv_sec > since->tv_sec ||
		(time->tv_sec == since->tv_sec &&
		 time->tv_nsec >= since->tv_nsec);
}

/* A Maildir that this session found without identity, or gave one by looking at it, as
   Dovecot's list index does: INBOX, whose directories are made when a folder
   beside it is created. Nobody else knows its GUID. */
static bool dovetail_mailbox_is_blank(struct mailbox *box)
{
	struct dovetail_user *duser =
		DOVETAIL_USER_CONTEXT(box->storage->user);
	const char *path;
	char head[DOVETAIL_UIDLIST_HEAD + 1];
	struct stat st;
	ssize_t size = -1;
	int fd;

	if (strcmp(box->storage->name, "maildir") != 0 || duser == NULL ||
	    mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_CONTROL,
				&path) <= 0)
		return FALSE;
	fd = open(t_strconcat(path, "/"DOVETAIL_MAILDIR_UIDLIST, NULL),
		  O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT;
	if (fstat(fd, &st) == 0 &&
	    dovetail_is_since(&st.st_mtim, &duser->created))
		size = read(fd, head, sizeof(head));
	i_close_fd(&fd);
	/* a line of its own, and no message below it */
	return size > 0 && size < (ssize_t)sizeof(head) &&
		memchr(head, '\n', size) == head + size - 1;
}

/* dsync creates a mailbox with the GUID it has on the other side. If one of
   that name exists, Dovecot would give it the new GUID, and two Maildirs swap
   theirs at every run. */
static bool dovetail_create_exists(struct mailbox *box,
				   const struct mailbox_update *update)
{
	enum mailbox_existence existence;

	/* in this order: looking whether it exists gives it a GUID */
	if (update == NULL || guid_128_is_empty(update->mailbox_guid) ||
	    dovetail_mailbox_is_blank(box) ||
	    mailbox_exists(box, FALSE, &existence) < 0 ||
	    existence != MAILBOX_EXISTENCE_SELECT)
		return FALSE;
	mail_storage_set_error(box->storage, MAIL_ERROR_EXISTS,
			       "Mailbox already exists");
	return TRUE;
}

static int dovetail_create_box(struct mailbox *box,
			       const struct mailbox_update *update,
			       bool directory)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	int ret;

	if (dovetail_create_exists(box, update))
		return -1;
	ret = dbox->module_ctx.super.create_box(box, update, directory);
	if (ret == 0)
		dovetail_bus_hierarchy(box, BUS_EVENT_HIERARCHY, NULL);
	return ret;
}

static int dovetail_update_box(struct mailbox *box,
			       const struct mailbox_update *update)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	bool rekey = !guid_128_is_empty(update->mailbox_guid);
	guid_128_t old, new_guid;
	int ret;

	if (rekey && !dovetail_mailbox_fresh_guid(box, old))
		rekey = FALSE;
	ret = dbox->module_ctx.super.update_box(box, update);
	if (ret < 0)
		return ret;
	if (rekey && dovetail_mailbox_fresh_guid(box, new_guid) &&
	    !guid_128_equals(old, new_guid)) {
		dbox->guid_known = FALSE;
		dovetail_extra_rekey(box, old, new_guid);
		dovetail_bus_hierarchy(box, BUS_EVENT_HIERARCHY, NULL);
	}
	if (update->uid_validity != 0)
		dovetail_bus_flush(box, BUS_EVENT_UNKNOWN);
	return ret;
}

static int dovetail_delete_box(struct mailbox *box)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	const guid_128_t *guid;
	guid_128_t copy;
	bool known = FALSE;
	int ret;

	/* a name without a mailbox cannot be opened, and has no rows */
	if ((box->opened || mailbox_open(box) == 0) &&
	    dovetail_mailbox_guid(box, &guid) == 0) {
		guid_128_copy(copy, *guid);
		known = TRUE;
	}
	ret = dbox->module_ctx.super.delete_box(box);
	if (ret < 0)
		return ret;
	if (known)
		dovetail_extra_forget(box, copy);
	dovetail_bus_hierarchy(box, BUS_EVENT_HIERARCHY, NULL);
	return ret;
}

static int dovetail_rename_box(struct mailbox *src, struct mailbox *dest)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(src);
	const guid_128_t *guid;
	int ret = dbox->module_ctx.super.rename_box(src, dest);

	if (ret < 0)
		return ret;
	if (dovetail_mailbox_guid(dest, &guid) == 0)
		dovetail_extra_set_path(dest, *guid);
	dovetail_bus_hierarchy(dest, BUS_EVENT_HIERARCHY, NULL);
	return ret;
}

static int dovetail_set_subscribed(struct mailbox *box, bool set)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	int ret = dbox->module_ctx.super.set_subscribed(box, set);

	if (ret == 0)
		dovetail_bus_subscribed(box);
	return ret;
}

/*
 * Hooking
 */

/* Not a delivery's own message, not a view of other mailboxes (those tell for
   themselves), not the place of an error. */
static bool dovetail_mailbox_is_real(struct mailbox *box)
{
	static const char *const others[] = { "raw", "virtual", "fail", NULL };

	return !str_array_find(others, box->storage->name);
}

void dovetail_mailbox_allocated(struct mailbox *box)
{
	struct mailbox_vfuncs *v = box->vlast;
	struct dovetail_mailbox *dbox;

	if (!dovetail_mailbox_is_real(box))
		return;
	dbox = p_new(box->pool, struct dovetail_mailbox, 1);
	dbox->module_ctx.super = *v;
	box->vlast = &dbox->module_ctx.super;
	v->close = dovetail_close;
	v->create_box = dovetail_create_box;
	v->update_box = dovetail_update_box;
	v->delete_box = dovetail_delete_box;
	v->rename_box = dovetail_rename_box;
	v->set_subscribed = dovetail_set_subscribed;
	v->attribute_set = dovetail_attribute_set;
	v->attribute_get = dovetail_attribute_get;
	v->attribute_iter_init = dovetail_attribute_iter_init;
	v->attribute_iter_next = dovetail_attribute_iter_next;
	v->attribute_iter_deinit = dovetail_attribute_iter_deinit;
	v->sync_deinit = dovetail_sync_deinit;
	v->sync_notify = dovetail_sync_notify;
	v->transaction_commit = dovetail_transaction_commit;
	v->transaction_rollback = dovetail_transaction_rollback;
	v->save_finish = dovetail_save_finish;
	v->copy = dovetail_copy;
	MODULE_CONTEXT_SET(box, dovetail_storage_module, dbox);
}

void dovetail_mailbox_opened(struct mailbox *box)
{
	if (MODULE_CONTEXT(box, dovetail_storage_module) != NULL)
		dovetail_bus_attach(box);
}
