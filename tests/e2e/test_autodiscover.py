# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Autodiscover for phones (MS-ASCMD 2.2.1.1; JSON v2)."""

import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from dovetail_test import eas
from dovetail_test.case import TestCase

REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006">
<Request><EMailAddress>%s</EMailAddress>
<AcceptableResponseSchema>%s</AcceptableResponseSchema></Request></Autodiscover>"""
SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
PATHS = ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.xml")


class Pox(TestCase):
    core = True

    def post(self, body, path=PATHS[0], user=None, auth=True):
        client = self.client(user)
        head = {"Content-Type": "text/xml; charset=utf-8", "Host": "autodiscover.example.org"}
        if auth:
            head["Authorization"] = client.authorization()
        return client.http("POST", path, body.encode() if isinstance(body, str) else body, head)

    def test_mobilesync(self):
        user = self.new_user()
        for path in PATHS:
            with self.subTest(path=path):
                answer = self.post(REQUEST % (user, SCHEMA), path, user)
                self.assertEqual(answer.status, 200)
                self.assertIn("xml", answer.content_type)
                root = ElementTree.fromstring(answer.body)
                space = {"m": SCHEMA}
                server = root.find(".//m:Action/m:Settings/m:Server", space)
                self.assertEqual(server.find("m:Type", space).text, "MobileSync")
                self.assertRegex(server.find("m:Url", space).text, r"^https?://[^/]+/Microsoft-Server-ActiveSync$")
                self.assertEqual(root.find(".//m:User/m:EMailAddress", space).text.lower(), user)

    def test_login_is_needed(self):
        answer = self.post(REQUEST % ("a@example.org", SCHEMA), auth=False)
        self.assertEqual(answer.status, 401)
        self.assertTrue(answer.headers.get("WWW-Authenticate"))

    def error(self, body):
        answer = self.post(body)
        if answer.status == 200:
            return re.search(rb"<ErrorCode>(\d+)</ErrorCode>", answer.body).group(1)
        self.assertEqual(answer.status, 400)
        return b"600"

    def test_errors(self):
        """600: invalid request; 601: no provider for the schema."""
        self.assertEqual(self.error("<Autodiscover/>"), b"600")
        self.assertEqual(self.error("this is no XML"), b"600")
        self.assertEqual(self.error(""), b"600")
        self.assertEqual(self.error(REQUEST % ("a@example.org", "http://example.org/unknown")), b"601")

    def test_entities(self):
        """D11: no DTD, no entities, no files."""
        bomb = ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">%s<!ENTITY f SYSTEM "file:///etc/passwd">]>'
                % "".join('<!ENTITY x%d "%s">' % (i, "&x%s;" % (i - 1 or "") * 10) for i in range(1, 9)))
        for entity in ("&x8;", "&f;"):
            answer = self.post(bomb + REQUEST.partition("?>")[2] % (entity, SCHEMA))
            self.assertNotIn(b"root:", answer.body)
            self.assertLess(len(answer.body), 5000)
            self.assertIn(answer.status, (200, 400))
        self.assertEqual(self.post(REQUEST % ("a@example.org", SCHEMA)).status, 200)


class Json(TestCase):
    def get(self, path, auth=False):
        client = self.client()
        head = {"Host": "autodiscover.example.org"}
        if auth:
            head["Authorization"] = client.authorization()
        return client.http("GET", path, b"", head)

    def test_activesync(self):
        user = self.new_user()
        for path in ("/autodiscover/autodiscover.json", "/Autodiscover/Autodiscover.json"):
            for form in (path + "?Email=%s&Protocol=ActiveSync&RedirectCount=1" % user,
                         path + "/v1.0/%s?Protocol=ActiveSync&RedirectCount=1" % urllib.parse.quote(user)):
                with self.subTest(form=form):
                    answer = self.get(form)
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(answer.content_type, "application/json")
                    found = json.loads(answer.body)
                    self.assertEqual(found["Protocol"].lower(), "activesync")
                    self.assertTrue(found["Url"].endswith(eas.PATH))

    def test_before_login_nobody_is_confirmed(self):
        """The answer tells not whether an address exists."""
        known = self.get("/autodiscover/autodiscover.json?Email=%s&Protocol=ActiveSync" % self.new_user())
        unknown = self.get("/autodiscover/autodiscover.json?Email=nobody.here@example.org&Protocol=ActiveSync")
        self.assertEqual(known.status, unknown.status)
        self.assertEqual(json.loads(known.body), json.loads(unknown.body))

    def test_unknown_protocol(self):
        answer = self.get("/autodiscover/autodiscover.json?Email=a@example.org&Protocol=Gopher")
        self.assertIn(answer.status, (400, 404))

    def test_get_probe(self):
        """Phones probe by GET before they ask."""
        for path in PATHS:
            self.assertIn(self.get(path).status, (200, 302, 401))
            self.assertIn(self.get(path, auth=True).status, (200, 302, 405))


class ConfiguredUrl(TestCase):
    """dovetail_url wins over the Host that the client wrote."""

    options = {"plugin": {"dovetail_url": "https://mail.example.net"}}

    def test_both_forms(self):
        user = self.new_user()
        client = self.client(user)
        head = {"Content-Type": "text/xml", "Host": "other.example.org",
                "Authorization": client.authorization()}
        pox = client.http("POST", PATHS[0], (REQUEST % (user, SCHEMA)).encode(), head)
        self.assertIn(b"<Url>https://mail.example.net/Microsoft-Server-ActiveSync</Url>", pox.body)
        answer = client.http("GET", "/autodiscover/autodiscover.json?Email=%s&Protocol=ActiveSync" % user, None,
                             {"Host": "other.example.org"})
        self.assertEqual(json.loads(answer.body)["Url"],
                         "https://mail.example.net/Microsoft-Server-ActiveSync")
