// SPDX-License-Identifier: MIT
/*
 * The master key: known by its fingerprint, given as shares, replaced, and
 * replaced while the power fails.
 */
#include "../backup/shares.h"
#include "../keystore/keystore.h"
#include "raw_box.h"
#include "hsm_flash.h"

static const uint8_t new_key[32] = "the master key that is to come.";

/* --- calls ---------------------------------------------------------------- */

static bool master_fresh(uint32_t flash)
{
	return hashsig_fresh(0, flash) &&
	       !box_login(&box, WHEEL, CRYPTECH_USER_WHEEL) &&
	       !box_login(&box, SO, CRYPTECH_USER_SO);
}

static bool master_restart(void)
{
	return hashsig_restart() &&
	       !box_login(&box, WHEEL, CRYPTECH_USER_WHEEL) &&
	       !box_login(&box, SO, CRYPTECH_USER_SO);
}

static int get_shares(uint32_t m, uint32_t n, struct share_list *list)
{
	return result_shares(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_SHARES,
				 "uu", m, n), list);
}

static int set_shares(uint32_t erase, const struct share_list *list,
		      uint32_t first, uint32_t count)
{
	uint8_t message[20 * (CRYPTECH_SHARE_SIZE + 4) + 64];
	struct xdr_writer w;

	xdr_writer_init(&w, message, sizeof(message));
	xdr_put_u32(&w, CRYPTECH_RPC_MASTER_KEY_SET);
	xdr_put_u32(&w, WHEEL);
	xdr_put_u32(&w, erase);
	xdr_put_u32(&w, count);
	for (uint32_t i = 0; i < count; i++)
		xdr_put_opaque(&w, list->data[(first + i) % CRYPTECH_SHARES_MAX],
			       CRYPTECH_SHARE_SIZE);
	return ask_raw(&box, message, xdr_written(&w));
}

static int set_as(uint32_t word, uint32_t erase, const void *key, size_t len)
{
	return ask(&box, word, CRYPTECH_RPC_MASTER_KEY_SET, "uuo", erase, 1,
		   key, len);
}

static int set_key(uint32_t erase, const void *key)
{
	return set_as(WHEEL, erase, key, 32);
}

/* What the master key in the memory has for a fingerprint, by libcrypto. */
static void plain_fingerprint(const uint8_t key[32], uint8_t out[32])
{
	plain_kdf(key, "fingerprint", out);
}

/* The HSM says the fingerprint of the key that is in its memory. */
static bool tells_fingerprint(uint32_t word)
{
	uint8_t wanted[32];
	struct bytes got;

	plain_fingerprint(box.master_key, wanted);
	return !result_bytes(ask(&box, word, CRYPTECH_RPC_MASTER_KEY_INFO, ""),
			     &got) &&
	       got.len == 32 && !memcmp(got.data, wanted, 32);
}

static bool has_key(const uint8_t key[32])
{
	return !memcmp(box.master_key, key, 32);
}

static int make_ec(uint8_t letter, uint32_t flags)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
		   name_of(letter), (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
		   flags, "");
}

static int info_of(uint8_t letter)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", name_of(letter),
		   (size_t)UUID_SIZE);
}

static int sign_with(uint8_t letter)
{
	return ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", name_of(letter),
		   (size_t)UUID_SIZE, CRYPTECH_DIGEST_SHA256, hash_value(),
		   (size_t)32, 200);
}

/* --- who this HSM is ------------------------------------------------------ */

struct self {
	struct bytes identity, devices, list;
	uint64_t policy;
};

static bool look(struct self *self)
{
	static uint8_t serial[16];
	struct bytes *all = &self->identity;
	const uint8_t *data;
	size_t len;

	memset(self, 0, sizeof(*self));
	self->policy = box_status(&box, CRYPTECH_STATUS_POLICY);
	if (ask(&box, ME, CRYPTECH_RPC_DEVICE_IDENTITY, ""))
		return false;
	all->len = xdr_left(&box.results);
	memcpy(all->data, box.results.next, all->len);
	data = xdr_get_opaque(&box.results, &len);
	if (len != 16)
		return false;
	memcpy(serial, data, 16);
	if (ask(&box, ME, CRYPTECH_RPC_DEVICE_LIST, "su", "", 64))
		return false;
	self->devices.len = xdr_left(&box.results);
	memcpy(self->devices.data, box.results.next, self->devices.len);
	return true;
}

static bool is_still(const struct self *before)
{
	struct self now;

	return look(&now) && now.identity.len == before->identity.len &&
	       !memcmp(now.identity.data, before->identity.data,
		       now.identity.len) &&
	       now.devices.len == before->devices.len &&
	       !memcmp(now.devices.data, before->devices.data,
		       now.devices.len) &&
	       now.policy == before->policy;
}

