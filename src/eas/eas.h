/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_H
#define EAS_H

/* Internal to src/eas: one ActiveSync request, and what every command uses.

   A command is one row of eas_commands[] (eas-commands.c) and one handler.  When
   the handler runs, the version, device and policy were checked and the body,
   if there is one, is parsed.  The handler answers exactly once:
     eas_reply_status()            a status alone, in the command's own root
     eas_reply_http()              an HTTP error without a body
     eas_reply_empty()             200 without a body
     eas_reply_begin() ... eas_reply_end()   WBXML
   Nothing that depends on state leaves before store_state_commit(). */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dovetail-mime.h"
#include "dovetail-service.h"
#include "dovetail-store.h"
#include "dovetail-wbxml.h"

/* Protocol version * 10 */
enum eas_version {
	EAS_VERSION_25 = 25,
	EAS_VERSION_120 = 120,
	EAS_VERSION_121 = 121,
	EAS_VERSION_140 = 140,
	EAS_VERSION_141 = 141,
	EAS_VERSION_160 = 160,
	EAS_VERSION_161 = 161,
};

#define EAS_CONTENT_TYPE "application/vnd.ms-sync.wbxml"
#define EAS_CONTENT_TYPE_MULTIPART "application/vnd.ms-sync.multipart"
/* Server version told in MS-Server-ActiveSync (MS-ASHTTP 2.2.1.1.2.5) */
#define EAS_SERVER_VERSION "16.1"

/* Common status codes (MS-ASCMD 2.2.2); those below 101 belong to a command. */
enum eas_status {
	EAS_STATUS_OK = 1,
	EAS_STATUS_INVALID_CONTENT = 101,
	EAS_STATUS_INVALID_WBXML = 102,
	EAS_STATUS_INVALID_XML = 103,
	EAS_STATUS_INVALID_DATETIME = 104,
	EAS_STATUS_INVALID_IDS = 105,
	EAS_STATUS_INVALID_IDS_MIME = 106,
	EAS_STATUS_INVALID_MIME = 107,
	EAS_STATUS_DEVICE_ID = 108,
	EAS_STATUS_DEVICE_TYPE = 109,
	EAS_STATUS_SERVER_ERROR = 110,
	EAS_STATUS_RETRY_LATER = 111,
	EAS_STATUS_QUOTA = 113,
	EAS_STATUS_SEND_QUOTA = 115,
	EAS_STATUS_RECIPIENT_UNRESOLVED = 116,
	EAS_STATUS_REPLY_NOT_ALLOWED = 117,
	EAS_STATUS_PREVIOUSLY_SENT = 118,
	EAS_STATUS_NO_RECIPIENT = 119,
	EAS_STATUS_SUBMISSION_FAILED = 120,
	EAS_STATUS_REPLY_FAILED = 121,
	EAS_STATUS_ATTACHMENT_TOO_LARGE = 122,
	EAS_STATUS_USER_DISABLED = 126,
	EAS_STATUS_DEVICE_BLOCKED = 129,
	EAS_STATUS_ACCESS_DENIED = 130,
	EAS_STATUS_STATE_NOT_FOUND = 132,
	EAS_STATUS_COMMAND_UNSUPPORTED = 137,
	EAS_STATUS_VERSION_UNSUPPORTED = 138,
	EAS_STATUS_NOT_PROVISIONABLE = 139,
	EAS_STATUS_REMOTE_WIPE = 140,
	EAS_STATUS_LEGACY_DEVICE = 141,
	EAS_STATUS_NOT_PROVISIONED = 142,
	EAS_STATUS_POLICY_REFRESH = 143,
	EAS_STATUS_POLICY_KEY = 144,
	EAS_STATUS_EXTERNALLY_MANAGED = 145,
	EAS_STATUS_UNEXPECTED_CLASS = 147,
	EAS_STATUS_ITEM_NOT_FOUND = 150,
	EAS_STATUS_TOO_MANY_FOLDERS = 151,
	EAS_STATUS_MOVE_DISALLOWED = 155,
	EAS_STATUS_MOVE_INVALID_DEST = 156,
	EAS_STATUS_BODYPART_TYPE = 164,
	EAS_STATUS_DEVICE_INFO_REQUIRED = 165,
	EAS_STATUS_ACCOUNT_ID = 166,
	EAS_STATUS_SEND_DISABLED = 167,
	EAS_STATUS_IRM_DISABLED = 168,
	EAS_STATUS_NO_PICTURE = 173,
	EAS_STATUS_PICTURE_TOO_LARGE = 174,
	EAS_STATUS_PICTURE_LIMIT = 175,
	EAS_STATUS_MAX_DEVICES = 177,
	EAS_STATUS_MIME_BODY_COMBINATION = 178,
	EAS_STATUS_SMARTFORWARD_PARAMS = 179,
};

