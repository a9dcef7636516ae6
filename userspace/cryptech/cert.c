// SPDX-License-Identifier: MIT
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "commands.h"
#include "common/file.h"
#include "common/pin.h"
#include "common/x509.h"

#define DAYS_MAX	36500

static const char *out, *hash_name = "sha256", *days = "3650", *subject;
static bool der;

static const struct opt opts[] = {
	OPT_TEXT("subject", 's', "NAME", &subject,
		 "/O=Example/CN=Modules, or a CN alone"),
	OPT_TEXT("days", 0, "N", &days, "valid so long (default: 3650)"),
	OPT_TEXT("hash", 0, "NAME", &hash_name, "hash (default: sha256)"),
	OPT_TEXT("out", 'o', "FILE", &out, "write to FILE"),
	OPT_FLAG("der", 0, &der, "write DER, not PEM"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY",
	.about =
"Make a self-signed certificate for a key, signed in the HSM, such as kernel\n"
"and UEFI take it for module signatures. Without --subject the label, or else\n"
"the UUID, is the common name.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

static void write_cert(X509 *cert)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *data;
	long len;

	if (!memory || !(der ? i2d_X509_bio(memory, cert) :
			       PEM_write_bio_X509(memory, cert)))
		fail_openssl("cannot encode the certificate");
	len = BIO_get_mem_data(memory, &data);
	if (der)
		file_write_binary(out, data, len);
	else
		file_write(out ? out : "-", data, len);
	BIO_free(memory);
}

int cmd_cert(int argc, char **argv)
{
	struct x509_wish wish = { 0 };
	char uuid[CRYPTECH_UUID_TEXT];
	enum signer_result result;
	struct signer_hsm s;
	X509_NAME *name;
	X509 *cert;
	int error;

	options_parse(&syntax, &argc, &argv);
	wish.digest = hash_number(hash_name);
	wish.days = options_number("--days", days, 1, DAYS_MAX);
	if (subject && !(name = x509_name(subject)))
		fail_usage("cannot make a name of %s", subject);
	else if (subject)
		X509_NAME_free(name);
	signer_hsm_init(&s, session_login(CRYPTECH_USER_NORMAL), argv[0]);
	wish.subject = subject ? subject :
		s.key.label_len && s.key.label[0] != '/' ? s.key.label :
		cryptech_uuid_format(s.key.uuid, uuid);
	cert = x509_self_signed(&s.signer, &wish, &result, &error);
	if (!cert && result != SIGNER_OK)
		signer_fail(&s, result, error);
	if (!cert)
		fail_openssl("cannot make the certificate");
	write_cert(cert);
	X509_free(cert);
	signer_hsm_free(&s);
	cryptech_close(s.hsm);
	return EXIT_OK;
}
