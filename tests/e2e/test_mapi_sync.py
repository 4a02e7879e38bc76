# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Cached mode: FastTransfer and ICS (MS-OXCFXICS), through a replica of our own."""

import base64
import uuid

from dovetail_test import mapidata as d
from dovetail_test.case import TestCase, message
from dovetail_test.mapi import MapiClient, MapiError
from dovetail_test.mapidata import ec
from dovetail_test.mapifx import *
from dovetail_test.mapiprops import *
from itemcase import ItemStore, event

MY_SET = uuid.UUID("6b1f3a52-2f0f-4f0e-9d3c-0f3a7a0c1d2e")
# What a client does not set, as it is computed
UNSETTABLE = (PidTagHasAttachments, PidTagDisplayTo, PidTagDisplayCc, PidTagDisplayBcc,
              PidTagTransportMessageHeaders, PidTagSearchKey)


class Case(TestCase):
    core = False

    def mailbox(self, user, dn=None, **kwargs):
        client = MapiClient.for_dovecot(self.dovecot, user)
        self.addCleanup(client.close)
        box = client.logon(dn, **kwargs)
        box.client = client
        return box

    def own(self):
        user = self.new_user()
        return user, self.mailbox(user)

    def fails(self, code, call, *args, **kwargs):
        with self.assertRaises(MapiError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)


