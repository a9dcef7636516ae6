// SPDX-License-Identifier: MIT
/*
 * What is known at each place of the program: invariants that the rules stand on.
 * The rows come from walk.py. Assumed of what is around the vault:
 *
 *	a core gives words and seeds only while the vault waits for the trees;
 *	otherwise tree_word is zero
 *	a memory gives the word that was last written there
 */
`include "registers.vh"
`include "tables.vh"

localparam [1:0] FETCH = 2'd0, ASK = 2'd1, MOVE = 2'd2, WAIT = 2'd3;
localparam [4:0] TO_SLOT = 5'd1, TO_STORE = 5'd2, TO_TEXT = 5'd3,
	TO_HASH = 5'd4, TO_KEY = 5'd5, TO_META = 5'd6, TO_FRESH = 5'd7,
	EXPAND = 5'd8, CRYPT = 5'd9, TREE = 5'd10, TO_ENTRY = 5'd11,
	READ = 5'd12, WRITE = 5'd13, CONTROL = 5'd15;
localparam [3:0] SLOT = 4'd1, STORE = 4'd2, TEXT = 4'd3, SUM = 4'd4,
	MEMORY = 4'd6, FROM_META = 4'd7, ENTRY = 4'd11;
localparam [2:0] TREE_CHILD = 3'd0, TREE_SIGN = 3'd3;
localparam [5:0] RESET = 6'd63;

wire [31:0] i = r_instruction;
wire [8:0]  i_target = i[31:23];
wire [3:0]  condition = i[22:19];
wire [4:0]  to = i[18:14];
wire [3:0]  source = i[13:10];
wire        is_b = i[9];
wire [7:0]  fixed = i[7:0];
wire [7:0]  number = i[8] ? r_k : fixed;
wire        moves = r_phase == MOVE;
wire        waits = r_phase == WAIT;
wire        control = moves & to == CONTROL;
wire        commands = bus_write & ~r_busy & address == REG_COMMAND & ~zeroise;

// since a reset
reg alive = 1'b0;
always @(posedge clk)
	alive <= alive | rst;

// the command that runs
reg [5:0] op;
wire [7:0] op_asked = write_data[31:24];
always @(posedge clk)
	if (zeroise)
		op <= RESET;
	else if (commands)
		op <= op_asked <= OP_SIGN ? op_asked[5:0] : 6'd0;

