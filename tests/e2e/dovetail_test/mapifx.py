# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""FastTransfer streams and synchronisation as a client in cached mode sees them
(MS-OXCFXICS), written from the document and apart from the server's own codec.

    stream = download(source)                     all buffers of a context, checked and lexed
    stream.contents_sync(), .hierarchy_sync(), .state(), .message_content(), ...
                                                  the roots of the grammar (2.2.4.2)
    cache = Cache(box)                            a replica: folders, messages, states
    cache.sync_folders(); cache.sync(folder)      download; applied, and checked against 3.2.5.3

Strict: what the grammar does not allow raises Fault, and so does a buffer that ends inside
an atom."""

import collections
import time
import uuid

from . import mapidata as d
from .mapi import Message as ApiMessage
from .mapi import Object
from .mapidata import Fault, Reader, ec, u16, u32
from .mapiprops import *
from .mapiprops import Name

# Markers (2.2.4.1.4)
MARKERS = {0x40090003: "StartTopFld", 0x400B0003: "EndFolder", 0x400A0003: "StartSubFld",
           0x400C0003: "StartMessage", 0x400D0003: "EndMessage", 0x40100003: "StartFAIMsg",
           0x40010003: "StartEmbed", 0x40020003: "EndEmbed", 0x40030003: "StartRecip", 0x40040003: "EndToRecip",
           0x40000003: "NewAttach", 0x400E0003: "EndAttach", 0x40120003: "IncrSyncChg",
           0x407D0003: "IncrSyncChgPartial", 0x40130003: "IncrSyncDel", 0x40140003: "IncrSyncEnd",
           0x402F0003: "IncrSyncRead", 0x403A0003: "IncrSyncStateBegin", 0x403B0003: "IncrSyncStateEnd",
           0x4074000B: "IncrSyncProgressMode", 0x4075000B: "IncrSyncProgressPerMsg",
           0x40150003: "IncrSyncMessage", 0x407B0102: "IncrSyncGroupInfo", 0x40180003: "FXErrorInfo"}
MARKER = {name: value for value, name in MARKERS.items()}
# Meta-properties (2.2.4.1.5) and those that say what is different (2.2.1.1, 2.2.1.3)
DEL_PROP, EC_WARNING, NEW_FX_FOLDER, DN_PREFIX = 0x40160003, 0x400F0003, 0x40110102, 0x4008001E
IDSET_GIVEN, CNSET_SEEN, CNSET_SEEN_FAI, CNSET_READ = 0x40170003, 0x67960102, 0x67DA0102, 0x67D20102
IDSET_DELETED, IDSET_OUT_OF_SCOPE, IDSET_EXPIRED = 0x67E50102, 0x40210102, 0x67930102
IDSET_READ, IDSET_UNREAD = 0x402D0102, 0x402E0102
META = {DEL_PROP, EC_WARNING, NEW_FX_FOLDER, DN_PREFIX, IDSET_GIVEN}
# SynchronizationType, -Flags, -ExtraFlags (2.2.3.2.1.1.1); SendOptions
CONTENTS, HIERARCHY = 1, 2
UNICODE, NO_DELETIONS, IGNORE_OUT_OF_SCOPE, READ_STATE, FAI, NORMAL = 1, 2, 4, 8, 0x10, 0x20
ONLY_SPECIFIED, NO_FOREIGN_IDS, BEST_BODY, IGNORE_SPECIFIED_ON_FAI, PROGRESS = 0x80, 0x100, 0x2000, 0x4000, 0x8000
EID, MESSAGE_SIZE, CN, ORDER_BY_TIME = 1, 2, 4, 8
SEND_UNICODE, SEND_USE_CPID, SEND_RECOVER, SEND_FORCE_UNICODE, SEND_PARTIAL = 1, 2, 4, 8, 0x10
# TransferStatus
FX_ERROR, FX_PARTIAL, FX_NO_ROOM, FX_DONE = 0, 1, 2, 3
SENTINEL = (0xBABE, 0xFFFF)
# SourceOperation (2.2.3.1.2.1.1)
COPY_TO, COPY_PROPERTIES, COPY_MESSAGES, COPY_FOLDER = 1, 2, 3, 4

CONTENTS_FLAGS = UNICODE | READ_STATE | FAI | NORMAL | NO_FOREIGN_IDS | BEST_BODY
CODE_PAGE = 0x8000

Element = collections.namedtuple("Element", "marker tag name value")
VARIABLE = (d.STRING, d.STRING8, d.BINARY, d.OBJECT, d.SERVER_ID)


# -- bytes ------------------------------------------------------------------------

class Lexer:
    """The elements of a stream, and where it may be split (2.2.4.1)."""

    def __init__(self, data):
        self.r, self.atoms, self.elements = Reader(data, d.FX), [], []
        while self.r.left():
            self.elements.append(self.element())

    def atom(self, start):
        self.atoms.append((start, self.r.pos))

    def element(self):
        start, tag = self.r.pos, self.r.u32()
        if tag in MARKERS:
            self.atom(start)
            return Element(MARKERS[tag], None, None, None)
        name = None
        if tag >> 16 >= 0x8000:
            guid, kind = self.r.guid(), self.r.u8()
            if kind not in (0, 1):
                raise Fault("a name of kind %d" % kind)
            name = Name(guid, self.r.u32() if kind == 0 else self.r.utf16(), tag & 0xFFFF)
        self.atom(start)
        # what its type says is not true (2.2.1.1.1)
        kind = d.BINARY if tag == IDSET_GIVEN else tag & 0xFFFF
        return Element(None, tag, name, self.value(kind))

    def value(self, kind):
        if kind & CODE_PAGE:
            data = self.variable()
            return self.text(data, "utf-16-le" if kind & 0x7FFF == 1200 else "cp%d" % (kind & 0x7FFF))
        if kind & d.MULTIPLE:
            start, count = self.r.pos, self.r.u32()
            self.atom(start)
            if count == 0:
                raise Fault("an empty array")
            return [self.single(kind & ~d.MULTIPLE) for _ in range(count)]
        return self.single(kind)

    def variable(self):
        start, size = self.r.pos, self.r.u32()
        self.atom(start)
        return self.r.bytes(size)

    @staticmethod
    def text(data, charset):
        end = b"\0\0" if charset == "utf-16-le" else b"\0"
        if not data.endswith(end):
            raise Fault("a string without its end: %r" % data[-20:])
        return data[:-len(end)].decode(charset)

    def single(self, kind):
        if kind in VARIABLE:
            data = self.variable()
            if kind == d.STRING:
                return self.text(data, "utf-16-le")
            if kind == d.STRING8 and not data.endswith(b"\0"):
                raise Fault("a string without its end")
            return data[:-1] if kind == d.STRING8 else data
        if kind not in d.FIXED and kind not in (d.BOOLEAN, d.GUID):
            raise Fault("type 0x%x in a stream" % kind)
        start = self.r.pos
        v = d.read_value(self.r, kind)
        self.atom(start)
        return v

    def check_splits(self, sizes):
        at, ends = 0, set()
        for size in sizes[:-1]:
            at += size
            ends.add(at)
        for start, end in self.atoms:
            for split in ends:
                if start < split < end:
                    raise Fault("a buffer ends at %d, inside of the atom %d to %d" % (split, start, end))


# -- grammar -------------------------------------------------------------------------

class Props(dict):
    """A propList: tags, or Names of named ones; .order is the order on the wire."""

    def __init__(self):
        super().__init__()
        self.order = []


class Message:
    def __init__(self):
        self.header, self.props, self.progress, self.fai = None, None, None, False
        self.recipients, self.attachments, self.del_props = [], [], []

    @property
    def source_key(self):
        return self.header[PidTagSourceKey]


class Attachment:
    def __init__(self, number):
        self.number, self.props, self.message = number, None, None


class Folder:
    def __init__(self):
        self.props, self.messages, self.folders, self.del_props = None, [], [], []


class Sync:
    def __init__(self):
        self.total, self.changes, self.errors = None, [], []
        self.deleted, self.out_of_scope, self.read, self.unread, self.final = {}, {}, {}, {}, None


class Stream:
    """Elements with a position; each method takes what the rule of its name says."""

    def __init__(self, data, sizes=()):
        self.data = data
        lexer = Lexer(data)
        lexer.check_splits(list(sizes))
        self.elements, self.pos = lexer.elements, 0

    # -- helpers
    def peek(self):
        return self.elements[self.pos] if self.pos < len(self.elements) else Element("end of stream", None, None, None)

    def at(self, *markers):
        return self.peek().marker in markers

    def meta(self, tag):
        return self.peek().tag == tag

    def next(self):
        self.pos += 1
        return self.elements[self.pos - 1]

    def take(self, marker):
        if not self.at(marker):
            raise Fault("%s expected, not %r" % (marker, self.peek()))
        self.pos += 1

    def take_meta(self, tag):
        if not self.meta(tag):
            raise Fault("0x%08x expected, not %r" % (tag, self.peek()))
        return self.next().value

    def end(self):
        if self.pos != len(self.elements):
            raise Fault("behind the end: %r" % (self.peek(),))

    def prop_list(self, allowed=None, internal=()):
        """allowed: the only tags there may be; internal: those of 0x6600 to 0x67ff that may."""
        props = Props()
        while self.peek().tag is not None and (self.peek().tag not in META or allowed and self.peek().tag in allowed):
            e = self.next()
            key = e.name or e.tag
            if key in props:
                raise Fault("0x%08x twice" % e.tag)
            if allowed is not None and e.tag not in allowed:
                raise Fault("0x%08x is not allowed here" % e.tag)
            if allowed is None and 0x6600 <= e.tag >> 16 <= 0x67FF and e.tag not in internal:
                raise Fault("0x%08x is no property of a stream" % e.tag)
            props[key] = e.value
            props.order.append(key)
        return props

    @staticmethod
    def must_have(props, *tags):
        for tag in tags:
            if tag not in props:
                raise Fault("%s is missing" % tag_name(tag))

    def fixed(self, props, *tags):
        if tuple(props.order[:len(tags)]) != tags:
            raise Fault("the first properties are %s" % [tag_name(t) for t in props.order[:len(tags)]])

    # -- messages
    def message_children(self, message):
        while self.meta(DEL_PROP):
            self.del_prop(message, (PidTagMessageRecipients, PidTagMessageAttachments))
            if message.del_props[-1] == PidTagMessageAttachments:
                break
            while self.at("StartRecip"):
                message.recipients.append(self.recipient())
        while self.at("StartRecip"):
            message.recipients.append(self.recipient())
        if self.meta(DEL_PROP):
            self.del_prop(message, (PidTagMessageAttachments,))
        while self.at("NewAttach"):
            message.attachments.append(self.attachment())

    def del_prop(self, owner, values):
        value = self.take_meta(DEL_PROP) & 0xFFFFFFFF
        if value not in values or value in owner.del_props:
            raise Fault("FXDelProp 0x%08x" % value)
        owner.del_props.append(value)

    def recipient(self):
        self.take("StartRecip")
        props = self.prop_list()
        self.fixed(props, PidTagRowid)
        self.take("EndToRecip")
        return props

    def attachment(self):
        self.take("NewAttach")
        if not self.meta(PidTagAttachNumber):
            raise Fault("an attachment without its number first")
        attachment = Attachment(self.next().value)
        self.attachment_content(attachment)
        self.take("EndAttach")
        return attachment

    def attachment_content(self, attachment):
        self.dn_prefix()
        attachment.props = self.prop_list()
        if self.at("StartEmbed"):
            self.take("StartEmbed")
            attachment.message = self.message_content_of(Message(), internal=(PidTagMid,))
            self.take("EndEmbed")
        return attachment

    def dn_prefix(self):
        if self.meta(DN_PREFIX):
            self.next()

    def message_content_of(self, message, internal=()):
        self.dn_prefix()
        message.props = self.prop_list(internal=internal)
        self.message_children(message)
        return message

    def message(self):
        fai = self.at("StartFAIMsg")
        self.take("StartFAIMsg" if fai else "StartMessage")
        message = self.message_content_of(Message(), internal=(PidTagMid,))
        message.fai = fai
        self.fixed(message.props, PidTagMid)
        self.take("EndMessage")
        return message

    def message_list_of(self):
        messages = []
        while self.at("StartMessage", "StartFAIMsg") or self.meta(EC_WARNING) or self.meta(DN_PREFIX):
            self.dn_prefix()
            if self.meta(EC_WARNING):
                messages.append(self.next().value)
            if self.at("StartMessage", "StartFAIMsg"):
                messages.append(self.message())
        return messages

    # -- folders
    def folder_content_of(self, folder, del_props):
        self.dn_prefix()
        folder.props = self.prop_list(internal=(PidTagFolderId,))
        if self.meta(EC_WARNING):
            self.next()
        for _ in range(2):
            if del_props:
                if not self.meta(DEL_PROP):
                    break
                if self.peek().value & 0xFFFFFFFF == PidTagContainerHierarchy:
                    break
                self.del_prop(folder, (PidTagFolderAssociatedContents, PidTagContainerContents))
            folder.messages += self.message_list_of()
        if del_props and self.meta(DEL_PROP):
            self.del_prop(folder, (PidTagContainerHierarchy,))
        while self.at("StartSubFld"):
            self.take("StartSubFld")
            folder.folders.append(self.folder_content_of(Folder(), del_props))
            self.fixed(folder.folders[-1].props, PidTagFolderId, PidTagDisplayName, PidTagComment)
            self.take("EndFolder")
        return folder

    # -- synchronisation
    def message_change(self):
        message = Message()
        if self.at("IncrSyncProgressPerMsg"):
            self.take("IncrSyncProgressPerMsg")
            message.progress = self.prop_list(allowed=(0x00000003, 0x0000000B))
            self.fixed(message.progress, 0x00000003, 0x0000000B)
        self.take("IncrSyncChg")
        message.header = self.prop_list(allowed=(
            PidTagSourceKey, PidTagLastModificationTime, PidTagChangeKey, PidTagPredecessorChangeList,
            PidTagAssociated, PidTagMid, PidTagMessageSize, PidTagChangeNumber))
        self.fixed(message.header, PidTagSourceKey, PidTagLastModificationTime, PidTagChangeKey,
                   PidTagPredecessorChangeList, PidTagAssociated)
        message.fai = message.header[PidTagAssociated]
        check_identity(message.header)
        self.take("IncrSyncMessage")
        message.props = self.prop_list()
        self.message_children(message)
        return message

    def id_sets(self, marker, tags):
        """The sets of deletions or read states, by REPLID."""
        self.take(marker)
        props = self.prop_list(allowed=tags)
        if not props:
            raise Fault("%s without a set" % marker)
        return {tag: d.parse_idset(props[tag], by_guid=False) if tag in props else {} for tag in tags}

    def state_of(self, contents, upload=False):
        self.take("IncrSyncStateBegin")
        allowed = [CNSET_SEEN] + [CNSET_SEEN_FAI, CNSET_READ] * contents + [IDSET_GIVEN] * (not upload)
        props = self.prop_list(allowed=allowed)
        self.must_have(props, *allowed)
        for data in props.values():
            d.parse_idset(data)
        self.take("IncrSyncStateEnd")
        return dict(props)

    def error_info(self, sync):
        self.take("FXErrorInfo")
        r = Reader(self.prop_list(allowed=(0x00000102,))[0x00000102])
        r.u16(), r.u16()
        code = r.u32()
        folder = r.bytes(22)
        r.u16()
        sync.errors.append((code, folder, r.bytes(22)))
        r.u16(), r.bytes(24), r.u32(), r.u32()
        r.end()

    def contents_sync(self):
        sync = Sync()
        if self.at("IncrSyncProgressMode"):
            self.take("IncrSyncProgressMode")
            r = Reader(self.prop_list(allowed=(0x00000102,))[0x00000102])
            version, _, fai, fai_size, normal, _, size = (r.u16(), r.u16(), r.u32(), r.u64(), r.u32(), r.u32(),
                                                          r.u64())
            r.end()
            if version:
                raise Fault("ProgressInformation of version %d" % version)
            sync.total = fai, fai_size, normal, size
        while self.at("IncrSyncChg", "IncrSyncProgressPerMsg", "FXErrorInfo"):
            if self.at("FXErrorInfo"):
                self.error_info(sync)
            else:
                sync.changes.append(self.message_change())
                if (sync.total is None) != (sync.changes[-1].progress is None):
                    raise Fault("progressPerMessage and progressTotal go together")
        if self.at("IncrSyncDel"):
            sets = self.id_sets("IncrSyncDel", (IDSET_DELETED, IDSET_OUT_OF_SCOPE, IDSET_EXPIRED))
            sync.deleted, sync.out_of_scope = sets[IDSET_DELETED], sets[IDSET_OUT_OF_SCOPE]
        if self.at("IncrSyncRead"):
            sets = self.id_sets("IncrSyncRead", (IDSET_READ, IDSET_UNREAD))
            sync.read, sync.unread = sets[IDSET_READ], sets[IDSET_UNREAD]
        sync.final = self.state_of(True)
        self.take("IncrSyncEnd")
        self.end()
        return sync

    def hierarchy_sync(self):
        sync, known = Sync(), set()
        while self.at("IncrSyncChg"):
            self.take("IncrSyncChg")
            props = self.prop_list(internal=(PidTagFolderId, PidTagParentFolderId, PidTagParentSourceKey))
            self.must_have(props, PidTagParentSourceKey, PidTagSourceKey, PidTagLastModificationTime,
                           PidTagChangeKey, PidTagPredecessorChangeList, PidTagDisplayName)
            check_identity(props)
            sync.changes.append(props)
            known.add(props[PidTagSourceKey])
        if self.at("IncrSyncDel"):
            sync.deleted = self.id_sets("IncrSyncDel", (IDSET_DELETED,))[IDSET_DELETED]
        sync.final = self.state_of(False)
        self.take("IncrSyncEnd")
        self.end()
        seen = set()
        for props in sync.changes:
            parent = props[PidTagParentSourceKey]
            if parent in known and parent not in seen:
                raise Fault("a folder before its parent")
            seen.add(props[PidTagSourceKey])
        return sync

    # -- roots
    def _root(self, result):
        self.end()
        return result

    def state(self, contents=True, upload=False):
        return self._root(self.state_of(contents, upload))

    def message_content(self):
        return self._root(self.message_content_of(Message()))

    def attachment_root(self):
        return self._root(self.attachment_content(Attachment(None)))

    def message_list(self):
        return self._root(self.message_list_of())

    def folder_content(self):
        return self._root(self.folder_content_of(Folder(), True))

    def top_folder(self):
        self.dn_prefix()
        self.take("StartTopFld")
        folder = self.folder_content_of(Folder(), False)
        self.take("EndFolder")
        return self._root(folder)


def check_identity(props):
    """Keys as 2.2.1.2 has them: the change list has the change."""
    d.parse_gid(props[PidTagSourceKey])
    key = props[PidTagChangeKey]
    if not 17 <= len(key) <= 24:
        raise Fault("a change key of %d bytes" % len(key))
    local = {guid.bytes_le: local for guid, local in d.parse_pcl(props[PidTagPredecessorChangeList]).items()}
    if local.get(key[:16], b"") < key[16:]:
        raise Fault("the change list does not have the change")


# -- contexts ------------------------------------------------------------------------------

class Source(Object):
    """A download context."""

    def upload_state(self, state):
        """state: bytes by property; all in one batch."""
        batch = self.session.batch()
        for tag, data in state.items():
            batch.add("SynchronizationUploadStateStreamBegin", self.handle, StateProperty=tag,
                      TransferBufferSize=len(data))
            for at in range(0, len(data), 0x4000):
                batch.add("SynchronizationUploadStateStreamContinue", self.handle, StreamData=data[at:at + 0x4000])
            batch.add("SynchronizationUploadStateStreamEnd", self.handle)
        for response in batch.run():
            if response.code != ec.Success:
                raise Fault("%s: %s" % (response.rop.name, d.error_name(response.code)))

    def buffers(self, size=SENTINEL, limit=None, run=None):
        """(status, done, total, data) of each GetBuffer, up to limit."""
        while limit is None or limit > 0:
            f = self.rop("FastTransferSourceGetBuffer", BufferSize=size, run=run).fields
            if f["TransferStatus"] not in (FX_PARTIAL, FX_NO_ROOM, FX_DONE):
                raise Fault("TransferStatus %d of a success" % f["TransferStatus"])
            yield f["TransferStatus"], f["InProgressCount"], f["TotalStepCount"], f["TransferBuffer"]
            if f["TransferStatus"] == FX_DONE:
                return
            limit = None if limit is None else limit - 1

    def download(self, size=SENTINEL, run=None):
        pieces, last = [], 0
        for _, done, total, data in self.buffers(size, run=run):
            if done < last or done > total:
                raise Fault("%d steps of %d after %d" % (done, total, last))
            last = done
            pieces.append(data)
            if isinstance(size, int) and len(data) > size:
                raise Fault("%d bytes of at most %d" % (len(data), size))
        return Stream(b"".join(pieces), [len(p) for p in pieces])

    def transfer_state(self, contents=True, upload=False):
        handle = self.new_handle()
        self.rop("SynchronizationGetTransferState", handle)
        source = Source(self.session, handle)
        try:
            return source.download().state(contents, upload)
        finally:
            source.release()


EMPTY_STATE = {IDSET_GIVEN: b"", CNSET_SEEN: b"", CNSET_SEEN_FAI: b"", CNSET_READ: b""}


def configure(folder, kind=CONTENTS, flags=CONTENTS_FLAGS, extra=EID | CN, options=SEND_UNICODE, tags=(),
              restriction=None, **kwargs):
    handle = folder.new_handle()
    folder.rop("SynchronizationConfigure", handle, SynchronizationType=kind, SendOptions=options,
               SynchronizationFlags=flags, RestrictionData=restriction, SynchronizationExtraFlags=extra,
               PropertyTags=folder.tags(tags), **kwargs)
    return Source(folder.session, handle)


# -- sets ------------------------------------------------------------------------------------

def members(sets):
    """A parsed idset as a set of (replica, counter); of small sets only."""
    return {(replica, n) for replica, ranges in sets.items() for low, high in ranges for n in range(low, high + 1)}


def contains(sets, replica, counter):
    return any(low <= counter <= high for low, high in sets.get(replica, ()))


def same_sets(a, b):
    def clean(sets):
        return {k: v for k, v in sets.items() if v}
    return clean(a) == clean(b)


def add_to_set(data, lids):
    """A serialised set with more ids (LongIds)."""
    ids = {guid: list(ranges) for guid, ranges in d.parse_idset(data).items()}
    for lid in lids:
        ids.setdefault(lid.guid, []).append((lid.counter, lid.counter))
    return d.idset({guid: merged(ranges) for guid, ranges in ids.items()})


def merged(ranges):
    out = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = out[-1][0], max(high, out[-1][1])
        else:
            out.append((low, high))
    return out


# -- a replica ----------------------------------------------------------------------------------

class Cache:
    """What Outlook keeps on disk: folders and messages by SourceKey, and the states."""

    def __init__(self, box):
        self.box, self.folders, self.messages, self.states = box, {}, {}, {}
        self.guids = {box.replid: box.repl_guid}

    # -- ids
    def guid_of(self, replid):
        if replid not in self.guids:
            self.guids[replid] = self.box.long_id(d.object_id(replid, 1)).guid
        return self.guids[replid]

    def lids(self, sets):
        """(GUID, counter) of a set by REPLID"""
        return {(self.guid_of(replid), n) for replid, n in members(sets)}

    @staticmethod
    def lid(source_key):
        return tuple(d.parse_gid(source_key))

    # -- hierarchy
    def sync_folders(self, root=None, **kwargs):
        root = root or self.box.ipm
        state = self.states.get("hierarchy", {IDSET_GIVEN: b"", CNSET_SEEN: b""})
        source = configure(root, HIERARCHY, kwargs.pop("flags", UNICODE | NO_FOREIGN_IDS), kwargs.pop("extra", EID),
                           **kwargs)
        source.upload_state(state)
        sync = source.download().hierarchy_sync()
        source.release()
        gone = self.lids(sync.deleted)
        for key in [key for key in self.folders if self.lid(key) in gone]:
            del self.folders[key]
        for props in sync.changes:
            parent = props[PidTagParentSourceKey]
            if parent and parent not in self.folders:
                raise Fault("a folder without parent: %s" % props[PidTagDisplayName])
            self.folders[props[PidTagSourceKey]] = props
        self.check(state, sync, {self.lid(p[PidTagSourceKey]) for p in sync.changes}, gone)
        self.states["hierarchy"] = sync.final
        return sync

    def folder_id(self, name):
        """By display name"""
        found = [p for p in self.folders.values() if p[PidTagDisplayName] == name]
        if len(found) != 1:
            raise KeyError("%d folders %s" % (len(found), name))
        return found[0][PidTagFolderId]

    # -- contents
    def of(self, folder):
        return self.messages.setdefault(folder.id, {})

    def state(self, folder):
        return self.states.setdefault(folder.id, dict(EMPTY_STATE))

    def sync(self, folder, flags=CONTENTS_FLAGS, size=SENTINEL, apply=True, **kwargs):
        """A contents synchronisation; the answer."""
        state = self.state(folder)
        source = configure(folder, CONTENTS, flags, **kwargs)
        source.upload_state(state)
        stream = source.download(size)
        sync = stream.contents_sync()
        if apply and source.transfer_state() != sync.final:
            raise Fault("the transfer state is not the final state")
        source.release()
        self.apply(folder, state, sync)
        return sync

    def apply(self, folder, state, sync):
        messages = self.of(folder)
        gone = self.lids(sync.deleted) | self.lids(sync.out_of_scope)
        changed = {self.lid(m.source_key) for m in sync.changes}
        for message in sync.changes:
            messages[message.source_key] = message
        for key in [key for key in messages if self.lid(key) in gone]:
            del messages[key]
        for sets, read in ((sync.read, 1), (sync.unread, 0)):
            ids = self.lids(sets)
            if ids & (gone | changed):
                raise Fault("a read state of what is gone or new")
            for key, message in messages.items():
                if self.lid(key) in ids:
                    ids.discard(self.lid(key))
                    message.props[PidTagMessageFlags] = message.props[PidTagMessageFlags] & ~1 | read
            if ids:
                raise Fault("read states of unknown messages: %r" % ids)
        self.check(state, sync, changed, gone)
        self.states[folder.id] = sync.final

    @staticmethod
    def check(state, sync, changed, gone):
        """The invariants of 3.2.5.3, as far as they can be told of small sets."""
        given, final = d.parse_idset(state[IDSET_GIVEN]), d.parse_idset(sync.final[IDSET_GIVEN])
        if changed & gone:
            raise Fault("changed and gone: %r" % (changed & gone))
        for guid, counter in gone:
            if not contains(given, guid, counter):
                raise Fault("gone, but never given: %r" % counter)
        expected = (members(given) | changed) - gone
        if members(final) != expected:
            raise Fault("IdsetGiven is %r, not %r" % (sorted(members(final)), sorted(expected)))
        for tag, data in state.items():
            if tag in (CNSET_SEEN, CNSET_SEEN_FAI, CNSET_READ):
                before, after = d.parse_idset(data), d.parse_idset(sync.final[tag])
                for guid, ranges in before.items():
                    for low, high in ranges:
                        if not any(a <= low and high <= b for a, b in after.get(guid, ())):
                            raise Fault("a change that was seen is not any more")

    # -- upload
    def new_keys(self, count=1):
        """SourceKeys of objects that are made here (RopGetLocalReplicaIds)"""
        guid, counter = self.box.local_replica_ids(count)
        return [d.gid(d.LongId(guid, counter + n)) for n in range(count)]

    def uploading(self, folder, contents=True):
        """A collector with this replica's state"""
        return collector(folder, contents, self.state(folder) if contents else self.states["hierarchy"])

    def uploaded(self, folder, made, new_keys=(), contents=True):
        """The state as the server has it now, with ids of our own (3.3.5.6)"""
        where = folder.id if contents else "hierarchy"
        state = dict(self.states[where])
        state.update(made.transfer_state(contents, upload=True))
        state[IDSET_GIVEN] = add_to_set(state[IDSET_GIVEN], [d.parse_gid(key) for key in new_keys])
        self.states[where] = state
        made.release()

    def find(self, folder, subject):
        found = [m for m in self.of(folder).values() if m.props.get(PidTagSubject) == subject
                 or m.props.get(PidTagNormalizedSubject) == subject]
        if len(found) != 1:
            raise KeyError("%d messages %r" % (len(found), subject))
        return found[0]

    def subjects(self, folder):
        return sorted(m.props.get(PidTagSubject, m.props.get(PidTagNormalizedSubject)) for m in
                      self.of(folder).values() if not m.fai)


