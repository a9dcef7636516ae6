/* SPDX-License-Identifier: MIT */
/* A key for people and for programs. */
#ifndef TOOL_SHOWKEY_H
#define TOOL_SHOWKEY_H

#include "json.h"
#include "../../libcryptech/libcryptech.h"

/* A line of `cryptech list`, not ended yet. */
void showkey_line(const struct cryptech_key *key);

/* The members of a key's JSON object. */
void showkey_json(const struct cryptech_key *key);

#endif /* TOOL_SHOWKEY_H */
