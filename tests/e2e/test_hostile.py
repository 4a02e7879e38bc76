# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Who wants to harm: smuggled requests, bombs, injected headers, other people's
ids, forged names (D11).  Every refusal is clear, memory stays bounded, nothing
dies, and each request leaves one line in the access log."""

import base64
import gzip
import os
import re
import socket
import threading
import time
import urllib.parse

from dovetail_test import eas, wbxml
from dovetail_test.case import TestCase, message, raw_http
from dovetail_test.dovecot import DOMAIN
from dovetail_test.wbxml import E
from test_http import FOLDER_SYNC, basic, request

WBXML = "application/vnd.ms-sync.wbxml"
ME = "u001@" + DOMAIN


class Hostile(TestCase):
    """Counts processes: after each test nobody has died and nothing is large."""
    # of one process above what it had at the first look, KiB
    memory_limit = 96_000

    def setUp(self):
        super().setUp()
        self.client(ME).options()
        self.front = self.dovecot.processes("dovetail")
        self.peak, self.done = {}, threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def tearDown(self):
        self.done.set()
        self.watcher.join()
        self.assertEqual(self.dovecot.processes("dovetail"), self.front, "the front has died")
        for pid, (name, low, high) in self.peak.items():
            if not self.dovecot.sanitizer:        # ASan keeps what was freed
                self.assertLess(high - low, self.memory_limit, "KiB of %s grew" % name)
        self.assertEqual(self.client(ME).options().status, 200)
        super().tearDown()

    def _watch(self):
        while not self.done.wait(0.02):
            for name in ("dovetail", "dovetail-worker"):
                for pid in self.dovecot.processes(name):
                    rss = _rss(pid)
                    if rss is not None:
                        low, high = self.peak.get(pid, (name, rss, rss))[1:]
                        self.peak[pid] = name, min(low, rss), max(high, rss)

    def talk(self, data, seconds=3.0, close=False):
        """All the server says until it closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 10) as sock:
            try:
                sock.sendall(data)
                if close:
                    sock.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            sock.settimeout(seconds)
            out = b""
            try:
                while True:
                    more = sock.recv(65536)
                    if not more:
                        return out, True
                    out += more
            except ConnectionResetError:
                return out, True
            except socket.timeout:
                return out, False

    def statuses(self, data):
        return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d+) ", data)]


