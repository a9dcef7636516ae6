# SPDX-License-Identifier: MIT
"""Memories are zero when their wiping is over: what formal/run needs for it.

The core's Verilog stands as it is; its memories are replaced by ports, through
which one word is watched. It may have any number: so what is shown holds for
every word.
"""

import json


def outward(design, core):
    """Memories of a core as ports: NAME_ra, NAME_rd for what is read, NAME_we,
    NAME_wa, NAME_wd. What is never written stays; NAME_word is what it gives."""
    module = design["modules"][core]
    ports = {}
    for name, cell in list(module["cells"].items()):
        if cell["type"] != "$mem_v2":
            continue
        memory = cell["parameters"]["MEMID"].strip("\\").split(".")[-1]
        wires = cell["connections"]
        if not wires["WR_EN"]:		# a listing or a table
            port, bits = f"{memory}_word", wires["RD_DATA"]
            module["ports"][port] = {"direction": "output", "bits": bits}
            module["netnames"][port] = {"hide_name": 0, "bits": bits,
                                        "attributes": {}}
            ports[port] = ("output", len(bits))
            continue
        width = int(cell["parameters"]["WIDTH"], 2)
        enables = [wires["WR_EN"][n:n + width]
                   for n in range(0, len(wires["WR_EN"]), width)]
        if int(cell["parameters"]["RD_PORTS"], 2) != 1 or \
                any(len(set(map(str, e))) != 1 for e in enables):
            raise ValueError(f"{memory}: one port to read; whole words")
        for end, direction, bits in (
                ("ra", "output", wires["RD_ADDR"]),
                ("rd", "input", wires["RD_DATA"]),
                ("we", "output", [e[0] for e in enables]),
                ("wa", "output", wires["WR_ADDR"]),
                ("wd", "output", wires["WR_DATA"])):
            port = f"{memory}_{end}"
            module["ports"][port] = {"direction": direction, "bits": bits}
            module["netnames"][port] = {"hide_name": 0, "bits": bits,
                                        "attributes": {}}
            ports[port] = (direction, len(bits))
        del module["cells"][name]
    return ports


def wrapper(core, ports, text):
    """The core, its inputs free, all its wires there for the assertions."""
    ins, body = [], []
    for name, (direction, width) in ports.items():
        wire = f"[{width - 1}:0] " if width > 1 else ""
        (ins if direction == "input" else body).append(
            f"input {wire}{name}" if direction == "input"
            else f"wire {wire}{name};")
    body.append(f"{core} core (" +
                ", ".join(f".{p}({p})" for p in ports) + ");")
    return "module proof (" + ",\n".join(ins) + ");\n" + \
        "\n".join(body) + "\n" + text + "\nendmodule\n"


def wiping(memory, ports):
    """A memory is zero when its wiping is over, word by word: any word."""
    name, words = memory["name"], memory["words"]
    writes = ports[f"{name}_we"][1]
    bits = ports[f"{name}_wa"][1] // writes
    # of two writes to one word the later port's counts
    update = [f"if ({name}_we[{n}] & {name}_wa[{n * bits} +: {bits}] == at) "
              f"word <= {name}_wd[{32 * n} +: 32];" for n in range(writes)]
    within = " & ".join(f"(~{name}_we[{n}] | {name}_wa[{n * bits} +: {bits}] "
                        f"< {words})" for n in range(writes))
    begins, wipes, count = (memory[x] for x in ("begins", "wipes", "count"))
    return "\n".join(
        [f"(* anyconst *) wire [{bits - 1}:0] at;",
         "reg [31:0] word; reg [9:0] age; reg alive = 0, untouched;",
         "always @(posedge clk) begin", *update,
         f"alive <= alive | ({begins});",
         f"if ({begins}) age <= 0; else if (~&age) age <= age + 1;",
         f"untouched <= ({begins}) | (untouched & ({wipes} | ~|{name}_we));",
         "end",
         f"always @* assume (at < {words});",
         *(f"always @* assume ({a});" for a in memory.get("assume", [])),
         "always @* if (alive) begin",
         *(f"assert ({a});" for a in memory.get("assert", [])),
         f"assert (~({wipes}) | (age == {count} & untouched));",
         f"assert (({wipes}) | age >= {memory['cycles']});",
         f"assert (({wipes} & {count} <= at) | ~untouched | word == 0);",
         f"assert ({within});", "end"])


def holds(proof, folder, shape, yosys, solve):
    """Are they kept? One step of induction, from any state that they allow."""
    core = proof["core"]
    ports, _ = shape(proof, folder)
    with open(f"{folder}/open.json", encoding="utf-8") as f:
        design = json.load(f)
    ports.update(outward(design, core))
    with open(f"{folder}/out.json", "w", encoding="utf-8") as f:
        json.dump(design, f)
    with open(f"{folder}/proof.v", "w", encoding="utf-8") as f:
        f.write(wrapper(core, ports, wiping(proof["memory"], ports)))
    yosys("read_json out.json; memory_map; setundef -undriven -anyseq; "
          "read_verilog -formal proof.v; "
          "hierarchy -top proof; proc -norom; flatten; async2sync; dffunmap; "
          "opt_clean -purge; write_ilang proof.il", folder)
    return solve("proof.il", "proof", folder)
