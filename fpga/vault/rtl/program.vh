// SPDX-License-Identifier: MIT
// Made by vault/assemble of vault/program.txt. Do not edit.

localparam [8:0] START = 9'd49;
localparam PROGRAM_WORDS = 505;
localparam [16159:0] PROGRAM = {	// the first highest
	32'h49080000,	// 000
	32'h4f080000,	// 001 MASTER_NEW
	32'h59080000,	// 002 MASTER_ENTER
	32'h5d080000,	// 003 MASTER_WIPE
	32'h49080000,	// 004
	32'h49080000,	// 005
	32'h49080000,	// 006
	32'h49080000,	// 007
	32'h5e080000,	// 008 DERIVE
	32'h7d880000,	// 009 GENERATE
	32'h81080000,	// 00a WRITE
	32'h83880000,	// 00b WIPE
	32'h84880000,	// 00c INFO
	32'h49080000,	// 00d
	32'h49080000,	// 00e
	32'h49080000,	// 00f
	32'h89080000,	// 010 WRAP
	32'h89080000,	// 011 UNWRAP
	32'h98080000,	// 012 SEAL
	32'h98080000,	// 013 UNSEAL
	32'ha1080000,	// 014 ENCRYPT
	32'ha1080000,	// 015 DECRYPT
	32'h49080000,	// 016
	32'h49080000,	// 017
	32'h49080000,	// 018
	32'h49080000,	// 019
	32'h49080000,	// 01a
	32'h49080000,	// 01b
	32'h49080000,	// 01c
	32'h49080000,	// 01d
	32'h49080000,	// 01e
	32'h49080000,	// 01f
	32'ha8080000,	// 020 CHILD
	32'haf880000,	// 021 LEAF
	32'hb4080000,	// 022 NODE
	32'h49080000,	// 023
	32'h49080000,	// 024
	32'h49080000,	// 025
	32'h49080000,	// 026
	32'h49080000,	// 027
	32'hb7880000,	// 028 TABLE_NEW
	32'hba080000,	// 029 TABLE_LOAD
	32'hc5880000,	// 02a ENTRY_NEW
	32'hcf880000,	// 02b ENTRY_FREE
	32'hd2880000,	// 02c ENTRY_INFO
	32'hd4880000,	// 02d PREPARE
	32'heb080000,	// 02e COMMIT
	32'hf1080000,	// 02f BEGIN
	32'hf7880000,	// 030 SIGN
	32'h0003c0e8,	// 031 mode
	32'h1a480007,	// 032 if WIPE wipe_next
	32'h1c50000a,	// 033 unless OPENED load
	32'h00034100,	// 034 write memory[k]
	32'h00030100,	// 035 read memory[k]
	32'h1a165817,	// 036 sum =? memory ; loop 17 wipe_next
	32'h28b00000,	// 037 differs started
	32'h1c48000b,	// 038 if TAMPER load
	32'h31200000,	// 039 call place
	32'h2bb00000,	// 03a differs only_second
	32'h00060856,	// 03b sum = GOT_S
	32'h00009058,	// 03c FIRST_S = sum
	32'h00060857,	// 03d sum = GOT_C
	32'h00009059,	// 03e FIRST_C = sum
	32'h000608c0,	// 03f sum = #1
	32'h3123c080,	// 040 odd ; call place
	32'h24300000,	// 041 differs use_first
	32'h00074858,	// 042 sum = FIRST_S + 1
	32'h0004c856,	// 043 sum ^! GOT_S
	32'h26600000,	// 044 equal use_second
	32'h00074856,	// 045 sum = GOT_S + 1
	32'h0004c858,	// 046 sum ^! FIRST_S
	32'h28b00000,	// 047 differs started
	32'h00060858,	// 048 sum = FIRST_S
	32'h00009056,	// 049 GOT_S = sum
	32'h00060859,	// 04a sum = FIRST_C
	32'h00009057,	// 04b GOT_C = sum
	32'h00060856,	// 04c sum = GOT_S
	32'h00009046,	// 04d SERIAL = sum
	32'h00060857,	// 04e sum = GOT_C
	32'h00009043,	// 04f EPOCH = sum
	32'h3da00000,	// 050 call facts
	32'h2b48000a,	// 051 if OPENED start_none
	32'h2b500007,	// 052 unless WIPE start_none
	32'h0003c027,	// 053 unset WIPE
	32'h4d480000,	// 054 if MEMORY done
	32'h4b080000,	// 055 goto no_memory
	32'h4d8bc027,	// 056 unset WIPE ; goto finish
	32'h000608c0,	// 057 sum = #1
	32'h3123c080,	// 058 odd ; call place
	32'h26600000,	// 059 equal use_second
	32'h3da00000,	// 05a call facts
	32'h2fd00001,	// 05b unless MASTER anew
	32'h0003c021,	// 05c unset MASTER
	32'h0003c022,	// 05d unset ENTERED
	32'h288bc020,	// 05e unset MEMORY ; goto started
	32'h35a08055,	// 05f NEW_C = none ; call put
	32'h28600000,	// 060 equal loaded
	32'h288bc020,	// 061 unset MEMORY ; goto started
	32'h00030010,	// 062 read memory[10]
	32'h00009856,	// 063 GOT_S = memory
	32'h00061800,	// 064 sum = memory
	32'h00030011,	// 065 read memory[11]
	32'h00009857,	// 066 GOT_C = memory
	32'h00041800,	// 067 sum ^= memory
	32'h00030012,	// 068 read memory[12]
	32'h00041800,	// 069 sum ^= memory
	32'h002cc8c1,	// 06a sum ^! #5a5aa5a5 ; return
	32'h00060846,	// 06b sum = SERIAL
	32'h0003c080,	// 06c odd
	32'h00035010,	// 06d write memory[10] = sum
	32'h00060855,	// 06e sum = NEW_C
	32'h00035011,	// 06f write memory[11] = sum
	32'h00040846,	// 070 sum ^= SERIAL
	32'h000408c1,	// 071 sum ^= #5a5aa5a5
	32'h00035012,	// 072 write memory[12] = sum
	32'h00030012,	// 073 read memory[12]
	32'h0004d800,	// 074 sum ^! memory
	32'h00030011,	// 075 read memory[11]
	32'h00061800,	// 076 sum = memory
	32'h00044855,	// 077 sum ^? NEW_C
	32'h00030010,	// 078 read memory[10]
	32'h00061800,	// 079 sum = memory
	32'h002c4846,	// 07a sum ^? SERIAL ; return
	32'h0003c000,	// 07b set MEMORY
	32'h00030008,	// 07c read memory[8]
	32'h00061800,	// 07d sum = memory
	32'h0004c8c2,	// 07e sum ^! #4b455931
	32'h42600000,	// 07f equal facts_master
	32'h00061800,	// 080 sum = memory
	32'h0004c8c3,	// 081 sum ^! #4b455932
	32'h44b00000,	// 082 differs facts_end
	32'h0003c002,	// 083 set ENTERED
	32'h0003c001,	// 084 set MASTER
	32'h00030009,	// 085 read memory[9]
	32'h00009844,	// 086 NONCE0 = memory
	32'h0003000a,	// 087 read memory[a]
	32'h00009845,	// 088 NONCE1 = memory
	32'h00280000,	// 089 return
	32'h4d8bc0c9,	// 08a end OK public ; goto finish
	32'h470bc0c1,	// 08b end OK ; goto wipe_text
	32'h470bc0c3,	// 08c end BROKEN ; goto wipe_text
	32'h0003c0c2,	// 08d end REFUSED
	32'h0005c000,	// 08e k = 0
	32'h0007c000,	// 08f at = 0
	32'h4810c0ff,	// 090 text = none ; loop ff wipe_word
	32'h4d880000,	// 091 goto finish
	32'h4d8bc0c7,	// 092 end UNKNOWN ; goto finish
	32'h4d8bc0c2,	// 093 end REFUSED ; goto finish
	32'h4d8bc0c6,	// 094 end EXHAUSTED ; goto finish
	32'h0003c020,	// 095 unset MEMORY
	32'h4d8bc0c5,	// 096 end NO_MEMORY ; goto finish
	32'h0005c000,	// 097 k = 0
	32'h4c10410f,	// 098 a[k] = none ; loop f no_random_word
	32'h4d8bc0c4,	// 099 end NO_RANDOM ; goto finish
	32'h0003c0c1,	// 09a end OK
	32'h00038000,	// 09b clean
	32'h00060000,	// 09c sum = none
	32'h4e8bc0e4,	// 09d idle ; goto idle
	32'h4b500000,	// 09e unless MEMORY no_memory
	32'h49c80001,	// 09f if MASTER refused
	32'h00001400,	// 0a0 none = random
	32'h57a61400,	// 0a1 sum = random ; call put_word
	32'h50900007,	// 0a2 loop 7 new_word
	32'h000608c2,	// 0a3 sum = #4b455931
	32'h0000905a,	// 0a4 MARK = sum
	32'h0005c009,	// 0a5 k = 9
	32'h57a61400,	// 0a6 sum = random ; call put_word
	32'h5310000a,	// 0a7 loop a nonce_word
	32'h4cc80018,	// 0a8 if FAILED no_random
	32'h4ab00000,	// 0a9 differs memory_lost
	32'h0005c008,	// 0aa k = 8
	32'h57a6085a,	// 0ab sum = MARK ; call put_word
	32'h4ab00000,	// 0ac differs memory_lost
	32'h3da00000,	// 0ad call facts
	32'h4d080000,	// 0ae goto done
	32'h00035100,	// 0af write memory[k] = sum
	32'h00030100,	// 0b0 read memory[k]
	32'h002c5800,	// 0b1 sum ^? memory ; return
	32'h4b500000,	// 0b2 unless MEMORY no_memory
	32'h49c80001,	// 0b3 if MASTER refused
	32'h57a60c00,	// 0b4 sum = text ; call put_word
	32'h5a100007,	// 0b5 loop 7 enter_word
	32'h0005c0f8,	// 0b6 k = f8
	32'h0007c000,	// 0b7 at = 0
	32'h5c10c0ff,	// 0b8 text = none ; loop ff enter_wipe
	32'h520e08c3,	// 0b9 sum = #4b455932 ; goto mark
	32'h0003c007,	// 0ba set WIPE
	32'h0003c0e1,	// 0bb zeroise
	32'h4b500000,	// 0bc unless MEMORY no_memory
	32'h4b500001,	// 0bd unless MASTER no_memory
	32'h49480017,	// 0be if WIDE unknown
	32'h49480011,	// 0bf if B_IS_NO_USE unknown
	32'h000608c4,	// 0c0 sum = #77726170
	32'h000188c5,	// 0c1 meta = #80000009
	32'h62d00010,	// 0c2 unless B_IS_OPEN derive
	32'h000608c6,	// 0c3 sum = #6f70656e
	32'h000188c7,	// 0c4 meta = #8000000b
	32'h00009054,	// 0c5 LABEL = sum
	32'h6310410f,	// 0c6 a[k] = none ; loop f derive_empty
	32'h0005c000,	// 0c7 k = 0
	32'h00030100,	// 0c8 read memory[k]
	32'h64115907,	// 0c9 key = memory ; loop 7 derive_key
	32'h00021800,	// 0ca expand memory
	32'h00030008,	// 0cb read memory[8]
	32'h0005c0fc,	// 0cc k = fc
	32'h6690c0ff,	// 0cd text = none ; loop ff derive_zero
	32'h0002401a,	// 0ce encrypt 1
	32'h0007c003,	// 0cf at = 3
	32'h00060c00,	// 0d0 sum = text
	32'h00051000,	// 0d1 sum += sum
	32'h00009053,	// 0d2 SUBKEY3 = sum
	32'h0007c002,	// 0d3 at = 2
	32'h00060c00,	// 0d4 sum = text
	32'h00059000,	// 0d5 sum += sum + carry
	32'h00009052,	// 0d6 SUBKEY2 = sum
	32'h0007c001,	// 0d7 at = 1
	32'h00060c00,	// 0d8 sum = text
	32'h00059000,	// 0d9 sum += sum + carry
	32'h00009051,	// 0da SUBKEY1 = sum
	32'h0007c000,	// 0db at = 0
	32'h00060c00,	// 0dc sum = text
	32'h00059000,	// 0dd sum += sum + carry
	32'h00009050,	// 0de SUBKEY0 = sum
	32'h00060853,	// 0df sum = SUBKEY3
	32'h00042800,	// 0e0 sum ^= carried
	32'h00009053,	// 0e1 SUBKEY3 = sum
	32'h76a608c0,	// 0e2 sum = #1 ; call derive_block
	32'h0005c000,	// 0e3 k = 0
	32'h72104d03,	// 0e4 a[k] = text ; loop 3 derive_low
	32'h76a608c8,	// 0e5 sum = #2 ; call derive_block
	32'h0005c004,	// 0e6 k = 4
	32'h73904d07,	// 0e7 a[k] = text ; loop 7 derive_high
	32'h00005c0d,	// 0e8 a[d] = meta
	32'h0005c050,	// 0e9 k = 50
	32'h75108153,	// 0ea store[k] = none ; loop 53 derive_wipe
	32'h0003c0c1,	// 0eb end OK
	32'h478dc0fc,	// 0ec k = fc ; goto wipe_rest
	32'h0007c000,	// 0ed at = 0
	32'h00040850,	// 0ee sum ^= SUBKEY0
	32'h0000d000,	// 0ef text = sum
	32'h00060851,	// 0f0 sum = SUBKEY1
	32'h00040854,	// 0f1 sum ^= LABEL
	32'h0000d000,	// 0f2 text = sum
	32'h00060852,	// 0f3 sum = SUBKEY2
	32'h0004085c,	// 0f4 sum ^= ARGUMENT
	32'h0000d000,	// 0f5 text = sum
	32'h00060853,	// 0f6 sum = SUBKEY3
	32'h000408c9,	// 0f7 sum ^= #100
	32'h0000d000,	// 0f8 text = sum
	32'h0002401a,	// 0f9 encrypt 1
	32'h002fc000,	// 0fa at = 0 ; return
	32'h0001c85c,	// 0fb fresh = ARGUMENT
	32'h49b80000,	// 0fc not_use BLOCK refused
	32'h00001400,	// 0fd none = random
	32'h7f10550b,	// 0fe a[k] = random ; loop b generate_word
	32'h4bc80018,	// 0ff if FAILED no_random_a
	32'h0000400c,	// 100 a[c] = none
	32'h4d085c0d,	// 101 a[d] = meta ; goto done
	32'h0001c85c,	// 102 fresh = ARGUMENT
	32'h0003c041,	// 103 taint always
	32'h82104d0b,	// 104 a[k] = text ; loop b write_word
	32'h0000640c,	// 105 a[c] = n
	32'h45885c0d,	// 106 a[d] = meta ; goto wipe_done
	32'h8390410f,	// 107 a[k] = none ; loop f WIPE
	32'h4d080000,	// 108 goto done
	32'h0005c008,	// 109 k = 8
	32'h8510c50d,	// 10a text = a[k] ; loop d info_word
	32'h45080000,	// 10b goto done_public
	32'h0005c000,	// 10c k = 0
	32'h88480016,	// 10d if LONG key_long
	32'h87114503,	// 10e key = a[k] ; loop 3 key_short
	32'h002a0403,	// 10f expand a[3] ; return
	32'h88114507,	// 110 key = a[k] ; loop 7 key_long
	32'h002a0407,	// 111 expand a[7] ; return
	32'h0001840d,	// 112 meta = a[d]
	32'h49b80001,	// 113 not_use WRAP refused
	32'h8623c040,	// 114 taint ; call key
	32'h8f480019,	// 115 if INVERSE unwrap
	32'h0001860d,	// 116 meta = b[d]
	32'h49c00000,	// 117 not_slot refused
	32'h49d80000,	// 118 leaks refused
	32'h0000c8ca,	// 119 text = #a65959a6
	32'h0000c8cb,	// 11a text = #40
	32'h0005c000,	// 11b k = 0
	32'h8e10c70f,	// 11c text = b[k] ; loop f wrap_word
	32'h450a4008,	// 11d wrap 8 ; goto done_public
	32'h0005c000,	// 11e k = 0
	32'h8f90430f,	// 11f b[k] = none ; loop f unwrap_empty
	32'h00024009,	// 120 unwrap 8
	32'h0007c000,	// 121 at = 0
	32'h00060c00,	// 122 sum = text
	32'h000448ca,	// 123 sum ^? #a65959a6
	32'h00060c00,	// 124 sum = text
	32'h000448cb,	// 125 sum ^? #40
	32'h0007c00f,	// 126 at = f
	32'h00018c00,	// 127 meta = text
	32'h46300000,	// 128 differs broken
	32'h46400000,	// 129 not_slot broken
	32'h0007c002,	// 12a at = 2
	32'h0005c000,	// 12b k = 0
	32'h96104f0c,	// 12c b[k] = text ; loop c unwrap_word
	32'h00005e0d,	// 12d b[d] = meta
	32'h0003c0c1,	// 12e end OK
	32'h478dc0ee,	// 12f k = ee ; goto wipe_rest
	32'h0001840d,	// 130 meta = a[d]
	32'h49b80003,	// 131 not_use OPEN refused
	32'h4948000e,	// 132 if BAD_N unknown
	32'h86200000,	// 133 call key
	32'h9b480019,	// 134 if INVERSE unseal
	32'h450a4004,	// 135 wrap n ; goto done_public
	32'h00024005,	// 136 unwrap n
	32'h0007c000,	// 137 at = 0
	32'h00060c00,	// 138 sum = text
	32'h0004c8ca,	// 139 sum ^! #a65959a6
	32'h45600000,	// 13a equal done_public
	32'h0007c000,	// 13b at = 0
	32'h00060c00,	// 13c sum = text
	32'h0004c8cc,	// 13d sum ^! #a6a6a6a6
	32'h00060c00,	// 13e sum = text
	32'h000448cc,	// 13f sum ^? #a6a6a6a6
	32'h46300000,	// 140 differs broken
	32'h45080000,	// 141 goto done_public
	32'h0001840d,	// 142 meta = a[d]
	32'h49b80000,	// 143 not_use BLOCK refused
	32'h4948000f,	// 144 if BAD_BLOCKS unknown
	32'h86200000,	// 145 call key
	32'ha4480019,	// 146 if INVERSE decrypt
	32'h450a4002,	// 147 encrypt n ; goto done_public
	32'h450a4003,	// 148 decrypt n ; goto done_public
	32'h0005c000,	// 149 k = 0
	32'ha511050c,	// 14a hash = a[k] ; loop c tree_word
	32'h00280000,	// 14b return
	32'h00062000,	// 14c sum = node
	32'h0005c0fc,	// 14d k = fc
	32'ha71510ff,	// 14e sum += sum ; loop ff result_shift
	32'h00289041,	// 14f RESULT = sum ; return
	32'h0001840d,	// 150 meta = a[d]
	32'h49b80002,	// 151 not_use SEED refused
	32'ha4a00000,	// 152 call tree
	32'h0000420d,	// 153 b[d] = none
	32'h0005c05c,	// 154 k = ARGUMENT
	32'h00028908,	// 155 tree child = store[k]
	32'h0005c008,	// 156 k = 8
	32'hae480008,	// 157 if ABORTED child_aborted
	32'h0000620c,	// 158 b[c] = node
	32'hac90470b,	// 159 b[k] = a[k] ; loop b child_id
	32'ha6205e0d,	// 15a b[d] = meta ; call reached
	32'h4d080000,	// 15b goto done
	32'h0005c000,	// 15c k = 0
	32'hae90430f,	// 15d b[k] = none ; loop f child_wipe
	32'h49880000,	// 15e goto refused
	32'h0001840d,	// 15f meta = a[d]
	32'h49b80002,	// 160 not_use SEED refused
	32'ha4a00000,	// 161 call tree
	32'h0005c05c,	// 162 k = ARGUMENT
	32'h00028909,	// 163 tree leaf = store[k]
	32'h46c80008,	// 164 if ABORTED refused_text
	32'h46d00009,	// 165 unless BOTTOM refused_text
	32'ha6200000,	// 166 call reached
	32'h45080000,	// 167 goto done_public
	32'h0001840d,	// 168 meta = a[d]
	32'h49b80002,	// 169 not_use SEED refused
	32'ha4a00000,	// 16a call tree
	32'h0001085c,	// 16b hash = ARGUMENT
	32'h00028004,	// 16c tree node
	32'h46c80008,	// 16d if ABORTED refused_text
	32'h45080000,	// 16e goto done_public
	32'h4b500001,	// 16f unless MASTER no_memory
	32'h49c80003,	// 170 if GUARD refused
	32'h00064843,	// 171 sum =? EPOCH
	32'h49b00000,	// 172 differs refused
	32'h4d0bc003,	// 173 set GUARD ; goto done
	32'h4b500001,	// 174 unless MASTER no_memory
	32'h49c80003,	// 175 if GUARD refused
	32'h0001840d,	// 176 meta = a[d]
	32'h49b80001,	// 177 not_use WRAP refused
	32'h49c80015,	// 178 if CLEAR refused
	32'h86200000,	// 179 call key
	32'h00024011,	// 17a unwrap 34
	32'h0007c000,	// 17b at = 0
	32'h00060c00,	// 17c sum = text
	32'h000448ca,	// 17d sum ^? #a65959a6
	32'h00060c00,	// 17e sum = text
	32'h000448cd,	// 17f sum ^? #110
	32'h00060c00,	// 180 sum = text
	32'h00044844,	// 181 sum ^? NONCE0
	32'h00060c00,	// 182 sum = text
	32'h00044845,	// 183 sum ^? NONCE1
	32'h00060c00,	// 184 sum = text
	32'h00044843,	// 185 sum ^? EPOCH
	32'h00064c00,	// 186 sum =? text
	32'h46300000,	// 187 differs broken
	32'h0005c000,	// 188 k = 0
	32'hc4908d3f,	// 189 store[k] = text ; loop 3f load_word
	32'h458bc003,	// 18a set GUARD ; goto wipe_done
	32'h49d00003,	// 18b unless GUARD refused
	32'h49480012,	// 18c if BAD_ENTRY unknown
	32'h0001c85c,	// 18d fresh = ARGUMENT
	32'h49b80002,	// 18e not_use SEED refused
	32'h49480013,	// 18f if BAD_HEIGHT unknown
	32'h0006ec04,	// 190 sum =! entry[4]
	32'h4a300000,	// 191 differs exhausted
	32'h00001400,	// 192 none = random
	32'hc990550b,	// 193 a[k] = random ; loop b entry_word
	32'h4bc80018,	// 194 if FAILED no_random_a
	32'h000608c0,	// 195 sum = #1
	32'h0000500c,	// 196 a[c] = sum
	32'h0005c008,	// 197 k = 8
	32'hcc12c50b,	// 198 entry[k] = a[k] ; loop b entry_id
	32'h0002dc04,	// 199 entry[4] = meta
	32'h0002c005,	// 19a entry[5] = none
	32'h0005c001,	// 19b k = 1
	32'hce1d1000,	// 19c sum += sum ; height entry_end
	32'h0002d006,	// 19d entry[6] = sum
	32'h4d085c0d,	// 19e a[d] = meta ; goto done
	32'h49d00003,	// 19f unless GUARD refused
	32'h49480012,	// 1a0 if BAD_ENTRY unknown
	32'h0003c024,	// 1a1 unset PREPARED
	32'h0003c026,	// 1a2 unset ARMED
	32'hd192c107,	// 1a3 entry[k] = none ; loop 7 free_word
	32'h4d080000,	// 1a4 goto done
	32'h49d00003,	// 1a5 unless GUARD refused
	32'h49480012,	// 1a6 if BAD_ENTRY unknown
	32'hd390ed07,	// 1a7 text = entry[k] ; loop 7 entry_info
	32'h45080000,	// 1a8 goto done_public
	32'h49d00003,	// 1a9 unless GUARD refused
	32'h4b500000,	// 1aa unless MEMORY no_memory
	32'h49480012,	// 1ab if BAD_ENTRY unknown
	32'h0001840d,	// 1ac meta = a[d]
	32'h49b80001,	// 1ad not_use WRAP refused
	32'h49c80015,	// 1ae if CLEAR refused
	32'h0003c024,	// 1af unset PREPARED
	32'h0003c026,	// 1b0 unset ARMED
	32'h0003c025,	// 1b1 unset LEAF
	32'he248000d,	// 1b2 if N_IS_0 prepare
	32'h4950000c,	// 1b3 unless N_IS_1 unknown
	32'h0001ac04,	// 1b4 meta = entry[4]
	32'h49c00000,	// 1b5 not_slot refused
	32'h00062c05,	// 1b6 sum = entry[5]
	32'h0004ec06,	// 1b7 sum ^! entry[6]
	32'h4a600000,	// 1b8 equal exhausted
	32'h0003c005,	// 1b9 set LEAF
	32'h00062c05,	// 1ba sum = entry[5]
	32'h0000905b,	// 1bb Q = sum
	32'h00052c06,	// 1bc sum += entry[6]
	32'h0000904c,	// 1bd ARM_NODE = sum
	32'h00076c05,	// 1be sum = entry[5] + 1
	32'h0002d005,	// 1bf entry[5] = sum
	32'h0005c048,	// 1c0 k = ARM
	32'he090ad4b,	// 1c1 store[k] = entry[k] ; loop 4b burn_id
	32'h00009c4d,	// 1c2 ARM_META = meta
	32'ha6a6085b,	// 1c3 sum = Q ; call result
	32'h00074846,	// 1c4 sum = SERIAL + 1
	32'h00009046,	// 1c5 SERIAL = sum
	32'h00009047,	// 1c6 NEXT = sum
	32'h00060843,	// 1c7 sum = EPOCH
	32'h35a09055,	// 1c8 NEW_C = sum ; call put
	32'h4ab00000,	// 1c9 differs memory_lost
	32'h8621840d,	// 1ca meta = a[d] ; call key
	32'h0007c000,	// 1cb at = 0
	32'h0000c8ca,	// 1cc text = #a65959a6
	32'h0000c8cd,	// 1cd text = #110
	32'h0000c844,	// 1ce text = NONCE0
	32'h0000c845,	// 1cf text = NONCE1
	32'h0000c847,	// 1d0 text = NEXT
	32'h0000c000,	// 1d1 text = none
	32'h0005c000,	// 1d2 k = 0
	32'he990c93f,	// 1d3 text = store[k] ; loop 3f prepare_word
	32'h00024010,	// 1d4 wrap 34
	32'h450bc004,	// 1d5 set PREPARED ; goto done_public
	32'h49d00004,	// 1d6 unless PREPARED refused
	32'h4b500000,	// 1d7 unless MEMORY no_memory
	32'h0003c024,	// 1d8 unset PREPARED
	32'h00074846,	// 1d9 sum = SERIAL + 1
	32'h00009046,	// 1da SERIAL = sum
	32'h00060847,	// 1db sum = NEXT
	32'h35a09055,	// 1dc NEW_C = sum ; call put
	32'h4ab00000,	// 1dd differs memory_lost
	32'h00060847,	// 1de sum = NEXT
	32'h00009043,	// 1df EPOCH = sum
	32'h4d500005,	// 1e0 unless LEAF done
	32'h4d0bc006,	// 1e1 set ARMED ; goto done
	32'h49d00006,	// 1e2 unless ARMED refused
	32'h0001840d,	// 1e3 meta = a[d]
	32'h49b80002,	// 1e4 not_use SEED refused
	32'h0005c048,	// 1e5 k = ARM
	32'h00060500,	// 1e6 sum = a[k]
	32'hf314494d,	// 1e7 sum ^? store[k] ; loop 4d begin_compare
	32'h49b00000,	// 1e8 differs refused
	32'h0003c026,	// 1e9 unset ARMED
	32'h0003c060,	// 1ea begun
	32'ha4a05c0d,	// 1eb a[d] = meta ; call tree
	32'h00028002,	// 1ec tree begin
	32'h46c80008,	// 1ed if ABORTED refused_text
	32'h45080000,	// 1ee goto done_public
	32'h0001840d,	// 1ef meta = a[d]
	32'h49d00014,	// 1f0 unless BEGUN refused
	32'hf890c0ff,	// 1f1 text = none ; loop ff sign_wipe
	32'ha4a00000,	// 1f2 call tree
	32'h0003c0e2,	// 1f3 publish
	32'h00028003,	// 1f4 tree sign
	32'h0005c000,	// 1f5 k = 0
	32'hfb10410f,	// 1f6 a[k] = none ; loop f sign_empty
	32'h49c80008,	// 1f7 if ABORTED refused
	32'h45080000	// 1f8 goto done_public
};
localparam CONSTANTS_AT = 192;
localparam CONSTANT_WORDS = 14;
localparam [447:0] CONSTANTS = {
	32'h00000001,
	32'h5a5aa5a5,
	32'h4b455931,
	32'h4b455932,
	32'h77726170,
	32'h80000009,
	32'h6f70656e,
	32'h8000000b,
	32'h00000002,
	32'h00000100,
	32'ha65959a6,
	32'h00000040,
	32'ha6a6a6a6,
	32'h00000110
};
