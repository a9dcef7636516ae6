# SPDX-License-Identifier: MIT
#
# What both parts of the demo share, in the virtual machine. The demo shows
# each command before it runs it; a command that does not do what the text
# says ends the demo.

cd /mnt || exit 1

say()
{
	echo
	echo "$*"
	echo
}

show()
{
	echo "    \$ $*"
}

indent()
{
	sed 's/^/      /'
}

fail()
{
	echo "demo: $*"
	echo "demo: the last messages of the kernel:"
	dmesg | tail -n 15 | indent
	exit 1
}

# show a command, run it, show its output
run()
{
	local status

	show "$*"
	sh -c "$*" >/tmp/output 2>&1
	status=$?
	indent </tmp/output
	[ $status = 0 ] || fail "that should have worked"
}

# the same for one that must be refused
refused()
{
	show "$*"
	if sh -c "$*" >/tmp/output 2>&1; then
		indent </tmp/output
		fail "that should have been refused"
	fi
	indent </tmp/output
}

# unsigned FILE: the length of a module without its signature. At the end are
# struct module_signature (12 bytes, the last 4 the length of the signature,
# most significant byte first) and 28 bytes of magic.
unsigned_length()
{
	local size length

	size=$(stat -c %s "$1")
	if ! tail -c 28 "$1" | grep -q 'Module signature appended'; then
		echo "$size"
		return
	fi
	length=$(tail -c 32 "$1" | head -c 4 | od -An -tu1 |
		awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }')
	echo $((size - 28 - 12 - length))
}
