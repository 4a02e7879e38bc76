/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ping (MS-ASCMD 2.2.1.13): look, and if there is nothing, leave the front a
   record that holds every answer, so that a waiting phone costs no process. */

#include "eas-client.h"
#include "eas-sync.h"
#include "eas-folder-state.h"
#include "dovetail-bus.h"

#define PING_CACHE_NAME "ping"
#define PING_CACHE_FORMAT 1
#define PING_HEARTBEAT_MIN 60
#define PING_HEARTBEAT_MAX 3540
#define PING_MAX_FOLDERS 300

enum ping_status {
	PING_EXPIRED = 1,
	PING_CHANGED = 2,
	PING_MISSING = 3,
	PING_SYNTAX = 4,
	PING_HEARTBEAT = 5,
	PING_TOO_MANY = 6,
	PING_HIERARCHY = 7,
	PING_ERROR = 8,
};

struct ping_folder {
	const char *id;
	const struct store_folder_info *info;
	bool changed;
};

struct ping {
	struct eas_request *req;
	unsigned int heartbeat;
	ARRAY(struct ping_folder) folders;
	const unsigned char *cached;
	size_t cached_size;
	/* with PING_HEARTBEAT and PING_TOO_MANY */
	unsigned int limit;
};

/* --- request ------------------------------------------------------------------ */

static bool ping_has(const struct ping *ping, const char *id)
{
	const struct ping_folder *folder;

	array_foreach(&ping->folders, folder) {
		if (strcmp(folder->id, id) == 0)
			return TRUE;
	}
	return FALSE;
}

static unsigned int ping_parse_folders(struct ping *ping,
				       const struct wbxml_node *folders)
{
	const struct wbxml_node *node;
	struct ping_folder *folder;

	for (node = wbxml_child(folders, PING_Folder); node != NULL;
	     node = wbxml_next_sibling(node)) {
		const char *id = wbxml_child_text(node, PING_Id);

		/* 2.2.3.90: the same Id twice */
		if (id == NULL || *id == '\0' || ping_has(ping, id))
			return PING_SYNTAX;
		folder = array_append_space(&ping->folders);
		folder->id = id;
	}
	return 0;
}

static int ping_cache_read(struct ping *ping)
{
	struct eas_request *req = ping->req;
	int ret = store_state_get(req->store, req->device_key,
				  PING_CACHE_NAME, req->pool, &ping->cached,
				  &ping->cached_size);
	if (ret == 0)
		ping->cached = NULL;
	return ret;
}

/* Heartbeat and folders are each taken from the last Ping that had them. */
static void ping_cache_merge(struct ping *ping)
{
	struct eas_unpack in;
	bool need_folders = array_count(&ping->folders) == 0;
	unsigned int i, count;
	uint32_t heartbeat;

	eas_unpack_init(&in, ping->cached, ping->cached_size);
	if (ping->cached == NULL || eas_unpack_num(&in) != PING_CACHE_FORMAT)
		return;
	heartbeat = eas_unpack_num32(&in);
	if (ping->heartbeat == 0)
		ping->heartbeat = heartbeat;
	count = need_folders ? eas_unpack_count(&in, 1) : 0;
	for (i = 0; i < count && !in.failed; i++) {
		struct ping_folder *folder =
			array_append_space(&ping->folders);

		folder->id = eas_unpack_str(&in, ping->req->pool);
	}
}

static void ping_cache_write(struct ping *ping)
{
	struct eas_request *req = ping->req;
	buffer_t *buf = buffer_create_dynamic(req->pool, 64);
	const struct ping_folder *folder;
	struct store_state_txn *txn;

	eas_pack_num(buf, PING_CACHE_FORMAT);
	eas_pack_num(buf, ping->heartbeat);
	eas_pack_num(buf, array_count(&ping->folders));
	array_foreach(&ping->folders, folder)
		eas_pack_str(buf, folder->id);
	if (ping->cached != NULL && ping->cached_size == buf->used &&
	    memcmp(ping->cached, buf->data, buf->used) == 0)
		return;
	txn = store_state_begin(req->store);
	store_state_set(txn, req->device_key, PING_CACHE_NAME, buf->data,
			buf->used);
	if (store_state_commit(&txn) < 0)
		e_error(req->event, "Ping of device %s is not remembered",
			req->device_id);
}

