// SPDX-License-Identifier: MIT
/*
 * The vault: slots, the guard's table, and the sequencer that keeps their rules.
 * What the rules are stands in vault/program.txt, one listing, which vault/assemble
 * makes into program.vh; here is only what its instructions are.
 *
 * An instruction moves a word from a source to a target over `data`, and then
 * branches or not:
 *
 *	31:23  target		of the branch
 *	22:19  condition
 *	18:14  destination	a memory, a core, or what the accumulator does
 *	13:10  source
 *	9      b		slot B, else slot A; from slot to slot: to B from A
 *	8      by_k		k is the number of the word, else
 *	7:0    number
 *
 * It takes three cycles (fetch, ask, move), and waits for the core that it has
 * started. Branches depend on what the bus may know anyway, and on `differs`, which
 * says that two values that were compared are not equal.
 *
 * Memories: the slots; the store, whose words 0 to 63 are the table (entry by
 * entry), 64 to 127 the program's own, and from 128 on constant; TEXT, in the key
 * wrap core; the hasher's.
 *
 * The bus writes TEXT, DIGEST, BELOW, ARGUMENT and COMMAND while nothing runs, and
 * CONTROL and TAKEN at any time. It reads STATUS, RESULT, RANDOM, EPOCH, IDENTITY,
 * and TEXT if that is PUBLIC.
 *
 * `zeroise` resets everything that holds a secret, and the memories are zero 256
 * cycles later; then the program begins from its start.
 */
