#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Keys with two HSMs: dev= chooses where a key is made; names find their HSM.

. tap.sh
. keyctl.sh

hsm-ready 0 || exit 1
hsm-ready 1 || exit 1
: | openssl dgst -sha256 -binary >digest
info="enc=x962 hash=sha256"

t_is "new has to say where" "Name not unique on network" \
	"$(why keyctl add cryptech nowhere "new ec-p256" @s)"
for n in 0 1; do
	key=$(keyctl add cryptech in$n "new ec-p256 dev=$n" @s)
	uuid=$(keyctl print "$key" | cut -d ' ' -f 2)
	t "HSM $n has the key" cryptech show -d $n -p /tmp/.pin.$n "$uuid"
	t_fails "the other one has not" \
		cryptech show -d $((1 - n)) -p /tmp/.pin.$((1 - n)) "$uuid"
	t_is "use in the other one" "Required key not available" \
		"$(why keyctl add cryptech wrong "use $uuid dev=$((1 - n))" @s)"
	again=$(keyctl pipe "$key" | keyctl padd cryptech again$n @s)
	t_is "pipe, then padd, is the same key" "use $uuid" \
		"$(keyctl print "$again")"
	keyctl pkey_sign "$again" 0 digest "$info" >sig
	t "which signs" keyctl pkey_verify "$key" 0 digest sig "$info"
	eval "key$n=$key uuid$n=$uuid"
done

cryptech kernel-logout -d 1
t_is "if one cannot be asked, a key that the other has not is not denied" \
	"Permission denied" "$(why keyctl add cryptech no \
	"use 00000000-0000-4000-8000-000000000000" @s)"
t "what the other has is found" keyctl add cryptech found "use $uuid0" @s
t_is "each key knows its own HSM: no" "Permission denied" \
	"$(why keyctl pkey_sign "$key1" 0 digest "$info")"
t "each key knows its own HSM: yes" \
	sh -c "keyctl pkey_sign $key0 0 digest '$info' >/dev/null"
t_end