/* 0, or the status */
static unsigned int ping_check_limits(struct ping *ping)
{
	struct eas_request *req = ping->req;
	unsigned int min = eas_setting_uint(req, "heartbeat_min",
					    PING_HEARTBEAT_MIN);
	unsigned int max = eas_setting_uint(req, "heartbeat_max",
					    PING_HEARTBEAT_MAX);

	if (ping->heartbeat < min || ping->heartbeat > max) {
		ping->limit = ping->heartbeat < min ? min : max;
		return PING_HEARTBEAT;
	}
	ping->limit = eas_setting_uint(req, "ping_max_folders",
				       PING_MAX_FOLDERS);
	return array_count(&ping->folders) > ping->limit ? PING_TOO_MANY : 0;
}

/* 1 if given, -1 if it is not a number. A negative one is merely too short. */
static int ping_parse_heartbeat(struct ping *ping,
				const struct wbxml_node *root)
{
	const char *text = wbxml_child_text(root, PING_HeartbeatInterval);
	unsigned int below;

	if (text != NULL && text[0] == '-' &&
	    str_to_uint(text + 1, &below) == 0) {
		ping->heartbeat = 0;
		return 1;
	}
	return wbxml_child_uint(root, PING_HeartbeatInterval, &ping->heartbeat);
}

static unsigned int ping_parse(struct ping *ping)
{
	const struct wbxml_node *root = ping->req->root;
	unsigned int status;
	int ret;

	p_array_init(&ping->folders, ping->req->pool, 8);
	if (ping_cache_read(ping) < 0)
		return PING_ERROR;
	/* The cached request is asked for without a body, not with an empty
	   one. */
	if (root != NULL && root->children == NULL)
		return PING_SYNTAX;
	ret = ping_parse_heartbeat(ping, root);
	if (ret < 0)
		return PING_SYNTAX;
	if ((status = ping_parse_folders(ping,
			wbxml_child(root, PING_Folders))) != 0)
		return status;
	/* A heartbeat of 0 was sent, and is out of range. */
	if (ret > 0 && ping->heartbeat == 0)
		return ping_check_limits(ping);
	ping_cache_merge(ping);
	if (ping->heartbeat == 0 || array_count(&ping->folders) == 0)
		return PING_MISSING;
	return ping_check_limits(ping);
}

/* --- look ------------------------------------------------------------------------ */

/* 0, or the status that ends the Ping. Folders that were never synchronised are
   dropped: a phone would ask for them again and again. */
static unsigned int ping_look_at(struct ping *ping, struct ping_folder *folder)
{
	struct store *store = ping->req->store;
	const struct store_folder_info *info;
	store_fid_t fid;
	unsigned int count;
	bool listed = FALSE;

	if (!eas_collection_find(ping->req, folder->id, &fid))
		return 0;
	if ((info = store_folder_find(store, fid)) == NULL)
		return PING_HIERARCHY;
	if (!info->selectable)
		return 0;
	switch (eas_sync_probe(ping->req, info, NULL, NULL, &count, &listed)) {
	case EAS_SYNC_PROBE_ERROR:
		return store_last_error(store, NULL) == STORE_ERROR_NOTFOUND ?
			PING_HIERARCHY : PING_ERROR;
	case EAS_SYNC_PROBE_UNPRIMED:
	case EAS_SYNC_PROBE_BAD_KEY:
		return 0;
	case EAS_SYNC_PROBE_OK:
		break;
	}
	if (listed) {
		folder->info = info;
		folder->changed = count > 0;
	}
	return 0;
}

static unsigned int ping_look(struct ping *ping)
{
	struct ping_folder *folder;
	unsigned int status;
	bool changed = FALSE;
	int ret;

	if ((ret = eas_folders_unchanged(ping->req)) <= 0)
		return ret < 0 ? PING_ERROR : PING_HIERARCHY;
	array_foreach_modifiable(&ping->folders, folder) {
		if ((status = ping_look_at(ping, folder)) != 0)
			return status;
		changed = changed || folder->changed;
	}
	return changed ? PING_CHANGED : 0;
}

