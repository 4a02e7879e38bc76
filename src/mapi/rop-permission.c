/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who may do what in a folder (MS-OXCPERM): Dovecot's ACL in Outlook's words, and the
   rights to see free/busy beside it. */

#include "mapi.h"
#include "compat.h"
#include "mapi-folder.h"
#include "mapi-rights.h"
#include "mapi-table.h"
#include "dovetail-directory.h"

/* PidTagMemberId of the two that are always there */
#define MEMBER_DEFAULT 0
#define MEMBER_ANONYMOUS -1
#define MODIFY_REPLACE 0x01
#define MODIFY_FREEBUSY 0x02
#define ROW_ADD 0x01
#define ROW_MODIFY 0x02
#define ROW_REMOVE 0x04
#define ACL_DEFAULT "anyone"
#define ACL_USER "user="

struct permission_change {
	uint8_t what;
	struct mapi_bag bag;
};

struct permission_args {
	uint8_t flags;
	ARRAY(struct permission_change) changes;
};

struct member {
	int64_t id;
	/* of the ACL; NULL: an entry that is not written there */
	const char *acl_id;
	const char *name, *address;
	uint32_t rights;
};
ARRAY_DEFINE_TYPE(member, struct member);

/* --- members from the ACL ---------------------------------------------------------- */

/* The same in every session: made of the identifier. Positive, not the fixed ones. */
static int64_t member_id(const char *acl_id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *acl_id != '\0'; acl_id++)
		hash = (hash ^ (unsigned char)*acl_id) *
			UINT64_C(0x100000001b3);
	return (int64_t)((hash >> 1) | 0x100);
}

static uint32_t rights_with_busy(const struct store_acl *acl)
{
	uint32_t rights = mapi_rights_of_store(acl->rights);

	if (acl->busy != STORE_BUSY_RIGHT_NONE)
		rights |= MAPI_RIGHT_FREEBUSY_SIMPLE;
	if (acl->busy == STORE_BUSY_RIGHT_DETAILS)
		rights |= MAPI_RIGHT_FREEBUSY_DETAILED;
	return rights;
}

static void member_of_user(struct mapi_rop *rop, const char *user,
			   struct member *member)
{
	const struct directory_entry *entry;

	member->address = user;
	member->name = user;
	if (directory_lookup(rop->env->directory, rop->pool, user,
			     &entry) > 0) {
		member->address = entry->email;
		member->name = entry->name;
	}
}

static void member_add(struct mapi_rop *rop, const struct store_acl *acl,
		       ARRAY_TYPE(member) *members)
{
	struct member *member;
	const char *user;

	if (strcmp(acl->id, ACL_DEFAULT) == 0 ||
	    strcmp(acl->id, "authenticated") == 0) {
		member = array_idx_modifiable(members, 0);
		member->rights |= rights_with_busy(acl);
		return;
	}
	/* the owner's own rights and groups are the site's */
	if (!compat_str_begins(acl->id, ACL_USER))
		return;
	user = acl->id + strlen(ACL_USER);
	member = array_append_space(members);
	member->id = member_id(acl->id);
	member->acl_id = acl->id;
	member->rights = rights_with_busy(acl);
	member_of_user(rop, user, member);
}

/* What is kept beside the ACL, of those that are in it */
static uint32_t members_add_kept(struct mapi_rop *rop,
				 const struct mapi_folder_info *info,
				 ARRAY_TYPE(member) *members)
{
	ARRAY_TYPE(mapi_rights_kept) kept;
	struct member *member;

	if (mapi_rights_kept_load(rop, rop->logon, info->oid, &kept) < 0)
		return mapi_store_error(rop);
	array_foreach_modifiable(members, member) {
		if (member->acl_id != NULL)
			member->rights |= mapi_rights_kept(&kept,
							   member->acl_id);
	}
	return ecNone;
}

