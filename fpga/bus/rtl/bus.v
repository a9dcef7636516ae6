// SPDX-License-Identifier: MIT
/*
 * Frames on SPI, registers inside. A frame ends with the selection; all numbers
 * are big endian, crc is CRC-16 (polynomial 0x1021, from 0xffff) over all bytes
 * before it of the same direction.
 *
 *	write	  0x80 + n-1 | u16 address | n words | crc | one byte for the answer
 *	read	  n-1 | u16 address | crc | 1 + 4 n + 2 bytes for the answer
 *
 * n is 1 to 64. The answer to a write comes in its last byte; that to a read is
 * the answer, n words, and the crc of both. ACCEPTED: the frame was whole.
 * REFUSED: it was not, and nothing happened; of a read that is refused the
 * words are zero.
 *
 * The words of a write wait until its CRC was right. Then they go to the
 * registers, one a cycle, at addresses that count up. Reading a register
 * changes nothing, so a read that was damaged can be repeated.
 *
 * `zeroise` and `rst` wipe all words that came or went, within 64 cycles. A frame
 * that is under way then is not accepted, a reply ends with a wrong crc.
 */
`default_nettype none

module bus (
	input  wire        clk,
	input  wire        rst,
	input  wire        zeroise,
	input  wire        sck,
	input  wire        cs_n,
	input  wire        mosi,
	output wire        miso,
	// registers: data is expected a cycle after read
	output reg         write,
	output reg         read,
	output reg  [15:0] address,
	output reg  [31:0] write_data,
	input  wire [31:0] read_data
);
	localparam [7:0] ACCEPTED = 8'ha5, REFUSED = 8'h5a;
	localparam [2:0] HEAD = 3'd0, DATA = 3'd1, CRC = 3'd2, REPLY = 3'd3,
			 OVER = 3'd4;

	wire       selected, received;
	wire [7:0] in;
	reg  [7:0] out;

	spi_bytes bytes (
		.clk(clk), .rst(rst), .sck(sck), .cs_n(cs_n), .mosi(mosi),
		.miso(miso), .selected(selected), .received(received),
		.in(in), .out(out)
	);

	function [15:0] crc_of(input [15:0] crc, input [7:0] data);
		integer n;
		begin
			crc_of = crc ^ {data, 8'd0};
			for (n = 0; n < 8; n = n + 1)
				crc_of = {crc_of[14:0], 1'b0} ^
					 (crc_of[15] ? 16'h1021 : 16'd0);
		end
	endfunction

	reg  [2:0]  state;
	reg         writes;
	reg  [5:0]  last;			// n - 1
	reg  [5:0]  count;			// words
	reg  [1:0]  at;				// byte of the word, or of the head
	reg  [15:0] crc;
	reg  [31:0] word;			// that comes in, or goes out
	reg         replay;			// words go to the registers
	reg         fetch;			// a word comes from them
	reg         tail;			// the crc of a reply goes out
	reg         whole;

	// --- words that wait ---------------------------------------------------------
	(* ram_style = "block" *) reg [31:0] waiting [0:255];
	reg  [31:0] waited;
	wire        word_ends = received & (state == DATA) & (at == 2'd3);

	reg         wipes;
	reg  [5:0]  wipe;			// word that is wiped

	always @(posedge clk) begin
		if (wipes | word_ends)
			waiting[{2'd0, wipes ? wipe : count}] <=
				wipes ? 32'd0 : {word[23:0], in};
		waited <= waiting[{2'd0, replay ? count + 6'd1 : 6'd0}];
		wipe <= wipe + 6'd1;
		if (&wipe)
			wipes <= 1'b0;
		if (rst | zeroise)
			{wipes, wipe} <= {1'b1, 6'd0};
	end

	// --- bytes -------------------------------------------------------------------
	wire [15:0] crc_in = crc_of(crc, in);
	wire [15:0] crc_out = crc_of(crc, out);
	wire        last_word = count == last;

	always @(posedge clk) begin
		write <= 1'b0;
		read <= 1'b0;
		fetch <= read;
		if (received) case (state)
		HEAD: begin
			crc <= crc_in;
			at <= at + 2'd1;
			if (at == 2'd0)
				{writes, last} <= {in[7], in[5:0]};
			if (at == 2'd0 && in[6])
				state <= OVER;		// no such frame
			if (at == 2'd1)
				address[15:8] <= in;
			if (at == 2'd2) begin
				address[7:0] <= in;
				at <= 2'd0;
				state <= writes ? DATA : CRC;
			end
		end
		DATA: begin
			crc <= crc_in;
			at <= at + 2'd1;
			word <= {word[23:0], in};
			if (word_ends)
				count <= count + 6'd1;
			if (word_ends & last_word)
				state <= CRC;
		end
		CRC: begin
			at <= at + 2'd1;
			count <= 6'd0;
			crc <= crc_in;		// zero, if it is right
			if (at == 2'd1) begin
				at <= 2'd0;
				whole <= crc_in == 16'd0;
				out <= crc_in == 16'd0 ? ACCEPTED : REFUSED;
				replay <= writes & (crc_in == 16'd0);
				read <= ~writes & (crc_in == 16'd0);
				state <= writes ? OVER : REPLY;
				crc <= 16'hffff;
			end
		end
		REPLY: begin
			at <= at + 2'd1;
			word <= {word[23:0], 8'd0};
			out <= word[31:24];
			crc <= crc_out;
			if (tail) begin
				out <= at == 2'd0 ? crc_out[15:8] : crc[7:0];
				crc <= at == 2'd0 ? crc_out : crc;
				if (at != 2'd0)
					state <= OVER;
			end else if (at == 2'd3) begin
				count <= count + 6'd1;
				tail <= last_word;
				if (~last_word & whole)
					read <= 1'b1;
			end
		end
		default:
			out <= 8'd0;
		endcase
		if (fetch) begin
			word <= read_data;
			address <= address + 16'd1;
		end

		// a cycle to fetch, then a word a cycle
		if (replay) begin
			write <= 1'b1;
			write_data <= waited;
			if (write)
				address <= address + 16'd1;
			count <= count + 6'd1;
			replay <= ~last_word;
		end

		if (rst | (~selected & ~replay & ~write)) begin
			state <= HEAD;
			{at, count, crc} <= {2'd0, 6'd0, 16'hffff};
			{out, word} <= 40'd0;
			{replay, fetch, tail, whole} <= 4'd0;
			read <= 1'b0;
		end
		if (rst | zeroise) begin
			word <= 32'd0;
			write_data <= 32'd0;
			{replay, write} <= 2'd0;
			if (state != HEAD)
				state <= OVER;
		end
		if (rst)
			{state, writes, last, address} <= {HEAD, 23'd0};
	end
endmodule

`default_nettype wire
