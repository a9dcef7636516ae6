// SPDX-License-Identifier: MIT
/*
 * Keys in flash: what is written there and what is not, damage, quotas, a flash
 * that is full, power that fails.
 */
#include "key_box.h"

#include "../hsm/key.h"

#define SMALL	(256 << 10)

static struct nor *nor;
static struct bytes der, spki, signature;

static bool fresh_on(uint32_t size)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank_of(size));
	nor = hsm_flash_nor();
	return box_start(&box) && box_init_pins(&box) &&
	       !box_login(&box, ME, CRYPTECH_USER_NORMAL);
}

static bool in_flash(const void *data, size_t len)
{
	return memmem(nor->bits, nor->flash.size, data, len);
}

/* The record as it stands in flash, by the keystore itself. */
static size_t record(const uint8_t *uuid, uint8_t *data)
{
	size_t len = 0;

	EXPECT_EQ(ks_read(box.hsm->ks, KS_CLASS_KEY, uuid, data, KS_RECORD_MAX,
			  &len), KS_OK);
	return len;
}

static void expect_signs(const struct named *key)
{
	EXPECT_EQ(pkey_sign(ME, key->handle, hash_handle(ME), "", 0,
			    &signature), 0);
	EXPECT(plain_verify(&spki, hash_value(), 32, "sha256", signature.data,
			    signature.len));
}

static int set_label(const struct named *key, const char *label)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os", key->uuid,
		   (size_t)CRYPTECH_UUID_SIZE, label);
}

/* --- what is in flash ------------------------------------------------------------ */

static void nothing_in_clear(void)
{
	static const char label[] = "a label that is not to be read";
	struct named key;

	REQUIRE(fresh_on(SMALL));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	EXPECT_EQ(set_label(&key, label), 0);
	expect_signs(&key);
	for (size_t i = 0; i + 16 <= der.len; i++)
		EXPECT(!in_flash(der.data + i, 16));
	EXPECT(!in_flash(label, strlen(label)));
	EXPECT(!in_flash(box.master_key, sizeof(box.master_key)));
	/* the same key once more gives another record */
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	REQUIRE(key_box_restart());
	EXPECT_EQ(pkey_open(ME, &key), 0);
	expect_signs(&key);
	for (size_t i = 0; i + 16 <= der.len; i++)
		EXPECT(!in_flash(der.data + i, 16));
}

static void zeroed_when_replaced_and_deleted(void)
{
	static uint8_t first[KS_RECORD_MAX], second[KS_RECORD_MAX];
	struct named key;
	size_t len, second_len;

	REQUIRE(fresh_on(SMALL));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	len = record(key.uuid, first);
	EXPECT(in_flash(first, len));
	EXPECT_EQ(set_label(&key, "new"), 0);
	second_len = record(key.uuid, second);
	EXPECT(in_flash(second, second_len));
	for (size_t i = 0; i + 16 <= len; i += 16)
		EXPECT(!in_flash(first + i, 16));
	EXPECT_EQ(pkey_delete(ME, key.handle), 0);
	for (size_t i = 0; i + 16 <= second_len; i += 16)
		EXPECT(!in_flash(second + i, 16));
	REQUIRE(key_box_restart());
	EXPECT_EQ(pkey_open(ME, &key), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(nor->misuse, 0);
}

/* --- damage ------------------------------------------------------------------------ */

static void damaged_records(void)
{
	static uint8_t data[KS_RECORD_MAX];
	static const uint8_t name[CRYPTECH_UUID_SIZE] = "under this name";
	struct named key, other;
	const size_t size = CRYPTECH_UUID_SIZE;
	size_t len;

	REQUIRE(fresh_on(SMALL));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &other), 0);
	/* one record under another's name, and one that does not unwrap */
	len = record(key.uuid, data);
	EXPECT_EQ(ks_write(box.hsm->ks, KS_CLASS_KEY, name, data, len, true),
		  KS_OK);
	data[len - 1] ^= 1;
	EXPECT_EQ(ks_write(box.hsm->ks, KS_CLASS_KEY, other.uuid, data, len,
			   false), KS_OK);
	REQUIRE(key_box_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 2);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
	EXPECT(strstr(box.log, "2 of 3 key records cannot be read"));
	EXPECT_EQ(pkey_open(ME, &other), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", name, size),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN, "ousu", name, size, 0, "x",
		      64), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", name, size,
		      CRYPTECH_KEY_EC_P256, SIGNS, ""),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LIST, "su", "", 10), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), 1);
	EXPECT_EQ(pkey_open(ME, &key), 0);
	expect_signs(&key);
	/* it can be got rid of */
	EXPECT_EQ(ask(&box, NOBODY, CRYPTECH_RPC_KEY_DELETE, "o", name, size),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", name, size), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", name, size),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
}

