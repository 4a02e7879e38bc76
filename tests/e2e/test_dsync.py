# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Items through dsync: replicas that change on both sides end the same, also
when the index log has forgotten what was deleted."""

import os
import time

from dovetail_test.case import message
from plugincase import PREFIX, PluginCase

KEY = PREFIX[len("/shared/"):]


class DsyncCase(PluginCase):
    def setUp(self):
        super().setUp()
        self.one, self.two, self.three = (self.new_user() for _ in range(3))
        for user in (self.one, self.two, self.three):
            os.makedirs(self.dovecot.home(user), exist_ok=True)
            os.chown(self.dovecot.home(user), 5000, 5000) if os.getuid() == 0 else None

    def create(self, *users):
        for user in users:
            self.dovecot.doveadm("mailbox", "create", "-u", user, "Cal", check=False)

    def set(self, user, **items):
        for key, value in items.items():
            self.dovecot.meta_set(user, "Cal", "item/" + key, value)

    def unset(self, user, *keys):
        for key in keys:
            self.dovecot.meta_unset(user, "Cal", "item/" + key)

    def items(self, user):
        return {key[len("item/"):]: value
                for key, value in self.dovecot.meta_items(user, "Cal").items()}

    def sync(self, source=None, target=None, *options, command="sync"):
        """As an administrator runs it: a first run that found a folder in
        motion (exit code 2) is run again."""
        source, target = source or self.one, target or self.two
        for _ in range(3):
            try:
                return self.dovecot.doveadm(command, *options, "-u", source, "doveadm", "-c",
                                            self.dovecot.conf, "dsync-server", "-u", target).strip()
            except RuntimeError as error:
                if "exit 2\n" not in str(error):
                    raise
        self.fail("dsync does not come to an end")

    def both(self, **expected):
        self.assertEqual(self.items(self.one), expected)
        self.assertEqual(self.items(self.two), expected)

    def start(self, **items):
        self.create(self.one)
        self.set(self.one, **items)
        self.sync()
        self.both(**items)

    def forget_log(self, user):
        """The index and its log are gone: no record of any deletion."""
        if self.dovecot.opt.format != "maildir":
            self.skipTest("dbox keeps the GUID in the index")
        removed = 0
        for top, _, files in os.walk(self.dovecot.maildir(user)):
            for name in files:
                if name.startswith("dovecot.index") and os.path.basename(top).lstrip(".") == "Cal":
                    os.unlink(os.path.join(top, name))
                    removed += 1
        self.assertGreater(removed, 0)


class TwoWayTest(DsyncCase):
    core = True

    def test_first_run(self):
        """Into a mailbox that nobody has opened: INBOX's directories appear on the way, and it
        gets the other side's GUID all the same; so one run is enough."""
        for _ in range(4):
            one, two = self.new_user(), self.new_user()
            self.dovecot.doveadm("mailbox", "create", "-u", one, "Cal", "Notes")
            self.dovecot.doveadm("sync", "-u", one, "doveadm", "-c", self.dovecot.conf, "dsync-server", "-u", two)
            self.assertEqual(self.dovecot.guid(one), self.dovecot.guid(two))

    test_first_run.storage = False      # in dbox INBOX keeps the GUID of its own index

    def test_both_sides_change_the_same_number(self):
        """Equal modseqs on both sides: stock dsync would skip the mailbox."""
        self.start(x="1")
        expected = {"x": "1"}
        for n in range(6):
            self.set(self.one, **{"a%d" % n: "one"})
            self.set(self.two, **{"b%d" % n: "two"})
            self.sync()
            expected.update({"a%d" % n: "one", "b%d" % n: "two"})
            self.both(**expected)

    def test_one_side_changes(self):
        self.start(x="1")
        self.set(self.one, n="1")
        self.sync()
        self.set(self.two, m="2")
        self.sync()
        self.both(x="1", n="1", m="2")

    def test_later_change_wins(self):
        self.start(x="0", y="0", other="0")
        self.set(self.one, x="one", other="1")
        self.set(self.one, other="2")
        time.sleep(1.1)
        self.set(self.two, x="two")
        self.sync()
        self.both(x="two", y="0", other="2")
        self.set(self.two, y="two", other="3")
        self.set(self.two, other="4")
        time.sleep(1.1)
        self.set(self.one, y="one")
        self.sync()
        self.both(x="two", y="one", other="4")

    def test_deletions_on_both_sides(self):
        self.start(a="1", b="1", c="1")
        self.unset(self.one, "a")
        self.unset(self.two, "b")
        self.set(self.two, d="new")
        self.sync()
        self.both(c="1", d="new")
        self.sync()
        self.both(c="1", d="new")

    def test_edit_after_deletion_wins_and_the_other_way(self):
        self.start(a="1", b="1")
        self.unset(self.one, "a")
        self.set(self.two, b="edited")
        time.sleep(1.1)
        self.set(self.two, a="edited")
        self.unset(self.one, "b")
        self.sync()
        self.both(a="edited")

    def test_full_sync_and_stateful(self):
        self.start(a="1")
        self.set(self.one, b="1")
        self.unset(self.two, "a")
        self.sync(self.one, self.two, "-f")
        self.both(b="1")
        state = self.sync(self.one, self.two, "-s", "")
        self.assertTrue(state)
        for n in range(3):
            self.set(self.one, **{"s%d" % n: "1"})
            self.set(self.two, **{"t%d" % n: "2"})
            state = self.sync(self.one, self.two, "-s", state)
        self.unset(self.two, "s0")
        self.sync(self.one, self.two, "-s", state)
        self.both(b="1", s1="1", s2="1", t0="2", t1="2", t2="2")

    def test_same_name_made_on_both_sides_with_mail(self):
        d = self.dovecot
        self.create(self.one, self.two)
        self.set(self.one, a="1")
        self.set(self.two, b="2")
        for user in (self.one, self.two):
            d.doveadm("save", "-u", user, "-m", "Cal", input=message("from " + user))
        for _ in range(3):
            self.sync()
        self.both(a="1", b="2")
        guid = d.guid(self.one, "Cal")
        self.assertEqual(d.guid(self.two, "Cal"), guid)
        self.sync()
        self.assertEqual((d.guid(self.one, "Cal"), d.guid(self.two, "Cal")), (guid, guid))
        self.assertEqual(d.status(self.one, "messages", "Cal"), "2")

    def test_deleted_folder(self):
        d = self.dovecot
        self.start(a="1")
        time.sleep(1.1)
        d.doveadm("mailbox", "delete", "-u", self.one, "Cal")
        self.sync()
        for user in (self.one, self.two):
            self.assertNotIn("Cal", d.doveadm("mailbox", "list", "-u", user).split())
            self.assertEqual(d.sql(user, "SELECT count(*) FROM item"), [(0,)])

    def test_60_mb(self):
        d = self.dovecot
        self.start(a="1")
        big = "begin" + "x" * 60_000_000 + "end"
        (fid,), = d.sql(self.one, "SELECT fid FROM folder WHERE fkey=?", "g" + d.guid(self.one, "Cal"))
        d.sql(self.one, "INSERT INTO item(id,fid,key,seq,last_change,deleted,size) VALUES(999,?,?,999,?,0,?)",
              fid, KEY + "item/big", int(time.time()), len(big))
        d.sql(self.one, "INSERT INTO item_value VALUES(999,?)", big)
        self.sync(self.one, self.two, "-f")
        self.assertEqual(d.rows(self.two, d.guid(self.two, "Cal"))["item/big"], big)

    test_60_mb.storage = False


