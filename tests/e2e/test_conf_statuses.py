# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the MS-AS* documents have servers answer to requests that are wrong,
incomplete or at a limit: folders, GetItemEstimate, Ping, Sync, Provision and
the HTTP head. Each line is a request and the status it must get."""

from dovetail_test import eas, wbxml
from dovetail_test.case import TestCase
from dovetail_test.wbxml import E

NAME_33 = "123456789ABCDEFGHIJKLMNOPQRSTUVWX"


def options(*content):
    return E("AirSync:Options", *content)


class Folders(TestCase):
    """MS-ASCMD 2.2.3.177.3 - .6"""

    def setUp(self):
        super().setUp()
        self.phone_ = self.phone()
        self.c = self.phone_.client

    def status(self, command, *content):
        node = self.c.call(command, E("FolderHierarchy:" + command, *content)).node
        if node.get("Status") != "1":
            self.assertEqual(node.tags(), ["Status"], "a failure has no SyncKey and no ServerId")
        return node.get("Status")

    def create(self, key, parent="0", name="new", kind=eas.USER_MAIL):
        return self.status("FolderCreate", key and E("SyncKey", key), E("ParentId", parent),
                           E("DisplayName", name), E("Type", kind))

    def test_create(self):
        key = self.c.folder_key
        self.assertEqual(self.create(key, kind=eas.INBOX), "10")
        self.assertEqual(self.create(key, kind=19), "3", "recipient information cache")
        self.assertEqual(self.create(key, parent="RI"), "3")
        self.assertEqual(self.create(key, parent="InvalidParentId"), "5")
        self.assertEqual(self.create(key, name=""), "10")
        self.assertEqual(self.create("InvalidFolderSyncKey"), "9")
        self.assertEqual(self.create(None), "10")
        self.assertEqual(self.create(key), "1")

    def test_update(self):
        sid = self.c.folder_create("first").get("ServerId")
        sent = self.phone_.folder(type=eas.SENT)
        self.assertEqual(self.c.folder_update(self.phone_.inbox, "Notes").get("Status"), "2")
        self.assertEqual(self.c.folder_update("InvalidServerId", "x").get("Status"), "4")
        self.assertEqual(self.c.folder_update(sid, "x", "InvalidParentId").get("Status"), "5")
        self.assertEqual(self.c.folder_update("RI", "x", "RI").get("Status"), "3")
        self.assertEqual(self.status("FolderUpdate", E("ServerId", sid), E("ParentId", "0"),
                                     E("DisplayName", "x")), "10")
        self.assertEqual(self.c.folder_update(sid, "first", sent).get("Status"), "1")
        again = self.c.folder_create("first").get("ServerId")
        self.assertEqual(self.c.folder_update(again, "first", sent).get("Status"), "2")
        self.assertEqual(self.c.folder_sync().get("Changes/Count"), "0", "own changes are known")

    def test_delete(self):
        sid = self.c.folder_create("first").get("ServerId")
        self.assertEqual(self.c.folder_delete(self.phone_.inbox).get("Status"), "3")
        self.assertEqual(self.c.folder_delete("RI").get("Status"), "3")
        self.assertEqual(self.c.folder_delete("InvalidServerId").get("Status"), "4")
        self.assertEqual(self.status("FolderDelete", E("SyncKey", ""), E("ServerId", sid)), "9")
        self.assertEqual(self.status("FolderDelete", E("ServerId", sid)), "10")
        self.assertEqual(self.c.folder_delete(sid).get("Status"), "1")

    def test_sync(self):
        self.assertEqual(self.status("FolderSync", E("SyncKey")), "9")
        self.assertEqual(self.status("FolderSync"), "10")


class Estimate(TestCase):
    """MS-ASCMD 2.2.1.9, 2.2.3.68.1, 2.2.3.177.7"""

    def setUp(self):
        super().setUp()
        user = self.new_user()
        self.deliver(user, "one")
        phone = self.phone(user)
        self.c, self.inbox = phone.client, phone.inbox
        self.key = self.c.sync(self.c.collection(self.inbox, "0")).get("Collections/Collection/SyncKey")

    def collection(self, *content, key=None, folder=None):
        return E("GetItemEstimate:Collection", E("AirSync:SyncKey", key or self.key),
                 E("CollectionId", folder or self.inbox), *content)

    def estimate(self, *collections):
        node = self.c.call("GetItemEstimate", E("GetItemEstimate:GetItemEstimate",
                                                E("Collections", *collections))).node
        return node.get("Status"), [r.get("Status") for r in node.findall("Response")]

    def one(self, *content, **kwargs):
        return self.estimate(self.collection(*content, **kwargs))

    def test_filter(self):
        for filter, expected in ((0, (None, ["1"])), (5, (None, ["1"])), (6, ("110", [])), (7, ("110", [])),
                                 (8, ("110", [])), (9, (None, ["103"])), (100, (None, ["103"]))):
            with self.subTest(filter=filter):
                self.assertEqual(self.one(options(E("FilterType", filter))), expected)

    def test_collections(self):
        self.assertEqual(self.estimate(self.collection(), self.collection(folder="Invalid")), (None, ["1", "2"]))
        self.assertEqual(self.one(key="0"), (None, ["3"]))
        self.assertEqual(self.one(key="InvalidSyncKey"), (None, ["4"]))
        self.assertEqual(self.estimate(*[self.collection()] * 1001), ("103", []))

    def test_classes(self):
        def classes(*names):
            return self.one(*[options(E("Class", name)) for name in names])
        self.assertEqual(classes("Email", "SMS"), (None, ["1"]))
        self.assertEqual(classes("Tasks", "Contacts"), ("4", []))


class Ping(TestCase):
    """MS-ASCMD 2.2.3.177.11"""

    def test_statuses(self):
        user = self.new_user()
        c = self.client(user)
        c.provision()
        self.assertEqual(c.ping(["1"], heartbeat=60).get("Status"), "7", "no FolderSync yet")
        phone = self.phone(user)
        phone.sync()
        c, inbox = phone.client, phone.inbox
        self.assertEqual(c.ping().get("Status"), "3")
        self.assertEqual(c.ping(heartbeat=80).get("Status"), "3")
        self.assertEqual(c.call("Ping", E("Ping:Ping")).node.get("Status"), "4")
        self.assertEqual(c.ping([inbox], heartbeat="soon").get("Status"), "4")
        for wrong, limit in ((-100, "60"), (0, "60"), (59, "60"), (6000000, "3540")):
            node = c.ping([inbox], heartbeat=wrong)
            self.assertEqual((node.get("Status"), node.get("HeartbeatInterval")), ("5", limit))
        self.deliver(user, "new")
        self.assertEqual(c.ping([inbox], heartbeat=80).get("Folders/Folder"), inbox)
        self.assertEqual(c.ping([inbox]).get("Status"), "2", "the heartbeat is remembered")
        self.assertEqual(c.ping().get("Status"), "2", "and the folders")

    def test_own_move_is_a_change_of_the_target(self):
        user = self.new_user()
        self.deliver(user, "moved")
        phone = self.phone(user)
        c = phone.client
        target = c.folder_create("target").get("ServerId")
        phone.sync()
        phone.sync(target)
        c.move_items((phone.by_subject("moved"), phone.inbox, target))
        self.assertEqual(c.ping([target], heartbeat=80).get("Status"), "2")


class Sync(TestCase):
    """MS-ASCMD 2.2.3.177.17"""

    def setUp(self):
        super().setUp()
        user = self.new_user()
        self.deliver(user, "one")
        phone = self.phone(user)
        self.c, self.inbox = phone.client, phone.inbox

    def statuses(self, *collections, **top):
        node = self.c.sync(*collections, **top)
        return node.get("Status"), node.get("Collections/Collection/Status")

    def key(self):
        return self.c.sync(self.c.collection(self.inbox, "0")).get("Collections/Collection/SyncKey")

    def test_key_zero(self):
        c = self.c
        self.assertEqual(self.statuses(c.collection(self.inbox, "0", get_changes=True)), ("4", None))
        self.assertEqual(self.statuses(c.collection(self.inbox, "0", get_changes=False)), (None, "1"))
        for content, expected in ((E("GetChanges"), ("4", None)), (E("Commands"), (None, "1"))):
            self.assertEqual(self.statuses(E("AirSync:Collection", E("SyncKey", "0"),
                                             E("CollectionId", self.inbox), content)), expected)

    def test_missing_parts(self):
        c = self.c
        self.assertEqual(c.call("Sync", E("AirSync:Sync")).node.get("Status"), "4")
        self.assertEqual(c.call("Sync").node.get("Status"), "13")
        self.assertEqual(self.statuses(partial=True), ("13", None))
        self.assertEqual(self.statuses(E("AirSync:Collection", E("SyncKey", "0"))), ("4", None))
        self.assertEqual(self.statuses(E("AirSync:Collection", E("CollectionId", self.inbox))), ("4", None))
        key = self.key()
        for command in (E("AirSync:Change", E("ApplicationData", E("Email:Read", "1"))),
                        E("AirSync:Delete"), E("AirSync:Fetch"), eas.read("")):
            self.assertEqual(self.statuses(c.collection(self.inbox, key, commands=[command])), ("4", None))

    def test_options(self):
        key, c = self.key(), self.c
        for expected, blocks in (
                ("4", [[E("Class", "Email")], [E("Class", "Email")]]),
                ("4", [[E("Class", "Calendar")], [E("Class", "Tasks")]]),
                ("4", [[E("FilterType", 6)]]), ("4", [[E("FilterType", 8)]]), ("4", [[E("FilterType", 9)]]),
                ("4", [[E("MIMETruncation", 9)]]), ("4", [[E("MIMESupport", 3)]]),
                ("4", [[E("AirSyncBase:BodyPreference", E("Type", 9))]]),
                ("4", [[E("AirSyncBase:BodyPreference", E("TruncationSize", 9))]]),
                ("164", [[E("AirSyncBase:BodyPartPreference", E("Type", 3))]])):
            with self.subTest(expected=expected, blocks=blocks):
                self.assertEqual(self.statuses(c.collection(
                    self.inbox, key, options=[options(*b) for b in blocks])), (expected, None))
        for blocks in ([[E("Class", "Email")], [E("Class", "SMS")]],
                       [[E("FilterType", 0), E("FilterType", 1)]],
                       [[E("MIMESupport", 0), E("MIMESupport", 1)]]):
            with self.subTest(blocks=blocks):
                self.assertEqual(self.statuses(c.collection(
                    self.inbox, self.key(), options=[options(*b) for b in blocks])), (None, "1"))

    def test_limits(self):
        key, c = self.key(), self.c
        for top, limit in ((dict(heartbeat=59), "60"), (dict(heartbeat=3541), "3540"),
                           (dict(wait=0), "1"), (dict(wait=60), "59")):
            node = c.sync(c.collection(self.inbox, key), **top)
            self.assertEqual((node.get("Status"), node.get("Limit")), ("14", limit))
        self.assertEqual(self.statuses(c.collection(self.inbox, key), wait=10, heartbeat=1000), ("4", None))
        self.assertEqual(self.statuses(c.collection(self.inbox, key, commands=[eas.read("1:1.1")] * 201)),
                         ("4", None))


class Provision(TestCase):
    """MS-ASPROV 2.2.2.54, 3.1.5.1"""
    options = {"plugin": {"dovetail_require_provision": "yes"}}

    def provision(self, c, *content):
        return c.call("Provision", E("Provision:Provision", *content)).node

    def test_statuses(self):
        c = self.client()
        info = c.device_information()
        policy = E("Policy", E("PolicyType", c.policy_type))
        self.assertEqual(self.provision(c, E("Policies", policy)).get("Status"), "165")
        self.assertEqual(self.provision(c, info, policy).get("Status"), "2", "Policy outside Policies")
        unknown = self.provision(c, info, E("Policies", E("Policy", E("PolicyType", "Invalid"))))
        self.assertEqual((unknown.get("Status"), unknown.get("Policies/Policy/Status")), ("1", "3"))
        wrong = c.call("Provision", c.provision_request("1234567890", "1")).node
        self.assertEqual(wrong.get("Policies/Policy/Status"), "5")
        for status, expected in (("2", "139"), ("4", "145")):
            key = c.call("Provision", c.provision_request()).node.get("Policies/Policy/PolicyKey")
            self.assertEqual(c.call("Provision", c.provision_request(key, status)).node.get("Status"), expected)

    def test_key_of_later_requests(self):
        def folder_sync(c, **headers):
            return c.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")), headers=headers or None)
        c = self.client()
        self.assertEqual(folder_sync(c).node.get("Status"), "142")
        self.assertEqual(folder_sync(c, **{"X-MS-PolicyKey": None}).node.get("Status"), "142")
        c.provision()
        self.assertEqual(folder_sync(c).node.get("Status"), "1")
        self.assertEqual(folder_sync(c, **{"X-MS-PolicyKey": c.policy_key[:1]}).node.get("Status"), "144")
        self.assertEqual(folder_sync(c, **{"X-MS-PolicyKey": ""}).node.get("Status"), "141")
        old = c.clone(version="12.1")
        self.assertEqual(folder_sync(old, **{"X-MS-PolicyKey": ""}).status, 449)


class Head(TestCase):
    """MS-ASHTTP 2.2.1, MS-ASCMD 2.2.2"""

    def folder_sync(self, **kwargs):
        c = self.client(**kwargs)
        return c.post("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", "0")))

    def test_device(self):
        self.assertEqual(self.folder_sync(device_id=NAME_33).node.get("Status"), "108")
        self.assertEqual(self.folder_sync(device_type=NAME_33).node.get("Status"), "109")
        self.assertEqual(self.folder_sync(device_type="").node.get("Status"), "109")
        self.assertEqual(self.folder_sync(device_id=NAME_33[:32], device_type=NAME_33[:32]).node.get("Status"), "1")
        self.assertEqual(self.folder_sync(version="12.1", device_id=NAME_33).status, 400)

    def test_gzip(self):
        """Also of a small answer: the first FolderSync"""
        plain, packed = self.folder_sync(), self.folder_sync(gzip=True)
        self.assertIsNone(plain.headers.get("Content-Encoding"))
        self.assertEqual(packed.headers.get("Content-Encoding"), "gzip")
        self.assertEqual(packed.node.get("Status"), "1")

    def test_what_is_no_wbxml(self):
        for version, expected in (("12.1", 400), ("14.0", "102"), ("16.1", "102")):
            c = self.client(version=version)
            answer = c.post("FolderSync", b"\x03\x01\x6a\x00\x00\x07\x56\x52\x030\x00\x01")
            self.assertEqual(answer.status if answer.status != 200 else answer.node.get("Status"), expected)
