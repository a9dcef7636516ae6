// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the crypto API's side of the drivers from inside the kernel: lists
 * of memory that AF_ALG never makes, refusals, raw RSA, and names.
 *
 * They run when the module is loaded; their TAP is to be read from the
 * parameter `results`. Tokens and numbers come as parameters in hexadecimal,
 * and without the one or the other its tests are not run.
 */
#include <crypto/akcipher.h>
#include <crypto/skcipher.h>
#include <linux/completion.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "tap.h"

#define SIZE		40000	/* several chunks */
#define REQUESTS	20	/* more than there are slots for ciphers */
#define RSA_MAX		512
#define PIECES		24

/* for cbc(paes), and the same key for cbc(aes) */
static char *token;
module_param(token, charp, 0);
MODULE_PARM_DESC(token, "Token of an AES-256 key for CBC");
static char *value;
module_param(value, charp, 0);
MODULE_PARM_DESC(value, "That key");

/* for xts(paes), and the same key for xts(aes) */
static char *xts_token;
module_param(xts_token, charp, 0);
MODULE_PARM_DESC(xts_token, "Token of an AES-256 key for XTS");
static char *xts_value;
module_param(xts_value, charp, 0);
MODULE_PARM_DESC(xts_value, "That key");

static char *rsa_token;
module_param(rsa_token, charp, 0);
MODULE_PARM_DESC(rsa_token, "Token of an RSA key with flag RAW");
static char *rsa_input;
module_param(rsa_input, charp, 0);
MODULE_PARM_DESC(rsa_input, "A number below its modulus, of its length");
static char *rsa_output;
module_param(rsa_output, charp, 0);
MODULE_PARM_DESC(rsa_output, "What the private operation makes of it");

static unsigned int submitted;
module_param(submitted, uint, 0444);
MODULE_PARM_DESC(submitted, "Requests that are under way");

static const u8 first_iv[] = "an IV of 16 byte";

/* --- ciphers --------------------------------------------------------------- */

/* Two ciphers with one key, memory for them, and what to work on. */
struct ciphers {
	struct crypto_skcipher *hsm;
	struct crypto_skcipher *soft;
	u8 *plain;
	u8 *wanted;
	u8 *space;	/* two pieces of SIZE and more */
};

/* Cut @len bytes into odd pieces that do not touch each other. */
static void cut(struct scatterlist *sg, u8 *buf, size_t len, size_t step)
{
	size_t n, i;

	sg_init_table(sg, PIECES);
	for (i = 0; i < PIECES; i++) {
		n = i == PIECES - 1 ? len : min(len, 1 + i * step);
		sg_set_buf(&sg[i], buf, n);
		buf += n;
		len -= n;
	}
}

static int crypt_some(struct crypto_skcipher *tfm, bool encrypt,
		      struct scatterlist *src, struct scatterlist *dst,
		      size_t len, u8 *iv)
{
	struct skcipher_request *req = skcipher_request_alloc(tfm, GFP_KERNEL);
	DECLARE_CRYPTO_WAIT(wait);
	int ret;

	if (!req)
		return -ENOMEM;
	skcipher_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG |
				      CRYPTO_TFM_REQ_MAY_SLEEP,
				      crypto_req_done, &wait);
	skcipher_request_set_crypt(req, src, dst, len, iv);
	ret = crypto_wait_req(encrypt ? crypto_skcipher_encrypt(req) :
					crypto_skcipher_decrypt(req), &wait);
	skcipher_request_free(req);
	return ret;
}

static int crypt_sg(struct crypto_skcipher *tfm, bool encrypt,
		    struct scatterlist *src, struct scatterlist *dst, u8 *iv)
{
	return crypt_some(tfm, encrypt, src, dst, SIZE, iv);
}

static int crypt_flat(struct crypto_skcipher *tfm, bool encrypt, u8 *in,
		      u8 *out, size_t len, u8 *iv)
{
	struct scatterlist src, dst;

	sg_init_one(&src, in, len);
	sg_init_one(&dst, out, len);
	return crypt_some(tfm, encrypt, &src, &dst, len, iv);
}

/* The software's answer: @wanted, and the IV that it leaves. */
static int soft(struct ciphers *c, u8 *iv)
{
	return crypt_flat(c->soft, true, c->plain, c->wanted, SIZE, iv);
}

