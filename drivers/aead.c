// SPDX-License-Identifier: GPL-2.0
/*
 * gcm(paes): AES-GCM with keys of the HSM.
 *
 * A request is one message to the HSM, so its length is limited. Its IV is the
 * caller's: to encrypt takes a key with flag CALLER_IV. Nothing is written to
 * the destination unless the HSM found the tag right.
 *
 * The priority is above what the kernel's gcm makes of ctr(paes), which calls
 * itself gcm(paes), too.
 */
#include <crypto/internal/aead.h>
#include <crypto/scatterwalk.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"
#include "token.h"

#define TAG		CRYPTECH_GCM_TAG_SIZE
#define XDR_OPAQUE(len)	(4 + ALIGN((size_t)(len), 4))

/* What precedes aad: function, client; uuid, iv. */
#define REQUEST_HEAD	(CRYPTECH_RPC_REQUEST_MIN +			       \
			 XDR_OPAQUE(CRYPTECH_UUID_SIZE) +		       \
			 XDR_OPAQUE(CRYPTECH_GCM_IV_SIZE))

/* What precedes the data that was encrypted: function, client, error; iv. */
#define REPLY_HEAD	(CRYPTECH_RPC_REPLY_MIN +			       \
			 XDR_OPAQUE(CRYPTECH_GCM_IV_SIZE) + 4)

static int aead_setkey(struct crypto_aead *tfm, const u8 *key,
		       unsigned int len)
{
	return cryptech_tfm_setkey(crypto_aead_ctx(tfm), key, len,
				   CRYPTECH_KEY_FAMILY_AES_GCM << 16);
}

/* A shorter tag is easier to guess, for all messages under the key. */
static int aead_setauthsize(struct crypto_aead *tfm, unsigned int size)
{
	return size == TAG ? 0 : -EINVAL;
}

static bool is_encryption(const struct cryptech_cipher *cipher)
{
	return cipher->function == CRYPTECH_RPC_GCM_ENCRYPT;
}

/* Bytes of plaintext, or ciphertext without the tag. */
static unsigned int text_length(const struct cryptech_cipher *cipher,
				const struct aead_request *req)
{
	return is_encryption(cipher) ? req->cryptlen : req->cryptlen - TAG;
}

static void put_part(struct xdr_writer *w, struct aead_request *req,
		     unsigned int at, unsigned int len)
{
	u8 *data = xdr_put_opaque_room(w, len);

	if (len)
		scatterwalk_map_and_copy(data, req->src, at, len, 0);
}

static void aead_write(struct cryptech_cipher *cipher, struct xdr_writer *w)
{
	struct aead_request *req =
		container_of(cipher->base, struct aead_request, base);
	unsigned int len = text_length(cipher, req);

	xdr_put_opaque(w, req->iv, CRYPTECH_GCM_IV_SIZE);
	put_part(w, req, 0, req->assoclen);
	put_part(w, req, req->assoclen, len);
	if (!is_encryption(cipher))
		put_part(w, req, req->assoclen + len, TAG);
}

static int encrypted(struct aead_request *req, struct xdr_reader *r,
		     const u8 *reply, u32 len)
{
	unsigned int n = req->cryptlen;
	u32 tag_at = REPLY_HEAD + ALIGN(n, 4);
	u8 tag[4 + TAG];
	size_t iv_len;

	xdr_get_opaque(r, &iv_len);
	if (xdr_get_u32(r) != n || r->bad || iv_len != CRYPTECH_GCM_IV_SIZE ||
	    len != tag_at + sizeof(tag))
		return -EPROTO;
	memcpy(tag, reply + tag_at, sizeof(tag));
	xdr_reader_init(r, tag, sizeof(tag));
	if (xdr_get_u32(r) != TAG)
		return -EPROTO;
	if (n)
		scatterwalk_map_and_copy((void *)reply + REPLY_HEAD, req->dst,
					 req->assoclen, n, 1);
	scatterwalk_map_and_copy(tag + 4, req->dst, req->assoclen + n, TAG, 1);
	return 0;
}

