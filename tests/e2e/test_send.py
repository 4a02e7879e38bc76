# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""SendMail, SmartReply, SmartForward (MS-ASCMD 2.2.1.17 to 2.2.1.19)."""

import email
import time

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.mailgen import Generator
from dovetail_test.wbxml import E


def outgoing(sender, to, subject="outgoing", body="hello\r\n", extra=""):
    return ("From: %s\r\nTo: %s\r\nSubject: %s\r\n%sMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n%s" % (sender, to, subject, extra, body)).encode()


class Base(TestCase):
    def setUp(self):
        super().setUp()
        self.user = self.new_user()

    @property
    def mta(self):
        return self.dovecot.mta

    def truth(self, folder="INBOX", user=None):
        with self.dovecot.imap(user or self.user) as imap:
            return imap.truth(self.dovecot.folder(folder))

    def subjects(self, folder):
        return [row[2] for row in self.truth(folder).values()]

    def assert_refused(self, call, *statuses):
        """The command fails: an HTTP error up to 12.1, a Status from 14.0."""
        try:
            answer = call()
        except eas.HttpStatus as error:
            self.assertIn(error.status, (400, 403, 404, 500, 503, 507), "HTTP %d" % error.status)
            return None
        self.assertTrue(answer.body, "an empty answer means success")
        status = answer.node.get("Status")
        if statuses:
            self.assertIn(status, statuses)
        self.assertNotEqual(status, "1")
        return status