static void test_odd_lists(struct ciphers *c)
{
	struct scatterlist src[PIECES], dst[PIECES];
	u8 iv[16], iv_soft[16];
	u8 *in = c->space + 3, *out = c->space + SIZE + 64 + 5;
	int ret;

	memcpy(iv, first_iv, 16);
	memcpy(iv_soft, first_iv, 16);
	ret = soft(c, iv_soft);
	memcpy(in, c->plain, SIZE);
	cut(src, in, SIZE, 7);
	cut(dst, out, SIZE, 41);
	if (!ret)
		ret = crypt_sg(c->hsm, true, src, dst, iv);
	point_is(ret, 0, "odd lists, unaligned: encryption");
	point(!memcmp(out, c->wanted, SIZE), "is cbc(aes)'s");
	point(!memcmp(iv, iv_soft, 16), "IV out is cbc(aes)'s");

	/* in place, and lists that are cut otherwise */
	memcpy(iv, first_iv, 16);
	ret = crypt_sg(c->hsm, false, dst, dst, iv);
	point_is(ret, 0, "in place: decryption");
	point(!memcmp(out, c->plain, SIZE), "gives the plaintext");
	point(!memcmp(iv, c->wanted + SIZE - 16, 16),
	      "IV out is the last block of the ciphertext");
	memcpy(iv, first_iv, 16);
	ret = crypt_sg(c->hsm, true, src, src, iv);
	point(!ret && !memcmp(in, c->wanted, SIZE), "in place: encryption");
}

/* Source and destination at all places relative to a block. */
static void test_unaligned(struct ciphers *c)
{
	u8 *in = c->space, *out = c->space + SIZE + 64;
	unsigned int at, bad = 0;
	u8 iv[16];

	memcpy(iv, first_iv, 16);
	bad += !!soft(c, iv);
	for (at = 0; at < 16; at++) {
		memcpy(in + at, c->plain, SIZE);
		memcpy(iv, first_iv, 16);
		bad += crypt_flat(c->hsm, true, in + at, out + 15 - at, SIZE,
				  iv) ||
		       memcmp(out + 15 - at, c->wanted, SIZE);
		memcpy(iv, first_iv, 16);
		bad += crypt_flat(c->hsm, false, out + 15 - at, out + 15 - at,
				  SIZE, iv) ||
		       memcmp(out + 15 - at, c->plain, SIZE);
	}
	point_is(bad, 0, "all alignments, also in place");
}

/*
 * Requests that follow each other are one: same result, and after each the IV
 * that cbc(aes) has there. @encrypt, or decrypt what that gave.
 */
static void test_many_updates(struct ciphers *c, bool encrypt)
{
	u8 *in = encrypt ? c->plain : c->wanted, *out = c->space;
	u8 *wanted = encrypt ? c->wanted : c->plain;
	unsigned int done, bad = 0, n = 1;
	u8 iv[16], iv_soft[16];
	u8 *soft_out = c->space + SIZE + 64;
	size_t len;

	memcpy(iv, first_iv, 16);
	bad += !!soft(c, iv);
	memcpy(iv, first_iv, 16);
	memcpy(iv_soft, first_iv, 16);
	for (done = 0; done < SIZE; done += len) {
		n = n * 5 % 1031;	/* blocks, in odd order */
		len = min_t(size_t, n * 16, SIZE - done);
		bad += !!crypt_flat(c->hsm, encrypt, in + done, out + done,
				    len, iv);
		bad += !!crypt_flat(c->soft, encrypt, in + done, soft_out, len,
				    iv_soft);
		bad += !!memcmp(iv, iv_soft, 16);
	}
	bad += !!memcmp(out, wanted, SIZE);
	point_is(bad, 0, encrypt ? "many requests are one: encryption" :
				   "many requests are one: decryption");
}

/* --- XTS -------------------------------------------------------------------- */

