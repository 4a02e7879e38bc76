/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The worker's handler: a request after login becomes the pure function's
   input, its reply the answer. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "istream.h"
#include "guid.h"
#include "dovetail-autodiscover.h"
#include "dovetail-directory.h"
#include "dovetail-service.h"
#include "dovetail-settings.h"
#include "dovetail-store.h"

ARRAY_DEFINE_TYPE(autodiscover_mailbox, struct autodiscover_mailbox);

/* FALSE if the client went away.  One byte above the limit is enough to know
   that the body is too large. */
static bool read_body(struct service_request *req, buffer_t *body)
{
	const unsigned char *data;
	size_t size;
	int ret = 0;

	while (body->used <= AUTODISCOVER_MAX_BODY &&
	       (ret = i_stream_read_more(req->body, &data, &size)) > 0) {
		size = I_MIN(size, AUTODISCOVER_MAX_BODY + 1 - body->used);
		buffer_append(body, data, size);
		i_stream_skip(req->body, size);
	}
	return ret >= 0 || req->body->stream_errno == 0;
}

/* --- who may open what ------------------------------------------------------ */

#define RIGHTS_FULL (STORE_RIGHT_LOOKUP | STORE_RIGHT_READ | \
	STORE_RIGHT_WRITE | STORE_RIGHT_WRITE_SEEN | \
	STORE_RIGHT_WRITE_DELETED | STORE_RIGHT_INSERT | \
	STORE_RIGHT_EXPUNGE | STORE_RIGHT_CREATE | STORE_RIGHT_DELETE | \
	STORE_RIGHT_ADMIN)

static const char *find_person(void *context, const char *address)
{
	struct service_request *req = context;
	const struct directory_entry *entry;

	if (req->directory == NULL ||
	    directory_lookup(req->directory, req->pool, address, &entry) <= 0)
		return NULL;
	return entry->name;
}

static bool mailbox_listed(const ARRAY_TYPE(autodiscover_mailbox) *boxes,
			   const char *address)
{
	const struct autodiscover_mailbox *box;

	array_foreach(boxes, box) {
		if (strcasecmp(box->address, address) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The INBOX of a shared namespace is the namespace's own name, or below it */
static bool folder_is_inbox(struct store *store,
			    const struct store_folder_info *folder)
{
	const struct store_folder_info *parent;

	if (!folder->foreign || !folder->selectable)
		return FALSE;
	if (strcasecmp(folder->name, "INBOX") == 0)
		return TRUE;
	parent = folder->parent == 0 ? NULL :
		store_folder_find(store, folder->parent);
	return parent == NULL || strcmp(parent->owner, folder->owner) != 0;
}

/* Whoever may do everything with somebody's INBOX gets that mailbox beside the
   own one. The owner's name must be an address: there is nothing else to ask for
   it by. */
static const struct autodiscover_mailbox *
full_mailboxes(struct service_request *req, bool *public_r)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *folder;
	ARRAY_TYPE(autodiscover_mailbox) boxes;
	struct autodiscover_mailbox *box;
	enum store_rights rights;

	*public_r = FALSE;
	p_array_init(&boxes, req->pool, 4);
	if (store_folders(req->store, &folders) < 0)
		return NULL;
	array_foreach(folders, folder) {
		if (folder->owner[0] == '\0')
			*public_r = TRUE;
		if (!folder_is_inbox(req->store, folder) ||
		    strchr(folder->owner, '@') == NULL ||
		    mailbox_listed(&boxes, folder->owner) ||
		    store_folder_rights(req->store, folder->fid, &rights) < 0 ||
		    (rights & RIGHTS_FULL) != RIGHTS_FULL)
			continue;
		box = array_append_space(&boxes);
		box->address = p_strdup(req->pool, folder->owner);
		box->name = find_person(req, box->address);
	}
	array_append_zero(&boxes);
	return array_front(&boxes);
}

/* A mailbox of its own, which Outlook asks Autodiscover for */
static const char *public_address(struct service_request *req,
				  const char *own)
{
	const char *set = store_setting(req->store,
					"dovetail_mapi_public_address");
	const char *at = own == NULL ? NULL : strrchr(own, '@');

	if (set != NULL && *set != '\0')
		return set;
	return at == NULL ? NULL :
		p_strconcat(req->pool, "public-folders", at, NULL);
}

static bool is_for_phones(const struct autodiscover_input *in)
{
	const char *body = t_strndup(in->body, in->body_size);

	return strstr(body, "mobilesync/responseschema") != NULL;
}

/* What only Outlook is told costs a look at the folders. */
static void outlook_input(struct service_request *req,
			  struct autodiscover_input *in)
{
	bool public_folders;

	in->mapi = dovetail_setting_bool(
		store_setting(req->store, "dovetail_mapi"), TRUE);
	in->redirect_address = store_setting(req->store,
				"dovetail_autodiscover_redirect_address");
	in->redirect_url = store_setting(req->store,
				"dovetail_autodiscover_redirect_url");
	in->find_person = find_person;
	in->context = req;
	if (!in->mapi || is_for_phones(in))
		return;
	in->mailboxes = full_mailboxes(req, &public_folders);
	if (public_folders)
		in->public_address = public_address(req, in->email);
}

static void
send_reply(struct service_request *req, const struct autodiscover_reply *reply)
{
	const char *reason = reply->status == 200 ? "OK" :
		reply->status == 302 ? "Found" :
		reply->status == 405 ? "Method Not Allowed" :
		reply->status == 413 ? "Payload Too Large" :
		reply->status == 500 ? "Internal Server Error" : "Bad Request";

	if (reply->content_type != NULL) {
		service_reply_data(req, reply->status, reason,
				   reply->content_type, reply->body,
				   reply->body_size);
		return;
	}
	service_reply_begin(req, reply->status, reason);
	if (reply->location != NULL)
		service_reply_header(req, "Location", reply->location);
	if (reply->allow != NULL)
		service_reply_header(req, "Allow", reply->allow);
}

void autodiscover_service_handle(struct service_request *req)
{
	const struct store_settings *set = store_get_settings(req->store);
	buffer_t *body = buffer_create_dynamic(req->pool, 1024);
	struct autodiscover_reply reply;
	struct autodiscover_input in = {
		.pool = req->pool,
		.method = req->method, .path = req->path, .query = req->query,
		.user = store_username(req->store),
		.email = set->address, .display_name = set->display_name,
		.aliases = set->aliases,
		.base_url = req->base_url, .secured = req->secured,
	};

	if (!read_body(req, body))
		return;
	in.body = body->data;
	in.body_size = body->used;
	outlook_input(req, &in);
	/* 0 cannot be: there is a user. */
	if (autodiscover_handle(&in, &reply) <= 0) {
		service_reply_begin(req, 404, "Not Found");
		return;
	}
	service_log(req, "autodiscover", reply.log);
	send_reply(req, &reply);
}
