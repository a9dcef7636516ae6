// SPDX-License-Identifier: MIT
/*
 * Keys from one HSM to another, attested (Documentation/backup.rst).
 *
 * What arrives is looked at in this order: who signed it, then whether it
 * opens. Whatever keeps it from opening (another HSM's package, a KEKEK that is
 * not there, a KEK that does not decrypt, or another length of it, an image
 * that does not unwrap or is none) has one error and takes the same work: a key
 * that is nobody's stands in for a KEKEK, and random bytes for a KEK.
 */
#include "backup.h"

#include <stdlib.h>

#define KEK_SIZE	32
#define KEK_LABEL	"cryptech transfer"
#define PACKAGE_MAX	ROOT_PACKAGE_MAX
#define ACK_MAX		256
#define HASH_SIZE	32

/* --- out ------------------------------------------------------------------ */

/* Whom a package is for, and who makes it. */
struct addressee {
	const struct hsm *hsm;
	const uint8_t *uuid;		/* of the key */
	struct kekek_statement statement;
	struct core_key *kekek;		/* its public half */
};

static int encrypt_kek(const struct addressee *to, const uint8_t kek[KEK_SIZE],
		       uint8_t encrypted[CORE_SIGNATURE_MAX], size_t *len)
{
	return core_rsa_oaep_encrypt(to->kekek, KEK_LABEL,
				     sizeof(KEK_LABEL) - 1, kek, KEK_SIZE,
				     encrypted, CORE_SIGNATURE_MAX, len);
}

/* Around an image that is wrapped and a KEK that is encrypted. */
static int sign_package(const struct addressee *to, const uint8_t *kek,
			size_t kek_len, const uint8_t *wrapped,
			size_t wrapped_len, uint8_t **package, size_t *len)
{
	const struct transfer_package fields = {
		.source = to->hsm->serial,
		.destination = to->statement.serial,
		.kekek = to->statement.uuid, .uuid = to->uuid,
		.kek = kek, .kek_len = kek_len,
		.wrapped = wrapped, .wrapped_len = wrapped_len,
	};
	int error = CRYPTECH_ERR_RESULT_TOO_LONG;

	*package = malloc(PACKAGE_MAX);
	if (!*package)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	*len = transfer_package_put(*package, PACKAGE_MAX, &fields);
	if (*len)
		error = device_sign(to->hsm, *package, *len);
	*len += ATTEST_SIGNATURE;
	if (error) {
		free(*package);
		*package = NULL;
	}
	return error;
}

/* An image_seal. Lock not needed. */
static int seal(void *data, const uint8_t *image, size_t len,
		const uint8_t *kp, uint8_t **package, size_t *package_len)
{
	uint8_t kek[KEK_SIZE], encrypted[CORE_SIGNATURE_MAX];
	const struct addressee *to = data;
	uint8_t *wrapped = malloc(core_wrap_size(len));
	size_t encrypted_len;
	int error;

	(void)kp;	/* that is for keys that are parked */
	if (!wrapped)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = core_random(kek, sizeof(kek));
	if (!error)
		error = core_wrap(kek, image, len, wrapped);
	if (!error)
		error = encrypt_kek(to, kek, encrypted, &encrypted_len);
	if (!error)
		error = sign_package(to, encrypted, encrypted_len, wrapped,
				     core_wrap_size(len), package,
				     package_len);
	core_wipe(kek, sizeof(kek));
	free(wrapped);
	return error;
}

static int export_key(struct call *call, struct key *key,
		      struct addressee *to, uint8_t **package, size_t *len)
{
	size_t image_len;
	uint8_t *image;
	int error, gone;

	error = key_image(call, key, &image, &image_len);
	if (error)
		return error;
	call_unlock(call);
	error = seal(to, image, image_len, NULL, package, len);
	core_wipe(image, image_len);
	free(image);
	gone = call_relock(call);
	if (!error && gone) {
		free(*package);
		error = gone;
	}
	return error;
}

static bool is_private_hashsig(uint32_t class)
{
	return class == CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE;
}

/* Halves of a single-seed key share a secret. */
static int may_share(const struct hsm *hsm, uint32_t profile)
{
	return profile == CRYPTECH_HASHSIG_PUNCTURED ||
	       policy_allows(hsm, CRYPTECH_POLICY_SHARED_SEED) ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_FORBIDDEN;
}