class SendMail(Base):
    core = True

    def test_every_version(self):
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                user, friend = self.new_user(), self.new_user()
                client = self.client(user, version=version)
                client.provision()
                answer = client.send_mail(outgoing(user, friend, "from " + version), save=True)
                self.assertEqual(answer.body, b"", "success is an empty answer")
                self.assertEqual([r[2] for r in self.truth(user=friend).values()], ["from " + version])
                ((flags, *_),) = self.truth("Sent", user).values()
                self.assertIn("\\Seen", flags)

    def test_no_sent_copy_when_not_asked(self):
        for version in ("12.1", "14.1"):
            client = self.client(self.user, version=version)
            client.send_mail(outgoing(self.user, "x@example.net"), save=False)
        self.assertEqual(self.truth("Sent"), {})

    def test_envelope(self):
        client = self.client(self.user, version="14.1")
        client.send_mail(outgoing(self.user, "a@example.net, B <b@example.net>", extra=(
            "Cc: c@example.net\r\nBcc: hidden@example.net\r\n")))
        (mail,) = self.mta.wait(1)
        self.assertEqual(mail.sender, self.user)
        self.assertEqual(set(mail.recipients), {"a@example.net", "b@example.net", "c@example.net", "hidden@example.net"})
        head = email.message_from_bytes(mail.data)
        self.assertIsNone(head["Bcc"], "Bcc went out")
        self.assertTrue(head["Message-ID"])
        self.assertTrue(head["Date"])
        self.assertNotIn(b"hidden@example.net", mail.data)

    def test_content_is_untouched(self):
        raw = Generator("send", self.user).message(3, "signed")[0]
        raw = raw.replace(raw[raw.index(b"From:"):raw.index(b"\r\n", raw.index(b"From:"))],
                          b"From: <%s>" % self.user.encode())
        self.client(self.user, version="14.1").send_mail(raw)
        (mail,) = self.mta.wait(1)
        body = raw.partition(b"\r\n\r\n")[2]
        self.assertEqual(mail.data.partition(b"\r\n\r\n")[2].rstrip(), body.rstrip())

    def test_repeated_client_id(self):
        """No second mail (118 or a plain success)."""
        client = self.client(self.user, version="14.1")
        mime = outgoing(self.user, "x@example.net")
        client.send_mail(mime, client_id="same-id")
        again = client.send_mail(mime, client_id="same-id")
        if again.body:
            self.assertEqual(again.node.get("Status"), "118")
        time.sleep(0.2)
        self.assertEqual(len(self.mta.mails), 1)
        self.assertEqual(len(self.truth("Sent")), 1)
        client.send_mail(mime, client_id="another-id")
        self.assertEqual(len(self.mta.wait(2)), 2)

    def test_foreign_sender(self):
        """From must be the user's own address."""
        other = self.new_user()
        for version in ("12.1", "14.1", "16.1"):
            with self.subTest(version=version):
                client = self.client(self.user, version=version)
                self.assert_refused(lambda: client.send_mail(outgoing(other, "x@example.net")))
        self.assertEqual(self.mta.mails, [])

    def test_no_sender(self):
        """A phone that leaves From out gets its own address."""
        mime = outgoing(self.user, "x@example.net").split(b"\r\n", 1)[1]
        self.client(self.user, version="14.1").send_mail(mime)
        (mail,) = self.mta.wait(1)
        self.assertIn(self.user, email.message_from_bytes(mail.data)["From"])

    def test_no_recipient(self):
        """119: no recipient (MS-ASCMD 2.2.2)."""
        client = self.client(self.user, version="14.1")
        mime = b"From: %s\r\nSubject: to nobody\r\n\r\nx\r\n" % self.user.encode()
        self.assert_refused(lambda: client.send_mail(mime), "119")
        self.assertEqual(self.mta.mails, [])

    def test_refused_recipient(self):
        """All or none, and the person learns it."""
        self.mta.refused["bad@example.net"] = "550 5.1.1 no such user"
        client = self.client(self.user, version="14.1")
        self.assert_refused(lambda: client.send_mail(outgoing(self.user, "good@example.net, bad@example.net")))
        self.assertEqual(self.mta.mails, [])
        self.assertEqual(self.truth("Sent"), {})

    def test_smtp_down(self):
        """The right status, nothing lost, and the same ClientId goes later."""
        client = self.client(self.user, version="14.1")
        mime = outgoing(self.user, "x@example.net")
        self.dovecot.expect_error("(?i)smtp|submission|submit")
        for name, start, stop in (
                ("refuses", lambda: setattr(self.mta, "fail_data", "451 4.3.0 later"),
                 lambda: setattr(self.mta, "fail_data", None)),
                ("is down", self.mta.stop, self.mta.start)):
            with self.subTest(name):
                start()
                try:
                    self.assert_refused(lambda: client.send_mail(mime, client_id=name),
                                        "120", "111", "110")
                    self.assertEqual(self.mta.mails, [])
                    self.assertEqual(self.truth("Sent"), {})
                finally:
                    stop()
        self.assertEqual(client.send_mail(mime, client_id="is down").body, b"")
        self.assertEqual(len(self.mta.wait(1)), 1)

    def test_line_ends(self):
        """SMTP smuggling: bare CR and LF, dots; one mail arrives as one."""
        evil = (outgoing(self.user, "x@example.net") + b"one\n.\nMAIL FROM:<evil@example.net>\r\n"
                b"two\r.\r\nthree\r\n.\nfour\n.\r\nfive\r\n..six\r\n")
        self.client(self.user, version="14.1").send_mail(evil)
        time.sleep(0.3)
        (mail,) = self.mta.mails
        self.assertEqual(mail.sender, self.user)
        self.assertIn(b"..six", mail.data)
        self.assertIn(b"five", mail.data)
        self.assertNotIn(b"\n", mail.data.replace(b"\r\n", b""))

    def test_header_injection(self):
        for extra in ("To: a@example.net\nRCPT TO:<evil@example.net>\r\n",
                      "Cc: <a@example.net>\r\nX: <evil@example.net>\rBcc: x\r\n"):
            client = self.client(self.user, version="14.1")
            client.post("SendMail", E("ComposeMail:SendMail", E("ClientId", "x" + str(hash(extra))), E(
                "Mime", outgoing(self.user, "x@example.net", extra=extra))))
        for mail in self.mta.mails:
            self.assertNotIn("evil@example.net", mail.recipients)

    def test_invalid_mime(self):
        """107, or refused by HTTP."""
        client = self.client(self.user, version="14.1")
        self.assert_refused(lambda: client.call("SendMail", E(
            "ComposeMail:SendMail", E("ClientId", "1"), E("Mime", b""))))
        self.assertEqual(self.mta.mails, [])

    def test_large(self):
        client = self.client(self.user, version="14.1")
        data = "x" * 70 + "\r\n"
        client.send_mail(outgoing(self.user, "x@example.net", body=data * 300_000), save=True)
        (mail,) = self.mta.wait(1, 30)
        self.assertGreater(len(mail.data), 21_000_000)

    test_large.timeout = 120


