// SPDX-License-Identifier: MIT
/*
 * The master key is replaced while its memory fails, or the power.
 */
#include "master_box.h"

/* --- a memory that fails -------------------------------------------------- */

static bool memory_writes, memory_fails, power_off_before, power_off_after;
static unsigned int memory_written;

static int failing_mkm_write(void *data, const uint8_t key[MASTER_KEY_SIZE])
{
	(void)data;
	memory_written++;
	if (power_off_before) {
		hsm_flash_nor()->off = true;
		return -1;
	}
	if (memory_writes) {
		memcpy(box.master_key, key, MASTER_KEY_SIZE);
		box.has_master_key = true;
	}
	if (power_off_after)
		hsm_flash_nor()->off = true;
	return memory_fails ? -1 : 0;
}

static bool staged_is_gone(void)
{
	uint8_t name[KS_NAME_SIZE];
	struct keystore *ks;
	bool gone = true;

	box_stop(&box);
	if (ks_mount(&ks, box.platform.flash))
		return false;
	for (unsigned int class = 16; class < 16 + 16; class++)
		gone = gone && ks_next(ks, class, NULL, name, NULL) ==
			       KS_NOT_FOUND;
	ks_unmount(ks);
	return gone;
}

static void memory_that_fails(void)
{
	struct self self;
	uint8_t old[32];

	REQUIRE(master_fresh(1 << 20) && make_settings() && look(&self));
	memcpy(old, box.master_key, 32);
	box.platform.mkm_write = failing_mkm_write;
	memory_fails = true;
	memory_writes = false;
	EXPECT_EQ(set_key(0, new_key), 33);
	EXPECT(has_key(old) && tells_fingerprint(ME) && is_still(&self));
	EXPECT(staged_is_gone());
	REQUIRE(box_start(&box) && !box_login(&box, WHEEL, 3));
	/* it lies the other way round */
	memory_writes = true;
	EXPECT_EQ(set_key(0, new_key), 33);
	EXPECT(has_key(new_key) && tells_fingerprint(ME));
	EXPECT(staged_is_gone());
	memory_fails = false;
	REQUIRE(box_start(&box) && !box_login(&box, ME, 1));
	EXPECT(tells_fingerprint(ME) && is_still(&self));
}

/* --- cuts ----------------------------------------------------------------- */

static struct {
	struct nor *nor;
	uint8_t key[32];
	uint64_t anchor;
	struct self self;
} base;

/* With a ledger, that is: with an HSS key that was. */
static bool make_base(uint32_t erase)
{
	const uint8_t *uuid = name_of('H');
	const struct nor *nor;

	box.config.clients = 16;
	box.config.handles = 16;
	if (!master_fresh(192 << 10) || !make_settings() ||
	    !make_key(uuid, 1, SETS(1, { H5_W8 })))
		return false;
	if (erase ? make_ec('T', SIGNS | TOKEN) : delete_key(uuid))
		return false;
	if (!look(&base.self))
		return false;
	box_stop(&box);
	nor = hsm_flash_nor();
	base.nor = nor_new(nor->flash.size, nor->flash.sector_size);
	nor_copy(base.nor, nor);
	memcpy(base.key, box.master_key, 32);
	base.anchor = box_anchor;
	return true;
}

static bool boot_base(uint64_t seed)
{
	box_stop(&box);
	nor_copy(hsm_flash_nor(), base.nor);
	nor_boot(hsm_flash_nor(), seed);
	memcpy(box.master_key, base.key, 32);
	box_anchor = base.anchor;
	return box_start(&box) && !box_login(&box, WHEEL, CRYPTECH_USER_WHEEL);
}

/* Either the one or the other, and whichever it is it is whole. */
static void check_cut(int error, uint32_t erase)
{
	bool changed = has_key(new_key);

	EXPECT(changed || has_key(base.key));
	if (!error)
		EXPECT(changed);
	EXPECT(tells_fingerprint(ME));
	EXPECT(!box_login(&box, ME, CRYPTECH_USER_NORMAL));
	EXPECT(!box_login(&box, WHEEL, CRYPTECH_USER_WHEEL));
	EXPECT(is_still(&base.self));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_STALE, 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
	if (changed) {
		EXPECT_EQ(info_of('T'), 21);
		EXPECT_EQ(info_of('H'), 21);
	} else if (erase && !info_of('T')) {
		EXPECT_EQ(sign_with('T'), 0);
	}
	/* and it can be changed again */
	EXPECT_EQ(set_key(1, hash_value()), 0);
	EXPECT(is_still(&base.self));
	EXPECT(staged_is_gone());
}

