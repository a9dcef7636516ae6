/* SPDX-License-Identifier: MIT */
/* What benches of the whole share: points, bytes and words, a board. */
#ifndef FPGA_TOP_TB_BENCH_H
#define FPGA_TOP_TB_BENCH_H

#include <cstdio>
#include <cstring>
#include <string>

#include <openssl/evp.h>

#include "host.h"
#include "verilated.h"

typedef std::vector<uint8_t> Bytes;

static int points;
static bool all_passed = true;

static inline void ok(bool passed, const std::string &what)
{
	printf("%sok %d %s\n", passed ? "" : "not ", ++points, what.c_str());
	fflush(stdout);
	all_passed &= passed;
}

static inline int done()
{
	printf("1..%d\n", points);
	return !all_passed;
}

static inline Words words_of(const Bytes &b)
{
	Words w(b.size() / 4);

	for (size_t i = 0; i < 4 * w.size(); i++)
		w[i / 4] = w[i / 4] << 8 | b[i];
	return w;
}

static inline Bytes bytes_of(const Words &w)
{
	Bytes b;

	for (uint32_t x : w)
		for (int k = 24; k >= 0; k -= 8)
			b.push_back(x >> k);
	return b;
}

static inline Bytes random_bytes(size_t n)
{
	Bytes b(n);

	for (uint8_t &x : b)
		x = rand() >> 4;
	return b;
}

template <class T> static T operator+(T a, const T &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

static inline Bytes u(uint64_t v, int n)
{
	Bytes b;

	while (n--)
		b.push_back(v >> 8 * n);
	return b;
}

/* OpenSSL's cipher of that name over @in. */
static inline Bytes openssl(const char *name, bool encrypt, const Bytes &key,
			    const Bytes &in)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	Bytes out(in.size() + 32);
	int n = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (!EVP_CipherInit_ex2(ctx, cipher, key.data(), NULL, encrypt, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) ||
	    !EVP_CipherUpdate(ctx, out.data(), &n, in.data(), in.size()))
		n = 0;
	out.resize(n);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return out;
}

/* A board with a tamper memory, and its host. */
struct Fixture {
	uint8_t memory[8192] = { 0 };
	Board board{ memory, sizeof(memory), [] { return rand() >> 7 & 1; } };
	Host host{ board };

	Fixture()
	{
		host.wait();
	}

	/* Power fails, and comes again. */
	void again()
	{
		board.power_up();
		host.wait();
	}

	/* A master key, and K_state of it in slot 0. */
	bool ready()
	{
		return host.command(FPGA_OP_MASTER_NEW) == FPGA_OUTCOME_OK &&
		       state_key();
	}

	bool state_key()
	{
		return host.command(FPGA_OP_DERIVE, 0, FPGA_USE_WRAP, 0, 1) ==
		       FPGA_OUTCOME_OK;
	}

	bool write(int slot, const Bytes &value, const Bytes &id, int node,
		   uint32_t meta)
	{
		host.text(words_of(value + id));
		return host.command(FPGA_OP_WRITE, slot, 0, node, meta) ==
		       FPGA_OUTCOME_OK;
	}
};

#endif /* FPGA_TOP_TB_BENCH_H */
