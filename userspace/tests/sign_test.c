// SPDX-License-Identifier: MIT
/*
 * Module signatures, made with software keys in the HSM's place and judged by
 * openssl, modinfo and the kernel's own sign-file.
 */
#include "soft.h"

#include "../cryptech/common/cms.h"
#include "../cryptech/common/modsig.h"

/* --- messages ------------------------------------------------------------- */

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
	soft_begin();
	RUN(ecdsa_forms);
	RUN(ecdsa_malformed);
	RUN(messages);
	RUN(message_contents);
	RUN(append_and_look);
	RUN(lying_signatures);
	RUN(not_modules);
	RUN(modinfo_reads_it);
	RUN(as_sign_file);
	soft_end();
	return tap_done();
}
