# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input and faults: crashes at any instant, hostile documents, full quotas."""

import base64
import os
import random
import threading
import time

from dovetail_test import eas, wbxml
from dovetail_test.case import TestCase, message
from dovetail_test.mailgen import Generator
from dovetail_test.wbxml import E


class Crashes(TestCase):
    """A crash of everything; test_crash.py kills parts at random."""
    core = True

    def test_kill_everything(self):
        user = self.new_user()
        self.dovecot.append(user, [message("m%d" % i) for i in range(20)])
        phone = self.phone(user, window=5)
        for n in range(4):
            self.deliver(user, "before crash %d" % n)
            killer = threading.Timer(0.01 * n, self.dovecot._kill_all)
            killer.start()
            try:
                phone.sync()
            except (eas.HttpStatus, OSError, eas.http.client.HTTPException):
                pass
            killer.join()
            self.dovecot.process.wait(10)
            self.dovecot.drop_dead_locks()
            self.dovecot.launch()
            phone.client.close()
        self.dovecot.expect_error("signal 9", "Corrupted", "EOF", "failed", "(?i)reset|lock")
        phone.sync()
        self.assert_soon_same(phone, user)


class BadDocuments(TestCase):
    core = True
    storage = False

    def setUp(self):
        super().setUp()
        self.phone_ = self.phone()
        self.c = self.phone_.client

    def assert_survives(self, answer):
        """Refused clearly, and the next request works."""
        if answer.status == 200 and answer.body:
            status = answer.node.get("Status") or answer.node.get("Collections/Collection/Status") \
                or answer.node.get("Response/Status")
            self.assertNotEqual(status, "1")
        else:
            self.assertIn(answer.status, (400, 413, 431, 500, 501))
            self.assertNotEqual(answer.status, 500, "a clear error, not an accident")
        self.assertEqual(self.c.folder_sync().get("Status"), "1")

    def test_broken_wbxml(self):
        good = wbxml.encode(E("AirSync:Sync", E("Collections", E("Collection", E("SyncKey", "0"), E("CollectionId", "1")))))
        rng = random.Random(5)
        inputs = [good[:n] for n in range(0, len(good) - 1, 3) if n]
        inputs += [b"\x03\x01\x6a\x05hello" + good[4:], b"\x01" + good[1:], b"<?xml version='1.0'?><Sync/>",
                   wbxml.HEADER + b"\x45\xc3\xff\xff\xff\xff\x7f", wbxml.HEADER + b"\x45\x03" + b"a" * 100,
                   wbxml.HEADER + b"\x45\x04\x00\x01", wbxml.HEADER + b"\x00\xfe\x45\x01",
                   wbxml.HEADER + b"\x45\xc3\x8f\xff\xff\xff\xff\xff\xff\x7fx"]
        for _ in range(40):
            data = bytearray(good)
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(4, len(data))] = rng.randrange(256)
            inputs.append(bytes(data))
        for data in inputs:
            answer = self.c.post("Sync", data)
            self.assertNotIn(answer.status, (500, 502, 503, 504), data.hex())
        self.assertEqual(self.c.folder_sync().get("Status"), "1")

    def test_deep_nesting(self):
        deep = wbxml.HEADER + b"\x45" + b"\x5c" * 10000 + b"\x01" * 10001
        self.assert_survives(self.c.post("Sync", deep))

    def test_many_elements(self):
        many = E("AirSync:Sync", E("Collections", [E("Collection", E("SyncKey", "0"), E("CollectionId", "1"))
                                                   for _ in range(20000)]))
        self.assert_survives(self.c.post("Sync", many))

    def test_wrong_document(self):
        """Another command's document."""
        self.assert_survives(self.c.post("Sync", E("FolderHierarchy:FolderSync", E("SyncKey", "0"))))
        self.assert_survives(self.c.post("MoveItems", E("AirSync:Sync")))

    def test_odd_ids(self):
        for sid in ("", "0", "-1", "4294967296", "99999999999999999999", "1:", ":1", "1:99999999999",
                    "../../..", "a" * 5000, "1:2:3:4", "%00", "é"):
            with self.subTest(sid=sid[:20]):
                node = self.c.post("Sync", self.c.sync_request(self.c.collection(sid, "0"))).node
                self.assertNotEqual(node.get("Collections/Collection/Status"), "1")
                node = self.c.post("MoveItems", E("Move:MoveItems", E("Move", E("SrcMsgId", sid), E(
                    "SrcFldId", self.phone_.inbox), E("DstFldId", self.phone_.folder(type=eas.SENT))))).node
                self.assertNotEqual(node.get("Response/Status"), "3")

    def test_too_large_a_body(self):
        head = ("POST %s?Cmd=Sync&User=u&DeviceId=BIG1&DeviceType=T HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
                "MS-ASProtocolVersion: 14.1\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"
                "Content-Length: 99999999999\r\n\r\n" % (eas.PATH, self.c.authorization())).encode()
        from dovetail_test.case import raw_http
        found = raw_http(self.dovecot.ports["http"], head + wbxml.HEADER)
        self.assertIsNotNone(found)
        self.assertEqual(found[0], 413)

    def test_garbage_in_every_command(self):
        rng = random.Random(6)
        for command in eas.COMMAND_CODES:
            if command == "-":
                continue
            for _ in range(5):
                data = wbxml.HEADER + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 80)))
                answer = self.c.post(command, data)
                self.assertNotIn(answer.status, (500, 502, 503, 504), "%s %s" % (command, data.hex()))
        self.assertEqual(self.c.folder_sync().get("Status"), "1")