class RotatedLogTest(DsyncCase):
    """Deletions whose log records are gone, by accident and by rotation."""
    core = True

    def test_log_of_the_deleting_side_lost(self):
        self.start(a="1", b="1")
        self.unset(self.one, "a")
        self.forget_log(self.one)
        self.sync()
        self.both(b="1")

    def test_log_of_the_other_side_lost(self):
        self.start(a="1", b="1")
        self.unset(self.one, "a")
        self.set(self.two, c="1")
        self.forget_log(self.two)
        self.sync()
        self.both(b="1", c="1")

    def test_both_lost_with_edits_on_both_sides(self):
        """Both indexes are new and look equal: that takes a full sync."""
        self.start(a="1", b="1", c="1", d="1")
        self.unset(self.one, "a")
        self.unset(self.two, "b")
        self.set(self.one, c="one")
        time.sleep(1.1)
        self.set(self.two, d="two", c="two", new="2")
        self.forget_log(self.one)
        self.forget_log(self.two)
        self.sync(self.one, self.two, "-f")
        self.both(c="two", d="two", new="2")


class NaturalRotationTest(DsyncCase):
    options = {"extra": "mail_index_log_rotate_min_size = 1k\nmail_index_log_rotate_min_age = 1s\n"
                        "mail_index_log_rotate_max_size = 2k\nmail_index_log2_max_age = 1s\n"}

    def rotate(self, user):
        """Until the log files that were there are gone."""
        logs = self.logs(user)
        with self.dovecot.imap(user) as imap:
            imap.select("Cal")
            for n in range(400):
                imap.store("1", "%sFLAGS" % "+-"[n % 2], "(\\Flagged)")
                if n % 100 == 99:
                    time.sleep(1.1)
                    imap.close()
                    imap.select("Cal")
                    if not logs & self.logs(user):
                        return
        self.fail("the log does not rotate")

    def logs(self, user):
        found = set()
        for top, _, files in os.walk(self.dovecot.maildir(user)):
            if os.path.basename(top).lstrip(".") not in ("Cal", "dbox-Mails") or "Cal" not in top:
                continue
            for name in files:
                if name.startswith("dovecot.index.log"):
                    found.add(os.stat(os.path.join(top, name)).st_ino)
        return found

    def test_deletions_and_edits_survive_rotation(self):
        self.create(self.one)
        self.dovecot.doveadm("save", "-u", self.one, "-m", "Cal", input=message("a mail"))
        self.start(a="1", b="1", c="1")
        self.unset(self.one, "a")
        self.unset(self.two, "b")
        self.set(self.two, c="two")
        self.rotate(self.one)
        self.rotate(self.two)
        self.sync()
        self.both(c="two")


