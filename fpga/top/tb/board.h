/* SPDX-License-Identifier: MIT */
/*
 * A board with the design on it, as Verilator compiled it: clock, host's SPI,
 * tamper memory and pin, noise. For test benches, and for `cryptech-hsm --fpga
 * sim`, which runs it in its own process.
 */
#ifndef FPGA_TOP_TB_BOARD_H
#define FPGA_TOP_TB_BOARD_H

#include <cstddef>
#include <cstdint>
#include <functional>

#include "../../mkm/tb/sram.h"
#include "Vhsm_top.h"

class Board {
public:
	/*
	 * @memory: of the tamper memory, 128 bytes at least; stays the
	 * caller's, and keeps its content when the power does not. @noise: a
	 * random bit for each call, which is once in NOISE_CYCLES.
	 */
	Board(uint8_t *memory, size_t size, std::function<bool()> noise)
		: sram(memory, size), noise(noise)
	{
		power_up();
	}

	virtual ~Board() {}

	Vhsm_top core;
	Sram sram;		/* sram.written is told of each byte */
	uint64_t cycles = 0;	/* since it was made */

	/* Power was off; nothing on the chip is left. */
	void power_up()
	{
		sram.power_up();
		core.spi_cs_n = 1;
		core.spi_sck = core.spi_mosi = 0;
		core.rst = 1;
		run(4);
		core.rst = 0;
	}

	void tamper(bool opened)
	{
		core.tamper = opened;
		run(2);
	}

	/* One selection, as spi.h has it. */
	void transfer(const uint8_t *out, uint8_t *in, size_t len)
	{
		core.spi_cs_n = 0;
		run(HALF_BIT + 3);
		for (size_t i = 0; i < len; i++)
			in[i] = byte(out[i]);
		run(HALF_BIT);
		core.spi_cs_n = 1;
		/* words that were written go to registers, one a cycle */
		run(REST);
	}

	void run(unsigned long n)
	{
		while (n--)
			tick();
	}

protected:
	/* One cycle. */
	virtual void tick()
	{
		if (cycles++ % NOISE_CYCLES == 0)
			core.noise = noise();
		core.clk = 1;
		core.eval();
		core.clk = 0;
		core.memory_miso = sram.lines(core.memory_cs_n, core.memory_sck,
					      core.memory_mosi);
		core.eval();
	}

private:
	static const unsigned int HALF_BIT = 4;	/* cycles */
	static const unsigned int REST = 80;
	static const unsigned int NOISE_CYCLES = 32;
	std::function<bool()> noise;

	uint8_t byte(uint8_t out)
	{
		uint8_t in = 0;

		for (int k = 7; k >= 0; k--) {
			core.spi_mosi = out >> k & 1;
			run(HALF_BIT);
			in = in << 1 | core.spi_miso;
			core.spi_sck = 1;
			run(HALF_BIT);
			core.spi_sck = 0;
		}
		return in;
	}
};

#endif /* FPGA_TOP_TB_BOARD_H */
