# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""MAPI over HTTP (MS-OXCMAPIHTTP): headers, response codes, cookies, sessions, held
waits.  Behind the transport stands what mapi-standin.c is told by the tests, so that
they are about the transport alone."""

import base64
import os
import re
import signal
import socket
import ssl
import struct
import time
import unittest
import uuid

from dovetail_test.case import TestCase
from dovetail_test.dovecot import DOMAIN, default_prefix

WORKER = os.path.join(default_prefix(), "libexec", "dovetail-test-mapi-worker")
EMSMDB = "/mapi/emsmdb/?MailboxId=0a1b@" + DOMAIN
NSPI = "/mapi/nspi/?MailboxId=0a1b@" + DOMAIN
DN = "/o=Dovetail/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="
PENDING = 6         # seconds: the setting of most classes here
WAIT_BODY = struct.pack("<II", 0, 0)
DISCONNECT_BODY = struct.pack("<I", 0)


def user_dn(address):
    return DN + re.sub(r"[^a-z0-9.-]", lambda m: "_%02x" % ord(m.group(0)), address.lower())


def connect_body(address, flags=0, dn=None, aux=b""):
    return ((user_dn(address) if dn is None else dn).encode() + b"\0"
            + struct.pack("<IIII", flags, 1252, 1033, 1031) + struct.pack("<I", len(aux)) + aux)


def rhe(payload, flags=4):
    if flags & 2:
        payload = bytes(b ^ 0xA5 for b in payload)
    return struct.pack("<HHHH", 0, flags, len(payload), len(payload)) + payload


def execute_body(text, flags=3, max_out=0x10008, buffers=None, aux=b""):
    payload = text.encode()
    payload = struct.pack("<H", len(payload) + 2) + payload
    rops = rhe(payload) if buffers is None else buffers
    return (struct.pack("<II", flags, len(rops)) + rops + struct.pack("<II", max_out, len(aux)) + aux)


def decompress(data, size):
    """LZ77 as MS-XCA 2.4 has it (DIRECT2)."""
    out, at, nibble = bytearray(), 0, None
    while len(out) < size:
        flags, = struct.unpack_from("<I", data, at)
        at += 4
        for bit in range(31, -1, -1):
            if len(out) >= size:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            word, = struct.unpack_from("<H", data, at)
            at += 2
            length, offset = word & 7, (word >> 3) + 1
            if length == 7:
                if nibble is None:
                    nibble, length = at, data[at] & 15
                    at += 1
                else:
                    length, nibble = data[nibble] >> 4, None
                if length == 15:
                    length = data[at]
                    at += 1
                    if length == 255:
                        length, = struct.unpack_from("<H", data, at)
                        at += 2
                        length -= 22
                    length += 15
                length += 7
            for _ in range(length + 3):
                out.append(out[-offset])
    assert len(out) == size
    return bytes(out)


def unpack(buffers, flags_seen=None):
    """The payloads of extended buffers."""
    payloads = []
    while True:
        version, flags, size, actual = struct.unpack_from("<HHHH", buffers)
        payload = buffers[8:8 + size]
        assert version == 0 and len(payload) == size
        if flags_seen is not None:
            flags_seen.append(flags)
        if flags & 2:
            payload = bytes(b ^ 0xA5 for b in payload)
        if flags & 1:
            assert size < actual
            payload = decompress(payload, actual)
        assert len(payload) == actual
        payloads.append(payload)
        buffers = buffers[8 + size:]
        if flags & 4:
            assert not buffers
            return payloads


class Answer:
    """An answer, taken apart as strictly as the document allows."""

    def __init__(self, status, headers, body, chunked):
        self.status, self.headers, self.chunked = status, headers, chunked
        self.code = int(self.header("X-ResponseCode")) if self.header("X-ResponseCode") else None
        self.tags, self.extra, self.body = [], {}, body
        if self.code == 0:
            self.parse(body)

    def header(self, name):
        found = self.all(name)
        return found[0] if found else None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def parse(self, rest):
        while not self.tags or self.tags[-1] != "DONE":
            line, separator, rest = rest.partition(b"\r\n")
            assert separator and line in (b"PROCESSING", b"PENDING", b"DONE"), line
            self.tags.append(line.decode())
        head, separator, self.body = rest.partition(b"\r\n\r\n")
        assert separator
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            assert name not in self.extra
            self.extra[name] = value

    def cookies(self):
        return dict(value.split("=", 1) for value in self.all("Set-Cookie"))


class Client:
    """A client of one endpoint, which replaces its cookies with each answer's."""

    def __init__(self, test, user, path=EMSMDB, tls=False, password="pass"):
        self.test, self.user, self.path, self.tls, self.password = test, user, path, tls, password
        self.cookies = {}
        self.guid = "{%s}" % str(uuid.uuid4()).upper()
        self.counter = 0
        self.sock = None

    def open(self):
        ports = self.test.dovecot.ports
        sock = socket.create_connection(("127.0.0.1", ports["https" if self.tls else "http"]), 30)
        if self.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            sock = context.wrap_socket(sock)
        self.test.addCleanup(sock.close)
        return sock

    def request_id(self):
        self.counter += 1
        return "%s:%d" % (self.guid, self.counter)

    def head(self, request_type, size, **change):
        headers = {
            "Host": "localhost",
            "Authorization": "Basic " + base64.b64encode(
                ("%s:%s" % (self.user, self.password)).encode()).decode(),
            "Content-Type": "application/mapi-http",
            "Content-Length": str(size),
            "X-RequestType": request_type,
            "X-RequestId": self.request_id(),
            "X-ClientInfo": "{2EF33C39-49C8-421C-B876-CDF7F2AC3AA0}:123",
            "X-ClientApplication": "Outlook/16.0.4266.1001",
            "Cookie": "; ".join("%s=%s" % pair for pair in self.cookies.items()) or None,
        }
        headers.update({name.replace("_", "-"): value for name, value in change.items()})
        lines = ["%s: %s" % pair for pair in headers.items() if pair[1] is not None]
        return "\r\n".join(lines) + "\r\n\r\n"

    def send(self, sock, request_type, body=b"", method="POST", path=None, **change):
        head = self.head(request_type, len(body), **change)
        sock.sendall(("%s %s HTTP/1.1\r\n" % (method, path or self.path) + head).encode() + body)

    def ask(self, request_type, body=b"", sock=None, keep=True, **change):
        sock = sock or self.open()
        self.send(sock, request_type, body, **change)
        answer = read(sock.makefile("rb"))
        if keep and answer.cookies():
            self.cookies = answer.cookies()
        return answer

    def connect(self, **kwargs):
        answer = self.ask("Connect", connect_body(self.user, **kwargs))
        self.test.assertEqual(answer.code, 0)
        return answer

    def execute(self, text, expect=0, **kwargs):
        """The text of the answer's only payload."""
        answer = self.ask("Execute", execute_body(text, **kwargs))
        self.test.assertEqual(answer.code, expect)
        if expect != 0:
            return None
        error, payloads = executed(answer)
        self.test.assertEqual(error, 0)
        return payloads[0][2:].decode()

    def pid(self):
        return int(re.search(r"pid=(\d+)", self.execute("env")).group(1))


