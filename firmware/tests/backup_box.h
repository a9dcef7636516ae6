/* SPDX-License-Identifier: MIT */
/*
 * Two HSMs in one process, and a device of software whose attestation key the
 * test has: what it signs can be anything.
 */
#ifndef TESTS_BACKUP_BOX_H
#define TESTS_BACKUP_BOX_H

#include "hsm_box.h"
#include "nor.h"
#include "plain.h"
#include "tap.h"

#define ME	0x1111
#define OFFICER	0x2222

#define SIGNS	CRYPTECH_KEY_FLAG_DIGITALSIGNATURE
#define KEKEK	CRYPTECH_KEY_FLAG_KEYENCIPHERMENT
#define TOKEN	CRYPTECH_KEY_FLAG_TOKEN
#define PUBLIC	CRYPTECH_KEY_FLAG_PUBLIC
#define EXPORTABLE CRYPTECH_KEY_FLAG_EXPORTABLE
#define UUID_SIZE	CRYPTECH_UUID_SIZE
#define UUID(uuid)	(uuid), (size_t)UUID_SIZE

struct blob {
	uint8_t data[CRYPTECH_RPC_MESSAGE_MAX + 64];
	size_t len;
};
#define BLOB(blob)	(blob)->data, (blob)->len

/* --- two HSMs ------------------------------------------------------------- */

struct twin {
	struct box box;			/* first: it is the platform's data */
	struct nor *nor;
	uint64_t anchor;
	uint8_t serial[CRYPTECH_SERIAL_SIZE];
	struct bytes spki;		/* of its attestation key */
};
static struct twin twins[2];
#define SOURCE		(&twins[0])
#define DESTINATION	(&twins[1])

static inline int twin_anchor_read(void *data, uint64_t *value)
{
	*value = ((struct twin *)data)->anchor;
	return 0;
}

static inline int twin_anchor_advance(void *data, uint64_t value)
{
	struct twin *twin = data;

	if (value <= twin->anchor)
		return -1;
	twin->anchor = value;
	return 0;
}

/* A field "name:o" that comes next, to @out of just that length. */
static inline bool take(struct box *box, void *out, size_t len)
{
	const uint8_t *data;
	size_t got;

	data = xdr_get_opaque(&box->results, &got);
	if (!data || got != len)
		return false;
	memcpy(out, data, len);
	return true;
}

static inline bool take_blob(struct box *box, struct blob *out)
{
	const uint8_t *data = xdr_get_opaque(&box->results, &out->len);

	if (!data)
		return false;
	memcpy(out->data, data, out->len);
	return true;
}

static inline bool take_bytes(struct box *box, struct bytes *out)
{
	const uint8_t *data = xdr_get_opaque(&box->results, &out->len);

	if (!data || out->len > sizeof(out->data))
		return false;
	memcpy(out->data, data, out->len);
	return true;
}

static inline int identity(struct twin *twin, uint8_t fingerprint[32])
{
	struct box *box = &twin->box;
	int error = ask(box, 0x9999, CRYPTECH_RPC_DEVICE_IDENTITY, "");

	if (error)
		return error;
	return take(box, twin->serial, CRYPTECH_SERIAL_SIZE) &&
	       take_bytes(box, &twin->spki) && take(box, fingerprint, 32) &&
	       xdr_reader_done(&box->results) ? 0 : -1;
}

static inline bool twin_login(struct twin *twin)
{
	return !box_login(&twin->box, ME, CRYPTECH_USER_NORMAL) &&
	       !box_login(&twin->box, OFFICER, CRYPTECH_USER_SO);
}

static inline bool twin_restart(struct twin *twin)
{
	return box_restart(&twin->box) && twin_login(twin);
}

