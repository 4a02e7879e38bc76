/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties of any object (MS-OXCPRPT 3.2.5; MS-OXCROPS 2.2.8). */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-names.h"

struct get_args {
	uint16_t size_limit;
	bool unicode;
	ARRAY_TYPE(mapi_tag) tags;
};

struct set_args {
	struct mapi_bag bag;
	/* in order and with doubles, as problems are told by index */
	ARRAY_TYPE(mapi_prop) props;
	bool broken;
};

/* --- reading ----------------------------------------------------------------------- */

static bool object_has_props(struct mapi_rop *rop)
{
	return rop->obj->v->get != NULL;
}

static void parse_get_specific(struct mapi_rop *rop)
{
	struct get_args *args = mapi_rop_args(rop, struct get_args);

	args->size_limit = mapi_in_u16(rop->in);
	args->unicode = mapi_in_u16(rop->in) != 0;
	p_array_init(&args->tags, rop->pool, 32);
	(void)mapi_in_tags(rop->in, &args->tags);
}

static void parse_get_all(struct mapi_rop *rop)
{
	struct get_args *args = mapi_rop_args(rop, struct get_args);

	args->size_limit = mapi_in_u16(rop->in);
	args->unicode = mapi_in_u16(rop->in) != 0;
}

/* Values that are too long are told by an error in their place: the client then
   opens a stream. */
static void props_cut(const struct get_args *args, struct mapi_prop *props,
		      unsigned int count)
{
	size_t max = args->size_limit == 0 ? MAPI_MAX_PROP_VALUE :
		I_MIN(args->size_limit, MAPI_MAX_PROP_VALUE);

	for (unsigned int i = 0; i < count; i++) {
		if (mapi_value_size(MAPI_TAG_TYPE(props[i].tag),
				    &props[i].v) > max ||
		    MAPI_TAG_TYPE(props[i].tag) == PTYP_OBJECT)
			mapi_prop_error(&props[i], props[i].tag, ecMemory);
	}
}

/* What one answer cannot hold would not fit into the next one either: the longest
   value is left to a stream (MS-OXCPRPT 2.2.2.1). FALSE: it fits, or nothing helps;
   else what was written from start on is to be written again. */
static bool props_too_long(struct mapi_rop *rop, size_t start,
			   struct mapi_prop *props, unsigned int count)
{
	size_t size, longest = sizeof(uint32_t);
	struct mapi_prop *which = NULL;

	if (rop->out->used - start <= mapi_rop_most(rop))
		return FALSE;
	for (unsigned int i = 0; i < count; i++) {
		size = mapi_value_size(MAPI_TAG_TYPE(props[i].tag),
				       &props[i].v);
		if (size > longest) {
			longest = size;
			which = &props[i];
		}
	}
	if (which == NULL)
		return FALSE;
	mapi_prop_error(which, which->tag, ecMemory);
	buffer_set_used_size(rop->out, start);
	return TRUE;
}

static struct mapi_prop *
object_get(struct mapi_rop *rop, const struct get_args *args,
	   const mapi_tag_t *tags, unsigned int count)
{
	struct mapi_prop *props = p_new(rop->pool, struct mapi_prop,
					I_MAX(count, 1));

	rop->obj->v->get(rop, rop->obj, tags, count, props);
	props_cut(args, props, count);
	return props;
}

/* Strings that were asked for without a type are of the form that is wanted
   (MS-OXCPRPT 3.2.5.1) */
static void props_as_asked(struct mapi_rop *rop, const mapi_tag_t *tags,
			   unsigned int count, bool unicode,
			   struct mapi_prop *props)
{
	struct mapi_prop have;
	uint16_t type;

	for (unsigned int i = 0; i < count && !unicode; i++) {
		type = MAPI_TAG_TYPE(props[i].tag);
		if (MAPI_TAG_TYPE(tags[i]) != PTYP_UNSPECIFIED ||
		    (type & ~PTYP_MULTIPLE) != PTYP_STRING)
			continue;
		have = props[i];
		mapi_prop_as(rop, &have, MAPI_TAG_RETYPE(tags[i],
				PTYP_STRING8 | (type & PTYP_MULTIPLE)),
			     &props[i]);
	}
}

