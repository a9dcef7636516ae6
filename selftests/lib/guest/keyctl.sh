# SPDX-License-Identifier: MIT
#
# For shell tests that use the keyctl command, after tap.sh:   . keyctl.sh

nowhere=00000000-0000-4000-8000-000000000000	# no key's UUID

# add WORDS...: a key of type cryptech by that payload, its name in $name
add()
{
	keyctl add cryptech "$name" "$*" @s
}

# A command with a login as user at the first HSM
in_session()
{
	cryptech login -p /tmp/.pin.0 -- "$@"
}

# The errno of a keyctl command, as the C library words it
why()
{
	"$@" 2>&1 >/dev/null | sed 's/.*: //'
}

# The UUID in the payload `use UUID` of a key
uuid_of()
{
	keyctl print "$1" | cut -d ' ' -f 2
}
