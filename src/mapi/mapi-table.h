/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_TABLE_H
#define MAPI_TABLE_H

/* Tables (MS-OXCTABL): what of a source's objects is shown (restriction), in what
   order, in which categories, and where the client is in it.

   A table holds ids only; values are asked of its source when rows are read. It is
   loaded at the first use that needs rows, and stays as it is until it is refreshed
   (mapi_table_refresh()), so that positions mean something. */

#include "mapi.h"

struct mapi_table;

/* TableFlags that every table knows (MS-OXCFOLD 2.2.1.13.1) */
#define MAPI_TABLE_NO_NOTIFICATIONS 0x10
#define MAPI_TABLE_SOFT_DELETES 0x20

/* Which object a row shows; instance: which value of a multi-valued column. */
struct mapi_row_id {
	uint64_t id;
	uint32_t instance;
};
ARRAY_DEFINE_TYPE(mapi_row_id, struct mapi_row_id);

enum mapi_table_can {
	MAPI_TABLE_CAN_SORT	= 0x01,
	MAPI_TABLE_CAN_RESTRICT	= 0x02,
	MAPI_TABLE_CAN_BOOKMARK	= 0x04,
	MAPI_TABLE_CAN_FIND	= 0x08,
	MAPI_TABLE_CAN_CATEGORIES = 0x10,
};

struct mapi_table_source {
	/* "hierarchy", for logs */
	const char *name;
	enum mapi_table_can can;
	/* All ids, in the source's own order. A mapi_error */
	uint32_t (*load)(struct mapi_rop *rop, struct mapi_table *table,
			 ARRAY_TYPE(mapi_row_id) *ids_r);
	/* May be NULL. Tries to do restriction and sort order by itself, without
	   looking at each object's properties: 1 done, 0: the generic way, -1
	   error_r. */
	int (*load_quick)(struct mapi_rop *rop, struct mapi_table *table,
			  ARRAY_TYPE(mapi_row_id) *ids_r, uint32_t *error_r);
	/* Properties of many rows: props_r has ids_count * tags_count elements,
	   row by row. An object that is gone: ecNotFound in all of them. Values
	   live in pool. */
	void (*get)(struct mapi_rop *rop, struct mapi_table *table, pool_t pool,
		    const struct mapi_row_id *ids, unsigned int ids_count,
		    const mapi_tag_t *tags, unsigned int tags_count,
		    struct mapi_prop *props_r);
	/* Columns that RopQueryColumnsAll tells. */
	void (*columns)(struct mapi_rop *rop, struct mapi_table *table,
			ARRAY_TYPE(mapi_tag) *tags_r);
	/* RESTRICTION on subobjects (recipients, attachments); may be NULL */
	bool (*sub)(struct mapi_rop *rop, struct mapi_table *table,
		    const struct mapi_row_id *id, mapi_tag_t object,
		    const struct mapi_restriction *res);
	void (*free)(struct mapi_table *table);
};

/* A category (MS-OXCTABL 2.2.1.3, PidTagRowType): rows [first, first + count) of the
   sorted leaves. */
struct mapi_category {
	uint64_t id;
	/* 0 outermost */
	unsigned int depth, parent;
	unsigned int first, count, unread;
	/* values of the category columns up to its depth, in table->rows_pool */
	const struct mapi_prop *values;
	bool expanded;
};

ARRAY_DEFINE_TYPE(mapi_category, struct mapi_category);

/* What is shown in a place: a leaf, or (leaf = UINT_MAX) a category's head */
struct mapi_shown {
	unsigned int leaf, category;
};

struct mapi_bookmark {
	uint32_t number;
	struct mapi_row_id row;
	/* of a category's head; 0: a leaf */
	uint64_t category;
	/* where it was, for when the row is gone; position only: at the end */
	unsigned int position;
	bool at_end;
};

struct mapi_table {
	struct mapi_object obj;
	const struct mapi_table_source *source;
	void *context;		/* of the source, in obj.pool */

	/* hierarchy and contents: which folder */
	uint64_t folder;
	/* TableFlags */
	uint8_t flags;
	/* rows are messages of the folder: mapi_contents_ref() */
	bool of_messages;
	/* changes in the folder are told to the client */
	bool notifies;

	ARRAY_TYPE(mapi_tag) columns;
	struct mapi_sort_set sort;
	/* as it came, and parsed; NULL: none */
	struct mapi_blob restriction_data;
	const struct mapi_restriction *restriction;
	/* of the three above: anew with each */
	pool_t columns_pool, sort_pool, restriction_pool;

	/* from here on: what load made, in rows_pool */
	bool loaded;
	pool_t rows_pool;
	ARRAY_TYPE(mapi_row_id) leaves;
	ARRAY_TYPE(mapi_category) categories;
	/* of a table with categories; else leaves are what is shown */
	ARRAY(struct mapi_shown) shown;

	unsigned int position;
	ARRAY(struct mapi_bookmark) bookmarks;
	uint32_t last_bookmark;
};

/* From what its park wrote; NULL: it cannot be made */
struct mapi_object *
mapi_table_restore(struct mapi_rop *rop, struct mapi_object *parent,
		   struct mapi_in *in);
