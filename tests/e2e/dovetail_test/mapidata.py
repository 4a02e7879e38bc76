# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""MAPI's data types and their wire forms (MS-OXCDATA), and the envelopes around ROP
buffers, written from the documents and apart from the server's own codec.

Values in Python: numbers are int (PtypTime: 100 ns since 1601) and float, PtypBoolean
bool, PtypString str, PtypString8, PtypBinary, PtypServerId and PtypRuleAction bytes,
PtypGuid uuid.UUID, PtypErrorCode Error, PtypRestriction a Restriction, multi-values
lists.  Properties of an object: a dict of tags.  Reading is strict: Fault says what was
wrong and where."""

import calendar
import collections
import datetime
import struct
import uuid

(NULL, I2, I4, R4, R8, CURRENCY, APPTIME, ERROR, BOOLEAN, OBJECT, I8, STRING8, STRING, TIME, GUID,
 SERVER_ID, RESTRICTION, RULE_ACTION, BINARY) = (
     0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0A, 0x0B, 0x0D, 0x14, 0x1E, 0x1F, 0x40, 0x48,
     0xFB, 0xFD, 0xFE, 0x102)
UNSPECIFIED = 0
MULTIPLE, INSTANCE = 0x1000, 0x2000

# Where widths differ: MS-OXCDATA 2.11.1.1; MS-OXCMAPIHTTP 2.2.1.1; MS-OXCFXICS 2.2.4.1
ROP, NSPI, FX, EXTENDED = "rop", "nspi", "fx", "extended"

FIXED = {I2: "<h", I4: "<i", R4: "<f", R8: "<d", CURRENCY: "<q", APPTIME: "<d", I8: "<q", TIME: "<q"}


class Fault(AssertionError):
    """Bytes that break a document."""


class Error(int):
    """A value that is an error: PtypErrorCode."""

    def __repr__(self):
        return "Error(%s)" % error_name(self)


# MS-OXCDATA 2.4; the names are the documents' alternate names
ERRORS = {name: value for name, value in (item.split("=") for item in """
    Success=0 ProfileNotConfigured=11c UnknownUser=3eb UnknownCodePage=3ef ServerOOM=3f0 LoginPerm=3f2 NotSearchFolder=461
    SearchFolder=460 NoReceiveFolder=463 NoDelSubmitMsg=465 InvalidRecips=467 NoReplicaHere=468
    WrongServer=478 BufferTooSmall=47d ServerBusy=480 SearchFolderScopeViolation=490 RpcFormat=4b6
    NullObject=4b9 MsgTooBig=4d4 QuotaExceeded=4d9 MaxAttachmentExceeded=4db SendAsDenied=4dc
    MaxObjsExceeded=4de FormatError=4ed NotExpanded=4f7 NotCollapsed=4f8 NoExpandLeafRow=4f9
    UnregisteredNamedProp=4fa DstNullObject=503 MsgCycle=504 TooManyRecips=505 WrongMailbox=648
    RuleVersion=6a4 RuleFormat=6a5 Rejected=7ee WarnWithErrors=40380 PositionChanged=40481 ApproxCount=40482
    PartialCompletion=40680 SyncProgress=40820 ClientChangeNewer=40821
    StreamInvalidFunction=80030001 StreamAccessDenied=80030005 StreamSeekError=80030019
    LockViolation=80030021 StreamInvalidParam=80030057 StreamSizeError=80030070 Error=80004005
    InterfaceNotSupported=80004002 NotSupported=80040102 StringTooLarge=80040105 UnknownFlags=80040106
    InvalidEntryId=80040107 InvalidObject=80040108 ObjectModified=80040109 ObjectDeleted=8004010a Busy=8004010b
    NotEnoughResources=8004010e NotFound=8004010f VersionMismatch=80040110 LoginFailure=80040111
    UnableToAbort=80040114 TooComplex=80040117 BadColumn=80040118 Computed=8004011a CorruptData=8004011b
    UnknownCPID=8004011e UnknownLCID=8004011f BadValue=80040301 InvalidType=80040302 UnexpectedType=80040304
    TooBig=80040305 DeclineCopy=80040306 UnableToComplete=80040400 Timeout=80040401 TableEmpty=80040402
    TableTooBig=80040403 InvalidBookmark=80040405 Wait=80040500 Cancel=80040501 NotInQueue=80040601
    DuplicateName=80040604 NotInitialized=80040605 NonStandard=80040606 NoRecipients=80040607 Submitted=80040608
    FolderHasChildren=80040609 FolderHasContents=8004060a FolderCycle=8004060b AmbiguousRecip=80040700
    SyncObjectDeleted=80040800 SyncIgnore=80040801 SyncConflict=80040802 SyncNoParent=80040803
    NamedPropsQuotaExceeded=80040900 NotImplemented=80040fff NoAccess=80070005 Memory=8007000e
    InvalidParam=80070057""".split())}
ERRORS = {name: int(value, 16) for name, value in ERRORS.items()}
ERROR_NAMES = {value: name for name, value in ERRORS.items()}
ec = collections.namedtuple("ErrorCodes", ERRORS)(**ERRORS)


def error_name(code):
    return ERROR_NAMES.get(int(code), "0x%08x" % code)


def tag(number, kind):
    return number << 16 | kind


def retype(value, kind):
    return value & 0xFFFF0000 | kind


def kind_of(value):
    return value & 0xFFFF


# -- times ----------------------------------------------------------------------

EPOCH = 116444736000000000


def filetime(when):
    """PtypTime of a datetime (UTC if it has no zone) or of seconds since 1970."""
    if isinstance(when, datetime.datetime):
        if when.tzinfo is not None:
            when = when.astimezone(datetime.timezone.utc)
        return calendar.timegm(when.timetuple()) * 10 ** 7 + when.microsecond * 10 + EPOCH
    return int(when * 10 ** 7) + EPOCH


def from_filetime(value):
    return datetime.datetime(1601, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(
        microseconds=value // 10)


# -- numbers and strings -------------------------------------------------------

def u8(v):
    return struct.pack("<B", v)


def u16(v):
    return struct.pack("<H", v)


def u32(v):
    return struct.pack("<I", v & 0xFFFFFFFF)


def u64(v):
    return struct.pack("<Q", v & 0xFFFFFFFFFFFFFFFF)


def utf16(text):
    return text.encode("utf-16-le", "surrogatepass") + b"\0\0"


def str8(text):
    return (text.encode("cp1252") if isinstance(text, str) else text) + b"\0"


def flag(v):
    return u8(1 if v else 0)


class Reader:
    def __init__(self, data, form=ROP):
        self.data, self.pos, self.form = bytes(data), 0, form

    def left(self):
        return len(self.data) - self.pos

    def bytes(self, size):
        if size > self.left():
            raise Fault("%d bytes wanted at %d of %d: %s" % (
                size, self.pos, len(self.data), self.data[self.pos:self.pos + 40].hex()))
        self.pos += size
        return self.data[self.pos - size:self.pos]

    def unpack(self, form):
        return struct.unpack(form, self.bytes(struct.calcsize(form)))[0]

    def u8(self):
        return self.unpack("<B")

    def u16(self):
        return self.unpack("<H")

    def u32(self):
        return self.unpack("<I")

    def u64(self):
        return self.unpack("<Q")

    def i32(self):
        return self.unpack("<i")

    def bool(self):
        value = self.u16() if self.form == FX else self.u8()
        if value not in (0, 1):
            raise Fault("a boolean of %d at %d" % (value, self.pos))
        return value == 1

    def has(self):
        """A one-octet Has... field of MS-OXCMAPIHTTP 2.2.5: 0x00 or 0xFF (or 1)."""
        value = self.u8()
        if value not in (0, 1, 0xFF):
            raise Fault("a Has of %d at %d" % (value, self.pos))
        return value != 0

    def guid(self):
        return uuid.UUID(bytes_le=self.bytes(16))

    def utf16(self):
        end = self.pos
        while self.data[end:end + 2] != b"\0\0":
            end += 2
            if end + 2 > len(self.data):
                raise Fault("a string without end at %d" % self.pos)
        text = self.data[self.pos:end].decode("utf-16-le")
        self.pos = end + 2
        return text

    def str8(self):
        end = self.data.find(b"\0", self.pos)
        if end < 0:
            raise Fault("a string without end at %d" % self.pos)
        text = self.data[self.pos:end]
        self.pos = end + 1
        return text

    def sized(self, width=16):
        return self.bytes(self.u16() if width == 16 else self.u32())

    def end(self):
        if self.left():
            raise Fault("%d bytes behind the end: %s" % (self.left(), self.data[self.pos:][:40].hex()))


# -- values ----------------------------------------------------------------------

def value(kind, v, form=ROP):
    """The bytes of a value."""
    if kind & MULTIPLE and not kind & INSTANCE:
        return _has(form) + u32(len(v)) + b"".join(_single(kind & ~MULTIPLE, x, form) for x in v)
    return _single(kind & ~(MULTIPLE | INSTANCE), v, form)


def _has(form):
    return b"\xff" if form == NSPI else b""


def _single(kind, v, form):
    if kind in FIXED:
        return struct.pack(FIXED[kind], _wrap(kind, v))
    if kind == BOOLEAN:
        return u16(bool(v)) if form == FX else u8(bool(v))
    if kind == ERROR:
        return u32(int(v))
    if kind == GUID:
        return v.bytes_le
    if kind in (STRING, STRING8):
        data = utf16(v) if kind == STRING else str8(v)
        return u32(len(data)) + data if form == FX else _has(form) + data
    if kind == BINARY:
        return _has(form) + (u16 if form == ROP else u32)(len(v)) + v
    if kind == SERVER_ID:
        return (u32 if form == FX else u16)(len(v)) + v
    if kind == RESTRICTION:
        return restriction(v, form)
    if kind == RULE_ACTION:
        return bytes(v)
    if kind == OBJECT:
        return u32(len(v)) + v if form == FX else b""
    if kind == NULL:
        return b""
    raise ValueError("type 0x%x" % kind)


def _wrap(kind, v):
    """So that 0x80000001 may be written for an Integer32."""
    bits = {I2: 16, I4: 32, I8: 64, CURRENCY: 64, TIME: 64}.get(kind)
    if bits is None:
        return v
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def read_value(r, kind):
    if kind & MULTIPLE and not kind & INSTANCE:
        if not _read_has(r):
            return []
        count = r.u32()
        if count > r.left():
            raise Fault("%d values in %d bytes" % (count, r.left()))
        return [_read_single(r, kind & ~MULTIPLE) for _ in range(count)]
    return _read_single(r, kind & ~(MULTIPLE | INSTANCE))


def _read_has(r):
    return r.form != NSPI or r.has()


def _read_single(r, kind):
    if kind in FIXED:
        return r.unpack(FIXED[kind])
    if kind == BOOLEAN:
        return r.bool()
    if kind == ERROR:
        return Error(r.u32())
    if kind == GUID:
        return r.guid()
    if kind in (STRING, STRING8):
        return _read_string(r, kind)
    if kind == BINARY:
        return r.sized(16 if r.form == ROP else 32) if _read_has(r) else b""
    if kind == SERVER_ID:
        return r.sized(32 if r.form == FX else 16)
    if kind == RESTRICTION:
        return read_restriction(r)
    if kind == RULE_ACTION:
        start = r.pos
        for _ in range(r.u16()):
            r.sized()
        return r.data[start:r.pos]
    if kind == OBJECT:
        return r.sized(32) if r.form == FX else b""
    if kind == NULL:
        return None
    raise Fault("type 0x%x at %d" % (kind, r.pos))


def _read_string(r, kind):
    if r.form == FX:
        data = Reader(r.sized(32))
        text = data.utf16() if kind == STRING else data.str8()
        data.end()
        return text
    if not _read_has(r):
        return "" if kind == STRING else b""
    return r.utf16() if kind == STRING else r.str8()


def tagged(props, form=ROP):
    """TaggedPropertyValues, without a count."""
    return b"".join(u32(t) + value(kind_of(t), v, form) for t, v in _items(props))


def _items(props):
    return list(props.items() if isinstance(props, dict) else props)


def read_tagged(r):
    t = r.u32()
    return t, read_value(r, kind_of(t))


def read_props(r, count):
    props = {}
    for _ in range(count):
        t, v = read_tagged(r)
        if t in props:
            raise Fault("property 0x%08x is there twice" % t)
        props[t] = v
    return props


def typed_string(text):
    """TypedString (2.11.7)"""
    if text is None:
        return b"\0"
    return b"\4" + utf16(text) if text else b"\1"


def read_typed_string(r):
    kind = r.u8()
    if kind in (0, 1):
        return None if kind == 0 else ""
    if kind in (2, 3):
        return r.str8().decode("cp1252" if kind == 2 else "latin-1")
    if kind == 4:
        return r.utf16()
    raise Fault("StringType %d" % kind)


# -- rows (2.8.1; MS-OXCMAPIHTTP 2.2.1.7) ------------------------------------------

def read_row(r, columns):
    """A dict by column; errors as Error, absent ones left out.  Columns without a type
    have their value's tag."""
    kind, row = r.u8(), {}
    if kind not in (0, 1):
        raise Fault("a row's flag is %d" % kind)
    flags = []
    for column in columns:
        t = column
        if kind_of(t) == UNSPECIFIED:
            t = retype(t, r.u16())
        state = r.u8() if kind == 1 else 0
        flags.append(state)
        if state == 0:
            row[t] = read_value(r, kind_of(t))
        elif state == 0x0A:
            row[column] = Error(r.u32())
        elif state != 1:
            raise Fault("a value's flag is 0x%x" % state)
    if kind == 1 and set(flags) <= {0}:
        raise Fault("a flagged row without a flag")
    return row


