#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every type of key and every hash that goes with it: signatures, certificates
# and module signatures, judged by openssl; certificates by the kernel, too.

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

echo "This is signed." >file
echo "This is not." >other

# Debian's 6.1 has no ECDSA, and its parser checks self-signed certificates.
modprobe -q ecdsa_generic
kernel_reads()
{
	if [ "$1" != "${1#ec}" ] && ! grep -q '^name *: ecdsa' /proc/crypto
	then
		t_skip "the kernel reads it" "this kernel has no ECDSA"
		return
	fi
	t "the kernel reads it" sh -c 'keyctl padd asymmetric "" @s <cert.der'
}

# verifies TYPE HASH
verifies()
{
	cryptech sign "key-$1" file --hash "$2" --out sig
	t "$1 with $2: openssl verifies" openssl dgst "-$2" \
		-verify "$1.pub" -signature sig file
	t "the HSM does" cryptech verify "key-$1" sig file --hash "$2"
	t_exits "but not another file" 6 "NOT verify" \
		cryptech verify "key-$1" sig other --hash "$2"
}

for type in rsa2048 rsa3072 rsa4096 ec-p256 ec-p384 ec-p521; do
	t "keygen $type" cryptech keygen "$type" --label "key-$type"
	cryptech pubkey "key-$type" --out "$type.pub"
	for hash in sha256 sha512; do
		verifies "$type" $hash
	done
	cryptech cert "key-$type" --out cert.pem --hash sha512
	openssl x509 -in cert.pem -outform DER -out cert.der
	t "cert of $type" openssl verify -check_ss_sig -CAfile cert.pem cert.pem
	kernel_reads "$type"
	cryptech sign-module "key-$type" cert.pem "$(find /usr/lib/modules \
		-name dummy.ko)" --replace --out signed.ko --detached sig.der
	head -c -$(($(stat -c %s sig.der) + 40)) signed.ko >content
	t "sign-module with $type" openssl cms -verify -binary -inform DER \
		-in sig.der -content content -certfile cert.pem \
		-CAfile cert.pem -out verified
done
for hash in sha1 sha224 sha384; do
	verifies rsa2048 $hash
	verifies ec-p384 $hash
done
verifies rsa2048 sha512-256

t "keygen --pss" cryptech keygen rsa2048 --pss --label pss
cryptech pubkey pss --out pss.pub
cryptech sign pss file --out sig
t "openssl verifies it as PSS" openssl dgst -sha256 -verify pss.pub \
	-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -signature sig file
t "the HSM does" cryptech verify pss sig file
t_exits "but not another file" 6 "NOT verify" cryptech verify pss sig other
head -c 256 /dev/zero >sig
t_exits "nor no signature" 6 "NOT verify" cryptech verify pss sig file
t_exits "it has no certificate" 1 "cannot sign this" cryptech cert pss

t_end
