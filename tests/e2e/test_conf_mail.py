# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the MS-AS* documents say of messages: what a Change tells, flags, what
only the server sets, addresses, and the order of BodyPreference."""

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.wbxml import E

START, DUE = "2026-11-22T10:00:00.000Z", "2026-11-23T10:00:00.000Z"


def flag(*content):
    return E("Email:Flag", *content)


def dates(start=START, due=DUE, utc_start=START, utc_due=DUE):
    return [E("Tasks:StartDate", start), E("Tasks:DueDate", due),
            E("Tasks:UtcStartDate", utc_start), E("Tasks:UtcDueDate", utc_due)]


ACTIVE = [E("Email:Status", 2), E("Email:FlagType", "Flag for follow up")]
COMPLETE = [E("Email:Status", 1), E("Email:CompleteTime", DUE), E("Tasks:DateCompleted", DUE)]


class Changes(TestCase):
    """MS-ASEMAIL 3.2.5.3: a Change tells what changed and nothing else."""
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.deliver(self.user, "one")

    def two(self, version="16.1"):
        phones = self.phone(self.user), self.phone(self.user, version=version)
        for phone in phones:
            phone.sync()
        return phones

    def told(self, phone):
        answers = phone.sync()
        return [[c.tag for c in data] for answer in answers
                for data in answer.findall("Commands/Change/ApplicationData")]

    def test_by_another_phone(self):
        first, second = self.two()
        item = first.by_subject("one")
        read, unread = E("Email:Read", "1"), E("Email:Read", "0")
        words = E("Email:Categories", E("Category", "company"))
        for data, expected in (
                ([read], ["Read"]), ([flag(*ACTIVE, *dates())], ["Flag"]),
                ([flag(*ACTIVE, *dates(due=START, utc_due=START))], ["Flag"]),
                ([words], ["Categories"]), ([unread, E("Email:Categories")], ["Read", "Categories"]),
                ([flag(*COMPLETE)], ["Flag"]), ([read, flag()], ["Read", "Flag"])):
            with self.subTest(data=[d.tag for d in data]):
                self.assertEqual(first.sync(commands=[eas.change(item, *data)])[0].get("Status"), "1")
                self.assertEqual(self.told(second), [expected])
                self.assertEqual(self.told(first), [], "its own change is not told to it")

    def test_words_of_a_flag_reach_the_other(self):
        first, second = self.two()
        item = first.by_subject("one")
        for due in (START, DUE):
            first.sync(commands=[eas.change(item, flag(*ACTIVE, *dates(due=due, utc_due=due)))])
            second.sync()
            self.assertEqual(second.items[second.inbox][item].get("Email:Flag/Tasks:DueDate"), due)

    def test_by_imap(self):
        _, phone = self.two()
        with self.dovecot.imap(self.user) as imap:
            imap.select("INBOX")
            imap.store("1", "+FLAGS", r"(\Seen)")
            self.assertEqual(self.told(phone), [["Read"]])
            imap.store("1", "+FLAGS", r"(\Flagged)")
            imap.store("1", "-FLAGS", r"(\Seen)")
            self.assertEqual(self.told(phone), [["Read", "Flag"]])
        self.assert_same(phone, self.user)

    def test_old_versions_tell_something(self):
        """2.5 has no Flag, 12.x no Categories."""
        for version in ("2.5", "12.1"):
            first, second = self.two(version)
            item = first.by_subject("one")
            for data in (flag(*ACTIVE, *dates()), E("Email:Categories", E("Category", version)), flag()):
                first.sync(commands=[eas.change(item, data)])
                self.assertTrue(all(self.told(second)))
            self.assert_same(second, self.user)


class Refused(TestCase):
    def setUp(self):
        super().setUp()
        user = self.new_user()
        self.deliver(user, "one")
        self.phone_ = self.phone(user)
        self.phone_.sync()

    def status(self, *data):
        phone = self.phone_
        answer = phone.sync(commands=[eas.change(phone.by_subject("one"), *data)])[0]
        return answer.get("Responses/Change/Status", answer.get("Status"))

    def test_what_only_the_server_sets(self):
        for data in (E("Email:Read", "2"), E("Email:Read", "yes"), E("Email2:Sender", "a@example.net"),
                     E("Email2:ReceivedAsBcc", "1"), E("Email2:ConversationId", "abc")):
            self.assertEqual(self.status(data), "6", data.name)

    def test_flags(self):
        """MS-ASEMAIL 2.2.2.34 and below"""
        for content, expected in (
                ([*ACTIVE], "1"), ([*ACTIVE, *dates()], "1"), ([*COMPLETE], "1"), ([], "1"),
                ([E("Status", 0)], "1"), ([*ACTIVE, *ACTIVE[:1]], "1"), ([E("Status", 3)], "6"),
                ([E("Status", 1)], "6"), ([*ACTIVE, *dates()[:1]], "6"), ([*ACTIVE, *dates()[:2]], "6"),
                ([*ACTIVE, *dates(start=DUE, due=START)], "6"),
                ([*ACTIVE, *dates(utc_start=DUE, utc_due=START)], "6"),
                ([*ACTIVE, E("Tasks:ReminderSet", 1)], "6")):
            with self.subTest(content=[(c.tag, c.text) for c in content]):
                self.assertEqual(self.status(flag(*content)), expected)


class Read(TestCase):
    def first(self, headers="", body="text\r\n", preference=None):
        user = self.new_user()
        self.deliver(user, "one", body, headers)
        phone = self.phone(user)
        c = phone.client
        key = c.sync(c.collection(phone.inbox, "0")).get("Collections/Collection/SyncKey")
        options = E("AirSync:Options", E("AirSyncBase:BodyPreference", preference)) if preference else None
        node = c.sync(c.collection(phone.inbox, key, options=options))
        return node, node.find("Collections/Collection/Commands/Add/ApplicationData")

    def test_reply_to(self):
        _, data = self.first('Content-Type: text/plain\r\nReply-To: "B, A" <a@example.net>, c@example.net\r\n')
        self.assertEqual(data.get("Email:ReplyTo"), '"B, A" <a@example.net>; c@example.net')

    def test_body_preference(self):
        """MS-ASAIRS 3.2.5.1: in order, each once, nothing else"""
        def make(*names):
            values = dict(Type=2, TruncationSize=10, AllOrNone=1, Preview=20)
            return [E("AirSyncBase:" + name, values[name]) for name in names]
        for names in (("TruncationSize", "Type"), ("Type", "Type"), ("Type", "AllOrNone", "TruncationSize"),
                      ("Type", "TruncationSize", "AllOrNone", "AllOrNone"), ("Type", "Preview", "AllOrNone")):
            self.assertEqual(self.first(preference=make(*names))[0].get("Status"), "4", names)
        inner = E("AirSyncBase:BodyPreference", make("Type"))
        self.assertEqual(self.first(preference=make("Type") + [inner])[0].get("Status"), "4")
        for names in (("Type",), ("Type", "AllOrNone"), ("Type", "TruncationSize", "AllOrNone", "Preview"),
                      ("Type", "Preview")):
            self.assertEqual(self.first(preference=make(*names))[1].get("AirSyncBase:Body/Type"), "2", names)

    def test_preview(self):
        """Plain text that is there has none beside it (2.2.2.35.1)."""
        def preview(*content):
            data = self.first(preference=[E("AirSyncBase:" + n, v) for n, v in content])[1]
            return data.get("AirSyncBase:Body/Data"), data.get("AirSyncBase:Body/Preview")
        self.assertEqual(preview(("Type", 1), ("Preview", 20)), ("text\r\n", None))
        self.assertEqual(preview(("Type", 1), ("TruncationSize", 0), ("Preview", 20)), (None, "text"))
        self.assertEqual(preview(("Type", 2), ("Preview", 2))[1], "te")
