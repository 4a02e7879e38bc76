# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""A private Dovecot (2.3 or 2.4) with Dovetail in a temporary directory, on loopback
and on ports of its own.  As root its mail belongs to one virtual-mail uid, as
on production sites; as a plain user to that user."""

import atexit
import base64
import contextlib
import fcntl
import functools
import glob
import imaplib
import json
import os
import random
import re
import resource
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from .conf import DOMAIN, Configuration
from .conf24 import Configuration24
from .mta import Mta
from .pgsql import Postgres
from .private24 import show_settings

imaplib._MAXLINE = 100_000_000
for _name in ("GETMETADATA", "SETMETADATA"):
    imaplib.Commands[_name] = ("AUTH", "SELECTED")

PASSWORD = "pass"
VMAIL_UID = 5000
SYSTEM_MODULES = "/usr/lib/dovecot/modules"
FORMATS = ("maildir", "sdbox", "mdbox")
# Lines of this kind in Dovecot's log fail the test that caused them.
BAD_LOG = re.compile(r"Panic:|Fatal:|Error:|assertion failed|AddressSanitizer|"
                     r"runtime error:|LeakSanitizer|killed with signal")
# At the end, when processes go away in any order, only these count.
CRASH_LOG = re.compile(r"Panic:|assertion failed|AddressSanitizer|runtime error:|killed with signal (?!9|15)")
# Dovecot's own noise, not ours.
HARMLESS_LOG = [
    r"imap-login.*(Disconnected|Aborted login)",
    r"auth: Warning",
    r"Time moved (forwards|backwards)",
    # a process that was stopped right after its start
    r"stats-writer.*Timeout waiting for handshake",
    # 2.4.1 looks for the owner "u1@example" of a subscribed shared/u1@example.org/...
    # in Maildir, in every process that lists subscriptions
    r"mkdir\(.*/user-not-found/",
]


def sanitizer_env(prefix):
    """What Dovecot's own programs need to load a plugin built with ASan; {}
    when it is not."""
    program = os.path.join(prefix, "libexec", "dovetail") if prefix else ""
    if not os.path.exists(program):
        return {}
    with open(program, "rb") as f:
        found = re.search(rb"lib(asan\.so\.\d+|clang_rt\.asan-\w+\.so)", f.read())
    if not found:
        return {}
    compiler = "gcc" if found.group(1).startswith(b"asan") else "clang"
    library = subprocess.run([compiler, "-print-file-name=" + found.group(0).decode()],
                             stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    # Two programs hold the same library of ours; Dovecot frees little at exit.
    return {"LD_PRELOAD": library,
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:detect_odr_violation=0",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def default_prefix():
    """Where `make install` of a --enable-private build went."""
    return os.environ.get("DOVETAIL_PREFIX", "")


def has_dovetail(prefix=None):
    prefix = default_prefix() if prefix is None else prefix
    return bool(prefix) and os.path.exists(
        os.path.join(prefix, "libexec", "dovetail"))


def scratch():
    """Where private Dovecots live: in memory if there is plenty of it, because what
    they do most is to make and remove small files; DOVETAIL_TMP chooses."""
    chosen = os.environ.get("DOVETAIL_TMP")
    if chosen:
        return chosen
    memory = "/dev/shm"
    with contextlib.suppress(OSError, ValueError, IndexError):
        room = os.statvfs(memory)
        with open("/proc/meminfo") as info:
            available = int(re.search(r"MemAvailable:\s+(\d+)", info.read()).group(1)) * 1024
        if os.access(memory, os.W_OK) and not room.f_flag & os.ST_NOEXEC and \
                min(room.f_bavail * room.f_frsize, available) > 3 << 30:
            return memory
    return tempfile.gettempdir()


class PortPool:
    """Free loopback ports, bind-tested, each held by a lock file so that runs
    side by side never get the same one.  DOVETAIL_PORTS=low-high limits it."""

    def __init__(self):
        low, _, high = os.environ.get("DOVETAIL_PORTS", "20000-32700").partition("-")
        self.low, self.high = int(low), int(high or low)
        self.locks = []
        self.dir = os.path.join(tempfile.gettempdir(), "dovetail-ports.%d" % os.getuid())
        os.makedirs(self.dir, mode=0o700, exist_ok=True)

    def take(self):
        for _ in range(2000):
            port = random.randint(self.low, self.high)
            handle = os.open(os.path.join(self.dir, str(port)),
                             os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            except OSError:
                os.close(handle)
                continue
            self.locks.append(handle)
            return port
        raise RuntimeError("no free port in %d-%d" % (self.low, self.high))

    def release(self):
        for handle in self.locks:
            os.close(handle)
        self.locks = []


def run(argv, check=True, timeout=60, **kwargs):
    """subprocess.run with what went wrong in the exception."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=kwargs.pop("stdin", subprocess.DEVNULL) if "input" not in kwargs else None,
                          timeout=timeout, **kwargs)
    if check and done.returncode != 0:
        raise RuntimeError("%s: exit %d\n%s%s" % (
            " ".join(argv), done.returncode, done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace")))
    return done


@functools.lru_cache(maxsize=None)
def certificate():
    """For localhost: (certificate, key); one for all servers of this process."""
    with tempfile.TemporaryDirectory() as folder:
        cert, key = (os.path.join(folder, name) for name in ("cert.pem", "key.pem"))
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "365",
             "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,DNS:autodiscover.%s,IP:127.0.0.1" % DOMAIN,
             "-keyout", key, "-out", cert])
        texts = []
        for path in (cert, key):
            with open(path, "rb") as text:
                texts.append(text.read())
        return tuple(texts)


