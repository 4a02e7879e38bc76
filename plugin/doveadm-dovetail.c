/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* doveadm dovetail: devices, the front's caches, and care of the metadata.
   A library of its own, opened by the plugin in doveadm's processes. */

#include "lib.h"
#include "hex-binary.h"
#include "strescape.h"
#include "time-util.h"
#include "doveadm-print.h"
#include "doveadm-settings.h"
#include "doveadm-mail.h"
#include "dovetail-plugin.h"
#include "doveadm-dovetail.h"
#include "doveadm-folders.h"

#include <dlfcn.h>

/* Keys of phones begin with the protocol's name (see src/eas). */
#define DEVICE_KEY_EAS "eas:"

/* How long a device is traced */
#define DEVICE_TRACE_SECS 3600

enum device_action {
	DEVICE_LIST,
	DEVICE_SHOW,
	DEVICE_REMOVE,
	DEVICE_RESYNC,
	DEVICE_STATE,	/* write another state into the record */
	DEVICE_SET,	/* which folders it is shown */
	DEVICE_TRACE
};

struct device_command {
	const char *name;
	enum device_action action;
	/* held requests of the device end */
	bool ends_requests;
};

/* State names are those of the device gate (src/eas/eas-device.c). */
static const struct device_command device_commands[] = {
	{ "list", DEVICE_LIST, FALSE },
	{ "show", DEVICE_SHOW, FALSE },
	{ "remove", DEVICE_REMOVE, TRUE },
	{ "resync", DEVICE_RESYNC, TRUE },
	{ "allow", DEVICE_STATE, TRUE },
	{ "block", DEVICE_STATE, TRUE },
	{ "wipe", DEVICE_STATE, TRUE },
	{ "account-wipe", DEVICE_STATE, TRUE },
	{ "set", DEVICE_SET, TRUE },
	{ "trace", DEVICE_TRACE, TRUE },
};

struct device_cmd_context {
	struct doveadm_mail_cmd_context ctx;
	const struct device_command *command;
	const char *device;
	/* of DEVICE_TRACE: "on", "full", "off" */
	const char *how;
	/* of DEVICE_RESYNC; NULL: all */
	const char *folder;
	/* of DEVICE_SET: "calendars=all" ... */
	const char *const *fields;
};

/* Those that may be set, and their values (src/eas/eas-client.h); "folders" is
   the list of those that the device made or hides */
static const char *const device_fields[] = {
	"calendars", "contacts", "tasks", "notes", "journal", "collected",
	"recipients",
	"folders", NULL
};
static const char *const device_words[] = {
	"none", "default", "own", "all", "", NULL
};

/*
 * Bus
 */

static const char *bus_path(void)
{
	const char *path = compat_doveadm_setting("dovetail_bus");

	if (path != NULL && *path != '\0')
		return path;
	return t_strconcat(doveadm_settings->base_dir, "/" DT_BUS_FIFO_NAME,
			   NULL);
}

static int bus_send(const char *path, const char *word, const char *arg1,
		    const char *arg2)
{
	const char *const words[] = { word, arg1, arg2, NULL };
	const char *error;

	if (dovetail_bus_control(path, words, &error) == 0)
		return 0;
	i_error("The Dovetail service was not told: %s", error);
	return -1;
}

static void cmd_flush(struct doveadm_cmd_context *cctx)
{
	const char *user = NULL;

	(void)doveadm_cmd_param_str(cctx, "user", &user);
	if (bus_send(bus_path(), BUS_CONTROL_FLUSH, user, NULL) < 0)
		doveadm_exit_code = EX_TEMPFAIL;
}

static void cmd_status(struct doveadm_cmd_context *cctx ATTR_UNUSED)
{
	if (bus_send(bus_path(), BUS_CONTROL_STATUS, NULL, NULL) < 0)
		doveadm_exit_code = EX_TEMPFAIL;
}

/*
 * Devices: attributes of INBOX, a line a field: name TAB value
 */

static void device_failed(struct device_cmd_context *dctx, struct mailbox *box,
			  const char *doing)
{
	i_error("%s: %s", doing, mailbox_get_last_internal_error(box, NULL));
	doveadm_mail_failed_mailbox(&dctx->ctx, box);
}

static const char *device_key(const char *device)
{
	return strchr(device, ':') != NULL ? device :
		t_strconcat(DEVICE_KEY_EAS, device, NULL);
}

static const char *device_attribute(const char *device)
{
	const char *key = device_key(device);

	return t_strconcat(META_KEY_DEVICE,
			   binary_to_hex((const void *)key, strlen(key)), NULL);
}

