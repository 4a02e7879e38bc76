/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Named properties. In the store's table a name is text: the set's GUID in hex, then
   "n:" and the string or "l:" and the number. */

#include "mapi.h"
#include "hex-binary.h"
#include "mapi-names.h"

#define GUID_HEX (GUID_128_SIZE * 2)

/* Data stack */
static const char *name_to_text(const struct mapi_name *name)
{
	const char *guid = binary_to_hex(name->guid, GUID_128_SIZE);

	return name->name != NULL ?
		t_strdup_printf("%sn:%s", guid, name->name) :
		t_strdup_printf("%sl:%08x", guid, name->lid);
}

static bool name_of_text(pool_t pool, const char *text, struct mapi_name *name_r)
{
	buffer_t *guid = t_buffer_create(GUID_128_SIZE);
	uint32_t lid;

	i_zero(name_r);
	if (strlen(text) < GUID_HEX + 2)
		return FALSE;
	if (hex_to_binary(t_strndup(text, GUID_HEX), guid) < 0)
		return FALSE;
	memcpy(name_r->guid, guid->data, GUID_128_SIZE);
	if (text[GUID_HEX] == 'n') {
		name_r->name = p_strdup(pool, text + GUID_HEX + 2);
		return TRUE;
	}
	if (str_to_uint32_hex(text + GUID_HEX + 2, &lid) < 0)
		return FALSE;
	name_r->lid = lid;
	return TRUE;
}

int mapi_names_to_ids(struct mapi_rop *rop, const struct mapi_name *names,
		      unsigned int count, bool create, uint16_t *ids_r)
{
	const char **texts = p_new(rop->pool, const char *, count);
	unsigned int *places = p_new(rop->pool, unsigned int, count);
	uint16_t *found = p_new(rop->pool, uint16_t, count);
	unsigned int unknown = 0;
	const char *error;

	for (unsigned int i = 0; i < count; i++) {
		ids_r[i] = mapi_static_id(&names[i]);
		/* PS_MAPI has no names of its own */
		if (ids_r[i] != 0 || mapi_name_is_mapi(&names[i]))
			continue;
		texts[unknown] = p_strdup(rop->pool, name_to_text(&names[i]));
		places[unknown++] = i;
	}
	if (unknown == 0)
		return 0;
	/* a full table: those that fit have their ids */
	if (store_name_ids(rop->store, texts, unknown, create, found) < 0 &&
	    store_last_error(rop->store, &error) != STORE_ERROR_QUOTA)
		return -1;
	for (unsigned int i = 0; i < unknown; i++)
		ids_r[places[i]] = found[i];
	return 0;
}

const struct mapi_name *mapi_names_of_id(struct mapi_rop *rop, uint16_t id)
{
	struct mapi_name *name = p_new(rop->pool, struct mapi_name, 1);
	const char *text;

	if (mapi_static_name(id, name))
		return name;
	if (store_names(rop->store, &id, 1, rop->pool, &text) < 0 ||
	    text == NULL || !name_of_text(rop->pool, text, name))
		return NULL;
	return name;
}

int mapi_names_out(struct mapi_rop *rop, uint16_t id)
{
	const struct mapi_name *name = mapi_names_of_id(rop, id);

	if (name == NULL)
		mapi_out_u8(rop->out, 0xff);
	else
		mapi_out_name(rop->out, name);
	return 0;
}

/* --- for bags that are stored ---------------------------------------------------- */

const struct mapi_name *mapi_names_name(void *context, uint16_t id)
{
	return mapi_names_of_id(context, id);
}

uint16_t mapi_names_id(void *context, const struct mapi_name *name)
{
	uint16_t id;

	return mapi_names_to_ids(context, name, 1, TRUE, &id) < 0 ? 0 : id;
}

/* --- all of them --------------------------------------------------------------------- */

uint32_t mapi_names_all_ids(struct mapi_rop *rop)
{
	ARRAY_TYPE(store_name) names;
	const struct store_name *name;
	struct mapi_name fixed;
	size_t head = rop->out->used;
	unsigned int count = 0;

	p_array_init(&names, rop->pool, 64);
	if (store_names_all(rop->store, rop->pool, &names) < 0)
		return mapi_store_error(rop);
	mapi_out_u16(rop->out, 0);
	for (unsigned int id = MAPI_NAMED_FIRST; id < MAPI_NAMED_NEXT; id++) {
		if (!mapi_static_name(id, &fixed))
			continue;
		mapi_out_u16(rop->out, id);
		count++;
	}
	array_foreach(&names, name) {
		mapi_out_u16(rop->out, name->id);
		count++;
	}
	mapi_out_u16_at(rop->out, head, count);
	return ecNone;
}