struct eas_request;
typedef void eas_handler_t(struct eas_request *req);

enum eas_body_rule {
	/* An empty body is HTTP 400. */
	EAS_BODY_REQUIRED,
	/* May be empty: req->root is NULL then. */
	EAS_BODY_OPTIONAL,
	/* The handler looks at Content-Type and reads req->service->body: as
	   WBXML with eas_request_parse_body(), or as MIME. */
	EAS_BODY_OWN,
};

enum eas_command_flags {
	/* Works before the policy was acknowledged, and is the way out of a
	   wipe: Provision (and the OPTIONS it needs). */
	EAS_COMMAND_NO_POLICY	= 0x01,
	/* May have DeviceInformation in its body. */
	EAS_COMMAND_TELLS_DEVICE = 0x02,
};

struct eas_command {
	const char *name;
	/* MS-ASHTTP 2.2.1.1.1.2.? command codes; -1: only by name */
	int code;
	enum eas_version since, until;
	eas_handler_t *handler;
	enum eas_body_rule body;
	enum eas_command_flags flags;
	/* Root element and its Status, for eas_reply_status() */
	wbxml_tag_t root, status;
};

const struct eas_command *eas_command_find(const char *name);
const struct eas_command *eas_command_find_code(unsigned int code);
/* "Sync,SendMail,...": those that version offers (0: all) */
const char *eas_command_list(void);

/* Query parameters besides those of the request itself; NULL: not given.
   (MS-ASHTTP 2.2.1.1.1.1.3 and 2.2.1.1.1.2.?) */
struct eas_params {
	const char *attachment_name, *collection_id, *item_id, *long_id;
	const char *occurrence, *parent_id, *collection_name;
	bool save_in_sent, accept_multipart;
};

struct eas_device;
struct eas_trace;

struct eas_request {
	struct service_request *service;
	pool_t pool;
	struct event *event;
	struct store *store;

	const struct eas_command *cmd;
	enum eas_version version;
	/* As the client claims; device_id is safe for keys (A-Za-z0-9._-). */
	const char *device_id, *device_type, *user_agent;
	/* "eas:<device_id>": for store_state_*() and store_device_*() */
	const char *device_key;
	unsigned int locale;
	bool policy_key_set;
	uint32_t policy_key;
	struct eas_params params;

	struct eas_device *device;
	/* NULL: this device is not traced (eas-trace.c) */
	struct eas_trace *trace;
	/* Send X-MS-RP and the lists of versions and commands. */
	bool tell_versions;

	struct wbxml_tree *tree;
	/* NULL: no body */
	const struct wbxml_node *root;

	/* Between eas_reply_begin() and _end() */
	struct wbxml_writer *writer;
	buffer_t *reply_buf;
	struct ostream *reply_output;
};

/* "2.5,12.0,...": what this client is offered (R41); data stack */
const char *eas_versions_offered(struct eas_request *req);

/* Reads and parses the body into req->tree and root (within limits).  Returns
   1, 0 when there is no body at all, -1 when it was answered already. */
int eas_request_parse_body(struct eas_request *req);

/* --- replies (eas-reply.c) ------------------------------------------------ */

/* 200 with WBXML.  stream: sent as it is written (chunked), for large answers;
   else gathered and sent at the end with its length, and can be dropped with
   eas_reply_abort().  Returns req->writer. */
