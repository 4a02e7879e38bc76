/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* doveadm dovetail purge, backup, migrate, repair: care of the databases that the
   user's own and public namespaces have. */

#include "lib.h"
#include "hash.h"
#include "mail-search-build.h"
#include "doveadm-mail.h"
#include "dovetail-plugin.h"
#include "doveadm-dovetail.h"

/* Deletions are remembered for dsync and for devices that were away. */
#define TOMBSTONE_DAYS 180

struct maintain_cmd_context {
	struct doveadm_mail_cmd_context ctx;
	int (*func)(struct maintain_cmd_context *ctx, struct mail_user *user,
		    struct mail_namespace *ns, struct meta_db *db);
	const char *file;
};

static void maintain_failed(struct maintain_cmd_context *mctx,
			    struct meta_db *db, const char *doing)
{
	const char *text;

	(void)dovetail_meta()->meta_db_error(db, &text);
	i_error("%s: %s", doing, text);
	mctx->ctx.exit_code = EX_TEMPFAIL;
}

static int maintain_namespace(struct maintain_cmd_context *mctx,
			      struct mail_user *user, struct mail_namespace *ns)
{
	const struct meta_api *meta;
	struct meta_location loc;
	struct meta_db *db;
	enum meta_error code;
	const char *error;
	int ret;

	if (ns->type == MAIL_NAMESPACE_TYPE_SHARED || ns->alias_for != NULL ||
	    !dovetail_meta_exists(ns->list))
		return 0;
	if ((meta = dovetail_meta()) == NULL ||
	    meta->meta_location_from_list(ns->list, &loc) < 0)
		return -1;
	ret = meta->meta_db_open(&loc, 0, &db, &code, &error);
	if (ret < 0) {
		i_error("%s", error);
		mctx->ctx.exit_code = EX_TEMPFAIL;
	} else if (ret > 0) {
		ret = mctx->func(mctx, user, ns, db);
		meta->meta_db_unref(&db);
	}
	return ret;
}

static int cmd_maintain_run(struct doveadm_mail_cmd_context *ctx,
			    struct mail_user *user)
{
	struct maintain_cmd_context *mctx =
		container_of(ctx, struct maintain_cmd_context, ctx);
	struct mail_namespace *ns;
	int ret = 0;

	for (ns = user->namespaces; ns != NULL; ns = ns->next) T_BEGIN {
		if (maintain_namespace(mctx, user, ns) < 0)
			ret = -1;
	} T_END;
	return ret;
}

static int maintain_purge(struct maintain_cmd_context *mctx,
			  struct mail_user *user,
			  struct mail_namespace *ns ATTR_UNUSED,
			  struct meta_db *db)
{
	const char *value =
		compat_user_setting(user, "dovetail_tombstone_days");
	unsigned int days;

	if (value == NULL || str_to_uint(value, &days) < 0)
		days = TOMBSTONE_DAYS;
	if (dovetail_meta()->meta_db_purge(db, days * 24 * 3600) < 0) {
		maintain_failed(mctx, db, "Purging");
		return -1;
	}
	return 0;
}

static int maintain_backup(struct maintain_cmd_context *mctx,
			   struct mail_user *user ATTR_UNUSED,
			   struct mail_namespace *ns, struct meta_db *db)
{
	/* public namespaces are nobody's own */
	if ((ns->flags & NAMESPACE_FLAG_INBOX_USER) == 0)
		return 0;
	if (dovetail_meta()->meta_db_backup(db, mctx->file) < 0) {
		maintain_failed(mctx, db, "Copying");
		return -1;
	}
	return 0;
}

static void cmd_backup_init(COMPAT_DOVEADM_INIT(ctx))
{
	struct maintain_cmd_context *mctx =
		container_of(ctx, struct maintain_cmd_context, ctx);

	if (!doveadm_cmd_param_str(ctx->cctx, "copy-to", &mctx->file))
		doveadm_mail_help_name("dovetail backup");
}

static struct doveadm_mail_cmd_context *maintain_alloc(
	int (*func)(struct maintain_cmd_context *, struct mail_user *,
		    struct mail_namespace *, struct meta_db *))
{
	struct maintain_cmd_context *mctx =
		doveadm_mail_cmd_alloc(struct maintain_cmd_context);