/* A new table object; the source's context may be set afterwards. */
struct mapi_table *
mapi_table_new(struct mapi_rop *rop, const struct mapi_table_source *source,
	       struct mapi_object *parent, uint64_t folder, uint8_t flags);

/* table-hierarchy.c */
struct mapi_table *
mapi_hierarchy_table(struct mapi_rop *rop, struct mapi_object *folder,
		     uint64_t oid, uint8_t flags);

/* table-contents.c */
struct mapi_table *
mapi_contents_table(struct mapi_rop *rop, struct mapi_object *folder,
		    uint64_t oid, uint8_t flags);
struct mapi_msg_ref;
/* Where the message of a row is. */
void mapi_contents_ref(const struct mapi_table *table, uint64_t id,
		       struct mapi_msg_ref *ref_r);
/* table-contents-rows.c: of the source */
void mapi_contents_get(struct mapi_rop *rop, struct mapi_table *table,
		       pool_t pool, const struct mapi_row_id *ids,
		       unsigned int ids_count, const mapi_tag_t *tags,
		       unsigned int tags_count, struct mapi_prop *props_r);
bool mapi_contents_sub(struct mapi_rop *rop, struct mapi_table *table,
		       const struct mapi_row_id *id, mapi_tag_t object,
		       const struct mapi_restriction *res);
/* rop-permission.c, rop-rule.c, rop-attach.c */
struct mapi_table *
mapi_permissions_table(struct mapi_rop *rop, struct mapi_object *folder,
		       uint64_t oid, uint8_t flags);
struct mapi_table *
mapi_rules_table(struct mapi_rop *rop, struct mapi_object *folder,
		 uint64_t oid, uint8_t flags);
struct mapi_table *
mapi_attachments_table(struct mapi_rop *rop, struct mapi_object *msg,
		       uint64_t oid, uint8_t flags);
/* Reads what a table's restriction is; res_r NULL: none. 0 / -1 */
int mapi_table_parse_restriction(pool_t pool, const struct mapi_blob *data,
				 const struct mapi_restriction **res_r);

/* mapi-table.c */
uint32_t mapi_table_need(struct mapi_rop *rop, struct mapi_table *table);
unsigned int mapi_table_count(const struct mapi_table *table);
/* Rows are read again at the next use; the position stays with its row. */
uint32_t mapi_table_refresh(struct mapi_rop *rop, struct mapi_table *table);
/* Forget rows, position at the beginning, bookmarks void (new sort, restriction). */
void mapi_table_reset(struct mapi_table *table);
/* Properties of what is shown in [from, from + count), heads too. */
void mapi_table_rows(struct mapi_rop *rop, struct mapi_table *table,
		     unsigned int from, unsigned int count,
		     const mapi_tag_t *tags, unsigned int tags_count,
		     struct mapi_prop *props_r);
/* As source->get(), but columns with the instance bit give the row's value. */
void mapi_table_get(struct mapi_rop *rop, struct mapi_table *table, pool_t pool,
		    const struct mapi_row_id *ids, unsigned int ids_count,
		    const mapi_tag_t *tags, unsigned int tags_count,
		    struct mapi_prop *props_r);
/* The nth value of a multi-valued property as one of its own */
void mapi_prop_nth(const struct mapi_prop *list, unsigned int n,
		   struct mapi_prop *prop_r);
/* A row as RopQueryRows writes it, with the table's columns: cut, in its form */
void mapi_table_row_out(struct mapi_rop *rop, struct mapi_table *table,
			struct mapi_prop *props, buffer_t *out);
/* Does the object of a leaf match? */
bool mapi_table_match(struct mapi_rop *rop, struct mapi_table *table,
		      const struct mapi_restriction *res,
		      const struct mapi_row_id *id);
/* Those of ids that match, in order. */
void mapi_table_filter(struct mapi_rop *rop, struct mapi_table *table,
		       const struct mapi_restriction *res,
		       ARRAY_TYPE(mapi_row_id) *ids);

/* mapi-table-sort.c */
void mapi_table_sort(struct mapi_rop *rop, struct mapi_table *table,
		     ARRAY_TYPE(mapi_row_id) *ids);
/* Order of two values; one that is missing comes first. */
int mapi_prop_cmp(const struct mapi_prop *a, const struct mapi_prop *b);

/* mapi-table-category.c: heads from the sorted leaves, what is shown */
void mapi_table_categorise(struct mapi_rop *rop, struct mapi_table *table);
void mapi_table_show(struct mapi_table *table);
/* NULL: none */
struct mapi_category *
mapi_table_category(struct mapi_table *table, uint64_t id);
void mapi_category_get(struct mapi_rop *rop, struct mapi_table *table,
		       const struct mapi_category *category,
		       const mapi_tag_t *tags, unsigned int count,
		       struct mapi_prop *props_r);
/* Place of a category's head, or of a leaf; count if it is not shown. */
unsigned int mapi_table_place(const struct mapi_table *table,
			      const struct mapi_row_id *row, uint64_t category);

#endif
