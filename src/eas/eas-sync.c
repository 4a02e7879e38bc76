/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sync (MS-ASCMD 2.2.1.21): read the state, carry out the client's commands,
   choose what goes into this answer, commit, answer; or wait at the front.

   Two requests of one device at once: the second commit finds another state than
   it began with, and that request starts over: its key is then the one before
   the last, and it gets the winner's answer. */

#include "eas-sync.h"
#include "eas-client.h"
#include "eas-folder-state.h"
#include "dovetail-bus.h"
#include "ioloop.h"

#define SYNC_RACE_RETRIES 5

/* What ends a waiting Sync before its time: mail that comes or goes. Flags are
   told with the next answer (3.1.5.4). */
#define SYNC_WATCH_EVENTS \
	(BUS_EVENT_APPEND | BUS_EVENT_EXPUNGE | BUS_EVENT_UNKNOWN)
#define SYNC_WATCH_EVENTS_ITEMS (BUS_EVENT_ATTRIBUTE | BUS_EVENT_UNKNOWN)

static void sync_fail(struct eas_sync_coll *coll, unsigned int status)
{
	coll->outcome = EAS_SYNC_FAILED;
	coll->status = status;
}

void eas_sync_coll_kind(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	coll->ops = NULL;
	coll->item_class = NULL;
	if (coll->info == NULL)
		return;
	if (coll->info->class == STORE_CLASS_MAIL) {
		coll->ops = &eas_sync_kind_mail;
		return;
	}
	coll->item_class = eas_is_recipient_cache(sync->req, coll->info) ?
		&eas_class_recipients : eas_class_by_store(coll->info->class);
	if (coll->item_class != NULL && coll->info->selectable &&
	    sync->req->version >= coll->item_class->since)
		coll->ops = &eas_sync_kind_item;
}

/* --- state -------------------------------------------------------------------- */

/* A state of another replica or a restored backup is as good as none. */
int eas_sync_read_state(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct eas_request *req = sync->req;
	uint64_t epoch;
	int ret;

	if (store_epoch(req->store, &epoch) < 0)
		return -1;
	ret = store_state_get(req->store, req->device_key,
			      eas_sync_state_name(coll->fid), req->pool,
			      &coll->raw, &coll->raw_size);
	if (ret < 0)
		return -1;
	if (ret == 0) {
		coll->raw = NULL;
		coll->raw_size = 0;
	} else if (eas_sync_state_unpack(&coll->state, req->pool, coll->raw,
					 coll->raw_size) < 0) {
		e_error(req->event, "Device %s: state of folder %s is "
			"unreadable", req->device_id, coll->info->vname);
		ret = 0;
	} else if (coll->state.epoch != epoch) {
		e_info(req->event, "Device %s: state of folder %s is of "
		       "another replica", req->device_id, coll->info->vname);
		ret = 0;
	}
	coll->state.epoch = epoch;
	return ret;
}

static void coll_find_base(struct eas_sync_coll *coll)
{
	struct eas_sync_state *state = &coll->state;

	if (eas_key_equals(&coll->key, &state->cur.key))
		coll->base = &state->cur;
	else if (state->have_prev &&
		 eas_key_equals(&coll->key, &state->prev.key))
		coll->base = &state->prev;
}

/* 0, or -1 store error; the collection may have failed */
static int coll_load(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	int ret;

	if (coll->ops == NULL) {
		sync_fail(coll, EAS_SYNC_NOT_FOUND);
		return 0;
	}
	if (coll->kind == EAS_KEY_BAD) {
		sync_fail(coll, EAS_SYNC_BAD_KEY);
		return 0;
	}
	if ((ret = eas_sync_read_state(sync, coll)) < 0)
		return -1;
	if (coll->kind == EAS_KEY_ZERO)
		return 0;
	if (ret > 0)
		coll_find_base(coll);
	if (coll->base == NULL)
		sync_fail(coll, EAS_SYNC_BAD_KEY);
	return 0;
}

/* --- what the client's operations come to ------------------------------------------ */

