/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Autodiscover: requests of real clients, errors of the documents, bad input. */

#include "lib.h"
#include "str.h"
#include "dovetail-autodiscover.h"

#include <check.h>
#include <libxml/parser.h>
#include <stdlib.h>

#define NS "http://schemas.microsoft.com/exchange/autodiscover/"
#define MOBILESYNC NS "mobilesync/responseschema/2006"

#define POX(request_schema, content) \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n" \
	"<Autodiscover xmlns=\"" NS request_schema "\">\n<Request>" content \
	"</Request></Autodiscover>"
#define ACCEPT(schema) \
	"<AcceptableResponseSchema>" schema "</AcceptableResponseSchema>"
#define EMAIL(address) "<EMailAddress>" address "</EMailAddress>"

static struct autodiscover_input in;

static void setup(void)
{
	i_zero(&in);
	in.pool = pool_alloconly_create("test", 1024);
	in.method = "POST";
	in.path = "/Autodiscover/Autodiscover.xml";
	in.user = "alice@example.org";
	in.email = "alice@example.org";
	in.display_name = "Alice <Müller> & Co";
	in.base_url = "https://mail.example.org";
	in.secured = TRUE;
}

static void teardown(void)
{
	pool_unref(&in.pool);
}

static void set_body(const char *body)
{
	in.body = (const unsigned char *)body;
	in.body_size = strlen(body);
}

static struct autodiscover_reply handle(void)
{
	struct autodiscover_reply reply;

	ck_assert_int_eq(autodiscover_handle(&in, &reply), 1);
	ck_assert_ptr_nonnull(reply.log);
	return reply;
}

/* The reply is well-formed XML; the text of the element, NULL if there is no
   such element. */
static const char *element(const struct autodiscover_reply *reply,
			   const char *name)
{
	xmlDoc *doc;
	xmlNode *node, *root;
	const char *text = NULL;

	ck_assert_str_eq(reply->content_type, "text/xml; charset=utf-8");
	ck_assert_uint_eq(reply->body_size, strlen(reply->body));
	doc = xmlReadMemory(reply->body, reply->body_size, NULL, NULL, 0);
	ck_assert_ptr_nonnull(doc);
	root = xmlDocGetRootElement(doc);
	ck_assert_str_eq((const char *)root->ns->href, NS "responseschema/2006");
	for (node = root; node != NULL && text == NULL; ) {
		if (node->type == XML_ELEMENT_NODE &&
		    strcmp((const char *)node->name, name) == 0) {
			char *content = (char *)xmlNodeGetContent(node);
			text = p_strdup(in.pool, content);
			xmlFree(content);
		}
		if (node->children != NULL)
			node = node->children;
		else {
			while (node != NULL && node->next == NULL)
				node = node->parent == (xmlNode *)doc ? NULL :
					node->parent;
			if (node != NULL)
				node = node->next;
		}
	}
	xmlFreeDoc(doc);
	return text;
}

static void assert_error(const char *body, const char *code)
{
	struct autodiscover_reply reply;

	set_body(body);
	reply = handle();
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_str_eq(element(&reply, "ErrorCode"), code);
	ck_assert_ptr_null(element(&reply, "Url"));
	ck_assert_ptr_nonnull(strstr(reply.log, code));
}

