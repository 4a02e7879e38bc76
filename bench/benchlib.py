# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benches share: a Dovecot with a mailbox nobody opened yet, clients
that read bytes and parse next to nothing, medians."""

import os
import socket
import statistics
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "e2e"))
sys.path.insert(0, HERE)

from dovetail_test import eas, wbxml  # noqa: E402
from dovetail_test.dovecot import DOMAIN, VMAIL_UID, Dovecot  # noqa: E402,F401
from dovetail_test.wbxml import E  # noqa: E402,F401

import corpus  # noqa: E402

# mailboxes are hard links to the corpus: on one file system with it, not in memory
os.environ.setdefault("DOVETAIL_TMP", tempfile.gettempdir())
CACHE = os.environ.get("DOVETAIL_BENCH_DIR") or os.path.join(
    tempfile.gettempdir(), "dovetail-bench-%d" % os.getuid())


def median(values):
    return statistics.median(values)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def corpus_maildir(count):
    """The corpus as Maildir, made once; its files are in the page cache after."""
    folder = os.path.join(CACHE, "corpus-%d" % count)
    os.makedirs(folder, exist_ok=True)
    os.chmod(CACHE, 0o755)
    corpus.write_maildir(folder, count)
    for name in os.listdir(os.path.join(folder, "cur")):
        with open(os.path.join(folder, "cur", name), "rb") as f:
            while f.read(1 << 20):
                pass
    return folder


def give_mailbox(dovecot, user, folder):
    """The user's INBOX becomes that Maildir, by hard links: no index, no cache."""
    home = dovecot.home(user)
    top = os.path.join(home, "Maildir")
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(top, name))
    source = os.path.join(folder, "cur")
    for name in os.listdir(source):
        try:
            os.link(os.path.join(source, name), os.path.join(top, "cur", name))
        except OSError:     # another file system
            with open(os.path.join(source, name), "rb") as f, \
                    open(os.path.join(top, "cur", name), "wb") as out:
                out.write(f.read())
    if dovecot.root:
        for path in (home, top, *(os.path.join(top, n) for n in ("cur", "new", "tmp"))):
            os.chown(path, VMAIL_UID, VMAIL_UID)
        for name in os.listdir(source):
            os.chown(os.path.join(top, "cur", name), VMAIL_UID, VMAIL_UID)


class Measure:
    """with Measure(dovecot) as m: ...  then m.seconds, m.cpu (all server
    processes together)."""

    def __init__(self, dovecot):
        self.dovecot = dovecot

    def __enter__(self):
        self.cpu_before = self.dovecot.cpu_seconds()
        self.started = time.perf_counter()
        return self

    def __exit__(self, *exc):
        self.seconds = time.perf_counter() - self.started
        self.cpu = self.dovecot.cpu_seconds() - self.cpu_before


def message(subject, body):
    return ("From: Sender <sender@example.net>\r\nTo: you@example.org\r\nSubject: %s\r\n"
            "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%s@bench>\r\n\r\n%s"
            % (subject, uuid.uuid4().hex, body)).encode()


class Cpu:
    """CPU seconds of the server processes that live now, to the nanosecond:
    for what starts and ends no process."""

    def __init__(self, dovecot):
        self.pids = dovecot.processes() + [dovecot.master_pid]

    def now(self):
        total = 0
        for pid in self.pids:
            try:
                with open("/proc/%d/schedstat" % pid) as f:
                    total += int(f.read().split()[0])
            except OSError:
                raise RuntimeError("a server process ended meanwhile") from None
        return total / 1e9


