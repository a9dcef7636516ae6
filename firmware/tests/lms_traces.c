// SPDX-License-Identifier: MIT
/*
 * What the mathematics leaves behind: after leaves were made and signed with,
 * neither seeds nor first values of chains are in the memory that was used. It
 * is run on a stack of its own, which is searched. Compiled as the product is.
 */
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../cores/sha256.h"
#include "lms_key.h"
#include "tap.h"

#define STACK_SIZE	(256 * 1024)
#define LEAVES		20
#define PATTERN		0xa7

static uint8_t *stack;
static struct lms_params params;
static uint8_t id[LMS_ID_SIZE];
static uint8_t seeds[LEAVES][LMS_N_MAX];
static uint8_t out[LEAVES * LMS_N_MAX], signature[CRYPTECH_HSS_SIGNATURE_MAX];
static uint8_t leaf[LMS_N_MAX];

/* In memory that no stack has been in. */
static void *make_leaves(void *data)
{
	(void)data;
	lms_leaves(&params, id, 0, LEAVES, seeds[0], sizeof(seeds[0]), out);
	return NULL;
}

static void *sign(void *data)
{
	static const uint8_t digest[LMS_N_MAX] = { 0x80, 0x18, 0x44, 0x21 };
	static const uint8_t c[LMS_N_MAX];

	(void)data;
	lms_ots_sign(&params, id, 3, seeds[3], c, digest, signature, leaf);
	return NULL;
}

static void *children(void *data)
{
	static uint8_t left[LMS_N_MAX], right[LMS_N_MAX];

	(void)data;
	lms_seed_children(&params, id, 7, seeds[3], left, right);
	memset(left, 0, sizeof(left));
	memset(right, 0, sizeof(right));
	return NULL;
}

static void *randomizer(void *data)
{
	static uint8_t c[LMS_N_MAX];

	(void)data;
	lms_randomizer(&params, id, 3, seeds[3], c);
	return NULL;
}

/* For the search itself: it finds what is there, below what the thread's end
 * overwrites. */
static void *careless(void *data)
{
	volatile uint8_t here[16384];

	(void)data;
	for (unsigned int i = 0; i < params.n; i++)
		here[i] = seeds[3][i];
	return here[1] == seeds[3][1] ? NULL : stack;
}

/* Two words of the secret next to each other, or one of many lanes', however
 * the CPU's byte order has them. */
static unsigned int find_words(const uint8_t *secret)
{
	unsigned int found = 0;
	uint8_t swapped[4];

	for (unsigned int k = 0; k < params.n; k += 4) {
		for (unsigned int i = 0; i < 4; i++)
			swapped[i] = secret[k + 3 - i];
		for (size_t at = 0; at + 4 <= STACK_SIZE; at++)
			found += !memcmp(stack + at, secret + k, 4) ||
				 !memcmp(stack + at, swapped, 4);
	}
	return found;
}

static void hash(uint32_t number, uint16_t tag, const uint8_t *seed,
		 uint8_t *value)
{
	uint8_t text[55], digest[32];

	memcpy(text, id, LMS_ID_SIZE);
	lms_key_u32(text + 16, number);
	text[20] = tag >> 8;
	text[21] = tag & 0xff;
	text[22] = 0xff;
	memcpy(text + 23, seed, params.n);
	SHA256(text, 23 + params.n, digest);
	memcpy(value, digest, params.n);
}

static bool ran_on_stack(void *(*work)(void *))
{
	pthread_attr_t attr;
	pthread_t thread;
	void *result = stack;

	memset(stack, PATTERN, STACK_SIZE);
	if (pthread_attr_init(&attr) ||
	    pthread_attr_setstack(&attr, stack, STACK_SIZE) ||
	    pthread_create(&thread, &attr, work, NULL) ||
	    pthread_join(thread, &result))
		return false;
	pthread_attr_destroy(&attr);
	return !result;
}

/* The seed, what follows from it, and some of the chains' first values. */
static unsigned int traces(void *(*work)(void *), uint32_t q)
{
	unsigned int found;
	uint8_t secret[LMS_N_MAX];

	if (!EXPECT(ran_on_stack(work)))
		return 1;
	found = find_words(seeds[q]);
	for (unsigned int i = 0; i < params.p; i += 3) {
		hash(q, i, seeds[q], secret);
		found += find_words(secret);
	}
	for (uint32_t r = 14; r <= 15; r++) {
		hash(r, 0xe4e4, seeds[q], secret);
		found += find_words(secret);
	}
	return found;
}

static void each(unsigned int n)
{
	REQUIRE(lms_params_of(&params, n, 5, 4));
	for (unsigned int i = 0; sha256_engines[i]; i++) {
		if (!sha256_use(sha256_engines[i]->name))
			continue;
		EXPECT_EQ(traces(make_leaves, 0), 0);
		EXPECT_EQ(traces(make_leaves, 3), 0);
		EXPECT_EQ(traces(make_leaves, LEAVES - 1), 0);
		EXPECT_EQ(traces(sign, 3), 0);
		EXPECT_EQ(traces(children, 3), 0);
		EXPECT_EQ(traces(randomizer, 3), 0);
	}
	EXPECT(traces(careless, 3) != 0);
}

static void none_of_32_bytes(void)
{
	each(32);
}

static void none_of_24_bytes(void)
{
	each(24);
}

int main(void)
{
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return 1;
	for (unsigned int i = 0; i < LEAVES; i++)
		for (unsigned int k = 0; k < LMS_N_MAX; k++)
			seeds[i][k] = (uint8_t)(i * 59 + k * k * 31 + k * 7 + 1);
	memset(id, 0x3c, sizeof(id));
	RUN(none_of_32_bytes);
	RUN(none_of_24_bytes);
	munmap(stack, STACK_SIZE);
	return tap_done();
}
