// SPDX-License-Identifier: GPL-2.0
/*
 * cmac(paes) and phmac(sha256), phmac(sha384), phmac(sha512): the crypto API's
 * keyed hashes with keys of the HSM. `phmac` is the kernel's name for HMAC with
 * a key that the kernel does not know. setkey takes a token.
 *
 * The HSM keeps nothing of a message between two calls: what it has to know of
 * the beginning is in the request, sealed. So a request may be left, copied and
 * taken up again whenever one likes. What it takes in is whole blocks of
 * CRYPTECH_MAC_BLOCK bytes, and at least one is kept back for the end.
 */
#include <crypto/internal/hash.h>
#include <crypto/scatterwalk.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"
#include "token.h"

#define BLOCK		CRYPTECH_MAC_BLOCK
#define XDR_OPAQUE(len)	(4 + ALIGN((size_t)(len), 4))

/* What precedes the data: function, client; uuid, state, length. */
#define REQUEST_HEAD	(CRYPTECH_RPC_REQUEST_MIN +			       \
			 XDR_OPAQUE(CRYPTECH_UUID_SIZE) +		       \
			 XDR_OPAQUE(CRYPTECH_MAC_STATE_SIZE) + 4)

/**
 * struct mac_message - as much of a message as has come
 * @state:	what the HSM said of what it has taken in
 * @state_len:	bytes; 0: it has taken in nothing
 * @held:	bytes in @data
 * @data:	what came after that
 *
 * What is exported and imported.
 */
struct mac_message {
	u8 state[CRYPTECH_MAC_STATE_SIZE];
	u32 state_len;
	u32 held;
	u8 data[2 * BLOCK];
};

/**
 * struct mac_request - a request
 * @cipher:	on its way to the HSM
 * @message:	what came before
 * @lost:	the HSM has some of what came, and nobody knows which
 * @last:	this is the message's end
 * @total:	bytes that are held and come now
 * @done:	bytes of these that the HSM has
 * @chunk:	bytes on their way to it
 */
struct mac_request {
	struct cryptech_cipher cipher;
	struct mac_message message;
	bool lost;
	bool last;
	unsigned int total;
	unsigned int done;
	unsigned int chunk;
};

/**
 * struct cryptech_mac - an algorithm
 * @type:	CRYPTECH_KEY_* of its keys
 * @alg:	what is registered
 */
struct cryptech_mac {
	u32 type;
	struct ahash_alg alg;
};

static const struct cryptech_mac *mac_of(struct crypto_ahash *tfm)
{
	return container_of(crypto_hash_alg_common(tfm), struct cryptech_mac,
			    alg.halg);
}

static int mac_setkey(struct crypto_ahash *tfm, const u8 *key,
		      unsigned int len)
{
	return cryptech_tfm_setkey(crypto_ahash_ctx(tfm), key, len,
				   mac_of(tfm)->type);
}

/* --- messages to the HSM ------------------------------------------------- */

static struct ahash_request *request_of(struct cryptech_cipher *cipher)
{
	return ahash_request_cast(cipher->base);
}

static struct mac_request *mac_request_of(struct cryptech_cipher *cipher)
{
	return container_of(cipher, struct mac_request, cipher);
}

/* Copy what is @at in what is held and comes now, one after the other. */
static void copy_data(struct mac_request *mac, u8 *to, unsigned int at,
		      unsigned int len)
{
	struct ahash_request *req = request_of(&mac->cipher);
	unsigned int held = mac->message.held, n = 0;

	if (at < held) {
		n = min(len, held - at);
		memmove(to, mac->message.data + at, n);
		at += n;
	}
	if (len > n)
		scatterwalk_map_and_copy(to + n, req->src, at - held, len - n,
					 0);
}

/* What is left goes whole if it fits; else whole blocks, and not the last. */
static void choose_chunk(struct mac_request *mac)
{
	unsigned int max = cryptech_cipher_message_max(&mac->cipher) -
			   REQUEST_HEAD;
	unsigned int left = mac->total - mac->done;

	if (mac->last && left <= max) {
		mac->cipher.function = CRYPTECH_RPC_MAC;
		mac->chunk = left;
		return;
	}
	mac->cipher.function = CRYPTECH_RPC_MAC_UPDATE;
	mac->chunk = ALIGN_DOWN(min(max, left - BLOCK), BLOCK);
}

