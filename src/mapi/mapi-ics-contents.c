/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The stream of a contents synchronisation (MS-OXCFXICS 2.2.4.3.2): changed messages
   one by one, then what is gone, read states, the new state. */

#include "mapi.h"
#include "mapi-ics.h"

/* Mail that is read in one pass */
#define PASS_MAX 16
/* Header of a change: what has its place in front (2.2.4.3.14) */
#define PROGRESS_VERSION 0

struct contents {
	struct mapi_ics_download download;	/* first */
	struct mapi_ics_plan plan;
	unsigned int next;
	/* One that could not be told: the sets are exact then */
	bool failed;

	/* The pass that is open: changes [next, pass_end) */
	struct store_folder *box;
	struct store_fetch *fetch;
	struct store_msg *msg;
	unsigned int pass_end;
};

static struct contents *contents_of(struct mapi_fx_source *source)
{
	return source->context;
}

static const struct mapi_ics_change *
change_at(struct contents *c, unsigned int i)
{
	return array_idx(&c->plan.changes, i);
}

/* --- passes over mail ------------------------------------------------------------------- */

static void pass_close(struct contents *c)
{
	if (c->fetch != NULL)
		(void)store_fetch_deinit(&c->fetch);
	if (c->box != NULL)
		store_close(&c->box);
	c->msg = NULL;
	c->pass_end = c->next;
}

static void contents_pause(struct mapi_fx_source *source)
{
	pass_close(contents_of(source));
}

/* As many as go up (or down) by UID: a pass has no other order */
static void pass_extent(struct contents *c, bool *down_r)
{
	unsigned int count = array_count(&c->plan.changes), i = c->next + 1;
	const struct mapi_ics_change *prev = change_at(c, c->next), *change;

	*down_r = i < count && change_at(c, i)->num < prev->num;
	for (; i < count && i < c->next + PASS_MAX; i++) {
		change = change_at(c, i);
		if (change->source != MAPI_MSG_MAIL ||
		    (change->num < prev->num) != *down_r)
			break;
		prev = change;
	}
	c->pass_end = i;
}

static uint32_t pass_open(struct mapi_rop *rop, struct contents *c)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, c->download.folder);
	ARRAY_TYPE(seq_range) uids;
	bool down;

	if (info == NULL)
		return ecObjectDeleted;
	if (store_open(rop->store, info->fid, &c->box) < 0)
		return mapi_store_error(rop);
	pass_extent(c, &down);
	T_BEGIN {
		t_array_init(&uids, 16);
		for (unsigned int i = c->next; i < c->pass_end; i++)
			seq_range_array_add(&uids, change_at(c, i)->num);
		c->fetch = store_fetch_init(c->box, &uids, STORE_WANT_FLAGS |
					    STORE_WANT_HEADERS |
					    STORE_WANT_STRUCTURE |
					    STORE_WANT_BODY |
					    STORE_WANT_SIZE, down);
	} T_END;
	return ecNone;
}

/* The message of the change that is next; NULL: it is gone */
static struct store_msg *pass_message(struct contents *c)
{
	const struct mapi_ics_change *change = change_at(c, c->next);

	if (c->msg == NULL && !store_fetch_next(c->fetch, &c->msg)) {
		c->msg = NULL;
		return NULL;
	}
	return store_msg_uid(c->msg) == change->num ? c->msg : NULL;
}

/* --- one change --------------------------------------------------------------------------- */

static void write_progress(struct fx_out *out, uint64_t size, bool associated)
{
	const struct mapi_prop props[] = {
		{ MAPI_TAG(0, PTYP_INTEGER32),
		  { .i = I_MIN(size, INT32_MAX) } },
		{ MAPI_TAG(0, PTYP_BOOLEAN), { .b = associated } },
	};

	fx_out_marker(out, MarkIncrSyncProgressPerMsg);
	for (unsigned int i = 0; i < N_ELEMENTS(props); i++)
		(void)fx_out_prop(out, &props[i]);
}

static void write_number(struct fx_out *out, mapi_tag_t tag, uint64_t number)
{
	struct mapi_prop prop = { .tag = tag };

	prop.v.i = number;
	(void)fx_out_prop(out, &prop);
}

