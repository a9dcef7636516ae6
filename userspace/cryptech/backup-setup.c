// SPDX-License-Identifier: MIT
/* Scenario 1, step a: KEKEKs of this HSM, for others to wrap keys for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backup.h"
#include "commands.h"
#include "common/base64.h"
#include "common/bundle.h"
#include "common/find.h"
#include "common/pin.h"
#include "common/progress.h"
#include "common/softkekek.h"

#define KEKEK_LABEL	"KEKEK"
#define SOFT_BITS	3072

static const char *out, *single_use, *kekek;
static bool force, legacy, soft;

static const struct opt opts[] = {
	OPT_TEXT("out", 'o', "FILE", &out, "the setup file to write"),
	OPT_FLAG("force", 'f', &force, "FILE may exist"),
	OPT_TEXT("single-use", 0, "N", &single_use,
		 "also N KEKEKs for one hash signature key each"),
	OPT_TEXT("kekek", 0, "KEY", &kekek,
		 "the RSA key to use (default: the first one for transfer)"),
	OPT_FLAG("legacy", 0, &legacy, "in libhal's form, without attestation"),
	OPT_FLAG("soft-kekek", 0, &soft,
		 "legacy: a key under a passphrase, not in any HSM"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "--out FILE",
	.about =
"Write a setup file for `cryptech backup export --to` of another HSM: the public\n"
"half of an RSA key of this HSM (a KEKEK), signed by this HSM. A key for transfer\n"
"is made if there is none. Each hash signature key needs a KEKEK that is used\n"
"once: --single-use. The other HSM has to have approved this one, and this one\n"
"that: `cryptech device`.",
	.opts = opts,
};

/* --- the reusable one ------------------------------------------------------- */

static bool serves(const struct cryptech_key *key)
{
	uint32_t usages = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
			  CRYPTECH_KEY_FLAG_KEYENCIPHERMENT |
			  CRYPTECH_KEY_FLAG_DATAENCIPHERMENT;

	return key->key_class == CRYPTECH_KEY_CLASS_RSA_PRIVATE &&
	       (key->flags & usages) == CRYPTECH_KEY_FLAG_KEYENCIPHERMENT &&
	       key->flags & CRYPTECH_KEY_FLAG_TOKEN &&
	       key->flags & CRYPTECH_KEY_FLAG_LOCAL;
}

struct search {
	struct cryptech_key key;
	bool found;
};

static bool take_first(const struct cryptech_key *key, void *context)
{
	struct search *search = context;

	if (!serves(key))
		return true;
	search->key = *key;
	search->found = true;
	return false;
}

static void make(struct cryptech *hsm, uint8_t uuid[16])
{
	int ret;

	memset(uuid, 0, 16);
	progress_start("making an RSA key for transfer");
	ret = cryptech_key_generate(hsm, CRYPTECH_KEY_RSA3072,
				    CRYPTECH_KEY_FLAG_TOKEN |
				    CRYPTECH_KEY_FLAG_KEYENCIPHERMENT,
				    KEKEK_LABEL, uuid);
	progress_stop();
	if (ret)
		fail_call(hsm, ret, "cannot make a key for transfer");
}

static void choose(struct cryptech *hsm, uint8_t uuid[16])
{
	struct search search = { .found = false };

	if (kekek) {
		find_key(hsm, kekek, &search.key);
		if (!serves(&search.key))
			fail(EXIT_FAILED, "%s is no RSA key that was made for "
			     "this: `cryptech keygen rsa3072 --usage transfer`",
			     kekek);
	} else {
		find_each(hsm, take_first, &search);
	}
	if (kekek || search.found)
		memcpy(uuid, search.key.uuid, 16);
	else
		make(hsm, uuid);
}

/* --- our form --------------------------------------------------------------- */

static void add_statement(struct bundle *bundle, const uint8_t uuid[16],
			  const void *statement, size_t len, bool once)
{
	json_t *item = bundle_add(bundle, uuid, statement, len);

	bundle_put(item, "single_use", json_boolean(once));
}

static void add_reusable(struct cryptech *hsm, struct bundle *bundle)
{
	uint8_t uuid[16], statement[CRYPTECH_PACKAGE_MAX];
	size_t len = sizeof(statement);
	int ret;

	choose(hsm, uuid);
	ret = cryptech_kekek_attest(hsm, uuid, statement, &len);
	if (ret)
		fail_call(hsm, ret, "cannot have the KEKEK attested");
	add_statement(bundle, uuid, statement, len, false);
}

