# SPDX-License-Identifier: MIT
"""Runs tests against a real cryptech-hsm and prints TAP."""

import os
import shutil
import subprocess
import sys
import tempfile
import traceback

from hal import Client, HalError

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HSM = os.environ.get("CRYPTECH_HSM", os.path.join(TOP, "build/bin/cryptech-hsm"))
TESTS = []


class Skip(Exception):
    """A test cannot be made here; its text says why."""


def test(function):
    """Marks a test; its docstring's first line is its name."""
    TESTS.append(function)
    return function


def fails(code, function, *arguments, **keywords):
    """Asserts that a call answers one of the given error numbers."""
    codes = (code,) if isinstance(code, int) else tuple(code)
    try:
        function(*arguments, **keywords)
    except HalError as error:
        assert error.code in codes, f"error {error.code}, wanted {codes}"
        return error.code
    raise AssertionError(f"no error, wanted {codes}")


class Hsm:
    """The HSM process, in a private folder of its own."""

    def __init__(self, *options):
        self.dir = tempfile.mkdtemp(prefix="cryptech-interop-")
        self.options = options
        self.start()

    def start(self):
        self.log = open(os.path.join(self.dir, "log"), "ab")
        self.process = subprocess.Popen(
            [HSM, "--state", self.dir + "/state", "--socket",
             self.dir + "/socket", "--durability", "process", *self.options],
            stdout=subprocess.PIPE, stderr=self.log,
            stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        while line and b"ready" not in line:
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("cryptech-hsm did not start: " + self.tail())

    def tail(self):
        with open(os.path.join(self.dir, "log"), "rb") as log:
            return log.read()[-2000:].decode(errors="replace")

    def client(self):
        return Client(self.dir + "/socket")

    def stop(self, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.log.close()
        return status

    def restart(self, kill=False):
        self.stop(kill)
        self.start()

    def factory_pin(self):
        with open(self.dir + "/state/factory-pin", "rb") as pin:
            return pin.read().strip()

    def flash(self):
        with open(self.dir + "/state/flash.img", "rb") as image:
            return image.read()

    def remove(self):
        if self.process.poll() is None:
            self.stop(kill=True)
        shutil.rmtree(self.dir)


def openssl(*arguments, data=None, ok=True):
    """Runs openssl; returns its output, or its exit status if not ok."""
    done = subprocess.run(["openssl", *arguments], input=data,
                          capture_output=True, check=False)
    if not ok:
        return done.returncode
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def run(tests, hsm, first):
    """Runs tests on one HSM; returns the number of failures."""
    failed = 0
    for number, function in enumerate(tests, first):
        name = function.__doc__.split("\n")[0].rstrip(".")
        try:
            function(hsm)
            print(f"ok {number} {name}", flush=True)
        except Skip as why:
            print(f"ok {number} {name} # SKIP {why}", flush=True)
        except Exception:  # every failure is reported and the next test run
            failed += 1
            print(f"not ok {number} {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            if hsm.process.poll() is not None:
                print(f"# the HSM died: {hsm.process.returncode}")
                for line in hsm.tail().splitlines():
                    print("# " + line)
                hsm.start()
    sys.stdout.flush()
    return failed
