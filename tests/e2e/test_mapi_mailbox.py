# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The mailbox as Outlook works with it (MS-OXCROPS and the documents it names), through
the project's own client."""

import email
import email.policy
import uuid

from dovetail_test import eas, mapi, mapinspi
from dovetail_test import mapidata as d
from dovetail_test.case import message
from dovetail_test.mapidata import ec
from dovetail_test.mapiprops import *
from itemcase import CONTACTS, ItemStore, card
from mapicase import Case

HTML = b"<html><body><p>Hello <b>world</b> \xc3\xa4</p></body></html>"
MY_SET = uuid.UUID("6b1f3a52-2f0f-4f0e-9d3c-0f3a7a0c1d2e")


class Logons(Case):
    def test_own(self):
        user, box = self.own()
        self.assertEqual(len(set(box.folders.values())), 13)
        self.assertEqual(box.get(PidTagMailboxOwnerName), user)
        self.assertEqual(box.get(PidTagStoreRecordKey), box.guid.bytes_le)
        self.assertNotEqual(box.get(PidTagMappingSignature), box.get(PidTagStoreRecordKey))
        again = self.mailbox(user)
        self.assertEqual((again.guid, again.repl_guid, again.folders), (box.guid, box.repl_guid, box.folders))

    def test_refused(self):
        user, box = self.own()
        other = self.new_user()
        client = box.client
        self.fails(ec.LoginPerm, client.logon, mapi.legacy_dn(other))
        self.fails(ec.UnknownUser, client.logon, "/o=Elsewhere/ou=x/cn=Recipients/cn=nobody")
        self.fails(ec.InvalidParam, client.logon, open_flags=0x0C)

    def test_ids(self):
        _, box = self.own()
        long_id = box.long_id(box.folders["inbox"])
        self.assertEqual(box.short_id(long_id), box.folders["inbox"])
        first = box.local_replica_ids(0x10000)
        second = box.local_replica_ids(0x10000)
        self.assertNotEqual(first, second)

    def test_receive_folder(self):
        _, box = self.own()
        self.assertEqual(box.receive_folder("IPM.Note.Custom"), (box.folders["inbox"], "IPM.Note"))
        self.assertEqual(box.receive_folder("IPC.x")[0], box.folders["root"])
        box.set_receive_folder("IPM.My", box.folders["deleted"])
        self.assertEqual(box.receive_folder("IPM.My.More"), (box.folders["deleted"], "IPM.My"))
        self.fails(ec.NoAccess, box.set_receive_folder, "REPORT.IPM", box.folders["deleted"])


class Folders(Case):
    def test_tree(self):
        user, box = self.own()
        names = box.ipm.children()
        for name in ("Inbox", "Outbox", "Calendar", "Contacts", "Tasks", "Notes", "Sync Issues"):
            self.assertIn(name, names)
        self.assertEqual(names["Inbox"], box.folders["inbox"])
        inbox = box.inbox.props((PidTagIpmAppointmentEntryId, PidTagContainerClass, PidTagSourceKey,
                                 PidTagAdditionalRenEntryIds))
        self.assertEqual(inbox[PidTagContainerClass], "IPF.Note")
        self.assertEqual(len(inbox[PidTagSourceKey]), 22)
        self.assertEqual(box.id_of_entry(inbox[PidTagIpmAppointmentEntryId]), names["Calendar"])
        self.assertEqual(len(inbox[PidTagAdditionalRenEntryIds]), 5)

    def test_create_rename_delete(self):
        user, box = self.own()
        folder = box.ipm.create_folder("Projekte \u00e4", "what it is for")
        self.assertEqual(folder.get(PidTagComment), "what it is for")
        self.fails(ec.DuplicateName, box.ipm.create_folder, "Projekte \u00e4")
        self.assertTrue(box.ipm.create_folder("Projekte \u00e4", open_existing=True).existed)
        child = folder.create_folder("2026")
        child.set({PidTagDisplayName: "2027"})
        self.assertEqual(list(folder.children()), ["2027"])
        self.assertIn("/2027", str(self.imap(user).list()[1]))
        self.fails(ec.NoAccess, box.ipm.delete_folder, box.folders["inbox"])
        self.assertEqual(box.ipm.delete_folder(folder.id, flags=0), (ec.Success, True))
        self.assertEqual(box.ipm.delete_folder(folder.id), (ec.Success, False))
        self.assertNotIn("Projekte \u00e4", box.ipm.children())

    def test_properties_stay(self):
        user, box = self.own()
        folder = box.ipm.create_folder("P")
        values = {PidTagComment: "c", PidTagAttributeHidden: True, d.tag(0x6700, 0x0102): b"\x00\xff" * 40,
                  d.tag(0x36df, 0x0102): b"view"}
        folder.set(values)
        again = self.mailbox(user).open_folder(folder.id).props(list(values))
        self.assertEqual(again, values)

    def test_class_makes_a_calendar(self):
        user, box = self.own()
        folder = box.ipm.create_folder("Team")
        folder.set({PidTagContainerClass: "IPF.Appointment"})
        phone = self.phone(user)
        self.assertIn("Team", str(phone.folders))


