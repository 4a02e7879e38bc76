/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The body of Sync: what is asked of each collection; empty and partial requests
   and the cached request behind them (MS-ASCMD 2.2.1.21.1, 2.2.3.130). */

#include "eas-client.h"
#include "eas-sync.h"
#include "crc32.h"

#define CACHE_NAME "sync-request"
#define CACHE_FORMAT 1
#define WAIT_MIN_MINUTES 1
#define WAIT_MAX_MINUTES 59
#define HEARTBEAT_MIN_SECS 60
#define HEARTBEAT_MAX_SECS 3540
#define MAX_COLLECTIONS 1000
#define MAX_SUPPORTED 500
#define FILTER_TYPE_MAX 8

static const char *const sync_classes[] = {
	"Email", "Calendar", "Contacts", "Tasks", "SMS", "Notes",
};

/* --- hash ---------------------------------------------------------------- */

/* Iterative: the tree's depth is the client's. */
static uint32_t node_hash(const struct wbxml_node *node, uint32_t hash)
{
	const struct wbxml_node *top = node;

	while (node != NULL) {
		hash = crc32_data_more(hash, &node->tag, sizeof(node->tag));
		hash = crc32_data_more(hash, &node->size, sizeof(node->size));
		hash = crc32_str_more(hash, node->text);
		if (node->children != NULL) {
			node = node->children;
			continue;
		}
		while (node != top && node->next == NULL)
			node = node->parent;
		node = node == top ? NULL : node->next;
	}
	return hash;
}

static void coll_hash(struct eas_sync_coll *coll,
		      const struct wbxml_node *options)
{
	uint32_t hash = crc32_str(coll->key_str);

	hash = crc32_data_more(hash, &coll->window, sizeof(coll->window));
	hash = crc32_data_more(hash, &coll->get_changes,
			       sizeof(coll->get_changes));
	hash = crc32_data_more(hash, &coll->conversation_mode,
			       sizeof(coll->conversation_mode));
	for (; options != NULL; options = wbxml_next_sibling(options))
		hash = node_hash(options, hash);
	if (coll->commands != NULL)
		hash = node_hash(coll->commands, hash);
	coll->hash = hash;
}

/* --- one collection --------------------------------------------------------- */

static bool class_is_known(const char *class)
{
	for (unsigned int i = 0; i < N_ELEMENTS(sync_classes); i++) {
		if (strcmp(sync_classes[i], class) == 0)
			return TRUE;
	}
	return FALSE;
}

static bool class_fits(const struct eas_sync_coll *coll, const char *class)
{
	if (class == NULL)
		return TRUE;
	if (coll->item_class != NULL)
		return strcmp(class, coll->item_class->name) == 0;
	return strcmp(class, "Email") == 0 || strcmp(class, "SMS") == 0;
}

/* Nobody writes to more people. */
#define MAX_RECIPIENTS 65535

/* FilterTypes of mail, a bit each; 6, 7, 8 are for calendars and tasks. */
#define FILTER_TYPES_MAIL 0x3f

bool eas_sync_filter_allowed(const struct eas_class *class,
			     unsigned int filter_type)
{
	unsigned int allowed = class == NULL ? FILTER_TYPES_MAIL :
		class->filter_types;

	/* A class that has no filters ignores them (2.2.3.68.2). */
	if (class != NULL && class->visible == NULL)
		return filter_type <= FILTER_TYPE_MAX;
	return filter_type <= FILTER_TYPE_MAX &&
		(allowed & (1U << filter_type)) != 0;
}

/* One Options block; the one for SMS only has to be well-formed, as there are no
   SMS. 0, or the status. */