class Download(Case):
    """Contents, from the server to a replica."""

    core = True

    def test_first_and_nothing_new(self):
        user, box = self.own()
        for n in range(5):
            self.deliver(user, "mail %d" % n, "text %d\r\n" % n)
        cache = Cache(box)
        sync = cache.sync(box.inbox)
        self.assertEqual([m.props[PidTagSubject] for m in sync.changes], ["mail %d" % n for n in range(5)])
        self.assertEqual(sync.changes[3].props[PidTagBody], "text 3\r\n")
        self.assertEqual(len(sync.changes[0].recipients), 1)
        self.assertEqual(sync.changes[0].recipients[0][PidTagSmtpAddress], user)
        rows = box.inbox.contents((PidTagMid, PidTagSourceKey, PidTagChangeKey, PidTagPredecessorChangeList,
                                   PidTagChangeNumber)).rows()
        self.assertEqual([(m.header[PidTagMid], m.header[PidTagSourceKey], m.header[PidTagChangeKey],
                           m.header[PidTagPredecessorChangeList], m.header[PidTagChangeNumber])
                          for m in sync.changes], [tuple(row.values()) for row in rows])
        again = cache.sync(box.inbox)
        self.assertEqual((again.changes, again.deleted, again.read, again.unread), ([], {}, {}, {}))
        self.assertEqual(again.final, sync.final)

    def test_what_others_do(self):
        """Read, marked, deleted, moved, delivered by IMAP, while the client was away: its state
        is enough, whichever process answers."""
        user, box = self.own()
        for n in range(6):
            self.deliver(user, "mail %d" % n)
        cache = Cache(box)
        cache.sync(box.inbox)
        self.assertFalse(cache.find(box.inbox, "mail 1").props[PidTagMessageFlags] & 1)
        with self.dovecot.imap(user) as client:
            client.create("Elsewhere")
            client.select("INBOX")
            client.uid("STORE", "2", "+FLAGS", "(\\Seen)")
            client.uid("STORE", "3", "+FLAGS", "(\\Flagged)")
            client.uid("STORE", "4", "+FLAGS", "(\\Deleted)")
            client.expunge()
            client.uid("MOVE", "5", "Elsewhere")
        self.deliver(user, "mail 6")
        cache.box = box = self.mailbox(user)
        sync = cache.sync(box.inbox)
        self.assertEqual([m.props[PidTagSubject] for m in sync.changes], ["mail 2", "mail 6"])
        self.assertEqual((len(cache.lids(sync.deleted)), len(cache.lids(sync.read)), sync.unread), (2, 1, {}))
        self.assertEqual(cache.find(box.inbox, "mail 2").props[PidTagFlagStatus], 2)
        self.assertTrue(cache.find(box.inbox, "mail 1").props[PidTagMessageFlags] & 1)
        self.assertEqual(cache.subjects(box.inbox), ["mail 0", "mail 1", "mail 2", "mail 5", "mail 6"])
        with self.dovecot.imap(user) as client:
            client.select("INBOX")
            client.uid("STORE", "2", "-FLAGS", "(\\Seen)")
        sync = cache.sync(box.inbox)
        self.assertEqual((sync.changes, sync.deleted, sync.read, len(cache.lids(sync.unread))), ([], {}, {}, 1))
        self.assertFalse(cache.find(box.inbox, "mail 1").props[PidTagMessageFlags] & 1)

    def test_restart(self):
        user, box = self.own()
        self.deliver(user, "one")
        cache = Cache(box)
        first = cache.sync(box.inbox)
        self.dovecot.restart()
        cache.box = box = self.mailbox(user)
        self.assertEqual(cache.sync(box.inbox).final, first.final)
        self.deliver(user, "two")
        self.assertEqual([m.props[PidTagSubject] for m in cache.sync(box.inbox).changes], ["two"])

    def test_two_clients(self):
        """Each has a state of its own; what one does comes to the other once."""
        user, box = self.own()
        other = self.mailbox(user)
        one, two = Cache(box), Cache(other)
        self.deliver(user, "mail")
        one.sync(box.inbox)
        two.sync(other.inbox)
        mid = one.find(box.inbox, "mail").header[PidTagMid]
        mail = box.inbox.open_message(mid)
        mail.set({PidTagSubject: "changed"})
        mail.save()
        self.assertEqual([m.header[PidTagMid] for m in two.sync(other.inbox).changes], [mid])
        self.assertEqual(two.subjects(other.inbox), ["changed"])
        self.assertEqual(two.sync(other.inbox).changes, [])
        other.inbox.delete_messages([mid])
        one.sync(box.inbox)
        self.assertEqual(one.subjects(box.inbox), [])

    def test_items_and_associated(self):
        """Appointments, and messages that only Outlook knows"""
        user, box = self.own()
        store = ItemStore(self.dovecot, user)
        self.addCleanup(store.close)
        folder = store.make("Team")
        store.put(folder, "one", event("one", "first"))
        store.put(folder, "two", event("two", "second"))
        calendar = box.ipm.child("Team")
        view = calendar.create_message(associated=True)
        view.set({PidTagMessageClass: "IPM.Microsoft.FolderDesign.NamedView", PidTagSubject: "view",
                  Name(MY_SET, "mine", d.BINARY): b"\0\1\2"})
        view.save()
        cache = Cache(box)
        sync = cache.sync(calendar)
        self.assertEqual([m.fai for m in sync.changes], [True, False, False])
        self.assertEqual(sync.changes[0].props[Name(MY_SET, "mine", d.BINARY)], b"\0\1\2")
        self.assertEqual(sync.changes[1].props[PidTagMessageClass], "IPM.Appointment")
        self.assertEqual(sync.changes[1].props[PidLidAppointmentStartWhole], d.filetime(1798797600))
        self.assertEqual(cache.subjects(calendar), ["first", "second"])
        self.assertEqual(cache.sync(calendar).changes, [])
        store.put(folder, "one", event("one", "moved", "20270102T100000Z", "20270102T110000Z"))
        self.assertEqual([m.props[PidTagSubject] for m in cache.sync(calendar).changes], ["moved"])
        view.set({Name(MY_SET, "mine", d.BINARY): b"other"})
        view.save()
        sync = cache.sync(calendar, flags=UNICODE | NORMAL)
        self.assertEqual(sync.changes, [])
        sync = cache.sync(calendar, flags=UNICODE | FAI)
        self.assertEqual([m.props[Name(MY_SET, "mine", d.BINARY)] for m in sync.changes], [b"other"])
        calendar.delete_messages([m.header[PidTagMid] for m in cache.of(calendar).values()])
        self.assertEqual(len(cache.lids(cache.sync(calendar).deleted)), 3)
        self.assertEqual(cache.of(calendar), {})

    def test_attachments(self):
        """Also one of many buffers, and a message in a message; buffers of any size"""
        user, box = self.own()
        big = bytes(range(256)) * 8192
        inner = message("inner", "inner text\r\n")
        parts = [("a.bin", big), ("b.txt", b"small")]
        body = "".join(
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            "Content-Disposition: attachment; filename=%s\r\n\r\n%s\r\n" % (
                name, base64.encodebytes(data).decode().replace("\n", "\r\n")) for name, data in parts)
        self.deliver(user, "parts", "--b\r\n\r\nthe text\r\n" + body + "--b\r\nContent-Type: message/rfc822\r\n\r\n"
                     + inner.decode() + "\r\n--b--\r\n", "Content-Type: multipart/mixed; boundary=b\r\n")
        self.deliver(user, "after")
        results = []
        for size in (SENTINEL, (0xBABE, 4096), 15480):
            cache = Cache(box)
            sync = cache.sync(box.inbox, size=size)
            self.assertEqual([m.props[PidTagSubject] for m in sync.changes], ["parts", "after"])
            found = sync.changes[0].attachments
            self.assertEqual([a.props.get(PidTagAttachLongFilename) for a in found[:2]], ["a.bin", "b.txt"])
            self.assertEqual([a.props[PidTagAttachDataBinary] for a in found[:2]], [big, b"small"])
            self.assertEqual((found[2].props[PidTagAttachMethod], found[2].message.props[PidTagSubject],
                              found[2].message.props[PidTagBody].strip()), (5, "inner", "inner text"))
            results.append(sync.final)
        self.assertEqual(results[1:], results[:1] * 2)
        source = configure(box.inbox)
        self.fails(ec.BufferTooSmall, source.rop, "FastTransferSourceGetBuffer", BufferSize=0xFFF0)
        # a message that is gone in the middle of it is told to its end
        status, _, _, data = next(source.buffers())
        box.inbox.delete_messages([m.header[PidTagMid] for m in cache.of(box.inbox).values()])
        pieces = [data] + [b[3] for b in source.buffers()]
        sync = Stream(b"".join(pieces), [len(p) for p in pieces]).contents_sync()
        self.assertEqual([m.attachments[0].props[PidTagAttachDataBinary] == big for m in sync.changes], [True])

    def test_bodies(self):
        user, box = self.own()
        self.deliver(user, "html", "<p>Hello <b>w\u00f6rld</b></p>\r\n", "Content-Type: text/html; charset=utf-8\r\n")
        self.deliver(user, "plain", "plain\r\n")

        def bodies(**kwargs):
            return [sorted(t for t in m.props if t in (PidTagBody, PidTagHtml, PidTagRtfCompressed))
                    for m in Cache(box).sync(box.inbox, **kwargs).changes]
        self.assertEqual(bodies(), [[PidTagHtml], [PidTagBody]])
        self.assertEqual(bodies(tags=[PidTagBody]), [[PidTagHtml], [PidTagBody]])
        self.assertEqual(bodies(tags=[PidTagHtml], flags=UNICODE | NORMAL), [[PidTagRtfCompressed], [PidTagBody]])
        self.assertEqual(bodies(tags=[PidTagHtml, PidTagBody, PidTagRtfCompressed]), [[], []])
        html = Cache(box).sync(box.inbox).changes[0].props
        self.assertIn("w\u00f6rld".encode(), html[PidTagHtml])
        self.assertEqual(html[PidTagInternetCodepage], 65001)
        # without Unicode: in the code page of Connect
        sync = Cache(box).sync(box.inbox, flags=NORMAL, options=0)
        self.assertEqual(sync.changes[1].props[PidTagSubject & ~0xFFFF | d.STRING8], b"plain")

    def test_which_properties(self):
        user, box = self.own()
        self.deliver(user, "mail")
        note = box.inbox.create_message(associated=True)
        note.set({PidTagMessageClass: "IPM.Configuration.x", PidTagSubject: "fai", PidTagComment: "c"})
        note.save()

        def changes(flags=0, **kwargs):
            return Cache(box).sync(box.inbox, flags=CONTENTS_FLAGS | flags, **kwargs).changes
        fai, mail = changes(ONLY_SPECIFIED, tags=[PidTagSubject])
        self.assertEqual((list(fai.props), list(mail.props)), ([PidTagSubject], [PidTagSubject]))
        self.assertEqual((mail.recipients, mail.del_props), ([], []))
        fai, mail = changes(ONLY_SPECIFIED | IGNORE_SPECIFIED_ON_FAI, tags=[PidTagSubject, PidTagMessageRecipients])
        self.assertIn(PidTagComment, fai.props)
        self.assertEqual((list(mail.props), len(mail.recipients), mail.del_props),
                         ([PidTagSubject], 1, [PidTagMessageRecipients]))
        fai, mail = changes(tags=[PidTagSubject, PidTagMessageAttachments])
        self.assertNotIn(PidTagSubject, mail.props)
        self.assertEqual(mail.del_props, [PidTagMessageRecipients])
        for extra, tags in ((0, ()), (MESSAGE_SIZE, (PidTagMessageSize,)), (EID | 0x10, (PidTagMid,)),
                            (CN | EID, (PidTagMid, PidTagChangeNumber))):
            _, mail = changes(extra=extra)
            self.assertEqual(tuple(mail.header.order[5:]), tags)
        self.assertEqual(changes(extra=MESSAGE_SIZE)[1].header[PidTagMessageSize],
                         box.inbox.contents((PidTagMessageSize,)).rows()[0][PidTagMessageSize])

    def test_progress(self):
        user, box = self.own()
        for n in range(3):
            self.deliver(user, "mail %d" % n, "x" * 1000)
        source = configure(box.inbox, flags=CONTENTS_FLAGS | PROGRESS)
        steps = [(done, total) for _, done, total, _ in source.buffers((0xBABE, 1500))]
        self.assertEqual(steps[-1], (3, 3))
        self.assertEqual(sorted(steps), steps)
        sync = Cache(box).sync(box.inbox, flags=CONTENTS_FLAGS | PROGRESS)
        self.assertEqual((sync.total[0], sync.total[2]), (0, 3))
        self.assertGreater(sync.total[3], 3000)
        self.assertEqual([p.progress[0x0000000B] for p in sync.changes], [False] * 3)
        self.assertTrue(all(p.progress[3] > 1000 for p in sync.changes))

    def test_newest_first(self):
        user, box = self.own()
        with self.dovecot.imap(user) as client:
            for n, day in enumerate((12, 3, 25, 7)):
                client.append("INBOX", None, '"%02d-Oct-2026 10:00:00 +0000"' % day, message("day %d" % day))
        sync = Cache(box).sync(box.inbox, extra=ORDER_BY_TIME)
        self.assertEqual([m.props[PidTagSubject] for m in sync.changes], ["day 25", "day 12", "day 7", "day 3"])

    def test_scope(self):
        """What the restriction does not let in any more leaves the replica"""
        user, box = self.own()
        for n in range(4):
            self.deliver(user, "mail %d" % n)
        cache = Cache(box)
        red = d.Content(PidTagSubject, "mail", d.PREFIX)
        first = cache.sync(box.inbox, restriction=d.Not(d.Content(PidTagSubject, "mail 3", d.PREFIX)))
        self.assertEqual(len(first.changes), 3)
        sync = cache.sync(box.inbox, restriction=d.And(red, d.Not(d.Content(PidTagSubject, "mail 2", d.PREFIX))))
        self.assertEqual([m.props[PidTagSubject] for m in sync.changes], ["mail 3"])
        self.assertEqual((len(cache.lids(sync.out_of_scope)), sync.deleted), (1, {}))
        self.assertEqual(cache.subjects(box.inbox), ["mail 0", "mail 1", "mail 3"])
        only = d.Content(PidTagSubject, "mail 0", d.PREFIX)
        sync = cache.sync(box.inbox, flags=CONTENTS_FLAGS | IGNORE_OUT_OF_SCOPE, restriction=only)
        self.assertEqual(sync.out_of_scope, {})
        box.inbox.delete_messages([cache.find(box.inbox, "mail 0").header[PidTagMid]])
        sync = cache.sync(box.inbox, flags=CONTENTS_FLAGS | NO_DELETIONS, restriction=only)
        self.assertEqual((sync.deleted, sync.out_of_scope), ({}, {}))
        sync = cache.sync(box.inbox, restriction=only)
        self.assertEqual((len(cache.lids(sync.deleted)), len(cache.lids(sync.out_of_scope))), (1, 2))

    def test_refused(self):
        _, box = self.own()
        for kwargs in ({"kind": 4}, {"kind": 0}, {"flags": UNICODE | 0x1000}, {"flags": UNICODE | 0x0800},
                       {"options": 0x81}, {"kind": HIERARCHY, "restriction": d.Exist(PidTagSubject)}):
            self.fails(ec.InvalidParam, configure, box.inbox, **kwargs)
        source = configure(box.inbox)
        self.fails(ec.InvalidParam, source.rop, "SynchronizationUploadStateStreamBegin", StateProperty=PidTagSubject,
                   TransferBufferSize=0)
        self.fails(ec.InvalidParam, source.rop, "SynchronizationUploadStateStreamEnd")
        source.rop("SynchronizationUploadStateStreamBegin", StateProperty=CNSET_SEEN, TransferBufferSize=3)
        source.rop("SynchronizationUploadStateStreamContinue", StreamData=b"bad")
        self.fails(ec.RpcFormat, source.rop, "SynchronizationUploadStateStreamEnd")
        self.fails(ec.RpcFormat, source.rop, "FastTransferSourceGetBuffer", BufferSize=SENTINEL)
        self.fails(ec.NotSupported, box.inbox.rop, "FastTransferSourceGetBuffer", BufferSize=SENTINEL)

    def test_transfer_state(self):
        """As it was brought, until everything was fetched"""
        user, box = self.own()
        self.deliver(user, "mail", "x" * 20000)
        source = configure(box.inbox)
        source.upload_state(EMPTY_STATE)
        self.assertEqual(source.transfer_state(), EMPTY_STATE)
        list(source.buffers((0xBABE, 4000), limit=2))
        self.assertEqual(source.transfer_state(), EMPTY_STATE)
        list(source.buffers())
        self.assertNotEqual(source.transfer_state(), EMPTY_STATE)