def row(columns, values, form=ROP):
    flagged = any(isinstance(v, Error) for v in values)
    data = u8(flagged)
    for column, v in zip(columns, values):
        if flagged:
            data += u8(0x0A if isinstance(v, Error) else 0)
        data += u32(v) if isinstance(v, Error) else value(kind_of(column), v, form)
    return data


# -- restrictions (2.12) -----------------------------------------------------------

LT, LE, GT, GE, EQ, NE, RE, MEMBER_OF_DL = 0, 1, 2, 3, 4, 5, 6, 0x64
FULLSTRING, SUBSTRING, PREFIX = 0, 1, 2
IGNORECASE, IGNORENONSPACE, LOOSE = 1, 2, 4

Restriction = collections.namedtuple("Restriction", "kind args")


def And(*subs):
    return Restriction(0, subs)


def Or(*subs):
    return Restriction(1, subs)


def Not(sub):
    return Restriction(2, (sub,))


def Content(t, text, low=SUBSTRING, high=IGNORECASE, value_tag=None):
    return Restriction(3, (low, high, t, value_tag or t & ~INSTANCE, text))


def Property(t, relop, v, value_tag=None):
    return Restriction(4, (relop, t, value_tag or t, v))


def Equals(t, v):
    return Property(t, EQ, v)


