// SPDX-License-Identifier: MIT
/*
 * Values for arguments, drawn by the argument's name, so that many messages
 * get past the first checks of their handlers; every now and then something
 * else.
 */
#include <stdlib.h>

#include "frames.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

unsigned int draw(unsigned int *seed, unsigned int n)
{
	return rand_r(seed) % n;
}

#define FLAG(name)	CRYPTECH_KEY_FLAG_##name

static const struct {
	const char *name;
	uint32_t words[32];
	unsigned int count;
} words[] = {
#define WORDS(name, ...) { name, { __VA_ARGS__ },			       \
	sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t) }
	WORDS("flags", 0, FLAG(DIGITALSIGNATURE), FLAG(KEYENCIPHERMENT),
	      FLAG(DATAENCIPHERMENT), FLAG(TOKEN) | FLAG(DIGITALSIGNATURE),
	      FLAG(TOKEN) | FLAG(EXPORTABLE), FLAG(DATAENCIPHERMENT) |
	      FLAG(TOKEN), FLAG(PUBLIC) | FLAG(DIGITALSIGNATURE),
	      FLAG(RAW) | FLAG(DIGITALSIGNATURE), FLAG(DIGITALSIGNATURE) |
	      FLAG(EXPORTABLE), FLAG(DATAENCIPHERMENT) |
	      CRYPTECH_KEY_MODE_FLAG(CRYPTECH_MODE_CBC),
	      FLAG(DATAENCIPHERMENT) |
	      CRYPTECH_KEY_MODE_FLAG(CRYPTECH_MODE_XTS), 0x2, 0x12,
	      FLAG(DATAENCIPHERMENT) | FLAG(CALLER_IV)),
	WORDS("type", 0, 1, 2, 3, 4, 0x00010800, 0x00010c00, 0x00020100,
	      0x00020180, 0x00020209, 0x00030080, 0x000300c0, 0x00030100,
	      0x00040080, 0x00040100, 0x00010400, 0x00060100,
	      0x000700c0, 0x00080080, 0x00080100, 0x00090080, 0x000a0100,
	      0x000a0180),
	WORDS("digest", 0, 1, 2, 3, 4, 5, 6, 7, 3, 3),
	WORDS("max", 0, 4, 16, 64, 100, 256, 512, 1024, 4096, 2352, 4464,
	      16352),
	WORDS("pkcs8max", 5480, 5480, 5480, 5479, 16000),
	WORDS("kekmax", 512, 512, 512, 32, 33, 256),
	WORDS("curve", 0, 1, 2, 3, 1),
	WORDS("bits", 1024, 2048, 3072, 4096, 1023, 8192),
	WORDS("user", 1, 2, 3, 0, 4),
	WORDS("length", 1, 16, 20, 32, 64, 0, 16352),
	WORDS("mode", 1, 2, 1, 2, 0),
	WORDS("block", 0, 0, 1, 0xfffff, 0x100000),
	WORDS("n", 0, 1, 1, 2, 3),
	WORDS("attribute", 3, 0, 1, 2, 3, 4),
	WORDS("state", 0, 1, 2, 3, 0),
	WORDS("version", 1, 0, 2),
	WORDS("levels", 1, 2),
	/* H5 of W2 and W4, and what is not taken; see fuzz_rpc.c */
	WORDS("lms", 5, 5, 5, 5, 10, 6, 4),
	WORDS("lmots", 2, 2, 2, 3, 6, 1, 9),
	WORDS("profile", 0, 0, 1, 2),
	WORDS("reserve", 1, 0, 4, 40, 1025),
	WORDS("decision", 1, 2, 0),
	WORDS("mask", 0, 0, 8, 0x10, 0x3f),
	WORDS("drop", 0, 0, FLAG(TOKEN), FLAG(EXPORTABLE), 0x40),
	WORDS("check", 0, 0, 1, 2),
	WORDS("what", CRYPTECH_FORGET_PARKED, CRYPTECH_FORGET_OUTBOX, 0, 3),
	WORDS("policy", 0, 1, 2, 3, 4),
	WORDS("erase", 0, 1, 1, 2),
	WORDS("m", 2, 2, 3, 1),
	WORDS("floor", 0, 0, 3, 33),
#undef WORDS
};

