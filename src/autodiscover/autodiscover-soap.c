/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* SOAP ([MS-OXWSADISC] 3.1.4, "autodiscover.svc"): GetUserSettings,
   GetDomainSettings, GetFederationInformation. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dovetail-mapi.h"
#include "autodiscover-private.h"
#include "autodiscover-xml.h"

#define SOAP_TYPE "text/xml; charset=utf-8"
#define NS_SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define NS_SOAP12 "http://www.w3.org/2003/05/soap-envelope"
#define NS_AUTODISCOVER "http://schemas.microsoft.com/exchange/2010/Autodiscover"
#define NS_ADDRESSING "http://www.w3.org/2005/08/addressing"
#define NS_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"
/* As many as Exchange takes */
#define SOAP_MAX_USERS 100
#define SOAP_MAX_SETTINGS 200

struct soap_request {
	const struct autodiscover_input *in;
	/* "GetUserSettings" */
	const char *operation;
	/* users or domains, and settings */
	ARRAY_TYPE(const_string) subjects, settings;
};

/* --- settings of a user: [MS-OXWSADISC], UserSettingName -------------- */

typedef const char *soap_setting_t(const struct autodiscover_input *in,
				   const struct autodiscover_mailbox *box);

static const char *set_name(const struct autodiscover_input *in ATTR_UNUSED,
			    const struct autodiscover_mailbox *box)
{
	return autodiscover_mailbox_name(box);
}

static const char *set_dn(const struct autodiscover_input *in ATTR_UNUSED,
			  const struct autodiscover_mailbox *box)
{
	return mapi_dn_of_address(box->address);
}

static const char *
set_deployment(const struct autodiscover_input *in ATTR_UNUSED,
	       const struct autodiscover_mailbox *box)
{
	return autodiscover_deployment_id(box);
}

static const char *set_address(const struct autodiscover_input *in ATTR_UNUSED,
			       const struct autodiscover_mailbox *box)
{
	return box->address;
}

static const char *set_public(const struct autodiscover_input *in,
			      const struct autodiscover_mailbox *box ATTR_UNUSED)
{
	return in->public_address;
}

static const char *set_version(const struct autodiscover_input *in ATTR_UNUSED,
			       const struct autodiscover_mailbox *box ATTR_UNUSED)
{
	return AUTODISCOVER_VERSION;
}

static const char *set_no(const struct autodiscover_input *in ATTR_UNUSED,
			  const struct autodiscover_mailbox *box ATTR_UNUSED)
{
	return "False";
}

static const char *set_mapi(const struct autodiscover_input *in,
			    const struct autodiscover_mailbox *box ATTR_UNUSED)
{
	return in->mapi ? "True" : "False";
}

static const char *set_host(const struct autodiscover_input *in,
			    const struct autodiscover_mailbox *box ATTR_UNUSED)
{
	const char *host = strstr(in->base_url, "://");

	return host == NULL ? in->base_url : t_strcut(host + 3, ':');
}

