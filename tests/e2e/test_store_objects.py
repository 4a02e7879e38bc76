# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Blobs of folders, opaque objects, ids and versions in the store: what a client
that keeps whole mailboxes needs beside mail and items."""

import os
import random
import time

from itemcase import event
from objectcase import (ALL, ASSOCIATED, CN_CHANGED, CN_SEQ, FOLDER_FIRST, ITEM_FIRST, NORMAL,
                        ObjectCase, shown, special)


class Blobs(ObjectCase):
    storage = False
    core = True

    def test_any_folder(self):
        """Of a folder of mail, one of items, the root and folders that no mailbox
        has; bit for bit, and in a new process."""
        s = self.store
        places = [s.inbox(), s.make(), special(0), special(9), special(0x1f)]
        for size, place in zip((0, 1, 300, 70000, 1 << 20), places):
            data = random.Random(size).randbytes(size)
            s.bset(place, "props", data)
            self.assertEqual(s.bget(place, "props"), shown(data))
            s.bset(place, "other-1", b"x")
            self.assertEqual(self.open(self.user).bget(place, "props"), shown(data))
        self.assertIsNone(s.bget(special(8), "props"))
        self.assertIsNone(s.bget(places[0], "prop"))
        s.bset(places[0], "props", None)
        self.assertIsNone(s.bget(places[0], "props"))
        self.assertEqual(s.bget(places[0], "other-1"), "78")
        self.error("invalid", s.bset, places[0], "Props", b"x")
        self.error("invalid", s.bset, places[0], "a/b", b"x")
        # they are attributes
        self.assertIn("blob/other-1", self.dovecot.meta_list(self.user, "INBOX"))
        self.assertIn("special/1f/blob/props", self.dovecot.meta_list(self.user, "INBOX"))

    def test_name_without_messages(self):
        s = self.store
        with self.dovecot.imap(self.user) as imap:
            imap.create(self.dovecot.folder("Top/Below"))
        top = next((f for f in s.view() if f.name == "Top"), None)
        if top is None or top.selectable:
            self.skipTest("this format makes a mailbox of it")
        s.bset(top.fid, "props", b"abc")
        self.assertEqual(s.bget(top.fid, "props"), "616263")

    def test_the_same_is_not_written(self):
        s = self.store
        s.bset(special(5), "p", b"abc")
        stamp = s.run("bstamp", "-")
        s.bset(special(5), "p", b"abc")
        s.bset(special(6), "p", None)
        self.assertEqual(s.run("bstamp", "-"), stamp)
        s.bset(special(5), "p", b"abd")
        self.assertNotEqual(s.run("bstamp", "-"), stamp)

    def test_another_worker_sees_it(self):
        s, other = self.store, self.open(self.user)
        s.bset(s.inbox(), "p", b"1")
        self.assertEqual(other.bget(s.inbox(), "p"), "31")
        s.bset(s.inbox(), "p", b"2")
        self.assertEqual(other.bget(s.inbox(), "p"), "32")

    def test_fence(self):
        """A sharee who may read sees a folder's blobs and changes none; what belongs
        to the whole mailbox needs `a` on the INBOX."""
        s, d = self.store, self.dovecot
        cal = s.make()
        s.bset(cal, "p", b"1")
        s.bset(special(4), "p", b"2")
        d.share(self.user, d.folder("Cal"), self.sharee, "lookup", "read", "insert", "write")
        other = self.open(self.sharee)
        fid = next(f.fid for f in other.folders() if f.name == "Cal")
        self.assertEqual(other.bget(fid, "p"), "31")
        self.error("perm", other.bset, fid, "p", b"3")
        self.assertIsNone(other.bget(special(4, self.user), "p"))
        self.error("perm", other.bset, special(4, self.user), "p", b"3")
        d.share(self.user, "INBOX", self.sharee, "lookup", "read", "insert", "write", "delete")
        self.assertEqual(other.bget(special(4, self.user), "p"), "32")
        self.error("perm", other.bset, special(4, self.user), "p", b"3")
        d.share(self.user, "INBOX", self.sharee, "lookup", "read", "admin")
        other.bset(special(4, self.user), "p", b"3")
        self.assertEqual(s.bget(special(4), "p"), "33")


class Opaques(ObjectCase):
    core = True

    def test_put_get_list_delete(self):
        s = self.store
        for place in (s.inbox(), s.make(), special(6)):
            data = random.Random(1).randbytes(3000)
            one, seq = s.oput(place, "IPM.Configuration.A\tb\n", data)
            two, _ = s.oput(place, "IPM.Note", b"", associated=False)
            self.assertGreater(two, one)
            got = s.oget(place, one)
            self.assertEqual((got.num, got.associated, got.size, got.seq, got.data),
                             (one, True, 3000, seq, shown(data)))
            self.assertEqual(s.oget(place, two).data, "")
            self.assertEqual([o.num for o in s.olist(place)], [one, two])
            self.assertEqual([o.num for o in s.olist(place, ASSOCIATED)], [one])
            self.assertEqual([o.key for o in s.olist(place)], ["IPM.Configuration.A\tb\n", "IPM.Note"])
            self.assertEqual([o.key for o in s.olist(place, NORMAL)], ["IPM.Note"])
            self.assertEqual([o.num for o in s.olist(place, ALL, "IPM.Conf")], [one])
            self.assertEqual(s.olist(place)[0].data, "none")
            self.assertEqual(s.olist(place)[0].size, 3000)
            again, later = s.oput(place, "IPM.Other", b"new", num=one)
            self.assertEqual(again, one)
            self.assertGreater(later, seq)
            self.error("exists", s.oput, place, "IPM.Other", b"newer", num=one, expected=seq)
            s.oput(place, "IPM.Other", b"newer", num=one, expected=later)
            self.assertEqual(s.oget(place, one).data, b"newer".hex())
            s.run("odelete", place, "%d" % one)
            self.assertIsNone(s.oget(place, one))
            self.assertEqual([o.num for o in s.olist(place)], [two])
            self.error("notfound", s.oput, place, "k", b"x", num=one)
            three, _ = s.oput(place, "k", b"x")
            self.assertGreater(three, two)

    def test_large_and_elsewhere(self):
        s = self.store
        data = random.Random(2).randbytes(5 << 20)
        one, _ = s.oput(s.inbox(), "big", data)
        self.assertEqual(self.open(self.user).oget(s.inbox(), one).data, shown(data))
        # another folder does not have it
        self.assertIsNone(s.oget(special(3), one))
        cal = s.make()
        num, = s.run("ocopy", s.inbox(), one, cal, 0)[0]
        self.assertEqual(s.oget(cal, num).data, shown(data))
        moved, = s.run("ocopy", cal, num, special(3), 1)[0]
        self.assertIsNone(s.oget(cal, num))
        self.assertEqual(s.oget(special(3), moved).key, "big")
        self.assertEqual(len(s.olist(s.inbox())), 1)

    def test_changes(self):
        s = self.store
        inbox = s.inbox()
        one, _ = s.oput(inbox, "a", b"1")
        ret, now, changes = s.ochanges(inbox, 0)
        self.assertEqual((ret, [c[0] for c in changes]), (1, [one]))
        two, seq = s.oput(inbox, "b", b"2")
        s.run("odelete", inbox, "%d" % one)
        s.oput(special(2), "c", b"elsewhere")
        ret, later, changes = s.ochanges(inbox, now)
        self.assertEqual(ret, 1)
        self.assertEqual([(c[0], c[2]) for c in changes], [(one, 1), (two, 0)])
        self.assertEqual(s.ochanges(inbox, later)[2], [])
        self.assertEqual(s.ochanges(inbox, later + 1000)[0], 0)

    def test_items_and_mail_do_not_see_them(self):
        s = self.store
        cal = s.make()
        one, _ = s.put(cal, "u", event("u"))
        point = s.point(cal)
        obj, _ = s.oput(cal, "IPM.Configuration.Calendar", b"x")
        self.assertEqual(s.nums(cal), str(one))
        self.assertEqual(s.since(cal, point, str(one))[1:4], ("", [], ""))
        self.assertIsNone(s.get(cal, obj))
        self.assertIsNone(s.oget(cal, one))

    def test_fence(self):
        s, d = self.store, self.dovecot
        cal = s.make()
        one, _ = s.oput(cal, "k", b"1")
        d.share(self.user, d.folder("Cal"), self.sharee, "lookup")
        other = self.open(self.sharee)
        fid = next(f.fid for f in other.folders() if f.name == "Cal")
        self.error("perm", other.olist, fid)
        d.share(self.user, d.folder("Cal"), self.sharee, "lookup", "read")
        other = self.open(self.sharee)
        self.assertEqual([o.num for o in other.olist(fid)], [one])
        self.error("perm", other.oput, fid, "k", b"2")
        self.error("perm", other.oput, fid, "k", b"2", num=one)
        d.share(self.user, d.folder("Cal"), self.sharee, "lookup", "read", "insert", "write")
        other = self.open(self.sharee)
        other.oput(fid, "k", b"2", num=one)
        two, _ = other.oput(fid, "k", b"3")
        self.error("perm", other.run, "odelete", fid, "%d" % two)
        self.assertEqual([o.size for o in s.olist(cal)], [1, 1])

    def test_attributes(self):
        """doveadm and dsync see attributes."""
        s, d = self.store, self.dovecot
        one, _ = s.oput(s.inbox(), "k", b"1")
        self.assertEqual(d.meta_list(self.user, "INBOX"),
                         ["object/" + s.oget(s.inbox(), one).name,
                          "object/" + s.oget(s.inbox(), one).name + "/extra"])


class Ids(ObjectCase):
    core = True

    def test_own_ids(self):
        """Each kind has its part of the 48 bits, and is found again."""
        s = self.store
        inbox, cal = s.inbox(), s.make()
        self.append("one", "two")
        item, _ = s.put(cal, "u", event("u"))
        fai, _ = s.oput(special(7), "k", b"x")
        expected = [
            (("folder", inbox), FOLDER_FIRST + inbox), (("folder", special(7)), 7),
            (("item", cal, item), ITEM_FIRST + item),
            (("opaque", special(7), fai), ITEM_FIRST + fai)]
        for words, counter in expected:
            self.assertEqual(s.gid(*words), (1, counter))
        oid = s.oid(inbox, 2)
        self.assertEqual(s.gid("mail", inbox, 2), (1, oid[0] << 24 | oid[1]))
        for words in [w for w, _ in expected] + [("mail", inbox, 2)]:
            self.assertEqual(s.gfind(s.gid(*words)), "/".join(str(w) for w in words))
        self.error("invalid", s.gid, "folder", special(0))
        for gid in ((1, 0xc00000ffffff), (1, 0xffffff000001), (7, 7), (1, 0x5000001), (1, 0xfffff)):
            self.assertIsNone(s.gfind(gid))
        s.run("odelete", special(7), "%d" % fai)
        self.assertIsNone(s.gfind((1, ITEM_FIRST + fai)))

    def test_ranges(self):
        s, other = self.store, self.open(self.user)
        first = s.range_of(0x10000)
        second = other.range_of(1)
        self.assertEqual(second, first + 0x10000)
        self.assertGreaterEqual(first, 0xe00000000000)
        self.error("invalid", s.range_of, 0x100001)

    def test_given_ids(self):
        """A client's id is the object's for ever: after restart, after it was written
        anew, and for nobody else."""
        s = self.store
        inbox, cal = s.inbox(), s.make()
        self.append("one", "two")
        item, _ = s.put(cal, "u", event("u"))
        fai, _ = s.oput(special(7), "k", b"x")
        first = s.range_of(100)
        things = [("mail", inbox, 1), ("item", cal, item), ("opaque", special(7), fai), ("folder", cal)]
        for i, words in enumerate(things):
            s.give((1, first + i), *words)
        other = self.open(self.user)
        for i, words in enumerate(things):
            self.assertEqual(other.gid(*words), (1, first + i))
            self.assertEqual(other.gfind((1, first + i)), "/".join(str(w) for w in words))
        self.error("exists", s.give, (1, first), "mail", inbox, 2)
        self.error("invalid", s.give, (1, 77), "mail", inbox, 2)
        self.error("invalid", s.give, (9, 77), "mail", inbox, 2)
        # once more the same, and another one instead
        s.give((1, first), "mail", inbox, 1)
        s.give((1, first + 9), "mail", inbox, 1)
        self.assertIsNone(s.gfind((1, first)))
        # a draft saved again
        path = self.dovecot.path("run/new.eml")
        with open(path, "wb") as f:
            f.write(b"From: a@b\r\nSubject: new\r\n\r\nnew\r\n")
        os.chmod(path, 0o644)
        uid = s.save(inbox, path, replaces=1)
        self.assertEqual(s.gid("mail", inbox, uid), (1, first + 9))
        self.assertEqual(s.gfind((1, first + 9)), "mail/%s/%d" % (inbox, uid))
        # gone with the message
        s.run("expunge", inbox, uid)
        self.assertIsNone(s.gfind((1, first + 9)))
        s.give((1, first + 9), "mail", inbox, 2)
        self.assertEqual(s.gid("mail", inbox, 2), (1, first + 9))

    def test_replicas(self):
        s = self.store
        own = s.run("rguid", "-", 1)[0][0]
        guid, third = "00112233445566778899aabbccddeeff", "f" * 32
        self.assertEqual(s.run("rid", "-", guid, 0), [])
        self.assertEqual(s.run("rid", "-", guid, 1), [["2"]])
        self.assertEqual(self.open(self.user).run("rid", "-", third, 1), [["3"]])
        self.assertEqual(s.run("rid", "-", guid, 1), [["2"]])
        self.assertEqual(s.run("rguid", "-", 2), [[guid]])
        self.assertEqual(s.run("rid", "-", own, 0), [["1"]])
        self.error("invalid", s.run, "rid", "-", "0" * 32, 1)
        self.append("one")
        s.give((2, 0x123), "mail", s.inbox(), 1)
        self.assertEqual(s.gid("mail", s.inbox(), 1), (2, 0x123))
        self.assertEqual(s.gfind((2, 0x123)), "mail/%s/1" % s.inbox())
        self.assertIsNone(s.gfind((3, 0x123)))

    def test_views(self):
        """Another's objects have ids within that view only, and a GUID of their own."""
        s, d = self.store, self.dovecot
        cal = s.make()
        item, _ = s.put(cal, "u", event("u"))
        d.share(self.user, d.folder("Cal"), self.sharee, "lookup", "read")
        other = self.open(self.sharee)
        mine = other.make("Mine")
        own_item, _ = other.put(mine, "u", event("u"))
        fid = next(f.fid for f in other.folders() if f.foreign and f.name == "Cal")
        gid = other.gid("item", fid, item)
        self.assertEqual(other.gfind(gid, self.user), "item/%d/%d" % (fid, item))
        self.assertNotEqual(other.gfind(gid), "item/%d/%d" % (fid, item))
        self.assertEqual(other.gfind(other.gid("item", mine, own_item)), "item/%d/%d" % (mine, own_item))
        self.assertIsNone(other.gfind((1, FOLDER_FIRST + fid)))
        self.assertEqual(other.gfind((1, FOLDER_FIRST + fid), self.user), "folder/%d" % fid)
        self.assertNotEqual(other.run("rguid", "-", 1), other.run("rguid", self.user, 1))
        self.assertEqual(other.run("rguid", self.user, 1), self.open(self.sharee).run("rguid", self.user, 1))
        # what is given in one view is not there in the other
        other.give((1, 0xe00000000005), "item", fid, item)
        self.assertEqual(other.gfind((1, 0xe00000000005), self.user), "item/%d/%d" % (fid, item))
        self.assertIsNone(other.gfind((1, 0xe00000000005)))


