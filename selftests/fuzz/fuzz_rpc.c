// SPDX-License-Identifier: MIT
/*
 * Fuzz target: the RPC decoder and the handlers behind it.
 *
 * An input is a sequence of requests (frames.h) to an HSM that has PINs, a few
 * keys, and clients logged in. Every input finds it in the same state and
 * draws the same random numbers. Beside what the sanitizers watch, it has to
 * be so that:
 *
 *  - replies echo the request's head, carry a known error, and have results
 *    exactly as the function table says, or none beside an error;
 *  - who gets an error has changed nothing in the flash;
 *  - whatever was done, the HSM starts again with every key that it had.
 *
 * Making RSA keys takes too long here: one was made beforehand, and all that
 * are asked for are this one (--wrap=core_key_generate). Of hash signature keys
 * only small ones are made (--wrap=hss_new).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>
#include <stdlib.h>

#include "../../firmware/backup/package.h"
#include "../../firmware/cores/cores.h"
#include "../../firmware/hashsig/hss.h"
#include "../../firmware/tests/hsm_box.h"
#include "../../firmware/tests/nor.h"
#include "../../firmware/tests/plain.h"
#include "frames.h"

#define FLASH_SIZE	(96 * 1024)
#define FLASH_SECTOR	2048
#define MESSAGE_ROOM	(CRYPTECH_RPC_MESSAGE_MAX + 4096)

#define CHECK(met)							       \
	do {								       \
		if (!(met)) {						       \
			fprintf(stderr, "fuzz_rpc: not so: %s (line %d)\n",    \
				#met, __LINE__);			       \
			abort();					       \
		}							       \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_core_key_generate(uint32_t type, struct core_key **key);
int __wrap_core_key_generate(uint32_t type, struct core_key **key);
int __real_hss_new(struct hss **hss, const struct root_facts *facts);
int __wrap_hss_new(struct hss **hss, const struct root_facts *facts);

/* What an input can refer to by number. */
struct known {
	uint32_t handles[REFERENCES];
	unsigned int handle_count;
	uint8_t uuids[REFERENCES][CRYPTECH_UUID_SIZE];
	unsigned int uuid_count;
	struct bytes blobs[REFERENCES];
	unsigned int blob_count;
	unsigned int opened;	/* UUIDs of which there are handles, too */
};

/* An HSM switched off, to begin with. */
struct snapshot {
	struct nor *nor;
	struct box box;
	struct known known;
};

#define OPTIONS	(OPTION_LIBHAL_COMPAT | OPTION_FACTORY)
static struct snapshot snapshots[OPTIONS + 1];
static struct nor *nor;
static struct box box;
static struct known known;
static struct core_key *rsa_key;
static uint64_t random_state;

/* --- no chance ------------------------------------------------------------------ */

static int random_bytes(unsigned char *data, int len)
{
	while (len-- > 0)
		*data++ = nor_random(&random_state);
	return 1;
}

static int random_status(void)
{
	return 1;
}

static const RAND_METHOD random_method = {
	.bytes = random_bytes,
	.pseudorand = random_bytes,
	.status = random_status,
};

int __wrap_core_key_generate(uint32_t type, struct core_key **key)
{
	if (CRYPTECH_KEY_FAMILY(type) != CRYPTECH_KEY_FAMILY_RSA)
		return __real_core_key_generate(type, key);
	*key = core_key_get(rsa_key);
	return CRYPTECH_ERR_OK;
}

/* Large trees are others' to try: here each takes a millisecond or two. */
int __wrap_hss_new(struct hss **hss, const struct root_facts *facts)
{
	if (facts->levels > 2)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	for (unsigned int i = 0; i < facts->levels; i++)
		if (facts->params[i].h > 5 || facts->params[i].w > 4)
			return CRYPTECH_ERR_UNSUPPORTED_KEY;
	return __real_hss_new(hss, facts);
}

/* --- what is known -------------------------------------------------------------- */

static void know_uuid(const uint8_t *uuid)
{
	memcpy(known.uuids[known.uuid_count++ % REFERENCES], uuid,
	       CRYPTECH_UUID_SIZE);
}

static void know_blob(const uint8_t *data, size_t len)
{
	struct bytes *blob = &known.blobs[known.blob_count++ % REFERENCES];

	blob->len = len < sizeof(blob->data) ? len : sizeof(blob->data);
	if (blob->len)
		memcpy(blob->data, data, blob->len);
}

