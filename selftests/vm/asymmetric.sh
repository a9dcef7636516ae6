#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Keys of the HSM as keys of type asymmetric: found by their identifiers, and
# taken by the kernel itself to verify certificates.

. tap.sh
. keyctl.sh
magic=CHSMKEY1

# keygen TYPE NAME: UUID in $uuid, public half in NAME.pem
keygen()
{
	uuid=$(in_session cryptech keygen --label "$2" "$1")
	in_session cryptech pubkey "$uuid" >"$2.pem"
}

# The subject key identifier by openssl: SHA-1 of the BIT STRING's content.
# A SubjectPublicKeyInfo ends with it, $1 bytes long.
skid()
{
	openssl pkey -pubin -in "$2" -outform DER | tail -c "$1" |
		openssl dgst -sha1 -r | cut -d ' ' -f 1
}

hsm-ready || exit 1
echo "The quick brown fox" | openssl dgst -sha256 -binary >digest
echo "The quick brown dog" | openssl dgst -sha256 -binary >other

# --- adding ------------------------------------------------------------------

keygen rsa2048 rsa
rsa=$uuid
key=$(keyctl add asymmetric rsa "${magic}use $rsa" @s)
t "a key is added" test -n "$key"
t "/proc/keys tells what it is" \
	grep -q 'asymmetri rsa: cryptech.rsa2048 ' /proc/keys
t_is "its identifier is the UUID" "$key" \
	"$(keyctl search @s asymmetric "ex:$(echo "$rsa" | tr -d -)")"
t_is "and the subject key identifier" "$key" \
	"$(keyctl search @s asymmetric "ex:$(skid 270 rsa.pem)")"
t_is "or the end of it" "$key" \
	"$(keyctl search @s asymmetric "id:$(skid 270 rsa.pem | tail -c 13)")"
key=$(printf %s "${magic}use $rsa dev=0" | keyctl padd asymmetric "" @s)
t_is "without a description it gets one" "cryptech:$rsa" \
	"$(keyctl rdescribe "$key" | cut -d ';' -f 5)"
t_is "new is refused" "Operation not supported" \
	"$(why keyctl add asymmetric no "${magic}new ec-p256" @s)"
t_is "a bad payload is refused" "Invalid argument" \
	"$(why keyctl add asymmetric no "${magic}use me" @s)"
t_is "the magic alone is refused" "Invalid argument" \
	"$(why keyctl add asymmetric no "$magic" @s)"
t_is "another magic is somebody else's" "Bad message" \
	"$(why keyctl add asymmetric no "CHSMKEY2use $rsa" @s)"
t_is "a key that is not there" "Required key not available" \
	"$(why keyctl add asymmetric no \
	"${magic}use 00000000-0000-4000-8000-000000000000" @s)"
t_is "it cannot be read" "Operation not supported" \
	"$(why keyctl print "$key")"

# --- using -------------------------------------------------------------------

info="enc=pkcs1 hash=sha256"
keyctl pkey_sign "$key" 0 digest "$info" >sig
t "openssl verifies what it signs" openssl pkeyutl -verify -pubin \
	-inkey rsa.pem -in digest -sigfile sig -pkeyopt digest:sha256
t "the kernel does, too" keyctl pkey_verify "$key" 0 digest sig "$info"
t_is "but nothing else" "Key was rejected by service" \
	"$(why keyctl pkey_verify "$key" 0 other sig "$info")"
t_is "a cut signature is rejected" "Key was rejected by service" \
	"$(head -c 255 sig >cut
	why keyctl pkey_verify "$key" 0 digest cut "$info")"

hsmctl hsm 0 stop
t "RSA is verified without the HSM" \
	keyctl pkey_verify "$key" 0 digest sig "$info"
hsmctl hsm 0 cont

# --- the kernel as its user --------------------------------------------------

# A keyring that takes only what this key has signed.
in_session cryptech cert --subject /CN=one --out one.pem "$rsa" ||
	echo "# no certificate"
keygen rsa2048 two
in_session cryptech cert --subject /CN=two --out two.pem "$uuid"
for cert in one two; do
	openssl x509 -in $cert.pem -outform DER -out $cert.der
done
ring=$(keyctl newring picky @s)
keyctl restrict_keyring "$ring" asymmetric "key_or_keyring:$key"
t "a certificate that it signed is taken" sh -c \
	"keyctl padd asymmetric one $ring <one.der"
t_fails "another's is not" sh -c "keyctl padd asymmetric two $ring <two.der"
sed 's/one/eno/' one.der >tampered.der
t_fails "nor a changed one" sh -c \
	"keyctl padd asymmetric one $ring <tampered.der"

# --- the end -----------------------------------------------------------------

keyctl unlink "$key" @s
t "unlink leaves the HSM's key alone" in_session cryptech show "$rsa"
key=$(keyctl add asymmetric rsa "${magic}use $rsa" @s)
hsmctl hsm 0 restart
t_wait 20 cryptech status
t_is "after a restart it waits for the login" "Permission denied" \
	"$(why keyctl pkey_sign "$key" 0 digest "$info")"
t "RSA is verified all the same" \
	keyctl pkey_verify "$key" 0 digest sig "$info"
t "the kernel logs in" cryptech kernel-login -p /tmp/.pin.0
t "it signs again" sh -c \
	"keyctl pkey_sign $key 0 digest '$info' | cmp - sig"
in_session cryptech delete --yes "$rsa"
t_is "a key that the HSM deleted" "Required key not available" \
	"$(why keyctl pkey_sign "$key" 0 digest "$info")"
t_end
