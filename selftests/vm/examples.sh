#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The programs of Documentation/examples do what is said of them.

. tap.sh

here=/usr/lib/cryptech/tests
hsm-ready 0
hsm-ready 1
export CRYPTECH_DEVICE=0
iv=00112233445566778899aabbccddeeff

# --- sign ----------------------------------------------------------------------

head -c 10000 /dev/urandom >file
uuid=$(cryptech keygen --pin-file /tmp/.pin.0 --label signer ec-p256)
cryptech pubkey --pin-file /tmp/.pin.0 --out public.pem signer
cryptech login --pin-file /tmp/.pin.0 "$here/example_sign" "$uuid" \
	<file >signature
# it is r and s; openssl wants them in DER
[ "$(wc -c <signature)" = 64 ] && {
	echo asn1=SEQUENCE:rs
	echo '[rs]'
	echo "r=INTEGER:0x$(head -c 32 signature | od -An -v -tx1 | tr -d ' \n')"
	echo "s=INTEGER:0x$(tail -c 32 signature | od -An -v -tx1 | tr -d ' \n')"
} >asn1
openssl asn1parse -genconf asn1 -noout -out signature.der
t "sign: openssl agrees" openssl dgst -sha256 -verify public.pem \
	-signature signature.der file
t_exits "sign: without login" 2 usage "$here/example_sign" "$uuid"
t_exits "sign: no such key" 1 SIGN cryptech login --pin-file /tmp/.pin.0 \
	"$here/example_sign" 00000000-0000-4000-8000-000000000000

# --- encrypt -------------------------------------------------------------------

openssl rand -out key 32
cryptech import --pin-file /tmp/.pin.0 --type aes256 --label cipher key \
	>/dev/null
cryptech token --pin-file /tmp/.pin.0 --out token cipher
hex=$(od -An -v -tx1 key | tr -d ' \n')
for bytes in 0 1 16 65535 65536 65537 200000; do
	head -c $bytes /dev/urandom >file
	"$here/example_encrypt" token $iv <file >encrypted
	openssl enc -aes-256-cbc -K "$hex" -iv $iv -in file -out wanted
	t "encrypt: $bytes bytes are openssl's" cmp encrypted wanted
done
t_exits "encrypt: a bad IV" 2 usage "$here/example_encrypt" token 00
t_exits "encrypt: no token" 1 "Invalid argument" \
	"$here/example_encrypt" key $iv

# --- backup --------------------------------------------------------------------

# as the user of HSM $1
backup()
{
	n=$1
	shift
	cryptech login -d "$n" -p "/tmp/.pin.$n" "$here/example_backup" "$@"
}

(umask 077 && echo so-pin-trustno1 >so)
for n in 0 1; do
	cryptech device identity -d $n --out "identity$n" >/dev/null
done
for n in 0 1; do
	cryptech device approve -d $n --pin-file so --yes "identity$((1 - n))" \
		>/dev/null
done
kekek=$(cryptech keygen -d 1 -p /tmp/.pin.1 --usage transfer rsa3072)
uuid=$(cryptech keygen -p /tmp/.pin.0 --exportable ec-p256)
backup 1 statement "$kekek" >statement
backup 0 export "$uuid" statement >package
t_fails "backup: the key is not on the other HSM" \
	cryptech show -d 1 -p /tmp/.pin.1 "$uuid"
backup 1 import <package >ack
t "backup: it is imported" cryptech show -d 1 -p /tmp/.pin.1 "$uuid"
t "backup: acknowledged" backup 0 ack <ack
for n in 0 1; do
	cryptech pubkey -d $n -p /tmp/.pin.$n --out "public$n" "$uuid"
done
t "backup: it is the same key" cmp public0 public1
t_exits "backup: once" 1 "TRANSFER_IMPORT: File exists (HSM error 22)" \
	backup 1 import <package

backup 0 raw-export "$uuid" >package
cryptech delete -p /tmp/.pin.0 --yes "$uuid"
t_fails "backup: it is off the HSM" cryptech show -p /tmp/.pin.0 "$uuid"
t "backup: and back" backup 0 raw-import <package
cryptech pubkey -p /tmp/.pin.0 --out public "$uuid"
t "backup: as it was" cmp public public0
t_exits "backup: no such key" 1 "RAW_EXPORT: Required key not available" \
	backup 0 raw-export 00000000-0000-4000-8000-000000000000
t_end
