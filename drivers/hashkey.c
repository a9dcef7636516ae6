// SPDX-License-Identifier: GPL-2.0
/*
 * What can be done with an HSS key that stands in a keyring.
 *
 * The input is the message itself, as long as the key core lets it be. The id
 * of a request is made of what is asked, so that whoever asks again, the
 * system call layer after a signal included, gets the signature that was made,
 * and spends nothing.
 */
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/keyctl.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cryptech.h"
#include "hashsig.h"
#include "key.h"

#define SHA256_SIZE	32

const char *cryptech_hss_text(const struct cryptech_hashsig_set *set,
			      char *buf, size_t size)
{
	struct lms_params params;
	size_t len = 0;
	u32 i;

	buf[0] = 0;
	for (i = 0; i < set->levels; i++) {
		if (!lms_params(&params, set->level[i].lms,
				set->level[i].lmots))
			break;
		len += scnprintf(buf + len, size - len, "%s%u/%u%s",
				 i ? "," : "", params.h, params.w,
				 params.n == 24 ? "/24" : "");
	}
	return buf;
}

size_t cryptech_hss_size(const struct cryptech_hashsig_set *set)
{
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];
	u32 i;

	for (i = 0; i < set->levels; i++)
		if (!lms_params(&params[i], set->level[i].lms,
				set->level[i].lmots))
			return 0;
	return hss_signature_size(params, set->levels);
}

int cryptech_hashkey_init(struct cryptech_key *key,
			  const struct cryptech_hashsig_set *set)
{
	struct cryptech_hashkey *hss = kzalloc(sizeof(*hss), GFP_KERNEL);

	if (!hss)
		return -ENOMEM;
	hss->key = key;
	INIT_LIST_HEAD(&hss->entry);
	if (set) {
		hss->set = *set;
		hss->known = true;
		hss->size = cryptech_hss_size(set);
	}
	key->hss = hss;
	return 0;
}

static bool key_get_public(const struct cryptech_key *key,
			   unsigned int *levels, struct lms_public *root)
{
	return hss_get_public(key->pub.key, key->pub.keylen, levels, root);
}

int cryptech_hashkey_set_public(struct cryptech_key *key)
{
	struct cryptech_hashkey *hss = key->hss;
	struct lms_public root;
	unsigned int levels;

	if (!key_get_public(key, &levels, &root))
		return -EPROTO;
	if (hss->known) {
		if (hss->set.levels != levels ||
		    hss->set.level[0].lms != root.params.lms ||
		    hss->set.level[0].lmots != root.params.lmots)
			return -EPROTO;
		return 0;
	}
	hss->set.levels = levels;
	hss->set.level[0].lms = root.params.lms;
	hss->set.level[0].lmots = root.params.lmots;
	/* the sets of lower levels stand in signatures only */
	hss->known = levels == 1;
	hss->size = hss->known ? hss_signature_size(&root.params, 1) :
				 CRYPTECH_HSS_SIGNATURE_MAX;
	return 0;
}

int cryptech_hashkey_set_info(struct cryptech_key *key,
			      const struct cryptech_hashsig_info *info)
{
	struct cryptech_hashkey *hss = key->hss;
	size_t size = cryptech_hss_size(&info->set);

	if (!size || size > CRYPTECH_HSS_SIGNATURE_MAX ||
	    info->set.levels != hss->set.levels ||
	    memcmp(&info->set.level[0], &hss->set.level[0],
		   sizeof(info->set.level[0])))
		return -EPROTO;
	if (key->made && memcmp(&info->set, &hss->set, sizeof(hss->set)))
		return -EPROTO;
	if (!key->made) {
		hss->set = info->set;
		hss->known = true;
		hss->size = size;
	}
	spin_lock(&key->lock);
	hss->left = info->left;
	spin_unlock(&key->lock);
	return 0;
}

/* --- operations ---------------------------------------------------------- */

static int check_words(const char *encoding, const char *hash)
{
	/* a signature has one form, and the message is hashed with C before */
	return !encoding || strcmp(encoding, "raw") || hash ? -EINVAL : 0;
}

int cryptech_hashkey_query(const struct cryptech_key *key,
			   const char *encoding, const char *hash,
			   struct kernel_pkey_query *query)
{
	struct lms_public root;
	unsigned int levels;
	int ret;

	ret = check_words(encoding, hash);
	if (ret)
		return ret;
	if (!key_get_public(key, &levels, &root))
		return -EPROTO;
	memset(query, 0, sizeof(*query));
	query->supported_ops = KEYCTL_SUPPORTS_VERIFY;
	if (key->private)
		query->supported_ops |= KEYCTL_SUPPORTS_SIGN;
	query->key_size = root.params.n * 8;
	query->max_data_size = U16_MAX;
	query->max_sig_size = key->hss->size;
	return 0;
}