static uint32_t rop_get_specific(struct mapi_rop *rop)
{
	struct get_args *args = rop->args;
	mapi_tag_t *tags;
	struct mapi_prop *props;
	unsigned int count;
	size_t start = rop->out->used;

	if (!object_has_props(rop))
		return ecNotSupported;
	tags = array_get_modifiable(&args->tags, &count);
	props = object_get(rop, args, tags, count);
	props_as_asked(rop, tags, count, args->unicode, props);
	do {
		mapi_out_row(rop->out, MAPI_FORM_ROP, tags, props, count);
	} while (props_too_long(rop, start, props, count));
	return ecNone;
}

/* Strings are told in the form that was asked for. */
static void tags_as_asked(ARRAY_TYPE(mapi_tag) *tags, bool unicode)
{
	mapi_tag_t *tag;
	uint16_t type;

	array_foreach_modifiable(tags, tag) {
		type = MAPI_TAG_TYPE(*tag);
		if ((type & ~PTYP_MULTIPLE) == PTYP_STRING && !unicode)
			*tag = MAPI_TAG_RETYPE(*tag, PTYP_STRING8 |
					       (type & PTYP_MULTIPLE));
	}
}

static uint32_t rop_get_all(struct mapi_rop *rop)
{
	struct get_args *args = rop->args;
	struct mapi_prop *props;
	const mapi_tag_t *tags;
	unsigned int count;
	size_t start = rop->out->used;

	if (!object_has_props(rop))
		return ecNotSupported;
	p_array_init(&args->tags, rop->pool, 64);
	rop->obj->v->list(rop, rop->obj, &args->tags);
	tags_as_asked(&args->tags, args->unicode);
	tags = array_get(&args->tags, &count);
	props = object_get(rop, args, tags, count);
	do {
		mapi_out_u16(rop->out, count);
		for (unsigned int i = 0; i < count; i++)
			mapi_out_prop(rop->out, MAPI_FORM_ROP, &props[i]);
	} while (props_too_long(rop, start, props, count));
	return ecNone;
}

static uint32_t rop_get_list(struct mapi_rop *rop)
{
	ARRAY_TYPE(mapi_tag) tags;
	const mapi_tag_t *tag;

	if (!object_has_props(rop))
		return ecNotSupported;
	p_array_init(&tags, rop->pool, 64);
	rop->obj->v->list(rop, rop->obj, &tags);
	mapi_out_u16(rop->out, array_count(&tags));
	array_foreach(&tags, tag)
		mapi_out_u32(rop->out, *tag);
	return ecNone;
}

/* --- writing ------------------------------------------------------------------------ */

static void parse_set(struct mapi_rop *rop)
{
	struct set_args *args = mapi_rop_args(rop, struct set_args);
	struct mapi_in values;
	struct mapi_prop prop;
	uint16_t size = mapi_in_u16(rop->in);
	const unsigned char *data = mapi_in_bytes(rop->in, size);
	unsigned int count;

	if (data == NULL)
		return;
	p_array_init(&args->props, rop->pool, 16);
	mapi_in_init(&values, MAPI_FORM_ROP, rop->pool, data, size);
	count = mapi_in_u16(&values);
	/* the size frames it: what is broken in it breaks no other ROP */
	for (; count > 0; count--) {
		if (mapi_in_prop(&values, &prop) < 0) {
			args->broken = TRUE;
			return;
		}
		array_push_back(&args->props, &prop);
	}
}

static void problems_begin(struct mapi_rop *rop, size_t *at_r)
{
	*at_r = rop->out->used;
	mapi_out_u16(rop->out, 0);
}

static void problems_add(struct mapi_rop *rop, size_t at, unsigned int index,
			 mapi_tag_t tag, uint32_t error)
{
	const unsigned char *data = rop->out->data;
	unsigned int count = data[at] | (data[at + 1] << 8);

	mapi_out_u16_at(rop->out, at, count + 1);
	mapi_out_u16(rop->out, index);
	mapi_out_u32(rop->out, tag);
	mapi_out_u32(rop->out, error);
}

static uint32_t object_flush(struct mapi_rop *rop)
{
	return rop->obj->v->flush == NULL ? ecNone :
		rop->obj->v->flush(rop, rop->obj);
}

static uint32_t rop_set(struct mapi_rop *rop)
{
	struct set_args *args = rop->args;
	const struct mapi_prop *prop;
	uint32_t error;
	size_t at;

	if (args->broken)
		return ecRpcFormat;
	if (rop->obj->v->set == NULL)
		return ecNotSupported;
	problems_begin(rop, &at);
	array_foreach(&args->props, prop) {
		error = rop->obj->v->set(rop, rop->obj, prop);
		if (error != ecNone) {
			problems_add(rop, at,
				     array_foreach_idx(&args->props, prop),
				     prop->tag, error);
		}
	}
	return object_flush(rop);
}

