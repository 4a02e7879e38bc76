# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documents of MAPI say of errors, states and values, requirement by requirement:
as a suite that follows them would ask (MS-OXCTABL, MS-OXCFOLD, MS-OXCMSG, MS-OXCPRPT,
MS-OXCSTOR, MS-OXCPERM, MS-OXORULE)."""

from dovetail_test import mapi
from dovetail_test import mapidata as d
from dovetail_test.mapi import MapiError
from dovetail_test.mapidata import ec
from dovetail_test.mapiprops import *
from dovetail_test.mapirops import ROPS
from test_mapi_mailbox import Case as MailboxCase

COLUMNS = (PidTagSubject,)


class Case(MailboxCase):
    def drafts(self, box):
        return box.folder("Drafts")

    def draft(self, box, save=True, **props):
        message = self.drafts(box).create_message()
        message.set({PidTagSubject: "draft"})
        if save:
            message.save()
        return message

    def code(self, call, *args, **kwargs):
        """What a ROP answers, whatever it is"""
        try:
            call(*args, **kwargs)
        except MapiError as error:
            return error.code
        return ec.Success


class Tables(Case):
    def setUp(self):
        super().setUp()
        self.user, self.box = self.own()
        for subject in ("a", "b", "c"):
            self.deliver(self.user, subject, sender="x@example.net")
        message = self.draft(self.box)
        message.attach("f", b"x")
        self.message = message

    def attachments(self):
        table = self.message.attachments()
        return table

    def test_which_tables_can_what(self):
        contents, hierarchy = self.box.inbox.contents(COLUMNS), self.box.ipm.hierarchy()
        rules = self.box.inbox.rules((PidTagRuleName,))
        rights = self.box.inbox.permissions((PidTagMemberId,))
        files = self.attachments()
        yes, no = ec.Success, ec.NotSupported
        for name, call, expected in (
                ("sort", lambda t: t.sort([(t.columns[0], 0)]), (yes, no, no, no, no)),
                ("restrict", lambda t: t.restrict(d.Exist(t.columns[0])), (yes, yes, yes, no, no)),
                ("find", lambda t: t.find(d.Exist(t.columns[0])), (yes, yes, yes, no, no)),
                ("abort", lambda t: t.abort(), (ec.UnableToAbort, ec.UnableToAbort, no, no, no)),
                ("bookmark", lambda t: t.bookmark(), (yes, yes, no, no, no)),
                ("free", lambda t: t.free_bookmark(b"1234"), (ec.InvalidBookmark, ec.InvalidBookmark, no, no, no)),
                ("seek to bookmark", lambda t: t.seek_bookmark(b"1234"),
                 (ec.InvalidBookmark, ec.InvalidBookmark, no, no, no)),
                ("position", lambda t: t.position(), (yes,) * 5), ("status", lambda t: t.status(), (yes,) * 5),
                ("fraction", lambda t: t.seek_fraction(1, 2), (yes,) * 5),
                ("columns", lambda t: t.all_columns(), (yes,) * 5),
                ("expand", lambda t: t.expand(1), (no,) * 5), ("collapse", lambda t: t.collapse(1), (no,) * 5),
                ("state", lambda t: t.collapse_state(1, 0), (no,) * 5),
                ("set state", lambda t: t.set_collapse_state(b"\0" * 12), (no,) * 5),
                ("reset", lambda t: t.reset(), (yes, no, no, no, no))):
            found = tuple(self.code(call, t) for t in (contents, hierarchy, rules, rights, files))
            self.assertEqual(found, expected, name)
            contents.set_columns(COLUMNS)

    def test_without_columns(self):
        table = self.box.inbox.contents(())
        mark = table.bookmark()
        for call in (lambda: table.query(), lambda: table.find(d.Exist(PidTagSubject)), lambda: table.expand(1),
                     lambda: table.collapse(1), lambda: table.collapse_state(1, 0),
                     lambda: table.set_collapse_state(b"\0" * 12), lambda: table.seek_bookmark(mark),
                     lambda: table.free_bookmark(mark)):
            self.fails(ec.NullObject, call)
        fresh = self.box.inbox.contents(())
        self.fails(ec.NullObject, fresh.seek_bookmark, b"1234")

    def test_columns_of_no_type(self):
        table = self.box.inbox.contents(COLUMNS)
        for kind in (0x0000, 0x000a, 0x7777):
            self.fails(ec.InvalidParam, table.set_columns, (d.retype(PidTagSubject, kind),))
            # those of before are gone
            self.fails(ec.NullObject, table.query)
            table.set_columns(COLUMNS)
        self.assertEqual(len(table.query()[1]), 3)

    def test_bookmarks_end_with_what_they_point_at(self):
        table = self.box.inbox.contents(COLUMNS)
        for change in (lambda: table.sort([(PidTagSubject, 0)]), lambda: table.restrict(None), table.reset):
            mark = table.bookmark()
            change()
            self.fails(ec.InvalidBookmark, table.seek_bookmark, mark)
            table.set_columns(COLUMNS)
            self.fails(ec.InvalidBookmark, table.find, d.Exist(PidTagSubject), mapi.BOOKMARK_CUSTOM, bookmark=mark)

    def test_released(self):
        table = self.box.inbox.contents(COLUMNS)
        mark = table.bookmark()
        table.release()
        self.fails(ec.NullObject, table.seek_bookmark, mark)
        self.fails(ec.NullObject, table.free_bookmark, mark)

    def test_values_in_rows_are_short(self):
        self.deliver(self.user, "s" * 600)
        table = self.box.inbox.contents(COLUMNS)
        longest = max(len(row[PidTagSubject]) for row in table.rows())
        self.assertLessEqual(2 * longest + 2, 510)

    def test_seeking(self):
        table = self.box.inbox.contents(COLUMNS)
        self.assertEqual(table.seek(7, mapi.BOOKMARK_BEGINNING), (3, True))
        self.assertEqual(table.query(5)[0], mapi.BOOKMARK_END)
        self.assertEqual(table.seek(-7), (-3, True))
        self.assertEqual(table.seek(2), (2, False))
        self.assertEqual(table.seek(-1, mapi.BOOKMARK_END), (-1, False))
        self.fails(ec.InvalidParam, table.seek, 0, 3)
        table.seek_fraction(0, 3)
        self.assertEqual(table.position(), (0, 3))
        table.seek_fraction(5, 3)
        self.assertEqual(table.position(), (3, 3))
        self.fails(ec.InvalidBookmark, table.seek_fraction, 1, 0)

    def test_not_advancing_and_backwards(self):
        table = self.box.inbox.contents(COLUMNS)
        table.sort([(PidTagSubject, 0)])
        first = table.query(2, flags=1)[1]
        self.assertEqual(table.position(), (0, 3))
        self.assertEqual(table.query(2)[1], first)
        table.seek(0, mapi.BOOKMARK_END)
        origin, rows = table.query(2, forward=False)
        self.assertEqual((origin, len(rows)), (mapi.BOOKMARK_CURRENT, 2))
        self.assertEqual(table.position(), (1, 3))

    def test_categories(self):
        table = self.box.inbox.contents((PidTagRowType, PidTagInstID, PidTagInstanceNum, PidTagSenderName))
        table.sort([(PidTagSenderName, 0), (PidTagSubject, 0)], categories=1, expanded=1)
        rows = table.query(50)[1]
        self.assertEqual([r[PidTagRowType] for r in rows], [3, 1, 1, 1])
        head = rows[0][PidTagInstID]
        self.fails(ec.NotCollapsed, table.expand, head, 0)
        self.fails(ec.NotFound, table.expand, head ^ 0x5555000000, 0)
        self.fails(ec.NotFound, table.collapse, head ^ 0x5555000000)
        self.assertEqual(table.collapse(head), 3)
        self.fails(ec.NotExpanded, table.collapse, head)
        state = table.collapse_state(head, 0)
        self.assertEqual(table.expand(head, 0), (3, []))
        table.set_collapse_state(state)
        table.seek(0, mapi.BOOKMARK_BEGINNING)
        self.assertEqual([r[PidTagRowType] for r in table.query(50)[1]], [4])


class Folders(Case):
    def test_errors(self):
        _, box = self.own()
        root, inbox = box.root, box.inbox
        self.fails(ec.NotFound, box.open_folder, d.object_id(box.replid, 0x7fffffff))
        for flags in (1, 2, 8, 0x10, 0x20, 0x40, 0x80):
            self.assertEqual(box.open_folder(inbox.id, mode=flags).get(PidTagFolderId), inbox.id)
        self.fails(ec.InvalidParam, box.ipm.create_folder, "x", folder_type=3)
        self.fails(ec.InvalidParam, box.ipm.create_folder, "")
        self.fails(ec.NotSupported, root.delete_folder, root.id)
        self.fails(ec.NotFound, root.delete_folder, d.object_id(box.replid, 0x7fffffff))
        self.fails(ec.InvalidParam, box.ipm.delete_folder, inbox.id, flags=0x20)
        for hard in (False, True):
            self.fails(ec.NotSupported, root.empty, hard=hard)
        self.fails(ec.NotSupported, root.hierarchy, flags=0x03)
        self.fails(ec.InvalidParam, inbox.contents, flags=0x04)
        self.fails(ec.InvalidParam, inbox.contents, flags=0x82)
        message = self.draft(box)
        for name, fields in (("CreateFolder", dict(DisplayName="x")), ("DeleteFolder", dict(FolderId=1)),
                             ("EmptyFolder", {}), ("HardDeleteMessagesAndSubfolders", {}),
                             ("DeleteMessages", dict(MessageIds=[])), ("HardDeleteMessages", dict(MessageIds=[])),
                             ("GetHierarchyTable", {}), ("GetContentsTable", {}),
                             ("GetSearchCriteria", {}), ("OpenFolder", dict(FolderId=inbox.id)),
                             ("SetSearchCriteria", dict(FolderIds=[], SearchFlags=2))):
            output = message.new_handle() if ROPS[name].layout == "out" else None
            self.fails(ec.NotSupported, message.rop, name, output, **fields)

    def test_search(self):
        _, box = self.own()
        folder = box.search.create_folder("S", folder_type=2)
        for flags in (0xFFFFFFFF, 0x40, 0x03, 0x0C, 0x30, 0x00030000):
            self.fails(ec.InvalidParam, folder.set_search, d.Exist(PidTagSubject), [box.folders["inbox"]], flags)
        self.fails(ec.NotInitialized, folder.set_search, d.Exist(PidTagSubject), [])
        folder.set_search(d.Exist(PidTagSubject), [box.folders["inbox"]], 0x2A)
        # the folders of before
        folder.set_search(d.Exist(PidTagBody), [])
        self.assertEqual(folder.search()["FolderIds"], [box.folders["inbox"]])
        found = folder.search(IncludeRestriction=False, IncludeFolders=False)
        self.assertEqual((found["RestrictionData"], found["FolderIds"]), (None, []))
        for hard in (False, True):
            self.fails(ec.NotSupported, folder.empty, hard=hard)
        draft = self.draft(box)
        self.fails(ec.SearchFolder, self.drafts(box).move_messages, [draft.id], folder)
        # what it finds is opened through it, too
        folder.set_search(d.Exist(PidTagSubject), [self.drafts(box).id])
        self.assertEqual(folder.open_message(draft.id).get(PidTagSubject), "draft")

    def test_partial(self):
        _, box = self.own()
        outer = box.ipm.create_folder("outer")
        outer.create_folder("inner")
        self.assertEqual(box.ipm.delete_folder(outer.id, flags=1), (ec.Success, True))
        self.assertIn("outer", box.ipm.children())
        draft = self.draft(box)
        missing = d.object_id(box.replid, 0x7ffffff1)
        self.assertEqual(self.drafts(box).delete_messages([draft.id, missing]), (ec.Success, True))
        self.assertEqual(self.drafts(box).contents().rows(), [])

    def test_copied_into_themselves(self):
        _, box = self.own()
        outer = box.ipm.create_folder("outer")
        inner = outer.create_folder("inner")
        self.fails(ec.FolderCycle, outer.copy_to, inner)
        self.fails(ec.NotSupported, outer.copy_props, inner, [PidTagComment], flags=1)
        other = box.ipm.create_folder("other")
        other.create_folder("inner")
        self.fails(ec.DuplicateName, outer.copy_to, other)

    def test_properties(self):
        _, box = self.own()
        self.assertEqual(box.root.get(PidTagFolderType), 0)
        folder = box.ipm.create_folder("f")
        before = folder.get(PidTagHierarchyChangeNumber)
        child = folder.create_folder("g")
        with_child = folder.get(PidTagHierarchyChangeNumber)
        self.assertGreater(with_child, before)
        folder.delete_folder(child.id)
        self.assertGreater(folder.get(PidTagHierarchyChangeNumber), with_child)
        folder.create_folder("g")
        self.assertTrue(folder.get(PidTagSubfolders))
        self.assertEqual(folder.get(PidTagFolderFlags) & 0x05, 0x05)
        for tag in (PidTagContentCount, PidTagMessageSize, PidTagAccess, PidTagChangeKey, PidTagRights,
                    PidTagParentEntryId, PidTagHierRev, PidTagCreationTime):
            self.assertIsNotNone(folder.get(tag))
        self.fails(ec.NotImplemented, folder.stream, PidTagAccessControlListData)
        self.fails(ec.NotImplemented, folder.stream, PidTagSecurityDescriptorAsXml)

    def test_rules_table(self):
        _, box = self.own()
        self.fails(ec.NotSupported, box.inbox.rules, flags=0x01)
        self.fails(ec.InvalidParam, box.inbox.modify_rules, [], flags=2)
        box.rop("UpdateDeferredActionMessages", ServerEntryId=b"x", ClientEntryId=b"y")


class Messages(Case):
    def test_created(self):
        """MS-OXCMSG 3.2.5.2"""
        user, box = self.own()
        message = self.drafts(box).create_message()
        self.assertEqual(message.props((
            PidTagImportance, PidTagMessageClass, PidTagSensitivity, PidTagDisplayBcc, PidTagDisplayCc,
            PidTagDisplayTo, PidTagMessageFlags, PidTagHasAttachments, PidTagTrustSender, PidTagAccess,
            PidTagAccessLevel, PidTagHasNamedProperties)), {
                PidTagImportance: 1, PidTagMessageClass: "IPM.Note", PidTagSensitivity: 0, PidTagDisplayBcc: "",
                PidTagDisplayCc: "", PidTagDisplayTo: "", PidTagMessageFlags: 0x409, PidTagHasAttachments: False,
                PidTagTrustSender: 1, PidTagAccess: 7, PidTagAccessLevel: 1, PidTagHasNamedProperties: False})
        props = message.props((PidTagCreationTime, PidTagLastModificationTime, PidTagSearchKey, PidTagCreatorName,
                               PidTagCreatorEntryId, PidTagLastModifierName, PidTagLastModifierEntryId,
                               PidTagMessageLocaleId, PidTagLocaleId))
        self.assertEqual(len(props), 9)
        self.assertEqual(props[PidTagCreationTime], props[PidTagLastModificationTime])
        self.assertEqual(props[PidTagCreatorEntryId], props[PidTagLastModifierEntryId])
        self.assertEqual(d.parse_entry_id(props[PidTagCreatorEntryId]).dn.lower(), mapi.legacy_dn(user).lower())
        self.assertEqual(len(props[PidTagSearchKey]), 16)
        self.assertEqual(props[PidTagLocaleId], props[PidTagMessageLocaleId])

    def test_created_attachment(self):
        _, box = self.own()
        attachment = self.draft(box).create_attachment()
        props = attachment.props((PidTagAttachSize, PidTagAccessLevel, PidTagRenderingPosition, PidTagCreationTime,
                                  PidTagLastModificationTime, PidTagAttachNumber, PidTagObjectType, PidTagRecordKey))
        self.assertEqual(len(props), 8)
        self.assertEqual(props[PidTagRenderingPosition] & 0xFFFFFFFF, 0xFFFFFFFF)
        self.assertEqual((props[PidTagAttachSize], props[PidTagObjectType]), (0, 7))

    def test_display_lists(self):
        _, box = self.own()
        message = self.draft(box, save=False)
        message.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X"), d.Recipient(1, "SMTP", "y@example.net", "Y"),
                                d.Recipient(2, "SMTP", "z@example.net", "Z")])
        expected = {PidTagDisplayTo: "X; Y", PidTagDisplayCc: "Z", PidTagDisplayBcc: ""}
        self.assertEqual(message.props(list(expected)), expected)
        message.save()
        self.assertEqual(self.drafts(box).open_message(message.id).props(list(expected)), expected)
        # one that is no mail: of the Outbox
        waiting = box.outbox.create_message()
        waiting.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X")])
        waiting.save()
        self.assertEqual(self.only(box.outbox, (PidTagDisplayTo,)), {PidTagDisplayTo: "X"})

    def test_opening(self):
        _, box = self.own()
        draft = self.draft(box)
        self.fails(ec.NotFound, box.inbox.open_message, draft.id)
        self.fails(ec.NotFound, self.drafts(box).open_message, d.object_id(box.replid, 0x7ffffff1))
        self.fails(ec.NotFound, box.open_message, d.object_id(box.replid, 0x7ffffff1), draft.id)
        for call in (lambda: self.drafts(box).open_message(draft.id, CodePageId=15),
                     lambda: self.drafts(box).create_message(CodePageId=15)):
            self.fails(ec.UnknownCodePage, call)
        attachment = draft.create_attachment()
        attachment.set({PidTagAttachMethod: 5})
        self.fails(ec.UnknownCodePage, attachment.embedded, mode=2, CodePageId=15)

    def test_two_transactions(self):
        """MS-OXCMSG 3.2.5.3"""
        _, box = self.own()
        mid = self.draft(box).id
        folder = self.drafts(box)
        first, second = folder.open_message(mid), folder.open_message(mid)
        first.set({PidTagSensitivity: 1})
        self.assertEqual(second.get(PidTagSensitivity), 0)
        second.set({PidTagSensitivity: 2})
        first.save()
        self.assertEqual(folder.open_message(mid).get(PidTagSensitivity), 1)
        self.fails(ec.ObjectModified, second.save)
        self.assertEqual(folder.open_message(mid).get(PidTagSensitivity), 1)
        self.assertEqual(second.save(mapi.FORCE_SAVE), mid)
        self.assertEqual(folder.open_message(mid).get(PidTagSensitivity), 2)
        # an open one follows what others made of it
        self.assertEqual(first.get(PidTagSensitivity), 2)
        self.assertEqual(len(folder.contents().rows()), 1)

    def test_status(self):
        _, box = self.own()
        made = box.outbox.create_message()
        made.set({PidTagSubject: "no mail"})
        made.save()
        for folder, mid in ((self.drafts(box), self.draft(box).id), (box.outbox, made.id)):
            self.assertEqual(folder.set_message_status(mid, 0x1000, 0x1000), 0)
            self.assertEqual(folder.set_message_status(mid, 0x3000, 0x2000), 0x1000)
            # the conflict bit is the server's
            self.assertEqual(folder.set_message_status(mid, 0x0800, 0x3800), 0x3000)
            self.assertEqual(folder.message_status(mid), 0)

    def test_attachment_errors(self):
        _, box = self.own()
        draft = self.draft(box)
        attachment = draft.create_attachment()
        attachment.set({PidTagAttachMethod: 1})
        self.fails(ec.NotSupported, attachment.save, flags=3)
        attachment.save()
        self.fails(ec.NotFound, draft.delete_attachment, 77)
        self.fails(ec.NotFound, draft.open_attachment, 77)
        self.fails(ec.NotSupported, attachment.rop, "SaveChangesAttachment", draft.handle, SaveFlags=4)

    def test_read_flags(self):
        _, box = self.own()
        draft = self.draft(box)
        self.fails(ec.InvalidParam, draft.set_read, 0x05)
        self.fails(ec.InvalidParam, self.drafts(box).set_read_flags, [draft.id], 0x80)


class Properties(Case):
    def test_strings_without_a_type(self):
        _, box = self.own()
        draft = self.draft(box)
        tag = d.retype(PidTagSubject, 0)
        for unicode, kind in ((1, d.STRING), (0, d.STRING8)):
            row = draft.rop("GetPropertiesSpecific", PropertyTags=[tag], WantUnicode=unicode).fields["RowData"]
            self.assertEqual([d.kind_of(t) for t in row], [kind])
            found = draft.rop("GetPropertiesAll", WantUnicode=unicode).fields["PropertyValues"]
            self.assertIn(d.retype(PidTagSubject, kind), found)

    def test_copying(self):
        _, box = self.own()
        source, target = self.draft(box), self.draft(box)
        self.fails(ec.InvalidParam, source.copy_to, target, flags=3)
        self.fails(ec.InvalidParam, source.copy_props, target, [PidTagSubject], flags=3)
        self.fails(ec.InvalidParam, source.copy_to, target, flags=4)
        self.fails(ec.NotSupported, source.copy_to, self.drafts(box))
        attachment = source.create_attachment()
        attachment.set({PidTagAttachMethod: 5})
        inner = attachment.embedded(mode=2)
        self.fails(ec.MsgCycle, source.copy_to, inner)

    def test_streams(self):
        _, box = self.own()
        draft = self.draft(box)
        tag = PidTagRoamingDictionary
        self.fails(ec.NotFound, draft.stream, tag)
        stream = draft.stream(tag, 2)
        stream.write(b"abc")
        self.fails(ec.StreamSeekError, stream.seek, -1)
        self.fails(ec.StreamSeekError, stream.seek, 1 << 31)
        self.fails(ec.StreamInvalidParam, stream.seek, 0, 3)
        self.assertEqual(stream.seek(5), 5)
        self.assertEqual(stream.get_size(), 5)
        stream.seek(0)
        self.assertEqual(stream.read(9), b"abc\0\0")
        stream.commit()
        reader = draft.stream(tag, mapi.READ_ONLY)
        self.fails(ec.StreamAccessDenied, reader.write, b"x")
        reader.seek(50)
        self.assertEqual((reader.get_size(), reader.read(1)), (5, b""))

    def test_of_the_store(self):
        _, box = self.own()
        values = box.props((PidTagContentCount, PidTagExtendedRuleSizeLimit, PidTagMailboxOwnerName,
                            PidTagMessageSize, PidTagUserEntryId, PidTagOutOfOfficeState))
        self.assertEqual(len(values), 6)
        for tag in (PidTagContentCount, PidTagExtendedRuleSizeLimit, PidTagMessageSize, PidTagMailboxOwnerName):
            other = "x" if tag == PidTagMailboxOwnerName else 7777
            self.assertEqual(len(box.set({tag: other}, expect_problems=True)), 1)
            self.assertEqual(box.get(tag), values[tag])
        box.set({PidTagOutOfOfficeState: True, PidTagComment: "mine"})
        self.assertEqual(box.props((PidTagOutOfOfficeState, PidTagComment)),
                         {PidTagOutOfOfficeState: True, PidTagComment: "mine"})
        box.delete_props([PidTagComment])
        self.assertIsNone(box.get(PidTagComment))
        # the next logon tells it (MS-OXCSTOR 2.2.1.1.3)
        self.assertEqual((box.info["response_flags"], box.client.logon().info["response_flags"]), (0x07, 0x17))


class Buffers(Case):
    def test_handles_of_another_logon(self):
        _, box = self.own()
        again = box.client.logon()
        self.fails(ec.NoAccess, box.client.rop, "GetPropertiesList", box.inbox.handle, logon_id=again.handle.logon_id)
        self.assertTrue(box.inbox.prop_list())

    def test_too_much_at_once(self):
        _, box = self.own()
        draft = self.draft(box)
        stream = draft.stream(PidTagBody)
        self.fails(ec.RpcFormat, stream.rop, "ReadStream", ByteCount=0x80000001)
        self.assertEqual(stream.rop("ReadStream", ByteCount=0x80000000).code, ec.Success)


class Rights(Case):
    def test_who_sees_the_folder_sees_the_rights(self):
        _, box = self.own()
        table = box.inbox.permissions((PidTagMemberId, PidTagMemberName, PidTagMemberRights, PidTagEntryId))
        rows = table.rows()
        self.assertEqual([(r[PidTagMemberId] & (1 << 64) - 1, r[PidTagMemberName], r[PidTagEntryId]) for r in rows],
                         [(0, "", b""), ((1 << 64) - 1, "Anonymous", b"")])

    def test_own_messages_alone_are_nobodys(self):
        """An author, as Outlook calls it, may not change what others wrote: what Dovecot cannot tell apart is not given."""
        user, box = self.own()
        other = self.new_user()
        self.deliver(user, "not yours")
        eid = d.entry_id(d.AddressEntryId(0, mapi.legacy_dn(other)))
        author = 0x41B
        box.inbox.modify_permissions([(1, {PidTagEntryId: eid, PidTagMemberRights: author})])
        columns = (PidTagMemberId, PidTagMemberRights)
        row = box.inbox.permissions(columns).rows()[2]
        self.assertEqual(row[PidTagMemberRights], author)
        theirs = self.mailbox(other, mapi.legacy_dn(user))
        mid = self.only(theirs.inbox)[PidTagMid]
        self.fails(ec.NoAccess, theirs.inbox.open_message, mid, mode=mapi.READ_WRITE)
        self.fails(ec.NoAccess, theirs.inbox.delete_messages, [mid])
        # bits that there are not do not stay
        box.inbox.modify_permissions([(2, {PidTagMemberId: row[PidTagMemberId], PidTagMemberRights: 0x20461})])
        self.assertEqual(box.inbox.permissions(columns).rows()[2][PidTagMemberRights] & 0x20061, 0x61)
        self.assertEqual(theirs.inbox.delete_messages([mid]), (ec.Success, False))
        box.inbox.modify_permissions([(4, {PidTagMemberId: row[PidTagMemberId]})])
        self.assertEqual(len(box.inbox.permissions(columns).rows()), 2)


NDR = """Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
\r
It did not work.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.net\r
\r
Final-Recipient: rfc822; nobody@example.net\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Subject: what was sent\r
Message-ID: <sent@example.org>\r
To: nobody@example.net\r
\r
x\r
--b--\r
"""


class Reports(Case):
    def test_asked_for(self):
        """PidTagOriginatorDeliveryReportRequested and its contrary, for the site's mail system (RFC 3461)"""
        _, box = self.own()
        for props, notify in (({PidTagOriginatorDeliveryReportRequested: True}, "SUCCESS,FAILURE,DELAY"),
                              ({PidTagOriginatorNonDeliveryReportRequested: False}, "NEVER"), ({}, None)):
            mail = box.outbox.create_message()
            mail.set({**props, PidTagSubject: "s", PidTagBody: "b"})
            mail.set_recipients([d.Recipient(1, "SMTP", "x@example.net", "X")])
            mail.save()
            mail.submit()
            asked = self.dovecot.mta.mails[-1].asked["x@example.net"]
            self.assertEqual(asked.get("NOTIFY"), notify)
            self.assertEqual(asked.get("ORCPT"), notify and "rfc822;x@example.net")

    def test_not_delivered(self):
        """MS-OXCMAIL 2.2.3.7: about whom it is, and why"""
        user, box = self.own()
        head, _, body = NDR.partition("\r\n\r\n")
        self.deliver(user, "Undelivered", body, headers=head + "\r\n")
        row = self.only(box.inbox, (PidTagMid, PidTagMessageClass))
        self.assertEqual(row[PidTagMessageClass], "REPORT.IPM.Note.NDR")
        found = box.inbox.open_message(row[PidTagMid])
        self.assertEqual(found.props((PidTagOriginalSubject, PidTagOriginalMessageId)),
                         {PidTagOriginalSubject: "what was sent", PidTagOriginalMessageId: "<sent@example.org>"})
        (who,) = found.recipients()
        self.assertEqual(who["name"], "nobody@example.net")
        columns = found.info["columns"]
        for tag in (PidTagNonDeliveryReportStatusCode, PidTagNonDeliveryReportReasonCode, PidTagNonDeliveryReportDiagCode,
                    PidTagSupplementaryInfo):
            self.assertIn(tag, columns)
