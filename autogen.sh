#!/bin/sh
# Makes configure from configure.ac.  DOVECOT_M4 names the folder of dovecot.m4
# when it is not in the system's aclocal path (Debian 13's headers unpacked).
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
# Dovecot 2.4's dovecot.m4 asks for its wrapper of tests, which we do not use.
[ -e build-aux/run-test.sh.in ] || echo '# not used' >build-aux/run-test.sh.in
autoreconf -fi ${DOVECOT_M4:+-I "$DOVECOT_M4"}
