// SPDX-License-Identifier: MIT
/*
 * The power fails at every write to flash, and before and after every command to
 * the vault, of generating, using and deleting a hash signature key; and again
 * while the key is used for the first time after that. An outside ledger of
 * one-time keys says whether any of them signed twice.
 *
 * Without arguments a second failure is tried at a sample of places; --full, or
 * CRYPTECH_FULL=1 in the environment: at all.
 */
#include "vault_box.h"

#include <stdlib.h>

#define FLASH	(256 * 1024)

/* How the power fails. */
enum way {
	WRITE_NOT_DONE, WRITE_TORN, WRITE_DONE, COMMAND_NOT_DONE, COMMAND_DONE,
	WAYS
};

static bool full;
static unsigned int cuts, second_cuts;

static void set_cut(enum way way, uint64_t at)
{
	if (way < COMMAND_NOT_DONE) {
		nor_cut_at(hsm_flash_nor(), at,
			   way == WRITE_NOT_DONE ? NOR_NOT_DONE :
			   way == WRITE_TORN ? NOR_TORN : NOR_DONE, at);
		return;
	}
	line.cut = line.commands + at;
	line.cut_after = way == COMMAND_DONE;
}

static bool was_cut(void)
{
	return hsm_flash_nor()->off;
}

/* --- what is done ----------------------------------------------------------- */

static const uint8_t *key(void)
{
	static uint8_t name[UUID_SIZE] = "a key, or none .";

	return name;
}

static unsigned int signed_so_far;

/* Signs something that nobody signed before; true: it was good. */
static bool sign_new(void)
{
	static unsigned int number;
	struct signature signature;
	char text[32];

	snprintf(text, sizeof(text), "message %u", number++);
	if (sign_text(key(), text, &signature))
		return false;
	/* Who has the signature has it, whatever comes then. */
	if (!was_cut())
		EXPECT(is_good(key(), text, &signature));
	signed_so_far++;
	return true;
}

static bool generate_key(void)
{
	return vault_make_hss(key(), H5_W8);
}

static bool delete_it(void)
{
	return !delete_key(key());
}

/* --- what has to be so afterwards ------------------------------------------------ */

static bool is_there(void)
{
	struct hss_info info;

	return !hss_info(ME, key(), &info);
}

/* No entry of the guard is held by a key that is not there. */
static void expect_entries(unsigned int wanted)
{
	struct vault_entry info;
	unsigned int used = 0;

	for (unsigned int i = 0; i < VAULT_ENTRIES; i++)
		if (!vault_entry_info(box.platform.fpga, i, &info))
			used += info.meta != 0;
	EXPECT_EQ(used, wanted);
}

/* The key signs; @least to @most leaves are left before that. */
static void expect_signs(uint64_t least, uint64_t most)
{
	uint64_t left;

	REQUIRE(sign_new());
	left = left_of(key()) + 1;
	EXPECT(left >= least && left <= most);
	EXPECT_EQ(ledger.count, signed_so_far);
	EXPECT_EQ(ledger.repeats, 0);
	expect_entries(1);
}

static bool begin(bool with_key)
{
	signed_so_far = 0;
	if (!vault_fresh(0, FLASH))
		return EXPECT(false);
	return !with_key || EXPECT(generate_key() && sign_new());
}

/* --- one failure ------------------------------------------------------------------ */

static void expect_generated(void)
{
	if (is_there()) {
		expect_signs(32, 32);
		return;
	}
	expect_entries(0);
	REQUIRE(generate_key());
	expect_signs(32, 32);
}

static void expect_signed(void)
{
	expect_signs(30, 31);
}

static void expect_deleted(void)
{
	if (is_there())
		expect_signs(31, 31);
	else
		expect_entries(0);
	EXPECT_EQ(ledger.repeats, 0);
}

static void at_each(bool with_key, bool (*operation)(void),
		    void (*expect)(void))
{
	for (enum way way = 0; way < WAYS; way++) {
		bool reached = true;

		for (uint64_t at = 1; reached; at++) {
			REQUIRE(begin(with_key));
			set_cut(way, at);
			operation();
			reached = was_cut();
			cuts += reached;
			REQUIRE(vault_power());
			expect();
			if (tap_failed) {
				printf("# way %d at %llu\n", way,
				       (unsigned long long)at);
				return;
			}
		}
	}
	vault_over();
}

static void generating(void)
{
	at_each(false, generate_key, expect_generated);
}

static void signing(void)
{
	at_each(true, sign_new, expect_signed);
}

static void deleting(void)
{
	at_each(true, delete_it, expect_deleted);
}

/* --- two failures ------------------------------------------------------------------ */

/* True: both were reached. */
static bool twice(enum way first, uint64_t at, enum way second, uint64_t then)
{
	bool reached;

	if (!begin(true))
		return false;
	set_cut(first, at);
	sign_new();
	if (!was_cut() || !EXPECT(vault_power()))
		return false;
	set_cut(second, then);
	sign_new();
	reached = was_cut();
	second_cuts += reached;
	if (EXPECT(vault_power()))
		expect_signs(28, 31);
	if (tap_failed)
		printf("# way %d at %llu, way %d at %llu\n", first,
		       (unsigned long long)at, second,
		       (unsigned long long)then);
	return reached && !tap_failed;
}

/* How many places there are for a failure of this kind in one signature. */
static uint64_t places(enum way way)
{
	uint64_t steps, commands;

	if (!begin(true))
		return 0;
	steps = hsm_flash_nor()->steps;
	commands = line.commands;
	EXPECT(sign_new());
	return way < COMMAND_NOT_DONE ? hsm_flash_nor()->steps - steps :
					line.commands - commands;
}

static void signing_again(void)
{
	uint64_t rng = 6;

	for (enum way first = WRITE_TORN; first < WAYS; first++) {
		uint64_t n = places(first);

		for (uint64_t at = 1; at <= n && !tap_failed; at++) {
			for (enum way second = WRITE_TORN; second < WAYS;
			     second++)
				for (uint64_t then = 1; then < 100; then++) {
					if (!full && nor_random(&rng) % 32)
						continue;
					if (!twice(first, at, second, then))
						break;
				}
		}
	}
	vault_over();
}

int main(int argc, char **argv)
{
	full = (argc > 1 && !strcmp(argv[1], "--full")) ||
	       getenv("CRYPTECH_FULL");
	RUN(generating);
	RUN(signing);
	RUN(deleting);
	RUN(signing_again);
	printf("# the power failed %u times, and %u times more after that\n",
	       cuts, second_cuts);
	return tap_done();
}
