#!/usr/bin/env python3
# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""A private PostgreSQL of Debian's packages in a temporary directory, reached by a
socket there. As a program: `pgsql.py COMMAND...` runs the command with
DOVETAIL_META_PGSQL (how to connect) and stops the server again; exit code 77
where there is no PostgreSQL."""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

NAME = "dovetail"


def binaries():
    """Directory of initdb and postgres, or None"""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"),
                   key=lambda path: float(path.split("/")[4]))
    return os.path.dirname(found[-1]) if found else None


class Postgres:
    """A role without special rights and its database, both `dovetail`."""

    def __init__(self, **settings):
        self.bin = binaries()
        self.settings = settings
        self.base = None
        self.own = True
        self.process = None

    @property
    def conninfo(self):
        return "host=%s dbname=%s user=%s" % (self.base, NAME, NAME)

    def _as_user(self, *argv):
        """The server does not run as root."""
        if os.getuid() != 0:
            return list(argv)
        return ["setpriv", "--reuid", self.user, "--regid", str(pwd.getpwnam(self.user).pw_gid),
                "--clear-groups", *argv]

    def _run(self, *argv):
        done = subprocess.run(self._as_user(*argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd="/", text=True)
        if done.returncode != 0:
            raise RuntimeError("%s: %s" % (argv[0], done.stdout))
        return done.stdout

    def start(self):
        self.user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.base = tempfile.mkdtemp(prefix="dovetail-pg-")
        os.chmod(self.base, 0o755)
        if os.getuid() == 0:
            shutil.chown(self.base, self.user)
        data = os.path.join(self.base, "data")
        self._run(os.path.join(self.bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres",
                  "-E", "UTF8", "--locale", "C", "--no-sync")
        self.launch()
        self.sql("CREATE ROLE %s LOGIN" % NAME, admin=True)
        self.sql("CREATE DATABASE %s OWNER %s" % (NAME, NAME), admin=True)
        return self

    def launch(self):
        settings = dict({"listen_addresses": "", "unix_socket_directories": self.base, "fsync": "off",
                         "full_page_writes": "off", "max_connections": "200", "autovacuum_naptime": "5s"},
                        **self.settings)
        options = [word for pair in settings.items() for word in ("-c", "%s=%s" % pair)]
        with open(os.path.join(self.base, "log"), "ab") as log:
            self.process = subprocess.Popen(
                self._as_user(os.path.join(self.bin, "postgres"), "-D", os.path.join(self.base, "data"), *options),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(RuntimeError):
                self.sql("SELECT 1", admin=True)
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(os.path.join(self.base, "log")) as log:
            raise RuntimeError("PostgreSQL did not start:\n" + log.read())

    @classmethod
    def of_environment(cls):
        """The one that the runner started (DOVETAIL_PGSQL), or one of our own, which
        the caller stops."""
        server = cls()
        if os.environ.get("DOVETAIL_PGSQL"):
            server.base, server.own = os.environ["DOVETAIL_PGSQL"], False
            server.user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
            return server
        return server.start()

    def new_database(self):
        """How to connect to an empty one"""
        name = "d%d_%d" % (os.getpid(), time.monotonic_ns())
        self.sql("CREATE DATABASE %s OWNER %s" % (name, NAME), admin=True)
        return "host=%s dbname=%s user=%s" % (self.base, name, NAME)

    def drop_database(self, conninfo):
        self.sql("DROP DATABASE %s WITH (FORCE)" % conninfo.split("dbname=")[1].split()[0], admin=True)

    def sql(self, statement, admin=False, database=None):
        """Rows as lists of texts; admin: as the superuser"""
        out = self._run(os.path.join(self.bin, "psql"), "-h", self.base, "-U", "postgres" if admin else NAME,
                        "-d", database or ("postgres" if admin else NAME), "-X", "-q", "-A", "-t", "-F", "\t",
                        "-v", "ON_ERROR_STOP=1", "-c", statement)
        return [line.split("\t") for line in out.splitlines() if line]

    def end(self, how=signal.SIGINT):
        """SIGINT: at once, with its connections; SIGQUIT: as if it crashed"""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)
        self.process = None

    def pause(self, on=True):
        """It neither answers nor closes anything."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        for pid in [self.process.pid] + [int(p) for p in children.stdout.split()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP if on else signal.SIGCONT)

    def stop(self):
        if not self.own:
            return
        with contextlib.suppress(Exception):
            self.end()
        if self.base:
            shutil.rmtree(self.base, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()


def main(argv):
    if binaries() is None:
        print("There is no PostgreSQL here.")
        return 77
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Postgres() as server:
        return subprocess.run(argv, env=dict(os.environ, DOVETAIL_META_PGSQL=server.conninfo)).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
