// SPDX-License-Identifier: GPL-2.0
/* What payloads of keys say: the verbs and their options. */
#include <linux/build_bug.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "key.h"
#include "sealed.h"

/* Bytes; every good one is shorter. */
#define REQUEST_MAX	256
#define LOAD_MAX	(2 * CRYPTECH_RPC_MESSAGE_MAX + REQUEST_MAX)

static const struct {
	const char *name;
	u32 type;
} key_types[] = {
#define CRYPTECH_T(number, id, text) \
	{ text, (number) + BUILD_BUG_ON_ZERO((number) != CRYPTECH_KEY_##id) },
	CRYPTECH_KEY_TYPES(CRYPTECH_T)
#undef CRYPTECH_T
};

const char *cryptech_key_type_name(u32 type, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(key_types); i++)
		if (key_types[i].type == type)
			return key_types[i].name;
	if (type == CRYPTECH_KEY_HSS)
		return "hss";
	snprintf(buf, size, "%s%u",
		 CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA ?
		 "rsa" : "ec-p", CRYPTECH_KEY_BITS(type));
	return buf;
}

static int parse_type(const char *word, u32 *type)
{
	size_t i;

	for (i = 0; word && i < ARRAY_SIZE(key_types); i++) {
		if (strcmp(word, key_types[i].name))
			continue;
		*type = key_types[i].type;
		return 0;
	}
	return -EINVAL;
}

/* The next word, or NULL. */
static char *next_word(char **text)
{
	char *word;

	do {
		word = strsep(text, " \t");
	} while (word && !*word);
	return word;
}

/* What a new key of that type is for. */
static u32 flags_of_type(u32 type)
{
	u32 family = CRYPTECH_KEY_FAMILY(type);
	bool authenticates = cryptech_key_is_asymmetric(type) ||
			     family == CRYPTECH_KEY_FAMILY_AES_CMAC ||
			     family == CRYPTECH_KEY_FAMILY_HMAC;

	return CRYPTECH_KEY_FLAG_TOKEN |
	       (authenticates ? CRYPTECH_KEY_FLAG_DIGITALSIGNATURE :
				CRYPTECH_KEY_FLAG_DATAENCIPHERMENT);
}

/* The parameter sets of an HSS key, and what it has if nothing else is said. */
static int parse_hss(const char *word, struct cryptech_hashsig_set *set)
{
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];
	unsigned int i;

	if (!word || !hss_parse(word, &set->levels, params))
		return -EINVAL;
	for (i = 0; i < set->levels; i++) {
		set->level[i].lms = params[i].lms;
		set->level[i].lmots = params[i].lmots;
	}
	set->profile = CRYPTECH_HASHSIG_PUNCTURED;
	set->reserve = 1;
	return hss_signature_size(params, set->levels) >
	       CRYPTECH_HSS_SIGNATURE_MAX ? -EOPNOTSUPP : 0;
}

static int parse_new(char **text, struct cryptech_key_request *req)
{
	const char *word = next_word(text);
	int ret = 0;

	req->verb = CRYPTECH_KEY_NEW;
	if (word && !strcmp(word, "hss")) {
		req->type = CRYPTECH_KEY_HSS;
		ret = parse_hss(next_word(text), &req->hss);
	} else {
		ret = parse_type(word, &req->type);
	}
	req->flags = flags_of_type(req->type);
	return ret;
}

static int parse_uuid(const char *word, u8 *uuid)
{
	uuid_t parsed;

	if (!word || strlen(word) != UUID_STRING_LEN ||
	    uuid_parse(word, &parsed))
		return -EINVAL;
	export_uuid(uuid, &parsed);
	return 0;
}

/* `name=N` with a plain decimal number that was not given before */
static int parse_number(const char *word, const char *name, int *number)
{
	size_t len = strlen(name);

	if (strncmp(word, name, len) || !isdigit(word[len]) || *number >= 0)
		return -EINVAL;
	return kstrtoint(word + len, 10, number) ? -EINVAL : 0;
}

/* The kinds of keys that the FPGA's vault makes. */
static bool vault_has(u32 type)
{
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_HSS:
	case CRYPTECH_KEY_FAMILY_AES:
	case CRYPTECH_KEY_FAMILY_AES_XTS:
	case CRYPTECH_KEY_FAMILY_AES_ECB:
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		return true;
	default:
		return false;
	}
}

