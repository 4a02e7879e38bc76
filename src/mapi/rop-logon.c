/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Logging on to a mailbox, and what is asked of the store itself (MS-OXCSTOR 2.2.1,
   3.2.5; MS-OXCROPS 2.2.3). */

#include "mapi.h"
#include "hostpid.h"
#include "mapi-folder.h"
#include "mapi-logon.h"
#include "mapi-rule.h"
#include "dovetail-directory.h"

#include <time.h>

/* LogonFlags (MS-OXCSTOR 2.2.1.1.1) */
#define LOGON_PRIVATE 0x01
#define LOGON_UNDERCOVER 0x02
#define LOGON_GHOSTED 0x04
/* OpenFlags */
#define OPEN_PUBLIC 0x00000002
#define OPEN_ALTERNATE_SERVER 0x00000100
#define OPEN_PER_MDB_REPLID 0x01000000
/* ResponseFlags */
#define RESPONSE_RESERVED 0x01
#define RESPONSE_OWNER 0x02
#define RESPONSE_SEND_AS 0x04
#define RESPONSE_OOF 0x10

struct logon_args {
	uint8_t flags;
	uint32_t open_flags;
	const char *dn;
};

static void parse_logon(struct mapi_rop *rop)
{
	struct logon_args *args = mapi_rop_args(rop, struct logon_args);
	const unsigned char *dn;
	uint16_t size;

	args->flags = mapi_in_u8(rop->in);
	args->open_flags = mapi_in_u32(rop->in);
	(void)mapi_in_u32(rop->in);	/* StoreState */
	size = mapi_in_u16(rop->in);
	dn = mapi_in_bytes(rop->in, size);
	args->dn = dn == NULL ? "" : p_strndup(rop->pool, dn, size);
}

/* --- whose mailbox ------------------------------------------------------------------ */

static bool address_is_users(struct mapi_rop *rop, const char *address)
{
	const struct store_settings *set = store_get_settings(rop->store);

	if (strcasecmp(address, set->address) == 0)
		return TRUE;
	for (const char *const *alias = set->aliases;
	     alias != NULL && *alias != NULL; alias++) {
		if (strcasecmp(address, *alias) == 0)
			return TRUE;
	}
	return FALSE;
}

static void logon_set_own(struct mapi_rop *rop, struct mapi_logon *logon)
{
	logon->kind = MAPI_STORE_OWN;
	logon->view = NULL;
	logon->owner = rop->session->username;
	logon->address = rop->session->address;
	logon->display_name = rop->session->display_name;
}

/* The owner as the store's views name him: by address, or by its local part */
static int view_of_address(struct mapi_rop *rop, const char *address,
			   struct store_view_info *view_r)
{
	const char *const names[] = { address, t_strcut(address, '@') };
	int ret;