const struct eas_error_map eas_sync_item_errors[] = {
	{ STORE_ERROR_NOTFOUND, EAS_SYNC_NOT_FOUND, 0 },
	{ STORE_ERROR_QUOTA, EAS_SYNC_NO_SPACE, 0 },
	{ STORE_ERROR_NOSPACE, EAS_SYNC_NO_SPACE, 0 },
	/* What the client changed is thrown away: the server's is kept. */
	{ STORE_ERROR_PERM, EAS_SYNC_CONFLICT, 0 },
	{ STORE_ERROR_INVALID, EAS_SYNC_INVALID_ITEM, 0 },
	{ STORE_ERROR_NONE, EAS_SYNC_SERVER_ERROR, 0 },
	{ 0, 0, 0 }
};

struct eas_sync_result *
eas_sync_result_add(struct eas_sync_coll *coll, enum eas_sync_op op,
		    unsigned int status, const char *client_id,
		    const char *server_id)
{
	struct eas_sync_result *res =
		array_append_space(&coll->next.results);

	res->op = op;
	res->status = status;
	res->client_id = client_id == NULL ? "" : client_id;
	res->server_id = server_id == NULL ? "" : server_id;
	res->instance_id = "";
	return res;
}

/* --- what is answered ----------------------------------------------------------- */

/* Options stay until others are given (2.2.3.125.6), and so does what stands
   beside them. */
static void coll_take_options(struct eas_sync_coll *coll)
{
	struct eas_sync_options *opts = &coll->next.opts;
	bool conversation = coll->conversation_given ?
		coll->conversation_mode : opts->conversation_mode;

	if (coll->options_given)
		*opts = coll->opts;
	opts->conversation_mode = conversation;
}

static void coll_begin(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	eas_sync_generation_init(&coll->next, sync->req->pool);
	eas_key_first(&coll->next.key);
	eas_body_options_init(&coll->next.opts.body, sync->req->version);
	coll_take_options(coll);
	coll->next.request_hash = coll->hash;
	coll->state.supported = coll->supported;
	coll->outcome = EAS_SYNC_ADVANCED;
}

/* Nothing asked, nothing lined up, nothing new: the cheapest request. */
static bool coll_is_quiet(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	const struct eas_sync_generation *gen = coll->base;

	return coll->commands == NULL && !coll->options_given &&
		(!coll->conversation_given || coll->conversation_mode ==
		 gen->opts.conversation_mode) &&
		gen == &coll->state.cur && gen->point.idspace != 0 &&
		eas_sync_sets_count(&gen->todo) == 0 &&
		(!coll->get_changes ||
		 ((time_t)gen->filter_since == coll->ops->filter_since(coll,
						gen->opts.filter_type) &&
		  coll->ops->unchanged(sync, coll, &gen->point)));
}

static int coll_choose(struct eas_sync *sync, struct eas_sync_coll *coll,
		       unsigned int *left)
{
	struct eas_sync_generation *gen = &coll->next;
	unsigned int count;

	if (!coll->get_changes)
		return 0;
	count = eas_sync_choose(gen, coll->ops->budget(sync, coll,
				I_MIN(coll->window, *left)));
	*left -= count;
	gen->answered_more = eas_sync_sets_count(&gen->todo) > 0;
	return count == 0 ? 0 : coll->ops->chosen(sync, coll);
}

/* Nothing to tell; is the state as it was? */
bool eas_sync_state_changed(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct eas_sync_state was, is;
	buffer_t *a = buffer_create_dynamic(sync->req->pool, 256);
	buffer_t *b = buffer_create_dynamic(sync->req->pool, 256);

	i_zero(&was);
	was.cur = *coll->base;
	is = was;
	is.cur = coll->next;
	is.cur.key = was.cur.key;
	is.cur.request_hash = was.cur.request_hash;
	is.cur.answered_more = was.cur.answered_more;
	is.cur.told = was.cur.told;
	is.cur.results = was.cur.results;
	eas_sync_state_pack(&was, a);
	eas_sync_state_pack(&is, b);
	return !buffer_cmp(a, b);
}