/* What is known of those that the document names */
static const struct {
	const char *name;
	/* NULL: there is nothing to say */
	soap_setting_t *get;
} soap_settings[] = {
	{ "UserDisplayName", set_name },
	{ "UserDN", set_dn },
	{ "UserDeploymentId", set_deployment },
	{ "AutoDiscoverSMTPAddress", set_address },
	{ "PublicFolderInformation", set_public },
	{ "CasVersion", set_version },
	{ "MailboxVersion", set_version },
	{ "UserMSOnline", set_no },
	{ "CrossOrganizationSharingEnabled", set_no },
	{ "MapiHttpEnabled", set_mapi },
	{ "ExternalMailboxServer", set_host },
	{ "InternalMailboxServer", NULL },
	{ "InternalRpcClientServer", NULL },
	{ "InternalMailboxServerDN", NULL },
	{ "InternalEcpUrl", NULL },
	{ "InternalEcpVoicemailUrl", NULL },
	{ "InternalEcpEmailSubscriptionsUrl", NULL },
	{ "InternalEcpTextMessagingUrl", NULL },
	{ "InternalEcpDeliveryReportUrl", NULL },
	{ "InternalEcpRetentionPolicyTagsUrl", NULL },
	{ "InternalEcpPublishingUrl", NULL },
	{ "InternalEcpPhotoUrl", NULL },
	{ "InternalEcpConnectUrl", NULL },
	{ "InternalEcpTeamMailboxUrl", NULL },
	{ "InternalEcpTeamMailboxCreatingUrl", NULL },
	{ "InternalEcpTeamMailboxEditingUrl", NULL },
	{ "InternalEcpTeamMailboxHidingUrl", NULL },
	{ "InternalEcpExtensionInstallationUrl", NULL },
	{ "InternalEwsUrl", NULL },
	{ "InternalEmwsUrl", NULL },
	{ "InternalOABUrl", NULL },
	{ "InternalPhotosUrl", NULL },
	{ "InternalUMUrl", NULL },
	{ "InternalWebClientUrls", NULL },
	{ "InternalPop3Connections", NULL },
	{ "InternalImap4Connections", NULL },
	{ "InternalSmtpConnections", NULL },
	{ "InternalServerExclusiveConnect", NULL },
	{ "MailboxDN", NULL },
	{ "PublicFolderServer", NULL },
	{ "ActiveDirectoryServer", NULL },
	{ "ExternalMailboxServerRequiresSSL", NULL },
	{ "ExternalMailboxServerAuthenticationMethods", NULL },
	{ "EcpVoicemailUrlFragment", NULL },
	{ "EcpEmailSubscriptionsUrlFragment", NULL },
	{ "EcpTextMessagingUrlFragment", NULL },
	{ "EcpDeliveryReportUrlFragment", NULL },
	{ "EcpRetentionPolicyTagsUrlFragment", NULL },
	{ "EcpPublishingUrlFragment", NULL },
	{ "EcpPhotoUrlFragment", NULL },
	{ "EcpConnectUrlFragment", NULL },
	{ "EcpTeamMailboxUrlFragment", NULL },
	{ "EcpTeamMailboxCreatingUrlFragment", NULL },
	{ "EcpTeamMailboxEditingUrlFragment", NULL },
	{ "EcpExtensionInstallationUrlFragment", NULL },
	{ "ExternalEcpUrl", NULL },
	{ "ExternalEcpVoicemailUrl", NULL },
	{ "ExternalEcpEmailSubscriptionsUrl", NULL },
	{ "ExternalEcpTextMessagingUrl", NULL },
	{ "ExternalEcpDeliveryReportUrl", NULL },
	{ "ExternalEcpRetentionPolicyTagsUrl", NULL },
	{ "ExternalEcpPublishingUrl", NULL },
	{ "ExternalEcpPhotoUrl", NULL },
	{ "ExternalEcpConnectUrl", NULL },
	{ "ExternalEcpTeamMailboxUrl", NULL },
	{ "ExternalEcpTeamMailboxCreatingUrl", NULL },
	{ "ExternalEcpTeamMailboxEditingUrl", NULL },
	{ "ExternalEcpTeamMailboxHidingUrl", NULL },
	{ "ExternalEcpExtensionInstallationUrl", NULL },
	{ "ExternalEwsUrl", NULL },
	{ "ExternalEmwsUrl", NULL },
	{ "ExternalOABUrl", NULL },
	{ "ExternalPhotosUrl", NULL },
	{ "ExternalUMUrl", NULL },
	{ "ExternalWebClientUrls", NULL },
	{ "ExternalPop3Connections", NULL },
	{ "ExternalImap4Connections", NULL },
	{ "ExternalSmtpConnections", NULL },
	{ "ExternalServerExclusiveConnect", NULL },
	{ "ExternalEwsVersion", NULL },
	{ "EwsSupportedSchemas", NULL },
	{ "EwsPartnerUrl", NULL },
	{ "MobileMailboxPolicy", NULL },
	{ "MobileMailboxPolicyInterop", NULL },
	{ "AlternateMailboxes", NULL },
	{ "DocumentSharingLocations", NULL },
	{ "GroupingInformation", NULL },
	{ "SiteMailboxCreationURL", NULL },
	{ "ShowGalAsDefaultView", NULL },
	{ "SPMySiteHostURL", NULL },
};

static void soap_setting_begin(string_t *str, const char *type,
			       const char *name)
{
	str_printfa(str, "<UserSetting i:type=\"%s\">", type);
	autodiscover_xml_element(str, "Name", name);
}

