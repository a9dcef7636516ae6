/* SPDX-License-Identifier: MIT */
/*
 * libhal's soft KEKEK: an RSA key pair of this computer, its private half under
 * a passphrase in the file of keys. Whoever has file and passphrase has the
 * keys; it is there for files that exist, and for who asks for it by name.
 */
#ifndef TOOL_SOFTKEKEK_H
#define TOOL_SOFTKEKEK_H

#include <jansson.h>

#include "file.h"

#define SOFTKEKEK_SALT		16
#define SOFTKEKEK_ITERATIONS	8000	/* libhal's; fixed by its form */

/* Is the KEKEK in this file of libhal's form a soft one? */
bool softkekek_is(const json_t *root);

/*
 * Make one of @bits bits: puts kekek_pubkey, kekek_pkcs8 and kekek_salt into
 * @root. False: libcrypto failed.
 */
bool softkekek_make(json_t *root, unsigned int bits, const char *passphrase,
		    size_t passphrase_len);

/* Its PKCS#8 PrivateKeyInfo; false: another passphrase, or damaged. */
bool softkekek_open(const json_t *root, const char *passphrase,
		    size_t passphrase_len, struct bytes *pkcs8);

#endif /* TOOL_SOFTKEKEK_H */