static void coll_conclude(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct eas_sync_generation *next = &coll->next;
	const struct eas_sync_state *state = &coll->state;

	if (coll->commands != NULL || eas_sync_sets_count(&next->told) > 0 ||
	    next->answered_more) {
		next->key.series = coll->base->key.series;
		next->key.number = state->cur.key.number + 1;
		next->request_hash = coll->hash;
		coll->outcome = EAS_SYNC_ADVANCED;
	} else if (coll->base == &state->cur &&
		   eas_sync_state_changed(sync, coll)) {
		coll->outcome = EAS_SYNC_QUIET;
	} else {
		coll->outcome = EAS_SYNC_NOTHING;
	}
}

static int coll_advance(struct eas_sync *sync, struct eas_sync_coll *coll,
			unsigned int *left)
{
	int ret;

	eas_sync_generation_copy(&coll->next, coll->base, sync->req->pool);
	coll_take_options(coll);
	if (coll->commands != NULL && coll->ops->apply(sync, coll) < 0)
		return -1;
	if (coll->get_changes) {
		if ((ret = coll->ops->changes(sync, coll)) < 0)
			return -1;
		if (ret == 0) {
			/* UIDVALIDITY changed: only this folder begins anew */
			sync_fail(coll, EAS_SYNC_BAD_KEY);
			return 0;
		}
	}
	if (coll_choose(sync, coll, left) < 0)
		return -1;
	/* Not in this answer, where it stands before the ids are given. */
	seq_range_array_merge(&coll->next.todo.gone, &coll->ghosts);
	seq_range_array_merge(&coll->next.todo.change, &coll->corrected);
	coll_conclude(sync, coll);
	return 0;
}

/* What a store error means for one folder; 0: it is not only this one's. */
static unsigned int coll_error_status(struct eas_sync *sync)
{
	switch (store_last_error(sync->req->store, NULL)) {
	case STORE_ERROR_NOTFOUND:
	case STORE_ERROR_PERM:
		return EAS_SYNC_NOT_FOUND;
	default:
		return 0;
	}
}

static int coll_run(struct eas_sync *sync, struct eas_sync_coll *coll,
		    unsigned int *left)
{
	unsigned int status;

	if (coll_load(sync, coll) < 0)
		return -1;
	if (coll->outcome == EAS_SYNC_FAILED)
		return 0;
	if (coll->kind == EAS_KEY_ZERO) {
		coll_begin(sync, coll);
		return 0;
	}
	if (coll_is_quiet(sync, coll))
		return 0;
	if (coll->base != &coll->state.cur &&
	    coll->state.cur.request_hash == coll->hash) {
		coll->outcome = EAS_SYNC_REPLAY;
		return 0;
	}
	if (coll_advance(sync, coll, left) == 0)
		return 0;
	if ((status = coll_error_status(sync)) == 0)
		return -1;
	sync_fail(coll, status);
	return 0;
}

/* --- commit ------------------------------------------------------------------------ */

void eas_sync_commit_coll(struct eas_sync *sync, struct eas_sync_coll *coll,
			  struct store_state_txn *txn)
{
	struct eas_request *req = sync->req;
	const char *name = eas_sync_state_name(coll->fid);
	buffer_t *buf = buffer_create_dynamic(req->pool, 512);
	struct eas_sync_state state = coll->state;

	if (coll->outcome == EAS_SYNC_QUIET) {
		coll->next.key = state.cur.key;
		coll->next.request_hash = state.cur.request_hash;
		coll->next.answered_more = state.cur.answered_more;
		coll->next.told = state.cur.told;
		coll->next.results = state.cur.results;
	} else if (coll->base != NULL) {
		state.prev = *coll->base;
		state.have_prev = TRUE;
	} else {
		state.have_prev = FALSE;
	}
	state.cur = coll->next;
	eas_sync_state_pack(&state, buf);
	store_state_expect(txn, req->device_key, name, coll->raw,
			   coll->raw_size);
	store_state_set(txn, req->device_key, name, buf->data, buf->used);
	coll->committed = buf;
}

