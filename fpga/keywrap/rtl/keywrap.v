// SPDX-License-Identifier: MIT
/*
 * AES key wrap: the six passes of RFC 3394 over a text of n semiblocks of 64
 * bits, in place, in a memory of its own. The integrity value, A, is put
 * in and looked at through ports of its own; what it has to be (RFC 3394, 2.2.3,
 * or RFC 5649, 3) is the vault's to say.
 *
 *	wrap	A and R[1..n] become C[0] and C[1..n]
 *	unwrap	the reverse
 *
 * The key stands expanded in the AES core, which belongs to this one while it is
 * busy. 2 <= n <= 127. Cycles: 6 n (blocks of AES + 13).
 *
 * Text may be written and read only while it is not busy; a word comes a cycle
 * after its number. `rst` clears A at once and the text within 256 cycles
 * (`wiping`).
 */
`default_nettype none

module keywrap (
	input  wire        clk,
	input  wire        rst,
	output reg         wiping,
	// the text, R[1] first: word 2 (i - 1) and the next
	input  wire        text_write,
	input  wire [7:0]  text_number,
	input  wire [31:0] text_in,
	output wire [31:0] text_out,
	// A
	input  wire        a_write,
	input  wire [63:0] a_in,
	output reg  [63:0] a,
	// what to do
	input  wire        start,
	input  wire        unwrap,
	input  wire [6:0]  n,
	output reg         busy,
	// the AES core
	output reg         aes_shift,
	output wire [31:0] aes_in,
	input  wire [31:0] aes_out,
	output reg         aes_start,
	output wire        aes_inverse,
	input  wire        aes_busy
);
	localparam [2:0] FETCH = 3'd0, LOAD = 3'd1, RUN = 3'd2, WAIT = 3'd3,
			 STORE = 3'd4, NEXT = 3'd5;

	reg  [2:0]  state;
	reg         unwraps;
	reg  [6:0]  length, i;		// i: 0 is R[1]
	reg  [2:0]  pass;
	reg  [9:0]  t;			// n * pass + i, from 1 on
	reg  [1:0]  word;
	reg  [7:0]  wipe;

	wire        loads = state == LOAD;

	// --- the text -----------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] text [0:255];
	reg  [31:0] read;
	reg         store;
	wire [7:0]  here = {i, loads ? word[1] : word[0]};
	wire [7:0]  number = busy ? here : text_number;

	assign text_out = read;
	always @(posedge clk) begin
		read <= text[number];
		if (wiping)
			text[wipe] <= 32'd0;
		else if (busy ? store : text_write)
			text[number] <= busy ? aes_out : text_in;
	end

	// --- a step ---------------------------------------------------------------
	// A xor t goes in when unwrapping, comes out when wrapping.
	wire [63:0] with_t = a ^ {54'd0, t};
	wire [63:0] a_into = unwraps ? with_t : a;

	assign aes_inverse = unwraps;
	assign aes_in = word == 2'd0 ? a_into[63:32] :
			word == 2'd1 ? a_into[31:0] : read;

	// --- control ----------------------------------------------------------------
	wire last_i = unwraps ? i == 7'd0 : i == length - 7'd1;

	always @* begin
		aes_shift = busy & (loads | state == STORE);
		store = busy & state == STORE & word[1];
	end

	always @(posedge clk) begin
		aes_start <= 1'b0;
		if (a_write & ~busy)
			a <= a_in;
		if (start & ~busy) begin
			busy <= 1'b1;
			unwraps <= unwrap;
			length <= n;
			i <= unwrap ? n - 7'd1 : 7'd0;
			t <= unwrap ? {1'b0, n, 2'b0} + {2'b0, n, 1'b0} : 10'd1;
			pass <= 3'd0;
			word <= 2'd0;
			state <= LOAD;
		end
		if (busy) case (state)
		LOAD: begin		// a word of text comes a cycle late
			word <= word + 2'd1;
			if (&word) begin
				aes_start <= 1'b1;
				state <= RUN;
			end
		end
		RUN:
			state <= WAIT;
		WAIT:
			if (~aes_busy & ~aes_start)
				state <= STORE;
		STORE: begin
			word <= word + 2'd1;
			if (word == 2'd0)
				a[63:32] <= aes_out;
			if (word == 2'd1)
				a[31:0] <= aes_out;
			if (&word)
				state <= NEXT;
		end
		NEXT: begin
			if (~unwraps)
				a <= with_t;
			t <= unwraps ? t - 10'd1 : t + 10'd1;
			i <= unwraps ? i - 7'd1 : i + 7'd1;
			state <= FETCH;
			if (last_i) begin
				i <= unwraps ? length - 7'd1 : 7'd0;
				pass <= pass + 3'd1;
				busy <= pass != 3'd5;
			end
		end
		default:		// FETCH
			state <= LOAD;
		endcase
		if (wiping) begin
			wipe <= wipe + 8'd1;
			wiping <= ~&wipe;
		end
		if (rst) begin
			{busy, unwraps, aes_start} <= 3'd0;
			state <= FETCH;
			{length, i, pass, t, word} <= 29'd0;
			a <= 64'd0;
			wipe <= 8'd0;
			wiping <= 1'b1;
		end
	end
endmodule

`default_nettype wire