struct wbxml_writer *eas_reply_begin(struct eas_request *req, bool stream);
void eas_reply_end(struct eas_request *req);
/* Forget what was gathered (not for stream). */
void eas_reply_abort(struct eas_request *req);
/* Bytes gathered in a buffer instead of answering (park answers): begin with
   this, then eas_reply_take(). */
struct wbxml_writer *eas_reply_begin_buffer(struct eas_request *req);
const buffer_t *eas_reply_take(struct eas_request *req);

/* <Cmd><Status>n</Status></Cmd>.  A common status (>= 101) that the version
   does not know yet (before 14.0) becomes its HTTP error. */
void eas_reply_status(struct eas_request *req, unsigned int status);
void eas_reply_http(struct eas_request *req, unsigned int status,
		    const char *reason);
void eas_reply_empty(struct eas_request *req);
/* HTTP status of a common status for versions before 14.0; 0: none */
unsigned int eas_status_http(unsigned int status, const char **reason_r);

/* --- store errors --------------------------------------------------------- */

/* A command's statuses for store errors; end with a row of status 0.  A row of
   STORE_ERROR_NONE is the one for all others. */
struct eas_error_map {
	enum store_error error;
	unsigned int status;
	/* Before 14.0; 0: the same */
	unsigned int status_old;
};
/* Status of store_last_error(). */
unsigned int eas_store_status(struct eas_request *req,
			      const struct eas_error_map *map);
/* Common statuses: 111, 113, 130, 150 */
extern const struct eas_error_map eas_error_map_common[];
/* The store failed before the command could say anything of its own:
   503, or status 111, 110. */
void eas_reply_store_error(struct eas_request *req);

/* --- ids (eas-ids.c) ------------------------------------------------------ */

/* CollectionId: folder number in decimal ("12").  ServerId of a message:
   "<CollectionId>:<idspace>.<uid>", hex ("12:3.1a2b"); of an item the id space
   is 0 and the other its number ("14:0.7f", see eas-class.h).  FileReference:
   "<ServerId>:<part_id>" ("12:3.1a2b:2.1"; ":0" is the message itself).  LongId:
   as ServerId.  All are parsed strictly, never are paths, and are authorised
   by the store when used. */
#define EAS_ID_MAX 64

/* Data stack */
const char *eas_collection_id(store_fid_t fid);
const char *eas_server_id(store_fid_t fid, const struct store_oid *oid);
const char *eas_file_reference(store_fid_t fid, const struct store_oid *oid,
			       const char *part_id);
/* FALSE: not an id of ours */
bool eas_collection_id_parse(const char *id, store_fid_t *fid_r);
bool eas_server_id_parse(const char *id, store_fid_t *fid_r,
			 struct store_oid *oid_r);
bool eas_file_reference_parse(const char *id, store_fid_t *fid_r,
			      struct store_oid *oid_r, const char **part_id_r);
/* By query or body id: the folder, open, and the message's UID in it (wherever
   it is now: a moved message is found). 1, 0 not found, -1 store error. */
int eas_item_open(struct eas_request *req, const char *server_id,
		  struct store_folder **folder_r, uint32_t *uid_r);
/* The one message; 1, 0 vanished, -1 error. Free with store_fetch_deinit. */
int eas_item_fetch(struct store_folder *folder, uint32_t uid,
		   enum store_want want, struct store_fetch **fetch_r,
		   struct store_msg **msg_r);

/* --- messages (eas-email.c, eas-body.c) ------------------------------------ */

/* Where a body's or attachment's bytes go in a multipart answer. Returns the
   number for <Part>; takes over input. */
typedef unsigned int eas_part_sink_t(void *context, struct istream *input,
				     const void *data, size_t size);

struct eas_body_options {
	/* BodyPreference, in the client's order (MS-ASAIRS 2.2.2.12) */
	struct mime_body_preference prefs[4];
	unsigned int prefs_count;
	/* BodyPartPreference (14.1) */
	bool body_part;
	struct mime_body_preference body_part_pref;
	/* MIMESupport; MIMETruncation and Truncation in bytes */
	enum mime_support mime_support;
	bool mime_truncation_set, truncation_set;
	uoff_t mime_truncation, truncation;

