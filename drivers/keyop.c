// SPDX-License-Identifier: GPL-2.0
/*
 * What can be done with a key of the HSM: query, sign, verify.
 *
 * Nothing here knows how a caller came by the key or by its arguments, so
 * that each door of the kernel into keys needs only a few lines of its own.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/keyctl.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/public_key.h"
#include "cryptech.h"
#include "key.h"
#include "keyder.h"
#include "sealed.h"

#define PKCS1_OVERHEAD	11	/* bytes of padding at least: RFC 8017, 9.2 */
#define HASH_MAX	64	/* bytes of the longest hash value */

struct hash {
	u32 digest;		/* enum cryptech_digest */
	const char *name;
	size_t size;
};

static const struct hash hashes[] = {
#define CRYPTECH_D(number, id, text, bytes) \
	[number] = { CRYPTECH_DIGEST_##id, text, bytes },
	CRYPTECH_DIGESTS(CRYPTECH_D)
#undef CRYPTECH_D
};

static const struct hash *hash_find(const char *name)
{
	size_t i;

	for (i = CRYPTECH_DIGEST_NONE + 1; i < ARRAY_SIZE(hashes); i++)
		if (!strcmp(name, hashes[i].name))
			return &hashes[i];
	return NULL;
}

/**
 * struct plan - how an operation on a key is done
 * @ec:		else RSA
 * @pss:	RSA: by PSS, else by PKCS #1 v1.5
 * @der:	EC signatures are ECDSA-Sig-Values, else r || s
 * @hash:	the hash that was named, or NULL
 * @size:	bytes of the modulus, or of an element of the curve's field
 * @input_max:	longest input
 * @output_max:	longest signature
 */
struct plan {
	bool ec;
	bool pss;
	bool der;
	const struct hash *hash;
	size_t size;
	size_t input_max;
	size_t output_max;
};

static int plan_encoding(struct plan *plan, const char *encoding, u32 bits)
{
	if (!encoding)
		return -EINVAL;
	if (!plan->ec) {
		plan->output_max = plan->size;
		return strcmp(encoding, plan->pss ? "pss" : "pkcs1") ?
		       -EINVAL : 0;
	}
	plan->der = !strcmp(encoding, "x962");
	if (!plan->der && strcmp(encoding, "raw"))
		return -EINVAL;
	plan->output_max = plan->der ? cryptech_ec_der_max(bits) :
				       2 * plan->size;
	return 0;
}

static int plan_make(struct plan *plan, const struct cryptech_key *key,
		     const char *encoding, const char *hash)
{
	u32 bits = CRYPTECH_KEY_BITS(key->type);
	int ret;

	if (!cryptech_key_is_asymmetric(key->type))
		return -EOPNOTSUPP;
	memset(plan, 0, sizeof(*plan));
	plan->ec = CRYPTECH_KEY_FAMILY(key->type) == CRYPTECH_KEY_FAMILY_EC;
	plan->pss = key->pss;
	plan->size = (bits + 7) / 8;
	ret = plan_encoding(plan, encoding, bits);
	if (ret)
		return ret;

	if (hash) {
		plan->hash = hash_find(hash);
		if (!plan->hash)
			return -ENOPKG;
		plan->input_max = plan->hash->size;
	} else if (plan->pss) {
		return -EINVAL;
	} else if (plan->ec) {
		plan->input_max = HASH_MAX;
	} else {
		plan->input_max = plan->size - PKCS1_OVERHEAD;
	}
	return 0;
}

static bool plan_takes(const struct plan *plan, size_t input_len)
{
	if (plan->hash)
		return input_len == plan->hash->size;
	return input_len > 0 && input_len <= plan->input_max;
}

static u32 plan_digest(const struct plan *plan)
{
	return plan->hash ? plan->hash->digest : CRYPTECH_DIGEST_NONE;
}

struct cryptech_client *cryptech_key_resolve(const struct cryptech_key *key)
{
	struct cryptech_device *dev = cryptech_device_find_serial(key->serial);
	struct cryptech_client *kernel;

	if (IS_ERR(dev))
		return ERR_CAST(dev);
	kernel = cryptech_client_kernel(dev);
	cryptech_device_put(dev);
	return kernel;
}

/* --- query --------------------------------------------------------------- */

int cryptech_key_query(const struct cryptech_key *key, const char *encoding,
		       const char *hash, struct kernel_pkey_query *query)
{
	struct plan plan;
	int ret;

	ret = cryptech_key_usable(key);
	if (ret)
		return ret;
	if (key->hss)
		return cryptech_hashkey_query(key, encoding, hash, query);
	ret = plan_make(&plan, key, encoding, hash);
	if (ret)
		return ret;

	memset(query, 0, sizeof(*query));
	query->supported_ops = KEYCTL_SUPPORTS_VERIFY;
	if (key->private)
		query->supported_ops |= KEYCTL_SUPPORTS_SIGN;
	query->key_size = CRYPTECH_KEY_BITS(key->type);
	query->max_data_size = plan.input_max;
	query->max_sig_size = plan.output_max;
	return 0;
}

/* --- sign ---------------------------------------------------------------- */

/* Bring what the HSM gave (r || s for EC) into the form that was asked for. */
static int sign_encode(const struct plan *plan, const u8 *raw, size_t raw_len,
		       void *signature, size_t size)
{
	size_t expected = plan->ec ? 2 * plan->size : plan->size;

	if (raw_len != expected)
		return -EPROTO;
	if (plan->der) {
		int len = cryptech_ec_raw_to_der(raw, plan->size, signature,
						 size);

		/* @size was enough for every signature of the curve */
		return len < 0 ? -EPROTO : len;
	}
	if (raw_len > size)
		return -EOVERFLOW;
	memcpy(signature, raw, raw_len);
	return raw_len;
}

/* How long a sealed key may take to be there. */
static unsigned long hold_deadline(void)
{
	return jiffies +
	       msecs_to_jiffies(cryptech_call_timeout(CRYPTECH_RPC_RAW_IMPORT));
}

static int sign_in_hsm(struct cryptech_key *key, const struct plan *plan,
		       const void *digest, size_t digest_len, u8 *raw,
		       size_t *raw_len)
{
	struct cryptech_hold hold = {};
	size_t room = *raw_len;
	int ret;

	do {
		ret = cryptech_key_hold(key, &hold, hold_deadline());
		if (ret)
			return ret;
		*raw_len = room;
		ret = cryptech_rpc_sign(hold.kernel, key->uuid,
					plan_digest(plan), digest, digest_len,
					raw, raw_len, NULL);
	} while (cryptech_key_release(&hold, ret));
	return ret;
}

int cryptech_key_sign(struct cryptech_key *key, const char *encoding,
		      const char *hash, const void *digest, size_t digest_len,
		      void *signature, size_t size)
{
	struct plan plan;
	size_t raw_len;
	u8 *raw;
	int ret;

	ret = cryptech_key_usable(key);
	if (ret)
		return ret;
	if (!key->private)
		return -EOPNOTSUPP;
	if (key->hss)
		return cryptech_hashkey_sign(key, encoding, hash, digest,
					     digest_len, signature, size);
	ret = plan_make(&plan, key, encoding, hash);
	if (ret)
		return ret;
	if (!plan_takes(&plan, digest_len))
		return -EINVAL;
	/* before the HSM is asked: a signature must not be made for nothing */
	if (plan.output_max > size)
		return -EOVERFLOW;

	raw_len = plan.ec ? 2 * plan.size : plan.size;
	raw = kmalloc(raw_len, GFP_KERNEL);
	if (!raw)
		return -ENOMEM;
	ret = sign_in_hsm(key, &plan, digest, digest_len, raw, &raw_len);
	if (!ret)
		ret = sign_encode(&plan, raw, raw_len, signature, size);
	kfree(raw);
	return ret;
}

/* --- verify -------------------------------------------------------------- */

/* -ENOPKG: this kernel has not got the algorithm. */
static int verify_in_kernel(const struct cryptech_key *key,
			    const struct plan *plan,
			    const struct cryptech_key_signature *sig,
			    const void *bytes, size_t len)
{
	struct public_key_signature kernel_sig = {
		.s		= (u8 *)bytes,
		.s_size		= len,
		.encoding	= plan->ec ? "x962" : "pkcs1",
		/* ECDSA does not depend on it, but has to be told a name */
		.hash_algo	= plan->ec ? "sha512" : sig->hash,
	};
	int ret;

	cryptech_sig_message(&kernel_sig) = (u8 *)sig->digest;
	cryptech_sig_message_len(&kernel_sig) = sig->digest_len;
	ret = public_key_verify_signature(&key->pub, &kernel_sig);
	switch (ret) {
	case -ENOENT:
		return -ENOPKG;
	case -EBADMSG:
	case -EINVAL:
		/* the algorithms have many words for a bad signature */
		return -EKEYREJECTED;
	default:
		return ret;
	}
}

static int verify_in_hsm(struct cryptech_key *key, const struct plan *plan,
			 const struct cryptech_key_signature *sig,
			 const void *bytes, size_t len)
{
	struct cryptech_hold hold = {};
	int ret;

	do {
		ret = cryptech_key_hold(key, &hold, hold_deadline());
		if (ret)
			return ret;
		ret = cryptech_rpc_verify(hold.kernel, key->uuid,
					  plan_digest(plan), sig->digest,
					  sig->digest_len, bytes, len, NULL);
	} while (cryptech_key_release(&hold, ret));
	return ret;
}

/* Not PSS; and the truncated forms of SHA-512 have no DigestInfo there. */
static bool kernel_has(const struct plan *plan)
{
	u32 digest = plan_digest(plan);

	return !plan->pss && digest != CRYPTECH_DIGEST_SHA512_224 &&
	       digest != CRYPTECH_DIGEST_SHA512_256;
}

static int verify_rsa(struct cryptech_key *key, const struct plan *plan,
		      const struct cryptech_key_signature *sig)
{
	int ret;

	if (sig->len != plan->size)
		return -EKEYREJECTED;
	ret = -ENOPKG;
	if (kernel_has(plan))
		ret = verify_in_kernel(key, plan, sig, sig->bytes, sig->len);
	if (ret == -ENOPKG)
		ret = verify_in_hsm(key, plan, sig, sig->bytes, sig->len);
	return ret;
}

/* Room for both forms; the crypto API takes no buffers on the stack. */
struct ec_buffers {
	u8 raw[CRYPTECH_EC_RAW_MAX];
	u8 der[CRYPTECH_EC_DER_MAX];
};

static int verify_ec_raw(struct cryptech_key *key, const struct plan *plan,
			 const struct cryptech_key_signature *sig,
			 struct ec_buffers *buf)
{
	int ret;

	if (!READ_ONCE(key->verify_in_hsm)) {
		ret = cryptech_ec_raw_to_der(buf->raw, plan->size, buf->der,
					     sizeof(buf->der));
		/* a number that is longer than the curve's order */
		if (ret < 0)
			return -EKEYREJECTED;
		ret = verify_in_kernel(key, plan, sig, buf->der, ret);
		if (ret != -ENOPKG)
			return ret;
		/* spares each later call the search for a module */
		WRITE_ONCE(key->verify_in_hsm, true);
	}
	return verify_in_hsm(key, plan, sig, buf->raw, 2 * plan->size);
}

static int verify_ec(struct cryptech_key *key, const struct plan *plan,
		     const struct cryptech_key_signature *sig)
{
	struct ec_buffers *buf = kmalloc(sizeof(*buf), GFP_KERNEL);
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	if (plan->der) {
		ret = cryptech_ec_der_to_raw(sig->bytes, sig->len,
					     sig->trailing, buf->raw,
					     plan->size);
	} else if (sig->len == 2 * plan->size) {
		memcpy(buf->raw, sig->bytes, sig->len);
	} else {
		ret = -EBADMSG;
	}
	if (ret < 0)
		ret = -EKEYREJECTED;
	else
		ret = verify_ec_raw(key, plan, sig, buf);
	kfree(buf);
	return ret;
}

int cryptech_key_verify(struct cryptech_key *key,
			const struct cryptech_key_signature *sig)
{
	struct plan plan;
	int ret;

	ret = cryptech_key_usable(key);
	if (ret)
		return ret;
	if (key->hss)
		return cryptech_hashkey_verify(key, sig);
	ret = plan_make(&plan, key, sig->encoding, sig->hash);
	if (ret)
		return ret;
	if (!plan_takes(&plan, sig->digest_len))
		return -EINVAL;
	return plan.ec ? verify_ec(key, &plan, sig) :
			 verify_rsa(key, &plan, sig);
}
