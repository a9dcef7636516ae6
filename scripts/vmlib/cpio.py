# SPDX-License-Identifier: MIT
"""Write cpio archives as the kernel wants them for an initramfs.

The format is "newc", see Documentation/driver-api/early-userspace in the
kernel. Archives can be concatenated: later files replace earlier ones.
"""

import os
import stat


class Archive:
    """An archive in memory. Paths are relative to the root, owner is root."""

    def __init__(self):
        self._parts = []
        self._inode = 0
        self._dirs = set()

    def _entry(self, path, mode, data=b"", rdev=(0, 0)):
        self._inode += 1
        name = path.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0,
                  rdev[0], rdev[1], len(name), 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name
        self._parts += [head, b"\0" * (-len(head) % 4),
                        data, b"\0" * (-len(data) % 4)]

    def directory(self, path, mode=0o755):
        """Add a directory and its parents, unless they are there already."""
        if not path or path in self._dirs:
            return
        self.directory(os.path.dirname(path))
        self._dirs.add(path)
        self._entry(path, stat.S_IFDIR | mode)

    def file(self, path, data, mode=0o644):
        self.directory(os.path.dirname(path))
        self._entry(path, stat.S_IFREG | mode, data)

    def symlink(self, path, target):
        self.directory(os.path.dirname(path))
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def device(self, path, major, minor, mode=0o600):
        self.directory(os.path.dirname(path))
        self._entry(path, stat.S_IFCHR | mode, rdev=(major, minor))

    def bytes(self):
        """The finished archive, padded so that another can follow."""
        self._entry("TRAILER!!!", 0)
        data = b"".join(self._parts)
        return data + b"\0" * (-len(data) % 512)
