/* SPDX-License-Identifier: MIT */
/* What keygen and import have in common: the key-to-be. */
#ifndef TOOL_NEWKEY_H
#define TOOL_NEWKEY_H

#include "options.h"
#include "../../libcryptech/libcryptech.h"

extern struct newkey_options {
	const char *label, *uuid, *usage;
	bool is_volatile, exportable, recoverable, is_public, raw, caller_iv,
		vault;
} newkey_options;

#define OPTIONS_NEWKEY							\
	OPT_TEXT("label", 'l', "TEXT", &newkey_options.label,		\
		 "name it, so that it can be found"),			\
	OPT_TEXT("usage", 'u', "USAGE", &newkey_options.usage,		\
		 "sign, decrypt or transfer (default: what it can)"),	\
	OPT_TEXT("uuid", 0, "UUID", &newkey_options.uuid,		\
		 "its UUID (default: the HSM draws one)"),		\
	OPT_FLAG("volatile", 0, &newkey_options.is_volatile,		\
		 "not in flash: gone when the session ends"),		\
	OPT_FLAG("exportable", 0, &newkey_options.exportable,		\
		 "may be backed up"),					\
	OPT_FLAG("recoverable", 0, &newkey_options.recoverable,		\
		 "hss: packages can be had back from a lost HSM"),	\
	OPT_FLAG("public", 0, &newkey_options.is_public,		\
		 "its use needs no login"),				\
	OPT_FLAG("allow-raw", 0, &newkey_options.raw,			\
		 "RSA: allow the operation without padding"),		\
	OPT_FLAG("allow-caller-iv", 0, &newkey_options.caller_iv,	\
		 "AES-GCM: let the caller choose the IV"),	\
	OPT_FLAG("vault", 0, &newkey_options.vault,			\
		 "AES, hss: made in the FPGA, and never elsewhere")

struct newkey {
	uint32_t flags;
	const char *label;
	uint8_t uuid[16];	/* zeros: the HSM draws one */
};

/* Is a key of this type just bytes: of AES or HMAC? */
bool newkey_is_secret(uint32_t type);

/*
 * From the options, for a key of @type (0: not known yet, but no secret key); wrong
 * ones are usage errors.
 */
void newkey_parse(struct newkey *key, uint32_t type);

/* A usage error if the HSM would not take this label. */
void newkey_check_label(const char *label);

/* Tell the UUID of the key that was made: a line on standard output. */
void newkey_print(const struct newkey *key);

#endif /* TOOL_NEWKEY_H */
