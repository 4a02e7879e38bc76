# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Calendars and contacts: import, first sync, no change and one change, free/busy; with SQLite and PostgreSQL, and
SOGo on the same data.  (SOGo: root; installs Debian's.)"""

import concurrent.futures
import datetime
import http.client
import os
import subprocess
import tempfile
import time

from benchlib import (ADD, DOMAIN, HERE, Cpu, Dovecot, E, Measure, RawHttp, eas, median, sync_head, wbxml)
from bench_sogo import Sogo
from dovetail_test.pgsql import binaries

PLUGIN = {"dovetail_loop_requests": "100000", "dovetail_worker_idle": "600 s"}
NOW = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)


def event(n):
    """One in twenty recurs, one in ten is a meeting of five."""
    start = NOW + datetime.timedelta(hours=n % 4000 - 1000)
    lines = ["BEGIN:VEVENT", "UID:bench-%d@example.org" % n, "DTSTAMP:20261101T080000Z",
             "DTSTART:" + start.strftime("%Y%m%dT%H%M%SZ"),
             "DTEND:" + (start + datetime.timedelta(minutes=30 + n % 4 * 30)).strftime("%Y%m%dT%H%M%SZ"),
             "SUMMARY:Appointment %d about something" % n, "LOCATION:Room %d" % (n % 30),
             "DESCRIPTION:" + "What we want to talk about. " * 12, "TRANSP:OPAQUE", "CLASS:PUBLIC"]
    if n % 20 == 0:
        lines.append("RRULE:FREQ=WEEKLY;COUNT=20")
    if n % 10 == 0:
        lines.append("ORGANIZER;CN=Somebody:mailto:boss%d@example.net" % (n % 50))
        lines += ["ATTENDEE;CN=Guest %d;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:guest%d@example.net" % (m, m) for m in range(5)]
    return lines + ["END:VEVENT"]


def card(n):
    return ["BEGIN:VCARD", "VERSION:3.0", "UID:bench-card-%d" % n, "N:Family%d;Given%d;;;" % (n, n % 300),
            "FN:Given%d Family%d" % (n % 300, n), "ORG:Company %d;Sales" % (n % 100), "TITLE:Manager",
            "EMAIL;TYPE=WORK:person%d@example.net" % n, "TEL;TYPE=CELL:+49 170 %07d" % n,
            "TEL;TYPE=WORK,VOICE:+49 30 %06d" % n, "ADR;TYPE=WORK:;;Street %d;Berlin;;10115;Germany" % (n % 200),
            "NOTE:" + "met somewhere once. " * 5, "END:VCARD"]


def calendar(numbers):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN"]
    for n in numbers:
        lines += event(n)
    return "\r\n".join(lines + ["END:VCALENDAR", ""]).encode()


def cards(numbers):
    return "\r\n".join(line for n in numbers for line in card(n) + [""]).encode()


def write_file(name, data):
    path = os.path.join(tempfile.gettempdir(), "dovetail-bench-items-%d-%s" % (os.getpid(), name))
    with open(path, "wb") as out:
        out.write(data)
    return path


def load(dovecot, user, events, contacts=0):
    """Seconds that the imports took"""
    took = []
    dovecot.doveadm("dovetail", "folder", "defaults", "-u", user)
    for count, name, make in ((events, "Calendar", calendar), (contacts, "Contacts", cards)):
        if count == 0:
            continue
        path = write_file("%s-%s" % (user, name), make(range(count)))  # loads may go side by side
        started = time.perf_counter()
        dovecot.doveadm("dovetail", "import", "-u", user, path, name, timeout=1800)
        took.append(time.perf_counter() - started)
        os.unlink(path)
    return took


