# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The private Dovecot's configuration where Dovecot is 2.4."""

import getpass
import grp
import os

from .conf import DOMAIN, SPECIAL, Configuration, block


class Configuration24(Configuration):
    variable = "$SET:"
    service_count = "restart_request_count"
    unlimited = "unlimited"
    other_listeners = {"imap-login": ("imaps",), "submission-login": ("submissions",)}

    def settings_text(self, settings):
        ours = {key[9:]: value for key, value in settings.items() if key.startswith("dovetail_")}
        others = ["%s = %s\n" % pair for pair in settings.items() if not pair[0].startswith("dovetail_")]
        return "".join(others) + (block("dovetail_settings", *("%s = %s" % pair for pair in ours.items()))
                                  if ours else "")

    def plugins_text(self, *plugins):
        return block("mail_plugins", *(name + " = yes" for name in plugins)) if plugins else ""

    def _conf_core(self):
        o = self.opt
        plugins = self._plugins()
        text = """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap lmtp submission%(sieve)s
base_dir = %(base)s/run
state_dir = %(base)s/state
log_path = %(base)s/dovecot.log
info_log_path = %(base)s/info.log
debug_log_path = %(base)s/debug.log
mail_debug = %(debug)s
listen = 127.0.0.1
haproxy_trusted_networks = 127.0.0.0/8
auth_allow_cleartext = yes
auth_mechanisms = plain login
auth_username_format = %%{user | lower}
auth_default_domain = %(domain)s
auth_failure_delay = 1 secs
postmaster_address = postmaster@%(domain)s
hostname = mail.%(domain)s
first_valid_uid = 1
mail_driver = %(format)s
mail_path = ~/%(folder)s
mail_plugins = %(plugins)s
mail_plugin_dir = %(base)s/modules
maildir_stat_dirs = yes
mail_max_userip_connections = %(max)d
mail_fsync = never
default_client_limit = %(client_limit)d
default_process_limit = 2048
default_vsz_limit = unlimited
shutdown_clients = yes
""" % dict(base=self.base, debug="yes" if o.verbose else "no", domain=DOMAIN, format=o.format,
           folder=self.mail_folder, plugins=plugins, max=o.mail_max,
           client_limit=o.client_limit, sieve=" sieve" if o.sieve else "")
        if o.mail_attribute_dict:
            text += block("mail_attribute", block("dict file", "path = %{home}/attributes.db"))
        if o.ssl:
            text += "ssl = yes\nssl_server_cert_file = %s\nssl_server_key_file = %s\n" % (
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
            text += block("import_environment", *("%s = %s" % pair for pair in self.sanitizer.items()))
        if self.mta is not None:
            text += "submission_host = 127.0.0.1:%d\nsubmission_relay_host = 127.0.0.1\n" \
                    "submission_relay_port = %d\n" % (self.mta.port, self.mta.port)
        return text

    def _conf_auth(self):
        lines = ["auth_username_format = %{user}", "passwd_file_path = " + self.path("passwd")]
        return block("passdb passwd-file", *lines) + block("userdb passwd-file", *lines)

    def _conf_namespaces(self):
        o = self.opt
        text = block("namespace inbox", "inbox = yes", "separator = " + o.separator,
                     "prefix = " + o.prefix, *(
                         block("mailbox " + name, "auto = subscribe", "special_use = \\" + name)
                         for name in SPECIAL))
        # With '.' the whole address cannot stand in a prefix: the domain is
        # then the reader's own.
        reader, owner = ("$user", "owner_user") if o.separator != "." else ("$username", "owner_user | username")
        text += block("namespace shared", "type = shared", "separator = " + o.separator,
                      "prefix = shared%s%s%s" % (o.separator, reader, o.separator),
                      "mail_path = %{owner_home}/" + self.mail_folder,
                      "mail_index_private_path = ~/shared/%%{%s}" % owner if o.indexpvt else "",
                      "list = children", "subscriptions = no")
        if o.public:
            text += block("namespace public", "type = public", "separator = " + o.separator,
                          "prefix = Public" + o.separator, "mail_path = " + self.path("public"),
                          # the root is no INBOX, or it could have no dovecot-acl
                          "mail_inbox_path =",
                          "mail_index_private_path = ~/public" if o.indexpvt else "",
                          "list = children", "subscriptions = no")
        return text

    def _conf_plugin(self):
        o = self.opt
        text = "acl_driver = vfile\nacl_defaults_from_inbox = no\n" + block(
            "acl_sharing_map", block("dict file", "path = " + self.path("dict", "shared-mailboxes.db")))
        if o.quota:
            text += block('quota "User quota"', "driver = count", "quota_storage_size = " + o.quota,
                          "quota_storage_grace = 0")
        if o.sieve:
            text += block("sieve_script personal", "driver = file", "path = ~/sieve",
                          "active_path = ~/.dovecot.sieve")
            text += block("sieve_extensions", "vacation-seconds = yes")
        # "%(https)d" in a value: the port
        return text + self.settings_text({key: value % self.ports if "%(" in value else value
                                          for key, value in o.plugin.items()})
