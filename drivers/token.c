// SPDX-License-Identifier: GPL-2.0
/*
 * Tokens, and who may use them. To know a token is no right: it names a key
 * as its UUID does.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/key.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "cryptech.h"
#include "key.h"
#include "sealed.h"
#include "token.h"

#define MAGIC		"CHSM"
#define MAGIC_LEN	4

static bool clear_tokens;
module_param(clear_tokens, bool, 0444);
MODULE_PARM_DESC(clear_tokens,
		 "Take keys in the clear in tokens; for tests (0)");

/* --- tokens -------------------------------------------------------------- */

/* Can a key of that type have so many bytes? Others have no clear tokens. */
static bool value_length_fits(u32 type, size_t len)
{
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES:
	case CRYPTECH_KEY_FAMILY_AES_ECB:
	case CRYPTECH_KEY_FAMILY_AES_CTR:
	case CRYPTECH_KEY_FAMILY_AES_GCM:
	case CRYPTECH_KEY_FAMILY_AES_CMAC:
		return len == CRYPTECH_KEY_BITS(type) / 8;
	case CRYPTECH_KEY_FAMILY_AES_XTS:
		return len == CRYPTECH_KEY_BITS(type) / 8 * 2;
	case CRYPTECH_KEY_FAMILY_HMAC:
		return len >= CRYPTECH_HMAC_KEY_MIN &&
		       len <= CRYPTECH_HMAC_KEY_MAX;
	default:
		return false;
	}
}

/* What a key in the clear is for: all that its type can. */
static u32 clear_flags(u32 type)
{
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES_CMAC:
	case CRYPTECH_KEY_FAMILY_HMAC:
		return CRYPTECH_KEY_FLAG_DIGITALSIGNATURE;
	case CRYPTECH_KEY_FAMILY_AES_GCM:
		return CRYPTECH_KEY_FLAG_DATAENCIPHERMENT |
		       CRYPTECH_KEY_FLAG_CALLER_IV;
	default:
		return CRYPTECH_KEY_FLAG_DATAENCIPHERMENT;
	}
}

static bool value_fits(const struct cryptech_token *token)
{
	switch (token->kind) {
	case CRYPTECH_TOKEN_REFERENCE:
		return token->value_len == CRYPTECH_UUID_SIZE;
	case CRYPTECH_TOKEN_CLEAR:
		return token->value_len &&
		       value_length_fits(token->type, token->value_len);
	default:
		return false;
	}
}

int cryptech_token_parse(const void *data, size_t len,
			 struct cryptech_token *token)
{
	const u8 *magic, *form, *length;
	struct xdr_reader r;
	u32 zero;

	xdr_reader_init(&r, data, len);
	magic = xdr_get_raw(&r, MAGIC_LEN);
	form = xdr_get_raw(&r, 2);
	length = xdr_get_raw(&r, 2);
	token->type = xdr_get_u32(&r);
	zero = xdr_get_u32(&r);
	token->serial = xdr_get_raw(&r, CRYPTECH_SERIAL_SIZE);
	token->value_len = xdr_left(&r);
	token->value = xdr_get_raw(&r, token->value_len);
	if (r.bad || memcmp(magic, MAGIC, MAGIC_LEN) ||
	    form[0] != CRYPTECH_TOKEN_VERSION ||
	    (length[0] << 8 | length[1]) != len || zero)
		return -EINVAL;
	token->kind = form[1];
	return value_fits(token) ? 0 : -EINVAL;
}

void cryptech_token_make(u8 *to, u32 type, const u8 *serial, const u8 *uuid)
{
	static const u8 head[] = {
		'C', 'H', 'S', 'M', CRYPTECH_TOKEN_VERSION,
		CRYPTECH_TOKEN_REFERENCE, 0, CRYPTECH_TOKEN_SIZE,
	};
	struct xdr_writer w;
	u8 *p;

	xdr_writer_init(&w, to, CRYPTECH_TOKEN_SIZE);
	p = xdr_put_raw(&w, sizeof(head));
	memcpy(p, head, sizeof(head));
	xdr_put_u32(&w, type);
	xdr_put_u32(&w, 0);
	p = xdr_put_raw(&w, CRYPTECH_SERIAL_SIZE);
	memcpy(p, serial, CRYPTECH_SERIAL_SIZE);
	p = xdr_put_raw(&w, CRYPTECH_UUID_SIZE);
	memcpy(p, uuid, CRYPTECH_UUID_SIZE);
}

/* --- who may ------------------------------------------------------------- */

static bool is_privileged(void)
{
	return (current->flags & PF_KTHREAD) || capable(CAP_SYS_ADMIN);
}

/* Without a serial number, that of the one device that can be meant. */
static int find_serial(struct cryptech_tfm_key *key)
{
	unsigned long deadline =
		jiffies + msecs_to_jiffies(CRYPTECH_KEY_WAIT_MS);
	struct cryptech_device *dev;
	int ret;

	dev = cryptech_key_find_device(key->uuid, deadline);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ret = cryptech_device_serial(dev, key->serial) ? 0 : -ENODEV;
	cryptech_device_put(dev);
	return ret;
}

