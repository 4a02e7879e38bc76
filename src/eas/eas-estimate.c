/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetItemEstimate (MS-ASCMD 2.2.1.9) */

#include "eas-client.h"
#include "eas-sync.h"

#define ESTIMATE_MAX_COLLECTIONS 1000
#define FILTER_TYPE_MAX 8

enum estimate_status {
	ESTIMATE_OK = 1,
	ESTIMATE_BAD_COLLECTION = 2,
	ESTIMATE_UNPRIMED = 3,
	ESTIMATE_BAD_KEY = 4,
};

struct estimate_coll {
	const struct wbxml_node *node;
	const char *id, *class;
	/* NULL: there is no such folder, or it is not served */
	const struct store_folder_info *info;
	/* NULL: mail */
	const struct eas_class *item_class;
	unsigned int status, count;
	/* ConversationMode where there is no mail: MS-ASCMD 2.2.3.36.1 has 103
	   for the collection, MS-ASCON 3.2.5.2 has 4 for the command */
	bool no_conversations;
};

/* In 14.0 and later in Options, before beside it. 0 or the whole command's
   status (2.2.3.68.1) */
static unsigned int
estimate_parse_filter(const struct estimate_coll *coll,
		      struct eas_sync_probe_options *opts)
{
	const struct wbxml_node *options = wbxml_child(coll->node, AS_Options);
	unsigned int value = 0;
	int ret = wbxml_child_uint(coll->node, AS_FilterType, &value);

	if (ret == 0)
		ret = wbxml_child_uint(options, AS_FilterType, &value);
	if (ret < 0)
		return EAS_STATUS_INVALID_XML;
	if (value <= FILTER_TYPE_MAX &&
	    !eas_sync_filter_allowed(coll->item_class, value))
		return EAS_STATUS_SERVER_ERROR;
	opts->filter_type = value;
	opts->filter_given = ret > 0;
	return 0;
}

static unsigned int
estimate_parse_options(struct eas_request *req,
		       const struct estimate_coll *coll,
		       struct eas_sync_probe_options *opts_r)
{
	int ret;

	i_zero(opts_r);
	if (req->version >= EAS_VERSION_140) {
		ret = wbxml_child_bool(coll->node, AS_ConversationMode,
				       &opts_r->conversation_mode);
		if (ret < 0)
			return EAS_STATUS_INVALID_XML;
		opts_r->conversation_given = ret > 0;
	}
	return estimate_parse_filter(coll, opts_r);
}

/* 2.2.3.27.2: SMS goes with mail; any other combination fails as a whole. */
static bool estimate_classes_go_together(const struct wbxml_node *coll)
{
	const struct wbxml_node *node = wbxml_child(coll, AS_Options);
	unsigned int count = 0, others = 0;

	for (; node != NULL; node = wbxml_next_sibling(node), count++) {
		const char *class = wbxml_child_text(node, AS_Class);

		if (class != NULL && strcmp(class, "Email") != 0 &&
		    strcmp(class, "SMS") != 0)
			others++;
	}
	return count < 2 || others == 0;
}

static void estimate_find(struct eas_request *req, struct estimate_coll *coll)
{
	store_fid_t fid;

	if (!eas_collection_find(req, coll->id, &fid))
		return;
	coll->info = store_folder_find(req->store, fid);
	if (coll->info == NULL || coll->info->class == STORE_CLASS_MAIL)
		return;
	coll->item_class = eas_class_by_store(coll->info->class);
	if (coll->item_class == NULL || req->version < coll->item_class->since)
		coll->info = NULL;
}

