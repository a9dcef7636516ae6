#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Keys of type cryptech, by the keyctl command alone; openssl checks what they
# sign. (keysign tries all types, hashes and encodings.)

. tap.sh
. keyctl.sh

# --- signatures --------------------------------------------------------------

digest()
{
	openssl dgst -"$1" -binary -out "digest.$1" message
}

# Sign the digest with the key, verify with openssl and with the kernel; then
# the same with a digest that is not the signed one.
sign_and_verify()
{
	local key="$1" hash="$2" enc="$3" info="enc=$3 hash=$2"

	keyctl pkey_sign "$key" 0 "digest.$hash" "$info" >sig || return
	case $enc in
	pkcs1)
		openssl pkeyutl -verify -pubin -inkey pub.pem -sigfile sig \
			-in "digest.$hash" -pkeyopt digest:"$hash" \
			-pkeyopt rsa_padding_mode:pkcs1 || return
		;;
	x962)
		openssl pkeyutl -verify -pubin -inkey pub.pem -sigfile sig \
			-in "digest.$hash" || return
		;;
	esac
	keyctl pkey_verify "$key" 0 "digest.$hash" sig "$info" || return
	keyctl pkey_verify "$key" 0 "other.$hash" sig "$info" && return 1
	flip sig && keyctl pkey_verify "$key" 0 "digest.$hash" flipped "$info" &&
		return 1
	return 0
}

# Change the last byte: of s, or of the RSA signature
flip()
{
	local size last

	size=$(stat -c %s "$1")
	last=$(od -An -tu1 -j $((size - 1)) "$1")
	head -c $((size - 1)) "$1" >flipped
	printf "\\$(printf %o $((last ^ 1)))" >>flipped
}

test_type()
{
	local type="$1" hash="$2" enc="$3" key uuid

	name=$type
	key=$(add new "$type")
	t "new $type" test -n "$key"
	t_wait 60 sh -c "! grep -q '$type: .* making' /proc/keys"
	uuid=$(keyctl print "$key" | cut -d ' ' -f 2)
	cryptech pubkey -p /tmp/.pin.0 "$uuid" >pub.pem
	t "$type has a public half" openssl pkey -pubin -in pub.pem -noout
	t "$type signs $hash, $enc" sign_and_verify "$key" "$hash" "$enc"
	t_is "$type: a digest of another length is refused" \
		"Invalid argument" "$(why keyctl pkey_sign "$key" 0 \
		digest.sha1 "enc=$enc hash=sha256")"
	t_is "$type: an unknown hash is refused" "Package not installed" \
		"$(why keyctl pkey_sign "$key" 0 digest.sha1 \
		"enc=$enc hash=md4")"
	t_is "$type: an unknown encoding is refused" "Invalid argument" \
		"$(why keyctl pkey_sign "$key" 0 digest.sha1 enc=oaep)"
	t_is "$type does not decrypt" "Operation not supported" \
		"$(why keyctl pkey_decrypt "$key" 0 empty "enc=$enc")"
	keyctl unlink "$key" @s
}

# --- names and payloads ------------------------------------------------------

test_verbs()
{
	local verb

	name=verbs
	for verb in "" new "new rsa1024" "new ec-p256 volatile volatile" \
			"new ec-p256 raw" "new ec-p256 soon" "new ec-p256 dev=" \
			"new ec-p256 dev=-1" "new ec-p256 dev=0 dev=0" \
			"new ec-p256 fd=x" "use" "use $nowhere volatile" \
			"use ${nowhere%0}" "use ${nowhere}0" "use 1-2-3" \
			"delete $nowhere" "newec-p256" "NEW ec-p256" \
			"new ec-p256 dev=99999999999" load "load 00" \
			"new ec-p256 sealed volatile"; do
		# keyctl add takes no empty payload; padd does
		t_is "refused: '$verb'" "Invalid argument" "$(printf %s "$verb" |
			why keyctl padd cryptech verbs @s)"
	done
	t_is "refused: an HSS key that is sealed" "Operation not supported" \
		"$(why add new hss 5/8 sealed)"
	t_is "no such device" "No such device" "$(why add new ec-p256 dev=7)"
	t_is "no such key" "Required key not available" \
		"$(why add use $nowhere)"
	t_is "bytes of zero are refused" "Invalid argument" \
		"$(printf 'new ec-p256\0volatile' |
		why keyctl padd cryptech verbs @s)"
	t_is "a very long payload is refused" "Invalid argument" \
		"$(printf 'new ec-p256 %4000s' volatile |
		why keyctl padd cryptech verbs @s)"
	t_is "nothing was made" 0 "$(volatile_keys)"
}

volatile_keys()
{
	cryptech status | sed -n 's/^keys-volatile  *//p'
}

token_keys()
{
	cryptech status | sed -n 's/^keys-token  *//p'
}

