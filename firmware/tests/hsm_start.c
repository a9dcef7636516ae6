// SPDX-License-Identifier: MIT
/*
 * Start and restart, over flash that somebody changed or filled.
 */
#include "../keystore/keystore.h"
#include "hsm_fresh.h"

static void get_serial(uint8_t serial[16])
{
	const uint8_t *p;
	size_t len;

	memset(serial, 0, 16);
	if (ask(&box, ME, CRYPTECH_RPC_STATUS, ""))
		return;
	result_opaque(&len);
	p = result_opaque(&len);
	if (EXPECT_EQ(len, 16))
		memcpy(serial, p, 16);
}

static void restart_keeps_who_it_is(void)
{
	uint8_t before[16];
	uint8_t after[16];

	REQUIRE(fresh());
	get_serial(before);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	REQUIRE(box_restart(&box));
	get_serial(after);
	EXPECT_MEM(after, before, 16);
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	REQUIRE(fresh());
	get_serial(after);
	EXPECT(memcmp(before, after, 16));
}

static void starts_only_with_its_master_key(void)
{
	REQUIRE(fresh());
	box_stop(&box);
	box.has_master_key = false;
	EXPECT(!box_start(&box));
	EXPECT(!box.has_master_key);
	box.has_master_key = true;
	box.master_key[31] ^= 1;
	EXPECT(!box_start(&box));
	box.master_key[31] ^= 1;
	EXPECT(box_start(&box));
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
}

static int fail_factory_pin(void *data, const char *pin)
{
	(void)data;
	(void)pin;
	return -1;
}

static int fail_mkm_write(void *data, const uint8_t key[MASTER_KEY_SIZE])
{
	(void)data;
	(void)key;
	return -1;
}

/* Nobody could log in to an HSM whose PIN cannot be shown. */
static void platform_that_fails(void)
{
	const struct platform *good = &box.platform;
	struct platform platform;

	REQUIRE(blank(false));
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	platform = *good;
	platform.factory_pin = fail_factory_pin;
	EXPECT(!hsm_start(&platform, &box.config));
	platform = *good;
	box.has_master_key = false;
	platform.mkm_write = fail_mkm_write;
	EXPECT(!hsm_start(&platform, &box.config));
	/* once it does not fail any more, all is well */
	REQUIRE(box_start(&box) && box_init_pins(&box));
	/* a PIN that is out of force but cannot be removed hurts nobody */
	box_stop(&box);
	platform = *good;
	platform.factory_pin = fail_factory_pin;
	box.hsm = hsm_start(&platform, &box.config);
	REQUIRE(box.hsm);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_WHEEL), 0);
	box_stop(&box);
}

static bool make_token_key(void)
{
	return !box_login(&box, ME, CRYPTECH_USER_NORMAL) &&
	       !ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", "",
		    (size_t)0, CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_FLAG_TOKEN |
		    CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, "");
}

/* Whoever can write to the flash must not get a new PIN for old keys by it. */
static void does_not_start_without_its_records(void)
{
	REQUIRE(fresh());
	REQUIRE(box_take_away(&box, KS_CLASS_PIN, NULL));
	EXPECT(!box_start(&box));
	EXPECT_EQ(strlen(box.factory_pin), 0);

	REQUIRE(fresh() && make_token_key());
	REQUIRE(box_take_away(&box, KS_CLASS_CONFIG, "config"));
	EXPECT(!box_start(&box));
	EXPECT_EQ(strlen(box.factory_pin), 0);

	/* without keys there is nothing to lose: it is a fresh HSM */
	REQUIRE(fresh());
	REQUIRE(box_take_away(&box, KS_CLASS_CONFIG, "config"));
	EXPECT(box_start(&box));
	EXPECT_EQ(strlen(box.factory_pin), 23);
}

struct record {
	uint8_t name[KS_NAME_SIZE];
	uint8_t data[1024];
	size_t len;
};

/* Read the first record of a class, with the HSM switched off. */
static bool copy_record(enum ks_class class, struct record *record)
{
	struct keystore *ks;
	bool done;

	box_stop(&box);
	if (ks_mount(&ks, box.platform.flash))
		return false;
	done = !ks_next(ks, class, NULL, record->name, &record->len) &&
	       !ks_read(ks, class, record->name, record->data,
			sizeof(record->data), &record->len);
	ks_unmount(ks);
	return done;
}

static bool put_record(enum ks_class class, const struct record *record)
{
	struct keystore *ks;
	bool done;

	box_stop(&box);
	if (ks_mount(&ks, box.platform.flash))
		return false;
	done = !ks_write(ks, class, record->name, record->data, record->len,
			 false);
	ks_unmount(ks);
	return done;
}

