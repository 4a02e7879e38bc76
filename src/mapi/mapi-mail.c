/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mail as properties: the store's messages given to src/mapiconv. */

#include "mapi.h"
#include "hostpid.h"
#include "istream.h"
#include "mapi-msg.h"
#include "mapi-names.h"
#include "dovetail-directory.h"

/* Charset conversions stay open for the life of the worker, which is one user's:
   a cache, as src/eas has one. */
static struct mime_converter *mail_converter = NULL;

void emsmdb_deinit(void)
{
	if (mail_converter != NULL)
		mime_converter_deinit(&mail_converter);
}

/* --- surroundings ----------------------------------------------------------------- */

static bool conv_person(void *context, const char *address,
			struct mapiconv_person *person_r)
{
	struct mapi_rop *rop = context;
	const struct directory_entry *entry;

	if (*address == '/') {
		address = mapi_address_of_dn(address);
		if (address == NULL)
			return FALSE;
	}
	if (directory_lookup(rop->env->directory, rop->pool, address,
			     &entry) <= 0)
		return FALSE;
	i_zero(person_r);
	person_r->name = entry->name;
	person_r->smtp = entry->email;
	person_r->dn = p_strdup(rop->pool, mapi_dn_of_address(entry->email));
	return TRUE;
}

void mapi_conv_init(struct mapi_rop *rop, struct mapiconv *conv_r)
{
	if (mail_converter == NULL)
		mail_converter = mime_converter_init();
	i_zero(conv_r);
	conv_r->id_of_name = mapi_names_id;
	conv_r->name_of_id = mapi_names_name;
	conv_r->names_context = rop;
	conv_r->person = conv_person;
	conv_r->person_context = rop;
	conv_r->owner_smtp = rop->logon->address;
	conv_r->owner_name = rop->logon->display_name;
	conv_r->now = time(NULL);
	conv_r->hostname = my_hostdomain();
	conv_r->mime = mail_converter;
}

/* --- a store message --------------------------------------------------------------- */

static int mail_stream(void *context, struct istream **input_r,
		       const char **error_r)
{
	struct store_msg *msg = context;

	if (store_msg_stream(msg, input_r) < 0) {
		*error_r = "message cannot be read";
		return -1;
	}
	i_stream_ref(*input_r);
	return 0;
}

static int mail_headers(void *context, const char *name,
			const char *const **values_r, const char **error_r)
{
	struct store_msg *msg = context;

	if (store_msg_headers(msg, name, values_r) < 0) {
		*error_r = "header cannot be read";
		return -1;
	}
	return *values_r != NULL && **values_r != NULL ? 1 : 0;
}

static void mail_flags(struct store_msg *msg, struct mapiconv_mail *mail)
{
	enum store_flags flags = store_msg_flags(msg);
	const char *const *keywords = store_msg_keywords(msg);

	mail->seen = (flags & STORE_FLAG_SEEN) != 0;
	mail->answered = (flags & STORE_FLAG_ANSWERED) != 0;
	mail->flagged = (flags & STORE_FLAG_FLAGGED) != 0;
	mail->draft = (flags & STORE_FLAG_DRAFT) != 0;
	mail->forwarded = str_array_icase_find(keywords, "$Forwarded");
	mail->mdn_sent = str_array_icase_find(keywords, "$MDNSent");
}

int mapi_mail_open(struct mapi_rop *rop, pool_t pool,
		   struct store_folder *folder ATTR_UNUSED,
		   struct store_msg *msg, struct mapiconv_mail *mail_r)
{
	struct mime_source source;
	struct mapiconv conv;

	mapi_conv_init(rop, &conv);
	i_zero(&source);
	i_zero(mail_r);
	source.open = mail_stream;
	source.get_headers = mail_headers;
	source.context = msg;
	source.conv = conv.mime;
	if (store_msg_parts(msg, &source.parts) < 0 ||
	    store_msg_received(msg, &mail_r->received) < 0 ||
	    store_msg_size(msg, &mail_r->size) < 0)
		return -1;
	source.received_date = mail_r->received;
	mail_flags(msg, mail_r);
	mail_r->mime = mime_message_open(pool, &source);
	return 0;
}

void mapi_mail_close(struct mapiconv_mail *mail)
{
	if (mail->mime != NULL)
		mime_message_close(&mail->mime);
}

/* --- one that is open while an Execute runs ------------------------------------------- */

static uint32_t reader_find(struct mapi_rop *rop,
			    struct mapi_mail_reader *reader, uint32_t uid)
{
	ARRAY_TYPE(seq_range) uids;

	t_array_init(&uids, 1);
	seq_range_array_add(&uids, uid);
	reader->fetch = store_fetch_init(reader->folder, &uids,
					 STORE_WANT_FLAGS |
					 STORE_WANT_HEADERS |
					 STORE_WANT_STRUCTURE |
					 STORE_WANT_SIZE, FALSE);
	if (!store_fetch_next(reader->fetch, &reader->msg))
		return ecObjectDeleted;
	if (mapi_mail_open(rop, reader->pool, reader->folder, reader->msg,
			   &reader->mail) < 0)
		return ecCorruptData;
	return ecNone;
}

uint32_t mapi_mail_reader_open(struct mapi_rop *rop, store_fid_t fid,
			       uint32_t uid, struct mapi_mail_reader **reader_r)
{
	struct store_folder *folder;

	*reader_r = NULL;
	if (store_open(rop->store, fid, &folder) < 0)
		return mapi_store_error(rop);
	return mapi_mail_reader_of(rop, folder, uid, reader_r);
}

uint32_t mapi_mail_reader_of(struct mapi_rop *rop, struct store_folder *folder,
			     uint32_t uid, struct mapi_mail_reader **reader_r)
{
	pool_t pool = pool_alloconly_create("mapi mail", 4096);
	struct mapi_mail_reader *reader =
		p_new(pool, struct mapi_mail_reader, 1);
	uint32_t error;

	reader->pool = pool;
	reader->folder = folder;
	*reader_r = reader;
	T_BEGIN {
		error = reader_find(rop, reader, uid);
	} T_END;
	if (error != ecNone)
		mapi_mail_reader_close(reader_r);
	else
		mapi_conv_init(rop, &reader->conv);
	return error;
}

void mapi_mail_reader_close(struct mapi_mail_reader **_reader)
{
	struct mapi_mail_reader *reader = *_reader;
	pool_t pool;

	*_reader = NULL;
	if (reader == NULL)
		return;
	mapi_mail_close(&reader->mail);
	if (reader->fetch != NULL)
		(void)store_fetch_deinit(&reader->fetch);
	if (reader->folder != NULL)
		store_close(&reader->folder);
	pool = reader->pool;
	pool_unref(&pool);
}

int mapi_mail_delete(struct mapi_rop *rop, store_fid_t fid,
		     const ARRAY_TYPE(seq_range) *uids, bool hard)
{
	struct store_folder *folder;
	int ret;

	if (array_is_empty(uids))
		return 0;
	if (store_open(rop->store, fid, &folder) < 0)
		return -1;
	ret = hard ? store_expunge_hard(folder, uids) :
		store_expunge(folder, uids);
	store_close(&folder);
	return ret;
}
