# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the mailbox endpoint have in common."""

from dovetail_test.case import TestCase
from dovetail_test.mapi import MapiClient, MapiError
from dovetail_test.mapiprops import PidTagMid, PidTagSubject


class Case(TestCase):
    core = False
    clients = ()

    def mailbox(self, user, dn=None, **kwargs):
        client = MapiClient.for_dovecot(self.dovecot, user)
        self.addCleanup(client.close)
        box = client.logon(dn, **kwargs)
        box.client = client
        return box

    def own(self):
        user = self.new_user()
        return user, self.mailbox(user)

    def fails(self, code, call, *args, **kwargs):
        with self.assertRaises(MapiError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)

    def only(self, folder, columns=(PidTagMid, PidTagSubject)):
        rows = folder.contents(columns).rows()
        self.assertEqual(len(rows), 1, rows)
        return rows[0]
