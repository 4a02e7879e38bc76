# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate before every command: blocked and quarantined devices, remote wipe
(MS-ASPROV 3.2.5.1.2.2), a limit on devices."""

from dovetail_test.case import TestCase
from dovetail_test.wbxml import E


def folder_sync(client):
    return client.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")))


def provision(client, *content):
    return client.post("Provision", E("Provision:Provision", *content)).node


class Gate(TestCase):
    def setUp(self):
        super().setUp()
        self.user = self.new_user()

    def device(self, phone, command):
        self.dovecot.doveadm("dovetail", "device", command, "-u", self.user,
                             phone.client.device_id)

    def test_block_and_allow(self):
        phone, old = self.phone(self.user), self.phone(self.user, version="12.1")
        for one in (phone, old):
            self.device(one, "block")
        self.assertEqual(folder_sync(phone.client).node.get("Status"), "129")
        self.assertEqual(folder_sync(old.client).status, 403)
        self.device(phone, "allow")
        self.assertEqual(folder_sync(phone.client).node.get("Status"), "1")

    def test_wipe(self):
        phone = self.phone(self.user)
        client = phone.client
        self.device(phone, "wipe")
        self.assertEqual(folder_sync(client).node.get("Status"), "140")
        self.assertTrue(provision(client).has("RemoteWipe"))
        failed = provision(client, E("RemoteWipe", E("Status", "2")))
        self.assertEqual(failed.get("Status"), "2")
        self.assertTrue(failed.has("RemoteWipe"))
        done = provision(client, E("RemoteWipe", E("Status", "1")))
        self.assertEqual(done.get("Status"), "1")
        self.assertEqual(folder_sync(client).node.get("Status"), "129")
        self.device(phone, "allow")
        self.assertEqual(folder_sync(client).node.get("Status"), "1")

    def test_account_wipe(self):
        """Older versions know no such thing and are only shut out."""
        new, old = self.phone(self.user, version="16.1"), self.phone(self.user, version="14.1")
        for one in (new, old):
            self.device(one, "account-wipe")
        self.assertEqual(folder_sync(new.client).node.get("Status"), "140")
        self.assertTrue(provision(new.client).has("AccountOnlyRemoteWipe"))
        self.assertEqual(folder_sync(old.client).node.get("Status"), "129")

    def test_nobody_asked_for_a_wipe(self):
        node = provision(self.phone(self.user).client, E("RemoteWipe", E("Status", "1")))
        self.assertEqual(node.get("Status"), "2")


class Quarantine(TestCase):
    options = {"plugin": {"dovetail_default_access": "quarantine", "dovetail_max_devices": "2"}}

    def test_quarantine_and_limit(self):
        user = self.new_user()
        clients = [self.client(user) for _ in range(3)]
        self.assertEqual(folder_sync(clients[0]).node.get("Status"), "129")
        self.assertEqual(folder_sync(clients[1]).node.get("Status"), "129")
        self.assertEqual(folder_sync(clients[2]).node.get("Status"), "177")
        self.dovecot.doveadm("dovetail", "device", "allow", "-u", user, clients[0].device_id)
        self.assertEqual(folder_sync(clients[0]).node.get("Status"), "1")
