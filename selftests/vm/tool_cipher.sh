#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cryptech encrypt, decrypt and mac: keys of each type, made and imported; what
# they write is what openssl reads and makes with the same key; misuse.

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

head -c 32 /dev/urandom >key
key=$(od -An -v -tx1 key | tr -d ' \n')
iv=000102030405060708090a0b0c0d0e0f
head -c 100000 /dev/urandom >long
head -c 16000 /dev/urandom >file
: >empty
echo "who it is for" >aad

# same WHAT FILE FILE
same()
{
	t "$1" cmp "$2" "$3"
}

# --- ciphers -------------------------------------------------------------------

# back_and_forth MODE FILE
back_and_forth()
{
	t "$1: $2 is encrypted" cryptech encrypt "$1" "$2" --out c
	t "$1: and decrypted" cryptech decrypt "$1" c --out p
	same "$1: to what it was" "$2" p
}

for mode in cbc ecb ctr gcm; do
	type=aes256-$mode
	[ $mode != cbc ] || type=aes256
	t "import $type" cryptech import --type $type key --label $mode
	back_and_forth $mode file
	back_and_forth $mode empty
	[ $mode = gcm ] || back_and_forth $mode long
done

for mode in cbc ctr; do
	cryptech encrypt $mode long --iv $iv --out c
	openssl enc -aes-256-$mode -K "$key" -iv $iv -in long -out o
	tail -c +17 c >body
	same "$mode: openssl has the same with that IV" body o
done
cryptech encrypt ecb long --out c
openssl enc -aes-256-ecb -K "$key" -in long -out o
same "ecb: openssl has the same" c o
cryptech encrypt cbc file --out a
cryptech encrypt cbc file --out b
t_exits "each time another IV" 1 "differ" cmp a b

# --- GCM -------------------------------------------------------------------------

cryptech encrypt gcm file --aad aad --out c
t "gcm: with associated data" cryptech decrypt gcm c --aad aad --out p
same "gcm: to what it was" file p
rm -f p
t_exits "gcm: without it" 6 "NOT what was encrypted" \
	cryptech decrypt gcm c --out p
printf x | dd of=c bs=1 seek=5000 conv=notrunc 2>/dev/null
t_exits "gcm: with a changed byte" 6 "NOT what was encrypted" \
	cryptech decrypt gcm c --aad aad --out p
t "nothing was written" test ! -e p
t_exits "gcm: no IV of the caller's" 4 "cannot encrypt" \
	cryptech encrypt gcm file --iv 000102030405060708090a0b --out c
t_exits "gcm: nothing longer than a message" 1 "cannot encrypt" \
	cryptech encrypt gcm long --out c
t "keygen with --allow-caller-iv" cryptech keygen aes128-gcm --label own-iv \
	--allow-caller-iv
t "gcm: then an IV of the caller's" cryptech encrypt own-iv file --out c \
	--iv 000102030405060708090a0b
t "it is where the file begins" test \
	"$(head -c 12 c | od -An -tx1 | tr -d ' \n')" = 000102030405060708090a0b

# --- MACs ------------------------------------------------------------------------

t "import aes256-cmac" cryptech import --type aes256-cmac key --label cmac
t "import hmac-sha256" cryptech import --type hmac-sha256 key --label sha256
t "import hmac-sha512" cryptech import --type hmac-sha512 key --label sha512

# mac_is NAME OPENSSL-ARGUMENT...
mac_is()
{
	name=$1
	shift
	for file in empty file long; do
		cryptech mac "$name" $file --out mac
		openssl mac -binary -macopt hexkey:"$key" -in $file "$@" >o
		same "mac with $name: of $file openssl has the same" mac o
		t "$name: the HSM checks it" cryptech mac "$name" $file \
			--verify mac
	done
	t_exits "$name: not of another file" 6 "NOT right" \
		cryptech mac "$name" file --verify mac
	head -c 8 mac >half
	t_exits "$name: not a half" 6 "NOT right" \
		cryptech mac "$name" long --verify half
}

mac_is cmac -cipher AES-256-CBC CMAC
mac_is sha256 -digest SHA256 HMAC
mac_is sha512 -digest SHA512 HMAC
cryptech mac sha256 file --out mac
t "in digits" test "$(cryptech mac sha256 file --hex)" = \
	"$(od -An -v -tx1 mac | tr -d ' \n')"

# --- keys, and what does not go -----------------------------------------------------

for type in aes128-ecb aes192-ctr aes192-gcm aes128-cmac hmac-sha384; do
	t "keygen $type" cryptech keygen $type --label new-$type
	t "show names its type" sh -c "cryptech show new-$type | grep -q $type"
done
t "show --json has the mode" sh -c 'cryptech show own-iv --json |
	tr -d " \n" | grep -q "\"caller-iv\".*\"mode\":\"gcm\""'
head -c 13 key >short
t_exits "an HMAC key of 13 bytes" 1 "has 14 to 256" \
	cryptech import --type hmac-sha256 short
t_exits "a GCM key that signs" 2 "--usage decrypt" \
	cryptech keygen aes128-gcm --usage sign
t_exits "an HMAC key that decrypts" 2 "--usage sign" \
	cryptech keygen hmac-sha256 --usage decrypt
t_exits "--allow-caller-iv is for GCM" 2 "AES-GCM" \
	cryptech keygen aes128-ctr --allow-caller-iv
t_exits "a MAC with a key that encrypts" 4 "cannot make the MAC" \
	cryptech mac gcm file
t_exits "encryption with a MAC's key" 1 "no AES key that encrypts" \
	cryptech encrypt sha256 file
t_exits "associated data of CBC" 2 "--aad is for AES-GCM" \
	cryptech encrypt cbc file --aad aad
t_exits "an IV that is none" 2 "has 16 bytes" \
	cryptech encrypt cbc file --iv 0011
t_exits "what is too short" 1 "shorter than" cryptech decrypt gcm short
t_end
