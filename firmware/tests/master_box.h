/* SPDX-License-Identifier: MIT */
/*
 * The master key of an HSM in a box, and what has to outlive a change of it.
 */
#ifndef TESTS_MASTER_BOX_H
#define TESTS_MASTER_BOX_H

#include "../backup/shares.h"
#include "../keystore/keystore.h"
#include "raw_box.h"

static const uint8_t new_key[32] = "the master key that is to come.";

/* --- calls ---------------------------------------------------------------- */

static inline bool master_fresh(uint32_t flash)
{
	return hashsig_fresh(0, flash) &&
	       !box_login(&box, WHEEL, CRYPTECH_USER_WHEEL) &&
	       !box_login(&box, SO, CRYPTECH_USER_SO);
}

static inline bool master_restart(void)
{
	return hashsig_restart() &&
	       !box_login(&box, WHEEL, CRYPTECH_USER_WHEEL) &&
	       !box_login(&box, SO, CRYPTECH_USER_SO);
}

static inline int get_shares(uint32_t m, uint32_t n, struct share_list *list)
{
	return result_shares(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_SHARES,
				 "uu", m, n), list);
}

static inline int set_shares(uint32_t erase, const struct share_list *list,
		      uint32_t first, uint32_t count)
{
	uint8_t message[20 * (CRYPTECH_SHARE_SIZE + 4) + 64];
	struct xdr_writer w;

	xdr_writer_init(&w, message, sizeof(message));
	xdr_put_u32(&w, CRYPTECH_RPC_MASTER_KEY_SET);
	xdr_put_u32(&w, WHEEL);
	xdr_put_u32(&w, erase);
	xdr_put_u32(&w, count);
	for (uint32_t i = 0; i < count; i++)
		xdr_put_opaque(&w, list->data[(first + i) % CRYPTECH_SHARES_MAX],
			       CRYPTECH_SHARE_SIZE);
	return ask_raw(&box, message, xdr_written(&w));
}

static inline int set_as(uint32_t word, uint32_t erase, const void *key, size_t len)
{
	return ask(&box, word, CRYPTECH_RPC_MASTER_KEY_SET, "uuo", erase, 1,
		   key, len);
}

static inline int set_key(uint32_t erase, const void *key)
{
	return set_as(WHEEL, erase, key, 32);
}

/* What the master key in the memory has for a fingerprint, by libcrypto. */
static inline void plain_fingerprint(const uint8_t key[32], uint8_t out[32])
{
	plain_kdf(key, "fingerprint", out);
}

/* The HSM says the fingerprint of the key that is in its memory. */
static inline bool tells_fingerprint(uint32_t word)
{
	uint8_t wanted[32];
	struct bytes got;

	plain_fingerprint(box.master_key, wanted);
	return !result_bytes(ask(&box, word, CRYPTECH_RPC_MASTER_KEY_INFO, ""),
			     &got) &&
	       got.len == 32 && !memcmp(got.data, wanted, 32);
}

static inline bool has_key(const uint8_t key[32])
{
	return !memcmp(box.master_key, key, 32);
}

static inline int make_ec(uint8_t letter, uint32_t flags)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
		   name_of(letter), (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
		   flags, "");
}

static inline int info_of(uint8_t letter)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", name_of(letter),
		   (size_t)UUID_SIZE);
}

static inline int sign_with(uint8_t letter)
{
	return ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", name_of(letter),
		   (size_t)UUID_SIZE, CRYPTECH_DIGEST_SHA256, hash_value(),
		   (size_t)32, 200);
}

/* --- who this HSM is ------------------------------------------------------ */

struct self {
	struct bytes identity, devices, list;
	uint64_t policy;
};

static inline bool look(struct self *self)
{
	static uint8_t serial[16];
	struct bytes *all = &self->identity;
	const uint8_t *data;
	size_t len;

	memset(self, 0, sizeof(*self));
	self->policy = box_status(&box, CRYPTECH_STATUS_POLICY);
	if (ask(&box, ME, CRYPTECH_RPC_DEVICE_IDENTITY, ""))
		return false;
	all->len = xdr_left(&box.results);
	memcpy(all->data, box.results.next, all->len);
	data = xdr_get_opaque(&box.results, &len);
	if (len != 16)
		return false;
	memcpy(serial, data, 16);
	if (ask(&box, ME, CRYPTECH_RPC_DEVICE_LIST, "su", "", 64))
		return false;
	self->devices.len = xdr_left(&box.results);
	memcpy(self->devices.data, box.results.next, self->devices.len);
	return true;
}

static inline bool is_still(const struct self *before)
{
	struct self now;

	return look(&now) && now.identity.len == before->identity.len &&
	       !memcmp(now.identity.data, before->identity.data,
		       now.identity.len) &&
	       now.devices.len == before->devices.len &&
	       !memcmp(now.devices.data, before->devices.data,
		       now.devices.len) &&
	       now.policy == before->policy;
}

static inline int approve(const uint8_t serial[16])
{
	struct bytes spki, der;

	plain_encode(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), &der,
		     &spki);
	return ask(&box, SO, CRYPTECH_RPC_DEVICE_APPROVE, "oos", serial,
		   (size_t)16, spki.data, spki.len, "another one");
}

/* All settings that there are. */
static inline bool make_settings(void)
{
	static const uint8_t a[16] = "one other device", b[16] = "yet another one";
	size_t len;

	return !approve(a) && !approve(b) &&
	       !ask(&box, SO, CRYPTECH_RPC_POLICY_SET, "u",
		    CRYPTECH_POLICY_SHARED_SEED) &&
	       !ask(&box, SO, CRYPTECH_RPC_RECOVERY_CREATE, "uu", 2, 2) &&
	       xdr_get_opaque(&box.results, &len);
}

/* A key with flag RECOVERABLE can be made: a recovery key is known. */
static inline int make_recoverable(void)
{
	return generate_as(ME, name_of('R'), UUID_SIZE, FLAGS | EXPORTABLE |
			   CRYPTECH_KEY_FLAG_RECOVERABLE, "", 0, 1,
			   SETS(1, { H5_W8 }));
}

#endif /* TESTS_MASTER_BOX_H */
