// SPDX-License-Identifier: MIT
/*
 * One-time keys of LMS trees (RFC 8554, RFC 9858): seeds down the tree, leaves,
 * inner nodes, signatures. What may be signed is the guard's to say; here it
 * is only done, and nothing but results comes out.
 *
 * The seed of a node comes from the vault, with the node's number, and goes down
 * `path`, `depth` bits of it from the top. So the number that is hashed is that of
 * the seed, and not what the bus says. A leaf's q is its node's number without
 * the top bit, which is bit `height`.
 *
 *	CHILD	the seed of the node there; it goes to the vault
 *	LEAF	result: the leaf's value, n bytes
 *	BEGIN	result: C of the leaf, n bytes
 *	SIGN	result: y[0] to y[p-1] of the signature over the digest, n bytes each,
 *		then the leaf's value as the completed chains give it
 *	NODE	result: the value of inner node `path`, from the two below it
 *
 * `result` is set for each word. While `hold` is set it is not, and the engine
 * waits. Operation and parameters stay as they are while it is busy. `rst` clears
 * everything within 128 cycles (`wiping`).
 */
`default_nettype none

module lmots (
	input  wire        clk,
	input  wire        rst,
	output wire        wiping,
	// I (words 0 to 3), the digest (16 on), the two nodes below (80 on)
	input  wire        memory_write,
	input  wire [6:0]  memory_number,
	input  wire [31:0] memory_in,
	// the seed, a word a cycle after its number; and a child's
	output wire [2:0]  seed_number,
	input  wire [31:0] seed,
	input  wire [25:0] seed_node,
	output wire        child,
	output wire [2:0]  child_number,
	// what to do
	input  wire        start,
	input  wire [2:0]  operation,
	input  wire        n24,
	input  wire [1:0]  width,		// log2 of W
	input  wire [4:0]  height,
	input  wire [4:0]  depth,
	input  wire [25:0] path,
	output wire        busy,
	output reg  [25:0] node,		// that was reached
	// results, and the words of a child
	output wire        result,
	output wire [31:0] word,
	input  wire        hold
);
	localparam [2:0] CHILD = 3'd0, BEGIN = 3'd2, SIGN = 3'd3, NODE = 3'd4;

	// where things are; 32 to 63 are the hasher's
	localparam [6:0] U32 = 7'd4, SEED = 7'd8, DIGEST = 7'd16, VALUE = 7'd24,
			 HASH = 7'd32, CHECKSUM = 7'd64, BELOW = 7'd80;
	localparam [15:0] D_PBLC = 16'h8080, D_LEAF = 16'h8282,
			  D_INTR = 16'h8383, D_SEED = 16'he4e4, D_C = 16'hfffd;
	localparam [7:0] J_SEED = 8'hff;
	localparam [1:0] STEP = 2'd0, OPEN = 2'd1, FEED = 2'd2, CLOSE = 2'd3;

	localparam [4:0]
		IDLE = 5'd0, SEED_IN = 5'd1, WALK = 5'd2, CHILD_OUT = 5'd3,
		NUMBER = 5'd4,		// q, or the node's number, into memory
		SUM = 5'd5,		// the checksum of the digits
		SUM_END = 5'd6,
		DIGITS = 5'd7,		// ask for a word of digits
		DIGITS_IN = 5'd8,
		K_OPEN = 5'd9, CHAIN = 5'd10, Y = 5'd11, REST = 5'd12,
		KEEP = 5'd13, K_CLOSE = 5'd14,
		NODE_OPEN = 5'd15, NODE_FEED = 5'd16, NODE_FEED2 = 5'd17,
		NODE_CLOSE = 5'd18,
		C = 5'd19, OUT = 5'd20;

	reg  [4:0]  state, back;	// back: after digits came, or went out
	reg  [3:0]  k;
	reg  [4:0]  levels;
	reg  [24:0] way;
	reg  [8:0]  i;			// digits, chains
	reg  [15:0] sum;
	reg         summed;
	reg  [31:0] digits;		// the next one on top
	reg  [5:0]  digits_left;
	reg  [6:0]  digits_at;
	reg  [6:0]  out_at;

	assign busy = state != IDLE;

	// --- parameters (RFC 8554, 4.1; RFC 9858, 3) ------------------------------
	reg  [8:0]  chains, digest_digits;	// p, u
	reg  [3:0]  left_shift;			// ls
	reg  [7:0]  digit, digit_max;
	reg  [5:0]  digits_a_word;
	reg  [31:0] digits_next;
	always @* begin
		case ({n24, width})
		3'b0_00: {chains, digest_digits, left_shift} = {9'd265, 9'd256, 4'd7};
		3'b0_01: {chains, digest_digits, left_shift} = {9'd133, 9'd128, 4'd6};
		3'b0_10: {chains, digest_digits, left_shift} = {9'd67, 9'd64, 4'd4};
		3'b0_11: {chains, digest_digits, left_shift} = {9'd34, 9'd32, 4'd0};
		3'b1_00: {chains, digest_digits, left_shift} = {9'd200, 9'd192, 4'd8};
		3'b1_01: {chains, digest_digits, left_shift} = {9'd101, 9'd96, 4'd6};
		3'b1_10: {chains, digest_digits, left_shift} = {9'd51, 9'd48, 4'd4};
		3'b1_11: {chains, digest_digits, left_shift} = {9'd26, 9'd24, 4'd0};
		endcase
		case (width)
		2'd0: begin
			{digit_max, digits_a_word} = {8'd1, 6'd32};
			digit = {7'd0, digits[31]};
			digits_next = {digits[30:0], 1'd0};
		end
		2'd1: begin
			{digit_max, digits_a_word} = {8'd3, 6'd16};
			digit = {6'd0, digits[31:30]};
			digits_next = {digits[29:0], 2'd0};
		end
		2'd2: begin
			{digit_max, digits_a_word} = {8'd15, 6'd8};
			digit = {4'd0, digits[31:28]};
			digits_next = {digits[27:0], 4'd0};
		end
		2'd3: begin
			{digit_max, digits_a_word} = {8'd255, 6'd4};
			digit = digits[31:24];
			digits_next = {digits[23:0], 8'd0};
		end
		endcase
	end
	wire        signs = operation == SIGN;
	wire [25:0] q = node & ~(26'd1 << height);
	wire [3:0]  value_words = n24 ? 4'd6 : 4'd8;

	// --- the hasher -----------------------------------------------------------
	reg         write, go;
	reg  [6:0]  number, from, to;
	reg  [31:0] write_word;
	reg  [1:0]  what;
	reg  [15:0] tag;
	reg  [7:0]  j, last;
	wire        hashes;
	wire [31:0] read;

	hasher hasher (
		.clk(clk), .rst(rst), .wiping(wiping), .n24(n24),
		.memory_write(busy ? write : memory_write),
		.memory_number(busy ? number : memory_number),
		.memory_in(busy ? write_word : memory_in), .memory_out(read),
		.start(go), .operation(what), .i(tag), .j(j), .last(last),
		.from(from), .to(to), .busy(hashes)
	);

	wire        asked = k != 4'd0;		// for a word, which is there
	wire        does = busy & ~hashes;	// the hasher is free

	assign seed_number = k[2:0];
	assign child_number = k[2:0] - 3'd1;
	assign child = state == CHILD_OUT & asked;
	assign result = state == OUT & asked & ~hold;
	assign word = child | result ? read : 32'd0;

	always @* begin
		go = 1'b0;
		{what, tag, j, last} = {STEP, 16'd0, J_SEED, J_SEED};
		{from, to} = {SEED, VALUE};
		write = 1'b0;
		number = U32;
		write_word = {6'd0, q};
		case (state)
		SEED_IN: begin
			write = asked;
			number = SEED + {3'd0, k} - 7'd1;
			write_word = seed;
		end
		CHILD_OUT:
			number = SEED + {3'd0, k};
		OUT:
			number = out_at + {3'd0, k} - {6'd0, asked & hold};
		WALK: begin
			go = does & (levels != 5'd0);
			{tag, to} = {D_SEED, SEED};
			write = go;
			write_word = {6'd0, node[24:0], way[24]};
		end
		NUMBER:
			write = does;
		C: begin
			go = does;
			tag = D_C;
		end
		DIGITS:
			number = digits_at;
		SUM_END: begin
			write = 1'b1;
			number = CHECKSUM;
			write_word = {sum << left_shift, 16'd0};
		end
		K_OPEN: begin
			go = does;
			{what, tag} = {OPEN, D_PBLC};
		end
		CHAIN: begin		// x, and on to y, or to the end
			go = does & (i != chains) &
			     (~signs | digits_left != 6'd0);
			tag = {7'd0, i};
			last = signs ? digit - 8'd1 : digit_max - 8'd1;
		end
		REST: begin
			go = does & (digit != digit_max);
			tag = {7'd0, i};
			{j, last} = {digit, digit_max - 8'd1};
			from = VALUE;
		end
		KEEP: begin
			go = does;
			{what, from} = {FEED, VALUE};
		end
		K_CLOSE, NODE_CLOSE: begin
			go = does;
			what = CLOSE;
		end
		NODE_OPEN: begin
			go = does;
			{what, tag} = {OPEN, operation == NODE ? D_INTR : D_LEAF};
			write = does;
			write_word = {6'd0, node};
		end
		NODE_FEED: begin
			go = does;
			{what, from} = {FEED, operation == NODE ? BELOW : HASH};
		end
		NODE_FEED2: begin
			go = does;
			{what, from} = {FEED, BELOW + (n24 ? 7'd6 : 7'd8)};
		end
		default: ;
		endcase
	end

	always @(posedge clk) begin
		case (state)
		IDLE: begin
			{k, i, sum, summed} <= 30'd0;
			{levels, way} <= {depth, path[25:1]};
			digits_left <= 6'd0;
			digits_at <= DIGEST;
			if (start) begin
				node <= operation == NODE ? path : seed_node;
				state <= operation == NODE ? NODE_OPEN : SEED_IN;
			end
		end
		SEED_IN: begin
			k <= k + 4'd1;
			if (k == 4'd8) begin
				k <= 4'd0;
				state <= WALK;
			end
		end
		WALK: if (does) begin
			if (levels == 5'd0) begin
				state <= operation == CHILD ? CHILD_OUT : NUMBER;
			end else begin
				levels <= levels - 5'd1;
				node <= {node[24:0], way[24]};
				way <= {way[23:0], 1'b0};
			end
		end
		CHILD_OUT: begin
			k <= k + 4'd1;
			if (k == 4'd8)
				state <= IDLE;
		end
		NUMBER: begin
			out_at <= VALUE;
			back <= IDLE;
			state <= operation == BEGIN ? C : signs ? SUM : K_OPEN;
		end
		C: if (does)
			state <= OUT;

		SUM: if (i == digest_digits) begin
			state <= SUM_END;
		end else if (digits_left == 6'd0) begin
			back <= SUM;
			state <= DIGITS;
		end else begin
			digits <= digits_next;
			digits_left <= digits_left - 6'd1;
			sum <= sum + {8'd0, digit_max - digit};
			i <= i + 9'd1;
		end
		SUM_END: begin
			i <= 9'd0;
			digits_left <= 6'd0;
			digits_at <= DIGEST;
			summed <= 1'b1;
			state <= K_OPEN;
		end
		DIGITS:
			state <= DIGITS_IN;
		DIGITS_IN: begin
			digits <= read;
			digits_left <= digits_a_word;
			// behind the digest stands the checksum
			digits_at <= summed & digits_at == DIGEST +
				     (n24 ? 7'd5 : 7'd7) ? CHECKSUM
							 : digits_at + 7'd1;
			state <= back;
		end

		K_OPEN: if (does)
			state <= CHAIN;
		CHAIN: if (does) begin
			out_at <= VALUE;
			back <= signs ? REST : KEEP;
			if (i == chains) begin
				state <= K_CLOSE;
			end else if (signs & digits_left == 6'd0) begin
				back <= CHAIN;
				state <= DIGITS;
			end else begin
				state <= signs ? Y : KEEP;
			end
		end
		Y: if (does) begin
			back <= REST;
			state <= OUT;
		end
		REST: if (does)
			state <= KEEP;
		KEEP: if (does) begin
			i <= i + 9'd1;
			digits <= digits_next;
			digits_left <= digits_left - 6'd1;
			state <= CHAIN;
		end
		K_CLOSE: if (does)
			state <= NODE_OPEN;
		NODE_OPEN: if (does)
			state <= NODE_FEED;
		NODE_FEED: if (does)
			state <= operation == NODE ? NODE_FEED2 : NODE_CLOSE;
		NODE_FEED2: if (does)
			state <= NODE_CLOSE;
		NODE_CLOSE: if (does) begin
			out_at <= HASH;
			back <= IDLE;
			state <= OUT;
		end
		OUT: if (does & ~(asked & hold)) begin
			k <= k + 4'd1;
			if (k == value_words) begin
				k <= 4'd0;
				state <= back;
			end
		end
		default:
			state <= IDLE;
		endcase
		if (rst) begin
			{state, back} <= {IDLE, IDLE};
			{k, levels, way, i, sum, summed} <= 60'd0;
			{digits, digits_left, digits_at, out_at} <= 52'd0;
			node <= 26'd0;
		end
	end
endmodule

`default_nettype wire