class Hierarchy(Case):
    def test_folders(self):
        user, box = self.own()
        made = box.ipm.create_folder("Projects")
        made.create_folder("Deep")
        cache = Cache(box)
        cache.sync_folders()
        names = {p[PidTagDisplayName] for p in cache.folders.values()}
        self.assertLessEqual({"Inbox", "Drafts", "Projects", "Deep", "Calendar", "Contacts", "Tasks"}, names)
        by_name = {p[PidTagDisplayName]: p for p in cache.folders.values()}
        self.assertEqual(by_name["Deep"][PidTagParentSourceKey], by_name["Projects"][PidTagSourceKey])
        self.assertEqual(by_name["Projects"][PidTagParentSourceKey], b"")
        self.assertEqual(by_name["Projects"][PidTagFolderId], made.id)
        self.assertEqual(by_name["Projects"][PidTagParentFolderId], box.ipm.id)
        self.assertEqual((by_name["Calendar"][PidTagContainerClass], by_name["Inbox"][PidTagAttributeHidden]),
                         ("IPF.Appointment", False))
        self.assertIn(PidTagIpmAppointmentEntryId, by_name["Inbox"])
        sync = cache.sync_folders()
        self.assertEqual((sync.changes, sync.deleted), ([], {}))
        with self.dovecot.imap(user) as client:
            client.rename("Projects", "Renamed")
            client.create("New")
        sync = cache.sync_folders()
        self.assertEqual(sorted(p[PidTagDisplayName] for p in sync.changes), ["New", "Renamed"])
        self.assertEqual(cache.folder_id("Renamed"), made.id)
        with self.dovecot.imap(user) as client:
            client.delete("Renamed/Deep")
        self.assertEqual(len(cache.lids(cache.sync_folders().deleted)), 1)
        box.open_folder(cache.folder_id("New")).set({PidTagComment: "said"})
        sync = cache.sync_folders()
        self.assertEqual([p[PidTagComment] for p in sync.changes], ["said"])

    def test_below_another_folder(self):
        _, box = self.own()
        one = box.ipm.create_folder("One")
        one.create_folder("Inner").create_folder("Innermost")
        cache = Cache(box)
        sync = cache.sync_folders(one, flags=UNICODE, extra=0)
        self.assertEqual([(p[PidTagDisplayName], bool(p[PidTagParentSourceKey])) for p in sync.changes],
                         [("Inner", False), ("Innermost", True)])
        self.assertNotIn(PidTagFolderId, sync.changes[0])
        self.assertNotIn(PidTagParentFolderId, sync.changes[0])
        self.assertEqual(Cache(box).sync_folders(one, tags=[PidTagContainerClass]).changes[0].get(
            PidTagContainerClass), None)


