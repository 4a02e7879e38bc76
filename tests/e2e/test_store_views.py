# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Others' mailboxes as views, permissions, sorted access, numbers of folders, whole
folders moved and copied, what becomes of what was deleted."""

import os
import random
import time
import unittest

from dovetail_test.case import message
from dovetail_test.dovecot import VERSION
from itemcase import CALENDAR, CONTACTS, event
from objectcase import ASSOCIATED, CN_CHANGED, ObjectCase, shown, special
from plugincase import PluginDovecot

LOOKUP, READ, WRITE, SEEN, DELETED, INSERT, EXPUNGE, CREATE, DELETE, ADMIN, POST = (
    1 << n for n in range(11))
FULL = "lookup read write write-seen write-deleted insert post expunge create delete admin".split()
SUBFOLDERS, WITH_ASSOCIATED, HARD = 1, 2, 4


class Views(ObjectCase):
    core = True

    def test_own(self):
        """One's own tree: what is shared is not in it."""
        s, d = self.store, self.dovecot
        d.share(self.sharee, "INBOX", self.user, "lookup", "read")
        d.open_public()
        with d.imap(self.user) as imap:
            imap.create(d.folder("Public/Board"))
            imap.create(d.folder("Top/Below"))
        s = self.open(self.user)
        names = {f.name for f in s.view()}
        self.assertTrue({"INBOX", "Top", "Below"} <= names, names)
        self.assertFalse({"shared", "Public", "Board"} & names, names)
        by_name = {f.name: f for f in s.view()}
        self.assertEqual((by_name["Below"].parent, by_name["Top"].parent), (by_name["Top"].fid, 0))
        board, = s.view("")
        self.assertEqual((board.name, board.parent), ("Board", 0))

    def test_other(self):
        """Another's folders as the owner sees them, roles and places too."""
        s, d = self.store, self.dovecot
        cal = s.make()
        with d.imap(self.user) as imap:
            imap.create(d.folder("Sent Items"))
            imap.create(d.folder("Top/Below"))
        other = self.open(self.sharee)
        self.assertEqual(other.run("views"), [])
        self.assertEqual(other.run("vfind", self.user), [])
        self.assertEqual(other.view(self.user), [])
        d.share(self.user, d.folder("Top/Below"), self.sharee, "lookup", "read")
        other = self.open(self.sharee)
        (owner, inbox, rights, full), = other.run("views")
        self.assertEqual((owner, inbox, rights, full), (self.user, "0", "0", "0"))
        self.assertEqual([(f.name, f.selectable) for f in other.view(self.user)],
                         [("Top", False), ("Below", True)])
        for folder in ("INBOX", "Sent", "Trash", "Drafts", "Cal"):
            d.share(self.user, d.folder(folder), self.sharee, *FULL)
        other = self.open(self.sharee)
        (owner, inbox, rights, full), = other.run("views")
        self.assertEqual((int(rights, 16), full), (0x7ff, "1"))
        self.assertEqual(other.run("vfull"), [[self.user]])
        self.assertEqual(other.run("vfind", self.user), [[owner, inbox, rights, full]])
        roles = {f.name: f.role for f in other.view(self.user)}
        self.assertEqual(roles, {"INBOX": "inbox", "Sent": "sent", "Trash": "trash", "Drafts": "drafts",
                                 "Cal": "none", "Top": "none", "Below": "none"})
        d.share(self.user, "INBOX", self.sharee, "lookup", "read", "write")
        other = self.open(self.sharee)
        self.assertEqual(other.run("vfull"), [])

    def test_default_folders_of_another(self):
        s, d = self.store, self.dovecot
        s.run("defaults")
        folder = s.folder("Calendar")
        d.share(self.user, d.folder("Calendar"), self.sharee, "lookup", "read")
        other = self.open(self.sharee)
        self.assertEqual([f.role for f in other.view(self.user)], ["calendar"])
        self.assertEqual(folder.role, "calendar")

    def test_make_in_another(self):
        d = self.dovecot
        with d.imap(self.user) as imap:
            imap.create("Top")
        d.share(self.user, "Top", self.sharee, *FULL)
        other = self.open(self.sharee)
        top = other.view(self.user)[0].fid
        child = int(other.run("pcreate", top, "Below", 0)[0][0])
        self.assertEqual([(f.fid, f.parent) for f in other.view(self.user) if f.name == "Below"], [(child, top)])
        moved, = other.run("fmove", child, top, "Renamed")[0]
        self.assertEqual(int(moved), child)
        # the root has no ACL that lets anybody in
        self.error("perm", other.run, "pcreate", special(0, self.user), "Top", 0)
        self.error("unsupported", other.run, "pcreate", special(3), "Top", 0)


