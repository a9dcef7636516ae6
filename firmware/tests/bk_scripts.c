// SPDX-License-Identifier: MIT
/* What two HSMs do with a key, when nothing fails. */
#include "bk_explore.h"

enum { S = BK_SOURCE, D = BK_DEST };

const struct bk_script bk_scripts[] = {
	{ "transfer", {
		{ BK_KEKEK, D, 0 }, { BK_EXPORT, S, 0 }, { BK_IMPORT, D, 0 },
		{ BK_ACK, S, 0 }, { BK_SIGN, S, 1 }, { BK_SIGN, D, 1 } } },
	{ "transfer-in-use", {
		{ BK_KEKEK, D, 0 }, { BK_SIGN, S, 1 }, { BK_EXPORT, S, 0 },
		{ BK_SIGN, S, 1 }, { BK_IMPORT, D, 0 }, { BK_SIGN, D, 1 },
		{ BK_ACK, S, 0 } } },
	{ "transfer-twice", {
		{ BK_KEKEK, D, 0 }, { BK_KEKEK, D, 1 }, { BK_EXPORT, S, 0 },
		{ BK_IMPORT, D, 0 }, { BK_ACK, S, 0 }, { BK_DELETE, D, 0 },
		{ BK_EXPORT, S, 1 }, { BK_IMPORT, D, 1 }, { BK_ACK, S, 1 } } },
	{ "there-and-back", {
		{ BK_KEKEK, D, 0 }, { BK_EXPORT, S, 0 }, { BK_IMPORT, D, 0 },
		{ BK_ACK, S, 0 }, { BK_DELETE, S, 0 }, { BK_KEKEK, S, 1 },
		{ BK_EXPORT, D, 1 }, { BK_IMPORT, S, 1 }, { BK_ACK, D, 1 } } },
	{ "park", {
		{ BK_PARK, S, 0 }, { BK_ACK_DELETE, S, 0 },
		{ BK_UNPARK, S, 0 }, { BK_SIGN, S, 1 } } },
	{ "park-twice", {
		{ BK_PARK, S, 0 }, { BK_ACK_DELETE, S, 0 },
		{ BK_UNPARK, S, 0 }, { BK_SIGN, S, 1 }, { BK_PARK, S, 0 },
		{ BK_ACK_DELETE, S, 0 }, { BK_UNPARK, S, 0 } } },
	{ "park-forget", {
		{ BK_SIGN, S, 1 }, { BK_PARK, S, 0 }, { BK_ACK_DELETE, S, 0 },
		{ BK_FORGET, S, 0 } } },
	{ "transfer-park", {
		{ BK_KEKEK, D, 0 }, { BK_EXPORT, S, 0 }, { BK_IMPORT, D, 0 },
		{ BK_ACK, S, 0 }, { BK_PARK, D, 0 }, { BK_ACK_DELETE, D, 0 },
		{ BK_UNPARK, D, 0 } } },
	{ "park-transfer", {
		{ BK_PARK, S, 0 }, { BK_ACK_DELETE, S, 0 },
		{ BK_UNPARK, S, 0 }, { BK_KEKEK, D, 0 }, { BK_EXPORT, S, 0 },
		{ BK_IMPORT, D, 0 }, { BK_ACK, S, 0 }, { BK_PARK, S, 0 } } },
};

const size_t bk_script_count = sizeof(bk_scripts) / sizeof(bk_scripts[0]);
