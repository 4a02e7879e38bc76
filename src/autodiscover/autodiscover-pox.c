/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plain old XML ([MS-ASCMD] 2.2.1.1, [MS-OXDSCLI] 2.2.3 and 2.2.4). */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "strescape.h"
#include "ioloop.h"
#include "hash.h"
#include "hostpid.h"
#include "dovetail-mapi.h"
#include "autodiscover-private.h"
#include "autodiscover-xml.h"

#include <time.h>

#define XML_TYPE "text/xml; charset=utf-8"
#define NS_BASE "http://schemas.microsoft.com/exchange/autodiscover/"
#define NS_RESPONSE NS_BASE "responseschema/2006"
#define NS_MOBILESYNC_REQUEST NS_BASE "mobilesync/requestschema/2006"
#define NS_MOBILESYNC_RESPONSE NS_BASE "mobilesync/responseschema/2006"
#define NS_OUTLOOK_REQUEST NS_BASE "outlook/requestschema/2006"
#define NS_OUTLOOK_RESPONSE NS_BASE "outlook/responseschema/2006a"
/* A client does not ask for more than a handful. */
#define POX_MAX_SCHEMAS 16

/* [MS-OXDSCLI] 2.2.4.1.1.3.2 */
enum pox_error {
	POX_ERROR_ADDRESS = 500,
	POX_ERROR_REQUEST = 600,
	POX_ERROR_PROVIDER = 601,
};

struct pox_request {
	/* NULL: not there */
	const char *address, *legacy_dn;
	ARRAY_TYPE(const_string) schemas;
};

typedef void pox_provider_t(const struct autodiscover_input *in,
			    const struct pox_request *request,
			    struct autodiscover_reply *reply);

static void xml_begin(string_t *str, const char *response_ns)
{
	str_append(str, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		   "<Autodiscover xmlns=\""NS_RESPONSE"\"><Response");
	if (response_ns != NULL)
		str_printfa(str, " xmlns=\"%s\"", response_ns);
	str_append_c(str, '>');
}

static void xml_end(string_t *str)
{
	str_append(str, "</Response></Autodiscover>");
}

static const char *pox_error_message(enum pox_error error)
{
	switch (error) {
	case POX_ERROR_ADDRESS:
		return "The email address cannot be found.";
	case POX_ERROR_REQUEST:
		return "Invalid Request";
	case POX_ERROR_PROVIDER:
		return "Provider is not available";
	}
	i_unreached();
}

/* why is for the log only. */
static void
pox_reply_error(const struct autodiscover_input *in, enum pox_error error,
		const char *why, const char *response_ns,
		struct autodiscover_reply *reply)
{
	string_t *str = t_str_new(512);
	struct tm tm;

	if (gmtime_r(&ioloop_time, &tm) == NULL)
		i_zero(&tm);
	xml_begin(str, response_ns);
	str_printfa(str, "<Error Time=\"%02d:%02d:%02d.%06u0\" Id=\"%u\">",
		    tm.tm_hour, tm.tm_min, tm.tm_sec,
		    (unsigned int)ioloop_timeval.tv_usec,
		    my_hostname == NULL ? 0 : str_hash(my_hostname));
	str_printfa(str, "<ErrorCode>%u</ErrorCode>", error);
	autodiscover_xml_element(str, "Message", pox_error_message(error));
	str_append(str, "<DebugData/></Error>");
	xml_end(str);
	autodiscover_reply_body(in, reply, 200, XML_TYPE, str);
	reply->log = p_strdup_printf(in->pool, "error %u: %s", error, why);
}

static void
pox_mobilesync(const struct autodiscover_input *in,
	       const struct pox_request *request,
	       struct autodiscover_reply *reply)
{
	const char *address = in->email != NULL ? in->email : request->address;
	const char *name = in->display_name != NULL &&
		*in->display_name != '\0' ? in->display_name : address;
	const char *url = t_strconcat(in->base_url, AUTODISCOVER_PATH_EAS,
				      NULL);
	string_t *str = t_str_new(1024);

	xml_begin(str, NS_MOBILESYNC_RESPONSE);
	str_append(str, "<Culture>en:us</Culture><User>");
	autodiscover_xml_element(str, "DisplayName", name);
	autodiscover_xml_element(str, "EMailAddress", address);
	str_append(str, "</User><Action>");
	if (in->redirect_address != NULL && *in->redirect_address != '\0') {
		autodiscover_xml_element(str, "Redirect", in->redirect_address);
		str_append(str, "</Action>");
		xml_end(str);
		autodiscover_reply_body(in, reply, 200, XML_TYPE, str);
		reply->log = "mobilesync redirect";
		return;
	}
	str_append(str, "<Settings><Server>"
		   "<Type>MobileSync</Type>");
	autodiscover_xml_element(str, "Url", url);
	autodiscover_xml_element(str, "Name", url);
	str_append(str, "</Server></Settings></Action>");
	xml_end(str);
	autodiscover_reply_body(in, reply, 200, XML_TYPE, str);
	reply->log = "mobilesync";
}

static void
pox_outlook(const struct autodiscover_input *in,
	    const struct pox_request *request,
	    struct autodiscover_reply *reply)
{
	string_t *str = t_str_new(2048);

