# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""ROP buffers: their sizes, what goes on in further ones, ROPs that few clients use."""

from dovetail_test import mapidata as d
from dovetail_test.case import message
from dovetail_test.mapiprops import *
from mapicase import Case

BIG = d.tag(0x6701, 0x0102)
# QueryRowsFlags
NO_ADVANCE, PACKED = 1, 2


def bytes_of(size):
    return bytes(i * 7 % 251 for i in range(size))


class Buffers(Case):
    """MS-OXCRPC 3.1.4.2.1: payloads of at most 32 KB, more of them where the client wants it."""

    def chained(self, box, name, target, max_out, **fields):
        """The responses of one ROP, and how long the payloads were."""
        sizes = []
        check = box.client.check_flags

        def seen(payloads, data, flags):
            sizes.extend(len(p) for p in payloads)
            return check(payloads, data, flags)
        box.client.check_flags = seen
        batch = box.client.batch()
        batch.add(name, target.handle, **fields)
        responses = batch.run(chain=True, max_out=max_out)
        box.client.check_flags = check
        self.assertLessEqual(max(sizes), 0x8000)
        self.assertLessEqual(sum(sizes) + 8 * len(sizes), max_out)
        for response in responses:
            self.assertEqual(response.code, d.ec.Success)
        return responses, sizes

    def big_value(self, box, size):
        msg = box.inbox.create_message()
        stream = msg.stream(BIG, 2)
        stream.write_all(bytes_of(size))
        stream.release()
        msg.save()
        return msg

    def test_read_stream(self):
        user, box = self.own()
        data = bytes_of(150000)
        stream = self.big_value(box, len(data)).stream(BIG)
        responses, sizes = self.chained(box, "ReadStream", stream, 0x18008, ByteCount=0x40000)
        self.assertEqual(len(sizes), 3)
        self.assertGreater(min(sizes), 0x7fe0)
        read = b"".join(r.fields["Data"] for r in responses)
        self.assertEqual(read, data[:len(read)])
        # no more than was asked for, and not beyond the end
        responses, sizes = self.chained(box, "ReadStream", stream, 0x40000, ByteCount=0x9000)
        read += b"".join(r.fields["Data"] for r in responses)
        self.assertEqual((len(sizes), len(responses[1].fields["Data"])), (2, 0x9000 - len(responses[0].fields["Data"])))
        responses, sizes = self.chained(box, "ReadStream", stream, 0x40000, ByteCount=0x40000)
        read += b"".join(r.fields["Data"] for r in responses)
        self.assertEqual(read, data)
        responses, sizes = self.chained(box, "ReadStream", stream, 0x40000, ByteCount=0x40000)
        self.assertEqual([r.fields["Data"] for r in responses], [b""])

    def test_only_when_wanted_and_last(self):
        user, box = self.own()
        stream = self.big_value(box, 100000).stream(BIG)
        batch = box.client.batch()
        batch.add("ReadStream", stream.handle, ByteCount=0x20000)
        self.assertEqual(len(batch.run(max_out=0x40000)), 1)
        batch = box.client.batch()
        batch.add("ReadStream", stream.handle, ByteCount=0x2000)
        batch.add("GetStreamSize", stream.handle)
        self.assertEqual(len(batch.run(chain=True, max_out=0x40000)), 2)

    def test_query_rows(self):
        user, box = self.own()
        imap = self.imap(user)
        for n in range(100):
            imap.append("INBOX", None, None, message("%03d" % n + "s" * 250, "b\r\n", "", to=user))
        table = box.inbox.contents((PidTagSubject, PidTagNormalizedSubject))
        table.sort([PidTagSubject])
        responses, sizes = self.chained(box, "QueryRows", table, 0x40000, QueryRowsFlags=PACKED, ForwardRead=True,
                                        RowCount=90)
        rows = [row for r in responses for row in r.fields["RowData"]]
        self.assertEqual([row[PidTagSubject][:3] for row in rows], ["%03d" % n for n in range(90)])
        self.assertGreater(len(sizes), 1)
        self.assertEqual(table.position()[0], 90)
        table.seek(0, 0)
        for flags in (0, NO_ADVANCE | PACKED):
            _, sizes = self.chained(box, "QueryRows", table, 0x40000, QueryRowsFlags=flags, ForwardRead=True,
                                    RowCount=90)
            self.assertEqual(len(sizes), 1)

    def test_long_values(self):
        """Values that no answer has room for are told by an error, the longest first."""
        user, box = self.own()
        msg = box.inbox.create_message()
        tags = [d.tag(0x6700 + n, 0x0102) for n in range(5)]
        for n, tag in enumerate(tags):
            msg.set({tag: bytes_of(9000 + n)})
        msg.save()
        for props in (msg.props(tags, errors=True), msg.props(errors=True)):
            self.assertEqual([isinstance(props[t], d.Error) for t in tags], [False] * 3 + [True] * 2)
            self.assertEqual(props[tags[4]], d.ec.NotEnoughMemory)
            self.assertEqual(props[tags[2]], bytes_of(9002))
