/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whom the user writes to: in submission, recipients of messages that the relay
   took; in imap, those of messages that a client saves into Sent. They are shown
   to libdovetail-delivery. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "message-address.h"
#include "message-header-decode.h"
#include "message-header-parser.h"
#include "smtp-address.h"
#include "smtp-server.h"
#include "submission-common.h"
#include "compat-plugin.h"
#include "dovetail-plugin.h"
#include "dovetail-delivery.h"

#include <dlfcn.h>

/* Older ones are moved from elsewhere (an import), not written now. */
#define COLLECT_APPEND_SECS (24 * 3600)
#define COLLECT_APPEND_AHEAD_SECS 3600

struct dovetail_people {
	pool_t pool;
	ARRAY(struct collect_person) list;
};

/* --- names and addresses in headers ------------------------------------------------ */

static void
people_add_header(struct dovetail_people *people, const unsigned char *data,
		  size_t size)
{
	const struct message_address *addr;
	struct collect_person *person;
	string_t *name = t_str_new(64);

	addr = message_address_parse(pool_datastack_create(), data, size, 100,
				     0);
	for (; addr != NULL; addr = addr->next) {
		if (addr->mailbox == NULL || addr->domain == NULL ||
		    *addr->mailbox == '\0' || *addr->domain == '\0' ||
		    addr->invalid_syntax)
			continue;
		person = array_append_space(&people->list);
		person->address = p_strconcat(people->pool, addr->mailbox, "@",
					      addr->domain, NULL);
		if (addr->name == NULL)
			continue;
		str_truncate(name, 0);
		message_header_decode_utf8((const void *)addr->name,
					   strlen(addr->name), name, NULL);
		person->name = p_strdup(people->pool, str_c(name));
	}
}

static struct dovetail_people *people_new(pool_t pool)
{
	struct dovetail_people *people = p_new(pool, struct dovetail_people, 1);

	people->pool = pool;
	p_array_init(&people->list, pool, 8);
	return people;
}

static void people_collect(struct dovetail_people *people,
			   struct mail_user *user)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(user);
	dovetail_collect_t *func;

	if (duser == NULL || array_count(&people->list) == 0 ||
	    (func = dovetail_delivery_symbol(COLLECT_SYMBOL)) == NULL)
		return;
	T_BEGIN {
		func(user, array_front(&people->list),
		     array_count(&people->list), duser->event);
	} T_END;
}

static bool collect_is_wanted(struct mail_user *user,
			      enum collect_source source)
{
	return collect_wanted(compat_user_setting(user, "dovetail_collect"),
			      source);
}

/* --- submission ----------------------------------------------------------------------- */

/* One message, from DATA to its reply */
struct dovetail_letter {
	struct client *client;
	struct dovetail_people *people;
	bool sent;
};

/* Names of recipients, as far as the message's header has them. */
static const char *letter_name(const struct dovetail_people *header,
			       const char *address)
{
	const struct collect_person *person;

	array_foreach(&header->list, person) {
		if (strcasecmp(person->address, address) == 0)
			return person->name;
	}
	return NULL;
}

static void letter_read_header(struct dovetail_people *people,
			       struct istream *input)
{
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;

	i_stream_seek(input, 0);
	parser = message_parse_header_init(input, NULL, 0);
	while (message_parse_header_next(parser, &hdr) > 0) {
		if (hdr->eoh)
			break;
		if (strcasecmp(hdr->name, "To") != 0 &&
		    strcasecmp(hdr->name, "Cc") != 0)
			continue;
		if (hdr->continues) {
			hdr->use_full_value = TRUE;
			continue;
		}
		T_BEGIN {
			people_add_header(people, hdr->full_value,
					  hdr->full_value_len);
		} T_END;
	}
	message_parse_header_deinit(&parser);
	i_stream_seek(input, 0);
}

static void letter_replied(struct smtp_server_cmd_ctx *cmd,
			   struct dovetail_letter *letter)
{
	letter->sent = smtp_server_command_reply_status_equals(cmd->cmd, 250);
}

/* The client has its answer: it does not wait for us. */
static void letter_done(struct smtp_server_cmd_ctx *cmd ATTR_UNUSED,
			struct dovetail_letter *letter)
{
	pool_t pool = letter->people->pool;

	if (letter->sent)
		people_collect(letter->people, letter->client->user);
	pool_unref(&pool);
}

