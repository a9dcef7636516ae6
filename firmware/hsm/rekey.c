// SPDX-License-Identifier: MIT
/*
 * What follows from the master key, and how it is replaced.
 *
 * Master key memory and flash are two memories, so there is always a moment
 * when one is new and the other is old. What has to outlive the change (PINs,
 * settings, the ledger of hash signature keys) is therefore *staged* first:
 * sealed under the new key, in records of the same names, whose classes are
 * KS_CLASS_STAGED higher. The staged configuration comes last: it has the new
 * fingerprint, and makes the rest valid.
 *
 *	1. stage; last the configuration
 *	2. write the master key memory: the commit
 *	3. put what is staged in place; last the configuration
 *	4. drop what is staged; first the configuration
 *
 * At the next start the fingerprint of the key in the memory says whether 2
 * happened: that of the staged configuration, then 3 and 4 follow; any other,
 * then 4 alone.
 */
#include "hashsig.h"

#include <stdio.h>

#define STAGED	KS_CLASS_STAGED		/* added to a class */

#define CONFIG_VERSION	1
#define CONFIG_SIZE	(4 + CRYPTECH_SERIAL_SIZE + 32)

static const uint8_t config_name[KS_NAME_SIZE] = "config";

/* What is staged. The settings among it are sealed under K_config. */
static const enum ks_class setting_classes[] = {
	KS_CLASS_PIN, KS_CLASS_CONFIG, KS_CLASS_DEVICE,
};
static const enum ks_class staged_classes[] = {
	KS_CLASS_PIN, KS_CLASS_CONFIG, KS_CLASS_DEVICE, KS_CLASS_LEDGER,
};
#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

#define STAGED_RECORD_MAX	(SETTING_MAX + 64)

/* --- the configuration record --------------------------------------------- */

static int read_config(struct hsm *hsm, unsigned int class,
		       struct config_record *config)
{
	uint8_t data[CONFIG_SIZE];
	struct xdr_reader r;
	uint32_t version;
	size_t len;
	int error;

	error = store_error(ks_read(hsm->ks, class, config_name, data,
				    sizeof(data), &len));
	if (error)
		return error;
	if (len != sizeof(data))
		return CRYPTECH_ERR_KEYSTORE_BAD_BLOCK_TYPE;
	xdr_reader_init(&r, data, len);
	version = xdr_get_u32(&r);
	memcpy(config->serial, xdr_get_raw(&r, CRYPTECH_SERIAL_SIZE),
	       CRYPTECH_SERIAL_SIZE);
	memcpy(config->fingerprint, xdr_get_raw(&r, 32), 32);
	return version == CONFIG_VERSION ? CRYPTECH_ERR_OK
					 : CRYPTECH_ERR_KEYSTORE_BAD_BLOCK_TYPE;
}

static int write_config(struct hsm *hsm, unsigned int class,
			const struct config_record *config, bool must_be_new)
{
	uint8_t data[CONFIG_SIZE];
	struct xdr_writer w;

	xdr_writer_init(&w, data, sizeof(data));
	xdr_put_u32(&w, CONFIG_VERSION);
	memcpy(xdr_put_raw(&w, CRYPTECH_SERIAL_SIZE), config->serial,
	       CRYPTECH_SERIAL_SIZE);
	memcpy(xdr_put_raw(&w, 32), config->fingerprint, 32);
	return store_write(hsm, class, config_name, data, sizeof(data),
			   must_be_new);
}

int config_read(struct hsm *hsm, struct config_record *config)
{
	return read_config(hsm, KS_CLASS_CONFIG, config);
}

int config_write(struct hsm *hsm, const struct config_record *config)
{
	return write_config(hsm, KS_CLASS_CONFIG, config, true);
}

static bool is_config(unsigned int class, const uint8_t *name)
{
	return class == KS_CLASS_CONFIG &&
	       !memcmp(name, config_name, KS_NAME_SIZE);
}

/* --- what follows from the master key ------------------------------------- */

struct derived {
	uint8_t k_flash[32], k_state[32], k_config[32];
	uint8_t k_raw[32], k_raw_hashsig[32], fingerprint[32];
};

/*
 * A wrapping key of this personality of the HSM: the serial number is part of
 * the label. Else whoever can write to the flash could blank it, have a fresh
 * HSM with PINs of his own, and put the old key records back.
 */
static int derive_own(const uint8_t *serial, const uint8_t *key,
		      const char *purpose, uint8_t out[32])
{
	char label[64];
	int n = snprintf(label, sizeof(label), "%s ", purpose);
	int i;

	for (i = 0; i < CRYPTECH_SERIAL_SIZE; i++)
		n += snprintf(label + n, sizeof(label) - n, "%02x", serial[i]);
	return core_kdf(key, label, out);
}

