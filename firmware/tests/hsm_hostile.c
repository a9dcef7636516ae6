// SPDX-License-Identifier: MIT
/*
 * Messages that nobody should send: for every function of the table cut short
 * at every byte, extended, with every length and count lied about, and random
 * ones. Each gets its defined error, nothing crashes (the sanitizers watch), and
 * whoever gets an error has changed nothing in the flash.
 */
#include <cryptech/hss.h>

#include "hsm_box.h"
#include "hsm_flash.h"
#include "hsm_message.h"
#include "plain.h"
#include "tap.h"

#define NOBODY	0x100		/* not logged in */
#define USER	0x200
#define WHEEL	0x300

static struct box box;
static struct message message;
static struct message_pool pool;
static uint64_t seed = 0x9e3779b97f4a7c15ull;
static uint8_t uuids[4][16];
/* A key that none of the messages names. */
static uint8_t bystander[16];

/* Words that are in use, so that some of the messages get far. */
static void fill_pool(uint32_t word)
{
	static const uint8_t point65537[] = { 1, 0, 1 };
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i <= CRYPTECH_DIGEST_SHA512; i++)
		pool.words[n++] = i;
	pool.words[n++] = CRYPTECH_KEY_EC_P256;
	pool.words[n++] = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE;
	pool.words[n++] = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
			  CRYPTECH_KEY_FLAG_TOKEN;
	pool.words[n++] = CRYPTECH_KEY_FLAG_KEYENCIPHERMENT;
	pool.words[n++] = CRYPTECH_KEY_AES128;
	pool.words[n++] = CRYPTECH_KEY_FLAG_DATAENCIPHERMENT;
	pool.words[n++] = 512;
	pool.words[n++] = 5480;
	for (i = 0; i < 2; i++)
		if (!ask(&box, word, CRYPTECH_RPC_HASH_INITIALIZE, "uus", 0,
			 CRYPTECH_DIGEST_SHA256, i ? "key" : ""))
			pool.words[n++] = xdr_get_u32(&box.results);
	for (i = 0; i < 2; i++) {
		if (ask(&box, word, CRYPTECH_RPC_PKEY_GENERATE_EC, "uuu", 0,
			CRYPTECH_CURVE_P256, i ? 0x0b : 0x01))
			continue;
		pool.words[n++] = xdr_get_u32(&box.results);
		if (xdr_get_u32(&box.results) == 16)
			memcpy(uuids[i], xdr_get_raw(&box.results, 16), 16);
	}
	pool.word_count = n;
	pool.opaques[0].data = uuids[0];
	pool.opaques[1].data = uuids[1];
	pool.opaques[2].data = uuids[2];
	for (i = 0; i < 3; i++)
		pool.opaques[i].len = 16;
	pool.opaques[3].data = point65537;
	pool.opaques[3].len = sizeof(point65537);
	pool.opaque_count = 4;
}

static void mutate_bytes(const struct rpc_function *function);

static bool start(bool libhal_compat)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.libhal_compat = libhal_compat;
	if (!box_start(&box) || !box_init_pins(&box))
		return false;
	if (box_login(&box, USER, CRYPTECH_USER_NORMAL) ||
	    box_login(&box, WHEEL, CRYPTECH_USER_WHEEL))
		return false;
	fill_pool(USER);
	if (ask(&box, USER, CRYPTECH_RPC_KEY_GENERATE, "ouus", "", (size_t)0,
		CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_FLAG_TOKEN |
		CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, "bystander") ||
	    xdr_get_u32(&box.results) != 16)
		return false;
	memcpy(bystander, xdr_get_raw(&box.results, 16), 16);
	return true;
}

/* Nothing that was sent hurt a key that it did not name. */
static void check_bystander(void)
{
	static const uint8_t value[32];
	const uint8_t *signature;
	uint8_t copy[64];
	size_t len;

	/* wrong logins were among the messages */
	box.now += 300 * BOX_SECOND;
	EXPECT_EQ(box_login(&box, WHEEL, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_SIGN, "ouou", bystander,
		      (size_t)16, CRYPTECH_DIGEST_SHA256, value, sizeof(value),
		      64), 0);
	signature = xdr_get_opaque(&box.results, &len);
	REQUIRE(len == 64);
	memcpy(copy, signature, 64);
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_VERIFY, "ouoo", bystander,
		      (size_t)16, CRYPTECH_DIGEST_SHA256, value, sizeof(value),
		      copy, sizeof(copy)), 0);
}

