// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "text.h"

/* What people call the key flags, here and in options. */
static const struct {
	uint32_t flag;
	const char *name;
} flags_names[] = {
	{ CRYPTECH_KEY_FLAG_TOKEN, "token" },
	{ CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, "sign" },
	{ CRYPTECH_KEY_FLAG_DATAENCIPHERMENT, "decrypt" },
	{ CRYPTECH_KEY_FLAG_KEYENCIPHERMENT, "transfer" },
	{ CRYPTECH_KEY_FLAG_PUBLIC, "public" },
	{ CRYPTECH_KEY_FLAG_EXPORTABLE, "exportable" },
	{ CRYPTECH_KEY_FLAG_RAW, "raw" },
	{ CRYPTECH_KEY_FLAG_RECOVERABLE, "recoverable" },
	{ CRYPTECH_KEY_FLAG_LOCAL, "local" },
	{ CRYPTECH_KEY_FLAG_VAULT, "vault" },
	{ CRYPTECH_KEY_FLAG_CALLER_IV, "caller-iv" },
};

/* Code point of @n bytes whose form has been checked. */
static uint32_t code_point(const uint8_t *s, size_t n)
{
	uint32_t c = n == 1 ? s[0] : s[0] & (0x7f >> n);
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

size_t text_character(const char *text, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *s = (const uint8_t *)text;
	size_t n, i;
	uint32_t c;

	if (!len)
		return 0;
	n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 :
	    s[0] < 0xf0 ? 3 : s[0] < 0xf8 ? 4 : 0;
	if (!n || n > len)
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	c = code_point(s, n);
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c < least[n] ||
	    (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	return n;
}

const char *text_of(const char *bytes, size_t len, char text[TEXT_LABEL])
{
	const char *in = bytes;
	size_t left = len;
	char *out = text;

	while (left) {
		size_t n = text_character(in, left);

		if (n) {
			memcpy(out, in, n);
			out += n;
		} else {
			n = 1;
			out += sprintf(out, "\\x%02x", (uint8_t)*in);
		}
		in += n;
		left -= n;
	}
	*out = 0;
	return text;
}

const char *text_label(const struct cryptech_key *key, char text[TEXT_LABEL])
{
	return text_of(key->label, key->label_len, text);
}

const char *text_flag(unsigned int i, uint32_t *flag)
{
	if (i >= sizeof(flags_names) / sizeof(flags_names[0]))
		return NULL;
	*flag = flags_names[i].flag;
	return flags_names[i].name;
}

const char *text_mode(uint32_t flags, char text[TEXT_MODE])
{
	static const char *const names[] = {
		[CRYPTECH_MODE_CBC] = "cbc", [CRYPTECH_MODE_XTS] = "xts",
		[CRYPTECH_MODE_ECB] = "ecb", [CRYPTECH_MODE_CTR] = "ctr",
		[CRYPTECH_MODE_GCM] = "gcm", [CRYPTECH_MODE_CMAC] = "cmac",
	};
	uint32_t mode = CRYPTECH_KEY_MODE(flags);

	if (mode && mode < sizeof(names) / sizeof(names[0]))
		return strcpy(text, names[mode]);
	snprintf(text, TEXT_MODE, "mode-%u", mode);
	return text;
}

const char *text_flags(uint32_t flags, char text[TEXT_FLAGS])
{
	uint32_t mode_mask = CRYPTECH_KEY_MODE_FLAG(0xf);
	char mode[TEXT_MODE];
	const char *name;
	uint32_t flag;
	size_t at = 0;
	unsigned int i;

	text[0] = 0;
	for (i = 0; (name = text_flag(i, &flag)); i++) {
		if (!(flags & flag))
			continue;
		at += snprintf(text + at, TEXT_FLAGS - at, "%s%s",
			       at ? "," : "", name);
		flags &= ~flag;
	}
	if (flags & mode_mask)
		at += snprintf(text + at, TEXT_FLAGS - at, "%s%s",
			       at ? "," : "", text_mode(flags, mode));
	flags &= ~mode_mask;
	if (flags)
		snprintf(text + at, TEXT_FLAGS - at, "%s0x%x", at ? "," : "",
			 flags);
	return text;
}

const char *text_class(uint32_t key_class)
{
	switch (key_class) {
	case CRYPTECH_KEY_CLASS_RSA_PRIVATE:
	case CRYPTECH_KEY_CLASS_EC_PRIVATE:
	case CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE:
		return "private";
	case CRYPTECH_KEY_CLASS_RSA_PUBLIC:
	case CRYPTECH_KEY_CLASS_EC_PUBLIC:
	case CRYPTECH_KEY_CLASS_HASHSIG_PUBLIC:
		return "public";
	case CRYPTECH_KEY_CLASS_AES:
	case CRYPTECH_KEY_CLASS_HMAC:
		return "secret";
	default:
		return "unknown";
	}
}

const char *text_hex(const void *data, size_t len, char *text)
{
	const uint8_t *in = data;
	size_t i;

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", in[i]);
	text[2 * len] = 0;
	return text;
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c ? strchr(digits, c) : NULL;
	return at ? at - digits : -1;
}

bool text_bytes(const char *text, void *data, size_t len)
{
	uint8_t *out = data;
	size_t i;

	for (i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]);
		int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);

		if (low < 0)
			return false;
		out[i] = high << 4 | low;
	}
	return !text[2 * len];
}
