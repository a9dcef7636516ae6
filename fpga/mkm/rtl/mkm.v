// SPDX-License-Identifier: MIT
/*
 * Port to the tamper memory: a SPI SRAM (23K640, 23LC512 and their like) that
 * loses its content when somebody opens the box. It has the master key and the
 * epochs of the guard.
 *
 * `start` takes one word from the memory or to it, at byte `address`; `mode` sets
 * sequential mode, without which the memory ends an access after a byte. SCK is
 * a quarter of clk; a word takes 228 cycles, the mode 68.
 *
 *	02 | u16 address | word		write
 *	03 | u16 address | word		read
 *	01 | 40				mode
 *
 * mode, reads and address stay as they are while it is busy. What was read stands
 * at word_out until the next start. `rst` ends a transfer at once: of a word that
 * was being written the first bytes are in the memory then.
 */
`default_nettype none

module mkm (
	input  wire        clk,
	input  wire        rst,
	input  wire        start,
	input  wire        mode,
	input  wire        reads,		// else it writes
	input  wire [7:0]  address,
	input  wire [31:0] word_in,	// with start
	output wire [31:0] word_out,
	output reg         busy,
	// the memory; idle: cs_n 1, sck 0
	output wire        cs_n,
	output wire        sck,
	output wire        mosi,
	input  wire        miso
);
	localparam [5:0] HEAD = 6'd24, MODE_BITS = 6'd16, BITS = 6'd56;

	reg  [1:0]  phase;		// of a bit: clock low, low, high, high
	reg  [5:0]  bits;		// that are over
	reg  [31:0] word;

	wire        over = bits == (mode ? MODE_BITS : BITS);
	wire        head = mode | bits < HEAD;
	wire        in_address = bits[4:3] == 2'd2 & address[~bits[2:0]];
	wire        head_bit = mode ? bits == 6'd7 | bits == 6'd9
			     : bits == 6'd6 | (bits == 6'd7 & reads) | in_address;

	assign cs_n = ~busy;
	assign sck = busy & phase[1] & ~over;
	assign mosi = busy & (head ? head_bit : word[31] & ~reads);
	assign word_out = word;

	always @(posedge clk) begin
		phase <= busy ? phase + 2'd1 : 2'd0;
		if (&phase) begin
			bits <= bits + 6'd1;
			if (~head & ~over)
				word <= {word[30:0], miso};
			if (over)
				busy <= 1'b0;
		end
		if (start & ~busy) begin
			busy <= 1'b1;
			bits <= 6'd0;
			word <= word_in;
		end
		if (rst) begin
			busy <= 1'b0;
			{phase, bits} <= 8'd0;
			word <= 32'd0;
		end
	end
endmodule

`default_nettype wire
