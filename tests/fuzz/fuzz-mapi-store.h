/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FUZZ_MAPI_STORE_H
#define FUZZ_MAPI_STORE_H

/* A store in memory (include/dovetail-store.h and its kin) for targets that need one
   behind them: a few folders, two mails, an appointment. What it does not do fails
   as a store does. Two of the same inputs find the same. fuzz-mapi-store.c: folders
   and mail; fuzz-mapi-objects.c: items, opaque objects, ids, names. */

#include "array.h"
#include "dovetail-items.h"
#include "dovetail-objects.h"
#include "dovetail-store.h"

/* Anew, as it is at first. The pointer is always the same. */
struct store *fake_store_reset(void);
void fake_store_free(void);

/* --- between the two files ------------------------------------------------------------ */

#define MAX_OBJECTS 64
#define MAX_FOLDERS 24
#define IDSPACE 1

/* Mail, item or opaque object */
struct fake_object {
	enum store_object_kind kind;
	struct store_place place;
	uint32_t num;
	const char *key;
	bool associated;
	const unsigned char *data;
	size_t size;
	enum store_flags flags;
	time_t received;
	const char *const *keywords;
	uint64_t seq;
};

/* Of a folder, or of an object in it */
struct fake_blob {
	struct store_place place;
	uint32_t num;
	const char *name;
	const unsigned char *data;
	size_t size;
};

struct store {
	pool_t pool;
	ARRAY_TYPE(store_folder_info) folders;
	ARRAY(struct fake_object) objects;
	ARRAY(struct fake_blob) blobs;
	ARRAY_TYPE(const_string) names;
	store_fid_t next_fid;
	uint32_t next_num;
	uint64_t seq;
	enum store_error error;
};

extern struct store fake_store;

int fake_fails(enum store_error error);
struct fake_object *fake_object_find_fid(enum store_object_kind kind,
	store_fid_t fid, uint32_t num);
struct fake_object *fake_object_find(enum store_object_kind kind, const struct
	store_place *place, uint32_t num);
struct fake_object *fake_object_new(enum store_object_kind kind, const struct
	store_place *place, const void *data, size_t size);
void fake_objects_delete(enum store_object_kind kind, const struct store_place
	*place, const ARRAY_TYPE(seq_range) *nums);
void fake_objects_nums(enum store_object_kind kind, store_fid_t fid,
	ARRAY_TYPE(seq_range) *nums_r);
int fake_blob_get(const struct store_place *place, uint32_t num, const char
	*name, const unsigned char **data_r, size_t *size_r);
int fake_blob_set(const struct store_place *place, uint32_t num, const char
	*name, const void *data, size_t size);
bool fake_place_is(const struct store_place *a, const struct store_place *b);
void fake_place_of_fid(struct store_place *place_r, store_fid_t fid);
void fake_place_copy(struct store_place *dest, const struct store_place *src);
int fake_changes_make(enum store_object_kind kind, store_fid_t fid, const
	ARRAY_TYPE(seq_range) *known, pool_t pool, struct store_changes *changes_r);

#endif
