/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Searching by Dovecot's search, which asks the full-text index where the site
   has one. */

#include "lib.h"
#include "array.h"
#include "mail-search-build.h"
#include "mail-storage-private.h"
#include "dovetail-mime.h"
#include "store-conversation.h"
#include "store-private.h"
#include "store-write.h"

ARRAY_DEFINE_TYPE(store_fid, store_fid_t);

static void store_arg_str(struct mail_search_args *args,
			  enum mail_search_arg_type type, const char *header,
			  const char *value)
{
	struct mail_search_arg *arg;

	if (value == NULL || *value == '\0')
		return;
	arg = mail_search_build_add(args, type);
	arg->value.str = p_strdup(args->pool, value);
	if (header != NULL)
		arg->hdr_field_name = p_strdup(args->pool, header);
}

static void store_arg_time(struct mail_search_args *args,
			   enum mail_search_arg_type type, time_t value)
{
	struct mail_search_arg *arg;

	if (value == 0)
		return;
	arg = mail_search_build_add(args, type);
	arg->value.time = value;
	arg->value.date_type = MAIL_SEARCH_DATE_TYPE_RECEIVED;
	/* to the second, not to the day of a zone */
	arg->value.search_flags = MAIL_SEARCH_ARG_FLAG_UTC_TIMES;
}

static void store_arg_flags(struct mail_search_args *args,
			    enum store_flags flags, bool not)
{
	struct mail_search_arg *arg;
	unsigned int bit;

	/* one by one: a set means all of them, its opposite not all */
	for (bit = STORE_FLAG_ANSWERED; bit <= STORE_FLAG_DRAFT; bit <<= 1) {
		if ((flags & bit) == 0)
			continue;
		arg = mail_search_build_add(args, SEARCH_FLAGS);
		arg->value.flags = store_flags_to_mail(bit);
		arg->match_not = not;
	}
}

/* Every word of the text, anywhere */
static void store_arg_words(struct mail_search_args *args, const char *text)
{
	const char *const *words;

	if (text == NULL)
		return;
	for (words = t_strsplit_spaces(text, " \t\r\n"); *words != NULL; words++)
		store_arg_str(args, SEARCH_TEXT, NULL, *words);
}

static struct mail_search_args *
store_search_args(const struct store_query *query)
{
	struct mail_search_args *args = mail_search_build_init();
	struct mail_search_arg *arg;

	store_arg_words(args, query->text);
	store_arg_str(args, SEARCH_HEADER, "Subject", query->subject);
	store_arg_str(args, SEARCH_HEADER_ADDRESS, "From", query->from);
	store_arg_str(args, SEARCH_HEADER_ADDRESS, "To", query->to);
	store_arg_str(args, SEARCH_HEADER_ADDRESS, "Cc", query->cc);
	store_arg_str(args, SEARCH_HEADER_ADDRESS, "Bcc", query->bcc);
	store_arg_str(args, SEARCH_BODY, NULL, query->body);
	if (query->header_name != NULL) {
		arg = mail_search_build_add(args, SEARCH_HEADER);
		arg->hdr_field_name = p_strdup(args->pool, query->header_name);
		arg->value.str = p_strdup(args->pool,
			query->header_value == NULL ? "" : query->header_value);
	}
	store_arg_time(args, SEARCH_SINCE, query->since);
	store_arg_time(args, SEARCH_BEFORE, query->before);
	store_arg_flags(args, query->with_flags, FALSE);
	store_arg_flags(args, query->without_flags, TRUE);
	store_arg_str(args, SEARCH_KEYWORDS, NULL, query->keyword);
	if (query->larger_than > 0) {
		arg = mail_search_build_add(args, SEARCH_LARGER);
		arg->value.size = query->larger_than;
	}
	if (args->args == NULL)
		mail_search_build_add_all(args);
	return args;
}

static bool store_conversation_matches(struct store_folder *folder,
				       struct mail *mail,
				       const unsigned char *wanted, pool_t pool)
{
	unsigned char id[MIME_CONVERSATION_ID_LEN];

	if (wanted == NULL)
		return TRUE;
	p_clear(pool);
	return store_conversation_of_mail(folder, mail, pool, id) == 0 &&
		memcmp(id, wanted, sizeof(id)) == 0;
}

