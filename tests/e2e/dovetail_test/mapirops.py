# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Every remote operation of MS-OXCROPS 2.2: how a request is written and a response read.

ROPS has a line for each: number, name, layout, request fields, response fields.
Layouts are the handle indices in a request (and which of them answers):
    in    InputHandleIndex
    out   InputHandleIndex, OutputHandleIndex; answered with the output's
    out   the same, answered with the input's
    resp  ResponseHandleIndex, InputHandleIndex; answered with the response's
    two   SourceHandleIndex, DestHandleIndex; answered with the source's
    new   OutputHandleIndex alone
"!" before the response fields: they are there whatever ReturnValue says.  Field types: the
functions of WRITE and READ below."""

import collections

from . import mapidata as d
from .mapidata import Fault, Reader, ec, flag, u8, u16, u32, u64

_TEXT = """
01 Release                 in
02 OpenFolder              out  FolderId:id OpenModeFlags:u8 | HasRules:bool Servers:ghosted
03 OpenMessage             out  CodePageId:u16 FolderId:id OpenModeFlags:u8 MessageId:id | Message:message
04 GetHierarchyTable       out  TableFlags:u8 | RowCount:u32
05 GetContentsTable        out  TableFlags:u8 | RowCount:u32
06 CreateMessage           out  CodePageId:u16 FolderId:id AssociatedFlag:bool | MessageId:optid
07 GetPropertiesSpecific   in   PropertySizeLimit:u16 WantUnicode:u16 PropertyTags:tags | RowData:row
08 GetPropertiesAll        in   PropertySizeLimit:u16 WantUnicode:u16 | PropertyValues:values
09 GetPropertiesList       in   | PropertyTags:tags
0a SetProperties           in   PropertyValues:sizedvalues | PropertyProblems:problems
0b DeleteProperties        in   PropertyTags:tags | PropertyProblems:problems
0c SaveChangesMessage      resp SaveFlags:u8 | InputHandleIndex:u8 MessageId:id
0d RemoveAllRecipients     in   Reserved:u32
0e ModifyRecipients        in   RecipientColumns:tags RecipientRows:modifyrows
0f ReadRecipients          in   RowId:u32 Reserved:u16 | RecipientRows:readrows
10 ReloadCachedInformation in   Reserved:u16 | Message:message
11 SetMessageReadFlag      resp ReadFlags:u8 ClientData:rest | ReadStatusChanged:changed
12 SetColumns              in   SetColumnsFlags:u8 PropertyTags:tags | TableStatus:u8
13 SortTable               in   SortTableFlags:u8 SortOrders:rest | TableStatus:u8
14 Restrict                in   RestrictFlags:u8 RestrictionData:res | TableStatus:u8
15 QueryRows               in   QueryRowsFlags:u8 ForwardRead:bool RowCount:u16 | Origin:u8 RowData:rows
16 GetStatus               in   | TableStatus:u8
17 QueryPosition           in   | Numerator:u32 Denominator:u32
18 SeekRow                 in   Origin:u8 RowCount:i32 WantRowMovedCount:bool | HasSoughtLess:bool RowsSought:i32
19 SeekRowBookmark         in   Bookmark:b16 RowCount:i32 WantRowMovedCount:bool | RowNoLongerVisible:bool HasSoughtLess:bool RowsSought:i32
1a SeekRowFractional       in   Numerator:u32 Denominator:u32
1b CreateBookmark          in   | Bookmark:b16
1c CreateFolder            out  FolderType:u8 UseUnicodeStrings:bool OpenExisting:bool Reserved:u8 DisplayName:w Comment:w | FolderId:id Existing:existing
1d DeleteFolder            in   DeleteFolderFlags:u8 FolderId:id |! PartialCompletion:bool
1e DeleteMessages          in   WantAsynchronous:bool NotifyNonRead:bool MessageIds:ids |! PartialCompletion:bool
1f GetMessageStatus        in   MessageId:id | MessageStatusFlags:u32
20 SetMessageStatus        in   MessageId:id MessageStatusFlags:u32 MessageStatusMask:u32 | MessageStatusFlags:u32
21 GetAttachmentTable      out  TableFlags:u8
22 OpenAttachment          out  OpenAttachmentFlags:u8 AttachmentID:u32
23 CreateAttachment        out  | AttachmentID:u32
24 DeleteAttachment        in   AttachmentID:u32
25 SaveChangesAttachment   resp SaveFlags:u8
26 SetReceiveFolder        in   FolderId:id MessageClass:z
27 GetReceiveFolder        in   MessageClass:z | FolderId:id ExplicitMessageClass:z
29 RegisterNotification    out  NotificationTypes:u16 Scope:scope
2b OpenStream              out  PropertyTag:u32 OpenModeFlags:u8 | StreamSize:u32
2c ReadStream              in   ByteCount:bytecount |! Data:b16
2d WriteStream             in   Data:b16 |! WrittenSize:u16
2e SeekStream              in   Origin:u8 Offset:i64 | NewPosition:u64
2f SetStreamSize           in   StreamSize:u64
30 SetSearchCriteria       in   RestrictionData:res FolderIds:ids SearchFlags:u32
31 GetSearchCriteria       in   UseUnicode:bool IncludeRestriction:bool IncludeFolders:bool | RestrictionData:res LogonId:u8 FolderIds:ids SearchFlags:u32
32 SubmitMessage           in   SubmitFlags:u8
33 MoveCopyMessages        two  MessageIds:ids WantAsynchronous:bool WantCopy:bool |! PartialCompletion:bool
34 AbortSubmit             in   FolderId:id MessageId:id
35 MoveFolder              two  WantAsynchronous:bool UseUnicode:bool FolderId:id NewFolderName:w |! PartialCompletion:bool
36 CopyFolder              two  WantAsynchronous:bool WantRecursive:bool UseUnicode:bool FolderId:id NewFolderName:w |! PartialCompletion:bool
37 QueryColumnsAll         in   | PropertyTags:tags
38 Abort                   in   | TableStatus:u8
39 CopyTo                  two  WantAsynchronous:bool WantSubObjects:bool CopyFlags:u8 ExcludedTags:tags | PropertyProblems:problems
3a CopyToStream            two  ByteCount:u64 |! ReadByteCount:u64 WrittenByteCount:u64
3b CloneStream             out
3e GetPermissionsTable     out  TableFlags:u8
3f GetRulesTable           out  TableFlags:u8
40 ModifyPermissions       in   ModifyFlags:u8 PermissionsData:changes
41 ModifyRules             in   ModifyRulesFlags:u8 RulesData:changes
42 GetOwningServers        in   FolderId:id | OwningServers:servers
43 LongTermIdFromId        in   ObjectId:id | LongTermId:lid
44 IdFromLongTermId        in   LongTermId:lid | ObjectId:id
45 PublicFolderIsGhosted   in   FolderId:id | Servers:ghosted
46 OpenEmbeddedMessage     out  CodePageId:u16 OpenModeFlags:u8 | Reserved:u8 MessageId:id Message:message
47 SetSpooler              in
48 SpoolerLockMessage      in   MessageId:id LockState:u8
49 GetAddressTypes         in   | AddressTypes:addresstypes
4a TransportSend           in   | Properties:sent
4b FastTransferSourceCopyMessages   out MessageIds:ids CopyFlags:u8 SendOptions:u8
4c FastTransferSourceCopyFolder     out CopyFlags:u8 SendOptions:u8
4d FastTransferSourceCopyTo         out Level:u8 CopyFlags:u32 SendOptions:u8 PropertyTags:tags
4e FastTransferSourceGetBuffer      in  BufferSize:buffersize |! TransferStatus:u16 InProgressCount:u16 TotalStepCount:u16 Reserved:u8 TransferBuffer:b16 BackoffTime:backoff
4f FindRow                 in   FindRowFlags:u8 RestrictionData:res Origin:u8 Bookmark:b16 | RowNoLongerVisible:bool RowData:optrow
50 Progress                in   WantCancel:bool | LogonId:u8 CompletedTaskCount:u32 TotalTaskCount:u32
51 TransportNewMail        in   MessageId:id FolderId:id MessageClass:z MessageFlags:u32
52 GetValidAttachments     in   | AttachmentIds:u32s
53 FastTransferDestinationConfigure out SourceOperation:u8 CopyFlags:u8
54 FastTransferDestinationPutBuffer in TransferData:b16 |! TransferStatus:u16 InProgressCount:u16 TotalStepCount:u16 Reserved:u8 BufferUsedSize:u16
55 GetNamesFromPropertyIds in   PropertyIds:u16s | PropertyNames:names
56 GetPropertyIdsFromNames in   Flags:u8 PropertyNames:names | PropertyIds:u16s
57 UpdateDeferredActionMessages in ServerEntryId:b16 ClientEntryId:b16
58 EmptyFolder             in   WantAsynchronous:bool WantDeleteAssociated:bool |! PartialCompletion:bool
59 ExpandRow               in   MaxRowCount:u16 CategoryId:u64 | ExpandedRowCount:u32 RowData:rows
5a CollapseRow             in   CategoryId:u64 | CollapsedRowCount:u32
5b LockRegionStream        in   RegionOffset:u64 RegionSize:u64 LockFlags:u32
5c UnlockRegionStream      in   RegionOffset:u64 RegionSize:u64 LockFlags:u32
5d CommitStream            in
5e GetStreamSize           in   | StreamSize:u32
5f QueryNamedProperties    in   QueryFlags:u8 PropertyGuid:optguid | Names:idnames
60 GetPerUserLongTermIds   in   DatabaseGuid:guid | LongTermIds:lids
61 GetPerUserGuid          in   LongTermId:lid | DatabaseGuid:guid
63 ReadPerUserInformation  in   FolderId:lid Reserved:u8 DataOffset:u32 MaxDataSize:u16 | HasFinished:bool Data:b16
64 WritePerUserInformation in   FolderId:lid HasFinished:bool DataOffset:u32 Data:b16 ReplGuid:rest
66 SetReadFlags            in   WantAsynchronous:bool ReadFlags:u8 MessageIds:ids |! PartialCompletion:bool
67 CopyProperties          two  WantAsynchronous:bool CopyFlags:u8 PropertyTags:tags | PropertyProblems:problems
68 GetReceiveFolderTable   in   | Rows:receiverows
69 FastTransferSourceCopyProperties out Level:u8 CopyFlags:u8 SendOptions:u8 PropertyTags:tags
6b GetCollapseState        in   RowId:u64 RowInstanceNumber:u32 | CollapseState:b16
6c SetCollapseState        in   CollapseState:b16 | Bookmark:b16
6d GetTransportFolder      in   | FolderId:id
6f OptionsData             in   AddressType:z WantWin32:bool | Reserved:u8 Options:options
70 SynchronizationConfigure            out SynchronizationType:u8 SendOptions:u8 SynchronizationFlags:u16 RestrictionData:res SynchronizationExtraFlags:u32 PropertyTags:tags
72 SynchronizationImportMessageChange  out ImportFlag:u8 PropertyValues:values | MessageId:id
73 SynchronizationImportHierarchyChange in HierarchyValues:values PropertyValues:values | FolderId:id
74 SynchronizationImportDeletes        in  ImportDeleteFlags:u8 PropertyValues:values
75 SynchronizationUploadStateStreamBegin in StateProperty:u32 TransferBufferSize:u32
76 SynchronizationUploadStateStreamContinue in StreamData:b32
77 SynchronizationUploadStateStreamEnd in
78 SynchronizationImportMessageMove    in  SourceFolderId:b32 SourceMessageId:b32 PredecessorChangeList:b32 DestinationMessageId:b32 ChangeNumber:b32 | MessageId:id
79 SetPropertiesNoReplicate    in PropertyValues:sizedvalues | PropertyProblems:problems
7a DeletePropertiesNoReplicate in PropertyTags:tags | PropertyProblems:problems
7b GetStoreState           in   | StoreState:u32
7e SynchronizationOpenCollector        out IsContentsCollector:bool
7f GetLocalReplicaIds      in   IdCount:u32 | ReplGuid:guid GlobalCount:counter
80 SynchronizationImportReadStateChanges in MessageReadStates:b16
81 ResetTable              in
82 SynchronizationGetTransferState     out
86 TellVersion             in   Version:version
89 FreeBookmark            in   Bookmark:b16
90 WriteAndCommitStream    in   Data:b16 |! WrittenSize:u16
91 HardDeleteMessages      in   WantAsynchronous:bool NotifyNonRead:bool MessageIds:ids |! PartialCompletion:bool
92 HardDeleteMessagesAndSubfolders in WantAsynchronous:bool WantDeleteAssociated:bool |! PartialCompletion:bool
93 SetLocalReplicaMidsetDeleted in LongTermIdRanges:lidranges
9d FastTransferDestinationPutBufferExtended in TransferData:b16 |! TransferStatus:u16 InProgressCount:u32 TotalStepCount:u32 Reserved:u8 BufferUsedSize:u16
a3 WriteStreamExtended     in   Data:b16 |! WrittenSize:u32
fe Logon                   new  LogonFlags:u8 OpenFlags:u32 StoreState:u32 Essdn:essdn | Logon:logon
"""
# Responses that answer nothing in particular
NOTIFY, PENDING, BACKOFF, BUFFER_TOO_SMALL = 0x2A, 0x6E, 0xF9, 0xFF

Rop = collections.namedtuple("Rop", "number name layout request response always")
Response = collections.namedtuple("Response", "rop code fields")


def _fields(text):
    return [tuple(item.split(":")) for item in text.split()]


def _parse_table():
    for line in _TEXT.strip().splitlines():
        head, _, response = line.partition("|")
        number, name, layout, request = (head.split(None, 3) + [""])[:4]
        always = response.startswith("!")
        yield Rop(int(number, 16), name, layout, _fields(request), _fields(response.lstrip("!")), always)


ROPS = {rop.name: rop for rop in _parse_table()}
BY_NUMBER = {rop.number: rop for rop in ROPS.values()}


# -- writing ------------------------------------------------------------------------

def _counted(items, pack):
    return u16(len(items)) + b"".join(pack(x) for x in items)


def _write_res(res):
    data = b"" if res is None else d.restriction(res)
    return u16(len(data)) + data


def _write_values(props):
    return u16(len(props)) + d.tagged(props)


def _write_sized_values(props):
    data = _write_values(props)
    return u16(len(data)) + data


def _write_changes(changes):
    """Pairs of a flag octet and properties: rows of permissions or rules."""
    return _counted(changes, lambda c: u8(c[0]) + _write_values(c[1]))


def _write_modify_rows(rows):
    """Rows of (RowId, type, RecipientRow's bytes); none: the recipient goes."""
    return _counted(rows, lambda r: u32(r[0]) + u8(r[1]) + u16(len(r[2] or b"")) + (r[2] or b""))


def _write_scope(scope):
    """None: the whole store; else (folder, message)"""
    return b"\1" if scope is None else b"\0" + u64(scope[0]) + u64(scope[1])


def _write_essdn(dn):
    return u16(0) if dn is None else u16(len(dn) + 1) + d.str8(dn)


def _write_lid_ranges(ranges):
    data = u32(len(ranges)) + b"".join(d.long_id(low) + d.long_id(high) for low, high in ranges)
    return u16(len(data)) + data


WRITE = {
    "u8": u8, "u16": u16, "u32": u32, "u64": u64, "id": u64, "bool": flag,
    "i32": u32, "i64": u64, "guid": lambda g: g.bytes_le, "lid": d.long_id, "z": d.str8, "w": d.utf16,
    "b16": lambda b: u16(len(b)) + b, "b32": lambda b: u32(len(b)) + b, "rest": lambda b: b or b"",
    "tags": lambda v: _counted(v, u32), "ids": lambda v: _counted(v, u64), "u16s": lambda v: _counted(v, u16),
    "names": lambda v: _counted(v, d.name), "res": _write_res, "values": _write_values,
    "sizedvalues": _write_sized_values, "changes": _write_changes, "modifyrows": _write_modify_rows,
    "scope": _write_scope, "essdn": _write_essdn, "lidranges": _write_lid_ranges,
    # a pair: 0xBABE and a wider number
    "bytecount": lambda n: u16(0xBABE) + u32(n) if n > 0xFFFF else u16(n),
    "buffersize": lambda n: u16(0xBABE) + u16(n[1]) if isinstance(n, tuple) else u16(n),
    "optguid": lambda g: b"\0" if g is None else b"\1" + g.bytes_le,
    "version": lambda v: u16(v[0]) + u16(v[1]) + u16(v[2]),
}
# What a request need not say
DEFAULTS = {
    "u8": 0, "u16": 0, "u32": 0, "u64": 0, "i32": 0, "bool": False, "tags": (), "res": None, "rest": b"",
    "optguid": None, "scope": None, "essdn": None, "b16": b"", "w": "", "values": {},
}
DEFAULT_FIELDS = {"CodePageId": 0x0FFF, "UseUnicodeStrings": True, "UseUnicode": True, "WantUnicode": 1,
                  "ForwardRead": True, "WantRowMovedCount": True, "FolderType": 1,
                  "IncludeRestriction": True, "IncludeFolders": True}


def request(rop, logon_id, indices, fields):
    """The bytes of a request; fields by the document's names."""
    unknown = set(fields) - {name for name, _ in rop.request}
    if unknown:
        raise TypeError("%s has no %s" % (rop.name, ", ".join(sorted(unknown))))
    data = u8(rop.number) + u8(logon_id) + b"".join(u8(i) for i in indices)
    for name, kind in rop.request:
        if name in fields:
            v = fields[name]
        elif name in DEFAULT_FIELDS:
            v = DEFAULT_FIELDS[name]
        elif kind in DEFAULTS:
            v = DEFAULTS[kind]
        else:
            raise TypeError("%s wants %s" % (rop.name, name))
        data += WRITE[kind](v)
    return data


# -- reading --------------------------------------------------------------------------

def _list(r, read, count=None):
    return [read() for _ in range(r.u16() if count is None else count)]


def _read_servers(r):
    count, cheap = r.u16(), r.u16()
    if cheap > count:
        raise Fault("%d cheap servers of %d" % (cheap, count))
    return [r.str8().decode("ascii") for _ in range(count)]


def _read_ghosted(r, context):
    return _read_servers(r) if r.bool() else None


def _read_existing(r, context):
    """None: made anew; else what the folder has: (HasRules, servers)"""
    return (r.bool(), _read_ghosted(r, context)) if r.bool() else None


def _read_problems(r, context):
    return [(r.u16(), r.u32(), d.Error(r.u32())) for _ in range(r.u16())]


def _read_recipient(r, columns):
    data = Reader(r.sized())
    found = d.read_recipient_row(data, columns)
    data.end()
    return found


def _read_message(r, context):
    """What opening a message tells: RopOpenMessage's fields."""
    found = {"has_named": r.bool(), "prefix": d.read_typed_string(r), "subject": d.read_typed_string(r),
             "recipient_count": r.u16()}
    columns = found["columns"] = _list(r, r.u32)
    rows = found["recipients"] = []
    for _ in range(r.u8()):
        kind, code_page, reserved = r.u8(), r.u16(), r.u16()
        rows.append(dict(_read_recipient(r, columns), type=kind, code_page=code_page))
        if reserved:
            raise Fault("a recipient's reserved field is %d" % reserved)
    if len(rows) > found["recipient_count"]:
        raise Fault("%d recipients of %d" % (len(rows), found["recipient_count"]))
    return found


def _read_read_rows(r, context):
    rows = []
    for _ in range(r.u8()):
        row_id, kind, code_page = r.u32(), r.u8(), r.u16()
        r.u16()
        rows.append(dict(_read_recipient(r, context.recipient_columns), row_id=row_id, type=kind,
                         code_page=code_page))
    return rows


def _read_changed(r, context):
    """None: not of a public folder, or no change; else (LogonId, ClientData)"""
    return (r.u8(), r.bytes(24)) if r.bool() else None


def _read_res(r, context):
    data = r.sized()
    if not data:
        return None
    sub = Reader(data)
    res = d.read_restriction(sub)
    sub.end()
    return res


def _read_address_types(r, context):
    count, data = r.u16(), Reader(r.sized())
    types = [data.str8().decode("ascii") for _ in range(count)]
    data.end()
    return types


def _read_sent(r, context):
    return None if r.bool() else d.read_props(r, r.u16())


def _read_options(r, context):
    info, size = r.sized(), r.u16()
    return info, (r.bytes(size) if size else None), (r.str8() if size else None)


def _read_receive_rows(r, context):
    from .mapiprops import PidTagFolderId, PidTagLastModificationTime, PidTagMessageClass
    columns = [PidTagFolderId, d.retype(PidTagMessageClass, d.STRING8), PidTagLastModificationTime]
    return [d.read_row(r, columns) for _ in range(r.u32())]


def _read_id_names(r, context):
    ids = _list(r, r.u16)
    return {number: d.read_name(r) for number in ids}


SPECIAL_FOLDERS = (
    "root", "deferred_action", "spooler_queue", "ipm", "inbox", "outbox", "sent", "deleted", "common_views",
    "schedule", "search", "views", "shortcuts")         # MS-OXCSTOR 2.2.1.1.3
PUBLIC_FOLDERS = ("root", "ipm", "non_ipm", "eforms", "free_busy", "offline_address_book", "eforms_locale",
                  "local_free_busy", "local_offline_address_book", "nntp_articles")   # 2.2.1.1.4


def _read_logon(r, context):
    """MS-OXCSTOR 2.2.1.1.3, 2.2.1.1.4"""
    flags = r.u8()
    ids = [r.u64() for _ in range(13)]
    if not flags & 1:
        return {"flags": flags, "folders": dict(zip(PUBLIC_FOLDERS, ids)), "replid": r.u16(),
                "repl_guid": r.guid(), "per_user_guid": r.guid()}
    found = {"flags": flags, "folders": dict(zip(SPECIAL_FOLDERS, ids)), "response_flags": r.u8(),
             "mailbox_guid": r.guid(), "replid": r.u16(), "repl_guid": r.guid()}
    second, minute, hour, weekday, day, month = (r.u8() for _ in range(6))
    found["time"] = (r.u16(), month, day, hour, minute, second, weekday)
    found["gwart"], found["store_state"] = r.u64(), r.u32()
    return found


def plain(read):
    return lambda r, context: read(r)


READ = {
    "u8": plain(Reader.u8), "u16": plain(Reader.u16), "u32": plain(Reader.u32), "u64": plain(Reader.u64),
    "i32": plain(Reader.i32), "id": plain(Reader.u64), "bool": plain(Reader.bool), "guid": plain(Reader.guid),
    "b16": plain(Reader.sized), "lid": plain(d.read_long_id),
    "z": lambda r, c: r.str8().decode("ascii"), "counter": lambda r, c: int.from_bytes(r.bytes(6), "big"),
    "optid": lambda r, c: r.u64() if r.bool() else None,
    "tags": lambda r, c: _list(r, r.u32), "ids": lambda r, c: _list(r, r.u64),
    "u16s": lambda r, c: _list(r, r.u16), "u32s": lambda r, c: _list(r, r.u32),
    "lids": lambda r, c: _list(r, lambda: d.read_long_id(r)), "names": lambda r, c: _list(r, lambda: d.read_name(r)),
    "values": lambda r, c: d.read_props(r, r.u16()),
    "row": lambda r, c: d.read_row(r, c.fields["PropertyTags"]),
    "rows": lambda r, c: [d.read_row(r, c.columns) for _ in range(r.u16())],
    "optrow": lambda r, c: d.read_row(r, c.columns) if r.bool() else None,
    "backoff": lambda r, c: r.u32() if c.code == ec.ServerBusy else None,
    "servers": lambda r, c: _read_servers(r), "ghosted": _read_ghosted, "existing": _read_existing,
    "problems": _read_problems, "message": _read_message, "readrows": _read_read_rows, "changed": _read_changed,
    "res": _read_res, "addresstypes": _read_address_types, "sent": _read_sent, "options": _read_options,
    "receiverows": _read_receive_rows, "idnames": _read_id_names, "logon": _read_logon,
}


class Context:
    """What reading a response needs of its request: its fields, the columns of its table
    and of its message's recipients."""

    def __init__(self, rop, fields, columns=None, recipient_columns=None, indices=()):
        self.rop, self.fields, self.indices, self.code = rop, fields, indices, None
        self._columns, self._recipient_columns = columns, recipient_columns

    @property
    def columns(self):
        if self._columns is None:
            raise Fault("%s: rows of a table without columns" % self.rop.name)
        return self._columns

    @property
    def recipient_columns(self):
        return self._recipient_columns or []

    def answering_index(self):
        """Which of the request's handle indices comes back"""
        return self.indices[1] if self.rop.layout == "out" else self.indices[0]


def read_response(r, context):
    """One response, whose RopId was not read yet."""
    rop = context.rop
    number, index = r.u8(), r.u8()
    if number != rop.number:
        raise Fault("Rop%s was answered with 0x%02x" % (rop.name, number))
    if index != context.answering_index():
        raise Fault("Rop%s: handle index %d instead of %d" % (rop.name, index, context.answering_index()))
    context.code = r.u32()
    fields = {}
    if rop.layout == "two" and context.code == ec.DstNullObject:
        fields["DestHandleIndex"] = r.u32()
        if fields["DestHandleIndex"] != context.indices[1]:
            raise Fault("Rop%s: DestHandleIndex %d" % (rop.name, fields["DestHandleIndex"]))
    if rop.name == "Logon" and context.code == ec.WrongServer:
        fields["LogonFlags"], size = r.u8(), r.u8()
        fields["ServerName"] = r.bytes(size)
    if context.code == ec.Success or context.code in (ec.WarnWithErrors,) or rop.always:
        for name, kind in rop.response:
            fields[name] = READ[kind](r, context)
    return Response(rop.name, context.code, fields)


# -- notifications (MS-OXCNOTIF 2.2.1.4.1.2) ----------------------------------------------

(NEW_MAIL, OBJECT_CREATED, OBJECT_DELETED, OBJECT_MODIFIED, OBJECT_MOVED, OBJECT_COPIED,
 SEARCH_COMPLETED, TABLE_MODIFIED) = (2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100)
TABLE_CHANGED, ROW_ADDED, ROW_DELETED, ROW_MODIFIED, RESTRICTION_CHANGED = 1, 3, 4, 5, 7

Notification = collections.namedtuple("Notification", "handle logon_id type fields")


def read_notification(r, columns_of):
    """RopNotify behind its RopId.  columns_of: the columns of a table's handle."""
    handle, logon_id, flags = r.u32(), r.u8(), r.u16()
    kind, message, search = flags & 0xFFF, bool(flags & 0x8000), bool(flags & 0x4000)
    if search and not message:
        raise Fault("a search folder's notification that is not of a message: 0x%04x" % flags)
    if flags & 0x3000 and kind != OBJECT_MODIFIED:
        raise Fault("counts in a notification 0x%04x" % flags)
    f = {"message": message, "search": search}
    if kind == TABLE_MODIFIED:
        _read_table_event(r, f, message, lambda: columns_of(handle))
    elif kind in (NEW_MAIL, OBJECT_CREATED, OBJECT_DELETED, OBJECT_MODIFIED, OBJECT_MOVED, OBJECT_COPIED,
                  SEARCH_COMPLETED):
        _read_object_event(r, f, kind, flags)
    else:
        raise Fault("a notification of type 0x%04x" % flags)
    return Notification(handle, logon_id, kind, f)


def _read_table_event(r, f, message, columns):
    f["event"] = event = r.u16()
    if event not in (TABLE_CHANGED, ROW_ADDED, ROW_DELETED, ROW_MODIFIED, RESTRICTION_CHANGED):
        raise Fault("TableEventType %d" % event)
    if event not in (ROW_ADDED, ROW_DELETED, ROW_MODIFIED):
        return
    f["row_folder"] = r.u64()
    if message:
        f["row_message"], f["row_instance"] = r.u64(), r.u32()
    if event == ROW_DELETED:
        return
    f["after_folder"] = r.u64()
    if message:
        f["after_message"], f["after_instance"] = r.u64(), r.u32()
    data = Reader(r.sized())
    f["row"] = d.read_row(data, columns())
    data.end()


def _read_object_event(r, f, kind, flags):
    message, search = f["message"], f["search"]
    f["folder"] = r.u64()
    if message:
        f["message_id"] = r.u64()
    if kind in (OBJECT_CREATED, OBJECT_DELETED, OBJECT_MOVED, OBJECT_COPIED) and (search or not message):
        f["parent"] = r.u64()
    if kind in (OBJECT_MOVED, OBJECT_COPIED):
        f["old_folder"] = r.u64()
        f["old_message" if message else "old_parent"] = r.u64()
    if kind in (OBJECT_CREATED, OBJECT_MODIFIED):
        count = r.u16()
        f["tags"] = None if count == 0xFFFF else [r.u32() for _ in range(count)]
    if flags & 0x1000:
        f["total"] = r.u32()
    if flags & 0x2000:
        f["unread"] = r.u32()
    if kind == NEW_MAIL:
        f["flags"] = r.u32()
        f["class"] = r.utf16() if r.bool() else r.str8().decode("ascii")