class Versions(ObjectCase):
    core = True

    def test_mail(self):
        s, d = self.store, self.dovecot
        self.append("one", "two", "three")
        inbox = s.inbox()
        arrived = {uid: s.gid("mail", inbox, uid)[1] for uid in (1, 2, 3)}
        for uid in arrived:
            ver = s.ver("mail", inbox, uid)
            self.assertEqual((ver.cn, ver.read_cn, ver.change_key), (arrived[uid], 0, "none"))
        self.assertEqual(s.versions(inbox, "mail"), {})
        with d.imap(self.user) as imap:
            imap.store_flags([1], "+FLAGS (\\Flagged)", "INBOX")
            imap.store_flags([2], "+FLAGS (\\Seen)", "INBOX")
        rows = s.versions(inbox, "mail")
        self.assertEqual(sorted(rows), [1, 2])
        self.assertGreater(rows[1].cn, CN_CHANGED)
        self.assertEqual(rows[1].read_cn, 0)
        self.assertEqual(rows[2].cn, arrived[2])
        self.assertGreater(rows[2].read_cn, CN_CHANGED)
        changed, _ = s.maximum(inbox)
        self.assertEqual(changed, max(rows[1].cn, rows[2].read_cn))
        s.run("verbump", "mail/%s/3" % inbox)
        self.assertEqual(sorted(s.versions(inbox, "mail", "%x" % changed)), [3])

    def test_client_says(self):
        """ChangeKey and PCL of just this state; the next change has ours, and still
        knows what it came after."""
        s = self.store
        inbox, cal = s.inbox(), s.make()
        self.append("one")
        item, _ = s.put(cal, "u", event("u"))
        fai, _ = s.oput(special(7), "k", b"x")
        s.bset(cal, "p", b"1")

        def change_mail():
            s.run("flags", inbox, 1, 2, 0)

        def change_item():
            s.put(cal, "u", event("u", "changed"))

        def change_fai():
            s.oput(special(7), "k", b"y", num=fai)

        def change_folder():
            s.bset(cal, "p", b"2")

        for words, change in ((("mail", inbox, 1), change_mail), (("item", cal, item), change_item),
                              (("opaque", special(7), fai), change_fai),
                              (("folder", cal), change_folder)):
            with self.subTest(words[0]):
                before = s.ver(*words)
                self.assertEqual(before.change_key, "none")
                self.assertEqual(s.sign(b"key", b"pcl", *words), before.cn)
                for store in (s, self.open(self.user)):
                    now = store.ver(*words)
                    self.assertEqual((now.cn, now.change_key, now.pcl),
                                     (before.cn, b"key".hex(), b"pcl".hex()))
                change()
                after = s.ver(*words)
                self.assertGreater(after.cn, before.cn)
                self.assertEqual((after.change_key, after.pcl), ("none", b"pcl".hex()))

    def test_read_state_keeps_the_key(self):
        s = self.store
        inbox = s.inbox()
        self.append("one")
        s.sign(b"key", b"pcl", "mail", inbox, 1)
        s.run("flags", inbox, 1, 8, 0)
        ver = s.ver("mail", inbox, 1)
        self.assertEqual(ver.change_key, b"key".hex())
        self.assertGreater(ver.read_cn, 0)

    def test_items(self):
        s = self.store
        cal = s.make()
        one, seq1 = s.put(cal, "u", event("u"))
        two, seq2 = s.put(cal, "v", event("v"))
        fai, seq3 = s.oput(cal, "k", b"x")
        self.assertEqual({n: v.cn for n, v in s.versions(cal, "item").items()},
                         {one: CN_SEQ + seq1, two: CN_SEQ + seq2})
        self.assertGreaterEqual(s.versions(cal, "opaque")[fai].cn, CN_SEQ + seq3)
        self.assertEqual(sorted(s.versions(cal, "item", "%x" % (CN_SEQ + seq1))), [two])
        s.delete_items(cal, one)
        self.assertEqual(sorted(s.versions(cal, "item")), [two])
        self.assertEqual(s.maximum(cal)[1], CN_SEQ + s.point(cal)[2])
        self.error("notfound", s.ver, "item", cal, one)

    def test_folders(self):
        """A folder's number rises with rename, move, class and blobs, and with
        nothing else."""
        s, d = self.store, self.dovecot
        cal, inbox = s.make(), s.inbox()
        first = s.view_versions()
        self.assertIn(str(cal), first)
        self.assertIn(":0", first)
        self.append("one")
        s.put(cal, "u", event("u"))
        self.assertEqual({k: v.cn for k, v in s.view_versions().items()},
                         {k: v.cn for k, v in first.items()})

        def changed(before):
            after = s.view_versions()
            rose = {k for k, v in after.items() if k not in before or v.cn > before[k].cn}
            self.assertFalse({k for k, v in after.items() if k in before and v.cn < before[k].cn})
            return after, rose

        with d.imap(self.user) as imap:
            imap.rename(d.folder("Cal"), d.folder("Kal"))
        now, rose = changed(first)
        self.assertEqual(rose, {str(cal)})
        s.bset(special(12), "p", b"1")
        now, rose = changed(now)
        self.assertEqual(rose, {":12"})
        s.bset(special(0), "p", b"1")
        now, rose = changed(now)
        self.assertEqual(rose, {":0"})
        # another worker sees the same numbers
        self.assertEqual({k: v.cn for k, v in self.open(self.user).view_versions().items()},
                         {k: v.cn for k, v in now.items()})
        new = s.make("New", 0)
        now, rose = changed(now)
        self.assertEqual(rose, {str(new)})
        self.assertEqual(s.ver("folder", new).cn, now[str(new)].cn)


