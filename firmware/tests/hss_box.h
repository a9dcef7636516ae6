/* SPDX-License-Identifier: MIT */
/*
 * HSS keys in memory and in a keystore on emulated flash, for test programs in
 * one file each; and an outside ledger of all one-time signatures there were.
 */
#ifndef TESTS_HSS_BOX_H
#define TESTS_HSS_BOX_H

#include "../hashsig/levels.h"
#include "hss_plain.h"
#include "nor.h"
#include "tap.h"

#include <stdlib.h>

struct box {
	struct nor *nor;
	struct keystore *ks;
	struct roots *roots;
	uint64_t anchor;
	struct platform platform;
};

static const uint8_t box_k_state[32] = "thirty-two bytes to wrap cells.";

static int box_anchor_read(void *data, uint64_t *value)
{
	*value = ((struct box *)data)->anchor;
	return 0;
}

static int box_anchor_advance(void *data, uint64_t value)
{
	((struct box *)data)->anchor = value;
	return 0;
}

static void box_log(void *data, const char *line)
{
	(void)data;
	(void)line;
}

static inline bool box_up(struct box *box)
{
	struct roots_config config = {
		.platform = &box->platform, .k_state = box_k_state,
	};

	if (!EXPECT_EQ(ks_mount(&box->ks, &box->nor->flash), KS_OK))
		return false;
	config.ks = box->ks;
	return EXPECT_EQ(roots_start(&box->roots, &config), 0);
}

static inline bool box_start(struct box *box, uint32_t size)
{
	memset(box, 0, sizeof(*box));
	box->platform.data = box;
	box->platform.anchor_kind = CRYPTECH_FRESH_FILE;
	box->platform.anchor_read = box_anchor_read;
	box->platform.anchor_advance = box_anchor_advance;
	box->platform.log = box_log;
	box->platform.cores = 1;
	box->nor = nor_new(size, 4096);
	box->platform.flash = &box->nor->flash;
	return EXPECT(box->nor) && box_up(box);
}

static inline void box_down(struct box *box)
{
	roots_stop(box->roots);
	ks_unmount(box->ks);
	box->roots = NULL;
	box->ks = NULL;
}

static inline void box_stop(struct box *box)
{
	box_down(box);
	EXPECT_EQ(box->nor->misuse, 0);
	nor_free(box->nor);
}

/* Another start of the same flash; the one key there is. */
static inline struct hss *box_again(struct box *box, struct hss *hss)
{
	hss_free(hss);
	hss = NULL;
	box_down(box);
	nor_boot(box->nor, 1);
	if (!box_up(box) || !EXPECT(roots_first(box->roots)))
		abort();
	EXPECT_EQ(hss_open(&hss, box->roots, roots_first(box->roots)), 0);
	if (!hss)
		abort();
	return hss;
}

/* --- keys --------------------------------------------------------------------- */

/* "h/lmots ..." by typecodes, root first, ended by 0. */
static inline void facts_of(struct root_facts *facts, uint32_t profile,
			    uint32_t reserve, const uint32_t (*sets)[2],
			    unsigned int levels)
{
	unsigned int i;

	memset(facts, 0, sizeof(*facts));
	memset(facts->uuid, 0x42, sizeof(facts->uuid));
	facts->levels = levels;
	facts->profile = profile;
	facts->reserve = reserve;
	for (i = 0; i < levels && i < CRYPTECH_HSS_LEVELS_MAX; i++) {
		facts->params[i].lms = sets[i][0];
		facts->params[i].lmots = sets[i][1];
	}
}

/* All work of a kind; returns the leaves of the units. */
static inline int work_all(struct hss *hss, enum hss_when when)
{
	struct hss_work *work;
	int error = 0;

	while (!error && (work = hss_work_get(hss, when))) {
		hss_work_run(work);
		error = hss_work_put(hss, work);
	}
	EXPECT(error || !hss_working(hss, when));
	return error;
}

static inline struct hss *key_new(struct box *box,
				  const struct root_facts *facts)
{
	struct hss *hss = NULL;

	if (!EXPECT_EQ(hss_new(&hss, facts), 0))
		abort();
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	EXPECT_EQ(hss_store(hss, box->roots), 0);
	return hss;
}

/* --- signatures ----------------------------------------------------------------- */

/*
 * Sign a message with a leaf that was taken. The buffer has room to spare, so
 * that what is written beyond is seen.
 */
static uint8_t signature[CRYPTECH_HSS_SIGNATURE_MAX + 1];

static inline int leaf_sign(struct hss_leaf *leaf, const void *data,
			    size_t data_len, size_t *len)
{
	uint8_t digest[LMS_N_MAX];
	struct lms_message message;
	int error = hss_leaf_begin(leaf, &message);

	*len = 0;
	if (error)
		return error;
	EXPECT_EQ(lms_message_update(&message, data, data_len), 0);
	EXPECT_EQ(lms_message_final(&message, digest), 0);
	memset(signature, 0xa5, sizeof(signature));
	return hss_leaf_sign(leaf, digest, signature, sizeof(signature) - 1,
			     len);
}

static inline int sign(struct hss *hss, const void *data, size_t data_len,
		       size_t *len)
{
	struct hss_leaf *leaf;
	int error = hss_take(hss, &leaf);

	*len = 0;
	if (error)
		return error;
	error = leaf_sign(leaf, data, data_len, len);
	hss_leaf_put(hss, leaf);
	return error;
}

/* With whatever work it waits for. */
static inline int sign_working(struct hss *hss, const void *data,
			       size_t data_len, size_t *len)
{
	int error = sign(hss, data, data_len, len);

	if (error != CRYPTECH_ERR_NOT_READY)
		return error;
	EXPECT(hss_work_left(hss) > 0);
	error = work_all(hss, HSS_NOW);
	EXPECT_EQ(hss_work_left(hss), 0);
	return error ? error : sign(hss, data, data_len, len);
}

/* All one-time signatures that this program has seen. */
static struct plain_ledger ledger;

/* By the project's verifier; and by the plain one, if @plain. */
static inline bool verifies(const struct hss *hss, const void *data,
			    size_t data_len, size_t len, bool plain)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t public_len = hss_public(hss, public);
	struct hss_verify *verify;

	if (!plain_hss(&ledger, plain, public, public_len, signature, len,
		       data, data_len) || ledger.repeats ||
	    hss_verify_begin(&verify, public, public_len, signature, len))
		return false;
	if (hss_verify_update(verify, data, data_len)) {
		hss_verify_abort(verify);
		return false;
	}
	return !hss_verify_final(verify);
}

#endif /* TESTS_HSS_BOX_H */