static void coll_forget_unwritten(struct eas_sync *sync,
				  struct eas_sync_coll *coll,
				  struct store_state_txn *txn)
{
	struct eas_request *req = sync->req;
	const char *name = eas_sync_state_name(coll->fid);
	const buffer_t *was = coll->committed;
	buffer_t *buf = buffer_create_dynamic(req->pool, was->used);
	struct eas_sync_state state;

	if (eas_sync_state_unpack(&state, req->pool, was->data, was->used) < 0)
		return;
	seq_range_array_remove_seq_range(&state.cur.known, &coll->unwritten);
	eas_sync_state_pack(&state, buf);
	store_state_expect(txn, req->device_key, name, was->data, was->used);
	store_state_set(txn, req->device_key, name, buf->data, buf->used);
}

/* Told as new when somebody has mended them. */
void eas_sync_forget_unwritten(struct eas_sync *sync)
{
	struct store_state_txn *txn = NULL;
	struct eas_sync_coll *coll;

	array_foreach_elem(&sync->colls, coll) {
		if (array_count(&coll->unwritten) == 0 ||
		    coll->committed == NULL)
			continue;
		if (txn == NULL)
			txn = store_state_begin(sync->req->store);
		coll_forget_unwritten(sync, coll, txn);
	}
	if (txn != NULL && store_state_commit(&txn) < 0) {
		e_error(sync->req->event, "Device %s: items that cannot be "
			"read are taken as known", sync->req->device_id);
	}
}

static bool sync_cache_differs(const struct eas_sync *sync)
{
	const buffer_t *buf = sync->cache_new;

	if (buf == NULL || sync->cached == NULL)
		return buf != NULL || sync->cached != NULL;
	return buf->used != sync->cached_size ||
		memcmp(buf->data, sync->cached, buf->used) != 0;
}

static void sync_cache_commit(struct eas_sync *sync,
			      struct store_state_txn *txn)
{
	const char *device = sync->req->device_key;

	if (sync->cache_new == NULL)
		store_state_unset(txn, device, "sync-request");
	else
		store_state_set(txn, device, "sync-request",
				sync->cache_new->data, sync->cache_new->used);
}

/* 1, 0: raced, -1 */
static int sync_commit(struct eas_sync *sync)
{
	struct store_state_txn *txn = NULL;
	struct eas_sync_coll *coll;

	array_foreach_elem(&sync->colls, coll) {
		if (coll->outcome != EAS_SYNC_ADVANCED &&
		    coll->outcome != EAS_SYNC_QUIET)
			continue;
		if (txn == NULL)
			txn = store_state_begin(sync->req->store);
		eas_sync_commit_coll(sync, coll, txn);
	}
	if (sync_cache_differs(sync)) {
		if (txn == NULL)
			txn = store_state_begin(sync->req->store);
		sync_cache_commit(sync, txn);
	}
	if (txn == NULL || store_state_commit(&txn) == 0)
		return 1;
	return store_last_error(sync->req->store, NULL) ==
		STORE_ERROR_EXISTS ? 0 : -1;
}

/* --- waiting ------------------------------------------------------------------------ */

static unsigned int sync_wait_left(struct eas_sync *sync)
{
	unsigned int waited = sync->req->service->waited_msecs / 1000;

	return sync->wait_secs <= waited ? 0 : sync->wait_secs - waited;
}

static bool sync_may_wait(struct eas_sync *sync)
{
	struct eas_sync_coll *coll;

	if (sync->has_commands || sync->req->service->answer_now ||
	    sync->req->version < EAS_VERSION_121 || sync_wait_left(sync) == 0)
		return FALSE;
	array_foreach_elem(&sync->colls, coll) {
		if (coll->outcome != EAS_SYNC_NOTHING &&
		    coll->outcome != EAS_SYNC_QUIET)
			return FALSE;
	}
	return TRUE;
}

