#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tracepoints of calls: what they tell of each way a call can end, and what
# they do not tell. Numbers are those of protocol-tables.rst and errno.h.

. tap.sh

events=/sys/kernel/tracing/events/cryptech
trace=/sys/kernel/tracing/trace
parameters=/sys/module/cryptech/parameters
pin=.pin.0

# What tracing has to say of a function, one event a line, without the rest.
told()
{
	sed -n "s/.*: cryptech_\($1\): .* function=$2 /\1 /p" "$trace"
}

is_told()
{
	told "$2" "$3" >/tmp/out
	t "$1" grep -Eqx "$4" /tmp/out || sed 's/^/# /' /tmp/out
}

hsm-ready 0
cp /tmp/$pin $pin
openssl rand -out key 32
cryptech import --pin-file $pin --type aes256 --label cipher key >uuid
cryptech token --pin-file $pin --out token cipher
head -c 40000 /dev/urandom >file

t "the kernel has tracefs" mount -t tracefs none /sys/kernel/tracing
t_is "there are two" "cryptech_complete cryptech_submit" \
	"$(cd $events && echo cryptech_*)"
fields()
{
	sed -n 's/^\tfield:\([^;]*\);.*/\1/p' "$events/cryptech_$1/format" |
		grep -v common_ | tr '\n' ,
}
t_is "what a submit has" \
	"int device,u32 client,u64 call,u32 function,u32 request," \
	"$(fields submit)"
t_is "what a complete has, and no room for data" \
	"int device,u32 client,u64 call,u32 function,int result,u32 error,u32 reply,u64 ns," \
	"$(fields complete)"
echo 8192 >/sys/kernel/tracing/buffer_size_kb
echo 1 >$events/enable

# 8 bytes of head and the length; 12 of head, a length and 32 bytes
cryptech random 32 >random
is_told "random numbers: asked" submit 0x001 \
	'submit GET_RANDOM request=12'
is_told "and answered" complete 0x001 \
	'complete GET_RANDOM result=0 error=0 OK reply=48 ns=[1-9][0-9]*'
t "by a file's client" grep -q \
	'cryptech_submit: device=0 client=[2-9] .* GET_RANDOM' $trace

(umask 077 && echo wrong-wrong-wrong >wrong.pin)
cryptech list --pin-file wrong.pin
cryptech list --pin-file $pin >/dev/null
is_told "how long a PIN is stays untold" submit 0x003 \
	'submit LOGIN request=0'
t_fails "always" grep -q 'LOGIN request=[1-9]' $trace
is_told "the HSM's error, and ours for it" complete 0x003 \
	'complete LOGIN result=-13 error=24 PIN_INCORRECT reply=12 ns=[0-9]*'
is_told "and when it was right" complete 0x003 \
	'complete LOGIN result=0 error=0 OK reply=12 ns=[0-9]*'
t_fails "no PIN is in it" grep -qF -e wrong-wrong -f $pin $trace
t_fails "nor the name of a key" grep -qF -f uuid $trace

# one request of 40000 bytes and padding: three messages of the kernel's own
/usr/lib/cryptech/tests/example_encrypt token \
	00112233445566778899aabbccddeeff <file >encrypted
t_is "ciphers: each message" 3 "$(told submit 0x120 | wc -l)"
t_is "and its end" 3 "$(told complete 0x120 | grep -c ' result=0 ')"
t_is "by the kernel's client" 3 \
	"$(grep -c 'cryptech_submit: .* client=1 .*=0x120 ENCRYPT' $trace)"
cryptech delete --yes --pin-file $pin cipher
/usr/lib/cryptech/tests/example_encrypt token \
	00112233445566778899aabbccddeeff <file >encrypted
is_told "their errors" complete 0x120 \
	'complete ENCRYPT result=-126 error=21 KEY_NOT_FOUND reply=12 ns=[0-9]*'

# an HSM that does not answer in time, and then does
echo 500 >$parameters/deadline_ms
hsmctl hsm 0 stop
cryptech random 32 >random
hsmctl hsm 0 cont
is_told "a deadline" complete 0x001 \
	'complete GET_RANDOM result=-110 error=0 OK reply=0 ns=[0-9]*'
echo 30000 >$parameters/deadline_ms
t_wait 20 cryptech status

# one that dies over a call
hsmctl hsm 0 stop
n=$(told submit 0x001 | wc -l)
cryptech random 32 >random &
more()
{
	[ "$(told submit 0x001 | wc -l)" -gt "$n" ]
}
t "a call is under way" t_wait 20 more
hsmctl hsm 0 kill9
wait
is_told "an HSM that dies" complete 0x001 \
	'complete GET_RANDOM result=-121 error=0 OK reply=0 ns=[0-9]*'
hsmctl hsm 0 start
t_wait 30 cryptech status
is_told "it attaches anew" complete 0x100 \
	'complete ATTACH result=0 error=0 OK reply=[0-9]* ns=[0-9]*'

echo 0 >$events/cryptech_submit/enable
n=$(grep -c cryptech_submit $trace)
cryptech random 32 >random
t_is "what is off is off" "$n" "$(grep -c cryptech_submit $trace)"
echo 0 >$events/enable

# what has begun has ended, once, as the same call, in this order
awk '
/: cryptech_submit: /	{ what = "submit" }
/: cryptech_complete: /	{ what = "complete" }
/: cryptech_/ {
	for (i = 1; i <= NF; i++)
		if (split($i, part, "=") == 2)
			field[part[1]] = part[2]
	id = field["call"]
	about = field["device"] " " field["client"] " " field["function"]
	if (what == "submit") {
		if (id in begun)
			print "twice begun: " id
		begun[id] = about
		n++
	} else if (id in ended) {
		print "twice ended: " id
	} else if (id in begun) {
		ended[id] = about
		if (begun[id] != about)
			print "another call: " $0
	}
}
END {
	for (id in begun)
		if (!(id in ended))
			print "not ended: " id " " begun[id]
	if (n < 25)
		print "only " n " calls"
}' $trace >odd
sed 's/^/# /' odd
t_fails "each call ends once" grep -q . odd
t_fails "nothing was lost" grep -q LOST $trace
t "tracing holds no module" rmmod cryptech_pci cryptech
t_end
