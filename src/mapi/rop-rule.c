/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules of a folder (MS-OXORULE 2.2.1, 2.2.2, 3.2.5): kept as a blob of the folder, a
   bag for each, and told as a table. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-names.h"
#include "mapi-rule-sieve.h"
#include "mapi-table.h"

#define RULES_BLOB "rules"
#define RULES_VERSION 1
#define TABLE_UNICODE 0x40
#define MODIFY_REPLACE 0x01
#define ROW_ADD 0x01
#define ROW_MODIFY 0x02
#define ROW_REMOVE 0x04

struct rule_change {
	uint8_t what;
	struct mapi_bag bag;
};

struct rule_args {
	uint8_t flags;
	ARRAY(struct rule_change) changes;
	struct mapi_blob server, client;
};

/* --- kept ----------------------------------------------------------------------------- */

int mapi_rules_load(struct mapi_rop *rop, const struct mapi_logon *logon,
		    uint64_t oid, struct mapi_rules *rules_r)
{
	const unsigned char *data, *bytes;
	struct store_place place;
	struct mapi_bag *bag;
	struct mapi_in in;
	size_t size;
	uint32_t len;
	int ret;

	i_zero(rules_r);
	rules_r->next_id = 1;
	p_array_init(&rules_r->rules, rop->pool, 8);
	mapi_place(logon, oid, &place);
	ret = store_blob_get(rop->store, &place, RULES_BLOB, rop->pool, &data,
			     &size);
	if (ret <= 0)
		return ret;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	if (mapi_in_u8(&in) != RULES_VERSION)
		return -1;
	rules_r->next_id = mapi_in_u64(&in);
	while (mapi_in_left(&in) > 0) {
		len = mapi_in_u32(&in);
		bytes = mapi_in_bytes(&in, len);
		bag = array_append_space(&rules_r->rules);
		mapi_bag_init(bag, rop->pool);
		if (bytes == NULL || mapi_bag_unpack(bag, bytes, len,
						     mapi_names_id, rop) < 0)
			return -1;
	}
	return 0;
}