class Smart(Base):
    def setUp(self):
        super().setUp()
        self.dovecot.append(self.user, [Generator("smart", self.user).message(1, "attachment"),
                                        message("plain one", "the original text\r\n")])

    def prepared(self, version):
        phone = self.phone(self.user, version=version)
        phone.sync()
        return phone, (phone.inbox, phone.by_subject("plain one"))

    def attachment_source(self, phone):
        return phone.inbox, next(s for s, i in phone.items[phone.inbox].items() if i.subject != "plain one")

    def flags(self, subject):
        return next(row[0] for row in self.truth().values() if row[2] == subject)

    def test_reply(self):
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                self.mta.clear()
                phone, source = self.prepared(version)
                phone.client.smart_reply(outgoing(self.user, "x@example.net", "Re: plain one",
                                                  "my answer\r\n"), source)
                (mail,) = self.mta.wait(1)
                text = self._text(mail)
                self.assertIn("my answer", text)
                self.assertIn("the original text", text)
                self.assertLess(text.index("my answer"), text.index("the original text"))
                self.assertIn("\\Answered", self.flags("plain one"))

    def test_forward_keeps_attachments(self):
        for version in ("12.1", "14.1", "16.1"):
            with self.subTest(version=version):
                self.mta.clear()
                phone, _ = self.prepared(version)
                source = self.attachment_source(phone)
                phone.client.smart_forward(outgoing(self.user, "x@example.net", "Fwd", "see this\r\n"), source)
                (mail,) = self.mta.wait(1)
                parts = list(email.message_from_bytes(mail.data).walk())
                with self.dovecot.imap(self.user) as imap:
                    original = email.message_from_bytes(imap.source(min(imap.truth())))
                wanted = [p.get_payload(decode=True) for p in original.walk() if p.get_filename()]
                found = [p.get_payload(decode=True) for p in parts if not p.is_multipart()]
                for data in wanted:
                    self.assertIn(data, found)
                self.assertIn("see this", self._text(mail))
                self.assertIn("$Forwarded", [r for r in self.truth().values() if r[2] != "plain one"][0][0])

    @staticmethod
    def _text(mail):
        out = []
        for part in email.message_from_bytes(mail.data).walk():
            if part.get_content_maintype() == "text":
                out.append(part.get_payload(decode=True).decode(part.get_content_charset() or "utf-8", "replace"))
        return "\n".join(out)

    def test_replace_mime(self):
        """The client sends all: nothing is added (14.0 and later)."""
        phone, source = self.prepared("14.1")
        phone.client.smart_reply(outgoing(self.user, "x@example.net", "Re", "only this\r\n"), source, replace=True)
        (mail,) = self.mta.wait(1)
        self.assertNotIn("the original text", self._text(mail))
        self.assertIn("\\Answered", self.flags("plain one"))

    def test_source_is_gone(self):
        """150: the item was not found."""
        phone, _ = self.prepared("14.1")
        self.assert_refused(lambda: phone.client.smart_reply(
            outgoing(self.user, "x@example.net"), (phone.inbox, "999:999")), "150", "156", "164")
        self.assertEqual(self.mta.mails, [])

    def test_source_of_another_user(self):
        other = self.new_user()
        self.dovecot.append(other, [message("secret %d" % i, "secret text\r\n") for i in range(5)])
        theirs = self.phone(other)
        theirs.sync()
        phone, _ = self.prepared("14.1")
        for sid in theirs.items[theirs.inbox]:
            if sid not in phone.items[phone.inbox]:
                self.assert_refused(lambda: phone.client.smart_forward(
                    outgoing(self.user, "x@example.net"), (phone.inbox, sid)))
        self.assertFalse(any(b"secret text" in m.data for m in self.mta.mails))
