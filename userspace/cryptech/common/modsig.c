// SPDX-License-Identifier: MIT
#include <elf.h>
#include <endian.h>
#include <string.h>

#include <openssl/crypto.h>

#include "modsig.h"

#define ID_TYPE_PKCS7	2	/* PKEY_ID_PKCS7 */

/*
 * struct module_signature: u8 algo, hash, id_type, signer_len, key_id_len,
 * pad[3], be32 sig_len. With CMS all but id_type and sig_len are zero.
 */
enum { AT_ID_TYPE = 2, AT_SIG_LEN = 8 };

static const struct {
	uint8_t magic[6];
	size_t len;
	const char *program;
} compressors[] = {
	{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, "xz -d" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, "zstd -d" },
	{ { 0x1f, 0x8b }, 2, "gzip -d" },
};

const char *modsig_decompressor(const struct bytes *file)
{
	size_t i;

	for (i = 0; i < sizeof(compressors) / sizeof(compressors[0]); i++)
		if (file->len >= compressors[i].len &&
		    !memcmp(file->data, compressors[i].magic,
			    compressors[i].len))
			return compressors[i].program;
	return NULL;
}

/* A relocatable ELF object of either width and byte order? */
static bool is_module(const struct bytes *file)
{
	uint16_t type;

	if (file->len < sizeof(Elf32_Ehdr) ||
	    memcmp(file->data, ELFMAG, SELFMAG))
		return false;
	memcpy(&type, file->data + EI_NIDENT, sizeof(type));
	type = file->data[EI_DATA] == ELFDATA2MSB ? be16toh(type) :
						    le16toh(type);
	return type == ET_REL;
}

enum modsig_kind modsig_look(const struct bytes *file, size_t *content)
{
	size_t left = file->len;
	const uint8_t *info;
	uint32_t sig_len;

	*content = left;
	if (modsig_decompressor(file))
		return MODSIG_COMPRESSED;
	if (!is_module(file))
		return MODSIG_NO_MODULE;
	if (left < MODSIG_MAGIC_LEN ||
	    memcmp(file->data + left - MODSIG_MAGIC_LEN, MODSIG_MAGIC,
		   MODSIG_MAGIC_LEN))
		return MODSIG_NONE;
	left -= MODSIG_MAGIC_LEN;
	if (left < MODSIG_INFO_LEN)
		return MODSIG_DAMAGED;
	left -= MODSIG_INFO_LEN;
	info = file->data + left;
	memcpy(&sig_len, info + AT_SIG_LEN, sizeof(sig_len));
	sig_len = be32toh(sig_len);
	if (info[AT_ID_TYPE] != ID_TYPE_PKCS7 || !sig_len || sig_len >= left)
		return MODSIG_DAMAGED;
	*content = left - sig_len;
	return MODSIG_SIGNED;
}

bool modsig_append(const struct bytes *file, size_t content,
		   const struct bytes *cms, struct bytes *out)
{
	uint8_t info[MODSIG_INFO_LEN] = { [AT_ID_TYPE] = ID_TYPE_PKCS7 };
	uint32_t sig_len = htobe32(cms->len);
	uint8_t *next;

	if (cms->len > UINT32_MAX)
		return false;
	memcpy(info + AT_SIG_LEN, &sig_len, sizeof(sig_len));
	out->len = content + cms->len + sizeof(info) + MODSIG_MAGIC_LEN;
	out->data = OPENSSL_malloc(out->len);
	if (!out->data)
		return false;
	next = out->data;
	next = mempcpy(next, file->data, content);
	next = mempcpy(next, cms->data, cms->len);
	next = mempcpy(next, info, sizeof(info));
	memcpy(next, MODSIG_MAGIC, MODSIG_MAGIC_LEN);
	return true;
}
