#!/bin/sh
# SPDX-License-Identifier: MIT
#
# HSS keys (hash-based signatures) by the keyctl command: payloads, jobs, what
# /proc/keys tells, signing, verifying, the end. The kernel's own verifier for
# bare public keys has a look at what is signed. (hss_once and hss_ioctl try
# the rest.)

. tap.sh
. keyctl.sh

# What /proc/keys says of a key, after its name
described()
{
	sed -n "s/.* cryptech  $1: //p" /proc/keys
}

status()
{
	cryptech status | sed -n "s/^$1  *//p"
}

made()
{
	described "$1" | grep -qv ' making '
}

# Sign, verify with the key, and with the public half in the kernel alone
sign_and_verify()
{
	local key="$1" bare="$2" message="$3"

	keyctl pkey_sign "$key" 0 "$message" >sig || return
	keyctl pkey_verify "$key" 0 "$message" sig || return
	keyctl pkey_verify "$bare" 0 "$message" sig || return
	keyctl pkey_verify "$key" 0 other sig && return 1
	keyctl pkey_verify "$bare" 0 other sig && return 1
	return 0
}

# public KEY NAME: its public half as an asymmetric key without the HSM
public()
{
	in_session cryptech pubkey "$(uuid_of "$1")" >"$2.pem"
	sed '/^-----/d' "$2.pem" | openssl base64 -d >"$2.der"
	keyctl padd asymmetric "$2" @s <"$2.der"
}

test_payloads()
{
	local options

	name=bad
	for options in "" 5 5/3 6/4 5/4/16 5/4, ,5/4 5/4,,5/4 "5/4, 5/4" 5/4/24/1 \
			5/4,5/4,5/4,5/4,5/4,5/4,5/4,5/4,5/4 "5/8 volatile" \
			"5/8 raw" "5/8 reserve=0" "5/8 reserve=1025" \
			"5/8 reserve=1 reserve=1" "5/8 reserve=" "5/8 reserve=x" \
			"5/8 profile=other" "5/8 profile=punctured profile=punctured" \
			"5/8 size=3" "5/8 exportable exportable"; do
		t_is "refused: 'new hss $options'" "Invalid argument" \
			"$(why add "new hss $options")"
	done
	t_is "refused: options of others" "Invalid argument" \
		"$(why add new ec-p256 reserve=2)"
	t_is "refused: signatures longer than a message" \
		"Operation not supported" "$(why add new hss 25/1,25/1)"
	t_is "refused: one level too many of these" \
		"Operation not supported" "$(why add new hss 5/1/24,5/1/24,5/1,5/1)"
	t_is "nothing was made" 0 "$(status hashsig-keys)"
}