static void soap_alternates(string_t *str, const struct autodiscover_input *in,
			    const char *name)
{
	const struct autodiscover_mailbox *box;

	soap_setting_begin(str, "AlternateMailboxCollectionSetting", name);
	str_append(str, "<AlternateMailboxes>");
	for (box = in->mailboxes; box->address != NULL; box++) {
		str_append(str, "<AlternateMailbox><Type>Delegate</Type>");
		autodiscover_xml_element(str, "DisplayName",
					 autodiscover_mailbox_name(box));
		autodiscover_xml_element(str, "LegacyDN",
					 mapi_dn_of_address(box->address));
		autodiscover_xml_element(str, "SmtpAddress", box->address);
		autodiscover_xml_element(str, "OwnerSmtpAddress", box->address);
		str_append(str, "</AlternateMailbox>");
	}
	str_append(str, "</AlternateMailboxes></UserSetting>");
}

/* One setting: into values, or why not into errors. */
static void soap_setting(const struct soap_request *req, const char *name,
			 const struct autodiscover_mailbox *box, bool own,
			 string_t *values, string_t *errors)
{
	const char *value = NULL;
	unsigned int i;
	bool known;

	for (i = 0; i < N_ELEMENTS(soap_settings); i++) {
		if (strcmp(soap_settings[i].name, name) == 0)
			break;
	}
	known = i < N_ELEMENTS(soap_settings);
	if (known && strcmp(name, "AlternateMailboxes") == 0 && own &&
	    req->in->mailboxes != NULL) {
		soap_alternates(values, req->in, name);
		return;
	}
	if (known && soap_settings[i].get != NULL)
		value = soap_settings[i].get(req->in, box);
	if (value != NULL) {
		soap_setting_begin(values, "StringSetting", name);
		autodiscover_xml_element(values, "Value", value);
		str_append(values, "</UserSetting>");
		return;
	}
	str_append(errors, "<UserSettingError>");
	autodiscover_xml_element(errors, "ErrorCode", known ?
				 "SettingIsNotAvailable" : "InvalidSetting");
	autodiscover_xml_element(errors, "ErrorMessage", known ?
		"The setting is not available." :
		"The setting is not valid.");
	autodiscover_xml_element(errors, "SettingName", name);
	str_append(errors, "</UserSettingError>");
}

static void soap_error(string_t *str, const char *code, const char *message)
{
	autodiscover_xml_element(str, "ErrorCode", code);
	autodiscover_xml_element(str, "ErrorMessage", message);
}

static bool soap_redirect(string_t *str, const struct autodiscover_input *in)
{
	if (in->redirect_url != NULL && *in->redirect_url != '\0') {
		soap_error(str, "RedirectUrl", "Redirection URL.");
		autodiscover_xml_element(str, "RedirectTarget",
					 in->redirect_url);
		return TRUE;
	}
	if (in->redirect_address != NULL && *in->redirect_address != '\0') {
		soap_error(str, "RedirectAddress", "Redirection address.");
		autodiscover_xml_element(str, "RedirectTarget",
					 in->redirect_address);
		return TRUE;
	}
	return FALSE;
}

static void soap_user(const struct soap_request *req, const char *address,
		      string_t *str)
{
	string_t *values = t_str_new(512), *errors = t_str_new(512);
	struct autodiscover_mailbox box;
	const char *name;
	bool own;

	if (!autodiscover_address_is_valid(address)) {
		soap_error(str, "InvalidUser", "Invalid user: the address is "
			   "not one.");
		str_append(str, "<RedirectTarget i:nil=\"true\"/>"
			   "<UserSettingErrors/><UserSettings/>");
		return;
	}
	if (soap_redirect(str, req->in)) {
		str_append(str, "<UserSettingErrors/><UserSettings/>");
		return;
	}
	own = autodiscover_whose(req->in, address, &box) == AUTODISCOVER_OWN;
	array_foreach_elem(&req->settings, name)
		soap_setting(req, name, &box, own, values, errors);
	soap_error(str, "NoError", "No error.");
	str_append(str, "<RedirectTarget i:nil=\"true\"/><UserSettingErrors>");
	str_append_str(str, errors);
	str_append(str, "</UserSettingErrors><UserSettings>");
	str_append_str(str, values);
	str_append(str, "</UserSettings>");
}

static void soap_get_user_settings(const struct soap_request *req,
				   string_t *str)
{
	const char *address;

	soap_error(str, "NoError", "");
	str_append(str, "<UserResponses>");
	array_foreach_elem(&req->subjects, address) {
		str_append(str, "<UserResponse>");
		soap_user(req, address, str);
		str_append(str, "</UserResponse>");
	}
	str_append(str, "</UserResponses>");
}

/* --- domains ------------------------------------------------------------------- */

