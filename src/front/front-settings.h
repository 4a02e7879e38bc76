/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_SETTINGS_H
#define FRONT_SETTINGS_H

#include "net.h"

struct master_service;

struct front_network {
	struct ip_addr ip;
	unsigned int bits;
};
ARRAY_DEFINE_TYPE(front_network, struct front_network);

/* How DOMAIN\user becomes a login name. */
enum front_domain_format {
	/* a domain with a dot: user@domain; without: user */
	FRONT_DOMAIN_AUTO,
	FRONT_DOMAIN_STRIP,	/* user */
	FRONT_DOMAIN_APPEND,	/* user@DOMAIN */
	FRONT_DOMAIN_KEEP,	/* DOMAIN\user, for a passdb that knows it */
};

/* Everything from Dovecot's configuration that the front needs. Times in
   seconds, sizes in bytes. */
struct front_settings {
	pool_t pool;
	const char *base_dir;
	bool disable_plaintext_auth;

	enum front_domain_format login_domain_format;
	const char *realm;
	/* What clients are told to use: "https://mail.example.org", without a
	   final slash; "": what they asked themselves (Host). */
	const char *url;
	unsigned int auth_cache_ttl, auth_cache_size;
	unsigned int auth_negative_ttl;
	unsigned int token_max_age;

	unsigned int max_workers, max_workers_per_user;
	unsigned int worker_idle, worker_idle_held, worker_wait;
	unsigned int max_starts;

	unsigned int header_timeout, idle_timeout, body_timeout;
	unsigned int stop_timeout;
	uoff_t max_body_size;

	unsigned int max_hold, poll_every, max_held, record_keep;
	unsigned int loop_requests, loop_window;
	unsigned int retry_after;

	ARRAY_TYPE(front_network) trusted_networks;
};

/* Returns 0, or -1 with a line that says what to change. */
int front_settings_read(struct master_service *service, pool_t pool,
			struct front_settings **set_r, const char **error_r);
bool front_settings_is_trusted(const struct front_settings *set,
			       const struct ip_addr *ip);

#endif
