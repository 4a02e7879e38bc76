# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""MoveItems, ItemOperations, GetAttachment, Search, Find
(MS-ASCMD 2.2.1.12, 2.2.1.10, 2.2.1.8, 2.2.1.16, 2.2.1.2)."""

import base64
import struct

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E

FILE = bytes(range(256)) * 40


def with_file(subject, name="data.bin"):
    data = base64.encodebytes(FILE).decode().replace("\n", "\r\n")
    return message(subject, "--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\n"
                   "Content-Type: application/octet-stream; name=%s\r\nContent-Transfer-Encoding: base64\r\n"
                   "Content-Disposition: attachment; filename=%s\r\n\r\n%s--b--\r\n" % (name, name, data),
                   "Content-Type: multipart/mixed; boundary=b\r\n")


class Base(TestCase):
    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [with_file("with file")] + [message("m%d" % i) for i in range(5)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()
        self.c, self.inbox = self.phone_.client, self.phone_.inbox

    def sid(self, subject):
        return self.phone_.by_subject(subject)

    def subjects(self, folder):
        with self.dovecot.imap(self.user) as imap:
            return sorted(r[2] for r in imap.truth(self.dovecot.folder(folder)).values())


class Move(Base):
    core = True

    def test_move(self):
        target = self.phone_.folder(type=eas.DELETED)
        self.phone_.sync(target)
        sids = [self.sid("m0"), self.sid("m1")]
        node = self.c.move_items(*[(s, self.inbox, target) for s in sids])
        answers = {n.get("SrcMsgId"): n for n in node.findall("Response")}
        for sid in sids:
            self.assertEqual(answers[sid].get("Status"), "3", "3 is success")
            self.assertTrue(answers[sid].get("DstMsgId"))
        self.assertEqual(self.subjects("Trash"), ["m0", "m1"])
        # MS-ASCMD 2.2.1.12: a Delete there and an Add here at the next Sync
        self.phone_.sync()
        self.assert_same(self.phone_, self.user)
        self.phone_.sync(target)
        self.assertEqual(set(self.phone_.items[target]), {answers[s].get("DstMsgId") for s in sids})

    def test_every_version(self):
        target = self.phone_.folder(type=eas.SENT)
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                self.dovecot.append(self.user, [message("v" + version)])
                phone = self.phone(self.user, version=version)
                phone.sync()
                node = phone.client.move_items((phone.by_subject("v" + version), phone.inbox, target))
                self.assertEqual(node.get("Response/Status"), "3")

    def test_repeated(self):
        """The item has left the source folder: 1; one copy (2.2.3.177.10)."""
        target = self.phone_.folder(type=eas.DELETED)
        move = (self.sid("m2"), self.inbox, target)
        self.assertEqual([self.c.move_items(move).get("Response/Status") for _ in range(2)], ["3", "1"])
        self.assertEqual(self.subjects("Trash"), ["m2"])

    def test_statuses(self):
        """MS-ASCMD 2.2.3.177.10: 1 wrong source, 2 wrong destination, 4 the same."""
        sid = self.sid("m3")
        for name, move, status in (("item", ("999:999", self.inbox, self.phone_.folder(type=eas.SENT)), "1"),
                                   ("source", (sid, "77777", self.phone_.folder(type=eas.SENT)), "1"),
                                   ("destination", (sid, self.inbox, "77777"), "2"),
                                   ("same", (sid, self.inbox, self.inbox), "4")):
            with self.subTest(name):
                self.assertEqual(self.c.move_items(move).get("Response/Status"), status)
        self.assertIn("m3", self.subjects("INBOX"))


class ItemOperations(Base):
    core = True

    def one(self, answer):
        self.assertEqual(answer.node.get("Status"), "1")
        return answer.node.find("Response").children[0]

    def test_fetch(self):
        for version in ("12.0", "12.1", "14.0", "14.1", "16.0", "16.1"):
            with self.subTest(version=version):
                c = self.phone(self.user, version=version).client
                one = self.one(c.item_operations(c.fetch(self.inbox, self.sid("m0"), body=((1,),))))
                self.assertEqual(one.get("Status"), "1")
                self.assertEqual(one.get("AirSync:ServerId"), self.sid("m0"))
                self.assertEqual(one.get("AirSync:CollectionId"), self.inbox)
                self.assertEqual(one.get("Properties/Email:Subject"), "m0")
                self.assertEqual(one.get("Properties/AirSyncBase:Body/Data").strip(), "body")

    def reference(self):
        item = self.phone_.items[self.inbox][self.sid("with file")]
        return item.get("AirSyncBase:Attachments/Attachment/FileReference")

    def test_attachment(self):
        one = self.one(self.c.item_operations(self.c.fetch(reference=self.reference())))
        self.assertEqual(one.get("Status"), "1")
        self.assertEqual(one.get("Properties/AirSyncBase:ContentType"), "application/octet-stream")
        data = one.get("Properties/Data")
        self.assertEqual(data if isinstance(data, bytes) else base64.b64decode(data), FILE)
        self.assertFalse(one.has("Properties/Range"), "no Range where none was asked (iOS)")

    def test_range(self):
        """MS-ASCMD 2.2.3.143.1: both ends inclusive, Total of the whole."""
        one = self.one(self.c.item_operations(self.c.fetch(reference=self.reference(), range="100-199")))
        data = one.get("Properties/Data")
        data = data if isinstance(data, bytes) else base64.b64decode(data)
        self.assertEqual(data, FILE[100:200])
        self.assertEqual(one.get("Properties/Total"), str(len(FILE)))
        self.assertEqual(one.get("Properties/Range"), "100-199")
        one = self.one(self.c.item_operations(self.c.fetch(reference=self.reference(), range="200-100")))
        self.assertEqual(one.get("Status"), "8")

    def test_multipart(self):
        """MS-ASCMD 2.2.1.10.1"""
        answer = self.c.item_operations(self.c.fetch(reference=self.reference()),
                                        self.c.fetch(self.inbox, self.sid("m1"), body=((1,),)), multipart=True)
        self.assertEqual(answer.content_type, eas.MULTIPART_TYPE)
        parts = answer.parts()
        first, second = answer.node.findall("Response/Fetch")
        self.assertEqual(parts[int(first.get("Properties/Part"))], FILE)
        part = second.get("Properties/AirSyncBase:Body/ItemOperations:Part")
        self.assertEqual(parts[int(part)].decode().strip(), "body")
        self.assertEqual(struct.unpack_from("<I", answer.body)[0], len(parts))

    def test_schema(self):
        one = self.one(self.c.item_operations(self.c.fetch(
            self.inbox, self.sid("m0"), schema=["Email:Subject", "Email:From"])))
        self.assertEqual(sorted(c.name for c in one.find("Properties")), ["Email:From", "Email:Subject"])

    def test_refusals(self):
        """MS-ASCMD 2.2.3.177.8"""
        for name, fetch, statuses in (
                ("item", self.c.fetch(self.inbox, "999:999"), ("6", "8")),
                ("folder", self.c.fetch("77777", self.sid("m0")), ("6", "8")),
                ("reference", self.c.fetch(reference="../../etc/passwd"), ("15", "6")),
                ("long id", self.c.fetch(long_id="nonsense"), ("6", "2")),
                ("store", E("ItemOperations:Fetch", E("Store", "Elsewhere"), E("AirSync:ServerId", "1")), ("9", "2"))):
            with self.subTest(name):
                answer = self.c.item_operations(fetch)
                status = answer.node.get("Response/Fetch/Status", answer.node.get("Status"))
                self.assertIn(status, statuses)

    def test_references_are_authorised(self):
        """D11: another user's reference gives nothing."""
        other = self.new_user()
        phone = self.phone(other)
        answer = phone.client.item_operations(phone.client.fetch(reference=self.reference()))
        self.assertNotEqual(answer.node.get("Response/Fetch/Status"), "1")
        self.assertIsNone(answer.node.find("Response/Fetch/Properties"))

    def test_one_failure_among_others(self):
        answer = self.c.item_operations(self.c.fetch(self.inbox, "999:999"),
                                        self.c.fetch(self.inbox, self.sid("m0")))
        self.assertEqual(len(answer.node.findall("Response/Fetch")), 2)
        self.assertEqual(answer.node.findall("Response/Fetch/Status")[1].text, "1")

    def test_empty_folder(self):
        trash = self.phone_.folder(type=eas.DELETED)
        self.dovecot.append(self.user, [message("t%d" % i) for i in range(5)], "Trash")
        with self.dovecot.imap(self.user) as imap:
            imap.create(self.dovecot.folder("Trash/Sub"))
        self.phone_.sync(trash)
        one = self.one(self.c.item_operations(self.c.empty_folder(trash)))
        self.assertEqual(one.get("Status"), "1")
        self.assertEqual(self.subjects("Trash"), [])
        with self.dovecot.imap(self.user) as imap:
            self.assertIn(self.dovecot.folder("Trash/Sub"), imap.folders())
        self.phone_.sync(trash)
        self.assert_same(self.phone_, self.user, "Trash", trash)
        self.one(self.c.item_operations(self.c.empty_folder(trash, sub_folders=True)))
        with self.dovecot.imap(self.user) as imap:
            self.assertNotIn(self.dovecot.folder("Trash/Sub"), imap.folders())

    def test_get_attachment(self):
        """2.5 to 12.1: the file itself (MS-ASCMD 2.2.1.8)."""
        for version in ("2.5", "12.0", "12.1"):
            with self.subTest(version=version):
                phone = self.phone(self.user, version=version)
                phone.sync()
                item = phone.items[phone.inbox][phone.by_subject("with file")]
                reference = item.get("Email:Attachments/Attachment/AttName") or item.get(
                    "AirSyncBase:Attachments/Attachment/FileReference")
                answer = phone.client.get_attachment(reference)
                self.assertEqual(answer.body, FILE)
                self.assertEqual(answer.content_type, "application/octet-stream")
                with self.assertRaises(eas.HttpStatus):
                    phone.client.get_attachment("no:such:thing")


