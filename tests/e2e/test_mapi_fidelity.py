# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Any properties that Outlook writes come back bit for bit: random sets of them on messages,
FAI messages, folders and attachments, after the save, IMAP's flags, copies, moves and renames,
a restart and with indexes made anew.  DOVETAIL_FIDELITY is how many sets (5,000 for the
acceptance), DOVETAIL_SEED which ones."""

import contextlib
import glob
import os
import random
import struct
import uuid

from dovetail_test import mapidata as d
from dovetail_test import mapirops as rops
from dovetail_test.mapi import Handle
from dovetail_test.mapidata import ec
from dovetail_test.mapiprops import *
from mapicase import Case

SETS = int(os.environ.get("DOVETAIL_FIDELITY", "100"))
SEED = int(os.environ.get("DOVETAIL_SEED", "1"))
# A buffer's ROPs must stay below 32 KB
BATCH = 24000
NAMES = [(uuid.UUID(int=0x1234), key) for key in list(range(0x8001, 0x8010)) + [
    "x", "Gr\u00fc\u00dfe", "\u540d\u524d", "name with  spaces", "UPPER", "upper", "\U0001F600", "a/b\\c\"d", "n" * 60]]
TEXTS = ["", " ", "plain", "Gr\u00fc\u00dfe", "\u65e5\u672c\u8a9e", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "e\u0301\u0327",
         "\u202Ertl\u202C \u05E9\u05DC\u05D5\u05DD", "\uFEFFbom", "tab\tcr\rlf\ncrlf\r\n", "\x01\x1f\x7f\x80\x9f", "\uFFFD\uE000",
         " lead and trail ", "%s%n\\0", "\uFFFE\uFFFF"]


class Values:
    """One random value of a type; what the client's codec writes for it is what counts."""

    def __init__(self, rnd):
        self.rnd = rnd

    def text(self):
        rnd = self.rnd
        if rnd.random() < 0.5:
            return rnd.choice(TEXTS)
        length = rnd.choice((1, 10, 100, 300))
        ranges = ((0x20, 0x7e), (0xa1, 0x17f), (0x400, 0x4ff), (0x4e00, 0x9fff), (0x1f300, 0x1f6ff))
        low, high = rnd.choice(ranges)
        return "".join(chr(rnd.randint(low, high)) for _ in range(length))

    def single(self, kind):
        rnd = self.rnd
        if kind in (d.R4, d.R8, d.APPTIME):
            return rnd.choice((0.0, -0.0, 1.5, float("inf"), float("-inf"), 1e-40, rnd.uniform(-1e9, 1e9)))
        if kind in d.FIXED:
            bits = 8 * struct.calcsize(d.FIXED[kind]) - 1
            v = rnd.choice((0, 1, -1, (1 << bits) - 1, -(1 << bits), rnd.getrandbits(bits)))
            return v
        if kind == d.BOOLEAN:
            return rnd.random() < 0.5
        if kind == d.GUID:
            return rnd.choice((uuid.UUID(int=0), uuid.UUID(int=rnd.getrandbits(128))))
        if kind == d.STRING:
            return self.text()
        if kind == d.STRING8:
            return bytes(rnd.choice((0x41, 0xe4, 0x80, 0x20)) for _ in range(rnd.choice((0, 1, 20))))
        if kind == d.BINARY:
            return rnd.randbytes(rnd.choice((0, 1, 22, 200, 2000)))
        if kind == d.SERVER_ID:
            return b"\x01" + rnd.randbytes(20)
        if kind == d.RESTRICTION:
            return d.And(d.Exist(PidTagSubject), d.Not(d.Content(PidTagSubject, "x")), d.Bits(PidTagMessageFlags, 4))
        raise ValueError(kind)

    def value(self, kind):
        if kind & d.MULTIPLE:
            return [self.single(kind & ~d.MULTIPLE) for _ in range(self.rnd.choice((1, 2, 3, 17)))]
        return self.single(kind)


SINGLE = (d.I2, d.I4, d.R4, d.R8, d.CURRENCY, d.APPTIME, d.BOOLEAN, d.I8, d.STRING, d.STRING8, d.TIME, d.GUID, d.BINARY,
          d.SERVER_ID)
MANY = tuple(k | d.MULTIPLE for k in SINGLE if k not in (d.BOOLEAN, d.SERVER_ID))


class Sets:
    def __init__(self, seed, named):
        self.rnd = random.Random(seed)
        self.values, self.named = Values(self.rnd), named

    def make(self, restriction=False):
        rnd = self.rnd
        ids = rnd.sample(range(0x6920, 0x69e0), 6) + rnd.sample(self.named, 3)
        found = {}
        for prop_id in ids:
            kind = rnd.choice(SINGLE + MANY)
            found[d.tag(prop_id, kind)] = self.values.value(kind)
        if restriction:
            found[d.tag(0x69f0, d.RESTRICTION)] = self.values.single(d.RESTRICTION)
        return found

    def large(self):
        return self.rnd.randbytes(self.rnd.choice((40000, 70000, 150000)))