static void know_results(const uint8_t *results, const struct item *items,
			 unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct item *item = &items[i];

		if (item_is(item, "pkey") || item_is(item, "hash") ||
		    item_is(item, "stream"))
			known.handles[known.handle_count++ % REFERENCES] =
				item->word;
		else if (item_is(item, "uuid") &&
			 item->word == CRYPTECH_UUID_SIZE)
			know_uuid(results + item->at + 4);
		else if (item->letter == 'o')
			know_blob(results + item->at + 4, item->word);
	}
}

/* --- messages ------------------------------------------------------------------- */

static bool is_reference(const uint8_t *data, const struct item *item,
			 const char *text)
{
	return item->letter == 'o' && item->word == REFERENCE_SIZE &&
	       !memcmp(data + item->at + 4, text, REFERENCE_SIZE - 1);
}

static void put_item(struct xdr_writer *w, const uint8_t *args,
		     const struct item *item)
{
	unsigned int last = args[item->at + 4 + REFERENCE_SIZE - 1] %
			    REFERENCES;

	if (is_reference(args, item, REFERENCE_UUID))
		xdr_put_opaque(w, known.uuids[last], CRYPTECH_UUID_SIZE);
	else
		xdr_put_opaque(w, known.blobs[last].data,
			       known.blobs[last].len);
}

/* The message as it is sent: references replaced by what they stand for. */
static size_t resolve(const struct frame *f, uint8_t *out)
{
	const uint8_t *args = f->data + 8;
	const struct rpc_schema *schema;
	struct item items[ITEMS_MAX];
	struct xdr_writer w;
	struct xdr_reader r;
	unsigned int n = 0;
	size_t at = 0;
	bool whole;

	xdr_writer_init(&w, out, MESSAGE_ROOM);
	xdr_reader_init(&r, f->data, f->len);
	schema = rpc_schema_of(xdr_get_u32(&r));
	if (schema && f->len >= 8)
		n = items_of(schema->args, args, f->len - 8, items, &whole);
	memcpy(xdr_put_raw(&w, 8), f->data, 8);
	for (unsigned int i = 0; i < n; i++) {
		const struct item *item = &items[i];
		uint8_t *as_it_is;

		if (item->letter == 'u' &&
		    item->word - REFERENCE_WORD < REFERENCES) {
			xdr_put_u32(&w, known.handles[item->word -
						      REFERENCE_WORD]);
		} else if (is_reference(args, item, REFERENCE_UUID) ||
			   is_reference(args, item, REFERENCE_BLOB)) {
			put_item(&w, args, item);
		} else {
			as_it_is = xdr_put_raw(&w, item->len);
			if (as_it_is)
				memcpy(as_it_is, args + item->at, item->len);
		}
		at = item->at + item->len;
	}
	at = f->len - 8 - at;		/* what is left over */
	if (at <= xdr_room(&w) && at)
		memcpy(xdr_put_raw(&w, at), f->data + f->len - at, at);
	return xdr_written(&w);
}

/* These two have other results when they are asked for lengths alone. */
static bool may_differ(uint32_t function)
{
	return function == CRYPTECH_RPC_HASH_GET_DIGEST_ALGORITHM_ID ||
	       function == CRYPTECH_RPC_PKEY_GET_ATTRIBUTES;
}

static bool may_write_on_error(uint32_t function, int error)
{
	/* A wrong PIN is counted; a full flash was tidied up. */
	return (function == CRYPTECH_RPC_LOGIN &&
		error == CRYPTECH_ERR_PIN_INCORRECT) ||
	       error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS;
}

static void check_reply(uint32_t function, int error, uint64_t steps)
{
	const struct rpc_schema *schema = rpc_schema_of(function);
	struct item items[ITEMS_MAX];
	unsigned int n;
	bool whole;

	CHECK(error >= 0 && error <= CRYPTECH_ERR_TAMPER);
	CHECK(error != CRYPTECH_ERR_IMPOSSIBLE);
	if (error) {
		CHECK(nor->steps == steps ||
		      may_write_on_error(function, error));
		return;
	}
	CHECK(schema);
	n = items_of(schema->results, box.results.next,
		     xdr_left(&box.results), items, &whole);
	CHECK(whole || n == ITEMS_MAX || may_differ(function));
	if (whole)
		know_results(box.results.next, items, n);
}

