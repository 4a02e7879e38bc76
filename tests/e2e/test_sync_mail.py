# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Sync of the Email class (MS-ASCMD 2.2.1.21, MS-ASEMAIL, MS-ASAIRS) and
GetItemEstimate (2.2.1.9)."""

import base64
import email
import email.utils
import os
import re
import sqlite3
import time

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.mailgen import KINDS, Generator
from dovetail_test.wbxml import E

HTML = ("Content-Type: multipart/alternative; boundary=b\r\n", (
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain text ä\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>html <b>text</b> ä</p></body></html>\r\n--b--\r\n"))


class FirstSync(TestCase):
    core = True
    timeout = 120

    def test_every_version(self):
        user = self.new_user()
        self.dovecot.append(user, Generator("versions", user).messages(120))
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                phone = self.phone(user, version=version, window=50)
                answers = phone.sync()
                self.assertEqual(len(phone.items[phone.inbox]), 120)
                self.assert_same(phone, user)
                for answer in answers:
                    adds = answer.findall("Commands/Add")
                    self.assertLessEqual(len(adds), 50)
                    self.assertEqual(answer.has("Class"), phone.client.v < (12, 1))

    def test_every_kind_of_message(self):
        """Each kind comes over, in each body type; none blocks the folder."""
        user = self.new_user()
        generator = Generator("kinds", user)
        kinds = [kind for kind, _ in KINDS if kind != "big"]
        self.dovecot.append(user, [generator.message(n, kind) for n, kind in
                                   enumerate(kinds * 4)])
        for body in ((1, 500), (1,), (2, 2000), (2,), (4,)):
            with self.subTest(body=body):
                phone = self.phone(user, body=(body,), mime_support=2 if body[0] == 4 else None)
                phone.sync()
                self.assert_same(phone, user)
                for item in phone.items[phone.inbox].values():
                    self.assertEqual(item.get("AirSyncBase:Body/Type"), str(body[0]))

    def test_empty_folder(self):
        phone = self.phone()
        answers = phone.sync()
        self.assertEqual([a.has("Commands") for a in answers], [False] * len(answers))
        self.assertEqual(phone.items[phone.inbox], {})

    def test_newest_first(self):
        """A person sees today's mail first."""
        user = self.new_user()
        self.dovecot.append(user, Generator("order", user, kinds=["plain"]).messages(60))
        phone = self.phone(user)
        c = phone.client
        key = c.sync(c.collection(phone.inbox, "0")).get("Collections/Collection/SyncKey")
        node = c.sync(c.collection(phone.inbox, key, window=5))
        dates = [n.get("ApplicationData/Email:DateReceived")
                 for n in node.findall("Collections/Collection/Commands/Add")]
        with self.dovecot.imap(user) as imap:
            newest = max(imap.truth())
        self.assertEqual(len(dates), 5)
        self.assertTrue(newest)


class Window(TestCase):
    def prepared(self, count):
        user = self.new_user()
        self.dovecot.append(user, [message("w%04d" % i) for i in range(count)])
        phone = self.phone(user)
        c = phone.client
        key = c.sync(c.collection(phone.inbox, "0")).get("Collections/Collection/SyncKey")
        return phone, c, key

    def adds(self, node):
        return len(node.findall("Collections/Collection/Commands/Add"))

    def test_default_is_100(self):
        """MS-ASCMD 2.2.3.199"""
        phone, c, key = self.prepared(130)
        node = c.sync(c.collection(phone.inbox, key))
        self.assertEqual(self.adds(node), 100)
        self.assertTrue(node.has("Collections/Collection/MoreAvailable"))

    def test_zero_and_too_large_are_512(self):
        for window in (0, 513, 2000):
            with self.subTest(window=window):
                phone, c, key = self.prepared(530)
                node = c.sync(c.collection(phone.inbox, key, window=window))
                self.assertEqual(self.adds(node), 512)

    def test_exact(self):
        """No MoreAvailable when the window took the last one."""
        phone, c, key = self.prepared(10)
        node = c.sync(c.collection(phone.inbox, key, window=10))
        self.assertEqual(self.adds(node), 10)
        self.assertFalse(node.has("Collections/Collection/MoreAvailable"))

    def test_of_the_whole_sync(self):
        """A WindowSize at the top bounds all collections together."""
        phone, c, key = self.prepared(30)
        sent = phone.folder(type=eas.SENT)
        self.dovecot.append(c.user, [message("s%d" % i) for i in range(30)], "Sent")
        key2 = c.sync(c.collection(sent, "0")).get("Collections/Collection/SyncKey")
        node = c.sync(c.collection(phone.inbox, key), c.collection(sent, key2), window=40)
        self.assertEqual(self.adds(node), 40)
        self.assertTrue(any(n.has("MoreAvailable") for n in node.findall("Collections/Collection")))

    def test_get_changes_off(self):
        phone, c, key = self.prepared(3)
        node = c.sync(c.collection(phone.inbox, key, get_changes=False))
        if node is not None:
            self.assertFalse(node.has("Collections/Collection/Commands"))


