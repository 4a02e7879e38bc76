# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Sync of item folders, whatever the class: adds, changes, conflicts, replay,
what is refused, what cannot be read. Notes stand for all of them."""

import time

from dovetail_test import eas
from dovetail_test.wbxml import E
from noteitems import NoteCase, item_name, journal, note

VERSIONS = [v for v in eas.VERSIONS if tuple(map(int, v.split("."))) >= (14, 0)]


class Items(NoteCase):
    storage = False
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.folder = self.notes(self.a)

    def second(self, **kwargs):
        phone = self.phone(self.user, **kwargs)
        self.notes(phone)
        return phone

    def test_two_devices(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                b = self.second(version=version)
                subject = "note of " + version
                sid = self.add(b, self.folder, "c1", *note(subject, "first\r\nsecond", ["Blue", "Red"]))
                self.assertRegex(sid, r"^%s:0\.[1-9a-f][0-9a-f]*$" % self.folder)
                self.assertIsNone(b.client.sync(b.client.collection(self.folder, b.keys[self.folder])),
                                  "an own addition comes back")
                self.a.sync(self.folder)
                item = self.a.items[self.folder][sid]
                self.assertEqual(item.get("Notes:Subject"), subject)
                self.assertEqual(item.get("AirSyncBase:Body/Data"), "first\r\nsecond")
                self.assertEqual(item.get("Notes:MessageClass"), "IPM.StickyNote")
                self.assertEqual([c.text for c in item.data.findall("Notes:Categories/Category")],
                                 ["Blue", "Red"])
                self.assertIsNone(self.change(self.a, self.folder, sid, *note(subject + " 2", None)))
                b.sync(self.folder)
                self.assertEqual(b.items[self.folder][sid].get("Notes:Subject"), subject + " 2")
                self.assertEqual(b.items[self.folder][sid].get("AirSyncBase:Body/Data"),
                                 "first\r\nsecond", "a missing Body stays")
                self.assertFalse(b.items[self.folder][sid].data.findall("Notes:Categories/Category"),
                                 "missing categories go")
                b.sync(self.folder, [eas.delete(sid)])
                self.a.sync(self.folder)
                self.assertNotIn(sid, self.a.items[self.folder])

    def test_add_again(self):
        """The answer was lost: the same request gives the same answer, and the
        same ClientId under the old key, in another request, the same item."""
        c, key = self.a.client, self.a.keys[self.folder]
        adds = [eas.add("c%d" % i, *note("again %d" % i)) for i in range(3)]
        first = c.sync(c.collection(self.folder, key, commands=adds))
        second = c.sync(c.collection(self.folder, key, commands=adds))
        ids = [[(r.get("ClientId"), r.get("ServerId"), r.get("Status"))
                for r in n.findall("Collections/Collection/Responses/Add")] for n in (first, second)]
        self.assertEqual(ids[0], ids[1])
        self.assertEqual(first.get("Collections/Collection/SyncKey"),
                         second.get("Collections/Collection/SyncKey"))
        third = c.sync(c.collection(self.folder, key, window=7, commands=adds + [
            eas.add("new", *note("again new"))]))
        more = third.findall("Collections/Collection/Responses/Add")
        self.assertEqual([(r.get("ClientId"), r.get("ServerId"), r.get("Status")) for r in more][:3],
                         ids[0])
        b = self.second()
        self.assertEqual(self.subjects(b, self.folder),
                         ["again 0", "again 1", "again 2", "again new"])

    def test_change_again(self):
        """A change whose answer was lost is no conflict with itself."""
        sid = self.add(self.a, self.folder, "c", *note("once"))
        c, key = self.a.client, self.a.keys[self.folder]
        changes = [eas.change(sid, *note("twice"))]
        c.sync(c.collection(self.folder, key, commands=changes))
        node = c.sync(c.collection(self.folder, key, window=9, commands=[
            eas.change(sid, *note("thrice"))]))
        self.assertFalse(node.findall("Collections/Collection/Responses/Change"), node)
        b = self.second()
        self.assertEqual(self.subjects(b, self.folder), ["thrice"])

    def conflict(self, conflict):
        sid = self.add(self.a, self.folder, "c", *note("both", "old"))
        b = self.second()
        if conflict is not None:
            key = b.keys[self.folder]
            node = b.client.sync(b.client.collection(self.folder, key, options=b.client.sync_options(
                body=((1,),), conflict=conflict), commands=[eas.fetch(sid)]))
            b.keys[self.folder] = node.get("Collections/Collection/SyncKey")
        self.change(self.a, self.folder, sid, *note("of the first", "one"))
        c = b.client
        node = c.sync(c.collection(self.folder, b.keys[self.folder], commands=[
            eas.change(sid, *note("of the second", "two"))]))
        (answer,) = node.findall("Collections/Collection")
        b.apply(self.folder, answer)
        self.a.sync(self.folder)
        status = [r.get("Status") for r in answer.findall("Responses/Change")]
        return (status, self.a.items[self.folder][sid].get("Notes:Subject"),
                b.items[self.folder][sid].get("Notes:Subject"))

    def test_conflict_server_wins(self):
        for conflict in (None, 1):
            self.assertEqual(self.conflict(conflict), (["7"], "of the first", "of the first"))
            self.setUp()

    def test_conflict_client_wins(self):
        status, first, second = self.conflict(0)
        self.assertEqual((status, first, second), ([], "of the second", "of the second"))

    def test_same_change_twice_is_no_conflict(self):
        sid = self.add(self.a, self.folder, "c", *note("both"))
        b = self.second()
        self.change(self.a, self.folder, sid, *note("agreed"))
        self.assertEqual(self.status_of(b, self.folder, eas.change(sid, *note("agreed"))), {})

    def test_delete_goes_before_change(self):
        sid = self.add(self.a, self.folder, "c", *note("gone"))
        other = self.add(self.a, self.folder, "d", *note("stays"))
        b = self.second()
        self.change(self.a, self.folder, sid, *note("changed"))
        self.assertEqual(self.status_of(b, self.folder, eas.delete(sid)), {})
        b.items[self.folder].pop(sid, None)
        self.assertEqual(self.status_of(self.a, self.folder, eas.change(sid, *note("late"))),
                         {"Change": "8"})
        self.assertEqual(list(self.a.items[self.folder]), [other])
        self.assertEqual(self.status_of(self.a, self.folder, eas.delete(sid)), {"Delete": "8"})
        self.assertEqual(self.status_of(self.a, self.folder, eas.fetch(sid)), {"Fetch": "8"})
        self.assertEqual(self.status_of(self.a, self.folder, eas.delete("x"), ), {"Delete": "8"})

    def test_fetch(self):
        sid = self.add(self.a, self.folder, "c", *note("fetch me", "0123456789" * 100))
        b = self.second(body=((1, 20),))
        self.assertEqual(b.items[self.folder][sid].get("AirSyncBase:Body/Truncated"), "1")
        answers = b.sync(self.folder, [eas.fetch(sid)])
        (got,) = answers[0].findall("Responses/Fetch")
        self.assertEqual((got.get("Status"), got.get("ServerId")), ("1", sid))
        self.assertEqual(got.get("ApplicationData/AirSyncBase:Body/Data"), "0123456789" * 100)

    def test_invalid_item(self):
        """Status 6 (2.2.3.177.17), nothing is kept, and the phone goes back."""
        sid = self.add(self.a, self.folder, "c", *note("good"))
        self.assertEqual(self.status_of(self.a, self.folder, eas.add(
            "bad", *note("bad", klass="IPM.Note"))), {"Add": "6"})
        answers = self.a.sync(self.folder, [eas.change(sid, *note("bad", klass="IPM.Note"))])
        self.assertEqual([r.get("Status") for r in answers[0].findall("Responses/Change")], ["6"])
        self.assertEqual([r.get("ApplicationData/Notes:Subject")
                          for r in answers[0].findall("Commands/Change")], ["good"])
        self.assertEqual(self.subjects(self.second(), self.folder), ["good"])

    def test_supported_is_refused(self):
        """MS-ASNOTE 3.2.5.3"""
        c = self.a.client
        node = c.sync(c.collection(self.folder, "0", supported=["Notes:Subject"]))
        self.assertEqual(node.get("Status") or node.get("Collections/Collection/Status"), "4")

    def test_window(self):
        for i in range(0, 230, 100):
            self.a.sync(self.folder, [eas.add("w%d" % n, *note("w%03d" % n))
                                      for n in range(i, min(i + 100, 230))])
        b = self.phone(self.user, window=50)
        answers = b.sync(self.folder)[1:]
        self.assertEqual(len(b.items[self.folder]), 230)
        self.assertEqual([len(a.findall("Commands/Add")) for a in answers], [50, 50, 50, 50, 30])
        estimate = b.client.get_item_estimate(self.folder, b.keys[self.folder])
        self.assertEqual(estimate.get("Response/Collection/Estimate"), "0")
        self.a.sync(self.folder, [eas.add("more", *note("more"))])
        estimate = b.client.get_item_estimate(self.folder, b.keys[self.folder])
        self.assertEqual(estimate.get("Response/Collection/Estimate"), "1")

    def test_classes_that_do_not_fit(self):
        c = self.a.client
        for options, status in ((c.sync_options(klass="Notes"), "1"),
                                (c.sync_options(klass="Email"), "4")):
            node = c.sync(c.collection(self.folder, "0", options=options))
            self.assertEqual(node.get("Status") or node.get("Collections/Collection/Status"), status)
        old = self.client(self.user, version="12.1")
        old.provision()
        node = old.sync(old.collection(self.folder, "0", klass="Notes"))
        self.assertEqual(node.get("Collections/Collection/Status"), "8", "no Notes before 14.0")

    def test_resync(self):
        """Key 0 again gives everything once."""
        for n in range(5):
            self.add(self.a, self.folder, "r%d" % n, *note("r%d" % n))
        self.a.forget(self.folder)
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), ["r%d" % n for n in range(5)])
        c = self.a.client
        node = c.sync(c.collection(self.folder, "12345-6"))
        self.assertEqual(node.get("Collections/Collection/Status"), "3")


class Beside(NoteCase):
    """doveadm and a phone at the same folder"""
    storage = False
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.folder = self.notes(self.a)
        self.mailbox = self.vname(self.a, self.folder)

    def test_both_ways(self):
        self.put(self.user, self.mailbox, "u1", journal("u1", "from doveadm"))
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), ["from doveadm"])
        sid = self.by_subject(self.a, self.folder, "from doveadm")
        self.change(self.a, self.folder, sid, *note("by the phone"))
        text = self.get(self.user, self.mailbox, "u1")
        self.assertIn("SUMMARY:by the phone", text)
        self.assertIn("UID:u1", text)
        self.put(self.user, self.mailbox, "u1", journal("u1", "again"))
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), ["again"])
        self.unset(self.user, self.mailbox, "u1")
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), [])
        self.put(self.user, self.mailbox, "u1", journal("u1", "reborn"))
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), ["reborn"])

    def test_item_that_cannot_be_read(self):
        """It blocks nothing, and is told when somebody has mended it."""
        for n in range(4):
            self.put(self.user, self.mailbox, "u%d" % n, journal("u%d" % n, "n%d" % n))
        self.put(self.user, self.mailbox, "bad", "this is no calendar")
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), ["n0", "n1", "n2", "n3"])
        self.put(self.user, self.mailbox, "u5", journal("u5", "n5"))
        self.a.sync(self.folder)
        self.assertIn("n5", self.subjects(self.a, self.folder))
        self.put(self.user, self.mailbox, "bad", journal("bad", "mended"))
        self.a.sync(self.folder)
        self.assertIn("mended", self.subjects(self.a, self.folder))
        # Broken again: the phone keeps what it has, and nothing is lost
        self.put(self.user, self.mailbox, "bad", "broken again")
        self.assertIn("mended", self.subjects(self.a, self.folder))
        self.a.sync(self.folder)
        sid = self.by_subject(self.a, self.folder, "mended")
        self.a.sync(self.folder, [eas.delete(sid)])
        self.assertNotIn(item_name("bad"), self.stored(self.user, self.mailbox))

    def test_lost_answer_while_others_write(self):
        c, key = self.a.client, self.a.keys[self.folder]
        c.sync(c.collection(self.folder, key, commands=[eas.add("c", *note("mine"))]))
        self.put(self.user, self.mailbox, "u1", journal("u1", "theirs"))
        node = c.sync(c.collection(self.folder, key, window=8, commands=[
            eas.add("c", *note("mine"))]))
        self.a.apply(self.folder, node.find("Collections/Collection"))
        (added,) = node.findall("Collections/Collection/Responses/Add")
        self.a.items[self.folder].setdefault(added.get("ServerId"), eas.Item(
            E("AirSync:ApplicationData", note("mine"))))
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), ["mine", "theirs"])
        self.assertEqual(len(self.stored(self.user, self.mailbox)), 2)


class Moves(NoteCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.folder = self.notes(self.a)
        node = self.a.client.folder_create("Second", kind=eas.USER_NOTES)
        self.assertEqual(node.get("Status"), "1")
        self.other = node.get("ServerId")
        self.a.folders[self.other] = eas.Folder(self.other, "Second", "0", eas.USER_NOTES)
        self.a.sync(self.other)

    def move(self, *moves):
        node = self.a.client.move_items(*moves)
        return [(r.get("Status"), r.get("DstMsgId")) for r in node.findall("Response")]

    def test_move(self):
        sid = self.add(self.a, self.folder, "c", *note("moving"))
        ((status, new),) = self.move((sid, self.folder, self.other))
        self.assertEqual(status, "3")
        self.assertTrue(new.startswith(self.other + ":0."))
        self.a.sync(self.folder)
        self.a.sync(self.other)
        self.assertEqual(self.subjects(self.a, self.folder), [])
        self.assertEqual(self.by_subject(self.a, self.other, "moving"), new)

    def test_statuses(self):
        sid = self.add(self.a, self.folder, "c", *note("moving"))
        inbox = self.a.inbox
        self.assertEqual([s for s, _ in self.move(
            ("%s:0.ffff" % self.folder, self.folder, self.other), (sid, "99", self.other),
            (sid, self.folder, "99"), (sid, self.folder, self.folder),
            (sid, self.folder, inbox), (sid, self.other, self.folder))],
            ["1", "1", "2", "4", "5", "1"])
        self.a.sync(self.folder)
        self.assertEqual(self.subjects(self.a, self.folder), ["moving"])


class OtherCommands(NoteCase):
    storage = False
    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.folder = self.notes(self.a)
        self.sid = self.add(self.a, self.folder, "c", *note("Zanzibar plans", "pack the boat"))

    def test_item_operations(self):
        c = self.a.client
        node = c.item_operations(c.fetch(self.folder, self.sid, body=((1,),)),
                                 c.fetch(self.folder, self.sid, schema=["Notes:Subject"]),
                                 c.fetch(self.folder, "%s:0.ffff" % self.folder)).node
        whole, part, gone = node.findall("Response/Fetch")
        self.assertEqual((whole.get("Status"), whole.get("AirSync:Class")), ("1", "Notes"))
        self.assertEqual(whole.get("Properties/AirSyncBase:Body/Data"), "pack the boat")
        self.assertEqual([n.name for n in part.find("Properties")], ["Notes:Subject"])
        self.assertEqual(gone.get("Status"), "6")

    def test_multipart(self):
        c = self.a.client
        answer = c.item_operations(c.fetch(self.folder, self.sid, body=((1,),)), multipart=True)
        part = answer.node.get("Response/Fetch/Properties/AirSyncBase:Body/ItemOperations:Part")
        self.assertEqual(answer.parts()[int(part)], b"pack the boat")

    def test_empty_folder_is_refused(self):
        c = self.a.client
        node = c.item_operations(c.empty_folder(self.folder)).node
        self.assertEqual(node.get("Response/EmptyFolderContents/Status"), "156")
        self.assertEqual(self.subjects(self.a, self.folder), ["Zanzibar plans"])

    def test_search(self):
        c = self.a.client
        for classes, folder in ((("Notes",), None), ((), None), (("Notes", "Email"), self.folder)):
            node = c.search_mailbox("zanz", folder=folder, classes=classes, body=((1,),))
            (hit,) = node.findall("Response/Store/Result")
            self.assertEqual((hit.get("AirSync:Class"), hit.get("AirSync:CollectionId")),
                             ("Notes", self.folder))
            self.assertEqual(hit.get("Properties/Notes:Subject"), "Zanzibar plans")
            fetched = c.item_operations(c.fetch(long_id=hit.get("LongId"))).node
            self.assertEqual(fetched.get("Response/Fetch/Properties/Notes:Subject"), "Zanzibar plans")
        for classes in (("Email",), ("Tasks", "Contacts")):
            node = c.search_mailbox("zanz", classes=classes)
            self.assertEqual(node.get("Response/Store/Total"), "0")

    def test_estimate_filters(self):
        """2.2.3.68.1: 110 where a class has no such filter, 103 above all"""
        tasks = self.a.folder(type=eas.TASKS)
        self.a.sync(tasks)
        c = self.a.client
        for folder, filter, status in ((tasks, 0, "1"), (tasks, 8, "1"), (tasks, 1, "110"),
                                       (tasks, 5, "110"), (tasks, 9, "103"),
                                       (self.folder, 3, "1"), (self.folder, 9, "103")):
            node = c.get_item_estimate(folder, self.a.keys[folder], filter=filter)
            self.assertEqual(node.get("Response/Status") or node.get("Status"), status,
                             (folder, filter))


class Push(NoteCase):
    storage = False
    options = {"plugin": {"dovetail_heartbeat_min": "1"}}

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.a, self.b = self.phone(self.user), self.phone(self.user)
        self.folder = self.notes(self.a)
        self.notes(self.b)

    def test_ping(self):
        wait = self.in_background(self.a.client.clone().ping, [self.folder], 60, "Notes")
        time.sleep(0.5)
        self.assertTrue(wait.alive(), "answered at once")
        # Own changes do not ring
        self.add(self.a, self.folder, "own", *note("own"))
        time.sleep(0.5)
        self.assertTrue(wait.alive(), "woken by its own change")
        started = time.monotonic()
        self.add(self.b, self.folder, "c", *note("ring"))
        node = wait()
        self.assertEqual((node.get("Status"), [n.text for n in node.findall("Folders/Folder")]),
                         ("2", [self.folder]))
        self.assertLess(wait.at - started, 2)
        self.a.sync(self.folder)
        self.assertIn("ring", self.subjects(self.a, self.folder))

    def test_hanging_sync(self):
        c = self.a.client
        collection = c.collection(self.folder, self.a.keys[self.folder])
        wait = self.in_background(lambda: c.clone().sync(collection, wait=5))
        time.sleep(0.5)
        self.assertTrue(wait.alive(), "answered at once")
        started = time.monotonic()
        self.add(self.b, self.folder, "c", *note("ring"))
        node = wait()
        self.assertEqual([n.get("ApplicationData/Notes:Subject")
                          for n in node.findall("Collections/Collection/Commands/Add")], ["ring"])
        self.assertLess(wait.at - started, 2)
