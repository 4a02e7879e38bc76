# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Conformance, case by case: the commands beside Sync as MS-ASCMD, MS-ASAIRS,
MS-ASCON and MS-ASEMAIL have them, exact statuses."""

import base64
import email

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E

BOTH = ("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain words of it\r\n--b\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>html <b>words</b> of it</p></body></html>\r\n--b--\r\n")
PICTURE = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode().replace("\n", "\r\n")


def parts(subject, kind, *bodies):
    """A multipart message of (header, body) parts."""
    text = "".join("--b\r\n%s\r\n\r\n%s\r\n" % pair for pair in bodies) + "--b--\r\n"
    return message(subject, text, "Content-Type: multipart/%s; boundary=b\r\n" % kind)


class Base(TestCase):
    version = "14.1"
    mails = ()

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("one"), message("two", "words " * 100), *self.mails])
        self.phone_ = self.phone(self.user, version=self.version)
        self.phone_.sync()
        self.c, self.inbox = self.phone_.client, self.phone_.inbox

    def sid(self, subject):
        return self.phone_.by_subject(subject)

    def truth(self, folder):
        with self.dovecot.imap(self.user) as imap:
            return imap.truth(self.dovecot.folder(folder))

    def operation(self, *content):
        return self.c.call("ItemOperations", E("ItemOperations:ItemOperations", *content)).node

    def fetch(self, subject, *options, client=None):
        client = client or self.c
        return client.call("ItemOperations", E("ItemOperations:ItemOperations", E(
            "ItemOperations:Fetch", E("Store", "Mailbox"), E("AirSync:CollectionId", self.inbox),
            E("AirSync:ServerId", self.sid(subject)),
            E("ItemOperations:Options", *options) if options else None))).node


class Moves(Base):
    def test_seen_by_the_next_sync(self):
        """2.2.1.12: Delete in the source and Add in the destination reach the
        device that moved, once each, and a lost answer changes nothing."""
        for version in eas.VERSIONS:
            with self.subTest(version):
                self.dovecot.append(self.user, [message("v" + version)])
                phone = self.phone(self.user, version=version)
                trash = phone.folder(type=eas.DELETED)
                phone.sync()
                phone.sync(trash)
                sid = phone.by_subject("v" + version)
                moved = phone.items[phone.inbox][sid]
                answer = phone.client.move_items((sid, phone.inbox, trash)).find("Response")
                self.assertEqual((answer.get("SrcMsgId"), answer.get("Status")), (sid, "3"))
                key = phone.keys[phone.inbox]
                (node,) = phone.sync()
                self.assertEqual([n.text for n in node.findall("Commands/Delete/ServerId")], [sid])
                phone.keys[phone.inbox] = key
                phone.items[phone.inbox][sid] = moved
                (node,) = phone.sync()
                self.assertEqual([n.text for n in node.findall("Commands/Delete/ServerId")], [sid])
                (node,) = phone.sync(trash)
                self.assertEqual([n.text for n in node.findall("Commands/Add/ServerId")], [answer.get("DstMsgId")])
                phone.sync()
                phone.sync(trash)
                self.assert_same(phone, self.user, "Trash")

    def test_moved_back(self):
        trash = self.phone_.folder(type=eas.DELETED)
        self.phone_.sync(trash)
        first = self.c.move_items((self.sid("one"), self.inbox, trash)).get("Response/DstMsgId")
        back = self.c.move_items((first, trash, self.inbox)).find("Response")
        self.assertEqual(back.get("Status"), "3")
        self.phone_.sync()
        self.phone_.sync(trash)
        self.assert_same(self.phone_, self.user)
        self.assertEqual(self.phone_.by_subject("one"), back.get("DstMsgId"))


class Operations(Base):
    mails = (parts("alt", "alternative", ("Content-Type: text/plain", "plain"), ("Content-Type: text/html", "<p>h</p>")),
             parts("inline", "related", ("Content-Type: text/html", "<img src='cid:pic@x'>"),
                   ("Content-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\n"
                    "Content-Disposition: inline; filename=p.png\r\nContent-ID: <pic@x>", PICTURE)),
             parts("embedded", "mixed", ("Content-Type: text/plain", "see"),
                   ("Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=inner.eml",
                    message("inner").decode())))

    def response(self, node, kind="Fetch"):
        self.assertEqual(node.get("Status"), "1")
        return node.find("Response/" + kind)

    def test_statuses(self):
        mailbox = E("Store", "Mailbox")

        def fetch(*content):
            return E("ItemOperations:Fetch", *content)
        for name, op, status in (
                ("no such item", fetch(mailbox, E("AirSync:CollectionId", self.inbox), E("AirSync:ServerId", "9:9")), "6"),
                ("no such folder", fetch(mailbox, E("AirSync:CollectionId", "7777"), E("AirSync:ServerId", "9:9")), "6"),
                ("no such LongId", fetch(mailbox, E("Search:LongId", "nonsense")), "6"),
                ("unknown store", fetch(E("Store", "Nonsense"), E("AirSync:CollectionId", self.inbox),
                                        E("AirSync:ServerId", self.sid("one"))), "9"),
                ("reference", fetch(mailbox, E("AirSyncBase:FileReference", "nonsense")), "15"),
                ("no reference", fetch(mailbox, E("AirSyncBase:FileReference", "")), "15")):
            with self.subTest(name):
                self.assertEqual(self.response(self.operation(op)).get("Status"), status)

    def test_wrong_body_preferences(self):
        """MS-ASAIRS 3.2.5.1: 2 for ItemOperations and Search, 4 or 6 for Sync."""
        def pref(*content):
            return E("AirSyncBase:BodyPreference", *content)
        cases = (("order", [pref(E("TruncationSize", "10"), E("Type", "1"))]),
                 ("boolean", [pref(E("Type", "1"), E("TruncationSize", "10"), E("AllOrNone", "2"))]),
                 ("twice", [pref(E("Type", "1"), E("AllOrNone", "1"), E("AllOrNone", "1"))]),
                 ("number", [pref(E("Type", "1"), E("TruncationSize", "a lot"))]),
                 ("same type", [pref(E("Type", "1")), pref(E("Type", "1"))]),
                 ("no type", [pref(E("TruncationSize", "10"))]))
        for name, options in cases:
            with self.subTest(name):
                self.assertEqual(self.fetch("one", *options).get("Status"), "2")
                node = self.c.call("Search", E("Search:Search", E(
                    "Store", E("Name", "Mailbox"), E("Query", E("And", E("FreeText", "body"))),
                    E("Search:Options", *options)))).node
                self.assertEqual(node.get("Response/Store/Status", node.get("Status")), "2")
                node = self.c.sync(self.c.collection(self.inbox, self.phone_.keys[self.inbox],
                                                     options=E("AirSync:Options", *options)))
                self.assertEqual(node.get("Status"), "4")

    def test_body_part(self):
        """MS-ASAIRS 2.2.2.10: BodyPart when asked, 164 for other than HTML."""
        def part(kind, *more):
            return E("AirSyncBase:BodyPartPreference", E("Type", kind), *more)
        props = self.response(self.fetch("alt", part("2", E("Preview", "5")))).find("Properties")
        body = props.find("AirSyncBase:BodyPart")
        self.assertEqual((body.get("Status"), body.get("Type")), ("1", "2"))
        self.assertLessEqual(len(body.get("Preview")), 5)
        self.assertFalse(self.response(self.fetch("alt")).has("Properties/AirSyncBase:BodyPart"))
        self.assertEqual(self.response(self.fetch("alt", part("1"))).get("Status"), "164")
        cut = self.response(self.fetch("alt", part("2", E("TruncationSize", "2")))).find("Properties/AirSyncBase:BodyPart")
        self.assertEqual(cut.get("Truncated"), "1")
        self.assertTrue(cut.get("EstimatedDataSize"))
        none = self.response(self.fetch("alt", part("2", E("TruncationSize", "2"), E("AllOrNone", "1")))).find(
            "Properties/AirSyncBase:BodyPart")
        self.assertFalse(none.has("Data"))
        self.assertEqual(none.get("Truncated"), "1")
        self.assertEqual(none.tags(), ["Status", "Type", "EstimatedDataSize", "Truncated"])

    def test_bodies(self):
        def pref(*content):
            return E("AirSyncBase:BodyPreference", *content)

        def body(subject, *prefs):
            props = self.response(self.fetch(subject, *prefs)).find("Properties")
            return props.find("AirSyncBase:Body"), props.get("AirSyncBase:NativeBodyType")
        node, native = body("two", pref(E("Type", "1"), E("TruncationSize", "11"), E("AllOrNone", "0")))
        self.assertEqual((node.get("Data"), node.get("Truncated"), native), ("words words", "1", "1"))
        self.assertGreaterEqual(int(node.get("EstimatedDataSize")), 600)
        node, _ = body("two", pref(E("Type", "1"), E("TruncationSize", "11"), E("AllOrNone", "1")))
        self.assertFalse(node.has("Data"))
        self.assertEqual(node.get("Truncated"), "1")
        node, _ = body("one", pref(E("Type", "1"), E("TruncationSize", "500"), E("AllOrNone", "1")))
        self.assertEqual(node.get("Data").strip(), "body")
        self.assertIn(node.get("Truncated"), (None, "0"))
        # AllOrNone with a second type: falls to the next preference
        node, native = body("alt", pref(E("Type", "2"), E("TruncationSize", "2"), E("AllOrNone", "1")),
                            pref(E("Type", "1"), E("TruncationSize", "50"), E("AllOrNone", "1")))
        self.assertEqual((node.get("Type"), node.get("Data").strip()), ("1", "plain"))
        node, native = body("alt", pref(E("Type", "4")))
        self.assertEqual((node.get("Type"), native), ("4", "2"))
        node, native = body("alt", pref(E("Type", "2")), pref(E("Type", "1")))
        self.assertEqual((node.get("Type"), native), ("2", "2"))
        node, _ = body("two", pref(E("Type", "2"), E("TruncationSize", "20"), E("Preview", "7")))
        self.assertLessEqual(len(node.get("Preview")), 7)

    def test_mime_support(self):
        """2.2.3.110.3: type 4 only for what MIMESupport says."""
        pref = E("AirSyncBase:BodyPreference", E("Type", "2"))
        four = E("AirSyncBase:BodyPreference", E("Type", "4"))
        for support, prefs, kind in (("0", [pref], "2"), ("1", [pref, four], "2"), ("2", [four], "4"), ("2", [pref, four], "4")):
            node = self.response(self.fetch("alt", E("AirSync:MIMESupport", support), *prefs))
            self.assertEqual(node.get("Properties/AirSyncBase:Body/Type"), kind, (support, len(prefs)))

    def test_multipart(self):
        answer = self.c.item_operations(self.c.fetch(self.inbox, self.sid("alt"), body=((2,),)), multipart=True)
        self.assertEqual(answer.content_type, eas.MULTIPART_TYPE)
        body = answer.node.find("Response/Fetch/Properties/AirSyncBase:Body")
        self.assertFalse(body.has("Data"))
        self.assertEqual(body.get("ItemOperations:Part"), "1")
        self.assertIn(b"<p>h</p>", answer.parts()[1])

    def attachment(self, subject, n=0):
        return self.phone_.items[self.inbox][self.sid(subject)].data.findall("AirSyncBase:Attachments/Attachment")[n]

    def test_attachments(self):
        """MS-ASAIRS 2.2.2.7: Method 5 with .eml, ContentId and IsInline."""
        inner = self.attachment("embedded")
        self.assertEqual((inner.get("Method"), inner.get("DisplayName")), ("5", "inner.eml"))
        self.assertIn(inner.get("IsInline"), (None, "0"))
        picture = self.attachment("inline")
        self.assertEqual((picture.get("Method"), picture.get("ContentId"), picture.get("IsInline")), ("1", "pic@x", "1"))
        props = self.response(self.operation(self.c.fetch(reference=inner.get("FileReference")))).find("Properties")
        self.assertEqual(props.get("AirSyncBase:ContentType"), "message/rfc822")
        data = base64.b64decode(props.get("Data")) if isinstance(props.get("Data"), str) else props.get("Data")
        self.assertEqual(email.message_from_bytes(data)["Subject"], "inner")
        part = self.response(self.operation(self.c.fetch(reference=inner.get("FileReference"), range="0-3")))
        self.assertEqual(part.get("Properties/Range"), "0-3")
        self.assertEqual(int(part.get("Properties/Total")), len(data))

    def test_bad_range(self):
        reference = self.attachment("inline").get("FileReference")
        for text, status in (("5-2", "8"), ("100000-100001", "8"), ("nonsense", "2")):
            node = self.operation(self.c.fetch(reference=reference, range=text))
            self.assertEqual(node.get("Response/Fetch/Status", node.get("Status")), status, text)

    def test_get_attachment_is_gone(self):
        """2.2.1.8: HTTP 500."""
        for version in ("2.5", "12.0", "12.1"):
            phone = self.phone(self.user, version=version)
            phone.sync()
            item = phone.items[phone.inbox][phone.by_subject("inline")].data
            names = [n.text for n in item.iter() if n.tag in ("AttName", "FileReference")]
            answer = phone.client.post("GetAttachment", params={"AttachmentName": names[0]})
            self.assertEqual((answer.status, answer.content_type), (200, "image/png"))
            answer = phone.client.post("GetAttachment", params={"AttachmentName": names[0] + "9"})
            self.assertEqual(answer.status, 500)
        with self.dovecot.imap(self.user) as imap:
            (uid,) = [u for u, r in imap.truth().items() if r[2] == "inline"]
            imap.select()
            imap.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
            imap.expunge()
        answer = phone.client.post("GetAttachment", params={"AttachmentName": names[0]})
        self.assertEqual(answer.status, 500)
        node = self.operation(self.c.fetch(reference=names[0]))
        self.assertEqual(node.get("Response/Fetch/Status"), "15")

    def test_schema(self):
        node = self.response(self.fetch("one", E("ItemOperations:Schema", E("Email:Subject"), E("Email:To"))))
        self.assertEqual(sorted(node.find("Properties").tags()), ["Subject", "To"])

    def test_empty_folder_contents(self):
        node = self.c.folder_create("Top")
        top = node.get("ServerId")
        sub = self.c.folder_create("Below", parent=top).get("ServerId")
        self.dovecot.append(self.user, [message("x")], self.dovecot.folder("Top"))
        for options, present in (((), True), ((E("ItemOperations:Options", E("DeleteSubFolders")),), False)):
            answer = self.response(self.operation(E("ItemOperations:EmptyFolderContents", E("AirSync:CollectionId", top),
                                                    *options)), "EmptyFolderContents")
            self.assertEqual((answer.get("Status"), answer.get("AirSync:CollectionId")), ("1", top))
            self.assertEqual(self.truth("Top"), {})
            with self.dovecot.imap(self.user) as imap:
                self.assertEqual(self.dovecot.folder("Top/Below") in imap.folders(), present)
        self.assertIn(sub, [n.text for n in self.c.folder_sync().findall("Changes/Delete/ServerId")])

    def test_conversation_moves(self):
        talk = self.phone_.items[self.inbox][self.sid("one")].get("Email2:ConversationId")
        for where, always, status in (("RI", None, "105"), ("7777", None, "6"), (self.inbox, "content", "2")):
            node = self.response(self.operation(E(
                "ItemOperations:Move", E("ConversationId", talk), E("DstFldId", where),
                E("ItemOperations:Options", E("MoveAlways", always) if always else E("MoveAlways")))), "Move")
            self.assertEqual(node.get("Status"), status)


class Searching(Base):
    def search(self, *terms, options=(), name="Mailbox", query=None):
        return self.c.call("Search", E("Search:Search", E(
            "Store", E("Name", name), query or E("Query", E("And", *terms)),
            E("Search:Options", *options) if options else None))).node

    def test_results(self):
        node = self.search(E("AirSync:Class", "Email"), E("FreeText", "words"), options=[E("Range", "0-0")])
        store = node.find("Response/Store")
        self.assertEqual(store.tags(), ["Status", "Result", "Range", "Total"])
        self.assertEqual((store.get("Range"), store.get("Total")), ("0-0", "1"))
        result = store.find("Result")
        self.assertEqual(result.tags(), ["Class", "LongId", "CollectionId", "Properties"])
        self.assertEqual((result.get("AirSync:Class"), result.get("AirSync:CollectionId")), ("Email", self.inbox))

    def test_doubles_are_ignored(self):
        """<n> of the product: more than one of these is no error."""
        text = E("FreeText", "words")
        for option in (E("DeepTraversal"), E("Range", "0-9"), E("RebuildResults"), E("AirSync:MIMESupport", "1")):
            node = self.search(text, options=[option, option])
            self.assertEqual((node.get("Status"), node.get("Response/Store/Status")), ("1", "1"), option.tag)
        store = E("Store", E("Name", "Mailbox"), E("Query", E("And", text)))
        node = self.c.call("Search", E("Search:Search", store, store)).node
        self.assertEqual(node.get("Status"), "1")

    def test_traversal(self):
        self.c.folder_create("Sub", parent=self.inbox)
        self.dovecot.append(self.user, [message("below", "words")], self.dovecot.folder("INBOX/Sub"))
        terms = [E("AirSync:Class", "Email"), E("AirSync:CollectionId", self.inbox), E("FreeText", "words")]
        self.assertEqual(self.search(*terms).get("Response/Store/Total"), "1")
        self.assertEqual(self.search(*terms, options=[E("DeepTraversal")]).get("Response/Store/Total"), "2")
        self.assertEqual(self.search(E("FreeText", "words")).get("Response/Store/Total"), "2")

    def test_mime_support(self):
        for support, kind in (("2", "4"), ("1", "2")):
            node = self.search(E("FreeText", "words"), options=[
                E("AirSync:MIMESupport", support), E("AirSyncBase:BodyPreference", E("Type", "2")),
                E("AirSyncBase:BodyPreference", E("Type", "4"))])
            body = node.find("Response/Store/Result/Properties/AirSyncBase:Body")
            self.assertEqual(body.get("Type"), kind)
            if kind == "4":
                self.assertEqual(body.tags(), ["Type", "EstimatedDataSize", "Truncated", "Data"])
                self.assertEqual(body.get("Truncated"), "0")
                self.assertEqual(int(body.get("EstimatedDataSize")), len(body.get("Data")))

    def test_property_conditions_are_invalid(self):
        """MS-ASEMAIL 3.2.5.2: E-mail elements in the query: 2 in Store."""
        node = self.search(E("FreeText", "words"), E("Email:Subject", "two"))
        self.assertEqual((node.get("Status"), node.get("Response/Store/Status")), ("1", "2"))

    def test_gal(self):
        node = self.search(name="GAL", query=E("Query", self.user.split("@")[0]), options=[E("Range", "0-0")])
        result = node.find("Response/Store/Result/Properties")
        self.assertEqual(result.get("GAL:EmailAddress"), self.user)
        self.assertTrue(result.get("GAL:DisplayName"))
        self.assertTrue(result.get("GAL:Alias"))
        node = self.search(name="GAL", query=E("Query", "u00"), options=[E("Range", "0-3")])
        names = [n.text for n in node.findall("Response/Store/Result/Properties/GAL:DisplayName")]
        self.assertEqual((len(names), names), (4, sorted(names)))
        self.assertEqual(node.get("Response/Store/Range"), "0-3")
        self.assertEqual(node.get("Response/Store/Total"), "9")

    def test_unknown_store(self):
        node = self.search(name="Nonsense", query=E("Query", "x"))
        self.assertIn(node.get("Response/Store/Status", node.get("Status")), ("2", "7"))


class Composing(Base):
    mails = (parts("alt", "alternative", ("Content-Type: text/plain", "original words"),
                   ("Content-Type: text/html", "<p>original <b>words</b></p>")),)

    def outgoing(self, subject="answer", to="x@example.net", body="my answer"):
        return ("From: %s\r\n%sSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n%s\r\n" % (
            self.user, "To: %s\r\n" % to if to else "", subject, body)).encode()

    def test_no_recipient(self):
        """119 from 14.0 on, HTTP 500 or 400 before."""
        self.assertEqual(self.c.send_mail(self.outgoing(to=None)).node.get("Status"), "119")
        self.assertEqual(self.dovecot.mta.mails, [])

    def test_answer_is_in_the_conversation(self):
        source = self.phone_.items[self.inbox][self.sid("one")]
        for command in (self.c.smart_reply, self.c.smart_forward):
            with self.subTest(command.__name__):
                answer = command(self.outgoing(), (self.inbox, self.sid("one")))
                self.assertEqual(answer.body, b"")
                sent = self.phone_.folder(type=eas.SENT)
                self.phone_.sync(sent)
                newest = list(self.phone_.items[sent].values())[-1]
                self.assertEqual(newest.get("Email2:ConversationId"), source.get("Email2:ConversationId"))
                index = newest.get("Email2:ConversationIndex")
                self.assertEqual(len(index), 10)
                self.assertEqual(index[:5], source.get("Email2:ConversationIndex")[:5])

    def test_last_verb(self):
        for command, verb in ((self.c.smart_reply, "1"), (self.c.smart_forward, "3")):
            command(self.outgoing(), (self.inbox, self.sid("one")))
            self.phone_.sync()
            item = self.phone_.items[self.inbox][self.sid("one")]
            self.assertEqual(item.get("Email2:LastVerbExecuted"), verb)
            self.assertTrue(item.get("Email2:LastVerbExecutionTime"))

    def test_original_is_there(self):
        self.c.smart_reply(self.outgoing(), (self.inbox, self.sid("alt")))
        (mail,) = self.dovecot.mta.wait(1)
        text = email.message_from_bytes(mail.data).get_payload(decode=True)
        self.assertIn(b"original words", text)
        self.assertIn(b"my answer", text)
        self.dovecot.mta.clear()
        self.c.smart_reply(self.outgoing(), (self.inbox, self.sid("alt")), replace=True)
        (mail,) = self.dovecot.mta.wait(1)
        self.assertEqual(email.message_from_bytes(mail.data).get_payload(decode=True), b"my answer\r\n")

    def test_codes(self):
        broken = self.c.post("SendMail", b"\x03\x01\x6a\x00\x45\x5c\xff\xff")
        self.assertEqual((broken.status, broken.node.get("Status")), (200, "102"))
        old = self.phone(self.user, version="12.1").client
        self.assertEqual(old.post("SendMail", b"", content_type="message/rfc822").status, 400)
        self.assertEqual(old.post("SmartReply", self.outgoing(), content_type="message/rfc822",
                                  params={"CollectionId": self.inbox, "ItemId": "9:9"}).status, 500)


class Settings(TestCase):
    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.c = self.client(self.user, version="14.1")
        self.c.provision()

    def settings(self, *content):
        return self.c.call("Settings", E("Settings:Settings", *content)).node

    def oof(self, *content):
        return self.settings(E("Oof", E("Set", *content))).get("Oof/Status")

    def get(self):
        return self.settings(E("Oof", E("Get", E("BodyType", "TEXT")))).find("Oof/Get")

    def say(self, who, text="away", kind="TEXT", enabled="1"):
        return E("OofMessage", E(who), E("Enabled", enabled) if enabled else None,
                 E("ReplyMessage", text) if text else None, E("BodyType", kind) if kind else None)

    def audiences(self, node):
        return {next(n.tag for n in m if n.tag.startswith("Applies")): m for m in node.findall("OofMessage")}

    def test_each_audience(self):
        for who in ("AppliesToInternal", "AppliesToExternalKnown", "AppliesToExternalUnknown"):
            with self.subTest(who):
                self.assertEqual(self.oof(E("OofState", "1"), self.say(who, "text of " + who)), "1")
                node = self.get()
                self.assertEqual(node.get("OofState"), "1")
                message_ = self.audiences(node)[who]
                self.assertEqual((message_.get("Enabled"), message_.get("ReplyMessage")), ("1", "text of " + who))
                self.assertEqual(message_.get("BodyType").upper(), "TEXT")
                self.assertEqual(set(self.audiences(node)), {
                    "AppliesToInternal", "AppliesToExternalKnown", "AppliesToExternalUnknown"})

    def test_body_type_is_needed_with_text(self):
        self.assertIn(self.oof(E("OofState", "1"), self.say("AppliesToInternal", kind=None)), ("2", "5"))
        self.assertEqual(self.oof(E("OofState", "1"), self.say("AppliesToInternal", text=None, kind=None, enabled="0")), "1")
        self.assertEqual(self.audiences(self.get())["AppliesToInternal"].get("Enabled"), "0")

    def test_times_without_their_state(self):
        times = E("StartTime", "2027-01-01T00:00:00.000Z"), E("EndTime", "2027-01-02T00:00:00.000Z")
        self.assertEqual(self.oof(E("OofState", "1"), *times, self.say("AppliesToInternal")), "1")
        self.assertEqual(self.get().get("OofState"), "1")

    def test_order(self):
        node = self.settings(E("Oof", E("Get", E("BodyType", "TEXT"))), E("UserInformation", E("Get")),
                             self.c.device_information())
        self.assertEqual([n.tag for n in node], ["Status", "Oof", "UserInformation", "DeviceInformation"])

    def test_schema(self):
        for content in ([E("Oof")], [E("UserInformation")], [E("DeviceInformation")]):
            with self.subTest(content[0].dump()):
                node = self.settings(*content)
                self.assertIn(node.get("Status"), ("2",))


class Certificates(TestCase):
    def test_counts(self):
        c = self.client(version="14.1")
        c.provision()
        node = c.call("ValidateCert", E("ValidateCert:ValidateCert", E("CheckCRL", "1"))).node
        self.assertEqual(node.get("Status"), "2")


class Hierarchy(TestCase):
    def test_only_mail(self):
        phone = self.phone(version="12.1")
        node = phone.client.post("GetHierarchy").node
        for folder in node.findall("Folder"):
            self.assertEqual(folder.tags(), ["DisplayName", "ServerId", "Type", "ParentId"])


class Finding(Base):
    version = "16.1"

    def test_mail(self):
        node = self.c.find_mailbox("words", folder=self.inbox, range="0-0")
        self.assertEqual(node.tags(), ["Status", "Response"])
        response = node.find("Response")
        self.assertEqual(response.tags(), ["Store", "Status", "Result", "Range", "Total"])
        self.assertEqual(response.get("ItemOperations:Store"), "Mailbox")
        result = response.find("Result")
        self.assertEqual(result.tags(), ["Class", "ServerId", "CollectionId", "Properties"])

    def test_gal(self):
        node = self.c.find_gal("u00", range="0-3")
        response = node.find("Response")
        self.assertEqual(response.get("ItemOperations:Store"), "GAL")
        names = [n.text for n in response.findall("Result/Properties/GAL:DisplayName")]
        self.assertEqual((len(names), names), (4, sorted(names)))
        self.assertEqual(response.get("Total"), "9")
        for one in response.findall("Result/Properties"):
            self.assertTrue(one.get("GAL:Alias"))


class FlagRules(Base):
    def change(self, *flag):
        (node,) = self.phone_.sync(commands=[eas.change(self.sid("one"), E("Email:Flag", *flag))])
        return node.get("Responses/Change/Status", "1")

    def dates(self, **names):
        return [E("Tasks:" + k, v) for k, v in names.items()]

    def test_conditions(self):
        """MS-ASEMAIL 3.1.5.? Updating E-Mail Flags: 6 for what is missing or wrong."""
        kind = E("FlagType", "Flag for follow up")
        a, b = "2026-12-01T00:00:00.000Z", "2026-12-05T00:00:00.000Z"
        good = self.dates(StartDate=a, UtcStartDate=a, DueDate=b, UtcDueDate=b)
        self.assertEqual(self.change(E("Status", "2"), kind, *good), "1")
        self.assertEqual(self.change(E("Status", "7"), kind, *good), "6")
        self.assertEqual(self.change(E("Status", "2"), kind, *self.dates(
            StartDate=b, UtcStartDate=b, DueDate=a, UtcDueDate=a)), "6")
        self.assertEqual(self.change(E("Status", "2"), kind, *self.dates(StartDate=a)), "6")
        self.assertEqual(self.change(E("Status", "2"), kind, *good, *self.dates(ReminderSet="1")), "6")
        self.assertEqual(self.change(E("Status", "1")), "6", "CompleteTime is required")
        self.assertEqual(self.change(E("Status", "1"), kind, E("Email:CompleteTime", b), *self.dates(DateCompleted=b)), "1")
        self.assertEqual(self.change(E("Status", "0")), "1")
        self.assertEqual(self.change(), "1")
