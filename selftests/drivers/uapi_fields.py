#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
uapi_fields.py HEADER...: the structs and fields and the ioctls that the
headers have, as macros. UAPI_FIELDS: S(struct) F(struct, field) and I(ioctl);
UAPI_CALLS: of each ioctl C(ioctl), and of its struct P(struct, field), where that
is a pointer, or else F(struct, field). What it does not understand is an error.
"""
import re
import sys

text = re.sub(r"/\*.*?\*/", "", "\n".join(
    open(name).read() for name in sys.argv[1:]), flags=re.S)
lines = []
fields = {}
for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.S | re.M):
    lines.append(f"S({name})")
    fields[name] = []
    for field in filter(None, (f.strip() for f in body.split(";"))):
        found = re.fullmatch(r"(?:struct )?\w+\s+(\w+)(?:\[\w+\])?", field)
        if not found:
            sys.exit(f"{name}: what is {field}?")
        lines.append(f"F({name}, {found[1]})")
        kind = "P" if field.startswith("__aligned_u64") else "F"
        fields[name].append(f"{kind}({name}, {found[1]})")
if len(re.findall(r"\bstruct \w+ \{", text)) != sum(
        line[0] == "S" for line in lines):
    sys.exit("a struct that was not understood")
lines += [f"I({name})" for name in re.findall(
    r"^#define CRYPTECH_IOC_(\w+) \\\n\s+_IO", text, re.M)]
calls = []
for name, struct in re.findall(
        r"^#define CRYPTECH_IOC_(\w+) \\\n\s+_IOWR\(CRYPTECH_IOC_MAGIC, "
        r"0x[0-9a-f]+, struct (\w+)\)", text, re.M):
    calls += [f"C({name})", *fields[struct]]
print("#define UAPI_FIELDS(S, F, I) \\\n" + " \\\n".join(lines))
print("#define UAPI_CALLS(C, F, P) \\\n" + " \\\n".join(calls))
