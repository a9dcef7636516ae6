// SPDX-License-Identifier: MIT
/*
 * RECOVERY_*: HSS keys of which the HSM was lost.
 *
 * A parked key's package opens with Kp, which is in the HSM that parked it and
 * nowhere else. Of a key made with flag RECOVERABLE the package carries Kp for
 * the recovery key as well, whose private half exists as shares only:
 *
 *	point[65] | KWP(K, Kp)
 *	K = HMAC-SHA-256(x, "cryptech recovery v1" | uuid[16] | point |
 *			 recovery point[65])
 *
 * point: an ephemeral key's public half, uncompressed (SEC 1, 2.3.3), both on
 * P-256; x: the shared secret of Diffie-Hellman.
 */
#include "backup.h"

#include <stdlib.h>

#define RECOVERY_VERSION	1
#define SETTING_SIZE		(4 + RECOVERY_POINT)
#define RECOVERY_LABEL		"cryptech recovery v1"

static const uint8_t recovery_name[KS_NAME_SIZE] = "recovery key";

/* A package that may be imported without the state that should be here. */
struct recovery {
	uint8_t sha256[32];
	uint8_t kp[PACKAGE_KEY_SIZE];
	uint32_t floor;
};

/* --- points --------------------------------------------------------------- */

/* SubjectPublicKeyInfo of a point on P-256, up to the point. */
static const uint8_t spki_head[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
	0x07, 0x03, 0x42, 0x00,
};
#define SPKI_SIZE	(sizeof(spki_head) + RECOVERY_POINT)

static int get_point(const struct core_key *key, uint8_t point[RECOVERY_POINT])
{
	uint8_t spki[SPKI_SIZE];
	size_t len = 0;
	int error = core_key_spki(key, spki, sizeof(spki), &len);

	if (!error && len != sizeof(spki))
		error = CRYPTECH_ERR_IMPOSSIBLE;
	if (!error)
		memcpy(point, spki + sizeof(spki_head), RECOVERY_POINT);
	return error;
}

static int from_point(const uint8_t point[RECOVERY_POINT],
		      struct core_key **key)
{
	uint8_t spki[SPKI_SIZE];

	memcpy(spki, spki_head, sizeof(spki_head));
	memcpy(spki + sizeof(spki_head), point, RECOVERY_POINT);
	return core_key_from_spki(spki, sizeof(spki), key);
}

/* --- Kp for the recovery key ---------------------------------------------- */

static int hmac_parts(struct core_hash *hash, const uint8_t *uuid,
		      const uint8_t *point, const uint8_t *recovery,
		      uint8_t k[32])
{
	int error = core_hash_update(hash, RECOVERY_LABEL,
				     strlen(RECOVERY_LABEL));

	if (!error)
		error = core_hash_update(hash, uuid, CRYPTECH_UUID_SIZE);
	if (!error)
		error = core_hash_update(hash, point, RECOVERY_POINT);
	if (!error)
		error = core_hash_update(hash, recovery, RECOVERY_POINT);
	return error ? error : core_hash_final(hash, k);
}

