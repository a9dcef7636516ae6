// SPDX-License-Identifier: MIT
/*
 * Merkle nodes (RFC 8554, 5.3 and 5.4.2). Nothing here is secret.
 */
#include "math.h"

/* Up to SHA256_LANES_MAX of them. */
static void few_nodes(const struct lms_params *params, const uint8_t *id,
		      uint32_t first, unsigned int count,
		      const uint8_t *children, uint8_t *nodes)
{
	uint8_t prefix[SHA256_LANES_MAX][PREFIX_SIZE];
	struct sha256_many many;

	for (unsigned int i = 0; i < count; i++)
		lms_prefix(prefix[i], id, first + i, CRYPTECH_LMS_D_INTR);
	sha256_many_begin(&many, count);
	sha256_many_add(&many, prefix, PREFIX_SIZE, PREFIX_SIZE);
	sha256_many_add(&many, children, 2 * params->n, 2 * params->n);
	sha256_many_end(&many, nodes, params->n, params->n);
}

void lms_nodes(const struct lms_params *params, const uint8_t *id,
	       uint32_t first, uint32_t count, const uint8_t *children,
	       uint8_t *nodes)
{
	unsigned int lanes = sha256_engine()->lanes;

	for (uint32_t i = 0; i < count; i += lanes) {
		unsigned int few = count - i < lanes ? count - i : lanes;

		/* When nodes are written, their children have been read. */
		few_nodes(params, id, first + i, few,
			  children + (size_t)i * 2 * params->n,
			  nodes + (size_t)i * params->n);
	}
}

bool lms_path_leads(const struct lms_params *params, const uint8_t *id,
		    uint32_t q, const uint8_t *leaf, const uint8_t *path,
		    const uint8_t *root)
{
	size_t n = params->n;
	uint32_t r = (1u << params->h) + q;
	uint8_t pair[2 * LMS_N_MAX];
	uint8_t node[LMS_N_MAX];

	memcpy(node, leaf, n);
	for (; r > 1; r /= 2, path += n) {
		memcpy(pair + (r % 2 ? n : 0), node, n);
		memcpy(pair + (r % 2 ? 0 : n), path, n);
		lms_nodes(params, id, r / 2, 1, pair, node);
	}
	return core_equal(node, root, n);
}
