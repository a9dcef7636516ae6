/* SPDX-License-Identifier: MIT */
/*
 * A serial SRAM as the tamper memory is one: instructions 01 (mode), 02 and 03, 16
 * bits of address, mode 0. Without sequential mode it is one byte wide, as a
 * 23K640 is after power-up.
 */
#ifndef FPGA_MKM_TB_SRAM_H
#define FPGA_MKM_TB_SRAM_H

#include <cstddef>
#include <cstdint>
#include <functional>

class Sram {
public:
	Sram(uint8_t *memory, size_t size) : memory(memory), size(size) {}

	/* Told after each byte that was written. */
	std::function<void(size_t address)> written;
	/* Nothing is there: miso stays high. */
	bool absent = false;

	/* The lines as they are now; what miso is. */
	bool lines(bool cs_n, bool sck, bool mosi)
	{
		if (cs_n) {
			bits = 0;
			out = true;
		} else if (sck && !clock) {
			rises(mosi);
		} else if (!sck && clock) {
			falls();
		}
		clock = sck;
		return absent || out;
	}

	void power_up()
	{
		sequential = clock = false;
		bits = 0;
	}

private:
	uint8_t *memory;
	size_t size;
	bool clock = false, out = true, sequential = false;
	unsigned long bits = 0;		/* since it was selected */
	uint8_t shift = 0, instruction = 0;
	uint16_t address = 0;

	bool in_data() const
	{
		return bits >= 24 && (sequential || bits < 32);
	}

	void rises(bool mosi)
	{
		shift = shift << 1 | mosi;
		bits++;
		if (bits % 8)
			return;
		if (bits == 8)
			instruction = shift;
		else if (bits == 16 && instruction == 1)
			sequential = shift == 0x40;
		else if (bits == 16 || bits == 24)
			address = address << 8 | shift;
		else if (bits == 32 || sequential)
			data();
	}

	void data()
	{
		size_t at = address % size;

		if (instruction == 2 && !absent) {
			memory[at] = shift;
			if (written)
				written(at);
		}
		address++;
	}

	void falls()
	{
		out = true;
		if (instruction == 3 && in_data())
			out = memory[address % size] >> (7 - bits % 8) & 1;
	}
};

#endif /* FPGA_MKM_TB_SRAM_H */
