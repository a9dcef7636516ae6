/* SPDX-License-Identifier: MIT */
/*
 * One hash signature key in two HSMs: calls, and the ledger of what signed.
 */
#ifndef TESTS_BACKUP_HSS_H
#define TESTS_BACKUP_HSS_H

#include <cryptech/hss.h>

#include "backup_box.h"
#include "hss_plain.h"

#define H5_W8		5, 4
#define FLAGS		(SIGNS | TOKEN | EXPORTABLE)
#define LEAVES		32
#define SPKI_HEAD	20	/* before the public key */

static uint8_t uuid[UUID_SIZE] = "a key that moves";
static struct bytes public;
static struct plain_ledger ledger;

static inline int generate(struct twin *twin, uint32_t flags, uint32_t profile,
		    unsigned int levels)
{
	struct box *box = &twin->box;
	uint32_t state;
	int error;

	error = levels == 1 ?
		ask(box, ME, CRYPTECH_RPC_HASHSIG_GENERATE, "ousuuuuu",
		    UUID(uuid), flags, "hash based", profile, 1, 1, H5_W8) :
		ask(box, ME, CRYPTECH_RPC_HASHSIG_GENERATE, "ousuuuuuuu",
		    UUID(uuid), flags, "hash based", profile, 1, 2, H5_W8,
		    H5_W8);
	if (error)
		return error;
	do {
		error = ask(box, ME, CRYPTECH_RPC_HASHSIG_JOB, "o",
			    UUID(uuid));
		state = xdr_get_u32(&box->results);
	} while (!error && state == CRYPTECH_JOB_RUNNING);
	return error ? error : state == CRYPTECH_JOB_DONE ? 0 : -1;
}

struct left {
	uint64_t root, all;
};

static inline struct left left_of(struct twin *twin)
{
	struct xdr_reader *r = &twin->box.results;
	struct left left = { UINT64_MAX, UINT64_MAX };

	if (ask(&twin->box, ME, CRYPTECH_RPC_HASHSIG_INFO, "o", UUID(uuid)))
		return left;
	for (unsigned int i = 0; i < 3; i++)
		xdr_get_u32(r);
	left.root = xdr_get_u64(r);
	left.all = xdr_get_u64(r);
	return left;
}

/* Sign a message of its own; what signs it is entered in the ledger. */
static inline int sign(struct twin *twin)
{
	static uint32_t number;
	static struct blob signature;
	uint8_t request[16] = "one of its own ";
	char text[32];
	int error;

	snprintf(text, sizeof(text), "message %u", ++number);
	memcpy(request, &number, 4);
	do {
		error = ask(&twin->box, ME, CRYPTECH_RPC_SIGN_ONCE, "oosu",
			    UUID(uuid), request, (size_t)16, text,
			    CRYPTECH_HSS_SIGNATURE_MAX);
	} while (error == CRYPTECH_ERR_NOT_READY);
	if (error)
		return error;
	if (!take_blob(&twin->box, &signature))
		return -1;
	return plain_hss(&ledger, true, public.data + SPKI_HEAD,
			 public.len - SPKI_HEAD, BLOB(&signature), text,
			 strlen(text)) ? 0 : -2;
}

static inline unsigned int sign_all(struct twin *twin)
{
	unsigned int count = 0;
	int error;

	while (!(error = sign(twin)) && count < 10000)
		count++;
	EXPECT_EQ(error, CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	return count;
}

#endif /* TESTS_BACKUP_HSS_H */
