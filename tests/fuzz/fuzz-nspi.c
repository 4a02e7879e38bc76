/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies of the address book's request types over a small Directory and one book.
   The input's first octet chooses the type; the rest is the body. It is called in a
   session, then the session is parked, restored, and called again. */

#include "nspi.h"
#include "ioloop.h"
#include "write-full.h"
#include "fuzz.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/fuzz-nspi.XXXXXX";
static struct event *event;
static struct directory *dir;
static enum log_type no_log;

static const char *const types[] = {
	"Bind", "Unbind", "CompareMinIds", "DnToMinId", "GetMatches",
	"GetPropList", "GetProps", "GetSpecialTable", "GetTemplateInfo",
	"ModLinkAtt", "ModProps", "QueryColumns", "QueryRows", "ResolveNames",
	"ResortRestriction", "SeekEntries", "UpdateStat", "GetMailboxUrl",
	"GetAddressBookUrl",
};

static const char people[] =
	"#email\tname\ttitle\talias\thidden\n"
	"alice@example.org\tAlice M\xc3\xbcller\tHead\tally\n"
	"bob@example.org\tBob\n"
	"boss@example.org\tThe Boss\t\t\tyes\n"
	"yuki@example.org\t\xe9\x9b\xaa\xe5\xad\x90\n";

static const char card[] =
	"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:g\r\nFN:Group\r\n"
	"X-ADDRESSBOOKSERVER-KIND:group\r\n"
	"X-ADDRESSBOOKSERVER-MEMBER:mailto:bob@example.org\r\nEND:VCARD\r\n";

/* --- the mailbox side ---------------------------------------------------------------- */

static int source_books(const struct mapi_env *env ATTR_UNUSED,
			pool_t pool ATTR_UNUSED,
			ARRAY_TYPE(nspi_book_info) *books)
{
	struct nspi_book_info *info = array_append_space(books);

	info->fid = 1;
	info->display = "Book";
	info->writable = TRUE;
	return 0;
}

static bool source_unchanged(const struct mapi_env *env ATTR_UNUSED,
			     store_fid_t fid ATTR_UNUSED,
			     const struct store_point *point ATTR_UNUSED)
{
	return TRUE;
}

static void item_fill(struct store_item *item_r)
{
	i_zero(item_r);
	item_r->num = 1;
	item_r->name = "cd0aa9856147b6c5b4ff2b7dfee5da20";
	item_r->text = card;
	item_r->text_size = sizeof(card) - 1;
}

static int source_read(const struct mapi_env *env ATTR_UNUSED,
		       store_fid_t fid ATTR_UNUSED,
		       struct store_point *point_r ATTR_UNUSED,
		       nspi_item_callback_t *callback, void *context)
{
	struct store_item item;

	item_fill(&item);
	callback(context, &item);
	return 0;
}

static int source_get(const struct mapi_env *env ATTR_UNUSED,
		      store_fid_t fid ATTR_UNUSED, uint32_t num ATTR_UNUSED,
		      pool_t pool ATTR_UNUSED, struct store_item *item_r)
{
	item_fill(item_r);
	return 1;
}

static uint32_t source_put(const struct mapi_env *env ATTR_UNUSED,
			   store_fid_t fid ATTR_UNUSED,
			   const struct store_item *item ATTR_UNUSED,
			   const char *uid ATTR_UNUSED,
			   const char *text ATTR_UNUSED)
{
	return ecNone;
}

static const struct store_settings *
source_self(const struct mapi_env *env ATTR_UNUSED)
{
	static const struct store_settings self = {
		.address = "me@example.org", .display_name = "Me",
	};

	return &self;
}

static const struct nspi_source source = {
	.books = source_books, .unchanged = source_unchanged,
	.read = source_read, .get = source_get, .put = source_put,
	.self = source_self,
};

/* --- the target ------------------------------------------------------------------------ */

static void ATTR_FORMAT(2, 0)
quiet(const struct failure_context *ctx, const char *format ATTR_UNUSED,
      va_list args ATTR_UNUSED)
{
	no_log = ctx->type;
}

static const char *get_setting(void *context ATTR_UNUSED, const char *name)
{
	if (strcmp(name, "dovetail_directory") == 0)
		return t_strconcat("file:", path, NULL);
	if (strcmp(name, "dovetail_directory_scope") == 0)
		return "all";
	return NULL;
}

static void done(void)
{
	(void)unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct directory_settings set = {
		.get_setting = get_setting, .username = "me@example.org",
		.base_dir = "/tmp",
	};
	const char *error;
	int fd;

	(void)argc;
	(void)argv;
	lib_init();
	(void)io_loop_create();
	event = event_create(NULL);
	fd = mkstemp(path);
	if (fd < 0 || write_full(fd, people, sizeof(people) - 1) < 0)
		i_fatal("%s: %m", path);
	i_close_fd(&fd);
	(void)atexit(done);
	if (directory_init(&set, &dir, &error) < 0)
		i_fatal("%s", error);
	i_set_error_handler(quiet);
	i_set_info_handler(quiet);
	return 0;
}

static void call(struct nspi **session, const char *type,
		 const unsigned char *data, size_t size)
{
	struct mapi_blob body = { .data = data, .size = size };
	struct mapi_env env;
	buffer_t *out = buffer_create_dynamic(default_pool, 1024);
	unsigned int ret;

	i_zero(&env);
	env.pool = pool_alloconly_create("fuzz", 1024);
	env.event = event;
	env.directory = dir;
	env.base_url = "https://fuzz";
	ret = nspi_dispatch(session, &env, &source, type, &body, out);
	i_assert(ret == 0 || ret == 12);
	/* StatusCode, ErrorCode, AuxiliaryBufferSize at least; or nothing */
	i_assert(ret == 0 ? out->used >= 12 : out->used == 0);
	pool_unref(&env.pool);
	buffer_free(&out);
}

static void repark(struct nspi **session)
{
	buffer_t *parked;
	struct mapi_env env;

	if (*session == NULL)
		return;
	i_zero(&env);
	parked = t_buffer_create(64);
	(void)nspi_park(*session, parked);
	nspi_free(session);
	if (nspi_restore(&env, parked->data, parked->used, session) < 0)
		i_panic("a parked session cannot be restored");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char bind[] = {
		0, 0, 0, 0, 0xff,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0xe4, 4, 0, 0, 9, 4, 0, 0, 9, 4, 0, 0,
		0, 0, 0, 0,
	};
	struct nspi *session = NULL;
	const char *type;

	if (size == 0)
		return 0;
	type = types[data[0] % N_ELEMENTS(types)];
	T_BEGIN {
		call(&session, "Bind", bind, sizeof(bind));
		call(&session, type, data + 1, size - 1);
		repark(&session);
		if (session != NULL || strcmp(type, "Unbind") != 0) {
			if (session == NULL)
				call(&session, "Bind", bind, sizeof(bind));
			call(&session, type, data + 1, size - 1);
		}
		nspi_free(&session);
	} T_END;
	return 0;
}
