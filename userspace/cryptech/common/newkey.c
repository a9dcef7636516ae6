// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "newkey.h"
#include "session.h"
#include "text.h"

struct newkey_options newkey_options;

bool newkey_is_secret(uint32_t type)
{
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES:
	case CRYPTECH_KEY_FAMILY_AES_XTS:
	case CRYPTECH_KEY_FAMILY_AES_ECB:
	case CRYPTECH_KEY_FAMILY_AES_CTR:
	case CRYPTECH_KEY_FAMILY_AES_GCM:
	case CRYPTECH_KEY_FAMILY_AES_CMAC:
	case CRYPTECH_KEY_FAMILY_HMAC:
		return true;
	default:
		return false;
	}
}

static bool is_mac(uint32_t type)
{
	return CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_AES_CMAC ||
	       CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_HMAC;
}

static uint32_t usage_flag(const char *usage, uint32_t type)
{
	bool encrypts = newkey_is_secret(type) && !is_mac(type);

	if (!usage)
		usage = encrypts ? "decrypt" : "sign";
	if (is_mac(type) && strcmp(usage, "sign"))
		fail_usage("a key that makes MACs is for that alone: --usage "
			   "sign");
	if (type == CRYPTECH_KEY_HSS && strcmp(usage, "sign"))
		fail_usage("an hss key is for signing alone: --usage sign");
	if (!strcmp(usage, "decrypt"))
		return CRYPTECH_KEY_FLAG_DATAENCIPHERMENT;
	if (encrypts)
		fail_usage("an AES key is for encrypting and decrypting "
			   "alone: --usage decrypt");
	if (!strcmp(usage, "sign"))
		return CRYPTECH_KEY_FLAG_DIGITALSIGNATURE;
	if (!strcmp(usage, "transfer"))
		return CRYPTECH_KEY_FLAG_KEYENCIPHERMENT;
	fail_usage("no usage %s: sign, decrypt or transfer", usage);
}

void newkey_check_label(const char *label)
{
	size_t left = strlen(label), n;

	if (left > CRYPTECH_LABEL_MAX)
		fail_usage("a label has at most %d bytes", CRYPTECH_LABEL_MAX);
	for (; left; left -= n, label += n) {
		n = text_character(label, left);
		if (!n)
			fail_usage("a label has to be UTF-8 without control "
				   "characters");
	}
}

void newkey_parse(struct newkey *key, uint32_t type)
{
	const struct newkey_options *o = &newkey_options;
	const char *session = getenv(SESSION_FD_VARIABLE);

	memset(key, 0, sizeof(*key));
	key->label = o->label;
	key->flags = usage_flag(o->usage, type);
	if (o->label)
		newkey_check_label(o->label);
	if (o->caller_iv &&
	    CRYPTECH_KEY_FAMILY(type) != CRYPTECH_KEY_FAMILY_AES_GCM)
		fail_usage("--allow-caller-iv is for AES-GCM keys");
	if (o->raw && (newkey_is_secret(type) || type == CRYPTECH_KEY_HSS))
		fail_usage("--allow-raw is for RSA keys");
	if (o->recoverable && type != CRYPTECH_KEY_HSS)
		fail_usage("--recoverable is for hss keys: others come back "
			   "from their packages anyway");
	if (o->recoverable && !o->exportable)
		fail_usage("--recoverable goes with --exportable: what comes "
			   "back is a package");
	if (o->vault && !newkey_is_secret(type) && type != CRYPTECH_KEY_HSS)
		fail_usage("--vault is for AES and hss keys");
	if (o->vault && o->exportable)
		fail_usage("--vault does not go with --exportable: what is in "
			   "the FPGA's vault never leaves it");
	if (o->is_volatile && type == CRYPTECH_KEY_HSS)
		fail_usage("an hss key cannot be volatile: what it has spent "
			   "has to be remembered");
	if (o->uuid && cryptech_uuid_parse(o->uuid, key->uuid))
		fail_usage("%s is no UUID", o->uuid);
	if (o->is_volatile && !(session && *session))
		fail_usage("a volatile key lives as long as its session: use "
			   "it under `cryptech login`");
	if (!o->is_volatile)
		key->flags |= CRYPTECH_KEY_FLAG_TOKEN;
	if (o->exportable)
		key->flags |= CRYPTECH_KEY_FLAG_EXPORTABLE;
	if (o->is_public)
		key->flags |= CRYPTECH_KEY_FLAG_PUBLIC;
	if (o->raw)
		key->flags |= CRYPTECH_KEY_FLAG_RAW;
	if (o->vault)
		key->flags |= CRYPTECH_KEY_FLAG_VAULT;
	if (o->caller_iv)
		key->flags |= CRYPTECH_KEY_FLAG_CALLER_IV;
	if (o->recoverable)
		key->flags |= CRYPTECH_KEY_FLAG_RECOVERABLE;
}

void newkey_print(const struct newkey *key)
{
	char uuid[CRYPTECH_UUID_TEXT];

	printf("%s\n", cryptech_uuid_format(key->uuid, uuid));
}
