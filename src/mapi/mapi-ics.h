/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_ICS_H
#define MAPI_ICS_H

/* Incremental change synchronisation (MS-OXCFXICS 2.2.3.2, 3.2.5): what cached mode
   lives on. The client brings its state (which ids it has, which changes it has seen)
   and gets what is different; nothing is kept here about a client. */

#include "mapi-fx.h"

/* --- state (2.2.1.1) ---------------------------------------------------------------------- */

enum mapi_ics_what {
	MAPI_ICS_CONTENTS = 1,
	MAPI_ICS_HIERARCHY,
};

struct mapi_ics_state {
	pool_t pool;
	enum mapi_ics_what what;
	/* of a collector: IdsetGiven is the client's own matter */
	bool upload;
	struct mapi_idset given, seen, seen_fai, read;

	/* The property that is uploaded now; 0: none */
	mapi_tag_t tag;
	buffer_t *data;
	/* One was malformed: the context is of no use any more */
	bool broken;
};
void mapi_ics_state_init(struct mapi_ics_state *state_r, pool_t pool,
			 enum mapi_ics_what what, bool upload);
void mapi_ics_state_deinit(struct mapi_ics_state *state);
void mapi_ics_state_copy(struct mapi_ics_state *dest,
			 const struct mapi_ics_state *src);
/* UploadStateStream*; each a mapi_error */
uint32_t mapi_ics_state_begin(struct mapi_ics_state *state, mapi_tag_t tag,
			      uint32_t size);
uint32_t mapi_ics_state_continue(struct mapi_ics_state *state,
				 const void *data, size_t size);
uint32_t mapi_ics_state_end(struct mapi_ics_state *state);
/* IncrSyncStateBegin propList IncrSyncStateEnd */
void mapi_ics_state_write(const struct mapi_ics_state *state,
			  struct fx_out *out);

/* --- download ------------------------------------------------------------------------------- */

/* SynchronizationFlags (2.2.3.2.1.1.1) */
#define ICS_UNICODE		0x0001
#define ICS_NO_DELETIONS	0x0002
#define ICS_IGNORE_NO_LONGER_IN_SCOPE 0x0004
#define ICS_READ_STATE		0x0008
#define ICS_FAI			0x0010
#define ICS_NORMAL		0x0020
#define ICS_ONLY_SPECIFIED	0x0080
#define ICS_NO_FOREIGN_IDS	0x0100
#define ICS_BEST_BODY		0x2000
#define ICS_IGNORE_SPECIFIED_ON_FAI 0x4000
#define ICS_PROGRESS		0x8000
#define ICS_FLAGS_ALL		0xe1bf
/* SynchronizationExtraFlags; others are ignored */
#define ICS_EXTRA_EID		0x01
#define ICS_EXTRA_MESSAGE_SIZE	0x02
#define ICS_EXTRA_CN		0x04
#define ICS_EXTRA_ORDER_BY_TIME	0x08

struct mapi_ics_config {
	enum mapi_ics_what what;
	uint8_t send_options;
	uint16_t flags;
	uint32_t extra;
	/* NULL: none */
	const struct mapi_restriction *restriction;
	ARRAY_TYPE(mapi_tag) tags;
};

/* Everything of a download context but the stream; first member of what each kind
   has */
struct mapi_ics_download {
	pool_t pool;
	struct mapi_ics_config config;
	uint64_t folder;
	/* as the client brought it; as it is when all was downloaded */
	struct mapi_ics_state initial, final;
	struct mapi_fx_filter filter, fai_filter;
	const struct mapi_restriction *restriction;
	bool planned;
};

/* An object of the ids that streams and states are made of */
void mapi_ics_add_id(struct mapi_rop *rop, const struct mapi_logon *logon,
		     struct mapi_idset *set, mapi_id_t id);
/* Ids that the client has and that are not present any more, by REPLID */
uint32_t mapi_ics_gone(struct mapi_rop *rop, const struct mapi_logon *logon,
		       const struct mapi_idset *given,
		       const struct mapi_idset *present,
		       struct mapi_idset *gone_r);
/* final.given without what is gone; gone is by REPLID */
void mapi_ics_forget(struct mapi_rop *rop, const struct mapi_logon *logon,
		     struct mapi_idset *given, const struct mapi_idset *gone);
void mapi_ics_out_idset(struct fx_out *out, mapi_tag_t tag,
			const struct mapi_idset *set);

/* A context; the restriction is copied. */
struct mapi_fx_source *
mapi_ics_contents_new(struct mapi_rop *rop, uint64_t folder,
		      const struct mapi_ics_config *config,
		      const struct mapi_blob *restriction);
struct mapi_fx_source *
mapi_ics_hierarchy_new(struct mapi_rop *rop, uint64_t folder,
		       const struct mapi_ics_config *config);
