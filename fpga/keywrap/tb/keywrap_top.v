// SPDX-License-Identifier: MIT
/* Key wrap with its AES core, for the test bench. */
`default_nettype none

module keywrap_top (
	input  wire        clk,
	input  wire        rst,
	output wire        wiping,
	input  wire        key_write,
	input  wire [2:0]  key_number,
	input  wire [31:0] key,
	input  wire        key_long,
	input  wire        expand,
	input  wire        text_write,
	input  wire [7:0]  text_number,
	input  wire [31:0] text_in,
	output wire [31:0] text_out,
	input  wire        start,
	input  wire        blocks,
	input  wire        inverse,
	input  wire [6:0]  n,
	output wire        busy
);
	wire        aes_shift, aes_start, aes_inverse, aes_busy;
	wire [31:0] aes_in, aes_out;
	wire        wraps, aes_wiping, text_wiping;

	assign busy = wraps | aes_busy;
	assign wiping = aes_wiping | text_wiping;

	aes aes (
		.clk(clk), .rst(rst), .wiping(aes_wiping),
		.key_write(key_write), .key_number(key_number), .key(key),
		.key_long(key_long), .expand(expand),
		.shift(aes_shift), .word_in(aes_in), .word_out(aes_out),
		.start(aes_start), .inverse(aes_inverse), .busy(aes_busy)
	);
	keywrap keywrap (
		.clk(clk), .rst(rst), .wiping(text_wiping),
		.text_write(text_write), .text_number(text_number),
		.text_in(text_in), .text_out(text_out),
		.start(start), .blocks(blocks), .inverse(inverse), .n(n),
		.busy(wraps),
		.aes_shift(aes_shift), .aes_in(aes_in), .aes_out(aes_out),
		.aes_start(aes_start), .aes_inverse(aes_inverse),
		.aes_busy(aes_busy)
	);
endmodule

`default_nettype wire
