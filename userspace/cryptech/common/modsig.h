/* SPDX-License-Identifier: MIT */
/*
 * Signatures at the end of kernel modules: CMS, struct module_signature and a
 * line of magic, as in the kernel's include/linux/module_signature.h and
 * scripts/sign-file.
 */
#ifndef TOOL_MODSIG_H
#define TOOL_MODSIG_H

#include "file.h"

#define MODSIG_MAGIC		"~Module signature appended~\n"
#define MODSIG_MAGIC_LEN	(sizeof(MODSIG_MAGIC) - 1)
#define MODSIG_INFO_LEN		12
#define MODSIG_MODULE_MAX	(512 << 20)	/* bytes of a module we take */

enum modsig_kind {
	MODSIG_NONE,		/* a module without signature */
	MODSIG_SIGNED,
	MODSIG_DAMAGED,		/* magic, but no sound signature before it */
	MODSIG_COMPRESSED,
	MODSIG_NO_MODULE,	/* no ELF relocatable object */
};

/*
 * What a file is; @content: how many bytes the module itself has, without
 * what was appended.
 */
enum modsig_kind modsig_look(const struct bytes *file, size_t *content);

/* The program that decompresses a MODSIG_COMPRESSED file, or NULL. */
const char *modsig_decompressor(const struct bytes *file);

/*
 * The first @content bytes of @file and after them the signature @cms.
 * @out is to be freed by bytes_free(). False: no memory, or too long.
 */
bool modsig_append(const struct bytes *file, size_t content,
		   const struct bytes *cms, struct bytes *out);

#endif /* TOOL_MODSIG_H */
