// SPDX-License-Identifier: MIT
#include <string.h>

#include "commands.h"
#include "common/ecdsa.h"
#include "common/file.h"
#include "common/find.h"
#include "common/hashsig.h"
#include "common/hash.h"
#include "common/pin.h"

static const char *out, *hash_name, *request;
static bool prehashed, raw;

static const struct opt opts[] = {
	OPT_TEXT("hash", 0, "NAME", &hash_name, "hash (default: sha256)"),
	OPT_FLAG("prehashed", 0, &prehashed, "FILE is the hash's value"),
	OPT_FLAG("raw", 0, &raw, "EC: write r || s, not DER"),
	OPT_TEXT("request", 0, "ID", &request,
		 "hss: ask again for the signature of this request"),
	OPT_TEXT("out", 'o', "FILE", &out, "write the signature to FILE"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY [FILE]",
	.about =
"Sign a file (standard input without one). RSA signs with PKCS#1 v1.5, or by\n"
"PSS if the key is for that, EC with ECDSA in DER; `openssl dgst -verify` takes\n"
"them. An hss key signs the file itself (RFC 8554), and can do so only so often:\n"
"see `cryptech show`.",
	.opts = opts,
	.args_min = 1,
	.args_max = 2,
};

static void sign_hash(struct cryptech *hsm, const struct cryptech_key *key,
		      const char *path)
{
	uint8_t sig[CRYPTECH_SIGNATURE_MAX], der[CRYPTECH_SIGNATURE_MAX];
	size_t len = sizeof(sig), der_len = sizeof(der);
	struct hash hash;
	int ret;

	if (request)
		fail_usage("--request is for hss keys");
	hash_file(&hash, hash_number(hash_name), path,
		  prehashed);
	ret = cryptech_sign(hsm, key->uuid, hash.digest, hash.value, hash.len,
			    sig, &len);
	if (ret)
		fail_call(hsm, ret, "cannot sign");
	if (CRYPTECH_KEY_FAMILY(key->type) != CRYPTECH_KEY_FAMILY_EC || raw) {
		file_write_binary(out, sig, len);
	} else {
		if (!ecdsa_to_der(sig, len / 2, der, &der_len))
			fail_openssl("cannot encode the signature");
		file_write_binary(out, der, der_len);
	}
}

int cmd_sign(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	const char *path;

	options_parse(&syntax, &argc, &argv);
	path = argc > 1 ? argv[1] : "-";
	hash_check(hash_name, path, prehashed);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	if (!hashsig_is(&key))
		sign_hash(hsm, &key, path);
	else if (hash_name || prehashed || raw)
		fail_usage("an hss key signs the file itself: --hash, "
			   "--prehashed and --raw do not go with it");
	else
		hashsig_sign(hsm, &key, path, request, out);
	cryptech_close(hsm);
	return EXIT_OK;
}
