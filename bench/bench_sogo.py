# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""First sync of the same mailbox by SOGo's ActiveSync and by Dovetail (F1).  Root; installs Debian's SOGo."""

import base64
import http.client
import os
import shutil
import subprocess
import tempfile
import time

from benchlib import (ADD, DOMAIN, HERE, Dovecot, RawHttp, corpus_maildir, eas, give_mailbox, median, sync_head,
                      wbxml)

PATH = "/SOGo/Microsoft-Server-ActiveSync"
WINDOW = 512
BODY = (2, 500)
SOGO_UID = 5100


class Sogo:
    """Directly to sogod, with the headers its web server would add."""

    def __init__(self, port):
        self.port, self.connection = port, None
        self.headers = {
            "Authorization": "Basic " + base64.b64encode(b"alice:secret").decode(),
            "MS-ASProtocolVersion": "14.1", "Content-Type": "application/vnd.ms-sync.wbxml",
            "User-Agent": "Bench/1", "X-MS-PolicyKey": "0",
            "x-webobjects-server-protocol": "HTTP/1.0", "x-webobjects-remote-host": "127.0.0.1",
            "x-webobjects-server-name": "localhost", "x-webobjects-server-port": str(port),
            "x-webobjects-server-url": "http://localhost:%d" % port}

    def post(self, command, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
        connection.request("POST", "%s?Cmd=%s&User=alice&DeviceId=BENCH1&DeviceType=Bench" % (PATH, command),
                           body, self.headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError("SOGo: %d %r" % (answer.status, data[:300]))
        return data


def first_sync(post, client, inbox, count):
    def request(key, **more):
        return wbxml.encode(client.sync_request(client.collection(inbox, key, get_changes=None if key == "0" else True,
                                                                  **more)))
    started, slowest, seen, rounds = time.perf_counter(), 0.0, 0, 0
    key = sync_head(post("Sync", request("0")))[0]
    options = client.sync_options(filter=0, body=(BODY,))
    while seen < count:
        begun = time.perf_counter()
        answer = post("Sync", request(key, window=WINDOW, options=options))
        slowest = max(slowest, time.perf_counter() - begun)
        if not answer:
            break
        key = sync_head(answer)[0]
        seen += answer.count(ADD)
        rounds += 1
    if not count * 0.999 <= seen <= count * 1.001:
        raise RuntimeError("%d messages came instead of %d" % (seen, count))
    return time.perf_counter() - started, slowest


def sogo_mailbox(folder, home):
    top = os.path.join(home, "Maildir")
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(top, name), exist_ok=True)
    for name in os.listdir(os.path.join(folder, "cur")):
        shutil.copy2(os.path.join(folder, "cur", name), os.path.join(top, "cur", name))
    for path, _, files in os.walk(home):
        for name in [path] + [os.path.join(path, f) for f in files]:
            os.chown(name, SOGO_UID, SOGO_UID)


def run_sogo(folder, count):
    directory = tempfile.mkdtemp(prefix="dovetail-sogo-")
    env = dict(os.environ, PEER_DIR=directory)
    try:
        sogo_mailbox(folder, os.path.join(directory, "mail", "alice"))
        done = subprocess.run([os.path.join(HERE, "peers", "sogo-up")], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, timeout=900, check=True)
        port = int(done.stdout.split("EAS=127.0.0.1:")[1].split()[0])
        sogo = Sogo(port)
        client = eas.Client("127.0.0.1", port, "alice", "secret", version="14.1")
        for _ in range(50):
            try:
                folders = wbxml.decode(sogo.post("FolderSync", wbxml.encode(
                    eas.E("FolderHierarchy:FolderSync", eas.E("SyncKey", "0")))))
                break
            except (OSError, http.client.HTTPException):
                time.sleep(0.5)
        inbox = next(c.get("ServerId") for c in folders.find("Changes").findall("Add") if c.get("Type") == "2")
        return first_sync(sogo.post, client, inbox, count)
    finally:
        subprocess.run([os.path.join(HERE, "peers", "sogo-down"), "--wipe"], env=env, check=False)


def run_dovetail(folder, count):
    user = "alice@" + DOMAIN
    with Dovecot(users=[user], format="maildir", plugin={"dovetail_loop_requests": "100000"}) as dovecot:
        give_mailbox(dovecot, user, folder)
        client = eas.Client.for_dovecot(dovecot, user, device_id="B1", version="14.1")
        phone = eas.Phone(client)
        phone.folder_sync()
        raw = RawHttp(dovecot.ports["http"], client.authorization(), version="14.1", device="B1",
                      policy_key=client.policy_key)
        return first_sync(raw.post, client, phone.inbox, count)


def run(table, count=2000):
    if os.getuid() != 0:
        print("  skipped: root is needed")
        return
    folder = corpus_maildir(count)
    ours = [run_dovetail(folder, count) for _ in range(3)]
    seconds = median([s for s, _ in ours])
    table.add("Dovetail: first sync of %d messages" % count, seconds, "s", "slowest window %.2f s" % ours[0][1])
    theirs, slowest = run_sogo(folder, count)
    table.add("SOGo: first sync of %d messages" % count, theirs, "s", "slowest window %.2f s" % slowest)
    table.add("SOGo / Dovetail", theirs / seconds, "x", "goal 100")
