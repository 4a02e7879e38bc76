/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetMatches, ResolveNames, DnToMinId (MS-OXNSPI 3.1.4.1.10, .17, .13;
   MS-OXCMAPIHTTP 2.2.5.5, .14, .4). */

#include "nspi.h"
#include "dovetail-mapi-props.h"

/* --- GetMatches ------------------------------------------------------------------------------- */

struct matches {
	const struct mapi_restriction *filter;
	ARRAY_TYPE(mapi_tag) columns;
	uint32_t requested;
	bool has_mids, has_columns, has_property;
	/* PropertyNameId */
	uint32_t property;
};

static bool matches_read(struct nspi_call *call, struct matches *m_r)
{
	ARRAY_TYPE(uint32_t) mids;
	guid_128_t guid;

	i_zero(m_r);
	(void)mapi_in_u32(&call->in);	/* Reserved */
	nspi_in_stat(call);
	m_r->has_mids = mapi_in_u8(&call->in) != 0;
	p_array_init(&mids, call->pool, 4);
	if (m_r->has_mids && nspi_in_mids(call, &mids) < 0)
		return FALSE;
	(void)mapi_in_u32(&call->in);	/* InterfaceOptionFlags */
	if (mapi_in_u8(&call->in) != 0 &&
	    mapi_in_restriction(&call->in, &m_r->filter) < 0)
		return FALSE;
	m_r->has_property = mapi_in_u8(&call->in) != 0;
	if (m_r->has_property) {
		mapi_in_guid(&call->in, guid);
		m_r->property = mapi_in_u32(&call->in);
	}
	m_r->requested = mapi_in_u32(&call->in);
	return nspi_in_columns(call, &m_r->columns, &m_r->has_columns) == 0 &&
		nspi_in_end(call);
}

/* Are rows of the container asked for (else: values of a property)? A tag as
   container means the property, whatever the sort type (seen from clients that
   expand a group). */
static bool is_table_match(const struct nspi_stat *stat,
			   const struct matches *m)
{
	return m->filter != NULL && !m->has_property &&
		stat->container <= NSPI_CONTAINER_LAST &&
		(stat->sort_type == NSPI_SORT_DISPLAY_NAME ||
		 stat->sort_type == NSPI_SORT_PHONETIC);
}

static uint32_t match_table(struct nspi_call *call, const struct matches *m,
			    ARRAY_TYPE(nspi_object) *found)
{
	struct directory_prefixes prefixes;
	struct nspi_matcher *matcher;
	struct nspi_table table;
	struct nspi_object obj;
	unsigned int i;
	uint32_t error;

	error = nspi_table_open(call, call->stat.container,
				call->stat.sort_type, &table);
	if (error != ecNone)
		return error;
	matcher = nspi_matcher_init(call, m->filter);
	nspi_matcher_prefixes(matcher, &prefixes);
	for (i = 0; i < table.count; i++) {
		i = nspi_table_next(&table, i, &prefixes);
		if (i == table.count)
			break;
		nspi_table_row(&table, i, &obj);
		if (!nspi_matcher_match(matcher, &obj))
			continue;
		if (array_count(found) >= I_MIN(m->requested, NSPI_MAX_MIDS)) {
			error = ecTableTooBig;
			break;
		}
		array_push_back(found, &obj);
	}
	nspi_matcher_deinit(&matcher);
	return error;
}

/* What the values of a property point to (3.1.4.4.2.2) */
static uint32_t match_property(struct nspi_call *call, const struct matches *m,
			       ARRAY_TYPE(nspi_object) *found)
{
	uint32_t tag = m->has_property ? m->property << 16 :
		call->stat.container;
	struct nspi_object obj;
	int ret;

	ret = nspi_object_find(call, call->stat.current, &obj);
	if (ret <= 0)
		return ecError;
	switch (MAPI_TAG_ID(tag)) {
	case 0:
		/* No property: the object itself */
		array_push_back(found, &obj);
		break;
	case PidTagAddressBookMember >> 16:
	case PidTagContainerContents >> 16:
		ret = nspi_object_members(call, &obj, found);
		break;
	case PidTagAddressBookIsMemberOfDistributionList >> 16:
		ret = nspi_object_member_of(call, &obj, found);
		break;
	case PidTagAddressBookPublicDelegates >> 16:
	case PidTagAddressBookManager >> 16:
	case PidTagAddressBookReports >> 16:
	case PidTagAddressBookOwner >> 16:
		/* Could lead to objects; nobody has values. */
		break;
	default:
		return ecNotSupported;
	}
	return ret < 0 ? ecError : ecNone;
}