/* NULL: no synchronisation context */
struct mapi_ics_download *mapi_ics_download_of(struct mapi_object *obj);
void mapi_ics_download_init(struct mapi_ics_download *download, pool_t pool,
			    uint64_t folder,
			    const struct mapi_ics_config *config);

/* --- what of a folder's contents is different (mapi-ics-plan.c) ----------------------------- */

struct mapi_ics_change {
	enum mapi_msg_source source;
	bool associated;
	uint32_t num;
	mapi_id_t id;
	struct store_version version;
};
ARRAY_DEFINE_TYPE(mapi_ics_change, struct mapi_ics_change);

struct mapi_ics_plan {
	/* of the plan */
	pool_t pool;
	/* in the order in which they are told */
	ARRAY_TYPE(mapi_ics_change) changes;
	unsigned int fai_count;
	/* by REPLID */
	struct mapi_idset deleted, no_longer_in_scope, read, unread;
	/* read_cn of what is in read and unread */
	struct mapi_idset read_cns;
	/* Change numbers that are seen when all changes were told, beside theirs:
	   also those of what is gone, so that the sets stay small (3.1.5.5) */
	struct mapi_idset covered, covered_fai, covered_read;
};
uint32_t mapi_ics_plan_make(struct mapi_rop *rop,
			    struct mapi_ics_download *download,
			    const struct mapi_logon *logon,
			    struct mapi_ics_plan *plan_r);

/* --- upload --------------------------------------------------------------------------------------- */

struct mapi_ics_collector {
	struct mapi_object obj;		/* parent: the folder */
	uint64_t folder;
	struct mapi_ics_state state;
};
struct mapi_object *
mapi_ics_collector_new(struct mapi_rop *rop, uint64_t folder,
		       enum mapi_ics_what what);
/* The change number of what was imported: the client has seen it */
void mapi_ics_collector_seen(struct mapi_ics_collector *collector,
			     bool associated, uint64_t cn);

/* What a client says of the version it imports; memory of whoever has it */
struct mapi_ics_version {
	mapi_id_t id;
	int64_t last_modified;
	struct mapi_blob change_key, pcl;
};
/* A version of ours that outlives what it was read into */
void mapi_ics_version_dup(pool_t pool, struct store_version *dest,
			  const struct store_version *src);
/* How the client's version stands to ours */
enum mapi_pcl_order
mapi_ics_compare(struct mapi_rop *rop, const struct mapi_logon *logon,
		 const struct store_version *ours,
		 const struct mapi_ics_version *theirs);
/* Last writer wins (3.1.5.6.2.2): does the client's? */
bool mapi_ics_theirs_wins(const struct mapi_logon *logon,
			  const struct store_version *ours,
			  int64_t our_time,
			  const struct mapi_ics_version *theirs);
/* The version that an object has from now on: the client's change key, and the list of
   all that went into it. cn_r may be NULL */
uint32_t mapi_ics_version_set(struct mapi_rop *rop,
			      const struct mapi_logon *logon,
			      const struct store_object *object,
			      const struct store_version *before,
			      const struct mapi_ics_version *theirs,
			      uint64_t *cn_r);
/* Can a new object get this id? SYNC_E_OBJECT_DELETED: it was one's that is gone */
uint32_t mapi_ics_new_id(struct mapi_rop *rop, const struct mapi_logon *logon,
			 mapi_id_t id);

/* A message that is imported: between ImportMessageChange and SaveChangesMessage */
struct mapi_ics_import {
	struct mapi_ics_collector *collector;	/* a reference */
	struct mapi_ics_version version;
	/* what it was; cn 0: a new message */
	struct store_version before;
	bool conflict;
};
uint32_t mapi_ics_import_begin(struct mapi_rop *rop,
			       struct mapi_ics_collector *collector,
			       const struct mapi_ics_version *version,
			       bool associated, bool fail_on_conflict,
			       struct mapi_msg **msg_r);
/* In mapi_msg_save(): before anything is written. SYNC_E_IGNORE: ours has won the
   conflict: nothing is to be written, and all is told */
uint32_t mapi_ics_import_resolve(struct mapi_rop *rop, struct mapi_msg *msg);
/* It is stored: its id and version */
uint32_t mapi_ics_import_stored(struct mapi_rop *rop, struct mapi_msg *msg);
void mapi_ics_import_free(struct mapi_msg *msg);

struct mapi_ics_folder_change {
	struct mapi_ics_version version;
	/* 0: the collector's folder */
	mapi_id_t parent;
	const char *name;
	const ARRAY_TYPE(mapi_prop) *props;
};
uint32_t mapi_ics_import_folder(struct mapi_rop *rop,
				struct mapi_ics_collector *collector,
				const struct mapi_ics_folder_change *change);
uint32_t mapi_ics_delete_folder(struct mapi_rop *rop,
				struct mapi_ics_collector *collector,
				mapi_id_t id);

#endif