test_payloads()
{
	local key again uuid

	name=payload
	key=$(add new ec-p256)
	uuid=$(keyctl print "$key" | cut -d ' ' -f 2)
	t_is "print gives a payload" "use $uuid" "$(keyctl print "$key")"
	t_is "pipe gives it without a newline" $((4 + 36)) \
		"$(keyctl pipe "$key" | wc -c)"
	t_is "the key's label is its description" payload \
		"$(in_session cryptech show --json "$uuid" |
		sed -n 's/.*"label": *"\([^"]*\)".*/\1/p')"
	again=$(keyctl pipe "$key" | keyctl padd cryptech again @s)
	t_is "pipe, then padd, is the same key" "use $uuid" \
		"$(keyctl print "$again")"
	keyctl pkey_sign "$again" 0 digest.sha256 "enc=x962 hash=sha256" >sig
	t "what the one signs, the other verifies" keyctl pkey_verify "$key" 0 \
		digest.sha256 sig "enc=x962 hash=sha256"
	t "a payload may end in a newline" sh -c \
		"echo 'use $uuid' | keyctl padd cryptech newline @s"
	t "and be in capitals" keyctl add cryptech capitals \
		"use $(echo "$uuid" | tr a-f A-F) dev=0" @s
	t "/proc/keys tells what it is" \
		grep -q "cryptech  payload: ec-p256 $uuid$" /proc/keys
	t_is "a key is found by its name" "$key" \
		"$(keyctl search @s cryptech payload)"
	t "the owner's quota is charged" sh -c \
		"keyctl rdescribe $key | grep -q '^cryptech;'"

	t_is "the same name again is refused" "File exists" \
		"$(why add new ec-p256)"
	t_is "the same name again is refused, for use too" "File exists" \
		"$(why add use "$uuid")"
	t_is "the old key is still there" "use $uuid" "$(keyctl print "$key")"
	t_is "update is refused" "Operation not supported" \
		"$(why keyctl update "$key" "use $uuid")"
	t_is "update to a new key is refused, too" "Operation not supported" \
		"$(why keyctl update "$key" "new ec-p256")"
	t_is "and changes nothing" "use $uuid" "$(keyctl print "$key")"
	t "the refused new keys are deleted" t_wait 20 sh -c \
		"cryptech status | grep -q '^keys-token  *$((tokens + 1))$'"
}

# --- the end of keys ---------------------------------------------------------

# A key in flash stays there, whatever ends its name in the keyring.
test_ends()
{
	local key uuid end

	for end in unlink revoke invalidate timeout; do
		name=$end
		key=$(add new ec-p256)
		uuid=$(keyctl print "$key" | cut -d ' ' -f 2)
		case $end in
		unlink) keyctl unlink "$key" @s ;;
		timeout) keyctl timeout "$key" 1; t_wait 5 expired "$key" ;;
		*) keyctl $end "$key" ;;
		esac
		t_fails "after $end it does not sign" keyctl pkey_sign "$key" \
			0 digest.sha256 "enc=x962 hash=sha256"
		t "after $end the HSM still has it" \
			in_session cryptech show "$uuid"
		name=$end-again
		t "after $end it can be used anew" add use "$uuid"
	done
	name=revoke
	t "the name of a revoked key is free" add use "$uuid"
	name=deleted
	key=$(add new ec-p256)
	uuid=$(keyctl print "$key" | cut -d ' ' -f 2)
	in_session cryptech delete --yes "$uuid"
	t_is "a key that the HSM deleted" "Required key not available" \
		"$(why keyctl pkey_sign "$key" 0 digest.sha256 \
		"enc=x962 hash=sha256")"
}

expired()
{
	[ "$(why keyctl describe "$1")" = "Key has expired" ]
}

# --- secrets -----------------------------------------------------------------

# Hexadecimal digits out of the middle of a key's private half
private_hex()
{
	openssl pkey -in "$1" -noout -text | sed -n '/^priv:/,/^pub:/p' |
		sed -n 2p | tr -d ' :\n'
}

# Words of the PINs, and a private key that was brought in, must stand nowhere
# that can be read.
test_secrets()
{
	local key secret

	openssl genpkey -quiet -algorithm EC -pkeyopt group:P-256 -out own.pem
	secret=$(private_hex own.pem)
	name=imported
	key=$(add use "$(in_session cryptech import own.pem)")
	keyctl pkey_sign "$key" 0 digest.sha256 "enc=x962 hash=sha256" >sig
	t "a key that was brought in signs" keyctl pkey_verify "$key" 0 \
		digest.sha256 sig "enc=x962 hash=sha256"
	dmesg >everything
	cat /proc/keys /proc/key-users >>everything
	for file in /sys/class/cryptech/*/* /sys/class/cryptech/*/power/* \
			/sys/module/cryptech*/* /sys/module/cryptech*/*/*; do
		[ ! -f "$file" ] || [ ! -r "$file" ] ||
			timeout 5 cat "$file" 2>/dev/null
	done >>everything
	t "there is something to look at" grep -q cryptech everything
	t_fails "no PIN in sysfs, proc and the log" \
		grep -q trustno1 everything
	t "the private key's digits are known" test ${#secret} -ge 28
	t_fails "they are not there" grep -qi "$secret" everything
	od -An -v -tx1 everything | tr -d ' \n' >bytes
	t_fails "nor are its bytes" grep -q "$secret" bytes
}

hsm-ready || exit 1
: >empty
echo "The quick brown fox" >message
echo "The quick brown dog" >other
for hash in sha1 sha256 sha512; do
	digest $hash
	openssl dgst -$hash -binary -out other.$hash other
done

test_verbs
tokens=$(token_keys)
test_payloads
test_ends
test_type ec-p256 sha256 x962
test_type rsa2048 sha512 pkcs1
t "no volatile key is left" t_wait 20 sh -c \
	"cryptech status | grep -q '^keys-volatile  *0$'"
test_secrets
t_end
