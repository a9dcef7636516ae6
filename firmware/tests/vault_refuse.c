// SPDX-License-Identifier: MIT
/*
 * Keys of the FPGA's vault: what is refused, with or without the FPGA; a flash or
 * a tamper memory of another time; more values than slots.
 */
#include "vault_box.h"

#include <stdlib.h>

#define FLASH	(512 * 1024)

/* --- never made ----------------------------------------------------------------- */

static int make_hss_as(uint32_t flags, uint32_t profile, uint32_t reserve,
		       const struct sets *sets)
{
	return generate_as(ME, name_of('x'), UUID_SIZE, flags, "", profile,
			   reserve, sets);
}

static void wrong_kinds(void)
{
	const uint8_t *name = name_of('x');
	const uint32_t punctured = CRYPTECH_HASHSIG_PUNCTURED;
	uint8_t value[32] = { 1 };
	struct hss_info info;

	REQUIRE(vault_fresh(2, FLASH));
	EXPECT_EQ(vault_make_aes(name, CRYPTECH_KEY_AES256, TOKEN | EXPORTABLE),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(vault_make_aes(name, CRYPTECH_KEY_AES192, TOKEN),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", name,
		      (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
		      SIGNS | TOKEN | VAULT, ""), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "ouous", name,
		      (size_t)UUID_SIZE, CRYPTECH_KEY_AES256, value,
		      sizeof(value), DECRYPTS | TOKEN | VAULT, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(make_hss_as(FLAGS | VAULT | EXPORTABLE, punctured, 1,
			      SETS(1, { H5_W8 })), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(make_hss_as(FLAGS | VAULT, CRYPTECH_HASHSIG_SINGLE_SEED, 1,
			      SETS(1, { H5_W8 })), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(make_hss_as(FLAGS | VAULT, punctured, 2,
			      SETS(1, { H5_W8 })), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(make_hss_as(FLAGS | VAULT, punctured, 1,
			      SETS(2, { H5_W8 }, { H5_W8 })),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(make_hss_as(FLAGS | VAULT, punctured, 1,
			      SETS(1, { H20_W4 })),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(hss_info(ME, name, &info), CRYPTECH_ERR_KEY_NOT_FOUND);
	vault_over();
}

/* The guard has eight entries. */
static void nine_trees(void)
{
	struct signature signature;
	const uint8_t *name;

	REQUIRE(vault_fresh(2, FLASH));
	for (char c = 'a'; c < 'i'; c++)
		EXPECT(vault_make_hss(name_of(c), H5_W4));
	EXPECT_EQ(vault_generate_hss(name_of('i'), H5_W4),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	EXPECT_EQ(delete_key(name_of('c')), 0);
	EXPECT(vault_make_hss(name_of('i'), H5_W4));
	REQUIRE(vault_power());
	for (char c = 'a'; c < 'j'; c++) {
		name = name_of(c);
		EXPECT_EQ(sign_text(name, "one each", &signature),
			  c == 'c' ? CRYPTECH_ERR_KEY_NOT_FOUND : 0);
		EXPECT(c == 'c' || is_good(name, "one each", &signature));
	}
	vault_over();
}

/* A generation that was cancelled gives its entry back. */
static void cancelled(void)
{
	const uint8_t *name = name_of('a');

	REQUIRE(vault_fresh(0, FLASH));
	for (int i = 0; i < 10; i++) {
		REQUIRE(!vault_generate_hss(name, H10_W8));
		REQUIRE(!ask(&box, ME, CRYPTECH_RPC_HASHSIG_CANCEL, "o", name,
			     (size_t)UUID_SIZE));
	}
	vault_over();
}

/* --- never elsewhere -------------------------------------------------------------- */

static void stays(void)
{
	const uint8_t *aes = name_of('a'), *hss = name_of('b');

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(!vault_make_aes(aes, CRYPTECH_KEY_AES256, TOKEN));
	REQUIRE(vault_make_hss(hss, H5_W4));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RAW_EXPORT, "o", aes,
		      (size_t)UUID_SIZE), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RAW_EXPORT, "o", hss,
		      (size_t)UUID_SIZE), CRYPTECH_ERR_FORBIDDEN);
	vault_over();
}

/* --- without the FPGA ---------------------------------------------------------------- */

static int encrypt(const uint8_t *name, uint32_t mode)
{
	uint8_t iv[16] = { 1 }, data[32] = { 2 };

	return ask(&box, ME, CRYPTECH_RPC_ENCRYPT, "ououo", name,
		   (size_t)UUID_SIZE, mode, iv, sizeof(iv), 0, data,
		   sizeof(data));
}

/* All is there but what needs a value; and that comes back with the FPGA. */
static void line_cut(void)
{
	const uint8_t *aes = name_of('a'), *hss = name_of('b');
	struct signature first, signature;
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(!vault_make_aes(aes, CRYPTECH_KEY_AES128, TOKEN));
	REQUIRE(vault_make_hss(hss, H5_W8));
	REQUIRE(!sign_text(hss, "before", &first));
	REQUIRE(!encrypt(aes, CRYPTECH_MODE_CBC));
	box.platform.fpga_lost_serve = true;
	line.dead = true;
	EXPECT_EQ(sign_text(hss, "x", &signature),
		  CRYPTECH_ERR_IO_UNEXPECTED);
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC), CRYPTECH_ERR_IO_UNEXPECTED);
	EXPECT_EQ(vault_generate_hss(name_of('x'), H5_W8),
		  CRYPTECH_ERR_IO_UNEXPECTED);
	EXPECT_EQ(vault_make_aes(name_of('x'), CRYPTECH_KEY_AES256, TOKEN),
		  CRYPTECH_ERR_IO_UNEXPECTED);
	EXPECT(public_of(hss, public));
	EXPECT_EQ(verify_text(ME, hss, "before", &first), 0);
	line.dead = false;
	EXPECT_EQ(fpga_again(box.platform.fpga), 0);
	EXPECT_EQ(sign_text(hss, "after", &signature), 0);
	EXPECT(is_good(hss, "after", &signature));
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC), 0);
	/* Also while the tree is computed after a start. */
	REQUIRE(vault_power());
	box.platform.fpga_lost_serve = true;
	line.dead = true;
	EXPECT_EQ(sign_text(hss, "x", &signature), CRYPTECH_ERR_IO_UNEXPECTED);
	line.dead = false;
	EXPECT_EQ(fpga_again(box.platform.fpga), 0);
	EXPECT_EQ(sign_text(hss, "once more", &signature), 0);
	EXPECT(is_good(hss, "once more", &signature));
	EXPECT_EQ(ledger.repeats, 0);
	vault_over();
}

/* An HSM that has none any more: nothing of it is done in software. */
static void none(void)
{
	const uint8_t *aes = name_of('a'), *hss = name_of('b');
	struct signature signature;
	struct fpga *fpga = NULL;
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(!vault_make_aes(aes, CRYPTECH_KEY_AES256_XTS, TOKEN));
	REQUIRE(vault_make_hss(hss, H5_W8));
	box_stop(&box);
	fpga = box.platform.fpga;
	box.platform.fpga = NULL;
	REQUIRE(box_start(&box) && vault_users());
	EXPECT_EQ(sign_text(hss, "x", &signature),
		  CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_XTS), CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(vault_generate_hss(name_of('x'), H5_W8),
		  CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(vault_make_aes(name_of('x'), CRYPTECH_KEY_AES256, 0),
		  CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT(public_of(hss, public));
	EXPECT_EQ(left_of(hss), 32);
	/* And they can be deleted. */
	EXPECT_EQ(delete_key(aes), 0);
	EXPECT_EQ(delete_key(hss), 0);
	box.platform.fpga = fpga;
	REQUIRE(vault_power());
	for (char c = 'a'; c < 'i'; c++)
		EXPECT(vault_make_hss(name_of(c), H5_W4));
	vault_over();
}

/* A reset of the FPGA alone, and one while a leaf is out. */
static void reset(void)
{
	const uint8_t *aes = name_of('a'), *hss = name_of('b');
	struct signature signature;

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(!vault_make_aes(aes, CRYPTECH_KEY_AES256, TOKEN));
	REQUIRE(vault_make_hss(hss, H5_W8));
	REQUIRE(!sign_text(hss, "one", &signature));
	REQUIRE(!encrypt(aes, CRYPTECH_MODE_CBC));
	box.platform.fpga_lost_serve = true;
	board_reset(NULL);
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC), CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(sign_text(hss, "x", &signature),
		  CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(fpga_again(box.platform.fpga), 0);
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC), 0);
	EXPECT_EQ(sign_text(hss, "two", &signature), 0);
	EXPECT(is_good(hss, "two", &signature));
	/* Zeroised, which is no reset: it goes on by itself. */
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC), 0);
	EXPECT_EQ(vault_zeroise(box.platform.fpga), 0);
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC), 0);
	EXPECT_EQ(sign_text(hss, "three", &signature), 0);
	EXPECT(is_good(hss, "three", &signature));
	vault_over();
}

