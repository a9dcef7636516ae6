#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `cryptech backup --raw`, `master-key` and `recovery`: keys off the HSM and
# back, another HSM in its place, hash signature keys, misuse.

. tap.sh
. twins.sh

head -c 5000 /dev/urandom >file

# --- out and in ------------------------------------------------------------------

a keygen rsa2048 --exportable --label rsa >/dev/null
a keygen ec-p256 --exportable --label ec >/dev/null
a keygen aes256 --exportable --label disk >/dev/null
a keygen rsa2048 --label stuck >/dev/null
a list >before
a pubkey ec --out ec.pub

t_exits "a key that stays" 4 "may not leave" \
	a backup export --raw stuck --out no.json
t_exits "all that may leave" 0 "^[0-9a-f-]* *ec-p256 .* ec$" \
	a backup export --raw --all --out keys.json
t_is "its file is private" 600 "$(stat -c %a keys.json)"
t_is "has its master key's fingerprint" \
	"$(cryptech master-key fingerprint -d 0)" "$(text keys.json master_key)"
a list >after
t "nothing has changed" cmp before after
t_exits "they stand" 1 "3 of 3 keys failed" a backup import keys.json
t_exits "that is why" 1 "is here already" a backup verify keys.json
for key in rsa ec disk; do
	a delete $key --yes
done
t_exits "gone" 5 "no key is named" a show ec
damage keys.json bad.json
t_exits "what was changed" 1 "1 of 3 keys failed" a backup verify bad.json
t_exits "one comes back" 0 "  ec$" a backup import keys.json ec
a delete ec --yes
t_exits "verify" 0 '^    "label": "rsa"' a backup verify keys.json --json
t "all come back" a backup import keys.json
a list >after
t "as they were" cmp before after
a sign ec file --out sig
t_exits "it signs" 0 "Verified OK" openssl dgst -sha256 -verify ec.pub \
	-signature sig file
t_exits "another master key" 1 "is of master key .* this HSM has" \
	b backup import keys.json
sed 's/"master_key"/"another"/' keys.json >bad.json
t_exits "nor does the HSM take it" 1 "another master key" \
	b backup import bad.json
a delete ec --yes
cat >session.sh <<'EOS'
cryptech backup import keys.json ec --drop token,exportable &&
	cryptech sign ec file --out volatile.sig
EOS
t_exits "into memory, for a session" 0 "  sign  *ec$" \
	cryptech login -d 0 --pin-file user.pin sh session.sh
t_exits "it signed" 0 "Verified OK" openssl dgst -sha256 -verify ec.pub \
	-signature volatile.sig file
t_exits "and has gone" 5 "no key is named" a show ec

# --- hash signature keys: parked -------------------------------------------------

a keygen hss 5/8,5/8 --exportable --label tree >/dev/null
uuid=$(a show tree --json | sed -n 's/^  "uuid": "\(.*\)",$/\1/p')
a pubkey tree --der --out tree.der
key=$(keyctl padd asymmetric tree @s <tree.der)
a sign tree file --out 1.sig
t_exits "park" 0 "tree is parked" a backup export --raw tree --out one.json
t_exits "it shows" 0 "^state *parked$" a show tree
t_exits "it signs no more" 4 "delete it, then" a sign tree file --out no.sig
t_exits "while it stands it does not come back" 1 "1 of 1 keys failed" \
	a backup import one.json
t "asked again" a backup export --raw tree --out same.json
t "the same package" cmp one.json same.json
a delete tree --yes
t_exits "parked, and deleted" 0 "^parked *$uuid$" a backup status
damage one.json bad.json
t_exits "what was changed" 1 "it was changed" a backup import bad.json
t_exits "verify" 0 "  tree$" a backup verify one.json
t_exits "changes nothing" 0 "^parked *$uuid$" a backup status
t_exits "it comes back" 0 "  tree$" a backup import one.json
t_is "nothing waits" 0 "$(a backup status | grep -c ^parked)"
a sign tree file --out 2.sig
t "it signs" keyctl pkey_verify "$key" 0 file 2.sig enc=raw
t "by another leaf" test "$(leaf 1.sig)" != "$(leaf 2.sig)"
a backup export --raw tree --out two.json
a delete tree --yes
t_exits "the older package is dead" 1 "newest package" \
	a backup import one.json
t "the newest is not" a backup import two.json
a backup export --raw tree --out three.json
a delete tree --yes
t_exits "the user does not forget" 4 "role may not" \
	a backup forget parked "$uuid" --yes -r user
