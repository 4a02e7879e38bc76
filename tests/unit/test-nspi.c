/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The address book for Outlook over a Directory in a file and books in memory:
   positions, typed names, restrictions, properties, groups, templates, state; over a
   few people, and over 100,000. (Over HTTP: tests/e2e/test_nspi.py.) */

#include "nspi.h"
#include "dovetail-mapi-props.h"
#include "ioloop.h"
#include "hex-binary.h"
#include "sha2.h"
#include "time-util.h"
#include "unlink-directory.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MANY 100000

static char tmpdir[] = "/tmp/test-nspi.XXXXXX";
static struct event *event;
static const char *people_file;
/* Outlives calls */
static pool_t keep;

#define DN_HEAD "/o=Dovetail/ou=Exchange Administrative Group " \
	"(FYDIBOHF23SPDLT)/cn=Recipients/cn="
#define DN(name) DN_HEAD name "_40example.org"

/* --- books in memory ------------------------------------------------------------------------ */

struct test_item {
	uint32_t num;
	const char *uid;
	const char *text;
};
static struct test_book {
	const char *display;
	bool foreign, writable;
	struct test_item items[16];
	unsigned int count;
	uint64_t seq;
} test_books[3];
static unsigned int test_books_count;

static int source_books(const struct mapi_env *env ATTR_UNUSED,
			pool_t pool ATTR_UNUSED,
			ARRAY_TYPE(nspi_book_info) *books)
{
	unsigned int i;

	for (i = 0; i < test_books_count; i++) {
		struct nspi_book_info *info = array_append_space(books);

		info->fid = 20 + i;
		memset(info->guid, 0xa0 + i, sizeof(info->guid));
		info->display = test_books[i].display;
		info->foreign = test_books[i].foreign;
		info->writable = test_books[i].writable;
	}
	return 0;
}

static bool source_unchanged(const struct mapi_env *env ATTR_UNUSED,
			     store_fid_t fid, const struct store_point *point)
{
	return test_books[fid - 20].seq == point->modseq;
}

static void item_fill(const struct test_item *src, struct store_item *item_r)
{
	unsigned char digest[SHA256_RESULTLEN];

	i_zero(item_r);
	sha256_get_digest(src->uid, strlen(src->uid), digest);
	item_r->num = src->num;
	item_r->name = binary_to_hex(digest, 16);
	item_r->text = src->text;
	item_r->text_size = strlen(src->text);
}

static int source_read(const struct mapi_env *env ATTR_UNUSED, store_fid_t fid,
		       struct store_point *point_r,
		       nspi_item_callback_t *callback, void *context)
{
	struct test_book *book = &test_books[fid - 20];
	struct store_item item;
	unsigned int i;

	point_r->modseq = book->seq;
	for (i = 0; i < book->count; i++) {
		item_fill(&book->items[i], &item);
		callback(context, &item);
	}
	return 0;
}

static int source_get(const struct mapi_env *env ATTR_UNUSED, store_fid_t fid,
		      uint32_t num, pool_t pool ATTR_UNUSED,
		      struct store_item *item_r)
{
	struct test_book *book = &test_books[fid - 20];
	unsigned int i;

	for (i = 0; i < book->count; i++) {
		if (book->items[i].num == num) {
			item_fill(&book->items[i], item_r);
			return 1;
		}
	}
	return 0;
}

static uint32_t source_put(const struct mapi_env *env ATTR_UNUSED,
			   store_fid_t fid,
			   const struct store_item *item, const char *uid,
			   const char *text)
{
	struct test_book *book = &test_books[fid - 20];
	unsigned int i;

	for (i = 0; i < book->count; i++) {
		if (book->items[i].num == item->num) {
			ck_assert_str_eq(book->items[i].uid, uid);
			book->items[i].text = p_strdup(keep, text);
			book->seq++;
			return ecNone;
		}
	}
	return ecError;
}

static const char *self_aliases[] = { "me.too@example.org", NULL };
static const struct store_settings self_settings = {
	.address = "me@example.org", .aliases = self_aliases,
	.display_name = "Me Myself",
};

static const struct store_settings *
source_self(const struct mapi_env *env ATTR_UNUSED)
{
	return &self_settings;
}

static const struct nspi_source source = {
	.books = source_books, .unchanged = source_unchanged,
	.read = source_read, .get = source_get, .put = source_put,
	.self = source_self,
};

/* --- calls ------------------------------------------------------------------------------------ */

static struct directory *dir;
static struct nspi *session;
static struct mapi_env env;
static buffer_t *body, *answer;
static struct mapi_in in;
static struct nspi_stat stat;

static const char *get_setting(void *context ATTR_UNUSED, const char *name)
{
	if (strcmp(name, "dovetail_directory") == 0)
		return t_strconcat("file:", people_file, NULL);
	return NULL;
}

static void begin(const char *path)
{
	const struct directory_settings set = {
		.get_setting = get_setting, .username = "me@example.org",
		.base_dir = tmpdir, .event = event,
	};
	const char *error;

	people_file = path;
	ck_assert_int_eq(directory_init(&set, &dir, &error), 0);
	i_zero(&env);
	env.pool = pool_alloconly_create("test", 4096);
	keep = pool_alloconly_create("test results", 4096);
	env.event = event;
	env.directory = dir;
	env.base_url = "https://mail.example.org";
	body = buffer_create_dynamic(default_pool, 1024);
	answer = buffer_create_dynamic(default_pool, 1024);
	i_zero(&stat);
	stat.cpid = 1252;
	stat.template_lcid = stat.sort_lcid = 0x409;
}

static void end(void)
{
	nspi_free(&session);
	directory_deinit(&dir);
	pool_unref(&env.pool);
	pool_unref(&keep);
	buffer_free(&body);
	buffer_free(&answer);
	test_books_count = 0;
}

static void u8(uint8_t v) { mapi_out_u8(body, v); }
static void u32(uint32_t v) { mapi_out_u32(body, v); }

static void put_stat(void)
{
	u8(0xff);
	u32(stat.sort_type);
	u32(stat.container);
	u32(stat.current);
	u32((uint32_t)stat.delta);
	u32(stat.num_pos);
	u32(stat.total);
	u32(stat.cpid);
	u32(stat.template_lcid);
	u32(stat.sort_lcid);
}

static void put_tags(unsigned int count, const mapi_tag_t *tags)
{
	unsigned int i;

	u8(0xff);
	u32(count);
	for (i = 0; i < count; i++)
		u32(tags[i]);
}

static unsigned int raw_call(const char *type)
{
	struct mapi_blob blob = { .data = body->data, .size = body->used };
	unsigned int ret;

	p_clear(env.pool);
	buffer_set_used_size(answer, 0);
	ret = nspi_dispatch(&session, &env, &source, type, &blob, answer);
	buffer_set_used_size(body, 0);
	mapi_in_init(&in, MAPI_FORM_NSPI, env.pool, answer->data,
		     answer->used);
	return ret;
}

/* ErrorCode of an answer whose StatusCode is 0 */
static uint32_t call(const char *type)
{
	u32(0);		/* AUX */
	ck_assert_int_eq(raw_call(type), 0);
	ck_assert_int_eq(mapi_in_u32(&in), 0);
	return mapi_in_u32(&in);
}

static void get_end(void)
{
	ck_assert_int_eq(mapi_in_u32(&in), 0);
	ck_assert_int_eq(mapi_in_left(&in), 0);
	ck_assert(!in.broken);
}

static void get_stat(void)
{
	ck_assert_int_ne(mapi_in_u8(&in), 0);
	stat.sort_type = mapi_in_u32(&in);
	stat.container = mapi_in_u32(&in);
	stat.current = mapi_in_u32(&in);
	stat.delta = (int32_t)mapi_in_u32(&in);
	stat.num_pos = mapi_in_u32(&in);
	stat.total = mapi_in_u32(&in);
	stat.cpid = mapi_in_u32(&in);
	stat.template_lcid = mapi_in_u32(&in);
	stat.sort_lcid = mapi_in_u32(&in);
}

static unsigned int get_mids(uint32_t *mids, unsigned int max)
{
	unsigned int i, count;

	if (mapi_in_u8(&in) == 0)
		return 0;
	count = mapi_in_u32(&in);
	for (i = 0; i < count; i++) {
		uint32_t mid = mapi_in_u32(&in);

		if (i < max)
			mids[i] = mid;
	}
	return count;
}

static void bind_session(void)
{
	u32(0);
	put_stat();
	ck_assert_int_eq(call("Bind"), ecNone);
	(void)mapi_in_bytes(&in, 16);
	get_end();
	ck_assert_ptr_ne(session, NULL);
}

static uint32_t update_stat(int32_t *moved_r)
{
	uint32_t error;

	u32(0);
	put_stat();
	u8(0xff);
	error = call("UpdateStat");
	get_stat();
	if (mapi_in_u8(&in) != 0)
		*moved_r = (int32_t)mapi_in_u32(&in);
	get_end();
	return error;
}

static const mapi_tag_t row_tags[] = { PidTagDisplayName, PidTagSmtpAddress,
				       PidTagInstanceKey };
#define ROW_TAGS N_ELEMENTS(row_tags)

struct row {
	const char *name, *email;
	uint32_t mid;
};

static unsigned int get_rows(struct row *rows, unsigned int max)
{
	struct mapi_prop props[ROW_TAGS];
	unsigned int i, count;

	ck_assert_int_ne(mapi_in_u8(&in), 0);
	ck_assert_int_eq(mapi_in_u32(&in), ROW_TAGS);
	for (i = 0; i < ROW_TAGS; i++)
		ck_assert_int_eq(mapi_in_u32(&in), row_tags[i]);
	count = mapi_in_u32(&in);
	for (i = 0; i < count; i++) {
		ck_assert_int_eq(mapi_in_row(&in, row_tags, ROW_TAGS, props),
				 0);
		if (i >= max)
			continue;
		rows[i].name = MAPI_TAG_TYPE(props[0].tag) == PTYP_STRING ?
			props[0].v.s : "-";
		rows[i].email = MAPI_TAG_TYPE(props[1].tag) == PTYP_STRING ?
			props[1].v.s : "-";
		rows[i].mid = MAPI_TAG_TYPE(props[2].tag) == PTYP_BINARY ?
			le32_to_cpu_unaligned(props[2].v.bin.data) : 0;
	}
	return count;
}

static uint32_t
query_rows(uint32_t count, struct row *rows, unsigned int max,
	   unsigned int *got_r)
{
	uint32_t error;

	u32(0);
	put_stat();
	u32(0);
	u32(count);
	put_tags(ROW_TAGS, row_tags);
	error = call("QueryRows");
	get_stat();
	if (error == ecNone)
		*got_r = get_rows(rows, max);
	else
		ck_assert_int_eq(mapi_in_u8(&in), 0);
	get_end();
	return error;
}

