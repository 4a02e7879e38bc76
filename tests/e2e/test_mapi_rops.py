# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""ROP buffers: their sizes, what goes on in further ones, ROPs that few clients use."""

import os
import unittest
import uuid

from dovetail_test import mapidata as d
from dovetail_test.case import message
from dovetail_test.dovecot import DOMAIN, VERSION, VMAIL_UID, Dovecot
from dovetail_test.mapidata import ec
from dovetail_test.mapiprops import *
from mapicase import Case

BIG = d.tag(0x6701, 0x0102)
# QueryRowsFlags
NO_ADVANCE, PACKED = 1, 2


def open_public(dovecot):
    """Everybody may do everything in the public namespace."""
    root = dovecot.path("public") if dovecot.opt.format == "maildir" else dovecot.path("public", "mailboxes")
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, "dovecot-acl"), "w") as out:
        out.write("authenticated lrwstipekxa\n")
    if dovecot.root:
        os.chown(root, VMAIL_UID, VMAIL_UID)
        os.chmod(root, 0o2770)
        os.chmod(os.path.join(root, "dovecot-acl"), 0o644)


def bytes_of(size):
    return bytes(i * 7 % 251 for i in range(size))


class Buffers(Case):
    """MS-OXCRPC 3.1.4.2.1: payloads of at most 32 KB, more of them where the client wants it.
    And ROPs of streams and attachments that few clients use."""

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
            self.assertEqual(response.code, ec.Success)
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
            props = {d.tag(t >> 16, 0x0102): v for t, v in props.items() if t >> 16 >= 0x6700}
            self.assertEqual([props[t] for t in tags], [bytes_of(9000 + n) for n in range(3)] + [ec.Memory] * 2)

    def test_clone(self):
        """MS-OXCPRPT 3.2.5.24: the same bytes, a position of its own."""
        user, box = self.own()
        msg = box.inbox.create_message()
        stream = msg.stream(BIG, 2)
        stream.write(b"0123456789")
        stream.seek(4)
        clone = stream.clone()
        self.assertEqual(clone.read(2), b"45")
        self.assertEqual(stream.read(2), b"45")
        clone.write(b"ab")
        self.assertEqual(stream.read(9), b"ab89")
        stream.release()
        self.assertEqual(clone.read_all(), b"012345ab89")
        clone.write(b"!")
        clone.commit()
        self.assertEqual(msg.get(BIG), b"012345ab89!")

    def test_locks(self):
        """3.2.5.21, 3.2.5.22; streams that share no bytes know no locks of each other."""
        user, box = self.own()
        stream = box.inbox.create_message().stream(BIG, 2)
        stream.write(bytes(100))
        clone = stream.clone()
        self.assertEqual(stream.lock(10, 10), ec.Success)
        self.fails(ec.NoAccess, clone.lock, 19, 5)
        self.assertEqual(clone.lock(20, 5, flags=2), ec.Success)
        clone.seek(0)
        self.assertEqual(clone.read(15), bytes(15))     # flag 1: others may read
        self.fails(ec.LockViolation, clone.write, b"x")
        self.fails(ec.LockViolation, clone.set_size, 15)
        stream.seek(10)
        self.assertEqual(stream.write(b"0123456789"), 10)
        self.fails(ec.LockViolation, stream.read, 1)
        self.assertEqual(stream.unlock(20, 5), ec.Success)      # not its own: it stays
        self.fails(ec.LockViolation, stream.read, 1)
        clone.release()
        self.assertEqual(stream.read(1), b"\0")
        self.assertEqual(stream.unlock(0, 2 ** 64 - 1), ec.Success)

    def test_write_and_commit(self):
        user, box = self.own()
        msg = box.inbox.create_message()
        self.assertEqual(msg.stream(BIG, 2).write(b"at once", commit=True), 7)
        self.assertEqual(msg.get(BIG), b"at once")
        self.fails(ec.NotSupported, box.inbox.stream(BIG, 2).write, b"x", commit=True)

    def test_valid_attachments(self):
        user, box = self.own()
        msg = box.inbox.create_message()
        for n in range(3):
            msg.attach("%d" % n, b"x")
        msg.save()
        msg.delete_attachment(1)
        ids = msg.rop("GetValidAttachments").fields["AttachmentIds"]
        self.assertEqual(ids, [a[PidTagAttachNumber] for a in msg.attachments().rows()])
        self.assertEqual(len(ids), 2)

    def test_not_implemented(self):
        """MS-OXCSTOR 3.2.5.5"""
        self.fails(ec.NotImplemented, self.own()[1].store_state)