static void sync_park(struct eas_sync *sync)
{
	static const char *const headers[] = {
		"MS-Server-ActiveSync", EAS_SERVER_VERSION,
		"Cache-Control", "private", NULL
	};
	struct eas_request *req = sync->req;
	struct service_park park;
	ARRAY(struct service_watch) watches;
	struct eas_sync_coll *coll;
	struct service_watch *watch;

	p_array_init(&watches, req->pool, array_count(&sync->colls) + 1);
	array_foreach_elem(&sync->colls, coll) {
		if (!coll->info->selectable)
			continue;
		watch = array_append_space(&watches);
		watch->owner = coll->info->owner;
		guid_128_copy(watch->guid, coll->info->guid);
		watch->events = coll->ops->items ?
			SYNC_WATCH_EVENTS_ITEMS : SYNC_WATCH_EVENTS;
	}
	/* A new folder: status 12 */
	watch = array_append_space(&watches);
	watch->owner = store_username(req->store);
	watch->events = BUS_EVENTS_FOLDERS;

	i_zero(&park);
	park.kind = SERVICE_PARK_RESUME;
	park.seconds = sync_wait_left(sync);
	park.name = "sync";
	park.watches = array_get(&watches, &park.watches_count);
	park.timeout_answer = (const unsigned char *)"";
	park.content_type = EAS_CONTENT_TYPE;
	park.headers = headers;
	service_park(req->service, &park);
}

/* --- the command ------------------------------------------------------------------- */

static void sync_reply_status(struct eas_sync *sync, unsigned int status)
{
	struct wbxml_writer *w;

	if (status != EAS_SYNC_WAIT_RANGE && status != EAS_SYNC_TOO_MANY) {
		eas_reply_status(sync->req, status);
		return;
	}
	w = eas_reply_begin(sync->req, FALSE);
	wbxml_start(w, AS_Sync);
	wbxml_uint_tag(w, AS_Status, status);
	/* Wait is in minutes, as its limits are. */
	wbxml_uint_tag(w, AS_Limit, sync->limit);
	wbxml_end(w, AS_Sync);
	eas_reply_end(sync->req);
}

static void sync_unapply(struct eas_sync *sync)
{
	struct eas_sync_coll *coll;

	array_foreach_elem(&sync->colls, coll) {
		if (coll->ops != NULL &&
		    coll->ops->unapply != NULL)
			coll->ops->unapply(sync, coll);
	}
}

static void sync_close(struct eas_sync *sync)
{
	struct eas_sync_coll *coll;

	array_foreach_elem(&sync->colls, coll) {
		if (coll->folder != NULL)
			store_close(&coll->folder);
	}
}

static int sync_run(struct eas_sync *sync)
{
	unsigned int left = sync->window == 0 ? UINT_MAX : sync->window;
	struct eas_sync_coll *coll;

	array_foreach_elem(&sync->colls, coll) {
		if (coll_run(sync, coll, &left) < 0)
			return -1;
	}
	return 0;
}

static void sync_answer(struct eas_sync *sync)
{
	if (!sync_may_wait(sync)) {
		eas_sync_answer(sync);
	} else if (sync->req->service->resumed &&
		   eas_folders_unchanged(sync->req) == 0) {
		eas_reply_status(sync->req, EAS_SYNC_HIERARCHY_CHANGED);
	} else {
		sync_park(sync);
	}
}

/* TRUE: answered */
static bool sync_try(struct eas_request *req)
{
	struct eas_sync sync = { .req = req };
	unsigned int status;
	int ret;

	if ((status = eas_sync_request_parse(&sync)) != 0) {
		sync_reply_status(&sync, status);
		return TRUE;
	}
	if (sync_run(&sync) < 0) {
		eas_reply_store_error(req);
		sync_unapply(&sync);
		sync_close(&sync);
		return TRUE;
	}
	ret = sync_commit(&sync);
	if (ret < 0)
		eas_reply_store_error(req);
	if (ret <= 0)
		sync_unapply(&sync);
	else
		sync_answer(&sync);
	sync_close(&sync);
	return ret != 0;
}

void eas_cmd_sync(struct eas_request *req)
{
	for (unsigned int i = 0; i < SYNC_RACE_RETRIES; i++) {
		if (sync_try(req))
			return;
		e_debug(req->event, "Sync raced with another of device %s",
			req->device_id);
	}
	eas_reply_status(req, EAS_SYNC_RETRY);
}
