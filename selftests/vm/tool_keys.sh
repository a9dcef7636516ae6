#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `cryptech` and keys: made, imported, named, used, deleted, and modules signed
# with them. openssl judges the results. All in one session, for speed; all
# kinds of keys are in tool_types.

. tap.sh

if [ -z "${CRYPTECH_FD:-}" ]; then
	modprobe cryptech_pci
	t_wait 20 cryptech status || echo "# the HSM does not answer"
	umask 077
	echo correct-horse >user.pin
	{
		hsmctl hsm 0 factory-pin
		echo wheel-of-time
		echo battery-staple
		cat user.pin
	} | cryptech init --pin-fd 0
	exec cryptech login --pin-file user.pin sh "$0"
fi

types="rsa2048 ec-p384"
head -c 100000 /dev/urandom >file
head -c 99999 file >other

# --- making, showing ---------------------------------------------------------

for type in $types; do
	t_exits "keygen $type" 0 "^[0-9a-f-]\{36\}$" \
		cryptech keygen "$type" --label "key-$type"
	cp /tmp/out "$type.uuid"
	cryptech pubkey "key-$type" --out "$type.pub"
	openssl pkey -pubin -in "$type.pub" -outform DER -out "$type.der"
	t_exits "show tells its fingerprint" 0 \
		"$(sha256sum <"$type.der" | cut -d' ' -f1)" \
		cryptech show "$(cat "$type.uuid")"
done
cryptech pubkey key-rsa2048 --der --out pub.der
t "pubkey in DER is openssl's" cmp rsa2048.der pub.der
t_exits "list shows type and label" 0 \
	"^$(cat ec-p384.uuid)  ec-p384  *token,sign  *key-ec-p384$" \
	cryptech list
t_is "both" 2 "$(grep -c . /tmp/out)"
cryptech list --json >list.json
t_is "two keys in JSON" 2 "$(grep -c '^    "uuid": ' list.json)"
t_is "private ones" 2 "$(grep -c '^    "class": "private"' list.json)"
t_exits "one in JSON" 0 '^  "type": "ec-p384"' \
	cryptech show --json key-ec-p384
uuid=12345678-9abc-4ef0-8123-456789abcdef
t_exits "keygen with a UUID" 0 "^$uuid$" cryptech keygen ec-p256 --uuid $uuid
t_exits "the same UUID again" 1 "exists already" \
	cryptech keygen ec-p256 --uuid $uuid

# --- using -------------------------------------------------------------------

for type in $types; do
	cryptech sign "key-$type" file --out sig
	t "$type: openssl verifies" openssl dgst -sha256 \
		-verify "$type.pub" -signature sig file
	t "the HSM does" cryptech verify "key-$type" sig file
	t_exits "but not another file" 6 "NOT verify" \
		cryptech verify "key-$type" sig other
done
t_exits "nor with another hash" 6 "NOT verify" \
	cryptech verify key-ec-p384 sig file --hash sha384
tail -c +2 sig >sig2
t_exits "nor a signature cut short" 6 "NOT verify" \
	cryptech verify key-ec-p384 sig2 file
openssl dgst -sha256 -binary file >digest
cryptech sign key-rsa2048 digest --prehashed --out sig
t "prehashed: openssl verifies" openssl dgst -sha256 -verify rsa2048.pub \
	-signature sig file
cryptech sign key-ec-p384 --raw --out sig <file
t_is "raw P-384 signature: 96 bytes" 96 "$(stat -c %s sig)"
t "raw: the HSM verifies" cryptech verify key-ec-p384 sig file --raw
t_exits "raw is not DER" 6 "NOT verify" cryptech verify key-ec-p384 sig file

# --- names -------------------------------------------------------------------

t_exits "by prefix" 0 "^uuid *$uuid$" cryptech show 1234
t_exits "by prefix with dash" 0 "^uuid *$uuid$" cryptech show 12345678-9A
t_exits "by too short a prefix" 5 "no key is named" cryptech show 123
t_exits "by no name of any" 5 "no key is named" cryptech show nobody
t_exits "by a UUID of none" 5 "no such key" \
	cryptech show 00000000-0000-4000-8000-000000000001
t "label" cryptech label 1234 "Kernel §"
t_exits "its new name" 0 "^uuid *$uuid$" cryptech show "Kernel §"
cryptech label key-ec-p384 "Kernel §"
t_exits "a name of two keys" 5 "means several" cryptech show "Kernel §"
t_exits "shows them" 5 "$uuid" cryptech show "Kernel §"
cryptech list "Kernel §" >two
t_is "list of two" 2 "$(wc -l <two)"
cryptech label "$(cat ec-p384.uuid)" key-ec-p384

# --- import ------------------------------------------------------------------

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
	-out soft-rsa.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	-out soft-ec.pem
for soft in soft-rsa soft-ec; do
	openssl pkey -in $soft.pem -pubout -out $soft.pub
	t_exits "import $soft" 0 "^[0-9a-f-]\{36\}$" \
		cryptech import $soft.pem --label $soft
	cryptech pubkey $soft --out got.pub
	t "its public key is the same" cmp $soft.pub got.pub
	cryptech sign $soft file --out sig
	t "it signs" openssl dgst -sha256 -verify $soft.pub -signature sig file
	t "import its public half" cryptech import $soft.pub --label $soft-pub
	t "which verifies" cryptech verify $soft-pub sig file
	t_exits "and cannot sign" 1 "cannot sign" cryptech sign $soft-pub file \
		--out sig
	t_exits "its class" 0 "^class *public$" cryptech show $soft-pub
done
echo sesame >pass
openssl pkey -in soft-ec.pem -aes256 -passout file:pass -out soft-enc.pem
t "import of an encrypted key" cryptech import soft-enc.pem \
	--passphrase-file pass --label enc