class Categories(Case):
    """One mapping for all protocols: any text is an IMAP keyword, and IMAP's are what holds."""

    def keywords(self, imap):
        imap.noop()
        return {k for k in imap.uid("FETCH", "1:*", "(FLAGS)")[1][0].decode().split("(")[-1].strip(")").split()
                if k[0] not in "$\\"}

    def test_mail(self):
        user, box = self.own()
        self.deliver(user, "first", "body\r\n")
        phone = self.phone(user)
        phone.sync()
        imap = self.imap(user)
        imap.select("INBOX")
        (uid,) = imap.uid("SEARCH", "ALL")[1]
        (row,) = box.inbox.contents((PidTagMid,)).rows()
        tag, = box.tags([PidNameKeywords])

        def shown():
            again = self.mailbox(user)
            msg = again.inbox.open_message(row[PidTagMid], 0)
            (found,) = again.inbox.contents((PidTagMid, tag)).rows()
            value = msg.get(tag, [])
            self.assertEqual(found.get(tag, []) if not isinstance(found.get(tag), d.Error) else [], value)
            again.client.close()
            return value
        self.assertEqual(shown(), [])
        msg = box.inbox.open_message(row[PidTagMid])
        msg.set({tag: ["Red Category", "Gr\u00fcn & Co", "Plain"]})
        msg.save()
        self.assertEqual(self.keywords(imap), {"Red_20Category", "Gr_c3_bcn_20_26_20Co", "Plain"})
        # the text of the mail was not written anew for it
        self.assertEqual(imap.uid("SEARCH", "ALL")[1], [uid])
        self.assertEqual(shown(), ["Red Category", "Gr\u00fcn & Co", "Plain"])
        phone.sync()
        (seen,) = phone.items[phone.inbox].values()
        self.assertEqual({n.text for n in seen.data.findall("Email:Categories/Category")},
                         {"Red Category", "Gr\u00fcn & Co", "Plain"})
        imap.uid("STORE", uid.decode(), "-FLAGS", "(Red_20Category)")
        imap.uid("STORE", uid.decode(), "+FLAGS", "(My_20Own $Label1)")
        self.assertEqual(shown(), ["Gr\u00fcn & Co", "Plain", "My Own"])
        msg = box.inbox.open_message(row[PidTagMid])
        msg.set({tag: ["My Own"]})
        msg.save()
        self.assertEqual(self.keywords(imap), {"My_20Own"})
        msg = box.inbox.open_message(row[PidTagMid])
        msg.delete_props([tag])
        msg.save()
        self.assertEqual((self.keywords(imap), shown()), (set(), []))


class PerUser(Case):
    """MS-OXCSTOR 3.2.5.10 to 3.2.5.13: what a user has read in public folders."""

    REPLICA = uuid.UUID(int=0x77)

    def read(self, box, lid, step):
        data, finished = b"", False
        while not finished:
            f = box.rop("ReadPerUserInformation", FolderId=lid, DataOffset=len(data), MaxDataSize=step).fields
            data, finished = data + f["Data"], f["HasFinished"]
        return data

    def write(self, box, lid, pieces, guid=b""):
        at = 0
        for number, piece in enumerate(pieces):
            box.rop("WritePerUserInformation", FolderId=lid, HasFinished=number == len(pieces) - 1, DataOffset=at,
                    Data=piece, ReplGuid=guid if at == 0 else b"")
            at += len(piece)

    def ids(self, box, guid):
        return box.rop("GetPerUserLongTermIds", DatabaseGuid=guid).fields["LongTermIds"]

    def test_mailbox(self):
        user, box = self.own()
        first, second = (d.LongId(uuid.UUID(int=n), 0x1234 + n) for n in (5, 6))
        self.assertEqual(self.read(box, first, 0), b"")
        self.assertEqual(self.ids(box, self.REPLICA), [])
        data = bytes_of(9000)
        self.write(box, first, [data[:4000], data[4000:8000], data[8000:]], self.REPLICA.bytes_le)
        self.write(box, second, [b"x"], uuid.UUID(int=1).bytes_le)
        box = self.mailbox(user)
        for step in (0, 100, 5000):
            self.assertEqual(self.read(box, first, step), data)
        self.assertEqual(self.ids(box, self.REPLICA), [first])
        self.assertEqual(box.rop("GetPerUserGuid", LongTermId=first).fields["DatabaseGuid"], self.REPLICA)
        self.fails(ec.NotFound, box.rop, "GetPerUserGuid", LongTermId=d.LongId(uuid.UUID(int=9), 1))
        # a piece that does not go on where the last one ended
        self.fails(ec.InvalidParam, box.rop, "WritePerUserInformation", FolderId=second, HasFinished=True, DataOffset=7,
                   Data=b"y", ReplGuid=b"")
        self.write(box, first, [b"new"], self.REPLICA.bytes_le)
        self.assertEqual(self.read(box, first, 0), b"new")

    def test_public(self):
        open_public(self.dovecot)
        user, other = self.new_user(), self.new_user()
        imap = self.imap(user)
        imap.create("Public/News")
        for subject in ("one", "two", "three"):
            imap.append("Public/News", None, None, message(subject))
        imap.select("Public/News")
        imap.store("1", "+FLAGS", "(\\Seen)")
        client = self.mailbox(user).client
        box = client.public_logon()
        folder = box.open_folder(box.open_folder(box.folders["ipm"]).children()["News"])
        lid = box.long_id(folder.id)
        tag = d.tag(0x67a4, d.I8)
        rows = folder.contents((PidTagSubject, tag, PidTagMessageFlags)).rows()
        self.assertEqual([row[PidTagMessageFlags] & 1 for row in rows], [1, 0, 0])
        data = self.read(box, lid, 10)
        (guid, ranges), = d.parse_idset(data).items()
        numbers = [d.id_counter(row[tag]) for row in rows]
        self.assertTrue(any(low <= numbers[0] <= high for low, high in ranges))
        self.assertFalse(any(low <= number <= high for low, high in ranges for number in numbers[1:]))
        # the other way round
        new = d.idset({guid: [(n, n) for n in numbers[1:]]})
        self.write(box, lid, [new[:9], new[9:]])
        rows = folder.contents((PidTagMessageFlags,)).rows()
        self.assertEqual([row[PidTagMessageFlags] & 1 for row in rows], [0, 1, 1])
        # nobody else's
        box = self.mailbox(other).client.public_logon()
        lid = box.long_id(box.open_folder(box.folders["ipm"]).children()["News"])
        self.assertEqual(d.parse_idset(self.read(box, lid, 0)), {})
        self.fails(ec.NotSupported, self.ids, box, self.REPLICA)


