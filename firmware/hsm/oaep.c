// SPDX-License-Identifier: MIT
/*
 * RSA-OAEP with keys that decrypt. By UUID, and for the logged-in alone.
 */
#include "key.h"

/* The arguments that both functions have, and the key. */
struct oaep {
	struct core_key *core;
	const uint8_t *label, *data;
	size_t label_len, len;
};

static int oaep_begin(struct call *call, bool decrypt, struct oaep *oaep)
{
	uint32_t digest;
	struct key *key;
	int error = call_key(call, &key);

	if (error)
		return error;
	digest = xdr_get_u32(&call->in);
	oaep->label = xdr_get_opaque(&call->in, &oaep->label_len);
	oaep->data = xdr_get_opaque(&call->in, &oaep->len);
	if (!(key->flags & CRYPTECH_KEY_FLAG_DATAENCIPHERMENT))
		return CRYPTECH_ERR_FORBIDDEN;
	if (CRYPTECH_KEY_FAMILY(key->type) != CRYPTECH_KEY_FAMILY_RSA ||
	    (decrypt && !key_is_private(key)))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (digest != CRYPTECH_DIGEST_SHA256)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return key_core(call, key, &oaep->core);
}

static int oaep(struct call *call, bool decrypt)
{
	uint8_t out[CORE_SIGNATURE_MAX];
	struct oaep o;
	size_t len = 0;
	int error, gone;

	error = oaep_begin(call, decrypt, &o);
	if (error)
		return error;
	call_unlock(call);
	error = (decrypt ? core_rsa_oaep_decrypt : core_rsa_oaep_encrypt)
		(o.core, o.label, o.label_len, o.data, o.len, out, sizeof(out),
		 &len);
	core_key_put(o.core);
	gone = call_relock(call);
	if (!error)
		error = gone;
	if (!error)
		xdr_put_opaque(&call->out, out, len);
	core_wipe(out, sizeof(out));
	return error;
}

int handle_OAEP_ENCRYPT(struct call *call)
{
	return oaep(call, false);
}

int handle_OAEP_DECRYPT(struct call *call)
{
	return oaep(call, true);
}
