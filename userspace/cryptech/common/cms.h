/* SPDX-License-Identifier: MIT */
/* CMS SignedData (RFC 5652), just as the kernel's module loader takes it. */
#ifndef TOOL_CMS_H
#define TOOL_CMS_H

#include "file.h"
#include "signer.h"

/*
 * Sign content whose hash is @hash: detached, no certificates, no signed
 * attributes (so the signature is over the content itself), one signer named
 * by issuer and serial number of @cert. @der is to be freed by bytes_free().
 * On failure *result and *error say why, SIGNER_OK meaning libcrypto.
 */
bool cms_sign(const struct signer *signer, X509 *cert, const struct hash *hash,
	      struct bytes *der, enum signer_result *result, int *error);

#endif /* TOOL_CMS_H */