	xml_begin(str, NS_OUTLOOK_RESPONSE);
	autodiscover_outlook(in, request->address, str, &reply->log);
	xml_end(str);
	autodiscover_reply_body(in, reply, 200, XML_TYPE, str);
}

static const struct pox_provider {
	const char *schema;
	pox_provider_t *handler;
	/* of Response when it has an Error; NULL: the one of Autodiscover */
	const char *error_ns;
	bool mapi;
} pox_providers[] = {
	{ NS_MOBILESYNC_RESPONSE, pox_mobilesync, NS_MOBILESYNC_RESPONSE,
	  FALSE },
	{ NS_OUTLOOK_RESPONSE, pox_outlook, NULL, TRUE },
};

/*
 * Parsing
 */

static bool root_is_request(const xmlNode *root)
{
	const char *ns;

	if (root == NULL || !autodiscover_node_is(root, "Autodiscover") || root->ns == NULL)
		return FALSE;
	ns = (const char *)root->ns->href;
	return strcasecmp(ns, NS_MOBILESYNC_REQUEST) == 0 ||
		strcasecmp(ns, NS_OUTLOOK_REQUEST) == 0;
}

/* Returns why the request is invalid, NULL if it is not. */
static const char *
pox_read_request(const xmlNode *root, struct pox_request *request_r)
{
	const xmlNode *node;

	i_zero(request_r);
	t_array_init(&request_r->schemas, 4);
	if (!root_is_request(root))
		return "unknown request schema";
	for (node = root->children; node != NULL; node = node->next) {
		if (autodiscover_node_is(node, "Request"))
			break;
	}
	if (node == NULL)
		return "no Request";
	for (node = node->children; node != NULL; node = node->next) {
		const char *text;

		if (autodiscover_node_is(node, "EMailAddress")) {
			request_r->address = autodiscover_node_text(node);
		} else if (autodiscover_node_is(node, "LegacyDN")) {
			request_r->legacy_dn = autodiscover_node_text(node);
		} else if (autodiscover_node_is(node, "AcceptableResponseSchema") &&
			   array_count(&request_r->schemas) < POX_MAX_SCHEMAS) {
			text = autodiscover_node_text(node);
			array_push_back(&request_r->schemas, &text);
		}
	}
	if (array_count(&request_r->schemas) == 0)
		return "no AcceptableResponseSchema";
	return NULL;
}

static const struct pox_provider *
pox_find_provider(const struct autodiscover_input *in,
		  const struct pox_request *request)
{
	const char *schema;
	unsigned int i;

	array_foreach_elem(&request->schemas, schema) {
		for (i = 0; i < N_ELEMENTS(pox_providers); i++) {
			if (strcasecmp(pox_providers[i].schema, schema) == 0 &&
			    (in->mapi || !pox_providers[i].mapi))
				return &pox_providers[i];
		}
	}
	return NULL;
}

/* [MS-OXDSCLI] 2.2.3.1.1.2: Outlook may name its user by DN instead. */
static void pox_address_of_dn(struct pox_request *request)
{
	if ((request->address == NULL || *request->address == '\0') &&
	    request->legacy_dn != NULL)
		request->address = mapi_address_of_dn(request->legacy_dn);
}

static void
pox_answer(const struct autodiscover_input *in, const xmlNode *root,
	   struct autodiscover_reply *reply)
{
	const struct pox_provider *provider;
	struct pox_request request;
	const char *why = pox_read_request(root, &request);

	if (why != NULL) {
		pox_reply_error(in, POX_ERROR_REQUEST, why, NULL, reply);
		return;
	}
	provider = pox_find_provider(in, &request);
	if (provider != NULL && provider->mapi)
		pox_address_of_dn(&request);
	if (provider == NULL) {
		pox_reply_error(in, POX_ERROR_PROVIDER, "no such schema here",
				NULL, reply);
	} else if (request.address == NULL || *request.address == '\0') {
		pox_reply_error(in, POX_ERROR_REQUEST, "no EMailAddress",
				provider->error_ns, reply);
	} else if (!autodiscover_address_is_valid(request.address)) {
		pox_reply_error(in, POX_ERROR_ADDRESS, "invalid EMailAddress",
				provider->error_ns, reply);
	} else {
		provider->handler(in, &request, reply);
	}
}

void autodiscover_pox(const struct autodiscover_input *in,
		      struct autodiscover_reply *reply_r)
{
	xmlDoc *doc;

	/* Exchange answers a GET after login as an invalid request, and clients
	   take that as "here is Autodiscover". */
	if (in->body_size == 0) {
		pox_reply_error(in, POX_ERROR_REQUEST, "no request body", NULL,
				reply_r);
		return;
	}
	if (in->body_size > AUTODISCOVER_MAX_BODY) {
		pox_reply_error(in, POX_ERROR_REQUEST, "request too large",
				NULL, reply_r);
		reply_r->status = 413;
		return;
	}
	doc = autodiscover_xml_parse(in->body, in->body_size);
	if (doc == NULL) {
		pox_reply_error(in, POX_ERROR_REQUEST, "not well-formed XML",
				NULL, reply_r);
		return;
	}
	pox_answer(in, xmlDocGetRootElement(doc), reply_r);
	xmlFreeDoc(doc);
}