static void parse_tags(struct mapi_rop *rop)
{
	struct get_args *args = mapi_rop_args(rop, struct get_args);

	p_array_init(&args->tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &args->tags);
}

static uint32_t rop_delete(struct mapi_rop *rop)
{
	struct get_args *args = rop->args;
	const mapi_tag_t *tag;
	uint32_t error;
	size_t at;

	if (rop->obj->v->unset == NULL)
		return ecNotSupported;
	problems_begin(rop, &at);
	array_foreach(&args->tags, tag) {
		error = rop->obj->v->unset(rop, rop->obj, *tag);
		if (error != ecNone) {
			problems_add(rop, at,
				     array_foreach_idx(&args->tags, tag),
				     *tag, error);
		}
	}
	return object_flush(rop);
}

/* --- copying between objects ----------------------------------------------------------- */

struct copy_args {
	bool async, sub_objects, exclude;
	uint8_t flags;
	ARRAY_TYPE(mapi_tag) tags;
};

static void parse_copy_to(struct mapi_rop *rop)
{
	struct copy_args *args = mapi_rop_args(rop, struct copy_args);

	args->async = mapi_in_bool(rop->in);
	args->sub_objects = mapi_in_bool(rop->in);
	args->flags = mapi_in_u8(rop->in);
	args->exclude = TRUE;
	p_array_init(&args->tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &args->tags);
}

static void parse_copy_props(struct mapi_rop *rop)
{
	struct copy_args *args = mapi_rop_args(rop, struct copy_args);

	args->async = mapi_in_bool(rop->in);
	args->flags = mapi_in_u8(rop->in);
	p_array_init(&args->tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &args->tags);
}

/* Which of the source's properties go over, in order */
static void copy_choose(struct mapi_rop *rop, const struct copy_args *args,
			ARRAY_TYPE(mapi_tag) *chosen)
{
	ARRAY_TYPE(mapi_tag) have;
	const mapi_tag_t *tag;

	p_array_init(chosen, rop->pool, 32);
	if (!args->exclude) {
		array_append_array(chosen, &args->tags);
		return;
	}
	p_array_init(&have, rop->pool, 64);
	rop->obj->v->list(rop, rop->obj, &have);
	array_foreach(&have, tag) {
		if (!mapi_tags_have(&args->tags, *tag))
			array_push_back(chosen, tag);
	}
}

static uint32_t copy_one(struct mapi_rop *rop, const struct copy_args *args,
			 const struct mapi_prop *prop)
{
	struct mapi_prop have;
	mapi_tag_t tag = prop->tag;

	if (MAPI_TAG_TYPE(prop->tag) == PTYP_ERROR_CODE)
		return args->exclude ? ecNone : prop->v.error;
	if ((args->flags & MAPI_COPY_NO_OVERWRITE) != 0) {
		rop->dest->v->get(rop, rop->dest, &tag, 1, &have);
		if (MAPI_TAG_TYPE(have.tag) != PTYP_ERROR_CODE)
			return ecNone;
	}
	return rop->dest->v->set(rop, rop->dest, prop);
}

/* What goes into itself (MS-OXCPRPT 3.2.5.8) */
static uint32_t copy_cycle(struct mapi_rop *rop, bool contents)
{
	const struct mapi_object *obj = rop->dest->parent;

	if (rop->obj->kind == MAPI_FOLDER) {
		return contents && rop->dest->logon == rop->obj->logon &&
			mapi_tree_is_below(rop, rop->logon,
				((struct mapi_folder *)rop->dest)->oid,
				((struct mapi_folder *)rop->obj)->oid) ?
			ecFolderCycle : ecNone;
	}
	for (; obj != NULL; obj = obj->parent) {
		if (obj == rop->obj)
			return ecMsgCycle;
	}
	return ecNone;
}

static uint32_t copy_check(struct mapi_rop *rop, const struct copy_args *args)
{
	if (rop->dest == NULL) {
		/* MS-OXCROPS 2.2.8.12.3 */
		rop->keep_payload = TRUE;
		mapi_out_u32(rop->out, rop->out_index);
		return ecDstNullObject;
	}
	if (rop->obj->v->get == NULL || rop->dest->v->set == NULL ||
	    rop->dest->kind != rop->obj->kind)
		return ecNotSupported;
	if (rop->dest == rop->obj)
		return ecNoAccess;
	/* moving without overwriting is not done (appendix A of MS-OXCPRPT) */
	if ((args->flags & ~(MAPI_COPY_MOVE | MAPI_COPY_NO_OVERWRITE)) != 0 ||
	    args->flags == (MAPI_COPY_MOVE | MAPI_COPY_NO_OVERWRITE))
		return ecInvalidParam;
	if (rop->obj->kind == MAPI_FOLDER && !args->exclude &&
	    (args->flags & MAPI_COPY_MOVE) != 0)
		return ecNotSupported;
	return copy_cycle(rop, args->exclude);
}

