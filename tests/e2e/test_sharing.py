# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Shared and public folders: Dovecot's ACL decides, and the right phones ring."""

import os
import time

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.dovecot import VMAIL_UID
from dovetail_test.wbxml import E


class Shared(TestCase):
    core = True

    def setUp(self):
        super().setUp()
        self.owner, self.reader = self.new_user(), self.new_user()
        with self.dovecot.imap(self.owner) as imap:
            imap.create("Team")
        self.dovecot.append(self.owner, [message("t%d" % i) for i in range(3)], "Team")

    def share(self, rights):
        with self.dovecot.imap(self.owner) as imap:
            imap.setacl("Team", self.reader, rights)
        with self.dovecot.imap(self.reader) as imap:
            imap.subscribe('"%s"' % self.name)

    @property
    def name(self):
        return "shared/%s/Team" % self.owner

    @property
    def shown(self):
        """On a phone: not below two folders that hold nothing."""
        return "Team (%s)" % self.owner.split("@")[0]

    def truth(self, user, name):
        with self.dovecot.imap(user) as imap:
            return imap.truth(name)

    def test_appears_and_goes(self):
        phone = self.phone(self.reader)
        self.assertNotIn(self.shown, [f.name for f in phone.folders.values()])
        self.share("lr")
        phone.folder_sync()
        team = phone.folder(self.shown)
        phone.sync(team)
        self.assertEqual(phone.subjects(team), ["t0", "t1", "t2"])
        with self.dovecot.imap(self.owner) as imap:
            imap.deleteacl("Team", self.reader)
        phone.folder_sync()
        self.assertNotIn(team, phone.folders)
        node = phone.client.sync(phone.client.collection(team, "0"))
        self.assertEqual(node.get("Collections/Collection/Status", node.get("Status")), "8")

    def test_read_only(self):
        """What the ACL forbids does not happen, and the phone goes back to
        what is true."""
        self.share("lr")
        phone = self.phone(self.reader)
        team = phone.folder(self.shown)
        phone.sync(team)
        before = self.truth(self.owner, "Team")
        victim, marked = phone.by_subject("t0", team), phone.by_subject("t1", team)
        phone.client.sync(phone.client.collection(team, phone.keys[team], commands=[
            eas.delete(victim), eas.flag(marked)]))
        node = phone.client.move_items((marked, team, phone.inbox))
        self.assertNotEqual(node.get("Response/Status"), "3")
        self.assertEqual(self.truth(self.owner, "Team"), before)
        phone.forget(team)
        phone.sync(team)
        self.assertEqual(len(phone.subjects(team)), 3)

    def test_write(self):
        self.share("lrswipte")
        phone = self.phone(self.reader)
        team = phone.folder(self.shown)
        phone.sync(team)
        phone.sync(team, commands=[eas.flag(phone.by_subject("t0", team))])
        flags = {r[2]: r[0] for r in self.truth(self.owner, "Team").values()}
        self.assertIn("\\Flagged", flags["t0"])
        phone.sync(team, commands=[eas.delete(phone.by_subject("t2", team))], deletes_as_moves=False)
        self.assertEqual(sorted(r[2] for r in self.truth(self.owner, "Team").values()), ["t0", "t1"])

    def test_private_seen(self):
        """INDEXPVT: each has read marks of one's own (R15)."""
        self.share("lrs")
        phone, owner = self.phone(self.reader), self.phone(self.owner)
        team, mine = phone.folder(self.shown), owner.folder("Team")
        phone.sync(team)
        owner.sync(mine)
        phone.sync(team, commands=[eas.read(phone.by_subject("t0", team))])
        self.assertEqual({r[2]: "\\Seen" in r[0] for r in self.truth(self.reader, self.name).values()},
                         {"t0": True, "t1": False, "t2": False})
        self.assertFalse(any("\\Seen" in r[0] for r in self.truth(self.owner, "Team").values()))
        owner.sync(mine)
        self.assertFalse(owner.items[mine][owner.by_subject("t0", mine)].read)
        with self.dovecot.imap(self.reader) as imap:
            uid = [u for u, r in imap.truth(self.name).items() if r[2] == "t1"][0]
            imap.store_flags([uid], "+FLAGS (\\Seen)", self.name)
        phone.sync(team)
        self.assertTrue(phone.items[team][phone.by_subject("t1", team)].read)

    def test_rings(self):
        """The owner's delivery rings the sharee's phone; its own private read
        mark does not ring the owner's."""
        self.share("lrs")
        phone, owner = self.phone(self.reader), self.phone(self.owner)
        team, mine = phone.folder(self.shown), owner.folder("Team")
        phone.sync(team)
        owner.sync(mine)
        wait = self.in_background(phone.client.clone().ping, [team], 120)
        owners = self.in_background(owner.client.clone().ping, [mine], 120)
        time.sleep(0.5)
        with self.dovecot.imap(self.reader) as imap:
            imap.store_flags(sorted(imap.truth(self.name))[:1], "+FLAGS (\\Seen)", self.name)
        node = wait(10)
        self.assertEqual([n.text for n in node.findall("Folders/Folder")], [team])
        time.sleep(0.7)
        self.assertTrue(owners.alive(), "another's private read mark rang")
        phone.sync(team)
        wait = self.in_background(phone.client.clone().ping, [team], 120)
        time.sleep(0.5)
        self.dovecot.append(self.owner, [message("new in Team")], "Team")
        self.assertEqual(wait(10).get("Status"), "2")
        self.assertEqual(owners(10).get("Status"), "2")

    def test_grant_rings(self):
        """A new grant and its end: the hierarchy changed (7)."""
        phone = self.phone(self.reader)
        phone.sync()
        with self.dovecot.imap(self.reader) as imap:
            imap.subscribe('"%s"' % self.name)
        phone.folder_sync()
        wait = self.in_background(phone.client.clone().ping, [phone.inbox], 120)
        time.sleep(0.5)
        with self.dovecot.imap(self.owner) as imap:
            imap.setacl("Team", self.reader, "lr")
        self.assertEqual(wait(10).get("Status"), "7")

    def test_names_and_rename(self):
        """Containers above shared folders are not shown; a new name given on
        the phone is the folder's alone."""
        self.share("lr")
        with self.dovecot.imap(self.owner) as imap:
            imap.create("Deep")
            imap.create("Deep/Plan")
            imap.setacl("Deep", self.reader, "k")
            imap.setacl("Deep/Plan", self.reader, "lrwstipekx")
        phone = self.phone(self.reader)
        owner = self.owner.split("@")[0]
        self.assertEqual({f.parent for f in phone.folders.values()}, {"0"})
        self.assertFalse({"shared", "Deep", self.owner} & {f.name for f in phone.folders.values()})
        team, plan = phone.folder(self.shown), phone.folder("Deep/Plan (%s)" % owner)
        self.assertEqual(phone.client.folder_update(plan, "Deep/Map (%s)" % owner).get("Status"), "1")
        with self.dovecot.imap(self.owner) as imap:
            self.assertIn("Deep/Map", imap.folders())
        # (Dovecot's acl plugin does not list a renamed folder to others until the
        # owner's list of ACLs is made anew.)
        self.assertEqual(phone.client.folder_update(team, "Crew").get("Status"), "2", "no right")

    def test_ids_differ_per_user(self):
        """A sharee's ids are aliases of one's own: the owner's tell nothing."""
        self.share("lr")
        phone, owner = self.phone(self.reader), self.phone(self.owner)
        team, mine = phone.folder(self.shown), owner.folder("Team")
        phone.sync(team)
        owner.sync(mine)
        stranger = self.phone()
        for folder in {team, mine} - set(stranger.folders):
            node = stranger.client.sync(stranger.client.collection(folder, "0"))
            status = node.get("Collections/Collection/Status", node.get("Status"))
            if status == "1":       # a folder of its own that the phone is not shown
                stranger.sync(folder)
                self.assertEqual(stranger.items[folder], {})
            else:
                self.assertEqual(status, "8")