/* The status of one name; MID_RESOLVED: the row */
static uint32_t resolve(const char *name, struct row *row)
{
	uint32_t mid = 99;

	u32(0);
	put_stat();
	put_tags(ROW_TAGS, row_tags);
	u8(0xff);
	u32(1);
	mapi_out_utf16(body, name);
	ck_assert_int_eq(call("ResolveNames"), ecNone);
	ck_assert_int_eq(mapi_in_u32(&in), stat.cpid);
	ck_assert_int_eq(get_mids(&mid, 1), 1);
	ck_assert_int_eq(get_rows(row, 1), mid == NSPI_MID_RESOLVED ? 1 : 0);
	get_end();
	return mid;
}

static const char *resolve_email(const char *name)
{
	struct row row;

	switch (resolve(name, &row)) {
	case NSPI_MID_RESOLVED:
		return p_strdup(keep, row.email);
	case NSPI_MID_AMBIGUOUS:
		return "ambiguous";
	case NSPI_MID_UNRESOLVED:
		return "unresolved";
	default:
		return "?";
	}
}

/* GetMatches with the restriction in res: how many; rows are the first ones. */
static uint32_t matches(const buffer_t *res, uint32_t requested,
			struct row *rows, unsigned int max,
			unsigned int *count_r)
{
	uint32_t error, mids[8];

	u32(0);
	put_stat();
	u8(0);
	u32(0);
	u8(res == NULL ? 0 : 0xff);
	if (res != NULL)
		buffer_append_buf(body, res, 0, SIZE_MAX);
	u8(0);
	u32(requested);
	put_tags(ROW_TAGS, row_tags);
	error = call("GetMatches");
	get_stat();
	*count_r = get_mids(mids, N_ELEMENTS(mids));
	if (error == ecNone) {
		unsigned int rows_count = get_rows(rows, max);

		ck_assert_int_eq(rows_count, *count_r);
		if (rows_count > 0 && max > 0)
			ck_assert_int_eq(rows[0].mid, mids[0]);
	} else {
		ck_assert_int_eq(*count_r, 0);
		ck_assert_int_eq(mapi_in_u8(&in), 0);
	}
	get_end();
	return error;
}

static uint32_t get_props(uint32_t mid, uint32_t flags, unsigned int count,
			  const mapi_tag_t *tags, struct mapi_bag *bag,
			  ARRAY_TYPE(mapi_prop) *list)
{
	struct mapi_prop prop;
	uint32_t error, n;

	stat.current = mid;
	u32(flags);
	put_stat();
	if (count > 0)
		put_tags(count, tags);
	else
		u8(0);
	error = call("GetProps");
	ck_assert_int_eq(mapi_in_u32(&in), stat.cpid);
	if (mapi_in_u8(&in) != 0) {
		n = mapi_in_u32(&in);
		while (n-- > 0) {
			ck_assert_int_eq(mapi_in_prop(&in, &prop), 0);
			if (list != NULL) {
				mapi_prop_dup(keep, &prop,
					      array_append_space(list));
			}
			if (bag != NULL &&
			    MAPI_TAG_TYPE(prop.tag) != PTYP_ERROR_CODE)
				mapi_bag_set(bag, prop.tag, &prop.v);
		}
	}
	get_end();
	return error;
}

static uint32_t mid_of(const char *name)
{
	struct row row;

	ck_assert_int_eq(resolve(name, &row), NSPI_MID_RESOLVED);
	return row.mid;
}

/* --- a few people ------------------------------------------------------------------------------- */

static const char people[] =
	"#email\tname\tfirst_name\tlast_name\tphone\ttitle\tcompany\talias\t"
	"department\thidden\n"
	"alice@example.org\tAlice M\xc3\xbcller\tAlice\tM\xc3\xbcller\t"
	"+49 30 1\tHead\tExample Ltd\tally\tSales\n"
	"bob@example.org\tBob Lee\tBob\tLee\t+49 30 2\n"
	"bobby@example.org\tBobby Leeson\tBobby\tLeeson\t+49 30 3\n"
	"carol@example.org\tCarol Jones\tCarol\tJones\n"
	"me@example.org\tMe Myself\tMe\tMyself\n"
	"yuki@example.org\t\xe9\x9b\xaa\xe5\xad\x90\n"
	"boss@example.org\tThe Boss\t\t\t\t\t\t\t\tyes\n"
	"zed@example.org\tZed\n";
#define PEOPLE 7

static const char *write_people(const char *name, const char *text)
{
	const char *path = t_strconcat(tmpdir, "/", name, NULL);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
	return path;
}

static void begin_few(void)
{
	begin(write_people("few", people));
	bind_session();
}

START_TEST(arithmetic)
{
	/* As far as the client's idea of the table goes */
	ck_assert_int_eq(nspi_fraction(0, 0, 10), 0);
	ck_assert_int_eq(nspi_fraction(5, 10, 10), 5);
	ck_assert_int_eq(nspi_fraction(1, 2, 11), 5);
	ck_assert_int_eq(nspi_fraction(10, 10, 7), 7);
	ck_assert_int_eq(nspi_fraction(11, 10, 7), 7);
	ck_assert_int_eq(nspi_fraction(0xffffffff, 0xffffffff, 7), 7);
	ck_assert_int_eq(nspi_fraction(0xffffffff, 1, 100000), 100000);
	ck_assert_int_eq(nspi_fraction(3, 0, 7), 3);
	ck_assert_int_eq(nspi_fraction(1, 3, 0), 0);

	ck_assert_int_eq(nspi_move(3, 0, 7), 3);
	ck_assert_int_eq(nspi_move(3, -3, 7), 0);
	ck_assert_int_eq(nspi_move(3, -4, 7), 0);
	ck_assert_int_eq(nspi_move(3, 4, 7), 7);
	ck_assert_int_eq(nspi_move(3, 5, 7), 7);
	ck_assert_int_eq(nspi_move(7, INT32_MIN, 7), 0);
	ck_assert_int_eq(nspi_move(0, INT32_MAX, 7), 7);
	ck_assert_int_eq(nspi_move(0, 1, 0), 0);
}
END_TEST

START_TEST(binding)
{
	guid_128_t guid1, guid2;
	struct nspi *other;
	buffer_t *parked;

	begin(write_people("few", people));
	/* Others need a session. */
	u32(0);
	put_stat();
	u8(0);
	u32(0);
	ck_assert_int_eq(raw_call("UpdateStat"), 10);
	ck_assert_int_eq(raw_call("FindTheMailbox"), 5);
	ck_assert(nspi_is_request_type("comparemids"));
	ck_assert(nspi_is_request_type("CompareMinIds"));
	ck_assert(nspi_is_request_type("DNToMId"));
	ck_assert(!nspi_is_request_type("Connect"));

	/* Code pages that cannot be, anonymous users, no STAT */
	stat.cpid = NSPI_CP_UNICODE;
	u32(0);
	put_stat();
	ck_assert_int_eq(call("Bind"), NSPI_INVALID_CODEPAGE);
	ck_assert_ptr_eq(session, NULL);
	stat.cpid = 4711;
	u32(0);
	put_stat();
	ck_assert_int_eq(call("Bind"), NSPI_INVALID_CODEPAGE);
	stat.cpid = NSPI_CP_TELETEX;
	u32(NSPI_ANONYMOUS);
	put_stat();
	ck_assert_int_eq(call("Bind"), ecNotSupported);
	u32(0);
	u8(0);
	ck_assert_int_eq(call("Bind"), ecInvalidParam);
	ck_assert_ptr_eq(session, NULL);

	/* Other flags are ignored; the GUID is the user's. */
	u32(0xffffffdf);
	put_stat();
	ck_assert_int_eq(call("Bind"), ecNone);
	mapi_in_guid(&in, guid1);
	get_end();
	parked = t_buffer_create(64);
	ck_assert(nspi_park(session, parked));
	ck_assert_int_eq(nspi_restore(&env, parked->data, parked->used,
				      &other), 0);
	nspi_free(&other);
	ck_assert_int_eq(nspi_restore(&env, parked->data, parked->used - 1,
				      &other), -1);
	buffer_append_c(parked, '\0');
	ck_assert_int_eq(nspi_restore(&env, parked->data, parked->used,
				      &other), -1);
	u32(5);
	ck_assert_int_eq(call("Unbind"), NSPI_UNBIND_SUCCESS);
	get_end();
	ck_assert_ptr_eq(session, NULL);
	/* Once more is no error. */
	u32(0);
	ck_assert_int_eq(call("Unbind"), NSPI_UNBIND_SUCCESS);
	u32(0);
	put_stat();
	ck_assert_int_eq(call("Bind"), ecNone);
	mapi_in_guid(&in, guid2);
	ck_assert(guid_128_equals(guid1, guid2));
	end();
}
END_TEST

