# SPDX-License-Identifier: MIT
"""What is in the virtual machine: an initramfs in layers.

The base (busybox, the distribution's programs and modules) is cached by
content. Our programs, modules and tests, and the job itself, are laid over
it at each boot.
"""

import hashlib
import lzma
import os
import re
import shlex
import shutil
import subprocess
import tempfile

from . import cpio

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HERE = os.path.join(TOP, "scripts/vmlib/guest")
BUILD = os.path.join(TOP, "build")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                     os.path.expanduser("~/.cache"), "cryptech")

# The kernels that everything is tested on, by the names that scripts/setup
# gives them. "sid" is whatever Debian sid has, if the drivers know it.
KERNELS = ("6.1", "6.12", "sid")

# Kernels that scripts/build-kernel makes of Debian's 6.12 to find mistakes, and
# how many times as long everything takes on them, at most.
DEBUG_KERNELS = {"debug": 8}

# busybox's own shell prefers its applets to programs of the same name
PROGRAMS = ("dash", "keyctl", "openssl", "kcapi-enc", "setpriv", "unshare",
            "flock")
TEST_DIR = "usr/lib/cryptech/tests"

PASSWD = """root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:unprivileged:/tmp:/bin/sh
other:x:1001:1001:unprivileged too:/tmp:/bin/sh
"""
GROUP = "root:x:0:\nuser:x:1000:\nother:x:1001:\n"


class Error(Exception):
    """Something that a person has to mend."""


def why_missing(name):
    """Why there is no kernel of that name; None if there is one."""
    kernels = os.path.join(CACHE, "kernels")
    if os.path.exists(os.path.join(kernels, name, "release")):
        return None
    try:
        with open(os.path.join(kernels, name + ".skip")) as f:
            return f.read().strip()
    except FileNotFoundError:
        if name in DEBUG_KERNELS:
            return f"no kernel {name}: run scripts/build-kernel {name}"
        return f"no kernel {name} in {kernels}: run scripts/setup"


class Kernel:
    """A kernel in the cache, as scripts/setup or build-kernel left it."""

    def __init__(self, name):
        self.name = name
        self.dir = os.path.realpath(os.path.join(CACHE, "kernels", name))
        if why_missing(name):
            raise Error(why_missing(name))
        with open(os.path.join(self.dir, "release")) as f:
            self.release = f.read().strip()
        self.image = os.path.join(self.dir, "vmlinuz")
        self.modules = os.path.join(self.dir, "modules")
        self.slowness = DEBUG_KERNELS.get(name, 1)

    def boots_unpacked(self):
        """Whether it has the entry that QEMU starts an unpacked kernel at."""
        with open(os.path.join(self.dir, "config")) as f:
            return "CONFIG_PVH=y\n" in f

    def arguments(self):
        """What is said to it and to no other."""
        if self.slowness == 1:
            return []
        # Long waits are no faults here, but those for ever are. What the
        # allocator checks is slow, and KASAN sees it as well.
        return ["slub_debug=-", "rcupdate.rcu_cpu_stall_timeout=300",
                "workqueue.watchdog_thresh=240",
                "sysctl.kernel.hung_task_timeout_secs=480"]

    def wanted_modules(self):
        """Paths, below the modules folder, of guest/modules' closure."""
        with open(os.path.join(HERE, "modules")) as f:
            names = {line.strip() for line in f} - {""}
        names = {n.replace("-", "_") for n in names if not n.startswith("#")}
        paths = set()
        with open(os.path.join(self.modules, "modules.dep")) as f:
            for line in f:
                path, deps = line.split(":")
                name = os.path.basename(path).split(".")[0]
                if name.replace("-", "_") in names:
                    paths |= {path, *deps.split()}
        return sorted(paths)


def libraries(program):
    """Shared libraries that a program needs: {path in guest: path here}."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True)
    found = {}
    for name, path in re.findall(r"(\S+) => (/\S+)", out.stdout):
        if path.startswith(BUILD):
            found["usr/lib/" + name] = path
        else:
            found[merged(path)] = path
    for path in re.findall(r"^\s*(/\S+) \(", out.stdout, re.M):
        found[merged(path)] = path
    if "not found" in out.stdout:
        raise Error(f"{program}: a shared library is missing:\n{out.stdout}")
    return found


def merged(path):
    """Debian's merged /usr: /lib/x is /usr/lib/x."""
    path = path.lstrip("/")
    return path if path.startswith("usr/") else "usr/" + path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def read_module(path):
    data = read(path)
    return lzma.decompress(data) if path.endswith(".xz") else data


def find_program(name):
    path = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if not path:
        raise Error(f"{name} is not installed: run scripts/setup")
    return path


# --- the base ----------------------------------------------------------------

def base_inputs(kernel):
    """{path in guest: (path here, mode)} of the distribution's files."""
    files = {"usr/bin/busybox": (find_program("busybox"), 0o755)}
    for name in PROGRAMS:
        path = find_program(name)
        files["usr/bin/" + name] = (path, 0o755)
        for where, lib in libraries(path).items():
            files[where] = (lib, 0o755)
    files["etc/ssl/openssl.cnf"] = ("/etc/ssl/openssl.cnf", 0o644)
    for path in kernel.wanted_modules():
        where = f"usr/lib/modules/{kernel.release}/{path}"
        files[where.removesuffix(".xz")] = (
            os.path.join(kernel.modules, path), 0o644)
    return files


