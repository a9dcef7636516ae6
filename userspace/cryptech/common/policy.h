/* SPDX-License-Identifier: MIT */
/* The officer's policies by name. */
#ifndef TOOL_POLICY_H
#define TOOL_POLICY_H

#include <stdint.h>

/* A bit of CRYPTECH_POLICY_ by name; 0: none of that name. */
uint32_t policy_parse(const char *name);

/* As a line whose first word takes @width, or as an array in JSON. */
void policy_print(int width, uint64_t policy);
void policy_json(const char *name, uint64_t policy);

#endif /* TOOL_POLICY_H */
