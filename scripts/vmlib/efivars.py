# SPDX-License-Identifier: MIT
"""Make an OVMF variable store whose `db` trusts given certificates.

Linux adds the certificates of the UEFI variable `db` to its .platform
keyring; Debian's kernels accept module signatures by keys found there.

Layouts: UEFI Platform Initialization specification, volume 3, 3.2.1
(firmware volume header); EDK II, MdeModulePkg/Include/Guid/
VariableFormat.h (variable store, authenticated variables); UEFI
specification 2.10, 32.4.1 (signature lists).
"""

import base64
import re
import struct
import uuid

from .guest import Error

AUTHENTICATED_STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
IMAGE_SECURITY_DATABASE = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
CERT_X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
OWNER = uuid.UUID("7d1c4f86-2c0e-4a0b-9b0e-2f6f0a6d3b51")

VAR_START = 0x55aa
VAR_ADDED = 0x3f
# non-volatile, boot services, run time, time-based authenticated writes
ATTRIBUTES = 0x01 | 0x02 | 0x04 | 0x20

# start, state, reserved, attributes, monotonic count, timestamp,
# index of the public key, size of the name, size of the data, vendor
VAR_HEADER = struct.Struct("<HBBIQ16sIII16s")
STORE_HEADER = struct.Struct("<16sIBBHI")
FV_HEADER_LENGTH_AT = 48
TIME_2020 = struct.pack("<HBBBBBBIhBB", 2020, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)


def der(certificate):
    """DER bytes of a certificate in PEM or DER."""
    m = re.search(rb"-----BEGIN CERTIFICATE-----(.*?)-----END", certificate,
                  re.S)
    data = base64.b64decode(m.group(1)) if m else certificate
    if data[:1] != b"\x30":
        raise Error("the certificate is neither PEM nor DER")
    return data


def signature_list(certificate):
    """EFI_SIGNATURE_LIST with the one certificate."""
    return (CERT_X509.bytes_le +
            struct.pack("<III", 28 + 16 + len(certificate), 0,
                        16 + len(certificate)) +
            OWNER.bytes_le + certificate)


def variable(name, vendor, data):
    name = (name + "\0").encode("utf-16-le")
    return VAR_HEADER.pack(VAR_START, VAR_ADDED, 0, ATTRIBUTES, 0, TIME_2020,
                           0, len(name), len(data), vendor.bytes_le) + \
        name + data


def align4(n):
    return (n + 3) & ~3


def end_of_variables(store, start, end):
    """Offset at which the next variable of the store goes."""
    at = start
    while at + VAR_HEADER.size <= end:
        fields = VAR_HEADER.unpack_from(store, at)
        if fields[0] != VAR_START:
            return at
        at = align4(at + VAR_HEADER.size + fields[7] + fields[8])
    return at


def trust(template, result, certificates):
    """Write to result the store template, with a `db` of certificates.

    template: path of an OVMF variable store without `db`
    certificates: paths of X.509 certificates, PEM or DER
    """
    with open(template, "rb") as f:
        store = bytearray(f.read())
    head = struct.unpack_from("<H", store, FV_HEADER_LENGTH_AT)[0]
    guid, size, *_ = STORE_HEADER.unpack_from(store, head)
    if uuid.UUID(bytes_le=guid) != AUTHENTICATED_STORE:
        raise Error(f"{template} is not an OVMF variable store")
    data = b""
    for path in certificates:
        with open(path, "rb") as f:
            data += signature_list(der(f.read()))
    new = variable("db", IMAGE_SECURITY_DATABASE, data)
    at = end_of_variables(store, head + STORE_HEADER.size, head + size)
    if at + len(new) > head + size:
        raise Error("the certificates do not fit into the variable store")
    store[at:at + len(new)] = new
    with open(result, "wb") as f:
        f.write(store)
