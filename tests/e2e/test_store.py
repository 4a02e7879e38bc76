# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The store: folders, changes, ids, moves, against a Dovecot that IMAP clients
use beside."""

import base64
import hashlib
import os
import threading
import unittest

from storecase import Store, StoreDovecot, StoreError, has_tool

A, B = "anna@example.org", "ben@example.org"
SEEN, FLAGGED, DRAFT = 0x08, 0x02, 0x10


def mail(subject, body="text\r\n", extra=""):
    return ("From: x@example.net\r\nTo: anna@example.org\r\nSubject: %s\r\n"
            "Date: Mon, 2 Feb 2026 10:00:00 +0000\r\nMessage-ID: <%s@example.net>\r\n"
            "%s\r\n%s" % (subject, subject.replace(" ", "."), extra, body)).encode()


@unittest.skipUnless(has_tool(), "no private build with store-tool")
class StoreCase(unittest.TestCase):
    options = {}
    err_position = 0

    @classmethod
    def setUpClass(cls):
        cls.err_position = 0
        cls.dovecot = StoreDovecot(users=[A, B], sieve=False, **cls.options)
        cls.addClassCleanup(cls.dovecot.stop)
        cls.dovecot.start()

    def setUp(self):
        self.stores = []

    def tearDown(self):
        for store in self.stores:
            self.assertEqual(store.close(), 0)
        self.assertEqual(self.dovecot.check_log(), [])
        with open(self.dovecot.path("store-tool.err"), "a+") as errors:
            errors.seek(self.err_position)
            noise = [l for l in errors.readlines() if "GUID changed" not in l and "done now" not in l]
            type(self).err_position = errors.tell()
        self.assertEqual(noise, [])

    def store(self, user=A):
        store = Store(self.dovecot, user)
        self.stores.append(store)
        return store

    def imap(self, user=A):
        client = self.dovecot.imap(user)
        self.addCleanup(client.logout)
        return client

    def name(self, name):
        """As an IMAP argument"""
        return '"%s"' % self.dovecot.folder(name)

    def box(self, name):
        """A folder of this test alone; its IMAP name."""
        with self.dovecot.imap(A) as client:
            client.create(self.name(name))
        return name

    def file(self, content, name="message"):
        path = self.dovecot.path(name)
        with open(path, "wb") as out:
            out.write(content)
        os.chmod(path, 0o644)
        return path


class Folders(StoreCase):
    def test_roles_and_root(self):
        store = self.store()
        paths = store.path()
        self.assertEqual(paths["INBOX"].role, "inbox")
        for name in ("Drafts", "Sent", "Trash", "Junk"):
            self.assertEqual(paths[name].role, name.lower())
            self.assertEqual(paths[name].parent, 0)
            self.assertTrue(paths[name].subscribed)
        self.assertNotIn("shared", paths)

    def test_scripts_unsubscribed_and_nested(self):
        store = self.store()
        names = ["Überprüfung", "Отчёты", "日本語", "emoji 🎉 box", "a&b", "x" * 60]
        with self.dovecot.imap(A) as client:
            for name in names:
                client.create(self.name(name))
            client.create(self.dovecot.folder("deep/er/est"))
        paths = store.path()
        for name in names:
            self.assertIn(name, paths)
            self.assertFalse(paths[name].subscribed)
        self.assertIn("deep/er/est", paths)
        self.assertEqual(paths["deep/er/est"].parent, paths["deep/er"].fid)
        self.assertEqual(paths["deep/er"].parent, paths["deep"].fid)

    def test_number_stays(self):
        store = self.store()
        fid = int(store.run("create", 0, "old name")[0][1])
        self.assertEqual(store.fid("old name"), fid)
        with self.dovecot.imap(A) as client:
            client.rename(self.name("old name"), self.name("new name"))
        self.assertEqual(store.fid("new name"), fid)
        self.assertEqual(self.store().fid("new name"), fid)
        store.run("open", fid)
        with self.dovecot.imap(A) as client:
            client.delete(self.name("new name"))
        with self.assertRaises(StoreError) as caught:
            store.run("open", fid)
        self.assertEqual(caught.exception.code, "notfound")
        self.assertNotEqual(int(store.run("create", 0, "new name")[0][1]), fid)

    def test_one_session_deletes_and_creates(self):
        """Dovecot's list index misses the last step when we read in between."""
        store = self.store()
        client = self.imap()
        for _ in range(3):
            for name in ("again", "again/sub"):
                client.create(self.name(name))
                first = store.path()[name].fid
                client.delete(self.name(name))
                self.assertNotIn(name, [p for p, f in store.path().items() if f.selectable])
                client.create(self.name(name))
                self.assertNotEqual(store.path()[name].fid, first)
            client.delete(self.name("again/sub"))
            client.delete(self.name("again"))

    def test_edit(self):
        store = self.store()
        top = int(store.run("create", 0, "top")[0][1])
        sub = int(store.run("create", top, "süb")[0][1])
        with self.assertRaises(StoreError) as caught:
            store.run("create", top, "süb")
        self.assertEqual(caught.exception.code, "exists")
        for bad in ("", "a%sb" % self.dovecot.opt.separator, "a\x01b"):
            with self.assertRaises(StoreError) as caught:
                store.run("create", 0, bad)
            self.assertEqual(caught.exception.code, "invalid")
        other = int(store.run("create", 0, "other")[0][1])
        store.run("rename", top, other, "moved")
        paths = store.path()
        self.assertEqual(paths["other/moved"].fid, top)
        self.assertEqual(paths["other/moved/süb"].fid, sub)
        self.assertTrue(paths["other/moved/süb"].subscribed)
        with self.assertRaises(StoreError) as caught:
            store.run("rename", other, sub, "loop")
        self.assertEqual(caught.exception.code, "invalid")
        with self.assertRaises(StoreError) as caught:
            store.run("rename", paths["INBOX"].fid, 0, "x")
        self.assertEqual(caught.exception.code, "unsupported")
        store.run("delete", other)
        self.assertFalse([p for p in store.path() if p.startswith("other")])
        with self.assertRaises(StoreError) as caught:
            store.run("delete", paths["Sent"].fid)
        self.assertEqual(caught.exception.code, "unsupported")

    def test_roles_by_name(self):
        with self.dovecot.imap(B) as client:
            client.create(self.dovecot.folder("Archiv"))
        paths = self.store(B).path()
        self.assertEqual(paths["Archiv"].role, "archive")

    def test_lost_guid(self):
        """Without its uidlist a Maildir gets another GUID: number stays."""
        if self.dovecot.opt.format != "maildir":
            self.skipTest("Maildir")
        store = self.store()
        fid = int(store.run("create", 0, "Lost")[0][1])
        guid = store.path()["Lost"].guid
        self.dovecot.append(A, [mail("one")], "Lost")
        store.open(fid)
        store.close()
        self.stores.remove(store)
        folder = os.path.join(self.dovecot.maildir(A), ".Lost" if not self.dovecot.opt.prefix
                              else ".Lost")
        for name in os.listdir(folder):
            if name.startswith("dovecot"):
                os.unlink(os.path.join(folder, name))
        for name in os.listdir(self.dovecot.maildir(A)):
            if name.startswith("dovecot.list.index"):
                os.unlink(os.path.join(self.dovecot.maildir(A), name))
        store = self.store()
        found = store.path()["Lost"]
        self.assertNotEqual(found.guid, guid)
        self.assertEqual(found.fid, fid)
        self.assertEqual(store.open(fid)[0], 1)


