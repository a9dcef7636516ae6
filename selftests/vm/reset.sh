#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The reset button while the driver is attached and somebody is logged in: the
# machine boots again with the same HSM, which has to notice that its host is a
# new one, and to forget what the old one's clients held. Runs once a boot.

. tap.sh

status()
{
	cryptech status | awk -v what="$1" '$1 == what { print $2 }'
}

# LOGIN as wheel with the factory PIN: function, client, user, PIN.
login_message()
{
	pin=$(hsmctl hsm 0 factory-pin)
	printf '\0\0\0\3\0\0\0\0\0\0\0\3\0\0\0'
	printf "\\$(printf %03o ${#pin})%s" "$pin"
	case $((${#pin} % 4)) in
	1) printf '\0\0\0' ;;
	2) printf '\0\0' ;;
	3) printf '\0' ;;
	esac
}

boots=$(hsmctl vm boots)
modprobe cryptech_pci
t "boot $boots: the HSM attaches" t_wait 20 cryptech status
t_is "boot $boots: it is the first time for this kernel" 1 \
	"$(status incarnation)"
t_is "boot $boots: the HSM knows of no client" 0 "$(status clients)"
[ "$boots" = 2 ] && t_end

exec 3<>/dev/cryptech0
login_message >login
dd if=login bs=16384 >&3
dd bs=16384 count=1 <&3 >reply
t_is "logged in: the error is 0" "00 00 00 00" \
	"$(od -An -tx1 -j8 reply | sed 's/^ *//')"
t_is "the HSM knows of one client" 1 "$(status clients)"
echo "1..$t_count"
hsmctl vm reset
exec sleep 1000	# the reset comes now
