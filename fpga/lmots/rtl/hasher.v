// SPDX-License-Identifier: MIT
/*
 * What LMS hashes (RFC 8554), over a memory of 128 words. All of it begins
 * I | u32 | u16, of which I is at word 0 and the u32 at word 4, and is one of two
 * things:
 *
 *	a step	 I | u32 | u16 i | u8 j | value: one block, or a chain of them, whose
 *		 digest is the value of the next, until j is `last`
 *	a stream I | u32 | u16 tag | value | value ...: OPEN, then FEED for each, then
 *		 CLOSE, after which the digest is at HASH
 *
 * Values have n bytes, at words `from`; a step's digest goes to words `to`.
 * Steps may come while a stream is open: their digests are what it is fed.
 *
 * The memory may be written and read only while it is not busy; a word comes
 * a cycle after its number. `rst` clears registers at once and the memory within
 * 128 cycles (`wiping`).
 */
`default_nettype none

module hasher (
	input  wire        clk,
	input  wire        rst,
	output reg         wiping,
	input  wire        n24,			// n = 24; else 32
	// the memory
	input  wire        memory_write,
	input  wire [6:0]  memory_number,
	input  wire [31:0] memory_in,
	output wire [31:0] memory_out,
	// what to do; all of it is taken with start
	input  wire        start,
	input  wire [1:0]  operation,
	input  wire [15:0] i,			// or the tag
	input  wire [7:0]  j,
	input  wire [7:0]  last,
	input  wire [6:0]  from,
	input  wire [6:0]  to,
	output wire        busy
);
	localparam [1:0] STEP = 2'd0, OPEN = 2'd1, FEED = 2'd2, CLOSE = 2'd3;
	localparam [6:0] HASH = 7'd32, BLOCK = 7'd48;

	localparam [3:0]
		IDLE = 4'd0,
		LOAD = 4'd1, RUN = 4'd2, STORE = 4'd3,		// a step
		HEAD = 4'd4, ASK = 4'd5, TAKE = 4'd6,		// a stream
		MARK = 4'd7, FILL = 4'd8, LENGTH = 4'd9,
		MIX_HASH = 4'd10, MIX_BLOCK = 4'd11,		// a block of it
		MIX_RUN = 4'd12, MIX_STORE = 4'd13;

	reg  [3:0]  state, back;		// back: after a block was mixed
	reg  [4:0]  k, value_at;
	reg  [15:0] number;
	reg  [7:0]  j_first, j_last;
	reg  [6:0]  source, target;

	assign busy = state != IDLE;

	// --- memory -------------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] memory [0:255];
	reg  [31:0] read, write_word;
	reg  [6:0]  address, write_address, wipe;
	reg         write;

	assign memory_out = read;
	always @(posedge clk) begin
		read <= memory[{1'b0, address}];
		if (write)
			memory[{1'b0, write_address}] <= write_word;
	end

	// --- the hash -------------------------------------------------------------
	reg         sha_start, shift_in, shift_out;
	reg  [31:0] sha_word;
	wire        sha_busy;
	wire [31:0] digest;
	wire [2:0]  prefix_number;		// in RUN: sha_word is read
	reg         unmixed;			// no block of the stream was mixed

	sha256 sha256 (
		.clk(clk), .rst(rst), .shift_in(shift_in), .word(sha_word),
		.start(sha_start), .first(state == RUN | unmixed),
		.chain(state == RUN), .n24(n24), .i(number), .j(j_first),
		.last(j_last), .busy(sha_busy),
		.prefix_number(prefix_number),
		.shift_out(shift_out), .digest_in(read), .digest(digest)
	);

	// --- a step's block: the value stands 23 bytes in ----------------------------
	wire        loaded = k != 5'd0;		// what was asked for is there
	wire [4:0]  word = k - 5'd1;		// its number
	wire [4:0]  value_end = n24 ? 5'd11 : 5'd13;
	reg  [23:0] previous;
	reg  [31:0] step_word;
	always @* begin
		if (word < 5'd5)
			step_word = read;
		else if (word == 5'd5)
			step_word = {number, j_first, read[31:24]};
		else if (word < value_end)
			step_word = {previous, read[31:24]};
		else if (word == value_end)
			step_word = {previous, 8'h80};
		else if (word == 5'd15)
			step_word = n24 ? 32'd376 : 32'd440;
		else
			step_word = 32'd0;
	end

	// --- a stream's words: values stand 22 bytes in --------------------------------
	reg  [15:0] carry;
	reg  [3:0]  count;			// words of the block
	reg  [13:0] bytes;
	reg         filled;			// up to the length
	reg         push;
	reg  [31:0] push_word;

	always @* begin
		push = 1'b0;
		push_word = {carry, read[31:16]};
		case (state)
		HEAD: begin
			push = loaded;
			push_word = read;
		end
		TAKE:
			push = 1'b1;
		MARK: begin
			push = 1'b1;
			push_word = {carry, 16'h8000};
		end
		FILL: begin
			push = ~filled;
			push_word = 32'd0;
		end
		LENGTH: begin
			push = 1'b1;
			push_word = {15'd0, bytes, 3'd0};
		end
		default: ;
		endcase
	end
	wire        block_full = push & (count == 4'd15);
	wire        last_word = k == (n24 ? 5'd5 : 5'd7);	// of a value

	// --- ports in this cycle ----------------------------------------------------------
	always @* begin
		address = memory_number;
		write = memory_write;
		write_address = memory_number;
		write_word = memory_in;
		shift_in = 1'b0;
		shift_out = 1'b0;
		sha_word = read;
		case (state)
		IDLE: ;
		LOAD: begin
			address = k < 5'd5 ? {2'd0, k}
					   : source + {2'd0, k} - 7'd5;
			shift_in = loaded;
			sha_word = step_word;
		end
		HEAD:
			address = {2'd0, k};
		ASK, TAKE:
			address = source;
		RUN:
			address = {4'd0, prefix_number};
		MIX_HASH: begin
			address = HASH + {2'd0, k};
			shift_out = loaded;
		end
		MIX_BLOCK: begin
			address = BLOCK + {2'd0, k};
			shift_in = loaded;
		end
		STORE, MIX_STORE: begin
			shift_out = 1'b1;
			write_address = (state == STORE ? target : HASH) +
					{2'd0, k};
			write_word = digest;
		end
		default: ;
		endcase
		if (state != IDLE)
			write = state == STORE | state == MIX_STORE;
		if (push) begin
			write = 1'b1;
			write_address = BLOCK + {3'd0, count};
			write_word = push_word;
		end
		if (wiping) begin
			write = 1'b1;
			write_address = wipe;
			write_word = 32'd0;
		end
	end

	// --- one after the other -----------------------------------------------------------
	always @(posedge clk) begin
		sha_start <= 1'b0;
		previous <= read[23:0];
		k <= k + 5'd1;
		if (push)
			count <= count + 4'd1;
		case (state)
		IDLE: begin
			k <= 5'd0;
			filled <= 1'b0;
			if (start) begin
				number <= i;
				{j_first, j_last} <= {j, last};
				{source, target} <= {from, to};
				case (operation)
				STEP: state <= LOAD;
				OPEN: state <= HEAD;
				FEED: state <= ASK;
				CLOSE: state <= MARK;
				endcase
			end
		end
		LOAD: if (k == 5'd16) begin
			sha_start <= 1'b1;
			state <= RUN;
		end
		RUN: if (~sha_start & ~sha_busy) begin
			k <= 5'd0;
			state <= STORE;
		end
		STORE: if (k == 5'd7)
			state <= IDLE;

		HEAD: begin
			if (k == 5'd0) begin
				count <= 4'd0;
				unmixed <= 1'b1;
				bytes <= 14'd22;
			end
			if (k == 5'd5) begin
				carry <= number;
				state <= IDLE;
			end
		end
		ASK: begin
			k <= k;
			state <= TAKE;
		end
		TAKE: begin
			source <= source + 7'd1;
			carry <= read[15:0];
			state <= ASK;
			if (last_word) begin
				bytes <= bytes + (n24 ? 14'd24 : 14'd32);
				state <= IDLE;
			end
		end
		MARK:
			state <= FILL;
		FILL:				// words 14 and 15: the length
			if (filled)
				state <= LENGTH;
			else
				filled <= count == 4'd14;
		LENGTH:
			state <= IDLE;

		MIX_HASH: if (k == 5'd8) begin
			k <= 5'd0;
			state <= MIX_BLOCK;
		end
		MIX_BLOCK: if (k == 5'd16) begin
			sha_start <= 1'b1;
			state <= MIX_RUN;
		end
		MIX_RUN: if (~sha_start & ~sha_busy) begin
			k <= 5'd0;
			unmixed <= 1'b0;
			state <= MIX_STORE;
		end
		MIX_STORE: if (k == 5'd7) begin
			k <= value_at;
			state <= back;
		end
		default:
			state <= IDLE;
		endcase
		// A full block is mixed before what comes next.
		if (block_full) begin
			k <= 5'd0;
			value_at <= k + 5'd1;
			back <= state == TAKE ? (last_word ? IDLE : ASK) :
				state == LENGTH ? IDLE : FILL;
			state <= MIX_HASH;
		end
		if (wiping) begin
			wipe <= wipe + 7'd1;
			wiping <= ~&wipe;
		end
		if (rst) begin
			{state, back} <= {IDLE, IDLE};
			{k, value_at, number, j_first, j_last} <= 42'd0;
			{source, target, carry, count} <= 34'd0;
			{bytes, filled, unmixed, sha_start} <= 17'd0;
			previous <= 24'd0;
			wipe <= 7'd0;
			wiping <= 1'b1;
		end
	end
endmodule

`default_nettype wire
