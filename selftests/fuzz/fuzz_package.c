// SPDX-License-Identifier: MIT
/*
 * Fuzz target: what comes from outside to be imported.
 *
 *	input:	u8 what | bytes
 *
 * The bytes are a statement, package, acknowledgement or raw package: what is
 * taken is written again to the same bytes; or shares; or the body of a root tree;
 * or, the one thing that no outsider can make, the image in a package that
 * opens, behind the rest of that package, which an HSM is given to check: it
 * answers and has not changed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../firmware/backup/package.h"
#include "../../firmware/backup/shares.h"
#include "../../firmware/cores/cores.h"
#include "../../firmware/hashsig/root_internal.h"
#include "../../firmware/tests/hsm_box.h"
#include "../../firmware/tests/hsm_flash.h"

#define BYTES_MAX	8192
#define ME		0x1111

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(met)							       \
	do {								       \
		if (!(met)) {						       \
			fprintf(stderr, "fuzz_package: not so: %s (line %d)\n",\
				#met, __LINE__);			       \
			abort();					       \
		}							       \
	} while (0)

static struct box box;
static uint8_t k_raw[32], fingerprint[CRYPTECH_FINGERPRINT_SIZE];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t len;

	(void)argc;
	(void)argv;
	box_init(&box, hsm_flash_blank_of(256 * 1024));
	memset(box.master_key, 'M', sizeof(box.master_key));
	box.has_master_key = true;
	box.config.pin_iterations = 1;
	CHECK(box_start(&box) && box_init_pins(&box));
	CHECK(!box_login(&box, ME, CRYPTECH_USER_NORMAL));
	CHECK(!core_kdf(box.master_key, "raw", k_raw));
	CHECK(!ask(&box, ME, CRYPTECH_RPC_MASTER_KEY_INFO, ""));
	memcpy(fingerprint, xdr_get_opaque(&box.results, &len),
	       sizeof(fingerprint));
	return 0;
}

/* --- bytes to structs and back ------------------------------------------------------ */

/* A signed struct that was taken has this one form. */
static void check_signed(const uint8_t *data, size_t len, size_t signed_len,
			 const uint8_t *put, size_t put_len)
{
	CHECK(signed_len + ATTEST_SIGNATURE == len);
	CHECK(put_len == signed_len && !memcmp(put, data, put_len));
}

static void statement(const uint8_t *data, size_t len)
{
	static uint8_t out[BYTES_MAX + ATTEST_SIGNATURE];
	struct kekek_statement s;
	size_t signed_len;

	if (kekek_statement_parse(data, len, &s, &signed_len))
		check_signed(data, len, signed_len, out,
			     kekek_statement_put(out, sizeof(out), &s));
}

static void package(const uint8_t *data, size_t len)
{
	static uint8_t out[BYTES_MAX + ATTEST_SIGNATURE];
	struct transfer_package p;
	size_t signed_len;

	if (transfer_package_parse(data, len, &p, &signed_len))
		check_signed(data, len, signed_len, out,
			     transfer_package_put(out, sizeof(out), &p));
}

static void ack(const uint8_t *data, size_t len)
{
	static uint8_t out[BYTES_MAX + ATTEST_SIGNATURE];
	struct transfer_ack a;
	size_t signed_len;

	if (transfer_ack_parse(data, len, &a, &signed_len))
		check_signed(data, len, signed_len, out,
			     transfer_ack_put(out, sizeof(out), &a));
}

static void raw(const uint8_t *data, size_t len)
{
	static uint8_t out[BYTES_MAX];
	struct raw_package p;
	size_t head_len;

	if (!raw_package_parse(data, len, &p))
		return;
	head_len = p.head_len;
	CHECK(p.kind == RAW_KEY || p.kind == RAW_PARKED);
	CHECK(raw_package_head_put(out, sizeof(out), &p) == head_len);
	CHECK(!memcmp(out, data, head_len) && p.head_len == head_len);
	CHECK(p.wrapped == data + head_len + 4);
	CHECK(head_len + 4 + (p.wrapped_len + 3) / 4 * 4 == len);
}

/* --- shares ---------------------------------------------------------------------------- */

/* u8 kind, then shares. What is joined has been made into them. */
static void shares(const uint8_t *data, size_t len)
{
	uint8_t again[CRYPTECH_SHARES_MAX][CRYPTECH_SHARE_SIZE];
	const uint8_t *list[CRYPTECH_SHARES_MAX + 4];
	uint8_t secret[SHARE_SECRET_SIZE], check[32];
	enum share_kind kind;
	unsigned int n = 0;

	if (!len)
		return;
	kind = data[0] % 3;
	for (data++, len--; len >= CRYPTECH_SHARE_SIZE && n < 20; n++) {
		list[n] = data;
		data += CRYPTECH_SHARE_SIZE;
		len -= CRYPTECH_SHARE_SIZE;
	}
	if (shares_join(list, n, kind, secret))
		return;
	CHECK(n >= 2 && (kind == SHARE_MASTER_KEY ||
			 kind == SHARE_RECOVERY_KEY));
	CHECK(!core_kdf(secret, "share-check", check));
	CHECK(!memcmp(check, list[0] + 40, 8));
	CHECK(!shares_make(secret, kind, 2, 3, again));
}