/* K; @recovery is the recovery key's point, whoever's private half we have. */
static int derive(const struct core_key *private_key,
		  const struct core_key *public_key, const uint8_t *uuid,
		  const uint8_t *point, const uint8_t *recovery, uint8_t k[32])
{
	struct core_hash *hash = NULL;
	uint8_t x[32];
	int error = core_ecdh(private_key, public_key, x);

	if (!error) {
		hash = core_hash_new(CRYPTECH_DIGEST_SHA256, x, sizeof(x));
		error = hash ? hmac_parts(hash, uuid, point, recovery, k) :
			       CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	core_hash_free(hash);
	core_wipe(x, sizeof(x));
	return error;
}

/* FORBIDDEN: there is none. */
static int recovery_key(struct hsm *hsm, uint8_t point[RECOVERY_POINT])
{
	uint8_t data[SETTING_SIZE];
	struct xdr_reader r;
	uint32_t version;
	size_t len;
	int error;

	error = setting_read(hsm, KS_CLASS_CONFIG, recovery_name, data,
			     sizeof(data), &len);
	if (error)
		return error == CRYPTECH_ERR_KEY_NOT_FOUND ?
		       CRYPTECH_ERR_FORBIDDEN : error;
	xdr_reader_init(&r, data, len);
	version = xdr_get_u32(&r);
	if (len != sizeof(data) || version != RECOVERY_VERSION)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	memcpy(point, xdr_get_raw(&r, RECOVERY_POINT), RECOVERY_POINT);
	return CRYPTECH_ERR_OK;
}

int recovery_check(struct hsm *hsm)
{
	uint8_t point[RECOVERY_POINT];

	return recovery_key(hsm, point);
}

static int seal(const struct core_key *ephemeral, const uint8_t *recovery,
		const uint8_t *uuid, const uint8_t *kp, uint8_t *sealed)
{
	struct core_key *public;
	uint8_t k[32];
	int error = from_point(recovery, &public);

	if (error)
		return error;
	error = get_point(ephemeral, sealed);
	if (!error)
		error = derive(ephemeral, public, uuid, sealed, recovery, k);
	if (!error)
		error = core_wrap(k, kp, PACKAGE_KEY_SIZE,
				  sealed + RECOVERY_POINT);
	core_wipe(k, sizeof(k));
	core_key_put(public);
	return error;
}

int recovery_seal(struct hsm *hsm, const uint8_t uuid[CRYPTECH_UUID_SIZE],
		  const uint8_t kp[PACKAGE_KEY_SIZE],
		  uint8_t sealed[RECOVERY_SIZE])
{
	uint8_t recovery[RECOVERY_POINT];
	struct core_key *ephemeral;
	int error = recovery_key(hsm, recovery);

	if (!error)
		error = core_key_generate(CRYPTECH_KEY_EC_P256, &ephemeral);
	if (error)
		return error;
	error = seal(ephemeral, recovery, uuid, kp, sealed);
	core_key_put(ephemeral);
	return error;
}

/* Lock not needed. KEYWRAP_BAD_MAGIC: not for this recovery key. */
static int unseal(const struct core_key *key,
		  const struct raw_package *package,
		  uint8_t kp[PACKAGE_KEY_SIZE])
{
	uint8_t recovery[RECOVERY_POINT], k[32], plain[PACKAGE_KEY_SIZE + 8];
	struct core_key *public;
	size_t len = 0;
	int error;

	error = get_point(key, recovery);
	if (error)
		return error;
	if (package->recovery_len != RECOVERY_SIZE ||
	    from_point(package->recovery, &public))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	error = derive(key, public, package->uuid, package->recovery, recovery,
		       k);
	if (!error)
		error = core_unwrap(k, package->recovery + RECOVERY_POINT,
				    RECOVERY_SIZE - RECOVERY_POINT, plain,
				    &len);
	if (!error && len == PACKAGE_KEY_SIZE)
		memcpy(kp, plain, len);
	else if (error != CRYPTECH_ERR_ALLOCATION_FAILURE)
		error = CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	core_wipe(plain, sizeof(plain));
	core_wipe(k, sizeof(k));
	core_key_put(public);
	return error;
}

/* --- the armed package ---------------------------------------------------- */

bool recovery_armed(const struct hsm *hsm, const uint8_t *package, size_t len,
		    uint8_t kp[PACKAGE_KEY_SIZE], uint32_t *floor)
{
	const struct recovery *recovery = hsm->recovery;
	uint8_t hash[32];

	if (!recovery || core_sha256(package, len, hash) ||
	    memcmp(hash, recovery->sha256, sizeof(hash)))
		return false;
	memcpy(kp, recovery->kp, PACKAGE_KEY_SIZE);
	*floor = recovery->floor;
	return true;
}

void recovery_free(struct recovery *recovery)
{
	if (recovery)
		core_wipe(recovery, sizeof(*recovery));
	free(recovery);
}

struct recovery *recovery_take(struct hsm *hsm)
{
	struct recovery *recovery = hsm->recovery;

	hsm->recovery = NULL;
	return recovery;
}

void recovery_give_back(struct hsm *hsm, struct recovery *recovery)
{
	if (hsm->recovery)	/* the officer armed another one meanwhile */
		recovery_free(recovery);
	else
		hsm->recovery = recovery;
}

void recovery_disarm(struct hsm *hsm)
{
	recovery_free(recovery_take(hsm));
}

/*
 * Whoever has the shares learns here, not when he imports, whether the package
 * opens with them and is of this HSM's master key. Lock not needed.
 */
static int try_open(const struct hsm *hsm, const struct core_key *key,
		    const uint8_t *data, size_t len, struct recovery *armed)
{
	struct raw_package package;
	struct raw_plain opened;
	int error;

	if (!raw_package_parse(data, len, &package) ||
	    package.kind != RAW_PARKED)
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	error = unseal(key, &package, armed->kp);
	if (!error)
		error = core_sha256(data, len, armed->sha256);
	if (!error)
		error = raw_open(hsm, data, &package, armed->kp, &opened);
	if (!error)
		raw_plain_free(&opened);
	return error;
}

/* --- functions ------------------------------------------------------------ */

static int arm(struct call *call, const struct core_key *key,
	       const uint8_t *data, size_t len, uint32_t floor)
{
	struct recovery *armed = calloc(1, sizeof(*armed));
	int error, gone;

	if (!armed)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	armed->floor = floor;
	call_unlock(call);
	error = try_open(call->hsm, key, data, len, armed);
	gone = call_relock(call);
	if (error || gone) {
		recovery_free(armed);
		return error ? error : gone;
	}
	recovery_disarm(call->hsm);
	call->hsm->recovery = armed;
	hsm_log(call->hsm, "security officer lets one package be imported, "
		"from leaf %u on", floor);
	return CRYPTECH_ERR_OK;
}

int handle_RECOVERY_ARM(struct call *call)
{
	const uint8_t *shares[CRYPTECH_SHARES_MAX], *data;
	uint8_t scalar[SHARE_SECRET_SIZE];
	struct core_key *key;
	uint32_t count, floor;
	size_t len;
	int error;

	data = xdr_get_opaque(&call->in, &len);
	floor = xdr_get_u32(&call->in);
	if (call_shares(call, shares, &count))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = shares_join(shares, count, SHARE_RECOVERY_KEY, scalar);
	if (!error)
		error = core_key_p256(scalar, &key);
	core_wipe(scalar, sizeof(scalar));
	if (error)
		return error;
	error = arm(call, key, data, len, floor);
	core_key_put(key);
	return error;
}

static int write_point(struct hsm *hsm, const uint8_t point[RECOVERY_POINT])
{
	uint8_t data[SETTING_SIZE];
	struct xdr_writer w;

	xdr_writer_init(&w, data, sizeof(data));
	xdr_put_u32(&w, RECOVERY_VERSION);
	memcpy(xdr_put_raw(&w, RECOVERY_POINT), point, RECOVERY_POINT);
	return setting_write(hsm, KS_CLASS_CONFIG, recovery_name, data,
			     sizeof(data), false);
}

/* The reply has the shares; when it is lost so are they: one begins anew. */
static int create(struct call *call, const struct core_key *key, uint32_t m,
		  uint32_t n)
{
	uint8_t point[RECOVERY_POINT], scalar[SHARE_SECRET_SIZE], hash[32];
	int error;

	error = get_point(key, point);
	if (!error)
		error = core_sha256(point, sizeof(point), hash);
	if (error)
		return error;
	xdr_put_opaque(&call->out, hash, sizeof(hash));
	error = core_key_scalar(key, scalar);
	if (!error)
		error = put_shares(call, scalar, SHARE_RECOVERY_KEY, m, n);
	core_wipe(scalar, sizeof(scalar));
	if (!error)
		error = write_point(call->hsm, point);
	if (!error)
		hsm_log(call->hsm, "new recovery key");
	return error;
}

int handle_RECOVERY_CREATE(struct call *call)
{
	uint32_t m = xdr_get_u32(&call->in);
	uint32_t n = xdr_get_u32(&call->in);
	struct core_key *key;
	int error = core_key_generate(CRYPTECH_KEY_EC_P256, &key);

	if (error)
		return error;
	error = create(call, key, m, n);
	core_key_put(key);
	return error;
}
