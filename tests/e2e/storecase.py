# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The store through tests/unit/store-tool: a process that holds a user's store
as a worker does, driven line by line."""

import os
import subprocess

from dovetail_test.dovecot import default_prefix
from plugincase import PluginDovecot

ERRORS = ("none notfound exists perm quota nospace busy invalid unsupported "
          "input temp").split()
ROLES = ("none inbox drafts sent trash junk archive outbox flagged all "
         "calendar contacts collected tasks notes journal").split()
CLASSES = "mail calendar contacts tasks notes journal".split()


def tool():
    return os.path.join(default_prefix(), "libexec", "store-tool")


def has_tool():
    return bool(default_prefix()) and os.path.exists(tool())


class StoreError(Exception):
    def __init__(self, code, text):
        super().__init__("%s: %s" % (ERRORS[code], text))
        self.code = ERRORS[code]


class Store:
    def __init__(self, dovecot, user, wrap=()):
        with open(dovecot.path("store-tool.err"), "ab") as errors:
            self.process = subprocess.Popen(
                [*wrap, tool(), "-c", dovecot.conf, "-u", user], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors)

    def run(self, *words):
        line = "\t".join(str(w) for w in words) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline().decode("utf-8", "replace")
            if not line:
                raise RuntimeError("store-tool ended at %r: %s" % (
                    words, open(self.errors()).read()[-2000:]))
            line = line.rstrip("\n")
            if line == ".":
                return lines
            fields = line.split("\t")
            if fields[0] == "!":
                self.process.stdout.readline()
                raise StoreError(int(fields[1]), fields[2])
            lines.append(fields)

    def errors(self):
        return os.path.join(os.path.dirname(self.process.args[-3]), "store-tool.err")

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        return code

    # -- in words of the tests
    def folders(self):
        return [Folder(*line) for line in self.run("folders")]

    def fid(self, name):
        for folder in self.folders():
            if folder.name == name:
                return folder.fid
        raise KeyError(name)

    def path(self):
        """fid -> full path"""
        by_fid = {f.fid: f for f in self.folders()}
        result = {}
        for f in by_fid.values():
            parts, at = [], f
            while at is not None:
                parts.insert(0, at.name)
                at = by_fid.get(at.parent)
            result["/".join(parts)] = f
        return result

    def open(self, fid):
        lines = {w[0]: w[1:] for w in self.run("open", fid)}
        return int(lines["count"][0]), tuple(int(x) for x in lines["point"])

    def unchanged(self, fid, point):
        return self.run("unchanged", fid, *point)[0][0] == "1"

    def changes(self, fid, point, known, only_new_from=0):
        lines = {w[0]: w[1:] for w in self.run(
            "changes", fid, *point, known, only_new_from)}
        return Changes(lines)

    def save(self, fid, path, flags=0, keywords="", replaces=0):
        return int(self.run("save", fid, path, flags, keywords, replaces)[0][1])

    def fetch(self, fid, uids):
        return [Message(*line) for line in self.run("fetch", fid, uids)]

    def oid(self, fid, uid):
        return tuple(int(x) for x in self.run("oid", fid, uid)[0][1:])

    def find(self, oid):
        return tuple(int(x) for x in self.run("find", *oid)[0])


class Folder:
    def __init__(self, fid, parent, role, bits, owner, name, guid, klass="0", display=None):
        self.klass, self.display = CLASSES[int(klass)], display
        self.fid, self.parent, self.role = int(fid), int(parent), ROLES[int(role)]
        self.selectable, self.foreign, self.subscribed = (b == "1" for b in bits)
        self.owner, self.name, self.guid = owner, name, guid


class Message:
    def __init__(self, uid, flags, keywords, modseq, size, parts, subject):
        self.uid, self.flags, self.keywords = int(uid), int(flags, 16), keywords.split()
        self.modseq, self.size, self.parts, self.subject = int(modseq), int(size), parts, subject


class Changes:
    def __init__(self, lines):
        self.ret = int(lines["ret"][0])
        self.added, self.expunged = lines["added"][0], lines["expunged"][0]
        self.changed = [int(x) for x in lines["changed"]]
        self.rewritten = lines["rewritten"]
        self.point = tuple(int(x) for x in lines["point"])


class StoreDovecot(PluginDovecot):
    pass
