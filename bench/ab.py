#!/usr/bin/env python3
# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""First sync with several builds and by IMAP, in turns: noise of the machine hits all alike.

    bench/ab.py [--count N] [--repeat N] [--case mime|html100|html512] PREFIX...

Printed for each: medians of wall clock and of the CPU of all server processes,
and both against IMAP's, which uses the first PREFIX's Dovecot."""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from bench_first_sync import IMAP, eas_once, imap_once  # noqa: E402
from benchlib import DOMAIN, Dovecot, corpus_maildir, give_mailbox, median  # noqa: E402

# window, body preference, MIMESupport, IMAP's command
CASES = {"mime": (512, (4,), 2, IMAP[1][1]),
         "html100": (100, (2, 500), None, IMAP[0][1]),
         "html512": (512, (2, 500), None, IMAP[0][1])}
STATES = ("cold", "again")


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--case", choices=CASES, default="mime")
    parser.add_argument("prefix", nargs="+")
    return parser.parse_args()


def turn(results, dovecot, name, user, folder, once):
    """A mailbox that nobody opened, after a restart; then once more."""
    give_mailbox(dovecot, user, folder)
    dovecot.restart()
    for state in STATES:
        results.setdefault((state, name), []).append(once(user, state)[:2])


def measure(args, dovecots, users):
    folder, results = corpus_maildir(args.count), {}
    *case, command = CASES[args.case]
    for number in range(args.repeat):
        for name, dovecot in dovecots if number % 2 == 0 else dovecots[::-1]:
            turn(results, dovecot, name, users[2 * number], folder, lambda user, state, d=dovecot: eas_once(
                d, user, *case, args.count, "B%d%s" % (number, state)))
        imap = dovecots[0][1]
        turn(results, imap, "IMAP", users[2 * number + 1], folder,
             lambda user, state, d=imap: imap_once(d, user, command))
    return results


def main():
    args = options()
    users = ["b%03d@%s" % (n, DOMAIN) for n in range(2 * args.repeat)]
    dovecots = [(os.path.basename(prefix.rstrip("/")), Dovecot(users=users, format="maildir", prefix_dir=prefix))
                for prefix in map(os.path.abspath, args.prefix)]
    try:
        for _, dovecot in dovecots:
            dovecot.start()
        results = measure(args, dovecots, users)
    finally:
        for _, dovecot in dovecots:
            dovecot.stop()
    medians = {key: [median(column) for column in zip(*found)] for key, found in results.items()}
    for (state, name), (wall, cpu) in sorted(medians.items(), key=lambda item: STATES.index(item[0][0])):
        wall_imap, cpu_imap = medians[state, "IMAP"]
        print("%-6s %-16s %7.3f s, CPU %7.3f s;  against IMAP %5.2f, CPU %5.2f" % (
            state, name, wall, cpu, wall / wall_imap, cpu / cpu_imap))
    return 0


if __name__ == "__main__":
    sys.exit(main())
