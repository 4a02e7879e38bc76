/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_PLUGIN_PRIVATE_H
#define DOVETAIL_PLUGIN_PRIVATE_H

/* Inside the plugin. Order of a mailbox's commit: our attributes, Dovecot's own
   commit, extras of copied messages, bus. */

#include "array.h"
#include "guid.h"
#include "seq-range-array.h"
#include "module-context.h"
#include "mail-user.h"
#include "mail-namespace.h"
#include "mail-storage-private.h"
#include "mailbox-attribute-private.h"
#include "mailbox-list-private.h"
#include "mail-index-private.h"
#include "compat-plugin.h"
#include "dovetail-bus.h"
#include "dovetail-meta-api.h"

struct client;
struct dovetail_people;
struct istream;
struct module;
struct smtp_server_cmd_ctx;
struct smtp_server_transaction;
struct dovetail_item_watch;

/* While dsync runs, a tombstone is an attribute with this value; setting the
   value unsets the attribute. */
#define DOVETAIL_TOMBSTONE "{dovetail:deleted}"

#define DOVETAIL_USER_CONTEXT(obj) \
	MODULE_CONTEXT(obj, dovetail_user_module)
#define DOVETAIL_BOX_CONTEXT(obj) \
	MODULE_CONTEXT_REQUIRE(obj, dovetail_storage_module)
#define DOVETAIL_TRANSACTION_CONTEXT(obj) \
	MODULE_CONTEXT(obj, dovetail_storage_module)

struct dovetail_user {
	union mail_user_module_context module_ctx;
	struct event *event;
	uint64_t origin;
	const char *bus_path;
	/* When this session began, by the clock of files */
	struct timespec created;
	/* a client's LIST is being answered */
	bool listing;
	/* vname of the mailbox that the last delivery was saved to; NULL */
	char *saved_to;
	/* submission: what a message's text is given to */
	int (*cmd_data)(struct client *client, struct smtp_server_cmd_ctx *cmd,
			struct smtp_server_transaction *trans,
			struct istream *data_input, uoff_t data_size);
};

/* One for each open index, shared by the mailboxes that use it. */
struct dovetail_index {
	union mail_index_module_context module_ctx;
	int refcount;
	/* committed to the log, not yet sent */
	enum bus_event pending;
	/* ACL identifiers whose rights changed */
	ARRAY_TYPE(const_string) acl_ids;
	pool_t acl_pool;
};

struct dovetail_mailbox {
	union mailbox_module_context module_ctx;
	struct dovetail_index *index;
	guid_128_t guid;
	bool guid_known;
	/* UIDs that the running sync expunged */
	ARRAY_TYPE(seq_range) expunged;
};

struct dovetail_save {
	unsigned int idx;
	struct meta_mail_ref src;
	/* where the source's database is; NULL: same as ours */
	struct meta_location src_location;
	bool same_db;
};

struct dovetail_attribute_op {
	const char *key;
	const char *value;	/* NULL: unset */
	size_t size;
	time_t last_change;
};

struct dovetail_transaction {
	union mailbox_transaction_module_context module_ctx;
	pool_t pool;
	ARRAY(struct dovetail_attribute_op) ops;
	/* of whoever began the transaction */
	ARRAY(struct dovetail_item_watch *) watches;
	ARRAY(struct dovetail_save) saves;
	/* whom messages saved into Sent went to; NULL: none */
	struct dovetail_people *people;
};

extern MODULE_CONTEXT_DEFINE(dovetail_user_module, &mail_user_module_register);
extern MODULE_CONTEXT_DEFINE(dovetail_storage_module,
			     &mail_storage_module_register);

/* dovetail-collect.c */
void dovetail_collect_init(void);
void dovetail_collect_deinit(void);
/* A message was saved, its transaction is not committed. */
void dovetail_collect_saved(struct mail_save_context *ctx);
/* Now it is. */
void dovetail_collect_committed(struct mailbox *box,
				struct dovetail_people *people);

/* dovetail-delivery.c */
/* Of libdovetail-delivery, opened at first use; NULL: logged. */
void *dovetail_delivery_symbol(const char *name);
void dovetail_delivery_init(void);
void dovetail_delivery_deinit(void);
/* A mail was saved here. */
void dovetail_delivery_saved(struct mailbox *box);

/* dovetail-plugin.c */
void dovetail_plugin_init(struct module *module);
void dovetail_plugin_deinit(void);
/* Found by name: see include/dovetail-plugin.h */
void dovetail_user_set_origin(struct mail_user *user, uint64_t origin);

/* doveadm-dovetail.c, in libdovetail-doveadm */
void dovetail_doveadm_register(void);

