// SPDX-License-Identifier: MIT
/*
 * SHA-256 (FIPS 180-4), one round a cycle, and the steps of LM-OTS chains (RFC
 * 8554, 4.3 and 4.5) with no memory in between: the digest of a step goes
 * straight into the block of the next.
 *
 * A block is shifted in word by word. `start` compresses it:
 *
 *	first	from the initial value; else from the digest that is there
 *	chain	until the next j would be `stop`, at least once. After the first time
 *		the block is
 *
 *		I | u32 q | u16 i | u8 j | digest
 *
 *		with padding, j counting from `j` + 1. Its first five words come
 *		as `word`; `i` and the first `j` are given.
 *	n24	n is 24: digests of six words
 *
 * 66 cycles a block. What it has to do stays as it is while it is busy. Words may
 * be shifted in, and the digest out, only while it is not. `rst` clears every
 * register: nothing of what was hashed is left.
 */
`default_nettype none


module sha256 (
	input  wire        clk,
	input  wire        rst,
	// the block, first word first
	input  wire        shift_in,
	input  wire [31:0] word,
	// what to do
	input  wire        start,
	input  wire        first,
	input  wire        chain,		// steps of a chain: i, j, stop
	input  wire        n24,			// n = 24
	input  wire [15:0] i,
	input  wire [7:0]  j,			// of the block that was shifted in
	input  wire [7:0]  stop,		// j that is not reached
	output reg         busy,
	// while busy: word is I and q, the word of that number, one cycle later
	output wire [2:0]  prefix_number,
	// the digest, first word first: digest is a word, shift_out goes on to
	// the next one, and digest_in comes in at the end
	input  wire        shift_out,
	input  wire [31:0] digest_in,
	output wire [31:0] digest
);
	localparam BITS_32 = 32'd440;		// 55 bytes
	localparam BITS_24 = 32'd376;		// 47 bytes
	localparam ROUNDS_TAIL = 2'b11;		// rounds 48 to 63
	localparam [5:0] ROUND_ADDS = 6'd61;	// a of round 60 is there

	(* rom_style = "block", ram_style = "block" *)
	reg  [31:0] constants [0:63];
	`include "sha256_k.vh"
	integer entry;
	initial for (entry = 0; entry < 64; entry = entry + 1)
		constants[entry] = CONSTANTS[32 * (63 - entry) +: 32];

	reg         begins, runs, ends;		// at most one of them is set
	reg  [7:0]  step;
	reg  [5:0]  round;
	reg  [31:0] k;				// of the next round
	reg  [31:0] w [0:15];			// the schedule, w[0] next
	reg  [31:0] a, b, c, d, e, f, g;
	reg  [31:0] p;				// h + K + W of this round
	reg  [31:0] value [0:7];		// the digest

	function [31:0] ror(input [31:0] x, input integer n);
		ror = (x >> n) | (x << (32 - n));
	endfunction
	function [31:0] upper0(input [31:0] x);
		upper0 = ror(x, 2) ^ ror(x, 13) ^ ror(x, 22);
	endfunction
	function [31:0] upper1(input [31:0] x);
		upper1 = ror(x, 6) ^ ror(x, 11) ^ ror(x, 25);
	endfunction
	function [31:0] lower0(input [31:0] x);
		lower0 = ror(x, 7) ^ ror(x, 18) ^ (x >> 3);
	endfunction
	function [31:0] lower1(input [31:0] x);
		lower1 = ror(x, 17) ^ ror(x, 19) ^ (x >> 10);
	endfunction

	wire        last_round = runs & (round == 6'd63);
	wire [7:0]  next_step = step + 8'd1;
	reg         more;			// steps, known long before it ends

	// --- rounds -----------------------------------------------------------
	wire [31:0] choose = (e & f) ^ (~e & g);
	wire [31:0] majority = (a & b) | (c & (a | b));
	wire [31:0] t1 = p + (upper1(e) + choose);
	wire [31:0] t2 = upper0(a) + majority;

	// K of round 0 while nothing runs, then two rounds ahead
	wire [5:0]  k_number = runs ? round + 6'd2 : begins ? 6'd1 : 6'd0;
	always @(posedge clk)
		k <= constants[k_number];

	always @(posedge clk) begin
		if (rst) begin
			{a, b, c, d, e, f, g, p} <= 256'd0;
		end else if (begins) begin
			{a, b, c, d} <= {value[0], value[1], value[2], value[3]};
			{e, f, g} <= {value[4], value[5], value[6]};
		end else if (runs) begin
			{b, c, d} <= {a, b, c};
			{f, g} <= {e, f};
			a <= t1 + t2;
			e <= d + t1;
		end
		if (~rst & (begins | runs))
			p <= (begins ? value[7] : g) + (k + w[0]);
	end

	// --- the schedule, in whose place the next step's block grows ------------
	// In the last rounds the schedule has nothing to give any more: I and q
	// are shifted in, and stand in w[0] to w[4] when the rounds are over.
	wire        tail = runs & (round[5:4] == ROUNDS_TAIL);
	wire [31:0] next_w = (w[0] + lower0(w[1])) + (w[9] + lower1(w[14]));
	wire [31:0] new_w = shift_in | tail ? word : next_w;

	assign prefix_number = round[2:0] + 3'd1;

	integer n;
	always @(posedge clk) begin
		if (rst) begin
			for (n = 0; n < 16; n = n + 1)
				w[n] <= 32'd0;
		end else if (ends & more) begin
			w[5] <= {i, next_step, sum_a[31:24]};
			w[6] <= {sum_a[23:0], value[0][31:24]};
			w[7] <= {value[0][23:0], value[1][31:24]};
			w[8] <= {value[1][23:0], value[2][31:24]};
			w[9] <= {value[2][23:0], sum_e[31:24]};
			w[10] <= {sum_e[23:0], value[4][31:24]};
			w[11] <= {value[4][23:0], n24 ? 8'h80 : value[5][31:24]};
			w[12] <= n24 ? 32'd0 : {value[5][23:0], value[6][31:24]};
			w[13] <= n24 ? 32'd0 : {value[6][23:0], 8'h80};
			w[14] <= 32'd0;
			w[15] <= n24 ? BITS_24 : BITS_32;
		end else if (begins | runs | shift_in) begin
			for (n = 0; n < 15; n = n + 1)
				w[n] <= w[n + 1];
			w[15] <= new_w;
		end
	end

	// --- the digest -----------------------------------------------------------
	// In the last rounds d, c, b and a of the result fall out of a, and h, g,
	// f, e out of e: so one adder does for four words, which go round. Each
	// step of a chain begins from the initial value.
	wire        adds = ends | (runs & (round >= ROUND_ADDS));
	wire [31:0] sum_a = value[3] + a;
	wire [31:0] sum_e = value[7] + e;

	assign digest = value[0];
	always @(posedge clk) begin
		if (rst) begin
			for (n = 0; n < 8; n = n + 1)
				value[n] <= 32'd0;
		end else if ((start & first) | (ends & more)) begin
			value[0] <= 32'h6a09e667;
			value[1] <= 32'hbb67ae85;
			value[2] <= 32'h3c6ef372;
			value[3] <= 32'ha54ff53a;
			value[4] <= 32'h510e527f;
			value[5] <= 32'h9b05688c;
			value[6] <= 32'h1f83d9ab;
			value[7] <= 32'h5be0cd19;
		end else if (adds) begin
			for (n = 1; n < 8; n = n + 1)
				value[n] <= value[n - 1];
			value[0] <= sum_a;
			value[4] <= sum_e;
		end else if (shift_out) begin
			for (n = 0; n < 7; n = n + 1)
				value[n] <= value[n + 1];
			value[7] <= digest_in;
		end
	end

	// --- control --------------------------------------------------------------
	always @(posedge clk) begin
		begins <= 1'b0;
		ends <= 1'b0;
		more <= chain & (next_step != stop);
		if (start) begin
			busy <= 1'b1;
			begins <= 1'b1;
			step <= j;
		end
		if (begins) begin
			runs <= 1'b1;
			round <= 6'd0;
		end
		if (runs) begin
			round <= round + 6'd1;
			runs <= ~last_round;
			ends <= last_round;
		end
		if (ends) begin
			begins <= more;
			busy <= more;
			step <= next_step;
		end
		if (rst) begin
			{busy, begins, runs, ends} <= 4'd0;
			{more, step} <= 9'd0;
			round <= 6'd0;
		end
	end
endmodule

`default_nettype wire