START_TEST(positions)
{
	struct row rows[10], row;
	unsigned int got;
	int32_t moved = 0;
	uint32_t second;

	begin_few();
	ck_assert_int_eq(update_stat(&moved), ecNone);
	ck_assert_int_eq(stat.total, PEOPLE);
	ck_assert_int_eq(stat.num_pos, 0);
	ck_assert_int_ge(stat.current, 0x10);

	/* By rows, to the end and back */
	stat.delta = 2;
	ck_assert_int_eq(update_stat(&moved), ecNone);
	ck_assert_int_eq(moved, 2);
	ck_assert_int_eq(stat.num_pos, 2);
	ck_assert_int_eq(stat.delta, 0);
	stat.delta = 100;
	ck_assert_int_eq(update_stat(&moved), ecNone);
	ck_assert_int_eq(moved, PEOPLE - 2);
	ck_assert_int_eq(stat.current, NSPI_MID_END);
	ck_assert_int_eq(stat.num_pos, PEOPLE);
	stat.delta = -1;
	ck_assert_int_eq(update_stat(&moved), ecNone);
	ck_assert_int_eq(moved, -1);
	ck_assert_int_eq(stat.num_pos, PEOPLE - 1);
	stat.delta = INT32_MIN;
	ck_assert_int_eq(update_stat(&moved), ecNone);
	ck_assert_int_eq(moved, -(PEOPLE - 1));
	ck_assert_int_eq(stat.num_pos, 0);

	/* By fraction; an absolute position ignores it */
	stat.current = NSPI_MID_CURRENT;
	stat.num_pos = 1;
	stat.total = 2;
	ck_assert_int_eq(update_stat(&moved), ecNone);
	ck_assert_int_eq(stat.num_pos, PEOPLE / 2);
	stat.num_pos = 5;
	stat.current = NSPI_MID_BEGINNING;
	ck_assert_int_eq(update_stat(&moved), ecNone);
	ck_assert_int_eq(stat.num_pos, 0);

	/* What is not there */
	stat.current = 0x55555555;
	ck_assert_int_eq(update_stat(&moved), ecNotFound);
	ck_assert_int_eq(stat.current, 0x55555555);
	stat.current = 0;
	stat.container = 1;
	ck_assert_int_eq(update_stat(&moved), ecInvalidBookmark);
	ck_assert_int_eq(stat.container, 1);
	stat.container = 0;
	stat.cpid = NSPI_CP_UNICODE;
	ck_assert_int_eq(update_stat(&moved), NSPI_INVALID_CODEPAGE);
	stat.cpid = 1252;

	/* Rows: never more than asked, and the position behind them */
	ck_assert_int_eq(query_rows(3, rows, 10, &got), ecNone);
	ck_assert_int_eq(got, 3);
	ck_assert_str_eq(rows[0].name, "Alice M\xc3\xbcller");
	ck_assert_str_eq(rows[1].name, "Bob Lee");
	ck_assert_str_eq(rows[2].name, "Bobby Leeson");
	ck_assert_int_eq(stat.num_pos, 3);
	ck_assert_int_eq(stat.total, PEOPLE);
	second = rows[1].mid;
	ck_assert_int_eq(query_rows(100, rows, 10, &got), ecNone);
	ck_assert_int_eq(got, PEOPLE - 3);
	ck_assert_int_eq(stat.current, NSPI_MID_END);
	ck_assert_int_eq(query_rows(100, rows, 10, &got), ecNone);
	ck_assert_int_eq(got, 0);
	ck_assert_int_eq(stat.current, NSPI_MID_END);
	stat.current = second;
	stat.delta = 1;
	ck_assert_int_eq(query_rows(1, &row, 1, &got), ecNone);
	ck_assert_str_eq(row.name, "Bobby Leeson");
	ck_assert_int_ne(query_rows(0, rows, 10, &got), ecNone);

	/* An explicit table: in its order, errors for what is not there */
	u32(0);
	put_stat();
	u32(3);
	u32(second);
	u32(0x44444444);
	u32(second);
	u32(10);
	put_tags(ROW_TAGS, row_tags);
	ck_assert_int_eq(call("QueryRows"), ecNone);
	get_stat();
	ck_assert_int_eq(get_rows(rows, 10), 3);
	ck_assert_str_eq(rows[0].name, "Bob Lee");
	ck_assert_str_eq(rows[1].name, "-");
	ck_assert_int_eq(rows[2].mid, second);
	get_end();
	end();
}
END_TEST

static uint32_t seek(const char *name, struct row *rows, unsigned int *got_r)
{
	uint32_t error;

	u32(0);
	put_stat();
	u8(0xff);
	u32(PidTagDisplayName);
	u8(0xff);
	mapi_out_utf16(body, name);
	u8(0);
	put_tags(ROW_TAGS, row_tags);
	error = call("SeekEntries");
	get_stat();
	*got_r = 0;
	if (error == ecNone)
		*got_r = get_rows(rows, 10);
	else
		ck_assert_int_eq(mapi_in_u8(&in), 0);
	get_end();
	return error;
}

START_TEST(seeking)
{
	static const mapi_tag_t name8 =
		MAPI_TAG_RETYPE(PidTagDisplayName, PTYP_STRING8);
	struct row rows[10];
	unsigned int got;

	begin_few();
	stat.delta = 3;
	ck_assert_int_eq(seek("bobb", rows, &got), ecNone);
	ck_assert_int_eq(stat.num_pos, 2);
	ck_assert_int_eq(stat.total, PEOPLE);
	ck_assert_int_eq(stat.current, rows[0].mid);
	/* Other fields are left alone. */
	ck_assert_int_eq(stat.delta, 3);
	stat.delta = 0;
	ck_assert_str_eq(rows[0].name, "Bobby Leeson");
	ck_assert_int_eq(got, PEOPLE - 2);
	ck_assert_int_eq(seek("", rows, &got), ecNone);
	ck_assert_int_eq(stat.num_pos, 0);
	/* Accents do not matter. */
	ck_assert_int_eq(seek("alice muller", rows, &got), ecNone);
	ck_assert_str_eq(rows[0].name, "Alice M\xc3\xbcller");
	ck_assert_int_eq(seek("\xef\xbf\xbd\xef\xbf\xbd", rows, &got),
			 ecNotFound);
	stat.sort_type = NSPI_SORT_PHONETIC;
	ck_assert_int_eq(seek("bob", rows, &got), ecError);
	stat.sort_type = NSPI_SORT_DISPLAY_NAME;
	stat.container = 3;
	ck_assert_int_eq(seek("bob", rows, &got), ecInvalidBookmark);
	stat.container = 0;

	/* In 8 bits; another property; no target */
	u32(0);
	put_stat();
	u8(0xff);
	u32(name8);
	u8(0xff);
	mapi_out_str8(body, "Alice M\xfcll");
	u8(0);
	u8(0);
	ck_assert_int_eq(call("SeekEntries"), ecNone);
	get_stat();
	ck_assert_int_eq(stat.num_pos, 0);
	ck_assert_int_eq(mapi_in_u8(&in), 0);
	get_end();
	u32(0);
	put_stat();
	u8(0xff);
	u32(PidTagDisplayType);
	u32(0);
	u8(0);
	u8(0);
	ck_assert_int_eq(call("SeekEntries"), ecError);
	u32(0);
	put_stat();
	u8(0);
	u8(0);
	u8(0);
	ck_assert_int_eq(call("SeekEntries"), ecInvalidParam);
	end();
}
END_TEST

START_TEST(typed_names)
{
	begin_few();
	ck_assert_str_eq(resolve_email("alice"), "alice@example.org");
	ck_assert_str_eq(resolve_email("M\xc3\xbcller, Alice"),
			 "alice@example.org");
	ck_assert_str_eq(resolve_email("mul al"), "alice@example.org");
	ck_assert_str_eq(resolve_email("ally"), "alice@example.org");
	ck_assert_str_eq(resolve_email("  \"Alice Muller\"; "),
			 "alice@example.org");
	/* Wholly one, by its beginning another */
	ck_assert_str_eq(resolve_email("bob lee"), "ambiguous");
	ck_assert_str_eq(resolve_email("bob"), "ambiguous");
	ck_assert_str_eq(resolve_email("=bob lee"), "bob@example.org");
	ck_assert_str_eq(resolve_email("=ally"), "alice@example.org");
	ck_assert_str_eq(resolve_email("=alic"), "unresolved");
	ck_assert_str_eq(resolve_email("bobby leeson"), "bobby@example.org");
	/* The domain is no name. */
	ck_assert_str_eq(resolve_email("example"), "unresolved");
	ck_assert_str_eq(resolve_email("org"), "unresolved");
	ck_assert_str_eq(resolve_email(""), "unresolved");
	ck_assert_str_eq(resolve_email(" , "), "unresolved");
	ck_assert_str_eq(resolve_email("="), "unresolved");
	ck_assert_str_eq(resolve_email("nobody"), "unresolved");
	ck_assert_str_eq(resolve_email("a b c d e f g h i j k l m"),
			 "unresolved");
	/* Addresses wholly */
	ck_assert_str_eq(resolve_email("BOB@example.org"), "bob@example.org");
	ck_assert_str_eq(resolve_email("SMTP:bob@example.org"),
			 "bob@example.org");
	ck_assert_str_eq(resolve_email("=SMTP:bob@example.org"),
			 "bob@example.org");
	ck_assert_str_eq(resolve_email("Somebody <bob@example.org>"),
			 "bob@example.org");
	ck_assert_str_eq(resolve_email("bob@example.org.other"), "unresolved");
	ck_assert_str_eq(resolve_email("bob@example"), "unresolved");
	ck_assert_str_eq(resolve_email(DN("bob")),
			 "bob@example.org");
	ck_assert_str_eq(resolve_email("EX:" DN("bob")),
			 "bob@example.org");
	ck_assert_str_eq(resolve_email(DN("nobody")),
			 "unresolved");
	/* The user, by an alias too */
	ck_assert_str_eq(resolve_email("me.too@example.org"),
			 "me@example.org");
	/* Hidden: only by all of the address, and then by id */
	ck_assert_str_eq(resolve_email("boss"), "unresolved");
	ck_assert_str_eq(resolve_email("boss@example.org"),
			 "boss@example.org");
	{
		static const mapi_tag_t tag = PidTagDisplayName;
		struct mapi_bag bag;
		uint32_t mid = mid_of("boss@example.org");

		mapi_bag_init(&bag, keep);
		ck_assert_int_eq(get_props(mid, 0, 1, &tag, &bag, NULL),
				 ecNone);
	}
	end();
}
END_TEST

START_TEST(names_together)
{
	static const char *const names[] = {
		"alice", "", "bob", "nobody", "carol"
	};
	static const uint32_t expected[] = { 2, 0, 1, 0, 2 };
	struct row rows[5];
	uint32_t mids[5];
	unsigned int i;

	begin_few();
	u32(0x80000000);	/* Outlook sets it. */
	put_stat();
	put_tags(ROW_TAGS, row_tags);
	u8(0xff);
	u32(N_ELEMENTS(names));
	for (i = 0; i < N_ELEMENTS(names); i++)
		mapi_out_utf16(body, names[i]);
	ck_assert_int_eq(call("ResolveNames"), ecNone);
	ck_assert_int_eq(mapi_in_u32(&in), 1252);
	ck_assert_int_eq(get_mids(mids, 5), 5);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(mids[i], expected[i]);
	/* Rows of the resolved ones only */
	ck_assert_int_eq(get_rows(rows, 5), 2);
	ck_assert_str_eq(rows[0].email, "alice@example.org");
	ck_assert_str_eq(rows[1].email, "carol@example.org");
	get_end();

	/* Default columns; no names; a container that is not there */
	u32(0);
	put_stat();
	u8(0);
	u8(0xff);
	u32(1);
	mapi_out_utf16(body, "alice");
	ck_assert_int_eq(call("ResolveNames"), ecNone);
	(void)mapi_in_u32(&in);
	ck_assert_int_eq(get_mids(mids, 5), 1);
	ck_assert_int_ne(mapi_in_u8(&in), 0);
	ck_assert_int_eq(mapi_in_u32(&in), 7);
	ck_assert_int_eq(mapi_in_u32(&in), PidTagAddressBookContainerId);
	stat.container = 77;
	u32(0);
	put_stat();
	u8(0);
	u8(0);
	ck_assert_int_eq(call("ResolveNames"), ecInvalidBookmark);
	(void)mapi_in_u32(&in);
	ck_assert_int_eq(mapi_in_u8(&in), 0);
	ck_assert_int_eq(mapi_in_u8(&in), 0);
	get_end();
	end();
}
END_TEST

