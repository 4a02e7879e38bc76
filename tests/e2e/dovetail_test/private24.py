# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Dovecot 2.4 learns of our settings from a module in a directory that no
configuration names. For a private installation this process, and all that it
starts, see that directory with our module in it: in a mount namespace of
their own, so that the machine's Dovecot sees nothing of it."""

import os
import shutil
import subprocess
import tempfile

MODULES = "/usr/lib/dovecot/modules/settings"
OURS = "libdovetail_settings.so"
_shown = None


def show_settings(prefix):
    """Once in a process, before it has threads: needs root, or the right to
    make user namespaces."""
    global _shown
    ours = os.path.join(prefix, "modules", "settings", OURS) if prefix else ""
    if not os.path.exists(ours) or _shown == ours:
        return
    if _shown is None:
        _new_namespace()
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        # the mount keeps what is in it: a file system of its own
        _mount("-t", "tmpfs", "-o", "mode=755,size=16m", "tmpfs", directory)
        for name in os.listdir(MODULES):
            shutil.copy(os.path.join(MODULES, name), directory)
        shutil.copy(ours, directory)
        _mount("--bind", directory, MODULES)
        subprocess.run(["umount", directory], check=True)
    _shown = ours


def _mount(*args):
    subprocess.run(["mount", *args], check=True)


def _new_namespace():
    uid, gid = os.getuid(), os.getgid()
    flags = os.CLONE_NEWNS | (0 if uid == 0 else os.CLONE_NEWUSER)
    os.unshare(flags)
    if uid != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (uid, uid)),
                           ("gid_map", "%d %d 1" % (gid, gid))):
            with open("/proc/self/" + name, "w") as out:
                out.write(text)
    _mount("--make-rprivate", "/")
