// SPDX-License-Identifier: MIT
/*
 * Message authentication codes of AES-CMAC and HMAC keys. By UUID, and for the
 * logged-in alone.
 *
 * A long message comes in pieces, between which the HSM keeps nothing: the
 * caller has the state. It is sealed, because with states of messages of one's
 * own choice one can make MACs without the key; and it has the number of the
 * key, so that no other key goes on from it, nor the same one that was deleted
 * and came back.
 */
#include "key.h"

#define STATE_PLAIN	(CRYPTECH_MAC_STATE_SIZE - 8)

/* The arguments that all three functions have, and the key. */
struct mac {
	uint64_t number;
	struct core_key *core;
	const uint8_t *state, *data;
	size_t state_len, len;
};

static int state_open(const struct hsm *hsm, const struct mac *mac,
		      struct core_mac *begun)
{
	uint8_t plain[STATE_PLAIN] = { 0 };
	struct xdr_reader r;
	size_t len = 0;
	int error;

	memset(begun, 0, sizeof(*begun));
	if (!mac->state_len)
		return CRYPTECH_ERR_OK;
	if (mac->state_len != CRYPTECH_MAC_STATE_SIZE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = core_unwrap(hsm->k_mac, mac->state, mac->state_len, plain,
			    &len);
	xdr_reader_init(&r, plain, len);
	if (error || xdr_get_u64(&r) != mac->number)
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	begun->done = xdr_get_u64(&r);
	if (!error)
		memcpy(begun->chain, xdr_get_raw(&r, sizeof(begun->chain)),
		       sizeof(begun->chain));
	core_wipe(plain, sizeof(plain));
	return error;
}

static int state_seal(const struct hsm *hsm, const struct mac *mac,
		      const struct core_mac *begun,
		      uint8_t state[CRYPTECH_MAC_STATE_SIZE])
{
	uint8_t plain[STATE_PLAIN];
	struct xdr_writer w;
	int error;

	xdr_writer_init(&w, plain, sizeof(plain));
	xdr_put_u64(&w, mac->number);
	xdr_put_u64(&w, begun->done);
	memcpy(xdr_put_raw(&w, sizeof(begun->chain)), begun->chain,
	       sizeof(begun->chain));
	error = core_wrap(hsm->k_mac, plain, sizeof(plain), state);
	core_wipe(plain, sizeof(plain));
	return error;
}

/* MACs stand for signatures, so that is the use that a key has to have. */
static int may_mac(const struct key *key)
{
	if (!(key->flags & CRYPTECH_KEY_FLAG_DIGITALSIGNATURE))
		return CRYPTECH_ERR_FORBIDDEN;
	if (!key_is_secret(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	return CRYPTECH_ERR_OK;
}

static int mac_begin(struct call *call, struct mac *mac)
{
	struct key *key;
	int error = call_key(call, &key);

	if (error)
		return error;
	mac->state = xdr_get_opaque(&call->in, &mac->state_len);
	mac->data = xdr_get_opaque(&call->in, &mac->len);
	mac->number = key->number;
	error = may_mac(key);
	return error ? error : key_core(call, key, &mac->core);
}

/* Lock not needed. */
static int compute(const struct hsm *hsm, const struct mac *mac,
		   uint8_t value[CORE_DIGEST_MAX])
{
	struct core_mac begun;
	int error;

	error = state_open(hsm, mac, &begun);
	if (!error)
		error = core_key_mac(mac->core, &begun, mac->data, mac->len,
				     value);
	core_wipe(&begun, sizeof(begun));
	return error;
}

int handle_MAC(struct call *call)
{
	uint8_t value[CORE_DIGEST_MAX];
	struct mac mac;
	int error, gone;
	size_t size;

	error = mac_begin(call, &mac);
	if (error)
		return error;
	size = core_mac_size(core_key_type(mac.core));
	call_unlock(call);
	error = compute(call->hsm, &mac, value);
	core_key_put(mac.core);
	gone = call_relock(call);
	if (!error)
		error = gone;
	if (!error)
		xdr_put_opaque(&call->out, value, size);
	core_wipe(value, sizeof(value));
	return error;
}

int handle_MAC_VERIFY(struct call *call)
{
	uint8_t value[CORE_DIGEST_MAX];
	const uint8_t *given;
	size_t given_len, size;
	struct mac mac;
	int error, gone;

	error = mac_begin(call, &mac);
	if (error)
		return error;
	given = xdr_get_opaque(&call->in, &given_len);
	size = core_mac_size(core_key_type(mac.core));
	call_unlock(call);
	error = compute(call->hsm, &mac, value);
	core_key_put(mac.core);
	if (!error && (given_len != size || !core_equal(given, value, size)))
		error = CRYPTECH_ERR_INVALID_SIGNATURE;
	core_wipe(value, sizeof(value));
	gone = call_relock(call);
	return error ? error : gone;
}

int handle_MAC_UPDATE(struct call *call)
{
	struct core_mac begun;
	struct mac mac;
	int error, gone;
	uint8_t *state;

	error = mac_begin(call, &mac);
	if (error)
		return error;
	state = xdr_put_opaque_room(&call->out, CRYPTECH_MAC_STATE_SIZE);
	call_unlock(call);
	error = state_open(call->hsm, &mac, &begun);
	if (!error)
		error = core_key_mac_update(mac.core, &begun, mac.data,
					    mac.len);
	if (!error)
		error = state_seal(call->hsm, &mac, &begun, state);
	core_wipe(&begun, sizeof(begun));
	core_key_put(mac.core);
	gone = call_relock(call);
	return error ? error : gone;
}