START_TEST(not_in_the_directory)
{
	struct nspi *other = NULL;
	buffer_t *parked;
	uint32_t mid;
	struct mapi_bag bag;
	static const mapi_tag_t tag = PidTagSmtpAddress;

	/* The account's own address resolves whatever the Directory knows. */
	begin(write_people("none", "#email\nzed@example.org\n"));
	bind_session();
	mid = mid_of("me@example.org");
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(get_props(mid, 0, 1, &tag, &bag, NULL), ecNone);
	ck_assert_str_eq(resolve_email("me.too@example.org"), "me@example.org");
	/* ... also when the session was somewhere else meanwhile */
	parked = t_buffer_create(128);
	ck_assert(nspi_park(session, parked));
	ck_assert_int_eq(nspi_restore(&env, parked->data, parked->used,
				      &other), 0);
	nspi_free(&session);
	session = other;
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(get_props(mid, 0, 1, &tag, &bag, NULL), ecNone);
	mapi_bag_init(&bag, keep);
	end();
}
END_TEST

START_TEST(dns)
{
	uint32_t mids[5];

	begin(write_people("few", people));
	/* Without a session, too */
	u32(0);
	u8(0xff);
	u32(4);
	mapi_out_str8(body, DN("ALICE"));
	mapi_out_str8(body, DN_HEAD "nobody");
	mapi_out_str8(body, "");
	mapi_out_str8(body, "/");
	ck_assert_int_eq(call("DNToMId"), ecNone);
	ck_assert_int_eq(get_mids(mids, 5), 4);
	get_end();
	ck_assert_int_ge(mids[0], 0x10);
	ck_assert_int_lt(mids[0], 0x80000000);
	ck_assert_int_eq(mids[1], 0);
	ck_assert_int_eq(mids[2], 0);
	ck_assert_ptr_eq(session, NULL);
	bind_session();
	ck_assert_int_eq(mid_of("alice"), mids[0]);
	end();
}
END_TEST

static void compare(uint32_t a, uint32_t b, uint32_t *error_r,
		    int32_t *result_r)
{
	u32(0);
	put_stat();
	u32(a);
	u32(b);
	*error_r = call("CompareMIds");
	*result_r = (int32_t)mapi_in_u32(&in);
	get_end();
}

START_TEST(comparing_and_sorting)
{
	uint32_t alice, bob, zed, error, mids[5];
	int32_t result;

	begin_few();
	alice = mid_of("alice");
	bob = mid_of("=bob lee");
	zed = mid_of("zed");
	compare(alice, bob, &error, &result);
	ck_assert_int_eq(error, ecNone);
	ck_assert_int_lt(result, 0);
	compare(zed, bob, &error, &result);
	ck_assert_int_gt(result, 0);
	compare(bob, bob, &error, &result);
	ck_assert_int_eq(result, 0);
	compare(0, 1, &error, &result);
	ck_assert_int_eq(error, ecError);
	stat.container = 9;
	compare(alice, bob, &error, &result);
	ck_assert_int_eq(error, ecInvalidBookmark);
	stat.container = 0;

	stat.current = bob;
	u32(0);
	put_stat();
	u8(0xff);
	u32(4);
	u32(zed);
	u32(0x77777777);
	u32(bob);
	u32(alice);
	ck_assert_int_eq(call("ResortRestriction"), ecNone);
	get_stat();
	ck_assert_int_eq(stat.total, 3);
	ck_assert_int_eq(stat.num_pos, 1);
	ck_assert_int_eq(stat.current, bob);
	ck_assert_int_eq(get_mids(mids, 5), 3);
	ck_assert_int_eq(mids[0], alice);
	ck_assert_int_eq(mids[1], bob);
	ck_assert_int_eq(mids[2], zed);
	get_end();
	stat.current = 0x77777777;
	u32(0);
	put_stat();
	u8(0xff);
	u32(1);
	u32(zed);
	ck_assert_int_eq(call("ResortRestriction"), ecNone);
	get_stat();
	ck_assert_int_eq(stat.current, NSPI_MID_BEGINNING);
	ck_assert_int_eq(stat.num_pos, 0);
	stat.sort_type = NSPI_SORT_DISPLAY_NAME_RO;
	u32(0);
	put_stat();
	u8(0xff);
	u32(1);
	u32(zed);
	ck_assert_int_eq(call("ResortRestriction"), ecError);
	end();
}
END_TEST

/* --- properties ------------------------------------------------------------------------------------ */

START_TEST(properties)
{
	/* Those that every object has (MS-OXNSPI 3.1.4.2.1) */
	static const mapi_tag_t required[] = {
		PidTagObjectType, PidTagInitialDetailsPane,
		PidTagAddressBookDisplayNamePrintable,
		PidTagAddressBookContainerId, PidTagEntryId, PidTagInstanceKey,
		PidTagSearchKey, PidTagRecordKey, PidTagAddressType,
		PidTagEmailAddress, PidTagDisplayType, PidTagTemplateid,
		PidTagTransmittableDisplayName, PidTagDisplayName,
		PidTagMappingSignature,
		PidTagAddressBookObjectDistinguishedName,
	};
	static const mapi_tag_t some[] = {
		PidTagTitle, PidTagTitle, PidTagPagerTelephoneNumber,
		MAPI_TAG(0x3a17, PTYP_UNSPECIFIED), MAPI_TAG(0x6abc, 3),
		MAPI_TAG_RETYPE(PidTagTitle, PTYP_INTEGER32),
	};
	ARRAY_TYPE(mapi_prop) list;
	const struct mapi_prop *prop;
	const struct mapi_blob *bin;
	struct mapi_bag bag;
	uint32_t alice;

	begin_few();
	alice = mid_of("alice");
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(get_props(alice, 0, N_ELEMENTS(required), required,
				   &bag, NULL), ecNone);
	ck_assert_int_eq(array_count(&bag.props), N_ELEMENTS(required));
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagDisplayName),
			 "Alice M\xc3\xbcller");
	ck_assert_str_eq(mapi_bag_get_str(&bag,
			 PidTagAddressBookDisplayNamePrintable),
			 "Alice Muller");
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagAddressType), "EX");
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagEmailAddress),
			 DN("alice"));
	bin = mapi_bag_get_bin(&bag, PidTagSearchKey);
	ck_assert_str_eq((const char *)bin->data,
			 "EX:/O=DOVETAIL/OU=EXCHANGE "
			 "ADMINISTRATIVE GROUP (FYDIBOHF23SPDLT)/CN=RECIPIENTS/CN="
			 "ALICE_40EXAMPLE.ORG");
	bin = mapi_bag_get_bin(&bag, PidTagEntryId);
	ck_assert_int_eq(bin->data[0], 0);
	ck_assert_str_eq((const char *)bin->data + 28,
			 DN("alice"));
	ck_assert_int_eq(bin->size, 28 + strlen(DN("alice"))
			 + 1);
	ck_assert_int_eq(mapi_bag_get_bin(&bag, PidTagMappingSignature)->size,
			 16);

	/* Ephemeral */
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(get_props(alice, NSPI_EPHEMERAL_ID, 2, &required[4],
				   &bag, NULL), ecNone);
	bin = mapi_bag_get_bin(&bag, PidTagEntryId);
	ck_assert_int_eq(bin->size, 32);
	ck_assert_int_eq(bin->data[0], 0x87);
	ck_assert_int_eq(le32_to_cpu_unaligned(bin->data + 28), alice);

	/* In order, doubles too, errors where nothing is */
	p_array_init(&list, keep, 8);
	ck_assert_int_eq(get_props(alice, 0, N_ELEMENTS(some), some, NULL,
				   &list), ecWarnWithErrors);
	prop = array_front(&list);
	ck_assert_int_eq(array_count(&list), N_ELEMENTS(some));
	ck_assert_int_eq(prop[0].tag, PidTagTitle);
	ck_assert_int_eq(prop[1].tag, PidTagTitle);
	ck_assert_int_eq(prop[2].tag, 0x3a21000a);
	ck_assert_int_eq(prop[2].v.error, ecNotFound);
	ck_assert_int_eq(MAPI_TAG_TYPE(prop[3].tag), PTYP_STRING);
	ck_assert_int_eq(prop[4].tag, 0x6abc000a);
	ck_assert_int_eq(prop[5].tag, 0x3a17000a);

	/* Nobody has nothing; all that somebody has */
	p_array_init(&list, keep, 8);
	ck_assert_int_eq(get_props(0x12345678, 0, 1, some, NULL, &list),
			 ecWarnWithErrors);
	ck_assert_int_eq(array_count(&list), 1);
	ck_assert_int_eq(get_props(0x12345678, 0, 0, NULL, NULL, NULL),
			 ecError);
	p_array_init(&list, keep, 8);
	ck_assert_int_eq(get_props(alice, 0, 0, NULL, NULL, &list), ecNone);
	ck_assert_int_ge(array_count(&list), N_ELEMENTS(required));
	end();
}
END_TEST

static const char *name8(uint32_t mid, uint32_t cpid)
{
	static const mapi_tag_t tag =
		MAPI_TAG_RETYPE(PidTagDisplayName, PTYP_STRING8);
	const struct mapi_prop *prop;
	ARRAY_TYPE(mapi_prop) list;

	stat.cpid = cpid;
	t_array_init(&list, 1);
	ck_assert_int_eq(get_props(mid, 0, 1, &tag, NULL, &list), ecNone);
	stat.cpid = 1252;
	prop = array_front(&list);
	return t_strdup(prop->v.s);
}

START_TEST(code_pages)
{
	static const mapi_tag_t tag8 =
		MAPI_TAG_RETYPE(PidTagDisplayName, PTYP_STRING8);
	static const mapi_tag_t tag16 = PidTagDisplayName;
	uint32_t alice, yuki;

	begin_few();
	alice = mid_of("alice");
	yuki = mid_of("yuki");
	ck_assert_str_eq(name8(alice, 1252), "Alice M\xfcller");
	ck_assert_str_eq(name8(alice, 850), "Alice M\x81ller");
	ck_assert_str_eq(name8(alice, 65001), "Alice M\xc3\xbcller");
	/* Not in it: the printable name */
	ck_assert_str_eq(name8(alice, 1251), "Alice Muller");
	ck_assert_str_eq(name8(alice, 20127), "Alice Muller");
	ck_assert_str_eq(name8(yuki, 932), "\x90\xe1\x8e\x71");
	ck_assert_str_eq(name8(yuki, 1252), "yuki");
	ck_assert_str_eq(name8(alice, NSPI_CP_TELETEX), "Alice M\xc8uller");
	stat.cpid = NSPI_CP_UNICODE;
	ck_assert_int_eq(get_props(alice, 0, 1, &tag8, NULL, NULL),
			 NSPI_INVALID_CODEPAGE);
	ck_assert_int_eq(get_props(alice, 0, 1, &tag16, NULL, NULL), ecNone);
	end();
}
END_TEST