test_key()
{
	local key again bare uuid other

	name=firmware
	key=$(add new hss 5/8,5/4/24 profile=punctured reserve=2)
	uuid=$(uuid_of "$key")
	t_is "/proc/keys tells what it is, and what is left" \
		"hss 5/8,5/4/24 $uuid 1024 left" "$(described firmware)"
	t_is "query: what it can, hash, longest message, signature" \
		"key_size=256 max_data_size=65535 max_sig_size=2724" \
		"$(keyctl pkey_query "$key" 0 | grep -v 'max_enc\|max_dec' |
		grep -o '\(key_size\|max_.*size\)=[0-9]*' | tr '\n' ' ' |
		sed 's/ $//')"
	bare=$(public "$key" firmware)
	t "the public half verifies alone" sign_and_verify "$key" "$bare" message
	t "a message of no bytes" sign_and_verify "$key" "$bare" empty
	t "a message of 16,329 bytes" sign_and_verify "$key" "$bare" some
	t "a message of 65,535 bytes" sign_and_verify "$key" "$bare" most
	t_is "one of 65,536 is more than the kernel passes" "Invalid argument" \
		"$(why keyctl pkey_sign "$key" 0 more)"
	t_is "/proc/keys counts" "hss 5/8,5/4/24 $uuid 1020 left" \
		"$(described firmware)"
	keyctl pkey_sign "$key" 0 message >sig
	keyctl pkey_sign "$key" 0 message enc=raw >again
	t "the same message again gives the same" cmp sig again
	t_is "and costs nothing" "hss 5/8,5/4/24 $uuid 1020 left" \
		"$(described firmware)"
	t_is "a hash is refused" "Invalid argument" \
		"$(why keyctl pkey_sign "$key" 0 message hash=sha256)"
	t_is "another encoding is refused" "Invalid argument" \
		"$(why keyctl pkey_sign "$key" 0 message enc=pkcs1)"
	t_is "it does not decrypt" "Operation not supported" \
		"$(why keyctl pkey_decrypt "$key" 0 empty)"

	again=$(keyctl pipe "$key" | keyctl padd cryptech again @s)
	t_is "pipe, then padd, is the same key" "use $uuid" \
		"$(keyctl print "$again")"
	t "the one verifies what the other signs" sign_and_verify "$again" \
		"$bare" another
	t_is "and knows what it is" "hss 5/8,5/4/24 $uuid 1019 left" \
		"$(described again)"
	t_is "its label is the description" firmware \
		"$(in_session cryptech show --json "$uuid" |
		sed -n 's/.*"label": *"\([^"]*\)".*/\1/p')"
	t_is "the same name again is refused" "File exists" \
		"$(why add new hss 5/8)"
	t "and that key is deleted" t_wait 20 sh -c \
		"cryptech status | grep -q '^hashsig-keys  *1$'"
	again=$(keyctl add asymmetric as "CHSMKEY1use $uuid" @s)
	t "as a key of type asymmetric it does the same" \
		sign_and_verify "$again" "$bare" asymmetric
	name=plain
	other=$(add new hss 5/8 profile=single-seed)
	bare=$(public "$other" plain)
	t_is "profile=single-seed: the HSM shows it" "single-seed, reserve 1" \
		"$(in_session cryptech show "$(uuid_of "$other")" |
		sed -n 's/^profile  *//p')"
	t "it signs, and verifies" sign_and_verify "$other" "$bare" message
	in_session cryptech delete --yes "$(uuid_of "$other")"
	keyctl unlink "$other" @s
	keyctl unlink "$key" @s
	t "unlinked, it stays in the HSM" in_session cryptech show "$uuid"
	in_session cryptech delete --yes "$uuid"
	t_is "a key that the HSM deleted" "Required key not available" \
		"$(why keyctl pkey_sign "$again" 0 message)"
	t_is "a UUID that is none" "Required key not available" \
		"$(why add use $nowhere)"
}

test_jobs()
{
	local key end

	name=tall
	key=$(add new hss 15/4)
	t "a taller tree" t_wait 60 made tall
	t "is a key" sh -c "keyctl pkey_sign $key 0 message >sig"
	keyctl unlink "$key" @s
	for end in unlink revoke; do
		name=$end
		key=$(add new hss 25/4)
		t "/proc/keys shows progress" t_wait 20 sh -c \
			"grep -q ' making .* [1-9][0-9]*/[0-9]* leaves' /proc/keys"
		t_is "use: not yet" "Resource temporarily unavailable" \
			"$(why keyctl pkey_sign "$key" 0 message)"
		t_is "its name is known" "use " "$(keyctl print "$key" |
			head -c 4)"
		if [ $end = unlink ]; then
			keyctl unlink "$key" @s
		else
			keyctl revoke "$key"
		fi
	done
	# the HSM lets the kernel have four jobs at once: none goes on
	for name in third fourth; do
		keyctl unlink "$(add new hss 25/4)" @s
	done
	name=after
	t "all of them are cancelled" t_wait 20 add new hss 10/4
	t "the HSM has time for others" t_wait 20 made after
	t_is "and no other keys" 2 "$(status hashsig-keys)"
}

test_end()
{
	local i=0

	name=short
	key=$(add new hss 5/8 reserve=32)
	while keyctl pkey_sign "$key" 0 message >next 2>why &&
	      [ $i -lt 40 ]; do
		mv next sig
		cp message last
		i=$((i + 1))
		echo $i >message
	done
	t_is "32 leaves sign 32 messages" 32 $i
	t_is "then it is used up" "No space left on device" \
		"$(sed 's/.*: //' why)"
	t_is "and says so" " 0 left" "$(described short | grep -o ' 0 left')"
	t_is "for ever" "No space left on device" \
		"$(why keyctl pkey_sign "$key" 0 another)"
	t "it still verifies" keyctl pkey_verify "$key" 0 last sig
}

hsm-ready || exit 1
modprobe cryptech_hss || exit 1
echo "The quick brown fox" >message
echo "The quick brown dog" >other
: >empty
echo another >another
echo asymmetric >asymmetric
head -c 16329 /dev/urandom >some
head -c 65535 /dev/urandom >most
head -c 65536 /dev/urandom >more

test_payloads
test_key
test_jobs
test_end
t_end
