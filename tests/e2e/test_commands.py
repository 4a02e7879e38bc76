# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documents say of wrong, repeated and unusual requests: statuses and
limits of the commands beside Sync (MS-ASCMD 2.2.2, 2.2.3.177, 3.1.5.10)."""

import email
import itertools
import time

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E


def outgoing(sender, to="x@example.net", subject="outgoing"):
    return ("From: %s\r\nTo: %s\r\nSubject: %s\r\n\r\nhello\r\n" % (sender, to, subject)).encode()


class Base(TestCase):
    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("one"), message("two")])
        self.phone_ = self.phone(self.user, version=self.version)
        self.phone_.sync()
        self.c, self.inbox = self.phone_.client, self.phone_.inbox

    version = "14.1"

    @property
    def mta(self):
        return self.dovecot.mta

    def truth(self, folder):
        with self.dovecot.imap(self.user) as imap:
            return imap.truth(self.dovecot.folder(folder))

    def status(self, command, root, path="Status"):
        return self.c.call(command, root).node.get(path)

    def sid(self, subject):
        return self.phone_.by_subject(subject)


class Sending(Base):
    def send(self, *content, command="SendMail"):
        answer = self.c.call(command, E("ComposeMail:" + command, *content))
        return answer.node.get("Status") if answer.body else "1"

    def mime(self):
        return E("Mime", outgoing(self.user))

    def test_schema(self):
        """103 for what the schema demands, 166 for an account we do not have."""
        for name, content, status in (
                ("no MIME", [E("ClientId", "a")], "103"),
                ("no ClientId", [self.mime()], "103"),
                ("long ClientId", [E("ClientId", "x" * 41), self.mime()], "103"),
                ("AccountId", [E("ClientId", "b"), E("AccountId", "nope"), self.mime()], "166")):
            with self.subTest(name):
                self.assertEqual(self.send(*content), status)
        self.assertEqual(self.mta.mails, [])

    def test_account_id_before_14_1(self):
        self.c = self.phone(self.user, version="14.0").client
        self.assertEqual(self.send(E("ClientId", "b"), E("AccountId", "nope"), self.mime()), "103")

    def test_protected(self):
        """What is to be protected is not sent without (MS-ASRM 3.2.4.1)."""
        for name, template, version, status in (
                ("a template", "c6d1a8b2-0000-4000-8000-000000000001", "14.1", "168"),
                ("none", "00000000-0000-0000-0000-000000000000", "14.1", "1"),
                ("before", "c6d1a8b2-0000-4000-8000-000000000001", "14.0", "103")):
            with self.subTest(name):
                self.c = self.phone(self.user, version=version).client
                self.assertEqual(self.send(E("ClientId", name), self.mime(),
                                           E("RightsManagement:TemplateID", template)), status)
        self.assertEqual(len(self.mta.wait(1)), 1)

    def test_repeated(self):
        """118, also from 12 requests later."""
        self.assertEqual(self.send(E("ClientId", "same"), self.mime()), "1")
        for i in range(12):
            self.send(E("ClientId", "other%d" % i), self.mime())
        self.assertEqual(self.send(E("ClientId", "same"), self.mime()), "118")
        self.assertEqual(len(self.mta.wait(13)), 13)

    def test_source(self):
        item = self.sid("one")
        for name, source, status in (
                ("both", [E("FolderId", self.inbox), E("ItemId", item), E("LongId", item)], "105"),
                ("half", [E("ItemId", item)], "103"),
                ("gone", [E("FolderId", self.inbox), E("ItemId", "9:9.9")], "150"),
                ("date", [E("FolderId", self.inbox), E("ItemId", item), E("InstanceId", "yesterday")], "104")):
            for command in ("SmartReply", "SmartForward"):
                with self.subTest(name + " " + command):
                    self.assertEqual(self.send(E("ClientId", name + command), E("Source", source), self.mime(),
                                               command=command), status)
        self.assertEqual(self.mta.mails, [])
        self.assertEqual(self.send(E("ClientId", "long"), E("Source", E("LongId", item)), self.mime(),
                                   command="SmartReply"), "1")

    def test_forwardees(self):
        """16.x: a server-made forward is for meetings (178, 179)."""
        self.c = self.phone(self.user, version="16.1").client
        to = E("Forwardees", E("Forwardee", E("ForwardeeEmail", "x@example.net")))
        source = E("Source", E("FolderId", self.inbox), E("ItemId", self.sid("one")))
        self.assertEqual(self.send(E("ClientId", "1"), source, to, self.mime(), command="SmartForward"), "178")
        self.assertEqual(self.send(E("ClientId", "2"), source, to, command="SmartForward"), "179")

    def test_killed_while_sending(self):
        """The mail system has it, we died before we knew: what goes out again
        is the same message by its Message-ID, and Sent has it once."""
        accept = self.mta.accept

        def deadly(mail):
            answer = accept(mail)
            self.mta.accept = accept
            self.dovecot.kill9("dovetail-worker")
            return answer
        self.dovecot.expect_error("dovetail-worker", "killed with signal 9", "worker")
        mime = E("SaveInSentItems"), E("Mime", outgoing(self.user))
        self.mta.accept = deadly
        try:
            self.c.post("SendMail", E("ComposeMail:SendMail", E("ClientId", "k"), *mime))
        except (OSError, eas.EasError):
            pass
        finally:
            self.mta.accept = accept
        for _ in range(20):
            answer = self.c.post("SendMail", E("ComposeMail:SendMail", E("ClientId", "k"), *mime))
            if answer.status == 200:
                break
            time.sleep(0.2)
        self.assertIn(answer.body and answer.node.get("Status"), (b"", "118"))
        ids = {email.message_from_bytes(m.data)["Message-ID"] for m in self.mta.mails}
        self.assertEqual(len(ids), 1)
        self.assertEqual(len(self.truth("Sent")), 1)

    def test_sent_folder_is_made(self):
        with self.dovecot.imap(self.user) as imap:
            if self.dovecot.folder("Sent") in imap.folders():
                imap.delete(self.dovecot.folder("Sent"))
        self.assertEqual(self.send(E("ClientId", "s"), E("SaveInSentItems"), self.mime()), "1")
        self.assertEqual(len(self.truth("Sent")), 1)


class Moving(Base):
    def move(self, *moves):
        return self.c.move_items(*moves)

    def test_two_places(self):
        """5, and the message lies in one of them."""
        trash, sent = (self.phone_.folder(type=t) for t in (eas.DELETED, eas.SENT))
        node = self.move((self.sid("one"), self.inbox, trash), (self.sid("one"), self.inbox, sent))
        self.assertEqual([n.text for n in node.findall("Response/Status")], ["3", "5"])
        self.assertEqual(len(self.truth("Trash")) + len(self.truth("Sent")), 1)

    def test_limits(self):
        move = (self.sid("one"), self.inbox, self.phone_.folder(type=eas.DELETED))
        for count in (0, 1001):
            node = self.c.post("MoveItems", E("Move:MoveItems", [
                E("Move", E("SrcMsgId", m), E("SrcFldId", s), E("DstFldId", d)) for m, s, d in [move] * count])).node
            self.assertEqual(node.get("Status"), "103")
        self.assertEqual(self.move((self.sid("one"), self.inbox, "RI")).get("Response/Status"), "105")

    def test_repeated(self):
        """1 by the document; phones of Apple get the answer that was lost."""
        trash = self.phone_.folder(type=eas.DELETED)
        move = (self.sid("one"), self.inbox, trash)
        self.assertEqual(self.move(move).get("Response/Status"), "3")
        self.assertEqual(self.move(move).get("Response/Status"), "1")
        iphone = self.phone(self.user, device_type="iPhone")
        iphone.sync()
        move = (iphone.by_subject("two"), iphone.inbox, trash)
        first, second = (iphone.client.move_items(move).find("Response") for _ in range(2))
        self.assertEqual((second.get("Status"), second.get("DstMsgId")), ("3", first.get("DstMsgId")))
        self.assertEqual(len(self.truth("Trash")), 2)


class Operations(Base):
    def operation(self, *content):
        return self.c.call("ItemOperations", E("ItemOperations:ItemOperations", *content)).node

    def fetch(self, *content):
        return E("ItemOperations:Fetch", E("Store", "Mailbox"), *content)

    def test_protocol_errors(self):
        """2, and nothing is done."""
        item = [E("AirSync:CollectionId", self.inbox), E("AirSync:ServerId", self.sid("one"))]
        for name, content in (
                ("empty", []),
                ("range", [self.fetch(*item, E("ItemOperations:Options", E("Range", "")))]),
                ("option", [self.fetch(*item, E("ItemOperations:Options", E("AirSync:FilterType", "1")))]),
                ("twice", [self.fetch(E("AirSyncBase:FileReference", "a"), E("AirSyncBase:FileReference", "b"))]),
                ("store", [E("ItemOperations:Fetch", *item)])):
            with self.subTest(name):
                node = self.operation(*content)
                self.assertEqual(node.get("Status"), "2")
                self.assertFalse(node.has("Response"))

    def test_documents(self):
        for link, status in (("//invalidURI", "4"), ("\\\\server\\share\\file", "5")):
            node = self.operation(E("ItemOperations:Fetch", E("Store", "DocumentLibrary"),
                                    E("DocumentLibrary:LinkId", link)))
            self.assertEqual(node.get("Response/Fetch/Status"), status)

    def test_recipient_cache(self):
        node = self.operation(E("ItemOperations:EmptyFolderContents", E("AirSync:CollectionId", "RI")))
        self.assertEqual(node.get("Status"), "1")
        self.assertEqual(node.get("Response/EmptyFolderContents/Status"), "16")

    def test_move_conversation(self):
        trash = self.phone_.folder(type=eas.DELETED)
        talk = self.phone_.items[self.inbox][self.sid("one")].get("Email2:ConversationId")
        always = E("ItemOperations:Options", E("MoveAlways"))

        def move(to, *options, conversation=talk):
            node = self.operation(E("ItemOperations:Move", E("ConversationId", conversation), E("DstFldId", to),
                                    *options))
            self.assertEqual(node.get("Status"), "1")
            self.assertTrue(node.get("Response/Move/ConversationId"))
            return node.get("Response/Move/Status")
        self.assertEqual(move(trash), "155")
        self.assertEqual(move("77777", always), "6")
        self.assertEqual(move(trash, always, conversation=b"\1" * 16), "6")
        self.assertEqual(move(trash, always), "1")
        self.assertEqual([r[2] for r in self.truth("Trash").values()], ["one"])


class Hierarchy(TestCase):
    def test_versions(self):
        user = self.new_user()
        for version in ("2.5", "12.1"):
            phone = self.phone(user, version=version)
            node = phone.client.post("GetHierarchy").node
            self.assertEqual(node.tag, "Folders")
            rows = {n.get("ServerId"): n for n in node.findall("Folder")}
            self.assertEqual(rows[phone.inbox].get("Type"), "2")
            for n in rows.values():
                self.assertIn(n.get("Type"), "123456")
                self.assertTrue(n.get("ParentId"))
                self.assertIn(n.get("ServerId"), phone.folders)


class Searching(Base):
    def search(self, query, name="Mailbox", options=None):
        node = self.c.call("Search", E("Search:Search", E("Store", E("Name", name), query, options))).node
        return node.get("Response/Store/Status", node.get("Status")), node

    def mailbox(self, *terms):
        return self.search(E("Query", E("And", *terms)))

    def test_too_complex(self):
        for name, query in (
                ("two And", E("Query", E("And", E("FreeText", "a")), E("And", E("FreeText", "b")))),
                ("Class", E("Query", E("AirSync:Class", "Email"))),
                ("CollectionId", E("Query", E("AirSync:CollectionId", self.inbox))),
                ("FreeText", E("Query", E("FreeText", "a"))),
                ("ConversationId", E("Query", E("ConversationId", b"1" * 16))),
                ("GreaterThan", E("Query", E("GreaterThan", E("Email:DateReceived"),
                                             E("Search:Value", "2026-01-01T00:00:00.000Z")))),
                ("nested", E("Query", E("And", E("Or", E("FreeText", "a")))))):
            with self.subTest(name):
                self.assertEqual(self.search(query)[0], "8")

    def test_invalid(self):
        talk = E("ConversationId", b"1" * 16)
        for name, terms in (("empty", []), ("two conversations", [talk, talk]),
                            ("class", [E("FreeText", "a"), E("AirSync:Class", "Nonsense")]),
                            ("date", [E("GreaterThan", E("Email:DateReceived"), E("Search:Value", "soon"))])):
            with self.subTest(name):
                self.assertEqual(self.mailbox(*terms)[0], "2")
        self.assertEqual(self.search(E("Query", E("And", E("FreeText", "a"))), options=E(
            "Options", E("Range", "5-2")))[0], "2")
        self.assertEqual(self.mailbox(E("FreeText", "a"), E("AirSync:CollectionId", "77777"))[0], "11")

    def test_results(self):
        status, node = self.mailbox(E("FreeText", "body"), E("AirSync:Class", "Email"))
        self.assertEqual((status, node.get("Response/Store/Total")), ("1", "2"))
        status, node = self.mailbox(E("FreeText", "body"), E("AirSync:Class", "Notes"))
        self.assertEqual((status, node.get("Response/Store/Total")), ("1", "0"))
        (empty,) = node.findall("Response/Store/Result")
        self.assertEqual(len(empty), 0, "an empty Result when there is none")
        after = E("GreaterThan", E("Email:DateReceived"), E("Search:Value", "2035-01-01T00:00:00.000Z"))
        self.assertEqual(self.mailbox(E("FreeText", "body"), after)[1].get("Response/Store/Total"), "0")
        before = E("LessThan", E("Email:DateReceived"), E("Search:Value", "2035-01-01T00:00:00.000Z"))
        self.assertEqual(self.mailbox(E("FreeText", "BODY"), before)[1].get("Response/Store/Total"), "2")

    def test_conversation(self):
        talk = self.phone_.items[self.inbox][self.sid("two")].get("Email2:ConversationId")
        node = self.mailbox(E("ConversationId", talk))[1]
        self.assertEqual([n.text for n in node.findall("Response/Store/Result/Properties/Email:Subject")], ["two"])

    def test_gal_pictures(self):
        """173 to 175 stand for themselves; here nobody has a picture."""
        status, node = self.search(E("Query", self.user.split("@")[0]), "GAL", E(
            "Options", E("Range", "0-0"), E("Search:Picture", E("MaxSize", "100"), E("MaxPictures", "1"))))
        self.assertEqual(status, "1")
        self.assertEqual(node.get("Response/Store/Result/Properties/GAL:Picture/Status"), "173")

    def test_documents(self):
        for link, status in (("\\\\server\\share", "5"), ("nonsense", "4")):
            self.assertEqual(self.search(E("Query", E("EqualTo", E("DocumentLibrary:LinkId"), E(
                "Search:Value", link))), "DocumentLibrary")[0], status)


class Finding(Base):
    version = "16.1"

    def find(self, search_id="8f3f2f4c-0f0d-4a4e-8d65-3f4a3c5b1f11", folder=None, text="body", range="0-9"):
        return self.c.call("Find", E("Find:Find", E("SearchId", search_id), E("ExecuteSearch", E(
            "MailBoxSearchCriterion", E("Query", E("AirSync:Class", "Email"),
                                        E("AirSync:CollectionId", folder or self.inbox), E("Find:FreeText", text)),
            E("Find:Options", E("Range", range)))))).node

    def test_statuses(self):
        for name, node, status, inner in (
                ("id", self.find(search_id="x"), "2", "2"), ("folder", self.find(folder="77777"), "3", None),
                ("range", self.find(range="2-5"), "1", "4"), ("nothing", self.find(text="nowhere"), "1", "1")):
            with self.subTest(name):
                self.assertEqual((node.get("Status"), node.get("Response/Status")), (status, inner))
                self.assertFalse(node.has("Response/Result"))

    def test_fields(self):
        self.dovecot.append(self.user, [message("about cats", "meow\r\n", "From: Ann <ann@example.net>\r\n")])
        self.assertEqual(self.find(text="subject:cats").get("Response/Total"), "1")
        self.assertEqual(self.find(text="subject:meow").get("Response/Total"), "0")
        node = self.find(text='subject:"about cats" meow')
        self.assertEqual(node.get("Response/Result/Properties/Preview"), "meow")
        self.assertEqual(node.get("Response/Result/Properties/HasAttachments"), "0")


class Preferences(TestCase):
    def setUp(self):
        super().setUp()
        self.c = self.client(version="14.1")
        self.c.provision()

    def settings(self, *content):
        return self.c.call("Settings", E("Settings:Settings", *content)).node

    def oof(self, *content):
        return self.settings(E("Oof", E("Set", *content))).get("Oof/Status")

    def test_password(self):
        self.assertEqual(self.settings(E("DevicePassword", E("Set"))).get("Status"), "2")
        node = self.settings(E("DevicePassword", E("Set", E("Password", "a" * 256))))
        self.assertEqual((node.get("Status"), node.get("DevicePassword/Status")), ("1", "5"))

    def test_order(self):
        node = self.settings(E("UserInformation", E("Get")), E("Oof", E("Get", E("BodyType", "TEXT"))))
        self.assertEqual([n.tag for n in node], ["Status", "UserInformation", "Oof"])

    def test_oof_arguments(self):
        state = E("OofState", "2")

        def say(who, text, kind="TEXT"):
            return E("OofMessage", E(who), E("Enabled", "1"), E("ReplyMessage", text), E("BodyType", kind))
        self.assertEqual(self.oof(state, E("StartTime", "2027-01-01T00:00:00.000Z")), "2")
        self.assertEqual(self.oof(state, E("EndTime", "2027-01-01T00:00:00.000Z")), "2")
        self.assertEqual(self.oof(say("AppliesToExternalKnown", "x", "Nonsense")), "5")
        self.assertEqual(self.oof(say("AppliesToExternalKnown", "a"), say("AppliesToExternalUnknown", "b")), "6")
        self.assertEqual(self.oof(state), "1")
        self.assertEqual(self.oof(state, say("AppliesToInternal", "in\n\"quoted\" \\ ä")), "1")
        node = self.settings(E("Oof", E("Get", E("BodyType", "TEXT")))).find("Oof/Get")
        self.assertEqual(node.get("OofState"), "2")
        self.assertEqual(node.findall("OofMessage")[0].get("ReplyMessage"), "in\n\"quoted\" \\ ä")
        self.assertEqual(self.oof(E("OofState", "0")), "1")
        node = self.settings(E("Oof", E("Get", E("BodyType", "TEXT")))).find("Oof/Get")
        self.assertEqual(node.get("OofState"), "0")
        self.assertEqual(node.findall("OofMessage")[0].get("ReplyMessage"), "in\n\"quoted\" \\ ä")

    def test_rights(self):
        node = self.settings(E("RightsManagementInformation", E("Get")))
        self.assertEqual(node.get("RightsManagementInformation/Status"), "168")


class OofAndOwnScript(TestCase):
    def test_own_script_goes_on(self):
        """The user's script runs beside, and is active again afterwards."""
        user = self.new_user()
        client = self.client(user, version="14.1")
        client.provision()
        self.dovecot.set_sieve(user, 'require ["fileinto", "mailbox"];\nfileinto :create "Filed"; stop;\n', "mine")

        def oof(state, *more):
            return client.call("Settings", E("Settings:Settings", E("Oof", E("Set", E(
                "OofState", state), *more)))).node.get("Oof/Status")
        self.assertEqual(oof("2", E("StartTime", "2020-01-01T00:00:00.000Z"), E(
            "EndTime", "2035-01-01T00:00:00.000Z"), *[E("OofMessage", E(who), E("Enabled", "1"), E(
                "ReplyMessage", "away"), E("BodyType", "TEXT")) for who in (
                    "AppliesToInternal", "AppliesToExternalKnown", "AppliesToExternalUnknown")]), "1")
        self.deliver(user, "hello?", sender="friend@example.net")
        (mail,) = self.dovecot.mta.wait(1)
        self.assertEqual(mail.recipients, ["friend@example.net"])
        self.assertEqual(oof("0"), "1")
        self.deliver(user, "again?", sender="another@example.net")
        time.sleep(0.3)
        self.assertEqual(len(self.dovecot.mta.mails), 1)
        with self.dovecot.imap(user) as imap:
            self.assertEqual(len(imap.truth("Filed")), 2)


