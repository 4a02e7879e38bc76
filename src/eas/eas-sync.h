/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_SYNC_H
#define EAS_SYNC_H

#include "eas.h"
#include "eas-sync-state.h"

/* MS-ASCMD 2.2.3.177.17 */
enum eas_sync_status {
	EAS_SYNC_OK = 1,
	EAS_SYNC_BAD_KEY = 3,
	EAS_SYNC_PROTOCOL_ERROR = 4,
	EAS_SYNC_SERVER_ERROR = 5,
	EAS_SYNC_INVALID_ITEM = 6,
	EAS_SYNC_CONFLICT = 7,
	EAS_SYNC_NOT_FOUND = 8,
	EAS_SYNC_NO_SPACE = 9,
	EAS_SYNC_HIERARCHY_CHANGED = 12,
	EAS_SYNC_INCOMPLETE = 13,
	EAS_SYNC_WAIT_RANGE = 14,
	EAS_SYNC_TOO_MANY = 15,
	EAS_SYNC_RETRY = 16,
};

#define EAS_SYNC_WINDOW_DEFAULT 100
#define EAS_SYNC_WINDOW_MAX 512
#define EAS_SYNC_MAX_OPS 200

/* What becomes of a collection in this answer */
enum eas_sync_outcome {
	/* Nothing to say (left out, or the same key once more) */
	EAS_SYNC_NOTHING,
	/* Nothing to say, but the state under the same key is better now */
	EAS_SYNC_QUIET,
	/* A new key */
	EAS_SYNC_ADVANCED,
	/* The last answer again */
	EAS_SYNC_REPLAY,
	/* status is not 1: no key */
	EAS_SYNC_FAILED,
};

struct eas_sync_kind;

struct eas_sync_coll {
	/* --- request --- */
	const char *id, *key_str, *class;
	store_fid_t fid;
	enum eas_key_kind kind;
	struct eas_key key;
	bool get_changes_set, get_changes;
	unsigned int window;
	bool deletes_as_moves;
	bool options_given;
	struct eas_supported supported;
	/* ConversationMode, which stands beside Options */
	bool conversation_given, conversation_mode;
	struct eas_sync_options opts;
	/* NULL: none */
	const struct wbxml_node *commands;
	/* What makes two requests with one key the same request */
	uint32_t hash;

	/* --- state --- */
	const struct store_folder_info *info;
	const struct eas_sync_kind *ops;
	/* NULL: mail */
	const struct eas_class *item_class;
	const unsigned char *raw;
	size_t raw_size;
	struct eas_sync_state state;
	/* What the client has, NULL: key 0 */
	struct eas_sync_generation *base;
	/* What it will have */
	struct eas_sync_generation next;
	/* of mail; NULL: not open */
	struct store_folder *folder;

	/* --- outcome --- */
	enum eas_sync_outcome outcome;
	unsigned int status;
	/* Drafts saved by this request: taken back if it loses a race */
	ARRAY_TYPE(seq_range) saved;
	/* Items that the client is told to have, and to delete next */
	ARRAY_TYPE(seq_range) ghosts;
	/* Items that were added otherwise than the client has them: it is told with
	   the next answer, when it knows their ids. */
	ARRAY_TYPE(seq_range) corrected;
	/* Items that could not be written into the answer: the client does not
	   have them. */
	ARRAY_TYPE(seq_range) unwritten;
	/* The state as it was committed; NULL: it was not */
	const buffer_t *committed;
};

struct eas_sync {
	struct eas_request *req;
	ARRAY(struct eas_sync_coll *) colls;
	/* Seconds to wait, 0: answer at once */
	unsigned int wait_secs;
	/* Global WindowSize */
	unsigned int window;
	bool partial, has_commands;
	/* Row of the cached request as it is, and as it is to be (NULL: gone) */
	const unsigned char *cached;
	size_t cached_size;
	buffer_t *cache_new;
	/* With status 14 and 15 */
	unsigned int limit;
};

/* eas-sync-request.c: reads the body, or the cached request. 0, or the status
   for the whole command. */
unsigned int eas_sync_request_parse(struct eas_sync *sync);

/* The answer being written: of one collection */
struct eas_sync_answer {
	struct eas_sync *sync;
	struct eas_sync_coll *coll;
	struct wbxml_writer *w;
	/* What is answered, and the options for it */
	const struct eas_sync_generation *gen;
	const struct eas_body_options *body;
};

/* What differs between folders of mail and folders of items. State, keys, replay
   and the choice of what is told are common: an item's number is for the state
   what a message's UID is. */
