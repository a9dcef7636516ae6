// SPDX-License-Identifier: MIT
/*
 * Additions become $alu cells before yosys looks for sums that share operands:
 * trees of carry-save adders, which it makes of them, cost more on an iCE40 than
 * one carry chain for each, in logic and in time.
 */
(* techmap_celltype = "$add" *)
module add_to_alu #(
	parameter A_SIGNED = 0,
	parameter B_SIGNED = 0,
	parameter A_WIDTH = 1,
	parameter B_WIDTH = 1,
	parameter Y_WIDTH = 1
) (
	input  [A_WIDTH-1:0] A,
	input  [B_WIDTH-1:0] B,
	output [Y_WIDTH-1:0] Y
);
	wire [Y_WIDTH-1:0] halves, carries;

	\$alu #(
		.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED),
		.A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)
	) alu (
		.A(A), .B(B), .BI(1'b0), .CI(1'b0),
		.X(halves), .CO(carries), .Y(Y)
	);
endmodule