t "the officer does" as 0 so backup forget parked "$uuid" --yes
t_exits "once" 5 "no such thing" as 0 so backup forget parked "$uuid" --yes
t_exits "and the key is lost" 1 "newest package" a backup import three.json

# --- another HSM in its place ----------------------------------------------------

t_exits "the user has no shares" 4 "" cryptech master-key shares -m 2 -n 3 \
	--out-dir . -d 0 -r user --pin-file user.pin
t "the wheel has" as 0 wheel master-key shares -m 2 -n 3 --out-dir .
t_is "in private files" 600 "$(stat -c %a share-3-of-3.pem)"
t_exits "for people to read" 0 "^Share: 3 of 3, any 2 give the key$" \
	cat share-3-of-3.pem
t_exits "not over others" 1 "File exists" \
	as 0 wheel master-key shares -m 2 -n 3 --out-dir .
b keygen ec-p256 --label other >/dev/null
t_exits "not while there are keys" 4 "only with --erase" \
	as 1 wheel master-key set share-3-of-3.pem share-1-of-3.pem --yes
t_exits "nor drawn" 4 "only with --erase" \
	as 1 wheel master-key generate --yes
t_exits "asks first" 2 "needs --yes" \
	as 1 wheel master-key set share-3-of-3.pem share-1-of-3.pem --erase
t_exits "one share is not enough" 1 "any 2 give the key" \
	as 1 wheel master-key set share-3-of-3.pem --erase --yes
t_exits "nothing has happened" 0 "  other$" b list
old=$(cryptech master-key fingerprint -d 1)
t_exits "two are" 0 "^$(cryptech master-key fingerprint -d 0)$" \
	as 1 wheel master-key set share-3-of-3.pem share-1-of-3.pem \
	--erase --yes
t_fails "it was another before" test "$old" = "$(cat /tmp/out)"
t_exits "its keys are gone" 5 "no key is named" b show other
t_exits "the user's keys come" 0 "  ec$" b backup import keys.json
b sign ec file --out sig
t_exits "and sign" 0 "Verified OK" openssl dgst -sha256 -verify ec.pub \
	-signature sig file
t_exits "hash signature keys do not" 1 "newest package" \
	b backup import two.json

# --- but those that are recoverable ----------------------------------------------

mkdir recovery
t_exits "without a recovery key" 4 "cryptech recovery create" \
	a keygen hss 5/8 --exportable --recoverable --label safe
t_exits "a recovery key" 0 "^[0-9a-f]\{8\} " \
	as 0 so recovery create -m 2 -n 2 --out-dir recovery
a keygen hss 5/8 --exportable --recoverable --label safe >/dev/null
t_exits "it shows" 0 "recoverable" a list safe
a pubkey safe --der --out safe.der
key=$(keyctl padd asymmetric safe @s <safe.der)
a backup export --raw safe --out safe.json
a delete safe --yes
a backup import safe.json >/dev/null
for i in 1 2 3; do
	a sign safe file --out $i.sig
	leaf $i.sig >>leaves
done
# HSM 0 is lost, with all that it knew: safe.json is the newest package
shares=$(echo recovery/*)
t_exits "not unless armed" 1 "newest package" b backup import safe.json
t_exits "a master key's shares are not the recovery key's" 1 \
	"not of a recovery key" as 1 so recovery arm --after 3.sig safe.json \
	share-1-of-3.pem share-2-of-3.pem --yes
# shellcheck disable=SC2086 # words
t_exits "it asks" 2 "needs --yes" as 1 so recovery arm --after 3.sig \
	safe.json $shares
# shellcheck disable=SC2086 # words
t "arm" as 1 so recovery arm --after 3.sig safe.json $shares --yes
t_exits "import" 0 "  safe$" b backup import safe.json
t_is "less what was spent" 29 "$(left b safe)"
for i in 1 2; do
	b sign safe file --out $i.sig
	leaf $i.sig >>leaves
	t "it signs" keyctl pkey_verify "$key" 0 file $i.sig enc=raw
done
t_is "no leaf twice" 5 "$(sort -u leaves | wc -l)"
t "a master key of its own" as 1 wheel master-key generate --erase --yes
t_fails "and of nobody else" test "$(cryptech master-key fingerprint -d 0)" = \
	"$(cryptech master-key fingerprint -d 1)"
t_end
