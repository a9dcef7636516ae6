/* SPDX-License-Identifier: MIT */
/*
 * The cores: cryptography behind one interface. The firmware computes nothing
 * itself; cores/openssl (libcrypto) does on a Linux host, others may on a
 * board or in an FPGA, and all pass the same vectors.
 *
 * Every function that can fail returns an enum cryptech_error (0: fine) and
 * leaves its outputs undefined, but wiped, when it fails. All are thread safe
 * on distinct objects. Buffers do not overlap unless said.
 */
#ifndef CORES_CORES_H
#define CORES_CORES_H

#include <cryptech/rpc.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_DIGEST_MAX		64
#define CORE_DER_MAX		8192	/* longest PKCS#8 we keep */
#define CORE_SIGNATURE_MAX	1024	/* RSA-8192; EC has 132 */
#define CORE_BLOCK		16	/* of AES, bytes */
#define CORE_SECRET_MAX		CRYPTECH_HMAC_KEY_MAX	/* AES, HMAC keys */

/* Memory that held secrets. The compiler does not drop it. */
void core_wipe(void *data, size_t len);
/* True if equal, in time that depends on @len only. */
bool core_equal(const void *a, const void *b, size_t len);

/* Random bytes of the platform's best source. CSPRNG_BROKEN if it failed. */
int core_random(void *data, size_t len);
/*
 * Another source beside it: @mix xors its own bytes into @data, so that what
 * core_random() gives is random as long as either is. If @mix fails, so does
 * core_random(). NULL: none. Before threads are made, or after.
 */
void core_random_mix(int (*mix)(void *arg, uint8_t *data, size_t len),
		     void *arg);
/* Also into the generator that libraries use on their own. Trusted for nothing. */
void core_random_add(const void *data, size_t len);

/* Hash and HMAC. A context may be copied nowhere; free wipes it. */
struct core_hash;
size_t core_digest_size(enum cryptech_digest digest);	/* 0: unknown */
/* @key_len 0: plain hash. */
struct core_hash *core_hash_new(enum cryptech_digest digest,
				const void *key, size_t key_len);
int core_hash_update(struct core_hash *hash, const void *data, size_t len);
/* Writes core_digest_size() bytes; the context can only be freed then. */
int core_hash_final(struct core_hash *hash, uint8_t *digest);
void core_hash_free(struct core_hash *hash);

/* SHA-256 of what is there as a whole. */
int core_sha256(const void *data, size_t len, uint8_t digest[32]);

/* PBKDF2-HMAC-SHA-256 (RFC 8018). */
int core_pbkdf2(const void *password, size_t password_len, const void *salt,
		size_t salt_len, unsigned int iterations, uint8_t *out,
		size_t out_len);

/* SP 800-108 counter mode with AES-256-CMAC: 32 bytes for @label. */
int core_kdf(const uint8_t key[32], const char *label, uint8_t out[32]);

/*
 * AES key wrap with padding (RFC 5649), key of 32 bytes. Wrapping makes
 * core_wrap_size(len) bytes.
 */
static inline size_t core_wrap_size(size_t len)
{
	return (len + 7) / 8 * 8 + 8;
}
int core_wrap(const uint8_t kek[32], const void *plain, size_t len,
	      uint8_t *wrapped);
/* @plain needs room for wrapped_len - 8 bytes. KEYWRAP_BAD_* */
int core_unwrap(const uint8_t kek[32], const uint8_t *wrapped,
		size_t wrapped_len, uint8_t *plain, size_t *len);

/*
 * Keys. An object holds a private or a public RSA or EC key, or a secret key (of
 * AES or HMAC); it is not changed after it was made, so threads may share it.
 * References are counted, atomically. What a kind of key cannot do is
 * UNSUPPORTED_KEY.
 */
struct core_key;

/*
 * PKCS#8 PrivateKeyInfo (RFC 5208; in it RFC 8017 A.1.2 of two primes, or RFC
 * 5915) or SubjectPublicKeyInfo (RFC 5280). RSA of 1,024 to 8,192 bits, with an
 * odd public exponent from 3 up, of at most 64 bits; EC on P-256, P-384 and
 * P-521, the curve by its name, points uncompressed. ASN1_PARSE_FAILED (also
 * for bytes left over), UNSUPPORTED_KEY, KEY_NOT_ON_CURVE.
 */
