// SPDX-License-Identifier: GPL-2.0
/*
 * Signatures of the crypto API, with keys of the HSM: runs the module
 * cryptech_sig, once for each algorithm. OpenSSL has the same keys, verifies
 * what the kernel signs, and signs what the kernel verifies.
 */
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "alg.h"
#include "results.h"

#define PARAMETERS	"/sys/module/cryptech_sig/parameters/"
#define ALGORITHMS	"/proc/crypto"
#define SIGNATURE_MAX	600
#define HEX_MAX		(2 * SIGNATURE_MAX + 2)

static const struct algorithm {
	const char *name;
	const char *curve;	/* or NULL: RSA */
	int bits;
	const char *hash;
	int raw;		/* r || s */
	int longest;		/* bytes of a signature */
} algorithms[] = {
	{ "pkcs1(prsa,sha256)", NULL, 2048, "SHA256", 0, 256 },
	{ "pkcs1(prsa,sha384)", NULL, 2048, "SHA384", 0, 256 },
	{ "pkcs1(prsa,sha512)", NULL, 2048, "SHA512", 0, 256 },
	{ "x962(pecdsa-nist-p256)", "P-256", 256, "SHA256", 0, 72 },
	{ "x962(pecdsa-nist-p384)", "P-384", 384, "SHA384", 0, 104 },
	{ "x962(pecdsa-nist-p521)", "P-521", 521, "SHA512", 0, 139 },
	{ "p1363(pecdsa-nist-p256)", "P-256", 256, "SHA256", 1, 64 },
	{ "p1363(pecdsa-nist-p384)", "P-384", 384, "SHA384", 1, 96 },
	{ "p1363(pecdsa-nist-p521)", "P-521", 521, "SHA512", 1, 132 },
};

static unsigned char digest[64];

static void hex(char *to, const unsigned char *from, size_t len)
{
	while (len--)
		to += sprintf(to, "%02x", *from++);
}

static size_t unhex(unsigned char *to, const char *from)
{
	size_t n = 0;

	for (; sscanf(from, "%2hhx", &to[n]) == 1; from += 2)
		n++;
	return n;
}

/* --- keys ----------------------------------------------------------------- */

/* RSA keys take long to make: there is one. */
static EVP_PKEY *new_key(const struct algorithm *a)
{
	static EVP_PKEY *rsa;
	EVP_PKEY *key;

	if (a->curve) {
		key = EVP_EC_gen(a->curve);
	} else {
		if (!rsa)
			rsa = EVP_RSA_gen(a->bits);
		key = rsa;
		if (key)
			EVP_PKEY_up_ref(key);
	}
	if (!key)
		give_up("OpenSSL key");
	return key;
}

/* The same in the HSM; its token. */
static void load_key(int hsm, EVP_PKEY *key, unsigned char *token)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	struct cryptech_ioc_key_load arg = {
		.size = sizeof(arg),
		.key_flags = CRYPTECH_KEY_FLAG_TOKEN |
			     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE,
	};
	unsigned char *der = NULL;

	arg.der_len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	arg.der = (uintptr_t)der;
	if (ioctl(hsm, CRYPTECH_IOC_KEY_LOAD, &arg))
		give_up("KEY_LOAD");
	errno = hsm_token(hsm, arg.uuid, token);
	if (errno)
		give_up("TOKEN");
	PKCS8_PRIV_KEY_INFO_free(p8);
	OPENSSL_free(der);
}

/* --- OpenSSL's side ------------------------------------------------------- */

static EVP_PKEY_CTX *context(const struct algorithm *a, EVP_PKEY *key,
			     int sign)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	const EVP_MD *md = EVP_get_digestbyname(a->hash);

	if ((sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) <= 0 ||
	    (!a->curve &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) <= 0) ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md) <= 0)
		give_up("OpenSSL %s", a->name);
	return ctx;
}

static size_t digest_size(const struct algorithm *a)
{
	return EVP_MD_get_size(EVP_get_digestbyname(a->hash));
}

/* r || s from DER, and back; the length. */
static size_t to_raw(const struct algorithm *a, unsigned char *sig, size_t len)
{
	const unsigned char *p = sig;
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, len);
	int half = a->longest / 2;

	if (!s || BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, half) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + half, half) < 0)
		give_up("ECDSA_SIG");
	ECDSA_SIG_free(s);
	return a->longest;
}

static size_t from_raw(const struct algorithm *a, unsigned char *sig)
{
	int half = a->longest / 2, len;
	ECDSA_SIG *s = ECDSA_SIG_new();
	unsigned char *p = sig;

	if (!s || !ECDSA_SIG_set0(s, BN_bin2bn(sig, half, NULL),
				  BN_bin2bn(sig + half, half, NULL)))
		give_up("ECDSA_SIG");
	len = i2d_ECDSA_SIG(s, &p);
	ECDSA_SIG_free(s);
	return len;
}

static size_t ssl_sign(const struct algorithm *a, EVP_PKEY *key,
		       unsigned char *sig)
{
	EVP_PKEY_CTX *ctx = context(a, key, 1);
	size_t len = SIGNATURE_MAX;

	if (EVP_PKEY_sign(ctx, sig, &len, digest, digest_size(a)) <= 0)
		give_up("OpenSSL signs");
	EVP_PKEY_CTX_free(ctx);
	return a->raw ? to_raw(a, sig, len) : len;
}

