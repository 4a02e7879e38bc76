# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""A MAPI client for tests: sessions, mailboxes, folders, tables, messages, streams, so
that tests read like what a user does.  Below: mapihttp (transport), mapirops (operations),
mapidata (data types), mapiprops (properties).

    client = MapiClient.for_dovecot(dovecot, "u@example.com")
    box = client.logon()
    message = box.inbox.create_message()
    message.set({PidTagSubject: "Lunch"})
    message.save()

An operation that the server refuses raises MapiError, whose code is compared with
mapidata.ec's; expect= names codes that are fine."""

import contextlib
import re

from . import mapidata as d
from . import mapihttp
from . import mapirops as rops
from .mapidata import Error, Fault, Reader, ec, u16, u32
from .mapiprops import (PidTagAttachDataBinary, PidTagAttachDataObject, PidTagAttachLongFilename, PidTagAttachMethod,
                        PidTagAttachNumber, PidTagDisplayName, PidTagFolderId, PidTagMid, Name, tag_name)

NO_HANDLE = 0xFFFFFFFF
# Execute's Flags (MS-OXCMAPIHTTP 2.2.4.2.1, MS-OXCRPC 3.1.4.2)
NO_COMPRESSION, NO_XOR, CHAIN = 1, 2, 4
# Open modes (MS-OXCFOLD 2.2.1.1.1, MS-OXCMSG 2.2.3.1.1, MS-OXCPRPT 2.2.14.1)
READ_ONLY, READ_WRITE, BEST_ACCESS, CREATE_STREAM = 0, 1, 3, 2
OPEN_SOFT_DELETED = 4
# SaveFlags (MS-OXCMSG 2.2.3.3.1)
KEEP_OPEN_READ_ONLY, KEEP_OPEN_READ_WRITE, FORCE_SAVE = 1, 2, 4
# Table flags (MS-OXCFOLD 2.2.1.13.1, 2.2.1.14.1)
ASSOCIATED, DEPTH, DEFERRED_ERRORS, NO_NOTIFICATIONS, SOFT_DELETES, USE_UNICODE, SUPPRESS = (
    2, 4, 8, 0x10, 0x20, 0x40, 0x80)
# Bookmarks (MS-OXCTABL 2.2.2.1.1)
BOOKMARK_BEGINNING, BOOKMARK_CURRENT, BOOKMARK_END, BOOKMARK_CUSTOM = 0, 1, 2, 3
# DeleteFolderFlags (MS-OXCFOLD 2.2.1.3.1)
DEL_MESSAGES, DEL_FOLDERS, DELETE_HARD_DELETE = 1, 4, 0x10
# ReadFlags (MS-OXCMSG 2.2.3.10.1)
RF_DEFAULT, RF_SUPPRESS_RECEIPT, RF_CLEAR_READ, RF_GENERATE_RECEIPT, RF_CLEAR_NOTIFY_READ, RF_CLEAR_NOTIFY_UNREAD = (
    0, 1, 4, 0x10, 0x20, 0x40)
TO, CC, BCC = 1, 2, 3


DN_PREFIX = "/o=Dovetail/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="


def legacy_dn(address):
    """What Autodiscover tells as LegacyDN, made as the server makes it."""
    return DN_PREFIX + re.sub(r"[^a-z0-9.-]", lambda m: "_%02x" % ord(m.group(0)), address.lower())


class MapiError(Exception):
    def __init__(self, what, code):
        super().__init__("%s: %s" % (what, d.error_name(code)))
        self.what, self.code = what, code


class ConnectError(MapiError):
    pass


class Handle:
    """A place in server object handle tables; its value is known once the server gave one."""

    def __init__(self, session, logon_id=0):
        self.session, self.logon_id, self.value = session, logon_id, NO_HANDLE
        self.columns = self.recipient_columns = None

    def __repr__(self):
        return "Handle(0x%x)" % self.value


