/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* doveadm dovetail import, export: contacts (.vcf) and calendars, tasks and notes
   (.ics), through the store: whole folders, in streams, the same UID once. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hash.h"
#include "istream.h"
#include "ostream.h"
#include "str.h"
#include "compat-plugin.h"
#include "doveadm-mail.h"
#include "doveadm-print.h"
#include "mail-user.h"
#include "dovetail-calendar.h"
#include "dovetail-contact.h"
#include "dovetail-items.h"
#include "doveadm-dovetail.h"

#include <fcntl.h>
#include <sysexits.h>

/* What goes into one transaction */
#define IMPORT_BATCH_ITEMS 500
#define IMPORT_BATCH_BYTES (4 * 1024 * 1024)
#define IMPORT_BLOCK (256 * 1024)

struct items_cmd_context {
	struct doveadm_mail_cmd_context ctx;
	/* NULL: the default folder of a type */
	const char *mailbox;
	unsigned int type;
	/* "-", NULL: standard input or output */
	const char *file;
};

static const struct {
	const char *name, *component;
	enum store_class class;
	enum store_role role;
} items_types[] = {
	{ "contacts", "BEGIN:VCARD", STORE_CLASS_CONTACTS,
	  STORE_ROLE_CONTACTS },
	{ "calendar", "BEGIN:VEVENT", STORE_CLASS_CALENDAR,
	  STORE_ROLE_CALENDAR },
	{ "tasks", "BEGIN:VTODO", STORE_CLASS_TASKS, STORE_ROLE_TASKS },
	{ "notes", "BEGIN:VJOURNAL", STORE_CLASS_NOTES, STORE_ROLE_NOTES },
};

/* --- folders -------------------------------------------------------------------- */

static int items_store_failed(struct items_cmd_context *ictx,
			      struct store *store, const char *doing)
{
	const char *text;

	switch (store_last_error(store, &text)) {
	case STORE_ERROR_NOTFOUND:
		ictx->ctx.exit_code = DOVEADM_EX_NOTFOUND;
		break;
	case STORE_ERROR_PERM:
		ictx->ctx.exit_code = EX_NOPERM;
		break;
	case STORE_ERROR_QUOTA:
	case STORE_ERROR_NOSPACE:
		ictx->ctx.exit_code = EX_CANTCREAT;
		break;
	default:
		ictx->ctx.exit_code = EX_TEMPFAIL;
		break;
	}
	i_error("%s: %s", doing, text);
	return -1;
}

static const struct store_folder_info *
items_folder_by_name(struct store *store, const char *name)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;

	if (store_folders(store, &folders) < 0)
		return NULL;
	array_foreach(folders, info) {
		if (strcmp(info->vname, name) == 0)
			return info;
	}
	return NULL;
}

/* The folder that was named, or the user's default one of a type; NULL: none,
   said. */
static const struct store_folder_info *
items_folder(struct items_cmd_context *ictx, struct store *store,
	     unsigned int type)
{
	const struct store_folder_info *info;

	if (ictx->mailbox == NULL) {
		info = store_folder_find_role(store, items_types[type].role);
		if (info == NULL)
			i_error("There is no folder of %s",
				items_types[type].name);
	} else {
		info = items_folder_by_name(store, ictx->mailbox);
		if (info == NULL || info->class == STORE_CLASS_MAIL) {
			i_error("%s: There is no such folder of contacts or "
				"calendars", ictx->mailbox);
			info = NULL;
		}
	}
	if (info == NULL)
		ictx->ctx.exit_code = DOVEADM_EX_NOTFOUND;
	return info;
}

/* --- import --------------------------------------------------------------------- */

struct import {
	struct items_cmd_context *ictx;
	struct store *store;
	pool_t pool;
	ARRAY(struct store_item_write) writes;
	size_t bytes;
	store_fid_t fid;
	unsigned int type;

	unsigned int seen, saved, failed;
	bool stopped;
};

static void import_bad(struct import *import, const char *uid,
		       const char *error)
{
	i_error("Item %u%s%s: %s", import->seen, uid == NULL ? "" : ", UID ",
		uid == NULL ? "" : uid, error);
	import->failed++;
	import->ictx->ctx.exit_code = EX_DATAERR;
}

/* An item's own fault: the others go on. */
static bool import_error_is_of_item(enum store_error error)
{
	return error == STORE_ERROR_INVALID || error == STORE_ERROR_EXISTS ||
		error == STORE_ERROR_UNSUPPORTED;
}