always @* begin
	assume (~(child | tree_result) |
		(waits & r_busy & to == TREE & ~r_zeroes));
	assume (~child | fixed[2:0] == TREE_CHILD);
	assume (child | tree_result | tree_word == 32'd0);
end

// --- the sequencer ---------------------------------------------------------------
always @* if (alive) begin
	assert (~r_zeroes | (r_phase == FETCH & r_busy & op == RESET));
	assert (~r_zeroes | r_pc == AT_start);
	assert (~r_tests | (r_phase == FETCH & r_busy));
	assert (r_busy | r_pc == AT_idle);
end

// the source of a move, chosen the cycle before; else nothing moves
wire [15:0] from_source = source == 4'd0 ? 16'd0 :
			  16'd1 << (source == ENTRY ? STORE : source);
always @* if (alive) begin
	assert (~moves | r_from == from_source);
	assert (r_phase != ASK | r_from == 16'd0 | r_from == from_source);
	assert (moves | r_phase == ASK | r_from == 16'd0);
end

// `zeroise` acts while its instruction waits: nothing comes after it
always @* if (alive)
	assert (~(waits & to == CONTROL & (fixed & 8'he1) == 8'he1) | r_wipes);

// --- words 13 of the slots -----------------------------------------------------
(* mem2reg *) reg [31:0] metas [0:15];
reg [31:0] first_a, first_b;		// when the command began
wire [31:0] meta_a = metas[r_a], meta_b = metas[r_b];
wire meta_we = slots_we & slots_wa[3:0] == 4'd13;
integer s;
always @(posedge clk) begin
	for (s = 0; s < 16; s = s + 1)
		if (meta_we & slots_wa[7:4] == s)
			metas[s] <= slots_wd;
	if (commands) begin
		first_a <= metas[write_data[COMMAND_A_HIGH:COMMAND_A_LOW]];
		first_b <= metas[write_data[COMMAND_B_HIGH:COMMAND_B_LOW]];
	end
end
always @* begin
	assume (slots_ra[3:0] != 4'd13 | slots_rd == metas[slots_ra[7:4]]);
	assume (store_ra < 8'hc0 | store_rd == constant(store_ra));
end
wire reads_slot = moves & source == SLOT & ~r_zeroes;
always @* if (alive) begin
	assert (~store_we | ~store_wa[7]);
	assert (~reads_slot | slots_ra[3:0] != 4'd13 |
		r_slot_word == metas[slots_ra[7:4]]);
	assert (~moves | source != STORE | number < 8'hc0 |
		r_store_word == constant(number));
end

// --- what is known ----------------------------------------------------------------
wire [8:0] back = inside(r_pc) ? r_back : 9'd0;
wire [7:0] row_k_low, row_k_high, row_flags, row_flag_values;
wire [5:0] row_m, row_m_value, row_a, row_a_value, row_b, row_b_value;
wire row_is_a, row_is_b, row_is_begun, row_same, row_taint, row_taint_a;
wire row_taint_1, row_noleak, row_equal, row_there;
assign {row_k_low, row_k_high, row_m, row_m_value, row_a, row_a_value,
	row_b, row_b_value, row_flags, row_flag_values, row_is_a, row_is_b,
	row_is_begun, row_same, row_taint, row_taint_a, row_taint_1,
	row_noleak, row_equal, row_there} =
	row_of(place_of(waits, op, back, r_pc));

function [5:0] bits(input [31:0] meta);
	bits = {meta[31], meta[4], meta[2], meta[3], meta[1:0]};
endfunction
wire [31:0] m = {r_m_valid, 18'd0, r_m_height, r_m_width, r_m_n24, r_m_begun,
		 r_m_long, r_m_clear, r_m_use};
localparam [31:0] BEGUN = 32'h10;

// what moves is what the instruction names
wire [31:0] moved = source == SLOT ? r_slot_word :
		    source == STORE | source == ENTRY ? r_store_word :
		    source == SUM ? r_sum :
		    source == FROM_META ? m | (r_taint ? 32'h4 : 32'h0) :
		    source == 4'd0 ? 32'd0 : data;
always @* if (alive) begin
	assert (~moves | r_zeroes | ~r_busy | data == moved);
	assert (~r_zeroes | data == 32'd0);
	assert (row_there);
	assert (op == 6'd0 | op == RESET | r_inverse == op[0]);
	assert (r_phase == FETCH | i == listing_word);
	assert (~waits | to[4:3] == 2'b01);
	assert (r_k >= row_k_low & r_k <= row_k_high);
	assert ((bits(m) & row_m) == row_m_value);
	assert ((r_flags & row_flags) == row_flag_values);
	assert (~row_equal | (~r_differs & ~r_tests));
	assert (~row_taint | row_taint_a | r_taint == row_taint_1);
end

always @* if (alive & r_busy & op != RESET) begin
	assert ((bits(first_a) & row_a) == row_a_value);
	assert ((bits(first_b) & row_b) == row_b_value);
	assert (~row_is_a | (m & ~BEGUN) == (first_a & ~BEGUN));
	assert (~row_is_b | (m & ~BEGUN) == (first_b & ~BEGUN));
	assert (~row_is_begun | ~row_is_a | r_m_begun == first_a[META_BEGUN]);
	assert (~row_is_begun | ~row_is_b | r_m_begun == first_b[META_BEGUN]);
	assert (~row_same | (meta_a == first_a & meta_b == first_b));
	assert (~row_taint_a | r_taint == first_a[META_CLEAR]);
	assert (~row_noleak | ~first_a[META_CLEAR] | first_b[META_CLEAR]);
end

// Zero until the program begins, then well formed: no bits that have no name.
function formed(input [31:0] meta);
	formed = meta[30:13] == 18'd0 & (meta == 32'd0 | meta[31]) &
		 (~meta[META_BEGUN] | meta[1:0] == USE_SEED);
endfunction
genvar w;
generate for (w = 0; w < 16; w = w + 1)
	always @* if (alive)
		assert ((r_zeroes & r_zero_number <= w * 16 + 13) |
			formed(metas[w]));
endgenerate
always @* if (alive & r_busy & op != RESET) begin
	assert (formed(first_a));
	assert (formed(first_b));
end