START_TEST(mobilesync)
{
	struct autodiscover_reply reply;

	/* As iOS sends it; also with the address of an alias */
	set_body(POX("mobilesync/requestschema/2006",
		     EMAIL(" alias@example.org\n") ACCEPT(MOBILESYNC)));
	reply = handle();
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_str_eq(element(&reply, "DisplayName"), in.display_name);
	ck_assert_str_eq(element(&reply, "EMailAddress"), "alice@example.org");
	ck_assert_str_eq(element(&reply, "Type"), "MobileSync");
	ck_assert_str_eq(element(&reply, "Url"),
			 "https://mail.example.org/Microsoft-Server-ActiveSync");
	ck_assert_str_eq(element(&reply, "Name"),
			 "https://mail.example.org/Microsoft-Server-ActiveSync");
	ck_assert_ptr_nonnull(strstr(reply.body,
				     "<Response xmlns=\"" MOBILESYNC "\">"));
	ck_assert_str_eq(reply.log, "mobilesync");

	/* The account's address and name are not known */
	in.email = NULL;
	in.display_name = NULL;
	reply = handle();
	ck_assert_str_eq(element(&reply, "DisplayName"), "alias@example.org");
	ck_assert_str_eq(element(&reply, "EMailAddress"), "alias@example.org");

	/* The second schema is ours; prefixes; letter case of the path */
	in.path = "/AUTODISCOVER/autodiscover.XML";
	set_body("<a:Autodiscover xmlns:a=\"" NS "mobilesync/requestschema/2006"
		 "\"><a:Request><a:EMailAddress>a@b</a:EMailAddress>"
		 "<a:AcceptableResponseSchema>urn:x</a:AcceptableResponseSchema>"
		 "<a:AcceptableResponseSchema><![CDATA[" MOBILESYNC "]]>"
		 "</a:AcceptableResponseSchema></a:Request></a:Autodiscover>");
	reply = handle();
	ck_assert_str_eq(element(&reply, "EMailAddress"), "a@b");
}
END_TEST

START_TEST(pox_errors)
{
	/* [MS-OXDSCLI] 2.2.4.1.1.3.2: 600 malformed, 601 other type, 500
	   address */
	assert_error("", "600");
	assert_error("no XML", "600");
	assert_error("<Autodiscover/>", "600");
	assert_error("<Autodiscover xmlns=\"" NS "mobilesync/requestschema/2006"
		     "\"/>", "600");
	assert_error(POX("mobilesync/requestschema/2006", ""), "600");
	assert_error(POX("mobilesync/requestschema/2006", EMAIL("a@b")), "600");
	assert_error(POX("mobilesync/requestschema/2006", ACCEPT(MOBILESYNC)),
		     "600");
	assert_error(POX("mobilesync/requestschema/2006",
			 EMAIL("a@b") ACCEPT("urn:unknown")), "601");
	assert_error(POX("mobilesync/requestschema/2006",
			 EMAIL("alice") ACCEPT(MOBILESYNC)), "500");
	assert_error(POX("mobilesync/requestschema/2006",
			 EMAIL("a b@c") ACCEPT(MOBILESYNC)), "500");
	/* Outlook */
	assert_error(POX("outlook/requestschema/2006",
			 EMAIL("a@b") ACCEPT(NS "outlook/responseschema/2006a")),
		     "601");
	assert_error(POX("outlook/requestschema/2006",
			 "<LegacyDN>/o=x</LegacyDN>"
			 ACCEPT(NS "outlook/responseschema/2006a")), "601");
	/* Cut short */
	assert_error("<Autodiscover xmlns=\"" NS "mobilesync/requestschema/2006"
		     "\"><Request>" EMAIL("a@b") ACCEPT(MOBILESYNC), "600");
}
END_TEST

START_TEST(pox_hostile)
{
	struct autodiscover_reply reply;
	string_t *str = t_str_new(AUTODISCOVER_MAX_BODY + 200);
	unsigned int i;

	/* Entities, within or from elsewhere, and an empty document type */
	assert_error("<!DOCTYPE x [<!ENTITY e \"a@b\">]>"
		     "<Autodiscover xmlns=\"" NS "mobilesync/requestschema/2006"
		     "\"><Request><EMailAddress>&e;</EMailAddress>"
		     ACCEPT(MOBILESYNC) "</Request></Autodiscover>", "600");
	assert_error("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
		     "<Autodiscover xmlns=\"" NS "mobilesync/requestschema/2006"
		     "\"><Request><EMailAddress>a@b&e;</EMailAddress>"
		     ACCEPT(MOBILESYNC) "</Request></Autodiscover>", "600");
	assert_error("<!DOCTYPE Autodiscover>"
		     "<Autodiscover xmlns=\"" NS "mobilesync/requestschema/2006"
		     "\"><Request>" EMAIL("a@b") ACCEPT(MOBILESYNC)
		     "</Request></Autodiscover>", "600");

	/* 10,000 deep */
	for (i = 0; i < 10000; i++)
		str_append(str, "<a>");
	assert_error(str_c(str), "600");

	/* Exactly as large as allowed, and one byte more */
	str_truncate(str, 0);
	str_append(str, POX("mobilesync/requestschema/2006",
			    EMAIL("a@b") ACCEPT(MOBILESYNC)));
	while (str_len(str) < AUTODISCOVER_MAX_BODY)
		str_append_c(str, ' ');
	set_body(str_c(str));
	reply = handle();
	ck_assert_str_eq(reply.log, "mobilesync");
	str_append_c(str, ' ');
	set_body(str_c(str));
	reply = handle();
	ck_assert_uint_eq(reply.status, 413);
	ck_assert_str_eq(element(&reply, "ErrorCode"), "600");

	/* Markup in the address comes back as text. */
	in.email = NULL;
	set_body(POX("mobilesync/requestschema/2006",
		     EMAIL("&lt;b&gt;&amp;@c") ACCEPT(MOBILESYNC)));
	reply = handle();
	ck_assert_str_eq(element(&reply, "EMailAddress"), "<b>&@c");
	/* UTF-16 with a byte order mark */
	in.body = (const unsigned char *)"\xff\xfe<\0a\0/\0>\0";
	in.body_size = 10;
	reply = handle();
	ck_assert_str_eq(element(&reply, "ErrorCode"), "600");
}
END_TEST