static void letter_begin(struct client *client, struct smtp_server_cmd_ctx *cmd,
			 struct smtp_server_transaction *trans,
			 struct istream *input)
{
	pool_t pool = pool_alloconly_create("dovetail letter", 1024);
	struct dovetail_letter *letter = p_new(pool, struct dovetail_letter, 1);
	struct dovetail_people *header = people_new(pool);
	struct smtp_server_recipient *const *rcpt;
	struct collect_person *person;

	letter->client = client;
	letter->people = people_new(pool);
	letter_read_header(header, input);
	if (array_is_created(&trans->rcpt_to)) {
		array_foreach(&trans->rcpt_to, rcpt) {
			person = array_append_space(&letter->people->list);
			person->address = p_strdup(pool,
				smtp_address_encode((*rcpt)->path));
			person->name = letter_name(header, person->address);
		}
	}
	smtp_server_command_add_hook(cmd->cmd,
		SMTP_SERVER_COMMAND_HOOK_COMPLETED, letter_replied, letter);
	smtp_server_command_add_hook(cmd->cmd, SMTP_SERVER_COMMAND_HOOK_DESTROY,
				     letter_done, letter);
}

static int collect_cmd_data(struct client *client,
			    struct smtp_server_cmd_ctx *cmd,
			    struct smtp_server_transaction *trans,
			    struct istream *data_input, uoff_t data_size)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(client->user);

	if (collect_is_wanted(client->user, COLLECT_SENT)) T_BEGIN {
		letter_begin(client, cmd, trans, data_input);
	} T_END;
	return duser->cmd_data(client, cmd, trans, data_input, data_size);
}

static submission_client_created_func_t *collect_next_created;

static void collect_client_created(struct client **_client)
{
	struct client *client = *_client;
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(client->user);

	if (duser != NULL) {
		duser->cmd_data = client->v.cmd_data;
		client->v.cmd_data = collect_cmd_data;
	}
	if (collect_next_created != NULL)
		collect_next_created(_client);
}

/* submission's own function: other processes have none */
typedef submission_client_created_func_t *
collect_hook_t(submission_client_created_func_t *new_hook);

static collect_hook_t *collect_hook(void)
{
	return __extension__ (collect_hook_t *)dlsym(RTLD_DEFAULT,
		"submission_client_created_hook_set");
}

void dovetail_collect_init(void)
{
	collect_hook_t *func = collect_hook();

	if (func != NULL)
		collect_next_created = func(collect_client_created);
}

void dovetail_collect_deinit(void)
{
	collect_hook_t *func = collect_hook();

	if (func != NULL)
		(void)func(collect_next_created);
	collect_next_created = NULL;
}

/* --- imap: saved into Sent -------------------------------------------------------------- */

static bool collect_is_sent(struct mailbox *box)
{
	static const char *const names[] = {
		"Sent", "Sent Items", "Sent Messages", NULL
	};
	const char *name = box->name, *use = compat_box_special_use(box);

	if (*use != '\0')
		return strstr(use, "\\Sent") != NULL;
	if (strncasecmp(name, "INBOX", 5) == 0 && name[5] != '\0')
		name += 6;
	return str_array_icase_find(names, name);
}

static bool collect_is_recent(struct mail *mail)
{
	time_t date;
	int zone;

	return mail_get_date(mail, &date, &zone) == 0 &&
		date > ioloop_time - COLLECT_APPEND_SECS &&
		date < ioloop_time + COLLECT_APPEND_AHEAD_SECS;
}

void dovetail_collect_saved(struct mail_save_context *ctx)
{
	static const char *const headers[] = { "To", "Cc", "Bcc" };
	struct mailbox_transaction_context *t = ctx->transaction;
	struct dovetail_transaction *dt;
	const char *const *values;

	if (ctx->copying_via_save || ctx->dest_mail == NULL ||
	    !collect_is_sent(t->box) ||
	    dlsym(RTLD_DEFAULT, "command_hook_register") == NULL ||
	    !collect_is_wanted(t->box->storage->user, COLLECT_APPENDED) ||
	    !collect_is_recent(ctx->dest_mail))
		return;
	dt = dovetail_transaction_get(t);
	if (dt->people == NULL)
		dt->people = people_new(dt->pool);
	for (unsigned int i = 0; i < N_ELEMENTS(headers); i++) {
		if (mail_get_headers(ctx->dest_mail, headers[i], &values) <= 0)
			continue;
		for (; *values != NULL; values++) {
			people_add_header(dt->people,
					  (const unsigned char *)*values,
					  strlen(*values));
		}
	}
}

void dovetail_collect_committed(struct mailbox *box,
				struct dovetail_people *people)
{
	people_collect(people, box->storage->user);
}
