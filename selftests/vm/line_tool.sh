#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `cryptech attach`: an HSM on a pty of this machine, and one on a serial port;
# a key in a keyring, a cipher and the tool work through either.

. tap.sh

here=/usr/lib/cryptech/tests
pty=/tmp/hsm.tty
export CRYPTECH_DEVICE=0
umask 077

# The link that a new HSM made is there once it is ready.
cryptech-hsm --state state --pty-link $pty >hsm.out 2>hsm.log &
hsm=$!
t_wait 60 grep -q '^ready' hsm.out || cat hsm.log
t_is "the HSM tells its pty" "pty $(readlink $pty)" "$(head -n 1 hsm.out)"

# --- what can be wrong ---------------------------------------------------------

modprobe_path=$(cat /proc/sys/kernel/modprobe)
echo /nowhere >/proc/sys/kernel/modprobe
t_exits "no module" 1 "modprobe cryptech_tty" cryptech attach $pty
echo "$modprobe_path" >/proc/sys/kernel/modprobe
t "the module" modprobe cryptech_tty
t_exits "no tty" 1 "is not a tty" cryptech attach /dev/null
t_exits "no such file" 1 "No such file" cryptech attach /dev/none
t_exits "no such speed" 2 "57600" cryptech attach --speed 300 $pty
t_exits "no line at all" 2 "too few" cryptech attach
t_exits "nothing to end" 1 "not attached" cryptech attach --end $pty
chmod 755 .
t_exits "another user" 4 "needs root" setpriv --reuid 1000 --regid 1000 \
	--clear-groups cryptech attach "$(readlink $pty)"
chmod 666 "$(readlink $pty)"
t_exits "another user with a right to the tty" 4 "CAP_SYS_ADMIN" \
	setpriv --reuid 1000 --regid 1000 --clear-groups \
	cryptech attach "$(readlink $pty)"
kill -STOP $hsm
t_exits "no HSM" 3 "no HSM answers" cryptech attach $pty
t_is "leaves no device" "" "$(find /dev -name 'cryptech*')"
kill -CONT $hsm

# --- what an HSM is for ----------------------------------------------------------

# prepare: PINs, from the factory PIN on stdin
prepare()
{
	{
		cat
		echo wheel-pin-trustno1
		echo so-pin-trustno1
		echo user-pin-trustno1
	} >pins
	echo user-pin-trustno1 >pin
	cryptech init -p pins && cryptech kernel-login -p pin
}

# uses WHAT: everything from the tool to a cipher
uses()
{
	t_exits "$1: status" 0 "^release *cryptech-hsm" cryptech status
	head -c 1000 /dev/urandom >file
	openssl dgst -sha256 -binary file >digest
	uuid=$(cryptech keygen -p pin --label "$1" ec-p256)
	cryptech pubkey -p pin --out public.pem "$uuid"
	cryptech sign -p pin --out signature "$uuid" file
	t "$1: the tool signs" openssl dgst -sha256 -verify public.pem \
		-signature signature file
	key=$(keyctl add cryptech "$1" "use $uuid" @s)
	keyctl pkey_sign "$key" 0 digest "enc=x962 hash=sha256" >signature
	t "$1: keyctl signs" openssl dgst -sha256 -verify public.pem \
		-signature signature file

	openssl rand -out secret 32
	cryptech import -p pin --type aes256 --label "cipher-$1" secret \
		>/dev/null
	cryptech token -p pin --out token "cipher-$1"
	hex=$(od -An -v -tx1 secret | tr -d ' \n')
	iv=00112233445566778899aabbccddeeff
	head -c "$2" /dev/urandom >plain
	"$here/example_encrypt" token $iv <plain >encrypted
	openssl enc -aes-256-cbc -K "$hex" -iv $iv -in plain -out wanted
	t "$1: AF_ALG encrypts" cmp encrypted wanted
	t_is "$1: random numbers" "32" \
		"$(head -c 32 /dev/hwrng | wc -c)"
}

t_exits "attach" 0 "^/dev/cryptech0$" cryptech attach $pty
t_exits "a second time" 1 "attached already" cryptech attach $pty
t "PINs" prepare <state/factory-pin
uses pty 70000
t_exits "the module is in use" 1 "unavailable" rmmod cryptech_tty
t "end" cryptech attach --end $pty
t_is "no device is left" "" "$(find /dev -name 'cryptech*')"
t_wait 10 sh -c '! pidof cryptech'
t_is "nor a process" "" "$(pidof cryptech)"

# --- in the foreground ------------------------------------------------------------

cryptech attach --foreground $pty >attach.out &
attach=$!
t_wait 30 grep -q cryptech0 attach.out
t "keys are still there" cryptech list -p pin
kill $attach
wait $attach
t_is "SIGTERM ends it well" "0 " "$? $(find /dev -name 'cryptech*')"
cryptech attach --foreground $pty >again.out 2>&1 &
attach=$!
t_wait 30 grep -q cryptech0 again.out
kill $hsm
wait $attach
t_is "an end of the HSM ends it" 3 $?
t_is "and takes the link away" "no" "$([ -L $pty ] || echo no)"

# --- a serial port -----------------------------------------------------------------

t_exits "attach to a serial port" 0 "^/dev/cryptech0$" \
	cryptech attach --speed 115200 /dev/ttyS1
hsmctl hsm 0 factory-pin >factory
t "PINs" prepare <factory
uses serial 5000
hsmctl hsm 0 stop
t_wait 30 grep -q absent /sys/class/cryptech/cryptech0/state
hsmctl hsm 0 cont
t_wait 30 grep -q ready /sys/class/cryptech/cryptech0/state
t "an HSM that stood still is back" cryptech list -p pin
t "end" cryptech attach --end /dev/ttyS1
t_end