	for (unsigned int i = 0; i < N_ELEMENTS(names); i++) {
		ret = store_view_find(rop->store, names[i], rop->pool, view_r);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static uint32_t logon_set_other(struct mapi_rop *rop, const char *address,
				struct mapi_logon *logon)
{
	const struct directory_entry *entry = NULL;
	struct store_view_info view;
	int ret, known;

	known = directory_lookup(rop->env->directory, rop->pool, address,
				 &entry);
	ret = view_of_address(rop, address, &view);
	if (ret < 0)
		return mapi_store_error(rop);
	if (ret == 0)
		return known == 0 ? ecUnknownUser : ecLoginPerm;
	logon->kind = MAPI_STORE_OTHER;
	logon->view = logon->owner = p_strdup(logon->pool, view.owner);
	logon->address = p_strdup(logon->pool, address);
	logon->display_name = known > 0 ?
		p_strdup(logon->pool, entry->name) : logon->address;
	return ecNone;
}

static uint32_t logon_set_public(struct mapi_rop *rop, struct mapi_logon *logon)
{
	struct store_view_info view;

	if (store_view_find(rop->store, "", rop->pool, &view) <= 0)
		return ecLoginFailure;
	logon->kind = MAPI_STORE_PUBLIC;
	logon->view = logon->owner = "";
	logon->address = rop->session->address;
	logon->display_name = "Public Folders";
	return ecNone;
}

static uint32_t logon_resolve(struct mapi_rop *rop,
			      const struct logon_args *args,
			      struct mapi_logon *logon)
{
	const char *address;

	if ((args->flags & LOGON_PRIVATE) == 0)
		return logon_set_public(rop, logon);
	if ((args->open_flags & OPEN_PER_MDB_REPLID) == 0)
		return ecInvalidParam;
	address = mapi_address_of_dn(args->dn);
	if (address == NULL)
		return ecUnknownUser;
	if (address_is_users(rop, address)) {
		logon_set_own(rop, logon);
		return ecNone;
	}
	return logon_set_other(rop, address, logon);
}

/* --- default folders ------------------------------------------------------------------- */

static const enum store_role needed_roles[] = {
	STORE_ROLE_SENT, STORE_ROLE_DRAFTS, STORE_ROLE_TRASH, STORE_ROLE_JUNK,
};

/* Those that a mailbox in Outlook cannot be without are made at the first logon. */
static uint32_t logon_need_folders(struct mapi_rop *rop)
{
	store_fid_t fid;

	if (store_default_folders(rop->store) < 0)
		return mapi_store_error(rop);
	for (unsigned int i = 0; i < N_ELEMENTS(needed_roles); i++) {
		if (store_folder_need_role(rop->store, needed_roles[i],
					   &fid) < 0)
			return mapi_store_error(rop);
	}
	return ecNone;
}

/* --- answer ------------------------------------------------------------------------------ */

static void out_folder_ids(struct mapi_rop *rop, const struct mapi_logon *logon)
{
	static const enum mapi_special private_ids[] = {
		MAPI_FID_ROOT, MAPI_FID_DEFERRED_ACTION,
		MAPI_FID_SPOOLER_QUEUE, MAPI_FID_IPM_SUBTREE, MAPI_FID_INBOX,
		MAPI_FID_OUTBOX, MAPI_FID_SENT, MAPI_FID_DELETED,
		MAPI_FID_COMMON_VIEWS, MAPI_FID_SCHEDULE, MAPI_FID_FINDER,
		MAPI_FID_VIEWS, MAPI_FID_SHORTCUTS,
	};
	static const enum mapi_special public_ids[] = {
		MAPI_FID_PUBLIC_ROOT, MAPI_FID_PUBLIC_IPM,
		MAPI_FID_PUBLIC_NON_IPM, MAPI_FID_PUBLIC_EFORMS,
		0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	const enum mapi_special *ids = logon->kind == MAPI_STORE_PUBLIC ?
		public_ids : private_ids;
	uint64_t oid;

	for (unsigned int i = 0; i < N_ELEMENTS(private_ids); i++) {
		oid = ids[i] == 0 ? 0 : mapi_special_oid(rop, logon, ids[i]);
		mapi_out_u64(rop->out, mapi_folder_wire(rop, logon, oid));
	}
}

static void out_logon_time(buffer_t *out, time_t now)
{
	const struct tm *tm = gmtime(&now);

	mapi_out_u8(out, tm->tm_sec);
	mapi_out_u8(out, tm->tm_min);
	mapi_out_u8(out, tm->tm_hour);
	mapi_out_u8(out, tm->tm_wday);
	mapi_out_u8(out, tm->tm_mday);
	mapi_out_u8(out, tm->tm_mon + 1);
	mapi_out_u16(out, tm->tm_year + 1900);
}

static bool out_of_office(struct mapi_rop *rop, struct mapi_logon *logon)
{
	const mapi_tag_t tag = PidTagOutOfOfficeState;
	struct mapi_object *obj = mapi_logon_object_new(rop, logon);
	struct mapi_prop prop;

	obj->v->get(rop, obj, &tag, 1, &prop);
	mapi_object_unref(&obj);
	return prop.tag == tag && prop.v.b;
}

static uint8_t response_flags(struct mapi_rop *rop, struct mapi_logon *logon)
{
	uint8_t flags = RESPONSE_RESERVED;
	enum store_send_right right;
	struct store_view_info view;

	if (out_of_office(rop, logon))
		flags |= RESPONSE_OOF;
	if (logon->kind == MAPI_STORE_OWN)
		return flags | RESPONSE_OWNER | RESPONSE_SEND_AS;
	if (store_view_find(rop->store, logon->view, rop->pool, &view) > 0 &&
	    view.full)
		flags |= RESPONSE_OWNER;
	if (store_send_right(rop->store, logon->address, &right) == 0 &&
	    right == STORE_SEND_AS)
		flags |= RESPONSE_SEND_AS;
	return flags;
}

static void out_private(struct mapi_rop *rop, struct mapi_logon *logon)
{
	mapi_out_u8(rop->out, response_flags(rop, logon));
	buffer_append(rop->out, logon->mailbox_guid, GUID_128_SIZE);
	mapi_out_u16(rop->out, MAPI_REPLID_OWN);
	buffer_append(rop->out, logon->replica_guid, GUID_128_SIZE);
	out_logon_time(rop->out, time(NULL));
	/* GwartTime: any number; StoreState: always 0 */
	mapi_out_u64(rop->out, mapi_time(time(NULL)));
	mapi_out_u32(rop->out, 0);
}

static void out_public(struct mapi_rop *rop, const struct mapi_logon *logon)
{
	static const guid_128_t none;

	mapi_out_u16(rop->out, MAPI_REPLID_OWN);
	buffer_append(rop->out, logon->replica_guid, GUID_128_SIZE);
	buffer_append(rop->out, none, GUID_128_SIZE);
}

static uint32_t logon_finish(struct mapi_rop *rop, struct mapi_logon *logon)
{
	uint32_t error = ecNone;

	if (logon->kind == MAPI_STORE_PUBLIC)
		mapi_mailbox_guid("public", logon->mailbox_guid);
	else
		mapi_mailbox_guid(logon->address, logon->mailbox_guid);
	if (store_replica_guid(rop->store, logon->view, STORE_REPLID_OWN,
			       logon->replica_guid) < 0)
		return mapi_store_error(rop);
	if (logon->kind == MAPI_STORE_OWN)
		error = logon_need_folders(rop);
	return error;
}

static uint32_t rop_logon(struct mapi_rop *rop)
{
	struct logon_args *args = rop->args;
	struct mapi_logon *logon = mapi_logon_new();
	uint32_t error;
	pool_t pool;

	logon->id = rop->logon_id;
	logon->flags = args->flags;
	logon->open_flags = args->open_flags;
	error = logon_resolve(rop, args, logon);
	if (error == ecNone)
		error = logon_finish(rop, logon);
	if (error != ecNone) {
		pool = logon->pool;
		pool_unref(&pool);
		return error;
	}
	mapi_session_drop_logon(rop->session, logon->id);
	rop->session->logons[logon->id] = logon;
	rop->logon = logon;
	if (logon->kind == MAPI_STORE_OWN)
		mapi_rules_refresh(rop, logon);
	mapi_out_u8(rop->out, args->flags & (LOGON_PRIVATE | LOGON_UNDERCOVER |
					     LOGON_GHOSTED));
	out_folder_ids(rop, logon);
	if (logon->kind == MAPI_STORE_PUBLIC)
		out_public(rop, logon);
	else
		out_private(rop, logon);
	if (rop->env->log != NULL) {
		rop->env->log(rop->env->log_context, "logon",
			      logon->kind == MAPI_STORE_PUBLIC ? "public" :
			      logon->owner);
	}
	return mapi_rop_output(rop, mapi_logon_object_new(rop, logon));
}

static uint32_t rop_release(struct mapi_rop *rop)
{
	uint32_t *handle = array_idx_modifiable(rop->handles, rop->in_index);

	if (rop->obj->kind == MAPI_STREAM)
		mapi_stream_release(rop, rop->obj);
	mapi_session_release(rop->session, *handle);
	*handle = MAPI_HANDLE_NONE;
	rop->no_answer = TRUE;
	return ecNone;
}

/* --- ids ----------------------------------------------------------------------------------- */

struct id_args {
	mapi_id_t id;
	struct mapi_long_id long_id;
	const char *class;
	uint32_t count;
};

static void parse_id(struct mapi_rop *rop)
{
	struct id_args *args = mapi_rop_args(rop, struct id_args);

	args->id = mapi_in_u64(rop->in);
}

static uint32_t rop_long_of_id(struct mapi_rop *rop)
{
	struct id_args *args = rop->args;
	struct mapi_long_id id;

	if (mapi_id_globcnt(args->id) == 0 ||
	    !mapi_long_id_of_wire(rop, rop->logon, args->id, &id))
		return ecNotFound;
	mapi_out_long_id(rop->out, &id);
	return ecNone;
}

static void parse_long_id(struct mapi_rop *rop)
{
	struct id_args *args = mapi_rop_args(rop, struct id_args);

	mapi_in_long_id(rop->in, &args->long_id);
}

static uint32_t rop_id_of_long(struct mapi_rop *rop)
{
	struct id_args *args = rop->args;
	mapi_id_t id;
	uint32_t error = mapi_wire_of_long_id(rop, rop->logon, &args->long_id,
					      &id);

	if (error == ecNone)
		mapi_out_u64(rop->out, id);
	return error;
}

static void parse_replica_ids(struct mapi_rop *rop)
{
	struct id_args *args = mapi_rop_args(rop, struct id_args);

	args->count = mapi_in_u32(rop->in);
}

static uint32_t rop_replica_ids(struct mapi_rop *rop)
{
	struct id_args *args = rop->args;
	uint64_t first;

	if (args->count == 0)
		return ecInvalidParam;
	if (store_gid_range(rop->store, rop->logon->view, args->count,
			    &first) < 0)
		return mapi_store_error(rop);
	buffer_append(rop->out, rop->logon->replica_guid, GUID_128_SIZE);
	for (int shift = 40; shift >= 0; shift -= 8)
		mapi_out_u8(rop->out, (first >> shift) & 0xff);
	return ecNone;
}

/* --- receive folders (MS-OXCSTOR 2.2.1.2 to 2.2.1.4) ------------------------------------------ */

/* Class (upper case), FID pairs in a blob of the root, over these */
static const struct {
	const char *class;
	enum mapi_special special;
} receive_defaults[] = {
	{ "", MAPI_FID_INBOX },
	{ "IPM", MAPI_FID_INBOX },
	{ "IPM.Note", MAPI_FID_INBOX },
	{ "REPORT.IPM", MAPI_FID_INBOX },
	{ "IPM.Appointment", MAPI_FID_CALENDAR },
	{ "IPC", MAPI_FID_ROOT },
};
#define RECEIVE_BLOB "receive"
#define RECEIVE_CLASS_MAX 255

struct receive_row {
	const char *class;
	uint64_t folder;
	time_t changed;
};
ARRAY_DEFINE_TYPE(receive_row, struct receive_row);

static int receive_load_own(struct mapi_rop *rop, ARRAY_TYPE(receive_row) *rows)
{
	const unsigned char *data;
	struct store_place place;
	struct receive_row row;
	struct mapi_in in;
	size_t size;
	int ret;

	mapi_place(rop->logon, MAPI_FID_ROOT, &place);
	ret = store_blob_get(rop->store, &place, RECEIVE_BLOB, rop->pool,
			     &data, &size);
	if (ret <= 0)
		return ret;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	while (mapi_in_left(&in) > 0 && !in.broken) {
		i_zero(&row);
		row.folder = mapi_in_u64(&in);
		row.changed = mapi_in_u64(&in);
		row.class = mapi_in_str8(&in);
		array_push_back(rows, &row);
	}
	return 0;
}

static const struct receive_row *
receive_find(const ARRAY_TYPE(receive_row) *rows, const char *class)
{
	const struct receive_row *row;

	array_foreach(rows, row) {
		if (strcasecmp(row->class, class) == 0)
			return row;
	}
	return NULL;
}

static int receive_load(struct mapi_rop *rop, ARRAY_TYPE(receive_row) *rows)
{
	struct receive_row row;

	p_array_init(rows, rop->pool, 8);
	if (receive_load_own(rop, rows) < 0)
		return -1;
	for (unsigned int i = 0; i < N_ELEMENTS(receive_defaults); i++) {
		if (receive_find(rows, receive_defaults[i].class) != NULL)
			continue;
		i_zero(&row);
		row.class = receive_defaults[i].class;
		row.folder = mapi_special_oid(rop, rop->logon,
					      receive_defaults[i].special);
		if (row.folder != 0)
			array_push_back(rows, &row);
	}
	return 0;
}

static void parse_class(struct mapi_rop *rop)
{
	struct id_args *args = mapi_rop_args(rop, struct id_args);

	args->class = mapi_in_str8(rop->in);
}

/* ASCII, up to 255, no dots at its ends or together (MS-OXCSTOR 2.2.1.2.1) */
static bool class_valid(const char *class)
{
	size_t len = strlen(class);

	if (len > RECEIVE_CLASS_MAX || strstr(class, "..") != NULL ||
	    class[0] == '.' || (len > 0 && class[len - 1] == '.'))
		return FALSE;
	for (; *class != '\0'; class++) {
		if ((unsigned char)*class < 0x20 || (unsigned char)*class > 0x7e)
			return FALSE;
	}
	return TRUE;
}

/* The longest class that the message's begins with, by whole parts */
static bool class_covers(const char *class, const char *of)
{
	size_t len = strlen(class);

	return len == 0 || (strncasecmp(class, of, len) == 0 &&
			    (of[len] == '\0' || of[len] == '.'));
}

static uint32_t receive_check(struct mapi_rop *rop, const char *class)
{
	if (rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	return class_valid(class) ? ecNone : ecInvalidParam;
}

static uint32_t rop_get_receive(struct mapi_rop *rop)
{
	struct id_args *args = rop->args;
	const struct receive_row *row, *best = NULL;
	ARRAY_TYPE(receive_row) rows;
	uint32_t error = receive_check(rop, args->class);

	if (error != ecNone)
		return error;
	if (receive_load(rop, &rows) < 0)
		return mapi_store_error(rop);
	array_foreach(&rows, row) {
		if (class_covers(row->class, args->class) &&
		    (best == NULL || strlen(row->class) > strlen(best->class)))
			best = row;
	}
	if (best == NULL)
		return ecNoReceiveFolder;
	mapi_out_u64(rop->out, mapi_folder_wire(rop, rop->logon,
						best->folder));
	mapi_out_str8(rop->out, best->class);
	return ecNone;
}

static uint32_t rop_receive_table(struct mapi_rop *rop)
{
	static const mapi_tag_t columns[] = {
		PidTagFolderId,
		MAPI_TAG_RETYPE(PidTagMessageClass, PTYP_STRING8),
		PidTagLastModificationTime,
	};
	const struct receive_row *row;
	ARRAY_TYPE(receive_row) rows;
	struct mapi_prop props[N_ELEMENTS(columns)];

	if (rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	if (receive_load(rop, &rows) < 0)
		return mapi_store_error(rop);
	mapi_out_u32(rop->out, array_count(&rows));
	array_foreach(&rows, row) {
		i_zero(&props);
		for (unsigned int i = 0; i < N_ELEMENTS(columns); i++)
			props[i].tag = columns[i];
		props[0].v.i = mapi_folder_wire(rop, rop->logon, row->folder);
		props[1].v.s = row->class;
		props[2].v.i = row->changed == 0 ? 0 : mapi_time(row->changed);
		mapi_out_row(rop->out, MAPI_FORM_ROP, columns, props,
			     N_ELEMENTS(columns));
	}
	return ecNone;
}

static void parse_set_receive(struct mapi_rop *rop)
{
	struct id_args *args = mapi_rop_args(rop, struct id_args);

	args->id = mapi_in_u64(rop->in);
	args->class = mapi_in_str8(rop->in);
}

static uint32_t receive_save(struct mapi_rop *rop, const char *class,
			     uint64_t folder)
{
	buffer_t *out = buffer_create_dynamic(rop->pool, 256);
	ARRAY_TYPE(receive_row) rows;
	const struct receive_row *row;
	struct store_place place;

	p_array_init(&rows, rop->pool, 8);
	if (receive_load_own(rop, &rows) < 0)
		return mapi_store_error(rop);
	if (folder != 0) {
		mapi_out_u64(out, folder);
		mapi_out_u64(out, time(NULL));
		mapi_out_str8(out, class);
	}
	array_foreach(&rows, row) {
		if (strcasecmp(row->class, class) == 0)
			continue;
		mapi_out_u64(out, row->folder);
		mapi_out_u64(out, row->changed);
		mapi_out_str8(out, row->class);
	}
	mapi_place(rop->logon, MAPI_FID_ROOT, &place);
	if (store_blob_set(rop->store, &place, RECEIVE_BLOB, out->data,
			   out->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t rop_set_receive(struct mapi_rop *rop)
{
	struct id_args *args = rop->args;
	uint64_t folder = 0;
	uint32_t error = receive_check(rop, args->class);

	if (error != ecNone)
		return error;
	if (args->id != 0 &&
	    !mapi_folder_of_wire(rop, rop->logon, args->id, &folder))
		return ecNotFound;
	/* the empty class always has a folder */
	if (folder == 0 && *args->class == '\0')
		return ecError;
	if (strcasecmp(args->class, "IPM") == 0 ||
	    strcasecmp(args->class, "REPORT.IPM") == 0)
		return ecNoAccess;
	return receive_save(rop, args->class, folder);
}

/* --- public folders -------------------------------------------------------------------- */

static uint32_t folder_must_be(struct mapi_rop *rop, mapi_id_t id)
{
	uint64_t oid;

	return mapi_folder_of_wire(rop, rop->logon, id, &oid) ? ecNone :
		ecNotFound;
}

/* Everything is here: this server owns all folders. Its DN is of the site's, as users'
   are (MS-OXCSTOR 2.2.1.6.2) */
static uint32_t rop_owning_servers(struct mapi_rop *rop)
{
	const char *user = mapi_dn_of_address(rop->session->address);
	const char *site = t_strdup_until(user, strstr(user, "/cn="));
	struct id_args *args = rop->args;
	uint32_t error;

	if (rop->logon->kind != MAPI_STORE_PUBLIC)
		return ecNotSupported;
	error = folder_must_be(rop, args->id);
	if (error != ecNone)
		return error;
	mapi_out_u16(rop->out, 1);
	mapi_out_u16(rop->out, 1);
	mapi_out_str8(rop->out, t_strconcat(site,
		"/cn=Configuration/cn=Servers/cn=", my_hostname, NULL));
	return ecNone;
}

static uint32_t rop_is_ghosted(struct mapi_rop *rop)
{
	struct id_args *args = rop->args;
	uint32_t error;

	if (rop->logon->kind == MAPI_STORE_PUBLIC) {
		error = folder_must_be(rop, args->id);
		if (error != ecNone)
			return error;
	}
	mapi_out_u8(rop->out, 0);
	return ecNone;
}

static uint32_t rop_nothing(struct mapi_rop *rop ATTR_UNUSED)
{
	return ecNone;
}

static void parse_midset_deleted(struct mapi_rop *rop)
{
	(void)mapi_in_bytes(rop->in, mapi_in_u16(rop->in));
}

const struct mapi_rop_def mapi_rops_logon[] = {
	{ 0xfe, "Logon", MAPI_ROP_LOGON, 0, parse_logon, rop_logon },
	{ 0x01, "Release", MAPI_ROP_IN, MAPI_ANY, NULL, rop_release },
	{ 0x43, "LongTermIdFromId", MAPI_ROP_IN, MAPI_LOGON, parse_id,
	  rop_long_of_id },
	{ 0x44, "IdFromLongTermId", MAPI_ROP_IN, MAPI_LOGON, parse_long_id,
	  rop_id_of_long },
	{ 0x7f, "GetLocalReplicaIds", MAPI_ROP_IN, MAPI_LOGON,
	  parse_replica_ids, rop_replica_ids },
	{ 0x93, "SetLocalReplicaMidsetDeleted", MAPI_ROP_IN,
	  MAPI_LOGON | MAPI_FOLDER, parse_midset_deleted, rop_nothing },
	{ 0x26, "SetReceiveFolder", MAPI_ROP_IN, MAPI_LOGON,
	  parse_set_receive, rop_set_receive },
	{ 0x27, "GetReceiveFolder", MAPI_ROP_IN, MAPI_LOGON, parse_class,
	  rop_get_receive },
	{ 0x68, "GetReceiveFolderTable", MAPI_ROP_IN, MAPI_LOGON, NULL,
	  rop_receive_table },
	/* MS-OXCSTOR 3.2.5.5: not to be implemented */
	{ 0x7b, "GetStoreState", MAPI_ROP_IN, MAPI_LOGON, NULL, NULL },
	{ 0x42, "GetOwningServers", MAPI_ROP_IN, MAPI_LOGON, parse_id,
	  rop_owning_servers },
	{ 0x45, "PublicFolderIsGhosted", MAPI_ROP_IN, MAPI_LOGON, parse_id,
	  rop_is_ghosted },
	{ 0, NULL, 0, 0, NULL, NULL }
};
