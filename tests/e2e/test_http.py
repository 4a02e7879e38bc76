# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The front: HTTP, login, limits, proxies, the access log (MS-ASHTTP, RFC 9112)."""

import base64
import re
import socket
import time

from dovetail_test import eas, wbxml
from dovetail_test.case import TestCase, raw_http, read_http
from dovetail_test.dovecot import DOMAIN
from dovetail_test.wbxml import E

FOLDER_SYNC = wbxml.encode(E("FolderHierarchy:FolderSync", E("SyncKey", "0")))


def basic(user, password, charset="utf-8"):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode(charset)).decode()


def request(method="POST", path=None, body=b"", headers=(), user="u001@" + DOMAIN, password="pass",
            cmd="FolderSync", version="HTTP/1.1"):
    """A request as bytes, with nothing added behind one's back."""
    path = path or "%s?Cmd=%s&User=u&DeviceId=HTTPTEST1&DeviceType=T" % (eas.PATH, cmd)
    lines = ["%s %s %s" % (method, path, version), "Host: localhost"]
    if user:
        lines.append("Authorization: " + basic(user, password))
    lines += list(headers) or ["MS-ASProtocolVersion: 14.1", "Content-Type: application/vnd.ms-sync.wbxml",
                               "Content-Length: %d" % len(body)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Connections(TestCase):
    core = True
    storage = False

    def test_plain_and_tls(self):
        user = self.new_user()
        for tls in (False, True):
            with self.subTest(tls=tls):
                client = self.client(user, tls=tls)
                client.provision()
                self.assertEqual(client.folder_sync("0").get("Status"), "1")

    def test_keep_alive(self):
        client = self.client()
        client.provision()
        socket_before = client.connection.sock
        for _ in range(20):
            client.folder_sync()
        self.assertIs(client.connection.sock, socket_before, "the connection was closed")

    def test_connection_close(self):
        port = self.dovecot.ports["http"]
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.sendall(request("OPTIONS", eas.PATH, headers=["Connection: close"]))
            self.assertEqual(read_http(sock)[0], 200)
            self.assertEqual(sock.recv(1), b"")

    def test_http10_closes(self):
        port = self.dovecot.ports["http"]
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.sendall(request("OPTIONS", eas.PATH, headers=["X: y"], version="HTTP/1.0"))
            status, headers, _ = read_http(sock)
            self.assertEqual(status, 200)
            self.assertNotIn("Transfer-Encoding", headers)

    def test_chunked_request(self):
        client = self.client(chunked=True)
        client.provision()
        self.assertEqual(client.folder_sync("0").get("Status"), "1")

    def test_expect_continue(self):
        """RFC 9110 10.1.1: 100 before the body is read."""
        head = request(headers=["MS-ASProtocolVersion: 14.1", "Expect: 100-continue",
                                "Content-Type: application/vnd.ms-sync.wbxml",
                                "Content-Length: %d" % len(FOLDER_SYNC)])
        with socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 10) as sock:
            sock.sendall(head)
            first = sock.recv(4096)
            self.assertTrue(first.startswith(b"HTTP/1.1 100"), first)
            sock.sendall(FOLDER_SYNC)
            self.assertEqual(read_http(sock)[0], 200)

    def test_expect_continue_with_wrong_password(self):
        """No body is asked for before login (D11)."""
        head = request(password="wrong", headers=[
            "Expect: 100-continue", "Content-Length: 1000000",
            "Content-Type: application/vnd.ms-sync.wbxml"])
        status, headers, _ = raw_http(self.dovecot.ports["http"], head)
        self.assertEqual(status, 401)

    def test_post_again_after_401(self):
        """A client that sends its whole POST without credentials, then again
        on the same connection with them (obligation 20)."""
        with socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 10) as sock:
            sock.sendall(request(body=FOLDER_SYNC, user=None))
            self.assertEqual(read_http(sock)[0], 401)
            sock.sendall(request(body=FOLDER_SYNC))
            self.assertEqual(read_http(sock)[0], 200)

    def test_pipelined(self):
        """Two requests in one packet are both answered, in order."""
        with socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 10) as sock:
            sock.sendall(request("OPTIONS", eas.PATH, headers=["X: y"]) + request(body=FOLDER_SYNC))
            data = b""
            while data.count(b"HTTP/1.1 200 ") < 2 or wbxml.HEADER not in data:
                more = sock.recv(65536)
                self.assertTrue(more, data)
                data += more
            self.assertLess(data.index(b"MS-ASProtocolVersions"), data.index(wbxml.HEADER))

    def test_date_and_type(self):
        client = self.client()
        answer = client.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")))
        self.assertIn("Date", answer.headers)
        self.assertIn(answer.content_type, eas.WBXML_TYPES)

    def test_gzip(self):
        user = self.new_user()
        for i in range(60):
            self.dovecot.deliver(user, b"Subject: compressible %d\r\n\r\n%s" % (i, b"the same text\r\n" * 50))
        plain = self.phone(user)
        packed = self.phone(user, gzip=True)
        c = packed.client
        for phone in (plain, packed):
            phone.sync()
        node = [p.client.post("Sync", p.client.sync_request(p.client.collection(
            p.inbox, self._primed(p), options=p.client.sync_options(body=((1, 5000),)))))
            for p in (plain, packed)]
        self.assertIsNone(node[0].headers.get("Content-Encoding"))
        self.assertEqual(node[1].headers.get("Content-Encoding"), "gzip")
        self.assertLess(len(node[1].raw), len(node[0].raw) / 3)
        self.assertEqual(len(node[0].node.findall("Collections/Collection/Commands/Add")), 60)
        self.assertEqual(len(node[1].node.findall("Collections/Collection/Commands/Add")), 60)
        self.assertEqual(c.v, (16, 1))

    @staticmethod
    def _primed(phone):
        return phone.client.sync(phone.client.collection(phone.inbox, "0")).get(
            "Collections/Collection/SyncKey")

    def test_base64_query(self):
        """MS-ASHTTP 2.2.1.1.1.1, for every version that has it."""
        for version in eas.VERSIONS[2:]:
            with self.subTest(version=version):
                client = self.client(version=version, base64_query=True)
                client.provision()
                self.assertEqual(client.folder_sync("0").get("Status"), "1")

    def test_client_that_breaks_off(self):
        """D2: a body that never ends wedges nobody."""
        head = request(headers=["MS-ASProtocolVersion: 14.1", "Content-Length: 5000",
                                "Content-Type: application/vnd.ms-sync.wbxml"])
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 10) as sock:
                sock.sendall(head + FOLDER_SYNC)
                time.sleep(0.05)
        self.assertEqual(self.client("u001@" + DOMAIN).post(
            "FolderSync", FOLDER_SYNC, content_type="application/vnd.ms-sync.wbxml").status, 200)