class Properties(TestCase):
    core = True

    def item(self, raw, version="16.1", body=((1, 500),), **kwargs):
        user = self.new_user()
        self.dovecot.deliver(user, raw)
        phone = self.phone(user, version=version, body=body, **kwargs)
        phone.sync()
        (item,) = phone.items[phone.inbox].values()
        self.last = user, phone
        return item

    def test_header_fields(self):
        raw = (b'From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <j@example.net>\r\nTo: "O\'Neil, Pat" <pat@example.com>, b@example.com\r\n'
               b"Cc: Team <team@example.com>\r\nReply-To: desk@example.net\r\n"
               b"Subject: =?utf-8?B?R3LDvMOfZQ==?= =?utf-8?Q?_aus_K=C3=B6ln?=\r\nImportance: high\r\n"
               b"Date: Mon, 02 Nov 2026 10:00:00 +0100\r\nMessage-ID: <h1@x>\r\n\r\nbody\r\n")
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                item = self.item(raw, version)
                self.assertEqual(item.get("Email:Subject"), "Grüße aus Köln")
                self.assertRegex(item.get("Email:From"), r'^"?Jürgen Müller"? <j@example\.net>$')
                self.assertIn('"O\'Neil, Pat" <pat@example.com>', item.get("Email:To"))
                self.assertIn("b@example.com", item.get("Email:To"))
                self.assertIn("team@example.com", item.get("Email:Cc"))
                self.assertIn("desk@example.net", item.get("Email:ReplyTo"))
                self.assertEqual(item.get("Email:Importance"), "2")
                self.assertEqual(item.get("Email:Read"), "0")
                self.assertEqual(item.get("Email:MessageClass"), "IPM.Note")
                self.assertRegex(item.get("Email:DateReceived"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                self.assertEqual(item.get("Email:InternetCPID"), "65001")
                if version != "2.5":
                    self.assertEqual(item.get("Email:ContentClass"), "urn:content-classes:message")
                if version in ("14.0", "14.1", "16.0", "16.1"):
                    self.assertTrue(item.get("Email2:ConversationId"))
                    self.assertTrue(item.get("Email2:ConversationIndex"))
                else:
                    self.assertFalse(any(n.page == "Email2" for n in item.data))

    def test_odd_headers_read_and_cached(self):
        """Headers come from the message for the first device and from Dovecot's
        cache for the second: nobody sees a difference."""
        raw = (b"From: One <one@example.net>\r\nfrom: Two <two@example.net>\r\n"
               b"To :\t Anna <anna@example.org>,\r\n\t\"Ben, Jr\" <ben@example.org>\r\n"
               b"SUBJECT: folded\r\n =?utf-8?q?and_=C3=A4?=\r\n =?utf-8?q?_more?=\r\n"
               b"Cc:\r\nReply-To:   reply@example.net  \r\nImportance: High\r\nno header line\r\n"
               b"X-Other: a: b\r\nThread-Topic: topic\x00with NUL\r\n"
               b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <odd@example.net>\r\n\r\nbody\r\n")
        user = self.new_user()
        self.dovecot.append(user, [raw])
        found = []
        for device in ("ODD1", "ODD2"):
            phone = self.phone(user, device_id=device)
            phone.sync()
            item, = phone.items[phone.inbox].values()
            found.append({tag: item.get("Email:" + tag) for tag in
                          ("From", "To", "Subject", "Cc", "ReplyTo", "Importance", "ThreadTopic", "DisplayTo")})
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[0]["Subject"], "folded and ä more")
        self.assertIn("one@example.net", found[0]["From"])
        self.assertIn("two@example.net", found[0]["From"])
        self.assertIn("anna@example.org", found[0]["To"])
        self.assertIn("ben@example.org", found[0]["To"])
        self.assertEqual(found[0]["ReplyTo"], "reply@example.net")
        self.assertEqual(found[0]["Importance"], "2")
        self.assertTrue(found[0]["ThreadTopic"].startswith("topic"))

    def test_received_date_is_imaps(self):
        user = self.new_user()
        self.dovecot.append(user, [(message("dated"), None, "03-Mar-2024 04:05:06 +0200")])
        phone = self.phone(user)
        phone.sync()
        (item,) = phone.items[phone.inbox].values()
        self.assertEqual(item.get("Email:DateReceived"), "2024-03-03T02:05:06.000Z")

    def test_plain_body(self):
        text = "".join("line %d ä\r\n" % i for i in range(200))
        size = len(text.encode())
        item = self.item(message("body", text), body=((1, 100),))
        body = item.data.find("AirSyncBase:Body")
        self.assertEqual(body.get("Type"), "1")
        self.assertEqual(body.get("Truncated"), "1")
        self.assertLessEqual(len(body.get("Data").encode()), 100)
        self.assertTrue(text.replace("\r\n", "\n").startswith(body.get("Data").replace("\r\n", "\n")))
        self.assertAlmostEqual(int(body.get("EstimatedDataSize")), size, delta=size * 0.1)
        self.assertEqual(item.get("AirSyncBase:NativeBodyType"), "1")
        whole = self.item(message("body", text), body=((1,),)).data.find("AirSyncBase:Body")
        self.assertIn(whole.get("Truncated", "0"), ("0",))
        self.assertEqual(whole.get("Data").replace("\r\n", "\n").rstrip("\n"), text.replace("\r\n", "\n").rstrip("\n"))

    def test_truncation_keeps_characters_whole(self):
        for size in range(50, 62):
            item = self.item(message("cut", "€" * 400 + "\r\n"), body=((1, size),))
            data = item.get("AirSyncBase:Body/Data")
            self.assertLessEqual(len(data.encode()), size)
            self.assertEqual(data.strip("€"), "")

    def test_html_body(self):
        headers, text = HTML
        raw = message("html", text, headers)
        item = self.item(raw, body=((2,),))
        self.assertEqual(item.get("AirSyncBase:Body/Type"), "2")
        self.assertIn("<b>text</b>", item.get("AirSyncBase:Body/Data"))
        self.assertEqual(item.get("AirSyncBase:NativeBodyType"), "2")
        item = self.item(raw, body=((1,),))
        self.assertIn("text ä", item.get("AirSyncBase:Body/Data"))
        self.assertNotIn("<b>", item.get("AirSyncBase:Body/Data"))

    def test_html_wanted_of_plain_text(self):
        """The server converts when a client asks for HTML only."""
        item = self.item(message("plain", "a < b & c\r\nsecond\r\n"), body=((2,),))
        data = item.get("AirSyncBase:Body/Data")
        if item.get("AirSyncBase:Body/Type") == "2":
            self.assertIn("a &lt; b &amp; c", data)
        else:
            self.assertEqual(item.get("AirSyncBase:Body/Type"), "1")

    def test_mime_is_byte_for_byte(self):
        headers, text = HTML
        raw = message("mime ü", text, headers)
        for version in ("12.1", "14.1", "16.1"):
            with self.subTest(version=version):
                item = self.item(raw, version, body=((4,),), mime_support=2)
                user, _ = self.last
                with self.dovecot.imap(user) as imap:
                    (uid,) = imap.truth()
                    source = imap.source(uid)
                body = item.data.find("AirSyncBase:Body")
                self.assertEqual(body.get("Type"), "4")
                data = body.get("Data")
                self.assertEqual(data.encode() if isinstance(data, str) else data, source)
                self.assertEqual(int(body.get("EstimatedDataSize")), len(source))

    def test_mime_of_every_kind_is_byte_for_byte(self):
        """8-bit and broken messages too: what is not UTF-8 travels as opaque data."""
        generator = Generator("octets")
        user = self.new_user()
        self.dovecot.append(user, [generator.message(n, kind)[0] for n, (kind, _) in enumerate(KINDS)])
        phone = self.phone(user, body=((4,),), mime_support=2)
        phone.sync()
        with self.dovecot.imap(user) as imap:
            sources = sorted(imap.source(uid) for uid in imap.truth())
        bodies = [item.data.get("AirSyncBase:Body/Data") for item in phone.items[phone.inbox].values()]
        self.assertEqual(sorted(b if isinstance(b, bytes) else b.encode() for b in bodies), sources)

    def test_mime_in_25(self):
        """MIMEData, MIMESize, MIMETruncated of protocol 2.5 (MS-ASEMAIL)."""
        item = self.item(message("old", "body of 2.5\r\n"), "2.5", mime_support=2)
        self.assertIn("body of 2.5", str(item.get("Email:MIMEData")))
        item = self.item(message("old", "body of 2.5\r\n"), "2.5")
        self.assertIn("body of 2.5", item.get("Email:Body"))
        self.assertEqual(item.get("Email:BodyTruncated"), "0")

    def test_preview(self):
        item = self.item(message("preview", "word " * 200 + "\r\n"), body=((2, 100, None, 80),))
        preview = item.get("AirSyncBase:Body/Preview")
        self.assertTrue(preview)
        self.assertLessEqual(len(preview), 80)

    def test_attachments(self):
        data = base64.b64encode(b"\x00\x01\x02" * 1000).decode()
        raw = message("attached", "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n"
                      "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n"
                      "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.pdf\r\n\r\n" + data +
                      "\r\n--b--\r\n", "Content-Type: multipart/mixed; boundary=b\r\n")
        for version in ("12.0", "14.1", "16.1"):
            with self.subTest(version=version):
                item = self.item(raw, version)
                (one,) = item.data.findall("AirSyncBase:Attachments/Attachment")
                self.assertEqual(one.get("DisplayName"), "Übersicht.pdf")
                self.assertTrue(one.get("FileReference"))
                self.assertEqual(one.get("Method"), "1")
                self.assertAlmostEqual(int(one.get("EstimatedDataSize")), 3000, delta=300)
        item = self.item(raw, "2.5")
        (one,) = item.data.findall("Email:Attachments/Attachment")
        self.assertEqual(one.get("DisplayName"), "Übersicht.pdf")
        self.assertTrue(one.get("AttName"))
        self.assertEqual(one.get("AttMethod"), "1")

    def test_inline_picture(self):
        raw, _, _ = Generator("inline").message(1, "inline_image")
        item = self.item(raw, body=((2,),))
        (one,) = item.data.findall("AirSyncBase:Attachments/Attachment")
        self.assertEqual(one.get("IsInline"), "1")
        self.assertIn("cid:" + one.get("ContentId").strip("<>"), item.get("AirSyncBase:Body/Data"))

    def winmail(self, name):
        """winmail.dat as Outlook sends it to the Internet (tests/unit/golden/mapiconv)."""
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit", "golden", "mapiconv", name)
        with open(path, "rb") as f:
            return f.read()

    def test_winmail_is_opened(self):
        """MS-OXCMAIL 2.1.3.6: HTML, files and the message in winmail.dat are seen, it is not."""
        raw = self.winmail("winmail.eml")
        item = self.item(raw, body=((2,),))
        self.assertIn("<p>Grüße from Outlook</p>", item.get("AirSyncBase:Body/Data"))
        files = item.data.findall("AirSyncBase:Attachments/Attachment")
        self.assertEqual([f.get("DisplayName") for f in files], ["p.png", "own.csv", "Bücher.pdf", "Inner.eml"])
        self.assertEqual([f.get("Method") for f in files], ["1", "1", "1", "5"])
        self.assertEqual(files[0].get("IsInline"), "1")
        _, phone = self.last
        for file, content in zip(files, (b"PNG", b"a,b", b"%PDF-1.4")):
            answer = phone.client.item_operations(phone.client.fetch(reference=file.get("FileReference")))
            data = answer.node.get("Response/Fetch/Properties/Data")
            data = data.encode() if isinstance(data, str) else data
            self.assertIn(data, (content, base64.b64encode(content)))
        whole = self.item(raw, body=((4,),), mime_support=2).data.find("AirSyncBase:Body")
        data = whole.get("Data")
        self.assertIn(b"application/ms-tnef", data.encode() if isinstance(data, str) else data)

    def test_winmail_meeting_is_recognised(self):
        item = self.item(self.winmail("winmail-meeting.eml"))
        self.assertEqual(item.get("Email:MessageClass"), "IPM.Schedule.Meeting.Request")
        self.assertEqual(item.get("Email:MeetingRequest/StartTime"), "2026-06-10T12:00:00.000Z")
        (file,) = item.data.findall("AirSyncBase:Attachments/Attachment")
        self.assertEqual(file.get("DisplayName"), "own.csv")

    def test_classes(self):
        """MS-ASEMAIL 2.2.2.49, MessageClass"""
        generator = Generator("classes")
        for kind, wanted in (("signed", r"^IPM\.Note\.SMIME\.MultipartSigned$"),
                             ("report", r"^REPORT\.IPM\.Note\.(NDR|DR)$"),
                             ("plain", r"^IPM\.Note$")):
            with self.subTest(kind=kind):
                self.assertRegex(self.item(generator.message(3, kind)[0]).get("Email:MessageClass"), wanted)

    def test_invitation_is_recognised(self):
        generator = Generator("invite")
        seen = set()
        for n in range(12):
            raw = generator.message(n, "invitation")[0]
            method = re.search(rb"METHOD:(\w+)", raw).group(1).decode()
            if method in seen:
                continue
            seen.add(method)
            wanted = {"REQUEST": r"IPM\.Schedule\.Meeting\.Request", "CANCEL": r"IPM\.Schedule\.Meeting\.Canceled",
                      "REPLY": r"IPM\.Schedule\.Meeting\.Resp\.(Pos|Neg|Tent)|IPM\.Note"}[method]
            self.assertRegex(self.item(raw).get("Email:MessageClass"), wanted)

    def test_signed_mail_stays_whole(self):
        """S/MIME: the source byte for byte, whatever the client prefers."""
        raw = Generator("smime").message(3, "signed")[0]
        item = self.item(raw, body=((4,),), mime_support=1)
        user, _ = self.last
        with self.dovecot.imap(user) as imap:
            (uid,) = imap.truth()
            source = imap.source(uid)
        data = item.get("AirSyncBase:Body/Data")
        self.assertEqual(data.encode() if isinstance(data, str) else data, source)

    def test_conversation(self):
        """One id for a thread, another for another."""
        user = self.new_user()
        first = message("thread", headers="Message-ID: <t1@x>\r\nContent-Type: text/plain\r\n")
        self.dovecot.append(user, [
            b"From: a@x\r\nSubject: Lunch\r\nMessage-ID: <c1@x>\r\n\r\nx\r\n",
            b"From: b@x\r\nSubject: Re: Lunch\r\nMessage-ID: <c2@x>\r\nIn-Reply-To: <c1@x>\r\nReferences: <c1@x>\r\n\r\nx\r\n",
            b"From: c@x\r\nSubject: Dinner\r\nMessage-ID: <c3@x>\r\n\r\nx\r\n", first])
        phone = self.phone(user)
        phone.sync()
        ids = {i.subject: i.get("Email2:ConversationId") for i in phone.items[phone.inbox].values()}
        self.assertEqual(ids["Lunch"], ids["Re: Lunch"])
        self.assertNotEqual(ids["Lunch"], ids["Dinner"])
        self.assertEqual(len(set(ids.values())), 3)


class Filter(TestCase):
    DAYS = {1: 1, 2: 3, 3: 7, 4: 14, 5: 30}     # MS-ASCMD 2.2.3.68.2

    def prepared(self):
        user = self.new_user()
        now = time.time()
        self.dovecot.append(user, [
            (message("age %d" % days), None,
             time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(now - days * 86400 - 3600)))
            for days in (0, 2, 5, 10, 20, 50)])
        return user

    def test_by_age(self):
        user = self.prepared()
        for filter_type, days in self.DAYS.items():
            with self.subTest(filter=filter_type):
                phone = self.phone(user, filter=filter_type)
                phone.sync()
                wanted = sorted("age %d" % d for d in (0, 2, 5, 10, 20, 50) if d < days)
                self.assertEqual(phone.subjects(), wanted)

    def test_change_of_filter(self):
        """A shorter filter takes messages away by SoftDelete, a longer one
        brings them; IMAP keeps all."""
        user = self.prepared()
        phone = self.phone(user, filter=0)
        phone.sync()
        self.assertEqual(len(phone.subjects()), 6)
        phone.options["filter"] = 3
        answers = phone.sync()
        self.assertEqual(len(phone.subjects()), 3)
        self.assertTrue(any(a.findall("Commands/SoftDelete") for a in answers))
        self.assertFalse(any(a.findall("Commands/Delete") for a in answers))
        phone.options["filter"] = 0
        phone.sync()
        self.assertEqual(len(phone.subjects()), 6)
        self.assertEqual(len(self.imap(user).truth()), 6)

    def test_wrong_filter(self):
        """Email has no 6, 7 and 8: status 4."""
        phone = self.phone()
        c = phone.client
        key = c.sync(c.collection(phone.inbox, "0")).get("Collections/Collection/SyncKey")
        for value in (6, 7, 8, 9, 42):
            with self.subTest(filter=value):
                node = c.sync(c.collection(phone.inbox, key, options=c.sync_options(filter=value)))
                self.assertEqual(node.get("Collections/Collection/Status", node.get("Status")), "4")


class ServerChanges(TestCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(6)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()
        self.imap_ = self.imap(self.user)
        self.uids = sorted(self.imap_.truth())

    def commands(self):
        """The next answers' commands, as (tag, subject or id)."""
        found = []
        for answer in self.phone_.sync():
            found += list(answer.find("Commands") or ())
        return found

    def test_nothing(self):
        self.assertEqual(self.commands(), [])

    def test_empty_answer(self):
        """From 12.1 on no changes are headers alone; before, a document."""
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                phone = self.phone(self.user, version=version)
                phone.sync()
                c = phone.client
                answer = c.call("Sync", c.sync_request(c.collection(
                    phone.inbox, phone.keys[phone.inbox], get_changes=True)))
                if c.v >= (12, 1):
                    self.assertEqual(answer.body, b"")
                else:
                    self.assertEqual(answer.node.get("Collections/Collection/Status"), "1")
                self.assertEqual(phone.sync()[-1:] and phone.sync()[-1].has("Commands"), [] if c.v >= (12, 1) else False)

    def test_flags(self):
        self.imap_.store_flags([self.uids[0]], "+FLAGS (\\Seen)")
        (one,) = self.commands()
        self.assertEqual(one.tag, "Change")
        data = one.find("ApplicationData")
        self.assertEqual(data.get("Email:Read"), "1")
        self.assertFalse(data.has("AirSyncBase:Body"), "a read mark brings no body")
        self.imap_.store_flags([self.uids[0]], "-FLAGS (\\Seen)")
        (one,) = self.commands()
        self.assertEqual(one.get("ApplicationData/Email:Read"), "0")
        self.imap_.store_flags([self.uids[1]], "+FLAGS (\\Flagged)")
        (one,) = self.commands()
        self.assertEqual(one.get("ApplicationData/Email:Flag/Status"), "2")
        self.assert_same(self.phone_, self.user)

    def test_many_flags_at_once(self):
        self.imap_.store_flags(self.uids, "+FLAGS (\\Seen \\Flagged)")
        self.assertEqual([c.tag for c in self.commands()], ["Change"] * 6)
        self.assert_same(self.phone_, self.user)

    def test_answered(self):
        self.imap_.store_flags([self.uids[0]], "+FLAGS (\\Answered)")
        (one,) = self.commands()
        self.assertIn(one.get("ApplicationData/Email2:LastVerbExecuted"), ("1", "2"))

    def test_keywords_are_categories(self):
        self.imap_.store_flags([self.uids[2]], "+FLAGS (Travel)")
        (one,) = self.commands()
        self.assertIn("Travel", [n.text for n in one.findall("ApplicationData/Email:Categories/Category")])

    def test_new_and_gone(self):
        self.deliver(self.user, "new one")
        self.imap_.expunge_uids(self.uids[:2])
        found = self.commands()
        self.assertEqual(sorted(c.tag for c in found), ["Add", "Delete", "Delete"])
        self.assert_same(self.phone_, self.user)

    def test_new_and_gone_at_once(self):
        """A message that came and went between two Syncs is never seen."""
        self.deliver(self.user, "short life")
        uid = max(self.imap_.truth())
        self.imap_.expunge_uids([uid])
        self.assertNotIn("Add", [c.tag for c in self.commands()])
        self.assert_same(self.phone_, self.user)

    def test_changed_and_gone(self):
        self.imap_.store_flags([self.uids[3]], "+FLAGS (\\Seen)")
        self.imap_.expunge_uids([self.uids[3]])
        self.assertEqual([c.tag for c in self.commands()], ["Delete"])

    def test_copy_and_move(self):
        folder = self.dovecot.folder("Trash")
        self.imap_.select("INBOX")
        self.imap_.uid("COPY", str(self.uids[0]), '"%s"' % folder)
        self.imap_.uid("MOVE", str(self.uids[1]), '"%s"' % folder)
        self.assertEqual([c.tag for c in self.commands()], ["Delete"])
        trash = self.phone_.folder(type=eas.DELETED)
        self.phone_.sync(trash)
        self.assert_same(self.phone_, self.user, "Trash", trash)

    def test_changes_in_windows(self):
        """A window smaller than the changes: none is lost, none comes twice."""
        self.dovecot.append(self.user, [message("n%d" % i) for i in range(20)])
        self.imap_.store_flags(self.uids[2:], "+FLAGS (\\Seen)")
        self.imap_.expunge_uids(self.uids[:2])
        self.phone_.window = 3
        self.phone_.sync()
        self.assert_same(self.phone_, self.user)

    def test_no_folder_is_mixed_up(self):
        sent = self.phone_.folder(type=eas.SENT)
        self.phone_.sync(sent)
        self.dovecot.append(self.user, [message("sent")], "Sent")
        self.assertEqual(self.commands(), [])
        self.phone_.sync(sent)
        self.assert_same(self.phone_, self.user, "Sent", sent)


class ClientChanges(TestCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(6)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()
        self.ids = {i.subject: s for s, i in self.phone_.items[self.phone_.inbox].items()}

    def truth(self, folder="INBOX"):
        with self.dovecot.imap(self.user) as imap:
            return {row[2]: row[0] for row in imap.truth(self.dovecot.folder(folder)).values()}

    def send(self, *commands, **more):
        """Sync with commands; the first answer's Collection, or None."""
        c, inbox = self.phone_.client, self.phone_.inbox
        node = c.sync(c.collection(inbox, self.phone_.keys[inbox], commands=commands, **more))
        if node is None:
            return None
        answer = node.find("Collections/Collection")
        if answer is not None and answer.get("Status") == "1":
            self.phone_.apply(self.phone_.inbox, answer)
        return answer if answer is not None else node

    def test_read_and_flag(self):
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                user = self.new_user()
                self.dovecot.append(user, [message("x")])
                phone = self.phone(user, version=version)
                phone.sync()
                sid = phone.by_subject("x")
                commands = [eas.read(sid)]
                if phone.client.v >= (12, 0):
                    commands = [eas.change(sid, E("Email:Flag", E("Status", "2"), E("FlagType", "Flag for follow up")),
                                           E("Email:Read", "1"))]
                answers = phone.sync(commands=commands)
                self.assertFalse(any(a.has("Commands") for a in answers), "its own change comes back")
                self.assertFalse(any(a.has("Responses") for a in answers), "nothing to respond to")
                with self.dovecot.imap(user) as imap:
                    ((flags, *_),) = imap.truth().values()
                self.assertIn("\\Seen", flags)
                self.assertEqual("\\Flagged" in flags, phone.client.v >= (12, 0))
                self.assertFalse(any(a.has("Commands") for a in phone.sync()))

    def test_flag_round(self):
        """Set, complete and clear; start and due dates come back as they were."""
        sid = self.ids["m1"]
        dates = [E("Tasks:UtcStartDate", "2026-11-20T00:00:00.000Z"), E("Tasks:StartDate", "2026-11-20T00:00:00.000Z"),
                 E("Tasks:UtcDueDate", "2026-11-25T00:00:00.000Z"), E("Tasks:DueDate", "2026-11-25T00:00:00.000Z")]
        self.send(eas.change(sid, E("Email:Flag", E("Status", "2"), E("FlagType", "Flag for follow up"), *dates)))
        self.assertIn("\\Flagged", self.truth()["m1"])
        other = self.phone(self.user)
        other.sync()
        flag = other.items[other.inbox][other.by_subject("m1")].data.find("Email:Flag")
        self.assertEqual(flag.get("Status"), "2")
        self.assertEqual(flag.get("FlagType"), "Flag for follow up")
        self.assertEqual(flag.get("Tasks:DueDate"), "2026-11-25T00:00:00.000Z")
        self.send(eas.change(sid, E("Email:Flag", E("Status", "1"), E("FlagType", "Flag for follow up"),
                                    E("CompleteTime", "2026-11-21T08:00:00.000Z"),
                                    E("Tasks:DateCompleted", "2026-11-21T08:00:00.000Z"))))
        other.sync()
        self.assertEqual(other.items[other.inbox][other.by_subject("m1")].get("Email:Flag/Status"), "1")
        self.assertNotIn("\\Flagged", self.truth()["m1"])
        self.send(eas.flag(sid, "0"))
        self.assertNotIn("\\Flagged", self.truth()["m1"])

    def test_read_keeps_flag(self):
        """A change of Read alone leaves the flag, and the reverse (obligation 11)."""
        self.send(eas.flag(self.ids["m2"]))
        self.send(eas.read(self.ids["m2"]))
        self.assertEqual(self.truth()["m2"], {"\\Seen", "\\Flagged"})
        self.send(eas.read(self.ids["m2"], False))
        self.assertEqual(self.truth()["m2"], {"\\Flagged"})

    def test_categories(self):
        """From 14.0 on; as IMAP keywords, and back to another device."""
        self.send(eas.change(self.ids["m0"], E("Email:Categories", E("Category", "Travel"), E("Category", "Blau & Grün"))))
        self.assertIn("Travel", self.truth()["m0"])
        other = self.phone(self.user)
        other.sync()
        node = other.items[other.inbox][other.by_subject("m0")].data
        self.assertEqual(sorted(n.text for n in node.findall("Email:Categories/Category")), ["Blau & Grün", "Travel"])
        self.send(eas.change(self.ids["m0"], E("Email:Categories")))
        other.sync()
        node = other.items[other.inbox][other.by_subject("m0")].data
        self.assertEqual(node.findall("Email:Categories/Category"), [])

    def test_delete_moves_to_trash(self):
        """DeletesAsMoves absent means true (obligation 7)."""
        self.send(eas.delete(self.ids["m0"]))
        self.assertNotIn("m0", self.truth())
        self.assertIn("m0", self.truth("Trash"))
        self.send(eas.delete(self.ids["m1"]), deletes_as_moves=True)
        self.assertIn("m1", self.truth("Trash"))

    def test_delete_for_good(self):
        self.send(eas.delete(self.ids["m0"]), deletes_as_moves=False)
        self.assertNotIn("m0", self.truth())
        self.assertNotIn("m0", self.truth("Trash"))

    def test_delete_in_trash_is_for_good(self):
        self.send(eas.delete(self.ids["m0"]))
        trash = self.phone_.folder(type=eas.DELETED)
        self.phone_.sync(trash)
        self.phone_.sync(trash, commands=[eas.delete(self.phone_.by_subject("m0", trash))])
        self.assertEqual(self.truth("Trash"), {})

    def test_unknown_items(self):
        """Change and Fetch of what is not there: 8, in Responses; a Delete of
        it is done already."""
        answer = self.send(eas.read("999:999"), eas.fetch("999:998"), eas.delete("999:997"))
        self.assertEqual(answer.get("Status"), "1")
        self.assertEqual(answer.get("Responses/Change/Status"), "8")
        self.assertEqual(answer.get("Responses/Fetch/Status"), "8")
        self.assertEqual(answer.get("Responses/Delete/Status", "8"), "8")

    def test_ids_of_others(self):
        """D11: another user's item is as unknown as none."""
        other = self.new_user()
        self.dovecot.append(other, [message("private %d" % i) for i in range(8)])
        theirs = self.phone(other)
        theirs.sync()
        foreign = [s for s in theirs.items[theirs.inbox] if s not in self.ids.values()]
        for sid in foreign:
            answer = self.send(eas.fetch(sid), eas.delete(sid))
            self.assertEqual(answer.get("Responses/Fetch/Status"), "8")
        with self.dovecot.imap(other) as imap:
            self.assertEqual(len(imap.truth()), 8)

    def test_fetch(self):
        """MS-ASCMD 2.2.3.67.2: the whole item in Responses."""
        answer = self.send(eas.fetch(self.ids["m3"]), options=self.phone_.client.sync_options(body=((1,),)))
        one = answer.find("Responses/Fetch")
        self.assertEqual((one.get("ServerId"), one.get("Status")), (self.ids["m3"], "1"))
        self.assertEqual(one.get("ApplicationData/Email:Subject"), "m3")
        self.assertIn("body", one.get("ApplicationData/AirSyncBase:Body/Data"))

    def test_add_is_refused_before_16(self):
        """Obligation 9: status 6 for an Email Add."""
        phone = self.phone(self.user, version="14.1")
        phone.sync()
        answers = phone.sync(commands=[eas.add("c1", E("Email:Subject", "made by the phone"))])
        self.assertEqual(answers[0].get("Responses/Add/Status"), "6")
        self.assertEqual(answers[0].get("Responses/Add/ClientId"), "c1")
        self.assertNotIn("made by the phone", self.truth())

    def test_conflict(self):
        """Read marks of both sides: the server's wins by default, without
        losing either (MS-ASCMD 2.2.3.34)."""
        with self.dovecot.imap(self.user) as imap:
            uid = [u for u, row in imap.truth().items() if row[2] == "m4"][0]
            imap.store_flags([uid], "+FLAGS (\\Flagged)")
        self.send(eas.read(self.ids["m4"]))
        self.phone_.sync()
        self.assertIn("\\Flagged", self.truth()["m4"])
        self.assert_same(self.phone_, self.user)


class Requests(TestCase):
    """Requests that are wrong, and what the documents answer."""

    def setUp(self):
        super().setUp()
        self.phone_ = self.phone()
        self.c = self.phone_.client
        self.inbox = self.phone_.inbox
        self.key = self.c.sync(self.c.collection(self.inbox, "0")).get("Collections/Collection/SyncKey")

    def status(self, node):
        return node.get("Collections/Collection/Status", node.get("Status"))

    def raw(self, *content):
        return self.c.post("Sync", E("AirSync:Sync", *content))

    def test_unknown_collection(self):
        """8: not found (Outlook wants 8 or 12)."""
        self.assertEqual(self.status(self.c.sync(self.c.collection("77777", "0"))), "8")

    def test_deleted_folder(self):
        sid = self.c.folder_create("Short").get("ServerId")
        key = self.c.sync(self.c.collection(sid, "0")).get("Collections/Collection/SyncKey")
        with self.dovecot.imap(self.c.user) as imap:
            imap.delete("Short")
        self.assertEqual(self.status(self.c.sync(self.c.collection(sid, key))), "8")

    def test_missing_collection_id(self):
        answer = self.raw(E("Collections", E("Collection", E("SyncKey", "0"))))
        self.assert_protocol_error(answer)

    def test_missing_key(self):
        self.assert_protocol_error(self.raw(E("Collections", E("Collection", E("CollectionId", self.inbox)))))

    def assert_protocol_error(self, answer):
        if answer.status == 200:
            self.assertEqual(self.status(answer.node), "4")
        else:
            self.assertEqual(answer.status, 400)

    def test_too_many_commands(self):
        """MS-ASCMD 3.1.5.4: up to 200 of each; more is refused, not done in part."""
        commands = [eas.read("%s:%d" % (self.inbox, n)) for n in range(1, 302)]
        node = self.c.post("Sync", self.c.sync_request(self.c.collection(
            self.inbox, self.key, commands=commands)))
        if node.status == 200:
            self.assertEqual(self.status(node.node), "4")
        else:
            self.assertEqual(node.status, 400)

    def test_wait_and_heartbeat(self):
        """Obligation 4: both together 4; out of range 14 with Limit."""
        collection = self.c.collection(self.inbox, self.key)
        self.assertEqual(self.status(self.c.sync(collection, wait=1, heartbeat=60)), "4")
        for wait, limit in ((0, "1"), (60, "59"), (9999, "59")):
            node = self.c.sync(collection, wait=wait)
            self.assertEqual((node.get("Status"), node.get("Limit")), ("14", limit), "Wait %d" % wait)
        for heartbeat, limit in ((59, "60"), (3541, "3540")):
            node = self.c.sync(collection, heartbeat=heartbeat)
            self.assertEqual((node.get("Status"), node.get("Limit")), ("14", limit), "Heartbeat %d" % heartbeat)

    def test_empty_and_partial_without_cache(self):
        """Obligation 3: 13, send the whole request."""
        client = self.client(self.c.user, version="14.1")
        client.provision()
        client.folder_sync()
        self.assertEqual(client.call("Sync").node.get("Status"), "13")
        self.assertEqual(client.sync(partial=True, window=50).get("Status"), "13")

    def test_empty_request_repeats_the_last(self):
        """MS-ASCMD 2.2.1.21: an empty Sync stands for the cached one."""
        self.c.sync(self.c.collection(self.inbox, self.key))
        self.deliver(self.c.user, "by the empty request")
        answer = self.c.call("Sync")
        adds = answer.node.findall("Collections/Collection/Commands/Add")
        self.assertEqual([a.get("ApplicationData/Email:Subject") for a in adds], ["by the empty request"])

    def test_two_collections(self):
        sent = self.phone_.folder(type=eas.SENT)
        node = self.c.sync(self.c.collection(self.inbox, self.key), self.c.collection(sent, "0"))
        ids = {n.get("CollectionId"): n.get("Status") for n in node.findall("Collections/Collection")}
        self.assertEqual(ids.get(sent), "1")

    def test_one_wrong_collection_does_not_spoil_the_other(self):
        self.deliver(self.c.user, "good one")
        node = self.c.sync(self.c.collection(self.inbox, self.key), self.c.collection("77777", "0"))
        adds = node.findall("Collections/Collection/Commands/Add")
        self.assertEqual(len(adds), 1)


class Estimate(TestCase):
    core = True

    def test_counts(self):
        user = self.new_user()
        self.dovecot.append(user, [message("e%d" % i) for i in range(25)])
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                phone = self.phone(user, version=version)
                c = phone.client
                key = c.sync(c.collection(phone.inbox, "0")).get("Collections/Collection/SyncKey")
                node = c.get_item_estimate(phone.inbox, key)
                self.assertEqual(node.get("Response/Status"), "1")
                self.assertEqual(node.get("Response/Collection/Estimate"), "25")
                phone.sync()
                node = c.get_item_estimate(phone.inbox, phone.keys[phone.inbox])
                self.assertEqual(node.get("Response/Collection/Estimate"), "0")

    def test_statuses(self):
        """MS-ASCMD 2.2.3.177.7: 2 no such collection, 3 not primed, 4 wrong key."""
        phone = self.phone(version="14.1")
        c = phone.client
        self.assertEqual(c.get_item_estimate("77777", "1").get("Response/Status"), "2")
        node = c.get_item_estimate(phone.inbox, "0")
        self.assertIn(node.get("Response/Status", node.get("Status")), ("3", "4"))
        phone.sync()
        self.assertEqual(c.get_item_estimate(phone.inbox, "424242").get("Response/Status"), "4")


class Drafts(TestCase):
    """16.x: drafts go both ways (MS-ASEMAIL 3.1.5.3; MS-ASCMD 2.2.3.7.2)."""

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.phone_ = self.phone(self.user)
        self.drafts = self.phone_.folder(type=eas.DRAFTS)
        self.phone_.sync(self.drafts)

    def draft(self, subject, text="draft text", to="x@example.net"):
        return [E("Email:To", to), E("Email:Subject", subject),
                E("AirSyncBase:Body", E("Type", "1"), E("Data", text))]

    def truth(self, folder="Drafts"):
        with self.dovecot.imap(self.user) as imap:
            return imap.truth(self.dovecot.folder(folder))

    def add(self, client_id, *data):
        answers = self.phone_.sync(self.drafts, commands=[eas.add(client_id, *data)])
        return answers[0].find("Responses/Add")

    def test_add_change_delete(self):
        one = self.add("d1", *self.draft("first"))
        self.assertEqual((one.get("ClientId"), one.get("Status")), ("d1", "1"))
        sid = one.get("ServerId")
        ((flags, _, subject, _),) = self.truth().values()
        self.assertEqual(subject, "first")
        self.assertIn("\\Draft", flags)
        self.phone_.items[self.drafts][sid] = eas.Item(E("AirSync:ApplicationData", self.draft("first")))
        self.phone_.sync(self.drafts, commands=[eas.change(sid, *self.draft("second", "new text"))])
        ((_, _, subject, _),) = self.truth().values()
        self.assertEqual(subject, "second")
        other = self.phone(self.user)
        other.sync(self.drafts)
        self.assertEqual(list(other.items[self.drafts]), [sid], "a draft keeps its id")
        self.assertEqual(other.items[self.drafts][sid].get("Email2:IsDraft"), "1")
        self.phone_.sync(self.drafts, commands=[eas.delete(sid)], deletes_as_moves=False)
        self.assertEqual(self.truth(), {})

    def test_add_before_the_first_listing(self):
        """What was there is told nevertheless."""
        self.dovecot.append(self.user, [message("old %d" % i) for i in range(3)], "Drafts")
        self.phone_.forget(self.drafts)
        c = self.phone_.client
        node = c.sync(c.collection(self.drafts, "0"))
        node = c.sync(c.collection(self.drafts, node.get("Collections/Collection/SyncKey"),
                                   commands=[eas.add("d", *self.draft("new"))]))
        (answer,) = node.findall("Collections/Collection")
        self.assertEqual(answer.get("Responses/Add/Status"), "1")
        self.phone_.apply(self.drafts, answer)
        self.assertEqual(self.phone_.subjects(self.drafts), ["old 0", "old 1", "old 2"])
        self.phone_.items[self.drafts][answer.get("Responses/Add/ServerId")] = eas.Item(
            E("AirSync:ApplicationData", self.draft("new")))
        self.phone_.sync(self.drafts)
        self.assertEqual(len(self.phone_.items[self.drafts]), 4)

    def test_repeated_add(self):
        """The answer was lost: the same request makes no second draft."""
        key = self.phone_.keys[self.drafts]
        first = self.add("d1", *self.draft("once")).get("ServerId")
        self.phone_.keys[self.drafts] = key
        self.phone_.items[self.drafts] = {}
        second = self.add("d1", *self.draft("once")).get("ServerId")
        self.assertEqual(first, second)
        self.assertEqual(len(self.truth()), 1)

    def state(self):
        """The rows of the phone's states."""
        path = os.path.join(self.dovecot.maildir(self.user), "dovetail.db")
        db = sqlite3.connect(path, timeout=10, isolation_level=None)
        self.addCleanup(db.close)
        return db

    def test_repeated_change(self):
        """The worker died after it changed the draft and before it knew: the
        same request attaches the file once."""
        if self.dovecot.opt.format != "maildir":
            self.skipTest("looks for the database in a Maildir")
        sid = self.add("d1", *self.draft("with file")).get("ServerId")
        file = E("AirSyncBase:Attachments", E(
            "Add", E("ClientId", "a1"), E("Method", "1"), E("Content", b"some data"),
            E("ContentType", "application/octet-stream"), E("DisplayName", "data.bin")))
        client = self.phone_.client
        request = client.sync_request(client.collection(
            self.drafts, self.phone_.keys[self.drafts],
            commands=[eas.change(sid, E("Email:Subject", "changed"), file)]))
        db = self.state()
        before = db.execute("SELECT * FROM state WHERE name LIKE 'sync/%'").fetchall()
        answers = []
        for _ in range(2):
            answers.append(client.call("Sync", request).node)
            marks = ",".join("?" * len(before[0]))
            db.executemany("INSERT OR REPLACE INTO state VALUES(%s)" % marks, before)
        references = [a.find("Collections/Collection/Responses/Change").get(
            "ApplicationData/AirSyncBase:Attachments/Attachment/FileReference") for a in answers]
        self.assertIsNotNone(references[0])
        self.assertEqual(references[0], references[1])
        with self.dovecot.imap(self.user) as imap:
            (uid,) = imap.truth("Drafts")
            self.assertEqual(imap.source(uid, "Drafts").count(b"data.bin"), 2, "name and filename")

    def test_reply_to(self):
        """2.2.2.65: several are separated by semicolons, in the header by commas."""
        told = '"Doe; Jane" <jane@example.net>; bob@example.net; joe@example.net (Joe; the one)'
        self.add("d1", *self.draft("answer them"), E("Email:ReplyTo", told))
        with self.dovecot.imap(self.user) as imap:
            (uid,) = imap.truth("Drafts")
            field = email.message_from_bytes(imap.source(uid, "Drafts"))["Reply-To"]
        self.assertEqual([a for _, a in email.utils.getaddresses([field])],
                         ["jane@example.net", "bob@example.net", "joe@example.net"])
        other = self.phone(self.user)
        other.sync(self.drafts)
        (item,) = other.items[self.drafts].values()
        self.assertEqual(item.get("Email:ReplyTo"),
                         '"Doe; Jane" <jane@example.net>; bob@example.net; "Joe; the one" <joe@example.net>')

    def test_attachment(self):
        data = b"attached data \0\1\2"
        one = self.add("d1", *self.draft("with file"), E("AirSyncBase:Attachments", E(
            "Add", E("ClientId", "a1"), E("Method", "1"), E("Content", data),
            E("ContentType", "application/octet-stream"), E("DisplayName", "data.bin"))))
        self.assertEqual(one.get("Status"), "1")
        with self.dovecot.imap(self.user) as imap:
            (uid,) = imap.truth("Drafts")
            self.assertIn(base64.b64encode(data), imap.source(uid, "Drafts").replace(b"\r\n", b""))

    def test_send(self):
        """email2:Send: it leaves, and lies in Sent, not in Drafts."""
        one = self.add("d1", *self.draft("to be sent", to="friend@example.net"))
        sid = one.get("ServerId")
        self.phone_.items[self.drafts][sid] = eas.Item(E("AirSync:ApplicationData", self.draft("to be sent")))
        self.phone_.sync(self.drafts, commands=[E("AirSync:Change", E("ServerId", sid), E("Email2:Send"), E(
            "ApplicationData", self.draft("to be sent", to="friend@example.net")))])
        (mail,) = self.dovecot.mta.wait(1)
        self.assertEqual(mail.recipients, ["friend@example.net"])
        self.assertEqual(self.truth(), {})
        self.assertEqual([row[2] for row in self.truth("Sent").values()], ["to be sent"])

    def test_imap_draft_arrives(self):
        self.dovecot.append(self.user, [message("by IMAP")], "Drafts", "\\Draft")
        self.phone_.sync(self.drafts)
        (item,) = self.phone_.items[self.drafts].values()
        self.assertEqual(item.get("Email2:IsDraft"), "1")