/* A single-use KEKEK is for one hash signature key, which takes no other. */
static int check_export(const struct hsm *hsm, const struct key *key,
			const struct kekek_statement *statement)
{
	bool single_use = statement->flags & KEKEK_SINGLE_USE;

	if (!(key->flags & CRYPTECH_KEY_FLAG_EXPORTABLE) ||
	    single_use != is_private_hashsig(key->class))
		return CRYPTECH_ERR_FORBIDDEN;
	return key->hashsig ?
	       may_share(hsm, hss_facts(key->hashsig->hss)->profile) :
	       CRYPTECH_ERR_OK;
}

/* The public half that the statement gives. */
static int open_statement(struct call *call, const uint8_t *data, size_t len,
			  struct addressee *to, size_t *signed_len)
{
	int error;

	if (!kekek_statement_parse(data, len, &to->statement, signed_len))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = device_verify(call, to->statement.serial, data, *signed_len);
	if (!error)
		error = core_key_from_spki(to->statement.spki,
					   to->statement.spki_len, &to->kekek);
	if (error == CRYPTECH_ERR_ASN1_PARSE_FAILED)
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	if (error)
		return error;
	if (CRYPTECH_KEY_FAMILY(core_key_type(to->kekek)) !=
	    CRYPTECH_KEY_FAMILY_RSA)
		error = CRYPTECH_ERR_UNSUPPORTED_KEY;
	else
		error = key_check_type(call->hsm, core_key_type(to->kekek));
	if (error)
		core_key_put(to->kekek);
	return error;
}

/* Half of a key goes: asked for by what is signed, however it is signed. */
static int export_half(struct call *call, struct key *key,
		       struct addressee *to, const uint8_t *statement,
		       size_t signed_len, uint8_t **package, size_t *len)
{
	uint8_t request[HASH_SIZE];
	int error = core_sha256(statement, signed_len, request);

	return error ? error : hashsig_split(call->hsm, key, request, seal, to,
					     package, len);
}

int handle_TRANSFER_EXPORT(struct call *call)
{
	struct addressee to = { .hsm = call->hsm };
	const uint8_t *statement;
	size_t statement_len, signed_len, len;
	uint8_t *package;
	struct key *key;
	int error;

	error = call_uuid(call, &to.uuid);
	if (error)
		return error;
	statement = xdr_get_opaque(&call->in, &statement_len);
	error = call_key_by_uuid(call, to.uuid, &key);
	if (!error)
		error = open_statement(call, statement, statement_len, &to,
				       &signed_len);
	if (error)
		return error;
	/* the lock was dropped meanwhile */
	error = call_key_by_uuid(call, to.uuid, &key);
	if (!error)
		error = check_export(call->hsm, key, &to.statement);
	if (!error && is_private_hashsig(key->class))
		error = export_half(call, key, &to, statement, signed_len,
				    &package, &len);
	else if (!error)
		error = export_key(call, key, &to, &package, &len);
	core_key_put(to.kekek);
	if (error)
		return error;
	xdr_put_opaque(&call->out, package, len);
	free(package);
	return CRYPTECH_ERR_OK;
}

/* --- in ------------------------------------------------------------------- */

/* A package on its way in. */
struct arrival {
	const uint8_t *data;
	size_t len, signed_len;
	struct transfer_package package;
	uint32_t drop;
	bool check_only;
	bool single_use;	/* its KEKEK */
	uint8_t *image;		/* secret */
	size_t image_size;
	struct key_record record;
};

/* Made by an approved device, and whole. */
static int authenticate(struct call *call, struct arrival *a)
{
	int error;

	if (!transfer_package_parse(a->data, a->len, &a->package,
				    &a->signed_len))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	error = device_verify(call, a->package.source, a->data, a->signed_len);
	return error == CRYPTECH_ERR_BAD_ARGUMENTS ?
	       CRYPTECH_ERR_KEYWRAP_BAD_MAGIC : error;
}

/* The KEKEK that the package names, or what stands in for it. */
static int find_kekek(struct call *call, const struct arrival *a,
		      struct kekek *kekek)
{
	bool mine = !memcmp(a->package.destination, call->hsm->serial,
			    CRYPTECH_SERIAL_SIZE);
	int error = CRYPTECH_ERR_KEY_NOT_FOUND;

	if (mine)
		error = kekek_open(call, a->package.kekek, kekek);
	if (error == CRYPTECH_ERR_KEY_NOT_FOUND) {
		kekek->core = core_key_get(call->hsm->backup->nobody);
		kekek->single_use = false;
		error = CRYPTECH_ERR_OK;
	}
	return error;
}