static uint32_t rules_save(struct mapi_rop *rop, uint64_t oid,
			   const struct mapi_rules *rules)
{
	buffer_t *out = buffer_create_dynamic(rop->pool, 1024);
	const struct mapi_bag *bag;
	struct store_place place;
	size_t at;

	mapi_out_u8(out, RULES_VERSION);
	mapi_out_u64(out, rules->next_id);
	array_foreach(&rules->rules, bag) {
		at = out->used;
		mapi_out_u32(out, 0);
		mapi_bag_pack(out, bag, mapi_names_name, rop);
		mapi_out_u32_at(out, at, out->used - at - 4);
	}
	mapi_place(rop->logon, oid, &place);
	if (store_blob_set(rop->store, &place, RULES_BLOB, out->data,
			   out->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static struct mapi_bag *rule_find(struct mapi_rules *rules, int64_t id)
{
	struct mapi_bag *bag;

	array_foreach_modifiable(&rules->rules, bag) {
		if (mapi_bag_get_int(bag, PidTagRuleId, 0) == id)
			return bag;
	}
	return NULL;
}

/* --- table ------------------------------------------------------------------------------- */

static uint32_t rules_load(struct mapi_rop *rop, struct mapi_table *table,
			   ARRAY_TYPE(mapi_row_id) *ids_r)
{
	const struct mapi_bag *bag;
	struct mapi_rules rules;
	struct mapi_row_id *id;

	if (mapi_rules_load(rop, table->obj.logon, table->folder, &rules) < 0)
		return mapi_store_error(rop);
	array_foreach(&rules.rules, bag) {
		id = array_append_space(ids_r);
		id->id = mapi_bag_get_int(bag, PidTagRuleId, 0);
	}
	return ecNone;
}

static void
rules_get(struct mapi_rop *rop, struct mapi_table *table,
	  pool_t pool ATTR_UNUSED, const struct mapi_row_id *ids,
	  unsigned int ids_count, const mapi_tag_t *tags,
	  unsigned int tags_count, struct mapi_prop *props_r)
{
	const struct mapi_bag *bag;
	struct mapi_rules rules;
	struct mapi_bag none;

	mapi_bag_init(&none, rop->pool);
	(void)mapi_rules_load(rop, table->obj.logon, table->folder, &rules);
	for (unsigned int i = 0; i < ids_count; i++, props_r += tags_count) {
		bag = rule_find(&rules, ids[i].id);
		mapi_bag_answer(rop, bag == NULL ? &none : bag, tags,
				tags_count, props_r);
	}
}

static void rules_columns(struct mapi_rop *rop ATTR_UNUSED,
			  struct mapi_table *table ATTR_UNUSED,
			  ARRAY_TYPE(mapi_tag) *tags_r)
{
	static const mapi_tag_t columns[] = {
		PidTagRuleId, PidTagRuleSequence, PidTagRuleState,
		PidTagRuleName, PidTagRuleProvider, PidTagRuleLevel,
		PidTagRuleUserFlags, PidTagRuleProviderData,
		PidTagRuleCondition, PidTagRuleActions,
	};

	array_append(tags_r, columns, N_ELEMENTS(columns));
}

static const struct mapi_table_source rules_source = {
	.name = "rules",
	.can = MAPI_TABLE_CAN_RESTRICT | MAPI_TABLE_CAN_FIND,
	.load = rules_load,
	.get = rules_get,
	.columns = rules_columns,
};

struct mapi_table *
mapi_rules_table(struct mapi_rop *rop, struct mapi_object *folder,
		 uint64_t oid, uint8_t flags)
{
	return mapi_table_new(rop, &rules_source, folder, oid, flags);
}

static void parse_table(struct mapi_rop *rop)
{
	struct rule_args *args = mapi_rop_args(rop, struct rule_args);

	args->flags = mapi_in_u8(rop->in);
}

static uint32_t rop_table(struct mapi_rop *rop)
{
	struct rule_args *args = rop->args;

	/* MS-OXORULE 3.2.5.3 */
	if ((args->flags & ~TABLE_UNICODE) != 0)
		return ecNotSupported;
	return mapi_rop_output(rop,
		&mapi_rules_table(rop, rop->obj,
				  ((struct mapi_folder *)rop->obj)->oid,
				  args->flags)->obj);
}

/* --- changes --------------------------------------------------------------------------------- */

static void parse_modify(struct mapi_rop *rop)
{
	struct rule_args *args = mapi_rop_args(rop, struct rule_args);
	struct rule_change *change;
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

static uint32_t change_apply(struct mapi_rules *rules,
			     const struct rule_change *change)
{
	const struct mapi_prop *prop;
	struct mapi_bag *bag;

	bag = rule_find(rules, mapi_bag_get_int(&change->bag, PidTagRuleId, 0));
	switch (change->what) {
	case ROW_ADD:
		bag = array_append_space(&rules->rules);
		*bag = change->bag;
		mapi_bag_set_int(bag, PidTagRuleId, rules->next_id++);
		return ecNone;
	case ROW_MODIFY:
		if (bag == NULL)
			return ecNotFound;
		array_foreach(&change->bag.props, prop)
			mapi_bag_set(bag, prop->tag, &prop->v);
		return ecNone;
	case ROW_REMOVE:
		if (bag == NULL)
			return ecNotFound;
		array_delete(&rules->rules,
			     array_ptr_to_idx(&rules->rules, bag), 1);
		return ecNone;
	}
	return ecInvalidParam;
}

/* Those of the Inbox work from now on, where the site runs personal scripts */
static uint32_t rules_take_effect(struct mapi_rop *rop, uint64_t oid,
				  const struct mapi_rules *rules)
{
	if (rop->logon->kind != MAPI_STORE_OWN ||
	    oid != mapi_special_oid(rop, rop->logon, MAPI_FID_INBOX))
		return ecNone;
	return mapi_rules_to_sieve(rop, rop->logon, rules) < 0 ? ecError :
		ecNone;
}

void mapi_rules_refresh(struct mapi_rop *rop, const struct mapi_logon *logon)
{
	uint64_t inbox = mapi_special_oid(rop, logon, MAPI_FID_INBOX);
	struct mapi_rules rules;

	if (inbox != 0 && mapi_rules_load(rop, logon, inbox, &rules) == 0 &&
	    !array_is_empty(&rules.rules))
		(void)mapi_rules_to_sieve(rop, logon, &rules);
}

static uint32_t rop_modify(struct mapi_rop *rop)
{
	struct rule_args *args = rop->args;
	uint64_t oid = ((struct mapi_folder *)rop->obj)->oid;
	const struct rule_change *change;
	struct mapi_rules rules;
	uint32_t error;

	if ((args->flags & ~MODIFY_REPLACE) != 0)
		return ecInvalidParam;
	if (mapi_rules_load(rop, rop->logon, oid, &rules) < 0)
		return mapi_store_error(rop);
	if ((args->flags & MODIFY_REPLACE) != 0)
		array_clear(&rules.rules);
	array_foreach(&args->changes, change) {
		error = change_apply(&rules, change);
		if (error != ecNone)
			return error;
	}
	error = rules_save(rop, oid, &rules);
	return error != ecNone ? error : rules_take_effect(rop, oid, &rules);
}

static void parse_update_dam(struct mapi_rop *rop)
{
	(void)mapi_in_bytes(rop->in, mapi_in_u16(rop->in));
	(void)mapi_in_bytes(rop->in, mapi_in_u16(rop->in));
}

/* No deferred actions are ever made: there is none to update, which is no failure
   (MS-OXORULE 3.2.5.4) */
static uint32_t rop_update_dam(struct mapi_rop *rop)
{
	return rop->logon->kind == MAPI_STORE_OWN ? ecNone : ecNotSupported;
}

const struct mapi_rop_def mapi_rops_rule[] = {
	{ 0x3f, "GetRulesTable", MAPI_ROP_OUT, MAPI_FOLDER, parse_table,
	  rop_table },
	{ 0x41, "ModifyRules", MAPI_ROP_IN, MAPI_FOLDER, parse_modify,
	  rop_modify },
	{ 0x57, "UpdateDeferredActionMessages", MAPI_ROP_IN, MAPI_LOGON,
	  parse_update_dam, rop_update_dam },
	{ 0, NULL, 0, 0, NULL, NULL }
};
