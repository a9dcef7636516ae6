# SPDX-License-Identifier: MIT
#
# For shell tests of backup by the tool, after tap.sh:   . twins.sh
#
# Two HSMs that are ready, PINs in files: HSM 0 is a, HSM 1 is b.

modprobe cryptech_pci
modprobe cryptech_hss
for i in 0 1; do
	t_wait 20 cryptech status -d $i || echo "# HSM $i does not answer"
done
umask 077
echo correct-horse >user.pin
echo battery-staple >so.pin
echo wheel-of-time >wheel.pin
for i in 0 1; do
	{
		hsmctl hsm $i factory-pin
		cat wheel.pin so.pin user.pin
	} | cryptech init -d $i --pin-fd 0
done

# `a list`, `so_b device approve`
a()
{
	verb=$1
	shift
	cryptech "$verb" "$@" -d 0 --pin-file user.pin
}
b()
{
	verb=$1
	shift
	cryptech "$verb" "$@" -d 1 --pin-file user.pin
}
so_a()
{
	verb=$1
	shift
	cryptech "$verb" "$@" -d 0 -r so --pin-file so.pin
}
so_b()
{
	verb=$1
	shift
	cryptech "$verb" "$@" -d 1 -r so --pin-file so.pin
}
# as N ROLE COMMAND...
as()
{
	n=$1 role=$2 verb=$3
	shift 3
	cryptech "$verb" "$@" -d "$n" -r "$role" --pin-file "$role.pin"
}
# text FILE NAME: a text, or number, in JSON, the first of that name
text()
{
	sed -n "s/^ *\"$2\": \"*\([^\",]*\)\"*,*\$/\1/p" "$1" | head -n 1
}
# left a|b KEY: leaves of its root
left()
{
	$1 show --json "$2" | sed -n 's/^  "root_left": \([0-9]*\),*$/\1/p'
}
# leaf SIGNATURE: which leaf of the root signed
leaf()
{
	head -c 8 "$1" | tail -c 4 | od -An -tx1 | tr -d ' '
}
# damage FILE COPY: change a letter in the midst of its data
damage()
{
	awk '/"(data|pkcs8)": / && !n { n = NR + 2 } NR == n { l = substr($0, 30, 1)
		$0 = substr($0, 1, 29) (l == "A" ? "B" : "A") substr($0, 31) }
		{ print }' "$1" >"$2"
}
