# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""MS-ASCON: which messages belong together, what a filter by conversation shows,
and conversations that are moved or ignored."""

import base64
import time

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.wbxml import E

DAY = 86400


def mail(subject, number, references=(), reply_to=None, index=None, text="words"):
    head = ["From: a@example.net", "To: b@example.org", "Subject: " + subject,
            "Message-ID: <%s@example.net>" % number]
    if references:
        head.append("References: " + " ".join("<%s@example.net>" % r for r in references))
    if reply_to:
        head.append("In-Reply-To: <%s@example.net>" % reply_to)
    if index:
        head.append("Thread-Index: " + base64.b64encode(index).decode())
    return ("\r\n".join(head) + "\r\n\r\n" + text + "\r\n").encode()


def days_ago(days):
    return time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(time.time() - days * DAY - 3600))


class Base(TestCase):
    def setUp(self):
        super().setUp()
        self.user = self.new_user()

    def append(self, *messages, folder="INBOX"):
        """Of (message, age in days)"""
        self.dovecot.append(self.user, [(m, None, days_ago(days)) for m, days in messages], folder)

    def ids(self, phone, folder=None):
        return {i.subject: i.get("Email2:ConversationId")
                for i in phone.items[folder or phone.inbox].values()}


class Together(Base):
    core = True

    def threads(self, *messages):
        """Subjects that share an id, as the phone has them."""
        self.dovecot.append(self.user, list(messages))
        phone = self.phone(self.user)
        phone.sync()
        groups = {}
        for subject, talk in self.ids(phone).items():
            groups.setdefault(talk, set()).add(subject)
        return sorted(sorted(g) for g in groups.values())

    def test_outlook_and_others(self):
        """The answers of programs that know nothing of Thread-Index, and of
        those that do."""
        guid = bytes(range(16))
        index = b"\1\2\3\4\5\6" + guid
        self.assertEqual(self.threads(
            mail("begin", "1", index=index), mail("gmail", "2", ["1"], "1"),
            mail("outlook", "3", ["1", "2"], "2", index + b"\0" * 5),
            mail("other", "4", index=b"\1\2\3\4\5\6" + bytes(16))),
            [["begin", "gmail", "outlook"], ["other"]])

    def see(self, *messages):
        self.dovecot.append(self.user, list(messages))
        self.phone_.sync()

    def test_only_the_message_before_is_named(self):
        self.phone_ = self.phone(self.user)
        self.see(mail("one", "1"), mail("two", "2", ["1"], "1"))
        self.see(mail("three", "3", reply_to="2"), mail("four", "4", reply_to="3"))
        ids = self.ids(self.phone_)
        self.assertEqual(len(set(ids.values())), 1)
        # kept: the message that led there may go
        with self.dovecot.imap(self.user) as imap:
            imap.expunge_uids("1:2")
        other = self.phone(self.user)
        other.sync()
        self.assertEqual({k: v for k, v in ids.items() if k in ("three", "four")}, self.ids(other))

    def test_only_thread_index(self):
        index = b"\1\2\3\4\5\6" + bytes(range(16))
        self.phone_ = self.phone(self.user)
        self.see(mail("begin", "1", index=index))
        self.see(mail("answer", "2", index=index + b"\0" * 5))
        self.see(mail("gmail", "3", ["1"]))
        self.assertEqual(len(set(self.ids(self.phone_).values())), 1)

    def test_kept_from_first_sight(self):
        """What is answered arrives later: ids that clients have stay."""
        self.phone_ = self.phone(self.user)
        self.see(mail("late answer", "3", reply_to="2"))
        first = self.ids(self.phone_)["late answer"]
        self.see(mail("before it", "2", ["1"], "1"))
        other = self.phone(self.user)
        other.sync()
        self.assertEqual(self.ids(other)["late answer"], first)

    def test_search_across_folders(self):
        with self.dovecot.imap(self.user) as imap:
            imap.create("Filed")
        self.dovecot.append(self.user, [mail("one", "1")])
        self.dovecot.append(self.user, [mail("two", "2", ["1"])], "Filed")
        phone = self.phone(self.user)
        phone.sync()
        node = phone.client.call("Search", E("Search:Search", E("Store", E("Name", "Mailbox"), E("Query", E(
            "And", E("ConversationId", self.ids(phone)["one"])))))).node
        self.assertEqual({r.get("AirSync:CollectionId") for r in node.findall("Response/Store/Result")},
                         {phone.inbox, phone.folder("Filed")})


class Mode(Base):
    """ConversationMode (MS-ASCMD 2.2.3.36.2): the filter shows whole
    conversations."""

    def setUp(self):
        super().setUp()
        self.append((mail("old root", "1", text="old text"), 40), (mail("alone", "9"), 40),
                    (mail("old answer", "2", ["1"]), 20), (mail("new answer", "3", ["1", "2"]), 1))

    def synced(self, **more):
        phone = self.phone(self.user, filter=2, body=((1, 500, None, 100),), version=more.pop("version", "16.1"))
        phone.sync(**more)
        return phone

    def test_window(self):
        self.assertEqual(self.synced().subjects(), ["new answer"])
        phone = self.synced(conversation_mode=True)
        self.assertEqual(sorted(phone.subjects()), ["new answer", "old answer", "old root"])
        items = {i.subject: i for i in phone.items[phone.inbox].values()}
        self.assertEqual(items["new answer"].get("AirSyncBase:Body/Data"), "words\r\n")
        body = items["old root"].get("AirSyncBase:Body")
        self.assertIsNotNone(items["old root"].get("AirSyncBase:Body/EstimatedDataSize"))
        self.assertIsNone(items["old root"].get("AirSyncBase:Body/Data"), body)
        self.assertEqual(items["old root"].get("AirSyncBase:Body/Truncated"), "1")
        self.assertEqual(items["old root"].get("AirSyncBase:Body/Preview").strip(), "old text")
        # it stays on until it is switched off
        self.assertEqual(phone.sync(), [])
        phone.sync(conversation_mode=False)
        self.assertEqual(phone.subjects(), ["new answer"])

    def test_news_bring_their_conversation(self):
        phone = self.synced(conversation_mode=True)
        self.append((mail("to alone", "10", ["9"]), 0))
        phone.sync()
        self.assertIn("alone", phone.subjects())
        self.append((mail("another", "11"), 0))
        phone.sync()
        self.assertEqual(len(phone.subjects()), 6)

    def test_the_rest_ages_out(self):
        """3.2.5.6: when what was new goes, the rest stays until mail ages out."""
        phone = self.synced(conversation_mode=True)
        (sid,) = [s for s, i in phone.items[phone.inbox].items() if i.subject == "new answer"]
        phone.sync(commands=[eas.delete(sid)])
        del phone.items[phone.inbox][sid]
        phone.sync()
        self.assertEqual(sorted(phone.subjects()), ["old answer", "old root"])

    def test_old_version(self):
        phone = self.synced(version="12.1", conversation_mode=True)
        self.assertEqual(phone.subjects(), ["new answer"])

    def test_estimate(self):
        phone = self.phone(self.user, filter=2)
        client = phone.client
        node = client.sync(client.collection(phone.inbox, "0"))
        key = node.get("Collections/Collection/SyncKey")

        def estimate(mode):
            return client.call("GetItemEstimate", E("GetItemEstimate:GetItemEstimate", E("Collections", E(
                "Collection", E("AirSync:SyncKey", key), E("CollectionId", phone.inbox), mode,
                E("AirSync:Options", E("FilterType", "2")))))).node.get("Response/Collection/Estimate")
        self.assertEqual(estimate(None), "1")
        self.assertEqual(estimate(E("AirSync:ConversationMode", "1")), "3")
        self.assertEqual(estimate(E("AirSync:ConversationMode")), "3", "empty: 1")
        self.assertEqual(estimate(E("AirSync:ConversationMode", "0")), "1")

    def test_only_mail(self):
        """2.2.3.36: Sync says 4; GetItemEstimate 103, and 4 as MS-ASCON 3.2.5.2 has it."""
        phone = self.phone(self.user)
        client, calendar = phone.client, phone.folder(type=eas.CALENDAR)
        key = client.sync(client.collection(calendar, "0")).get("Collections/Collection/SyncKey")
        node = client.sync(client.collection(calendar, key, conversation_mode=True))
        self.assertEqual((node.get("Status"), node.find("Collections")), ("4", None))
        node = client.call("GetItemEstimate", E("GetItemEstimate:GetItemEstimate", E("Collections", E(
            "Collection", E("AirSync:SyncKey", key), E("CollectionId", calendar),
            E("AirSync:ConversationMode", "1"))))).node
        self.assertEqual((node.get("Status"), node.get("Response/Status")), ("4", "103"))

    def test_message_part(self):
        """3.2.5.7: Body, BodyPart or both, as they are asked for."""
        phone = self.phone(self.user, folders=True)
        client = phone.client
        part = E("AirSyncBase:BodyPartPreference", E("Type", "2"), E("TruncationSize", "4"))
        whole = E("AirSyncBase:BodyPreference", E("Type", "2"))
        for preferences, expected in (([], {"Body"}), ([whole], {"Body"}), ([part], {"BodyPart"}),
                                      ([whole, part], {"Body", "BodyPart"})):
            key = client.sync(client.collection(phone.inbox, "0")).get("Collections/Collection/SyncKey")
            node = client.call("Sync", E("AirSync:Sync", E("Collections", E(
                "Collection", E("SyncKey", key), E("CollectionId", phone.inbox), E("GetChanges", "1"),
                E("Options", *preferences) if preferences else None)))).node
            for data in node.findall("Collections/Collection/Commands/Add/ApplicationData"):
                self.assertEqual({c.tag for c in data} & {"Body", "BodyPart"}, expected)
                if "BodyPart" in expected:
                    self.assertEqual(data.get("AirSyncBase:BodyPart/Truncated"), "1")
                    self.assertEqual(data.get("AirSyncBase:BodyPart/Status"), "1")


class Moved(Base):
    """3.2.5.3: ignored and always moved, what comes later too."""

    def setUp(self):
        super().setUp()
        self.dovecot.append(self.user, [mail("one", "1"), mail("aside", "5")])
        self.dovecot.append(self.user, [mail("sent", "2", ["1"])], "Sent")
        self.phone_ = self.phone(self.user)
        self.phone_.sync()
        self.talk = self.ids(self.phone_)["one"]

    def move(self, dest):
        node = self.phone_.client.item_operations(E(
            "ItemOperations:Move", E("ConversationId", self.talk), E("DstFldId", dest),
            E("ItemOperations:Options", E("MoveAlways")))).node
        return node.get("Response/Move/Status")

    def subjects(self, folder):
        with self.dovecot.imap(self.user) as imap:
            return sorted(r[2] for r in imap.truth(self.dovecot.folder(folder)).values())

    def test_ignored(self):
        self.assertEqual(self.move(self.phone_.folder(type=eas.DELETED)), "1")
        self.assertEqual((self.subjects("Trash"), self.subjects("Sent")), (["one"], ["sent"]))
        self.dovecot.deliver(self.user, mail("later", "3", ["1", "2"]))
        self.dovecot.deliver(self.user, mail("other", "6"))
        trash = self.phone_.folder(type=eas.DELETED)
        self.phone_.sync(trash)
        self.assertEqual(sorted(self.phone_.subjects(trash)), ["later", "one"])
        self.phone_.sync()
        self.assertEqual(sorted(self.phone_.subjects()), ["aside", "other"])

    def test_another_folder(self):
        with self.dovecot.imap(self.user) as imap:
            imap.create("Talk")
        self.phone_.folder_sync()
        talk = self.phone_.folder("Talk")
        self.assertEqual(self.move(talk), "1")
        self.dovecot.deliver(self.user, mail("later", "3", ["1", "2"]))
        self.phone_.sync()
        self.assertEqual((self.subjects("Talk"), self.phone_.subjects()), (["later", "one"], ["aside"]))
        # the folder goes, and the rule with it
        self.assertEqual(self.phone_.client.folder_delete(talk).get("Status"), "1")
        self.dovecot.deliver(self.user, mail("last", "4", ["1", "2"]))
        self.phone_.sync()
        self.assertEqual(sorted(self.phone_.subjects()), ["aside", "last"])