def Compare(t, relop, other):
    return Restriction(5, (relop, t, other))


def Bits(t, mask, nonzero=True):
    return Restriction(6, (int(nonzero), t, mask))


def Size(t, relop, size):
    return Restriction(7, (relop, t, size))


def Exist(t):
    return Restriction(8, (t,))


def Sub(t, sub):
    return Restriction(9, (t, sub))


def Comment(props, sub=None):
    return Restriction(10, (tuple(_items(props)), sub))


def Count(count, sub):
    return Restriction(11, (count, sub))


def restriction(res, form=ROP):
    kind, a = res
    data = u8(kind)
    if kind in (0, 1):
        count = u16 if form in (ROP, FX) else u32
        return data + count(len(a)) + b"".join(restriction(sub, form) for sub in a)
    if kind == 2:
        return data + restriction(a[0], form)
    if kind == 3:
        return data + u16(a[0]) + u16(a[1]) + u32(a[2]) + _has(form) + tagged([a[3:]], form)
    if kind == 4:
        return data + u8(a[0]) + u32(a[1]) + _has(form) + tagged([a[2:]], form)
    if kind in (5, 6, 7):
        return data + u8(a[0]) + u32(a[1]) + u32(a[2])
    if kind == 8:
        return data + u32(a[0])
    if kind == 9:
        return data + u32(a[0]) + restriction(a[1], form)
    if kind == 10:
        tail = b"\0" if a[1] is None else b"\1" + restriction(a[1], form)
        return data + u8(len(a[0])) + b"".join(_has(form) + tagged([p], form) for p in a[0]) + tail
    return data + u32(a[0]) + restriction(a[1], form)


