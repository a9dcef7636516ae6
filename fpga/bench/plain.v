// SPDX-License-Identifier: MIT
/*
 * What the HSM is measured beside: our SHA-256 core behind our bus, with nothing
 * of hash signatures; the host pads, counts and iterates. Registers, in words:
 *
 *	0 to 15		the block, which stays until it is written again
 *	16		1: hash it from the initial value; 0: from the digest
 *	32 to 39	the digest
 *
 * It is done after some 100 cycles, less than a frame's first bytes take.
 */
`default_nettype none

module plain (
	input  wire clk,
	input  wire rst,
	// SPI of the host, asynchronous; SCK at most an eighth of clk
	input  wire spi_sck,
	input  wire spi_cs_n,
	input  wire spi_mosi,
	output wire spi_miso
);
	localparam [15:0] COMMAND = 16'd16;

	wire        write, read;
	wire [15:0] address;
	wire [31:0] write_data;
	reg  [31:0] read_data;

	bus bus (
		.clk(clk), .rst(rst), .zeroise(1'b0), .sck(spi_sck),
		.cs_n(spi_cs_n), .mosi(spi_mosi), .miso(spi_miso),
		.write(write), .read(read), .address(address),
		.write_data(write_data), .read_data(read_data)
	);

	// --- the block, which goes into the core word by word --------------------------
	reg  [31:0] block [0:15];
	reg  [31:0] word;
	reg  [3:0]  number;
	reg         loads, shifts, loaded, first;

	always @(posedge clk) begin
		if (write & (address < COMMAND))
			block[address[3:0]] <= write_data;
		word <= block[number];
		shifts <= loads;
		loaded <= shifts & ~loads;
		if (loads) begin
			number <= number + 4'd1;
			loads <= ~&number;
		end
		if (write & (address == COMMAND)) begin
			loads <= 1'b1;
			first <= write_data[0];
		end
		if (rst)
			{loads, shifts, loaded, first, number} <= 8'd0;
	end

	// --- the core ----------------------------------------------------------------
	wire        busy;
	wire [31:0] digest;
	wire [2:0]  unused;
	reg  [31:0] digests [0:7];
	reg  [2:0]  turn;
	reg         was_busy, turns;

	sha256 sha256 (
		.clk(clk), .rst(rst), .shift_in(shifts), .word(word),
		.start(loaded), .first(first), .chain(1'b0), .n24(1'b0),
		.i(16'd0), .j(8'd0), .stop(8'd0), .busy(busy),
		.prefix_number(unused), .shift_out(turns), .digest_in(digest),
		.digest(digest)
	);

	// The digest goes round once, so that it stays there for the next block.
	always @(posedge clk) begin
		was_busy <= busy;
		if (was_busy & ~busy)
			turns <= 1'b1;
		if (turns) begin
			digests[turn] <= digest;
			turn <= turn + 3'd1;
			turns <= ~&turn;
		end
		if (read)
			read_data <= digests[address[2:0]];
		if (rst)
			{was_busy, turns, turn} <= 5'd0;
	end
endmodule

`default_nettype wire
