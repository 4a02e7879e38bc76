/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: reading the front's part of Dovecot's configuration: the plugin
   section's dovetail_* keys and a few of Dovecot's own settings. */

#include "lib.h"
#include "array.h"
#include "compat-settings.h"
#include "dovetail-settings.h"
#include "front-settings.h"

#include <unistd.h>

enum key_type {
	KEY_TIME,
	KEY_UINT,
	KEY_SIZE,
	KEY_STR,
	KEY_URL,
	KEY_DOMAIN_FORMAT,
	KEY_NETWORKS,
};

struct key_def {
	const char *key;
	enum key_type type;
	size_t offset;
	uint64_t min, max;
	const char *def;
};

#define K(key_, type_, field_, min_, max_, def_) \
	{ .key = "dovetail_" key_, .type = type_, \
	  .offset = offsetof(struct front_settings, field_), \
	  .min = min_, .max = max_, .def = def_ }
#define DAY (24 * 3600)
static const struct key_def key_defs[] = {
	K("login_domain_format", KEY_DOMAIN_FORMAT, login_domain_format,
	  0, 0, "auto"),
	K("realm", KEY_STR, realm, 0, 0, "Dovetail"),
	K("url", KEY_URL, url, 0, 0, ""),
	/* A changed password's old one works until this long after its last
	   check by Dovecot, unless "doveadm dovetail flush" is given. */
	K("auth_cache_ttl", KEY_TIME, auth_cache_ttl, 0, 3600, "5 min"),
	K("auth_cache_size", KEY_UINT, auth_cache_size, 16, 10000000, "100000"),
	K("auth_negative_ttl", KEY_TIME, auth_negative_ttl, 0, 600, "30 s"),
	K("token_max_age", KEY_TIME, token_max_age, 60, 7 * DAY, "4 hours"),
	K("max_workers", KEY_UINT, max_workers, 1, 100000, "1000"),
	K("max_workers_per_user", KEY_UINT, max_workers_per_user, 1, 64, "4"),
	K("worker_idle", KEY_TIME, worker_idle, 1, DAY, "60 s"),
	K("worker_idle_held", KEY_TIME, worker_idle_held, 1, DAY, "5 s"),
	/* 0: twice the processors */
	K("max_starts", KEY_UINT, max_starts, 0, 10000, "0"),
	K("worker_wait", KEY_TIME, worker_wait, 1, 3600, "60 s"),
	K("header_timeout", KEY_TIME, header_timeout, 1, 3600, "30 s"),
	K("idle_timeout", KEY_TIME, idle_timeout, 1, DAY, "5 min"),
	K("body_timeout", KEY_TIME, body_timeout, 1, 3600, "60 s"),
	K("stop_timeout", KEY_TIME, stop_timeout, 1, 25, "20 s"),
	K("max_body_size", KEY_SIZE, max_body_size, 1024, UINT64_MAX, "160 M"),
	K("max_hold", KEY_TIME, max_hold, 60, DAY, "1 hour"),
	K("poll_every", KEY_UINT, poll_every, 1, 1000, "4"),
	K("max_held", KEY_UINT, max_held, 1, 10000000, "1000000"),
	K("record_keep", KEY_TIME, record_keep, 0, 3600, "2 min"),
	K("loop_requests", KEY_UINT, loop_requests, 1, 100000, "8"),
	K("loop_window", KEY_TIME, loop_window, 1, 3600, "10 s"),
	K("retry_after", KEY_TIME, retry_after, 1, 3600, "30 s"),
	K("trusted_networks", KEY_NETWORKS, trusted_networks, 0, 0, ""),
};

static int networks_parse(const char *value, ARRAY_TYPE(front_network) *dest,
			  const char **error_r)
{
	const char *const *names = t_strsplit_spaces(value, ", ");
	struct front_network net;

	for (; *names != NULL; names++) {
		if (net_parse_range(*names, &net.ip, &net.bits) < 0) {
			*error_r = t_strdup_printf(
				"'%s' is not a network such as 10.0.0.0/8",
				*names);
			return -1;
		}
		array_push_back(dest, &net);
	}
	return 0;
}

static int domain_format_parse(const char *value,
			       enum front_domain_format *dest,
			       const char **error_r)
{
	static const char *const names[] = {
		"auto", "strip", "append", "keep", NULL
	};

	for (unsigned int i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], value) == 0) {
			*dest = (enum front_domain_format)i;
			return 0;
		}
	}
	*error_r = t_strdup_printf(
		"'%s' is not one of auto, strip, append, keep", value);
	return -1;
}

static int number_parse(const struct key_def *def, const char *value,
			void *dest, const char **error_r)
{
	unsigned int num = 0;
	uoff_t size = 0;

	if (def->type == KEY_TIME) {
		if (compat_parse_time(value, &num, error_r) < 0)
			return -1;
		size = num;
	} else if (def->type == KEY_SIZE) {
		if (compat_parse_size(value, &size, error_r) < 0)
			return -1;
	} else if (str_to_uoff(value, &size) < 0) {
		*error_r = t_strdup_printf("'%s' is not a number", value);
		return -1;
	}
	if (size < def->min || size > def->max) {
		*error_r = t_strdup_printf(
			"%s is not between %"PRIu64" and %"PRIu64,
			value, def->min, def->max);
		return -1;
	}
	if (def->type == KEY_SIZE)
		*(uoff_t *)dest = size;
	else
		*(unsigned int *)dest = size;
	return 0;
}

