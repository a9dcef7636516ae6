#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `cryptech` on a machine with two HSMs, and with none.

. tap.sh

serial()
{
	cryptech status --json "$@" | sed -n 's/^  "serial": "\(.*\)",$/\1/p'
}

t_exits "without the driver there is no HSM" 3 "cryptech attach" \
	cryptech status
modprobe cryptech_pci
t_wait 20 cryptech status --device 0
t_wait 20 cryptech status --device 1
t_exits "one of two has to be chosen" 3 "choose one" cryptech status
t_exits "by option" 0 '^  "device": 1' cryptech status --json --device 1
export CRYPTECH_DEVICE=1
t_exits "by variable" 0 '^  "device": 1' cryptech status --json
t_exits "the option wins" 0 '^  "device": 0' cryptech status --json -d 0
unset CRYPTECH_DEVICE
t_is "a serial number is 16 bytes" 32 "$(serial -d 0 | tr -d '\n' | wc -c)"
t_fails "they have different ones" test "$(serial -d 0)" = "$(serial -d 1)"

umask 077
for i in 0 1; do
	{
		hsmctl hsm $i factory-pin
		echo wheel-of-time
		echo battery-staple
		echo "correct-horse-$i"
	} >pins
	t "init of HSM $i" cryptech init --device $i --pin-file pins
	echo "correct-horse-$i" >pin$i
done
t_exits "each has its PINs" 4 "PIN is wrong" \
	cryptech list --device 1 --pin-file pin0
t "each has its keys" cryptech keygen ec-p256 --label mine --device 0 \
	--pin-file pin0
t_exits "of its own" 5 "no key is named" cryptech show mine --device 1 \
	--pin-file pin1
t_exits "a session knows its device" 0 '^  "device": 1' \
	cryptech login -d 1 --pin-file pin1 cryptech status --json
t_exits "and no other" 2 "is on cryptech1" \
	cryptech login -d 1 --pin-file pin1 cryptech list -d 0
t_end
