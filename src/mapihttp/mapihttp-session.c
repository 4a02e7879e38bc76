/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Session contexts (MS-OXCMAPIHTTP 3.2.1, 3.2.5.1): by cookie in this process's
   memory, and as rows of the user's database, so that any worker of the user finds
   them. A row says which process has the session, or is the session. */

#include "mapihttp-private.h"
#include "hex-binary.h"
#include "hostpid.h"
#include "ioloop.h"
#include "llist.h"
#include "randgen.h"
#include "strnum.h"
#include "time-util.h"
#include "dovetail-store.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/* The rows' client */
#define SESSION_DEVICE "mapi"
#define SESSION_PREFIX "session/"
/* An answer above this is not given again by another process */
#define SESSION_MAX_PARKED_ANSWER (64 * 1024)
#define SESSION_MAX_ANSWER (512 * 1024)
/* So long a process may take to put a session away */
#define SESSION_WAIT_MSECS 10000
#define SESSION_WAIT_STEP_USECS 5000
#define SESSION_DEFAULT_MAX 100
/* Rows are looked through when they are too many, and at every so manieth one */
#define SESSION_FEW 8

/* Sessions of this process, and the store they are put away in. A process has one
   user. */
static struct mapihttp_session *mapihttp_sessions;
static struct store *mapihttp_store;