static unsigned int
options_parse(struct eas_sync *sync, const struct eas_sync_coll *coll,
	      const struct wbxml_node *node, struct eas_sync_options *opts)
{
	unsigned int value;
	int ret;

	i_zero(opts);
	opts->conflict = EAS_SYNC_SERVER_WINS;
	eas_body_options_init(&opts->body, sync->req->version);
	if ((ret = wbxml_child_uint(node, AS_FilterType, &value)) != 0) {
		if (ret < 0 ||
		    !eas_sync_filter_allowed(coll->item_class, value))
			return EAS_SYNC_PROTOCOL_ERROR;
		opts->filter_type = value;
	}
	if ((ret = wbxml_child_uint(node, AS_Conflict, &value)) != 0) {
		if (ret < 0 || value > 1)
			return EAS_SYNC_PROTOCOL_ERROR;
		opts->conflict = value;
	}
	if (coll->item_class == &eas_class_recipients &&
	    (ret = wbxml_child_uint(node, AS_MaxItems, &value)) != 0) {
		if (ret < 0)
			return EAS_SYNC_PROTOCOL_ERROR;
		opts->filter_type = EAS_RECIPIENTS_FILTER +
			I_MIN(value, MAX_RECIPIENTS);
	}
	return eas_body_options_parse(sync->req->version, node, &opts->body);
}

static unsigned int
coll_parse_options(struct eas_sync *sync, struct eas_sync_coll *coll,
		   const struct wbxml_node *node)
{
	struct eas_sync_options opts;
	bool main_seen = FALSE, sms_seen = FALSE;
	unsigned int status;

	for (; node != NULL; node = wbxml_next_sibling(node)) {
		const char *class = wbxml_child_text(node, AS_Class);
		bool sms = class != NULL && strcmp(class, "SMS") == 0;
		bool *seen = sms ? &sms_seen : &main_seen;

		/* Twice the same class; classes that do not go with the
		   folder's */
		if (*seen || !class_fits(coll, class))
			return EAS_SYNC_PROTOCOL_ERROR;
		*seen = TRUE;
		if ((status = options_parse(sync, coll, node, &opts)) != 0)
			return status;
		if (!sms) {
			coll->options_given = TRUE;
			coll->opts = opts;
		}
	}
	return 0;
}

static unsigned int coll_count_ops(const struct wbxml_node *commands)
{
	const struct wbxml_node *node;
	unsigned int count = 0;

	for (node = commands == NULL ? NULL : commands->children;
	     node != NULL; node = node->next)
		count++;
	return count;
}

/* Without an id an operation cannot be answered. */
static bool commands_have_ids(const struct wbxml_node *commands)
{
	const struct wbxml_node *node;

	for (node = commands == NULL ? NULL : commands->children;
	     node != NULL; node = node->next) {
		const char *id = wbxml_child_text(node, node->tag == AS_Add ?
						  AS_ClientId : AS_ServerId);

		if (id == NULL || *id == '\0')
			return FALSE;
	}
	return TRUE;
}

static void coll_parse_window(const struct wbxml_node *node,
			      unsigned int *window)
{
	unsigned int value;

	if (wbxml_child_uint(node, AS_WindowSize, &value) <= 0)
		return;
	*window = value == 0 || value > EAS_SYNC_WINDOW_MAX ?
		EAS_SYNC_WINDOW_MAX : value;
}

/* Key 0 begins: there can be nothing to change or to be told yet. */
static unsigned int coll_check_key(struct eas_sync_coll *coll)
{
	coll->kind = eas_key_parse(coll->key_str, &coll->key);
	if (coll->kind != EAS_KEY_ZERO) {
		if (!coll->get_changes_set)
			coll->get_changes = TRUE;
		return 0;
	}
	if ((coll->get_changes_set && coll->get_changes) ||
	    coll->commands != NULL)
		return EAS_SYNC_PROTOCOL_ERROR;
	coll->get_changes = FALSE;
	return 0;
}

static unsigned int coll_check_class(struct eas_sync *sync,
				     struct eas_sync_coll *coll)
{
	if (coll->class == NULL)
		return 0;
	if (sync->req->version >= EAS_VERSION_140 ||
	    !class_is_known(coll->class))
		return EAS_SYNC_PROTOCOL_ERROR;
	return 0;
}

