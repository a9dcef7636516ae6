// SPDX-License-Identifier: MIT
/*
 * Ring oscillators of an iCE40: each an odd number of inverters, of lengths that
 * have no common factor. They are placed by hand in no way; nextpnr has to be told
 * that the loops are meant (--ignore-loops).
 */
`default_nettype none

module rings #(
	parameter COUNT = 4
) (
	input  wire enable,		// else they stand still
	output wire noise
);
	wire [COUNT-1:0] out;

	assign noise = ^out;
	genvar r, n;
	generate
		for (r = 0; r < COUNT; r = r + 1) begin : ring
			localparam LENGTH = r == 0 ? 3 : r == 1 ? 5 :
					    r == 2 ? 7 : 11;
			wire [LENGTH-1:0] node;

			assign out[r] = node[0];
			for (n = 0; n < LENGTH; n = n + 1) begin : inverter
				(* keep *) SB_LUT4 #(.LUT_INIT(16'h4444)) lut (
					.O(node[n]),
					.I0(node[(n + LENGTH - 1) % LENGTH]),
					.I1(enable), .I2(1'b0), .I3(1'b0)
				);
			end
		end
	endgenerate
endmodule

`default_nettype wire