class Batch:
    """ROPs of one Execute.  add() gives a Context, whose .response is there after run();
    outputs can be used as inputs in the same batch."""

    def __init__(self, session):
        self.session, self.data, self.handles, self.pending = session, b"", [], []

    def index(self, handle):
        for i, known in enumerate(self.handles):
            if known is handle:
                return i
        if len(self.handles) > 254:
            raise ValueError("more handles than a table has")
        self.handles.append(handle)
        return len(self.handles) - 1

    def add(self, name, handle, output=None, logon_id=None, **fields):
        """handle: of the object (of the source, the response); output: the Handle to fill,
        the destination, or the object of a save."""
        rop = rops.ROPS[name]
        indices = [self.index(handle)]
        if rop.layout in ("out", "two", "resp"):
            indices.append(self.index(output))
        if rop.layout == "out":
            output.columns = None
        logon_id = handle.logon_id if logon_id is None else logon_id
        self.data += rops.request(rop, logon_id, indices, fields)
        context = rops.Context(rop, fields, handle.columns, handle.recipient_columns, indices)
        context.handle, context.output, context.before = handle, output, handle.columns
        if name == "SetColumns":
            # as the rest of the batch sees it
            handle.columns = list(fields["PropertyTags"])
        context.response = None
        if name != "Release":
            self.pending.append(context)
        return context

    def run(self, **kwargs):
        """Responses in order."""
        if len(self.data) + 2 > 0xFFFF:
            raise ValueError("the ROPs do not fit into one buffer")
        buffer = u16(len(self.data) + 2) + self.data + b"".join(u32(h.value) for h in self.handles)
        payloads = self.session.execute(buffer, **kwargs)
        self.read(payloads[0])
        for extra in payloads[1:]:
            self.read_more(extra)
        return [context.response for context in self.pending]

    def split(self, payload):
        r = Reader(payload)
        size = r.u16()
        if size < 2:
            raise Fault("RopSize %d" % size)
        list_ = Reader(r.bytes(size - 2))
        table = [r.u32() for _ in range(r.left() // 4)]
        r.end()
        return list_, table

    def read(self, payload):
        r, table = self.split(payload)
        self.fill(table)
        waiting = list(self.pending)
        while r.left():
            if self.other(r, waiting):
                continue
            if not waiting:
                raise Fault("a response that nobody asked for: %s" % r.data[r.pos:][:40].hex())
            context = waiting.pop(0)
            context.response = rops.read_response(r, context)
            if context.rop.name == "SetColumns" and context.response.code != ec.Success:
                context.handle.columns = context.before
        if waiting and not self.session.too_small:
            raise Fault("Rop%s was not answered" % waiting[0].rop.name)

    def fill(self, table):
        if len(table) < len(self.handles):
            raise Fault("%d handles of %d came back" % (len(table), len(self.handles)))
        for handle, value in zip(self.handles, table):
            handle.value = value
            if value != NO_HANDLE:
                self.session.known[value] = handle

    def read_more(self, payload):
        """A chained answer: what QueryRows, ReadStream or GetBuffer go on with."""
        r, _ = self.split(payload)
        last = self.pending[-1]
        while r.left():
            context = rops.Context(last.rop, last.fields, last._columns, last._recipient_columns, last.indices)
            context.handle, context.output = last.handle, last.output
            context.response = rops.read_response(r, context)
            self.pending.append(context)

    def other(self, r, waiting):
        """Responses that answer no request."""
        kind = r.data[r.pos]
        if kind == rops.NOTIFY:
            r.u8()
            self.session.notifications.append(rops.read_notification(r, self.session.columns_of))
        elif kind == rops.PENDING:
            r.u8()
            self.session.pending_sessions.append(r.u16())
        elif kind == rops.BUFFER_TOO_SMALL:
            r.u8()
            self.session.too_small = (r.u16(), r.bytes(r.left()))
        elif kind == rops.BACKOFF:
            r.u8()
            logon, duration, count = r.u8(), r.u32(), r.u8()
            each = [(r.u8(), r.u32()) for _ in range(count)]
            raise MapiError("backoff of logon %d for %d ms %r %r" % (logon, duration, each, r.sized()), ec.ServerBusy)
        else:
            return False
        return True


class MapiClient:
    """A session context at the mailbox endpoint."""

    def __init__(self, endpoint, dn, flags=NO_COMPRESSION | NO_XOR, request_flags=d.LAST, max_out=0x10008):
        self.http, self.dn, self.flags, self.request_flags = endpoint, dn, flags, request_flags
        self.max_out = max_out
        self.notifications, self.pending_sessions, self.known = [], [], {}
        self.too_small, self.logons = None, 0

    @classmethod
    def for_dovecot(cls, dovecot, user, dn=None, connect=True, **kwargs):
        """kwargs: of the endpoint and of the client."""
        dn = legacy_dn(user) if dn is None else dn
        mine = {name: kwargs.pop(name) for name in ("flags", "request_flags", "max_out") if name in kwargs}
        client = cls(mapihttp.for_dovecot(dovecot, user, mapihttp.EMSMDB, **kwargs), dn, **mine)
        if connect:
            client.connect()
        return client

    def close(self):
        self.http.close()

    # -- request types of the mailbox endpoint (MS-OXCMAPIHTTP 2.2.4) -----------------
    def connect(self, flags=0, code_page=1252, sort=0x409, string=0x409, aux=b""):
        body = d.str8(self.dn) + u32(flags) + u32(code_page) + u32(sort) + u32(string) + u32(len(aux)) + aux
        r = self.http.ask("Connect", body)
        self._status("Connect", r)
        code = r.u32()
        info = {"polls_max": r.u32(), "retry_count": r.u32(), "retry_delay": r.u32(),
                "dn_prefix": r.str8().decode("ascii"), "display_name": r.utf16()}
        info["aux"] = mapihttp.read_aux(r)
        if code != ec.Success:
            raise ConnectError("Connect", code)
        self.info = info
        return info

    @staticmethod
    def _status(request, r):
        status = r.u32()
        if status != 0:
            aux = mapihttp.read_aux(r)
            raise Fault("%s: StatusCode 0x%x, %r" % (request, status, aux))

    def execute(self, buffer, flags=None, max_out=None, chain=False, aux=b"", more=()):
        """One Execute; the payloads that came back.  more: buffers behind the first."""
        flags = self.flags if flags is None else flags
        buffers = [buffer] + list(more)
        data = b"".join(d.rhe(b, self.request_flags & ~d.LAST | (d.LAST if i == len(buffers) - 1 else 0))
                        for i, b in enumerate(buffers))
        body = (u32(flags | (CHAIN if chain else 0)) + u32(len(data)) + data + u32(max_out or self.max_out)
                + u32(len(aux)) + aux)
        r = self.http.ask("Execute", body)
        self._status("Execute", r)
        code, reserved, data = r.u32(), r.u32(), r.sized(32)
        self.aux = mapihttp.read_aux(r)
        if reserved != 0:
            raise Fault("Execute: Flags 0x%x" % reserved)
        if len(data) > (max_out or self.max_out):
            raise Fault("Execute: %d bytes of at most %d" % (len(data), max_out or self.max_out))
        if code != ec.Success:
            raise MapiError("Execute", code)
        self.too_small = None
        return self.check_flags(d.unrhe(data), data, flags)

    @staticmethod
    def check_flags(payloads, data, flags):
        at = 0
        for _ in payloads:
            head = Reader(data[at:])
            head.u16()
            used, size = head.u16(), head.u16()
            if (used & d.COMPRESSED and flags & NO_COMPRESSION) or (used & d.XOR and flags & NO_XOR):
                raise Fault("an answer with flags 0x%x to a request with 0x%x" % (used, flags))
            at += 8 + size
        return payloads

    def disconnect(self):
        r = self.http.ask("Disconnect", u32(0))
        self._status("Disconnect", r)
        code = r.u32()
        mapihttp.read_aux(r)
        if code != ec.Success:
            raise MapiError("Disconnect", code)
        self.http.cookies.clear()

    def wait(self, timeout=None):
        """NotificationWait on a connection of its own: TRUE if something is pending."""
        with contextlib.closing(self.http._open()) as connection:
            if timeout is not None:
                connection.sock.settimeout(timeout)
            r = self.http.ask("NotificationWait", u32(0) + u32(0), connection=connection, keep_cookies=False)
            self._status("NotificationWait", r)
            code, pending = r.u32(), r.u32()
            mapihttp.read_aux(r)
            if code != ec.Success:
                raise MapiError("NotificationWait", code)
            if pending not in (0, 1):
                raise Fault("EventPending %d" % pending)
            return pending == 1

    def ping(self):
        return self.http.ping()

    # -- ROPs --------------------------------------------------------------------
    def batch(self):
        return Batch(self)

    def rop(self, name, handle, output=None, expect=(), logon_id=None, run=None, **fields):
        """One ROP alone; its Response.  expect: codes besides success that do not raise."""
        batch = self.batch()
        batch.add(name, handle, output, logon_id=logon_id, **fields)
        response = batch.run(**(run or {}))[0]
        expected = expect if isinstance(expect, (tuple, list, set)) else (expect,)
        if response is None:
            raise MapiError(name, ec.BufferTooSmall)
        if response.code not in (ec.Success, ec.WarnWithErrors, ec.PartialCompletion) and (
                response.code not in expected):
            raise MapiError(name, response.code)
        return response

    def release(self, *handles):
        batch = self.batch()
        for handle in handles:
            batch.add("Release", handle)
        batch.run()
        for handle in handles:
            self.known.pop(handle.value, None)

    def columns_of(self, value):
        handle = self.known.get(value)
        if handle is None or handle.columns is None:
            raise Fault("a row of the unknown table 0x%x" % value)
        return handle.columns

    def poll(self):
        """What is waiting: an Execute without ROPs fetches it."""
        Batch(self).run()
        found, self.notifications = self.notifications, []
        return found

    def logon(self, dn=None, flags=1, open_flags=0x0100000C, **kwargs):
        """A mailbox: the user's own, or that of another's DN."""
        handle = Handle(self, self.logons)
        self.logons += 1
        response = self.rop("Logon", handle, LogonFlags=flags, OpenFlags=open_flags,
                            Essdn=self.dn if dn is None else dn, **kwargs)
        return Mailbox(self, handle, response.fields["Logon"])

    def public_logon(self, open_flags=0x0100000E):
        handle = Handle(self, self.logons)
        self.logons += 1
        response = self.rop("Logon", handle, LogonFlags=0, OpenFlags=open_flags, Essdn=None)
        return Mailbox(self, handle, response.fields["Logon"])


class Object:
    """What has a handle and properties."""

    def __init__(self, session, handle):
        self.session, self.handle = session, handle

    def rop(self, name, output=None, **kwargs):
        return self.session.rop(name, self.handle, output, **kwargs)

    def release(self):
        self.session.release(self.handle)

    def new_handle(self):
        return Handle(self.session, self.handle.logon_id)

    # -- properties (MS-OXCPRPT) ------------------------------------------------------
    def props(self, tags=None, limit=0, errors=False):
        """All properties, or those of tags, as a dict; errors are left out unless asked for."""
        if tags is None:
            return self.rop("GetPropertiesAll", PropertySizeLimit=limit).fields["PropertyValues"]
        tags = self.tags(tags)
        found = self.rop("GetPropertiesSpecific", PropertySizeLimit=limit, PropertyTags=tags).fields["RowData"]
        return found if errors else {t: v for t, v in found.items() if not isinstance(v, Error)}

    def get(self, tag, default=None):
        tag, = self.tags([tag])
        return self.props([tag]).get(tag, default)

    def prop_list(self):
        return self.rop("GetPropertiesList").fields["PropertyTags"]

    def set(self, props, replicate=True, expect_problems=False):
        """Sets properties; names (mapiprops.Name) are given numbers first.  Problems raise
        unless expected, and are returned."""
        tags = self.tags(props, create=True)
        name = "SetProperties" if replicate else "SetPropertiesNoReplicate"
        return self._problems(name, self.rop(name, PropertyValues=dict(zip(tags, props.values()))), expect_problems)

    def delete_props(self, tags, replicate=True, expect_problems=False):
        name = "DeleteProperties" if replicate else "DeletePropertiesNoReplicate"
        return self._problems(name, self.rop(name, PropertyTags=self.tags(tags)), expect_problems)

    @staticmethod
    def _problems(name, response, expected):
        problems = response.fields["PropertyProblems"]
        if problems and not expected:
            raise MapiError("%s: %s" % (name, ", ".join(tag_name(t) for _, t, _ in problems)), problems[0][2])
        return problems

    def ids_of_names(self, names, create=True):
        return self.rop("GetPropertyIdsFromNames", Flags=2 if create else 0,
                        PropertyNames=list(names)).fields["PropertyIds"]

    def names_of_ids(self, ids):
        return self.rop("GetNamesFromPropertyIds", PropertyIds=list(ids)).fields["PropertyNames"]

    def tags(self, items, create=True):
        """Tags of tags and Names, in order; numbers are asked once a session."""
        known = self.session.__dict__.setdefault("named_ids", {})
        items = list(items)
        wanted = [n for n in items if isinstance(n, Name) and (self.handle.logon_id, n[:2]) not in known]
        if wanted:
            for n, number in zip(wanted, self.ids_of_names(wanted, create)):
                if not number:
                    raise MapiError("no number for %r" % (n,), ec.UnregisteredNamedProp)
                known[self.handle.logon_id, n[:2]] = number
        return [known[self.handle.logon_id, n[:2]] << 16 | n.type if isinstance(n, Name) else n for n in items]

    def copy_to(self, target, exclude=(), sub_objects=True, flags=0):
        return self.rop("CopyTo", target.handle, WantSubObjects=sub_objects, CopyFlags=flags,
                        ExcludedTags=self.tags(exclude)).fields["PropertyProblems"]

    def copy_props(self, target, tags, flags=0):
        return self.rop("CopyProperties", target.handle, CopyFlags=flags,
                        PropertyTags=self.tags(tags)).fields["PropertyProblems"]

    def stream(self, tag, mode=READ_ONLY, **kwargs):
        tag, = self.tags([tag])
        handle = self.new_handle()
        size = self.rop("OpenStream", handle, PropertyTag=tag, OpenModeFlags=mode, **kwargs).fields["StreamSize"]
        return Stream(self.session, handle, size)


class Mailbox(Object):
    """A logon, private or public."""

    def __init__(self, session, handle, info):
        super().__init__(session, handle)
        self.info, self.folders = info, info["folders"]
        self.guid, self.repl_guid, self.replid = info.get("mailbox_guid"), info["repl_guid"], info["replid"]

    def __getattr__(self, name):
        """inbox, root, ipm, ...: the special folders of the logon, opened once"""
        if name in self.__dict__.get("folders", ()):
            folder = self.open_folder(self.folders[name])
            setattr(self, name, folder)
            return folder
        raise AttributeError(name)

    def open_folder(self, folder_id, mode=READ_ONLY, **kwargs):
        handle = self.new_handle()
        self.rop("OpenFolder", handle, FolderId=folder_id, OpenModeFlags=mode, **kwargs)
        return Folder(self.session, handle, folder_id, self)

    def open_message(self, folder_id, message_id, mode=READ_WRITE, **kwargs):
        handle = self.new_handle()
        response = self.rop("OpenMessage", handle, FolderId=folder_id, MessageId=message_id, OpenModeFlags=mode,
                            **kwargs)
        return Message(self.session, handle, self, message_id, response.fields.get("Message"))

    def receive_folder(self, message_class=""):
        f = self.rop("GetReceiveFolder", MessageClass=message_class).fields
        return f["FolderId"], f["ExplicitMessageClass"]

    def set_receive_folder(self, message_class, folder_id, **kwargs):
        self.rop("SetReceiveFolder", FolderId=folder_id, MessageClass=message_class, **kwargs)

    def receive_folder_table(self):
        return self.rop("GetReceiveFolderTable").fields["Rows"]

    def long_id(self, object_id):
        return self.rop("LongTermIdFromId", ObjectId=object_id).fields["LongTermId"]

    def short_id(self, long_id):
        return self.rop("IdFromLongTermId", LongTermId=long_id).fields["ObjectId"]

    def id_of_entry(self, data):
        """FID, or (FID, MID), of a folder's or message's entry id"""
        entry = d.parse_entry_id(data)
        folder = self.short_id(entry.folder)
        return folder if isinstance(entry, d.FolderEntryId) else (folder, self.short_id(entry.message))

    def local_replica_ids(self, count):
        f = self.rop("GetLocalReplicaIds", IdCount=count).fields
        return f["ReplGuid"], f["GlobalCount"]

    def store_state(self):
        return self.rop("GetStoreState").fields["StoreState"]

    def address_types(self):
        return self.rop("GetAddressTypes").fields["AddressTypes"]

    def transport_folder(self):
        return self.rop("GetTransportFolder").fields["FolderId"]

    def set_spooler(self, **kwargs):
        self.rop("SetSpooler", **kwargs)

    def abort_submit(self, folder_id, message_id, **kwargs):
        return self.rop("AbortSubmit", FolderId=folder_id, MessageId=message_id, **kwargs)

    def subscribe(self, types, folder_id=None, message_id=0, **kwargs):
        """A notification object; folder_id None: the whole store."""
        handle = self.new_handle()
        scope = None if folder_id is None else (folder_id, message_id)
        self.rop("RegisterNotification", handle, NotificationTypes=types, Scope=scope, **kwargs)
        return Object(self.session, handle)

    def folder(self, path):
        """By names below the IPM subtree: "Projects/2026" """
        folder = self.ipm
        for name in path.split("/"):
            folder = folder.child(name)
        return folder


class Folder(Object):
    def __init__(self, session, handle, folder_id, mailbox):
        super().__init__(session, handle)
        self.id, self.mailbox = folder_id, mailbox

    # -- tables -------------------------------------------------------------------
    def table(self, name, flags, columns, kind=None):
        handle = self.new_handle()
        response = self.rop(name, handle, TableFlags=flags)
        table = (kind or Table)(self.session, handle, response.fields.get("RowCount"))
        if columns:
            table.set_columns(columns)
        return table

    def hierarchy(self, columns=(PidTagFolderId, PidTagDisplayName), flags=0):
        return self.table("GetHierarchyTable", flags, columns)

    def contents(self, columns=(PidTagMid,), associated=False, flags=0):
        return self.table("GetContentsTable", flags | (ASSOCIATED if associated else 0), columns)

    def permissions(self, columns=(), flags=0):
        return self.table("GetPermissionsTable", flags, columns)

    def rules(self, columns=(), flags=USE_UNICODE):
        return self.table("GetRulesTable", flags, columns)

    def child(self, name):
        for row in self.hierarchy().rows():
            if row[PidTagDisplayName] == name:
                return self.mailbox.open_folder(row[PidTagFolderId])
        raise KeyError(name)

    def children(self):
        """Names and ids"""
        return {row[PidTagDisplayName]: row[PidTagFolderId] for row in self.hierarchy().rows()}

    # -- folders (MS-OXCFOLD) ---------------------------------------------------------
    def create_folder(self, name, comment="", folder_type=1, open_existing=False, **kwargs):
        handle = self.new_handle()
        response = self.rop("CreateFolder", handle, FolderType=folder_type, OpenExisting=open_existing,
                            DisplayName=name, Comment=comment, **kwargs)
        folder = Folder(self.session, handle, response.fields.get("FolderId"), self.mailbox)
        folder.existed = response.fields.get("Existing") is not None
        return folder

    def _partial(self, response):
        return response.code, response.fields["PartialCompletion"]

    def delete_folder(self, folder_id, flags=DEL_MESSAGES | DEL_FOLDERS, **kwargs):
        return self._partial(self.rop("DeleteFolder", FolderId=folder_id, DeleteFolderFlags=flags, **kwargs))

    def empty(self, associated=False, hard=False, **kwargs):
        name = "HardDeleteMessagesAndSubfolders" if hard else "EmptyFolder"
        return self._partial(self.rop(name, WantDeleteAssociated=associated, **kwargs))

    def move_folder(self, folder_id, target, name, **kwargs):
        """folder_id: a child of this one"""
        return self._partial(self.rop("MoveFolder", target.handle, FolderId=folder_id, NewFolderName=name, **kwargs))

    def copy_folder(self, folder_id, target, name, recursive=True, **kwargs):
        return self._partial(self.rop("CopyFolder", target.handle, FolderId=folder_id, NewFolderName=name,
                                      WantRecursive=recursive, **kwargs))

    def set_search(self, restriction, folder_ids, flags=2, **kwargs):
        self.rop("SetSearchCriteria", RestrictionData=restriction, FolderIds=list(folder_ids), SearchFlags=flags,
                 **kwargs)

    def search(self, **kwargs):
        return self.rop("GetSearchCriteria", **kwargs).fields

    def modify_permissions(self, changes, flags=0, **kwargs):
        """Pairs of 1 (add), 2 (modify), 4 (remove) and properties (MS-OXCPERM 2.2.2)"""
        self.rop("ModifyPermissions", ModifyFlags=flags, PermissionsData=changes, **kwargs)

    def modify_rules(self, changes, flags=0, **kwargs):
        self.rop("ModifyRules", ModifyRulesFlags=flags, RulesData=changes, **kwargs)

    # -- messages -----------------------------------------------------------------------
    def create_message(self, associated=False, **kwargs):
        handle = self.new_handle()
        response = self.rop("CreateMessage", handle, FolderId=self.id, AssociatedFlag=associated, **kwargs)
        return Message(self.session, handle, self.mailbox, response.fields.get("MessageId"), None, self.handle)

    def open_message(self, message_id, mode=READ_WRITE, **kwargs):
        handle = self.new_handle()
        response = self.rop("OpenMessage", handle, FolderId=self.id, MessageId=message_id, OpenModeFlags=mode,
                            **kwargs)
        return Message(self.session, handle, self.mailbox, message_id, response.fields.get("Message"), self.handle)

    def delete_messages(self, message_ids, hard=False, notify=False, **kwargs):
        name = "HardDeleteMessages" if hard else "DeleteMessages"
        return self._partial(self.rop(name, MessageIds=list(message_ids), NotifyNonRead=notify, **kwargs))

    def move_messages(self, message_ids, target, copy=False, **kwargs):
        return self._partial(self.rop("MoveCopyMessages", target.handle, MessageIds=list(message_ids),
                                      WantCopy=copy, **kwargs))

    def set_read_flags(self, message_ids, flags=RF_DEFAULT, **kwargs):
        return self._partial(self.rop("SetReadFlags", ReadFlags=flags, MessageIds=list(message_ids), **kwargs))

    def message_status(self, message_id):
        return self.rop("GetMessageStatus", MessageId=message_id).fields["MessageStatusFlags"]

    def set_message_status(self, message_id, flags, mask):
        """The status before"""
        return self.rop("SetMessageStatus", MessageId=message_id, MessageStatusFlags=flags,
                        MessageStatusMask=mask).fields["MessageStatusFlags"]


class Table(Object):
    """MS-OXCTABL"""

    def __init__(self, session, handle, count):
        super().__init__(session, handle)
        self.count = count

    def set_columns(self, columns, flags=0, **kwargs):
        columns = self.tags(columns)
        response = self.rop("SetColumns", SetColumnsFlags=flags, PropertyTags=columns, **kwargs)
        if response.code == ec.Success:
            self.handle.columns = columns
        return response

    @property
    def columns(self):
        return self.handle.columns

    def sort(self, orders, categories=0, expanded=0, flags=0, **kwargs):
        """orders: tags, or pairs of tag and mapidata.ASCEND, DESCEND, MAX_CATEGORY"""
        pairs = [o if isinstance(o, tuple) and not isinstance(o, Name) else (o, d.ASCEND) for o in orders]
        tags = self.tags(t for t, _ in pairs)
        data = d.sort_set([(t, order) for t, (_, order) in zip(tags, pairs)], categories, expanded)
        return self.rop("SortTable", SortTableFlags=flags, SortOrders=data, **kwargs)

    def restrict(self, restriction, flags=0, **kwargs):
        return self.rop("Restrict", RestrictFlags=flags, RestrictionData=restriction, **kwargs)

    def query(self, count=50, forward=True, flags=0, **kwargs):
        """One QueryRows: (origin, rows)"""
        f = self.rop("QueryRows", QueryRowsFlags=flags, ForwardRead=forward, RowCount=count, **kwargs).fields
        if len(f["RowData"]) > count:
            raise Fault("%d rows of %d" % (len(f["RowData"]), count))
        return f["Origin"], f["RowData"]

    def rows(self, step=50):
        """All rows from the beginning."""
        self.seek(0, BOOKMARK_BEGINNING)
        rows = []
        while True:
            origin, found = self.query(step)
            rows += found
            if not found:
                if origin != BOOKMARK_END:
                    raise Fault("no rows, and the origin is %d" % origin)
                return rows

    def seek(self, count, origin=BOOKMARK_CURRENT, want_count=True, **kwargs):
        f = self.rop("SeekRow", Origin=origin, RowCount=count, WantRowMovedCount=want_count, **kwargs).fields
        return f.get("RowsSought"), f.get("HasSoughtLess")

    def seek_bookmark(self, bookmark, count=0, **kwargs):
        return self.rop("SeekRowBookmark", Bookmark=bookmark, RowCount=count, **kwargs).fields

    def seek_fraction(self, numerator, denominator, **kwargs):
        self.rop("SeekRowFractional", Numerator=numerator, Denominator=denominator, **kwargs)

    def position(self):
        f = self.rop("QueryPosition").fields
        return f["Numerator"], f["Denominator"]

    def bookmark(self, **kwargs):
        return self.rop("CreateBookmark", **kwargs).fields["Bookmark"]

    def free_bookmark(self, bookmark, **kwargs):
        self.rop("FreeBookmark", Bookmark=bookmark, **kwargs)

    def find(self, restriction, origin=BOOKMARK_BEGINNING, backward=False, bookmark=b"", **kwargs):
        """The row, or None"""
        response = self.rop("FindRow", FindRowFlags=int(backward), RestrictionData=restriction, Origin=origin,
                            Bookmark=bookmark, expect=ec.NotFound, **kwargs)
        return response.fields.get("RowData")

    def all_columns(self):
        return self.rop("QueryColumnsAll").fields["PropertyTags"]

    def status(self):
        return self.rop("GetStatus").fields["TableStatus"]

    def abort(self, **kwargs):
        return self.rop("Abort", **kwargs)

    def reset(self):
        self.rop("ResetTable")
        self.handle.columns = None

    def expand(self, category_id, max_rows=50, **kwargs):
        f = self.rop("ExpandRow", MaxRowCount=max_rows, CategoryId=category_id, **kwargs).fields
        return f["ExpandedRowCount"], f["RowData"]

    def collapse(self, category_id, **kwargs):
        return self.rop("CollapseRow", CategoryId=category_id, **kwargs).fields["CollapsedRowCount"]

    def collapse_state(self, row_id, instance, **kwargs):
        return self.rop("GetCollapseState", RowId=row_id, RowInstanceNumber=instance, **kwargs).fields["CollapseState"]

    def set_collapse_state(self, state, **kwargs):
        return self.rop("SetCollapseState", CollapseState=state, **kwargs).fields["Bookmark"]


class Message(Object):
    """MS-OXCMSG"""

    def __init__(self, session, handle, mailbox, message_id, info, folder_handle=None):
        super().__init__(session, handle)
        self.mailbox, self.id, self.info, self.folder_handle = mailbox, message_id, info, folder_handle
        if info is not None:
            handle.recipient_columns = info["columns"]

    def save(self, flags=KEEP_OPEN_READ_WRITE, expect=(), response_handle=None):
        response_handle = response_handle or self.folder_handle or self.mailbox.handle
        response = self.session.rop("SaveChangesMessage", response_handle, self.handle, SaveFlags=flags, expect=expect)
        if response.code == ec.Success:
            self.id = response.fields["MessageId"]
        return response.code if expect else self.id

    def reload(self):
        self.info = self.rop("ReloadCachedInformation").fields["Message"]
        self.handle.recipient_columns = self.info["columns"]
        return self.info

    def submit(self, flags=0, **kwargs):
        return self.rop("SubmitMessage", SubmitFlags=flags, **kwargs).code

    def transport_send(self, **kwargs):
        return self.rop("TransportSend", **kwargs).fields.get("Properties")

    def set_read(self, flags=RF_DEFAULT, client_data=b"", **kwargs):
        folder = self.folder_handle or self.mailbox.handle
        response = self.session.rop("SetMessageReadFlag", folder, self.handle, ReadFlags=flags,
                                    ClientData=client_data, **kwargs)
        return response.fields.get("ReadStatusChanged")

    # -- recipients ---------------------------------------------------------------------
    def set_recipients(self, recipients, columns=(), **kwargs):
        """mapidata.Recipient tuples; row ids count from 0 unless they say."""
        columns = self.tags(columns)
        rows = []
        for number, rcpt in enumerate(recipients):
            row_id = number if rcpt.row_id is None else rcpt.row_id
            rows.append((row_id, rcpt.type, d.recipient_row(rcpt, columns)))
        self.rop("ModifyRecipients", RecipientColumns=columns, RecipientRows=rows, **kwargs)

    def remove_recipient(self, row_id):
        self.rop("ModifyRecipients", RecipientColumns=(), RecipientRows=[(row_id, TO, None)])

    def remove_recipients(self):
        self.rop("RemoveAllRecipients")

    def recipients(self):
        """All of them, as dicts with row_id, type, address, name, props"""
        if self.handle.recipient_columns is None:
            self.reload()
        found = []
        while True:
            response = self.rop("ReadRecipients", RowId=found[-1]["row_id"] + 1 if found else 0, expect=ec.NotFound)
            if response.code == ec.NotFound or not response.fields["RecipientRows"]:
                return found
            found += response.fields["RecipientRows"]

    # -- attachments ------------------------------------------------------------------------
    def attachments(self, columns=(PidTagAttachNumber, PidTagAttachLongFilename, PidTagAttachMethod)):
        handle = self.new_handle()
        self.rop("GetAttachmentTable", handle, TableFlags=0)
        table = Table(self.session, handle, None)
        table.set_columns(columns)
        return table

    def create_attachment(self):
        handle = self.new_handle()
        number = self.rop("CreateAttachment", handle).fields["AttachmentID"]
        return Attachment(self.session, handle, self, number)

    def attach(self, name, data, **props):
        """A file, saved into the message (which is not)."""
        attachment = self.create_attachment()
        attachment.set({PidTagAttachLongFilename: name, PidTagAttachMethod: 1, **props})
        if len(data) < 16000:
            attachment.set({PidTagAttachDataBinary: data})
        else:
            attachment.stream(PidTagAttachDataBinary, CREATE_STREAM).write_all(data)
        attachment.save()
        return attachment

    def open_attachment(self, number, mode=READ_WRITE, **kwargs):
        handle = self.new_handle()
        self.rop("OpenAttachment", handle, OpenAttachmentFlags=mode, AttachmentID=number, **kwargs)
        return Attachment(self.session, handle, self, number)

    def delete_attachment(self, number, **kwargs):
        self.rop("DeleteAttachment", AttachmentID=number, **kwargs)


class Attachment(Object):
    def __init__(self, session, handle, message, number):
        super().__init__(session, handle)
        self.message, self.number = message, number

    def save(self, flags=KEEP_OPEN_READ_WRITE, **kwargs):
        return self.session.rop("SaveChangesAttachment", self.message.handle, self.handle, SaveFlags=flags,
                                **kwargs).code

    def data(self):
        return self.stream(PidTagAttachDataBinary).read_all()

    def embedded(self, mode=READ_WRITE, **kwargs):
        """The message in it; mode 2 makes one."""
        handle = self.new_handle()
        f = self.rop("OpenEmbeddedMessage", handle, OpenModeFlags=mode, **kwargs).fields
        message = Message(self.session, handle, self.message.mailbox, f.get("MessageId"), f.get("Message"),
                          self.handle)
        return message

    # what a message in it is kept under
    data_object = PidTagAttachDataObject


class Stream(Object):
    """MS-OXCPRPT 2.2.14 and on"""

    def __init__(self, session, handle, size):
        super().__init__(session, handle)
        self.size = size

    def read(self, size, **kwargs):
        return self.rop("ReadStream", ByteCount=size, **kwargs).fields["Data"]

    def read_all(self, step=0x8000):
        self.seek(0)
        data = b""
        while True:
            part = self.read(step)
            if not part:
                return data
            data += part

    def write(self, data, commit=False, **kwargs):
        return self.rop("WriteAndCommitStream" if commit else "WriteStream", Data=data, **kwargs).fields["WrittenSize"]

    def write_all(self, data, step=0x7000, commit=True):
        for at in range(0, len(data), step):
            part = data[at:at + step]
            written = self.write(part)
            if written != len(part):
                raise Fault("%d bytes written of %d" % (written, len(part)))
        if commit:
            self.commit()

    def commit(self, **kwargs):
        self.rop("CommitStream", **kwargs)

    def seek(self, offset, origin=0, **kwargs):
        return self.rop("SeekStream", Origin=origin, Offset=offset, **kwargs).fields.get("NewPosition")

    def set_size(self, size, **kwargs):
        self.rop("SetStreamSize", StreamSize=size, **kwargs)

    def get_size(self):
        return self.rop("GetStreamSize").fields["StreamSize"]

    def copy(self, target, count, **kwargs):
        f = self.rop("CopyToStream", target.handle, ByteCount=count, **kwargs).fields
        return f["ReadByteCount"], f["WrittenByteCount"]

    def clone(self):
        handle = self.new_handle()
        self.rop("CloneStream", handle)
        return Stream(self.session, handle, self.size)

    def lock(self, offset, size, flags=1, **kwargs):
        return self.rop("LockRegionStream", RegionOffset=offset, RegionSize=size, LockFlags=flags, **kwargs).code

    def unlock(self, offset, size, flags=1, **kwargs):
        return self.rop("UnlockRegionStream", RegionOffset=offset, RegionSize=size, LockFlags=flags, **kwargs).code