def dovecot_binary():
    return shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin") or "dovecot"


def dovecot_version():
    """(2, 3) or (2, 4); a machine without Dovecot counts as 2.3."""
    with contextlib.suppress(OSError, RuntimeError):
        found = re.match(rb"(\d+)\.(\d+)", run([dovecot_binary(), "--version"]).stdout)
        return int(found.group(1)), int(found.group(2))
    return 2, 3


VERSION = dovecot_version()


class Options:
    """What a test can choose about its Dovecot."""

    def __init__(self, **given):
        self.format = os.environ.get("DOVETAIL_FORMAT", "maildir")
        # where metadata is: "sqlite", or "pgsql", a private server
        self.meta = os.environ.get("DOVETAIL_META", "sqlite")
        self.separator = "/"
        self.prefix = ""              # "INBOX" + separator for Courier-like sites
        self.users = ["anna@" + DOMAIN, "ben@" + DOMAIN, "carla@" + DOMAIN]
        self.password = PASSWORD
        self.scheme = "PLAIN"         # or BLF-CRYPT, hashed with cost 12
        self.dovetail = None          # None: when it is installed
        self.sieve = True
        self.acl = True
        self.quota = None             # like "10M"
        self.indexpvt = True
        self.public = True
        self.plugin = {}              # further lines of plugin { }
        self.extra = ""               # further configuration text
        self.passwd_fields = {}       # user -> extra fields of its passwd line
        self.mail_attribute_dict = True
        self.ssl = True
        self.client_limit = 11000
        self.verbose = bool(os.environ.get("DOVETAIL_DEBUG"))
        self.relay = True             # an MTA of ours behind submission
        self.mail_max = 50            # mail_max_userip_connections
        self.auth_penalty = False     # Dovecot's delays after wrong passwords
        self.local_domains = (DOMAIN,)
        for key, value in given.items():
            if not hasattr(self, key):
                raise TypeError("unknown option " + key)
            setattr(self, key, value)


_stopping = []
_running = set()


@atexit.register
def _end_all():
    """What a run that was broken off leaves behind."""
    for process in _running:
        if process.poll() is None:
            process.terminate()


def wait_stopped():
    """Until all of stop_behind() are gone; the lines of crashes in their logs."""
    found = []
    while _stopping:
        dovecot, thread = _stopping.pop()
        thread.join()
        found += dovecot.stop_log
    return found