/* KEKEKs that nobody will ever be given would only take room. */
static void take_back(struct cryptech *hsm, const struct bundle *bundle)
{
	struct bundle_item item;
	size_t i;

	for (i = 0; i < bundle_count(bundle); i++) {
		if (!bundle_item(bundle, i, &item))
			continue;
		bytes_free(&item.data);
		if (json_is_true(json_object_get(item.json, "single_use")))
			cryptech_kekek_delete(hsm, item.uuid);
	}
}

static void add_single_use(struct cryptech *hsm, struct bundle *bundle,
			   unsigned int n)
{
	uint8_t uuid[16], statement[CRYPTECH_PACKAGE_MAX];
	unsigned int i;
	size_t len;
	int ret = 0;

	progress_start("making KEKEKs");
	for (i = 0; i < n && !ret; i++) {
		len = sizeof(statement);
		progress_at(i, n);
		ret = cryptech_kekek_create(hsm, uuid, statement, &len);
		if (!ret)
			add_statement(bundle, uuid, statement, len, true);
	}
	progress_stop();
	if (!ret)
		return;
	take_back(hsm, bundle);
	if (ret == -ENOSPC)
		fail(EXIT_FAILED, "the HSM keeps at most %d single-use KEKEKs: "
		     "`cryptech backup status` lists those that wait, "
		     "`cryptech backup forget kekek` gives one up",
		     CRYPTECH_KEKEKS_MAX);
	fail_call(hsm, ret, "cannot make a single-use KEKEK");
}

static void write_ours(struct cryptech *hsm, unsigned int n)
{
	struct cryptech_info info;
	struct bundle bundle;
	int ret = cryptech_get_info(hsm, &info);

	if (ret)
		fail_call(hsm, ret, "cannot ask for the serial number");
	bundle_new(&bundle, BUNDLE_SETUP, info.serial, NULL, NULL, 0);
	add_reusable(hsm, &bundle);
	add_single_use(hsm, &bundle, n);
	ret = bundle_save(&bundle, out, force);
	if (ret) {
		take_back(hsm, &bundle);
		fail(EXIT_FAILED, "cannot write %s: %s", out, strerror(-ret));
	}
	bundle_free(&bundle);
}

/* --- libhal's form ---------------------------------------------------------- */

static void put_hsm_kekek(struct cryptech *hsm, json_t *root)
{
	uint8_t uuid[16], spki[CRYPTECH_SPKI_MAX];
	char text[CRYPTECH_UUID_TEXT];
	size_t len = sizeof(spki);
	int ret;

	choose(hsm, uuid);
	ret = cryptech_key_public(hsm, uuid, spki, &len);
	if (ret)
		fail_call(hsm, ret, "cannot get the public key");
	bundle_put(root, "comment", json_string("KEKEK public key"));
	bundle_put(root, "kekek_uuid",
		   json_string(cryptech_uuid_format(uuid, text)));
	bundle_put(root, "kekek_pubkey", base64_lines(spki, len));
}

static void put_soft_kekek(json_t *root)
{
	struct pin pin;
	bool good;

	pin_read_new(&pin, "passphrase of the KEKEK");
	bundle_put(root, "comment", json_string("KEKEK software keypair"));
	good = softkekek_make(root, SOFT_BITS, pin.bytes, pin.len);
	pin_wipe(&pin);
	if (!good)
		fail_openssl("cannot make an RSA key");
}

static void write_legacy(struct cryptech *hsm)
{
	struct bundle bundle = {
		.kind = BUNDLE_LIBHAL_SETUP,
		.root = json_object(),
	};

	if (soft)
		put_soft_kekek(bundle.root);
	else
		put_hsm_kekek(hsm, bundle.root);
	bundle_write(&bundle, out, force);
	bundle_free(&bundle);
}

int backup_setup(int argc, char **argv)
{
	struct cryptech *hsm = NULL;
	unsigned int n = 0;

	options_parse(&syntax, &argc, &argv);
	if (!out)
		fail_usage("--out FILE is needed");
	if (single_use)
		n = options_number("--single-use", single_use, 1,
				   CRYPTECH_KEKEKS_MAX);
	if (legacy && n)
		fail_usage("libhal's form has no single-use KEKEKs");
	if (soft && (!legacy || kekek))
		fail_usage("--soft-kekek goes with --legacy, and without "
			   "--kekek");
	bundle_check_out(out, force);
	if (!soft)
		hsm = session_login(CRYPTECH_USER_NORMAL);
	if (legacy)
		write_legacy(hsm);
	else
		write_ours(hsm, n);
	cryptech_close(hsm);
	return EXIT_OK;
}
