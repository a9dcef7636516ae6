# SPDX-License-Identifier: MIT
"""Read TAP (and KTAP), the format in which every test reports.

    TAP version 13
    1..3
    ok 1 what was tried
    not ok 2 something else
    ok 3 a third # SKIP why it could not be tried
"""

import re
import threading

POINT = re.compile(r"(not )?ok\b ?(\d*) ?-? ?(.*)$")
PLAN = re.compile(r"1\.\.(\d+)\s*(?:# *SKIP\S* *(.*))?$", re.I)
SKIP = re.compile(r"(.*?)# *SKIP\S*:? *(.*)$", re.I)


class Result:
    """What one test program reported."""

    def __init__(self, name, least=1):
        self.name = name
        self.least = least
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.lines = []
        self.seconds = 0
        self.kept = None
        self.repeat = None
        self._plan = None
        self._points = 0

    def fail(self, why):
        self.failed.append(why)

    def feed(self, line):
        """Take one line of the program's output."""
        self.lines.append(line)
        plan = PLAN.match(line)
        if plan:
            self._take_plan(int(plan.group(1)), plan.group(2))
            return
        if line.startswith("Bail out!"):
            self.fail(line)
            return
        point = POINT.match(line)
        if not point:
            return
        self._points += 1
        what = point.group(3)
        skip = SKIP.match(what)
        if point.group(1):
            self.fail(what)
        elif skip:
            self.skipped.append((skip.group(1).strip(), skip.group(2)))
        else:
            self.passed += 1

    def _take_plan(self, count, skip):
        self._plan = (self._plan or 0) + count
        if count == 0:
            self.skipped.append((self.name, skip or "no reason given"))

    def end(self, status):
        """The program ended with this exit status."""
        if self._plan is not None and self._plan != self._points:
            self.fail(f"{self._points} test points, {self._plan} planned")
        seen = self._points + (self._plan == 0)
        if seen < self.least:
            self.fail(f"{seen} test points, at least {self.least} expected")
        if status and not self.failed:
            # 4 is kselftest's "skipped"
            if not (status == 4 and self.skipped and not self.passed):
                self.fail(f"exit status {status}")


class Total:
    """The sum of all results, and their way to the reader."""

    def __init__(self, verbose=False):
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.verbose = verbose
        self._lock = threading.Lock()

    def add(self, result):
        with self._lock:
            self.passed += result.passed
            self.failed += len(result.failed)
            self.skipped += len(result.skipped)
            self._print(result)

    def _print(self, result):
        head = "FAIL" if result.failed else "ok  "
        counts = f"{result.passed} passed"
        if result.failed:
            counts += f", {len(result.failed)} failed"
        if result.skipped:
            counts += f", {len(result.skipped)} skipped"
        print(f"{head} {result.name}: {counts} ({result.seconds:.1f} s)",
              flush=True)
        if result.failed or self.verbose:
            for line in result.lines:
                print("    | " + line)
        for what, why in result.skipped:
            print(f"     skipped: {what}: {why}")
        for why in result.failed:
            print("     failed: " + why)
        if result.failed and result.kept:
            print("     kept: " + result.kept)
        if result.failed and result.repeat:
            print("     repeat with: " + result.repeat)
        print(end="", flush=True)

    def summary(self):
        return (f"{self.passed} passed, {self.failed} failed, "
                f"{self.skipped} skipped")