/* messageChangeHeader */
static void write_header(struct mapi_rop *rop, struct contents *c,
			 struct fx_out *out,
			 const struct mapi_ics_change *change,
			 const struct mapi_fx_stored *stored)
{
	buffer_t *key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *change_key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *pcl = buffer_create_dynamic(rop->pool, 64);
	struct mapi_prop associated = { .tag = PidTagAssociated };
	uint32_t extra = c->download.config.extra;

	mapi_source_key(rop, rop->logon, change->id, key);
	mapi_version_keys(rop->logon, &change->version, change_key, pcl);
	fx_out_binary(out, PidTagSourceKey, key->data, key->used);
	mapi_fx_write_time(out, &stored->message.msg->props);
	fx_out_binary(out, PidTagChangeKey, change_key->data,
		      change_key->used);
	fx_out_binary(out, PidTagPredecessorChangeList, pcl->data, pcl->used);
	associated.v.b = change->associated;
	(void)fx_out_prop(out, &associated);
	if ((extra & ICS_EXTRA_EID) != 0)
		write_number(out, PidTagMid, change->id);
	if ((extra & ICS_EXTRA_MESSAGE_SIZE) != 0)
		write_number(out, PidTagMessageSize,
			     I_MIN(stored->size, INT32_MAX));
	if ((extra & ICS_EXTRA_CN) != 0)
		write_number(out, PidTagChangeNumber,
			     mapi_id(MAPI_REPLID_OWN, change->version.cn));
}

/* The time of the last modification stands in the header, and nowhere else */
static uint32_t write_change(struct mapi_rop *rop, struct contents *c,
			     struct fx_out *out,
			     const struct mapi_ics_change *change,
			     struct mapi_fx_stored *stored)
{
	stored->message.associated = change->associated;
	stored->message.id = change->id;
	if ((c->download.config.flags & ICS_PROGRESS) != 0)
		write_progress(out, stored->size, change->associated);
	fx_out_marker(out, MarkIncrSyncChg);
	write_header(rop, c, out, change, stored);
	fx_out_marker(out, MarkIncrSyncMessage);
	(void)mapi_bag_unset(&stored->message.msg->props,
			     PidTagLastModificationTime);
	return mapi_fx_write_message(rop, out, &stored->message,
				     change->associated ?
				     &c->download.fai_filter :
				     &c->download.filter);
}

/* It was told: from now on the client has it */
static void change_told(struct mapi_rop *rop, struct contents *c,
			const struct mapi_ics_change *change)
{
	struct mapi_ics_state *state = &c->download.final;
	const unsigned char *guid = rop->logon->replica_guid;

	mapi_ics_add_id(rop, rop->logon, &state->given, change->id);
	mapi_idset_add(change->associated ? &state->seen_fai : &state->seen,
		       guid, change->version.cn);
	if (change->version.read_cn != 0 &&
	    (c->download.config.flags & ICS_READ_STATE) != 0)
		mapi_idset_add(&state->read, guid, change->version.read_cn);
}

/* ExtendedErrorInfo (2.2.2.10), for clients that can go on behind one */
static void write_error(struct mapi_rop *rop, struct contents *c,
			struct fx_out *out,
			const struct mapi_ics_change *change, uint32_t error)
{
	buffer_t *info = buffer_create_dynamic(rop->pool, 96);

	mapi_out_u16(info, 0);
	mapi_out_u16(info, 0);
	mapi_out_u32(info, error);
	mapi_source_key(rop, rop->logon,
			mapi_folder_wire(rop, rop->logon, c->download.folder),
			info);
	mapi_out_u16(info, 0);
	mapi_source_key(rop, rop->logon, change->id, info);
	mapi_out_u16(info, 0);
	buffer_append_zero(info, 24);
	mapi_out_u32(info, 0);
	mapi_out_u32(info, 0);
	fx_out_marker(out, MarkFXErrorInfo);
	fx_out_binary(out, MAPI_TAG(0, PTYP_BINARY), info->data, info->used);
}

/* One that is gone is no fault; one that cannot be read is left out, and tried again
   the next time */
static void change_failed(struct mapi_rop *rop, struct mapi_fx_source *source,
			  const struct mapi_ics_change *change, uint32_t error)
{
	struct contents *c = contents_of(source);

	c->failed = TRUE;
	if (error == ecObjectDeleted)
		return;
	e_error(rop->env->event, "Message %"PRIx64" cannot be synchronised: %s",
		mapi_id_globcnt(change->id), mapi_error_name(error));
	if (source->recover)
		write_error(rop, c, &source->out, change, error);
}

