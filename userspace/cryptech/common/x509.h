/* SPDX-License-Identifier: MIT */
/* Self-signed certificates for keys that sign modules. */
#ifndef TOOL_X509_H
#define TOOL_X509_H

#include "signer.h"

struct x509_wish {
	const char *subject;	/* "/O=Example/CN=Modules", or a CN alone */
	unsigned int days;	/* valid from now */
	uint32_t digest;
};

/*
 * Parse a subject. "/" separates attributes, "\" takes the next character as
 * it is; text that does not begin with "/" is a common name. NULL: an
 * attribute that is not known, or empty.
 */
X509_NAME *x509_name(const char *subject);

/*
 * Make a certificate (RFC 5280, version 3) with the extensions that kernel
 * and UEFI expect of a module signer: no CA, digital signature only, subject
 * and authority key identifiers. NULL: *result and *error say why;
 * SIGNER_OK there means that libcrypto failed.
 */
X509 *x509_self_signed(const struct signer *signer,
		       const struct x509_wish *wish,
		       enum signer_result *result, int *error);

#endif /* TOOL_X509_H */