def base_key(files):
    h = hashlib.sha256(read(os.path.abspath(__file__)))
    h.update(read(cpio.__file__))
    for where, (path, mode) in sorted(files.items()):
        st = os.stat(path)
        h.update(f"{where} {path} {mode} {st.st_size} {st.st_mtime_ns}\n"
                 .encode())
    return h.hexdigest()[:24]


def make_base(files):
    a = cpio.Archive()
    for path in ("dev", "proc", "sys", "tmp", "run", "mnt", "root", "job",
                 "usr/bin", "usr/lib64", "usr/lib/modules"):
        a.directory(path)
    for name in ("bin", "lib", "lib64"):
        a.symlink(name, "usr/" + name)
    a.symlink("sbin", "usr/bin")
    a.symlink("usr/sbin", "bin")
    a.symlink("usr/bin/sh", "dash")
    a.device("dev/console", 5, 1)
    a.file("etc/passwd", PASSWD.encode())
    a.file("etc/group", GROUP.encode())
    a.symlink("usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf")
    for where, (path, mode) in sorted(files.items()):
        a.file(where, read_module(path), mode)
    applets = subprocess.run([files["usr/bin/busybox"][0], "--list"],
                             capture_output=True, text=True, check=True)
    for name in applets.stdout.split():
        if "usr/bin/" + name not in files and name != "sh":
            a.symlink("usr/bin/" + name, "busybox")
    return a.bytes()


def write_atomically(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fd, tmp = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(fd, "wb") as f:
        f.write(data)
    os.rename(tmp, path)


def base(kernel):
    """Path of the base archive, made if it is not in the cache."""
    files = base_inputs(kernel)
    path = f"{CACHE}/initramfs/{kernel.name}-{base_key(files)}.cpio"
    if not os.path.exists(path):
        for old in os.listdir(os.path.dirname(path)) \
                if os.path.isdir(os.path.dirname(path)) else ():
            if old.startswith(kernel.name + "-"):
                os.unlink(os.path.join(os.path.dirname(path), old))
        write_atomically(path, make_base(files))
    return path


# --- what is laid over it ----------------------------------------------------

def add_modules(a, kernel):
    """Our modules, and the index that modprobe needs to find any module."""
    root = f"usr/lib/modules/{kernel.release}"
    ours = os.path.join(BUILD, "modules", kernel.release)
    with tempfile.TemporaryDirectory() as tmp:
        tree = f"{tmp}/lib/modules/{kernel.release}"
        for path in kernel.wanted_modules():
            to = os.path.join(tree, path)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            os.symlink(os.path.join(kernel.modules, path), to)
        for name in ("modules.order", "modules.builtin",
                     "modules.builtin.modinfo"):
            shutil.copy(os.path.join(kernel.modules, name), tree)
        os.makedirs(f"{tree}/updates")
        for name in sorted(os.listdir(ours)) if os.path.isdir(ours) else ():
            if name.endswith(".ko"):
                shutil.copy(os.path.join(ours, name), f"{tree}/updates")
                a.file(f"{root}/updates/{name}",
                       read(os.path.join(ours, name)))
        subprocess.run(["/sbin/depmod", "-b", tmp, kernel.release],
                       check=True, stderr=subprocess.DEVNULL)
        for name in ("modules.dep", "modules.alias", "modules.symbols",
                     "modules.builtin"):
            data = read(f"{tree}/{name}").replace(b".ko.xz", b".ko")
            a.file(f"{root}/{name}", data)


def executables(folder, suffix=""):
    folder = os.path.join(TOP, folder)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if name.endswith(suffix) and os.path.isfile(path) and \
                os.access(path, os.X_OK):
            yield name, path


def add_programs(a):
    programs = {}
    for name, path in executables("build/bin"):
        programs["usr/bin/" + name] = path
    for name, path in executables("build/test/vm"):
        programs[f"{TEST_DIR}/{name}"] = path
    added = {}
    for where, path in programs.items():
        a.file(where, read(path), 0o755)
        added.update(libraries(path))
    for name, path in executables("build/lib"):
        added["usr/lib/" + name] = path
    for where, path in added.items():
        a.file(where, read(path), 0o755)


def add_scripts(a):
    for name in ("init",):
        a.file(name, read(os.path.join(HERE, name)), 0o755)
    for name in ("hsmctl",):
        a.file("usr/bin/" + name, read(os.path.join(HERE, name)), 0o755)
    for name, path in executables("selftests/vm"):
        a.file(f"{TEST_DIR}/{name}", read(path), 0o755)
    for name, path in executables("selftests/lib/guest"):
        a.file("usr/bin/" + name, read(path), 0o755)
    harness = os.path.join(CACHE, "source/linux/tools/testing/selftests/"
                           "kselftest/ktap_helpers.sh")
    if os.path.exists(harness):
        a.file(f"{TEST_DIR}/ktap_helpers.sh", read(harness))


def motd(kernel, hsms):
    return (f"Linux {kernel.release} with {hsms} HSM(s). Modules: modprobe "
            "cryptech_pci.\nHSMs are tormented with hsmctl. `exit` ends the "
            "virtual machine.\n")


def initramfs(kernel, path, command=None, share=False, hsms=0):
    """Write the initramfs for one boot to path.

    command: list of words to run as root, or None for a shell.
    """
    a = cpio.Archive()
    add_modules(a, kernel)
    add_programs(a)
    add_scripts(a)
    a.file("etc/motd", motd(kernel, hsms).encode())
    if command is not None:
        a.file("job/command", ("exec " + shlex.join(command) + "\n").encode())
    if share:
        a.file("job/share", b"")
    with open(path, "wb") as f:
        with open(base(kernel), "rb") as b:
            shutil.copyfileobj(b, f)
        f.write(a.bytes())
