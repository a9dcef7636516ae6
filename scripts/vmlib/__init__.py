# SPDX-License-Identifier: MIT
"""A virtual machine with HSMs: the parts of scripts/vm.

cpio     initramfs archives
guest    what is in the virtual machine
hsm      HSM processes, started and tormented on the guest's behalf
qemu     QEMU's command line, sockets and monitor
machine  one run from boot to exit status
vmlinux  the kernel, unpacked
efivars  certificates for the UEFI variable store
"""
