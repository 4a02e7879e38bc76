# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""For the tests of the plugin alone: a Dovecot that loads it, without the
HTTP service, and a reader of the change bus in place of the front."""

import contextlib
import os
import select
import sqlite3
import time
import unittest

from dovetail_test.case import TestCase, message
from dovetail_test.dovecot import (DOMAIN, VMAIL_UID, Dovecot, _link_tree,
                                   default_prefix)

PREFIX = "/shared/vendor/vendor.dovecot/pvt/dovetail/"
EVENTS = {"append": 0x01, "flags": 0x02, "expunge": 0x04, "attribute": 0x08,
          "hierarchy": 0x10, "acl": 0x20, "subscribe": 0x40, "unknown": 0x80}
NO_GUID = "0" * 32


def has_plugin():
    return bool(default_prefix()) and os.path.exists(os.path.join(
        default_prefix(), "modules", "lib90_dovetail_plugin.so"))


class PluginDovecot(Dovecot):
    """The plugin in every mail process, its bus led to a FIFO of the test."""

    def __init__(self, with_plugin=True, uids=None, **options):
        self.with_plugin, self.uids = with_plugin, uids or {}
        options.setdefault("relay", False)
        plugin = dict(options.pop("plugin", {}))
        super().__init__(dovetail=False, plugin=plugin, **options)
        if with_plugin:
            self.opt.plugin["dovetail_bus"] = self.path("bus")

    def _link_modules(self):
        super()._link_modules()
        if self.with_plugin:
            _link_tree(os.path.join(self.install, "modules"), self.path("modules"))

    def prepare(self):
        super().prepare()
        if not os.path.exists(self.path("bus")):
            os.mkfifo(self.path("bus"))
            os.chmod(self.path("bus"), 0o666)
        for user in self.uids:
            self.own_home(user, self.uids[user], 0o2770)
        for name in ("dict", "public"):
            os.chmod(self.path(name), 0o2770)

    def own_home(self, user, uid, mode):
        """A uid of the user's own, and modes that Dovecot follows: 2.3 those of
        the home, 2.4 those of the mail root, which it does not make so itself."""
        self.uids[user] = uid
        for path in (self.home(user), self.maildir(user)):
            os.makedirs(path, exist_ok=True)
            os.chown(path, uid, VMAIL_UID)
            os.chmod(path, mode)

    def write_users(self):
        super().write_users()
        if not self.uids:
            return
        with open(self.path("passwd")) as f:
            lines = f.read().splitlines()
        for i, line in enumerate(lines):
            fields = line.split(":")
            if fields[0] in self.uids:
                fields[2] = str(self.uids[fields[0]])
                lines[i] = ":".join(fields)
        with open(self.path("passwd"), "w") as f:
            f.write("\n".join(lines) + "\n")

    def _plugins(self):
        return super()._plugins() + " dovetail" * self.with_plugin

    def config(self):
        # auth and stats sockets for mail processes of any uid
        return super().config() + """
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
"""

    # -- metadata by doveadm ------------------------------------------------
    def meta_set(self, user, folder, key, value, **kwargs):
        return self.doveadm("mailbox", "metadata", "set", "-u", user, folder,
                            PREFIX + key, value, **kwargs)

    def meta_get(self, user, folder, key, **kwargs):
        out = self.doveadm("mailbox", "metadata", "get", "-u", user, folder,
                           PREFIX + key, **kwargs)
        return out[:-1] if out.endswith("\n") else out

    def meta_unset(self, user, folder, key, **kwargs):
        return self.doveadm("mailbox", "metadata", "unset", "-u", user, folder,
                            PREFIX + key, **kwargs)

    def meta_list(self, user, folder, **kwargs):
        """Our keys, without the prefix."""
        out = self.doveadm("mailbox", "metadata", "list", "-u", user, folder, PREFIX, **kwargs)
        return sorted(out.split())

    def meta_items(self, user, folder):
        return {key: self.meta_get(user, folder, key)
                for key in self.meta_list(user, folder)}

    def status(self, user, field, folder="INBOX"):
        out = self.doveadm("mailbox", "status", "-u", user, field, folder)
        return out.strip().rpartition("=")[2]

    def share(self, owner, folder, sharee, *rights):
        self.doveadm("acl", "set", "-u", owner, folder, "user=" + sharee, *rights)

    def open_public(self):
        """Everybody may do everything in the public namespace."""
        root = self.path("public") if self.opt.format == "maildir" else \
            self.path("public", "mailboxes")
        os.makedirs(root, exist_ok=True)
        if self.root:
            os.chown(root, VMAIL_UID, VMAIL_UID)
            os.chmod(root, 0o2770)
        with open(os.path.join(root, "dovecot-acl"), "w") as out:
            out.write("authenticated lrwstipekxa\n")
        os.chmod(os.path.join(root, "dovecot-acl"), 0o644)

    def rows(self, user, folder_guid):
        """Our items of a mailbox as the database has them."""
        if self.opt.meta == "pgsql":
            return self._pgsql_rows(user, folder_guid)
        return dict(self.sql(user, "SELECT substr(i.key,?), v.value FROM folder f"
                             " JOIN item i USING(fid) JOIN item_value v USING(id)"
                             " WHERE f.fkey=? AND f.dead=0", len(PREFIX) - len("/shared/") + 1,
                             "g" + folder_guid))

    def _pgsql_rows(self, user, folder_guid):
        owner = "%s:%s" % (user, self.mail_folder) if user else ":" + self.path("public")
        return dict(self.pgsql.sql(
            "SELECT convert_from(substr(i.key,%d),'UTF8'),convert_from(v.value,'UTF8') FROM dovetail.all_owner o"
            " JOIN dovetail.all_folder f USING(owner) JOIN dovetail.all_item i USING(owner,fid)"
            " JOIN dovetail.all_item_value v USING(owner,id) WHERE f.fkey='g%s'::bytea AND f.dead=0"
            " AND o.name=convert_to('%s','UTF8')" % (len(PREFIX) - len("/shared/") + 1, folder_guid, owner),
            database=self.conninfo.split("dbname=")[1].split()[0]))

    def guid(self, user, folder="INBOX"):
        return self.status(user, "guid", folder)

    def database(self, user):
        """Path of the owner's database ("" for public folders)."""
        if self.opt.meta == "pgsql":
            raise unittest.SkipTest("looks into SQLite's file")
        root = self.maildir(user) if user else self.path("public")
        return os.path.join(root, "dovetail.db")

    def sql(self, user, statement, *args):
        with contextlib.closing(sqlite3.connect(self.database(user), timeout=10)) as db:
            with db:
                return db.execute(statement, args).fetchall()


