/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetSpecialTable (MS-OXNSPI 3.1.4.1.3; MS-OXCMAPIHTTP 2.2.5.8): the address lists,
   and the kinds of addresses one can make. */

#include "nspi.h"
#include "dovetail-mapi-props.h"
#include "crc32.h"

#define CONTAINER_RECIPIENTS	0x00000001
#define CONTAINER_UNMODIFIABLE	0x00000008
#define GAL_NAME "Global Address List"

struct special_row {
	struct mapi_prop props[8];
	unsigned int count;
};

struct special_table {
	struct nspi_call *call;
	bool unicode;
	ARRAY(struct special_row) rows;
};

static struct mapi_prop *row_add(struct special_row *row, mapi_tag_t tag)
{
	struct mapi_prop *prop = &row->props[row->count++];

	i_assert(row->count <= N_ELEMENTS(row->props));
	prop->tag = tag;
	return prop;
}

static void row_text(struct special_table *table, struct special_row *row,
		     mapi_tag_t tag, const char *text)
{
	struct nspi_call *call = table->call;
	struct mapi_prop *prop = row_add(row, tag);

	if (table->unicode)
		prop->v.s = p_strdup(call->pool, text);
	else {
		prop->tag = MAPI_TAG_RETYPE(tag, PTYP_STRING8);
		(void)nspi_codepage_from_utf8(call->codepage, text, call->pool,
					      &prop->v.s);
	}
}

static void row_blob(struct special_row *row, mapi_tag_t tag,
		     const buffer_t *buf)
{
	struct mapi_prop *prop = row_add(row, tag);

	prop->v.bin.data = buf->data;
	prop->v.bin.size = buf->used;
}

/* --- the hierarchy ----------------------------------------------------------------------- */

/* In this order (constraint 14). No list is below another one. */
static void add_container(struct special_table *table, uint32_t mid,
			  const char *dn, const char *name)
{
	struct special_row *row = array_append_space(&table->rows);
	buffer_t *buf = buffer_create_dynamic(table->call->pool, 128);

	nspi_entry_id_permanent(buf, NSPI_DT_CONTAINER, dn);
	row_blob(row, PidTagEntryId, buf);
	row_add(row, PidTagContainerFlags)->v.i =
		CONTAINER_RECIPIENTS | CONTAINER_UNMODIFIABLE;
	row_add(row, PidTagDepth)->v.i = 0;
	row_add(row, PidTagAddressBookContainerId)->v.i = mid;
	row_text(table, row, PidTagDisplayName, name);
	row_add(row, PidTagAddressBookIsMaster)->v.b = FALSE;
}

static uint32_t hierarchy(struct special_table *table)
{
	struct nspi_call *call = table->call;
	struct nspi_book *book;

	add_container(table, NSPI_CONTAINER_GAL, nspi_container_dn(NULL),
		      GAL_NAME);
	if (nspi_books(call) < 0)
		return ecError;
	array_foreach_elem(&call->session->books, book) T_BEGIN {
		add_container(table, book->mid, nspi_container_dn(book),
			      book->display);
	} T_END;
	return ecNone;
}

/* Another number when the lists are others; rows are given whatever the client has
   (as Exchange does: product behavior of constraints 7 and 8). */
static uint32_t hierarchy_version(struct nspi_call *call)
{
	string_t *str = t_str_new(256);
	struct nspi_book *book;

	array_foreach_elem(&call->session->books, book)
		str_printfa(str, "%u %s\n", book->mid, book->display);
	return crc32_data(str_data(str), str_len(str)) | 1;
}

/* --- address creation templates ------------------------------------------------------------ */

static void add_template(struct special_table *table, unsigned int language)
{
	struct special_row *row = array_append_space(&table->rows);
	buffer_t *id = buffer_create_dynamic(table->call->pool, 128);
	buffer_t *key = buffer_create_dynamic(table->call->pool, 4);

	nspi_entry_id_permanent(id, NSPI_DT_ADDRESS_TEMPLATE,
				nspi_template_dn(NSPI_DT_ADDRESS_TEMPLATE));
	mapi_out_u32(key, 1);
	row_text(table, row, PidTagAddressType, "SMTP");
	row_text(table, row, PidTagDisplayName,
		 nspi_template_smtp_name(language));
	row_add(row, PidTagDisplayType)->v.i = NSPI_DT_MAILUSER;
	row_blob(row, PidTagEntryId, id);
	row_add(row, PidTagDepth)->v.i = 0;
	row_add(row, PidTagSelectable)->v.b = TRUE;
	row_blob(row, PidTagInstanceKey, key);
}

static uint32_t creation_templates(struct special_table *table)
{
	unsigned int language;

	if (nspi_template_locale(table->call->stat.template_lcid, &language))
		add_template(table, language);
	return ecNone;
}

/* --- answer --------------------------------------------------------------------------------- */

static uint32_t special_table(struct nspi_call *call,
			      struct special_table *table)
{
	bool templates = (call->flags & NSPI_CREATION_TEMPLATES) != 0;
	uint32_t error = ecNone;

	table->call = call;
	table->unicode = !templates &&
		(call->flags & NSPI_UNICODE_STRINGS) != 0;
	p_array_init(&table->rows, call->pool, 8);
	if (!call->has_stat)
		error = ecInvalidParam;
	else if (!table->unicode)
		error = nspi_need_stat(call);
	if (error != ecNone)
		return error;
	return templates ? creation_templates(table) : hierarchy(table);
}

bool nspi_op_get_special_table(struct nspi_call *call)
{
	struct special_table table;
	const struct special_row *row;
	uint32_t error;
	bool versioned;

	call->flags = mapi_in_u32(&call->in);
	nspi_in_stat(call);
	if (mapi_in_u8(&call->in) != 0)
		(void)mapi_in_u32(&call->in);	/* Version */
	if (!nspi_in_end(call))
		return FALSE;
	error = special_table(call, &table);
	versioned = error == ecNone &&
		(call->flags & NSPI_CREATION_TEMPLATES) == 0;
	nspi_out_error(call, error);
	mapi_out_u32(call->out, call->stat.cpid);
	nspi_out_bool(call, versioned);
	if (versioned)
		mapi_out_u32(call->out, hierarchy_version(call));
	nspi_out_bool(call, error == ecNone);
	if (error != ecNone)
		return TRUE;
	mapi_out_u32(call->out, array_count(&table.rows));
	array_foreach(&table.rows, row)
		nspi_out_props(call, row->props, row->count);
	return TRUE;
}
