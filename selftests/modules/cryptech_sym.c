// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the drivers' newer algorithms from inside the kernel, beside the
 * kernel's own with the same key: ecb, ctr, gcm and cmac of paes, and phmac.
 * Also that what the kernel's templates make of them takes no name away.
 *
 * They run when the module is loaded; their TAP is to be read from the
 * parameter `results`. Keys are clear tokens.
 */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "tap.h"

#define SIZE		40000	/* several messages */
#define GCM_SIZE	16000	/* one message */
#define TOKEN_HEAD	32
#define KEY_MAX		128
#define PIECES		24

static u8 *in, *wanted, *got;
static u8 key[KEY_MAX];

/* A clear token of the key; its length. */
static size_t make_token(u8 *token, u32 type, size_t len)
{
	size_t size = TOKEN_HEAD + len;

	memset(token, 0, TOKEN_HEAD);
	memcpy(token, "CHSM\1\2", 6);
	token[6] = size >> 8;
	token[7] = size;
	token[8] = type >> 24;
	token[9] = type >> 16;
	token[10] = type >> 8;
	token[11] = type;
	memcpy(token + TOKEN_HEAD, key, len);
	return size;
}

/* Cut @len bytes into odd pieces. */
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

/* --- ciphers --------------------------------------------------------------- */

static int crypt_one(struct crypto_skcipher *tfm, bool encrypt, u8 *from,
		     u8 *to, size_t len, size_t step, u8 *iv)
{
	struct skcipher_request *req = skcipher_request_alloc(tfm, GFP_KERNEL);
	struct scatterlist src[PIECES], dst[PIECES];
	DECLARE_CRYPTO_WAIT(wait);
	int ret;

	if (!req)
		return -ENOMEM;
	cut(src, from, len, step);
	cut(dst, to, len, 2 * step);
	skcipher_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				      crypto_req_done, &wait);
	skcipher_request_set_crypt(req, src, dst, len, iv);
	ret = crypto_wait_req(encrypt ? crypto_skcipher_encrypt(req) :
					crypto_skcipher_decrypt(req), &wait);
	skcipher_request_free(req);
	return ret;
}

/* The same in two requests, the second with the IV that the first left. */
static int crypt_two(struct crypto_skcipher *tfm, size_t len, size_t at,
		     u8 *iv)
{
	int ret = crypt_one(tfm, true, in, got, at, 100, iv);

	return ret ?: crypt_one(tfm, true, in + at, got + at, len - at, 100,
				iv);
}

static void ciphers_with(struct crypto_skcipher *hsm,
			 struct crypto_skcipher *soft, size_t len)
{
	u8 first[16], iv[16], soft_iv[16];
	bool good = true;
	size_t at;

	/* so that a carry goes through all of the counter */
	memset(first, 0xff, sizeof(first));
	memcpy(soft_iv, first, sizeof(iv));
	memcpy(iv, first, sizeof(iv));
	crypt_one(soft, true, in, wanted, len, 500, soft_iv);
	point_is(crypt_one(hsm, true, in, got, len, 300, iv), 0, "encrypts");
	point(!memcmp(got, wanted, len), "as the kernel does");
	point(!crypto_skcipher_ivsize(hsm) || !memcmp(iv, soft_iv, 16),
	      "and leaves the same IV");
	memcpy(iv, first, sizeof(iv));
	point_is(crypt_one(hsm, false, got, got, len, 1000, iv), 0,
		 "decrypts in place");
	point(!memcmp(got, in, len), "to what it was");
	for (at = 16; at < len; at += 16 * 409) {
		memcpy(iv, first, sizeof(iv));
		good &= !crypt_two(hsm, len, at, iv) &&
			!memcmp(got, wanted, len);
	}
	point(good, "in two requests, too");
}

