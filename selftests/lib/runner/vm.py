# SPDX-License-Identifier: MIT
"""Run the tests of selftests/vm/tests.list in virtual machines.

Tests with the same needs share a machine, one after the other, each with
fresh HSMs. When a machine dies, the test that ran has failed and the ones
after it get a new machine.
"""

import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

from vmlib.guest import DEBUG_KERNELS, KERNELS
from vmlib.machine import EMULATOR_BUG_NOTE

from .tap import Result

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
LIST = os.path.join(TOP, "selftests/vm/tests.list")
FAILED = os.path.join(TOP, "build/test-failed")
BOOT_SECONDS = 90
PER_TEST_SECONDS = 30

BEGIN = re.compile(r"#@ begin (\S+)$")
END = re.compile(r"#@ end (\S+) (\d+)$")


class BadList(Exception):
    """tests.list makes no sense."""


class Test:
    """One line of tests.list."""

    def __init__(self, line):
        words = shlex.split(line)
        if len(words) < 4:
            raise BadList(f"tests.list: too few words: {line}")
        self.name = words[0]
        pairs = [k.partition(":") for k in words[1].split(",")]
        self.kernels = [kernel for kernel, _, _ in pairs]
        self.full_only = {kernel for kernel, _, when in pairs if when}
        self.least = dict.fromkeys(self.kernels, 0)
        for word in words[2].split(","):
            kernel, _, least = word.rpartition(":")
            for name in [kernel] if kernel else self.kernels:
                self.least[name] = int(least)
        self.seconds = int(words[3])
        self.alone = "alone" in words[4:]
        self.vm = []
        for option in words[4:]:
            key, _, value = option.partition("=")
            if key in ("hsms", "serial", "append", "memory", "hsm-program",
                       "hsm-arguments", "db"):
                self.vm += [f"--{key}", value]
            elif option != "alone":
                raise BadList(f"tests.list: {self.name}: what is {option}?")
        for kernel in DEBUG_KERNELS:
            # these are 6.12 in other clothes
            if "6.12" in self.kernels and kernel not in self.kernels:
                self.kernels.append(kernel)
                self.least[kernel] = self.least["6.12"]
        for kernel, colon, when in pairs:
            if kernel not in (*KERNELS, *DEBUG_KERNELS) or when != ("full" if colon else ""):
                raise BadList(f"tests.list: {self.name}: kernel "
                              f"{kernel}{colon}{when}?")

    def runs_on(self, kernel, full):
        return kernel in self.kernels and \
            (full or kernel not in self.full_only)


def read_list():
    with open(LIST) as f:
        lines = [line.split("#")[0].strip() for line in f]
    return [Test(line) for line in lines if line]


def groups(tests):
    """Lists of tests that can share a machine, in the order of the list."""
    shared = {}
    result = []
    for test in tests:
        if test.alone:
            result.append([test])
            continue
        key = tuple(test.vm)
        if key not in shared:
            shared[key] = []
            result.append(shared[key])
        shared[key].append(test)
    return result