/* A filter on top of the values of a property */
static void filter_found(struct nspi_call *call, const struct matches *m,
			 ARRAY_TYPE(nspi_object) *found)
{
	struct nspi_matcher *matcher;
	struct nspi_object *objects;
	unsigned int i;

	if (m->filter == NULL)
		return;
	matcher = nspi_matcher_init(call, m->filter);
	for (i = array_count(found); i > 0; i--) {
		objects = array_idx_modifiable(found, i - 1);
		if (!nspi_matcher_match(matcher, objects))
			array_delete(found, i - 1, 1);
	}
	nspi_matcher_deinit(&matcher);
}

static bool writes_property(struct nspi_call *call)
{
	struct nspi_object obj;

	return MAPI_TAG_ID(call->stat.container) ==
			MAPI_TAG_ID(PidTagAddressBookMember) &&
		nspi_object_find(call, call->stat.current, &obj) > 0 &&
		obj.kind == NSPI_GROUP && obj.book->info.writable;
}

static uint32_t get_matches(struct nspi_call *call, const struct matches *m,
			    ARRAY_TYPE(nspi_object) *found)
{
	uint32_t error = nspi_need_stat(call);

	if (error != ecNone)
		return error;
	if (m->has_mids)
		return ecTooComplex;
	if (array_count(&m->columns) > NSPI_MAX_COLUMNS)
		return ecTableTooBig;
	if (is_table_match(&call->stat, m))
		return match_table(call, m, found);
	error = match_property(call, m, found);
	if (error != ecNone)
		return error;
	if (call->stat.sort_type == NSPI_SORT_DISPLAY_NAME_W &&
	    !writes_property(call))
		return ecNotSupported;
	filter_found(call, m, found);
	return array_count(found) > m->requested ? ecTableTooBig : ecNone;
}

static void out_object_mids(struct nspi_call *call,
			    const ARRAY_TYPE(nspi_object) *found)
{
	const struct nspi_object *obj;
	ARRAY_TYPE(uint32_t) mids;

	t_array_init(&mids, array_count(found) + 1);
	array_foreach(found, obj)
		array_push_back(&mids, &obj->mid);
	nspi_out_mids(call, &mids);
}

bool nspi_op_get_matches(struct nspi_call *call)
{
	ARRAY_TYPE(nspi_object) found;
	struct nspi_stat stat;
	struct matches m;
	uint32_t error;

	if (!matches_read(call, &m))
		return FALSE;
	p_array_init(&found, call->pool, 16);
	error = get_matches(call, &m, &found);
	stat = call->stat;
	/* From now on the table is the one that CurrentRec names. */
	if (error == ecNone)
		stat.container = stat.current;
	nspi_out_error(call, error);
	nspi_out_stat(call, &stat);
	if (error != ecNone) {
		nspi_out_mids(call, NULL);
		nspi_out_bool(call, FALSE);
		return TRUE;
	}
	out_object_mids(call, &found);
	if (!m.has_columns) {
		nspi_out_bool(call, FALSE);
		return TRUE;
	}
	call->flags = NSPI_EPHEMERAL_ID;
	(void)nspi_out_rows(call, &m.columns, array_count(&found), TRUE,
			    nspi_row_of_object,
			    array_count(&found) == 0 ? NULL :
			    array_front_modifiable(&found));
	return TRUE;
}

/* --- ResolveNames -------------------------------------------------------------------------------- */

