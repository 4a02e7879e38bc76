# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The MAPI client of the tests itself: its codec against the documents' bytes, its
transport against a server that says what the test wants.  No Dovecot is needed."""

import http.server
import random
import threading
import unittest
import uuid

from dovetail_test import mapi, mapihttp, mapinspi
from dovetail_test import mapidata as d
from dovetail_test import mapirops as rops
from dovetail_test.mapidata import EXTENDED, FX, NSPI, ROP, Error, Fault, LongId, Reader, ec
from dovetail_test.mapiprops import *  # noqa: F403
from dovetail_test.mapiprops import NAMES, TAGS, tag_name

GUID_A = uuid.UUID(bytes=b"\xaa" * 16)


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


class Values(unittest.TestCase):
    def test_set_properties(self):
        """MS-OXCPRPT 4.2: the values of RopSetProperties' example"""
        data = unhex("1F003D00 0000 1F001D0E 48006500 6C006C00 6F002000 57006F00 72006C00 64000000")
        props = {PidTagSubjectPrefix: "", PidTagNormalizedSubject: "Hello World"}
        self.assertEqual(d.tagged(props), data)
        r = Reader(data)
        self.assertEqual(d.read_props(r, 2), props)
        r.end()

    def test_widths(self):
        """MS-OXCDATA 2.11.1.1, MS-OXCMAPIHTTP 2.2.1.1, MS-OXCFXICS 2.2.4.1"""
        for form, binary, boolean, text in (
                (ROP, "0200 abcd", "01", "6100 0000"), (NSPI, "ff 02000000 abcd", "01", "ff 6100 0000"),
                (FX, "02000000 abcd", "0100", "04000000 6100 0000"),
                (EXTENDED, "02000000 abcd", "01", "6100 0000")):
            self.assertEqual(d.value(d.BINARY, b"\xab\xcd", form), unhex(binary))
            self.assertEqual(d.value(d.BOOLEAN, True, form), unhex(boolean))
            self.assertEqual(d.value(d.STRING, "a", form), unhex(text))

    def test_there_and_back(self):
        rnd = random.Random(4)
        values = {
            d.I2: -5, d.I4: -70000, d.R4: 1.5, d.R8: 0.1, d.CURRENCY: 10 ** 12, d.APPTIME: 2.5, d.ERROR: Error(5),
            d.BOOLEAN: True, d.I8: -2 ** 40, d.STRING8: b"a\xe9", d.STRING: "\u00e9\U0001f600", d.TIME: 2 ** 57,
            d.GUID: GUID_A, d.SERVER_ID: b"\1" + b"x" * 20, d.BINARY: b"bin"}
        for form in (ROP, NSPI, FX, EXTENDED):
            for kind, v in values.items():
                items = [(kind, v)]
                if kind not in (d.ERROR, d.BOOLEAN, d.SERVER_ID):
                    items.append((kind | d.MULTIPLE, [v] * rnd.randrange(4)))
                for kind, v in items:
                    data = d.value(kind, v, form)
                    r = Reader(data, form)
                    self.assertEqual(d.read_value(r, kind), v)
                    r.end()
                    if data and v != []:
                        with self.assertRaises(Fault):
                            d.read_value(Reader(data[:-1], form), kind)

    def test_rows(self):
        columns = [PidTagMessageSize, PidTagSubject]
        data = unhex("01 00 07000000 0a 0f010480")
        self.assertEqual(d.row(columns, [7, Error(ec.NotFound)]), data)
        self.assertEqual(d.read_row(Reader(data), columns),
                         {PidTagMessageSize: 7, PidTagSubject: Error(ec.NotFound)})
        self.assertEqual(d.read_row(Reader(unhex("00 0b00 01")), [d.tag(0x1234, 0)]),
                         {d.tag(0x1234, d.BOOLEAN): True})
        for bad in ("02 07000000", "01 05 07000000", "01 00 07000000 00 78000000"):
            with self.assertRaises(Fault):
                d.read_row(Reader(unhex(bad)), columns)

    def test_typed_strings(self):
        r = Reader(unhex("00 01 03 52453a2000 04 e9000000 02 e900"))
        self.assertEqual([d.read_typed_string(r) for _ in range(5)], [None, "", "RE: ", "\u00e9", "\u00e9"])

    def test_times(self):
        self.assertEqual(d.filetime(1234567890), 128790414900000000)
        self.assertEqual(d.filetime(d.from_filetime(128790414900000000)), 128790414900000000)

    def test_props_table(self):
        self.assertEqual(PidTagSubject, 0x0037001F)
        self.assertEqual(PidLidAppointmentStartWhole.key, 0x820D)
        self.assertEqual(PidNameKeywords.key, "Keywords")
        self.assertEqual(tag_name(0x0037001E), "PidTagSubject:001e")
        self.assertGreater(len(TAGS), 700)
        keys = [(n.set, n.key) for n in NAMES.values()]
        self.assertEqual(len(keys), len(set(keys)))


