// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include <cryptech/rpc.h>

#include "json.h"
#include "policy.h"

static const struct {
	uint32_t bit;
	const char *name;
} policies[] = {
	{ CRYPTECH_POLICY_LEGACY_EXPORT, "legacy-export" },
	{ CRYPTECH_POLICY_SHARED_SEED, "shared-seed" },
};

#define POLICIES (sizeof(policies) / sizeof(policies[0]))

uint32_t policy_parse(const char *name)
{
	size_t i;

	for (i = 0; i < POLICIES; i++)
		if (!strcmp(name, policies[i].name))
			return policies[i].bit;
	return 0;
}

void policy_print(int width, uint64_t policy)
{
	size_t i;

	printf("%-*s", width, "policy");
	for (i = 0; i < POLICIES; i++)
		if (policy & policies[i].bit)
			printf(" %s", policies[i].name);
	printf("%s\n", policy ? "" : " none");
}

void policy_json(const char *name, uint64_t policy)
{
	size_t i;

	json_open(name, '[');
	for (i = 0; i < POLICIES; i++)
		if (policy & policies[i].bit)
			json_text(NULL, policies[i].name);
	json_close(']');
}