static uint32_t members_load(struct mapi_rop *rop,
			     const struct mapi_folder_info *info,
			     ARRAY_TYPE(member) *members)
{
	ARRAY_TYPE(store_acl) acls;
	const struct store_acl *acl;
	struct member *member;
	const char *text;

	p_array_init(members, rop->pool, 8);
	member = array_append_space(members);
	member->id = MEMBER_DEFAULT;
	member->acl_id = ACL_DEFAULT;
	member->name = "";
	member = array_append_space(members);
	member->id = MEMBER_ANONYMOUS;
	member->name = "Anonymous";
	if (info->fid == 0)
		return ecNone;
	p_array_init(&acls, rop->pool, 8);
	if (store_acl_list(rop->store, info->fid, rop->pool, &acls) < 0) {
		/* a site without ACLs: nobody else may do anything */
		if (store_last_error(rop->store, &text) ==
		    STORE_ERROR_UNSUPPORTED)
			return ecNone;
		return mapi_store_error(rop);
	}
	array_foreach(&acls, acl)
		member_add(rop, acl, members);
	return members_add_kept(rop, info, members);
}

/* --- table ---------------------------------------------------------------------------- */

static const struct mapi_folder_info *
table_folder(struct mapi_rop *rop, struct mapi_table *table)
{
	return mapi_tree_find(rop, table->obj.logon, table->folder);
}

static uint32_t permissions_load(struct mapi_rop *rop, struct mapi_table *table,
				 ARRAY_TYPE(mapi_row_id) *ids_r)
{
	const struct mapi_folder_info *info = table_folder(rop, table);
	ARRAY_TYPE(member) members;
	const struct member *member;
	struct mapi_row_id *id;
	uint32_t error;

	if (info == NULL)
		return ecObjectDeleted;
	error = members_load(rop, info, &members);
	if (error != ecNone)
		return error;
	array_foreach(&members, member) {
		id = array_append_space(ids_r);
		id->id = (uint64_t)member->id;
	}
	return ecNone;
}

static void member_get(struct mapi_rop *rop, const struct member *member,
		       mapi_tag_t tag, bool freebusy, struct mapi_prop *prop_r)
{
	struct mapi_prop have;
	buffer_t *eid;

	i_zero(&have);
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagMemberId):
		have.tag = PidTagMemberId;
		have.v.i = member->id;
		break;
	case MAPI_TAG_ID(PidTagMemberName):
		have.tag = PidTagMemberName;
		have.v.s = member->name;
		break;
	case MAPI_TAG_ID(PidTagMemberRights):
		have.tag = PidTagMemberRights;
		have.v.i = member->rights;
		if (!freebusy)
			have.v.i &= ~(MAPI_RIGHT_FREEBUSY_SIMPLE |
				      MAPI_RIGHT_FREEBUSY_DETAILED);
		break;
	case MAPI_TAG_ID(PidTagEntryId):
		eid = buffer_create_dynamic(rop->pool, 128);
		if (member->address != NULL)
			mapi_address_entry_id(member->address, eid);
		have.tag = PidTagEntryId;
		have.v.bin.data = eid->data;
		have.v.bin.size = eid->used;
		break;
	default:
		mapi_prop_error(prop_r, tag, ecNotFound);
		return;
	}
	mapi_prop_as(rop, &have, tag, prop_r);
}

static void
permissions_get(struct mapi_rop *rop, struct mapi_table *table,
		pool_t pool ATTR_UNUSED, const struct mapi_row_id *ids,
		unsigned int ids_count, const mapi_tag_t *tags,
		unsigned int tags_count, struct mapi_prop *props_r)
{
	const struct mapi_folder_info *info = table_folder(rop, table);
	ARRAY_TYPE(member) members;
	const struct member *member, *found;
	bool freebusy = (table->flags & MODIFY_FREEBUSY) != 0;

	if (info == NULL || members_load(rop, info, &members) != ecNone)
		p_array_init(&members, rop->pool, 1);
	for (unsigned int i = 0; i < ids_count; i++) {
		found = NULL;
		array_foreach(&members, member) {
			if ((uint64_t)member->id == ids[i].id)
				found = member;
		}
		for (unsigned int j = 0; j < tags_count; j++, props_r++) {
			if (found == NULL)
				mapi_prop_error(props_r, tags[j], ecNotFound);
			else
				member_get(rop, found, tags[j], freebusy,
					   props_r);
		}
	}
}