static const char *device_field(const char *record, const char *name)
{
	const char *const *lines, *const *parts;

	for (lines = t_strsplit(record, "\n"); *lines != NULL; lines++) {
		parts = t_strsplit_tabescaped(*lines);
		if (parts[0] != NULL && parts[1] != NULL &&
		    strcmp(parts[0], name) == 0)
			return parts[1];
	}
	return "";
}

/* The record with another value of this field. */
static const char *device_change(const char *record, const char *name,
				 const char *value)
{
	const char *const *lines, *const *parts;
	string_t *str = t_str_new(512);

	for (lines = t_strsplit(record, "\n"); *lines != NULL; lines++) {
		parts = t_strsplit_tabescaped(*lines);
		if (**lines == '\0' ||
		    (parts[0] != NULL && strcmp(parts[0], name) == 0))
			continue;
		str_append(str, *lines);
		str_append_c(str, '\n');
	}
	str_append_tabescaped(str, name);
	str_append_c(str, '\t');
	str_append_tabescaped(str, value);
	str_append_c(str, '\n');
	return str_c(str);
}

static const char *device_time(const char *value)
{
	time_t when;

	if (str_to_time(value, &when) < 0 || when == 0)
		return "";
	return t_strflocaltime("%Y-%m-%d %H:%M:%S", when);
}

static int device_read(struct device_cmd_context *dctx, struct mailbox *box,
		       const char *attribute, const char **record_r)
{
	struct mail_attribute_value value;
	int ret;

	i_zero(&value);
	ret = mailbox_attribute_get(box, MAIL_ATTRIBUTE_TYPE_SHARED, attribute,
				    &value);
	if (ret < 0)
		device_failed(dctx, box, "Reading device");
	*record_r = value.value;
	return ret;
}

static int device_write(struct device_cmd_context *dctx, struct mailbox *box,
			const char *attribute, const char *record)
{
	struct mail_attribute_value value = { .value = record };
	struct mailbox_transaction_context *t;
	int ret;

	t = mailbox_transaction_begin(box, MAILBOX_TRANSACTION_FLAG_EXTERNAL |
				      dctx->ctx.transaction_flags, __func__);
	ret = mailbox_attribute_set(t, MAIL_ATTRIBUTE_TYPE_SHARED, attribute,
				    &value);
	if (ret < 0)
		mailbox_transaction_rollback(&t);
	else
		ret = mailbox_transaction_commit(&t);
	if (ret < 0)
		device_failed(dctx, box, "Writing device");
	return ret;
}

static int device_forget(struct device_cmd_context *dctx, struct mailbox *box,
			 struct mailbox *folder)
{
	int ret = doveadm_dovetail_forget(box, device_key(dctx->device), folder);

	if (ret < 0)
		device_failed(dctx, box, "Forgetting the device's state");
	return ret;
}

/* Of one folder, or of all that the device knows */
static int device_resync(struct device_cmd_context *dctx, struct mailbox *box)
{
	struct mail_user *user = mailbox_get_storage(box)->user;
	struct mailbox *folder;
	int ret;

	if (dctx->folder == NULL)
		return device_forget(dctx, box, NULL);
	folder = mailbox_alloc(mail_namespace_find(user->namespaces,
						   dctx->folder)->list,
			       dctx->folder, MAILBOX_FLAG_IGNORE_ACLS);
	if (mailbox_open(folder) < 0) {
		device_failed(dctx, folder, "Opening mailbox");
		ret = -1;
	} else if ((ret = device_forget(dctx, box, folder)) == 0) {
		i_error("Mailbox %s was never told to a device", dctx->folder);
		dctx->ctx.exit_code = DOVEADM_EX_NOTFOUND;
		ret = -1;
	}
	mailbox_free(&folder);
	return ret;
}

static int device_list_print(struct device_cmd_context *dctx,
			     struct mailbox *box, const char *hex)
{
	buffer_t *key = t_buffer_create(64);
	const char *record, *id;
	int ret;

	if (hex_to_binary(hex, key) < 0)
		return 0;
	ret = device_read(dctx, box, t_strconcat(META_KEY_DEVICE, hex, NULL),
			  &record);
	if (ret <= 0)
		return ret;
	id = str_c(key);
	if (compat_str_begins(id, DEVICE_KEY_EAS))
		id += strlen(DEVICE_KEY_EAS);
	doveadm_print(id);
	doveadm_print(device_field(record, "type"));
	doveadm_print(device_field(record, "model"));
	doveadm_print(device_field(record, "os"));
	doveadm_print(device_field(record, "state"));
	doveadm_print(device_time(device_field(record, "first_seen")));
	doveadm_print(device_time(device_field(record, "last_seen")));
	return 0;
}

