/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ClientIds that were sent (MS-ASCMD 2.2.3.28.1): a repetition is answered, not
   sent again.

   Rows "send/<day>/<hash of ClientId>" of the device: "p" while it is being sent
   (time, host, process), "s" when the mail system has it, "d" when the Sent copy
   is made too.  A crash between acceptance and "s" is the one window in which a
   repetition goes out again: with the same Message-ID. */

#include "eas.h"
#include "eas-outgoing.h"
#include "hex-binary.h"
#include "hostpid.h"
#include "ioloop.h"
#include "sha2.h"

#include <signal.h>
#include <unistd.h>

#define EAS_SENDLOG_PREFIX "send/"
/* How long a ClientId is known */
#define EAS_SENDLOG_DAYS 7
/* A sender on another host is believed dead after this. */
#define EAS_SENDLOG_STALE_SECS (15 * 60)

struct eas_sendlog {
	struct eas_request *req;
	const char *name;
	/* Row as we wrote it */
	const char *value;
};

static const char *sendlog_hash(struct eas_request *req, const char *client_id)
{
	struct sha256_ctx ctx;
	unsigned char digest[SHA256_RESULTLEN];
	const char *user = store_username(req->store);

	sha256_init(&ctx);
	sha256_loop(&ctx, user, strlen(user) + 1);
	sha256_loop(&ctx, req->device_key, strlen(req->device_key) + 1);
	sha256_loop(&ctx, client_id, strlen(client_id));
	sha256_result(&ctx, digest);
	return binary_to_hex(digest, 20);
}

const char *eas_sendlog_message_id(struct eas_request *req,
				   const char *client_id)
{
	const struct store_settings *set = store_get_settings(req->store);
	const char *domain = set->address == NULL ? NULL :
		strrchr(set->address, '@');

	return t_strdup_printf("<%s@%s>", sendlog_hash(req, client_id),
			       domain == NULL || domain[1] == '\0' ?
			       my_hostdomain() : domain + 1);
}

static unsigned int sendlog_today(void)
{
	return (unsigned int)(ioloop_time / (24 * 3600));
}

/* Finds the row of this ClientId and drops those of past days. */
static int sendlog_find(struct eas_request *req, const char *hash,
			const char **name_r)
{
	ARRAY_TYPE(const_string) names;
	struct store_state_txn *txn = NULL;
	const char *name, *p;
	unsigned int day;

	*name_r = NULL;
	p_array_init(&names, req->pool, 16);
	if (store_state_list(req->store, req->device_key, EAS_SENDLOG_PREFIX,
			     req->pool, &names) < 0)
		return -1;
	array_foreach_elem(&names, name) {
		p = name + strlen(EAS_SENDLOG_PREFIX);
		if (str_parse_uint(p, &day, &p) < 0 || *p != '/')
			continue;
		if (day + EAS_SENDLOG_DAYS < sendlog_today()) {
			if (txn == NULL)
				txn = store_state_begin(req->store);
			store_state_unset(txn, req->device_key, name);
		} else if (strcmp(p + 1, hash) == 0)
			*name_r = name;
	}
	/* Tidying up may fail: the next one tries again. */
	if (txn != NULL)
		(void)store_state_commit(&txn);
	return *name_r == NULL ? 0 : 1;
}

/* Does the process that wrote a "p" row still run? */
static bool sendlog_is_alive(const char *value)
{
	const char *const *args = t_strsplit(value, " ");
	time_t since;
	pid_t pid;

	if (str_array_length(args) != 4 || str_to_time(args[1], &since) < 0 ||
	    str_to_pid(args[3], &pid) < 0)
		return FALSE;
	if (strcmp(args[2], my_hostname) != 0)
		return since + EAS_SENDLOG_STALE_SECS > ioloop_time;
	/* A worker does one request at a time: our own row is a leftover. */
	return pid != getpid() && (kill(pid, 0) == 0 || errno == EPERM) &&
		since + EAS_SENDLOG_STALE_SECS > ioloop_time;
}

static int
sendlog_write(struct eas_sendlog *log, char state, const char *expect)
{
	struct eas_request *req = log->req;
	struct store_state_txn *txn = store_state_begin(req->store);
	const char *value = p_strdup_printf(req->pool, "%c %"PRIdTIME_T" %s %s",
		state, ioloop_time, my_hostname, my_pid);

	/* Two repetitions at once: one of them finds the row changed. */
	if (log->value == NULL) {
		store_state_expect(txn, req->device_key, log->name, expect,
				   expect == NULL ? 0 : strlen(expect));
	}
	store_state_set(txn, req->device_key, log->name, value, strlen(value));
	if (store_state_commit(&txn) < 0)
		return -1;
	log->value = value;
	return 0;
}

enum eas_sendlog_result
eas_sendlog_claim(struct eas_request *req, const char *client_id,
		  struct eas_sendlog **log_r)
{
	struct eas_sendlog *log = p_new(req->pool, struct eas_sendlog, 1);
	const char *hash = sendlog_hash(req, client_id), *old = NULL;
	const unsigned char *data;
	size_t size;
	int ret;

	log->req = req;
	*log_r = log;
	if ((ret = sendlog_find(req, hash, &log->name)) < 0)
		return EAS_SENDLOG_ERROR;
	if (ret > 0) {
		ret = store_state_get(req->store, req->device_key, log->name,
				      req->pool, &data, &size);
		if (ret < 0)
			return EAS_SENDLOG_ERROR;
		if (ret > 0)
			old = p_strndup(req->pool, data, size);
	} else {
		log->name = p_strdup_printf(req->pool, "%s%u/%s",
			EAS_SENDLOG_PREFIX, sendlog_today(), hash);
	}
	if (old != NULL && old[0] != 'p')
		return old[0] == 'd' ? EAS_SENDLOG_DONE : EAS_SENDLOG_SENT;
	if (old != NULL && sendlog_is_alive(old))
		return EAS_SENDLOG_BUSY;
	if (sendlog_write(log, 'p', old) == 0)
		return EAS_SENDLOG_CLAIMED;
	return store_last_error(req->store, NULL) == STORE_ERROR_EXISTS ?
		EAS_SENDLOG_BUSY : EAS_SENDLOG_ERROR;
}

int eas_sendlog_sent(struct eas_sendlog *log)
{
	return sendlog_write(log, 's', NULL);
}

int eas_sendlog_done(struct eas_sendlog *log)
{
	return sendlog_write(log, 'd', NULL);
}

void eas_sendlog_release(struct eas_sendlog *log)
{
	struct store_state_txn *txn = store_state_begin(log->req->store);

	/* If this fails the row says that we were sending: once we are gone,
	   or for our own next request, it counts for nothing. */
	store_state_unset(txn, log->req->device_key, log->name);
	(void)store_state_commit(&txn);
}