class Reading(Case):
    def test_columns(self):
        user, box = self.own()
        self.deliver(user, "Subject one", "body\r\n", headers="Importance: high\r\nMessage-ID: <a@b>\r\n")
        row = self.only(box.inbox, (PidTagMid, PidTagSubject, PidTagSenderEmailAddress, PidTagMessageClass,
                                    PidTagMessageFlags, PidTagImportance, PidTagInternetMessageId,
                                    PidTagHasAttachments, PidTagMessageDeliveryTime, PidTagSourceKey))
        self.assertEqual((row[PidTagSubject], row[PidTagMessageClass]), ("Subject one", "IPM.Note"))
        self.assertEqual(row[PidTagImportance], 2)
        self.assertEqual(row[PidTagMessageFlags] & 1, 0)
        self.assertEqual(len(row[PidTagSourceKey]), 22)

    def test_bodies(self):
        user, box = self.own()
        self.dovecot.deliver(user, (
            b"From: a@example.net\r\nTo: %s\r\nSubject: h\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: text/html; charset=utf-8\r\n\r\n" % user.encode() + HTML + b"\r\n"), "a@example.net")
        found = box.inbox.open_message(self.only(box.inbox)[PidTagMid])
        self.assertIn("Hello world \u00e4", found.get(PidTagBody))
        self.assertIn(b"<b>world</b>", found.stream(PidTagHtml).read_all())
        self.assertEqual(found.stream(PidTagRtfCompressed).read_all()[8:12], b"LZFu")

    def test_attachment(self):
        user, box = self.own()
        data = bytes(range(256)) * 300
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@example.net", user, "with a file"
        mail.set_content("see file")
        mail.add_attachment(data, "application", "pdf", filename="r\u00e9port.pdf")
        self.dovecot.deliver(user, mail.as_bytes(policy=email.policy.SMTP), "a@example.net")
        row = self.only(box.inbox, (PidTagMid, PidTagSubject, PidTagHasAttachments))
        self.assertTrue(row[PidTagHasAttachments])
        found = box.inbox.open_message(row[PidTagMid])
        attachments = found.attachments().rows()
        self.assertEqual([a[PidTagAttachLongFilename] for a in attachments], ["r\u00e9port.pdf"])
        number = attachments[0][PidTagAttachNumber]
        self.assertEqual(found.open_attachment(number).data(), data)
        self.fails(ec.NotFound, found.open_attachment, number + 1)

    def test_recipients(self):
        user, box = self.own()
        self.deliver(user, headers="Cc: Bob <bob@example.net>, carol@example.net\r\n")
        found = box.inbox.open_message(self.only(box.inbox)[PidTagMid])
        self.assertEqual([(r["type"], r["name"]) for r in found.recipients()][1:],
                         [(2, "Bob"), (2, "carol@example.net")])

    def test_read_state_is_one(self):
        user, box = self.own()
        self.deliver(user)
        mid = self.only(box.inbox)[PidTagMid]
        imap = self.imap(user)
        box.inbox.open_message(mid).set_read()
        imap.select("INBOX")
        self.assertIn(b"\\Seen", imap.fetch("1", "(FLAGS)")[1][0])
        imap.store("1", "-FLAGS", "\\Seen")
        self.assertEqual(self.only(box.inbox, (PidTagMid, PidTagMessageFlags))[PidTagMessageFlags] & 1, 0)
        self.assertEqual(box.inbox.set_read_flags([mid]), (ec.Success, False))
        imap.noop()
        self.assertIn(b"\\Seen", imap.fetch("1", "(FLAGS)")[1][0])


