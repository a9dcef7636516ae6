// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "devices.h"
#include "fail.h"
#include "text.h"

#define CHUNK	64
#define GROUP	8	/* digits */

void identity_get(struct cryptech *hsm, struct identity *id)
{
	int ret;

	id->spki_len = sizeof(id->spki);
	ret = cryptech_device_identity(hsm, id->serial, id->fingerprint,
				       id->spki, &id->spki_len);
	if (ret)
		fail_call(hsm, ret, "cannot ask the HSM who it is");
}

bool identity_fingerprint(struct identity *id)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	       EVP_DigestUpdate(ctx, id->serial, sizeof(id->serial)) &&
	       EVP_DigestUpdate(ctx, id->spki, id->spki_len) &&
	       EVP_DigestFinal_ex(ctx, id->fingerprint, NULL);
	EVP_MD_CTX_free(ctx);
	return good;
}

const char *fingerprint_text(const uint8_t fingerprint[32])
{
	static char text[2 * 32 + 32 / (GROUP / 2) + 1];
	char digits[65], *out = text;
	size_t i;

	text_hex(fingerprint, 32, digits);
	for (i = 0; i < 64; i++) {
		if (i && i % GROUP == 0)
			*out++ = ' ';
		*out++ = digits[i];
	}
	*out = 0;
	return text;
}

void devices_each(struct cryptech *hsm,
		  bool (*each)(const struct cryptech_approved *device,
			       void *context),
		  void *context)
{
	struct cryptech_approved devices[CHUNK];
	uint8_t previous[16] = { 0 };
	size_t count, i;
	int ret;

	for (;;) {
		count = CHUNK;
		ret = cryptech_device_list(hsm, previous, devices, &count);
		if (ret)
			fail_call(hsm, ret, "cannot list the approved devices");
		if (!count)
			return;
		for (i = 0; i < count; i++)
			if (!each(&devices[i], context))
				return;
		memcpy(previous, devices[count - 1].serial, sizeof(previous));
	}
}

struct search {
	const uint8_t *serial;
	bool found;
};

static bool is_it(const struct cryptech_approved *device, void *context)
{
	struct search *search = context;

	search->found = !memcmp(device->serial, search->serial, 16);
	return !search->found;
}

void devices_check(struct cryptech *hsm, const uint8_t serial[16])
{
	struct search search = { .serial = serial };
	char text[33];

	devices_each(hsm, is_it, &search);
	if (!search.found)
		fail(EXIT_DENIED, "device %s is not approved here: the "
		     "security officer has to `cryptech device approve` its "
		     "identity first", text_hex(serial, 16, text));
}
