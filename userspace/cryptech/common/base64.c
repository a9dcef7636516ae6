// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base64.h"

json_t *base64_lines(const void *data, size_t len)
{
	char *text = malloc(4 * ((len + 2) / 3) + 1);
	json_t *lines = json_array();
	size_t at, left, n;

	if (!text || !lines || len > INT32_MAX)
		goto fail;
	left = EVP_EncodeBlock((unsigned char *)text, data, len);
	for (at = 0; left; at += n, left -= n) {
		n = left < BASE64_LINE ? left : BASE64_LINE;
		if (json_array_append_new(lines, json_stringn(text + at, n)))
			goto fail;
	}
	free(text);
	return lines;
fail:
	free(text);
	json_decref(lines);
	return NULL;
}

/* All lines as one; NULL: a line is no string, or the whole is too long. */
static char *join(const json_t *lines, size_t max, size_t *len)
{
	size_t count = json_is_string(lines) ? 1 : json_array_size(lines);
	const json_t *line;
	char *text;
	size_t i;

	*len = 0;
	for (i = 0; i < count; i++) {
		line = json_is_string(lines) ? lines : json_array_get(lines, i);
		if (!json_is_string(line) ||
		    json_string_length(line) > max - *len)
			return NULL;
		*len += json_string_length(line);
	}
	text = malloc(*len + 1);
	*len = 0;
	for (i = 0; text && i < count; i++) {
		line = json_is_string(lines) ? lines : json_array_get(lines, i);
		memcpy(text + *len, json_string_value(line),
		       json_string_length(line));
		*len += json_string_length(line);
	}
	if (text)
		text[*len] = 0;
	return text;
}

static size_t pads(const char *text, size_t len)
{
	size_t n = 0;

	while (n < 2 && n < len && text[len - 1 - n] == '=')
		n++;
	return n;
}

/* libcrypto forgives spaces and bits left over; what it reads has one form. */
static bool is_form_of(const char *text, size_t len, const struct bytes *bytes)
{
	char *again = malloc(len + 5);
	bool same;

	if (!again)
		return false;
	same = (size_t)EVP_EncodeBlock((unsigned char *)again, bytes->data,
				       bytes->len) == len &&
	       !memcmp(again, text, len);
	free(again);
	return same;
}

bool base64_bytes(const json_t *lines, struct bytes *bytes, size_t max)
{
	bool good = false;
	size_t len, pad;
	char *text;
	int n;

	*bytes = (struct bytes){ NULL, 0 };
	if (!json_is_string(lines) && !json_is_array(lines))
		return false;
	text = join(lines, 4 * (max / 3 + 1), &len);
	if (!text)
		return false;
	pad = pads(text, len);
	bytes->data = OPENSSL_malloc(len / 4 * 3 + 1);
	if (bytes->data && len % 4 == 0 && len <= INT32_MAX) {
		n = EVP_DecodeBlock(bytes->data, (unsigned char *)text, len);
		bytes->len = n < (int)pad ? 0 : n - pad;
		good = n >= (int)pad && bytes->len <= max &&
		       is_form_of(text, len, bytes);
	}
	free(text);
	if (!good)
		bytes_free(bytes);
	return good;
}