# -- upload ---------------------------------------------------------------------------------

IMPORT_ASSOCIATED, IMPORT_FAIL_ON_CONFLICT = 0x10, 0x40
DELETE_HIERARCHY, DELETE_HARD = 1, 2


class Versions:
    """Change keys of a client: a namespace of its own, numbers that only rise."""

    def __init__(self):
        self.guid, self.number = uuid.uuid4(), 0

    def next(self, pcl=b""):
        """(ChangeKey, PredecessorChangeList) of a change on top of what the list says"""
        self.number += 1
        xids = d.parse_pcl(pcl)
        xids[self.guid] = self.number.to_bytes(4, "big")
        return self.guid.bytes_le + self.number.to_bytes(4, "big"), d.pcl(xids)


class Collector(Source):
    """An upload context."""

    def import_message(self, source_key, version, flags=0, modified=None, expect=(), values=None):
        """The message object to fill; None: an expected error, which is .code then"""
        handle = self.new_handle()
        key, pcl = version
        if values is None:
            values = [(PidTagSourceKey, source_key), (PidTagLastModificationTime, modified or d.filetime(time.time())),
                      (PidTagChangeKey, key), (PidTagPredecessorChangeList, pcl)]
        response = self.rop("SynchronizationImportMessageChange", handle, ImportFlag=flags, PropertyValues=values,
                            expect=expect)
        self.code = response.code
        if response.code != ec.Success:
            return None
        if response.fields["MessageId"] != 0:
            raise Fault("MessageId of an import is not 0")
        return ApiMessage(self.session, handle, None, 0, {"columns": []}, self.handle)

    def import_folder(self, source_key, version, name, parent=b"", props=(), modified=None, **kwargs):
        key, pcl = version
        values = [(PidTagParentSourceKey, parent), (PidTagSourceKey, source_key),
                  (PidTagLastModificationTime, modified or d.filetime(time.time())), (PidTagChangeKey, key),
                  (PidTagPredecessorChangeList, pcl), (PidTagDisplayName, name)]
        response = self.rop("SynchronizationImportHierarchyChange", HierarchyValues=values,
                            PropertyValues=dict(props), **kwargs)
        if response.code == ec.Success and response.fields["FolderId"] != 0:
            raise Fault("FolderId of an import is not 0")
        return response.code

    def delete(self, source_keys, flags=0, **kwargs):
        return self.rop("SynchronizationImportDeletes", ImportDeleteFlags=flags,
                        PropertyValues=[(0x00001102, list(source_keys))], **kwargs).code

    def move(self, folder_key, message_key, pcl, new_key, change_key, **kwargs):
        response = self.rop("SynchronizationImportMessageMove", SourceFolderId=folder_key, SourceMessageId=message_key,
                            PredecessorChangeList=pcl, DestinationMessageId=new_key, ChangeNumber=change_key, **kwargs)
        if response.code in (ec.Success, ec.ClientChangeNewer) and response.fields.get("MessageId", 0) != 0:
            raise Fault("MessageId of a move is not 0")
        return response.code

    def read_states(self, states, **kwargs):
        data = b"".join(u16(len(key)) + key + d.flag(read) for key, read in states)
        return self.rop("SynchronizationImportReadStateChanges", MessageReadStates=data, **kwargs).code


