# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The store's third part (dovetail-objects.h) through tests/unit/store-tool."""

import hashlib
import os

from dovetail_test.case import message
from itemcase import ItemCase, ItemStore, escape, unescape
from storecase import Folder

NORMAL, ASSOCIATED, ALL = 1, 2, 3
FOLDER_FIRST, ITEM_FIRST = 0x10000, 0xc00000000000
CN_CHANGED, CN_SEQ = 0xc00000000000, 0xd00000000000


def special(number, view="-"):
    return "%s:%d" % (view, number)


def shown(data):
    """As the tool shows bytes."""
    if data is None:
        return "none"
    return data.hex() if len(data) <= 256 else "#%d.%s" % (len(data), hashlib.sha256(data).hexdigest())


class Opaque:
    def __init__(self, num, name, associated, key, size, seq, data):
        self.num, self.name, self.associated, self.key = int(num), name, associated == "1", unescape(key)
        self.size, self.seq, self.data = int(size), int(seq), data


class Version:
    def __init__(self, cn, read_cn, change_key, pcl):
        self.cn, self.read_cn = int(cn, 16), int(read_cn, 16)
        self.change_key, self.pcl = change_key, pcl

    def __repr__(self):
        return "%x/%x/%s/%s" % (self.cn, self.read_cn, self.change_key, self.pcl)


class ObjectStore(ItemStore):
    where = None

    def word(self, data):
        if data is None:
            return "none"
        if len(data) < 4096:
            return data.hex()
        path = os.path.join(self.where, "blob.%s" % hashlib.sha256(data).hexdigest())
        with open(path, "wb") as f:
            f.write(data)
        return "@" + path

    def bset(self, place, name, data):
        self.run("bset", place, name, self.word(data))

    def bget(self, place, name):
        lines = self.run("bget", place, name)
        return lines[0][0] if lines else None

    def oput(self, place, key, data, num=0, associated=True, expected=0):
        num, seq = self.run("oput", place, num, escape(key), int(associated), self.word(data), expected)[0]
        return int(num), int(seq)

    def oget(self, place, num):
        lines = self.run("oget", place, num)
        return Opaque(*lines[0]) if lines else None

    def olist(self, place, which=ALL, *prefix):
        return [Opaque(*line) for line in self.run("olist", place, which, *prefix)]

    def ochanges(self, place, since):
        ret, now, *changes = self.run("ochanges", place, since)
        return int(ret[1]), int(now[1]), [tuple(int(x) for x in c) for c in changes]

    def gid(self, *words):
        replid, _, counter = self.run("gid", "/".join(str(w) for w in words))[0][0].partition(".")
        return int(replid), int(counter, 16)

    def gfind(self, gid, view="-"):
        lines = self.run("gfind", view, "%d.%x" % gid)
        return lines[0][0] if lines else None

    def give(self, gid, *words):
        self.run("ggive", "/".join(str(w) for w in words), "%d.%x" % gid)

    def range_of(self, count, view="-"):
        return int(self.run("grange", view, count)[0][0], 16)

    def ver(self, *words):
        return Version(*self.run("ver", "/".join(str(w) for w in words))[0])

    def sign(self, key, pcl, *words):
        return int(self.run("verset", "/".join(str(w) for w in words), key.hex(), pcl.hex())[0][0], 16)

    def versions(self, place, kind, *since):
        return {int(w[0]): Version(*w[1:]) for w in self.run("vers", place, kind, *since)}

    def view_versions(self, view="-"):
        return {w[0]: Version(*w[1:]) for w in self.run("ververs", view)}

    def maximum(self, place):
        return tuple(int(x, 16) for x in self.run("vermax", place)[0])

    def view(self, view="-"):
        return [Folder(*line) for line in self.run("vfolders", view)]

    def inbox(self):
        return self.role_fid("inbox")


class ObjectCase(ItemCase):
    def open(self, user):
        store = ObjectStore(self.dovecot, user)
        store.where = self.dovecot.path("run")
        self.addCleanup(store.close)
        return store

    def append(self, *subjects, folder="INBOX", user=None):
        self.dovecot.append(user or self.user, [message(s) for s in subjects], folder)