static uint32_t tag_list(const char *type, unsigned int *count_r,
			 unsigned int *string8_r, unsigned int *objects_r)
{
	uint32_t error, tag, n;

	*count_r = *string8_r = *objects_r = 0;
	error = call(type);
	if (mapi_in_u8(&in) != 0) {
		*count_r = n = mapi_in_u32(&in);
		while (n-- > 0) {
			tag = mapi_in_u32(&in);
			if ((MAPI_TAG_TYPE(tag) & ~PTYP_MULTIPLE) ==
			    PTYP_STRING8)
				(*string8_r)++;
			if (MAPI_TAG_TYPE(tag) == PTYP_OBJECT)
				(*objects_r)++;
		}
	}
	get_end();
	return error;
}

START_TEST(property_lists)
{
	unsigned int all, count, string8, objects;
	uint32_t alice;

	begin_few();
	alice = mid_of("alice");
	u32(1);
	u32(1);
	ck_assert_int_eq(tag_list("QueryColumns", &all, &string8, &objects),
			 ecNone);
	ck_assert_int_gt(string8, 0);
	u32(0);
	u32(NSPI_UNICODE_PROPTYPES);
	ck_assert_int_eq(tag_list("QueryColumns", &count, &string8, &objects),
			 ecNone);
	ck_assert_int_eq(count, all);
	ck_assert_int_eq(string8, 0);
	/* MId 0: every property */
	u32(NSPI_SKIP_OBJECTS);
	u32(0);
	u32(1252);
	ck_assert_int_eq(tag_list("GetPropList", &count, &string8, &objects),
			 ecNone);
	ck_assert_int_eq(count, all);
	u32(NSPI_SKIP_OBJECTS);
	u32(alice);
	u32(1252);
	ck_assert_int_eq(tag_list("GetPropList", &count, &string8, &objects),
			 ecNone);
	ck_assert_int_lt(count, all);
	ck_assert_int_gt(count, 16);
	ck_assert_int_gt(string8, 0);
	ck_assert_int_eq(objects, 0);
	u32(0);
	u32(alice);
	u32(NSPI_CP_UNICODE);
	ck_assert_int_eq(tag_list("GetPropList", &count, &string8, &objects),
			 ecNone);
	ck_assert_int_eq(string8, 0);
	u32(0);
	u32(alice);
	u32(4711);
	ck_assert_int_eq(tag_list("GetPropList", &count, &string8, &objects),
			 NSPI_INVALID_CODEPAGE);
	u32(0);
	u32(0x7ffffffe);
	u32(1252);
	ck_assert_int_eq(tag_list("GetPropList", &count, &string8, &objects),
			 ecError);
	end();
}
END_TEST

/* --- restrictions ------------------------------------------------------------------------------------- */

static buffer_t *res_new(void)
{
	return t_buffer_create(128);
}

static void res_value(buffer_t *res, mapi_tag_t tag, const char *text)
{
	mapi_out_u32(res, tag);
	mapi_out_u8(res, 0xff);
	if (MAPI_TAG_TYPE(tag) == PTYP_STRING)
		mapi_out_utf16(res, text);
	else
		mapi_out_str8(res, text);
}

static void res_content(buffer_t *res, mapi_tag_t tag, uint16_t low,
			uint16_t high, const char *text)
{
	mapi_out_u8(res, MAPI_RES_CONTENT);
	mapi_out_u16(res, low);
	mapi_out_u16(res, high);
	mapi_out_u32(res, tag);
	res_value(res, tag, text);
}

static void res_property(buffer_t *res, mapi_tag_t tag, uint8_t relop,
			 const char *text)
{
	mapi_out_u8(res, MAPI_RES_PROPERTY);
	mapi_out_u8(res, relop);
	mapi_out_u32(res, tag);
	res_value(res, tag, text);
}

static unsigned int res_count(const buffer_t *res)
{
	struct row rows[1];
	unsigned int count;

	stat.current = stat.container = 0;
	ck_assert_int_eq(matches(res, 1000000, rows, 1, &count), ecNone);
	stat.container = 0;
	return count;
}

START_TEST(restrictions)
{
	static const mapi_tag_t name8 =
		MAPI_TAG_RETYPE(PidTagDisplayName, PTYP_STRING8);
	struct row rows[10];
	unsigned int count;
	buffer_t *res;

	begin_few();
	/* Every type */
	res = res_new();
	res_content(res, PidTagDisplayName, MAPI_FL_PREFIX, MAPI_FL_IGNORECASE,
		    "BOB");
	ck_assert_int_eq(res_count(res), 2);
	res = res_new();
	res_content(res, PidTagSmtpAddress, MAPI_FL_SUBSTRING, 1, "example");
	ck_assert_int_eq(res_count(res), PEOPLE);
	res = res_new();
	res_content(res, name8, MAPI_FL_FULLSTRING, 1, "alice m\xfcller");
	ck_assert_int_eq(res_count(res), 1);
	res = res_new();
	res_property(res, PidTagDisplayName, MAPI_REL_EQ, "Bob Lee");
	ck_assert_int_eq(res_count(res), 1);
	res = res_new();
	res_property(res, PidTagDisplayName, MAPI_REL_GE, "Carol");
	ck_assert_int_eq(res_count(res), 4);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_EXIST);
	mapi_out_u32(res, PidTagTitle);
	ck_assert_int_eq(res_count(res), 1);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_NOT);
	mapi_out_u8(res, MAPI_RES_EXIST);
	mapi_out_u32(res, PidTagTitle);
	ck_assert_int_eq(res_count(res), PEOPLE - 1);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_OR);
	mapi_out_u32(res, 2);
	res_property(res, PidTagSmtpAddress, MAPI_REL_EQ, "bob@example.org");
	res_property(res, PidTagGivenName, MAPI_REL_EQ, "Alice");
	ck_assert_int_eq(res_count(res), 2);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_AND);
	mapi_out_u32(res, 2);
	res_content(res, PidTagDisplayName, MAPI_FL_PREFIX, 1, "bob");
	res_content(res, PidTagSurname, MAPI_FL_PREFIX, 1, "leeson");
	ck_assert_int_eq(res_count(res), 1);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_BITMASK);
	mapi_out_u8(res, 1);
	mapi_out_u32(res, PidTagObjectType);
	mapi_out_u32(res, 2);
	ck_assert_int_eq(res_count(res), PEOPLE);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_COMPARE);
	mapi_out_u8(res, MAPI_REL_EQ);
	mapi_out_u32(res, PidTagBusinessTelephoneNumber);
	mapi_out_u32(res, PidTagPrimaryTelephoneNumber);
	ck_assert_int_eq(res_count(res), 3);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_SIZE);
	mapi_out_u8(res, MAPI_REL_GT);
	mapi_out_u32(res, PidTagDisplayName);
	mapi_out_u32(res, 1);
	ck_assert_int_eq(res_count(res), PEOPLE);

	/* Typed names as a restriction, alone and among others */
	res = res_new();
	res_property(res, PidTagAnr, MAPI_REL_EQ, "bob");
	ck_assert_int_eq(res_count(res), 2);
	res = res_new();
	res_property(res, MAPI_TAG_RETYPE(PidTagAnr, PTYP_STRING8),
		     MAPI_REL_EQ, "m\xfcll");
	ck_assert_int_eq(res_count(res), 1);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_AND);
	mapi_out_u32(res, 2);
	res_property(res, PidTagAnr, MAPI_REL_EQ, "bob");
	mapi_out_u8(res, MAPI_RES_NOT);
	res_property(res, PidTagAnr, MAPI_REL_EQ, "bobby");
	ck_assert_int_eq(res_count(res), 1);
	res = res_new();
	res_property(res, PidTagAnr, MAPI_REL_EQ, "");
	ck_assert_int_eq(res_count(res), 0);
	/* Hidden ones are no rows. */
	res = res_new();
	res_property(res, PidTagAnr, MAPI_REL_EQ, "boss@example.org");
	ck_assert_int_eq(res_count(res), 0);

	/* One octet more before the value: what clients send */
	res = res_new();
	mapi_out_u8(res, MAPI_RES_PROPERTY);
	mapi_out_u8(res, MAPI_REL_EQ);
	mapi_out_u32(res, PidTagAnr);
	mapi_out_u8(res, 0xff);
	res_value(res, PidTagAnr, "bob");
	ck_assert_int_eq(res_count(res), 2);

	/* In table order; ContainerID becomes CurrentRec; too many */
	res = res_new();
	res_property(res, PidTagAnr, MAPI_REL_EQ, "bob");
	stat.current = 0;
	stat.num_pos = 3;
	ck_assert_int_eq(matches(res, 2, rows, 10, &count), ecNone);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(rows[0].name, "Bob Lee");
	ck_assert_str_eq(rows[1].name, "Bobby Leeson");
	ck_assert_int_eq(stat.container, 0);
	ck_assert_int_eq(stat.num_pos, 3);
	ck_assert_int_eq(matches(res, 1, rows, 10, &count), ecTableTooBig);
	stat.container = 5;
	ck_assert_int_eq(matches(res, 10, rows, 10, &count), ecInvalidBookmark);
	ck_assert_int_eq(stat.container, 5);
	stat.container = 0;

	/* A property of nobody; the object itself; one that leads nowhere */
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecError);
	stat.current = mid_of("alice");
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNone);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(stat.container, stat.current);
	stat.container = PidTagTitle;
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNotSupported);
	stat.container = PidTagAddressBookPublicDelegates;
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNone);
	ck_assert_int_eq(count, 0);

	/* An explicit table on input */
	u32(0);
	put_stat();
	u8(0xff);
	u32(1);
	u32(stat.current);
	u32(0);
	u8(0);
	u8(0);
	u32(10);
	u8(0);
	ck_assert_int_eq(call("GetMatches"), ecTooComplex);
	end();
}
END_TEST

/* --- books ----------------------------------------------------------------------------------------------- */

#define CARD(uid, fn, more) "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" uid \
	"\r\nFN:" fn "\r\n" more "END:VCARD\r\n"

