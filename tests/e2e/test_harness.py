# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The test tools themselves: the private Dovecot, the mail hub, the codec."""

import os
import re
import shutil
import smtplib
import subprocess
import tempfile
import unittest

from dovetail_test import eas, wbxml
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E

# libwbxml2 (an independent reader) writes some names differently.
OTHER_NAMES = re.compile(r"^(Recurrence_|Attendee_|Exception_|FlagStatus|Organizer_|Compressed_RTF|"
                         r"Reply-To|DTStamp|AttOId|TimeZone|UTC|DeviceEncryptionEnabled|SmtpAddress|"
                         r"MIME$|RMOwner|RemoveRightsManagement|.*(City|Country|PostalCode|State|Street)$|"
                         r"AssistantTelephoneNumber|ihsManagementInformation)")


class Codec(unittest.TestCase):
    # MS-ASWBXML, example of a response with a new contact: its first bytes
    EXAMPLE = bytes.fromhex(
        "03016A00455C4F5003436F6E746163747300014B033200015203320001"
        "4E033100015647 4D03323A3100015D00114A4603310001 4C03300001"
        "4D03310001010001 5E0346756E6B2C20446F6E000101010101 0101".replace(" ", ""))

    def test_document_example(self):
        """Names and tokens of the example in MS-ASWBXML section 3."""
        node = wbxml.decode(self.EXAMPLE)
        add = node.find("Collections/Collection/Commands/Add")
        self.assertEqual(node.get("Collections/Collection/Class"), "Contacts")
        self.assertEqual(add.get("ServerId"), "2:1")
        self.assertEqual(add.get("ApplicationData/AirSyncBase:Body/Type"), "1")
        self.assertEqual(add.get("ApplicationData/Contacts:FileAs"), "Funk, Don")
        self.assertEqual(wbxml.encode(node), self.EXAMPLE)

    def test_round_trip(self):
        node = E("ItemOperations:ItemOperations", E("Response", E(
            "Fetch", E("Status", 1), E("Properties", E("Data", b"\0\1\2\xff" * 1000),
                                       E("AirSyncBase:Body", E("Data", "ä€😀" * 500))))))
        self.assertEqual(wbxml.decode(wbxml.encode(node)), node)

    def test_refuses(self):
        good = wbxml.encode(E("Ping:Ping", E("Status", 2)))
        for name, bad in (("cut", good[:-1]), ("more", good + b"\1"), ("header", b"\3\2" + good[2:]),
                          ("token", good[:6] + b"\x3f" + good[7:]), ("empty", b""),
                          ("literal", wbxml.HEADER + b"\x04\x00"),
                          ("page", wbxml.HEADER + b"\x00\x63\x05")):
            with self.subTest(name), self.assertRaises(wbxml.WbxmlError):
                wbxml.decode(bad)

    @unittest.skipUnless(shutil.which("wbxml2xml"), "libwbxml2-utils is not installed")
    def test_against_libwbxml(self):
        """Every token means the same to another program."""
        unknown = {(8, 0x10), (8, 0x11), (14, 0x3B)}    # newer than libwbxml
        with tempfile.TemporaryDirectory() as folder:
            for page in range(25):
                self._compare_page(folder, page, unknown)

    def _compare_page(self, folder, page, unknown):
        tokens = {t: n for (p, t), n in wbxml.TOKENS.items() if p == page and (p, t) not in unknown}
        if not tokens:
            return
        root = E("AirSync:Sync", [E("%s:%s" % (wbxml.PAGE_NAMES[page], n)) for n in tokens.values()])
        path = os.path.join(folder, "page")
        with open(path, "wb") as out:
            out.write(wbxml.encode(root))
        xml = subprocess.run(["wbxml2xml", "-l", "AIRSYNC", "-o", "-", path], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode()
        names = re.findall(r"<([-\w]+)(?: xmlns=[^>]*)?/>", xml)
        self.assertEqual(len(names), len(tokens))
        for name, (token, ours) in zip(names, tokens.items()):
            if name != ours and not OTHER_NAMES.match(name):
                self.fail("page %d token %#x: %s here, %s there" % (page, token, ours, name))


class Strictness(unittest.TestCase):
    """The client notices what it should: each fault below breaks a document."""

    def fault(self, node):
        with self.assertRaises(eas.ProtocolFault):
            eas.check_order(node)

    def test_faults(self):
        collection = [E("SyncKey", "1"), E("CollectionId", "2"), E("Status", "1")]
        eas.check_order(E("AirSync:Sync", E("Collections", E("Collection", collection))))
        self.fault(E("AirSync:Sync", E("Collections", E("Collection", collection[::-1]))))
        self.fault(E("AirSync:Sync", E("Collections")))
        self.fault(E("AirSync:Sync", E("Collections", E("Collection", collection, E("Responses")))))
        self.fault(E("AirSync:Sync", E("Collections", E("Collection", collection, E(
            "Commands", E("Delete", E("ServerId", "3"))), E("MoreAvailable")))))
        self.fault(E("Ping:Ping", E("Folders", E("Folder", "1")), E("Status", "2")))
        self.fault(E("FolderHierarchy:FolderSync", E("Status", "1"), E("Status", "1")))

    def test_phone_notices_doubles(self):
        phone = eas.Phone(eas.Client("x", 1, "u", "p"), provision=False)
        answer = E("AirSync:Collection", E("SyncKey", "1"), E(
            "Commands", E("Add", E("ServerId", "1"), E("ApplicationData", E("Email:Subject", "x")))))
        phone.apply("f", answer)
        with self.assertRaises(eas.ProtocolFault):
            phone.apply("f", answer)
        with self.assertRaises(eas.ProtocolFault):
            phone.apply("f", E("AirSync:Collection", E("SyncKey", "2"), E(
                "Commands", E("Delete", E("ServerId", "9")))))
        truth = {1: ({"\\Seen"}, "", "x", 1)}
        self.assertEqual(len(phone.differences(truth, "f")), 2)
        self.assertEqual(phone.differences({1: (set(), "", "x", 1)}, "f"), [])


class PrivateDovecot(TestCase):
    """Dovecot, LMTP, IMAP, submission and ACL work in each format."""
    core = True
    needs_service = False

    def test_delivery_and_submission(self):
        user, other = self.new_user(), self.new_user()
        self.dovecot.deliver(user, message("by LMTP"))
        with smtplib.SMTP("127.0.0.1", self.dovecot.ports["submission"]) as smtp:
            smtp.login(user, self.dovecot.passwords[user])
            smtp.sendmail(user, [other, "far@example.net"], message("by submission"))
        self.assertEqual([m[2] for m in self.imap(user).truth().values()], ["by LMTP"])
        self.assertEqual([m[2] for m in self.imap(other).truth().values()], ["by submission"])
        (mail,) = self.dovecot.mta.wait(1)
        self.assertEqual(mail.recipients, [other, "far@example.net"])

    def test_append_and_folders(self):
        user = self.new_user()
        self.dovecot.append(user, [(message("m%d" % i), "\\Seen", None) for i in range(450)])
        client = self.imap(user)
        truth = client.truth()
        self.assertEqual(len(truth), 450)
        self.assertTrue(all(flags == {"\\Seen"} for flags, *_ in truth.values()))
        self.assertLessEqual({"INBOX", "Drafts", "Sent", "Trash", "Junk"}, set(client.folders()))

    def test_sharing(self):
        owner, reader = self.new_user(), self.new_user()
        self.dovecot.deliver(owner, message("shared"))
        self.imap(owner).setacl("INBOX", reader, "lr")
        self.assertEqual([m[2] for m in self.imap(reader).truth("shared/" + owner).values()], ["shared"])

    def test_crash_is_noticed(self):
        self.dovecot.expect_error("killed with signal 9")
        client = self.imap(self.new_user())
        self.dovecot.kill9("imap")
        self.assertRaises(Exception, client.noop)
        self.assertTrue(self.dovecot.wait_log("killed with signal 9"))
