# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""A small SMTP server on loopback: it takes mail, keeps it for the test to look
at, and hands what is for a local domain to Dovecot's LMTP.  It can be told to
fail.  `python3 -m dovetail_test.mta LISTEN LMTP DOMAIN` runs it alone."""

import contextlib
import re
import smtplib
import socketserver
import sys
import threading
import time

SIZE_LIMIT = 200_000_000


class Mail:
    """One accepted message with its envelope."""

    def __init__(self, sender, recipients, data, parameters, user, asked=None):
        """asked: the parameters of each RCPT TO, by its address"""
        self.sender, self.recipients, self.data = sender, recipients, data
        self.parameters, self.auth_user, self.time = parameters, user, time.time()
        self.asked = asked or {}

    def __repr__(self):
        return "<Mail %s -> %s, %d bytes>" % (self.sender, self.recipients, len(self.data))


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def say(self, *lines):
        code = lines[0][:3]
        rest = [lines[0][4:]] + list(lines[1:])
        for i, text in enumerate(rest):
            self.wfile.write(("%s%s%s\r\n" % (code, " " if i == len(rest) - 1 else "-", text)).encode())

    def handle(self):
        with contextlib.suppress(ConnectionError):
            self._talk()

    def _talk(self):
        self.reset()
        self.say("220 mail.test ESMTP")
        while True:
            raw = self.rfile.readline(4096)
            if not raw:
                return
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            verb = line.split(" ", 1)[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            handler = getattr(self, "do_" + verb.lower(), None)
            if handler:
                handler(line)
            else:
                self.say("500 unknown command")

    def reset(self):
        self.sender, self.recipients, self.parameters, self.asked = None, [], {}, {}

    def do_ehlo(self, line):
        self.say("250 mail.test", "8BITMIME", "SMTPUTF8", "PIPELINING",
                 "ENHANCEDSTATUSCODES", "DSN", "SIZE %d" % SIZE_LIMIT)

    def do_helo(self, line):
        self.say("250 mail.test")

    do_lhlo = do_ehlo

    def do_noop(self, line):
        self.say("250 ok")

    def do_rset(self, line):
        self.reset()
        self.say("250 ok")

    def do_mail(self, line):
        found = re.match(r"MAIL FROM:\s*<([^>]*)>(.*)", line, re.I)
        if not found:
            return self.say("501 syntax")
        refusal = self.server.mta.refuse_sender(found.group(1))
        if refusal:
            return self.say(refusal)
        self.reset()
        self.sender = found.group(1)
        self.parameters = dict((p.partition("=")[::2]) for p in found.group(2).split())
        self.say("250 2.1.0 ok")

    def do_rcpt(self, line):
        found = re.match(r"RCPT TO:\s*<([^>]*)>(.*)", line, re.I)
        if self.sender is None or not found:
            return self.say("503 MAIL first" if found else "501 syntax")
        refusal = self.server.mta.refuse_recipient(found.group(1))
        if refusal:
            return self.say(refusal)
        self.recipients.append(found.group(1))
        self.asked[found.group(1)] = dict((p.partition("=")[::2]) for p in found.group(2).split())
        self.say("250 2.1.5 ok")

    def do_data(self, line):
        if not self.recipients:
            return self.say("503 no recipients")
        self.say("354 go ahead")
        body = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            body.append(raw[1:] if raw.startswith(b".") else raw)
        mail = Mail(self.sender, self.recipients, b"".join(body), self.parameters, None, self.asked)
        self.say(self.server.mta.accept(mail))
        self.reset()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200


class Mta:
    """start(), then port; messages in .mails; fail_data = "451 later" and the
    like make it refuse; refused = {"address": "550 no such user"}."""

    def __init__(self, local_domains=(), lmtp=None, listen=("127.0.0.1", 0), keep=True):
        self.local_domains = tuple(d.lower() for d in local_domains)
        self.lmtp, self.listen, self.keep = lmtp, listen, keep
        self.mails, self.refused = [], {}
        self.fail_data = self.fail_mail = None
        self.arrived = threading.Condition()
        self.server = None

    def start(self):
        self.server = _Server(self.listen, _Handler)
        self.server.mta = self
        self.listen = self.server.server_address
        threading.Thread(target=self.server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    @property
    def port(self):
        return self.listen[1]

    def stop(self):
        """Stops listening; start() again takes the same port."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def refuse_sender(self, address):
        return self.fail_mail

    def refuse_recipient(self, address):
        return self.refused.get(address.lower())

    def accept(self, mail):
        if self.fail_data:
            return self.fail_data
        local = [r for r in mail.recipients
                 if r.lower().rpartition("@")[2] in self.local_domains]
        if local and self.lmtp:
            try:
                with smtplib.LMTP(*self.lmtp) as lmtp:
                    lmtp.sendmail(mail.sender, local, mail.data, mail_options=["BODY=8BITMIME"])
            except (smtplib.SMTPException, OSError) as error:
                return "451 4.3.0 local delivery: " + repr(error)[:200]
        if self.keep:
            with self.arrived:
                self.mails.append(mail)
                self.arrived.notify_all()
        return "250 2.0.0 accepted"

    def wait(self, count=1, timeout=10):
        """The mails, once there are count of them."""
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.mails) >= count, timeout)
            return list(self.mails)

    def clear(self):
        with self.arrived:
            self.mails.clear()
        self.fail_data = self.fail_mail = None
        self.refused.clear()


def main(argv):
    def address(text):
        host, _, port = text.rpartition(":")
        return host, int(port)
    Mta(local_domains=argv[2:], listen=address(argv[0]), lmtp=address(argv[1]), keep=False).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