class Restrictions(unittest.TestCase):
    def test_each(self):
        """MS-OXCDATA 2.12.1 to 2.12.12"""
        exist = d.Exist(PidTagSubject)
        for res, data in (
                (d.And(exist, d.Exist(PidTagMessageClass)), "00 0200 08 1f003700 08 1f001a00"),
                (d.Or(), "01 0000"), (d.Not(exist), "02 08 1f003700"),
                (d.Content(PidTagSubject, "a"), "03 0100 0100 1f003700 1f003700 61000000"),
                (d.Equals(PidTagRead, True), "04 04 0b00690e 0b00690e 01"),
                (d.Compare(PidTagSubject, d.LT, PidTagSubjectPrefix), "05 00 1f003700 1f003d00"),
                (d.Bits(PidTagMessageStatus, 0x1000000), "06 01 0300170e 00000001"),
                (d.Size(PidTagMessageSize, d.GT, 4096), "07 02 0300080e 00100000"),
                (d.Sub(PidTagMessageRecipients, exist), "09 0d00120e 08 1f003700"),
                (d.Comment({PidTagSensitivity: 1}, exist), "0a 01 03003600 01000000 01 08 1f003700"),
                (d.Comment({}), "0a 00 00"), (d.Count(5, exist), "0b 05000000 08 1f003700")):
            self.assertEqual(d.restriction(res), unhex(data))
            r = Reader(unhex(data))
            self.assertEqual(d.read_restriction(r), res)
            r.end()

    def test_nspi(self):
        data = unhex("00 01000000 04 04 1f000c36 ff 1f000c36 ff 61000000")
        res = d.And(d.Equals(PidTagAnr, "a"))
        self.assertEqual(d.restriction(res, NSPI), data)
        self.assertEqual(d.read_restriction(Reader(data, NSPI)), res)

    def test_sort_set(self):
        """MS-OXCTABL 2.2.2.3: groups by their newest"""
        self.assertEqual(d.sort_set([PidTagConversationTopic, (PidTagMessageDeliveryTime, d.MAX_CATEGORY)], 1, 1),
                         unhex("0200 0100 0100 1f007000 00 4000060e 04"))