static void permissions_columns(struct mapi_rop *rop ATTR_UNUSED,
				struct mapi_table *table ATTR_UNUSED,
				ARRAY_TYPE(mapi_tag) *tags_r)
{
	static const mapi_tag_t columns[] = {
		PidTagMemberId, PidTagMemberName, PidTagMemberRights,
		PidTagEntryId,
	};

	array_append(tags_r, columns, N_ELEMENTS(columns));
}

static const struct mapi_table_source permissions_source = {
	.name = "permissions",
	.load = permissions_load,
	.get = permissions_get,
	.columns = permissions_columns,
};

struct mapi_table *
mapi_permissions_table(struct mapi_rop *rop, struct mapi_object *folder,
		       uint64_t oid, uint8_t flags)
{
	return mapi_table_new(rop, &permissions_source, folder, oid, flags);
}

static void parse_table(struct mapi_rop *rop)
{
	struct permission_args *args =
		mapi_rop_args(rop, struct permission_args);

	args->flags = mapi_in_u8(rop->in);
}

static uint32_t rop_table(struct mapi_rop *rop)
{
	struct permission_args *args = rop->args;
	uint64_t oid = ((struct mapi_folder *)rop->obj)->oid;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, oid);
	uint32_t rights;

	if (info == NULL)
		return ecObjectDeleted;
	if (mapi_folder_rights(rop, rop->logon, info, &rights) < 0)
		return mapi_store_error(rop);
	/* who sees the folder sees who may do what in it (MS-OXCPERM 2.2.7), as far
	   as Dovecot's ACL lets him */
	if ((rights & (MAPI_RIGHT_OWNER | MAPI_RIGHT_VISIBLE)) == 0)
		return ecNoAccess;
	return mapi_rop_output(rop,
		&mapi_permissions_table(rop, rop->obj, oid,
					args->flags)->obj);
}

/* --- changes -------------------------------------------------------------------------------- */

static void parse_modify(struct mapi_rop *rop)
{
	struct permission_args *args =
		mapi_rop_args(rop, struct permission_args);
	struct permission_change *change;
	unsigned int count;

	args->flags = mapi_in_u8(rop->in);
	count = mapi_in_u16(rop->in);
	p_array_init(&args->changes, rop->pool, 8);
	for (; count > 0 && !rop->in->broken; count--) {
		change = array_append_space(&args->changes);
		change->what = mapi_in_u8(rop->in);
		mapi_bag_init(&change->bag, rop->pool);
		(void)mapi_in_props(rop->in, &change->bag);
	}
}

/* The user's name in Dovecot: the address, or its local part where names have no
   domain */
static const char *acl_user(struct mapi_rop *rop, const char *address)
{
	const char *user = address;

	if (strchr(rop->session->username, '@') == NULL)
		user = t_strcut(address, '@');
	return p_strconcat(rop->pool, ACL_USER, user, NULL);
}

static const char *change_user(struct mapi_rop *rop,
			       const struct permission_change *change)
{
	const struct mapi_blob *blob = mapi_bag_get_bin(&change->bag,
							PidTagEntryId);
	struct mapi_entry_id eid;
	const char *address;

	if (blob == NULL || mapi_entry_id_parse(blob->data, blob->size,
						rop->pool, &eid) <= 0)
		return NULL;
	address = eid.kind == MAPI_EID_ADDRESS ? mapi_address_of_dn(eid.dn) :
		eid.kind == MAPI_EID_ONE_OFF ? eid.address : NULL;
	return address == NULL ? NULL : acl_user(rop, address);
}

