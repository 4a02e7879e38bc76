# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The configuration as it is shipped: Dovecot takes conf.d/95-dovetail.conf (2.4:
95-dovetail-2.4.conf) unchanged but for ports and paths, and the service answers."""

import os
import re
import time
import unittest

from dovetail_test.case import TestCase, raw_http
from dovetail_test.dovecot import VERSION, Dovecot, has_dovetail, run

# 2.4's plugin is switched on in the same file.
OLD = VERSION < (2, 4)
MAIN = "95-dovetail.conf" if OLD else "95-dovetail-2.4.conf"
PLUGIN = "mail_plugins {\n  dovetail = yes\n}\n"
CONF_D = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conf.d")


def shipped(name):
    with open(os.path.join(CONF_D, name)) as f:
        return f.read()


class ShippedDovecot(Dovecot):
    """Its Dovetail parts are the shipped files, included where conf.d's numbers
    put them: 11- before the protocols' own mail_plugins, 95- at the end."""

    uncomment = False
    plugin = True

    def _include(self, name, text):
        path = self.path(name)
        with open(path, "w") as out:
            out.write(text)
        return "!include %s\n" % path

    def _conf_core(self):
        text = super()._conf_core()
        assert text.count(" dovetail\n") == 1
        text = text.replace(" dovetail\n", "\n")
        if self.plugin and OLD:
            name = "11-dovetail-plugin.conf"
            text += self._include(name, shipped(name))
        return text

    def _conf_dovetail(self):
        text = shipped(MAIN)
        if not OLD and not self.plugin:
            assert text.count(PLUGIN) == 1
            text = text.replace(PLUGIN, "")
        if self.uncomment:
            # A name in <> stands for many; what has no value has no default.
            text, count = re.subn(r"(?m)^( *)#(%s[a-z_]+ = \S.*)$" % ("dovetail_" if OLD else "(?!haproxy|listen)"), r"\1\2", text)
            assert count > 30, count
        libexec = os.path.join(self.install, "libexec")
        for old, new in (
                ("executable = dovetail\n", "executable = %s/dovetail\n" % libexec),
                ("executable = dovetail-worker\n", "executable = %s/dovetail-worker\n" % libexec),
                ("executable = dovetail-freebusy\n", "executable = %s/dovetail-freebusy\n" % libexec),
                ("port = 8080\n", "port = %d\n" % self.ports["http"]),
                ("port = 443\n", "port = %d\n" % self.ports["https"])):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        if not self.root:
            text = text.replace("mail_access_groups = dovecot",
                                "mail_access_groups = %sdefault_internal_group" % self.variable)
        return self._include(MAIN, text)


class UncommentedDovecot(ShippedDovecot):
    uncomment = True


class ForgottenPluginDovecot(ShippedDovecot):
    plugin = False


class Shipped(TestCase):
    dovecot_class = ShippedDovecot

    @classmethod
    def setUpClass(cls):
        if not has_dovetail():
            raise unittest.SkipTest("no Dovetail below DOVETAIL_PREFIX")
        cls.dovecot = cls.dovecot_class(users=["anna@example.org"]).start()

    def setUp(self):
        # Not the base's: what the start logged (a setting that is refused)
        # counts for the first test.
        self.dovecot.mta.clear()

    def test_doveconf(self):
        done = run(["doveconf", "-n", "-c", self.dovecot.conf])
        self.assertEqual(done.stderr.decode(), "")
        text = done.stdout.decode()
        self.assertIn("service dovetail {", text)
        self.assertIn("service dovetail-worker {", text)

    def test_plugins(self):
        """Ours comes to those that were there, also to a protocol's own."""
        for protocol, others in (("imap", {"acl", "notify", "imap_acl"}), ("lmtp", {"acl", "notify", "sieve"}),
                                 ("doveadm", {"acl", "notify"}), ("dovetail", {"acl", "notify"})):
            found = self.plugins("-f", "protocol=" + protocol)
            if not OLD:         # shows a protocol's additions, but uses both
                found |= self.plugins()
            self.assertEqual(found, others | {"dovetail"}, protocol)

    def plugins(self, *args):
        done = run(["doveconf", "-c", self.dovecot.conf, *args, "-h", "mail_plugins"])
        return set(re.findall(r"\w+", done.stdout.decode())) - {"yes"}

    def test_options(self):
        answer = self.client("anna@example.org").options()
        self.assertEqual(answer.status, 200)
        self.assertIn("16.1", answer.headers["MS-ASProtocolVersions"])

    def test_healthcheck(self):
        status, _, _ = raw_http(self.dovecot.ports["http"],
                                b"GET /Microsoft-Server-ActiveSync/healthcheck.htm HTTP/1.1\r\n"
                                b"Host: localhost\r\nConnection: close\r\n\r\n")
        self.assertEqual(status, 200)

    def test_push(self):
        """Plugin, bus, worker and store together."""
        phone = self.phone("anna@example.org")
        phone.sync()
        wait = self.in_background(phone.client.clone().ping, [phone.inbox], 60)
        time.sleep(0.5)
        self.deliver("anna@example.org", "shipped")
        self.assertEqual(wait(10).get("Status"), "2")
        phone.sync()
        self.assert_same(phone, "anna@example.org")


