/* SPDX-License-Identifier: MIT */
/* What encrypt and decrypt have in common. */
#ifndef TOOL_CIPHER_H
#define TOOL_CIPHER_H

#include "file.h"
#include "../../libcryptech/libcryptech.h"

#define CIPHER_BLOCK	16
#define CIPHER_FILE_MAX	(1u << 30)

/*
 * The mode of the key, CRYPTECH_MODE_*; other kinds of keys, and XTS, end the
 * process.
 */
uint32_t cipher_mode(const struct cryptech_key *key);

/* Bytes of the IV that begins an encrypted file, and of the tag at its end. */
size_t cipher_iv_size(uint32_t mode);
size_t cipher_tag_size(uint32_t mode);

/* Does the mode encrypt whole blocks, so that the tool pads (PKCS#7)? */
bool cipher_pads(uint32_t mode);

/* What is authenticated besides, from a file; NULL: nothing. */
void cipher_read_aad(const char *path, uint32_t mode, struct bytes *aad);

#endif /* TOOL_CIPHER_H */