/* --- bodies ----------------------------------------------------------------------------- */

/* The same key from a later leaf on, for which leaves are computed. */
static void later(const uint8_t *data, size_t len, const struct root_body *look)
{
	uint32_t floor = look->floor + 1 + data[len - 1] % 8;
	static uint8_t less[ROOT_BODY_MAX];
	struct root_body again;
	size_t less_len;
	int error;

	if (look->facts.params[0].h > 6 || look->facts.params[0].w > 4)
		return;
	error = root_body_narrow(data, len, floor, less, &less_len);
	CHECK(error == (floor < look->end ? CRYPTECH_ERR_OK :
			CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED) ||
	      /* its seeds are not those of its nodes */
	      error == CRYPTECH_ERR_BAD_ARGUMENTS);
	if (error)
		return;
	CHECK(!root_body_look(less, less_len, &again));
	CHECK(again.floor == floor && again.end == look->end &&
	      !memcmp(again.facts.t1, look->facts.t1, sizeof(again.facts.t1)));
}

/* What is taken is written again to the same bytes. */
static void body(const uint8_t *data, size_t len)
{
	static uint8_t out[ROOT_BODY_MAX];
	struct root_body look;
	struct root *root;

	if (root_body_look(data, len, &look))
		return;
	CHECK(look.facts.levels >= 1 &&
	      look.facts.levels <= CRYPTECH_HSS_LEVELS_MAX);
	CHECK(look.floor <= look.end &&
	      look.end <= 1u << look.facts.params[0].h);
	CHECK(!body_get(data, len, &root));
	CHECK(body_put(root, out) == len && !memcmp(out, data, len));
	root_free(root);
	later(data, len, &look);
}

/* --- images ------------------------------------------------------------------------------ */

/* A raw package of this image; its length. */
static size_t wrap_image(const uint8_t *image, size_t len, uint8_t *out,
			 size_t size)
{
	static uint8_t plain[BYTES_MAX + 256];
	struct raw_package p = {
		.kind = RAW_KEY, .check = fingerprint,
		.uuid = len >= 20 ? image + 4 : fingerprint,
	};
	size_t head = raw_package_head_put(plain, sizeof(plain), &p);
	struct xdr_writer w;

	memcpy(out, plain, head);
	if (len)
		memcpy(plain + head, image, len);
	xdr_writer_init(&w, out + head, size - head);
	CHECK(!core_wrap(k_raw, plain, head + len,
			 xdr_put_opaque_room(&w, core_wrap_size(head + len))));
	return head + xdr_written(&w);
}

/* What was fine is a volatile key now: it can be looked at, exported if it may,
 * and deleted. */
static void made(const uint8_t *image, size_t len)
{
	const uint8_t *uuid = image + 4;
	struct xdr_reader r;
	uint32_t flags;
	int error;

	xdr_reader_init(&r, image + 28, len - 28);
	flags = xdr_get_u32(&r);
	CHECK(!ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", uuid,
		   (size_t)CRYPTECH_UUID_SIZE));
	error = ask(&box, ME, CRYPTECH_RPC_RAW_EXPORT, "o", uuid,
		    (size_t)CRYPTECH_UUID_SIZE);
	CHECK(!error == !!(flags & CRYPTECH_KEY_FLAG_EXPORTABLE));
	CHECK(!ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", uuid,
		   (size_t)CRYPTECH_UUID_SIZE));
}

static void image(const uint8_t *data, size_t len)
{
	static uint8_t out[BYTES_MAX + 512];
	uint64_t writes = hsm_flash_writes();
	size_t size = wrap_image(data, len, out, sizeof(out));
	int error;

	error = ask(&box, ME, CRYPTECH_RPC_RAW_IMPORT, "ouu", out, size, 0, 1);
	CHECK(error >= 0 && error <= CRYPTECH_ERR_TAMPER &&
	      error != CRYPTECH_ERR_IMPOSSIBLE &&
	      error != CRYPTECH_ERR_ASSERTION_FAILED);
	CHECK(hsm_flash_writes() == writes);
	if (error)
		return;
	error = ask(&box, ME, CRYPTECH_RPC_RAW_IMPORT, "ouu", out, size,
		    CRYPTECH_KEY_FLAG_TOKEN, 0);
	CHECK(!error);
	made(data, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(const uint8_t *data, size_t len) = {
		statement, package, ack, raw, shares, body, image,
	};
	uint8_t *own;

	if (!size || size > BYTES_MAX)
		return 0;
	/* memory of its own length */
	own = malloc(size);
	CHECK(own);
	memcpy(own, data + 1, size - 1);
	all[data[0] % 7](own, size - 1);
	free(own);
	return 0;
}
