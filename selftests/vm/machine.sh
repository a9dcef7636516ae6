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

# the HSM can be tormented, and comes back on the same mailbox
t "the drivers load" modprobe cryptech_pci
t "the HSM attaches" t_wait 20 cryptech status
t_is "a fresh HSM knows its factory PIN" yes \
	"$(hsmctl hsm 0 factory-pin | grep -q . && echo yes)"
serial=$(cryptech status | awk '$1 == "serial" { print $2 }')
t "it is stopped" hsmctl hsm 0 stop
t "it goes on" hsmctl hsm 0 cont
t "it is killed" hsmctl hsm 0 kill9
t "and started" hsmctl hsm 0 start
t "it attaches again" t_wait 20 cryptech status
t_is "it is the same HSM" "$serial" \
	"$(cryptech status | awk '$1 == "serial" { print $2 }')"
t "another program takes its place" hsmctl hsm 0 replace fakehsm
t "and it comes back" hsmctl hsm 0 restart
t "the drivers unload" rmmod cryptech_pci cryptech
t_end
