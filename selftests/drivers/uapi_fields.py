#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
uapi_fields.py HEADER...: the structs and fields and the ioctls that the
headers have, as macros: S(struct) F(struct, field) and I(ioctl). What it does not
understand is an error.
"""
import re
import sys

text = re.sub(r"/\*.*?\*/", "", "\n".join(
    open(name).read() for name in sys.argv[1:]), flags=re.S)
lines = []
for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.S | re.M):
    lines.append(f"S({name})")
    for field in filter(None, (f.strip() for f in body.split(";"))):
        found = re.fullmatch(r"(?:struct )?\w+\s+(\w+)(?:\[\w+\])?", field)
        if not found:
            sys.exit(f"{name}: what is {field}?")
        lines.append(f"F({name}, {found[1]})")
if len(re.findall(r"\bstruct \w+ \{", text)) != sum(
        line[0] == "S" for line in lines):
    sys.exit("a struct that was not understood")
lines += [f"I({name})" for name in re.findall(
    r"^#define CRYPTECH_IOC_(\w+) \\\n\s+_IO", text, re.M)]
print("#define UAPI_FIELDS(S, F, I) \\\n" + " \\\n".join(lines))
