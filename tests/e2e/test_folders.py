# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""FolderSync, FolderCreate, FolderUpdate, FolderDelete (MS-ASCMD 2.2.1.3 to 2.2.1.6)."""

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.dovecot import imap_name

NAMES = ["Übergröße", "日本語", "Ελληνικά", "Дела", "שלום", "emoji 🎉", "a & b", "50% off", "per.cent",
         "quote\"s", "back\\slash", "star*", "~tilde", " leading"[1:], "x" * 60]


class Hierarchy(TestCase):
    core = True

    def test_special_folders(self):
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                phone = self.phone(version=version)
                kinds = [f.type for f in phone.folders.values()]
                for kind in (eas.INBOX, eas.DRAFTS, eas.DELETED, eas.SENT):
                    self.assertEqual(kinds.count(kind), 1, "type %d" % kind)
                self.assertEqual(len({f.server_id for f in phone.folders.values()}), len(phone.folders))
                for folder in phone.folders.values():
                    self.assertTrue(1 <= len(folder.server_id) <= 64)
                    self.assertTrue(folder.name)

    def test_nothing_new(self):
        phone = self.phone()
        node = phone.folder_sync()
        self.assertEqual(node.get("Changes/Count"), "0")

    def test_changes_by_imap(self):
        user = self.new_user()
        phone = self.phone(user)
        imap = self.imap(user)
        folder = self.dovecot.folder
        imap.create('"%s"' % folder("Work"))
        imap.create('"%s"' % folder("Work/Sub"))
        phone.folder_sync()
        work, sub = phone.folder("Work"), phone.folder("Sub")
        self.assertEqual(phone.folders[sub].parent, work)
        self.assertEqual(phone.folders[work].type, eas.USER_MAIL)
        imap.rename('"%s"' % folder("Work/Sub"), '"%s"' % folder("Renamed"))
        phone.folder_sync()
        self.assertEqual(phone.folder("Renamed"), sub, "a renamed folder keeps its ServerId")
        self.assertEqual(phone.folders[sub].parent, "0")
        imap.delete('"%s"' % folder("Renamed"))
        phone.folder_sync()
        self.assertNotIn(sub, phone.folders)
        imap.create('"%s"' % folder("Renamed"))
        phone.folder_sync()
        self.assertNotEqual(phone.folder("Renamed"), sub, "an id is never used again")

    def test_unsubscribed_folders(self):
        user = self.new_user()
        imap = self.imap(user)
        imap.create(self.dovecot.folder("Quiet"))
        imap.unsubscribe(self.dovecot.folder("Quiet"))
        self.assertTrue(self.phone(user).folder("Quiet"))

    def test_names(self):
        user = self.new_user()
        imap = self.imap(user)
        names = [n for n in NAMES if self.dovecot.opt.separator not in n and "/" not in n]
        # Dovecot itself refuses to create a name with ~ in front.
        names = [n for n in names if not n.startswith("~")]
        if self.dovecot.opt.format == "maildir":
            names = [n for n in names if "." not in n]
        for name in names:
            imap.create('"%s"' % imap_name(name).replace("\\", "\\\\").replace('"', '\\"'))
        found = {f.name for f in self.phone(user).folders.values()}
        self.assertEqual(set(names) - found, set())

    def test_two_devices(self):
        user = self.new_user()
        first, second = self.phone(user), self.phone(user)
        first.client.folder_create("From one")
        second.folder_sync()
        self.assertTrue(second.folder("From one"))
        node = first.folder_sync()
        self.assertEqual(node.get("Changes/Count"), "0", "its own change comes not back")


class Keys(TestCase):
    def test_unknown_key(self):
        """Status 9: restart with key 0 (MS-ASCMD 2.2.3.177.4)."""
        phone = self.phone()
        for key in ("99999", "{abc}7", "12345678901234"):
            with self.subTest(key=key):
                self.assertEqual(phone.client.folder_sync(key).get("Status"), "9")

    def test_malformed(self):
        from dovetail_test.wbxml import E
        client = self.client(version="14.1")
        client.provision()
        for name, body in (("empty key", E("FolderHierarchy:FolderSync", E("SyncKey"))),
                           ("no key", E("FolderHierarchy:FolderSync"))):
            with self.subTest(name):
                answer = client.post("FolderSync", body)
                if answer.status == 200:
                    self.assertIn(answer.node.get("Status"), ("9", "10", "103"))
                else:
                    self.assertEqual(answer.status, 400)

    def test_repeated_key(self):
        """The answer was lost: the same key gives the same folders again."""
        user = self.new_user()
        phone = self.phone(user)
        old = phone.client.folder_key
        self.imap(user).create("Lost")
        first = phone.client.folder_sync(old)
        second = phone.client.folder_sync(old)
        self.assertEqual([n.get("ServerId") for n in first.findall("Changes/Add")],
                         [n.get("ServerId") for n in second.findall("Changes/Add")])
        self.assertEqual(len(second.findall("Changes/Add")), 1)

    def test_initial_again(self):
        phone = self.phone()
        ids = set(phone.folders)
        node = phone.client.folder_sync("0")
        self.assertEqual({n.get("ServerId") for n in node.findall("Changes/Add")}, ids)


