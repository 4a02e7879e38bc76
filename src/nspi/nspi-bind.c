/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bind, Unbind (MS-OXNSPI 3.1.4.1.1, 3.1.4.1.2; MS-OXCMAPIHTTP 2.2.5.1, 2.2.5.2),
   GetMailboxUrl, GetAddressBookUrl (2.2.5.18, 2.2.5.19). */

#include "nspi.h"

uint32_t nspi_need_stat(struct nspi_call *call)
{
	if (!call->has_stat)
		return ecInvalidParam;
	if (call->codepage == NULL)
		call->codepage = nspi_codepage_open(call->stat.cpid);
	return call->codepage == NULL ? NSPI_INVALID_CODEPAGE : ecNone;
}

bool nspi_op_bind(struct nspi_call *call)
{
	static const guid_128_t none = { 0 };
	uint32_t error;

	call->flags = mapi_in_u32(&call->in);
	nspi_in_stat(call);
	if (!nspi_in_end(call))
		return FALSE;
	if ((call->flags & NSPI_ANONYMOUS) != 0)
		error = ecNotSupported;
	else
		error = nspi_need_stat(call);
	nspi_out_error(call, error);
	nspi_out_guid(call->out, error == ecNone ? call->session->guid : none);
	if (error == ecNone) {
		call->env->cpid = call->stat.cpid;
		call->env->lcid_sort = call->stat.sort_lcid;
	} else {
		call->refused = TRUE;
	}
	return TRUE;
}

bool nspi_op_unbind(struct nspi_call *call)
{
	/* Reserved */
	(void)mapi_in_u32(&call->in);
	if (!nspi_in_end(call))
		return FALSE;
	/* Also for one that has ended by itself: it is gone, as was asked. */
	nspi_out_error(call, NSPI_UNBIND_SUCCESS);
	return TRUE;
}

/* --- URLs ------------------------------------------------------------------------------- */

static const char *mailbox_url(struct nspi_call *call, const char *path,
			       const char *address)
{
	const char *domain = strrchr(address, '@');
	guid_128_t guid;

	/* As Autodiscover says it */
	mapi_mailbox_guid(address, guid);
	return t_strdup_printf("%s%s/?MailboxId=%s@%s", call->env->base_url,
			       path, mapi_guid_text(guid),
			       domain == NULL ? "localhost" : domain + 1);
}

static bool url_answer(struct nspi_call *call, const char *path,
		       const char *address)
{
	const char *url = address == NULL ? "" :
		mailbox_url(call, path, address);

	nspi_out_error(call, address == NULL ? ecNotFound : ecNone);
	mapi_out_utf16(call->out, url);
	return TRUE;
}

/* ServerDn is what HomeMDB says, or a part of it; each mailbox has a server of its
   own there. An unknown one means the user's: there is only one host. */
bool nspi_op_mailbox_url(struct nspi_call *call)
{
	const struct store_settings *self = call->source->self(call->env);

	(void)mapi_in_u32(&call->in);
	(void)mapi_in_utf16(&call->in);
	if (!nspi_in_end(call))
		return FALSE;
	return url_answer(call, MAPIHTTP_PATH_EMSMDB,
			  self == NULL ? NULL : self->address);
}

bool nspi_op_address_book_url(struct nspi_call *call)
{
	const struct store_settings *self = call->source->self(call->env);
	const char *address, *dn;

	(void)mapi_in_u32(&call->in);
	dn = mapi_in_utf16(&call->in);
	if (!nspi_in_end(call))
		return FALSE;
	address = *dn == '\0' ? NULL : mapi_address_of_dn(dn);
	if (address == NULL && self != NULL)
		address = self->address;
	return url_answer(call, MAPIHTTP_PATH_NSPI, address);
}