class Permissions(ObjectCase):
    core = True

    def acls(self, fid, store=None):
        return {w[0]: (int(w[1], 16), int(w[2])) for w in (store or self.store).run("acls", fid)}

    def test_set_and_list(self):
        s, d = self.store, self.dovecot
        with d.imap(self.user) as imap:
            imap.create(d.folder("Team"))
        team = s.fid("Team")
        who = "user=" + self.sharee
        self.assertNotIn(who, self.acls(team))
        other = self.open(self.sharee)
        self.assertEqual(other.view(self.user), [])
        s.run("aclset", team, who, "%x" % (LOOKUP | READ | POST), 0)
        self.assertEqual(self.acls(team)[who], (LOOKUP | READ | POST, 0))
        self.assertIn("user=" + self.sharee, d.doveadm("acl", "get", "-u", self.user, d.folder("Team")))
        # a running session of the sharee sees it at once, and Dovecot asks the right
        seen = other.view(self.user)
        self.assertEqual([f.name for f in seen], ["Team"])
        self.assertEqual(int(other.run("rights", seen[0].fid)[0][-1], 16), LOOKUP | READ | POST)
        self.error("perm", other.run, "acls", seen[0].fid)
        self.error("perm", other.run, "aclset", seen[0].fid, who, "7ff", 0)
        s.run("aclset", team, who, "%x" % (LOOKUP | READ | ADMIN), 0)
        self.assertEqual(self.acls(team)[who][0], LOOKUP | READ | ADMIN)
        # Dovecot does not see a second change within the second, if the size is the same
        time.sleep(1.1)
        self.assertIn(who, self.acls(seen[0].fid, other))
        s.run("aclset", team, who, "0", 0)
        self.assertNotIn(who, self.acls(team))
        self.assertEqual(other.view(self.user), [])
        self.error("invalid", s.run, "aclset", team, "", "1", 0)
        self.error("invalid", s.run, "aclset", team, "nonsense=x", "1", 0)

    def test_everybody(self):
        s, d = self.store, self.dovecot
        with d.imap(self.user) as imap:
            imap.create(d.folder("Team"))
        team = s.fid("Team")
        s.run("aclset", team, "anyone", "%x" % LOOKUP, 0)
        s.run("aclset", team, "authenticated", "%x" % (LOOKUP | READ), 0)
        acls = self.acls(team)
        self.assertEqual((acls["anyone"], acls["authenticated"]), ((LOOKUP, 0), (LOOKUP | READ, 0)))
        s.run("aclset", team, "anyone", "0", 0)
        self.assertNotIn("anyone", self.acls(team))

    def test_busy_rights(self):
        """Who may see when the owner is busy, user by user."""
        s = self.store
        s.run("defaults")
        cal = s.role_fid("calendar")
        third = self.new_user()
        s.put(cal, "u", event("u"))
        self.assertEqual(self.acls(cal)["anyone"], (0, 1))

        def sees(user):
            ret = self.open(user).run("freebusy", self.user, 1798790000, 1798890000)[0]
            return ret == ["ret", "1"]

        self.assertTrue(sees(self.sharee))
        s.run("aclset", cal, "anyone", "0", 0)
        self.assertEqual(self.acls(cal)["anyone"], (0, 0))
        self.assertFalse(sees(self.sharee))
        s.run("aclset", cal, "user=" + self.sharee, "0", 1)
        self.assertEqual(self.acls(cal)["user=" + self.sharee], (0, 1))
        self.assertTrue(sees(self.sharee))
        self.assertFalse(sees(third))
        # who may read the calendar sees it in any case
        s.run("aclset", cal, "user=" + third, "%x" % (LOOKUP | READ), 0)
        self.assertTrue(sees(third))
        s.run("aclset", cal, "user=" + self.sharee, "0", 0)
        self.assertFalse(sees(self.sharee))


