# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""A large attachment up (SendMail) and down, and how far the memory of front and worker grows for it (F4)."""

import re
import time

from benchlib import DOMAIN, Dovecot, RawHttp, eas, wbxml

USER = "u@" + DOMAIN
LINE = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODku\r\n"


def mime(megabytes):
    data = LINE * (megabytes * 1_000_000 // 63 + 1)
    return (b"From: <%s>\r\nTo: <%s>\r\nSubject: large\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee there\r\n"
            b"--b\r\nContent-Type: application/octet-stream; name=large.bin\r\n"
            b"Content-Disposition: attachment; filename=large.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            % (USER.encode(), USER.encode())) + data + b"--b--\r\n"


class Peak:
    """Peak RSS of front and worker between enter and exit, above what they had."""

    def __init__(self, dovecot):
        self.pids = {name: dovecot.processes(name)[0] for name in ("dovetail", "dovetail-worker")}

    def _read(self, pid, field):
        with open("/proc/%d/status" % pid) as f:
            return int(re.search(r"^%s:\s+(\d+)" % field, f.read(), re.M).group(1))

    def __enter__(self):
        for pid in self.pids.values():
            with open("/proc/%d/clear_refs" % pid, "w") as f:
                f.write("5")        # VmHWM begins anew
        self.before = {name: self._read(pid, "VmRSS") for name, pid in self.pids.items()}
        self.started = time.perf_counter()
        return self

    def __exit__(self, *exc):
        self.seconds = time.perf_counter() - self.started
        self.grown = {name: (self._read(pid, "VmHWM") - self.before[name]) / 1024 for name, pid in self.pids.items()}

    def add(self, table, name, size):
        table.add(name, size / 1e6 / self.seconds, "MB/s", "%.0f MB in %.2f s; RSS at its peak: worker +%.1f MB, front +%.1f MB" % (
            size / 1e6, self.seconds, self.grown["dovetail-worker"], self.grown["dovetail"]))


def down(table, dovecot, client, name, command, body, extra=""):
    with Peak(dovecot) as peak:
        raw = RawHttp(dovecot.ports["http"], client.authorization(), device=client.device_id, policy_key=client.policy_key)
        raw.head = raw.head.replace("Content-Type:", extra + "Content-Type:")
        raw.send(command, body)
        raw.answer_large()
    peak.add(table, name, raw.received)


def run(table, megabytes=100):
    plugin = {"dovetail_max_body_size": "%d M" % (megabytes * 3), "dovetail_loop_requests": "100000"}
    with Dovecot(users=[USER], plugin=plugin, sieve=False) as dovecot:
        client = eas.Client.for_dovecot(dovecot, USER, device_id="B1")
        client.timeout = 300
        phone = eas.Phone(client)
        phone.folder_sync()
        phone.sync()
        data = mime(megabytes)
        request = wbxml.encode(eas.E("ComposeMail:SendMail", eas.E("ClientId", "1"), eas.E("SaveInSentItems"),
                                     eas.E("Mime", data)))
        with Peak(dovecot) as peak:
            raw = RawHttp(dovecot.ports["http"], client.authorization(), device="B1", policy_key=client.policy_key)
            raw.send("SendMail", request)
            answer = raw.answer()
        if answer:
            raise RuntimeError("SendMail: %r" % answer[:200])
        peak.add(table, "SendMail, saved in Sent", len(request))
        del request, data
        sent = phone.folder(type=eas.SENT)
        for _ in range(50):
            phone.sync(sent)
            if phone.items.get(sent):
                break
            time.sleep(0.2)
        (item,) = phone.items[sent].values()
        reference = item.get("AirSyncBase:Attachments/Attachment/FileReference")
        fetch = wbxml.encode(eas.E("ItemOperations:ItemOperations", eas.E("Fetch", eas.E("Store", "Mailbox"),
                                                                         eas.E("AirSyncBase:FileReference", reference))))
        down(table, dovecot, client, "ItemOperations, inline (base64)", "ItemOperations", fetch)
        down(table, dovecot, client, "ItemOperations, multipart", "ItemOperations", fetch, "MS-ASAcceptMultiPart: T\r\n")
        (sid,) = phone.items[sent]
        options = client.sync_options(body=((4,),), mime_support=2)
        whole = wbxml.encode(client.sync_request(client.collection(
            sent, phone.keys[sent], options=options, commands=[eas.fetch(sid)])))
        down(table, dovecot, client, "Sync Fetch as MIME", "Sync", whole)
        old = client.clone(version="12.1", device_id="B2")
        phone = eas.Phone(old)
        raw = RawHttp(dovecot.ports["http"], old.authorization(), version="12.1", device="B2", policy_key=old.policy_key)
        with Peak(dovecot) as peak:
            raw.send("GetAttachment&AttachmentName=" + reference.replace(":", "%3A").replace("/", "%2F"), b"")
            raw.answer_large()
        peak.add(table, "GetAttachment", raw.received)
