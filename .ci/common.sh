# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What ./demo and ./check share: packages, configure, build.  TOP is the source.

# packages demo|check: the list, from .ci/packages
packages() {
	if [ "$1" = demo ]; then
		sed '/^# check/,$d; /^#/d; /^$/d' "$TOP/.ci/packages"
	else
		sed '/^#/d; /^$/d' "$TOP/.ci/packages"
	fi
}

missing_packages() {
	local package
	for package in $(packages "$1"); do
		dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' ||
			echo "$package"
	done
}

# install_packages demo|check: apt-get what is missing; needs root only then
install_packages() {
	local missing sudo=
	command -v dpkg-query >/dev/null || return 0
	missing=$(missing_packages "$1" | tr '\n' ' ')
	[ -z "${missing// /}" ] && return 0
	if [ "$(id -u)" != 0 ]; then
		if sudo -n true 2>/dev/null; then
			sudo="sudo -n"
		else
			echo "These packages are missing, and installing them needs root: $missing" >&2
			return 1
		fi
	fi
	echo "Installing: $missing" >&2
	# Debian would start the system's own Dovecot: policy-rc.d forbids it here.
	local policy=/usr/sbin/policy-rc.d made=
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null && $sudo chmod 755 $policy && made=1
	fi
	# shellcheck disable=SC2086
	{
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
			$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
				install $missing
	} >&2 </dev/null
	local rc=$?
	[ -n "$made" ] && $sudo rm -f $policy
	return $rc
}

# autogen: makes ./configure, unless it is newer than all it is made from
autogen() {
	[ -f "$TOP/configure" ] && [ -f "$TOP/build-aux/test-driver" ] &&
		[ -z "$(find "$TOP" \( -name Makefile.am -o -name configure.ac \) -newer "$TOP/configure" -print -quit)" ] &&
		return 0
	(cd "$TOP" && ./autogen.sh && touch configure)
}

jobs_count() {
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

# quick_make DIR ARGS...: make there, without libtool's processes for each file
quick_make() {
	local dir
	dir=$(cd "$1" && pwd) || return 1
	shift
	DT_LIBTOOL=$(find_libtool "$dir") make -C "$dir" -s LIBTOOL="$TOP/.ci/libtool" "$@"
}

# find_libtool DIR: that of the build it is in
find_libtool() {
	local dir=$1
	while [ ! -x "$dir/libtool" ] && [ "$dir" != / ]; do dir=$(dirname "$dir"); done
	echo "$dir/libtool"
}

# build DIR PREFIX CONFIGURE-ARGS...: configure (when needed), make, install
build() {
	local dir=$1 prefix=$2 args
	shift 2
	args="--enable-private --prefix=$prefix $*"
	mkdir -p "$dir" || return 1
	if [ ! -f "$dir/Makefile" ] || [ "$(cat "$dir/.configured-with" 2>/dev/null)" != "$args" ]; then
		(cd "$dir" && "$TOP/configure" -q --enable-private --prefix="$prefix" "$@") || return 1
		echo "$args" >"$dir/.configured-with"
	fi
	quick_make "$dir" -j"$(jobs_count)" && make -C "$dir" -s install
}