class Tables(ObjectCase):
    core = True

    def sort(self, fid, *keys, among=""):
        return [int(x) for x in self.store.run("sort", fid, among, *keys)[0][0].split()]

    def test_sort(self):
        s, d = self.store, self.dovecot
        people = ["Zoe <a@x.org>", "anna <z@x.org>", "Bob <b@x.org>"]
        subjects = ["banana", "Re: Apple", "cherry", "apple"]
        rows = []
        rng = random.Random(5)
        for n in range(24):
            rows.append((rng.choice(people), rng.choice(subjects), rng.randrange(1, 28), rng.randrange(500)))
        d.append(self.user, [
            ("From: %s\r\nSubject: %s\r\nDate: %02d Feb 2026 10:00:00 +0000\r\nMessage-ID: <%d@x>\r\n\r\n%s\r\n" % (
                who, subject, day, n, "x" * size)).encode() for n, (who, subject, day, size) in enumerate(rows)])
        seen, flagged = set(rng.sample(range(1, 25), 9)), set(rng.sample(range(1, 25), 6))
        with d.imap(self.user) as imap:
            imap.store_flags(sorted(seen), "+FLAGS (\\Seen)", "INBOX")
            imap.store_flags(sorted(flagged), "+FLAGS (\\Flagged Red)", "INBOX")
        inbox = s.inbox()
        values = {
            "from": lambda u: rows[u - 1][0].split()[0].upper(),
            "subject": lambda u: rows[u - 1][1].replace("Re: ", "").upper(),
            "sent": lambda u: rows[u - 1][2],
            "size": lambda u: (len(rows[u - 1][0]) + len(rows[u - 1][1]) + rows[u - 1][3] + len(str(u - 1))),
            "seen": lambda u: u in seen, "flagged": lambda u: u in flagged,
            "keyword=Red": lambda u: u in flagged}
        uids = list(range(1, 25))

        def stable(keys):
            result = list(uids)
            for key in reversed(keys):
                value = values[key.lstrip("-")]
                if key.startswith("-"):
                    result = [u for v in sorted({value(u) for u in result}, reverse=True)
                              for u in result if value(u) == v]
                else:
                    result.sort(key=value)
            return result

        for keys in (["from"], ["-from"], ["subject", "-sent"], ["-size"], ["seen", "-sent"],
                     ["-flagged", "subject", "from"], ["from", "seen", "-sent"],
                     ["subject", "-flagged", "from", "seen"], ["-subject", "keyword=Red"],
                     ["keyword=Red", "-seen", "-from", "flagged", "sent"], ["seen"], ["-seen"]):
            with self.subTest(keys):
                self.assertEqual(self.sort(inbox, *keys), stable(keys))
        among = "2:7,11,20:24"
        some = {2, 3, 4, 5, 6, 7, 11, 20, 21, 22, 23, 24}
        for keys in (["from", "-sent"], ["from", "seen", "sent"]):
            self.assertEqual(self.sort(inbox, *keys, among=among), [u for u in stable(keys) if u in some])
        # what arrives is in the next order
        d.append(self.user, [message("aaaa")])
        self.assertEqual(self.sort(inbox, "subject")[0], 25)

    def test_stats(self):
        s, d = self.store, self.dovecot
        cal, inbox = s.make(), s.inbox()
        with d.imap(self.user) as imap:
            imap.create(d.folder("Top/Below"))
        self.append("one", "two", "three")
        with d.imap(self.user) as imap:
            imap.store_flags([2], "+FLAGS (\\Seen)", "INBOX")
        s.put(cal, "u", event("u"))
        s.put(cal, "v", event("v"), "a=1")
        s.oput(cal, "k", b"x" * 300)
        s.oput(cal, "k", b"x" * 30, associated=False)
        s.oput(special(9), "k", b"x" * 3000)
        s.oput(inbox, "k", b"x")

        def stats(store=None, size=1):
            return {w[0]: [int(x) for x in w[1:]] for w in (store or s).run("stats", "-", size)}

        for store in (s, self.open(self.user)):
            found = stats(store)
            count, unread, size, assoc, assoc_size, changed, created, children = found[str(inbox)]
            self.assertEqual((count, unread, assoc, children), (3, 2, 1, 0))
            self.assertEqual(size, sum(m.size for m in s.fetch(inbox, "1:3")))
            self.assertLess(abs(changed - time.time()), 60)
            self.assertLess(abs(created - time.time()), 60)
            count, unread, size, assoc, assoc_size, changed = found[str(cal)][:6]
            self.assertEqual((count, unread, assoc, assoc_size), (3, 0, 1, 300))
            self.assertLess(abs(changed - time.time()), 60)
            self.assertEqual(size, len(event("u")) + len(event("v")) + 30)
            self.assertEqual(found[":9"][3:5], [1, 3000])
            self.assertEqual(found[str(s.fid("Top"))][7], 1)
            for fid in (inbox, cal):
                line = store.run("stat", fid)[0]
                self.assertEqual([int(x) for x in line[1:]], found[str(fid)])
        self.assertEqual([int(x) for x in s.run("stat", special(9))[0][4:6]], [1, 3000])
        # changes by IMAP
        self.append("four")
        with d.imap(self.user) as imap:
            imap.store_flags([1], "+FLAGS (\\Seen)", "INBOX")
        self.assertEqual(stats(size=0)[str(inbox)][:2], [4, 2])

    def test_stats_of_another(self):
        """One's own read marks count."""
        s, d = self.store, self.dovecot
        self.append("one", "two")
        d.share(self.user, "INBOX", self.sharee, "lookup", "read", "write-seen")
        with d.imap(self.user) as imap:
            imap.store_flags([1, 2], "+FLAGS (\\Seen)", "INBOX")
        other = self.open(self.sharee)
        fid = other.view(self.user)[0].fid
        self.assertEqual(other.run("stats", self.user, 0)[0][:3], [str(fid), "2", "2"])
        other.run("flags", fid, 1, 8, 0)
        self.assertEqual(other.run("stats", self.user, 0)[0][:3], [str(fid), "2", "1"])
        self.assertEqual(other.run("stat", fid)[0][:3], [str(fid), "2", "1"])


