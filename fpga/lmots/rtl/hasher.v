// SPDX-License-Identifier: MIT
/*
 * What LMS hashes (RFC 8554), over a memory of 128 words. All of it begins
 * I | u32 | u16, of which I is at word 0 and the u32 at word 4, and is one of two
 * things:
 *
 *	a step	 I | u32 | u16 i | u8 j | value: one block, or a chain of them, whose
 *		 digest is the value of the next
 *	a stream I | u32 | u16 tag | value | value ...
 *
 * Values have n bytes. A ring of 32 words has those of a stream, from word 80 on.
 *
 *	STEP	from the seed, or from the slot; to one of them. The chain ends
 *		where the next j would be `stop`
 *	FEED	what is in the slot belongs to the stream now. The slot is behind
 *		it in the ring. The first one begins a stream
 *	CLOSE	the digest of the stream is in the slot, which is at word 80 again
 *
 * Steps may come while a stream is open: their results are what it is fed.
 *
 * `start` and what is to be done stay as they are until `done`, in the last cycle
 * of it. The memory may be written and read only while nothing is asked for and
 * nothing done; a word comes a cycle after its number. `rst` clears registers
 * at once and the memory within 128 cycles (`wiping`).
 */
`default_nettype none

module hasher (
	input  wire        clk,
	input  wire        rst,
	output reg         wiping,
	input  wire        n24,			// n = 24; else 32
	input  wire [1:0]  width,		// log2 of W
	// the memory
	input  wire        memory_write,
	input  wire [6:0]  memory_number,
	input  wire [31:0] memory_in,
	output wire [31:0] memory_out,
	output wire [4:0]  slot,		// where in the ring it is
	// what to do
	input  wire        start,
	input  wire [1:0]  operation,
	input  wire [15:0] i,			// or the tag
	input  wire [7:0]  j,
	input  wire [7:0]  stop,
	input  wire        from_seed,
	input  wire        to_seed,
	output wire        done
);
	localparam [1:0] STEP = 2'd0, FEED = 2'd1;

	localparam [2:0] IDLE = 3'd0,
		CHECK = 3'd1,		// is there a block?
		HASH_IN = 3'd2,		// the digest of the blocks before
		PRIME = 3'd3,		// half of the word before goes into this block
		LOAD = 3'd4, RUN = 3'd5, STORE = 3'd6;

	// Words that never change stand in the upper half of the block RAM.
	localparam [2:0] PAD = 3'b110, ZERO = 3'b101, LENGTH = 3'b100;
	localparam [1:0] RING = 2'b10;
	localparam [3:0] SEED = 4'b0001, HASH = 4'b0100;
	localparam [4:0] FIRST = 5'd16;		// in the ring: word 80
	// k while a block is loaded: the first word, the value of a step, the last
	localparam [6:0] WORD0 = 7'd3, VALUE = 7'd8, WORD14 = 7'd17, WORD15 = 7'd18;

	reg  [2:0]  state;
	reg  [6:0]  k;
	reg  [4:0]  take, put;			// places in the ring
	reg         first;			// no block of the stream was mixed
	reg         padded;			// the mark behind the last byte is set
	reg         fits;			// the length, into this block

	wire        steps = operation == STEP;
	wire        closes = ~steps & (operation != FEED);
	wire        head = steps | first;	// the block begins I | u32
	wire        stored = state == STORE & (k == 7'd7);

	assign slot = put;
	assign done = stored & (fits | ~closes) | (state == CHECK & ~enough);

	// --- memory -------------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] memory [0:255];
	reg  [31:0] read;
	reg  [7:0]  address;

	// bits of a message: step, key, leaf, inner node; {kind, n24, width}
	function [31:0] length_of(input integer at);
		integer chains, n;
		begin
			n = (at & 4) != 0 ? 24 : 32;
			case (at & 7)
			0: chains = 265;
			1: chains = 133;
			2: chains = 67;
			3: chains = 34;
			4: chains = 200;
			5: chains = 101;
			6: chains = 51;
			default: chains = 26;
			endcase
			case (at >> 3)
			0: length_of = 8 * (22 + chains * n);
			1: length_of = 8 * (23 + n);
			2: length_of = 8 * (22 + n);
			default: length_of = 8 * (22 + 2 * n);
			endcase
		end
	endfunction
	integer at;
	initial begin
		for (at = 0; at < 32; at = at + 1)
			memory[128 + at] = length_of(at);
		for (at = 32; at < 64; at = at + 1)
			memory[128 + at] = 32'd0;
		for (at = 64; at < 128; at = at + 1)
			memory[128 + at] = 32'h80000000;
	end

	assign memory_out = read;
	always @(posedge clk) begin
		read <= memory[address];
		if (wiping)
			memory[{1'b0, k}] <= 32'd0;
		else if (state == STORE)
			memory[{1'b0, address[6:0]}] <= digest;
		else if (state == IDLE & memory_write)
			memory[{1'b0, address[6:0]}] <= memory_in;
	end

	// --- where a word of a block comes from, and a digest goes to ---------------
	wire        in_head = head & (k < VALUE);
	wire        there = steps ? ~k[4] & ~(n24 & (&k[3:1]))
				  : ~padded & (take != put);
	wire        is_length = fits & (k == WORD15);
	wire [4:0]  in_slot = put + {2'd0, k[2:0]};
	wire [4:0]  constants = {steps ? 2'd1 : i[1:0], n24, width};
	wire        seed_here = steps & (state == STORE ? to_seed : from_seed);
	wire [2:0]  prefix_number;

	always @* begin
		address = {1'b0, memory_number};
		case (state)
		HASH_IN:
			address = {1'b0, HASH, k[2:0]};
		PRIME:
			address = padded ? {ZERO, constants} : {1'b0, RING, take};
		LOAD:
			if (in_head)
				address = {5'd0, k[2:0] - WORD0[2:0]};
			else if (is_length)
				address = {LENGTH, constants};
			else if (~there)
				address = {padded ? ZERO : PAD, constants};
			else if (seed_here)
				address = {1'b0, SEED, k[2:0]};
			else
				address = {1'b0, RING, steps ? in_slot : take};
		RUN:
			address = {5'd0, prefix_number};
		STORE:
			if (seed_here)
				address = {1'b0, SEED, k[2:0]};
			else if (steps | fits)
				address = {1'b0, RING, in_slot};
			else
				address = {1'b0, HASH, k[2:0]};
		default: ;
		endcase
	end

	// --- the words of a block: values stand 23 bytes in, or 22 ---------------------
	reg         plain;			// I, the u32, the length
	reg  [23:0] previous;
	wire [31:0] moved = steps ? {previous, read[31:24]}
				  : {previous[15:0], read[31:16]};
	wire        arrives = state == LOAD & (k != WORD0);

	always @(posedge clk) begin
		plain <= state == LOAD & (in_head | is_length);
		previous <= read[23:0];
		if (state == LOAD & head & (k == VALUE))
			previous <= steps ? {i, j} : {8'd0, i};
		if (rst) begin
			plain <= 1'b0;
			previous <= 24'd0;
		end
	end

	// --- the hash -------------------------------------------------------------
	reg         sha_start;
	wire        sha_busy;
	wire [31:0] digest;

	sha256 sha256 (
		.clk(clk), .rst(rst), .shift_in(arrives),
		.word(plain | state == RUN ? read : moved),
		.start(sha_start), .first(head), .chain(steps), .n24(n24), .i(i),
		.j(j), .stop(stop), .busy(sha_busy),
		.prefix_number(prefix_number),
		.shift_out(state == STORE | (state == HASH_IN & k != 7'd0)),
		.digest_in(read), .digest(digest)
	);

	// --- one after the other -----------------------------------------------------------
	// A block is there when 11 words are, behind the head, and 16 later, where
	// `take` is still at the word whose half went into the block before.
	wire [4:0]  have = put - take;
	wire        enough = first ? have[4] | (&have[3:2])
				   : have[4] & (have[3:0] != 4'd0);

	always @(posedge clk) begin
		sha_start <= 1'b0;
		k <= k + 7'd1;
		case (state)
		IDLE: begin
			k <= steps | first ? WORD0 : 7'd0;
			{padded, fits} <= 2'd0;
			if (start) case (operation)
			STEP:
				state <= LOAD;
			FEED: begin
				put <= put + (n24 ? 5'd6 : 5'd8);
				state <= CHECK;
			end
			default:
				state <= first ? LOAD : HASH_IN;
			endcase
		end
		CHECK: begin
			k <= first ? WORD0 : 7'd0;
			state <= ~enough ? IDLE : first ? LOAD : HASH_IN;
		end
		HASH_IN: if (k == 7'd8)
			state <= PRIME;
		PRIME: begin
			k <= WORD0;
			take <= take + 5'd1;
			state <= LOAD;
		end
		LOAD: begin
			if (~in_head & ~steps & there & (k != WORD15))
				take <= take + 5'd1;
			if (~in_head & ~there)
				padded <= 1'b1;
			if (k == WORD14)
				fits <= padded;
			if (k == WORD15 + 7'd1) begin
				take <= take;
				padded <= padded;
				sha_start <= 1'b1;
				state <= RUN;
			end
		end
		RUN: if (~sha_start & ~sha_busy) begin
			k <= 7'd0;
			state <= STORE;
			if (closes & fits)
				{take, put} <= {FIRST, FIRST};
		end
		STORE: if (stored) begin
			k <= 7'd0;
			if (~steps)
				first <= closes & fits;
			state <= done ? IDLE : HASH_IN;
		end
		default:
			state <= IDLE;
		endcase
		if (wiping) begin
			k <= k + 7'd1;
			wiping <= ~&k;
		end
		if (rst) begin
			state <= IDLE;
			k <= 7'd0;
			{take, put, first} <= {FIRST, FIRST, 1'b1};
			{padded, fits, sha_start} <= 3'd0;
			wiping <= 1'b1;
		end
	end
endmodule

`default_nettype wire