/* Lock not needed. */
static int open_image(struct arrival *a, const struct core_key *kekek)
{
	const struct transfer_package *package = &a->package;
	uint8_t kek[KEK_SIZE];
	size_t len = 0;
	int error;

	a->image_size = package->wrapped_len + 1;
	a->image = malloc(a->image_size);
	if (!a->image)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = core_rsa_oaep_decrypt_fixed(kekek, KEK_LABEL, package->kek,
					    package->kek_len, kek, KEK_SIZE);
	if (!error)
		error = core_unwrap(kek, package->wrapped,
				    package->wrapped_len, a->image, &len);
	core_wipe(kek, sizeof(kek));
	if (error == CRYPTECH_ERR_ALLOCATION_FAILURE)
		return error;
	if (error || !record_parse(a->image, len, package->uuid, &a->record))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	return CRYPTECH_ERR_OK;
}

static int unpack(struct call *call, struct arrival *a)
{
	struct kekek kekek;
	int error, gone;

	error = find_kekek(call, a, &kekek);
	if (error)
		return error;
	a->single_use = kekek.single_use;
	call_unlock(call);
	error = open_image(a, kekek.core);
	core_key_put(kekek.core);
	gone = call_relock(call);
	if (!error)
		error = gone;
	/* what is for one hash signature key is for no other key */
	if (!error && a->single_use != is_private_hashsig(a->record.class))
		error = CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	return error;
}

/* Does the state of this key stand, or of another part of its tree? It may be
 * of one that is parked and deleted. */
static bool state_stands(struct hsm *hsm, const struct root_facts *facts)
{
	const struct root *root = roots_first(hsm->hashsigs->roots);

	while (root && memcmp(root->facts.uuid, facts->uuid,
			      CRYPTECH_UUID_SIZE) &&
	       memcmp(root->facts.id, facts->id, LMS_ID_SIZE))
		root = root->next;
	return root;
}

static int check_half(struct hsm *hsm, const struct arrival *a)
{
	const struct key_record *record = &a->record;
	struct root_body look;
	int error;

	error = hashsig_check(hsm, record, a->drop);
	if (!error)
		error = root_body_look(record->secret, record->secret_len,
				       &look);
	if (error)
		return error;
	if (state_stands(hsm, &look.facts))
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	return may_share(hsm, look.facts.profile);
}

static int add_half(struct hsm *hsm, const struct arrival *a,
		    struct key **key)
{
	int error = check_half(hsm, a);

	*key = NULL;
	return error || a->check_only ? error :
	       hashsig_adopt(hsm, &a->record, a->drop, a->package.kekek, 0,
			     key);
}

/* This device says that the package is here. */
static int make_ack(const struct hsm *hsm, const struct arrival *a,
		    uint8_t ack[ACK_MAX], size_t *len)
{
	uint8_t hash[HASH_SIZE];
	const struct transfer_ack fields = {
		.destination = hsm->serial, .source = a->package.source,
		.uuid = a->package.uuid, .sha256 = hash,
	};
	int error = core_sha256(a->data, a->len, hash);

	*len = error ? 0 : transfer_ack_put(ack, ACK_MAX, &fields);
	if (!*len)
		return error ? error : CRYPTECH_ERR_IMPOSSIBLE;
	error = device_sign(hsm, ack, *len);
	*len += ATTEST_SIGNATURE;
	return error;
}

/* "uuid:o type:u flags:u label:o ack:o" */
static void put_arrival(struct call *call, const uint8_t *uuid, uint32_t type,
			uint32_t flags, const struct attributes *attributes,
			const uint8_t *ack, size_t ack_len)
{
	const uint8_t *label;
	size_t len;

	label = attributes_label(attributes, &len);
	xdr_put_opaque(&call->out, uuid, CRYPTECH_UUID_SIZE);
	xdr_put_u32(&call->out, type);
	xdr_put_u32(&call->out, flags);
	xdr_put_opaque(&call->out, label, len);
	xdr_put_opaque(&call->out, ack, ack_len);
}

static int put_checked(struct call *call, const struct arrival *a)
{
	const struct key_record *record = &a->record;
	struct attributes list;

	if (!attributes_parse(&list, record->attributes,
			      record->attributes_len))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	put_arrival(call, record->uuid, record->type,
		    record->flags & ~a->drop, &list, NULL, 0);
	attributes_free(&list);
	return CRYPTECH_ERR_OK;
}

