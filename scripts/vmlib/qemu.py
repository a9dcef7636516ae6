# SPDX-License-Identifier: MIT
"""QEMU: its command line, its monitor, and whether KVM serves here."""

import json
import os
import subprocess

from . import vmlinux
from .guest import CACHE, Error, find_program, write_atomically

OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"

# Sockets that QEMU connects to; we listen before it starts. The guest knows
# its ports by these names: what the command prints, requests to us, and the
# last thing that it says, the exit status.
PORTS = ("output", "control", "status")


def accel_arguments(accel):
    if accel == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    return ["-accel", "tcg,thread=multi", "-cpu", "max"]


def command_line(rundir, kernel, options, hsms, accel, variables=None):
    """The command that runs the machine described by options."""
    # the check of the timer fails where the emulator waits for a processor
    append = ["console=ttyS0", "loglevel=5", "panic=-1", "no_timer_check",
              *kernel.arguments(), *options.append]
    image = kernel.image if variables or not kernel.boots_unpacked() else \
        vmlinux.unpacked(kernel.image, f"{kernel.dir}/vmlinux")
    cmd = [find_program("qemu-system-x86_64"), *accel_arguments(accel),
           "-smp", "2", "-m", options.memory, "-nodefaults",
           "-nic", "none", "-display", "none", "-no-reboot",
           "-kernel", image, "-initrd", f"{rundir}/initramfs",
           "-append", " ".join(append)]
    cmd += socket("console", rundir) + ["-serial", "chardev:console"]
    cmd += socket("qmp", rundir) + ["-mon", "chardev=qmp,mode=control"]
    cmd += ["-device", "virtio-serial-pci"]
    if not options.command:
        cmd += ["-chardev", "stdio,id=shell,signal=off",
                "-device", "virtconsole,chardev=shell,name=shell"]
    for name in PORTS:
        cmd += socket(name, rundir)
        cmd += ["-device", f"virtserialport,chardev={name},name={name}"]
    if options.share:
        # "none": files are ours, whoever made them in the guest
        cmd += ["-virtfs", f"local,path={comma(options.share)},"
                "mount_tag=share,security_model=none,id=share"]
    for hsm in hsms:
        cmd += ["-chardev", f"socket,id=mb{hsm.index},path={hsm.mailbox}",
                "-device",
                f"ivshmem-doorbell,chardev=mb{hsm.index},vectors=2"]
        if hsm.line:
            cmd += ["-chardev", f"serial,id=line{hsm.index},path={hsm.line}",
                    "-serial", f"chardev:line{hsm.index}"]
    if variables:
        cmd += ["-drive", f"if=pflash,format=raw,readonly=on,file={OVMF_CODE}",
                "-drive", f"if=pflash,format=raw,file={variables}"]
    return cmd + options.qemu_arguments


def socket(name, rundir):
    return ["-chardev", f"socket,id={name},path={rundir}/{name}.sock"]


def comma(path):
    """QEMU's options double a comma."""
    return path.replace(",", ",,")


class Monitor:
    """QEMU's monitor, spoken without waiting for answers."""

    def __init__(self):
        self.connection = None

    def connected(self, connection):
        self.connection = connection
        self._send("qmp_capabilities")

    def _send(self, command, **arguments):
        if not self.connection:
            raise Error("no connection to QEMU's monitor")
        request = {"execute": command, "arguments": arguments}
        self.connection.sendall(json.dumps(request).encode() + b"\n")

    def reset(self):
        """Press the reset button; the machine boots again.

        A reboot by the guest (after a panic) ends QEMU otherwise. But
        SeaBIOS reboots once more after a reset, hence booted().
        """
        self._send("set-action", reboot="reset")
        self._send("system_reset")

    def booted(self):
        """The guest is up: its next reboot is the end."""
        self._send("set-action", reboot="shutdown")


# --- KVM ---------------------------------------------------------------------

def boot_id():
    with open("/proc/sys/kernel/random/boot_id") as f:
        return f.read().strip()


def cpu_can_virtualise():
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("flags"):
                return bool({"vmx", "svm"} & set(line.split()))
    return False


def trial_boot(kernel):
    """True if the kernel comes up under KVM: it panics for want of a root,
    and QEMU exits at the reboot that follows."""
    try:
        done = subprocess.run(
            [find_program("qemu-system-x86_64"), *accel_arguments("kvm"),
             "-m", "512M", "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", kernel.image, "-serial", "stdio",
             "-append", "console=ttyS0 panic=-1"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    except subprocess.TimeoutExpired:
        return False
    return b"Kernel panic" in done.stdout


def choose_accel(kernel):
    """"kvm" where a trial boot under it works, else "tcg"."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK) or \
            not cpu_can_virtualise():
        return "tcg"
    verdict = f"{CACHE}/kvm-{boot_id()}"
    if not os.path.exists(verdict):
        works = trial_boot(kernel)
        write_atomically(verdict, b"kvm" if works else b"tcg")
    with open(verdict) as f:
        return f.read()
