// SPDX-License-Identifier: MIT
#include <openssl/pem.h>

#include "commands.h"
#include "common/x509opt.h"

static const struct opt opts[] = {
	OPTIONS_X509,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY",
	.about =
"Make a request for a certificate for a key (PKCS #10), signed in the HSM, for\n"
"whoever issues certificates. Without --subject the label, or else the UUID, is\n"
"the common name. What is wished besides is in the words of OpenSSL.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

int cmd_csr(int argc, char **argv)
{
	struct x509_wish wish = { 0 };
	enum signer_result result;
	struct signer_hsm s;
	uint8_t *der = NULL;
	int error, len;
	X509_REQ *req;

	options_parse(&syntax, &argc, &argv);
	x509_options_wish(&wish);
	x509_options_signer(&s, argv[0], &wish);
	req = x509_request(&s.signer, &wish, &result, &error);
	if (!req && result != SIGNER_OK)
		signer_fail(&s, result, error);
	len = req ? i2d_X509_REQ(req, &der) : -1;
	if (len < 0)
		fail_openssl("cannot make the request");
	x509_options_write(&s, PEM_STRING_X509_REQ, der, len);
	OPENSSL_free(der);
	X509_REQ_free(req);
	return EXIT_OK;
}
