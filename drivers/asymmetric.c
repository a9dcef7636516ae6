// SPDX-License-Identifier: GPL-2.0
/*
 * Keys of the HSM as keys of type `asymmetric`, which is what the kernel
 * itself looks for when it verifies modules, images and certificates.
 *
 * The payload is "CHSMKEY1" and `use UUID [dev=N] [fd=N]`, or `load HEX [dev=N]
 * [fd=N]` for a sealed key. Not what makes a key in the HSM: the
 * identifiers by which such keys are found come from the public half, and
 * this key type's callbacks cannot tell a payload that became a key from one
 * that did not, so that a new key could not be undone. Make it as a key of
 * type `cryptech`, or with the tool, then use it here.
 */
#include <crypto/hash.h>
#include <crypto/public_key.h>
#include <crypto/sha1.h>
#include <linux/err.h>
#include <linux/key-type.h>
#include <linux/key.h>
#include <linux/keyctl.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

/* these need the ones above and do not say so */
#include <keys/asymmetric-parser.h>
#include <keys/asymmetric-subtype.h>
#include <keys/asymmetric-type.h>

#include "compat/public_key.h"
#include "key.h"
#include "sealed.h"

#define MAGIC		"CHSMKEY1"
#define MAGIC_LEN	(sizeof(MAGIC) - 1)
#define QUOTA_LEN	100	/* bytes charged for a key */

static struct cryptech_key *key_of(const struct key *key)
{
	return key->payload.data[asym_crypto];
}

/* --- identifiers --------------------------------------------------------- */

/* The subject key identifier that most certificates have: RFC 5280, 4.2.1.2 */
static int subject_key_id(const struct public_key *pub, u8 *skid)
{
	struct crypto_shash *sha1 = crypto_alloc_shash("sha1", 0, 0);
	int ret;

	if (IS_ERR(sha1))
		return PTR_ERR(sha1);
	ret = crypto_shash_tfm_digest(sha1, pub->key, pub->keylen, skid);
	crypto_free_shash(sha1);
	return ret;
}

static void free_ids(struct asymmetric_key_ids *ids)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids->id); i++)
		if (!IS_ERR(ids->id[i]))
			kfree(ids->id[i]);
	kfree(ids);
}

/* Found by "id:" and "ex:" with the UUID or the subject key identifier. */
static struct asymmetric_key_ids *make_ids(const struct cryptech_key *key)
{
	struct asymmetric_key_ids *ids;
	u8 skid[SHA1_DIGEST_SIZE];
	int ret;

	ret = subject_key_id(&key->pub, skid);
	if (ret)
		return ERR_PTR(ret);
	ids = kzalloc(sizeof(*ids), GFP_KERNEL);
	if (!ids)
		return ERR_PTR(-ENOMEM);
	ids->id[0] = asymmetric_key_generate_id(key->uuid, sizeof(key->uuid),
						"", 0);
	ids->id[1] = asymmetric_key_generate_id(skid, sizeof(skid), "", 0);
	if (!IS_ERR(ids->id[0]) && !IS_ERR(ids->id[1]))
		return ids;
	free_ids(ids);
	return ERR_PTR(-ENOMEM);
}

/* --- the subtype --------------------------------------------------------- */

static void asymmetric_describe(const struct key *keyring_key,
				struct seq_file *m)
{
	char name[16];

	seq_printf(m, "cryptech.%s",
		   cryptech_key_type_name(key_of(keyring_key)->type, name,
					  sizeof(name)));
}

static void asymmetric_destroy(void *crypto, void *auth)
{
	if (!crypto)
		return;
	cryptech_key_gone(crypto);
	cryptech_key_put(crypto);
}

static int asymmetric_query(const struct kernel_pkey_params *params,
			    struct kernel_pkey_query *query)
{
	return cryptech_key_query(key_of(params->key), params->encoding,
				  params->hash_algo, query);
}

static int asymmetric_eds_op(struct kernel_pkey_params *params,
			     const void *in, void *out)
{
	if (params->op != kernel_pkey_sign)
		return -EOPNOTSUPP;
	return cryptech_key_sign(key_of(params->key), params->encoding,
				 params->hash_algo, in, params->in_len,
				 out, params->out_len);
}