	/* ItemOperations, Search: only these properties; NULL: all */
	const wbxml_tag_t *schema;
	unsigned int schema_count;
	/* ItemOperations: no body at all unless asked (Find, Search) */
	bool no_body;
	/* Multipart: NULL = inline */
	eas_part_sink_t *part_sink;
	void *part_context;
};

/* Defaults of a version: what is sent without any Options. */
void eas_body_options_init(struct eas_body_options *opts,
			   enum eas_version version);
/* The same without the text: its size, and the preview if one is asked for */
void eas_body_options_preview(const struct eas_body_options *opts,
			      struct eas_body_options *opts_r);
/* Reads the body elements out of an <Options> node (Sync, ItemOperations,
   Search: all use the same tags). Returns 0, or the status to answer:
   164 or 4 (a wrong value; commands map it). */
unsigned int eas_body_options_parse(enum eas_version version,
				    const struct wbxml_node *options,
				    struct eas_body_options *opts);

/* The message through src/convert; headers and structure come from the cache.
   Valid until the fetch moves on. NULL: unreadable (expunged), logged. */
struct mime_message *
eas_msg_open(struct eas_request *req, pool_t pool, struct store_msg *msg);
/* The same of bytes at hand */
struct mime_message *eas_stream_open(pool_t pool, struct istream *input);

/* All properties of the message in the version's order, without the element
   around them (ApplicationData, Properties).  Never fails because of what is in
   the message: what cannot be converted is replaced and logged.  Returns 1, 0
   if the message is gone (nothing, or too little was written: use marks), -1 if
   writing failed. */
int eas_email_write(struct eas_request *req, struct store_folder *folder,
		    struct store_msg *msg, const struct eas_body_options *opts,
		    struct wbxml_writer *writer);
/* Only what flags and extras say: Read, Flag, Categories, verbs; and of these
   only what changed, 0: all. */
int eas_email_write_flags(struct eas_request *req, struct store_folder *folder,
			  struct store_msg *msg, enum store_changed_what what,
			  struct wbxml_writer *writer);
/* The body's bytes into the innermost open element; takes over its stream. MIME
   arrives byte for byte, the others as clean text. */
void eas_body_write_content(const struct mime_body *body,
			    struct wbxml_writer *writer);
/* ASB Body of a message alone; as above */
int eas_body_write(struct eas_request *req, struct mime_message *mime,
		   const struct eas_body_options *opts,
		   struct wbxml_writer *writer);

/* The last verb (MS-ASEMAIL 2.2.2.43): marks for SmartReply and SmartForward */
enum eas_verb {
	EAS_VERB_REPLY = 1,
	EAS_VERB_REPLY_ALL = 2,
	EAS_VERB_FORWARD = 3,
};
/* Sets \Answered or $Forwarded and the verb with its time. */
int eas_verb_set(struct store_folder *folder, uint32_t uid, enum eas_verb verb,
		 time_t now);

/* ReplyTo separates addresses by semicolons (MS-ASEMAIL 2.2.2.65), the header
   field by commas (data stack). */
const char *eas_reply_to_format(const char *addresses);
const char *eas_reply_to_parse(const char *text);

/* "2026-11-22T15:33:26.000Z" (MS-ASDTYPE), data stack; parse: also the compact
   form. FALSE: no date. */
const char *eas_datetime(time_t t);
bool eas_datetime_parse(const char *str, time_t *time_r);

/* --- drafts of 16.x (eas-draft.c) ------------------------------------------ */