class Messages(StoreCase):
    def test_changes(self):
        name = self.box("changes")
        self.dovecot.append(A, [mail("m%d" % i) for i in range(1, 21)], name)
        store = self.store()
        fid = store.fid(name)
        count, point = store.open(fid)
        self.assertEqual(count, 20)
        self.assertTrue(store.unchanged(fid, point))
        same = store.changes(fid, point, "1:20")
        self.assertEqual((same.added, same.expunged, same.changed), ("", "", []))
        client = self.imap()
        client.select(self.dovecot.folder(name))
        client.store("3:4", "+FLAGS", "\\Seen")
        client.store("7", "+FLAGS", "$Label1")
        client.store("10,12", "+FLAGS", "\\Deleted")
        client.expunge()
        self.dovecot.append(A, [mail("new")], name)
        self.assertFalse(store.unchanged(fid, point))
        got = store.changes(fid, point, "1:20")
        self.assertEqual(got.changed, [3, 4, 7])
        self.assertEqual(got.expunged, "10,12")
        self.assertEqual(got.added, "21")
        # a filter left out what is below 18
        got = store.changes(fid, point, "18:20", 18)
        self.assertEqual((got.added, got.expunged, got.changed), ("21", "", []))
        # a window was not finished
        got = store.changes(fid, point, "1:5")
        self.assertEqual(got.added, "6:9,11,13:21")
        got = store.changes(fid, point, "2:5,8:9")
        self.assertEqual(got.added, "1,6:7,11,13:21")
        # another UIDVALIDITY
        got = store.changes(fid, (point[0] + 77, *point[1:]), "1:20")
        self.assertEqual(got.ret, 0)
        self.assertEqual(got.added, "1:9,11,13:21")
        # nothing more since
        got = store.changes(fid, store.open(fid)[1], "1:9,11,13:21")
        self.assertEqual((got.added, got.expunged, got.changed), ("", "", []))

    def test_changes_without_log(self):
        """The index log was rotated away: each message is looked at."""
        name = self.box("rotated")
        self.dovecot.append(A, [mail("m%d" % i) for i in range(1, 11)], name)
        store = self.store()
        fid = store.fid(name)
        _, point = store.open(fid)
        client = self.imap()
        client.select(self.dovecot.folder(name))
        client.store("2", "+FLAGS", "\\Flagged")
        client.store("5", "+FLAGS", "\\Deleted")
        client.expunge()
        got = store.changes(fid, (point[0], point[1], 1, 0), "1:10")
        self.assertEqual(got.expunged, "5")
        self.assertIn(2, got.changed)

    def test_fetch(self):
        name = self.box("fetch")
        body = ("--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
                "--b\r\nContent-Type: image/png; name=x.png\r\n"
                "Content-Disposition: attachment\r\n\r\nxxxx\r\n--b--\r\n")
        self.dovecot.append(A, [mail("folded\r\n subject", body, "MIME-Version: 1.0\r\nContent-Type: "
                                     "multipart/mixed; boundary=b\r\n"), mail("two")], name)
        store = self.store()
        fid = store.fid(name)
        for _ in range(2):      # cold, then from the cache
            first, second = store.fetch(fid, "1:99")
            self.assertEqual(first.subject, "folded subject")
            self.assertEqual(first.parts.lower(), "(multipart/mixed(text/plain)(image/png))")
            self.assertEqual(second.parts.lower(), "(text/plain)")
            self.assertEqual(second.size, len(mail("two")))
            store.run("idle")
        self.assertEqual([m.uid for m in
                          map(lambda l: type(first)(*l), store.run("fetch", fid, "1:2", "newest"))], [2, 1])

    def test_flags_and_keywords(self):
        name = self.box("flags")
        self.dovecot.append(A, [mail("a"), mail("b")], name)
        store = self.store()
        fid = store.fid(name)
        _, point = store.open(fid)
        mine = dict(store.run("flags", fid, "1", SEEN | FLAGGED, 0, "red blue"))
        got = store.changes(fid, point, "1:2")
        self.assertEqual(got.changed, [1])
        message = store.fetch(fid, "1")[0]
        self.assertEqual(message.flags, SEEN | FLAGGED)
        self.assertEqual(sorted(message.keywords), ["blue", "red"])
        self.assertEqual(message.modseq, int(mine["1"]))
        store.run("flags", fid, "1", 0, FLAGGED, "green", "red")
        message = store.fetch(fid, "1")[0]
        self.assertEqual((message.flags, sorted(message.keywords)), (SEEN, ["blue", "green"]))
        self.assertEqual(store.fetch(fid, "2")[0].flags, 0)
        store.run("flags", fid, "1:2", 0, 0, " ".join("kw%d" % i for i in range(40)))
        self.assertIn("kw39", store.fetch(fid, "2")[0].keywords)

    def test_save_replace(self):
        store = self.store()
        fid = store.path()["Drafts"].fid
        first = store.save(fid, self.file(mail("draft one")), DRAFT | SEEN, "note")
        oid = store.oid(fid, first)
        _, point = store.open(fid)
        second = store.save(fid, self.file(mail("draft two")), DRAFT, "", first)
        self.assertEqual(store.oid(fid, second), oid)
        self.assertEqual(store.find(oid), (1, fid, second))
        got = store.changes(fid, point, str(first))
        self.assertEqual((got.added, got.expunged), ("", ""))
        self.assertEqual(got.rewritten, ["%d>%d" % (first, second)])
        third = store.save(fid, self.file(mail("draft three")), DRAFT, "", second)
        got = store.changes(fid, point, str(first))
        self.assertEqual(got.rewritten, ["%d>%d" % (first, third)])
        got = store.changes(fid, got.point, str(third))
        self.assertEqual((got.added, got.expunged, got.rewritten), ("", "", []))
        other = self.store()
        self.assertEqual(other.oid(fid, third), oid)
        self.assertEqual([m.subject for m in other.fetch(fid, "1:99")], ["draft three"])
        store.run("expunge", fid, third)
        self.assertEqual(store.find(oid)[0], 0)

    def test_save_replace_killed(self):
        """A crash at each commit of a rewrite: what follows finds one message,
        with the id that clients know."""
        fid = self.store().path()["Drafts"].fid
        for nth in range(1, 6):
            for before in ((), ("before",)):
                with self.subTest(nth=nth, before=before):
                    store = self.store()
                    store.run("empty", fid)
                    first = store.save(fid, self.file(mail("old")), DRAFT)
                    oid = store.oid(fid, first)
                    store.run("crash", nth, *before)
                    try:
                        store.save(fid, self.file(mail("new")), DRAFT, "", first)
                        done = True
                    except RuntimeError:
                        done = False
                        self.stores.remove(store)
                        self.assertEqual(store.close(), 9)
                    after = self.store()
                    (message,) = after.fetch(fid, "1:9999")
                    self.assertEqual(after.oid(fid, message.uid), oid)
                    self.assertEqual(after.find(oid), (1, fid, message.uid))
                    if done:
                        self.assertEqual(message.subject, "new")
                        self.assertGreater(nth, 3, "the crash did not happen")
                    elif nth == 1:
                        self.assertEqual(message.subject, "old")
                    again = after.save(fid, self.file(mail("newer")), DRAFT, "", message.uid)
                    self.assertEqual(after.oid(fid, again), oid)
                    self.assertEqual(len(after.fetch(fid, "1:9999")), 1)

    def test_move(self):
        name = self.box("source")
        self.box("target")
        self.dovecot.append(A, [(mail("m%d" % i), "\\Seen $Work", None) for i in range(1, 6)], name)
        store = self.store()
        source, target = store.fid(name), store.fid("target")
        store.run("extra", source, 2, "topic", "kept value")
        moved = dict(store.run("move", source, "2:3,77", target))
        self.assertEqual(sorted(moved), ["2", "3"])
        message = store.fetch(target, moved["2"])[0]
        self.assertEqual((message.subject, message.flags, message.keywords), ("m2", SEEN, ["$Work"]))
        self.assertEqual([m.uid for m in store.fetch(source, "1:99")], [1, 4, 5])
        self.assertEqual(store.run("extra", target, moved["2"], "topic"), [["1", "kept value"]])
        copied = dict(store.run("move", source, "1", target, "copy"))
        self.assertEqual(sorted(copied), ["1"])
        self.assertEqual(store.open(source)[0], 3)
        store.run("empty", target)
        self.assertEqual(store.open(target)[0], 0)

    def test_search(self):
        name = self.box("search")
        self.box("search/below")
        self.dovecot.append(A, [mail("alpha beta"), mail("gamma", "needle in hay\r\n")], name)
        self.dovecot.append(A, [mail("gamma two", "another needle\r\n")], "search/below")
        store = self.store()
        fid, below = store.fid(name), store.path()["search/below"].fid
        self.assertEqual(store.run("search", fid, 0, "text", "needle hay")[1:], [[str(fid), "2"]])
        self.assertEqual(store.run("search", fid, 1, "text", "needle")[0], ["total", "2"])
        self.assertEqual(store.run("search", 0, 1, "subject", "gamma two")[1:], [[str(below), "1"]])
        self.assertEqual(store.run("search", fid, 0, "since", 1)[0], ["total", "2"])
        self.assertEqual(store.run("search", fid, 0, "since", 4000000000)[0], ["total", "0"])

    def test_search_conversation(self):
        """By the hash of the thread's root; Outlook's header counts where nothing
        else tells that a message is an answer."""
        name = self.box("threads")
        index = bytes([1, 2, 3, 4, 5, 6]) + bytes(range(16))
        head = "Thread-Index: %s\r\n"
        self.dovecot.append(A, [
            mail("one", "x", head % base64.b64encode(index).decode()), mail("two"),
            mail("three", "x", head % base64.b64encode(bytes(22)).decode() + "References: <one@example.net>\r\n")],
            name)
        store = self.store()
        fid = store.fid(name)
        one = hashlib.sha256(b"one@example.net").digest()[:16]
        hits = store.run("search", fid, 0, "conversation", one.hex())
        self.assertEqual(sorted(hits[1:]), [[str(fid), "1"], [str(fid), "3"]])

    def test_state(self):
        one, two = self.store(), self.store()
        one.run("state", "set", "eas:X", "sync/1", "k1")
        self.assertEqual(two.run("state", "get", "eas:X", "sync/1"), [["1", "k1"]])
        one.run("state", "set", "eas:X", "sync/1", "k2", "k1")
        with self.assertRaises(StoreError) as caught:
            two.run("state", "set", "eas:X", "sync/1", "k3", "k1")
        self.assertEqual(caught.exception.code, "exists")
        one.run("state", "set", "eas:X", "sync/2", "z")
        one.run("state", "set", "eas:X", "ping", "p")
        self.assertEqual(two.run("state", "list", "eas:X", "sync/"), [["sync/1"], ["sync/2"]])
        two.run("state", "unset", "eas:X", "sync/")
        self.assertEqual(one.run("state", "list", "eas:X", ""), [["ping"]])

    def test_device(self):
        store = self.store()
        key = "eas:ApplÄ/DN\u00dfQ"
        store.run("device", key, "type", "iPhone", "model", "a b=c")
        self.assertEqual(self.store().run("device", key), [["type", "iPhone", "model", "a b=c"]])
        self.assertIn([key], store.run("device"))

    def test_change_numbers(self):
        """Content and read state count apart, also what IMAP changes."""
        name = self.box("numbers")
        self.dovecot.append(A, [mail("a"), mail("b")], name)
        store = self.store()
        fid = store.fid(name)

        def numbers(uid=1, store=store):
            return tuple(int(n) for n in store.run("cn", fid, uid)[0][1:])
        self.assertEqual(numbers(), (0, 0))
        client = self.imap()
        client.select(self.dovecot.folder(name))
        last = numbers()
        for change, content, read in (
                (("+FLAGS", r"(\Seen)"), False, True), (("+FLAGS", r"(\Flagged)"), True, False),
                (("+FLAGS", "(word)"), True, False), (("+FLAGS", r"(\Answered)"), True, False),
                (("FLAGS", "()"), True, True)):
            with self.subTest(change=change):
                client.store("1", *change)
                now = numbers()
                self.assertEqual((now[0] > last[0], now[1] > last[1]), (content, read))
                self.assertEqual(numbers(), now)
                self.assertEqual(numbers(store=self.store()), now)
                last = now
        self.assertEqual(numbers(2), (0, 0))
        for words, content, read in ((("flags", fid, 2, SEEN, 0), False, True),
                                     (("flags", fid, 2, FLAGGED, SEEN), True, True)):
            last = numbers(2)
            store.run(*words)
            now = numbers(2)
            self.assertEqual((now[0] > last[0], now[1] > last[1]), (content, read))
        again = store.save(fid, self.file(mail("b2")), DRAFT, "", 2)
        self.assertGreater(numbers(again)[0], now[0], "written anew: the same object")

    def test_workers_at_once(self):
        name = self.box("several")
        fid = self.store().fid(name)
        path = self.file(mail("race"), "race")
        failures = []

        def work(store):
            try:
                for i in range(15):
                    uid = store.save(fid, path)
                    store.run("flags", fid, uid, SEEN, 0)
                    store.run("state", "set", "eas:%d" % id(store), "n", str(i))
            except Exception as error:       # pylint: disable=broad-except
                failures.append(error)

        threads = [threading.Thread(target=work, args=(self.store(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.store().open(fid)[0], 60)


class Shared(StoreCase):
    def setUp(self):
        super().setUp()
        self.dovecot.append(A, [mail("s1"), mail("s2")])

    def grant(self, rights, box="INBOX"):
        self.dovecot.doveadm("acl", "set", "-u", A, box, "user=" + B, *rights)

    def revoke(self, box="INBOX"):
        self.dovecot.doveadm("acl", "delete", "-u", A, box, "user=" + B)

    def test_seen_by_each(self):
        store = self.store(B)
        self.assertFalse([f for f in store.folders() if f.foreign and f.owner])
        self.grant(["lookup", "read", "write-seen"])
        self.addCleanup(self.revoke)
        shared = [f for f in store.folders() if f.foreign and f.owner == A]
        self.assertEqual(len(shared), 1)
        fid = shared[0].fid
        count, point = store.open(fid)
        self.assertGreater(count, 0)
        self.assertTrue(store.unchanged(fid, point))
        owner = self.store(A)
        before = owner.fetch(owner.fid("INBOX"), "1")[0].flags
        store.run("flags", fid, "1", SEEN, 0)
        self.assertFalse(store.unchanged(fid, point))
        self.assertEqual(store.changes(fid, point, "1:%d" % count).changed, [1])
        self.assertEqual(store.fetch(fid, "1")[0].flags & SEEN, SEEN)
        self.assertEqual(owner.fetch(owner.fid("INBOX"), "1")[0].flags, before)
        for command in (("flags", fid, "1", FLAGGED, 0), ("expunge", fid, "1"),
                        ("save", fid, self.file(mail("x")), 0, "", 0)):
            with self.assertRaises(StoreError) as caught:
                store.run(*command)
            self.assertEqual(caught.exception.code, "perm")
        self.revoke()
        self.assertFalse([f for f in store.folders() if f.foreign and f.owner == A])
        with self.assertRaises(StoreError) as caught:
            store.open(fid)
        self.assertEqual(caught.exception.code, "notfound")
        self.grant(["lookup", "read"])
        self.assertEqual([f.fid for f in store.folders() if f.foreign and f.owner == A], [fid])

    def test_send(self):
        store = self.store(B)
        self.assertEqual(store.run("send", B), [["right", "1"]])
        self.assertEqual(store.run("send", A), [["right", "0"]])
        self.grant(["lookup", "read", "post"])
        self.addCleanup(self.revoke)
        self.assertEqual(store.run("send", A), [["right", "3"]])
        self.assertEqual(store.run("send", "third@example.org"), [["right", "0"]])


class Quota(StoreCase):
    options = {"quota": "100k"}

    def test_quota(self):
        store = self.store()
        fid = store.fid("INBOX")
        big = self.file(mail("big", "x" * 76 * 1000 + "\r\n"))
        store.save(fid, big)
        with self.assertRaises(StoreError) as caught:
            store.save(fid, big)
        self.assertEqual(caught.exception.code, "quota")
        ret, used, limit = store.run("quota")[0]
        self.assertEqual((ret, limit), ("1", str(100 * 1024)))
        self.assertGreater(int(used), 70000)


class Sites(StoreCase):
    """Another separator and Courier's prefix."""
    options = {"separator": ".", "prefix": "INBOX."}

    test_roles = Folders.test_roles_and_root
    test_edit = Folders.test_edit
    test_scripts = Folders.test_scripts_unsubscribed_and_nested


if __name__ == "__main__":
    unittest.main()
