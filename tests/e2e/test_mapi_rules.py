# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules that Outlook makes (MS-OXORULE) work when mail arrives: as a personal Sieve script.
What Sieve cannot say is kept, and left to the client."""

import os
import uuid

from dovetail_test import mapidata as d
from dovetail_test.case import message
from dovetail_test.eas import E
from dovetail_test.mapidata import ec, u8, u16, u32, u64
from dovetail_test.mapiprops import *
from test_mapi_mailbox import Case as MailboxCase

ADD, MODIFY, REMOVE = 1, 2, 4
ENABLED, EXIT = 0x01, 0x10
MOVE, COPY, REPLY, DEFER, BOUNCE, FORWARD, DELETE, READ = 1, 2, 3, 5, 6, 7, 10, 11
FROM_X = d.Comment({PidTagSubject: "x"}, d.Property(PidTagSenderSearchKey, 4, b"SMTP:X@EXAMPLE.NET\0"))


def action(kind, data=b"", flavor=0):
    block = u8(kind) + u32(flavor) + u32(0) + data
    return u16(len(block)) + block


def to_folder(folder):
    """FolderInThisStore; no store's entry id; a ServerEid"""
    eid = u8(1) + u64(folder.id) + u64(0) + u32(0)
    return u8(1) + u16(0) + u16(len(eid)) + eid


def to_people(*addresses):
    data = u16(len(addresses))
    for address in addresses:
        props = {PidTagDisplayName: address, PidTagAddressType: "SMTP", PidTagEmailAddress: address}
        data += u8(1) + u16(len(props)) + d.tagged(props)
    return data


class Case(MailboxCase):
    def setUp(self):
        super().setUp()
        self.user, self.box = self.own()
        self.target = self.box.ipm.create_folder("Gr\u00fc\u00dfe \"a\"")

    def rule(self, condition, *actions, state=ENABLED, sequence=10, name="r"):
        props = {PidTagRuleSequence: sequence, PidTagRuleState: state, PidTagRuleName: name,
                 PidTagRuleProvider: "RuleOrganizer", PidTagRuleLevel: 0, PidTagRuleUserFlags: 0,
                 PidTagRuleActions: u16(len(actions)) + b"".join(actions), PidTagRuleProviderData: b"\1\2"}
        if condition is not None:
            props[PidTagRuleCondition] = condition
        return ADD, props

    def set_rules(self, *rules):
        self.box.inbox.modify_rules(rules, flags=1)

    def script(self, name="dovetail-rules"):
        path = os.path.join(self.dovecot.home(self.user), "sieve", name + ".sieve")
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()

    def active(self):
        path = os.path.join(self.dovecot.home(self.user), ".dovecot.sieve")
        return os.path.basename(os.readlink(path)) if os.path.lexists(path) else None

    def deliver(self, user, subject="subject", body="body\r\n", headers="", sender="sender@example.net"):
        self.dovecot.deliver(user, message(subject, body, headers, to=user, sender=sender), sender)

    def subjects(self, folder):
        return sorted(row[PidTagSubject] for row in folder.contents((PidTagSubject,)).rows())