/* Raw packages are for every HSM that has the master key: no serial number. */
static int derive(const uint8_t serial[CRYPTECH_SERIAL_SIZE],
		  const uint8_t key[MASTER_KEY_SIZE], struct derived *derived)
{
	int error = derive_own(serial, key, "flash", derived->k_flash);

	if (!error)
		error = derive_own(serial, key, "state", derived->k_state);
	if (!error)
		error = derive_own(serial, key, "config", derived->k_config);
	if (!error)
		error = core_kdf(key, "raw", derived->k_raw);
	if (!error)
		error = core_kdf(key, "raw-hashsig", derived->k_raw_hashsig);
	if (!error)
		error = core_kdf(key, "fingerprint", derived->fingerprint);
	return error;
}

static void take_over(struct hsm *hsm, const struct derived *derived)
{
	memcpy(hsm->k_flash, derived->k_flash, 32);
	memcpy(hsm->k_state, derived->k_state, 32);
	memcpy(hsm->k_config, derived->k_config, 32);
	memcpy(hsm->k_raw, derived->k_raw, 32);
	memcpy(hsm->k_raw_hashsig, derived->k_raw_hashsig, 32);
	memcpy(hsm->fingerprint, derived->fingerprint, 32);
}

/* --- staging -------------------------------------------------------------- */

/* The next record of a class, the configuration apart. */
static bool next_of(struct hsm *hsm, enum ks_class class, unsigned int staged,
		    const uint8_t **last, uint8_t name[KS_NAME_SIZE])
{
	do {
		if (ks_next(hsm->ks, class + staged, *last, name, NULL))
			return false;
		*last = name;
	} while (is_config(class, name));
	return true;
}

/* One record from under one key to under the other. */
static int reseal(struct hsm *hsm, const uint8_t k_config[32],
		  enum ks_class class, const uint8_t *name)
{
	uint8_t sealed[STAGED_RECORD_MAX], plain[STAGED_RECORD_MAX];
	size_t len;
	int error;

	error = store_error(ks_read(hsm->ks, class, name, sealed,
				    sizeof(sealed), &len));
	if (!error)
		error = core_unwrap(hsm->k_config, sealed, len, plain, &len);
	if (!error)
		error = core_wrap(k_config, plain, len, sealed);
	core_wipe(plain, sizeof(plain));
	if (error) {
		hsm_log(hsm, "a setting (class %d) cannot be read (error %d), "
			"so the master key cannot be changed", class, error);
		return error;
	}
	return store_error(ks_write(hsm->ks, class + STAGED, name, sealed,
				    core_wrap_size(len), false));
}

static int stage(struct hsm *hsm, const struct derived *derived,
		 const struct roots_rekey *rekey)
{
	struct config_record config;
	int error = CRYPTECH_ERR_OK;

	for (unsigned int i = 0; i < COUNT(setting_classes) && !error; i++) {
		uint8_t name[KS_NAME_SIZE];
		const uint8_t *last = NULL;

		while (!error &&
		       next_of(hsm, setting_classes[i], 0, &last, name))
			error = reseal(hsm, derived->k_config,
				       setting_classes[i], name);
	}
	if (!error && rekey->ledger_len)
		error = store_error(ks_write(hsm->ks, KS_CLASS_LEDGER + STAGED,
					     roots_ledger_name, rekey->ledger,
					     rekey->ledger_len, false));
	if (error)
		return error;
	memcpy(config.serial, hsm->serial, sizeof(config.serial));
	memcpy(config.fingerprint, derived->fingerprint, 32);
	return write_config(hsm, KS_CLASS_CONFIG + STAGED, &config, false);
}

/* Works on a full flash. */
static int drop_staged(struct hsm *hsm)
{
	int ret = ks_delete(hsm->ks, KS_CLASS_CONFIG + STAGED, config_name);

	if (ret == KS_NOT_FOUND)
		ret = KS_OK;
	for (unsigned int i = 0; i < COUNT(staged_classes) && !ret; i++) {
		uint8_t name[KS_NAME_SIZE];

		while (!ret && !ks_next(hsm->ks, staged_classes[i] + STAGED,
					NULL, name, NULL))
			ret = ks_delete(hsm->ks, staged_classes[i] + STAGED,
					name);
	}
	return store_error(ret);
}

static int place_one(struct hsm *hsm, enum ks_class class, const uint8_t *name)
{
	uint8_t data[STAGED_RECORD_MAX];
	size_t len;
	int error = store_error(ks_read(hsm->ks, class + STAGED, name, data,
					sizeof(data), &len));

	return error ? error : store_write(hsm, class, name, data, len, false);
}

/* All of these replace records that are as long. */
static int put_in_place(struct hsm *hsm)
{
	int error = CRYPTECH_ERR_OK;

	for (unsigned int i = 0; i < COUNT(staged_classes) && !error; i++) {
		uint8_t name[KS_NAME_SIZE];
		const uint8_t *last = NULL;

		while (!error &&
		       next_of(hsm, staged_classes[i], STAGED, &last, name))
			error = place_one(hsm, staged_classes[i], name);
	}
	if (!error)
		error = place_one(hsm, KS_CLASS_CONFIG, config_name);
	return error ? error : drop_staged(hsm);
}

