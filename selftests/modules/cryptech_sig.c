// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the drivers' signatures in the crypto API, which only the kernel can
 * call. One algorithm each time the module is loaded; without `theirs` it is
 * only seen whether the token may be set, and then by `again` if it signs. It
 * needs a kernel that has such algorithms.
 */
#include <linux/module.h>

#include "../../drivers/compat/sig.h"

#ifdef CRYPTECH_HAVE_SIG_ALG

#include <linux/slab.h>

#include "tap.h"

#define SIGNATURE_MAX	600
#define TOKEN_MAX	64
#define TYPE_AT		8	/* of a token */
#define STEP		11	/* bytes between those that are changed */

static char *alg = "pkcs1(prsa,sha256)";
module_param(alg, charp, 0);
MODULE_PARM_DESC(alg, "Name of the algorithm");

static char *token = "";
module_param(token, charp, 0);
MODULE_PARM_DESC(token, "Token of its key");

static char *other_token;
module_param(other_token, charp, 0);
MODULE_PARM_DESC(other_token, "Token of a key for something else");

static char *digest = "";
module_param(digest, charp, 0);
MODULE_PARM_DESC(digest, "What is signed");

static char *theirs;
module_param(theirs, charp, 0);
MODULE_PARM_DESC(theirs, "Another's signature by that key");

static int bits;
module_param(bits, int, 0);
MODULE_PARM_DESC(bits, "Of the key");

static int longest;
module_param(longest, int, 0);
MODULE_PARM_DESC(longest, "Bytes of its longest signature");

static int set;
module_param(set, int, 0444);
MODULE_PARM_DESC(set, "What became of setting the token");

static char signature[2 * SIGNATURE_MAX + 1];
module_param_string(signature, signature, sizeof(signature), 0444);
MODULE_PARM_DESC(signature, "That was made");

static struct bytes {
	u8 token[TOKEN_MAX], digest[64], sig[SIGNATURE_MAX];
	int token_len, digest_len, sig_len;
} *b;

static struct crypto_sig *tfm;

/* Whoever writes it is told by the error whether it still signs. */
static int again_set(const char *value, const struct kernel_param *param)
{
	int ret = crypto_sig_sign(tfm, b->digest, b->digest_len, b->sig,
				  SIGNATURE_MAX);

	return ret < 0 ? ret : 0;
}

static const struct kernel_param_ops again_ops = { .set = again_set };
module_param_cb(again, &again_ops, NULL, 0200);
MODULE_PARM_DESC(again, "Write to it to sign once more");

static int verify(int sig_len, int digest_len)
{
	return crypto_sig_verify(tfm, b->sig, sig_len, b->digest, digest_len);
}

/* What is in b->sig is good as it is, and in no other way. */
static void test_verify(void)
{
	unsigned int i, bad = 0;

	point_is(verify(b->sig_len, b->digest_len), 0, "it verifies");
	for (i = 0; i < b->sig_len; i += STEP) {
		b->sig[i] ^= 1 << i % 8;
		bad += !verify(b->sig_len, b->digest_len);
		b->sig[i] ^= 1 << i % 8;
	}
	for (i = 0; i < b->digest_len; i += STEP) {
		b->digest[i] ^= 1 << i % 8;
		bad += verify(b->sig_len, b->digest_len) != -EKEYREJECTED;
		b->digest[i] ^= 1 << i % 8;
	}
	point_is(bad, 0, "not with a byte changed");
	bad += !verify(b->sig_len - 1, b->digest_len);
	b->sig[b->sig_len] = 0;
	bad += !verify(b->sig_len + 1, b->digest_len);
	bad += !verify(0, b->digest_len);
	point_is(bad, 0, "nor cut or extended");
	point_is(verify(b->sig_len, 0), -EINVAL, "nor without a digest");
}

static void test_sign(void)
{
	int max = crypto_sig_maxsize(tfm), len;

	point_is(crypto_sig_keysize(tfm), bits, "its size in bits");
	point_is(max, longest, "its longest signature");
	point(crypto_sig_digestsize(tfm) >= b->digest_len, "its digest");
	len = crypto_sig_sign(tfm, b->digest, b->digest_len, b->sig, max);
	point(len > 0 && len <= max, "it signs, and says how much");
	if (len <= 0)
		return;
	b->sig_len = len;
	bin2hex(signature, b->sig, len);
	test_verify();
	point_is(crypto_sig_sign(tfm, b->digest, b->digest_len, b->sig,
				 max - 1), -EOVERFLOW, "not without room");
	point_is(crypto_sig_sign(tfm, b->digest, 0, b->sig, max), -EINVAL,
		 "nor without a digest");
	point_is(crypto_sig_sign(tfm, b->digest, 65, b->sig, max), -EINVAL,
		 "nor with a longer one");
}

