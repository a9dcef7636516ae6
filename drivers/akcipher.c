// SPDX-License-Identifier: GPL-2.0
/*
 * prsa: raw RSA with private keys of the HSM, for the crypto API.
 *
 * Never under the name `rsa`: once a template like pkcs1pad(rsa,sha512) had
 * been allocated over ours, its plain name would lead here, for everybody.
 * Templates refuse other names. A key needs flag RAW; padding is for whoever
 * calls. The public operation needs no HSM and is not here: that is `rsa`.
 */
#include <crypto/internal/akcipher.h>
#include <crypto/scatterwalk.h>
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"
#include "token.h"

#define XDR_OPAQUE(len)		(4 + ALIGN(len, 4))

static unsigned int modulus_size(const struct cryptech_tfm_key *key)
{
	return DIV_ROUND_UP(CRYPTECH_KEY_BITS(key->type), 8);
}

static int akcipher_set_priv_key(struct crypto_akcipher *tfm, const void *key,
				 unsigned int len)
{
	return cryptech_tfm_setkey(akcipher_tfm_ctx(tfm), key, len,
				   CRYPTECH_KEY_FAMILY_RSA << 16);
}

static int akcipher_set_pub_key(struct crypto_akcipher *tfm, const void *key,
				unsigned int len)
{
	return -EOPNOTSUPP;
}

static int akcipher_encrypt(struct akcipher_request *req)
{
	return -EOPNOTSUPP;
}

/* Bytes that a request has to give room for; 0: there is no key. */
static unsigned int akcipher_max_size(struct crypto_akcipher *tfm)
{
	const struct cryptech_tfm_key *key = akcipher_tfm_ctx(tfm);

	return key->type ? modulus_size(key) : 0;
}

static int akcipher_results(struct cryptech_call *call,
			    struct akcipher_request *req)
{
	unsigned int size = akcipher_max_size(crypto_akcipher_reqtfm(req));
	struct xdr_reader r;
	const u8 *output;
	size_t len;

	cryptech_call_results(call, &r);
	output = xdr_get_opaque(&r, &len);
	if (!xdr_reader_done(&r) || len != size)
		return -EPROTO;
	scatterwalk_map_and_copy((void *)output, req->dst, 0, len, 1);
	req->dst_len = len;
	return 0;
}

static void akcipher_done(struct cryptech_call *call)
{
	struct akcipher_request *req = call->private;
	int ret = cryptech_call_result(call, NULL);

	if (!ret)
		ret = akcipher_results(call, req);
	local_bh_disable();
	akcipher_request_complete(req, ret);
	local_bh_enable();
	cryptech_call_put(call);
}

static struct cryptech_call *akcipher_call(struct cryptech_client *kernel,
					   const struct cryptech_tfm_key *key,
					   struct akcipher_request *req)
{
	gfp_t gfp = req->base.flags & CRYPTO_TFM_REQ_MAY_SLEEP ?
		    GFP_KERNEL : GFP_ATOMIC;
	unsigned int size = modulus_size(key);
	struct cryptech_call *call;
	u8 *input;

	call = cryptech_call_alloc(kernel, CRYPTECH_RPC_RSA_PRIVATE,
				   XDR_OPAQUE(CRYPTECH_UUID_SIZE) +
				   XDR_OPAQUE(size), XDR_OPAQUE(size), gfp);
	if (!call)
		return NULL;
	xdr_put_opaque(&call->args, key->uuid, sizeof(key->uuid));
	input = xdr_put_opaque_room(&call->args, size);
	if (input) {
		/* numbers may come without their leading zeros */
		memset(input, 0, size - req->src_len);
		scatterwalk_map_and_copy(input + size - req->src_len, req->src,
					 0, req->src_len, 0);
	}
	call->private = req;
	return call;
}

/* The raw private operation. */
static int akcipher_decrypt(struct akcipher_request *req)
{
	struct crypto_akcipher *tfm = crypto_akcipher_reqtfm(req);
	const struct cryptech_tfm_key *key = akcipher_tfm_ctx(tfm);
	struct cryptech_client *kernel;
	struct cryptech_device *dev;
	struct cryptech_call *call;
	int ret;

	dev = cryptech_tfm_device(key);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	kernel = cryptech_client_kernel(dev);
	cryptech_device_put(dev);
	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	ret = -EINVAL;
	if (!req->src_len || req->src_len > modulus_size(key))
		goto out;
	ret = -EOVERFLOW;
	if (req->dst_len < modulus_size(key)) {
		req->dst_len = modulus_size(key);
		goto out;
	}
	ret = -ENOMEM;
	call = akcipher_call(kernel, key, req);
	if (!call)
		goto out;
	ret = cryptech_call_submit(call, akcipher_done);
	if (ret)
		cryptech_call_put(call);
	else
		ret = -EINPROGRESS;
out:
	cryptech_client_put(kernel);
	return ret;
}

static void akcipher_exit(struct crypto_akcipher *tfm)
{
	cryptech_tfm_clear(akcipher_tfm_ctx(tfm));
}

static struct akcipher_alg prsa = {
	.set_priv_key	= akcipher_set_priv_key,
	.set_pub_key	= akcipher_set_pub_key,
	.encrypt	= akcipher_encrypt,
	.decrypt	= akcipher_decrypt,
	.max_size	= akcipher_max_size,
	.exit		= akcipher_exit,
	.base = {
		.cra_name		= "prsa",
		.cra_driver_name	= "prsa-cryptech",
		.cra_priority		= 100,
		.cra_flags		= CRYPTO_ALG_ASYNC |
					  CRYPTO_ALG_KERN_DRIVER_ONLY,
		.cra_ctxsize		= sizeof(struct cryptech_tfm_key),
		.cra_module		= THIS_MODULE,
	},
};

int cryptech_akciphers_register(void)
{
	return crypto_register_akcipher(&prsa);
}

void cryptech_akciphers_unregister(void)
{
	crypto_unregister_akcipher(&prsa);
}

MODULE_ALIAS_CRYPTO("prsa");
MODULE_ALIAS_CRYPTO("prsa-cryptech");