static uint64_t now_msecs(void)
{
	struct timeval tv;

	i_gettimeofday(&tv);
	return (uint64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

static uint64_t now_mono_usecs(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* --- cookies -------------------------------------------------------------- */

static void random_hex(char *dest, size_t bytes)
{
	unsigned char random[MAPIHTTP_SID_SIZE];

	i_assert(bytes <= sizeof(random));
	random_fill(random, bytes);
	for (size_t i = 0; i < bytes; i++)
		i_snprintf(dest + i * 2, 3, "%02x", random[i]);
}

bool mapihttp_sid_is_valid(const char *sid)
{
	return strlen(sid) == MAPIHTTP_SID_LEN &&
		sid[strspn(sid, "0123456789abcdef")] == '\0';
}

/* The cookie is as good as a password while its user is logged in: it is not written
   anywhere. */
static const char *session_row_name(const char *sid)
{
	unsigned char digest[SHA256_RESULTLEN];

	sha256_get_digest(sid, strlen(sid), digest);
	return t_strconcat(SESSION_PREFIX, binary_to_hex(digest, 16), NULL);
}

/* --- processes ------------------------------------------------------------- */

/* When a process began, in the kernel's clock ticks; 0: there is no such process.
   Numbers of processes come again, pairs do not. */
static uint64_t process_start(pid_t pid)
{
	const char *path = t_strdup_printf("/proc/%s/stat", dec2str(pid));
	char buf[1024];
	const char *const *fields, *p;
	uint64_t start;
	ssize_t ret;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	ret = read(fd, buf, sizeof(buf) - 1);
	i_close_fd(&fd);
	if (ret <= 0)
		return 0;
	buf[ret] = '\0';
	/* the name in parentheses may have anything in it */
	p = strrchr(buf, ')');
	if (p == NULL)
		return 0;
	fields = t_strsplit_spaces(p + 1, " ");
	/* a zombie keeps nothing; field 22 of proc(5), the third comes first */
	if (str_array_length(fields) < 20 || fields[0][0] == 'Z' ||
	    str_to_uint64(fields[19], &start) < 0)
		return 0;
	return start;
}

static bool row_is_alive(const struct mapihttp_row *row)
{
	/* of another machine nothing is known */
	if (strcmp(row->host, my_hostname) != 0)
		return TRUE;
	return process_start(row->pid) == row->pid_start;
}

/* --- rows ------------------------------------------------------------------- */

static void row_live(struct mapihttp_row *row, enum mapihttp_kind kind)
{
	i_zero(row);
	row->kind = kind;
	row->host = my_hostname;
	row->pid = getpid();
	row->pid_start = process_start(getpid());
	row->last_used = now_msecs();
}

static int row_get(const char *name, struct mapihttp_row *row_r,
		   const unsigned char **data_r, size_t *size_r)
{
	int ret = store_state_get(mapihttp_store, SESSION_DEVICE, name,
				  pool_datastack_create(), data_r, size_r);

	if (ret <= 0)
		return ret;
	if (mapihttp_row_unpack(*data_r, *size_r, pool_datastack_create(),
				row_r) < 0) {
		/* of an older version, perhaps */
		i_zero(row_r);
	}
	return 1;
}

/* data is what is there now (NULL: whatever it is), row what shall be. 1, 0 if it was
   another one, -1 error. */
static int row_replace(const char *name, const unsigned char *data,
		       size_t size, const struct mapihttp_row *row)
{
	struct store_state_txn *txn = store_state_begin(mapihttp_store);
	buffer_t *buf;

	if (data != NULL)
		store_state_expect(txn, SESSION_DEVICE, name, data, size);
	if (row == NULL) {
		store_state_unset(txn, SESSION_DEVICE, name);
	} else {
		buf = buffer_create_dynamic(pool_datastack_create(), 512);
		mapihttp_row_pack(buf, row);
		store_state_set(txn, SESSION_DEVICE, name, buf->data,
				buf->used);
	}
	if (store_state_commit(&txn) == 0)
		return 1;
	return store_last_error(mapihttp_store, NULL) == STORE_ERROR_EXISTS ?
		0 : -1;
}

static bool row_expired(const struct mapihttp_row *row, unsigned int expiry)
{
	uint64_t since = I_MAX(row->last_used, row->busy_until);

	return row->parked && now_msecs() >= since + expiry;
}

/* --- sessions in memory -------------------------------------------------------- */

static struct mapihttp_session *session_in_memory(const char *sid)
{
	struct mapihttp_session *session;

	for (session = mapihttp_sessions; session != NULL;
	     session = session->next) {
		if (strcmp(session->sid, sid) == 0)
			return session;
	}
	return NULL;
}

static struct mapihttp_session *
session_alloc(enum mapihttp_kind kind, const char *sid)
{
	struct mapihttp_session *session;
	pool_t pool;

	pool = pool_alloconly_create("mapihttp session",
				     sizeof(*session) + 128);
	session = p_new(pool, struct mapihttp_session, 1);
	session->pool = pool;
	session->kind = kind;
	i_strocpy(session->sid, sid, sizeof(session->sid));
	session->last_used = now_msecs();
	DLLIST_PREPEND(&mapihttp_sessions, session);
	return session;
}

static void session_free(struct mapihttp_session *session)
{
	DLLIST_REMOVE(&mapihttp_sessions, session);
	if (session->emsmdb != NULL)
		emsmdb_free(&session->emsmdb);
	if (session->nspi != NULL)
		nspi_free(&session->nspi);
	buffer_free(&session->answer);
	pool_unref(&session->pool);
}

static bool session_expired(const struct mapihttp_session *session,
			    unsigned int expiry)
{
	uint64_t since = I_MAX(session->last_used, session->busy_until);

	return now_msecs() >= since + expiry;
}

void mapihttp_session_used(struct mapihttp_session *session,
			   unsigned int busy_msecs)
{
	session->last_used = now_msecs();
	session->busy_until = busy_msecs == 0 ? 0 :
		session->last_used + busy_msecs;
}

static int session_forget(struct mapihttp_session *session)
{
	int ret = row_replace(session_row_name(session->sid), NULL, 0, NULL);

	session_free(session);
	return ret < 0 ? -1 : 0;
}

/* --- putting away and back -------------------------------------------------------- */

/* FALSE: it stays. */
static bool session_state(struct mapihttp_session *session, buffer_t *buf)
{
	return session->kind == MAPIHTTP_EMSMDB ?
		emsmdb_park(session->emsmdb, buf) :
		nspi_park(session->nspi, buf);
}

static void session_row(struct mapihttp_session *session,
			const buffer_t *state, struct mapihttp_row *row_r)
{
	i_zero(row_r);
	row_r->kind = session->kind;
	row_r->parked = TRUE;
	row_r->last_used = session->last_used;
	row_r->busy_until = session->busy_until;
	row_r->seq = session->seq;
	row_r->wait_seq = session->wait_seq;
	row_r->cpid = session->cpid;
	row_r->lcid_sort = session->lcid_sort;
	row_r->lcid_string = session->lcid_string;
	row_r->request_id = "";
	if (session->answer != NULL &&
	    session->answer->used <= SESSION_MAX_PARKED_ANSWER) {
		row_r->request_id = session->request_id;
		memcpy(row_r->hash, session->hash, sizeof(row_r->hash));
		row_r->answer.data = session->answer->data;
		row_r->answer.size = session->answer->used;
	}
	row_r->state.data = state->data;
	row_r->state.size = state->used;
}

/* FALSE: it stays in this process. */
static bool session_park(struct mapihttp_session *session)
{
	const char *name = session_row_name(session->sid);
	buffer_t *state = buffer_create_dynamic(default_pool, 1024);
	struct mapihttp_row row, old;
	const unsigned char *data;
	size_t size;
	bool parked = FALSE;
	int ret;

	if (session_state(session, state)) {
		session_row(session, state, &row);
		ret = row_get(name, &old, &data, &size);
		/* a row that is gone: somebody made room; one that is
		   another's: it thought that we were dead */
		if (ret == 0 || (ret > 0 && (old.parked ||
				 old.pid != (uint32_t)getpid())))
			parked = TRUE;
		else if (ret > 0)
			parked = row_replace(name, data, size, &row) >= 0;
	}
	buffer_free(&state);
	if (parked)
		session_free(session);
	return parked;
}

bool mapihttp_sessions_park(void)
{
	struct mapihttp_session *session, *next;
	bool all = TRUE;

	for (session = mapihttp_sessions; session != NULL; session = next) {
		next = session->next;
		T_BEGIN {
			if (!session_park(session))
				all = FALSE;
		} T_END;
	}
	return all;
}

void mapihttp_sessions_end(void)
{
	if (mapihttp_sessions_park())
		return;
	/* what could not leave ends here */
	while (mapihttp_sessions != NULL) T_BEGIN {
		(void)session_forget(mapihttp_sessions);
	} T_END;
}

static int session_restore(struct mapihttp_request *req,
			   const struct mapihttp_row *row)
{
	struct mapihttp_session *session;
	int ret;

	session = session_alloc(row->kind, req->sid);
	session->last_used = row->last_used;
	session->busy_until = row->busy_until;
	i_strocpy(session->seq, row->seq, sizeof(session->seq));
	i_strocpy(session->wait_seq, row->wait_seq, sizeof(session->wait_seq));
	session->cpid = req->env.cpid = row->cpid;
	session->lcid_sort = req->env.lcid_sort = row->lcid_sort;
	session->lcid_string = req->env.lcid_string = row->lcid_string;
	if (row->request_id[0] != '\0') {
		i_strocpy(session->request_id, row->request_id,
			  sizeof(session->request_id));
		memcpy(session->hash, row->hash, sizeof(session->hash));
		session->answer = buffer_create_dynamic(default_pool,
							row->answer.size);
		buffer_append(session->answer, row->answer.data,
			      row->answer.size);
	}
	if (row->kind == MAPIHTTP_EMSMDB) {
		ret = emsmdb_restore(&req->env, row->state.data,
				     row->state.size, &session->emsmdb);
	} else {
		ret = nspi_restore(&req->env, row->state.data, row->state.size,
				   &session->nspi);
	}
	if (ret < 0) {
		(void)session_forget(session);
		return -1;
	}
	req->session = session;
	mapihttp_log(req, "restored", "yes");
	return 0;
}

/* Takes it out of its row; another worker may be faster. */
static enum mapihttp_code
session_take(struct mapihttp_request *req, const char *name,
	     const struct mapihttp_row *row, const unsigned char *data,
	     size_t size)
{
	struct mapihttp_row live;
	int ret;

	row_live(&live, row->kind);
	ret = row_replace(name, data, size, &live);
	if (ret <= 0) {
		return ret == 0 ? MAPIHTTP_CONTEXT_NOT_FOUND :
			MAPIHTTP_UNKNOWN_FAILURE;
	}
	return session_restore(req, row) == 0 ? MAPIHTTP_OK :
		MAPIHTTP_CONTEXT_NOT_FOUND;
}

/* One look at the row. wait_r: its process lives, look again. */
static enum mapihttp_code
session_find_row(struct mapihttp_request *req, bool *wait_r)
{
	const char *name = session_row_name(req->sid);
	struct mapihttp_row row;
	const unsigned char *data;
	size_t size;
	int ret;

	*wait_r = FALSE;
	ret = row_get(name, &row, &data, &size);
	if (ret <= 0) {
		return ret == 0 ? MAPIHTTP_CONTEXT_NOT_FOUND :
			MAPIHTTP_UNKNOWN_FAILURE;
	}
	/* what this process has is in memory */
	if (row.request_id != NULL && !row.parked &&
	    row.pid != (uint32_t)getpid() && row_is_alive(&row)) {
		*wait_r = TRUE;
		return MAPIHTTP_CONTEXT_NOT_FOUND;
	}
	if (row.parked && row.kind == req->kind &&
	    !row_expired(&row, req->expiry))
		return session_take(req, name, &row, data, size);
	if (row.parked && row.kind != req->kind)
		return MAPIHTTP_CONTEXT_NOT_FOUND;
	/* killed with its process, expired, or unreadable */
	(void)row_replace(name, data, size, NULL);
	return MAPIHTTP_CONTEXT_NOT_FOUND;
}

static enum mapihttp_code session_find_stored(struct mapihttp_request *req)
{
	enum mapihttp_code code;
	unsigned int waited;
	bool wait;

	for (waited = 0;; waited += SESSION_WAIT_STEP_USECS) {
		T_BEGIN {
			code = session_find_row(req, &wait);
		} T_END;
		if (!wait || waited >= SESSION_WAIT_MSECS * 1000)
			break;
		usleep(SESSION_WAIT_STEP_USECS);
	}
	return code;
}

void mapihttp_session_peek(struct mapihttp_request *req)
{
	struct mapihttp_session *session;

	if (req->session != NULL || req->sid == NULL)
		return;
	session = session_in_memory(req->sid);
	if (session != NULL && session->kind == req->kind)
		req->session = session;
}

enum mapihttp_code mapihttp_session_find(struct mapihttp_request *req)
{
	enum mapihttp_code code;

	mapihttp_store = req->env.store;
	if (req->sid == NULL)
		return MAPIHTTP_MISSING_COOKIE;
	if (!mapihttp_sid_is_valid(req->sid))
		return MAPIHTTP_INVALID_COOKIE;
	mapihttp_session_peek(req);
	if (req->session != NULL && session_expired(req->session, req->expiry)) {
		(void)session_forget(req->session);
		req->session = NULL;
		return MAPIHTTP_CONTEXT_NOT_FOUND;
	}
	if (req->session == NULL) {
		/* of the other endpoint, here: not ours to wait for */
		if (session_in_memory(req->sid) != NULL)
			return MAPIHTTP_CONTEXT_NOT_FOUND;
		code = session_find_stored(req);
		if (code != MAPIHTTP_OK)
			return code;
	}
	req->env.cpid = req->session->cpid;
	req->env.lcid_sort = req->session->lcid_sort;
	req->env.lcid_string = req->session->lcid_string;
	mapihttp_session_used(req->session, 0);
	return MAPIHTTP_OK;
}

/* --- making and ending -------------------------------------------------------------- */

bool mapihttp_session_create(struct mapihttp_request *req,
			     struct emsmdb *emsmdb, struct nspi *nspi,
			     enum mapihttp_code *code_r)
{
	char sid[MAPIHTTP_SID_LEN + 1];
	struct mapihttp_session *session;
	struct mapihttp_row row;

	mapihttp_store = req->env.store;
	random_hex(sid, MAPIHTTP_SID_SIZE);
	session = session_alloc(req->kind, sid);
	session->emsmdb = emsmdb;
	session->nspi = nspi;
	session->cpid = req->env.cpid;
	session->lcid_sort = req->env.lcid_sort;
	session->lcid_string = req->env.lcid_string;
	random_hex(session->seq, MAPIHTTP_SEQ_SIZE);
	row_live(&row, session->kind);
	if (row_replace(session_row_name(sid), NULL, 0, &row) < 0) {
		session_free(session);
		*code_r = MAPIHTTP_UNKNOWN_FAILURE;
		return FALSE;
	}
	req->session = session;
	mapihttp_log(req, "session", t_strndup(sid, 8));
	service_reply_session(req->service, sid);
	return TRUE;
}

void mapihttp_session_destroy(struct mapihttp_request *req)
{
	(void)session_forget(req->session);
	req->session = NULL;
}

struct session_row_info {
	const char *name;
	uint64_t since;
};
ARRAY_DEFINE_TYPE(session_row_info, struct session_row_info);

static int session_row_info_cmp(const struct session_row_info *i1,
				const struct session_row_info *i2)
{
	return i1->since < i2->since ? -1 : (i1->since > i2->since ? 1 : 0);
}

/* Removes what is dead or expired; the rest that may go is in infos. Returns how many
   stay in all, -1 on error. */
static int session_rows_clean(struct mapihttp_request *req,
			      const ARRAY_TYPE(const_string) *names,
			      ARRAY_TYPE(session_row_info) *infos)
{
	struct session_row_info *info;
	const unsigned char *data;
	struct mapihttp_row row;
	const char *name;
	size_t size;
	int ret, count = 0;

	array_foreach_elem(names, name) {
		ret = row_get(name, &row, &data, &size);
		if (ret < 0)
			return -1;
		if (ret == 0)
			continue;
		if (row.request_id == NULL || row_expired(&row, req->expiry) ||
		    (!row.parked && !row_is_alive(&row))) {
			(void)row_replace(name, data, size, NULL);
			continue;
		}
		count++;
		if (!row.parked)
			continue;
		info = array_append_space(infos);
		info->name = name;
		info->since = I_MAX(row.last_used, row.busy_until);
	}
	return count;
}

/* The session of this process that was idle longest */
static bool session_drop_idlest(void)
{
	struct mapihttp_session *session, *idlest = NULL;

	for (session = mapihttp_sessions; session != NULL;
	     session = session->next) {
		if (idlest == NULL || session->last_used <= idlest->last_used)
			idlest = session;
	}
	return idlest != NULL && session_forget(idlest) == 0;
}

static void sessions_drop_expired(struct mapihttp_request *req)
{
	struct mapihttp_session *session, *next;

	for (session = mapihttp_sessions; session != NULL; session = next) {
		next = session->next;
		if (session_expired(session, req->expiry))
			(void)session_forget(session);
	}
}

int mapihttp_session_make_room(struct mapihttp_request *req)
{
	ARRAY_TYPE(const_string) names;
	ARRAY_TYPE(session_row_info) infos;
	const struct session_row_info *info;
	unsigned int max = mapihttp_setting(req, "dovetail_mapi_max_sessions",
					    SESSION_DEFAULT_MAX);
	int count;

	mapihttp_store = req->env.store;
	sessions_drop_expired(req);
	t_array_init(&names, 16);
	t_array_init(&infos, 16);
	if (store_state_list(req->env.store, SESSION_DEVICE, SESSION_PREFIX,
			     pool_datastack_create(), &names) < 0)
		return -1;
	if ((max == 0 || array_count(&names) < max) &&
	    array_count(&names) % SESSION_FEW != SESSION_FEW - 1)
		return 1;
	count = session_rows_clean(req, &names, &infos);
	if (count < 0 || max == 0)
		return count < 0 ? -1 : 1;
	array_sort(&infos, session_row_info_cmp);
	array_foreach(&infos, info) {
		if (count < (int)max)
			break;
		if (row_replace(info->name, NULL, 0, NULL) > 0)
			count--;
	}
	while (count >= (int)max && session_drop_idlest())
		count--;
	return count < (int)max ? 1 : 0;
}

/* --- one request after the other ------------------------------------------------------ */

static void request_hash(const struct mapihttp_request *req,
			 unsigned char hash[SHA256_RESULTLEN])
{
	struct sha256_ctx ctx;
	const char *type = t_str_lcase(req->type);

	sha256_init(&ctx);
	sha256_loop(&ctx, type, strlen(type) + 1);
	sha256_loop(&ctx, req->body->data, req->body->used);
	sha256_result(&ctx, hash);
}

/* It came while the one before was not answered yet. */
static bool request_overlaps(const struct mapihttp_request *req)
{
	return req->service->arrived != 0 &&
		req->service->arrived < req->session->ended;
}

bool mapihttp_session_repeated(struct mapihttp_request *req,
			       const buffer_t **answer_r)
{
	const struct mapihttp_session *session = req->session;
	unsigned char hash[SHA256_RESULTLEN];

	if (session->answer == NULL || request_overlaps(req) ||
	    strcmp(session->request_id, req->request_id) != 0)
		return FALSE;
	request_hash(req, hash);
	if (memcmp(session->hash, hash, sizeof(hash)) != 0)
		return FALSE;
	mapihttp_log(req, "repeated", "yes");
	*answer_r = session->answer;
	return TRUE;
}

enum mapihttp_code mapihttp_session_sequence(struct mapihttp_request *req)
{
	struct mapihttp_session *session = req->session;

	if (req->seq == NULL)
		return MAPIHTTP_MISSING_COOKIE;
	if (request_overlaps(req))
		return MAPIHTTP_INVALID_SEQUENCE;
	if (strcmp(req->seq, session->seq) != 0) {
		if (session->wait_seq[0] == '\0' ||
		    strcmp(req->seq, session->wait_seq) != 0)
			return MAPIHTTP_INVALID_SEQUENCE;
		session->wait_seq[0] = '\0';
	}
	random_hex(session->seq, MAPIHTTP_SEQ_SIZE);
	/* what is done from here on cannot be done again */
	session->request_id[0] = '\0';
	buffer_free(&session->answer);
	return MAPIHTTP_OK;
}

void mapihttp_session_answered(struct mapihttp_request *req,
			       const void *answer, size_t size)
{
	struct mapihttp_session *session = req->session;

	session->ended = now_mono_usecs();
	mapihttp_session_used(session, 0);
	if (answer == NULL || size > SESSION_MAX_ANSWER)
		return;
	i_strocpy(session->request_id, req->request_id,
		  sizeof(session->request_id));
	request_hash(req, session->hash);
	session->answer = buffer_create_dynamic(default_pool, size);
	buffer_append(session->answer, answer, size);
}

/* A client takes the cookies of every answer. Those of a held one may reach it long
   after an Execute has used up the sequence that they were given with: so they are
   of their own. */
const char *mapihttp_session_wait_seq(struct mapihttp_session *session)
{
	if (session->wait_seq[0] == '\0')
		random_hex(session->wait_seq, MAPIHTTP_SEQ_SIZE);
	return session->wait_seq;
}