`default_nettype none

module vault (
	input  wire        clk,
	input  wire        rst,
	input  wire        tamper,	// somebody opens the box
	output wire        zeroise,	// of all cores; rst does it, too
	output reg         clean,	// of those that a command used
	output reg         aborts,	// of lmots
	// registers; data a cycle after read
	input  wire        bus_write,
	input  wire        bus_read,
	input  wire [15:0] address,
	input  wire [31:0] write_data,
	output wire [31:0] read_data,
	// random words
	input  wire        random_valid,
	input  wire [31:0] random,
	output wire        random_take,
	input  wire        random_failed,
	input  wire        random_started,
	// tamper memory
	output wire        memory_start,
	output wire        memory_mode,
	output wire        memory_reads,
	output wire [7:0]  memory_address,
	input  wire [31:0] memory_word,
	// key wrap and its text, and the key of its AES core
	output wire        text_write,
	output wire [7:0]  text_number,
	input  wire [31:0] text_word,
	output wire        wrap_start,
	output wire        wrap_blocks,
	output wire        wrap_inverse,
	output wire [6:0]  wrap_n,
	output wire        key_write,
	output wire [2:0]  key_number,
	output wire        key_long,
	output wire        key_expand,
	// trees
	output wire        hash_write,
	output wire [6:0]  hash_number,
	input  wire        child,
	input  wire [2:0]  child_number,
	output wire        tree_start,
	output wire [2:0]  tree_operation,
	output wire        tree_n24,
	output wire [1:0]  tree_width,
	output wire [4:0]  tree_height,
	output wire [4:0]  tree_depth,
	input  wire        tree_busy,
	input  wire [25:0] tree_reached,
	input  wire        tree_result,
	input  wire [31:0] tree_word,	// zero unless result or child
	output wire        tree_hold,
	// any core runs, or wipes its memory
	input  wire        working,
	// what moves, to all of them
	output wire [31:0] data
);
	`include "registers.vh"
	`include "identity.vh"
	`include "program.vh"

	localparam [1:0] FETCH = 2'd0, ASK = 2'd1, MOVE = 2'd2, WAIT = 2'd3;

	localparam [4:0]	// destinations
		TO_SLOT = 5'd1, TO_STORE = 5'd2, TO_TEXT = 5'd3, TO_HASH = 5'd4,
		TO_KEY = 5'd5, TO_META = 5'd6, TO_FRESH = 5'd7,
		EXPAND = 5'd8, WRAP = 5'd9, TREE = 5'd10, TO_ENTRY = 5'd11,
		READ = 5'd12, WRITE = 5'd13, CLEAN = 5'd14, CONTROL = 5'd15,
		TO_K = 5'd23, TO_AT = 5'd31;
	localparam [3:0]	// sources
		NONE = 4'd0, SLOT = 4'd1, STORE = 4'd2, TEXT = 4'd3, SUM = 4'd4,
		RANDOM = 4'd5, MEMORY = 4'd6, META = 4'd7, NODE = 4'd8, NUMBER = 4'd9,
		CARRIED = 4'd10, ENTRY = 4'd11;
	localparam [3:0]	// conditions
		ALWAYS = 4'd1, LOOP = 4'd2, HEIGHT = 4'd3, CALL = 4'd4,
		RETURN = 4'd5, DIFFERS = 4'd6, NOT_USE = 4'd7, NOT_SLOT = 4'd8,
		IF = 4'd9, UNLESS = 4'd10, LEAKS = 4'd11, EQUAL = 4'd12;
	localparam [2:0]	// what CONTROL does: bits 7 to 5 of number
		SET = 3'd0, UNSET = 3'd1, TAINT = 3'd2, BEGIN = 3'd3,
		ODD = 3'd4, END = 3'd6, MISC = 3'd7;
	localparam [7:0] STORE_ARGUMENT = 8'h5c, STORE_OWN = 8'h40,
			 STORE_CONSTANT = 8'h80;

	reg  [1:0]  phase;
	reg         busy;
	reg  [8:0]  pc, back;
	reg  [31:0] instruction;
	reg  [15:0] from;		// a bit for each source, while it moves
	reg  [3:0]  a, b;		// of the command
	reg  [15:0] n;
	reg         inverse;		// the command's number is odd
	reg  [7:0]  k;			// counts words
	reg  [7:0]  at;			// next word of TEXT
	reg  [31:0] sum;		// the accumulator
	reg         carry, tests, fresh, differs;
	reg         taint;		// what is made will be CLEAR
	reg         odd;		// which place of the tamper memory
	reg         wide;		// ARGUMENT has more than 24 bits
	reg         public_text;
	reg  [2:0]  outcome;
	reg  [6:0]  taken;		// pairs of words
	reg         aborted;
	// of a slot
	reg         m_valid, m_begun, m_clear, m_long, m_n24;
	reg  [1:0]  m_use, m_width;
	reg  [4:0]  m_height;
	// 0 memory, 1 master, 2 entered, 3 guard, 4 prepared, 5 leaf, 6 armed, 7 wipe
	reg  [7:0]  flags;
	reg         zeroes;
	reg  [7:0]  zero_number;
	reg         tamper_seen, tamper_last, opens, opened;
	reg         wipes;

	// --- the instruction -------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] listing [0:511];
	integer p;
	initial
		for (p = 0; p < 512; p = p + 1)
			listing[p] = p < PROGRAM_WORDS ?
				PROGRAM[(PROGRAM_WORDS - 1 - p) * 32 +: 32] :
				32'd0;
	always @(posedge clk)
		instruction <= listing[pc];

	wire [8:0]  target = instruction[31:23];
	wire [3:0]  condition = instruction[22:19];
	wire [4:0]  to = instruction[18:14];
	wire [3:0]  source = instruction[13:10];
	wire        is_b = instruction[9];
	wire [7:0]  number = instruction[8] ? k : instruction[7:0];
	wire [7:0]  fixed = instruction[7:0];

	wire        moves = phase == MOVE;
	wire        waits = phase == WAIT;
	wire        control = moves & (to == CONTROL);
	wire [2:0]  controls = fixed[7:5];
	wire        misc = control & (controls == MISC);

	// --- what the bus wants ------------------------------------------------------
	wire        idle_write = bus_write & ~busy;
	wire        wants_text = idle_write & (address[15:8] == REG_TEXT[15:8]);
	wire        wants_hash = idle_write & (address[15:5] == REG_DIGEST[15:5]);
	wire        wants_argument = idle_write & (address == REG_ARGUMENT);
	wire        wants_command = idle_write & (address == REG_COMMAND);
	wire        wants_control = bus_write & (address == REG_CONTROL);
	wire        wants_taken = bus_write & (address == REG_TAKEN);

	// A cycle after they are asked for, because what goes to so many registers
	// needs the time. `opens` comes with `wipes`: what runs in between must not
	// unset `opened`. `working` covers that cycle for the other two.
	assign zeroise = rst | wipes;
	always @(posedge clk) begin
		opens <= tamper & ~tamper_last;
		wipes <= (tamper & ~tamper_last) | (misc & fixed[0]) |
			 (wants_control & write_data[CONTROL_ZEROISE]);
		aborts <= wants_control & write_data[CONTROL_ABORT] & tree_busy;
		clean <= moves & (to == CLEAN);
		if (rst)
			{opens, wipes, aborts, clean} <= 4'd0;
	end

	// --- memories ------------------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] slots [0:255];
	(* ram_style = "block" *) reg [31:0] store [0:255];
	reg  [31:0] slot_word, store_word;
	integer s;
	initial begin
		for (s = 0; s < 256; s = s + 1)
			store[s] = 32'd0;
		for (s = 0; s < IDENTITY_WORDS; s = s + 1)
			store[128 + s] = IDENTITY[(IDENTITY_WORDS - 1 - s) * 32
						  +: 32];
		for (s = 0; s < CONSTANT_WORDS; s = s + 1)
			store[CONSTANTS_AT + s] =
				CONSTANTS[(CONSTANT_WORDS - 1 - s) * 32 +: 32];
	end

	wire        copies_slot = to == TO_SLOT;
	wire [7:0]  slot_read = {is_b & ~copies_slot ? b : a, number[3:0]};
	wire        slot_we = zeroes | (moves & copies_slot) | child;
	wire [7:0]  slot_write = zeroes ? zero_number
			       : child ? {b, 1'b0, child_number}
			       : {is_b ? b : a, number[3:0]};

	wire [7:0]  in_entry = {2'b00, b[2:0], number[2:0]};
	wire [7:0]  bus_number = address[8] ? STORE_OWN | {4'd0, address[3:0]}
				: STORE_CONSTANT | {2'd0, address[5:0]};
	wire [7:0]  store_read = bus_read ? bus_number :
				  source == ENTRY ? in_entry : number;
	wire [7:0]  store_write = zeroes ? {1'b0, zero_number[6:0]}
				: ~busy ? STORE_ARGUMENT
				: to == TO_ENTRY ? in_entry : number;
	wire        store_we = zeroes | wants_argument |
			       (moves & (to == TO_STORE | to == TO_ENTRY) &
				~store_write[7]);

	always @(posedge clk) begin
		slot_word <= slots[slot_read];
		if (slot_we)
			slots[slot_write] <= data;
		store_word <= store[store_read];
		if (store_we)
			store[store_write] <= data;
	end

	// --- data: sources that are not asked for are zero ----------------------------
	wire [31:0] meta_word = {m_valid, 18'd0, m_height, m_width, m_n24, m_begun,
				 m_long, m_clear | taint, m_use};
	wire [31:0] few = (from[META] ? meta_word : 32'd0) |
			  (from[NODE] ? {6'd0, tree_reached} : 32'd0) |
			  (from[NUMBER] ? {16'd0, n} : 32'd0) |
			  (from[CARRIED] & carry ? 32'h87 : 32'd0);
	assign data = (from[SLOT] ? slot_word : 32'd0) |
		      (from[STORE] ? store_word : 32'd0) |
		      (from[TEXT] ? text_word : 32'd0) |
		      (from[SUM] ? sum : 32'd0) |
		      (from[RANDOM] ? random : 32'd0) |
		      (from[MEMORY] ? memory_word : 32'd0) |
		      (idle_write ? write_data : 32'd0) | tree_word | few;
	always @(posedge clk) begin
		from <= 16'd0;
		from[source == ENTRY ? STORE : source] <= phase == ASK;
		if (zeroise | source == NONE)
			from <= 16'd0;
	end

	// --- accumulator: to[4]; to[3]: from zero; to[2]: add, else xor ----------------
	wire        sums = to[4] & ~(&{to[2:0]});
	wire        carry_in = to[0] | (to[1] & carry);
	// one carry chain: the lowest bit of it makes the carry
	wire [32:0] added;
	wire        unused_low;
	assign {added, unused_low} = {1'b0, sum, 1'b1} + {1'b0, data, carry_in};

	always @(posedge clk) begin
		tests <= 1'b0;
		if (tests)
			differs <= (differs & ~fresh) | (|sum);
		if (phase == ASK & sums & to[3])
			sum <= 32'd0;
		if (moves & sums) begin
			sum <= to[2] ? added[31:0] : sum ^ data;
			carry <= to[2] ? added[32] : carry;
			tests <= ~to[2] & to[0];
			fresh <= to[1];
		end
		if (wants_command)
			differs <= 1'b0;
		if (zeroise) begin
			sum <= 32'd0;
			{carry, tests, fresh, differs} <= 4'd0;
		end
	end

	// --- ports ------------------------------------------------------------------------
	wire        reads_public = bus_read & public_text;
	wire [7:0]  next_at = at + 8'd1;
	// A cycle late, in which one more word may come: so full from the last pair
	// of words on, counted from what was taken.
	reg         ring_full;
	wire [6:0]  next_pair = at[7:1] + 7'd1;
	always @(posedge clk)
		ring_full <= next_pair == taken;

	assign text_number = ~busy | reads_public ? address[7:0] : at;
	assign text_write = wants_text | (moves & (to == TO_TEXT)) | tree_result;
	assign tree_hold = ~waits | ring_full | reads_public;
	wire        text_moves = busy & (moves & (to == TO_TEXT | source == TEXT) |
					 tree_result);

	assign random_take = moves & (source == RANDOM) |
			     (wants_control & ~busy & write_data[CONTROL_TAKE]);

	assign memory_start = moves & (to == READ | to == WRITE) |
			      (misc & fixed[3]);
	assign memory_mode = to == CONTROL;
	assign memory_reads = to == READ;
	assign memory_address = {1'b0, number[4:3], number[2] | (odd & number[4]),
				 number[1:0], 2'b00};

	assign wrap_start = moves & (to == WRAP);
	assign wrap_inverse = fixed[0];
	assign wrap_blocks = fixed[1] | (fixed[2] & (n[6:1] == 6'd0));
	assign wrap_n = fixed[4:3] == 2'd0 ? n[6:0] :
			fixed[4:3] == 2'd1 ? 7'd8 :
			fixed[4:3] == 2'd2 ? 7'd34 : 7'd1;
	assign key_write = moves & (to == TO_KEY);
	assign key_number = number[2:0];
	assign key_long = m_long;
	assign key_expand = moves & (to == EXPAND);

	assign hash_write = wants_hash | (moves & (to == TO_HASH));
	assign hash_number = busy ? {3'd0, ~number[3], number[2:0]}
				  : {address[4], 2'b01, address[3:0]};
	assign tree_start = moves & (to == TREE) & ~aborted;
	assign tree_operation = fixed[2:0];
	assign tree_depth = fixed[3] ? n[4:0] : 5'd0;
	assign tree_n24 = m_n24;
	assign tree_width = m_width;
	assign tree_height = m_height;

	// --- branches ---------------------------------------------------------------------
	wire [31:0] facts = {
		6'd0,
		inverse,
		random_failed,				// 24
		wide,
		m_long,
		m_clear,
		m_begun,				// 20
		m_height == 5'd0 | (m_height[4:3] == 2'b11 & |m_height[2:1]),
		b[3],
		~b[0] | b[2] | b[3],			// no use of a DERIVE
		b[1],					// 16
		n[15:6] != 10'd0 | n[5:0] == 6'd0,	// no number of blocks
		n[15:7] != 9'd0 | n[6:0] == 7'd0,	// ... of semiblocks
		n == 16'd0,
		n == 16'd1,				// 12
		tamper,
		opened,
		tree_reached[m_height],			// a leaf
		aborted,				// 8
		flags
	};
	wire        usable = m_valid & ~m_begun;
	wire        fact = facts[fixed[4:0]];
	wire        more = k != fixed;
	reg         taken_branch;
	always @* begin
		case (condition)
		ALWAYS, CALL, RETURN: taken_branch = 1'b1;
		LOOP: taken_branch = more;
		HEIGHT: taken_branch = k[4:0] != m_height;
		DIFFERS: taken_branch = differs;
		EQUAL: taken_branch = ~differs;
		NOT_USE: taken_branch = ~usable | m_use != fixed[1:0];
		NOT_SLOT: taken_branch = ~usable;
		IF: taken_branch = fact;
		UNLESS: taken_branch = ~fact;
		LEAKS: taken_branch = taint & ~m_clear;
		default: taken_branch = 1'b0;
		endcase
	end
	wire [8:0]  next_pc = pc + 9'd1;
	wire        core = to[4:3] == 2'b01;	// one that may be waited for
	wire        over = (moves & ~core) | (waits & ~working);

	wire [7:0]  op = write_data[COMMAND_OP_HIGH:COMMAND_OP_LOW];

	always @(posedge clk) begin
		if (~zeroes) case (phase)
		FETCH:
			phase <= ASK;
		ASK:
			if (~bus_read & (source != RANDOM | random_valid |
					 random_failed))
				phase <= MOVE;
		MOVE:
			phase <= WAIT;
		default: ;
		endcase
		if (over) begin
			phase <= FETCH;
			pc <= condition == RETURN ? back :
			      taken_branch ? target : next_pc;
			if (condition == CALL)
				back <= next_pc;
			if (condition == LOOP | condition == HEIGHT)
				k <= k + 8'd1;
		end
		if (moves & (to == TO_K))
			k <= fixed;
		if (moves & (to == TO_AT))
			at <= fixed;
		if (text_moves)
			at <= next_at;
		if (misc & fixed[2])
			busy <= 1'b0;
		if (wants_command) begin
			busy <= 1'b1;
			pc <= {3'd0, op[7:4] <= OP_SIGN[7:4] &
				     ~(op[5:4] == 2'd3 & op[3:0] != 4'd0) ?
				     op[5:0] : 6'd0};
			inverse <= op[0];
			{a, b, n} <= write_data[COMMAND_A_HIGH:0];
			{k, at} <= 16'd0;
			phase <= FETCH;
		end
		if (zeroise) begin
			busy <= 1'b1;
			phase <= FETCH;
			{pc, back} <= {START, 9'd0};
			{a, b, n, inverse, k, at} <= 41'd0;
		end
	end

	// --- of the slot at hand -------------------------------------------------------------
	always @(posedge clk) begin
		if (moves & (to == TO_META | to == TO_FRESH)) begin
			m_valid <= data[META_VALID] | to == TO_FRESH;
			m_begun <= data[META_BEGUN] & to != TO_FRESH;
			m_clear <= data[META_CLEAR] & to != TO_FRESH;
			m_long <= data[META_LONG];
			m_n24 <= data[META_N24];
			m_use <= data[META_USE_HIGH:META_USE_LOW];
			m_width <= data[META_WIDTH_HIGH:META_WIDTH_LOW];
			m_height <= data[META_HEIGHT_HIGH:META_HEIGHT_LOW];
		end
		if (control & controls == BEGIN)
			m_begun <= 1'b1;
		if (control & controls == TAINT)
			taint <= m_clear | fixed[0];
		if (wants_command)
			taint <= 1'b0;
		if (zeroise) begin
			{m_valid, m_begun, m_clear, m_long, m_n24} <= 5'd0;
			{m_use, m_width, m_height, taint} <= 10'd0;
		end
	end

	// --- facts ---------------------------------------------------------------------------
	integer f;
	always @(posedge clk) begin
		for (f = 0; f < 8; f = f + 1)
			if (control & controls[2:1] == SET[2:1] &
			    fixed[2:0] == f[2:0])
				flags[f] <= ~controls[0];
		if (control & controls == ODD)
			odd <= sum[0];
		if (wants_argument)
			wide <= write_data[31:24] != 8'd0;
		if (wants_taken)
			taken <= write_data[7:1];
		if (wants_control & write_data[CONTROL_ABORT] & busy)
			aborted <= 1'b1;
		if (control & controls == END) begin
			outcome <= fixed[2:0];
			public_text <= fixed[3];
		end
		if (misc & fixed[1])
			public_text <= 1'b1;
		if (wants_command | wants_text)
			public_text <= 1'b0;
		if (wants_command)
			{aborted, taken} <= 8'd0;
		if (zeroise) begin
			flags[6:0] <= 7'd0;
			{odd, wide, public_text, aborted} <= 4'd0;
			outcome <= OUTCOME_NONE;
			taken <= 7'd0;
		end
		if (rst)
			flags[7] <= 1'b0;
	end

	// --- zeroes, and the pin ------------------------------------------------------------
	always @(posedge clk) begin
		tamper_last <= tamper;
		if (opens)
			{tamper_seen, opened} <= 2'b11;
		else if (control & controls == UNSET & fixed[2:0] == 3'd7)
			opened <= 1'b0;
		zero_number <= zero_number + 8'd1;
		if (&zero_number)
			zeroes <= 1'b0;
		if (zeroise) begin
			zeroes <= 1'b1;
			zero_number <= 8'd0;
		end
		if (rst)
			{tamper_last, tamper_seen, opened} <= 3'd0;
	end

	// --- what the bus reads ---------------------------------------------------------------
	wire [31:0] status = {
		8'd0, public_text ? at : 8'd0, 6'd0, random_failed, random_started,
		random_valid & ~busy, public_text, flags[3:0], tamper_seen, busy
	};
	wire        at_store = address[15:6] == REG_IDENTITY[15:6] |
			       address == REG_RESULT | address == REG_EPOCH;

	assign read_data =
		(at_store ? store_word : 32'd0) |
		(address == REG_RESULT ? {29'd0, outcome} : 32'd0) |
		(address == REG_STATUS ? status : 32'd0) |
		(address == REG_RANDOM & ~busy ? random : 32'd0) |
		(address[15:8] == REG_TEXT[15:8] & public_text ? text_word : 32'd0);
endmodule

`default_nettype wire