static int approve(const uint8_t serial[16])
{
	struct bytes spki, der;

	plain_encode(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), &der,
		     &spki);
	return ask(&box, SO, CRYPTECH_RPC_DEVICE_APPROVE, "oos", serial,
		   (size_t)16, spki.data, spki.len, "another one");
}

/* All settings that there are. */
static bool make_settings(void)
{
	static const uint8_t a[16] = "one other device", b[16] = "yet another one";
	struct bytes got;

	return !approve(a) && !approve(b) &&
	       !ask(&box, SO, CRYPTECH_RPC_POLICY_SET, "u",
		    CRYPTECH_POLICY_SHARED_SEED) &&
	       !ask(&box, SO, CRYPTECH_RPC_RECOVERY_CREATE, "uu", 2, 2) &&
	       xdr_get_opaque(&box.results, &got.len);
}

/* A key with flag RECOVERABLE can be made: a recovery key is known. */
static int make_recoverable(void)
{
	return generate_as(ME, name_of('R'), UUID_SIZE, FLAGS | EXPORTABLE |
			   CRYPTECH_KEY_FLAG_RECOVERABLE, "", 0, 1,
			   SETS(1, { H5_W8 }));
}

/* --- tests ---------------------------------------------------------------- */

static void known_by_its_fingerprint(void)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	REQUIRE(box_start(&box));
	EXPECT(tells_fingerprint(ME));
	EXPECT_EQ(set_key(0, new_key), 26);
	REQUIRE(master_fresh(1 << 20));
	EXPECT(tells_fingerprint(NOBODY));
	EXPECT(tells_fingerprint(WHEEL));
}

static void for_the_wheel_alone(void)
{
	const uint32_t words[] = { ME, SO, NOBODY };

	REQUIRE(master_fresh(1 << 20));
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(set_as(words[i], 0, new_key, 32), 26);
		EXPECT_EQ(ask(&box, words[i],
			      CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 0), 26);
		EXPECT_EQ(ask(&box, words[i], CRYPTECH_RPC_MASTER_KEY_SHARES,
			      "uu", 2, 3), 26);
	}
	EXPECT(!has_key(new_key));
}

/* The reply of a change is the new fingerprint. */
static void replaced(void)
{
	uint8_t wanted[32], old[32];
	struct bytes got;

	REQUIRE(master_fresh(1 << 20));
	memcpy(old, box.master_key, 32);
	REQUIRE(!result_bytes(set_key(0, new_key), &got));
	plain_fingerprint(new_key, wanted);
	EXPECT_EQ(got.len, 32);
	EXPECT_MEM(got.data, wanted, 32);
	EXPECT(has_key(new_key) && tells_fingerprint(ME));
	REQUIRE(!result_bytes(ask(&box, WHEEL,
				  CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 0),
			      &got));
	plain_fingerprint(box.master_key, wanted);
	EXPECT_MEM(got.data, wanted, 32);
	EXPECT(!has_key(new_key) && !has_key(old));
	/* the one that is there already is fine, too */
	memcpy(old, box.master_key, 32);
	EXPECT_EQ(set_key(0, old), 0);
	REQUIRE(master_restart());
	EXPECT(has_key(old) && tells_fingerprint(ME));
}

static void not_while_keys_stand(void)
{
	uint8_t old[32];

	REQUIRE(master_fresh(1 << 20));
	memcpy(old, box.master_key, 32);
	REQUIRE(!make_ec('V', SIGNS));		/* in memory: stays */
	REQUIRE(!make_ec('T', SIGNS | TOKEN) && !sign_with('T'));
	EXPECT_EQ(set_key(0, new_key), 26);
	EXPECT_EQ(set_key(2, new_key), 1);
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 0),
		  26);
	EXPECT(has_key(old) && tells_fingerprint(ME));
	EXPECT_EQ(sign_with('T'), 0);
	/* wrong arguments destroy nothing */
	EXPECT_EQ(set_as(WHEEL, 1, new_key, 31), 34);
	EXPECT_EQ(set_as(WHEEL, 1, new_key, 0), 34);
	EXPECT_EQ(sign_with('T'), 0);
	EXPECT_EQ(set_key(1, new_key), 0);
	EXPECT(has_key(new_key));
	EXPECT_EQ(info_of('T'), 21);
	EXPECT_EQ(sign_with('V'), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	/* those who are logged in stay so, and make new keys */
	REQUIRE(!make_ec('N', SIGNS | TOKEN));
	REQUIRE(master_restart());
	EXPECT_EQ(sign_with('N'), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
	EXPECT_EQ(info_of('T'), 21);
}

static void settings_stay(void)
{
	struct self self;

	REQUIRE(master_fresh(1 << 20) && make_settings() && look(&self));
	EXPECT_EQ(self.policy, CRYPTECH_POLICY_SHARED_SEED);
	EXPECT(self.devices.len > 100);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_GENERATE,
			      "u", 0), 0);
		EXPECT(is_still(&self));
		REQUIRE(master_restart());
		EXPECT(is_still(&self));
	}
	EXPECT_EQ(make_recoverable(), 0);
	EXPECT_EQ(ask(&box, NOBODY, CRYPTECH_RPC_LOGIN, "us",
		      CRYPTECH_USER_NORMAL, "wrong"), 24);
}

