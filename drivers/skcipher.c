// SPDX-License-Identifier: GPL-2.0
/*
 * cbc(paes) and xts(paes): the crypto API's ciphers with keys of the HSM.
 *
 * `paes` is the kernel's name for AES with a key that the kernel does not
 * know. setkey takes a token.
 */
#include <crypto/algapi.h>
#include <crypto/internal/skcipher.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"
#include "token.h"

/* The HSM counts the blocks of a data unit up to here: SP 800-38E. */
#define XTS_LENGTH_MAX	((1 << 20) * CRYPTECH_CIPHER_BLOCK)

/**
 * struct cryptech_skcipher - an algorithm
 * @mode:	CRYPTECH_MODE_*
 * @family:	CRYPTECH_KEY_FAMILY_* of its keys
 * @alg:	what is registered
 */
struct cryptech_skcipher {
	u32 mode;
	u32 family;
	struct skcipher_alg alg;
};

static const struct cryptech_skcipher *
skcipher_of(struct crypto_skcipher *tfm)
{
	return container_of(crypto_skcipher_alg(tfm), struct cryptech_skcipher,
			    alg);
}

static int skcipher_setkey(struct crypto_skcipher *tfm, const u8 *key,
			   unsigned int len)
{
	return cryptech_tfm_setkey(crypto_skcipher_ctx(tfm), key, len,
				   skcipher_of(tfm)->family);
}

static bool length_is_good(u32 mode, unsigned int len)
{
	if (mode == CRYPTECH_MODE_XTS)
		return len >= CRYPTECH_CIPHER_BLOCK && len <= XTS_LENGTH_MAX;
	return len % CRYPTECH_CIPHER_BLOCK == 0;
}

static int skcipher_submit(struct skcipher_request *req, u32 function)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	const struct cryptech_tfm_key *key = crypto_skcipher_ctx(tfm);
	struct cryptech_cipher *cipher = skcipher_request_ctx(req);
	u32 mode = skcipher_of(tfm)->mode;
	int ret;

	if (!length_is_good(mode, req->cryptlen))
		return -EINVAL;
	memset(cipher, 0, sizeof(*cipher));
	cipher->dev = cryptech_tfm_device(key);
	if (IS_ERR(cipher->dev))
		return PTR_ERR(cipher->dev);
	ret = 0;
	if (!req->cryptlen)
		goto out_put;
	cipher->req = req;
	cipher->function = function;
	cipher->mode = mode;
	memcpy(cipher->uuid, key->uuid, sizeof(cipher->uuid));
	memcpy(cipher->iv, req->iv, sizeof(cipher->iv));
	ret = cryptech_cipher_submit(cipher);
	if (ret == -EINPROGRESS || ret == -EBUSY)
		return ret;	/* it may be over already */
out_put:
	cryptech_device_put(cipher->dev);
	return ret;
}

static int skcipher_encrypt(struct skcipher_request *req)
{
	return skcipher_submit(req, CRYPTECH_RPC_ENCRYPT);
}

static int skcipher_decrypt(struct skcipher_request *req)
{
	return skcipher_submit(req, CRYPTECH_RPC_DECRYPT);
}

static int skcipher_init(struct crypto_skcipher *tfm)
{
	crypto_skcipher_set_reqsize(tfm, sizeof(struct cryptech_cipher));
	return 0;
}

static void skcipher_exit(struct crypto_skcipher *tfm)
{
	cryptech_tfm_clear(crypto_skcipher_ctx(tfm));
}

#define SKCIPHER(_mode, _family, _name)					       \
{									       \
	.mode = CRYPTECH_MODE_##_mode,					       \
	.family = CRYPTECH_KEY_FAMILY_##_family,			       \
	.alg = {							       \
		.setkey = skcipher_setkey,				       \
		.encrypt = skcipher_encrypt,				       \
		.decrypt = skcipher_decrypt,				       \
		.init = skcipher_init,					       \
		.exit = skcipher_exit,					       \
		.min_keysize = CRYPTECH_TOKEN_SIZE,			       \
		.max_keysize = CRYPTECH_TOKEN_MAX,			       \
		.ivsize = CRYPTECH_CIPHER_BLOCK,			       \
		.base = {						       \
			.cra_name = _name "(paes)",			       \
			.cra_driver_name = _name "-paes-cryptech",	       \
			.cra_priority = 100,				       \
			.cra_flags = CRYPTO_ALG_ASYNC |			       \
				     CRYPTO_ALG_KERN_DRIVER_ONLY,	       \
			.cra_blocksize = CRYPTECH_CIPHER_BLOCK,		       \
			.cra_ctxsize = sizeof(struct cryptech_tfm_key),	       \
			.cra_module = THIS_MODULE,			       \
		},							       \
	},								       \
}

static struct cryptech_skcipher skciphers[] = {
	SKCIPHER(CBC, AES, "cbc"),
	SKCIPHER(XTS, AES_XTS, "xts"),
};

int cryptech_skciphers_register(void)
{
	int err;
	int i;

	for (i = 0; i < ARRAY_SIZE(skciphers); i++) {
		err = crypto_register_skcipher(&skciphers[i].alg);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	while (i--)
		crypto_unregister_skcipher(&skciphers[i].alg);
	return err;
}

void cryptech_skciphers_unregister(void)
{
	int i = ARRAY_SIZE(skciphers);

	while (i--)
		crypto_unregister_skcipher(&skciphers[i].alg);
}

MODULE_ALIAS_CRYPTO("cbc(paes)");
MODULE_ALIAS_CRYPTO("xts(paes)");
MODULE_ALIAS_CRYPTO("cbc-paes-cryptech");
MODULE_ALIAS_CRYPTO("xts-paes-cryptech");
