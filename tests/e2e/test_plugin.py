# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The plugin: what each operation puts on the change bus, and extras that
follow their messages."""

import os
import smtplib
import time

from dovetail_test.case import message
from plugincase import NO_GUID, PluginCase, PluginDovecot


class BusTest(PluginCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.deliver(self.user, message("first"))
        self.inbox = self.dovecot.guid(self.user)
        self.events = self.bus()

    def expect(self, *wanted, exactly=True):
        """wanted: (owner, guid, event); several records of one are one."""
        seen = {(owner, guid, name, pvt) for owner, guid, names, _, pvt in self.events.read()
                for name in names}
        wanted = {w if len(w) == 4 else w + ("",) for w in wanted}
        if exactly:
            self.assertEqual(seen, wanted)
        else:
            self.assertLessEqual(wanted, seen)

    def guid(self, folder):
        return self.dovecot.guid(self.user, folder)

    def test_lmtp(self):
        self.dovecot.deliver(self.user, message("second"))
        self.expect((self.user, self.inbox, "append"))

    def test_lmtp_to_another_folder_by_sieve(self):
        self.dovecot.set_sieve(self.user, 'require ["fileinto", "mailbox"];\nfileinto :create "Lists";\n')
        self.dovecot.deliver(self.user, message("list"))
        self.expect((self.user, NO_GUID, "hierarchy"), (self.user, self.guid("Lists"), "append"),
                    exactly=False)

    def test_imap_messages(self):
        imap = self.imap(self.user)
        imap.select("INBOX")
        imap.append("INBOX", None, None, message("appended"))
        self.expect((self.user, self.inbox, "append"), exactly=False)
        imap.noop()
        self.events.read()
        imap.store("1", "+FLAGS", "(\\Seen)")
        self.expect((self.user, self.inbox, "flags"))
        imap.store("1", "+FLAGS", "(\\Seen)")
        self.expect()
        imap.store("1", "+FLAGS", "(keyword)")
        self.expect((self.user, self.inbox, "flags"))
        imap.fetch("1:*", "(FLAGS BODY.PEEK[] ENVELOPE)")
        self.expect()
        imap.store("1", "+FLAGS", "(\\Deleted)")
        self.expect((self.user, self.inbox, "flags"))
        imap.expunge()
        self.expect((self.user, self.inbox, "expunge"))

    def test_imap_copy_and_move(self):
        imap = self.imap(self.user)
        imap.select("INBOX")
        trash = self.guid("Trash")
        self.events.read()
        imap.copy("1", "Trash")
        self.expect((self.user, trash, "append"), exactly=False)
        imap.uid("MOVE", "1:*", "Trash")
        self.expect((self.user, trash, "append"), (self.user, self.inbox, "expunge"), exactly=False)

    def test_imap_folders(self):
        imap = self.imap(self.user)
        imap.create("One")
        self.expect((self.user, NO_GUID, "hierarchy"))
        imap.rename("One", "Two")
        self.expect((self.user, NO_GUID, "hierarchy"))
        imap.subscribe("Two")
        self.expect((self.user, NO_GUID, "subscribe"))
        imap.unsubscribe("Two")
        self.expect((self.user, NO_GUID, "subscribe"))
        imap.delete("Two")
        self.expect((self.user, NO_GUID, "hierarchy"))
        imap.list()
        imap.status("INBOX", "(MESSAGES UNSEEN)")
        self.expect()

    def test_doveadm(self):
        d, user = self.dovecot, self.user
        d.doveadm("flags", "add", "-u", user, "\\Flagged", "mailbox", "INBOX", "1")
        self.expect((user, self.inbox, "flags"))
        d.doveadm("mailbox", "create", "-u", user, "Arch")
        self.expect((user, NO_GUID, "hierarchy"))
        guid = self.guid("Arch")
        self.events.read()
        d.doveadm("copy", "-u", user, "Arch", "mailbox", "INBOX", "all")
        self.expect((user, guid, "append"), exactly=False)
        d.doveadm("expunge", "-u", user, "mailbox", "INBOX", "all")
        self.expect((user, self.inbox, "expunge"), exactly=False)
        d.doveadm("save", "-u", user, "-m", "Arch", input=message("saved"))
        self.expect((user, guid, "append"), exactly=False)

    def test_attributes(self):
        d, user = self.dovecot, self.user
        d.meta_set(user, "INBOX", "item/a", "1")
        self.expect((user, self.inbox, "attribute"))
        d.meta_unset(user, "INBOX", "item/a")
        self.expect((user, self.inbox, "attribute"))
        # nobody waits for device records and the site's own attributes
        d.meta_set(user, "INBOX", "device/6162", "state allow")
        d.doveadm("mailbox", "metadata", "set", "-u", user, "INBOX", "/shared/comment", "x")
        self.expect()

    def test_acl_wakes_who_gained_and_who_lost(self):
        other, third = self.new_user(), self.new_user()
        imap = self.imap(self.user)
        imap.setacl("INBOX", other, "lr")
        self.expect((self.user, self.inbox, "acl"), (other, NO_GUID, "acl"))
        imap.setacl("INBOX", third, "lrs")
        self.expect((self.user, self.inbox, "acl"), (third, NO_GUID, "acl"))
        imap.deleteacl("INBOX", other)
        self.expect((self.user, self.inbox, "acl"), (other, NO_GUID, "acl"))
        self.dovecot.share(self.user, "INBOX", other, "lookup", "read")
        self.expect((self.user, self.inbox, "acl"), (other, NO_GUID, "acl"))

    def test_shared_folder_has_the_owners_name(self):
        other = self.new_user()
        self.dovecot.share(self.user, "INBOX", other, "lookup", "read", "insert", "write",
                           "write-seen", "expunge", "write-deleted")
        self.events.read()
        imap = self.imap(other)
        shared = "shared/%s/INBOX" % self.user
        imap.append('"%s"' % shared, None, None, message("by sharee"))
        self.expect((self.user, self.inbox, "append"), exactly=False)
        imap.select('"%s"' % shared)
        self.events.read()
        imap.store("1", "+FLAGS", "(\\Flagged)")
        self.expect((self.user, self.inbox, "flags"))
        # private \Seen is seen by its user alone
        imap.store("1", "+FLAGS", "(\\Seen)")
        self.expect((self.user, self.inbox, "flags", other))

    def test_public_folder_has_no_owner(self):
        self.dovecot.open_public()
        imap = self.imap(self.user)
        self.assertEqual(imap.create("Public/Team")[0], "OK")
        self.expect(("", NO_GUID, "hierarchy"), exactly=False)
        imap.append("Public/Team", None, None, message("for all"))
        self.expect(("", self.guid("Public/Team"), "append"), exactly=False)

    def test_files_found_by_a_sync(self):
        d = self.dovecot
        if d.opt.format != "maildir":
            self.skipTest("Maildir's files come from anywhere")
        new = os.path.join(d.maildir(self.user), "new", "1795000000.M1P1.elsewhere")
        with open(new, "wb") as out:
            out.write(message("by another program"))
        os.chmod(new, 0o666)
        self.expect()
        d.status(self.user, "messages")
        self.expect((self.user, self.inbox, "append"))
        for top in ("new", "cur"):
            for name in os.listdir(os.path.join(d.maildir(self.user), top)):
                os.unlink(os.path.join(d.maildir(self.user), top, name))
        # within the second of its last look Dovecot does not look again
        time.sleep(1.1)
        self.imap(self.user).select("INBOX")
        self.expect((self.user, self.inbox, "expunge"))

    def test_overflow_is_told(self):
        d = self.dovecot
        imap = self.imap(self.user)
        imap.select("INBOX")
        fd = os.open(d.path("bus"), os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(fd, b"X\n" * 2000)
        except BlockingIOError:
            pass
        try:
            while True:
                os.write(fd, b"\n")
        except BlockingIOError:
            os.close(fd)
        imap.store("1", "+FLAGS", "(\\Flagged)")     # lost
        while self.events.read(0.1):
            pass
        imap.store("1", "-FLAGS", "(\\Flagged)")
        records = self.events.read()
        self.assertIn(("O1",), records)
        self.assertIn((self.user, self.inbox, frozenset({"flags"}), 0, ""), records)
        imap.store("1", "+FLAGS", "(\\Flagged)")
        self.expect((self.user, self.inbox, "flags"))

    def test_no_front(self):
        """Nobody reads, no FIFO, no right to write: mail goes on."""
        d, path = self.dovecot, self.dovecot.path("bus")
        self.events.close()
        try:
            imap = self.imap(self.user)
            imap.select("INBOX")
            imap.store("1", "+FLAGS", "(\\Flagged)")
            os.chmod(path, 0)
            imap.store("1", "-FLAGS", "(\\Flagged)")
            os.unlink(path)
            d.deliver(self.user, message("into the void"))
            imap.store("1", "+FLAGS", "(\\Flagged)")
        finally:
            if os.path.exists(path):
                os.unlink(path)
            os.mkfifo(path)
            os.chmod(path, 0o666)
            self.events.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        # a front that came back is found at once
        imap.store("1", "-FLAGS", "(\\Flagged)")
        self.expect((self.user, self.inbox, "flags"))

    def test_told_once_with_an_idling_client(self):
        """A client that merely sees the change does not tell it again."""
        imap = self.imap(self.user)
        imap.select("INBOX")
        self.dovecot.deliver(self.user, message("second"))
        self.events.read()
        imap.noop()
        imap.fetch("1:*", "FLAGS")
        self.expect()


class ExtraTest(PluginCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        for n in range(3):
            self.dovecot.deliver(self.user, message("m%d" % n))
        # the file and the folder's number
        self.dovecot.meta_set(self.user, "INBOX", "device/00", "x")
        for uid in (1, 2, 3):
            self.add(uid)

    def add(self, uid, folder="INBOX", user=None, mail_guid=None):
        d, user = self.dovecot, user or self.user
        d.sql(user, "INSERT INTO extra(fid,uidvalidity,uid,name,mail_guid,data) SELECT fid,?,?,?,?,?"
              " FROM folder WHERE fkey=?", int(d.status(user, "uidvalidity", folder)), uid, "props",
              mail_guid, b"of %d" % uid, "g" + d.guid(user, folder))

    def extras(self, folder="INBOX", user=None):
        d, user = self.dovecot, user or self.user
        return {uid: data.decode() for uid, data in d.sql(
            user, "SELECT uid, data FROM extra JOIN folder USING(fid) WHERE fkey=? AND dead=0"
            " AND uidvalidity=?", "g" + d.guid(user, folder),
            int(d.status(user, "uidvalidity", folder)))}

    def test_imap_copy_in_order(self):
        imap = self.imap(self.user)
        imap.create("Arch")
        imap.select("INBOX")
        imap.uid("COPY", "1,3", "Arch")
        self.assertEqual(self.extras("Arch"), {1: "of 1", 2: "of 3"})
        self.assertEqual(len(self.extras()), 3)
        imap.uid("COPY", "2", "INBOX")
        self.assertEqual(self.extras(), {1: "of 1", 2: "of 2", 3: "of 3", 4: "of 2"})

    def test_imap_move(self):
        imap = self.imap(self.user)
        imap.create("Arch")
        imap.select("INBOX")
        imap.uid("MOVE", "2:3", "Arch")
        self.assertEqual(self.extras("Arch"), {1: "of 2", 2: "of 3"})
        self.assertEqual(self.extras(), {1: "of 1"})

    def test_expunge(self):
        imap = self.imap(self.user)
        imap.select("INBOX")
        imap.uid("STORE", "1:2", "+FLAGS", "(\\Deleted)")
        imap.expunge()
        self.assertEqual(self.extras(), {3: "of 3"})

    def test_doveadm_copy_and_move(self):
        d = self.dovecot
        d.doveadm("mailbox", "create", "-u", self.user, "Arch")
        d.doveadm("copy", "-u", self.user, "Arch", "mailbox", "INBOX", "1")
        d.doveadm("move", "-u", self.user, "Arch", "mailbox", "INBOX", "2")
        self.assertEqual(self.extras("Arch"), {1: "of 1", 2: "of 2"})
        self.assertEqual(set(self.extras()), {1, 3})

    def test_between_two_stores(self):
        d, other = self.dovecot, self.new_user()
        d.share(self.user, "INBOX", other, "lookup", "read", "insert", "write-deleted", "expunge")
        imap = self.imap(other)
        imap.select('"shared/%s/INBOX"' % self.user)
        imap.uid("COPY", "2:3", "INBOX")
        self.assertEqual(self.extras("INBOX", other), {1: "of 2", 2: "of 3"})
        imap.uid("MOVE", "1", "INBOX")
        self.assertEqual(self.extras("INBOX", other), {1: "of 2", 2: "of 3", 3: "of 1"})
        self.assertEqual(self.extras(), {2: "of 2", 3: "of 3"})
        # and into the owner's
        imap.select("INBOX")
        imap.uid("COPY", "3", '"shared/%s/INBOX"' % self.user)
        self.assertEqual(self.extras(), {2: "of 2", 3: "of 3", 4: "of 1"})

    def test_no_database_for_users_without_dovetail(self):
        user = self.new_user()
        self.dovecot.deliver(user, message("plain"))
        imap = self.imap(user)
        imap.select("INBOX")
        imap.copy("1", "Trash")
        imap.store("1", "+FLAGS", "(\\Deleted)")
        imap.expunge()
        imap.create("X")
        imap.rename("X", "Y")
        imap.delete("Y")
        self.assertFalse(os.path.exists(self.dovecot.database(user)))

    def test_renamed_and_deleted_folder(self):
        imap = self.imap(self.user)
        imap.create("Arch")
        imap.select("INBOX")
        imap.copy("1", "Arch")
        imap.rename("Arch", "Arch2")
        self.assertEqual(self.extras("Arch2"), {1: "of 1"})
        imap.delete("Arch2")
        self.assertEqual(self.dovecot.sql(self.user, "SELECT count(*) FROM extra"), [(3,)])

    def test_damaged_database_stops_no_mail(self):
        d = self.dovecot
        with open(d.database(self.user), "wb") as out:
            out.write(os.urandom(8192))
        for suffix in ("-wal", "-shm"):
            if os.path.exists(d.database(self.user) + suffix):
                os.unlink(d.database(self.user) + suffix)
        d.expect_error("dovetail: ")
        imap = self.imap(self.user)
        imap.select("INBOX")
        self.assertEqual(imap.copy("1", "Trash")[0], "OK")
        imap.store("2", "+FLAGS", "(\\Deleted)")
        self.assertEqual(imap.expunge()[0], "OK")
        self.assertEqual(imap.delete("Trash")[0], "OK")
        d.deliver(self.user, message("still comes"))


class SubmissionTest(PluginCase):
    options = {"relay": True}

    def test_loaded_in_submission(self):
        user, d = self.new_user(), self.dovecot
        with smtplib.SMTP("127.0.0.1", d.ports["submission"]) as smtp:
            smtp.login(user, d.passwords[user])
            smtp.sendmail(user, [user], message("by submission", to=user))


class LoadOrderTest(PluginCase):
    """The fence needs acl loaded before: refuse otherwise, with a clear line."""

    def test_wrong_name_is_refused(self):
        d = PluginDovecot(users=["x@example.org"])
        self.addCleanup(d.stop)
        d.start()
        modules = d.path("modules")
        right = os.path.join(modules, "lib90_dovetail_plugin.so")
        os.rename(right, os.path.join(modules, "lib00_dovetail_plugin.so"))
        with self.assertRaises(RuntimeError) as caught:
            d.doveadm("mailbox", "list", "-u", "x@example.org")
        self.assertIn("loaded before acl", str(caught.exception))

    def test_acl_off_is_fine(self):
        d = PluginDovecot(users=["x@example.org"], acl=False)
        self.addCleanup(d.stop)
        d.start()
        d.doveadm("mailbox", "create", "-u", "x@example.org", "Cal")
        d.meta_set("x@example.org", "Cal", "item/a", "1")
        self.assertEqual(d.meta_items("x@example.org", "Cal"), {"item/a": "1"})


class AdminTest(PluginCase):
    """doveadm dovetail ..."""

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.deliver(self.user, message("first"))

    def admin(self, *args, user=None, **kwargs):
        words = 2 if args[0] == "device" else 1
        return self.dovecot.doveadm("dovetail", *args[:words], "-u", user or self.user,
                                    *args[words:], **kwargs)

    def add_device(self, name, **fields):
        record = "".join("%s\t%s\n" % item for item in fields.items())
        self.dovecot.meta_set(self.user, "INBOX",
                              "device/" + ("eas:" + name).encode().hex(), record)
        self.dovecot.sql(self.user, "INSERT INTO state VALUES(?,'state','sync/1',0,0,x'00')", "eas:" + name)
        self.dovecot.sql(self.user, "INSERT INTO sync(device,collection,key,changed,data)"
                         " VALUES(?,'1','1',0,x'00')", "eas:" + name)

    def rows(self, table):
        return [row[0] for row in self.dovecot.sql(self.user, "SELECT device FROM %s ORDER BY 1" % table)]

    def test_devices(self):
        self.add_device("APPL1", type="iPhone", state="allow", model="iPhone15C2",
                        first_seen="1790000000", agent="a\u0009b")
        self.add_device("SEC2", type="SAMSUNG", state="quarantine")
        table = self.admin("device", "list").splitlines()
        self.assertEqual(len(table), 3)
        self.assertRegex(table[1], r"^APPL1\s+iPhone\s+iPhone15C2\s+allow\s+2026-")
        self.assertRegex(table[2], r"^SEC2\s+SAMSUNG\s+quarantine")
        self.assertIn("model\tiPhone15C2", self.admin("device", "show", "APPL1"))

        bus = self.bus()
        self.admin("device", "block", "APPL1")
        self.assertIn(("C1", "block", self.user, "APPL1"), bus.read())
        shown = self.admin("device", "show", "eas:APPL1")
        self.assertIn("state\tblock", shown)
        self.assertIn("model\tiPhone15C2", shown)
        self.admin("device", "allow", "APPL1")
        self.assertIn("state\tallow", self.admin("device", "show", "APPL1"))
        self.admin("device", "account-wipe", "SEC2")
        self.assertIn("state\taccount-wipe", self.admin("device", "show", "SEC2"))

        self.admin("device", "resync", "APPL1")
        self.assertEqual((self.rows("state"), self.rows("sync")), (["eas:SEC2"], ["eas:SEC2"]))
        self.admin("device", "remove", "SEC2")
        self.assertEqual((self.rows("state"), self.rows("sync")), ([], []))
        self.assertEqual(len(self.admin("device", "list").splitlines()), 2)
        with self.assertRaises(RuntimeError) as caught:
            self.admin("device", "block", "SEC2")
        self.assertIn("not found", str(caught.exception))
        self.assertIn("exit 68", str(caught.exception))

    def test_no_devices(self):
        self.assertEqual(len(self.admin("device", "list").splitlines()), 1)
        self.assertFalse(os.path.exists(self.dovecot.database(self.user)))

    def test_flush_and_status(self):
        bus, d = self.bus(), self.dovecot
        d.doveadm("dovetail", "flush")
        d.doveadm("dovetail", "flush", "-u", self.user)
        d.doveadm("dovetail", "status")
        self.assertEqual(bus.read(), [("C1", "flush"), ("C1", "flush", self.user), ("C1", "status")])

    def test_flush_without_a_front(self):
        d = self.dovecot
        with self.assertRaises(RuntimeError) as caught:
            d.doveadm("dovetail", "flush")
        self.assertIn("was not told", str(caught.exception))

    def test_repair_of_a_lost_guid(self):
        d = self.dovecot
        if d.opt.format != "maildir":
            self.skipTest("only Maildir loses its GUID with dovecot-uidlist")
        d.doveadm("mailbox", "create", "-u", self.user, "Cal/Sub")
        d.meta_set(self.user, "Cal/Sub", "item/a", "1")
        old = d.guid(self.user, "Cal/Sub")
        number = d.sql(self.user, "SELECT fid FROM folder WHERE dead=0")
        for name in os.listdir(d.maildir(self.user) + "/.Cal.Sub"):
            if name.startswith("dovecot"):
                os.unlink(d.maildir(self.user) + "/.Cal.Sub/" + name)
        d.doveadm("index", "-u", self.user, "Cal/Sub")
        self.assertNotEqual(d.guid(self.user, "Cal/Sub"), old)
        self.assertEqual(d.meta_items(self.user, "Cal/Sub"), {})
        d.meta_set(self.user, "Cal/Sub", "item/b", "2")
        self.admin("repair")
        self.assertEqual(d.meta_items(self.user, "Cal/Sub"), {"item/a": "1", "item/b": "2"})
        self.assertEqual(d.sql(self.user, "SELECT fid FROM folder WHERE dead=0"), number)

    def test_repair_of_lost_extras(self):
        d = self.dovecot
        d.meta_set(self.user, "INBOX", "device/00", "x")
        guid = d.doveadm("fetch", "-u", self.user, "guid", "mailbox", "INBOX", "all").split()[-1]
        d.sql(self.user, "INSERT INTO extra(fid,uidvalidity,uid,name,mail_guid,data) SELECT fid,7,99,"
              "'props',?,'data' FROM folder", guid)
        d.sql(self.user, "INSERT INTO extra(fid,uidvalidity,uid,name,mail_guid,data) SELECT fid,7,98,"
              "'props','nowhere','kept' FROM folder")
        self.admin("repair")
        self.assertEqual(sorted(d.sql(self.user, "SELECT uidvalidity, uid, data FROM extra")),
                         sorted([(int(d.status(self.user, "uidvalidity")), 1, "data"),
                                 (7, 98, "kept")]))

    def test_purge_and_backup(self):
        d = self.dovecot
        d.meta_set(self.user, "INBOX", "item/a", "1")
        d.meta_set(self.user, "INBOX", "item/b", "1")
        d.meta_unset(self.user, "INBOX", "item/a")
        self.admin("purge")
        self.assertEqual(d.sql(self.user, "SELECT count(*) FROM item"), [(2,)])
        d.sql(self.user, "UPDATE item SET last_change=1000 WHERE deleted=1")
        self.admin("purge")
        self.assertEqual(d.sql(self.user, "SELECT count(*) FROM item"), [(1,)])
        copy = d.home(self.user) + "/copy.db"
        self.admin("backup", copy)
        self.assertTrue(os.path.getsize(copy) > 0)
        epoch = d.sql(self.user, "SELECT epoch FROM replica")
        os.replace(copy, d.database(self.user))
        self.assertEqual(d.meta_items(self.user, "INBOX"), {"item/b": "1"})
        self.assertNotEqual(d.sql(self.user, "SELECT epoch FROM replica"), epoch)