class Ids(unittest.TestCase):
    def test_ids(self):
        self.assertEqual(d.u64(d.object_id(1, 0x10C)), unhex("0100 00000000010c"))
        self.assertEqual(d.id_counter(d.object_id(1, 0x10C)), 0x10C)
        lid = LongId(GUID_A, 5)
        self.assertEqual(d.read_long_id(Reader(d.long_id(lid))), lid)
        self.assertEqual(d.parse_gid(d.gid(lid)), lid)

    def test_idset(self):
        """MS-OXCFXICS 3.1.5.4.3.1.3: the bitmask; the other commands"""
        for data, ranges in (("05 0000000000 42 01 eb 50 00", [(1, 3), (5, 5), (7, 9)]),
                             ("06 000000000005 00", [(5, 5)]),
                             ("04 00000000 02 0103 02 0105 52 0200 0201 50 00",
                              [(0x103, 0x103), (0x105, 0x105), (0x200, 0x201)])):
            self.assertEqual(d.parse_idset(unhex("0100" + data), False), {1: ranges})
        for bad in ("01 00 00", "50 00", "04 00000000 42 01 eb 50 00", "07 00", "06 0000000000",
                    "05 0000000000 42 f8 80 50 00", "52 000000000002 000000000001 00"):
            with self.assertRaises(Fault):
                d.parse_idset(unhex("0100" + bad), False)
        ids = {GUID_A: [(1, 7), (9, 9)]}
        self.assertEqual(d.parse_idset(d.idset(ids)), ids)

    def test_change_list(self):
        xids = {GUID_A: b"\0\0\0\0\0\1", uuid.UUID(int=0): b"\0\0\0\0\0\2"}
        self.assertEqual(d.parse_pcl(d.pcl(xids)), xids)
        with self.assertRaises(Fault):
            d.parse_pcl(d.pcl({GUID_A: b"\1" * 6}) + d.pcl({uuid.UUID(int=0): b"\1" * 6}))

    def test_entry_ids(self):
        """MS-OXCDATA 2.2.4, 2.2.5"""
        for entry, size in ((d.FolderEntryId(GUID_A, 1, LongId(GUID_A, 5)), 46),
                            (d.MessageEntryId(GUID_A, 7, LongId(GUID_A, 5), LongId(GUID_A, 6)), 70),
                            (d.AddressEntryId(0, "/o=x/cn=y"), 38), (d.OneOffEntryId(0x8001, "A", "SMTP", "a@b"), 46),
                            (d.ContactEntryId(4, 0, b"x" * 70), 106), (d.StoreEntryId(False, "s", "/o=x"), 67),
                            (d.StoreEntryId(True, "s", None), 62)):
            data = d.entry_id(entry)
            self.assertEqual(d.parse_entry_id(data), entry)
            self.assertEqual(len(data), size)
        self.assertEqual(d.one_off("A", "a@b"), unhex(
            "00000000 812b1fa4bea310199d6e00dd010f5402 0000 0180 41000000 53004d0054005000 0000 6100400062000000"))

    def test_names(self):
        """MS-OXCDATA 2.6.1"""
        self.assertEqual(d.name(PidLidAppointmentStartWhole), unhex("00 0220060000000000c000000000000046 0d820000"))
        for n in (PidLidBusyStatus, PidNameKeywords):
            self.assertEqual(d.read_name(Reader(d.name(n))), (n.set, n.key))
        self.assertIsNone(d.read_name(Reader(b"\xff")))

    def test_recipients(self):
        """MS-OXCDATA 2.8.3: flags and the order of members"""
        rcpt = d.Recipient(1, "SMTP", "a@b", "A", transmittable="A", props={PidTagObjectType: 6})
        data = d.recipient_row(rcpt, [PidTagObjectType])
        self.assertEqual(data, unhex("3b02 610040006200 0000 41000000 41000000 0100 00 06000000"))
        found = d.read_recipient_row(Reader(data), [PidTagObjectType])
        self.assertEqual((found["addrtype"], found["address"], found["props"]),
                         ("SMTP", "a@b", {PidTagObjectType: 6}))
        found = d.read_recipient_row(Reader(unhex("9100 00 01 2f6f3d7800 e900 0000 00")), [])
        self.assertEqual((found["addrtype"], found["address"], found["name"], found["responsible"]),
                         ("EX", "/o=x", "\u00e9", True))


class Envelopes(unittest.TestCase):
    def test_lz77(self):
        """MS-XCA 3.1"""
        alphabet = unhex("3f000000 6162636465666768696a6b6c6d6e6f707172737475767778797a")
        self.assertEqual(d.lz77_decompress(alphabet, 26),
                         b"abcdefghijklmnopqrstuvwxyz")
        packed = unhex("ffffff1f 616263 1700 0f ff 2601")
        self.assertEqual(d.lz77_decompress(packed, 300), b"abc" * 100)
        self.assertEqual(d.lz77_compress(b"abc" * 100), packed)
        rnd = random.Random(7)
        for _ in range(200):
            data = bytes(rnd.choice(b"ab" if rnd.random() < 0.5 else range(256)) for _ in range(rnd.randrange(3000)))
            self.assertEqual(d.lz77_decompress(d.lz77_compress(data), len(data)), data)
        for size in (9, 10, 24, 25, 279, 280, 65535, 70000):
            data = b"x" + b"a" * (size + 1)
            self.assertEqual(d.lz77_decompress(d.lz77_compress(data), len(data)), data)
        for bad in ("ffffff7f 61 0800", "ffffff7f 61 0700 0f ff 1500", "ffffff7f 61"):
            with self.assertRaises(Fault):
                d.lz77_decompress(unhex(bad), 8)

    def test_rhe(self):
        """MS-OXCRPC 2.2.2.1, 3.1.4.1.1.3"""
        self.assertEqual(d.rhe(b"abc", d.LAST | d.XOR), unhex("0000 0600 0300 0300 c4c7c6"))
        data = d.rhe(b"abc", 0) + d.rhe(b"a" * 100, d.COMPRESSED | d.XOR | d.LAST)
        self.assertEqual(d.unrhe(data), [b"abc", b"a" * 100])
        for bad in ("0000 0400 0300 0400 616263", "0100 0400 0300 0300 616263", "0000 0400 0300 0300 616263 00",
                    "0000 0000 0300 0300 616263"):
            with self.assertRaises(Fault):
                d.unrhe(unhex(bad))