class Defaults(Shipped):
    """Every default that the file shows is one that the programs accept."""

    dovecot_class = UncommentedDovecot


class ForgottenPlugin(TestCase):
    """95- without 11-: an error that says what to change."""

    @classmethod
    def setUpClass(cls):
        if not has_dovetail():
            raise unittest.SkipTest("no Dovetail below DOVETAIL_PREFIX")
        cls.dovecot = ForgottenPluginDovecot(users=["anna@example.org"]).start()

    def test_refused(self):
        self.dovecot.expect_error("dovetail plugin is not loaded: add dovetail to mail_plugins")
        client = self.client("anna@example.org")
        self.assertEqual(client.options().status, 503)
        self.assertIsNotNone(self.dovecot.wait_log("The dovetail plugin is not loaded"))


class Rules(TestCase):
    """Settings by device, and by user through the userdb."""
    options = {"users": ["anna@example.org", "ben@example.org"],
               "plugin": {"dovetail_max_version": "Broken*=12.1 *Phone-Mail/2*=14.1 *=16.0"},
               "passwd_fields": {"ben@example.org": {"userdb_dovetail_max_version": "2.5"}}}

    @classmethod
    def setUpClass(cls):
        if not has_dovetail():
            raise unittest.SkipTest("no Dovetail below DOVETAIL_PREFIX")
        cls.dovecot = Dovecot(**cls.options).start()

    def newest(self, user, **kwargs):
        answer = self.client(user, **kwargs).options()
        self.assertEqual(answer.status, 200)
        return answer.headers["MS-ASProtocolVersions"].split(",")[-1]

    def test_versions(self):
        self.assertEqual(self.newest("anna@example.org"), "16.0")
        self.assertEqual(self.newest("anna@example.org", user_agent="BrokenMail/1"), "12.1")
        self.assertEqual(self.newest("anna@example.org", user_agent="Some Phone-Mail/2.1"), "14.1")
        self.assertEqual(self.newest("ben@example.org"), "2.5")


class Wrong(TestCase):
    """A setting that cannot be meant stops the start, and says what to change;
    one from the userdb is told and as good as unset."""
    options = {"users": ["anna@example.org", "ben@example.org"],
               "passwd_fields": {"anna@example.org": {"userdb_dovetail_max_version": "15",
                                                      "userdb_dovetail_max_devices": "few"}}}

    @classmethod
    def setUpClass(cls):
        if not has_dovetail():
            raise unittest.SkipTest("no Dovetail below DOVETAIL_PREFIX")
        cls.dovecot = Dovecot(**cls.options).start()

    def refused(self, name, value):
        """What the service says when it starts with this."""
        conf = self.dovecot.path("wrong.conf")
        with open(conf, "w") as out:
            out.write("!include %s\n%s" % (self.dovecot.conf, self.dovecot.settings_text({name: value})))
        done = run([os.path.join(self.dovecot.install, "libexec", "dovetail"), "-c", conf],
                   check=False, env=dict(os.environ, LOG_STDERR_TIMESTAMP=""))
        self.assertNotEqual(done.returncode, 0)
        return done.stderr.decode() + done.stdout.decode()

    def test_start(self):
        for name, value, said in (
                ("dovetail_heartbeat_min", "soon", "dovetail_heartbeat_min = soon: 'soon' is not a time"),
                ("dovetail_heartbeat_min", "2 hours", "above dovetail_heartbeat_max = 3540"),
                ("dovetail_max_devices", "-3", "-3 is not between 0 and"),
                ("dovetail_default_access", "deny", "not one of: allow quarantine block"),
                ("dovetail_policy_bluetooth", "3", "3 is not between 0 and 2"),
                ("dovetail_max_held", "many", "dovetail_max_held = many"),
                ("dovetail_defualt_access", "block", "dovetail_defualt_access: there is no such setting")):
            with self.subTest(name=name, value=value):
                self.assertIn(said, self.refused(name, value))

    def test_userdb(self):
        self.dovecot.expect_error(r"Setting of the user: dovetail_max_(version|devices)")
        self.assertEqual(self.client("anna@example.org").folder_sync().get("Status"), "1")
        self.assertIsNotNone(self.dovecot.wait_log("dovetail_max_version = 15: '15' is not a version"))
        self.assertIsNotNone(self.dovecot.wait_log("dovetail_max_devices = few: 'few' is not a number"))
        self.assertEqual(self.client("ben@example.org").folder_sync().get("Status"), "1")