int core_key_from_pkcs8(const uint8_t *der, size_t len, struct core_key **key);
int core_key_from_spki(const uint8_t *der, size_t len, struct core_key **key);
/*
 * Do the numbers of a key that somebody else made belong together: exponents
 * and CRT values right, what the private half signs good to the public half,
 * points on their curve? BAD_ARGUMENTS, or KEY_NOT_ON_CURVE (public keys). Of
 * a public RSA key nothing is known beyond what core_key_from_spki asks. Takes
 * somewhat longer than a signature.
 */
int core_key_check(const struct core_key *key);
/*
 * A secret key: of AES its type's core_secret_size() bytes, of HMAC
 * CRYPTECH_HMAC_KEY_MIN to _MAX. BAD_ARGUMENTS for another length, or for the
 * two keys of XTS if they are equal.
 */
int core_key_from_raw(uint32_t type, const void *value, size_t len,
		      struct core_key **key);
/*
 * An AES key whose value is not here: whoever has it does the blocks. There is no
 * core_key_raw() of it (FORBIDDEN).
 */
struct core_elsewhere {
	/* @count blocks, each for itself; @which 1: with the second key of XTS.
	 * @in may be @out. */
	int (*blocks)(void *data, unsigned int which, bool encrypt,
		      const uint8_t *in, uint8_t *out, size_t count);
	void (*free)(void *data);
};
/* @data is freed with the key; not if this fails. */
int core_key_elsewhere(uint32_t type, const struct core_elsewhere *where,
		       void *data, struct core_key **key);
/* Its @data, if it is with @where; else NULL. */
void *core_key_where(const struct core_key *key,
		     const struct core_elsewhere *where);
/* Bytes of one that is generated; 0: no type of secret key. */
size_t core_secret_size(uint32_t type);
/* Generates RSA (public exponent 65537), EC, AES, HMAC by CRYPTECH_KEY_ number. */
int core_key_generate(uint32_t type, struct core_key **key);
/* An RSA private key of 3,072 bits that everybody knows: it does the work of a
 * key where there is none, so that it does not show. */
int core_key_nobody(struct core_key **key);
struct core_key *core_key_get(struct core_key *key);
void core_key_put(struct core_key *key);	/* NULL is fine */

uint32_t core_key_type(const struct core_key *key);	/* CRYPTECH_KEY_* */
enum cryptech_key_class core_key_class(const struct core_key *key);
/* DER in @der of @size bytes; RESULT_TOO_LONG */
int core_key_pkcs8(const struct core_key *key, uint8_t *der, size_t size,
		   size_t *len);
int core_key_spki(const struct core_key *key, uint8_t *der, size_t size,
		  size_t *len);
/* The bytes of a secret key; RESULT_TOO_LONG */
int core_key_raw(const struct core_key *key, uint8_t *value, size_t size,
		 size_t *len);
/* Bytes of a signature: modulus length, or twice the field's. */
size_t core_key_signature_size(const struct core_key *key);

/*
 * RSA: PKCS#1 v1.5 type 1 around DigestInfo(@digest, input), or around input
 * as it is for NONE. EC: ECDSA over input as the hash value (cut to the
 * order's bits), r || s in fixed width.
 */
int core_key_sign(const struct core_key *key, enum cryptech_digest digest,
		  const void *input, size_t input_len, uint8_t *signature,
		  size_t size, size_t *len);
/* INVALID_SIGNATURE */
int core_key_verify(const struct core_key *key, enum cryptech_digest digest,
		    const void *input, size_t input_len,
		    const uint8_t *signature, size_t len);

/*
 * A chunk with an AES key, by the mode of its type: CBC, ECB, CTR (SP 800-38A)
 * or XTS (IEEE 1619, SP 800-38E). ENCRYPT in cryptech/rpc.h has the rules, which
 * are checked here: BAD_ARGUMENTS. @out gets @len bytes, @next_iv the next
 * chunk's iv. Both ivs have core_iv_size() bytes.
 */
