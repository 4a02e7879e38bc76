/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Request types (MS-OXCMAPIHTTP 2.2.5), sessions, and their state as data. */

#include "nspi.h"
#include "md5.h"
#include "strescape.h"

#define NSPI_PARK_VERSION 1
/* X-ResponseCode (MS-OXCMAPIHTTP 2.2.3.3.3) */
#define RESPONSE_OK		0
#define RESPONSE_BAD_TYPE	5
#define RESPONSE_NO_CONTEXT	10
#define RESPONSE_BAD_BODY	12

enum nspi_need {
	/* Answers without a session too: Outlook asks for DNs and addresses when
	   its session has ended (facts of its traces). */
	NSPI_STATELESS	= 0x01,
	NSPI_BINDS	= 0x02,
	NSPI_UNBINDS	= 0x04,
};

static const struct nspi_request_type {
	/* As in 2.2.5, and as other documents and clients spell it */
	const char *name, *other;
	nspi_op_t *op;
	enum nspi_need need;
} request_types[] = {
	{ "Bind", NULL, nspi_op_bind, NSPI_BINDS },
	{ "Unbind", NULL, nspi_op_unbind, NSPI_STATELESS | NSPI_UNBINDS },
	{ "CompareMinIds", "CompareMIds", nspi_op_compare_mids, 0 },
	{ "DnToMinId", "DNToMId", nspi_op_dn_to_mid, NSPI_STATELESS },
	{ "GetMatches", NULL, nspi_op_get_matches, 0 },
	{ "GetPropList", NULL, nspi_op_get_prop_list, 0 },
	{ "GetProps", NULL, nspi_op_get_props, 0 },
	{ "GetSpecialTable", NULL, nspi_op_get_special_table, 0 },
	{ "GetTemplateInfo", NULL, nspi_op_get_template_info, 0 },
	{ "ModLinkAtt", NULL, nspi_op_mod_link_att, 0 },
	{ "ModProps", NULL, nspi_op_mod_props, 0 },
	{ "QueryColumns", "QueryColumn", nspi_op_query_columns, 0 },
	{ "QueryRows", NULL, nspi_op_query_rows, 0 },
	{ "ResolveNames", "ResolveNamesW", nspi_op_resolve_names, 0 },
	{ "ResortRestriction", NULL, nspi_op_resort_restriction, 0 },
	{ "SeekEntries", NULL, nspi_op_seek_entries, 0 },
	{ "UpdateStat", NULL, nspi_op_update_stat, 0 },
	{ "GetMailboxUrl", NULL, nspi_op_mailbox_url, NSPI_STATELESS },
	{ "GetAddressBookUrl", NULL, nspi_op_address_book_url,
	  NSPI_STATELESS },
};

static const struct nspi_request_type *find_type(const char *name)
{
	const struct nspi_request_type *type;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(request_types); i++) {
		type = &request_types[i];
		if (strcasecmp(type->name, name) == 0 ||
		    (type->other != NULL && strcasecmp(type->other, name) == 0))
			return type;
	}
	return NULL;
}

bool nspi_is_request_type(const char *request_type)
{
	return find_type(request_type) != NULL;
}

/* --- sessions ----------------------------------------------------------------------- */

static struct nspi *session_alloc(void)
{
	pool_t pool = pool_alloconly_create("nspi session", 512);
	struct nspi *session = p_new(pool, struct nspi, 1);

	session->pool = pool;
	p_array_init(&session->extras, pool, 4);
	return session;
}

/* One GUID for all sessions of a user, who finds the same MIds in each. */
struct nspi *nspi_session_create(const struct mapi_env *env,
				 const struct nspi_source *source)
{
	const struct store_settings *self = source->self(env);
	struct nspi *session = session_alloc();

	T_BEGIN {
		const char *text = t_strconcat("dovetail nspi\n",
			self == NULL ? "" : t_str_lcase(self->address), NULL);

		md5_get_digest(text, strlen(text), session->guid);
	} T_END;
	return session;
}

void nspi_free(struct nspi **_session)
{
	struct nspi *session = *_session;

	if (session == NULL)
		return;
	*_session = NULL;
	nspi_books_free(session);
	pool_unref(&session->pool);
}

bool nspi_park(struct nspi *session, buffer_t *out)
{
	const struct nspi_extra *extra;

	mapi_out_u8(out, NSPI_PARK_VERSION);
	nspi_out_guid(out, session->guid);
	mapi_out_u32(out, array_count(&session->extras));
	array_foreach(&session->extras, extra) {
		mapi_out_u32(out, extra->mid);
		mapi_out_str8(out, extra->address);
	}
	return TRUE;
}

int nspi_restore(const struct mapi_env *env ATTR_UNUSED, const void *data,
		 size_t size, struct nspi **session_r)
{
	struct nspi *session = session_alloc();
	struct nspi_extra *extra;
	struct mapi_in in;
	uint32_t count;

	mapi_in_init(&in, MAPI_FORM_NSPI, session->pool, data, size);
	if (mapi_in_u8(&in) != NSPI_PARK_VERSION)
		in.broken = TRUE;
	mapi_in_guid(&in, session->guid);
	count = mapi_in_u32(&in);
	while (count-- > 0 && !in.broken) {
		extra = array_append_space(&session->extras);
		extra->mid = mapi_in_u32(&in);
		extra->address = p_strdup(session->pool, mapi_in_str8(&in));
	}
	if (in.broken || mapi_in_left(&in) > 0) {
		nspi_free(&session);
		return -1;
	}
	*session_r = session;
	return 0;
}

/* --- one call ------------------------------------------------------------------------- */

static void call_run(struct nspi_call *call,
		     const struct nspi_request_type *type,
		     unsigned int *response_r)
{
	size_t start = call->out->used;

	if (type->op(call)) {
		nspi_out_end(call);
		*response_r = RESPONSE_OK;
	} else {
		buffer_set_used_size(call->out, start);
		*response_r = RESPONSE_BAD_BODY;
	}
	nspi_codepage_close(&call->codepage);
}

unsigned int nspi_dispatch(struct nspi **session, struct mapi_env *env,
			   const struct nspi_source *source,
			   const char *request_type,
			   const struct mapi_blob *body, buffer_t *out)
{
	const struct nspi_request_type *type = find_type(request_type);
	struct nspi_call call = {
		.session = *session, .env = env, .source = source,
		.pool = env->pool, .out = out,
	};
	unsigned int response;
	bool temporary;

	if (type == NULL)
		return RESPONSE_BAD_TYPE;
	temporary = *session == NULL;
	if (temporary && type->need == 0)
		return RESPONSE_NO_CONTEXT;
	if (temporary)
		call.session = nspi_session_create(env, source);
	mapi_in_init(&call.in, MAPI_FORM_NSPI, env->pool, body->data,
		     body->size);
	T_BEGIN {
		call_run(&call, type, &response);
	} T_END;

	if (temporary && (type->need & NSPI_BINDS) != 0 &&
	    response == RESPONSE_OK && !call.refused)
		*session = call.session;
	else if (temporary)
		nspi_free(&call.session);
	else if ((type->need & NSPI_UNBINDS) != 0 && response == RESPONSE_OK)
		nspi_free(session);
	return response;
}
