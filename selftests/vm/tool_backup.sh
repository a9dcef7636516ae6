#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `cryptech backup` from one HSM to another: devices that know each other, keys
# that go, half of a key that goes for ever, libhal's form, misuse.

. tap.sh
# the source is a, the destination b
. twins.sh

head -c 5000 /dev/urandom >file

# --- devices -------------------------------------------------------------------

t_exits "identity of a" 0 "^fingerprint *[0-9a-f]\{8\} " \
	cryptech device identity -d 0 --out a.id
cryptech device identity -d 0 --json >/tmp/a.json
cryptech device identity -d 1 --json --out b.id >/tmp/b.json
t_is "its file has the serial number" "$(text /tmp/a.json serial)" \
	"$(text a.id serial)"
t_is "and the fingerprint" "$(text /tmp/a.json fingerprint)" \
	"$(text a.id fingerprint)"
t_exits "the user does not approve" 4 "role may not" \
	a device approve b.id --yes -r user
t_exits "nor does the officer without looking" 2 "needs --yes" \
	so_a device approve b.id
t_exits "with a look" 0 "^serial *$(text /tmp/b.json serial)" \
	so_a device approve b.id --yes --label "the other"
t_exits "not twice" 1 "approved already" so_a device approve b.id --yes
t_exits "list" 0 "^$(text /tmp/b.json serial)  .*  the other$" a device list
a device list --json >list
t_is "in JSON" "$(text /tmp/b.json fingerprint)" "$(text list fingerprint)"
t "revoke" so_a device revoke "$(text /tmp/b.json serial)"
t_exits "not twice" 5 "not approved" \
	so_a device revoke "$(text /tmp/b.json serial)"
t_exits "list nobody" 0 "^\[" a device list --json

# --- setup ---------------------------------------------------------------------

t "setup" b backup setup --out b.setup --single-use 2
t_is "its file is private" 600 "$(stat -c %a b.setup)"
t_exits "not over it" 1 "exists: --force" b backup setup --out b.setup
t_is "three KEKEKs" 3 "$(grep -c single_use b.setup)"
t_is "one is a key" 1 "$(b list --json | grep -c '"transfer"')"
b backup status --json >status
t_is "two are not" 2 "$(sed -n '/kekeks/,/]/p' status | grep -c '[0-9a-f]-')"
cp b.setup b.first

a keygen rsa2048 --exportable --label rsa >/dev/null
a keygen ec-p256 --exportable --label ec >/dev/null
a keygen aes256-xts --exportable --label disk >/dev/null
a keygen rsa2048 --label stuck >/dev/null
a keygen hss 5/8 --exportable --label tree >/dev/null
a list >keys

t_exits "export to a stranger" 4 "not approved here" \
	a backup export --to b.setup --all --out keys.json
so_a device approve b.id --yes >/dev/null
t_exits "export of a key that stays" 4 "may not leave" \
	a backup export --to b.setup stuck --out keys.json
t_exits "export" 0 "1 hash signature key was left out" \
	a backup export --to b.setup --all --out keys.json
t_is "its file is private" 600 "$(stat -c %a keys.json)"
t_is "three keys" 3 "$(grep -c '"data"' keys.json)"
t "the setup file stays" cmp b.setup b.first
t_exits "not over it" 1 "exists: --force" \
	a backup export --to b.setup --all --out keys.json
t_exits "export over it" 0 "^\[" \
	a backup export --to b.setup --all --out keys.json --force --json

# --- import --------------------------------------------------------------------

t_exits "import from a stranger" 4 "not approved here" b backup import keys.json
so_b device approve a.id --yes >/dev/null
t_exits "it is for another" 1 "is for device" a backup import keys.json
t_exits "verify" 0 "  rsa$" b backup verify keys.json
t_exits "has brought nothing" 5 "no key is named" b show rsa
damage keys.json bad.json
t_exits "verify what was changed" 1 "1 of 3 keys failed" \
	b backup verify bad.json
