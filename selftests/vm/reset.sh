#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The reset button while the driver is attached: the machine boots again with
# the same HSM, which has to notice that its host is a new one. Runs once a
# boot.

. tap.sh

boots=$(hsmctl vm boots)
modprobe cryptech_pci
t "boot $boots: the HSM attaches" t_wait 20 cryptech status
t_is "boot $boots: it is the first time for this kernel" 1 \
	"$(cryptech status | awk '$1 == "incarnation" { print $2 }')"
[ "$boots" = 2 ] && t_end
echo "1..$t_count"
hsmctl vm reset
exec sleep 1000	# the reset comes now