static int decrypted(struct aead_request *req, struct xdr_reader *r,
		     const u8 *reply, u32 len)
{
	unsigned int n = req->cryptlen - TAG;

	if (xdr_get_u32(r) != n || r->bad ||
	    len != CRYPTECH_RPC_REPLY_MIN + XDR_OPAQUE(n))
		return -EPROTO;
	if (n)
		scatterwalk_map_and_copy((void *)reply +
					 CRYPTECH_RPC_REPLY_MIN + 4, req->dst,
					 req->assoclen, n, 1);
	return 0;
}

static int aead_read(struct cryptech_cipher *cipher, struct xdr_reader *r,
		     const void *reply, u32 len)
{
	struct aead_request *req =
		container_of(cipher->base, struct aead_request, base);

	return is_encryption(cipher) ? encrypted(req, r, reply, len) :
				       decrypted(req, r, reply, len);
}

static const struct cryptech_codec aead_codec = {
	.write = aead_write,
	.read = aead_read,
};

/* Do request and reply fit a message? */
static bool length_is_good(const struct cryptech_cipher *cipher,
			   const struct aead_request *req)
{
	unsigned int len;

	if (!is_encryption(cipher) && req->cryptlen < TAG)
		return false;
	len = text_length(cipher, req);
	if (len > CRYPTECH_RPC_MESSAGE_MAX ||
	    req->assoclen > CRYPTECH_RPC_MESSAGE_MAX)
		return false;
	return REQUEST_HEAD + XDR_OPAQUE(req->assoclen) + XDR_OPAQUE(len) +
	       XDR_OPAQUE(TAG) <= CRYPTECH_RPC_MESSAGE_MAX &&
	       REPLY_HEAD + ALIGN(len, 4) + XDR_OPAQUE(TAG) <=
	       CRYPTECH_RPC_MESSAGE_MAX;
}

static int aead_submit(struct aead_request *req, u32 function)
{
	const struct cryptech_tfm_key *key =
		crypto_aead_ctx(crypto_aead_reqtfm(req));
	struct cryptech_cipher *cipher = aead_request_ctx(req);

	memset(cipher, 0, sizeof(*cipher));
	cipher->base = &req->base;
	cipher->codec = &aead_codec;
	cipher->function = function;
	if (!length_is_good(cipher, req))
		return -EINVAL;
	return cryptech_cipher_submit(cipher, key);
}

static int aead_encrypt(struct aead_request *req)
{
	return aead_submit(req, CRYPTECH_RPC_GCM_ENCRYPT);
}

static int aead_decrypt(struct aead_request *req)
{
	return aead_submit(req, CRYPTECH_RPC_GCM_DECRYPT);
}

static int aead_init(struct crypto_aead *tfm)
{
	crypto_aead_set_reqsize(tfm, sizeof(struct cryptech_cipher));
	return 0;
}

static void aead_exit(struct crypto_aead *tfm)
{
	cryptech_tfm_clear(crypto_aead_ctx(tfm));
}

static struct aead_alg gcm = {
	.setkey = aead_setkey,
	.setauthsize = aead_setauthsize,
	.encrypt = aead_encrypt,
	.decrypt = aead_decrypt,
	.init = aead_init,
	.exit = aead_exit,
	.ivsize = CRYPTECH_GCM_IV_SIZE,
	.maxauthsize = TAG,
	.chunksize = CRYPTECH_CIPHER_BLOCK,
	.base = {
		.cra_name = "gcm(paes)",
		.cra_driver_name = "gcm-paes-cryptech",
		.cra_priority = 1000,
		.cra_flags = CRYPTO_ALG_ASYNC | CRYPTO_ALG_KERN_DRIVER_ONLY,
		.cra_blocksize = 1,
		.cra_ctxsize = sizeof(struct cryptech_tfm_key),
		.cra_module = THIS_MODULE,
	},
};

int cryptech_aead_register(void)
{
	return crypto_register_aead(&gcm);
}

void cryptech_aead_unregister(void)
{
	crypto_unregister_aead(&gcm);
}

MODULE_ALIAS_CRYPTO("gcm(paes)");
MODULE_ALIAS_CRYPTO("gcm-paes-cryptech");
