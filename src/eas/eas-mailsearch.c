/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* One search over the folders a client named. */

#include "eas.h"
#include "eas-mailsearch.h"

/* Outlook mobile's "all folders", and the folder iOS names when the user looks
   at all of them. */
static const char *const eas_all_folders[] = {
	"0", "kDAMailAccountAllMailboxesFolderID", NULL
};

void eas_mailsearch_init(struct eas_request *req,
			 struct eas_mailsearch *search_r)
{
	i_zero(search_r);
	p_array_init(&search_r->collection_ids, req->pool, 4);
}

/* Is fid, or one of the folders above it, among the others? */
static bool
mailsearch_is_below(struct eas_request *req, store_fid_t fid,
		    const ARRAY_TYPE(seq_range) *fids)
{
	const struct store_folder_info *info;

	for (unsigned int depth = 0; depth < 256; depth++) {
		info = store_folder_find(req->store, fid);
		if (info == NULL || info->parent == 0)
			return FALSE;
		fid = info->parent;
		if (seq_range_exists(fids, fid))
			return TRUE;
	}
	return FALSE;
}

/* 1 these folders, 0 one is unknown, 2 everywhere */
static int
mailsearch_folders(struct eas_request *req,
		   const struct eas_mailsearch *search,
		   ARRAY_TYPE(seq_range) *fids)
{
	const struct store_folder_info *info;
	store_fid_t fid;
	const char *id;

	if (array_count(&search->collection_ids) == 0)
		return 2;
	array_foreach_elem(&search->collection_ids, id) {
		if (str_array_find(eas_all_folders, id))
			return 2;
		if (!eas_collection_id_parse(id, &fid) ||
		    (info = store_folder_find(req->store, fid)) == NULL)
			return 0;
		/* Those of items: eas-itemsearch.c */
		if (info->class == STORE_CLASS_MAIL)
			seq_range_array_add(fids, fid);
	}
	return 1;
}

static int mailsearch_hit_cmp(const struct store_hit *a,
			      const struct store_hit *b)
{
	if (a->received != b->received)
		return a->received > b->received ? -1 : 1;
	if (a->fid != b->fid)
		return a->fid < b->fid ? -1 : 1;
	return a->uid > b->uid ? -1 : a->uid < b->uid ? 1 : 0;
}

static int
mailsearch_each(struct eas_request *req, const struct eas_mailsearch *search,
		const ARRAY_TYPE(seq_range) *fids, unsigned int max,
		ARRAY_TYPE(store_hit) *hits, unsigned int *total_r)
{
	struct seq_range_iter iter;
	unsigned int n = 0, total;
	store_fid_t fid;

	seq_range_array_iter_init(&iter, fids);
	while (seq_range_array_iter_nth(&iter, n++, &fid)) {
		if (search->deep && mailsearch_is_below(req, fid, fids))
			continue;
		if (store_search(req->store, fid, search->deep, &search->query,
				 max, hits, &total) < 0)
			return -1;
		*total_r += total;
	}
	array_sort(hits, mailsearch_hit_cmp);
	return 1;
}

int eas_mailsearch_run(struct eas_request *req,
		       const struct eas_mailsearch *search, unsigned int max,
		       ARRAY_TYPE(store_hit) *hits_r, unsigned int *total_r)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	ARRAY_TYPE(seq_range) fids;
	int ret;

	p_array_init(hits_r, req->pool, 32);
	p_array_init(&fids, req->pool, 8);
	*total_r = 0;
	if (store_folders(req->store, &folders) < 0)
		return -1;
	if ((ret = mailsearch_folders(req, search, &fids)) == 0)
		return 0;
	if (search->class_set && !search->class_email)
		return 1;
	if (ret == 1 && array_count(&fids) == 0)
		return 1;
	if (ret == 1) {
		return mailsearch_each(req, search, &fids, max, hits_r,
				       total_r);
	}
	return store_search(req->store, 0, TRUE, &search->query, max, hits_r,
			    total_r) < 0 ? -1 : 1;
}