class Refusals(TestCase):
    def answer(self, *args, **kwargs):
        found = raw_http(self.dovecot.ports["http"], *args, **kwargs)
        self.assertIsNotNone(found, "closed without an answer")
        return found

    def test_methods_and_paths(self):
        for method, path, wanted in (
                ("GET", eas.PATH, {405, 501}), ("PUT", eas.PATH, {405, 501}),
                ("DELETE", eas.PATH, {405, 501}), ("POST", "/nothing/here", {404}),
                ("GET", "/", {404})):
            with self.subTest(method=method, path=path):
                self.assertIn(self.answer(request(method, path))[0], wanted)

    def test_unknown_command(self):
        """MS-ASHTTP 2.2.2.1.1: 501 or 400, never 200 or 500."""
        self.assertIn(self.answer(request(cmd="Frobnicate", body=FOLDER_SYNC))[0], (400, 501))

    def test_bad_base64_query(self):
        for query in ("AAAA", "jQ==", "!!!", "jQkJBP8=", base64.b64encode(b"\x8d\x09\x09\x04\x40abc").decode()):
            with self.subTest(query=query):
                status = self.answer(request(path=eas.PATH + "?" + query, body=FOLDER_SYNC))[0]
                self.assertEqual(status, 400)

    def test_broken_http(self):
        for name, data in (("no version", b"POST /x\r\n\r\n"), ("nonsense", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"),
                           ("NUL", request(headers=["X-A: a\0b"])),
                           ("bad length", request(headers=["Content-Length: -5"])),
                           ("two lengths", request(headers=["Content-Length: 5", "Content-Length: 6"], body=b"123456")),
                           ("both", request(headers=["Content-Length: 5", "Transfer-Encoding: chunked"], body=b"0\r\n\r\n"))):
            with self.subTest(name):
                found = raw_http(self.dovecot.ports["http"], data, shutdown=True)
                if found is not None:
                    self.assertIn(found[0], (400, 411, 413, 501, 505))

    def test_large_headers(self):
        """64 KB of headers: a clear refusal, not a close in silence."""
        status = self.answer(request("OPTIONS", eas.PATH, headers=["X-Large: " + "a" * 65536]))[0]
        self.assertIn(status, (400, 413, 431))
        status = self.answer(request("OPTIONS", eas.PATH, headers=["X-%d: a" % i for i in range(5000)]))[0]
        self.assertIn(status, (400, 413, 431))

    def test_long_target(self):
        status = self.answer(request("OPTIONS", eas.PATH + "?" + "a" * 60000))[0]
        self.assertIn(status, (400, 414, 431))

    def test_nobody_is_disturbed(self):
        self.test_large_headers()
        self.assertEqual(self.client("u001@" + DOMAIN).options().status, 200)

    def test_healthcheck(self):
        status, headers, body = self.answer(request("GET", eas.PATH + "/healthcheck.htm", user=None))
        self.assertEqual(status, 200)
        self.assertIn(b"200 OK", body)


class Login(TestCase):
    options = {"plugin": {"dovetail_auth_cache_ttl": "2 s", "dovetail_auth_negative_ttl": "0"}}

    def status(self, user, password, charset="utf-8", head=None):
        return raw_http(self.dovecot.ports["http"], request(
            "OPTIONS", eas.PATH, user=None,
            headers=["Authorization: " + (head or basic(user, password, charset))]), timeout=20)

    def test_without_and_with_wrong_credentials(self):
        user = self.new_user()
        status, headers, _ = raw_http(self.dovecot.ports["http"], request(
            "OPTIONS", eas.PATH, user=None, headers=["X: y"]))
        self.assertEqual(status, 401)
        self.assertRegex(headers.get("WWW-Authenticate", ""), r'(?i)^Basic realm="')
        for name, found in (("wrong password", self.status(user, "wrong")),
                            ("unknown user", self.status("nobody@" + DOMAIN, "pass")),
                            ("empty password", self.status(user, "")),
                            ("no colon", self.status("", "", head="Basic " + base64.b64encode(b"abc").decode())),
                            ("not base64", self.status("", "", head="Basic ?????")),
                            ("unknown scheme", self.status("", "", head="Digest username=x"))):
            with self.subTest(name):
                self.assertEqual(found[0], 401)
                self.assertTrue(found[1].get("WWW-Authenticate"))

    def test_forms_of_names(self):
        """A4: address, letter case, DOMAIN\\user, bare name."""
        for name in ("u010@" + DOMAIN, "U010@Example.ORG", DOMAIN + "\\u010", "EXAMPLE\\u010", "u010"):
            with self.subTest(name=name):
                self.assertEqual(self.status(name, "pass")[0], 200)

    def test_utf8_and_latin1_passwords(self):
        user = "umlaut@" + DOMAIN
        self.dovecot.add_user(user, "Pässwörd€"[:8])
        self.assertEqual(self.status(user, "Pässwörd")[0], 200)
        self.assertEqual(self.status(user, "Pässwörd", "latin-1")[0], 200)
        self.assertEqual(self.status(user, "Password")[0], 401)

    def test_changed_password(self):
        """The old one ends with the cache time at the latest."""
        user = self.new_user()
        self.assertEqual(self.status(user, "pass")[0], 200)
        self.dovecot.passwords[user] = "new-pass"
        self.dovecot.write_users()
        time.sleep(3)
        self.assertEqual(self.status(user, "pass")[0], 401)
        self.assertEqual(self.status(user, "new-pass")[0], 200)

    def test_refused_user(self):
        """403 for a user who may not use the service."""
        user = "refused@" + DOMAIN
        self.dovecot.add_user(user, nologin="y", reason="No_phones")
        self.assertEqual(self.status(user, "pass")[0], 403)

    def test_moved_user(self):
        """451 with X-MS-Location when the passdb says another host
        (MS-ASHTTP 2.2.2.1.1 and 3.2.5.1)."""
        user = "moved@" + DOMAIN
        self.dovecot.add_user(user, proxy="y", host="mail2.example.org", hostip="192.0.2.9")
        status, headers, _ = self.status(user, "pass")
        self.assertEqual(status, 451)
        self.assertRegex(headers.get("X-MS-Location", ""), r"^https?://mail2\.example\.org.*/Microsoft-Server-ActiveSync$")

    def test_auth_is_asked_once(self):
        """D1: bcrypt at cost 12 is paid once for a device, not per request."""
        user = "slow@" + DOMAIN
        self.dovecot.opt.scheme = "BLF-CRYPT"
        try:
            self.dovecot.add_user(user, "slow-secret")
        finally:
            self.dovecot.opt.scheme = "PLAIN"
        client = self.client(user)
        client.provision()
        before = self.dovecot.cpu_seconds("auth")
        started = time.monotonic()
        while time.monotonic() - started < 1.5:
            client.folder_sync()
        self.assertLess(self.dovecot.cpu_seconds("auth") - before, 0.7)
        self.dovecot.write_users()


class CredentialsAreSecret(TestCase):
    def test_passwords_are_not_logged(self):
        user = self.new_user()
        raw_http(self.dovecot.ports["http"], request("OPTIONS", eas.PATH, user=user, password="s3cr3t-w0rd"))
        self.client(user).options()
        for log in ("dovecot.log", "info.log", "debug.log"):
            text = self.dovecot.read_log(log)
            self.assertNotIn("s3cr3t-w0rd", text)
            self.assertNotIn(base64.b64encode((user + ":pass").encode()).decode(), text)


class AccessLog(TestCase):
    options = {"plugin": {"dovetail_trusted_networks": "127.0.0.0/8"}}

    def line(self, marker):
        found = self.dovecot.wait_log(r"(?m)^.*%s.*$" % re.escape(marker))
        self.assertIsNotNone(found, "no access-log line with " + marker)
        self.assertEqual(len(re.findall(re.escape(marker), self.dovecot.read_log("info.log"))), 1)
        return found.group(0)

    def test_one_line_a_request(self):
        user = self.new_user()
        client = self.client(user, device_id="LOGTEST0001", user_agent="Agent/Marker-1")
        client.provision()
        client.user_agent = "Agent/Marker-2"
        client.folder_sync("0")
        line = self.line("Agent/Marker-2")
        for part in ("200", user, "LOGTEST0001", "FolderSync", "127.0.0.1"):
            self.assertIn(part, line)

    def test_failures_are_logged_with_the_address(self):
        raw_http(self.dovecot.ports["http"], request(
            "OPTIONS", eas.PATH, user=None, headers=[
                "Authorization: " + basic("guess@" + DOMAIN, "x"), "User-Agent: Guesser/1"]))
        line = self.line("Guesser/1")
        self.assertIn("401", line)
        self.assertIn("127.0.0.1", line)

    def test_escaping(self):
        """A client cannot forge lines or fields."""
        raw_http(self.dovecot.ports["http"], request(
            "OPTIONS", eas.PATH, headers=['User-Agent: evil-7" status=999 \x1b[31m\t\x07 user=root']))
        line = self.line("evil-7")
        self.assertNotIn("\x1b", line)
        self.assertNotIn("\x07", line)
        self.assertNotRegex(line, r'evil-7" status=999')

    def test_forwarded_for(self):
        raw_http(self.dovecot.ports["http"], request("OPTIONS", eas.PATH, headers=[
            "X-Forwarded-For: 192.0.2.77", "User-Agent: Forwarded/1"]))
        self.assertIn("192.0.2.77", self.line("Forwarded/1"))

    def test_haproxy(self):
        raw_http(self.dovecot.ports["httpproxy"], b"PROXY TCP4 198.51.100.9 127.0.0.1 5555 443\r\n"
                 + request("OPTIONS", eas.PATH, headers=["User-Agent: Proxied/1"]))
        self.assertIn("198.51.100.9", self.line("Proxied/1"))


class UntrustedForward(TestCase):
    def test_not_believed(self):
        raw_http(self.dovecot.ports["http"], request("OPTIONS", eas.PATH, headers=[
            "X-Forwarded-For: 192.0.2.77", "User-Agent: Liar/1"]))
        found = self.dovecot.wait_log(r"(?m)^.*Liar/1.*$")
        self.assertIsNotNone(found)
        self.assertIn("127.0.0.1", found.group(0))
        self.assertNotRegex(found.group(0), r"(rip|client|ip)=192\.0\.2\.77")


class Timeouts(TestCase):
    options = {"plugin": {"dovetail_header_timeout": "1 s", "dovetail_body_timeout": "1 s",
                          "dovetail_idle_timeout": "2 s"}}

    def assert_ends(self, data, limit=6):
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), limit) as sock:
            sock.sendall(data)
            while sock.recv(4096):
                pass
        self.assertLess(time.monotonic() - started, limit)

    def test_slow_header(self):
        self.assert_ends(b"POST /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: ")

    def test_slow_body(self):
        self.assert_ends(request(headers=["MS-ASProtocolVersion: 14.1", "Content-Length: 500",
                                          "Content-Type: application/vnd.ms-sync.wbxml"], body=b"\x03\x01"))

    def test_idle(self):
        self.assert_ends(request("OPTIONS", eas.PATH, headers=["X: y"]))
