# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at random instants of workers and the front, while two devices and
doveadm write appointments, contacts and notes.  Afterwards devices and store agree,
every item that was confirmed is there once, and nothing that was deleted is.
DOVETAIL_CRASHES rounds a device; the seed is DOVETAIL_SEED."""

import collections
import os
import random
import threading
import time

from dovetail_test import eas
from dovetail_test.wbxml import E
from noteitems import NoteCase, journal, note
from test_calendar import appointment
from test_crash import BROKEN

ROUNDS = int(os.environ.get("DOVETAIL_CRASHES", "80"))
SEED = int(os.environ.get("DOVETAIL_SEED", "2026"))
VICTIMS = ["dovetail-worker"] * 9 + ["dovetail"]


def contact(name):
    return [E("Contacts:LastName", name), E("Contacts:FileAs", name),
            E("Contacts:Email1Address", name.replace(" ", ".") + "@example.net")]


class Kind:
    def __init__(self, folder_type, element, content):
        self.type, self.element, self.content = folder_type, element, content

    def name(self, item):
        return item.get(self.element, "")


KINDS = (Kind(eas.NOTES, "Notes:Subject", note),
         Kind(eas.CALENDAR, "Calendar:Subject", appointment),
         Kind(eas.CONTACTS, "Contacts:LastName", contact))


class Device(threading.Thread):
    """Adds, changes what it added itself and deletes whatever it sees. What was
    confirmed is in `names` (a token: the name it must have in the end) and `gone`."""

    def __init__(self, test, phone, letter):
        super().__init__(daemon=True)
        self.test, self.phone, self.letter = test, phone, letter
        self.rng = random.Random("%d%s" % (SEED, letter))
        self.names, self.gone, self.unsure = {}, set(), set()
        self.done, self.error, self.count = collections.Counter(), None, 0

    def run(self):
        try:
            for _ in range(ROUNDS):
                kind = self.rng.choice(KINDS)
                self.round(kind, self.phone.folder(type=kind.type))
        except BaseException as error:
            self.error = error

    def round(self, kind, folder):
        what = self.rng.randrange(6)
        mine = [sid for sid, item in sorted(self.phone.items[folder].items())
                if kind.name(item).startswith(self.letter)]
        if what <= 2 or len(mine) < 3:
            self.write(kind, folder, [])
        elif what == 3:
            self.write(kind, folder, self.rng.sample(mine, self.rng.randrange(1, 3)))
        elif what == 4:
            sids = sorted(self.phone.items[folder])
            self.delete(kind, folder, self.rng.choice(sids))
        self.steady(lambda: self.phone.sync(folder))

    def steady(self, call):
        """Like a phone: the same request until there is an answer."""
        last = None
        for n in range(120):
            try:
                return call()
            except BROKEN + (eas.EasError,) as error:
                last = error
                self.phone.client.close()
                time.sleep(0.02 * min(n, 25))
        raise AssertionError("no answer after a crash: %r" % last)

    def send(self, folder, commands, before):
        """One Sync with these commands; before: what the phone does to its replica
        as soon as they are confirmed, ahead of what the server tells. None: the
        folder had to start anew, and what became of the commands shows later."""
        phone, original = self.phone, self.phone.apply

        def apply(which, answer):
            before(phone.items[which], {r.get("ClientId") or r.get("ServerId"): r
                                        for r in (answer.find("Responses") if answer.has("Responses") else ())})
            original(which, answer)

        def sync():
            phone.apply = apply
            try:
                return phone._round(folder, commands, {})
            finally:
                phone.apply = original
        resyncs = phone.resyncs
        self.steady(sync)
        if phone.resyncs != resyncs:
            self.unsure.update(self.tokens(commands))
        return phone.resyncs == resyncs

    def tokens(self, commands):
        return {n.text.split()[0] for c in commands for n in c.iter()
                if n.tag in ("Subject", "LastName") and n.text}

    def write(self, kind, folder, changed):
        """Adds one or two and changes these, in one request"""
        commands, data, items = [], {}, self.phone.items[folder]
        for sid in changed:
            token, _, version = kind.name(items[sid]).partition(" ")
            data[sid] = "%s %d" % (token, int(version) + 1)
            commands.append(eas.change(sid, *kind.content(data[sid])))
        for _ in range(self.rng.randrange(1, 3) if not changed else 0):
            self.count += 1
            name = "%s%d 1" % (self.letter, self.count)
            commands.append(eas.add("client " + name, *kind.content(name)))
            data["client " + name] = name

        def before(items, answers):
            for key, name in data.items():
                answer, token = answers.get(key), name.split()[0]
                new = E("AirSync:ApplicationData", [e for e in kind.content(name) if e is not None])
                if key.startswith("client "):
                    self.test.assertEqual(answer.get("Status"), "1")
                    items.setdefault(answer.get("ServerId"), eas.Item(new))
                    self.names[token] = name
                elif answer is None and key in items:
                    items[key].change(new)
                    self.names[token] = name
        self.send(folder, commands, before)
        self.done["change" if changed else "add"] += len(commands)

    def delete(self, kind, folder, sid):
        token = kind.name(self.phone.items[folder][sid]).split()[0]

        def before(items, answers):
            self.test.assertIn(answers[sid].get("Status") if sid in answers else "1", ("1", "8"))
            items.pop(sid, None)
            self.gone.add(token)
        if not self.send(folder, [eas.delete(sid)], before):
            self.unsure.add(token)
        self.done["delete"] += 1


class ItemCrashes(NoteCase):
    core = True
    timeout = 120 + 4 * ROUNDS

    def test_two_devices(self):
        rng = random.Random(SEED)
        user = self.new_user()
        devices = [Device(self, self.phone(user, window=7), letter) for letter in "ab"]
        for device in devices:
            for kind in KINDS:
                device.phone.sync(device.phone.folder(type=kind.type))
        self.dovecot.expect_error("killed with signal 9", "(?i)disconnect|EOF|broken pipe|closed connection", "throttling",
                                  "(?i)auth|login", r"dovecot\.(index|map)|corrupted cache: reset_id", "(?i)rebuil|lock")
        mailbox = self.vname(devices[0].phone, devices[0].phone.folder(type=eas.NOTES))
        for device in devices:
            device.start()
        killed, n = collections.Counter(), 0
        while any(d.is_alive() for d in devices):
            time.sleep(0.02 + rng.random() * 0.15)
            victim = rng.choice(VICTIMS)
            killed[victim] += len(self.dovecot.kill9(victim))
            self.dovecot.drop_dead_locks()
            if n < ROUNDS // 8:
                n += 1
                self.put(user, mailbox, "beside%d" % n, journal("beside%d" % n, "d%d 1" % n))
        for device in devices:
            if device.error:
                raise device.error
        self.agree(user, devices, n)
        resyncs = sum(d.phone.resyncs for d in devices)
        print("     killed %s, devices did %s, %d resyncs" % (
            dict(killed), dict(sum((d.done for d in devices), collections.Counter())), resyncs), flush=True)
        self.assertLessEqual(resyncs, ROUNDS // 10 + 1, "most crashes must not cost a resync")

    def agree(self, user, devices, beside):
        for device in devices:
            device.steady(device.phone.folder_sync)
        fresh = Device(self, self.phone(user), "c")
        found = {}
        for kind in KINDS:
            seen = []
            for device in devices + [fresh]:
                folder = device.phone.folder(type=kind.type)
                device.steady(lambda: device.phone.sync(folder))
                seen.append({sid: kind.name(i) for sid, i in device.phone.items[folder].items()})
            self.assertEqual(seen[0], seen[2], "the first device has something else")
            self.assertEqual(seen[1], seen[2], "the second device has something else")
            stored = self.stored(user, self.vname(fresh.phone, fresh.phone.folder(type=kind.type)))
            self.assertEqual(len(stored), len(seen[2]))
            for name in seen[2].values():
                self.assertNotIn(name.split()[0], found, "doubled")
                found[name.split()[0]] = name
        expected = {"d%d" % i: "d%d 1" % i for i in range(1, beside + 1)}
        gone, unsure = set(), set()
        for device in devices:
            expected.update(device.names)
            gone |= device.gone
            unsure |= device.unsure
        self.assertEqual({t: n for t, n in found.items() if t not in unsure},
                         {t: n for t, n in expected.items() if t not in gone | unsure})