static void import_flush(struct import *import)
{
	const struct store_item_write *writes;
	const char *text;
	unsigned int count, failed;

	while ((count = array_count(&import->writes)) > 0 &&
	       !import->stopped) {
		failed = UINT_MAX;
		writes = array_front(&import->writes);
		if (store_item_put_many(import->store, import->fid, writes,
					count, &failed) == 0) {
			import->saved += count;
			break;
		}
		if (!import_error_is_of_item(
			store_last_error(import->store, &text)) ||
		    failed >= count) {
			(void)items_store_failed(import->ictx, import->store,
						 "Saving items");
			import->stopped = TRUE;
			break;
		}
		import_bad(import, writes[failed].uid, text);
		array_delete(&import->writes, failed, 1);
	}
	array_clear(&import->writes);
	p_clear(import->pool);
	import->bytes = 0;
}

static bool import_choose_folder(struct import *import, const char *text)
{
	const struct store_folder_info *info;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(items_types); i++) {
		if (strstr(text, items_types[i].component) != NULL)
			break;
	}
	if (i == N_ELEMENTS(items_types))
		i = 1;
	if (import->fid != 0 &&
	    (import->ictx->mailbox != NULL || import->type == i))
		return TRUE;
	import_flush(import);
	info = items_folder(import->ictx, import->store, i);
	if (info == NULL)
		return FALSE;
	import->fid = info->fid;
	import->type = i;
	return TRUE;
}

static int import_item(void *context, const char *uid, const char *text,
		       const char *error)
{
	struct import *import = context;
	struct store_item_write *write;

	import->seen++;
	if (error != NULL) {
		import_bad(import, uid, error);
		return 0;
	}
	if (!import_choose_folder(import, text)) {
		import->stopped = TRUE;
		return -1;
	}
	write = array_append_space(&import->writes);
	write->uid = p_strdup(import->pool, uid);
	write->text = p_strdup(import->pool, text);
	import->bytes += strlen(text);
	if (array_count(&import->writes) >= IMPORT_BATCH_ITEMS ||
	    import->bytes >= IMPORT_BATCH_BYTES)
		import_flush(import);
	return import->stopped ? -1 : 0;
}

/* 1 there is more, 0 the end, -1 error */
static int import_read_more(struct istream *input, buffer_t *buf)
{
	const unsigned char *data;
	size_t size, want = buf->used + IMPORT_BLOCK;

	while (buf->used < want) {
		if (i_stream_read_more(input, &data, &size) < 0)
			return input->stream_errno != 0 ? -1 : 0;
		buffer_append(buf, data, size);
		i_stream_skip(input, size);
	}
	return 1;
}

/* vCards are taken as they come, a calendar must be whole: its zones may stand
   anywhere in it. */
static int import_stream(struct import *import, struct istream *input)
{
	buffer_t *buf = buffer_create_dynamic(default_pool, IMPORT_BLOCK * 2);
	const char *error;
	bool calendar = FALSE, known = FALSE;
	size_t used;
	int ret;

	do {
		ret = import_read_more(input, buf);
		if (ret < 0)
			break;
		if (!known) {
			calendar = strstr(t_str_ucase(t_strndup(buf->data,
				I_MIN(buf->used, 4096))), "VCALENDAR") != NULL;
			known = TRUE;
		}
		if (calendar)
			continue;
		if (contact_split(buf->data, buf->used, ret > 0, &used,
				  import_item, import) < 0)
			break;
		buffer_delete(buf, 0, used);
	} while (ret > 0);
	if (ret == 0 && calendar && !import->stopped &&
	    cal_split(buf->data, buf->used, import_item, import, &error) < 0 &&
	    !import->stopped) {
		i_error("%s", error);
		import->ictx->ctx.exit_code = EX_DATAERR;
		ret = -1;
	}
	if (input->stream_errno != 0) {
		i_error("read(%s) failed: %s", i_stream_get_name(input),
			i_stream_get_error(input));
		import->ictx->ctx.exit_code = EX_IOERR;
	}
	buffer_free(&buf);
	import_flush(import);
	return ret < 0 || import->stopped ? -1 : 0;
}

static void import_report(struct import *import)
{
	if (import->seen == 0 && !import->stopped) {
		i_error("There is no vCard and no calendar in it");
		import->ictx->ctx.exit_code = EX_DATAERR;
	}
	doveadm_print(dec2str(import->saved));
	doveadm_print(dec2str(import->failed));
}

static int items_store_init(struct items_cmd_context *ictx,
			    struct mail_user *user, struct store **store_r)
{
	const char *error;

