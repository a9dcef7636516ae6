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
 *	CHILD	the seed of the node there, 8 words; it goes to the vault
 *	LEAF	result: the leaf's value, n bytes
 *	BEGIN	result: C of the leaf, n bytes
 *	SIGN	result: y[0] to y[p-1] of the signature over the digest, n bytes each,
 *		then the leaf's value as the completed chains give it
 *	NODE	result: the value of the inner node, from the two below it
 *
 * `result` is set for each word. While `hold` is set it is not, and the engine
 * waits. Operation and parameters stay as they are while it is busy. Memory, node
 * included, is written anew for each operation. `rst` clears everything within 128
 * cycles (`wiping`).
 */
`default_nettype none

module lmots (
	input  wire        clk,
	input  wire        rst,
	output wire        wiping,
	// while not busy: I (words 0 to 3), the node's number (4), its seed (8
	// on), the digest (16 on), the two nodes below (80 on)
	input  wire        memory_write,
	input  wire [6:0]  memory_number,
	input  wire [31:0] memory_in,
	// what to do
	input  wire        start,
	input  wire [2:0]  operation,
	input  wire        n24,
	input  wire [1:0]  width,		// log2 of W
	input  wire [4:0]  height,
	input  wire [4:0]  depth,
	input  wire [25:1] path,
	output wire        busy,
	output reg  [25:0] node,		// that was reached
	// results, and the words of a child
	output wire        result,
	output wire        child,
	output wire [2:0]  child_number,
	output wire [31:0] word,
	input  wire        hold
);
	localparam [2:0] CHILD = 3'd0, BEGIN = 3'd2, SIGN = 3'd3, NODE = 3'd4;

	localparam [6:0] U32 = 7'd4;
	localparam [3:0] SEED = 4'b0001, DIGEST = 4'b0010;	// words 8, 16 on
	localparam [1:0] RING = 2'b10;				// 64 on
	localparam [15:0] D_PBLC = 16'h8080, D_LEAF = 16'h8282,
			  D_INTR = 16'h8383, D_SEED = 16'he4e4, D_C = 16'hfffd;
	localparam [7:0] J_SEED = 8'hff;
	localparam [1:0] STEP = 2'd0, FEED = 2'd1, CLOSE = 2'd2;
	localparam [4:0] TURN_BITS = 5'd25;	// of a node, less one

	localparam [4:0]
		IDLE = 5'd0, WALK = 5'd1, DOWN = 5'd2,
		CUT = 5'd3, NUMBER = 5'd4, MEND = 5'd5,	// q into memory
		C = 5'd6,
		NEXT = 5'd7,		// digit: of the checksum, or for a chain
		FETCH = 5'd8, FETCHED = 5'd9, SKIP = 5'd10, BITS = 5'd11,
		ADD = 5'd12,		// to the checksum
		CHAIN = 5'd13, Y = 5'd14, REST = 5'd15, KEEP = 5'd16, KEY = 5'd17,
		FEED1 = 5'd18, FEED2 = 5'd19, VALUE = 5'd20,	// leaf, inner node
		OUT = 5'd21;

	reg  [4:0]  state;
	reg  [4:0]  levels;		// to go down, or bits of the node to turn
	reg  [24:0] way;
	reg         top;		// the bit of the node that q has not
	reg  [8:0]  i;			// digits, chains
	reg  [8:0]  bits;		// of the digest and its checksum
	reg  [12:0] sum;
	reg         summed;
	reg  [31:0] digits;		// the next bit on top
	reg  [7:0]  digit;
	reg  [2:0]  k;
	reg         asked;		// for word k, which is there

	wire        signs = operation == SIGN;
	wire        nodes = operation == NODE;

	assign busy = state != IDLE;

	// --- parameters (RFC 8554, 4.1; RFC 9858, 3) ------------------------------
	reg  [7:0]  digit_max;
	reg  [3:0]  left_shift;		// ls: bits of the checksum that are not used
	always @* begin
		case (width)
		2'd0: {digit_max, left_shift} = {8'd1, n24 ? 4'd8 : 4'd7};
		2'd1: {digit_max, left_shift} = {8'd3, 4'd6};
		2'd2: {digit_max, left_shift} = {8'd15, 4'd4};
		2'd3: {digit_max, left_shift} = {8'd255, 4'd0};
		endcase
	end
	wire        digit_full = &(bits[2:0] | ~{digit_max[7], digit_max[2:1]});
	wire        behind = n24 ? &bits[7:6] : bits[8];	// the digest
	wire        over = behind & bits[4];

	// --- the hasher -----------------------------------------------------------
	reg         write, go;
	reg  [6:0]  number;
	reg  [1:0]  what;
	reg  [15:0] tag;
	reg  [7:0]  j, stop;
	reg         from_seed, to_seed;
	wire        done;
	wire [31:0] read;
	wire [4:0]  slot;

	hasher hasher (
		.clk(clk), .rst(rst), .wiping(wiping), .n24(n24), .width(width),
		.memory_write(busy ? write : memory_write),
		.memory_number(busy ? number : memory_number),
		.memory_in(busy ? {6'd0, node} : memory_in), .memory_out(read),
		.slot(slot), .start(go), .operation(what), .i(tag), .j(j),
		.stop(stop), .from_seed(from_seed), .to_seed(to_seed),
		.done(done)
	);

	wire        outputs = state == OUT | state == Y;
	wire        is_child = operation == CHILD;
	wire        gives = outputs & asked & ~hold;
	wire        last_word = k == (n24 & ~is_child ? 3'd5 : 3'd7);

	assign child = gives & is_child;
	assign child_number = k;
	assign result = gives & ~is_child;
	assign word = gives ? read : 32'd0;

	always @* begin
		go = 1'b0;
		{what, tag, j, stop} = {STEP, D_PBLC, J_SEED, 8'd0};
		{from_seed, to_seed} = 2'b10;
		write = 1'b0;
		number = U32;
		case (state)
		DOWN: begin
			{go, write} = 2'b11;
			{tag, to_seed} = {D_SEED, 1'b1};
		end
		NUMBER:
			write = 1'b1;
		C:
			{go, tag} = {1'b1, D_C};
		FETCH:
			number = {DIGEST[3:1], bits[8:5]};
		CHAIN: begin		// x, and on to y, or to the end
			{go, tag} = {1'b1, 7'd0, i};
			stop = signs ? digit : digit_max;
		end
		REST: begin
			{go, tag} = {digit != digit_max, 7'd0, i};
			{j, stop, from_seed} = {digit, digit_max, 1'b0};
		end
		KEEP:
			{go, what} = {1'b1, FEED};
		KEY:
			{go, what} = {1'b1, CLOSE};
		FEED1: begin
			{go, what, write} = {1'b1, FEED, ~nodes};
			tag = nodes ? D_INTR : D_LEAF;
		end
		FEED2: begin
			{go, what} = {1'b1, FEED};
			tag = D_INTR;
		end
		VALUE: begin
			{go, what} = {1'b1, CLOSE};
			tag = nodes ? D_INTR : D_LEAF;
		end
		Y, OUT:
			number = is_child ? {SEED, k} : {RING, slot + {2'd0, k}};
		default: ;
		endcase
	end

	// --- one after the other ----------------------------------------------------
	always @(posedge clk) begin
		asked <= outputs & ~gives;
		if (gives)
			k <= last_word ? 3'd0 : k + 3'd1;
		case (state)
		IDLE: begin
			{i, bits, sum, summed} <= 32'd0;
			{levels, way} <= {depth, path};
			if (memory_write & (memory_number == U32))
				node <= memory_in[25:0];
			if (start)
				state <= nodes ? FEED1 : WALK;
		end
		WALK: if (levels == 5'd0) begin
			levels <= TURN_BITS;
			state <= is_child ? OUT : CUT;
		end else begin
			levels <= levels - 5'd1;
			node <= {node[24:0], way[24]};
			way <= {way[23:0], 1'b0};
			state <= DOWN;
		end
		DOWN: if (done)
			state <= WALK;

		// The node goes round once without its top bit, once to have it back.
		CUT, MEND: begin
			node <= {node[24:0], node[25]};
			if (levels == height) begin
				top <= node[25];
				node[0] <= state == MEND & top;
			end
			levels <= levels - 5'd1;
			if (levels == 5'd0) begin
				levels <= TURN_BITS;
				state <= state == CUT ? NUMBER :
					 operation == BEGIN ? C : NEXT;
			end
		end
		NUMBER:
			state <= MEND;
		C: if (done)
			state <= OUT;

		NEXT: begin
			digit <= 8'd0;
			if (behind & ~summed) begin
				summed <= 1'b1;
				bits <= 9'd0;
			end else begin
				state <= over ? KEY : bits[4:0] == 5'd0 ? FETCH
								       : BITS;
			end
		end
		FETCH:
			state <= FETCHED;
		FETCHED: begin
			digits <= behind ? {3'd0, sum, 16'd0} : read;
			state <= behind ? SKIP : BITS;
		end
		SKIP: if (bits[3:0] == left_shift) begin
			state <= BITS;
		end else begin
			digits <= {digits[30:0], 1'b0};
			bits <= bits + 9'd1;
		end
		BITS: begin
			digits <= {digits[30:0], 1'b0};
			digit <= {digit[6:0], digits[31]};
			bits <= bits + 9'd1;
			if (digit_full)
				state <= summed ? CHAIN : ADD;
		end
		ADD: begin
			sum <= sum + {5'd0, ~digit & digit_max};
			state <= NEXT;
		end

		CHAIN: if (done)
			state <= signs ? Y : KEEP;
		Y: if (gives & last_word)
			state <= REST;
		REST: if (done | ~go)
			state <= KEEP;
		KEEP: if (done) begin
			i <= i + 9'd1;
			state <= NEXT;
		end
		KEY: if (done)
			state <= FEED1;
		FEED1: if (done)
			state <= nodes ? FEED2 : VALUE;
		FEED2: if (done)
			state <= VALUE;
		VALUE: if (done)
			state <= OUT;
		OUT: if (gives & last_word)
			state <= IDLE;
		default:
			state <= IDLE;
		endcase
		if (rst) begin
			state <= IDLE;
			{levels, way, top, node} <= 57'd0;
			{i, bits, sum, summed} <= 32'd0;
			{digits, digit, k, asked} <= 44'd0;
		end
	end
endmodule

`default_nettype wire
