# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The address book (MS-OXNSPI, MS-OXOABK) through MAPI over HTTP: every request type, its
errors, and what Outlook asks for when it makes a profile and sends mail."""

import dataclasses
import os
import tempfile
import time
import unittest

from dovetail_test import mapidata as md
from dovetail_test import mapinspi as nspi
from dovetail_test.case import TestCase
from dovetail_test.dovecot import DOMAIN
from dovetail_test.mapidata import ec, u32
from dovetail_test.mapihttp import INVALID_REQUEST_BODY, MISSING_COOKIE, ResponseCode
from dovetail_test.mapinspi import AMBIGUOUS, RESOLVED, UNRESOLVED, Stat
from dovetail_test.mapiprops import (
    PidTagAccount, PidTagAddressBookContainerId, PidTagAddressBookDisplayNamePrintable,
    PidTagAddressBookHomeMessageDatabase, PidTagAddressBookIsMaster, PidTagAddressBookMember,
    PidTagAddressBookObjectGuid, PidTagAddressBookPublicDelegates,
    PidTagAddressType, PidTagAnr, PidTagContainerFlags, PidTagDepth, PidTagDisplayName,
    PidTagDisplayType, PidTagDisplayTypeEx, PidTagEmailAddress, PidTagEntryId, PidTagGivenName,
    PidTagObjectType,
    PidTagSendRichInfo, PidTagSmtpAddress, PidTagSurname, PidTagTemplateData,
PidTagThumbnailPhoto, PidTagTitle)
from itemcase import CONTACTS, ItemStore, card

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
SITE = "/o=Dovetail/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)"
ANNA, BERT, CARL = (name + "@" + DOMAIN for name in ("anna", "bert", "carl"))
COLUMNS = [PidTagEntryId, PidTagDisplayName, PidTagSmtpAddress]
# What Outlook asks for first about the account (a DN's object)
ACCOUNT = [0x0FFF0102, 0x3001001F, 0x3003001F, 0x3002001F, 0x300B0102, 0x3E040003, 0x88880003, 0x800F101F]


def dn(address):
    return SITE + "/cn=Recipients/cn=" + address.replace("@", "_40")


class Book(nspi.Nspi):
    """error: of the last answer.  after: where its state stood; the next question begins
    anew, unless it is given one."""

    error = after = None

    def call(self, request, body, read, **kwargs):
        self.error, result = super().call(request, body, read, error=True, **kwargs)
        return result

    def unbind(self):
        self.error, _ = super().call("Unbind", u32(0), lambda r: None, error=True)

    def _stat(self, r):
        self.after = Stat.read(r) if r.has() else None
        return self.after


class Base(TestCase):
    idle = "1 min"
    more_options = {}
    PEOPLE = "#email\tname\tfirst_name\tlast_name\ttitle\tphone\talias\thidden\tphoto\n" + "".join(
        "\t".join(line) + "\n" for line in (
            (ANNA, "Anna Müller", "Anna", "Müller", "Head", "+49 1", "amueller", "", "PHOTO"),
            (BERT, "Bert Brecht", "Bert", "Brecht", "", "", "bb", "", ""),
            (CARL, "Carl Brecht", "Carl", "Brecht", "", "", "", "", ""),
            ("secret@" + DOMAIN, "Mister Hidden", "", "", "", "", "", "yes", ""),
            ("olga@" + DOMAIN, "Ольга", "", "", "", "", "", "", ""),
            ("Zoe@partner.example", "Zoe Zinn", "Zoe", "Zinn", "", "", "", "", "")))

    @classmethod
    def setUpClass(cls):
        plugin = {"dovetail_worker_idle": cls.idle}
        if cls.PEOPLE:
            people = cls.file(cls.PEOPLE.replace("PHOTO", cls.file(JPEG)).encode())
            plugin.update({"dovetail_directory": "file:" + people, "dovetail_directory_scope": "all"})
        cls.options = dict({
            "relay": False, "users": [ANNA, BERT] + ["u%02d@%s" % (n, DOMAIN) for n in range(20)],
            "plugin": plugin,
        }, **cls.more_options)
        super().setUpClass()
        cls._users = iter(cls.dovecot.opt.users[2:])

    @classmethod
    def file(cls, data):
        handle, path = tempfile.mkstemp(prefix="dovetail-nspi.")
        os.write(handle, data)
        os.close(handle)
        os.chmod(path, 0o644)
        cls.addClassCleanup(os.unlink, path)
        return path

    def book(self, user=ANNA, **stat):
        client = Book.for_dovecot(self.dovecot, user)
        self.addCleanup(client.close)
        client.bind(stat=Stat(**stat))
        self.assertEqual(client.error, ec.Success)
        return client

    def store(self, user):
        store = ItemStore(self.dovecot, user)
        self.addCleanup(store.close)
        return store

    def fails(self, error, client, method, *args, **kwargs):
        getattr(client, method)(*args, **kwargs)
        self.assertEqual(md.error_name(client.error), md.error_name(error))

    def mid(self, client, address):
        (found,) = client.dn_to_mid([dn(address)])
        self.assertGreaterEqual(found, 0x10)
        self.assertLess(found, 0x80000000)
        return found

    def props(self, client, mid, columns=None, **kwargs):
        pairs = client.get_props(mid, columns, **kwargs)
        self.assertEqual(len(dict(pairs)), len(pairs))
        return dict(pairs)

    def names(self, rows):
        self.assertIsNotNone(rows)
        return [row[PidTagDisplayName] for row in rows]


ORDER = ["Anna Müller", "Bert Brecht", "Carl Brecht", "Zoe Zinn", "Ольга"]


class Sessions(Base):
    idle = "1 s"

    def test_bind(self):
        client = Book.for_dovecot(self.dovecot, ANNA)
        self.addCleanup(client.close)
        first = client.bind()
        self.assertEqual(client.error, ec.Success)
        self.assertTrue(int(first))
        self.assertEqual(len(client.http.cookies), 2)
        # NspiUnbind has its own kind of success
        self.fails(nspi.UNBIND_SUCCESS, client, "unbind")
        client.http.cookies = {}
        # the same server for the same user: ids may be kept
        self.assertEqual(client.bind(), first)

    def test_bind_errors(self):
        for stat, flags, error in (
                (Stat(code_page=1200), 0, ec.UnknownCPID), (Stat(code_page=4711), 0, ec.UnknownCPID),
                (Stat(), 0x20, ec.NotSupported)):
            client = Book.for_dovecot(self.dovecot, ANNA)
            self.addCleanup(client.close)
            self.assertEqual(int(client.bind(flags, stat)), 0)
            self.assertEqual((client.error, client.http.cookies), (error, {}))

    def test_without_session(self):
        client = Book.for_dovecot(self.dovecot, ANNA)
        self.addCleanup(client.close)
        with self.assertRaises(ResponseCode) as caught:
            client.query_rows()
        self.assertEqual(caught.exception.code, MISSING_COOKIE)
        # what Outlook asks without one
        self.assertGreater(client.dn_to_mid([dn(ANNA)])[0], 0)
        self.assertIn("/mapi/emsmdb", client.get_mailbox_url(""))

    def test_bodies_that_break_off(self):
        client = self.book()
        for request_type in ("QueryRows", "ResolveNames", "GetMatches", "GetProps", "SeekEntries"):
            answer = client.http.send(request_type, b"\1\0\0\0\xff\0\0")
            self.assertEqual((answer.status, answer.code), (200, INVALID_REQUEST_BODY))
        # and the session goes on
        self.fails(ec.Success, client, "query_columns")

    def test_parked(self):
        """A session goes on in another worker, with what it was given."""
        client = self.book()
        secret = client.dn_to_mid([dn("secret@" + DOMAIN)])[0]
        time.sleep(4)
        self.assertEqual(self.props(client, secret, [PidTagDisplayName]),
                         {PidTagDisplayName: "Mister Hidden"})

    def test_urls(self):
        client = self.book()
        self.assertIn("/mapi/emsmdb", client.get_mailbox_url(dn(ANNA)))
        self.assertIn("/mapi/nspi", client.get_address_book_url(dn(ANNA)))
        self.assertEqual(client.error, ec.Success)


class Tables(Base):
    def test_rows(self):
        client = self.book()
        rows = client.query_rows(COLUMNS)
        self.assertEqual(self.names(rows), ORDER)
        self.assertEqual(list(rows[0]), COLUMNS)
        self.assertEqual((client.after.current, client.after.delta, client.after.position, client.after.total),
                         (nspi.END, 0, 5, 5))
        # never more than asked for, and from where it stands
        self.assertEqual(self.names(client.query_rows(COLUMNS, 2)), ORDER[:2])
        after = client.after
        self.assertEqual((after.position, after.current), (2, self.mid(client, CARL)))
        self.assertEqual(self.names(client.query_rows(COLUMNS, 2, stat=after)), ORDER[2:4])
        after = dataclasses.replace(client.after, delta=-1)
        self.assertEqual(self.names(client.query_rows(COLUMNS, 1, stat=after)), ["Zoe Zinn"])

    def test_rows_errors(self):
        client = self.book()
        self.fails(ec.InvalidParam, client, "query_rows", COLUMNS, 0)
        self.fails(ec.InvalidBookmark, client, "query_rows", COLUMNS, stat=Stat(container=0x1FFFF))
        client.stat = None
        self.fails(ec.InvalidParam, client, "query_rows", COLUMNS)

    def test_explicit_table(self):
        client = self.book()
        bert, carl = self.mid(client, BERT), self.mid(client, CARL)
        rows = client.query_rows(COLUMNS, mids=[carl, 0x7FFFFFFF, bert])
        self.assertEqual(self.names(rows), ["Carl Brecht", ec.NotFound, "Bert Brecht"])
        self.assertEqual(set(rows[1].values()), {ec.NotFound})
        self.assertEqual((client.resort_restriction([carl, bert]), client.error), ([bert, carl], 0))

    def test_columns_without_list(self):
        (row,) = self.book().query_rows(None, 1)
        for column in (PidTagDisplayName, PidTagObjectType, PidTagDisplayType):
            self.assertIn(column >> 16, [tag >> 16 for tag in row])

    def test_update_stat(self):
        client = self.book()
        state, moved = client.update_stat(Stat(delta=2))
        self.assertEqual((moved, state.position, state.delta, state.total), (2, 2, 0, 5))
        self.assertEqual(state.current, self.mid(client, CARL))
        state.delta = -9
        self.assertEqual(client.update_stat(state)[0].position, 0)
        state, _ = client.update_stat(Stat(delta=9))
        self.assertEqual((state.current, state.position), (nspi.END, 5))
        # by a fraction of what is there
        state, _ = client.update_stat(Stat(current=nspi.CURRENT, position=50, total=100))
        self.assertEqual(state.position, 2)
        self.assertIsNone(client.update_stat(Stat(), want_delta=False)[1])
        self.fails(ec.NotFound, client, "update_stat", Stat(current=0x7FFFFFFE))
        self.fails(ec.InvalidBookmark, client, "update_stat", Stat(container=0x1FFFF))

    def test_seek(self):
        client = self.book()
        rows = client.seek_entries("c", COLUMNS)
        self.assertEqual((self.names(rows)[0], client.after.position), ("Carl Brecht", 2))
        # nothing so late
        self.fails(ec.NotFound, client, "seek_entries", "\U0001F600", COLUMNS)
        self.fails(ec.Error, client, "seek_entries", "c", COLUMNS, tag=PidTagTitle)
        self.fails(ec.Error, client, "seek_entries", "c", COLUMNS, stat=Stat(sort_type=nspi.SORT_PHONETIC))

    def test_compare(self):
        client = self.book()
        anna, bert = self.mid(client, ANNA), self.mid(client, BERT)
        self.assertLess(client.compare_mids(anna, bert), 0)
        self.assertGreater(client.compare_mids(bert, anna), 0)
        self.assertEqual(client.compare_mids(bert, bert), 0)
        # positions are no objects
        for mid in (nspi.BEGINNING, 0x7FFFFFFE):
            self.fails(ec.Error, client, "compare_mids", mid, bert)

    def test_matches(self):
        client = self.book()
        brecht = md.Equals(PidTagSurname, "Brecht")
        found, rows = client.get_matches(brecht, COLUMNS)
        self.assertEqual(self.names(rows), ["Bert Brecht", "Carl Brecht"])
        self.assertEqual(found, [self.mid(client, BERT), self.mid(client, CARL)])
        for restriction, names in (
                (md.And(brecht, md.Not(md.Content(PidTagGivenName, "b", md.PREFIX))), ["Carl Brecht"]),
                (md.Or(md.Exist(PidTagTitle), md.Equals(PidTagGivenName, "Zoe")), ["Anna Müller", "Zoe Zinn"]),
                (md.Equals(PidTagAnr, "brecht"), ["Bert Brecht", "Carl Brecht"]),
                (md.Equals(PidTagAnr, "mull"), ["Anna Müller"]),
                (md.Bits(PidTagObjectType, 2), ORDER)):
            self.assertEqual(self.names(client.get_matches(restriction, COLUMNS)[1]), names)
        self.fails(ec.TableTooBig, client, "get_matches", md.Exist(PidTagDisplayName), COLUMNS, 2)
        self.fails(ec.InvalidBookmark, client, "get_matches", brecht, COLUMNS, stat=Stat(container=0x1FFFF))


class Objects(Base):
    def test_account(self):
        """The questions with which Outlook sets an account up."""
        client = self.book()
        values = self.props(client, self.mid(client, ANNA), ACCOUNT, flags=nspi.EPHEMERAL_IDS)
        self.assertEqual(client.error, nspi.ERRORS_RETURNED)
        self.assertEqual(nspi.parse_entry_id(values[PidTagEntryId]).server, client.server_guid)
        self.assertEqual(values[PidTagDisplayName], "Anna Müller")
        self.assertEqual((values[PidTagAddressType], values[PidTagEmailAddress]), ("EX", dn(ANNA)))
        self.assertEqual(values[0x300B0102], b"EX:" + dn(ANNA).upper().encode() + b"\0")
        self.assertEqual(values[0x800F101F][0], "SMTP:" + ANNA)
        # what nobody has: an error in place of the value
        self.assertEqual(values[0x8888000A], ec.NotFound)
        self.assertEqual(len(values), len(ACCOUNT))

    def test_props(self):
        client = self.book()
        values = self.props(client, self.mid(client, ANNA), [
            PidTagEntryId, PidTagTitle, PidTagAccount, PidTagThumbnailPhoto, PidTagDisplayTypeEx,
            PidTagObjectType, PidTagAddressBookHomeMessageDatabase, PidTagAddressBookDisplayNamePrintable,
            PidTagSendRichInfo, PidTagAddressBookObjectGuid])
        self.assertEqual(client.error, ec.Success)
        self.assertEqual(nspi.parse_entry_id(values[PidTagEntryId]), (0, dn(ANNA)))
        self.assertEqual((values[PidTagTitle], values[PidTagAccount], values[PidTagObjectType]),
                         ("Head", "amueller", 6))
        self.assertEqual(values[PidTagThumbnailPhoto], JPEG)
        self.assertEqual(values[PidTagDisplayTypeEx] & 0xFF, 0)
        self.assertTrue(values[PidTagAddressBookHomeMessageDatabase].decode().startswith(SITE))
        self.assertTrue(values[PidTagAddressBookDisplayNamePrintable].isascii())

    def test_code_pages(self):
        """Strings of 8 bits are in the client's code page."""
        client = self.book()
        olga = self.mid(client, "olga@" + DOMAIN)
        string8 = md.retype(PidTagDisplayName, md.STRING8)
        for code_page, codec in ((1251, "cp1251"), (65001, "utf-8"), (28595, "iso8859-5")):
            values = self.props(client, olga, [string8], stat=Stat(current=olga, code_page=code_page))
            self.assertEqual(values[string8], "Ольга".encode(codec))
            self.assertEqual(client.code_page, code_page)
        # no value has a code page of 16 bits
        self.fails(ec.UnknownCPID, client, "get_props", olga, [string8],
                   stat=Stat(current=olga, code_page=1200))
        self.fails(ec.UnknownCPID, client, "query_rows", [string8], stat=Stat(code_page=4711))
        self.fails(ec.Success, client, "query_rows", [PidTagDisplayName], stat=Stat(code_page=1251))

    def test_ids(self):
        """Permanent and ephemeral ones."""
        client = self.book()
        (row,) = client.query_rows([PidTagEntryId], 1, flags=nspi.EPHEMERAL_IDS)
        self.assertEqual(nspi.parse_entry_id(row[PidTagEntryId]),
                         (client.server_guid, 0, self.mid(client, ANNA)))
        (row,) = client.query_rows([PidTagEntryId], 1)
        self.assertEqual(nspi.parse_entry_id(row[PidTagEntryId]), (0, dn(ANNA)))
        # the same in another session
        self.assertEqual(self.mid(self.book(), ANNA), self.mid(client, ANNA))

    def test_prop_list(self):
        client = self.book()
        anna = self.mid(client, ANNA)
        found = client.get_prop_list(anna)
        self.assertEqual(client.error, ec.Success)
        self.assertIn(PidTagDisplayName, [md.retype(tag, md.STRING) for tag in found])
        values = self.props(client, anna, found)
        self.assertEqual([tag for tag in values if md.kind_of(tag) == md.ERROR], [])
        self.fails(ec.Error, client, "get_prop_list", 0x7FFFFFFE)
        # without: those of the list
        self.assertEqual(self.props(client, anna)[md.retype(PidTagTitle, md.STRING8)], b"Head")

    def test_query_columns(self):
        client = self.book()
        plain, wide = client.query_columns(0), client.query_columns()
        self.assertIn(md.retype(PidTagDisplayName, md.STRING8), plain)
        self.assertIn(PidTagDisplayName, wide)
        self.assertEqual(len(set(plain)), len(wide))

    def test_hidden(self):
        """Found by who knows the address, in no list."""
        client, secret = self.book(), "secret@" + DOMAIN
        self.assertEqual(client.resolve_names(["Hidden", "Mister Hidden"])[0], [UNRESOLVED, UNRESOLVED])
        found, rows = client.resolve_names([secret])
        self.assertEqual((found, self.names(rows)), ([RESOLVED], ["Mister Hidden"]))
        self.assertGreater(client.dn_to_mid([dn(secret)])[0], 0)


