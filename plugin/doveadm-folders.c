/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* doveadm dovetail folder, item, offers, subscribe: folders of items and what is
   in them, through the store as clients see it. A library of its own
   (libdovetail-doveadm-folders.so), opened when one of these commands is run:
   doveadm's other commands need no calendars. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "time-util.h"
#include "doveadm-print.h"
#include "doveadm-mail.h"
#include "compat-plugin.h"
#include "dovetail-items.h"
#include "doveadm-folders.h"

struct items_cmd_context;
typedef int items_run_t(struct items_cmd_context *ictx, struct store *store);

struct items_command {
	const char *name;
	items_run_t *run;
	/* how many of folder, item are needed */
	unsigned int args;
	/* of a table, separated by spaces; "": none */
	const char *headers;
};

struct items_cmd_context {
	struct doveadm_mail_cmd_context ctx;
	const struct items_command *command;
	const char *folder, *item;
};

static const char *const class_names[] = {
	"mail", "calendar", "contacts", "tasks", "notes", "journal",
};
static const char *const role_names[] = {
	[STORE_ROLE_CALENDAR] = "calendar",
	[STORE_ROLE_CONTACTS] = "contacts",
	[STORE_ROLE_COLLECTED] = "collected",
	[STORE_ROLE_TASKS] = "tasks",
	[STORE_ROLE_NOTES] = "notes",
	[STORE_ROLE_JOURNAL] = "journal",
};
/* As Dovecot's ACLs are written, RFC 4314's letters */
static const struct {
	enum store_rights right;
	char letter;
} right_letters[] = {
	{ STORE_RIGHT_LOOKUP, 'l' }, { STORE_RIGHT_READ, 'r' },
	{ STORE_RIGHT_WRITE, 'w' }, { STORE_RIGHT_WRITE_SEEN, 's' },
	{ STORE_RIGHT_WRITE_DELETED, 't' }, { STORE_RIGHT_INSERT, 'i' },
	{ STORE_RIGHT_EXPUNGE, 'e' }, { STORE_RIGHT_CREATE, 'k' },
	{ STORE_RIGHT_DELETE, 'x' }, { STORE_RIGHT_ADMIN, 'a' },
};

static int items_failed(struct items_cmd_context *ictx, struct store *store,
			const char *what)
{
	const char *text;
	enum store_error error = store_last_error(store, &text);

	i_error("%s: %s", what, text);
	ictx->ctx.exit_code = error == STORE_ERROR_NOTFOUND ?
		DOVEADM_EX_NOTFOUND : error == STORE_ERROR_PERM ? EX_NOPERM :
		error == STORE_ERROR_INVALID ? EX_USAGE : EX_TEMPFAIL;
	return -1;
}

/* By Dovecot's name of the mailbox; NULL: told */
static const struct store_folder_info *
items_folder(struct items_cmd_context *ictx, struct store *store)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;

	if (store_folders(store, &folders) < 0) {
		(void)items_failed(ictx, store, "Listing folders");
		return NULL;
	}
	array_foreach(folders, info) {
		if (info->selectable && strcmp(info->vname, ictx->folder) == 0)
			return info;
	}
	i_error("%s: No such folder", ictx->folder);
	ictx->ctx.exit_code = DOVEADM_EX_NOTFOUND;
	return NULL;
}

/*
 * Folders
 */

static const char *items_rights(struct store *store, store_fid_t fid)
{
	string_t *str = t_str_new(16);
	enum store_rights rights;

	if (store_folder_rights(store, fid, &rights) < 0)
		return "";
	for (unsigned int i = 0; i < N_ELEMENTS(right_letters); i++) {
		if ((rights & right_letters[i].right) != 0)
			str_append_c(str, right_letters[i].letter);
	}
	return str_c(str);
}

static int folder_list_one(struct store *store,
			   const struct store_folder_info *info)
{
	struct store_folder_props props;

	if (store_folder_props(store, info->fid, pool_datastack_create(),
			       &props) < 0)
		return -1;
	doveadm_print(info->vname);
	doveadm_print(info->display);
	doveadm_print(class_names[info->class]);
	doveadm_print(info->role >= STORE_ROLE_CALENDAR ?
		      role_names[info->role] : "");
	doveadm_print(props.color == NULL ? "" : props.color);
	doveadm_print(info->owner);
	doveadm_print(items_rights(store, info->fid));
	doveadm_print(info->subscribed ? "yes" : "no");
	return 0;
}

