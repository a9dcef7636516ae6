/* SPDX-License-Identifier: MIT */
/*
 * Whoever signs certificates and modules: a public key, and a call that signs
 * with the private one wherever that is.
 */
#ifndef TOOL_SIGNER_H
#define TOOL_SIGNER_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "hash.h"
#include "../../libcryptech/libcryptech.h"

struct signer {
	EVP_PKEY *public;
	bool pss;	/* RSA: the key signs by PSS, as no structure here says */
	/*
	 * Sign a hash's value as the HSM does: RSA by PKCS#1 v1.5, EC as
	 * r || s. @sig has room for *sig_len. 0 or -errno.
	 */
	int (*sign)(void *context, const struct hash *hash, uint8_t *sig,
		    size_t *sig_len);
	void *context;
};

struct signature {
	size_t len;
	uint8_t bytes[CRYPTECH_SIGNATURE_MAX];
};

enum signer_result {
	SIGNER_OK,
	SIGNER_CALL,		/* the call failed; *error is its -errno */
	SIGNER_KEY,		/* no kind of key that can do this */
	SIGNER_WRONG,		/* the signature does not verify */
};

/*
 * Sign and check the result with the public key, so that nothing wrong is
 * ever written. EC signatures come in DER.
 */
enum signer_result signer_sign(const struct signer *signer,
			       const struct hash *hash, struct signature *sig,
			       int *error);

/*
 * The AlgorithmIdentifier of the signer's signatures over @digest values.
 * RSA: sha256WithRSAEncryption and so on in certificates, rsaEncryption
 * (@plain) in CMS. False: there is none.
 */
bool signer_algorithm(const struct signer *signer, uint32_t digest, bool plain,
		      X509_ALGOR *algorithm);

/* A key of the HSM as a signer. Failure ends the process. */
struct signer_hsm {
	struct signer signer;
	struct cryptech *hsm;
	struct cryptech_key key;
};

void signer_hsm_init(struct signer_hsm *s, struct cryptech *hsm,
		     const char *name);
void signer_hsm_free(struct signer_hsm *s);

/* Ends the process with words for a result that is not SIGNER_OK. */
void signer_fail(struct signer_hsm *s, enum signer_result result, int error)
	__attribute__((noreturn));

#endif /* TOOL_SIGNER_H */
