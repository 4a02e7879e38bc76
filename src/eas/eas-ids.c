/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ids that clients hold: CollectionId, ServerId, FileReference.  Short numbers,
   parsed strictly: one spelling for each id, so that equal strings and equal
   ids are the same thing. */

#include "eas-class.h"

const char *eas_collection_id(store_fid_t fid)
{
	return dec2str(fid);
}

const char *eas_server_id(store_fid_t fid, const struct store_oid *oid)
{
	return t_strdup_printf("%u:%x.%x", fid, oid->idspace, oid->uid);
}

const char *eas_file_reference(store_fid_t fid, const struct store_oid *oid,
			       const char *part_id)
{
	return t_strdup_printf("%u:%x.%x:%s", fid, oid->idspace, oid->uid,
			       *part_id == '\0' ? "0" : part_id);
}

/* A number without leading zeros, above 0. */
static bool id_number(const char **p, unsigned int base, uint32_t *value_r)
{
	uint64_t value = 0;
	const char *start = *p;

	for (; **p != '\0'; (*p)++) {
		unsigned int digit;

		if (**p >= '0' && **p <= '9')
			digit = **p - '0';
		else if (base == 16 && **p >= 'a' && **p <= 'f')
			digit = **p - 'a' + 10;
		else
			break;
		value = value * base + digit;
		if (value > UINT32_MAX)
			return FALSE;
	}
	if (value == 0 || *start == '0')
		return FALSE;
	*value_r = (uint32_t)value;
	return TRUE;
}

static bool id_char(const char **p, char c)
{
	if (**p != c)
		return FALSE;
	(*p)++;
	return TRUE;
}

/* Id space 0 is that of items, which are no messages. */
static bool id_space(const char **p, uint32_t *idspace_r)
{
	if ((*p)[0] == '0' && (*p)[1] == '.') {
		(*p)++;
		*idspace_r = 0;
		return TRUE;
	}
	return id_number(p, 16, idspace_r);
}

static bool id_item(const char **p, store_fid_t *fid_r, struct store_oid *oid_r)
{
	return id_number(p, 10, fid_r) && id_char(p, ':') &&
		id_space(p, &oid_r->idspace) && id_char(p, '.') &&
		id_number(p, 16, &oid_r->uid);
}

bool eas_collection_id_parse(const char *id, store_fid_t *fid_r)
{
	return id_number(&id, 10, fid_r) && *id == '\0';
}

bool eas_server_id_parse(const char *id, store_fid_t *fid_r,
			 struct store_oid *oid_r)
{
	return id_item(&id, fid_r, oid_r) && *id == '\0';
}

/* IMAP section numbers: digits and dots, no empty ones. */
static bool id_is_part(const char *part)
{
	const char *p;
	bool digit = FALSE;

	if (strlen(part) > EAS_ID_MAX)
		return FALSE;
	for (p = part; *p != '\0'; p++) {
		if (*p >= '0' && *p <= '9')
			digit = TRUE;
		else if (*p == '.' && digit)
			digit = FALSE;
		else
			return FALSE;
	}
	return digit;
}

bool eas_file_reference_parse(const char *id, store_fid_t *fid_r,
			      struct store_oid *oid_r, const char **part_id_r)
{
	if (!id_item(&id, fid_r, oid_r) || !id_char(&id, ':') ||
	    !id_is_part(id))
		return FALSE;
	*part_id_r = id;
	return TRUE;
}

int eas_item_open(struct eas_request *req, const char *server_id,
		  struct store_folder **folder_r, uint32_t *uid_r)
{
	struct store_oid oid;
	store_fid_t fid;
	int ret;

	if (!eas_server_id_parse(server_id, &fid, &oid))
		return 0;
	if ((ret = store_oid_find(req->store, &oid, &fid, uid_r)) <= 0)
		return ret;
	if (store_open(req->store, fid, folder_r) < 0)
		return store_last_error(req->store, NULL) ==
			STORE_ERROR_NOTFOUND ? 0 : -1;
	return 1;
}

int eas_item_fetch(struct store_folder *folder, uint32_t uid,
		   enum store_want want, struct store_fetch **fetch_r,
		   struct store_msg **msg_r)
{
	ARRAY_TYPE(seq_range) uids;
	struct store_fetch *fetch;

	t_array_init(&uids, 1);
	seq_range_array_add(&uids, uid);
	fetch = store_fetch_init(folder, &uids, want, TRUE);
	if (!store_fetch_next(fetch, msg_r))
		return store_fetch_deinit(&fetch) < 0 ? -1 : 0;
	*fetch_r = fetch;
	return 1;
}

/* --- items of other classes ---------------------------------------------------- */

const char *eas_item_id(store_fid_t fid, uint32_t num)
{
	return t_strdup_printf("%u:0.%x", fid, num);
}

bool eas_item_id_parse(const char *server_id, store_fid_t *fid_r,
		       uint32_t *num_r)
{
	struct store_oid oid;

	if (!eas_server_id_parse(server_id, fid_r, &oid) || oid.idspace != 0)
		return FALSE;
	*num_r = oid.uid;
	return TRUE;
}