/* A login that fails has to leave its trace; nothing else that fails has. */
static bool may_write_on_error(const struct rpc_function *function, int error)
{
	return function->number == CRYPTECH_RPC_LOGIN &&
	       error == CRYPTECH_ERR_PIN_INCORRECT;
}

/* Send, look at what always holds, and return the error. */
static int send_message(const struct rpc_function *function, const uint8_t *data,
			size_t len)
{
	uint64_t writes = hsm_flash_writes();
	int error = ask_raw(&box, data, len);

	if (len < 8) {
		EXPECT_EQ(box.reply_len, 0);
		return 0;
	}
	if (!EXPECT(error != -1))
		printf("# the reply to this %s breaks the protocol\n",
		       function->name);
	if (error && !may_write_on_error(function, error) &&
	    !EXPECT_EQ(hsm_flash_writes(), writes))
		printf("# %s wrote and gave error %d\n", function->name,
		       error);
	return error;
}

static const uint32_t clients[] = { NOBODY, USER, WHEEL, 0, 1 };
#define CLIENTS (sizeof(clients) / sizeof(clients[0]))

/*
 * Messages that are good for something, so that what is wrong with their
 * offspring is found as late as possible. Handles and UUIDs are of this key,
 * and its package is from there.
 */
static struct bytes der, spki, package, kek, signature;
static uint32_t key, kekek;
static uint8_t key_uuid[16], cbc_uuid[16], xts_uuid[16], raw_uuid[16];
static uint8_t gcm_uuid[16], mac_uuid[16];
static struct bytes hidden, tag, mac_state, mac, sealed;	/* of what each_good says */
static struct bytes hss_signature;
static const uint8_t hss_uuid[16] = "a hash signer";
/* of the 1,024 bits of the key below, and less than its modulus */
static const uint8_t power[128] = { 0, 1, 2, 3 };
static const uint8_t zeros[128];

#define H5	5
#define W8	4
#define W(value)	{ .word = (value) }
#define O(data_, len_)	{ .data = (data_), .len = (len_) }
#define NIL		{ .data = NULL }
#define SIGNS		CRYPTECH_KEY_FLAG_DIGITALSIGNATURE
#define CIPHERS		CRYPTECH_KEY_FLAG_DATAENCIPHERMENT

