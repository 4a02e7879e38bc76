# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Conformance of the Email class (MS-ASEMAIL) and of drafts (16.x)."""

import email

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E


class Base(TestCase):
    version = "16.1"
    mails = ()

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("one"), *self.mails])
        self.phone_ = self.phone(self.user, version=self.version)
        self.phone_.sync()
        self.c, self.inbox = self.phone_.client, self.phone_.inbox

    def item(self, subject="one", folder=None):
        self.phone_.sync(folder)
        return self.phone_.items[folder or self.inbox][self.phone_.by_subject(subject, folder)]

    def change(self, *data, subject="one"):
        """The status of a Change of the client."""
        answers = self.phone_.sync(commands=[eas.change(self.phone_.by_subject(subject), *data)])
        return answers[0].get("Responses/Change/Status", "1") if answers else "1"

    def truth(self, folder):
        with self.dovecot.imap(self.user) as imap:
            return imap.truth(self.dovecot.folder(folder))

    def sources(self, folder):
        with self.dovecot.imap(self.user) as imap:
            return [email.message_from_bytes(imap.source(uid, self.dovecot.folder(folder)))
                    for uid in imap.truth(self.dovecot.folder(folder))]


class Email(Base):
    mails = (message("many", headers="Cc: Ann <ann@example.net>, b@example.net\r\n"
                     "Reply-To: r1@example.net, r2@example.net\r\nSender: sec@example.net\r\n"
                     "Content-Type: text/plain\r\n", to="x@example.org>, Bob Bee <bob@example.org"),
             message("same sender", headers="Sender: Sender <sender@example.net>\r\nContent-Type: text/plain\r\n"))

    def test_read_only_properties(self):
        """6: what the server alone sets, and what is no boolean."""
        for name, data in (("Read", E("Email:Read", "NON_BOOL")), ("Sender", E("Email2:Sender", "me")),
                           ("ReceivedAsBcc", E("Email2:ReceivedAsBcc", "False")),
                           ("ConversationId", E("Email2:ConversationId", b"1" * 16)),
                           ("flag status", E("Email:Flag", E("Status", "3"), E("FlagType", "x")))):
            with self.subTest(name):
                self.assertEqual(self.change(data), "6")
        self.assertEqual(self.change(E("Email:Read", "1")), "1")

    def test_addresses(self):
        item = self.item("many")
        self.assertEqual(item.get("Email:DisplayTo"), "x@example.org;Bob Bee")
        self.assertEqual([a for _, a in email.utils.getaddresses([item.get("Email:Cc")])],
                         ["ann@example.net", "b@example.net"])
        self.assertEqual(len(item.get("Email:ReplyTo").split(";")), 2)
        self.assertIn("sec@example.net", item.get("Email2:Sender"))
        self.assertIsNone(self.item("same sender").get("Email2:Sender"))
        self.assertIsNone(self.item("one").get("Email2:Sender"))

    def test_absent_values(self):
        item = self.item()
        self.assertIsNone(item.get("Email2:ReceivedAsBcc"))
        self.assertTrue(item.data.has("Email:Flag"))
        self.assertEqual(len(item.data.find("Email:Flag")), 0)
        self.assertTrue(item.data.has("Email:Categories"))
        self.assertTrue(item.get("Email2:ConversationIndex"))
        self.assertEqual(item.get("Email2:IsDraft", "0"), "0")
        self.assertEqual(item.get("Email:MessageClass"), "IPM.Note")
        self.assertEqual(item.get("Email:ContentClass"), "urn:content-classes:message")
        self.assertEqual(item.get("Email:Importance"), "1")

    def test_only_what_changed(self):
        """3.2.5.3: Read alone, Flag alone, both, Categories with all the rest."""
        other = self.phone(self.user)
        other.sync()
        sid = self.phone_.by_subject("one")

        def told(*data):
            other.sync(commands=[eas.change(sid, *data)])
            (node,) = self.phone_.sync()
            return sorted(n.tag for n in node.find("Commands/Change/ApplicationData"))
        flag = E("Email:Flag", E("Status", "2"), E("FlagType", "Flag for follow up"))
        self.assertEqual(told(E("Email:Read", "1")), ["Read"])
        self.assertEqual(told(flag), ["Flag"])
        self.assertEqual(told(E("Email:Read", "0"), E("Email:Flag")), ["Flag", "Read"])
        self.assertEqual(told(E("Email:Categories", E("Category", "red"))), ["Categories"])
        self.assertEqual(told(E("Email:Read", "1"), E("Email:Categories", E("Category", "blue"))),
                         ["Categories", "Read"])
        self.assertEqual(told(flag, E("Email:Categories", E("Category", "red"))), ["Categories", "Flag"])
        a, b = "2026-12-01T00:00:00.000Z", "2026-12-05T00:00:00.000Z"
        self.assertEqual(told(E("Email:Flag", E("Status", "2"), E("FlagType", "soon"), *[E("Tasks:" + n, v) for n, v in (
            ("StartDate", a), ("UtcStartDate", a), ("DueDate", b), ("UtcDueDate", b))])), ["Flag"])
        self.assertEqual(self.item().get("Email:Flag/Tasks:DueDate"), b)
        self.assertEqual(self.item().data.findall("Email:Categories/Category")[0].text, "red")
        other.sync(commands=[eas.change(sid, E("Email:Read", "1"))])
        self.phone_.sync()
        self.assertEqual(self.item().data.findall("Email:Categories/Category")[0].text, "red")
        with self.dovecot.imap(self.user) as imap:
            imap.select()
            imap.uid("STORE", sid.split(".")[-1], "+FLAGS", "(\\Answered)")
        (node,) = self.phone_.sync()
        self.assertIn("LastVerbExecuted", [n.tag for n in node.find("Commands/Change/ApplicationData")])
        told(E("Email:Categories"))
        self.assertEqual(self.item().data.findall("Email:Categories/Category"), [])

    def test_lost_answer(self):
        """The key before: the server does not know that the device has its own
        change; what waited for a window is told whole."""
        sid = self.phone_.by_subject("one")
        key = self.phone_.keys[self.inbox]
        self.assertEqual(self.change(E("Email:Read", "1")), "1")
        self.phone_.keys[self.inbox] = key
        (node,) = self.phone_.sync()
        self.assertEqual([n.tag for n in node.find("Commands/Change/ApplicationData")], ["Read"])
        self.dovecot.append(self.user, [message("more%d" % i) for i in range(3)])
        self.phone_.sync()
        for number, command in ((0, "(\\Flagged)"), (1, "(\\Answered)")):
            with self.dovecot.imap(self.user) as imap:
                imap.select()
                imap.uid("STORE", "1:*", "+FLAGS" if number == 0 else "-FLAGS", command if number == 0 else "(\\Seen)")
            if number == 0:
                answer = self.phone_._round(self.inbox, (), {"window": 1})
                self.assertTrue(answer.has("MoreAvailable"))
        self.phone_.sync()
        self.assert_same(self.phone_, self.user)

    def test_flag_round(self):
        a, b = "2026-12-01T00:00:00.000Z", "2026-12-05T00:00:00.000Z"
        values = dict(DueDate=b, UtcDueDate=b, StartDate=a, UtcStartDate=a, ReminderSet="1", ReminderTime=a,
                      OrdinalDate=a, SubOrdinalDate="5555")
        self.assertEqual(self.change(E("Email:Flag", E("Status", "2"), E("FlagType", "for Follow Up"), *[
            E("Tasks:" + k, v) for k, v in values.items()])), "1")
        other = self.phone(self.user)
        other.sync()
        flag = other.items[other.inbox][other.by_subject("one")].data.find("Email:Flag")
        self.assertEqual((flag.get("Status"), flag.get("FlagType")), ("2", "for Follow Up"))
        for name, value in values.items():
            self.assertEqual(flag.get("Tasks:" + name), value, name)
        self.assertEqual(self.change(E("Email:Flag", E("Status", "1"), E("FlagType", "for Follow Up"), E(
            "Email:CompleteTime", b), E("Tasks:DateCompleted", b))), "1")
        other.sync()
        flag = other.items[other.inbox][other.by_subject("one")].data.find("Email:Flag")
        self.assertEqual((flag.get("Status"), flag.get("CompleteTime"), flag.get("Tasks:DateCompleted")), ("1", b, b))