/* A record that goes bad while the HSM runs, its key not decoded yet. */
static void damaged_meanwhile(void)
{
	static const uint8_t garbage[64] = { 1, 2, 3 };
	struct named key;

	REQUIRE(fresh_on(SMALL));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	EXPECT_EQ(ks_write(box.hsm->ks, KS_CLASS_KEY, key.uuid, garbage,
			   sizeof(garbage), false), KS_OK);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, hash_value(), 32, &signature),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(set_label(&key, "x"), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
}

/* --- quotas ------------------------------------------------------------------------- */

static int make_volatile(uint32_t word)
{
	return ask(&box, word, CRYPTECH_RPC_KEY_GENERATE, "suus", "",
		   CRYPTECH_KEY_EC_P256, SIGNS, "");
}

static void volatile_quotas(void)
{
	const uint32_t first = 0x7000;
	const unsigned int clients = HSM_PORT_VOLATILE / HSM_CLIENT_VOLATILE;

	REQUIRE(fresh_on(SMALL));
	for (uint32_t word = first; word < first + clients; word++) {
		EXPECT_EQ(box_login(&box, word, CRYPTECH_USER_NORMAL), 0);
		for (unsigned int i = 0; i < HSM_CLIENT_VOLATILE; i++)
			EXPECT_EQ(make_volatile(word), 0);
		EXPECT_EQ(make_volatile(word),
			  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	}
	/* the port is full, another is not */
	EXPECT_EQ(make_volatile(ME), CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE),
		  HSM_PORT_VOLATILE);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(make_volatile(ME), 0);
	box.port = HSM_PORT_SOCKET;
	/* one goes, one comes */
	EXPECT_EQ(ask(&box, first, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE),
		  HSM_PORT_VOLATILE - HSM_CLIENT_VOLATILE + 1);
	EXPECT_EQ(make_volatile(ME), 0);
	hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 1);
	hsm_port_gone(box.hsm, HSM_PORT_MAILBOX);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
}

static void handle_quotas(void)
{
	const unsigned int share = HSM_CLIENT_HANDLES(HSM_HANDLES_DEFAULT);
	struct named key, again;

	REQUIRE(fresh_on(SMALL));
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN, &key), 0);
	again = key;
	for (unsigned int i = 1; i < share; i++)
		EXPECT_EQ(pkey_open(ME, &again), 0);
	EXPECT_EQ(pkey_open(ME, &again), CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	/* what gets no handle is not made */
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN, &again),
		  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS, &again),
		  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_CLOSE, "u", key.handle), 0);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN, &again), 0);
}

/* --- a flash that is full ------------------------------------------------------------- */

#define MANY	4000

static struct named many[MANY];

/* Load der until an error; how many, and which error. */
static unsigned int fill(unsigned int limit, int *error)
{
	unsigned int n = 0;

	*error = 0;
	while (n < limit) {
		*error = pkey_load(ME, &der, SIGNS | TOKEN, &many[n]);
		if (*error)
			break;
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_CLOSE, "u",
			      many[n].handle), 0);
		n++;
	}
	return n;
}