class Bus:
    """Reads the FIFO: the front's part."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self.rest = b""

    def close(self):
        os.close(self.fd)

    def read(self, wait=0.3):
        """Records since the last call: (owner, guid, set of event names, origin, pvt_user)."""
        deadline = time.monotonic() + wait
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                break
            self.rest += os.read(self.fd, 65536)
        *lines, self.rest = self.rest.split(b"\n")
        return [self._parse(line.decode()) for line in lines]

    @staticmethod
    def _parse(line):
        fields = line.split("\t")
        if fields[0] != "E1":
            return tuple(fields)
        mask = int(fields[3], 16)
        names = frozenset(name for name, bit in EVENTS.items() if mask & bit)
        return (fields[1], fields[2], names, int(fields[4], 16), fields[5])


class PluginCase(TestCase):
    needs_service = False
    options = {}

    @classmethod
    def setUpClass(cls):
        if not has_plugin():
            raise unittest.SkipTest("no plugin below DOVETAIL_PREFIX")
        users = ["u%03d@%s" % (n, DOMAIN) for n in range(1, 100)]
        cls.dovecot = PluginDovecot(**dict({"users": users}, **cls.options)).start()
        cls._users = iter(cls.dovecot.opt.users[:])

    def bus(self):
        bus = Bus(self.dovecot.path("bus"))
        self.addCleanup(bus.close)
        bus.read(0.05)
        return bus