static void begin_books(void)
{
	static const struct test_book contacts = {
		.display = "Contacts", .writable = TRUE, .count = 4, .seq = 1,
		.items = {
			{ 1, "u-dora", CARD("u-dora", "Dora Dee",
				"N:Dee;Dora;;;\r\nEMAIL:dora@home.example\r\n"
				"EMAIL:dora@work.example\r\n"
				"TEL;TYPE=CELL:+1 2\r\nNOTE:a friend\r\n") },
			{ 2, "u-ann", CARD("u-ann", "Ann Other",
				"EMAIL:ann@home.example\r\n"
				"X-PHONETIC-FIRST-NAME:Zann\r\n") },
			{ 3, "u-team", CARD("u-team", "The Team",
				"X-ADDRESSBOOKSERVER-KIND:group\r\n"
				"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:u-dora\r\n"
				"X-ADDRESSBOOKSERVER-MEMBER:"
				"mailto:alice@example.org\r\n"
				"X-ADDRESSBOOKSERVER-MEMBER:"
				"mailto:nobody@x.example\r\n") },
			{ 4, "u-bad", "no vCard" },
		},
	};
	static const struct test_book shared = {
		.display = "Team (ben)", .foreign = TRUE, .count = 1, .seq = 1,
		.items = {
			{ 1, "g-all", CARD("g-all", "All of us",
				"X-ADDRESSBOOKSERVER-KIND:group\r\n"
				"X-ADDRESSBOOKSERVER-MEMBER:"
				"mailto:bob@example.org\r\n") },
		},
	};

	test_books[0] = contacts;
	test_books[1] = shared;
	test_books_count = 2;
	begin_few();
}

#define BOOK1 (NSPI_CONTAINER_FIRST + 20)
#define BOOK2 (NSPI_CONTAINER_FIRST + 21)

START_TEST(hierarchy)
{
	struct mapi_bag bag;
	uint32_t version[3], rows;
	unsigned int i;

	begin_books();
	for (i = 0; i < 3; i++) {
		if (i == 2)
			test_books_count = 1;
		u32(NSPI_UNICODE_STRINGS);
		put_stat();
		u8(0xff);
		u32(i == 0 ? 0 : version[0]);
		ck_assert_int_eq(call("GetSpecialTable"), ecNone);
		ck_assert_int_eq(mapi_in_u32(&in), 1252);
		ck_assert_int_ne(mapi_in_u8(&in), 0);
		version[i] = mapi_in_u32(&in);
		ck_assert_int_ne(mapi_in_u8(&in), 0);
		rows = mapi_in_u32(&in);
		ck_assert_int_eq(rows, 1 + test_books_count);
		while (rows-- > 0) {
			mapi_bag_init(&bag, keep);
			ck_assert_int_eq(mapi_in_props(&in, &bag), 0);
			ck_assert_int_eq(array_count(&bag.props), 6);
			ck_assert_ptr_ne(mapi_bag_get_str(&bag,
						PidTagDisplayName), NULL);
		}
		get_end();
	}
	ck_assert_int_eq(version[0], version[1]);
	ck_assert_int_ne(version[0], version[2]);

	/* In 8 bits; code page 1200 needs the Unicode flag */
	u32(0);
	put_stat();
	u8(0);
	ck_assert_int_eq(call("GetSpecialTable"), ecNone);
	stat.cpid = NSPI_CP_UNICODE;
	u32(0);
	put_stat();
	u8(0);
	ck_assert_int_eq(call("GetSpecialTable"), NSPI_INVALID_CODEPAGE);
	(void)mapi_in_u32(&in);
	ck_assert_int_eq(mapi_in_u8(&in), 0);
	ck_assert_int_eq(mapi_in_u8(&in), 0);
	get_end();
	u32(NSPI_UNICODE_STRINGS);
	put_stat();
	u8(0);
	ck_assert_int_eq(call("GetSpecialTable"), ecNone);
	end();
}
END_TEST

START_TEST(books)
{
	static const mapi_tag_t tags[] = {
		PidTagAddressType, PidTagEmailAddress,
		PidTagAddressBookProxyAddresses, PidTagDisplayType,
		PidTagMobileTelephoneNumber, PidTagComment,
		PidTagAddressBookObjectDistinguishedName,
		PidTagAddressBookContainerId,
	};
	struct row rows[10];
	struct mapi_bag bag;
	unsigned int got;
	uint32_t dora, mids[2];
	int32_t moved;
	const char *dn;

	begin_books();
	stat.container = BOOK1;
	ck_assert_int_eq(query_rows(10, rows, 10, &got), ecNone);
	ck_assert_int_eq(got, 3);
	ck_assert_int_eq(stat.total, 3);
	ck_assert_str_eq(rows[0].name, "Ann Other");
	ck_assert_str_eq(rows[1].name, "Dora Dee");
	ck_assert_str_eq(rows[1].email, "dora@home.example");
	ck_assert_str_eq(rows[2].name, "The Team");
	dora = rows[1].mid;
	/* By how names sound */
	stat.current = 0;
	stat.sort_type = NSPI_SORT_PHONETIC;
	ck_assert_int_eq(query_rows(10, rows, 10, &got), ecNone);
	ck_assert_str_eq(rows[0].name, "Dora Dee");
	ck_assert_str_eq(rows[2].name, "Ann Other");
	stat.sort_type = NSPI_SORT_DISPLAY_NAME;
	/* A row of another list */
	stat.current = mid_of("dora");
	ck_assert_int_eq(stat.current, dora);
	stat.container = BOOK2;
	ck_assert_int_eq(update_stat(&moved), ecNotFound);
	stat.container = 0;
	ck_assert_int_eq(update_stat(&moved), ecNotFound);
	/* Typed names: in the list that is asked */
	ck_assert_str_eq(resolve_email("dora"), "unresolved");
	stat.container = BOOK1;
	ck_assert_str_eq(resolve_email("dora"), "dora@home.example");
	ck_assert_str_eq(resolve_email("dora@work.example"),
			 "dora@home.example");
	ck_assert_str_eq(resolve_email("alice"), "unresolved");

	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(get_props(dora, 0, N_ELEMENTS(tags), tags, &bag,
				   NULL), ecNone);
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagAddressType), "SMTP");
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagEmailAddress),
			 "dora@home.example");
	ck_assert_int_eq(mapi_bag_get_int(&bag, PidTagDisplayType, -1),
			 NSPI_DT_REMOTE_MAILUSER);
	ck_assert_int_eq(mapi_bag_get_int(&bag, PidTagAddressBookContainerId,
					  -1), BOOK1);
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagComment), "a friend");
	ck_assert_int_eq(mapi_bag_get(&bag, PidTagAddressBookProxyAddresses)
			 ->v.mv.count, 2);
	dn = mapi_bag_get_str(&bag, PidTagAddressBookObjectDistinguishedName);
	u32(0);
	u8(0xff);
	u32(2);
	mapi_out_str8(body, dn);
	mapi_out_str8(body, t_strconcat("/guid=",
		"a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", NULL));
	ck_assert_int_eq(call("DnToMinId"), ecNone);
	ck_assert_int_eq(get_mids(mids, 2), 2);
	ck_assert_int_eq(mids[0], dora);
	ck_assert_int_eq(mids[1], BOOK1);

	/* Somebody changes it: seen at once, ids stay. */
	test_books[0].items[0].text = CARD("u-dora", "Adora Dee",
					   "EMAIL:adora@home.example\r\n");
	test_books[0].seq++;
	stat.container = BOOK1;
	stat.current = 0;
	ck_assert_int_eq(query_rows(10, rows, 10, &got), ecNone);
	ck_assert_str_eq(rows[0].name, "Adora Dee");
	ck_assert_int_eq(rows[0].mid, dora);
	/* A list that is gone */
	test_books_count = 0;
	stat.current = 0;
	ck_assert_int_eq(update_stat(&moved), ecInvalidBookmark);
	end();
}
END_TEST

/* Whom mail to it goes to */
static const char *expanded(const char *dn)
{
	struct nspi_call c = {
		.session = session, .env = &env, .source = &source,
		.pool = env.pool,
	};
	ARRAY_TYPE(const_string) addresses;

	t_array_init(&addresses, 8);
	if (nspi_expand(&c, dn, &addresses) <= 0)
		return "none";
	array_append_zero(&addresses);
	return t_strarray_join(array_front(&addresses), " ");
}

static const char *dn_of(uint32_t mid)
{
	static const mapi_tag_t tag = PidTagAddressBookObjectDistinguishedName;
	const struct mapi_prop *prop;
	ARRAY_TYPE(mapi_prop) list;

	t_array_init(&list, 1);
	ck_assert_int_eq(get_props(mid, 0, 1, &tag, NULL, &list), ecNone);
	prop = array_front(&list);
	return t_strdup(prop->v.s);
}

START_TEST(expanding)
{
	uint32_t team;

	begin_books();
	stat.container = BOOK1;
	team = mid_of("team");
	ck_assert_str_eq(expanded(dn_of(team)), "alice@example.org "
			 "nobody@x.example dora@home.example");
	ck_assert_str_eq(expanded(dn_of(mid_of("dora"))), "dora@home.example");
	ck_assert_str_eq(expanded(DN("bob")),
			 "bob@example.org");
	ck_assert_str_eq(expanded(DN("nobody")), "none");
	ck_assert_str_eq(expanded("/guid=a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"),
			 "none");
	/* A group that is in itself */
	test_books[0].items[2].text = CARD("u-team", "The Team",
		"X-ADDRESSBOOKSERVER-KIND:group\r\n"
		"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:u-team\r\n"
		"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:u-ann\r\n");
	test_books[0].seq++;
	ck_assert_str_eq(expanded(dn_of(team)), "ann@home.example");
	end();
}
END_TEST

static uint32_t
mod_link(uint32_t flags, uint32_t tag, uint32_t mid, const buffer_t *id,
	 bool sized)
{
	uint32_t error;

	u32(flags);
	u32(tag);
	u32(mid);
	u8(0xff);
	u32(1);
	if (sized)
		u32(id->used);
	buffer_append_buf(body, id, 0, SIZE_MAX);
	error = call("ModLinkAtt");
	get_end();
	return error;
}

static void entry_id(uint32_t mid, bool ephemeral, buffer_t *dest)
{
	static const mapi_tag_t tag = PidTagEntryId;
	const struct mapi_prop *prop;
	ARRAY_TYPE(mapi_prop) list;

	t_array_init(&list, 1);
	ck_assert_int_eq(get_props(mid, ephemeral ? NSPI_EPHEMERAL_ID : 0, 1,
				   &tag, NULL, &list), ecNone);
	prop = array_front(&list);
	buffer_append(dest, prop->v.bin.data, prop->v.bin.size);
}

