// SPDX-License-Identifier: MIT
// Made by fpga/regs/generate of registers.txt. Do not edit.
/* verilator lint_off UNUSEDPARAM */

localparam [15:0] REG_IDENTITY = 16'h0000;
localparam [15:0] REG_STATUS = 16'h0100;
localparam [15:0] REG_RESULT = 16'h0101;
localparam [15:0] REG_RANDOM = 16'h0102;
localparam [15:0] REG_EPOCH = 16'h0103;
localparam [15:0] REG_CONTROL = 16'h0108;
localparam [15:0] REG_TAKEN = 16'h0109;
localparam [15:0] REG_ARGUMENT = 16'h010f;
localparam [15:0] REG_COMMAND = 16'h0110;
localparam [15:0] REG_TEXT = 16'h0200;
localparam [15:0] REG_DIGEST = 16'h0300;
localparam [15:0] REG_BELOW = 16'h0310;

localparam STATUS_BUSY = 0;
localparam STATUS_TAMPER = 1;
localparam STATUS_MEMORY = 2;
localparam STATUS_MASTER = 3;
localparam STATUS_ENTERED = 4;
localparam STATUS_GUARD = 5;
localparam STATUS_PUBLIC = 6;
localparam STATUS_RANDOM = 7;
localparam STATUS_STARTED = 8;
localparam STATUS_FAILED = 9;
localparam STATUS_WORDS_HIGH = 23;
localparam STATUS_WORDS_LOW = 16;

localparam RESULT_CODE_HIGH = 3;
localparam RESULT_CODE_LOW = 0;
localparam RESULT_NODE_HIGH = 31;
localparam RESULT_NODE_LOW = 4;

localparam CONTROL_ZEROISE = 0;
localparam CONTROL_TAKE = 1;
localparam CONTROL_ABORT = 2;

localparam COMMAND_OP_HIGH = 31;
localparam COMMAND_OP_LOW = 24;
localparam COMMAND_A_HIGH = 23;
localparam COMMAND_A_LOW = 20;
localparam COMMAND_B_HIGH = 19;
localparam COMMAND_B_LOW = 16;
localparam COMMAND_N_HIGH = 15;
localparam COMMAND_N_LOW = 0;

localparam META_USE_HIGH = 1;
localparam META_USE_LOW = 0;
localparam META_CLEAR = 2;
localparam META_LONG = 3;
localparam META_BEGUN = 4;
localparam META_N24 = 5;
localparam META_WIDTH_HIGH = 7;
localparam META_WIDTH_LOW = 6;
localparam META_HEIGHT_HIGH = 12;
localparam META_HEIGHT_LOW = 8;
localparam META_VALID = 31;

localparam [1:0] USE_BLOCK = 2'd0;
localparam [1:0] USE_WRAP = 2'd1;
localparam [1:0] USE_SEED = 2'd2;
localparam [1:0] USE_OPEN = 2'd3;

localparam [2:0] OUTCOME_NONE = 3'd0;
localparam [2:0] OUTCOME_OK = 3'd1;
localparam [2:0] OUTCOME_REFUSED = 3'd2;
localparam [2:0] OUTCOME_BROKEN = 3'd3;
localparam [2:0] OUTCOME_NO_RANDOM = 3'd4;
localparam [2:0] OUTCOME_NO_MEMORY = 3'd5;
localparam [2:0] OUTCOME_EXHAUSTED = 3'd6;
localparam [2:0] OUTCOME_UNKNOWN = 3'd7;

localparam [7:0] OP_MASTER_NEW = 8'h01;
localparam [7:0] OP_MASTER_ENTER = 8'h02;
localparam [7:0] OP_MASTER_WIPE = 8'h03;
localparam [7:0] OP_DERIVE = 8'h08;
localparam [7:0] OP_GENERATE = 8'h09;
localparam [7:0] OP_WRITE = 8'h0a;
localparam [7:0] OP_WIPE = 8'h0b;
localparam [7:0] OP_INFO = 8'h0c;
localparam [7:0] OP_WRAP = 8'h10;
localparam [7:0] OP_UNWRAP = 8'h11;
localparam [7:0] OP_SEAL = 8'h12;
localparam [7:0] OP_UNSEAL = 8'h13;
localparam [7:0] OP_ENCRYPT = 8'h14;
localparam [7:0] OP_DECRYPT = 8'h15;
localparam [7:0] OP_CHILD = 8'h20;
localparam [7:0] OP_LEAF = 8'h21;
localparam [7:0] OP_NODE = 8'h22;
localparam [7:0] OP_TABLE_NEW = 8'h28;
localparam [7:0] OP_TABLE_LOAD = 8'h29;
localparam [7:0] OP_ENTRY_NEW = 8'h2a;
localparam [7:0] OP_ENTRY_FREE = 8'h2b;
localparam [7:0] OP_ENTRY_INFO = 8'h2c;
localparam [7:0] OP_PREPARE = 8'h2d;
localparam [7:0] OP_COMMIT = 8'h2e;
localparam [7:0] OP_BEGIN = 8'h2f;
localparam [7:0] OP_SIGN = 8'h30;

/* verilator lint_on UNUSEDPARAM */
