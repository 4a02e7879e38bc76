/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Questions that are answered without reading the texts: which items touch a
   range of time, which have these words. */

#include "lib.h"
#include "array.h"
#include "store-items.h"

/* 1, 0 there are no items, -1 */
static int store_item_index_open(struct store_item_folder *folder,
				 struct meta_index **index_r)
{
	*index_r = NULL;
	if (folder->db == NULL)
		return 0;
	if (meta_index_open(folder->db, folder->node->info.guid,
			    STORE_INDEX_VERSION, store_item_extract,
			    POINTER_CAST(folder->node->info.class),
			    index_r) < 0)
		return store_item_folder_fail(folder, "indexing items");
	return 1;
}

/* Up to so many items are looked at one by one. */
#define STORE_FILTER_FEW 64

static int store_item_filter_few(struct meta_index *index,
				 const struct store_item_filter *filter,
				 int64_t end,
				 const ARRAY_TYPE(seq_range) *among,
				 ARRAY_TYPE(seq_range) *nums_r)
{
	struct meta_index_row row;
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t num;
	pool_t pool;
	int ret = 0;

	/* nums_r may be on the data stack: no frame of our own */
	pool = pool_alloconly_create("index row", 1024);
	seq_range_array_iter_init(&iter, among);
	while (ret >= 0 && seq_range_array_iter_nth(&iter, n++, &num)) {
		ret = meta_index_get(index, num, pool, &row);
		if (ret > 0 && row.last > filter->start && row.first < end &&
		    (row.marks & (filter->with | filter->without)) ==
				filter->with)
			seq_range_array_add(nums_r, num);
		p_clear(pool);
	}
	pool_unref(&pool);
	return ret;
}

static int store_item_filter_all(struct meta_index *index,
				 const struct store_item_filter *filter,
				 int64_t end,
				 const ARRAY_TYPE(seq_range) *among,
				 ARRAY_TYPE(seq_range) *nums_r)
{
	if (meta_index_filter(index, filter->start, end, filter->with,
			      filter->without, nums_r) < 0)
		return -1;
	if (among != NULL)
		seq_range_array_intersect(nums_r, among);
	return 0;
}

int store_item_filter(struct store *store, store_fid_t fid,
		      const struct store_item_filter *filter,
		      const ARRAY_TYPE(seq_range) *among,
		      ARRAY_TYPE(seq_range) *nums_r)
{
	bool few = among != NULL && seq_range_count(among) <= STORE_FILTER_FEW;
	int64_t end = filter->end == 0 ? INT64_MAX : filter->end;
	struct store_item_folder folder;
	struct meta_index *index;
	int ret;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	ret = store_item_index_open(&folder, &index);
	if (ret > 0 && (few ?
	    store_item_filter_few(index, filter, end, among, nums_r) :
	    store_item_filter_all(index, filter, end, among, nums_r)) < 0)
		ret = store_item_folder_fail(&folder, "finding items");
	meta_index_close(&index);
	store_item_folder_close(&folder);
	return ret < 0 ? -1 : 0;
}

int store_item_range(struct store *store, store_fid_t fid,
		     time_t start, time_t end, ARRAY_TYPE(seq_range) *nums_r)
{
	struct store_item_filter filter = { .start = start, .end = end };

	return store_item_filter(store, fid, &filter, NULL, nums_r);
}

/* --- words ---------------------------------------------------------------------- */

struct store_item_found {
	store_fid_t fid;
	uint32_t num;
	const char *sort;
};
ARRAY_DEFINE_TYPE(store_item_found, struct store_item_found);

static int store_item_found_cmp(const struct store_item_found *a,
				const struct store_item_found *b)
{
	int ret = strcmp(a->sort, b->sort);

	if (ret == 0 && a->fid != b->fid)
		ret = a->fid < b->fid ? -1 : 1;
	if (ret == 0)
		ret = a->num < b->num ? -1 : 1;
	return ret;
}

static int store_item_search_folder(struct store *store, store_fid_t fid,
				    const char *const *words, pool_t pool,
				    ARRAY_TYPE(store_item_found) *found)
{
	struct store_item_folder folder;
	ARRAY_TYPE(meta_index_hit) hits;
	const struct meta_index_hit *hit;
	struct store_item_found *f;
	struct meta_index *index;
	int ret;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	p_array_init(&hits, pool, 16);
	ret = store_item_index_open(&folder, &index);
	if (ret > 0 && meta_index_search(index, words, pool, &hits) < 0)
		ret = store_item_folder_fail(&folder, "searching items");
	array_foreach(&hits, hit) {
		f = array_append_space(found);
		f->fid = fid;
		f->num = hit->num;
		f->sort = hit->sort;
	}
	meta_index_close(&index);
	store_item_folder_close(&folder);
	return ret < 0 ? -1 : 0;
}

/* Of all that the user sees; what may not be read has nothing to find, and one
   folder that is out of reach does not hide the others. */
static int store_item_search_all(struct store *store, enum store_class class,
				 const char *const *words, pool_t pool,
				 ARRAY_TYPE(store_item_found) *found)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;

	if (store_folders(store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (info->class != class || !info->selectable)
			continue;
		if (store_item_search_folder(store, info->fid, words, pool,
					     found) < 0 &&
		    !info->foreign && store->error != STORE_ERROR_PERM)
			return -1;
	}
	return 0;
}

static void store_item_search_answer(ARRAY_TYPE(store_item_found) *found,
				     unsigned int max,
				     ARRAY_TYPE(store_item_hit) *hits_r)
{
	const struct store_item_found *f;
	struct store_item_hit *hit;

	array_sort(found, store_item_found_cmp);
	array_foreach(found, f) {
		if (array_count(hits_r) == max)
			break;
		hit = array_append_space(hits_r);
		hit->fid = f->fid;
		hit->num = f->num;
	}
}

int store_item_search(struct store *store, enum store_class class,
		      const store_fid_t *fids, unsigned int fids_count,
		      const char *query, unsigned int max,
		      ARRAY_TYPE(store_item_hit) *hits_r, unsigned int *total_r)
{
	ARRAY_TYPE(store_item_found) found;
	const char *const *words;
	pool_t pool;
	int ret = 0;

	*total_r = 0;
	words = store_item_words(query);
	if (*words == NULL)
		return 0;
	pool = pool_alloconly_create(MEMPOOL_GROWING"item search", 4096);
	p_array_init(&found, pool, 64);
	if (fids_count == 0)
		ret = store_item_search_all(store, class, words, pool, &found);
	for (unsigned int i = 0; i < fids_count && ret == 0; i++) {
		ret = store_item_search_folder(store, fids[i], words, pool,
					       &found);
	}
	*total_r = array_count(&found);
	if (ret == 0)
		store_item_search_answer(&found, max, hits_r);
	pool_unref(&pool);
	return ret;
}
