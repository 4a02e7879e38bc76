# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings, ResolveRecipients, ValidateCert (MS-ASCMD 2.2.1.18, 2.2.1.15, 2.2.1.22)."""

import subprocess

from dovetail_test.case import TestCase
from dovetail_test.wbxml import E

VERSIONS = ("12.0", "12.1", "14.0", "14.1", "16.0", "16.1")


class Settings(TestCase):
    core = True
    storage = False

    def ready(self, version="14.1", user=None):
        client = self.client(user, version=version)
        client.provision()
        return client

    def test_device_information(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                client = self.ready(version)
                node = client.settings(client.device_information())
                self.assertEqual(node.get("Status"), "1")
                self.assertEqual(node.get("DeviceInformation/Set/Status", node.get("DeviceInformation/Status")), "1")

    def test_user_information(self):
        """EmailAddresses up to 14.0, Accounts from 14.1 (MS-ASCMD 2.2.3.192)."""
        for version in VERSIONS:
            with self.subTest(version=version):
                user = self.new_user()
                node = self.ready(version, user).settings(E("UserInformation", E("Get")))
                self.assertEqual(node.get("UserInformation/Status"), "1")
                get = node.find("UserInformation/Get")
                top = get if version < "14.1" else get.find("Accounts/Account")
                addresses = [n.text for n in top.find("EmailAddresses")]
                self.assertIn(user, addresses)
                if version >= "14.1":
                    self.assertEqual(top.get("EmailAddresses/PrimarySmtpAddress"), user)

    def test_device_password(self):
        """Refused properly: we keep no device passwords (2.2.3.177.14)."""
        node = self.ready().settings(E("DevicePassword", E("Set", E("Password", "1234"))))
        self.assertEqual(node.get("Status"), "1")
        self.assertEqual(node.get("DevicePassword/Status"), "7")

    def test_unknown(self):
        answer = self.ready().post("Settings", E("Settings:Settings"))
        self.assertEqual((answer.status, answer.node.get("Status")), (200, "2"))


class OutOfOffice(TestCase):
    MESSAGES = (("AppliesToInternal", "away ä"), ("AppliesToExternalKnown", "away"), ("AppliesToExternalUnknown", "away"))

    def get(self, client):
        node = client.settings(E("Oof", E("Get", E("BodyType", "Text"))))
        self.assertEqual(node.get("Status"), "1")
        return node.find("Oof")

    def set(self, client, state, *dates):
        messages = [E("OofMessage", E(who), E("Enabled", "1"), E("ReplyMessage", text), E("BodyType", "Text"))
                    for who, text in self.MESSAGES] if state != "0" else []
        node = client.settings(E("Oof", E("Set", E("OofState", state), *dates, *messages)))
        self.assertEqual(node.get("Status"), "1")
        return node.get("Oof/Status")

    def test_round(self):
        user = self.new_user()
        client = self.client(user, version="14.1")
        client.provision()
        oof = self.get(client)
        self.assertEqual(oof.get("Status"), "1")
        self.assertEqual(oof.get("Get/OofState"), "0")
        self.assertEqual(self.set(client, "1"), "1")
        oof = self.get(client)
        self.assertEqual(oof.get("Get/OofState"), "1")
        self.assertIn("away ä", [n.text for n in oof.findall("Get/OofMessage/ReplyMessage")])
        self.deliver(user, "are you there?", headers="Content-Type: text/plain\r\n", sender="friend@example.net")
        (mail,) = self.dovecot.mta.wait(1)
        self.assertEqual(mail.recipients, ["friend@example.net"])
        self.assertEqual(self.set(client, "0"), "1")
        self.assertEqual(self.get(client).get("Get/OofState"), "0")

    def test_time_based(self):
        client = self.client(version="14.1")
        client.provision()
        status = self.set(client, "2", E("StartTime", "2027-01-01T00:00:00.000Z"),
                          E("EndTime", "2027-01-10T00:00:00.000Z"))
        self.assertEqual(status, "1")
        oof = self.get(client)
        self.assertEqual(oof.get("Get/OofState"), "2")
        self.assertTrue(oof.get("Get/StartTime").startswith("2027-01-01"))
        self.assertTrue(oof.get("Get/EndTime").startswith("2027-01-10"))


class People(TestCase):
    def test_resolve(self):
        """MS-ASCMD 2.2.3.177.13: one match 1, several 2, none 4."""
        user = self.new_user()
        for version in VERSIONS:
            with self.subTest(version=version):
                client = self.client(user, version=version)
                client.provision()
                node = client.resolve_recipients("u123@example.org", "no.such.person@example.org", "u12")
                self.assertEqual(node.get("Status"), "1")
                found, none, many = node.findall("Response")
                self.assertEqual((found.get("To"), found.get("Status")), ("u123@example.org", "1"))
                self.assertEqual(found.get("RecipientCount"), "1")
                self.assertEqual(found.get("Recipient/EmailAddress"), "u123@example.org")
                self.assertEqual(found.get("Recipient/Type"), "1")
                self.assertEqual(none.get("Status"), "4")
                self.assertEqual(many.get("Status"), "2")

    def test_validate_cert(self):
        """MS-ASCMD 2.2.3.177.18: an untrusted one is not 1; nonsense neither."""
        client = self.client(version="14.1")
        client.provision()
        der = subprocess.run(["openssl", "x509", "-in", self.dovecot.path("cert.pem"), "-outform", "DER"],
                             check=True, stdout=subprocess.PIPE).stdout
        node = client.validate_cert(der)
        self.assertEqual(node.get("Status"), "1")
        self.assertNotEqual(node.get("Certificate/Status"), "1", "a self-signed certificate is not trusted")
        node = client.validate_cert(b"nonsense")
        self.assertNotEqual(node.get("Certificate/Status"), "1")