/* --- answer ----------------------------------------------------------------------- */

static void ping_write(struct ping *ping, unsigned int status,
		       const struct ping_folder *only)
{
	struct wbxml_writer *w = ping->req->writer;
	const struct ping_folder *folder;

	wbxml_start(w, PING_Ping);
	wbxml_uint_tag(w, PING_Status, status);
	if (status == PING_CHANGED) {
		wbxml_start(w, PING_Folders);
		array_foreach(&ping->folders, folder) {
			if (only == NULL ? folder->changed : folder == only)
				wbxml_text_tag(w, PING_Folder, folder->id);
		}
		wbxml_end(w, PING_Folders);
	}
	if (status == PING_TOO_MANY)
		wbxml_uint_tag(w, PING_MaxFolders, ping->limit);
	if (status == PING_HEARTBEAT)
		wbxml_uint_tag(w, PING_HeartbeatInterval, ping->limit);
	wbxml_end(w, PING_Ping);
}

static void ping_reply(struct ping *ping, unsigned int status)
{
	service_log(ping->req->service, "easstatus", dec2str(status));
	eas_reply_begin(ping->req, FALSE);
	ping_write(ping, status, NULL);
	eas_reply_end(ping->req);
}

static const buffer_t *ping_prepare(struct ping *ping, unsigned int status,
				    const struct ping_folder *only)
{
	eas_reply_begin_buffer(ping->req);
	ping_write(ping, status, only);
	return eas_reply_take(ping->req);
}

static void ping_set_answer(struct service_watch *watch, const buffer_t *buf)
{
	watch->answer = buf->data;
	watch->answer_size = buf->used;
}

static void ping_park(struct ping *ping, unsigned int seconds)
{
	static const char *const headers[] = {
		"MS-Server-ActiveSync", EAS_SERVER_VERSION,
		"Cache-Control", "private", NULL
	};
	struct service_park park;
	ARRAY(struct service_watch) watches;
	const struct ping_folder *folder;
	struct service_watch *watch;
	const buffer_t *timeout;

	p_array_init(&watches, ping->req->pool,
		     array_count(&ping->folders) + 1);
	array_foreach(&ping->folders, folder) {
		if (folder->info == NULL)
			continue;
		watch = array_append_space(&watches);
		watch->owner = folder->info->owner;
		guid_128_copy(watch->guid, folder->info->guid);
		watch->events = BUS_EVENT_UNKNOWN |
			(folder->info->class == STORE_CLASS_MAIL ?
			 BUS_EVENTS_MESSAGES : BUS_EVENT_ATTRIBUTE);
		ping_set_answer(watch,
				ping_prepare(ping, PING_CHANGED, folder));
	}
	watch = array_append_space(&watches);
	watch->owner = store_username(ping->req->store);
	watch->events = BUS_EVENTS_FOLDERS;
	ping_set_answer(watch, ping_prepare(ping, PING_HIERARCHY, NULL));

	timeout = ping_prepare(ping, PING_EXPIRED, NULL);
	i_zero(&park);
	park.kind = SERVICE_PARK_ANSWER;
	park.seconds = seconds;
	park.name = "ping";
	park.watches = array_get(&watches, &park.watches_count);
	park.timeout_answer = timeout->data;
	park.timeout_answer_size = timeout->used;
	park.content_type = EAS_CONTENT_TYPE;
	park.headers = headers;
	service_park(ping->req->service, &park);
}

void eas_cmd_ping(struct eas_request *req)
{
	struct ping ping = { .req = req };
	unsigned int status, waited = req->service->waited_msecs / 1000;

	if ((status = ping_parse(&ping)) != 0) {
		ping_reply(&ping, status);
		return;
	}
	ping_cache_write(&ping);
	if ((status = ping_look(&ping)) != 0)
		ping_reply(&ping, status);
	else if (req->service->answer_now || waited >= ping.heartbeat)
		ping_reply(&ping, PING_EXPIRED);
	else
		ping_park(&ping, ping.heartbeat - waited);
}
