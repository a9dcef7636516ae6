// SPDX-License-Identifier: MIT
/*
 * Start and stop. A fresh HSM gets its master key, its factory PIN and last its
 * configuration record: as long as that is missing, starting does all of it
 * once more. Later on, whatever is missing or does not fit together is a
 * reason not to start, for whoever could remove the PIN record would else be
 * given a new PIN.
 */
#include "backup.h"

#include <stdio.h>
#include <stdlib.h>

#define CONFIG_VERSION		1
#define CONFIG_SIZE		(4 + CRYPTECH_SERIAL_SIZE + 32)
#define ITERATIONS_DEFAULT	100000
#define ITERATIONS_LIBHAL	2000

static const uint8_t config_name[KS_NAME_SIZE] = "config";

struct config_record {
	uint8_t serial[CRYPTECH_SERIAL_SIZE];
	uint8_t fingerprint[32];	/* of the master key; not secret */
};

static int config_read(struct hsm *hsm, struct config_record *config)
{
	uint8_t data[CONFIG_SIZE];
	struct xdr_reader r;
	uint32_t version;
	size_t len;
	int error;

	error = store_error(ks_read(hsm->ks, KS_CLASS_CONFIG, config_name,
				    data, sizeof(data), &len));
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

static int config_write(struct hsm *hsm, const struct config_record *config)
{
	uint8_t data[CONFIG_SIZE];
	struct xdr_writer w;

	xdr_writer_init(&w, data, sizeof(data));
	xdr_put_u32(&w, CONFIG_VERSION);
	memcpy(xdr_put_raw(&w, CRYPTECH_SERIAL_SIZE), config->serial,
	       CRYPTECH_SERIAL_SIZE);
	memcpy(xdr_put_raw(&w, 32), config->fingerprint, 32);
	return store_write(hsm, KS_CLASS_CONFIG, config_name, data,
			   sizeof(data), true);
}

/*
 * A wrapping key of this personality of the HSM: the serial number is part of
 * the label. Else whoever can write to the flash could blank it, have a fresh
 * HSM with PINs of his own, and put the old key records back.
 */
static int derive(const struct hsm *hsm, const uint8_t key[MASTER_KEY_SIZE],
		  const char *purpose, uint8_t out[32])
{
	char label[64];
	int n = snprintf(label, sizeof(label), "%s ", purpose);
	int i;

	for (i = 0; i < CRYPTECH_SERIAL_SIZE; i++)
		n += snprintf(label + n, sizeof(label) - n, "%02x",
			      hsm->serial[i]);
	return core_kdf(key, label, out);
}

/*
 * Read the master key, or make one if this HSM is fresh; derive from it.
 * hsm->serial is set.
 */
static int start_master_key(struct hsm *hsm, bool fresh,
			    uint8_t fingerprint[32])
{
	const struct platform *platform = hsm->platform;
	uint8_t key[MASTER_KEY_SIZE];
	int error = CRYPTECH_ERR_OK;

	if (platform->mkm_read(platform->data, key)) {
		if (!fresh) {
			hsm_log(hsm, "the master key memory is empty or "
				"unreadable, but the flash holds records "
				"wrapped under a master key: bring it back");
			return CRYPTECH_ERR_MASTERKEY_NOT_SET;
		}
		error = core_random(key, sizeof(key));
		if (!error && platform->mkm_write(platform->data, key)) {
			hsm_log(hsm, "cannot write the master key memory");
			error = CRYPTECH_ERR_MASTERKEY_FAIL;
		}
	}
	if (!error)
		error = derive(hsm, key, "flash", hsm->k_flash);
	if (!error)
		error = derive(hsm, key, "state", hsm->k_state);
	if (!error)
		error = derive(hsm, key, "config", hsm->k_config);
	if (!error)
		error = core_kdf(key, "raw", hsm->k_raw);
	if (!error)
		error = core_kdf(key, "raw-hashsig", hsm->k_raw_hashsig);
	if (!error)
		error = core_kdf(key, "fingerprint", fingerprint);
	core_wipe(key, sizeof(key));
	return error;
}

static bool has_records(struct hsm *hsm, enum ks_class class)
{
	uint8_t name[KS_NAME_SIZE];
	size_t len;

	return ks_next(hsm->ks, class, NULL, name, &len) != KS_NOT_FOUND;
}

static int personalise(struct hsm *hsm)
{
	struct config_record config;
	int error;

	if (has_records(hsm, KS_CLASS_KEY) ||
	    has_records(hsm, KS_CLASS_STATE)) {
		hsm_log(hsm, "the flash holds keys but no configuration: it "
			"was damaged or changed; restore a copy of it");
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	}
	error = core_random(hsm->serial, sizeof(hsm->serial));
	memcpy(config.serial, hsm->serial, sizeof(config.serial));
	if (!error)
		error = start_master_key(hsm, true, config.fingerprint);
	if (!error)
		error = pins_start(hsm, true);
	if (!error)
		error = config_write(hsm, &config);
	if (!error)
		hsm_log(hsm, "fresh HSM: factory wheel PIN in force");
	return error;
}

static int recognise(struct hsm *hsm, const struct config_record *config)
{
	uint8_t fingerprint[32];
	int error;

	memcpy(hsm->serial, config->serial, sizeof(hsm->serial));
	error = start_master_key(hsm, false, fingerprint);
	if (error)
		return error;
	if (memcmp(fingerprint, config->fingerprint, sizeof(fingerprint))) {
		hsm_log(hsm, "the master key is not the one that this flash "
			"was written with: bring back the one that is");
		return CRYPTECH_ERR_MASTERKEY_FAIL;
	}
	error = pins_start(hsm, false);
	if (error)
		hsm_log(hsm, "the PIN record is damaged or missing (error "
			"%d): restore a copy of the flash", error);
	return error;
}

static int start_store(struct hsm *hsm)
{
	struct config_record config;
	int error;

	error = ks_mount(&hsm->ks, hsm->platform->flash);
	if (error) {
		hsm->ks = NULL;
		hsm_log(hsm, error == KS_BAD_FLASH ?
			"the flash holds something that is not a keystore" :
			"the flash cannot be mounted (error %d)", error);
		return store_error(error);
	}
	error = config_read(hsm, &config);
	if (error == CRYPTECH_ERR_KEY_NOT_FOUND)
		return personalise(hsm);
	if (error) {
		hsm_log(hsm, "the configuration record is damaged (error %d): "
			"restore a copy of the flash", error);
		return error;
	}
	return recognise(hsm, &config);
}

static void set_defaults(struct hsm_config *config)
{
	if (!config->clients)
		config->clients = HSM_CLIENTS_DEFAULT;
	if (!config->handles)
		config->handles = HSM_HANDLES_DEFAULT;
	if (config->handles > HSM_HANDLES_LIMIT)
		config->handles = HSM_HANDLES_LIMIT;
	if (!config->pin_iterations)
		config->pin_iterations = config->libhal_compat ?
					 ITERATIONS_LIBHAL : ITERATIONS_DEFAULT;
}

struct hsm *hsm_start(const struct platform *platform,
		      const struct hsm_config *config)
{
	struct hsm *hsm = calloc(1, sizeof(*hsm));
	int error = CRYPTECH_ERR_OK;
	unsigned int i;

	if (!hsm)
		return NULL;
	hsm->platform = platform;
	hsm->config = *config;
	set_defaults(&hsm->config);
	lock_init(&hsm->lock);
	hsm->started_ns = platform->now_ns(platform->data);

	for (i = 0; i < HSM_PORTS && !error; i++)
		error = port_init(hsm, &hsm->ports[i], i);
	if (!error)
		error = start_store(hsm);
	if (!error)
		error = hashsigs_recover(hsm);
	if (!error)
		error = keys_start(hsm);
	if (!error)
		error = hashsigs_start(hsm);
	if (!error)
		error = backup_start(hsm);
	if (error) {
		hsm_log(hsm, "the HSM does not start (error %d)", error);
		hsm_stop(hsm);
		return NULL;
	}
	return hsm;
}

void hsm_stop(struct hsm *hsm)
{
	unsigned int i;

	if (!hsm)
		return;
	/* Background work may still run. */
	lock_take(&hsm->lock);
	for (i = 0; i < HSM_PORTS; i++)
		port_free(&hsm->ports[i]);
	hashsigs_stop(hsm);
	keys_stop(hsm);
	backup_stop(hsm);
	lock_drop(&hsm->lock);
	if (hsm->ks)
		ks_unmount(hsm->ks);
	lock_destroy(&hsm->lock);
	core_wipe(hsm, sizeof(*hsm));
	free(hsm);
}
