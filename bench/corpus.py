#!/usr/bin/env python3
# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The benches' mail: deterministic, so that everybody measures the same bytes.

    bench/corpus.py maildir DIR [COUNT]     writes DIR/{cur,new,tmp}
    bench/corpus.py stats [COUNT]           sizes and kinds

10,000 messages are about 470 MB: the kinds and sizes of tests/e2e's mail
generator, newest first by file time as by date."""

import collections
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))

from dovetail_test.mailgen import Generator  # noqa: E402

SEED = "bench-1"
COUNT = 10_000
TO = "bench@example.org"


def generator():
    return Generator(SEED, TO, step=61 * 60)


def messages(count=COUNT):
    """Oldest first, as they would have arrived."""
    make = generator()
    for n in reversed(range(count)):
        yield n, make.message(n)


def write_maildir(folder, count=COUNT):
    """Plain Maildir files, no index of any kind; nothing when it is there."""
    done = os.path.join(folder, ".complete-%d" % count)
    if os.path.exists(done):
        return
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    for n, (data, flags, date) in messages(count):
        when = time.mktime(time.strptime(date[:20], "%d-%b-%Y %H:%M:%S")) - time.timezone
        letters = "".join(l for f, l in (("\\Flagged", "F"), ("\\Answered", "R"), ("\\Seen", "S")) if f in flags)
        name = "%d.M%06dP1.bench,S=%d,W=%d:2,%s" % (when, n, len(data), len(data), "".join(sorted(letters)))
        path = os.path.join(folder, "cur", name)
        with open(path, "wb") as out:
            out.write(data)
        os.utime(path, (when, when))
    open(done, "w").close()


def stats(count):
    kinds, sizes = collections.Counter(), []
    make = generator()
    for n in range(count):
        kinds[make.kind(n)] += 1
        sizes.append(len(make.message(n)[0]))
    sizes.sort()
    print("%d messages, %.1f MB, median %d, p90 %d, largest %d" % (
        count, sum(sizes) / 1e6, sizes[count // 2], sizes[count * 9 // 10], sizes[-1]))
    print(", ".join("%s %d" % pair for pair in kinds.most_common()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["maildir"]:
        write_maildir(sys.argv[2], int((sys.argv[3:] or [COUNT])[0]))
    elif sys.argv[1:2] == ["stats"]:
        stats(int((sys.argv[2:] or [COUNT])[0]))
    else:
        sys.exit(__doc__)