static void call(const struct frame *f)
{
	static uint8_t message[MESSAGE_ROOM];
	uint64_t steps = nor->steps;
	struct xdr_reader r;
	size_t len;
	int error;

	if (f->len < 8) {
		CHECK(ask_raw(&box, f->data, f->len) == -1 && !box.reply_len);
		return;
	}
	len = resolve(f, message);
	if (WHO_OP(f->who) == FRAME_LONG && len <= CRYPTECH_RPC_MESSAGE_MAX) {
		memset(message + len, 0, sizeof(message) - len);
		len = CRYPTECH_RPC_MESSAGE_MAX + 1 + f->len % 8;
	}
	CHECK(hsm_cost(message, len) <= CRYPTECH_COST_LONG);
	memset(message + 4, 0, 4);
	message[7] = WHO_CLIENT(f->who);
	box.port = WHO_PORT(f->who);
	error = ask_raw(&box, message, len);
	xdr_reader_init(&r, message, len);
	check_reply(xdr_get_u32(&r), error, steps);
}

/* --- the HSM -------------------------------------------------------------------- */

static void log_in_all(void)
{
	static const struct {
		unsigned int port;
		uint32_t word, role;
	} logins[] = {
		{ 0, 2, CRYPTECH_USER_NORMAL }, { 0, 3, CRYPTECH_USER_WHEEL },
		{ 0, 4, CRYPTECH_USER_SO }, { 0, 6, CRYPTECH_USER_NORMAL },
		{ 1, 1, CRYPTECH_USER_NORMAL }, { 1, 2, CRYPTECH_USER_NORMAL },
	};

	for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
		box.port = logins[i].port;
		box_login(&box, logins[i].word, logins[i].role);
	}
	box.port = 0;
}

static void know_result_handle(void)
{
	known.handles[known.handle_count++ % REFERENCES] =
		xdr_get_u32(&box.results);
}

static void open_handles(void)
{
	for (unsigned int i = 0; i < known.opened; i++)
		if (!ask(&box, 2, CRYPTECH_RPC_PKEY_OPEN, "uo", 0,
			 known.uuids[i], (size_t)CRYPTECH_UUID_SIZE))
			know_result_handle();
	for (int i = 0; i < 2; i++)
		if (!ask(&box, 2, CRYPTECH_RPC_HASH_INITIALIZE, "uus", 0,
			 CRYPTECH_DIGEST_SHA256, i ? "key" : ""))
			know_result_handle();
}

static void make_key(uint32_t type, uint32_t flags)
{
	size_t len;

	if (ask(&box, 2, CRYPTECH_RPC_KEY_GENERATE, "suus", "", type,
		flags | CRYPTECH_KEY_FLAG_TOKEN, "label"))
		return;
	know_uuid(xdr_get_opaque(&box.results, &len));
}

static void load_key(const struct bytes *der, uint32_t flags)
{
	size_t len;

	CHECK(!ask(&box, 2, CRYPTECH_RPC_KEY_LOAD, "sous", "", der->data,
		   der->len, flags | CRYPTECH_KEY_FLAG_TOKEN, ""));
	know_uuid(xdr_get_opaque(&box.results, &len));
}

/* Of H5 and W4. */
static void generate_hss(const uint8_t uuid[CRYPTECH_UUID_SIZE],
			 uint32_t flags)
{
	CHECK(!ask(&box, 2, CRYPTECH_RPC_HASHSIG_GENERATE, "ousuuuuu", uuid,
		   (size_t)CRYPTECH_UUID_SIZE, flags |
		   CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
		   CRYPTECH_KEY_FLAG_TOKEN, "label", 0, 1, 1, 5, 3));
	do
		CHECK(!ask(&box, 2, CRYPTECH_RPC_HASHSIG_JOB, "o", uuid,
			   (size_t)CRYPTECH_UUID_SIZE));
	while (xdr_get_u32(&box.results) == CRYPTECH_JOB_RUNNING);
	know_uuid(uuid);
}

static void make_hss_key(void)
{
	static const uint8_t uuid[CRYPTECH_UUID_SIZE] = "the hash signer";
	size_t len;

	generate_hss(uuid, 0);
	CHECK(!ask(&box, 2, CRYPTECH_RPC_SIGN_ONCE, "oosu", uuid,
		   sizeof(uuid), uuid, sizeof(uuid), "", 2352));
	know_blob(xdr_get_opaque(&box.results, &len), 2352);
}