static struct eas_sync_coll *coll_new(struct eas_sync *sync)
{
	struct eas_sync_coll *coll =
		p_new(sync->req->pool, struct eas_sync_coll, 1);

	coll->window = EAS_SYNC_WINDOW_DEFAULT;
	coll->deletes_as_moves = TRUE;
	p_array_init(&coll->saved, sync->req->pool, 1);
	p_array_init(&coll->ghosts, sync->req->pool, 1);
	p_array_init(&coll->corrected, sync->req->pool, 1);
	p_array_init(&coll->unwritten, sync->req->pool, 1);
	return coll;
}

static void coll_find_folder(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	if (eas_collection_find(sync->req, coll->id, &coll->fid))
		coll->info = store_folder_find(sync->req->store, coll->fid);
	eas_sync_coll_kind(sync, coll);
}

static int supported_cmp(const wbxml_tag_t *a, const wbxml_tag_t *b)
{
	return (int)*a - (int)*b;
}

/* Of interest with key 0 only (2.2.3.179) */
static void coll_parse_supported(struct eas_sync *sync,
				 struct eas_sync_coll *coll,
				 const struct wbxml_node *node)
{
	const struct wbxml_node *child;

	if (node == NULL)
		return;
	coll->supported.given = TRUE;
	p_array_init(&coll->supported.tags, sync->req->pool, 64);
	for (child = node->children; child != NULL; child = child->next) {
		if (array_count(&coll->supported.tags) < MAX_SUPPORTED)
			array_push_back(&coll->supported.tags, &child->tag);
	}
	array_sort(&coll->supported.tags, supported_cmp);
}

/* 2.2.3.36.2: from 14.0 on, and for mail only */
static unsigned int
coll_parse_conversation(struct eas_sync *sync, struct eas_sync_coll *coll,
			const struct wbxml_node *node)
{
	int ret;

	if (sync->req->version < EAS_VERSION_140)
		return 0;
	ret = wbxml_child_bool(node, AS_ConversationMode,
			       &coll->conversation_mode);
	if (ret < 0)
		return EAS_SYNC_PROTOCOL_ERROR;
	coll->conversation_given = ret > 0;
	return ret > 0 && coll->info != NULL &&
		coll->info->class != STORE_CLASS_MAIL ?
		EAS_SYNC_PROTOCOL_ERROR : 0;
}

static unsigned int
coll_parse(struct eas_sync *sync, const struct wbxml_node *node,
	   struct eas_sync_coll *coll)
{
	const struct wbxml_node *options = wbxml_child(node, AS_Options);
	unsigned int status;
	int ret;

	coll->id = wbxml_child_text(node, AS_CollectionId);
	coll->key_str = wbxml_child_text(node, AS_SyncKey);
	coll->class = wbxml_child_text(node, AS_Class);
	if (coll->id == NULL || *coll->id == '\0' || coll->key_str == NULL ||
	    *coll->key_str == '\0' || strlen(coll->id) > EAS_ID_MAX)
		return EAS_SYNC_PROTOCOL_ERROR;
	coll->commands = wbxml_child(node, AS_Commands);
	/* An empty container is as none (MS-ASCMD, product behavior of 2.2.3.32) */
	if (coll->commands != NULL && coll->commands->children == NULL)
		coll->commands = NULL;
	if (!commands_have_ids(coll->commands))
		return EAS_SYNC_PROTOCOL_ERROR;
	coll_find_folder(sync, coll);
	coll_parse_supported(sync, coll, wbxml_child(node, AS_Supported));
	if (coll->supported.given && coll->item_class != NULL &&
	    coll->item_class->refuses_supported)
		return EAS_SYNC_PROTOCOL_ERROR;
	/* It is only read (2.2.3.7.2). */
	if (coll->item_class == &eas_class_recipients &&
	    coll->commands != NULL)
		return EAS_SYNC_PROTOCOL_ERROR;