class Beside(ObjectCase):
    core = True

    def test_of_messages(self):
        """Bytes beside a message go with it, and a change of them is a change of it."""
        s, d = self.store, self.dovecot
        self.append("one", "two")
        inbox = s.inbox()
        data = random.Random(3).randbytes(2 << 20)
        s.run("xset", inbox, 1, "props", s.word(data))
        self.assertEqual(s.run("xget", inbox, 1, "props"), [[shown(data)]])
        self.assertEqual(s.run("xget", inbox, 2, "props"), [])
        self.assertEqual(s.ver("mail", inbox, 1).cn, s.gid("mail", inbox, 1)[1])
        s.run("xset", inbox, 1, "props", "00ff00", "tell")
        self.assertGreater(s.ver("mail", inbox, 1).cn, CN_CHANGED)
        self.assertEqual(s.run("xall", inbox, "props"), [["1", "00ff00"]])
        with d.imap(self.user) as imap:
            imap.select("INBOX")
            imap.uid("COPY", "1", d.folder("Trash"))
        self.assertEqual(s.run("xall", s.fid("Trash"), "props"), [["1", "00ff00"]])
        s.run("xset", inbox, 1, "props", "none")
        self.assertEqual(s.run("xget", inbox, 1, "props"), [])
        d.share(self.user, "INBOX", self.sharee, "lookup", "read")
        other = self.open(self.sharee)
        self.error("perm", other.run, "xset", other.view(self.user)[0].fid, 1, "props", "00", "tell")

    def test_of_items(self):
        s, d = self.store, self.dovecot
        cal, second = s.make(), s.make("Second")
        one, seq = s.put(cal, "u", event("u"), "a=1")
        data = random.Random(4).randbytes(1 << 20)
        point = s.point(cal)
        after = int(s.run("ibset", cal, one, "props", s.word(data))[0][0])
        self.assertGreater(after, seq)
        self.assertEqual(s.get(cal, one).seq, after)
        self.assertEqual([str(w).split(":")[0] for w in s.since(cal, point, str(one))[2]][:1], [str(one)])
        self.assertEqual(s.run("ibget", cal, one, "props"), [[shown(data)]])
        # the same again is no change
        self.assertEqual(int(s.run("ibset", cal, one, "props", s.word(data))[0][0]), after)
        # text and extras of others leave it
        s.put(cal, "u", event("u", "changed"))
        self.assertEqual(s.run("ibget", cal, one, "props"), [[shown(data)]])
        self.assertEqual(s.get(cal, one).extras, {"a": "1"})
        copy = int(s.run("icopy", cal, one, second)[0][0])
        self.assertEqual(s.run("ibget", second, copy, "props"), [[shown(data)]])
        self.assertIsNotNone(s.get(cal, one))
        s.run("ibset", second, copy, "props", "01")
        s.run("imove", cal, one, second)
        self.assertEqual(s.run("ibget", second, copy, "props"), [[shown(data)]])
        self.assertEqual(d.meta_list(self.user, "Cal"), ["folder/class"])
        s.delete_items(second, copy)
        self.assertEqual(d.meta_list(self.user, "Second"), ["folder/class"])
        again, _ = s.put(second, "u", event("u"))
        self.assertEqual(s.run("ibget", second, again, "props"), [])

    def test_fence(self):
        s, d = self.store, self.dovecot
        cal = s.make()
        one, _ = s.put(cal, "u", event("u"))
        s.run("ibset", cal, one, "p", "01")
        d.share(self.user, d.folder("Cal"), self.sharee, "lookup", "read", "insert")
        other = self.open(self.sharee)
        fid = other.view(self.user)[0].fid
        self.assertEqual(other.run("ibget", fid, one, "p"), [["01"]])
        self.error("perm", other.run, "ibset", fid, one, "p", "02")
        d.share(self.user, d.folder("Cal"), self.sharee, "lookup", "read", "write", "expunge")
        other = self.open(self.sharee)
        other.run("ibset", fid, one, "p", "02")
        other.run("ibset", fid, one, "q", "03")
        self.assertEqual(s.run("ibget", cal, one, "p"), [["02"]])
        other.delete_items(fid, one)
        self.assertEqual(d.meta_list(self.user, "Cal"), ["folder/class"])