static uint32_t open_change(struct mapi_rop *rop, struct contents *c,
			    const struct mapi_ics_change *change,
			    struct mapi_fx_stored *stored)
{
	struct mapi_msg_ref ref = { c->download.folder, change->source,
				    change->num };
	struct store_msg *msg;

	if (change->source != MAPI_MSG_MAIL)
		return mapi_fx_open(rop, rop->logon, &ref, stored);
	msg = pass_message(c);
	if (msg == NULL)
		return ecObjectDeleted;
	c->msg = NULL;
	return mapi_fx_open_mail(rop, rop->logon, c->download.folder, c->box,
				 msg, stored);
}

static void produce_in(struct mapi_rop *rop, struct mapi_fx_source *source,
		       const struct mapi_ics_change *change)
{
	struct contents *c = contents_of(source);
	struct mapi_fx_stored stored;
	struct fx_mark mark;
	uint32_t error = open_change(rop, c, change, &stored);

	if (error != ecNone) {
		change_failed(rop, source, change, error);
		return;
	}
	fx_out_mark(&source->out, &mark);
	source->out.names_context = rop;
	error = write_change(rop, c, &source->out, change, &stored);
	if (error != ecNone) {
		fx_out_unwind(&source->out, &mark);
		change_failed(rop, source, change, error);
	} else
		change_told(rop, c, change);
	mapi_fx_close(&stored);
}

static uint32_t produce_change(struct mapi_rop *rop,
			       struct mapi_fx_source *source)
{
	struct contents *c = contents_of(source);
	const struct mapi_ics_change *change = change_at(c, c->next);
	struct mapi_fx_sub sub;
	uint32_t error = ecNone;

	if (change->source == MAPI_MSG_MAIL && c->next >= c->pass_end) {
		pass_close(c);
		error = pass_open(rop, c);
	}
	if (error == ecNone)
		error = mapi_fx_sub_begin(rop, rop->logon, &sub);
	if (error != ecNone)
		return error;
	T_BEGIN {
		produce_in(&sub.rop, source, change);
	} T_END;
	mapi_fx_sub_end(&sub);
	c->next++;
	source->steps = c->next;
	return ecNone;
}

/* --- beginning and end ------------------------------------------------------------------------- */

/* ProgressInformation (2.2.2.7): sizes as the folder's messages have them on average */
static void write_total(struct mapi_rop *rop, struct contents *c,
			struct fx_out *out)
{
	unsigned int count = array_count(&c->plan.changes);
	struct store_folder_stat stat;
	struct store_place place;
	buffer_t *info = buffer_create_dynamic(rop->pool, 32);
	unsigned int normal = count - c->plan.fai_count;

	mapi_place(rop->logon, c->download.folder, &place);
	if (store_folder_stat(rop->store, &place, &stat) < 0)
		i_zero(&stat);
	mapi_out_u16(info, PROGRESS_VERSION);
	mapi_out_u16(info, 0);
	mapi_out_u32(info, c->plan.fai_count);
	mapi_out_u64(info, stat.associated == 0 ? 0 : stat.associated_size /
		     stat.associated * c->plan.fai_count);
	mapi_out_u32(info, normal);
	mapi_out_u32(info, 0);
	mapi_out_u64(info, stat.count == 0 ? 0 :
		     stat.size / stat.count * normal);
	fx_out_marker(out, MarkIncrSyncProgressMode);
	fx_out_binary(out, MAPI_TAG(0, PTYP_BINARY), info->data, info->used);
}

static uint32_t contents_plan(struct mapi_rop *rop,
			      struct mapi_fx_source *source)
{
	struct contents *c = contents_of(source);
	uint32_t error;

	if (c->download.initial.broken)
		return ecRpcFormat;
	T_BEGIN {
		error = mapi_ics_plan_make(rop, &c->download, rop->logon,
					   &c->plan);
	} T_END;
	if (error != ecNone)
		return error;
	c->download.planned = TRUE;
	mapi_ics_state_copy(&c->download.final, &c->download.initial);
	source->steps_total = array_count(&c->plan.changes);
	if ((c->download.config.flags & ICS_PROGRESS) != 0)
		write_total(rop, c, &source->out);
	return ecNone;
}