/* Boot until nothing cuts any more; @second: the step of a cut on the way. */
static bool boot_again(uint64_t seed, uint64_t second, bool *was_cut)
{
	*was_cut = false;
	box_stop(&box);
	nor_boot(hsm_flash_nor(), seed);
	if (second)
		nor_cut_at(hsm_flash_nor(), second, NOR_TORN, seed + second);
	if (box_start(&box) && !hsm_flash_nor()->off) {
		hsm_flash_nor()->cut_step = 0;
		return true;
	}
	*was_cut = hsm_flash_nor()->off;
	box_stop(&box);
	nor_boot(hsm_flash_nor(), seed + 1);
	return box_start(&box);
}

static void cut_at_every_step(uint32_t erase)
{
	unsigned int cuts = 0, twice = 0, kept = 0;
	bool was_cut;
	int error;

	REQUIRE(make_base(erase));
	for (int way = NOR_NOT_DONE; way <= NOR_TORN; way++) {
		for (uint64_t step = 1; ; step++) {
			REQUIRE(boot_base(step));
			nor_cut_at(hsm_flash_nor(), step, way, 3 * step + way);
			error = set_key(erase, new_key);
			if (!hsm_flash_nor()->off)
				break;
			cuts++;
			kept += has_key(base.key);
			/* a second cut at one step of the recovery */
			if (!EXPECT(boot_again(7 * step, way == NOR_TORN ?
					       1 + step % 37 : 0, &was_cut)))
				goto out;
			twice += was_cut;
			check_cut(error, erase);
			if (tap_failed) {
				printf("# step %d, way %d\n", (int)step, way);
				goto out;
			}
		}
		EXPECT_EQ(error, 0);
	}
	printf("# %u cuts, %u of them cut again; %u times the old key stayed\n",
	       cuts, twice, kept);
	EXPECT(kept && kept < cuts && twice > 5);
	EXPECT_EQ(hsm_flash_nor()->misuse, 0);
out:
	box_stop(&box);
	nor_free(base.nor);
}

static void power_cut_in_change(void)
{
	cut_at_every_step(0);
}

static void power_cut_in_erase_and_change(void)
{
	cut_at_every_step(1);
}

/* Right before and right after the other memory is written; then at every step
 * of the start that finishes it or takes it back. */
static void power_cut_at_the_memory(void)
{
	bool was_cut = true;
	int before;

	REQUIRE(make_base(0));
	box.platform.mkm_write = failing_mkm_write;
	memory_fails = false;
	memory_writes = true;
	for (before = 0; before < 2; before++) {
		uint64_t step;

		for (step = 1, was_cut = true; was_cut; step++) {
			power_off_before = power_off_after = false;
			REQUIRE(boot_base(step));
			memory_written = 0;
			power_off_before = before;
			power_off_after = !before;
			EXPECT(set_key(0, new_key));
			power_off_before = power_off_after = false;
			EXPECT_EQ(memory_written, 1);
			EXPECT(has_key(before ? base.key : new_key));
			REQUIRE(boot_again(step, step, &was_cut));
			EXPECT(has_key(before ? base.key : new_key));
			check_cut(-1, 0);
			if (tap_failed)
				goto out;
		}
		printf("# %d cuts of the start after it\n", (int)step - 1);
		EXPECT(step > 10);
	}
out:
	box_stop(&box);
	nor_free(base.nor);
}

/* The memory has neither key: nothing is thrown away until it is back. */
static void memory_with_neither(void)
{
	bool was_cut;

	REQUIRE(make_base(0));
	box.platform.mkm_write = failing_mkm_write;
	memory_fails = false;
	memory_writes = true;
	REQUIRE(boot_base(1));
	power_off_after = true;
	EXPECT(set_key(0, new_key));
	power_off_after = false;
	box_stop(&box);
	box.master_key[0] ^= 1;
	nor_boot(hsm_flash_nor(), 2);
	EXPECT(!box_start(&box));
	box.has_master_key = false;
	EXPECT(!box_start(&box));
	box.has_master_key = true;
	box.master_key[0] ^= 1;
	REQUIRE(boot_again(3, 0, &was_cut));
	check_cut(0, 0);
	box_stop(&box);
	nor_free(base.nor);
}

int main(void)
{
	RUN(memory_that_fails);
	RUN(power_cut_in_change);
	RUN(power_cut_in_erase_and_change);
	RUN(power_cut_at_the_memory);
	RUN(memory_with_neither);
	hashsig_over();
	return tap_done();
}
