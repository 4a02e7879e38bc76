# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The part of ./demo behind the build: a private Dovecot with Dovetail, two
users with mail, a phone that synchronises, a push, and then it stays."""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import threading
import time

from . import demoitems, demooutlook, eas
from .case import message
from .dovecot import DOMAIN, FORMATS, Dovecot, has_dovetail
from .mailgen import Generator

USER1, USER2 = "anna@" + DOMAIN, "ben@" + DOMAIN
PASSWORD = "demo-secret"
# What a start makes anew below BASE_DIR; the build stays.
STATE = ("run", "state", "home", "public", "modules", "dict", "dovecot.conf", "dovecot.log",
         "info.log", "debug.log", "master.out", "passwd", "instance.json", "env",
         "cert.pem", "key.pem")
# folder: how many messages USER1 has there
FOLDERS = {"INBOX": 320, "Sent": 60, "Drafts": 4, "Trash": 15, "Junk": 12, "Archive": 0,
           "Archive/2025": 80, "Archive/2026": 40, "Projects": 3, "Projects/Hafen & Brücke": 25,
           "Projects/日本": 8}


def say(text):
    print(text, flush=True)


class Demo:
    def __init__(self, args):
        self.args, self.base = args, args.base
        self.dovecot = None
        self.stopping = threading.Event()

    def path(self, name):
        return os.path.join(self.base, name)

    def running(self):
        """The pid of a living demo, or None."""
        with contextlib.suppress(OSError, ValueError):
            with open(self.path("demo.pid")) as f:
                pid = int(f.read())
            os.kill(pid, 0)
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                if b"dovetail_test.demo" in f.read():
                    return pid
        return None

    # -- the other commands ---------------------------------------------
    def print_env(self):
        if self.running() is None:
            print("The demo is not running.", file=sys.stderr)
            return 1
        with open(self.path("env")) as f:
            sys.stdout.write(f.read())
        return 0

    def stop(self):
        pid = self.running()
        if pid is None:
            say("The demo is not running.")
            return 0
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while self.running() is not None:
            if time.monotonic() > deadline:
                print("Process %d does not end." % pid, file=sys.stderr)
                return 1
            time.sleep(0.05)
        say("The demo has ended; its logs are in %s." % self.base)
        return 0

    # -- starting -----------------------------------------------------------
    def start(self):
        if self.running() is not None:
            say("The demo is running already (./demo --stop ends it):")
            self.print_env()
            return 1
        if not has_dovetail(self.args.prefix):
            print("There is no Dovetail below %r." % self.args.prefix, file=sys.stderr)
            return 1
        if self.args.detach:
            return self._detach()
        return self._serve(lambda: None)

    def _detach(self):
        """The child serves; we pass on what it says until it is up."""
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(reader)
            os.setsid()
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            for fd in (1, 2):
                os.dup2(writer, fd)
            os.close(writer)
            log = os.open(self.path("demo.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)

            def up():
                print("ready", flush=True)
                for fd in (1, 2):
                    os.dup2(log, fd)
            code = 1
            try:
                code = self._serve(up)
            except Exception as error:
                print("The demo failed: %s" % error, flush=True)
            finally:
                os._exit(code)
        os.close(writer)
        with open(reader) as pipe:
            for line in pipe:
                if line == "ready\n":
                    return 0
                sys.stdout.write(line)
                sys.stdout.flush()
        return 1

    def _serve(self, up):
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, lambda *_: self.stopping.set())
        self._clean()
        with open(self.path("demo.pid"), "w") as out:
            out.write("%d\n" % os.getpid())
        try:
            self._bring_up()
            self._fill()
            self._fill_items()
            self._write_env()
            self._show()
            self._print_settings()
            up()
            self.stopping.wait()
            return 0
        finally:
            if self.dovecot is not None:
                self.dovecot.stop()
            os.unlink(self.path("demo.pid"))

    def _clean(self):
        for name in STATE:
            target = self.path(name)
            if os.path.isdir(target) and not os.path.islink(target):
                shutil.rmtree(target)
            elif os.path.lexists(target):
                os.unlink(target)

    def _bring_up(self):
        users = [USER1, USER2] + ["user%03d@%s" % (n, DOMAIN)
                                  for n in range(1, self.args.users + 1)]
        # Opened by mail processes of another uid, where base is on a path
        # that they can walk.
        self.dovecot = Dovecot(base=self.base, prefix_dir=self.args.prefix, users=users,
                               password=PASSWORD, format=self.args.format,
                               plugin={"dovetail_url": "https://127.0.0.1:%(https)d"})
        self.dovecot.start()
        say("Dovecot is up with Dovetail; %d users, mail as %s." % (len(users), self.args.format))

    def _fill(self):
        if self.args.empty:
            return
        d, started, total = self.dovecot, time.monotonic(), 0
        with d.imap(USER1) as imap:
            for name, count in FOLDERS.items():
                folder = d.folder(name)
                if name not in ("INBOX", "Sent", "Drafts", "Trash", "Junk"):
                    imap.create('"%s"' % folder)
                    imap.subscribe('"%s"' % folder)
                mails = Generator("demo/" + name, USER1, newest=int(time.time()) - 600,
                                  step=3 * 3600).messages(count)
                if mails:
                    imap.multiappend(folder, mails, "\\Draft \\Seen" if name == "Drafts" else None)
                total += count
        with d.imap(USER2) as imap:
            imap.multiappend("INBOX", Generator("demo/ben", USER2, newest=int(time.time()) - 900,
                                                step=7200).messages(60))
            imap.create("Team")
            imap.multiappend("Team", Generator("demo/team", USER2, newest=int(time.time()),
                                               step=86400).messages(10))
            imap.setacl("Team", USER1, "lrswipkte")
        say("%d messages for %s and 70 for %s, who shares a folder (%.1f s)." % (
            total, USER1, USER2, time.monotonic() - started))

    def _fill_items(self):
        if self.args.empty:
            return
        d = self.dovecot
        for user, rows, tag in ((USER1, demoitems.WEEKS, "own"), (USER2, demoitems.TEAM, "team")):
            d.doveadm("dovetail", "folder", "defaults", "-u", user)
            d.doveadm("dovetail", "import", "-u", user, "-", input=demoitems.calendar(rows, tag).encode())
        d.doveadm("dovetail", "import", "-u", USER1, "-", input=demoitems.cards().encode())
        d.doveadm("acl", "set", "-u", USER2, d.folder("Calendar"), "user=" + USER1, "lookup", "read")
        d.doveadm("mailbox", "subscribe", "-u", USER1, "shared/%s/%s" % (USER2, d.folder("Calendar")))
        say("Calendars and contacts for both; %s shares a calendar with %s." % (USER2, USER1))

    def env(self):
        d = self.dovecot
        host = "127.0.0.1:%d"
        return dict(
            HTTP_URL="http://" + host % d.ports["http"], HTTPS_URL="https://" + host % d.ports["https"],
            IMAP=host % d.ports["imap"], LMTP=host % d.ports["lmtp"],
            SUBMISSION=host % d.ports["submission"], USER1=USER1, PASSWORD1=PASSWORD, USER2=USER2,
            PASSWORD2=PASSWORD, MASTER_PID=d.master_pid, DOVECOT_CONF=d.conf, BASE_DIR=self.base)

    def _write_env(self):
        with open(self.path("env.new"), "w") as out:
            out.writelines("%s=%s\n" % item for item in self.env().items())
        os.rename(self.path("env.new"), self.path("env"))

    # -- the show -----------------------------------------------------------
    def _show(self):
        say("")
        try:
            phone = self._first_sync()
            self._push(phone)
            self._calendars(phone)
            demooutlook.show(self.dovecot, USER1, PASSWORD, USER2, say)
        except Exception as error:      # the service stays up: somebody may look into it
            say("  FAILED: %s: %s" % (type(error).__name__, str(error)[:1500]))
            say("  The logs are in %s." % self.base)

    def _first_sync(self):
        say("A phone adds the account of %s (ActiveSync 16.1, TLS):" % USER1)
        client = eas.Client.for_dovecot(self.dovecot, USER1, tls=True, device_type="DemoPhone",
                                        user_agent="DemoPhone/1.0")
        started = time.monotonic()
        versions = client.options().headers.get("MS-ASProtocolVersions")
        say("  OPTIONS     the server speaks %s" % versions)
        phone = eas.Phone(client, window=100, body=((2, 2000),))
        say("  Provision   policy key %s" % client.policy_key)
        phone.folder_sync()
        say("  FolderSync  %d folders: %s" % (len(phone.folders), ", ".join(
            sorted(f.name for f in phone.folders.values()))))
        phone.sync()
        items = phone.items.get(phone.inbox, {})
        say("  Sync        %d messages of the Inbox in %d requests, %.2f s in all" % (
            len(items), phone.requests, time.monotonic() - started))
        newest = sorted(items.values(), key=lambda i: i.get("Email:DateReceived", ""))[-3:]
        for item in reversed(newest):
            say("              %s  %s" % (item.get("Email:DateReceived"), item.subject))
        with self.dovecot.imap(USER1) as imap:
            wrong = phone.differences(imap.truth())
        say("              the same as IMAP sees" if not wrong else
            "              DIFFERENT from IMAP: %s" % "; ".join(wrong[:5]))
        return phone

    def _push(self, phone):
        answer = {}

        def wait():
            try:
                answer["node"] = phone.client.clone().ping([phone.inbox], 120)
            except Exception as error:
                answer["error"] = error
            answer["at"] = time.monotonic()
        say("The phone holds a Ping; mail arrives by LMTP:")
        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        time.sleep(1)
        started = time.monotonic()
        self.dovecot.deliver(USER1, message("Hello from the demo", "It rings.\r\n", to=USER1))
        delivered = time.monotonic()
        waiting.join(30)
        if "node" not in answer:
            raise eas.EasError("no push within 30 s: %s" % answer.get("error"))
        say("  Ping        status %s, %.1f ms after the delivery began (LMTP itself took %.1f ms)" % (
            answer["node"].get("Status"), 1000 * (answer["at"] - started), 1000 * (delivered - started)))
        answers = phone.sync()
        new = [n.get("ApplicationData/Email:Subject") for a in answers for n in a.findall("Commands/Add")]
        say("  Sync        new: %s" % ", ".join(repr(s) for s in new))

    def _calendars(self, phone):
        if self.args.empty:
            return
        say("Calendars and contacts on the same phone:")
        for folder in sorted(phone.folders.values(), key=lambda f: (f.type, f.name)):
            if folder.type in (eas.CALENDAR, eas.USER_CALENDAR, eas.CONTACTS):
                phone.sync(folder.server_id)
                items = phone.items.get(folder.server_id, {}).values()
                titles = sorted(i.subject or i.get("Contacts:FileAs", "") for i in items)
                say("  Sync        %-22s %s" % (folder.name + ":", "; ".join(titles)))
        calendar = phone.folder(type=eas.CALENDAR)
        self.dovecot.deliver(USER1, message(
            "Coffee and roadmap", demoitems.invitation(USER2, USER1),
            "Content-Type: multipart/alternative; boundary=demo\r\n", to=USER1, sender=USER2))
        phone.sync(calendar)
        item = phone.items[calendar][phone.by_subject("Coffee and roadmap", calendar)]
        say("  Invitation  by mail, and tentatively in the calendar: %s at %s" % (
            item.subject, item.get("Calendar:StartTime")))

    def _print_settings(self):
        d = self.dovecot
        dn, store, book = demooutlook.discover(d, USER1, PASSWORD)
        say("""
Account settings (this machine only; the certificate is self-signed):
  ActiveSync  server 127.0.0.1:%d (TLS) or :%d (plain), user %s, password %s
  IMAP        127.0.0.1:%d     SMTP submission 127.0.0.1:%d
  Outlook     Autodiscover https://127.0.0.1:%d%s, which says:
              mailbox %s
              address book %s
              LegacyDN %s
  doveadm -c %s ...
""" % (d.ports["https"], d.ports["http"], USER1, PASSWORD, d.ports["imap"], d.ports["submission"],
       d.ports["https"], demooutlook.PATH, store, book, dn, d.conf))
        with open(self.path("env")) as f:
            say(f.read().rstrip())
        if not self.args.detach:
            say("\nCtrl-C (or ./demo --stop) ends it.")


def main():
    parser = argparse.ArgumentParser(prog="./demo")
    parser.add_argument("--base", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--env", action="store_true")
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--format", choices=FORMATS, default="maildir")
    parser.add_argument("--empty", action="store_true")
    args = parser.parse_args()
    args.base = os.path.abspath(args.base)
    demo = Demo(args)
    if args.stop:
        return demo.stop()
    if args.env:
        return demo.print_env()
    return demo.start()


if __name__ == "__main__":
    sys.exit(main())