struct eas_sync_kind {
	/* ServerIds have id space 0 */
	bool items;
	/* Begin of the filter's window now, in steps; 0: no limit */
	time_t (*filter_since)(const struct eas_sync_coll *coll,
			       unsigned int filter_type);
	/* FALSE: look closer */
	bool (*unchanged)(struct eas_sync *sync, struct eas_sync_coll *coll,
			  const struct store_point *since);
	/* Brings coll->next.todo up to date. 1, 0: the folder is another one
	   (its ids are void), -1 store error. */
	int (*changes)(struct eas_sync *sync, struct eas_sync_coll *coll);
	/* At most max, or fewer so that the answer does not grow without
	   bounds. */
	unsigned int (*budget)(struct eas_sync *sync,
			       struct eas_sync_coll *coll, unsigned int max);
	/* Something was chosen to be told: 0 / -1 */
	int (*chosen)(struct eas_sync *sync, struct eas_sync_coll *coll);
	/* The client's commands, in order, onto coll->next and the store. 0,
	   -1: store error before anything was done. */
	int (*apply)(struct eas_sync *sync, struct eas_sync_coll *coll);
	/* Takes back what must not be there twice when the request starts
	   over; NULL: nothing. */
	void (*unapply)(struct eas_sync *sync, struct eas_sync_coll *coll);
	/* Change and Add of what is told */
	void (*write_news)(struct eas_sync_answer *an);
	/* The whole Fetch of Responses: 1, 0 there is no such thing */
	int (*write_fetch)(struct eas_sync_answer *an, const char *server_id);
};

/* MS-ASCMD 2.2.3.68; class NULL: mail */
bool eas_sync_filter_allowed(const struct eas_class *class,
			     unsigned int filter_type);

/* eas-sync-mail.c, eas-sync-apply.c, eas-sync-mail-answer.c */
extern const struct eas_sync_kind eas_sync_kind_mail;

/* What a store error means for one item (2.2.3.177.17) */
extern const struct eas_error_map eas_sync_item_errors[];
/* One operation of the client has come to this. The ids may be NULL. */
struct eas_sync_result *
eas_sync_result_add(struct eas_sync_coll *coll, enum eas_sync_op op,
		    unsigned int status, const char *client_id,
		    const char *server_id);

/* Sets ops and item_class from info; ops NULL: this folder is not served. */
void eas_sync_coll_kind(struct eas_sync *sync, struct eas_sync_coll *coll);

/* eas-sync-item.c, eas-sync-item-apply.c */
extern const struct eas_sync_kind eas_sync_kind_item;
int eas_sync_item_apply(struct eas_sync *sync, struct eas_sync_coll *coll);
void eas_sync_item_context(struct eas_sync *sync, struct eas_sync_coll *coll,
			   const struct eas_body_options *body,
			   struct eas_item_context *ctx_r);

/* Opens coll->folder if it is not. 0 / -1 */
int eas_sync_open(struct eas_sync *sync, struct eas_sync_coll *coll);
int eas_sync_mail_apply(struct eas_sync *sync, struct eas_sync_coll *coll);
void eas_sync_mail_unapply(struct eas_sync *sync, struct eas_sync_coll *coll);
void eas_sync_mail_write_news(struct eas_sync_answer *an);
int eas_sync_mail_write_fetch(struct eas_sync_answer *an,
			      const char *server_id);

/* eas-sync.c */
/* coll->state and raw by coll->fid: 1, 0 none that is of use, -1 */
int eas_sync_read_state(struct eas_sync *sync, struct eas_sync_coll *coll);
/* Whether coll->next is another state than coll->base. */
bool eas_sync_state_changed(struct eas_sync *sync, struct eas_sync_coll *coll);
/* The row of an ADVANCED or QUIET collection */
void eas_sync_commit_coll(struct eas_sync *sync, struct eas_sync_coll *coll,
			  struct store_state_txn *txn);

/* Takes out of the committed states what could not be written. */
void eas_sync_forget_unwritten(struct eas_sync *sync);

/* eas-sync-probe.c: what a Sync would tell, without telling it: for Ping and
   GetItemEstimate. */
enum eas_sync_probe {
	EAS_SYNC_PROBE_ERROR = -1,
	/* No Sync with key 0 yet */
	EAS_SYNC_PROBE_UNPRIMED = 0,
	EAS_SYNC_PROBE_BAD_KEY,
	EAS_SYNC_PROBE_OK,
};
/* What GetItemEstimate may ask other than the Sync before */
struct eas_sync_probe_options {
	bool filter_given, conversation_given;
	unsigned int filter_type;
	bool conversation_mode;
};
/* key NULL: what the client has last. opts NULL: the sticky ones. listed_r
   (may be NULL): the client has asked for the folder's contents. */
enum eas_sync_probe
eas_sync_probe(struct eas_request *req, const struct store_folder_info *info,
	       const char *key, const struct eas_sync_probe_options *opts,
	       unsigned int *count_r, bool *listed_r);

/* eas-sync-answer.c: streams the whole answer. */
void eas_sync_answer(struct eas_sync *sync);
/* ServerId as this client knows it (data stack) */
const char *eas_sync_answer_id(struct eas_sync_answer *an, uint32_t uid);
/* Options of a Fetch: it asks for the whole item (2.2.3.67.2). */
void eas_sync_fetch_options(struct eas_sync_answer *an,
			    struct eas_body_options *body_r);

/* eas-flag.c: MS-ASEMAIL Flag <-> \Flagged and the extra "flag" */
/* node: the <Flag> of a Change. flags_r: what becomes of \Flagged. value_r: the
   extra, NULL: none. 0, or Sync status 6. */
unsigned int eas_flag_parse(const struct wbxml_node *node,
			    struct store_flag_change *change_r,
			    const char **value_r);
#define EAS_EXTRA_FLAG "flag"
#define EAS_EXTRA_VERB "verb"
/* extra may be NULL */
void eas_flag_write(struct wbxml_writer *writer, bool flagged,
		    const char *extra);

#endif
