// SPDX-License-Identifier: MIT
/*
 * Certificates and module signatures, made with software keys in the HSM's
 * place and judged by openssl, modinfo and the kernel's own sign-file.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "../../firmware/tests/tap.h"
#include "../cryptech/common/cms.h"
#include "../cryptech/common/ecdsa.h"
#include "../cryptech/common/modsig.h"
#include "../cryptech/common/x509.h"

static char folder[] = "/tmp/cryptech-test-XXXXXX";

/* Run a command line in the folder; its output becomes comments. */
static int shell(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static int shell(const char *format, ...)
{
	char command[1024], line[1200];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fflush(stdout);
	snprintf(line, sizeof(line), "cd %s && { %s; } >log 2>&1", folder,
		 command);
	status = system(line);
	if (status) {
		printf("# status %d: %s\n", WEXITSTATUS(status), command);
		fflush(stdout);
		snprintf(line, sizeof(line), "sed 's/^/# /' %s/log", folder);
		if (system(line) < 0)
			printf("# and no log\n");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *in_folder(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* --- a signer in software, with the HSM's forms -------------------------- */

struct soft {
	struct signer signer;
	EVP_PKEY *key;
	unsigned int flip;	/* the byte to falsify, 0: none */
	int error;		/* to answer instead */
};

static int soft_sign(void *context, const struct hash *hash, uint8_t *sig,
		     size_t *sig_len)
{
	struct soft *soft = context;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(soft->key, NULL);
	uint8_t der[CRYPTECH_SIGNATURE_MAX];
	size_t len = sizeof(der), width;
	bool good;

	if (soft->error)
		return EVP_PKEY_CTX_free(ctx), soft->error;
	good = ctx && EVP_PKEY_sign_init(ctx) > 0 &&
		EVP_PKEY_CTX_set_signature_md(ctx,
					      hash_method(hash->digest)) > 0 &&
		EVP_PKEY_sign(ctx, der, &len, hash->value, hash->len) > 0;
	EVP_PKEY_CTX_free(ctx);
	if (!good)
		return -EIO;
	if (EVP_PKEY_is_a(soft->key, "RSA")) {
		memcpy(sig, der, len);
		*sig_len = len;
	} else {
		width = ecdsa_width(EVP_PKEY_get_bits(soft->key));
		if (!ecdsa_from_der(der, len, sig, width))
			return -EIO;
		*sig_len = 2 * width;
	}
	if (soft->flip)
		sig[soft->flip] ^= 1;
	return 0;
}

static const char *const types[] = {
	"rsa2048", "rsa3072", "ec-P-256", "ec-P-384", "ec-P-521",
};
static const uint32_t digests[] = {
	CRYPTECH_DIGEST_SHA256, CRYPTECH_DIGEST_SHA384, CRYPTECH_DIGEST_SHA512,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One key of each type for all tests: large ones take their time. */
static EVP_PKEY *keys[COUNT(types)];

static EVP_PKEY *key_of(const char *type)
{
	size_t i;

	for (i = 0; strcmp(types[i], type); i++)
		;
	if (!keys[i])
		keys[i] = !strncmp(type, "rsa", 3) ?
			EVP_RSA_gen(strtoul(type + 3, NULL, 10)) :
			EVP_EC_gen(type + 3);
	if (!keys[i])
		abort();
	return keys[i];
}

static void soft_init(struct soft *soft, const char *type)
{
	uint8_t *spki = NULL;
	const uint8_t *next;
	int len;

	memset(soft, 0, sizeof(*soft));
	soft->key = key_of(type);
	/* The signer gets the public half only. */
	len = i2d_PUBKEY(soft->key, &spki);
	next = spki;
	soft->signer.public = d2i_PUBKEY(NULL, &next, len);
	OPENSSL_free(spki);
	soft->signer.sign = soft_sign;
	soft->signer.context = soft;
}

static void soft_free(struct soft *soft)
{
	EVP_PKEY_free(soft->signer.public);
}

/* --- certificates and messages -------------------------------------------- */

static void ecdsa_forms(void)
{
	/* r = 1, s = 2^255: one short number, one that needs a leading zero */
	uint8_t raw[64] = { [31] = 1, [32] = 0x80 };
	uint8_t der[80], back[64];
	size_t len = sizeof(der);

	REQUIRE(ecdsa_to_der(raw, 32, der, &len));
	EXPECT_EQ(len, 40);
	EXPECT_MEM(der, ((uint8_t[]){ 0x30, 0x26, 2, 1, 1, 2, 0x21, 0, 0x80,
				      0 }), 10);
	EXPECT(ecdsa_from_der(der, len, back, 32));
	EXPECT_MEM(back, raw, 64);
	len = 39;
	EXPECT(!ecdsa_to_der(raw, 32, der, &len));
}

static void ecdsa_malformed(void)
{
	static const struct {
		uint8_t der[16];
		size_t len;
	} bad[] = {
		{ { 0x30, 0x06, 2, 1, 1, 2, 1, 2, 0 }, 9 },	/* trailing */
		{ { 0x30, 0x06, 2, 1, 1, 2, 1 }, 7 },		/* cut */
		{ { 0x30, 0x07, 2, 2, 0, 1, 2, 1, 2 }, 9 },	/* padded */
		{ { 0x30, 0x06, 2, 1, 0x81, 2, 1, 2 }, 8 },	/* negative */
		{ { 0x30, 0x81, 0x06, 2, 1, 1, 2, 1, 2 }, 9 },	/* long form */
		{ { 0x30, 0x80, 2, 1, 1, 2, 1, 2, 0, 0 }, 10 },	/* BER */
		{ { 0x31, 0x06, 2, 1, 1, 2, 1, 2 }, 8 },	/* a set */
		{ { 0x30, 0x0a, 2, 3, 1, 2, 3, 2, 3, 1, 2, 3 }, 12 }, /* wide */
		{ { 0 }, 0 },
	};
	static const uint8_t good[] = { 0x30, 0x06, 2, 1, 1, 2, 1, 2 };
	uint8_t raw[4];
	size_t i;

	EXPECT(ecdsa_from_der(good, sizeof(good), raw, 2));
	EXPECT_MEM(raw, "\0\1\0\2", 4);
	for (i = 0; i < COUNT(bad); i++)
		if (!EXPECT(!ecdsa_from_der(bad[i].der, bad[i].len, raw, 2)))
			printf("# number %zu\n", i);
}

static X509 *make_cert(struct soft *soft, uint32_t digest, const char *subject)
{
	struct x509_wish wish = { subject, 30, digest };
	enum signer_result result;
	X509 *cert;
	FILE *out;
	int error;

	cert = x509_self_signed(&soft->signer, &wish, &result, &error);
	if (!cert)
		return NULL;
	out = fopen(in_folder("cert.pem"), "w");
	PEM_write_X509(out, cert);
	fclose(out);
	return cert;
}

static void certificates(void)
{
	struct soft soft;
	size_t i, j;
	X509 *cert;

	for (i = 0; i < COUNT(types); i++) {
		soft_init(&soft, types[i]);
		for (j = 0; j < COUNT(digests); j++) {
			cert = make_cert(&soft, digests[j], "Module signer");
			if (!EXPECT(cert))
				continue;
			EXPECT_EQ(shell("openssl verify -x509_strict "
					"-check_ss_sig -CAfile cert.pem "
					"cert.pem"), 0);
			EXPECT_EQ(shell("openssl x509 -in cert.pem -noout "
					"-text | grep -i 'signature alg.*%s'",
					cryptech_digest_name(digests[j])), 0);
			X509_free(cert);
		}
		soft_free(&soft);
	}
}

static void certificate_contents(void)
{
	static const char *const lines[] = {
		"Version: 3", "CA:FALSE", "Digital Signature",
		"X509v3 Subject Key Identifier", "X509v3 Authority Key Id",
		"Subject: O = A/B, CN = K", "Issuer: O = A/B, CN = K",
	};
	struct soft soft;
	X509 *cert;
	size_t i;

	soft_init(&soft, "ec-P-256");
	cert = make_cert(&soft, CRYPTECH_DIGEST_SHA256, "/O=A\\/B/CN=K");
	REQUIRE(cert);
	for (i = 0; i < COUNT(lines); i++)
		EXPECT_EQ(shell("openssl x509 -in cert.pem -noout -text | "
				"grep '%s'", lines[i]), 0);
	/* Both key identifiers are there, and the same. */
	EXPECT_EQ(shell("for e in subject authority; do openssl x509 -noout "
			"-in cert.pem -ext ${e}KeyIdentifier | tail -n +2 | "
			"tr -d ' ' | grep -E '^([0-9A-F]{2}:){19}' >$e || "
			"exit 1; done; cmp subject authority"), 0);
	X509_free(cert);
	soft_free(&soft);
}

static void subjects(void)
{
	static const char *const bad[] = {
		"", "/", "/CN", "/CN=", "/=x", "/Nonsense=x", "/CN=a//O=b",
	};
	X509_NAME *name;
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		name = x509_name(bad[i]);
		if (!EXPECT(!name))
			printf("# %s\n", bad[i]);
		X509_NAME_free(name);
	}
}

/* A certificate made from a signature that is wrong must not come out. */
static void wrong_signatures(void)
{
	struct x509_wish wish = { "x", 1, CRYPTECH_DIGEST_SHA256 };
	enum signer_result result;
	struct soft soft;
	size_t i;
	int error;

	for (i = 0; i < COUNT(types); i++) {
		soft_init(&soft, types[i]);
		soft.flip = 20;
		EXPECT(!x509_self_signed(&soft.signer, &wish, &result,
					 &error));
		EXPECT_EQ(result, SIGNER_WRONG);
		soft.error = -EACCES;
		EXPECT(!x509_self_signed(&soft.signer, &wish, &result,
					 &error));
		EXPECT_EQ(result, SIGNER_CALL);
		EXPECT_EQ(error, -EACCES);
		soft_free(&soft);
	}
}

/* Sign in_folder("content") into in_folder("sig.der"). */
static bool sign_content(struct soft *soft, X509 *cert, uint32_t digest,
			 const struct bytes *content, struct bytes *cms)
{
	enum signer_result result;
	struct hash hash;
	int error;

	return hash_bytes(&hash, digest, content->data, content->len) &&
		cms_sign(&soft->signer, cert, &hash, cms, &result, &error) &&
		!file_save(in_folder("sig.der"), cms->data, cms->len);
}

#define CMS_VERIFY "openssl cms -verify -binary -inform DER -in sig.der " \
	"-certfile cert.pem -CAfile cert.pem -out out -content "

static void messages(void)
{
	uint8_t data[5000];
	struct bytes content = { data, sizeof(data) }, cms;
	struct soft soft;
	size_t i, j;
	X509 *cert;

	memset(data, 'm', sizeof(data));
	EXPECT_EQ(file_save(in_folder("content"), data, sizeof(data)), 0);
	EXPECT_EQ(file_save(in_folder("other"), data, sizeof(data) - 1), 0);
	for (i = 0; i < COUNT(types); i++) {
		soft_init(&soft, types[i]);
		cert = make_cert(&soft, CRYPTECH_DIGEST_SHA256, "Signer");
		for (j = 0; j < COUNT(digests); j++) {
			if (!EXPECT(sign_content(&soft, cert, digests[j],
						 &content, &cms)))
				continue;
			EXPECT_EQ(shell(CMS_VERIFY "content"), 0);
			EXPECT_EQ(shell("! " CMS_VERIFY "other"), 0);
			bytes_free(&cms);
		}
		X509_free(cert);
		soft_free(&soft);
	}
}

/* No certificates, no signed attributes, version 1, issuer and serial. */
static void message_contents(void)
{
	uint8_t data[10] = { 0 };
	struct bytes content = { data, sizeof(data) }, cms;
	struct soft soft;
	X509 *cert;

	soft_init(&soft, "ec-P-384");
	cert = make_cert(&soft, CRYPTECH_DIGEST_SHA384, "Signer");
	REQUIRE(sign_content(&soft, cert, CRYPTECH_DIGEST_SHA384, &content,
			     &cms));
	EXPECT_EQ(shell("openssl cms -cmsout -print -inform DER -in sig.der "
			">text"), 0);
	EXPECT_EQ(shell("grep -A1 signedAttrs text | grep ABSENT"), 0);
	EXPECT_EQ(shell("grep -A1 certificates text | grep ABSENT"), 0);
	EXPECT_EQ(shell("grep 'eContent: <ABSENT>' text"), 0);
	EXPECT_EQ(shell("grep issuerAndSerialNumber text"), 0);
	EXPECT_EQ(shell("test `grep -c 'version: 1' text` = 2"), 0);
	EXPECT_EQ(shell("grep ecdsa-with-SHA384 text"), 0);
	bytes_free(&cms);
	X509_free(cert);
	soft_free(&soft);
}

/* --- modules -------------------------------------------------------------- */

/* A relocatable object that modinfo can read. */
static bool make_module(struct bytes *module)
{
	return !shell("printf 'const char i[] __attribute__((section("
		      "\".modinfo\"))) = \"license=GPL\";' >m.c && "
		      "gcc -c m.c -o m.ko") &&
		!file_load(in_folder("m.ko"), module, 1 << 20);
}

static void append_and_look(void)
{
	struct bytes module, cms = { (uint8_t *)"CMS!", 4 }, out, again;
	size_t content;

	REQUIRE(make_module(&module));
	EXPECT_EQ(modsig_look(&module, &content), MODSIG_NONE);
	EXPECT_EQ(content, module.len);
	REQUIRE(modsig_append(&module, content, &cms, &out));
	EXPECT_EQ(out.len, module.len + 4 + 12 + 28);
	EXPECT_MEM(out.data, module.data, module.len);
	EXPECT_MEM(out.data + module.len,
		   "CMS!\0\0\2\0\0\0\0\0\0\0\0\4~Module signature appended~\n",
		   4 + 12 + 28);
	EXPECT_EQ(modsig_look(&out, &content), MODSIG_SIGNED);
	EXPECT_EQ(content, module.len);
	REQUIRE(modsig_append(&out, content, &cms, &again));
	EXPECT_EQ(again.len, out.len);
	bytes_free(&again);
	/* Signed twice over: only the last is taken off. */
	REQUIRE(modsig_append(&out, out.len, &cms, &again));
	EXPECT_EQ(modsig_look(&again, &content), MODSIG_SIGNED);
	EXPECT_EQ(content, out.len);
	bytes_free(&again);
	bytes_free(&out);
	bytes_free(&module);
}

static void lying_signatures(void)
{
	struct bytes module, cms = { (uint8_t *)"CMS!", 4 }, out;
	size_t content, at;

	REQUIRE(make_module(&module));
	REQUIRE(modsig_append(&module, module.len, &cms, &out));
	at = out.len - 28 - 4;	/* the length, big endian */
	out.data[at] = 0xff;
	EXPECT_EQ(modsig_look(&out, &content), MODSIG_DAMAGED);
	memcpy(out.data + at, "\0\0\0\0", 4);
	EXPECT_EQ(modsig_look(&out, &content), MODSIG_DAMAGED);
	out.data[at + 3] = 4;
	EXPECT_EQ(modsig_look(&out, &content), MODSIG_SIGNED);
	out.data[at - 6] = 1;	/* not PKCS#7 */
	EXPECT_EQ(modsig_look(&out, &content), MODSIG_DAMAGED);
	bytes_free(&out);
	bytes_free(&module);
}

static void not_modules(void)
{
	static const char *const packed[] = { "xz -k", "gzip -k" };
	struct bytes module, file;
	size_t content, i;

	REQUIRE(make_module(&module));
	for (i = 0; i < COUNT(packed); i++) {
		EXPECT_EQ(shell("%s -c m.ko >packed", packed[i]), 0);
		REQUIRE(!file_load(in_folder("packed"), &file, 1 << 20));
		EXPECT_EQ(modsig_look(&file, &content), MODSIG_COMPRESSED);
		EXPECT(!strncmp(modsig_decompressor(&file), packed[i], 2));
		bytes_free(&file);
	}
	module.data[16] = 2;	/* ET_EXEC */
	EXPECT_EQ(modsig_look(&module, &content), MODSIG_NO_MODULE);
	module.data[0] = 0;
	EXPECT_EQ(modsig_look(&module, &content), MODSIG_NO_MODULE);
	bytes_free(&module);
	EXPECT_EQ(modsig_look(&module, &content), MODSIG_NO_MODULE);
}

static void modinfo_reads_it(void)
{
	struct bytes module, cms, out;
	struct soft soft;
	X509 *cert;

	REQUIRE(make_module(&module));
	soft_init(&soft, "rsa2048");
	cert = make_cert(&soft, CRYPTECH_DIGEST_SHA512, "Kernel friend");
	REQUIRE(sign_content(&soft, cert, CRYPTECH_DIGEST_SHA512, &module,
			     &cms));
	REQUIRE(modsig_append(&module, module.len, &cms, &out));
	EXPECT_EQ(file_save(in_folder("m.ko"), out.data, out.len), 0);
	EXPECT_EQ(shell("PATH=$PATH:/sbin:/usr/sbin modinfo ./m.ko >info"), 0);
	EXPECT_EQ(shell("grep 'sig_id: *PKCS#7' info"), 0);
	EXPECT_EQ(shell("grep 'signer: *Kernel friend' info"), 0);
	EXPECT_EQ(shell("grep 'sig_hashalgo: *sha512' info"), 0);
	bytes_free(&out);
	bytes_free(&cms);
	bytes_free(&module);
	X509_free(cert);
	soft_free(&soft);
}

/* RSA signatures are deterministic: byte for byte what the kernel's own
 * sign-file makes of the same key, certificate and module. */
static const char *find_sign_file(void)
{
	static char path[512];
	const char *cache = getenv("XDG_CACHE_HOME");

	snprintf(path, sizeof(path), "%s%s/cryptech/kernels/6.12/build/scripts/"
		 "sign-file", cache ?: getenv("HOME"), cache ? "" : "/.cache");
	return access(path, X_OK) ? NULL : path;
}

static void as_sign_file(void)
{
	const char *sign_file = find_sign_file();
	struct bytes module, cms, out, theirs;
	struct soft soft;
	size_t i;
	X509 *cert;
	FILE *key;

	REQUIRE(sign_file);	/* scripts/setup brings it */
	REQUIRE(make_module(&module));
	soft_init(&soft, "rsa3072");
	cert = make_cert(&soft, CRYPTECH_DIGEST_SHA256, "/O=o/CN=c");
	key = fopen(in_folder("key.pem"), "w");
	PEM_write_PrivateKey(key, soft.key, NULL, NULL, 0, NULL, NULL);
	fclose(key);
	for (i = 0; i < COUNT(digests); i++) {
		EXPECT_EQ(shell("%s %s key.pem cert.pem m.ko theirs.ko",
				sign_file, cryptech_digest_name(digests[i])),
			  0);
		REQUIRE(!file_load(in_folder("theirs.ko"), &theirs, 1 << 20));
		REQUIRE(sign_content(&soft, cert, digests[i], &module, &cms));
		REQUIRE(modsig_append(&module, module.len, &cms, &out));
		EXPECT_EQ(out.len, theirs.len);
		EXPECT(out.len == theirs.len &&
		       !memcmp(out.data, theirs.data, out.len));
		bytes_free(&out);
		bytes_free(&cms);
		bytes_free(&theirs);
	}
	bytes_free(&module);
	X509_free(cert);
	soft_free(&soft);
}

int main(void)
{
	size_t i;

	if (!mkdtemp(folder))
		return 1;
	RUN(ecdsa_forms);
	RUN(ecdsa_malformed);
	RUN(certificates);
	RUN(certificate_contents);
	RUN(subjects);
	RUN(wrong_signatures);
	RUN(messages);
	RUN(message_contents);
	RUN(append_and_look);
	RUN(lying_signatures);
	RUN(not_modules);
	RUN(modinfo_reads_it);
	RUN(as_sign_file);
	for (i = 0; i < COUNT(keys); i++)
		EVP_PKEY_free(keys[i]);
	if (!shell("rm -f *") && rmdir(folder))
		printf("# cannot remove %s\n", folder);
	return tap_done();
}