class ChainTest(DsyncCase):
    core = True

    def chain(self):
        self.sync(self.one, self.two)
        self.sync(self.two, self.three)

    def all(self, **expected):
        for user in (self.one, self.two, self.three):
            self.assertEqual(self.items(user), expected, user)

    def test_changes_travel_on(self):
        d = self.dovecot
        self.create(self.one)
        self.set(self.one, x="1", y="1")
        d.doveadm("save", "-u", self.one, "-m", "Cal", input=message("a mail"))
        self.chain()
        self.all(x="1", y="1")
        self.set(self.one, x="2", n="new")
        self.unset(self.one, "y")
        self.chain()
        self.all(x="2", n="new")
        # and back
        self.set(self.three, z="3")
        self.unset(self.three, "n")
        self.sync(self.two, self.three)
        self.sync(self.one, self.two)
        self.all(x="2", z="3")

    def test_stateful(self):
        self.create(self.one)
        self.set(self.one, x="1", y="1")
        first = self.sync(self.one, self.two, "-s", "")
        second = self.sync(self.two, self.three, "-s", "")
        for n in range(3):
            self.set(self.one, x=str(n), **{"n%d" % n: "1"})
            first = self.sync(self.one, self.two, "-s", first)
            second = self.sync(self.two, self.three, "-s", second)
        self.unset(self.one, "y")
        self.sync(self.one, self.two, "-s", first)
        self.sync(self.two, self.three, "-s", second)
        self.all(x="2", n0="1", n1="1", n2="1")

    def test_it_comes_to_rest(self):
        """Nothing echoes between replicas: modseqs stand still."""
        d = self.dovecot
        self.create(self.one)
        self.set(self.one, x="1")
        for _ in range(2):
            self.chain()
        before = [d.status(u, "highestmodseq", "Cal") for u in (self.one, self.two, self.three)]
        for _ in range(2):
            self.chain()
        self.assertEqual([d.status(u, "highestmodseq", "Cal")
                          for u in (self.one, self.two, self.three)], before)


class BackupTest(DsyncCase):
    def test_restore_into_an_empty_target(self):
        d = self.dovecot
        self.create(self.one)
        self.set(self.one, a="1", b="2")
        d.meta_set(self.one, "INBOX", "device/6162", "state allow")
        self.sync(command="backup")
        self.both(a="1", b="2")
        self.assertEqual(d.meta_items(self.two, "INBOX"), {"device/6162": "state allow"})
        # numbers are not copied
        self.assertNotEqual(d.sql(self.one, "SELECT epoch FROM replica"),
                            d.sql(self.two, "SELECT epoch FROM replica"))

    def test_again_after_changes(self):
        self.create(self.one)
        self.set(self.one, a="1", b="2")
        self.sync(command="backup")
        self.set(self.one, a="changed")
        self.unset(self.one, "b")
        self.sync(command="backup")
        self.both(a="changed")


class OtherFormatTest(DsyncCase):
    def test_maildir_to_sdbox(self):
        d = self.dovecot
        d.opt.passwd_fields[self.two] = {"userdb_mail": "sdbox:~/" + d.mail_folder}
        d.write_users()
        self.start(a="1", b="1")
        self.unset(self.two, "a")
        self.set(self.one, c="1")
        self.sync()
        self.both(b="1", c="1")