START_TEST(groups)
{
	static const mapi_tag_t tags[] = {
		PidTagObjectType, PidTagDisplayType, PidTagAddressBookMember,
		PidTagContainerContents, PidTagContainerFlags,
		PidTagAddressBookDistributionListMemberCount,
		MAPI_TAG_RETYPE(PidTagAddressBookMember,
				PTYP_MULTIPLE_STRING),
	};
	const struct mapi_prop *prop;
	ARRAY_TYPE(mapi_prop) list;
	struct row rows[10];
	unsigned int count;
	uint32_t team, all, alice, bob;
	buffer_t *id = t_buffer_create(128);

	begin_books();
	alice = mid_of("alice");
	bob = mid_of("=bob lee");
	stat.container = BOOK1;
	team = mid_of("team");
	stat.container = BOOK2;
	all = mid_of("all");
	t_array_init(&list, 8);
	ck_assert_int_eq(get_props(team, 0, N_ELEMENTS(tags), tags, NULL,
				   &list), ecNone);
	prop = array_front(&list);
	ck_assert_int_eq(prop[0].v.i, 8);
	ck_assert_int_eq(prop[1].v.i, NSPI_DT_DISTLIST);
	ck_assert_int_eq(prop[5].v.i, 3);
	ck_assert_int_eq(prop[6].v.mv.count, 2);

	/* Members that are objects, by name */
	stat.current = team;
	stat.container = PidTagAddressBookMember;
	stat.sort_type = NSPI_SORT_DISPLAY_NAME_RO;
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNone);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(rows[0].name, "Alice M\xc3\xbcller");
	ck_assert_str_eq(rows[1].name, "Dora Dee");
	ck_assert_int_eq(stat.container, team);
	/* Where somebody is in */
	stat.current = alice;
	stat.container = MAPI_TAG_RETYPE(
		PidTagAddressBookIsMemberOfDistributionList, PTYP_OBJECT);
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNone);
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(rows[0].name, "The Team");
	/* To be changed: only what may be */
	stat.current = all;
	stat.container = PidTagAddressBookMember;
	stat.sort_type = NSPI_SORT_DISPLAY_NAME_W;
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNotSupported);
	stat.current = team;
	stat.container = PidTagAddressBookMember;
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNone);
	stat.sort_type = 0;
	stat.container = 0;

	/* In comes Bob, by a permanent id; out goes Dora, by an ephemeral one */
	entry_id(bob, FALSE, id);
	ck_assert_int_eq(mod_link(0, PidTagAddressBookMember, team, id, FALSE),
			 ecNone);
	ck_assert_ptr_ne(strstr(test_books[0].items[2].text,
				"mailto:bob@example.org"), NULL);
	ck_assert_int_eq(mod_link(0, PidTagAddressBookMember, team, id, TRUE),
			 ecNone);
	stat.container = BOOK1;
	buffer_set_used_size(id, 0);
	entry_id(mid_of("dora"), TRUE, id);
	ck_assert_int_eq(mod_link(NSPI_LINK_DELETE, PidTagAddressBookMember,
				  team, id, FALSE), ecNone);
	ck_assert_ptr_eq(strstr(test_books[0].items[2].text, "u-dora"), NULL);
	ck_assert_ptr_ne(strstr(test_books[0].items[2].text,
				"mailto:nobody@x.example"), NULL);
	stat.current = team;
	stat.container = PidTagAddressBookMember;
	ck_assert_int_eq(matches(NULL, 10, rows, 10, &count), ecNone);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(rows[1].name, "Bob Lee");
	stat.container = 0;

	/* And what is refused */
	ck_assert_int_eq(mod_link(0, PidTagAddressBookMember, all, id, FALSE),
			 ecNoAccess);
	ck_assert_int_eq(mod_link(0, PidTagDisplayName, team, id, FALSE),
			 ecNotFound);
	ck_assert_int_eq(mod_link(0, PidTagAddressBookMember, 0x44444444, id,
				  FALSE), ecInvalidParam);
	ck_assert_int_eq(mod_link(0, PidTagAddressBookMember, alice, id,
				  FALSE), ecNoAccess);
	ck_assert_int_eq(mod_link(0, PidTagAddressBookPublicDelegates, alice,
				  id, FALSE), ecError);
	end();
}
END_TEST

START_TEST(modifying_properties)
{
	static const mapi_tag_t cert = PidTagAddressBookX509Certificate;
	uint32_t alice;

	begin_few();
	alice = mid_of("alice");
	/* Nothing to do */
	stat.current = alice;
	u32(1);
	put_stat();
	put_tags(1, &cert);
	u8(0xff);
	u32(1);
	u32(cert);
	u8(0xff);
	u32(0);
	ck_assert_int_eq(call("ModProps"), ecNone);
	get_end();
	/* Read-only; nobody; no list of tags */
	u32(0);
	put_stat();
	put_tags(1, row_tags);
	u8(0);
	ck_assert_int_eq(call("ModProps"), ecNoAccess);
	stat.current = NSPI_MID_CURRENT;
	u32(0);
	put_stat();
	put_tags(1, row_tags);
	u8(0);
	ck_assert_int_eq(call("ModProps"), ecInvalidParam);
	stat.current = alice;
	u32(0);
	put_stat();
	u8(0);
	u8(0);
	ck_assert_int_eq(call("ModProps"), ecInvalidParam);
	end();
}
END_TEST

/* --- templates ---------------------------------------------------------------------------------------------- */

static uint32_t template_info(uint32_t flags, uint32_t type, const char *dn,
			      uint32_t cpid, uint32_t lcid,
			      struct mapi_bag *bag)
{
	uint32_t error;

	u32(flags);
	u32(type);
	u8(dn == NULL ? 0 : 0xff);
	if (dn != NULL)
		mapi_out_str8(body, dn);
	u32(cpid);
	u32(lcid);
	error = call("GetTemplateInfo");
	ck_assert_int_eq(mapi_in_u32(&in), cpid);
	if (mapi_in_u8(&in) != 0)
		ck_assert_int_eq(mapi_in_props(&in, bag), 0);
	get_end();
	return error;
}