def read_restriction(r):
    kind = r.u8()
    if kind in (0, 1):
        count = r.u16() if r.form in (ROP, FX) else r.u32()
        return Restriction(kind, tuple(read_restriction(r) for _ in range(count)))
    if kind == 2:
        return Not(read_restriction(r))
    if kind == 3:
        head = r.u16(), r.u16(), r.u32()
        return Restriction(3, head + _read_optional(r))
    if kind == 4:
        head = r.u8(), r.u32()
        return Restriction(4, head + _read_optional(r))
    if kind in (5, 6, 7):
        return Restriction(kind, (r.u8(), r.u32(), r.u32()))
    if kind == 8:
        return Exist(r.u32())
    if kind == 9:
        return Restriction(9, (r.u32(), read_restriction(r)))
    if kind == 10:
        props = tuple(_read_optional(r) for _ in range(r.u8()))
        return Restriction(10, (props, read_restriction(r) if r.bool() else None))
    if kind == 11:
        return Restriction(11, (r.u32(), read_restriction(r)))
    raise Fault("restriction %d" % kind)


def _read_optional(r):
    if r.form == NSPI and r.data[r.pos:r.pos + 1] == b"\xff":
        r.pos += 1
    return read_tagged(r)


# -- sort orders (2.13) --------------------------------------------------------------

ASCEND, DESCEND, MAX_CATEGORY = 0, 1, 4


def sort_set(orders, categories=0, expanded=0):
    """orders: tags, or pairs of tag and order."""
    orders = [o if isinstance(o, tuple) else (o, ASCEND) for o in orders]
    return u16(len(orders)) + u16(categories) + u16(expanded) + b"".join(
        u32(t) + u8(order) for t, order in orders)


