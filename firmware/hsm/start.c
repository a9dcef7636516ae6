// SPDX-License-Identifier: MIT
/*
 * Start and stop. A fresh HSM gets its master key, its factory PIN and last its
 * configuration record: as long as that is missing, starting does all of it
 * once more. Later on, whatever is missing or does not fit together is a
 * reason not to start, for whoever could remove the PIN record would else be
 * given a new PIN.
 */
#include "../vaultkeys/vaultkeys.h"
#include "backup.h"

#include <stdlib.h>

#define ITERATIONS_DEFAULT	100000
#define ITERATIONS_LIBHAL	2000

static int personalise(struct hsm *hsm)
{
	struct config_record config;
	int error;

	if (store_has(hsm, KS_CLASS_KEY) || store_has(hsm, KS_CLASS_STATE) ||
	    store_has(hsm, KS_CLASS_VAULT)) {
		hsm_log(hsm, "the flash holds keys but no configuration: it "
			"was damaged or changed; restore a copy of it");
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	}
	error = core_random(config.serial, sizeof(config.serial));
	if (!error)
		error = master_key_start(hsm, true, &config);
	if (!error)
		error = pins_start(hsm, true);
	if (!error)
		error = config_write(hsm, &config);
	if (!error)
		hsm_log(hsm, "fresh HSM: factory wheel PIN in force");
	return error;
}

static int recognise(struct hsm *hsm, struct config_record *config)
{
	int error = master_key_start(hsm, false, config);

	if (error)
		return error;
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
		error = core_random(hsm->k_mac, sizeof(hsm->k_mac));
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
	vaultkeys_stop(hsm->vaultkeys);
	backup_stop(hsm);
	recovery_disarm(hsm);
	lock_drop(&hsm->lock);
	if (hsm->ks)
		ks_unmount(hsm->ks);
	lock_destroy(&hsm->lock);
	core_wipe(hsm, sizeof(*hsm));
	free(hsm);
}
