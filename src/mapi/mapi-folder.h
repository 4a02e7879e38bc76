/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_FOLDER_H
#define MAPI_FOLDER_H

/* A folder's properties (MS-OXCFOLD 2.2.2, MS-OXOSFLD 2.2.2 to 2.2.5), for objects and
   for rows of hierarchy tables alike. */

#include "mapi.h"

/* Our blob on a folder: what clients set and Dovecot has no place for. */
#define MAPI_FOLDER_BLOB "mapi"

struct mapi_folder {
	struct mapi_object obj;
	uint64_t oid;
	/* what set and unset changed, until flush; NULL: nothing */
	struct mapi_bag *bag;
	/* a new display name; NULL: none */
	const char *new_name;
	const char *new_class;
};

/* Reads of many folders: numbers and versions are asked for all at once. */
struct mapi_folder_reader {
	struct mapi_rop *rop;
	const struct mapi_logon *logon;
	bool have_stats, have_versions, failed;
	ARRAY_TYPE(store_folder_stat) stats;
	ARRAY_TYPE(store_version_row) versions;
	/* of the folder that is read now */
	const struct mapi_folder_info *info;
	bool have_bag;
	struct mapi_bag bag;
};

void mapi_folder_reader_init(struct mapi_folder_reader *reader_r,
			     struct mapi_rop *rop,
			     const struct mapi_logon *logon);
/* Values live in rop->pool. */
void mapi_folder_read(struct mapi_folder_reader *reader,
		      const struct mapi_folder_info *info,
		      const mapi_tag_t *tags, unsigned int count,
		      struct mapi_prop *props_r);
/* Tags that every folder has. */
void mapi_folder_tags(ARRAY_TYPE(mapi_tag) *tags);

/* A new object for it; it exists. */
struct mapi_folder *mapi_folder_object(struct mapi_rop *rop,
				       const struct mapi_logon *logon,
				       uint64_t oid);
/* What clients set on it. 0 / -1 */
int mapi_folder_bag(struct mapi_rop *rop, const struct mapi_logon *logon,
		    uint64_t oid, pool_t pool, struct mapi_bag *bag_r);
uint32_t mapi_folder_bag_save(struct mapi_rop *rop,
			      const struct mapi_logon *logon, uint64_t oid,
			      const struct mapi_bag *bag);

/* "IPF.Contact..." -> STORE_CLASS_CONTACTS; mail for what is unknown */
enum store_class mapi_class_of_container(const char *container_class);
/* vfunc copy of folders */
uint32_t mapi_folder_copy_contents(struct mapi_rop *rop,
				   struct mapi_object *src,
				   struct mapi_object *dest, bool exclude,
				   const ARRAY_TYPE(mapi_tag) *tags,
				   bool sub_objects, uint8_t flags);

/* A search folder's definition (rop-folder.c). 1, 0: not set yet, -1 */
struct mapi_search {
	/* their oids; those that are gone are left out */
	ARRAY(uint64_t) folders;
	/* NULL: everything */
	const struct mapi_restriction *restriction;
	bool recursive, stopped;
};
int mapi_search_criteria(struct mapi_rop *rop, const struct mapi_logon *logon,
			 uint64_t oid, struct mapi_search *search_r);

/* Rights of the user, PidTagRights (MS-OXCPERM 2.2.7), and as PidTagAccess
   (MS-OXCPRPT 2.2.1.1). */
int mapi_folder_rights(struct mapi_rop *rop, const struct mapi_logon *logon,
		       const struct mapi_folder_info *info, uint32_t *rights_r);
uint32_t mapi_rights_of_store(enum store_rights rights);
enum store_rights mapi_rights_to_store(uint32_t rights);
#define MAPI_RIGHT_READ_ANY	0x0001
#define MAPI_RIGHT_CREATE	0x0002
#define MAPI_RIGHT_EDIT_OWNED	0x0008
#define MAPI_RIGHT_DELETE_OWNED	0x0010
#define MAPI_RIGHT_EDIT_ANY	0x0020
#define MAPI_RIGHT_DELETE_ANY	0x0040
#define MAPI_RIGHT_CREATE_SUBFOLDER 0x0080
#define MAPI_RIGHT_OWNER	0x0100
#define MAPI_RIGHT_CONTACT	0x0200
#define MAPI_RIGHT_VISIBLE	0x0400
#define MAPI_RIGHT_FREEBUSY_SIMPLE 0x0800
#define MAPI_RIGHT_FREEBUSY_DETAILED 0x1000
#define MAPI_RIGHTS_ALL		0x07fb

#endif