/* A scheme and a host, nothing after. */
static bool url_is_base(const char *url)
{
	const char *host = strstr(url, "://");

	return host != NULL && host[3] != '\0' &&
		strncmp(url, "http", 4) == 0 &&
		strpbrk(host + 3, "/?# ") == NULL;
}

static int key_parse(const struct key_def *def, const char *value,
		     struct front_settings *set, const char **error_r)
{
	void *dest = PTR_OFFSET(set, def->offset);

	switch (def->type) {
	case KEY_URL:
		if (*value != '\0' && !url_is_base(value)) {
			*error_r = "it must be like https://mail.example.org, "
				"without a path";
			return -1;
		}
		/* fall through */
	case KEY_STR:
		if (strpbrk(value, "\"\\\r\n") != NULL) {
			*error_r = "quotes, backslashes and line ends are not allowed";
			return -1;
		}
		*(const char **)dest = p_strdup(set->pool, value);
		return 0;
	case KEY_DOMAIN_FORMAT:
		return domain_format_parse(value, dest, error_r);
	case KEY_NETWORKS:
		return networks_parse(value, dest, error_r);
	default:
		return number_parse(def, value, dest, error_r);
	}
}

static int keys_parse(const struct compat_front_settings *conf,
		      struct front_settings *set, const char **error_r)
{
	const char *value, *error;

	for (unsigned int i = 0; i < N_ELEMENTS(key_defs); i++) {
		value = compat_front_setting(conf, key_defs[i].key);
		if (value == NULL || *value == '\0')
			value = key_defs[i].def;
		if (key_parse(&key_defs[i], value, set, &error) < 0) {
			*error_r = t_strdup_printf(
				"%s = %s: %s: correct it",
				key_defs[i].key, value, error);
			return -1;
		}
	}
	return 0;
}

/* --- settings of users: looked at here, used by the workers ----------------- */

struct users_check {
	const struct compat_front_settings *conf;
	/* the first fault; NULL: none */
	const char *error;
};

static const char *users_get(void *context, const char *name)
{
	struct users_check *check = context;

	return compat_front_setting(check->conf, name);
}

static void users_wrong(void *context, const char *text)
{
	struct users_check *check = context;

	if (check->error == NULL)
		check->error = t_strdup(text);
}

static bool key_is_ours(const char *key)
{
	for (unsigned int i = 0; i < N_ELEMENTS(key_defs); i++) {
		if (strcmp(key_defs[i].key, key) == 0)
			return TRUE;
	}
	return dovetail_setting_find(key) != NULL;
}

/* A name that nobody reads is a mistyped one, and the site is not as its
   operator believes. */
static int names_check(const struct compat_front_settings *conf,
		       const char **error_r)
{
	const char *name;

	for (unsigned int i = 0; compat_front_setting_nth(conf, i, &name);
	     i++) {
		if (!key_is_ours(name)) {
			*error_r = t_strdup_printf(
				"%s: there is no such setting: correct its "
				"name", name);
			return -1;
		}
	}
	return 0;
}

static int users_check(const struct compat_front_settings *conf,
		       const char **error_r)
{
	struct users_check check = { .conf = conf };

	dovetail_settings_check(users_get, users_wrong, &check);
	*error_r = check.error;
	return check.error == NULL ? 0 : -1;
}

int front_settings_read(struct master_service *service, pool_t pool,
			struct front_settings **set_r, const char **error_r)
{
	struct compat_front_settings conf;
	struct front_settings *set;

	if (compat_front_settings_read(service, pool, &conf, error_r) < 0)
		return -1;
	set = p_new(pool, struct front_settings, 1);
	set->pool = pool;
	set->base_dir = p_strdup(pool, conf.base_dir);
	set->disable_plaintext_auth = conf.disable_plaintext_auth;
	p_array_init(&set->trusted_networks, pool, 4);
	if (networks_parse(conf.login_trusted_networks,
			   &set->trusted_networks, error_r) < 0) {
		*error_r = t_strconcat("login_trusted_networks: ", *error_r,
				       NULL);
		return -1;
	}
	*set_r = set;
	if (names_check(&conf, error_r) < 0 ||
	    keys_parse(&conf, set, error_r) < 0)
		return -1;
	if (set->max_starts == 0)
		set->max_starts = 2 * I_MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
	return users_check(&conf, error_r);
}

bool front_settings_is_trusted(const struct front_settings *set,
			       const struct ip_addr *ip)
{
	const struct front_network *net;

	array_foreach(&set->trusted_networks, net) {
		if (net_is_in_network(ip, &net->ip, net->bits))
			return TRUE;
	}
	return FALSE;
}