static uint32_t acl_write(struct mapi_rop *rop,
			  const struct mapi_folder_info *info, const char *id,
			  uint32_t rights, bool freebusy,
			  const struct member *before)
{
	struct store_acl acl;

	/* free/busy rights that are not told stay, or follow from reading a
	   calendar (MS-OXCPERM 2.2.2) */
	if (!freebusy && info->class == STORE_CLASS_CALENDAR) {
		if (before != NULL)
			rights |= before->rights &
				(MAPI_RIGHT_FREEBUSY_SIMPLE |
				 MAPI_RIGHT_FREEBUSY_DETAILED);
		if ((rights & MAPI_RIGHT_READ_ANY) != 0)
			rights |= MAPI_RIGHT_FREEBUSY_SIMPLE |
				MAPI_RIGHT_FREEBUSY_DETAILED;
	}
	i_zero(&acl);
	acl.id = id;
	acl.rights = mapi_rights_to_store(rights);
	if ((rights & MAPI_RIGHT_FREEBUSY_DETAILED) != 0)
		acl.busy = STORE_BUSY_RIGHT_DETAILS;
	else if ((rights & MAPI_RIGHT_FREEBUSY_SIMPLE) != 0)
		acl.busy = STORE_BUSY_RIGHT_TIMES;
	if (store_acl_set(rop->store, info->fid, &acl) < 0)
		return mapi_store_error(rop);
	return mapi_rights_kept_set(rop, rop->logon, info->oid, id, rights);
}

static const struct member *
member_find(const ARRAY_TYPE(member) *members, int64_t id)
{
	const struct member *member;

	array_foreach(members, member) {
		if (member->id == id)
			return member;
	}
	return NULL;
}

static uint32_t change_apply(struct mapi_rop *rop,
			     const struct mapi_folder_info *info,
			     const ARRAY_TYPE(member) *members,
			     const struct permission_change *change,
			     bool freebusy)
{
	int64_t id = mapi_bag_get_int(&change->bag, PidTagMemberId, INT64_MIN);
	uint32_t rights = mapi_bag_get_int(&change->bag, PidTagMemberRights, 0);
	const struct member *member;
	const char *user;

	if (change->what == ROW_ADD) {
		user = change_user(rop, change);
		if (user == NULL)
			return ecInvalidParam;
		return acl_write(rop, info, user, rights, freebusy, NULL);
	}
	member = member_find(members, id);
	if (member == NULL)
		return change->what == ROW_REMOVE ? ecNone : ecNotFound;
	if (change->what == ROW_REMOVE)
		rights = 0;
	else if (change->what != ROW_MODIFY)
		return ecInvalidParam;
	if (member->id == MEMBER_ANONYMOUS) {
		/* nobody is let in without a login */
		return rights == 0 ? ecNone : ecNoAccess;
	}
	return acl_write(rop, info, member->acl_id, rights, freebusy ||
			 change->what == ROW_REMOVE, member);
}

/* All entries but Default and Anonymous go; those that follow are all there are */
static uint32_t replace_begin(struct mapi_rop *rop,
			      const struct mapi_folder_info *info,
			      const ARRAY_TYPE(member) *members)
{
	const struct member *member;
	uint32_t error;

	array_foreach(members, member) {
		if (member->id == MEMBER_DEFAULT ||
		    member->id == MEMBER_ANONYMOUS)
			continue;
		error = acl_write(rop, info, member->acl_id, 0, TRUE, NULL);
		if (error != ecNone)
			return error;
	}
	return ecNone;
}

static uint32_t rop_modify(struct mapi_rop *rop)
{
	struct permission_args *args = rop->args;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon,
			       ((struct mapi_folder *)rop->obj)->oid);
	const struct permission_change *change;
	ARRAY_TYPE(member) members;
	uint32_t error;

	if (info == NULL)
		return ecObjectDeleted;
	/* free/busy is told by the calendar's own rights */
	if (info->special == MAPI_FID_FREEBUSY)
		return ecNone;
	if (info->fid == 0)
		return ecNotSupported;
	error = members_load(rop, info, &members);
	if (error == ecNone && (args->flags & MODIFY_REPLACE) != 0)
		error = replace_begin(rop, info, &members);
	if (error == ecNone) array_foreach(&args->changes, change) {
		error = change_apply(rop, info, &members, change,
				     (args->flags & MODIFY_FREEBUSY) != 0);
		if (error != ecNone)
			break;
	}
	return error;
}

const struct mapi_rop_def mapi_rops_permission[] = {
	{ 0x3e, "GetPermissionsTable", MAPI_ROP_OUT, MAPI_FOLDER, parse_table,
	  rop_table },
	{ 0x40, "ModifyPermissions", MAPI_ROP_IN, MAPI_FOLDER, parse_modify,
	  rop_modify },
	{ 0, NULL, 0, 0, NULL, NULL }
};
