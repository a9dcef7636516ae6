#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `cryptech` and HSS keys: made, used, counted, used up. The kernel's verifier,
# which shares no code with the HSM's, judges what was signed.

. tap.sh

if [ -z "${CRYPTECH_FD:-}" ]; then
	modprobe cryptech_pci
	modprobe cryptech_hss
	t_wait 20 cryptech status || echo "# the HSM does not answer"
	umask 077
	echo correct-horse >user.pin
	echo battery-staple >so.pin
	{
		hsmctl hsm 0 factory-pin
		echo wheel-of-time
		echo battery-staple
		cat user.pin
	} | cryptech init --pin-fd 0
	exec cryptech login --pin-file user.pin sh "$0"
fi

# left KEY: how many signatures are left of it, at most
left()
{
	cryptech show --json "$1" | sed -n 's/^  "left": \([0-9]*\),*$/\1/p'
}

# kernel_verifies NAME FILE SIGNATURE: with the public key in NAME.der
kernel_verifies()
{
	key=$(keyctl padd asymmetric "" @s <"$1.der") || return 1
	keyctl pkey_verify "$key" 0 "$2" "$3" enc=raw
	verified=$?
	keyctl unlink "$key" @s
	return $verified
}

head -c 60000 /dev/urandom >file
head -c 59999 file >other
: >nothing

# --- making, showing ---------------------------------------------------------

t_exits "keygen hss" 0 "^[0-9a-f-]\{36\}$" \
	cryptech keygen hss 5/8,5/4 --label two
cp /tmp/out two.uuid
t_exits "list shows its parameters and what is left" 0 \
	"^$(cat two.uuid)  hss  *token,sign  *two  (5/8,5/4, 1024 signatures" \
	cryptech list two
t_exits "show does" 0 "^left  *32 leaves of the root, up to 1024 of 1024" \
	cryptech show two
t_exits "its class" 0 "^class *private$" cryptech show two
t_exits "its profile" 0 "^profile *punctured, reserve 1$" cryptech show two
t_is "in JSON" 1024 "$(left two)"
t_exits "public key in PEM" 0 "BEGIN PUBLIC KEY" cryptech pubkey two
cryptech pubkey two --der --out two.der
t_exits "of the form of RFC 9708" 0 "1.2.840.113549.1.9.16.3.17" \
	openssl asn1parse -inform DER -in two.der
t_exits "keygen with everything" 0 "^[0-9a-f-]\{36\}$" \
	cryptech keygen hss 5/4/24 --profile single-seed --reserve 4 \
	--label one --uuid 12345678-9abc-4ef0-8123-456789abcdef
t_exits "it shows so" 0 "^profile *single-seed, reserve 4$" cryptech show one
t_exits "the same UUID again" 1 "exists already" \
	cryptech keygen hss 5/8 --uuid 12345678-9abc-4ef0-8123-456789abcdef

# --- using -------------------------------------------------------------------

for input in file nothing; do
	cryptech sign two $input --out sig
	t "$input: the kernel verifies" kernel_verifies two $input sig
	t "$input: the HSM does" cryptech verify two sig $input
done
t_exits "but not another file" 6 "NOT verify" cryptech verify two sig other
t_fails "nor does the kernel" kernel_verifies two other sig
t_is "two are gone" 1022 "$(left two)"
tail -c +2 sig >sig2
t_exits "a signature cut short" 6 "NOT verify" cryptech verify two sig2 nothing
t_exits "no hash goes with it" 2 "the file itself" \
	cryptech sign two file --hash sha256
t_exits "nothing was spent by that" 2 "the file itself" \
	cryptech verify two sig file --raw
t_is "still so many" 1022 "$(left two)"

id=000102030405060708090a0b0c0d0e0f
cryptech sign two file --request $id --out sig
cryptech sign two file --request $id --out sig2
t "asked again: the same signature" cmp sig sig2
t_is "spent once" 1021 "$(left two)"
t_exits "the same request for another file" 4 "" \
	cryptech sign two other --request $id --out sig2
t_exits "a request that is none" 2 "32 hexadecimal" \
	cryptech sign two file --request 00 --out sig2
t_is "spent nothing" 1021 "$(left two)"

cryptech pubkey two --out two.pem
t "import its public half" cryptech import two.pem --label two-pub
t "which verifies" cryptech verify two-pub sig file
t_exits "and cannot sign" 1 "cannot sign" cryptech sign two-pub file --out sig2

# --- used up -----------------------------------------------------------------

cryptech pubkey one --der --out one.der
i=0
while [ $i -lt 32 ] && cryptech sign one file --out "sig$i"; do
	i=$((i + 1))
done
t_is "32 signatures" 32 $i
t "the last one is good" kernel_verifies one file sig31
t_exits "no other" 1 "used up" cryptech sign one file --out sig
t_is "nothing is left" 0 "$(left one)"
t_exits "and list says so" 0 " 0 signatures left" cryptech list one
# q, bytes 4 to 7 of a signature of one level, was another each time
i=0
while [ $i -lt 32 ]; do
	head -c 8 "sig$i" | tail -c 4 | od -An -tx1
	i=$((i + 1))
done | sort -u >leaves
t_is "no leaf twice" 32 "$(wc -l <leaves)"

hsmctl hsm 0 restart
t "the HSM comes back" t_wait 20 env -u CRYPTECH_FD cryptech status
t_exits "the session is over" 3 "restarted" cryptech list
unset CRYPTECH_FD
login="cryptech login --pin-file user.pin --"
t_exits "used up for ever" 1 "used up" $login cryptech sign one file --out sig
$login cryptech sign two file --out sig
t "the other one goes on" kernel_verifies two file sig
t "delete" $login cryptech delete --yes two
t_exits "is for ever" 5 "no key is named" $login cryptech show two
t_exits "nothing is to be decided" 1 "nothing to decide" \
	cryptech accept flash --yes --pin-file so.pin
t_end
