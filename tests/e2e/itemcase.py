# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Items of the store through tests/unit/store-tool, and texts for them."""

import hashlib
import unittest

from plugincase import PluginCase
from storecase import CLASSES, Store, StoreError, has_tool

CALENDAR, CONTACTS, TASKS, NOTES, JOURNAL = range(1, 6)


def name(uid):
    return hashlib.sha256(uid.encode()).hexdigest()[:32]


def event(uid, summary="summary", start="20270101T100000Z", end="20270101T110000Z", *lines):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", "BEGIN:VEVENT", "UID:" + uid,
                        "DTSTAMP:20260101T000000Z", "DTSTART:" + start, "DTEND:" + end,
                        "SUMMARY:" + summary, *lines, "END:VEVENT", "END:VCALENDAR", ""])


def card(full_name, *lines):
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", "FN:" + full_name, *lines, "END:VCARD", ""])


ESCAPES = (("\001", "1"), ("\t", "t"), ("\n", "n"), ("\r", "r"))


def escape(text):
    for char, code in ESCAPES:
        text = text.replace(char, "\001" + code)
    return text


def unescape(text):
    for char, code in reversed(ESCAPES):
        text = text.replace("\001" + code, char)
    return text


class Item:
    def __init__(self, num, seq, name_, extras, text):
        self.num, self.seq, self.name = int(num), int(seq), name_
        self.extras = dict(e.split("=", 1) for e in extras.split(";")) if extras else {}
        self.text = unescape(text)


class ItemStore(Store):
    def make(self, name_="Cal", klass=CALENDAR, parent=0):
        return int(self.run("create", parent, name_, klass)[0][1])

    def put(self, fid, uid, text, extras="-", expected=0, only_new=False):
        words = ["iput", fid, uid, escape(text), extras, expected]
        (num, seq), = self.run(*words, *(["new"] if only_new else []))
        return int(num), int(seq)

    def many(self, fid, prefix, count, text):
        return self.run("imany", fid, prefix, count, escape(text))

    def get(self, fid, num):
        lines = self.run("iget", fid, num)
        return Item(*lines[0]) if lines else None

    def by_uid(self, fid, uid):
        lines = self.run("iuid", fid, uid)
        return Item(*lines[0]) if lines else None

    def list(self, fid, nums="1:2999", *newest):
        return [Item(*line) for line in self.run("ilist", fid, nums, *newest)]

    def delete_items(self, fid, *nums):
        return self.run("idelete", fid, ",".join(str(n) for n in nums))

    def nums(self, fid):
        return self.run("inums", fid)[0][1]

    def point(self, fid):
        return tuple(int(x) for x in self.run("ipoint", fid)[0][1:])

    def same(self, fid, point):
        return self.run("iunchanged", fid, *point)[0][0] == "1"

    def since(self, fid, point, known=""):
        """(ret, added, changed, expunged, point)"""
        lines = {w[0]: w[1:] for w in self.run("ichanges", fid, *point, known)}
        return (int(lines["ret"][0]), lines["added"][0], lines["changed"], lines["expunged"][0],
                tuple(int(x) for x in lines["point"]))

    def range(self, fid, start, end=0):
        return self.run("irange", fid, start, end)[0][1]

    def search(self, klass, query, fid=0, maximum=100):
        total, *hits = self.run("isearch", klass, fid, query, maximum)
        return int(total[1]), [tuple(int(x) for x in hit) for hit in hits]

    def folder(self, name_):
        for folder in self.folders():
            if folder.name == name_:
                return folder
        return None

    def role_fid(self, role):
        for folder in self.folders():
            if folder.role == role:
                return folder.fid
        return None


@unittest.skipUnless(has_tool(), "no store-tool below DOVETAIL_PREFIX")
class ItemCase(PluginCase):
    def setUp(self):
        super().setUp()
        self.user, self.sharee = self.new_user(), self.new_user()
        self.prepare()
        self.store = self.open(self.user)

    def prepare(self):
        """Before anybody logs in."""

    def open(self, user):
        store = ItemStore(self.dovecot, user)
        self.addCleanup(store.close)
        return store

    def error(self, code, function, *args, **kwargs):
        with self.assertRaises(StoreError) as caught:
            function(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