static int ssl_verifies(const struct algorithm *a, EVP_PKEY *key,
			unsigned char *sig, size_t len)
{
	EVP_PKEY_CTX *ctx = context(a, key, 0);
	int ret;

	if (a->raw)
		len = len == (size_t)a->longest ? from_raw(a, sig) : 0;
	ret = EVP_PKEY_verify(ctx, sig, len, digest, digest_size(a));
	EVP_PKEY_CTX_free(ctx);
	return ret == 1;
}

/* --- the module ----------------------------------------------------------- */

static void parameter(const char *name, char *value, size_t size)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	f = fopen(path, "r");
	if (!f || !fgets(value, size, f))
		give_up("%s", path);
	fclose(f);
}

static void run_algorithm(const struct algorithm *a, EVP_PKEY *key,
			  const unsigned char *token,
			  const unsigned char *other)
{
	char t[100], o[100], d[130], s[HEX_MAX], command[4096];
	unsigned char sig[SIGNATURE_MAX];
	size_t len;

	hex(t, token, 48);
	hex(o, other, 48);
	hex(d, digest, digest_size(a));
	hex(s, sig, ssl_sign(a, key, sig));
	snprintf(command, sizeof(command),
		 "modprobe cryptech_sig 'alg=%s' token=%s other_token=%s "
		 "digest=%s theirs=%s bits=%d longest=%d", a->name, t, o, d, s,
		 a->bits, a->longest);
	run(command);
	take_results("cryptech_sig");
	parameter("signature", s, sizeof(s));
	len = unhex(sig, s);
	point(ssl_verifies(a, key, sig, len), "%s: OpenSSL verifies it",
	      a->name);
	run("rmmod cryptech_sig");
}

static void all_algorithms(int hsm)
{
	size_t i, n = sizeof(algorithms) / sizeof(*algorithms);
	unsigned char token[48], other[48];
	EVP_PKEY *key, *another;

	for (i = 0; i < n; i++) {
		key = new_key(&algorithms[i]);
		load_key(hsm, key, token);
		/* of another family, or curve */
		another = new_key(&algorithms[3 + (i + 1) % 3]);
		load_key(hsm, another, other);
		run_algorithm(&algorithms[i], key, token, other);
		EVP_PKEY_free(key);
		EVP_PKEY_free(another);
	}
}

/* --- who may, and until when ---------------------------------------------- */

/* What setting the token gives who has not CAP_SYS_ADMIN; the module stays. */
static int set_by_other(const unsigned char *token)
{
	char t[100], d[130], command[500], value[16];

	hex(t, token, 48);
	hex(d, digest, 32);
	snprintf(command, sizeof(command),
		 "setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "
		 "modprobe cryptech_sig 'alg=x962(pecdsa-nist-p256)' token=%s "
		 "digest=%s", t, d);
	run(command);
	parameter("set", value, sizeof(value));
	return atoi(value);
}

/* Have the module's key sign once more: 0 or errno. */
static int again(void)
{
	int fd = open(PARAMETERS "again", O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		give_up("again");
	err = write(fd, "1", 1) == 1 ? 0 : errno;
	close(fd);
	return err;
}

static void rights(int hsm)
{
	unsigned char uuid[16], token[48];
	char text[UUID_TEXT];
	long key;

	hsm_generate(hsm, CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_FLAG_TOKEN |
		     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, uuid, text);
	errno = hsm_token(hsm, uuid, token);
	if (errno)
		give_up("TOKEN");
	point_is(set_by_other(token), -EPERM, "who knows a token may not");
	point_is(again(), ENOKEY, "and signs nothing");
	run("rmmod cryptech_sig");
	key = add("cryptech", "right", KEY_SPEC_SESSION_KEYRING, "use %s",
		  text);
	if (key < 0)
		give_up("use");
	point_is(set_by_other(token), 0, "who has a key for it may");
}

/* The module's key is there by right of one in the keyring. */
static void ends(void)
{
	int err, tries = 3000;
	long key = keyctl_search(KEY_SPEC_SESSION_KEYRING, "cryptech", "right",
				 0);

	point_is(again(), 0, "and signs");
	hsm("kill9");
	hsm("start");
	do {
		usleep(10000);
		err = again();
	} while (err == ENODEV && --tries);
	point_is(err, EACCES, "after a restart: not without the login");
	run("cryptech kernel-login -p /tmp/.pin.0");
	point_is(again(), 0, "with it the key goes on");
	if (key < 0 || keyctl_revoke(key))
		give_up("revoke");
	point_is(again(), EKEYREVOKED, "revoked, the key serves no more");
	run("rmmod cryptech_sig");
}

/* A key that is not kept in the HSM is loaded for the module. */
static void sealed(void)
{
	long key = add("cryptech", "sealed", KEY_SPEC_SESSION_KEYRING,
		       "new ec-p256 sealed");
	unsigned char uuid[16], token[48];
	const char *text;
	int i;

	if (key < 0)
		give_up("new sealed: %ld", key);
	text = strrchr(described(key), ' ');
	for (i = 0; text && i < 16; i++) {
		text += strspn(text, " -");
		if (sscanf(text, "%2hhx", &uuid[i]) != 1)
			give_up("no UUID");
		text += 2;
	}
	token_make(token, 1, CRYPTECH_KEY_EC_P256, NULL, uuid, 16);
	point_is(set_by_other(token), 0, "a sealed key may be set");
	point_is(again(), 0, "and signs");
	run("rmmod cryptech_sig");
}

int main(void)
{
	int hsm;

	run("hsm-ready");
	ksft_print_header();
	hsm = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	RAND_bytes(digest, sizeof(digest));
	all_algorithms(hsm);
	rights(hsm);
	ends();
	sealed();
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
