# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""An address-book client (MS-OXNSPI over HTTP: MS-OXCMAPIHTTP 2.2.5).  A method for each
request type; all check the answer's form.  Errors of the address book are raised as
NspiError unless error= names those that are expected, which are then returned beside."""

import collections
import dataclasses

from . import mapidata as d
from . import mapihttp
from .mapidata import NSPI, Fault, Reader, u8, u32
from .mapiprops import PidTagDisplayName

# Sort types (MS-OXNSPI 2.2.1.10)
SORT_DISPLAY_NAME, SORT_PHONETIC, SORT_DISPLAY_NAME_RO, SORT_DISPLAY_NAME_W = 0, 3, 0x3E8, 0x3E9
# Minimal ids of positions (2.2.1.8) and of names (2.2.1.9)
BEGINNING, CURRENT, END = 0, 1, 2
UNRESOLVED, AMBIGUOUS, RESOLVED = 0, 1, 2
# Containers
GAL = 0
# GetSpecialTable's flags (2.2.1.3), GetProps' (2.2.1.6)
ADDRESS_CREATION_TEMPLATES, UNICODE_STRINGS = 2, 4
SKIP_OBJECTS, EPHEMERAL_IDS = 1, 2
# Errors (2.2.1.2)
SUCCESS, UNBIND_SUCCESS, UNBIND_FAILURE, ERRORS_RETURNED = 0, 1, 2, 0x00040380
GENERAL_FAILURE, NOT_SUPPORTED, INVALID_OBJECT = 0x80004005, 0x80040102, 0x80040108
OUT_OF_RESOURCES, NOT_FOUND, LOGON_FAILED, TOO_COMPLEX = 0x8004010E, 0x8004010F, 0x80040111, 0x80040117
INVALID_CODEPAGE, INVALID_LOCALE, TABLE_TOO_BIG = 0x8004011E, 0x8004011F, 0x80040403
INVALID_BOOKMARK, ACCESS_DENIED, NOT_ENOUGH_MEMORY, INVALID_PARAMETER = (
    0x80040405, 0x80070005, 0x8007000E, 0x80070057)


class NspiError(Exception):
    def __init__(self, request, code):
        super().__init__("%s: %s" % (request, d.error_name(code)))
        self.request, self.code = request, code


@dataclasses.dataclass
class Stat:
    """MS-OXNSPI 2.2.8"""
    sort_type: int = SORT_DISPLAY_NAME
    container: int = GAL
    current: int = BEGINNING
    delta: int = 0
    position: int = 0
    total: int = 0
    code_page: int = 1252
    template_locale: int = 0x409
    sort_locale: int = 0x409

    def pack(self):
        values = dataclasses.astuple(self)
        return b"".join(u32(v) for v in values)

    @classmethod
    def read(cls, r):
        stat = cls(*(r.u32() for _ in range(9)))
        if stat.delta >= 1 << 31:
            stat.delta -= 1 << 32
        return stat


PermanentId = collections.namedtuple("PermanentId", "display_type dn")
EphemeralId = collections.namedtuple("EphemeralId", "server display_type mid")


def parse_entry_id(data):
    """Of an address-book object: permanent (MS-OXNSPI 2.2.9.3) or ephemeral (2.2.9.2)."""
    r = Reader(data)
    kind = r.bytes(4)
    if kind == b"\x87\0\0\0":
        server = r.guid()
        if r.u32() != 1:
            raise Fault("an ephemeral entry id's version")
        eid = EphemeralId(server, r.u32(), r.u32())
        r.end()
        return eid
    entry = d.parse_entry_id(data)
    if not isinstance(entry, d.AddressEntryId):
        raise Fault("an entry id of another kind: %r" % (entry,))
    return PermanentId(entry.display_type, entry.dn)


def optional(value, pack):
    return b"\0" if value is None else b"\xff" + pack(value)


def tags(values):
    return u32(len(values)) + b"".join(u32(t) for t in values)


def ids(values):
    return u32(len(values)) + b"".join(u32(v) for v in values)


def prop_list(props):
    return u32(len(props)) + d.tagged(props, NSPI)


class Nspi:
    def __init__(self, endpoint, stat=None):
        self.http, self.stat = endpoint, stat or Stat()
        self.server_guid = None

    @classmethod
    def for_dovecot(cls, dovecot, user, **kwargs):
        return cls(mapihttp.for_dovecot(dovecot, user, mapihttp.NSPI, **kwargs))

    def close(self):
        self.http.close()

    # -- one request --------------------------------------------------------
    def call(self, request, body, read, error=(), **kwargs):
        """body without its AUX buffer; read gets a Reader behind ErrorCode.  Returns what
        it returns, or (ErrorCode, that) where errors are expected."""
        r = self.http.ask(request, body + u32(0), **kwargs)
        r.form = NSPI
        status = r.u32()
        if status != 0:
            mapihttp.read_aux(r)
            raise Fault("%s: StatusCode 0x%x" % (request, status))
        code = r.u32()
        result = read(r)
        mapihttp.read_aux(r)
        if error:
            return code, result
        if code not in (SUCCESS, ERRORS_RETURNED) and not (request == "Unbind" and code == UNBIND_SUCCESS):
            raise NspiError(request, code)
        return result

    def _stat(self, r):
        """HasState and State: the client's own goes on from there."""
        if r.has():
            self.stat = Stat.read(r)
            return self.stat
        return None

    @staticmethod
    def _tags(r):
        count = r.u32()
        if count > 100000:
            raise Fault("%d tags" % count)
        return [r.u32() for _ in range(count)]

    @staticmethod
    def _ids(r):
        return [r.u32() for _ in range(r.u32())]

    def _cols_and_rows(self, r):
        if not r.has():
            return None
        columns = self._tags(r)
        return [d.read_row(r, columns) for _ in range(r.u32())]

    @staticmethod
    def _props(r):
        """In order, duplicates and errors included: pairs."""
        return [d.read_tagged(r) for _ in range(r.u32())]

    # -- request types --------------------------------------------------------
    def bind(self, flags=0, stat=True, **kwargs):
        def read(r):
            self.server_guid = r.guid()
            return self.server_guid
        body = u32(flags) + optional(self.stat if stat is True else stat, Stat.pack)
        return self.call("Bind", body, read, **kwargs)

    def unbind(self, **kwargs):
        code, _ = self.call("Unbind", u32(0), lambda r: None, error=True, **kwargs)
        if code not in (UNBIND_SUCCESS, UNBIND_FAILURE):
            raise Fault("Unbind: 0x%x" % code)
        return code

    def compare_mids(self, first, second, stat=None, **kwargs):
        body = u32(0) + optional(stat or self.stat, Stat.pack) + u32(first) + u32(second)
        return self.call("CompareMIds", body, lambda r: r.i32(), **kwargs)

    def dn_to_mid(self, dns, **kwargs):
        def read(r):
            return self._ids(r) if r.has() else None
        body = u32(0) + optional(dns, lambda v: u32(len(v)) + b"".join(d.str8(x) for x in v))
        return self.call("DNToMId", body, read, **kwargs)

    def get_matches(self, restriction=None, columns=(PidTagDisplayName,), count=50, stat=None, mids=None,
                    name=None, flags=0, **kwargs):
        """(minimal ids, rows)"""
        def read(r):
            self._stat(r)
            found = self._ids(r) if r.has() else None
            return found, self._cols_and_rows(r)
        body = (u32(0) + optional(stat or self.stat, Stat.pack) + optional(mids, ids) + u32(flags)
                + optional(restriction, lambda res: d.restriction(res, NSPI))
                + optional(name, lambda n: n[0].bytes_le + u32(n[1])) + u32(count) + optional(columns, tags))
        return self.call("GetMatches", body, read, **kwargs)

    def get_prop_list(self, mid, flags=0, code_page=1252, **kwargs):
        def read(r):
            return self._tags(r) if r.has() else None
        return self.call("GetPropList", u32(flags) + u32(mid) + u32(code_page), read, **kwargs)

    def get_props(self, mid=None, columns=None, flags=0, stat=None, **kwargs):
        """Pairs of tag and value."""
        def read(r):
            self.code_page = r.u32()
            return self._props(r) if r.has() else None
        stat = stat or dataclasses.replace(self.stat, current=self.stat.current if mid is None else mid)
        body = u32(flags) + optional(stat, Stat.pack) + optional(columns, tags)
        return self.call("GetProps", body, read, **kwargs)

    def get_special_table(self, flags=UNICODE_STRINGS, version=0, stat=None, **kwargs):
        """(version, rows as dicts)"""
        def read(r):
            self.code_page = r.u32()
            newer = r.u32() if r.has() else None
            if not r.has():
                return newer, None
            return newer, [d.read_props(r, r.u32()) for _ in range(r.u32())]
        body = u32(flags) + optional(stat or self.stat, Stat.pack) + optional(version, u32)
        return self.call("GetSpecialTable", body, read, **kwargs)

    def get_template_info(self, display_type=0, dn=None, flags=1, code_page=1252, locale=0x409, **kwargs):
        def read(r):
            self.code_page = r.u32()
            return self._props(r) if r.has() else None
        body = u32(flags) + u32(display_type) + optional(dn, d.str8) + u32(code_page) + u32(locale)
        return self.call("GetTemplateInfo", body, read, **kwargs)

    def mod_link_att(self, tag, mid, entry_ids, flags=0, **kwargs):
        def pack(values):
            return u32(len(values)) + b"".join(u32(len(v)) + v for v in values)
        body = u32(flags) + u32(tag) + u32(mid) + optional(entry_ids, pack)
        return self.call("ModLinkAtt", body, lambda r: None, **kwargs)

    def mod_props(self, columns, props, stat=None, **kwargs):
        body = (u32(0) + optional(stat or self.stat, Stat.pack) + optional(columns, tags)
                + optional(props, prop_list))
        return self.call("ModProps", body, lambda r: None, **kwargs)

    def query_columns(self, flags=0x80000000, **kwargs):
        def read(r):
            return self._tags(r) if r.has() else None
        return self.call("QueryColumns", u32(0) + u32(flags), read, **kwargs)

    def query_rows(self, columns=(PidTagDisplayName,), count=50, mids=(), flags=0, stat=None, **kwargs):
        def read(r):
            self._stat(r)
            return self._cols_and_rows(r)
        body = (u32(flags) + optional(stat or self.stat, Stat.pack) + ids(mids) + u32(count)
                + optional(columns, tags))
        return self.call("QueryRows", body, read, **kwargs)

    def resolve_names(self, names, columns=(PidTagDisplayName,), stat=None, **kwargs):
        """(what became of each, rows of the resolved)"""
        def read(r):
            self.code_page = r.u32()
            found = self._ids(r) if r.has() else None
            return found, self._cols_and_rows(r)
        body = (u32(0) + optional(stat or self.stat, Stat.pack) + optional(columns, tags)
                + optional(names, lambda v: u32(len(v)) + b"".join(d.utf16(x) for x in v)))
        return self.call("ResolveNames", body, read, **kwargs)

    def resort_restriction(self, mids, stat=None, **kwargs):
        def read(r):
            self._stat(r)
            return self._ids(r) if r.has() else None
        body = u32(0) + optional(stat or self.stat, Stat.pack) + optional(mids, ids)
        return self.call("ResortRestriction", body, read, **kwargs)

    def seek_entries(self, text, columns=(PidTagDisplayName,), mids=None, stat=None, tag=PidTagDisplayName,
                     **kwargs):
        """Rows from the first that is not before the text; the state stands there."""
        def read(r):
            state = self._stat(r)
            return self._cols_and_rows(r) if state is not None or r.left() > 4 else None
        body = (u32(0) + optional(stat or self.stat, Stat.pack)
                + optional(text, lambda t: d.tagged([(tag, t)], NSPI)) + optional(mids, ids)
                + optional(columns, tags))
        return self.call("SeekEntries", body, read, **kwargs)

    def update_stat(self, stat=None, want_delta=True, **kwargs):
        """(state, how far it moved)"""
        def read(r):
            state = self._stat(r)
            return state, (r.i32() if r.has() else None)
        body = u32(0) + optional(stat or self.stat, Stat.pack) + u8(1 if want_delta else 0)
        return self.call("UpdateStat", body, read, **kwargs)

    def get_mailbox_url(self, server_dn, flags=0, **kwargs):
        return self.call("GetMailboxUrl", u32(flags) + d.utf16(server_dn), lambda r: r.utf16(), **kwargs)

    def get_address_book_url(self, user_dn, flags=0, **kwargs):
        return self.call("GetAddressBookUrl", u32(flags) + d.utf16(user_dn), lambda r: r.utf16(), **kwargs)

    def ping(self):
        return self.http.ping()