class Drafts(Base):
    def setUp(self):
        super().setUp()
        self.drafts = self.phone_.folder(type=eas.DRAFTS)
        self.phone_.sync(self.drafts)

    def add(self, client_id, *data, send=False):
        command = E("AirSync:Add", E("ClientId", client_id), E("ApplicationData", *data), E("Email2:Send") if send else None)
        return self.phone_.sync(self.drafts, commands=[command])[0].find("Responses/Add")

    def change(self, sid, *data, send=False):
        self.phone_.items[self.drafts].setdefault(sid, eas.Item(E("AirSync:ApplicationData")))
        answers = self.phone_.sync(self.drafts, commands=[E("AirSync:Change", E("ServerId", sid), E(
            "ApplicationData", *data) if data else None, E("Email2:Send") if send else None)])
        return answers[0] if answers else None

    def text(self, words):
        return E("AirSyncBase:Body", E("Type", "1"), E("Data", words))

    def fetched(self, sid):
        return self.c.item_operations(self.c.fetch(self.drafts, sid, body=((1,),))).node.find(
            "Response/Fetch/Properties")

    def test_properties(self):
        answer = self.add("c1", E("Email:To", "a@example.net"), E("Email2:Bcc", "b@example.net"),
                          E("Email:Subject", "draft"))
        self.assertEqual((answer.get("ClientId"), answer.get("Status")), ("c1", "1"))
        sid = answer.get("ServerId")
        data = answer.find("ApplicationData")
        if data is not None:
            self.assertTrue(data.get("Email2:ConversationId"))
        other = self.phone(self.user)
        other.sync(self.drafts)
        item = other.items[self.drafts][sid]
        self.assertEqual(item.get("Email2:IsDraft"), "1")
        self.assertEqual(item.get("Email2:Bcc"), "b@example.net")
        self.assertTrue(item.get("Email2:ConversationId"))
        self.assertTrue(item.get("Email2:ConversationIndex"))
        self.assertEqual(self.fetched(sid).get("Email2:IsDraft"), "1")
        node = self.c.search_mailbox("draft", self.drafts)
        self.assertEqual(node.get("Response/Store/Result/Properties/Email2:IsDraft"), "1")

    def test_wrong(self):
        """6 for a body of no type."""
        for body in (E("AirSyncBase:Body", E("Type", "a"), E("Data", "x")),
                     E("AirSyncBase:Body", E("Type", "9"), E("Data", "x"))):
            self.assertEqual(self.add("c1", E("Email:Subject", "s"), body).get("Status"), "6")
        self.assertEqual(self.truth("Drafts"), {})

    def test_change_keeps_the_rest(self):
        """16.x: what a Change of a draft names not stays as it is."""
        sid = self.add("c1", E("Email:To", "a@example.net"), E("Email:Cc", "c@example.net"),
                       E("Email:Subject", "first"), self.text("the words")).get("ServerId")
        self.change(sid, E("Email:Subject", "second"))
        props = self.fetched(sid)
        self.assertEqual(props.get("Email:Subject"), "second")
        self.assertIn("a@example.net", props.get("Email:To"))
        self.assertIn("c@example.net", props.get("Email:Cc"))
        self.assertEqual(props.get("AirSyncBase:Body/Data").strip(), "the words")

    def attachment(self, client_id, data, name):
        return E("Add", E("ClientId", client_id), E("Method", "1"), E("Content", data),
                 E("ContentType", "application/octet-stream"), E("DisplayName", name))

    def test_attachments(self):
        answer = self.add("c1", E("Email:To", "a@example.net"), E("Email:Subject", "files"), self.text("see"),
                          E("AirSyncBase:Attachments", self.attachment("a1", b"one\0", "one.bin"),
                            self.attachment("a2", b"two\0", "two.bin")))
        sid = answer.get("ServerId")
        rows = {n.get("AirSyncBase:ClientId", n.get("ClientId")): n.get("FileReference", n.get("AirSyncBase:FileReference"))
                for n in answer.findall("ApplicationData/AirSyncBase:Attachments/Attachment")}
        self.assertEqual(set(rows), {"a1", "a2"})
        self.assertTrue(all(rows.values()))
        answer = self.change(sid, E("AirSyncBase:Attachments", E("Delete", E("FileReference", rows["a1"])),
                                    self.attachment("a3", b"three\0", "three.bin")))
        self.assertEqual(answer.get("Responses/Change/Status", "1"), "1")
        (draft,) = self.sources("Drafts")
        self.assertEqual([(p.get_filename(), p.get_payload(decode=True)) for p in draft.walk() if p.get_filename()],
                         [("two.bin", b"two\0"), ("three.bin", b"three\0")])
        self.assertIn("a@example.net", draft["To"])

    def test_send_at_once(self):
        """Send in an Add: it goes out, nothing stays in Drafts."""
        answer = self.add("c1", E("Email:To", "a@example.net"), E("Email2:Bcc", "b@example.net"),
                          E("Email:Subject", "at once"), self.text("x"), send=True)
        self.assertEqual(answer.get("Status"), "1")
        (mail,) = self.dovecot.mta.wait(1)
        self.assertEqual(sorted(mail.recipients), ["a@example.net", "b@example.net"])
        self.assertNotIn(b"b@example.net", mail.data)
        self.assertEqual(self.truth("Drafts"), {})
        self.assertEqual([r[2] for r in self.truth("Sent").values()], ["at once"])
        self.phone_.sync(self.drafts)
        self.assertEqual(self.phone_.items[self.drafts], {})

    def test_send_without_recipient(self):
        sid = self.add("c1", E("Email:Subject", "nobody"), self.text("x")).get("ServerId")
        answer = self.change(sid, send=True)
        self.assertEqual(answer.get("Responses/Change/Status"), "119")
        self.assertEqual(self.dovecot.mta.mails, [])
        self.assertEqual(len(self.truth("Drafts")), 1)

    def test_send_repeated(self):
        """The answer was lost: not sent twice."""
        sid = self.add("c1", E("Email:To", "a@example.net"), E("Email:Subject", "once"), self.text("x")).get("ServerId")
        key = self.phone_.keys[self.drafts]
        self.change(sid, send=True)
        self.dovecot.mta.wait(1)
        self.phone_.keys[self.drafts] = key
        self.change(sid, send=True)
        self.assertEqual(len(self.dovecot.mta.mails), 1)
        self.assertEqual(len(self.truth("Sent")), 1)

    def test_before_16(self):
        old = self.phone(self.user, version="14.1")
        drafts = old.folder(type=eas.DRAFTS)
        old.sync(drafts)
        (node,) = old.sync(drafts, commands=[eas.add("c1", E("Email:Subject", "no"))])
        self.assertEqual(node.get("Responses/Add/Status"), "6")
        self.assertEqual(self.truth("Drafts"), {})
