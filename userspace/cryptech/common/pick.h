/* SPDX-License-Identifier: MIT */
/* Lists of keys: those that shall be exported, those that were imported. */
#ifndef TOOL_PICK_H
#define TOOL_PICK_H

#include <stdbool.h>
#include <stddef.h>

#include "../../libcryptech/libcryptech.h"

struct pick {
	struct cryptech_key *keys;
	size_t count;
	unsigned int left_out;	/* HSS keys that were not named */
};

/*
 * Those that are named, or, if none is, all that may leave but HSS private
 * keys. @libhal: RSA and EC keys only. A named key that may not leave, or none
 * at all, ends the process.
 */
void pick_keys(struct pick *pick, struct cryptech *hsm, int count,
	       char *const *names, bool libhal);
/* Add one to a list that was zeros, or picked. No memory ends the process. */
void pick_add(struct pick *pick, const struct cryptech_key *key);
void pick_free(struct pick *pick);

/* One a line, or as JSON. */
void pick_print(const struct pick *pick, bool json);

#endif /* TOOL_PICK_H */