openssl genpkey -quiet -algorithm ED25519 -out soft-ed.pem
t_exits "import of a kind that the HSM lacks" 1 "cannot import" \
	cryptech import soft-ed.pem
t_exits "delete without --yes" 2 "needs --yes" cryptech delete enc
t "delete" cryptech delete --yes enc
t_exits "once" 5 "no key is named" cryptech delete --yes enc

# --- AES ---------------------------------------------------------------------

t_exits "keygen aes256-xts" 0 "^[0-9a-f-]\{36\}$" \
	cryptech keygen aes256-xts --label made
t_exits "list shows its type, use and mode" 0 \
	"  aes256-xts  token,decrypt,xts  *made$" cryptech list made
head -c 32 /dev/urandom >aes.key
t_exits "import an AES key" 0 "^[0-9a-f-]\{36\}$" \
	cryptech import --type aes256 aes.key --label soft-aes
cp /tmp/out aes.uuid
t_exits "of the wrong length" 1 "an aes128 key has 16" \
	cryptech import --type aes128 aes.key
head -c 16 aes.key >half
cat half half >equal
t_exits "for XTS with equal keys" 1 "cannot import" \
	cryptech import --type aes128-xts equal
t_exits "its class" 0 "^class *secret$" cryptech show soft-aes
t_is "no fingerprint" 0 "$(grep -c fingerprint /tmp/out)"
t_exits "its mode in JSON" 0 '"mode": "cbc"' cryptech show --json soft-aes
t_exits "no public half" 1 "not supported" cryptech pubkey soft-aes
t_exits "it cannot sign" 4 "not for this use" \
	cryptech sign soft-aes file --out sig
t "token" cryptech token soft-aes --out token
serial=$(cryptech status | sed -n 's/^serial *//p' | tr -d -- -)
t_is "its bytes" \
	"4348534d01010030$(printf '%08x%08x' 0x30100 0)$serial$(
		tr -d -- '-\n' <aes.uuid)" \
	"$(od -An -v -tx1 token | tr -d ' \n')"
t_exits "token in digits" 0 "^4348534d01010030[0-9a-f]\{80\}$" \
	cryptech token soft-aes --hex
t_exits "token of no key" 5 "no key is named" cryptech token nothing --hex
t "delete it" cryptech delete --yes soft-aes

# --- requests for certificates -------------------------------------------------

for key in $types; do
	rm -f req.pem
	cryptech csr "key-$key" --subject "/O=Example/CN=$key" --hash sha384 \
		--subject-alt-name "DNS:$key.example.org,IP:192.0.2.1" \
		--key-usage critical,digitalSignature --out req.pem
	t_exits "$key: openssl takes the request" 0 "verify OK" \
		openssl req -in req.pem -verify -noout
	t_exits "$key: and reads what was asked for" 0 \
		"DNS:$key.example.org, IP Address:192.0.2.1" \
		openssl req -in req.pem -noout -text
	openssl req -in req.pem -noout -pubkey >req.pub
	cryptech pubkey "key-$key" >key.pub
	t "$key: for that key" cmp req.pub key.pub
done
cryptech csr key-ec-p384 --der --out req.der
t_exits "a request in DER is named by the label" 0 "CN = key-ec-p384" \
	openssl req -inform DER -in req.der -noout -subject
cryptech cert key-ec-p384 --key-usage keyAgreement \
	--subject-alt-name email:k@example.org --out own.pem
t_exits "a certificate of what was asked for" 0 "Key Agreement" \
	openssl x509 -in own.pem -noout -text
t "that signs itself" openssl verify -check_ss_sig -CAfile own.pem own.pem

# --- modules -----------------------------------------------------------------

# A module of the distribution, as it was before it was signed.
module=$(find /usr/lib/modules -name dummy.ko)
size=$(stat -c %s "$module")
len=$((0x$(tail -c 32 "$module" | head -c 4 | od -An -tx1 | tr -d ' \n')))
head -c $((size - len - 40)) "$module" >plain.ko
cryptech cert key-rsa2048 --out rsa2048.pem
t_exits "a certificate's name is the label" 0 "CN = key-rsa2048$" \
	openssl x509 -in rsa2048.pem -noout -subject
cryptech sign-module key-rsa2048 rsa2048.pem plain.ko --out signed.ko \
	--detached sig.der
t "sign-module" openssl cms -verify -binary -inform DER -in sig.der \
	-content plain.ko -certfile rsa2048.pem -CAfile rsa2048.pem -out out
cat plain.ko sig.der >begin.ko
head -c "$(stat -c %s begin.ko)" signed.ko >begin2.ko
t "the signature is behind the module" cmp begin.ko begin2.ko
cp plain.ko m1.ko
cp plain.ko m2.ko
t "two modules in place" \
	cryptech sign-module key-rsa2048 rsa2048.pem m1.ko m2.ko
t "alike" cmp m1.ko m2.ko
t_exits "signed already" 1 "signed already" \
	cryptech sign-module key-rsa2048 rsa2048.pem m1.ko
t "signed anew" cryptech sign-module --replace key-rsa2048 rsa2048.pem m1.ko
t "is the same" cmp m1.ko m2.ko
t_exits "another key's certificate" 1 "not the certificate" \
	cryptech sign-module key-ec-p384 rsa2048.pem plain.ko
t_exits "no module" 1 "no kernel module" \
	cryptech sign-module key-rsa2048 rsa2048.pem file
gzip -c plain.ko >packed
t_exits "a compressed module" 1 "gzip -d" \
	cryptech sign-module key-rsa2048 rsa2048.pem packed
t_is "what failed has changed nothing" "$((size - len - 40))" \
	"$(stat -c %s plain.ko)"

t_end