	mctx->func = func;
	mctx->ctx.v.run = cmd_maintain_run;
	return &mctx->ctx;
}

struct doveadm_mail_cmd_context *doveadm_dovetail_purge_alloc(void)
{
	return maintain_alloc(maintain_purge);
}

struct doveadm_mail_cmd_context *doveadm_dovetail_backup_alloc(void)
{
	struct doveadm_mail_cmd_context *ctx = maintain_alloc(maintain_backup);

	ctx->v.init = cmd_backup_init;
	return ctx;
}

/*
 * Migration: all of an owner's metadata from where it was to where dovetail_meta
 * says it is
 */

/* 1 copied, 0 there was nothing, -1 (logged) */
static int migrate_copy(const struct meta_location *from,
			const struct meta_location *to)
{
	const struct meta_api *meta = dovetail_meta();
	struct meta_db *src, *dest;
	enum meta_error code;
	const char *error;
	int ret;

	ret = meta->meta_db_open(from, META_OPEN_MIGRATING, &src, &code,
				 &error);
	if (ret <= 0) {
		if (ret < 0)
			i_error("%s", error);
		return ret;
	}
	if (meta->meta_db_open(to, META_OPEN_CREATE | META_OPEN_MIGRATING,
			       &dest, &code, &error) < 0) {
		i_error("%s", error);
		ret = -1;
	} else {
		if (meta->meta_db_copy(src, dest, TRUE) < 0) {
			(void)meta->meta_db_error(dest, &error);
			i_error("%s", error);
			ret = -1;
		}
		meta->meta_db_unref(&dest);
	}
	meta->meta_db_unref(&src);
	meta->meta_db_close_unused();
	return ret;
}

/* The file is out of the way, and nobody takes it for the truth. */
static int migrate_put_away(const struct meta_location *from)
{
	const char *path = t_strconcat(from->dir, "/" META_DB_NAME, NULL);
	const char *away = t_strconcat(path, ".migrated", NULL);

	if (from->driver != NULL && strcmp(from->driver, "sqlite") != 0)
		return 0;
	if (rename(path, away) == 0)
		return 0;
	i_error("rename(%s, %s) failed: %m", path, away);
	return -1;
}

static int migrate_namespace(struct maintain_cmd_context *mctx,
			     struct mail_namespace *ns)
{
	const struct meta_api *meta = dovetail_meta();
	struct meta_location from, to;
	int ret;

	if (ns->type == MAIL_NAMESPACE_TYPE_SHARED || ns->alias_for != NULL ||
	    meta == NULL || meta->meta_location_from_list(ns->list, &to) < 0)
		return meta == NULL ? -1 : 0;
	from = to;
	meta->meta_location_set(ns->list, mctx->file == NULL ? "sqlite" :
				mctx->file, &from);
	if (meta->meta_location_equals(&from, &to)) {
		i_error("%s is where dovetail_meta says it is already",
			mctx->file == NULL ? "sqlite" : mctx->file);
		mctx->ctx.exit_code = EX_USAGE;
		return -1;
	}
	if ((ret = migrate_copy(&from, &to)) > 0)
		ret = migrate_put_away(&from);
	if (ret < 0)
		mctx->ctx.exit_code = EX_TEMPFAIL;
	return ret;
}

static int cmd_migrate_run(struct doveadm_mail_cmd_context *ctx,
			   struct mail_user *user)
{
	struct maintain_cmd_context *mctx =
		container_of(ctx, struct maintain_cmd_context, ctx);
	struct mail_namespace *ns;
	int ret = 0;

	for (ns = user->namespaces; ns != NULL && ret == 0; ns = ns->next) T_BEGIN {
		if (migrate_namespace(mctx, ns) < 0)
			ret = -1;
	} T_END;
	return ret;
}

static void cmd_migrate_init(COMPAT_DOVEADM_INIT(ctx))
{
	struct maintain_cmd_context *mctx =
		container_of(ctx, struct maintain_cmd_context, ctx);

	(void)doveadm_cmd_param_str(ctx->cctx, "from", &mctx->file);
}

struct doveadm_mail_cmd_context *doveadm_dovetail_migrate_alloc(void)
{
	struct maintain_cmd_context *mctx =
		doveadm_mail_cmd_alloc(struct maintain_cmd_context);

