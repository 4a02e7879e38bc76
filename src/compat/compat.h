/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_H
#define DOVETAIL_COMPAT_H

/* What differs between Dovecot 2.3 and 2.4, and symbols that live only inside
   Dovecot's plugins.  No other file of ours looks at the version. */

#include "lib.h"
#include "array.h"
#include "net.h"

#if DOVECOT_PREREQ(2, 4, 0)
#  define DT_DOVECOT_24
#endif

/* Member of struct auth_user_info and of auth_request_info */
#ifdef DT_DOVECOT_24
#  define COMPAT_AUTH_INFO_SERVICE protocol
#else
#  define COMPAT_AUTH_INFO_SERVICE service
#endif

/* For master_service_init(): 2.4 always keeps what it read */
#ifdef DT_DOVECOT_24
#  define COMPAT_MASTER_FLAG_KEEP_CONFIG_OPEN 0
#else
#  define COMPAT_MASTER_FLAG_KEEP_CONFIG_OPEN \
	MASTER_SERVICE_FLAG_KEEP_CONFIG_OPEN
#endif

#ifdef DT_DOVECOT_24
#  define compat_str_begins(haystack, needle) str_begins_with(haystack, needle)
#else
#  define compat_str_begins(haystack, needle) str_begins(haystack, needle)
#endif

/* base64_decode() into a buffer */
#ifdef DT_DOVECOT_24
#  define compat_base64_decode(src, size, dest) base64_decode(src, size, dest)
#else
#  define compat_base64_decode(src, size, dest) \
	base64_decode(src, size, NULL, dest)
#endif

struct event;
struct mail_user;
struct mailbox;
struct mailbox_transaction_context;
struct mail_namespace;
struct master_service;

/* A setting of the user, by 2.3's name: see compat-settings.h. NULL if it is
   unset; otherwise it lives as long as the user. */
const char *compat_user_setting(struct mail_user *user, const char *name);

/* FALSE: nothing runs the user's Sieve scripts, as far as settings tell (2.4:
   opening them tells more). */
bool compat_user_wants_sieve(struct mail_user *user);

/*
 * A worker's login: Dovecot's master hands over a connection, auth tells whose
 */

struct compat_login_client {
	int fd;
	const char *username, *session_id;
	const char *const *userdb_fields;
	struct ip_addr local_ip, remote_ip;
	in_port_t local_port, remote_port;
	bool secured;
	/* Not NULL: rights are those of this user, who has these groups (NULL:
	   none), and not those of the user who is opened */
	const char *acl_user, *acl_groups;
};
struct compat_login;

struct compat_login_callbacks {
	/* Takes over the fd. */
	void (*success)(const struct compat_login_client *client);
	void (*failure)(const char *error);
};
struct compat_login *
compat_login_init(struct master_service *service,
		  const struct compat_login_callbacks *callbacks);
void compat_login_deinit(struct compat_login **login);
void compat_login_add(struct compat_login *login, int fd);

bool compat_verbose_proctitle(struct master_service *service);

/*
 * Opening a mail user
 */

struct mail_storage_service_ctx;

/* flags: enum mail_storage_service_flags */
/* Before master_service_init_finish(). */
struct mail_storage_service_ctx *
compat_storage_init(struct master_service *service, unsigned int flags);
/* 0, or -1 and the reason. */
int compat_storage_open_user(struct mail_storage_service_ctx *ctx,
			     const char *service,
			     const struct compat_login_client *client,
			     struct event *event_parent,
			     struct mail_user **user_r, const char **error_r);

/* Does userdb say that this user has this uid of the system? 1 yes, and the
   acl_groups that it tells (NULL: none; pool), 0 no, -1 and the reason. */
int compat_storage_user_has_uid(struct mail_storage_service_ctx *ctx,
				const char *service, const char *username,
				uid_t uid, pool_t pool,
				const char **acl_groups_r,
				const char **error_r);

/*
 * Submission settings of a user. Strings live as long as the user.
 */

struct ssl_iostream_settings;
struct compat_submit {
	const char *host, *ssl, *sendmail_path, *hostname;
	unsigned int timeout_secs;
	/* For the SMTP client; NULL: it finds its own */
	const struct ssl_iostream_settings *ssl_set;
};
/* 0, or -1 and the reason (data stack). */
int compat_submit_settings(struct mail_user *user,
			   struct compat_submit *submit_r,
			   const char **error_r);

/*
 * Functions of plugins, found at run time
 */

/* 1 used_r and limit_r (-1: none) in bytes, 0 the user has none, -1 error. */
int compat_quota_get(struct mail_user *user, uint64_t *used_r, int64_t *limit_r,
		     const char **error_r);
enum compat_acl_right {
	COMPAT_ACL_LOOKUP,
	COMPAT_ACL_READ,
	COMPAT_ACL_WRITE,
	COMPAT_ACL_WRITE_SEEN,
	COMPAT_ACL_WRITE_DELETED,
	COMPAT_ACL_INSERT,
	COMPAT_ACL_POST,
	COMPAT_ACL_EXPUNGE,
	COMPAT_ACL_CREATE,
	COMPAT_ACL_DELETE,
	COMPAT_ACL_ADMIN,
};
/* Has the acting user this right in the mailbox? 1 yes, 0 no, -1 error.
   Where the acl plugin is not loaded: 1. */
int compat_acl_right(struct mailbox *box, enum compat_acl_right right);

struct compat_acl_entry {
	/* "anyone", "user=name", ... */
	const char *id;
	/* NULL or NULL-terminated names ("lookup", ...) */
	const char *const *rights, *const *neg_rights;
	bool global;
};
ARRAY_DEFINE_TYPE(compat_acl_entry, struct compat_acl_entry);
/* Entries of the mailbox's ACL; it need not be open. 1; 0: the acl plugin is not at
   work here; -1, storage error set */
int compat_acl_list(struct mailbox *box, pool_t pool,
		    ARRAY_TYPE(compat_acl_entry) *entries_r);
/* Replaces the entry; rights NULL: removes it. Nobody's rights are asked. 1; 0 as
   above; -1: *error_r (the id is none), or NULL and storage error set */
int compat_acl_update(struct mailbox_transaction_context *t, const char *id,
		      const char *const *rights, const char **error_r);
/* Setting of lazy_expunge: a namespace's prefix or a mailbox. NULL: not used. */
const char *compat_lazy_expunge(struct mail_user *user);
/* Another number when the set of users who share something with this one
   changed. */
unsigned int compat_acl_owners_stamp(struct mail_user *user);
/* The user's groups (acl_groups), NULL-terminated; in the pool. */
const char *const *compat_acl_groups(struct mail_user *user, pool_t pool);
/* Owners who shared something lately: the next listing of a shared namespace
   asks the dict again (the acl plugin would in an hour). */
void compat_acl_shared_refresh(struct mail_namespace *ns);

#endif