# -- names (2.6.1) --------------------------------------------------------------------

def name(n):
    """Of a mapiprops.Name, or of (set, key)."""
    group, key = n[0], n[1]
    if isinstance(key, int):
        return b"\0" + group.bytes_le + u32(key)
    text = utf16(key)
    return b"\1" + group.bytes_le + u8(len(text)) + text


def read_name(r):
    """(set, key); None: no name"""
    kind = r.u8()
    if kind == 0xFF:
        return None
    group = r.guid()
    if kind == 0:
        return group, r.u32()
    if kind != 1:
        raise Fault("a name's kind is %d" % kind)
    text = Reader(r.bytes(r.u8()))
    key = text.utf16()
    text.end()
    return group, key


# -- ids (2.2.1) ------------------------------------------------------------------------

LongId = collections.namedtuple("LongId", "guid counter")


def object_id(replid, counter):
    """FID or MID as a number"""
    return struct.unpack("<Q", u16(replid) + counter.to_bytes(6, "big"))[0]


def id_counter(number):
    return int.from_bytes(u64(number)[2:], "big")


def id_replid(number):
    return number & 0xFFFF


def long_id(lid):
    return lid.guid.bytes_le + lid.counter.to_bytes(6, "big") + b"\0\0"


def read_long_id(r):
    guid, counter, pad = r.guid(), int.from_bytes(r.bytes(6), "big"), r.u16()
    if pad:
        raise Fault("a LongTermID's padding is %d" % pad)
    return LongId(guid, counter)


def gid(lid):
    """22 bytes: SourceKey, ChangeKey"""
    return long_id(lid)[:22]


def parse_gid(data):
    if len(data) != 22:
        raise Fault("a GID of %d bytes" % len(data))
    return read_long_id(Reader(data + b"\0\0"))


ServerId = collections.namedtuple("ServerId", "folder message instance")


def parse_server_id(data):
    r = Reader(data)
    if r.u8() != 1:
        return data[1:]
    sid = ServerId(r.u64(), r.u64(), r.u32())
    r.end()
    return sid


def parse_pcl(data):
    """PredecessorChangeList: a dict of GUIDs; sorted, one each (MS-OXCFXICS 2.2.2.3)."""
    r, xids, last = Reader(data), {}, b""
    while r.left():
        xid = r.bytes(r.u8())
        if not 17 <= len(xid) <= 24:
            raise Fault("an XID of %d bytes" % len(xid))
        if xid[:16] <= last:
            raise Fault("a change list out of order")
        last = xid[:16]
        xids[uuid.UUID(bytes_le=last)] = xid[16:]
    return xids


def pcl(xids):
    return b"".join(u8(16 + len(local)) + guid.bytes_le + local for guid, local in
                    sorted(xids.items(), key=lambda item: item[0].bytes_le))


# -- sets of ids (MS-OXCFXICS 2.2.2.4 to 2.2.2.6) -------------------------------------------

def idset(ids, by_guid=True):
    """Ranges as (low, high), or numbers, by GUID or REPLID.  Written in the plainest way."""
    data = b""
    for replica in sorted(ids, key=lambda x: x.bytes_le if by_guid else x):
        data += replica.bytes_le if by_guid else u16(replica)
        for item in ids[replica]:
            low, high = item if isinstance(item, tuple) else (item, item)
            data += (b"\x06" + low.to_bytes(6, "big") if low == high else
                     b"\x52" + low.to_bytes(6, "big") + high.to_bytes(6, "big"))
        data += b"\0"
    return data


def parse_idset(data, by_guid=True):
    """Sorted ranges by GUID or REPLID."""
    r, found, last = Reader(data), {}, None
    while r.left():
        replica = r.guid() if by_guid else r.u16()
        order = replica.bytes_le if by_guid else replica
        if last is not None and order <= last:
            raise Fault("replicas out of order")
        last = order
        found[replica] = _globset(r)
    return found


def _globset(r):
    ranges, stack = [], []

    def number(tail):
        return int.from_bytes(b"".join(stack) + tail, "big")
    while True:
        command, used = r.u8(), len(b"".join(stack))
        if command == 0:
            if stack:
                raise Fault("End with a stack")
            return _check_ranges(ranges)
        if command <= 6:
            pushed = r.bytes(command)
            if used + command > 6:
                raise Fault("too many bytes pushed")
            if used + command == 6:
                ranges.append((number(pushed),) * 2)
            else:
                stack.append(pushed)
        elif command == 0x50:
            if not stack:
                raise Fault("Pop of nothing")
            stack.pop()
        elif command == 0x52:
            ranges.append((number(r.bytes(6 - used)), number(r.bytes(6 - used))))
        elif command == 0x42:
            if used != 5:
                raise Fault("a bitmask with %d bytes" % used)
            start, bits = r.u8(), r.u8()
            values = [start] + [start + n + 1 for n in range(8) if bits >> n & 1]
            if values[-1] > 255:
                raise Fault("a bitmask beyond its byte")
            ranges += [(number(bytes([v])),) * 2 for v in values]
        else:
            raise Fault("command 0x%02x" % command)