class Device:
    """A phone at one folder of items; reads bytes"""

    def __init__(self, dovecot, user, kind, device="B1"):
        self.client = eas.Client.for_dovecot(dovecot, user, device_id=device, version="14.1")
        self.client.timeout = 600
        phone = eas.Phone(self.client)
        phone.folder_sync()
        self.folder = phone.folder(type=kind)
        self.filter = 0 if kind == eas.CALENDAR else None
        raw = RawHttp(dovecot.ports["http"], self.client.authorization(), version="14.1", device=device,
                      policy_key=self.client.policy_key)
        self.post = raw.post
        self.key = None

    def request(self, key, **more):
        return wbxml.encode(self.client.sync_request(self.client.collection(
            self.folder, key, get_changes=None if key == "0" else True, **more)))

    def first(self, count, window=512):
        """(seconds, slowest window)"""
        started, slowest, seen = time.perf_counter(), 0.0, 0
        self.key = sync_head(self.post("Sync", self.request("0")))[0]
        options = self.client.sync_options(filter=self.filter, body=((1, 500),))
        more = True
        while more:
            begun = time.perf_counter()
            answer = self.post("Sync", self.request(self.key, window=window, options=options))
            slowest = max(slowest, time.perf_counter() - begun)
            if not answer:
                break
            self.key, more = sync_head(answer)
            seen += answer.count(ADD)
            options = None
        if not count * 0.99 <= seen <= count * 1.01:
            raise RuntimeError("%d items came instead of %d" % (seen, count))
        return time.perf_counter() - started, slowest

    def no_change(self, requests):
        body, took = self.request(self.key), []
        for n in range(requests + 20):
            started = time.perf_counter()
            if self.post("Sync", body):
                raise RuntimeError("there was something new")
            if n >= 20:
                took.append(time.perf_counter() - started)
        return took

    def take(self):
        answer = self.post("Sync", self.request(self.key))
        if not answer:
            raise RuntimeError("the change did not come")
        self.key = sync_head(answer)[0]


def one_change(device, writer, requests):
    """writer(n) changes an item; the device is told"""
    took = []
    for n in range(requests):
        writer(n)
        started = time.perf_counter()
        device.take()
        took.append(time.perf_counter() - started)
    return took


def second_device(dovecot, user):
    """Changes items as another phone of the user does"""
    other = Device(dovecot, user, eas.CALENDAR, "B2")
    key = [sync_head(other.post("Sync", other.request("0")))[0]]
    node = wbxml.decode(other.post("Sync", other.request(key[0], window=1, options=other.client.sync_options(
        filter=0, body=((1, 10),)))))
    key[0] = node.get("Collections/Collection/SyncKey")
    (sid,) = [a.get("ServerId") for a in node.findall("Collections/Collection/Commands/Add")]

    def change(n):
        answer = other.post("Sync", wbxml.encode(other.client.sync_request(other.client.collection(
            other.folder, key[0], get_changes=False, commands=[eas.change(sid, E("Calendar:Subject", "s%d" % n))]))))
        key[0] = sync_head(answer)[0]
    return change