/* The box of its flash, not started; at anchor 0. */
static inline void twin_box(struct twin *twin)
{
	twin->anchor = 0;
	box_init(&twin->box, &twin->nor->flash);
	twin->box.platform.anchor_kind = CRYPTECH_FRESH_FILE;
	twin->box.platform.anchor_read = twin_anchor_read;
	twin->box.platform.anchor_advance = twin_anchor_advance;
}

static uint32_t twins_flash = 1 << 20;	/* bytes */

/* A fresh HSM that approves nobody. */
static inline bool twin_fresh(struct twin *twin)
{
	uint8_t fingerprint[32];

	box_stop(&twin->box);
	nor_free(twin->nor);
	twin->nor = nor_new(twins_flash, 4096);
	if (!twin->nor)
		return false;
	twin_box(twin);
	return box_start(&twin->box) && box_init_pins(&twin->box) &&
	       twin_login(twin) && !identity(twin, fingerprint);
}

static inline void twins_over(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		box_stop(&twins[i].box);
		nor_free(twins[i].nor);
		twins[i].nor = NULL;
	}
}

static inline int approve(struct twin *twin, const uint8_t *serial,
			  const struct bytes *spki)
{
	return ask(&twin->box, OFFICER, CRYPTECH_RPC_DEVICE_APPROVE, "oos",
		   serial, (size_t)CRYPTECH_SERIAL_SIZE, spki->data,
		   spki->len, "a device");
}

static inline int revoke(struct twin *twin, const uint8_t *serial)
{
	return ask(&twin->box, OFFICER, CRYPTECH_RPC_DEVICE_REVOKE, "o",
		   serial, (size_t)CRYPTECH_SERIAL_SIZE);
}

/* Two fresh ones that approve each other. */
static inline bool twins_fresh(void)
{
	return twin_fresh(SOURCE) && twin_fresh(DESTINATION) &&
	       !approve(SOURCE, DESTINATION->serial, &DESTINATION->spki) &&
	       !approve(DESTINATION, SOURCE->serial, &SOURCE->spki);
}

static inline int set_policy(struct twin *twin, uint32_t policy)
{
	return ask(&twin->box, OFFICER, CRYPTECH_RPC_POLICY_SET, "u", policy);
}

/* --- keys ----------------------------------------------------------------- */

/* The one result of a call, a UUID. */
static inline int result_uuid(struct twin *twin, int error,
			      uint8_t uuid[UUID_SIZE])
{
	if (error)
		return error;
	return take(&twin->box, uuid, UUID_SIZE) &&
	       xdr_reader_done(&twin->box.results) ? 0 : -1;
}

static inline int key_load_der(struct twin *twin, const struct bytes *der,
			       uint32_t flags, const char *label,
			       uint8_t uuid[UUID_SIZE])
{
	return result_uuid(twin, ask(&twin->box, ME, CRYPTECH_RPC_KEY_LOAD,
				     "sous", "", der->data, der->len, flags,
				     label), uuid);
}

static inline int key_generate_of(struct twin *twin, uint32_t type,
				  uint32_t flags, uint8_t uuid[UUID_SIZE])
{
	return result_uuid(twin, ask(&twin->box, ME, CRYPTECH_RPC_KEY_GENERATE,
				     "suus", "", type, flags, "made"), uuid);
}

struct key_seen {
	uint32_t type, class, flags;
	struct bytes label;
};

static inline int key_seen(struct twin *twin, const uint8_t *uuid,
			   struct key_seen *seen)
{
	struct box *box = &twin->box;
	int error = ask(box, ME, CRYPTECH_RPC_KEY_INFO, "o", UUID(uuid));

	if (error)
		return error;
	seen->type = xdr_get_u32(&box->results);
	seen->class = xdr_get_u32(&box->results);
	seen->flags = xdr_get_u32(&box->results);
	return take_bytes(box, &seen->label) &&
	       xdr_reader_done(&box->results) ? 0 : -1;
}

static inline int key_public_of(struct twin *twin, const uint8_t *uuid,
				struct bytes *spki)
{
	int error = ask(&twin->box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
			UUID(uuid), 4096);