/* The tamper pin takes the master key: nothing opens any more, for ever. */
static void tampered(void)
{
	const uint8_t *aes = name_of('a'), *hss = name_of('b');
	struct signature signature;

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(!vault_make_aes(aes, CRYPTECH_KEY_AES256, TOKEN));
	REQUIRE(vault_make_hss(hss, H5_W8));
	box.platform.fpga_lost_serve = true;
	board_tamper();
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC), CRYPTECH_ERR_TAMPER);
	EXPECT_EQ(sign_text(hss, "x", &signature), CRYPTECH_ERR_TAMPER);
	/* Another key in the tamper memory is not the one. */
	REQUIRE(vault_power());
	EXPECT_EQ(vault_master_new(box.platform.fpga), 0);
	REQUIRE(vault_power());
	EXPECT_EQ(encrypt(aes, CRYPTECH_MODE_CBC),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(sign_text(hss, "x", &signature),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(delete_key(hss), 0);
	EXPECT_EQ(delete_key(aes), 0);
	EXPECT(vault_make_hss(name_of('c'), H5_W8));
	EXPECT_EQ(sign_text(name_of('c'), "c", &signature), 0);
	vault_over();
}

/* --- of another time --------------------------------------------------------------- */

/* A whole older flash: the guard's table is not of its time. */
static void older_flash(void)
{
	const uint8_t *hss = name_of('b');
	struct signature signature;
	struct nor *old;

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(vault_make_hss(hss, H5_W8));
	REQUIRE(!sign_text(hss, "one", &signature));
	old = nor_new(FLASH, 4096);
	nor_copy(old, hsm_flash_nor());
	REQUIRE(!sign_text(hss, "two", &signature) &&
		!sign_text(hss, "three", &signature));
	box_stop(&box);
	nor_copy(hsm_flash_nor(), old);
	nor_free(old);
	/* The other anchor is of its own: say it knows nothing. */
	box_anchor = 0;
	REQUIRE(vault_power());
	EXPECT_EQ(sign_text(hss, "four", &signature),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(left_of(hss), 31);
	EXPECT_EQ(vault_generate_hss(name_of('x'), H5_W8),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	vault_over();
}

#define RECORD_MAX 4096

static size_t get_record(enum ks_class class, const uint8_t *name,
			 uint8_t data[RECORD_MAX])
{
	struct keystore *ks;
	size_t len = 0;

	box_stop(&box);
	if (!ks_mount(&ks, &hsm_flash_nor()->flash)) {
		ks_read(ks, class, name, data, RECORD_MAX, &len);
		ks_unmount(ks);
	}
	return len;
}

static bool put_record(enum ks_class class, const uint8_t *name,
		       const uint8_t *data, size_t len)
{
	struct keystore *ks;
	bool put;

	box_stop(&box);
	if (ks_mount(&ks, &hsm_flash_nor()->flash))
		return false;
	put = !ks_write(ks, class, name, data, len, false);
	ks_unmount(ks);
	return put;
}

/* The state alone: seeds of leaves that have signed, which no longer sign. */
static void older_state(void)
{
	static uint8_t old[RECORD_MAX];
	const uint8_t *hss = name_of('b');
	struct signature signature;
	size_t len;

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(vault_make_hss(hss, H5_W8));
	REQUIRE(!sign_text(hss, "one", &signature));
	EXPECT(is_good(hss, "one", &signature));
	len = get_record(KS_CLASS_VAULT, hss, old);
	REQUIRE(len && vault_power());
	for (int i = 0; i < 3; i++) {
		REQUIRE(!sign_text(hss, "more", &signature));
		EXPECT(is_good(hss, "more", &signature));
	}
	REQUIRE(put_record(KS_CLASS_VAULT, hss, old, len) && vault_power());
	EXPECT_EQ(left_of(hss), 31);	/* so it believes */
	REQUIRE(!sign_text(hss, "last", &signature));
	EXPECT(is_good(hss, "last", &signature));
	EXPECT_EQ(signature.left, 27);
	EXPECT_EQ(ledger.count, 5);
	EXPECT_EQ(ledger.repeats, 0);
	vault_over();
}

/* One flipped bit of the state, a state of another key, none. */
static void damaged_state(void)
{
	static uint8_t state[RECORD_MAX], other[RECORD_MAX];
	const uint8_t *one = name_of('1'), *two = name_of('2');
	struct signature signature;
	size_t len;

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(vault_make_hss(one, H5_W8) && vault_make_hss(two, H5_W8));
	len = get_record(KS_CLASS_VAULT, one, state);
	REQUIRE(len && get_record(KS_CLASS_VAULT, two, other) == len);
	state[len / 2] ^= 0x10;
	REQUIRE(put_record(KS_CLASS_VAULT, one, state, len) && vault_power());
	EXPECT_EQ(sign_text(one, "x", &signature),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(sign_text(two, "x", &signature), 0);
	REQUIRE(put_record(KS_CLASS_VAULT, one, other, len) && vault_power());
	EXPECT_EQ(sign_text(one, "x", &signature),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(delete_key(one), 0);
	EXPECT_EQ(sign_text(two, "y", &signature), 0);
	REQUIRE(vault_power());
	EXPECT_EQ(sign_text(two, "z", &signature), 0);
	vault_over();
}

/* A KEY record that cannot be read: what is put back signs on. */
static void damaged_key(void)
{
	static uint8_t record[RECORD_MAX];
	const uint8_t *one = name_of('1'), *two = name_of('2');
	struct signature signature;
	size_t len;

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(vault_make_hss(one, H5_W8) && vault_make_hss(two, H5_W8));
	len = get_record(KS_CLASS_KEY, one, record);
	record[20] ^= 1;
	REQUIRE(len && put_record(KS_CLASS_KEY, one, record, len) &&
		vault_power());
	EXPECT(sign_text(one, "x", &signature));
	EXPECT_EQ(sign_text(two, "x", &signature), 0);
	record[20] ^= 1;
	REQUIRE(put_record(KS_CLASS_KEY, one, record, len) && vault_power());
	EXPECT_EQ(sign_text(one, "y", &signature), 0);
	EXPECT(is_good(one, "y", &signature));
	vault_over();
}

/* --- slots -------------------------------------------------------------------------- */

/* More keys than slots, by turns, and what they say is theirs. */
static void many_keys(void)
{
	struct bytes first[20], again;
	const uint8_t *name;

	REQUIRE(vault_fresh(2, FLASH));
	for (int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 20; i++) {
			name = name_of('A' + i);
			if (!round)
				REQUIRE(!vault_make_aes(name,
						CRYPTECH_KEY_AES128_XTS,
						i % 2 ? TOKEN : 0));
			REQUIRE(!encrypt(name, CRYPTECH_MODE_XTS));
			xdr_get_opaque(&box.results, &again.len);
			again.len = 32;
			memcpy(again.data, xdr_get_opaque(&box.results,
							  &again.len), 32);
			if (!round)
				first[i] = again;
			EXPECT_MEM(again.data, first[i].data, 32);
			EXPECT(!i || memcmp(again.data, first[i - 1].data, 32));
		}
	}
	vault_over();
}

int main(void)
{
	RUN(wrong_kinds);
	RUN(nine_trees);
	RUN(cancelled);
	RUN(stays);
	RUN(line_cut);
	RUN(none);
	RUN(reset);
	RUN(tampered);
	RUN(older_flash);
	RUN(older_state);
	RUN(damaged_state);
	RUN(damaged_key);
	RUN(many_keys);
	return tap_done();
}
