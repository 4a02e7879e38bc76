#!/bin/sh
# Makes configure from configure.ac.  DOVECOT_M4 names the folder of dovecot.m4
# when it is not in the system's aclocal path (Debian 13's headers unpacked).
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
autoreconf -fi ${DOVECOT_M4:+-I "$DOVECOT_M4"}