/* Call @use with each good message's function and values. */
static void each_good(void (*use)(uint32_t number,
				  const struct message_value *values))
{
	static const uint8_t f4[] = { 1, 0, 1 };

#define GOOD(name, ...)							       \
	use(CRYPTECH_RPC_##name, (const struct message_value[]){ __VA_ARGS__ })
	GOOD(PKEY_LOAD, W(0), O(der.data, der.len), W(SIGNS));
	GOOD(PKEY_LOAD, W(0), O(spki.data, spki.len), W(SIGNS | 8));
	GOOD(PKEY_OPEN, W(0), O(key_uuid, 16));
	GOOD(PKEY_GENERATE_RSA, W(0), W(1024), O(f4, 3), W(SIGNS));
	GOOD(PKEY_GENERATE_EC, W(0), W(CRYPTECH_CURVE_P256), W(SIGNS));
	GOOD(PKEY_GET_PUBLIC_KEY, W(key), W(1024));
	GOOD(PKEY_SIGN, W(key), W(0), O(zeros, 32), W(64));
	GOOD(PKEY_VERIFY, W(key), W(0), O(zeros, 32), O(signature.data, 64));
	GOOD(PKEY_MATCH, W(0), W(0), W(0), W(0), W(0), W(1),
	     W(CRYPTECH_ATTRIBUTE_LABEL), O("label", 5), W(0), W(8),
	     O(zeros, 16));
	GOOD(PKEY_SET_ATTRIBUTES, W(key), W(3), W(7), O("seven", 5), W(8), NIL,
	     W(9), O(zeros, 30));
	GOOD(PKEY_GET_ATTRIBUTES, W(key), W(2), W(CRYPTECH_ATTRIBUTE_LABEL),
	     W(CRYPTECH_ATTRIBUTE_LABEL), W(64));
	GOOD(PKEY_EXPORT, W(key), W(kekek), W(5480), W(512));
	GOOD(PKEY_IMPORT, W(0), W(kekek), O(package.data, package.len),
	     O(kek.data, kek.len), W(SIGNS));
	GOOD(KEY_GENERATE, O(zeros, 0), W(CRYPTECH_KEY_EC_P256), W(SIGNS),
	     O("new", 3));
	GOOD(KEY_LOAD, O(zeros, 0), O(der.data, der.len), W(SIGNS | 8),
	     O("new", 3));
	GOOD(KEY_INFO, O(key_uuid, 16));
	GOOD(KEY_PUBLIC, O(key_uuid, 16), W(200));
	GOOD(KEY_LIST, O(zeros, 16), W(100));
	GOOD(KEY_SET_LABEL, O(key_uuid, 16), O("k\303\244se", 5));
	GOOD(SIGN, O(key_uuid, 16), W(CRYPTECH_DIGEST_SHA256), O(zeros, 32),
	     W(64));
	GOOD(VERIFY, O(key_uuid, 16), W(CRYPTECH_DIGEST_SHA256), O(zeros, 32),
	     O(signature.data, 64));
	GOOD(KEY_LOAD_RAW, O(zeros, 0), W(CRYPTECH_KEY_AES256), O(zeros, 32),
	     W(CIPHERS | 8), O("new", 3));
	GOOD(ENCRYPT, O(cbc_uuid, 16), W(CRYPTECH_MODE_CBC), O(zeros, 16),
	     W(0), O(zeros, 32));
	GOOD(DECRYPT, O(xts_uuid, 16), W(CRYPTECH_MODE_XTS), O(zeros, 16),
	     W(1), O(zeros, 31));
	GOOD(GCM_ENCRYPT, O(gcm_uuid, 16), O(zeros, 12), O("aad", 3),
	     O(zeros, 33));
	GOOD(GCM_DECRYPT, O(gcm_uuid, 16), O(zeros, 12), O("aad", 3),
	     O(hidden.data, 33), O(tag.data, 16));
	GOOD(MAC, O(mac_uuid, 16), O(mac_state.data, mac_state.len),
	     O(zeros, 128));
	GOOD(MAC_VERIFY, O(mac_uuid, 16), O(mac_state.data, mac_state.len),
	     O(zeros, 128), O(mac.data, mac.len));
	GOOD(MAC_UPDATE, O(mac_uuid, 16), O(mac_state.data, mac_state.len),
	     O(zeros, 128));
	GOOD(OAEP_ENCRYPT, O(raw_uuid, 16), W(CRYPTECH_DIGEST_SHA256),
	     O("label", 5), O(zeros, 32));
	GOOD(OAEP_DECRYPT, O(raw_uuid, 16), W(CRYPTECH_DIGEST_SHA256),
	     O("label", 5), O(sealed.data, sealed.len));
	GOOD(RSA_PRIVATE, O(raw_uuid, 16), O(power, sizeof(power)));
	GOOD(PKEY_GENERATE_HASHSIG, W(0), W(1), W(H5), W(W8), W(SIGNS | 8));
	GOOD(HASHSIG_GENERATE, O("to be cancelled.", 16), W(SIGNS | 8),
	     O("new", 3), W(0), W(1), W(2), W(H5), W(W8), W(H5), W(W8));
	GOOD(HASHSIG_JOB, O(hss_uuid, 16));
	GOOD(HASHSIG_CANCEL, O("to be cancelled.", 16));
	GOOD(HASHSIG_INFO, O(hss_uuid, 16));
	GOOD(SIGN_ONCE, O(hss_uuid, 16), O(zeros, 16), O("text", 4),
	     W(hss_signature.len));
	GOOD(VERIFY, O(hss_uuid, 16), W(0), O("text", 4),
	     O(hss_signature.data, hss_signature.len));
	GOOD(SIGN_INIT, O(hss_uuid, 16), O(zeros, 16));
	GOOD(SIGN_UPDATE, W(1), O("text", 4));
	GOOD(SIGN_FINAL, W(1), W(hss_signature.len));
	GOOD(VERIFY_INIT, O(hss_uuid, 16),
	     O(hss_signature.data, hss_signature.len));
	GOOD(VERIFY_UPDATE, W(2), O("text", 4));
	GOOD(VERIFY_FINAL, W(2));
	GOOD(SIGN_INIT, O(hss_uuid, 16), O(power, 16));
	GOOD(STREAM_ABORT, W(3));
	/* the last: it is gone then */
	GOOD(KEY_DELETE, O(key_uuid, 16));
#undef GOOD
}

static bool take(struct bytes *out)
{
	const uint8_t *data = xdr_get_opaque(&box.results, &out->len);

	if (!data || out->len > sizeof(out->data))
		return false;
	memcpy(out->data, data, out->len);
	return true;
}

/* A key of ours, in flash. */
static bool make(uint32_t type, uint32_t flags, uint8_t uuid[16])
{
	const uint8_t *data;
	size_t len;

	if (ask(&box, USER, CRYPTECH_RPC_KEY_GENERATE, "suus", "", type,
		flags | CRYPTECH_KEY_FLAG_TOKEN, ""))
		return false;
	data = xdr_get_opaque(&box.results, &len);
	if (!data || len != 16)
		return false;
	memcpy(uuid, data, 16);
	return true;
}

/* ... one of hash signatures, and a signature by it. */
static bool make_hss(void)
{
	uint32_t state;

	if (ask(&box, USER, CRYPTECH_RPC_HASHSIG_GENERATE, "ousuuuuu",
		hss_uuid, (size_t)16, SIGNS | CRYPTECH_KEY_FLAG_TOKEN, "", 0,
		1, 1, H5, W8))
		return false;
	do {
		if (ask(&box, USER, CRYPTECH_RPC_HASHSIG_JOB, "o", hss_uuid,
			(size_t)16))
			return false;
		state = xdr_get_u32(&box.results);
	} while (state == CRYPTECH_JOB_RUNNING);
	return state == CRYPTECH_JOB_DONE &&
	       !ask(&box, USER, CRYPTECH_RPC_SIGN_ONCE, "oosu", hss_uuid,
		    (size_t)16, "another request!", (size_t)16, "text",
		    CRYPTECH_HSS_SIGNATURE_MAX) && take(&hss_signature);
}

/* ... of AES-GCM and HMAC, and what each_good() has them make. */
static bool make_gcm_and_mac(void)
{
	struct bytes iv;

	return make(CRYPTECH_KEY_AES256_GCM,
		    CIPHERS | CRYPTECH_KEY_FLAG_CALLER_IV, gcm_uuid) &&
	       !ask(&box, USER, CRYPTECH_RPC_GCM_ENCRYPT, "ooso", gcm_uuid,
		    (size_t)16, zeros, (size_t)12, "aad", zeros, (size_t)33) &&
	       take(&iv) && take(&hidden) && take(&tag) &&
	       make(CRYPTECH_KEY_HMAC_SHA512, SIGNS, mac_uuid) &&
	       !ask(&box, USER, CRYPTECH_RPC_MAC_UPDATE, "oso", mac_uuid,
		    (size_t)16, "", zeros, (size_t)128) && take(&mac_state) &&
	       !ask(&box, USER, CRYPTECH_RPC_MAC, "ooo", mac_uuid, (size_t)16,
		    mac_state.data, mac_state.len, zeros, (size_t)128) &&
	       take(&mac);
}

/* libhal's ways, because transfer works only there. */
static bool start_good(void)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	struct bytes uuid;

	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	if (!start(true) ||
	    ask(&box, USER, CRYPTECH_RPC_PKEY_GENERATE_RSA, "uuou", 0, 1024,
		f4, sizeof(f4), CRYPTECH_KEY_FLAG_KEYENCIPHERMENT))
		return false;
	kekek = xdr_get_u32(&box.results);
	if (!make(CRYPTECH_KEY_AES256, CIPHERS, cbc_uuid) ||
	    !make(CRYPTECH_KEY_AES128_XTS, CIPHERS, xts_uuid) ||
	    !make(CRYPTECH_KEY_FAMILY_RSA << 16 | 1024,
		  CRYPTECH_KEY_FLAG_RAW | CIPHERS, raw_uuid) ||
	    ask(&box, USER, CRYPTECH_RPC_OAEP_ENCRYPT, "ouso", raw_uuid,
		(size_t)16, CRYPTECH_DIGEST_SHA256, "label", zeros,
		(size_t)32) || !take(&sealed) || !make_hss() || !make_gcm_and_mac())
		return false;
	if (ask(&box, USER, CRYPTECH_RPC_PKEY_GENERATE_EC, "uuu", 0,
		CRYPTECH_CURVE_P256, SIGNS | CRYPTECH_KEY_FLAG_EXPORTABLE |
		CRYPTECH_KEY_FLAG_TOKEN))
		return false;
	key = xdr_get_u32(&box.results);
	if (!take(&uuid) || uuid.len != 16)
		return false;
	memcpy(key_uuid, uuid.data, 16);
	return !ask(&box, USER, CRYPTECH_RPC_PKEY_EXPORT, "uuuu", key, kekek,
		    5480, 512) && take(&package) && take(&kek) &&
	       !ask(&box, USER, CRYPTECH_RPC_KEY_SET_LABEL, "os", key_uuid,
		    (size_t)16, "label") &&
	       !ask(&box, USER, CRYPTECH_RPC_PKEY_SIGN, "uuou", key, 0, zeros,
		    (size_t)32, 64) && take(&signature) &&
	       signature.len == 64;
}