def coded(props):
    return {t: d.value(t & 0xffff, v) for t, v in props.items()}


class Fidelity(Case):
    core = True

    def open(self, box):
        """Handles in one list, released at the end"""
        handle = Handle(box.session, box.handle.logon_id)
        self.handles.append(handle)
        return handle

    def run_all(self, box, steps, answers=None):
        """steps: lists of (rop, handle, output, fields), each in one buffer; many in one
        Execute where they fit, they and their answers (bytes).  The responses of each step."""
        results, batch, sizes, used = [], box.client.batch(), [], 0

        def run():
            responses = iter(batch.run())
            for count in sizes:
                results.append([next(responses) for _ in range(count)])
        for step, answer in zip(steps, answers or [1000] * len(steps)):
            used += max(answer, sum(self.size_of(s) for s in step))
            if batch.data and used > BATCH:
                run()
                batch, sizes, used = box.client.batch(), [], answer
            for name, handle, output, fields in step:
                batch.add(name, handle, output, **fields)
            sizes.append(sum(1 for s in step if s[0] != "Release"))
        if batch.data:
            run()
        for responses in results:
            for r in responses:
                self.assertIsNotNone(r, "an answer did not fit")
                self.assertEqual(r.code, ec.Success, r)
                self.assertFalse(r.fields.get("PropertyProblems"), r)
        return results

    @staticmethod
    def size_of(step):
        name, _, _, fields = step
        return len(rops.request(rops.ROPS[name], 0, [0, 0], fields))

    # -- made ----------------------------------------------------------------------
    def make_messages(self, box, folder, sets, associated):
        steps = []
        for number, props in enumerate(sets):
            handle = self.open(box)
            subject = "%s%04d" % ("f" if associated else "m", number)
            steps.append([
                ("CreateMessage", box.handle, handle, {"FolderId": folder.id, "AssociatedFlag": associated}),
                ("SetProperties", handle, None, {"PropertyValues": {PidTagSubject: subject,
                                                                    PidTagMessageClass: "IPM.Note", **props}}),
                ("SaveChangesMessage", box.handle, handle, {"SaveFlags": 0}),
                ("Release", handle, None, {})])
        self.run_all(box, steps)

    def make_attachments(self, box, folder, sets):
        """Four to a message"""
        for first in range(0, len(sets), 4):
            msg = folder.create_message()
            msg.set({PidTagSubject: "a%04d" % first, PidTagMessageClass: "IPM.Note"})
            for number, props in enumerate(sets[first:first + 4]):
                attachment = msg.create_attachment()
                attachment.set({PidTagAttachMethod: 1, PidTagAttachLongFilename: "%d.bin" % number,
                                PidTagAttachDataBinary: b"x" * number, **props})
                attachment.save()
            msg.save()
            msg.release()

    def make_large(self, msg, props):
        for tag, data in props.items():
            stream = msg.stream(tag, 2)
            stream.write_all(data)
            stream.release()

    # -- looked at -----------------------------------------------------------------
    def compare(self, what, want, got):
        got = {t: d.value(t & 0xffff, v) for t, v in got.items() if t in want}
        want = coded(want)
        bad = {hex(t): (want[t].hex()[:200], got[t].hex()[:200] if t in got else None) for t in want if got.get(t) != want[t]}
        self.assertEqual(bad, {}, what)

    def check_messages(self, box, folder, prefix, sets, associated=False, deep=None):
        rows = folder.contents((PidTagMid, PidTagSubject), associated).rows()
        ids = {row[PidTagSubject]: row[PidTagMid] for row in rows}
        steps, names = [], []
        for number, props in enumerate(sets):
            handle = self.open(box)
            names.append("%s%04d" % (prefix, number))
            self.assertIn(names[-1], ids)
            steps.append([
                ("OpenMessage", box.handle, handle, {"FolderId": folder.id, "MessageId": ids[names[-1]], "OpenModeFlags": 0}),
                ("GetPropertiesSpecific", handle, None, {"PropertyTags": list(props)}),
                ("Release", handle, None, {})])
        room = [1000 + sum(map(len, coded(props).values())) for props in sets]
        for name, props, answers in zip(names, sets, self.run_all(box, steps, room)):
            self.compare(name, props, answers[1].fields["RowData"])
        return ids

    def check_attachments(self, box, folder, sets):
        ids = {row[PidTagSubject]: row[PidTagMid] for row in folder.contents((PidTagMid, PidTagSubject)).rows()}
        for first in range(0, len(sets), 4):
            msg = folder.open_message(ids["a%04d" % first], 0)
            for number, props in enumerate(sets[first:first + 4]):
                attachment = msg.open_attachment(number, 0)
                self.compare("a%d.%d" % (first, number), props, attachment.props(list(props)))
                self.assertEqual(attachment.data(), b"x" * number)
                attachment.release()
            msg.release()

    def check_large(self, box, folder, prefix, sets):
        ids = {row[PidTagSubject]: row[PidTagMid] for row in folder.contents((PidTagMid, PidTagSubject)).rows()}
        for number, props in enumerate(sets):
            msg = folder.open_message(ids["%s%04d" % (prefix, number)], 0)
            for tag, data in props.items():
                self.assertTrue(msg.stream(tag).read_all() == data, "a large value")
            msg.release()

    def check_folders(self, box, parent, sets, names):
        children = parent.children()
        for name, props in zip(names, sets):
            folder = box.open_folder(children[name])
            self.compare(name, props, folder.props(list(props)))
            folder.release()

    # -- the test --------------------------------------------------------------------
    def test_random_sets(self):
        user = self.new_user()
        box = self.mailbox(user)
        named = [i & 0x7fff | 0x8000 for i in box.ids_of_names(NAMES)]
        gen = Sets(SEED, named)
        messages = [gen.make() for _ in range(max(1, SETS * 5 // 10))]
        fai = [gen.make(restriction=True) for _ in range(max(1, SETS * 2 // 10))]
        attached = [gen.make() for _ in range(max(1, SETS * 2 // 10))]
        folders = [gen.make() for _ in range(max(1, SETS // 10))]
        large = [{d.tag(0x6911, d.BINARY): gen.large(), d.tag(0x6912, d.STRING): ("\u00e4x" * 9000).encode("utf-16-le")}
                 for _ in range(max(1, SETS // 100))]
        self.handles = []
        work = box.ipm.create_folder("Work")
        self.make_messages(box, work, messages, False)
        self.make_messages(box, work, fai, True)
        self.make_attachments(box, work, attached)
        for number, props in enumerate(large):
            msg = work.create_message()
            msg.set({PidTagSubject: "l%04d" % number})
            self.make_large(msg, props)
            msg.save()
            msg.release()
        for number, props in enumerate(folders):
            folder = work.create_folder("d%d" % number)
            folder.set(props)
            folder.release()
        names = ["d%d" % n for n in range(len(folders))]

        def look(box, folder, where):
            with self.subTest(where):
                self.check_messages(box, folder, "m", messages)
                self.check_attachments(box, folder, attached)
                self.check_large(box, folder, "l", large)
        box = self.again(box, user)
        work = box.folder("Work")
        look(box, work, "saved")
        self.check_messages(box, work, "f", fai, associated=True)
        self.check_folders(box, work, folders, names)

        # IMAP
        count = len(messages) + (len(attached) + 3) // 4 + len(large)
        imap = self.imap(user)
        imap.create("Copy")
        imap.create("Moved")
        imap.select("Work")
        self.assertEqual(imap.store("1:*", "+FLAGS", "(\\Flagged \\Seen kw)")[0], "OK")
        self.assertEqual(imap.copy("1:*", "Copy")[0], "OK")
        self.assertEqual(len(imap.store("1:*", "-FLAGS", "(\\Seen)")[1]), count)
        for number in range(len(folders)):
            self.assertEqual(imap.rename("Work/d%d" % number, "Work/e%d" % number)[0], "OK")
        names = ["e%d" % n for n in range(len(folders))]
        box = self.again(box, user)
        look(box, box.folder("Copy"), "copied by IMAP")
        imap.select("Work")
        self.assertEqual(imap._simple_command("MOVE", "1:*", "Moved")[0], "OK")
        self.assertEqual(imap.logout()[0], "BYE")

        self.dovecot.restart()
        box = self.again(box, user)
        look(box, box.folder("Moved"), "moved by IMAP, restarted")
        self.without_indexes(user)
        box = self.again(box, user)
        work = box.folder("Work")
        look(box, box.folder("Moved"), "indexes made anew")
        self.check_messages(box, work, "f", fai, associated=True)
        self.check_folders(box, work, folders, names)

    def again(self, box, user):
        with contextlib.suppress(Exception):
            box.client.disconnect()
        box.client.close()
        self.handles = []
        return self.mailbox(user)

    def without_indexes(self, user):
        self.dovecot.expect_error("(?i)index|rebuil|corrupt|fsck|dbox|map|log|lost|reset")
        self.dovecot.kill9("dovetail-worker")
        if self.dovecot.opt.format == "maildir":
            for path in glob.glob(os.path.join(self.dovecot.maildir(user), "**", "dovecot.index*"), recursive=True) + \
                    glob.glob(os.path.join(self.dovecot.maildir(user), ".*", "dovecot.index*")):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
        self.dovecot.doveadm("force-resync", "-u", user, "*")