START_TEST(probes)
{
	struct autodiscover_reply reply;

	/* GET: log in first, then error 600 as Exchange */
	in.method = "GET";
	in.user = NULL;
	ck_assert_int_eq(autodiscover_handle(&in, &reply), 0);
	in.method = "POST";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), 0);
	in.method = "GET";
	in.user = "alice";
	reply = handle();
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_str_eq(element(&reply, "ErrorCode"), "600");

	/* Plain HTTP: redirected, but only a GET without a login */
	in.user = NULL;
	in.secured = FALSE;
	reply = handle();
	ck_assert_uint_eq(reply.status, 302);
	ck_assert_str_eq(reply.location,
			 "https://mail.example.org/autodiscover/autodiscover.xml");
	in.method = "POST";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), 0);
	/* A service without TLS would redirect to itself. */
	in.method = "GET";
	in.base_url = "http://mail.example.org";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), 0);

	in.method = "PUT";
	reply = handle();
	ck_assert_uint_eq(reply.status, 405);
	ck_assert_str_eq(reply.allow, "GET, HEAD, POST");

	in.method = "GET";
	in.path = "/autodiscover/autodiscover.svc";
	reply = handle();
	ck_assert_uint_eq(reply.status, 405);
	in.method = "POST";
	in.user = NULL;
	ck_assert_int_eq(autodiscover_handle(&in, &reply), 0);
	in.user = "alice@example.org";
	in.path = "/autodiscover/autodiscover.svcx";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), -1);
	in.path = "/autodiscover/autodiscover.xmlx";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), -1);
	in.path = "/autodiscover";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), -1);
	ck_assert(!autodiscover_is_path("/autodiscover"));
	ck_assert(autodiscover_is_path("/AutoDiscover/x"));
}
END_TEST

#define OUTLOOK NS "outlook/responseschema/2006a"
#define OUTLOOK_REQUEST(content) \
	POX("outlook/requestschema/2006", content ACCEPT(OUTLOOK))
#define ALICE_DN "/o=Dovetail/ou=Exchange Administrative Group " \
	"(FYDIBOHF23SPDLT)/cn=Recipients/cn=alice_40example.org"
#define ALICE_ID "c423a1b2-6a8b-5a16-995e-c67729f36bd0@example.org"

static const char *const aliases[] = { "al@example.org", NULL };
static const struct autodiscover_mailbox granted[] = {
	{ "ben@example.org", "Ben <B>" },
	{ "team@example.net", NULL },
	{ NULL, NULL }
};

static const char *person(void *context ATTR_UNUSED, const char *address)
{
	return strcmp(address, "carla@example.org") == 0 ? "Carla" : NULL;
}

static void setup_outlook(void)
{
	setup();
	in.mapi = TRUE;
	in.aliases = aliases;
	in.mailboxes = granted;
	in.public_address = "public-folders@example.org";
	in.find_person = person;
}

