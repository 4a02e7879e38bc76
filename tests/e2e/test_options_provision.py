# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""OPTIONS (MS-ASHTTP 2.2.3, 2.2.4, 3.2.5.2) and Provision (MS-ASPROV)."""

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.wbxml import E

COMMANDS = {"Sync", "SendMail", "SmartForward", "SmartReply", "GetAttachment", "FolderSync",
            "FolderCreate", "FolderDelete", "FolderUpdate", "MoveItems", "GetItemEstimate",
            "MeetingResponse", "Search", "Settings", "Ping", "ItemOperations", "Provision",
            "ResolveRecipients", "ValidateCert"}


class OptionsCommand(TestCase):
    core = True
    storage = False

    def test_headers(self):
        answer = self.client().options()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, b"")
        head = answer.headers
        self.assertEqual(tuple(head["MS-ASProtocolVersions"].replace(" ", "").split(",")), eas.VERSIONS)
        offered = set(head["MS-ASProtocolCommands"].replace(" ", "").split(","))
        self.assertLessEqual(COMMANDS - {"MeetingResponse"}, offered)
        self.assertTrue(head["MS-Server-ActiveSync"])
        for name in ("Allow", "Public"):
            self.assertEqual(set(head[name].replace(" ", "").split(",")), {"OPTIONS", "POST"})

    def test_login_is_needed(self):
        answer = self.client().options(auth=False)
        self.assertEqual(answer.status, 401)
        self.assertNotIn("MS-ASProtocolVersions", answer.headers)

    def test_commands_are_implemented(self):
        """What OPTIONS offers is not answered with "no such command"."""
        client = self.client()
        offered = client.options().headers["MS-ASProtocolCommands"].replace(" ", "").split(",")
        for command in offered:
            if command in eas.COMMAND_CODES:
                with self.subTest(command=command):
                    self.assertNotIn(client.post(command).status, (404, 501, 500))


class Provision(TestCase):
    core = True
    storage = False

    def test_both_phases(self):
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                client = self.client(version=version)
                first = client.call("Provision", client.provision_request()).node
                self.assertEqual(first.get("Status"), "1")
                policy = first.find("Policies/Policy")
                self.assertEqual(policy.get("PolicyType"), client.policy_type)
                self.assertEqual(policy.get("Status"), "1")
                temporary = policy.get("PolicyKey")
                self.assertTrue(0 < int(temporary) < 2 ** 32)
                self._check_document(client, policy)
                if client.v >= (14, 1):
                    self.assertEqual(first.get("Settings:DeviceInformation/Settings:Status"), "1")
                client.policy_key = temporary
                second = client.call("Provision", client.provision_request(temporary, "1")).node
                self.assertEqual((second.get("Status"), second.get("Policies/Policy/Status")), ("1", "1"))
                final = second.get("Policies/Policy/PolicyKey")
                self.assertNotEqual(final, temporary)
                self.assertTrue(0 < int(final) < 2 ** 32)
                self.assertFalse(second.has("Policies/Policy/Data"))
                client.policy_key = final
                self.assertEqual(client.folder_sync("0").get("Status"), "1")

    def _check_document(self, client, policy):
        if client.v < (12, 0):
            self.assertIn("wap-provisioningdoc", policy.get("Data"))
            return
        document = policy.find("Data/EASProvisionDoc")
        self.assertIsNotNone(document)
        self.assertGreater(len(document), 0)
        self.assertEqual(document.get("DevicePasswordEnabled", "0"), "0",
                         "a policy asks for nothing by default")
        # MS-ASPROV 3.2.5.1.1: what is not set (any more) is an empty element
        for name in ("MinDevicePasswordLength", "MaxInactivityTimeDeviceLock", "MaxDevicePasswordFailedAttempts",
                     "MaxAttachmentSize", "DevicePasswordExpiration"):
            self.assertTrue(document.has(name) and not document.get(name), name)
        self.assertFalse(document.has("MinDevicePasswordComplexCharacters"), "this one cannot be empty")
        if client.v < (12, 1):
            late = {"AllowCamera", "AllowWiFi", "AllowBluetooth", "AllowBrowser"} & set(document.tags())
            self.assertFalse(late, "elements of 12.1 in a document for 12.0")

    def test_key_is_remembered(self):
        """The final key is the same device's until something changes."""
        client = self.client()
        client.provision()
        for _ in range(3):
            self.assertEqual(client.folder_sync().get("Status"), "1")

    def test_wrong_acknowledgement(self):
        """MS-ASPROV 2.2.2.54.1: 5, the client acknowledges a wrong policy."""
        client = self.client(version="14.1")
        first = client.call("Provision", client.provision_request()).node
        wrong = str(int(first.get("Policies/Policy/PolicyKey")) ^ 1)
        node = client.call("Provision", client.provision_request(wrong, "1")).node
        self.assertEqual(node.get("Policies/Policy/Status"), "5")
        self.assertFalse(node.has("Policies/Policy/PolicyKey"))

    def test_unknown_policy_type(self):
        """MS-ASPROV 2.2.2.54.1: 3, unknown PolicyType."""
        client = self.client(version="14.1")
        node = client.call("Provision", E("Provision:Provision", client.device_information(), E(
            "Policies", E("Policy", E("PolicyType", "MS-Unknown"))))).node
        self.assertEqual(node.get("Policies/Policy/Status"), "3")

    def test_protocol_error(self):
        """MS-ASPROV 2.2.2.54.2: 2, protocol error."""
        client = self.client(version="14.1")
        answer = client.post("Provision", E("Provision:Provision", E("Policies")))
        if answer.status == 200:
            self.assertIn(answer.node.get("Status"), ("2", "103"))
        else:
            self.assertEqual(answer.status, 400)


