#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The virtual machine itself: what the other tests take for granted.

. tap.sh

as_user()
{
	setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
}

t "an unmodified Debian kernel" grep -q 'Debian' /proc/version
t "warnings are fatal" grep -qx 1 /proc/sys/kernel/panic_on_warn
t_is "the unprivileged user" 1000 "$(as_user id -u)"
t_fails "he reads nothing of root's" as_user cat /proc/1/environ
t_is "he can be root of a user namespace" 0 \
	"$(as_user unshare --user --map-root-user id -u)"
t "a module of the distribution loads" modprobe dummy
t "and unloads" rmmod dummy
t_is "one boot so far" 1 "$(hsmctl vm boots)"
t_fails "the host refuses what it does not know" hsmctl hsm 0 explode
t "keyrings work" sh -c 'k=$(keyctl add user n v @s) && keyctl unlink $k @s'
t_end