/* [MS-OXDSCLI] 4.4 */
START_TEST(outlook)
{
	struct autodiscover_reply reply;

	set_body(OUTLOOK_REQUEST(EMAIL("alice@example.org")));
	reply = handle();
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_str_eq(element(&reply, "DisplayName"), in.display_name);
	ck_assert_str_eq(element(&reply, "LegacyDN"), ALICE_DN);
	ck_assert_str_eq(element(&reply, "AutoDiscoverSMTPAddress"),
			 "alice@example.org");
	ck_assert_uint_eq(strlen(element(&reply, "DeploymentId")), 36);
	ck_assert_str_eq(element(&reply, "AccountType"), "email");
	ck_assert_str_eq(element(&reply, "Action"), "settings");
	ck_assert_ptr_nonnull(strstr(reply.body,
		"<Response xmlns=\"" OUTLOOK "\">"));
	ck_assert_ptr_nonnull(strstr(reply.body,
		"<Protocol Type=\"mapiHttp\" Version=\"1\"><MailStore>"
		"<InternalUrl>https://mail.example.org/mapi/emsmdb/?MailboxId="
		ALICE_ID "</InternalUrl><ExternalUrl>https://mail.example.org/"
		"mapi/emsmdb/?MailboxId=" ALICE_ID "</ExternalUrl></MailStore>"
		"<AddressBook><InternalUrl>https://mail.example.org/mapi/nspi/"
		"?MailboxId=" ALICE_ID "</InternalUrl>"));
	ck_assert_ptr_nonnull(strstr(reply.body,
		"<AlternativeMailbox><Type>Delegate</Type><DisplayName>"
		"Ben &lt;B&gt;</DisplayName><SmtpAddress>ben@example.org"
		"</SmtpAddress><OwnerSmtpAddress>ben@example.org"
		"</OwnerSmtpAddress></AlternativeMailbox>"));
	ck_assert_ptr_nonnull(strstr(reply.body,
		"<DisplayName>team@example.net</DisplayName>"));
	ck_assert_ptr_nonnull(strstr(reply.body,
		"<PublicFolderInformation><SmtpAddress>"
		"public-folders@example.org</SmtpAddress>"));
	/* nothing that is not there */
	ck_assert_ptr_null(strstr(reply.body, "EwsUrl"));
	ck_assert_ptr_null(strstr(reply.body, "EXPR"));
}
END_TEST

static void assert_mailbox(const char *request, const char *address,
			   bool own)
{
	struct autodiscover_reply reply;

	set_body(request);
	reply = handle();
	ck_assert_str_eq(element(&reply, "AutoDiscoverSMTPAddress"), address);
	ck_assert(own == (strstr(reply.body, "<AlternativeMailbox>") != NULL));
	ck_assert_ptr_nonnull(strstr(reply.body, "/mapi/emsmdb/?MailboxId="));
}

START_TEST(outlook_whose)
{
	const char *prefixed =
		"<?xml version=\"1.0\"?><a:Autodiscover xmlns:a=\"" NS
		"outlook/requestschema/2006\"><a:Request><a:EMailAddress>"
		"AL@example.org</a:EMailAddress><a:AcceptableResponseSchema>"
		OUTLOOK "</a:AcceptableResponseSchema></a:Request>"
		"</a:Autodiscover>";

	assert_mailbox(prefixed, "alice@example.org", TRUE);
	/* an alias that nobody told us of */
	assert_mailbox(OUTLOOK_REQUEST(EMAIL("sales@example.com")),
		       "alice@example.org", TRUE);
	assert_mailbox(OUTLOOK_REQUEST("<LegacyDN>" ALICE_DN "</LegacyDN>"),
		       "alice@example.org", TRUE);
	assert_mailbox(OUTLOOK_REQUEST(EMAIL("BEN@example.org")),
		       "ben@example.org", FALSE);
	assert_mailbox(OUTLOOK_REQUEST(EMAIL("carla@example.org")),
		       "carla@example.org", FALSE);
	assert_mailbox(OUTLOOK_REQUEST(EMAIL("public-folders@example.org")),
		       "public-folders@example.org", FALSE);
	assert_error(OUTLOOK_REQUEST(""), "600");
	assert_error(OUTLOOK_REQUEST("<LegacyDN>/o=x/cn=y</LegacyDN>"), "600");
	assert_error(OUTLOOK_REQUEST(EMAIL("alice")), "500");
	in.mapi = FALSE;
	assert_error(OUTLOOK_REQUEST(EMAIL("alice@example.org")), "601");
}
END_TEST

