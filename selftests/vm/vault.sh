#!/bin/sh
# SPDX-License-Identifier: MIT
#
# HSS keys in the vault of the HSM's FPGA, which is the design itself under
# simulation: made, signing and verified by the keyctl command, through a restart
# of the HSM.

. tap.sh
. keyctl.sh

described()
{
	sed -n "s/.* cryptech  $1: //p" /proc/keys
}

made()
{
	described "$1" | grep -qv ' making '
}

# Sign by the HSM; verify with it, and with the public half in the kernel alone
sign_and_verify()
{
	keyctl pkey_sign "$1" 0 "$3" >sig || return
	keyctl pkey_verify "$1" 0 "$3" sig || return
	keyctl pkey_verify "$2" 0 "$3" sig || return
	keyctl pkey_verify "$2" 0 other sig && return 1
	return 0
}

public()
{
	in_session cryptech pubkey "$(uuid_of "$1")" >"$2.pem"
	sed '/^-----/d' "$2.pem" | openssl base64 -d >"$2.der"
	keyctl padd asymmetric "$2" @s <"$2.der"
}

hsm-ready || exit 1
modprobe cryptech_hss || exit 1
echo message >message
echo other >other
echo "another one" >other_message

t "the HSM has an FPGA that works" \
	sh -c "cryptech status | grep -i '^fpga'"
name=bad
for options in "rsa2048 vault" "ec-p256 vault" "hss 5/8 vault vault" \
		"hss 5/8 vault exportable" "aes256 vault exportable" \
		"aes256 vault sealed"; do
	t_is "refused: 'new $options'" "Invalid argument" \
		"$(why add "new $options")"
done

name=image
key=$(add new hss 5/8 vault)
t "it is made" t_wait 100 made image
uuid=$(uuid_of "$key")
t_is "32 leaves" "hss 5/8 $uuid 32 left" "$(described image)"
bare=$(public "$key" image)
t "it signs, and the kernel alone verifies" \
	sign_and_verify "$key" "$bare" message
keyctl pkey_sign "$key" 0 message >first
t_is "the tool knows where it is" 1 \
	"$(in_session cryptech show "$uuid" | grep -c vault)"
in_session cryptech backup export --raw --out package "$uuid" 2>/dev/null
t "it does not leave" test ! -s package
hsmctl hsm 0 restart
t "the HSM is there again" t_wait 100 sh -c 'cryptech status >status'
t "the kernel logs in" cryptech kernel-login -p /tmp/.pin.0
keyctl pkey_sign "$key" 0 other_message >/dev/null 2>&1
t "what it needs is computed again, meanwhile" \
	t_wait 100 keyctl pkey_sign "$key" 0 other_message
t "it signs on" sign_and_verify "$key" "$bare" other_message
t "what was signed before is good" keyctl pkey_verify "$bare" 0 message first
in_session cryptech delete --yes "$uuid"
t_is "deleted" "Required key not available" \
	"$(why keyctl pkey_sign "$key" 0 message)"
t_end