static void test_cipher(const char *name, const char *soft_name, u32 type,
			size_t key_len, size_t len)
{
	struct crypto_skcipher *hsm = crypto_alloc_skcipher(name, 0, 0);
	struct crypto_skcipher *soft = crypto_alloc_skcipher(soft_name, 0, 0);
	u8 token[TOKEN_HEAD + KEY_MAX];

	point(!IS_ERR(hsm) && !IS_ERR(soft), name);
	if (!IS_ERR(hsm) && !IS_ERR(soft)) {
		crypto_skcipher_setkey(soft, key, key_len);
		point_is(crypto_skcipher_setkey(hsm, token,
						make_token(token, type + 0x10000,
							   key_len)),
			 -EINVAL, "no token of another type");
		point_is(crypto_skcipher_setkey(hsm, token,
						make_token(token, type,
							   key_len)),
			 0, "its token");
		ciphers_with(hsm, soft, len);
	}
	crypto_free_skcipher(hsm);
	crypto_free_skcipher(soft);
}

/* --- AEAD ------------------------------------------------------------------ */

static int seal(struct crypto_aead *tfm, bool encrypt, u8 *from, u8 *to,
		size_t aad, size_t len)
{
	struct aead_request *req = aead_request_alloc(tfm, GFP_KERNEL);
	struct scatterlist src[PIECES], dst[PIECES];
	u8 iv[12] = "twelve byte";
	DECLARE_CRYPTO_WAIT(wait);
	int ret;

	if (!req)
		return -ENOMEM;
	cut(src, from, aad + len + (encrypt ? 0 : 16), 70);
	cut(dst, to, aad + len + (encrypt ? 16 : 0), 90);
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				  crypto_req_done, &wait);
	aead_request_set_crypt(req, src, dst, len + (encrypt ? 0 : 16), iv);
	aead_request_set_ad(req, aad);
	ret = crypto_wait_req(encrypt ? crypto_aead_encrypt(req) :
					crypto_aead_decrypt(req), &wait);
	aead_request_free(req);
	return ret;
}

static void gcm_agrees(struct crypto_aead *hsm, struct crypto_aead *soft)
{
	static const size_t sizes[][2] = {
		{ 0, 0 }, { 0, 1 }, { 1, 0 }, { 13, 15 }, { 20, 16 },
		{ 16, 4096 }, { 304, GCM_SIZE },
	};
	bool good = true;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = sizes[i][0] + sizes[i][1];
		memset(got, 0, n + 16);
		good &= !seal(soft, true, in, wanted, sizes[i][0],
			      sizes[i][1]);
		good &= !seal(hsm, true, in, got, sizes[i][0], sizes[i][1]);
		good &= !memcmp(got + sizes[i][0], wanted + sizes[i][0],
				sizes[i][1] + 16);
		memcpy(got, in, sizes[i][0]);
		good &= !seal(hsm, false, got, got, sizes[i][0], sizes[i][1]);
		good &= !memcmp(got, in, n);
	}
	point(good, "encrypts and decrypts as the kernel does");
}

static void gcm_refuses(struct crypto_aead *hsm)
{
	size_t len = 1000, aad = 20, i;
	bool good = true;

	seal(hsm, true, in, wanted, aad, len);
	memcpy(wanted, in, aad);
	for (i = 0; i < aad + len + 16; i += 41) {
		memset(got, 0x5a, aad + len);
		wanted[i] ^= 1;
		good &= seal(hsm, false, wanted, got, aad, len) == -EBADMSG;
		good &= !memchr_inv(got, 0x5a, aad + len);
		wanted[i] ^= 1;
	}
	point(good, "a changed byte is EBADMSG, and no plaintext comes");
	point_is(crypto_aead_setauthsize(hsm, 12), -EINVAL, "no short tags");
	point_is(seal(hsm, true, in, got, 400, SIZE - 500), -EINVAL,
		 "nothing longer than a message");
}

static void test_gcm(u32 type, size_t key_len)
{
	struct crypto_aead *hsm = crypto_alloc_aead("gcm(paes)", 0, 0);
	struct crypto_aead *soft = crypto_alloc_aead("gcm(aes)", 0, 0);
	u8 token[TOKEN_HEAD + KEY_MAX];

	point(!IS_ERR(hsm) && !IS_ERR(soft), "gcm(paes)");
	if (!IS_ERR(hsm) && !IS_ERR(soft)) {
		crypto_aead_setkey(soft, key, key_len);
		crypto_aead_setauthsize(soft, 16);
		crypto_aead_setauthsize(hsm, 16);
		point_is(crypto_aead_setkey(hsm, token,
					    make_token(token, type, key_len)),
			 0, "its token");
		gcm_agrees(hsm, soft);
		gcm_refuses(hsm);
	}
	crypto_free_aead(hsm);
	crypto_free_aead(soft);
}