static void (*good_mutation)(const struct rpc_function *function);

static void use_good(uint32_t number, const struct message_value *values)
{
	const struct rpc_function *function = rpc_function_of(number);
	int i;

	message_build_from(&message, function, USER, values);
	if (!good_mutation) {
		if (!EXPECT_EQ(send_message(function, message.data,
					    message.len), 0))
			printf("# that was %s\n", function->name);
		return;
	}
	/* making RSA keys takes its time; flips would ask for large ones */
	if (number == CRYPTECH_RPC_PKEY_GENERATE_RSA ||
	    number == CRYPTECH_RPC_PKEY_GENERATE_HASHSIG)
		return;
	for (i = 0; i < (good_mutation == mutate_bytes ? 10 : 1); i++) {
		message_build_from(&message, function, USER, values);
		good_mutation(function);
	}
}

static void over_good(void (*mutate)(const struct rpc_function *function))
{
	REQUIRE(start_good());
	good_mutation = mutate;
	each_good(use_good);
	check_bystander();
}

/* A SET_PIN of the wheel's, or a new master key, may have been a good one. */
static bool may_change_all(const struct rpc_function *function)
{
	return function->number == CRYPTECH_RPC_SET_PIN ||
	       function->number == CRYPTECH_RPC_MASTER_KEY_GENERATE ||
	       function->number == CRYPTECH_RPC_MASTER_KEY_SET;
}