def measure(table, meta, count, sizes, import_count, people, requests):
    name = {"sqlite": "SQLite", "pgsql": "PostgreSQL"}[meta]
    users = ["u%03d@%s" % (n, DOMAIN) for n in range(people + 10)]
    with Dovecot(users=users, format="maildir", meta=meta, plugin=PLUGIN) as dovecot:
        (seconds,) = load(dovecot, users[0], import_count)
        table.add("%s: import of %d events" % (name, import_count), seconds, "s",
                  "%.0f events a second" % (import_count / seconds))
        load(dovecot, users[1], count, count)
        for kind, what in ((eas.CONTACTS, "contacts"), (eas.CALENDAR, "events")):
            results = []
            for n in range(3):
                with Measure(dovecot) as m:
                    results.append(Device(dovecot, users[1], kind, "F%d" % n).first(count))
            table.add("%s: first sync of %d %s, window 512" % (name, count, what), median([r[0] for r in results]), "s",
                      "slowest window %.0f ms; CPU %.2f s; first of all %.2f s" % (
                          1000 * median([r[1] for r in results]), m.cpu, results[0][0]))
        for n, size in enumerate(sizes):
            user = users[0] if size == import_count else users[2 + n]
            if user != users[0]:
                load(dovecot, user, size)
            device = Device(dovecot, user, eas.CALENDAR)
            device.first(size)
            cpu = Cpu(dovecot)
            before = cpu.now()
            took = device.no_change(requests)
            table.add("%s, %d events: no change, CPU a request" % (name, size),
                      (cpu.now() - before) / (requests + 20) * 1000, "ms",
                      "without the database server's; answer in %.2f ms" % (median(took) * 1000))
            took = one_change(device, second_device(dovecot, user), max(20, requests // 10))
            table.add("%s, %d events: one change" % (name, size), median(took) * 1000, "ms", "answer in")
        free_busy(table, name, dovecot, users[10:10 + people])


def free_busy(table, name, dovecot, users):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda user: load(dovecot, user, 200), users))
    client = eas.Client.for_dovecot(dovecot, users[0], device_id="FB", version="14.1")
    client.provision()
    start = NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    end = (NOW + datetime.timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body = [E("To", user) for user in users] + [E("Options", E("Availability", E("StartTime", start), E("EndTime", end)))]
    request = wbxml.encode(E("ResolveRecipients:ResolveRecipients", body))
    raw = RawHttp(dovecot.ports["http"], client.authorization(), version="14.1", device="FB", policy_key=client.policy_key)
    took = []
    for _ in range(4):
        started = time.perf_counter()
        node = wbxml.decode(raw.post("ResolveRecipients", request))
        took.append(time.perf_counter() - started)
    known = [r for r in node.findall("Response") if r.has("Recipient/Availability/MergedFreeBusy")]
    table.add("%s: free/busy of %d users, a week" % (name, len(known)), median(took[1:]), "s", "the first time %.2f s" % took[0])
    if len(known) != len(users):
        raise RuntimeError("free/busy of %d of %d users" % (len(known), len(users)))


# --- SOGo -------------------------------------------------------------------------------

class SogoDav:
    def __init__(self, sogo):
        self.headers = {k: v for k, v in sogo.headers.items() if not k.startswith(("MS-", "X-MS", "Content"))}
        self.port = sogo.port
        self.connections = {}

    def put(self, collection, name, text, kind):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("PUT", "/SOGo/dav/alice/%s/%s" % (collection, name), text,
                           dict(self.headers, **{"Content-Type": kind}))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status not in (201, 204):
            raise RuntimeError("SOGo PUT: %d" % answer.status)


def run_sogo(table, count, requests):
    directory = tempfile.mkdtemp(prefix="dovetail-sogo-")
    env = dict(os.environ, PEER_DIR=directory)
    os.makedirs(os.path.join(directory, "mail"))
    try:
        done = subprocess.run([os.path.join(HERE, "peers", "sogo-up")], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, timeout=900, check=True)
        sogo = Sogo(int(done.stdout.split("EAS=127.0.0.1:")[1].split()[0]))
        client = eas.Client("127.0.0.1", sogo.port, "alice", "secret", version="14.1")
        for _ in range(50):
            try:
                folders = wbxml.decode(sogo.post("FolderSync", wbxml.encode(
                    E("FolderHierarchy:FolderSync", E("SyncKey", "0")))))
                break
            except (OSError, http.client.HTTPException):
                time.sleep(0.5)
        dav = SogoDav(sogo)
        started = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda n: dav.put("Calendar/personal", "b%d.ics" % n, calendar([n]), "text/calendar"), range(count)))
        table.add("SOGo: %d events by CalDAV" % count, time.perf_counter() - started, "s", "three clients at once")
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda n: dav.put("Contacts/personal", "c%d.vcf" % n, cards([n]), "text/vcard"), range(count)))
        for kind, what in ((eas.CONTACTS, "contacts"), (eas.CALENDAR, "events")):
            device = Device.__new__(Device)
            device.client, device.post, device.key = client, sogo.post, None
            device.filter = 0 if kind == eas.CALENDAR else None
            device.folder = next(c.get("ServerId") for c in folders.find("Changes").findall("Add")
                                 if c.get("Type") == str(kind))
            seconds, slowest = device.first(count)
            table.add("SOGo: first sync of %d %s, window 512" % (count, what), seconds, "s",
                      "slowest window %.2f s" % slowest)
            took = device.no_change(min(requests, 30))
            table.add("SOGo, %d %s: no change" % (count, what), median(took) * 1000, "ms", "answer in")
    finally:
        subprocess.run([os.path.join(HERE, "peers", "sogo-down"), "--wipe"], env=env, check=False)


def run(table, count=10_000, largest=50_000, people=100, requests=300, sogo=2000, pgsql=1):
    sizes = [size for size in (50, 5000, 50_000) if size <= largest]
    for meta in ["sqlite"] + ["pgsql"] * bool(pgsql and binaries()):
        measure(table, meta, count, sizes, largest, people, requests)
    if sogo and os.getuid() == 0:
        users = ["alice@" + DOMAIN]
        with Dovecot(users=users, format="maildir", plugin=PLUGIN) as dovecot:
            load(dovecot, users[0], sogo, sogo)
            for kind, what in ((eas.CONTACTS, "contacts"), (eas.CALENDAR, "events")):
                table.add("Dovetail: first sync of %d %s" % (sogo, what), median([
                    Device(dovecot, users[0], kind, "S%d" % n).first(sogo)[0] for n in range(3)]), "s")
        run_sogo(table, sogo, requests)
        for what in ("contacts", "events"):
            table.add("SOGo / Dovetail: first sync of %d %s" % (sogo, what),
                      table.value("SOGo: first sync of %d %s, window 512" % (sogo, what)) /
                      table.value("Dovetail: first sync of %d %s" % (sogo, what)), "x")