/* HSS keys go, the anchor does not. */
static void hash_signature_keys(void)
{
	const uint8_t *uuid = name_of('H');
	struct signature signature;
	uint64_t anchor;

	REQUIRE(master_fresh(1 << 20));
	REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(sign_text(uuid, "one", &signature), 0);
	EXPECT_EQ(set_key(0, new_key), 26);
	EXPECT_EQ(set_key(1, new_key), 0);
	EXPECT_EQ(info_of('H'), 21);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	anchor = box_anchor;
	EXPECT(anchor > 2);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_ANCHOR), anchor);
	REQUIRE(master_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_STALE, 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_ANCHOR), anchor);
	EXPECT_EQ(set_key(0, hash_value()), 0);
	/* without a restart, too */
	REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(sign_text(uuid, "two", &signature), 0);
	REQUIRE(master_restart());
	EXPECT_EQ(sign_text(uuid, "three", &signature), 0);
	EXPECT(is_good(uuid, "three", &signature));
	EXPECT_EQ(left_of(uuid), 30);
}

static void given_as_shares(void)
{
	static const uint32_t sizes[][2] = { { 2, 3 }, { 3, 5 }, { 16, 16 } };
	static struct share_list list, other;
	uint8_t key[32];

	REQUIRE(master_fresh(1 << 20));
	EXPECT_EQ(get_shares(1, 3, &list), 1);
	EXPECT_EQ(get_shares(4, 3, &list), 1);
	EXPECT_EQ(get_shares(2, 17, &list), 1);
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t m = sizes[i][0], n = sizes[i][1];

		REQUIRE(master_fresh(1 << 20));
		memcpy(key, box.master_key, 32);
		REQUIRE(!get_shares(m, n, &list) && !get_shares(m, n, &other));
		EXPECT_EQ(list.n, n);
		/* another HSM, blank */
		REQUIRE(master_fresh(1 << 20));
		REQUIRE(!has_key(key));
		EXPECT_EQ(set_shares(0, &list, 0, m - 1), 1);
		EXPECT_EQ(set_shares(0, &list, 0, 0), 1);
		EXPECT_EQ(set_shares(0, &list, 0, 17), 1);
		memcpy(other.data[0], list.data[0], CRYPTECH_SHARE_SIZE);
		EXPECT_EQ(set_shares(0, &other, 0, m), 1);
		EXPECT(!has_key(key));
		EXPECT_EQ(set_shares(0, &list, n - m, m), 0);
		EXPECT(has_key(key));
	}
	/* a share of another length is none */
	EXPECT_EQ(set_as(WHEEL, 0, list.data[0], CRYPTECH_SHARE_SIZE - 1), 34);
	EXPECT_EQ(set_as(WHEEL, 0, list.data[0], CRYPTECH_SHARE_SIZE), 1);
}

/* Shares of the recovery key are no shares of this one. */
static void of_its_own_kind(void)
{
	static struct share_list list;
	struct bytes fingerprint;
	const uint8_t *data;

	REQUIRE(master_fresh(1 << 20));
	REQUIRE(!ask(&box, SO, CRYPTECH_RPC_RECOVERY_CREATE, "uu", 2, 2));
	data = xdr_get_opaque(&box.results, &fingerprint.len);
	EXPECT(data && fingerprint.len == 32);
	REQUIRE(!result_shares(0, &list));
	EXPECT_EQ(set_shares(0, &list, 0, 2), 1);
}

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
	RUN(known_by_its_fingerprint);
	RUN(for_the_wheel_alone);
	RUN(replaced);
	RUN(not_while_keys_stand);
	RUN(settings_stay);
	RUN(hash_signature_keys);
	RUN(given_as_shares);
	RUN(of_its_own_kind);
	RUN(memory_that_fails);
	RUN(power_cut_in_change);
	RUN(power_cut_in_erase_and_change);
	RUN(power_cut_at_the_memory);
	RUN(memory_with_neither);
	hashsig_over();
	return tap_done();
}
