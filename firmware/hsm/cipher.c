// SPDX-License-Identifier: MIT
/*
 * What a key does without padding: ciphers of AES keys by chunks, and the bare
 * private operation of RSA keys. By UUID, and for the logged-in alone.
 */
#include "key.h"

/* Of what was asked with another key, or mode, nothing is computed. */
static int may_cipher(const struct key *key, uint32_t mode)
{
	if (!(key->flags & CRYPTECH_KEY_FLAG_DATAENCIPHERMENT))
		return CRYPTECH_ERR_FORBIDDEN;
	if (!key_is_aes(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (mode != CRYPTECH_KEY_MODE(key->flags))
		return CRYPTECH_ERR_FORBIDDEN;
	return CRYPTECH_ERR_OK;
}

/* The result is made where it has to be; an error wipes it with the reply. */
static int cipher(struct call *call, bool encrypt)
{
	size_t iv_len, len;
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
	if (!error && iv_len != CORE_BLOCK)
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!error)
		error = call_fits(call, xdr_size_opaque(CORE_BLOCK) +
					xdr_size_opaque(len));
	if (!error)
		error = key_core(call, key, &core);
	if (error)
		return error;
	next_iv = xdr_put_opaque_room(&call->out, CORE_BLOCK);
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
