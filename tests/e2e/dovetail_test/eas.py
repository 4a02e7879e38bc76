# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""An ActiveSync client for tests: it speaks every protocol version, keeps a
replica as a phone does (Phone), and is strict: what comes back is checked
against MS-ASCMD's and MS-ASAIRS' element orders, and against what real clients
are known to stumble over."""

import base64
import collections
import email.header
import gzip
import http.client
import itertools
import socket
import ssl
import struct
import time
import urllib.parse
import uuid

from . import wbxml
from .wbxml import E

PATH = "/Microsoft-Server-ActiveSync"
WBXML_TYPES = ("application/vnd.ms-sync.wbxml", "application/vnd.ms-sync")
MULTIPART_TYPE = "application/vnd.ms-sync.multipart"
VERSIONS = ("2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1")

# MS-ASHTTP 2.2.1.1.1.1.2 (command codes) and 2.2.1.1.1.1.3 (parameters)
COMMAND_CODES = {name: code for code, name in enumerate(
    "Sync SendMail SmartForward SmartReply GetAttachment - - - - FolderSync "
    "FolderCreate FolderDelete FolderUpdate MoveItems GetItemEstimate "
    "MeetingResponse Search Settings Ping ItemOperations Provision "
    "ResolveRecipients ValidateCert Find".split())}
PARAMETER_TAGS = dict(AttachmentName=0, CollectionId=1, ItemId=3, LongId=4,
                      Occurrence=6, Options=7, User=8)

# Folder types, MS-ASCMD 2.2.3.186.3
(GENERIC, INBOX, DRAFTS, DELETED, SENT, OUTBOX, TASKS, CALENDAR, CONTACTS,
 NOTES, JOURNAL, USER_MAIL, USER_CALENDAR, USER_CONTACTS, USER_TASKS,
 USER_JOURNAL, USER_NOTES) = range(1, 18)
# Class elements, MS-ASCMD 2.2.3.27
CLASSES = {TASKS: "Tasks", CALENDAR: "Calendar", CONTACTS: "Contacts", NOTES: "Notes",
           USER_CALENDAR: "Calendar", USER_CONTACTS: "Contacts", USER_TASKS: "Tasks",
           USER_NOTES: "Notes"}

# Children of response elements in the order the documents give.  A name with
# "*" may repeat; names joined by "|" share a place.
ORDER = {
    "AirSync:Sync": ["Status", "Limit", "Collections"],                          # ASCMD 2.2.3.180
    "AirSync:Collection": ["Class", "SyncKey", "CollectionId", "Status",
                           "MoreAvailable", "Commands|Responses"],               # ASCMD 2.2.3.29.2
    "AirSync:Collections": ["Collection*"],
    "AirSync:Commands": ["Add*|Change*|Delete*|SoftDelete*"],                    # ASCMD 2.2.3.32
    "AirSync:Responses": ["Add*|Change*|Delete*|Fetch*"],                        # ASCMD 2.2.3.154
    "AirSyncBase:Body": ["Type", "EstimatedDataSize", "Truncated", "Data",
                         "ItemOperations:Part", "Preview"],                      # ASAIRS 2.2.2.9
    "FolderHierarchy:FolderSync": ["Status", "SyncKey", "Changes"],              # ASCMD 6.13
    "FolderHierarchy:Changes": ["Count", "Update*|Delete*|Add*"],
    "FolderHierarchy:Add": ["ServerId", "ParentId", "DisplayName", "Type"],
    "FolderHierarchy:Update": ["ServerId", "ParentId", "DisplayName", "Type"],
    "FolderHierarchy:Delete": ["ServerId"],
    "FolderHierarchy:FolderCreate": ["Status", "SyncKey", "ServerId"],           # ASCMD 6.7
    "FolderHierarchy:FolderUpdate": ["Status", "SyncKey"],
    "FolderHierarchy:FolderDelete": ["Status", "SyncKey"],
    "Ping:Ping": ["Status", "Folders|HeartbeatInterval|MaxFolders"],             # ASCMD 6.28
    "Ping:Folders": ["Folder*"],
    "Move:MoveItems": ["Response*"],
    "Move:Response": ["SrcMsgId", "Status", "DstMsgId"],                         # ASCMD 6.25
    "GetItemEstimate:GetItemEstimate": ["Status", "Response*"],
    "GetItemEstimate:Response": ["Status", "Collection"],                        # ASCMD 6.19
    "Provision:Provision": ["Settings:DeviceInformation", "Status", "Policies",
                            "RemoteWipe", "AccountOnlyRemoteWipe"],              # ASPROV 2.2.2.44
    "Provision:Policy": ["PolicyType", "Status", "PolicyKey", "Data"],           # ASPROV 2.2.2.41
    "ItemOperations:ItemOperations": ["Status", "Response"],                     # ASCMD 6.21
    "Search:Search": ["Status", "Response"],                                     # ASCMD 6.36
    "ComposeMail:SendMail": ["Status"],
    "ComposeMail:SmartReply": ["Status"],
    "ComposeMail:SmartForward": ["Status"],
}
# Containers that must hold something when they are there (MS-ASCMD says so of
# most; clients crash or loop on the others).
NEVER_EMPTY = {"AirSync:Collections", "AirSync:Collection", "AirSync:Commands",
               "AirSync:Responses", "AirSync:ApplicationData", "AirSync:SyncKey",
               "AirSync:Status", "AirSync:ServerId", "AirSync:CollectionId",
               "AirSyncBase:Attachments", "AirSyncBase:Attachment", "AirSyncBase:Body",
               "Ping:Folders", "Provision:Policies", "FolderHierarchy:Changes",
               "FolderHierarchy:SyncKey", "FolderHierarchy:DisplayName",
               # Email:Categories may be: MS-ASEMAIL 2.2.2.16
               "Search:Store", "ItemOperations:Response"}


class EasError(Exception):
    pass


class HttpStatus(EasError):
    def __init__(self, response):
        super().__init__("HTTP %d: %r" % (response.status, response.body[:200]))
        self.response, self.status = response, response.status


class ProtocolFault(AssertionError):
    """The server's answer breaks a document."""