static void mac_write(struct cryptech_cipher *cipher, struct xdr_writer *w)
{
	struct mac_request *mac = mac_request_of(cipher);
	u8 *data;

	choose_chunk(mac);
	xdr_put_opaque(w, mac->message.state, mac->message.state_len);
	data = xdr_put_opaque_room(w, mac->chunk);
	copy_data(mac, data, mac->done, mac->chunk);
}

static bool goes_on(const struct mac_request *mac)
{
	return mac->last || mac->total - mac->done >= 2 * BLOCK;
}

static int mac_read(struct cryptech_cipher *cipher, struct xdr_reader *r,
		    const void *reply, u32 len)
{
	struct ahash_request *req = request_of(cipher);
	struct mac_request *mac = mac_request_of(cipher);
	bool end = cipher->function == CRYPTECH_RPC_MAC;
	size_t wanted = end ?
			crypto_ahash_digestsize(crypto_ahash_reqtfm(req)) :
			CRYPTECH_MAC_STATE_SIZE;
	const u8 *p;
	size_t n;

	p = xdr_get_opaque(r, &n);
	if (r->bad || n != wanted || len != CRYPTECH_RPC_REPLY_MIN +
					    XDR_OPAQUE(wanted))
		return -EPROTO;
	mac->done += mac->chunk;
	if (end) {
		memcpy(req->result, p, n);
		return 0;
	}
	memcpy(mac->message.state, p, n);
	mac->message.state_len = n;
	return goes_on(mac);
}

/* Hold what the HSM has not got. */
static void hold(struct mac_request *mac)
{
	unsigned int left = mac->total - mac->done;

	copy_data(mac, mac->message.data, mac->done, left);
	mac->message.held = left;
}

static void mac_finish(struct cryptech_cipher *cipher)
{
	struct mac_request *mac = mac_request_of(cipher);

	mac->lost = false;
	if (mac->last)
		memzero_explicit(&mac->message, sizeof(mac->message));
	else
		hold(mac);
}

static const struct cryptech_codec mac_codec = {
	.write = mac_write,
	.read = mac_read,
	.finish = mac_finish,
};

/* --- requests ------------------------------------------------------------ */

static int mac_init(struct ahash_request *req)
{
	struct mac_request *mac = ahash_request_ctx(req);

	memset(mac, 0, sizeof(*mac));
	return 0;
}

static int mac_take(struct ahash_request *req, unsigned int nbytes, bool last)
{
	const struct cryptech_tfm_key *key =
		crypto_ahash_ctx(crypto_ahash_reqtfm(req));
	struct mac_request *mac = ahash_request_ctx(req);
	int ret;

	/* an update failed halfway: never a MAC of another message */
	if (mac->lost)
		return -EIO;
	if (nbytes > UINT_MAX - sizeof(mac->message.data))
		return -EINVAL;
	memset(&mac->cipher, 0, sizeof(mac->cipher));
	mac->cipher.base = &req->base;
	mac->cipher.codec = &mac_codec;
	mac->last = last;
	mac->total = mac->message.held + nbytes;
	mac->done = 0;
	if (!goes_on(mac)) {
		hold(mac);
		return 0;
	}
	mac->lost = true;
	ret = cryptech_cipher_submit(&mac->cipher, key);
	if (ret != -EINPROGRESS && ret != -EBUSY)
		mac->lost = false;	/* it was not begun */
	return ret;
}

static int mac_update(struct ahash_request *req)
{
	return mac_take(req, req->nbytes, false);
}

static int mac_final(struct ahash_request *req)
{
	return mac_take(req, 0, true);
}

static int mac_finup(struct ahash_request *req)
{
	return mac_take(req, req->nbytes, true);
}

static int mac_digest(struct ahash_request *req)
{
	mac_init(req);
	return mac_finup(req);
}