uint32_t value_word(const char *name, unsigned int *seed)
{
	static const uint32_t odd[] = {
		0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 255, 256, 4096, 16383, 16384,
		0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff
	};
	size_t len = strcspn(name, ":");

	if (draw(seed, 8) == 0)
		return odd[draw(seed, COUNT(odd))];
	if (!strncmp(name, "pkey:", 5) || !strncmp(name, "kekek:", 6) ||
	    !strncmp(name, "stream:", 7) ||
	    (!strncmp(name, "hash:", 5) && draw(seed, 2)))
		return REFERENCE_WORD + draw(seed, draw(seed, 4) ? 12 :
					     REFERENCES);
	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i].name) == len &&
		    !memcmp(words[i].name, name, len))
			return words[i].words[draw(seed, words[i].count)];
	return 0;
}

static const uint8_t *reference(const char *text, unsigned int number,
				uint8_t *buffer, size_t *len)
{
	memcpy(buffer, text, REFERENCE_SIZE - 1);
	buffer[REFERENCE_SIZE - 1] = number;
	*len = REFERENCE_SIZE;
	return buffer;
}

static const uint8_t *text(const char *text, size_t *len)
{
	*len = strlen(text);
	return (const uint8_t *)text;
}

const uint8_t *value_opaque(const char *name, unsigned int *seed,
			    uint8_t *buffer, size_t *len)
{
	static const char *const pins[] = {
		"user", "so-pin-so", "wheel-pin", "", "another one"
	};
	static const uint8_t lengths[] = {
		0, 1, 15, 16, 17, 20, 24, 32, 33, 48, 64, 65, 100, 128, 255
	};
	static const uint8_t f4[] = { 0, 1, 0, 1 };

	*len = 0;
	if (draw(seed, 10) == 0)
		name = "data:";
	if (!strncmp(name, "pin:", 4))
		return text(pins[draw(seed, COUNT(pins))], len);
	if (!strncmp(name, "label:", 6))
		return text(draw(seed, 2) ? "k\303\244se" : "label", len);
	if (!strncmp(name, "exponent:", 9)) {
		*len = 3 + draw(seed, 2);
		return f4 + 4 - *len;
	}
	if ((!strncmp(name, "uuid:", 5) && draw(seed, 6) == 0) ||
	    (!strncmp(name, "input:", 6) && draw(seed, 3) == 0))
		return buffer;
	if (!strncmp(name, "uuid:", 5) || !strncmp(name, "previous:", 9) ||
	    !strncmp(name, "kekek:", 6))
		return reference(REFERENCE_UUID, draw(seed, 12), buffer, len);
	if (!strncmp(name, "statement:", 10) ||
	    !strncmp(name, "package:", 8) || !strncmp(name, "ack:", 4) ||
	    !strncmp(name, "share:", 6) || !strncmp(name, "spki:", 5) ||
	    !strncmp(name, "serial:", 7))
		return reference(REFERENCE_BLOB, draw(seed, 22), buffer, len);
	if (!strncmp(name, "der:", 4) || !strncmp(name, "pkcs8:", 6) ||
	    !strncmp(name, "kek:", 4) || !strncmp(name, "signature:", 10))
		return reference(REFERENCE_BLOB, draw(seed, 12), buffer, len);
	if (!strncmp(name, "request:", 8)) {	/* few, so that some repeat */
		*len = 16;
		memset(buffer, draw(seed, 4), *len);
		return buffer;
	}
	*len = !strncmp(name, "iv:", 3) ? 16 :
	       lengths[draw(seed, COUNT(lengths))];
	for (size_t i = 0; i < *len; i++)
		buffer[i] = draw(seed, 256);
	return buffer;
}

static void put(struct xdr_writer *w, const char *p, const char *end,
		unsigned int *seed)
{
	uint8_t buffer[256];
	const uint8_t *data;
	uint32_t last = 0;
	size_t len;

	while (p < end) {
		const char *stop = memchr(p, *p == '(' ? ')' : ':', end - p);

		if (*p == '(') {
			while (last--)
				put(w, p + 1, stop, seed);
			p = stop + 1;
			continue;
		}
		if (*p == ' ' || *p == '*' || (*p == 'n' && p[1] == '*')) {
			p++;
			continue;
		}
		last = stop[1] == 'o' ? 0 : value_word(p, seed);
		if (p[0] == 'n' && p[1] == ':')
			last %= 8;
		if (stop[1] == 'u') {
			xdr_put_u32(w, last);
		} else if (stop[1] == 'U') {
			xdr_put_u64(w, last);
		} else if (stop[1] == 'a' && draw(seed, 4) == 0) {
			xdr_put_u32(w, CRYPTECH_ATTRIBUTE_NIL);
		} else {
			data = value_opaque(p, seed, buffer, &len);
			xdr_put_opaque(w, data, len);
		}
		p = stop + 2;
	}
}

void values_put(struct xdr_writer *w, const char *schema, unsigned int *seed)
{
	put(w, schema, schema + strlen(schema), seed);
}