def check_order(node):
    """Raise ProtocolFault when an element's children stand in another order
    than ORDER has them, are unknown there, repeat, or are missing."""
    for element in node.iter():
        if element.name in NEVER_EMPTY and not element.children and not element.text:
            raise ProtocolFault("empty %s in\n%s" % (element.name, node.dump()[:2000]))
        if element.name in ORDER:
            _check_children(element, ORDER[element.name])


def _check_children(element, rule):
    place, seen = {}, {}
    for index, names in enumerate(rule):
        for name in names.split("|"):
            place[name.rstrip("*")] = (index, name.endswith("*"))
    last = -1
    for child in element:
        key = child.tag if child.page == element.page else child.name
        if key not in place:
            raise ProtocolFault("%s may not hold %s" % (element.name, child.name))
        index, many = place[key]
        seen[key] = seen.get(key, 0) + 1
        if index < last:
            raise ProtocolFault("%s out of order in %s: %s" % (key, element.name, element.tags()))
        if seen[key] > 1 and not many:
            raise ProtocolFault("%s twice in %s" % (key, element.name))
        last = index


class Response:
    def __init__(self, status, reason, headers, body, seconds):
        self.status, self.reason, self.headers = status, reason, headers
        self.raw, self.seconds = body, seconds
        self.body = body
        if headers.get("Content-Encoding", "").lower() == "gzip":
            self.body = gzip.decompress(body)
        self._node = None

    @property
    def content_type(self):
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()

    @property
    def node(self):
        """The decoded document; None when the body is empty."""
        if self._node is None and self.body:
            body = self.parts()[0] if self.content_type == MULTIPART_TYPE else self.body
            if self.content_type != MULTIPART_TYPE and self.content_type not in WBXML_TYPES:
                raise ProtocolFault("Content-Type %r for WBXML" % self.content_type)
            self._node = wbxml.decode(body)
        return self._node

    def parts(self):
        """Multipart (MS-ASCMD 2.2.1.10.1): count, then offset and length of each."""
        (count,) = struct.unpack_from("<I", self.body)
        parts = []
        for i in range(count):
            offset, length = struct.unpack_from("<II", self.body, 4 + 8 * i)
            if offset + length > len(self.body) or offset < 4 + 8 * count:
                raise ProtocolFault("multipart: part %d lies outside the body" % i)
            parts.append(self.body[offset:offset + length])
        return parts


