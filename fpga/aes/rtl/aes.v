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
	reg  [31:0] s0, s1, s2, s3;	// the block, columns
	reg  [31:0] n0, n1, n2;		// columns of the next round

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

	// The bytes that make a column after ShiftRows, or its inverse
	function [7:0] byte_of(input [1:0] column, input [1:0] row);
		reg [31:0] c;
		begin
			case (column)
			2'd0: c = s0;
			2'd1: c = s1;
			2'd2: c = s2;
			default: c = s3;
			endcase
			case (row)
			2'd0: byte_of = c[31:24];
			2'd1: byte_of = c[23:16];
			2'd2: byte_of = c[15:8];
			default: byte_of = c[7:0];
			endcase
		end
	endfunction

	wire [1:0]  column = phase[1:0];
	wire [1:0]  column1 = decrypts ? column - 2'd1 : column + 2'd1;
	wire [1:0]  column3 = decrypts ? column + 2'd1 : column - 2'd1;
	wire [31:0] shifted = {byte_of(column, 2'd0), byte_of(column1, 2'd1),
			       byte_of(column + 2'd2, 2'd2),
			       byte_of(column3, 2'd3)};

	// --- round keys ------------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] round_keys [0:255];
	reg  [31:0] round_key;
	reg  [5:0]  number;		// of the word that is made, or wiped
	reg  [31:0] previous;		// the word before it
	reg  [7:0]  rcon;
	reg  [2:0]  in_key;		// number modulo the words of a key

	wire        expands = state == EXPAND;
	wire        rotates = in_key == 3'd0;
	wire        substitutes = rotates | (is_long & (in_key == 3'd4));
	wire [31:0] rotated = rotates ? {previous[23:0], previous[31:24]} : previous;
	wire [31:0] to_substitute = expands ? rotated : shifted;
	wire        inverted = ~expands & decrypts;

	wire [5:0]  first_of_round = decrypts ? {rounds - round, 2'b00}
					      : {round, 2'b00};
	wire [5:0]  key_address = expands ? number - (is_long ? 6'd8 : 6'd4)
					  : first_of_round + {3'd0, phase};

	reg  [7:0]  q0, q1, q2, q3;
	wire [31:0] q = {q0, q1, q2, q3};
	wire [31:0] mixed_key = substitutes ? q ^ {rotates ? rcon : 8'd0, 24'd0}
					    : previous;
	wire [31:0] new_key = round_key ^ mixed_key;
	wire        new_key_ready = expands & (phase == 3'd2);

	always @(posedge clk) begin
		q0 <= sbox0[{inverted, to_substitute[31:24]}];
		q1 <= sbox1[{inverted, to_substitute[23:16]}];
		q2 <= sbox2[{inverted, to_substitute[15:8]}];
		q3 <= sbox3[{inverted, to_substitute[7:0]}];
		round_key <= round_keys[{2'b00, key_address}];
		if (wiping)
			round_keys[{2'b00, number}] <= 32'd0;
		else if (key_write)
			round_keys[{5'd0, key_number}] <= key;
		else if (new_key_ready)
			round_keys[{2'b00, number}] <= new_key;
	end

	// --- a round -----------------------------------------------------------------
	function [7:0] times2(input [7:0] x);
		times2 = {x[6:0], 1'b0} ^ (x[7] ? 8'h1b : 8'h00);
	endfunction

	// MixColumns; its inverse is the same after a first step (FIPS 197's
	// matrices differ by the factor 4 x^2 + 5)
	wire [31:0] with_key = q ^ round_key;
	wire [31:0] to_mix = decrypts ? with_key : q;
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
	wire [31:0] result = last_round ? with_key
			   : decrypts ? mixed : mixed ^ round_key;

	always @(posedge clk) begin
		if (shift)
			{s0, s1, s2, s3} <= {s1, s2, s3, word_in};
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
				in_key <= 3'd0;
				rcon <= 8'h01;
				previous <= key;	// the last one written
			end
		end
		WHITEN: begin		// the keys come a cycle late
			phase <= phase + 3'd1;
			if (phase != 3'd0)
				{s0, s1, s2, s3} <= {s1, s2, s3, s0 ^ round_key};
			if (phase == 3'd4) begin
				phase <= 3'd0;
				round <= 4'd1;
				state <= ROUND;
			end
		end
		ROUND: begin
			phase <= phase + 3'd1;
			if (phase == 3'd1)
				n0 <= result;
			if (phase == 3'd2)
				n1 <= result;
			if (phase == 3'd3)
				n2 <= result;
			if (phase == 3'd4) begin
				{s0, s1, s2, s3} <= {n0, n1, n2, result};
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
				previous <= new_key;
				number <= number + 6'd1;
				in_key <= in_key == (is_long ? 3'd7 : 3'd3) ?
					  3'd0 : in_key + 3'd1;
				if (rotates)
					rcon <= times2(rcon);
				if (number == (is_long ? 6'd59 : 6'd43))
					state <= IDLE;
			end
		end
		endcase
		if (wiping) begin
			number <= number + 6'd1;
			wiping <= ~&number;
		end
		if (rst) begin
			state <= IDLE;
			{phase, round, decrypts, is_long} <= 9'd0;
			{s0, s1, s2, s3} <= 128'd0;
			{n0, n1, n2, previous} <= 128'd0;
			{in_key, rcon, number} <= 17'd0;
			wiping <= 1'b1;
		end
	end
endmodule

`default_nettype wire
