// SPDX-License-Identifier: GPL-2.0
/*
 * What keys sign and verify, for every type, hash and encoding, as keys of
 * type cryptech and as asymmetric keys: checked by OpenSSL with the public
 * half, and by the other key with keyctl pkey_verify.
 */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "keys.h"

#define DIGEST_MAX	64
#define SIGNATURE_MAX	1024

/* A buffer that is as long as the kernel reads: see "verify" in keys.rst */
struct signature {
	unsigned char bytes[SIGNATURE_MAX];
	long len;
};

static const struct {
	const char *name;		/* what `new` makes it of */
	unsigned int type, bits;
	const char *encodings[2];
	unsigned int max_size[2];	/* by hand, from RFC 3279 */
} types[] = {
	{ "ec-p256", CRYPTECH_KEY_EC_P256, 256, { "x962", "raw" }, { 72, 64 } },
	{ "ec-p384", CRYPTECH_KEY_EC_P384, 384, { "x962", "raw" },
	  { 104, 96 } },
	{ "ec-p521", CRYPTECH_KEY_EC_P521, 521, { "x962", "raw" },
	  { 139, 132 } },
	{ "rsa2048", CRYPTECH_KEY_RSA2048, 2048, { "pkcs1" }, { 256 } },
	{ "rsa3072", CRYPTECH_KEY_RSA3072, 3072, { "pkcs1" }, { 384 } },
	{ "rsa4096", CRYPTECH_KEY_RSA4096, 4096, { "pkcs1" }, { 512 } },
	{ "rsa2048 pss", CRYPTECH_KEY_RSA2048, 2048, { "pss" }, { 256 } },
};

static const struct {
	const char *name;		/* the kernel's */
	const char *openssl;
	unsigned int size;
} hashes[] = {
	{ "sha1", "sha1", 20 },
	{ "sha224", "sha224", 28 },
	{ "sha256", "sha256", 32 },
	{ "sha384", "sha384", 48 },
	{ "sha512", "sha512", 64 },
	{ "sha512-224", "sha512-224", 28 },
	{ "sha512-256", "sha512-256", 32 },
	{ NULL, NULL, 32 },		/* no hash is named */
};

#define TYPES	(sizeof(types) / sizeof(types[0]))
#define HASHES	(sizeof(hashes) / sizeof(hashes[0]))

static const char *const doors[] = { "cryptech", "asymmetric" };

static EVP_PKEY *public_key(int fd, const unsigned char *uuid)
{
	unsigned char spki[1024];
	struct cryptech_ioc_key_public arg = {
		.size = sizeof(arg),
		.spki = (uintptr_t)spki,
		.spki_len = sizeof(spki),
	};
	const unsigned char *p = spki;
	EVP_PKEY *pkey;

	memcpy(arg.uuid, uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_KEY_PUBLIC, &arg))
		give_up("KEY_PUBLIC");
	pkey = d2i_PUBKEY(NULL, &p, arg.spki_len);
	if (!pkey || p != spki + arg.spki_len)
		give_up("the public half");
	return pkey;
}

static int openssl_verify(EVP_PKEY *pkey, int pss, const char *hash,
			  const unsigned char *digest, size_t digest_len,
			  const unsigned char *sig, size_t len)
{
	int padding = pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	int ok;

	ok = EVP_PKEY_verify_init(ctx) == 1;
	if (ok && EVP_PKEY_is_a(pkey, "RSA"))
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1;
	if (ok && hash)
		ok = EVP_PKEY_CTX_set_signature_md(ctx,
				EVP_get_digestbyname(hash)) == 1;
	if (ok && pss)
		ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, digest_len) == 1;
	ok = ok && EVP_PKEY_verify(ctx, sig, len, digest, digest_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* enc=raw is r || s, which OpenSSL takes as ECDSA-Sig-Value. */
static int openssl_verify_raw(EVP_PKEY *pkey, const unsigned char *digest,
			      size_t digest_len, const unsigned char *raw,
			      size_t len)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int der_len, ok;

	ECDSA_SIG_set0(sig, BN_bin2bn(raw, len / 2, NULL),
		       BN_bin2bn(raw + len / 2, len / 2, NULL));
	der_len = i2d_ECDSA_SIG(sig, &der);
	ok = openssl_verify(pkey, 0, NULL, digest, digest_len, der, der_len);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	return ok;
}