class Names(ObjectCase):
    storage = False
    core = True

    def test_names(self):
        s, other = self.store, self.open(self.user)
        self.assertEqual(s.run("nids", 0, "a", "b"), [["0"], ["0"]])
        self.assertEqual(s.run("nids", 1, "a", "b", "a"), [["8800"], ["8801"], ["8800"]])
        self.assertEqual(other.run("nids", 1, "c", "b", "A"), [["8802"], ["8801"], ["8803"]])
        self.assertEqual(s.run("names", "8803", "8800", "8804", "1"), [["A"], ["a"], ["-"], ["-"]])
        self.assertEqual(s.run("nall"), [["8800", "a"], ["8801", "b"], ["8802", "c"], ["8803", "A"]])
        self.assertEqual(self.open(self.user).run("nids", 0, "A"), [["8803"]])

    def test_workers_at_once(self):
        stores = [self.open(self.user) for _ in range(4)]
        names = ["{guid}:%d" % i for i in range(200)]
        answers = []
        for store in stores:
            line = "\t".join(["nids", "1", *random.Random(id(store)).sample(names, 200)]) + "\n"
            store.asked = line.strip().split("\t")[2:]
            store.process.stdin.write(line.encode())
            store.process.stdin.flush()
        for store in stores:
            got = []
            while (line := store.process.stdout.readline().decode().rstrip("\n")) != ".":
                got.append(line)
            answers.append(dict(zip(store.asked, got)))
        self.assertTrue(all(a == answers[0] for a in answers))
        self.assertEqual(sorted(int(x, 16) for x in answers[0].values()), list(range(0x8800, 0x8800 + 200)))

    def test_full(self):
        s = self.store
        for start in range(0, 30719, 2000):
            s.run("nids", 1, *["n%d" % i for i in range(start, min(start + 2000, 30719))])
        self.assertEqual(s.run("nids", 0, "n30718"), [["fffe"]])
        self.error("quota", s.run, "nids", 1, "n1", "one more")
        self.assertEqual(s.run("nids", 0, "n1"), [["8801"]])


