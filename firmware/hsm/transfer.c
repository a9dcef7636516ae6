// SPDX-License-Identifier: MIT
/*
 * libhal's key transfer: the key wrapped under a random key (KEK), that
 * encrypted to an RSA key of the destination (KEKEK). Nothing says whose KEKEK
 * it is, so any program on the way can put in its own: this is served in
 * --libhal-compat, or by policy (POLICY_LEGACY_EXPORT), only.
 *
 * Both parts of a package are EncryptedPrivateKeyInfo (RFC 5208, section 6)
 * with an algorithm that has no parameters:
 *
 *	SEQUENCE { SEQUENCE { OBJECT IDENTIFIER }, OCTET STRING }
 */
#include "der.h"
#include "transfer.h"

#include <stdlib.h>

/* libhal's least pkcs8max: what its longest wrapped key would take */
#define PKCS8_MAX_LEAST	5480

#define ALGORITHM_SIZE	13
/* id-aes256-wrap-pad (RFC 5649): 2.16.840.1.101.3.4.1.48 */
static const uint8_t aes256_wrap_pad[ALGORITHM_SIZE] = {
	0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
	0x01, 0x30,
};
/* rsaEncryption (RFC 8017): 1.2.840.113549.1.1.1 */
static const uint8_t rsa_encryption[ALGORITHM_SIZE] = {
	0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x01,
};

/* --- envelopes ------------------------------------------------------------ */

static size_t envelope_size(size_t len)
{
	size_t content = ALGORITHM_SIZE + der_head_size(len) + len;

	return der_head_size(content) + content;
}

static size_t put_envelope(uint8_t *out, const uint8_t *algorithm,
			   const uint8_t *data, size_t len)
{
	uint8_t *p = out;

	p = der_put_head(p, DER_SEQUENCE,
			 ALGORITHM_SIZE + der_head_size(len) + len);
	memcpy(p, algorithm, ALGORITHM_SIZE);
	p = der_put_head(p + ALGORITHM_SIZE, DER_OCTETS, len);
	memcpy(p, data, len);
	return p + len - out;
}

static const uint8_t *get_envelope(const uint8_t *der, size_t size,
				   const uint8_t *algorithm, size_t *len)
{
	const uint8_t *found;
	struct xdr_reader r;

	xdr_reader_init(&r, der, size);
	der_enter_whole(&r, DER_SEQUENCE);
	found = xdr_get_raw(&r, ALGORITHM_SIZE);
	if (!found || memcmp(found, algorithm, ALGORITHM_SIZE))
		return NULL;
	der_enter_whole(&r, DER_OCTETS);
	*len = xdr_left(&r);
	return r.bad ? NULL : r.next;
}

/* --- export --------------------------------------------------------------- */

static void package_free(struct legacy_package *package)
{
	if (package)
		core_wipe(package, sizeof(*package));
	free(package);
}

int legacy_pack(struct legacy_package *package, size_t len,
		const struct core_key *kekek)
{
	uint8_t encrypted[CORE_SIGNATURE_MAX];
	size_t encrypted_len;
	int error;

	error = core_random(package->key, LEGACY_KEK);
	if (!error)
		error = core_wrap(package->key, package->plain, len,
				  package->wrapped);
	if (error)
		return error;
	package->pkcs8_len = put_envelope(package->pkcs8, aes256_wrap_pad,
					  package->wrapped,
					  core_wrap_size(len));
	error = core_rsa_encrypt(kekek, package->key, LEGACY_KEK, encrypted,
				 sizeof(encrypted), &encrypted_len);
	if (!error)
		package->kek_len = put_envelope(package->kek, rsa_encryption,
						encrypted, encrypted_len);
	return error;
}

/* Lock not needed. */
static int pack(struct legacy_package *package, const struct core_key *key,
		const struct core_key *kekek)
{
	size_t len;
	int error = core_key_pkcs8(key, package->plain,
				   sizeof(package->plain), &len);

	return error ? error : legacy_pack(package, len, kekek);
}

static int check_policy(const struct call *call)
{
	return policy_allows(call->hsm, CRYPTECH_POLICY_LEGACY_EXPORT) ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_FORBIDDEN;
}