static int kernel_verify(key_serial_t key, const char *info,
			 const unsigned char *digest, size_t digest_len,
			 const struct signature *sig, long len)
{
	struct keyctl_pkey_query query;

	if (keyctl_pkey_query(key, info, &query) || len > query.max_sig_size)
		return errno;
	if (keyctl_pkey_verify(key, info, digest, digest_len, sig->bytes, len))
		return errno;
	return 0;
}

/* The doors share all but their first lines; what is slow is tried at one. */
static int worth_trying(unsigned int door, unsigned int hash)
{
	return !door || hashes[hash].size == 32;
}

/* One type, one hash, one encoding, one door. */
struct trial {
	EVP_PKEY *pkey;
	key_serial_t key, other;
	char info[64];
	unsigned int type, enc, hash, door;
	unsigned char digest[DIGEST_MAX];
	unsigned int digest_len;
	struct signature sig;
};

static int is_raw(const struct trial *t)
{
	return !strcmp(types[t->type].encodings[t->enc], "raw");
}

static int is_pss(const struct trial *t)
{
	return !strcmp(types[t->type].encodings[t->enc], "pss");
}

static void check_query(const struct trial *t, const char *what)
{
	unsigned int ops = KEYCTL_SUPPORTS_SIGN | KEYCTL_SUPPORTS_VERIFY;
	unsigned int data = t->digest_len;
	struct keyctl_pkey_query q;

	/* without a hash: what PKCS#1 leaves, or the longest hash value */
	if (!hashes[t->hash].name)
		data = types[t->type].bits > 1024 ?
		       types[t->type].bits / 8 - 11 : 64;
	point(!keyctl_pkey_query(t->key, t->info, &q) &&
	      q.supported_ops == ops && q.key_size == types[t->type].bits &&
	      q.max_sig_size == types[t->type].max_size[t->enc] &&
	      q.max_data_size == data, "%s: query", what);
}

static void check_good(struct trial *t, const char *what)
{
	const char *hash = hashes[t->hash].openssl;
	int ok;

	t->sig.len = keyctl_pkey_sign(t->key, t->info, t->digest,
				      t->digest_len, t->sig.bytes,
				      types[t->type].max_size[t->enc]);
	if (t->sig.len < 0) {
		point(0, "%s: signs (%s)", what, strerror(errno));
		return;
	}
	if (is_raw(t))
		ok = openssl_verify_raw(t->pkey, t->digest, t->digest_len,
					t->sig.bytes, t->sig.len);
	else
		ok = openssl_verify(t->pkey, is_pss(t), hash, t->digest,
				    t->digest_len, t->sig.bytes, t->sig.len);
	point(ok, "%s: openssl verifies it", what);
	/* what follows is not looked at */
	memset(t->sig.bytes + t->sig.len, 0xa5, SIGNATURE_MAX - t->sig.len);
	point_is(kernel_verify(t->other, t->info, t->digest, t->digest_len,
			       &t->sig, t->sig.len),
		 0, "%s: the other key verifies it", what);
}

static void check_bad(struct trial *t, const char *what)
{
	struct signature bad;
	int i, wrong = 0;

	t->digest[0] ^= 1;
	wrong |= kernel_verify(t->key, t->info, t->digest, t->digest_len,
			       &t->sig, t->sig.len) != EKEYREJECTED;
	t->digest[0] ^= 1;
	for (i = 0; i < t->sig.len; i += 1 + t->sig.len / 4) {
		bad = t->sig;
		bad.bytes[i] ^= 0x10;
		if (kernel_verify(t->key, t->info, t->digest, t->digest_len,
				  &bad, bad.len) != EKEYREJECTED) {
			printf("# byte %d of %ld\n", i, bad.len);
			wrong = 1;
		}
	}
	memset(bad.bytes, 0, sizeof(bad.bytes));
	wrong |= kernel_verify(t->key, t->info, t->digest, t->digest_len,
			       &bad, t->sig.len) != EKEYREJECTED;
	memset(bad.bytes, 0xff, sizeof(bad.bytes));
	wrong |= kernel_verify(t->key, t->info, t->digest, t->digest_len,
			       &bad, t->sig.len) != EKEYREJECTED;
	point(!wrong, "%s: changed ones are rejected", what);
}

static void check_lengths(const struct trial *t, const char *what)
{
	unsigned char sig[SIGNATURE_MAX], digest[DIGEST_MAX + 1] = { 0 };
	unsigned int max = types[t->type].max_size[t->enc], len;
	int wrong = 0;

	for (len = 0; len <= DIGEST_MAX; len++) {
		if (len == t->digest_len)
			continue;
		if (keyctl_pkey_sign(t->key, t->info, digest, len, sig,
				     max) >= 0 || errno != EINVAL) {
			printf("# length %u\n", len);
			wrong = 1;
		}
	}
	point(!wrong, "%s: other lengths are refused", what);
}