static void test_xts_length(struct ciphers *c, size_t len)
{
	struct scatterlist src[PIECES], dst[PIECES];
	u8 *in = c->space + 1, *out = c->space + SIZE + 64 + 7;
	unsigned int bad = 0;
	u8 iv[16];

	memcpy(iv, first_iv, 16);
	bad += !!crypt_flat(c->soft, true, c->plain, c->wanted, len, iv);
	memcpy(in, c->plain, len);
	cut(src, in, len, 23);
	cut(dst, out, len, 5);
	memcpy(iv, first_iv, 16);
	bad += crypt_some(c->hsm, true, src, dst, len, iv) ||
	       memcmp(out, c->wanted, len);
	memcpy(iv, first_iv, 16);
	bad += crypt_some(c->hsm, false, dst, dst, len, iv) ||
	       memcmp(out, c->plain, len);
	memcpy(iv, first_iv, 16);
	bad += crypt_some(c->hsm, true, src, src, len, iv) ||
	       memcmp(in, c->wanted, len);
	point_is(bad, 0, "XTS: odd lists, in place, stolen ciphertext");
}

/* --- more requests than slots ---------------------------------------------- */

struct one {
	struct skcipher_request *req;
	struct scatterlist src, dst;
	struct completion finished;
	u8 *out;
	u8 iv[16];
	int submitted;
	int result;
	unsigned int started;	/* -EINPROGRESS came so often */
	bool after;		/* and after the result, which it must not */
};

static void one_told(void *data, int err)
{
	struct one *one = data;

	if (err == -EINPROGRESS) {
		one->started++;
		one->after |= completion_done(&one->finished);
	} else {
		one->result = err;
		complete(&one->finished);
	}
}

/* The same for kernels that give the request, not its data. */
static void __maybe_unused
one_told_request(struct crypto_async_request *req, int err)
{
	one_told(req->data, err);
}

#define ONE_TOLD							       \
	__builtin_choose_expr(						       \
		__builtin_types_compatible_p(crypto_completion_t,	       \
					     typeof(&one_told)),	       \
		one_told, one_told_request)

static int one_submit(struct ciphers *c, struct one *one, u32 flags)
{
	one->req = skcipher_request_alloc(c->hsm, GFP_KERNEL);
	one->out = kmalloc(SIZE, GFP_KERNEL);
	if (!one->req || !one->out)
		return -ENOMEM;
	init_completion(&one->finished);
	memcpy(one->iv, first_iv, 16);
	sg_init_one(&one->src, c->plain, SIZE);
	sg_init_one(&one->dst, one->out, SIZE);
	skcipher_request_set_callback(one->req, flags, ONE_TOLD, one);
	skcipher_request_set_crypt(one->req, &one->src, &one->dst, SIZE,
				   one->iv);
	one->submitted = crypto_skcipher_encrypt(one->req);
	return one->submitted;
}

/* Its end: was it right, and did it say that it left the queue if it was? */
static bool one_is_good(struct ciphers *c, struct one *one, const u8 *iv)
{
	if (one->submitted != -EINPROGRESS && one->submitted != -EBUSY)
		return false;
	wait_for_completion(&one->finished);
	return !one->result && !one->after &&
	       one->started == (one->submitted == -EBUSY) &&
	       !memcmp(one->out, c->wanted, SIZE) && !memcmp(one->iv, iv, 16);
}

/* The HSM is stopped until `submitted` tells that all are. */
static void test_crowd(struct ciphers *c)
{
	struct one *all = kcalloc(REQUESTS, sizeof(*all), GFP_KERNEL);
	unsigned int i, busy = 0, full = 0, queued = 0, good = 0;
	u8 iv[16];

	memcpy(iv, first_iv, 16);
	if (!all || soft(c, iv))
		goto out;
	for (i = 0; i < REQUESTS; i++) {
		switch (one_submit(c, &all[i], i < REQUESTS - 2 ? 0 :
				   CRYPTO_TFM_REQ_MAY_BACKLOG)) {
		case -EINPROGRESS:
			busy++;
			break;
		case -ENOSPC:
			full++;
			break;
		case -EBUSY:
			queued++;
			break;
		}
	}
	WRITE_ONCE(submitted, REQUESTS);
	for (i = 0; i < REQUESTS; i++)
		good += one_is_good(c, &all[i], iv);
out:
	point_is(busy, 16, "sixteen requests find a slot");
	point_is(full, REQUESTS - 18, "others have no space");
	point_is(queued, 2, "those that may wait do");
	point_is(good, 18, "they are told when they start; all are right");
	for (i = 0; all && i < REQUESTS; i++) {
		skcipher_request_free(all[i].req);
		kfree(all[i].out);
	}
	kfree(all);
}

