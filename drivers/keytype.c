// SPDX-License-Identifier: GPL-2.0
/*
 * The key type `cryptech`: keys of the HSM in the kernel's keyrings.
 *
 * Callbacks that the key core makes under its locks (instantiate, update,
 * revoke, describe, read, destroy) never ask the HSM anything; preparse does,
 * for a bounded time. What a key holds never changes, so that nobody needs
 * key->sem to read it; but for the package of a sealed key, which has a lock of
 * its own.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/key-type.h>
#include <linux/key.h>
#include <linux/keyctl.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uuid.h>

#include "key.h"
#include "sealed.h"

#define PAYLOAD_LEN	(4 + UUID_STRING_LEN)	/* "use UUID" */

static struct cryptech_key *key_of(const struct key *key)
{
	return key->payload.data[0];
}

/* By keyctl update, not by add_key() */
static bool is_update(const struct key_preparsed_payload *prep)
{
	return !prep->orig_description;
}

/* Bytes of the package of a key that is still being made, about. */
static size_t package_len(u32 type)
{
	return 512 + 6 * CRYPTECH_KEY_BITS(type) / 8;
}

/* What a key costs of its owner's quota: a package is charged as it is kept. */
static size_t quota_len(struct cryptech_key *key)
{
	struct cryptech_package *package = cryptech_sealed_package(key);
	size_t len = PAYLOAD_LEN;

	if (package)
		len += package->len;
	else if (key->sealed)
		len += package_len(key->type);
	cryptech_package_put(package);
	return len;
}

/* A package is the one thing that has newer forms. */
static bool can_update(const struct cryptech_key_request *req)
{
	return req->verb == CRYPTECH_KEY_LOAD &&
	       req->package->kind == CRYPTECH_PACKAGE_RAW;
}

static int preparse(struct key_preparsed_payload *prep,
		    const struct cryptech_key_request *req)
{
	struct cryptech_key *key;

	if (is_update(prep) && !can_update(req))
		return -EOPNOTSUPP;
	/* struct key_type has no owner; the module may be on its way out */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	key = cryptech_key_make(req, prep->orig_description);
	if (IS_ERR(key)) {
		module_put(THIS_MODULE);
		return PTR_ERR(key);
	}
	prep->payload.data[0] = key;
	prep->quotalen = quota_len(key);
	return 0;
}

/*
 * Called by add_key() before it knows whether there is room, permission or a
 * key of that name; and by keyctl update, before it knows anything but that the
 * caller may write to the key.
 */
static int keytype_preparse(struct key_preparsed_payload *prep)
{
	struct cryptech_key_request req;
	int ret;

	ret = cryptech_key_request_parse(prep->data, prep->datalen, &req);
	if (!ret)
		ret = preparse(prep, &req);
	cryptech_key_request_release(&req);
	return ret;
}

/* Called after success, too; the payload is gone from @prep then. */
static void keytype_free_preparse(struct key_preparsed_payload *prep)
{
	struct cryptech_key *key = prep->payload.data[0];

	if (!key)
		return;
	cryptech_key_unconsumed(key);
	cryptech_key_put(key);
	module_put(THIS_MODULE);
}

/*
 * Without this callback add_key() would displace a key of the same name;
 * with it, it comes here, and what preparse made is undone. After keyctl
 * update, the key's package goes that way.
 */
static int keytype_update(struct key *keyring_key,
			  struct key_preparsed_payload *prep)
{
	int ret;

	if (!is_update(prep))
		return -EEXIST;
	if (!key_is_positive(keyring_key))
		return -EOPNOTSUPP;
	ret = key_payload_reserve(keyring_key,
				  quota_len(prep->payload.data[0]));
	if (!ret)
		ret = cryptech_sealed_update(key_of(keyring_key),
					     prep->payload.data[0]);
	return ret;
}

static void keytype_revoke(struct key *key)
{
	/* a key that is still under construction has no payload */
	if (key_is_positive(key))
		cryptech_key_gone(key_of(key));
}

static void keytype_destroy(struct key *keyring_key)
{
	struct cryptech_key *key = key_of(keyring_key);

	if (!key)
		return;
	keyring_key->payload.data[0] = NULL;
	cryptech_key_gone(key);
	cryptech_key_put(key);
	module_put(THIS_MODULE);
}

/* How it is kept, if not in flash. */
static const char *kept(const struct cryptech_key *key)
{
	if (key->sealed)
		return "sealed ";
	return key->made && !key->token ? "volatile " : "";
}

