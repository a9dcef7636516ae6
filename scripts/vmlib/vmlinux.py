# SPDX-License-Identifier: MIT
"""The kernel proper, out of a compressed image.

An emulated processor needs seconds to unpack a kernel. QEMU boots the
unpacked one as well, through its PVH entry. Layout of a bzImage: the
kernel's Documentation/arch/x86/boot.rst.
"""

import lzma
import os
import struct
import subprocess

from .guest import Error, write_atomically

SETUP_SECTS_AT = 0x1f1
PAYLOAD_OFFSET_AT = 0x248
PAYLOAD_LENGTH_AT = 0x24c


def payload(image):
    """The compressed kernel in a bzImage."""
    if image[0x202:0x206] != b"HdrS":
        raise Error("not a bzImage")
    start = (image[SETUP_SECTS_AT] + 1) * 512
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET_AT)
    return image[start + offset:start + offset + length]


def unpack(data):
    # the last four bytes are the unpacked size, added by the build
    if data.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return subprocess.run(["zstd", "-dc"], input=data[:-4], check=True,
                              stdout=subprocess.PIPE).stdout
    raise Error("the kernel is compressed in an unknown way")


def unpacked(bzimage, cached):
    """Path of the unpacked kernel: cached, made from bzimage if need be."""
    if not os.path.exists(cached):
        with open(bzimage, "rb") as f:
            data = unpack(payload(f.read()))
        if not data.startswith(b"\x7fELF"):
            raise Error(f"{bzimage} does not hold an ELF kernel")
        write_atomically(cached, data)
    return cached
