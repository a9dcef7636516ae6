// SPDX-License-Identifier: GPL-2.0
/*
 * Public HSS keys (RFC 8554) as keys of type `asymmetric`: what a key of the
 * HSM, or of anybody else, has signed is verified by the kernel alone.
 *
 * The payload is a SubjectPublicKeyInfo in DER as RFC 9708 has it. A module of
 * its own: no HSM, nor its driver, is needed to verify.
 */
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
#include "compat/sha256.h"
#include "hss_verify.h"

#define QUOTA_LEN	100	/* bytes charged for a key */
#define DESCRIPTION	"hss:"	/* and the identifier in hexadecimal */

/**
 * struct hss_key - what a key of the kernel's keyrings holds
 * @pub:	must come first: parts of the kernel take the payload of any
 *		asymmetric key for one; as restrictions of keyrings see it, it
 *		is nobody's and may nothing
 * @levels:	of the key
 * @root:	the topmost level's key; points into @public
 * @public:	the HSS public key
 */
struct hss_key {
	struct public_key pub;
	unsigned int levels;
	struct lms_public root;
	u8 public[CRYPTECH_HSS_PUBLIC_MAX];
};

static const struct hss_key *key_of(const struct key *key)
{
	return key->payload.data[asym_crypto];
}

/* --- the subtype ---------------------------------------------------------- */

/* As people write them: L levels, of which only the root's set is known. */
static void hss_describe(const struct key *keyring_key, struct seq_file *m)
{
	const struct hss_key *key = key_of(keyring_key);
	const struct lms_params *set = &key->root.params;

	seq_printf(m, "hss L=%u %u/%u", key->levels, set->h, set->w);
	if (set->n != CRYPTECH_LMS_N_MAX)
		seq_printf(m, "/%u", set->n);
	if (key->levels > 1)
		seq_puts(m, ",...");
}

static void hss_destroy(void *crypto, void *auth)
{
	kfree(crypto);
}

static int check_encoding(const char *encoding, const char *hash)
{
	/* what is signed is the message; nothing hashes it before */
	if (!encoding || strcmp(encoding, "raw") || hash)
		return -EINVAL;
	return 0;
}

static int hss_query(const struct kernel_pkey_params *params,
		     struct kernel_pkey_query *query)
{
	const struct hss_key *key = key_of(params->key);
	int ret;

	ret = check_encoding(params->encoding, params->hash_algo);
	if (ret)
		return ret;
	memset(query, 0, sizeof(*query));
	query->supported_ops = KEYCTL_SUPPORTS_VERIFY;
	query->key_size = key->pub.keylen * 8;
	query->max_data_size = U16_MAX;
	/*
	 * keyctl reads that many bytes from its caller, however many he
	 * names: exact with one level. With more, a signature could be the
	 * longest of any set below the root.
	 */
	query->max_sig_size = min_t(size_t, U16_MAX,
				    cryptech_hss_signature_max(key->levels,
							       &key->root.params));
	return 0;
}

static int hss_verify(const struct key *keyring_key,
		      const struct public_key_signature *sig)
{
	const struct hss_key *key = key_of(keyring_key);
	struct cryptech_hss_work *work;
	size_t used;
	int ret;

	/* keyctl names no algorithm; who names one does not mean this */
	if (sig->pkey_algo)
		return -EKEYREJECTED;
	ret = check_encoding(sig->encoding, sig->hash_algo);
	if (ret)
		return ret;
	work = kmalloc(sizeof(*work), GFP_KERNEL);
	if (!work)
		return -ENOMEM;
	/* of what keyctl read beyond the caller's bytes nothing is known */
	if (!cryptech_hss_verify(work, key->levels, &key->root,
				 cryptech_sig_message(sig),
				 cryptech_sig_message_len(sig), sig->s,
				 sig->s_size, &used))
		ret = -EKEYREJECTED;
	kfree(work);
	return ret;
}

static struct asymmetric_key_subtype subtype = {
	.owner			= THIS_MODULE,
	.name			= "hss",
	.name_len		= sizeof("hss") - 1,
	.describe		= hss_describe,
	.destroy		= hss_destroy,
	.query			= hss_query,
	.verify_signature	= hss_verify,
};

/* --- the parser ----------------------------------------------------------- */

/* -ENOPKG: of a set that is not known here, or malformed within. */
static struct hss_key *make_key(const u8 *public, size_t len)
{
	struct hss_key *key;

	if (len > sizeof(key->public))
		return ERR_PTR(-ENOPKG);
	key = kzalloc(sizeof(*key), GFP_KERNEL);
	if (!key)
		return ERR_PTR(-ENOMEM);
	memcpy(key->public, public, len);
	if (!hss_get_public(key->public, len, &key->levels, &key->root)) {
		kfree(key);
		return ERR_PTR(-ENOPKG);
	}
	key->pub.key = key->public;
	key->pub.keylen = len;
	key->pub.id_type = "HSS";
	key->pub.pkey_algo = "hss";
	return key;
}

/*
 * Found by "id:" and "ex:" with the SHA-256 of the HSS public key. The second
 * place, because /proc/keys shows the end of that one.
 */
static int make_names(struct key_preparsed_payload *prep,
		      const struct hss_key *key)
{
	u8 digest[SHA256_DIGEST_SIZE];
	struct asymmetric_key_ids *ids;

	sha256(key->public, key->pub.keylen, digest);
	ids = kzalloc(sizeof(*ids), GFP_KERNEL);
	if (!ids)
		return -ENOMEM;
	ids->id[1] = asymmetric_key_generate_id(digest, sizeof(digest), "", 0);
	if (IS_ERR(ids->id[1]))
		goto err_ids;
	prep->description = kasprintf(GFP_KERNEL, DESCRIPTION "%*phN",
				      (int)sizeof(digest), digest);
	if (!prep->description)
		goto err_id;
	prep->payload.data[asym_key_ids] = ids;
	return 0;

err_id:
	kfree(ids->id[1]);
err_ids:
	kfree(ids);
	return -ENOMEM;
}

/* -EBADMSG, and only that, lets other parsers have a look. */
static int hss_parse_key(struct key_preparsed_payload *prep)
{
	struct hss_key *key;
	const u8 *public;
	size_t len;
	int ret;

	if (!cryptech_hss_get_spki(prep->data, prep->datalen, &public, &len))
		return -EBADMSG;
	/* put by the key core, together with the subtype */
	if (!try_module_get(subtype.owner))
		return -ENOPKG;
	key = make_key(public, len);
	if (IS_ERR(key)) {
		ret = PTR_ERR(key);
		goto err_module;
	}
	ret = make_names(prep, key);
	if (ret)
		goto err_key;
	prep->payload.data[asym_subtype] = &subtype;
	prep->payload.data[asym_crypto] = key;
	prep->payload.data[asym_auth] = NULL;
	prep->quotalen = QUOTA_LEN;
	return 0;

err_key:
	kfree(key);
err_module:
	module_put(subtype.owner);
	return ret;
}

static struct asymmetric_key_parser parser = {
	.owner	= THIS_MODULE,
	.name	= "cryptech_hss",
	.parse	= hss_parse_key,
};

static int __init hss_init(void)
{
	return register_asymmetric_key_parser(&parser);
}

static void __exit hss_exit(void)
{
	unregister_asymmetric_key_parser(&parser);
}

module_init(hss_init);
module_exit(hss_exit);

MODULE_DESCRIPTION("HSS signatures (RFC 8554) verified by public keys in keyrings");
MODULE_LICENSE("GPL");