/* Nothing is known of domains but that they exist. */
static void soap_domain(const struct soap_request *req, const char *domain,
			string_t *str)
{
	const char *own = req->in->email == NULL ? NULL :
		strrchr(req->in->email, '@');
	const char *name;

	if (own == NULL || strcasecmp(own + 1, domain) != 0) {
		soap_error(str, "InvalidDomain", "Invalid domain.");
		str_append(str, "<DomainSettingErrors/><DomainSettings/>"
			   "<RedirectTarget i:nil=\"true\"/>");
		return;
	}
	soap_error(str, "NoError", "No error.");
	str_append(str, "<DomainSettingErrors>");
	array_foreach_elem(&req->settings, name) {
		bool known = strcmp(name, "ExternalEwsUrl") == 0 ||
			strcmp(name, "ExternalEwsVersion") == 0;

		str_append(str, "<DomainSettingError>");
		soap_error(str, known ? "SettingIsNotAvailable" :
			   "InvalidSetting", known ?
			   "The setting is not available." :
			   "The setting is not valid.");
		autodiscover_xml_element(str, "SettingName", name);
		str_append(str, "</DomainSettingError>");
	}
	str_append(str, "</DomainSettingErrors><DomainSettings/>"
		   "<RedirectTarget i:nil=\"true\"/>");
}

static void soap_get_domain_settings(const struct soap_request *req,
				     string_t *str)
{
	const char *domain;

	soap_error(str, "NoError", "");
	str_append(str, "<DomainResponses>");
	array_foreach_elem(&req->subjects, domain) {
		str_append(str, "<DomainResponse>");
		soap_domain(req, domain, str);
		str_append(str, "</DomainResponse>");
	}
	str_append(str, "</DomainResponses>");
}

static void
soap_get_federation_information(const struct soap_request *req ATTR_UNUSED,
				string_t *str)
{
	soap_error(str, "NotFederated", "The domain is not federated.");
}

/* --- requests -------------------------------------------------------------------- */

static const struct {
	const char *operation;
	/* children of Request: who, each, and what is asked; NULL: Domain alone */
	const char *subjects, *subject;
	void (*answer)(const struct soap_request *req, string_t *str);
} soap_operations[] = {
	{ "GetUserSettings", "Users", "User", soap_get_user_settings },
	{ "GetDomainSettings", "Domains", "Domain", soap_get_domain_settings },
	{ "GetFederationInformation", NULL, "Domain",
	  soap_get_federation_information },
};

static void soap_collect(const xmlNode *parent, const char *name,
			 const char *inner, ARRAY_TYPE(const_string) *dest,
			 unsigned int max)
{
	const xmlNode *node = parent == NULL ? NULL : parent->children, *child;
	const char *text;

	for (; node != NULL && array_count(dest) <= max; node = node->next) {
		if (!autodiscover_node_is(node, name))
			continue;
		child = inner == NULL ? node :
			autodiscover_node_find(node, inner);
		text = child == NULL ? "" : autodiscover_node_text(child);
		array_push_back(dest, &text);
	}
}

static void soap_envelope_begin(string_t *str, const char *action)
{
	str_append(str, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		   "<s:Envelope xmlns:s=\""NS_SOAP"\" "
		   "xmlns:a=\""NS_ADDRESSING"\"><s:Header>");
	str_printfa(str, "<a:Action s:mustUnderstand=\"1\">%s</a:Action>",
		    action);
	str_append(str, "<h:ServerVersionInfo xmlns:h=\""NS_AUTODISCOVER"\">"
		   "<h:MajorVersion>15</h:MajorVersion>"
		   "<h:MinorVersion>1</h:MinorVersion>"
		   "<h:MajorBuildNumber>2507</h:MajorBuildNumber>"
		   "<h:MinorBuildNumber>35</h:MinorBuildNumber>"
		   "<h:Version>Exchange2016</h:Version>"
		   "</h:ServerVersionInfo></s:Header><s:Body>");
}

static void soap_fault(const struct autodiscover_input *in,
		       struct autodiscover_reply *reply, const char *code,
		       const char *text)
{
	string_t *str = t_str_new(1024);

	soap_envelope_begin(str, NS_ADDRESSING"/soap/fault");
	str_printfa(str, "<s:Fault><faultcode>%s</faultcode>"
		    "<faultstring xml:lang=\"en-US\">%s</faultstring>"
		    "</s:Fault></s:Body></s:Envelope>", code, text);
	autodiscover_reply_body(in, reply, 500, SOAP_TYPE, str);
	reply->log = p_strconcat(in->pool, "soap fault ", text, NULL);
}