/* --- change --------------------------------------------------------------- */

/* The commit. What the memory says is not believed: what reads back counts. */
static int write_memory(struct hsm *hsm, const uint8_t key[MASTER_KEY_SIZE],
			bool *written)
{
	const struct platform *platform = hsm->platform;
	uint8_t back[MASTER_KEY_SIZE];
	int failed = platform->mkm_write(platform->data, key);

	*written = !platform->mkm_read(platform->data, back) &&
		   core_equal(back, key, sizeof(back));
	core_wipe(back, sizeof(back));
	if (*written && !failed)
		return CRYPTECH_ERR_OK;
	hsm_log(hsm, "the master key memory failed: the master key is %s",
		*written ? "the new one" : "not the new one");
	return CRYPTECH_ERR_MASTERKEY_FAIL;
}

static int change(struct hsm *hsm, const uint8_t key[MASTER_KEY_SIZE],
		  const struct derived *derived,
		  const struct roots_rekey *rekey)
{
	bool written = false;
	int error = stage(hsm, derived, rekey), failed = CRYPTECH_ERR_OK;

	if (!error)
		failed = write_memory(hsm, key, &written);
	if (!written) {
		/* What stays is dropped at the next start. */
		drop_staged(hsm);
		return error ? error : failed;
	}
	take_over(hsm, derived);
	roots_rekey(hsm->hashsigs->roots, rekey);
	error = put_in_place(hsm);
	if (!error)
		hsm_log(hsm, "new master key");
	return error ? error : failed;
}

int master_key_change(struct hsm *hsm, const uint8_t key[MASTER_KEY_SIZE])
{
	struct roots_rekey rekey;
	struct derived derived;
	int error = derive(hsm->serial, key, &derived);

	if (!error)
		error = roots_rekey_prepare(hsm->hashsigs->roots,
					    derived.k_state, &rekey);
	if (!error)
		error = change(hsm, key, &derived, &rekey);
	core_wipe(&derived, sizeof(derived));
	core_wipe(&rekey, sizeof(rekey));
	return error;
}

/* --- start ---------------------------------------------------------------- */

static int read_memory(struct hsm *hsm, bool fresh,
		       uint8_t key[MASTER_KEY_SIZE])
{
	const struct platform *platform = hsm->platform;
	int error;

	if (!platform->mkm_read(platform->data, key))
		return CRYPTECH_ERR_OK;
	if (!fresh) {
		hsm_log(hsm, "the master key memory is empty or unreadable, "
			"but the flash holds records wrapped under a master "
			"key: bring it back");
		return CRYPTECH_ERR_MASTERKEY_NOT_SET;
	}
	error = core_random(key, MASTER_KEY_SIZE);
	if (!error && platform->mkm_write(platform->data, key)) {
		hsm_log(hsm, "cannot write the master key memory");
		error = CRYPTECH_ERR_MASTERKEY_FAIL;
	}
	return error;
}

/* A change that was under way: did the master key become the new one? */
static int finish(struct hsm *hsm, struct config_record *config)
{
	struct config_record staged;
	int error = read_config(hsm, KS_CLASS_CONFIG + STAGED, &staged);

	if (error == CRYPTECH_ERR_KEY_NOT_FOUND)
		return drop_staged(hsm);
	if (error)
		return error;
	if (memcmp(staged.fingerprint, hsm->fingerprint, 32)) {
		/* The memory has neither key: it may be brought back. */
		if (memcmp(config->fingerprint, hsm->fingerprint, 32))
			return CRYPTECH_ERR_OK;
		hsm_log(hsm, "a change of the master key is taken back");
		return drop_staged(hsm);
	}
	hsm_log(hsm, "a change of the master key is finished");
	*config = staged;
	return put_in_place(hsm);
}

int master_key_start(struct hsm *hsm, bool fresh, struct config_record *config)
{
	uint8_t key[MASTER_KEY_SIZE];
	struct derived derived;
	int error = read_memory(hsm, fresh, key);

	if (!error)
		error = derive(config->serial, key, &derived);
	core_wipe(key, sizeof(key));
	if (error)
		return error;
	memcpy(hsm->serial, config->serial, sizeof(hsm->serial));
	take_over(hsm, &derived);
	core_wipe(&derived, sizeof(derived));
	if (fresh) {
		memcpy(config->fingerprint, hsm->fingerprint, 32);
		return CRYPTECH_ERR_OK;
	}
	error = finish(hsm, config);
	if (error)
		return error;
	if (!memcmp(hsm->fingerprint, config->fingerprint, 32))
		return CRYPTECH_ERR_OK;
	hsm_log(hsm, "the master key is not the one that this flash was "
		"written with: bring back the one that is");
	return CRYPTECH_ERR_MASTERKEY_FAIL;
}