struct eas_draft_attachment {
	/* The client's ClientId of the ASB Add, and what it became */
	const char *client_id, *file_reference;
};
struct eas_draft_result {
	/* Sync status: 1, 5, 6, 8, ... or a common one */
	unsigned int status;
	/* Where the draft is now; 0: it was sent */
	uint32_t uid;
	bool sent;
	const struct eas_draft_attachment *attachments;
	unsigned int attachments_count;
};
/* command: the Sync <Add> or <Change> node, with ApplicationData and Send. add:
   a new message in the (drafts) folder. token: the same for a repetition of the
   same Add (device, collection, ClientId) or Change: a crash between save and
   commit must not double the draft or its attachments.  behind: somebody else
   changed it: status 7, unless it was this very Change.  Memory from req->pool. */
void eas_draft_add(struct eas_request *req, struct store_folder *folder,
		   const struct wbxml_node *command, const char *token,
		   struct eas_draft_result *result_r);
void eas_draft_change(struct eas_request *req, struct store_folder *folder,
		      uint32_t uid, const struct wbxml_node *command,
		      const char *token, bool behind,
		      struct eas_draft_result *result_r);

/* --- device (eas-device.c) -------------------------------------------------- */

enum eas_device_state {
	EAS_DEVICE_ALLOW = 0,
	EAS_DEVICE_BLOCK,
	EAS_DEVICE_QUARANTINE,
	/* RemoteWipe, AccountOnlyRemoteWipe: asked for, not confirmed */
	EAS_DEVICE_WIPE,
	EAS_DEVICE_ACCOUNT_WIPE,
	/* confirmed: stays out until the administrator removes the record */
	EAS_DEVICE_WIPED,
};

struct eas_device {
	/* No record yet (first contact) */
	bool is_new;
	/* Android's account check ("validate"): never gets a record */
	bool validate;
	enum eas_device_state state;
	/* 0: none acknowledged */
	uint32_t policy_key;
	/* Phase 1's key, waiting for its acknowledgement */
	uint32_t policy_key_pending;
	/* Hash of the policy that policy_key acknowledged */
	uint32_t policy_hash;
	/* All fields: name, value */
	ARRAY_TYPE(const_string) fields;
	bool changed;
};

/* Fills req->device. 0 / -1: store error */
int eas_device_load(struct eas_request *req);
/* The gate before every command: 0, or the status that refuses it. Makes the
   record of a new device. -1 in *status_r: store error. */
bool eas_device_allowed(struct eas_request *req, unsigned int *status_r);
/* Numbers the policy of the site: changes when a setting does. Never 0. */
uint32_t eas_policy_hash(struct eas_request *req);

/* NULL: none */
const char *eas_device_field(struct eas_request *req, const char *name);
void eas_device_set(struct eas_request *req, const char *name,
		    const char *value);
/* Writes the record if something changed. 0 / -1 */
int eas_device_save(struct eas_request *req);
/* A <Settings:DeviceInformation> node (of Settings or Provision): keeps its Set.
   Returns 1, or the status: 2 (protocol error). Call eas_device_save(). */
unsigned int eas_device_information(struct eas_request *req,
				    const struct wbxml_node *info);

/* --- settings --------------------------------------------------------------- */

/* dovetail_<name> of the user; default if unset or no number */
unsigned int eas_setting_uint(struct eas_request *req, const char *name,
			      unsigned int def);
/* The same for a time such as "30 s" */
unsigned int eas_setting_secs(struct eas_request *req, const char *name,
			      unsigned int def);
bool eas_setting_bool(struct eas_request *req, const char *name, bool def);

/* --- handlers ----------------------------------------------------------------- */

eas_handler_t eas_cmd_sync, eas_cmd_folder_sync, eas_cmd_folder_create,
	eas_cmd_folder_delete, eas_cmd_folder_update, eas_cmd_get_item_estimate,
	eas_cmd_ping, eas_cmd_provision;
/* the commands that need no state of their own */
eas_handler_t eas_cmd_send_mail, eas_cmd_smart_forward, eas_cmd_smart_reply,
	eas_cmd_get_attachment, eas_cmd_move_items, eas_cmd_meeting_response,
	eas_cmd_search, eas_cmd_find, eas_cmd_settings, eas_cmd_item_operations,
	eas_cmd_resolve_recipients, eas_cmd_validate_cert,
	eas_cmd_get_hierarchy;

#endif
