// SPDX-License-Identifier: MIT
/*
 * The power fails at every write to flash, and before, in and after every command
 * to the vault, of generating, using and deleting a hash signature key; and again
 * while the key is used for the first time after that. An outside ledger of
 * one-time keys says whether any of them signed twice.
 *
 * Without arguments a second failure is tried at a sample of places, and on the
 * design itself, which takes its time, the first is; --full, or CRYPTECH_FULL=1 in
 * the environment: at all, there at many more.
 */
#include "vault_box.h"

#include <stdlib.h>

#define FLASH	(256 * 1024)

/* A leaf of W2 with n = 24 is the quickest there. */
#ifdef SLOW_BOARD
static const bool slow = true;
#define TREE	0x0a, 0x06
#else
static const bool slow;
#define TREE	H5_W4
#endif

/* How the power fails. */
enum way {
	WRITE_NOT_DONE, WRITE_TORN, WRITE_DONE,
	COMMAND, /* + enum command_cut */
	WAYS = COMMAND + COMMAND_DONE + 1
};

static bool full;
static unsigned int write_cuts, command_cuts, second_cuts;
static uint64_t rng = 6;

/* Cycles that a command takes (fpga/cycles.txt): so far it may be. */
static unsigned long cycles_of(unsigned int op)
{
	switch (op) {
	case FPGA_OP_PREPARE:
		return 19660;
	case FPGA_OP_COMMIT:
		return 1606;
	case FPGA_OP_SIGN:
	case FPGA_OP_LEAF:
		return 36000;
	case FPGA_OP_ENTRY_NEW:
		return 393408;
	default:
		return 500;
	}
}

static void set_cut(enum way way, uint64_t at, unsigned int op)
{
	if (way < COMMAND) {
		nor_cut_at(hsm_flash_nor(), at,
			   way == WRITE_NOT_DONE ? NOR_NOT_DONE :
			   way == WRITE_TORN ? NOR_TORN : NOR_DONE, at);
		return;
	}
	line.cut = line.commands + at;
	line.how = (enum command_cut)(way - COMMAND);
	line.cycles = 1 + nor_random(&rng) % cycles_of(op);
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
static uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
static size_t public_len;

/* Signs something that nobody signed before; true: it was good. */
static bool sign_new(void)
{
	static unsigned int number;
	struct signature signature;
	char text[32];

	snprintf(text, sizeof(text), "message %u", number++);
	if (sign_text(key(), text, &signature))
		return false;
	/* Who has the signature has it, whatever came then. */
	if (!was_cut())
		public_len = public_of(key(), public);
	EXPECT(is_good_by(public, public_len, text, &signature));
	signed_so_far++;
	return true;
}

static bool generate_key(void)
{
	return vault_make_hss(key(), TREE);
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

struct places {
	uint64_t n;		/* for a failure of this kind, in one operation */
	uint8_t ops[sizeof(line.ops)];
};

static void find_places(struct places *places, enum way way, bool with_key,
			bool (*operation)(void))
{
	uint64_t steps, commands;

	memset(places, 0, sizeof(*places));
	REQUIRE(begin(with_key));
	steps = hsm_flash_nor()->steps;
	commands = line.commands;
	EXPECT(operation());
	REQUIRE(line.commands < sizeof(line.ops));
	memcpy(places->ops, line.ops + commands, line.commands - commands);
	places->n = way < COMMAND ? hsm_flash_nor()->steps - steps :
				    line.commands - commands;
	EXPECT(places->n);
}

/* On the design: what makes a signature hold, and few others. */
static bool is_sampled(enum way way, unsigned int op)
{
	if (!slow)
		return true;
	switch (op) {
	case FPGA_OP_PREPARE:
	case FPGA_OP_COMMIT:
	case FPGA_OP_BEGIN:
	case FPGA_OP_SIGN:
		return full || way == (enum way)(COMMAND + COMMAND_TORN) ||
		       (op == FPGA_OP_COMMIT && way > COMMAND);
	default:
		return !(nor_random(&rng) % (full ? 8 : 256));
	}
}

static void at_one(enum way way, uint64_t at, const struct places *places,
		   bool with_key, bool (*operation)(void), void (*expect)(void))
{
	unsigned int op = way < COMMAND ? 0 : places->ops[at - 1];

	if (!is_sampled(way, op))
		return;
	REQUIRE(begin(with_key));
	set_cut(way, at, op);
	operation();
	REQUIRE(was_cut());
	if (way < COMMAND)
		write_cuts++;
	else
		command_cuts++;
	REQUIRE(vault_power());
	expect();
	if (tap_failed)
		printf("# way %d at %llu, operation %02x, cycle %lu\n", way,
		       (unsigned long long)at, op, line.cycles);
}

static void at_each(bool with_key, bool (*operation)(void),
		    void (*expect)(void))
{
	static struct places places;

	for (enum way way = 0; way < WAYS; way++) {
		find_places(&places, way, with_key, operation);
		for (uint64_t at = 1; at <= places.n && !tap_failed; at++)
			at_one(way, at, &places, with_key, operation, expect);
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
static bool twice(enum way first, uint64_t at, unsigned int op, enum way second,
		  uint64_t then)
{
	bool reached;

	if (!begin(true))
		return false;
	set_cut(first, at, op);
	sign_new();
	if (!was_cut() || !EXPECT(vault_power()))
		return false;
	set_cut(second, then, op);
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

static void then_again(enum way first, uint64_t at, unsigned int op)
{
	unsigned int one_of = slow ? 1024 : full ? 1 : 128;

	for (enum way second = WRITE_TORN; second < WAYS; second++)
		for (uint64_t then = 1; then < 200; then++) {
			if (nor_random(&rng) % one_of)
				continue;
			if (!twice(first, at, op, second, then))
				break;
		}
}

static void signing_again(void)
{
	static struct places places;

	for (enum way first = WRITE_TORN; first < WAYS; first++) {
		find_places(&places, first, true, sign_new);
		for (uint64_t at = 1; at <= places.n && !tap_failed; at++)
			then_again(first, at, first < COMMAND ? 0 :
				   places.ops[at - 1]);
	}
	vault_over();
}

/* None of this would be shown by a line that never fails. */
static void power_failed(void)
{
	EXPECT(write_cuts > (slow ? 0 : 150));
	EXPECT(command_cuts >= (slow ? 5 : 150));
	EXPECT(second_cuts >= (slow ? 0 : 50));
}

int main(int argc, char **argv)
{
	full = (argc > 1 && !strcmp(argv[1], "--full")) ||
	       getenv("CRYPTECH_FULL");
	RUN(signing);
	if (!slow || full) {
		RUN(generating);
		RUN(deleting);
		RUN(signing_again);
	}
	RUN(power_failed);
	printf("# the power failed at %u writes and %u commands, and %u times "
	       "more after that\n", write_cuts, command_cuts, second_cuts);
	return tap_done();
}