t_exits "says why" 1 "it was changed" b backup verify bad.json
t_exits "import of one" 0 "  ec$" b backup import keys.json ec
t_exits "of one that is not there" 5 "no such key" b backup import keys.json no
t_exits "import of all" 1 "1 of 3 keys failed" b backup import keys.json
t_exits "says why" 1 "is here already" b backup import keys.json ec
for key in rsa ec disk; do
	t_is "$key is the same on both" "$(a list $key)" "$(b list $key)"
done
for key in rsa ec; do
	a pubkey $key --out $key.pub
	a sign $key file --out a.sig
	b sign $key file --out b.sig
	for x in a b; do
		t_exits "$key signs on $x" 0 "Verified OK" openssl dgst \
			-sha256 -verify $key.pub -signature $x.sig file
	done
done
b delete ec --yes
t_exits "import without a flag" 0 "token,sign  *ec$" \
	b backup import keys.json ec --drop exportable
t_exits "which stays so" 4 "may not leave" \
	b backup export --raw ec --out raw.json

# --- hash signature keys -------------------------------------------------------

a pubkey tree --out tree.pub --der
t_exits "half a tree" 0 "half of tree is in tree.json for ever" \
	a backup export --to b.setup tree --out tree.json
t_is "half is left" 16 "$(left a tree)"
t_is "the setup file has noted it" "$(text tree.json uuid)" \
	"$(text b.setup key)"
mv tree.json lost.json
cp b.setup noted.setup
t "the file is lost: again" \
	a backup export --to b.setup tree --out tree.json --again
t "the same package" cmp tree.json lost.json
t_exits "not for another KEKEK" 7 "has not been acknowledged" \
	a backup export --to b.setup tree --out c.json
t_is "half is left still" 16 "$(left a tree)"
# as if the power had failed after the setup file and before the other
rm tree.json
grep -v '"written"' noted.setup | sed 's/\("key".*\),$/\1/' >b.setup
t "before it was written: again" \
	a backup export --to b.setup tree --out tree.json
t "the same package" cmp tree.json lost.json
t_is "half is left still" 16 "$(left a tree)"
t_exits "verify" 0 "  hss .*  tree$" b backup verify tree.json
damage tree.json bad.json
t_exits "import what was changed" 1 "it was changed" b backup import bad.json
t_exits "import" 0 "tree.json.ack has to go back" b backup import tree.json
t_is "the other half" 16 "$(left b tree)"
t "once more" b backup import tree.json
t_is "is acknowledged once more, and no more" 16 "$(left b tree)"
t_is "the same public key" "$(sha256sum <tree.pub)" \
	"$(b pubkey tree --der --out - | sha256sum)"
keyctl padd asymmetric tree @s <tree.pub >id
for x in a b a b; do
	$x sign tree file --out $x.sig
	leaf $x.sig >>leaves
	t "signs on $x" keyctl pkey_verify "$(cat id)" 0 file $x.sig enc=raw
done
t_is "no leaf twice" 4 "$(sort -u leaves | wc -l)"
t_exits "package in the outbox" 0 "^outbox *1 package$" a backup status
damage tree.json.ack bad.ack
t_exits "an acknowledgement that was changed" 1 "cannot acknowledge" \
	a backup ack bad.ack
t_exits "acknowledge" 0 "^$(text tree.json uuid)$" a backup ack tree.json.ack
t "twice" a backup ack tree.json.ack
t_exits "outbox empty" 0 "^outbox *0 packages$" a backup status
t_exits "nothing to have again" 4 "the package has arrived" \
	a backup export --to b.setup tree --out again.json --again
t_exits "a quarter, for the second KEKEK" 0 "half of tree is in" \
	a backup export --to b.setup tree --out quarter.json
t_is "14 less 7" 7 "$(left a tree)"
a backup export --to b.setup tree --out again.json --again
t "that one again, not the first" cmp quarter.json again.json
t_exits "no third" 1 "has no KEKEK left for tree" \
	a backup export --to b.setup tree --out no.json