static int folder_list(struct items_cmd_context *ictx, struct store *store)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	int ret = 0;

	if (store_folders(store, &folders) < 0)
		return items_failed(ictx, store, "Listing folders");
	array_foreach(folders, info) {
		if (!info->selectable || info->class == STORE_CLASS_MAIL)
			continue;
		T_BEGIN {
			if (folder_list_one(store, info) < 0)
				ret = items_failed(ictx, store, info->vname);
		} T_END;
	}
	return ret;
}

/* folder: a name at the root; item: its class */
static int folder_create(struct items_cmd_context *ictx, struct store *store)
{
	store_fid_t fid;

	for (unsigned int i = 1; i < N_ELEMENTS(class_names); i++) {
		if (strcmp(class_names[i], ictx->item) != 0)
			continue;
		if (store_folder_create(store, 0, ictx->folder, i, &fid) < 0)
			return items_failed(ictx, store, ictx->folder);
		return 0;
	}
	i_error("%s is no class: calendar, contacts, tasks, notes, journal",
		ictx->item);
	ictx->ctx.exit_code = EX_USAGE;
	return -1;
}

static int folder_delete(struct items_cmd_context *ictx, struct store *store)
{
	const struct store_folder_info *info = items_folder(ictx, store);

	if (info == NULL)
		return -1;
	return store_folder_delete(store, info->fid) < 0 ?
		items_failed(ictx, store, ictx->folder) : 0;
}

static int folder_defaults(struct items_cmd_context *ictx, struct store *store)
{
	return store_default_folders(store) < 0 ?
		items_failed(ictx, store, "Making default folders") : 0;
}

static int folder_subscribe_to(struct items_cmd_context *ictx,
			       struct store *store, bool on)
{
	const struct store_folder_info *info = items_folder(ictx, store);

	if (info == NULL)
		return -1;
	return store_folder_subscribe(store, info->fid, on) < 0 ?
		items_failed(ictx, store, ictx->folder) : 0;
}

static int folder_subscribe(struct items_cmd_context *ictx, struct store *store)
{
	return folder_subscribe_to(ictx, store, TRUE);
}

static int folder_unsubscribe(struct items_cmd_context *ictx,
			      struct store *store)
{
	return folder_subscribe_to(ictx, store, FALSE);
}

static int offers_list(struct items_cmd_context *ictx, struct store *store)
{
	const struct store_folder_info *info;
	ARRAY_TYPE(store_offer) offers;
	const struct store_offer *offer;

	if (store_offers(store, ictx->folder, pool_datastack_create(),
			 &offers) < 0)
		return items_failed(ictx, store, "Listing offers");
	array_foreach(&offers, offer) {
		info = store_folder_find(store, offer->fid);
		doveadm_print(info == NULL ? offer->name : info->vname);
		doveadm_print(offer->owner);
		doveadm_print(class_names[offer->class]);
		doveadm_print(offer->writable ? "R/W" : "R");
		doveadm_print(offer->subscribed ? "yes" : "no");
	}
	return 0;
}

/*
 * Items
 */

/* What a person knows it by */
static const char *item_title(const struct store_item *item)
{
	static const char *const names[] = { "SUMMARY", "FN", NULL };
	const char *const *lines, *p, *name;

	for (lines = t_strsplit_spaces(item->text, "\r\n"); *lines != NULL;
	     lines++) {
		p = strchr(*lines, ':');
		if (p == NULL)
			continue;
		name = t_strdup_until(*lines, *lines + strcspn(*lines, ";:"));
		if (str_array_icase_find(names, name))
			return p + 1;
	}
	return "";
}

static int item_list(struct items_cmd_context *ictx, struct store *store)
{
	const struct store_folder_info *info = items_folder(ictx, store);
	struct store_item_iter *iter;
	struct store_item item;
	ARRAY_TYPE(seq_range) nums;

	t_array_init(&nums, 64);
	if (info == NULL)
		return -1;
	if (store_item_nums(store, info->fid, &nums) < 0)
		return items_failed(ictx, store, ictx->folder);
	iter = store_item_iter_init(store, info->fid, &nums, FALSE);
	while (store_item_iter_next(iter, &item)) T_BEGIN {
		doveadm_print_num(item.num);
		doveadm_print_num(item.text_size);
		doveadm_print(t_strflocaltime("%Y-%m-%d %H:%M:%S",
					      item.last_change));
		doveadm_print(item_title(&item));
	} T_END;
	return store_item_iter_deinit(&iter) < 0 ?
		items_failed(ictx, store, ictx->folder) : 0;
}

