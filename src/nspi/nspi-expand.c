/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whom mail to an entry of the address book goes to. */

#include "nspi.h"

/* Groups in groups */
#define EXPAND_MAX_DEPTH 10

struct expand {
	struct nspi_call *call;
	ARRAY_TYPE(const_string) *addresses;
	/* MIds of groups that were there already */
	ARRAY_TYPE(uint32_t) groups;
};

static void expand_add(struct expand *expand, const char *address)
{
	const char *other;

	if (*address == '\0')
		return;
	array_foreach_elem(expand->addresses, other) {
		if (strcasecmp(other, address) == 0)
			return;
	}
	address = p_strdup(expand->call->pool, address);
	array_push_back(expand->addresses, &address);
}

static bool expand_enter(struct expand *expand, uint32_t mid)
{
	uint32_t other;

	array_foreach_elem(&expand->groups, other) {
		if (other == mid)
			return FALSE;
	}
	array_push_back(&expand->groups, &mid);
	return TRUE;
}

static int expand_object(struct expand *expand, struct nspi_object *obj,
			 unsigned int depth)
{
	ARRAY_TYPE(nspi_object) members;
	struct nspi_object *member;
	const char *const *uri, *address;

	if (obj->kind != NSPI_GROUP) {
		expand_add(expand, obj->entry->email);
		return 0;
	}
	if (depth > EXPAND_MAX_DEPTH || !expand_enter(expand, obj->mid))
		return 0;
	/* An address need not be anybody the address book knows. */
	for (uri = obj->card->members; *uri != NULL; uri++) {
		address = nspi_member_address(*uri);
		if (address != NULL)
			expand_add(expand, address);
	}
	p_array_init(&members, expand->call->pool, 8);
	if (nspi_object_members(expand->call, obj, &members) < 0)
		return -1;
	array_foreach_modifiable(&members, member) {
		/* Of those that are named by address, it is that address. */
		if (member->kind == NSPI_GROUP ||
		    (member->card != NULL && member->book == obj->book)) {
			if (expand_object(expand, member, depth + 1) < 0)
				return -1;
		}
	}
	return 0;
}

int nspi_expand(struct nspi_call *call, const char *dn,
		ARRAY_TYPE(const_string) *addresses)
{
	struct expand expand = { .call = call, .addresses = addresses };
	struct nspi_object obj;
	int ret;

	ret = nspi_object_find_dn(call, dn, &obj);
	if (ret <= 0 || obj.kind == NSPI_CONTAINER)
		return ret < 0 ? -1 : 0;
	p_array_init(&expand.groups, call->pool, 4);
	return expand_object(&expand, &obj, 0) < 0 ? -1 : 1;
}