static bool blob_has(const struct mapi_blob *bin, const char *text)
{
	size_t i, len = strlen(text);

	for (i = 0; i + len <= bin->size; i++) {
		if (memcmp(bin->data + i, text, len) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Rows in bounds, pages first, strings that end */
static void check_template(const struct mapi_blob *bin)
{
	uint32_t i, rows, at;

	ck_assert_int_ge(bin->size, 8);
	ck_assert_int_eq(le32_to_cpu_unaligned(bin->data), 1);
	rows = le32_to_cpu_unaligned(bin->data + 4);
	ck_assert_int_gt(rows, 0);
	ck_assert_int_le(8 + rows * 36, bin->size);
	ck_assert_int_eq(le32_to_cpu_unaligned(bin->data + 8 + 16), 8);
	for (i = 0; i < rows; i++) {
		at = le32_to_cpu_unaligned(bin->data + 8 + i * 36 + 32);
		ck_assert_int_ge(at, 8 + rows * 36);
		ck_assert_int_lt(at, bin->size);
		ck_assert_ptr_ne(memchr(bin->data + at, '\0', bin->size - at),
				 NULL);
	}
}

START_TEST(templates)
{
	struct mapi_bag bag;
	const struct mapi_blob *bin;
	uint32_t type;
	const char *dn;

	begin_few();
	for (type = 0; type <= 6; type++) {
		mapi_bag_init(&bag, keep);
		ck_assert_int_eq(template_info(0x75, type, NULL, 1252, 0x409,
					       &bag), ecNone);
		bin = mapi_bag_get_bin(&bag, PidTagTemplateData);
		ck_assert_ptr_ne(bin, NULL);
		check_template(bin);
	}
	/* In the client's language and code page, else in English */
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(template_info(1, 0, NULL, 1252, 0x407, &bag), ecNone);
	bin = mapi_bag_get_bin(&bag, PidTagTemplateData);
	ck_assert(blob_has(bin, "&B\xfcro"));
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(template_info(1, 0, NULL, 932, 0x411, &bag), ecNone);
	bin = mapi_bag_get_bin(&bag, PidTagTemplateData);
	ck_assert(blob_has(bin, "General"));

	ck_assert_int_eq(template_info(1, 0, NULL, NSPI_CP_UNICODE, 0x409,
				       &bag), NSPI_INVALID_CODEPAGE);
	ck_assert_int_eq(template_info(1, 0, NULL, 4711, 0x409, &bag),
			 NSPI_INVALID_CODEPAGE);
	ck_assert_int_eq(template_info(1, 0, NULL, 1252, 0, &bag),
			 NSPI_INVALID_LOCALE);
	ck_assert_int_eq(template_info(1, 0x200, NULL, 1252, 0x409, &bag),
			 NSPI_INVALID_LOCALE);
	ck_assert_int_eq(template_info(1, 0, "/o=Other/cn=Template", 1252,
				       0x409, &bag), NSPI_INVALID_LOCALE);

	/* Addresses one can make: their template by its DN */
	u32(NSPI_CREATION_TEMPLATES | NSPI_UNICODE_STRINGS);
	put_stat();
	u8(0);
	ck_assert_int_eq(call("GetSpecialTable"), ecNone);
	(void)mapi_in_u32(&in);
	ck_assert_int_eq(mapi_in_u8(&in), 0);
	ck_assert_int_ne(mapi_in_u8(&in), 0);
	ck_assert_int_eq(mapi_in_u32(&in), 1);
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(mapi_in_props(&in, &bag), 0);
	get_end();
	ck_assert_int_eq(array_count(&bag.props), 7);
	bin = mapi_bag_get_bin(&bag, PidTagEntryId);
	ck_assert_int_eq(le32_to_cpu_unaligned(bin->data + 24),
			 NSPI_DT_ADDRESS_TEMPLATE);
	dn = t_strdup((const char *)bin->data + 28);
	mapi_bag_init(&bag, keep);
	ck_assert_int_eq(template_info(4, 0x100, dn, 1252, 0x40c, &bag),
			 ecNone);
	ck_assert_ptr_ne(mapi_bag_get_bin(&bag, PidTagScriptData), NULL);
	/* None for no language */
	stat.template_lcid = 0;
	u32(NSPI_CREATION_TEMPLATES);
	put_stat();
	u8(0);
	ck_assert_int_eq(call("GetSpecialTable"), ecNone);
	(void)mapi_in_u32(&in);
	ck_assert_int_eq(mapi_in_u8(&in), 0);
	ck_assert_int_ne(mapi_in_u8(&in), 0);
	ck_assert_int_eq(mapi_in_u32(&in), 0);
	get_end();
	end();
}
END_TEST

START_TEST(urls)
{
	guid_128_t guid;

	begin(write_people("few", people));
	u32(0);
	mapi_out_utf16(body, "/o=x/cn=server");
	ck_assert_int_eq(call("GetMailboxUrl"), ecNone);
	/* as Autodiscover has them */
	mapi_mailbox_guid("me@example.org", guid);
	ck_assert_str_eq(mapi_in_utf16(&in), t_strdup_printf(
		"https://mail.example.org/mapi/emsmdb/?MailboxId=%s@example.org",
		mapi_guid_text(guid)));
	get_end();
	u32(0);
	mapi_out_utf16(body, DN("alice"));
	ck_assert_int_eq(call("GetAddressBookUrl"), ecNone);
	mapi_mailbox_guid("alice@example.org", guid);
	ck_assert_str_eq(mapi_in_utf16(&in), t_strdup_printf(
		"https://mail.example.org/mapi/nspi/?MailboxId=%s@example.org",
		mapi_guid_text(guid)));
	get_end();
	end();
}
END_TEST

START_TEST(broken_bodies)
{
	static const char *const types[] = {
		"Bind", "CompareMinIds", "DnToMinId", "GetMatches",
		"GetPropList", "GetProps", "GetSpecialTable",
		"GetTemplateInfo", "ModLinkAtt", "ModProps", "QueryColumns",
		"QueryRows", "ResolveNames", "ResortRestriction",
		"SeekEntries", "UpdateStat", "GetMailboxUrl",
		"GetAddressBookUrl",
	};
	unsigned int i, ret;

	begin_few();
	for (i = 0; i < N_ELEMENTS(types); i++) {
		/* Nothing, then ones */
		ck_assert_int_eq(raw_call(types[i]), 12);
		ck_assert_int_eq(answer->used, 0);
		for (unsigned int n = 0; n < 64; n++) {
			for (unsigned int k = 0; k < n; k++)
				u8(0xff);
			ret = raw_call(types[i]);
			ck_assert(ret == 12 || ret == 0);
		}
	}
	end();
}
END_TEST

/* --- very many ------------------------------------------------------------------------------------------------- */

static const char *const first_names[] = {
	"Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gil", "Hal", "Ida", "Jo"
};

/* "Ada Person00042", every 10th has a title */
static const char *write_many(void)
{
	const char *path = t_strconcat(tmpdir, "/many", NULL);
	string_t *str = str_new(default_pool, 8 * 1024 * 1024);
	unsigned int i;
	int fd;

	str_append(str, "#email\tname\tfirst_name\ttitle\n");
	for (i = 0; i < MANY; i++) {
		str_printfa(str, "person%05u@example.org\t%s Person%05u\t%s%s\n",
			    i, first_names[i % 10], i, first_names[i % 10],
			    i % 10 == 3 ? "\tManager" : "");
	}
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, str_data(str), str_len(str)),
			 (ssize_t)str_len(str));
	ck_assert_int_eq(close(fd), 0);
	str_free(&str);
	return path;
}

static struct timeval clock_start;

static void clock_begin(void)
{
	i_gettimeofday(&clock_start);
}

static void clock_end(const char *what, unsigned int times)
{
	struct timeval now;

	i_gettimeofday(&now);
	if (getenv("NSPI_TIMES") != NULL) {
		printf("%s: %.3f ms\n", what,
		       timeval_diff_usecs(&now, &clock_start) / 1000.0 /
		       times);
	}
}

/* What clients list of people */
static void many_columns(void)
{
	static const mapi_tag_t tags[] = {
		PidTagEntryId, PidTagInstanceKey, PidTagRecordKey,
		PidTagSearchKey, PidTagDisplayName, PidTagDisplayType,
		PidTagDisplayTypeEx, PidTagObjectType, PidTagAddressType,
		PidTagEmailAddress, PidTagSmtpAddress, PidTagAccount,
		PidTagGivenName, PidTagSurname, PidTagTitle,
		PidTagCompanyName, PidTagDepartmentName,
		PidTagOfficeLocation, PidTagBusinessTelephoneNumber,
		PidTagSendRichInfo,
	};
	struct mapi_prop props[N_ELEMENTS(tags)];
	unsigned int i, count = N_ELEMENTS(tags);

	u32(NSPI_EPHEMERAL_ID);
	put_stat();
	u32(0);
	u32(1000);
	put_tags(count, tags);
	ck_assert_int_eq(call("QueryRows"), ecNone);
	get_stat();
	ck_assert_int_ne(mapi_in_u8(&in), 0);
	ck_assert_int_eq(mapi_in_u32(&in), count);
	for (i = 0; i < count; i++)
		ck_assert_int_eq(mapi_in_u32(&in), tags[i]);
	ck_assert_int_eq(mapi_in_u32(&in), 1000);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(mapi_in_row(&in, tags, count, props), 0);
	get_end();
}

START_TEST(many)
{
	static struct row rows[1000];
	unsigned int got, i, seen = 0;
	char *last = i_strdup("");
	buffer_t *res;
	int32_t moved;

	begin(write_many());
	clock_begin();
	bind_session();
	ck_assert_int_eq(update_stat(&moved), ecNone);
	clock_end("first look at the list", 1);
	ck_assert_int_eq(stat.total, MANY);

	/* Every one, once, in order */
	clock_begin();
	do {
		ck_assert_int_eq(query_rows(1000, rows, 1000, &got), ecNone);
		for (i = 0; i < got; i++) {
			ck_assert_int_lt(strcmp(last, rows[i].name), 0);
			i_free(last);
			last = i_strdup(rows[i].name);
		}
		seen += got;
	} while (got > 0);
	clock_end("1,000 rows", MANY / 1000);
	ck_assert_int_eq(seen, MANY);
	ck_assert_int_eq(stat.current, NSPI_MID_END);
	i_free(last);
	stat.current = 0;
	clock_begin();
	many_columns();
	clock_end("1,000 rows of 20 columns", 1);

	clock_begin();
	for (i = 0; i < 1000; i++) {
		stat.current = NSPI_MID_CURRENT;
		stat.num_pos = i;
		stat.total = 1000;
		ck_assert_int_eq(update_stat(&moved), ecNone);
		ck_assert_int_eq(stat.num_pos, i * (MANY / 1000));
	}
	clock_end("UpdateStat", 1000);
	clock_begin();
	for (i = 0; i < 100; i++) T_BEGIN {
		ck_assert_int_eq(seek(t_strdup_printf("ben person%05u",
					i * 1000 + 1), rows, &got), ecNone);
		ck_assert_str_eq(rows[0].email, t_strdup_printf(
			"person%05u@example.org", i * 1000 + 1));
	} T_END;
	clock_end("SeekEntries with 50 rows", 100);
	stat.current = 0;

	clock_begin();
	for (i = 0; i < 20; i++) T_BEGIN {
		ck_assert_str_eq(resolve_email(t_strdup_printf(
			"person%05u", i * 5000)), t_strdup_printf(
			"person%05u@example.org", i * 5000));
	} T_END;
	clock_end("ResolveNames, one that fits", 20);
	clock_begin();
	for (i = 0; i < 20; i++)
		ck_assert_str_eq(resolve_email("nobody at all"), "unresolved");
	clock_end("ResolveNames, none that fits", 20);
	clock_begin();
	for (i = 0; i < 20; i++)
		ck_assert_str_eq(resolve_email("person"), "ambiguous");
	clock_end("ResolveNames, ambiguous", 20);
	clock_begin();
	for (i = 0; i < 1000; i++)
		ck_assert_str_eq(resolve_email("person77777@example.org"),
				 "person77777@example.org");
	clock_end("ResolveNames, address", 1000);

	/* Restrictions over all of them */
	clock_begin();
	res = res_new();
	res_property(res, PidTagTitle, MAPI_REL_EQ, "Manager");
	ck_assert_int_eq(res_count(res), MANY / 10);
	clock_end("GetMatches by title, 10,000 found", 1);
	res = res_new();
	mapi_out_u8(res, MAPI_RES_AND);
	mapi_out_u32(res, 3);
	res_content(res, PidTagDisplayName, MAPI_FL_SUBSTRING, 1, "person123");
	mapi_out_u8(res, MAPI_RES_NOT);
	mapi_out_u8(res, MAPI_RES_EXIST);
	mapi_out_u32(res, PidTagTitle);
	mapi_out_u8(res, MAPI_RES_OR);
	mapi_out_u32(res, 2);
	res_property(res, PidTagGivenName, MAPI_REL_EQ, "Ada");
	res_property(res, PidTagGivenName, MAPI_REL_EQ, "Dan");
	clock_begin();
	ck_assert_int_eq(res_count(res), 10);
	clock_end("GetMatches, a tree of restrictions", 1);
	clock_begin();
	res = res_new();
	res_property(res, PidTagAnr, MAPI_REL_EQ, "ada person9999");
	ck_assert_int_eq(res_count(res), 1);
	clock_end("GetMatches by PidTagAnr", 1);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nspi");
	TCase *tcase = tcase_create("nspi");
	struct ioloop *ioloop;
	SRunner *runner;
	const char *error;
	int failed;

	lib_init();
	if (mkdtemp(tmpdir) == NULL)
		i_fatal("mkdtemp(%s) failed: %m", tmpdir);
	ioloop = io_loop_create();
	event = event_create(NULL);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, arithmetic);
	tcase_add_test(tcase, binding);
	tcase_add_test(tcase, positions);
	tcase_add_test(tcase, seeking);
	tcase_add_test(tcase, typed_names);
	tcase_add_test(tcase, names_together);
	tcase_add_test(tcase, not_in_the_directory);
	tcase_add_test(tcase, dns);
	tcase_add_test(tcase, comparing_and_sorting);
	tcase_add_test(tcase, properties);
	tcase_add_test(tcase, code_pages);
	tcase_add_test(tcase, property_lists);
	tcase_add_test(tcase, restrictions);
	tcase_add_test(tcase, hierarchy);
	tcase_add_test(tcase, books);
	tcase_add_test(tcase, groups);
	tcase_add_test(tcase, expanding);
	tcase_add_test(tcase, modifying_properties);
	tcase_add_test(tcase, templates);
	tcase_add_test(tcase, urls);
	tcase_add_test(tcase, broken_bodies);
	tcase_add_test(tcase, many);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (unlink_directory(tmpdir, UNLINK_DIRECTORY_FLAG_RMDIR, &error) < 0)
		i_error("%s", error);
	event_unref(&event);
	io_loop_destroy(&ioloop);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
