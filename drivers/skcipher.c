// SPDX-License-Identifier: GPL-2.0
/*
 * cbc(paes), xts(paes), ecb(paes) and ctr(paes): the crypto API's ciphers with
 * keys of the HSM.
 *
 * `paes` is the kernel's name for AES with a key that the kernel does not
 * know. setkey takes a token.
 *
 * A request goes to the HSM in chunks. The kernel's templates can be had over
 * ecb and ctr, and what xts makes of the one and gcm of the other calls itself
 * xts(paes) and gcm(paes), at a priority that follows from these. So these have
 * the lowest, lest the real ones are found no more.
 */
#include <crypto/algapi.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"
#include "token.h"

/* The HSM counts the blocks of a data unit up to here: SP 800-38E. */
#define XTS_LENGTH_MAX	((1 << 20) * CRYPTECH_CIPHER_BLOCK)

#define XDR_OPAQUE(len)	(4 + ALIGN(len, 4))

/* What precedes the data: function, client; uuid, mode, iv, block, length. */
#define REQUEST_HEAD	(CRYPTECH_RPC_REQUEST_MIN +			       \
			 XDR_OPAQUE(CRYPTECH_UUID_SIZE) + 4 +		       \
			 XDR_OPAQUE(CRYPTECH_CIPHER_BLOCK) + 4 + 4)

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

/**
 * struct skcipher_state - a request
 * @cipher:	on its way to the HSM
 * @mode:	CRYPTECH_MODE_*
 * @iv_len:	bytes
 * @iv:		for the next chunk
 * @done:	bytes that are done
 * @chunk:	bytes of the chunk that is under way
 */
struct skcipher_state {
	struct cryptech_cipher cipher;
	u32 mode;
	unsigned int iv_len;
	u8 iv[CRYPTECH_CIPHER_BLOCK];
	unsigned int done;
	unsigned int chunk;
};

static const struct cryptech_skcipher *
skcipher_of(struct crypto_skcipher *tfm)
{
	return container_of(crypto_skcipher_alg(tfm), struct cryptech_skcipher,
			    alg);
}

static struct skcipher_state *state_of(struct cryptech_cipher *cipher)
{
	return container_of(cipher, struct skcipher_state, cipher);
}

static int skcipher_setkey(struct crypto_skcipher *tfm, const u8 *key,
			   unsigned int len)
{
	return cryptech_tfm_setkey(crypto_skcipher_ctx(tfm), key, len,
				   skcipher_of(tfm)->family << 16);
}

/*
 * How long the next chunk is: whole blocks, except at the end. XTS cannot end
 * in a chunk of less than a block.
 */
static unsigned int chunk_length(struct skcipher_state *state,
				 unsigned int left)
{
	unsigned int max =
		ALIGN_DOWN(cryptech_cipher_message_max(&state->cipher) -
			   REQUEST_HEAD, CRYPTECH_CIPHER_BLOCK);

	if (left <= max)
		return left;
	if (left - max < CRYPTECH_CIPHER_BLOCK)
		return max - CRYPTECH_CIPHER_BLOCK;
	return max;
}

static void chunk_write(struct cryptech_cipher *cipher, struct xdr_writer *w)
{
	struct skcipher_request *req = skcipher_request_cast(cipher->base);
	struct skcipher_state *state = state_of(cipher);
	u8 *data;

	state->chunk = chunk_length(state, req->cryptlen - state->done);
	xdr_put_u32(w, state->mode);
	xdr_put_opaque(w, state->iv, state->iv_len);
	xdr_put_u32(w, state->mode == CRYPTECH_MODE_XTS ?
		       state->done / CRYPTECH_CIPHER_BLOCK : 0);
	data = xdr_put_opaque_room(w, state->chunk);
	scatterwalk_map_and_copy(data, req->src, state->done, state->chunk, 0);
}

static int chunk_read(struct cryptech_cipher *cipher, struct xdr_reader *r,
		      const void *reply, u32 len)
{
	struct skcipher_request *req = skcipher_request_cast(cipher->base);
	struct skcipher_state *state = state_of(cipher);
	u32 head = CRYPTECH_RPC_REPLY_MIN + XDR_OPAQUE(state->iv_len) + 4;
	const u8 *iv;
	size_t iv_len;

	iv = xdr_get_opaque(r, &iv_len);
	if (xdr_get_u32(r) != state->chunk || r->bad ||
	    iv_len != state->iv_len || len != head + ALIGN(state->chunk, 4))
		return -EPROTO;
	memcpy(state->iv, iv, iv_len);
	scatterwalk_map_and_copy((void *)reply + head, req->dst, state->done,
				 state->chunk, 1);
	state->done += state->chunk;
	return state->done < req->cryptlen;
}