static void expect_all(unsigned int n)
{
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), n);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
	for (unsigned int i = 0; i < n; i++) {
		EXPECT_EQ(pkey_open(ME, &many[i]), 0);
		expect_signs(&many[i]);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_CLOSE, "u",
			      many[i].handle), 0);
	}
}

static void full_flash(void)
{
	static uint8_t value[4000];
	struct named extra;
	uint64_t steps;
	unsigned int n;
	int error, i;

	REQUIRE(fresh_on(SMALL));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	n = fill(MANY, &error);
	printf("# %u keys in %u KiB\n", n, SMALL >> 10);
	EXPECT_EQ(error, CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
	EXPECT(n > 300);
	/* refused, and not a bit changed */
	steps = nor->steps;
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN, &extra),
		  CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
	EXPECT_EQ(pkey_open(ME, &many[0]), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES, "uuuo",
		      many[0].handle, 1, 5, value, sizeof(value)),
		  CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_ATTRIBUTES, "uuuu",
		      many[0].handle, 1, 5, 0),
		  CRYPTECH_ERR_ATTRIBUTE_NOT_FOUND);
	EXPECT_EQ(nor->steps, steps);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 1);
	/* all else goes on: logins, volatile keys, all keys */
	EXPECT_EQ(box_login(&box, OTHER, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS, &extra), 0);
	expect_all(n);
	REQUIRE(key_box_restart());
	expect_all(n);
	/*
	 * Room again: of two holes at most one went to a smaller record that
	 * had to move (a login writes one), and is too short for a key now.
	 */
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(pkey_open(ME, &many[n - 1 - i]), 0);
		EXPECT_EQ(pkey_delete(ME, many[n - 1 - i].handle), 0);
	}
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &many[n - 2]), 0);
	expect_all(n - 1);
	EXPECT_EQ(nor->misuse, 0);
}

/* --- how many there fit ------------------------------------------------------------------ */

/* Once more the key of @model, by its record alone: faster than a load. */
static int copy_record(const struct named *model, struct named *made)
{
	struct sealed sealed;
	struct key copy;
	bool found;
	size_t at = keys_position(box.hsm->keys, model->uuid, &found);
	int error;

	copy = *box.hsm->keys->list[at];
	core_random(copy.uuid, sizeof(copy.uuid));
	memcpy(made->uuid, copy.uuid, sizeof(copy.uuid));
	error = record_seal(box.hsm, &copy, der.data, der.len, &sealed);
	if (!error)
		error = store_write(box.hsm, KS_CLASS_KEY, copy.uuid,
				    sealed.data, sealed.len, true);
	free(sealed.data);
	return error;
}

static int load_and_close(struct named *named)
{
	int error = pkey_load(ME, &der, SIGNS | TOKEN, named);

	if (!error)
		error = ask(&box, ME, CRYPTECH_RPC_PKEY_CLOSE, "u",
			    named->handle);
	return error;
}

/*
 * One key many times in 16 MiB; every @stride-th is then used, after a
 * restart. The cache of decoded keys is smaller than that.
 */
static void capacity(EVP_PKEY *pkey, unsigned int wanted, unsigned int stride)
{
	const bool full = getenv("CRYPTECH_FULL");
	static struct named keys[8000];
	uint64_t used;

	REQUIRE(fresh_on(16 << 20));
	plain_encode(pkey, &der, &spki);
	EXPECT_EQ(load_and_close(&keys[0]), 0);
	for (unsigned int i = 1; i < wanted; i++)
		REQUIRE(!(full ? load_and_close(&keys[i]) :
				 copy_record(&keys[0], &keys[i])));
	used = box_status(&box, CRYPTECH_STATUS_FLASH_LIVE);
	printf("# %u keys, %llu bytes each, %llu KiB free\n", wanted,
	       (unsigned long long)used / wanted,
	       (unsigned long long)box_status(&box,
				CRYPTECH_STATUS_FLASH_FREE) / 1024);
	REQUIRE(key_box_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), wanted);
	for (unsigned int i = 0; i < wanted; i += stride) {
		EXPECT_EQ(pkey_open(ME, &keys[i]), 0);
		expect_signs(&keys[i]);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_CLOSE, "u",
			      keys[i].handle), 0);
	}
	EXPECT_EQ(nor->misuse, 0);
}

