# Makes 95-dovetail-2.4.conf, for Dovecot 2.4, of 95-dovetail.conf and
# 11-dovetail-plugin.conf, which are for 2.3.
1,/^$/c\
##\
## Dovetail: ActiveSync (phones, Outlook) for the mailboxes of this Dovecot 2.4.\
## Copy it to /etc/dovecot/conf.d/95-dovetail.conf. Every setting below with a "#"\
## in front shows its default; what has no value there has none.\
## doc/operating.md explains them, by the names of Dovecot 2.3: with "dovetail_"\
## in front, which userdb fields have here too.\
##\
## Made of 95-dovetail.conf by to-2.4.sed: change that.\
##\

/^# The plugin itself is switched on/,/^$/c\
# The plugin: into every mail process (imap, lmtp, doveadm, submission and\
# Dovetail's own worker). It tells the service what changed, and keeps device\
# records, later calendars and contacts, in mailbox attributes.\
mail_plugins {\
  dovetail = yes\
}\

s/\$default_/$SET:default_/g
s/^\( *\)service_count = /\1restart_request_count = /
s/#address = /#listen = /
s/ssl_cert and ssl_key/ssl_server_cert_file and ssl_server_key_file/
s/^plugin {/dovetail_settings {/
s/^\( *\)#dovetail_\([a-z_<>]* =\)/\1#\2/
s/such as dovetail_policy_/such as policy_/
