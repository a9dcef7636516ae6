// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "fail.h"
#include "json.h"
#include "legacy.h"
#include "pin.h"
#include "progress.h"
#include "softkekek.h"

#define COMMENT		"Cryptech encrypted key backup"
#define PKCS8_MAX	8192
#define KEK_MAX		1024

/* Said at once, and not of each key. */
static void check_policy(struct cryptech *hsm)
{
	struct cryptech_status status;
	int ret = cryptech_get_status(hsm, &status);

	if (ret)
		fail_call(hsm, ret, "cannot ask for the policy");
	if (!(cryptech_figure(&status, CRYPTECH_STATUS_MODE, 0) &
	      CRYPTECH_MODE_LEGACY_EXPORT))
		fail(EXIT_DENIED, "this HSM exchanges no keys without "
		     "attestation: the security officer may allow it, "
		     "`cryptech backup policy legacy-export`");
}

/* --- the KEKEK ----------------------------------------------------------- */

/*
 * Load a key for the time that this takes. It belongs to this login and would
 * go with it; but that may be a session that goes on.
 */
static int load_for_now(struct cryptech *hsm, const struct bytes *der,
			uint8_t uuid[16])
{
	memset(uuid, 0, 16);
	return cryptech_key_load(hsm, der->data, der->len,
				 CRYPTECH_KEY_FLAG_KEYENCIPHERMENT, NULL,
				 uuid);
}

static void load_public(struct cryptech *hsm, const json_t *root,
			uint8_t uuid[16])
{
	struct bytes spki;
	int ret;

	if (!base64_bytes(json_object_get(root, "kekek_pubkey"), &spki,
			  CRYPTECH_SPKI_MAX))
		fail(EXIT_FAILED, "the file has no KEKEK");
	ret = load_for_now(hsm, &spki, uuid);
	bytes_free(&spki);
	if (ret)
		fail_call(hsm, ret, "cannot load the KEKEK");
}

static void load_soft(struct cryptech *hsm, const json_t *root,
		      uint8_t uuid[16])
{
	struct bytes pkcs8;
	struct pin pin;
	bool good;
	int ret;

	pin_read(&pin, "passphrase of the KEKEK");
	good = softkekek_open(root, pin.bytes, pin.len, &pkcs8);
	pin_wipe(&pin);
	if (!good)
		fail(EXIT_DENIED, "the passphrase does not open the KEKEK in "
		     "the file");
	ret = load_for_now(hsm, &pkcs8, uuid);
	bytes_free(&pkcs8);
	if (ret)
		fail_call(hsm, ret, "cannot load the KEKEK");
}

static void find_private(struct cryptech *hsm, const json_t *root,
			 uint8_t uuid[16])
{
	const char *text = json_string_value(json_object_get(root,
							     "kekek_uuid"));
	struct cryptech_key key;
	int ret;

	if (!text || cryptech_uuid_parse(text, uuid))
		fail(EXIT_FAILED, "the file does not name its KEKEK");
	ret = cryptech_key_info(hsm, uuid, &key);
	if (ret)
		fail_call(hsm, ret, "the keys are for KEKEK %s, which is not "
			  "in this HSM", text);
}

/* --- export -------------------------------------------------------------- */

static int put_private(struct cryptech *hsm, const uint8_t kekek[16],
		       const struct cryptech_key *key, json_t *item)
{
	uint8_t pkcs8[PKCS8_MAX], kek[KEK_MAX];
	size_t pkcs8_len = sizeof(pkcs8), kek_len = sizeof(kek);
	int ret;

	ret = cryptech_legacy_export(hsm, key->uuid, kekek, pkcs8, &pkcs8_len,
				     kek, &kek_len);
	if (ret)
		return ret;
	bundle_put(item, "comment", json_string("Encrypted private key"));
	bundle_put(item, "pkcs8", base64_lines(pkcs8, pkcs8_len));
	bundle_put(item, "kek", base64_lines(kek, kek_len));
	return 0;
}

static int put_public(struct cryptech *hsm, const struct cryptech_key *key,
		      json_t *item)
{
	uint8_t spki[CRYPTECH_SPKI_MAX];
	size_t len = sizeof(spki);
	int ret = cryptech_key_public(hsm, key->uuid, spki, &len);

	if (ret)
		return ret;
	bundle_put(item, "comment", json_string("Public key"));
	bundle_put(item, "spki", base64_lines(spki, len));
	return 0;
}