class Script(http.server.BaseHTTPRequestHandler):
    """Answers what the test put into the server's list."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers.items()), body))
        headers, chunks = self.server.answers.pop(0)
        self.send_response(200)
        base = {"Content-Type": "application/mapi-http", "X-RequestType": self.headers["X-RequestType"],
                "X-RequestId": self.headers["X-RequestId"], "X-ClientInfo": self.headers["X-ClientInfo"],
                "X-ResponseCode": "0", "X-ServerApplication": "Exchange/15.20.0000.000",
                "X-ExpirationInfo": "900000", "Transfer-Encoding": "chunked"}
        base.update(headers)
        for name, values in base.items():
            for value in values if isinstance(values, list) else [values]:
                if value is not None:
                    self.send_header(name, value)
        self.end_headers()
        for chunk in chunks + [b""]:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    def log_message(self, *args):
        pass


class Rops(unittest.TestCase):
    @staticmethod
    def request(name, indices, **fields):
        return rops.request(rops.ROPS[name], 0, indices, fields)

    @staticmethod
    def response(name, indices, data, columns=None, **fields):
        r = Reader(unhex(data))
        context = rops.Context(rops.ROPS[name], fields, columns, indices=indices)
        response = rops.read_response(r, context)
        r.end()
        return response

    def test_documents_requests(self):
        """MS-OXCPRPT 4.2, MS-OXCFOLD 4.5.1, MS-OXCTABL 4.5.3.1"""
        self.assertEqual(self.request("SetProperties", [0], PropertyValues={
            PidTagSubjectPrefix: "", PidTagNormalizedSubject: "Hello World"}), unhex(
                "0A 00 00 24 00 02 00 1F 00 3D 00 00 00 1F 00 1D 0E 48 00 65 00 6C 00 6C 00 6F 00 20 00 57 00 6F 00"
                "72 00 6C 00 64 00 00 00"))
        self.assertEqual(self.request("MoveFolder", [1, 2], WantAsynchronous=True, NewFolderName="Folder1",
                                      FolderId=d.object_id(1, 0x0E8EDF36)), unhex(
            "35 00 01 02 01 01 01 00 00 00 0E 8E DF 36 46 00 6F 00 6C 00 64 00 65 00 72 00 31 00 00 00"))
        self.assertEqual(self.request("QueryRows", [0], RowCount=50), unhex("15 00 00 00 01 32 00"))

    def test_documents_responses(self):
        """MS-OXCTABL 4.3.2, MS-OXORULE 4.2.2"""
        self.assertEqual(self.response("SortTable", [1], "13 01 00 00 00 00 00").fields, {"TableStatus": 0})
        self.assertEqual(self.response("GetRulesTable", [0, 1], "3f 01 00 00 00 00").code, ec.Success)
        self.assertEqual(self.response("SetColumns", [1], "12 01 00 00 00 00 00").fields, {"TableStatus": 0})

    def test_layouts(self):
        """Handle indices, and which comes back (MS-OXCROPS 2.2)"""
        for name, indices, head, back in (
                ("OpenFolder", [1, 2], "02 00 01 02", 2), ("GetContentsTable", [1, 2], "05 00 01 02", 2),
                ("SaveChangesMessage", [1, 2], "0c 00 01 02", 1), ("CopyTo", [1, 2], "39 00 01 02", 1),
                ("Logon", [3], "fe 00 03", 3), ("Release", [1], "01 00 01", 1)):
            fields = {n: 1 for n, kind in rops.ROPS[name].request if kind in ("u8", "id")}
            self.assertTrue(self.request(name, indices, **fields).startswith(unhex(head)))
            self.assertEqual(rops.Context(rops.ROPS[name], fields, indices=indices).answering_index(), back)

    def test_failures(self):
        """Fields that are there on success only, always, and of a missing destination"""
        self.assertEqual(self.response("OpenFolder", [0, 1], "02 01 0f010480").code, ec.NotFound)
        self.assertEqual(self.response("DeleteFolder", [0], "1d 00 0f010480 00").fields, {"PartialCompletion": False})
        self.assertEqual(self.response("MoveCopyMessages", [1, 2], "33 01 03050000 02000000 01").fields,
                         {"DestHandleIndex": 2, "PartialCompletion": True})
        self.assertEqual(self.response("CopyTo", [1, 2], "39 01 03050000 02000000").fields, {"DestHandleIndex": 2})
        self.assertEqual(self.response("ReadStream", [1], "2c 01 b9040000 0000").fields, {"Data": b""})
        self.assertEqual(self.response("Logon", [0], "fe 00 78040000 01 02 7300").fields,
                         {"LogonFlags": 1, "ServerName": b"s\0"})
        for bad in ("02 00 00000000 00 00", "03 01 00000000 00 00", "02 01 00000000 00 02", "02 01 00000000 00"):
            with self.assertRaises(Fault):
                self.response("OpenFolder", [0, 1], bad)

    def test_all_have_an_answer(self):
        """A failing response of each is read to its end."""
        for rop in rops.ROPS.values():
            indices = [0, 1] if rop.layout in ("out", "two", "resp") else [0]
            context = rops.Context(rop, {}, indices=indices)
            extra = {"bool": 1, "u8": 1, "u16": 2, "u32": 4, "u64": 8, "b16": 2, "backoff": 0}
            tail = b"\0" * sum(extra[kind] for _, kind in rop.response) if rop.always else b""
            r = Reader(d.u8(rop.number) + d.u8(context.answering_index()) + d.u32(ec.NullObject) + tail)
            self.assertEqual(rops.read_response(r, context).code, ec.NullObject)
            r.end()

    def test_open_message(self):
        """MS-OXCROPS 2.2.6.1.2"""
        found = self.response("OpenMessage", [0, 1], "03 01 00000000 01 01 03 486900 0100 0000 01 "
                              "01 e404 0000 1100 1b02 610040006200 0000 41000000 0000 00").fields["Message"]
        self.assertEqual((found["has_named"], found["prefix"], found["subject"]), (True, "", "Hi"))
        self.assertEqual(found["recipients"][0]["address"], "a@b")

    def test_notifications(self):
        """MS-OXCNOTIF 2.2.1.4.1.2"""
        def read(data):
            r = Reader(unhex(data))
            found = rops.read_notification(r, lambda handle: [PidTagMid])
            r.end()
            return found
        new = read("05000000 00 0280 0100000000000001 0100000000000002 00000000 00 49504d2e4e6f746500")
        self.assertEqual((new.type, new.handle, new.fields["class"]), (rops.NEW_MAIL, 5, "IPM.Note"))
        row = read("05000000 01 0081 0300 0100000000000001 0100000000000002 00000000 0100000000000001 "
                   "0000000000000000 00000000 0900 00 0100000000000002")
        self.assertEqual(row.fields["event"], rops.ROW_ADDED)
        self.assertEqual(d.id_counter(row.fields["row"][PidTagMid]), 2)
        changed = read("05000000 00 1030 0100000000000001 0100 0300 0236 07000000 01000000")
        self.assertEqual((changed.fields["total"], changed.fields["unread"]), (7, 1))
        moved = read("05000000 00 2000 0100000000000001 0100000000000002 0100000000000003 0100000000000004")
        self.assertEqual(d.id_counter(moved.fields["old_parent"]), 4)
        for bad in ("05000000 00 0041 0100", "05000000 00 0820 0100000000000001", "05000000 00 0001 0200"):
            with self.assertRaises(Fault):
                read(bad)


DONE = b"DONE\r\nX-ElapsedTime: 5\r\nX-StartTime: Mon, 02 Nov 2026 10:00:00 GMT\r\n\r\n"


class Scripted(unittest.TestCase):
    """A server that answers as the test says."""

    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Script)
        self.server.seen, self.server.answers = [], []
        thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def endpoint(self, path=mapihttp.NSPI):
        endpoint = mapihttp.Endpoint("127.0.0.1", self.server.server_address[1], "u@x", "pass", path,
                                     mailbox_id="u@x")
        self.addCleanup(endpoint.close)
        return endpoint

    def answer(self, *chunks, **headers):
        self.server.answers.append(({name.replace("_", "-"): value for name, value in headers.items()}, list(chunks)))


class Transport(Scripted):
    def test_chunks_and_cookies(self):
        endpoint = self.endpoint()
        self.answer(b"PROCESSING\r\n", b"PENDING\r\n", b"PEND", b"ING\r\n" + DONE + b"ab", b"c",
                    Set_Cookie=["a=1; path=/mapi/nspi", "b=2"])
        r = endpoint.ask("Bind", b"body")
        self.assertEqual(r.data, b"abc")
        self.assertEqual(endpoint.answer.tags, ["PROCESSING", "PENDING", "PENDING", "DONE"])
        self.answer(b"PROCESSING\r\n" + DONE, Set_Cookie="b=3")
        self.assertEqual(endpoint.ping(), 900000)
        (path, first, body), (_, second, _) = self.server.seen
        self.assertEqual((path, body), ("/mapi/nspi/?MailboxId=u@x", b"body"))
        self.assertNotIn("Cookie", first)
        self.assertEqual(second["Cookie"], "a=1; b=2")
        self.assertEqual(endpoint.cookies, {"a": "1", "b": "3"})
        one, two = first["X-RequestId"], second["X-RequestId"]
        self.assertEqual((one.split(":")[0], one.split(":")[1], two.split(":")[1]), (two.split(":")[0], "1", "2"))

    def test_faults(self):
        good = b"PROCESSING\r\n" + DONE
        for chunks, headers in (
                ([b"DONE\r\n\r\n"], {}), ([b"PROCESSING\r\nPROCESSING\r\n" + DONE], {}), ([b"x" + good], {}),
                ([b"PENDING\r\nPROCESSING\r\n" + DONE], {}), ([good], {"X_RequestId": "other"}),
                ([good], {"X_ClientInfo": "other"}), ([good], {"Content_Type": "text/html"}),
                ([good], {"X_ServerApplication": None}), ([good], {"X_ResponseCode": None})):
            self.answer(*chunks, **headers)
            with self.assertRaises(Fault, msg=(chunks, headers)):
                self.endpoint().ask("PING")
        self.answer(b"<html>", X_ResponseCode="10", Content_Type="text/html")
        with self.assertRaises(mapihttp.ResponseCode) as caught:
            self.endpoint().ask("PING")
        self.assertEqual(caught.exception.code, mapihttp.CONTEXT_NOT_FOUND)

    def nspi(self, *bodies):
        for body in bodies:
            self.answer(b"PROCESSING\r\n" + DONE + unhex(body))
        return mapinspi.Nspi(self.endpoint())

    def test_nspi_requests(self):
        """MS-OXCMAPIHTTP 2.2.5: each request's body, byte for byte"""
        stat = "00000000 00000000 00000000 00000000 00000000 00000000 e4040000 09040000 09040000"
        ok, none = "00000000 00000000", "00000000"
        cases = (
            (lambda c: c.bind(), "00000000 ff" + stat, ok + "aa" * 16, GUID_A),
            (lambda c: c.unbind(), "00000000", "00000000 01000000", 1),
            (lambda c: c.compare_mids(16, 17), "00000000 ff" + stat + "10000000 11000000", ok + "ffffffff", -1),
            (lambda c: c.dn_to_mid(["/o=x"]), "00000000 ff 01000000 2f6f3d7800", ok + "ff 01000000 10000000", [16]),
            (lambda c: c.get_matches(d.Exist(PidTagAnr), count=3),
             "00000000 ff" + stat + "00 00000000 ff 08 1f000c36 "
             "00 03000000 ff 01000000 1f000130",
              ok + "00 ff 01000000 10000000 ff 01000000 1f000130 01000000 00 ff 41000000",
             ([16], [{PidTagDisplayName: "A"}])),
            (lambda c: c.get_prop_list(16), "00000000 10000000 e4040000", ok + "ff 01000000 1f000130",
             [PidTagDisplayName]),
            (lambda c: c.get_props(columns=[PidTagDisplayName]), "00000000 ff" + stat + "ff 01000000 1f000130",
             "00000000 80030400 b0040000 ff 01000000 0a000130 0f010480", [(0x3001000A, Error(ec.NotFound))]),
            (lambda c: c.get_special_table(), "04000000 ff" + stat + "ff 00000000",
             ok + "b0040000 ff 01000000 ff 01000000 01000000 03000f36 05000000", (1, [{0x360F0003: 5}])),
            (lambda c: c.get_template_info(), "01000000 00000000 00 e4040000 09040000", ok + "e4040000 00", None),
            (lambda c: c.mod_link_att(PidTagAddressBookMember, 16, [b"ab"]), "00000000 0d000980 10000000 ff 01000000 "
             "02000000 6162", ok, None),
            (lambda c: c.mod_props([PidTagDisplayName], {PidTagDisplayName: "A"}), "00000000 ff" + stat
             + "ff 01000000 1f000130 ff 01000000 1f000130 ff 41000000", ok, None),
            (lambda c: c.query_columns(), "00000000 00000080", ok + "ff 00000000", []),
            (lambda c: c.query_rows(count=2, mids=[16]),
             "00000000 ff" + stat + "01000000 10000000 02000000 ff 01000000 1f000130",
             ok + "ff" + stat + "ff 01000000 1f000130 00000000", []),
            (lambda c: c.resolve_names(["A"]), "00000000 ff" + stat + "ff 01000000 1f000130 ff 01000000 41000000",
             ok + "b0040000 ff 01000000 02000000 00", ([2], None)),
            (lambda c: c.resort_restriction([17, 16]), "00000000 ff" + stat + "ff 02000000 11000000 10000000",
             ok + "00 ff 02000000 10000000 11000000", [16, 17]),
            (lambda c: c.seek_entries("A"), "00000000 ff" + stat + "ff 1f000130 ff 41000000 00 ff 01000000 1f000130",
             ok + "ff" + stat + "ff 01000000 1f000130 01000000 00 ff 42000000", [{PidTagDisplayName: "B"}]),
            (lambda c: c.update_stat(), "00000000 ff" + stat + "01", ok + "ff" + stat + "ff fdffffff",
             (mapinspi.Stat(), -3)),
            (lambda c: c.get_mailbox_url("/o"), "00000000 2f006f000000", ok + "680000 00", "h"),
            (lambda c: c.get_address_book_url("/o"), "00000000 2f006f000000", ok + "68000000", "h"),
        )
        for call, request, response, result in cases:
            client = self.nspi(response + none)
            self.assertEqual(call(client), result)
            self.assertEqual(self.server.seen[-1][2], unhex(request + none))

    def test_nspi_errors(self):
        client = self.nspi("00000000 0f010480 00 00 00000000", "00000000 0f010480 00 00 00000000",
                           "00000000 00000000 00 00000000 00", "05000000 00000000")
        with self.assertRaises(mapinspi.NspiError) as caught:
            client.query_rows()
        self.assertEqual(caught.exception.code, ec.NotFound)
        self.assertEqual(client.query_rows(error=True), (ec.NotFound, None))
        with self.assertRaises(Fault):
            client.query_columns()
        with self.assertRaises(Fault):
            client.query_columns()


