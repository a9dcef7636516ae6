# SPDX-License-Identifier: MIT
"""Run test programs on this machine."""

import concurrent.futures
import os
import signal
import subprocess
import tempfile
import time

from .tap import Result

QUICK_SECONDS = 240
FULL_SECONDS = 3600

ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:"
                    "detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def run(name, command, full=False, least=1, seconds=QUICK_SECONDS):
    """Run one program to its end and return its Result."""
    result = Result(name, least)
    limit = FULL_SECONDS if full else seconds
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cryptech-test-") as tmp:
        env = dict(os.environ, TMPDIR=tmp, **ENVIRONMENT)
        if full:
            env["CRYPTECH_FULL"] = "1"
        with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              errors="replace",
                              start_new_session=True) as process:
            try:
                out, _ = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out, _ = process.communicate()
                result.fail(f"no end after {limit} s")
    for line in out.splitlines():
        result.feed(line)
    result.seconds = time.monotonic() - start
    result.end(process.returncode)
    result.repeat = ("CRYPTECH_FULL=1 " if full else "") + " ".join(command)
    return result


def run_all(jobs, total, workers, full=False, seconds=QUICK_SECONDS):
    """Run (name, command) pairs, several at a time, reported in order."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(run, name, command, full, seconds=seconds)
                   for name, command in jobs]
        for future in running:
            total.add(future.result())