class Tables(Case):
    def filled(self):
        user, box = self.own()
        for subject in ("banana", "Apple", "cherry", "apricot"):
            self.deliver(user, subject)
        return user, box

    def subjects(self, table):
        return [row[PidTagSubject] for row in table.rows()]

    def test_sort(self):
        _, box = self.filled()
        table = box.inbox.contents((PidTagSubject,))
        table.sort([(PidTagSubject, 0)])
        self.assertEqual(self.subjects(table), ["Apple", "apricot", "banana", "cherry"])
        table.sort([(PidTagSubject, 1)])
        self.assertEqual(self.subjects(table), ["cherry", "banana", "apricot", "Apple"])

    def test_restrict_and_find(self):
        _, box = self.filled()
        table = box.inbox.contents((PidTagSubject,))
        table.sort([(PidTagSubject, 0)])
        table.restrict(d.Content(PidTagSubject, "AP", d.PREFIX))
        self.assertEqual(self.subjects(table), ["Apple", "apricot"])
        table.restrict(None)
        self.assertEqual(table.find(d.Equals(PidTagSubject, "cherry"))[PidTagSubject], "cherry")
        self.assertEqual(table.position()[0], 3)
        self.assertIsNone(table.find(d.Equals(PidTagSubject, "none")))

    def test_columns_first(self):
        _, box = self.filled()
        table = box.inbox.contents(())
        self.fails(ec.NullObject, table.query)
        self.fails(ec.InvalidParam, table.set_columns, ())

    def test_seek_and_bookmark(self):
        user, box = self.filled()
        table = box.inbox.contents((PidTagSubject,))
        table.sort([(PidTagSubject, 0)])
        table.seek(2)
        mark = table.bookmark()
        self.deliver(user, "aaa")
        table.seek(0, mapi.BOOKMARK_END)
        table.seek_bookmark(mark)
        self.assertEqual(table.query(1)[1][0][PidTagSubject], "banana")
        table.free_bookmark(mark)
        self.fails(ec.InvalidBookmark, table.seek_bookmark, mark)

    def test_categories(self):
        user, box = self.own()
        for sender in ("b", "a", "b"):
            self.deliver(user, "s", sender=sender + "@example.net", headers="")
        table = box.inbox.contents((PidTagRowType, PidTagDepth, PidTagContentCount, PidTagInstID, PidTagSubject))
        table.sort([(PidTagSubject, 0)], categories=1, expanded=0)
        rows = table.query(50)[1]
        self.assertEqual([(r[PidTagRowType], r[PidTagContentCount]) for r in rows], [(4, 3)])
        table.expand(rows[0][PidTagInstID])
        table.seek(0, 0)
        self.assertEqual([r[PidTagRowType] for r in table.query(50)[1]], [3, 1, 1, 1])

    def test_search_folder(self):
        user, box = self.filled()
        folder = box.search.create_folder("Found", folder_type=2)
        self.fails(ec.NotInitialized, folder.search)
        folder.set_search(d.Content(PidTagSubject, "ap", d.PREFIX), [box.folders["inbox"]], 0x06)
        table = folder.contents((PidTagSubject,))
        table.sort([(PidTagSubject, 0)])
        self.assertEqual(self.subjects(table), ["Apple", "apricot"])
        self.fails(ec.SearchFolderScopeViolation, folder.set_search, None, [folder.id])
        self.fails(ec.NotSearchFolder, box.inbox.search)