class Upload(Case):
    """What the client did while it was away"""

    core = True

    def cache(self, box):
        cache = Cache(box)
        cache.versions = Versions()
        return cache

    def upload_new(self, cache, folder, props, flags=0, key=None):
        """A message made in the replica; its SourceKey and version"""
        key = key or cache.new_keys()[0]
        version = cache.versions.next()
        made = cache.uploading(folder)
        mail = made.import_message(key, version, flags)
        mail.set(props)
        mail.save()
        cache.uploaded(folder, made, [key])
        return key, version

    def row(self, folder, key, columns, associated=False):
        rows = folder.contents((PidTagSourceKey,) + tuple(columns), associated=associated).rows()
        (found,) = [r for r in rows if r[PidTagSourceKey] == key]
        return found

    def test_new_message(self):
        """With the client's id and version, bit for bit; it is not told what it said itself"""
        user, box = self.own()
        cache = self.cache(box)
        cache.sync(box.inbox)
        when = d.filetime(1700000000)
        key = cache.new_keys()[0]
        version = cache.versions.next()
        made = cache.uploading(box.inbox)
        mail = made.import_message(key, version, modified=when)
        mail.set({PidTagMessageClass: "IPM.Note", PidTagSubject: "made away", PidTagBody: "text\r\n",
                  PidTagMessageFlags: 1, Name(MY_SET, "mine", d.BINARY): b"\1\2"})
        mail.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X")])
        mail.save()
        cache.uploaded(box.inbox, made, [key])
        row = self.row(box.inbox, key, (PidTagChangeKey, PidTagPredecessorChangeList, PidTagLastModificationTime,
                                        PidTagSubject))
        self.assertEqual(list(row.values())[1:], [version[0], version[1], when, "made away"])
        sync = cache.sync(box.inbox)
        self.assertEqual((sync.changes, sync.deleted, sync.read, sync.unread), ([], {}, {}, {}))
        other = self.cache(self.mailbox(user))
        sync = other.sync(other.box.inbox)
        self.assertEqual((sync.changes[0].header[PidTagSourceKey], sync.changes[0].header[PidTagChangeKey],
                          sync.changes[0].header[PidTagLastModificationTime]), (key, version[0], when))
        self.assertEqual(sync.changes[0].props[Name(MY_SET, "mine", d.BINARY)], b"\1\2")
        with self.dovecot.imap(user) as client:
            self.assertIn(b"Subject: made away", client.source(1))
        # the same again is known; what it was before is older
        made = cache.uploading(box.inbox)
        self.assertIsNone(made.import_message(key, version, expect=ec.SyncIgnore))
        self.assertEqual(made.code, ec.SyncIgnore)

    def test_foreign_ids_and_associated(self):
        """SourceKeys of another mailbox's replica stay as they are"""
        user, box = self.own()
        cache = self.cache(box)
        cache.sync(box.inbox)
        foreign = d.gid(d.LongId(uuid.uuid4(), 77))
        self.upload_new(cache, box.inbox, {PidTagMessageClass: "IPM.Configuration.x", PidTagSubject: "fai"},
                        IMPORT_ASSOCIATED, foreign)
        self.assertEqual(self.row(box.inbox, foreign, (PidTagSubject,), True)[PidTagSubject], "fai")
        self.assertEqual(cache.sync(box.inbox).changes, [])
        other = self.cache(self.mailbox(user))
        self.assertEqual([m.source_key for m in other.sync(other.box.inbox).changes], [foreign])
        made = cache.uploading(box.inbox)
        made.delete([foreign])
        other.sync(other.box.inbox)
        self.assertEqual(other.of(other.box.inbox), {})
        # it does not come back
        self.assertIsNone(made.import_message(foreign, cache.versions.next(), IMPORT_ASSOCIATED,
                                              expect=ec.SyncObjectDeleted))

    def test_change(self):
        """The whole message is uploaded; what is not uploaded is gone, what is the same stays"""
        user, box = self.own()
        body = ("--b\r\n\r\nthe text\r\n--b\r\nContent-Type: application/x-some\r\n"
                "Content-Disposition: attachment; filename=a.bin\r\n\r\n0123456789\r\n--b--\r\n")
        self.deliver(user, "mail", body, "X-Mine: stays\r\nContent-Type: multipart/mixed; boundary=b\r\n")
        cache = self.cache(box)
        cache.sync(box.inbox)
        with self.dovecot.imap(user) as client:
            before = client.source(1)
        old = cache.find(box.inbox, "mail")
        key, pcl = old.source_key, old.header[PidTagPredecessorChangeList]

        def upload(props):
            version = cache.versions.next(pcl)
            made = cache.uploading(box.inbox)
            mail = made.import_message(key, version)
            mail.set({**{t: v for t, v in old.props.items() if t not in UNSETTABLE}, **props})
            mail.set_recipients([d.Recipient(1, "SMTP", user, user)])
            attachment = old.attachments[0]
            mail.attach("a.bin", attachment.props[PidTagAttachDataBinary])
            mail.save()
            cache.uploaded(box.inbox, made)
            return version
        version = upload({PidTagFlagStatus: 2, PidTagMessageFlags: 1})
        with self.dovecot.imap(user) as client:
            ((uid, found),) = client.truth().items()
            self.assertEqual(found[0] & {"\\Flagged", "\\Seen"}, {"\\Flagged", "\\Seen"})
            for line in (b"X-Mine: stays", b"Received: ", f"To: <{user}>".encode(), b"0123456789"):
                self.assertIn(line, before)
                self.assertIn(line, client.source(uid))
        self.assertEqual(self.row(box.inbox, key, (PidTagChangeKey,))[PidTagChangeKey], version[0])
        self.assertEqual(cache.sync(box.inbox).changes, [])
        pcl = version[1]
        upload({PidTagSubject: "other", PidTagNormalizedSubject: "other", PidTagSubjectPrefix: ""})
        other = self.cache(self.mailbox(user))
        (change,) = other.sync(other.box.inbox).changes
        self.assertEqual((change.source_key, change.props[PidTagSubject], len(change.attachments)), (key, "other", 1))

    def test_conflicts(self):
        user, box = self.own()
        cache, other = self.cache(box), self.cache(self.mailbox(user))
        key, version = self.upload_new(cache, box.inbox, {PidTagMessageClass: "IPM.Note", PidTagSubject: "mail"})
        other.sync(other.box.inbox)
        mine, theirs = cache.versions.next(version[1]), other.versions.next(version[1])
        made = other.uploading(other.box.inbox)
        mail = made.import_message(key, theirs, modified=d.filetime(1800000000))
        mail.set({PidTagSubject: "theirs", PidTagMessageClass: "IPM.Note"})
        mail.save()
        made = cache.uploading(box.inbox)
        self.assertIsNone(made.import_message(key, mine, IMPORT_FAIL_ON_CONFLICT, expect=ec.SyncConflict))
        # an older change loses; both are in the list of the winner
        mail = made.import_message(key, mine, modified=d.filetime(1700000000))
        mail.set({PidTagSubject: "mine", PidTagMessageClass: "IPM.Note"})
        mail.save()
        cache.uploaded(box.inbox, made)
        (change,) = cache.sync(box.inbox).changes
        self.assertEqual(change.props[PidTagSubject], "theirs")
        lists = d.parse_pcl(change.header[PidTagPredecessorChangeList])
        self.assertLessEqual({cache.versions.guid, other.versions.guid}, set(lists))
        # a newer one wins
        mine = cache.versions.next(version[1])
        made = cache.uploading(box.inbox)
        mail = made.import_message(key, mine, modified=d.filetime(1900000000))
        mail.set({PidTagSubject: "mine at last", PidTagMessageClass: "IPM.Note"})
        mail.save()
        cache.uploaded(box.inbox, made)
        (change,) = cache.sync(box.inbox).changes
        self.assertEqual((change.props[PidTagSubject], change.header[PidTagChangeKey]), ("mine at last", mine[0]))
        lists = d.parse_pcl(change.header[PidTagPredecessorChangeList])
        self.assertLessEqual({cache.versions.guid, other.versions.guid}, set(lists))

    def test_reads_and_deletes(self):
        user, box = self.own()
        for n in range(4):
            self.deliver(user, "mail %d" % n)
        cache = self.cache(box)
        cache.sync(box.inbox)
        keys = [cache.find(box.inbox, "mail %d" % n).source_key for n in range(4)]
        made = cache.uploading(box.inbox)
        made.read_states([(keys[0], True), (keys[1], True)])
        made.read_states([(keys[1], False)])
        made.delete([keys[2]])
        made.delete([keys[2], d.gid(d.LongId(uuid.uuid4(), 5))])
        self.fails(ec.NotFound, made.read_states, [(keys[3], True), (keys[2], True)])
        self.fails(ec.InvalidParam, made.delete, [keys[3]], 4)
        self.fails(ec.NotSupported, made.delete, [keys[3]], DELETE_HIERARCHY)
        cache.uploaded(box.inbox, made)
        with self.dovecot.imap(user) as client:
            self.assertEqual(["\\Seen" in found[0] for _, found in sorted(client.truth().items())],
                             [True, False, False])
        sync = cache.sync(box.inbox)
        self.assertEqual((sync.changes, sync.read, sync.unread), ([], {}, {}))
        self.assertEqual(len(cache.lids(sync.deleted)), 1)

    def test_moves(self):
        user, box = self.own()
        target = box.ipm.create_folder("Target")
        self.deliver(user, "mail")
        cache = self.cache(box)
        cache.sync(box.inbox)
        cache.sync(target)
        old = cache.find(box.inbox, "mail")
        new_key, folder_key = cache.new_keys()[0], box.inbox.get(PidTagSourceKey)
        version = cache.versions.next(old.header[PidTagPredecessorChangeList])
        made = cache.uploading(target)
        args = (folder_key, old.source_key, old.header[PidTagPredecessorChangeList], new_key, version[0])
        self.assertEqual(made.move(*args), ec.Success)
        self.assertEqual(made.move(*args, expect=ec.SyncIgnore), ec.SyncIgnore)
        cache.uploaded(target, made, [new_key])
        row = self.row(target, new_key, (PidTagChangeKey, PidTagSubject))
        self.assertEqual((row[PidTagChangeKey], row[PidTagSubject]), (version[0], "mail"))
        self.assertEqual(cache.sync(target).changes, [])
        self.assertEqual(len(cache.lids(cache.sync(box.inbox).deleted)), 1)
        # moved, then changed
        made = cache.uploading(target)
        mail = made.import_message(new_key, cache.versions.next(version[1]))
        mail.set({PidTagSubject: "changed there", PidTagMessageClass: "IPM.Note"})
        mail.save()
        self.assertEqual(self.row(target, new_key, (PidTagSubject,))[PidTagSubject], "changed there")
        self.fails(ec.SyncObjectDeleted, made.move, folder_key, old.source_key, version[1], cache.new_keys()[0],
                   version[0])

    def test_folders(self):
        user, box = self.own()
        cache = self.cache(box)
        cache.sync_folders()
        one, two = cache.new_keys(2)
        made = cache.uploading(box.ipm, contents=False)
        version = cache.versions.next()
        self.fails(ec.SyncNoParent, made.import_folder, two, cache.versions.next(), "Lost", d.gid(
            d.LongId(box.repl_guid, 0xE00000999999)))
        made.import_folder(one, version, "Made away", props={PidTagContainerClass: "IPF.Note", PidTagComment: "c"})
        made.import_folder(two, cache.versions.next(), "Dates", one, {PidTagContainerClass: "IPF.Appointment"})
        cache.uploaded(box.ipm, made, [one, two], contents=False)
        sync = cache.sync_folders()
        self.assertEqual((sync.changes, sync.deleted), ([], {}))
        other = self.cache(self.mailbox(user))
        other.sync_folders()
        self.assertEqual((other.folders[one][PidTagDisplayName], other.folders[one][PidTagChangeKey],
                          other.folders[one][PidTagComment]), ("Made away", version[0], "c"))
        self.assertEqual((other.folders[two][PidTagContainerClass], other.folders[two][PidTagParentSourceKey]),
                         ("IPF.Appointment", one))
        # renamed and moved
        made = cache.uploading(box.ipm, contents=False)
        made.import_folder(one, cache.versions.next(version[1]), "Renamed", props={PidTagComment: "d"})
        cache.uploaded(box.ipm, made, contents=False)
        other.sync_folders()
        self.assertEqual((other.folders[one][PidTagDisplayName], other.folders[one][PidTagComment]), ("Renamed", "d"))
        made = cache.uploading(box.ipm, contents=False)
        self.fails(ec.NotSupported, made.delete, [two])
        made.delete([two], DELETE_HIERARCHY)
        made.delete([two], DELETE_HIERARCHY)
        other.sync_folders()
        self.assertNotIn(two, other.folders)

    def test_refused(self):
        _, box = self.own()
        cache = self.cache(box)
        made = collector(box.inbox)
        key, version = cache.new_keys()[0], cache.versions.next()
        self.fails(ec.InvalidParam, made.import_message, key, version, 0x20)
        self.fails(ec.InvalidParam, made.import_message, key, (b"short", version[1]))
        self.fails(ec.InvalidParam, made.import_message, key[:20], version)
        self.fails(ec.InvalidParam, made.import_message, key, version, values=[(PidTagSourceKey, key)])
        self.fails(ec.NotSupported, made.import_folder, key, version, "x")
        self.fails(ec.NotSupported, collector(box.inbox, False).import_message, key, version)
        # an id that the server gave to nothing that is here
        self.fails(ec.SyncObjectDeleted, made.import_message, d.gid(d.LongId(box.repl_guid, 0x5000000001)), version)
        # what was not saved never was
        made.import_message(key, version).set({PidTagSubject: "never"})
        self.assertEqual(box.inbox.contents().rows(), [])