def collector(folder, contents=True, state=None):
    handle = folder.new_handle()
    folder.rop("SynchronizationOpenCollector", handle, IsContentsCollector=contents)
    made = Collector(folder.session, handle)
    if state is not None:
        made.upload_state({t: v for t, v in state.items() if t != IDSET_GIVEN
                           and (contents or t == CNSET_SEEN)})
    return made


# -- FastTransfer -----------------------------------------------------------------------------

def copy(obj, name, **fields):
    """The stream of RopFastTransferSource<name>"""
    handle = obj.new_handle()
    fields.setdefault("SendOptions", SEND_UNICODE)
    obj.rop("FastTransferSource" + name, handle, **fields)
    source = Source(obj.session, handle)
    try:
        return source.download()
    finally:
        source.release()


def put(obj, operation, data, size=15000, extended=False, flags=0, **kwargs):
    """Uploads a stream into an object; the code of the last ROP."""
    handle = obj.new_handle()
    obj.rop("FastTransferDestinationConfigure", handle, SourceOperation=operation, CopyFlags=flags)
    target = Object(obj.session, handle)
    name = "FastTransferDestinationPutBuffer" + "Extended" * extended
    code = ec.Success
    for at in range(0, len(data), size):
        piece = data[at:at + size]
        response = target.rop(name, TransferData=piece, **kwargs)
        code = response.code
        if code != ec.Success:
            break
        if response.fields["BufferUsedSize"] != len(piece):
            raise Fault("%d bytes of %d used" % (response.fields["BufferUsedSize"], len(piece)))
    target.release()
    return code
