// SPDX-License-Identifier: GPL-2.0
/*
 * Signatures of the crypto API with keys of the HSM.
 *
 * They are named as the kernel's own, of `prsa` in place of `rsa` and so on: p
 * for a key that the kernel does not know. None of them bears a name that
 * others ask for, nor one that a template would be looked up by. Both
 * halves of a key are set by its token. To verify asks the HSM only where the
 * kernel lacks the algorithm.
 */
#include "cipher.h"
#include "compat/sig.h"

#ifdef CRYPTECH_HAVE_SIG_ALG

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/key.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cryptech.h"
#include "key.h"
#include "token.h"

/**
 * struct cryptech_sig - an algorithm
 * @type:	of its keys; a family has no bits
 * @encoding:	of its signatures
 * @hash:	whose values it signs, or NULL: any
 * @alg:	what is registered
 */
struct cryptech_sig {
	u32 type;
	const char *encoding;
	const char *hash;
	struct sig_alg alg;
};

/**
 * struct sig_ctx - what a tfm has
 * @right:	the token that was set, and the right to use it
 * @key:	the key that it names, or NULL
 * @private:	it was set as a private key
 */
struct sig_ctx {
	struct cryptech_tfm_key right;
	struct cryptech_key *key;
	bool private;
};

static const struct cryptech_sig *sig_of(struct crypto_sig *tfm)
{
	return container_of(crypto_sig_alg(tfm), struct cryptech_sig, alg);
}

/* --- keys ---------------------------------------------------------------- */

static void sig_clear(struct crypto_sig *tfm)
{
	struct sig_ctx *ctx = crypto_sig_ctx(tfm);

	if (ctx->key)
		cryptech_key_put(ctx->key);
	ctx->key = NULL;
	cryptech_tfm_clear(&ctx->right);
}

/* The key that a privileged caller named: what the HSM tells of it. */
static struct cryptech_key *learn(const struct cryptech_tfm_key *right)
{
	unsigned long deadline =
		jiffies + msecs_to_jiffies(CRYPTECH_KEY_WAIT_MS);
	struct cryptech_client *kernel;
	struct cryptech_device *dev;
	struct cryptech_key *key;

	dev = cryptech_tfm_device(right);
	if (IS_ERR(dev))
		return ERR_CAST(dev);
	kernel = cryptech_client_kernel(dev);
	cryptech_device_put(dev);
	if (IS_ERR(kernel))
		return ERR_CAST(kernel);
	key = cryptech_key_use(kernel, right->uuid, deadline);
	cryptech_client_put(kernel);
	return key;
}

static bool key_fits(const struct cryptech_key *key, u32 type, bool private)
{
	/* the only encoding of RSA here is PKCS #1 v1.5 */
	return key->type == type && !key->pss && (key->private || !private);
}

static int sig_set(struct crypto_sig *tfm, const void *data, unsigned int len,
		   bool private)
{
	struct sig_ctx *ctx = crypto_sig_ctx(tfm);
	struct cryptech_key *key;
	int ret;

	sig_clear(tfm);
	ret = cryptech_tfm_setkey(&ctx->right, data, len, sig_of(tfm)->type);
	if (ret)
		return ret;
	key = ctx->right.right ?
	      cryptech_key_get(cryptech_keytype_key(ctx->right.right)) :
	      learn(&ctx->right);
	ret = PTR_ERR_OR_ZERO(key);
	if (ret)
		goto err_clear;
	ctx->key = key;
	ret = cryptech_key_usable(key);
	if (!ret && !key_fits(key, ctx->right.type, private))
		ret = -EINVAL;
	if (ret)
		goto err_clear;
	ctx->private = private;
	return 0;

err_clear:
	sig_clear(tfm);
	return ret;
}

static int sig_set_priv_key(struct crypto_sig *tfm, const void *key,
			    unsigned int len)
{
	return sig_set(tfm, key, len, true);
}

static int sig_set_pub_key(struct crypto_sig *tfm, const void *key,
			   unsigned int len)
{
	return sig_set(tfm, key, len, false);
}

/* --- what it can --------------------------------------------------------- */

/* All zero if there is no key. */
static struct kernel_pkey_query sig_query(struct crypto_sig *tfm)
{
	const struct cryptech_sig *sig = sig_of(tfm);
	struct sig_ctx *ctx = crypto_sig_ctx(tfm);
	struct kernel_pkey_query query = {};

	if (ctx->key)
		cryptech_key_query(ctx->key, sig->encoding, sig->hash, &query);
	return query;
}

/* In bits */
static unsigned int sig_key_size(struct crypto_sig *tfm)
{
	return sig_query(tfm).key_size;
}

static unsigned int sig_digest_size(struct crypto_sig *tfm)
{
	return sig_query(tfm).max_data_size;
}

static unsigned int sig_max_size(struct crypto_sig *tfm)
{
	return sig_query(tfm).max_sig_size;
}