class Mailbox(Scripted):
    """The comfortable classes, with answers from a script."""

    def execute(self, rops_data, *handles, flags=d.LAST, more=b""):
        """Puts an Execute's answer into the list."""
        data = unhex(rops_data)
        payload = d.u16(len(data) + 2) + data + b"".join(d.u32(h) for h in handles)
        buffers = d.rhe(payload, flags) + more
        self.answer(b"PROCESSING\r\n" + DONE + d.u32(0) * 3 + d.u32(len(buffers)) + buffers + d.u32(0))

    def connected(self, **kwargs):
        self.answer(b"PROCESSING\r\n" + DONE
                    + unhex("00000000 00000000 60ea0000 06000000 10270000 00 41000000 00000000"))
        client = mapi.MapiClient(self.endpoint(mapihttp.EMSMDB), "/o=x/cn=u", **kwargs)
        self.assertEqual(client.connect()["display_name"], "A")
        return client

    LOGON = ("fe 00 00000000 01" + "".join("0100 %012x" % n for n in range(1, 14)) + "07" + "aa" * 16 + "0100"
             + "bb" * 16 + "01020a01 0b 0c ea07" + "00" * 12)

    def logged_on(self, **kwargs):
        client = self.connected(**kwargs)
        self.execute(self.LOGON, 0x77)
        return client, client.logon()

    def sent(self, n=-1):
        """ROPs and handles of an Execute that was sent"""
        r = Reader(self.server.seen[n][2])
        r.u32()
        payload = Reader(d.unrhe(r.sized(32))[0])
        rops_data = payload.bytes(payload.u16() - 2)
        return rops_data, [payload.u32() for _ in range(payload.left() // 4)]

    def test_logon(self):
        _, box = self.logged_on()
        self.assertEqual(self.server.seen[0][2],
                         unhex("2f6f3d782f636e3d7500 00000000 e4040000 09040000 09040000 00000000"))
        data, handles = self.sent()
        self.assertEqual(data, unhex("fe 00 00 01 0c000001 00000000 0a00 2f6f3d782f636e3d7500"))
        self.assertEqual(handles, [0xFFFFFFFF])
        self.assertEqual(d.id_counter(box.folders["inbox"]), 5)
        self.assertEqual((box.guid, box.info["time"]), (GUID_A, (2026, 12, 11, 10, 2, 1, 1)))
        self.assertEqual(box.handle.value, 0x77)

    def test_table_in_one_batch(self):
        client, box = self.logged_on()
        self.execute("02 01 00000000 00 00", 0x77, 0x78)
        inbox = box.inbox
        table = inbox.new_handle()
        batch = client.batch()
        batch.add("GetContentsTable", inbox.handle, table)
        batch.add("SetColumns", table, PropertyTags=[PidTagMid, PidTagSubject])
        rows = batch.add("QueryRows", table, RowCount=10)
        self.execute("05 01 00000000 01000000 12 01 00000000 00 15 01 00000000 02 0100 00 0100000000000009 41000000 "
                     "2a 79000000 00 0081 0100", 0x78, 0x79)
        batch.run()
        self.assertEqual(rows.response.fields["RowData"], [{PidTagMid: d.object_id(1, 9), PidTagSubject: "A"}])
        self.assertEqual(client.notifications[0].fields["event"], rops.TABLE_CHANGED)
        data, handles = self.sent()
        self.assertEqual(data, unhex("05 00 00 01 00 12 00 01 00 0200 1400 4a67 1f00 3700 15 00 01 00 01 0a00"))
        self.assertEqual(handles, [0x78, 0xFFFFFFFF])

    def test_refused(self):
        _, box = self.logged_on()
        self.execute("02 01 0f010480", 0x77, 0xFFFFFFFF)
        with self.assertRaises(mapi.MapiError) as caught:
            box.open_folder(5)
        self.assertEqual(caught.exception.code, ec.NotFound)
        # an answer that is missing, one too many, a table of handles that is too short
        for data, handles in (("", [0x77, 1]), ("02 01 00000000 00 00 02 01 00000000 00 00", [0x77, 1]),
                              ("02 01 00000000 00 00", [0x77])):
            self.execute(data, *handles)
            with self.assertRaises(Fault):
                box.open_folder(5)

    def test_flags(self):
        """Obfuscated or compressed only where the client allows it."""
        client, box = self.logged_on()
        self.execute("7b 00 00000000 05000000", 0x77, flags=d.LAST | d.XOR)
        with self.assertRaises(Fault):
            box.store_state()
        client.flags = mapi.NO_COMPRESSION
        self.execute("7b 00 00000000 05000000", 0x77, flags=d.LAST | d.XOR)
        self.assertEqual(box.store_state(), 5)

    def test_chained(self):
        """MS-OXCRPC 3.1.4.2.1.2: what ReadStream goes on with"""
        client, box = self.logged_on()
        part = unhex("2c 00 00000000 0200 6364")
        more = d.rhe(d.u16(len(part) + 2) + part + d.u32(0x77), d.LAST)
        self.execute("2c 00 00000000 0200 6162", 0x77, flags=0, more=more)
        batch = client.batch()
        batch.add("ReadStream", box.handle, ByteCount=2)
        self.assertEqual(b"".join(r.fields["Data"] for r in batch.run(chain=True)), b"abcd")

    def test_wait(self):
        client, _ = self.logged_on()
        self.answer(b"PROCESSING\r\n", b"PENDING\r\n", DONE + unhex("00000000 00000000 01000000 00000000"))
        self.assertTrue(client.wait())
        self.assertEqual(self.server.seen[-1][2], bytes(8))
        self.answer(b"PROCESSING\r\n" + DONE + unhex("00000000 00000000 00000000"))
        client.disconnect()


if __name__ == "__main__":
    unittest.main()