class Recipients(TestCase):
    def resolve(self, *to, options=None, version="14.1"):
        client = self.client(version=version)
        client.provision()
        return client.call("ResolveRecipients", E("ResolveRecipients:ResolveRecipients", *[
            E("To", t) for t in to], E("Options", *options) if options else None)).node

    def times(self, start, end):
        return [E("ResolveRecipients:Availability", E("StartTime", start), E("EndTime", end))]

    def test_limits(self):
        # 2.2.3.183, 3.1.5.10: 100 at most
        self.assertEqual(self.resolve(*["x%d" % i for i in range(101)]).get("Status"), "5")
        self.assertEqual(self.resolve(*["x%d" % i for i in range(100)]).get("Status"), "1")
        self.assertEqual(self.resolve("x" * 257).get("Status"), "5")
        self.assertEqual(self.resolve("x" * 256).get("Status"), "1")
        for start, end in (("2026-01-01T00:00:00.000Z", "nonsense"), ("nonsense", "2026-01-01T00:00:00.000Z"),
                           ("2026-01-01T00:00:00.000Z", "2026-01-01T00:20:00.000Z"),
                           ("2026-01-01T00:00:00.000Z", "2026-02-13T00:00:01.000Z")):
            self.assertEqual(self.resolve("u001@example.org", options=self.times(start, end)).get("Status"), "5")

    def test_free_busy(self):
        """One digit for each half hour begun; 163: nothing is known of this one."""
        node = self.resolve("u001@example.org", options=self.times(
            "2026-01-01T00:00:00.000Z", "2026-01-01T02:45:00.000Z"))
        status = node.get("Response/Recipient/Availability/Status")
        self.assertIn(status, ("1", "163"))
        if status == "1":
            self.assertRegex(node.get("Response/Recipient/Availability/MergedFreeBusy"), "^[0-4]{6}$")

    def test_certificates_and_pictures(self):
        node = self.resolve("u001@example.org", options=[
            E("CertificateRetrieval", "2"), E("ResolveRecipients:Picture", E("MaxPictures", "1"))])
        self.assertEqual(node.get("Response/Recipient/Certificates/Status"), "7")
        self.assertEqual(node.get("Response/Recipient/Certificates/CertificateCount"), "0")
        self.assertEqual(node.get("Response/Recipient/Picture/Status"), "173")

    def test_ambiguous(self):
        node = self.resolve("u00", options=[E("MaxAmbiguousRecipients", "3")] + self.times(
            "2026-01-01T00:00:00.000Z", "2026-01-01T02:45:00.000Z"))
        self.assertEqual(node.get("Response/Status"), "3")
        self.assertEqual(len(node.findall("Response/Recipient")), 3)
        self.assertEqual(node.get("Response/RecipientCount"), "9")
        self.assertFalse(node.has("Response/Recipient/Availability"))
        self.assertEqual(self.resolve("u001").get("Response/Status"), "1", "exactly one's name")


