# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests, the benches and the demo share: a private Dovecot, an
ActiveSync client of our own, a mail generator and a small mail hub."""
