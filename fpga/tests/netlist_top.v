// SPDX-License-Identifier: MIT
/* The synthesised board with the ports of hsm_top, for the same test benches. It
 * makes its reset itself, 260 cycles after power came. */
`default_nettype none

module hsm_top (
	input  wire clk,
	input  wire rst,
	input  wire spi_sck,
	input  wire spi_cs_n,
	input  wire spi_mosi,
	output wire spi_miso,
	input  wire tamper,
	input  wire noise,
	output wire memory_sck,
	output wire memory_cs_n,
	output wire memory_mosi,
	input  wire memory_miso
);
	wire unused_rst = rst;

	cryptech_hx8k board (
		.clk_12mhz(clk), .spi_sck(spi_sck), .spi_cs_n(spi_cs_n),
		.spi_mosi(spi_mosi), .spi_miso(spi_miso), .tamper_n(~tamper),
		.memory_sck(memory_sck), .memory_cs_n(memory_cs_n),
		.memory_mosi(memory_mosi), .memory_miso(memory_miso),
		.noise(), .\noise.i (noise)
	);
endmodule

`default_nettype wire
