// SPDX-License-Identifier: MIT
/*
 * Hash signature keys in libhal's form, which has one seed and a range of
 * leaves: so it is for single-seed keys, whose halves share that secret, and
 * the security officer has to allow that (POLICY_SHARED_SEED).
 *
 * PKCS#8 (RFC 5208) with libhal's own body:
 *
 *	SEQUENCE { INTEGER 0, SEQUENCE { OID [, NULL] }, OCTET STRING {
 *		SEQUENCE { INTEGER L, INTEGER lms, INTEGER lmots,
 *			OCTET STRING I, OCTET STRING T1, OCTET STRING seed,
 *			INTEGER q_start, INTEGER q_end } } }
 *
 * What goes is written to the outbox like any other half, and leaves it at
 * once: nobody acknowledges it here. After a power cut in between, the same
 * KEKEK gets the same package.
 */
#include "der.h"
#include "transfer.h"

#include <stdlib.h>

#define OID_SIZE	11
#define N		32		/* bytes of T1 and seed in this form */
#define LMS_MAX		9		/* typecodes that libhal knows */
#define LMOTS_MAX	4
#define BODY_MAX	160		/* bytes of such a PKCS#8 */

/* --- to bytes and back ---------------------------------------------------- */

static size_t encode(const struct root_single *single, uint8_t *out)
{
	const struct root_facts *facts = &single->facts;
	uint8_t fields[BODY_MAX], body[BODY_MAX + 4], rest[BODY_MAX + 32];
	uint8_t *p = fields, *end;

	p = der_put_number(p, facts->levels);
	p = der_put_number(p, facts->params[0].lms);
	p = der_put_number(p, facts->params[0].lmots);
	p = der_put(p, DER_OCTETS, facts->id, LMS_ID_SIZE);
	p = der_put(p, DER_OCTETS, facts->t1, N);
	p = der_put(p, DER_OCTETS, single->seed, N);
	p = der_put_number(p, single->floor);
	p = der_put_number(p, single->end);
	end = der_put(body, DER_SEQUENCE, fields, p - fields);
	p = der_put_number(rest, 0);
	p = der_put_head(p, DER_SEQUENCE, 2 + OID_SIZE + 2);
	p = der_put(p, DER_OID, CRYPTECH_HSS_OID, OID_SIZE);
	p = der_put_head(p, DER_NULL, 0);
	p = der_put(p, DER_OCTETS, body, end - body);
	end = der_put(out, DER_SEQUENCE, rest, p - rest);
	core_wipe(fields, sizeof(fields));
	core_wipe(body, sizeof(body));
	core_wipe(rest, sizeof(rest));
	return end - out;
}

/* Up to the body, into which the reader goes. */
static bool enter_body(struct xdr_reader *r)
{
	struct xdr_reader algorithm;
	const uint8_t *content, *oid;
	size_t len, oid_len;

	der_enter_whole(r, DER_SEQUENCE);
	if (der_get_number(r) != 0)
		return false;
	content = der_get(r, DER_SEQUENCE, &len);
	if (!content)
		return false;
	xdr_reader_init(&algorithm, content, len);
	oid = der_get(&algorithm, DER_OID, &oid_len);
	if (!oid || oid_len != OID_SIZE ||
	    memcmp(oid, CRYPTECH_HSS_OID, OID_SIZE))
		return false;
	if (xdr_left(&algorithm))
		der_get(&algorithm, DER_NULL, &len);
	if (!xdr_reader_done(&algorithm) || len)
		return false;
	der_enter_whole(r, DER_OCTETS);
	return !r->bad;
}

bool legacy_is_hashsig(const uint8_t *der, size_t len)
{
	struct xdr_reader r;

	xdr_reader_init(&r, der, len);
	return enter_body(&r);
}

/* Octets of just this length. */
static void get_octets(struct xdr_reader *r, uint8_t *out, size_t len)
{
	size_t got;
	const uint8_t *data = der_get(r, DER_OCTETS, &got);

	if (data && got == len)
		memcpy(out, data, len);
	else
		r->bad = true;
}

static int set_levels(struct root_facts *facts, uint32_t levels, uint32_t lms,
		      uint32_t lmots)
{
	if (!levels || levels > CRYPTECH_HSS_LEVELS_MAX || lms > LMS_MAX ||
	    lmots > LMOTS_MAX ||
	    !lms_params(&facts->params[0], lms, lmots) ||
	    facts->params[0].h > ROOT_SINGLE_H_MAX)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	facts->levels = levels;
	for (uint32_t i = 1; i < levels; i++)
		facts->params[i] = facts->params[0];
	return CRYPTECH_ERR_OK;
}

