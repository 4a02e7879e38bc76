/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The device's picture of the folder hierarchy: which folders it sees, and how
   the picture is saved. Pure. */

#include "eas-client.h"
#include "crc32.h"

#define EAS_FOLDER_STATE_FORMAT 1

/* Folders of other programs that mean nothing on a phone */
static const char *const folders_hidden[] = {
	"RSS Feeds", "RSS Subscriptions", "Sync Issues",
	"Conversation Action Settings", "Quick Step Settings",
};

static const struct {
	enum store_class class;
	enum store_role role;
	unsigned int default_type, user_type;
} folder_types[] = {
	{ STORE_CLASS_MAIL, STORE_ROLE_INBOX,
	  EAS_FOLDER_INBOX, EAS_FOLDER_USER_MAIL },
	{ STORE_CLASS_MAIL, STORE_ROLE_DRAFTS,
	  EAS_FOLDER_DRAFTS, EAS_FOLDER_USER_MAIL },
	{ STORE_CLASS_MAIL, STORE_ROLE_TRASH,
	  EAS_FOLDER_DELETED, EAS_FOLDER_USER_MAIL },
	{ STORE_CLASS_MAIL, STORE_ROLE_SENT,
	  EAS_FOLDER_SENT, EAS_FOLDER_USER_MAIL },
	{ STORE_CLASS_MAIL, STORE_ROLE_OUTBOX,
	  EAS_FOLDER_OUTBOX, EAS_FOLDER_USER_MAIL },
	{ STORE_CLASS_CALENDAR, STORE_ROLE_CALENDAR,
	  EAS_FOLDER_CALENDAR, EAS_FOLDER_USER_CALENDAR },
	{ STORE_CLASS_CONTACTS, STORE_ROLE_CONTACTS,
	  EAS_FOLDER_CONTACTS, EAS_FOLDER_USER_CONTACTS },
	{ STORE_CLASS_TASKS, STORE_ROLE_TASKS,
	  EAS_FOLDER_TASKS, EAS_FOLDER_USER_TASKS },
	{ STORE_CLASS_NOTES, STORE_ROLE_NOTES,
	  EAS_FOLDER_NOTES, EAS_FOLDER_USER_NOTES },
	{ STORE_CLASS_JOURNAL, STORE_ROLE_JOURNAL,
	  EAS_FOLDER_JOURNAL, EAS_FOLDER_USER_JOURNAL },
};

uint32_t eas_folder_name_hash(const char *name)
{
	return crc32_str(name);
}

/* A default type is given once, and only in the user's own store. */
static unsigned int
folder_type(const struct store_folder_info *info, uint32_t *defaults_given)
{
	unsigned int user_type = EAS_FOLDER_USER_MAIL;

	for (unsigned int i = 0; i < N_ELEMENTS(folder_types); i++) {
		if (folder_types[i].class != info->class)
			continue;
		user_type = folder_types[i].user_type;
		if (folder_types[i].role != info->role || info->foreign ||
		    (*defaults_given & (1U << i)) != 0)
			continue;
		*defaults_given |= 1U << i;
		return folder_types[i].default_type;
	}
	return user_type;
}

static bool folder_is_hidden(const struct eas_client *client,
			     const struct store_folder_info *info)
{
	if (info->class != STORE_CLASS_MAIL)
		return !eas_client_shows(client, info) &&
			!eas_client_has_recipients(client, info);
	/* Views of all other folders: everything would be there twice. */
	if (info->role == STORE_ROLE_ALL || info->role == STORE_ROLE_FLAGGED)
		return TRUE;
	for (unsigned int i = 0; i < N_ELEMENTS(folders_hidden); i++) {
		if (strcasecmp(info->name, folders_hidden[i]) == 0)
			return TRUE;
	}
	return FALSE;
}

const struct eas_folder *
eas_folder_lookup(const ARRAY_TYPE(eas_folder) *folders, store_fid_t fid)
{
	const struct eas_folder *folder;

	array_foreach(folders, folder) {
		if (folder->fid == fid)
			return folder;
	}
	return NULL;
}

