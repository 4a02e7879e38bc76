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
	ck_assert_int_eq(autodiscover_handle(&in, &reply), -1);
	in.path = "/autodiscover/autodiscover.xmlx";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), -1);
	in.path = "/autodiscover";
	ck_assert_int_eq(autodiscover_handle(&in, &reply), -1);
	ck_assert(!autodiscover_is_path("/autodiscover"));
	ck_assert(autodiscover_is_path("/AutoDiscover/x"));
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
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	xmlCleanupParser();
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