class Commands(TestCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.phone_ = self.phone(self.user)
        self.c = self.phone_.client

    def folders(self):
        with self.dovecot.imap(self.user) as imap:
            return imap.folders()

    def test_create(self):
        node = self.c.folder_create("Neu ü")
        self.assertEqual(node.get("Status"), "1")
        self.assertTrue(node.get("ServerId"))
        self.assertIn(self.dovecot.folder("Neu ü"), self.folders())
        child = self.c.folder_create("Child", node.get("ServerId"))
        self.assertEqual(child.get("Status"), "1")
        self.assertIn(self.dovecot.folder("Neu ü/Child"), self.folders())
        self.assertEqual(self.phone_.folder_sync().get("Changes/Count"), "0")

    def test_create_refusals(self):
        """MS-ASCMD 2.2.3.177.2"""
        self.assertEqual(self.c.folder_create("Twice").get("Status"), "1")
        self.assertEqual(self.c.folder_create("Twice").get("Status"), "2")
        self.assertEqual(self.c.folder_create("Orphan", "77777").get("Status"), "5")
        key, self.c.folder_key = self.c.folder_key, "424242"
        self.assertEqual(self.c.folder_create("Key").get("Status"), "9")
        self.c.folder_key = key
        self.assertIn(self.c.folder_create("Kind", kind=99).get("Status"), ("10", "3"))
        for name in ("Orphan", "Key", "Kind"):
            self.assertNotIn(self.dovecot.folder(name), self.folders())

    def test_create_repeated(self):
        """The answer was lost and the phone asks again with the old key: one
        folder, and no way to end with two."""
        key = self.c.folder_key
        first = self.c.folder_create("Once")
        self.c.folder_key = key
        second = self.c.folder_create("Once")
        if second.get("Status") == "1":
            self.assertEqual(second.get("ServerId"), first.get("ServerId"))
        else:
            self.assertIn(second.get("Status"), ("2", "9"))
        self.assertEqual(self.folders().count(self.dovecot.folder("Once")), 1)

    def test_update(self):
        parent = self.c.folder_create("Parent").get("ServerId")
        moving = self.c.folder_create("Moving").get("ServerId")
        self.assertEqual(self.c.folder_update(moving, "Moved", parent).get("Status"), "1")
        self.assertIn(self.dovecot.folder("Parent/Moved"), self.folders())
        self.assertNotIn(self.dovecot.folder("Moving"), self.folders())
        self.assertEqual(self.phone_.folder_sync().get("Changes/Count"), "0")

    def test_update_refusals(self):
        """MS-ASCMD 2.2.3.177.5"""
        one = self.c.folder_create("One").get("ServerId")
        self.c.folder_create("Two")
        self.assertEqual(self.c.folder_update(one, "Two").get("Status"), "2")
        self.assertEqual(self.c.folder_update("77777", "Three").get("Status"), "4")
        self.assertEqual(self.c.folder_update(one, "Four", "77777").get("Status"), "5")
        self.assertIn(self.c.folder_update(self.phone_.inbox, "Five").get("Status"), ("2", "3"))
        self.assertIn("One", " ".join(self.folders()))
        self.assertIn("INBOX", self.folders())

    def test_delete(self):
        sid = self.c.folder_create("Gone").get("ServerId")
        self.assertEqual(self.c.folder_delete(sid).get("Status"), "1")
        self.assertNotIn(self.dovecot.folder("Gone"), self.folders())
        self.assertEqual(self.phone_.folder_sync().get("Changes/Count"), "0")
        self.assertEqual(self.c.folder_delete(sid).get("Status"), "4")

    def test_delete_refusals(self):
        """MS-ASCMD 2.2.3.177.3: 3 for a special folder, 4 for an unknown one."""
        for kind in (eas.INBOX, eas.SENT, eas.DELETED, eas.DRAFTS):
            with self.subTest(kind=kind):
                self.assertEqual(self.c.folder_delete(self.phone_.folder(type=kind)).get("Status"), "3")
        self.assertEqual(self.c.folder_delete("77777").get("Status"), "4")
        self.assertIn("INBOX", self.folders())


class DotSeparator(Commands):
    """A site with Courier's layout."""
    core = False
    options = {"separator": ".", "prefix": "INBOX."}

    def test_inbox_is_the_root(self):
        imap = self.imap(self.user)
        imap.create("INBOX.Deep.Er")
        self.phone_.folder_sync()
        self.assertTrue(self.phone_.folder("Er"))
        self.assertEqual(self.phone_.folders[self.phone_.folder("Er")].parent, self.phone_.folder("Deep"))
