// SPDX-License-Identifier: MIT
/*
 * P3: what a slot's word 13 (use, CLEAR, BEGUN, VALID) becomes, and who uses its
 * value. Of all that is written there and not zero, by command:
 */
wire sets = moves & meta_we & slots_wd != 32'd0 & ~r_zeroes;
wire to_a = slots_wa[7:4] == r_a, to_b = slots_wa[7:4] == r_b;
wire [31:0] new_meta = slots_wd;
wire [1:0] new_use = new_meta[1:0];
wire is_new = new_meta[31] & ~new_meta[META_BEGUN];
wire is_clear = new_meta[META_CLEAR];
always @* if (alive & sets) begin
	// from the sequencer's own register, never from a word that moves
	assert (to == TO_SLOT & source == FROM_META & r_busy);
	case ({2'd0, op})
	OP_WRITE: begin
		assert (to_a & is_new & is_clear);
	end
	OP_GENERATE: begin
		assert (to_a & is_new & ~is_clear & new_use == USE_BLOCK);
	end
	OP_ENTRY_NEW: begin
		assert (to_a & is_new & ~is_clear & new_use == USE_SEED);
	end
	OP_DERIVE: begin
		assert (to_a & is_new & ~is_clear &
			(new_use == USE_WRAP | new_use == USE_OPEN));
	end
	OP_UNWRAP: begin
		assert (to_b & is_new & ~r_differs &
			(is_clear | ~first_a[META_CLEAR]));
	end
	OP_CHILD: begin
		assert (to_b & is_new & new_meta == first_a);
	end
	OP_BEGIN: begin
		assert (to_a & new_meta == (first_a | BEGUN));
		assert (first_a[31] & ~first_a[META_BEGUN] &
			first_a[1:0] == USE_SEED);
	end
	default: begin
		assert (1'b0);
	end
	endcase
end

// A value moves only so:
wire takes = reads_slot & number[3:0] < 4'd8;
wire a_usable = first_a[31] & ~first_a[META_BEGUN];
wire b_usable = first_b[31] & ~first_b[META_BEGUN];
wire [1:0] a_use = first_a[1:0];
always @* if (alive & takes & (to == TO_KEY | to == EXPAND)) begin
	assert (~is_b & a_usable);
	case ({2'd0, op})
	OP_WRAP, OP_UNWRAP: begin
		assert (a_use == USE_WRAP);
	end
	OP_PREPARE, OP_TABLE_LOAD: begin
		assert (a_use == USE_WRAP & ~first_a[META_CLEAR]);
	end
	OP_SEAL, OP_UNSEAL: begin
		assert (a_use == USE_OPEN);
	end
	OP_ENCRYPT, OP_DECRYPT: begin
		assert (a_use == USE_BLOCK);
	end
	default: begin
		assert (1'b0);
	end
	endcase
end
always @* if (alive & takes) begin
	assert (to == TO_KEY | to == EXPAND | to == TO_HASH | to == TO_TEXT);
	// trees; of a BEGUN slot: SIGN alone, and of no other
	if (to == TO_HASH) begin
		assert (~is_b & first_a[31] & a_use == USE_SEED);
		assert (first_a[META_BEGUN] == (op == OP_SIGN));
	end
	// wrapped, and under no key that the bus knows, unless it knows this one
	if (to == TO_TEXT) begin
		assert (op == OP_WRAP & is_b & b_usable);
		assert (a_usable & a_use == USE_WRAP);
		assert (~first_a[META_CLEAR] | first_b[META_CLEAR]);
	end
end

// What a signature took is gone when the command ends, however it ends.
reg took;
wire takes_last = op == OP_SIGN & takes & to == TO_HASH;
wire till_wiped = (r_pc >= AT_tree & r_pc < AT_reached) |
		  (r_pc > AT_sign_wipe & r_pc < AT_sign_empty) |
		  (r_pc == AT_sign_empty & r_k <= 8'd13);
always @(posedge clk)
	took <= ~zeroise & ~commands & (took | takes_last);
always @* if (alive) begin
	assert (~(tree_start & tree_operation == TREE_SIGN) |
		op == OP_SIGN);
	assert (~took | op == OP_SIGN);
	assert (~took | till_wiped | meta_a == 32'd0);
	assert (~took | r_busy | meta_a == 32'd0);
end