/* XTS leaves the caller's as it was. */
static void give_iv(struct cryptech_cipher *cipher)
{
	struct skcipher_request *req = skcipher_request_cast(cipher->base);
	struct skcipher_state *state = state_of(cipher);

	if (state->mode != CRYPTECH_MODE_XTS)
		memcpy(req->iv, state->iv, state->iv_len);
}

static const struct cryptech_codec skcipher_codec = {
	.write = chunk_write,
	.read = chunk_read,
	.finish = give_iv,
};

static bool length_is_good(u32 mode, unsigned int len)
{
	switch (mode) {
	case CRYPTECH_MODE_XTS:
		return len >= CRYPTECH_CIPHER_BLOCK && len <= XTS_LENGTH_MAX;
	case CRYPTECH_MODE_CTR:
		return true;
	default:
		return len % CRYPTECH_CIPHER_BLOCK == 0;
	}
}

/* Nothing to do; but not with a key that may not be used. */
static int skcipher_nothing(const struct cryptech_tfm_key *key)
{
	struct cryptech_device *dev = cryptech_tfm_device(key);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	cryptech_device_put(dev);
	return 0;
}

static int skcipher_submit(struct skcipher_request *req, u32 function)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	const struct cryptech_tfm_key *key = crypto_skcipher_ctx(tfm);
	struct skcipher_state *state = skcipher_request_ctx(req);
	u32 mode = skcipher_of(tfm)->mode;

	if (!length_is_good(mode, req->cryptlen))
		return -EINVAL;
	if (!req->cryptlen)
		return skcipher_nothing(key);
	memset(state, 0, sizeof(*state));
	state->cipher.base = &req->base;
	state->cipher.codec = &skcipher_codec;
	state->cipher.function = function;
	state->mode = mode;
	state->iv_len = crypto_skcipher_ivsize(tfm);
	memcpy(state->iv, req->iv, state->iv_len);
	return cryptech_cipher_submit(&state->cipher, key);
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
	crypto_skcipher_set_reqsize(tfm, sizeof(struct skcipher_state));
	return 0;
}

static void skcipher_exit(struct crypto_skcipher *tfm)
{
	cryptech_tfm_clear(crypto_skcipher_ctx(tfm));
}

#define SKCIPHER(_mode, _family, _name, _priority, _iv, _block)		       \
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
		.ivsize = _iv,						       \
		.chunksize = CRYPTECH_CIPHER_BLOCK,			       \
		.base = {						       \
			.cra_name = _name "(paes)",			       \
			.cra_driver_name = _name "-paes-cryptech",	       \
			.cra_priority = _priority,			       \
			.cra_flags = CRYPTO_ALG_ASYNC |			       \
				     CRYPTO_ALG_KERN_DRIVER_ONLY,	       \
			.cra_blocksize = _block,			       \
			.cra_ctxsize = sizeof(struct cryptech_tfm_key),	       \
			.cra_module = THIS_MODULE,			       \
		},							       \
	},								       \
}

static struct cryptech_skcipher skciphers[] = {
	SKCIPHER(CBC, AES, "cbc", 100, CRYPTECH_CIPHER_BLOCK,
		 CRYPTECH_CIPHER_BLOCK),
	SKCIPHER(XTS, AES_XTS, "xts", 100, CRYPTECH_CIPHER_BLOCK,
		 CRYPTECH_CIPHER_BLOCK),
	SKCIPHER(ECB, AES_ECB, "ecb", 1, 0, CRYPTECH_CIPHER_BLOCK),
	SKCIPHER(CTR, AES_CTR, "ctr", 1, CRYPTECH_CIPHER_BLOCK, 1),
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
MODULE_ALIAS_CRYPTO("ecb(paes)");
MODULE_ALIAS_CRYPTO("ctr(paes)");
MODULE_ALIAS_CRYPTO("cbc-paes-cryptech");
MODULE_ALIAS_CRYPTO("xts-paes-cryptech");
MODULE_ALIAS_CRYPTO("ecb-paes-cryptech");
MODULE_ALIAS_CRYPTO("ctr-paes-cryptech");