static int mac_export(struct ahash_request *req, void *out)
{
	struct mac_request *mac = ahash_request_ctx(req);

	if (mac->lost)
		return -EIO;
	memcpy(out, &mac->message, sizeof(mac->message));
	return 0;
}

/* It may come from anywhere: the HSM looks at the state, nobody at lengths. */
static int mac_import(struct ahash_request *req, const void *in)
{
	struct mac_request *mac = ahash_request_ctx(req);
	struct mac_message message;

	memcpy(&message, in, sizeof(message));
	if (message.held > sizeof(message.data) ||
	    (message.state_len && message.state_len != sizeof(message.state)))
		return -EINVAL;
	memset(mac, 0, sizeof(*mac));
	mac->message = message;
	return 0;
}

static int mac_init_tfm(struct crypto_ahash *tfm)
{
	crypto_ahash_set_reqsize(tfm, sizeof(struct mac_request));
	return 0;
}

static void mac_exit_tfm(struct crypto_ahash *tfm)
{
	cryptech_tfm_clear(crypto_ahash_ctx(tfm));
}

#define MAC(_type, _name, _driver, _digest, _block)			       \
{									       \
	.type = _type,							       \
	.alg = {							       \
		.init = mac_init,					       \
		.update = mac_update,					       \
		.final = mac_final,					       \
		.finup = mac_finup,					       \
		.digest = mac_digest,					       \
		.export = mac_export,					       \
		.import = mac_import,					       \
		.setkey = mac_setkey,					       \
		.init_tfm = mac_init_tfm,				       \
		.exit_tfm = mac_exit_tfm,				       \
		.halg = {						       \
			.digestsize = _digest,				       \
			.statesize = sizeof(struct mac_message),	       \
			.base = {					       \
				.cra_name = _name,			       \
				.cra_driver_name = _driver "-cryptech",	       \
				.cra_priority = 100,			       \
				.cra_flags = CRYPTO_ALG_ASYNC |		       \
					     CRYPTO_ALG_KERN_DRIVER_ONLY,      \
				.cra_blocksize = _block,		       \
				.cra_ctxsize =				       \
					sizeof(struct cryptech_tfm_key),       \
				.cra_module = THIS_MODULE,		       \
			},						       \
		},							       \
	},								       \
}

static struct cryptech_mac macs[] = {
	MAC(CRYPTECH_KEY_FAMILY_AES_CMAC << 16, "cmac(paes)", "cmac-paes",
	    CRYPTECH_CIPHER_BLOCK, CRYPTECH_CIPHER_BLOCK),
	MAC(CRYPTECH_KEY_HMAC_SHA256, "phmac(sha256)", "phmac-sha256", 32, 64),
	MAC(CRYPTECH_KEY_HMAC_SHA384, "phmac(sha384)", "phmac-sha384", 48, 128),
	MAC(CRYPTECH_KEY_HMAC_SHA512, "phmac(sha512)", "phmac-sha512", 64, 128),
};

int cryptech_macs_register(void)
{
	int err;
	int i;

	for (i = 0; i < ARRAY_SIZE(macs); i++) {
		err = crypto_register_ahash(&macs[i].alg);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	while (i--)
		crypto_unregister_ahash(&macs[i].alg);
	return err;
}

void cryptech_macs_unregister(void)
{
	int i = ARRAY_SIZE(macs);

	while (i--)
		crypto_unregister_ahash(&macs[i].alg);
}

MODULE_ALIAS_CRYPTO("cmac(paes)");
MODULE_ALIAS_CRYPTO("phmac(sha256)");
MODULE_ALIAS_CRYPTO("phmac(sha384)");
MODULE_ALIAS_CRYPTO("phmac(sha512)");
MODULE_ALIAS_CRYPTO("cmac-paes-cryptech");
MODULE_ALIAS_CRYPTO("phmac-sha256-cryptech");
MODULE_ALIAS_CRYPTO("phmac-sha384-cryptech");
MODULE_ALIAS_CRYPTO("phmac-sha512-cryptech");
