// SPDX-License-Identifier: MIT
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "pem.h"

static void private_der(EVP_PKEY *key, struct bytes *der)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	int len = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der->data) : 0;

	PKCS8_PRIV_KEY_INFO_free(p8);
	if (len > 0)
		der->len = len;
}

/*
 * The bytes of a PUBLIC KEY as they stand: whether they are a key is for the
 * HSM to say, which knows kinds that libcrypto does not.
 */
static void public_der(BIO *in, struct bytes *der)
{
	unsigned char *data;
	long len;

	if (PEM_bytes_read_bio(&data, &len, NULL, PEM_STRING_PUBLIC, in, NULL,
			       NULL) != 1)
		return;
	der->data = data;
	der->len = len;
}

bool pem_key(const struct bytes *pem, pem_passphrase *passphrase,
	     struct bytes *der)
{
	static const char private[] = "PRIVATE KEY-----";
	bool is_private = memmem(pem->data, pem->len, private,
				 sizeof(private) - 1);
	BIO *in = BIO_new_mem_buf(pem->data, pem->len);
	EVP_PKEY *key = NULL;

	*der = (struct bytes){ NULL, 0 };
	if (in && is_private)
		key = PEM_read_bio_PrivateKey(in, NULL, passphrase, NULL);
	else if (in)
		public_der(in, der);
	if (key)
		private_der(key, der);
	EVP_PKEY_free(key);
	BIO_free(in);
	return der->len;
}
