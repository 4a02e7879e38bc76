# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Items of the store: appointments, contacts, tasks and notes as attributes of
their folder, read and written by the store, doveadm and dsync."""

import os
import time
import unittest

from dovetail_test.case import message
from itemcase import CALENDAR, CONTACTS, ItemCase, card, event, name


class Items(ItemCase):
    storage = False
    core = True

    def test_put_get_list_delete(self):
        s, d = self.store, self.dovecot
        cal = s.make()
        one, seq1 = s.put(cal, "uid-1", event("uid-1"), "a=1;b=x y")
        two, seq2 = s.put(cal, "uid-2", event("uid-2"))
        self.assertGreater(two, one)
        self.assertGreater(seq2, seq1)
        item = s.get(cal, one)
        self.assertEqual((item.num, item.seq, item.name, item.text, item.extras),
                         (one, seq1, name("uid-1"), event("uid-1"), {"a": "1", "b": "x y"}))
        self.assertEqual(s.by_uid(cal, "uid-2").num, two)
        self.assertIsNone(s.by_uid(cal, "uid-3"))
        self.assertEqual([i.num for i in s.list(cal)], [one, two])
        self.assertEqual([i.num for i in s.list(cal, "1:999", "newest")], [two, one])
        self.assertEqual(s.run("ifind", CALENDAR, "uid-2"), [[str(cal), str(two)]])
        # doveadm shows readable appointments
        self.assertEqual(d.meta_get(self.user, "Cal", "item/" + name("uid-1")), event("uid-1"))
        self.assertEqual(d.meta_get(self.user, "Cal", "folder/class"), "calendar")
        s.delete_items(cal, one)
        self.assertIsNone(s.get(cal, one))
        self.assertEqual(s.nums(cal), str(two))
        self.assertEqual(d.meta_list(self.user, "Cal"), ["folder/class", "item/" + name("uid-2")])
        s.delete_items(cal, one, two)
        self.assertEqual(s.nums(cal), "")

    def test_numbers_are_never_used_again(self):
        s = self.store
        cal = s.make()
        one, _ = s.put(cal, "uid-1", event("uid-1"), "a=1")
        s.delete_items(cal, one)
        two, _ = s.put(cal, "uid-2", event("uid-2"))
        self.assertGreater(two, one)
        # the same item comes back under its number, without the old extras
        again, _ = s.put(cal, "uid-1", event("uid-1", "again"))
        self.assertEqual(again, one)
        self.assertEqual(s.get(cal, one).extras, {})
        s.delete_items(cal, one, two)
        self.dovecot.doveadm("mailbox", "delete", "-u", self.user, "Cal")
        cal = s.make("Cal2")
        self.assertGreater(s.put(cal, "uid-1", event("uid-1"))[0], two)

    def test_extras(self):
        s = self.store
        cal = s.make()
        one, _ = s.put(cal, "u", event("u"), "k=v")
        s.put(cal, "u", event("u", "2"))
        self.assertEqual(s.get(cal, one).extras, {"k": "v"}, "not given: they stay")
        s.put(cal, "u", event("u", "2"), "k=w;l=m")
        self.assertEqual(s.get(cal, one).extras, {"k": "w", "l": "m"})
        s.put(cal, "u", event("u", "2"), "")
        self.assertEqual(s.get(cal, one).extras, {})

    def test_the_same_again_is_no_change(self):
        s = self.store
        cal = s.make()
        first = s.put(cal, "u", event("u"), "k=v")
        point = s.point(cal)
        bus = self.bus()
        self.assertEqual(s.put(cal, "u", event("u"), "k=v"), first)
        self.assertEqual(s.put(cal, "u", event("u")), first)
        self.assertTrue(s.same(cal, point))
        self.assertEqual(bus.read(), [])

    def test_expected_and_new(self):
        s, other = self.store, self.open(self.user)
        cal = s.make()
        _, seq = s.put(cal, "u", event("u"), only_new=True)
        self.error("exists", s.put, cal, "u", event("u", "2"), only_new=True)
        self.error("exists", s.put, cal, "u", event("u"), only_new=True)
        _, later = other.put(cal, "u", event("u", "other"), expected=seq)
        self.error("exists", s.put, cal, "u", event("u", "mine"), expected=seq)
        self.assertEqual(s.by_uid(cal, "u").text, event("u", "other"))
        # a change of the extras alone is one too
        _, last = other.put(cal, "u", event("u", "other"), "k=v", expected=later)
        self.error("exists", s.put, cal, "u", event("u", "mine"), expected=later)
        s.put(cal, "u", event("u", "mine"), expected=last)
        s.delete_items(cal, s.by_uid(cal, "u").num)
        self.error("exists", other.put, cal, "u", event("u", "x"), expected=last)

    def test_changes(self):
        s, other = self.store, self.open(self.user)
        cal = s.make()
        start = s.point(cal)
        self.assertTrue(s.same(cal, start))
        one, _ = other.put(cal, "1", event("1"))
        two, _ = other.put(cal, "2", event("2"), "k=v")
        three, _ = other.put(cal, "3", event("3"))
        self.assertFalse(s.same(cal, start))
        ret, added, changed, expunged, point = s.since(cal, start)
        self.assertEqual((ret, added, changed, expunged), (1, "%d,%d,%d" % (one, two, three) if two > one + 1
                         else "%d:%d,%d" % (one, two, three), [], ""))
        self.assertTrue(s.same(cal, point))
        known = "%d,%d,%d" % (one, two, three)
        self.dovecot.meta_set(self.user, "Cal", "item/" + name("1"), event("1", "by doveadm"))
        other.put(cal, "2", event("2"), "k=w")
        other.delete_items(cal, three)
        four, _ = other.put(cal, "4", event("4"))
        ret, added, changed, expunged, after = s.since(cal, point, known)
        self.assertEqual((ret, added, sorted(changed), expunged),
                         (1, str(four), [str(one), str(two)], str(three)))
        # gone and come back between two looks: changed
        other.delete_items(cal, one)
        other.put(cal, "1", event("1", "back"))
        self.assertEqual(s.since(cal, after, known)[1:4], ("", [str(one)], ""))
        # points of another folder say nothing
        cal2 = s.make("Cal2")
        self.assertEqual(s.since(cal2, after, known)[0], 0)
        self.assertFalse(s.same(cal2, after))

    def test_move(self):
        s = self.store
        cal, cal2, people = s.make(), s.make("Cal2"), s.make("People", CONTACTS)
        one, _ = s.put(cal, "u", event("u"), "k=v")
        s.put(cal2, "u", event("u", "older"), "x=y")
        (new,), = s.run("imove", cal, one, cal2)
        item = s.get(cal2, int(new))
        self.assertEqual((item.text, item.extras), (event("u"), {"k": "v"}))
        self.assertEqual((s.nums(cal), s.nums(cal2)), ("", new))
        self.error("notfound", s.run, "imove", cal, one, cal2)
        self.error("invalid", s.run, "imove", cal2, new, people)
        self.error("invalid", s.run, "imove", cal2, new, cal2)

    def test_wrong_folders_and_items(self):
        s = self.store
        inbox, cal = s.fid("INBOX"), s.make()
        self.error("unsupported", s.put, inbox, "u", event("u"))
        self.error("unsupported", s.nums, inbox)
        self.error("unsupported", s.open, cal)
        self.error("notfound", s.nums, 4711)
        self.error("invalid", s.put, cal, "", event("u"))

    def test_many(self):
        s = self.store
        cal = s.make()
        bus = self.bus()
        s.many(cal, "u", 300, event("u%s"))
        self.assertEqual(len(bus.read()), 1, "one transaction, one record")
        self.assertEqual(s.run("inums", cal)[0][0], "300")
        point = s.point(cal)
        s.many(cal, "u", 300, event("u%s"))
        self.assertTrue(s.same(cal, point), "the same again")

    def test_bus(self):
        s, bus = self.store, self.bus()
        cal = s.make()
        guid = self.dovecot.guid(self.user, "Cal")
        bus.read()
        num, _ = s.put(cal, "u", event("u"))
        self.assertEqual([(r[0], r[1], set(r[2])) for r in bus.read()], [(self.user, guid, {"attribute"})])
        s.delete_items(cal, num)
        self.assertEqual([(r[0], r[1], set(r[2])) for r in bus.read()], [(self.user, guid, {"attribute"})])


class Index(ItemCase):
    storage = False
    core = True

    def test_range(self):
        s = self.store
        cal = s.make()
        past, _ = s.put(cal, "past", event("past", "p", "20200101T100000Z", "20200101T110000Z"))
        now, _ = s.put(cal, "now", event("now", "n", "20270110T100000Z", "20270110T110000Z"))
        late, _ = s.put(cal, "late", event("late", "l", "20300101T100000Z", "20300101T110000Z"))
        ever, _ = s.put(cal, "ever", event("ever", "e", "20200101T100000Z", "20200101T110000Z",
                                           "RRULE:FREQ=WEEKLY"))
        broken, _ = s.put(cal, "broken", "no calendar at all")
        jan27, feb27 = 1798761600, 1801440000
        self.assertEqual(s.range(cal, jan27, feb27), "%d,%d:%d" % (now, ever, broken))
        self.assertEqual(s.range(cal, jan27), "%d:%d" % (now, broken))
        self.assertEqual(s.range(cal, 0, jan27), "%d,%d:%d" % (past, ever, broken))
        # whoever writes: doveadm, another store, a deletion
        self.dovecot.meta_set(self.user, "Cal", "item/" + name("late"),
                              event("late", "l", "20270111T100000Z", "20270111T110000Z"))
        self.open(self.user).delete_items(cal, now)
        self.assertEqual(s.range(cal, jan27, feb27), "%d:%d" % (late, broken))

    def test_search(self):
        s = self.store
        people, others = s.make("People", CONTACTS), s.make("Others", CONTACTS)
        anna, _ = s.put(people, "1", card("Änna Müller-Straße", "EMAIL:anna.mueller@example.com"))
        bob, _ = s.put(others, "2", card("Bob Miller", "TEL:+49 30 123456"))
        yu, _ = s.put(people, "3", card("张伟"))
        for query, hits in (("anna", [(people, anna)]), ("ÄNNA", [(people, anna)]), ("strasse", [(people, anna)]),
                            ("m", [(others, bob), (people, anna)]), ("mull bob", []), ("bo mil", [(others, bob)]),
                            ("ller", []), ("mueller@example", [(people, anna)]), ("张", [(people, yu)]),
                            ("%", []), ("_", []), ("", [])):
            with self.subTest(query):
                self.assertEqual(s.search(CONTACTS, query), (len(hits), hits))
        self.assertEqual(s.search(CONTACTS, "m", people), (1, [(people, anna)]))
        self.assertEqual(s.search(CONTACTS, "m", maximum=1), (2, [(others, bob)]))
        s.put(people, "1", card("Carla"))
        s.delete_items(others, bob)
        self.assertEqual(s.search(CONTACTS, "m"), (0, []))
        self.assertEqual(s.search(CONTACTS, "carl"), (1, [(people, anna)]))


class Folders(ItemCase):
    core = True
    options = {"plugin": {"dovetail_language": "de_AT"}}

    def test_default_folders(self):
        s, d = self.store, self.dovecot
        d.doveadm("mailbox", "create", "-u", self.user, "Notes")
        s.run("defaults")
        roles = {f.role: f for f in s.folders() if f.klass != "mail"}
        self.assertEqual({r: (f.name, f.klass) for r, f in roles.items()}, {
            "calendar": ("Calendar", "calendar"), "contacts": ("Contacts", "contacts"),
            "collected": ("Collected Contacts", "contacts"), "tasks": ("Tasks", "tasks"),
            "notes": ("Notes 2", "notes"), "journal": ("Journal", "journal")})
        self.assertEqual(roles["notes"].display, "Notizen 2")
        self.assertEqual(roles["calendar"].display, "Kalender")
        before = {f.fid for f in s.folders()}
        s.run("defaults")
        self.open(self.user).run("defaults")
        self.assertEqual({f.fid for f in s.folders()}, before)
        fid = roles["calendar"].fid
        self.error("unsupported", s.run, "delete", fid)
        self.error("unsupported", s.run, "rename", fid, 0, "Mine")
        self.error("unsupported", s.run, "subscribe", fid, 0)
        # renamed by an IMAP client: that name is shown, the role stays
        with d.imap(self.user) as imap:
            imap.rename(d.folder("Calendar"), d.folder("Termine"))
        folder = s.folder("Termine")
        self.assertEqual((folder.fid, folder.role, folder.display), (fid, "calendar", "Termine"))

    def test_two_at_once(self):
        stores = [self.open(self.user) for _ in range(3)]
        calls = [self.in_background(s.run, "defaults") for s in stores]
        for wait in calls:
            wait()
        made = [f for f in self.store.folders() if f.klass != "mail"]
        self.assertEqual(len(made), 6, [f.name for f in made])

    def test_imap_does_not_list_them(self):
        s, d = self.store, self.dovecot
        s.run("defaults")
        parent = s.role_fid("calendar")
        s.make("Sub", CALENDAR, parent)
        d.doveadm("mailbox", "create", "-u", self.user, "Mail")
        with d.imap(self.user) as imap:
            for command in ("LIST", "LSUB"):
                names = [line.decode() for line in imap._simple_command(command, '""', "*") and
                         imap.untagged_responses.pop(command, [])]
                self.assertEqual([n for n in names if "Calendar" in n or "Tasks" in n], [], command)
            names = b"".join(imap.list()[1])
            self.assertIn(b"INBOX", names)
            self.assertIn(b"Mail", names)
            self.assertEqual(imap.select(d.folder("Calendar"))[0], "OK")
            self.assertEqual(imap.status(d.folder("Tasks"), "(MESSAGES)")[0], "OK")
            imap.rename(d.folder("Journal"), d.folder("Diary"))
            self.assertNotIn(b"Diary", b"".join(imap.list()[1]))
        self.assertIn("Calendar", d.doveadm("mailbox", "list", "-u", self.user))
        self.assertNotIn("Calendar", d.doveadm("mailbox", "list", "-s", "-u", self.user))
        # no longer of items: seen again
        d.meta_unset(self.user, "Tasks", "folder/class")
        with d.imap(self.user) as imap:
            self.assertIn(b"Tasks", b"".join(imap.list()[1]))
        d.doveadm("mailbox", "delete", "-u", self.user, "Diary")

    def test_class_by_doveadm_is_seen_at_once(self):
        s, d = self.store, self.dovecot
        d.doveadm("mailbox", "create", "-u", self.user, "Team")
        self.assertEqual(s.folder("Team").klass, "mail")
        d.meta_set(self.user, "Team", "folder/class", "contacts")
        self.assertEqual(s.folder("Team").klass, "contacts")
        d.meta_set(self.user, "Team", "folder/class", "no such class")
        self.assertEqual(s.folder("Team").klass, "mail")

    def test_interrupted_making(self):
        """The mailbox is there and its class is not: a crash between them."""
        s, d = self.store, self.dovecot
        s.folders()
        d.doveadm("mailbox", "create", "-u", self.user, "Half")
        d.doveadm("mailbox", "create", "-u", self.user, "Mail")
        d.doveadm("save", "-u", self.user, "-m", "Mail", input=message("a mail"))
        for folder in ("Half", "Mail", "Never"):
            d.sql(self.user, "INSERT INTO state(device,kind,name,changed,expires,data)"
                  " VALUES('','make-folder',?,?,0,?)", folder, int(time.time()) - 3600,
                  b"class\tcalendar")
        other = self.open(self.user)
        self.assertEqual(other.folder("Half").klass, "calendar")
        self.assertEqual(other.folder("Mail").klass, "mail", "there is mail in it")
        self.assertEqual(d.sql(self.user, "SELECT count(*) FROM state WHERE kind='make-folder'"), [(0,)])

    def test_props(self):
        s = self.store
        cal = s.make("Work")
        self.assertEqual(s.run("props", cal), [["", "", "0", "-1"]])
        s.run("props", cal, "#ff8800", "Arbeit", 3, 15)
        self.assertEqual(s.run("props", cal), [["#ff8800", "Arbeit", "3", "15"]])
        self.assertEqual(s.folder("Work").display, "Arbeit")
        self.error("invalid", s.run, "props", cal, "red", "", 0, -1)
        s.run("subscribe", cal, 0)
        self.assertFalse(s.folder("Work").subscribed)
        s.run("subscribe", cal, 1)
        self.assertTrue(s.folder("Work").subscribed)

    def test_mail_and_items_apart(self):
        s = self.store
        archive = s.make("Archive", CALENDAR)
        self.assertEqual(s.folder("Archive").role, "none")
        s.put(archive, "u", event("u", "needle"))
        self.assertEqual(s.run("search", 0, 0, "text", "needle")[0], ["total", "0"])
        self.error("unsupported", s.run, "empty", archive)


class Doveadm(ItemCase):
    storage = False
    core = True

    def test_folders_and_items(self):
        d, s = self.dovecot, self.store
        adm = lambda *args, **kw: d.doveadm("dovetail", *args[:2], "-u", self.user, *args[2:], **kw)
        adm("folder", "defaults")
        adm("folder", "create", "Work", "calendar")
        self.assertEqual(s.folder("Work").klass, "calendar")
        lines = [line.split() for line in adm("folder", "list").splitlines()]
        self.assertEqual(len(lines), 8)
        work = [line for line in lines if line[0] == "Work"][0]
        self.assertEqual((work[2], work[-1]), ("calendar", "yes"))
        num, _ = s.put(s.folder("Work").fid, "uid-1", event("uid-1", "A title"))
        listed = adm("item", "list", "Work")
        self.assertIn("A title", listed)
        for name_ in (str(num), "uid-1"):
            self.assertIn("BEGIN:VEVENT", adm("item", "show", "Work", name_))
        adm("item", "delete", "Work", "uid-1")
        self.assertEqual(s.nums(s.folder("Work").fid), "")
        for args in (("item", "show", "Work", "uid-1"), ("item", "list", "Nowhere"),
                     ("folder", "create", "X", "pictures"), ("folder", "delete", "Calendar")):
            with self.assertRaises(RuntimeError):
                adm(*args)
        adm("folder", "delete", "Work")
        self.assertIsNone(s.folder("Work"))


class FreeBusy(ItemCase):
    storage = False
    core = True
    jan27 = 1798761600

    def setUp(self):
        super().setUp()
        self.store.run("defaults")
        self.cal = self.store.role_fid("calendar")
        put = self.store.put
        put(self.cal, "a", event("a", "secret", "20270104T100000Z", "20270104T110000Z"))
        put(self.cal, "b", event("b", "secret", "20270104T103000Z", "20270104T120000Z"))
        put(self.cal, "free", event("free", "f", "20270104T150000Z", "20270104T160000Z", "TRANSP:TRANSPARENT"))
        put(self.cal, "gone", event("gone", "f", "20270104T170000Z", "20270104T180000Z", "STATUS:CANCELLED"))
        put(self.cal, "broken", "BEGIN:nothing")
        put(self.store.make("Second"), "c", event("c", "w", "20261228T080000Z", "20261228T083000Z",
                                                 "RRULE:FREQ=WEEKLY;COUNT=3"))
        self.monday = self.jan27 + 3 * 86400
        self.busy = [(8 * 3600, 8 * 3600 + 1800, 2), (10 * 3600, 12 * 3600, 2)]

    def ask(self, store, user, days=1):
        (_, ret), *times = store.run("freebusy", user, self.monday, self.monday + days * 86400)
        return int(ret), [(int(a) - self.monday, int(b) - self.monday, int(c)) for a, b, c in times]

    def test_own_and_others(self):
        self.assertEqual(self.ask(self.store, self.user), (1, self.busy))
        other = self.open(self.sharee)
        self.assertEqual(self.ask(other, self.user), (1, self.busy))
        self.assertEqual(self.ask(other, "nobody@example.org"), (0, []))
        self.assertEqual(self.ask(other, "../" + self.user), (0, []))
        self.assertEqual(self.ask(other, ""), (0, []))
        # nothing else of the owner's is seen
        self.assertEqual([f.name for f in other.folders() if f.foreign], [])

    def test_who_may(self):
        d, other = self.dovecot, self.open(self.sharee)
        d.meta_set(self.user, "Calendar", "folder/freebusy", "none")
        self.assertEqual(self.ask(other, self.user), (0, []))
        d.meta_set(self.user, "Calendar", "folder/freebusy", "acl")
        self.assertEqual(self.ask(other, self.user), (0, []))
        d.share(self.user, "Calendar", self.sharee, "lookup")
        other = self.open(self.sharee)
        self.assertEqual(self.ask(other, self.user), (1, self.busy))
        folder = [f for f in other.folders() if f.foreign and f.klass == "calendar"][0]
        self.error("perm", other.nums, folder.fid)

    def test_clipped(self):
        (_, ret), *times = self.store.run("freebusy", self.user, self.monday + 11 * 3600, self.monday + 11 * 3600 + 60)
        self.assertEqual([[int(x) - self.monday for x in t[:2]] for t in times],
                         [[11 * 3600, 11 * 3600 + 60]])


class Sharing(ItemCase):
    storage = False
    core = True
    options = {"plugin": {"dovetail_language": "de"}}

    def setUp(self):
        super().setUp()
        self.store.run("defaults")
        self.cal = self.store.role_fid("calendar")
        self.num, _ = self.store.put(self.cal, "u", event("u"), "k=v")

    def shared(self, *rights):
        self.dovecot.share(self.user, "Calendar", self.sharee, *rights)
        other = self.open(self.sharee)
        for folder in other.folders():
            if folder.foreign and folder.klass == "calendar":
                return other, folder
        self.fail("the sharee does not see it")

    def test_reader(self):
        other, folder = self.shared("lookup", "read")
        self.assertEqual((folder.role, folder.klass, folder.owner), ("none", "calendar", self.user))
        item = other.by_uid(folder.fid, "u")
        self.assertEqual((item.num, item.text, item.extras), (self.num, event("u"), {"k": "v"}))
        self.error("perm", other.put, folder.fid, "u", event("u", "stolen"))
        self.error("perm", other.put, folder.fid, "u", event("u"), "k=stolen")
        self.error("perm", other.put, folder.fid, "new", event("new"))
        self.error("perm", other.delete_items, folder.fid, self.num)
        self.error("perm", other.run, "props", folder.fid, "#000000", "", 0, -1)
        self.assertEqual([i.text for i in self.store.list(self.cal)], [event("u")])

    def test_lookup_alone_gets_no_item(self):
        other, folder = self.shared("lookup")
        for call in (other.nums, other.point, other.list):
            self.error("perm", call, folder.fid)
        self.error("perm", other.get, folder.fid, self.num)
        self.error("perm", other.range, folder.fid, 0)
        self.assertEqual(other.search(CALENDAR, "summary"), (0, []))
        self.assertEqual(other.run("offers"), [])

    def test_writer(self):
        other, folder = self.shared("lookup", "read", "write", "insert", "expunge")
        point = self.store.point(self.cal)
        new, _ = other.put(folder.fid, "new", event("new"))
        other.put(folder.fid, "u", event("u", "by the sharee"), "")
        ret, added, changed, expunged, _ = self.store.since(self.cal, point, self.num)
        self.assertEqual((ret, added, changed, expunged), (1, str(new), [str(self.num)], ""))
        other.delete_items(folder.fid, self.num)
        self.assertEqual(self.store.nums(self.cal), str(new))
        mine = other.make("Mine")
        (moved,), = other.run("imove", folder.fid, new, mine)
        self.assertEqual(self.store.nums(self.cal), "")
        self.assertEqual(other.get(mine, int(moved)).text, event("new"))

    def test_change_only(self):
        """`w` alone: also the extras that the item had not before."""
        other, folder = self.shared("lookup", "read", "write")
        self.store.put(self.cal, "bare", event("bare"))
        other.put(folder.fid, "bare", event("bare", "2"), "k=v")
        other.put(folder.fid, "bare", event("bare", "3"), "")
        self.error("perm", other.put, folder.fid, "new", event("new"))
        self.error("perm", other.delete_items, folder.fid, self.num)
        self.assertEqual(self.store.by_uid(self.cal, "bare").text, event("bare", "3"))

    def test_expunge_only(self):
        other, folder = self.shared("lookup", "read", "expunge")
        self.error("perm", other.put, folder.fid, "u", event("u", "2"))
        self.error("perm", other.put, folder.fid, "u", event("u"), "")
        other.delete_items(folder.fid, self.num)
        self.assertEqual(self.store.nums(self.cal), "")

    def test_offers_and_subscriptions(self):
        other, folder = self.shared("lookup", "read")
        offer = [str(folder.fid), self.user, "Kalender", str(CALENDAR), "0", "0"]
        self.assertEqual(other.run("offers"), [offer])
        self.assertEqual(other.run("offers", "kal"), [offer])
        self.assertEqual(other.run("offers", "nothing such"), [])
        other.run("subscribe", folder.fid, 1)
        self.assertTrue([f for f in other.folders() if f.fid == folder.fid][0].subscribed)
        self.assertEqual(other.run("offers")[0][5], "1")
        other.run("subscribe", folder.fid, 0)
        self.assertEqual(other.run("offers")[0][5], "0")


@unittest.skipIf(os.getuid() != 0, "needs root for uids")
class SharingUids(Sharing):
    """Each user a uid of its own, a common group."""
    core = False
    counter = 8000

    def prepare(self):
        for user in (self.user, self.sharee):
            SharingUids.counter += 1
            self.dovecot.uids[user] = self.counter
            home = self.dovecot.home(user)
            os.makedirs(home, exist_ok=True)
            os.chown(home, self.counter, 5000)
            os.chmod(home, 0o2770)
        self.dovecot.write_users()