class Writing(Case):
    def draft(self, box):
        drafts = box.folder("Drafts")
        return drafts, drafts.create_message()

    def test_draft_is_mime(self):
        user, box = self.own()
        drafts, draft = self.draft(box)
        draft.set({PidTagSubject: "Gr\u00fc\u00dfe", PidTagHtml: HTML, PidTagImportance: 2})
        draft.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X \u00c4")])
        draft.attach("a.txt", b"content of a")
        draft.attach("big.bin", b"\x01\x02" * 60000)
        draft.save()
        imap = self.imap(user)
        imap.select("Drafts")
        mail = email.message_from_bytes(imap.fetch("1", "(RFC822)")[1][0][1], policy=email.policy.default)
        self.assertEqual((mail["Subject"], mail["To"]), ("Gr\u00fc\u00dfe", "X \u00c4 <x@example.net>"))
        files = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
        self.assertEqual(files, {"a.txt": b"content of a", "big.bin": b"\x01\x02" * 60000})
        again = self.mailbox(user).folder("Drafts")
        found = again.open_message(self.only(again)[PidTagMid])
        self.assertEqual(found.get(PidTagSubject), "Gr\u00fc\u00dfe")
        self.assertEqual(found.id, draft.id)

    def test_nothing_before_the_save(self):
        user, box = self.own()
        drafts, draft = self.draft(box)
        draft.set({PidTagSubject: "not yet"})
        self.assertEqual(drafts.contents().rows(), [])
        draft.save()
        self.assertEqual(self.only(drafts)[PidTagSubject], "not yet")
        draft.set({PidTagSubject: "changed"})
        self.assertEqual(self.only(drafts)[PidTagSubject], "not yet")
        mid = draft.save()
        self.assertEqual(self.only(drafts), {PidTagMid: mid, PidTagSubject: "changed"})

    def test_properties_stay(self):
        user, box = self.own()
        drafts, draft = self.draft(box)
        values = {PidTagSubject: "p", d.tag(0x6601, 0x0003): -5, d.tag(0x6602, 0x000b): True,
                  d.tag(0x6603, 0x0102): bytes(range(256)), d.tag(0x6604, 0x101f): ["a", "\u00e4", ""],
                  d.tag(0x6605, 0x0014): 1 << 60, d.tag(0x6606, 0x0005): 1.5}
        draft.set(values)
        draft.save()
        found = self.mailbox(user).folder("Drafts").open_message(draft.id)
        self.assertEqual(found.props(list(values)), values)
        found.delete_props([d.tag(0x6601, 0x0003)])
        found.save()
        del values[d.tag(0x6601, 0x0003)]
        again = self.mailbox(user).folder("Drafts").open_message(draft.id)
        self.assertEqual(again.props(list(values)), values)
        self.assertEqual(again.get(d.tag(0x6601, 0x0003)), None)

    def test_computed_after_the_save(self):
        _, box = self.own()
        _, draft = self.draft(box)
        draft.set({PidTagSubject: "m", PidTagBody: "b"})
        draft.save()
        self.assertTrue(draft.get(PidTagInternetMessageId))
        self.assertEqual(draft.get(PidTagMessageFlags) & 0x09, 0x09)
        self.assertEqual(len(draft.get(PidTagChangeKey)), 22)

    def test_embedded(self):
        user, box = self.own()
        drafts, draft = self.draft(box)
        draft.set({PidTagSubject: "outer"})
        attachment = draft.create_attachment()
        attachment.set({PidTagAttachMethod: 5, PidTagDisplayName: "inner"})
        inner = attachment.embedded(mode=2)
        inner.set({PidTagSubject: "inner subject", PidTagMessageClass: "IPM.Note", PidTagBody: "inside"})
        inner.save()
        attachment.save()
        draft.save()
        found = self.mailbox(user).folder("Drafts").open_message(draft.id)
        inside = found.open_attachment(found.attachments().rows()[0][PidTagAttachNumber]).embedded(mode=0)
        self.assertEqual(inside.get(PidTagSubject), "inner subject")

    def test_associated(self):
        user, box = self.own()
        made = box.inbox.create_message(associated=True)
        made.set({PidTagMessageClass: "IPM.Configuration.Test", PidTagSubject: "Test",
                  PidTagRoamingDictionary: b"<x/>"})
        made.save()
        self.assertEqual(box.inbox.contents().rows(), [])
        again = self.mailbox(user)
        table = again.inbox.contents((PidTagMid, PidTagMessageClass, PidTagRoamingDictionary), associated=True)
        row = table.find(d.Equals(PidTagMessageClass, "IPM.Configuration.Test"))
        self.assertEqual(row[PidTagRoamingDictionary], b"<x/>")
        views = again.common_views.create_message(associated=True)
        views.set({PidTagMessageClass: "IPM.Microsoft.WunderBar.Link", PidTagSubject: "link"})
        views.save()
        self.assertEqual(len(self.mailbox(user).common_views.contents(associated=True).rows()), 1)
        self.assertEqual(self.imap(user).select("INBOX")[1], [b"0"])

    def test_move_copy_delete(self):
        user, box = self.own()
        self.deliver(user, "one")
        self.deliver(user, "two")
        folder = box.ipm.create_folder("Target")
        ids = [row[PidTagMid] for row in box.inbox.contents().rows()]
        self.assertEqual(box.inbox.move_messages(ids[:1], folder), (ec.Success, False))
        self.assertEqual(box.inbox.move_messages(ids[1:], folder, copy=True), (ec.Success, False))
        self.assertEqual(len(folder.contents().rows()), 2)
        self.assertEqual(len(box.inbox.contents().rows()), 1)
        self.assertEqual(box.inbox.delete_messages(ids[1:]), (ec.Success, False))
        self.assertEqual(self.imap(user).select("INBOX")[1], [b"0"])

    def test_submit(self):
        user, box = self.own()
        outbox = box.outbox
        mail = outbox.create_message()
        mail.set({PidTagSubject: "sent by MAPI", PidTagBody: "text\r\n"})
        mail.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X"), d.Recipient(3, "SMTP", "y@example.net", "Y")])
        mail.save()
        mail.submit()
        arrived = self.dovecot.mta.mails
        self.assertEqual([sorted(m.recipients) for m in arrived], [["x@example.net", "y@example.net"]])
        self.assertNotIn(b"y@example.net", arrived[0].data)
        self.assertEqual(arrived[0].sender, user)
        self.assertEqual(outbox.contents().rows(), [])
        sent = box.sent.contents((PidTagSubject, PidTagMessageFlags)).rows()
        self.assertEqual([(r[PidTagSubject], r[PidTagMessageFlags] & 0x09) for r in sent], [("sent by MAPI", 1)])

    def group_mail(self, user, box, *members):
        """A mail to a group of the user's address book, as Outlook takes it from there."""
        store = ItemStore(self.dovecot, user)
        self.addCleanup(store.close)
        store.put(store.make("Own", CONTACTS), "team", card("Team", "UID:team", "X-ADDRESSBOOKSERVER-KIND:group", *(
            "X-ADDRESSBOOKSERVER-MEMBER:mailto:" + member for member in members)))
        book = mapinspi.Nspi.for_dovecot(self.dovecot, user)
        self.addCleanup(book.close)
        book.bind()
        _, lists = book.get_special_table()
        (own,) = [r[PidTagAddressBookContainerId] for r in lists if r.get(PidTagDisplayName) == "Own"]
        (row,) = book.query_rows([PidTagEntryId], stat=mapinspi.Stat(container=own))
        dn = mapinspi.parse_entry_id(row[PidTagEntryId]).dn
        mail = box.outbox.create_message()
        mail.set({PidTagSubject: "to the team", PidTagBody: "text\r\n"})
        mail.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X"), d.Recipient(2, "EX", dn, "Team")])
        mail.save()
        return mail

    def test_submit_to_group(self):
        user, box = self.own()
        self.group_mail(user, box, "a@example.net", "b@example.net").submit()
        (arrived,) = self.dovecot.mta.mails
        self.assertEqual(sorted(arrived.recipients), ["a@example.net", "b@example.net", "x@example.net"])

    def test_nobody_is_left_out(self):
        """Who cannot be written to stops the message, which stays."""
        user, box = self.own()
        self.fails(ec.InvalidRecips, self.group_mail(user, box).submit)
        self.assertEqual(self.dovecot.mta.mails, [])
        self.assertEqual(len(box.outbox.contents().rows()), 1)

    def test_submit_as_another_is_refused(self):
        _, box = self.own()
        mail = box.outbox.create_message()
        mail.set({PidTagSubject: "x", PidTagSentRepresentingAddressType: "SMTP",
                  PidTagSentRepresentingEmailAddress: "boss@example.org", PidTagSentRepresentingName: "Boss"})
        mail.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X")])
        mail.save()
        self.fails(ec.NoAccess, mail.submit)
        self.assertEqual(self.dovecot.mta.mails, [])


