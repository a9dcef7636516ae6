// SPDX-License-Identifier: MIT
// Made by vault/assemble of vault/program.txt. Do not edit.

localparam [8:0] START = 9'd49;
localparam PROGRAM_WORDS = 506;
localparam [16191:0] PROGRAM = {	// the first highest
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
	32'h98880000,	// 012 SEAL
	32'h98880000,	// 013 UNSEAL
	32'ha1880000,	// 014 ENCRYPT
	32'ha1880000,	// 015 DECRYPT
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
	32'ha8880000,	// 020 CHILD
	32'hb0080000,	// 021 LEAF
	32'hb4880000,	// 022 NODE
	32'h49080000,	// 023
	32'h49080000,	// 024
	32'h49080000,	// 025
	32'h49080000,	// 026
	32'h49080000,	// 027
	32'hb8080000,	// 028 TABLE_NEW
	32'hba880000,	// 029 TABLE_LOAD
	32'hc6080000,	// 02a ENTRY_NEW
	32'hd0080000,	// 02b ENTRY_FREE
	32'hd3080000,	// 02c ENTRY_INFO
	32'hd5080000,	// 02d PREPARE
	32'heb880000,	// 02e COMMIT
	32'hf1880000,	// 02f BEGIN
	32'hf8080000,	// 030 SIGN
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
	32'h8fc80019,	// 115 if INVERSE unwrap
	32'h0001860d,	// 116 meta = b[d]
	32'h49c00000,	// 117 not_slot refused
	32'h49d80000,	// 118 leaks refused
	32'h0001840d,	// 119 meta = a[d]
	32'h0000c8ca,	// 11a text = #a65959a6
	32'h0000c8cb,	// 11b text = #40
	32'h0005c000,	// 11c k = 0
	32'h8e90c70f,	// 11d text = b[k] ; loop f wrap_word
	32'h450a4008,	// 11e wrap 8 ; goto done_public
	32'h0005c000,	// 11f k = 0
	32'h9010430f,	// 120 b[k] = none ; loop f unwrap_empty
	32'h00024009,	// 121 unwrap 8
	32'h0007c000,	// 122 at = 0
	32'h00060c00,	// 123 sum = text
	32'h000448ca,	// 124 sum ^? #a65959a6
	32'h00060c00,	// 125 sum = text
	32'h000448cb,	// 126 sum ^? #40
	32'h0007c00f,	// 127 at = f
	32'h00018c00,	// 128 meta = text
	32'h46300000,	// 129 differs broken
	32'h46400000,	// 12a not_slot broken
	32'h0007c002,	// 12b at = 2
	32'h0005c000,	// 12c k = 0
	32'h96904f0c,	// 12d b[k] = text ; loop c unwrap_word
	32'h00005e0d,	// 12e b[d] = meta
	32'h0003c0c1,	// 12f end OK
	32'h478dc0ee,	// 130 k = ee ; goto wipe_rest
	32'h0001840d,	// 131 meta = a[d]
	32'h49b80003,	// 132 not_use OPEN refused
	32'h4948000e,	// 133 if BAD_N unknown
	32'h86200000,	// 134 call key
	32'h9bc80019,	// 135 if INVERSE unseal
	32'h450a4004,	// 136 wrap n ; goto done_public
	32'h00024005,	// 137 unwrap n
	32'h0007c000,	// 138 at = 0
	32'h00060c00,	// 139 sum = text
	32'h0004c8ca,	// 13a sum ^! #a65959a6
	32'h45600000,	// 13b equal done_public
	32'h0007c000,	// 13c at = 0
	32'h00060c00,	// 13d sum = text
	32'h0004c8cc,	// 13e sum ^! #a6a6a6a6
	32'h00060c00,	// 13f sum = text
	32'h000448cc,	// 140 sum ^? #a6a6a6a6
	32'h46300000,	// 141 differs broken
	32'h45080000,	// 142 goto done_public
	32'h0001840d,	// 143 meta = a[d]
	32'h49b80000,	// 144 not_use BLOCK refused
	32'h4948000f,	// 145 if BAD_BLOCKS unknown
	32'h86200000,	// 146 call key
	32'ha4c80019,	// 147 if INVERSE decrypt
	32'h450a4002,	// 148 encrypt n ; goto done_public
	32'h450a4003,	// 149 decrypt n ; goto done_public
	32'h0005c000,	// 14a k = 0
	32'ha591050c,	// 14b hash = a[k] ; loop c tree_word
	32'h00280000,	// 14c return
	32'h00062000,	// 14d sum = node
	32'h0005c0fc,	// 14e k = fc
	32'ha79510ff,	// 14f sum += sum ; loop ff result_shift
	32'h00289041,	// 150 RESULT = sum ; return
	32'h0001840d,	// 151 meta = a[d]
	32'h49b80002,	// 152 not_use SEED refused
	32'ha5200000,	// 153 call tree
	32'h0000420d,	// 154 b[d] = none
	32'h0005c05c,	// 155 k = ARGUMENT
	32'h00028908,	// 156 tree child = store[k]
	32'h0005c008,	// 157 k = 8
	32'haec80008,	// 158 if ABORTED child_aborted
	32'h0000620c,	// 159 b[c] = node
	32'had10470b,	// 15a b[k] = a[k] ; loop b child_id
	32'ha6a05e0d,	// 15b b[d] = meta ; call reached
	32'h4d080000,	// 15c goto done
	32'h0005c000,	// 15d k = 0
	32'haf10430f,	// 15e b[k] = none ; loop f child_wipe
	32'h49880000,	// 15f goto refused
	32'h0001840d,	// 160 meta = a[d]
	32'h49b80002,	// 161 not_use SEED refused
	32'ha5200000,	// 162 call tree
	32'h0005c05c,	// 163 k = ARGUMENT
	32'h00028909,	// 164 tree leaf = store[k]
	32'h46c80008,	// 165 if ABORTED refused_text
	32'h46d00009,	// 166 unless BOTTOM refused_text
	32'ha6a00000,	// 167 call reached
	32'h45080000,	// 168 goto done_public
	32'h0001840d,	// 169 meta = a[d]
	32'h49b80002,	// 16a not_use SEED refused
	32'ha5200000,	// 16b call tree
	32'h0001085c,	// 16c hash = ARGUMENT
	32'h00028004,	// 16d tree node
	32'h46c80008,	// 16e if ABORTED refused_text
	32'h45080000,	// 16f goto done_public
	32'h4b500001,	// 170 unless MASTER no_memory
	32'h49c80003,	// 171 if GUARD refused
	32'h00064843,	// 172 sum =? EPOCH
	32'h49b00000,	// 173 differs refused
	32'h4d0bc003,	// 174 set GUARD ; goto done
	32'h4b500001,	// 175 unless MASTER no_memory
	32'h49c80003,	// 176 if GUARD refused
	32'h0001840d,	// 177 meta = a[d]
	32'h49b80001,	// 178 not_use WRAP refused
	32'h49c80015,	// 179 if CLEAR refused
	32'h86200000,	// 17a call key
	32'h00024011,	// 17b unwrap 34
	32'h0007c000,	// 17c at = 0
	32'h00060c00,	// 17d sum = text
	32'h000448ca,	// 17e sum ^? #a65959a6
	32'h00060c00,	// 17f sum = text
	32'h000448cd,	// 180 sum ^? #110
	32'h00060c00,	// 181 sum = text
	32'h00044844,	// 182 sum ^? NONCE0
	32'h00060c00,	// 183 sum = text
	32'h00044845,	// 184 sum ^? NONCE1
	32'h00060c00,	// 185 sum = text
	32'h00044843,	// 186 sum ^? EPOCH
	32'h00064c00,	// 187 sum =? text
	32'h46300000,	// 188 differs broken
	32'h0005c000,	// 189 k = 0
	32'hc5108d3f,	// 18a store[k] = text ; loop 3f load_word
	32'h458bc003,	// 18b set GUARD ; goto wipe_done
	32'h49d00003,	// 18c unless GUARD refused
	32'h49480012,	// 18d if BAD_ENTRY unknown
	32'h0001c85c,	// 18e fresh = ARGUMENT
	32'h49b80002,	// 18f not_use SEED refused
	32'h49480013,	// 190 if BAD_HEIGHT unknown
	32'h0006ec04,	// 191 sum =! entry[4]
	32'h4a300000,	// 192 differs exhausted
	32'h00001400,	// 193 none = random
	32'hca10550b,	// 194 a[k] = random ; loop b entry_word
	32'h4bc80018,	// 195 if FAILED no_random_a
	32'h000608c0,	// 196 sum = #1
	32'h0000500c,	// 197 a[c] = sum
	32'h0005c008,	// 198 k = 8
	32'hcc92c50b,	// 199 entry[k] = a[k] ; loop b entry_id
	32'h0002dc04,	// 19a entry[4] = meta
	32'h0002c005,	// 19b entry[5] = none
	32'h0005c001,	// 19c k = 1
	32'hce9d1000,	// 19d sum += sum ; height entry_end
	32'h0002d006,	// 19e entry[6] = sum
	32'h4d085c0d,	// 19f a[d] = meta ; goto done
	32'h49d00003,	// 1a0 unless GUARD refused
	32'h49480012,	// 1a1 if BAD_ENTRY unknown
	32'h0003c024,	// 1a2 unset PREPARED
	32'h0003c026,	// 1a3 unset ARMED
	32'hd212c107,	// 1a4 entry[k] = none ; loop 7 free_word
	32'h4d080000,	// 1a5 goto done
	32'h49d00003,	// 1a6 unless GUARD refused
	32'h49480012,	// 1a7 if BAD_ENTRY unknown
	32'hd410ed07,	// 1a8 text = entry[k] ; loop 7 entry_info
	32'h45080000,	// 1a9 goto done_public
	32'h49d00003,	// 1aa unless GUARD refused
	32'h4b500000,	// 1ab unless MEMORY no_memory
	32'h49480012,	// 1ac if BAD_ENTRY unknown
	32'h0001840d,	// 1ad meta = a[d]
	32'h49b80001,	// 1ae not_use WRAP refused
	32'h49c80015,	// 1af if CLEAR refused
	32'h0003c024,	// 1b0 unset PREPARED
	32'h0003c026,	// 1b1 unset ARMED
	32'h0003c025,	// 1b2 unset LEAF
	32'he2c8000d,	// 1b3 if N_IS_0 prepare
	32'h4950000c,	// 1b4 unless N_IS_1 unknown
	32'h0001ac04,	// 1b5 meta = entry[4]
	32'h49c00000,	// 1b6 not_slot refused
	32'h00062c05,	// 1b7 sum = entry[5]
	32'h0004ec06,	// 1b8 sum ^! entry[6]
	32'h4a600000,	// 1b9 equal exhausted
	32'h0003c005,	// 1ba set LEAF
	32'h00062c05,	// 1bb sum = entry[5]
	32'h0000905b,	// 1bc Q = sum
	32'h00052c06,	// 1bd sum += entry[6]
	32'h0000904c,	// 1be ARM_NODE = sum
	32'h00076c05,	// 1bf sum = entry[5] + 1
	32'h0002d005,	// 1c0 entry[5] = sum
	32'h0005c048,	// 1c1 k = ARM
	32'he110ad4b,	// 1c2 store[k] = entry[k] ; loop 4b burn_id
	32'h00009c4d,	// 1c3 ARM_META = meta
	32'ha726085b,	// 1c4 sum = Q ; call result
	32'h00074846,	// 1c5 sum = SERIAL + 1
	32'h00009046,	// 1c6 SERIAL = sum
	32'h00009047,	// 1c7 NEXT = sum
	32'h00060843,	// 1c8 sum = EPOCH
	32'h35a09055,	// 1c9 NEW_C = sum ; call put
	32'h4ab00000,	// 1ca differs memory_lost
	32'h8621840d,	// 1cb meta = a[d] ; call key
	32'h0007c000,	// 1cc at = 0
	32'h0000c8ca,	// 1cd text = #a65959a6
	32'h0000c8cd,	// 1ce text = #110
	32'h0000c844,	// 1cf text = NONCE0
	32'h0000c845,	// 1d0 text = NONCE1
	32'h0000c847,	// 1d1 text = NEXT
	32'h0000c000,	// 1d2 text = none
	32'h0005c000,	// 1d3 k = 0
	32'hea10c93f,	// 1d4 text = store[k] ; loop 3f prepare_word
	32'h00024010,	// 1d5 wrap 34
	32'h450bc004,	// 1d6 set PREPARED ; goto done_public
	32'h49d00004,	// 1d7 unless PREPARED refused
	32'h4b500000,	// 1d8 unless MEMORY no_memory
	32'h0003c024,	// 1d9 unset PREPARED
	32'h00074846,	// 1da sum = SERIAL + 1
	32'h00009046,	// 1db SERIAL = sum
	32'h00060847,	// 1dc sum = NEXT
	32'h35a09055,	// 1dd NEW_C = sum ; call put
	32'h4ab00000,	// 1de differs memory_lost
	32'h00060847,	// 1df sum = NEXT
	32'h00009043,	// 1e0 EPOCH = sum
	32'h4d500005,	// 1e1 unless LEAF done
	32'h4d0bc006,	// 1e2 set ARMED ; goto done
	32'h49d00006,	// 1e3 unless ARMED refused
	32'h0001840d,	// 1e4 meta = a[d]
	32'h49b80002,	// 1e5 not_use SEED refused
	32'h0005c048,	// 1e6 k = ARM
	32'h00060500,	// 1e7 sum = a[k]
	32'hf394494d,	// 1e8 sum ^? store[k] ; loop 4d begin_compare
	32'h49b00000,	// 1e9 differs refused
	32'h0003c026,	// 1ea unset ARMED
	32'h0003c060,	// 1eb begun
	32'ha5205c0d,	// 1ec a[d] = meta ; call tree
	32'h00028002,	// 1ed tree begin
	32'h46c80008,	// 1ee if ABORTED refused_text
	32'h45080000,	// 1ef goto done_public
	32'h0001840d,	// 1f0 meta = a[d]
	32'h49d00014,	// 1f1 unless BEGUN refused
	32'hf910c0ff,	// 1f2 text = none ; loop ff sign_wipe
	32'ha5200000,	// 1f3 call tree
	32'h0003c0e2,	// 1f4 publish
	32'h00028003,	// 1f5 tree sign
	32'h0005c000,	// 1f6 k = 0
	32'hfb90410f,	// 1f7 a[k] = none ; loop f sign_empty
	32'h49c80008,	// 1f8 if ABORTED refused
	32'h45080000	// 1f9 goto done_public
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