static int store_search_folder(struct store_folder *folder,
			       const struct store_query *query,
			       ARRAY_TYPE(store_hit) *hits)
{
	struct mail_search_args *args = store_search_args(query);
	struct mailbox_transaction_context *t;
	struct mailbox_header_lookup_ctx *headers;
	struct mail_search_context *ctx;
	struct store_hit *hit;
	struct mail *mail;
	pool_t pool;
	int ret = 0;

	t = mailbox_transaction_begin(folder->box, 0, "Dovetail search");
	headers = query->conversation_id == NULL ? NULL :
		mailbox_header_lookup_init(folder->box,
					   store_conversation_headers);
	ctx = mailbox_search_init(t, args, NULL, MAIL_FETCH_RECEIVED_DATE,
				  headers);
	pool = pool_alloconly_create("store search", 4096);
	mail_search_args_unref(&args);
	while (mailbox_search_next(ctx, &mail)) {
		time_t received = 0;

		if (store_conversation_matches(folder, mail,
					       query->conversation_id, pool) &&
		    mail_get_received_date(mail, &received) == 0) {
			hit = array_append_space(hits);
			hit->fid = folder->fid;
			hit->uid = mail->uid;
			hit->received = received;
		}
	}
	pool_unref(&pool);
	if (headers != NULL)
		mailbox_header_lookup_unref(&headers);
	if (mailbox_search_deinit(&ctx) < 0)
		ret = store_folder_fail(folder, "searching");
	if (mailbox_transaction_commit(&t) < 0 && ret == 0)
		ret = store_folder_fail(folder, "searching");
	return ret;
}

static int store_hit_cmp(const struct store_hit *a, const struct store_hit *b)
{
	if (a->received != b->received)
		return a->received > b->received ? -1 : 1;
	if (a->fid != b->fid)
		return a->fid < b->fid ? -1 : 1;
	return a->uid > b->uid ? -1 : a->uid < b->uid ? 1 : 0;
}

static bool store_search_wants(const struct store_node *node, store_fid_t fid,
			       bool deep)
{
	const struct store_node *p;

	if (!node->info.selectable)
		return FALSE;
	if (fid == 0)
		return TRUE;
	for (p = node; p != NULL; p = deep ? p->parent : NULL) {
		if (p->info.fid == fid)
			return TRUE;
	}
	return FALSE;
}

static int store_search_fids(struct store *store, store_fid_t fid, bool deep,
			     ARRAY_TYPE(store_fid) *fids)
{
	const ARRAY_TYPE(store_folder_info) *infos;
	struct store_node *node;

	if (fid != 0 && !deep) {
		array_push_back(fids, &fid);
		return 0;
	}
	if (store_folders(store, &infos) < 0)
		return -1;
	if (fid != 0 && store_folder_find(store, fid) == NULL)
		return -1;
	array_foreach_elem(&store->tree->nodes, node) {
		if (store_search_wants(node, fid, deep))
			array_push_back(fids, &node->info.fid);
	}
	return 0;
}

int store_search(struct store *store, store_fid_t fid, bool deep,
		 const struct store_query *query, unsigned int max,
		 ARRAY_TYPE(store_hit) *hits_r, unsigned int *total_r)
{
	ARRAY_TYPE(store_fid) fids;
	struct store_folder *folder;
	store_fid_t one;
	int ret = 0;

	array_clear(hits_r);
	*total_r = 0;
	t_array_init(&fids, 64);
	if (store_search_fids(store, fid, deep, &fids) < 0)
		return -1;
	array_foreach_elem(&fids, one) {
		if (store_open(store, one, &folder) < 0) {
			/* one that cannot be opened does not end a search of
			   all; asked for by itself it does */
			if (fid != 0 && !deep)
				return -1;
			continue;
		}
		ret = store_search_folder(folder, query, hits_r);
		store_close(&folder);
		if (ret < 0 && fid != 0 && !deep)
			return -1;
	}
	array_sort(hits_r, store_hit_cmp);
	*total_r = array_count(hits_r);
	if (max > 0 && *total_r > max)
		array_delete(hits_r, max, *total_r - max);
	return 0;
}