static void test_theirs(void)
{
	b->sig_len = from_hex(b->sig, theirs, SIGNATURE_MAX);
	point(b->sig_len > 0, "another's signature");
	test_verify();
	point_is(crypto_sig_set_pubkey(tfm, b->token, b->token_len), 0,
		 "the public half alone");
	point_is(crypto_sig_keysize(tfm), bits, "is as long");
	point_is(verify(b->sig_len, b->digest_len), 0, "verifies");
	point_is(crypto_sig_sign(tfm, b->digest, b->digest_len, b->sig,
				 longest), -EINVAL, "and signs nothing");
}

static void test_refused(void)
{
	u8 other[TOKEN_MAX];
	int len = from_hex(other, other_token, sizeof(other));

	point_is(crypto_sig_set_privkey(tfm, other, len), -EINVAL,
		 "a key for something else");
	point_is(crypto_sig_sign(tfm, b->digest, b->digest_len, b->sig,
				 longest), -ENOKEY, "leaves none");
	point_is(verify(b->sig_len, b->digest_len), -ENOKEY,
		 "to verify with, too");
	point_is(crypto_sig_maxsize(tfm), 0, "nor a size");
	memcpy(other + TYPE_AT, b->token + TYPE_AT, 4);
	point_is(crypto_sig_set_privkey(tfm, other, len), -EINVAL,
		 "nor does a token that lies about its key");
	point_is(crypto_sig_sign(tfm, b->digest, b->digest_len, b->sig,
				 longest), -ENOKEY, "set one");
	b->token[b->token_len - 1] ^= 1;
	point_is(crypto_sig_set_privkey(tfm, b->token, b->token_len), -ENOKEY,
		 "a key that is not there");
	b->token[b->token_len - 1] ^= 1;
	point_is(crypto_sig_set_privkey(tfm, b->token, b->token_len - 1),
		 -EINVAL, "half a token");
	point_is(crypto_sig_set_privkey(tfm, b->token, b->token_len), 0,
		 "the good one");
}

/* Names that templates are looked up by, and others', never are ours. */
static void test_name(const char *name, const char *wanted)
{
	struct crypto_sig *other = crypto_alloc_sig(name, 0, 0);
	const char *driver = IS_ERR(other) ? "" :
		crypto_tfm_alg_driver_name(crypto_sig_tfm(other));

	point(wanted ? strstr(driver, wanted) && !strstr(driver, "cryptech") :
		       IS_ERR(other), name);
	if (!IS_ERR(other))
		crypto_free_sig(other);
}

static void test_names(void)
{
	test_name("pkcs1(prsa,md5)", NULL);
	test_name("pkcs1(prsa-cryptech,sha256)", NULL);
	test_name("x962(pecdsa-nist-p192)", NULL);
	test_name("prsa", NULL);
	test_name("pkcs1(rsa,sha256)", "rsa-generic");
	test_name("x962(ecdsa-nist-p256)", "ecdsa-nist-p256-generic");
	test_name("p1363(ecdsa-nist-p256)", "ecdsa-nist-p256-generic");
}

static int __init cryptech_sig_init(void)
{
	/* all that is given to the algorithms comes from the heap */
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	tfm = crypto_alloc_sig(alg, 0, 0);
	if (IS_ERR(tfm)) {
		kfree(b);
		return PTR_ERR(tfm);
	}
	b->token_len = from_hex(b->token, token, TOKEN_MAX);
	set = crypto_sig_set_privkey(tfm, b->token, b->token_len);
	b->digest_len = from_hex(b->digest, digest, sizeof(b->digest));
	if (!theirs || !other_token)
		return 0;
	point_is(set, 0, alg);
	if (!set) {
		test_sign();
		test_theirs();
		test_refused();
		test_names();
	}
	points_end();
	return 0;
}

static void __exit cryptech_sig_exit(void)
{
	crypto_free_sig(tfm);
	kfree(b);
}

#else

static int __init cryptech_sig_init(void)
{
	return -EOPNOTSUPP;
}

static void __exit cryptech_sig_exit(void)
{
}

#endif /* CRYPTECH_HAVE_SIG_ALG */

module_init(cryptech_sig_init);
module_exit(cryptech_sig_exit);

MODULE_DESCRIPTION("Tests of the cryptech drivers' signatures");
MODULE_LICENSE("GPL");
