// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "commands.h"
#include "common/cms.h"
#include "common/modsig.h"
#include "common/pin.h"

#define CERT_MAX	(1 << 20)

static const char *out, *hash_name = "sha256", *detached;
static bool replace;

static const struct opt opts[] = {
	OPT_TEXT("hash", 0, "NAME", &hash_name,
		 "sha256 (default), sha384 or sha512"),
	OPT_FLAG("replace", 0, &replace, "replace a signature that is there"),
	OPT_TEXT("out", 'o', "FILE", &out,
		 "write to FILE and leave MODULE as it is"),
	OPT_TEXT("detached", 0, "FILE", &detached,
		 "write the CMS alone to FILE too"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY CERTIFICATE MODULE...",
	.about =
"Sign kernel modules in place, so that a kernel which trusts CERTIFICATE (PEM\n"
"or DER, of KEY; see `cryptech cert`) loads them. Compressed modules have to be\n"
"decompressed first.",
	.opts = opts,
	.args_min = 3,
	.args_max = -1,
};

static X509 *read_cert(const char *path)
{
	struct bytes file;
	X509 *cert;
	BIO *in;

	file_read(path, &file, CERT_MAX);
	in = BIO_new_mem_buf(file.data, file.len);
	cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	if (in && !cert) {
		(void)BIO_reset(in);
		cert = d2i_X509_bio(in, NULL);
	}
	if (!cert)
		fail(EXIT_FAILED, "%s is no certificate", path);
	BIO_free(in);
	bytes_free(&file);
	return cert;
}

/* How much of the file is the module; refuses what is not to be signed. */
static size_t content_of(const struct bytes *file, const char *path)
{
	size_t content;

	switch (modsig_look(file, &content)) {
	case MODSIG_NONE:
		return content;
	case MODSIG_SIGNED:
		if (!replace)
			fail(EXIT_FAILED, "%s is signed already: --replace "
			     "signs it anew", path);
		return content;
	case MODSIG_COMPRESSED:
		fail(EXIT_FAILED, "%s is compressed: run `%s` on it first",
		     path, modsig_decompressor(file));
	case MODSIG_DAMAGED:
		fail(EXIT_FAILED, "the signature at the end of %s is damaged",
		     path);
	default:
		fail(EXIT_FAILED, "%s is no kernel module", path);
	}
}

static void sign_one(struct signer_hsm *s, X509 *cert, uint32_t digest,
		     const char *path)
{
	struct bytes file, cms, signed_file;
	enum signer_result result;
	struct hash hash;
	size_t content;
	int error;

	file_read(path, &file, MODSIG_MODULE_MAX);
	content = content_of(&file, path);
	if (!hash_bytes(&hash, digest, file.data, content))
		fail_openssl("cannot hash %s", path);
	if (!cms_sign(&s->signer, cert, &hash, &cms, &result, &error)) {
		if (result != SIGNER_OK)
			signer_fail(s, result, error);
		fail_openssl("cannot sign %s", path);
	}
	if (!modsig_append(&file, content, &cms, &signed_file))
		fail(EXIT_FAILED, "no memory for %s", path);
	if (detached)
		file_write(detached, cms.data, cms.len);
	file_write(out ? out : path, signed_file.data, signed_file.len);
	bytes_free(&signed_file);
	bytes_free(&cms);
	bytes_free(&file);
}

static uint32_t module_digest(void)
{
	uint32_t digest = hash_number(hash_name);

	/* What kernels check; SHA-1 and SHA-224 are gone or never were. */
	if (digest != CRYPTECH_DIGEST_SHA256 &&
	    digest != CRYPTECH_DIGEST_SHA384 &&
	    digest != CRYPTECH_DIGEST_SHA512)
		fail_usage("kernels take sha256, sha384 and sha512 only");
	return digest;
}

int cmd_sign_module(int argc, char **argv)
{
	struct signer_hsm s;
	uint32_t digest;
	X509 *cert;
	int i;

	options_parse(&syntax, &argc, &argv);
	digest = module_digest();
	if (argc > 3 && (out || detached))
		fail_usage("--out and --detached are for one module");
	cert = read_cert(argv[1]);
	signer_hsm_init(&s, session_login(CRYPTECH_USER_NORMAL), argv[0]);
	if (EVP_PKEY_eq(X509_get0_pubkey(cert), s.signer.public) != 1)
		fail(EXIT_FAILED, "%s is not the certificate of key %s",
		     argv[1], argv[0]);
	for (i = 2; i < argc; i++)
		sign_one(&s, cert, digest, argv[i]);
	X509_free(cert);
	signer_hsm_free(&s);
	cryptech_close(s.hsm);
	return EXIT_OK;
}
