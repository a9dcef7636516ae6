// SPDX-License-Identifier: MIT
/*
 * Fuzz target: HSS signatures.
 *
 *	input:	u8 bytes of public key | u8 bytes of message |
 *		public key | message | signature
 *
 * Verification answers as a second verifier does, one that was written from the
 * RFC alone. The message comes in two pieces; one of 255 bytes is given up.
 * The message is also read as parameter sets; what is taken makes sense.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/hashsig/lms.h"
#include "hss_plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of its own length. */
static uint8_t *own(const uint8_t *data, size_t len)
{
	uint8_t *p = malloc(len ? len : 1);

	if (!p)
		abort();
	if (len)
		memcpy(p, data, len);
	return p;
}

static int verify(const uint8_t *public, size_t public_len,
		  const uint8_t *message, size_t message_len,
		  const uint8_t *signature, size_t len)
{
	size_t cut = message_len / 3;
	struct hss_verify *verify;
	int error;

	error = hss_verify_begin(&verify, public, public_len, signature, len);
	if (error)
		return error;
	error = hss_verify_update(verify, message, cut);
	if (!error)
		error = hss_verify_update(verify, message + cut,
					  message_len - cut);
	if (error || message_len == 255) {
		hss_verify_abort(verify);
		return error ? error : -1;	/* not to be known */
	}
	return hss_verify_final(verify);
}

static void parse(const uint8_t *message, size_t len)
{
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];
	unsigned int levels = 0;
	char *text = malloc(len + 1);
	size_t size;

	if (!text)
		abort();
	memcpy(text, message, len);
	text[len] = '\0';
	if (hss_parse(text, &levels, params)) {
		size = hss_signature_size(params, levels);
		if (levels < 1 || levels > CRYPTECH_HSS_LEVELS_MAX ||
		    size < 780 * levels || size > 9400 * levels)
			abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int wanted[] = {
		[PLAIN_UNSUPPORTED] = CRYPTECH_ERR_UNSUPPORTED_KEY,
		[PLAIN_INVALID] = CRYPTECH_ERR_INVALID_SIGNATURE,
		[PLAIN_VALID] = CRYPTECH_ERR_OK,
	};
	uint8_t *public, *message, *signature;
	size_t public_len, message_len;
	enum plain_result plain;
	int error;

	if (size < 2 || size - 2 < (size_t)data[0] + data[1])
		return 0;
	public_len = data[0];
	message_len = data[1];
	size -= 2 + public_len + message_len;
	public = own(data + 2, public_len);
	message = own(data + 2 + public_len, message_len);
	signature = own(data + 2 + public_len + message_len, size);
	error = verify(public, public_len, message, message_len, signature,
		       size);
	plain = hss_plain_verify(public, public_len, signature, size, message,
				 message_len);
	if (error != -1 && error != wanted[plain]) {
		fprintf(stderr, "fuzz_hss: %d, but plainly %d\n", error,
			wanted[plain]);
		abort();
	}
	parse(message, message_len);
	free(public);
	free(message);
	free(signature);
	return 0;
}
