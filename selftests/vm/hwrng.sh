#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The HSM as hw_random: there while it is attached; numbers; its quality.

. tap.sh

rng=/sys/class/misc/hw_random

is_there()
{
	grep -q "\bcryptech0\b" $rng/rng_available
}

is_gone()
{
	! is_there
}

modprobe cryptech_pci rng_quality=17 2>/dev/null
t "it comes with the HSM" t_wait 20 is_there
echo cryptech0 >$rng/rng_current
t_is "it can be chosen" cryptech0 "$(cat $rng/rng_current)"
t_is "its quality is the module's parameter" \
	"$(cat /sys/module/cryptech/parameters/rng_quality)" \
	"$(cat $rng/rng_quality 2>/dev/null ||
	   cat /sys/module/cryptech/parameters/rng_quality)"

t "64 KiB can be read" \
	dd if=/dev/hwrng of=one bs=4096 count=16 iflag=fullblock
dd if=/dev/hwrng of=two bs=4096 count=16 iflag=fullblock 2>/dev/null
t_is "all of it" 65536 "$(wc -c <one)"
t_fails "other ones each time" cmp -s one two
od -An -v -tx1 -w16 one two >blocks
t_is "no block of 16 bytes comes twice" "" "$(sort blocks | uniq -d)"
# 1,048,576 bits, half of them 1 within six standard deviations of 512 each
ones=$(od -An -v -tx1 one two | awk '
	{ for (i = 1; i <= NF; i++) count[$i]++ }
	function bits(digit,  n) {
		n = index("0123456789abcdef", digit) - 1
		return n % 2 + int(n / 2) % 2 + int(n / 4) % 2 + int(n / 8)
	}
	END {
		for (b in count)
			sum += count[b] * (bits(substr(b, 1, 1)) + bits(substr(b, 2)))
		print (sum > 521216 && sum < 527360) ? "half" : sum
	}')
t_is "half of the bits are 1" half "$ones"

hsmctl hsm 0 kill9
t "it goes with the HSM" t_wait 20 is_gone
hsmctl hsm 0 start
t "and comes back" t_wait 20 is_there
echo cryptech0 >$rng/rng_current
t "and works" dd if=/dev/hwrng of=one bs=64 count=4 iflag=fullblock

# The stand-in's random numbers are the same byte over and over.
incarnation()
{
	[ "$(cat /sys/class/cryptech/cryptech0/incarnation 2>/dev/null)" = "$1" ]
}
hsmctl hsm 0 replace fakehsm
t_wait 20 incarnation 3 && t_wait 20 is_there
echo cryptech0 >$rng/rng_current
# what the kernel has got itself is given out first
dd if=/dev/hwrng of=rest bs=64 count=1 2>/dev/null
for n in 1 2; do
	t_exits "a stuck generator makes read fail, $n" 1 "Input/output error" \
		dd if=/dev/hwrng of=stuck bs=64 count=1
	t_is "with nothing read, $n" 0 "$(wc -c <stuck)"
done
t_end
