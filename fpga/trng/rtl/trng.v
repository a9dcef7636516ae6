// SPDX-License-Identifier: MIT
/*
 * Random words from ring oscillators.
 *
 * Samples are single bits, one in SAMPLE cycles: the exclusive or of the rings. They go
 * through the health tests of SP 800-90B, 4.4, made for 0.3 bits of entropy a
 * sample and a false alarm in 2^30 (rings on an iCE40 give more, see fpga.rst):
 *
 *	repetition count	101 equal samples
 *	adaptive proportion	904 samples out of 1,024 equal to the first
 *
 * A word is 512 samples, folded by CRC-32: some 150 bits of entropy for 32. No
 * word comes before 1,024 samples have passed (start-up), nor ever after a test
 * has failed: `failed` stays until reset.
 *
 * `valid` says that `word` is there; `take` uses it up.
 */
`default_nettype none

module trng #(
	parameter SAMPLE = 64
) (
	input  wire        clk,
	input  wire        rst,
	input  wire        noise,	// of the rings, asynchronous
	output wire        valid,
	output wire [31:0] word,
	input  wire        take,
	output reg         failed,
	output reg         started	// the start-up test has passed
);
	localparam [6:0]  REPETITIONS = 7'd101;
	localparam [10:0] PROPORTION = 11'd904;
	localparam [10:0] WINDOW = 11'd1024;
	localparam [8:0]  SAMPLES = 9'd511;	// of a word, less one
	localparam [31:0] POLYNOMIAL = 32'h04c11db7;

	// --- samples: two flip-flops against metastability -----------------------
	localparam [7:0] PERIOD = SAMPLE - 1;
	reg  [1:0] seen;
	reg  [7:0] timer;
	wire       comes = timer == 8'd0;
	wire       sample = seen[1];

	always @(posedge clk) begin
		seen <= {seen[0], noise};
		timer <= comes ? PERIOD : timer - 8'd1;
		if (rst) begin
			seen <= 2'd0;
			timer <= PERIOD;
		end
	end

	// --- health ---------------------------------------------------------------
	reg         last;
	reg  [6:0]  equal;		// samples equal to the last, with it
	reg         first;		// of the window
	reg  [10:0] at;			// in the window
	reg  [10:0] same;		// as the first

	always @(posedge clk) begin
		if (comes) begin
			last <= sample;
			equal <= sample == last ? equal + 7'd1 : 7'd1;
			if (at == 11'd0) begin
				first <= sample;
				same <= 11'd1;
			end else if (sample == first) begin
				same <= same + 11'd1;
			end
			at <= at == WINDOW - 11'd1 ? 11'd0 : at + 11'd1;
			if (at == WINDOW - 11'd1)
				started <= 1'b1;
		end
		if (equal == REPETITIONS || same == PROPORTION)
			failed <= 1'b1;
		if (rst) begin
			{last, first, failed, started} <= 4'd0;
			{equal, at, same} <= 29'd0;
		end
	end

	// --- words ----------------------------------------------------------------
	reg  [31:0] crc;
	reg  [8:0]  folded;
	reg         full;

	assign valid = full & started & ~failed;
	assign word = valid ? crc : 32'd0;
	always @(posedge clk) begin
		if (comes & ~full) begin
			crc <= {crc[30:0], 1'b0} ^
			       (crc[31] ^ sample ? POLYNOMIAL : 32'd0);
			folded <= folded + 9'd1;
			full <= started & (folded == SAMPLES);
		end
		if (take & full)
			full <= 1'b0;
		if (rst | failed) begin
			crc <= 32'd0;
			folded <= 9'd0;
			full <= 1'b0;
		end
	end
endmodule

`default_nettype wire
