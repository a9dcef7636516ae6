# SPDX-License-Identifier: MIT
"""Rules of the vault, by induction: what formal/run needs for them.

The vault's Verilog stands as it is, with its program; its memories are replaced
by ports, through which the rules (NAME.v beside this) watch the words that they
are about. A word may have any number: so what is shown holds for all of them.
"""

import json
import os

import memories
import walk



def row(facts):
    """What is known, as a number: the fields of `row` in vault.vh."""
    value = 0
    for part, width in (
            (facts["k"][0], 8), (facts["k"][1], 8),
            (facts["m"][0], 6), (facts["m"][1], 6),
            (facts["A"][0], 6), (facts["A"][1], 6),
            (facts["B"][0], 6), (facts["B"][1], 6),
            (facts["flags"][0], 8), (facts["flags"][1], 8),
            (facts["of"] == "A", 1), (facts["of"] == "B", 1),
            (facts["of_begun"], 1), (facts["same"], 1),
            (facts["taint"] is not None, 1), (facts["taint"] == "A", 1),
            (facts["taint"] == "1", 1), (facts["noleak"], 1),
            (facts["equal"], 1), (1, 1)):
        value = value << width | int(part)
    return value


ROW_BITS, PLACE_BITS = 78, 10


def tables(folder):
    """tables.vh: names of places, and what is known at each."""
    walked = walk.Walk(os.path.join(folder, "vault", "assemble"))
    out = [f"localparam [8:0] AT_{name} = 9'd{pc};"
           for name, pc in walked.labels.items()]
    out += [f"localparam [7:0] OWN_{name} = 8'h{n:02x};"
            for name, n in walked.own.items()]
    out += [f"localparam FLAG_{name} = {n};"
            for name, n in walked.flags.items()]
    out.append("function inside(input [8:0] pc); case (pc)")
    out += [f"9'd{pc}: inside = 1'b1;" for pc in sorted(walked.inside)]
    out += ["default: inside = 1'b0; endcase endfunction",
            "function [31:0] constant(input [7:0] n); case (n)"]
    out += [f"8'd{n}: constant = 32'h{c:08x};"
            for n, c in walked.constants.items()]
    out += ["default: constant = 32'd0; endcase endfunction",
            f"function [{PLACE_BITS - 1}:0] place_of(input waits, "
            "input [5:0] op, input [8:0] back, input [8:0] pc);",
            "case ({waits, op, back, pc})"]
    groups = {}
    for waits, rows in ((0, walked.rows), (1, walked.after)):
        for (op, back, pc), facts in rows.items():
            groups.setdefault(row(facts), []).append(
                f"{{1'd{waits}, 6'd{op}, 9'd{back}, 9'd{pc}}}")
    values = list(groups)
    out += [",\n".join(groups[value]) + f": place_of = {n};"
            for n, value in enumerate(values, 1)]
    out += ["default: place_of = 0; endcase endfunction",
            f"function [{ROW_BITS - 1}:0] row_of("
            f"input [{PLACE_BITS - 1}:0] place); case (place)"]
    out += [f"{PLACE_BITS}'d{n}: row_of = {ROW_BITS}'h{value:x};"
            for n, value in enumerate(values, 1)]
    out += [f"default: row_of = {ROW_BITS}'d0; endcase endfunction"]
    if len(values) >= 1 << PLACE_BITS:
        raise ValueError("too many places")
    with open(os.path.join(folder, "tables.vh"), "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")


def holds(proof, folder, shape, yosys, solve):
    """Are the rules kept? One step of induction, from any state that they allow."""
    core = proof["core"]
    ports, _ = shape(proof, folder)
    with open(f"{folder}/open.json", encoding="utf-8") as f:
        design = json.load(f)
    ports.update(memories.outward(design, core))
    with open(f"{folder}/out.json", "w", encoding="utf-8") as f:
        json.dump(design, f)
    here = os.path.dirname(os.path.abspath(__file__))
    text = "".join(f'`include "{os.path.join(here, name)}"\n'
                   for name in proof["rules"])
    tables(folder)
    with open(f"{folder}/proof.v", "w", encoding="utf-8") as f:
        f.write(memories.wrapper(core, ports, text))
    yosys("read_json out.json; memory_map; setundef -undriven -anyseq; "
          f"read_verilog -formal -I{folder} -I{folder}/regs proof.v; "
          "hierarchy -top proof; proc -norom; flatten; async2sync; dffunmap; "
          "opt_clean -purge; write_ilang proof.il", folder)
    return solve("proof.il", "proof", folder)