class Conditions(Case):
    """Each is tried with mail that it is about, and with mail that it is not."""

    def check(self, condition, yes, no):
        self.set_rules(self.rule(condition, action(MOVE, to_folder(self.target))))
        for subject, mails in (("yes", yes), ("no", no)):
            for headers, body, sender in mails:
                self.deliver(self.user, subject, body, headers=headers, sender=sender)
        self.assertEqual(self.subjects(self.target), ["yes"] * len(yes), self.script())
        self.assertEqual(self.subjects(self.box.inbox), ["no"] * len(no), self.script())

    def mail(self, headers="", body="b\r\n", sender="y@example.net"):
        return headers, body, sender

    def test_from(self):
        self.check(FROM_X, [self.mail(sender="x@example.net")], [self.mail()])

    def test_subject_is_no_script(self):
        self.check(d.And(d.Content(PidTagSubject, "y", d.PREFIX), d.Bits(PidTagMessageFlags, 0x10, False),
                         d.Content(PidTagBody, "a \"quoted\" \\ ${dovetail_files} *?", d.SUBSTRING)),
                   [self.mail(body="here is A \"quoted\" \\ ${dovetail_files} *?\r\n")],
                   [self.mail(body="here is A \"quoted\" \\  *?\r\n")])

    def test_from_part(self):
        self.check(d.Content(PidTagSenderSearchKey, b"EXAMPLE.ORG", d.SUBSTRING, 0),
                   [self.mail(sender="x@example.org")], [self.mail()])

    def test_to(self):
        key = d.Property(PidTagSearchKey, 4, b"SMTP:TEAM@EXAMPLE.NET\0")
        self.check(d.Sub(PidTagMessageRecipients, d.Or(key)),
                   [self.mail("Cc: team@example.net\r\n")], [self.mail("Cc: other@example.net\r\n")])

    def test_body_and_not(self):
        self.check(d.And(d.Content(PidTagBody, "Needle", d.SUBSTRING), d.Not(FROM_X)),
                   [self.mail(body="a needle\r\n")],
                   [self.mail(body="a needle\r\n", sender="x@example.net"), self.mail()])

    def test_importance_and_sensitivity(self):
        self.check(d.Or(d.Equals(PidTagImportance, 2), d.Equals(PidTagSensitivity, 2)),
                   [self.mail("Importance: high\r\n"), self.mail("X-Priority: 1 (Highest)\r\n"),
                    self.mail("Sensitivity: Private\r\n")],
                   [self.mail("Importance: low\r\n"), self.mail()])

    def test_size(self):
        self.check(d.Property(PidTagMessageSize, 2, 20000), [self.mail(body="x" * 70 + "\r\n" * 1 + ("y" * 70 + "\r\n") * 300)],
                   [self.mail()])

    def test_me_and_files(self):
        file = ("Content-Type: multipart/mixed; boundary=b\r\n",
                "--b\r\n\r\nt\r\n--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nx\r\n--b--\r\n")
        self.check(d.And(d.Equals(PidTagMessageToMe, True), d.Bits(PidTagMessageFlags, 0x10)),
                   [self.mail(*file)], [self.mail()])


class Actions(Case):
    def test_copy_read_and_order(self):
        self.set_rules(
            self.rule(d.Content(PidTagSubject, "s", d.SUBSTRING), action(COPY, to_folder(self.target)), action(READ),
                      state=ENABLED | EXIT, sequence=2),
            self.rule(None, action(DELETE), sequence=3))
        self.deliver(self.user, "s")
        self.deliver(self.user, "gone")
        self.assertEqual((self.subjects(self.target), self.subjects(self.box.inbox)), (["s"], ["s"]))
        imap = self.imap(self.user)
        imap.select("INBOX")
        self.assertIn(b"\\Seen", imap.fetch("1", "(FLAGS)")[1][0])

    def test_forward_and_bounce(self):
        self.set_rules(self.rule(FROM_X, action(FORWARD, to_people("one@example.net", "two@example.net"), flavor=3)))
        self.deliver(self.user, "f", sender="x@example.net")
        mails = self.dovecot.mta.wait(2)
        self.assertEqual(sorted(r for m in mails for r in m.recipients), ["one@example.net", "two@example.net"])
        self.assertEqual(self.subjects(self.box.inbox), ["f"])
        self.set_rules(self.rule(FROM_X, action(BOUNCE, u32(0x26))))
        self.deliver(self.user, "b", sender="x@example.net")
        mails = self.dovecot.mta.wait(3)
        self.assertEqual(mails[2].recipients, ["x@example.net"])
        self.assertEqual(self.subjects(self.box.inbox), ["f"])

    def test_reply(self):
        template = self.box.inbox.create_message(associated=True)
        guid = uuid.uuid4()
        template.set({PidTagMessageClass: "IPM.Note.rules.ReplyTemplate.Microsoft", PidTagSubject: "Re\u00e7u",
                      PidTagBody: "I have it.\r\n\"Thanks\"", PidTagReplyTemplateId: guid.bytes_le})
        template.save()
        self.set_rules(self.rule(FROM_X, action(REPLY, u64(self.box.inbox.id) + u64(template.id) + guid.bytes_le)))
        self.deliver(self.user, "q", sender="x@example.net")
        (mail,) = self.dovecot.mta.wait(1)
        self.assertEqual(mail.recipients, ["x@example.net"])
        self.assertIn(b"I have it.", mail.data)

    def test_what_cannot_be_said(self):
        """Is kept, and does nothing here: neither does what comes behind it, where it ends the rules."""
        unsaid = (action(DEFER, b"\1\2\3"), action(FORWARD, to_people("one@example.net"), flavor=4),
                  action(9, u32(PidTagImportance) + u32(2)))
        for one in unsaid:
            self.set_rules(self.rule(None, one, action(DELETE), state=ENABLED | EXIT, sequence=1),
                           self.rule(None, action(DELETE), sequence=2))
            self.deliver(self.user, "stays")
        self.assertEqual(self.subjects(self.box.inbox), ["stays"] * 3)
        rows = self.mailbox(self.user).inbox.rules((PidTagRuleName, PidTagRuleState, PidTagRuleProviderData)).rows()
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[0][PidTagRuleProviderData], b"\1\2")
        # disabled ones, and those of the out of office
        for state in (0, 0x05):
            self.set_rules(self.rule(None, action(DELETE), state=state))
            self.deliver(self.user, "stays")
        self.assertEqual(len(self.subjects(self.box.inbox)), 5)