class Users(Base):
    """Without a file of the site's: Dovecot's users, of the own domain."""

    PEOPLE = None
    more_options = {
        "users": [ANNA, BERT, "boss@" + DOMAIN, "zora@other.example"],
        "passwd_fields": {
            ANNA: {"userdb_dovetail_name": "Änne", "userdb_dovetail_title": "Head"},
            "boss@" + DOMAIN: {"userdb_dovetail_name": "Boss", "userdb_dovetail_hidden": "yes"}}}

    def test_rows(self):
        client = self.book()
        rows = client.query_rows([PidTagDisplayName, PidTagSmtpAddress, PidTagTitle])
        self.assertEqual([list(row.values()) for row in rows],
                         [["Änne", ANNA, "Head"], ["Bert", BERT, ec.NotFound]])
        self.assertEqual(self.names(self.book("zora@other.example").query_rows()), ["Zora"])

    def test_names(self):
        client = self.book()
        found, rows = client.resolve_names(["anne", "boss", "boss@" + DOMAIN, "zora", "zora@other.example"])
        self.assertEqual(found, [RESOLVED, UNRESOLVED, RESOLVED, UNRESOLVED, UNRESOLVED])
        self.assertEqual(self.names(rows), ["Änne", "Boss"])


class Names(Base):
    def test_statuses(self):
        client = self.book()
        found, rows = client.resolve_names(
            ["Anna", "Brecht", "nobody", "Brecht, Carl", "=SMTP:" + BERT, CARL, "bb", "muller", ""])
        self.assertEqual(found, [RESOLVED, AMBIGUOUS, UNRESOLVED] + [RESOLVED] * 5 + [UNRESOLVED])
        # rows of the resolved only
        self.assertEqual(self.names(rows), ["Anna Müller", "Carl Brecht", "Bert Brecht", "Carl Brecht",
                                            "Bert Brecht", "Anna Müller"])

    def test_by_address_and_dn(self):
        client = self.book()
        for name in (ANNA, "smtp:" + ANNA, "SMTP:" + ANNA.upper(), dn(ANNA), "=" + dn(ANNA).upper()):
            found, rows = client.resolve_names([name], [PidTagSmtpAddress])
            self.assertEqual((name, found, rows), (name, [RESOLVED], [{PidTagSmtpAddress: ANNA}]))

    def test_default_columns(self):
        found, (row,) = self.book().resolve_names(["Anna"], None)
        self.assertEqual(found, [RESOLVED])
        # 3.1.4.1.17
        self.assertEqual([tag >> 16 for tag in row], [0xFFFD, 0x0FFE, 0x3900, 0x3001, 0x3A1A, 0x3A18, 0x3A19])
        self.assertEqual(row[md.retype(PidTagDisplayName, md.STRING8)], "Anna Müller".encode("cp1252"))

    def test_errors(self):
        client = self.book()
        self.fails(ec.UnknownCPID, client, "resolve_names", ["x"], stat=Stat(code_page=1200))
        self.fails(ec.InvalidBookmark, client, "resolve_names", ["x"], stat=Stat(container=0x1FFFF))
        client.stat = None
        self.fails(ec.InvalidParam, client, "resolve_names", ["x"])

    def test_dns(self):
        found = self.book().dn_to_mid([dn(ANNA), dn("nobody@" + DOMAIN), "rubbish"])
        self.assertGreater(found[0], 0)
        self.assertEqual(found[1:], [0, 0])


