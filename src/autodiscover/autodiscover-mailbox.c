/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whose mailbox an address is, and what Outlook is told of a mailbox: the same in
   POX and SOAP. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dovetail-mapi.h"
#include "autodiscover-private.h"

static bool address_is_own(const struct autodiscover_input *in,
			   const char *address)
{
	const char *const *alias;

	if (in->email != NULL && strcasecmp(in->email, address) == 0)
		return TRUE;
	if (in->user != NULL && strcasecmp(in->user, address) == 0)
		return TRUE;
	for (alias = in->aliases; alias != NULL && *alias != NULL; alias++) {
		if (strcasecmp(*alias, address) == 0)
			return TRUE;
	}
	return FALSE;
}

static const struct autodiscover_mailbox *
mailbox_granted(const struct autodiscover_input *in, const char *address)
{
	const struct autodiscover_mailbox *box;

	for (box = in->mailboxes; box != NULL && box->address != NULL; box++) {
		if (strcasecmp(box->address, address) == 0)
			return box;
	}
	return NULL;
}

enum autodiscover_whose
autodiscover_whose(const struct autodiscover_input *in, const char *address,
		   struct autodiscover_mailbox *box_r)
{
	const struct autodiscover_mailbox *granted;
	const char *name;

	i_zero(box_r);
	if (address_is_own(in, address)) {
		box_r->address = in->email != NULL ? in->email : address;
		box_r->name = in->display_name;
		return AUTODISCOVER_OWN;
	}
	if (in->public_address != NULL &&
	    strcasecmp(in->public_address, address) == 0) {
		box_r->address = in->public_address;
		box_r->name = "Public Folders";
		return AUTODISCOVER_PUBLIC;
	}
	if ((granted = mailbox_granted(in, address)) != NULL) {
		*box_r = *granted;
		return AUTODISCOVER_OTHER;
	}
	/* a colleague's: whether the user may open it is decided there */
	if (in->find_person != NULL &&
	    (name = in->find_person(in->context, address)) != NULL) {
		box_r->address = address;
		box_r->name = name;
		return AUTODISCOVER_OTHER;
	}
	/* an alias that only the mail system knows: why else would the user who
	   has just logged in ask for it */
	box_r->address = in->email != NULL ? in->email : address;
	box_r->name = in->display_name;
	return AUTODISCOVER_OWN;
}

const char *autodiscover_mailbox_name(const struct autodiscover_mailbox *box)
{
	return box->name != NULL && *box->name != '\0' ? box->name :
		box->address;
}

static const char *mailbox_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? "localhost" : at + 1;
}

const char *autodiscover_mailbox_id(const struct autodiscover_mailbox *box)
{
	guid_128_t guid;

	mapi_mailbox_guid(box->address, guid);
	return t_strdup_printf("%s@%s", mapi_guid_text(guid),
			       mailbox_domain(box->address));
}

const char *autodiscover_deployment_id(const struct autodiscover_mailbox *box)
{
	guid_128_t guid;

	/* one a domain: which installation an account belongs to */
	mapi_mailbox_guid(t_strconcat("deployment@",
				      mailbox_domain(box->address), NULL),
			  guid);
	return mapi_guid_text(guid);
}

const char *autodiscover_mapi_url(const struct autodiscover_input *in,
				  const struct autodiscover_mailbox *box,
				  bool address_book)
{
	return t_strdup_printf("%s%s/?MailboxId=%s", in->base_url,
		address_book ? MAPIHTTP_PATH_NSPI : MAPIHTTP_PATH_EMSMDB,
		autodiscover_mailbox_id(box));
}
