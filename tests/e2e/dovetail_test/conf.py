# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The private Dovecot's configuration, in 2.3's words."""

import getpass
import grp
import os

DOMAIN = "example.org"
SPECIAL = ("Drafts", "Sent", "Trash", "Junk")


def block(name, *lines):
    body = "".join("  %s\n" % line for text in lines for line in text.strip("\n").split("\n") if line)
    return "%s {\n%s}\n" % (name, body)


class Configuration:
    """The part of Dovecot (dovecot.py) that writes its configuration. conf24.py
    has what 2.4 says in other words; so has extra of a test's options
    (settings_text(), plugins_text())."""

    variable = "$"
    service_count = "service_count"
    unlimited = "0"
    # listeners that are there unless they are switched off
    other_listeners = {"imap-login": ("imaps",)}

    def settings_text(self, settings):
        """Settings of Dovetail and of plugins, by 2.3's names."""
        return block("plugin", *("%s = %s" % pair for pair in settings.items()))

    def plugins_text(self, *plugins):
        """mail_plugins: these besides the others."""
        return "mail_plugins = $mail_plugins " + " ".join(plugins)

    def config(self):
        parts = [self._conf_core(), self._conf_auth(), self._conf_namespaces(),
                 self._conf_plugin(), self._conf_protocols(), self._conf_services()]
        if self.dovetail:
            parts.append(self._conf_dovetail())
        parts.append(self.opt.extra)
        return "\n".join(parts)

    def _location(self, home="~"):
        return "%s:%s/%s" % (self.opt.format, home, self.mail_folder)

    def _plugins(self):
        """mail_plugins of every protocol"""
        o = self.opt
        return " ".join(["acl"] * o.acl + ["notify"] + ["quota"] * bool(o.quota) +
                        ["dovetail"] * self.dovetail)

    def _conf_core(self):
        o = self.opt
        plugins = self._plugins()
        text = """
protocols = imap lmtp submission%(sieve)s
base_dir = %(base)s/run
state_dir = %(base)s/state
log_path = %(base)s/dovecot.log
info_log_path = %(base)s/info.log
debug_log_path = %(base)s/debug.log
mail_debug = %(debug)s
auth_debug = no
listen = 127.0.0.1
login_trusted_networks =
haproxy_trusted_networks = 127.0.0.0/8
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %%Lu
auth_default_realm = %(domain)s
auth_failure_delay = 1 secs
postmaster_address = postmaster@%(domain)s
hostname = mail.%(domain)s
first_valid_uid = 1
mail_location = %(location)s
mail_plugins = %(plugins)s
mail_plugin_dir = %(base)s/modules
mailbox_list_index = yes
maildir_stat_dirs = yes
mail_max_userip_connections = %(max)d
mail_fsync = never
default_client_limit = %(client_limit)d
default_process_limit = 2048
default_vsz_limit = 0
shutdown_clients = yes
""" % dict(base=self.base, debug="yes" if o.verbose else "no", domain=DOMAIN,
           location=self._location(), plugins=plugins, max=o.mail_max,
           client_limit=o.client_limit, sieve=" sieve" if o.sieve else "")
        if o.mail_attribute_dict:
            text += "mail_attribute_dict = file:%h/attributes.db\n"
        if o.ssl:
            text += "ssl = yes\nssl_cert = <%s\nssl_key = <%s\n" % (
                self.path("cert.pem"), self.path("key.pem"))
        else:
            text += "ssl = no\n"
        if not self.root:
            me = getpass.getuser()
            group = grp.getgrgid(os.getgid()).gr_name
            text += ("default_internal_user = %s\ndefault_internal_group = %s\n"
                     "default_login_user = %s\n" % (me, group, me))
        if self.sanitizer:
            # stderr of children is Dovecot's log
            text += "import_environment = $import_environment %s\n" % " ".join(
                "%s=%s" % pair for pair in self.sanitizer.items())
        if self.mta is not None:
            text += "submission_host = 127.0.0.1:%d\nsubmission_relay_host = 127.0.0.1\n" \
                    "submission_relay_port = %d\n" % (self.mta.port, self.mta.port)
        return text

    def _conf_auth(self):
        return """
passdb {
  driver = passwd-file
  args = username_format=%%u %(base)s/passwd
}
userdb {
  driver = passwd-file
  args = username_format=%%u %(base)s/passwd
}
""" % dict(base=self.base)

    def _conf_namespaces(self):
        o = self.opt
        special = "".join("  mailbox %s {\n    auto = subscribe\n    special_use = \\%s\n  }\n" % pair
                          for pair in zip(SPECIAL, SPECIAL))
        text = "namespace inbox {\n  inbox = yes\n  separator = %s\n  prefix = %s\n%s}\n" % (
            o.separator, o.prefix, special)
        # With '.' the whole address cannot stand in a prefix: the domain is
        # then the reader's own.
        who = "%%u" if o.separator != "." else "%%n"
        pvt = ":INDEXPVT=~/shared/" + who if o.indexpvt else ""
        text += block("namespace shared", "type = shared", "separator = " + o.separator,
                      "prefix = shared%s%s%s" % (o.separator, who, o.separator),
                      "location = %s%s" % (self._location("%%h"), pvt),
                      "list = children", "subscriptions = no")
        if o.public:
            pvt = ":INDEXPVT=~/public" if o.indexpvt else ""
            text += block("namespace public", "type = public", "separator = " + o.separator,
                           "prefix = Public" + o.separator,
                           "location = %s:%s%s" % (o.format, self.path("public"), pvt),
                           "list = children", "subscriptions = no")
        return text

    def _conf_plugin(self):
        o = self.opt
        lines = ["acl = vfile", "acl_shared_dict = file:%s" % self.path("dict", "shared-mailboxes.db"),
                 "acl_defaults_from_inbox = no"]
        if o.quota:
            lines += ["quota = count:User quota", "quota_rule = *:storage=" + o.quota,
                      "quota_vsizes = yes", "quota_grace = 0"]
        if o.sieve:
            lines += ["sieve = file:~/sieve;active=~/.dovecot.sieve",
                      "sieve_extensions = +vacation-seconds"]
        # "%(https)d" in a value: the port
        lines += ["%s = %s" % (key, value % self.ports if "%(" in value else value)
                  for key, value in o.plugin.items()]
        return block("plugin", *lines)

    def _conf_protocols(self):
        o = self.opt
        imap = self.plugins_text(*["imap_acl"] * o.acl + ["imap_quota"] * bool(o.quota))
        lmtp = self.plugins_text("sieve") if o.sieve else ""
        text = block("protocol imap", imap,
                      "imap_metadata = " + ("yes" if o.mail_attribute_dict else "no"))
        text += block("protocol lmtp", lmtp)
        text += block("protocol doveadm", "mail_access_groups = %s" % (
            "dovecot" if self.root else grp.getgrgid(os.getgid()).gr_name))
        return text

    def _conf_services(self):
        listeners = [("imap-login", "imap", self.ports["imap"]),
                     ("submission-login", "submission", self.ports["submission"])]
        if self.opt.sieve:
            listeners.append(("managesieve-login", "sieve", self.ports["sieve"]))
        text = ""
        for service, name, port in listeners:
            inner = "inet_listener %s {\n  port = %d\n}" % (name, port)
            for other in self.other_listeners.get(service, ()):
                inner += "\ninet_listener %s {\n  port = 0\n}" % other
            text += block("service " + service, inner,
                          "" if self.root else "chroot =",
                          "%s = %s" % (self.service_count, self.unlimited))
        text += block("service lmtp", "inet_listener lmtp {\n  port = %d\n}" % self.ports["lmtp"])
        text += block("service imap", "process_limit = 2048", "%s = 100" % self.service_count)
        text += block("service auth", "client_limit = %d" % min(16000, self.fd_limit - 500))
        # A wrong password would slow down every later login from 127.0.0.1.
        text += block("service anvil", "" if self.root else "chroot =",
                      "" if self.opt.auth_penalty else
                      "unix_listener anvil-auth-penalty {\n  mode = 0\n}")
        text += block("service stats", "" if self.root else "chroot =")
        return text

    def _program(self, libexec, name):
        """DOVETAIL_VALGRIND: its findings are lines in Dovecot's log, and so
        fail the test that caused them."""
        program = os.path.join(libexec, name)
        if not os.environ.get("DOVETAIL_VALGRIND"):
            return program
        script = self.path("valgrind-" + name)
        with open(script, "w") as out:
            out.write("#!/bin/sh\nexec valgrind -q --vgdb=no --child-silent-after-fork=yes --num-callers=30"
                      " %s \"$@\"\n" % program)
        os.chmod(script, 0o755)
        return script

    def _conf_dovetail(self):
        p, libexec = self.ports, os.path.join(self.install, "libexec")
        login, internal = (self.variable + name for name in ("default_login_user", "default_internal_group"))
        https = "" if not self.opt.ssl else \
            "inet_listener dovetails {\n  port = %d\n  ssl = yes\n}" % p["https"]
        text = block(
            "service dovetail",
            "executable = " + self._program(libexec, "dovetail"), "user = " + login,
            "extra_groups = " + internal,
            "chroot =", "process_limit = 1", "process_min_avail = 1",
            "client_limit = %d" % self.opt.client_limit,
            "inet_listener dovetail {\n  port = %d\n}" % p["http"], https,
            "inet_listener dovetail-proxy {\n  port = %d\n  haproxy = yes\n}" % p["httpproxy"],
            "fifo_listener dovetail-bus {\n  mode = 0660\n  group = %s\n}" % internal)
        text += block(
            "service dovetail-worker",
            "executable = " + self._program(libexec, "dovetail-worker"), "process_limit = 1024",
            "client_limit = 1", "%s = 1" % self.service_count,
            "extra_groups = " + internal,
            "unix_listener dovetail-worker {\n  mode = 0600\n  user = %s\n}" % login)
        text += block(
            "service dovetail-freebusy",
            "executable = %s" % os.path.join(libexec, "dovetail-freebusy"), "process_limit = 100",
            "client_limit = 1", "%s = 1" % self.service_count,
            "unix_listener dovetail-freebusy {\n  mode = 0660\n  group = %s\n}" % internal)
        # The Directory lists users through this.
        text += block(
            "service auth",
            "unix_listener dovetail-userdb {\n  mode = 0660\n  group = %s\n}" % internal)
        return text