static void make_keys(void)
{
	const uint32_t signs = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE;
	const uint32_t ciphers = CRYPTECH_KEY_FLAG_DATAENCIPHERMENT;
	struct bytes der, spki;

	make_key(CRYPTECH_KEY_EC_P256, signs | CRYPTECH_KEY_FLAG_EXPORTABLE);
	make_key(CRYPTECH_KEY_RSA2048, CRYPTECH_KEY_FLAG_KEYENCIPHERMENT);
	make_key(CRYPTECH_KEY_RSA2048, signs | CRYPTECH_KEY_FLAG_RAW);
	plain_encode(EVP_EC_gen("P-384"), &der, &spki);
	load_key(&spki, signs);
	make_key(CRYPTECH_KEY_AES256, ciphers);
	make_key(CRYPTECH_KEY_AES128_XTS, ciphers);
	make_hss_key();
	know_blob(der.data, der.len);
	know_blob(spki.data, spki.len);
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	know_blob(der.data, der.len);
	know_blob(spki.data, spki.len);
	core_key_spki(rsa_key, spki.data, sizeof(spki.data), &spki.len);
	know_blob(spki.data, spki.len);
}

#include "rpc_packages.h"

static void make_snapshot(unsigned int options)
{
	struct snapshot *s = &snapshots[options];

	memset(&known, 0, sizeof(known));
	nor = nor_new(FLASH_SIZE, FLASH_SECTOR);
	CHECK(nor);
	box_init(&box, &nor->flash);
	box.config = (struct hsm_config){
		.libhal_compat = options & OPTION_LIBHAL_COMPAT,
		/* few, so that there can be too many */
		.clients = 4, .handles = 44,
		.pin_iterations = 1,
	};
	CHECK(box_start(&box));
	if (!(options & OPTION_FACTORY)) {
		CHECK(box_init_pins(&box));
		log_in_all();
		make_keys();
		known.opened = known.uuid_count;
		make_packages();
		core_key_put(other_device);
	}
	box_stop(&box);
	s->nor = nor;
	s->box = box;
	s->known = known;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	RAND_set_rand_method(&random_method);
	random_state = 1;
	CHECK(!__real_core_key_generate(CRYPTECH_KEY_RSA2048, &rsa_key));
	for (unsigned int i = 0; i <= OPTIONS; i++)
		make_snapshot(i);
	nor = nor_new(FLASH_SIZE, FLASH_SECTOR);
	CHECK(nor);
	return 0;
}

/* The next input's HSM, as the others had it. */
static void begin(uint8_t options)
{
	const struct snapshot *s = &snapshots[options & OPTIONS];

	nor_copy(nor, s->nor);
	box = s->box;
	known = s->known;
	random_state = 2;
	box.platform.data = &box;
	box.platform.flash = &nor->flash;
	CHECK(box_start(&box));
	if (options & OPTION_FACTORY)
		return;
	log_in_all();
	open_handles();
}

static uint64_t status(uint32_t tag)
{
	box.port = 0;
	return box_status(&box, tag);
}

static void restart(void)
{
	uint64_t keys = status(CRYPTECH_STATUS_KEYS_TOKEN);

	CHECK(box_restart(&box));
	CHECK(status(CRYPTECH_STATUS_KEYS_TOKEN) == keys);
	CHECK(status(CRYPTECH_STATUS_RECORDS_LOST) == 0);
}

static void run(const struct frame *f)
{
	switch (WHO_OP(f->who)) {
	case FRAME_GONE:
		if (WHO_CLIENT(f->who) == 7)
			hsm_port_gone(box.hsm, WHO_PORT(f->who));
		else
			hsm_client_gone(box.hsm, WHO_PORT(f->who),
					WHO_CLIENT(f->who));
		break;
	case FRAME_RESTART:
		restart();
		if (known.uuid_count)
			log_in_all();
		break;
	case FRAME_CLOCK:
		box.now += 300 * BOX_SECOND;
		break;
	default:
		call(f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame frames[FRAMES_MAX];
	unsigned int n = frames_parse(data, size, frames);
	uint64_t steps;

	if (!n)
		return 0;
	begin(data[0]);
	steps = nor->steps;
	for (unsigned int i = 0; i < n; i++)
		run(&frames[i]);
	CHECK(nor->misuse == 0);
	if (nor->steps != steps)
		restart();
	box_stop(&box);
	return 0;
}
