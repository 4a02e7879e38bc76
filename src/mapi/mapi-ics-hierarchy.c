/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The stream of a hierarchy synchronisation (MS-OXCFXICS 2.2.4.3.5, 2.2.4.3.9): folders
   below the one that is synchronised, parents first. Search folders are not among
   them: each client makes its own. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-ics.h"

struct hierarchy {
	struct mapi_ics_download download;	/* first */
};

static struct mapi_ics_download *download_of(struct mapi_fx_source *source)
{
	return &((struct hierarchy *)source->context)->download;
}

/* What clients count by themselves, or what is of one moment only */
static bool never_told(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagContentCount):
	case MAPI_TAG_ID(PidTagContentUnreadCount):
	case MAPI_TAG_ID(PidTagAssociatedContentCount):
	case MAPI_TAG_ID(PidTagSubfolders):
	case MAPI_TAG_ID(PidTagHierRev):
	case MAPI_TAG_ID(PidTagFolderFlags):
	case MAPI_TAG_ID(PidTagDisplayName):
	case MAPI_TAG_ID(PidTagLastModificationTime):
		return TRUE;
	}
	return mapi_fx_never_sent(tag) || MAPI_TAG_ID(tag) >= MAPI_NAMED_FIRST;
}

/* --- one folder -------------------------------------------------------------------------- */

struct folder_change {
	const struct mapi_folder_info *info;
	mapi_id_t id;
	struct store_version version;
};

static void write_key(struct mapi_rop *rop, struct fx_out *out, mapi_tag_t tag,
		      mapi_id_t id)
{
	buffer_t *key = buffer_create_dynamic(rop->pool, 24);

	if (id != 0)
		mapi_source_key(rop, rop->logon, id, key);
	fx_out_binary(out, tag, key->data, key->used);
}

static void write_one(struct mapi_folder_reader *reader,
		      const struct mapi_folder_info *info, struct fx_out *out,
		      mapi_tag_t tag)
{
	struct mapi_prop prop;

	mapi_folder_read(reader, info, &tag, 1, &prop);
	(void)fx_out_prop(out, &prop);
}

/* Those that are required come first */
static void write_required(struct mapi_rop *rop,
			   struct mapi_ics_download *download,
			   struct mapi_folder_reader *reader,
			   struct fx_out *out,
			   const struct folder_change *change)
{
	buffer_t *key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *pcl = buffer_create_dynamic(rop->pool, 64);
	mapi_id_t parent = mapi_folder_wire(rop, rop->logon,
					    change->info->parent);
	struct mapi_prop prop;

	/* children of the folder that is synchronised have none */
	write_key(rop, out, PidTagParentSourceKey,
		  change->info->parent == download->folder ? 0 : parent);
	write_key(rop, out, PidTagSourceKey, change->id);
	write_one(reader, change->info, out, PidTagLastModificationTime);
	mapi_version_keys(rop->logon, &change->version, key, pcl);
	fx_out_binary(out, PidTagChangeKey, key->data, key->used);
	fx_out_binary(out, PidTagPredecessorChangeList, pcl->data, pcl->used);
	write_one(reader, change->info, out, PidTagDisplayName);
	i_zero(&prop);
	if ((download->config.extra & ICS_EXTRA_EID) != 0) {
		prop.tag = PidTagFolderId;
		prop.v.i = change->id;
		(void)fx_out_prop(out, &prop);
	}
	if ((download->config.flags & ICS_NO_FOREIGN_IDS) != 0) {
		prop.tag = PidTagParentFolderId;
		prop.v.i = parent;
		(void)fx_out_prop(out, &prop);
	}
}

static void write_rest(struct mapi_rop *rop,
		       struct mapi_ics_download *download,
		       struct mapi_folder_reader *reader, struct fx_out *out,
		       const struct mapi_folder_info *info)
{
	static const struct mapi_prop creator = { .tag = PrCreatorSid };
	struct mapi_object *obj =
		&mapi_folder_object(rop, rop->logon, info->oid)->obj;
	ARRAY_TYPE(mapi_tag) tags;
	const mapi_tag_t *tag;

	p_array_init(&tags, rop->pool, 64);
	obj->v->list(rop, obj, &tags);
	mapi_object_unref(&obj);
	array_foreach(&tags, tag) {
		if (!never_told(*tag) &&
		    mapi_fx_wanted(&download->filter, *tag))
			write_one(reader, info, out, *tag);
	}
	if (mapi_fx_wanted(&download->filter, PrCreatorSid))
		(void)fx_out_prop(out, &creator);
}

/* --- which --------------------------------------------------------------------------------- */

static bool is_row_of(const struct store_version_row *row,
		      const struct mapi_folder_info *info)
{
	return info->fid != 0 ? !row->special && row->num == info->fid :
		row->special && row->num == info->oid;
}

static void version_of(const ARRAY_TYPE(store_version_row) *rows,
		       const struct mapi_folder_info *info,
		       struct store_version *version_r)
{
	const struct store_version_row *row;

	array_foreach(rows, row) {
		if (is_row_of(row, info)) {
			*version_r = row->v;
			return;
		}
	}
	/* as it was from the beginning */
	i_zero(version_r);
	version_r->cn = info->oid;
}