static uint32_t rop_copy(struct mapi_rop *rop)
{
	struct copy_args *args = rop->args;
	ARRAY_TYPE(mapi_tag) chosen;
	struct mapi_prop *props;
	const mapi_tag_t *tags;
	unsigned int count;
	uint32_t error = copy_check(rop, args), flushed;
	size_t at;

	if (error != ecNone)
		return error;
	copy_choose(rop, args, &chosen);
	tags = array_get(&chosen, &count);
	props = p_new(rop->pool, struct mapi_prop, I_MAX(count, 1));
	rop->obj->v->get(rop, rop->obj, tags, count, props);
	problems_begin(rop, &at);
	for (unsigned int i = 0; i < count; i++) {
		error = copy_one(rop, args, &props[i]);
		/* what only the server sets is passed over when all is copied */
		if (error != ecNone && !(args->exclude && error == ecComputed))
			problems_add(rop, at, i, tags[i], error);
	}
	error = ecNone;
	if (rop->obj->v->copy != NULL) {
		error = rop->obj->v->copy(rop, rop->obj, rop->dest,
					  args->exclude, &args->tags,
					  args->sub_objects, args->flags);
	}
	/* always: what was set lies in this request's memory */
	flushed = rop->dest->v->flush == NULL ? ecNone :
		rop->dest->v->flush(rop, rop->dest);
	return error != ecNone ? error : flushed;
}

/* Everything is done when its ROP is answered: there is nothing to ask for
   (MS-OXCROPS 2.2.8.13) */
static void parse_progress(struct mapi_rop *rop)
{
	(void)mapi_in_bool(rop->in);
}

static uint32_t rop_progress(struct mapi_rop *rop ATTR_UNUSED)
{
	return ecNotSupported;
}

/* --- names -------------------------------------------------------------------------------- */

struct names_args {
	uint8_t flags;
	bool has_guid;
	guid_128_t guid;
	ARRAY(struct mapi_name) names;
	ARRAY(uint16_t) ids;
};

static void parse_ids_from_names(struct mapi_rop *rop)
{
	struct names_args *args = mapi_rop_args(rop, struct names_args);
	struct mapi_name name;
	unsigned int count;

	args->flags = mapi_in_u8(rop->in);
	count = mapi_in_u16(rop->in);
	p_array_init(&args->names, rop->pool, 16);
	for (; count > 0 && !rop->in->broken; count--) {
		if (mapi_in_name(rop->in, &name) < 0)
			return;
		array_push_back(&args->names, &name);
	}
}

static uint32_t rop_ids_from_names(struct mapi_rop *rop)
{
	struct names_args *args = rop->args;
	const struct mapi_name *names;
	unsigned int count;
	uint16_t *ids;
	bool missing = FALSE;

	names = array_get(&args->names, &count);
	if (count == 0)
		return mapi_names_all_ids(rop);
	ids = p_new(rop->pool, uint16_t, count);
	if (mapi_names_to_ids(rop, names, count,
			      (args->flags & MAPI_NAMES_CREATE) != 0, ids) < 0)
		return mapi_store_error(rop);
	mapi_out_u16(rop->out, count);
	for (unsigned int i = 0; i < count; i++) {
		mapi_out_u16(rop->out, ids[i]);
		missing = missing || ids[i] == 0;
	}
	rop->keep_payload = TRUE;
	return missing ? ecWarnWithErrors : ecNone;
}

static void parse_names_from_ids(struct mapi_rop *rop)
{
	struct names_args *args = mapi_rop_args(rop, struct names_args);
	unsigned int count = mapi_in_u16(rop->in);
	uint16_t id;

	p_array_init(&args->ids, rop->pool, 16);
	for (; count > 0 && !rop->in->broken; count--) {
		id = mapi_in_u16(rop->in);
		array_push_back(&args->ids, &id);
	}
}