class Public(TestCase):
    def test_public_folder(self):
        if self.dovecot.opt.format != "maildir":
            self.skipTest("made by hand, as Maildir")
        user, reader = self.new_user(), self.new_user()
        d = self.dovecot
        for name in ("", "cur", "new", "tmp"):
            os.makedirs(d.path("public", ".News", name), exist_ok=True)
        with open(d.path("public", ".News", "dovecot-acl"), "w") as out:
            out.write("anyone lrsip\n")
        if d.root:
            for top, folders, files in os.walk(d.path("public")):
                for name in [top] + [os.path.join(top, n) for n in files]:
                    os.chown(name, VMAIL_UID, VMAIL_UID)
        d.append(user, [message("public one")], "Public/News")
        with d.imap(reader) as imap:
            imap.subscribe("Public/News")
        phone = self.phone(reader)
        news = phone.folder("News (Public)")
        self.assertEqual(phone.folders[news].parent, "0")
        self.assertNotIn("Public", [f.name for f in phone.folders.values()])
        phone.sync(news)
        self.assertEqual(phone.subjects(news), ["public one"])
        wait = self.in_background(phone.client.clone().ping, [news], 120)
        time.sleep(0.5)
        d.append(user, [message("public two")], "Public/News")
        self.assertEqual(wait(10).get("Status"), "2")


class Guard(TestCase):
    """D4: the service's own attributes are not IMAP's to read or write."""

    def test_metadata(self):
        user = self.new_user()
        self.phone(user).sync()
        imap = self.imap(user)
        for entry in ("/shared/vendor/vendor.dovecot/pvt/dovetail/x", "/private/vendor/vendor.dovecot/pvt/dovetail/x"):
            with self.subTest(entry=entry):
                typ, _ = imap._simple_command("SETMETADATA", "INBOX", '(%s "evil")' % entry)
                self.assertNotEqual(typ, "OK")
                typ, data = imap._simple_command("GETMETADATA", "INBOX", "(%s)" % entry)
                self.assertNotIn(b"evil", b"".join(d for d in data if isinstance(d, bytes)))

    def test_the_sites_own_metadata_works(self):
        user = self.new_user()
        imap = self.imap(user)
        typ, _ = imap._simple_command("SETMETADATA", "INBOX", '(/private/comment "mine")')
        self.assertEqual(typ, "OK")
        typ, data = imap._simple_command("GETMETADATA", "INBOX", "(/private/comment)")
        self.assertEqual(typ, "OK")
        self.assertIn("mine", str(imap.untagged_responses.get("METADATA", data)))


class SendFromShared(TestCase):
    def test_without_the_right(self):
        owner, reader = self.new_user(), self.new_user()
        client = self.client(reader, version="14.1")
        answer = client.post("SendMail", E("ComposeMail:SendMail", E("ClientId", "1"), E("Mime", (
            "From: %s\r\nTo: x@example.net\r\nSubject: as another\r\n\r\nx\r\n" % owner).encode())))
        self.assertFalse(answer.status == 200 and not answer.body)
        self.assertEqual(self.dovecot.mta.mails, [])