static int device_list(struct device_cmd_context *dctx, struct mailbox *box)
{
	struct mailbox_attribute_iter *iter;
	const char *hex;
	int ret = 0;

	iter = mailbox_attribute_iter_init(box, MAIL_ATTRIBUTE_TYPE_SHARED,
					   META_KEY_DEVICE);
	while ((hex = mailbox_attribute_iter_next(iter)) != NULL) T_BEGIN {
		if (device_list_print(dctx, box, hex) < 0)
			ret = -1;
	} T_END;
	if (mailbox_attribute_iter_deinit(&iter) < 0) {
		device_failed(dctx, box, "Listing devices");
		ret = -1;
	}
	return ret;
}

static void device_show(const char *record)
{
	const char *const *lines, *const *parts;

	for (lines = t_strsplit(record, "\n"); *lines != NULL; lines++) {
		parts = t_strsplit_tabescaped(*lines);
		if (parts[0] == NULL || parts[1] == NULL)
			continue;
		doveadm_print(parts[0]);
		doveadm_print(parts[1]);
	}
}

/* An empty value: as the table of devices has it */
static int device_set(struct device_cmd_context *dctx, struct mailbox *box,
		      const char *attribute, const char *record)
{
	const char *const *field = dctx->fields;

	for (; field != NULL && *field != NULL; field++) {
		const char *p = strchr(*field, '=');
		const char *name = p == NULL ? "" :
			t_strdup_until(*field, p);

		if (!str_array_find(device_fields, name) ||
		    (!str_array_find(device_words, p + 1) &&
		     (strcmp(name, "folders") != 0 ||
		      p[1 + strspn(p + 1, "0123456789,-")] != '\0'))) {
			i_error("'%s' is not a field=value such as "
				"calendars=all", *field);
			dctx->ctx.exit_code = EX_USAGE;
			return -1;
		}
		record = device_change(record, name, p + 1);
	}
	return device_write(dctx, box, attribute, record);
}

/* For an hour: nobody has to think of the end. Full: with what people wrote. */
static int device_trace(struct device_cmd_context *dctx, struct mailbox *box,
			const char *attribute, const char *record)
{
	static const char *const hows[] = { "on", "full", "off", NULL };
	const char *value = "";

	if (!str_array_find(hows, dctx->how)) {
		i_error("'%s' is not on, full or off", dctx->how);
		dctx->ctx.exit_code = EX_USAGE;
		return -1;
	}
	if (strcmp(dctx->how, "off") != 0) {
		value = t_strdup_printf("%"PRIdTIME_T" %s",
			time(NULL) + DEVICE_TRACE_SECS,
			strcmp(dctx->how, "full") == 0 ? "full" : "protocol");
	}
	return device_write(dctx, box, attribute,
			    device_change(record, "trace", value));
}

static int device_act(struct device_cmd_context *dctx, struct mailbox *box,
		      const char *attribute, const char *record)
{
	switch (dctx->command->action) {
	case DEVICE_SHOW:
		device_show(record);
		return 0;
	case DEVICE_REMOVE:
		if (device_write(dctx, box, attribute, NULL) < 0)
			return -1;
		return device_forget(dctx, box, NULL);
	case DEVICE_RESYNC:
		return device_resync(dctx, box);
	case DEVICE_STATE:
		/* no rule of the site changes what was decided by hand */
		record = device_change(record, "state", dctx->command->name);
		return device_write(dctx, box, attribute,
				    device_change(record, "decided", "yes"));
	case DEVICE_SET:
		return device_set(dctx, box, attribute, record);
	case DEVICE_TRACE:
		return device_trace(dctx, box, attribute, record);
	case DEVICE_LIST:
		break;
	}
	i_unreached();
}

static int device_run_open(struct device_cmd_context *dctx,
			   struct mail_user *user, struct mailbox *box)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(user);
	const char *attribute, *record;
	int ret;

	if (dctx->command->action == DEVICE_LIST)
		return device_list(dctx, box);
	attribute = device_attribute(dctx->device);
	ret = device_read(dctx, box, attribute, &record);
	if (ret == 0) {
		i_error("Device %s not found", dctx->device);
		dctx->ctx.exit_code = DOVEADM_EX_NOTFOUND;
	}
	if (ret <= 0 || device_act(dctx, box, attribute, record) < 0)
		return -1;
	/* the front not running is no failure: nothing is held then */
	if (dctx->command->ends_requests && duser != NULL) {
		const char *id = dctx->device;

		if (compat_str_begins(id, DEVICE_KEY_EAS))
			id += strlen(DEVICE_KEY_EAS);
		(void)bus_send(duser->bus_path, BUS_CONTROL_BLOCK,
			       user->username, id);
	}
	return 0;
}