class Boot:
    """One virtual machine that runs some tests."""

    def __init__(self, kernel, tests, keep, excusable):
        self.kernel = kernel
        self.tests = {test.name: test for test in tests}
        self.results = {}
        self.current = None
        self.outside = []
        self.keep = keep
        # may the emulator be the reason of a failure, and was it?
        self.excusable = excusable
        self.excused = False
        self._start = 0

    def run(self):
        """Run it; returns the names of tests that did not get their turn."""
        slow = DEBUG_KERNELS.get(self.kernel, 1)
        order = [f"{t.name}:{t.seconds * slow}" for t in self.tests.values()]
        options = next(iter(self.tests.values())).vm
        limit = slow * (BOOT_SECONDS + sum(t.seconds + PER_TEST_SECONDS
                                           for t in self.tests.values()))
        command = [os.path.join(TOP, "scripts/vm"), "--kernel", self.kernel,
                   "--test", "--keep", self.keep, "--timeout", str(limit),
                   *options, "--", "run-tests", *order]
        env = dict(os.environ, CRYPTECH_VM_BUILT="1")
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, errors="replace") as process:
            try:
                for line in process.stdout:
                    self._line(line.rstrip("\n"))
                err = process.stderr.read()
            except BaseException:
                process.terminate()
                raise
        self._end(process.returncode, err)
        return [n for n in self.tests if n not in self.results]

    def _line(self, line):
        begin, end = BEGIN.match(line), END.match(line)
        if begin:
            name = begin.group(1)
            self._start = time.monotonic()
            least = self.tests[name].least[self.kernel] \
                if name in self.tests else 1
            self.current = self.results.setdefault(
                name, Result(f"vm/{name} on {self.kernel}", least))
            self.current.repeat = (f"make check-vm KERNEL={self.kernel} "
                                   f"T={name}")
        elif end and self.current:
            self.current.seconds += time.monotonic() - self._start
            self.current.end(int(end.group(2)))
            self.current = None
        elif self.current:
            self.current.feed(line)
        else:
            self.outside.append(line)

    def _end(self, status, err):
        last = self.current
        if EMULATOR_BUG_NOTE in err and self.excusable and self._excuse():
            return
        if last:
            last.seconds += time.monotonic() - self._start
            last.fail("the virtual machine died or ran out of time")
        elif status and not any(r.failed for r in self.results.values()):
            # nothing to blame it on: the last that ran, or the boot itself
            name = list(self.results)[-1] if self.results \
                else next(iter(self.tests))
            last = self.results.setdefault(
                name, Result(f"vm/{name} on {self.kernel}"))
            last.fail(f"scripts/vm ended with status {status}")
        if last:
            last.lines += self.outside + err.splitlines()
        self._name_what_was_kept()

    def _excuse(self):
        """
        Forget the test that ran when the emulator killed the kernel; or, if
        all ended well, as after a boot too many, the last.
        """
        last = self.current
        if not last and self.results and \
                not any(r.failed for r in self.results.values()):
            last = list(self.results.values())[-1]
        if not last:
            return False
        self.excused = True
        print(f"note: {last.name}: {EMULATOR_BUG_NOTE}, once more",
              flush=True)
        del self.results[next(n for n, r in self.results.items()
                              if r is last)]
        return True

    def _name_what_was_kept(self):
        """After the first test that failed: the machine ended with it."""
        for name, result in self.results.items():
            if result.failed and os.path.isdir(self.keep):
                folder = os.path.join(FAILED, f"{name}-{self.kernel}")
                shutil.rmtree(folder, ignore_errors=True)
                os.rename(self.keep, folder)
                result.kept = os.path.relpath(folder, TOP)
                return


def run_group(kernel, tests, total):
    """Run tests that share a machine, with as many boots as that takes."""
    left = tests
    excuses = 2
    while left:
        keep = os.path.join(FAILED, f".{left[0].name}-{kernel}")
        boot = Boot(kernel, left, keep, excuses > 0)
        unrun = boot.run()
        excuses -= boot.excused
        for result in boot.results.values():
            total.add(result)
        left = [t for t in left if t.name in unrun]


def run_all(total, kernels, names, workers, full):
    """Run tests on kernels; unless full, without those marked so."""
    tests = read_list()
    unknown = set(names) - {t.name for t in tests}
    if unknown:
        sys.exit(f"run: no test {', '.join(unknown)} in tests.list")
    chosen = [t for t in tests if not names or t.name in names]
    jobs = [(kernel, [t for t in group if t.runs_on(kernel, full)])
            for group in groups(chosen) for kernel in kernels]
    # the longest first, so that none of them is left alone at the end
    jobs.sort(key=lambda job: -sum(t.seconds for t in job[1]))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(run_group, kernel, group, total)
                   for kernel, group in jobs]
        for future in running:
            future.result()
