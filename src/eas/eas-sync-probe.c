/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a Sync of a folder would tell a device: for Ping and GetItemEstimate. */

#include "eas-sync.h"

static bool probe_find_base(struct eas_sync_coll *coll, const char *key)
{
	if (key == NULL) {
		coll->base = &coll->state.cur;
		return TRUE;
	}
	if (eas_key_parse(key, &coll->key) != EAS_KEY_NUMBERED)
		return FALSE;
	if (eas_key_equals(&coll->key, &coll->state.cur.key))
		coll->base = &coll->state.cur;
	else if (coll->state.have_prev &&
		 eas_key_equals(&coll->key, &coll->state.prev.key))
		coll->base = &coll->state.prev;
	return coll->base != NULL;
}

/* Nothing that the client would see: remember how far we looked, so that the
   next look is cheap. Losing a race here is nothing. */
static void probe_remember(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct store_state_txn *txn;

	if (coll->base != &coll->state.cur ||
	    !eas_sync_state_changed(sync, coll))
		return;
	coll->outcome = EAS_SYNC_QUIET;
	txn = store_state_begin(sync->req->store);
	eas_sync_commit_coll(sync, coll, txn);
	if (store_state_commit(&txn) < 0)
		e_debug(sync->req->event, "State of %s not written",
			coll->info->vname);
}

static bool probe_is_unchanged(struct eas_sync *sync,
			       struct eas_sync_coll *coll)
{
	const struct eas_sync_generation *gen = coll->base;

	return !coll->options_given && !coll->conversation_given &&
		gen->point.idspace != 0 &&
		eas_sync_sets_count(&gen->todo) == 0 &&
		(time_t)gen->filter_since == coll->ops->filter_since(coll,
						gen->opts.filter_type) &&
		coll->ops->unchanged(sync, coll, &gen->point);
}

static int probe_count(struct eas_sync *sync, struct eas_sync_coll *coll,
		       unsigned int *count_r)
{
	int ret;

	*count_r = 0;
	if (probe_is_unchanged(sync, coll))
		return 1;
	eas_sync_generation_copy(&coll->next, coll->base, sync->req->pool);
	if (coll->options_given)
		coll->next.opts.filter_type = coll->opts.filter_type;
	if (coll->conversation_given)
		coll->next.opts.conversation_mode = coll->conversation_mode;
	ret = coll->ops->changes(sync, coll);
	if (ret > 0) {
		*count_r = eas_sync_sets_count(&coll->next.todo);
		if (*count_r == 0 && !coll->options_given &&
		    !coll->conversation_given)
			probe_remember(sync, coll);
	}
	if (coll->folder != NULL)
		store_close(&coll->folder);
	return ret;
}

enum eas_sync_probe
eas_sync_probe(struct eas_request *req, const struct store_folder_info *info,
	       const char *key, const struct eas_sync_probe_options *opts,
	       unsigned int *count_r, bool *listed_r)
{
	struct eas_sync sync = { .req = req };
	struct eas_sync_coll coll = { .fid = info->fid, .info = info };
	int ret;

	*count_r = 0;
	eas_sync_coll_kind(&sync, &coll);
	if (coll.ops == NULL)
		return EAS_SYNC_PROBE_UNPRIMED;
	if ((ret = eas_sync_read_state(&sync, &coll)) < 0)
		return EAS_SYNC_PROBE_ERROR;
	if (ret == 0)
		return EAS_SYNC_PROBE_UNPRIMED;
	if (!probe_find_base(&coll, key))
		return EAS_SYNC_PROBE_BAD_KEY;
	if (opts != NULL) {
		coll.options_given = opts->filter_given;
		coll.opts.filter_type = opts->filter_type;
		coll.conversation_given = opts->conversation_given;
		coll.conversation_mode = opts->conversation_mode;
	}
	if (listed_r != NULL) {
		*listed_r = coll.base->point.idspace != 0;
		if (!*listed_r)
			return EAS_SYNC_PROBE_OK;
	}
	ret = probe_count(&sync, &coll, count_r);
	if (ret < 0)
		return EAS_SYNC_PROBE_ERROR;
	/* Another id space: everything is to be told anew. */
	if (ret == 0)
		*count_r = 1;
	return EAS_SYNC_PROBE_OK;
}