/* A flag that only `new` has, once. */
static int parse_flag(const char *word, struct cryptech_key_request *req)
{
	u32 flag;

	if (req->verb != CRYPTECH_KEY_NEW)
		return -EINVAL;
	if (!strcmp(word, "volatile") || !strcmp(word, "sealed")) {
		req->sealed = *word == 's';
		/* what an HSS key has spent has to outlast the HSM */
		if (req->type == CRYPTECH_KEY_HSS)
			return req->sealed ? -EOPNOTSUPP : -EINVAL;
		if (!(req->flags & CRYPTECH_KEY_FLAG_TOKEN))
			return -EINVAL;
		req->flags &= ~CRYPTECH_KEY_FLAG_TOKEN;
		return 0;
	}
	if (!strcmp(word, "exportable"))
		flag = CRYPTECH_KEY_FLAG_EXPORTABLE;
	else if (!strcmp(word, "raw") &&
		 CRYPTECH_KEY_FAMILY(req->type) == CRYPTECH_KEY_FAMILY_RSA)
		flag = CRYPTECH_KEY_FLAG_RAW;
	else if (!strcmp(word, "vault") && vault_has(req->type))
		flag = CRYPTECH_KEY_FLAG_VAULT;
	else if (!strcmp(word, "caller-iv") &&
		 CRYPTECH_KEY_FAMILY(req->type) == CRYPTECH_KEY_FAMILY_AES_GCM)
		flag = CRYPTECH_KEY_FLAG_CALLER_IV;
	else
		return -EINVAL;
	if (req->flags & flag)
		return -EINVAL;
	req->flags |= flag;
	return 0;
}

/* An option of new HSS keys, each once. */
static int parse_hss_option(const char *word, struct cryptech_key_request *req)
{
	int reserve = -1;
	int ret;

	if (!strcmp(word, "profile=punctured") ||
	    !strcmp(word, "profile=single-seed")) {
		if (req->profile_given)
			return -EINVAL;
		req->profile_given = true;
		if (word[8] == 's')
			req->hss.profile = CRYPTECH_HASHSIG_SINGLE_SEED;
		return 0;
	}
	if (req->reserve_given)
		return -EINVAL;
	req->reserve_given = true;
	ret = parse_number(word, "reserve=", &reserve);
	if (ret || reserve < 1 || reserve > CRYPTECH_HASHSIG_RESERVE_MAX)
		return -EINVAL;
	req->hss.reserve = reserve;
	return 0;
}

static int parse_option(const char *word, struct cryptech_key_request *req)
{
	if (!strncmp(word, "dev=", 4))
		return parse_number(word, "dev=", &req->dev);
	if (!strncmp(word, "fd=", 3))
		return parse_number(word, "fd=", &req->fd);
	if (req->type == CRYPTECH_KEY_HSS && strchr(word, '='))
		return parse_hss_option(word, req);
	return parse_flag(word, req);
}

static int parse_load(const char *word, struct cryptech_key_request *req)
{
	struct cryptech_package *package;

	req->verb = CRYPTECH_KEY_LOAD;
	package = word ? cryptech_package_parse(word) : ERR_PTR(-EINVAL);
	if (IS_ERR(package))
		return PTR_ERR(package);
	req->package = package;
	/* what is parked has to come back into flash, before it signs */
	return package->kind == CRYPTECH_PACKAGE_PARKED ? -EOPNOTSUPP : 0;
}

static int parse_words(char *text, struct cryptech_key_request *req)
{
	char *word = next_word(&text);
	int ret;

	if (!word)
		return -EINVAL;
	if (!strcmp(word, "new")) {
		ret = parse_new(&text, req);
	} else if (!strcmp(word, "use")) {
		req->verb = CRYPTECH_KEY_USE;
		ret = parse_uuid(next_word(&text), req->uuid);
	} else if (!strcmp(word, "load")) {
		ret = parse_load(next_word(&text), req);
	} else {
		ret = -EINVAL;
	}
	while (!ret && (word = next_word(&text)))
		ret = parse_option(word, req);
	/* or nothing could be sealed */
	if (req->sealed)
		req->flags |= CRYPTECH_KEY_FLAG_EXPORTABLE;
	/* what is in the vault never leaves it */
	if ((req->flags & CRYPTECH_KEY_FLAG_VAULT) &&
	    (req->flags & CRYPTECH_KEY_FLAG_EXPORTABLE))
		return ret ? ret : -EINVAL;
	return ret;
}

void cryptech_key_request_release(struct cryptech_key_request *req)
{
	cryptech_package_put(req->package);
	req->package = NULL;
}

/* A copy that ends in a zero, to be cut into words. */
static char *copy_text(const void *text, size_t len)
{
	char *copy = kvmalloc(len + 1, GFP_KERNEL);

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = 0;
	return copy;
}

int cryptech_key_request_parse(const void *text, size_t len,
			       struct cryptech_key_request *req)
{
	char *words;
	int ret;

	memset(req, 0, sizeof(*req));
	req->dev = -1;
	req->fd = -1;

	if (!text || !len || len > LOAD_MAX || memchr(text, 0, len))
		return -EINVAL;
	words = copy_text(text, len);
	if (!words)
		return -ENOMEM;
	/* people pipe the output of echo into keyctl padd */
	ret = parse_words(strim(words), req);
	if (!ret && len > REQUEST_MAX && req->verb != CRYPTECH_KEY_LOAD)
		ret = -EINVAL;
	kvfree(words);
	if (ret)
		cryptech_key_request_release(req);
	return ret;
}
