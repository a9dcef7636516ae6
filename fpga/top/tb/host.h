/* SPDX-License-Identifier: MIT */
/* What a host says to the board: frames, registers, commands. For benches. */
#ifndef FPGA_TOP_TB_HOST_H
#define FPGA_TOP_TB_HOST_H

#include <cstdlib>
#include <vector>

#include "board.h"
#include "cores/fpga/registers.h"

typedef std::vector<uint32_t> Words;

class Host {
public:
	Host(Board &board) : board(board) {}

	Board &board;

	/* Up to 64 words; false: the frame was refused. */
	bool write(unsigned int address, const Words &words)
	{
		std::vector<uint8_t> f = head(0x80, address, words.size()), in;

		for (uint32_t w : words)
			for (int k = 24; k >= 0; k -= 8)
				f.push_back(w >> k);
		put_crc(f);
		f.push_back(0);
		in.resize(f.size());
		board.transfer(f.data(), in.data(), f.size());
		return in.back() == 0xa5;
	}

	Words read(unsigned int address, size_t n)
	{
		std::vector<uint8_t> f = head(0, address, n), in;
		Words words(n);

		put_crc(f);
		f.resize(5 + 1 + 4 * n + 2);
		in.resize(f.size());
		board.transfer(f.data(), in.data(), f.size());
		if (in[5] != 0xa5 || crc(&in[5], 1 + 4 * n + 2))
			abort();
		for (size_t i = 0; i < n; i++)
			for (int k = 0; k < 4; k++)
				words[i] = words[i] << 8 | in[6 + 4 * i + k];
		return words;
	}

	uint32_t status()
	{
		return read(FPGA_REG_STATUS, 1)[0];
	}

	/* Until nothing runs: at most so many cycles. */
	bool wait(uint64_t cycles = 100000000)
	{
		uint64_t end = board.cycles + cycles;

		while (status() & FPGA_STATUS_BUSY) {
			if (board.cycles > end)
				return false;
			board.run(200);
		}
		return true;
	}

	void text(const Words &words)
	{
		put(FPGA_REG_TEXT, words);
	}

	Words get(size_t n)
	{
		Words out;

		while (out.size() < n) {
			size_t some = n - out.size() < 64 ? n - out.size() : 64;
			Words w = read(FPGA_REG_TEXT + out.size(), some);

			out.insert(out.end(), w.begin(), w.end());
		}
		return out;
	}

	void start(uint32_t op, uint32_t a = 0, uint32_t b = 0, uint32_t n = 0,
		   uint32_t argument = 0)
	{
		write(FPGA_REG_ARGUMENT, { argument, op << 24 | a << 20 |
					   b << 16 | n });
	}

	/* Its outcome. */
	uint32_t command(uint32_t op, uint32_t a = 0, uint32_t b = 0,
			 uint32_t n = 0, uint32_t argument = 0)
	{
		start(op, a, b, n, argument);
		return wait() ? outcome() : ~0u;
	}

	uint32_t outcome()
	{
		return read(FPGA_REG_RESULT, 1)[0] & FPGA_RESULT_CODE;
	}

	uint32_t node()
	{
		return read(FPGA_REG_RESULT, 1)[0] >> FPGA_RESULT_NODE_SHIFT;
	}

	void put(unsigned int address, const Words &words)
	{
		for (size_t i = 0; i < words.size(); i += 64) {
			size_t end = i + 64 < words.size() ? i + 64
							   : words.size();

			if (!write(address + i, Words(words.begin() + i,
						      words.begin() + end)))
				abort();
		}
	}

private:
	static uint16_t crc(const uint8_t *p, size_t n)
	{
		uint16_t crc = 0xffff;

		while (n--) {
			crc ^= *p++ << 8;
			for (int k = 0; k < 8; k++)
				crc = crc & 0x8000 ? crc << 1 ^ 0x1021
						   : crc << 1;
		}
		return crc;
	}

	static std::vector<uint8_t> head(uint8_t kind, unsigned int address,
					 size_t n)
	{
		return { (uint8_t)(kind | (n - 1)), (uint8_t)(address >> 8),
			 (uint8_t)address };
	}

	static void put_crc(std::vector<uint8_t> &f)
	{
		uint16_t c = crc(f.data(), f.size());

		f.push_back(c >> 8);
		f.push_back(c);
	}
};

#endif /* FPGA_TOP_TB_HOST_H */