START_TEST(redirects)
{
	struct autodiscover_reply reply;

	in.redirect_address = "alice@new.example.org";
	set_body(OUTLOOK_REQUEST(EMAIL("alice@example.org")));
	reply = handle();
	ck_assert_str_eq(element(&reply, "Action"), "redirectAddr");
	ck_assert_str_eq(element(&reply, "RedirectAddr"),
			 "alice@new.example.org");
	ck_assert_ptr_null(element(&reply, "Protocol"));
	set_body(POX("mobilesync/requestschema/2006",
		     EMAIL("alice@example.org") ACCEPT(MOBILESYNC)));
	reply = handle();
	ck_assert_str_eq(element(&reply, "Redirect"), "alice@new.example.org");
	ck_assert_ptr_null(element(&reply, "Url"));
	in.redirect_url = "https://new.example.org/autodiscover/autodiscover.xml";
	set_body(OUTLOOK_REQUEST(EMAIL("alice@example.org")));
	reply = handle();
	ck_assert_str_eq(element(&reply, "Action"), "redirectUrl");
	ck_assert_str_eq(element(&reply, "RedirectUrl"), in.redirect_url);
}
END_TEST

#define ENVELOPE(content) \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope " \
	"xmlns:a=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\" " \
	"xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Header>" \
	"<a:RequestedServerVersion>Exchange2016</a:RequestedServerVersion>" \
	"</soap:Header><soap:Body>" content "</soap:Body></soap:Envelope>"
#define USER_SETTINGS(users, settings) \
	ENVELOPE("<a:GetUserSettingsRequestMessage><a:Request><a:Users>" users \
		 "</a:Users><a:RequestedSettings>" settings \
		 "</a:RequestedSettings></a:Request>" \
		 "</a:GetUserSettingsRequestMessage>")
#define SOAP_USER(address) \
	"<a:User><a:Mailbox>" address "</a:Mailbox></a:User>"
#define SOAP_SETTING(name) "<a:Setting>" name "</a:Setting>"

static struct autodiscover_reply
soap_handle(const char *body, unsigned int status)
{
	struct autodiscover_reply reply;
	xmlDoc *doc;

	in.path = "/AutoDiscover/Autodiscover.svc";
	set_body(body);
	reply = handle();
	ck_assert_uint_eq(reply.status, status);
	ck_assert_str_eq(reply.content_type, "text/xml; charset=utf-8");
	ck_assert_uint_eq(reply.body_size, strlen(reply.body));
	doc = xmlReadMemory(reply.body, reply.body_size, NULL, NULL, 0);
	ck_assert_ptr_nonnull(doc);
	ck_assert_str_eq((const char *)xmlDocGetRootElement(doc)->name,
			 "Envelope");
	xmlFreeDoc(doc);
	return reply;
}

static void assert_soap(const char *body, unsigned int status,
			const char *const *parts)
{
	struct autodiscover_reply reply = soap_handle(body, status);

	for (; *parts != NULL; parts++) {
		if (strstr(reply.body, *parts) == NULL)
			ck_abort_msg("no %s in %s", *parts, reply.body);
	}
}
#define ASSERT_SOAP(body, status, ...) STMT_START { \
	static const char *const parts[] = { __VA_ARGS__, NULL }; \
	assert_soap(body, status, parts); } STMT_END