/* The mutations below go over all functions with several messages of each. */
static void over_all(unsigned int rounds,
		     void (*mutate)(const struct rpc_function *function))
{
	unsigned int round;
	size_t i;

	for (i = 0; i < rpc_function_count; i++) {
		REQUIRE(start(false));
		for (round = 0; round < rounds; round++) {
			message_build(&message, &rpc_functions[i],
				      clients[round % CLIENTS], &pool, &seed);
			mutate(&rpc_functions[i]);
		}
		if (!may_change_all(&rpc_functions[i]))
			check_bystander();
	}
}

static void mutate_nothing(const struct rpc_function *function)
{
	int error = send_message(function, message.data, message.len);

	EXPECT(error != CRYPTECH_ERR_XDR_BUFFER_OVERFLOW);
	EXPECT(error != CRYPTECH_ERR_RPC_BAD_FUNCTION);
}

static void mutate_short(const struct rpc_function *function)
{
	size_t len;
	int error;

	for (len = 0; len < message.len; len++) {
		error = send_message(function, message.data, len);
		if (len >= 8)
			EXPECT_EQ(error, CRYPTECH_ERR_XDR_BUFFER_OVERFLOW);
	}
}

static void mutate_long(const struct rpc_function *function)
{
	static uint8_t data[CRYPTECH_RPC_MESSAGE_MAX + 4];
	static const size_t more[] = { 1, 2, 3, 4, 8, 100 };
	size_t i;

	memset(data, 0, sizeof(data));
	memcpy(data, message.data, message.len);
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		EXPECT_EQ(send_message(function, data, message.len + more[i]),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(send_message(function, data, CRYPTECH_RPC_MESSAGE_MAX),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(send_message(function, data, sizeof(data)),
		  CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
}

static void put_word(size_t offset, uint32_t value)
{
	struct xdr_writer w;

	xdr_writer_init(&w, message.data + offset, 4);
	xdr_put_u32(&w, value);
}

static uint32_t get_word(size_t offset)
{
	struct xdr_reader r;

	xdr_reader_init(&r, message.data + offset, 4);
	return xdr_get_u32(&r);
}

static void mutate_counts(const struct rpc_function *function)
{
	unsigned int i;
	unsigned int k;
	uint32_t value;

	for (i = 0; i < message.count_count; i++) {
		value = get_word(message.counts[i]);
		const uint32_t lies[] = {
			0, 1, value - 1, value + 1, value + 4, 16384,
			0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff
		};

		for (k = 0; k < sizeof(lies) / sizeof(lies[0]); k++) {
			put_word(message.counts[i], lies[k]);
			send_message(function, message.data, message.len);
		}
		put_word(message.counts[i], value);
	}
}

static void mutate_bytes(const struct rpc_function *function)
{
	uint32_t r;
	int i;

	if (message.len == 8)
		return;
	for (i = 0; i < 20; i++) {
		r = random_u32(&seed);
		message.data[8 + r % (message.len - 8)] ^= r >> 24 | 1;
		send_message(function, message.data, message.len);
	}
}

static void well_formed(void)
{
	over_all(200, mutate_nothing);
	over_good(NULL);
}

static void cut_short(void)
{
	over_all(10, mutate_short);
	over_good(mutate_short);
}

static void extended(void)
{
	over_all(5, mutate_long);
	over_good(mutate_long);
}

static void lying_lengths(void)
{
	over_all(25, mutate_counts);
	over_good(mutate_counts);
}

static void flipped_bytes(void)
{
	over_all(25, mutate_bytes);
	over_good(mutate_bytes);
}

static void random_bytes(void)
{
	static const struct rpc_function none = { .name = "random bytes" };
	uint8_t data[256];
	size_t len;
	size_t k;
	int i;

	REQUIRE(start(false));
	for (i = 0; i < 20000; i++) {
		len = random_u32(&seed) % sizeof(data);
		for (k = 0; k < len; k++)
			data[k] = random_u32(&seed);
		if (i % 2)		/* else the number is never one of ours */
			memset(data, 0, 3);
		send_message(&none, data, len);
	}
}

static void unknown_functions(void)
{
	static const uint32_t numbers[] = {
		32, 33, 64, 65, 67, 0xff, 0x102, 0x10f, 0x117, 0x12e,
		0x12f, 0x10000, 0xffffffff
	};
	size_t i;

	REQUIRE(start(false));
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		EXPECT_EQ(ask(&box, WHEEL, numbers[i], ""), 30);
		EXPECT_EQ(ask(&box, WHEEL, numbers[i], "uuu", 1, 2, 3), 30);
	}
}

int main(void)
{
	RUN(well_formed);
	RUN(cut_short);
	RUN(extended);
	RUN(lying_lengths);
	RUN(flipped_bytes);
	RUN(random_bytes);
	RUN(unknown_functions);
	box_stop(&box);
	return tap_done();
}
