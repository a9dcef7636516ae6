# SPDX-License-Identifier: MIT
#
# For shell tests in the virtual machine:   . tap.sh
#
#   t "what" COMMAND...          passes if the command succeeds
#   t_fails "what" COMMAND...    passes if it fails, and not by a signal
#   t_exits "what" STATUS TEXT COMMAND...
#                                passes if the command ends with that status
#                                and TEXT (a regular expression) is in its
#                                output, which is then in /tmp/out
#   t_is "what" WANTED GOT       passes if the two are the same text
#   t_skip "what" "why"
#   t_wait SECONDS COMMAND...    retry until it succeeds; not a test point
#   t_end                        prints the plan; exits 1 if a point failed
#
# Output of the commands is shown as comments.

t_count=0
t_failed=0

_point()
{
	t_count=$((t_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $t_count $2"
	else
		t_failed=$((t_failed + 1))
		echo "not ok $t_count $2"
	fi
}

# Run a command, its output as comments, its status in $t_status.
_run()
{
	"$@" >"/tmp/.tap.$$" 2>&1
	t_status=$?
	sed 's/^/# /' "/tmp/.tap.$$"
}

t()
{
	local what="$1"
	shift
	_run "$@"
	[ $t_status = 0 ] || echo "# exit status $t_status: $*"
	_point $t_status "$what"
}

t_fails()
{
	local what="$1" bad=1
	shift
	_run "$@"
	if [ $t_status -gt 0 ] && [ $t_status -lt 124 ]; then
		bad=0
	else
		echo "# exit status $t_status: $*"
	fi
	_point $bad "$what"
}

t_exits()
{
	local what="$1" wanted="$2" text="$3" bad=0
	shift 3
	"$@" >/tmp/out 2>&1
	t_status=$?
	[ $t_status = "$wanted" ] && grep -qe "$text" /tmp/out || bad=1
	[ $bad = 0 ] || {
		echo "# $*: exit status $t_status, wanted $wanted and '$text'"
		sed 's/^/# /' /tmp/out
	}
	_point $bad "$what"
}

t_is()
{
	if [ "$2" = "$3" ]; then
		_point 0 "$1"
	else
		echo "# wanted: $2"
		echo "#    got: $3"
		_point 1 "$1"
	fi
}

t_skip()
{
	t_count=$((t_count + 1))
	echo "ok $t_count $1 # SKIP $2"
}

t_wait()
{
	local tries=$(($1 * 50))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 20000
	done
}

t_end()
{
	echo "1..$t_count"
	[ $t_failed = 0 ]
	exit
}
