/* SPDX-License-Identifier: MIT */
/* Certificates that sign themselves, and requests for others. */
#ifndef TOOL_X509_H
#define TOOL_X509_H

#include "signer.h"

/* Extensions that can be wished for, in the words of x509v3_config(5). */
enum x509_extension {
	X509_BASIC_CONSTRAINTS, X509_KEY_USAGE, X509_EXTENDED_KEY_USAGE,
	X509_SUBJECT_ALT_NAME, X509_EXTENSION_COUNT
};

struct x509_wish {
	const char *subject;	/* "/O=Example/CN=Modules", or a CN alone */
	unsigned int days;	/* valid from now; not for requests */
	uint32_t digest;
	const char *extensions[X509_EXTENSION_COUNT];	/* NULL: none */
};

/* Its name, as OpenSSL has it. */
const char *x509_extension_name(enum x509_extension i);

/* Is the text one for that extension? */
bool x509_extension_check(enum x509_extension i, const char *text);

/*
 * Parse a subject. "/" separates attributes, "\" takes the next character as
 * it is; text that does not begin with "/" is a common name. NULL: an
 * attribute that is not known, or empty.
 */
X509_NAME *x509_name(const char *subject);

/*
 * Make a certificate (RFC 5280, version 3) with the extensions that kernel
 * and UEFI expect of a module signer: no CA, digital signature only (both unless
 * the wish has others), subject and authority key identifiers. NULL: *result and *error say why;
 * SIGNER_OK there means that libcrypto failed.
 */
X509 *x509_self_signed(const struct signer *signer,
		       const struct x509_wish *wish,
		       enum signer_result *result, int *error);

/* Ask for one: a request (PKCS #10, RFC 2986). NULL as above. */
X509_REQ *x509_request(const struct signer *signer,
		       const struct x509_wish *wish,
		       enum signer_result *result, int *error);

#endif /* TOOL_X509_H */