def _check_ranges(ranges):
    merged = []
    for low, high in ranges:
        if low > high or (merged and low <= merged[-1][1]):
            raise Fault("ranges out of order: %r" % (ranges,))
        if merged and merged[-1][1] + 1 == low:
            merged[-1] = merged[-1][0], high
        else:
            merged.append((low, high))
    return merged


# -- entry ids (2.2.4, 2.2.5) ----------------------------------------------------------------

MUID_ADDRESS_BOOK = bytes.fromhex("dca740c8c042101ab4b908002b2fe182")
MUID_ONE_OFF = bytes.fromhex("812b1fa4bea310199d6e00dd010f5402")
MUID_CONTACT = bytes.fromhex("fe42aa0a18c71a10e8850b651c240000")
MUID_STORE = bytes.fromhex("38a1bb1005e5101aa1bb08002b2a56c2")
MUID_PUBLIC = bytes.fromhex("1a447390aa6611cd9bc800aa002fc45a")
MUID_STORE_PRIVATE = bytes.fromhex("1b55fa20aa6611cd9bc800aa002fc45a")
MUID_STORE_PUBLIC = bytes.fromhex("1c830210aa6611cd9bc800aa002fc45a")

FolderEntryId = collections.namedtuple("FolderEntryId", "provider kind folder")
MessageEntryId = collections.namedtuple("MessageEntryId", "provider kind folder message")
StoreEntryId = collections.namedtuple("StoreEntryId", "public server dn")
AddressEntryId = collections.namedtuple("AddressEntryId", "display_type dn")
OneOffEntryId = collections.namedtuple("OneOffEntryId", "flags name addrtype address")
ContactEntryId = collections.namedtuple("ContactEntryId", "kind index object")


def parse_entry_id(data):
    """One of the tuples above."""
    r = Reader(data)
    if r.u32() != 0:
        raise Fault("an entry id's flags: %s" % data[:4].hex())
    provider = r.bytes(16)
    parse = {MUID_ADDRESS_BOOK: _parse_address, MUID_ONE_OFF: _parse_one_off,
             MUID_CONTACT: _parse_contact, MUID_STORE: _parse_store}.get(provider)
    if parse is None:
        return _parse_object(r, uuid.UUID(bytes_le=provider))
    return parse(r)


def _parse_object(r, provider):
    kind, size = r.u16(), len(r.data)
    if (kind, size) not in ((1, 46), (3, 46), (5, 46), (7, 70), (9, 70), (0xB, 70)):
        raise Fault("an entry id of type %d and %d bytes" % (kind, size))
    folder = read_long_id(r)
    if size == 46:
        return FolderEntryId(provider, kind, folder)
    return MessageEntryId(provider, kind, folder, read_long_id(r))


def _parse_address(r):
    if r.u32() != 1:
        raise Fault("an address-book entry id's version")
    entry = AddressEntryId(r.u32(), r.str8().decode("ascii"))
    r.end()
    return entry


def _parse_one_off(r):
    if r.u16() != 0:
        raise Fault("a one-off entry id's version")
    flags = r.u16()
    texts = [r.utf16() if flags & 0x8000 else r.str8().decode("cp1252") for _ in range(3)]
    r.end()
    return OneOffEntryId(flags, *texts)


def _parse_contact(r):
    if r.u32() != 3:
        raise Fault("a contact entry id's version")
    entry = ContactEntryId(r.u32(), r.u32(), r.sized(32))
    r.end()
    return entry


def _parse_store(r):
    if r.bytes(2) != b"\0\0" or r.bytes(14) != b"emsmdb.dll\0\0\0\0" or r.u32() != 0:
        raise Fault("a store entry id's head")
    provider, kind = r.bytes(16), r.u32()
    public = provider == MUID_STORE_PUBLIC
    if (provider, kind) not in ((MUID_STORE_PUBLIC, 6), (MUID_STORE_PRIVATE, 12)):
        raise Fault("a store entry id of type %d" % kind)
    server = r.str8().decode("ascii")
    return StoreEntryId(public, server, None if public and not r.left() else r.str8().decode("ascii"))