START_TEST(soap)
{
	ASSERT_SOAP(USER_SETTINGS(SOAP_USER("al@example.org"),
			SOAP_SETTING("UserDisplayName") SOAP_SETTING("UserDN")
			SOAP_SETTING("AutoDiscoverSMTPAddress")
			SOAP_SETTING("AlternateMailboxes")
			SOAP_SETTING("ExternalEwsUrl") SOAP_SETTING("Nonsense")),
		200, "Autodiscover/GetUserSettingsResponse</a:Action>",
		"<h:MajorVersion>15</h:MajorVersion>",
		"<Response xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">"
		"<ErrorCode>NoError</ErrorCode>",
		"<UserResponse><ErrorCode>NoError</ErrorCode>"
		"<ErrorMessage>No error.</ErrorMessage>"
		"<RedirectTarget i:nil=\"true\"/>",
		"<UserSetting i:type=\"StringSetting\"><Name>UserDisplayName"
		"</Name><Value>Alice &lt;M\xc3\xbcller&gt; &amp; Co</Value>",
		"<Name>UserDN</Name><Value>" ALICE_DN "</Value>",
		"<Name>AutoDiscoverSMTPAddress</Name><Value>alice@example.org",
		"<UserSetting i:type=\"AlternateMailboxCollectionSetting\">",
		"<ErrorCode>SettingIsNotAvailable</ErrorCode><ErrorMessage>"
		"The setting is not available.</ErrorMessage>"
		"<SettingName>ExternalEwsUrl</SettingName>",
		"<ErrorCode>InvalidSetting</ErrorCode><ErrorMessage>The setting "
		"is not valid.</ErrorMessage><SettingName>Nonsense</SettingName>");
	/* several users, each for itself */
	ASSERT_SOAP(USER_SETTINGS(SOAP_USER("alice@example.org")
			SOAP_USER("nobody") SOAP_USER("ben@example.org"),
			SOAP_SETTING("AutoDiscoverSMTPAddress")),
		200, "<Value>alice@example.org</Value>",
		"<UserResponse><ErrorCode>InvalidUser</ErrorCode>",
		"<Value>ben@example.org</Value>");
	ASSERT_SOAP(USER_SETTINGS("", SOAP_SETTING("UserDN")), 200,
		"<Response xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">"
		"<ErrorCode>InvalidRequest</ErrorCode>");
	ASSERT_SOAP(USER_SETTINGS(SOAP_USER("alice@example.org"), ""), 200,
		"<ErrorCode>InvalidRequest</ErrorCode>");
	in.redirect_address = "alice@new.example.org";
	ASSERT_SOAP(USER_SETTINGS(SOAP_USER("alice@example.org"),
			SOAP_SETTING("UserDN")), 200,
		"<UserResponse><ErrorCode>RedirectAddress</ErrorCode>",
		"<RedirectTarget>alice@new.example.org</RedirectTarget>");
}
END_TEST

START_TEST(soap_domains_and_faults)
{
	ASSERT_SOAP(ENVELOPE("<a:GetDomainSettingsRequestMessage><a:Request>"
			"<a:Domains><a:Domain>example.org</a:Domain>"
			"<a:Domain>example.net</a:Domain></a:Domains>"
			"<a:RequestedSettings>" SOAP_SETTING("ExternalEwsUrl")
			"</a:RequestedSettings></a:Request>"
			"</a:GetDomainSettingsRequestMessage>"),
		200, "<GetDomainSettingsResponseMessage",
		"<DomainResponse><ErrorCode>NoError</ErrorCode>",
		"<SettingName>ExternalEwsUrl</SettingName>",
		"<DomainResponse><ErrorCode>InvalidDomain</ErrorCode>");
	ASSERT_SOAP(ENVELOPE("<a:GetFederationInformationRequestMessage>"
			"<a:Request><a:Domain>example.org</a:Domain></a:Request>"
			"</a:GetFederationInformationRequestMessage>"),
		200, "<ErrorCode>NotFederated</ErrorCode>");
	ASSERT_SOAP(ENVELOPE("<a:GetSomething/>"), 500,
		"<faultcode>a:ActionNotSupported</faultcode>");
	ASSERT_SOAP("<x/>", 500, "<faultcode>s:Client</faultcode>");
	ASSERT_SOAP("no xml", 400, "<faultcode>s:Client</faultcode>");
	ASSERT_SOAP("", 400, "<faultcode>s:Client</faultcode>");
	ASSERT_SOAP("<!DOCTYPE a [<!ENTITY x \"y\">]>" USER_SETTINGS(
			SOAP_USER("&x;"), SOAP_SETTING("UserDN")), 400,
		"<faultcode>s:Client</faultcode>");
}
END_TEST