class Certificates(TestCase):
    def test_limits(self):
        client = self.client(version="14.1")
        client.provision()
        garbage = "TUlJQ1lqQ0NBY3VnQXdJQkFnSVVZR3M4alpiWDBWeGpPYnU0bncwhQ=="

        def validate(count):
            return client.call("ValidateCert", E("ValidateCert:ValidateCert", E("Certificates", *[
                E("Certificate", garbage)] * count), E("CheckCRL", "1"))).node
        self.assertEqual(validate(101).get("Status"), "2")
        node = validate(2)
        self.assertEqual(node.get("Status"), "1")
        self.assertEqual([n.text for n in node.findall("Certificate/Status")], ["3", "3"])


class Meetings(Base):
    def respond(self, *extra, count=1):
        return self.c.call("MeetingResponse", E("MeetingResponse:MeetingResponse", *[E(
            "Request", E("UserResponse", "1"), E("CollectionId", self.inbox), E("RequestId", self.sid("one")),
            *extra)] * count)).node

    def test_refused(self):
        node = self.respond()
        self.assertEqual(node.get("Result/Status"), "2")
        self.assertEqual(node.get("Result/RequestId"), self.sid("one"))
        # An occurrence of a mail; whatever the status, it stands in a Result.
        self.assertEqual(self.respond(E("InstanceId", "nonsense")).get("Result/Status"), "2")
        self.assertEqual(self.respond(count=101).get("Result/Status"), "103")


