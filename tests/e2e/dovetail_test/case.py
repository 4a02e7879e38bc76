# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the end-to-end tests: one Dovecot for a class, a fresh user for
each test, and a look at Dovecot's log after each test."""

import contextlib
import http.client
import itertools
import os
import socket
import threading
import time
import unittest

from . import eas
from .dovecot import DOMAIN, Dovecot, has_dovetail

USERS = 400


class TestCase(unittest.TestCase):
    options = {}            # of this class's Dovecot
    core = False            # core classes also run in sdbox, mdbox and under ASan
    storage = True          # False: in sdbox and mdbox it would be the same again
    needs_service = True
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        if cls.needs_service and not has_dovetail():
            raise unittest.SkipTest("no Dovetail below DOVETAIL_PREFIX")
        users = ["u%03d@%s" % (n, DOMAIN) for n in range(1, USERS + 1)]
        cls.dovecot = Dovecot(**dict({"users": users}, **cls.options)).start()
        cls._users = iter(cls.dovecot.opt.users[:])

    @classmethod
    def tearDownClass(cls):
        cls.dovecot.stop_behind()

    def setUp(self):
        self.dovecot.check_log()
        if self.dovecot.mta is not None:
            self.dovecot.mta.clear()

    def tearDown(self):
        bad = self.dovecot.check_log()
        if bad:
            self.fail("Dovecot logged:\n" + "\n".join(bad[:20]))

    # -- shorthands -----------------------------------------------------
    def new_user(self):
        return next(self._users)

    def client(self, user=None, **kwargs):
        client = eas.Client.for_dovecot(self.dovecot, user or self.new_user(), **kwargs)
        self.addCleanup(client.close)
        return client

    def phone(self, user=None, version="16.1", window=100, filter=0, body=((1, 500),),
              mime_support=None, folders=True, **kwargs):
        """A provisioned phone that has its folders."""
        phone = eas.Phone(self.client(user, version=version, **kwargs), window=window,
                          filter=filter, body=body, mime_support=mime_support)
        if folders:
            phone.folder_sync()
        return phone

    def imap(self, user):
        client = self.dovecot.imap(user)
        self.addCleanup(self._logout, client)
        return client

    @staticmethod
    def _logout(client):
        with contextlib.suppress(Exception):
            client.logout()

    def deliver(self, user, subject="subject", body="body\r\n", headers="", sender="sender@example.net"):
        self.dovecot.deliver(user, message(subject, body, headers, to=user), sender)

    def assert_same(self, phone, user, folder="INBOX", name=None):
        """The phone's replica of a folder is what IMAP sees."""
        target = name or (phone.inbox if folder == "INBOX" else phone.folder(folder.split("/")[-1]))
        with self.dovecot.imap(user) as client:
            truth = client.truth(self.dovecot.folder(folder))
        self.assertEqual(phone.differences(truth, target), [])

    def assert_soon_same(self, phone, user, folder="INBOX", name=None):
        """After a crash, files may lie there that no index knows. Dovecot puts off
        its look at a directory that changed within the same second
        (maildir-sync.c): a phone that comes again has them."""
        target = name or phone.inbox
        with self.dovecot.imap(user) as client:
            truth = client.truth(self.dovecot.folder(folder))
        if phone.differences(truth, target):
            time.sleep(1.1)
            phone.sync(target)
        self.assert_same(phone, user, folder, name)

    def in_background(self, function, *args):
        """Runs function in a thread; the returned call waits for its result
        (or raises what it raised)."""
        result = {}

        def work():
            try:
                result["value"] = function(*args)
            except BaseException as error:      # handed to the caller
                result["error"] = error
            result["at"] = time.monotonic()
        thread = threading.Thread(target=work, daemon=True)
        thread.start()

        def wait(timeout=30):
            thread.join(timeout)
            if thread.is_alive():
                self.fail("still waiting after %d s" % timeout)
            if "error" in result:
                raise result["error"]
            wait.at = result["at"]
            return result["value"]
        wait.alive = thread.is_alive
        return wait


def message(subject="subject", body="body\r\n", headers="", to="user@" + DOMAIN,
            sender="Sender <sender@example.net>", counter=itertools.count(1)):
    """A simple message with a Message-ID of its own."""
    if isinstance(body, bytes):
        body = body.decode("latin-1")
    return ("From: %s\r\nTo: <%s>\r\nSubject: %s\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n"
            "Message-ID: <id%d.%d@example.net>\r\nMIME-Version: 1.0\r\n%s\r\n%s" % (
                sender, to, subject, os.getpid(), next(counter),
                headers or "Content-Type: text/plain; charset=utf-8\r\n", body)).encode("utf-8")


def raw_http(port, data, timeout=10, shutdown=False, host="127.0.0.1"):
    """Sends bytes and returns (status, headers, body) of the first answer,
    or None when the server only closed."""
    with socket.create_connection((host, port), timeout) as sock:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(data)
            if shutdown:
                sock.shutdown(socket.SHUT_WR)
        return read_http(sock)


def read_http(sock):
    answer = http.client.HTTPResponse(sock)
    try:
        answer.begin()
        return answer.status, answer.headers, answer.read()
    except (http.client.BadStatusLine, ConnectionResetError):
        return None
