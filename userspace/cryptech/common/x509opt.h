/* SPDX-License-Identifier: MIT */
/* What `cryptech cert` and `cryptech csr` have in common. */
#ifndef TOOL_X509OPT_H
#define TOOL_X509OPT_H

#include "options.h"
#include "pin.h"
#include "session.h"
#include "x509.h"

extern struct x509_options {
	const char *subject, *hash, *out;
	const char *extensions[X509_EXTENSION_COUNT];
	bool der;
} x509_options;

#define OPTION_EXTENSION(name, which, help)				\
	OPT_TEXT(name, 0, "TEXT", &x509_options.extensions[which], help)

#define OPTIONS_X509							\
	OPT_TEXT("subject", 's', "NAME", &x509_options.subject,		\
		 "/O=Example/CN=Name, or a CN alone"),			\
	OPTION_EXTENSION("subject-alt-name", X509_SUBJECT_ALT_NAME,	\
			 "as in DNS:example.org,IP:192.0.2.1"),		\
	OPTION_EXTENSION("key-usage", X509_KEY_USAGE,			\
			 "as in critical,digitalSignature"),		\
	OPTION_EXTENSION("extended-key-usage", X509_EXTENDED_KEY_USAGE,	\
			 "as in serverAuth"),				\
	OPTION_EXTENSION("basic-constraints", X509_BASIC_CONSTRAINTS,	\
			 "as in critical,CA:TRUE"),			\
	OPT_TEXT("hash", 0, "NAME", &x509_options.hash,			\
		 "hash (default: sha256)"),				\
	OPT_TEXT("out", 'o', "FILE", &x509_options.out, "write to FILE"), \
	OPT_FLAG("der", 0, &x509_options.der, "write DER, not PEM"),	\
	OPTIONS_LOGIN

/* What the options wish, but for the subject; a usage error if it cannot be. */
void x509_options_wish(struct x509_wish *wish);

/* Log in, find the key, and name it as --subject, its label or its UUID does. */
void x509_options_signer(struct signer_hsm *s, const char *name,
			 struct x509_wish *wish);

/* Log out, and write: @der as it is or as PEM of that name. */
void x509_options_write(struct signer_hsm *s, const char *pem,
			const uint8_t *der, int len);

#endif /* TOOL_X509OPT_H */