static int cmd_device_run(struct doveadm_mail_cmd_context *ctx,
			  struct mail_user *user)
{
	struct device_cmd_context *dctx =
		container_of(ctx, struct device_cmd_context, ctx);
	struct mail_namespace *ns =
		mail_namespace_find_inbox(user->namespaces);
	struct mailbox *box = mailbox_alloc(ns->list, "INBOX",
					    MAILBOX_FLAG_IGNORE_ACLS);
	int ret;

	if (mailbox_open(box) < 0) {
		device_failed(dctx, box, "Opening INBOX");
		ret = -1;
	} else {
		ret = device_run_open(dctx, user, box);
	}
	mailbox_free(&box);
	return ret;
}

static void cmd_device_init(COMPAT_DOVEADM_INIT(ctx))
{
	static const char *const list_headers[] = {
		"id", "type", "model", "os", "state", "first_seen", "last_seen",
	};
	struct device_cmd_context *dctx =
		container_of(ctx, struct device_cmd_context, ctx);
	unsigned int i;

	if (dctx->command->action == DEVICE_LIST) {
		for (i = 0; i < N_ELEMENTS(list_headers); i++)
			doveadm_print_header_simple(list_headers[i]);
		return;
	}
	if (!doveadm_cmd_param_str(ctx->cctx, "device", &dctx->device)) {
		doveadm_mail_help_name(t_strconcat("dovetail device ",
						   dctx->command->name, NULL));
	}
	(void)doveadm_cmd_param_str(ctx->cctx, "mailbox", &dctx->folder);
	if (dctx->command->action == DEVICE_TRACE &&
	    !doveadm_cmd_param_str(ctx->cctx, "how", &dctx->how))
		doveadm_mail_help_name("dovetail device trace");
	if (dctx->command->action == DEVICE_SET)
		(void)doveadm_cmd_param_array(ctx->cctx, "field", &dctx->fields);
	if (dctx->command->action == DEVICE_SHOW) {
		doveadm_print_header_simple("field");
		doveadm_print_header_simple("value");
	}
}

static struct doveadm_mail_cmd_context *device_alloc(unsigned int idx)
{
	struct device_cmd_context *dctx =
		doveadm_mail_cmd_alloc(struct device_cmd_context);

	dctx->command = &device_commands[idx];
	dctx->ctx.v.init = cmd_device_init;
	dctx->ctx.v.run = cmd_device_run;
	if (dctx->command->action == DEVICE_LIST)
		doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	else if (dctx->command->action == DEVICE_SHOW)
		doveadm_print_init(DOVEADM_PRINT_TYPE_TAB);
	return &dctx->ctx;
}

/* doveadm's interface has no place for our index */
#define DEVICE_ALLOC(idx) \
	static struct doveadm_mail_cmd_context *device_alloc_##idx(void) \
	{ return device_alloc(idx); }
DEVICE_ALLOC(0)
DEVICE_ALLOC(1)
DEVICE_ALLOC(2)
DEVICE_ALLOC(3)
DEVICE_ALLOC(4)
DEVICE_ALLOC(5)
DEVICE_ALLOC(6)
DEVICE_ALLOC(7)
DEVICE_ALLOC(8)
DEVICE_ALLOC(9)

/*
 * Commands that need the store: in a library of their own
 */

static struct doveadm_mail_cmd_context *items_alloc(const char *name)
{
	static const char *const path =
		DOVETAIL_LIBDIR "/libdovetail-doveadm-folders.so";
	typeof(dovetail_folders_alloc) *func = NULL;
	/* stays open: doveadm keeps pointers into it */
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (handle != NULL) {
		func = __extension__ (typeof(dovetail_folders_alloc) *)
			dlsym(handle, "dovetail_folders_alloc");
	}
	if (func == NULL)
		i_fatal("Cannot load %s: %s", path, dlerror());
	return func(name);
}

#define ITEMS_ALLOC(id, name) \
	static struct doveadm_mail_cmd_context *items_alloc_##id(void) \
	{ return items_alloc("dovetail " name); }