# --- what waits is given up ------------------------------------------------------

t_exits "the user gives up no package" 4 "role may not" \
	a backup forget outbox "$(text quarter.json uuid)" --yes -r user
t "the officer does" \
	so_a backup forget outbox "$(text quarter.json uuid)" --yes
t_exits "once" 5 "no such thing" \
	so_a backup forget outbox "$(text quarter.json uuid)" --yes
a keygen hss 5/8 --exportable --label late >/dev/null
sed '/"key"/d; /"written"/d; s/\("single_use".*\),$/\1/' b.setup >used.setup
t_exits "a KEKEK that has served serves no other key" 4 "has served" \
	a backup export --to used.setup late --out no.json
t_is "nothing of it went" 32 "$(left a late)"
t "another KEKEK" b backup setup --out d.setup --single-use 1
kekek=$(awk '/"single_use": true/ { print uuid; exit }
	/"uuid"/ { uuid = substr($2, 2, 36) }' d.setup)
t_exits "waits" 0 "^kekek *$kekek$" b backup status
t "and is given up" b backup forget kekek "$kekek" --yes
a backup export --to d.setup late --out late.json
t_exits "a package for one that has gone opens nowhere" 1 "its KEKEK is not" \
	b backup import late.json
t_exits "an import that nobody named" 5 "no key is named" b show late
so_b device revoke "$(text a.id serial)"
t_exits "who is no longer approved" 4 "not approved here" \
	b backup verify keys.json

# --- libhal's form ---------------------------------------------------------------

t "setup in libhal's form" b backup setup --legacy --out l.setup
t_exits "the officer has to allow it" 4 "cryptech backup policy legacy-export" \
	a backup export --to l.setup rsa ec --out l.json
t_exits "the user does not" 4 "role may not" \
	a backup policy legacy-export -r user
t "the officer does" so_a backup policy legacy-export
t_exits "it shows" 0 "^policy *legacy-export$" cryptech backup policy -d 0
t_exits "no other kinds of keys" 1 "RSA and EC keys only" \
	a backup export --to l.setup disk --out l.json
t "export" a backup export --to l.setup rsa ec --out l.json
for name in comment kekek_pubkey kekek_uuid keys kek pkcs8 uuid flags; do
	t "has $name" grep -q "^ *\"$name\": " l.json
done
t_exits "there as well" 4 "cryptech backup policy" b backup import l.json
so_b backup policy legacy-export
t_exits "import" 0 "^$(text l.json uuid) as " b backup import l.json
uuid=$(sed 's/.* as //; q' /tmp/out)
for key in rsa ec; do
	b sign "$uuid" file --out b.sig && openssl dgst -sha256 \
		-verify $key.pub -signature b.sig file >verified 2>/dev/null &&
		break
done
t_exits "it is the same key" 0 "Verified OK" cat verified
damage l.json bad.json
t_exits "import of what was changed" 1 "of 2 keys failed" \
	b backup import bad.json
b delete "$(text l.json kekek_uuid)" --yes
t_exits "without its KEKEK" 5 "is not in this HSM" b backup import l.json
echo open-sesame >pass
t "a KEKEK in no HSM" cryptech backup setup --legacy --soft-kekek \
	--out s.setup --pin-file pass
a backup export --to s.setup ec --out s.json >/dev/null
cat user.pin user.pin >pins
t_exits "is shut to others" 4 "passphrase does not open" \
	cryptech backup import s.json -d 1 --pin-file pins
cat user.pin pass >pins
t_exits "is open to who knows" 0 " as " \
	cryptech backup import s.json -d 1 --pin-file pins
uuid=$(sed 's/.* as //; q' /tmp/out)
b sign "$uuid" file --out b.sig
t_exits "the same key" 0 "Verified OK" openssl dgst -sha256 -verify ec.pub \
	-signature b.sig file
t "no more of that" so_a backup policy none
t_exits "is forbidden again" 4 "cryptech backup policy" \
	a backup export --to l.setup rsa --out l2.json
t_end
