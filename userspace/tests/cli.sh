#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The command line of `cryptech`, as far as it goes without an HSM. The program
# is CRYPTECH, or build/test/cryptech; TAP on standard output.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
tool=${CRYPTECH:-$top/build/test/cryptech}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset CRYPTECH_FD CRYPTECH_DEVICE

count=0
failed=0

point()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		failed=$((failed + 1))
	fi
}

# t WHAT STATUS TEXT ARGUMENT...: run the tool; its exit status has to be
# STATUS, and TEXT in its output
t()
{
	what=$1 status=$2 text=$3
	shift 3
	"$tool" "$@" >out 2>&1 </dev/null
	got=$?
	bad=0
	[ $got = "$status" ] || bad=1
	grep -qe "$text" out || bad=1
	[ $bad = 0 ] || {
		echo "# cryptech $*: status $got, wanted $status and '$text'"
		sed 's/^/# /' out
	}
	point $bad "$what"
}

none="--device=65535"	# a device that there is not

t "help" 0 "sign-module" --help
t "version" 0 "^cryptech [0-9]" --version
t "no command" 2 "command is missing"
t "unknown command" 2 "no command frobnicate" frobnicate
t "unknown option" 2 "bad option --frob" list --frob
t "option without its argument" 2 "needs an argument" list --device
t "too few arguments" 2 "too few" sign
t "too many arguments" 2 "too many" show a b
t "device that is no number" 2 "has to be a number" status --device x
t "device number too large" 2 "has to be a number" status --device 65536
t "unknown role" 2 "no role root" list --role root --device 65535
t "unknown key type" 2 "ec-p384" keygen rsa1024
t "AES keys do not sign" 2 "encrypting and" keygen aes256 --usage sign
t "AES has no raw RSA" 2 "for RSA" keygen aes256 --allow-raw
t "hss without parameters" 2 "10/4" keygen hss
t "hss with a height that there is not" 2 "heights 5, 10" keygen hss 7/4
t "hss with a set left open" 2 "heights 5, 10" keygen hss 10/4,
t "hss with nine levels" 2 "heights" keygen hss 5/8,5/8,5/8,5/8,5/8,5/8,5/8,5/8,5/8
t "hss with a signature too long" 2 "too long" keygen hss 10/1,10/1
t "hss with an unknown profile" 2 "single-seed" keygen hss 5/8 --profile both
t "hss with too large a reserve" 2 "1024" keygen hss 5/8 --reserve 1025
t "hss keys are not volatile" 2 "remembered" keygen hss 5/8 --volatile
t "hss keys sign alone" 2 "signing alone" keygen hss 5/8 --usage decrypt
t "parameters for another type" 2 "hss" keygen rsa2048 10/4
t "hss with hashes of 24 bytes" 3 "there is none" keygen hss 5/8/24,5/4 "$none"
t "decision that is none" 2 "flash or destroy" accept maybe
t "decision without --yes" 2 "cannot be undone" accept flash
t "unknown usage" 2 "no usage" keygen rsa2048 --usage all
t "volatile key without session" 2 "cryptech login" keygen rsa2048 --volatile
t "bad UUID" 2 "is no UUID" keygen rsa2048 --uuid 1234
t "label too long" 2 "at most 64" keygen rsa2048 --label \
	12345678901234567890123456789012345678901234567890123456789012345
t "label with an escape sequence" 2 "UTF-8" keygen rsa2048 \
	--label "$(printf 'a\033[2J')"
t "unknown hash" 2 "no hash md5" sign KEY --hash md5
t "hash that kernels refuse" 2 "sha256" sign-module k c m --hash sha1
t "one --out for two modules" 2 "one module" sign-module k c m n --out o
t "days out of range" 2 "--days" cert KEY --days 0
t "subject that is none" 2 "cannot make a name" cert KEY --subject /XX
t "random count out of range" 2 "1048576" random 1048577

for command in status fpga list init "show KEY" "pin user" "delete --yes KEY" \
	       "random 5" "kernel-logout" login; do
	# shellcheck disable=SC2086 # words
	t "no such device: $command" 3 "there is none" $command "$none"
