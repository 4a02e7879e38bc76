/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_FETCH_H
#define STORE_FETCH_H

/* A pass over messages, among the files that read them. */

#include "array.h"
#include "dovetail-store.h"
#include "dovetail-meta.h"
#include "mail-storage.h"

struct store_msg {
	struct store_fetch *fetch;
	struct mail *mail;
	/* Cleared with each message */
	pool_t pool;
	struct message_part *parts;
	/* Of this message, in their order */
	bool headers_read;
};

struct store_header_line {
	/* in mime_wanted_headers */
	unsigned int idx;
	const char *value;
};

struct store_fetch {
	struct store_folder *folder;
	struct mailbox_transaction_context *trans;
	struct store_msg msg;

	/* NULL: headers are not wanted */
	struct mailbox_header_lookup_ctx *headers;
	ARRAY(struct store_header_line) header_lines;

	/* Extras of all messages of the pass, by UID and name; read when the
	   first one is asked for */
	enum {
		STORE_EXTRAS_UNREAD,
		STORE_EXTRAS_READ,
		/* so many that each message's are asked for alone */
		STORE_EXTRAS_SINGLY,
	} extras_state;
	pool_t extras_pool;
	ARRAY_TYPE(meta_extra) extras;
	uint32_t uid1, uid2;

	/* See store-istream.c; NULL until a file is read */
	unsigned char *buffer;

	ARRAY_TYPE(seq_range) seqs;
	bool newest_first, failed;
	/* Next range and position in it */
	unsigned int range, done;
};

/* Sets the error of what Dovecot could not do with the message. -1 */
int store_msg_fail(struct store_msg *msg, const char *doing);

/* --- store-header.c: the usual headers of a message, split once ------------ */

void store_headers_init(struct store_fetch *fetch);
void store_headers_deinit(struct store_fetch *fetch);
/* Before anything else of a message is parsed: Dovecot's parser then caches
   them in the same pass. */
int store_headers_read(struct store_msg *msg);

/* --- store-istream.c: the bytes of messages -------------------------------- */

/* The pass's mail reads through the pass's buffer. */
void store_fetch_hook_mail(struct store_fetch *fetch);

/* --- store-extra.c ---------------------------------------------------------- */

void store_fetch_extras_free(struct store_fetch *fetch);

#endif