	if (error)
		return error;
	return take_bytes(&twin->box, spki) ? 0 : -1;
}

static inline int key_delete_of(struct twin *twin, const uint8_t *uuid)
{
	return ask(&twin->box, ME, CRYPTECH_RPC_KEY_DELETE, "o", UUID(uuid));
}

/* --- transfers ------------------------------------------------------------ */

/* A KEKEK that this HSM makes. */
static inline int kekek_make(struct twin *twin, uint8_t uuid[UUID_SIZE],
			     struct bytes *spki)
{
	int error = key_generate_of(twin, CRYPTECH_KEY_RSA2048, KEKEK | TOKEN,
				    uuid);

	return error ? error : key_public_of(twin, uuid, spki);
}

/* One that it is given. */
static inline int kekek_load(struct twin *twin, uint8_t uuid[UUID_SIZE],
			     struct bytes *der, struct bytes *spki)
{
	plain_encode(EVP_RSA_gen(2048), der, spki);
	return key_load_der(twin, der, KEKEK | TOKEN, "a KEKEK", uuid);
}

static inline int attest(struct twin *twin, const uint8_t *uuid,
			 struct blob *statement)
{
	int error = ask(&twin->box, ME, CRYPTECH_RPC_KEKEK_ATTEST, "o",
			UUID(uuid));

	if (error)
		return error;
	return take_blob(&twin->box, statement) &&
	       xdr_reader_done(&twin->box.results) ? 0 : -1;
}

static inline int kekek_create(struct twin *twin, uint8_t uuid[UUID_SIZE],
			       struct blob *statement)
{
	int error = ask(&twin->box, ME, CRYPTECH_RPC_KEKEK_CREATE, "");

	if (error)
		return error;
	return take(&twin->box, uuid, UUID_SIZE) &&
	       take_blob(&twin->box, statement) &&
	       xdr_reader_done(&twin->box.results) ? 0 : -1;
}

static inline int transfer_export(struct twin *twin, const uint8_t *uuid,
				  const struct blob *statement,
				  struct blob *package)
{
	int error = ask(&twin->box, ME, CRYPTECH_RPC_TRANSFER_EXPORT, "oo",
			UUID(uuid), BLOB(statement));

	if (error)
		return error;
	return take_blob(&twin->box, package) &&
	       xdr_reader_done(&twin->box.results) ? 0 : -1;
}

struct imported {
	uint8_t uuid[UUID_SIZE];
	uint32_t type, flags;
	struct bytes label;
	struct blob ack;
};

static inline int transfer_import(struct twin *twin,
				  const struct blob *package, uint32_t drop,
				  uint32_t check, struct imported *imported)
{
	struct box *box = &twin->box;
	int error = ask(box, ME, CRYPTECH_RPC_TRANSFER_IMPORT, "ouu",
			BLOB(package), drop, check);

	if (error)
		return error;
	if (!take(box, imported->uuid, UUID_SIZE))
		return -1;
	imported->type = xdr_get_u32(&box->results);
	imported->flags = xdr_get_u32(&box->results);
	return take_bytes(box, &imported->label) &&
	       take_blob(box, &imported->ack) &&
	       xdr_reader_done(&box->results) ? 0 : -1;
}

static inline int transfer_ack(struct twin *twin, const struct blob *ack)
{
	uint8_t uuid[UUID_SIZE];

	return result_uuid(twin, ask(&twin->box, ME, CRYPTECH_RPC_TRANSFER_ACK,
				     "o", BLOB(ack)), uuid);
}

/* --- by libcrypto --------------------------------------------------------- */

static const uint8_t soft_serial[CRYPTECH_SERIAL_SIZE] = "software device";
static EVP_PKEY *soft_key;
static struct bytes soft_spki;

