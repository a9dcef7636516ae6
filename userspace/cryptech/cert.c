// SPDX-License-Identifier: MIT
#include <openssl/pem.h>

#include "commands.h"
#include "common/x509opt.h"

#define DAYS_MAX	36500

static const char *days = "3650";

static const struct opt opts[] = {
	OPT_TEXT("days", 0, "N", &days, "valid so long (default: 3650)"),
	OPTIONS_X509,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY",
	.about =
"Make a self-signed certificate for a key, signed in the HSM; without options\n"
"such as kernel and UEFI take it for module signatures. Without --subject the\n"
"label, or else the UUID, is the common name.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

int cmd_cert(int argc, char **argv)
{
	struct x509_wish wish = { 0 };
	enum signer_result result;
	struct signer_hsm s;
	uint8_t *der = NULL;
	int error, len;
	X509 *cert;

	options_parse(&syntax, &argc, &argv);
	wish.days = options_number("--days", days, 1, DAYS_MAX);
	x509_options_wish(&wish);
	x509_options_signer(&s, argv[0], &wish);
	cert = x509_self_signed(&s.signer, &wish, &result, &error);
	if (!cert && result != SIGNER_OK)
		signer_fail(&s, result, error);
	len = cert ? i2d_X509(cert, &der) : -1;
	if (len < 0)
		fail_openssl("cannot make the certificate");
	x509_options_write(&s, PEM_STRING_X509, der, len);
	OPENSSL_free(der);
	X509_free(cert);
	return EXIT_OK;
}