static int set_by_privilege(struct cryptech_tfm_key *key)
{
	if (memchr_inv(key->serial, 0, sizeof(key->serial)))
		return 0;
	return find_serial(key);
}

/*
 * The keyring key knows its device: the token may only agree. As ciphers cannot
 * wait for it, a sealed key is loaded now.
 */
static int set_by_right(struct cryptech_tfm_key *key)
{
	struct cryptech_key *named = cryptech_keytype_key(key->right);
	unsigned long deadline =
		jiffies + msecs_to_jiffies(CRYPTECH_KEY_WAIT_MS);

	if (memchr_inv(key->serial, 0, sizeof(key->serial)) &&
	    memcmp(key->serial, named->serial, sizeof(key->serial)))
		return -EPERM;
	memcpy(key->serial, named->serial, sizeof(key->serial));
	if (!named->sealed)
		return 0;
	return cryptech_key_pin(named, deadline, &key->pinned);
}

static int set_by_keyring(struct cryptech_tfm_key *key)
{
	struct key *right = cryptech_keytype_find(key->uuid);

	if (IS_ERR(right))
		return -EPERM;
	key->right = right;
	return set_by_right(key);
}

/* The privileged need no keyring key, unless the key is nowhere else. */
static bool find_sealed(struct cryptech_tfm_key *key)
{
	struct key *right;

	if (current->flags & PF_KTHREAD)
		return false;
	right = cryptech_keytype_find(key->uuid);
	if (IS_ERR(right))
		return false;
	if (cryptech_keytype_key(right)->sealed) {
		key->right = right;
		return true;
	}
	key_put(right);
	return false;
}

/* --- clear tokens -------------------------------------------------------- */

static struct cryptech_device *clear_device(const struct cryptech_token *token)
{
	if (memchr_inv(token->serial, 0, CRYPTECH_SERIAL_SIZE))
		return cryptech_device_find_serial(token->serial);
	return cryptech_device_find_only();
}

/* The key becomes a volatile one of the kernel's, gone with the tfm. */
static int set_clear(struct cryptech_tfm_key *key,
		     const struct cryptech_token *token)
{
	struct cryptech_client *kernel;
	struct cryptech_device *dev;
	int ret;

	if (!clear_tokens)
		return -EINVAL;
	if (!is_privileged())
		return -EPERM;
	dev = clear_device(token);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	kernel = cryptech_client_kernel(dev);
	cryptech_device_put(dev);
	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	ret = -ENOMEM;
	key->clear = cryptech_key_alloc(kernel);
	if (!key->clear)
		goto out;
	key->clear->type = token->type;
	key->clear->made = true;
	ret = cryptech_rpc_key_load_raw(kernel, NULL, token->type,
					token->value, token->value_len,
					clear_flags(token->type), NULL, 0, key->clear->uuid, NULL);
	cryptech_key_settle(key->clear, ret, !ret);
	memcpy(key->serial, key->clear->serial, sizeof(key->serial));
	memcpy(key->uuid, key->clear->uuid, sizeof(key->uuid));
out:
	cryptech_client_put(kernel);
	return ret;
}

/* --- keys of tfms -------------------------------------------------------- */

static int set_reference(struct cryptech_tfm_key *key,
			 const struct cryptech_token *token)
{
	memcpy(key->serial, token->serial, sizeof(key->serial));
	memcpy(key->uuid, token->value, sizeof(key->uuid));
	if (!is_privileged())
		return set_by_keyring(key);
	return find_sealed(key) ? set_by_right(key) : set_by_privilege(key);
}

int cryptech_tfm_setkey(struct cryptech_tfm_key *key, const void *data,
			size_t len, u32 type)
{
	struct cryptech_token token;
	int ret;

	cryptech_tfm_clear(key);
	ret = cryptech_token_parse(data, len, &token);
	if (ret)
		return ret;
	if (CRYPTECH_KEY_FAMILY(token.type) != CRYPTECH_KEY_FAMILY(type) ||
	    (CRYPTECH_KEY_BITS(type) && token.type != type))
		return -EINVAL;
	if (token.kind == CRYPTECH_TOKEN_CLEAR)
		ret = set_clear(key, &token);
	else
		ret = set_reference(key, &token);
	if (ret)
		cryptech_tfm_clear(key);
	else
		key->type = token.type;
	return ret;
}

void cryptech_tfm_clear(struct cryptech_tfm_key *key)
{
	if (key->clear) {
		cryptech_key_gone(key->clear);
		cryptech_key_put(key->clear);
	}
	if (key->pinned)
		cryptech_pager_unpin(key->pinned, true);
	key_put(key->right);
	memset(key, 0, sizeof(*key));
}

struct cryptech_device *
cryptech_tfm_device(const struct cryptech_tfm_key *key)
{
	int ret;

	if (!key->type)
		return ERR_PTR(-ENOKEY);
	if (key->right) {
		ret = key_validate(key->right);
		if (ret)
			return ERR_PTR(ret);
	}
	return cryptech_device_find_serial(key->serial);
}