static void add_below(const ARRAY_TYPE(mapi_folder_info) *folders,
		      uint64_t parent,
		      ARRAY_TYPE(mapi_folder_info) *below, unsigned int depth)
{
	const struct mapi_folder_info *info;

	/* a tree is not so deep, unless it is none */
	if (depth > 256)
		return;
	array_foreach(folders, info) {
		if (info->parent != parent || info->search ||
		    info->oid == parent)
			continue;
		array_push_back(below, info);
		add_below(folders, info->oid, below, depth + 1);
	}
}

static void write_folder(struct mapi_rop *rop,
			 struct mapi_ics_download *download,
			 struct mapi_folder_reader *reader, struct fx_out *out,
			 const struct folder_change *change)
{
	fx_out_marker(out, MarkIncrSyncChg);
	write_required(rop, download, reader, out, change);
	write_rest(rop, download, reader, out, change->info);
	mapi_ics_add_id(rop, rop->logon, &download->final.given, change->id);
	mapi_idset_add(&download->final.seen, rop->logon->replica_guid,
		       change->version.cn);
}

static void write_folders(struct mapi_rop *rop, struct mapi_fx_source *source,
			  const ARRAY_TYPE(mapi_folder_info) *below,
			  const ARRAY_TYPE(store_version_row) *rows,
			  struct mapi_idset *present)
{
	struct mapi_ics_download *download = download_of(source);
	const struct mapi_folder_info *info;
	struct mapi_folder_reader reader;
	struct folder_change change;

	mapi_folder_reader_init(&reader, rop, rop->logon);
	array_foreach(below, info) {
		change.info = info;
		change.id = mapi_folder_wire(rop, rop->logon, info->oid);
		mapi_ics_add_id(rop, rop->logon, present, change.id);
		version_of(rows, info, &change.version);
		if (!mapi_idset_contains(&download->initial.seen,
					 rop->logon->replica_guid,
					 change.version.cn)) T_BEGIN {
			write_folder(rop, download, &reader, &source->out,
				     &change);
			source->steps_total++;
		} T_END;
	}
}

/* --- the stream ---------------------------------------------------------------------------- */

static uint32_t write_gone(struct mapi_rop *rop, struct mapi_fx_source *source,
			   const struct mapi_idset *present)
{
	struct mapi_ics_download *download = download_of(source);
	struct mapi_idset gone;
	uint32_t error;

	if ((download->config.flags & ICS_NO_DELETIONS) != 0)
		return ecNone;
	mapi_idset_init(&gone, rop->pool, FALSE);
	error = mapi_ics_gone(rop, rop->logon, &download->initial.given,
			      present, &gone);
	if (error != ecNone || mapi_idset_is_empty(&gone))
		return error;
	fx_out_marker(&source->out, MarkIncrSyncDel);
	mapi_ics_out_idset(&source->out, MetaTagIdsetDeleted, &gone);
	mapi_ics_forget(rop, rop->logon, &download->final.given, &gone);
	return ecNone;
}

static uint32_t hierarchy_write(struct mapi_rop *rop,
				struct mapi_fx_source *source)
{
	struct mapi_ics_download *download = download_of(source);
	const ARRAY_TYPE(mapi_folder_info) *folders;
	ARRAY_TYPE(mapi_folder_info) below;
	ARRAY_TYPE(store_version_row) rows;
	struct mapi_idset present;
	struct store_place place;
	uint64_t changed_max, seq_max;
	uint32_t error;

	mapi_place(rop->logon, download->folder, &place);
	p_array_init(&below, rop->pool, 64);
	mapi_idset_init(&present, rop->pool, TRUE);
	if (store_view_versions(rop->store, rop->logon->view, rop->pool,
				&rows) < 0 ||
	    store_version_max(rop->store, &place, &changed_max,
			      &seq_max) < 0 ||
	    mapi_tree(rop, rop->logon, &folders) < 0)
		return mapi_store_error(rop);
	add_below(folders, download->folder, &below, 0);
	write_folders(rop, source, &below, &rows, &present);
	error = write_gone(rop, source, &present);
	if (error != ecNone)
		return error;
	mapi_ics_state_write(&download->final, &source->out);
	fx_out_marker(&source->out, MarkIncrSyncEnd);
	return ecNone;
}

static uint32_t hierarchy_produce(struct mapi_rop *rop,
				  struct mapi_fx_source *source)
{
	struct mapi_ics_download *download = download_of(source);
	uint32_t error;

	if (download->initial.broken)
		return ecRpcFormat;
	mapi_ics_state_copy(&download->final, &download->initial);
	T_BEGIN {
		error = hierarchy_write(rop, source);
	} T_END;
	source->steps = source->steps_total;
	source->end = error == ecNone;
	return error;
}

static void hierarchy_free(struct mapi_fx_source *source)
{
	struct mapi_ics_download *download = download_of(source);
	pool_t pool = download->pool;

	mapi_ics_state_deinit(&download->initial);
	pool_unref(&pool);
}

static const struct mapi_fx_producer hierarchy_producer = {
	.produce = hierarchy_produce,
	.free = hierarchy_free,
};

struct mapi_fx_source *
mapi_ics_hierarchy_new(struct mapi_rop *rop, uint64_t folder,
		       const struct mapi_ics_config *config)
{
	pool_t pool = pool_alloconly_create("mapi hierarchy sync", 2048);
	struct hierarchy *h = p_new(pool, struct hierarchy, 1);
	struct mapi_fx_source *source;

	mapi_ics_download_init(&h->download, pool, folder, config);
	source = mapi_fx_source_new(rop, &hierarchy_producer, h,
				    config->send_options, rop->obj);
	source->ics = TRUE;
	return source;
}
