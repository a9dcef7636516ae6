// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "commands.h"
#include "common/ecdsa.h"
#include "common/file.h"
#include "common/find.h"
#include "common/hashsig.h"
#include "common/hash.h"
#include "common/pin.h"

static const char *hash_name;
static bool prehashed, raw;

static const struct opt opts[] = {
	OPT_TEXT("hash", 0, "NAME", &hash_name, "hash (default: sha256)"),
	OPT_FLAG("prehashed", 0, &prehashed, "FILE is the hash's value"),
	OPT_FLAG("raw", 0, &raw, "EC: the signature is r || s, not DER"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY SIGNATURE [FILE]",
	.about =
"Verify in the HSM the signature in file SIGNATURE over FILE (standard input\n"
"without one), made as `cryptech sign` or `openssl dgst -sign` do. Ends with\n"
"status 0 if it verifies, 6 if not.",
	.opts = opts,
	.args_min = 2,
	.args_max = 3,
};

static void __attribute__((noreturn)) fail_signature(void)
{
	fail(EXIT_BAD_SIGNATURE, "the signature does NOT verify");
}

static int verify_hash(struct cryptech *hsm, const struct cryptech_key *key,
		       const char *path, const struct bytes *sig)
{
	uint8_t fixed[CRYPTECH_SIGNATURE_MAX];
	const uint8_t *bytes = sig->data;
	size_t width, len = sig->len;
	struct hash hash;

	hash_file(&hash, hash_number(hash_name), path,
		  prehashed);
	if (CRYPTECH_KEY_FAMILY(key->type) == CRYPTECH_KEY_FAMILY_EC && !raw) {
		width = ecdsa_width(CRYPTECH_KEY_BITS(key->type));
		if (!ecdsa_from_der(bytes, len, fixed, width))
			fail_signature();
		bytes = fixed;
		len = 2 * width;
	}
	return cryptech_verify(hsm, key->uuid, hash.digest, hash.value,
			       hash.len, bytes, len);
}

int cmd_verify(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	struct bytes sig;
	const char *path;
	int ret;

	options_parse(&syntax, &argc, &argv);
	path = argc > 2 ? argv[2] : "-";
	hash_check(hash_name, path, prehashed);
	file_read(argv[1], &sig, CRYPTECH_SIGNATURE_MAX);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	if (!hashsig_is(&key))
		ret = verify_hash(hsm, &key, path, &sig);
	else if (hash_name || prehashed || raw)
		fail_usage("an hss key signs the file itself: --hash, "
			   "--prehashed and --raw do not go with it");
	else
		ret = hashsig_verify(hsm, &key, path, sig.data, sig.len);
	if (exit_code_of(ret) == EXIT_BAD_SIGNATURE)
		fail_signature();
	if (ret)
		fail_call(hsm, ret, "cannot verify");
	printf("the signature verifies\n");
	bytes_free(&sig);
	cryptech_close(hsm);
	return EXIT_OK;
}
