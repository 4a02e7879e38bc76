/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_SYNC_STATE_H
#define EAS_SYNC_STATE_H

#include "eas-class.h"
#include "eas-key.h"

/* What the server knows about one collection on one device.

   A generation is what the client has once it has taken the answer with that
   key.  Two are kept: the newest, whose key went out last, and the one before
   it, from which the client may come again because it never got that answer.
   The newest also holds what its answer contained, so that a repeated request
   gets the same answer. */

enum eas_sync_conflict {
	EAS_SYNC_CLIENT_WINS = 0,
	EAS_SYNC_SERVER_WINS = 1,
};

/* Sticky options (MS-ASCMD 2.2.3.125.6) */
struct eas_sync_options {
	unsigned int filter_type;
	enum eas_sync_conflict conflict;
	bool conversation_mode;
	struct eas_body_options body;
};

enum eas_sync_op {
	EAS_SYNC_ADD = 1,
	EAS_SYNC_CHANGE,
	EAS_SYNC_DELETE,
	EAS_SYNC_FETCH,
};

struct eas_sync_attachment {
	const char *client_id, *file_reference;
};

/* What one operation of the client came to. Of successful changes and deletes
   only those with attachments are kept: others are not answered. */
struct eas_sync_result {
	enum eas_sync_op op;
	unsigned int status;
	/* of Add; "" */
	const char *client_id;
	/* as the client sent it, or the new one of an Add; "": none */
	const char *server_id;
	/* of an occurrence (16.x), as the client sent it; "": none */
	const char *instance_id;
	ARRAY(struct eas_sync_attachment) attachments;
};
ARRAY_DEFINE_TYPE(eas_sync_result, struct eas_sync_result);

/* A message whose object id is not (id space of the folder, UID). */
struct eas_sync_alias {
	uint32_t uid;
	struct store_oid oid;
};

/* UIDs of one answer, or still to be told, by what is told of them. */
struct eas_sync_sets {
	ARRAY_TYPE(seq_range) add, change, full, gone, soft;
	/* Of change, those of which only this is told (MS-ASEMAIL 3.2.5.3);
	   those in none of these: everything that a Change can tell */
	ARRAY_TYPE(seq_range) seen, flagged, keywords;
};

struct eas_sync_generation {
	struct eas_key key;
	struct eas_sync_options opts;
	/* Changes up to here are in the sets. idspace 0: not listed yet */
	struct store_point point;
	/* Beginning of the filter's window when it was last applied; 0: none */
	uint64_t filter_since;
	/* UIDs the client has. Those in todo.add are not among them, the others
	   of todo are. */
	ARRAY_TYPE(seq_range) known;
	struct eas_sync_sets todo;
	/* The client's own flag changes behind point: not told to it */
	ARRAY_TYPE(store_changed) own;
	ARRAY(struct eas_sync_alias) aliases;

	/* The answer that brought this key; only of the newest generation */
	uint32_t request_hash;
	bool answered_more;
	struct eas_sync_sets told;
	ARRAY_TYPE(eas_sync_result) results;
};

struct eas_sync_state {
	/* store_epoch() */
	uint64_t epoch;
	/* Of the request with key 0; items only */
	struct eas_supported supported;
	bool have_prev;
	struct eas_sync_generation cur, prev;
};

/* "sync/12"; data stack */
const char *eas_sync_state_name(store_fid_t fid);

void eas_sync_sets_init(struct eas_sync_sets *sets, pool_t pool);
unsigned int eas_sync_sets_count(const struct eas_sync_sets *sets);
void eas_sync_generation_init(struct eas_sync_generation *gen, pool_t pool);
/* Everything but the told answer */
void eas_sync_generation_copy(struct eas_sync_generation *dest,
			      const struct eas_sync_generation *src,
			      pool_t pool);

void eas_sync_state_pack(const struct eas_sync_state *state, buffer_t *dest);
/* 0, or -1: not readable. Strings are copied to pool. */
int eas_sync_state_unpack(struct eas_sync_state *state, pool_t pool,
			  const void *data, size_t size);

/* Object id of a message as this client knows it. */
void eas_sync_oid(const struct eas_sync_generation *gen, uint32_t uid,
		  struct store_oid *oid_r);
void eas_sync_alias_set(struct eas_sync_generation *gen, uint32_t uid,
			const struct store_oid *oid);
void eas_sync_alias_remove(struct eas_sync_generation *gen, uint32_t uid);

/* Begin of the window of a filter type, 0: no limit. Steps, so that mail ages
   out now and then and not in each request. */
time_t eas_sync_filter_since(unsigned int filter_type, time_t now);

/* Moves up to max UIDs from todo to told: what leaves first, what changed, then
   the newest new ones; and makes known what the client will have.  Returns how
   many. */
unsigned int eas_sync_choose(struct eas_sync_generation *gen,
			     unsigned int max);
/* Adds what changed in the folder to todo. changes->added is what the filter
   shows. */
void eas_sync_merge_changes(struct eas_sync_generation *gen,
			    const struct store_changes *changes);
/* Everything about the message is to be told. */
void eas_sync_change_all(struct eas_sync_generation *gen, uint32_t uid);
/* What a Change in these sets tells of the message; 0: everything */
enum store_changed_what
eas_sync_sets_what(const struct eas_sync_sets *sets, uint32_t uid);
/* No news about messages that the client has given up. */
void eas_sync_drop(struct eas_sync_generation *gen,
		   const ARRAY_TYPE(seq_range) *uids);
/* Items change their times: takes out of changes what the filter does not show,
   before they are merged. What the client has of it leaves the client. visible:
   of those added and changed */
void eas_sync_filter_changes(struct eas_sync_generation *gen,
			     struct store_changes *changes,
			     const ARRAY_TYPE(seq_range) *visible);
/* Takes back what was lined up for UIDs that the filter does not show (any
   more) and lines up what it shows now. */
void eas_sync_apply_window(struct eas_sync_generation *gen,
			   const ARRAY_TYPE(seq_range) *visible);

#endif