static int export_one(struct cryptech *hsm, const uint8_t kekek[16],
		      const struct cryptech_key *key, json_t *keys)
{
	bool private = key->key_class == CRYPTECH_KEY_CLASS_RSA_PRIVATE ||
		       key->key_class == CRYPTECH_KEY_CLASS_EC_PRIVATE;
	char text[CRYPTECH_UUID_TEXT];
	json_t *item = json_object();
	int ret;

	ret = private ? put_private(hsm, kekek, key, item) :
			put_public(hsm, key, item);
	if (ret) {
		json_decref(item);
		return ret;
	}
	bundle_put(item, "uuid",
		   json_string(cryptech_uuid_format(key->uuid, text)));
	/* libhal refuses flags that it does not know. */
	bundle_put(item, "flags", json_integer(key->flags &
					       CRYPTECH_KEY_FLAGS_LIBHAL));
	if (json_array_append_new(keys, item))
		fail(EXIT_FAILED, "no memory left");
	return 0;
}

void legacy_export(struct cryptech *hsm, const struct bundle *setup,
		   struct bundle *bundle, const struct pick *pick)
{
	json_t *keys = json_array();
	char text[CRYPTECH_UUID_TEXT];
	uint8_t kekek[16];
	size_t i;
	int ret = 0;

	check_policy(hsm);
	load_public(hsm, setup->root, kekek);
	progress_start("exporting keys");
	for (i = 0; i < pick->count && !ret; i++) {
		progress_at(i, pick->count);
		ret = export_one(hsm, kekek, &pick->keys[i], keys);
	}
	progress_stop();
	if (ret)
		fail_call(hsm, ret, "cannot export %s",
			  cryptech_uuid_format(pick->keys[i - 1].uuid, text));
	cryptech_key_delete(hsm, kekek);
	bundle->kind = BUNDLE_LIBHAL;
	bundle->root = json_copy(setup->root);
	bundle->items = keys;
	bundle_put(bundle->root, "comment", json_string(COMMENT));
	bundle_put(bundle->root, "keys", keys);
}

/* --- import -------------------------------------------------------------- */

static int import_private(struct cryptech *hsm, const uint8_t kekek[16],
			  const json_t *item, uint32_t flags, uint8_t uuid[16])
{
	struct bytes pkcs8, kek = { NULL, 0 };
	int ret = -EBADMSG;

	if (base64_bytes(json_object_get(item, "pkcs8"), &pkcs8, PKCS8_MAX) &&
	    base64_bytes(json_object_get(item, "kek"), &kek, KEK_MAX))
		ret = cryptech_legacy_import(hsm, kekek, pkcs8.data, pkcs8.len,
					     kek.data, kek.len, flags, NULL,
					     uuid);
	bytes_free(&pkcs8);
	bytes_free(&kek);
	return ret;
}

static int import_public(struct cryptech *hsm, const json_t *item,
			 uint32_t flags, uint8_t uuid[16])
{
	struct bytes spki;
	int ret = -EBADMSG;

	memset(uuid, 0, 16);
	if (base64_bytes(json_object_get(item, "spki"), &spki,
			 CRYPTECH_SPKI_MAX))
		ret = cryptech_key_load(hsm, spki.data, spki.len, flags, NULL,
					uuid);
	bytes_free(&spki);
	return ret;
}

static int import_one(struct cryptech *hsm, const uint8_t kekek[16],
		      const json_t *item, uint32_t drop, uint8_t uuid[16])
{
	json_int_t flags = json_integer_value(json_object_get(item, "flags"));

	if (flags & ~(json_int_t)CRYPTECH_KEY_FLAGS_LIBHAL)
		return -EINVAL;
	flags &= ~(json_int_t)drop;
	if (json_object_get(item, "pkcs8"))
		return import_private(hsm, kekek, item, flags, uuid);
	return import_public(hsm, item, flags, uuid);
}

static void tell(const char *old, const uint8_t uuid[16], bool json)
{
	char new[CRYPTECH_UUID_TEXT];

	cryptech_uuid_format(uuid, new);
	if (!json) {
		printf("%s as %s\n", old, new);
		return;
	}
	json_open(NULL, '{');
	json_text("uuid", new);
	json_text("was", old);
	json_close('}');
}

unsigned int legacy_import(struct cryptech *hsm, const struct bundle *bundle,
			   uint32_t drop, bool json)
{
	bool soft = softkekek_is(bundle->root);
	uint8_t kekek[16], uuid[16];
	unsigned int failed = 0;
	const char *old;
	size_t i;
	int ret;

	check_policy(hsm);
	if (soft)
		load_soft(hsm, bundle->root, kekek);
	else
		find_private(hsm, bundle->root, kekek);
	if (json)
		json_open(NULL, '[');
	for (i = 0; i < bundle_count(bundle); i++) {
		const json_t *item = json_array_get(bundle->items, i);

		old = json_string_value(json_object_get(item, "uuid"));
		old = old ? old : "a key without UUID";
		ret = import_one(hsm, kekek, item, drop, uuid);
		if (!ret)
			tell(old, uuid, json);
		else
			warn_call(hsm, ret, "cannot import %s", old);
		failed += !!ret;
	}
	if (json)
		json_close(']');
	if (soft)
		cryptech_key_delete(hsm, kekek);
	return failed;
}
