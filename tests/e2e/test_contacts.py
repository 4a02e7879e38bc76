# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The Contacts class (MS-ASCNTC): phones add, change and delete contacts; people of
address books are found by Search, Find and ResolveRecipients."""

import base64
import os
import subprocess
import unittest

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.wbxml import E

# Every element (MS-ASCNTC 2.2.2) but the containers, the body and the picture
TEXTS = {
    "Contacts:" + name: "%s ä %d" % (name, n) for n, name in enumerate("""
        AssistantName AssistantPhoneNumber Business2PhoneNumber BusinessAddressCity BusinessAddressCountry
        BusinessAddressPostalCode BusinessAddressState BusinessAddressStreet BusinessFaxNumber
        BusinessPhoneNumber CarPhoneNumber CompanyName Department FileAs FirstName Home2PhoneNumber
        HomeAddressCity HomeAddressCountry HomeAddressPostalCode HomeAddressState HomeAddressStreet
        HomeFaxNumber HomePhoneNumber JobTitle LastName MiddleName MobilePhoneNumber OfficeLocation
        OtherAddressCity OtherAddressCountry OtherAddressPostalCode OtherAddressState OtherAddressStreet
        PagerNumber RadioPhoneNumber Spouse Suffix Title YomiCompanyName YomiFirstName
        YomiLastName""".split())}
TEXTS.update({"Contacts2:" + name: "%s; ö, %d" % (name, n) for n, name in enumerate(
    "CustomerId GovernmentId IMAddress IMAddress2 IMAddress3 ManagerName CompanyMainPhone AccountName NickName MMS"
    .split())})
TEXTS.update({
    "Contacts:Email1Address": "one@example.net", "Contacts:Email2Address": '"Two, T." <two@example.net>',
    "Contacts:Email3Address": "three@example.net", "Contacts:WebPage": "http://example.net/?a;b,c",
    "Contacts:Birthday": "1981-02-03T00:00:00.000Z", "Contacts:Anniversary": "2004-02-29T00:00:00.000Z"})
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(200))).decode()


def fields(texts):
    return [E(name, text) for name, text in texts.items()]


class ContactsCase(TestCase):
    def book(self, phone):
        (book,) = [f for f in phone.folders.values() if f.type == eas.CONTACTS] or [
            f for f in phone.folders.values() if f.type == 14]
        return book.server_id

    def contacts_phone(self, user=None, **kwargs):
        phone = self.phone(user, **kwargs)
        phone.sync(self.book(phone), klass="Contacts")
        return phone

    def command(self, phone, *commands, **more):
        answers = phone.sync(self.book(phone), commands=commands, klass="Contacts", **more)
        return answers[0].find("Responses") if answers and answers[0].has("Responses") else None

    def add(self, phone, *content, client_id="c1"):
        node = self.command(phone, E("AirSync:Add", E("ClientId", client_id), E("ApplicationData", *content)))
        if node.get("Add/Status") == "1":
            phone.items[self.book(phone)][node.get("Add/ServerId")] = eas.Item(E("AirSync:ApplicationData", *content))
        return node.get("Add/Status"), node.get("Add/ServerId")

    def change(self, phone, item, *content, **more):
        node = self.command(phone, E("AirSync:Change", E("ServerId", item), E("ApplicationData", *content)), **more)
        return "1" if node is None else node.get("Change/Status")

    def see(self, phone):
        phone.sync(self.book(phone), klass="Contacts")
        return phone.items[self.book(phone)]

    def body(self, phone, text):
        return E("Contacts:Body", text) if phone.client.v < (12, 0) else E(
            "AirSyncBase:Body", E("Type", "1"), E("Data", text))


class Fields(ContactsCase):
    timeout = 120

    def test_every_field_in_every_version(self):
        """Phone A adds, phone B sees the same, in each version."""
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                user = self.new_user()
                one = self.contacts_phone(user, version=version)
                status, _ = self.add(
                    one, *fields(TEXTS), E("Contacts:Children", E("Child", "Ann"), E("Child", "Bob, jr")),
                    E("Contacts:Categories", E("Category", "Red; hot"), E("Category", "Blue")),
                    E("Contacts:Picture", JPEG), self.body(one, "line one\nline two"))
                self.assertEqual(status, "1")
                two = self.contacts_phone(user, version=version)
                (item,) = self.see(two).values()
                for name, text in TEXTS.items():
                    self.assertEqual(item.get(name), text, name)
                self.assertEqual(item.get("Contacts:Picture"), JPEG)
                self.assertEqual([c.text for c in item.data.findall("Contacts:Children/Child")], ["Ann", "Bob, jr"])
                self.assertEqual([c.text for c in item.data.findall("Contacts:Categories/Category")],
                                 ["Red; hot", "Blue"])
                body = item.get("Contacts:Body" if two.client.v < (12, 0) else "AirSyncBase:Body/Data")
                self.assertEqual(body.replace("\r\n", "\n"), "line one\nline two")

    def test_a_change_of_one_field(self):
        user = self.new_user()
        one, two = self.contacts_phone(user), self.contacts_phone(user)
        _, sid = self.add(one, *fields(TEXTS))
        (item,) = self.see(two)
        changed = dict(TEXTS, **{"Contacts:HomePhoneNumber": "+1 555"})
        self.assertEqual(self.change(two, item, *fields(changed)), "1")
        self.assertEqual(self.see(one)[sid].get("Contacts:HomePhoneNumber"), "+1 555")
        self.assertEqual(self.see(one)[sid].get("Contacts:Home2PhoneNumber"), TEXTS["Contacts:Home2PhoneNumber"])

    def test_missing_fields_go_and_ghosted_ones_stay(self):
        """MS-ASCMD 2.2.3.179: without Supported what is missing goes; with it, what is not named stays."""
        user = self.new_user()
        one = self.contacts_phone(user)
        _, sid = self.add(one, E("Contacts:FirstName", "Ann"), E("Contacts:LastName", "Lee"),
                          E("Contacts:MobilePhoneNumber", "1"), E("Contacts:Spouse", "Max"),
                          E("Contacts:Picture", JPEG), self.body(one, "note"))
        ghost = self.phone(user)
        book = self.book(ghost)
        ghost.sync(book, supported=["Contacts:FirstName", "Contacts:LastName",
                                    "Contacts:MobilePhoneNumber"])
        self.assertEqual(self.change(ghost, sid, E("Contacts:FirstName", "Anna"), E("Contacts:LastName", "Lee")), "1")
        item = self.see(self.contacts_phone(user))[sid]
        self.assertEqual((item.get("Contacts:FirstName"), item.get("Contacts:MobilePhoneNumber"),
                          item.get("Contacts:Spouse")), ("Anna", None, "Max"))
        self.assertEqual(item.get("Contacts:Picture"), JPEG, "not said: it stays")
        self.assertEqual(item.get("AirSyncBase:Body/Data"), "note")
        self.see(one)
        self.assertEqual(self.change(one, sid, E("Contacts:LastName", "Lee")), "1")
        item = self.see(self.contacts_phone(user))[sid]
        self.assertEqual((item.get("Contacts:FirstName"), item.get("Contacts:Spouse")), (None, None))

    def test_delete(self):
        user = self.new_user()
        one, two = self.contacts_phone(user), self.contacts_phone(user)
        _, sid = self.add(one, E("Contacts:FirstName", "Ann"))
        self.assertEqual(len(self.see(two)), 1)
        self.command(one, E("AirSync:Delete", E("ServerId", sid)))
        del one.items[self.book(one)][sid]
        self.assertEqual(len(self.see(two)), 0)

    def test_pictures(self):
        """Above 48 KB: status 6 (2.2.2.58). An empty one removes, but not from an iPhone."""
        user = self.new_user()
        one = self.contacts_phone(user)
        big = base64.b64encode(b"\xff\xd8\xff" + b"x" * 36900).decode()
        self.assertGreater(len(big), 48 * 1024)
        self.assertEqual(self.add(one, E("Contacts:FirstName", "Big"), E("Contacts:Picture", big))[0], "6")
        self.assertEqual(self.add(one, E("Contacts:FirstName", "Bad"), E("Contacts:Picture", "!"),
                                  client_id="c2")[0], "6")
        fits = base64.b64encode(b"\xff\xd8\xff" + b"x" * 36861).decode()
        self.assertEqual(len(fits), 48 * 1024)
        status, sid = self.add(one, E("Contacts:FirstName", "Fits"), E("Contacts:Picture", fits), client_id="c3")
        self.assertEqual(status, "1")
        iphone = self.phone(user, user_agent="Apple-iPhone12C1/2109.100")
        iphone.sync(self.book(iphone))
        self.assertEqual(self.change(iphone, sid, E("Contacts:FirstName", "Still"), E("Contacts:Picture")), "1")
        item = self.see(self.contacts_phone(user))[sid]
        self.assertEqual((item.get("Contacts:FirstName"), item.get("Contacts:Picture")), ("Still", fits))
        self.see(one)
        self.assertEqual(self.change(one, sid, E("Contacts:FirstName", "Gone"), E("Contacts:Picture")), "1")
        self.assertIsNone(self.see(self.contacts_phone(user))[sid].get("Contacts:Picture"))

    def test_dates(self):
        """A day is a day, at whatever hour a phone writes it; each gets back its own."""
        user = self.new_user()
        one = self.contacts_phone(user)
        for n, (sent, day) in enumerate((("1990-05-12T11:59:00.000Z", "1990-05-12"),
                                         ("1990-05-11T22:00:00.000Z", "1990-05-12"),
                                         ("1604-05-12T00:00:00.000Z", "1604-05-12"))):
            status, sid = self.add(one, E("Contacts:FirstName", "d%d" % n), E("Contacts:Birthday", sent),
                                   client_id="d%d" % n)
            self.assertEqual(status, "1")
            iphone = self.phone(user, user_agent="Apple-iPhone12C1/2109.100")
            iphone.sync(self.book(iphone))
            self.assertEqual(iphone.items[self.book(iphone)][sid].get("Contacts:Birthday"), day + "T00:00:00.000Z")
            self.assertEqual(self.see(self.contacts_phone(user))[sid].get("Contacts:Birthday"), sent)
        for wrong in ("yesterday", "1990-05-12", "1990-13-12T00:00:00.000Z"):
            self.assertEqual(self.add(one, E("Contacts:Birthday", wrong), client_id=wrong)[0], "6")


class People(ContactsCase):
    def book_of_two(self, user):
        phone = self.contacts_phone(user)
        self.add(phone, E("Contacts:FirstName", "Zoë"), E("Contacts:LastName", "Quill"),
                 E("Contacts:Email1Address", "zoe@example.net"), E("Contacts:Email2Address", "z.quill@example.net"),
                 E("Contacts:CompanyName", "Inkwell"), E("Contacts:JobTitle", "Scribe"),
                 E("Contacts:OfficeLocation", "B 2"), E("Contacts:BusinessPhoneNumber", "+1 2"),
                 E("Contacts:HomePhoneNumber", "+1 3"), E("Contacts:MobilePhoneNumber", "+1 4"),
                 E("Contacts:Picture", JPEG))
        self.add(phone, E("Contacts:FirstName", "Quentin"), E("Contacts:LastName", "Zimm"),
                 E("Contacts:Email1Address", "ZOE@example.net"), client_id="c2")
        return phone

    def test_search_and_find(self):
        user = self.new_user()
        phone = self.book_of_two(user)
        for call in (phone.client.search_gal, phone.client.find_gal):
            with self.subTest(call=call.__name__):
                node = call("quill")
                results = [r.find("Properties") for r in node.findall(
                    "Response/Store/Result" if node.tag == "Search" else "Response/Result")]
                self.assertEqual(sorted(r.get("GAL:EmailAddress") for r in results),
                                 ["z.quill@example.net", "zoe@example.net"])
                for tag, text in (("DisplayName", "Zoë Quill"), ("FirstName", "Zoë"), ("LastName", "Quill"),
                                  ("Company", "Inkwell"), ("Title", "Scribe"), ("Office", "B 2"), ("Phone", "+1 2"),
                                  ("HomePhone", "+1 3"), ("MobilePhone", "+1 4")):
                    self.assertEqual(results[0].get("GAL:" + tag), text, tag)
        # one person an address, whoever has it; total is right
        node = phone.client.search_gal("zoe")
        self.assertEqual(node.get("Response/Store/Total"), "2")
        # accents and letter case do not matter; the directory's people are there beside
        self.assertEqual(phone.client.search_gal("ZOE qui").get("Response/Store/Total"), "2")
        self.assertNotEqual(phone.client.search_gal("u00").get("Response/Store/Total"), "0")

    def test_photo(self):
        user = self.new_user()
        phone = self.book_of_two(user)
        node = phone.client.call("Search", E("Search:Search", E("Store", E("Name", "GAL"), E("Query", "inkwell"), E(
            "Options", E("Range", "0-9"), E("Picture", E("MaxPictures", "1")))))).node
        pictures = node.findall("Response/Store/Result/Properties/GAL:Picture")
        self.assertEqual([p.get("Status") for p in pictures], ["1", "175"])
        self.assertEqual(pictures[0].get("Data"), JPEG)

    def test_resolve(self):
        user = self.new_user()
        phone = self.book_of_two(user)
        node = phone.client.resolve_recipients("z.quill@example.net", "nobody@example.net", "Inkwell")
        self.assertEqual([r.get("Status") for r in node.findall("Response")], ["1", "4", "2"])
        (one,) = node.findall("Response")[0].findall("Recipient")
        self.assertEqual((one.get("Type"), one.get("DisplayName"), one.get("EmailAddress")),
                         ("2", "Zoë Quill", "z.quill@example.net"))


class ImportExport(ContactsCase):
    """doveadm dovetail import and export."""

    def doveadm(self, user, *words, text=None, code=0):
        done = subprocess.run(["doveadm", "-c", self.dovecot.conf, "dovetail", words[0], "-u", user, *words[1:]],
                              input=None if text is None else text.encode(), capture_output=True, timeout=60,
                              env=dict(os.environ, **self.dovecot.sanitizer))
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def cards(self, *numbers):
        return "".join("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Person %d\r\nN:%d;Person;;;\r\nEMAIL:p%d@example.net\r\n"
                       "UID:u%d\r\nX-OWN:kept\r\nEND:VCARD\r\n" % (n, n, n, n) for n in numbers)

    def test_contacts(self):
        user = self.new_user()
        phone = self.contacts_phone(user)
        out, _ = self.doveadm(user, "import", "-", text=self.cards(*range(1200)))
        self.assertEqual(out.split(), ["imported=1200", "failed=0"])
        # again: the same UIDs are the same contacts
        self.doveadm(user, "import", "-", text=self.cards(*range(1200)))
        self.assertEqual(len(self.see(phone)), 1200)
        out, _ = self.doveadm(user, "export", "contacts")
        self.assertEqual(out.replace("\r\n", "\n").strip(), self.cards(*range(1200)).replace("\r\n", "\n").strip())

    def test_bad_ones_are_named_and_the_others_go_on(self):
        user = self.new_user()
        text = self.cards(1) + "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:No UID\r\nEND:VCARD\r\n" + self.cards(2)
        self.doveadm(user, "import", "-", text=text)
        self.doveadm(user, "import", "-", text=text)
        self.assertEqual(len(self.see(self.contacts_phone(user))), 3)
        _, error = self.doveadm(user, "import", "-", text="nothing of the kind\n", code=65)
        self.assertIn("no vCard", error)
        self.doveadm(user, "import", "-", "No such folder", text=text, code=68)

    def test_groups_are_kept_and_not_shown(self):
        user = self.new_user()
        group = "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\nFN:Team\r\nMEMBER:mailto:a@b\r\nUID:g\r\nEND:VCARD\r\n"
        self.doveadm(user, "import", "-", text=group + self.cards(1))
        (item,) = self.see(self.contacts_phone(user)).values()
        self.assertEqual(item.get("Contacts:FirstName"), "Person")
        self.assertIn("KIND:group", self.doveadm(user, "export", "contacts")[0])


if __name__ == "__main__":
    unittest.main()