def entry_id(entry):
    head = b"\0\0\0\0"
    if isinstance(entry, FolderEntryId):
        return head + entry.provider.bytes_le + u16(entry.kind) + long_id(entry.folder)
    if isinstance(entry, MessageEntryId):
        return (head + entry.provider.bytes_le + u16(entry.kind) + long_id(entry.folder)
                + long_id(entry.message))
    if isinstance(entry, AddressEntryId):
        return head + MUID_ADDRESS_BOOK + u32(1) + u32(entry.display_type) + str8(entry.dn)
    if isinstance(entry, OneOffEntryId):
        return (head + MUID_ONE_OFF + u16(0) + u16(entry.flags | 0x8000) + utf16(entry.name)
                + utf16(entry.addrtype) + utf16(entry.address))
    if isinstance(entry, ContactEntryId):
        return head + MUID_CONTACT + u32(3) + u32(entry.kind) + u32(entry.index) + u32(
            len(entry.object)) + entry.object
    private = (MUID_STORE_PRIVATE, 12)
    provider, kind = (MUID_STORE_PUBLIC, 6) if entry.public else private
    return (head + MUID_STORE + b"\0\0" + b"emsmdb.dll".ljust(14, b"\0") + u32(0) + provider + u32(kind)
            + str8(entry.server) + (str8(entry.dn) if entry.dn is not None else b""))


def one_off(display, address):
    return entry_id(OneOffEntryId(0x8001, display, "SMTP", address))


# -- recipients (2.8.3) -----------------------------------------------------------------------

# RecipientFlags of MS-OXCDATA 2.8.3.1, as the little-endian number
_R_TYPE, _R_E, _R_D, _R_T, _R_S, _R_R = 7, 8, 0x10, 0x20, 0x40, 0x80
_R_N, _R_U, _R_I, _R_O = 0x100, 0x200, 0x400, 0x8000
X500, SMTP, PDL1, PDL2 = 1, 3, 6, 7
_ADDRESS_TYPES = {X500: "EX", 2: "MS", SMTP: "SMTP", 4: "FAX", 5: "PROFS", PDL1: "MAPIPDL", PDL2: "MAPIPDL"}

Recipient = collections.namedtuple(
    "Recipient", "type addrtype address name simple_name transmittable display_type row_id props",
    defaults=("", None, None, 0, None, {}))


def recipient_row(rcpt, columns=()):
    """The bytes of a RecipientRow, in Unicode."""
    number = {"EX": X500, "SMTP": SMTP, "MS": 2, "FAX": 4, "PROFS": 5}.get(rcpt.addrtype, 0)
    flags, head, tail = _R_U | number, b"", b""
    if number == X500:
        head = b"\0" + u8(rcpt.display_type) + str8(rcpt.address)
    elif number == 0 and rcpt.addrtype:
        flags |= _R_O
        head = str8(rcpt.addrtype)
    if number != X500 and rcpt.address is not None:
        flags |= _R_E
        tail += utf16(rcpt.address)
    for bit, text in ((_R_D, rcpt.name), (_R_I, rcpt.simple_name), (_R_T, rcpt.transmittable)):
        if text is not None:
            flags |= bit
            tail += utf16(text)
    values = [rcpt.props.get(c, Error(ec.NotFound)) for c in columns]
    return u16(flags) + head + tail + u16(len(columns)) + row(columns, values)


def read_recipient_row(r, columns):
    """A dict of what is in the row: addrtype, address, name, ... and props."""
    flags, found = r.u16(), {}
    kind = flags & _R_TYPE
    found["addrtype"] = _ADDRESS_TYPES.get(kind, "")
    if kind == X500:
        found["prefix"], found["display_type"] = r.u8(), r.u8()
        found["address"] = r.str8().decode("ascii")
    elif kind in (PDL1, PDL2):
        found["entry_id"], found["search_key"] = r.sized(), r.sized()
    elif kind == 0 and flags & _R_O:
        found["addrtype"] = r.str8().decode("ascii")

    def text():
        return r.utf16() if flags & _R_U else r.str8().decode("cp1252")
    for bit, key in ((_R_E, "address"), (_R_D, "name"), (_R_I, "simple_name"), (_R_T, "transmittable")):
        if flags & bit:
            found[key] = text()
    if flags & _R_S:
        found["transmittable"] = found.get("name")
    found["responsible"], found["rich"] = bool(flags & _R_R), not flags & _R_N
    count = r.u16()
    if count > len(columns):
        raise Fault("%d columns of %d" % (count, len(columns)))
    found["props"] = {t: v for t, v in read_row(r, columns[:count]).items() if not isinstance(v, Error)}
    return found


# -- envelopes (MS-OXCRPC 2.2.2.1, 3.1.4.1.1; MS-XCA 2.3, 2.4) -----------------------------------