static void try(struct trial *t)
{
	const char *hash = hashes[t->hash].name;
	unsigned int i;
	char what[96];

	snprintf(what, sizeof(what), "%s %s, %s, %s", doors[t->door],
		 types[t->type].name, types[t->type].encodings[t->enc],
		 hash ? hash : "no hash");
	snprintf(t->info, sizeof(t->info), "enc=%s%s%s",
		 types[t->type].encodings[t->enc], hash ? " hash=" : "",
		 hash ? hash : "");
	t->digest_len = hashes[t->hash].size;
	for (i = 0; i < t->digest_len; i++)
		t->digest[i] = i * 7 + t->hash + t->type;
	check_query(t, what);
	check_good(t, what);
	if (t->sig.len <= 0)
		return;
	check_bad(t, what);
	if (hash && !strcmp(hash, "sha384"))
		check_lengths(t, what);
}

static key_serial_t must(long key, const char *what)
{
	if (key < 0) {
		errno = -key;
		give_up("%s", what);
	}
	return key;
}

/* Made by keyctl, and ready; its UUID. */
static key_serial_t new_key(const char *type, unsigned char *uuid, char *text)
{
	struct keyctl_pkey_query query;
	char payload[64] = "";
	key_serial_t key;
	int i, tries = 3000;

	key = must(add("cryptech", type, KEY_SPEC_PROCESS_KEYRING, "new %s",
		       type), type);
	while (keyctl_pkey_query(key, "enc=x962", &query) && errno == EAGAIN &&
	       --tries)
		usleep(20000);
	if (keyctl_read(key, payload, sizeof(payload)) != 40 ||
	    sscanf(payload, "use %36s", text) != 1)
		give_up("%s", payload);
	for (i = 0; i < 16; i++) {
		text += *text == '-';
		sscanf(text, "%2hhx", &uuid[i]);
		text += 2;
	}
	return key;
}

static void test_type(int fd, unsigned int type)
{
	struct trial t = { .type = type };
	unsigned char uuid[16];
	char text[UUID_TEXT];
	key_serial_t keys[2];

	keys[0] = new_key(types[type].name, uuid, text);
	keys[1] = must(add("asymmetric", "same", KEY_SPEC_PROCESS_KEYRING,
			   "CHSMKEY1use %s", text), "asymmetric");
	t.pkey = public_key(fd, uuid);
	point_is(EVP_PKEY_get_bits(t.pkey), types[type].bits,
		 "new %s has as many bits", types[type].name);
	for (t.door = 0; t.door < 2; t.door++) {
		t.key = keys[t.door];
		t.other = keys[!t.door];
		for (t.enc = 0; t.enc < 2 && types[type].encodings[t.enc];
		     t.enc++)
			for (t.hash = 0; t.hash < HASHES; t.hash++)
				if (worth_trying(t.door, t.hash) &&
				    (hashes[t.hash].name || !is_pss(&t)))
					try(&t);
	}
	EVP_PKEY_free(t.pkey);
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

/* A key is of one scheme. */
static void test_schemes(void)
{
	const key_serial_t ring = KEY_SPEC_PROCESS_KEYRING;
	struct keyctl_pkey_query query;
	unsigned char uuid[16];
	char text[UUID_TEXT];
	key_serial_t pss = new_key("rsa2048 pss", uuid, text);
	key_serial_t pkcs1 = new_key("rsa2048", uuid, text);

	point(keyctl_pkey_query(pss, "enc=pkcs1 hash=sha256", &query) &&
	      errno == EINVAL, "a PSS key refuses pkcs1");
	point(keyctl_pkey_query(pss, "enc=pss", &query) && errno == EINVAL,
	      "... and pss without a hash");
	point(keyctl_pkey_query(pkcs1, "enc=pss hash=sha256", &query) &&
	      errno == EINVAL, "another refuses pss");
	point_is(add("cryptech", "x", ring, "new ec-p256 pss"), -EINVAL,
		 "pss is for RSA");
	point_is(add("cryptech", "x", ring, "new rsa2048 raw pss"), -EINVAL,
		 "... and for nothing beside it");
	keyctl_clear(ring);
}

int main(void)
{
	unsigned int i;
	int fd;

	ksft_print_header();
	run("hsm-ready");
	fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	for (i = 0; i < TYPES; i++)
		test_type(fd, i);
	test_schemes();
	close(fd);
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