class OneState(Case):
    def test_contact_is_on_the_phone(self):
        user, box = self.own()
        contacts = box.folder("Contacts")
        made = contacts.create_message()
        made.set({PidTagMessageClass: "IPM.Contact", PidTagDisplayName: "Anna Berg", PidTagGivenName: "Anna",
                  PidTagSurname: "Berg", PidTagMobileTelephoneNumber: "+49 1"})
        made.save()
        self.assertEqual(self.only(contacts, (PidTagMid, PidTagDisplayName))[PidTagDisplayName], "Anna Berg")
        phone = self.phone(user)
        book = phone.folder(type=eas.CONTACTS)
        phone.sync(book, klass="Contacts")
        (contact,) = phone.items[book].values()
        self.assertEqual(contact.get("Contacts:LastName"), "Berg")


class Notifications(Case):
    def test_new_mail(self):
        user, box = self.own()
        box.subscribe(0x02, box.folders["inbox"])
        box.client.poll()
        self.deliver(user, "rings")
        self.assertTrue(box.client.wait(20))
        found = box.client.poll()
        self.assertTrue(found)

    def test_rows(self):
        user, box = self.own()
        table = box.inbox.contents((PidTagMid, PidTagSubject))
        table.rows()
        box.client.poll()
        self.deliver(user, "a row")
        self.assertTrue(box.client.wait(20))
        self.assertTrue(box.client.poll())
        self.assertEqual([r[PidTagSubject] for r in table.rows()], ["a row"])