static int decode(const uint8_t *der, size_t len, struct root_single *single)
{
	struct root_facts *facts = &single->facts;
	uint32_t levels, lms, lmots;
	struct xdr_reader r;

	memset(single, 0, sizeof(*single));
	xdr_reader_init(&r, der, len);
	enter_body(&r);
	der_enter_whole(&r, DER_SEQUENCE);
	levels = der_get_number(&r);
	lms = der_get_number(&r);
	lmots = der_get_number(&r);
	get_octets(&r, facts->id, LMS_ID_SIZE);
	get_octets(&r, facts->t1, N);
	get_octets(&r, single->seed, N);
	single->floor = der_get_number(&r);
	single->end = der_get_number(&r);
	if (!xdr_reader_done(&r))
		return CRYPTECH_ERR_ASN1_PARSE_FAILED;
	facts->profile = CRYPTECH_HASHSIG_SINGLE_SEED;
	facts->reserve = 1;
	return set_levels(facts, levels, lms, lmots);
}

/* --- out ------------------------------------------------------------------ */

struct addressee {
	const struct core_key *kekek;
	struct legacy_package *package;
};

static int pack(const struct addressee *to, const struct root_single *single)
{
	size_t len = encode(single, to->package->plain);

	return legacy_pack(to->package, len, to->kekek);
}

/* An image_seal: both parts as XDR, one after the other. */
static int seal(void *data, const uint8_t *image, size_t image_len,
		const uint8_t *kp, uint8_t **out, size_t *out_len)
{
	const struct addressee *to = data;
	const struct legacy_package *package = to->package;
	struct root_single single;
	struct key_record record;
	struct xdr_writer w;
	size_t size;
	int error;

	(void)kp;
	if (!record_parse(image, image_len, image + 4, &record))
		return CRYPTECH_ERR_IMPOSSIBLE;
	error = root_single_get(record.secret, record.secret_len, &single);
	if (!error)
		error = pack(to, &single);
	core_wipe(&single, sizeof(single));
	if (error)
		return error;
	size = xdr_size_opaque(package->pkcs8_len) +
	       xdr_size_opaque(package->kek_len);
	*out = malloc(size);
	if (!*out)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	xdr_writer_init(&w, *out, size);
	xdr_put_opaque(&w, package->pkcs8, package->pkcs8_len);
	xdr_put_opaque(&w, package->kek, package->kek_len);
	*out_len = xdr_written(&w);
	return CRYPTECH_ERR_OK;
}

/* What came out of the outbox. */
static int unpack(const uint8_t *data, size_t len,
		  struct legacy_package *package)
{
	const uint8_t *pkcs8, *kek;
	struct xdr_reader r;

	xdr_reader_init(&r, data, len);
	pkcs8 = xdr_get_opaque(&r, &package->pkcs8_len);
	kek = xdr_get_opaque(&r, &package->kek_len);
	if (!xdr_reader_done(&r) ||
	    package->pkcs8_len > sizeof(package->pkcs8) ||
	    package->kek_len > sizeof(package->kek))
		return CRYPTECH_ERR_IMPOSSIBLE;
	memcpy(package->pkcs8, pkcs8, package->pkcs8_len);
	memcpy(package->kek, kek, package->kek_len);
	return CRYPTECH_ERR_OK;
}

static int check_export(const struct hsm *hsm, const struct key *key)
{
	const struct root_facts *facts = hss_facts(key->hashsig->hss);

	if (!policy_allows(hsm, CRYPTECH_POLICY_SHARED_SEED))
		return CRYPTECH_ERR_FORBIDDEN;
	return facts->profile == CRYPTECH_HASHSIG_SINGLE_SEED &&
	       hashsig_uniform(key->hashsig) &&
	       facts->params[0].lms <= LMS_MAX &&
	       facts->params[0].lmots <= LMOTS_MAX ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_UNSUPPORTED_KEY;
}

/* Whom it is for, so that the same is not given to another. */
static int request_of(const struct core_key *kekek,
		      uint8_t request[ROOT_REQUEST_SIZE])
{
	uint8_t spki[CORE_DER_MAX];
	size_t len;
	int error = core_key_spki(kekek, spki, sizeof(spki), &len);

	if (!error)
		error = core_sha256(spki, len, request);
	/* This KEKEK is good for more than one package: see root_split(). */
	memset(request, 0, 8);
	return error;
}

int legacy_hashsig_export(struct call *call, struct key *key,
			  const struct core_key *kekek,
			  struct legacy_package *package)
{
	struct addressee to = { .kekek = kekek, .package = package };
	struct hsm *hsm = call->hsm;
	uint8_t request[ROOT_REQUEST_SIZE];
	struct root *root;
	uint8_t *data;
	size_t len;
	int error;

