# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The Directory behind GAL searches: Dovecot's users, or a file of the site
(R23, R24, R26)."""

import os
import tempfile

from dovetail_test.case import TestCase


class Gal(TestCase):
    """What the phone finds: {address: properties}"""

    def found(self, text, user="anna@example.org"):
        client = self.client(user, version="14.1")
        client.provision()
        node = client.search_gal(text)
        self.assertEqual(node.get("Response/Store/Status"), "1")
        return {n.get("Properties/GAL:EmailAddress"): n
                for n in node.findall("Response/Store/Result") if len(n)}


class Auth(Gal):
    """The userdb's users, with what its extra fields tell."""
    storage = False

    core = True
    options = {
        "users": ["anna@example.org", "zora.neale@example.org", "boss@example.org",
                  "zora@other.example"],
        "passwd_fields": {
            "anna@example.org": {"userdb_dovetail_name": "Änne", "userdb_dovetail_phone": "+49-30-1"},
            "boss@example.org": {"userdb_dovetail_hidden": "yes"},
        },
    }

    def test_found(self):
        anna = self.found("anne")["anna@example.org"]
        self.assertEqual(anna.get("Properties/GAL:DisplayName"), "Änne")
        self.assertEqual(anna.get("Properties/GAL:Phone"), "+49-30-1")
        # no name known: made from the address
        (zora,) = self.found("NEALE").values()
        self.assertEqual(zora.get("Properties/GAL:DisplayName"), "Zora Neale")

    def test_not_found(self):
        self.assertEqual(self.found("boss"), {})
        # not of the own domain
        self.assertEqual(list(self.found("zora")), ["zora.neale@example.org"])
        self.assertEqual(list(self.found("zora", "zora@other.example")), ["zora@other.example"])


class File(Gal):
    """A file of the site's: also people without a mailbox here."""

    PEOPLE = ("#email\tname\tfirst_name\tlast_name\tphone\toffice\ttitle\tcompany\tmobile\thidden\n"
              "ext@partner.example\tJosé Łukasz\tJosé\tŁukasz\t1\t2.01\tChef\tACME\t0170\t\n"
              "secret@example.org\tJose Secret\t\t\t\t\t\t\t\tyes\n")

    @classmethod
    def setUpClass(cls):
        handle, cls.path = tempfile.mkstemp(prefix="dovetail-people.")
        os.close(handle)
        cls.write(cls.PEOPLE)
        cls.addClassCleanup(os.unlink, cls.path)
        cls.options = {"users": ["anna@example.org"],
                       "plugin": {"dovetail_directory": "file:" + cls.path}}
        super().setUpClass()

    @classmethod
    def write(cls, text):
        with open(cls.path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(cls.path, 0o644)

    def test_found(self):
        (one,) = self.found("lukasz jose").values()
        for name, value in (("EmailAddress", "ext@partner.example"), ("DisplayName", "José Łukasz"),
                            ("FirstName", "José"), ("LastName", "Łukasz"), ("Phone", "1"),
                            ("Office", "2.01"), ("Title", "Chef"), ("Company", "ACME"),
                            ("MobilePhone", "0170")):
            self.assertEqual(one.get("Properties/GAL:" + name), value)

    def test_changed_file(self):
        """An edit is seen without a restart."""
        self.assertEqual(self.found("newcomer"), {})
        self.write(self.PEOPLE + "new@example.org\tA Newcomer\n")
        try:
            self.assertEqual(list(self.found("newcomer")), ["new@example.org"])
        finally:
            self.write(self.PEOPLE)


del Gal                     # the base has no tests, and no Dovecot to start
