/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ModProps, ModLinkAtt (MS-OXNSPI 3.1.4.1.14, .15; MS-OXCMAPIHTTP 2.2.5.11, .10).

   The Directory is read-only. What can be changed is who is in a group of an
   address book that the user may write. */

#include "nspi.h"
#include "dovetail-mapi-props.h"

#include <time.h>

#define MAX_LINKS 1000

/* --- ModProps ------------------------------------------------------------------------------- */

/* Nothing is stored here: a change that leaves everything as it is succeeds. */
static bool changes_something(struct nspi_call *call, struct nspi_object *obj,
			      const ARRAY_TYPE(mapi_tag) *remove,
			      const struct mapi_bag *set)
{
	const struct mapi_prop *prop;
	struct mapi_prop now;
	mapi_tag_t tag;

	array_foreach_elem(remove, tag) {
		if (nspi_prop_get(call, obj, tag, &now))
			return TRUE;
	}
	array_foreach(&set->props, prop) {
		if ((MAPI_TAG_TYPE(prop->tag) & PTYP_MULTIPLE) == 0 ||
		    prop->v.mv.count > 0)
			return TRUE;
	}
	return FALSE;
}

static uint32_t mod_props(struct nspi_call *call, bool has_remove,
			  const ARRAY_TYPE(mapi_tag) *remove,
			  const struct mapi_bag *set)
{
	struct nspi_object obj;
	uint32_t error = nspi_need_stat(call);
	int ret;

	if (error != ecNone)
		return error;
	if (!has_remove)
		return ecInvalidParam;
	ret = nspi_object_find(call, call->stat.current, &obj);
	if (ret <= 0)
		return ret < 0 ? ecError : ecInvalidParam;
	if (obj.kind == NSPI_CONTAINER)
		return ecInvalidObject;
	return changes_something(call, &obj, remove, set) ? ecNoAccess :
		ecNone;
}

bool nspi_op_mod_props(struct nspi_call *call)
{
	ARRAY_TYPE(mapi_tag) remove;
	struct mapi_bag set;
	bool has_remove;

	(void)mapi_in_u32(&call->in);	/* Reserved */
	nspi_in_stat(call);
	if (nspi_in_columns(call, &remove, &has_remove) < 0)
		return FALSE;
	mapi_bag_init(&set, call->pool);
	if (mapi_in_u8(&call->in) != 0 && mapi_in_props(&call->in, &set) < 0)
		return FALSE;
	if (!nspi_in_end(call))
		return FALSE;
	nspi_out_error(call, mod_props(call, has_remove, &remove, &set));
	return TRUE;
}

/* --- ModLinkAtt ------------------------------------------------------------------------------- */

struct links {
	uint32_t tag, mid;
	ARRAY_TYPE(mapi_blob) ids;
};

/* EntryIDs have a size of their own each, or stand as they are: a permanent one ends
   with its DN, an ephemeral one has 32 bytes. */
static bool read_link(struct nspi_call *call, struct mapi_blob *id_r)
{
	struct mapi_in *in = &call->in;
	const unsigned char *data = in->data + in->pos, *end;
	size_t left = mapi_in_left(in), size;

	if (left < 28)
		return FALSE;
	if ((data[0] == 0x00 || data[0] == 0x87) &&
	    data[1] == 0 && data[2] == 0 && data[3] == 0 &&
	    le32_to_cpu_unaligned(data + 20) == 1) {
		end = memchr(data + 28, '\0', left - 28);
		if (data[0] == 0x87)
			size = 32;
		else if (end == NULL)
			return FALSE;
		else
			size = end + 1 - data;
	} else {
		size = mapi_in_u32(in);
	}
	id_r->size = size;
	id_r->data = mapi_in_bytes(in, size);
	return id_r->data != NULL;
}

static bool read_links(struct nspi_call *call, struct links *links)
{
	struct mapi_blob id;
	uint32_t count;

	call->flags = mapi_in_u32(&call->in);
	links->tag = mapi_in_u32(&call->in);
	links->mid = mapi_in_u32(&call->in);
	p_array_init(&links->ids, call->pool, 8);
	if (mapi_in_u8(&call->in) == 0)
		return TRUE;
	count = mapi_in_u32(&call->in);
	if (count > MAX_LINKS)
		return FALSE;
	while (count-- > 0) {
		if (!read_link(call, &id))
			return FALSE;
		array_push_back(&links->ids, &id);
	}
	return TRUE;
}