/* --- operations ---------------------------------------------------------- */

/* 0 if there is a key that may still be used. */
static int sig_usable(const struct sig_ctx *ctx)
{
	if (!ctx->key)
		return -ENOKEY;
	return ctx->right.right ? key_validate(ctx->right.right) : 0;
}

static int sig_sign(struct crypto_sig *tfm, const void *digest,
		    unsigned int digest_len, void *signature, unsigned int size)
{
	const struct cryptech_sig *sig = sig_of(tfm);
	struct sig_ctx *ctx = crypto_sig_ctx(tfm);
	int ret = sig_usable(ctx);

	if (ret)
		return ret;
	if (!ctx->private)
		return -EINVAL;
	return cryptech_key_sign(ctx->key, sig->encoding, sig->hash, digest,
				 digest_len, signature, size);
}

static int sig_verify(struct crypto_sig *tfm, const void *signature,
		      unsigned int len, const void *digest,
		      unsigned int digest_len)
{
	const struct cryptech_sig *sig = sig_of(tfm);
	struct sig_ctx *ctx = crypto_sig_ctx(tfm);
	const struct cryptech_key_signature s = {
		.encoding	= sig->encoding,
		.hash		= sig->hash,
		.digest		= digest,
		.digest_len	= digest_len,
		.bytes		= signature,
		.len		= len,
	};
	int ret = sig_usable(ctx);

	return ret ? ret : cryptech_key_verify(ctx->key, &s);
}

/* --- algorithms ---------------------------------------------------------- */

#define SIG(_type, _encoding, _hash, _name, _driver)			       \
{									       \
	.type = _type,							       \
	.encoding = _encoding,						       \
	.hash = _hash,							       \
	.alg = {							       \
		.sign = sig_sign,					       \
		.verify = sig_verify,					       \
		.set_pub_key = sig_set_pub_key,				       \
		.set_priv_key = sig_set_priv_key,			       \
		.key_size = sig_key_size,				       \
		.digest_size = sig_digest_size,				       \
		.max_size = sig_max_size,				       \
		.exit = sig_clear,					       \
		.base = {						       \
			.cra_name = _name,				       \
			.cra_driver_name = _driver "-cryptech",		       \
			.cra_priority = 100,				       \
			.cra_flags = CRYPTO_ALG_KERN_DRIVER_ONLY,	       \
			.cra_ctxsize = sizeof(struct sig_ctx),		       \
			.cra_module = THIS_MODULE,			       \
		},							       \
	},								       \
}

#define RSA(_hash)							       \
	SIG(CRYPTECH_KEY_FAMILY_RSA << 16, "pkcs1", _hash,			       \
	    "pkcs1(prsa," _hash ")", "pkcs1-prsa-" _hash)

#define EC(_bits)							       \
	SIG(CRYPTECH_KEY_EC_P##_bits, "x962", NULL,			       \
	    "x962(pecdsa-nist-p" #_bits ")", "x962-pecdsa-nist-p" #_bits),    \
	SIG(CRYPTECH_KEY_EC_P##_bits, "raw", NULL,			       \
	    "p1363(pecdsa-nist-p" #_bits ")", "p1363-pecdsa-nist-p" #_bits)

static struct cryptech_sig sigs[] = {
	RSA("sha256"),
	RSA("sha384"),
	RSA("sha512"),
	EC(256),
	EC(384),
	EC(521),
};

int cryptech_sigs_register(void)
{
	int err;
	int i;

	for (i = 0; i < ARRAY_SIZE(sigs); i++) {
		err = crypto_register_sig(&sigs[i].alg);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	while (i--)
		crypto_unregister_sig(&sigs[i].alg);
	return err;
}

void cryptech_sigs_unregister(void)
{
	int i = ARRAY_SIZE(sigs);

	while (i--)
		crypto_unregister_sig(&sigs[i].alg);
}

MODULE_ALIAS_CRYPTO("pkcs1(prsa,sha256)");
MODULE_ALIAS_CRYPTO("pkcs1(prsa,sha384)");
MODULE_ALIAS_CRYPTO("pkcs1(prsa,sha512)");
MODULE_ALIAS_CRYPTO("x962(pecdsa-nist-p256)");
MODULE_ALIAS_CRYPTO("x962(pecdsa-nist-p384)");
MODULE_ALIAS_CRYPTO("x962(pecdsa-nist-p521)");
MODULE_ALIAS_CRYPTO("p1363(pecdsa-nist-p256)");
MODULE_ALIAS_CRYPTO("p1363(pecdsa-nist-p384)");
MODULE_ALIAS_CRYPTO("p1363(pecdsa-nist-p521)");

#else

/* Without them there are still keys, which sign on every kernel. */
int cryptech_sigs_register(void)
{
	return 0;
}

void cryptech_sigs_unregister(void)
{
}

#endif /* CRYPTECH_HAVE_SIG_ALG */
