# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""First sync of a large INBOX against Dovecot's IMAP (F1 of the product).

Each run: Dovecot restarted, a user whose mailbox nobody has opened, files in
the page cache; then again with the indexes that the first one left ("again")."""

import time

from benchlib import (ADD, DOMAIN, Dovecot, Measure, RawHttp, RawImap, corpus_maildir, eas, give_mailbox,
                      median, sync_head, wbxml)

# name, window, body preference, MIMESupport
CASES = (("html cut at 500, window 100", 100, (2, 500), None),
         ("html cut at 500, window 512", 512, (2, 500), None),
         ("plain text whole, window 512", 512, (1,), None),
         ("mime whole, window 512", 512, (4,), 2))
IMAP = (("imap envelope+structure+2 KB", "FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[1]<0.2048>)"),
        ("imap whole messages", "FETCH 1:* (BODY.PEEK[])"))
RATIOS = (("html cut at 500, window 100", "imap envelope+structure+2 KB"),
          ("html cut at 500, window 512", "imap envelope+structure+2 KB"),
          ("mime whole, window 512", "imap whole messages"))


def eas_once(dovecot, user, window, body, mime, count, device):
    client = eas.Client.for_dovecot(dovecot, user, device_id=device)
    phone = eas.Phone(client)
    phone.folder_sync()
    inbox = phone.inbox
    raw = RawHttp(dovecot.ports["http"], client.authorization(), device=device, policy_key=client.policy_key)
    options = client.sync_options(filter=0, body=(body,), mime_support=mime)

    def request(key):
        return wbxml.encode(client.sync_request(client.collection(
            inbox, key, window=window if key != "0" else None, options=options if key != "0" else None)))
    slowest, seen, windows = 0.0, 0, 0
    with Measure(dovecot) as m:
        key, more = sync_head(raw.post("Sync", request("0")))[0], True
        while more:
            started = time.perf_counter()
            raw.send("Sync", request(key))
            answer, adds = raw.answer_counted(ADD)
            slowest = max(slowest, time.perf_counter() - started)
            if not answer:
                break
            key, more = sync_head(answer)
            seen += adds
            windows += 1
    if not count * 0.999 <= seen <= count * 1.001:
        raise RuntimeError("%d messages came instead of %d" % (seen, count))
    return m.seconds, m.cpu, raw.received, slowest


def imap_once(dovecot, user, command):
    with Measure(dovecot) as m:
        imap = RawImap(dovecot, user)
        imap.command("SELECT INBOX")
        size = imap.command(command)
    return m.seconds, m.cpu, size, 0.0


def run(table, count=10_000, repeat=3):
    folder = corpus_maildir(count)
    users = ["b%03d@%s" % (n, DOMAIN) for n in range((len(CASES) + len(IMAP)) * repeat)]
    fresh = iter(users)
    results = {}
    with Dovecot(users=users, format="maildir") as dovecot:
        for turn in range(repeat):
            for name, *case in CASES + IMAP:
                user = next(fresh)
                give_mailbox(dovecot, user, folder)
                dovecot.restart()
                for suffix in ("", " (again)"):
                    if len(case) == 1:
                        found = imap_once(dovecot, user, case[0])
                    else:
                        found = eas_once(dovecot, user, *case, count, "B%d%s" % (turn, suffix.strip(" ()")))
                    results.setdefault(name + suffix, []).append(found)
    for name, found in results.items():
        seconds, cpu, size, slowest = (median(column) for column in zip(*found))
        note = "cpu %.2f s, %.1f MB" % (cpu, size / 1e6)
        table.add(name, seconds, "s", note + (", slowest window %.2f s" % slowest if slowest else ""))
    for ours, theirs in RATIOS:
        for suffix in ("", " (again)"):
            table.add("ratio: %s%s / %s" % (ours, suffix, theirs),
                      table.value(ours + suffix) / table.value(theirs + suffix), "x", "goal 1.3")