/* A fresh HSM in the old one's case: the flash blank, the same master key. */
static bool fresh_with_master_key(void)
{
	uint8_t key[MASTER_KEY_SIZE];

	box_stop(&box);
	memcpy(key, box.master_key, sizeof(key));
	box_init(&box, hsm_flash_blank());
	memcpy(box.master_key, key, sizeof(key));
	box.has_master_key = true;
	return box_start(&box) && box_init_pins(&box) &&
	       !memcmp(box.master_key, key, sizeof(key));
}

/* A PIN record from before the flash was blanked opens nothing after. */
static void does_not_take_foreign_pins(void)
{
	struct record pins;

	REQUIRE(fresh());
	REQUIRE(copy_record(KS_CLASS_PIN, &pins));
	REQUIRE(fresh_with_master_key() && make_token_key());
	REQUIRE(put_record(KS_CLASS_PIN, &pins));
	EXPECT(!box_start(&box));
}

/* Nor does a key record, put back beside PINs of somebody's own. */
static void does_not_take_foreign_keys(void)
{
	struct record key;

	REQUIRE(fresh() && make_token_key());
	REQUIRE(copy_record(KS_CLASS_KEY, &key));
	REQUIRE(fresh_with_master_key() && make_token_key());
	REQUIRE(put_record(KS_CLASS_KEY, &key));
	REQUIRE(box_start(&box));
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", key.name,
		      sizeof(key.name)), 38);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
}

/* Whatever is in the flash: a start that works, or none. */
static void flash_of_any_content(void)
{
	uint64_t random = 5;
	unsigned int starts = 0;
	struct nor *base;
	struct nor *nor;
	int round;
	int i;

	box_stop(&box);
	box_init(&box, hsm_flash_blank_of(64 << 10));
	box.config.handles = 16;
	box.config.clients = 16;
	REQUIRE(box_start(&box) && box_init_pins(&box) && make_token_key());
	box_stop(&box);
	nor = hsm_flash_nor();
	base = nor_new(nor->flash.size, nor->flash.sector_size);
	REQUIRE(base);
	nor_copy(base, nor);
	for (round = 0; round < 300; round++) {
		nor_copy(nor, base);
		for (i = 0; i < 1 + round / 10; i++)
			nor->bits[nor_random(&random) % (round < 150 ? 4096 :
				  nor->flash.size)] = nor_random(&random);
		if (!box_start(&box))
			continue;
		starts++;
		EXPECT(box_status(&box, CRYPTECH_STATUS_FLASH_SIZE) ==
		       nor->flash.size);
		box_stop(&box);
	}
	printf("# %u of %d started\n", starts, round);
	EXPECT(starts > 0 && starts < 300);
	nor_free(base);
}

/* Make token keys, then labels longer, until the flash takes no more. */
static unsigned int fill_flash(uint8_t uuid[16])
{
	static const char longest[] = "0123456789012345678901234567890123456789"
				      "012345678901234567890123";
	static uint8_t uuids[2000][16];
	unsigned int keys = 0;
	unsigned int i;

	while (keys < 2000 && make_token_key()) {
		if (xdr_get_u32(&box.results) != 16)
			return 0;
		memcpy(uuids[keys++], xdr_get_raw(&box.results, 16), 16);
	}
	for (i = 0; i < keys; i++)
		if (ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os", uuids[i],
			(size_t)16, longest))
			break;
	memcpy(uuid, uuids[0], 16);
	return keys;
}

static void full_flash_still_logs_in(void)
{
	unsigned int keys;
	uint8_t uuid[16];
	int i;

	box_stop(&box);
	box_init(&box, hsm_flash_blank_of(128 << 10));
	REQUIRE(box_start(&box) && box_init_pins(&box));
	keys = fill_flash(uuid);
	EXPECT(keys > 50);
	EXPECT(!make_token_key());
	EXPECT(box.reply_len == 12 && box.reply[11] == 41);
	EXPECT(box_status(&box, CRYPTECH_STATUS_FLASH_FREE) < 1000);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), keys);
	REQUIRE(box_restart(&box));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), keys);
	for (i = 0; i < 500; i++) {
		if (!EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGIN, "us",
				   CRYPTECH_USER_NORMAL, "wrong"), 24) ||
		    !EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0))
			break;
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", uuid,
			      sizeof(uuid)), i ? 21 : 0);
	}
	EXPECT(make_token_key());
}

int main(void)
{
	RUN(restart_keeps_who_it_is);
	RUN(starts_only_with_its_master_key);
	RUN(platform_that_fails);
	RUN(does_not_start_without_its_records);
	RUN(does_not_take_foreign_pins);
	RUN(does_not_take_foreign_keys);
	RUN(flash_of_any_content);
	RUN(full_flash_still_logs_in);
	box_stop(&box);
	return tap_done();
}