_device_numbers = itertools.count(1)


class Client:
    """One device's requests.  Not thread-safe: clone() for a second connection."""

    def __init__(self, host, port, user, password, version="16.1", tls=False,
                 device_id=None, device_type="TestPhone", user_agent="TestPhone/1.0",
                 base64_query=False, chunked=False, gzip=False, timeout=60,
                 context=None, strict=True):
        self.host, self.port, self.tls, self.context = host, port, tls, context
        self.user, self.password, self.version = user, password, version
        self.device_id = device_id or "T%s%04d" % (uuid.uuid4().hex[:20], next(_device_numbers))
        self.device_type, self.user_agent = device_type, user_agent
        self.base64_query, self.chunked, self.gzip = base64_query, chunked, gzip
        self.timeout, self.strict = timeout, strict
        self.policy_key = "0"
        self.connection = None
        self.folder_key = "0"

    @classmethod
    def for_dovecot(cls, dovecot, user=None, password=None, tls=False, **kwargs):
        user = user or dovecot.opt.users[0]
        return cls("127.0.0.1", dovecot.ports["https" if tls else "http"], user,
                   password or dovecot.passwords.get(user, dovecot.opt.password), tls=tls,
                   context=dovecot.tls_context if tls else None, **kwargs)

    def clone(self, **changes):
        other = Client.__new__(Client)
        other.__dict__.update(self.__dict__, connection=None)
        other.__dict__.update(changes)
        return other

    @property
    def v(self):
        return tuple(map(int, self.version.split(".")))

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    # -- HTTP -------------------------------------------------------------
    def _connect(self):
        if self.tls:
            context = self.context or ssl._create_unverified_context()
            self.connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.timeout, context=context)
        else:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def authorization(self):
        pair = "%s:%s" % (self.user, self.password)
        return "Basic " + base64.b64encode(pair.encode("utf-8")).decode()

    def http(self, method, target, body=b"", headers=None):
        """One request as it is given; the headers are all there are."""
        reused = self.connection is not None
        if not reused:
            self._connect()
        started = time.monotonic()
        try:
            answer, data = self._exchange(method, target, body, headers or {})
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if not reused:
                raise
            self._connect()
            answer, data = self._exchange(method, target, body, headers or {})
        except BaseException:
            self.close()
            raise
        seconds = time.monotonic() - started
        if answer.will_close:
            self.close()
        return Response(answer.status, answer.reason, answer.headers, data, seconds)

    def _exchange(self, method, target, body, headers):
        chunked = self.chunked and bool(body)
        if chunked:
            headers = dict(headers, **{"Transfer-Encoding": "chunked"})
            size = max(1, len(body) // 3)
            body = iter([body[i:i + size] for i in range(0, len(body), size)])
        elif method == "POST":
            headers = dict(headers, **{"Content-Length": str(len(body))})
        self.connection.request(method, target, body=body if (chunked or body) else None,
                                headers=headers, encode_chunked=chunked)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def query(self, command, params):
        if self.base64_query:
            return PATH + "?" + self._base64(command, params)
        fields = [("Cmd", command), ("User", self.user), ("DeviceId", self.device_id),
                  ("DeviceType", self.device_type)] + list(params.items())
        return PATH + "?" + urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)

    def _base64(self, command, params):
        major, minor = self.v
        key = struct.pack("<I", int(self.policy_key) & 0xFFFFFFFF)
        device = self.device_id.encode()
        kind = self.device_type.encode()
        raw = struct.pack("<BBH", major * 10 + minor, COMMAND_CODES[command], 0x0409)
        raw += bytes([len(device)]) + device + bytes([len(key)]) + key + bytes([len(kind)]) + kind
        options = (0x01 if params.get("SaveInSent") == "T" else 0)
        for name, value in params.items():
            if name in PARAMETER_TAGS and name != "Options":
                data = value.encode()
                raw += bytes([PARAMETER_TAGS[name], len(data)]) + data
        if options:
            raw += bytes([7, 1, options])
        return base64.b64encode(raw).decode()

    def headers(self, content_type, extra):
        head = {"Authorization": self.authorization(), "User-Agent": self.user_agent}
        if not self.base64_query:
            head["MS-ASProtocolVersion"] = self.version
            head["X-MS-PolicyKey"] = self.policy_key
        if content_type:
            head["Content-Type"] = content_type
        if self.gzip:
            head["Accept-Encoding"] = "gzip"
        head.update(extra or {})
        return {k: v for k, v in head.items() if v is not None}

    def post(self, command, body=None, params=None, headers=None, content_type=None):
        """A command; body is a Node, bytes or None.  Does not judge the status."""
        if isinstance(body, wbxml.Node):
            body = wbxml.encode(body)
        if body and content_type is None:
            content_type = "application/vnd.ms-sync.wbxml"
        return self.http("POST", self.query(command, params or {}), body or b"",
                         self.headers(content_type, headers))

    def call(self, command, body=None, params=None, headers=None, content_type=None):
        """post(), and 200 with a proper document or nothing; returns Response."""
        answer = self.post(command, body, params, headers, content_type)
        if answer.status != 200:
            raise HttpStatus(answer)
        if self.strict and answer.body and command != "GetAttachment":
            check_order(answer.node)
            if answer.content_type != MULTIPART_TYPE and answer.node.tag != command:
                raise ProtocolFault("%s answered with %s" % (command, answer.node.name))
        return answer

    # -- commands -----------------------------------------------------------
    def options(self, auth=True):
        head = {"User-Agent": self.user_agent}
        if auth:
            head["Authorization"] = self.authorization()
        return self.http("OPTIONS", PATH, b"", head)

    def device_information(self):
        return E("Settings:DeviceInformation", E("Set", E("Model", "Model T"),
                 E("IMEI", "490154203237518"), E("FriendlyName", "Test phone"),
                 E("OS", "TestOS 1"), E("OSLanguage", "en"), E("PhoneNumber", "15551234"),
                 E("UserAgent", self.user_agent) if self.v >= (14, 0) else None))

    @property
    def policy_type(self):
        return "MS-WAP-Provisioning-XML" if self.v < (12, 0) else "MS-EAS-Provisioning-WBXML"

    def provision_request(self, key=None, status=None, information=None):
        if information is None:
            information = key is None and self.v >= (14, 1)
        policy = E("Policy", E("PolicyType", self.policy_type),
                   E("PolicyKey", key) if key is not None else None,
                   E("Status", status) if status is not None else None)
        return E("Provision:Provision", self.device_information() if information else None,
                 E("Policies", policy))

    def provision(self):
        """Both phases (MS-ASPROV 3.1.5.1); keeps and returns the final key."""
        self.policy_key = "0"
        first = self.call("Provision", self.provision_request()).node
        temporary = first.get("Policies/Policy/PolicyKey")
        if first.get("Status") != "1" or temporary is None:
            raise EasError("Provision:\n%s" % first)
        self.policy_key = temporary
        second = self.call("Provision", self.provision_request(temporary, "1")).node
        if second.get("Status") != "1" or second.get("Policies/Policy/Status") != "1":
            raise EasError("Provision acknowledgement:\n%s" % second)
        self.policy_key = second.get("Policies/Policy/PolicyKey")
        return self.policy_key

    def folder_sync(self, key=None):
        """The answer's node; follows the key when it succeeded."""
        key = self.folder_key if key is None else key
        node = self.call("FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", key))).node
        if node.get("Status") == "1":
            self.folder_key = node.get("SyncKey")
            changes = node.find("Changes")
            if changes is None or int(changes.get("Count")) != len(changes) - 1:
                raise ProtocolFault("FolderSync Count:\n%s" % node)
        return node

    def folder_command(self, command, *content):
        node = self.call(command, E("FolderHierarchy:" + command,
                                    E("SyncKey", self.folder_key), *content)).node
        if node.get("Status") == "1":
            self.folder_key = node.get("SyncKey")
        return node

    def folder_create(self, name, parent="0", kind=USER_MAIL):
        return self.folder_command("FolderCreate", E("ParentId", parent),
                                   E("DisplayName", name), E("Type", kind))

    def folder_update(self, server_id, name, parent="0"):
        return self.folder_command("FolderUpdate", E("ServerId", server_id),
                                   E("ParentId", parent), E("DisplayName", name))

    def folder_delete(self, server_id):
        return self.folder_command("FolderDelete", E("ServerId", server_id))

    def body_preference(self, kind, size=None, all_or_none=None, preview=None):
        return E("AirSyncBase:BodyPreference", E("Type", kind),
                 E("TruncationSize", size) if size is not None else None,
                 E("AllOrNone", all_or_none) if all_or_none is not None else None,
                 E("Preview", preview) if preview is not None else None)

    def sync_options(self, filter=None, body=(), conflict=None, mime_support=None,
                     mime_truncation=None, truncation=None, klass=None, max_items=None):
        """Options, MS-ASCMD 2.2.3.125.6; body: (type, size, ...) tuples."""
        content = [E("AirSync:FilterType", filter) if filter is not None else None,
                   E("AirSync:Class", klass) if klass else None]
        if self.v >= (12, 0):
            content += [self.body_preference(*b) for b in body]
        content += [E("AirSync:" + name, value) for name, value in (
            ("Truncation", truncation if self.v < (12, 0) else None), ("Conflict", conflict),
            ("MIMESupport", mime_support), ("MIMETruncation", mime_truncation),
            ("MaxItems", max_items)) if value is not None]
        content = [c for c in content if c is not None]
        return E("AirSync:Options", content) if content else None

    def collection(self, folder, key, get_changes=None, window=None, deletes_as_moves=None,
                   supported=None, conversation_mode=None, options=None, commands=(),
                   klass="Email"):
        """A Collection of a Sync request in the strict order of MS-ASCMD
        2.2.3.29.2; Class only up to 12.1."""
        def flag(tag, value):
            return None if value is None else E(tag, "1" if value else "0")
        return E("AirSync:Collection",
                 E("Class", klass) if self.v <= (12, 1) else None,
                 E("SyncKey", key), E("CollectionId", folder),
                 None if supported is None else E("Supported", [E(n) for n in supported]),
                 flag("DeletesAsMoves", deletes_as_moves), flag("GetChanges", get_changes),
                 E("WindowSize", window) if window is not None else None,
                 flag("ConversationMode", conversation_mode), options,
                 E("Commands", list(commands)) if commands else None)

    def sync_request(self, *collections, wait=None, heartbeat=None, window=None, partial=False):
        return E("AirSync:Sync",
                 E("Collections", list(collections)) if collections else None,
                 E("Wait", wait) if wait is not None else None,
                 E("HeartbeatInterval", heartbeat) if heartbeat is not None else None,
                 E("WindowSize", window) if window is not None else None,
                 E("Partial") if partial else None)

    def sync(self, *collections, **top):
        """The answer's node, or None for the empty answer "no changes"."""
        return self.call("Sync", self.sync_request(*collections, **top)).node

    def get_item_estimate(self, folder, key, filter=None, klass="Email"):
        """Request layouts differ: MS-ASCMD 2.2.1.9 and 6.18 (14.x), 12.1 and before."""
        if self.v >= (14, 0):
            collection = E("Collection", E("AirSync:SyncKey", key), E("CollectionId", folder),
                           self.sync_options(filter) if filter is not None else None)
        else:
            collection = E("Collection", E("Class", klass), E("CollectionId", folder),
                           E("AirSync:FilterType", filter or 0), E("AirSync:SyncKey", key))
        return self.call("GetItemEstimate", E("GetItemEstimate:GetItemEstimate",
                                              E("Collections", collection))).node

    def ping(self, folders=None, heartbeat=None, klass="Email"):
        """folders: ids, or None for the cached list (no body when there is
        nothing to say)."""
        if folders is None and heartbeat is None:
            return self.call("Ping").node
        return self.call("Ping", E(
            "Ping:Ping", E("HeartbeatInterval", heartbeat) if heartbeat is not None else None,
            E("Folders", [E("Folder", E("Id", f), E("Class", klass)) for f in folders])
            if folders is not None else None)).node

    def move_items(self, *moves):
        """moves: (message, source folder, target folder)"""
        return self.call("MoveItems", E("Move:MoveItems", [
            E("Move", E("SrcMsgId", m), E("SrcFldId", s), E("DstFldId", d))
            for m, s, d in moves])).node

    def _compose(self, command, mime, client_id, save, source, replace, params):
        if self.v < (14, 0):
            params = dict(params)
            if save:
                params["SaveInSent"] = "T"
            if source:
                folder, item = source
                params.update(CollectionId=folder, ItemId=item)
            return self.call(command, mime, params=params, content_type="message/rfc822")
        where = None
        if isinstance(source, str):
            where = E("Source", E("LongId", source))
        elif source:
            where = E("Source", E("FolderId", source[0]), E("ItemId", source[1]))
        return self.call(command, E(
            "ComposeMail:" + command, E("ClientId", client_id or uuid.uuid4().hex), where,
            E("SaveInSentItems") if save else None, E("ReplaceMime") if replace else None,
            E("Mime", mime)), params=params)

    def send_mail(self, mime, client_id=None, save=True, **params):
        """The Response: an empty body is success (MS-ASCMD 2.2.1.17)."""
        return self._compose("SendMail", mime, client_id, save, None, False, params)

    def smart_reply(self, mime, source, client_id=None, save=True, replace=False, **params):
        return self._compose("SmartReply", mime, client_id, save, source, replace, params)

    def smart_forward(self, mime, source, client_id=None, save=True, replace=False, **params):
        return self._compose("SmartForward", mime, client_id, save, source, replace, params)

    def get_attachment(self, reference):
        return self.call("GetAttachment", params={"AttachmentName": reference})

    def item_operations(self, *operations, multipart=False):
        return self.call("ItemOperations", E("ItemOperations:ItemOperations", list(operations)),
                         headers={"MS-ASAcceptMultiPart": "T"} if multipart else None)

    def fetch(self, folder=None, item=None, long_id=None, reference=None, body=(),
              mime_support=None, range=None, schema=None):
        """An ItemOperations Fetch element, MS-ASCMD 2.2.3.67.1."""
        options = [E("ItemOperations:Schema", [E(n) for n in schema]) if schema else None,
                   E("ItemOperations:Range", range) if range else None]
        options += [self.body_preference(*b) for b in body]
        options += [E("AirSync:MIMESupport", mime_support) if mime_support is not None else None]
        options = [o for o in options if o is not None]
        return E("ItemOperations:Fetch", E("Store", "Mailbox"),
                 E("AirSync:CollectionId", folder) if folder else None,
                 E("AirSync:ServerId", item) if item else None,
                 E("Search:LongId", long_id) if long_id else None,
                 E("AirSyncBase:FileReference", reference) if reference else None,
                 E("Options", options) if options else None)

    def empty_folder(self, folder, sub_folders=False):
        return E("ItemOperations:EmptyFolderContents", E("AirSync:CollectionId", folder),
                 E("Options", E("DeleteSubFolders")) if sub_folders else None)

    def search_mailbox(self, text, folder=None, range="0-99", deep=False, body=(), extra=(),
                       classes=("Email",)):
        return self.call("Search", E("Search:Search", E(
            "Store", E("Name", "Mailbox"),
            E("Query", E("And", [E("AirSync:Class", k) for k in classes],
                         E("AirSync:CollectionId", folder) if folder else None,
                         E("FreeText", text), list(extra))),
            E("Options", E("RebuildResults"), E("DeepTraversal") if deep else None,
              E("Range", range) if range else None,
              [self.body_preference(*b) for b in body])))).node

    def search_gal(self, text, range="0-99"):
        return self.call("Search", E("Search:Search", E(
            "Store", E("Name", "GAL"), E("Query", text),
            E("Options", E("Range", range)) if range else None))).node

    def find_mailbox(self, text, folder=None, range="0-99", deep=False):
        return self.call("Find", E("Find:Find", E("SearchId", uuid.uuid4()), E(
            "ExecuteSearch", E("MailBoxSearchCriterion", E(
                "Query", E("AirSync:Class", "Email"),
                E("AirSync:CollectionId", folder) if folder else None, E("FreeText", text)),
                E("Options", E("Range", range), E("DeepTraversal") if deep else None))))).node

    def find_gal(self, text, range="0-99"):
        return self.call("Find", E("Find:Find", E("SearchId", uuid.uuid4()), E(
            "ExecuteSearch", E("GalSearchCriterion", E("Query", text),
                               E("Options", E("Range", range)))))).node

    def settings(self, *content):
        return self.call("Settings", E("Settings:Settings", list(content))).node

    def resolve_recipients(self, *to, options=None):
        return self.call("ResolveRecipients", E("ResolveRecipients:ResolveRecipients",
                         [E("To", t) for t in to], options)).node

    def validate_cert(self, *certificates, check_crl=None):
        return self.call("ValidateCert", E("ValidateCert:ValidateCert", E(
            "Certificates", [E("Certificate", base64.b64encode(c).decode()) for c in certificates]),
            E("CheckCRL", check_crl) if check_crl is not None else None)).node

    def meeting_response(self, folder, request, answer=1):
        return self.call("MeetingResponse", E("MeetingResponse:MeetingResponse", E(
            "Request", E("UserResponse", answer), E("CollectionId", folder),
            E("RequestId", request)))).node