static int asymmetric_verify(const struct key *keyring_key,
			     const struct public_key_signature *s)
{
	struct cryptech_key *key = key_of(keyring_key);
	struct cryptech_key_signature sig = {
		.encoding	= s->encoding,
		.hash		= s->hash_algo,
		.digest		= cryptech_sig_message(s),
		.digest_len	= cryptech_sig_message_len(s),
		.bytes		= s->s,
		.len		= s->s_size,
		/* keyctl alone names no algorithm, and passes what follows */
		.trailing	= !s->pkey_algo,
	};

	/* "ecdsa" fits all curves */
	if (s->pkey_algo &&
	    strncmp(key->pub.pkey_algo, s->pkey_algo, strlen(s->pkey_algo)))
		return -EKEYREJECTED;
	return cryptech_key_verify(key, &sig);
}

static struct asymmetric_key_subtype subtype = {
	.owner			= THIS_MODULE,
	.name			= "cryptech",
	.name_len		= sizeof("cryptech") - 1,
	.describe		= asymmetric_describe,
	.destroy		= asymmetric_destroy,
	.query			= asymmetric_query,
	.eds_op			= asymmetric_eds_op,
	.verify_signature	= asymmetric_verify,
};

/* --- the parser ---------------------------------------------------------- */

static int fill_payload(struct key_preparsed_payload *prep,
			struct cryptech_key *key)
{
	struct asymmetric_key_ids *ids = make_ids(key);

	if (IS_ERR(ids))
		return PTR_ERR(ids);
	prep->description = kasprintf(GFP_KERNEL, "cryptech:%pUb", key->uuid);
	if (!prep->description) {
		free_ids(ids);
		return -ENOMEM;
	}
	prep->payload.data[asym_subtype] = &subtype;
	prep->payload.data[asym_key_ids] = ids;
	prep->payload.data[asym_crypto] = key;
	prep->payload.data[asym_auth] = NULL;
	prep->quotalen = QUOTA_LEN;
	return 0;
}

/* Nothing comes to be in the HSM for it, but what goes with it, too. */
static bool can_parse(const struct cryptech_key_request *req)
{
	return req->verb == CRYPTECH_KEY_USE ||
	       (req->verb == CRYPTECH_KEY_LOAD &&
		req->package->kind == CRYPTECH_PACKAGE_RAW);
}

static int parse(struct key_preparsed_payload *prep,
		 const struct cryptech_key_request *req)
{
	struct cryptech_key *key;
	int ret;

	if (!can_parse(req))
		return -EOPNOTSUPP;
	/*
	 * Put by the key core, together with the subtype. The module may be
	 * on its way out: unregistering waits for this, then nobody does.
	 */
	if (!try_module_get(subtype.owner))
		return -ENODEV;
	key = cryptech_key_make(req, NULL);
	if (IS_ERR(key)) {
		ret = PTR_ERR(key);
		goto err_module;
	}
	ret = -EOPNOTSUPP;
	if (cryptech_key_is_asymmetric(key->type))
		ret = fill_payload(prep, key);
	if (ret)
		goto err_key;
	if (req->package)
		prep->quotalen += req->package->len;
	return 0;

err_key:
	cryptech_key_gone(key);
	cryptech_key_put(key);
err_module:
	module_put(subtype.owner);
	return ret;
}

/* -EBADMSG, and only that, lets other parsers have a look. */
static int asymmetric_parse(struct key_preparsed_payload *prep)
{
	struct cryptech_key_request req;
	int ret;

	if (prep->datalen < MAGIC_LEN || memcmp(prep->data, MAGIC, MAGIC_LEN))
		return -EBADMSG;
	ret = cryptech_key_request_parse(prep->data + MAGIC_LEN,
					 prep->datalen - MAGIC_LEN, &req);
	if (ret)
		return ret;
	ret = parse(prep, &req);
	cryptech_key_request_release(&req);
	return ret == -EBADMSG ? -EKEYREJECTED : ret;
}

static struct asymmetric_key_parser parser = {
	.owner	= THIS_MODULE,
	.name	= "cryptech",
	.parse	= asymmetric_parse,
};

int cryptech_asymmetric_register(void)
{
	return register_asymmetric_key_parser(&parser);
}

void cryptech_asymmetric_unregister(void)
{
	unregister_asymmetric_key_parser(&parser);
}