class RawHttp:
    """One keep-alive connection; post() returns the body, parsed no further
    than Content-Length or chunks demand."""

    def __init__(self, port, authorization, version="16.1", device="BENCH1", policy_key="0"):
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.received = 0
        self.format(authorization, version, device, policy_key)

    def format(self, authorization, version, device, policy_key):
        self.head = ("POST %s?Cmd=%%s&User=u&DeviceId=%s&DeviceType=Bench HTTP/1.1\r\nHost: localhost\r\n"
                     "Authorization: %s\r\nMS-ASProtocolVersion: %s\r\nX-MS-PolicyKey: %s\r\n"
                     "User-Agent: Bench/1\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: %%d\r\n\r\n"
                     % (eas.PATH, device, authorization, version, policy_key))

    def send(self, command, body):
        self.sock.sendall((self.head % (command, len(body))).encode() + body)

    def post(self, command, body=b""):
        self.send(command, body)
        return self.answer()

    def _more(self):
        data = self.sock.recv(1 << 20)
        if not data:
            raise ConnectionError("closed")
        self.received += len(data)
        self.buffer += data

    def _until(self, mark):
        start = 0
        while True:
            at = self.buffer.find(mark, start)
            if at >= 0:
                line = bytes(self.buffer[:at])
                del self.buffer[:at + len(mark)]
                return line
            start = max(0, len(self.buffer) - len(mark))
            self._more()

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def answer(self):
        head = self._until(b"\r\n\r\n").lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        at = head.find(b"\r\ncontent-length:")
        if at >= 0:
            return self._take(int(head[at + 17:].split(b"\r\n", 1)[0]))
        parts = []
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            parts.append(self._take(size))
            self._take(2)
            if size == 0:
                return b"".join(parts)

    def answer_large(self):
        """Read to its end and thrown away."""
        head = self._until(b"\r\n\r\n").lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        at = head.find(b"\r\ncontent-length:")
        left = int(head[at + 17:].split(b"\r\n", 1)[0]) if at >= 0 else None
        while True:
            if left is None:
                size = int(self._until(b"\r\n").split(b";")[0], 16)
                skip = size + 2
            else:
                size, skip = 0, left
            while skip > 0:
                if not self.buffer:
                    self._more()
                part = min(skip, len(self.buffer))
                del self.buffer[:part]
                skip -= part
            if size == 0:
                return

    def answer_counted(self, mark):
        """(its beginning, how often mark came): read as RawImap reads, so that a
        big answer costs this client no more.  A mark that a chunk's frame cuts
        is not counted."""
        head = self._until(b"\r\n\r\n").lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        at = head.find(b"\r\ncontent-length:")
        if at >= 0:
            data = self._take(int(head[at + 17:].split(b"\r\n", 1)[0]))
            return data, data.count(mark)
        size = int(self._until(b"\r\n").split(b";")[0], 16)
        while len(self.buffer) < size + 2:
            self._more()
        start, data = bytes(self.buffer[:size]), bytes(self.buffer)
        self.buffer = bytearray()
        found, tail = 0, b"\r\n"
        while True:
            found += data.count(mark) + (tail[-2:] + data[:2]).count(mark)
            tail = (tail + data[-7:])[-7:]
            if tail.endswith(b"\r\n0\r\n\r\n"):
                return start, found
            data = self.sock.recv(1 << 18)
            if not data:
                raise ConnectionError("closed")
            self.received += len(data)


def sync_head(body):
    """(SyncKey, MoreAvailable?) of a Sync answer with one collection, from the
    tokens in front of Commands and Responses."""
    key, more, at = None, False, 4
    while at < len(body):
        token = body[at]
        at += 1
        if token in (0x56, 0x46):               # Commands, Responses
            break
        if token == 0x00:                       # SWITCH_PAGE
            at += 1
        elif token == 0x14:                     # MoreAvailable
            more = True
        elif token == 0x03:                     # STR_I
            end = body.index(b"\0", at)
            if body[at - 2] == 0x4B:            # SyncKey
                key = body[at:end].decode()
            elif body[at - 2] == 0x4E and body[at:end] != b"1":
                raise RuntimeError("Sync status %r" % body[at:end])
            at = end + 1
    return key, more


# Add with its ServerId
ADD = b"\x47\x4d\x03"


class RawImap:
    """Logged in and selected; fetch() reads the whole answer, bytes only."""

    def __init__(self, dovecot, user):
        self.sock = socket.create_connection(("127.0.0.1", dovecot.ports["imap"]))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0
        self.sock.recv(4096)
        self.command("LOGIN %s %s" % (user, dovecot.passwords[user]))

    def command(self, text):
        """The bytes of the answer."""
        self.number += 1
        tag = b"a%d " % self.number
        self.sock.sendall(tag + text.encode() + b"\r\n")
        total, tail = 0, b""
        while True:
            data = self.sock.recv(1 << 18)
            if not data:
                raise ConnectionError("closed")
            total += len(data)
            tail = (tail + data)[-3000:]
            if tail.endswith(b"\r\n"):
                last = tail[:-2].rpartition(b"\r\n")[2]
                if last.startswith(tag):
                    if not last.startswith(tag + b"OK"):
                        raise RuntimeError(last.decode())
                    return total


class Table:
    """Lines of results, printed as they come and kept for the summary."""

    def __init__(self):
        self.rows = []

    def add(self, name, value, unit="", note=""):
        self.rows.append((name, value, unit, note))
        text = "%.3f" % value if isinstance(value, float) else str(value)
        print("  %-58s %12s %-6s %s" % (name, text, unit, note), flush=True)

    def value(self, name):
        return next(v for n, v, _, _ in self.rows if n == name)