static int setkey_hex(struct crypto_skcipher *tfm, const char *hex)
{
	u8 key[96];
	int len = from_hex(key, hex, sizeof(key));

	return len < 0 ? len : crypto_skcipher_setkey(tfm, key, len);
}

static int ciphers_start(struct ciphers *c, const char *hsm, const char *soft,
			 const char *of_hsm, const char *of_soft)
{
	int ret;

	c->hsm = crypto_alloc_skcipher(hsm, 0, 0);
	c->soft = crypto_alloc_skcipher(soft, 0, 0);
	c->plain = kmalloc(SIZE, GFP_KERNEL);
	c->wanted = kmalloc(SIZE, GFP_KERNEL);
	c->space = kmalloc(2 * SIZE + 128, GFP_KERNEL);
	if (IS_ERR(c->hsm) || IS_ERR(c->soft) || !c->plain || !c->wanted ||
	    !c->space)
		return -ENOMEM;
	get_random_bytes(c->plain, SIZE);
	ret = setkey_hex(c->hsm, of_hsm);
	return ret ? ret : setkey_hex(c->soft, of_soft);
}

static void ciphers_stop(struct ciphers *c)
{
	if (!IS_ERR(c->hsm))
		crypto_free_skcipher(c->hsm);
	if (!IS_ERR(c->soft))
		crypto_free_skcipher(c->soft);
	kfree(c->plain);
	kfree(c->wanted);
	kfree(c->space);
}

static void test_cbc(void)
{
	struct ciphers c;
	int ret;

	ret = ciphers_start(&c, "cbc(paes)", "cbc(aes)", token, value);
	point_is(ret, 0, "cbc(paes) and cbc(aes) with one key");
	if (!ret) {
		test_crowd(&c);
		test_odd_lists(&c);
		test_unaligned(&c);
		test_many_updates(&c, true);
		test_many_updates(&c, false);
	}
	ciphers_stop(&c);
}

static void test_xts(void)
{
	static const size_t lengths[] = {
		16, 17, 4095, 16319, 16320, 16321, 16335, 16337, 39999, SIZE,
	};
	struct ciphers c;
	unsigned int i;
	int ret;

	ret = ciphers_start(&c, "xts(paes)", "xts(aes)", xts_token, xts_value);
	point_is(ret, 0, "xts(paes) and xts(aes) with one key");
	for (i = 0; !ret && i < ARRAY_SIZE(lengths); i++)
		test_xts_length(&c, lengths[i]);
	ciphers_stop(&c);
}

/* --- raw RSA ----------------------------------------------------------------- */

/* The private operation; *@out_len: room in, length out. */
static int rsa_private(struct crypto_akcipher *tfm, u8 *in, size_t len, u8 *out,
		       unsigned int *out_len)
{
	struct akcipher_request *req = akcipher_request_alloc(tfm, GFP_KERNEL);
	struct scatterlist src, dst;
	DECLARE_CRYPTO_WAIT(wait);
	int ret;

	if (!req)
		return -ENOMEM;
	sg_init_one(&src, in, len);
	sg_init_one(&dst, out, RSA_MAX);
	akcipher_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP,
				      crypto_req_done, &wait);
	akcipher_request_set_crypt(req, &src, &dst, len, *out_len);
	ret = crypto_wait_req(crypto_akcipher_decrypt(req), &wait);
	*out_len = req->dst_len;
	akcipher_request_free(req);
	return ret;
}

struct rsa_buffers {
	u8 key[64], input[RSA_MAX], wanted[RSA_MAX], got[RSA_MAX];
};