def executed(answer):
    """ErrorCode and payloads of an Execute's answer."""
    status, error, flags, size = struct.unpack_from("<IIII", answer.body)
    rops = answer.body[16:16 + size]
    assert status == 0 and flags == 0 and len(rops) == size
    assert answer.body[16 + size:] == b"\0\0\0\0"
    return error, unpack(rops) if rops else []


def read(stream, first=None):
    """One answer of a connection."""
    line = stream.readline()
    status = int(line.split()[1])
    headers = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        headers.append((name, value))
    names = {name.lower(): value for name, value in headers}
    if names.get("transfer-encoding") == "chunked":
        assert "content-length" not in names
        chunks = []
        for chunk in read_chunks(stream):
            chunks.append(chunk)
            if first is not None:
                first(chunk)
        return Answer(status, headers, b"".join(chunks), True)
    return Answer(status, headers, stream.read(int(names.get("content-length", 0))), False)


def read_chunks(stream):
    while True:
        line = stream.readline()
        assert line.endswith(b"\r\n"), line
        size = int(line, 16)
        chunk = stream.read(size)
        assert len(chunk) == size and stream.readline() == b"\r\n"
        if size == 0:
            return
        yield chunk


class Case(TestCase):
    plugin = {}

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(WORKER):
            raise unittest.SkipTest("no dovetail-test-mapi-worker below DOVETAIL_PREFIX")
        plugin = dict({"mapi_pending_period": PENDING}, **cls.plugin)
        cls.options = dict({
            "relay": False,
            "extra": "service dovetail-worker {\n  executable = %s\n}\n" % WORKER,
            "plugin": {"dovetail_" + key: str(value) for key, value in plugin.items()},
        }, **getattr(cls, "more_options", {}))
        super().setUpClass()

    def client(self, user=None, path=EMSMDB, **kwargs):
        return Client(self, user or self.new_user(), path, **kwargs)

    def connected(self, user=None, **kwargs):
        client = self.client(user, **kwargs)
        client.connect()
        return client

    def bus(self, owner, guid, events=1):
        path = self.dovecot.path("run", "dovetail-bus")
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(handle, ("E1\t%s\t%s\t%x\t%016x\t\n" % (owner, guid, events, 0)).encode())
        os.close(handle)

    def kill(self, pid):
        self.dovecot.expect_error(r"child %d killed with signal 9" % pid)
        os.kill(pid, signal.SIGKILL)

    def assert_failed(self, answer, code):
        self.assertEqual((answer.status, answer.code), (200, code))
        self.assertEqual(answer.header("Content-Type"), "text/html")
        self.assertFalse(answer.chunked)
        self.assertIn(b"<html>", answer.body)
        self.assertTrue(answer.header("X-ServerApplication"))
        self.assertTrue(answer.header("X-ExpirationInfo"))

    def hold(self, client):
        """Sends a NotificationWait; returns its stream once PROCESSING was read, the
        headers so far and the first chunk."""
        sock = client.open()
        client.send(sock, "NotificationWait", WAIT_BODY)
        stream = sock.makefile("rb")
        status = stream.readline()
        headers = []
        while (line := stream.readline()) != b"\r\n":
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            headers.append((name, value))
        self.assertEqual(status, b"HTTP/1.1 200 OK\r\n")
        self.assertIn(("Transfer-Encoding", "chunked"), headers)
        self.assertEqual(stream.readline(), b"c\r\n")
        self.assertEqual(stream.read(14), b"PROCESSING\r\n\r\n")
        return sock, stream, headers

    def held_end(self, stream, headers):
        return Answer(200, headers, b"PROCESSING\r\n" + b"".join(read_chunks(stream)), True)