class Containers(Base):
    """The user's address books are address lists beside the global one."""

    GROUP = ("X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:mailto:" + BERT,
             "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:carla")

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.mine = self.store(self.user)
        self.fid = self.mine.make("Own", CONTACTS)
        self.mine.put(self.fid, "carla", card("Carla Own", "UID:carla", "EMAIL:carla@else.example"))
        self.mine.put(self.fid, "team", card("Team", "UID:team", *self.GROUP))

    def lists(self, client):
        _, rows = client.get_special_table()
        return {row[PidTagDisplayName]: row for row in rows if PidTagDisplayName in row}

    def container(self, client, name):
        return self.lists(client)[name][PidTagAddressBookContainerId]

    def team(self, client):
        _, row = client.query_rows([PidTagEntryId, PidTagDisplayName],
                                   stat=Stat(container=self.container(client, "Own")))
        team = nspi.parse_entry_id(row[PidTagEntryId])
        self.assertEqual(team.display_type, 1)
        return client.dn_to_mid([team.dn])[0]

    def test_hierarchy(self):
        client = self.book(self.user)
        version, rows = client.get_special_table()
        self.assertEqual(client.error, ec.Success)
        first = rows[0]
        self.assertEqual((first[PidTagAddressBookContainerId], first[PidTagDepth],
                          nspi.parse_entry_id(first[PidTagEntryId])), (0, 0, (0x100, "/")))
        for row in rows:
            self.assertEqual(nspi.parse_entry_id(row[PidTagEntryId]).display_type, 0x100)
            self.assertFalse(row[PidTagAddressBookIsMaster])
            self.assertTrue(row[PidTagContainerFlags] & 1)
        # the same in further sessions
        self.assertEqual(self.book(self.user).get_special_table(), (version, rows))
        self.mine.make("Another", CONTACTS)
        newer, more = self.book(self.user).get_special_table()
        self.assertNotEqual(newer, version)
        self.assertEqual(len(more), len(rows) + 1)

    def test_hierarchy_8_bit(self):
        client = self.book(self.user)
        name = md.retype(PidTagDisplayName, md.STRING8)
        self.assertIn(b"Own", [row.get(name) for row in client.get_special_table(0)[1]])
        self.fails(ec.UnknownCPID, client, "get_special_table", 0, stat=Stat(code_page=1200))

    def test_rows_and_names(self):
        client = self.book(self.user)
        stat = Stat(container=self.container(client, "Own"))
        columns = [PidTagDisplayName, PidTagDisplayType, PidTagAddressType, PidTagEmailAddress]
        carla, team = client.query_rows(columns, stat=stat)
        self.assertEqual(list(carla.values()), ["Carla Own", 6, "SMTP", "carla@else.example"])
        self.assertEqual(list(team.values())[:3], ["Team", 1, "EX"])
        self.assertEqual(client.resolve_names(["Carla"], stat=stat)[0], [RESOLVED])
        self.assertEqual(client.resolve_names(["Carla"])[0], [UNRESOLVED])

    def test_changes_are_seen(self):
        client = self.book(self.user)
        stat = Stat(container=self.container(client, "Own"))
        num, _ = self.mine.put(self.fid, "dora", card("Dora New", "UID:dora", "EMAIL:dora@else.example"))
        self.assertEqual(self.names(client.query_rows(stat=stat)), ["Carla Own", "Dora New", "Team"])
        self.mine.delete_items(self.fid, num)
        self.assertEqual(self.names(client.query_rows(stat=stat)), ["Carla Own", "Team"])

    def test_members(self):
        client = self.book(self.user)
        stat = Stat(container=PidTagAddressBookMember, current=self.team(client))
        _, rows = client.get_matches(None, COLUMNS, stat=stat)
        self.assertEqual(client.error, ec.Success)
        self.assertEqual(sorted(self.names(rows)), ["Bert Brecht", "Carla Own"])

    def test_change_members(self):
        """A group of one's own is changed, the Directory is not."""
        client = self.book(self.user)
        team, person = self.team(client), self.mid(client, ANNA)
        anna = client.query_rows([PidTagEntryId], 1)[0][PidTagEntryId]
        self.fails(ec.Success, client, "mod_link_att", PidTagAddressBookMember, team, [anna])
        self.assertIn(ANNA, self.mine.by_uid(self.fid, "team").text)
        self.fails(ec.Success, client, "mod_link_att", PidTagAddressBookMember, team, [anna], 1)
        self.assertNotIn(ANNA, self.mine.by_uid(self.fid, "team").text)
        for error, tag, mid in ((ec.NoAccess, PidTagAddressBookMember, person),
                                (ec.Error, PidTagAddressBookPublicDelegates, person),
                                (ec.InvalidParam, PidTagAddressBookMember, 0x7FFFFFFE),
                                (ec.NotFound, PidTagTitle, team)):
            self.fails(error, client, "mod_link_att", tag, mid, [anna])
        self.fails(ec.NoAccess, client, "mod_props", [PidTagTitle], {PidTagTitle: "King"},
                   stat=Stat(current=person))

    def test_others_book(self):
        owner = self.new_user()
        theirs = self.store(owner)
        fid = theirs.make("Clients", CONTACTS)
        theirs.put(fid, "k", card("Karl Client", "UID:k", "EMAIL:karl@else.example"))
        with self.dovecot.imap(owner) as imap:
            imap.setacl("Clients", self.user, "lr")
        self.assertNotIn("Clients", str(list(self.lists(self.book(self.user)))))
        with self.dovecot.imap(self.user) as imap:
            imap.subscribe('"shared/%s/Clients"' % owner)
        client = self.book(self.user)
        (name,) = (name for name in self.lists(client) if name.startswith("Clients"))
        stat = Stat(container=self.container(client, name))
        self.assertEqual(self.names(client.query_rows(stat=stat)), ["Karl Client"])
        with self.dovecot.imap(owner) as imap:
            imap.deleteacl("Clients", self.user)
        self.fails(ec.InvalidBookmark, self.book(self.user), "query_rows", stat=stat)

    def test_templates(self):
        client = self.book(self.user)
        _, (row,) = client.get_special_table(nspi.ADDRESS_CREATION_TEMPLATES)
        entry = nspi.parse_entry_id(row[PidTagEntryId])
        self.assertEqual(entry.display_type, 0x102)
        self.fails(ec.Success, client, "get_template_info", 0, entry.dn)
        for kind in (0, 1):
            data = dict(client.get_template_info(kind))[PidTagTemplateData]
            # the kind of the structure, the number of controls: MS-OXOABKT 2.2.2.1
            self.assertEqual(int.from_bytes(data[:4], "little"), 1)
            self.assertGreater(int.from_bytes(data[4:8], "little"), 5)
        self.fails(ec.UnknownLCID, client, "get_template_info", 77)
        self.fails(ec.UnknownCPID, client, "get_template_info", 0, code_page=1200)
        # a language that is not there: English
        self.fails(ec.Success, client, "get_template_info", 0, locale=1041)


del Base