class RequiredProvision(TestCase):
    options = {"plugin": {"dovetail_require_provision": "yes"}}

    def test_not_provisioned(self):
        """449 up to 12.1, status 142 from 14.0 (MS-ASCMD 2.2.2, MS-ASPROV 3.1.5.2)."""
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                client = self.client(version=version)
                answer = client.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")))
                if client.v < (14, 0):
                    self.assertEqual(answer.status, 449)
                else:
                    self.assertEqual(answer.status, 200)
                    self.assertIn(answer.node.get("Status"), ("142", "144"))
                client.provision()
                self.assertEqual(client.folder_sync("0").get("Status"), "1")

    def test_stale_key(self):
        client = self.client(version="14.1")
        client.provision()
        client.policy_key = "12345678"
        answer = client.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")))
        self.assertIn(answer.node.get("Status"), ("142", "143", "144"))

    def test_options_needs_no_policy(self):
        self.assertEqual(self.client().options().status, 200)


class DeviceIdentity(TestCase):
    def test_missing_device_id(self):
        """MS-ASCMD 2.2.2: 108, or 400 before 14.0."""
        for version in ("12.1", "14.1"):
            with self.subTest(version=version):
                client = self.client(version=version)
                client.query = lambda command, params: eas.PATH + "?Cmd=FolderSync&User=u&DeviceType=T"
                answer = client.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")))
                if answer.status == 200:
                    self.assertEqual(answer.node.get("Status"), "108")
                else:
                    self.assertEqual(answer.status, 400)

    def test_user_parameter_is_a_claim(self):
        """D11: identity comes from login alone."""
        user, other = self.new_user(), self.new_user()
        self.deliver(other, "not yours")
        self.deliver(user, "yours")
        client = self.client(user, version="14.1")
        client.query = lambda command, params: "%s?Cmd=%s&User=%s&DeviceId=FORGED1&DeviceType=T" % (
            eas.PATH, command, other)
        phone = eas.Phone(client)
        phone.folder_sync()
        phone.sync()
        self.assertEqual(phone.subjects(), ["yours"])