static void keytype_describe(const struct key *keyring_key, struct seq_file *m)
{
	struct cryptech_key *key = key_of(keyring_key);
	char sets[CRYPTECH_HSS_TEXT_MAX] = "";
	char name[16];

	seq_puts(m, keyring_key->description);
	if (!key_is_positive(keyring_key) || !key)
		return;
	if (key->hss)
		cryptech_hss_text(&key->hss->set, sets, sizeof(sets));
	seq_printf(m, ": %s%s%s%s %pUb", kept(key),
		   cryptech_key_type_name(key->type, name, sizeof(name)),
		   key->hss ? " " : "", sets, key->uuid);
	switch (cryptech_key_state(key)) {
	case CRYPTECH_KEY_MAKING:
		seq_printf(m, " making %lus", (jiffies - key->started) / HZ);
		break;
	case CRYPTECH_KEY_FAILED:
		seq_printf(m, " failed %d", -key->error);
		break;
	}
	if (key->hss)
		cryptech_hashkey_describe(key, m);
}

/* @buf is in kernel memory. Returns the whole length, however much fitted. */
static long keytype_read(const struct key *keyring_key, char *buf,
			 size_t buflen)
{
	struct cryptech_key *key = key_of(keyring_key);
	struct cryptech_package *package;
	char text[PAYLOAD_LEN + 1];
	long len;

	if (key->sealed) {
		package = cryptech_sealed_package(key);
		if (!package)	/* it is still being made, or was not */
			return cryptech_key_usable(key) ? : -ENOKEY;
		len = cryptech_package_text(package, buf, buf ? buflen : 0);
		cryptech_package_put(package);
		return len;
	}
	snprintf(text, sizeof(text), "use %pUb", key->uuid);
	if (buf && buflen)
		memcpy(buf, text, min_t(size_t, buflen, PAYLOAD_LEN));
	return PAYLOAD_LEN;
}

static int keytype_query(const struct kernel_pkey_params *params,
			 struct kernel_pkey_query *query)
{
	return cryptech_key_query(key_of(params->key), params->encoding,
				  params->hash_algo, query);
}

static int keytype_eds_op(struct kernel_pkey_params *params, const void *in,
			  void *out)
{
	if (params->op != kernel_pkey_sign)
		return -EOPNOTSUPP;
	return cryptech_key_sign(key_of(params->key), params->encoding,
				 params->hash_algo, in, params->in_len,
				 out, params->out_len);
}

static int keytype_verify(struct kernel_pkey_params *params, const void *in,
			  const void *in2)
{
	struct cryptech_key_signature sig = {
		.encoding	= params->encoding,
		.hash		= params->hash_algo,
		.digest		= in,
		.digest_len	= params->in_len,
		.bytes		= in2,
		.len		= params->in2_len,
		/* in2_len is the longest length, whatever the caller said */
		.trailing	= true,
	};

	return cryptech_key_verify(key_of(params->key), &sig);
}

/* --- finding a key by its UUID ------------------------------------------- */

#define BY_UUID		"uuid:"		/* in place of a description */
#define BY_UUID_LEN	(sizeof(BY_UUID) - 1)

static bool keytype_match_uuid(const struct key *keyring_key,
			       const struct key_match_data *match)
{
	const char *text = match->raw_data;
	const struct cryptech_key *key;
	uuid_t wanted;

	if (!strcmp(keyring_key->description, text))
		return true;
	if (!key_is_positive(keyring_key))
		return false;
	key = key_of(keyring_key);
	return key && !uuid_parse(text + BY_UUID_LEN, &wanted) &&
	       !memcmp(key->uuid, &wanted, sizeof(key->uuid));
}

static int keytype_match_preparse(struct key_match_data *match)
{
	const char *text = match->raw_data;

	if (strncmp(text, BY_UUID, BY_UUID_LEN))
		return 0;
	match->cmp = keytype_match_uuid;
	match->lookup_type = KEYRING_SEARCH_LOOKUP_ITERATE;
	return 0;
}

static struct key_type keytype = {
	.name			= "cryptech",
	.def_datalen		= PAYLOAD_LEN,
	.preparse		= keytype_preparse,
	.free_preparse		= keytype_free_preparse,
	.instantiate		= generic_key_instantiate,
	.update			= keytype_update,
	.match_preparse		= keytype_match_preparse,
	.revoke			= keytype_revoke,
	.destroy		= keytype_destroy,
	.describe		= keytype_describe,
	.read			= keytype_read,
	.asym_query		= keytype_query,
	.asym_eds_op		= keytype_eds_op,
	.asym_verify_signature	= keytype_verify,
};

struct key *cryptech_keytype_find(const u8 *uuid)
{
	char text[BY_UUID_LEN + UUID_STRING_LEN + 1];
	struct key *key;

	snprintf(text, sizeof(text), BY_UUID "%pUb", uuid);
	key = request_key(&keytype, text, NULL);
	/* a key may have that text for a description */
	if (!IS_ERR(key) && memcmp(key_of(key)->uuid, uuid,
				   CRYPTECH_UUID_SIZE)) {
		key_put(key);
		key = ERR_PTR(-ENOKEY);
	}
	return key;
}

struct cryptech_key *cryptech_keytype_key(const struct key *key)
{
	return key_of(key);
}

int cryptech_keytype_register(void)
{
	return register_key_type(&keytype);
}

void cryptech_keytype_unregister(void)
{
	unregister_key_type(&keytype);
}