/* FALSE: not shown, as it is below a hidden folder */
static bool folder_parent(const ARRAY_TYPE(eas_folder) *folders,
			  const struct store_folder_info *info,
			  store_fid_t *parent_r)
{
	*parent_r = info->parent;
	if (info->parent == 0)
		return TRUE;
	if (eas_folder_lookup(folders, info->parent) != NULL)
		return TRUE;
	*parent_r = 0;
	return info->class != STORE_CLASS_MAIL;
}

void eas_folders_visible(const ARRAY_TYPE(store_folder_info) *infos,
			 const struct eas_client *client,
			 pool_t pool, ARRAY_TYPE(eas_folder) *folders_r)
{
	const struct store_folder_info *info;
	uint32_t defaults_given = 0;

	p_array_init(folders_r, pool, array_count(infos));
	array_foreach(infos, info) {
		struct eas_folder *folder;
		store_fid_t parent;

		if (folder_is_hidden(client, info) ||
		    !folder_parent(folders_r, info, &parent))
			continue;
		folder = array_append_space(folders_r);
		folder->fid = info->fid;
		folder->parent = parent;
		if (eas_client_has_recipients(client, info)) {
			folder->type = EAS_FOLDER_RECIPIENTS;
			folder->parent = 0;
		} else {
			folder->type = folder_type(info, &defaults_given);
		}
		folder->name = info->display;
		folder->name_hash = eas_folder_name_hash(folder->name);
	}
	eas_folders_hide_containers(infos, client->username, pool, folders_r);
}

bool eas_folder_equals(const struct eas_folder *a, const struct eas_folder *b)
{
	return a->fid == b->fid && a->parent == b->parent &&
		a->type == b->type && a->name_hash == b->name_hash;
}

bool eas_folders_equal(const ARRAY_TYPE(eas_folder) *a,
		       const ARRAY_TYPE(eas_folder) *b)
{
	const struct eas_folder *folder, *other;

	if (array_count(a) != array_count(b))
		return FALSE;
	array_foreach(a, folder) {
		/* Mostly they stand in the same order. */
		other = array_idx(b, array_foreach_idx(a, folder));
		if (other->fid != folder->fid)
			other = eas_folder_lookup(b, folder->fid);
		if (other == NULL || !eas_folder_equals(folder, other))
			return FALSE;
	}
	return TRUE;
}

static void generation_pack(const struct eas_folder_generation *gen,
			    buffer_t *dest)
{
	const struct eas_folder *folder;

	eas_key_pack(dest, &gen->key);
	eas_pack_num(dest, array_count(&gen->folders));
	array_foreach(&gen->folders, folder) {
		eas_pack_num(dest, folder->fid);
		eas_pack_num(dest, folder->parent);
		eas_pack_num(dest, folder->type);
		eas_pack_num(dest, folder->name_hash);
	}
}

static void generation_unpack(struct eas_unpack *in, pool_t pool,
			      struct eas_folder_generation *gen)
{
	unsigned int i, count;

	eas_key_unpack(in, &gen->key);
	count = eas_unpack_count(in, 4);
	p_array_init(&gen->folders, pool, count + 1);
	for (i = 0; i < count && !in->failed; i++) {
		struct eas_folder *folder = array_append_space(&gen->folders);

		folder->fid = eas_unpack_num32(in);
		folder->parent = eas_unpack_num32(in);
		folder->type = eas_unpack_num32(in);
		folder->name_hash = eas_unpack_num32(in);
	}
}

void eas_folder_state_pack(const struct eas_folder_state *state,
			   buffer_t *dest)
{
	eas_pack_num(dest, EAS_FOLDER_STATE_FORMAT);
	eas_pack_num(dest, state->have_prev ? 1 : 0);
	generation_pack(&state->cur, dest);
	if (state->have_prev)
		generation_pack(&state->prev, dest);
}

int eas_folder_state_unpack(struct eas_folder_state *state, pool_t pool,
			    const void *data, size_t size)
{
	struct eas_unpack in;

	i_zero(state);
	eas_unpack_init(&in, data, size);
	if (eas_unpack_num(&in) != EAS_FOLDER_STATE_FORMAT)
		return -1;
	state->have_prev = eas_unpack_num(&in) == 1;
	generation_unpack(&in, pool, &state->cur);
	if (state->have_prev)
		generation_unpack(&in, pool, &state->prev);
	else
		p_array_init(&state->prev.folders, pool, 1);
	return in.failed || in.pos != in.end ? -1 : 0;
}
