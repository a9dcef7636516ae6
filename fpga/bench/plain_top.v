// SPDX-License-Identifier: MIT
/* The plain core at the pins of the HSM, so that the same board drives it. */
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
	assign {memory_sck, memory_cs_n, memory_mosi} = 3'b010;

	plain plain (
		.clk(clk), .rst(rst), .spi_sck(spi_sck), .spi_cs_n(spi_cs_n),
		.spi_mosi(spi_mosi), .spi_miso(spi_miso)
	);
endmodule

`default_nettype wire