class Dovecot(Configuration24 if VERSION >= (2, 4) else Configuration):
    def __init__(self, base=None, prefix_dir=None, **options):
        self.opt = Options(**options)
        self.install = default_prefix() if prefix_dir is None else prefix_dir
        self.dovetail = (has_dovetail(self.install) if self.opt.dovetail is None
                         else self.opt.dovetail)
        if VERSION >= (2, 4):
            show_settings(self.install)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.fd_limit = 1_000_000 if hard == resource.RLIM_INFINITY else max(1000, hard)
        self.opt.client_limit = min(self.opt.client_limit, self.fd_limit - 500)
        self.own_base = base is None
        self.base = base or tempfile.mkdtemp(prefix="dovetail-", dir=scratch())
        self.root = os.getuid() == 0
        self.sanitizer = sanitizer_env(self.install)
        self.ports_pool = PortPool()
        self.ports = {}
        self.process = None
        self.mta = None
        self.pgsql = self.conninfo = None
        self.log_position = 0
        self.expected_errors = []
        self.stop_log = ["Panic: it did not stop"]
        self.passwords = {u: self.opt.password for u in self.opt.users}

    # -- paths ---------------------------------------------------------
    def path(self, *parts):
        return os.path.join(self.base, *parts)

    @property
    def conf(self):
        return self.path("dovecot.conf")

    @property
    def log(self):
        return self.path("dovecot.log")

    def home(self, user):
        return self.path("home", user)

    def maildir(self, user):
        """The mail root of a user, whatever the format."""
        return os.path.join(self.home(user), self.mail_folder)

    @property
    def mail_folder(self):
        return "Maildir" if self.opt.format == "maildir" else self.opt.format

    # -- preparation ----------------------------------------------------
    def prepare(self):
        os.chmod(self.base, 0o755)
        for name in ("run", "state", "home", "public", "modules"):
            os.makedirs(self.path(name), exist_ok=True)
        if self.root:
            for name in ("home", "public"):
                os.chown(self.path(name), VMAIL_UID, VMAIL_UID)
            shared = self.path("shared-mailboxes.db")
            open(shared, "a").close()
            os.chown(shared, VMAIL_UID, VMAIL_UID)
            # file dict writes a temporary file beside it
            os.makedirs(self.path("dict"), exist_ok=True)
            os.chown(self.path("dict"), VMAIL_UID, VMAIL_UID)
        else:
            os.makedirs(self.path("dict"), exist_ok=True)
        self._link_modules()
        if self.opt.ssl:
            self._certificate()
        for name in ("imap", "lmtp", "submission", "http", "https", "httpproxy", "sieve"):
            self.ports[name] = self.ports_pool.take()
        self.write_users()

    def _link_modules(self):
        """Dovecot knows one module folder: a folder of links to both."""
        target = self.path("modules")
        _link_tree(SYSTEM_MODULES, target)
        own = os.path.join(self.install, "modules") if self.install else ""
        if self.dovetail and os.path.isdir(own):
            _link_tree(own, target)

    def _certificate(self):
        cert, key = self.path("cert.pem"), self.path("key.pem")
        if os.path.exists(cert):
            return
        for path, text in zip((cert, key), certificate()):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
                out.write(text)
        os.chmod(cert, 0o644)

    # -- users ------------------------------------------------------------
    def add_user(self, user, password=None, **fields):
        self.opt.users.append(user)
        self.passwords[user] = password or self.opt.password
        if fields:
            self.opt.passwd_fields[user] = fields
        self.write_users()
        time.sleep(1.1)     # auth looks at the file once a second

    def write_users(self):
        uid, gid = (VMAIL_UID, VMAIL_UID) if self.root else (os.getuid(), os.getgid())
        hashes = {}
        lines = []
        for user in self.opt.users:
            secret = self.passwords[user]
            if secret not in hashes:
                hashes[secret] = self._hash(secret)
            extra = " ".join("%s=%s" % item for item in
                             self.opt.passwd_fields.get(user, {}).items())
            lines.append("%s:%s:%d:%d::%s::%s\n" % (
                user, hashes[secret], uid, gid, self.home(user), extra))
        temporary = self.path("passwd.new")
        with open(temporary, "w") as out:
            out.writelines(lines)
        os.chmod(temporary, 0o644)
        os.rename(temporary, self.path("passwd"))

    def _hash(self, secret):
        if self.opt.scheme == "PLAIN":
            return "{PLAIN}" + secret
        done = run(["doveadm", "-O", "pw", "-s", self.opt.scheme, "-r", "12", "-p", secret])
        return done.stdout.decode().strip()

    # -- life ---------------------------------------------------------------
    def start(self):
        for attempt in range(3):
            try:
                self._start()
                return self
            except RuntimeError:
                self._stop_process()
                if attempt == 2 or "in use" not in self.read_log():
                    raise
                self.ports_pool.release()

    def _start(self):
        if self.opt.relay and self.mta is None:
            self.mta = Mta(local_domains=self.opt.local_domains)
            self.mta.start()
        if self.opt.meta == "pgsql" and self.pgsql is None:
            self.pgsql = Postgres.of_environment()
            self.conninfo = self.pgsql.new_database()
            self.opt.plugin["dovetail_meta"] = "pgsql " + self.conninfo
        self.prepare()
        if self.mta is not None:
            self.mta.lmtp = ("127.0.0.1", self.ports["lmtp"])
        with open(self.conf, "w") as out:
            out.write(self.config())
        self._write_json()
        self.launch()

    def launch(self):
        """Start the master on the configuration as it stands."""
        env = dict(os.environ, **self.sanitizer)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)[1:] * 2
        with open(self.path("master.out"), "ab") as out:
            self.process = subprocess.Popen(
                [dovecot_binary(), "-F", "-c", self.conf], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True, env=env,
                preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, limits))
        _running.add(self.process)
        self._wait_up()

    def _wait_up(self, timeout=20):
        wanted = ["imap", "lmtp"] + (["http"] if self.dovetail else [])
        deadline = time.monotonic() + timeout
        for name in wanted:
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", self.ports[name]), 1).close()
                    break
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("Dovecot did not start:\n%s%s" % (
                        open(self.path("master.out"), errors="replace").read()[-2000:],
                        self.read_log()[-3000:]))
                time.sleep(0.02)

    def _write_json(self):
        with open(self.path("instance.json"), "w") as out:
            json.dump(dict(ports=self.ports, users=self.opt.users, conf=self.conf,
                           format=self.opt.format), out)

    @property
    def master_pid(self):
        return self.process.pid

    def reload(self):
        os.kill(self.master_pid, signal.SIGHUP)
        time.sleep(0.3)

    def _stop_process(self):
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self._kill_all()
            self.process.wait(5)
        _running.discard(self.process)
        self.process = None

    def _kill_all(self):
        self.expect_error("killed with signal", r"read\(\w+( listen_fd.*)?\) failed: EOF")
        # Stopped first, or it starts new children while the old ones are killed.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)
        children = self.processes()
        for pid in children + [self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # a system call that was begun is still finished
        deadline = time.monotonic() + 5
        while any(_lives(pid) for pid in children) and time.monotonic() < deadline:
            time.sleep(0.005)

    def stop(self, keep=False):
        self._stop_process()
        if self.mta is not None:
            self.mta.stop()
            self.mta = None
        if self.pgsql is not None:
            with contextlib.suppress(RuntimeError):
                self.pgsql.drop_database(self.conninfo)
            self.pgsql.stop()
            self.pgsql = None
        self.ports_pool.release()
        if self.own_base and not keep and not os.environ.get("DOVETAIL_KEEP"):
            shutil.rmtree(self.base, ignore_errors=True)

    def stop_behind(self):
        """The same beside what follows: Dovecot takes more than a second for it.
        wait_stopped() waits, and tells what the log says that it should not."""
        thread = threading.Thread(target=self._stop_and_look)
        thread.start()
        _stopping.append((self, thread))

    def _stop_and_look(self):
        try:
            self._stop_process()
            self.stop_log = [line for line in self.check_log() if CRASH_LOG.search(line)]
        finally:
            self.stop()

    def restart(self):
        self._stop_process()
        self.launch()

    def kill_restart(self):
        """A crash of everything: no process gets to finish anything."""
        self._kill_all()
        self.process.wait(10)
        self.drop_dead_locks()
        self.launch()

    def drop_dead_locks(self):
        """Maildir's lock gets its writer's pid just after it was made. Without
        one, because the writer was killed between, Dovecot's own imap waits for
        it as long as our worker does: two minutes."""
        pattern = os.path.join(glob.escape(self.path("home")), "*", "**", "dovecot-uidlist.lock")

        def without_pid():
            found = set()
            for path in glob.glob(pattern, recursive=True, include_hidden=True):
                with contextlib.suppress(OSError):
                    status = os.stat(path)
                    if status.st_size == 0:
                        found.add((path, status.st_ino))
            return found
        suspects = without_pid()
        if not suspects:
            return
        time.sleep(0.2)
        for path, _ in suspects & without_pid():
            with contextlib.suppress(OSError):
                os.unlink(path)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    # -- processes ------------------------------------------------------------
    def processes(self, name=None):
        """Pids of this Dovecot's processes, optionally only of one program
        (as in "dovetail-worker" or "imap")."""
        found = []
        for pid in _children(self.process.pid) if self.process else []:
            with contextlib.suppress(OSError, IndexError):
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    program = f.read().split(b"\0")[0].decode("utf-8", "replace").split(" ")[0]
                if name is None or os.path.basename(program) in (name, "dovecot/" + name):
                    found.append(pid)
        return found

    def kill9(self, name):
        self.expect_error("killed with signal 9")
        pids = self.processes(name)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pids

    def memory_pss(self, name=None):
        """PSS in KiB, summed."""
        total = 0
        for pid in self.processes(name):
            with contextlib.suppress(OSError):
                with open("/proc/%d/smaps_rollup" % pid) as f:
                    total += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
        return total

    def cpu_seconds(self, name=None):
        """User and system time of the living processes and the reaped ones."""
        ticks = 0
        pids = self.processes(name) + ([self.process.pid] if name is None else [])
        for pid in pids:
            with contextlib.suppress(OSError):
                with open("/proc/%d/stat" % pid) as f:
                    fields = f.read().rpartition(")")[2].split()
                ticks += sum(int(fields[i]) for i in (11, 12))
                if pid == self.process.pid:
                    ticks += sum(int(fields[i]) for i in (13, 14))
        return ticks / os.sysconf("SC_CLK_TCK")

    # -- logs ------------------------------------------------------------------
    def read_log(self, name="dovecot.log"):
        try:
            with open(self.path(name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def expect_error(self, *patterns):
        """Log lines that the running test causes on purpose."""
        self.expected_errors += patterns

    def check_log(self):
        """The bad lines since the last call that nobody expected."""
        text = self.read_log()
        fresh, self.log_position = text[self.log_position:], len(text)
        allowed = [re.compile(p) for p in HARMLESS_LOG + self.expected_errors]
        self.expected_errors = []
        return [line for line in fresh.splitlines()
                if BAD_LOG.search(line) and not any(p.search(line) for p in allowed)]

    def wait_log(self, pattern, timeout=5, name=None):
        """The first match in the logs; waits for it."""
        deadline = time.monotonic() + timeout
        while True:
            for log in [name] if name else ["dovecot.log", "info.log"]:
                found = re.search(pattern, self.read_log(log))
                if found:
                    return found
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)

    def status(self):
        """What the front says of itself: {"held": "3", ...}"""
        known = len(re.findall("status: connections", self.read_log("info.log")))
        handle = os.open(self.path("run", "dovetail-bus"), os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(handle, b"C1\tstatus\n")
        finally:
            os.close(handle)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            lines = re.findall(r"status: (connections.*)", self.read_log("info.log"))
            if len(lines) > known:
                return dict(item.split("=") for item in lines[-1].split())
            time.sleep(0.005)
        raise RuntimeError("the front does not tell its status")

    # -- doing things with it -----------------------------------------------------
    def doveadm(self, *args, check=True, input=None, timeout=60):
        done = run(["doveadm", "-c", self.conf, *args], check=check, input=input, timeout=timeout,
                   env=dict(os.environ, **self.sanitizer))
        return done.stdout.decode("utf-8", "replace")

    def imap(self, user=None, password=None):
        client = Imap("127.0.0.1", self.ports["imap"], timeout=60)
        user = user or self.opt.users[0]
        client.login(user, password or self.passwords[user])
        return client

    def deliver(self, user, message, sender="sender@example.net"):
        """One message by LMTP; returns when Dovecot has committed it."""
        if isinstance(message, str):
            message = message.encode()
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"]) as lmtp:
            lmtp.sendmail(sender, [user] if isinstance(user, str) else user, message)

    def append(self, user, messages, folder="INBOX", flags=None):
        """Many messages fast, by IMAP MULTIAPPEND: bytes, or (bytes, flags,
        date) tuples."""
        with self.imap(user) as client:
            client.multiappend(self.folder(folder), messages, flags)

    def folder(self, name):
        """A folder's IMAP name with this instance's separator and prefix."""
        if name == "INBOX":
            return name
        return self.opt.prefix + imap_name(name).replace("/", self.opt.separator)

    def set_sieve(self, user, script, name="test"):
        folder = os.path.join(self.home(user), "sieve")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name + ".sieve"), "w") as out:
            out.write(script)
        link = os.path.join(self.home(user), ".dovecot.sieve")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(link)
        os.symlink("sieve/%s.sieve" % name, link)
        if self.root:
            for top, dirs, files in os.walk(self.home(user)):
                for entry in [top] + [os.path.join(top, f) for f in files + dirs]:
                    os.lchown(entry, VMAIL_UID, VMAIL_UID)

    @property
    def tls_context(self):
        return ssl.create_default_context(cafile=self.path("cert.pem"))


class Imap(imaplib.IMAP4):
    """imaplib with the few things tests want in one line."""

    def multiappend(self, folder, messages, flags=None):
        """RFC 3502, with non-synchronising literals."""
        for start in range(0, len(messages), 200):
            out = [b"%s APPEND %s" % (self._new_tag(), _quote(folder).encode())]
            for item in messages[start:start + 200]:
                data, own_flags, date = item if isinstance(item, tuple) else (item, flags, None)
                line = b" (%s)" % (own_flags or "").encode()
                if date:
                    line += b' "%s"' % date.encode()
                out.append(line + b" {%d+}\r\n" % len(data) + data)
            tag = out[0].split(b" ")[0]
            self.send(b"".join(out) + b"\r\n")
            typ, data = self._command_complete("APPEND", tag)
            if typ != "OK":
                raise self.error("APPEND: %r" % data)

    def truth(self, folder="INBOX"):
        """What is in a folder: {uid: (flags, message-id, subject, size)}."""
        typ, data = self.select(_quote(folder), readonly=True)
        if typ != "OK":
            raise self.error(data[0].decode())
        found = {}
        if int(data[0]) == 0:
            return found
        _, rows = self.uid("FETCH", "1:*",
                           "(FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID SUBJECT)])")
        for row in rows:
            if not isinstance(row, tuple):
                continue
            head = row[0].decode()
            uid = int(re.search(r"UID (\d+)", head).group(1))
            flags = set(re.search(r"FLAGS \(([^)]*)\)", head).group(1).split()) - {"\\Recent"}
            size = int(re.search(r"RFC822.SIZE (\d+)", head).group(1))
            text = re.sub(r"\r\n[ \t]", " ", row[1].decode("utf-8", "replace"))
            field = dict(re.findall(r"^([\w-]+):\s*(.*?)\s*$", text, re.M))
            field = {k.lower(): v for k, v in field.items()}
            found[uid] = (flags, field.get("message-id", ""), field.get("subject", ""), size)
        return found

    def folders(self):
        _, rows = self.list()
        return [re.match(rb'\(([^)]*)\) (?:"(.)"|NIL) (.*)', row).group(3).decode().strip('"')
                for row in rows if isinstance(row, bytes)]

    def source(self, uid, folder="INBOX"):
        self.select(_quote(folder), readonly=True)
        _, data = self.uid("FETCH", str(uid), "(BODY.PEEK[])")
        return data[0][1]

    def store_flags(self, uids, change, folder="INBOX"):
        """change like "+FLAGS (\\Seen)"."""
        self.select(_quote(folder))
        typ, data = self.uid("STORE", uids if isinstance(uids, str) else
                             ",".join(map(str, uids)), *change.split(" ", 1))
        assert typ == "OK", data

    def expunge_uids(self, uids, folder="INBOX"):
        self.store_flags(uids, "+FLAGS (\\Deleted)", folder)
        self.expunge()


def _quote(name):
    return '"%s"' % name.replace("\\", "\\\\").replace('"', '\\"')


def imap_name(name):
    """Modified UTF-7 (RFC 3501 5.1.3)."""
    out, run = [], []

    def flush():
        if run:
            text = base64.b64encode("".join(run).encode("utf-16-be")).decode().rstrip("=")
            out.append("&%s-" % text.replace("/", ","))
            run.clear()
    for c in name:
        if " " <= c <= "~":
            flush()
            out.append("&-" if c == "&" else c)
        else:
            run.append(c)
    flush()
    return "".join(out)


def _link_tree(source, target):
    """Links to files, real folders: so two trees can lie over each other."""
    for name in os.listdir(source):
        if name.endswith(".la"):
            continue
        from_path, to_path = os.path.join(source, name), os.path.join(target, name)
        if os.path.isdir(from_path) and not os.path.islink(from_path):
            os.makedirs(to_path, exist_ok=True)
            _link_tree(from_path, to_path)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(to_path)
            os.symlink(from_path, to_path)


def _lives(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _children(parent):
    """All descendants of a process."""
    table = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError):
                with open("/proc/%s/stat" % entry) as f:
                    table.setdefault(int(f.read().rpartition(")")[2].split()[1]), []).append(int(entry))
    found, todo = [], [parent]
    while todo:
        for pid in table.get(todo.pop(), []):
            found.append(pid)
            todo.append(pid)
    return found