	mctx->ctx.v.init = cmd_migrate_init;
	mctx->ctx.v.run = cmd_migrate_run;
	return &mctx->ctx;
}

/*
 * Repair: folders whose GUID changed are found by name, extras whose message
 * is elsewhere by the message's GUID
 */

struct repair_box {
	const char *vname;
	guid_128_t guid;
	uint32_t uidvalidity;
	ARRAY_TYPE(seq_range) uids;
};

struct repair {
	struct maintain_cmd_context *mctx;
	struct mail_namespace *ns;
	struct meta_db *db;
	struct meta_txn *txn;
	pool_t pool;
	ARRAY(struct repair_box) boxes;
	HASH_TABLE(const char *, struct meta_extra_owner *) lost;
	unsigned int folders, extras;
};

static struct mailbox *repair_open(struct repair *repair, const char *vname)
{
	struct mailbox *box = mailbox_alloc(repair->ns->list, vname,
				MAILBOX_FLAG_IGNORE_ACLS |
				MAILBOX_FLAG_READONLY);

	if (mailbox_sync(box, MAILBOX_SYNC_FLAG_FULL_READ) < 0) {
		i_error("%s: %s", vname,
			mailbox_get_last_internal_error(box, NULL));
		doveadm_mail_failed_mailbox(&repair->mctx->ctx, box);
		mailbox_free(&box);
	}
	return box;
}

static void repair_add_box(struct repair *repair, const char *vname)
{
	struct mailbox *box = repair_open(repair, vname);
	const guid_128_t *guid;
	struct repair_box *rbox;
	uint32_t seq, uid;

	if (box == NULL)
		return;
	if (dovetail_mailbox_guid(box, &guid) == 0) {
		rbox = array_append_space(&repair->boxes);
		rbox->vname = p_strdup(repair->pool, vname);
		guid_128_copy(rbox->guid, *guid);
		rbox->uidvalidity =
			mail_index_get_header(box->view)->uid_validity;
		p_array_init(&rbox->uids, repair->pool, 8);
		for (seq = 1; seq <= mail_index_view_get_messages_count(box->view); seq++) {
			mail_index_lookup_uid(box->view, seq, &uid);
			seq_range_array_add(&rbox->uids, uid);
		}
	}
	mailbox_free(&box);
}

static int repair_list_boxes(struct repair *repair)
{
	struct mailbox_list_iterate_context *iter;
	const struct mailbox_info *info;

	iter = mailbox_list_iter_init(repair->ns->list, "*",
		MAILBOX_LIST_ITER_RAW_LIST | MAILBOX_LIST_ITER_NO_AUTO_BOXES);
	while ((info = mailbox_list_iter_next(iter)) != NULL) T_BEGIN {
		if ((info->flags & (MAILBOX_NOSELECT |
				    MAILBOX_NONEXISTENT)) == 0)
			repair_add_box(repair, info->vname);
	} T_END;
	return mailbox_list_iter_deinit(&iter);
}

static const struct repair_box *
repair_find(struct repair *repair, const guid_128_t guid, const char *path)
{
	const struct repair_box *rbox;

	array_foreach(&repair->boxes, rbox) {
		if (path == NULL ? guid_128_equals(rbox->guid, guid) :
		    strcmp(rbox->vname, path) == 0)
			return rbox;
	}
	return NULL;
}

static int repair_folders(struct repair *repair)
{
	ARRAY_TYPE(meta_folder) folders;
	const struct meta_folder *folder;
	const struct repair_box *rbox;
	struct meta_folder_key key = { .kind = META_FOLDER_MAILBOX };

	p_array_init(&folders, repair->pool, 32);
	if (dovetail_meta()->meta_folder_list(repair->db, repair->pool,
					      &folders) < 0)
		return -1;
	array_foreach(&folders, folder) {
		if (folder->key.kind != META_FOLDER_MAILBOX ||
		    folder->path == NULL ||
		    repair_find(repair, folder->key.guid, NULL) != NULL)
			continue;
		rbox = repair_find(repair, folder->key.guid, folder->path);
		if (rbox == NULL)
			continue;
		guid_128_copy(key.guid, rbox->guid);
		dovetail_meta()->meta_folder_rekey(repair->txn, &folder->key,
						   &key);
		repair->folders++;
	}
	return 0;
}