/* As it is told in a vCard's list of members: somebody of the Directory by the
   address, a card of the same book by its UID, as Apple does. */
static const char *
member_uri(struct nspi_call *call, const struct nspi_object *group,
	   struct nspi_object *member)
{
	struct contact *contact;
	const char *uid;

	if (member->card != NULL && member->book == group->book) {
		contact = nspi_object_contact(call, member);
		uid = contact == NULL ? "" : contact_uid(contact);
		if (*uid != '\0')
			return t_strconcat("urn:uuid:", uid, NULL);
	}
	return *member->entry->email == '\0' ? NULL :
		t_strconcat("mailto:", member->entry->email, NULL);
}

static void member_remove(struct nspi_call *call, struct contact *contact,
			  const struct nspi_object *group,
			  struct nspi_object *member)
{
	const char *uri = member_uri(call, group, member);

	if (uri != NULL) {
		contact_member_remove(contact, uri);
		if (strncmp(uri, "urn:uuid:", 9) == 0)
			contact_member_remove(contact, uri + 9);
	}
	if (*member->entry->email != '\0') {
		contact_member_remove(contact, t_strconcat("mailto:",
						member->entry->email, NULL));
	}
}

static uint32_t apply_links(struct nspi_call *call,
			    const struct nspi_object *group,
			    const struct links *links, struct contact *contact)
{
	struct nspi_object member;
	const struct mapi_blob *id;
	const char *uri;
	int ret;

	array_foreach(&links->ids, id) {
		ret = nspi_object_find_entry_id(call, id->data, id->size,
						&member);
		if (ret < 0)
			return ecError;
		if (ret == 0 || member.kind == NSPI_CONTAINER)
			return ecNoAccess;
		if ((call->flags & NSPI_LINK_DELETE) != 0) {
			member_remove(call, contact, group, &member);
			continue;
		}
		uri = member_uri(call, group, &member);
		if (uri == NULL)
			return ecNoAccess;
		contact_member_add(contact, uri);
	}
	return ecNone;
}

static uint32_t change_group(struct nspi_call *call, struct nspi_object *group,
			     const struct links *links)
{
	struct store_item item;
	struct contact *contact;
	const char *error;
	uint32_t ret;

	if (!group->book->info.writable)
		return ecNoAccess;
	if (call->source->get(call->env, group->book->info.fid,
			      group->card->num, call->pool, &item) <= 0 ||
	    contact_parse(call->pool, item.text, item.text_size, &contact,
			  NULL, &error) < 0)
		return ecError;
	T_BEGIN {
		ret = apply_links(call, group, links, contact);
	} T_END;
	if (ret != ecNone || !contact_is_changed(contact))
		return ret;
	return call->source->put(call->env, group->book->info.fid, &item,
				 contact_uid(contact),
				 contact_write(call->pool, contact,
					       time(NULL)));
}

static bool is_link_tag(uint32_t tag)
{
	return MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagAddressBookMember) ||
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(
			PidTagAddressBookPublicDelegates);
}

/* Delegates are given rights in the mailbox, not here: GeneralFailure, as Exchange
   answers since 2013 (product behavior of 3.1.4.1.15). */
static uint32_t mod_links(struct nspi_call *call, const struct links *links)
{
	bool member = MAPI_TAG_ID(links->tag) ==
		MAPI_TAG_ID(PidTagAddressBookMember);
	struct nspi_object obj;
	int ret;

	if (!is_link_tag(links->tag))
		return ecNotFound;
	ret = nspi_object_find(call, links->mid, &obj);
	if (ret <= 0)
		return ret < 0 ? ecError : ecInvalidParam;
	if (member && obj.kind == NSPI_GROUP)
		return change_group(call, &obj, links);
	return !member && obj.kind == NSPI_PERSON ? ecError : ecNoAccess;
}

bool nspi_op_mod_link_att(struct nspi_call *call)
{
	struct links links;

	i_zero(&links);
	if (!read_links(call, &links) || !nspi_in_end(call))
		return FALSE;
	nspi_out_error(call, mod_links(call, &links));
	return TRUE;
}
