# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Autodiscover for phones (MS-ASCMD 2.2.1.1; JSON v2) and for Outlook (MS-OXDSCLI, SOAP)."""

import json
import os
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from dovetail_test import eas, mapi, mapihttp
from dovetail_test.case import TestCase
from dovetail_test.dovecot import VMAIL_UID
from dovetail_test.mapinspi import Nspi
from dovetail_test.mapiprops import PidTagMailboxOwnerName

REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006">
<Request><EMailAddress>%s</EMailAddress>
<AcceptableResponseSchema>%s</AcceptableResponseSchema></Request></Autodiscover>"""
SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
PATHS = ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.xml")


class PoxCase(TestCase):
    storage = False

    def post(self, body, path=PATHS[0], user=None, auth=True):
        client = self.client(user)
        head = {"Content-Type": "text/xml; charset=utf-8", "Host": "autodiscover.example.org"}
        if auth:
            head["Authorization"] = client.authorization()
        return client.http("POST", path, body.encode() if isinstance(body, str) else body, head)


class Pox(PoxCase):
    core = True

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


OUTLOOK = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
<Request><EMailAddress>%s</EMailAddress>
<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
</Request></Autodiscover>"""
OUTLOOK_SPACE = {"o": "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"}
SOAP = """<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover"><s:Body><a:GetUserSettingsRequestMessage><a:Request>
<a:Users><a:User><a:Mailbox>%s</a:Mailbox></a:User></a:Users><a:RequestedSettings><a:Setting>UserDN</a:Setting>
<a:Setting>AlternateMailboxes</a:Setting><a:Setting>InternalEwsUrl</a:Setting></a:RequestedSettings></a:Request>
</a:GetUserSettingsRequestMessage></s:Body></s:Envelope>"""