class Replicas(ObjectCase):
    core = True

    def test_dsync(self):
        """What is kept on folders and beside items is on every replica."""
        s, d = self.store, self.dovecot
        cal, data = s.make(), random.Random(9).randbytes(5000)
        s.bset(cal, "props", data)
        s.bset(special(3), "props", data)
        item, _ = s.put(cal, "u", event("u"))
        s.run("ibset", cal, item, "props", s.word(data))
        places = {"Cal": cal, special(3): special(3)}
        names = {}
        for name, place in places.items():
            num, _ = s.oput(place, "IPM.View", data)
            names[name] = s.oget(place, num).name

        def sync():
            d.doveadm("sync", "-u", self.user, "doveadm", "-c", d.conf, "dsync-server", "-u", self.sharee)

        sync()
        other = self.open(self.sharee)
        places["Cal"] = next(f.fid for f in other.view() if f.name == "Cal")
        for name, place in places.items():
            self.assertEqual(other.bget(place, "props"), shown(data))
            found, = other.olist(place)
            self.assertEqual((found.name, found.key), (names[name], "IPM.View"))
            self.assertEqual(other.oget(place, found.num).data, shown(data))
        item, = other.list(places["Cal"])
        self.assertEqual(other.run("ibget", places["Cal"], item.num, "props"), [[shown(data)]])
        # and is deleted on every one
        for place in places.values():
            other.run("odelete", place, other.olist(place)[0].num)
        time.sleep(1.1)
        sync()
        for place in (cal, special(3)):
            self.assertEqual(s.olist(place), [])