static inline void soft_make(void)
{
	uint8_t *p = soft_spki.data;

	if (soft_key)
		return;
	soft_key = EVP_EC_gen("P-256");
	soft_spki.len = i2d_PUBKEY(soft_key, &p);
}

/* r || s behind what is there. */
static inline void soft_sign(struct blob *what)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, soft_key);
	EVP_DigestSign(ctx, der, &len, what->data, what->len);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), what->data + what->len, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), what->data + what->len + 32, 32);
	what->len += 64;
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

/* AES-256 key wrap with padding, either way. */
static inline bool soft_kwp(const uint8_t kek[32], bool encrypt,
			    const uint8_t *in, size_t len, struct blob *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0;
	bool good;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	good = EVP_CipherInit_ex2(ctx, cipher, kek, NULL, encrypt, NULL) == 1 &&
	       EVP_CipherUpdate(ctx, out->data, &done, in, (int)len) == 1;
	out->len = good ? (size_t)done : 0;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return good;
}

/* RSA with a key in DER, its public half to encrypt; OAEP with this label, or
 * PKCS#1 v1.5 without. */
static inline bool soft_rsa(const struct bytes *key, bool encrypt,
			    const char *label, const uint8_t *in, size_t len,
			    struct bytes *out)
{
	const uint8_t *p = key->data;
	EVP_PKEY *pkey = encrypt ? d2i_PUBKEY(NULL, &p, (long)key->len) :
			 d2i_AutoPrivateKey(NULL, &p, (long)key->len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool good = (encrypt ? EVP_PKEY_encrypt_init(ctx) :
			       EVP_PKEY_decrypt_init(ctx)) == 1;

	EVP_PKEY_CTX_set_rsa_padding(ctx, label ? RSA_PKCS1_OAEP_PADDING :
					  RSA_PKCS1_PADDING);
	if (label) {
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256());
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256());
		EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(label),
						 (int)strlen(label));
	}
	out->len = sizeof(out->data);
	if (encrypt)
		good = good && EVP_PKEY_encrypt(ctx, out->data, &out->len, in,
						len) == 1;
	else
		good = good && EVP_PKEY_decrypt(ctx, out->data, &out->len, in,
						len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

/* Does @data of @len bytes end with this key's good signature? */
static inline bool soft_verify(const struct bytes *spki, const uint8_t *data,
			       size_t len)
{
	uint8_t hash[32];

	if (len < 64)
		return false;
	EVP_Digest(data, len - 64, hash, NULL, EVP_sha256(), NULL);
	return plain_verify(spki, hash, 32, "sha256", data + len - 64, 64);
}

/* Writers of structs by hand, after Documentation/backup.rst. */
static inline void put_bytes(struct blob *out, const void *data, size_t len)
{
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static inline void put_word(struct blob *out, uint32_t word)
{
	const uint8_t bytes[] = { (uint8_t)(word >> 24), (uint8_t)(word >> 16),
				  (uint8_t)(word >> 8), (uint8_t)word };

	put_bytes(out, bytes, 4);
}

static inline void put_opaque(struct blob *out, const void *data, size_t len)
{
	put_word(out, (uint32_t)len);
	put_bytes(out, data, len);
	put_bytes(out, "\0\0\0", -len & 3);
}

static inline void put_head(struct blob *out, uint32_t kind)
{
	out->len = 0;
	put_bytes(out, "cryptech-attest-v1\0\0", 20);
	put_word(out, kind);
}

/* What the device of software says of a KEKEK. */
static inline void soft_statement(struct blob *statement, const uint8_t *kekek,
				  uint32_t flags, const struct bytes *spki)
{
	put_head(statement, 1);
	put_bytes(statement, soft_serial, 16);
	put_bytes(statement, kekek, 16);
	put_word(statement, flags);
	put_opaque(statement, spki->data, spki->len);
	soft_sign(statement);
}

#endif /* TESTS_BACKUP_BOX_H */