	ret = wbxml_child_bool(node, AS_GetChanges, &coll->get_changes);
	coll->get_changes_set = ret > 0;
	if (ret < 0)
		return EAS_SYNC_PROTOCOL_ERROR;
	/* Empty means true here, too. */
	if (wbxml_child_bool(node, AS_DeletesAsMoves,
			     &coll->deletes_as_moves) < 0)
		return EAS_SYNC_PROTOCOL_ERROR;
	coll_parse_window(node, &coll->window);

	if ((status = coll_check_class(sync, coll)) != 0 ||
	    (status = coll_check_key(coll)) != 0 ||
	    (status = coll_parse_options(sync, coll, options)) != 0 ||
	    (status = coll_parse_conversation(sync, coll, node)) != 0)
		return status;
	coll_hash(coll, options);
	return 0;
}

static bool colls_have(struct eas_sync *sync, const char *id)
{
	struct eas_sync_coll *coll;

	array_foreach_elem(&sync->colls, coll) {
		if (strcmp(coll->id, id) == 0)
			return TRUE;
	}
	return FALSE;
}

static unsigned int colls_parse(struct eas_sync *sync,
				const struct wbxml_node *node)
{
	unsigned int status, ops = 0;

	for (; node != NULL; node = wbxml_next_sibling(node)) {
		struct eas_sync_coll *coll = coll_new(sync);

		if ((status = coll_parse(sync, node, coll)) != 0)
			return status;
		if (colls_have(sync, coll->id))
			return EAS_SYNC_PROTOCOL_ERROR;
		array_push_back(&sync->colls, &coll);
		if (coll->commands != NULL)
			sync->has_commands = TRUE;
		ops += coll_count_ops(coll->commands);
	}
	if (ops > EAS_SYNC_MAX_OPS)
		return EAS_SYNC_PROTOCOL_ERROR;
	sync->limit = eas_setting_uint(sync->req, "max_collections",
				       MAX_COLLECTIONS);
	return array_count(&sync->colls) > sync->limit ? EAS_SYNC_TOO_MANY : 0;
}

/* --- the request ------------------------------------------------------------ */

/* 0: in range; else the limit that was broken */
static unsigned int out_of_range(unsigned int value, unsigned int min,
				 unsigned int max)
{
	return value < min ? min : value > max ? max : 0;
}

static unsigned int wait_parse(struct eas_sync *sync,
			       const struct wbxml_node *root)
{
	unsigned int minutes, secs;
	int ret_wait = wbxml_child_uint(root, AS_Wait, &minutes);
	int ret_heartbeat = wbxml_child_uint(root, AS_HeartbeatInterval, &secs);

	if (ret_wait < 0 || ret_heartbeat < 0 ||
	    (ret_wait > 0 && ret_heartbeat > 0))
		return EAS_SYNC_PROTOCOL_ERROR;
	if (ret_wait > 0) {
		sync->limit = out_of_range(minutes, WAIT_MIN_MINUTES,
					   WAIT_MAX_MINUTES);
		if (sync->limit != 0)
			return EAS_SYNC_WAIT_RANGE;
		sync->wait_secs = minutes * 60;
	} else if (ret_heartbeat > 0) {
		sync->limit = out_of_range(secs,
			eas_setting_uint(sync->req, "heartbeat_min",
					 HEARTBEAT_MIN_SECS),
			eas_setting_uint(sync->req, "heartbeat_max",
					 HEARTBEAT_MAX_SECS));
		if (sync->limit != 0)
			return EAS_SYNC_WAIT_RANGE;
		sync->wait_secs = secs;
	}
	return 0;
}

/* --- cache ------------------------------------------------------------------- */

