# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What ./demo shows of Outlook: the project's own client does what Outlook does with
an address and a password."""

import base64
import http.client
import threading
import time
import urllib.parse
from xml.etree import ElementTree

from . import mapi, mapihttp, mapinspi
from .case import message
from .mapiprops import PidTagDisplayName, PidTagFolderId, PidTagMessageDeliveryTime, PidTagMid, PidTagSubject

PATH = "/autodiscover/autodiscover.xml"
RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
<Request><EMailAddress>%s</EMailAddress><AcceptableResponseSchema>""" + RESPONSE + """</AcceptableResponseSchema>
</Request></Autodiscover>"""
NEW_MAIL = 0x02


def discover(dovecot, user, password):
    """The LegacyDN and the URLs of the mailbox and of the address book (MS-OXDSCLI)."""
    login = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    link = http.client.HTTPSConnection("127.0.0.1", dovecot.ports["https"], context=dovecot.tls_context, timeout=30)
    link.request("POST", PATH, (REQUEST % user).encode(),
                 {"Authorization": "Basic " + login, "Content-Type": "text/xml", "X-MapiHttpCapability": "1"})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    if answer.status != 200:
        raise mapihttp.Fault("Autodiscover: HTTP %d" % answer.status)
    root = ElementTree.fromstring(body)

    def text(path):
        return root.findtext(".//" + "/".join("{%s}%s" % (RESPONSE, part) for part in path.split("/")))
    return text("User/LegacyDN"), text("MailStore/ExternalUrl"), text("AddressBook/ExternalUrl")


def mailbox_id(url):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["MailboxId"][0]


def show(dovecot, user, password, other, say):
    """Set-up, folders, newest mail, a new mail, a name."""
    say("Outlook (the project's own MAPI client) adds the account of %s:" % user)
    dn, store, book = discover(dovecot, user, password)
    say("  Autodiscover %s" % dn)
    client = mapi.MapiClient.for_dovecot(dovecot, user, dn, tls=True, mailbox_id=mailbox_id(store))
    try:
        started = time.monotonic()
        box = client.logon()
        names = {row[PidTagFolderId]: row[PidTagDisplayName]
                 for row in box.ipm.hierarchy((PidTagFolderId, PidTagDisplayName), flags=0x04).rows()}
        say("  Logon        %d folders, Inbox is %r, %.0f ms" % (
            len(names), names[box.folders["inbox"]], 1000 * (time.monotonic() - started)))
        table = box.inbox.contents((PidTagMid, PidTagSubject, PidTagMessageDeliveryTime))
        table.sort(((PidTagMessageDeliveryTime, 1),))
        _, rows = table.query(3)
        say("  Inbox        newest: %s" % "; ".join(row[PidTagSubject] for row in rows))
        calendar = next((key for key, name in names.items() if name == "Calendar"), None)
        if calendar is not None:
            titles = [row[PidTagSubject] for row in box.open_folder(calendar).contents((PidTagSubject,)).rows()]
            say("  Calendar     %s" % "; ".join(sorted(titles)))
        rings(dovecot, user, client, box, say)
    finally:
        client.close()
    people = mapinspi.Nspi.for_dovecot(dovecot, user, tls=True, mailbox_id=mailbox_id(book))
    try:
        people.bind()
        word = other.split("@")[0]
        _, found = people.resolve_names([word])
        say("  Address book %r is %s" % (word, found[0][PidTagDisplayName]))
        people.unbind()
    finally:
        people.close()


def rings(dovecot, user, client, box, say):
    """A NotificationWait, ended by a delivery."""
    found = {}
    box.subscribe(NEW_MAIL, box.folders["inbox"])
    client.poll()

    def wait():
        found["pending"] = client.wait(60)
        found["at"] = time.monotonic()
    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    time.sleep(0.5)
    started = time.monotonic()
    dovecot.deliver(user, message("Hello, Outlook", "It rings here too.\r\n", to=user))
    waiting.join(30)
    if not found.get("pending"):
        raise mapihttp.Fault("no notification within 30 s")
    say("  Notification of new mail, %.1f ms after the delivery began" % (1000 * (found["at"] - started)))
