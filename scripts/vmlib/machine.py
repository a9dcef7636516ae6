# SPDX-License-Identifier: MIT
"""One run of the virtual machine, from boot to exit status."""

import os
import re
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from . import efivars, guest, qemu
from .guest import Error
from .hsm import Hsm, adopt_orphans, die_with_parent, kill_orphans

TIMED_OUT = 124
DIED = 125

# What a kernel says when something is wrong with it.
COMPLAINT = re.compile(
    r"BUG: |BUG at |BUG \S+ \(|WARNING: |Oops|int3: |Kernel panic|"
    r"general protection|"
    r"possible recursive locking|possible circular locking|"
    r"inconsistent lock state|possible irq lock inversion|bad unlock balance|"
    r"held lock freed|lock held when returning|suspicious RCU usage|"
    r"INFO: .*(hung|blocked|stall)|UBSAN:|KASAN:|KCSAN:|ODEBUG:|"
    r"INFO: (task|trying to register|lockdep|Slab|Object|Freeing)|"
    r"kmemleak: .*(new suspected|disabled)|"
    r"refcount_t: |list_(add|del) corruption|scheduling while atomic|"
    r"sleeping function called|unregister_netdevice: waiting|"
    r"DEBUG_LOCKS_WARN")

# QEMU before 8.1 can go on executing a breakpoint that one processor put into
# the kernel's code and took out again while another translated it; the kernel
# then dies of a breakpoint that nobody set. Fixed by QEMU's commit deba78709ae8
# ("accel/tcg: Always lock pages before translation").
EMULATOR_BUG = re.compile(r"\bint3: 0000 \[#1\]")
EMULATOR_BUG_NOTE = "killed by a known bug of QEMU (stray breakpoint)"


class Stopped(Exception):
    """We were told to stop by a signal."""