static void cache_pack(struct eas_sync *sync)
{
	buffer_t *buf = buffer_create_dynamic(sync->req->pool, 256);
	struct eas_sync_coll *coll;

	eas_pack_num(buf, CACHE_FORMAT);
	eas_pack_num(buf, sync->wait_secs);
	eas_pack_num(buf, sync->window);
	eas_pack_num(buf, array_count(&sync->colls));
	array_foreach_elem(&sync->colls, coll) {
		eas_pack_str(buf, coll->id);
		eas_pack_str(buf, coll->key_str);
		eas_pack_str(buf, coll->class == NULL ? "" : coll->class);
		eas_pack_num(buf, coll->window);
		eas_pack_num(buf, (coll->get_changes ? 1 : 0) |
			     (coll->deletes_as_moves ? 2 : 0) |
			     (coll->get_changes_set ? 4 : 0));
	}
	sync->cache_new = buf;
}

static void cache_unpack_coll(struct eas_sync *sync, struct eas_unpack *in)
{
	struct eas_sync_coll *coll = coll_new(sync);
	pool_t pool = sync->req->pool;
	uint32_t flags;

	coll->id = eas_unpack_str(in, pool);
	coll->key_str = eas_unpack_str(in, pool);
	coll->class = eas_unpack_str(in, pool);
	if (*coll->class == '\0')
		coll->class = NULL;
	coll->window = eas_unpack_num32(in);
	flags = eas_unpack_num32(in);
	coll->get_changes = (flags & 1) != 0;
	coll->deletes_as_moves = (flags & 2) != 0;
	coll->get_changes_set = (flags & 4) != 0;
	if (in->failed || colls_have(sync, coll->id))
		return;
	coll_find_folder(sync, coll);
	(void)coll_check_key(coll);
	coll_hash(coll, NULL);
	array_push_back(&sync->colls, &coll);
}

/* Fills in what the request left out. FALSE: nothing cached */
static bool cache_merge(struct eas_sync *sync)
{
	struct eas_unpack in;
	unsigned int i, count, value;

	eas_unpack_init(&in, sync->cached, sync->cached_size);
	if (sync->cached == NULL || eas_unpack_num(&in) != CACHE_FORMAT)
		return FALSE;
	value = eas_unpack_num32(&in);
	if (sync->wait_secs == 0)
		sync->wait_secs = value;
	value = eas_unpack_num32(&in);
	if (sync->window == 0)
		sync->window = value;
	count = eas_unpack_count(&in, 5);
	for (i = 0; i < count && !in.failed; i++)
		cache_unpack_coll(sync, &in);
	return !in.failed && count > 0;
}

static unsigned int cache_read(struct eas_sync *sync)
{
	struct eas_request *req = sync->req;
	int ret = store_state_get(req->store, req->device_key, CACHE_NAME,
				  req->pool, &sync->cached,
				  &sync->cached_size);
	if (ret < 0)
		return eas_store_status(req, eas_error_map_common);
	if (ret == 0)
		sync->cached = NULL;
	return 0;
}

static unsigned int parse_body(struct eas_sync *sync,
			       const struct wbxml_node *root)
{
	const struct wbxml_node *colls = wbxml_child(root, AS_Collections);
	const struct wbxml_node *node = wbxml_child(colls, AS_Collection);
	unsigned int status, window = 0;

	sync->partial = wbxml_child(root, AS_Partial) != NULL;
	coll_parse_window(root, &window);
	sync->window = window;
	if ((status = wait_parse(sync, root)) != 0)
		return status;
	if (node == NULL && !sync->partial)
		return EAS_SYNC_PROTOCOL_ERROR;
	return colls_parse(sync, node);
}

unsigned int eas_sync_request_parse(struct eas_sync *sync)
{
	struct eas_request *req = sync->req;
	unsigned int status;

	p_array_init(&sync->colls, req->pool, 8);
	if ((status = cache_read(sync)) != 0)
		return status;
	if (req->root != NULL) {
		if ((status = parse_body(sync, req->root)) != 0)
			return status;
	}
	if (req->root == NULL || sync->partial) {
		if (req->version < EAS_VERSION_121)
			return EAS_SYNC_PROTOCOL_ERROR;
		if (!cache_merge(sync))
			return EAS_SYNC_INCOMPLETE;
	}
	/* A request with changes is not one to repeat. */
	if (!sync->has_commands)
		cache_pack(sync);
	return 0;
}
