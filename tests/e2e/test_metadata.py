# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Mailbox attributes of our prefix: what doveadm, IMAP and sharees see of them,
and in which database they are."""

import imaplib
import os
import stat
import unittest

from plugincase import PREFIX, PluginCase

imaplib.Commands.update(SETMETADATA=("AUTH", "SELECTED"), GETMETADATA=("AUTH", "SELECTED"))

REFUSED = r"Permission denied|isn't allowed|Not found|doesn't exist|Unknown mailbox|Mailbox attributes"


class MetadataTest(PluginCase):
    core = True

    def folder(self, user, name="Cal"):
        self.dovecot.doveadm("mailbox", "create", "-u", user, name)
        return name

    def test_set_get_list_unset(self):
        user, d = self.new_user(), self.dovecot
        cal = self.folder(user)
        d.meta_set(user, cal, "item/a", "BEGIN:VCALENDAR\nEND:VCALENDAR")
        d.meta_set(user, cal, "ITEM/B", "Ä")
        self.assertEqual(d.meta_list(user, cal), ["item/a", "item/b"])
        self.assertEqual(d.meta_get(user, cal, "item/a"), "BEGIN:VCALENDAR\nEND:VCALENDAR")
        self.assertEqual(d.meta_get(user, cal, "item/b"), "Ä")
        d.meta_set(user, cal, "item/a", "changed")
        self.assertEqual(d.meta_get(user, cal, "item/a"), "changed")
        d.meta_unset(user, cal, "item/a")
        self.assertEqual(d.meta_items(user, cal), {"item/b": "Ä"})
        self.assertEqual(d.meta_list(user, "INBOX"), [])

    def test_large_value(self):
        user, d = self.new_user(), self.dovecot
        value = "0123456789" * 12000
        d.meta_set(user, self.folder(user), "item/big", value)
        self.assertEqual(d.meta_get(user, "Cal", "item/big"), value)

    def test_private_keys_of_ours_are_refused(self):
        user, d = self.new_user(), self.dovecot
        self.folder(user)
        private = PREFIX.replace("/shared/", "/private/") + "item/a"
        with self.assertRaises(RuntimeError):
            d.doveadm("mailbox", "metadata", "set", "-u", user, "Cal", private, "x")

    def test_modseq_rises(self):
        user, d = self.new_user(), self.dovecot
        self.folder(user)
        before = int(d.status(user, "highestmodseq", "Cal"))
        d.meta_set(user, "Cal", "item/a", "1")
        self.assertGreater(int(d.status(user, "highestmodseq", "Cal")), before)

    def test_permissions_of_the_file(self):
        user, d = self.new_user(), self.dovecot
        d.meta_set(user, self.folder(user), "item/a", "1")
        root = os.stat(d.maildir(user))
        mine = os.stat(d.database(user))
        self.assertEqual((mine.st_uid, mine.st_gid), (root.st_uid, root.st_gid))
        self.assertEqual(stat.S_IMODE(mine.st_mode), stat.S_IMODE(root.st_mode) & 0o666)

    def test_imap_cannot_reach_ours_and_keeps_its_own(self):
        user, d = self.new_user(), self.dovecot
        self.folder(user)
        d.meta_set(user, "Cal", "item/a", "ours")
        ours = PREFIX + "item/a"
        imap = self.imap(user)
        for name, value in (("/shared/comment", "site"), ("/private/comment", "mine"),
                            ("/shared/vendor/example/x", "theirs")):
            self.assertEqual(imap._simple_command("SETMETADATA", "Cal", '(%s "%s")' % (name, value))[0], "OK")
        typ, data = imap._simple_command("SETMETADATA", "Cal", '(%s "overwritten")' % ours)
        self.assertNotEqual(typ, "OK", data)
        typ, data = imap._simple_command("SETMETADATA", "Cal", "(%s NIL)" % ours)
        self.assertNotEqual(typ, "OK", data)
        seen = self.getmetadata(imap, "Cal", "(DEPTH infinity) (/shared /private)")
        self.assertIn(b"site", seen)
        self.assertIn(b"mine", seen)
        self.assertIn(b"theirs", seen)
        self.assertNotIn(b"ours", seen)
        self.assertNotIn(b"dovetail", seen)
        self.assertNotIn(b"ours", self.getmetadata(imap, "Cal", ours))
        self.assertEqual(d.meta_get(user, "Cal", "item/a"), "ours")
        # what is not ours is where Dovecot keeps it
        self.assertEqual(d.sql(user, "SELECT count(*) FROM item WHERE key NOT LIKE ?",
                               PREFIX[len("/shared/"):] + "%"), [(0,)])
        self.assertIn("site", open(d.home(user) + "/attributes.db").read())

    @staticmethod
    def getmetadata(imap, folder, what):
        imap.untagged_responses.pop("METADATA", None)
        imap._simple_command("GETMETADATA", *((folder, what) if what[:2] != "(D" else
                             ("(DEPTH infinity)", folder, what.partition(") ")[2])))
        data = imap.untagged_responses.pop("METADATA", [])
        return b"".join(b"".join(p) if isinstance(p, tuple) else p or b"" for p in data)

    def test_rename_keeps_and_delete_removes(self):
        user, d = self.new_user(), self.dovecot
        self.folder(user, "Parent/Sub")
        d.meta_set(user, "Parent/Sub", "item/a", "1")
        d.doveadm("mailbox", "rename", "-u", user, "Parent", "Other")
        self.assertEqual(d.meta_items(user, "Other/Sub"), {"item/a": "1"})
        number = d.sql(user, "SELECT fid FROM folder")
        d.doveadm("mailbox", "rename", "-u", user, "Other/Sub", "Sub2")
        self.assertEqual(d.meta_items(user, "Sub2"), {"item/a": "1"})
        self.assertEqual(d.sql(user, "SELECT fid, path FROM folder"), [number[0] + ("Sub2",)])
        d.doveadm("mailbox", "delete", "-u", user, "Sub2")
        self.assertEqual(d.sql(user, "SELECT count(*) FROM item"), [(0,)])
        self.assertEqual(d.sql(user, "SELECT count(*) FROM item_value"), [(0,)])
        self.folder(user, "Sub2")
        self.assertEqual(d.meta_list(user, "Sub2"), [])
        d.meta_set(user, "Sub2", "item/a", "2")
        self.assertNotIn(number[0], d.sql(user, "SELECT fid FROM folder WHERE dead=0"))

    def test_index_rebuild(self):
        user, d = self.new_user(), self.dovecot
        d.meta_set(user, self.folder(user), "item/a", "1")
        d.doveadm("force-resync", "-u", user, "Cal")
        for top, _, files in os.walk(d.maildir(user)):
            for name in files:
                if name.startswith("dovecot.index") and "map" not in name \
                        and d.opt.format == "maildir":
                    os.unlink(os.path.join(top, name))
        self.assertEqual(d.meta_items(user, "Cal"), {"item/a": "1"})


class NoDictTest(PluginCase):
    options = {"mail_attribute_dict": False}

    def test_works_without_a_dict_of_the_site(self):
        user, d = self.new_user(), self.dovecot
        d.doveadm("mailbox", "create", "-u", user, "Cal")
        d.meta_set(user, "Cal", "item/a", "1")
        self.assertEqual(d.meta_items(user, "Cal"), {"item/a": "1"})
        d.doveadm("mailbox", "delete", "-u", user, "Cal")


class SharingTest(PluginCase):
    storage = False
    core = True

    def setUp(self):
        super().setUp()
        self.owner, self.sharee = self.new_user(), self.new_user()
        self.prepare_users()
        self.dovecot.doveadm("mailbox", "create", "-u", self.owner, "Cal")
        self.dovecot.meta_set(self.owner, "Cal", "item/a", "owner's")
        self.shared = "shared/%s/Cal" % self.owner

    def prepare_users(self):
        pass

    def refused(self, function, *args):
        with self.assertRaises(RuntimeError) as caught:
            function(*args)
        self.assertRegex(str(caught.exception), REFUSED)

    def one_database(self):
        """Nothing of the owner's folder is in the sharee's database."""
        guid = self.dovecot.guid(self.owner, "Cal")
        if os.path.exists(self.dovecot.database(self.sharee)):
            self.assertEqual(self.dovecot.rows(self.sharee, guid), {})
        return self.dovecot.rows(self.owner, guid)

    def test_reader_can_neither_overwrite_nor_delete(self):
        d = self.dovecot
        d.share(self.owner, "Cal", self.sharee, "lookup", "read")
        self.assertEqual(d.meta_items(self.sharee, self.shared), {"item/a": "owner's"})
        self.refused(d.meta_set, self.sharee, self.shared, "item/a", "stolen")
        self.refused(d.meta_set, self.sharee, self.shared, "item/new", "planted")
        self.refused(d.meta_unset, self.sharee, self.shared, "item/a")
        self.assertEqual(self.one_database(), {"item/a": "owner's"})

    def test_lookup_alone_sees_nothing(self):
        d = self.dovecot
        d.share(self.owner, "Cal", self.sharee, "lookup")
        self.refused(d.meta_get, self.sharee, self.shared, "item/a")
        self.assertNotIn("item/a", d.doveadm("mailbox", "metadata", "list", "-u", self.sharee,
                                             self.shared, check=False))

    def test_each_right_for_itself(self):
        d = self.dovecot
        d.share(self.owner, "Cal", self.sharee, "lookup", "read", "insert")
        d.meta_set(self.sharee, self.shared, "item/new", "inserted")
        self.refused(d.meta_set, self.sharee, self.shared, "item/a", "no")
        self.refused(d.meta_unset, self.sharee, self.shared, "item/a")
        d.share(self.owner, "Cal", self.sharee, "lookup", "read", "write")
        d.meta_set(self.sharee, self.shared, "item/a", "written")
        self.refused(d.meta_set, self.sharee, self.shared, "item/new2", "no")
        self.refused(d.meta_unset, self.sharee, self.shared, "item/a")
        d.share(self.owner, "Cal", self.sharee, "lookup", "read", "expunge")
        self.refused(d.meta_set, self.sharee, self.shared, "item/a", "no")
        d.meta_unset(self.sharee, self.shared, "item/new")
        self.assertEqual(self.one_database(), {"item/a": "written"})

    def test_both_write_one_database(self):
        d = self.dovecot
        d.share(self.owner, "Cal", self.sharee, "lookup", "read", "write", "insert", "expunge")
        d.meta_set(self.sharee, self.shared, "item/b", "sharee's")
        d.meta_set(self.owner, "Cal", "item/c", "owner's")
        d.meta_unset(self.sharee, self.shared, "item/a")
        expected = {"item/b": "sharee's", "item/c": "owner's"}
        self.assertEqual(d.meta_items(self.owner, "Cal"), expected)
        self.assertEqual(d.meta_items(self.sharee, self.shared), expected)
        self.assertEqual(self.one_database(), expected)
        # the owner's name for it, not the sharee's
        self.assertEqual(d.sql(self.owner, "SELECT path FROM folder WHERE fkey=?",
                               "g" + d.guid(self.owner, "Cal")), [("Cal",)])

    def test_deleting_the_folder_needs_only_that_right(self):
        d = self.dovecot
        d.share(self.owner, "Cal", self.sharee, "lookup", "read", "delete")
        guid = d.guid(self.owner, "Cal")
        d.doveadm("mailbox", "delete", "-u", self.sharee, self.shared)
        self.assertEqual(d.rows(self.owner, guid), {})

    def test_public(self):
        d = self.dovecot
        name = "Public/Team-" + self.owner.partition("@")[0]
        d.open_public()
        d.doveadm("mailbox", "create", "-u", self.owner, name)
        d.doveadm("acl", "set", "-u", self.owner, name, "authenticated",
                  "lookup", "read", "insert", "write", "expunge", "delete", "admin")
        d.meta_set(self.owner, name, "item/p", "public")
        d.meta_set(self.sharee, name, "item/q", "too")
        self.assertEqual(d.meta_items(self.sharee, name), {"item/p": "public", "item/q": "too"})
        guid = d.guid(self.owner, name)
        self.assertEqual(d.rows("", guid), {"item/p": "public", "item/q": "too"})
        for user in (self.owner, self.sharee):
            if os.path.exists(d.database(user)):
                self.assertEqual(d.rows(user, guid), {})


@unittest.skipIf(os.getuid() != 0, "needs root for uids")
class SharingUidsTest(SharingTest):
    """Each user a uid of its own, a common group."""
    core = False
    counter = 6000

    def prepare_users(self):
        for user in (self.owner, self.sharee):
            SharingUidsTest.counter += 1
            self.dovecot.own_home(user, self.counter, 0o2770)
        self.dovecot.write_users()


@unittest.skipIf(os.getuid() != 0, "needs root for uids")
class ReadOnlyUidTest(PluginCase):
    """A sharee of another uid with nothing but read permission on disk."""
    options = {"plugin": {"dovetail_meta_journal": "rollback"}}

    def test_reads_with_the_rollback_journal(self):
        owner, sharee, d = self.new_user(), self.new_user(), self.dovecot
        for number, user in ((7001, owner), (7002, sharee)):
            d.own_home(user, number, 0o2750)
        d.write_users()
        d.doveadm("mailbox", "create", "-u", owner, "Cal")
        d.meta_set(owner, "Cal", "item/a", "1")
        self.assertEqual(stat.S_IMODE(os.stat(d.database(owner)).st_mode), 0o640)
        d.share(owner, "Cal", sharee, "lookup", "read", "write", "insert")
        shared = "shared/%s/Cal" % owner
        # Dovecot's own index files allow reading too
        self.assertEqual(d.meta_get(sharee, shared, "item/a"), "1")
        with self.assertRaises(RuntimeError):
            d.meta_set(sharee, shared, "item/b", "2")
        self.assertEqual(d.meta_items(owner, "Cal"), {"item/a": "1"})


class LimitTest(PluginCase):
    options = {"plugin": {"dovetail_meta_max_items": "2"}}

    def test_limit_answers_like_a_full_quota(self):
        user, d = self.new_user(), self.dovecot
        d.doveadm("mailbox", "create", "-u", user, "Cal")
        d.meta_set(user, "Cal", "item/a", "1")
        d.meta_set(user, "Cal", "item/b", "1")
        with self.assertRaises(RuntimeError) as caught:
            d.meta_set(user, "Cal", "item/c", "1")
        self.assertIn("Not enough room", str(caught.exception))
        d.meta_set(user, "Cal", "item/b", "2")
        d.meta_unset(user, "Cal", "item/a")
        d.meta_set(user, "Cal", "item/c", "1")
        self.assertEqual(d.meta_items(user, "Cal"), {"item/b": "2", "item/c": "1"})
