/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* POX for Outlook ([MS-OXDSCLI] 2.2.4.1, schema outlook/responseschema/2006a). Only
   what is there is announced: MAPI over HTTP. */

#include "lib.h"
#include "str.h"
#include "dovetail-mapi.h"
#include "autodiscover-private.h"
#include "autodiscover-xml.h"

/* 2.2.4.1.1.1 */
static void outlook_user(string_t *str, const struct autodiscover_mailbox *box)
{
	str_append(str, "<User>");
	autodiscover_xml_element(str, "DisplayName",
				 autodiscover_mailbox_name(box));
	autodiscover_xml_element(str, "LegacyDN",
				 mapi_dn_of_address(box->address));
	autodiscover_xml_element(str, "AutoDiscoverSMTPAddress", box->address);
	autodiscover_xml_element(str, "DeploymentId",
				 autodiscover_deployment_id(box));
	str_append(str, "</User>");
}

/* 2.2.4.1.1.2.6: MailStore, AddressBook */
static void outlook_endpoint(string_t *str, const char *name, const char *url)
{
	str_printfa(str, "<%s>", name);
	autodiscover_xml_element(str, "InternalUrl", url);
	autodiscover_xml_element(str, "ExternalUrl", url);
	str_printfa(str, "</%s>", name);
}

static void outlook_protocols(string_t *str,
			      const struct autodiscover_input *in,
			      const struct autodiscover_mailbox *box)
{
	str_append(str, "<Protocol Type=\"mapiHttp\" Version=\"1\">");
	outlook_endpoint(str, "MailStore",
			 autodiscover_mapi_url(in, box, FALSE));
	outlook_endpoint(str, "AddressBook",
			 autodiscover_mapi_url(in, box, TRUE));
	str_append(str, "</Protocol>");
}

/* 2.2.4.1.1.2.3: mailboxes that open beside the user's own */
static void outlook_alternatives(string_t *str,
				 const struct autodiscover_input *in)
{
	const struct autodiscover_mailbox *box;

	for (box = in->mailboxes; box != NULL && box->address != NULL; box++) {
		str_append(str, "<AlternativeMailbox><Type>Delegate</Type>");
		/* without a name Outlook does not take it */
		autodiscover_xml_element(str, "DisplayName",
					 autodiscover_mailbox_name(box));
		autodiscover_xml_element(str, "SmtpAddress", box->address);
		autodiscover_xml_element(str, "OwnerSmtpAddress", box->address);
		str_append(str, "</AlternativeMailbox>");
	}
}

static void outlook_account(string_t *str, const struct autodiscover_input *in,
			    const struct autodiscover_mailbox *box,
			    enum autodiscover_whose whose)
{
	str_append(str, "<Account><AccountType>email</AccountType>"
		   "<Action>settings</Action>"
		   "<MicrosoftOnline>False</MicrosoftOnline>"
		   "<ConsumerMailbox>False</ConsumerMailbox>");
	outlook_protocols(str, in, box);
	if (whose == AUTODISCOVER_OWN) {
		outlook_alternatives(str, in);
		if (in->public_address != NULL) {
			str_append(str, "<PublicFolderInformation>");
			autodiscover_xml_element(str, "SmtpAddress",
						 in->public_address);
			str_append(str, "</PublicFolderInformation>");
		}
	}
	str_append(str, "</Account>");
}

/* 2.2.4.1.1.2.2: Action redirectAddr, redirectUrl */
static bool outlook_redirect(string_t *str, const struct autodiscover_input *in)
{
	bool url = in->redirect_url != NULL && *in->redirect_url != '\0';

	if (!url && (in->redirect_address == NULL ||
		     *in->redirect_address == '\0'))
		return FALSE;
	str_append(str, "<Account><AccountType>email</AccountType>");
	autodiscover_xml_element(str, "Action",
				 url ? "redirectUrl" : "redirectAddr");
	autodiscover_xml_element(str, url ? "RedirectUrl" : "RedirectAddr",
				 url ? in->redirect_url : in->redirect_address);
	str_append(str, "</Account>");
	return TRUE;
}

void autodiscover_outlook(const struct autodiscover_input *in,
			  const char *address, string_t *str,
			  const char **log_r)
{
	struct autodiscover_mailbox box;
	enum autodiscover_whose whose;

	if (outlook_redirect(str, in)) {
		*log_r = "outlook redirect";
		return;
	}
	whose = autodiscover_whose(in, address, &box);
	outlook_user(str, &box);
	outlook_account(str, in, &box, whose);
	*log_r = whose == AUTODISCOVER_OWN ? "outlook" :
		whose == AUTODISCOVER_PUBLIC ? "outlook public folders" :
		"outlook another mailbox";
}