class HostileMail(TestCase):
    """A poison message never blocks its folder."""
    timeout = 120

    def check(self, *raws):
        user = self.new_user()
        self.dovecot.append(user, [message("before")] + list(raws) + [message("after")])
        before = self.dovecot.memory_pss("dovetail-worker")
        for body, mime in ((((1, 500),), None), (((2,),), None), (((4, 5000),), 2)):
            phone = self.phone(user, body=body, mime_support=mime)
            phone.sync()
            self.assertIn("before", phone.subjects())
            self.assertIn("after", phone.subjects())
        if not self.dovecot.sanitizer:      # ASan keeps what was freed
            self.assertLess(self.dovecot.memory_pss("dovetail-worker") - before, 150_000, "KiB")

    def test_nested_mime(self):
        """10,000 levels deep."""
        depth = range(10_000)
        opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in depth)
        closed = b"".join(b"\r\n--b%d--\r\n" % n for n in reversed(depth))
        self.check(b"From: a@x\r\nSubject: nested\r\n" + opened
                   + b"Content-Type: text/plain\r\n\r\nx" + closed)

    def test_many_parts(self):
        parts = b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" for _ in range(20_000))
        self.check(b"From: a@x\r\nSubject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")

    def test_headers(self):
        self.check(b"From: a@x\r\nSubject: " + b"long " * 50_000 + b"\r\n\r\nx\r\n",
                   b"From: a@x\r\nSubject: to\r\nTo: " + b", ".join(b"a%d@x" % i for i in range(30_000)) + b"\r\n\r\nx\r\n",
                   b"Subject: =?utf-8?B?" + b"4" * 100_000 + b"?=\r\n\r\nx\r\n",
                   b"Subject: \x00\x01\x02 controls \x1b[31m\r\nFrom: \x0b\r\n\r\n\x01\x02\x08\x0c\r\n".replace(b"\x00", b""))

    def test_html(self):
        self.check(message("tags", "<div>" * 100_000, "Content-Type: text/html\r\n"),
                   message("style", "<style>" + "a" * 1_000_000, "Content-Type: text/html\r\n"),
                   message("entities", "&" * 500_000 + "&#x110000;&#0;&#xd800;", "Content-Type: text/html\r\n"))

    def test_broken_kinds(self):
        generator = Generator("hostile")
        self.check(*[generator.message(n, "broken")[0] for n in range(60)])

    def test_bombs(self):
        line = base64.b64encode(b"\0" * 57) + b"\r\n"
        self.check(b"From: a@x\r\nSubject: zeros\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                   + line * 200_000)

    def test_empty(self):
        self.check(b"\r\n", b"Subject: only a header\r\n\r\n", b"no header at all\r\n")


class LargeAttachment(TestCase):
    """F4: constant memory both ways."""
    timeout = 180

    def test_download(self):
        user = self.new_user()
        size = 60_000_000
        # a multiple of 57 bytes: no padding in the middle
        data = base64.encodebytes(os.urandom(57 * 17_543)).replace(b"\n", b"\r\n") * (size // 1_000_000)
        raw = message("large", "HERE", "Content-Type: multipart/mixed; boundary=b\r\n").replace(
            b"HERE", b"--b\r\nContent-Type: application/octet-stream; name=big.bin\r\nContent-Disposition: attachment; "
            b"filename=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n" + data + b"--b--\r\n")
        self.dovecot.append(user, [raw])
        phone = self.phone(user)
        phone.sync()
        (item,) = phone.items[phone.inbox].values()
        reference = item.get("AirSyncBase:Attachments/Attachment/FileReference")
        base = self.dovecot.memory_pss("dovetail-worker") + self.dovecot.memory_pss("dovetail")
        peak = [0]
        done = threading.Event()

        def watch():
            while not done.wait(0.05):
                peak[0] = max(peak[0], self.dovecot.memory_pss("dovetail-worker") + self.dovecot.memory_pss("dovetail"))
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        answer = phone.client.item_operations(phone.client.fetch(reference=reference), multipart=True)
        done.set()
        watcher.join()
        self.assertGreater(len(answer.parts()[1]), size * 0.9)
        if not self.dovecot.sanitizer:
            self.assertLess(peak[0] - base, 40_000, "KiB while %d MB went through" % (size // 1_000_000))


class FullQuota(TestCase):
    options = {"quota": "200k"}

    def test_sent_copy(self):
        """The mail goes or is refused as a whole; nothing half."""
        user = self.new_user()
        self.dovecot.append(user, [message("fill", "x" * 150_000 + "\r\n")])
        client = self.client(user, version="14.1")
        client.provision()
        mime = ("From: %s\r\nTo: x@example.net\r\nSubject: over quota\r\n\r\n%s\r\n" % (user, "y" * 100_000)).encode()
        answer = client.send_mail(mime, client_id="q1", save=True)
        if answer.body:
            self.assertIn(answer.node.get("Status"), ("113", "114", "115", "120"))
            self.assertEqual(self.dovecot.mta.mails, [])
        else:
            self.assertEqual(len(self.dovecot.mta.wait(1)), 1)