class Folders(ObjectCase):
    core = True

    def fill(self):
        s, d = self.store, self.dovecot
        with d.imap(self.user) as imap:
            for name in ("Top", "Top/Below", "Other"):
                imap.create(d.folder(name))
        for folder in ("Top", "Top/Below"):
            d.append(self.user, [message("in " + folder)], d.folder(folder))
        top, below = s.fid("Top"), s.fid("Below")
        s.run("xset", top, 1, "props", "aabb")
        s.oput(top, "IPM.View", b"view")
        s.bset(top, "props", b"top")
        s.bset(below, "props", b"below")
        cal = s.make("Kal", CALENDAR, top)
        item, _ = s.put(cal, "u", event("u"), "a=1")
        s.run("ibset", cal, item, "props", "ccdd")
        return top, below, cal

    def check(self, store, top, view="-"):
        folders = [f for f in store.view(view) if f.parent == top]
        by_name = {f.name: f for f in folders}
        self.assertEqual(sorted(by_name), ["Below", "Kal"])
        self.assertEqual([m.subject for m in store.fetch(top, "1:9")], ["in Top"])
        self.assertEqual(store.run("xall", top, "props"), [["1", "aabb"]])
        self.assertEqual([o.key for o in store.olist(top, ASSOCIATED)], ["IPM.View"])
        self.assertEqual(store.bget(top, "props"), b"top".hex())
        self.assertEqual(store.bget(by_name["Below"].fid, "props"), b"below".hex())
        cal = by_name["Kal"]
        self.assertEqual(cal.klass, "calendar")
        item, = store.list(cal.fid)
        self.assertEqual(item.extras, {"a": "1"})
        self.assertEqual(store.run("ibget", cal.fid, item.num, "props"), [["ccdd"]])

    def test_copy(self):
        s = self.store
        top, below, cal = self.fill()
        new, partial = s.run("fcopy", top, s.fid("Other"), "Copy", 1)[0]
        self.assertEqual(partial, "0")
        self.check(s, int(new))
        self.check(s, top)
        flat, _ = s.run("fcopy", top, 0, "Flat", 0)[0]
        self.assertEqual([f for f in s.view() if f.parent == int(flat)], [])
        self.error("exists", s.run, "fcopy", top, s.fid("Other"), "Copy", 1)
        self.error("invalid", s.run, "fcopy", top, below, "Copy", 1)
        self.error("invalid", s.run, "fmove", top, below, "Copy")

    def test_move(self):
        s = self.store
        top, below, cal = self.fill()
        moved, = s.run("fmove", top, s.fid("Other"), "Moved")[0]
        self.assertEqual(int(moved), top)
        self.check(s, top)
        moved, = s.run("fmove", top, 0, "Top2")[0]
        self.assertEqual(int(moved), top)
        self.assertEqual(next(f.parent for f in s.view() if f.fid == top), 0)

    def test_move_to_public(self):
        s, d = self.store, self.dovecot
        d.open_public()
        with d.imap(self.user) as imap:
            imap.create(d.folder("Public/Board"))
        top, below, cal = self.fill()
        s = self.open(self.user)
        board = next(f.fid for f in s.view("") if f.name == "Board")
        moved = int(s.run("fmove", top, board, "Top")[0][0])
        self.assertNotEqual(moved, top)
        self.check(s, moved, "")
        self.assertNotIn("Top", [f.name for f in s.view()])

    def test_empty(self):
        s, d = self.store, self.dovecot
        top, below, cal = self.fill()
        s.oput(top, "IPM.Post", b"x", associated=False)
        s.run("pempty", top, 0)
        self.assertEqual(s.fetch(top, "1:9"), [])
        self.assertEqual([o.key for o in s.olist(top)], ["IPM.View"])
        self.assertEqual(len([f for f in s.view() if f.parent == top]), 2)
        s.run("pempty", cal, 0)
        self.assertEqual(s.nums(cal), "")
        s.run("pempty", top, SUBFOLDERS | WITH_ASSOCIATED)
        self.assertEqual(s.olist(top), [])
        self.assertEqual([f for f in s.view() if f.parent == top], [])
        s.oput(special(4), "k", b"x", associated=False)
        s.run("pempty", special(4), 0)
        self.assertEqual(s.olist(special(4)), [])

    def test_class(self):
        """A new folder becomes one of items, and back, as long as it is empty."""
        s, d = self.store, self.dovecot
        fid = s.make("New", 0)
        s.run("setclass", fid, CONTACTS)
        self.assertEqual(next(f.klass for f in s.view() if f.fid == fid), "contacts")
        self.assertEqual(d.meta_get(self.user, "New", "folder/class"), "contacts")
        with d.imap(self.user) as imap:
            self.assertNotIn("New", str(imap.list()))
        s.run("setclass", fid, 0)
        with d.imap(self.user) as imap:
            self.assertIn("New", str(imap.list()))
        d.append(self.user, [message("x")], "New")
        self.error("unsupported", s.run, "setclass", fid, CALENDAR)
        self.error("unsupported", s.run, "setclass", s.inbox(), CALENDAR)
        cal = s.make()
        s.put(cal, "u", event("u"))
        self.error("unsupported", s.run, "setclass", cal, 0)