class Permissions(Case):
    def test_default_entries(self):
        _, box = self.own()
        rows = box.inbox.permissions((PidTagMemberId, PidTagMemberName, PidTagMemberRights)).rows()
        self.assertEqual([r[PidTagMemberId] for r in rows][:1], [0])

    def test_share(self):
        user, box = self.own()
        other = self.new_user()
        self.deliver(user, "shared")
        dn = mapi.legacy_dn(other)
        eid = d.entry_id(d.AddressEntryId(0, dn))
        box.inbox.modify_permissions([(1, {PidTagEntryId: eid, PidTagMemberRights: 0x401})])
        rows = box.inbox.permissions((PidTagMemberId, PidTagMemberRights)).rows()
        self.assertEqual(len(rows), 3)
        theirs = self.mailbox(other, mapi.legacy_dn(user))
        self.assertEqual(self.only(theirs.inbox)[PidTagSubject], "shared")
        self.fails(ec.NoAccess, theirs.inbox.create_message)


class Hostile(Case):
    def test_handles(self):
        _, box = self.own()
        handle = box.new_handle()
        batch = box.client.batch()
        batch.add("GetPropertiesList", mapi.Handle(box.client))
        self.assertEqual(batch.run()[0].code, ec.NullObject)
        self.fails(ec.NotSupported, box.rop, "GetStatus")
        self.fails(ec.NotFound, box.open_folder, 0x7777000000000001)
