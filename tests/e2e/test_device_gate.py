# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate before every command: blocked and quarantined devices, remote wipe
(MS-ASPROV 3.2.5.1.2.2), a limit on devices."""

import email

from dovetail_test.case import TestCase
from dovetail_test.wbxml import E


def folder_sync(client):
    return client.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")))


def text_of(mail):
    return email.message_from_bytes(mail).get_payload(decode=True).decode()


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

    def test_resync_of_one_folder(self):
        phone = self.phone(self.user)
        self.deliver(self.user, "here")
        sent = phone.folder(type=5)
        for folder in (phone.inbox, sent, phone.inbox, sent):
            phone.sync(folder)
        key = phone.keys[sent]
        self.dovecot.doveadm("dovetail", "device", "resync", "-u", self.user, phone.client.device_id, "INBOX")
        phone.sync(sent)
        self.assertEqual((phone.resyncs, phone.keys[sent]), (0, key))
        phone.sync()
        self.assertEqual((phone.resyncs, phone.subjects()), (1, ["here"]))
        with self.assertRaises(Exception):
            self.dovecot.doveadm("dovetail", "device", "resync", "-u", self.user, phone.client.device_id, "None")

    def traced(self, since=0):
        return [line.split("trace ", 1)[1] for line in self.dovecot.read_log("info.log")[since:].splitlines()
                if "trace %s " % self.device_id in line]

    def test_trace(self):
        """On and off while the device is at work; without what people wrote unless that is asked for."""
        phone, other = self.phone(self.user), self.phone(self.user)
        self.device_id = phone.client.device_id
        self.deliver(self.user, "a secret subject")
        self.dovecot.doveadm("dovetail", "device", "trace", "-u", self.user, self.device_id, "on")
        phone.sync()
        other.sync()
        lines = self.traced()
        text = "\n".join(lines)
        for part in ("> Sync 16.1", "<SyncKey>0</SyncKey>", "< <Sync", "<Status>1</Status>", "ServerId"):
            self.assertIn(part, text)
        self.assertNotIn("secret", text)
        self.assertNotIn(other.client.device_id, text)
        self.dovecot.doveadm("dovetail", "device", "trace", "-u", self.user, self.device_id, "full")
        phone.forget(phone.inbox)
        phone.sync()
        self.assertIn("a secret subject", "\n".join(self.traced()))
        phone.client.item_operations(phone.client.fetch(phone.inbox, next(iter(phone.items[phone.inbox]))))
        self.assertIn("> ItemOperations 16.1", "\n".join(self.traced()))
        self.dovecot.doveadm("dovetail", "device", "trace", "-u", self.user, self.device_id, "off")
        count = len(self.traced())
        phone.sync()
        self.assertEqual(len(self.traced()), count)

    def test_nobody_asked_for_a_wipe(self):
        node = provision(self.phone(self.user).client, E("RemoteWipe", E("Status", "1")))
        self.assertEqual(node.get("Status"), "2")


class Quarantine(TestCase):
    options = {"plugin": {"dovetail_default_access": "quarantine", "dovetail_max_devices": "2",
                          "dovetail_device_admin": "admin@example.net", "dovetail_device_quarantine_text": "Ask 4711."}}

    def test_quarantine_and_limit(self):
        user = self.new_user()
        clients = [self.client(user) for _ in range(3)]
        self.assertEqual(folder_sync(clients[0]).node.get("Status"), "129")
        self.assertEqual(folder_sync(clients[1]).node.get("Status"), "129")
        self.assertEqual(folder_sync(clients[2]).node.get("Status"), "177")
        self.dovecot.doveadm("dovetail", "device", "allow", "-u", user, clients[0].device_id)
        self.assertEqual(folder_sync(clients[0]).node.get("Status"), "1")

    def told(self, user):
        """The mails about devices in the user's INBOX"""
        imap = self.imap(user)
        imap.select("INBOX")
        numbers = imap.search(None, "SUBJECT", '"waits for permission"')[1][0].split()
        return [text_of(imap.fetch(number, "(BODY.PEEK[])")[1][0][1]) for number in numbers]

    def test_user_and_administrator_are_told_once(self):
        user = self.new_user()
        client = self.client(user, device_type="LabPhone")
        for _ in range(2):
            self.assertEqual(folder_sync(client).node.get("Status"), "129")
        (mail,) = self.told(user)
        for part in (user, client.device_id, "LabPhone", "Ask 4711."):
            self.assertIn(part, mail)
        (mail,) = self.dovecot.mta.wait()
        self.assertEqual((mail.sender, mail.recipients), ("admin@example.net", ["admin@example.net"]))
        self.assertIn("device allow -u %s %s" % (user, client.device_id), text_of(mail.data))
        # forgotten, it is new again
        self.dovecot.doveadm("dovetail", "device", "remove", "-u", user, client.device_id)
        self.assertEqual(folder_sync(client).node.get("Status"), "129")
        self.assertEqual(len(self.told(user)), 2)

    def test_administrator_cannot_be_told(self):
        """The device is refused as ever, its user told once; the mail system is not asked for each request."""
        user = self.new_user()
        client = self.client(user)
        self.dovecot.mta.fail_mail = "451 4.3.0 not now"
        for _ in range(2):
            self.assertEqual(folder_sync(client).node.get("Status"), "129")
        self.assertEqual(len(self.told(user)), 1)
        self.dovecot.mta.clear()
        self.assertEqual(folder_sync(client).node.get("Status"), "129")
        self.assertEqual(self.dovecot.mta.mails, [])


class Rules(TestCase):
    options = {"plugin": {
        "dovetail_device_rules": "type:Old*=block os:TestOS?1&type:Strict*=quarantine model:Model?T&type:Lab*=allow "
                                 "type:Lab*=quarantine"}}

    def test_by_type(self):
        user = self.new_user()
        old, new = self.client(user, device_type="OldPhone"), self.client(user)
        self.assertEqual(folder_sync(old).node.get("Status"), "129")
        self.assertEqual(folder_sync(new).node.get("Status"), "1")
        # what is decided for this one device counts more
        self.dovecot.doveadm("dovetail", "device", "allow", "-u", user, old.device_id)
        self.assertEqual(folder_sync(old).node.get("Status"), "1")
        self.dovecot.doveadm("dovetail", "device", "block", "-u", user, new.device_id)
        self.assertEqual(folder_sync(new).node.get("Status"), "129")

    def test_by_what_a_device_tells(self):
        """In quarantine until its model is known; refused as soon as its OS is known."""
        user = self.new_user()
        lab = self.client(user, device_type="LabPhone")
        self.assertEqual(folder_sync(lab).node.get("Status"), "129")
        self.assertEqual(lab.post("Provision", lab.provision_request()).node.get("Status"), "1")
        self.assertEqual(folder_sync(lab).node.get("Status"), "1")
        client = self.client(user, device_type="StrictPhone")
        self.assertEqual(folder_sync(client).node.get("Status"), "1")
        answer = client.post("Settings", E("Settings:Settings", client.device_information()))
        self.assertEqual(answer.node.get("Status"), "129")
        self.assertEqual(folder_sync(client).node.get("Status"), "129")