	error = check_export(hsm, key);
	if (!error)
		error = request_of(kekek, request);
	if (!error)
		error = hashsig_split(hsm, key, request, seal, &to, &data,
				      &len);
	if (error)
		return error;
	error = unpack(data, len, package);
	free(data);
	root = roots_find(hsm->hashsigs->roots, key->uuid);
	return error || !root ? error :
	       root_outbox_drop(hsm->hashsigs->roots, root);
}

/* --- in ------------------------------------------------------------------- */

/* Everything about the new key that is known of it, as an image. */
static int make_image(const struct root_single *single,
		      const struct key_request *request, const uint8_t *body,
		      size_t body_len, uint8_t **image, size_t *len)
{
	const struct root_facts *facts = &single->facts;
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX], spki[HASHSIG_SPKI_MAX];
	struct key key = {
		.type = CRYPTECH_KEY_HSS,
		.class = CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE,
		.flags = request->flags, .spki = spki,
	};
	struct xdr_writer w;
	int error = CRYPTECH_ERR_OK;

	xdr_writer_init(&w, public, sizeof(public));
	xdr_put_u32(&w, facts->levels);
	xdr_put_u32(&w, facts->params[0].lms);
	xdr_put_u32(&w, facts->params[0].lmots);
	memcpy(xdr_put_raw(&w, LMS_ID_SIZE), facts->id, LMS_ID_SIZE);
	memcpy(xdr_put_raw(&w, N), facts->t1, N);
	key.spki_len = hashsig_spki(public, xdr_written(&w), spki);
	memcpy(key.uuid, facts->uuid, sizeof(key.uuid));
	if (request->label_len)
		error = attributes_set(&key.attributes,
				       CRYPTECH_ATTRIBUTE_LABEL,
				       request->label, request->label_len);
	if (!error)
		error = record_image(&key, body, body_len, image, len);
	attributes_free(&key.attributes);
	return error;
}

static int adopt(struct hsm *hsm, const struct root_single *single,
		 const struct key_request *request, const uint8_t *body,
		 size_t body_len, struct key **key)
{
	struct key_record record;
	uint8_t *image;
	size_t len;
	int error;

	error = make_image(single, request, body, body_len, &image, &len);
	if (error)
		return error;
	if (record_parse(image, len, single->facts.uuid, &record))
		error = hashsig_adopt(hsm, &record, 0, NULL, 0, key);
	else
		error = CRYPTECH_ERR_IMPOSSIBLE;
	core_wipe(image, len);
	free(image);
	return error;
}

/* A handle, before the key is there: after that nothing may fail. */
static int adopt_with_handle(struct call *call,
			     const struct root_single *single,
			     const struct key_request *request,
			     const uint8_t *body, size_t body_len,
			     uint32_t *handle, struct key **key)
{
	struct key *place = key_alloc();
	int error;

	if (!place)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = handle_open(call->client, HANDLE_KEY, place, true, handle);
	if (!error) {
		error = adopt(call->hsm, single, request, body, body_len, key);
		handle_close(call->client, HANDLE_KEY, *handle);
	}
	key_put(place);
	if (!error)
		error = handle_open(call->client, HANDLE_KEY, *key, true,
				    handle);
	if (!error)
		key_get(*key);
	return error;
}

/* The tree out of the seed; the lock is dropped meanwhile. */
static int compute(struct call *call, const struct root_single *single,
		   uint8_t *body, size_t *len)
{
	int error, gone;

	call_unlock(call);
	error = root_single_put(single, body, len);
	gone = call_relock(call);
	return error ? error : gone;
}

int legacy_hashsig_import(struct call *call, const uint8_t *der, size_t len,
			  const struct key_request *request, uint32_t *handle,
			  struct key **key)
{
	uint8_t *body = malloc(ROOT_BODY_MAX);
	struct root_single single;
	size_t body_len;
	int error = CRYPTECH_ERR_FORBIDDEN;

	if (!body)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	if (policy_allows(call->hsm, CRYPTECH_POLICY_SHARED_SEED))
		error = decode(der, len, &single);
	if (!error)
		error = key_draw_uuid(single.facts.uuid);
	if (!error)
		error = compute(call, &single, body, &body_len);
	if (!error && handle)
		error = adopt_with_handle(call, &single, request, body,
					  body_len, handle, key);
	else if (!error)
		error = adopt(call->hsm, &single, request, body, body_len,
			      key);
	core_wipe(&single, sizeof(single));
	core_wipe(body, ROOT_BODY_MAX);
	free(body);
	return error;
}