static void write_sets(struct fx_out *out, mapi_tag_t marker,
		       mapi_tag_t tag1, const struct mapi_idset *set1,
		       mapi_tag_t tag2, const struct mapi_idset *set2)
{
	if (mapi_idset_is_empty(set1) && mapi_idset_is_empty(set2))
		return;
	fx_out_marker(out, marker);
	if (!mapi_idset_is_empty(set1))
		mapi_ics_out_idset(out, tag1, set1);
	if (!mapi_idset_is_empty(set2))
		mapi_ics_out_idset(out, tag2, set2);
}

static void contents_final(struct mapi_rop *rop, struct contents *c)
{
	struct mapi_ics_state *state = &c->download.final;

	mapi_ics_forget(rop, rop->logon, &state->given, &c->plan.deleted);
	mapi_ics_forget(rop, rop->logon, &state->given,
			&c->plan.no_longer_in_scope);
	mapi_idset_merge(&state->read, &c->plan.read_cns);
	if (c->failed)
		return;
	mapi_idset_merge(&state->seen, &c->plan.covered);
	mapi_idset_merge(&state->seen_fai, &c->plan.covered_fai);
	mapi_idset_merge(&state->read, &c->plan.covered_read);
}

static void contents_finish(struct mapi_rop *rop,
			    struct mapi_fx_source *source)
{
	struct contents *c = contents_of(source);

	pass_close(c);
	write_sets(&source->out, MarkIncrSyncDel,
		   MetaTagIdsetDeleted, &c->plan.deleted,
		   MetaTagIdsetNoLongerInScope, &c->plan.no_longer_in_scope);
	write_sets(&source->out, MarkIncrSyncRead,
		   MetaTagIdsetRead, &c->plan.read,
		   MetaTagIdsetUnread, &c->plan.unread);
	contents_final(rop, c);
	mapi_ics_state_write(&c->download.final, &source->out);
	fx_out_marker(&source->out, MarkIncrSyncEnd);
	source->end = TRUE;
}

static uint32_t contents_produce(struct mapi_rop *rop,
				 struct mapi_fx_source *source)
{
	struct contents *c = contents_of(source);

	if (!c->download.planned)
		return contents_plan(rop, source);
	if (c->next < array_count(&c->plan.changes))
		return produce_change(rop, source);
	contents_finish(rop, source);
	return ecNone;
}

static void contents_free(struct mapi_fx_source *source)
{
	struct contents *c = contents_of(source);
	pool_t pool = c->download.pool;

	pass_close(c);
	mapi_ics_state_deinit(&c->download.initial);
	pool_unref(&pool);
}

static const struct mapi_fx_producer contents_producer = {
	.produce = contents_produce,
	.pause = contents_pause,
	.free = contents_free,
};

static void keep_restriction(struct contents *c, const struct mapi_blob *data)
{
	struct mapi_in in;

	if (data->size == 0)
		return;
	mapi_in_init(&in, MAPI_FORM_ROP, c->download.pool,
		     p_memdup(c->download.pool, data->data, data->size),
		     data->size);
	/* it was read before */
	if (mapi_in_restriction(&in, &c->download.restriction) < 0)
		c->download.restriction = NULL;
}

struct mapi_fx_source *
mapi_ics_contents_new(struct mapi_rop *rop, uint64_t folder,
		      const struct mapi_ics_config *config,
		      const struct mapi_blob *restriction)
{
	pool_t pool = pool_alloconly_create("mapi contents sync", 4096);
	struct contents *c = p_new(pool, struct contents, 1);
	struct mapi_fx_source *source;

	mapi_ics_download_init(&c->download, pool, folder, config);
	keep_restriction(c, restriction);
	source = mapi_fx_source_new(rop, &contents_producer, c,
				    config->send_options, rop->obj);
	source->ics = TRUE;
	return source;
}

struct mapi_ics_download *mapi_ics_download_of(struct mapi_object *obj)
{
	struct mapi_fx_source *source = (struct mapi_fx_source *)obj;

	if (obj->kind != MAPI_FX_SOURCE || !source->ics)
		return NULL;
	return source->context;
}