static uint32_t rop_names_from_ids(struct mapi_rop *rop)
{
	struct names_args *args = rop->args;
	const uint16_t *id;

	mapi_out_u16(rop->out, array_count(&args->ids));
	array_foreach(&args->ids, id) {
		if (mapi_names_out(rop, *id) < 0)
			return mapi_store_error(rop);
	}
	return ecNone;
}

static void parse_query_named(struct mapi_rop *rop)
{
	struct names_args *args = mapi_rop_args(rop, struct names_args);

	args->flags = mapi_in_u8(rop->in);
	args->has_guid = mapi_in_bool(rop->in);
	if (args->has_guid)
		mapi_in_guid(rop->in, args->guid);
}

static bool name_wanted(const struct names_args *args,
			const struct mapi_name *name)
{
	if (args->has_guid &&
	    memcmp(name->guid, args->guid, sizeof(args->guid)) != 0)
		return FALSE;
	if (name->name != NULL)
		return (args->flags & MAPI_NAMES_NO_STRINGS) == 0;
	return (args->flags & MAPI_NAMES_NO_IDS) == 0;
}

/* Names of the properties that the object has (MS-OXCPRPT 2.2.14) */
static uint32_t rop_query_named(struct mapi_rop *rop)
{
	struct names_args *args = rop->args;
	ARRAY_TYPE(mapi_tag) tags;
	const struct mapi_name *name;
	const mapi_tag_t *tag;
	uint16_t id;

	if (!object_has_props(rop))
		return ecNotSupported;
	p_array_init(&tags, rop->pool, 64);
	p_array_init(&args->ids, rop->pool, 16);
	rop->obj->v->list(rop, rop->obj, &tags);
	array_foreach(&tags, tag) {
		id = MAPI_TAG_ID(*tag);
		if (id < MAPI_NAMED_FIRST)
			continue;
		name = mapi_names_of_id(rop, id);
		if (name != NULL && name_wanted(args, name))
			array_push_back(&args->ids, &id);
	}
	mapi_out_u16(rop->out, array_count(&args->ids));
	for (unsigned int i = 0; i < array_count(&args->ids); i++)
		mapi_out_u16(rop->out, *array_idx(&args->ids, i));
	for (unsigned int i = 0; i < array_count(&args->ids); i++) {
		if (mapi_names_out(rop, *array_idx(&args->ids, i)) < 0)
			return mapi_store_error(rop);
	}
	return ecNone;
}

#define WITH_PROPS (MAPI_LOGON | MAPI_FOLDER | MAPI_MESSAGE | MAPI_ATTACH)

const struct mapi_rop_def mapi_rops_property[] = {
	{ 0x07, "GetPropertiesSpecific", MAPI_ROP_IN, WITH_PROPS,
	  parse_get_specific, rop_get_specific },
	{ 0x08, "GetPropertiesAll", MAPI_ROP_IN, WITH_PROPS,
	  parse_get_all, rop_get_all },
	{ 0x09, "GetPropertiesList", MAPI_ROP_IN, WITH_PROPS,
	  NULL, rop_get_list },
	{ 0x0a, "SetProperties", MAPI_ROP_IN, WITH_PROPS, parse_set, rop_set },
	{ 0x79, "SetPropertiesNoReplicate", MAPI_ROP_IN, WITH_PROPS,
	  parse_set, rop_set },
	{ 0x0b, "DeleteProperties", MAPI_ROP_IN, WITH_PROPS,
	  parse_tags, rop_delete },
	{ 0x7a, "DeletePropertiesNoReplicate", MAPI_ROP_IN, WITH_PROPS,
	  parse_tags, rop_delete },
	{ 0x39, "CopyTo", MAPI_ROP_PAIR, WITH_PROPS, parse_copy_to, rop_copy },
	{ 0x67, "CopyProperties", MAPI_ROP_PAIR, WITH_PROPS,
	  parse_copy_props, rop_copy },
	{ 0x50, "Progress", MAPI_ROP_IN, MAPI_ANY, parse_progress,
	  rop_progress },
	{ 0x56, "GetPropertyIdsFromNames", MAPI_ROP_IN, WITH_PROPS,
	  parse_ids_from_names, rop_ids_from_names },
	{ 0x55, "GetNamesFromPropertyIds", MAPI_ROP_IN, WITH_PROPS,
	  parse_names_from_ids, rop_names_from_ids },
	{ 0x5f, "QueryNamedProperties", MAPI_ROP_IN, WITH_PROPS,
	  parse_query_named, rop_query_named },
	{ 0, NULL, 0, 0, NULL, NULL }
};
