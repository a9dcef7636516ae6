#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the driver allocated for files, clients and calls is freed when they are
# gone: the kernel's allocator, told to remember who asked, is the witness.

. tap.sh

traces=/sys/kernel/debug/slab
tests=/usr/lib/cryptech/tests

mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null

# How many objects stand that this function of the driver allocated.
standing()
{
	cat $traces/kmalloc*/alloc_traces |
		awk -v who="$1+" 'index($2, who) == 1 { n += $1 }
			END { print n + 0 }'
}

at_most()
{
	[ "$(standing "$1")" -le "$2" ]
}

t "every test of the raw door" $tests/raw
t "the witness sees the device" [ "$(standing cryptech_device_alloc)" -ge 1 ]
exec 3<>/dev/cryptech0
t_is "and an open file" 1 "$(standing cryptech_open)"
exec 3>&-
t "no file is left" t_wait 1 at_most cryptech_open 0
t "no call is left" t_wait 1 at_most cryptech_call_new 0
# the kernel's own and the one that attaches
t "no client of a file is left" t_wait 1 at_most cryptech_client_alloc 2
hsmctl hsm 0 fresh
t "every test of comings and goings" $tests/attach
t "no file is left then" t_wait 1 at_most cryptech_open 0
t "no call is left then" t_wait 1 at_most cryptech_call_new 0
t "no client is left then" t_wait 1 at_most cryptech_client_alloc 2
hsmctl hsm 0 fresh
t "every test of sealed keys" $tests/sealed
t "no key is left" t_wait 10 at_most cryptech_key_alloc 0
t "nothing that is loaded is left" t_wait 1 at_most cryptech_resident_alloc 0
t "no package that was read is left" t_wait 1 at_most cryptech_package_parse 0
t "nor one that the HSM made" t_wait 1 at_most package_alloc 0
rmmod cryptech_pci
t_is "no device is left" 0 "$(standing cryptech_device_alloc)"
t_is "nor a mailbox" 0 "$(standing cryptech_pci_probe)"
t_end
