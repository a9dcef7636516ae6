// SPDX-License-Identifier: MIT
/*
 * The HSM in one piece: all cores and what is between them, nothing that only one
 * kind of FPGA has. A board's own top puts clock, reset and pins to it.
 */
`default_nettype none

module hsm_top (
	input  wire clk,
	input  wire rst,
	// SPI of the host, asynchronous; SCK at most an eighth of clk
	input  wire spi_sck,
	input  wire spi_cs_n,
	input  wire spi_mosi,
	output wire spi_miso,
	// somebody opens the box; synchronous to clk
	input  wire tamper,
	// ring oscillators, asynchronous
	input  wire noise,
	// SPI of the tamper memory
	output wire memory_sck,
	output wire memory_cs_n,
	output wire memory_mosi,
	input  wire memory_miso
);
	wire        zeroise, clean, aborts;
	wire        wipe_all = rst | zeroise;
	wire [31:0] data;

	// --- bus -----------------------------------------------------------------
	wire        bus_write, bus_read;
	wire [15:0] address;
	wire [31:0] write_data, read_data;

	bus bus (
		.clk(clk), .rst(rst), .zeroise(zeroise), .sck(spi_sck),
		.cs_n(spi_cs_n), .mosi(spi_mosi), .miso(spi_miso), .write(bus_write),
		.read(bus_read), .address(address), .write_data(write_data),
		.read_data(read_data)
	);

	// --- random words --------------------------------------------------------
	wire        random_valid, random_take, random_failed, random_started;
	wire [31:0] random;

	trng trng (
		.clk(clk), .rst(rst), .noise(noise), .valid(random_valid),
		.word(random), .take(random_take), .failed(random_failed),
		.started(random_started)
	);

	// --- tamper memory --------------------------------------------------------
	wire        memory_start, memory_mode, memory_reads, memory_busy;
	wire [7:0]  memory_address;
	wire [31:0] memory_word;

	mkm mkm (
		.clk(clk), .rst(wipe_all | clean), .start(memory_start),
		.mode(memory_mode), .reads(memory_reads),
		.address(memory_address), .word_in(data),
		.word_out(memory_word), .busy(memory_busy),
		.cs_n(memory_cs_n), .sck(memory_sck), .mosi(memory_mosi),
		.miso(memory_miso)
	);

	// --- AES, and key wrap with TEXT --------------------------------------------
	wire        key_write, key_long, key_expand, aes_wiping, aes_busy;
	wire [2:0]  key_number;
	wire        aes_shift, aes_start, aes_inverse;
	wire [31:0] aes_in, aes_out;
	wire        text_write, text_wiping, wrap_start, wrap_blocks;
	wire        wrap_inverse, wrap_busy;
	wire [7:0]  text_number;
	wire [6:0]  wrap_n;
	wire [31:0] text_word;

	aes aes (
		.clk(clk), .rst(wipe_all | clean), .wiping(aes_wiping),
		.key_write(key_write), .key_number(key_number), .key(data),
		.key_long(key_long), .expand(key_expand), .shift(aes_shift),
		.word_in(aes_in), .word_out(aes_out), .start(aes_start),
		.inverse(aes_inverse), .busy(aes_busy)
	);
	keywrap keywrap (
		.clk(clk), .rst(wipe_all), .wiping(text_wiping),
		.text_write(text_write), .text_number(text_number),
		.text_in(data), .text_out(text_word), .start(wrap_start),
		.blocks(wrap_blocks), .inverse(wrap_inverse), .n(wrap_n),
		.busy(wrap_busy), .aes_shift(aes_shift), .aes_in(aes_in),
		.aes_out(aes_out), .aes_start(aes_start),
		.aes_inverse(aes_inverse), .aes_busy(aes_busy)
	);

	// --- trees --------------------------------------------------------------------
	wire        hash_write, child, tree_start, tree_n24, tree_wiping, tree_busy;
	wire        tree_result, tree_hold;
	wire [6:0]  hash_number;
	wire [2:0]  child_number, tree_operation;
	wire [31:0] tree_word;
	wire [1:0]  tree_width;
	wire [4:0]  tree_height, tree_depth;
	wire [25:0] tree_reached;

	lmots lmots (
		.clk(clk), .rst(wipe_all | clean | aborts), .wiping(tree_wiping),
		.memory_write(hash_write), .memory_number(hash_number),
		.memory_in(data), .child(child),
		.child_number(child_number), .start(tree_start),
		.operation(tree_operation), .n24(tree_n24), .width(tree_width),
		.height(tree_height), .depth(tree_depth), .path(data[25:1]),
		.busy(tree_busy), .node(tree_reached), .result(tree_result),
		.word(tree_word), .hold(tree_hold)
	);

	// --- who may do what ------------------------------------------------------------
	wire        working = memory_busy | aes_busy | aes_wiping | wrap_busy |
			      text_wiping | tree_busy | tree_wiping | clean |
			      aborts;

	vault vault (
		.clk(clk), .rst(rst), .tamper(tamper), .zeroise(zeroise),
		.clean(clean), .aborts(aborts), .bus_write(bus_write),
		.bus_read(bus_read), .address(address), .write_data(write_data),
		.read_data(read_data), .random_valid(random_valid),
		.random(random), .random_take(random_take),
		.random_failed(random_failed), .random_started(random_started),
		.memory_start(memory_start), .memory_mode(memory_mode),
		.memory_reads(memory_reads), .memory_address(memory_address),
		.memory_word(memory_word), .text_write(text_write),
		.text_number(text_number), .text_word(text_word),
		.wrap_start(wrap_start), .wrap_blocks(wrap_blocks),
		.wrap_inverse(wrap_inverse), .wrap_n(wrap_n),
		.key_write(key_write), .key_number(key_number),
		.key_long(key_long), .key_expand(key_expand),
		.hash_write(hash_write), .hash_number(hash_number),
		.child(child),
		.child_number(child_number), .tree_start(tree_start),
		.tree_operation(tree_operation), .tree_n24(tree_n24),
		.tree_width(tree_width), .tree_height(tree_height),
		.tree_depth(tree_depth),
		.tree_busy(tree_busy), .tree_reached(tree_reached),
		.tree_result(tree_result), .tree_word(tree_word),
		.tree_hold(tree_hold), .working(working), .data(data)
	);
endmodule

`default_nettype wire
