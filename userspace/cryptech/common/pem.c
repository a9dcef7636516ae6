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

static void public_der(EVP_PKEY *key, struct bytes *der)
{
	int len = i2d_PUBKEY(key, &der->data);

	if (len > 0)
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
		key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
	if (key && is_private)
		private_der(key, der);
	else if (key)
		public_der(key, der);
	EVP_PKEY_free(key);
	BIO_free(in);
	return der->len;
}