/* The first bytes of SHA-256(UUID | incarnation | message). */
static int make_request(const struct cryptech_key *key, u64 incarnation,
			const void *message, size_t len, u8 *request)
{
	u8 head[CRYPTECH_UUID_SIZE + 8], hash[SHA256_SIZE];
	struct crypto_shash *sha256;
	struct shash_desc *desc;
	struct xdr_writer w;
	int ret = -ENOMEM;

	sha256 = crypto_alloc_shash("sha256", 0, 0);
	if (IS_ERR(sha256))
		return PTR_ERR(sha256);
	xdr_writer_init(&w, head, sizeof(head));
	memcpy(xdr_put_raw(&w, CRYPTECH_UUID_SIZE), key->uuid,
	       CRYPTECH_UUID_SIZE);
	xdr_put_u64(&w, incarnation);
	desc = kmalloc(sizeof(*desc) + crypto_shash_descsize(sha256),
		       GFP_KERNEL);
	if (desc) {
		desc->tfm = sha256;
		ret = crypto_shash_init(desc) ?:
		      crypto_shash_update(desc, head, sizeof(head)) ?:
		      crypto_shash_update(desc, message, len) ?:
		      crypto_shash_final(desc, hash);
		kfree_sensitive(desc);
	}
	crypto_free_shash(sha256);
	if (!ret)
		memcpy(request, hash, CRYPTECH_HASHSIG_REQUEST_SIZE);
	return ret;
}

static void keep_left(struct cryptech_key *key, u64 left)
{
	spin_lock(&key->lock);
	/* answers may overtake each other */
	key->hss->left = min(key->hss->left, left);
	spin_unlock(&key->lock);
}

int cryptech_hashkey_sign(struct cryptech_key *key, const char *encoding,
			  const char *hash, const void *message, size_t len,
			  void *signature, size_t size)
{
	u8 request[CRYPTECH_HASHSIG_REQUEST_SIZE];
	struct cryptech_signing signing = {
		.uuid		= key->uuid,
		.request	= request,
		.message	= { .kernel = message, .len = len },
		.signature	= signature,
		.size		= key->hss->size,
	};
	struct cryptech_client *kernel;
	int ret;

	ret = check_words(encoding, hash);
	if (ret)
		return ret;
	/* before the HSM is asked: a leaf must not be spent for nothing */
	if (key->hss->size > size)
		return -EOVERFLOW;
	kernel = cryptech_key_resolve(key);
	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	ret = make_request(key, kernel->incarnation, message, len, request);
	if (!ret)
		ret = cryptech_hashsig_sign(kernel, &signing, NULL);
	cryptech_client_put(kernel);
	if (ret)
		return ret;
	keep_left(key, signing.left);
	return signing.size == key->hss->size ? signing.size : -EPROTO;
}

int cryptech_hashkey_verify(const struct cryptech_key *key,
			    const struct cryptech_key_signature *sig)
{
	struct cryptech_message message = {
		.kernel = sig->digest, .len = sig->digest_len,
	};
	struct hss_step steps[CRYPTECH_HSS_LEVELS_MAX];
	struct cryptech_client *kernel;
	struct lms_public root;
	unsigned int levels;
	size_t used;
	int ret;

	ret = check_words(sig->encoding, sig->hash);
	if (ret)
		return ret;
	if (!key_get_public(key, &levels, &root))
		return -EPROTO;
	if (!hss_get_signature(sig->bytes, sig->len, levels, &root, steps,
			       &used) ||
	    (used != sig->len && !sig->trailing))
		return -EKEYREJECTED;
	kernel = cryptech_key_resolve(key);
	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	ret = cryptech_hashsig_verify(kernel, key->uuid, &message, sig->bytes,
				      used, NULL);
	cryptech_client_put(kernel);
	return ret;
}

/* --- what people see ----------------------------------------------------- */

void cryptech_hashkey_describe(struct cryptech_key *key, struct seq_file *m)
{
	struct cryptech_hashkey *hss = key->hss;
	u64 left, done, total;

	spin_lock(&key->lock);
	left = hss->left;
	done = hss->done;
	total = hss->total;
	spin_unlock(&key->lock);
	switch (cryptech_key_state(key)) {
	case CRYPTECH_KEY_MAKING:
		seq_printf(m, " %llu/%llu leaves", done, total);
		break;
	case CRYPTECH_KEY_READY:
		if (key->private)
			seq_printf(m, " %llu left", left);
		break;
	}
}