static void assert_json(const char *path, const char *query,
			unsigned int status, const char *body)
{
	struct autodiscover_reply reply;

	in.path = path;
	in.query = query;
	reply = handle();
	ck_assert_uint_eq(reply.status, status);
	ck_assert_str_eq(reply.content_type, "application/json; charset=utf-8");
	ck_assert_str_eq(reply.body, body);
	ck_assert_uint_eq(reply.body_size, strlen(reply.body));
}

#define JSON "/autodiscover/autodiscover.json"
#define JSON_EAS "{\"Protocol\":\"ActiveSync\",\"Url\":" \
	"\"https://mail.example.org/Microsoft-Server-ActiveSync\"}"
#define JSON_V1 "{\"Protocol\":\"AutodiscoverV1\",\"Url\":" \
	"\"https://mail.example.org/autodiscover/autodiscover.xml\"}"
#define JSON_NO_ADDRESS "{\"ErrorCode\":\"MandatoryParameterMissing\"," \
	"\"ErrorMessage\":\"A valid smtp address must be provided\"}"

START_TEST(json)
{
	struct autodiscover_reply reply;

	in.method = "GET";
	in.user = NULL;
	assert_json(JSON, "Email=alice%40example.org&Protocol=ActiveSync"
		    "&RedirectCount=1", 200, JSON_EAS);
	assert_json("/AutoDiscover/AutoDiscover.JSON",
		    "email=alice@example.org&protocol=activesync", 200,
		    JSON_EAS);
	assert_json(JSON "/v1.0/alice@example.org", "Protocol=AutodiscoverV1",
		    200, JSON_V1);
	assert_json(JSON "/V1.0/alice%40example.org", "Protocol=Autodiscoverv1",
		    200, JSON_V1);

	assert_json(JSON, NULL, 400, JSON_NO_ADDRESS);
	assert_json(JSON, "Protocol=ActiveSync", 400, JSON_NO_ADDRESS);
	assert_json(JSON, "Email=&Protocol=ActiveSync", 400, JSON_NO_ADDRESS);
	assert_json(JSON, "Email=alice&Protocol=ActiveSync", 400,
		    JSON_NO_ADDRESS);
	assert_json(JSON, "Emailx=a@b&Protocol=ActiveSync", 400,
		    JSON_NO_ADDRESS);
	assert_json(JSON "/v1.0/", "Protocol=ActiveSync", 400, JSON_NO_ADDRESS);
	assert_json(JSON, "Email=a@b", 400,
		    "{\"ErrorCode\":\"MandatoryParameterMissing\","
		    "\"ErrorMessage\":\"A valid value must be provided for the "
		    "query parameter \\u0027Protocol\\u0027\"}");
	assert_json(JSON, "Email=a@b&Protocol=Ews", 400,
		    "{\"ErrorCode\":\"InvalidProtocol\",\"ErrorMessage\":"
		    "\"The given protocol value \\u0027Ews\\u0027 is invalid. "
		    "Supported values are "
		    "\\u0027ActiveSync,AutodiscoverV1\\u0027\"}");
	assert_json(JSON, "Email=a@b&Protocol=%3Cscript%3E%22%0a%ff", 400,
		    "{\"ErrorCode\":\"InvalidProtocol\",\"ErrorMessage\":"
		    "\"The given protocol value \\u0027\\u003cscript\\u003e"
		    "\\u0022\\u000a\\ufffd\\u0027 is invalid. "
		    "Supported values are "
		    "\\u0027ActiveSync,AutodiscoverV1\\u0027\"}");

	in.method = "POST";
	reply = handle();
	ck_assert_uint_eq(reply.status, 405);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("autodiscover");
	TCase *tc = tcase_create("autodiscover");
	TCase *tc_outlook = tcase_create("outlook");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mobilesync);
	tcase_add_test(tc, pox_errors);
	tcase_add_test(tc, pox_hostile);
	tcase_add_test(tc, probes);
	tcase_add_test(tc, json);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc_outlook, setup_outlook, teardown);
	tcase_add_test(tc_outlook, outlook);
	tcase_add_test(tc_outlook, outlook_whose);
	tcase_add_test(tc_outlook, redirects);
	tcase_add_test(tc_outlook, soap);
	tcase_add_test(tc_outlook, soap_domains_and_faults);
	suite_add_tcase(suite, tc_outlook);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	xmlCleanupParser();
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