static unsigned int estimate_count(struct eas_request *req,
				   struct estimate_coll *coll,
				   const struct eas_sync_probe_options *opts)
{
	const char *key = wbxml_child_text(coll->node, AS_SyncKey);

	if (coll->info != NULL && coll->info->class != STORE_CLASS_MAIL &&
	    opts->conversation_given) {
		coll->no_conversations = TRUE;
		return EAS_STATUS_INVALID_XML;
	}
	if (coll->info == NULL ||
	    (strcmp(coll->id, EAS_RECIPIENT_CACHE_ID) != 0 &&
	     wbxml_child(wbxml_child(coll->node, AS_Options),
			 AS_MaxItems) != NULL))
		return ESTIMATE_BAD_COLLECTION;
	if (key == NULL || *key == '\0')
		return ESTIMATE_BAD_KEY;
	if (strcmp(key, "0") == 0)
		return ESTIMATE_UNPRIMED;
	switch (eas_sync_probe(req, coll->info, key, opts, &coll->count, NULL)) {
	case EAS_SYNC_PROBE_ERROR:
		return eas_store_status(req, eas_error_map_common);
	case EAS_SYNC_PROBE_UNPRIMED:
	case EAS_SYNC_PROBE_BAD_KEY:
		return ESTIMATE_BAD_KEY;
	case EAS_SYNC_PROBE_OK:
		break;
	}
	return ESTIMATE_OK;
}

/* 0, or the whole command's status */
static unsigned int estimate_coll(struct eas_request *req,
				  struct estimate_coll *coll)
{
	struct eas_sync_probe_options opts;
	unsigned int status;

	coll->id = wbxml_child_text(coll->node, GIE_CollectionId);
	/* Code page 0 in old versions, and in clients that mix them up */
	if (coll->id == NULL)
		coll->id = wbxml_child_text(coll->node, AS_CollectionId);
	coll->class = wbxml_child_text(coll->node, GIE_Class);
	if (coll->class == NULL)
		coll->class = wbxml_child_text(coll->node, AS_Class);
	if (coll->id == NULL || *coll->id == '\0')
		return EAS_STATUS_INVALID_XML;
	estimate_find(req, coll);
	if ((status = estimate_parse_options(req, coll, &opts)) != 0)
		return status;
	if (!estimate_classes_go_together(coll->node))
		return ESTIMATE_BAD_KEY;
	if (opts.filter_given && opts.filter_type > FILTER_TYPE_MAX) {
		/* This collection's fault (2.2.3.68.1), where the status can
		   say so */
		if (req->version < EAS_VERSION_140)
			return EAS_STATUS_INVALID_XML;
		coll->status = EAS_STATUS_INVALID_XML;
		return 0;
	}
	coll->status = estimate_count(req, coll, &opts);
	return 0;
}

static void estimate_write(struct eas_request *req,
			   const struct estimate_coll *coll)
{
	struct wbxml_writer *w = req->writer;

	wbxml_start(w, GIE_Response);
	wbxml_uint_tag(w, GIE_Status, coll->status);
	if (coll->status == ESTIMATE_OK) {
		wbxml_start(w, GIE_Collection);
		/* not in 12.1's schema (6.20) */
		if (req->version < EAS_VERSION_121)
			wbxml_text_tag_opt(w, GIE_Class, coll->class);
		wbxml_text_tag(w, GIE_CollectionId, coll->id);
		wbxml_uint_tag(w, GIE_Estimate, coll->count);
		wbxml_end(w, GIE_Collection);
	}
	wbxml_end(w, GIE_Response);
}

void eas_cmd_get_item_estimate(struct eas_request *req)
{
	const struct wbxml_node *node;
	ARRAY(struct estimate_coll) colls;
	struct estimate_coll *coll;
	unsigned int status;

	node = wbxml_child(wbxml_child(req->root, GIE_Collections),
			   GIE_Collection);
	if (node == NULL) {
		eas_reply_status(req, EAS_STATUS_INVALID_XML);
		return;
	}
	p_array_init(&colls, req->pool, 8);
	for (; node != NULL; node = wbxml_next_sibling(node)) {
		coll = array_append_space(&colls);
		coll->node = node;
		status = array_count(&colls) > ESTIMATE_MAX_COLLECTIONS ?
			EAS_STATUS_INVALID_XML : estimate_coll(req, coll);
		if (status != 0) {
			eas_reply_status(req, status);
			return;
		}
	}
	eas_reply_begin(req, FALSE);
	wbxml_start(req->writer, GIE_GetItemEstimate);
	array_foreach_modifiable(&colls, coll) {
		if (coll->no_conversations) {
			wbxml_uint_tag(req->writer, GIE_Status,
				       ESTIMATE_BAD_KEY);
			break;
		}
	}
	array_foreach_modifiable(&colls, coll)
		estimate_write(req, coll);
	wbxml_end(req->writer, GIE_GetItemEstimate);
	eas_reply_end(req);
}
