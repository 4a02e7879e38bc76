# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Collected Contacts: whom the user writes to, by phone, submission or a copy in Sent,
once each, unless an address book has the address; and who is found in the GAL."""

import base64
import email.utils
import smtplib
import time

from dovetail_test import eas
from dovetail_test.case import message
from dovetail_test.wbxml import E
from test_contacts import JPEG, ContactsCase


def letter(sender, *to, cc=(), date=None, subject="hello"):
    lines = ["From: " + sender, "To: " + ", ".join(to), "Subject: " + subject,
             "Date: " + email.utils.formatdate(date), "Message-ID: <%s@test>" % time.monotonic_ns()]
    if cc:
        lines.insert(2, "Cc: " + ", ".join(cc))
    return ("\r\n".join(lines) + "\r\n\r\ntext\r\n").encode()


class CollectCase(ContactsCase):
    storage = False
    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.phone_ = self.phone(self.user)

    def collected(self, count=None):
        """{address: name} of Collected Contacts, when there are so many"""
        deadline = time.monotonic() + 10
        while True:
            found = self._collected()
            if count is None or len(found) == count or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def _collected(self):
        out = self.dovecot.doveadm("dovetail", "export", "-u", self.user,
                                   self.dovecot.folder("Collected Contacts"), check=False)
        found = {}
        for card in out.split("BEGIN:VCARD")[1:]:
            fields = dict(line.partition(":")[::2] for line in card.replace("\r", "").split("\n") if ":" in line)
            address = [v for k, v in fields.items() if k.startswith("EMAIL")]
            self.assertEqual(len(address), 1, card)
            self.assertNotIn(address[0], found, "doubled")
            found[address[0]] = fields["FN"]
        return found

    def submit(self, to, text):
        with smtplib.SMTP("127.0.0.1", self.dovecot.ports["submission"]) as smtp:
            smtp.login(self.user, self.dovecot.passwords[self.user])
            smtp.sendmail(self.user, to, text)


class Collected(CollectCase):
    core = True

    def test_phone(self):
        c = self.phone_.client
        c.send_mail(letter(self.user, "Zoë Müller <zoe@example.net>".encode("utf-8").decode("latin-1"),
                           "plain@example.net", self.user), client_id="1")
        found = self.collected(2)
        self.assertEqual(sorted(found), ["plain@example.net", "zoe@example.net"], "and not oneself")
        self.assertEqual(found["plain@example.net"], "plain@example.net")
        # again, in other letters: nothing new
        c.send_mail(letter(self.user, "ZOE@example.net", '"New Name" <plain@example.net>'), client_id="2")
        self.assertEqual(self.collected(), found)

    def test_reply_and_forward(self):
        self.deliver(self.user, "question")
        self.phone_.sync()
        sid = self.phone_.by_subject("question")
        c = self.phone_.client
        c.smart_reply(letter(self.user, "Sender <sender@example.net>"), (self.phone_.inbox, sid), client_id="r")
        c.smart_forward(letter(self.user, "third@example.net"), (self.phone_.inbox, sid), client_id="f")
        self.assertEqual(self.collected(2), {"sender@example.net": "Sender", "third@example.net": "third@example.net"})

    def test_who_is_known_already(self):
        self.phone_.sync(self.book(self.phone_), klass="Contacts")
        self.add(self.phone_, E("Contacts:LastName", "Known"), E("Contacts:Email2Address", '"K" <known@example.net>'))
        self.phone_.client.send_mail(letter(self.user, "Known@example.net", "un.known@example.net"), client_id="1")
        self.assertEqual(self.collected(1), {"un.known@example.net": "un.known@example.net"})

    def test_submission(self):
        name = "=?utf-8?q?Zo=C3=AB?= Q"
        self.submit(["zoe@example.net", "bcc@example.net"], letter(self.user, name + " <Zoe@example.net>"))
        self.assertEqual(len(self.dovecot.mta.wait(1)), 1)
        self.assertEqual(self.collected(2), {"zoe@example.net": "Zoë Q", "bcc@example.net": "bcc@example.net"})
        self.submit(["zoe@example.net"], letter(self.user, "zoe@example.net"))
        self.assertEqual(len(self.collected()), 2)

    def test_refused_by_the_relay(self):
        accept, self.dovecot.mta.accept = self.dovecot.mta.accept, lambda mail: "554 5.7.1 no"
        try:
            with self.assertRaises(smtplib.SMTPException):
                self.submit(["zoe@example.net"], letter(self.user, "zoe@example.net"))
        finally:
            self.dovecot.mta.accept = accept
        time.sleep(0.3)
        self.assertEqual(self.collected(), {})

    def test_saved_into_sent(self):
        with self.dovecot.imap(self.user) as imap:
            imap.append(self.dovecot.folder("Sent"), "(\\Seen)", None,
                        letter(self.user, '"Ann A." <ann@example.net>', cc=["bob@example.net"]))
            # an old one is moved from elsewhere, and other folders tell nothing
            imap.append(self.dovecot.folder("Sent"), "(\\Seen)", None,
                        letter(self.user, "old@example.net", date=time.time() - 30 * 86400))
            imap.append("INBOX", None, None, letter(self.user, "inbox@example.net"))
            self.assertEqual(self.collected(2), {"ann@example.net": "Ann A.", "bob@example.net": "bob@example.net"})
            imap.select(self.dovecot.folder("Sent"))
            self.assertEqual(imap.search(None, "ALL")[1], [b"1 2"], "and the mailbox is as it was")

    def test_gal_finds_all(self):
        """Directory, own books, collected and subscribed ones; with photos"""
        owner, reader = self.new_user(), self.user
        boss = self.phone(owner)
        node = boss.client.folder_create("Team", kind=eas.USER_CONTACTS)
        team = node.get("ServerId")
        boss.folders[team] = eas.Folder(team, "Team", "0", eas.USER_CONTACTS)
        boss.sync(team)
        boss.sync(team, [eas.add("c", E("Contacts:LastName", "Quixnard"), E("Contacts:FirstName", "Shared"),
                                 E("Contacts:Email1Address", "quixnard.shared@example.net"),
                                 E("Contacts:Picture", JPEG))])
        self.dovecot.doveadm("acl", "set", "-u", owner, self.dovecot.folder("Team"), "user=" + reader, "lookup", "read")
        self.dovecot.doveadm("mailbox", "subscribe", "-u", reader, "shared/%s/Team" % owner)
        self.phone_.sync(self.book(self.phone_), klass="Contacts")
        self.add(self.phone_, E("Contacts:LastName", "Quixnard"), E("Contacts:FirstName", "Own"),
                 E("Contacts:Email1Address", "quixnard.own@example.net"), E("Contacts:Picture", JPEG))
        self.phone_.client.send_mail(letter(reader, "Quixnard Written <quixnard.written@example.net>"), client_id="1")
        self.assertEqual(len(self.collected(1)), 1)
        c = self.phone_.client
        node = c.post("Search", E("Search:Search", E("Store", E("Name", "GAL"), E("Query", "quixnard"), E(
            "Options", E("Range", "0-99"), E("Picture", E("MaxSize", "100000"), E("MaxPictures", "10")))))).node
        found = {r.get("Properties/GAL:EmailAddress"): r for r in node.findall("Response/Store/Result")}
        self.assertEqual(sorted(found), ["quixnard.own@example.net", "quixnard.shared@example.net",
                                         "quixnard.written@example.net"])
        for address in ("quixnard.own@example.net", "quixnard.shared@example.net"):
            self.assertEqual(found[address].get("Properties/GAL:Picture/Data"), JPEG)
        self.assertEqual(found["quixnard.written@example.net"].get("Properties/GAL:Picture/Status"), "173")
        # the Directory has the users themselves
        node = c.search_gal(owner.split("@")[0])
        self.assertIn(owner, [r.get("Properties/GAL:EmailAddress") for r in node.findall("Response/Store/Result")])
        node = c.find_gal("quixnard")
        self.assertEqual(node.get("Response/Total"), "3")


class RecipientCache(CollectCase):
    """Folder type 19 (MS-ASCMD 2.2.3.30.6, MS-ASCNTC 3.1.4.4)"""

    def setUp(self):
        super().setUp()
        # the other one may be waiting
        self.writer = self.phone(self.user, folders=False).client

    def write(self, *people):
        for person in people:
            self.writer.send_mail(letter(self.user, person), client_id=str(time.monotonic_ns()))

    def ranks(self, phone=None, **options):
        """{address: rank} as a phone has them"""
        phone = phone or self.phone_
        phone.sync("RI", **options)
        return {item.get("Contacts:Email1Address"): int(item.get("Contacts:WeightedRank"))
                for item in phone.items.get("RI", {}).values()}

    def test_people(self):
        self.assertEqual(self.phone_.folder(type=19), "RI")
        colleague = self.new_user()
        self.write('"Zoë Q" <zoe@example.net>', colleague)
        self.collected(2)
        self.assertEqual(self.ranks(), {"zoe@example.net": 1, colleague: 1})
        (zoe,) = [i for i in self.phone_.items["RI"].values() if "zoe" in i.get("Contacts:Email1Address")]
        self.assertEqual({n.tag for n in zoe.data}, {"Email1Address", "FileAs", "WeightedRank"})
        (own,) = [i for i in self.phone_.items["RI"].values() if colleague == i.get("Contacts:Email1Address")]
        self.assertEqual(own.get("Contacts:Alias"), colleague.split("@")[0])
        # who is written to again counts more
        self.write("ZOE@example.net", "third@example.net")
        self.assertEqual(self.ranks(), {"zoe@example.net": 2, colleague: 1, "third@example.net": 1})
        # the first of them only
        other = self.phone(self.user)
        self.assertEqual(self.ranks(other, max_items=1), {"zoe@example.net": 2})
        self.write("third@example.net", "third@example.net")
        self.assertEqual(self.ranks(other, max_items=1), {"third@example.net": 3})
        self.assertEqual(self.ranks(other, max_items=2), {"zoe@example.net": 2, "third@example.net": 3})

    def test_is_only_read(self):
        self.write("zoe@example.net")
        self.collected(1)
        self.ranks()
        c, key = self.phone_.client, self.phone_.keys["RI"]
        (sid,) = self.phone_.items["RI"]
        for command in (eas.add("c", E("Contacts:LastName", "X")), eas.delete(sid)):
            node = c.sync(c.collection("RI", key, commands=[command]))
            self.assertEqual(node.get("Status") or node.get("Collections/Collection/Status"), "4")
        self.assertEqual(c.folder_delete("RI").get("Status"), "3")
        self.assertEqual(self.ranks(), {"zoe@example.net": 1})

    def test_estimate_and_ping(self):
        self.ranks()
        c = self.phone_.client
        wait = self.in_background(c.ping, ["RI"], 60)
        self.write("zoe@example.net")
        self.assertEqual(wait().get("Status"), "2")
        node = c.get_item_estimate("RI", self.phone_.keys["RI"])
        self.assertEqual(node.get("Response/Collection/Estimate"), "1")
        self.ranks()
        node = c.get_item_estimate("RI", self.phone_.keys["RI"])
        self.assertEqual(node.get("Response/Collection/Estimate"), "0")

    def test_who_has_none(self):
        """Older versions; devices that are shown Collected Contacts as an address book"""
        self.assertEqual([f for f in self.phone(self.user, version="12.1").folders.values() if f.type == 19], [])
        self.dovecot.doveadm("dovetail", "device", "set", "-u", self.user, self.phone_.client.device_id, "collected=all")
        self.phone_.folder_sync()
        self.assertEqual([f for f in self.phone_.folders.values() if f.type == 19], [])
        self.assertTrue(self.phone_.folder(name="Collected Contacts"))


class SentOnly(CollectCase):
    options = {"plugin": {"dovetail_collect": "sent"}}

    def test_sent(self):
        with self.dovecot.imap(self.user) as imap:
            imap.append(self.dovecot.folder("Sent"), None, None, letter(self.user, "ann@example.net"))
        self.phone_.client.send_mail(letter(self.user, "zoe@example.net"), client_id="1", save=True)
        self.assertEqual(self.collected(1), {"zoe@example.net": "zoe@example.net"})


class Off(CollectCase):
    options = {"plugin": {"dovetail_collect": "no"}}

    def test_off(self):
        self.submit(["zoe@example.net"], letter(self.user, "zoe@example.net"))
        self.phone_.client.send_mail(letter(self.user, "zoe@example.net"), client_id="1")
        self.assertEqual(len(self.dovecot.mta.wait(2)), 2)
        time.sleep(0.3)
        self.assertEqual(self.collected(), {})