static bool soap_too_much(const struct soap_request *req)
{
	return array_count(&req->subjects) > SOAP_MAX_USERS ||
		array_count(&req->settings) > SOAP_MAX_SETTINGS;
}

static const char *soap_invalid(const struct soap_request *req,
				const xmlNode *request, bool user_settings)
{
	if (request == NULL)
		return "The request has no Request.";
	if (array_is_empty(&req->subjects))
		return "The request names nobody.";
	if (user_settings && array_is_empty(&req->settings))
		return "The request asks for no setting.";
	return soap_too_much(req) ? "The request asks for too much." : NULL;
}

static void soap_answer(const struct autodiscover_input *in,
			const xmlNode *message, unsigned int operation,
			struct autodiscover_reply *reply)
{
	const xmlNode *request = autodiscover_node_find(message, "Request");
	const char *name = soap_operations[operation].operation, *invalid;
	struct soap_request req = { .in = in, .operation = name };
	const xmlNode *subjects = request;
	string_t *str = t_str_new(2048);

	t_array_init(&req.subjects, 4);
	t_array_init(&req.settings, 16);
	if (soap_operations[operation].subjects != NULL) {
		subjects = autodiscover_node_find(request,
			soap_operations[operation].subjects);
	}
	soap_collect(subjects, soap_operations[operation].subject,
		     operation == 0 ? "Mailbox" : NULL, &req.subjects,
		     SOAP_MAX_USERS);
	soap_collect(autodiscover_node_find(request, "RequestedSettings"),
		     "Setting", NULL, &req.settings, SOAP_MAX_SETTINGS);
	invalid = soap_invalid(&req, request, operation < 2);

	soap_envelope_begin(str, t_strconcat(NS_AUTODISCOVER"/Autodiscover/",
					     name, "Response", NULL));
	str_printfa(str, "<%sResponseMessage xmlns=\""NS_AUTODISCOVER"\">"
		    "<Response xmlns:i=\""NS_INSTANCE"\">", name);
	if (invalid != NULL)
		soap_error(str, "InvalidRequest", invalid);
	else
		soap_operations[operation].answer(&req, str);
	str_printfa(str, "</Response></%sResponseMessage></s:Body>"
		    "</s:Envelope>", name);
	autodiscover_reply_body(in, reply, 200, SOAP_TYPE, str);
	reply->log = p_strconcat(in->pool, "soap ", name,
				 invalid == NULL ? "" : " InvalidRequest",
				 NULL);
}

static void soap_document(const struct autodiscover_input *in,
			  const xmlNode *root, struct autodiscover_reply *reply)
{
	const xmlNode *body, *message = NULL;
	const char *ns = root == NULL || root->ns == NULL ? "" :
		(const char *)root->ns->href;
	unsigned int i;

	if (root == NULL || !autodiscover_node_is(root, "Envelope") ||
	    (strcmp(ns, NS_SOAP) != 0 && strcmp(ns, NS_SOAP12) != 0)) {
		soap_fault(in, reply, "s:Client", "This is no envelope.");
		return;
	}
	body = autodiscover_node_find(root, "Body");
	for (i = 0; i < N_ELEMENTS(soap_operations); i++) {
		message = autodiscover_node_find(body, t_strconcat(
			soap_operations[i].operation, "RequestMessage", NULL));
		if (message != NULL)
			break;
	}
	if (message == NULL) {
		soap_fault(in, reply, "a:ActionNotSupported",
			   "The operation is not supported.");
		return;
	}
	soap_answer(in, message, i, reply);
}

void autodiscover_soap(const struct autodiscover_input *in,
		       struct autodiscover_reply *reply_r)
{
	xmlDoc *doc = NULL;

	if (in->body_size > 0 && in->body_size <= AUTODISCOVER_MAX_BODY)
		doc = autodiscover_xml_parse(in->body, in->body_size);
	if (doc == NULL) {
		soap_fault(in, reply_r, "s:Client",
			   "The request is not well-formed XML.");
		reply_r->status = in->body_size > AUTODISCOVER_MAX_BODY ?
			413 : 400;
		return;
	}
	soap_document(in, xmlDocGetRootElement(doc), reply_r);
	xmlFreeDoc(doc);
}