	if (store_init(user, user->event, store_r, &error) < 0) {
		i_error("%s", error);
		ictx->ctx.exit_code = EX_TEMPFAIL;
		return -1;
	}
	if (store_default_folders(*store_r) < 0) {
		(void)items_store_failed(ictx, *store_r,
					 "Making default folders");
		store_deinit(store_r);
		return -1;
	}
	return 0;
}

static int cmd_import_run(struct doveadm_mail_cmd_context *ctx,
			  struct mail_user *user)
{
	struct items_cmd_context *ictx =
		container_of(ctx, struct items_cmd_context, ctx);
	struct import import = { .ictx = ictx };
	struct istream *input;
	int ret;

	if (items_store_init(ictx, user, &import.store) < 0)
		return -1;
	if (strcmp(ictx->file, "-") == 0) {
		input = ctx->cmd_input;
		i_stream_ref(input);
	} else
		input = i_stream_create_file(ictx->file, IO_BLOCK_SIZE);
	import.pool = pool_alloconly_create("import", 64 * 1024);
	i_array_init(&import.writes, IMPORT_BATCH_ITEMS);
	ret = import_stream(&import, input);
	import_report(&import);
	array_free(&import.writes);
	pool_unref(&import.pool);
	i_stream_unref(&input);
	store_deinit(&import.store);
	return ret;
}

static void cmd_import_init(COMPAT_DOVEADM_INIT(ctx))
{
	struct items_cmd_context *ictx =
		container_of(ctx, struct items_cmd_context, ctx);

	if (!doveadm_cmd_param_str(ctx->cctx, "path", &ictx->file))
		doveadm_mail_help_name("dovetail import");
	(void)doveadm_cmd_param_str(ctx->cctx, "mailbox", &ictx->mailbox);
	if (strcmp(ictx->file, "-") == 0)
		doveadm_mail_get_input(ctx);
	doveadm_print_header_simple("imported");
	doveadm_print_header_simple("failed");
}

struct doveadm_mail_cmd_context *doveadm_dovetail_import_alloc(void)
{
	struct items_cmd_context *ictx =
		doveadm_mail_cmd_alloc(struct items_cmd_context);

	ictx->ctx.v.init = cmd_import_init;
	ictx->ctx.v.run = cmd_import_run;
	doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
	return &ictx->ctx;
}

/* --- export --------------------------------------------------------------------- */

struct export {
	struct items_cmd_context *ictx;
	/* NULL: doveadm's output */
	struct ostream *output;
	bool calendar;
	/* VTIMEZONEs that were written, by their text */
	HASH_TABLE(char *, char *) zones;
};

static void export_write(struct export *export, const char *data, size_t size)
{
	if (export->output != NULL)
		o_stream_nsend(export->output, data, size);
	else if (size > 0)
		doveadm_print_stream(data, size);
}

static void export_str(struct export *export, const char *text)
{
	export_write(export, text, strlen(text));
}

/* The line at p, and where the next begins */
static const char *export_next_line(const char *p)
{
	const char *lf = strchr(p, '\n');

	return lf == NULL ? p + strlen(p) : lf + 1;
}

static bool line_begins(const char *line, const char *word)
{
	return strncasecmp(line, word, strlen(word)) == 0;
}

/* One component (VTIMEZONE, VEVENT, ...) with all in it */
static const char *export_component(const char *begin)
{
	const char *p = begin;
	unsigned int depth = 0;

	while (*p != '\0') {
		const char *line = p;

		p = export_next_line(p);
		if (line_begins(line, "BEGIN:"))
			depth++;
		else if (line_begins(line, "END:") && --depth == 0)
			break;
	}
	return p;
}

/* Components out of their VCALENDAR; each zone once. */
static void export_calendar_text(struct export *export, const char *text)
{
	const char *p = text, *end;
	char *zone;

	while (*p != '\0') {
		if (!line_begins(p, "BEGIN:") ||
		    line_begins(p, "BEGIN:VCALENDAR")) {
			p = export_next_line(p);
			continue;
		}
		end = export_component(p);
		if (line_begins(p, "BEGIN:VTIMEZONE")) {
			zone = i_strdup_until(p, end);
			if (hash_table_lookup(export->zones, zone) != NULL)
				i_free(zone);
			else {
				hash_table_insert(export->zones, zone, zone);
				export_str(export, zone);
			}
		} else
			export_write(export, p, end - p);
		p = end;
	}
}

