// SPDX-License-Identifier: MIT
/*
 * The bus, driven bit by bit: frames that are whole do what they say, all others
 * nothing. 65,536 registers stand behind it.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vbus.h"
#include "verilated.h"

typedef std::vector<uint8_t> bytes;

static Vbus *core;
static uint32_t registers[65536];
static unsigned long writes;

static void tick()
{
	bool read;
	uint16_t address;

	core->clk = 0;
	core->eval();
	read = core->read;
	address = core->address;
	if (core->write) {
		registers[address] = core->write_data;
		writes++;
	}
	core->clk = 1;
	core->eval();
	if (read)
		core->read_data = registers[address];
	else
		core->read_data = rand();	/* nothing to rely on */
}

static void ticks(int n)
{
	while (n--)
		tick();
}

/* One selection; @speed cycles for half a bit. What came back. */
static bytes frame(const bytes &out, int speed, int bits = -1)
{
	bytes in;

	core->cs_n = 0;
	ticks(speed + 3);
	for (size_t i = 0; i < out.size(); i++) {
		uint8_t got = 0;

		for (int k = 7; k >= 0 && bits != 0; k--, bits--) {
			core->mosi = out[i] >> k & 1;
			ticks(speed);
			got = got << 1 | core->miso;
			core->sck = 1;
			ticks(speed);
			core->sck = 0;
		}
		in.push_back(got);
	}
	ticks(speed);
	core->cs_n = 1;
	ticks(80);
	return in;
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	while (n--) {
		crc ^= *p++ << 8;
		for (int k = 0; k < 8; k++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
	}
	return crc;
}

static bytes head(bool write, int n, uint16_t address)
{
	return { (uint8_t)((write ? 0x80 : 0) | (n - 1)),
		 (uint8_t)(address >> 8), (uint8_t)address };
}

static void put_crc(bytes &f)
{
	uint16_t crc = crc16(f.data(), f.size());

	f.push_back(crc >> 8);
	f.push_back(crc);
}

static bytes write_frame(uint16_t address, const std::vector<uint32_t> &words)
{
	bytes f = head(true, words.size(), address);

	for (uint32_t w : words)
		for (int k = 24; k >= 0; k -= 8)
			f.push_back(w >> k);
	put_crc(f);
	f.push_back(0);
	return f;
}

static bool test_writes(int speed)
{
	for (int i = 0; i < 40; i++) {
		std::vector<uint32_t> words(1 + rand() % 64);
		uint16_t address = rand();
		unsigned long before = writes;

		for (uint32_t &w : words)
			w = rand() ^ (uint32_t)rand() << 16;
		if (frame(write_frame(address, words), speed).back() != 0xa5 ||
		    writes != before + words.size())
			return false;
		for (size_t k = 0; k < words.size(); k++)
			if (registers[(uint16_t)(address + k)] != words[k])
				return false;
	}
	return true;
}

static bool test_reads(int speed)
{
	for (int i = 0; i < 40; i++) {
		int n = 1 + rand() % 64;
		uint16_t address = rand();
		bytes f = head(false, n, address), in;

		put_crc(f);
		f.resize(5 + 1 + 4 * n + 2, rand());
		in = frame(f, speed);
		if (in[5] != 0xa5 ||
		    crc16(&in[5], 1 + 4 * n) !=
			    (in[6 + 4 * n] << 8 | in[7 + 4 * n]))
			return false;
		for (int k = 0; k < n; k++) {
			const uint8_t *p = &in[6 + 4 * k];
			uint32_t w = (uint32_t)p[0] << 24 | p[1] << 16 |
				     p[2] << 8 | p[3];

			if (w != registers[(uint16_t)(address + k)])
				return false;
		}
	}
	return true;
}

/* Every bit flipped, and the frame cut after every bit: nothing happens. */
static bool test_damage()
{
	bytes f = write_frame(0x1234, { 0x01020304, 0xa5a5a5a5 });
	int bits = 8 * (f.size() - 1);

	for (int i = 0; i < bits; i++) {
		unsigned long before = writes;
		bytes g = f;

		g[i / 8] ^= 0x80 >> i % 8;
		if (frame(g, 4).back() == 0xa5 || writes != before)
			return false;
		frame(f, 4, i);
		if (writes != before)
			return false;
	}
	return frame(f, 4).back() == 0xa5;
}

static bool test_damaged_read()
{
	bytes f = head(false, 2, 7), in;

	put_crc(f);
	f[2] ^= 1;
	f.resize(5 + 1 + 8 + 2, 0);
	in = frame(f, 4);
	for (int i = 6; i < 14; i++)
		if (in[i])
			return false;
	return in[5] == 0x5a;
}

int main(int argc, char **argv)
{
	int n = 0;
	bool all = true;
	auto ok = [&](bool passed, const char *what) {
		printf("%sok %d %s\n", passed ? "" : "not ", ++n, what);
		all &= passed;
	};

	Verilated::commandArgs(argc, argv);
	core = new Vbus;
	core->cs_n = 1;
	core->rst = 1;
	ticks(5);
	core->rst = 0;
	ok(test_writes(4), "writes, 8 cycles a bit");
	ok(test_reads(4), "reads, 8 cycles a bit");
	ok(test_writes(9) && test_reads(9), "both, 18 cycles a bit");
	ok(test_damage(), "no write of a frame with a flipped bit, or cut");
	ok(test_damaged_read(), "no word of a read with a flipped bit");
	printf("1..%d\n", n);
	return !all;
}