static bool read_names(struct nspi_call *call, bool unicode,
		       ARRAY_TYPE(const_string) *names)
{
	const char *name;
	uint32_t count;

	p_array_init(names, call->pool, 8);
	if (mapi_in_u8(&call->in) == 0)
		return TRUE;
	count = mapi_in_u32(&call->in);
	if (count > NSPI_MAX_NAMES)
		return FALSE;
	while (count-- > 0 && !call->in.broken) {
		name = unicode ? mapi_in_utf16(&call->in) :
			mapi_in_str8(&call->in);
		array_push_back(names, &name);
	}
	return !call->in.broken;
}

static int resolve_all(struct nspi_call *call, struct nspi_table *table,
		       const ARRAY_TYPE(const_string) *names,
		       ARRAY_TYPE(uint32_t) *statuses,
		       ARRAY_TYPE(nspi_object) *found)
{
	struct nspi_object obj;
	const char *name;
	uint32_t status;
	int ret;

	array_foreach_elem(names, name) {
		T_BEGIN {
			ret = nspi_anr_resolve(call, table, name, &status,
					       &obj);
		} T_END;
		if (ret < 0)
			return -1;
		array_push_back(statuses, &status);
		if (status == NSPI_MID_RESOLVED)
			array_push_back(found, &obj);
	}
	return 0;
}

static void out_resolved(struct nspi_call *call, uint32_t error,
			 const ARRAY_TYPE(mapi_tag) *columns,
			 const ARRAY_TYPE(uint32_t) *statuses,
			 ARRAY_TYPE(nspi_object) *found)
{
	nspi_out_error(call, error);
	mapi_out_u32(call->out, call->stat.cpid);
	nspi_out_mids(call, error == ecNone ? statuses : NULL);
	if (error != ecNone) {
		nspi_out_bool(call, FALSE);
		return;
	}
	(void)nspi_out_rows(call, columns, array_count(found), TRUE,
			    nspi_row_of_object,
			    array_count(found) == 0 ? NULL :
			    array_front_modifiable(found));
}

bool nspi_op_resolve_names(struct nspi_call *call)
{
	ARRAY_TYPE(const_string) names;
	ARRAY_TYPE(uint32_t) statuses;
	ARRAY_TYPE(nspi_object) found;
	ARRAY_TYPE(mapi_tag) columns;
	struct nspi_table table;
	uint32_t error;
	bool given;

	(void)mapi_in_u32(&call->in);	/* Reserved */
	nspi_in_stat(call);
	if (nspi_in_columns(call, &columns, &given) < 0 ||
	    !read_names(call, TRUE, &names) || !nspi_in_end(call))
		return FALSE;
	p_array_init(&statuses, call->pool, array_count(&names) + 1);
	p_array_init(&found, call->pool, 8);
	if (!given)
		nspi_default_columns(&columns);
	error = nspi_need_stat(call);
	if (error == ecNone && array_count(&columns) > NSPI_MAX_COLUMNS)
		error = ecTableTooBig;
	if (error == ecNone)
		error = nspi_table_open(call, call->stat.container,
					NSPI_SORT_DISPLAY_NAME, &table);
	if (error == ecNone &&
	    resolve_all(call, &table, &names, &statuses, &found) < 0)
		error = ecError;
	out_resolved(call, error, &columns, &statuses, &found);
	return TRUE;
}

/* --- DnToMinId --------------------------------------------------------------------------------------- */

bool nspi_op_dn_to_mid(struct nspi_call *call)
{
	ARRAY_TYPE(const_string) names;
	ARRAY_TYPE(uint32_t) mids;
	struct nspi_object obj;
	const char *name;
	uint32_t mid;

	(void)mapi_in_u32(&call->in);	/* Reserved */
	if (!read_names(call, FALSE, &names) || !nspi_in_end(call))
		return FALSE;
	p_array_init(&mids, call->pool, array_count(&names) + 1);
	array_foreach_elem(&names, name) {
		T_BEGIN {
			mid = nspi_object_find_dn(call, name, &obj) > 0 ?
				obj.mid : NSPI_MID_UNRESOLVED;
		} T_END;
		array_push_back(&mids, &mid);
	}
	nspi_out_error(call, ecNone);
	nspi_out_mids(call, &mids);
	return TRUE;
}
