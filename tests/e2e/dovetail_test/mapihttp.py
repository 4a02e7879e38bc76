# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The transport of MAPI over HTTP (MS-OXCMAPIHTTP 2.2.2, 2.2.3, 3.1.5) as a client speaks
it: request types, X-headers, cookies, chunked answers with meta-tags.  What comes back is
checked against the document."""

import base64
import http.client
import socket
import ssl
import urllib.parse
import uuid

from .mapidata import Fault, Reader, aux_blocks, unrhe

EMSMDB, NSPI = "/mapi/emsmdb/", "/mapi/nspi/"

# MS-OXCMAPIHTTP 2.2.3.3.3
(OK, UNKNOWN_FAILURE, INVALID_VERB, INVALID_PATH, INVALID_HEADER, INVALID_REQUEST_TYPE,
 INVALID_CONTEXT_COOKIE, MISSING_HEADER, ANONYMOUS_NOT_ALLOWED, TOO_LARGE, CONTEXT_NOT_FOUND,
 NO_PRIVILEGE, INVALID_REQUEST_BODY, MISSING_COOKIE, RESERVED, INVALID_SEQUENCE,
 ENDPOINT_DISABLED, INVALID_RESPONSE, ENDPOINT_SHUTTING_DOWN) = range(19)

REQUEST_TYPES = {
    "emsmdb": ("Connect", "Execute", "Disconnect", "NotificationWait", "PING"),
    "nspi": ("Bind", "Unbind", "CompareMIds", "DNToMId", "GetMatches", "GetPropList", "GetProps",
             "GetSpecialTable", "GetTemplateInfo", "ModLinkAtt", "ModProps", "QueryColumns", "QueryRows",
             "ResolveNames", "ResortRestriction", "SeekEntries", "UpdateStat", "GetMailboxUrl",
             "GetAddressBookUrl", "PING"),
}


class HttpStatus(Exception):
    def __init__(self, answer):
        super().__init__("HTTP %d: %r" % (answer.status, answer.body[:200]))
        self.answer, self.status = answer, answer.status


class ResponseCode(Exception):
    """An X-ResponseCode that is not 0."""

    def __init__(self, request_type, answer):
        super().__init__("%s: X-ResponseCode %s: %r" % (request_type, answer.code, answer.body[:300]))
        self.answer, self.code = answer, answer.code


class Answer:
    """status, headers (lower-case names, all values), code, tags (PROCESSING ...), extra
    (the headers behind DONE), body"""

    def __init__(self, status, headers, data):
        self.status, self.headers, self.body = status, headers, data
        self.tags, self.extra = [], {}
        code = self.header("x-responsecode")
        self.code = int(code) if code is not None else None

    def header(self, name):
        values = self.headers.get(name.lower(), [])
        if len(values) > 1 and name.lower() != "set-cookie":
            raise Fault("%s is there %d times" % (name, len(values)))
        return values[0] if values else None

    def cookies(self):
        pairs = (value.split(";")[0].split("=", 1) for value in self.headers.get("set-cookie", []))
        return {name.strip(): value for name, value in pairs}

    def unwrap(self):
        """Takes the meta-tags and the additional headers off the body (2.2.7, 3.2.5.6)."""
        rest = self.body
        while not self.tags or self.tags[-1] != "DONE":
            line, end, rest = rest.partition(b"\r\n")
            if not end or line not in (b"PROCESSING", b"PENDING", b"DONE"):
                raise Fault("a meta-tag was expected: %r" % line[:80])
            self.tags.append(line.decode())
        if self.tags != ["PROCESSING"] * self.tags.count("PROCESSING") + ["PENDING"] * self.tags.count(
                "PENDING") + ["DONE"] or self.tags.count("PROCESSING") > 1:
            raise Fault("meta-tags: %r" % self.tags)
        head, end, self.body = rest.partition(b"\r\n\r\n")
        if not end:
            raise Fault("no end of the additional headers: %r" % rest[:80])
        for line in head.decode("ascii").split("\r\n"):
            name, colon, value = line.partition(":")
            if not colon or name.lower() in self.extra:
                raise Fault("an additional header: %r" % line)
            self.extra[name.lower()] = value.strip()
        for name in ("x-elapsedtime", "x-starttime"):
            if name not in self.extra:
                raise Fault("no %s behind DONE" % name)

    def check(self, sent):
        """Headers that every answer has (2.2.2.2)."""
        if self.status != 200:
            raise HttpStatus(self)
        for name in ("x-requesttype", "x-requestid", "x-clientinfo"):
            got = self.header(name)
            if got is None and name != "x-requestid" and self.code != OK:
                continue
            if got != sent.get(name):
                raise Fault("%s: %r came back as %r" % (name, sent.get(name), got))
        wanted = "application/mapi-http" if self.code == OK else "text/html"
        if self.code is None or (self.header("content-type") or "").split(";")[0] != wanted:
            raise Fault("X-ResponseCode %s with %s" % (self.code, self.header("content-type")))
        if not (self.header("x-serverapplication") or "").startswith("Exchange/15."):
            raise Fault("X-ServerApplication: %r" % self.header("x-serverapplication"))
        if self.header("x-deviceinfo") is not None:
            raise Fault("X-DeviceInfo is not for servers")


class Endpoint:
    """One endpoint and, once connected, one session context of a client."""

    def __init__(self, host, port, user, password, path, tls=False, context=None, timeout=30,
                 mailbox_id=None, application="Outlook/16.0.4266.1001"):
        self.host, self.port, self.user, self.password = host, port, user, password
        self.tls, self.context, self.timeout, self.application = tls, context, timeout, application
        self.path = path + ("?MailboxId=" + urllib.parse.quote(mailbox_id, safe="@") if mailbox_id else "")
        self.request_guid = "{%s}" % str(uuid.uuid4()).upper()
        self.client_info = "{%s}:1" % str(uuid.uuid4()).upper()
        self.counter, self.cookies, self.connection = 0, {}, None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _open(self):
        if self.tls:
            context = self.context or ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout,
                                                     context=context)
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def next_id(self):
        self.counter += 1
        return "%s:%d" % (self.request_guid, self.counter)

    def headers(self, request_type, **change):
        """change: header names with _ for -; None leaves one out."""
        login = base64.b64encode(("%s:%s" % (self.user, self.password)).encode()).decode()
        headers = {
            "Authorization": "Basic " + login, "Content-Type": "application/mapi-http",
            "X-RequestType": request_type, "X-RequestId": self.next_id(), "X-ClientInfo": self.client_info,
            "X-ClientApplication": self.application, "User-Agent": "Microsoft Office/16.0",
            "Cookie": "; ".join("%s=%s" % pair for pair in self.cookies.items()) or None,
        }
        headers.update({name.replace("_", "-"): value for name, value in change.items()})
        return {name: value for name, value in headers.items() if value is not None}

    def send(self, request_type, body=b"", connection=None, method="POST", keep_cookies=True, **change):
        """One request and its Answer, whatever it is."""
        headers = self.headers(request_type, **change)
        if connection is None and self.connection is None:
            self.connection = self._open()
        used = connection or self.connection
        try:
            used.request(method, self.path, body, headers)
            response = used.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            if connection is None:
                self.close()
            raise
        if connection is None and response.will_close:
            self.close()
        found = {}
        for name, value in response.getheaders():
            found.setdefault(name.lower(), []).append(value)
        answer = Answer(response.status, found, data)
        answer.sent = {name.lower(): value for name, value in headers.items()}
        if keep_cookies and answer.cookies():
            self.cookies.update(answer.cookies())
        return answer

    def ask(self, request_type, body=b"", **kwargs):
        """A request whose transport must succeed: a Reader over the answer's body."""
        answer = self.send(request_type, body, **kwargs)
        answer.check(answer.sent)
        if answer.code != OK:
            raise ResponseCode(request_type, answer)
        answer.unwrap()
        self.answer = answer
        return Reader(answer.body)

    def ping(self):
        """2.2.6: keeps the session context alive."""
        self.ask("PING").end()
        return int(self.answer.header("x-expirationinfo"))


def read_aux(r):
    """AuxiliaryBufferSize and AuxiliaryBuffer at a body's end: the blocks."""
    data = r.sized(32)
    r.end()
    if not data:
        return []
    payloads = unrhe(data)
    if len(payloads) != 1:
        raise Fault("%d AUX payloads" % len(payloads))
    return aux_blocks(payloads[0])


def for_dovecot(dovecot, user, path, password=None, tls=False, **kwargs):
    return Endpoint("127.0.0.1", dovecot.ports["https" if tls else "http"], user,
                    password or dovecot.passwords.get(user, dovecot.opt.password), path, tls=tls,
                    context=dovecot.tls_context if tls else None, mailbox_id=kwargs.pop("mailbox_id", user),
                    **kwargs)