done
export CRYPTECH_DEVICE=65535
t "no such device, by variable" 3 "/dev/cryptech65535" status
unset CRYPTECH_DEVICE
export CRYPTECH_FD=0
t "session descriptor that is no HSM" 3 "is not an open HSM" list
export CRYPTECH_FD=999
t "session descriptor that is closed" 3 "is not an open HSM" list
export CRYPTECH_FD=x
t "session descriptor that is no number" 2 "has to be a number" list
unset CRYPTECH_FD

t "import of nothing" 1 "cannot read" import missing.pem
echo "no key" >text
t "import of text" 1 "no key can be read" import text
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	-aes256 -pass pass:sesame -out enc.pem 2>/dev/null
echo wrong >pass
t "import with a wrong passphrase" 1 "no key can be read" \
	import enc.pem --passphrase-file pass
echo sesame >pass
t "import with the passphrase" 3 "there is none" \
	import enc.pem --passphrase-file pass "$none"
openssl pkey -in enc.pem -passin pass:sesame -traditional -out old.pem
t "import of an EC PRIVATE KEY" 3 "there is none" import old.pem "$none"
openssl pkey -in old.pem -pubout -out pub.pem
t "import of a PUBLIC KEY" 3 "there is none" import pub.pem "$none"
# RFC 8554, appendix F, test case 1, in the form of RFC 9708
cat >hss.pem <<-END
	-----BEGIN PUBLIC KEY-----
	ME4wDQYLKoZIhvcNAQkQAxEDPQAAAAACAAAABQAAAARhpdV9N/Xka/t1IIBrB6G4
	UGUOOzH+Snc+opoH8Jzy6jDlefDfWO+OKY2gQ0yyuHg=
	-----END PUBLIC KEY-----
END
t "import of an HSS PUBLIC KEY" 3 "there is none" import hss.pem "$none"
printf '0123456789abcdef' >aes.key
t "import of an AES key" 3 "there is none" import -t aes128 aes.key "$none"
t "import of an AES key of another size" 1 "16 bytes; an aes256 key has 32" \
	import --type aes256 aes.key
t "XTS has two keys" 1 "16 bytes; an aes128-xts key has 32" \
	import --type aes128-xts aes.key
t "import of another type" 2 "no type of AES or HMAC key" import --type rsa2048 aes.key
t "an AES key has no passphrase" 2 "do not go together" \
	import --type aes128 --passphrase-file pass aes.key
t "prehashed input of the wrong length" 1 "sha256 value has 32" \
	sign KEY text --prehashed
t "certificate that is none" 1 "is no certificate" sign-module KEY text text

# Help, manual and completion name the same commands and options.
man=$top/userspace/man/cryptech.1
completion=$top/userspace/completion/cryptech
missing=
names()
{
	"$tool" "$@" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'
}
commands=$(for command in $(names); do
	echo "$command"
	for verb in $(names "$command"); do
		echo "$command $verb"
	done
done)
old=$IFS
IFS='
'
for command in $commands; do
	IFS=$old
	grep -q "^\.SS $command\( \|$\)" "$man" || missing="$missing man:$command"
	grep -qw -- "$command" "$completion" || missing="$missing completion:$command"
	# shellcheck disable=SC2086 # words
	for option in $("$tool" $command --help |
			sed -n 's/^  .*\(--[a-z-]*\).*/\1/p'); do
		dashes=$(echo "$option" | sed 's/-/\\\\-/g')
		grep -qe "$dashes" "$man" 2>/dev/null ||
			missing="$missing man:$command:$option"
		grep -qwe "$option" "$completion" ||
			missing="$missing completion:$command:$option"
	done
done
[ -z "$missing" ] || echo "# missing:$missing"
[ -z "$missing" ]
point $? "manual and completion are complete"

# The library exports what its header declares, and its manual names that.
lib=$top/userspace/libcryptech
sed -n 's/^[a-z].*[ *]\(cryptech_[a-z_]*\)(.*/\1/p' "$lib/libcryptech.h" |
	sort >declared
sed -n 's/^\t\(cryptech_[a-z_]*\);$/\1/p' "$lib/libcryptech.map" | sort >exported
grep -o 'cryptech_[a-z_]*[a-z]' "$top/userspace/man/libcryptech.3" | sort -u >named
diff declared exported | sed 's/^/# /'
cmp -s declared exported && [ -s declared ]
point $? "the library exports what its header declares"
diff declared named | sed 's/^/# /'
cmp -s declared named
point $? "the library's manual is complete"

echo "1..$count"
[ $failed = 0 ]