class Search(Base):
    def results(self, node):
        self.assertEqual(node.get("Status"), "1")
        self.assertEqual(node.get("Response/Store/Status"), "1")
        return [n for n in node.findall("Response/Store/Result") if len(n)]

    def test_mailbox(self):
        for version in ("12.0", "12.1", "14.0", "14.1", "16.0", "16.1"):
            with self.subTest(version=version):
                c = self.phone(self.user, version=version).client
                node = c.search_mailbox("m3", self.inbox, body=((1,),))
                (one,) = self.results(node)
                self.assertEqual(one.get("AirSync:CollectionId"), self.inbox)
                self.assertEqual(one.get("Properties/Email:Subject"), "m3")
                self.assertEqual(node.get("Response/Store/Total"), "1")
                self.assertEqual(node.get("Response/Store/Range"), "0-0")
                long_id = one.get("LongId")
                fetched = c.item_operations(c.fetch(long_id=long_id, body=((1,),))).node.find("Response/Fetch")
                self.assertEqual(fetched.get("Status"), "1")
                self.assertEqual(fetched.get("Properties/Email:Subject"), "m3")

    def test_body_text_and_range(self):
        node = self.c.search_mailbox("body", self.inbox, range="0-1")
        self.assertEqual(len(self.results(node)), 2)
        self.assertEqual(node.get("Response/Store/Total"), "5")
        rest = self.c.search_mailbox("body", self.inbox, range="2-99")
        self.assertEqual(len(self.results(rest)), 3)
        both = [n.get("LongId") for n in self.results(node) + self.results(rest)]
        self.assertEqual(len(set(both)), 5)

    def test_nothing_found(self):
        self.assertEqual(self.results(self.c.search_mailbox("no such words", self.inbox)), [])

    def test_all_folders(self):
        """No CollectionId, or 0: the whole mailbox."""
        self.dovecot.append(self.user, [message("needle in Sent")], "Sent")
        for folder in (None, "0"):
            (one,) = self.results(self.c.search_mailbox("needle", folder, deep=True))
            self.assertEqual(one.get("AirSync:CollectionId"), self.phone_.folder(type=eas.SENT))

    def test_too_complex(self):
        """8: operators outside And (obligation 16)."""
        node = self.c.call("Search", E("Search:Search", E("Store", E("Name", "Mailbox"), E(
            "Query", E("Or", E("FreeText", "a"), E("FreeText", "b")))))).node
        self.assertEqual(node.get("Response/Store/Status", node.get("Status")), "8")

    def test_gal(self):
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                c = self.phone(self.user, version=version).client
                found = self.results(c.search_gal(self.user.split("@")[0]))
                self.assertIn(self.user, [n.get("Properties/GAL:EmailAddress") for n in found])

    def test_find(self):
        node = self.c.find_mailbox("m4", self.inbox)
        self.assertEqual(node.get("Status"), "1")
        (one,) = node.findall("Response/Result")
        self.assertEqual(one.get("AirSync:ServerId"), self.sid("m4"))
        self.assertEqual(one.get("AirSync:CollectionId"), self.inbox)
        self.assertEqual(one.get("Properties/Email:Subject"), "m4")

    def test_find_gal(self):
        node = self.c.find_gal(self.user.split("@")[0])
        self.assertEqual(node.get("Status"), "1")
        self.assertIn(self.user, [n.get("Properties/GAL:EmailAddress") for n in node.findall("Response/Result")])