COMPRESSED, XOR, LAST = 1, 2, 4


def rhe(payload, flags=LAST):
    """An RPC_HEADER_EXT and the payload, compressed and obfuscated as the flags say."""
    packed = payload
    if flags & COMPRESSED:
        packed = lz77_compress(payload)
        if len(packed) >= len(payload):
            packed, flags = payload, flags & ~COMPRESSED
    if flags & XOR:
        packed = bytes(b ^ 0xA5 for b in packed)
    return struct.pack("<HHHH", 0, flags, len(packed), len(payload)) + packed


def unrhe(data):
    """The payloads of extended buffers."""
    r, payloads, flags = Reader(data), [], 0
    while not flags & LAST:
        version, flags, size, actual = struct.unpack("<HHHH", r.bytes(8))
        if version != 0 or flags & ~7:
            raise Fault("RPC_HEADER_EXT: version %d, flags 0x%x" % (version, flags))
        if (size >= actual) if flags & COMPRESSED else (size != actual):
            raise Fault("RPC_HEADER_EXT: flags 0x%x, sizes %d and %d" % (flags, size, actual))
        payload = r.bytes(size)
        if flags & XOR:
            payload = bytes(b ^ 0xA5 for b in payload)
        if flags & COMPRESSED:
            payload = lz77_decompress(payload, actual)
        payloads.append(payload)
    r.end()
    return payloads


def lz77_decompress(data, size):
    """MS-XCA 2.4.4"""
    r, out, half = Reader(data), bytearray(), None
    flags = bits = 0
    while True:
        if bits == 0:
            flags, bits = r.u32(), 32
        bits -= 1
        if not flags >> bits & 1:
            out += r.bytes(1)
            continue
        if not r.left():
            break
        match = r.u16()
        length, offset = match & 7, (match >> 3) + 1
        if length == 7:
            if half is None:
                half = r.u8()
                length = half & 15
            else:
                length, half = half >> 4, None
            if length == 15:
                length = r.u8()
                if length == 255:
                    length = r.u16() or r.u32()
                    if length < 22:
                        raise Fault("LZ77: a long length of %d" % length)
                    length -= 22
                length += 15
            length += 7
        length += 3
        if offset > len(out) or len(out) + length > size:
            raise Fault("LZ77: a match of %d at -%d in %d" % (length, offset, len(out)))
        for _ in range(length):
            out.append(out[-offset])
    if len(out) != size:
        raise Fault("LZ77: %d bytes instead of %d" % (len(out), size))
    return bytes(out)


class _Packer:
    def __init__(self):
        self.out, self.half = bytearray(4), None
        self.at, self.flags, self.bits = 0, 0, 0

    def flag(self, bit):
        self.flags, self.bits = self.flags << 1 | bit, self.bits + 1
        if self.bits == 32:
            self.out[self.at:self.at + 4] = u32(self.flags)
            self.at, self.flags, self.bits = len(self.out), 0, 0
            self.out += b"\0\0\0\0"

    def nibble(self, n):
        if self.half is None:
            self.half = len(self.out)
            self.out.append(n)
        else:
            self.out[self.half] |= n << 4
            self.half = None

    def match(self, length, offset):
        length -= 3
        self.out += u16((offset - 1) << 3 | min(length, 7))
        if length >= 7:
            self.nibble(min(length - 7, 15))
            if length >= 22:
                self.out.append(min(length - 22, 255))
                if length - 22 >= 255:
                    self.out += u16(length) if length < 65536 else u16(0) + u32(length)
        self.flag(1)

    def end(self):
        left = 32 - self.bits
        self.out[self.at:self.at + 4] = u32(self.flags << left | (1 << left) - 1)
        return bytes(self.out)


def lz77_compress(data):
    """MS-XCA 2.3.4"""
    packer, places, pos = _Packer(), {}, 0
    while pos < len(data):
        at = places.get(data[pos:pos + 3])
        if len(data) - pos < 3 or at is None or pos - at > 8192:
            length = 1
            packer.out.append(data[pos])
            packer.flag(0)
        else:
            length = 3
            while pos + length < len(data) and data[at + length] == data[pos + length]:
                length += 1
            packer.match(length, pos - at)
        for i in range(pos, pos + length):
            places[data[i:i + 3]] = i
        pos += length
    return packer.end()


def aux_blocks(data):
    """AUX_HEADER blocks of a payload: (version, type, body)."""
    r, blocks = Reader(data), []
    while r.left():
        size, version, kind = r.u16(), r.u8(), r.u8()
        if size < 4:
            raise Fault("an AUX block of %d bytes" % size)
        blocks.append((version, kind, r.bytes(size - 4)))
    return blocks