class Outlook(PoxCase):
    """MS-OXDSCLI and SOAP: what Outlook is told of mailboxes."""

    options = {"passwd_fields": {
        "u390@example.org": {"userdb_dovetail_aliases": "sales@example.org"},
        "u391@example.org": {"userdb_dovetail_mapi": "no"},
        "u392@example.org": {"userdb_dovetail_autodiscover_redirect_address": "x@example.net"}}}

    def outlook(self, user, address=None, path=PATHS[0]):
        answer = self.post(OUTLOOK % (address or user), path, user)
        self.assertEqual(answer.status, 200)
        return ElementTree.fromstring(answer.body)

    def text(self, root, path):
        return [node.text for node in root.findall(".//" + "/".join("o:" + p for p in path.split("/")), OUTLOOK_SPACE)]

    def test_settings(self):
        user = self.new_user()
        roots = [self.outlook(user, path=path) for path in PATHS + PATHS[:1]]
        for root in roots:
            self.assertEqual(self.text(root, "User/AutoDiscoverSMTPAddress"), [user])
            self.assertEqual(self.text(root, "Account/Action"), ["settings"])
            protocol, = root.findall(".//o:Protocol", OUTLOOK_SPACE)
            self.assertEqual(protocol.attrib, {"Type": "mapiHttp", "Version": "1"})
            self.assertRegex(self.text(root, "MailStore/ExternalUrl")[0],
                             r"^https?://[^/]+/mapi/emsmdb/\?MailboxId=[0-9a-f-]{36}@example\.org$")
            self.assertRegex(self.text(root, "AddressBook/InternalUrl")[0], r"/mapi/nspi/\?MailboxId=[0-9a-f-]{36}@")
        # stable, and nobody else's
        self.assertEqual(len({self.text(root, "MailStore/ExternalUrl")[0] for root in roots}), 1)
        other = self.outlook(self.new_user())
        self.assertNotEqual(self.text(other, "MailStore/ExternalUrl"), self.text(roots[0], "MailStore/ExternalUrl"))
        self.assertNotEqual(self.text(other, "User/LegacyDN"), self.text(roots[0], "User/LegacyDN"))

    def test_urls_answer(self):
        """What is announced works: Connect and a logon, Bind."""
        user = self.new_user()
        root = self.outlook(user)
        (store,), (book,) = self.text(root, "MailStore/ExternalUrl"), self.text(root, "AddressBook/ExternalUrl")
        client = mapi.MapiClient(self.endpoint(store, user), self.text(root, "User/LegacyDN")[0])
        client.connect()
        self.assertEqual(client.logon().get(PidTagMailboxOwnerName), user)
        client.disconnect()
        Nspi(self.endpoint(book, user)).bind()

    def endpoint(self, url, user):
        parts = urllib.parse.urlsplit(url)
        endpoint = mapihttp.for_dovecot(self.dovecot, user, "%s?%s" % (parts.path, parts.query), mailbox_id=None)
        self.addCleanup(endpoint.close)
        return endpoint

    def test_alias(self):
        for address in ("sales@example.org", "SALES@example.org", "unheard.of@example.com"):
            root = self.outlook("u390@example.org", address)
            self.assertEqual(self.text(root, "User/AutoDiscoverSMTPAddress"), ["u390@example.org"])

    def test_full_rights(self):
        owner, sharee = self.new_user(), self.new_user()
        self.deliver(owner)
        imap = self.imap(owner)
        imap.setacl("INBOX", sharee, "lrs")
        self.assertEqual(self.text(self.outlook(sharee), "AlternativeMailbox/SmtpAddress"), [])
        imap.setacl("INBOX", sharee, "lrwstipekxa")
        root = self.outlook(sharee)
        self.assertEqual(self.text(root, "AlternativeMailbox/SmtpAddress"), [owner])
        self.assertEqual(self.text(root, "AlternativeMailbox/Type"), ["Delegate"])
        self.assertTrue(self.text(root, "AlternativeMailbox/DisplayName")[0])
        # and its own settings, asked for by its address
        other = self.outlook(sharee, owner)
        self.assertEqual(self.text(other, "User/AutoDiscoverSMTPAddress"), [owner])
        self.assertEqual(self.text(other, "User/LegacyDN"), self.text(self.outlook(owner), "User/LegacyDN"))
        self.assertEqual(self.text(other, "AlternativeMailbox/SmtpAddress"), [])
        soap = self.post(SOAP % sharee, "/autodiscover/autodiscover.svc", sharee)
        self.assertIn(("<SmtpAddress>%s</SmtpAddress>" % owner).encode(), soap.body)

    def open_public(self):
        """Everybody may do everything in the public namespace."""
        dovecot = self.dovecot
        root = dovecot.path("public") if dovecot.opt.format == "maildir" else dovecot.path("public", "mailboxes")
        os.makedirs(root, exist_ok=True)
        with open(os.path.join(root, "dovecot-acl"), "w") as out:
            out.write("authenticated lrwstipekxa\n")
        if dovecot.root:
            os.chown(root, VMAIL_UID, VMAIL_UID)
            os.chmod(root, 0o2770)
            os.chmod(os.path.join(root, "dovecot-acl"), 0o644)

    def test_public_folders(self):
        user = self.new_user()
        self.deliver(user)
        self.assertEqual(self.text(self.outlook(user), "PublicFolderInformation/SmtpAddress"), [])
        self.open_public()
        self.assertEqual(self.imap(user).create(self.dovecot.folder("Public/News"))[0], "OK")
        root = self.outlook(user)
        address = self.text(root, "PublicFolderInformation/SmtpAddress")
        self.assertEqual(address, ["public-folders@example.org"])
        public = self.outlook(user, address[0])
        self.assertEqual(self.text(public, "User/AutoDiscoverSMTPAddress"), address)
        self.assertEqual(self.text(public, "PublicFolderInformation/SmtpAddress"), [])

    def test_refused_and_redirected(self):
        answer = self.post(OUTLOOK % "u391@example.org", user="u391@example.org")
        self.assertIn(b"<ErrorCode>601</ErrorCode>", answer.body)
        root = self.outlook("u392@example.org")
        self.assertEqual(self.text(root, "Account/Action"), ["redirectAddr"])
        self.assertEqual(self.text(root, "Account/RedirectAddr"), ["x@example.net"])

    def test_soap(self):
        user = self.new_user()
        for path in ("/autodiscover/autodiscover.svc", "/Autodiscover/Autodiscover.svc"):
            answer = self.post(SOAP % user, path, user)
            self.assertEqual(answer.status, 200)
            self.assertIn("xml", answer.content_type)
            root = ElementTree.fromstring(answer.body)
            space = {"a": "http://schemas.microsoft.com/exchange/2010/Autodiscover"}
            names = {node.find("a:Name", space).text: node.find("a:Value", space).text
                     for node in root.findall(".//a:UserSetting", space) if node.find("a:Value", space) is not None}
            self.assertEqual(names["UserDN"], self.text(self.outlook(user), "User/LegacyDN")[0])
            errors = [node.text for node in root.findall(".//a:UserSettingError/a:SettingName", space)]
            self.assertIn("InternalEwsUrl", errors)
        self.assertEqual(self.post(SOAP % user, "/autodiscover/autodiscover.svc", auth=False).status, 401)
        self.assertEqual(self.post("no xml", "/autodiscover/autodiscover.svc").status, 400)


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
