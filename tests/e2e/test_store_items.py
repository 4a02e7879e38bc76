# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Items of the store: appointments, contacts, tasks and notes as attributes of
their folder, read and written by the store, doveadm and dsync."""

from itemcase import CALENDAR, CONTACTS, ItemCase, card, event, name


class Items(ItemCase):
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
                            ("m", [(people, anna), (others, bob)]), ("mull bob", []), ("bo mil", [(others, bob)]),
                            ("ller", []), ("mueller@example", [(people, anna)]), ("张", [(people, yu)]),
                            ("%", []), ("_", []), ("", [])):
            with self.subTest(query):
                self.assertEqual(s.search(CONTACTS, query), (len(hits), hits))
        self.assertEqual(s.search(CONTACTS, "m", people), (1, [(people, anna)]))
        self.assertEqual(s.search(CONTACTS, "m", maximum=1), (2, [(people, anna)]))
        s.put(people, "1", card("Carla"))
        s.delete_items(others, bob)
        self.assertEqual(s.search(CONTACTS, "m"), (0, []))
        self.assertEqual(s.search(CONTACTS, "carl"), (1, [(people, anna)]))
