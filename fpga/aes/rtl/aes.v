// SPDX-License-Identifier: MIT
/*
 * AES-128 and AES-256 (FIPS 197), a column at a time: a block in 4 S boxes, which
 * are block RAMs, and a column of round keys from another.
 *
 * The key is written word by word (key_write, key_number), then `expand` makes
 * the round keys. A block goes in by four shifts, `start` runs it through the
 * cipher (or its inverse), and four shifts bring it out again.
 *
 * `rst` clears state and block at once and the round keys within 64 cycles
 * (`wiping`); meanwhile, and while `busy`, nothing else may be asked for.
 */
`default_nettype none

module aes (
	input  wire        clk,
	input  wire        rst,
	output reg         wiping,
	// the key: words 0 to 3, or to 7; first word first
	input  wire        key_write,
	input  wire [2:0]  key_number,
	input  wire [31:0] key,
	input  wire        key_long,	// AES-256; with expand
	input  wire        expand,
	// the block
	input  wire        shift,	// in at the end, out at the beginning
	input  wire [31:0] word_in,
	output wire [31:0] word_out,
	input  wire        start,
	input  wire        inverse,
	output wire        busy
);
	localparam [1:0] IDLE = 2'd0, WHITEN = 2'd1, ROUND = 2'd2, EXPAND = 2'd3;

	reg  [1:0]  state;
	reg         decrypts, is_long;
	reg  [3:0]  round;
	reg  [2:0]  phase;		// column of the round, or step of a word
	reg  [31:0] s0, s1, s2, s3;	// the block, columns; shifted, s0 first
	reg  [7:0]  before1, before3;	// rows 1 and 3 of the column before s0
	reg  [7:0]  kept2;		// row 2 of column 1

	assign busy = state != IDLE;
	assign word_out = s0;

	wire [3:0] rounds = is_long ? 4'd14 : 4'd10;
	wire       last_round = round == rounds;

	// --- S boxes: forward in the lower half, inverse in the upper ------------
	(* ram_style = "block" *) reg [7:0] sbox0 [0:511];
	(* ram_style = "block" *) reg [7:0] sbox1 [0:511];
	(* ram_style = "block" *) reg [7:0] sbox2 [0:511];
	(* ram_style = "block" *) reg [7:0] sbox3 [0:511];
	`include "aes_sbox.vh"
	integer entry;
	initial for (entry = 0; entry < 512; entry = entry + 1) begin
		sbox0[entry] = SBOX[8 * (511 - entry) +: 8];
		sbox1[entry] = SBOX[8 * (511 - entry) +: 8];
		sbox2[entry] = SBOX[8 * (511 - entry) +: 8];
		sbox3[entry] = SBOX[8 * (511 - entry) +: 8];
	end

	// The bytes that make a column after ShiftRows, or its inverse: while the
	// columns go round, they always stand in the same places, but for the last
	// one of row 2, whose place a new column has.
	wire [31:0] shifted = {s0[31:24],
			       decrypts ? before1 : s1[23:16],
			       &phase[1:0] ? kept2 : s2[15:8],
			       decrypts ? s1[7:0] : before3};

	// --- round keys ------------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] round_keys [0:255];
	reg  [31:0] round_key;
	reg  [5:0]  number;		// of the word that is made, or wiped
	reg  [31:0] previous;		// the word before it; zero while wiping
	reg         made;		// previous is word `number`, to be written
	reg  [7:0]  rcon;

	wire        expands = state == EXPAND;
	wire        rotates = number[1:0] == 2'd0 & ~(is_long & number[2]);
	wire        substitutes = number[1:0] == 2'd0;
	wire [31:0] rotated = rotates ? {previous[23:0], previous[31:24]} : previous;
	wire [31:0] to_substitute = expands ? rotated : shifted;
	wire        inverted = ~expands & decrypts;

	wire [3:0]  key_round = decrypts ? rounds - round : round;
	wire [3:0]  key_before = number[5:2] - (is_long ? 4'd2 : 4'd1);
	wire [5:0]  key_address = expands ? {key_before, number[1:0]}
					  : {key_round, phase[1:0]};

	reg  [7:0]  q0, q1, q2, q3;
	wire [31:0] q = {q0, q1, q2, q3};
	wire [31:0] mixed_key = substitutes ? q ^ {rotates ? rcon : 8'd0, 24'd0}
					    : previous;
	wire        new_key_ready = expands & (phase == 3'd2);

	always @(posedge clk) begin
		q0 <= sbox0[{inverted, to_substitute[31:24]}];
		q1 <= sbox1[{inverted, to_substitute[23:16]}];
		q2 <= sbox2[{inverted, to_substitute[15:8]}];
		q3 <= sbox3[{inverted, to_substitute[7:0]}];
		round_key <= round_keys[{2'b00, key_address}];
		if (wiping | made)
			round_keys[{2'b00, number}] <= previous;
	end

	// --- a round -----------------------------------------------------------------
	function [7:0] times2(input [7:0] x);
		times2 = {x[6:0], 1'b0} ^ (x[7] ? 8'h1b : 8'h00);
	endfunction

	// MixColumns; its inverse is the same after a first step (FIPS 197's
	// matrices differ by the factor 4 x^2 + 5)
	wire [31:0] to_mix = q ^ (decrypts ? round_key : 32'd0);
	wire [7:0]  even = times2(times2(to_mix[31:24] ^ to_mix[15:8]));
	wire [7:0]  odd = times2(times2(to_mix[23:16] ^ to_mix[7:0]));
	wire [7:0]  m0 = to_mix[31:24] ^ (decrypts ? even : 8'd0);
	wire [7:0]  m1 = to_mix[23:16] ^ (decrypts ? odd : 8'd0);
	wire [7:0]  m2 = to_mix[15:8] ^ (decrypts ? even : 8'd0);
	wire [7:0]  m3 = to_mix[7:0] ^ (decrypts ? odd : 8'd0);
	wire [31:0] mixed = {times2(m0 ^ m1) ^ m1 ^ m2 ^ m3,
			     times2(m1 ^ m2) ^ m0 ^ m2 ^ m3,
			     times2(m2 ^ m3) ^ m0 ^ m1 ^ m3,
			     times2(m3 ^ m0) ^ m0 ^ m1 ^ m2};

	// --- what comes in at the end of the block ------------------------------------
	wire        whitens = state == WHITEN;
	wire        in_round = state == ROUND;
	wire        turns = phase == 3'd0;	// column 0 is needed once more
	wire        mixes = in_round & ~turns;
	wire [31:0] next = (shift ? word_in : 32'd0) ^
			   (whitens | (in_round & turns) ? s0 : 32'd0) ^
			   (whitens | (mixes & ~decrypts) ? round_key : 32'd0) ^
			   (mixes ? last_round ? to_mix : mixed : 32'd0);

	always @(posedge clk) begin
		if (shift | (whitens & phase != 3'd0) | in_round) begin
			{s0, s1, s2, s3} <= {s1, s2, s3, next};
			before1 <= mixes & ~phase[2] ? s0[23:16] : next[23:16];
			before3 <= mixes & ~phase[2] ? s0[7:0] : next[7:0];
		end
		if (in_round & phase == 3'd1)
			kept2 <= s0[15:8];
		made <= key_write | new_key_ready;
		if (key_write)
			previous <= key;
		else if (new_key_ready)
			previous <= round_key ^ mixed_key;
		if (wiping | made)
			number <= number + 6'd1;
		if (key_write)
			number <= {3'd0, key_number};
		case (state)
		IDLE: begin
			phase <= 3'd0;
			round <= 4'd0;
			if (start) begin
				state <= WHITEN;
				decrypts <= inverse;
			end else if (expand) begin
				state <= EXPAND;
				is_long <= key_long;
				number <= key_long ? 6'd8 : 6'd4;
				rcon <= 8'h01;
			end
		end
		WHITEN: begin		// the keys come a cycle late
			phase <= phase + 3'd1;
			if (phase == 3'd4) begin
				phase <= 3'd0;
				round <= 4'd1;
				state <= ROUND;
			end
		end
		ROUND: begin
			phase <= phase + 3'd1;
			if (phase == 3'd4) begin
				phase <= 3'd0;
				round <= round + 4'd1;
				if (last_round)
					state <= IDLE;
			end
		end
		EXPAND: begin
			phase <= phase + 3'd1;
			if (new_key_ready) begin
				phase <= 3'd0;
				if (rotates)
					rcon <= times2(rcon);
				if (number == (is_long ? 6'd59 : 6'd43))
					state <= IDLE;
			end
		end
		endcase
		if (wiping)
			wiping <= ~&number;
		if (rst) begin
			state <= IDLE;
			{phase, round, decrypts, is_long} <= 9'd0;
			{s0, s1, s2, s3} <= 128'd0;
			{before1, before3, kept2, previous} <= 56'd0;
			{made, rcon, number} <= 15'd0;
			wiping <= 1'b1;
		end
	end
endmodule

`default_nettype wire