def _rss(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            return int(re.search(r"^VmRSS:\s+(\d+)", f.read(), re.M).group(1))
    except (OSError, AttributeError):
        return None


class Http(Hostile):
    core = True
    storage = False
    smuggled = 0

    def bad(self, name, *headers, body=b"", allowed=(400, 413, 501)):
        """Refused and closed; what lies behind is never taken for a request."""
        Http.smuggled += 1
        path = "/smuggled/%d." % Http.smuggled
        with self.subTest(name):
            out, closed = self.talk(request(headers=[
                "MS-ASProtocolVersion: 14.1", "Content-Type: " + WBXML, *headers], body=body)
                + request("GET", path, headers=["X-Smuggled: yes"], user=None))
            found = self.statuses(out)
            self.assertEqual(len(found), 1, out[:600])
            self.assertIn(found[0], allowed)
            self.assertTrue(closed, "the connection stays open after a broken request")
            self.assertNotIn(path, self.dovecot.read_log("info.log"))

    def test_smuggling(self):
        chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FOLDER_SYNC), FOLDER_SYNC)
        # RFC 9112, 6.3: chunked may be believed, the connection must close
        for length in (0, 4, 1000):
            self.bad("length and chunked", "Content-Length: %d" % length, "Transfer-Encoding: chunked", body=chunk,
                     allowed=(200, 400))
            self.bad("chunked and length", "Transfer-Encoding: chunked", "content-length:%d" % length, body=chunk,
                     allowed=(200, 400))
        self.bad("two lengths", "Content-Length: 13", "Content-Length: 0", body=FOLDER_SYNC)
        self.bad("length list", "Content-Length: 13, 0", body=FOLDER_SYNC)
        self.bad("signed length", "Content-Length: +13", body=FOLDER_SYNC)
        self.bad("negative length", "Content-Length: -1", body=FOLDER_SYNC)
        self.bad("huge length", "Content-Length: 18446744073709551629", body=FOLDER_SYNC)
        self.bad("hexadecimal length", "Content-Length: 0xd", body=FOLDER_SYNC)
        self.bad("unknown coding", "Transfer-Encoding: xchunked", body=chunk)
        self.bad("coding after chunked", "Transfer-Encoding: chunked, identity", body=chunk)
        self.bad("chunked twice", "Transfer-Encoding: chunked, chunked", body=chunk)
        self.bad("white space before the colon", "Content-Length : 13", body=FOLDER_SYNC)
        self.bad("bare CR in a value", "X-A: a\rContent-Length: 13", "Content-Length: 0")
        self.bad("no name", ": a", "Content-Length: 0")
        # lib-http leaves a NUL out: it must not end the value
        out, _ = self.talk(request("OPTIONS", eas.PATH, headers=["X-A: a\0b", "Connection:\0 close", "X-B: c"]))
        self.assertIn(self.statuses(out), ([200], [400]))

    def test_bad_chunks(self):
        for size in (b"-1", b"0x5", b"5g", b"fffffffffffffffff", b"ffffffffffffffff", b"", b" ", b"+5", b"5\0"):
            self.bad("size %r" % size, "Transfer-Encoding: chunked", body=size + b"\r\nhello\r\n0\r\n\r\n")
        self.bad("longer than it says", "Transfer-Encoding: chunked", body=b"3\r\nhello\r\n0\r\n\r\n")
        # legal, and read away without being kept
        for body in (b"5;" + b"x" * 3_000_000 + b"\r\nhello\r\n0\r\n\r\n", b"0\r\n" + b"X-T: y\r\n" * 600_000 + b"\r\n"):
            out, _ = self.talk(request(headers=["MS-ASProtocolVersion: 14.1", "Content-Type: " + WBXML,
                                                "Transfer-Encoding: chunked"], body=body))
            self.assertLessEqual(len(self.statuses(out)), 1, out[:600])

    def test_methods(self):
        for method in ("HEAD", "FROB", "CONNECT", "TRACE", "post", "PROPFIND", "A" * 2000):
            with self.subTest(method=method[:10]):
                out, _ = self.talk(request(method, eas.PATH, headers=["Connection: close"]))
                self.assertIn(self.statuses(out), ([405], [501], [400]))
                if method == "HEAD":
                    self.assertTrue(out.endswith(b"\r\n\r\n"), "a body in the answer to HEAD: %r" % out[-80:])
        out, _ = self.talk(request("HEAD", eas.PATH + "/healthcheck.htm", user=None, headers=["Connection: close"]))
        self.assertTrue(out.endswith(b"\r\n\r\n"), out[-80:])

    def test_targets(self):
        for target, allowed in (
                ("http://evil.example/Microsoft-Server-ActiveSync", (200, 400)),
                ("https://u:p@evil.example:99999/Microsoft-Server-ActiveSync", (400,)),
                ("*", (200, 400, 404, 405, 501)), ("//Microsoft-Server-ActiveSync", (400, 404)),
                ("/../../etc/passwd", (400, 404)), ("/Microsoft-Server-ActiveSync/../../etc/passwd", (200, 400, 404)),
                ("/%00", (400, 404)), ("/Microsoft-Server-ActiveSync%00?Cmd=x", (400, 404)),
                ("/\xff\xfe", (400, 404)), ("ftp://x/", (400, 404)), ("", (400,))):
            with self.subTest(target=target):
                out, _ = self.talk(request("OPTIONS", target or " ", headers=["Connection: close"]))
                (status,) = self.statuses(out)
                self.assertIn(status, allowed)
                self.assertNotIn(b"root:", out)
        out, _ = self.talk(request("OPTIONS", eas.PATH, headers=["Host: other.example", "Connection: close"]))
        self.assertEqual(self.statuses(out), [400], "two Hosts")

    def test_pipelining(self):
        """Many in a packet; and many more that nobody reads answers of."""
        out, _ = self.talk(request("OPTIONS", eas.PATH, headers=["X: y"]) * 40, 2.0)
        self.assertEqual(self.statuses(out), [200] * 40)
        with socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 10) as sock:
            sock.settimeout(1.0)
            try:
                for _ in range(200):
                    sock.sendall(request("OPTIONS", eas.PATH, headers=["X: y"]) * 100)
            except (socket.timeout, ConnectionError):
                pass

    def test_headers_of_64k(self):
        for headers in (["X-Large: " + "a" * 65536], ["X-%d: %s" % (i, "a" * 60) for i in range(1200)],
                        ["Authorization: Basic " + "A" * 65536], ["Cookie: " + "c=d; " * 13000]):
            with self.subTest(headers[0][:20]):
                out, closed = self.talk(request("OPTIONS", eas.PATH, headers=headers, user=None))
                self.assertIn(self.statuses(out), ([400], [413], [431]))
                self.assertTrue(closed)

    def test_many_slow_heads(self):
        """Half a head on each of 300 connections disturbs nobody."""
        socks = []
        try:
            for _ in range(300):
                sock = socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 10)
                sock.sendall(b"POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\nX: " + b"a" * 4000)
                socks.append(sock)
            started = time.monotonic()
            self.assertEqual(self.client(ME).options().status, 200)
            self.assertLess(time.monotonic() - started, 2)
        finally:
            for sock in socks:
                sock.close()


