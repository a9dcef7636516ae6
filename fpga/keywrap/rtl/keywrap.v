// SPDX-License-Identifier: MIT
/*
 * AES over a text of up to 256 words, in place, in a memory of its own:
 *
 *	wrap	the six passes of RFC 3394 over n semiblocks of 64 bits, at words
 *		2 to 2 n + 1; A, before them, becomes C[0]
 *	unwrap	the reverse (`inverse`)
 *	blocks	n blocks, from word 0 on, each for itself; or their inverses
 *
 * What A has to be (RFC 3394, 2.2.3, or RFC 5649, 3) is the vault's to say; with
 * one semiblock (RFC 5649, 4.1) a wrap is a block.
 *
 * The key stands expanded in the AES core, which belongs to this one while it is
 * busy. 2 <= n <= 127; blocks: 1 <= n <= 64. Cycles: 6 n, or n, times (a block of
 * AES + 10).
 *
 * Text may be written and read only while it is not busy; a word comes a cycle
 * after its number. `rst` clears registers at once and the text within 256 cycles
 * (`wiping`).
 */
`default_nettype none

module keywrap (
	input  wire        clk,
	input  wire        rst,
	output reg         wiping,
	// the text
	input  wire        text_write,
	input  wire [7:0]  text_number,
	input  wire [31:0] text_in,
	output wire [31:0] text_out,
	// what to do
	input  wire        start,
	input  wire        blocks,
	input  wire        inverse,
	input  wire [6:0]  n,		// with start
	output reg         busy,
	// the AES core
	output wire        aes_shift,
	output wire [31:0] aes_in,
	input  wire [31:0] aes_out,
	output wire        aes_start,
	output wire        aes_inverse,
	input  wire        aes_busy
);
	localparam [2:0] FETCH = 3'd0, LOAD = 3'd1, RUN = 3'd2, WAIT = 3'd3,
			 STORE = 3'd4;

	reg  [2:0]  state;
	reg         inverts, is_blocks;
	reg  [6:0]  length, i;		// of R[i]; blocks: their second half
	reg  [2:0]  pass;
	reg  [9:0]  t;			// n * pass + i, from 1 on
	reg  [1:0]  at;			// word of the block that is asked for
	reg  [7:0]  wipe;

	wire        loads = state == LOAD;
	wire        stores = state == STORE;

	// --- the text -----------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] text [0:255];
	reg  [31:0] read;
	wire [6:0]  pair = at[1] ? i : is_blocks ? {i[6:1], 1'b0} : 7'd0;
	wire [7:0]  number = busy ? {pair, at[0]} : text_number;

	// A xor t goes in when unwrapping, comes out when wrapping.
	wire [9:0]  t_in = loads & (at == 2'd2) & inverts & ~is_blocks ?
			   t : 10'd0;
	wire [9:0]  t_out = at == 2'd1 & ~inverts & ~is_blocks ? t : 10'd0;
	wire [31:0] put = busy ? aes_out ^ {22'd0, t_out} : text_in;

	assign text_out = read;
	always @(posedge clk) begin
		read <= text[number];
		if (wiping)
			text[wipe] <= 32'd0;
		else if (busy ? stores : text_write)
			text[number] <= put;
	end

	assign aes_inverse = inverts;
	assign aes_in = read ^ {22'd0, t_in};
	assign aes_shift = busy & (loads | stores);
	assign aes_start = busy & (state == RUN);

	// --- control ----------------------------------------------------------------
	wire        backward = inverts & ~is_blocks;
	wire [6:0]  i_next = i + (backward ? 7'h7f : is_blocks ? 7'd2 : 7'd1);
	wire        last_i = backward ? i == 7'd1 :
			     is_blocks ? i_next == {length[5:0], 1'b1}
				       : i == length;

	always @(posedge clk) begin
		if (start & ~busy) begin
			busy <= 1'b1;
			{inverts, is_blocks} <= {inverse, blocks};
			length <= n;
			i <= inverse & ~blocks ? n : 7'd1;
			t <= inverse ? {1'b0, n, 2'b0} + {2'b0, n, 1'b0} : 10'd1;
			pass <= 3'd0;
			at <= 2'd0;
			state <= FETCH;
		end
		if (busy) case (state)
		FETCH: begin		// a word of text comes a cycle late
			at <= 2'd1;
			state <= LOAD;
		end
		LOAD: begin
			at <= at + 2'd1;
			if (at == 2'd0) begin
				at <= 2'd0;
				state <= RUN;
			end
		end
		RUN:
			state <= WAIT;
		WAIT:
			if (~aes_busy)
				state <= STORE;
		default: begin		// STORE
			at <= at + 2'd1;
			if (&at) begin
				t <= inverts ? t - 10'd1 : t + 10'd1;
				i <= i_next;
				state <= FETCH;
				if (last_i) begin
					i <= backward ? length : 7'd1;
					pass <= pass + 3'd1;
					busy <= ~is_blocks & (pass != 3'd5);
				end
			end
		end
		endcase
		if (wiping) begin
			wipe <= wipe + 8'd1;
			wiping <= ~&wipe;
		end
		if (rst) begin
			{busy, inverts, is_blocks} <= 3'd0;
			state <= FETCH;
			{length, i, pass, t, at} <= 29'd0;
			wipe <= 8'd0;
			wiping <= 1'b1;
		end
	end
endmodule

`default_nettype wire