/* Of the kekek its public half alone is needed. */
static int check_export(const struct key *key, const struct key *kekek)
{
	if (!(key->flags & CRYPTECH_KEY_FLAG_EXPORTABLE) ||
	    !(kekek->flags & CRYPTECH_KEY_FLAG_KEYENCIPHERMENT))
		return CRYPTECH_ERR_FORBIDDEN;
	if (!key_is_private(key) ||
	    CRYPTECH_KEY_FAMILY(kekek->type) != CRYPTECH_KEY_FAMILY_RSA)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	return CRYPTECH_ERR_OK;
}

/* Before anything is done: half of a key may be gone after. */
static int check_lengths(const struct key *kekek, uint32_t pkcs8_max,
			 uint32_t kek_max)
{
	size_t modulus = (CRYPTECH_KEY_BITS(kekek->type) + 7) / 8;

	return pkcs8_max < PKCS8_MAX_LEAST ||
	       kek_max < envelope_size(modulus) ?
	       CRYPTECH_ERR_RESULT_TOO_LONG : CRYPTECH_ERR_OK;
}

static int export_other(struct call *call, struct key *key,
			const struct core_key *kekek,
			struct legacy_package *package)
{
	struct core_key *core;
	int error, gone;

	error = key_core(call, key, &core);
	if (error)
		return error;
	call_unlock(call);
	error = pack(package, core, kekek);
	core_key_put(core);
	gone = call_relock(call);
	return error ? error : gone;
}

static int export(struct call *call, struct key *key, struct key *kekek,
		  struct legacy_package *package)
{
	struct core_key *core;
	int error;

	/* to decode a key takes time, in which the other may go */
	key_get(key);
	error = key_core(call, kekek, &core);
	if (!error) {
		if (key->dead)
			error = CRYPTECH_ERR_KEY_NOT_FOUND;
		else if (key_is_hashsig(key))
			error = legacy_hashsig_export(call, key, core,
						      package);
		else
			error = export_other(call, key, core, package);
		core_key_put(core);
	}
	key_put(key);
	return error;
}

/* The reply "pkcs8:o kek:o", each of at most so many bytes. */
static int reply_export(struct call *call, struct key *key, struct key *kekek,
			uint32_t pkcs8_max, uint32_t kek_max)
{
	struct legacy_package *package = calloc(1, sizeof(*package));
	int error;

	if (!package)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = export(call, key, kekek, package);
	if (!error && (package->pkcs8_len > pkcs8_max ||
		       package->kek_len > kek_max))
		error = CRYPTECH_ERR_RESULT_TOO_LONG;
	if (!error) {
		xdr_put_opaque(&call->out, package->pkcs8, package->pkcs8_len);
		xdr_put_opaque(&call->out, package->kek, package->kek_len);
	}
	package_free(package);
	return error;
}

int handle_PKEY_EXPORT(struct call *call)
{
	uint32_t handle = xdr_get_u32(&call->in);
	uint32_t kekek_handle = xdr_get_u32(&call->in);
	uint32_t pkcs8_max = xdr_get_u32(&call->in);
	uint32_t kek_max = xdr_get_u32(&call->in);
	struct key *key, *kekek;
	int error;

	error = call_fits(call, xdr_size_opaque(pkcs8_max) +
				xdr_size_opaque(kek_max));
	if (!error)
		error = check_policy(call);
	if (!error)
		error = call_key_by_handle(call, handle, &key);
	if (!error)
		error = call_key_by_handle(call, kekek_handle, &kekek);
	if (!error)
		error = check_export(key, kekek);
	if (!error)
		error = check_lengths(kekek, pkcs8_max, kek_max);
	return error ? error : reply_export(call, key, kekek, pkcs8_max,
					    kek_max);
}

int handle_LEGACY_EXPORT(struct call *call)
{
	struct key *key, *kekek;
	int error;

	error = check_policy(call);
	if (!error)
		error = call_key(call, &key);
	if (!error)
		error = call_key(call, &kekek);
	if (!error)
		error = check_export(key, kekek);
	return error ? error : reply_export(call, key, kekek,
					    CRYPTECH_RPC_MESSAGE_MAX,
					    CRYPTECH_RPC_MESSAGE_MAX);
}

/* --- import --------------------------------------------------------------- */

/*
 * Lock not needed. Bad padding of the KEK and a key that does not unwrap are
 * the same error, and take the same time: after bad padding a random KEK
 * stands in.
 */