/* Those whose message is not where they are. */
static int repair_lost_extras(struct repair *repair)
{
	ARRAY_TYPE(meta_extra_owner) owners;
	struct meta_extra_owner *owner;
	const struct repair_box *rbox;

	p_array_init(&owners, repair->pool, 32);
	if (dovetail_meta()->meta_extra_owners(repair->db, repair->pool,
					       &owners) < 0)
		return -1;
	array_foreach_modifiable(&owners, owner) {
		rbox = repair_find(repair, owner->mail.folder, NULL);
		if (rbox != NULL &&
		    rbox->uidvalidity == owner->mail.uidvalidity &&
		    seq_range_exists(&rbox->uids, owner->mail.uid))
			continue;
		hash_table_update(repair->lost, owner->mail_guid, owner);
	}
	return 0;
}

static void repair_extra_found(struct repair *repair,
			       const struct repair_box *rbox, struct mail *mail)
{
	struct meta_extra_owner *owner;
	struct meta_mail_ref dest;
	const char *guid;

	if (mail_get_special(mail, MAIL_FETCH_GUID, &guid) < 0)
		return;
	owner = hash_table_lookup(repair->lost, guid);
	if (owner == NULL)
		return;
	guid_128_copy(dest.folder, rbox->guid);
	dest.uidvalidity = rbox->uidvalidity;
	dest.uid = mail->uid;
	dovetail_meta()->meta_extra_move(repair->txn, &owner->mail, &dest);
	hash_table_remove(repair->lost, guid);
	repair->extras++;
}

static void repair_search_extras(struct repair *repair,
				 const struct repair_box *rbox)
{
	struct mailbox *box = repair_open(repair, rbox->vname);
	struct mailbox_transaction_context *t;
	struct mail_search_context *search;
	struct mail_search_args *args;
	struct mail *mail;

	if (box == NULL)
		return;
	t = mailbox_transaction_begin(box, 0, __func__);
	args = mail_search_build_init();
	mail_search_build_add_all(args);
	search = mailbox_search_init(t, args, NULL, MAIL_FETCH_GUID, NULL);
	mail_search_args_unref(&args);
	while (mailbox_search_next(search, &mail)) T_BEGIN {
		repair_extra_found(repair, rbox, mail);
	} T_END;
	if (mailbox_search_deinit(&search) < 0) {
		i_error("%s: %s", rbox->vname,
			mailbox_get_last_internal_error(box, NULL));
	}
	(void)mailbox_transaction_commit(&t);
	mailbox_free(&box);
}

static int repair_run(struct repair *repair)
{
	const struct repair_box *rbox;

	if (repair_list_boxes(repair) < 0 || repair_folders(repair) < 0 ||
	    repair_lost_extras(repair) < 0)
		return -1;
	/* reading all GUIDs is work: only when something is missing */
	if (hash_table_count(repair->lost) > 0) {
		array_foreach(&repair->boxes, rbox)
			repair_search_extras(repair, rbox);
	}
	return 0;
}

static int maintain_repair(struct maintain_cmd_context *mctx,
			   struct mail_user *user, struct mail_namespace *ns,
			   struct meta_db *db)
{
	struct repair repair = { .mctx = mctx, .ns = ns, .db = db };
	int ret;

	repair.pool = pool_alloconly_create("dovetail repair", 4096);
	p_array_init(&repair.boxes, repair.pool, 32);
	hash_table_create(&repair.lost, repair.pool, 0, str_hash, strcmp);
	repair.txn = dovetail_meta()->meta_txn_begin(db);
	ret = repair_run(&repair);
	if (ret < 0)
		dovetail_meta()->meta_txn_rollback(&repair.txn);
	else
		ret = dovetail_meta()->meta_txn_commit(&repair.txn);
	if (ret < 0)
		maintain_failed(mctx, db, "Repair");
	else if (repair.folders + repair.extras > 0) {
		i_info("%s: %s: %u folders and the extras of %u messages "
		       "re-attached", user->username,
		       dovetail_meta()->meta_db_path(db), repair.folders,
		       repair.extras);
	}
	hash_table_destroy(&repair.lost);
	pool_unref(&repair.pool);
	return ret;
}

struct doveadm_mail_cmd_context *doveadm_dovetail_repair_alloc(void)
{
	return maintain_alloc(maintain_repair);
}
