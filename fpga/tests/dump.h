/* SPDX-License-Identifier: MIT */
/*
 * Everything that the model of the whole design keeps, by name: registers,
 * memories, wires. tests/state takes the list out of the model itself.
 */
#ifndef FPGA_TESTS_DUMP_H
#define FPGA_TESTS_DUMP_H

#include <cstring>
#include <string>
#include <vector>

#include "board.h"
#include "Vhsm_top___024root.h"

struct Item {
	const char *name;
	void *at;
	size_t size;
};

static inline std::vector<Item> items_of(Board &board)
{
	Vhsm_top___024root *root = board.core.rootp;

	return {
#define STATE(name) { #name, &root->name, sizeof(root->name) },
#include "state.inc"
#undef STATE
	};
}

typedef std::vector<std::vector<uint8_t>> Snapshot;

static inline Snapshot snapshot_of(Board &board)
{
	Snapshot snapshot;

	for (const Item &item : items_of(board)) {
		const uint8_t *p = (const uint8_t *)item.at;

		snapshot.emplace_back(p, p + item.size);
	}
	return snapshot;
}

static inline void restore(Board &board, const Snapshot &snapshot)
{
	size_t n = 0;

	for (const Item &item : items_of(board))
		memcpy(item.at, snapshot[n++].data(), item.size);
}

/* "vault.slots" of "hsm_top__DOT__vault__DOT__slots" */
static inline std::string name_of(const char *name)
{
	std::string out(name), dot("__DOT__"), top("hsm_top.");

	for (size_t at; (at = out.find(dot)) != std::string::npos;)
		out.replace(at, dot.size(), ".");
	return out.compare(0, top.size(), top) ? out : out.substr(top.size());
}

#endif /* FPGA_TESTS_DUMP_H */