static int export_folder(struct export *export, struct store *store,
			 store_fid_t fid)
{
	ARRAY_TYPE(seq_range) nums;
	struct store_item_iter *iter;
	struct store_item item;

	t_array_init(&nums, 32);
	if (store_item_nums(store, fid, &nums) < 0)
		return -1;
	iter = store_item_iter_init(store, fid, &nums, FALSE);
	while (store_item_iter_next(iter, &item)) T_BEGIN {
		if (export->calendar)
			export_calendar_text(export, item.text);
		else
			export_write(export, item.text, item.text_size);
	} T_END;
	return store_item_iter_deinit(&iter);
}

static int export_all(struct export *export, struct store *store,
		      const struct store_folder_info *info)
{
	struct hash_iterate_context *iter;
	char *key, *value;
	int ret;

	hash_table_create(&export->zones, default_pool, 0, str_hash, strcmp);
	export->calendar = info->class != STORE_CLASS_CONTACTS;
	if (export->calendar) {
		export_str(export, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
			   "PRODID:-//Dovetail//EN\r\n");
	}
	ret = export_folder(export, store, info->fid);
	if (export->calendar)
		export_str(export, "END:VCALENDAR\r\n");
	iter = hash_table_iterate_init(export->zones);
	while (hash_table_iterate(iter, export->zones, &key, &value))
		i_free(key);
	hash_table_iterate_deinit(&iter);
	hash_table_destroy(&export->zones);
	if (ret < 0)
		return items_store_failed(export->ictx, store,
					  "Reading items");
	return 0;
}

static int export_open(struct export *export)
{
	const char *file = export->ictx->file;
	int fd;

	if (file == NULL || strcmp(file, "-") == 0)
		return 0;
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1) {
		i_error("open(%s) failed: %m", file);
		export->ictx->ctx.exit_code = EX_CANTCREAT;
		return -1;
	}
	export->output = o_stream_create_fd_file_autoclose(&fd, 0);
	o_stream_set_no_error_handling(export->output, TRUE);
	return 0;
}

static int export_close(struct export *export)
{
	int ret = 0;

	if (export->output == NULL) {
		/* the end of the value */
		doveadm_print_stream("", 0);
		return 0;
	}
	if (o_stream_finish(export->output) < 0) {
		i_error("write(%s) failed: %s", export->ictx->file,
			o_stream_get_error(export->output));
		export->ictx->ctx.exit_code = EX_IOERR;
		ret = -1;
	}
	o_stream_unref(&export->output);
	return ret;
}

/* A folder's name, or a type: the default folder of that. */
static unsigned int export_type(struct items_cmd_context *ictx)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(items_types); i++) {
		if (strcmp(items_types[i].name, ictx->mailbox) == 0) {
			ictx->mailbox = NULL;
			return i;
		}
	}
	return 0;
}

static int cmd_export_run(struct doveadm_mail_cmd_context *ctx,
			  struct mail_user *user)
{
	struct items_cmd_context *ictx =
		container_of(ctx, struct items_cmd_context, ctx);
	struct export export = { .ictx = ictx };
	const struct store_folder_info *info;
	struct store *store;
	int ret = -1;

	if (items_store_init(ictx, user, &store) < 0)
		return -1;
	info = items_folder(ictx, store, ictx->type);
	if (info != NULL && export_open(&export) == 0) {
		ret = export_all(&export, store, info);
		if (export_close(&export) < 0)
			ret = -1;
	}
	store_deinit(&store);
	return ret;
}

static void cmd_export_init(COMPAT_DOVEADM_INIT(ctx))
{
	struct items_cmd_context *ictx =
		container_of(ctx, struct items_cmd_context, ctx);

	if (!doveadm_cmd_param_str(ctx->cctx, "what", &ictx->mailbox))
		doveadm_mail_help_name("dovetail export");
	(void)doveadm_cmd_param_str(ctx->cctx, "path", &ictx->file);
	ictx->type = export_type(ictx);
	doveadm_print_header("text", "text",
			     DOVEADM_PRINT_HEADER_FLAG_HIDE_TITLE);
}

struct doveadm_mail_cmd_context *doveadm_dovetail_export_alloc(void)
{
	struct items_cmd_context *ictx =
		doveadm_mail_cmd_alloc(struct items_cmd_context);

	ictx->ctx.v.init = cmd_export_init;
	ictx->ctx.v.run = cmd_export_run;
	doveadm_print_init(DOVEADM_PRINT_TYPE_PAGER);
	return &ictx->ctx;
}