/*
 * The package by which a hash signature key came that stands here: the answer
 * may have been lost, and the source waits for it.
 */
static bool came_before(struct call *call, const struct arrival *a,
			struct key **key)
{
	static const uint8_t none[CRYPTECH_UUID_SIZE];
	struct root *root = roots_find(call->hsm->hashsigs->roots,
				       a->package.uuid);

	/* a key that was made here came by none */
	return root && memcmp(a->package.kekek, none, sizeof(none)) &&
	       root_came_by(root, a->package.kekek) &&
	       !memcmp(a->package.destination, call->hsm->serial,
		       CRYPTECH_SERIAL_SIZE) &&
	       !call_key_by_uuid(call, a->package.uuid, key);
}

/* The acknowledgement is made first: with the key there, nothing may fail. */
static int import(struct call *call, struct arrival *a)
{
	uint8_t ack[ACK_MAX];
	struct key *key;
	size_t ack_len;
	int error;

	error = authenticate(call, a);
	if (!error)
		error = make_ack(call->hsm, a, ack, &ack_len);
	if (error)
		return error;
	if (!came_before(call, a, &key)) {
		error = unpack(call, a);
		if (!error && a->single_use)
			error = add_half(call->hsm, a, &key);
		else if (!error)
			error = key_add_image(call, &a->record, a->drop,
					      a->check_only, &key);
	}
	if (error)
		return error;
	if (!key)
		return put_checked(call, a);
	put_arrival(call, key->uuid, key->type, key->flags, &key->attributes,
		    ack, a->check_only ? 0 : ack_len);
	return CRYPTECH_ERR_OK;
}

int handle_TRANSFER_IMPORT(struct call *call)
{
	struct arrival a = { 0 };
	uint32_t check;
	int error;

	a.data = xdr_get_opaque(&call->in, &a.len);
	a.drop = xdr_get_u32(&call->in);
	check = xdr_get_u32(&call->in);
	a.check_only = check;
	if ((a.drop & ~CRYPTECH_KEY_FLAGS_DROP) || check > 1)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = import(call, &a);
	if (a.image)
		core_wipe(a.image, a.image_size);
	free(a.image);
	return error;
}

/* --- acknowledged --------------------------------------------------------- */

/* Is the package in the outbox the one that this device acknowledges? */
static int check_acknowledged(const struct transfer_ack *ack,
			      const uint8_t *data, size_t len)
{
	struct transfer_package package;
	uint8_t hash[HASH_SIZE];
	size_t signed_len;
	int error;

	/* the package of a parked key is of another kind */
	if (!transfer_package_parse(data, len, &package, &signed_len))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = core_sha256(data, len, hash);
	if (error)
		return error;
	return !memcmp(hash, ack->sha256, sizeof(hash)) &&
	       !memcmp(package.destination, ack->destination,
		       CRYPTECH_SERIAL_SIZE) ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_BAD_ARGUMENTS;
}

/*
 * Nothing in the outbox: it was acknowledged before, or it was a key of a kind
 * that does not wait for that.
 */
static int acknowledge(struct hsm *hsm, const struct transfer_ack *ack)
{
	struct roots *roots = hsm->hashsigs->roots;
	struct root *root = roots_find(roots, ack->uuid);
	uint8_t *package;
	size_t len;
	int error;

	if (!root)
		return CRYPTECH_ERR_OK;
	error = root_outbox(roots, root, NULL, &package, &len);
	if (error == CRYPTECH_ERR_KEY_NOT_FOUND)
		return CRYPTECH_ERR_OK;
	if (error)
		return error;
	error = check_acknowledged(ack, package, len);
	free(package);
	return error ? error : root_outbox_drop(roots, root);
}

int handle_TRANSFER_ACK(struct call *call)
{
	struct transfer_ack ack;
	const uint8_t *data;
	size_t len, signed_len;
	int error;

	data = xdr_get_opaque(&call->in, &len);
	if (!transfer_ack_parse(data, len, &ack, &signed_len) ||
	    memcmp(ack.source, call->hsm->serial, CRYPTECH_SERIAL_SIZE))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = device_verify(call, ack.destination, data, signed_len);
	if (error == CRYPTECH_ERR_FORBIDDEN && !call->client->gone)
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!error)
		error = acknowledge(call->hsm, &ack);
	if (!error)
		xdr_put_opaque(&call->out, ack.uuid, CRYPTECH_UUID_SIZE);
	return error;
}
