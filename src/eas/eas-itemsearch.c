/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas-client.h"
#include "eas-itemsearch.h"

static const enum store_class item_classes[] = {
	STORE_CLASS_CALENDAR, STORE_CLASS_CONTACTS, STORE_CLASS_TASKS,
	STORE_CLASS_NOTES,
};

/* Folders of the class that this device is shown, and that it named if it did */
static void itemsearch_folders(const struct eas_itemsearch *search,
			       const ARRAY_TYPE(store_folder_info) *infos,
			       const struct eas_client *client,
			       enum store_class class,
			       ARRAY_TYPE(uint32_t) *fids)
{
	const struct store_folder_info *info;
	const char *id;

	array_foreach(infos, info) {
		bool named = array_count(search->collection_ids) == 0;

		if (info->class != class || !eas_client_shows(client, info))
			continue;
		array_foreach_elem(search->collection_ids, id) {
			named = named || strcmp(id, "0") == 0 ||
				strcmp(id, eas_collection_id(info->fid)) == 0;
		}
		if (named)
			array_push_back(fids, &info->fid);
	}
}

int eas_itemsearch_run(struct eas_request *req,
		       const struct eas_itemsearch *search, unsigned int max,
		       ARRAY_TYPE(store_item_hit) *hits_r,
		       unsigned int *total_r)
{
	const ARRAY_TYPE(store_folder_info) *infos;
	struct eas_client client;
	ARRAY_TYPE(uint32_t) fids;
	unsigned int i, total;

	*total_r = 0;
	p_array_init(hits_r, req->pool, 16);
	if (search->classes == 0 || search->text == NULL)
		return 0;
	if (store_folders(req->store, &infos) < 0)
		return -1;
	eas_client_get(req, &client);
	p_array_init(&fids, req->pool, 8);
	for (i = 0; i < N_ELEMENTS(item_classes); i++) {
		if ((search->classes & (1U << item_classes[i])) == 0)
			continue;
		array_clear(&fids);
		itemsearch_folders(search, infos, &client, item_classes[i],
				   &fids);
		if (array_count(&fids) == 0)
			continue;
		total = 0;
		if (store_item_search(req->store, item_classes[i],
				      array_front(&fids), array_count(&fids),
				      search->text, max - array_count(hits_r),
				      hits_r, &total) < 0)
			return -1;
		*total_r += total;
	}
	return 0;
}
