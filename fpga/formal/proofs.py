# SPDX-License-Identifier: MIT
"""What formal/run proves, and the faults with which it must not."""

SHA = ["w", "a", "b", "c", "d", "e", "f", "g", "p", "value", "k"]
LMOTS = ["lmots", "lmots/hasher", "sha256"]

PROOFS = [
    {
        "core": "sha256", "kind": "timing",
        "what": "what is hashed changes nothing but the digest",
        "secret": SHA, "free": ["word", "digest_in"], "results": ["digest"],
        "faults": [("sha256", "round == 6'd63);",
                    "round == 6'd63 | e == 32'd0);")],
    },
    {
        "core": "sha256", "kind": "reset",
        "what": "clears all registers", "ram": ["k"],
        "faults": [("sha256", "				w[n] <= 32'd0;",
                    "				w[n | 1] <= 32'd0;")],
    },
    {
        "core": "aes", "kind": "timing",
        "what": "keys and blocks change nothing but the block that comes out",
        "secret": ["s0", "s1", "s2", "s3", "before1", "before3", "kept2",
                   "previous", "round_key", "q"],
        "free": ["key", "word_in"], "results": ["word_out"],
        "faults": [("aes", "if (last_round)\n",
                    "if (last_round | next == 32'd0)\n")],
    },
    {
        "core": "aes", "kind": "reset",
        "what": "clears all registers",
        "ram": ["round_key", "q"],
        "faults": [("aes", "{before1, before3, kept2, previous} <= 56'd0;",
                    "{before1, before3, kept2} <= 24'd0;")],
    },
    {
        "core": "keywrap", "kind": "timing",
        "what": "text changes nothing but what goes to AES and comes out",
        "secret": ["read"], "free": ["text_in", "aes_out"],
        "results": ["text_out", "aes_in"],
        "faults": [("keywrap", "if (~aes_busy)\n",
                    "if (~aes_busy | aes_out == 32'd0)\n")],
    },
    {
        "core": "keywrap", "kind": "reset",
        "what": "clears all registers", "ram": ["read"],
        "faults": [("keywrap", "{length, i, pass, t, at} <= 29'd0;",
                    "{length, i, pass, at} <= 19'd0;")],
    },
    {
        # The digest is public, and so are its digits: they show in how much
        # of a chain a signature has. A node's number is, too.
        "core": "lmots", "files": LMOTS, "kind": "timing",
        "what": "seeds change nothing but results, and the seeds of children",
        "secret": SHA[:-2] + ["sha256.k", "value", "digest",
                             "previous", "read"],
        "free": ["memory_in"], "results": ["word"],
        "assume": [
            "one_r_state != 5'd9 | one_r_read == two_r_read",
            "~(memory_write & memory_number == 7'd4) | "
            "one_memory_in == two_memory_in"],
        "assert": ["one_result | one_child | "
                   "(one_word == 32'd0 & two_word == 32'd0)"],
        "faults": [
            ("lmots", "if (levels == height) begin",
             "if (levels == height | read == 32'd0) begin"),
            ("hasher", "wire        stored = state == STORE & (k == 7'd7);",
             "wire        stored = state == STORE & "
             "(k == 7'd7 | digest == 32'd0);"),
            ("lmots", "assign word = gives ? read : 32'd0;",
             "assign word = outputs ? read : 32'd0;")],
    },
    {
        "core": "lmots", "files": LMOTS, "kind": "reset",
        "what": "clears all registers", "ram": ["sha256.k", "read"],
        "faults": [("hasher", "			previous <= 24'd0;", "")],
    },
    {
        "core": "bus", "files": ["bus", "bus/spi_bytes"], "kind": "reset",
        "what": "clears all registers", "ram": ["waited"],
        "faults": [("bus", "			write_data <= 32'd0;", "")],
    },
    {
        "core": "trng", "kind": "reset", "what": "clears all registers",
        "faults": [("trng", "			crc <= 32'd0;", "")],
    },
    {
        "core": "mkm", "kind": "reset", "what": "clears all registers",
        "faults": [("mkm", "			word <= 32'd0;", "")],
    },
    {
        # what the noise is changes `failed`, by the health tests, and no more
        "core": "trng", "kind": "timing",
        "what": "noise changes nothing but the word, while no test fails",
        "secret": ["seen", "last", "equal", "first", "same", "crc"],
        "free": ["noise"], "results": ["word"],
        "assume": ["(one_r_equal == 7'd101) == (two_r_equal == 7'd101)",
                   "(one_r_same == 11'd904) == (two_r_same == 11'd904)"],
        "faults": [("trng", "full <= started & (folded == SAMPLES);",
                    "full <= started & (folded == SAMPLES) & ~crc[0];")],
    },
    {
        "core": "mkm", "kind": "timing",
        "what": "words change nothing but what goes to the memory and comes",
        "secret": ["word"], "free": ["word_in", "miso"],
        "results": ["word_out", "mosi"],
        "faults": [("mkm", "if (over)\n", "if (over | word == 32'd0)\n")],
    },
    {
        "core": "vault", "kind": "reset", "what": "clears all registers",
        # ring_full follows from counters that are cleared, a cycle later
        "ram": ["instruction", "slot_word", "store_word", "ring_full"],
        "faults": [("vault", "			sum <= 32'd0;\n			{carry, tests",
                    "			{carry, tests")],
    },
    {
        # The instruction is a word of a listing that never changes, at pc.
        "core": "vault", "kind": "timing",
        "what": "values of slots change nothing but words that move",
        "secret": ["instruction", "slot_word", "store_word", "sum", "carry"],
        "free": ["text_word", "random", "memory_word", "tree_word"],
        "results": ["data", "read_data"],
        "assume": [
            "one_r_instruction == two_r_instruction",
            # uses and flags of slots are public
            "one_r_phase != 2'd2 | one_r_instruction[18:15] != 4'd3 | "
            "one_data == two_data",
            # that two values are not equal is what `differs` says
            "~one_r_tests | "
            "(one_r_sum == 32'd0) == (two_r_sum == 32'd0)",
            # serials of the tamper memory
            "one_r_phase != 2'd2 | one_r_instruction[18:14] != 5'd15 | "
            "one_r_instruction[7:5] != 3'd4 | one_r_sum[0] == two_r_sum[0]"],
        # Words of the store that the bus may read are chosen by address
        # alone; TEXT is zero unless public; all else is public anyway.
        "assert": [
            "address[15:6] == 10'd0 | address[15:1] == 15'h0080 | "
            "address[15:1] == 15'h0081 | address[15:8] == 8'h02 | "
            "one_read_data == two_read_data",
            "address[15:8] != 8'h02 | one_r_public_text | "
            "(one_read_data == 32'd0 & two_read_data == 32'd0)"],
        "faults": [
            ("vault", "wire        more = k != fixed;",
             "wire        more = k != fixed & ~sum[7];"),
            ("vault", "REG_TEXT[15:8] & public_text ? text_word",
             "REG_TEXT[15:8] ? text_word")],
    },
    {
        "core": "keywrap", "kind": "wipe", "what": "text, in 256 cycles",
        "memory": {"name": "text", "words": 256, "cycles": 256,
                   "begins": "rst", "wipes": "wiping", "count": "r_wipe"},
        "faults": [("keywrap", "else if (busy ? stores : text_write)",
                    "if (busy ? stores : text_write)"),
                   ("keywrap", "wiping <= ~&wipe;",
                    "wiping <= ~&wipe[7:1];")],
    },
    {
        # nothing is asked for while it wipes: the vault waits
        "core": "aes", "kind": "wipe", "what": "round keys, in 64 cycles",
        "memory": {"name": "round_keys", "words": 64, "cycles": 64,
                   "begins": "rst", "wipes": "wiping", "count": "r_number",
                   "assume": ["~wiping | ~(start | expand | key_write)"],
                   "assert": ["~wiping | (r_state == 2'd0 & ~r_made & "
                              "r_previous == 32'd0)"]},
        "faults": [("aes", "round_keys[{2'b00, number}] <= previous;",
                    "round_keys[{3'b000, number[4:0]}] <= previous;")],
    },
    {
        "core": "hasher", "files": ["lmots/hasher", "sha256"],
        "kind": "wipe", "what": "the memory of trees, in 128 cycles",
        "memory": {"name": "memory", "words": 128, "cycles": 128,
                   "begins": "rst", "wipes": "wiping", "count": "r_k",
                   "assume": ["~wiping | ~start"],
                   "assert": ["~wiping | r_state == 3'd0"]},
        "faults": [("hasher", "memory[{1'b0, k}] <= 32'd0;",
                    "memory[{1'b0, k}] <= digest;")],
    },
    {
        "core": "vault", "kind": "wipe", "what": "slots, in 256 cycles",
        "memory": {"name": "slots", "words": 256, "cycles": 256,
                   "begins": "zeroise", "wipes": "r_zeroes",
                   "count": "r_zero_number",
                   "assume": ["~r_zeroes | tree_word == 32'd0"],
                   "assert": ["~r_zeroes | (r_busy & r_phase == 2'd0 & "
                              "r_from == 16'd0 & data == 32'd0)"]},
        "faults": [("vault", "wire        slot_we = zeroes |",
                    "wire        slot_we = (zeroes & ~zero_number[7]) |")],
    },
    {
        "core": "vault", "kind": "wipe",
        "what": "the table and the program's words, in 256 cycles",
        "memory": {"name": "store", "words": 128, "cycles": 256,
                   "begins": "zeroise", "wipes": "r_zeroes",
                   "count": "r_zero_number",
                   "assume": ["~r_zeroes | tree_word == 32'd0"],
                   "assert": ["~r_zeroes | (r_busy & r_phase == 2'd0 & "
                              "r_from == 16'd0 & data == 32'd0)"]},
        "faults": [("vault", "{1'b0, zero_number[6:0]}",
                    "{2'b00, zero_number[5:0]}")],
    },
    {
        "core": "vault", "kind": "rule",
        "what": "P3: what uses and flags become, and who uses a value",
        "rules": ["vault.vh", "vault_use.vh"],
        "faults": [
            ("program", "\tleaks refused\n", ""),
            ("program", "\ttaint always\n", ""),
            ("program", "loop f sign_empty", "loop c sign_empty")],
    },
]