class FastTransfer(Case):
    """Copies by streams: out of one object, into another"""

    BODY = ("--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>the text</p>\r\n"
            "--b\r\nContent-Type: application/x-some\r\nContent-Transfer-Encoding: base64\r\n"
            "Content-Disposition: attachment; filename=a.bin\r\n\r\n%s\r\n"
            "--b\r\nContent-Type: message/rfc822\r\n\r\n%s\r\n--b--\r\n")
    BIG = bytes(range(256)) * 400

    def delivered(self, user):
        self.deliver(user, "parts", self.BODY % (
            base64.encodebytes(self.BIG).decode().replace("\n", "\r\n"), message("inner", "inner text\r\n").decode()),
            "Content-Type: multipart/mixed; boundary=b\r\n")

    def compare(self, message):
        self.assertEqual((message.props[PidTagSubject], len(message.recipients)), ("parts", 1))
        self.assertIn(b"<p>the text</p>", message.props[PidTagHtml])
        first, second = message.attachments
        self.assertEqual((first.props[PidTagAttachLongFilename], first.props[PidTagAttachDataBinary]),
                         ("a.bin", self.BIG))
        self.assertEqual((second.message.props[PidTagSubject], second.message.props[PidTagBody].strip()),
                         ("inner", "inner text"))

    def test_message(self):
        user, box = self.own()
        self.delivered(user)
        row, = box.inbox.contents((PidTagMid,)).rows()
        mail = box.inbox.open_message(row[PidTagMid])
        stream = copy(mail, "CopyTo", CopyFlags=0x2000, Level=0, PropertyTags=())
        self.compare(stream.message_content())
        for size, extended in ((15000, False), (1000, True), (60000, False)):
            target = box.ipm.create_folder("Target %d" % size)
            made = target.create_message()
            self.assertEqual(put(made, COPY_TO, stream.data, size, extended), ec.Success)
            made.save()
            again = copy(made, "CopyTo", CopyFlags=0x2000, Level=0, PropertyTags=())
            self.compare(again.message_content())
        shallow = copy(mail, "CopyTo", CopyFlags=0, Level=1, PropertyTags=[PidTagSubject]).message_content()
        self.assertEqual((shallow.recipients, shallow.attachments, shallow.del_props), ([], [], []))
        self.assertNotIn(PidTagSubject, shallow.props)
        some = copy(mail, "CopyProperties", CopyFlags=0, Level=0,
                    PropertyTags=[PidTagSubject, PidTagMessageRecipients]).message_content()
        self.assertEqual((list(some.props), len(some.recipients), some.attachments), ([PidTagSubject], 1, []))
        coded = copy(mail, "CopyTo", CopyFlags=0, Level=0, SendOptions=SEND_UNICODE | SEND_USE_CPID, PropertyTags=())
        self.assertEqual(coded.message_content().props[PidTagSubject & ~0xFFFF | 0x84B0], "parts")
        made = box.inbox.create_message()
        put(made, COPY_TO, coded.data)
        self.assertEqual(made.get(PidTagSubject), "parts")

    def test_attachment(self):
        user, box = self.own()
        self.delivered(user)
        row, = box.inbox.contents((PidTagMid,)).rows()
        mail = box.inbox.open_message(row[PidTagMid])
        stream = copy(mail.open_attachment(0), "CopyTo", CopyFlags=0, Level=1, PropertyTags=())
        found = stream.attachment_root()
        self.assertEqual(found.props[PidTagAttachDataBinary], self.BIG)
        made = box.inbox.create_message()
        made.set({PidTagSubject: "copy"})
        attachment = made.create_attachment()
        self.assertEqual(put(attachment, COPY_TO, stream.data), ec.Success)
        attachment.save()
        made.save()
        self.assertEqual(made.open_attachment(0).data(), self.BIG)

    def test_messages(self):
        user, box = self.own()
        self.delivered(user)
        self.deliver(user, "second")
        note = box.inbox.create_message(associated=True)
        note.set({PidTagMessageClass: "IPM.Configuration.x", PidTagSubject: "fai",
                  Name(MY_SET, "mine", d.BINARY): b"\0\1\2"})
        note.save()
        ids = [r[PidTagMid] for r in box.inbox.contents((PidTagMid,)).rows()]
        ids += [r[PidTagMid] for r in box.inbox.contents((PidTagMid,), associated=True).rows()]
        stream = copy(box.inbox, "CopyMessages", MessageIds=ids + [1], CopyFlags=0)
        found = stream.message_list()
        self.assertEqual([m.props[PidTagMid] for m in found], ids)
        self.assertEqual([m.fai for m in found], [False, False, True])
        self.compare(found[0])
        self.assertNotIn(PidTagSourceKey, found[0].props)
        known = copy(box.inbox, "CopyMessages", MessageIds=ids[:1], CopyFlags=0x20).message_list()[0].props
        self.assertLessEqual({PidTagSourceKey, PidTagChangeKey, PidTagPredecessorChangeList, PidTagOriginalEntryId,
                              PidTagLastModificationTime}, set(known))
        target = box.ipm.create_folder("Target")
        self.assertEqual(put(target, COPY_MESSAGES, stream.data, 7777), ec.Success)
        cache = Cache(box)
        cache.sync(target)
        self.assertEqual(cache.subjects(target), ["parts", "second"])
        self.compare(cache.find(target, "parts"))
        self.assertEqual(cache.find(target, "fai").props[Name(MY_SET, "mine", d.BINARY)], b"\0\1\2")

    def test_folder(self):
        user, box = self.own()
        self.deliver(user, "mail")
        source = box.ipm.create_folder("Source", "a comment")
        inner = source.create_folder("Inner")
        rows = box.inbox.contents((PidTagMid,)).rows()
        box.inbox.move_messages([rows[0][PidTagMid]], inner)
        stream = copy(source, "CopyFolder", CopyFlags=0x10)
        top = stream.top_folder()
        self.assertEqual((top.props[PidTagDisplayName], top.props[PidTagComment]), ("Source", "a comment"))
        self.assertEqual([(f.props[PidTagDisplayName], [m.props[PidTagSubject] for m in f.messages])
                          for f in top.folders], [("Inner", ["mail"])])
        self.assertEqual(copy(source, "CopyFolder", CopyFlags=0).top_folder().folders, [])
        content = copy(source, "CopyTo", CopyFlags=0, Level=0, PropertyTags=()).folder_content()
        self.assertEqual(content.del_props, [PidTagFolderAssociatedContents, PidTagContainerContents,
                                             PidTagContainerHierarchy])
        self.assertEqual(len(content.folders[0].messages), 1)
        some = copy(source, "CopyProperties", CopyFlags=0, Level=0, PropertyTags=[PidTagComment]).folder_content()
        self.assertEqual((dict(some.props), some.folders, some.del_props), ({PidTagComment: "a comment"}, [], []))
        target = box.ipm.create_folder("Target")
        self.assertEqual(put(target, COPY_FOLDER, stream.data), ec.Success)
        made = target.child("Source")
        self.assertEqual(made.get(PidTagComment), "a comment")
        self.assertEqual(len(made.child("Inner").contents().rows()), 1)

    def test_refused(self):
        _, box = self.own()
        self.fails(ec.InvalidParam, copy, box.inbox, "CopyMessages", MessageIds=(), CopyFlags=0x40)
        self.fails(ec.InvalidParam, copy, box.inbox, "CopyFolder", CopyFlags=0x20)
        self.fails(ec.InvalidParam, copy, box.inbox, "CopyTo", CopyFlags=0x10000, Level=0, PropertyTags=())
        self.fails(ec.InvalidParam, put, box.inbox, 5, b"")
        self.fails(ec.NotSupported, put, box.inbox.create_message(), COPY_FOLDER, b"")
        for data in (u32(0x40020003), u32(0x40120003), u32(0x400C0003) + u32(0x400B0003), u32(0x00370099) + b"\0" * 8,
                     u32(0x0037001F) + u32(0xFFFFFFFF)):
            self.fails(ec.RpcFormat, put, box.inbox, COPY_MESSAGES, data)
        self.assertEqual(box.inbox.contents().rows(), [])