class LazyDovecot(Dovecot):
    def _plugins(self):
        return super()._plugins() + " lazy_expunge"


@unittest.skipIf(VERSION >= (2, 4), "the setting has another form")
class SoftDeleted(Case):
    """What the site keeps of deleted mail (lazy_expunge) as Outlook's "Recover Deleted Items" asks for it."""

    storage = False
    SOFT_DELETES, OPEN_SOFT_DELETED = 0x20, 4

    @classmethod
    def setUpClass(cls):
        users = ["u%02d@%s" % (n, DOMAIN) for n in range(1, 5)]
        cls.dovecot = LazyDovecot(users=users, plugin={"lazy_expunge": "EXPUNGED/"}, extra="""
namespace expunged {
  prefix = EXPUNGED/
  separator = /
  hidden = yes
  list = no
  subscriptions = no
  location = maildir:~/expunged
}
""").start()
        cls._users = iter(users)

    def deleted(self, folder, *columns):
        return folder.contents((PidTagMid, PidTagSubject) + columns, flags=self.SOFT_DELETES).rows()

    def test_recover(self):
        user, box = self.own()
        for subject in ("one", "two", "three"):
            self.deliver(user, subject, "body of %s\r\n" % subject)
        mids = {row[PidTagSubject]: row[PidTagMid] for row in box.inbox.contents((PidTagMid, PidTagSubject)).rows()}
        self.assertEqual(self.deleted(box.inbox), [])
        box.inbox.delete_messages([mids["two"]])
        box.inbox.delete_messages([mids["three"]], hard=True)
        (row,) = self.deleted(box.inbox, PidTagEntryId, PidTagChangeKey, PidTagMessageSize)
        self.assertEqual(row[PidTagSubject], "two")
        mid = row[PidTagMid]
        self.assertNotIn(mid, mids.values())
        # opened where the client says that it may be a deleted one
        self.fails(ec.NotFound, box.inbox.open_message, mid, 0)
        msg = box.inbox.open_message(mid, self.OPEN_SOFT_DELETED)
        self.assertEqual(msg.get(PidTagBody), "body of two\r\n")
        self.assertEqual(msg.get(PidTagMid), mid)
        msg.release()
        # a copy, then back
        target = box.ipm.create_folder("Back")
        box.inbox.move_messages([mid], target, copy=True)
        self.assertEqual([r[PidTagSubject] for r in target.contents((PidTagSubject,)).rows()], ["two"])
        self.assertEqual(len(self.deleted(box.inbox)), 1)
        box.inbox.move_messages([mid], box.inbox)
        self.assertEqual(self.deleted(box.inbox), [])
        subjects = [r[PidTagSubject] for r in box.inbox.contents((PidTagSubject,)).rows()]
        self.assertEqual(sorted(subjects), ["one", "two"])

    def test_purge(self):
        user, box = self.own()
        for subject in ("one", "two"):
            self.deliver(user, subject)
        box.inbox.delete_messages([row[PidTagMid] for row in box.inbox.contents().rows()])
        rows = self.deleted(box.inbox)
        self.assertEqual(sorted(row[PidTagSubject] for row in rows), ["one", "two"])
        code, partial = box.inbox.delete_messages([rows[0][PidTagMid]], hard=True)
        self.assertEqual((code, partial), (ec.Success, False))
        self.assertEqual(self.deleted(box.inbox), rows[1:])
        self.assertEqual(box.inbox.delete_messages([rows[0][PidTagMid]])[1], True)