size_t core_iv_size(uint32_t type);
int core_key_cipher(const struct core_key *key, bool encrypt,
		    const uint8_t *iv, uint32_t block, const uint8_t *in,
		    size_t len, uint8_t *out, uint8_t *next_iv);

/*
 * AES-GCM of a whole message: GCM_ENCRYPT in cryptech/rpc.h. Unless the tag is
 * right @out is wiped: INVALID_SIGNATURE.
 */
int core_key_gcm_encrypt(const struct core_key *key,
			 const uint8_t iv[CRYPTECH_GCM_IV_SIZE],
			 const uint8_t *aad, size_t aad_len, const uint8_t *in,
			 size_t len, uint8_t *out,
			 uint8_t tag[CRYPTECH_GCM_TAG_SIZE]);
int core_key_gcm_decrypt(const struct core_key *key,
			 const uint8_t iv[CRYPTECH_GCM_IV_SIZE],
			 const uint8_t *aad, size_t aad_len, const uint8_t *in,
			 size_t len, const uint8_t tag[CRYPTECH_GCM_TAG_SIZE],
			 uint8_t *out);

/*
 * MACs: AES-CMAC and HMAC. core_mac is what is to be known of the beginning of a
 * message: whoever has that of messages of his choice can make MACs without
 * the key, so it is a secret like the key. Zeros: nothing precedes.
 */
struct core_mac {
	uint64_t done;			/* bytes, of whole CRYPTECH_MAC_BLOCKs */
	uint8_t chain[CORE_DIGEST_MAX];
};
size_t core_mac_size(uint32_t type);		/* 0: makes no MACs */
/* @len is one or more times CRYPTECH_MAC_BLOCK; BAD_ARGUMENTS */
int core_key_mac_update(const struct core_key *key, struct core_mac *mac,
			const uint8_t *data, size_t len);
/* The MAC of that and @data, which then has CRYPTECH_MAC_BLOCK bytes or more
 * (BAD_ARGUMENTS): core_mac_size() bytes. */
int core_key_mac(const struct core_key *key, const struct core_mac *mac,
		 const uint8_t *data, size_t len, uint8_t *out);

/* RSA with nothing around it: @in to the power of the private exponent, both
 * of core_key_signature_size() bytes. BAD_ARGUMENTS unless below the modulus. */
int core_rsa_private(const struct core_key *key, const uint8_t *in,
		     size_t len, uint8_t *out);

/* RSA PKCS#1 v1.5 type 2, for libhal's key transfer. Decryption answers the
 * same, in the same time, for every bad padding: it fills @plain, whose
 * length the caller fixes, with random bytes. */
int core_rsa_encrypt(const struct core_key *key, const void *plain, size_t len,
		     uint8_t *out, size_t size, size_t *out_len);
int core_rsa_decrypt_fixed(const struct core_key *key, const uint8_t *in,
			   size_t in_len, uint8_t *plain, size_t plain_len);

/*
 * RSA-OAEP (RFC 8017, 7.1) with SHA-256 and MGF1 of the same, for our own key
 * transfer; @label without its zero. Decryption gives @plain_len random bytes, in
 * the same time, for whatever does not decrypt to just so many.
 */
int core_rsa_oaep_encrypt(const struct core_key *key, const char *label,
			  const void *plain, size_t len, uint8_t *out,
			  size_t size, size_t *out_len);
int core_rsa_oaep_decrypt_fixed(const struct core_key *key, const char *label,
				const uint8_t *in, size_t in_len,
				uint8_t *plain, size_t plain_len);

/*
 * ECDH on P-256 (SP 800-56A, 5.7.1.2): the shared x coordinate, 32 bytes, of a
 * private and a public key. core_key_p256: the private key of a scalar;
 * BAD_ARGUMENTS: not in [1, order). core_key_scalar: its scalar.
 */
int core_ecdh(const struct core_key *private_key,
	      const struct core_key *public_key, uint8_t secret[32]);
int core_key_p256(const uint8_t scalar[32], struct core_key **key);
int core_key_scalar(const struct core_key *key, uint8_t scalar[32]);

#endif /* CORES_CORES_H */