static int unpack(const struct core_key *kekek, const uint8_t *pkcs8,
		  size_t pkcs8_len, const uint8_t *kek, size_t kek_len,
		  uint8_t *der, size_t *der_len)
{
	const uint8_t *wrapped, *encrypted;
	uint8_t key[LEGACY_KEK];
	size_t wrapped_len, encrypted_len;
	int error;

	wrapped = get_envelope(pkcs8, pkcs8_len, aes256_wrap_pad,
			       &wrapped_len);
	encrypted = get_envelope(kek, kek_len, rsa_encryption, &encrypted_len);
	if (!wrapped || !encrypted)
		return CRYPTECH_ERR_ASN1_PARSE_FAILED;
	if (wrapped_len > CORE_DER_MAX)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	error = core_rsa_decrypt_fixed(kekek, encrypted, encrypted_len, key,
				       sizeof(key));
	if (error)
		return error;
	error = core_unwrap(key, wrapped, wrapped_len, der, der_len);
	core_wipe(key, sizeof(key));
	if (error == CRYPTECH_ERR_KEYWRAP_BAD_LENGTH)
		error = CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	return error;
}

static int check_import(struct call *call, const struct key *kekek,
			uint32_t flags)
{
	if (!client_writes(call->client, flags) ||
	    !(kekek->flags & CRYPTECH_KEY_FLAG_KEYENCIPHERMENT))
		return CRYPTECH_ERR_FORBIDDEN;
	if (kekek->class != CRYPTECH_KEY_CLASS_RSA_PRIVATE)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	return CRYPTECH_ERR_OK;
}

struct parts {
	const uint8_t *pkcs8, *kek;
	size_t pkcs8_len, kek_len;
};

static void get_parts(struct call *call, struct parts *parts)
{
	parts->pkcs8 = xdr_get_opaque(&call->in, &parts->pkcs8_len);
	parts->kek = xdr_get_opaque(&call->in, &parts->kek_len);
}

/* Open a package and have the key. @handle NULL: nobody wants one. */
static int import(struct call *call, struct key *kekek,
		  const struct parts *parts, const struct key_request *request,
		  uint32_t *handle, struct key **key)
{
	uint8_t der[CORE_DER_MAX];
	struct core_key *core;
	size_t der_len = 0;
	int error, gone;

	error = check_import(call, kekek, request->flags);
	if (!error)
		error = key_core(call, kekek, &core);
	if (error)
		return error;
	call_unlock(call);
	error = unpack(core, parts->pkcs8, parts->pkcs8_len, parts->kek,
		       parts->kek_len, der, &der_len);
	core_key_put(core);
	gone = call_relock(call);
	if (!error)
		error = gone;
	if (!error && legacy_is_hashsig(der, der_len))
		error = legacy_hashsig_import(call, der, der_len, request,
					      handle, key);
	else if (!error)
		error = key_load(call, der, der_len, request, handle, key);
	core_wipe(der, sizeof(der));
	return error;
}

int handle_PKEY_IMPORT(struct call *call)
{
	struct key_request request = { 0 };
	uint32_t kekek_handle, handle;
	struct key *key, *kekek;
	struct parts parts;
	int error;

	xdr_get_u32(&call->in);		/* the session */
	kekek_handle = xdr_get_u32(&call->in);
	get_parts(call, &parts);
	request.flags = xdr_get_u32(&call->in);
	error = check_policy(call);
	if (!error)
		error = call_key_by_handle(call, kekek_handle, &kekek);
	if (!error)
		error = key_check_flags(request.flags,
					CRYPTECH_KEY_FLAGS_LIBHAL);
	if (!error)
		error = import(call, kekek, &parts, &request, &handle, &key);
	if (error)
		return error;
	xdr_put_u32(&call->out, handle);
	xdr_put_opaque(&call->out, key->uuid, sizeof(key->uuid));
	return CRYPTECH_ERR_OK;
}

int handle_LEGACY_IMPORT(struct call *call)
{
	struct key_request request = { 0 };
	struct key *key, *kekek;
	const uint8_t *uuid;
	struct parts parts;
	int error;

	error = check_policy(call);
	if (!error)
		error = call_uuid(call, &uuid);
	if (error)
		return error;
	get_parts(call, &parts);
	error = call_request(call, &request, false);
	if (!error)
		error = call_key_by_uuid(call, uuid, &kekek);
	if (!error)
		error = import(call, kekek, &parts, &request, NULL, &key);
	if (error)
		return error;
	xdr_put_opaque(&call->out, key->uuid, sizeof(key->uuid));
	return CRYPTECH_ERR_OK;
}