static void capacity_ec(void)
{
	capacity(EVP_EC_gen("P-256"), 8000, 7);
}

static void capacity_rsa(void)
{
	capacity(EVP_RSA_gen(2048), 5000, 50);
}

/* --- power --------------------------------------------------------------------------------- */

enum action { LOAD, LABEL, DELETE, ACTIONS };

static const uint8_t cut_name[CRYPTECH_UUID_SIZE] = "the key cut off";

static int act(enum action action)
{
	const size_t size = CRYPTECH_UUID_SIZE;

	switch (action) {
	case LOAD:
		return ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", cut_name,
			   size, der.data, der.len, SIGNS | TOKEN, "old");
	case LABEL:
		return ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os",
			   cut_name, size, "new");
	default:
		return ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", cut_name,
			   size);
	}
}

/* 'o' and 'n' for the old and new label, 0: there is no such key. */
static char found_label(void)
{
	const uint8_t *label;
	size_t len;
	int error = ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", cut_name,
			(size_t)CRYPTECH_UUID_SIZE);

	if (error == CRYPTECH_ERR_KEY_NOT_FOUND)
		return 0;
	EXPECT_EQ(error, 0);
	for (int i = 0; i < 3; i++)
		xdr_get_u32(&box.results);
	label = xdr_get_opaque(&box.results, &len);
	return label && len == 3 ? (char)*label : '?';
}

/* Prepare, cut the action at a step, boot; false when the step is not there. */
static bool cut(enum action action, uint64_t step, enum nor_cut kind)
{
	static const char before[] = { 0, 'o', 'o' }, after[] = { 'o', 'n', 0 };
	struct named bystander;
	char label;
	int error;

	if (!EXPECT(fresh_on(64 << 10)) ||
	    !EXPECT(!pkey_load(ME, &der, SIGNS | TOKEN, &bystander)))
		return false;
	if (action != LOAD)
		EXPECT_EQ(act(LOAD), 0);
	nor_cut_at(nor, step, kind, step * 3 + kind);
	error = act(action);
	if (!error && !nor->off)
		return false;
	box_stop(&box);
	nor_boot(nor, step);
	if (!EXPECT(box_start(&box)) ||
	    !EXPECT(!box_login(&box, ME, CRYPTECH_USER_NORMAL)))
		return false;
	label = found_label();
	EXPECT(label == before[action] || label == after[action]);
	if (!error)
		EXPECT_EQ(label, after[action]);
	EXPECT_EQ(pkey_open(ME, &bystander), 0);
	expect_signs(&bystander);
	/* and life goes on */
	if (label)
		EXPECT_EQ(act(DELETE), 0);
	EXPECT_EQ(act(LOAD), 0);
	EXPECT_EQ(found_label(), 'o');
	EXPECT_EQ(nor->misuse, 0);
	return true;
}

static void power_cuts(void)
{
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	for (enum action action = LOAD; action < ACTIONS; action++) {
		uint64_t step = 1;

		while (cut(action, step, NOR_NOT_DONE) &&
		       cut(action, step, NOR_TORN) &&
		       cut(action, step, NOR_DONE))
			step++;
		EXPECT(step > 2);
	}
}

int main(void)
{
	RUN(nothing_in_clear);
	RUN(zeroed_when_replaced_and_deleted);
	RUN(damaged_records);
	RUN(damaged_meanwhile);
	RUN(volatile_quotas);
	RUN(handle_quotas);
	RUN(full_flash);
	RUN(power_cuts);
	RUN(capacity_ec);
	RUN(capacity_rsa);
	box_stop(&box);
	return tap_done();
}