/* item: its number, or its UID. 1, or -1 and told */
static int item_find(struct items_cmd_context *ictx, struct store *store,
		     store_fid_t *fid_r, struct store_item *item_r)
{
	const struct store_folder_info *info = items_folder(ictx, store);
	uint32_t num;
	int ret = 0;

	if (info == NULL)
		return -1;
	*fid_r = info->fid;
	if (str_to_uint32(ictx->item, &num) == 0) {
		ret = store_item_get(store, info->fid, num,
				     pool_datastack_create(), item_r);
	}
	if (ret == 0) {
		ret = store_item_get_uid(store, info->fid, ictx->item,
					 pool_datastack_create(), item_r);
	}
	if (ret < 0)
		return items_failed(ictx, store, ictx->folder);
	if (ret == 0) {
		i_error("%s: No item %s", ictx->folder, ictx->item);
		ictx->ctx.exit_code = DOVEADM_EX_NOTFOUND;
		return -1;
	}
	return 1;
}

static int item_show(struct items_cmd_context *ictx, struct store *store)
{
	const char *const *extra;
	struct store_item item;
	string_t *extras = t_str_new(128);
	store_fid_t fid;

	if (item_find(ictx, store, &fid, &item) < 0)
		return -1;
	for (extra = item.extras; *extra != NULL; extra += 2)
		str_printfa(extras, "%s=%s\n", extra[0], extra[1]);
	doveadm_print_num(item.num);
	doveadm_print(item.text);
	doveadm_print(str_c(extras));
	return 0;
}

static int item_delete(struct items_cmd_context *ictx, struct store *store)
{
	ARRAY_TYPE(seq_range) nums;
	struct store_item item;
	store_fid_t fid;

	if (item_find(ictx, store, &fid, &item) < 0)
		return -1;
	t_array_init(&nums, 1);
	seq_range_array_add(&nums, item.num);
	return store_item_delete(store, fid, &nums) < 0 ?
		items_failed(ictx, store, ictx->folder) : 0;
}

/*
 * Running
 */

static const struct items_command items_commands[] = {
	{ "dovetail folder list", folder_list, 0,
	  "mailbox name class role color owner rights subscribed" },
	{ "dovetail folder create", folder_create, 2, "" },
	{ "dovetail folder delete", folder_delete, 1, "" },
	{ "dovetail folder defaults", folder_defaults, 0, "" },
	{ "dovetail folder subscribe", folder_subscribe, 1, "" },
	{ "dovetail folder unsubscribe", folder_unsubscribe, 1, "" },
	{ "dovetail offers", offers_list, 0,
	  "mailbox owner class access subscribed" },
	{ "dovetail item list", item_list, 1, "number size changed title" },
	{ "dovetail item show", item_show, 2, "number text extras" },
	{ "dovetail item delete", item_delete, 2, "" },
};

static int cmd_items_run(struct doveadm_mail_cmd_context *ctx,
			 struct mail_user *user)
{
	struct items_cmd_context *ictx =
		container_of(ctx, struct items_cmd_context, ctx);
	struct store *store;
	const char *error;
	int ret;

	if (store_init(user, user->event, &store, &error) < 0) {
		i_error("%s", error);
		ctx->exit_code = EX_TEMPFAIL;
		return -1;
	}
	ret = ictx->command->run(ictx, store);
	store_deinit(&store);
	return ret;
}

static void cmd_items_init(COMPAT_DOVEADM_INIT(ctx))
{
	struct items_cmd_context *ictx =
		container_of(ctx, struct items_cmd_context, ctx);
	const char *const *headers;

	(void)doveadm_cmd_param_str(ctx->cctx, "folder", &ictx->folder);
	(void)doveadm_cmd_param_str(ctx->cctx, "item", &ictx->item);
	if ((ictx->command->args > 0 && ictx->folder == NULL) ||
	    (ictx->command->args > 1 && ictx->item == NULL))
		doveadm_mail_help_name(ictx->command->name);
	for (headers = t_strsplit_spaces(ictx->command->headers, " ");
	     *headers != NULL; headers++)
		doveadm_print_header_simple(*headers);
}

struct doveadm_mail_cmd_context *dovetail_folders_alloc(const char *name)
{
	struct items_cmd_context *ictx =
		doveadm_mail_cmd_alloc(struct items_cmd_context);

	for (unsigned int i = 0; i < N_ELEMENTS(items_commands); i++) {
		if (strcmp(items_commands[i].name, name) == 0)
			ictx->command = &items_commands[i];
	}
	i_assert(ictx->command != NULL);
	ictx->ctx.v.init = cmd_items_init;
	ictx->ctx.v.run = cmd_items_run;
	if (*ictx->command->headers != '\0') {
		doveadm_print_init(ictx->command->run == item_show ?
				   DOVEADM_PRINT_TYPE_PAGER :
				   DOVEADM_PRINT_TYPE_TABLE);
	}
	return &ictx->ctx;
}
