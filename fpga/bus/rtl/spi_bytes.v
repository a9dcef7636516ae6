// SPDX-License-Identifier: MIT
/*
 * SPI slave, mode 0, most significant bit first: bytes in, bytes out. The lines
 * are sampled by clk, which has to be at least 8 times as fast as sck.
 *
 * `begins` tells that the slave was selected. For each byte `received` is set
 * for one cycle, with the byte at `in`; what is at `out` two cycles later
 * goes out with the next byte.
 */
`default_nettype none

module spi_bytes (
	input  wire       clk,
	input  wire       rst,
	input  wire       sck,
	input  wire       cs_n,
	input  wire       mosi,
	output wire       miso,
	output wire       selected,
	output reg        received,
	output reg  [7:0] in,
	input  wire [7:0] out
);
	reg [2:0] sck_seen;
	reg [1:0] cs_seen, mosi_seen;
	reg [2:0] bits;
	reg [6:0] shift_in;
	reg [7:0] shift_out;
	reg [1:0] load;			// received, one and two cycles ago

	wire rises = sck_seen[2:1] == 2'b01;
	wire falls = sck_seen[2:1] == 2'b10;

	assign selected = ~cs_seen[1];
	assign miso = shift_out[7];

	always @(posedge clk) begin
		sck_seen <= {sck_seen[1:0], sck};
		cs_seen <= {cs_seen[0], cs_n};
		mosi_seen <= {mosi_seen[0], mosi};
		received <= 1'b0;
		load <= {load[0], received};
		if (rises) begin
			shift_in <= {shift_in[5:0], mosi_seen[1]};
			bits <= bits + 3'd1;
			if (&bits) begin
				received <= 1'b1;
				in <= {shift_in, mosi_seen[1]};
			end
		end
		// The first bit of a byte stands there before its first edge.
		if (load[1])
			shift_out <= out;
		else if (falls & (bits != 3'd0))
			shift_out <= {shift_out[6:0], 1'b0};
		if (rst | ~selected) begin
			bits <= 3'd0;
			{shift_in, shift_out} <= 15'd0;
			received <= 1'b0;
			load <= 2'd0;
		end
		if (rst) begin
			sck_seen <= 3'd0;
			cs_seen <= 2'b11;
			mosi_seen <= 2'd0;
			in <= 8'd0;
		end
	end
endmodule

`default_nettype wire
