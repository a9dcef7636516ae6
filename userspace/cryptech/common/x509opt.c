// SPDX-License-Identifier: MIT
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "fail.h"
#include "file.h"
#include "x509opt.h"

struct x509_options x509_options;

void x509_options_wish(struct x509_wish *wish)
{
	const char *subject = x509_options.subject, *text;
	X509_NAME *name;
	unsigned int i;

	wish->digest = hash_number(x509_options.hash);
	if (subject) {
		name = x509_name(subject);
		if (!name)
			fail_usage("cannot make a name of %s", subject);
		X509_NAME_free(name);
	}
	for (i = 0; i < X509_EXTENSION_COUNT; i++) {
		text = x509_options.extensions[i];
		if (text && !x509_extension_check(i, text))
			fail_usage("cannot make a %s of %s; see "
				   "x509v3_config(5)",
				   x509_extension_name(i), text);
		wish->extensions[i] = text;
	}
}

void x509_options_signer(struct signer_hsm *s, const char *name,
			 struct x509_wish *wish)
{
	static char uuid[CRYPTECH_UUID_TEXT];

	signer_hsm_init(s, session_login(CRYPTECH_USER_NORMAL), name);
	/* a label may look as a name of several parts does */
	wish->subject = x509_options.subject ? x509_options.subject :
		s->key.label_len && s->key.label[0] != '/' ? s->key.label :
		cryptech_uuid_format(s->key.uuid, uuid);
}

static void write_pem(const char *pem, const uint8_t *der, int len)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *text;
	long text_len;

	if (!memory || !PEM_write_bio(memory, pem, "", der, len))
		fail_openssl("cannot write PEM");
	text_len = BIO_get_mem_data(memory, &text);
	file_write(x509_options.out ? x509_options.out : "-", text, text_len);
	BIO_free(memory);
}

void x509_options_write(struct signer_hsm *s, const char *pem,
			const uint8_t *der, int len)
{
	signer_hsm_free(s);
	cryptech_close(s->hsm);
	if (x509_options.der)
		file_write_binary(x509_options.out, der, len);
	else
		write_pem(pem, der, len);
}