class Bombs(Hostile):
    def post(self, command, data, **headers):
        client = self.client(ME)
        client.provision()
        return client.post(command, data, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def test_gzip(self):
        packed = gzip.compress(FOLDER_SYNC)
        self.assertEqual(self.post("FolderSync", packed, Content_Encoding="gzip").node.get("Status"), "1")
        bomb = gzip.compress(b"\0" * 200_000_000, 9)
        tag = gzip.compress(wbxml.HEADER + b"\x45" * 100_000_000, 9)
        text = gzip.compress(wbxml.HEADER + b"\x45\x4b\x03" + b"a" * 200_000_000, 9)
        for name, data in (("zeros", bomb), ("tags", tag), ("text", text), ("short", packed[:-13]),
                           ("broken", packed[:20] + b"\xff\xff\xff" + packed[23:]), ("not gzip", FOLDER_SYNC),
                           ("twice", gzip.compress(bomb)), ("nothing", b"")):
            for command in ("FolderSync", "Sync", "SendMail"):
                with self.subTest(name, command=command):
                    answer = self.post(command, data, Content_Encoding="gzip")
                    self.assertIn(answer.status, (200, 400, 413))
                    if answer.status == 200 and answer.body:
                        self.assertNotEqual(answer.node.get("Status"), "1")

    def test_unknown_coding(self):
        self.assertIn(self.post("FolderSync", FOLDER_SYNC, Content_Encoding="br").status, (200, 400, 415))

    def test_depth_in_every_command(self):
        for command in eas.COMMAND_CODES:
            if command == "-":
                continue
            for data in (wbxml.HEADER + b"\x45" * 10_000 + b"\x01" * 10_000,
                         wbxml.HEADER + b"\x00\x07\x56" + b"\x4e" * 200_000):
                answer = self.post(command, data)
                self.assertIn(answer.status, (200, 400, 413), command)
                if answer.status == 200 and answer.body:
                    self.assertNotEqual(answer.node.get("Status"), "1", command)

    def test_large_documents(self):
        """Text and opaque data far above what an element may be."""
        for command in ("FolderSync", "Sync", "Ping", "Settings", "Search", "ItemOperations", "SendMail"):
            for data in (wbxml.HEADER + b"\x45\x4b\x03" + b"a" * 30_000_000 + b"\0\x01\x01",
                         wbxml.HEADER + b"\x45\x4b\xc3\x8e\xa6\xe3\x00" + b"b" * 30_000_000,
                         wbxml.HEADER + b"\x45" + b"\x4b\x03a\0\x01" * 2_000_000 + b"\x01"):
                answer = self.post(command, data)
                self.assertIn(answer.status, (200, 400, 413), command)

    def test_xml(self):
        laughs = "".join('<!ENTITY l%d "%s">' % (n, "&l%d;" % (n - 1) * 10) for n in range(1, 12))
        rest = "<Autodiscover xmlns='http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006'>" \
               "<Request><EMailAddress>%s</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/" \
               "autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema></Request></Autodiscover>"
        secret = self.dovecot.path("secret")
        with open(secret, "w") as out:
            out.write("TOP-SECRET")
        os.chmod(secret, 0o644)
        documents = (
            "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY l0 'ha'>%s]>%s" % (laughs, rest % "&l11;"),
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file://%s'>]>%s" % (secret, rest % "&x;"),
            "<!DOCTYPE a SYSTEM 'http://127.0.0.1:%d/x.dtd'>%s" % (self.dovecot.ports["http"], rest % ME),
            "<!DOCTYPE a [<!ENTITY %% p SYSTEM 'file://%s'>%%p;]>%s" % (secret, rest % ME),
            "<a>" * 200_000, "<a b='" + "c" * 5_000_000 + "'/>", "<a " + " ".join("x%d=''" % i for i in range(100_000)) + "/>",
            rest % ("x" * 1_000_000 + "@y"), "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file://%s'/>" % secret)
        for number, text in enumerate(documents):
            for coding in ("utf-8", "utf-16"):
                with self.subTest(number=number, coding=coding):
                    body = text.encode(coding)
                    status, _, answer = raw_http(self.dovecot.ports["http"], request(
                        path="/Autodiscover/Autodiscover.xml", body=body,
                        headers=["Content-Type: text/xml", "Content-Length: %d" % len(body)]))
                    self.assertIn(status, (200, 400, 413))
                    self.assertNotIn(b"TOP-SECRET", answer)
                    self.assertNotIn(b"hahaha", answer)
        self.assertNotIn("x.dtd", self.dovecot.read_log("info.log"))

    def test_mime_bombs_sent(self):
        """What a phone hands in to be sent is parsed too."""
        client = self.client(ME)
        client.provision()
        depth = range(10_000)
        nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in depth)
        rfc822 = b"Content-Type: message/rfc822\r\n\r\n" * 10_000
        parts = b"--b\r\n\r\nx\r\n" * 50_000
        for name, rest in (("nested", nested + b"\r\nx"), ("rfc822", rfc822 + b"\r\nx"),
                           ("parts", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"),
                           ("headers", b"X-A: b\r\n" * 200_000 + b"\r\nx"),
                           ("parameter", b"Content-Type: text/plain; " + b"a=b; " * 200_000 + b"\r\n\r\nx")):
            with self.subTest(name):
                mime = b"From: <%s>\r\nTo: <x@example.net>\r\nSubject: bomb\r\n" % ME.encode() + rest
                answer = client.send_mail(mime, client_id="bomb-" + name)
                self.assertTrue(not answer.body or answer.node.get("Status") != "1")


class SendMail(Hostile):
    core = True
    storage = False

    def sent(self, mime, client_id):
        client = self.client(ME, version="14.1")
        client.provision()
        self.dovecot.mta.clear()
        answer = client.send_mail(mime, client_id=client_id, save=True)
        return answer, list(self.dovecot.mta.mails)

    def assert_one_clean(self, mails, recipients):
        for mail in mails:
            self.assertEqual(sorted(mail.recipients), sorted(recipients))
            self.assertNotIn(b"\0", mail.data)
            self.assertIsNone(re.search(rb"\r(?!\n)|(?<!\r)\n", mail.data), "bare CR or LF on the wire")
        self.assertLessEqual(len(mails), 1)

    def test_line_ends(self):
        """Bare CR and LF never reach SMTP: neither the hub nor who comes after
        it may see other headers, or another mail, than we did."""
        head = b"From: <%s>\r\nTo: <x@example.net>\r\n" % ME.encode()
        inner = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nhi\r\n.\r\n"
        for n, mime in enumerate((
                head + b"Subject: a\rBcc: victim@example.net\r\n\r\nbody\r\n",
                head + b"Subject: a\nX-Injected: b\r\n\r\nbody\r\n",
                head + b"Subject: a\r\n\r\nbody\r\n.\r\n" + inner,
                head + b"Subject: a\r\n\r\nbody\n.\n" + inner,
                head + b"Subject: a\r\n\r\nbody\r.\r" + inner,
                head + b"Subject: a\r\n\r\nbody\n.\r\n" + inner,
                head + b"Subject: a\r\n\r\nbody\r\n.\r" + inner,
                head + b"Subject: a\r\n\r\nbody\r\n.\n" + inner,
                head.replace(b"\r\n", b"\n") + b"Subject: unix\n\nbody\n",
                head + b"Subject: nul \0 here\r\n\r\nbody \0 too\r\n",
                head + b"Subject: a\r\n\r\n" + b"\r" * 1000 + b"\n" * 1000)):
            with self.subTest(n=n):
                answer, mails = self.sent(mime, "line%d" % n)
                self.assert_one_clean(mails, ["x@example.net"])
                self.assertEqual(bool(mails), not answer.body, "sent and refused, or neither")
                for mail in mails:
                    self.assertEqual(mail.sender, ME)
                    self.assertNotIn(b"\r\nBcc:", mail.data)

    def test_addresses(self):
        """What a header says never becomes a word of SMTP."""
        for n, to in enumerate((b"x@example.net>\r\nRCPT TO:<victim@example.net", b"<x@example.net\r>",
                                b'"a\r\nb"@example.net', b"=?utf-8?Q?x=0D=0ARCPT_TO=3A=3Cvictim=40example.net=3E?= <x@example.net>",
                                b"<x@example.net> SIZE=1", b"<@a,@b:x@example.net>", b"<" + b"x" * 70_000 + b"@example.net>",
                                b"x y@example.net", b"<x@exa mple.net>", b"<\x00@example.net>")):
            with self.subTest(to=to[:30]):
                _, mails = self.sent(b"From: <%s>\r\nTo: " % ME.encode() + to + b"\r\nSubject: a\r\n\r\nbody\r\n", "addr%d" % n)
                for mail in mails:
                    self.assertNotIn("victim@example.net", mail.recipients)
                    for address in mail.recipients:
                        self.assertRegex(address, r"^[!-~]{1,320}$")

    def test_forged_senders(self):
        for n, head in enumerate((b"From: <victim@example.net>", b"From: <%s>, <victim@example.net>" % ME.encode(),
                                  b"From: <%s>\r\nFrom: <victim@example.net>" % ME.encode(),
                                  b"From: <victim@example.net>\r\nFrom: <%s>" % ME.encode(),
                                  b"From: \"%s\" <victim@example.net>" % ME.encode(),
                                  b"From: <%s>\r\nSender: <victim@example.net>" % ME.encode(),
                                  b"From : <victim@example.net>\r\nFrom: <%s>" % ME.encode(),
                                  b"From: <%s>\r\nResent-From: <victim@example.net>" % ME.encode(),
                                  b"From: <%s>\r\nReturn-Path: <victim@example.net>" % ME.encode())):
            with self.subTest(head=head):
                _, mails = self.sent(head + b"\r\nTo: <x@example.net>\r\nSubject: forged\r\n\r\nbody\r\n", "forged%d" % n)
                for mail in mails:
                    self.assertEqual(mail.sender, ME)
                    top = mail.data.split(b"\r\n\r\n")[0]
                    self.assertIsNone(re.search(rb"(?im)^(From|Sender|Return-Path)\s*:.*victim", top), top)


class OthersItems(Hostile):
    core = True

    def test_ids(self):
        """Every id that one user was told, used by another: nothing comes."""
        victim, thief = self.new_user(), self.new_user()
        self.dovecot.append(victim, [message(
            "SECRET-SUBJECT", "--b\r\n\r\nSECRET-BODY\r\n--b\r\nContent-Type: text/x; name=a.txt\r\n"
            "Content-Disposition: attachment; filename=a.txt\r\n\r\nSECRET-FILE\r\n--b--\r\n",
            "Content-Type: multipart/mixed; boundary=b\r\n")])
        with self.dovecot.imap(victim) as imap:
            imap.create("Private")
            imap.append("Private", None, None, message("SECRET-SUBJECT two", "SECRET-BODY"))
        owner = self.phone(victim, version="14.1")
        owner.folder_sync()
        private = owner.folder("Private")
        owner.sync()
        owner.sync(private)
        (item,) = owner.items[owner.inbox]
        reference = owner.items[owner.inbox][item].get("AirSyncBase:Attachments/Attachment/FileReference")
        found = owner.client.search_mailbox("SECRET", deep=True)
        long_ids = [n.text for n in found.iter() if n.name == "Search:LongId"]
        for version in ("12.1", "14.1", "16.1"):
            with self.subTest(version=version):
                self._steal(thief, version, owner, private, item, reference, long_ids)
        self.assertEqual(self.dovecot.mta.mails, [])
        owner.sync()
        self.assert_same(owner, victim)

    def _steal(self, thief, version, owner, private, item, reference, long_ids):
        phone = self.phone(thief, version=version)
        phone.sync()
        c = phone.client
        secrets = (b"SECRET-SUBJECT", b"SECRET-BODY", b"SECRET-FILE")

        def check(answer, allowed=(200, 400)):
            body = answer.body
            for secret in secrets:
                self.assertNotIn(secret, body)
                self.assertNotIn(base64.b64encode(secret)[:-4], body)
            self.assertIn(answer.status, allowed)
        fetches = [c.fetch(owner.inbox, item, body=((4,),), mime_support=2), c.fetch(private, item),
                   c.fetch(private, private + ":1")]
        fetches += [c.fetch(reference=reference)] + [c.fetch(long_id=x) for x in long_ids]
        for fetch in fetches:
            for multipart in (False, True):
                check(c.item_operations(fetch, multipart=multipart))
        if version != "16.1":
            # MS-ASCMD 2.2.1.8: 500 for what is not there
            check(c.post("GetAttachment", params={"AttachmentName": reference}), (404, 500))
        for collection in (private, owner.inbox):
            for sid in [item] + ([i for i in owner.items[private]]):
                check(c.post("Sync", c.sync_request(c.collection(
                    collection, phone.keys.get(collection, "0"), commands=[eas.fetch(sid), eas.read(sid), eas.delete(sid)]))))
                check(c.post("MoveItems", E("Move:MoveItems", E("Move", E("SrcMsgId", sid), E("SrcFldId", collection),
                                                                E("DstFldId", phone.folder(type=eas.DELETED))))))
        mime = ("From: %s\r\nTo: x@example.net\r\nSubject: fwd\r\n\r\nx\r\n" % thief).encode()
        for source in [(owner.inbox, item), (private, private + ":1")] + (long_ids if c.v >= (14, 0) else []):
            try:
                check(c._compose("SmartForward", mime, None, False, source, False, {}))
            except eas.HttpStatus as refused:       # before 14.0
                check(refused.response, (500,))
        for mail in self.dovecot.mta.mails:
            for secret in secrets:
                self.assertNotIn(secret, mail.data)
        self.dovecot.mta.clear()

    def test_forged_ids(self):
        """Ids are looked up; they are never paths, names or numbers to count on."""
        user = self.new_user()
        self.deliver(user, "mine")
        phone = self.phone(user, version="14.1")
        phone.sync()
        c = phone.client
        for bad in ("../../../etc/passwd", "/etc/passwd", "..", "%2e%2e%2f", "INBOX", "shared/" + ME + "/INBOX", "a" * 60_000,
                    "1:1:1:1:1:1", "-1:-1", "4294967297:1", "1:18446744073709551616", "0", "", "'; DROP TABLE item; --",
                    "\x01\x02", "é" * 300, "1\n2"):
            with self.subTest(bad=bad[:20]):
                for fetch in (c.fetch(reference=bad), c.fetch(long_id=bad), c.fetch(bad, phone.inbox + ":1"), c.fetch(phone.inbox, bad)):
                    node = c.post("ItemOperations", E("ItemOperations:ItemOperations", fetch)).node
                    if node is not None:
                        self.assertNotEqual(node.get("Response/Fetch/Status"), "1")
                        self.assertNotIn("root:", node.dump())
                self.assertIn(c.post("GetAttachment", params={"AttachmentName": bad}).status, (400, 404, 414, 500))


class ForgedNames(Hostile):
    core = True
    storage = False

    def post(self, query, headers=(), user=ME):
        return raw_http(self.dovecot.ports["http"], request(
            path=eas.PATH + "?" + query, body=FOLDER_SYNC, user=user,
            headers=["MS-ASProtocolVersion: 14.1", "Content-Type: " + WBXML, "Content-Length: %d" % len(FOLDER_SYNC), *headers]))

    def test_user(self):
        """User= is a claim: whose password it was, whose mail it is."""
        victim, thief = self.new_user(), self.new_user()
        with self.dovecot.imap(victim) as imap:
            imap.create("OnlyTheVictims")
            imap.subscribe("OnlyTheVictims")
        client = self.client(thief, version="14.1")
        client.provision()
        for name in (victim, victim.split("@")[0], "*", "../" + victim, "", victim + "\0" + thief):
            forged = client.clone(folder_key="0")
            forged.query = lambda command, params, name=name: "%s?%s" % (eas.PATH, urllib.parse.urlencode(
                [("Cmd", command), ("User", name), ("DeviceId", client.device_id), ("DeviceType", "T")]))
            with self.subTest(name=name):
                answer = forged.post("FolderSync", FOLDER_SYNC, content_type=WBXML)
                self.assertIn(answer.status, (200, 400, 401, 403))
                self.assertNotIn(b"OnlyTheVictims", answer.body)
            forged.close()

    def test_devices(self):
        before = self.dovecot.read_log("info.log").count("access: ")
        ids = ["../../etc", "a/b", "a\\b", "%00", "a%00b", "a%0d%0aInjected: x", "a%0aNov 22 fake line", "x" * 200, "x" * 5000, "",
               "%1b[31m", "..", ".", "%ff%fe", "vendor/vendor.dovecot", "a'b\"c", "a%20b", "*"]
        for device in ids:
            with self.subTest(device=device[:20]):
                status, headers, _ = self.post("Cmd=FolderSync&User=u&DeviceId=%s&DeviceType=T" % urllib.parse.quote(device, safe="%"))
                self.assertIn(status, (200, 400, 403, 449))
                self.assertNotIn("Injected", headers)
                status, headers, _ = self.post("Cmd=FolderSync&User=u&DeviceId=FORGE1&DeviceType=%s" % urllib.parse.quote(device, safe="%"))
                self.assertIn(status, (200, 400, 403, 449))
        self._one_line_each(before, 2 * len(ids))
        home = self.dovecot.home(ME)
        names = [n for top, dirs, files in os.walk(home) for n in dirs + files]
        self.assertFalse([n for n in names if n in ("etc", "b", "Injected: x")], names)
        listed = self.dovecot.doveadm("dovetail", "devices", ME, check=False)
        self.assertNotIn("\x1b", listed)

    def test_log(self):
        before = self.dovecot.read_log("info.log").count("access: ")
        agents = ["x\x1b[2Jy", 'a" user="admin" status="200', "a\x7f\x08b", "é" * 100, "x" * 5000, "\\", "access: id=1 status=200",
                  "%n%s%s%n", "a\tb", "${IFS}", "\xff\xfe"]
        for agent in agents:
            self.post("Cmd=FolderSync&User=u&DeviceId=LOG1&DeviceType=T", ["User-Agent: " + agent])
        for name in ("a\nb", 'x" status="500', "a\x1b[1m", "x" * 3000):
            raw_http(self.dovecot.ports["http"], request("OPTIONS", eas.PATH, user=name, password="p"), timeout=20)
        self._one_line_each(before, len(agents) + 4)
        text = self.dovecot.read_log("info.log") + self.dovecot.read_log()
        for bad in ("\x1b", "\x7f", "\x08"):
            self.assertNotIn(bad, text)

    def _one_line_each(self, before, count):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            text = self.dovecot.read_log("info.log")
            if text.count("dovetail: Info: access: ") >= before + count:
                break
            time.sleep(0.1)
        lines = [l for l in text.split("\n") if l]
        self.assertEqual(len([l for l in lines if "access: " in l.split("dovetail", 1)[-1][:40]]), before + count)
        for line in lines:
            self.assertRegex(line, r"^[A-Z][a-z][a-z] \d\d ", "a line that is none of Dovecot's")


class Large(Hostile):
    """100 MB up and down, at constant memory (F4)."""
    timeout = 180
    size = 100_000_000

    def test_up_and_down(self):
        user = self.new_user()
        piece = base64.encodebytes(os.urandom(57 * 17_543)).replace(b"\n", b"\r\n")
        data = piece * (self.size // 1_000_000)
        mime = (b"From: <%s>\r\nTo: <%s>\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                b"--b\r\n\r\nlook\r\n--b\r\nContent-Type: application/octet-stream; name=big.bin\r\n"
                b"Content-Disposition: attachment; filename=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                % (user.encode(), user.encode()) + data + b"--b--\r\n")
        client = self.client(user, version="12.1", timeout=120)
        client.provision()
        answer = client.send_mail(mime, save=False)
        self.assertEqual(answer.body, b"")
        phone = self.phone(user, version="14.1", timeout=120)
        phone.sync()
        (item,) = phone.items[phone.inbox].values()
        reference = item.get("AirSyncBase:Attachments/Attachment/FileReference")
        answer = phone.client.item_operations(phone.client.fetch(reference=reference), multipart=True)
        self.assertEqual(len(answer.parts()[1]), 57 * 17_543 * (self.size // 1_000_000))