ITEMS_ALLOC(folder_list, "folder list")
ITEMS_ALLOC(folder_create, "folder create")
ITEMS_ALLOC(folder_delete, "folder delete")
ITEMS_ALLOC(folder_defaults, "folder defaults")
ITEMS_ALLOC(folder_subscribe, "folder subscribe")
ITEMS_ALLOC(folder_unsubscribe, "folder unsubscribe")
ITEMS_ALLOC(offers, "offers")
ITEMS_ALLOC(item_list, "item list")
ITEMS_ALLOC(item_show, "item show")
ITEMS_ALLOC(item_delete, "item delete")

/*
 * Registration
 */

#define ITEMS_COMMAND(nameP, idP, usageP) { \
	.name = "dovetail " nameP, \
	.mail_cmd = items_alloc_##idP, \
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX usageP, \
DOVEADM_CMD_PARAMS_START \
DOVEADM_CMD_MAIL_COMMON \
DOVEADM_CMD_PARAM('\0', "folder", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL) \
DOVEADM_CMD_PARAM('\0', "item", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL) \
DOVEADM_CMD_PARAMS_END \
}

#define DEVICE_COMMAND(nameP, idx) { \
	.name = "dovetail device " nameP, \
	.mail_cmd = device_alloc_##idx, \
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "<device>", \
DOVEADM_CMD_PARAMS_START \
DOVEADM_CMD_MAIL_COMMON \
DOVEADM_CMD_PARAM('\0', "device", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL) \
DOVEADM_CMD_PARAMS_END \
}

static struct doveadm_cmd_ver2 dovetail_commands[] = {
{
	.name = "dovetail device list",
	.mail_cmd = device_alloc_0,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX,
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAMS_END
},
DEVICE_COMMAND("show", 1),
DEVICE_COMMAND("remove", 2),
{
	.name = "dovetail device resync",
	.mail_cmd = device_alloc_3,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "<device> [<mailbox>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAM('\0', "device", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "mailbox", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
},
DEVICE_COMMAND("allow", 4),
DEVICE_COMMAND("block", 5),
DEVICE_COMMAND("wipe", 6),
DEVICE_COMMAND("account-wipe", 7),
ITEMS_COMMAND("folder list", folder_list, ""),
ITEMS_COMMAND("folder create", folder_create,
	      "<name> calendar|contacts|tasks|notes|journal"),
ITEMS_COMMAND("folder delete", folder_delete, "<mailbox>"),
ITEMS_COMMAND("folder defaults", folder_defaults, ""),
ITEMS_COMMAND("folder subscribe", folder_subscribe, "<mailbox>"),
ITEMS_COMMAND("folder unsubscribe", folder_unsubscribe, "<mailbox>"),
ITEMS_COMMAND("offers", offers, "[<words>]"),
ITEMS_COMMAND("item list", item_list, "<mailbox>"),
ITEMS_COMMAND("item show", item_show, "<mailbox> <number or UID>"),
ITEMS_COMMAND("item delete", item_delete, "<mailbox> <number or UID>"),
{
	.name = "dovetail device set",
	.mail_cmd = device_alloc_8,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "<device> <field=value> [...]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAM('\0', "device", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "field", CMD_PARAM_ARRAY, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail device trace",
	.mail_cmd = device_alloc_9,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "<device> on|full|off",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAM('\0', "device", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "how", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail repair",
	.mail_cmd = doveadm_dovetail_repair_alloc,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX,
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail purge",
	.mail_cmd = doveadm_dovetail_purge_alloc,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX,
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail backup",
	.mail_cmd = doveadm_dovetail_backup_alloc,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "<file>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAM('\0', "copy-to", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail migrate",
	.mail_cmd = doveadm_dovetail_migrate_alloc,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "[<dovetail_meta before>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAM('\0', "from", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail import",
	.mail_cmd = doveadm_dovetail_import_alloc,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX "<file>|- [<mailbox>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAM('\0', "path", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "mailbox", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail export",
	.mail_cmd = doveadm_dovetail_export_alloc,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX
		"<mailbox>|contacts|calendar|tasks|notes [<file>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAM('\0', "what", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "path", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail flush",
	.cmd = cmd_flush,
	.usage = "[-u <user>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('u', "user", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAMS_END
},
{
	.name = "dovetail status",
	.cmd = cmd_status,
	.usage = "",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAMS_END
},
};

void dovetail_doveadm_register(void)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(dovetail_commands); i++)
		doveadm_cmd_register_ver2(&dovetail_commands[i]);
}