class Headers(Case):
    def test_answer_to_connect(self):
        client = self.client()
        before = time.time()
        answer = client.connect()
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.chunked)
        self.assertEqual(answer.all("Content-Type"), ["application/mapi-http"])
        self.assertEqual(answer.all("X-RequestType"), ["Connect"])
        self.assertEqual(answer.all("X-RequestId"), [client.guid + ":1"])
        self.assertEqual(answer.all("X-ClientInfo"), ["{2EF33C39-49C8-421C-B876-CDF7F2AC3AA0}:123"])
        self.assertRegex(answer.header("X-ServerApplication"), r"^Exchange/15\.\d\d\.\d{4}\.\d{3}$")
        self.assertEqual(answer.all("X-ExpirationInfo"), ["900000"])
        self.assertEqual(answer.all("X-PendingPeriod"), [str(PENDING * 1000)])
        self.assertEqual(answer.all("X-DeviceInfo"), [])
        self.assertEqual(answer.tags, ["PROCESSING", "DONE"])
        self.assertLess(int(answer.extra["X-ElapsedTime"]), 10000)
        start = time.mktime(time.strptime(answer.extra["X-StartTime"], "%a, %d %b %Y %H:%M:%S GMT"))
        self.assertLess(abs(start - time.mktime(time.gmtime(before))), 30)
        cookies = answer.cookies()
        self.assertEqual(len(cookies), 2)
        for value in cookies.values():
            self.assertGreaterEqual(len(value), 32)

    def test_connect_body(self):
        client = self.client()
        body = client.connect().body
        self.assertEqual(struct.unpack_from("<IIIII", body), (0, 0, 60000, 6, 10000))
        self.assertEqual(body[20:21], b"\0")
        name, rest = body[21:-40], body[-40:]
        self.assertTrue(name.endswith(b"\0\0"))
        size, = struct.unpack_from("<I", rest)
        self.assertEqual(size, 36)
        aux = body[-size:]
        version, flags, first, second = struct.unpack_from("<HHHH", aux)
        self.assertEqual((version, flags & 4, first, second), (0, 4, size - 8, size - 8))
        blocks, at = [], 8
        while at < size:
            length, _, kind = struct.unpack_from("<HBB", aux, at)
            blocks.append((kind, struct.unpack_from("<%dI" % (length // 4 - 1), aux, at + 4)))
            at += length
        self.assertEqual([kind for kind, _ in blocks], [0x17, 0x0A, 0x48])
        self.assertEqual(blocks[1][1], (0xC, 7 * 86400 * 1000))
        self.assertEqual(blocks[2][1], (1,))

    def test_random_cookies(self):
        user = self.new_user()
        seen = set()
        for _ in range(5):
            seen.update(self.connected(user).cookies.values())
        self.assertEqual(len(seen), 10)

    def test_missing_and_bad_headers(self):
        client = self.connected()
        body = execute_body("count")
        cases = [(7, {"X_RequestId": None}), (7, {"X_RequestType": None}), (7, {"X_RequestId": ""}),
                 (7, {"Content_Type": None}), (4, {"Content_Type": "text/plain"}),
                 (4, {"X_RequestId": "x" * 300}), (5, {"X_RequestType": "Nothing"}),
                 (5, {"X_RequestType": "Bind"})]
        for code, change in cases:
            with self.subTest(change=change):
                self.assert_failed(client.ask("Execute", body, **change), code)
        # nothing of it has used up the sequence, or counted
        self.assertIn("count=1", client.execute("count"))
        answer = client.ask("Execute", execute_body("count"), Content_Type="Application/MAPI-http; x=y",
                            X_ClientInfo=None)
        self.assertEqual(answer.code, 0)
        self.assertEqual(answer.all("X-ClientInfo"), [])

    def test_request_id_is_not_echoed_if_it_is_not_there(self):
        answer = self.client().ask("Connect", connect_body("x"), X_RequestId=None)
        self.assertEqual((answer.code, answer.all("X-RequestId")), (7, []))

    def test_letter_case_and_paths(self):
        client = self.client()
        for path in ("/MAPI/EMSMDB/", "/mapi/emsmdb", "/Mapi/Emsmdb/?mailboxid=x", "/mapi/emsmdb/extra/path?x"):
            with self.subTest(path=path):
                client.path = path
                client.connect()
                self.assertIn("count=1", client.execute("count"))
        answer = client.ask("execute", execute_body("count"))
        self.assertEqual((answer.code, answer.header("X-RequestType")), (0, "execute"))
        for path in ("/mapi/", "/mapi/other/", "/mapi/emsmdbx/"):
            with self.subTest(path=path):
                self.assert_failed(client.ask("Connect", b"", path=path), 3)
        self.assertEqual(client.ask("Connect", b"", path="/mapix/").status, 404)

    def test_verbs(self):
        client = self.client()
        for method in ("GET", "PUT", "DELETE"):
            with self.subTest(method=method):
                self.assert_failed(client.ask("PING", method=method), 2)

    def test_anonymous(self):
        client = self.client()
        answer = client.ask("Connect", connect_body(client.user), Authorization=None)
        self.assertEqual(answer.status, 401)
        client.password = "wrong"
        self.assertEqual(client.ask("Connect", connect_body(client.user)).status, 401)

    def test_too_large(self):
        client = self.connected()
        self.assert_failed(client.ask("Execute", bytes(0x60000)), 9)
        self.assertIn("count=1", client.execute("count"))

    def test_healthcheck(self):
        for path in ("/mapi/healthcheck.htm", "/mapi/emsmdb/healthcheck.htm", "/Mapi/nspi/healthcheck.htm"):
            answer = self.client().ask("x", method="GET", path=path, Authorization=None)
            self.assertEqual((answer.status, answer.body), (200, b"200 OK\r\n"))


class Bodies(Case):
    def test_broken_bodies(self):
        client = self.connected()
        whole = execute_body("count")
        bodies = [whole[:n] for n in range(len(whole))] + [whole + b"x"]
        bodies.append(execute_body("", buffers=b"\0\0\0"))
        bodies.append(execute_body("", buffers=rhe(b"\2\0", flags=0)))           # none is the last
        bodies.append(execute_body("", buffers=rhe(b"\2\0") + b"more"))
        bodies.append(execute_body("", buffers=struct.pack("<HHHH", 1, 4, 2, 2) + b"\2\0"))
        for body in bodies:
            with self.subTest(body=body[:40], size=len(body)):
                self.assert_failed(client.ask("Execute", body), 12)
        for request_type in ("NotificationWait", "Disconnect"):
            self.assert_failed(client.ask(request_type, b"\1"), 12)
            self.assert_failed(client.ask(request_type, struct.pack("<II", 0, 9)), 12)
        self.assert_failed(self.client().ask("Connect", b"no end"), 12)
        self.assert_failed(self.client().ask("Connect", connect_body("x")[:-2]), 12)
        self.assertIn("count=1", client.execute("count"))

    def test_connect_errors(self):
        user = self.new_user()
        cases = [(0x80070005, {"dn": ""}), (0x3EB, {"dn": "/o=Other/cn=Recipients/cn=x"}),
                 (0x3F2, {"flags": 1}), (0x3F2, {"dn": user_dn("other@" + DOMAIN)})]
        for error, change in cases:
            with self.subTest(change=change):
                answer = self.client(user).ask("Connect", connect_body(user, **change))
                self.assertEqual(answer.code, 0)
                self.assertEqual(struct.unpack_from("<II", answer.body), (0, error))
                self.assertEqual(answer.body[20:], b"\0\0\0" + b"\0\0\0\0")
                self.assertEqual(answer.cookies(), {})

    def test_environment(self):
        client = self.connected()
        text = client.execute("env")
        self.assertIn("name=%s cpid=1252 sort=1033 string=1031 version=16.0.4266" % client.user, text)
        answer = client.ask("Execute", execute_body("env"), X_ClientApplication=None,
                            User_Agent="Microsoft Office/16.0 (Windows NT 10.0; MAPI 15.0.4420; Pro)")
        self.assertIn(b"version=15.0.4420", executed(answer)[1][0])

    def test_execute_flags(self):
        client = self.connected()
        text = "echo " + "x" * 200
        for flags in (0, 1, 2, 3):
            with self.subTest(flags=flags):
                error, payloads = executed(client.ask("Execute", execute_body(text, flags=flags)))
                self.assertEqual((error, payloads[0][2:].decode()), (0, text))
        # no XOR where the client forbids it
        answer = client.ask("Execute", execute_body(text, flags=3))
        self.assertIn(text.encode(), answer.body)
        # and XOR of a request
        body = execute_body("", buffers=rhe(struct.pack("<H", 10) + b"echo xor", flags=6))
        self.assertEqual(executed(client.ask("Execute", body))[1][0][2:], b"echo xor")

    def test_compression(self):
        """MS-OXCRPC 3.1.4.1.1: down where it is allowed, up always."""
        client = self.connected()
        plain = bytes(b"abcdefg"[i % 7] for i in range(20000))
        for flags in (0, 1, 2, 3):
            with self.subTest(flags=flags):
                answer = client.ask("Execute", execute_body("big 20000", flags=flags))
                seen = []
                size, = struct.unpack_from("<I", answer.body, 12)
                self.assertEqual(unpack(answer.body[16:16 + size], seen), [plain])
                self.assertFalse(seen[0] & 1 and flags & 1)
                self.assertFalse(seen[0] & 2 and flags & 2)
                if not flags & 1:
                    self.assertLess(size, 2000)
        # all literals: a flag word for each 32 bytes
        payload = struct.pack("<H", 102) + b"echo " + b"y" * 95
        packed = b"".join(b"\0\0\0\0" + payload[n:n + 32] for n in range(0, 64, 32))
        # then one match: 38 bytes of what stands before, 3 + 7 + 15 + 13
        packed += struct.pack("<I", 0xFFFFFFFF) + struct.pack("<H", 7) + b"\x0f" + bytes([13])
        for flags in (5, 7):
            sent = bytes(b ^ 0xA5 for b in packed) if flags & 2 else packed
            buffers = struct.pack("<HHHH", 0, flags, len(sent), len(payload)) + sent
            answer = client.ask("Execute", execute_body("", buffers=buffers))
            self.assertEqual(executed(answer)[1], [payload])
        broken = struct.pack("<HHHH", 0, 5, len(packed) - 1, len(payload)) + packed[:-1]
        self.assert_failed(client.ask("Execute", execute_body("", buffers=broken)), 12)
        bomb = struct.pack("<HHHH", 0, 1, len(packed), 0xFFFF) + packed
        self.assert_failed(client.ask("Execute", execute_body("", buffers=bomb * 10)), 12)

    def test_empty_buffer(self):
        """2.2.4.4.2: a client that was told of an event may have nothing to say."""
        client = self.connected()
        for buffers in (b"", rhe(b"\2\0")):
            error, payloads = executed(client.ask("Execute", execute_body("", buffers=buffers)))
            self.assertEqual(error, 0)
            self.assertIn(b"count=0", payloads[0])

    def test_several_buffers(self):
        client = self.connected()
        one = struct.pack("<H", 7) + b"count"
        body = execute_body("", buffers=rhe(one, 0) + rhe(one, 2) + rhe(one, 4))
        error, payloads = executed(client.ask("Execute", body))
        self.assertEqual((error, len(payloads)), (0, 3))
        self.assertIn(b"count=3", payloads[2])

    def test_chained_answers(self):
        client = self.connected()
        answer = client.ask("Execute", execute_body("big 30000 3", flags=7, max_out=0x40000))
        error, payloads = executed(answer)
        self.assertEqual((error, [len(p) for p in payloads]), (0, [30000] * 4))
        error, payloads = executed(client.ask("Execute", execute_body("big 30000 3", max_out=0x40000)))
        self.assertEqual((error, len(payloads)), (0, 1))

    def test_room(self):
        client = self.connected()
        for max_out, error in ((0, 0x80040115), (7, 0x80040115), (8, 0x47D), (0x1000, 0x47D), (5008, 0)):
            with self.subTest(max_out=max_out):
                answer = client.ask("Execute", execute_body("big 5000", max_out=max_out))
                self.assertEqual(executed(answer)[0], error)
        # the answer never gets larger than was allowed, by extra buffers neither
        answer = client.ask("Execute", execute_body("big 5000 2", flags=7, max_out=5100))
        self.assertEqual(executed(answer), (0x47D, []))

    def test_failed_execute(self):
        client = self.connected()
        answer = client.ask("Execute", execute_body("fail 1206"))
        self.assertEqual((answer.code, executed(answer)), (0, (1206, [])))
        self.assertIn("count=1", client.execute("count"))

    def test_execute_tags(self):
        """PROCESSING at once, PENDING while it takes time."""
        client = self.connected()
        seen = []
        sock = client.open()
        client.send(sock, "Execute", execute_body("sleep %d" % (PENDING * 2 * 1000 + 700)))
        answer = read(sock.makefile("rb"), lambda chunk: seen.append((time.monotonic(), chunk)))
        self.assertEqual(answer.tags[0], "PROCESSING")
        self.assertEqual(set(answer.tags[1:-1]), {"PENDING"})
        self.assertEqual(seen[0][1], b"PROCESSING\r\n")
        self.assertGreater(seen[-1][0] - seen[0][0], PENDING * 2)
        for one, two in zip(seen, seen[1:]):
            self.assertLessEqual(two[0] - one[0], PENDING + 1)
        self.assertGreater(int(answer.extra["X-ElapsedTime"]), PENDING * 2 * 1000)


class Cookies(Case):
    def test_missing(self):
        client = self.connected()
        good = dict(client.cookies)
        context, sequence = good
        for request_type, body in (("Execute", execute_body("count")), ("NotificationWait", WAIT_BODY),
                                   ("Disconnect", DISCONNECT_BODY)):
            answer = client.ask(request_type, body, Cookie=None)
            self.assert_failed(answer, 13)
            self.assertEqual(answer.cookies(), {})
        answer = client.ask("Execute", execute_body("count"), Cookie="%s=%s" % (context, good[context]))
        self.assert_failed(answer, 13)
        self.assertEqual(answer.cookies(), good)
        self.assertIn("count=1", client.execute("count"))

    def test_malformed_and_unknown(self):
        client = self.connected()
        good = dict(client.cookies)
        context, sequence = good
        for value, code in (("Invalid cookie", 6), ("x", 6), ("A" * 48, 6), ("0" * 47, 6), ("0" * 48, 10)):
            with self.subTest(value=value):
                client.cookies = {context: value, sequence: value}
                self.assert_failed(client.ask("Execute", execute_body("count"), keep=False), code)
                self.assert_failed(client.ask("PING", keep=False), code)
        client.cookies = good
        self.assertIn("count=1", client.execute("count"))

    def test_sequence(self):
        client = self.connected()
        old = dict(client.cookies)
        client.execute("count")
        self.assertEqual(old["MapiContext"], client.cookies["MapiContext"])
        self.assertNotEqual(old["MapiSequence"], client.cookies["MapiSequence"])
        new = dict(client.cookies)
        client.cookies = old
        answer = client.ask("Execute", execute_body("count"), keep=False)
        self.assert_failed(answer, 15)
        # who takes the cookies of the refusal goes on
        self.assertEqual(answer.cookies(), new)
        client.cookies = new
        self.assertIn("count=2", client.execute("count"))

    def test_two_cookie_headers_and_quotes(self):
        client = self.connected()
        first, second = client.cookies.items()
        lines = 'other=1; %s="%s"\r\nCookie: %s=%s' % (first + second)
        self.assertEqual(client.ask("Execute", execute_body("count"), Cookie=lines).code, 0)

    def test_another_users(self):
        """3.2.5.1: where the authentication context differs, the session is not found."""
        client = self.connected()
        other = self.connected()
        mine = dict(other.cookies)
        other.cookies = dict(client.cookies)
        for request_type, body in (("Execute", execute_body("count")), ("Disconnect", DISCONNECT_BODY),
                                   ("NotificationWait", WAIT_BODY), ("PING", b"")):
            self.assert_failed(other.ask(request_type, body, keep=False), 10)
        self.assertEqual(other.ask("Connect", connect_body(other.user)).code, 0)
        self.assertIn("count=1", client.execute("count"))
        other.cookies = mine
        self.assertIn("count=1", other.execute("count"))

    def test_endpoints_are_apart(self):
        client = self.connected()
        book = self.client(client.user, path=NSPI)
        book.cookies = dict(client.cookies)
        self.assert_failed(book.ask("GetProps", b"body", keep=False), 10)

    def test_reconnect(self):
        """3.2.5.6: the old session ends; a sequence cookie does not matter."""
        client = self.connected()
        for change in ({}, {"MapiSequence": "old"}, None):
            old = dict(client.cookies)
            client.cookies = {"MapiContext": old["MapiContext"]} if change is None else dict(old, **change)
            client.connect()
            self.assertNotEqual(client.cookies["MapiContext"], old["MapiContext"])
            new, client.cookies = client.cookies, old
            self.assert_failed(client.ask("Execute", execute_body("count"), keep=False), 10)
            client.cookies = new
            self.assertIn("count=1", client.execute("count"))

    def test_disconnect(self):
        client = self.connected()
        cookies = dict(client.cookies)
        answer = client.ask("Disconnect", DISCONNECT_BODY)
        self.assertEqual((answer.code, answer.body), (0, bytes(12)))
        self.assertEqual(answer.cookies().get("MapiContext"), cookies["MapiContext"])
        for request_type, body in (("Execute", execute_body("count")), ("Disconnect", DISCONNECT_BODY),
                                   ("PING", b"")):
            client.cookies = cookies
            self.assert_failed(client.ask(request_type, body), 10)

    def test_ping(self):
        client = self.connected()
        cookies = dict(client.cookies)
        answer = client.ask("PING")
        self.assertEqual((answer.code, answer.body, answer.tags), (0, b"", ["PROCESSING", "DONE"]))
        self.assertEqual(answer.cookies(), cookies)
        self.assertEqual(answer.all("X-ExpirationInfo"), ["900000"])
        self.assertEqual(client.ask("PING", Content_Type=None).code, 0)
        # is the endpoint there at all?
        for path in (EMSMDB, NSPI):
            answer = self.client(path=path).ask("PING")
            self.assertEqual((answer.code, answer.body, answer.cookies()), (0, b"", {}))

    def test_cookies_of_a_wait_taken_late(self):
        """A client may take a held answer's cookies when it ends, long after others."""
        client = self.connected()
        sock, stream, headers = self.hold(client)
        late = dict(value.split("=", 1) for name, value in headers if name == "Set-Cookie")
        self.assertEqual(late["MapiContext"], client.cookies["MapiContext"])
        for n in range(3):
            self.assertIn("count=%d" % (n + 1), client.execute("count"))
        client.cookies = late
        self.assertIn("count=4", client.execute("count"))
        # but once
        client.cookies = late
        self.assert_failed(client.ask("Execute", execute_body("count"), keep=False), 15)


class Requests(Case):
    def test_concurrent_executes(self):
        client = self.connected()
        first, second = client.open(), client.open()
        client.send(first, "Execute", execute_body("sleep 1500"))
        time.sleep(0.3)
        client.send(second, "Execute", execute_body("count"))
        self.assertEqual(read(first.makefile("rb")).code, 0)
        answer = read(second.makefile("rb"))
        self.assert_failed(answer, 15)
        client.cookies = answer.cookies()
        self.assertIn("count=1", client.execute("count"))

    def test_concurrent_executes_with_one_request_id(self):
        client = self.connected()
        first, second = client.open(), client.open()
        same = "%s:77" % client.guid
        client.send(first, "Execute", execute_body("sleep 1500"), X_RequestId=same)
        time.sleep(0.3)
        client.send(second, "Execute", execute_body("sleep 1500"), X_RequestId=same)
        codes = [read(sock.makefile("rb")).code for sock in (first, second)]
        self.assertEqual(codes, [0, 15])

    def test_repeated_request(self):
        client = self.connected()
        before = dict(client.cookies)
        same = "%s:50" % client.guid
        first = client.ask("Execute", execute_body("count"), X_RequestId=same)
        after = dict(client.cookies)
        for _ in range(3):
            client.cookies = before
            again = client.ask("Execute", execute_body("count"), X_RequestId=same)
            self.assertEqual((again.code, again.body), (0, first.body))
            self.assertEqual(again.cookies(), after)
        # another body, another id: not the same request
        client.cookies = before
        self.assert_failed(client.ask("Execute", execute_body("env"), X_RequestId=same, keep=False), 15)
        self.assert_failed(client.ask("Execute", execute_body("count"), keep=False), 15)
        client.cookies = after
        self.assertIn("count=2", client.execute("count"))
        # only the last one can be repeated
        client.cookies = before
        self.assert_failed(client.ask("Execute", execute_body("count"), X_RequestId=same, keep=False), 15)

    def test_wait_beside_execute(self):
        client = self.connected()
        guid = uuid.uuid4().hex
        client.execute("watch %s %s" % (client.user, guid))
        sock, stream, headers = self.hold(client)
        for n in range(20):
            self.assertIn("count=%d" % (n + 1), client.execute("count"))
        self.assertEqual(client.ask("PING").code, 0)
        self.bus(client.user, guid)
        answer = self.held_end(stream, headers)
        self.assertEqual(struct.unpack("<IIII", answer.body), (0, 0, 1, 0))

    def test_client_goes_away(self):
        client = self.connected()
        sock = client.open()
        client.send(sock, "Execute", execute_body("sleep 500"), X_RequestId=client.guid + ":9")
        time.sleep(0.1)
        sock.close()
        # the answer was not read: the same request gets it
        time.sleep(0.8)
        answer = client.ask("Execute", execute_body("sleep 500"), X_RequestId=client.guid + ":9")
        self.assertEqual(answer.code, 0)
        self.assertIn("count=1", client.execute("count"))

    def test_many_sessions_of_a_user(self):
        user = self.new_user()
        clients = [self.connected(user) for _ in range(12)]
        for n in range(3):
            for client in clients:
                self.assertIn("count=%d" % (n + 1), client.execute("count"))


class Waits(Case):
    plugin = {"mapi_wait": 20, "poll_every": 3}

    def test_event(self):
        for tls in (False, True):
            with self.subTest(tls=tls):
                client = self.connected(tls=tls)
                guid = uuid.uuid4().hex
                client.execute("watch %s %s" % (client.user, guid))
                started = time.monotonic()
                sock, stream, headers = self.hold(client)
                names = dict(headers)
                self.assertEqual(names["X-RequestType"], "NotificationWait")
                self.assertEqual(names["X-RequestId"], "%s:%d" % (client.guid, client.counter))
                self.assertEqual(names["X-ClientInfo"], "{2EF33C39-49C8-421C-B876-CDF7F2AC3AA0}:123")
                self.assertEqual(names["X-ResponseCode"], "0")
                self.assertEqual(names["Content-Type"], "application/mapi-http")
                self.assertEqual(names["X-PendingPeriod"], str(PENDING * 1000))
                time.sleep(0.5)
                # another mailbox, another owner: no
                self.bus(client.user, uuid.uuid4().hex)
                self.bus("other", guid)
                time.sleep(0.5)
                rung = time.monotonic()
                self.bus(client.user, guid)
                answer = self.held_end(stream, headers)
                self.assertLess(time.monotonic() - rung, 0.5)
                self.assertEqual(struct.unpack("<IIII", answer.body), (0, 0, 1, 0))
                self.assertEqual(answer.tags, ["PROCESSING", "DONE"])
                elapsed = int(answer.extra["X-ElapsedTime"]) / 1000
                self.assertLess(abs(elapsed - (time.monotonic() - started)), 1)
                self.assertRegex(answer.extra["X-StartTime"], r"^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$")
                # the connection goes on
                sock.sendall(b"")
                client.send(sock, "Execute", execute_body("count"))
                self.assertEqual(read(sock.makefile("rb")).code, 0)

    def test_hierarchy(self):
        client = self.connected()
        client.execute("watch %s %s" % (client.user, "0" * 32))
        sock, stream, headers = self.hold(client)
        self.bus(client.user, "0" * 32, 0xff)
        self.assertEqual(self.held_end(stream, headers).body[8:12], b"\1\0\0\0")

    def test_real_mail(self):
        client = self.connected()
        guid = self.dovecot.doveadm("mailbox", "status", "-u", client.user, "guid", "INBOX").split("guid=")[1].strip()
        client.execute("watch %s %s" % (client.user, guid))
        sock, stream, headers = self.hold(client)
        self.deliver(client.user)
        self.assertEqual(self.held_end(stream, headers).body[8:12], b"\1\0\0\0")

    def test_pending_already(self):
        client = self.connected()
        client.execute("pending 1")
        answer = client.ask("NotificationWait", WAIT_BODY)
        self.assertEqual((answer.tags, answer.body[8:12]), (["PROCESSING", "DONE"], b"\1\0\0\0"))

    def test_a_wait_that_fails_is_no_loop(self):
        client = self.connected()
        client.execute("waitfail")
        _, stream, headers = self.hold(client)
        started = time.monotonic()
        self.assertEqual(self.held_end(stream, headers).body[8:12], bytes(4))
        self.assertGreater(time.monotonic() - started, 10)

    def test_time_over(self):
        """PENDING on the way, flag 0 at the end, and no worker meanwhile."""
        client = self.connected()
        seen = []
        sock = client.open()
        started = time.monotonic()
        client.send(sock, "NotificationWait", WAIT_BODY)
        answer = read(sock.makefile("rb"), lambda chunk: seen.append(time.monotonic()))
        self.assertAlmostEqual(time.monotonic() - started, 20, delta=2)
        self.assertEqual(struct.unpack("<IIII", answer.body), (0, 0, 0, 0))
        self.assertEqual(answer.tags[0], "PROCESSING")
        self.assertGreaterEqual(answer.tags.count("PENDING"), 20 // PENDING)
        for one, two in zip(seen, seen[1:]):
            self.assertLessEqual(two - one, PENDING + 1)

    def test_again_without_a_worker(self):
        client = self.connected()
        guid = uuid.uuid4().hex
        client.execute("watch %s %s" % (client.user, guid))
        pid = client.pid()
        sock, stream, headers = self.hold(client)
        sock.close()
        stream.close()
        time.sleep(0.3)
        self.kill(pid)
        time.sleep(0.3)
        # the worker and the session are gone, and the front holds the wait all the same
        sock, stream, headers = self.hold(client)
        names = dict(headers)
        self.assertEqual(names["X-RequestId"], "%s:%d" % (client.guid, client.counter))
        self.bus(client.user, guid)
        answer = self.held_end(stream, headers)
        self.assertEqual(answer.body[8:12], b"\1\0\0\0")
        self.assert_failed(client.ask("NotificationWait", WAIT_BODY), 10)

    def test_newer_wait_replaces(self):
        client = self.connected()
        _, stream, headers = self.hold(client)
        client.execute("count")
        _, stream2, headers2 = self.hold(client)
        answer = self.held_end(stream, headers)
        self.assertEqual((answer.tags[-1], answer.body[8:12]), ("DONE", bytes(4)))
        # of another session: not
        other = self.connected(client.user)
        self.hold(other)
        client.ask("Disconnect", DISCONNECT_BODY)
        answer = self.held_end(stream2, headers2)
        self.assertEqual(answer.body[8:12], bytes(4))

    def test_client_leaves(self):
        client = self.connected()
        for _ in range(3):
            sock, stream, _ = self.hold(client)
            stream.close()
            sock.close()
        self.assertIn("count=1", client.execute("count"))

    def test_lost_wake(self):
        """An event between the worker's look and the front's hold is not lost."""
        client = self.connected()
        guid = uuid.uuid4().hex
        client.execute("watch %s %s" % (client.user, guid))
        pid = client.pid()
        sock = client.open()
        os.kill(pid, signal.SIGSTOP)
        try:
            client.send(sock, "NotificationWait", WAIT_BODY)
            time.sleep(0.3)
            self.bus(client.user, guid)
            time.sleep(0.2)
        finally:
            os.kill(pid, signal.SIGCONT)
        answer = read(sock.makefile("rb"))
        self.assertEqual(answer.body[8:12], b"\1\0\0\0")
        self.assertLess(int(answer.extra["X-ElapsedTime"]), 5000)

    def test_reload(self):
        client = self.connected()
        client.execute("count")
        sock, stream, headers = self.hold(client)
        self.dovecot.reload()
        answer = self.held_end(stream, headers)
        self.assertEqual((answer.tags[-1], answer.body[8:12]), ("DONE", bytes(4)))
        # and the session goes on at the new front
        deadline = time.monotonic() + 20
        while True:
            try:
                self.assertIn("count=2", client.execute("count"))
                break
            except (ConnectionError, IndexError, ValueError):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.2)

    def test_http_1_0(self):
        client = self.connected()
        client.execute("pending 1")
        sock = client.open()
        head = client.head("NotificationWait", len(WAIT_BODY))
        sock.sendall(("POST %s HTTP/1.0\r\n" % EMSMDB + head).encode() + WAIT_BODY)
        text = sock.makefile("rb").read()
        self.assertNotIn(b"chunked", text)
        self.assertIn(b"\r\n\r\nPROCESSING\r\nDONE\r\n", text)


class Parking(Case):
    plugin = {"worker_idle": "1 s", "worker_idle_held": "1 s"}

    def gone(self, pid):
        deadline = time.monotonic() + 15
        while os.path.exists("/proc/%d" % pid):
            self.assertLess(time.monotonic(), deadline, "the worker stays")
            time.sleep(0.05)

    def test_parked_and_restored(self):
        client = self.connected()
        client.execute("count")
        book = self.client(client.user, path=NSPI)
        book.ask("Bind", b"body")
        for n in range(3):
            pid = client.pid()
            self.gone(pid)
            text = client.execute("count")
            self.assertIn("count=%d" % (n + 2), text)
            self.assertNotIn("pid=%d " % pid, text)
            self.assertIn("cpid=1252 sort=1033 string=1031", text)
            self.assertEqual(struct.unpack_from("<III", book.ask("GetProps", b"body").body)[2], n + 2)

    def test_repeat_after_parking(self):
        client = self.connected()
        before = dict(client.cookies)
        same = "%s:50" % client.guid
        first = client.ask("Execute", execute_body("count"), X_RequestId=same)
        pid = int(re.search(rb"pid=(\d+)", first.body).group(1))
        self.gone(pid)
        client.cookies = before
        again = client.ask("Execute", execute_body("count"), X_RequestId=same)
        self.assertEqual((again.code, again.body), (0, first.body))
        self.assertIn("count=2", client.execute("count"))

    def test_held_wait_costs_no_process(self):
        client = self.connected()
        guid = uuid.uuid4().hex
        client.execute("watch %s %s" % (client.user, guid))
        pid = client.pid()
        sock, stream, headers = self.hold(client)
        self.gone(pid)
        self.bus(client.user, guid)
        self.assertEqual(self.held_end(stream, headers).body[8:12], b"\1\0\0\0")
        self.assertIn("count=1", client.execute("count"))

    def test_what_cannot_leave_stays(self):
        client = self.connected()
        client.execute("stay 1")
        pid = client.pid()
        other = self.connected(client.user)
        other.execute("count")
        time.sleep(4)
        self.assertEqual(client.pid(), pid)
        self.assertIn("count=2", other.execute("count"))
        client.execute("stay 0")
        self.gone(pid)
        self.assertIn("count=1", client.execute("count"))

    def test_killed_worker(self):
        client = self.connected()
        client.execute("count")
        self.kill(client.pid())
        time.sleep(0.2)
        started = time.monotonic()
        self.assert_failed(client.ask("Execute", execute_body("count")), 10)
        self.assertLess(time.monotonic() - started, 5)
        client.connect()
        self.assertIn("count=1", client.execute("count"))

    def test_crash_in_execute(self):
        client = self.connected()
        self.dovecot.expect_error(r"died|killed|returned error")
        with self.assertRaises((ValueError, AssertionError, IndexError, ConnectionError)):
            client.ask("Execute", execute_body("crash"))
        self.assert_failed(client.ask("Execute", execute_body("count")), 10)

    def test_others_of_the_user_are_served_meanwhile(self):
        """One session's long Execute keeps no other session waiting, unless they live in
        the same worker."""
        first = self.connected()
        sock = first.open()
        first.send(sock, "Execute", execute_body("sleep 3000"))
        time.sleep(0.2)
        started = time.monotonic()
        second = self.connected(first.user)
        self.assertIn("count=1", second.execute("count"))
        self.assertLess(time.monotonic() - started, 2.5)
        # the session's own requests wait for its worker
        self.assertEqual(first.ask("PING").code, 0)
        self.assertGreater(time.monotonic() - started, 2)
        self.assertEqual(read(sock.makefile("rb")).code, 0)


class Expiry(Case):
    plugin = {"mapi_session_expiry": 3, "mapi_max_sessions": 3, "worker_idle": "1 s", "mapi_wait": 5}

    def test_expiry(self):
        client = self.connected()
        answer = client.ask("PING")
        self.assertEqual(answer.header("X-ExpirationInfo"), "3000")
        for _ in range(3):
            time.sleep(2)
            self.assertEqual(client.ask("PING").code, 0)
        time.sleep(3)
        self.assert_failed(client.ask("Execute", execute_body("count")), 10)
        # 3.2.5.6: with the cookies of the expired one
        client.connect()
        self.assertIn("count=1", client.execute("count"))

    def test_expires_parked(self):
        client = self.connected()
        time.sleep(4.5)
        self.assert_failed(client.ask("PING"), 10)

    def test_a_held_wait_keeps_it(self):
        client = self.connected()
        _, stream, headers = self.hold(client)
        self.assertEqual(self.held_end(stream, headers).body[8:12], bytes(4))
        time.sleep(1)
        self.assertIn("count=1", client.execute("count"))

    def test_cap(self):
        user = self.new_user()
        clients = []
        for _ in range(5):
            clients.append(self.connected(user))
            time.sleep(0.02)
        for client in clients[:2]:
            self.assert_failed(client.ask("Execute", execute_body("count")), 10)
        for client in clients[2:]:
            self.assertIn("count=1", client.execute("count"))


class Disabled(Case):
    plugin = {"mapi": "no", "mapi_admin": "yes"}

    def test_disabled(self):
        for path in (EMSMDB, NSPI):
            self.assert_failed(self.client(path=path).ask("PING"), 16)


class Administrator(Case):
    plugin = {"mapi_admin": "yes", "mapi_max_sessions": 0}

    def test_flag(self):
        client = self.client()
        answer = client.ask("Connect", connect_body(client.user, flags=1))
        self.assertEqual(struct.unpack_from("<II", answer.body), (0, 0))

    def test_no_cap(self):
        user = self.new_user()
        clients = [self.connected(user) for _ in range(130)]
        self.assertIn("count=1", clients[0].execute("count"))


class AddressBook(Case):
    def book(self, user=None):
        return self.client(user, path=NSPI)

    def test_bind_and_unbind(self):
        book = self.book()
        answer = book.ask("Bind", b"body")
        self.assertEqual((answer.code, answer.body), (0, struct.pack("<IIII", 0, 0, 1, 0)))
        self.assertEqual(len(answer.cookies()), 2)
        self.assertEqual(answer.tags, ["PROCESSING", "DONE"])
        self.assertTrue(answer.chunked)
        for n in range(3):
            answer = book.ask("GetProps", b"body")
            self.assertEqual(answer.body, struct.pack("<IIII", 0, 0, n + 2, 0))
        self.assertEqual(book.ask("PING").code, 0)
        answer = book.ask("Unbind", b"body")
        self.assertEqual((answer.code, answer.body[4:8]), (0, struct.pack("<I", 1)))
        self.assert_failed(book.ask("GetProps", b"body"), 10)
        # without state
        self.assertEqual(book.ask("DNToMId", b"body").code, 0)
        self.assertEqual(book.ask("Unbind", b"body").code, 0)

    def test_codes(self):
        book = self.book()
        self.assert_failed(book.ask("GetProps", b"body"), 13)
        self.assert_failed(book.ask("Connect", b"body"), 5)
        self.assert_failed(book.ask("Execute", b"body"), 5)
        book.ask("Bind", b"body")
        good = dict(book.cookies)
        self.assert_failed(book.ask("GetProps", b"body", Cookie="MapiContext=" + good["MapiContext"]), 13)
        self.assert_failed(book.ask("GetProps", b"body", Cookie="MapiContext=x"), 6)
        book.cookies = good
        # a refused body uses up the sequence, and gives the next one
        answer = book.ask("GetProps", b"")
        self.assert_failed(answer, 12)
        self.assertEqual(len(answer.cookies()), 2)
        self.assertEqual(book.ask("GetProps", b"body").code, 0)
        book.cookies = good
        self.assert_failed(book.ask("GetProps", b"body"), 15)

    def test_failed_bind(self):
        answer = self.book().ask("Bind", b"bad")
        self.assertEqual((answer.code, answer.body[4:8]), (0, struct.pack("<I", 0x80070005)))
        self.assertEqual(answer.cookies(), {})

    def test_bind_again(self):
        book = self.book()
        book.ask("Bind", b"body")
        old = dict(book.cookies)
        self.assertEqual(book.ask("Bind", b"body").code, 0)
        self.assertNotEqual(book.cookies["MapiContext"], old["MapiContext"])
        book.cookies = old
        self.assert_failed(book.ask("GetProps", b"body"), 10)

    def test_repeated_request(self):
        book = self.book()
        book.ask("Bind", b"body")
        before = dict(book.cookies)
        same = book.guid + ":9"
        first = book.ask("GetProps", b"body", X_RequestId=same)
        book.cookies = before
        again = book.ask("GetProps", b"body", X_RequestId=same)
        self.assertEqual((again.code, again.body), (0, first.body))


if __name__ == "__main__":
    unittest.main()
