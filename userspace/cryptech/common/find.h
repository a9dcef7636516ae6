/* SPDX-License-Identifier: MIT */
/* Keys by the names that people give. */
#ifndef TOOL_FIND_H
#define TOOL_FIND_H

#include <stdbool.h>

#include "../../libcryptech/libcryptech.h"

/* The least digits of a UUID that name a key. */
#define FIND_PREFIX_MIN	4

/*
 * The key that @name means: its UUID, its label, or the first digits of its
 * UUID if they fit no other key. None or several: ends the process.
 */
void find_key(struct cryptech *hsm, const char *name,
	      struct cryptech_key *key);

/* Does @name mean this key? */
bool find_match(const char *name, const struct cryptech_key *key);

/*
 * Call @each for all keys that the session may use, until it answers false.
 * Failure ends the process.
 */
void find_each(struct cryptech *hsm,
	       bool (*each)(const struct cryptech_key *key, void *context),
	       void *context);

#endif /* TOOL_FIND_H */
