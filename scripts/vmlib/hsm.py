# SPDX-License-Identifier: MIT
"""HSM processes, started, and tormented on the guest's behalf.

An HSM that is killed leaves behind the process that keeps its mailbox's
memory for QEMU. We are the reaper of whatever our children leave behind, so
that nothing outlives the virtual machine.
"""

import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import time

from .guest import BUILD, Error

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
START_SECONDS = 20
STOP_SECONDS = 10

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    """For a child to call: SIGKILL it when we die, however we die."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans():
    """Become the parent of what our children leave behind."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def kill_orphans():
    """Kill every process that is now our child, or was a child's child."""
    while True:
        children = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and fields[0] != "Z":
                children.append(int(pid))
        if not children:
            return
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass


def listening(path):
    """True when some process listens on this unix socket."""
    with open("/proc/net/unix") as f:
        for line in f:
            words = line.split()
            # flag 0x10000: accepts connections
            if words[-1] == path and int(words[3], 16) & 0x10000:
                return True
    return False


class Hsm:
    """One HSM of the virtual machine; the process behind it may change."""

    def __init__(self, index, state, rundir, program=None, args=(),
                 serial=False):
        self.index = index
        self.state = state
        self.mailbox = f"{rundir}/mailbox{index}"
        self.socket = f"{rundir}/hsm{index}.sock"
        # the pty behind a serial port; ends with this run of the HSM
        self.line = f"{rundir}/line{index}" if serial else None
        self.log = f"{rundir}/hsm{index}.log"
        self.program = program
        self.args = list(args)
        self.process = None

    def command(self):
        if self.program:
            return [self.program, "--mailbox", self.mailbox, *self.args]
        return [os.path.join(BUILD, "bin/cryptech-hsm"),
                "--state", self.state, "--mailbox", self.mailbox, "--socket", self.socket,
                *(["--pty-link", self.line] if self.line else []),
                *self.args]

    def start(self, command=None):
        """Start it and wait until it says that it is ready."""
        if self.alive():
            raise Error(f"hsm {self.index} is running")
        os.makedirs(self.state, mode=0o700, exist_ok=True)
        command = command or self.command()
        with open(self.log, "ab") as log:
            log.write(f"-- {shlex.join(command)}\n".encode())
            log.flush()
            said_before = log.tell()
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent)
        self.wait_until_ready(said_before)

    def wait_until_ready(self, said_before):
        """Wait for the line "ready" and for the socket that QEMU needs."""
        deadline = time.monotonic() + START_SECONDS
        while not (self.said_ready(said_before) and listening(self.mailbox)):
            if not self.alive():
                raise Error(f"hsm {self.index} ended with status "
                            f"{self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise Error(f"hsm {self.index}: not ready after "
                            f"{START_SECONDS} s:\n{self.tail()}")
            time.sleep(0.005)

    def said_ready(self, offset):
        with open(self.log, "rb") as log:
            log.seek(offset)
            return b"ready" in log.read().splitlines()

    def tail(self, lines=20):
        try:
            with open(self.log, errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, number):
        if not self.alive():
            raise Error(f"hsm {self.index} is not running")
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        """End it and wait for that; kill it if it takes too long."""
        if not self.alive():
            return
        self.process.send_signal(number)
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Error(f"hsm {self.index} ignored signal {number}") from None

    # What a guest can ask for: a method a word.

    def do_stop(self):
        self.kill(signal.SIGSTOP)

    def do_cont(self):
        self.kill(signal.SIGCONT)

    def do_kill9(self):
        self.kill(signal.SIGKILL)
        self.process.wait()

    def do_term(self):
        self.kill(signal.SIGTERM)
        self.end()

    def do_start(self):
        self.start()

    def do_restart(self):
        self.end()
        self.start()

    def do_fresh(self):
        """A new HSM: no keys, factory PIN."""
        self.end()
        shutil.rmtree(self.state, ignore_errors=True)
        self.start()

    def do_factory_pin(self):
        with open(os.path.join(self.state, "factory-pin")) as f:
            return f.read().strip()

    def do_env(self, *args):
        self.end()
        self.start(self.command() + list(args))

    def do_replace(self, program, *args):
        path = os.path.join(BUILD, "test", program)
        if os.path.dirname(os.path.normpath(program)) or \
                not os.access(path, os.X_OK):
            raise Error(f"no program build/test/{program}")
        self.end()
        self.start([path, "--mailbox", self.mailbox, *args])

    def do_grep(self, pattern):
        """How many lines of its log match the regular expression."""
        with open(self.log, errors="replace") as f:
            return str(sum(1 for line in f if re.search(pattern, line)))

    def control(self, words):
        """Carry out what a guest asked for; returns text or None."""
        method = getattr(self, "do_" + words[0].replace("-", "_"), None)
        if method is None:
            raise Error(f"hsm: unknown request {shlex.join(words)}")
        try:
            return method(*words[1:])
        except TypeError:
            raise Error(f"hsm {words[0]}: wrong arguments") from None