class Machine:
    """A virtual machine with its HSMs.

    options: see scripts/vm. output: a function that takes the command's
    output as bytes.
    """

    def __init__(self, options, output):
        self.options = options
        self.output = output
        self.kernel = guest.Kernel(options.kernel)
        self.rundir = tempfile.mkdtemp(prefix="cryptech-vm-")
        self.hsms = []
        self.monitor = qemu.Monitor()
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        self.process = None
        self.status = None
        self.timed_out = False
        self.emulator_bug = False
        self.boots = 0
        self.complaints = []
        self._console_line = b""
        self._control = b""
        self._status = b""
        self._console = open(f"{self.rundir}/console.log", "wb")

    def run(self):
        """Run to the end and return the exit status."""
        adopt_orphans()
        try:
            self._start()
            self._loop()
        finally:
            self._stop()
        if self.timed_out:
            return TIMED_OUT
        return DIED if self.status is None else self.status

    # --- start and end -------------------------------------------------------

    def _start(self):
        opt = self.options
        guest.initramfs(self.kernel, f"{self.rundir}/initramfs", opt.command,
                        bool(opt.share), opt.hsms)
        variables = None
        if opt.db:
            variables = f"{self.rundir}/variables.fd"
            efivars.trust(qemu.OVMF_VARS, variables, [opt.db])
        for i in range(opt.hsms):
            state = os.path.join(opt.state or f"{self.rundir}/state",
                                 f"hsm{i}")
            self.hsms.append(Hsm(i, os.path.abspath(state), self.rundir,
                                 opt.hsm_program, opt.hsm_arguments,
                                 i < opt.serial))
            self.hsms[i].start()
        for name in ("console", "qmp", *qemu.PORTS):
            self._listen(name)
        command = qemu.command_line(self.rundir, self.kernel, opt, self.hsms,
                                    self._accel(), variables)
        with open(f"{self.rundir}/qemu.log", "wb") as log:
            log.write(shlex.join(command).encode() + b"\n")
            log.flush()
            self.process = subprocess.Popen(
                command, stdin=None if opt.command is None
                else subprocess.DEVNULL,
                stdout=None if opt.command is None else log, stderr=log,
                preexec_fn=die_with_parent)

    def _accel(self):
        return self.options.accel or qemu.choose_accel(self.kernel)

    def _listen(self, name):
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(f"{self.rundir}/{name}.sock")
        sock.listen(1)
        self.sockets.append(sock)
        self.selector.register(sock, selectors.EVENT_READ,
                               ("accept", name))

    def _stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for sock in self.sockets:
            sock.close()
        for hsm in self.hsms:
            try:
                hsm.end()
            except Error as e:
                self.complaints.append(str(e))
        kill_orphans()
        self._console.close()

    def discard(self):
        shutil.rmtree(self.rundir, ignore_errors=True)

    def keep(self, folder):
        """Copy what explains a failure to folder."""
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name in os.listdir(self.rundir):
            if name.endswith(".log"):
                shutil.copy(os.path.join(self.rundir, name), folder)
        for hsm in self.hsms:
            if os.path.isdir(hsm.state):
                shutil.copytree(hsm.state, f"{folder}/hsm{hsm.index}",
                                dirs_exist_ok=True)

    # --- while it runs -------------------------------------------------------

    def _loop(self):
        deadline = time.monotonic() + self.options.timeout \
            if self.options.timeout else None
        while self.selector.get_map():
            wait = 0.5
            if deadline is not None:
                wait = min(wait, deadline - time.monotonic())
                if wait <= 0:
                    self.timed_out = self.status is None
                    return
            for key, _ in self.selector.select(wait):
                self._ready(key.fileobj, *key.data)
            if self.process.poll() is not None and not self._connected():
                return

    def _connected(self):
        return any(key.data[0] == "read"
                   for key in self.selector.get_map().values())

    def _ready(self, sock, action, name):
        if action == "accept":
            self.selector.unregister(sock)
            connection, _ = sock.accept()
            self.sockets.append(connection)
            self.selector.register(connection, selectors.EVENT_READ,
                                   ("read", name))
            if name == "qmp":
                self.monitor.connected(connection)
            return
        try:
            data = sock.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self.selector.unregister(sock)
            return
        getattr(self, "_from_" + name)(sock, data)

    def _from_output(self, _sock, data):
        self.output(data)

    def _from_console(self, _sock, data):
        self._console.write(data)
        self._console.flush()
        if self.options.console:
            sys.stderr.buffer.write(data)
            sys.stderr.flush()
        *lines, self._console_line = (self._console_line + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").strip()
            if EMULATOR_BUG.search(text):
                self.emulator_bug = True
            if COMPLAINT.search(text):
                self.complaints.append(text)

    def _from_qmp(self, _sock, data):
        """Answers and events of the monitor: nothing that we act on."""

    def _from_status(self, _sock, data):
        self._status += data
        if self._status.endswith(b"\n"):
            self.status = int(self._status)

    def _from_control(self, sock, data):
        *lines, self._control = (self._control + data).split(b"\n")
        for line in lines:
            sock.sendall(self._answer(line.decode(errors="replace")) + b"\n")

    def _answer(self, line):
        try:
            text = self._carry_out(shlex.split(line))
        except (Error, ValueError, OSError) as e:
            return b"error " + str(e).replace("\n", " | ").encode()
        return b"ok" if text is None else b"ok " + text.encode()

    def _carry_out(self, words):
        if words[:2] == ["vm", "reset"]:
            self.monitor.reset()
            return None
        if words[:2] == ["vm", "boots"]:
            return str(self.boots)
        if words[:2] == ["vm", "hsms"]:
            return str(len(self.hsms))
        if words[:2] == ["vm", "up"]:
            self.boots += 1
            self.monitor.booted()
            return None
        if len(words) > 2 and words[0] == "hsm" and words[1].isdigit() and \
                int(words[1]) < len(self.hsms):
            return self.hsms[int(words[1])].control(words[2:])
        raise Error(f"unknown request {shlex.join(words)}")

    def console_tail(self, lines=40):
        with open(f"{self.rundir}/console.log", errors="replace") as f:
            return "".join(f.readlines()[-lines:])

    def qemu_log(self):
        path = f"{self.rundir}/qemu.log"
        if not os.path.exists(path):
            return ""
        with open(path, errors="replace") as f:
            return "".join(f.readlines()[1:])


def stop_on_signals():
    """SIGTERM and SIGHUP unwind as an exception, so that all is cleaned."""
    def handler(number, _frame):
        raise Stopped(number)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, handler)