Folder = collections.namedtuple("Folder", "server_id name parent type")


class Item:
    """A message, appointment, contact, ... as the phone has it: the elements of
    ApplicationData."""

    def __init__(self, data):
        self.data = data

    def change(self, data):
        """Elements that came replace those of the same name; the others stay."""
        new = {c.name for c in data}
        self.data.children = [c for c in self.data if c.name not in new] + list(data)

    def get(self, name, default=None):
        return self.data.get(name, default)

    @property
    def subject(self):
        for page in ("Email", "Calendar", "Tasks", "Notes"):
            if self.data.has(page + ":Subject"):
                return self.data.get(page + ":Subject")
        return ""

    @property
    def read(self):
        return self.data.get("Email:Read") == "1"

    @property
    def flagged(self):
        return self.data.get("Email:Flag/Status") == "2"


class Phone:
    """Keeps folders, items and keys as a phone does, and counts what should
    not happen to it."""

    def __init__(self, client, window=100, filter=0, body=((1, 500),), mime_support=None,
                 provision=True):
        self.client, self.window = client, window
        self.options = dict(filter=filter, body=body, mime_support=mime_support, max_items=None)
        self.folders, self.keys, self.items = {}, {}, {}
        self.resyncs = 0
        self.requests = 0
        if provision:
            self.client.provision()

    def folder_sync(self):
        node = self.client.folder_sync()
        if node.get("Status") in ("9", "12"):     # start again
            self.client.folder_key = "0"
            self.folders.clear()
            node = self.client.folder_sync()
        if node.get("Status") != "1":
            raise EasError("FolderSync:\n%s" % node)
        for change in node.find("Changes").children[1:]:
            sid = change.get("ServerId")
            if change.tag == "Delete":
                if self.folders.pop(sid, None) is None:
                    raise ProtocolFault("Delete of unknown folder %s" % sid)
                self.keys.pop(sid, None)
                self.items.pop(sid, None)
                continue
            if (change.tag == "Add") == (sid in self.folders):
                raise ProtocolFault("%s of folder %s" % (change.tag, sid))
            self.folders[sid] = Folder(sid, change.get("DisplayName"), change.get("ParentId"),
                                       int(change.get("Type")))
        for folder in self.folders.values():
            if folder.parent != "0" and folder.parent not in self.folders:
                raise ProtocolFault("folder %s has unknown parent" % (folder,))
        return node

    def folder(self, name=None, type=None):
        found = [f for f in self.folders.values()
                 if (name is None or f.name == name) and (type is None or f.type == type)]
        if len(found) != 1:
            raise EasError("%d folders %s/%s in %s" % (len(found), name, type,
                                                       sorted(f.name for f in self.folders.values())))
        return found[0].server_id

    @property
    def inbox(self):
        return self.folder(type=INBOX)

    def sync(self, folder=None, commands=(), limit=10000, **more):
        """Rounds until nothing is left; returns this folder's answers."""
        folder = folder or self.inbox
        answers = []
        for _ in range(limit):
            initial = folder not in self.keys
            answer = self._round(folder, () if initial else commands, dict(more))
            if answer is not None:
                answers.append(answer)
            if initial or folder not in self.keys:
                continue
            if answer is None or not answer.has("MoreAvailable"):
                return answers
            commands = ()
        raise EasError("folder %s never ends" % folder)

    def _round(self, folder, commands, more):
        c = self.client
        key = self.keys.get(folder, "0")
        if folder in self.folders:
            more.setdefault("klass", CLASSES.get(self.folders[folder].type, "Email"))
        options = dict(self.options)
        options.update({k: more.pop(k) for k in list(more) if k in options})
        node = c.sync(c.collection(
            folder, key, window=more.pop("window", self.window),
            options=None if key == "0" else c.sync_options(**options),
            # Up to 12.1 changes come only when asked for (ASCMD 2.2.3.84).
            get_changes=True if key != "0" and c.v <= (12, 1) else None,
            commands=commands, **more))
        self.requests += 1
        if node is None:
            return None
        answers = node.findall("Collections/Collection")
        if node.get("Status", "1") != "1" or not answers:
            raise EasError("Sync of %s:\n%s" % (folder, node))
        (answer,) = answers
        status = answer.get("Status")
        if status in ("3", "12"):
            self.forget(folder)
            self.resyncs += 1
        elif status != "1":
            raise EasError("Sync of %s:\n%s" % (folder, node))
        else:
            self.apply(folder, answer)
        return answer

    def forget(self, folder):
        self.keys.pop(folder, None)
        self.items.pop(folder, None)

    def apply(self, folder, answer):
        """Take over an answer's Commands as a phone does; doubles and changes
        of unknown items are faults."""
        items = self.items.setdefault(folder, {})
        self.keys[folder] = answer.get("SyncKey")
        for change in answer.findall("Commands")[0] if answer.has("Commands") else ():
            sid = change.get("ServerId")
            if change.tag == "Add":
                if sid in items:
                    raise ProtocolFault("Add of %s, which the phone has" % sid)
                items[sid] = Item(change.find("ApplicationData"))
            elif change.tag == "Change":
                if sid not in items:
                    raise ProtocolFault("Change of unknown %s" % sid)
                if folder in self.folders and self.folders[folder].type in CLASSES:
                    # What is not there any more is not told (MS-ASCMD 2.2.3.24).
                    items[sid] = Item(change.find("ApplicationData"))
                    continue
                items[sid].change(change.find("ApplicationData"))
            elif items.pop(sid, None) is None:
                raise ProtocolFault("%s of unknown %s" % (change.tag, sid))

    def subjects(self, folder=None):
        return sorted(i.subject for i in self.items.get(folder or self.inbox, {}).values())

    def by_subject(self, subject, folder=None):
        found = [s for s, i in self.items[folder or self.inbox].items() if i.subject == subject]
        if len(found) != 1:
            raise EasError("%d items have the subject %r" % (len(found), subject))
        return found[0]

    def differences(self, truth, folder=None):
        """[] when the replica is what IMAP says (Imap.truth()): the same
        messages once each, with the same read state and flag."""
        flags_known = self.client.v >= (12, 0)      # 2.5 has no email:Flag
        mine = collections.Counter(
            (i.subject, i.read, i.flagged) for i in self.items.get(folder or self.inbox, {}).values())
        theirs = collections.Counter(
            (decode_header(subject), "\\Seen" in flags, flags_known and "\\Flagged" in flags)
            for flags, _, subject, _ in truth.values())
        return (["only on the phone: %r x%d" % pair for pair in (mine - theirs).items()]
                + ["only in IMAP: %r x%d" % pair for pair in (theirs - mine).items()])


def decode_header(text):
    """A header field as people read it."""
    return str(email.header.make_header(email.header.decode_header(text)))


# Sync commands, for Phone.sync(commands=[...])
def change(server_id, *data):
    return E("AirSync:Change", E("ServerId", server_id), E("ApplicationData", list(data)))


def read(server_id, value=True):
    return change(server_id, E("Email:Read", "1" if value else "0"))


def flag(server_id, status="2"):
    if status == "0":
        return change(server_id, E("Email:Flag"))
    return change(server_id, E("Email:Flag", E("Status", status), E("FlagType", "Flag for follow up")))


def delete(server_id, instance=None):
    return E("AirSync:Delete", E("ServerId", server_id),
             E("AirSyncBase:InstanceId", instance) if instance else None)


def fetch(server_id):
    return E("AirSync:Fetch", E("ServerId", server_id))


def add(client_id, *data, klass=None):
    return E("AirSync:Add", E("Class", klass) if klass else None, E("ClientId", client_id),
             E("ApplicationData", list(data)))
