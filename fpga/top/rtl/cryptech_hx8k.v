// SPDX-License-Identifier: MIT
/*
 * The HSM on Lattice's iCE40-HX8K breakout board: 63 MHz from its 12 MHz, reset
 * until they are stable, and pins.
 */
`default_nettype none

module cryptech_hx8k (
	input  wire clk_12mhz,
	// SPI of the host
	input  wire spi_sck,
	input  wire spi_cs_n,
	input  wire spi_mosi,
	output wire spi_miso,
	input  wire tamper_n,		// low: somebody opens the box
	// SPI of the tamper memory
	output wire memory_sck,
	output wire memory_cs_n,
	output wire memory_mosi,
	input  wire memory_miso
);
	wire       clk, locked, noise;
	reg  [7:0] wait_count;		// zero after configuration
	reg  [1:0] locked_seen, tamper_seen;
	reg        rst;

	initial {wait_count, rst} = {8'd0, 1'b1};

	// 12 MHz * 84 / 16
	SB_PLL40_CORE #(
		.FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(7'd83),
		.DIVQ(3'd4), .FILTER_RANGE(3'd1)
	) pll (
		.REFERENCECLK(clk_12mhz), .PLLOUTGLOBAL(clk), .LOCK(locked),
		.RESETB(1'b1), .BYPASS(1'b0)
	);

	always @(posedge clk) begin
		locked_seen <= {locked_seen[0], locked};
		tamper_seen <= {tamper_seen[0], ~tamper_n};
		if (~locked_seen[1])
			wait_count <= 8'd0;
		else if (rst)
			wait_count <= wait_count + 8'd1;
		rst <= ~locked_seen[1] | (rst & ~&wait_count);
	end

	rings rings (
		.enable(1'b1), .noise(noise)
	);

	hsm_top hsm (
		.clk(clk), .rst(rst), .spi_sck(spi_sck), .spi_cs_n(spi_cs_n),
		.spi_mosi(spi_mosi), .spi_miso(spi_miso),
		.tamper(tamper_seen[1]), .noise(noise), .memory_sck(memory_sck),
		.memory_cs_n(memory_cs_n), .memory_mosi(memory_mosi),
		.memory_miso(memory_miso)
	);
endmodule

`default_nettype wire