class LazyDovecot(PluginDovecot):
    def _plugins(self):
        return super()._plugins() + " lazy_expunge"


@unittest.skipIf(VERSION >= (2, 4), "the setting has another form")
class Recover(ObjectCase):
    """lazy_expunge: what was deleted is found, comes back, and is really gone when it
    is deleted hard."""
    extra = """
namespace expunged {
  prefix = EXPUNGED/
  separator = /
  hidden = yes
  list = no
  subscriptions = no
  location = maildir:~/expunged
}
"""
    setting = "EXPUNGED/"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot.stop()
        users = cls.dovecot.opt.users
        cls.dovecot = LazyDovecot(users=users, plugin={"lazy_expunge": cls.setting},
                                  extra=cls.extra).start()

    def count(self, fid):
        lines = self.store.run("recover", fid)
        return int(lines[0][0]) if lines else None

    def test_recover(self):
        s = self.store
        trash = s.fid("Trash")
        self.append("one", "two", "three", folder="Trash")
        self.assertIn(self.count(trash), (None, 0))
        s.run("expunge", trash, "1")
        self.assertEqual(self.count(trash), 1)
        s.run("hard", trash, "2")
        self.assertEqual(self.count(trash), 1)
        self.assertEqual([m.subject for m in s.fetch(trash, "1:9")], ["three"])
        s.run("recover", trash, s.inbox())
        self.assertEqual([m.subject for m in s.fetch(s.inbox(), "1:9")], ["one"])
        self.assertEqual(self.count(trash), 0)


class RecoverOneMailbox(Recover):
    extra = ""
    setting = "Gone"

    def test_others(self):
        self.append("one")
        inbox = self.store.inbox()
        self.store.run("expunge", inbox, "1")
        self.assertIsNone(self.count(inbox))
        self.assertEqual(self.count(self.store.fid("Trash")), 1)