class Scripts(Case):
    def test_own_script_goes_on(self):
        self.dovecot.set_sieve(self.user, 'require ["fileinto", "mailbox"];\nfileinto :create "Own"; stop;\n', "mine")
        self.set_rules(self.rule(FROM_X, action(COPY, to_folder(self.target))))
        self.assertEqual(self.active(), "dovetail-rules.sieve")
        self.deliver(self.user, "m", sender="x@example.net")
        self.assertEqual(self.subjects(self.target), ["m"])
        self.assertEqual(self.subjects(self.box.folder("Own")), ["m"])
        self.set_rules()
        self.assertEqual(self.active(), "mine.sieve")

    def oof(self, client, state):
        messages = [E("OofMessage", E(who), E("Enabled", "1"), E("ReplyMessage", "away"), E("BodyType", "TEXT")) for who in (
            "AppliesToInternal", "AppliesToExternalKnown", "AppliesToExternalUnknown")]
        node = client.call("Settings", E("Settings:Settings", E("Oof", E("Set", E("OofState", state), *(
            messages if state != "0" else ()))))).node
        self.assertEqual(node.get("Oof/Status"), "1")
        node = client.call("Settings", E("Settings:Settings", E("Oof", E("Get", E("BodyType", "TEXT"))))).node
        self.assertEqual(node.get("Oof/Get/OofState"), state)

    def test_with_the_out_of_office(self):
        client = self.client(self.user, version="14.1")
        client.provision()
        rule = self.rule(FROM_X, action(COPY, to_folder(self.target)))
        # the one first, then the other
        self.oof(client, "1")
        self.set_rules(rule)
        self.deliver(self.user, "1", sender="x@example.net")
        self.dovecot.mta.wait(1)
        self.oof(client, "0")
        self.deliver(self.user, "2", sender="x@example.net")
        self.oof(client, "1")
        self.assertEqual(self.active(), "dovetail-rules.sieve")
        self.set_rules()
        self.assertEqual(self.active(), "dovetail-oof.sieve")
        self.oof(client, "0")
        # and the other way round
        self.set_rules(rule)
        self.oof(client, "1")
        self.assertEqual(self.active(), "dovetail-oof.sieve")
        self.deliver(self.user, "3", sender="x@example.net")
        self.set_rules(rule, self.rule(None, action(READ)))
        self.deliver(self.user, "4", sender="x@example.net")
        self.oof(client, "0")
        self.deliver(self.user, "5", sender="x@example.net")
        self.assertEqual(self.subjects(self.target), ["1", "2", "3", "4", "5"])

    def test_renamed_mailbox(self):
        self.set_rules(self.rule(FROM_X, action(MOVE, to_folder(self.target))))
        self.imap(self.user).rename('"Gr&APwA3w-e \\"a\\""', "Other")
        self.assertNotIn('"Other"', self.script())
        again = self.mailbox(self.user)
        self.assertIn('"Other"', self.script())
        self.deliver(self.user, "m", sender="x@example.net")
        self.assertEqual(self.subjects(again.folder("Other")), ["m"])
        self.assertEqual(again.ipm.delete_folder(again.folder("Other").id), (ec.Success, False))
        self.mailbox(self.user)
        self.deliver(self.user, "n", sender="x@example.net")
        self.assertEqual(self.subjects(self.box.inbox), ["n"])