static void test_rsa_key(struct crypto_akcipher *tfm, struct rsa_buffers *b,
			 int len)
{
	unsigned int out_len = len;
	int ret;

	point_is(crypto_akcipher_maxsize(tfm), len, "its size");
	ret = rsa_private(tfm, b->input, len, b->got, &out_len);
	point_is(ret, 0, "the private operation");
	point(out_len == len && !memcmp(b->got, b->wanted, len),
	      "has the right result");
	out_len = len - 1;
	ret = rsa_private(tfm, b->input, len, b->got, &out_len);
	point_is(ret, -EOVERFLOW, "a result without room");
	point_is(out_len, len, "tells what it needs");
	out_len = len;
	memset(b->input, 0xff, len);
	ret = rsa_private(tfm, b->input, len, b->got, &out_len);
	point_is(ret, -EINVAL, "a number above the modulus");
	ret = rsa_private(tfm, b->input, len + 1, b->got, &out_len);
	point_is(ret, -EINVAL, "a longer one");
	b->key[4]++;
	point_is(crypto_akcipher_set_priv_key(tfm, b->key, 48), -EINVAL,
		 "a bad token");
	ret = rsa_private(tfm, b->input, len, b->got, &out_len);
	point_is(ret, -ENOKEY, "leaves no key");
}

static void test_rsa(void)
{
	struct crypto_akcipher *tfm = crypto_alloc_akcipher("prsa", 0, 0);
	struct rsa_buffers *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int len = -ENOMEM, key_len;

	point(!IS_ERR(tfm), "prsa is there");
	if (!IS_ERR(tfm) && b) {
		len = from_hex(b->input, rsa_input, RSA_MAX - 1);
		key_len = from_hex(b->key, rsa_token, sizeof(b->key));
		if (len > 0 && key_len > 0 &&
		    from_hex(b->wanted, rsa_output, RSA_MAX) == len)
			point_is(crypto_akcipher_set_priv_key(tfm, b->key,
							      key_len), 0,
				 "it takes a token");
		else
			len = -EINVAL;
	}
	if (len > 0)
		test_rsa_key(tfm, b, len);
	else
		point_is(len, 1, "numbers and token");
	if (!IS_ERR(tfm))
		crypto_free_akcipher(tfm);
	kfree(b);
}

/* --- names -------------------------------------------------------------------- */

static void test_refused(const char *name)
{
	struct crypto_akcipher *tfm = crypto_alloc_akcipher(name, 0, 0);

	point(IS_ERR(tfm), name);
	if (!IS_ERR(tfm))
		crypto_free_akcipher(tfm);
}

static void test_is_soft(const char *name)
{
	struct crypto_akcipher *tfm = crypto_alloc_akcipher(name, 0, 0);
	const char *driver = IS_ERR(tfm) ? "cryptech" :
		crypto_tfm_alg_driver_name(crypto_akcipher_tfm(tfm));

	point(!strstr(driver, "cryptech") && strstr(driver, "rsa-generic"),
	      name);
	if (!IS_ERR(tfm))
		crypto_free_akcipher(tfm);
}

/* First everything over our names; then the plain ones still mean others. */
static void test_names(void)
{
	struct crypto_skcipher *tfm;

	test_refused("pkcs1pad(prsa,sha256)");
	test_refused("pkcs1pad(prsa-cryptech,sha256)");
	test_refused("pkcs1pad(prsa-cryptech)");
	test_refused("rsa-cryptech");
	tfm = crypto_alloc_skcipher("cts(cbc-paes-cryptech)", 0, 0);
	if (!IS_ERR(tfm))
		crypto_free_skcipher(tfm);
	test_is_soft("rsa");
	test_is_soft("pkcs1pad(rsa)");
	/* where it is not a signature: cryptech_sig */
	if (crypto_has_alg("pkcs1pad(rsa,sha256)", CRYPTO_ALG_TYPE_AKCIPHER,
			   CRYPTO_ALG_TYPE_MASK)) {
		test_is_soft("pkcs1pad(rsa,sha256)");
		test_is_soft("pkcs1pad(rsa,sha512)");
	}
}

static int __init cryptech_test_init(void)
{
	test_names();
	if (token && value)
		test_cbc();
	if (xts_token && xts_value)
		test_xts();
	if (rsa_token && rsa_input && rsa_output)
		test_rsa();
	points_end();
	return 0;
}

static void __exit cryptech_test_exit(void)
{
}

module_init(cryptech_test_init);
module_exit(cryptech_test_exit);

MODULE_DESCRIPTION("Tests of the cryptech drivers");
MODULE_LICENSE("GPL");