/* --- keyed hashes ------------------------------------------------------------ */

static int run_hash(struct ahash_request *req, int (*op)(struct ahash_request *),
		    size_t at, size_t len, u8 *out)
{
	struct scatterlist sg[PIECES];
	DECLARE_CRYPTO_WAIT(wait);

	cut(sg, in + at, len, 60);
	ahash_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				   crypto_req_done, &wait);
	ahash_request_set_crypt(req, sg, out, len);
	return crypto_wait_req(op(req), &wait);
}

/* In two updates, the request exported and imported between them. */
static int hash_parts(struct ahash_request *req, size_t at, size_t len,
		      u8 *out, void *state)
{
	int ret = crypto_ahash_init(req);

	ret = ret ?: run_hash(req, crypto_ahash_update, 0, at, out);
	ret = ret ?: crypto_ahash_export(req, state);
	ret = ret ?: run_hash(req, crypto_ahash_update, at, len - at, out);
	ret = ret ?: crypto_ahash_import(req, state);
	ret = ret ?: run_hash(req, crypto_ahash_finup, at, len - at, out);
	return ret;
}

static void hashes_agree(struct ahash_request *hsm, struct ahash_request *soft,
			 size_t size, void *state)
{
	static const size_t sizes[] = {
		0, 1, 15, 16, 17, 127, 128, 129, 255, 256, 257, 383, 384,
		16256, 16260, 16261, 16384, 16512, SIZE,
	};
	bool whole = true, parts = true;
	u8 a[64], b[64];
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		whole &= !run_hash(soft, crypto_ahash_digest, 0, sizes[i], a);
		memset(b, 0, sizeof(b));
		whole &= !run_hash(hsm, crypto_ahash_digest, 0, sizes[i], b);
		whole &= !memcmp(a, b, size);
		for (k = 0; k < ARRAY_SIZE(sizes) && sizes[k] <= sizes[i];
		     k++) {
			memset(b, 0, sizeof(b));
			parts &= !hash_parts(hsm, sizes[k], sizes[i], b,
					     state);
			parts &= !memcmp(a, b, size);
		}
	}
	point(whole, "as the kernel does");
	point(parts, "in parts, exported and imported, too");
}

static void hash_with(struct crypto_ahash *hsm, struct crypto_ahash *soft)
{
	struct ahash_request *a = ahash_request_alloc(hsm, GFP_KERNEL);
	struct ahash_request *b = ahash_request_alloc(soft, GFP_KERNEL);
	void *state = kmalloc(crypto_ahash_statesize(hsm), GFP_KERNEL);

	if (a && b && state)
		hashes_agree(a, b, crypto_ahash_digestsize(soft), state);
	else
		point(false, "memory");
	kfree(state);
	ahash_request_free(a);
	ahash_request_free(b);
}

static void test_hash(const char *name, const char *soft_name, u32 type,
		      size_t key_len)
{
	struct crypto_ahash *hsm = crypto_alloc_ahash(name, 0, 0);
	struct crypto_ahash *soft = crypto_alloc_ahash(soft_name, 0, 0);
	u8 token[TOKEN_HEAD + KEY_MAX];

	point(!IS_ERR(hsm) && !IS_ERR(soft), name);
	if (!IS_ERR(hsm) && !IS_ERR(soft)) {
		crypto_ahash_setkey(soft, key, key_len);
		point_is(crypto_ahash_setkey(hsm, token,
					     make_token(token, type ^ 0x80,
							key_len)),
			 -EINVAL, "no token of another type");
		point_is(crypto_ahash_setkey(hsm, token,
					     make_token(token, type, key_len)),
			 0, "its token");
		hash_with(hsm, soft);
	}
	crypto_free_ahash(hsm);
	crypto_free_ahash(soft);
}

