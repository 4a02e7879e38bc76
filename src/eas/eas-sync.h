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

struct eas_sync_coll {
	/* --- request --- */
	const char *id, *key_str, *class;
	store_fid_t fid;
	enum eas_key_kind kind;
	struct eas_key key;
	bool get_changes_set, get_changes;
	unsigned int window;
	bool deletes_as_moves;
	bool options_given, supported_given;
	struct eas_sync_options opts;
	/* NULL: none */
	const struct wbxml_node *commands;
	/* What makes two requests with one key the same request */
	uint32_t hash;

	/* --- state --- */
	const struct store_folder_info *info;
	const unsigned char *raw;
	size_t raw_size;
	struct eas_sync_state state;
	/* What the client has, NULL: key 0 */
	struct eas_sync_generation *base;
	/* What it will have */
	struct eas_sync_generation next;
	struct store_folder *folder;

	/* --- outcome --- */
	enum eas_sync_outcome outcome;
	unsigned int status;
	/* Drafts saved by this request: taken back if it loses a race */
	ARRAY_TYPE(seq_range) saved;
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

/* eas-sync-apply.c: the client's commands, in order, onto coll->next and the
   store. 0, -1: store error before anything was done. */
int eas_sync_apply(struct eas_sync *sync, struct eas_sync_coll *coll);
/* Takes back what must not be there twice when the request starts over. */
void eas_sync_unapply(struct eas_sync *sync, struct eas_sync_coll *coll);

/* eas-sync-mail.c */
/* Opens coll->folder if it is not. 0 / -1 */
int eas_sync_open(struct eas_sync *sync, struct eas_sync_coll *coll);
/* Brings coll->next.todo up to date. 1, 0: the folder is another one (its ids
   are void), -1 store error. */
int eas_sync_mail_changes(struct eas_sync *sync, struct eas_sync_coll *coll);

/* At most max, or fewer so that the answer does not grow without bounds. */
unsigned int eas_sync_mail_budget(struct eas_sync *sync,
				  struct eas_sync_coll *coll, unsigned int max);

/* eas-sync.c */
/* coll->state and raw by coll->fid: 1, 0 none that is of use, -1 */
int eas_sync_read_state(struct eas_sync *sync, struct eas_sync_coll *coll);
/* Whether coll->next is another state than coll->base. */
bool eas_sync_state_changed(struct eas_sync *sync, struct eas_sync_coll *coll);
/* The row of an ADVANCED or QUIET collection */
void eas_sync_commit_coll(struct eas_sync *sync, struct eas_sync_coll *coll,
			  struct store_state_txn *txn);

/* eas-sync-probe.c: what a Sync would tell, without telling it: for Ping and
   GetItemEstimate. */
enum eas_sync_probe {
	EAS_SYNC_PROBE_ERROR = -1,
	/* No Sync with key 0 yet */
	EAS_SYNC_PROBE_UNPRIMED = 0,
	EAS_SYNC_PROBE_BAD_KEY,
	EAS_SYNC_PROBE_OK,
};
/* key NULL: what the client has last. opts NULL: the sticky ones. listed_r
   (may be NULL): the client has asked for the folder's contents. */
enum eas_sync_probe
eas_sync_probe(struct eas_request *req, const struct store_folder_info *info,
	       const char *key, const struct eas_sync_options *opts,
	       unsigned int *count_r, bool *listed_r);

/* eas-sync-answer.c: streams the whole answer. */
void eas_sync_answer(struct eas_sync *sync);

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