class Identity(TestCase):
    """Whose address may stand in From (R21)."""

    counter = itertools.count()

    def setUp(self):
        super().setUp()
        self.user = "sender%d@example.org" % next(self.counter)
        self.dovecot.add_user(self.user, userdb_dovetail_aliases="alias@example.org",
                              userdb_dovetail_send_as="team@example.org",
                              userdb_dovetail_send_on_behalf="boss@example.org")
        self.c = self.client(self.user, version="14.1")
        self.c.provision()

    def send(self, sender, extra=""):
        mime = ("From: %s\r\n%sTo: x@example.net\r\nSubject: s\r\n\r\nhello\r\n" % (sender, extra)).encode()
        answer = self.c.send_mail(mime)
        if answer.body:
            return answer.node.get("Status")
        mail = self.dovecot.mta.wait(1)[-1]
        self.dovecot.mta.clear()
        self.assertEqual(mail.sender, self.user, "the envelope names the user")
        return email.message_from_bytes(mail.data)

    def test_rights(self):
        self.assertIsNone(self.send("Alias <alias@example.org>")["Sender"])
        mail = self.send("Team <team@example.org>")
        self.assertEqual((mail["From"], mail["Sender"]), ("Team <team@example.org>", None))
        mail = self.send("Boss <boss@example.org>")
        self.assertEqual(mail["From"], "Boss <boss@example.org>")
        self.assertIn(self.user, mail["Sender"])
        mail = self.send("Boss <boss@example.org>", "Sender: alias@example.org\r\n")
        self.assertEqual(mail.get_all("Sender"), ["alias@example.org"])
        for sender, extra in (("other@example.org", ""), (self.user + ", other@example.org", ""),
                              (self.user, "Sender: other@example.org\r\n")):
            self.assertEqual(self.send(sender, extra), "130")
        self.assertEqual(self.dovecot.mta.mails, [])

    def test_two_authors(self):
        """RFC 5322 3.6.2: then there is a Sender."""
        mail = self.send("%s, alias@example.org" % self.user)
        self.assertIn(self.user, mail["Sender"])
        with self.dovecot.imap(self.user) as imap:
            (uid,) = imap.truth("Sent")
            self.assertIn(b"Sender: ", imap.source(uid, "Sent"))