/* dovetail-mailbox.c */
void dovetail_mailbox_allocated(struct mailbox *box);
void dovetail_mailbox_opened(struct mailbox *box);
/* The mailbox's GUID, opening it if needed. -1: storage error set */
int dovetail_mailbox_guid(struct mailbox *box, const guid_128_t **guid_r);
struct dovetail_transaction *
dovetail_transaction_get(struct mailbox_transaction_context *t);

/* dovetail-library.c: libdovetail-meta, opened at first use */
/* NULL: it could not be opened; logged. */
const struct meta_api *dovetail_meta(void);
void dovetail_meta_close_unused(void);
void dovetail_meta_deinit(void);
/* Is there a database for this list? Without opening anything. */
bool dovetail_meta_exists(struct mailbox_list *list);
/* 1 open, 0 there is none (without create), -1 storage error set */
int dovetail_meta_open(struct mailbox *box, bool create, struct meta_db **db_r);
/* Turn the database's error into the mailbox's; returns -1. */
int dovetail_meta_failed(struct mailbox *box, struct meta_db *db);

/* dovetail-acl.c */
enum dovetail_right {
	DOVETAIL_RIGHT_READ,
	DOVETAIL_RIGHT_INSERT,
	DOVETAIL_RIGHT_WRITE,
	DOVETAIL_RIGHT_EXPUNGE,
	DOVETAIL_RIGHT_DELETE,
	DOVETAIL_RIGHT_ADMIN
};
/* Has the acting user this right? Sets the storage error if not. */
bool dovetail_acl_have_right(struct mailbox *box, enum dovetail_right right);
/* Why the fence would not hold with these modules, or NULL. */
const char *dovetail_acl_check(struct module *self, struct mail_user *user);

/* dovetail-attribute.c */
int dovetail_attribute_set(struct mailbox_transaction_context *t,
			   enum mail_attribute_type type, const char *key,
			   const struct mail_attribute_value *value);
int dovetail_attribute_get(struct mailbox *box, enum mail_attribute_type type,
			   const char *key,
			   struct mail_attribute_value *value_r);
struct mailbox_attribute_iter *
dovetail_attribute_iter_init(struct mailbox *box, enum mail_attribute_type type,
			     const char *prefix);
const char *dovetail_attribute_iter_next(struct mailbox_attribute_iter *iter);
int dovetail_attribute_iter_deinit(struct mailbox_attribute_iter *iter);
/* Found by name: see include/dovetail-plugin.h */
void dovetail_attribute_watch(struct mailbox_transaction_context *t,
			      struct dovetail_item_watch *watch);
/* Write what the transaction collected. -1: nothing was written. */
int dovetail_attribute_commit(struct mailbox_transaction_context *t,
			      struct dovetail_transaction *dt);
/* Log again, as an ordinary change, what dsync brought. */
void dovetail_attribute_relog(struct mailbox *box,
			      const struct dovetail_transaction *dt);

/* dovetail-marker.c */
/* class NULL or "mail": no marker */
void dovetail_marker_write(struct mailbox *box, const char *class);
bool dovetail_marker_exists(struct mailbox_list *list, const char *vname);

/* dovetail-imap.c */
void dovetail_imap_init(void);
void dovetail_imap_deinit(void);
void dovetail_imap_list_created(struct mailbox_list *list);

/* dovetail-extra.c */
void dovetail_extra_note_copy(struct mailbox_transaction_context *t,
			      unsigned int idx, struct mail *mail);
void dovetail_extra_commit(struct mailbox *box,
			   const struct dovetail_transaction *dt,
			   const struct mail_transaction_commit_changes *changes);
void dovetail_extra_note_expunge(struct mailbox *box, uint32_t uid);
void dovetail_extra_expunged(struct mailbox *box);
/* The mailbox has another GUID; old is what it was. */
void dovetail_extra_rekey(struct mailbox *box, const guid_128_t old,
			  const guid_128_t guid);
void dovetail_extra_forget(struct mailbox *box, const guid_128_t guid);
const char *dovetail_extra_path(struct mailbox *box);
void dovetail_extra_set_path(struct mailbox *box, const guid_128_t guid);

/* dovetail-bus.c */
void dovetail_bus_init(void);
void dovetail_bus_deinit(void);
void dovetail_bus_attach(struct mailbox *box);
void dovetail_bus_detach(struct mailbox *box);
/* Tell what was committed to this mailbox's index and not told yet. */
void dovetail_bus_flush(struct mailbox *box, enum bus_event more);
/* Only the acting user sees the change. */
void dovetail_bus_private(struct mailbox *box);
/* Folders of this mailbox's owner changed. */
void dovetail_bus_hierarchy(struct mailbox *box, enum bus_event events,
			    const guid_128_t guid);
void dovetail_bus_subscribed(struct mailbox *box);
/* Write control words (NULL-terminated) to this FIFO. */
int dovetail_bus_control(const char *path, const char *const *words,
			 const char **error_r);

#endif
