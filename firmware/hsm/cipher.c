// SPDX-License-Identifier: MIT
/*
 * What a key does without padding: ciphers of AES keys by chunks, AES-GCM of
 * whole messages, and the bare private operation of RSA keys. By UUID, and for
 * the logged-in alone.
 */
#include "key.h"

/* Of what was asked with another key, or mode, nothing is computed. */
static int may_use_mode(const struct key *key, uint32_t mode)
{
	if (!(key->flags & CRYPTECH_KEY_FLAG_DATAENCIPHERMENT))
		return CRYPTECH_ERR_FORBIDDEN;
	if (key->class != CRYPTECH_KEY_CLASS_AES)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (mode != CRYPTECH_KEY_MODE(key->flags))
		return CRYPTECH_ERR_FORBIDDEN;
	return CRYPTECH_ERR_OK;
}

/* GCM has functions of its own, which keep its rules. */
static int may_cipher(const struct key *key, uint32_t mode)
{
	return mode == CRYPTECH_MODE_GCM && !may_use_mode(key, mode) ?
	       CRYPTECH_ERR_FORBIDDEN : may_use_mode(key, mode);
}

/* The result is made where it has to be; an error wipes it with the reply. */
static int cipher(struct call *call, bool encrypt)
{
	size_t iv_len, iv_size, len;
	const uint8_t *iv, *data;
	uint8_t *next_iv, *out;
	struct core_key *core;
	uint32_t mode, block;
	struct key *key;
	int error, gone;

	error = call_key(call, &key);
	if (error)
		return error;
	mode = xdr_get_u32(&call->in);
	iv = xdr_get_opaque(&call->in, &iv_len);
	block = xdr_get_u32(&call->in);
	data = xdr_get_opaque(&call->in, &len);
	error = may_cipher(key, mode);
	iv_size = core_iv_size(key->type);
	if (!error && iv_len != iv_size)
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!error)
		error = call_fits(call, xdr_size_opaque(iv_size) +
					xdr_size_opaque(len));
	if (!error)
		error = key_core(call, key, &core);
	if (error)
		return error;
	next_iv = xdr_put_opaque_room(&call->out, iv_size);
	out = xdr_put_opaque_room(&call->out, len);
	call_unlock(call);
	error = core_key_cipher(core, encrypt, iv, block, data, len, out,
				next_iv);
	core_key_put(core);
	gone = call_relock(call);
	return error ? error : gone;
}

int handle_ENCRYPT(struct call *call)
{
	return cipher(call, true);
}

int handle_DECRYPT(struct call *call)
{
	return cipher(call, false);
}

/* --- GCM ----------------------------------------------------------------------- */

/* The arguments that both functions have. */
struct gcm {
	const uint8_t *iv, *aad, *data;
	size_t iv_len, aad_len, len;
};

static int gcm_begin(struct call *call, struct gcm *gcm, struct key **key)
{
	int error = call_key(call, key);

	if (error)
		return error;
	gcm->iv = xdr_get_opaque(&call->in, &gcm->iv_len);
	gcm->aad = xdr_get_opaque(&call->in, &gcm->aad_len);
	gcm->data = xdr_get_opaque(&call->in, &gcm->len);
	return may_use_mode(*key, CRYPTECH_MODE_GCM);
}

/*
 * Two messages under one IV give away their difference and the key of all
 * tags. So the HSM draws it, unless the key is for callers who know what they do.
 */
static int gcm_iv(const struct key *key, const struct gcm *gcm,
		  uint8_t iv[CRYPTECH_GCM_IV_SIZE])
{
	if (!gcm->iv_len)
		return core_random(iv, CRYPTECH_GCM_IV_SIZE);
	if (!(key->flags & CRYPTECH_KEY_FLAG_CALLER_IV))
		return CRYPTECH_ERR_FORBIDDEN;
	if (gcm->iv_len != CRYPTECH_GCM_IV_SIZE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	memcpy(iv, gcm->iv, CRYPTECH_GCM_IV_SIZE);
	return CRYPTECH_ERR_OK;
}

int handle_GCM_ENCRYPT(struct call *call)
{
	uint8_t iv[CRYPTECH_GCM_IV_SIZE], *out, *tag;
	struct core_key *core;
	struct key *key;
	struct gcm gcm;
	int error, gone;

	error = gcm_begin(call, &gcm, &key);
	if (!error)
		error = gcm_iv(key, &gcm, iv);
	if (!error)
		error = call_fits(call, xdr_size_opaque(sizeof(iv)) +
					xdr_size_opaque(gcm.len) +
					xdr_size_opaque(CRYPTECH_GCM_TAG_SIZE));
	if (!error)
		error = key_core(call, key, &core);
	if (error)
		return error;
	xdr_put_opaque(&call->out, iv, sizeof(iv));
	out = xdr_put_opaque_room(&call->out, gcm.len);
	tag = xdr_put_opaque_room(&call->out, CRYPTECH_GCM_TAG_SIZE);
	call_unlock(call);
	error = core_key_gcm_encrypt(core, iv, gcm.aad, gcm.aad_len, gcm.data,
				     gcm.len, out, tag);
	core_key_put(core);
	gone = call_relock(call);
	return error ? error : gone;
}

int handle_GCM_DECRYPT(struct call *call)
{
	struct core_key *core;
	const uint8_t *tag;
	struct key *key;
	struct gcm gcm;
	size_t tag_len;
	int error, gone;
	uint8_t *out;

	error = gcm_begin(call, &gcm, &key);
	if (error)
		return error;
	tag = xdr_get_opaque(&call->in, &tag_len);
	if (gcm.iv_len != CRYPTECH_GCM_IV_SIZE ||
	    tag_len != CRYPTECH_GCM_TAG_SIZE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = call_fits(call, xdr_size_opaque(gcm.len));
	if (!error)
		error = key_core(call, key, &core);
	if (error)
		return error;
	out = xdr_put_opaque_room(&call->out, gcm.len);
	call_unlock(call);
	error = core_key_gcm_decrypt(core, gcm.iv, gcm.aad, gcm.aad_len,
				     gcm.data, gcm.len, tag, out);
	core_key_put(core);
	gone = call_relock(call);
	return error ? error : gone;
}

/* --- RSA ----------------------------------------------------------------------- */

/*
 * Without padding a key signs and decrypts whatever it is given, so it has to
 * be made for that.
 */
int handle_RSA_PRIVATE(struct call *call)
{
	uint8_t output[CORE_SIGNATURE_MAX];
	struct core_key *core;
	const uint8_t *input;
	struct key *key;
	int error, gone;
	size_t len;

	error = call_key(call, &key);
	if (error)
		return error;
	input = xdr_get_opaque(&call->in, &len);
	if (!(key->flags & CRYPTECH_KEY_FLAG_RAW))
		return CRYPTECH_ERR_FORBIDDEN;
	error = key_core(call, key, &core);
	if (error)
		return error;
	call_unlock(call);
	error = core_rsa_private(core, input, len, output);
	core_key_put(core);
	gone = call_relock(call);
	if (!error)
		error = gone;
	if (!error)
		xdr_put_opaque(&call->out, output, len);
	core_wipe(output, sizeof(output));
	return error;
}