/* --- names ------------------------------------------------------------------- */

/* Have the kernel make of our algorithms whatever it can. */
static void try_templates(void)
{
	static const char *const ciphers[] = {
		"xts(ecb(paes))", "xts(ecb-paes-cryptech)", "ctr(ecb(paes))",
		"cbc(ecb(paes))", "cts(cbc(paes))", "rfc3686(ctr(paes))",
		"lrw(ecb(paes))", "pcbc(paes)",
	};
	static const char *const aeads[] = {
		"gcm_base(ctr(paes),ghash)", "rfc4106(gcm(paes))",
		"gcm_base(ctr-paes-cryptech,ghash-generic)",
		"ccm_base(ctr(paes),cmac(paes))",
	};
	struct crypto_skcipher *cipher;
	struct crypto_aead *aead;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++) {
		cipher = crypto_alloc_skcipher(ciphers[i], 0, 0);
		if (!IS_ERR(cipher))
			crypto_free_skcipher(cipher);
	}
	for (i = 0; i < ARRAY_SIZE(aeads); i++) {
		aead = crypto_alloc_aead(aeads[i], 0, 0);
		if (!IS_ERR(aead))
			crypto_free_aead(aead);
	}
}

static void check_skcipher(const char *name, const char *driver)
{
	struct crypto_skcipher *tfm = crypto_alloc_skcipher(name, 0, 0);

	point(!IS_ERR(tfm) &&
	      !strcmp(crypto_tfm_alg_driver_name(crypto_skcipher_tfm(tfm)),
		      driver), driver);
	crypto_free_skcipher(tfm);
}

static void test_names(void)
{
	struct crypto_aead *aead;

	try_templates();
	check_skcipher("xts(paes)", "xts-paes-cryptech");
	check_skcipher("cbc(paes)", "cbc-paes-cryptech");
	check_skcipher("ecb(paes)", "ecb-paes-cryptech");
	check_skcipher("ctr(paes)", "ctr-paes-cryptech");
	aead = crypto_alloc_aead("gcm(paes)", 0, 0);
	point(!IS_ERR(aead) &&
	      !strcmp(crypto_tfm_alg_driver_name(crypto_aead_tfm(aead)),
		      "gcm-paes-cryptech"), "gcm-paes-cryptech");
	crypto_free_aead(aead);
}

static void test_all(void)
{
	test_names();
	test_cipher("ecb(paes)", "ecb(aes)", 0x60080, 16, SIZE);
	test_cipher("ctr(paes)", "ctr(aes)", 0x70100, 32, SIZE - 3);
	test_gcm(0x80080, 16);
	test_gcm(0x800c0, 24);
	test_gcm(0x80100, 32);
	test_hash("cmac(paes)", "cmac(aes)", 0x90080, 16);
	test_hash("cmac(paes)", "cmac(aes)", 0x90100, 32);
	test_hash("phmac(sha256)", "hmac(sha256)", 0xa0100, 32);
	test_hash("phmac(sha384)", "hmac(sha384)", 0xa0180, 100);
	test_hash("phmac(sha512)", "hmac(sha512)", 0xa0200, 128);
}

static int __init cryptech_sym_init(void)
{
	in = kmalloc(SIZE, GFP_KERNEL);
	wanted = kmalloc(SIZE + 16, GFP_KERNEL);
	got = kmalloc(SIZE + 16, GFP_KERNEL);
	if (in && wanted && got) {
		get_random_bytes(in, SIZE);
		get_random_bytes(key, sizeof(key));
		test_all();
	} else {
		point(false, "memory");
	}
	points_end();
	kfree(in);
	kfree(wanted);
	kfree(got);
	return 0;
}

static void __exit cryptech_sym_exit(void)
{
}

module_init(cryptech_sym_init);
module_exit(cryptech_sym_exit);

MODULE_DESCRIPTION("Tests of the HSM's ciphers and keyed hashes");
MODULE_LICENSE("GPL");
