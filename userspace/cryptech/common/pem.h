/* SPDX-License-Identifier: MIT */
/* Keys from files that other programs wrote. */
#ifndef TOOL_PEM_H
#define TOOL_PEM_H

#include "file.h"

/* Asked for the passphrase of an encrypted key: returns its length or -1. */
typedef int pem_passphrase(char *buffer, int size, int writing, void *context);

/*
 * The first key in PEM text as DER: a private key (PKCS#8, also encrypted, or
 * the older forms of RSA and EC keys) as PKCS#8 PrivateKeyInfo, else a public
 * key as SubjectPublicKeyInfo, unchecked. False: there is none, or it does not open.
 * @der is to be freed by bytes_free().
 */
bool pem_key(const struct bytes *pem, pem_passphrase *passphrase,
	     struct bytes *der);

#endif /* TOOL_PEM_H */
