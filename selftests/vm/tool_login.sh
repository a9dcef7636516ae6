#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `cryptech` and who may: a new HSM, PINs, roles, sessions, the kernel's login.

. tap.sh

as_user()
{
	subcommand=$1
	shift
	cryptech "$subcommand" --pin-file user.pin "$@"
}

modprobe cryptech_pci
t_wait 20 cryptech status || echo "# the HSM does not answer"

umask 077
echo correct-horse >user.pin
echo battery-staple >so.pin
echo wheel-of-time >wheel.pin
echo wrong-wrong >wrong.pin
echo short >short.pin

# --- a new HSM ---------------------------------------------------------------

t_exits "a new HSM says so" 0 "cryptech init" cryptech status
t_exits "and in JSON" 0 '^    "factory-pin"' cryptech status --json
t_exits "it is a simulator" 0 '^    "simulator"' cryptech status --json
t_exits "it keeps no keys yet" 4 "cannot log in" as_user list
hsmctl hsm 0 factory-pin >factory.pin
cat wrong.pin wheel.pin so.pin user.pin >pins
t_exits "init with a wrong factory PIN" 4 "PIN is wrong" \
	cryptech init --pin-file pins
cat factory.pin wheel.pin short.pin user.pin >pins
t_exits "init with a short PIN of so" 1 "of so is too short: at least 8" \
	cryptech init --pin-file pins
t_exits "has changed nothing" 0 factory-pin cryptech status --json
t_exits "init with too few PINs" 4 "ends before the new PIN of wheel" \
	cryptech init --pin-file factory.pin
cat factory.pin wheel.pin so.pin user.pin >pins
t "init" cryptech init --pin-fd 0 <pins
t_exits "a second init" 1 "has its PINs already" cryptech init --pin-file pins
t_exits "it is new no longer" 0 "^mode *simulator$" cryptech status

# --- logins ------------------------------------------------------------------

t_exits "a wrong PIN" 4 "PIN is wrong" cryptech list --pin-file wrong.pin
t_exits "no terminal to ask" 4 "no terminal" setsid cryptech list
t "the right PIN" as_user list
t_exits "so has no keys" 4 "role may not" \
	cryptech list --role so --pin-file so.pin
t "wheel has" cryptech list --role wheel --pin-file wheel.pin
chmod 644 user.pin
t_exits "a readable file of PINs is told" 0 "others may read" as_user list
chmod 600 user.pin

# --- sessions ----------------------------------------------------------------

t_exits "a session's status is its command's" 9 "" \
	as_user login -- sh -c 'echo; exit 9'
t_exits "a session's command is not there" 127 "cannot run" \
	as_user login nothing
cat >session.sh <<'EOS'
cryptech keygen ec-p256 --label stays >/dev/null &&
	cryptech keygen ec-p256 --volatile --label goes >/dev/null &&
	cryptech show goes
EOS
t_exits "a session needs no PIN" 0 "^flags *sign$" as_user login sh session.sh
t_exits "a volatile key has gone with it" 5 "no key is named" \
	as_user show goes
t_exits "a session of another device" 2 "is on cryptech0" \
	as_user login cryptech list --device 1
cat >restart.sh <<'EOS'
hsmctl hsm 0 restart || exit 99
while cryptech list; do :; done >/dev/null 2>&1
cryptech list
EOS
t_exits "a session ends with the HSM" 3 "restarted" as_user login sh restart.sh
t_wait 20 cryptech status || echo "# the HSM does not come back"
t_exits "keys survive" 0 stays as_user list

# --- PINs --------------------------------------------------------------------

echo another-user >user2.pin
cat wheel.pin user2.pin >pins
t "wheel sets the user's PIN" cryptech pin user --pin-file pins
t_exits "the old one is wrong" 4 "PIN is wrong" as_user list
t "the new one is right" cryptech list --pin-file user2.pin
cat so.pin user.pin >pins
t "so sets it" cryptech pin user --role so --pin-file pins
t "it is right" as_user list
cat so.pin wheel.pin >pins
t_exits "so may not set wheel's" 4 "role may not" \
	cryptech pin wheel --role so --pin-file pins
cat user.pin user2.pin >pins
t_exits "user may set none" 4 "role may not" \
	cryptech pin user --role user --pin-file pins
cat wheel.pin short.pin >pins
t_exits "so's needs 8 characters" 1 "at least 8" \
	cryptech pin so --pin-file pins

# --- the kernel's login ------------------------------------------------------

t_exits "the kernel is logged out" 0 '^  "kernel_login": null' \
	cryptech status --json
t_exits "kernel-login with a wrong PIN" 4 "PIN is wrong" \
	cryptech kernel-login --pin-file wrong.pin
t "kernel-login" cryptech kernel-login --pin-file user.pin
t_exits "status tells" 0 '^  "kernel_login": "user"' cryptech status --json
t "kernel-logout" cryptech kernel-logout
t_exits "status tells again" 0 '^kernel-login *no$' cryptech status

other="setpriv --reuid 1000 --regid 1000 --clear-groups"
t_exits "not everybody may open it" 4 "group cryptech" $other cryptech status
chmod 666 /dev/cryptech0
t "who may, asks" $other cryptech status
t_exits "but root alone logs the kernel in" 4 "only root" \
	$other cryptech kernel-login --pin-fd 0 <user.pin
t_exits "or out" 4 "only root" $other cryptech kernel-logout
chmod 600 /dev/cryptech0

# --- random bytes need no login ----------------------------------------------

cryptech random 40000 --out r1
cryptech random 40000 --out r2
t_is "40,000 random bytes" 40000 "$(stat -c %s r1)"
t_fails "differ each time" cmp -s r1 r2
t_exits "random digits" 0 "^[0-9a-f]\{32\}$" cryptech random 16 --hex

# --- too many wrong PINs -----------------------------------------------------

for try in 1 2 3; do
	t_exits "wrong PIN, number $try" 4 "PIN is wrong" \
		cryptech list --pin-file wrong.pin
done
t_exits "then even the right one has to wait" 7 "(in [0-9]* s)" as_user list
t "others need not" cryptech list --role wheel --pin-file wheel.pin

t_end
