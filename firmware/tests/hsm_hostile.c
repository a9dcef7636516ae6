// SPDX-License-Identifier: MIT
/*
 * Messages that nobody should send: for every function of the table cut short
 * at every byte, extended, with every length and count lied about, and random
 * ones. Each gets its defined error, nothing crashes (the sanitizers watch), and
 * whoever gets an error has changed nothing in the flash.
 */
#include "hsm_box.h"
#include "hsm_flash.h"
#include "hsm_message.h"
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

static const uint8_t *pool_result(size_t *len)
{
	static uint8_t copies[2][1024];
	static unsigned int turn;
	const uint8_t *data = xdr_get_opaque(&box.results, len);

	turn = !turn;
	if (!data || *len > sizeof(copies[0])) {
		*len = 0;
		return copies[turn];
	}
	return memcpy(copies[turn], data, *len);
}

/* A key for transfers, one to be transferred, and that one's package. */
static void fill_pool_for_transfer(uint32_t word)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	uint32_t kekek;
	uint32_t key;
	int i;

	if (ask(&box, word, CRYPTECH_RPC_PKEY_GENERATE_RSA, "uuou", 0, 1024,
		f4, sizeof(f4), CRYPTECH_KEY_FLAG_KEYENCIPHERMENT))
		return;
	kekek = xdr_get_u32(&box.results);
	if (ask(&box, word, CRYPTECH_RPC_PKEY_GENERATE_EC, "uuu", 0,
		CRYPTECH_CURVE_P256, CRYPTECH_KEY_FLAG_EXPORTABLE |
		CRYPTECH_KEY_FLAG_DIGITALSIGNATURE))
		return;
	key = xdr_get_u32(&box.results);
	if (!EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_PKEY_EXPORT, "uuuu", key,
			   kekek, 5480, 512), 0))
		return;
	for (i = 0; i < 2; i++, pool.opaque_count++)
		pool.opaques[pool.opaque_count].data =
			pool_result(&pool.opaques[pool.opaque_count].len);
	/* among few words, so that they come up together */
	pool.words[0] = kekek;
	pool.words[1] = kekek;
	pool.words[2] = key;
	pool.words[3] = 5480;
	pool.words[4] = 512;
	pool.words[5] = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE;
	pool.word_count = 6;
}

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
	if (libhal_compat)
		fill_pool_for_transfer(USER);
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

static void over_one(const struct rpc_function *function, unsigned int rounds,
		     void (*mutate)(const struct rpc_function *function),
		     bool libhal_compat)
{
	unsigned int round;

	REQUIRE(start(libhal_compat));
	for (round = 0; round < rounds; round++) {
		message_build(&message, function,
			      libhal_compat ? USER : clients[round % CLIENTS],
			      &pool, &seed);
		mutate(function);
	}
	check_bystander();
}

/* The mutations below go over all functions with several messages of each. */
static void over_all(unsigned int rounds,
		     void (*mutate)(const struct rpc_function *function))
{
	size_t i;

	for (i = 0; i < rpc_function_count; i++) {
		over_one(&rpc_functions[i], rounds, mutate, false);
		/* transfer works only there */
		if (rpc_functions[i].number == CRYPTECH_RPC_PKEY_EXPORT ||
		    rpc_functions[i].number == CRYPTECH_RPC_PKEY_IMPORT)
			over_one(&rpc_functions[i], rounds, mutate, true);
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
}

static void cut_short(void)
{
	over_all(10, mutate_short);
}

static void extended(void)
{
	over_all(5, mutate_long);
}

static void lying_lengths(void)
{
	over_all(25, mutate_counts);
}

static void flipped_bytes(void)
{
	over_all(25, mutate_bytes);
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
		32, 33, 64, 65, 67, 0xff, 0x102, 0x10f, 0x117, 0x11a,
		0x10000, 0xffffffff
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
